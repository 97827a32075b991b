//! The JSON report, format version 1: what other programs rely on. Keys may be added; none is removed or reused.
//! Knows nothing of how findings are judged, and mirrors the model so that the model can change without it.

mod activity;
mod attribution;
mod scan;

use super::inert::pretty_json;
use crate::inventory::Covered;
use crate::model;
use crate::model::ReportedValue;
use activity::Activity;
pub(super) use attribution::{Approver, Attribution, segregations};
use scan::Scan;
pub(super) use scan::{LeftOut, Repository, State, UnreadStates};
use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::Serialize;
use serde_json::Value;
use std::collections::BTreeMap;

/// The version of the format: the number before the point grows with a change that breaks readers.
const FORMAT_VERSION: &str = "1.0";

/// The report as JSON. The same report gives the same bytes.
pub fn json(report: &model::Report) -> String {
    pretty_json(&Document::from(report))
}

/// The JSON Schema (draft 2020-12) of what [`json`] writes.
pub fn json_schema() -> String {
    let schema = SchemaSettings::draft2020_12().for_serialize().into_generator().into_root_schema_for::<Document>();
    pretty_json(&schema)
}

/// The outcome of one scan by driftline.
///
/// Readers must accept keys that they do not know.
#[derive(Serialize, JsonSchema)]
#[schemars(title = "driftline report, format version 1")]
struct Document<'a> {
    /// Version of this format, `1.x`.
    #[schemars(regex(pattern = r"^1\.[0-9]+$"))]
    format_version: &'static str,
    /// The program that wrote the report.
    tool: Tool,
    /// The scan itself.
    scan: Scan<'a>,
    /// Counts of instances by outcome.
    summary: Summary,
    /// What must be known beside the findings, most important first.
    notices: Vec<Notice<'a>>,
    /// Every instance that is not in sync, sorted by address, then object id.
    findings: Vec<Finding<'a>>,
    /// What was looked at, sorted by provider, scope and type.
    coverage: Vec<Coverage<'a>>,
    /// Differences that a documented rule found to mean nothing, by rule.
    folds: Vec<Fold<'a>>,
}

/// The program that wrote the report.
#[derive(Serialize, JsonSchema)]
pub(super) struct Tool {
    /// Always `driftline`.
    name: &'static str,
    /// Its version.
    version: &'static str,
}

impl Tool {
    /// This program.
    pub(super) fn this() -> Self {
        Self { name: env!("CARGO_PKG_NAME"), version: env!("CARGO_PKG_VERSION") }
    }
}

/// Counts of instances by outcome.
#[derive(Serialize, JsonSchema)]
struct Summary {
    /// Managed instances in the states.
    resources: u64,
    /// Live equals what was recorded, and what is declared.
    in_sync: u64,
    /// Live differs from what was recorded.
    changed: u64,
    /// Recorded, and gone.
    missing: u64,
    /// Live, and in no state; without what every account has by default.
    unmanaged: u64,
    /// Recorded, and not readable.
    unknown: u64,
    /// Live equals the configuration already; the state lags behind. Not drift.
    stale_state: u64,
    /// Declared, not recorded yet. Not drift.
    pending_create: u64,
    /// Recorded, no longer declared. Not drift.
    pending_removal: u64,
    /// Declared otherwise than recorded. Not drift.
    unapplied: u64,
    /// Differs where `ignore_changes` says not to care.
    ignored: u64,
    /// Instances whose object another state records too. Not drift.
    managed_twice: u64,
    /// Calls made to remote systems.
    api_calls: u64,
    /// How much of the live estate is in a state. Absent without `--unmanaged`.
    #[serde(skip_serializing_if = "Option::is_none")]
    iac: Option<Iac>,
}

/// How many live objects a state holds, and how many none does: without those that the account has by default, that another
/// object owns, or that were left out on request. Only types that can be listed are counted.
#[derive(Serialize, JsonSchema)]
struct Iac {
    /// In a state.
    managed: u64,
    /// In none.
    unmanaged: u64,
    /// The managed part in percent, rounded down to a tenth; null where there is nothing.
    percent: Option<f64>,
}

impl From<Covered> for Iac {
    fn from(covered: Covered) -> Self {
        Self { managed: covered.managed, unmanaged: covered.unmanaged, percent: covered.percent() }
    }
}

