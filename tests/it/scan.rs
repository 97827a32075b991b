//! `driftline scan` without a cloud: bad input, what is said about it, and the exit code.

use crate::harness::{Repository, Run, finish, isolated};
use serde_json::{Value, json};
use std::io::Write;
use std::process::Stdio;

const CONFIGURATION: &str = r#"
resource "local_file" "one" {
  triggers = { a = "1" }
}
"#;

/// A state of a provider that nobody reads, so that the same holds with and without the AWS SDK.
fn state(instances: usize) -> String {
    let resources: Vec<Value> = (0..instances)
        .map(|index| {
            json!({
                "mode": "managed", "type": "local_file", "name": (["one", "two", "three"][index]),
                "provider": "provider[\"registry.terraform.io/hashicorp/local\"]",
                "instances": [{"schema_version": 0, "attributes": {"id": format!("{index}"), "triggers": {"a": "1"}}, "sensitive_attributes": []}]
            })
        })
        .collect();
    json!({"version": 4, "terraform_version": "1.11.4", "serial": 3, "lineage": "5f1c", "outputs": {}, "resources": resources, "check_results": null}).to_string()
}

fn repository() -> Repository {
    let repository = Repository::with(&[("main.tf", CONFIGURATION), (".gitignore", "*.tfstate\n")]);
    repository.write("terraform.tfstate", state(1));
    repository
}

/// An error: exit 1, nothing on standard output, the thing and the way out on standard error, once.
#[track_caller]
fn check_error(run: &Run, parts: &[&str]) {
    assert_eq!((run.code, run.stdout.as_str()), (1, ""), "{}", run.stderr);
    for part in parts {
        assert_eq!(run.stderr.matches(part).count(), 1, "`{part}` in: {}", run.stderr);
    }
    assert!(run.stderr.starts_with("error: ") && !run.stderr.contains("panicked"), "{}", run.stderr);
}

#[test]
fn what_no_reader_serves_is_unknown_and_the_scan_incomplete() {
    let run = repository().driftline(&["scan", "--report", "json"]);
    let report = run.json();
    assert_eq!((run.code, &report["summary"]["unknown"]), (3, &json!(1)), "{report:#}");
    assert_eq!(report["coverage"][0]["status"], json!("unsupported"));
    assert_eq!(report["findings"][0]["address"], json!("local_file.one"));
    assert_eq!(report["findings"][0]["source"]["start_line"], json!(2));
}

#[test]
fn an_empty_state_is_said_and_what_is_declared_is_pending() {
    let repository = repository();
    repository.write("terraform.tfstate", state(0));
    let run = repository.driftline(&["scan", "--report", "json"]);
    let report = run.json();
    assert_eq!((run.code, &report["summary"]["pending_create"]), (0, &json!(1)), "{report:#}");
    assert_eq!(report["notices"][0]["code"], json!("empty-state"));
}

#[test]
fn no_git_repository() {
    let dir = tempfile::tempdir().expect("a temporary folder");
    let mut command = isolated(env!("CARGO_BIN_EXE_driftline"), dir.path());
    command.arg("scan").env("GIT_CEILING_DIRECTORIES", dir.path());
    check_error(&finish(command), &["no git repository", "hint: "]);
}

#[test]
fn no_commit_no_configuration_no_state() {
    let empty = Repository::new();
    check_error(&empty.driftline(&["scan"]), &["has no commit yet", "hint: "]);
    let other = Repository::with(&[("README", "nothing here")]);
    check_error(&other.driftline(&["scan"]), &["no Terraform configuration", "hint: "]);
    let stateless = Repository::with(&[("main.tf", CONFIGURATION)]);
    check_error(&stateless.driftline(&["scan"]), &["terraform.tfstate", "hint: "]);
    check_error(
        &stateless.driftline(&["scan", "--ref", "no-such-branch"]),
        &["`no-such-branch` does not name a commit", "hint: "],
    );
}

#[test]
fn a_backend_that_is_not_read_says_how_to_pipe() {
    let backend = "terraform {\n  backend \"oss\" {\n    bucket = \"b\"\n  }\n}\n";
    let repository = Repository::with(&[("main.tf", CONFIGURATION), ("backend.tf", backend)]);
    check_error(&repository.driftline(&["scan"]), &["the oss backend of `.`", "terraform state pull"]);
}

