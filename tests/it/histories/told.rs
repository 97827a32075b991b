//! What the program tells of a repository, as short lines to compare with what the construction says, and what must hold
//! of every audit.
//! Knows nothing of how a repository came to be.

use super::replay::check_replay;
use super::story::Story;
use serde_json::Value;
use std::collections::BTreeSet;
use std::fmt::Write;
use std::sync::OnceLock;

/// How an audit is asked for.
#[derive(Default)]
pub struct Asked<'a> {
    /// `--ref`; `HEAD` for what Git is asked.
    pub reference: Option<&'a str>,
    pub since: Option<&'a str>,
    pub until: Option<&'a str>,
    /// More arguments.
    pub more: &'a [&'a str],
}

impl Story {
    /// What `blame` says of some resources, which the lines must tell. See [`same`] for how they are compared.
    #[track_caller]
    pub fn blame(&self, addresses: &[&str], expected: &str) -> Value {
        self.blame_by(addresses, &[], expected)
    }

    /// The same with more arguments.
    #[track_caller]
    pub fn blame_by(&self, addresses: &[&str], more: &[&str], expected: &str) -> Value {
        let run = self.driftline(&[&["blame", "--report", "json"], more, addresses].concat());
        assert_eq!(run.code, 0, "{}", run.stderr);
        let document = run.json();
        validate("blame", self, &document);
        let mut lines = String::new();
        for resource in list(&document, "resources") {
            let events = list(resource, "events");
            blamed(&mut lines, resource, events);
            check_times(self, &resource["attribution"]);
        }
        same(&self.named(&lines), expected);
        let uncached = self.driftline(&[&["blame", "--report", "json", "--no-cache"], more, addresses].concat());
        assert_eq!(run.stdout, uncached.stdout, "a cache changes nothing");
        document
    }

    /// What `audit` says of all of history.
    #[track_caller]
    pub fn audit(&self, expected: &str) -> Value {
        self.audit_of(&Asked::default(), expected)
    }

    /// What `audit` says, and that it is consistent with itself and with what Git says.
    #[track_caller]
    pub fn audit_of(&self, asked: &Asked<'_>, expected: &str) -> Value {
        let document = self.consistent(asked);
        same(&self.named(&audited(&document)), expected);
        document
    }

    /// What `audit` says, once it was found consistent.
    #[track_caller]
    pub fn consistent(&self, asked: &Asked<'_>) -> Value {
        let mut arguments = vec!["audit"];
        for (flag, value) in [("--ref", asked.reference), ("--since", asked.since), ("--until", asked.until)] {
            arguments.extend(value.map(|value| [flag, value]).into_iter().flatten());
        }
        arguments.extend(asked.more);
        let folder = self.path().join(".git");
        let texts = ["text", "markdown", "csv"].map(|format| format!("{format}={}", folder.join(format).display()));
        let reports = texts.iter().flat_map(|report| ["--report", report.as_str()]);
        let run = self.driftline(&[&arguments[..], &["--report", "json"], &reports.collect::<Vec<_>>()].concat());
        assert!([0, 2, 3].contains(&run.code), "{} {}", run.code, run.stderr);
        let document = run.json();
        assert_eq!(document["exit_code"], run.code);
        validate("audit", self, &document);
        for more in [&["--report", "json"][..], &["--report", "json", "--no-cache"]] {
            let again = self.driftline(&[&arguments[..], more].concat());
            assert_eq!(timeless(&again.stdout), timeless(&run.stdout), "{more:?}");
        }
        self.check_projections(&run.stderr);
        check_counts(self, asked, &document);
        check_landings(self, asked, &document);
        if document["complete"] == true && asked.since.is_none() && asked.until.is_none() {
            check_replay(self, asked.reference.unwrap_or("HEAD"), asked.more, &document);
        }
        document
    }

    /// Nothing in what people read steers a terminal or hides.
    #[track_caller]
    fn check_projections(&self, complaints: &str) {
        let read = |format: &str| std::fs::read_to_string(self.path().join(".git").join(format)).expect("a report");
        for text in [complaints, &read("text"), &read("markdown"), &read("csv")] {
            let steers = |character: &char| {
                character.is_control() && !"\n\r".contains(*character)
                    || ('\u{202a}'..='\u{202e}').contains(character)
                    || ('\u{2066}'..='\u{2069}').contains(character)
                    || ('\u{200e}'..='\u{200f}').contains(character)
            };
            assert_eq!(text.chars().find(steers), None, "{text:?}");
        }
    }
}

/// Compares line by line. In an expected line `…` stands for any text. A reason (`because …`) need not be expected.
#[track_caller]
fn same(actual: &str, expected: &str) {
    let clean = |text: &str| text.lines().map(|line| line.trim().to_owned()).filter(|line| !line.is_empty()).collect();
    let (actual, expected): (Vec<String>, Vec<String>) = (clean(actual), clean(expected));
    let mut wanted = expected.iter().peekable();
    let fits = actual.iter().all(|line| match wanted.peek() {
        Some(want) if like(line, want) => wanted.next().is_some(),
        _ => line.starts_with("because "),
    });
    assert!(fits && wanted.next().is_none(), "told:\n{}\nexpected:\n{}", actual.join("\n"), expected.join("\n"));
}

