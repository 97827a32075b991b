//! Shows how one attribute differs: in a line where it fits, as a line diff where it is a document.
//! Knows nothing of the finding around it.

use super::page::{Ink, Page};
use crate::model::{AttributeChange, ReportedValue, SourceRange};
use crate::report::{counted, inert, is_sensitive};
use serde_json::Value;
use similar::{Algorithm, DiffOp, DiffTag, capture_diff_slices, group_diff_ops};

/// Longer texts are not compared line by line.
const MAX_DOCUMENT_BYTES: usize = 256 * 1024;
/// Nor are texts of more lines.
const MAX_DOCUMENT_LINES: usize = 5_000;
/// Lines of a diff that are shown, unless everything is asked for.
const SHOWN_LINES: usize = 60;
/// Of what else determines an attribute so many are named; the JSON report names all.
const CONTRIBUTORS: usize = 3;
/// Equal lines around a difference.
const CONTEXT: usize = 2;
/// A list or an object that is no longer than this as JSON stays on its line.
const INLINE: usize = 60;

/// Adds the lines of one attribute. `block` is where its resource is shown to be declared.
pub(super) fn attribute(page: &mut Page, indent: usize, change: &AttributeChange, block: Option<&SourceRange>) {
    let mut remarks = String::new();
    if !change.material {
        remarks.push_str("  incidental");
    }
    if let Some(source) = change.source.as_ref().filter(|source| !starts_at(block, source)) {
        remarks.push_str(&format!("  {}:{}", source.file, source.start_line));
    }
    for contributor in change.contributing.iter().take(CONTRIBUTORS) {
        let place = contributor.source.as_ref().map(|source| format!(" {}:{}", source.file, source.start_line));
        remarks.push_str(&format!("  ← {}{}", contributor.what, place.unwrap_or_default()));
    }
    let remarks = if remarks.is_empty() { remarks } else { page.ink(Ink::Dim, &remarks) };
    let path = page.ink(Ink::Name, &change.path.to_string());
    if is_sensitive(change) {
        page.line(indent, &format!("{path}: {}{remarks}", sensitive(change)));
        return;
    }
    match documents(change) {
        Some((recorded, live)) => {
            let (_, _, declared) = inline(page, indent, change);
            page.line(indent, &format!("{path}:{declared}{remarks}"));
            diff(page, indent + 2, &recorded, &live);
        }
        None => {
            let (recorded, live, declared) = inline(page, indent, change);
            page.line(indent, &format!("{path}: {recorded} → {live}{declared}{remarks}"));
        }
    }
}

fn starts_at(block: Option<&SourceRange>, source: &SourceRange) -> bool {
    block.is_some_and(|block| block.file == source.file && block.start_line == source.start_line)
}

fn sensitive(change: &AttributeChange) -> String {
    let side = |value: &ReportedValue| match value {
        ReportedValue::Absent => Some("not set"),
        ReportedValue::NotKnown => Some("not known"),
        ReportedValue::Plain(_) | ReportedValue::Redacted(_) => None,
    };
    match (side(&change.recorded), side(&change.live)) {
        (None, None) => "(sensitive, differs)".to_owned(),
        (recorded, live) => {
            format!("({}) → ({})", recorded.unwrap_or("sensitive"), live.unwrap_or("sensitive"))
        }
    }
}

/// Recorded, live and declared as pieces of one line, shortened so that the line fits.
fn inline(page: &Page, indent: usize, change: &AttributeChange) -> (String, String, String) {
    let (recorded, live) = (one_line(&change.recorded), one_line(&change.live));
    let declared = match &change.declared {
        ReportedValue::Absent => "not declared".to_owned(),
        ReportedValue::NotKnown => "declared value not known".to_owned(),
        same if *same == change.recorded => "declared as recorded".to_owned(),
        same if *same == change.live => "declared as live".to_owned(),
        other => format!("declared {}", one_line(other)),
    };
    let width = page.options.width;
    let fixed = indent + change.path.to_string().chars().count() + " → ".len() + "(declared )".len() + 2;
    let room = if width == 0 || page.options.verbose { usize::MAX } else { (width.saturating_sub(fixed) / 2).max(24) };
    let (recorded, live) = both_shortened(&recorded, &live, room);
    let declared = super::super::shortened(&declared, room.saturating_add("declared ".len()));
    (page.ink(Ink::Removed, &recorded), page.ink(Ink::Added, &live), page.ink(Ink::Dim, &format!(" ({declared})")))
}

