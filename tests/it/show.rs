//! `driftline show`: everything that is known of a resource, and where it comes from.

use crate::harness::{Repository, Run};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// The network stack of the conformance suite, in a repository of its own.
fn stack() -> Repository {
    fn add(repository: &Repository, from: &Path, to: &str) {
        for entry in std::fs::read_dir(from).expect("the stack") {
            let entry = entry.expect("an entry");
            let to = format!("{to}{}", entry.file_name().to_string_lossy());
            match entry.path().is_dir() {
                true => add(repository, &entry.path(), &format!("{to}/")),
                false => drop(repository.write(&to, std::fs::read(entry.path()).expect("a file"))),
            }
        }
    }
    let repository = Repository::new();
    add(&repository, &root().join("tests/conformance/stack"), "");
    repository.commit("stack");
    repository
}

fn show(repository: &Repository, arguments: &[&str]) -> Run {
    let state = root().join("testdata/conformance/settled.tfstate");
    let state = state.to_string_lossy();
    repository.driftline(&[&["show", "--state", &state], arguments].concat())
}

fn attribute<'a>(resource: &'a Value, name: &str) -> &'a Value {
    let attributes = resource["attributes"].as_array().expect("attributes");
    attributes.iter().find(|one| one["name"] == name).unwrap_or_else(|| panic!("{name} in {resource:#}"))
}

#[test]
fn declared_recorded_and_live_with_their_origins() {
    let repository = stack();
    let live = root().join("testdata/conformance/recordings/mutated");
    let address = "module.network[\"green/2 b\"].aws_vpc.main";
    let run = show(&repository, &[address, "--live", &live.to_string_lossy(), "--report", "json"]);
    assert_eq!(run.code, 0, "{}", run.stderr);
    let document = run.json();
    let schema: Value = serde_json::from_str(&repository.driftline(&["schema", "show"]).stdout).expect("JSON");
    let validator = jsonschema::validator_for(&schema).expect("a schema");
    let complaints: Vec<String> = validator.iter_errors(&document).map(|error| error.to_string()).collect();
    assert!(complaints.is_empty(), "{complaints:?}");
    let resource = &document["resources"][0];
    assert_eq!(document["resources"].as_array().map(Vec::len), Some(1));
    assert_eq!(
        (&resource["address"], &resource["kind"], &resource["live"]),
        (&json!(address), &json!("changed"), &json!("read"))
    );
    let names = attribute(resource, "enable_dns_hostnames");
    assert_eq!(
        (&names["declared"], &names["recorded"], &names["live"], &names["differs"]),
        (&json!(true), &json!(true), &json!(false), &json!(true))
    );
    let cidr = attribute(resource, "cidr_block");
    assert_eq!((&cidr["declared"], &cidr["differs"]), (&json!("10.20.0.0/16"), &json!(false)));
    assert_eq!(cidr["source"]["file"], "modules/network/main.tf");
    assert_eq!(cidr["contributing"][0]["what"], "module.network.var.cidr");
    assert_eq!(cidr["contributing"][0]["source"]["file"], "main.tf");

    let text = show(&repository, &[address, "--live", &live.to_string_lossy()]).stdout;
    let first: Vec<&str> = text.lines().take(9).collect();
    assert_eq!(first[0], format!("{address}: changed"));
    assert_eq!(
        first[4..],
        [
            "  lifecycle ignore_changes tags[\"Rotation\"]",
            "  enable_dns_hostnames  differs",
            "    declared  true  ← modules/network/main.tf:4",
            "    recorded  true",
            "    live      false",
        ]
    );
}

/// Nothing of the stack depends on what nobody can know, so every declared value is known.
#[test]
fn no_declared_value_of_a_stack_is_unexplained() {
    let run = show(&stack(), &["--offline", "--report", "json"]);
    let document = run.json();
    let resources = document["resources"].as_array().expect("resources");
    assert!(resources.len() > 100, "{}", resources.len());
    for resource in resources {
        assert_eq!((&resource["live"], &resource["kind"]), (&json!("not_asked"), &Value::Null), "{resource:#}");
        for attribute in resource["attributes"].as_array().expect("attributes") {
            assert_eq!(attribute["not_known_because"], json!([]), "{}: {attribute:#}", resource["address"]);
        }
    }
    let list = show(&stack(), &[]).stdout;
    assert_eq!(list.lines().count(), resources.len());
}

#[test]
fn what_is_not_known_says_why_and_what_is_sensitive_is_not_printed() {
    let repository = Repository::with(&[
        (
            "main.tf",
            "variable \"secret\" {\n  sensitive = true\n  default   = \"hunter2\"\n}\n\
             resource \"terraform_data\" \"x\" {\n  input            = \"${var.secret}-x\"\n  triggers_replace = [aws_vpc.gone.id, timestamp()]\n}\n\
             resource \"aws_vpc\" \"gone\" {}\n",
        ),
        (".gitignore", "*.tfstate\n"),
    ]);
    let state = json!({"version": 4, "terraform_version": "1.11.4", "serial": 1, "lineage": "a", "outputs": {}, "resources": []});
    repository.write("terraform.tfstate", state.to_string());
    for report in ["text", "json"] {
        let run = repository.driftline(&["show", "terraform_data.x", "--offline", "--report", report]);
        assert_eq!(run.code, 0, "{}", run.stderr);
        assert!(!run.stdout.contains("hunter2"), "{}", run.stdout);
        assert!(run.stdout.contains("aws_vpc.gone is not known"), "{}", run.stdout);
        assert!(run.stdout.contains("sensitive"), "{}", run.stdout);
    }
}

#[test]
fn bad_input_is_told() {
    let repository = stack();
    for (arguments, part) in [
        (vec!["aws_vpc.nope", "--offline"], "neither declared nor recorded"),
        (vec!["not an address"], "address"),
        (vec!["aws_vpc.x", "--report", "sarif"], "text or json"),
    ] {
        let run = show(&repository, &arguments);
        assert_eq!((run.code, run.stdout.as_str()), (1, ""), "{}", run.stderr);
        assert!(run.stderr.contains(part), "{}", run.stderr);
    }
}
