//! The audit as a Markdown document that can be filed: what it rests on first, then findings, then every change.
//! Knows nothing of how changes are found.
//!
//! What comes from the repository or the forge stands in code, whole, or word by word in sentences: no Markdown, no
//! HTML and nothing that forges link by themselves (`@somebody`, `#12`, addresses, hashes) means anything there.

use super::{
    Counts, Quote, check, emergency, explain, is_complete, of_landing, period, rules_by_commit, signature, statements,
    values,
};
use crate::model::{Attribution, Audit, AuditRule, AuditedChange, AuditedLanding};
use crate::report::{counted, day, inert, short_hash};
use std::fmt::Write;

/// Names as code, sentences word by word.
const QUOTE: Quote = Quote { name: code, sentence: prose };

/// The audit as Markdown (CommonMark with GitHub's tables). The same audit gives the same bytes.
pub fn audit_markdown(audit: &Audit) -> String {
    let mut out = String::new();
    opening(&mut out, audit);
    completeness(&mut out, audit);
    summary(&mut out, audit);
    findings(&mut out, audit);
    changes(&mut out, audit);
    out
}

/// Adds a line of which every foreign part is code already. Writing to a string cannot fail.
macro_rules! line {
    ($out:expr, $($part:tt)*) => {{
        let _ = writeln!($out, $($part)*);
    }};
}

fn opening(out: &mut String, audit: &Audit) {
    let repository = &audit.repository;
    line!(out, "# Changes to infrastructure in {}\n", code(&repository.root));
    line!(out, "- Approved ref: {} at commit {}", code(&repository.reference), code(&repository.commit));
    match audit.directory.as_str() {
        "" => line!(out, "- Directory: the whole repository"),
        directory => line!(out, "- Directory: {}", code(directory)),
    }
    line!(out, "- Period: {}", period(audit, QUOTE));
    line!(
        out,
        "- Audit made: {} by {} {}",
        code(&audit.made_at),
        env!("CARGO_PKG_NAME"),
        code(env!("CARGO_PKG_VERSION"))
    );
    line!(out, "\nWhat stands in `code` is quoted from the repository or the forge.");
}

fn completeness(out: &mut String, audit: &Audit) {
    line!(out, "\n## Completeness\n");
    if !is_complete(audit) {
        line!(out, "**This audit is incomplete. Changes may have landed that are not listed below.**\n");
    }
    for (what, sentence) in statements(audit, QUOTE) {
        line!(out, "- {what}: {sentence}");
    }
}

fn summary(out: &mut String, audit: &Audit) {
    let Counts { changes, pass, fail, unknown, emergencies } = Counts::of(audit);
    line!(out, "\n## Summary\n\n| | count |\n| --- | ---: |");
    for (name, count) in [
        ("landings in the period", audit.completeness.landings),
        ("landings with changes", audit.completeness.landings_with_changes),
        ("commits", audit.completeness.commits),
        ("changes", changes),
        ("landings with segregation of duties: pass", pass),
        ("landings with segregation of duties: fail", fail),
        ("landings with segregation of duties: unknown", unknown),
        ("emergencies", emergencies),
        ("findings", audit.findings.len() as u64),
    ] {
        line!(out, "| {name} | {count} |");
    }
}

fn findings(out: &mut String, audit: &Audit) {
    line!(out, "\n## Findings\n");
    if audit.findings.is_empty() {
        let remark = if is_complete(audit) { "None." } else { "None in what could be looked at." };
        line!(out, "{remark}");
        return;
    }
    line!(out, "| severity | rule | landing | pull request | what was found |\n| --- | --- | --- | --- | --- |");
    for finding in &audit.findings {
        let commit = finding.commit.as_ref().map(|commit| code(commit)).unwrap_or_default();
        let pull_request = finding.pull_request.as_ref().map(|name| code(name)).unwrap_or_default();
        let (severity, rule) = (finding.severity.name(), words(finding.rule.name()));
        line!(out, "| {severity} | {rule} | {commit} | {pull_request} | {} |", prose(&finding.text));
    }
    line!(out, "");
    for rule in AuditRule::ALL {
        if audit.findings.iter().any(|finding| finding.rule == rule) {
            line!(out, "- {}: {}", words(rule.name()), explain(rule));
        }
    }
}

fn changes(out: &mut String, audit: &Audit) {
    line!(out, "\n## Changes\n");
    if audit.landings.is_empty() {
        let remark = if is_complete(audit) { "None." } else { "None in what could be looked at." };
        line!(out, "{remark}");
        return;
    }
    line!(out, "By landing, the newest first.");
    let rules = rules_by_commit(audit);
    for one in audit.landings.iter().rev() {
        landing(out, one, of_landing(&rules, one));
    }
}

