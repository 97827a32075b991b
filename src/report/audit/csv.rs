//! The audit as a table for spreadsheets (RFC 4180, UTF-8): see [`audit_csv`] for its columns.
//! Knows nothing of how changes are found.

use super::{PLAIN, check, distinct, emergency, of_landing, rules_by_commit, signature, statements, trust, values};
use crate::model::{Attribution, Audit, AuditFinding, AuditedChange, AuditedLanding};
use crate::report::{inert, shortened};

/// The columns. More may be added behind the last.
const COLUMNS: [&str; 23] = [
    "record",
    "landing_commit",
    "landed_at",
    "pull_request",
    "pull_request_url",
    "subject",
    "directory",
    "what",
    "kind",
    "declaring_commit",
    "attributes",
    "authors",
    "approvers",
    "merged_by",
    "segregation",
    "findings",
    "reason",
    "checks",
    "emergency",
    "signature",
    "reverts",
    "deployed_at",
    "generated",
];

/// Spreadsheets cut a cell off, or spill it into the next rows, behind 32,767 UTF-16 units. What is cut here says so.
const MAX_CELL: usize = 30_000;

/// The audit as CSV: a header, then one row for each changed block in the order of history, then one for each finding,
/// then the completeness statement. Lines end with CR LF.
///
/// The first column, `record`, tells them apart (`change`, `finding`, `completeness`), so that one filter on `change`
/// leaves the population to count and to draw samples from. The statement comes last and always: a file without it was
/// cut off. Of a finding `what` is the rule, `kind` the severity and `reason` what was found; of the statement `what` is
/// the subject and `reason` the sentence.
///
/// Several values in a cell are joined by `; `: attributes as `path: before → after`, approvers as
/// `identity (assurance, standing)`, checks as `name: conclusion (required)`; a semicolon within a value is written
/// `\u{3b}`, and a name that could be taken for more than one thing stands in quotation marks. No cell holds a line end: control characters
/// are written as escapes such as `\n`. What a spreadsheet would take for a formula gets an apostrophe in front, also
/// behind a semicolon, which separates cells in many countries. The exact values are in the JSON report.
pub fn audit_csv(audit: &Audit) -> String {
    let mut table = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(Vec::new());
    let mut row = |cells: [String; COLUMNS.len()]| table.write_record(cells).expect("memory takes every row");
    row(COLUMNS.map(str::to_owned));
    let rules = rules_by_commit(audit);
    for landing in &audit.landings {
        let rules: Vec<&str> = of_landing(&rules, landing).iter().map(|rule| rule.name()).collect();
        let rules = rules.join("; ");
        for change in &landing.changes {
            row(change_row(landing, change, &rules).map(|text| cell(&text)));
        }
    }
    for finding in &audit.findings {
        row(finding_row(finding).map(|text| cell(&text)));
    }
    for (what, sentence) in statements(audit, PLAIN) {
        let mut cells = empty_row("completeness");
        cells[column("what")] = what.to_owned();
        cells[column("reason")] = sentence;
        row(cells.map(|text| cell(&text)));
    }
    let bytes = table.into_inner().expect("memory takes every row");
    String::from_utf8(bytes).expect("every cell is text")
}

fn change_row(landing: &AuditedLanding, change: &AuditedChange, rules: &str) -> [String; COLUMNS.len()] {
    let attribution: &Attribution = &landing.attribution;
    let text = |value: &Option<String>| value.clone().unwrap_or_default();
    let approvers = attribution.approvers.iter().map(|one| format!("{} ({})", distinct(&one.identity), trust(one)));
    [
        "change".to_owned(),
        text(&attribution.approving_commit),
        text(&attribution.landed_at),
        text(&attribution.pull_request),
        text(&attribution.pull_request_url),
        text(&attribution.subject),
        change.directory.clone(),
        change.what.clone(),
        change.kind.to_owned(),
        text(&change.declaring_commit),
        joined(attributes(change)),
        joined(attribution.authors.iter().map(|author| distinct(author))),
        joined(approvers),
        text(&attribution.merged_by),
        attribution.segregation.name().to_owned(),
        rules.to_owned(),
        text(&attribution.reason),
        joined(attribution.checks.iter().map(|one| check(one, PLAIN))),
        attribution.emergency.as_ref().map(|one| emergency(one, PLAIN)).unwrap_or_default(),
        attribution.signature.as_ref().map(|one| signature(one, PLAIN)).unwrap_or_default(),
        text(&attribution.reverts),
        change.deployed.as_ref().map(|deployed| deployed.at.clone()).unwrap_or_default(),
        change.generated.to_string(),
    ]
}

