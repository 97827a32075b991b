//! Who approved, as JSON: the same in every report that names approvers.
//! Knows nothing of findings or of the history.

use super::one_of;
use crate::model::{self, Assurance, Segregation, Standing};
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::Serialize;

/// Who declared and approved what a block says, or why that is not known.
#[derive(Serialize, JsonSchema)]
pub(in crate::report) struct Attribution<'a> {
    /// The last commit that changed the meaning of the block.
    declaring_commit: Option<&'a str>,
    /// The commit that brought it onto the approved ref.
    approving_commit: Option<&'a str>,
    /// When the approving commit was made (RFC 3339, UTC).
    landed_at: Option<&'a str>,
    /// Subject line of the approving commit.
    subject: Option<&'a str>,
    /// Authors and co-authors, `Name <email>`, sorted.
    authors: &'a [String],
    /// Who approved, strongest assurance first.
    approvers: Vec<Approver<'a>>,
    /// Who merged it, or committed it, where that is known.
    merged_by: Option<&'a str>,
    /// The pull or merge request as the forge writes it, for example `#12` or `!7`.
    pull_request: Option<&'a str>,
    /// Where the forge shows it.
    pull_request_url: Option<&'a str>,
    /// Checks that ran on what was merged; empty where the forge was not asked.
    checks: Vec<Check<'a>>,
    /// What declares the change an emergency, and who approved it afterwards.
    emergency: Option<Emergency<'a>>,
    /// The signature of the approving commit; null where it carries none.
    signature: Option<Signature<'a>>,
    /// The commit that this one says to revert.
    reverts: Option<&'a str>,
    /// Whether somebody approved who neither asked for the change nor made it.
    #[schemars(schema_with = "segregations")]
    segregation: &'a str,
    /// Why something above is not known or failed.
    reason: Option<&'a str>,
}

/// Somebody who approved.
#[derive(Serialize, JsonSchema)]
pub(in crate::report) struct Approver<'a> {
    /// `Name <email>`.
    identity: &'a str,
    /// How far the statement can be trusted.
    #[schemars(schema_with = "assurances")]
    assurance: &'a str,
    /// Whether it counts, and if not why.
    #[schemars(schema_with = "standings")]
    standing: &'a str,
    /// When they approved (RFC 3339, UTC), where that is known.
    at: Option<&'a str>,
    /// Where it says so.
    evidence: &'a str,
}

/// A check that ran on what was merged.
#[derive(Serialize, JsonSchema)]
struct Check<'a> {
    /// Its name.
    name: &'a str,
    /// The forge's own word for how it ended.
    conclusion: &'a str,
    /// When it ended (RFC 3339, UTC).
    completed_at: Option<&'a str>,
    /// Whether the branch wants it, where that is known.
    required: Option<bool>,
}

/// A change that was declared an emergency.
#[derive(Serialize, JsonSchema)]
struct Emergency<'a> {
    /// What declares it.
    marker: &'a str,
    /// Until when somebody else has to approve it (RFC 3339, UTC).
    due: Option<&'a str>,
    /// Who did, after the fact.
    approved_by: Option<&'a str>,
    /// When they did (RFC 3339, UTC).
    approved_at: Option<&'a str>,
}

/// The signature of a commit.
#[derive(Serialize, JsonSchema)]
struct Signature<'a> {
    /// Git's own letter (`%G?`): `G` good, `B` bad, `U` of unknown validity, `X` expired, `Y` by an expired key, `R` by a
    /// revoked key, `E` cannot be checked.
    letter: String,
    /// Whose key it is.
    signer: Option<&'a str>,
    /// The key's fingerprint.
    key: Option<&'a str>,
}

pub(in crate::report) fn segregations(_: &mut SchemaGenerator) -> Schema {
    one_of([Segregation::Pass, Segregation::Fail, Segregation::Unknown].map(Segregation::name))
}

fn assurances(_: &mut SchemaGenerator) -> Schema {
    one_of(Assurance::ALL.map(Assurance::name))
}

fn standings(_: &mut SchemaGenerator) -> Schema {
    one_of(Standing::ALL.map(Standing::name))
}

impl<'a> From<&'a model::Approver> for Approver<'a> {
    fn from(approver: &'a model::Approver) -> Self {
        Self {
            identity: &approver.identity,
            assurance: approver.assurance.name(),
            standing: approver.standing.name(),
            at: approver.at.as_deref(),
            evidence: &approver.evidence,
        }
    }
}

impl<'a> From<&'a model::Attribution> for Attribution<'a> {
    fn from(attribution: &'a model::Attribution) -> Self {
        let check = |check: &'a model::Check| Check {
            name: &check.name,
            conclusion: &check.conclusion,
            completed_at: check.completed_at.as_deref(),
            required: check.required,
        };
        Self {
            declaring_commit: attribution.declaring_commit.as_deref(),
            approving_commit: attribution.approving_commit.as_deref(),
            landed_at: attribution.landed_at.as_deref(),
            subject: attribution.subject.as_deref(),
            authors: &attribution.authors,
            approvers: attribution.approvers.iter().map(Into::into).collect(),
            merged_by: attribution.merged_by.as_deref(),
            pull_request: attribution.pull_request.as_deref(),
            pull_request_url: attribution.pull_request_url.as_deref(),
            checks: attribution.checks.iter().map(check).collect(),
            emergency: attribution.emergency.as_ref().map(|emergency| Emergency {
                marker: &emergency.marker,
                due: emergency.due.as_deref(),
                approved_by: emergency.approved_by.as_deref(),
                approved_at: emergency.approved_at.as_deref(),
            }),
            signature: attribution.signature.as_ref().map(|signature| Signature {
                letter: signature.letter.to_string(),
                signer: signature.signer.as_deref(),
                key: signature.key.as_deref(),
            }),
            reverts: attribution.reverts.as_deref(),
            segregation: attribution.segregation.name(),
            reason: attribution.reason.as_deref(),
        }
    }
}
