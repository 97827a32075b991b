//! Renders an audit for people, programs and spreadsheets. Each format is a projection of [`crate::model::Audit`].
//! Knows nothing of how the changes were gathered.

mod csv;
#[cfg(test)]
mod example;
mod json;
mod markdown;
#[cfg(test)]
mod tests;
mod text;

pub use self::csv::audit_csv;
pub use json::{audit_json, audit_schema};
pub use markdown::audit_markdown;
pub use text::audit_text;

use super::{counted, short_hash};
use crate::model::{
    Approver, AttributeDiff, Audit, AuditRule, AuditedLanding, Boundary, Check, CommitSignature, Emergency, Segregation,
};
use std::collections::HashMap;

/// What a finding of the rule means, in one sentence.
fn explain(rule: AuditRule) -> &'static str {
    match rule {
        AuditRule::LandedWithoutApproval => "It landed on the approved ref, and no approval of it counts.",
        AuditRule::SelfApproved => "Everybody who approved it also asked for it, made it or merged it.",
        AuditRule::ApprovedBeforeLastPush => "What was approved is another revision than the one that landed.",
        AuditRule::ChecksFailed => "It landed although checks had failed, or without those that the branch requires.",
        AuditRule::EmergencyNotApproved => {
            "It was declared an emergency, and nobody else approved it within the time for that."
        }
        AuditRule::ProtectedBranchBypassed => "The branch is protected, and this landed around the protection.",
        AuditRule::HistoryRewritten => {
            "A commit that was the tip once is no part of the history any more, so changes may be missing here."
        }
        AuditRule::FoxtrotMerge => {
            "A merge swapped its parents: what had landed before it left the first-parent chain and counts as merged by it."
        }
        AuditRule::ApprovalUnknown => {
            "Who approved it cannot be told: it counts neither as approved nor as unapproved."
        }
    }
}

/// What the summaries of all formats count.
#[derive(Default)]
struct Counts {
    changes: u64,
    pass: u64,
    fail: u64,
    unknown: u64,
    emergencies: u64,
}

impl Counts {
    fn of(audit: &Audit) -> Self {
        let mut counts = Self::default();
        for landing in &audit.landings {
            counts.changes += landing.changes.len() as u64;
            counts.emergencies += u64::from(landing.attribution.emergency.is_some());
            match landing.attribution.segregation {
                Segregation::Pass => counts.pass += 1,
                Segregation::Fail => counts.fail += 1,
                Segregation::Unknown => counts.unknown += 1,
            }
        }
        counts
    }
}

/// Whether nothing is missing. A hole is something missing, whatever else is said.
fn is_complete(audit: &Audit) -> bool {
    audit.completeness.complete && audit.completeness.holes.is_empty()
}

/// How a format shows that a piece of text is not its own.
#[derive(Clone, Copy)]
struct Quote {
    /// For names: people, commits, checks, files.
    name: fn(&str) -> String,
    /// For sentences of this program with names in them.
    sentence: fn(&str) -> String,
}

/// For formats without markup: a name that could be taken for more than one thing stands in quotation marks.
const PLAIN: Quote = Quote { name: distinct, sentence: str::to_owned };

/// The same, with hashes as people write them.
const BRIEF: Quote = Quote { name: brief, sentence: str::to_owned };

fn brief(name: &str) -> String {
    let hash = name.len() >= 40 && name.bytes().all(|byte| byte.is_ascii_hexdigit());
    if hash { short_hash(name) } else { distinct(name) }
}

fn distinct(name: &str) -> String {
    let separates = name.contains([',', ';', '(', ')', '"']) || name.contains(": ") || name.ends_with(':');
    if separates || name.trim().is_empty() { format!("{name:?}") } else { name.to_owned() }
}

/// What the audit rests on and what is missing from it: a subject and a sentence each. Not inert yet.
fn statements(audit: &Audit, quote: Quote) -> Vec<(&'static str, String)> {
    let completeness = &audit.completeness;
    let name = quote.name;
    let mut all = vec![
        ("complete", verdict(audit).to_owned()),
        ("period", period(audit, quote)),
        ("population", population(audit)),
    ];
    all.extend(completeness.holes.iter().map(|hole| {
        let commit = hole.commit.as_ref().map(|commit| format!(" ({})", name(commit))).unwrap_or_default();
        ("missing", format!("{}{commit}: {}", name(&hole.what), (quote.sentence)(&hole.cause)))
    }));
    if completeness.rewriting_checked.is_empty() {
        all.push(("rewriting", "there was nothing to check against whether history was rewritten".to_owned()));
    }
    let checked = |against: &String| ("rewriting", format!("history was checked against {}", name(against)));
    all.extend(completeness.rewriting_checked.iter().map(checked));
    all.push((
        "forge",
        match &completeness.forge {
            Some(forge) => format!(
                "records of {} were there for {} of {} with changes",
                name(forge),
                completeness.forge_records,
                counted(count(completeness.landings_with_changes), "landing")
            ),
            None => "no forge was asked: approvals are what Git says".to_owned(),
        },
    ));
    let map =
        |digest: &String| ("identities", format!("who is who was decided by a map with the digest {}", name(digest)));
    all.extend(completeness.identity_map.iter().map(map));
    all.extend(completeness.not_covered.iter().map(|text| ("not covered", (quote.sentence)(text))));
    all
}

