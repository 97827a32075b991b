//! Replays who changed objects.
//! Knows nothing of where that was recorded at first.

use crate::format::{ACTIVITY, ConnectionActivity, RecordedActivity};
use crate::objects;
use provider_api::{ActivityOutcome, ActivityRequest, Gap, GapClass};
use std::collections::HashMap;
use std::io::Read;
use std::path::Path;

/// The largest file that is read.
const MAX_BYTES: u64 = 256 << 20;

/// More calls than any scan makes; a bound, so that sums of what a recording claims cannot overflow.
const MAX_CALLS: u64 = 1 << 40;

/// What the recording in a directory holds for a connection, of what is asked now.
pub(crate) fn answer(dir: &Path, connection: &str, request: &ActivityRequest<'_>) -> ActivityOutcome {
    let path = dir.join(ACTIVITY);
    if std::fs::symlink_metadata(&path).is_err_and(|error| error.kind() == std::io::ErrorKind::NotFound) {
        return not_recorded();
    }
    let recorded = match read(&path) {
        Ok(recorded) => recorded,
        Err(cause) => {
            let cause = format!("the recording's `{ACTIVITY}` cannot be used: {cause}");
            return ActivityOutcome::unread(GapClass::Failed, cause);
        }
    };
    match recorded.connections.into_iter().find(|one| one.name == connection) {
        Some(recorded) => now(recorded, request),
        None => not_recorded(),
    }
}

fn not_recorded() -> ActivityOutcome {
    ActivityOutcome::unread(
        GapClass::Unsupported,
        "who changed objects is not in the recording: record with --activity",
    )
}

fn read(path: &Path) -> Result<RecordedActivity, String> {
    let mut bytes = Vec::new();
    let file = objects::open(path, MAX_BYTES)?;
    file.take(MAX_BYTES).read_to_end(&mut bytes).map_err(|error| error.to_string())?;
    serde_json::from_slice(&bytes).map_err(|_| "it is not the shape of a recording".into())
}

/// The answer of then to what is asked now: objects are known by type and id.
fn now(recorded: ConnectionActivity, request: &ActivityRequest<'_>) -> ActivityOutcome {
    let then: HashMap<(&str, &str), usize> = recorded
        .subjects
        .iter()
        .enumerate()
        .map(|(position, subject)| ((subject.resource_type.as_str(), subject.id.as_str()), position))
        .collect();
    let mut positions = HashMap::new();
    let mut not_asked = Vec::new();
    for (position, subject) in request.subjects.iter().enumerate() {
        match then.get(&(subject.resource_type, subject.id)) {
            Some(then) => {
                positions.insert(*then, position);
            }
            None => not_asked.push(subject.id.to_owned()),
        }
    }
    let mut outcome = recorded.outcome;
    outcome.events.retain_mut(|event| {
        let position = positions.get(&event.subject).copied();
        event.subject = position.unwrap_or_default();
        position.is_some()
    });
    let asked = |id: &String| request.subjects.iter().any(|subject| subject.id == *id);
    outcome.gaps.retain_mut(|gap| {
        let whole = gap.ids.is_empty();
        gap.ids.retain(asked);
        whole || !gap.ids.is_empty()
    });
    if !not_asked.is_empty() {
        let cause = "not in the recording: nobody asked who changed it then".into();
        outcome.gaps.push(Gap { ids: not_asked, class: GapClass::Unsupported, cause });
    }
    outcome.api_calls = outcome.api_calls.min(MAX_CALLS);
    outcome
}