fn attributes(change: &AuditedChange) -> impl Iterator<Item = String> {
    change.attributes.iter().map(|diff| {
        let side = |value: Option<String>| value.unwrap_or_else(|| "(none)".to_owned());
        let (before, after) = values(diff);
        format!("{}: {} → {}", diff.path, side(before), side(after))
    })
}

fn finding_row(finding: &AuditFinding) -> [String; COLUMNS.len()] {
    let mut cells = empty_row("finding");
    cells[column("landing_commit")] = finding.commit.clone().unwrap_or_default();
    cells[column("pull_request")] = finding.pull_request.clone().unwrap_or_default();
    cells[column("what")] = finding.rule.name().to_owned();
    cells[column("kind")] = finding.severity.name().to_owned();
    cells[column("reason")] = finding.text.clone();
    cells
}

fn empty_row(record: &str) -> [String; COLUMNS.len()] {
    let mut cells = [const { String::new() }; COLUMNS.len()];
    cells[column("record")] = record.to_owned();
    cells
}

fn column(name: &str) -> usize {
    COLUMNS.iter().position(|column| *column == name).expect("only columns are asked for")
}

/// Values in one cell. A semicolon of their own is escaped, or a name could pass for two.
fn joined(values: impl Iterator<Item = String>) -> String {
    values.map(|value| value.replace(';', "\\u{3b}")).collect::<Vec<_>>().join("; ")
}

/// What spreadsheets take for the beginning of a formula, in the width of East Asian scripts too.
const FORMULA: &str = "=+-@＝＋－＠";

/// A cell on one line, no formula, and no longer than a spreadsheet holds.
fn cell(text: &str) -> String {
    let text = inert(text);
    let mut out = String::with_capacity(text.len());
    // Whether nothing came yet that a spreadsheet would not skip over.
    let mut at_start = true;
    for character in text.chars() {
        if at_start && FORMULA.contains(character) {
            out.push('\'');
        }
        at_start = character == ';' || at_start && (character.is_whitespace() || matches!(character, '"' | '\''));
        out.push(character);
    }
    if out.encode_utf16().count() <= MAX_CELL {
        return out;
    }
    // Half as many characters have no more units than fit.
    format!("{} (cut off; the JSON report has all of it)", shortened(&out, MAX_CELL / 2))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_cell_begins_a_formula() {
        for (text, expected) in [
            ("=1+1", "'=1+1"),
            ("+1", "'+1"),
            ("-1", "'-1"),
            ("@SUM(A1)", "'@SUM(A1)"),
            ("＝1", "'＝1"),
            ("\t=1", "\\t=1"),
            ("\r=1", "\\r=1"),
            ("  =1", "  '=1"),
            (" \"=1", " \"'=1"),
            ("'=1", "''=1"),
            ("\u{a0}=1", "\u{a0}'=1"),
            ("a; =1;-2", "a; '=1;'-2"),
            ("a=1, -2", "a=1, -2"),
            ("a\nb", "a\\nb"),
            ("", ""),
        ] {
            assert_eq!(cell(text), expected);
        }
    }

    #[test]
    fn a_long_cell_is_cut_and_says_so() {
        assert_eq!(cell(&"x".repeat(MAX_CELL)).len(), MAX_CELL);
        for long in ["x", "𝕏"].map(|one| cell(&one.repeat(MAX_CELL + 1))) {
            assert!(
                long.encode_utf16().count() < 32_767 && long.ends_with("… (cut off; the JSON report has all of it)")
            );
        }
    }
}
