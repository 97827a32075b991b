//! The audit as JSON, format version 1: what other programs rely on. Keys may be added; none is removed or reused.
//! Knows nothing of how changes are found, and mirrors the model so that the model can change without it.

use super::{Counts, is_complete, values};
use crate::model;
use crate::report::inert::pretty_json;
use crate::report::json::{Attribution, Repository, Tool, one_of, severities};
use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::Serialize;

/// The audit as JSON. Pretty, with a newline at the end; the same audit gives the same bytes.
pub fn audit_json(audit: &model::Audit) -> String {
    pretty_json(&Document::from(audit))
}

/// The JSON Schema (draft 2020-12) of what [`audit_json`] writes.
pub fn audit_schema() -> String {
    let schema = SchemaSettings::draft2020_12().for_serialize().into_generator().into_root_schema_for::<Document>();
    pretty_json(&schema)
}

/// Every change to infrastructure that landed in a period, by driftline.
///
/// Readers must accept keys that they do not know.
#[derive(Serialize, JsonSchema)]
#[schemars(title = "driftline audit, format version 1")]
struct Document<'a> {
    /// Version of this format, `1.x`.
    #[schemars(regex(pattern = r"^1\.[0-9]+$"))]
    format_version: &'static str,
    /// The program that made the audit.
    tool: Tool,
    /// When it was made (RFC 3339, UTC).
    made_at: &'a str,
    /// The repository and the approved ref, as it stood.
    repository: Repository<'a>,
    /// The directory that was looked at, from the repository's root; empty for all of it.
    directory: &'a str,
    /// The period.
    period: Period<'a>,
    /// Whether nothing is missing. If not, there may be changes that are not listed; `completeness` says where.
    complete: bool,
    /// 0 nothing found, 2 findings, 3 nothing found but the audit is incomplete.
    exit_code: u8,
    /// Counts.
    summary: Summary,
    /// What landed and changed configuration, oldest first.
    landings: Vec<Landing<'a>>,
    /// What an auditor must look at, in the order of history.
    findings: Vec<Finding<'a>>,
    /// What the population of changes rests on, and what is missing from it.
    completeness: Completeness<'a>,
}

/// From when to when. A landing is in the period by its place on the first-parent chain.
#[derive(Serialize, JsonSchema)]
struct Period<'a> {
    /// Where it begins, exclusive; null where it begins with history.
    since: Option<Boundary<'a>>,
    /// Where it ends, inclusive.
    until: Boundary<'a>,
}

/// One end of the period.
#[derive(Serialize, JsonSchema)]
struct Boundary<'a> {
    /// As the user gave it: a revision or a date; null for the default.
    given: Option<&'a str>,
    /// The commit of the first-parent chain that it stands for; null where there is none.
    commit: Option<&'a str>,
    /// When that landed, as its committer claims (RFC 3339, UTC).
    at: Option<&'a str>,
}

/// Counts.
#[derive(Serialize, JsonSchema)]
struct Summary {
    /// Commits of the first-parent chain in the period.
    landings: u64,
    /// Those of them that changed configuration.
    landings_with_changes: u64,
    /// All commits that landed in the period, those of merged branches among them.
    commits: u64,
    /// Blocks that changed, each counted once a landing.
    changes: u64,
    /// Landings with changes whose duties were segregated.
    pass: u64,
    /// Landings with changes whose duties were not.
    fail: u64,
    /// Landings with changes of which that cannot be told.
    unknown: u64,
    /// Landings with changes that were declared an emergency.
    emergencies: u64,
    /// Findings.
    findings: u64,
}

/// One commit of the first-parent chain with all that it changed.
#[derive(Serialize, JsonSchema)]
struct Landing<'a> {
    /// Who asked, who approved, how surely. Its declaring commit is null: each change has its own.
    attribution: Attribution<'a>,
    /// Whether it has several parents.
    is_merge: bool,
    /// What it changed, sorted by directory and name.
    changes: Vec<Change<'a>>,
}

/// One block that changed.
#[derive(Serialize, JsonSchema)]
struct Change<'a> {
    /// What happened to it.
    #[schemars(schema_with = "kinds")]
    kind: &'a str,
    /// Its directory from the repository's root; empty for the root itself.
    directory: &'a str,
    /// Its name as the language writes it, for example `aws_vpc.main`, `module.net`, `local.size`; of a file of values
    /// `prod.tfvars: size`.
    what: &'a str,
    /// The commit that made the change; null where it lies outside of this clone.
    declaring_commit: Option<&'a str>,
    /// What differs, sorted by path.
    attributes: Vec<Attribute<'a>>,
    /// Whether the file says that a program wrote it.
    generated: bool,
    /// The first scan that found it in place; null where no scan tells.
    deployed: Option<Deployed<'a>>,
}

/// One attribute before and after, as the source text has it.
#[derive(Serialize, JsonSchema)]
struct Attribute<'a> {
    /// The attribute path, for example `tags["Env"]`.
    path: &'a str,
    /// What it said; null where it was not there. Of a sensitive one a keyed digest, or `(sensitive)`.
    before: Option<String>,
    /// What it says; null where it is gone. Of a sensitive one a keyed digest, or `(sensitive)`.
    after: Option<String>,
    /// Whether digests stand in place of values. Equal values have equal digests.
    sensitive: bool,
}

/// The first scan that found a change in place.
#[derive(Serialize, JsonSchema)]
struct Deployed<'a> {
    /// When that scan ended (RFC 3339, UTC).
    at: &'a str,
    /// Its id.
    scan: &'a str,
}