/// Whether a line fits a pattern in which `…` stands for any text.
fn like(line: &str, pattern: &str) -> bool {
    let parts: Vec<&str> = pattern.split('…').collect();
    let [first, middle @ .., last] = &parts[..] else { return line == pattern };
    let Some(mut rest) = line.strip_prefix(first) else { return false };
    for part in middle {
        match rest.find(part) {
            Some(at) => rest = &rest[at + part.len()..],
            None => return false,
        }
    }
    rest.ends_with(last)
}

fn list<'a>(value: &'a Value, key: &str) -> &'a [Value] {
    value[key].as_array().map_or(&[], Vec::as_slice)
}

fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value[key].as_str().unwrap_or("-")
}

/// `by Ann; approved by Bob (asserted); pass; #12; reverts x`, and the reason on a line of its own.
fn attribution(out: &mut String, value: &Value) {
    let join = |parts: Vec<&str>| if parts.is_empty() { "nobody".to_owned() } else { parts.join(", ") };
    let authors = list(value, "authors").iter().filter_map(Value::as_str).collect();
    let _ = write!(out, " by {}", join(authors));
    for approver in list(value, "approvers") {
        let standing = match text(approver, "standing") {
            "counts" => String::new(),
            standing => format!(" {standing}"),
        };
        let _ = write!(out, "; {} {}{standing}", text(approver, "identity"), text(approver, "assurance"));
    }
    let _ = write!(out, "; {}", text(value, "segregation"));
    for (key, before) in [("pull_request", ""), ("reverts", "reverts ")] {
        if let Some(value) = value[key].as_str() {
            let _ = write!(out, "; {before}{value}");
        }
    }
    if let Some(signature) = value["signature"].as_object() {
        let _ = write!(out, "; signature {}", signature["letter"].as_str().unwrap_or("-"));
    }
    out.push('\n');
    if let Some(reason) = value["reason"].as_str() {
        let _ = writeln!(out, "because {reason}");
    }
}

fn place(declaring: &str, approving: &str) -> String {
    match declaring == approving {
        true => approving.to_owned(),
        false => format!("{declaring} in {approving}"),
    }
}

fn blamed(out: &mut String, resource: &Value, events: &[Value]) {
    let found = &resource["attribution"];
    let root = match text(resource, "root_module") {
        "" => String::new(),
        root => format!("{root}: "),
    };
    let _ = write!(
        out,
        "{root}{}: {}",
        text(resource, "address"),
        place(text(found, "declaring_commit"), text(found, "approving_commit"))
    );
    attribution(out, found);
    for event in events {
        let names: Vec<&str> = list(event, "attributes").iter().filter_map(Value::as_str).collect();
        let names = if names.is_empty() { String::new() } else { format!(": {}", names.join(", ")) };
        let _ = write!(
            out,
            "{} {}{names}",
            text(event, "kind"),
            place(text(event, "commit"), text(event, "approving_commit"))
        );
        for key in ["reverts", "restores"] {
            if let Some(commit) = event[key].as_str() {
                let _ = write!(out, "; {key} {commit}");
            }
        }
        out.push('\n');
    }
    for one in list(resource, "contributing") {
        let _ = writeln!(
            out,
            "through {}: {}",
            text(one, "what"),
            place(text(one, "declaring_commit"), text(one, "approving_commit"))
        );
    }
}

fn audited(document: &Value) -> String {
    let mut out = String::new();
    let completeness = &document["completeness"];
    let _ = writeln!(
        out,
        "exit {}: {} landings, {} commits{}",
        document["exit_code"],
        completeness["landings"],
        completeness["commits"],
        if document["complete"] == true { "" } else { ", incomplete" }
    );
    for landing in list(document, "landings") {
        let found = &landing["attribution"];
        let approving = text(found, "approving_commit");
        let _ = write!(out, "{approving}");
        attribution(&mut out, found);
        for change in list(landing, "changes") {
            changed(&mut out, approving, change);
        }
    }
    for finding in list(document, "findings") {
        let _ = writeln!(out, "! {} {}", text(finding, "rule"), text(finding, "commit"));
    }
    for hole in list(completeness, "holes") {
        let _ = writeln!(out, "? {} {}: {}", text(hole, "what"), text(hole, "commit"), text(hole, "cause"));
    }
    out
}

fn changed(out: &mut String, approving: &str, change: &Value) {
    let directory = match text(change, "directory") {
        "" => String::new(),
        directory => format!("{directory}/"),
    };
    let declaring = match text(change, "declaring_commit") {
        declaring if declaring == approving => String::new(),
        declaring => format!(" in {declaring}"),
    };
    let generated = if change["generated"] == true { " (generated)" } else { "" };
    let _ = write!(out, "{} {directory}{}{declaring}{generated}", text(change, "kind"), text(change, "what"));
    for (number, one) in list(change, "attributes").iter().enumerate() {
        let shown = |key: &str| one[key].as_str().unwrap_or("-").replace('\n', " ");
        let mark = if number == 0 { ':' } else { ',' };
        let _ = write!(out, "{mark} {} {} > {}", text(one, "path"), shown("before"), shown("after"));
    }
    out.push('\n');
}

