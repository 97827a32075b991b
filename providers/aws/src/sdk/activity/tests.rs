//! Event history and trails in buckets, against canned answers in the documented forms, over the real client.

use super::super::meter::counted;
use super::super::place::Place;
use super::super::tests::place;
use super::activity;
use flate2::Compression;
use flate2::write::GzEncoder;
use provider_api::{ActivityOutcome, ActivityRequest, ActivitySubject, GapClass, Scope};
use serde_json::value::{RawValue, to_raw_value};
use serde_json::{Value, json};
use std::io::Write;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

const ACCOUNT: &str = "123456789012";

fn record(number: u32, at: &str, id: &str, agent: &str) -> Value {
    json!({
        "eventID": format!("event-{number}"), "eventTime": at, "awsRegion": "eu-west-1", "recipientAccountId": ACCOUNT,
        "eventSource": "ec2.amazonaws.com", "eventName": "ModifyVpcAttribute", "userAgent": agent, "readOnly": false,
        "userIdentity": {"type": "IAMUser", "userName": "bo"}, "requestParameters": {"vpcId": id},
    })
}

/// An answer of LookupEvents (CloudTrail API Reference): records are JSON texts within, times are seconds.
fn page(records: &[Value], token: Option<&str>) -> String {
    let seconds = |at: &Value| {
        let time = aws_smithy_types::DateTime::from_str(
            at.as_str().unwrap_or_default(),
            aws_smithy_types::date_time::Format::DateTime,
        );
        time.expect("a time").secs()
    };
    let events: Vec<Value> = records
        .iter()
        .map(|record| json!({"EventTime": seconds(&record["eventTime"]), "CloudTrailEvent": record.to_string()}))
        .collect();
    json!({"Events": events, "NextToken": token}).to_string()
}

fn ask(place: &Place, objects: &[(&str, &str)], store: Option<&str>, until: Option<Instant>) -> ActivityOutcome {
    let attributes = to_raw_value(&json!({})).expect("JSON");
    fn about<'a>((resource_type, id): (&'a str, &'a str), attributes: &'a RawValue) -> ActivitySubject<'a> {
        ActivitySubject { resource_type, id, attributes: vec![attributes], since: None, since_apply: true }
    }
    let subject = |object| about(object, &attributes);
    let request = ActivityRequest { subjects: objects.iter().copied().map(subject).collect(), store, until };
    let scope = Scope { account: Some(ACCOUNT.into()), region: Some("eu-west-1".into()) };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let (mut outcome, calls) = counted(activity(place, &scope, &request)).await;
        outcome.api_calls = calls;
        outcome
    })
}

fn ids(outcome: &ActivityOutcome) -> Vec<&str> {
    outcome.events.iter().map(|event| event.id.as_str()).collect()
}

#[test]
fn pages_are_read_until_the_last_apply_is_behind() {
    let asked = AtomicUsize::new(0);
    let place = place(move |operation| {
        assert_eq!(operation, "LookupEvents");
        let records = match asked.fetch_add(1, Ordering::SeqCst) {
            0 => [
                record(5, "2026-03-05T00:00:00Z", "vpc-1", "aws-cli/2"),
                record(4, "2026-03-04T00:00:00Z", "vpc-1", "Terraform/1.11"),
            ],
            1 => [
                record(3, "2026-03-03T00:00:00Z", "vpc-1", "aws-cli/2"),
                record(2, "2026-03-02T00:00:00Z", "vpc-1", "aws-cli/2"),
            ],
            _ => panic!("nothing older is of interest"),
        };
        Some((200, page(&records, Some("more"))))
    });
    let outcome = ask(&place, &[("aws_vpc", "vpc-1")], None, None);
    assert_eq!((ids(&outcome), outcome.api_calls), (vec!["event-5", "event-4"], 2));
    assert!(outcome.gaps.is_empty() && outcome.begins.is_some(), "{outcome:?}");
}

#[test]
fn a_refusal_names_the_permission_and_ends_the_asking() {
    let place = place(|_| Some((400, json!({"__type": "AccessDeniedException", "Message": "no"}).to_string())));
    let outcome = ask(&place, &[("aws_vpc", "vpc-1"), ("aws_vpc", "vpc-2"), ("aws_subnet", "subnet-1")], None, None);
    let gap = &outcome.gaps[0];
    assert_eq!((outcome.gaps.len(), gap.class, outcome.api_calls), (1, GapClass::Denied, 1));
    assert_eq!(gap.cause, "LookupEvents in eu-west-1: AccessDeniedException: no (cloudtrail:LookupEvents is needed)");
    assert_eq!(gap.ids, ["vpc-1", "vpc-2", "subnet-1"]);
}

#[test]
fn throttling_is_a_gap_after_the_retries() {
    let place =
        place(|_| Some((400, json!({"__type": "ThrottlingException", "Message": "Rate exceeded"}).to_string())));
    let outcome = ask(&place, &[("aws_vpc", "vpc-1")], None, None);
    assert_eq!((outcome.gaps[0].class, outcome.api_calls), (GapClass::Throttled, 3));
}

#[test]
fn two_calls_a_second_and_a_deadline_says_what_was_left() {
    let place = place(|_| Some((200, page(&[], None))));
    let objects: Vec<String> = (0..50).map(|number| format!("vpc-{number}")).collect();
    let objects: Vec<(&str, &str)> = objects.iter().map(|id| ("aws_vpc", id.as_str())).collect();
    let start = Instant::now();
    let outcome = ask(&place, &objects, None, Some(start + Duration::from_millis(1700)));
    assert!(start.elapsed() < Duration::from_secs(3), "the deadline holds");
    assert!((2..=5).contains(&outcome.api_calls), "{}", outcome.api_calls);
    let gap = &outcome.gaps[0];
    assert_eq!(
        (gap.class, gap.ids.len() + usize::try_from(outcome.api_calls).expect("few")),
        (GapClass::TimedOut, 50),
        "{gap:?}"
    );
}

