//! Tests of reading and parsing states.

use super::*;
use crate::model::InstanceKey;
use provider_api::Step;
use std::fs;
use std::path::Path;

fn text(text: impl Into<String>) -> StateText {
    StateText::new("test.tfstate", text.into())
}

/// A state whose resources are the given JSON texts.
fn state(resources: &str) -> StateText {
    text(format!(
        r#"{{"version":4,"terraform_version":"1.11.4","serial":7,"lineage":"l","outputs":{{}},"resources":[{resources}]}}"#
    ))
}

fn resource(instances: &str) -> StateText {
    state(&format!(
        r#"{{"mode":"managed","type":"aws_vpc","name":"main","provider":"provider[\"registry.terraform.io/hashicorp/aws\"]","instances":[{instances}]}}"#
    ))
}

const ONE: &str = r#"{"schema_version":1,"attributes":{"id":"vpc-1"}}"#;

#[track_caller]
fn refused(text: &StateText, expected: &str) {
    let error = match parse(text) {
        Err(error) => error,
        Ok(state) => panic!("{} instances were read", state.instances.len()),
    };
    let shown = error.to_string();
    assert!(shown.contains(expected), "{shown}");
    assert!(!error.hint().is_empty());
    assert!(!shown.contains("s3cret") && !shown.contains(char::is_control), "{shown}");
}

#[test]
fn a_state_written_by_terraform_is_read() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/conformance/settled.tfstate");
    let texts = read(path.to_str().unwrap(), Path::new("/nowhere")).unwrap();
    let state = parse(&texts[0]).unwrap();
    let expected: serde_json::Value = serde_json::from_str(&texts[0].text).unwrap();
    let mut n_instances = 0;
    for resource in expected["resources"].as_array().unwrap().iter().filter(|resource| resource["mode"] == "managed") {
        for instance in resource["instances"].as_array().unwrap() {
            let read = &state.instances[n_instances];
            assert_eq!(*read.address.resource_type, *resource["type"].as_str().unwrap());
            assert_eq!(read.provider.to_string(), resource["provider"].as_str().unwrap());
            assert_eq!(read.id, instance["attributes"]["id"].as_str().unwrap());
            assert_eq!(read.schema_version, instance["schema_version"].as_u64().unwrap());
            assert_eq!(
                serde_json::from_str::<serde_json::Value>(read.attributes.get()).unwrap(),
                instance["attributes"]
            );
            assert_eq!(read.private.as_deref(), instance["private"].as_str());
            n_instances += 1;
        }
    }
    assert_eq!(state.instances.len(), n_instances);
    assert!(n_instances >= 100);
    assert_eq!(state.info.lineage, expected["lineage"].as_str().unwrap());
    assert_eq!(state.info.serial, expected["serial"].as_u64().unwrap());
    assert_eq!(state.info.sha256.len(), 64);
    assert!(state.instances.iter().any(|instance| instance.provider.alias.as_deref() == Some("west")));
}

