//! Constructed audits for the tests of every format: all there is, an empty period, holes, and one text everywhere.
//! Knows nothing of the formats.

use crate::model::{
    Approver, Assurance, AttributeDiff, Attribution, Audit, AuditFinding, AuditRule, AuditedChange, AuditedLanding,
    Boundary, Check, CommitSignature, Completeness, Deployed, Emergency, Hole, RepositoryInfo, Segregation, Severity,
    Standing,
};
use crate::report::example::{HOSTILE, SECRET};

/// Every constructed audit with its name.
pub(super) fn all() -> Vec<(&'static str, Audit)> {
    vec![("full", full()), ("empty", empty()), ("incomplete", incomplete()), ("hostile", hostile(HOSTILE))]
}

fn person(name: &str) -> String {
    format!("{name} <{}@example.com>", name.to_lowercase().replace(' ', "."))
}

fn hash(digit: char) -> String {
    digit.to_string().repeat(40)
}

pub(super) fn diff(path: &str, before: Option<&str>, after: Option<&str>) -> AttributeDiff {
    AttributeDiff {
        path: path.into(),
        before: before.map(str::to_owned),
        after: after.map(str::to_owned),
        sensitive: false,
    }
}

fn change(kind: &'static str, directory: &str, what: &str, attributes: Vec<AttributeDiff>) -> AuditedChange {
    AuditedChange {
        kind,
        directory: directory.into(),
        what: what.into(),
        declaring_commit: Some(hash('1')),
        attributes,
        generated: false,
        deployed: None,
    }
}

fn landing(digit: char, day: u8, subject: &str, changes: Vec<AuditedChange>) -> AuditedLanding {
    AuditedLanding {
        attribution: Attribution {
            approving_commit: Some(hash(digit)),
            landed_at: Some(format!("2026-03-{day:02}T10:00:00Z")),
            subject: Some(subject.into()),
            authors: vec!["Ann Lee <ann@example.com>".into()],
            merged_by: Some("Mo Ray <mo@example.com>".into()),
            segregation: Segregation::Pass,
            reason: None,
            ..Attribution::unknown("")
        },
        is_merge: false,
        changes,
    }
}

