//! `driftline scan --activity`: who changed live what drifted, out of a trail's files, beside a recording of live objects.

use crate::harness::{Repository, Run, finish, isolated};
use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::{Value, json};
use std::io::Write;
use std::path::{Path, PathBuf};

/// The example, kept in a folder of its own.
struct Example {
    dir: tempfile::TempDir,
}

impl Example {
    fn new() -> Self {
        let dir = tempfile::tempdir().expect("a temporary folder");
        let example = Self { dir };
        let run = example.run(&["demo", "--keep", "example"]);
        assert_eq!(run.code, 2, "{}", run.stderr);
        example
    }

    fn path(&self) -> PathBuf {
        self.dir.path().join("example")
    }

    fn run(&self, arguments: &[&str]) -> Run {
        let mut command = isolated(env!("CARGO_BIN_EXE_driftline"), self.dir.path());
        command.args(arguments);
        finish(command)
    }

    /// Scans the example's recording with these sources.
    fn scan(&self, report: &str, sources: &[&str]) -> Run {
        let mut arguments =
            vec!["scan", "example/live", "--live", "example/recording", "--unmanaged", "--report", report];
        sources.iter().for_each(|source| arguments.extend(["--activity", source]));
        self.run(&arguments)
    }
}

fn finding<'r>(report: &'r Value, name: &str) -> &'r Value {
    let findings = report["findings"].as_array().expect("findings");
    findings.iter().find(|finding| finding["address"] == name || finding["object_id"] == name).expect("the finding")
}

/// Who, with what and what was set, of each change.
fn changes(finding: &Value) -> Vec<Value> {
    let changes = finding["activity"]["changes"].as_array().expect("changes").iter();
    changes.map(|change| json!([change["who"], change["tool"], change["action"], change["sets"]])).collect()
}

#[test]
fn the_example_says_who_approved_and_who_changed_it_live() {
    let example = Example::new();
    let text = example.run(&["demo"]).stdout;
    for part in [
        "approved by Grace Reviewer <grace@example.com>",
        "changed live by olive.oncall@example.com (role AdministratorAccess, console) 2026-04-05 03:12 UTC",
        "no apply since 2026-03-05 09:00 UTC",
        "made by contractor-7 (command line) 2026-04-06 17:30 UTC: ec2:CreateSecurityGroup",
    ] {
        assert!(text.contains(part), "{part} in {text}");
    }
    let report = example.scan("json", &["example/trail"]).json();
    let olive = "olive.oncall@example.com";
    for (name, expected) in [
        ("aws_instance.web", json!(["mel@example.com", "cli", "ec2:ModifyInstanceAttribute", ["source_dest_check"]])),
        ("aws_security_group.web", json!([olive, "console", "ec2:AuthorizeSecurityGroupIngress", ["ingress"]])),
        ("aws_vpc_endpoint.s3", json!(["ledger-export", "sdk", "ec2:ModifyVpcEndpoint", ["policy"]])),
        ("module.network.aws_route.out", json!([olive, "console", "ec2:DeleteRoute", []])),
        ("module.network.aws_route_table.private", json!([olive, "console", "ec2:DeleteRoute", ["route"]])),
        (
            "module.network.aws_subnet.private[\"b\"]",
            json!(["cost-tagger", "sdk", "ec2:CreateTags", ["tags[\"Team\"]"]]),
        ),
    ] {
        let finding = finding(&report, name);
        assert_eq!(changes(finding), [expected], "{name}");
        assert_eq!(finding["activity"]["last_apply"]["who"], "deploy", "{name}");
        assert_eq!(finding["activity"]["gap"], Value::Null, "{name}");
    }
    let debug = finding(&report, "sg-8a8e9b22f216c349d");
    assert_eq!(changes(debug), [json!(["contractor-7", "cli", "ec2:CreateSecurityGroup", []])]);
}

#[test]
fn nothing_is_told_where_nothing_is_asked_and_the_same_is_told_twice() {
    let example = Example::new();
    let report = example.scan("json", &[]).json();
    assert_eq!(finding(&report, "aws_instance.web")["activity"], Value::Null);
    let once = example.scan("json", &["example/trail"]);
    let twice = example.scan("json", &["example/trail", "example/trail"]);
    let timeless = |run: &Run| {
        let mut report = run.json();
        report["scan"] = Value::Null;
        report.to_string()
    };
    assert_eq!(timeless(&once), timeless(&twice));
    assert_eq!(timeless(&once), timeless(&example.scan("json", &["example/trail"])));
}

#[test]
fn a_source_that_cannot_be_read_is_a_notice_and_changes_no_verdict() {
    let example = Example::new();
    std::fs::create_dir(example.path().join("empty")).expect("a folder");
    for (source, part) in [
        ("nowhere", "`nowhere` cannot be read"),
        ("example/empty", "holds no file of a trail"),
        ("cloudtrail", "not in the recording"),
        ("s3://logs-example/p", "not in the recording"),
    ] {
        let run = example.scan("json", &[source]);
        let report = run.json();
        assert_eq!((run.code, &report["scan"]["complete"]), (2, &json!(true)), "{source}");
        let notice = &report["notices"][0];
        assert_eq!((&notice["code"], &notice["incomplete"]), (&json!("activity"), &json!(false)), "{source}");
        assert!(notice["text"].as_str().is_some_and(|text| text.contains(part)), "{source}: {notice}");
        assert!(finding(&report, "aws_instance.web")["activity"]["gap"].is_string(), "{source}");
    }
    let run = example.scan("json", &["ftp://x"]);
    assert_eq!(run.code, 1, "{}", run.stdout);
}