fn landing(out: &mut String, landing: &AuditedLanding, rules: &[AuditRule]) {
    let attribution = &landing.attribution;
    let date = attribution.landed_at.as_deref().map_or_else(|| "time unknown".to_owned(), |at| code(day(at)));
    let commit = attribution.approving_commit.as_deref();
    let name = commit.map_or_else(|| "commit unknown".to_owned(), |commit| code(&short_hash(commit)));
    line!(out, "\n### {date} {name}\n");
    let quoted = |out: &mut String, name: &str, value: &Option<String>| {
        if let Some(value) = value {
            line!(out, "- {name}: {}", code(value));
        }
    };
    quoted(out, "Subject", &attribution.subject);
    quoted(out, if landing.is_merge { "Merge commit" } else { "Commit" }, &attribution.approving_commit);
    quoted(out, "Landed", &attribution.landed_at);
    quoted(out, "Pull request", &attribution.pull_request);
    quoted(out, "Its address", &attribution.pull_request_url);
    if !rules.is_empty() {
        line!(out, "- **Findings**: {}", rules.iter().map(|rule| words(rule.name())).collect::<Vec<_>>().join(", "));
    }
    let reason = attribution.reason.as_ref().map(|reason| format!(" ({})", prose(reason))).unwrap_or_default();
    line!(out, "- Segregation of duties: **{}**{reason}", attribution.segregation.name());
    people(out, attribution);
    for one in &attribution.checks {
        let ended = one.completed_at.as_ref().map(|at| format!(", ended {}", code(at))).unwrap_or_default();
        line!(out, "- Check: {}{ended}", check(one, QUOTE));
    }
    if let Some(declared) = &attribution.emergency {
        line!(out, "- **Emergency**: {}", emergency(declared, QUOTE));
    }
    match &attribution.signature {
        Some(one) => line!(out, "- Signature: {}", signature(one, QUOTE)),
        None => line!(out, "- Signature: none"),
    }
    quoted(out, "Reverts", &attribution.reverts);
    line!(out, "- Changes: {}", counted(landing.changes.len(), "block"));
    landing.changes.iter().for_each(|one| change(out, one));
}

fn people(out: &mut String, attribution: &Attribution) {
    for author in &attribution.authors {
        line!(out, "- Author: {}", code(author));
    }
    if attribution.approvers.is_empty() {
        line!(out, "- Approver: none known");
    }
    for approver in &attribution.approvers {
        let (assurance, standing) = (words(approver.assurance.name()), words(approver.standing.name()));
        let at = approver.at.as_ref().map(|at| format!(", at {}", code(at))).unwrap_or_default();
        let (identity, evidence) = (code(&approver.identity), code(&approver.evidence));
        line!(out, "- Approver: {identity}, assurance **{assurance}**, standing **{standing}**{at}, from {evidence}");
    }
    if let Some(person) = &attribution.merged_by {
        line!(out, "- Merged by: {}", code(person));
    }
}

fn change(out: &mut String, change: &AuditedChange) {
    let place = if change.directory.is_empty() { String::new() } else { format!(" in {}", code(&change.directory)) };
    let commit = change.declaring_commit.as_deref();
    let commit =
        commit.map_or_else(|| "a commit outside of this clone".to_owned(), |commit| format!("commit {}", code(commit)));
    let generated = if change.generated { ", in a generated file" } else { "" };
    let deployed = match &change.deployed {
        Some(deployed) => format!("first seen deployed {} by scan {}", code(&deployed.at), code(&deployed.scan)),
        None => "no scan tells when it was deployed".to_owned(),
    };
    line!(out, "\n**{}** {}{place} by {commit}{generated}; {deployed}.", change.kind, code(&change.what));
    let lines = difference(change);
    if lines.is_empty() {
        return;
    }
    let fence = "`".repeat(lines.iter().map(|line| longest_run(line)).max().unwrap_or(0).max(2) + 1);
    line!(out, "\n{fence}diff");
    lines.iter().for_each(|line| line!(out, "{line}"));
    line!(out, "{fence}");
}

/// The attributes as a diff. Each line is inert; the lines of a longer value are indented below its first.
fn difference(change: &AuditedChange) -> Vec<String> {
    let mut lines = Vec::new();
    for diff in &change.attributes {
        let path = inert(&diff.path);
        let (before, after) = values(diff);
        if before.is_none() && after.is_none() {
            lines.push(format!("  {path}"));
        }
        for (sign, value) in [('-', before), ('+', after)] {
            let Some(value) = value else { continue };
            let mark = if diff.sensitive { " (sensitive)" } else { "" };
            for (position, line) in value.split('\n').map(inert).enumerate() {
                lines.push(match position {
                    0 => format!("{sign} {path}{mark} = {line}"),
                    _ => format!("{sign}   {line}"),
                });
            }
        }
    }
    lines
}