fn one_line(value: &ReportedValue) -> String {
    match value {
        ReportedValue::Plain(value) => value.to_string(),
        ReportedValue::Redacted(_) => "(sensitive)".to_owned(),
        ReportedValue::NotKnown => "(not known)".to_owned(),
        ReportedValue::Absent => "null".to_owned(),
    }
}

/// Both values in at most `room` characters each, cut so that the first difference is seen.
pub(in crate::report) fn both_shortened(one: &str, other: &str, room: usize) -> (String, String) {
    let common = one.chars().zip(other.chars()).take_while(|(a, b)| a == b).count();
    let skip = if common > room / 2 { common - room / 4 } else { 0 };
    let shortened = |text: &str| {
        let rest: String = text.chars().skip(skip).collect();
        match (skip, text.chars().count() > room) {
            (0, _) | (_, false) => super::super::shortened(text, room),
            _ => format!("…{}", super::super::shortened(&rest, room.saturating_sub(1))),
        }
    };
    (shortened(one), shortened(other))
}

/// Recorded and live as texts to be compared by line, where at least one is a document that does not fit on a line.
fn documents(change: &AttributeChange) -> Option<(String, String)> {
    if !is_document(&change.recorded) && !is_document(&change.live) {
        return None;
    }
    if let Some(elements) = elements(&change.recorded, &change.live) {
        return Some(elements);
    }
    let (recorded, live) = (document(&change.recorded)?, document(&change.live)?);
    // A difference that pretty-printing removes is shown as it stands.
    (recorded != live).then_some((recorded, live))
}

/// Nested blocks, one a line without what is not set, so that a diff shows whole blocks that came and went.
/// Most are sets: they are sorted, unless that would hide the difference.
fn elements(recorded: &ReportedValue, live: &ReportedValue) -> Option<(String, String)> {
    let (recorded, live) = (lines_of_blocks(recorded)?, lines_of_blocks(live)?);
    let sorted = |lines: &[String]| {
        let mut lines = lines.to_vec();
        lines.sort();
        lines
    };
    let both = match (sorted(&recorded), sorted(&live)) {
        (one, other) if one == other => (recorded, live),
        both => both,
    };
    let (recorded, live) = (both.0.join("\n"), both.1.join("\n"));
    (recorded != live && recorded.len().max(live.len()) <= MAX_DOCUMENT_BYTES).then_some((recorded, live))
}

fn lines_of_blocks(value: &ReportedValue) -> Option<Vec<String>> {
    match value {
        ReportedValue::Absent | ReportedValue::Plain(Value::Null) => Some(Vec::new()),
        ReportedValue::Plain(Value::Array(elements)) if elements.iter().all(Value::is_object) => {
            Some(elements.iter().map(|element| without_unset(element).to_string()).collect())
        }
        _ => None,
    }
}

fn without_unset(value: &Value) -> Value {
    let is_set = |value: &Value| match value {
        Value::Null => false,
        Value::Bool(flag) => *flag,
        Value::String(text) => !text.is_empty(),
        Value::Array(elements) => !elements.is_empty(),
        Value::Object(entries) => !entries.is_empty(),
        Value::Number(_) => true,
    };
    match value {
        Value::Object(entries) => {
            let entries = entries.iter().map(|(name, value)| (name.clone(), without_unset(value)));
            Value::Object(entries.filter(|(_, value)| is_set(value)).collect())
        }
        Value::Array(elements) => Value::Array(elements.iter().map(without_unset).collect()),
        other => other.clone(),
    }
}

fn is_document(value: &ReportedValue) -> bool {
    match value {
        ReportedValue::Plain(Value::String(text)) => text.contains('\n') || embedded_json(text).is_some(),
        ReportedValue::Plain(value @ (Value::Array(_) | Value::Object(_))) => value.to_string().len() > INLINE,
        _ => false,
    }
}

fn document(value: &ReportedValue) -> Option<String> {
    let text = match value {
        ReportedValue::Absent | ReportedValue::Plain(Value::Null) => String::new(),
        ReportedValue::Plain(Value::String(text)) => {
            embedded_json(text).map_or_else(|| text.clone(), |json| pretty(&json))
        }
        ReportedValue::Plain(value) => pretty(value),
        ReportedValue::Redacted(_) | ReportedValue::NotKnown => return None,
    };
    (text.len() <= MAX_DOCUMENT_BYTES && text.split('\n').count() <= MAX_DOCUMENT_LINES).then_some(text)
}

/// The JSON object or array in a string.
fn embedded_json(text: &str) -> Option<Value> {
    let text = text.trim();
    if text.len() > MAX_DOCUMENT_BYTES || !text.starts_with(['{', '[']) {
        return None;
    }
    serde_json::from_str(text).ok()
}

