//! Who changed live what drifted: asks the remote system's own record of events, or exported ones, and joins the answers to
//! the findings. A source that does not answer is a notice and never changes a verdict.
//! Knows nothing of the form of records, nor of how findings are shown.

mod sets;
#[cfg(test)]
mod tests;

use crate::fetch::{Live, interrupted};
use crate::interrupt::{Interrupt, Interrupted};
use crate::model::{Activity, Finding, Kind, LiveChange, Notice, Report};
use crate::plan::ReadPlan;
use crate::providers;
use futures::FutureExt;
use futures::future::join_all;
use provider_api::{
    ActivityEvent, ActivityOutcome, ActivityRequest, ActivitySubject, Gap, GapClass, LiveObject, Provider, Scope,
};
use provider_recorded::format::{ConnectionActivity, SubjectRecord};
use serde_json::value::RawValue;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::panic::AssertUnwindSafe;
use std::path::PathBuf;
use std::time::Instant;

/// Where it is recorded who changed objects.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// The remote system's own record of events.
    EventHistory,
    /// A folder of exported records.
    Folder(PathBuf),
    /// The address of a store of exported records.
    Store(String),
}

impl std::str::FromStr for Source {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "" => Err("expected cloudtrail, a folder, or s3://BUCKET/PREFIX".into()),
            "cloudtrail" => Ok(Self::EventHistory),
            address if address.starts_with("s3://") => Ok(Self::Store(address.into())),
            address if address.contains("://") => {
                Err("only s3:// addresses are read; copy the files to a folder".into())
            }
            folder => Ok(Self::Folder(folder.into())),
        }
    }
}

/// What was read, of which the findings are.
#[derive(Clone, Copy)]
pub struct Sides<'a> {
    /// What was asked.
    pub plan: &'a ReadPlan<'a>,
    /// What was answered.
    pub live: &'a Live,
    /// The provider modules.
    pub providers: &'a [Box<dyn Provider>],
    /// Whether they replay a recording, whose one answer stands for all that were asked over the network.
    pub replays: bool,
}

/// An object of a finding.
struct Subject<'a> {
    /// The positions of its findings: several states may hold one object.
    findings: Vec<usize>,
    asked: ActivitySubject<'a>,
}

/// Asks who changed what drifted, and writes the answers into the report. Returns what was answered, for a recording.
///
/// # Errors
/// When the user asks for an end.
pub async fn add(
    report: &mut Report,
    sources: &[Source],
    sides: Sides<'_>,
    until: Instant,
    interrupt: &Interrupt,
) -> Result<Vec<ConnectionActivity>, Interrupted> {
    let findings = report.findings.clone();
    let subjects = subjects(&findings, sides);
    let asked = subjects.iter().map(|(connection, subjects)| ask(*connection, subjects, sources, sides, until));
    let outcomes = tokio::select! {
        biased;
        () = interrupted(interrupt) => return Err(Interrupted),
        outcomes = join_all(asked) => outcomes,
    };
    let mut causes: BTreeMap<String, HashSet<String>> = BTreeMap::new();
    let mut records = Vec::new();
    for ((connection, subjects), mut outcome) in subjects.into_iter().zip(outcomes) {
        for (position, subject) in subjects.iter().enumerate() {
            for finding in &subject.findings {
                let finding = &mut report.findings[*finding];
                finding.activity = Some(joined(finding, position, subject.asked.id, &outcome));
            }
        }
        report.summary.api_calls += outcome.api_calls;
        let live = &sides.live.connections[connection];
        for gap in &outcome.gaps {
            let place = crate::compare::scope_text(&live.scope);
            causes.entry(gap.cause.clone()).or_default().insert(place);
        }
        for event in &mut outcome.events {
            let of_subject = subjects.get(event.subject).into_iter().flat_map(|subject| &subject.findings);
            let of_subject = of_subject.flat_map(|finding| &findings[*finding].attributes);
            event.request = event.request.take().map(|request| sets::shown(&request, &of_subject.collect::<Vec<_>>()));
        }
        let subjects = subjects.iter().map(|subject| SubjectRecord {
            resource_type: subject.asked.resource_type.to_owned(),
            id: subject.asked.id.to_owned(),
        });
        records.push(ConnectionActivity { name: live.configuration.clone(), subjects: subjects.collect(), outcome });
    }
    report.notices.extend(causes.into_iter().map(|(cause, places)| notice(&cause, places)));
    Ok(records)
}