fn packed(path: &Path, bytes: &[u8]) {
    let mut encoder = GzEncoder::new(std::fs::File::create(path).expect("a file"), Compression::best());
    encoder.write_all(bytes).expect("a written file");
    encoder.finish().expect("a written file");
}

#[test]
fn hostile_trails_are_inert() {
    let example = Example::new();
    let folder = example.dir.path().join("hostile");
    std::fs::create_dir(&folder).expect("a folder");
    let bad = "\u{1b}[31mann\u{202e}\u{9b}2J\n<script>[x](https://example.com)";
    let state: Value =
        serde_json::from_slice(&std::fs::read(example.path().join("live/terraform.tfstate")).expect("a state"))
            .expect("JSON");
    let group = state["resources"].as_array().into_iter().flatten().find(|one| one["type"] == "aws_security_group");
    let group = group.expect("a group")["instances"][0]["attributes"]["id"].clone();
    let record = json!({
        "eventID": bad, "eventTime": "2026-04-05T03:12:44Z", "awsRegion": "eu-west-1", "recipientAccountId": "123456789012",
        "eventSource": "ec2.amazonaws.com", "eventName": format!("AuthorizeSecurityGroupIngress{bad}"), "userAgent": bad,
        "sourceIPAddress": bad, "userIdentity": {"type": "IAMUser", "userName": bad, "arn": bad},
        "requestParameters": {"groupId": group, "password": "do-not-print", bad: bad}, "readOnly": false,
    });
    packed(&folder.join("a.json.gz"), json!({"Records": [record]}).to_string().as_bytes());
    let deep = format!(
        "{{\"Records\": [{{\"eventTime\": \"2026-04-05T03:12:44Z\", \"awsRegion\": \"eu-west-1\", \"x\": {}\"{group}\"{}}}]}}",
        "[".repeat(9000),
        "]".repeat(9000)
    );
    std::fs::write(folder.join("deep.json"), deep.replace("\"\"", "\"")).expect("a file");
    for report in ["text", "json", "sarif"] {
        let mut arguments =
            vec!["scan", "example/live", "--live", "example/recording", "--report", report, "--activity", "hostile"];
        if report == "sarif" {
            arguments.extend(["--sarif-previous", "none"]);
        }
        let run = example.run(&arguments);
        assert_eq!(run.code, 2, "{report}: {}", run.stderr);
        let steers = |letter: char| letter != '\n' && (letter.is_control() || letter == '\u{202e}');
        assert!(!run.stdout.contains(steers), "{report}");
        assert!(!run.stdout.contains("do-not-print"), "{report}");
        assert!(!run.stderr.contains("panicked"), "{report}: {}", run.stderr);
        if report == "json" {
            let report = run.json();
            assert_eq!(finding(&report, "aws_security_group.web")["activity"]["changes"][0]["who"], bad);
            let notices = report["notices"].to_string();
            assert!(notices.contains("records that are not of the form that CloudTrail documents: 1"), "{notices}");
        }
    }
}

#[test]
fn a_file_that_swells_without_end_is_given_up() {
    let example = Example::new();
    let folder = example.dir.path().join("bomb");
    std::fs::create_dir(&folder).expect("a folder");
    let mebibyte = example.dir.path().join("member");
    packed(&mebibyte, &vec![b' '; 1 << 20]);
    // A packed file may have any number of members.
    std::fs::write(folder.join("a.json.gz"), std::fs::read(mebibyte).expect("a file").repeat(1 << 10)).expect("a file");
    let run = example.scan("json", &["bomb"]);
    let notices = run.json()["notices"].to_string();
    assert!(run.code == 2 && notices.contains("unpacks to more than 256 MiB"), "{notices}");
}

#[test]
fn what_no_trail_is_known_of_is_said() {
    let repository =
        Repository::with(&[("main.tf", "resource \"local_file\" \"one\" {}\n"), (".gitignore", "*.tfstate\n")]);
    let state = json!({"version": 4, "terraform_version": "1.11.4", "serial": 3, "lineage": "5f1c", "outputs": {}, "check_results": null,
        "resources": [{"mode": "managed", "type": "local_file", "name": "one", "provider": "provider[\"registry.terraform.io/hashicorp/local\"]",
            "instances": [{"schema_version": 0, "attributes": {"id": "0"}, "sensitive_attributes": []}]}]});
    repository.write("terraform.tfstate", state.to_string());
    let run = repository.driftline(&["scan", "--report", "json", "--activity", "cloudtrail"]);
    let report = run.json();
    assert_eq!(
        (run.code, &report["findings"][0]["activity"]),
        (3, &Value::Null),
        "what is unknown did not drift: nothing is asked"
    );
}
