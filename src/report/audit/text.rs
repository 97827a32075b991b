//! The audit for people: what must be known first, findings, then every landing, then what all of it rests on.
//! Knows nothing of terminals: it is told whether to color and how wide to be.

use super::{BRIEF, PLAIN, check, distinct, emergency, explain, is_complete, period, signature, statements, values};
use crate::model::{
    AttributeDiff, Attribution, Audit, AuditFinding, AuditRule, AuditedChange, AuditedLanding, Segregation, Severity,
    Standing,
};
use crate::report::text::page::{Ink, Page};
use crate::report::text::value::both_shortened;
use crate::report::{TextOptions, counted, day, inert, short_hash, shortened};

/// Findings of a rule, or changes of a landing, that are listed, unless everything is asked for.
const SHOWN_ENTRIES: usize = 20;
/// Attributes of a change that are shown, unless everything is asked for.
const SHOWN_ATTRIBUTES: usize = 6;
/// The fewest characters that are left of a value.
const MIN_VALUE: usize = 16;

/// The audit as text. Nothing from outside can steer a terminal; sensitive values are never in it.
pub fn audit_text(audit: &Audit, options: TextOptions) -> String {
    let mut page = Page::new(options);
    opening(&mut page, audit);
    findings(&mut page, audit);
    landings(&mut page, audit);
    completeness(&mut page, audit);
    closing(&mut page, audit);
    page.finish()
}

fn opening(page: &mut Page, audit: &Audit) {
    let repository = &audit.repository;
    let reference = repository.reference.trim_start_matches("refs/remotes/").trim_start_matches("refs/heads/");
    let name = page.ink(Ink::Name, concat!(env!("CARGO_PKG_NAME"), " ", env!("CARGO_PKG_VERSION")));
    let directory = if audit.directory.is_empty() { String::new() } else { format!(", {}", audit.directory) };
    let place = format!(": {}{directory} at {reference} ({})", repository.root, short_hash(&repository.commit));
    let place = inert(&place).into_owned();
    page.line(0, &format!("{name}{place}"));
    page.wrapped(0, "", None, &format!("changes {}", period(audit, BRIEF)));
    if !is_complete(audit) {
        page.line(0, "");
        let text = "This audit is incomplete. Changes may have landed that are not listed below; \
                    the completeness statement at the end says where.";
        page.wrapped(0, "! ", Some(Ink::Warning), text);
    }
}

fn findings(page: &mut Page, audit: &Audit) {
    if audit.findings.is_empty() {
        return;
    }
    page.heading(&format!("Findings: {}", audit.findings.len()));
    for rule in AuditRule::ALL {
        let found: Vec<&AuditFinding> = audit.findings.iter().filter(|finding| finding.rule == rule).collect();
        if found.is_empty() {
            continue;
        }
        let title = page.ink(Ink::Name, &format!("{}: {}", rule.name().replace('_', " "), found.len()));
        page.line(2, &title);
        page.wrapped(4, "", Some(Ink::Dim), explain(rule));
        let shown = shown(page, found.len(), SHOWN_ENTRIES);
        found[..shown].iter().for_each(|one| finding(page, one));
        left_out(page, 4, found.len() - shown, "finding");
    }
}

fn finding(page: &mut Page, finding: &AuditFinding) {
    let commit = finding.commit.as_deref().map_or_else(|| "no commit".to_owned(), short_hash);
    let pull_request = finding.pull_request.as_ref().map(|name| format!("  {name}")).unwrap_or_default();
    let ink = match finding.severity {
        Severity::High => Some(Ink::Removed),
        Severity::Medium => Some(Ink::Altered),
        Severity::Low | Severity::Info => None,
    };
    let text = format!("{}  {commit}{pull_request}  {}", finding.severity.name(), finding.text);
    page.wrapped(4, "- ", ink, &text);
}

