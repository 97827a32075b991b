//! What events say of findings, and how the stage asks, with answers from memory.

use super::*;
use crate::fetch::{FetchSettings, fetch};
use crate::inventory::Inventory;
use crate::model::{AttributeChange, Attribution, ReportedValue, ScanInfo, Severity, Summary};
use crate::plan::reads;
use crate::state::{StateText, parse};
use futures::future::BoxFuture;
use provider_api::{
    Actor, ActorKind, AttributePath, Attributes, Connection, ProviderConfiguration, ReadOutcome, ReadRequest, Step,
    Tool,
};
use serde_json::{Value, json};
use std::str::FromStr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

fn differs(path: AttributePath, recorded: Value, live: Value) -> AttributeChange {
    let shown = |value: Value| if value.is_null() { ReportedValue::Absent } else { ReportedValue::Plain(value) };
    AttributeChange {
        attribution: None,
        path,
        declared: ReportedValue::NotKnown,
        recorded: shown(recorded),
        live: shown(live),
        sensitive: false,
        material: true,
        source: None,
        contributing: Vec::new(),
    }
}

/// Whether a call with this request set an attribute that was recorded and is live so.
#[track_caller]
fn check_sets(name: &str, recorded: Value, live: Value, request: Value, expected: bool) {
    let change = differs(AttributePath::attribute(name), recorded, live);
    assert_eq!(!sets::sets(&request, &[change]).is_empty(), expected, "{name} {request}");
}

#[test]
fn attributes_are_set_by_name_or_by_value() {
    let rule = |port: u16, cidr: &str| json!({"from_port": port, "cidr_blocks": [cidr], "self": false});
    let opened = json!({"groupId": "sg-1", "ipPermissions": {"items": [{"fromPort": 22, "ipRanges": {"items": [{"cidrIp": "0.0.0.0/0"}]}}]}});
    let (before, after) = (json!([rule(443, "10.0.0.0/8")]), json!([rule(443, "10.0.0.0/8"), rule(22, "0.0.0.0/0")]));
    check_sets("ingress", before.clone(), after.clone(), opened.clone(), true);
    check_sets("ingress", after.clone(), before.clone(), opened.clone(), true);
    check_sets("ingress", before, json!([rule(443, "10.0.0.0/8"), rule(25, "0.0.0.0/0")]), opened, false);
    check_sets("source_dest_check", json!(true), json!(false), json!({"sourceDestCheck": {"value": false}}), true);
    check_sets("source_dest_check", json!(true), json!(false), json!({"disableApiStop": {"value": false}}), false);
    let policy = |action: &str| json!({"Statement": [{"Action": action}]}).to_string();
    check_sets(
        "policy",
        json!(policy("a")),
        json!(policy("b")),
        json!({"PolicyDocument": format!(" {}", policy("b"))}),
        true,
    );
    check_sets(
        "policy",
        json!(policy("a")),
        json!(policy("b")),
        json!({"PolicyDocument": policy("c"), "PolicyName": "b"}),
        false,
    );
    check_sets("size", json!(8), json!(8), json!({"VolumeSize": 8}), false);
}

#[test]
fn of_a_request_only_what_the_report_shows_is_kept() {
    let port = differs(AttributePath::attribute("port"), json!(80), json!([8080, "a"]));
    let secret =
        AttributeChange { sensitive: true, ..differs(AttributePath::attribute("word"), json!("x"), json!("hunter2")) };
    let policy = differs(AttributePath::attribute("policy"), Value::Null, json!("{\"a\": 1}"));
    let tag = differs(AttributePath::attribute("tags").join(Step::Key("Team".into())), Value::Null, json!("data"));
    let request = json!({"port": 8080, "word": "hunter2", "other": ["hunter2", 7], "on": true, "policy": "{\"a\":1}",
        "tag": {"key": "Team", "value": "data"}});
    let kept = sets::shown(&request, &[&port, &secret, &policy, &tag]);
    assert_eq!(
        kept,
        json!({"port": 8080, "word": null, "other": [null, null], "on": true, "policy": "{\"a\":1}",
            "tag": {"key": "Team", "value": "data"}})
    );
    let changes = [port, secret, policy, tag];
    assert_eq!(sets::sets(&kept, &changes[..1]), sets::sets(&request, &changes[..1]));
    assert_eq!(sets::sets(&kept, &changes[1..]), sets::sets(&request, &changes[1..]));
}