/// Something that must be known beside the findings.
#[derive(Serialize, JsonSchema)]
struct Notice<'a> {
    /// A stable code, for example `other-account`.
    code: &'a str,
    /// Whether it makes the scan incomplete.
    incomplete: bool,
    /// What, why, and what to do.
    text: &'a str,
    /// The place in the configuration.
    source: Option<Source<'a>>,
}

/// An instance that is not in sync.
#[derive(Serialize, JsonSchema)]
struct Finding<'a> {
    /// A fingerprint that stays the same from scan to scan.
    id: &'a str,
    /// What is the matter.
    #[schemars(schema_with = "kinds")]
    kind: &'a str,
    /// The address of the instance in its root module; null for an unmanaged object.
    address: Option<String>,
    /// The directory of the root module from the repository's root; empty for the root itself.
    root_module: &'a str,
    /// The workspace; empty for an unmanaged object.
    workspace: &'a str,
    /// Resource type.
    #[serde(rename = "type")]
    resource_type: &'a str,
    /// Provider address.
    provider: &'a str,
    /// Where the object lives.
    scope: Scope<'a>,
    /// The remote object's id; null where none is known.
    object_id: Option<&'a str>,
    /// How much it matters.
    #[schemars(schema_with = "severities")]
    severity: &'a str,
    /// Whether a plan of the approved configuration would act on it.
    material: bool,
    /// Whether every account has such an object from the start, or another object owns it (unmanaged objects only).
    default_object: bool,
    /// When the object was made, where the API tells it. Absent elsewhere, and for managed instances.
    #[serde(skip_serializing_if = "Option::is_none")]
    created_at: Option<&'a str>,
    /// The object's tags. Absent where there are none, and for managed instances.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    tags: &'a BTreeMap<String, String>,
    /// What differs, sorted by path.
    attributes: Vec<Attribute<'a>>,
    /// The block that declares the resource; null where none does.
    source: Option<Source<'a>>,
    /// Who approved what is declared.
    attribution: Attribution<'a>,
    /// What else determines the resource as a whole: the module calls that enclose it, and what the dependency lock file says
    /// of its provider. Absent where there is nothing.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    contributing: Vec<Contributing<'a>>,
    /// Who changed it live; null where that was not asked.
    activity: Option<Activity<'a>>,
    /// For `unknown` why; else a remark, or null.
    cause: Option<&'a str>,
}

/// Account and region.
#[derive(Serialize, JsonSchema)]
struct Scope<'a> {
    /// The account; null where there is none or it is not known.
    account: Option<&'a str>,
    /// The region; null for what is global, or where it is not known.
    region: Option<&'a str>,
}

/// An attribute that differs.
///
/// Each of `declared`, `recorded` and `live` is the value itself, with these exceptions:
/// null where it is not set (or not declared);
/// `{"sensitive": "…"}` where `sensitive` is true, with a keyed digest that tells equal from different values
/// (`{"sensitive": null}` where there is no digest);
/// `{"known": false}` where it cannot be told, and then its name is also listed in `not_known`.
#[derive(Serialize, JsonSchema)]
struct Attribute<'a> {
    /// The attribute path as the language writes it, for example `tags["Env"]`.
    path: String,
    /// What the configuration declares.
    #[schemars(with = "Value")]
    declared: Shown<'a>,
    /// What the state recorded.
    #[schemars(with = "Value")]
    recorded: Shown<'a>,
    /// What the remote system answered.
    #[schemars(with = "Value")]
    live: Shown<'a>,
    /// Which of `declared`, `recorded` and `live` cannot be told. Absent where all can.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    not_known: Vec<&'static str>,
    /// Whether the values are sensitive: then every one that is set is shown as `{"sensitive": …}`.
    sensitive: bool,
    /// Whether a plan of the approved configuration would change it back.
    material: bool,
    /// The place of the attribute in the configuration; null where it is not declared by itself.
    source: Option<Source<'a>>,
    /// Who declared and approved what is declared for it; null where it is not declared.
    attribution: Option<Attribution<'a>>,
    /// What else determines what is declared: locals, variables with the default, the line of a file of values or the
    /// argument of a module call, and outputs, one leading to the next. Absent where there is nothing.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    contributing: Vec<Contributing<'a>>,
}