#[test]
fn global_services_are_asked_about_in_their_region() {
    let place = place(|_| Some((200, page(&[], None))));
    let outcome = ask(&place, &[("aws_iam_role", "web"), ("aws_vpc", "vpc-1")], None, None);
    assert_eq!((outcome.api_calls, outcome.gaps.len()), (2, 0));
    let (endpoint, region) = super::super::service::GLOBAL_EVENT_HISTORY.endpoint("eu-west-1", "aws", "amazonaws.com");
    assert_eq!((endpoint.as_str(), region.as_str()), ("https://cloudtrail.us-east-1.amazonaws.com", "us-east-1"));
    let (endpoint, _) = super::super::service::EVENT_HISTORY.endpoint("eu-west-1", "aws", "amazonaws.com");
    assert_eq!(endpoint, "https://cloudtrail.eu-west-1.amazonaws.com");
}

fn listing(folders: &[&str], files: &[&str]) -> String {
    let folders: String =
        folders.iter().map(|name| format!("<CommonPrefixes><Prefix>{name}</Prefix></CommonPrefixes>")).collect();
    let files: String =
        files.iter().map(|key| format!("<Contents><Key>{key}</Key><Size>100</Size></Contents>")).collect();
    format!("<ListBucketResult><IsTruncated>false</IsTruncated>{folders}{files}</ListBucketResult>")
}

/// A bucket with a trail of long ago, which is not looked at, and one of long hence. Its file is not packed.
fn bucket(call: &str) -> Option<(u16, String)> {
    let base = "p/AWSLogs/123456789012/CloudTrail/eu-west-1/";
    let decoded = call.replace("%2F", "/");
    let prefix = decoded.split("prefix=").nth(1).map(|rest| rest.split('&').next().unwrap_or_default().to_owned());
    let Some(prefix) = prefix else {
        let record = record(1, "2026-01-01T00:00:00Z", "vpc-1", "aws-cli/2");
        return Some((200, json!({"Records": [record]}).to_string()));
    };
    let listing = match prefix.as_str() {
        "p/" => listing(&["p/AWSLogs/"], &[]),
        "p/AWSLogs/" => listing(&["p/AWSLogs/123456789012/", "p/AWSLogs/444455556666/"], &[]),
        "p/AWSLogs/123456789012/" => {
            listing(&["p/AWSLogs/123456789012/CloudTrail/", "p/AWSLogs/123456789012/CloudTrail-Digest/"], &[])
        }
        "p/AWSLogs/123456789012/CloudTrail/" => listing(&[base, "p/AWSLogs/123456789012/CloudTrail/us-east-1/"], &[]),
        prefix if prefix == base => listing(&[&format!("{base}1999/"), &format!("{base}9999/")], &[]),
        prefix if prefix.ends_with("9999/") => listing(&[], &[&format!("{base}9999/a b.json")]),
        other => panic!("{other} is of no interest"),
    };
    Some((200, listing))
}

#[test]
fn a_trail_in_a_bucket_is_read_as_far_as_it_fits() {
    let outcome = ask(&place(bucket), &[("aws_vpc", "vpc-1")], Some("s3://logs-example/p/"), None);
    assert_eq!((ids(&outcome), outcome.gaps.len(), outcome.api_calls), (vec!["event-1"], 0, 7), "{outcome:?}");
}

#[test]
fn what_is_no_trail_in_a_bucket_is_a_gap() {
    let of = |answer: fn(&str) -> Option<(u16, String)>, store: &str| {
        let outcome = ask(&place(answer), &[("aws_vpc", "vpc-1")], Some(store), None);
        (outcome.gaps[0].class, outcome.gaps[0].cause.clone())
    };
    let (class, cause) = of(|_| None, "https://example.com");
    assert_eq!(class, GapClass::Unsupported, "{cause}");
    let empty = |_: &str| Some((200, listing(&[], &[])));
    assert!(of(empty, "s3://logs-example").1.contains("holds no file of a trail"));
    let denied = |_: &str| Some((403, "<Error><Code>AccessDenied</Code><Message>no</Message></Error>".to_owned()));
    let (class, cause) = of(denied, "s3://logs-example");
    assert_eq!(class, GapClass::Denied);
    assert!(cause.contains("s3:GetObject and s3:ListBucket of s3://logs-example are needed"), "{cause}");
    let page = |call: &str| match call.contains("list-type") {
        true => Some((200, listing(&[], &["a.json.gz"]))),
        false => Some((200, "<html>".to_owned())),
    };
    assert!(of(page, "s3://logs-example").1.contains("`a.json.gz` is no file of a trail"));
}

/// Bytes survive the untyped client: a packed file is what it was.
#[test]
fn packed_bytes_come_as_they_are() {
    use super::super::call::Ask;
    use super::super::service::S3_OBJECTS;
    use base64::Engine;
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(b"{\"Records\":[]}").expect("memory takes every write");
    let packed = encoder.finish().expect("memory takes every write");
    let sent = packed.clone();
    let place = super::super::tests::place_of_bytes(move |_| Some((200, sent.clone())));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let answer = runtime.block_on(place.call(&S3_OBJECTS, Ask::of("GetObject").at("/b/k"))).expect("an answer");
    let bytes = base64::prelude::BASE64_STANDARD.decode(answer.as_str().unwrap_or_default()).expect("base64");
    assert_eq!(bytes, packed);
    let mut records = 0;
    crate::trail::unpack(&bytes, &mut |_| records += 1).expect("a trail's file");
    assert_eq!(records, 0);
}
