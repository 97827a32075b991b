//! `driftline scan --activity cloudtrail` against a loopback server that answers as EC2, STS and CloudTrail do: who changed live
//! what is missing, recorded and replayed to the same bytes, and refusals that change no verdict.

use crate::harness::{Repository, Run, finish};
use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

const ACCOUNT: &str = "123456789012";
const GROUP: &str = "sg-0a1b2c3d4e5f60718";

/// Answers one call: the operation and the body that was sent. Status and body.
type Answer = fn(&str, &str) -> (u16, String);

/// Starts a server on a free loopback port, which lives as long as the test. Returns its address and what was asked.
fn serve(answer: Answer) -> (String, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    let asked = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&asked);
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let seen = Arc::clone(&seen);
            std::thread::spawn(move || exchange(stream, answer, &seen));
        }
    });
    (url, asked)
}

fn exchange(stream: TcpStream, answer: Answer, seen: &Mutex<Vec<String>>) -> Option<()> {
    let mut reader = BufReader::new(stream);
    let (mut length, mut target) = (0, None);
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok().filter(|read| *read > 0)?;
        let lower = line.to_ascii_lowercase();
        if let Some(value) = lower.strip_prefix("content-length:") {
            length = value.trim().parse().ok()?;
        }
        if lower.starts_with("x-amz-target:") {
            target = line.trim().rsplit('.').next().map(str::to_owned);
        }
        if line == "\r\n" {
            break;
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    let body = String::from_utf8_lossy(&body).into_owned();
    let form = body.split('&').find_map(|pair| pair.strip_prefix("Action=")).map(str::to_owned);
    let operation = target.or(form)?;
    seen.lock().ok()?.push(format!("{operation} {body}"));
    let (status, text) = answer(&operation, &body);
    let head = format!("HTTP/1.1 {status} X\r\nContent-Length: {}\r\nConnection: close\r\n\r\n", text.len());
    reader.into_inner().write_all((head + &text).as_bytes()).ok()
}

/// An account whose one security group is gone.
fn account(operation: &str) -> (u16, String) {
    let text = match operation {
        "GetCallerIdentity" => format!(
            "<GetCallerIdentityResponse><GetCallerIdentityResult><Arn>arn:aws:iam::{ACCOUNT}:user/reader</Arn>\
             <UserId>reader</UserId><Account>{ACCOUNT}</Account></GetCallerIdentityResult></GetCallerIdentityResponse>"
        ),
        operation => format!("<{operation}Response><requestId>r</requestId></{operation}Response>"),
    };
    (200, text)
}

fn event(number: u32, at: i64, time: &str, name: &str, agent: &str) -> Value {
    let record = json!({
        "eventID": format!("event-{number}"), "eventTime": time, "awsRegion": "eu-west-1", "recipientAccountId": ACCOUNT,
        "eventSource": "ec2.amazonaws.com", "eventName": name, "userAgent": agent, "readOnly": false,
        "sourceIPAddress": "203.0.113.7",
        "userIdentity": {"type": "AssumedRole", "principalId": "AROAEXAMPLE:ann@example.com",
            "arn": format!("arn:aws:sts::{ACCOUNT}:assumed-role/Admin/ann@example.com")},
        "requestParameters": {"groupId": GROUP, "groupName": "web", "note": "a-word-that-no-report-shows"},
        "responseElements": {"_return": true},
    });
    json!({"EventId": format!("event-{number}"), "EventTime": at, "CloudTrailEvent": record.to_string()})
}

fn told(operation: &str, body: &str) -> (u16, String) {
    if operation != "LookupEvents" {
        return account(operation);
    }
    let answer = match body.contains("NextToken") {
        false => {
            let deleted = event(3, 1_775_300_000, "2026-04-04T10:53:20Z", "DeleteSecurityGroup", "aws-cli/2.15.30");
            json!({"Events": [deleted], "NextToken": "t"})
        }
        true => {
            let made = event(2, 1_775_200_000, "2026-04-03T07:06:40Z", "CreateSecurityGroup", "Terraform/1.11.4");
            json!({"Events": [made]})
        }
    };
    (200, answer.to_string())
}

fn denied(operation: &str, _: &str) -> (u16, String) {
    match operation {
        "LookupEvents" => (400, json!({"__type": "AccessDeniedException", "Message": "You may not."}).to_string()),
        operation => account(operation),
    }
}

const CONFIGURATION: &str = r#"
provider "aws" {
  region = "eu-west-1"
}

resource "aws_security_group" "web" {
  name = "web"
}
"#;

fn repository() -> Repository {
    let repository = Repository::with(&[("main.tf", CONFIGURATION), (".gitignore", "*.tfstate\n")]);
    let attributes = json!({"id": GROUP, "arn": format!("arn:aws:ec2:eu-west-1:{ACCOUNT}:security-group/{GROUP}"),
        "name": "web", "owner_id": ACCOUNT, "vpc_id": "vpc-1"});
    let resource = json!({"mode": "managed", "type": "aws_security_group", "name": "web",
        "provider": "provider[\"registry.terraform.io/hashicorp/aws\"]",
        "instances": [{"schema_version": 1, "attributes": attributes, "sensitive_attributes": []}]});
    let state = json!({"version": 4, "terraform_version": "1.11.4", "serial": 3, "lineage": "5f1c", "outputs": {},
        "check_results": null, "resources": [resource]});
    repository.write("terraform.tfstate", state.to_string());
    repository
}

fn scan(repository: &Repository, url: &str, arguments: &[&str]) -> Run {
    let mut command =
        repository.command(&["scan", "--report", "json", "--reader", "native", "--activity", "cloudtrail"]);
    command.args(arguments).env("AWS_ENDPOINT_URL", url).env("AWS_EC2_METADATA_DISABLED", "true");
    command.env("AWS_ACCESS_KEY_ID", "testing").env("AWS_SECRET_ACCESS_KEY", "testing");
    finish(command)
}

#[test]
fn who_deleted_it_is_told_recorded_and_replayed_to_the_same_bytes() {
    let repository = repository();
    let (url, asked) = serve(told);
    let live = scan(&repository, &url, &["--record", "recording"]);
    let report = live.json();
    let finding = &report["findings"][0];
    assert_eq!((live.code, &finding["kind"]), (2, &json!("missing")), "{} {report:#}", live.stderr);
    let activity = &finding["activity"];
    let change = &activity["changes"][0];
    let said = json!([change["who"], change["role"], change["tool"], change["action"], change["at"], change["manual"]]);
    let expected = json!(["ann@example.com", "Admin", "cli", "ec2:DeleteSecurityGroup", "2026-04-04T10:53:20Z", true]);
    assert_eq!((said, activity["changes"].as_array().map(Vec::len)), (expected, Some(1)));
    assert_eq!(activity["last_apply"]["at"], "2026-04-03T07:06:40Z");
    assert!(activity["gap"].is_null() && activity["begins"].is_string(), "{finding:#}");
    let asked = asked.lock().expect("the calls").join("\n");
    let by_name = format!("{{\"AttributeKey\":\"ResourceName\",\"AttributeValue\":\"{GROUP}\"}}");
    assert!(asked.contains(&by_name) && asked.contains("\"MaxResults\":50"), "{asked}");

    let kept = std::fs::read_to_string(repository.path().join("recording/activity.json")).expect("the kept answers");
    assert!(kept.contains("DeleteSecurityGroup") && !kept.contains("a-word-that-no-report-shows"), "{kept}");
    let timeless = |run: &Run| {
        let mut report = run.json();
        report["scan"] = Value::Null;
        report.to_string()
    };
    let replayed = scan(&repository, "http://127.0.0.1:9", &["--live", "recording"]);
    assert_eq!((replayed.code, timeless(&replayed)), (live.code, timeless(&live)), "{}", replayed.stderr);
}

#[test]
fn a_refusal_is_a_notice_that_names_the_permission() {
    let repository = repository();
    let (url, _) = serve(denied);
    let run = scan(&repository, &url, &[]);
    let report = run.json();
    assert_eq!((run.code, &report["scan"]["complete"]), (2, &json!(true)), "{} {report:#}", run.stderr);
    let notices = report["notices"].as_array().expect("notices");
    let notice = notices.iter().find(|notice| notice["code"] == "activity").expect("the notice");
    assert!(notice["text"].as_str().is_some_and(|text| text.contains("cloudtrail:LookupEvents is needed")), "{notice}");
    assert_eq!(report["findings"][0]["activity"]["changes"], json!([]));
    assert!(report["findings"][0]["activity"]["gap"].is_string());
}
