//! Reads once more, through the provider plugin, what the native readers suspect of drift: so that precision is terraform's
//! own, at a fraction of its calls.
//! Knows nothing of comparing, nor of how the plugin reads.

use crate::compare::Comparison;
use crate::fetch::{Confirmed, Live};
use crate::model::{Kind, Notice};
use crate::plan::{InstanceIndex, PlannedBatch, PlannedConnection, ReadPlan};
use provider_api::{Gap, LiveObject, Provider, RequestedInstance};
use std::collections::{BTreeMap, HashMap, HashSet};

/// The reader that confirms.
pub(crate) const CONFIRMING: &str = "plugin";

/// Plans to read again what another reader than the confirming one found changed or missing.
pub fn reads<'a>(plan: &ReadPlan<'a>, comparison: &Comparison, providers: &[Box<dyn Provider>]) -> ReadPlan<'a> {
    let suspect = [Kind::Changed, Kind::Missing, Kind::StaleState, Kind::Ignored];
    let suspects =
        comparison.verdicts.iter().filter(|verdict| verdict.kind.is_some_and(|kind| suspect.contains(&kind)));
    let suspects: HashSet<InstanceIndex> = suspects.map(|verdict| verdict.index).collect();
    let connections = plan.connections.iter().filter_map(|connection| {
        let own = connection.provider?;
        let confirming = providers.iter().position(|one| one.reads_as_terraform() && one.serves(&connection.source));
        let provider = confirming.filter(|provider| *provider != own)?;
        let batches: Vec<PlannedBatch<'a>> =
            connection.batches.iter().filter_map(|batch| part(batch, &suspects)).collect();
        (!batches.is_empty()).then(|| PlannedConnection {
            provider: Some(provider),
            directory: connection.directory.clone(),
            reference: connection.reference.clone(),
            source: connection.source.clone(),
            configuration: connection.configuration.clone(),
            batches,
            inventory: false,
        })
    });
    let mut again = ReadPlan { connections: connections.collect() };
    for connection in &mut again.connections {
        connection.configuration.name.push_str(" confirmed");
    }
    again
}

/// The suspects of a batch; none where there are none.
fn part<'a>(batch: &PlannedBatch<'a>, suspects: &HashSet<InstanceIndex>) -> Option<PlannedBatch<'a>> {
    let members = batch.instances.iter().zip(&batch.requested).filter(|(index, _)| suspects.contains(index));
    let (instances, requested): (Vec<InstanceIndex>, Vec<RequestedInstance<'a>>) =
        members.map(|(index, requested)| (*index, *requested)).unzip();
    let resource_type = batch.resource_type.clone();
    (!instances.is_empty()).then_some(PlannedBatch { resource_type, instances, requested, unrequested: false })
}

/// Puts what the second reading answered beside the first. Returns what must be said of suspects that it did not answer for.
pub fn merge(live: &mut Live, again: Live) -> Vec<Notice> {
    let mut places: HashMap<InstanceIndex, (usize, usize, usize)> = HashMap::new();
    for (connection, read) in live.connections.iter().enumerate() {
        for (batch, read) in read.batches.iter().enumerate() {
            places.extend(
                read.instances.iter().enumerate().map(|(position, index)| (*index, (connection, batch, position))),
            );
        }
    }
    let mut unanswered: BTreeMap<String, usize> = BTreeMap::new();
    for connection in again.connections {
        for mut batch in connection.batches {
            let objects: HashMap<usize, LiveObject> =
                batch.outcome.objects.drain(..).filter_map(|object| Some((object.position?, object))).collect();
            let mut answers = Answers { objects, gaps: connection.gap.iter().chain(&batch.outcome.gaps).collect() };
            let mut calls = batch.outcome.api_calls;
            for (position, (index, id)) in batch.instances.iter().zip(&batch.ids).enumerate() {
                let Some(&(connection, first, at)) = places.get(index) else { continue };
                match answers.take(position, id) {
                    Ok(object) => {
                        let confirmed = live.connections[connection].batches[first]
                            .confirmed
                            .get_or_insert_with(Confirmed::default);
                        confirmed.positions.insert(at);
                        confirmed.outcome.schema.clone_from(&batch.outcome.schema);
                        confirmed.outcome.api_calls += std::mem::take(&mut calls);
                        confirmed
                            .outcome
                            .objects
                            .extend(object.map(|object| LiveObject { position: Some(at), ..object }));
                    }
                    Err(cause) => *unanswered.entry(cause).or_default() += 1,
                }
            }
        }
    }
    unanswered.into_iter().map(|(cause, count)| unconfirmed(count, &cause)).collect()
}

/// What one batch of the second reading answered.
struct Answers<'g> {
    objects: HashMap<usize, LiveObject>,
    gaps: Vec<&'g Gap>,
}

impl Answers<'_> {
    /// The object read for an instance; none in the inner option where it is absent, the cause where nobody can tell.
    fn take(&mut self, position: usize, id: &str) -> Result<Option<LiveObject>, String> {
        let gap = self.gaps.iter().find(|gap| gap.ids.is_empty() || gap.ids.iter().any(|other| other == id));
        match (self.objects.remove(&position), gap) {
            (Some(object), None) => Ok(Some(object)),
            (_, Some(gap)) => Err(gap.cause.clone()),
            (None, None) => Ok(None),
        }
    }
}

fn unconfirmed(count: usize, cause: &str) -> Notice {
    let text = format!(
        "Not confirmed by the provider plugin, and reported as the native reader saw it: {count} of the suspects ({cause})."
    );
    Notice { code: "not-confirmed", incomplete: true, text, source: None }
}