#[test]
fn every_part_of_an_instance_is_read() {
    let text = state(
        r#"{"module":"module.net[\"a.b\"].module.inner[0]","mode":"managed","type":"aws_vpc","name":"main",
            "provider":"provider[\"registry.terraform.io/hashicorp/aws\"].west","instances":[
             {"index_key":"k\"\u00e9","status":"tainted","schema_version":3,"private":"Ynl0ZXM=",
              "attributes":{"a":{"id":"inner"},"id":"vpc-\u0031","tags":{"n":1.10}},
              "sensitive_attributes":[[{"type":"get_attr","value":"a"},{"type":"index","value":{"value":"k","type":"string"}}],
                [{"type":"get_attr","value":"l"},{"type":"index","value":{"value":2,"type":"number"}}],
                [{"type":"get_attr","value":"set"},{"type":"index","value":{"value":{"x":"s3cret"},"type":["object",{}]}},{"type":"get_attr","value":"y"}]],
              "dependencies":["module.net.aws_x.y"],"create_before_destroy":true,"identity_schema_version":0},
             {"index_key":1,"schema_version":0,"attributes":{"id":12},"provider":"provider[\"registry.opentofu.org/hashicorp/aws\"]"},
             {"deposed":"00000001","index_key":1,"schema_version":0,"attributes":{"id":"old"}}]},
           {"mode":"data","type":"aws_ami","name":"x","provider":"provider[\"p/h/aws\"]","instances":[{"schema_version":0,"attributes":{"id":"ami"}}]},
           {"mode":"managed","type":"aws_thing","name":"none","provider":"module.old.provider.aws.west","instances":[{"schema_version":0,"attributes":{"name":"id"}}]}"#,
    );
    let state = parse(&text).unwrap();
    assert_eq!(state.instances.len(), 3);
    let first = &state.instances[0];
    assert_eq!(first.address.to_string(), r#"module.net["a.b"].module.inner[0].aws_vpc.main["k\"é"]"#);
    assert_eq!((first.id.as_str(), first.tainted, first.schema_version), ("vpc-1", true, 3));
    assert_eq!(first.private.as_deref(), Some("Ynl0ZXM="));
    assert_eq!(first.dependencies.map(|list| list.get()), Some(r#"["module.net.aws_x.y"]"#));
    let attribute = AttributePath::attribute;
    assert_eq!(
        first.sensitive,
        [attribute("a").join(Step::Key("k".into())), attribute("l").join(Step::Index(2)), attribute("set")]
    );
    let second = &state.instances[1];
    assert_eq!(second.address.key, Some(InstanceKey::Index(1)));
    assert_eq!(second.id, "12");
    assert_eq!(&*second.provider.source, "registry.opentofu.org/hashicorp/aws");
    let third = &state.instances[2];
    assert_eq!(third.id, "");
    assert_eq!(third.provider.to_string(), r#"module.old.provider["registry.terraform.io/hashicorp/aws"].west"#);
    assert_eq!(state.deposed.len(), 1);
    assert_eq!(state.deposed[0], second.address);
}

#[test]
fn what_is_no_state_is_named() {
    for (content, expected) in [
        ("", "is empty"),
        (" \n\t", "is empty"),
        ("PK\x03\x04rest", "zip archive such as a saved plan"),
        ("[1]", "not a JSON object"),
        ("nonsense s3cret", "not a JSON object"),
        ("<!DOCTYPE html>", "HTML or XML"),
        ("resource \"aws_vpc\" \"main\" {}", "is configuration"),
        ("# a comment", "is configuration"),
        ("region = \"x\"", "is configuration"),
        (r#"{"version":3,"terraform_version":"1.11.4","backend":{"type":"local","hash":1}}"#, "backend cache"),
        (r#"{"version":3,"terraform_version":"0.11.0","modules":[{"path":["root"]}]}"#, "version 3, written by"),
        (r#"{"version":3,"backend":{},"modules":[]}"#, "version 3, written by"),
        (r#"{"version":1}"#, "version 1, written by"),
        (r#"{"version":5,"resources":"s3cret"}"#, "version 5, which is not known"),
        (r#"{"version":"s3cret"}"#, "no state format version"),
        (
            r#"{"serial":6,"lineage":"l","meta":{},"encrypted_data":"x","encryption_version":"v0"}"#,
            "encrypted by OpenTofu",
        ),
        (r#"{"format_version":"1.0","terraform_version":"1.11.4","values":{}}"#, "show -json"),
        (r#"{"format_version":"1.2","resource_changes":[]}"#, "show -json"),
        ("{}", "no state format version"),
        (r#"{"version":4}"#, "no `resources`"),
        ("{\"version\":4,\n\"resources\":[{\"mode\":", "in the middle, at line 2 column 21"),
        ("{\"version\":4,\n oops", "not valid JSON at line 2 column 2"),
        (r#"{"version":4,"resources":["s3cret"]}"#, "at line 1 column"),
        (r#"{"version":4,"resources":[]} trailing"#, "not valid JSON at line 1 column 30"),
        (r#"{"version":4,"version":4,"resources":[]}"#, "duplicate field `version`"),
    ] {
        refused(&text(content), expected);
    }
}

#[test]
fn what_is_no_instance_is_named() {
    let no_provider = r#"{"mode":"managed","type":"aws_vpc","name":"main","instances":[{"attributes":{}}]}"#;
    let hostile =
        r#"{"mode":"managed","type":"aws_vpc","name":"\u001b[31m","provider":"provider[\"a/b/c\"]","instances":[]}"#;
    let module = r#"{"module":"nothing","mode":"managed","type":"aws_vpc","name":"x","provider":"provider[\"a/b/c\"]","instances":[]}"#;
    let provider = r#"{"mode":"managed","type":"aws_vpc","name":"x","provider":"s3cret!","instances":[]}"#;
    let mode = r#"{"mode":"other","type":"aws_vpc","name":"x","provider":"provider[\"a/b/c\"]","instances":[]}"#;
    for (text, expected) in [
        (resource(&format!("{ONE},{ONE}")), "records `aws_vpc.main` twice"),
        (resource(r#"{"attributes_flat":{"id":"x"}}"#), "`attributes_flat`"),
        (resource("{}"), "it has no attributes"),
        (resource(r#"{"attributes":null}"#), "it has no attributes"),
        (resource(r#"{"attributes":[]}"#), "it has no attributes"),
        (resource(r#"{"index_key":{},"attributes":{}}"#), "an instance key is neither"),
        (resource(r#"{"index_key":-1,"attributes":{}}"#), "an instance key is neither"),
        (resource(r#"{"status":"odd","attributes":{}}"#), "status"),
        (resource(r#"{"sensitive_attributes":[["s3cret"]],"attributes":{}}"#), "sensitive_attributes"),
        (resource(r#"{"private":{"a":"s3cret"},"attributes":{}}"#), "shape of a state"),
        (state(no_provider), "no valid provider reference"),
        (state(hostile), "not an identifier"),
        (state(module), "module path"),
        (state(provider), "provider reference"),
        (state(mode), "its mode"),
    ] {
        refused(&text, expected);
    }
}

#[test]
fn deep_nesting_neither_overflows_nor_hides_the_id() {
    let deep = format!("{}{}", "[".repeat(1_000_000), "]".repeat(1_000_000));
    let content = resource(&format!(r#"{{"attributes":{{"a":{deep},"id":"vpc-1"}}}}"#));
    assert_eq!(parse(&content).unwrap().instances[0].id, "vpc-1");
    refused(&resource(&format!(r#"{{"sensitive_attributes":{deep},"attributes":{{}}}}"#)), "sensitive_attributes");
    refused(&text("{\"a\":".repeat(1_000_000)), "ends in the middle");
}

#[test]
fn a_byte_order_mark_is_no_obstacle() {
    let plain = resource(ONE);
    assert_eq!(parse(&text(format!("\u{feff}{}", plain.text))).unwrap().instances.len(), 1);
}

#[test]
fn sources_are_read() {
    let dir = tempfile::tempdir().unwrap();
    let base = dir.path();
    for name in [
        "a/terraform.tfstate",
        "b/terraform.tfstate",
        "b/c/deep.tfstate",
        "odd[1].tfstate",
        ".terraform/terraform.tfstate",
    ] {
        let path = base.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, &resource(ONE).text).unwrap();
    }
    let names =
        |source: &str| read(source, base).map(|texts| texts.iter().map(|text| text.source.clone()).collect::<Vec<_>>());
    for (source, expected) in [
        ("a/terraform.tfstate", vec!["a/terraform.tfstate"]),
        ("*/terraform.tfstate", vec!["a/terraform.tfstate", "b/terraform.tfstate"]),
        ("{b,a}/*.tfstate", vec!["a/terraform.tfstate", "b/terraform.tfstate"]),
        ("b/**/*.tfstate", vec!["b/c/deep.tfstate", "b/terraform.tfstate"]),
        ("**/*.tfstate", vec!["a/terraform.tfstate", "b/c/deep.tfstate", "b/terraform.tfstate", "odd[1].tfstate"]),
        ("odd[1].tfstate", vec!["odd[1].tfstate"]),
        ("./*/terraform.tfstate", vec!["./a/terraform.tfstate", "./b/terraform.tfstate"]),
    ] {
        assert_eq!(names(source), Ok(expected.into_iter().map(str::to_owned).collect()), "{source}");
    }
    let absolute = format!("{}/*/terraform.tfstate", base.display());
    assert_eq!(names(&absolute).unwrap().len(), 2);
    for (source, expected) in [
        ("missing.tfstate", StateProblem::NotFound),
        ("b", StateProblem::Directory),
        ("x/*.tfstate", StateProblem::NoMatch),
        ("a/*.json", StateProblem::NoMatch),
    ] {
        assert_eq!(names(source), Err(StateError { state: source.into(), problem: expected }));
    }
    assert!(matches!(names("a/[").unwrap_err().problem, StateProblem::BadPattern(_)));
}

#[test]
fn standard_input_is_read() {
    let plain = resource(ONE);
    let read = |bytes: &[u8]| read::read_from("-", Path::new("."), &mut &bytes[..]);
    assert_eq!(read(plain.text.as_bytes()).unwrap()[0].text, plain.text);
    assert_eq!(read(b"").unwrap_err().to_string(), "the state on standard input is empty");
    assert!(matches!(read(b"{\"version\":4,\"a\":\"\xff\"}").unwrap_err().problem, StateProblem::NotUtf8(18)));
    assert_eq!(read(b"\xff\xfe{\0").unwrap_err().problem, StateProblem::Utf16);
    assert_eq!(read(b"\x1f\x8b\x08").unwrap_err().problem, StateProblem::Compressed);
}

/// Yields one byte for ever, and counts what was taken.
struct Endless(u8, u64);

impl std::io::Read for Endless {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        buffer.fill(self.0);
        self.1 += buffer.len() as u64;
        Ok(buffer.len())
    }
}

#[test]
fn endless_nonsense_is_refused_at_its_beginning() {
    use std::io::Read;
    for (start, byte, expected) in [
        ("", 0, StateProblem::NotObject),
        ("", b' ', StateProblem::Empty),
        ("{\"", b'a', StateProblem::NotState),
        ("{", b' ', StateProblem::NotState),
        ("{\"x\":[", b'[', StateProblem::NotState),
        ("{", b'{', StateProblem::Syntax { line: 1, column: 2, reason: "key must be a string".into() }),
    ] {
        let mut endless = Endless(byte, 0);
        let problem = read::text(&mut start.as_bytes().chain(&mut endless), 0, MAX_STATE_BYTES).unwrap_err();
        assert_eq!(problem, expected);
        assert!(endless.1 <= 1 << 20, "{} bytes were taken", endless.1);
    }
    // What looks like a state and never ends stops at the limit.
    let mut endless = b"{\"version\":4,\"x\":\"".chain(Endless(b'a', 0));
    assert_eq!(read::text(&mut endless, 0, 1 << 20), Err(StateProblem::TooLarge));
    // A length beyond the limit is not read at all.
    let mut large = b"{\"version\":4,\"x\":\"".chain(Endless(b'a', 0));
    assert_eq!(read::text(&mut large, MAX_STATE_BYTES + 1, MAX_STATE_BYTES), Err(StateProblem::TooLarge));
}

#[test]
fn failures_to_read_are_named() {
    use std::io::{Error, ErrorKind};
    for (kind, expected) in [
        (ErrorKind::PermissionDenied, StateProblem::Denied),
        (ErrorKind::NotFound, StateProblem::NotFound),
        (ErrorKind::IsADirectory, StateProblem::Directory),
        (ErrorKind::TimedOut, StateProblem::Unreadable("timed out".into())),
    ] {
        assert_eq!(error::io_problem(&Error::from(kind)), expected);
    }
}