fn landings(page: &mut Page, audit: &Audit) {
    let changes: usize = audit.landings.iter().map(|landing| landing.changes.len()).sum();
    if audit.landings.is_empty() {
        page.heading(if is_complete(audit) { "No changes" } else { "No changes in what could be looked at" });
        return;
    }
    page.heading(&format!("Changes: {changes}, in {}", counted(audit.landings.len(), "landing")));
    for one in audit.landings.iter().rev() {
        page.line(0, "");
        landing(page, one);
    }
}

fn landing(page: &mut Page, landing: &AuditedLanding) {
    let attribution = &landing.attribution;
    let date = attribution.landed_at.as_deref().map_or("no date", day);
    let commit = attribution.approving_commit.as_deref().map_or_else(|| "unknown".to_owned(), short_hash);
    let pull_request = attribution.pull_request.as_ref().map(|name| format!("  {name}")).unwrap_or_default();
    let name = page.ink(Ink::Name, &format!("{date}  {commit}{pull_request}"));
    let ink = match attribution.segregation {
        Segregation::Pass => Ink::Added,
        Segregation::Fail => Ink::Removed,
        Segregation::Unknown => Ink::Warning,
    };
    let segregation = page.ink(ink, attribution.segregation.name());
    let subject = attribution.subject.as_deref().unwrap_or("(no subject)");
    let taken = date.chars().count() + commit.len() + pull_request.chars().count() + 14;
    let subject = page.ink(Ink::Dim, &fitted(page, subject, taken));
    page.line(0, &format!("{name}  {segregation}  {subject}"));
    if let Some(reason) = &attribution.reason {
        page.wrapped(4, "", Some(ink), reason);
    }
    people(page, attribution);
    circumstances(page, attribution);
    let shown = shown(page, landing.changes.len(), SHOWN_ENTRIES);
    landing.changes[..shown].iter().for_each(|one| change(page, one));
    left_out(page, 4, landing.changes.len() - shown, "change");
}

/// Approvers with the class of the statement before the name, which may hold anything.
fn people(page: &mut Page, attribution: &Attribution) {
    if attribution.approvers.is_empty() {
        page.line(4, "no approver known");
    }
    for approver in &attribution.approvers {
        let assurance = approver.assurance.name().replace('_', " ");
        let how = match approver.standing {
            Standing::Counts => format!("approved ({assurance})"),
            standing => format!("not counted ({assurance}, {})", standing.name().replace('_', " ")),
        };
        page.wrapped(4, "", None, &format!("{how}: {}", approver.identity));
    }
    let authors: Vec<String> = attribution.authors.iter().map(|author| distinct(author)).collect();
    let authors = if authors.is_empty() { "nobody known".to_owned() } else { authors.join(", ") };
    let merged = attribution.merged_by.as_ref().map(|person| format!("; merged by {}", distinct(person)));
    page.wrapped(4, "", None, &format!("written by {authors}{}", merged.unwrap_or_default()));
}

fn circumstances(page: &mut Page, attribution: &Attribution) {
    if let Some(declared) = &attribution.emergency {
        page.wrapped(4, "", Some(Ink::Warning), &format!("emergency: {}", emergency(declared, PLAIN)));
    }
    if !attribution.checks.is_empty() {
        let checks: Vec<String> = attribution.checks.iter().map(|one| check(one, PLAIN)).collect();
        page.wrapped(4, "", None, &format!("checks: {}", checks.join(", ")));
    }
    if let Some(one) = &attribution.signature {
        page.wrapped(4, "", None, &format!("signature: {}", signature(one, PLAIN)));
    }
    if let Some(commit) = &attribution.reverts {
        page.wrapped(4, "", None, &format!("reverts {}", short_hash(commit)));
    }
}

