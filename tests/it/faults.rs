//! What can go wrong while reading live objects: each costs only itself, and none looks like health or like deletion.

use crate::endpoint::{Answer, Endpoint, caller, list};
use crate::harness::{Repository, Run, finish};
use serde_json::{Value, json};

const ACCOUNT: &str = "123456789012";

/// A state with one customer gateway and one internet gateway, as the real provider records them.
fn state() -> String {
    let kept = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/testdata/conformance/settled.tfstate"));
    let mut state: Value = serde_json::from_str(&kept.expect("a kept state")).expect("JSON");
    let resources = state["resources"].as_array_mut().expect("resources");
    let wanted = |resource: &Value| {
        resource.get("module").is_none()
            && matches!(resource["type"].as_str(), Some("aws_customer_gateway" | "aws_internet_gateway"))
    };
    resources.retain(wanted);
    for resource in resources.iter_mut() {
        resource["instances"].as_array_mut().expect("instances").truncate(1);
        resource["instances"][0].as_object_mut().expect("an instance").remove("index_key");
    }
    assert_eq!(resources.len(), 2);
    state.to_string()
}

const CONFIGURATION: &str = r#"
terraform {
  backend "local" {}
}

provider "aws" {
  region = "us-east-1"
}

resource "aws_customer_gateway" "branch" {
  bgp_asn    = 65000
  ip_address = "203.0.113.10"
  type       = "ipsec.1"
  tags       = { Name = "branch0" }
}

resource "aws_internet_gateway" "adopted" {
  vpc_id = "VPC"
}
"#;

/// The configuration that the state was applied from.
fn configuration() -> String {
    CONFIGURATION.replace("VPC", recorded("aws_internet_gateway")["vpc_id"].as_str().unwrap_or(""))
}

/// What state recorded of the one resource of a type.
fn recorded(resource_type: &str) -> Value {
    let state: Value = serde_json::from_str(&state()).expect("JSON");
    let resources = state["resources"].as_array().expect("resources");
    let resource = resources.iter().find(|resource| resource["type"] == resource_type).expect("the resource");
    resource["instances"][0]["attributes"].clone()
}

fn tags(pairs: &[(&str, &str)]) -> String {
    let items = pairs.iter().map(|(key, value)| format!("<item><key>{key}</key><value>{value}</value></item>"));
    format!("<tagSet>{}</tagSet>", items.collect::<String>())
}

/// Answers as an account in which nothing changed.
fn healthy(action: &str) -> Answer {
    let all_tags = |attributes: &Value| {
        let entries = attributes["tags_all"].as_object().expect("tags");
        let pairs: Vec<(&str, &str)> =
            entries.iter().map(|(key, value)| (key.as_str(), value.as_str().unwrap_or(""))).collect();
        tags(&pairs)
    };
    match action {
        "GetCallerIdentity" => caller(ACCOUNT),
        "DescribeCustomerGateways" => {
            let gateway = recorded("aws_customer_gateway");
            list(
                action,
                "customerGatewaySet",
                &format!(
                    "<item><customerGatewayId>{}</customerGatewayId><state>available</state><type>ipsec.1</type>\
                     <ipAddress>203.0.113.10</ipAddress><bgpAsn>65000</bgpAsn>{}</item>",
                    gateway["id"].as_str().unwrap_or(""),
                    all_tags(&gateway)
                ),
            )
        }
        "DescribeInternetGateways" => {
            let gateway = recorded("aws_internet_gateway");
            list(
                action,
                "internetGatewaySet",
                &format!(
                    "<item><internetGatewayId>{}</internetGatewayId><ownerId>{ACCOUNT}</ownerId><attachmentSet><item>\
                     <vpcId>{}</vpcId><state>available</state></item></attachmentSet>{}</item>",
                    gateway["id"].as_str().unwrap_or(""),
                    gateway["vpc_id"].as_str().unwrap_or(""),
                    all_tags(&gateway)
                ),
            )
        }
        _ => Answer::Error(400, "InvalidAction", "not in this test"),
    }
}