fn pretty(value: &Value) -> String {
    serde_json::to_string_pretty(value).expect("a JSON value has text keys and no other way to fail")
}

fn diff(page: &mut Page, indent: usize, recorded: &str, live: &str) {
    // The line end that both have would show as an empty line.
    let (recorded, live) = match (recorded.strip_suffix('\n'), live.strip_suffix('\n')) {
        (Some(recorded), Some(live)) => (recorded, live),
        _ => (recorded, live),
    };
    let lines = |text: &str| -> Vec<String> {
        if text.is_empty() { Vec::new() } else { text.split('\n').map(str::to_owned).collect() }
    };
    let (recorded, live) = (lines(recorded), lines(live));
    let groups = group_diff_ops(capture_diff_slices(Algorithm::Myers, &recorded, &live), CONTEXT);
    let mut shown: Vec<(Ink, String)> = Vec::new();
    for (position, group) in groups.iter().enumerate() {
        if position > 0 {
            shown.push((Ink::Dim, "…".to_owned()));
        }
        group.iter().for_each(|op| operation(&mut shown, op, &recorded, &live));
    }
    let limit = if page.options.verbose { usize::MAX } else { SHOWN_LINES };
    let rest = shown.len().saturating_sub(limit);
    for (ink, line) in shown.iter().take(limit) {
        let line = inert(line);
        let room =
            if page.options.width == 0 || page.options.verbose { usize::MAX } else { page.options.width.max(60) };
        let line = page.ink(*ink, &super::super::shortened(&line, room.saturating_sub(indent)));
        page.line(indent, &line);
    }
    if rest > 0 {
        let rest =
            page.ink(Ink::Dim, &format!("… {} not shown; the JSON report has all of them", counted(rest, "line")));
        page.line(indent, &rest);
    }
}

fn operation(shown: &mut Vec<(Ink, String)>, op: &DiffOp, recorded: &[String], live: &[String]) {
    if op.tag() == DiffTag::Equal {
        shown.extend(recorded[op.old_range()].iter().map(|line| (Ink::Dim, format!("  {line}").trim_end().to_owned())));
        return;
    }
    shown.extend(recorded[op.old_range()].iter().map(|line| (Ink::Removed, format!("- {line}"))));
    shown.extend(live[op.new_range()].iter().map(|line| (Ink::Added, format!("+ {line}"))));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::TextOptions;
    use crate::report::example::change;
    use provider_api::AttributePath;
    use serde_json::json;

    fn check(recorded: Value, live: Value, expected: &str) {
        let mut page = Page::new(TextOptions { color: false, width: 80, verbose: false });
        attribute(&mut page, 0, &change(AttributePath::attribute("a"), recorded, live), None);
        assert_eq!(page.finish(), expected);
    }

    #[test]
    fn short_values_share_a_line() {
        check(json!("prod"), json!("dev"), "a: \"prod\" → \"dev\" (declared as recorded)\n");
        check(json!(1), Value::Null, "a: 1 → null (declared as recorded)\n");
        check(json!([1, 2]), json!([2]), "a: [1,2] → [2] (declared as recorded)\n");
    }

    #[test]
    fn long_values_are_cut_around_their_difference() {
        let (recorded, live) = (format!("{}one", "x".repeat(100)), format!("{}two", "x".repeat(100)));
        check(json!(recorded), json!(live), "a: …xxxxxxxone\" → …xxxxxxxtwo\" (declared as recorded)\n");
    }

    #[test]
    fn documents_are_compared_by_line() {
        check(
            json!("a\nb\nc\n"),
            json!("a\nB\u{1b}\nc\n"),
            "a: (declared as recorded)\n    a\n  - b\n  + B\\u{1b}\n    c\n",
        );
        check(
            json!(r#"{"b":1,"a":[]}"#),
            json!(r#"{"a":[],"b":2}"#),
            "a: (declared as recorded)\n    {\n      \"a\": [],\n  -   \"b\": 1\n  +   \"b\": 2\n    }\n",
        );
        check(Value::Null, json!("x\ny"), "a: (declared as recorded)\n  + x\n  + y\n");
        check(json!("{ }"), json!("{}"), "a: \"{ }\" → \"{}\" (declared as recorded)\n");
    }

    #[test]
    fn huge_documents_stay_on_a_line() {
        let huge = "x\n".repeat(MAX_DOCUMENT_LINES);
        let mut page = Page::new(TextOptions { color: false, width: 80, verbose: false });
        attribute(&mut page, 0, &change(AttributePath::attribute("a"), json!(huge), json!("y")), None);
        let text = page.finish();
        assert!(text.len() < 200 && text.lines().count() == 1, "{text}");
    }
}