/// The report follows the published schema.
#[track_caller]
fn validate(name: &str, story: &Story, document: &Value) {
    static SCHEMAS: [OnceLock<jsonschema::Validator>; 2] = [OnceLock::new(), OnceLock::new()];
    let validator = SCHEMAS[usize::from(name == "audit")].get_or_init(|| {
        let schema = story.driftline(&["schema", name]).json();
        jsonschema::validator_for(&schema).expect("a schema")
    });
    let complaints: Vec<String> = validator.iter_errors(document).map(|error| error.to_string()).collect();
    assert!(complaints.is_empty(), "{complaints:?}");
}

/// A report without what may differ between two runs: when it was made, and that the first one was noted.
fn timeless(report: &str) -> Value {
    let mut value: Value = serde_json::from_str(report).unwrap_or_else(|error| panic!("{error}: {report}"));
    value["made_at"] = Value::Null;
    value["completeness"]["rewriting_checked"] = Value::Null;
    value
}

/// The program's counts are Git's.
#[track_caller]
fn check_counts(story: &Story, asked: &Asked<'_>, document: &Value) {
    let boundary = |key: &str| document["period"][key]["commit"].as_str();
    let Some(until) = boundary("until") else { return };
    let range = match boundary("since") {
        Some(since) => format!("{since}..{until}"),
        None => until.to_owned(),
    };
    if asked.until.is_none() {
        let tip = story.git(&["rev-parse", &format!("{}^{{commit}}", asked.reference.unwrap_or("HEAD"))]);
        assert_eq!(until, tip, "the period ends at the tip");
    }
    let count = |more: &[&str]| story.git(&[&["rev-list", "--count"], more, &[&range]].concat());
    let completeness = &document["completeness"];
    assert_eq!(completeness["landings"].to_string(), count(&["--first-parent"]), "landings");
    assert_eq!(completeness["commits"].to_string(), count(&[]), "commits");
    let landings = list(document, "landings");
    let summary = &document["summary"];
    let verdict = |verdict: &str| {
        let count = landings.iter().filter(|one| one["attribution"]["segregation"] == verdict).count();
        assert_eq!(summary[verdict], count, "{verdict}");
    };
    ["pass", "fail", "unknown"].into_iter().for_each(verdict);
    let changes: usize = landings.iter().map(|landing| list(landing, "changes").len()).sum();
    assert_eq!(summary["changes"], changes);
    assert_eq!(summary["landings_with_changes"], landings.len());
    assert_eq!(summary["findings"], list(document, "findings").len());
}

/// Each change landed where Git's own walk says that its commit did.
#[track_caller]
fn check_landings(story: &Story, asked: &Asked<'_>, document: &Value) {
    let tip = asked.reference.unwrap_or("HEAD");
    let chain = story.git(&["rev-list", "--first-parent", tip]);
    let chain: Vec<&str> = chain.lines().collect();
    let place = |commit: &str| chain.iter().position(|one| *one == commit);
    let mut last = chain.len();
    for landing in list(document, "landings") {
        let found = &landing["attribution"];
        check_times(story, found);
        let approving = text(found, "approving_commit");
        let position = place(approving).expect("a landing is on the first-parent chain");
        assert!(position < last, "landings stand in the order of the chain");
        last = position;
        let parents = story.git(&["rev-list", "--parents", "-1", approving]).split(' ').count() - 1;
        assert_eq!(landing["is_merge"], parents > 1);
        for change in list(landing, "changes") {
            let Some(declaring) = change["declaring_commit"].as_str() else { continue };
            let expected = match place(declaring) {
                Some(_) => declaring.to_owned(),
                None => {
                    let after = story.git(&["rev-list", "--ancestry-path", &format!("{declaring}..{tip}")]);
                    let after: BTreeSet<&str> = after.lines().collect();
                    (*chain.iter().rev().find(|one| after.contains(**one)).expect("it landed")).to_owned()
                }
            };
            assert_eq!(story.named(approving), story.named(&expected), "where {declaring} landed");
        }
    }
}

/// The landing's time and subject are what Git says.
#[track_caller]
fn check_times(story: &Story, attribution: &Value) {
    let Some(commit) = attribution["approving_commit"].as_str() else { return };
    let shown = story.git(&["show", "-s", "--format=%ct%n%s", commit]);
    let (seconds, subject) = shown.split_once('\n').unwrap_or((&shown, ""));
    let at = jiff::Timestamp::from_second(seconds.parse().expect("seconds")).expect("a time");
    assert_eq!(attribution["landed_at"], at.to_string());
    if subject.chars().count() < 200 && subject.chars().all(|character| !character.is_control()) {
        assert_eq!(attribution["subject"], subject);
    }
}
