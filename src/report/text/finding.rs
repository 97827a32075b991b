//! Shows one finding: in full where it is drift, in one line where it is not.
//! Knows nothing of the sections of the report.

use super::page::{Ink, Page};
use super::value;
use crate::model::{Attribution, Finding, Kind, Severity};
use crate::report::activity;
use crate::report::approval::approval;
use crate::report::{inert, material_first, scope_name, shortened};

/// Attributes of a finding that are shown, unless everything is asked for.
const SHOWN_ATTRIBUTES: usize = 40;

/// Adds a finding with its place, who approved it and what differs.
pub(super) fn in_full(page: &mut Page, finding: &Finding) {
    let ink = ink(finding.kind);
    let symbol = page.ink(ink, symbol(finding.kind));
    let name = page.ink(Ink::Name, &name(finding));
    let severity = match finding.severity {
        Severity::High => page.ink(Ink::Removed, "high"),
        severity => severity.name().to_owned(),
    };
    page.line(2, &format!("{symbol} {name}  {}  {severity}", words(finding.kind)));
    page.wrapped(6, "", None, &place(finding));
    page.wrapped(6, "", None, &approval(&finding.attribution, |identity| identity));
    for line in activity::lines(finding) {
        page.wrapped(6, "", None, &line);
    }
    if let Some(cause) = &finding.cause {
        page.wrapped(6, "", None, cause);
    }
    let attributes = material_first(finding);
    let limit = if page.options.verbose { usize::MAX } else { SHOWN_ATTRIBUTES };
    for change in attributes.iter().take(limit) {
        value::attribute(page, 6, change, finding.source.as_ref());
        if let Some(attribution) = change.attribution.as_ref().filter(|own| is_another(own, &finding.attribution)) {
            page.wrapped(8, "", Some(Ink::Dim), &approval(attribution, |identity| identity));
        }
    }
    super::left_out(page, 6, attributes.len().saturating_sub(limit));
}

/// Adds a finding in one line.
pub(super) fn in_brief(page: &mut Page, indent: usize, finding: &Finding) {
    let symbol = page.ink(ink(finding.kind), symbol(finding.kind));
    let mut line = format!("{symbol} {}", inert(&name(finding)));
    if !finding.attributes.is_empty() {
        let paths: Vec<String> = material_first(finding).iter().take(4).map(|change| change.path.to_string()).collect();
        let more = finding.attributes.len().saturating_sub(paths.len());
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        let paths = shortened(&paths.join(", "), if page.options.verbose { usize::MAX } else { 80 });
        line.push_str(&inert(&format!(": {paths}{more}")));
    }
    if let Some(source) = &finding.source {
        line.push_str(&page.ink(Ink::Dim, &format!("  {}:{}", source.file, source.start_line)));
    }
    page.line(indent, &line);
    // What is not known is grouped by its cause.
    if let Some(cause) = finding.cause.as_ref().filter(|_| finding.kind != Kind::Unknown) {
        page.wrapped(indent + 2, "", None, cause);
    }
}

/// Whether an attribute was approved by another commit than the rest of its block.
fn is_another(own: &Attribution, block: &Attribution) -> bool {
    (&own.approving_commit, &own.declaring_commit) != (&block.approving_commit, &block.declaring_commit)
}

fn ink(kind: Kind) -> Ink {
    match kind {
        Kind::Changed | Kind::Unapplied => Ink::Altered,
        Kind::Missing | Kind::PendingRemoval => Ink::Removed,
        Kind::Unmanaged | Kind::PendingCreate => Ink::Added,
        Kind::Unknown | Kind::ManagedTwice => Ink::Warning,
        Kind::StaleState | Kind::Ignored => Ink::Dim,
    }
}

fn symbol(kind: Kind) -> &'static str {
    match kind {
        Kind::Changed | Kind::Unapplied => "~",
        Kind::Missing | Kind::PendingRemoval => "-",
        Kind::Unmanaged | Kind::PendingCreate => "+",
        Kind::Unknown => "?",
        Kind::ManagedTwice => "&",
        Kind::StaleState => "=",
        Kind::Ignored => ".",
    }
}

fn words(kind: Kind) -> String {
    kind.name().replace('_', " ")
}

fn name(finding: &Finding) -> String {
    finding.address.as_ref().map_or_else(|| finding.resource_type.clone(), ToString::to_string)
}

fn place(finding: &Finding) -> String {
    let object = finding.object_id.as_deref().unwrap_or("no id");
    let declared = match &finding.source {
        Some(source) => format!("{}:{}", source.file, source.start_line),
        None => "declared by no block of the repository".to_owned(),
    };
    format!("{object} in {}, {declared}", scope_name(&finding.scope))
}