#[test]
fn state_from_standard_input() {
    let repository = repository();
    std::fs::remove_file(repository.path().join("terraform.tfstate")).expect("a removed state");
    let mut command = repository.command(&["scan", "--state", "-", "--report", "json"]);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("the program runs");
    child.stdin.take().expect("a pipe").write_all(state(1).as_bytes()).expect("a written state");
    let output = child.wait_with_output().expect("the program ends");
    let report: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!((output.status.code(), &report["summary"]["resources"]), (Some(3), &json!(1)));
}

#[test]
fn what_is_no_state_is_named() {
    let repository = repository();
    for (name, text, part) in [
        ("empty", "".to_owned(), "empty"),
        ("old", json!({"version": 3, "serial": 1, "lineage": "x", "modules": []}).to_string(), "version 3"),
        (
            "cache",
            json!({"version": 3, "terraform_version": "1.11.4", "backend": {"type": "s3", "config": {}}}).to_string(),
            "backend",
        ),
        (
            "encrypted",
            json!({"serial": 1, "lineage": "x", "meta": {}, "encrypted_data": "AAAA", "encryption_version": "v0"})
                .to_string(),
            "encrypted",
        ),
        ("cut", state(1)[..200].to_owned(), "line 1"),
        ("nonsense", "\u{0}\u{1}".repeat(5000), "nonsense"),
    ] {
        let path = repository.write(&format!("{name}.tfstate"), text);
        let run = repository.driftline(&["scan", "--state", &path.to_string_lossy()]);
        check_error(&run, &["hint: "]);
        assert!(run.stderr.contains(part), "{name}: {}", run.stderr);
    }
}

#[test]
fn a_huge_file_of_nonsense_is_refused_without_reading_it() {
    let repository = repository();
    let path = repository.path().join("huge.tfstate");
    std::fs::File::create(&path).and_then(|file| file.set_len(1 << 30)).expect("a sparse file");
    let begun = std::time::Instant::now();
    check_error(&repository.driftline(&["scan", "--state", "huge.tfstate"]), &["huge.tfstate", "hint: "]);
    assert!(begun.elapsed().as_secs() < 20);
}

#[test]
fn malformed_configuration_shows_its_place_and_the_rest_is_scanned() {
    let repository = Repository::with(&[
        ("main.tf", CONFIGURATION),
        ("broken.tf", "locals {\n  a = [1,\n}\n"),
        (".gitignore", "*.tfstate\n"),
    ]);
    repository.write("terraform.tfstate", state(2));
    let run = repository.driftline(&["scan", "--report", "json"]);
    let report = run.json();
    assert_eq!(run.code, 3);
    let notice = &report["notices"][0];
    assert_eq!((&notice["code"], &notice["incomplete"]), (&json!("configuration"), &json!(true)), "{report:#}");
    let text = notice["text"].as_str().unwrap_or("");
    assert!(text.contains("broken.tf") && text.contains('^'), "{text}");
    // `two` may be declared in what could not be read: it is not about to be removed.
    assert_eq!(report["summary"]["pending_removal"], json!(0));
}

#[test]
fn the_working_tree_does_not_count() {
    let repository = repository();
    repository.write("main.tf", "this is not committed {");
    assert_eq!(repository.driftline(&["scan", "--report", "json"]).json()["notices"], json!([]));
}

#[test]
fn usage_errors_exit_with_1() {
    let repository = repository();
    for arguments in [
        &["scan", "--report", "xml"][..],
        &["scan", "--report", "json", "--report", "text"],
        &["scan", "--no-such-flag"],
        &["scan", "--live", "a", "--record", "b"],
        &[],
    ] {
        let run = repository.driftline(arguments);
        assert_eq!((run.code, run.stdout.as_str()), (1, ""), "{arguments:?}: {}", run.stderr);
    }
    assert_eq!(repository.driftline(&["--help"]).code, 0);
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_and_a_closed_pipe() {
    let repository = repository();
    let run = repository.driftline(&["scan", "--report", "json=/dev/full"]);
    assert_eq!(run.code, 1, "{}", run.stderr);
    assert!(run.stderr.contains("/dev/full") && !run.stderr.contains("panicked"), "{}", run.stderr);
    let mut command = repository.command(&["scan"]);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the program runs");
    drop(child.stdout.take());
    let output = child.wait_with_output().expect("the program ends");
    let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!stderr.contains("panicked"), "{stderr}");
    assert_eq!(output.status.code(), Some(3), "{stderr}");
}