#[test]
fn a_tag_is_set_by_its_own_key() {
    let path = AttributePath::attribute("tags").join(Step::Key("Team".into()));
    let change = |recorded: Value, live: Value| [differs(path.clone(), recorded, live)];
    let tags = |key: &str, value: &str| json!({"tagSet": {"items": [{"key": key, "value": value}]}, "tags": {}});
    let set = |request: &Value, change: &[AttributeChange]| !sets::sets(request, change).is_empty();
    assert!(set(&tags("Team", "data"), &change(json!("ops"), json!("data"))));
    assert!(!set(&tags("Cost", "data"), &change(json!("ops"), json!("data"))));
    assert!(!set(&tags("Team", "sales"), &change(json!("ops"), json!("data"))));
    assert!(set(&json!({"tagKeys": ["Team"], "gone": "ops"}), &change(json!("ops"), Value::Null)));
    let secret = AttributeChange {
        sensitive: true,
        live: ReportedValue::Redacted("x".into()),
        ..change(json!("a"), json!("b"))[0].clone()
    };
    assert!(set(&tags("Team", "anything"), &[secret]));
}

/// An event: its number is the minute of its time.
fn event(number: u8, tool: Tool, certain: bool, request: Value) -> ActivityEvent {
    ActivityEvent {
        subject: 0,
        id: number.to_string(),
        at: format!("2026-03-01T10:{number:02}:00Z"),
        action: "ec2:ModifyThing".into(),
        actor: Actor { kind: ActorKind::Person, identity: "ann".into(), role: None, via: None, mfa: None },
        tool,
        from: None,
        failed: None,
        certain,
        request: Some(request),
    }
}

fn finding(kind: Kind) -> Finding {
    Finding {
        contributing: Vec::new(),
        id: String::new(),
        kind,
        address: None,
        root_module: String::new(),
        workspace: String::new(),
        resource_type: "aws_vpc".into(),
        provider: AWS.into(),
        scope: scope(),
        object_id: Some("vpc-1".into()),
        severity: Severity::Low,
        material: true,
        default_object: false,
        created_at: None,
        tags: BTreeMap::new(),
        attributes: vec![differs(AttributePath::attribute("flag"), json!(true), json!(false))],
        source: None,
        attribution: Attribution::unknown(""),
        activity: None,
        cause: None,
    }
}

/// The minutes of the changes and of the last apply.
fn told(kind: Kind, events: Vec<ActivityEvent>) -> (Vec<String>, Option<String>) {
    let activity = joined(&finding(kind), 0, "vpc-1", &ActivityOutcome { events, ..ActivityOutcome::default() });
    let minute = |change: &LiveChange| change.at[14..16].to_owned();
    (activity.changes.iter().map(minute).collect(), activity.last_apply.as_ref().map(minute))
}

#[test]
fn only_what_came_after_the_last_apply_counts() {
    let nothing = || json!({});
    let events = || {
        vec![
            event(9, Tool::Console, true, nothing()),
            event(8, Tool::Terraform, false, nothing()),
            event(7, Tool::Cli, false, nothing()),
            event(6, Tool::Cli, false, json!({"flag": false})),
            ActivityEvent { failed: Some("Denied".into()), ..event(5, Tool::Terraform, true, nothing()) },
            event(4, Tool::Service, true, nothing()),
            event(3, Tool::OpenTofu, true, nothing()),
            event(2, Tool::Console, true, json!({"flag": false})),
        ]
    };
    let minutes = |minutes: &[&str]| minutes.iter().map(|minute| (*minute).to_owned()).collect::<Vec<_>>();
    assert_eq!(told(Kind::Changed, events()), (minutes(&["09", "06", "04"]), Some("03".into())));
    assert_eq!(told(Kind::Unmanaged, events()), (minutes(&["09", "06", "04", "03", "02"]), None));
    assert_eq!(told(Kind::Missing, Vec::new()), (minutes(&[]), None));
    let activity = joined(
        &finding(Kind::Changed),
        0,
        "vpc-1",
        &ActivityOutcome { events: events(), ..ActivityOutcome::default() },
    );
    let telling: Vec<&str> = activity.telling(false).iter().map(|change| change.at.as_str()).collect();
    assert_eq!(telling, ["2026-03-01T10:06:00Z"], "what set the attribute says more than what is newer");
    assert_eq!(activity.changes.iter().map(|change| change.manual).collect::<Vec<_>>(), [true, true, false]);
}

