//! The report for people: what must be known first, drift in the order in which it matters, then the rest in brief.
//! Knows nothing of terminals: it is told whether to color and how wide to be.

mod finding;
pub(super) mod page;
pub(super) mod value;

use super::{counted, scope_name};
use crate::model::{CoverageStatus, Finding, Kind, Report};
use page::{Ink, Page};
use provider_api::{GapClass, Program, Voucher};
use provider_states::DEFAULT_WORKSPACE;
use std::collections::BTreeMap;

/// How the text is to look.
#[derive(Debug, Clone, Copy)]
pub struct TextOptions {
    /// Whether to use ANSI colors.
    pub color: bool,
    /// Columns to fill; 0 for as many as it takes.
    pub width: usize,
    /// Whether to shorten nothing and to say which rules folded what.
    pub verbose: bool,
}

/// Entries of a group that are listed, unless everything is asked for.
const SHOWN_ENTRIES: usize = 20;

/// The report as text. Nothing from outside can steer a terminal; sensitive values are never in it.
pub fn text(report: &Report, options: TextOptions) -> String {
    let mut page = Page::new(options);
    opening(&mut page, report);
    notices(&mut page, report);
    drift(&mut page, report);
    unmanaged(&mut page, report);
    unknown(&mut page, report);
    not_drift(&mut page, report);
    coverage(&mut page, report);
    summary(&mut page, report);
    closing(&mut page, report);
    page.finish()
}

fn opening(page: &mut Page, report: &Report) {
    let scan = &report.scan;
    let reference = scan.repository.reference.trim_start_matches("refs/remotes/").trim_start_matches("refs/heads/");
    let name = page.ink(Ink::Name, concat!(env!("CARGO_PKG_NAME"), " ", env!("CARGO_PKG_VERSION")));
    let commit = super::short_hash(&scan.repository.commit);
    let place = match (scan.repository.root.as_str(), reference) {
        ("", "") => String::new(),
        (root, reference) => format!(": {root} as approved at {reference} ({commit})"),
    };
    let place = super::inert(&place).into_owned();
    page.line(0, &format!("{name}{place}"));
}

fn notices(page: &mut Page, report: &Report) {
    if !report.scan.complete {
        page.line(0, "");
        let text = "This scan is incomplete. What is not listed below may have drifted all the same; \
                    the coverage at the end says what was not read.";
        page.wrapped(0, "! ", Some(Ink::Warning), text);
    }
    for notice in &report.notices {
        page.line(0, "");
        let ink = notice.incomplete.then_some(Ink::Warning);
        let start = if notice.incomplete { "! " } else { "* " };
        // These begin with their place and show the line that stands there, of printable characters only.
        let shows_line = matches!(notice.code, "configuration" | "not-evaluated");
        if let Some((first, rest)) = notice.text.split_once('\n').filter(|_| shows_line) {
            page.wrapped(0, start, ink, first);
            rest.lines().for_each(|line| page.plain(2, line));
            continue;
        }
        let place = notice.source.as_ref().map(|source| format!(" ({}:{})", source.file, source.start_line));
        page.wrapped(0, start, ink, &format!("{}{}", notice.text, place.unwrap_or_default()));
    }
}

fn drift(page: &mut Page, report: &Report) {
    let drifted = |material: bool| -> Vec<&Finding> {
        let chosen =
            |finding: &&Finding| matches!(finding.kind, Kind::Changed | Kind::Missing) && finding.material == material;
        let mut findings: Vec<&Finding> = report.findings.iter().filter(chosen).collect();
        findings.sort_by(|a, b| place(a).cmp(&place(b)).then(b.severity.cmp(&a.severity)));
        findings
    };
    section(page, "Drift that the next apply would undo", &drifted(true));
    section(page, "Drift that a plan does not show", &drifted(false));
}

fn section(page: &mut Page, title: &str, findings: &[&Finding]) {
    if findings.is_empty() {
        return;
    }
    page.heading(&format!("{title}: {}", findings.len()));
    for group in findings.chunk_by(|a, b| place(a) == place(b)) {
        root_module(page, place(group[0]));
        for finding in group {
            page.line(0, "");
            finding::in_full(page, finding);
        }
    }
}

/// Says which root module and workspace follow; the repository's root and the default workspace go without saying.
fn root_module(page: &mut Page, (directory, workspace): (&str, &str)) {
    let workspace = if workspace == DEFAULT_WORKSPACE { String::new() } else { format!("workspace {workspace}") };
    let directory = if directory.is_empty() { String::new() } else { format!("root module {directory}") };
    let parts: Vec<String> = [directory, workspace].into_iter().filter(|part| !part.is_empty()).collect();
    if !parts.is_empty() {
        let line = page.ink(Ink::Dim, &parts.join(", "));
        page.line(0, &line);
    }
}

/// The root module and workspace that a finding belongs to.
fn place(finding: &Finding) -> (&str, &str) {
    (&finding.root_module, &finding.workspace)
}

