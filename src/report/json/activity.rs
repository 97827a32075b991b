//! Who changed an object live, as JSON.
//! Knows nothing of how that was found out.

use super::one_of;
use crate::model;
use provider_api::{ActorKind, Tool};
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::Serialize;

/// What is known of who changed the object.
#[derive(Serialize, JsonSchema)]
pub(super) struct Activity<'a> {
    /// What was done to it after the last apply, newest first; all that was found where the object is in no state.
    changes: Vec<Change<'a>>,
    /// The last apply that changed it; null where none was found. What came before it is not told.
    last_apply: Option<Change<'a>>,
    /// The earliest time that was looked at (RFC 3339, UTC); null where that is not known.
    begins: Option<&'a str>,
    /// Why something may be missing; null where all was looked at.
    gap: Option<&'a str>,
}

/// Something that was done to the object.
#[derive(Serialize, JsonSchema)]
struct Change<'a> {
    /// When (RFC 3339, UTC).
    at: &'a str,
    /// What was called, for example `ec2:AuthorizeSecurityGroupIngress`.
    action: &'a str,
    /// Who, as surely as it is known: a person, else a role, a service or an account.
    who: &'a str,
    /// What they are.
    #[schemars(schema_with = "kinds")]
    kind: &'a str,
    /// The role that they acted in; null where they acted as themselves.
    role: Option<&'a str>,
    /// The remote system's own name of the user, role or session that made the call.
    via: Option<&'a str>,
    /// Whether they had shown a second factor; null where that is not recorded.
    mfa: Option<bool>,
    /// With what.
    #[schemars(schema_with = "tools")]
    tool: &'a str,
    /// Where it was called from: a network address or the name of a service.
    from: Option<&'a str>,
    /// Whether it was done by hand or by somebody's own program: neither by an apply, nor by a template, nor by a service.
    manual: bool,
    /// The attributes that differ and that the call named, or whose live value it carried.
    sets: Vec<String>,
}

fn kinds(_: &mut SchemaGenerator) -> Schema {
    one_of(ActorKind::ALL.map(ActorKind::name))
}

fn tools(_: &mut SchemaGenerator) -> Schema {
    one_of(Tool::ALL.map(Tool::name))
}

impl<'a> From<&'a model::Activity> for Activity<'a> {
    fn from(activity: &'a model::Activity) -> Self {
        Self {
            changes: activity.changes.iter().map(Into::into).collect(),
            last_apply: activity.last_apply.as_ref().map(Into::into),
            begins: activity.begins.as_deref(),
            gap: activity.gap.as_deref(),
        }
    }
}

impl<'a> From<&'a model::LiveChange> for Change<'a> {
    fn from(change: &'a model::LiveChange) -> Self {
        Self {
            at: &change.at,
            action: &change.action,
            who: &change.who,
            kind: change.kind.name(),
            role: change.role.as_deref(),
            via: change.via.as_deref(),
            mfa: change.mfa,
            tool: change.tool.name(),
            from: change.from.as_deref(),
            manual: change.manual,
            sets: change.sets.iter().map(ToString::to_string).collect(),
        }
    }
}