#[test]
fn an_apply_that_took_it_away_is_who_did_it() {
    let deleted = ActivityEvent { action: "ec2:DeleteVpc".into(), ..event(9, Tool::Terraform, true, json!({})) };
    let events = || vec![deleted.clone(), event(8, Tool::Terraform, true, json!({}))];
    assert_eq!(told(Kind::Missing, events()), (vec!["09".to_owned()], Some("08".into())));
    assert_eq!(told(Kind::Changed, events()), (vec![], Some("09".into())));
}

#[test]
fn nothing_before_an_object_was_made_is_of_interest() {
    assert_eq!(shortly_before("2026-03-01T00:30:00.250Z").as_deref(), Some("2026-02-28T23:30:00Z"));
    assert_eq!(shortly_before("2026-03-01T00:30:00+02:00").as_deref(), Some("2026-02-28T21:30:00Z"));
    assert_eq!(shortly_before("yesterday"), None);
}

#[test]
fn sources_are_named_so() {
    assert_eq!(Source::from_str("cloudtrail"), Ok(Source::EventHistory));
    assert_eq!(Source::from_str("s3://b/p"), Ok(Source::Store("s3://b/p".into())));
    assert_eq!(Source::from_str("./cloudtrail"), Ok(Source::Folder("./cloudtrail".into())));
    assert!(Source::from_str("").is_err() && Source::from_str("https://b/p").is_err());
}

const AWS: &str = "registry.terraform.io/hashicorp/aws";

fn scope() -> Scope {
    Scope { account: Some("111122223333".into()), region: Some("eu-west-1".into()) }
}

/// A provider whose objects are all gone, and that answers so about who did it.
#[derive(Clone)]
struct Memory(fn(&ActivityRequest<'_>) -> ActivityOutcome, &'static AtomicUsize);

impl Provider for Memory {
    fn reader(&self) -> &'static str {
        "native"
    }

    fn serves(&self, source: &str) -> bool {
        source == AWS
    }

    fn resource_types(&self) -> Vec<String> {
        vec!["aws_vpc".into()]
    }

    fn tells_activity(&self) -> bool {
        true
    }

    fn recorded_scope(&self, _: &Attributes) -> Scope {
        scope()
    }

    fn connect<'a>(&'a self, _: &'a ProviderConfiguration) -> BoxFuture<'a, Result<Box<dyn Connection>, Gap>> {
        async { Ok(Box::new(Open(self.clone(), scope())) as Box<dyn Connection>) }.boxed()
    }
}

struct Open(Memory, Scope);

impl Connection for Open {
    fn scope(&self) -> &Scope {
        &self.1
    }

    fn read<'a>(&'a self, _: &'a ReadRequest<'a>) -> BoxFuture<'a, ReadOutcome> {
        async { ReadOutcome::default() }.boxed()
    }

    fn activity<'a>(&'a self, request: &'a ActivityRequest<'a>) -> BoxFuture<'a, ActivityOutcome> {
        async {
            self.0.1.fetch_add(1, Ordering::SeqCst);
            (self.0.0)(request)
        }
        .boxed()
    }
}

fn report(findings: Vec<Finding>) -> Report {
    Report {
        scan: ScanInfo {
            directories: Vec::new(),
            id: String::new(),
            started_at: String::new(),
            finished_at: String::new(),
            repository: crate::model::RepositoryInfo::default(),
            states: Vec::new(),
            unread: Vec::new(),
            left_out: Vec::new(),
            programs: Vec::new(),
            complete: true,
            exit_code: 2,
        },
        summary: Summary::default(),
        notices: Vec::new(),
        findings,
        coverage: Vec::new(),
        folds: Vec::new(),
        anchors: Vec::new(),
    }
}