/// Scans the two gateways against an endpoint.
fn scan(endpoint: &Endpoint, arguments: &[&str]) -> Run {
    let repository = Repository::with(&[("main.tf", &configuration())]);
    repository.write("terraform.tfstate", state());
    let mut command = repository.command(&["scan", "--report", "json"]);
    command.args(arguments);
    command.env("AWS_ENDPOINT_URL", &endpoint.url).env("AWS_ACCESS_KEY_ID", "testing");
    command.env("AWS_SECRET_ACCESS_KEY", "testing").env("AWS_EC2_METADATA_DISABLED", "true");
    finish(command)
}

/// The kind of each finding by resource type.
fn kinds(report: &Value) -> Vec<(String, String)> {
    let findings = report["findings"].as_array().expect("findings");
    let text = |value: &Value| value.as_str().unwrap_or("").to_owned();
    findings.iter().map(|finding| (text(&finding["type"]), text(&finding["kind"]))).collect()
}

fn status(report: &Value, resource_type: &str) -> String {
    let coverage = report["coverage"].as_array().expect("coverage");
    let entry = coverage.iter().find(|entry| entry["type"] == resource_type).expect("the type's coverage");
    entry["status"].as_str().unwrap_or("").to_owned()
}

/// One fault in the internet gateways' list: that type is unknown, the other one right, exit 3.
#[track_caller]
fn check_fault(fault: impl Fn() -> Answer + Send + Sync + 'static, class: &str, most_calls: usize, arguments: &[&str]) {
    let endpoint = Endpoint::start(move |action| match action {
        "DescribeInternetGateways" => fault(),
        other => healthy(other),
    });
    let run = scan(&endpoint, arguments);
    let report = run.json();
    assert_eq!(run.code, 3, "{}{}", run.stdout, run.stderr);
    assert_eq!(kinds(&report), [("aws_internet_gateway".to_owned(), "unknown".to_owned())]);
    assert_eq!(status(&report, "aws_internet_gateway"), class, "{report:#}");
    assert_eq!(status(&report, "aws_customer_gateway"), "complete");
    assert_eq!(report["scan"]["complete"], json!(false));
    let calls = endpoint.calls("DescribeInternetGateways");
    assert!((1..=most_calls).contains(&calls), "{calls} calls");
}

#[test]
fn nothing_changed_is_in_sync() {
    let endpoint = Endpoint::start(healthy);
    let run = scan(&endpoint, &[]);
    let report = run.json();
    assert_eq!((run.code, kinds(&report)), (0, vec![]), "{report:#}");
    assert_eq!(report["summary"]["in_sync"], json!(2));
    assert_eq!(endpoint.calls("DescribeInternetGateways") + endpoint.calls("DescribeCustomerGateways"), 2);
}

#[test]
fn access_denied_costs_one_type() {
    check_fault(|| Answer::Error(403, "UnauthorizedOperation", "You are not authorized"), "denied", 1, &[]);
}

#[test]
fn throttling_ends_with_the_budget() {
    check_fault(|| Answer::Error(503, "RequestLimitExceeded", "Request limit exceeded."), "throttled", 12, &[]);
}

#[test]
fn a_page_instead_of_an_answer_is_a_gap() {
    check_fault(|| Answer::Html(500), "failed", 12, &[]);
}

#[test]
fn a_closed_connection_is_a_gap() {
    check_fault(|| Answer::Close, "failed", 12, &[]);
}

#[test]
fn a_connection_that_hangs_ends_at_the_deadline() {
    check_fault(|| Answer::Hang, "timed_out", 12, &["--deadline", "3"]);
}

#[test]
fn absence_is_missing_only_where_the_list_was_read() {
    let endpoint = Endpoint::start(|action| match action {
        "DescribeInternetGateways" => list(action, "internetGatewaySet", ""),
        other => healthy(other),
    });
    let run = scan(&endpoint, &[]);
    assert_eq!((run.code, kinds(&run.json())), (2, vec![("aws_internet_gateway".to_owned(), "missing".to_owned())]));
}

#[test]
fn expired_credentials_leave_everything_unknown() {
    let endpoint = Endpoint::start(|_| {
        Answer::Error(403, "ExpiredToken", "The security token included in the request is expired")
    });
    let run = scan(&endpoint, &[]);
    let report = run.json();
    assert_eq!(run.code, 3);
    assert_eq!(report["summary"]["unknown"], json!(2));
    assert_eq!(status(&report, "aws_customer_gateway"), "denied");
}

