//! The SARIF report, checked against the standard's schema and what code scanning needs.

use super::*;
use crate::model::{Notice, ReportedValue, SourceRange};
use crate::report::example::{self, HOSTILE, change, finding, gap, place, unmanaged};
use provider_api::{AttributePath, GapClass};
use serde_json::{Value, json};

const FIRST: SarifOptions<'static> = SarifOptions { directory: "", earlier: Earlier::FirstUpload };

fn text(report: &Report) -> String {
    sarif(report, FIRST).expect("not refused")
}

fn parsed(text: &str) -> Value {
    serde_json::from_str(text).expect("SARIF is JSON")
}

fn log(report: &Report) -> Value {
    parsed(&text(report))
}

fn results_of(log: &Value) -> &Vec<Value> {
    log["runs"][0]["results"].as_array().expect("results")
}

fn ids_of(log: &Value) -> Vec<&str> {
    results_of(log).iter().map(|result| result["properties"]["address"].as_str().unwrap_or("-")).collect()
}

fn validator() -> jsonschema::Validator {
    let schema = include_str!("../../../testdata/sarif/sarif-2.1.0.schema.json");
    jsonschema::draft202012::options()
        .should_validate_formats(true)
        .build(&parsed(schema))
        .expect("the schema is a schema")
}

fn assert_valid(validator: &jsonschema::Validator, name: &str, log: &Value) {
    let errors: Vec<String> =
        validator.iter_errors(log).map(|error| format!("{}: {error}", error.instance_path())).collect();
    assert!(errors.is_empty(), "{name}: {errors:#?}");
    assert_no_empty_string(name, log);
}

/// Code scanning refuses empty strings where it reads; property bags it does not read.
fn assert_no_empty_string(name: &str, value: &Value) {
    match value {
        Value::String(text) => assert!(!text.is_empty(), "{name}"),
        Value::Array(items) => items.iter().for_each(|item| assert_no_empty_string(name, item)),
        Value::Object(map) => {
            for (key, value) in map.iter().filter(|(key, _)| *key != "properties") {
                assert_no_empty_string(&format!("{name}/{key}"), value);
            }
        }
        _ => {}
    }
}

#[test]
fn satisfies_the_standards_schema() {
    let validator = validator();
    for (name, report) in example::all() {
        assert_valid(&validator, name, &log(&report));
    }
    for text in ["", " ", "](", "%"] {
        assert_valid(&validator, &format!("hostile {text:?}"), &log(&example::hostile(text)));
    }
    let mut broken = log(&example::drift());
    broken["runs"][0]["results"][0]["level"] = json!("fatal");
    assert!(!validator.is_valid(&broken), "the schema is really applied");
}

#[test]
fn results_agree_with_their_rules() {
    let log = log(&example::drift());
    let rules = &log["runs"][0]["tool"]["driver"]["rules"];
    for result in results_of(&log) {
        let rule = &rules[result["ruleIndex"].as_u64().expect("an index") as usize];
        assert_eq!(rule["id"], result["ruleId"]);
        assert_eq!(rule["defaultConfiguration"]["level"], result["level"]);
        assert_eq!(result["kind"], "fail");
    }
    let index = &log["runs"][0]["invocations"][0]["toolExecutionNotifications"][0]["descriptor"];
    let table = &log["runs"][0]["tool"]["driver"]["notifications"];
    assert_eq!(table[index["index"].as_u64().expect("an index") as usize]["id"], index["id"]);
}

#[test]
fn only_drift_is_a_result_and_the_worst_comes_first() {
    let log = log(&example::drift());
    assert_eq!(
        ids_of(&log),
        [
            "aws_security_group.web",
            "aws_subnet.gone",
            "aws_instance.db",
            "aws_vpc_endpoint.s3",
            "module.net[\"a\"].aws_vpc.main[0]",
            "-",
            "-",
            "-",
            "aws_network_interface.nic",
        ]
    );
    assert_eq!(log["runs"][0]["properties"]["pendingCreate"], 1);
}

