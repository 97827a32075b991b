//! Turns verdicts into the report: severities, redaction, counts, notices, the exit code.
//! Pure; knows nothing of rendering. Nothing sensitive leaves it in the clear.

use crate::attributions::Attributions;
use crate::compare::{
    At, Change, Comparison, ManagedTwice, PendingCreate, Unmanaged, Verdict, is_complete, scope_text,
};
use crate::config::{Configuration, backend};
use crate::inventory::Covered;
use crate::model::{
    Address, AttributeChange, Attribution, Finding, Kind, Notice, Report, ReportedValue, ScanInfo, Severity,
    SourceRange, Summary,
};
use crate::plan::InstanceIndex;
use crate::redact::{RedactionKey, hex};
use crate::state::State;
use provider_api::{Origin, Scope};
use provider_states::DEFAULT_WORKSPACE;
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;

/// Exit code: everything that was looked at is as approved.
pub const IN_SYNC: u8 = 0;
/// Exit code: the scan could not be made; usage errors too.
pub const ERROR: u8 = 1;
/// Exit code: drift.
pub const DRIFT: u8 = 2;
/// Exit code: no drift seen, but not everything was looked at.
pub const INCOMPLETE: u8 = 3;
/// Exit code: ended by a signal before a verdict.
pub const INTERRUPTED: u8 = 130;

/// All that a report is made of.
pub struct Evidence<'a> {
    /// One per state; several states may share one.
    pub configurations: &'a [&'a Configuration],
    /// What was recorded.
    pub states: &'a [State<'a>],
    /// One per state.
    pub keys: &'a [RedactionKey],
    /// The verdicts.
    pub comparison: Comparison,
    /// Who approved what is declared.
    pub attributions: Attributions<'a>,
}

/// Judges a comparison.
pub fn judge(evidence: Evidence<'_>, scan: ScanInfo, mut notices: Vec<Notice>) -> Report {
    let comparison = &evidence.comparison;
    let summary = summarize(&evidence);
    let mut findings: Vec<Finding> = Vec::new();
    for verdict in &comparison.verdicts {
        findings.extend(managed(&evidence, verdict));
    }
    findings.extend(comparison.pending_create.iter().map(|pending| pending_create(&evidence, pending)));
    findings.extend(comparison.unmanaged.iter().map(unmanaged));
    findings.extend(comparison.managed_twice.iter().map(|twice| managed_twice(&evidence, twice)));
    findings.sort_by(|one, other| sort_key(one).cmp(&sort_key(other)));

    let mut first = scope_notices(comparison);
    first.append(&mut notices);
    let complete = is_complete(&comparison.coverage)
        && findings.iter().all(|finding| finding.kind != Kind::Unknown)
        && first.iter().all(|notice| !notice.incomplete);
    let drift = findings.iter().any(|finding| finding.kind.is_drift() && !finding.default_object);
    let exit_code = match (drift, complete) {
        (true, _) => DRIFT,
        (false, false) => INCOMPLETE,
        (false, true) => IN_SYNC,
    };
    Report {
        scan: ScanInfo { complete, exit_code, ..scan },
        summary,
        notices: first,
        folds: comparison.folds.iter().map(|(rule, count)| (rule.clone(), *count)).collect(),
        anchors: anchors(evidence.configurations),
        coverage: evidence.comparison.coverage,
        findings,
    }
}

/// What must be said first: that another account answered, or that a whole scope seems to be gone.
fn scope_notices(comparison: &Comparison) -> Vec<Notice> {
    let elsewhere = comparison.other_scopes.iter().map(|(recorded, live)| Notice {
        code: "other-scope",
        incomplete: true,
        text: format!(
            "State speaks of {}, but the credentials in use read {}. Nothing there says anything about what was recorded: \
             scan with credentials and a region that belong to this state.",
            scope_text(recorded),
            scope_text(live)
        ),
        source: None,
    });
    let empty = comparison.empty_scopes.iter().map(|(scope, absent)| Notice {
        code: "scope-empty",
        incomplete: false,
        text: format!(
            "All {absent} recorded objects of {} are absent. Before you believe it, make sure that this is the account, \
             region and endpoint that the state was applied to.",
            scope_text(scope)
        ),
        source: None,
    });
    elsewhere.chain(empty).collect()
}

