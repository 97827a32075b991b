//! The SARIF 2.1.0 report as code scanning wants it: results for drift, notifications for what could not be read.
//! Knows nothing of how it is uploaded.
//!
//! Choices that last, because code scanning remembers them:
//! - A result per finding. `primaryLocationLineHash` is a digest of the finding's id and of the names of its changed
//!   top-level attributes: moving a block keeps an alert, and a dismissed one does not hide a change of another attribute.
//!   `driftIdentity/v1` is the finding's id alone.
//! - The category (`automationDetails.id` up to its last slash) names the scanned directory and nothing that changes.
//! - Only drift becomes a result. What is approved and not applied, ignored or merely stale is counted in the run's
//!   properties, and what could not be read is a notification.
//! - Code scanning closes every alert that an upload does not repeat. So an incomplete scan carries forward the earlier
//!   results that it could not check, or is refused.

mod earlier;
mod location;
mod message;
mod notify;
mod rules;
mod shape;

pub use earlier::{Earlier, Refused};

use super::inert::{inert, pretty_json};
use crate::model::{Finding, Kind, Report, Severity};
use provider_states::DEFAULT_WORKSPACE;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

/// Code scanning shows so many results of a run and drops the rest in an order of its own.
const MAX_RESULTS: usize = 5_000;
/// More unmanaged objects of one type and scope than this become one result.
const MAX_UNMANAGED: usize = 20;
/// Attribute paths that a result's properties list.
const MAX_ATTRIBUTES: usize = 100;
/// The one fingerprint that code scanning compares.
const LINE_HASH: &str = "primaryLocationLineHash";
/// Names a finding from scan to scan.
const IDENTITY: &str = "driftIdentity/v1";

/// What the report does not know of its use.
#[derive(Debug, Clone, Copy)]
pub struct SarifOptions<'a> {
    /// The scanned directory, from the repository's root; empty for the root. It names the category of the alerts.
    pub directory: &'a str,
    /// The results of the scan before, for a scan that is incomplete.
    pub earlier: Earlier<'a>,
}

/// What a result is about, for sorting, for other consumers and for carrying it forward.
#[derive(Serialize, Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct ResultProperties {
    finding_id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    address: Option<String>,
    root_module: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    workspace: Option<String>,
    resource_type: String,
    provider: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    account: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    region: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    object_id: Option<String>,
    material: bool,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    attributes: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    approving_commit: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pull_request: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    segregation: Option<String>,
    /// How many objects stand behind an aggregated result.
    #[serde(skip_serializing_if = "Option::is_none")]
    objects: Option<usize>,
    /// Not checked by this scan: repeated from the one before.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    carried_forward: bool,
}

/// What the run says beside its results.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct RunProperties {
    scan_id: String,
    reference: String,
    commit: String,
    complete: bool,
    resources: u64,
    in_sync: u64,
    unknown: u64,
    stale_state: u64,
    pending_create: u64,
    pending_removal: u64,
    unapplied: u64,
    ignored: u64,
    managed_twice: u64,
    carried_forward: usize,
    left_out: usize,
}

/// The report as SARIF. Refused for an incomplete scan without the results of the scan before.
pub fn sarif(report: &Report, options: SarifOptions<'_>) -> Result<String, Refused> {
    let category = category(options.directory);
    let (mut results, unlocated) = results(report);
    let carried = earlier::carried_forward(report, &results, options.earlier, &category)?;
    let carried_forward = carried.len();
    results.extend(carried);
    results.sort_by_cached_key(rank);
    let left_out = results.len().saturating_sub(MAX_RESULTS);
    results.truncate(MAX_RESULTS);
    let notifications = notify::notifications(report, &unlocated, carried_forward, left_out);
    let log = shape::Log {
        schema: "https://json.schemastore.org/sarif-2.1.0.json",
        version: "2.1.0",
        runs: [shape::Run {
            tool: tool(),
            automation_details: shape::AutomationDetails { id: category },
            invocations: [invocation(report, notifications)],
            column_kind: "utf16CodeUnits",
            results,
            properties: run_properties(report, carried_forward, left_out),
        }],
    };
    Ok(pretty_json(&log))
}

