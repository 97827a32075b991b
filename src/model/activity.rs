//! Who changed an object live, and with what.
//! Knows nothing of how that was found out.

use provider_api::{ActorKind, AttributePath, Tool};

/// What is known of who changed the object of a finding.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Activity {
    /// What was done to it after the last apply, newest first; all that was found where the object is in no state.
    pub changes: Vec<LiveChange>,
    /// The last apply that changed it: what came before is not what differs now. None where none was found.
    pub last_apply: Option<LiveChange>,
    /// The earliest time that was looked at (RFC 3339, UTC); none where that is not known.
    pub begins: Option<String>,
    /// Why something may be missing above.
    pub gap: Option<String>,
}

/// Something that was done to an object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LiveChange {
    /// When (RFC 3339, UTC).
    pub at: String,
    /// What was called, for example `ec2:AuthorizeSecurityGroupIngress`.
    pub action: String,
    /// Who, as surely as it is known: a person, else a role, a service or an account.
    pub who: String,
    /// What they are.
    pub kind: ActorKind,
    /// The role that they acted in, as people know it.
    pub role: Option<String>,
    /// The remote system's own name of the user, role or session that made the call.
    pub via: Option<String>,
    /// Whether they had shown a second factor, where that is recorded.
    pub mfa: Option<bool>,
    /// With what.
    pub tool: Tool,
    /// Where it was called from: a network address or the name of a service.
    pub from: Option<String>,
    /// Whether it was done by hand or by somebody's own program: neither by an apply, nor by a template, nor by a service.
    pub manual: bool,
    /// The attributes that differ and that the call named, or whose live value it carried.
    pub sets: Vec<AttributePath>,
}

impl Activity {
    /// The changes that say most, the first one most: those that set what differs, else the newest; of an object in no state
    /// the one that made it.
    pub fn telling(&self, in_no_state: bool) -> Vec<&LiveChange> {
        let made = || self.changes.iter().rev().find(|change| change.makes()).filter(|_| in_no_state);
        let sets: Vec<&LiveChange> = self.changes.iter().filter(|change| !change.sets.is_empty()).collect();
        match (sets.is_empty(), made()) {
            (false, _) => sets,
            (true, Some(made)) => vec![made],
            (true, None) => self.changes.first().into_iter().collect(),
        }
    }
}

impl LiveChange {
    /// Whether the call is one that makes objects.
    pub fn makes(&self) -> bool {
        let call = self.action.rsplit(':').next().unwrap_or_default();
        ["Allocate", "Copy", "Create", "Import", "Launch", "Register", "Request", "Run"]
            .iter()
            .any(|verb| call.starts_with(verb))
            && !call.starts_with("CreateTags")
    }
}