fn sort_key(finding: &Finding) -> (&str, &str, Option<&Address>, &str, &Scope, &Option<String>) {
    (
        &finding.root_module,
        &finding.workspace,
        finding.address.as_ref(),
        &finding.resource_type,
        &finding.scope,
        &finding.object_id,
    )
}

fn summarize(evidence: &Evidence<'_>) -> Summary {
    let comparison = &evidence.comparison;
    let mut summary = Summary {
        resources: evidence.states.iter().map(|state| state.instances.len() as u64).sum(),
        pending_create: comparison.pending_create.len() as u64,
        unmanaged: comparison.unmanaged.iter().filter(|object| object.origin == Origin::Created).count() as u64,
        api_calls: comparison.coverage.iter().map(|entry| entry.api_calls).sum(),
        in_sync: comparison.in_sync,
        managed_twice: comparison.managed_twice.len() as u64,
        covered: comparison.coverage.iter().filter_map(|entry| entry.covered).reduce(|one, other| Covered {
            managed: one.managed + other.managed,
            unmanaged: one.unmanaged + other.unmanaged,
        }),
        ..Summary::default()
    };
    for verdict in &comparison.verdicts {
        *match verdict.kind {
            None => &mut summary.in_sync,
            Some(Kind::Changed) => &mut summary.changed,
            Some(Kind::Missing) => &mut summary.missing,
            Some(Kind::Unmanaged) => &mut summary.unmanaged,
            Some(Kind::Unknown) => &mut summary.unknown,
            Some(Kind::StaleState) => &mut summary.stale_state,
            Some(Kind::PendingCreate) => &mut summary.pending_create,
            Some(Kind::PendingRemoval) => &mut summary.pending_removal,
            Some(Kind::Unapplied) => &mut summary.unapplied,
            Some(Kind::Ignored) => &mut summary.ignored,
            Some(Kind::ManagedTwice) => &mut summary.managed_twice,
        } += 1;
    }
    summary
}

/// The finding on a managed instance; none where it is in sync.
fn managed(evidence: &Evidence<'_>, verdict: &Verdict) -> Option<Finding> {
    let kind = verdict.kind?;
    let instance = &evidence.states[verdict.index.state].instances[verdict.index.instance];
    let configuration = evidence.configurations[verdict.index.state];
    let key = &evidence.keys[verdict.index.state];
    let address = configuration.refactored(&instance.address);
    let declared = configuration.instance(&address);
    let attributes: Vec<AttributeChange> = verdict
        .changes
        .iter()
        .map(|change| {
            let top = change.path.top();
            let source = declared.as_ref().and_then(|declared| declared.ranges.get(top).cloned());
            if source.is_none() {
                return reported(change, key);
            }
            AttributeChange {
                source,
                attribution: evidence.attributions.of_attribute(configuration, &address, top),
                contributing: evidence.attributions.of_referred(configuration, &address, top),
                ..reported(change, key)
            }
        })
        .collect();
    let resource = configuration.resources.get(&address.resource());
    let material = match kind {
        Kind::Changed | Kind::Unapplied => attributes.iter().any(|attribute| attribute.material),
        Kind::Missing | Kind::PendingRemoval => true,
        _ => false,
    };
    Some(Finding {
        id: fingerprint(kind, &place(configuration), &address.to_string()),
        kind,
        severity: severity(kind, material, &attributes),
        material,
        attribution: evidence.attributions.of_resource(configuration, &address),
        contributing: evidence.attributions.of_enclosing(configuration, &address),
        activity: None,
        source: resource.map(|resource| resource.range.clone()),
        root_module: configuration.directory.clone(),
        workspace: configuration.workspace.clone(),
        resource_type: address.resource_type.to_string(),
        provider: instance.provider.source.to_string(),
        scope: verdict.scope.clone(),
        object_id: (!instance.id.is_empty()).then(|| instance.id.clone()),
        address: Some(address),
        default_object: false,
        created_at: None,
        tags: BTreeMap::new(),
        attributes,
        cause: verdict.cause.clone(),
    })
}