fn change(page: &mut Page, change: &AuditedChange) {
    let (ink, symbol) = match change.kind {
        "added" => (Ink::Added, "+"),
        "removed" => (Ink::Removed, "-"),
        "moved" => (Ink::Dim, ">"),
        _ => (Ink::Altered, "~"),
    };
    let name = page.ink(ink, &format!("{symbol} {}", change.what));
    let directory = if change.directory.is_empty() { String::new() } else { format!(" in {}", change.directory) };
    let generated = if change.generated { "  generated" } else { "" };
    let deployed = change.deployed.as_ref().map(|one| format!("  deployed {}", day(&one.at))).unwrap_or_default();
    let remarks = page.ink(Ink::Dim, &format!("{directory}{generated}{deployed}"));
    let start =
        change.what.chars().count() + directory.chars().count() + generated.len() + deployed.chars().count() + 8;
    match change.attributes.as_slice() {
        [] => page.line(4, &format!("{name}{remarks}")),
        [only] => {
            let only = attribute(page, only, start);
            page.line(4, &format!("{name}{remarks}  {only}"));
        }
        all => {
            page.line(4, &format!("{name}{remarks}"));
            let shown = shown(page, all.len(), SHOWN_ATTRIBUTES);
            for diff in &all[..shown] {
                let diff = attribute(page, diff, 8);
                page.line(8, &diff);
            }
            left_out(page, 8, all.len() - shown, "attribute");
        }
    }
}

/// An attribute in one piece: inert, shortened so that it fits behind `taken` columns.
fn attribute(page: &Page, diff: &AttributeDiff, taken: usize) -> String {
    let path = page.ink(Ink::Name, &diff.path);
    let (before, after) = values(diff);
    let side = |value: Option<String>| match value {
        None => "(none)".to_owned(),
        Some(_) if diff.sensitive => super::WITHHELD.to_owned(),
        Some(value) => value,
    };
    if diff.sensitive && before.is_some() && after.is_some() {
        return format!("{path}: (sensitive, differs)");
    }
    let room = match page.options.width {
        0 => usize::MAX,
        _ if page.options.verbose => usize::MAX,
        width => (width.saturating_sub(taken + diff.path.chars().count() + 5) / 2).max(MIN_VALUE),
    };
    let (before, after) = both_shortened(&inert(&side(before)), &inert(&side(after)), room);
    format!("{path}: {} → {}", page.ink(Ink::Removed, &before), page.ink(Ink::Added, &after))
}

fn completeness(page: &mut Page, audit: &Audit) {
    page.heading("Completeness");
    for (what, sentence) in statements(audit, PLAIN) {
        let ink = (what == "missing").then_some(Ink::Warning);
        page.wrapped(2, if ink.is_some() { "! " } else { "- " }, ink, &format!("{what}: {sentence}"));
    }
}

fn closing(page: &mut Page, audit: &Audit) {
    let (ink, meaning) = match (audit.findings.is_empty(), is_complete(audit)) {
        (true, true) => (Ink::Added, "No findings"),
        (true, false) => (Ink::Warning, "No findings, but not everything could be looked at: this is no all-clear"),
        (false, true) => (Ink::Altered, "There are findings"),
        (false, false) => (Ink::Altered, "There are findings, and not everything could be looked at"),
    };
    let line = page.ink(ink, &format!("{meaning} (exit code {}).", audit.exit_code));
    page.line(0, "");
    page.line(0, &line);
}

/// How many entries of so many are shown.
fn shown(page: &Page, all: usize, limit: usize) -> usize {
    if page.options.verbose { all } else { all.min(limit) }
}

fn left_out(page: &mut Page, indent: usize, rest: usize, thing: &str) {
    if rest > 0 {
        let line = format!("… {} not shown; the JSON report has all of them", counted(rest, thing));
        let line = page.ink(Ink::Dim, &line);
        page.line(indent, &line);
    }
}

fn fitted(page: &Page, text: &str, taken: usize) -> String {
    match page.options.width {
        0 => text.to_owned(),
        _ if page.options.verbose => text.to_owned(),
        // Escapes count, too.
        width => shortened(&inert(text), width.saturating_sub(taken).max(MIN_VALUE)),
    }
}