/// The category and an empty run id behind its last slash.
fn category(directory: &str) -> String {
    let directory = directory.trim_matches('/');
    format!("driftline/{}/", if directory.is_empty() { "." } else { directory })
}

fn tool() -> shape::Tool {
    shape::Tool {
        driver: shape::Driver {
            name: env!("CARGO_PKG_NAME"),
            semantic_version: env!("CARGO_PKG_VERSION"),
            information_uri: env!("CARGO_PKG_REPOSITORY"),
            rules: rules::table(),
            notifications: rules::notifications(),
        },
    }
}

fn invocation(report: &Report, notifications: Vec<shape::Notification>) -> shape::Invocation {
    let scan = &report.scan;
    let time = |text: &str| text.parse::<jiff::Timestamp>().ok().map(|time| time.to_string());
    shape::Invocation {
        execution_successful: scan.complete && matches!(scan.exit_code, 0 | 2),
        start_time_utc: time(&scan.started_at),
        end_time_utc: time(&scan.finished_at),
        exit_code: scan.exit_code,
        exit_code_description: match scan.exit_code {
            0 => "in sync",
            2 => "drift found",
            3 => "no drift seen, but the scan was incomplete",
            _ => "the scan failed",
        },
        tool_execution_notifications: notifications,
    }
}

fn run_properties(report: &Report, carried_forward: usize, left_out: usize) -> RunProperties {
    let (scan, summary) = (&report.scan, &report.summary);
    RunProperties {
        scan_id: scan.id.clone(),
        reference: scan.repository.reference.clone(),
        commit: scan.repository.commit.clone(),
        complete: scan.complete,
        resources: summary.resources,
        in_sync: summary.in_sync,
        unknown: summary.unknown,
        stale_state: summary.stale_state,
        pending_create: summary.pending_create,
        pending_removal: summary.pending_removal,
        unapplied: summary.unapplied,
        ignored: summary.ignored,
        managed_twice: summary.managed_twice,
        carried_forward,
        left_out,
    }
}

/// The results, and the findings that have no place in the repository.
fn results(report: &Report) -> (Vec<shape::Result>, Vec<&Finding>) {
    let (mut results, mut unlocated) = (Vec::new(), Vec::new());
    let mut unmanaged: BTreeMap<_, Vec<&Finding>> = BTreeMap::new();
    for finding in report.findings.iter().filter(|finding| is_result(finding)) {
        if finding.kind == Kind::Unmanaged {
            let key = (&finding.root_module, &finding.provider, &finding.resource_type, &finding.scope);
            unmanaged.entry(key).or_default().push(finding);
        } else {
            match single(report, finding) {
                Some(result) => results.push(result),
                None => unlocated.push(finding),
            }
        }
    }
    for group in unmanaged.into_values() {
        let made: Option<Vec<shape::Result>> = if group.len() > MAX_UNMANAGED {
            aggregated(report, &group).map(|result| vec![result])
        } else {
            group.iter().map(|finding| single(report, finding)).collect()
        };
        match made {
            Some(made) => results.extend(made),
            None => unlocated.extend(group),
        }
    }
    (results, unlocated)
}

fn is_result(finding: &Finding) -> bool {
    rules::KINDS.contains(&finding.kind) && !finding.default_object
}

fn single(report: &Report, finding: &Finding) -> Option<shape::Result> {
    let places = location::places(report, finding)?;
    Some(shape::Result {
        rule_id: rules::id(finding.kind, finding.severity),
        rule_index: rules::index(finding.kind, finding.severity)?,
        kind: "fail".to_owned(),
        level: rules::level(finding.severity).to_owned(),
        message: shape::Text::plain(message::message(finding, &places)),
        locations: vec![location::location(places.primary)],
        related_locations: location::related(&places.related),
        partial_fingerprints: fingerprints(finding),
        properties: properties(finding),
    })
}

