//! Every format of the audit on the constructed ones: as expected to the byte, inert, and without secrets.
//! `UPDATE_EXPECTED=1 cargo test` writes the expected reports anew.

use super::example::{all, diff, empty, full, hostile, incomplete};
use super::*;
use crate::report::TextOptions;
use crate::report::example::{HOSTILE, SECRET};
use crate::report::tests::{PLAIN as OPTIONS, check as as_expected};
use ::markdown::mdast::Node;
use proptest::prelude::*;
use serde_json::{Value, json};

fn steers(character: char) -> bool {
    character != '\n'
        && (character.is_control() || matches!(character, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}'))
}

#[test]
fn audits_are_as_expected() {
    for (name, audit) in all() {
        as_expected(&format!("audit-{name}.txt"), &audit_text(&audit, OPTIONS));
        as_expected(&format!("audit-{name}.json"), &audit_json(&audit));
        as_expected(&format!("audit-{name}.csv"), &audit_csv(&audit));
        as_expected(&format!("audit-{name}.md"), &audit_markdown(&audit));
    }
    as_expected("audit-v1.schema.json", &audit_schema());
}

#[test]
fn no_format_lets_control_characters_or_secrets_through() {
    for (name, audit) in all() {
        for (verbose, width) in [(false, 0), (false, 1), (false, 40), (true, 100)] {
            let text = audit_text(&audit, TextOptions { color: false, width, verbose });
            assert!(
                !text.contains(steers) && !text.contains(SECRET) && !text.contains("hmac-sha256"),
                "{name}: {text}"
            );
            assert!(text.ends_with('\n') && !text.contains("\n\n\n"), "{name}: {text}");
        }
        for text in [audit_json(&audit), audit_markdown(&audit), audit_csv(&audit).replace("\r\n", "\n")] {
            assert!(!text.contains(steers) && !text.contains(SECRET), "{name}: {text}");
        }
    }
}

#[test]
fn color_adds_nothing_but_color() {
    for (name, audit) in all() {
        let colored = audit_text(&audit, TextOptions { color: true, ..OPTIONS });
        assert!(colored.contains("\u{1b}["), "{name}");
        assert_eq!(anstream::adapter::strip_str(&colored).to_string(), audit_text(&audit, OPTIONS), "{name}");
    }
}

#[test]
fn what_can_be_shortened_keeps_to_the_width() {
    let mut audit = full();
    let long = "long ".repeat(40);
    audit.landings[1].attribution.subject = Some(long.clone());
    audit.landings[1].changes[0].attributes = vec![diff("a", Some(&long), Some(&format!("{long}x")))];
    for width in [80, 100, 140] {
        let text = audit_text(&audit, TextOptions { width, ..OPTIONS });
        let widest = text.lines().max_by_key(|line| line.chars().count()).expect("there are lines");
        assert!(widest.chars().count() <= width, "{width}: {widest}");
    }
    let text = audit_text(&audit, TextOptions { width: 80, verbose: true, ..OPTIONS });
    assert!(text.contains(&format!("{long}x")), "{text}");
}

#[test]
fn a_hole_never_looks_clean() {
    let mut audit = incomplete();
    audit.landings.clear();
    for complete in [false, true] {
        audit.completeness.complete = complete;
        let json: Value = serde_json::from_str(&audit_json(&audit)).expect("JSON");
        assert_eq!((&json["complete"], &json["completeness"]["complete"]), (&json!(false), &json!(false)));
        let (text, markdown) = (audit_text(&audit, OPTIONS), audit_markdown(&audit));
        assert!(text.contains("This audit is incomplete") && text.contains("no all-clear"), "{text}");
        assert!(text.contains("No changes in what could be looked at"), "{text}");
        assert!(markdown.contains("**This audit is incomplete.") && !markdown.contains("\nNone.\n"), "{markdown}");
        assert!(audit_csv(&audit).contains(",\"no, what is missing"), "{}", audit_csv(&audit));
    }
}

#[test]
fn every_rule_is_explained_in_its_own_words() {
    let sentences: std::collections::BTreeSet<_> = AuditRule::ALL.map(explain).into();
    assert_eq!(sentences.len(), AuditRule::ALL.len());
    assert!(sentences.iter().all(|sentence| sentence.ends_with('.')));
    let (text, markdown) = (audit_text(&full(), TextOptions { width: 0, ..OPTIONS }), audit_markdown(&full()));
    assert!(sentences.iter().all(|sentence| text.contains(sentence) && markdown.contains(sentence)));
}

#[test]
fn of_sensitive_values_digests_are_shown_and_nothing_else() {
    let side = |before: &str| values(&AttributeDiff { sensitive: true, ..diff("a", Some(before), None) }).0;
    for digest in ["hmac-sha256:00ff", "00ff"] {
        assert_eq!(side(digest).as_deref(), Some(digest));
    }
    for value in ["hunter2", "", "hmac-sha256:", "hmac-sha256:secret"] {
        assert_eq!(side(value).as_deref(), Some(WITHHELD), "{value}");
    }
    let digest = format!("hmac-sha256:{}", "a".repeat(32));
    for text in [audit_json(&full()), audit_csv(&full()), audit_markdown(&full())] {
        assert!(text.contains(&digest), "{text}");
    }
}

#[test]
fn text_shows_of_a_sensitive_value_no_more_than_that_it_is_there() {
    let digest = |digit: &str| format!("hmac-sha256:{}", digit.repeat(32));
    let (one, other) = (digest("a"), digest("b"));
    for (before, after, expected) in [
        (None, Some(one.as_str()), "password: (none) → (sensitive)"),
        (Some(one.as_str()), None, "password: (sensitive) → (none)"),
        (Some(one.as_str()), Some(other.as_str()), "password: (sensitive, differs)"),
    ] {
        let mut audit = full();
        audit.landings.truncate(1);
        audit.landings[0].changes.truncate(1);
        audit.landings[0].changes[0].attributes =
            vec![AttributeDiff { sensitive: true, ..diff("password", before, after) }];
        let text = audit_text(&audit, OPTIONS);
        assert!(text.contains(expected) && !text.contains("hmac"), "{text}");
    }
}

// JSON.

fn validator() -> jsonschema::Validator {
    let schema = serde_json::from_str(&audit_schema()).expect("the schema is JSON");
    jsonschema::draft202012::options().should_validate_formats(true).build(&schema).expect("the schema is a schema")
}

#[test]
fn json_satisfies_the_published_schema() {
    let validator = validator();
    for (name, audit) in all() {
        let audit = serde_json::from_str(&audit_json(&audit)).expect("JSON");
        let errors: Vec<String> = validator.iter_errors(&audit).map(|error| error.to_string()).collect();
        assert!(errors.is_empty(), "{name}: {errors:?}");
    }
}

#[test]
fn broken_json_does_not() {
    let validator = validator();
    let good: Value = serde_json::from_str(&audit_json(&full())).expect("JSON");
    for (pointer, broken) in [
        ("/format_version", json!("2.0")),
        ("/period/until", json!(null)),
        ("/complete", json!("yes")),
        ("/summary/pass", json!(-1)),
        ("/landings/0/changes/0/kind", json!("deleted")),
        ("/landings/0/attribution/segregation", json!("maybe")),
        ("/landings/0/changes/0/attributes/0/sensitive", json!(null)),
        ("/findings/0/rule", json!("other")),
        ("/findings/0/severity", json!("critical")),
    ] {
        let mut audit = good.clone();
        *audit.pointer_mut(pointer).unwrap_or_else(|| panic!("{pointer} is in the audit")) = broken;
        assert!(!validator.is_valid(&audit), "{pointer}");
    }
    for key in good.as_object().expect("an object").keys() {
        let mut audit = good.clone();
        audit.as_object_mut().expect("an object").remove(key);
        assert!(!validator.is_valid(&audit), "{key}");
    }
    let mut audit = good;
    audit["added_later"] = json!(true);
    assert!(validator.is_valid(&audit), "unknown keys may be added");
}

#[test]
fn json_says_all_of_it_unchanged() {
    let audit: Value = serde_json::from_str(&audit_json(&full())).expect("JSON");
    assert_eq!(
        audit["summary"],
        json!({"landings": 5, "landings_with_changes": 3, "commits": 12, "changes": 8, "pass": 1, "fail": 1,
               "unknown": 1, "emergencies": 1, "findings": 9})
    );
    assert_eq!(audit["landings"][0]["changes"][0]["attributes"][0]["after"], "\"prod\"");
    let audit: Value = serde_json::from_str(&audit_json(&hostile(HOSTILE))).expect("JSON");
    for pointer in [
        "/made_at",
        "/repository/ref",
        "/period/since/given",
        "/landings/0/attribution/approvers/0/identity",
        "/landings/0/changes/0/what",
        "/landings/0/changes/0/attributes/0/before",
        "/landings/0/changes/0/deployed/scan",
        "/findings/0/text",
        "/completeness/holes/0/cause",
    ] {
        assert_eq!(audit.pointer(pointer).and_then(Value::as_str), Some(HOSTILE), "{pointer}");
    }
}

// CSV.

/// The rows as the `csv` crate reads them, header first.
fn rows(text: &str) -> Vec<Vec<String>> {
    let mut reader = ::csv::ReaderBuilder::new().has_headers(false).from_reader(text.as_bytes());
    reader.records().map(|row| row.expect("a row").iter().map(str::to_owned).collect()).collect()
}

fn no_formula(rows: &[Vec<String>]) {
    for cell in rows.iter().flatten() {
        for piece in cell.split(';') {
            let piece = piece.trim_start_matches(|c: char| c.is_whitespace() || c == '"');
            assert!(!piece.starts_with(['=', '+', '-', '@', '\t', '\r', '＝', '＋', '－', '＠']), "{cell}");
        }
        assert!(!cell.contains(char::is_control), "{cell}");
    }
}

#[test]
fn csv_is_read_back_as_it_was_meant() {
    let table = rows(&audit_csv(&full()));
    let column = |name: &str| table[0].iter().position(|cell| cell == name).unwrap_or_else(|| panic!("no {name}"));
    let of = |record: &str| table.iter().filter(|row| row[0] == record).collect::<Vec<_>>();
    assert_eq!((of("change").len(), of("finding").len()), (8, 9));
    assert_eq!(table.last().map(|row| row[0].as_str()), Some("completeness"));
    let first = of("change")[0];
    for (name, expected) in [
        ("what", "aws_vpc.main"),
        ("attributes", "tags[\"Env\"]: \"dev\" → \"prod\""),
        ("pull_request", "#12"),
        ("segregation", "pass"),
        ("findings", "landed_without_approval; history_rewritten"),
        ("checks", "plan: success (required); lint: failure (not required); docs: pending"),
        ("signature", "good, of Forge <noreply@example.com>, key AB12"),
        ("deployed_at", "2026-03-02T04:00:07Z"),
        ("generated", "false"),
    ] {
        assert_eq!(first[column(name)], expected, "{name}");
    }
    let approvers = &first[column("approvers")];
    assert!(approvers.starts_with("Bo <bo@example.com> (forge_verified, counts); Cy <"), "{approvers}");
    let values = &of("change")[5][column("attributes")];
    assert_eq!(values, "value: -2 → =3\\u{3b} +4 | 5");
    assert!(audit_csv(&full()).lines().count() == audit_csv(&full()).matches("\r\n").count(), "one line a row");
}

#[test]
fn no_name_passes_for_two_in_csv() {
    let mut audit = full();
    let forged = "Eve (note, counts); Boss <boss@example.com>";
    audit.landings[0].attribution.approvers = vec![Approver {
        standing: crate::model::Standing::Stale,
        ..Approver::new(forged, crate::model::Assurance::Asserted, "")
    }];
    let table = rows(&audit_csv(&audit));
    let column = table[0].iter().position(|cell| cell == "approvers").expect("approvers");
    assert_eq!(table[1][column], "\"Eve (note, counts)\\u{3b} Boss <boss@example.com>\" (asserted, stale)");
}

/// What reads a file as strictly as the standard is, and prints it as JSON.
const READ_CSV: &str = "import csv, io, json, sys\n\
    text = sys.stdin.buffer.read().decode('utf-8')\n\
    json.dump(list(csv.reader(io.StringIO(text, newline=''), strict=True)), sys.stdout)";

#[test]
fn csv_is_read_the_same_by_python() {
    let probe = std::process::Command::new("python3").arg("--version").output();
    if !probe.is_ok_and(|output| output.status.success()) {
        eprintln!("not tested: there is no python3");
        return;
    }
    for (name, audit) in all() {
        let text = audit_csv(&audit);
        let mut python = std::process::Command::new("python3")
            .args(["-I", "-c", READ_CSV])
            .stdin(std::process::Stdio::piped())
            .stdout(std::process::Stdio::piped())
            .spawn()
            .expect("python starts");
        std::io::Write::write_all(&mut python.stdin.take().expect("a pipe"), text.as_bytes()).expect("python reads");
        let output = python.wait_with_output().expect("python ends");
        assert!(output.status.success(), "{name}");
        let read: Vec<Vec<String>> = serde_json::from_slice(&output.stdout).expect("JSON");
        assert_eq!(read, rows(&text), "{name}");
    }
}

// Markdown.

/// As GitHub reads it, with all that other readers add.
fn parsed(text: &str) -> Node {
    let mut options = ::markdown::ParseOptions::gfm();
    options.constructs.math_flow = true;
    options.constructs.math_text = true;
    options.constructs.frontmatter = true;
    ::markdown::to_mdast(text, &options).expect("Markdown has no syntax errors")
}

/// The kinds of all nodes, without text and code in a line, of which foreign text may be either.
fn skeleton(node: &Node, out: &mut String) {
    let name = match node {
        Node::Text(_) | Node::InlineCode(_) => return,
        Node::Heading(heading) => format!("heading{}", heading.depth),
        other => format!("{other:?}").split([' ', '{']).next().unwrap_or_default().to_owned(),
    };
    out.push_str(&name);
    out.push('(');
    node.children().into_iter().flatten().for_each(|child| skeleton(child, out));
    out.push(')');
}

fn skeleton_of(audit: &Audit) -> String {
    let mut out = String::new();
    skeleton(&parsed(&audit_markdown(audit)), &mut out);
    out
}

/// Nothing in running text that a reader or a forge would make something of.
fn plain_text(node: &Node) {
    if let Node::Text(text) = node {
        // A bar comes out of the character reference between two spans of code.
        let suspicious =
            text.value.contains(['@', '#', '<', '>', '[', ']', '`', '*', '_', '~', '$', '\\', '/', '!', '=']);
        assert!(!suspicious && !text.value.contains("www."), "{:?}", text.value);
    }
    node.children().into_iter().flatten().for_each(plain_text);
}

/// All text below a node, code included.
fn text_of(node: &Node) -> String {
    match node {
        Node::Text(text) => text.value.clone(),
        Node::InlineCode(code) => code.value.clone(),
        other => other.children().into_iter().flatten().map(text_of).collect(),
    }
}

/// The values of all fenced blocks, in order.
fn fenced(node: &Node, out: &mut Vec<String>) {
    if let Node::Code(code) = node {
        out.push(code.value.clone());
    }
    node.children().into_iter().flatten().for_each(|child| fenced(child, out));
}

#[test]
fn markdown_has_the_documented_parts_and_no_others() {
    let skeleton = skeleton_of(&full());
    for (kind, count) in [("heading1(", 1), ("heading2(", 4), ("heading3(", 3), ("Table(", 2), ("Code(", 5)] {
        assert_eq!(skeleton.matches(kind).count(), count, "{kind}: {skeleton}");
    }
    for kind in ["Link", "Image", "Html", "Definition", "Footnote", "Math", "Break", "Blockquote", "Delete", "Emphasis"]
    {
        assert!(!skeleton.contains(kind), "{kind}: {skeleton}");
    }
    let text = audit_markdown(&full());
    let order = ["\n## Completeness", "\n## Summary", "\n## Findings", "\n## Changes"].map(|part| text.find(part));
    assert!(order.iter().all(Option::is_some) && order.is_sorted(), "{order:?}");
    assert!(text.contains("\n````diff\n") && text.contains("\n+     ```\n"), "{text}");
}

/// What opens a construct of Markdown, HTML or a forge somewhere.
const OPENERS: [&str; 34] = [
    "`",
    "``",
    "```",
    "~~~",
    "|",
    "\\",
    "\\|",
    "[a](https://b.example)",
    "![",
    "](",
    "<b>",
    "</td>",
    "<!--",
    "-->",
    "https://a.example",
    "www.a.example",
    "a@b.example",
    "@somebody",
    "#12",
    "!7",
    "# ",
    "- ",
    "1. ",
    "> ",
    "---",
    "===",
    "\n\n",
    "\r",
    "    ",
    "**",
    "$`",
    "&amp;",
    "[^1]: x",
    "ab12cd34ef",
];

fn foreign() -> impl Strategy<Value = String> {
    let opener = proptest::sample::select(&OPENERS[..]).prop_map(str::to_owned);
    proptest::collection::vec(prop_oneof![4 => opener, 1 => "[ a-z|`]{0,4}", 1 => "\\PC{1,3}"], 1..8)
        .prop_map(|parts| parts.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn foreign_text_adds_nothing_to_a_document(text in foreign()) {
        let audit = hostile(&text);
        prop_assert_eq!(skeleton_of(&audit), skeleton_of(&hostile("x")), "{}", audit_markdown(&audit));
        plain_text(&parsed(&audit_markdown(&audit)));
    }

    #[test]
    fn names_are_read_as_they_stand(text in foreign()) {
        let node = parsed(&format!("- x {}\n", super::markdown::code(&text)));
        let expected = if text.is_empty() { "(empty)".into() } else { crate::report::inert(&text) };
        prop_assert_eq!(text_of(&node), format!("x {expected}"));
    }

    #[test]
    fn values_are_read_as_they_stand(text in foreign()) {
        let mut audit = full();
        audit.landings.truncate(1);
        audit.landings[0].changes.truncate(1);
        audit.landings[0].changes[0].attributes = vec![diff("a", Some(&text), None)];
        let mut blocks = Vec::new();
        fenced(&parsed(&audit_markdown(&audit)), &mut blocks);
        let lines: Vec<_> = text.split('\n').map(crate::report::inert).collect();
        prop_assert_eq!(blocks, vec![format!("- a = {}", lines.join("\n-   "))]);
    }

    #[test]
    fn foreign_text_adds_nothing_to_a_table(text in foreign()) {
        let (one, other) = (rows(&audit_csv(&hostile(&text))), rows(&audit_csv(&hostile("x"))));
        prop_assert_eq!(one.len(), other.len());
        no_formula(&one);
    }

    #[test]
    fn foreign_text_never_steers_a_terminal(text in "\\PC*|[\u{0}-\u{a0}\u{2000}-\u{2070}]*", width in 0usize..120) {
        let text = audit_text(&hostile(&text), TextOptions { color: false, width, verbose: false });
        prop_assert!(!text.contains(steers));
    }
}

#[test]
fn known_tricks_add_nothing() {
    let plain = skeleton_of(&hostile("x"));
    for text in OPENERS.iter().copied().chain([HOSTILE, "", " ", "\u{0}", "a|b|c|d|e|f", "`|`", " ` ", "a\n\n# b"]) {
        let audit = hostile(text);
        assert_eq!(skeleton_of(&audit), plain, "{text:?}: {}", audit_markdown(&audit));
        plain_text(&parsed(&audit_markdown(&audit)));
        no_formula(&rows(&audit_csv(&audit)));
        audit_text(&audit, OPTIONS);
    }
}

/// Whatever a history holds, every format takes time in proportion to it.
#[test]
fn much_text_takes_no_more_than_its_share_of_time() {
    let audit = hostile(&"a ` | ;\n".repeat(5_000));
    let begun = std::time::Instant::now();
    for width in [0, 100] {
        audit_text(&audit, TextOptions { color: false, width, verbose: true });
    }
    for render in [audit_json, audit_csv, audit_markdown] {
        render(&audit);
    }
    assert!(begun.elapsed().as_secs() < 60, "{:?}", begun.elapsed());
}

#[test]
fn an_empty_period_is_said_to_be_one() {
    assert!(audit_text(&empty(), OPTIONS).contains("No changes\n"));
    assert_eq!(audit_markdown(&empty()).matches("\nNone.\n").count(), 2);
    assert!(rows(&audit_csv(&empty()))[1..].iter().all(|row| row[0] == "completeness"));
}