#[test]
fn another_account_is_said_first_and_nothing_is_missing() {
    let endpoint = Endpoint::start(|action| match action {
        "GetCallerIdentity" => caller("999999999999"),
        "DescribeInternetGateways" => list(action, "internetGatewaySet", ""),
        "DescribeCustomerGateways" => list(action, "customerGatewaySet", ""),
        _ => Answer::Error(400, "InvalidAction", "not in this test"),
    });
    let run = scan(&endpoint, &["--report", "text=report.txt"]);
    let report = run.json();
    assert_eq!((run.code, &report["summary"]["missing"], &report["summary"]["unknown"]), (3, &json!(0), &json!(2)));
    assert_eq!(report["notices"][0]["code"], json!("other-scope"), "{report:#}");
    let text = report["notices"][0]["text"].as_str().unwrap_or("");
    assert!(text.contains(ACCOUNT) && text.contains("999999999999"), "{text}");
}

#[test]
fn names_and_tags_are_inert_everywhere() {
    let endpoint = Endpoint::start(|action| match action {
        "DescribeInternetGateways" => {
            let attributes = recorded("aws_internet_gateway");
            let evil = "&#x9b;31m&#x202e;&lt;script&gt;alert(1)&lt;/script&gt;&#10;::error::x [link](javascript:x)";
            list(
                action,
                "internetGatewaySet",
                &format!(
                    "<item><internetGatewayId>{}</internetGatewayId><ownerId>{ACCOUNT}</ownerId><attachmentSet><item><vpcId>{}</vpcId>\
                     <state>available</state></item></attachmentSet>{}</item>",
                    attributes["id"].as_str().unwrap_or(""),
                    attributes["vpc_id"].as_str().unwrap_or(""),
                    tags(&[("Name", evil)])
                ),
            )
        }
        other => healthy(other),
    });
    let repository = Repository::with(&[("main.tf", &configuration())]);
    repository.write("terraform.tfstate", state());
    let mut command =
        repository.command(&["scan", "--report", "text", "--report", "sarif=out.sarif", "--report", "json=out.json"]);
    command.env("AWS_ENDPOINT_URL", &endpoint.url).env("AWS_ACCESS_KEY_ID", "testing");
    command.env("AWS_SECRET_ACCESS_KEY", "testing").env("AWS_EC2_METADATA_DISABLED", "true");
    let run = finish(command);
    assert_eq!(run.code, 2, "{}", run.stderr);
    let hostile = |character: char| {
        (character.is_control() && character != '\n') || ('\u{202a}'..='\u{202e}').contains(&character)
    };
    assert!(!run.stdout.contains(hostile), "{:?}", run.stdout);
    for file in ["out.sarif", "out.json"] {
        let text = std::fs::read_to_string(repository.path().join(file)).expect("a report");
        assert!(!text.contains(hostile), "{file}");
        assert!(serde_json::from_str::<Value>(&text).is_ok(), "{file}");
    }
}