fn notice(cause: &str, places: HashSet<String>) -> Notice {
    let mut places: Vec<String> = places.into_iter().collect();
    places.sort();
    let text = format!("Who changed live what drifted is not known in full for {}: {cause}.", places.join(", "));
    Notice { code: "activity", incomplete: false, text, source: None }
}

/// The objects about which is asked, by the connection through which they were read: what changed or is missing, and what
/// somebody made that is in no state.
fn subjects<'a>(findings: &'a [Finding], sides: Sides<'a>) -> BTreeMap<usize, Vec<Subject<'a>>> {
    let asked = |finding: &&Finding| match finding.kind {
        Kind::Changed | Kind::Missing => true,
        Kind::Unmanaged => !finding.default_object,
        _ => false,
    };
    let mut wanted: HashMap<Key<'_>, Vec<usize>> = HashMap::new();
    for (position, finding) in findings.iter().enumerate().filter(|(_, finding)| asked(finding)) {
        if let Some(key) = key_of(finding) {
            wanted.entry(key).or_default().push(position);
        }
    }
    let mut subjects: BTreeMap<usize, Vec<Subject<'a>>> = BTreeMap::new();
    for (connection, (planned, live)) in sides.plan.connections.iter().zip(&sides.live.connections).enumerate() {
        for (planned, batch) in planned.batches.iter().zip(&live.batches) {
            let key = |id: &'a str| (live.source.as_str(), batch.resource_type.as_str(), id, &live.scope);
            let mut add = |id: &'a str, attributes: Vec<&'a RawValue>| {
                // What several connections read is asked about once.
                let Some(of_object) = wanted.remove(&key(id)) else { return };
                let first = &findings[of_object[0]];
                let asked = ActivitySubject {
                    resource_type: &batch.resource_type,
                    id,
                    attributes,
                    since: first.created_at.as_deref().and_then(shortly_before),
                    since_apply: first.kind != Kind::Unmanaged,
                };
                subjects.entry(connection).or_default().push(Subject { findings: of_object, asked });
            };
            let objects: HashMap<&str, &LiveObject> =
                batch.outcome.objects.iter().map(|object| (object.id.as_str(), object)).collect();
            for (id, requested) in batch.ids.iter().zip(&planned.requested) {
                let read = objects.get(id.as_str()).map(|object| &*object.attributes);
                add(id, std::iter::once(requested.attributes).chain(read).collect());
            }
            for object in &batch.outcome.unrequested {
                add(&object.id, vec![&object.attributes]);
            }
        }
    }
    subjects
}

/// An hour before an object was made: the call that made it came first, and clocks differ.
fn shortly_before(time: &str) -> Option<String> {
    let made: jiff::Timestamp = time.parse().ok()?;
    let before = made.checked_sub(jiff::SignedDuration::from_hours(1)).ok()?;
    jiff::Timestamp::from_second(before.as_second()).ok().map(|second| second.to_string())
}

/// Provider, type, id and scope.
type Key<'a> = (&'a str, &'a str, &'a str, &'a Scope);

fn key_of(finding: &Finding) -> Option<Key<'_>> {
    Some((&finding.provider, &finding.resource_type, finding.object_id.as_deref()?, &finding.scope))
}

