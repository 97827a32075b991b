//! What a provider is asked to read, and what it answers.
//! Knows nothing of addresses, configuration or Git: a provider cannot decide what drift is.

use crate::TypeSchema;
use serde_json::value::RawValue;
use std::sync::Arc;
use std::time::Instant;

/// A place that is read as a whole: one account and region of a cloud.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default, serde::Serialize, serde::Deserialize)]
pub struct Scope {
    /// The account, where the remote system has accounts and its number is known.
    pub account: Option<String>,
    /// The region; none for what is global.
    pub region: Option<String>,
}

/// One managed instance, as far as a reader may know it.
#[derive(Debug, Clone, Copy)]
pub struct RequestedInstance<'a> {
    /// The provider's identifier, as state recorded it (its `id` attribute).
    pub id: &'a str,
    /// All that state recorded, as JSON text.
    pub attributes: &'a RawValue,
    /// The schema version that state recorded the attributes with.
    pub schema_version: u64,
    /// The provider's own bytes in state, base64; opaque to all but the plugin provider.
    pub private: Option<&'a str>,
    /// The object's identity (Terraform 1.12), as state recorded it, as JSON text.
    pub identity: Option<&'a RawValue>,
    /// The schema version that state recorded the identity with.
    pub identity_version: u64,
}

impl<'a> RequestedInstance<'a> {
    /// An instance of which state recorded nothing beyond its id and attributes.
    pub fn new(id: &'a str, attributes: &'a RawValue) -> Self {
        Self { id, attributes, schema_version: 0, private: None, identity: None, identity_version: 0 }
    }
}

/// A batch: one resource type in one scope.
#[derive(Debug, Clone)]
pub struct ReadRequest<'a> {
    /// The resource type, for example `aws_vpc`.
    pub resource_type: &'a str,
    /// The managed instances to find.
    pub instances: Vec<RequestedInstance<'a>>,
    /// Whether objects that nobody asked for are wanted too.
    pub unrequested: bool,
    /// When the scanner stops waiting: a reader that reads one by one answers what it has by then. None for never.
    pub until: Option<Instant>,
}

/// One remote object.
#[derive(Debug, Clone)]
pub struct LiveObject {
    /// The identifier in the terms that state uses for this type; for a requested object the id that was requested.
    pub id: String,
    /// What was read, in Terraform's shape, as compact JSON text of an [`crate::Attributes`]: a hundred thousand objects
    /// stay small until they are compared. An absent key was not read; `null` was read and is unset.
    /// `tags_all` holds *all* live tags (less `aws:` reserved ones); readers do not fill `tags`.
    pub attributes: Box<RawValue>,
    /// Where the object comes from, as far as the reader can tell.
    pub origin: Origin,
    /// When it was made (RFC 3339), where the API tells it and no attribute does.
    pub created_at: Option<String>,
    /// Which of the requested instances it was read for, by position, where the reader reads each by itself, from what its
    /// state recorded; none where an object is known by its id.
    pub position: Option<usize>,
    /// Recorded attributes that the provider's own schema has otherwise than state wrote them, as JSON text of an
    /// [`crate::Attributes`]: they take the place of the recorded ones. None where there are none.
    pub upgraded: Option<Box<RawValue>>,
}

impl LiveObject {
    /// An object that is known by its id.
    pub fn new(id: impl Into<String>, attributes: Box<RawValue>) -> Self {
        Self { id: id.into(), attributes, origin: Origin::Created, created_at: None, position: None, upgraded: None }
    }
}

/// Where an object that nobody asked for comes from.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    /// Somebody made it.
    #[default]
    Created,
    /// Every account or every parent object has it from the start (a default VPC, a main route table).
    Default,
    /// Another object made it and owns it (the root volume of an instance, the network interface of a NAT gateway):
    /// the type and id of that owner, or the service's name where no object is known.
    OwnedBy(String),
}

/// Why something was not read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GapClass {
    /// The credentials may not make the call, or are expired or absent.
    Denied,
    /// The API refused for its rate until the budget of retries ended.
    Throttled,
    /// The call failed: a broken answer, a closed connection.
    Failed,
    /// Nobody knows how to read this type, or the remote system lacks the service.
    Unsupported,
    /// No answer within the deadline.
    TimedOut,
}

/// Something that was not read. A type with a gap is never taken for complete.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Gap {
    /// The requested ids concerned; empty where the whole type of the scope is.
    pub ids: Vec<String>,
    /// The class of the cause.
    pub class: GapClass,
    /// The call and its cause, as a fragment fit for people; holds no secret.
    pub cause: String,
}

/// What a batch yielded: objects *and* gaps, never a `Result`.
#[derive(Debug, Clone, Default)]
pub struct ReadOutcome {
    /// The requested objects that exist, each with the id that was requested.
    /// A requested id that is neither here nor in a gap is absent.
    pub objects: Vec<LiveObject>,
    /// Objects that nobody asked for, where they were wanted.
    pub unrequested: Vec<LiveObject>,
    /// Whether objects that nobody asked for were looked for. They are not of a type that can only be listed below a parent,
    /// such as an event's targets, nor of one whose objects are another type's.
    pub listed: bool,
    /// What could not be read.
    pub gaps: Vec<Gap>,
    /// Calls made for this batch, retries included; of a provider plugin the reads, each of which makes calls of its own that
    /// nobody counts. A list shared by several types counts for the first that needed it.
    pub api_calls: u64,
    /// The type's schema as the provider itself tells it, where it does.
    pub schema: Option<Arc<TypeSchema>>,
}

impl ReadOutcome {
    /// An outcome in which nothing of the batch was read.
    pub fn unread(class: GapClass, cause: impl Into<String>) -> Self {
        Self { gaps: vec![Gap { ids: Vec::new(), class, cause: cause.into() }], ..Self::default() }
    }
}