fn verdict(audit: &Audit) -> &'static str {
    match (is_complete(audit), audit.completeness.holes.is_empty()) {
        (true, _) => "yes, every commit of the first-parent chain in the period was looked at",
        (false, false) => "no, what is missing is named below and may hold further changes",
        (false, true) => "no, there may be further changes",
    }
}

/// From when to when, and which commits stand for that.
fn period(audit: &Audit, quote: Quote) -> String {
    let until = boundary(&audit.until, quote);
    match &audit.since {
        Some(since) => format!("after {}, up to and with {until}", boundary(since, quote)),
        None => format!("from the first commit up to and with {until}"),
    }
}

fn boundary(boundary: &Boundary, quote: Quote) -> String {
    let name = quote.name;
    let place = match (&boundary.commit, &boundary.at) {
        (Some(commit), Some(at)) => format!("commit {} of {}", name(commit), name(at)),
        (Some(commit), None) => format!("commit {}", name(commit)),
        (None, Some(at)) => name(at),
        (None, None) => "no commit".to_owned(),
    };
    match &boundary.given {
        Some(given) => format!("{} ({place})", name(given)),
        None => place,
    }
}

/// How much landed.
fn population(audit: &Audit) -> String {
    let completeness = &audit.completeness;
    format!(
        "{}, {} of them with changes; {} in all; {}",
        counted(count(completeness.landings), "landing"),
        completeness.landings_with_changes,
        counted(count(completeness.commits), "commit"),
        counted(count(Counts::of(audit).changes), "change"),
    )
}

fn count(number: u64) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

/// The values before and after. Of a sensitive attribute only what looks like a digest: nothing upstream should let
/// anything else come here.
fn values(diff: &AttributeDiff) -> (Option<String>, Option<String>) {
    let shown = |value: &Option<String>| match value {
        Some(value) if diff.sensitive => Some(if is_digest(value) { value.clone() } else { WITHHELD.to_owned() }),
        other => other.clone(),
    };
    (shown(&diff.before), shown(&diff.after))
}

/// Stands for a sensitive value without a digest.
const WITHHELD: &str = "(sensitive)";

fn is_digest(text: &str) -> bool {
    let digits = text.strip_prefix("hmac-sha256:").unwrap_or(text);
    !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// The rules of the findings, by the commit that they concern.
fn rules_by_commit(audit: &Audit) -> HashMap<&str, Vec<AuditRule>> {
    let mut rules: HashMap<&str, Vec<AuditRule>> = HashMap::new();
    for finding in &audit.findings {
        if let Some(commit) = &finding.commit {
            rules.entry(commit).or_default().push(finding.rule);
        }
    }
    for rules in rules.values_mut() {
        rules.sort_unstable();
        rules.dedup();
    }
    rules
}

/// Those that concern a landing.
fn of_landing<'a>(rules: &'a HashMap<&str, Vec<AuditRule>>, landing: &AuditedLanding) -> &'a [AuditRule] {
    let commit = landing.attribution.approving_commit.as_deref();
    commit.and_then(|commit| rules.get(commit)).map(Vec::as_slice).unwrap_or_default()
}

/// How far an approver can be trusted and whether they count.
fn trust(approver: &Approver) -> String {
    format!("{}, {}", approver.assurance.name(), approver.standing.name())
}

fn check(check: &Check, quote: Quote) -> String {
    let required = match check.required {
        Some(true) => " (required)",
        Some(false) => " (not required)",
        None => "",
    };
    format!("{}: {}{required}", (quote.name)(&check.name), (quote.name)(&check.conclusion))
}

fn emergency(emergency: &Emergency, quote: Quote) -> String {
    let name = quote.name;
    let due = emergency.due.as_ref().map(|due| format!(", approval due {}", name(due))).unwrap_or_default();
    let approved = match (&emergency.approved_by, &emergency.approved_at) {
        (Some(person), Some(at)) => format!("approved by {} at {}", name(person), name(at)),
        (Some(person), None) => format!("approved by {}", name(person)),
        (None, Some(at)) => format!("approved at {}", name(at)),
        (None, None) => "not approved afterwards".to_owned(),
    };
    format!("{}{due}, {approved}", name(&emergency.marker))
}

fn signature(signature: &CommitSignature, quote: Quote) -> String {
    let meaning = match signature.letter {
        'G' => "good",
        'B' => "bad",
        'U' => "good and of unknown validity",
        'X' => "good and expired",
        'Y' => "good, by an expired key",
        'R' => "good, by a revoked key",
        'E' => "cannot be checked",
        _ => "of a kind that is not known",
    };
    let part = |word: &str, value: &Option<String>| {
        value.as_ref().map(|value| format!(", {word} {}", (quote.name)(value))).unwrap_or_default()
    };
    format!("{meaning}{}{}", part("of", &signature.signer), part("key", &signature.key))
}