/// At most so many entries of a group, and how many are left out.
fn cut<'a, T>(page: &Page, entries: &'a [T]) -> (&'a [T], usize) {
    let shown = if page.options.verbose { entries.len() } else { entries.len().min(SHOWN_ENTRIES) };
    (&entries[..shown], entries.len() - shown)
}

fn left_out(page: &mut Page, indent: usize, count: usize) {
    if count > 0 {
        let line = page.ink(Ink::Dim, &format!("… and {count} more; the JSON report has all of them"));
        page.line(indent, &line);
    }
}

fn unmanaged(page: &mut Page, report: &Report) {
    let all = || report.findings.iter().filter(|finding| finding.kind == Kind::Unmanaged);
    let mut groups: BTreeMap<(String, &str), Vec<&Finding>> = BTreeMap::new();
    for finding in all().filter(|finding| !finding.default_object) {
        groups.entry((scope_name(&finding.scope), &finding.resource_type)).or_default().push(finding);
    }
    let defaults = all().filter(|finding| finding.default_object).count();
    if groups.is_empty() && defaults == 0 && report.summary.covered.is_none() {
        return;
    }
    page.heading(&format!("Live, and in no state: {}", groups.values().map(Vec::len).sum::<usize>()));
    for ((scope, resource_type), findings) in &groups {
        let title = format!("+ {resource_type} in {scope}: {}", findings.len());
        let title = page.ink(Ink::Added, &title);
        page.line(2, &title);
        let (shown, rest) = cut(page, findings);
        for finding in shown {
            let cause = finding.cause.as_ref().map(|cause| format!("  {cause}")).unwrap_or_default();
            let made = finding.created_at.as_ref().map(|time| format!("  made {time}")).unwrap_or_default();
            page.plain(6, &format!("{}{made}{cause}", finding.object_id.as_deref().unwrap_or("(no id)")));
            for line in super::activity::lines(finding) {
                page.wrapped(8, "", None, &line);
            }
            if page.options.verbose && !finding.tags.is_empty() {
                let tags: Vec<String> = finding.tags.iter().map(|(key, value)| format!("{key}={value}")).collect();
                page.plain(8, &format!("tags {}", tags.join(", ")));
            }
        }
        left_out(page, 6, rest);
    }
    if defaults > 0 {
        let line = format!(
            "not counted: {} that the account has by default or another object owns",
            counted(defaults, "object")
        );
        let line = page.ink(Ink::Dim, &line);
        page.line(2, &line);
    }
    if let Some((covered, percent)) = report.summary.covered.and_then(|one| Some((one, one.percent()?))) {
        let all = covered.managed + covered.unmanaged;
        page.line(
            2,
            &format!("in a state: {percent} % of the live objects that can be listed, {} of {all}", covered.managed),
        );
    }
}

fn unknown(page: &mut Page, report: &Report) {
    let mut groups: BTreeMap<&str, Vec<&Finding>> = BTreeMap::new();
    for finding in report.findings.iter().filter(|finding| finding.kind == Kind::Unknown) {
        groups.entry(finding.cause.as_deref().unwrap_or("no cause is known")).or_default().push(finding);
    }
    if groups.is_empty() {
        return;
    }
    page.heading(&format!(
        "Not readable, so neither in sync nor drifted: {}",
        groups.values().map(Vec::len).sum::<usize>()
    ));
    for (cause, findings) in groups {
        page.wrapped(2, "? ", Some(Ink::Warning), cause);
        compact(page, 6, &findings);
    }
}

/// Groups of what is no drift, in the order of reports.
const NOT_DRIFT: [(Kind, &str); 6] = [
    (Kind::ManagedTwice, "In more than one state, so that one apply may undo the other's"),
    (Kind::Unapplied, "Approved and not applied yet: declared otherwise than recorded"),
    (Kind::PendingCreate, "Approved and not applied yet: to be created"),
    (Kind::PendingRemoval, "No longer declared: to be removed by the next apply"),
    (Kind::StaleState, "Live as declared; only the state lags behind"),
    (Kind::Ignored, "Differs where ignore_changes says not to care"),
];

fn not_drift(page: &mut Page, report: &Report) {
    for (kind, title) in NOT_DRIFT {
        let findings: Vec<&Finding> = report.findings.iter().filter(|finding| finding.kind == kind).collect();
        if !findings.is_empty() {
            page.heading(&format!("{title}: {}", findings.len()));
            compact(page, 2, &findings);
        }
    }
}

fn compact(page: &mut Page, indent: usize, findings: &[&Finding]) {
    let (shown, rest) = cut(page, findings);
    for finding in shown {
        finding::in_brief(page, indent, finding);
    }
    left_out(page, indent, rest);
}