#[test]
fn a_result_stands_at_the_attribute_and_links_the_rest() {
    let log = log(&example::drift());
    let result =
        results_of(&log).iter().find(|result| result["properties"]["resourceType"] == "aws_vpc").expect("the vpc");
    assert_eq!(result["locations"][0]["physicalLocation"]["region"]["startLine"], 5);
    let message = result["message"]["text"].as_str().expect("a message");
    assert!(message.contains(r#"See also [the block](1), [tags\["Näme (x)"\]](2)."#), "{message}");
    assert!(
        message.contains("approved by Bo Berg (signed), Cy Chen (asserted) in #12 (abc1234, 2026-03-01)"),
        "{message}"
    );
    assert!(!message.contains("example.com"), "no mail addresses: {message}");
    assert_eq!(result["relatedLocations"].as_array().map(Vec::len), Some(2));
    let uri = &results_of(&log)[0]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"];
    assert_eq!(uri, "net/my%20groups/web.tf");
}

#[test]
fn what_has_no_place_is_a_notification_and_never_invented() {
    let mut report = example::drift();
    report.anchors.clear();
    let log = log(&report);
    assert!(
        results_of(&log).iter().all(|result| result["ruleId"].as_str().is_some_and(|id| !id.contains("unmanaged")))
    );
    let notifications = log["runs"][0]["invocations"][0]["toolExecutionNotifications"].to_string();
    assert!(notifications.contains("4 findings of drift have no place"), "{notifications}");
    assert!(notifications.contains("aws_subnet subnet-1"), "{notifications}");
}

#[test]
fn fingerprints_survive_moves_and_tell_changes_apart() {
    let hash = |change: fn(&mut Finding)| {
        let attributes = ["a", "b"].map(change_of).into();
        let mut finding = finding(Kind::Changed, "aws_vpc.a", attributes);
        change(&mut finding);
        fingerprints(&finding)[LINE_HASH].clone()
    };
    let original = hash(|_| ());
    assert_eq!(original.len(), 34);
    assert_eq!(hash(|finding| finding.source = Some(place("other.tf", 77, 80))), original);
    assert_eq!(hash(|finding| finding.attributes[0].live = ReportedValue::Absent), original);
    assert_eq!(hash(|finding| finding.attributes.swap(0, 1)), original);
    assert_ne!(hash(|finding| finding.attributes.truncate(1)), original);
    assert_ne!(hash(|finding| finding.id = "other".into()), original);
}

fn change_of(name: &str) -> crate::model::AttributeChange {
    change(AttributePath::attribute(name), json!(1), json!(2))
}

#[test]
fn the_category_names_the_directory_only() {
    for (directory, expected) in [("", "driftline/./"), ("net", "driftline/net/"), ("/a/b/", "driftline/a/b/")] {
        assert_eq!(category(directory), expected);
    }
}

#[test]
fn an_incomplete_scan_says_so() {
    let log = log(&example::incomplete());
    let invocation = &log["runs"][0]["invocations"][0];
    assert_eq!(invocation["executionSuccessful"], false);
    assert_eq!(invocation["exitCode"], 3);
    let notifications = invocation["toolExecutionNotifications"].as_array().expect("notifications");
    let ids: Vec<&str> = notifications.iter().filter_map(|each| each["descriptor"]["id"].as_str()).collect();
    assert_eq!(ids, ["driftline-notice", "driftline-gap", "driftline-gap", "driftline-unknown"]);
    assert!(notifications.iter().all(|each| each["level"] == "error"));
    assert_eq!(notifications[0]["locations"][0]["physicalLocation"]["region"]["startLine"], 4);
}

#[test]
fn too_many_results_are_cut_and_unmanaged_ones_aggregated() {
    let mut report = example::clean();
    report.scan.exit_code = 2;
    for number in 0..MAX_RESULTS + 100 {
        let mut finding = finding(Kind::Changed, &format!("aws_vpc.v[{number}]"), vec![change_of("a")]);
        finding.id = format!("{number:x}");
        finding.severity = if number % 2 == 0 { Severity::Low } else { Severity::High };
        report.findings.push(finding);
    }
    report.findings.extend((0..=MAX_UNMANAGED).map(|number| unmanaged("aws_subnet", &format!("subnet-{number}"))));
    report.anchors = vec![("net".into(), place("net/backend.tf", 2, 4))];
    let text = text(&report);
    let log = parsed(&text);
    assert_eq!(results_of(&log).len(), MAX_RESULTS);
    assert_eq!(results_of(&log)[0]["level"], "error");
    assert_eq!(log["runs"][0]["properties"]["leftOut"], 101);
    assert!(text.contains("Only the 5000 most severe results are listed; 101 were left out."));

    report.findings.retain(|finding| finding.kind == Kind::Unmanaged);
    let log = self::log(&report);
    assert_eq!(results_of(&log).len(), 1);
    assert_eq!(results_of(&log)[0]["properties"]["objects"], 21);
    let message = results_of(&log)[0]["message"]["text"].as_str().expect("a message");
    assert!(message.starts_with("21 objects of type aws_subnet exist in 111122223333/eu-west-1"), "{message}");
}

#[test]
fn no_message_holds_a_foreign_link_or_tag() {
    let log = log(&example::hostile(HOSTILE));
    let mut seen = 0;
    let mut texts: Vec<&Value> = vec![&log];
    while let Some(value) = texts.pop() {
        match value {
            Value::Array(items) => texts.extend(items),
            Value::Object(map) => {
                if let Some(text) = map.get("message").and_then(|message| message["text"].as_str()) {
                    seen += 1;
                    let numbered =
                        |behind: &str| behind.trim_start_matches(|c: char| c.is_ascii_digit()).starts_with(')');
                    assert!(text.split("](").skip(1).all(numbered), "{text}");
                    assert!(!text.contains("<script") && !text.contains("</"), "{text}");
                }
                texts.extend(map.values());
            }
            _ => {}
        }
    }
    assert!(seen > 10, "{seen}");
}

/// The addresses or object ids that are carried forward from a full report into an incomplete scan.
fn check_carried(change: impl Fn(&mut Report), expected: &[&str]) {
    let mut earlier = example::clean();
    earlier.scan.exit_code = 2;
    earlier.anchors = vec![("net".into(), place("net/backend.tf", 2, 4))];
    earlier.findings = vec![
        finding(Kind::Changed, "aws_vpc.a", vec![change_of("a")]),
        finding(Kind::Missing, "aws_instance.a", Vec::new()),
        finding(Kind::Changed, "aws_instance.b", vec![change_of("a")]),
        unmanaged("aws_instance", "i-1"),
    ];
    let mut now = example::incomplete();
    now.notices.clear();
    now.findings.clear();
    now.coverage.retain(|entry| entry.resource_type == "aws_vpc");
    change(&mut now);
    let earlier = text(&earlier);
    let options = SarifOptions { directory: "", earlier: Earlier::Report(&earlier) };
    let first = sarif(&now, options).expect("not refused");
    let log = parsed(&first);
    assert_valid(&validator(), "carried forward", &log);
    let carried: Vec<&Value> =
        results_of(&log).iter().filter(|result| result["properties"]["carriedForward"] == true).collect();
    let names: Vec<&str> = carried
        .iter()
        .map(|result| &result["properties"])
        .filter_map(|properties| properties["address"].as_str().or(properties["objectId"].as_str()))
        .collect();
    assert_eq!(names, expected);
    for result in &carried {
        let message = result["message"]["text"].as_str().expect("a message");
        assert!(message.ends_with("it is repeated from the scan before."), "{message}");
        let same = results_of(&parsed(&earlier))
            .iter()
            .any(|earlier| earlier["partialFingerprints"] == result["partialFingerprints"]);
        assert!(same, "the alert keeps its identity");
    }
    // A second incomplete scan repeats them as they are.
    let options = SarifOptions { directory: "", earlier: Earlier::Report(&first) };
    assert_eq!(results_of(&parsed(&sarif(&now, options).expect("not refused"))), results_of(&log));
}

#[test]
fn what_was_not_checked_is_carried_forward_and_nothing_else() {
    let denied = || gap("aws_instance", GapClass::Denied, "denied");
    let unknown = || finding(Kind::Unknown, "aws_instance.b", Vec::new());
    // A type that was not read at all.
    check_carried(|now| now.coverage.push(denied()), &["aws_instance.b", "aws_instance.a", "i-1"]);
    check_carried(|_| (), &["aws_instance.b", "aws_instance.a", "i-1"]);
    // Read in part: only what is unknown, and what only a whole list can tell.
    check_carried(
        |now| {
            now.coverage.push(crate::model::CoverageEntry { objects: 5, ..denied() });
            now.findings.push(unknown());
        },
        &["aws_instance.b", "i-1"],
    );
    // A gap elsewhere, or one whose region is not known.
    let complete = |now: &mut Report| {
        now.coverage.push(crate::model::CoverageEntry { status: crate::model::CoverageStatus::Complete, ..denied() });
    };
    let elsewhere = |region: Option<&str>| crate::model::CoverageEntry {
        scope: provider_api::Scope { account: None, region: region.map(str::to_owned) },
        ..denied()
    };
    check_carried(
        |now| {
            complete(now);
            now.coverage.push(elsewhere(Some("us-east-1")));
        },
        &[],
    );
    check_carried(
        |now| {
            complete(now);
            now.coverage.push(elsewhere(None));
        },
        &["aws_instance.b", "aws_instance.a", "i-1"],
    );
    // Blind in a way that no type stands for: all that was not seen again.
    check_carried(
        |now| {
            complete(now);
            let notice = Notice { code: "x", incomplete: true, text: "x".into(), source: None };
            now.notices.push(notice);
            now.findings.push(finding(Kind::StaleState, "aws_vpc.a", Vec::new()));
        },
        &["aws_instance.b", "aws_instance.a", "i-1"],
    );
}

#[test]
fn a_carried_result_moves_with_its_block() {
    let mut earlier = example::drift();
    earlier.findings.retain(|finding| finding.kind == Kind::Changed);
    let mut now = example::incomplete();
    let mut unknown = finding(Kind::Unknown, "aws_security_group.web", Vec::new());
    unknown.source = Some(SourceRange { file: "moved.tf".into(), ..place("", 70, 90) });
    now.findings.push(unknown);
    let earlier = text(&earlier);
    let options = SarifOptions { directory: "", earlier: Earlier::Report(&earlier) };
    let log = parsed(&sarif(&now, options).expect("not refused"));
    let location = &results_of(&log)[0]["locations"][0]["physicalLocation"];
    assert_eq!(location["artifactLocation"]["uri"], "moved.tf");
    assert_eq!(location["region"]["startLine"], 70);
    let message = log.to_string();
    assert!(message.contains(r#"See also the block, tags[\"Näme (x)\"]."#), "links are gone: {message}");
}

#[test]
fn an_incomplete_scan_is_refused_without_an_earlier_report_of_ours() {
    let refused = |earlier: Earlier<'_>| {
        let options = SarifOptions { directory: "", earlier };
        sarif(&example::incomplete(), options).expect_err("refused").to_string()
    };
    assert!(refused(Earlier::NotGiven).contains("code scanning would close every alert"));
    for broken in ["", "null", "{", "{\"version\":\"2.1.0\"}", &"[".repeat(100_000)] {
        assert_eq!(refused(Earlier::Report(broken)), "the earlier SARIF report cannot be read");
    }
    let good = text(&example::drift());
    for (from, to, expected) in [
        ("\"name\": \"driftline\"", "\"name\": \"other\"", "is not one of driftline's"),
        ("\"version\": \"2.1.0\"", "\"version\": \"2.2.0\"", "is not one of driftline's"),
        ("driftline/./", "driftline/\\u001b[31m/", "is of the category `driftline/\\u{1b}[31m/`, not `driftline/./`"),
        ("\"ruleId\": \"driftline-changed-high\"", "\"ruleId\": \"x\"", "is not one of driftline's"),
        ("\"uri\": \"net/main.tf\"", "\"uri\": \"https://example.com\"", "is not one of driftline's"),
        ("\"uri\": \"net/main.tf\"", "\"uri\": \"../main.tf\"", "is not one of driftline's"),
        ("\"startLine\": 5", "\"startLine\": 0", "is not one of driftline's"),
        ("\"startLine\": 5", "\"startLine\": -5", "cannot be read"),
        ("\"primaryLocationLineHash\": \"", "\"primaryLocationLineHash\": \"\\n", "is not one of driftline's"),
    ] {
        assert!(good.contains(from), "{from}");
        let message = refused(Earlier::Report(&good.replace(from, to)));
        assert!(message.contains(expected), "{from} → {to}: {message}");
    }
    let huge = " ".repeat(64 * 1024 * 1024 + 1);
    assert!(refused(Earlier::Report(&huge)).contains("larger than 64 MiB"));
    let fine = SarifOptions { directory: "", earlier: Earlier::NotGiven };
    assert!(sarif(&example::drift(), fine).is_ok(), "a complete scan needs no earlier one");
}

#[test]
fn a_hostile_earlier_message_is_made_inert() {
    let good = text(&example::drift());
    let evil = "\\u001b[31m[x](https://example.com) [y](1)<script>\\u202e ";
    let earlier =
        good.replace("\"text\": \"aws_security_group.web", &format!("\"text\": \"{evil}aws_security_group.web"));
    let options = SarifOptions { directory: "", earlier: Earlier::Report(&earlier) };
    let carried = sarif(&example::incomplete(), options).expect("not refused");
    let message = r"\\u{1b}[31m[x\\]\\(https://example.com) y&lt;script>\\u{202e} aws_security_group.web";
    assert!(carried.contains(message), "{carried}");
}
