//! Texts that want to steer a terminal, a page or a spreadsheet. That nothing in a report steers is checked of every audit.

use super::told::Asked;
use super::{ANN, BOB, Story, vpc};

/// The fields of a CSV file.
fn fields(csv: &str) -> Vec<String> {
    let mut fields = vec![String::new()];
    let mut quoted = false;
    for character in csv.chars() {
        match character {
            '"' => quoted = !quoted,
            ',' | '\n' | '\r' if !quoted => fields.push(String::new()),
            other => fields.last_mut().expect("a field").push(other),
        }
    }
    fields
}

/// Reads the projections that an audit has left behind, and checks what is special to each.
#[track_caller]
fn check(story: &Story) -> String {
    let read = |format: &str| std::fs::read_to_string(story.path().join(".git").join(format)).expect("a report");
    let (text, markdown, csv) = (read("text"), read("markdown"), read("csv"));
    for field in fields(&csv) {
        assert!(!field.starts_with(['=', '+', '@', '\t', '\r']), "a formula: {field}");
        assert!(field == "-" || !field.starts_with('-'), "a formula: {field}");
    }
    let mut options = markdown::Options::gfm();
    options.compile.allow_dangerous_html = true;
    options.compile.allow_dangerous_protocol = true;
    let page = markdown::to_html_with_options(&markdown, &options).expect("Markdown");
    for tag in ["<a ", "<img", "<script", "<b>", "<iframe"] {
        assert!(!page.contains(tag), "{tag} in {page}");
    }
    text + &markdown + &csv
}

const NASTY: [&str; 6] = [
    "\u{1b}[31mred\u{1b}[0m \u{1b}]8;;http://evil.example\u{7}click\u{1b}]8;;\u{7}",
    "\u{202e}gnp.exe \u{2066}x\u{2069} \u{200f}",
    "](http://evil.example) [x](http://evil.example) ![i](http://evil.example/i.png)",
    "=HYPERLINK(\"http://evil.example\",\"x\")",
    "<script>alert(1)</script><img src=x onerror=alert(1)> https://evil.example",
    "| a | b |\n\n# Heading\n\n| --- |",
];

#[test]
fn messages() {
    let story = Story::new();
    for (number, nasty) in NASTY.iter().enumerate() {
        story.write("main.tf", vpc("a", &number.to_string()));
        let message = format!("{nasty}\n\n{nasty}\n\nReviewed-by: {} <bob@example.com>\n", nasty.replace('\n', " "));
        story.commit_as(&format!("m{number}"), ANN, ANN, &message);
    }
    let run = story.driftline(&["audit", "--report", "json"]);
    assert_eq!(run.json()["completeness"]["landings"], 6);
    assert!(!run.stdout.chars().any(|character| character.is_control() && character != '\n'), "{}", run.stdout);
    assert_eq!(story.consistent(&Asked::default())["summary"]["pass"], 6);
    check(&story);
}

#[test]
fn names_of_people() {
    let story = Story::new();
    for (number, nasty) in NASTY.iter().enumerate() {
        let person = format!("{} <p{number}@example.com>", nasty.replace(['\n', '<', '>'], " "));
        story.write("main.tf", vpc("a", &number.to_string()));
        story.commit_as(&format!("m{number}"), &person, &person, "one\n\nReviewed-by: Bob <bob@example.com>\n");
    }
    let run = story.driftline(&["audit", "--report", "json"]);
    assert_eq!((run.code, &run.json()["summary"]["pass"]), (0, &6.into()), "{}", run.stdout);
    let text = story.driftline(&["blame"]).stdout;
    assert!(!text.chars().any(|character| character.is_control() && character != '\n'), "{text:?}");
    story.consistent(&Asked::default());
    check(&story);
}

/// Names of directories, files, blocks, attributes and what they say.
#[test]
fn places_and_values() {
    let story = Story::new();
    for (number, nasty) in NASTY.iter().enumerate() {
        let directory = nasty.replace('/', "_");
        let quoted = nasty.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
        let text = format!(
            "resource \"aws_vpc\" \"{quoted}\" {{\n  cidr_block = \"{quoted}\"\n  tags = {{ \"{quoted}\" = \"{quoted}\" }}\n}}\n"
        );
        story.write(&format!("d{number}/{directory}/main.tf"), text);
        story.write(&format!("{directory}/main.tf"), vpc("a", "1"));
    }
    story.commit_as("one", ANN, ANN, "one\n\nReviewed-by: Bob <bob@example.com>\n");
    let run = story.driftline(&["audit", "--report", "json"]);
    assert_eq!((run.code, &run.json()["summary"]["changes"]), (0, &12.into()), "{}", run.stdout);
    let text = story.driftline(&["blame"]).stdout;
    assert!(!text.chars().any(|character| character.is_control() && character != '\n'), "{text:?}");
    story.consistent(&Asked::default());
    check(&story);
}

/// A message of a megabyte: its trailers stand at its end, and count.
#[test]
fn a_message_of_a_megabyte() {
    let story = Story::with("main.tf", &vpc("a", "1"));
    story.write("main.tf", vpc("a", "2"));
    let body = "All work and no play. ".repeat(50_000);
    story.commit_as("two", ANN, BOB, &format!("Widen (#7)\n\n{body}\n\nReviewed-by: Eve <eve@example.com>\n"));
    story.audit(
        "exit 2: 2 landings, 2 commits
         one by Ann; fail
         added aws_vpc.a: cidr_block - > \"1\"
         two by Ann; Eve asserted; pass; #7
         changed aws_vpc.a: cidr_block \"1\" > \"2\"
         ! landed_without_approval one",
    );
    assert!(check(&story).len() < 50_000);
}