fn coverage(page: &mut Page, report: &Report) {
    if report.coverage.is_empty() {
        return;
    }
    let complete = report.coverage.iter().filter(|entry| entry.status == CoverageStatus::Complete).count();
    page.heading("Coverage");
    let calls = counted(usize::try_from(report.summary.api_calls).unwrap_or(usize::MAX), "API call");
    let total = report.coverage.len();
    page.line(2, &format!("read completely: {complete} of {}, with {calls}", counted(total, "type")));
    for (source, program) in &report.scan.programs {
        page.wrapped(2, "", None, &format!("read through {}", read_through(source, program)));
    }
    let mut gaps: BTreeMap<(CoverageStatus, String, &str), Vec<&str>> = BTreeMap::new();
    for entry in report.coverage.iter().filter(|entry| entry.status != CoverageStatus::Complete) {
        let key = (entry.status, scope_name(&entry.scope), entry.cause.as_deref().unwrap_or("no cause is known"));
        gaps.entry(key).or_default().push(&entry.resource_type);
    }
    for ((status, scope, cause), mut types) in gaps {
        types.dedup();
        let (shown, rest) = cut(page, &types);
        let more = if rest > 0 { format!(" and {rest} more") } else { String::new() };
        let text = format!("{} in {scope}: {} ({cause}); {}", status.name(), shown.join(", ") + &more, way_out(status));
        page.wrapped(2, "! ", None, &text);
    }
    folds(page, report);
}

fn folds(page: &mut Page, report: &Report) {
    let total: u64 = report.folds.iter().map(|(_, count)| count).sum();
    if total == 0 {
        return;
    }
    let rules = counted(report.folds.len(), "rule");
    let total = counted(usize::try_from(total).unwrap_or(usize::MAX), "difference");
    let line = page.ink(Ink::Dim, &format!("{total} without meaning folded by {rules}"));
    page.line(2, &line);
    if page.options.verbose {
        for (rule, count) in &report.folds {
            page.plain(6, &format!("{rule}: {count}"));
        }
    }
}

/// A provider plugin in words.
fn read_through(source: &str, program: &Program) -> String {
    let version = program.version.as_ref().map(|version| format!(" {version}")).unwrap_or_default();
    let vouched = match (program.vouched_by, &program.h1) {
        (Voucher::LockFile, Some(h1)) => format!("as the lock file has it, {h1}"),
        (Voucher::LockFile, None) => "as the lock file has it".into(),
        (Voucher::DevelopmentOverride, _) => "under development: nothing vouches for it".into(),
        (Voucher::Reattach, _) => "already running: nothing vouches for it".into(),
    };
    format!("{source}{version}, {vouched}")
}

/// What to do about a gap.
fn way_out(status: CoverageStatus) -> &'static str {
    match status {
        CoverageStatus::Complete => "nothing to do",
        CoverageStatus::Gap(GapClass::Denied) => "renew the credentials or grant the permission to read",
        CoverageStatus::Gap(GapClass::Throttled) => "scan again when the API is less busy",
        CoverageStatus::Gap(GapClass::Failed) => "scan again; if it stays, ask the API by hand",
        CoverageStatus::Gap(GapClass::Unsupported) => {
            "read it through its installed provider (--reader auto), or check it with a plan"
        }
        CoverageStatus::Gap(GapClass::TimedOut) => "check that the API can be reached, or allow more time",
    }
}

fn summary(page: &mut Page, report: &Report) {
    let summary = &report.summary;
    page.heading("Summary");
    if summary.resources == 0 {
        let states = counted(report.scan.states.len(), "state");
        page.line(2, &format!("nothing is managed: no resource in {states}"));
    }
    let rows = [
        ("in sync", summary.in_sync, None),
        ("changed", summary.changed, Some(Ink::Altered)),
        ("missing", summary.missing, Some(Ink::Removed)),
        ("unmanaged", summary.unmanaged, Some(Ink::Added)),
        ("not readable", summary.unknown, Some(Ink::Warning)),
        ("unapplied", summary.unapplied, None),
        ("pending create", summary.pending_create, None),
        ("pending removal", summary.pending_removal, None),
        ("stale state", summary.stale_state, None),
        ("ignored", summary.ignored, None),
        ("in more than one state", summary.managed_twice, Some(Ink::Warning)),
        ("resources in state", summary.resources, Some(Ink::Name)),
    ];
    let rows: Vec<_> = rows.into_iter().filter(|(_, count, _)| *count > 0).collect();
    let width = rows.iter().map(|(_, count, _)| count.to_string().len()).max().unwrap_or(0);
    for (name, count, ink) in rows {
        let row = format!("{count:>width$}  {name}");
        let row = ink.map_or_else(|| row.clone(), |ink| page.ink(ink, &row));
        page.line(2, &row);
    }
}

fn closing(page: &mut Page, report: &Report) {
    let (ink, meaning) = match (report.scan.exit_code, report.scan.complete) {
        (0, _) => (Ink::Added, "In sync: what runs is what was applied"),
        (2, true) => (Ink::Altered, "Drift found"),
        (2, false) => (Ink::Altered, "Drift found, and not everything could be read"),
        (3, _) => (Ink::Warning, "No drift seen, but not everything could be read: this is no all-clear"),
        _ => (Ink::Removed, "The scan failed"),
    };
    let line = page.ink(ink, &format!("{meaning} (exit code {}).", report.scan.exit_code));
    page.line(0, "");
    page.line(0, &line);
}