/// A merged pull request with approvers of every assurance, checks and a signature.
fn reviewed() -> AuditedLanding {
    let secret = |before: Option<&str>, after: Option<&str>| AttributeDiff {
        sensitive: true,
        ..diff("master_password", before, after)
    };
    let digest = |digit: char| format!("hmac-sha256:{}", digit.to_string().repeat(32));
    let mut one = landing(
        'a',
        1,
        "Merge pull request #12 from net/subnets",
        vec![
            AuditedChange {
                deployed: Some(Deployed {
                    at: "2026-03-02T04:00:07Z".into(),
                    scan: "01JQ000000000000000000000".into(),
                }),
                ..change("changed", "", "aws_vpc.main", vec![diff(r#"tags["Env"]"#, Some("\"dev\""), Some("\"prod\""))])
            },
            change(
                "added",
                "net",
                "aws_subnet.a",
                vec![
                    diff("cidr_block", None, Some("cidrsubnet(var.cidr, 8, 1)")),
                    diff(r#"tags["Name"]"#, None, Some("\"a\"")),
                ],
            ),
            change(
                "changed",
                "net",
                "aws_db_instance.main",
                vec![
                    diff("user_data", Some("<<-EOT\n  one\n  EOT"), Some("<<-EOT\n  one\n  ```\n  EOT")),
                    secret(Some(&digest('a')), Some(&digest('b'))),
                ],
            ),
            change("removed", "net", "data.aws_ami.old", vec![diff("owners", Some("[\"self\"]"), None)]),
            AuditedChange { generated: true, ..change("moved", "net", "module.net", Vec::new()) },
            AuditedChange {
                declaring_commit: None,
                ..change("changed", "net", "prod.tfvars: size", vec![diff("value", Some("-2"), Some("=3; +4 | 5"))])
            },
        ],
    );
    one.is_merge = true;
    let attribution = &mut one.attribution;
    attribution.approvers = Assurance::ALL
        .iter()
        .zip(["Bo", "Cy", "Di", "Ed", "Fay", "Gus"])
        .map(|(assurance, name)| Approver {
            at: Some("2026-02-28T23:59:59Z".into()),
            ..Approver::new(person(name), *assurance, "review on #12")
        })
        .collect();
    attribution.pull_request = Some("#12".into());
    attribution.pull_request_url = Some("https://forge.example.com/infra/pull/12".into());
    attribution.checks = [("plan", "success", Some(true)), ("lint", "failure", Some(false)), ("docs", "pending", None)]
        .map(|(name, conclusion, required)| Check {
            name: name.into(),
            conclusion: conclusion.into(),
            completed_at: required.map(|_| "2026-02-28T22:00:00Z".into()),
            required,
        })
        .into();
    attribution.signature = Some(CommitSignature {
        letter: 'G',
        signer: Some("Forge <noreply@example.com>".into()),
        key: Some("AB12".into()),
    });
    one
}

/// An emergency with an approver of every standing that does not count.
fn emergency() -> AuditedLanding {
    let mut one = landing('b', 8, "Open the port, now", vec![change("changed", "net", "local.ports", Vec::new())]);
    let attribution = &mut one.attribution;
    attribution.approvers = Standing::ALL
        .iter()
        .zip(["Bo", "Ann Lee", "somebody", "Cy", "Di", "Ed", "ci-bot", "Fay"])
        .map(|(standing, name)| Approver {
            standing: *standing,
            ..Approver::new(person(name), Assurance::Asserted, "Reviewed-by trailer")
        })
        .collect();
    attribution.emergency = Some(Emergency {
        marker: "label emergency".into(),
        due: Some("2026-03-10T10:00:00Z".into()),
        approved_by: Some("Bo <bo@example.com>".into()),
        approved_at: Some("2026-03-11T09:00:00Z".into()),
    });
    attribution.reverts = Some(hash('a'));
    attribution.segregation = Segregation::Fail;
    attribution.reason = Some("the approval came after the time for it".into());
    one
}

/// One finding of every rule.
fn findings() -> Vec<AuditFinding> {
    let severities = [Severity::High, Severity::Medium, Severity::Low, Severity::Info];
    AuditRule::ALL
        .iter()
        .zip(severities.iter().cycle())
        .zip("abcdefabc".chars())
        .map(|((rule, severity), digit)| AuditFinding {
            rule: *rule,
            severity: *severity,
            commit: (*rule != AuditRule::ApprovalUnknown).then(|| hash(digit)),
            pull_request: (digit == 'a').then(|| "#12".to_owned()),
            text: format!("Bo <bo@example.com> is named in #12, which stands for {}.", rule.name()),
        })
        .collect()
}

/// Every rule, standing, assurance, kind of change and verdict.
pub(super) fn full() -> Audit {
    let mut unknown = landing('c', 9, "Set up | by hand", vec![change("added", "", "provider.aws.west", Vec::new())]);
    unknown.attribution = Attribution {
        subject: unknown.attribution.subject.clone(),
        approving_commit: unknown.attribution.approving_commit.clone(),
        ..Attribution::unknown("the forge's record of it is not kept here")
    };
    Audit {
        repository: RepositoryInfo {
            root: "infrastructure".into(),
            reference: "refs/remotes/origin/main".into(),
            commit: hash('d'),
        },
        directory: String::new(),
        made_at: "2026-04-01T08:00:00Z".into(),
        since: Some(Boundary {
            given: Some("2026-03-01".into()),
            commit: Some(hash('0')),
            at: Some("2026-02-20T10:00:00Z".into()),
        }),
        until: Boundary { given: None, commit: Some(hash('d')), at: Some("2026-03-31T10:00:00Z".into()) },
        landings: vec![reviewed(), emergency(), unknown],
        findings: findings(),
        completeness: Completeness {
            complete: true,
            landings: 5,
            landings_with_changes: 3,
            commits: 12,
            holes: Vec::new(),
            rewriting_checked: vec!["the reflog of origin/main".into(), "the tip seen by scan 01JQ".into()],
            forge: Some("github".into()),
            identity_map: Some("5f".repeat(32)),
            forge_records: 2,
            not_covered: vec!["Who could have approved cannot be told from a repository.".into()],
        },
        exit_code: 2,
    }
}

/// Nothing landed.
pub(super) fn empty() -> Audit {
    Audit {
        since: None,
        landings: Vec::new(),
        findings: Vec::new(),
        completeness: Completeness { complete: true, ..Completeness::default() },
        exit_code: 0,
        directory: "net".into(),
        ..full()
    }
}

/// Nothing found, but with holes.
pub(super) fn incomplete() -> Audit {
    let mut audit = full();
    audit.findings.clear();
    audit.landings.truncate(1);
    audit.completeness = Completeness {
        complete: false,
        landings: 3,
        landings_with_changes: 1,
        commits: 4,
        holes: vec![
            Hole {
                what: "net/main.tf".into(),
                commit: Some(hash('e')),
                cause: "it cannot be parsed; terraform fmt shows where it breaks".into(),
            },
            Hole {
                what: "what landed before abc1234".into(),
                commit: None,
                cause: "the clone is shallow; git fetch --unshallow gets the rest".into(),
            },
        ],
        ..Completeness::default()
    };
    audit.exit_code = 3;
    audit
}

/// An audit in which every text is the given one, and every sensitive value one that must not be printed.
pub(super) fn hostile(text: &str) -> Audit {
    let owned = || text.to_owned();
    let some = || Some(text.to_owned());
    let mut audit = full();
    for landing in &mut audit.landings {
        landing.attribution = Attribution {
            declaring_commit: None,
            approving_commit: some(),
            landed_at: some(),
            subject: some(),
            authors: vec![owned(), owned()],
            approvers: Standing::ALL
                .map(|standing| Approver { standing, at: some(), ..Approver::new(owned(), Assurance::Note, owned()) })
                .into(),
            merged_by: some(),
            pull_request: some(),
            pull_request_url: some(),
            checks: vec![Check { name: owned(), conclusion: owned(), completed_at: some(), required: None }],
            emergency: Some(Emergency { marker: owned(), due: some(), approved_by: some(), approved_at: some() }),
            signature: Some(CommitSignature { letter: '\u{1b}', signer: some(), key: some() }),
            reverts: some(),
            segregation: Segregation::Fail,
            reason: some(),
        };
        for change in &mut landing.changes {
            change.directory = owned();
            change.what = owned();
            change.declaring_commit = some();
            change.deployed = Some(Deployed { at: owned(), scan: owned() });
            for attribute in &mut change.attributes {
                let value = if attribute.sensitive { SECRET } else { text };
                attribute.path = owned();
                attribute.before = attribute.before.is_some().then(|| value.to_owned());
                attribute.after = attribute.after.is_some().then(|| value.to_owned());
            }
        }
    }
    for finding in &mut audit.findings {
        finding.commit = some();
        finding.pull_request = some();
        finding.text = owned();
    }
    audit.repository = RepositoryInfo { root: owned(), reference: owned(), commit: owned() };
    audit.directory = format!("d{text}");
    audit.made_at = owned();
    audit.since = Some(Boundary { given: some(), commit: some(), at: some() });
    audit.until = Boundary { given: some(), commit: some(), at: some() };
    audit.completeness.holes = vec![Hole { what: owned(), commit: some(), cause: owned() }];
    audit.completeness.rewriting_checked = vec![owned()];
    audit.completeness.identity_map = Some(owned());
    audit.completeness.forge = some();
    audit.completeness.not_covered = vec![owned()];
    audit
}