/// Something that takes part in determining what is declared.
#[derive(Serialize, JsonSchema)]
pub(super) struct Contributing<'a> {
    /// Its name, for example `local.size` or `module.net`.
    pub(super) what: &'a str,
    /// Where its value stands; null where that is not known.
    pub(super) source: Option<Source<'a>>,
    /// The last commit that changed its meaning; null where that is not known.
    pub(super) declaring_commit: Option<&'a str>,
    /// The commit that brought that onto the approved ref; null where that is not known.
    pub(super) approving_commit: Option<&'a str>,
}

/// A value as reports show it: see [`Attribute`].
#[derive(Serialize)]
#[serde(untagged)]
pub(super) enum Shown<'a> {
    Value(&'a Value),
    Sensitive { sensitive: Option<&'a str> },
    NotKnown { known: bool },
    Absent(()),
}

/// A range in a file of the repository, at the approved commit.
#[derive(Serialize, JsonSchema)]
pub(super) struct Source<'a> {
    /// Path from the repository's root, with `/`.
    file: &'a str,
    /// From 1.
    start_line: u32,
    /// From 1, in UTF-16 code units.
    start_column: u32,
    /// From 1.
    end_line: u32,
    /// Behind the last character, from 1, in UTF-16 code units.
    end_column: u32,
}

/// What was looked at of one type in one scope.
#[derive(Serialize, JsonSchema)]
struct Coverage<'a> {
    /// Provider address.
    provider: &'a str,
    /// Account and region.
    scope: Scope<'a>,
    /// Resource type.
    #[serde(rename = "type")]
    resource_type: &'a str,
    /// `native`, `plugin`, `recorded`, `state` for what exists in state only, or `none` where no reader serves the type.
    reader: &'a str,
    /// Whether everything was read, or why not.
    #[schemars(schema_with = "statuses")]
    status: &'a str,
    /// Live objects seen.
    objects: u64,
    /// How many of them a state holds. Absent without `--unmanaged`, and for types that cannot be listed.
    #[serde(skip_serializing_if = "Option::is_none")]
    iac: Option<Iac>,
    /// Attributes that were compared, sorted.
    attributes: &'a [String],
    /// Calls made.
    api_calls: u64,
    /// The cause of what was not read.
    cause: Option<&'a str>,
}

/// Differences that one rule found to mean nothing.
#[derive(Serialize, JsonSchema)]
struct Fold<'a> {
    /// The rule.
    rule: &'a str,
    /// How many attributes.
    count: u64,
}

pub(super) fn one_of(names: impl IntoIterator<Item = &'static str>) -> Schema {
    let names: Vec<Value> = names.into_iter().map(Value::from).collect();
    schemars::json_schema!({"type": "string", "enum": names})
}

fn kinds(_: &mut SchemaGenerator) -> Schema {
    one_of(model::Kind::ALL.map(model::Kind::name))
}

pub(super) fn severities(_: &mut SchemaGenerator) -> Schema {
    use model::Severity::{High, Info, Low, Medium};
    one_of([High, Medium, Low, Info].map(model::Severity::name))
}

fn statuses(_: &mut SchemaGenerator) -> Schema {
    use model::CoverageStatus::{Complete, Gap};
    use provider_api::GapClass::{Denied, Failed, Throttled, TimedOut, Unsupported};
    one_of(
        [Complete, Gap(Denied), Gap(Throttled), Gap(Failed), Gap(Unsupported), Gap(TimedOut)]
            .map(model::CoverageStatus::name),
    )
}

impl<'a> From<&'a model::Report> for Document<'a> {
    fn from(report: &'a model::Report) -> Self {
        Self {
            format_version: FORMAT_VERSION,
            tool: Tool::this(),
            scan: (&report.scan).into(),
            summary: (&report.summary).into(),
            notices: report.notices.iter().map(Into::into).collect(),
            findings: report.findings.iter().map(Into::into).collect(),
            coverage: report.coverage.iter().map(Into::into).collect(),
            folds: report.folds.iter().map(|(rule, count)| Fold { rule, count: *count }).collect(),
        }
    }
}

impl From<&model::Summary> for Summary {
    fn from(summary: &model::Summary) -> Self {
        Self {
            resources: summary.resources,
            in_sync: summary.in_sync,
            changed: summary.changed,
            missing: summary.missing,
            unmanaged: summary.unmanaged,
            unknown: summary.unknown,
            stale_state: summary.stale_state,
            pending_create: summary.pending_create,
            pending_removal: summary.pending_removal,
            unapplied: summary.unapplied,
            ignored: summary.ignored,
            managed_twice: summary.managed_twice,
            api_calls: summary.api_calls,
            iac: summary.covered.map(Into::into),
        }
    }
}

