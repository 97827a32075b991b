//! Notifications of the SARIF report: what was not read, what must be known, what was left out.
//! Knows nothing of results.

use super::rules::Notified;
use super::shape::{Descriptor, Notification, Text};
use super::{MAX_RESULTS, location};
use crate::model::{CoverageStatus, Finding, Kind, Report};
use crate::report::inert::inert_message;
use crate::report::{counted, scope_name, shortened};
use std::collections::BTreeMap;

/// Names that one notification lists.
const MAX_NAMES: usize = 20;
/// Notifications of one sort.
const MAX_NOTIFICATIONS: usize = 200;
/// Characters of one message.
const MAX_TEXT: usize = 2_000;

/// All notifications in a fixed order.
pub(super) fn notifications(
    report: &Report,
    unlocated: &[&Finding],
    carried_forward: usize,
    left_out: usize,
) -> Vec<Notification> {
    let mut all = notices(report);
    all.extend(bounded(Notified::Gap, gaps(report)));
    all.extend(bounded(Notified::Unknown, unknown(report)));
    if !unlocated.is_empty() {
        let text = format!(
            "{} of drift have no place in the repository, so they are missing from the results: {}. The other report formats have them.",
            counted(unlocated.len(), "finding"),
            names(unlocated.iter().map(|finding| name(finding)).collect()),
        );
        all.push(notification(Notified::Unlocated, "warning", &text));
    }
    if carried_forward > 0 {
        let text = format!(
            "{} of the scan before could not be checked and were carried forward.",
            counted(carried_forward, "result")
        );
        all.push(notification(Notified::Carried, "warning", &text));
    }
    if left_out > 0 {
        let text = format!(
            "Only the {MAX_RESULTS} most severe results are listed; {left_out} were left out. The other report formats have all of them."
        );
        all.push(notification(Notified::Truncated, "warning", &text));
    }
    all
}

fn notices(report: &Report) -> Vec<Notification> {
    let notice = |notice: &crate::model::Notice| {
        let text = format!("{} ({})", notice.text, notice.code);
        let place = notice.source.as_ref().filter(|range| location::is_place(range));
        Notification {
            locations: place.map(location::location).into_iter().collect(),
            ..notification(Notified::Notice, if notice.incomplete { "error" } else { "note" }, &text)
        }
    };
    report.notices.iter().take(MAX_NOTIFICATIONS).map(notice).collect()
}

/// One text for each cause and scope.
fn gaps(report: &Report) -> Vec<String> {
    let mut gaps: BTreeMap<(CoverageStatus, String, &str), Vec<String>> = BTreeMap::new();
    for entry in report.coverage.iter().filter(|entry| entry.status != CoverageStatus::Complete) {
        let key = (entry.status, scope_name(&entry.scope), entry.cause.as_deref().unwrap_or("no cause is known"));
        gaps.entry(key).or_default().push(entry.resource_type.clone());
    }
    let text = |((status, scope, cause), types): ((CoverageStatus, String, &str), Vec<String>)| {
        format!("Not read completely in {scope}: {} ({}: {cause}).", names(types), status.name())
    };
    gaps.into_iter().map(text).collect()
}

fn unknown(report: &Report) -> Vec<String> {
    let mut causes: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for finding in report.findings.iter().filter(|finding| finding.kind == Kind::Unknown) {
        causes.entry(finding.cause.as_deref().unwrap_or("no cause is known")).or_default().push(name(finding));
    }
    let text = |(cause, addresses): (&str, Vec<String>)| {
        format!("Neither in sync nor drifted, because not readable: {} ({cause}).", names(addresses))
    };
    causes.into_iter().map(text).collect()
}

fn bounded(notified: Notified, texts: Vec<String>) -> Vec<Notification> {
    let rest = texts.len().saturating_sub(MAX_NOTIFICATIONS);
    let more = (rest > 0).then(|| format!("{rest} more of this sort are not listed."));
    texts.into_iter().take(MAX_NOTIFICATIONS).chain(more).map(|text| notification(notified, "error", &text)).collect()
}

fn notification(notified: Notified, level: &'static str, text: &str) -> Notification {
    Notification {
        descriptor: Descriptor { id: notified.id(), index: notified.index() },
        level,
        message: Text::plain(inert_message(&shortened(text, MAX_TEXT))),
        locations: Vec::new(),
    }
}

fn name(finding: &Finding) -> String {
    match (&finding.address, &finding.object_id) {
        (Some(address), _) => address.to_string(),
        (None, Some(id)) => format!("{} {id}", finding.resource_type),
        (None, None) => finding.resource_type.clone(),
    }
}

fn names(mut names: Vec<String>) -> String {
    names.dedup();
    let rest = names.len().saturating_sub(MAX_NAMES);
    names.truncate(MAX_NAMES);
    let more = if rest > 0 { format!(" and {rest} more") } else { String::new() };
    names.join(", ") + &more
}
