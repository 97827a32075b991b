//! Records in the documented forms, which subjects they concern, what is kept of them, and trails in folders.

use super::matching::Matcher;
use super::record::Record;
use super::{activity_of_folder, subject::Wanted};
use flate2::Compression;
use flate2::write::GzEncoder;
use provider_api::{ActivityOutcome, ActivityRequest, ActivitySubject, GapClass, Scope, Tool};
use serde_json::value::{RawValue, to_raw_value};
use serde_json::{Value, json};
use std::io::Write;
use std::path::{Path, PathBuf};

/// One file of `testdata/trail`.
#[derive(serde::Deserialize)]
struct Documented {
    source: String,
    record: Value,
    actor: provider_api::Actor,
    tool: Tool,
    manual: bool,
}

#[test]
fn documented_records_tell_who_and_with_what() {
    let folder = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/testdata/trail"));
    let mut tools = std::collections::BTreeSet::new();
    for entry in std::fs::read_dir(folder).expect("the folder of records") {
        let path = entry.expect("an entry").path();
        if path.extension().is_none_or(|extension| extension != "json") {
            continue;
        }
        let name = path.file_stem().expect("a name").to_string_lossy().into_owned();
        let text = std::fs::read_to_string(&path).expect("a file");
        let case: Documented = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert!(case.source.starts_with("https://docs.aws.amazon.com/"), "{name}");
        let record = Record::parse(&case.record).unwrap_or_else(|| panic!("{name}: a record"));
        assert_eq!((record.actor, record.tool), (case.actor, case.tool), "{name}");
        assert_eq!(case.tool.is_manual(), case.manual, "{name}");
        tools.insert(case.tool);
    }
    assert_eq!(tools.len(), Tool::ALL.len(), "every tool has a record");
}

const ACCOUNT: &str = "111122223333";
const TERRAFORM: &str =
    "APN/1.0 HashiCorp/1.0 Terraform/1.11.4 (+https://www.terraform.io) terraform-provider-aws/5.90.0";

fn scope() -> Scope {
    Scope { account: Some(ACCOUNT.into()), region: Some("eu-west-1".into()) }
}

/// A record of a call, with a number for its id, a time and what it was called with and answered.
fn record(number: u32, at: &str, call: (&str, &str), request: Value, answer: Value) -> Value {
    json!({
        "eventVersion": "1.11", "eventID": format!("event-{number}"), "eventTime": at, "awsRegion": "eu-west-1",
        "eventSource": format!("{}.amazonaws.com", call.0), "eventName": call.1, "recipientAccountId": ACCOUNT,
        "userAgent": "aws-cli/2.15.30", "sourceIPAddress": "203.0.113.7", "readOnly": false, "eventType": "AwsApiCall",
        "userIdentity": {"type": "IAMUser", "userName": "bo", "arn": format!("arn:aws:iam::{ACCOUNT}:user/bo")},
        "requestParameters": request, "responseElements": answer,
    })
}

fn with(mut record: Value, name: &str, value: impl Into<Value>) -> Value {
    record[name] = value.into();
    record
}