/// The finding on an instance whose object other states record too.
fn managed_twice(evidence: &Evidence<'_>, twice: &ManagedTwice) -> Finding {
    let instance = &evidence.states[twice.index.state].instances[twice.index.instance];
    let configuration = evidence.configurations[twice.index.state];
    let address = configuration.refactored(&instance.address);
    let other = |index: &InstanceIndex| {
        let state = &evidence.states[index.state];
        let configuration = evidence.configurations[index.state];
        let workspace = match configuration.workspace.as_str() {
            DEFAULT_WORKSPACE => String::new(),
            other => format!(", workspace `{other}`"),
        };
        let root_module = backend::place(&configuration.directory);
        format!("{} of root module `{root_module}`{workspace}", state.instances[index.instance].address)
    };
    let others: Vec<String> = twice.others.iter().map(other).collect();
    let kind = Kind::ManagedTwice;
    Finding {
        id: fingerprint(kind, &place(configuration), &address.to_string()),
        kind,
        severity: severity(kind, false, &[]),
        material: false,
        attribution: evidence.attributions.of_resource(configuration, &address),
        contributing: evidence.attributions.of_enclosing(configuration, &address),
        activity: None,
        source: configuration.resources.get(&address.resource()).map(|resource| resource.range.clone()),
        root_module: configuration.directory.clone(),
        workspace: configuration.workspace.clone(),
        resource_type: address.resource_type.to_string(),
        provider: instance.provider.source.to_string(),
        scope: twice.scope.clone(),
        object_id: Some(instance.id.clone()),
        address: Some(address),
        default_object: false,
        created_at: None,
        tags: BTreeMap::new(),
        attributes: Vec::new(),
        cause: Some(format!(
            "the same object is recorded as {}: forget it in all states but one (a removed block, or `terraform state rm`)",
            others.join(" and as ")
        )),
    }
}

fn pending_create(evidence: &Evidence<'_>, pending: &PendingCreate) -> Finding {
    let configuration = evidence.configurations[pending.configuration];
    let address = &pending.address;
    let resource = configuration.resources.get(&address.resource());
    let provider = resource.and_then(|resource| resource.provider.as_ref()).map(|provider| provider.source.to_string());
    Finding {
        id: fingerprint(Kind::PendingCreate, &place(configuration), &address.to_string()),
        kind: Kind::PendingCreate,
        root_module: configuration.directory.clone(),
        workspace: configuration.workspace.clone(),
        resource_type: address.resource_type.to_string(),
        provider: provider.unwrap_or_default(),
        scope: Scope::default(),
        object_id: pending.import.clone().flatten(),
        severity: Severity::Info,
        material: true,
        default_object: false,
        created_at: None,
        tags: BTreeMap::new(),
        attributes: Vec::new(),
        source: resource.map(|resource| resource.range.clone()),
        attribution: evidence.attributions.of_resource(configuration, address),
        contributing: evidence.attributions.of_enclosing(configuration, address),
        activity: None,
        address: Some(address.clone()),
        cause: pending.import.is_some().then(|| "an import block brings it in".into()),
    }
}

