//! Who changed remote objects, and with what: what a connection is asked about it, and what it answers.
//! Knows nothing of any particular remote system, nor of what counts as drift.

use crate::{Gap, GapClass};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use serde_json::value::RawValue;
use std::time::Instant;

/// An object about which is asked.
#[derive(Debug, Clone, Default)]
pub struct ActivitySubject<'a> {
    /// The resource type, for example `aws_vpc`.
    pub resource_type: &'a str,
    /// The object's id, as state recorded it or as it was listed.
    pub id: &'a str,
    /// What state recorded of it and what was read of it, as far as there is either, as JSON text: the names by which the
    /// remote system's records know the object are found in it.
    pub attributes: Vec<&'a RawValue>,
    /// Nothing earlier is of interest (RFC 3339, UTC, in whole seconds): the object did not exist before.
    pub since: Option<String>,
    /// Whether what came before the last apply is of no interest.
    pub since_apply: bool,
}

/// What is asked of one connection.
#[derive(Debug, Clone, Default)]
pub struct ActivityRequest<'a> {
    /// The objects.
    pub subjects: Vec<ActivitySubject<'a>>,
    /// Where exported records lie, as the remote system's own tools write such an address; none for its own record of events.
    pub store: Option<&'a str>,
    /// When the scanner stops waiting: what was found by then is the answer. None for never.
    pub until: Option<Instant>,
}

/// What a connection knows of who changed objects: events *and* gaps.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct ActivityOutcome {
    /// Newest first. Events that only read are left out.
    pub events: Vec<ActivityEvent>,
    /// What was not looked at. Ids are those of subjects; none where all are concerned.
    pub gaps: Vec<Gap>,
    /// Calls made, retries included.
    pub api_calls: u64,
    /// The earliest time that was looked at (RFC 3339, UTC): what happened before is not known.
    pub begins: Option<String>,
}

impl ActivityOutcome {
    /// An outcome in which nothing was looked at.
    pub fn unread(class: GapClass, cause: impl Into<String>) -> Self {
        Self { gaps: vec![Gap { ids: Vec::new(), class, cause: cause.into() }], ..Self::default() }
    }
}

/// Something that was done to an object.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ActivityEvent {
    /// Which of the subjects, by position. An event that concerns several is told once for each.
    pub subject: usize,
    /// The remote system's id of the event.
    pub id: String,
    /// When (RFC 3339, UTC).
    pub at: String,
    /// What was called, for example `ec2:AuthorizeSecurityGroupIngress`.
    pub action: String,
    /// Who did it.
    pub actor: Actor,
    /// With what.
    pub tool: Tool,
    /// Where it was called from: a network address or the name of a service.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// Why it failed, by the remote system's code: then it changed nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failed: Option<String>,
    /// Whether it certainly acted on the subject itself, and not on another object that names it: the start of a machine
    /// names the network that it is put in.
    pub certain: bool,
    /// What it was called with: of bounded size, without what looks like a secret. None where that is not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request: Option<Value>,
}

/// Who did something.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Actor {
    /// What they are.
    pub kind: ActorKind,
    /// Their name, as surely as it is known: a person's, else that of the role, the service or the account.
    pub identity: String,
    /// The name of the role that they acted in, as people know it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<String>,
    /// The remote system's own name of the user, role or session that made the call.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub via: Option<String>,
    /// Whether they had shown a second factor, where that is recorded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mfa: Option<bool>,
}

/// What an actor is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ActorKind {
    /// A named user. Whether a person or a program holds the name is not recorded.
    Person,
    /// A role, whose session names nobody.
    Role,
    /// The owner of the account.
    Root,
    /// A service of the remote system, on its own account.
    Service,
    /// Somebody else.
    Other,
}

impl ActorKind {
    /// All, in the order of this list.
    pub const ALL: [Self; 5] = [Self::Person, Self::Role, Self::Root, Self::Service, Self::Other];

    /// The name in reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::Person => "person",
            Self::Role => "role",
            Self::Root => "root",
            Self::Service => "service",
            Self::Other => "other",
        }
    }
}

/// With what something was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Tool {
    /// The remote system's console, in a browser.
    Console,
    /// Its command line.
    Cli,
    /// A program that uses one of its libraries.
    Sdk,
    /// Terraform.
    Terraform,
    /// OpenTofu.
    OpenTofu,
    /// CloudFormation.
    CloudFormation,
    /// One of its services.
    Service,
    /// Anything else.
    Other,
}

impl Tool {
    /// All, in the order of this list.
    pub const ALL: [Self; 8] = [
        Self::Console,
        Self::Cli,
        Self::Sdk,
        Self::Terraform,
        Self::OpenTofu,
        Self::CloudFormation,
        Self::Service,
        Self::Other,
    ];

    /// The name in reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::Console => "console",
            Self::Cli => "cli",
            Self::Sdk => "sdk",
            Self::Terraform => "terraform",
            Self::OpenTofu => "opentofu",
            Self::CloudFormation => "cloudformation",
            Self::Service => "service",
            Self::Other => "other",
        }
    }

    /// Whether what it does is an apply, which records what it changes.
    pub fn applies(self) -> bool {
        matches!(self, Self::Terraform | Self::OpenTofu)
    }

    /// Whether somebody did it by hand or by a program of their own: neither an apply, nor a template, nor a service.
    pub fn is_manual(self) -> bool {
        matches!(self, Self::Console | Self::Cli | Self::Sdk | Self::Other)
    }
}