/// One result for many unmanaged objects of a type and scope, with the highest severity among them.
fn aggregated(report: &Report, group: &[&Finding]) -> Option<shape::Result> {
    let first = group.first()?;
    let severity = group.iter().map(|finding| finding.severity).max().unwrap_or(Severity::Info);
    let scope = [&first.scope.account, &first.scope.region].map(|part| part.as_deref().unwrap_or_default());
    let id = digest(&["unmanaged", &first.root_module, &first.provider, &first.resource_type, scope[0], scope[1]]);
    Some(shape::Result {
        rule_id: rules::id(Kind::Unmanaged, severity),
        rule_index: rules::index(Kind::Unmanaged, severity)?,
        kind: "fail".to_owned(),
        level: rules::level(severity).to_owned(),
        message: shape::Text::plain(message::aggregated(group)),
        locations: vec![location::location(location::anchor(report, &first.root_module)?)],
        related_locations: Vec::new(),
        partial_fingerprints: [(LINE_HASH.to_owned(), line_hash(&[&id])), (IDENTITY.to_owned(), id.clone())].into(),
        properties: ResultProperties {
            finding_id: id,
            object_id: None,
            objects: Some(group.len()),
            ..properties(first)
        },
    })
}

fn properties(finding: &Finding) -> ResultProperties {
    let attribution = &finding.attribution;
    ResultProperties {
        finding_id: finding.id.clone(),
        address: finding.address.as_ref().map(ToString::to_string),
        root_module: finding.root_module.clone(),
        workspace: Some(finding.workspace.clone()).filter(|name| !name.is_empty() && name != DEFAULT_WORKSPACE),
        resource_type: finding.resource_type.clone(),
        provider: finding.provider.clone(),
        account: finding.scope.account.clone(),
        region: finding.scope.region.clone(),
        object_id: finding.object_id.clone(),
        material: finding.material,
        attributes: finding.attributes.iter().take(MAX_ATTRIBUTES).map(|change| change.path.to_string()).collect(),
        approving_commit: attribution.approving_commit.clone(),
        pull_request: attribution.pull_request.clone(),
        segregation: Some(attribution.segregation.name().to_owned()),
        objects: None,
        carried_forward: false,
    }
}

fn fingerprints(finding: &Finding) -> BTreeMap<String, String> {
    let names: BTreeSet<&str> = finding.attributes.iter().map(|change| change.path.top()).collect();
    let parts: Vec<&str> = [finding.id.as_str()].into_iter().chain(names).collect();
    // An empty string would make the whole upload invalid.
    let identity = if finding.id.is_empty() { digest(&[]) } else { inert(&finding.id).into_owned() };
    [(LINE_HASH.to_owned(), line_hash(&parts)), (IDENTITY.to_owned(), identity)].into()
}

/// In the form that code scanning's own hashes have: digest and ordinal.
fn line_hash(parts: &[&str]) -> String {
    format!("{}:1", &digest(parts)[..32])
}

/// SHA-256 of the parts, each led by its length so that no two lists of parts agree by accident.
fn digest(parts: &[&str]) -> String {
    let mut sha = Sha256::new();
    for part in parts {
        sha.update((part.len() as u64).to_be_bytes());
        sha.update(part.as_bytes());
    }
    sha.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The order of results: what matters most first, then by place in the configuration, always the same.
fn rank(result: &shape::Result) -> impl Ord + use<> {
    let severity = rules::by_id(&result.rule_id).map(|(_, severity)| severity);
    let properties = &result.properties;
    (
        Reverse(severity),
        Reverse(properties.material),
        result.rule_index,
        properties.root_module.clone(),
        properties.workspace.clone(),
        properties.address.clone(),
        properties.resource_type.clone(),
        properties.object_id.clone(),
        properties.finding_id.clone(),
    )
}

#[cfg(test)]
mod tests;