#[test]
fn the_same_inputs_give_the_same_bytes() {
    let repository = repository();
    let scan = || {
        let mut report = repository.driftline(&["scan", "--report", "json"]).json();
        for key in ["id", "started_at", "finished_at"] {
            report["scan"][key] = Value::Null;
        }
        report.to_string()
    };
    assert_eq!(scan(), scan());
}

#[test]
fn what_exists_in_state_only_is_compared_with_what_is_declared() {
    let repository = Repository::new();
    let main = "locals {\n  release = \"two\"\n}\n\nresource \"terraform_data\" \"release\" {\n  input = local.release\n}\n\n\
                resource \"random_password\" \"a\" {\n  length = 20\n}\n\n\
                resource \"terraform_data\" \"follower\" {\n  lifecycle {\n    replace_triggered_by = [terraform_data.release]\n  }\n}\n";
    repository.write("main.tf", main);
    let dressed = |text: &str| json!({"value": text, "type": "string"});
    let resource = |kind: &str, name: &str, provider: &str, attributes: Value| {
        json!({
            "mode": "managed", "type": kind, "name": name, "provider": format!("provider[\"{provider}\"]"),
            "instances": [{"schema_version": 0, "attributes": attributes, "sensitive_attributes": []}]
        })
    };
    let builtin = "terraform.io/builtin/terraform";
    let random = "registry.terraform.io/hashicorp/random";
    let plain = json!({"id": "a", "input": dressed("one"), "output": dressed("one"), "triggers_replace": null});
    let follower = json!({"id": "b", "input": null, "output": null, "triggers_replace": null});
    // The provider calls every password `none`.
    let password = |length: u64| json!({"id": "none", "length": length, "result": "never printed"});
    let state = json!({
        "version": 4, "terraform_version": "1.11.4", "serial": 1, "lineage": "l", "outputs": {},
        "resources": [
            resource("terraform_data", "release", builtin, plain), resource("terraform_data", "follower", builtin, follower),
            resource("random_password", "a", random, password(20)), resource("random_password", "b", random, password(30)),
        ]
    });
    repository.write("terraform.tfstate", state.to_string());
    repository.commit("release");
    let run = repository.driftline(&["scan", "--report", "json"]);
    let report = run.json();
    let kinds: Vec<(&str, &str)> = report["findings"]
        .as_array()
        .expect("findings")
        .iter()
        .map(|finding| (finding["address"].as_str().unwrap_or(""), finding["kind"].as_str().unwrap_or("")))
        .collect();
    let expected = [
        ("random_password.b", "pending_removal"),
        ("terraform_data.follower", "unapplied"),
        ("terraform_data.release", "unapplied"),
    ];
    assert_eq!((run.code, kinds.as_slice()), (0, expected.as_slice()), "{report:#}");
    let attribute = &report["findings"][2]["attributes"][0];
    assert_eq!((&attribute["declared"], &attribute["recorded"]), (&json!("two"), &json!("one")));
    let contributing = &attribute["contributing"][0];
    assert_eq!((&contributing["what"], &contributing["source"]["start_line"]), (&json!("local.release"), &json!(2)));
    assert_eq!(contributing["approving_commit"], report["scan"]["repository"]["commit"]);
    assert!(!report.to_string().contains("never printed"));

    // Another workspace's state has the same addresses, and other values.
    let other = state.to_string().replace("\"one\"", "\"three\"").replace("\"l\"", "\"m\"");
    repository.write("other.tfstate", other);
    let record = repository.path().join("recorded");
    let run = repository.driftline(&[
        "scan",
        "--state",
        "terraform.tfstate",
        "--state",
        "other.tfstate",
        "--record",
        &record.to_string_lossy(),
        "--report",
        "json",
    ]);
    assert_eq!((run.code, &run.json()["summary"]["changed"]), (0, &json!(0)), "{}", run.stdout);
    for entry in std::fs::read_dir(&record).expect("the recording") {
        let text = std::fs::read_to_string(entry.expect("an entry").path()).expect("a file");
        assert!(!text.contains("never printed"), "{text}");
    }
    let text = repository.driftline(&["show", "random_password.a"]).stdout;
    assert!(text.contains("length") && !text.contains("never printed"), "{text}");
}