/// Asks every source about the objects of one connection.
async fn ask(
    connection: usize,
    subjects: &[Subject<'_>],
    sources: &[Source],
    sides: Sides<'_>,
    until: Instant,
) -> ActivityOutcome {
    let (planned, live) = (&sides.plan.connections[connection], &sides.live.connections[connection]);
    let request = |store| ActivityRequest {
        subjects: subjects.iter().map(|subject| subject.asked.clone()).collect(),
        store,
        until: Some(until),
    };
    let mut whole = ActivityOutcome::default();
    let mut asked = false;
    for source in sources {
        let store = match source {
            Source::Folder(folder) => {
                let outcome = providers::exported_activity(&planned.source, folder, &live.scope, &request(None));
                merge(&mut whole, outcome);
                continue;
            }
            Source::EventHistory => None,
            Source::Store(address) => Some(address.as_str()),
        };
        if !(asked && sides.replays) {
            merge(&mut whole, remote(planned, sides.providers, &request(store), until).await);
        }
        asked = true;
    }
    whole
}

/// Asks the first provider module that can tell, through a connection of its own.
async fn remote(
    planned: &crate::plan::PlannedConnection<'_>,
    providers: &[Box<dyn Provider>],
    request: &ActivityRequest<'_>,
    until: Instant,
) -> ActivityOutcome {
    let Some(provider) = providers.iter().find(|one| one.tells_activity() && one.serves(&planned.source)) else {
        let cause = format!("no reader knows who changed objects of {}", planned.source);
        return ActivityOutcome::unread(GapClass::Unsupported, cause);
    };
    let answer = async {
        match provider.connect(&planned.configuration).await {
            Ok(connection) => connection.activity(request).await,
            Err(gap) => ActivityOutcome { gaps: vec![gap], ..ActivityOutcome::default() },
        }
    };
    // One reader's fault must not end the scan. A reader keeps to the time itself, and answers what it has; this is for one
    // that does not.
    let late = tokio::time::Instant::from_std(until) + std::time::Duration::from_secs(2);
    match tokio::time::timeout_at(late, AssertUnwindSafe(answer).catch_unwind()).await {
        Ok(Ok(outcome)) => outcome,
        Ok(Err(_)) => ActivityOutcome::unread(GapClass::Failed, "the reader failed by a fault of its own"),
        Err(_) => ActivityOutcome::unread(GapClass::TimedOut, "no answer within the deadline of the scan"),
    }
}

/// Adds what one more source told: each event once.
fn merge(whole: &mut ActivityOutcome, outcome: ActivityOutcome) {
    let known: HashSet<(usize, String)> = whole.events.iter().map(|event| (event.subject, event.id.clone())).collect();
    whole.events.extend(outcome.events.into_iter().filter(|event| !known.contains(&(event.subject, event.id.clone()))));
    whole.events.sort_by(|one, other| (&other.at, one.subject, &one.id).cmp(&(&one.at, other.subject, &other.id)));
    let fresh: Vec<Gap> = outcome.gaps.into_iter().filter(|gap| !whole.gaps.contains(gap)).collect();
    whole.gaps.extend(fresh);
    whole.api_calls += outcome.api_calls;
    whole.begins = match (whole.begins.take(), outcome.begins) {
        (Some(one), Some(other)) => Some(one.min(other)),
        (one, other) => one.or(other),
    };
}

/// What the events say of a finding. What came before the last apply is not what differs now: the apply recorded the object as
/// it then was. What only named the object counts where it set what differs; what failed changed nothing.
fn joined(finding: &Finding, position: usize, id: &str, outcome: &ActivityOutcome) -> Activity {
    let mut last_apply = None;
    let mut changes = Vec::new();
    for event in outcome.events.iter().filter(|event| event.subject == position && event.failed.is_none()) {
        let sets = event.request.as_ref().map(|request| sets::sets(request, &finding.attributes)).unwrap_or_default();
        // What is missing may have been taken away by an apply, of another state for example.
        let took_it = finding.kind == Kind::Missing && takes_away(&event.action);
        if finding.kind != Kind::Unmanaged && event.tool.applies() && event.certain && !took_it {
            last_apply = Some(change(event, Vec::new()));
            break;
        }
        if event.certain || !sets.is_empty() {
            changes.push(change(event, sets));
        }
    }
    let concerns = |gap: &&Gap| gap.ids.is_empty() || gap.ids.iter().any(|other| other == id);
    let gap = outcome.gaps.iter().find(concerns).map(|gap| gap.cause.clone());
    Activity { changes, last_apply, begins: outcome.begins.clone(), gap }
}

/// Whether a call takes something away.
fn takes_away(action: &str) -> bool {
    let call = action.rsplit(':').next().unwrap_or_default();
    ["Delete", "Deregister", "Detach", "Disassociate", "Release", "Remove", "Revoke", "Terminate"]
        .iter()
        .any(|verb| call.starts_with(verb))
}

fn change(event: &ActivityEvent, sets: Vec<provider_api::AttributePath>) -> LiveChange {
    LiveChange {
        at: event.at.clone(),
        action: event.action.clone(),
        who: event.actor.identity.clone(),
        kind: event.actor.kind,
        role: event.actor.role.clone(),
        via: event.actor.via.clone(),
        mfa: event.actor.mfa,
        tool: event.tool,
        from: event.from.clone(),
        manual: event.tool.is_manual(),
        sets,
    }
}