fn words(name: &str) -> String {
    name.replace('_', " ")
}

/// Backticks in a row, at most.
fn longest_run(text: &str) -> usize {
    text.split(|character| character != '`').map(str::len).max().unwrap_or(0)
}

/// Any text as a code span, to be read as it stands. A bar, which would end a cell of a table even there, is written
/// between two spans as a character reference.
pub(super) fn code(text: &str) -> String {
    if text.is_empty() {
        return "(empty)".to_owned();
    }
    inert(text).split('|').map(span).collect::<Vec<_>>().join("&#124;")
}

fn span(text: &str) -> String {
    if text.is_empty() {
        return String::new();
    }
    let fence = "`".repeat(longest_run(text) + 1);
    // A reader takes one space from both ends where both have one; a backtick there would lengthen the fence.
    let spaces = text.starts_with(' ') && text.ends_with(' ') && text.contains(|character| character != ' ');
    let pad = if spaces || text.starts_with('`') || text.ends_with('`') { " " } else { "" };
    format!("{fence}{pad}{text}{pad}{fence}")
}

/// A sentence with foreign parts: words of letters and small numbers as they are, everything else as code.
/// Never at the beginning of a line.
fn prose(text: &str) -> String {
    let mut parts: Vec<String> = Vec::new();
    let mut quoted = String::new();
    for word in text.split(' ').filter(|word| !word.is_empty()) {
        let (opening, core, closing) = punctuation(word);
        if is_plain(core) || !opening.is_empty() {
            parts.extend(quote(&mut quoted));
        }
        if is_plain(core) {
            parts.push(word.to_owned());
            continue;
        }
        if !quoted.is_empty() {
            quoted.push(' ');
        }
        quoted.push_str(core);
        if !opening.is_empty() || !closing.is_empty() {
            parts.extend(quote(&mut quoted).map(|code| format!("{opening}{code}{closing}")));
        }
    }
    parts.extend(quote(&mut quoted));
    if parts.is_empty() { "(empty)".to_owned() } else { parts.join(" ") }
}

/// Words that were put together, as code.
fn quote(words: &mut String) -> Option<String> {
    let words = std::mem::take(words);
    (!words.is_empty()).then(|| code(&words))
}

/// A word between a parenthesis before it and punctuation behind it; a word of nothing else as it is.
fn punctuation(word: &str) -> (&str, &str, &str) {
    let rest = word.strip_prefix('(').unwrap_or(word);
    let core = rest.trim_end_matches([',', ';', ':', '.', '?', ')']);
    match core {
        "" => ("", word, ""),
        core => (&word[..word.len() - rest.len()], core, &rest[core.len()..]),
    }
}

/// Letters, with hyphens and apostrophes between them, or a small number. What looks like a hash is none.
fn is_plain(core: &str) -> bool {
    let number = core.len() <= 4 && core.bytes().all(|byte| byte.is_ascii_digit());
    let letters = core.split(['-', '\'']).all(|part| !part.is_empty() && part.chars().all(char::is_alphabetic));
    let hash = core.len() >= 7 && core.bytes().all(|byte| byte.is_ascii_hexdigit());
    (number || letters) && !hash
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_code_whatever_they_hold() {
        for (text, expected) in [
            ("#12", "`#12`"),
            ("", "(empty)"),
            ("a`b", "``a`b``"),
            ("`", "`` ` ``"),
            (" a ", "`  a  `"),
            (" a", "` a`"),
            ("a|b", "`a`&#124;`b`"),
            ("a\nb", "`a\\nb`"),
        ] {
            assert_eq!(code(text), expected);
        }
    }

    #[test]
    fn sentences_are_quoted_word_by_word() {
        for (text, expected) in [
            ("the approval came late.", "the approval came late."),
            ("it's Ann's second-last of 12", "it's Ann's second-last of 12"),
            ("Bo <bo@x> merged #12, then (#13).", "Bo `<bo@x>` merged `#12`, then (`#13`)."),
            ("git fetch --unshallow gets it", "git fetch `--unshallow` gets it"),
            ("see https://a.example @ann now", "see `https://a.example @ann` now"),
            ("deadbeef and 1234567 but decade", "`deadbeef` and `1234567` but decade"),
            ("a  |  b :", "a `|` b `:`"),
            ("", "(empty)"),
        ] {
            assert_eq!(prose(text), expected.replace("`|`", "&#124;"), "{text}");
        }
    }
}