#[test]
fn an_expression_without_a_value_is_told_with_its_line_and_the_rest_is_scanned() {
    let repository = repository();
    repository.write("net/main.tf", "output \"x\" {\n  value = [1, 2][7]\n}\n");
    repository.write("net.tf", "module \"net\" {\n  source = \"./net\"\n}\n");
    repository.commit("net");
    let report = repository.driftline(&["scan", "--report", "json"]).json();
    let notice = report["notices"].as_array().expect("notices").iter().find(|one| one["code"] == "not-evaluated");
    let text = notice.and_then(|notice| notice["text"].as_str()).unwrap_or_else(|| panic!("{report:#}"));
    assert!(text.starts_with("net/main.tf:2:11: ") && text.contains("value = [1, 2][7]"), "{text}");
    assert_eq!(report["summary"]["resources"], json!(1));
}

#[test]
fn the_schema_fits_the_report() {
    let repository = repository();
    let schema: Value = serde_json::from_str(&repository.driftline(&["schema"]).stdout).expect("JSON");
    let validator = jsonschema::validator_for(&schema).expect("a schema");
    let report = repository.driftline(&["scan", "--report", "json"]).json();
    let complaints: Vec<String> = validator.iter_errors(&report).map(|error| error.to_string()).collect();
    assert!(complaints.is_empty(), "{complaints:?}");
}

#[test]
fn demo_shows_drift_its_approver_and_its_place() {
    let dir = tempfile::tempdir().expect("a temporary folder");
    let mut command = isolated(env!("CARGO_BIN_EXE_driftline"), dir.path());
    command.args(["demo", "--report", "text", "--report", "json=demo.json"]);
    let run = finish(command);
    assert_eq!(run.code, 2, "{}", run.stderr);
    for part in ["aws_security_group.web", "live/firewall.tf", "Grace Reviewer", "#4"] {
        assert!(run.stdout.contains(part), "`{part}` in: {}", run.stdout);
    }
    let report = std::fs::read_to_string(dir.path().join("demo.json")).expect("a report");
    let report: Value = serde_json::from_str(&report).expect("JSON");
    let findings = report["findings"].as_array().expect("findings");
    let of =
        |address: &str| findings.iter().find(|finding| finding["address"] == address).expect("the finding").clone();
    assert_eq!(of("aws_security_group.web")["attribution"]["segregation"], json!("pass"));
    assert_eq!(of("aws_instance.web")["attribution"]["segregation"], json!("fail"));
    assert_eq!(of("aws_vpc_endpoint.s3")["attribution"]["segregation"], json!("unknown"));
    assert_eq!(of("module.network.aws_route.out")["kind"], json!("missing"));
    assert_eq!(report["summary"]["pending_create"], json!(1));
}

#[test]
fn unmanaged_objects_are_left_out_on_request_and_that_is_said() {
    let dir = tempfile::tempdir().expect("a temporary folder");
    let demo = |arguments: &[&str]| {
        let mut command = isolated(env!("CARGO_BIN_EXE_driftline"), dir.path());
        command.args(arguments);
        finish(command)
    };
    assert_eq!(demo(&["demo", "--keep", "kept"]).code, 2);
    let unmanaged = |report: &Value| -> Vec<String> {
        let findings = report["findings"].as_array().expect("findings").iter();
        let unmanaged = findings.filter(|one| one["kind"] == "unmanaged" && one["default_object"] == false);
        unmanaged
            .map(|one| format!("{}:{}", one["type"].as_str().unwrap_or(""), one["object_id"].as_str().unwrap_or("")))
            .collect()
    };
    let scan = |arguments: &[&str]| {
        let state = ["scan", "kept/live", "--state", "kept/live/terraform.tfstate", "--live", "kept/recording"];
        demo(&[&state[..], &["--report", "json"], arguments].concat())
    };
    let all = unmanaged(&scan(&["--unmanaged"]).json());
    let first = all.first().expect("the example has an unmanaged object");
    let run = scan(&["--unmanaged", "--ignore", first, "--ignore", "aws_odd*"]).json();
    assert_eq!(unmanaged(&run), all[1..]);
    let notices: Vec<&str> =
        run["notices"].as_array().expect("notices").iter().filter_map(|one| one["text"].as_str()).collect();
    assert!(notices.iter().any(|text| text.contains(&format!("`--ignore {first}`: 1 of"))), "{notices:?}");
    assert!(notices.iter().any(|text| text.contains("`--ignore aws_odd*`: 0 of")), "{notices:?}");
    for arguments in
        [&["--unmanaged", "--ignore", "["][..], &["--ignore", "aws_vpc"], &["--unmanaged", "--scope", "EU!"]]
    {
        let run = scan(arguments);
        assert_eq!((run.code, run.stdout.as_str()), (1, ""), "{arguments:?} {}", run.stderr);
    }
}