/// Asks about findings on `vpc-1` with these answers, from both remote sources.
fn asked(
    answer: fn(&ActivityRequest<'_>) -> ActivityOutcome,
    findings: Vec<Finding>,
    replays: bool,
) -> (Report, Vec<ConnectionActivity>, usize) {
    let calls: &'static AtomicUsize = Box::leak(Box::default());
    let text = json!({"version": 4, "serial": 1, "lineage": "l", "resources": [{"mode": "managed", "type": "aws_vpc", "name": "one",
        "provider": format!("provider[\"{AWS}\"]"), "instances": [{"schema_version": 1, "attributes": {"id": "vpc-1", "arn": "arn:1"}}]}]});
    let text = StateText::new("test", text.to_string());
    let states = [parse(&text).expect("a state")];
    let configuration = crate::config::Configuration::default();
    let providers: Vec<Box<dyn Provider>> = vec![Box::new(Memory(answer, calls))];
    let mut plan = reads(&[&configuration], &states, &providers, &Inventory::default());
    let interrupt = Interrupt::default();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let mut report = report(findings);
    let records = runtime.block_on(async {
        let live = fetch(&mut plan, &providers, &FetchSettings::default(), &interrupt, &|_| ()).await.expect("a fetch");
        let sides = Sides { plan: &plan, live: &live, providers: &providers, replays };
        let sources = [Source::EventHistory, Source::Store("s3://b".into())];
        let until = Instant::now() + Duration::from_secs(60);
        add(&mut report, &sources, sides, until, &interrupt).await.expect("no interruption")
    });
    (report, records, calls.load(Ordering::SeqCst))
}

fn one_change(request: &ActivityRequest<'_>) -> ActivityOutcome {
    assert_eq!((request.subjects.len(), request.subjects[0].id), (1, "vpc-1"));
    assert!(request.subjects[0].since_apply && request.subjects[0].attributes[0].get().contains("arn:1"));
    ActivityOutcome { events: vec![event(1, Tool::Cli, true, json!({}))], api_calls: 3, ..ActivityOutcome::default() }
}

#[test]
fn answers_are_joined_to_findings_and_each_event_counts_once() {
    let findings = vec![finding(Kind::Missing), finding(Kind::Missing), finding(Kind::PendingCreate)];
    let (report, records, calls) = asked(one_change, findings.clone(), false);
    let changes: Vec<Option<usize>> = report
        .findings
        .iter()
        .map(|finding| finding.activity.as_ref().map(|activity| activity.changes.len()))
        .collect();
    assert_eq!((changes, report.summary.api_calls, calls), (vec![Some(1), Some(1), None], 6, 2));
    assert_eq!((records.len(), records[0].subjects.len(), records[0].outcome.events.len()), (1, 1, 1));
    assert!(report.notices.is_empty() && records[0].outcome.events[0].request.is_some());
    let (_, _, calls) = asked(one_change, findings, true);
    assert_eq!(calls, 1, "a recording answers once for all that were asked");
}

#[test]
fn nothing_is_asked_where_nothing_drifted() {
    let (report, records, calls) = asked(|_| panic!("asked"), vec![finding(Kind::Unapplied)], false);
    assert_eq!((records.len(), calls, report.findings[0].activity.is_none()), (0, 0, true));
}

#[test]
fn a_source_that_fails_is_a_notice_and_changes_nothing_else() {
    let denied = |_: &ActivityRequest<'_>| ActivityOutcome::unread(GapClass::Denied, "LookupEvents: no");
    for answer in
        [denied, (|_: &ActivityRequest<'_>| panic!("a reader's fault")) as fn(&ActivityRequest<'_>) -> ActivityOutcome]
    {
        let (report, ..) = asked(answer, vec![finding(Kind::Missing)], false);
        assert_eq!((report.scan.exit_code, report.scan.complete), (2, true));
        let notices: Vec<(&str, bool)> = report.notices.iter().map(|notice| (notice.code, notice.incomplete)).collect();
        assert_eq!(notices, [("activity", false)]);
        let activity = report.findings[0].activity.as_ref().expect("it was asked");
        assert!(activity.changes.is_empty() && activity.gap.is_some());
    }
}