#[cfg(unix)]
#[test]
fn an_interrupted_scan_writes_nothing() {
    let endpoint = Endpoint::start(|action| match action {
        "DescribeInternetGateways" => Answer::Hang,
        other => healthy(other),
    });
    let repository = Repository::with(&[("main.tf", &configuration())]);
    repository.write("terraform.tfstate", state());
    let mut command = repository.command(&["scan", "--report", "json=out.json"]);
    command.env("AWS_ENDPOINT_URL", &endpoint.url).env("AWS_ACCESS_KEY_ID", "testing");
    command.env("AWS_SECRET_ACCESS_KEY", "testing").env("AWS_EC2_METADATA_DISABLED", "true");
    let mut child = command.stdin(std::process::Stdio::null()).spawn().expect("the program runs");
    let begun = std::time::Instant::now();
    while endpoint.calls("DescribeInternetGateways") == 0 && begun.elapsed().as_secs() < 60 {
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    let interrupted = std::process::Command::new("kill").args(["-INT", &child.id().to_string()]).status();
    assert!(interrupted.expect("kill runs").success());
    let status = child.wait().expect("the program ends");
    assert_eq!(status.code(), Some(130));
    let left: Vec<_> =
        std::fs::read_dir(repository.path()).expect("the folder").flatten().map(|entry| entry.file_name()).collect();
    assert!(!left.iter().any(|name| name.to_string_lossy().contains("out")), "{left:?}");
}

/// Scans with another configuration and other live tags of the customer gateway: the kinds of what is not in sync.
#[track_caller]
fn check_verdict(change: impl Fn(String) -> String, live_name: &'static str, expected: &[(&str, &str)], code: i32) {
    let endpoint = Endpoint::start(move |action| match (action, healthy(action)) {
        ("DescribeCustomerGateways", Answer::Xml(text)) => Answer::Xml(text.replace("branch0", live_name)),
        (_, answer) => answer,
    });
    let repository = Repository::with(&[("main.tf", &change(configuration()))]);
    repository.write("terraform.tfstate", state());
    let mut command = repository.command(&["scan", "--report", "json"]);
    command.env("AWS_ENDPOINT_URL", &endpoint.url).env("AWS_ACCESS_KEY_ID", "testing");
    command.env("AWS_SECRET_ACCESS_KEY", "testing").env("AWS_EC2_METADATA_DISABLED", "true");
    let run = finish(command);
    let expected: Vec<_> = expected.iter().map(|(kind, of)| ((*kind).to_owned(), (*of).to_owned())).collect();
    assert_eq!((kinds(&run.json()), run.code), (expected, code), "{}", run.stdout);
}

#[test]
fn the_verdict_table_with_configuration_state_and_live() {
    let gateway = "aws_customer_gateway";
    let declares = |name: &'static str| move |text: String| text.replace("branch0", name);
    let without_block = |text: String| {
        text.split("resource \"aws_customer_gateway\"").next().unwrap_or("").to_owned()
            + &format!(
                "resource \"aws_internet_gateway\"{}",
                text.split("resource \"aws_internet_gateway\"").nth(1).unwrap_or("")
            )
    };
    let ignoring = |text: String| {
        text.replace(
            "  type       = \"ipsec.1\"",
            "  type = \"ipsec.1\"\n  lifecycle {\n    ignore_changes = [tags[\"Name\"]]\n  }",
        )
    };
    check_verdict(|text| text, "other", &[(gateway, "changed")], 2);
    check_verdict(declares("renamed"), "renamed", &[(gateway, "stale_state")], 0);
    check_verdict(declares("renamed"), "branch0", &[(gateway, "unapplied")], 0);
    check_verdict(declares("renamed"), "other", &[(gateway, "changed")], 2);
    check_verdict(ignoring, "other", &[(gateway, "ignored")], 0);
    check_verdict(without_block, "branch0", &[(gateway, "pending_removal")], 0);
    check_verdict(without_block, "other", &[(gateway, "changed")], 2);
}

#[test]
fn what_root_modules_share_is_read_once_for_all() {
    let endpoint = Endpoint::start(healthy);
    let names = ["a", "b", "c", "d", "e"];
    let files: Vec<(String, String)> =
        names.iter().map(|name| (format!("live/{name}/main.tf"), configuration())).collect();
    let files: Vec<(&str, &str)> = files.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
    let repository = Repository::with(&files);
    for name in names {
        // Each of another lineage: they are different states of the same objects.
        let state = state().replace("\"lineage\":\"", &format!("\"lineage\":\"{name}"));
        repository.write(&format!("live/{name}/terraform.tfstate"), state);
    }
    let mut command = repository.command(&["scan", "--report", "json"]);
    command.env("AWS_ENDPOINT_URL", &endpoint.url).env("AWS_ACCESS_KEY_ID", "testing");
    command.env("AWS_SECRET_ACCESS_KEY", "testing").env("AWS_EC2_METADATA_DISABLED", "true");
    let run = finish(command);
    let report = run.json();
    assert_eq!((run.code, &report["summary"]["in_sync"]), (0, &json!(10)), "{report:#}");
    assert_eq!(report["summary"]["managed_twice"], json!(10));
    assert_eq!([endpoint.calls("DescribeInternetGateways"), endpoint.calls("DescribeCustomerGateways")], [1, 1]);
}
