//! The JSON report, checked against its schema.

use super::*;
use crate::report::example;
use serde_json::json;

fn parsed(report: &model::Report) -> Value {
    serde_json::from_str(&json(report)).expect("the report is JSON")
}

fn validator() -> jsonschema::Validator {
    let schema = serde_json::from_str(&json_schema()).expect("the schema is JSON");
    jsonschema::draft202012::options().should_validate_formats(true).build(&schema).expect("the schema is a schema")
}

#[test]
fn reports_satisfy_the_published_schema() {
    let validator = validator();
    for (name, report) in example::all() {
        let report = parsed(&report);
        let errors: Vec<String> = validator.iter_errors(&report).map(|error| error.to_string()).collect();
        assert!(errors.is_empty(), "{name}: {errors:?}");
    }
}

#[test]
fn broken_reports_do_not() {
    let validator = validator();
    let mut good = parsed(&example::drift());
    let changed = |finding: &Value| finding["kind"] == "changed";
    good["findings"].as_array_mut().expect("findings").retain(changed);
    for (pointer, broken) in [
        ("/format_version", json!("2.0")),
        ("/scan/complete", json!("yes")),
        ("/scan/exit_code", json!(-1)),
        ("/summary/changed", json!(1.5)),
        ("/findings/0/kind", json!("deleted")),
        ("/findings/0/severity", json!("critical")),
        ("/findings/0/address", json!(1)),
        ("/findings/0/attribution", json!(null)),
        ("/findings/0/attribution/segregation", json!("maybe")),
        ("/findings/0/attributes/0/sensitive", json!(null)),
        ("/coverage/0/status", json!("fine")),
        ("/coverage/0/attributes", json!([1])),
    ] {
        let mut report = good.clone();
        *report.pointer_mut(pointer).unwrap_or_else(|| panic!("{pointer} is in the report")) = broken;
        assert!(!validator.is_valid(&report), "{pointer}");
    }
    for (parent, key) in [("", "coverage"), ("/findings/0", "id"), ("/findings/0/attributes/0", "live")] {
        let mut report = good.clone();
        let object = report.pointer_mut(parent).and_then(Value::as_object_mut).expect("an object");
        object.remove(key).unwrap_or_else(|| panic!("{parent}/{key} is in the report"));
        assert!(!validator.is_valid(&report), "{parent}/{key}");
    }
    let mut report = good;
    report["added_later"] = json!(true);
    assert!(validator.is_valid(&report), "unknown keys may be added");
}

#[test]
fn values_are_told_apart_and_exact() {
    let plain = |text: &str| ReportedValue::Plain(serde_json::from_str(text).expect("JSON"));
    for (value, sensitive, expected) in [
        (ReportedValue::Absent, false, "null"),
        (ReportedValue::NotKnown, false, r#"{"known":false}"#),
        (ReportedValue::Redacted("hmac-sha256:ab".into()), true, r#"{"sensitive":"hmac-sha256:ab"}"#),
        (plain(r#""secret""#), true, r#"{"sensitive":null}"#),
        (plain("1.10"), false, "1.10"),
        (plain("123456789012345678901234567890"), false, "123456789012345678901234567890"),
        (plain("1e400"), false, "1e+400"),
        (plain(r#"{"known":false}"#), false, r#"{"known":false}"#),
    ] {
        assert_eq!(serde_json::to_string(&Shown::new(&value, sensitive)).expect("JSON"), expected);
    }
}

#[test]
fn keys_come_in_the_documented_order() {
    let text = json(&example::drift());
    let top = ["format_version", "tool", "scan", "summary", "notices", "findings", "coverage", "folds"];
    let positions: Vec<_> = top.map(|key| text.find(&format!("\n  \"{key}\":"))).into();
    assert!(positions.iter().all(Option::is_some) && positions.is_sorted(), "{positions:?}");
    assert_eq!(text, json(&example::drift()), "same report, same bytes");
}