impl<'a> From<&'a model::Notice> for Notice<'a> {
    fn from(notice: &'a model::Notice) -> Self {
        Self {
            code: notice.code,
            incomplete: notice.incomplete,
            text: &notice.text,
            source: notice.source.as_ref().map(Into::into),
        }
    }
}

impl<'a> From<&'a model::Finding> for Finding<'a> {
    fn from(finding: &'a model::Finding) -> Self {
        Self {
            id: &finding.id,
            kind: finding.kind.name(),
            address: finding.address.as_ref().map(ToString::to_string),
            root_module: &finding.root_module,
            workspace: &finding.workspace,
            resource_type: &finding.resource_type,
            provider: &finding.provider,
            scope: (&finding.scope).into(),
            object_id: finding.object_id.as_deref(),
            severity: finding.severity.name(),
            material: finding.material,
            default_object: finding.default_object,
            created_at: finding.created_at.as_deref(),
            tags: &finding.tags,
            attributes: finding.attributes.iter().map(Into::into).collect(),
            source: finding.source.as_ref().map(Into::into),
            attribution: (&finding.attribution).into(),
            contributing: finding.contributing.iter().map(Into::into).collect(),
            activity: finding.activity.as_ref().map(Into::into),
            cause: finding.cause.as_deref(),
        }
    }
}

impl<'a> From<&'a provider_api::Scope> for Scope<'a> {
    fn from(scope: &'a provider_api::Scope) -> Self {
        Self { account: scope.account.as_deref(), region: scope.region.as_deref() }
    }
}

impl<'a> From<&'a model::AttributeChange> for Attribute<'a> {
    fn from(change: &'a model::AttributeChange) -> Self {
        let columns = [("declared", &change.declared), ("recorded", &change.recorded), ("live", &change.live)];
        let sensitive = super::is_sensitive(change);
        Self {
            path: change.path.to_string(),
            declared: Shown::new(&change.declared, sensitive),
            recorded: Shown::new(&change.recorded, sensitive),
            live: Shown::new(&change.live, sensitive),
            not_known: columns
                .into_iter()
                .filter_map(|(name, value)| (*value == ReportedValue::NotKnown).then_some(name))
                .collect(),
            sensitive,
            material: change.material,
            source: change.source.as_ref().map(Into::into),
            attribution: change.attribution.as_ref().map(Into::into),
            contributing: change.contributing.iter().map(Into::into).collect(),
        }
    }
}

impl<'a> From<&'a model::Contributor> for Contributing<'a> {
    fn from(contributor: &'a model::Contributor) -> Self {
        Self {
            what: &contributor.what,
            source: contributor.source.as_ref().map(Into::into),
            declaring_commit: contributor.declaring_commit.as_deref(),
            approving_commit: contributor.approving_commit.as_deref(),
        }
    }
}

impl<'a> Shown<'a> {
    /// A plain value of a sensitive attribute is withheld: nothing upstream should let one come here.
    pub(super) fn new(value: &'a ReportedValue, sensitive: bool) -> Self {
        match value {
            ReportedValue::Absent => Self::Absent(()),
            ReportedValue::NotKnown => Self::NotKnown { known: false },
            ReportedValue::Redacted(digest) => Self::Sensitive { sensitive: Some(digest) },
            ReportedValue::Plain(_) if sensitive => Self::Sensitive { sensitive: None },
            ReportedValue::Plain(value) => Self::Value(value),
        }
    }
}

impl<'a> From<&'a model::SourceRange> for Source<'a> {
    fn from(source: &'a model::SourceRange) -> Self {
        Self {
            file: &source.file,
            start_line: source.start_line,
            start_column: source.start_column,
            end_line: source.end_line,
            end_column: source.end_column,
        }
    }
}

impl<'a> From<&'a model::CoverageEntry> for Coverage<'a> {
    fn from(entry: &'a model::CoverageEntry) -> Self {
        Self {
            provider: &entry.provider,
            scope: (&entry.scope).into(),
            resource_type: &entry.resource_type,
            reader: &entry.reader,
            status: entry.status.name(),
            objects: entry.objects,
            iac: entry.covered.map(Into::into),
            attributes: &entry.attributes,
            api_calls: entry.api_calls,
            cause: entry.cause.as_deref(),
        }
    }
}

#[cfg(test)]
mod tests;
