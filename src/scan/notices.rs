//! What the reader of a scan's report must know beside the findings.
//! Knows nothing of verdicts.

use super::Settings;
use crate::attribute::History;
use crate::compare::Level;
use crate::config::{self, Configuration, backend};
use crate::git::Tree;
use crate::model::{Notice, UnreadState};
use crate::state::State;
use crate::states::{Moved, Unseen};
use std::collections::BTreeSet;

/// A report says what counted, where that is not what counts without being asked.
pub(super) fn level_notice(settings: &Settings) -> Option<Notice> {
    let text = match settings.level {
        Level::Normalized => return None,
        Level::Raw => "Compared at level raw: every difference counts that Terraform's refresh would record.",
        Level::Configured => {
            "Compared at level configured: only what a plan of the approved configuration would change back counts as drift."
        }
    };
    Some(Notice { code: "level", incomplete: false, text: text.into(), source: None })
}

/// What was left out on request is said.
pub(super) fn left_out_notice((rule, count): &(String, u64)) -> Notice {
    let text = format!("Left out by `--ignore {rule}`: {count} of the objects that are in no state.");
    Notice { code: "unmanaged-left-out", incomplete: false, text, source: None }
}

/// What is to be said of the states: those that could not be read, and those that someone may be changing just now.
pub(super) fn of_states(states: &[State<'_>], unread: &[UnreadState]) -> Vec<Notice> {
    let unread = unread.iter().map(|state| {
        let workspace = state.workspace.as_ref().map(|name| format!(", workspace `{name}`")).unwrap_or_default();
        let place = backend::place(&state.root_module);
        let (cause, hint) = (&state.cause, &state.hint);
        let text =
            format!("Nothing is known of what root module `{place}`{workspace} records: {cause}. The way out: {hint}.");
        Notice { code: "state-unread", incomplete: true, text, source: None }
    });
    let locked = states.iter().filter_map(|state| {
        let lock = state.info.origin.lock.as_ref()?;
        let or = |text: &str, other: &str| if text.is_empty() { other.to_owned() } else { text.to_owned() };
        let (who, since) = (or(&lock.who, "somebody"), or(&lock.since, "a time that is not told"));
        let operation = if lock.operation.is_empty() { String::new() } else { format!(" ({})", lock.operation) };
        let source = &state.info.source;
        let text = format!("State {source} is locked by {who} since {since}{operation}: it may be about to change.");
        Some(Notice { code: "state-locked", incomplete: false, text, source: None })
    });
    unread.chain(locked).collect()
}

/// Patterns and entries of the settings that concern nothing may be slips of the pen.
pub(super) fn of_selection(unmatched: &[String], unused: &[String]) -> Vec<Notice> {
    let unmatched = unmatched.iter().map(|pattern| format!("No directory with configuration fits `{pattern}`."));
    let unused =
        unused.iter().map(|entry| format!("The settings' {entry} concerns no root module that was looked at."));
    let notice = |text| Notice { code: "settings-unused", incomplete: false, text, source: None };
    unmatched.chain(unused).map(notice).collect()
}

/// What is to be said of states that moved while live objects were read, once and, at worst, once more.
pub(super) fn moved(first: &[String], again: &[Moved]) -> Vec<Notice> {
    let first = first.iter().map(|source| {
        let text = format!("State {source} changed while its objects were read, so it and they were read once more.");
        Notice { code: "state-moved", incomplete: false, text, source: None }
    });
    let again = again.iter().map(|Moved { source, .. }| {
        let text = format!(
            "State {source} changed again while its objects were read the second time: what is said of them may be out \
             of date. Scan again when no apply runs."
        );
        Notice { code: "state-moved", incomplete: true, text, source: None }
    });
    first.chain(again).collect()
}

/// What is to be said of states that could not be looked at again.
pub(super) fn unseen(states: &[Unseen]) -> Vec<Notice> {
    let notice = |Unseen { source, cause }: &Unseen| {
        let text = format!(
            "State {source} could not be read again after its objects were, so it may have changed meanwhile: {cause}."
        );
        Notice { code: "state-moved", incomplete: true, text, source: None }
    };
    states.iter().map(notice).collect()
}

/// Settings that concern nothing may be a slip of the pen.
pub(super) fn unused_notice(address: &str) -> Notice {
    let text = format!("The settings name {address}, which no state that was looked at uses.");
    Notice { code: "settings-unused", incomplete: false, text, source: None }
}

/// Expressions that have no value, each once.
pub(super) fn failures(configurations: &[&Configuration], tree: &Tree<'_>) -> Vec<Notice> {
    let mut seen = BTreeSet::new();
    let problems = configurations.iter().flat_map(|configuration| configuration.failures(tree));
    let fresh = problems.filter(|problem| seen.insert(problem.text.clone()));
    let notice = |problem: config::Problem| Notice {
        code: "not-evaluated",
        incomplete: false,
        text: problem.text,
        source: problem.range,
    };
    fresh.map(notice).collect()
}

/// What the reader must know beside the findings.
pub(super) fn notices(configurations: &[&Configuration], states: &[State<'_>]) -> Vec<Notice> {
    let mut notices = Vec::new();
    for (position, configuration) in configurations.iter().enumerate() {
        if configurations[..position].iter().any(|earlier| earlier.directory == configuration.directory) {
            continue;
        }
        notices.extend(configuration.problems.iter().map(|problem| Notice {
            code: "configuration",
            incomplete: problem.incomplete,
            text: problem.text.clone(),
            source: problem.range.clone(),
        }));
    }
    for state in states {
        if !state.deposed.is_empty() {
            let addresses: Vec<String> = state.deposed.iter().map(ToString::to_string).collect();
            notices.push(Notice {
                code: "deposed",
                incomplete: false,
                text: format!(
                    "State {} holds objects that an apply replaced and did not destroy yet; they are not compared: {}.",
                    state.info.source,
                    addresses.join(", ")
                ),
                source: None,
            });
        }
        if state.instances.is_empty() {
            let text = format!("State {} records no managed resource.", state.info.source);
            notices.push(Notice { code: "empty-state", incomplete: false, text, source: None });
        }
    }
    notices
}

/// What of the history could not be seen. It says nothing against the verdicts, only who approved is less sure.
pub(super) fn history_notice(history: &History) -> Option<Notice> {
    let reason = history.incomplete()?;
    let text = format!("Part of Git's history is not here, so some approvals are unknown: {reason}.");
    Some(Notice { code: "history", incomplete: false, text, source: None })
}

/// What of the evidence could not be read: it says nothing against the verdicts, only who approved is less sure.
pub(super) fn evidence_notices(skipped_keys: &[String], unread: usize, cause: Option<&str>) -> Vec<Notice> {
    let keys = skipped_keys.iter().map(|cause| format!("A key of the settings is not used: {cause}."));
    let forge = (unread > 0).then(|| {
        let cause = cause.unwrap_or("no cause is known");
        format!(
            "Of {unread} commits the forge's record could not be read, so their approvals are what Git says: {cause}."
        )
    });
    let notice = |text: String| Notice { code: "evidence", incomplete: false, text, source: None };
    keys.chain(forge).map(notice).collect()
}