/// Asks about objects given as type, id and attributes.
fn ask<T>(objects: &[(&str, &str, Value)], ask: impl FnOnce(&ActivityRequest<'_>) -> T) -> T {
    let attributes: Vec<Box<RawValue>> =
        objects.iter().map(|(_, _, attributes)| to_raw_value(attributes).expect("JSON")).collect();
    let subjects = objects.iter().zip(&attributes).map(|((resource_type, id, _), attributes)| ActivitySubject {
        resource_type,
        id,
        attributes: vec![&**attributes],
        since: None,
        since_apply: true,
    });
    ask(&ActivityRequest { subjects: subjects.collect(), ..ActivityRequest::default() })
}

fn outcome(objects: &[(&str, &str, Value)], records: &[Value]) -> ActivityOutcome {
    ask(objects, |request| {
        let mut matcher = Matcher::new(request, &scope());
        records.iter().for_each(|record| matcher.take(&record.to_string()));
        matcher.finish(None, Vec::new(), 0)
    })
}

/// The events that one record yields for one object: none where it does not concern it, else whether it is certain.
#[track_caller]
fn check(object: (&str, &str, Value), call: (&str, &str), request: Value, answer: Value, expected: Option<bool>) {
    let text = format!("{object:?} {call:?}");
    let outcome = outcome(&[object], &[record(1, "2026-03-01T10:00:00Z", call, request, answer)]);
    assert_eq!(outcome.events.first().map(|event| event.certain), expected, "{text}");
    assert!(outcome.gaps.is_empty(), "{:?}", outcome.gaps);
}

const GROUP: &str = "sg-0a1b2c3d4e5f60718";

fn group() -> (&'static str, &'static str, Value) {
    ("aws_security_group", GROUP, json!({"id": GROUP, "name": "web", "vpc_id": "vpc-0a1b2c3d4e5f60718"}))
}

#[test]
fn records_concern_what_they_act_on() {
    check(group(), ("ec2", "AuthorizeSecurityGroupIngress"), json!({"groupId": GROUP}), Value::Null, Some(true));
    check(group(), ("ec2", "CreateSecurityGroup"), json!({"groupName": "x"}), json!({"groupId": GROUP}), Some(true));
    check(
        group(),
        ("ec2", "CreateTags"),
        json!({"resourcesSet": {"items": [{"resourceId": GROUP}]}, "tagSet": {"items": []}}),
        Value::Null,
        Some(true),
    );
    let machine = json!({"networkInterfaceSet": {"items": [{"groupSet": {"items": [{"groupId": GROUP}]}}]}});
    check(group(), ("ec2", "RunInstances"), machine, Value::Null, Some(false));
    check(
        group(),
        ("ec2", "AuthorizeSecurityGroupIngress"),
        json!({"groupId": "sg-0a1b2c3d4e5f60719"}),
        Value::Null,
        None,
    );
    let vpc = ("aws_vpc", "vpc-0a1b2c3d4e5f60718", json!({}));
    check(vpc.clone(), ("ec2", "CreateSubnet"), json!({"vpcId": vpc.1}), Value::Null, Some(false));
    check(vpc.clone(), ("ec2", "CreateVpcEndpoint"), json!({"vpcId": vpc.1}), Value::Null, Some(false));
    check(vpc.clone(), ("ec2", "ModifyVpcAttribute"), json!({"vpcId": vpc.1}), Value::Null, Some(true));
    let table = ("aws_route_table", "rtb-0a1b2c3d4e5f60718", json!({}));
    check(table.clone(), ("ec2", "CreateRoute"), json!({"routeTableId": table.1}), Value::Null, Some(true));
    let call = json!({"routeTableId": table.1, "destinationCidrBlock": "0.0.0.0/0"});
    check(table.clone(), ("ec2", "DeleteRoute"), call, Value::Null, Some(true));
    let call = json!({"routeTableId": table.1, "subnetId": "subnet-0a1b2c3d4e5f60718"});
    check(
        ("aws_subnet", "subnet-0a1b2c3d4e5f60718", json!({})),
        ("ec2", "AssociateRouteTable"),
        call,
        Value::Null,
        Some(false),
    );
    let log = ("aws_cloudwatch_log_group", "/app/web", json!({"name": "/app/web"}));
    check(
        log.clone(),
        ("logs", "PutRetentionPolicy"),
        json!({"logGroupName": "/app/web", "retentionInDays": 1}),
        Value::Null,
        Some(true),
    );
    // A name that others may bear counts in calls of its own service only.
    check(log, ("ssm", "PutParameter"), json!({"name": "/app/web"}), Value::Null, None);
    let bucket = ("aws_s3_bucket_policy", "ledger-example", json!({"bucket": "ledger-example"}));
    check(bucket, ("s3", "PutBucketPolicy"), json!({"bucketName": "ledger-example"}), Value::Null, Some(true));
    let database = (
        "aws_db_instance",
        "db-ABCDEFGHIJKL",
        json!({"identifier": "ledger", "arn": "arn:aws:rds:eu-west-1:111122223333:db:ledger"}),
    );
    check(database, ("rds", "ModifyDBInstance"), json!({"dBInstanceIdentifier": "ledger"}), Value::Null, Some(true));
}

#[test]
fn a_part_is_told_from_its_siblings() {
    let route = |target: &str| {
        let attributes = json!({"id": "r-rtb-11080289494", "route_table_id": "rtb-0a1b2c3d4e5f60718",
            "destination_cidr_block": target, "destination_ipv6_cidr_block": "", "gateway_id": "igw-1"});
        ("aws_route", "r-rtb-11080289494", attributes)
    };
    let call = json!({"routeTableId": "rtb-0a1b2c3d4e5f60718", "destinationCidrBlock": "0.0.0.0/0"});
    check(route("0.0.0.0/0"), ("ec2", "DeleteRoute"), call.clone(), json!({"_return": true}), Some(true));
    check(route("10.0.0.0/8"), ("ec2", "DeleteRoute"), call, Value::Null, None);
    let rule = (
        "aws_security_group_rule",
        "sgrule-1",
        json!({"security_group_id": GROUP, "cidr_blocks": ["10.0.0.0/8"], "from_port": 0, "to_port": 0}),
    );
    let revoke = |cidr: &str| json!({"groupId": GROUP, "ipPermissions": {"items": [{"ipProtocol": "-1", "ipRanges": {"items": [{"cidrIp": cidr}]}}]}});
    check(rule.clone(), ("ec2", "RevokeSecurityGroupIngress"), revoke("10.0.0.0/8"), Value::Null, Some(true));
    check(rule, ("ec2", "RevokeSecurityGroupIngress"), revoke("10.1.0.0/16"), Value::Null, None);
    let policy = ("aws_iam_role_policy", "web:read", json!({"id": "web:read", "role": "web", "name": "read"}));
    let put = |name: &str| json!({"roleName": "web", "policyName": name, "policyDocument": "{}"});
    let of_iam = |number, name| {
        with(
            record(number, "2026-03-01T10:00:00Z", ("iam", "PutRolePolicy"), put(name), Value::Null),
            "awsRegion",
            "us-east-1",
        )
    };
    let outcome = outcome(&[policy], &[of_iam(1, "write"), of_iam(2, "read")]);
    assert_eq!(outcome.events.iter().map(|event| event.id.as_str()).collect::<Vec<_>>(), ["event-2"]);
    let name = |name: &str| ("aws_route53_record", "Z1_x", json!({"zone_id": "Z0123456789ABCDEFGHIJ", "name": name}));
    let change = json!({"hostedZoneId": "Z0123456789ABCDEFGHIJ", "changeBatch": {"changes": [{"resourceRecordSet": {"name": "www.example.com."}}]}});
    check(name("www.example.com"), ("route53", "ChangeResourceRecordSets"), change.clone(), Value::Null, Some(true));
    check(name("example.com"), ("route53", "ChangeResourceRecordSets"), change, Value::Null, None);
}

#[test]
fn what_is_older_than_the_last_apply_is_left_out_and_what_reads_too() {
    let call = |number, at: &str| {
        record(number, at, ("ec2", "AuthorizeSecurityGroupIngress"), json!({"groupId": GROUP}), Value::Null)
    };
    let apply = with(call(3, "2026-02-03T00:00:00Z"), "userAgent", TERRAFORM);
    let failed =
        with(with(call(5, "2026-02-05T00:00:00Z"), "userAgent", TERRAFORM), "errorCode", "Client.DependencyViolation");
    let reads = with(call(6, "2026-02-06T00:00:00Z"), "readOnly", true);
    let mentions = with(
        record(7, "2026-02-07T00:00:00Z", ("ec2", "RunInstances"), json!({"securityGroupId": GROUP}), Value::Null),
        "userAgent",
        TERRAFORM,
    );
    let records = [call(1, "2026-02-01T00:00:00Z"), call(4, "2026-02-04T00:00:00Z"), reads, apply, failed, mentions];
    let outcome = outcome(&[group()], &records);
    let told: Vec<(&str, bool)> =
        outcome.events.iter().map(|event| (event.id.as_str(), event.failed.is_some())).collect();
    assert_eq!(told, [("event-7", false), ("event-5", true), ("event-4", false), ("event-3", false)]);
    assert_eq!(outcome.begins.as_deref(), Some("2026-02-01T00:00:00Z"));
}

#[test]
fn other_accounts_regions_and_forms_do_not_count() {
    let call = |number| {
        record(number, "2026-02-01T00:00:00Z", ("ec2", "DeleteSecurityGroup"), json!({"groupId": GROUP}), Value::Null)
    };
    let records = [
        with(call(1), "awsRegion", "us-east-1"),
        with(call(2), "recipientAccountId", "444455556666"),
        with(call(3), "eventTime", "yesterday"),
        with(call(4), "eventID", Value::Null),
        json!("no record"),
        call(5),
        call(5),
    ];
    let outcome = outcome(&[group()], &records);
    assert_eq!(outcome.events.iter().map(|event| event.id.as_str()).collect::<Vec<_>>(), ["event-5"]);
    assert_eq!(
        outcome.gaps.iter().map(|gap| gap.cause.as_str()).collect::<Vec<_>>(),
        ["records that are not of the form that CloudTrail documents: 3"]
    );
}

#[test]
fn no_secret_is_kept_of_a_request() {
    let secret = "do-not-keep";
    let request = json!({
        "groupId": GROUP, "masterUserPassword": secret, "clientSecret": secret, "token": secret, "userData": secret,
        "environment": {"variables": {"A": secret}}, "nested": [{"PrivateKey": secret, "http_tokens": "required"}],
        "url": format!("https://example.com/?X-Amz-Signature={secret}"), "long": secret.repeat(10_000),
    });
    let outcome_of = |call, request| {
        outcome(&[group()], &[record(1, "2026-02-01T00:00:00Z", call, request, json!({"secretAccessKey": secret}))])
    };
    let kept = outcome_of(("ec2", "ModifySecurityGroupRules"), request);
    let text = serde_json::to_string(&kept).expect("JSON");
    assert!(!text.contains(secret) && text.contains("required"), "{text}");
    let parameter = outcome_of(("ssm", "PutParameter"), json!({"name": GROUP, "value": secret}));
    assert!(!serde_json::to_string(&parameter).expect("JSON").contains(secret));
    assert_eq!(parameter.events.len(), 1);
    let wide: Vec<String> = (0..9000).map(|number| format!("value-{number}")).collect();
    assert_eq!(
        outcome_of(("ec2", "ModifySecurityGroupRules"), json!({"groupId": GROUP, "wide": wide})).events[0].request,
        None
    );
}

fn packed(records: &[Value]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(json!({"Records": records}).to_string().as_bytes()).expect("memory takes every write");
    encoder.finish().expect("memory takes every write")
}

fn write(folder: &Path, path: &str, bytes: &[u8]) {
    let path = folder.join(path);
    std::fs::create_dir_all(path.parent().expect("a parent")).expect("folders");
    std::fs::write(path, bytes).expect("a file");
}

fn group_deleted(number: u32) -> Vec<u8> {
    packed(&[record(
        number,
        "2026-03-01T10:00:00Z",
        ("ec2", "DeleteSecurityGroup"),
        json!({"groupId": GROUP}),
        Value::Null,
    )])
}

/// The ids of events out of a folder, and the causes of gaps.
fn of_folder(folder: &Path) -> (Vec<String>, Vec<String>) {
    let outcome = ask(&[group()], |request| activity_of_folder(folder, &scope(), request));
    let ids = outcome.events.into_iter().map(|event| event.id).collect();
    (ids, outcome.gaps.into_iter().map(|gap| gap.cause).collect())
}

#[test]
fn a_folder_is_read_as_far_as_account_and_region_fit() {
    let folder = tempfile::tempdir().expect("a folder");
    let broken = b"{\"Records\": 7}";
    for (path, bytes) in [
        ("mine/AWSLogs/111122223333/CloudTrail/eu-west-1/2026/03/01/a.json.gz", &group_deleted(1)[..]),
        ("mine/AWSLogs/o-example/111122223333/CloudTrail/eu-west-1/2026/03/02/b.json.gz", &group_deleted(2)),
        ("mine/AWSLogs/444455556666/CloudTrail/eu-west-1/2026/03/01/c.json.gz", broken),
        ("mine/AWSLogs/111122223333/CloudTrail/us-east-1/2026/03/01/d.json.gz", broken),
        ("mine/AWSLogs/111122223333/CloudTrail-Digest/eu-west-1/2026/03/01/e.json.gz", broken),
        ("mine/AWSLogs/111122223333/Config/eu-west-1/f.json.gz", broken),
        ("mine/notes.txt", broken),
        ("mine/exported.json", json!({"Records": []}).to_string().as_bytes()),
    ] {
        write(folder.path(), path, bytes);
    }
    assert_eq!(of_folder(folder.path()), (vec!["event-1".into(), "event-2".into()], vec![]));
    let within = folder.path().join("mine/AWSLogs/111122223333/CloudTrail/eu-west-1/2026");
    assert_eq!(of_folder(&within), (vec!["event-1".into()], vec![]));
}

#[test]
fn what_is_no_trail_is_a_gap() {
    let folder = tempfile::tempdir().expect("a folder");
    let (ids, gaps) = of_folder(&folder.path().join("none"));
    assert!(ids.is_empty() && gaps.len() == 1 && gaps[0].contains("cannot be read"), "{gaps:?}");
    let (_, gaps) = of_folder(folder.path());
    assert!(gaps.len() == 1 && gaps[0].contains("holds no file of a trail"), "{gaps:?}");
    write(folder.path(), "a.json", b"[]");
    write(folder.path(), "b.json.gz", &[0x1f, 0x8b, 8, 0, 1]);
    write(folder.path(), "c.json.gz", &group_deleted(1));
    let (ids, gaps) = of_folder(folder.path());
    assert_eq!((ids.len(), gaps.len()), (1, 2), "{gaps:?}");
    assert!(gaps.iter().any(|cause| cause.contains("no list of records")), "{gaps:?}");
    assert!(gaps.iter().any(|cause| cause.contains("cannot be unpacked")), "{gaps:?}");
}

#[cfg(unix)]
#[test]
fn links_are_not_followed() {
    let (folder, elsewhere) = (tempfile::tempdir().expect("a folder"), tempfile::tempdir().expect("a folder"));
    write(elsewhere.path(), "a.json.gz", &group_deleted(1));
    write(folder.path(), "b.json.gz", &group_deleted(2));
    std::os::unix::fs::symlink(elsewhere.path(), folder.path().join("link")).expect("a link");
    std::os::unix::fs::symlink(elsewhere.path().join("a.json.gz"), folder.path().join("c.json.gz")).expect("a link");
    let (ids, gaps) = of_folder(folder.path());
    assert_eq!((ids, gaps.len()), (vec!["event-2".to_owned()], 2));
}

#[test]
fn hostile_records_do_no_harm() {
    let deep = format!("{}1{}", "[".repeat(5000), "]".repeat(5000));
    let nested =
        record(1, "2026-03-01T10:00:00Z", ("ec2", "DeleteSecurityGroup"), json!({"groupId": GROUP}), Value::Null);
    let text = nested.to_string().replace("\"responseElements\":null", &format!("\"responseElements\":{deep}"));
    let outcome = ask(&[group()], |request| {
        let mut matcher = Matcher::new(request, &scope());
        matcher.take(&text);
        for part in ["", "{", "[]", "null", "{\"eventTime\": \"2026-03-01T10:00:00Z\"}", "\u{0}"] {
            matcher.take(part);
        }
        for number in 0..1000 {
            let record = record(
                number,
                "2026-03-01T10:00:00Z",
                ("ec2", "RevokeSecurityGroupIngress"),
                json!({"groupId": GROUP}),
                Value::Null,
            );
            matcher.take(&record.to_string());
        }
        matcher.finish(None, Vec::new(), 0)
    });
    assert_eq!(outcome.events.len(), 200, "no more than are told");
    assert_eq!(outcome.gaps.iter().map(|gap| gap.class).collect::<Vec<_>>(), [GapClass::Failed]);
    let odd = json!({"userIdentity": 7, "eventID": "x", "eventTime": "2026-03-01T10:00:00Z", "eventName": "\u{1b}[31m", "eventSource": "\u{202e}"});
    assert!(Record::parse(&odd).is_some_and(|record| record.actor.identity == "somebody"));
}

/// Every name of every object is found by its id and attributes alone, whatever they hold.
#[test]
fn names_are_few_and_never_empty() {
    let attributes = to_raw_value(&json!({"id": "", "arn": " ", "name": 7, "user": "u", "role": ["x"]})).expect("JSON");
    for resource_type in crate::types().types {
        let subject = ActivitySubject {
            resource_type: resource_type.name,
            id: "x",
            attributes: vec![&attributes],
            ..ActivitySubject::default()
        };
        let wanted = Wanted::of(&subject);
        assert!(wanted.names().all(|name| !name.trim().is_empty()), "{wanted:?}");
        assert!(wanted.service.is_some(), "{}", resource_type.name);
        assert!(!wanted.nouns.is_empty());
    }
}