fn unmanaged(object: &Unmanaged) -> Finding {
    let default_object = object.origin != Origin::Created;
    let place = format!("{}\0{}\0{}", object.provider, scope_text(&object.scope), object.resource_type);
    Finding {
        id: fingerprint(Kind::Unmanaged, &place, &object.id),
        kind: Kind::Unmanaged,
        address: None,
        root_module: String::new(),
        workspace: String::new(),
        resource_type: object.resource_type.clone(),
        provider: object.provider.clone(),
        scope: object.scope.clone(),
        object_id: Some(object.id.clone()),
        created_at: object.created_at.clone(),
        tags: object.tags.clone(),
        severity: if default_object { Severity::Info } else { Severity::Medium },
        material: !default_object,
        default_object,
        attributes: Vec::new(),
        source: None,
        contributing: Vec::new(),
        attribution: Attribution::unknown("in no state, so nobody approved it through this repository"),
        activity: None,
        cause: match &object.origin {
            Origin::Created => None,
            Origin::Default => Some("every account has it from the start".into()),
            Origin::OwnedBy(owner) => Some(format!("made and owned by {owner}")),
        },
    }
}

/// The change as it may be printed.
fn reported(change: &Change, key: &RedactionKey) -> AttributeChange {
    let value = |value: &Value| match (value, change.sensitive) {
        (Value::Null, _) => ReportedValue::Absent,
        (value, true) => ReportedValue::Redacted(key.digest(value)),
        (value, false) => ReportedValue::Plain(value.clone()),
    };
    AttributeChange {
        path: change.path.clone(),
        declared: match &change.declared {
            At::Value(declared) => value(declared),
            At::NotKnown => ReportedValue::NotKnown,
            At::Nothing => ReportedValue::Absent,
        },
        recorded: value(&change.recorded),
        live: match &change.live_digest {
            Some(digest) => ReportedValue::Redacted(digest.clone()),
            None => value(&change.live),
        },
        sensitive: change.sensitive,
        material: change.material,
        source: None,
        attribution: None,
        contributing: Vec::new(),
    }
}

/// What tells a root module and workspace from all others. The default workspace goes without saying.
fn place(configuration: &Configuration) -> String {
    match configuration.workspace.as_str() {
        DEFAULT_WORKSPACE => configuration.directory.clone(),
        other => format!("{}\0{other}", configuration.directory),
    }
}

/// A fingerprint that stays the same from scan to scan, whatever lines move: 128 bits of SHA-256.
fn fingerprint(kind: Kind, place: &str, identity: &str) -> String {
    let digest = Sha256::digest(format!("driftline finding v1\0{}\0{place}\0{identity}", kind.name()));
    hex(&digest[..16])
}

/// Attributes whose change opens something, hides something or hands something over, at the top level of any type.
const SENSITIVE_TO_SECURITY: &[&str] = &[
    "access_log_settings",
    "acl",
    "api_key_required",
    "assume_role_policy",
    "at_rest_encryption_enabled",
    "authorization",
    "authorization_type",
    "block_public_acls",
    "block_public_policy",
    "cidr_blocks",
    "cidr_ipv4",
    "cidr_ipv6",
    "client_id_list",
    "container_definitions",
    "default_cache_behavior",
    "deletion_protection",
    "disable_api_stop",
    "disable_api_termination",
    "egress",
    "enable_deletion_protection",
    "enable_dns_support",
    "enable_key_rotation",
    "enable_log_file_validation",
    "enable_logging",
    "encrypted",
    "gateway_id",
    "grant",
    "grantee_principal",
    "iam_database_authentication_enabled",
    "iam_instance_profile",
    "ignore_public_acls",
    "image_tag_mutability",
    "ingress",
    "ipv6_cidr_blocks",
    "is_enabled",
    "kms_key_arn",
    "kms_key_id",
    "managed_policy_arns",
    "map_public_ip_on_launch",
    "metadata_options",
    "mfa_configuration",
    "minimum_password_length",
    "operations",
    "password_policy",
    "permissions_boundary",
    "policy",
    "policy_arn",
    "principal",
    "public_key",
    "publicly_accessible",
    "referenced_security_group_id",
    "restrict_public_buckets",
    "route",
    "rule_action",
    "saml_metadata_document",
    "security_group_ids",
    "security_groups",
    "server_side_encryption_configuration",
    "shared_accounts",
    "source_dest_check",
    "ssl_policy",
    "storage_encrypted",
    "task_role_arn",
    "thumbprint_list",
    "traffic_type",
    "transit_encryption_enabled",
    "user_data",
    "user_data_base64",
    "versioning_configuration",
    "viewer_certificate",
    "vpc_security_group_ids",
];