/// Something that an auditor must look at.
#[derive(Serialize, JsonSchema)]
struct Finding<'a> {
    /// What is the matter.
    #[schemars(schema_with = "rules")]
    rule: &'a str,
    /// How much it matters.
    #[schemars(schema_with = "severities")]
    severity: &'a str,
    /// The landing commit, or the tip that is gone; null where it is no matter of one commit.
    commit: Option<&'a str>,
    /// Its pull request as the forge writes it.
    pull_request: Option<&'a str>,
    /// One sentence: what was found.
    text: &'a str,
}

/// What the population of changes rests on.
#[derive(Serialize, JsonSchema)]
struct Completeness<'a> {
    /// Whether nothing is missing from it.
    complete: bool,
    /// Commits of the first-parent chain in the period.
    landings: u64,
    /// Those of them that changed configuration.
    landings_with_changes: u64,
    /// All commits that landed in the period, those of merged branches among them.
    commits: u64,
    /// What could not be looked at.
    holes: Vec<Hole<'a>>,
    /// Against what it was checked that history was not rewritten, for example `the reflog of origin/main`.
    rewriting_checked: &'a [String],
    /// SHA-256 (hex) of all that says who is who: the mailmap, and persons, teams and programs of the settings.
    identity_map: Option<&'a str>,
    /// The forge whose records were used, for example `github`; null where Git is all there is.
    forge: Option<&'a str>,
    /// Landings with changes for which the forge's record was read or kept.
    forge_records: u64,
    /// What no tool can tell from a repository, one sentence each.
    not_covered: &'a [String],
}

/// Something that could not be looked at.
#[derive(Serialize, JsonSchema)]
struct Hole<'a> {
    /// What: a file, a range of history, the forge's record of a commit.
    what: &'a str,
    /// The landing commit concerned; null where it is not one.
    commit: Option<&'a str>,
    /// Why, and the way out.
    cause: &'a str,
}

fn kinds(_: &mut SchemaGenerator) -> Schema {
    use crate::attribute::EventKind::{Added, Changed, Moved, Removed};
    one_of([Added, Changed, Moved, Removed].map(|kind| kind.name()))
}

fn rules(_: &mut SchemaGenerator) -> Schema {
    one_of(model::AuditRule::ALL.map(model::AuditRule::name))
}

impl<'a> From<&'a model::Audit> for Document<'a> {
    fn from(audit: &'a model::Audit) -> Self {
        Self {
            format_version: "1.0",
            tool: Tool::this(),
            made_at: &audit.made_at,
            repository: (&audit.repository).into(),
            directory: &audit.directory,
            period: Period { since: audit.since.as_ref().map(Into::into), until: (&audit.until).into() },
            complete: is_complete(audit),
            exit_code: audit.exit_code,
            summary: audit.into(),
            landings: audit.landings.iter().map(Into::into).collect(),
            findings: audit.findings.iter().map(Into::into).collect(),
            completeness: audit.into(),
        }
    }
}

impl<'a> From<&'a model::Boundary> for Boundary<'a> {
    fn from(boundary: &'a model::Boundary) -> Self {
        Self { given: boundary.given.as_deref(), commit: boundary.commit.as_deref(), at: boundary.at.as_deref() }
    }
}

impl From<&model::Audit> for Summary {
    fn from(audit: &model::Audit) -> Self {
        let Counts { changes, pass, fail, unknown, emergencies } = Counts::of(audit);
        Self {
            landings: audit.completeness.landings,
            landings_with_changes: audit.completeness.landings_with_changes,
            commits: audit.completeness.commits,
            changes,
            pass,
            fail,
            unknown,
            emergencies,
            findings: audit.findings.len() as u64,
        }
    }
}

impl<'a> From<&'a model::AuditedLanding> for Landing<'a> {
    fn from(landing: &'a model::AuditedLanding) -> Self {
        Self {
            attribution: (&landing.attribution).into(),
            is_merge: landing.is_merge,
            changes: landing.changes.iter().map(Into::into).collect(),
        }
    }
}

impl<'a> From<&'a model::AuditedChange> for Change<'a> {
    fn from(change: &'a model::AuditedChange) -> Self {
        let attribute = |diff: &'a model::AttributeDiff| {
            let (before, after) = values(diff);
            Attribute { path: &diff.path, before, after, sensitive: diff.sensitive }
        };
        Self {
            kind: change.kind,
            directory: &change.directory,
            what: &change.what,
            declaring_commit: change.declaring_commit.as_deref(),
            attributes: change.attributes.iter().map(attribute).collect(),
            generated: change.generated,
            deployed: change.deployed.as_ref().map(|model::Deployed { at, scan }| Deployed { at, scan }),
        }
    }
}

impl<'a> From<&'a model::AuditFinding> for Finding<'a> {
    fn from(finding: &'a model::AuditFinding) -> Self {
        Self {
            rule: finding.rule.name(),
            severity: finding.severity.name(),
            commit: finding.commit.as_deref(),
            pull_request: finding.pull_request.as_deref(),
            text: &finding.text,
        }
    }
}

impl<'a> From<&'a model::Audit> for Completeness<'a> {
    fn from(audit: &'a model::Audit) -> Self {
        let completeness = &audit.completeness;
        let hole =
            |hole: &'a model::Hole| Hole { what: &hole.what, commit: hole.commit.as_deref(), cause: &hole.cause };
        Self {
            complete: is_complete(audit),
            landings: completeness.landings,
            landings_with_changes: completeness.landings_with_changes,
            commits: completeness.commits,
            holes: completeness.holes.iter().map(hole).collect(),
            rewriting_checked: &completeness.rewriting_checked,
            identity_map: completeness.identity_map.as_deref(),
            forge: completeness.forge.as_deref(),
            forge_records: completeness.forge_records,
            not_covered: &completeness.not_covered,
        }
    }
}
