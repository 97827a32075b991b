//! Joins what several provider configurations ask of one scope, so that its lists are fetched once.
//! Knows nothing of what is listed.

use super::{Limits, Opened};
use crate::plan::{PlannedBatch, PlannedConnection, ReadPlan};
use provider_api::{Connection, Gap, GapClass, ReadOutcome, ReadRequest};
use std::collections::{BTreeMap, HashMap, HashSet};

/// Outcomes by position of the connection and of the batch in it.
pub(super) type Outcomes = BTreeMap<(usize, usize), ReadOutcome>;

/// One read: a batch, or the batches of one type whose connections mean the same scope.
pub(super) struct Job {
    /// Positions of connection and batch; the first one's connection reads.
    members: Vec<(usize, usize)>,
}

/// The reads of all open connections.
///
/// Root modules commonly share an account and region. Reading each by itself would list everything once for each, and
/// each would take the others' objects for unmanaged.
pub(super) fn jobs(plan: &ReadPlan<'_>, opened: &[Opened<'_>]) -> Vec<Job> {
    let mut jobs: Vec<Job> = Vec::new();
    let mut by_place: HashMap<(usize, &str), usize> = HashMap::new();
    for (position, planned) in plan.connections.iter().enumerate() {
        if opened[position].connection.is_err() {
            continue;
        }
        let place_of = |global: bool| {
            let tried = |other: usize| (&plan.connections[other], &opened[other]);
            (0..position).find(|other| same_place(tried(position), tried(*other), global)).unwrap_or(position)
        };
        let (regional, everywhere) = (place_of(false), place_of(true));
        for (index, batch) in planned.batches.iter().enumerate() {
            let global = opened[position].provider.is_some_and(|provider| provider.is_global(&batch.resource_type));
            let place = if global { everywhere } else { regional };
            let job = *by_place.entry((place, &batch.resource_type)).or_insert_with(|| {
                jobs.push(Job { members: Vec::new() });
                jobs.len() - 1
            });
            jobs[job].members.push((position, index));
        }
    }
    jobs
}

type Tried<'t, 'a> = (&'t PlannedConnection<'a>, &'t Opened<'t>);

/// Whether two connections certainly read the same objects. Of what is global to an account the region does not matter.
fn same_place((planned, opened): Tried<'_, '_>, (other_planned, other): Tried<'_, '_>, global: bool) -> bool {
    let (Ok(connection), Ok(other_connection)) = (&opened.connection, &other.connection) else { return false };
    let live = |opened: &Opened<'_>| opened.provider.is_some_and(|provider| provider.joins_requests());
    let (one, two) = (&planned.configuration, &other_planned.configuration);
    planned.source == other_planned.source
        && live(opened)
        && live(other)
        && connection.scope().account == other_connection.scope().account
        && (global || connection.scope().region == other_connection.scope().region)
        // A test double may give itself any account number: another endpoint is another place.
        && one.known.get("endpoints") == two.known.get("endpoints")
        // Partitions have accounts of their own, so the same number is the same account. Without one only the same settings mean the same place.
        && (connection.scope().account.is_some() || (&one.known, &one.not_known) == (&two.known, &two.not_known))
}

impl Job {
    /// Reads, and gives each batch its share.
    pub(super) async fn read(
        &self,
        plan: &ReadPlan<'_>,
        opened: &[Opened<'_>],
        limits: &Limits,
    ) -> Vec<((usize, usize), ReadOutcome)> {
        let batches: Vec<&PlannedBatch<'_>> =
            self.members.iter().map(|(connection, batch)| &plan.connections[*connection].batches[*batch]).collect();
        let connection = |member: usize| opened[self.members[member].0].connection.as_deref();
        let outcome = read(connection(0), &joined(&batches), limits).await;
        let mut shares = if batches.len() == 1 { vec![outcome] } else { shares(outcome, &batches) };
        for member in 1..batches.len() {
            // Other credentials may be allowed what the first ones are not.
            if shares[member].gaps.iter().any(|gap| gap.class == GapClass::Denied) {
                let request = ReadRequest { unrequested: false, ..joined(&batches[member..=member]) };
                shares[member] = read(connection(member), &request, limits).await;
            }
        }
        self.members.iter().copied().zip(shares).collect()
    }
}

async fn read(
    connection: Result<&(dyn Connection + 'static), &Gap>,
    request: &ReadRequest<'_>,
    limits: &Limits,
) -> ReadOutcome {
    let answer = match connection {
        Ok(connection) => {
            let request = ReadRequest { until: Some(limits.until().into_std()), ..request.clone() };
            limits.guard(request.resource_type, async { connection.read(&request).await }).await
        }
        Err(gap) => Err(gap.clone()),
    };
    answer.unwrap_or_else(|gap| ReadOutcome { gaps: vec![gap], ..ReadOutcome::default() })
}

/// One request for all batches, which are of one type. An id that several of them name is asked for once.
fn joined<'a>(batches: &[&'a PlannedBatch<'_>]) -> ReadRequest<'a> {
    let mut seen = HashSet::new();
    let mut instances = Vec::with_capacity(batches.iter().map(|batch| batch.requested.len()).sum());
    for (position, batch) in batches.iter().enumerate() {
        let fresh: Vec<_> =
            batch.requested.iter().filter(|instance| position == 0 || !seen.contains(instance.id)).collect();
        seen.extend(fresh.iter().map(|instance| instance.id).filter(|id| !id.is_empty()));
        instances.extend(fresh.into_iter().copied());
    }
    ReadRequest {
        resource_type: &batches[0].resource_type,
        instances,
        unrequested: batches.iter().any(|batch| batch.unrequested),
        until: None,
    }
}

/// Gives each batch the objects and gaps that it asked for. What nobody asked for, and the calls, are the first one's.
fn shares(outcome: ReadOutcome, batches: &[&PlannedBatch<'_>]) -> Vec<ReadOutcome> {
    let mut askers: HashMap<&str, Vec<usize>> = HashMap::new();
    for (member, batch) in batches.iter().enumerate() {
        for instance in &batch.requested {
            let askers = askers.entry(instance.id).or_default();
            if askers.last() != Some(&member) {
                askers.push(member);
            }
        }
    }
    let mut shares: Vec<ReadOutcome> = batches.iter().map(|_| ReadOutcome::default()).collect();
    for object in outcome.objects {
        let (last, others) = match askers.get(object.id.as_str()).and_then(|askers| askers.split_last()) {
            Some((last, others)) => (*last, others),
            None => (0, &[][..]),
        };
        for member in others {
            shares[*member].objects.push(object.clone());
        }
        shares[last].objects.push(object);
    }
    for gap in outcome.gaps {
        for (member, share) in shares.iter_mut().enumerate() {
            let asked = |id: &&String| askers.get(id.as_str()).is_some_and(|askers| askers.contains(&member));
            let ids: Vec<String> = gap.ids.iter().filter(asked).cloned().collect();
            if gap.ids.is_empty() || !ids.is_empty() {
                share.gaps.push(Gap { ids, class: gap.class, cause: gap.cause.clone() });
            }
        }
    }
    shares[0].unrequested = outcome.unrequested;
    shares.iter_mut().for_each(|share| share.listed = outcome.listed);
    shares.iter_mut().for_each(|share| share.schema.clone_from(&outcome.schema));
    shares[0].api_calls = outcome.api_calls;
    shares
}