/// How much a finding matters: what reaches into security most, tags least.
fn severity(kind: Kind, material: bool, attributes: &[AttributeChange]) -> Severity {
    let security = attributes.iter().any(|change| SENSITIVE_TO_SECURITY.binary_search(&change.path.top()).is_ok());
    let only_tags = attributes.iter().all(|change| matches!(change.path.top(), "tags" | "tags_all"));
    match kind {
        Kind::Missing => Severity::High,
        Kind::Changed if security => Severity::High,
        Kind::Changed if only_tags => Severity::Low,
        Kind::Changed if material => Severity::Medium,
        Kind::Changed => Severity::Low,
        Kind::Unknown | Kind::Unmanaged | Kind::ManagedTwice => Severity::Medium,
        Kind::StaleState | Kind::PendingRemoval | Kind::Unapplied => Severity::Low,
        Kind::PendingCreate | Kind::Ignored => Severity::Info,
    }
}

/// The anchors of all root modules, each once.
fn anchors(configurations: &[&Configuration]) -> Vec<(String, SourceRange)> {
    let anchors: BTreeMap<String, SourceRange> =
        configurations.iter().filter_map(|configuration| anchor(configuration)).collect();
    anchors.into_iter().collect()
}

/// The place that stands for a whole root module.
fn anchor(configuration: &Configuration) -> Option<(String, SourceRange)> {
    let backend = configuration.backend.as_ref().map(|backend| &backend.range);
    let provider = configuration.providers.values().filter_map(|provider| provider.range.as_ref()).min();
    let resource = configuration.resources.values().map(|resource| &resource.range).min();
    let range = backend.or(provider).or(resource)?;
    Some((configuration.directory.clone(), range.clone()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use provider_api::AttributePath;
    use serde_json::json;

    #[test]
    fn security_attributes_are_sorted_for_the_search() {
        assert!(SENSITIVE_TO_SECURITY.is_sorted());
    }

    fn change(path: &str, sensitive: bool) -> Change {
        Change {
            path: AttributePath::attribute(path),
            declared: At::Value(json!("hunter-two")),
            recorded: json!("hunter-one"),
            live: json!("hunter-two"),
            live_digest: None,
            sensitive,
            material: true,
        }
    }

    #[test]
    fn sensitive_values_leave_as_digests_that_show_equality() {
        let key = RedactionKey::of_state("state");
        let reported = reported(&change("password", true), &key);
        assert_eq!(reported.declared, reported.live);
        assert_ne!(reported.declared, reported.recorded);
        assert!(!format!("{reported:?}").contains("hunter"));
    }

    #[test]
    fn severity_follows_what_changed() {
        let key = RedactionKey::of_state("state");
        let of = |path: &str| severity(Kind::Changed, true, &[super::reported(&change(path, false), &key)]);
        assert_eq!([of("ingress"), of("tags"), of("instance_type")], [Severity::High, Severity::Low, Severity::Medium]);
        assert_eq!(severity(Kind::Missing, true, &[]), Severity::High);
    }

    #[test]
    fn fingerprints_differ_by_kind_place_and_identity() {
        let one = fingerprint(Kind::Changed, "", "aws_vpc.a");
        assert_eq!(one, fingerprint(Kind::Changed, "", "aws_vpc.a"));
        for other in [
            fingerprint(Kind::Missing, "", "aws_vpc.a"),
            fingerprint(Kind::Changed, "x", "aws_vpc.a"),
            fingerprint(Kind::Changed, "", "aws_vpc.b"),
        ] {
            assert_ne!(one, other);
        }
    }
}
