//! The files of a recording, format version 1.
//! Knows nothing of reading or writing them.
//!
//! A recording is a directory with one `recording.json` ([`Recording`]) and, for every batch that holds objects, one
//! `objects-<n>.jsonl` with an [`ObjectRecord`] a line: first the requested objects, then those that nobody asked for.
//! `<n>` is the position of the batch among all batches of the recording, from 0; no file name is ever read from the
//! recording. Readers ignore keys that they do not know. Where it was asked who changed objects, [`ACTIVITY`] holds the answers
//! ([`RecordedActivity`]); a recording without it is whole.
//!
//! Sensitive values are not kept: in their place stands a digest under a key that is derived from the state. Whoever
//! compares takes a digest on the live side as equal to a recorded value that has the same digest.

use provider_api::{ActivityOutcome, Gap, Origin, Program, Scope, TypeSchema};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

/// The version that is written. Readers accept every version with the same number before the dot.
pub const VERSION: &str = "1.0";

/// The name of the file that makes a directory a recording.
pub const MANIFEST: &str = "recording.json";

/// The name of the file that keeps who changed objects.
pub const ACTIVITY: &str = "activity.json";

/// `activity.json`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct RecordedActivity {
    /// One for each connection that was asked, in the order in which they were planned.
    pub connections: Vec<ConnectionActivity>,
}

/// What one connection told of who changed objects.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ConnectionActivity {
    /// The provider configuration's name within the scan.
    pub name: String,
    /// The objects about which was asked; events name them by position.
    pub subjects: Vec<SubjectRecord>,
    /// The answer.
    pub outcome: ActivityOutcome,
}

/// An object about which was asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SubjectRecord {
    /// The type.
    #[serde(rename = "type")]
    pub resource_type: String,
    /// The object's id.
    pub id: String,
}

/// `recording.json`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Recording {
    /// [`VERSION`].
    pub format_version: String,
    /// The version of driftline that recorded.
    pub tool_version: String,
    /// Whether objects that nobody asked for were recorded as well.
    pub unmanaged: bool,
    /// In the order in which they were planned.
    pub connections: Vec<ConnectionRecord>,
}

/// What was read through one provider configuration.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ConnectionRecord {
    /// The provider configuration's name within the scan.
    pub name: String,
    /// The provider's address.
    pub source: String,
    /// The reader that read; `none` where there was none.
    pub reader: String,
    /// What answered.
    pub scope: Scope,
    /// What the recorded attributes spoke of.
    pub recorded_scope: Scope,
    /// Why the connection could not be opened, if so.
    pub gap: Option<Gap>,
    /// The program that read, where it was somebody else's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub program: Option<Program>,
    /// Sorted by type.
    pub batches: Vec<BatchRecord>,
}

/// What was read of one type.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BatchRecord {
    /// The type.
    #[serde(rename = "type")]
    pub resource_type: String,
    /// The ids that were asked for.
    pub requested: Vec<String>,
    /// Whether objects that nobody asked for were wanted.
    pub lists_unrequested: bool,
    /// Whether such objects were looked for, which is not possible of every type.
    #[serde(default)]
    pub listed: bool,
    /// How many requested objects were found.
    pub objects: u64,
    /// How many objects were found that nobody asked for.
    pub unrequested: u64,
    /// Calls made.
    pub api_calls: u64,
    /// What was not read.
    pub gaps: Vec<Gap>,
    /// The type's schema, where the provider itself told it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub schema: Option<TypeSchema>,
}

/// A line of `objects-<n>.jsonl`.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ObjectRecord {
    /// The type.
    #[serde(rename = "type")]
    pub resource_type: String,
    /// The object's id.
    pub id: String,
    /// Whether it was asked for.
    pub requested: bool,
    /// Where it comes from.
    pub origin: Origin,
    /// When it was made, where the API tells it and no attribute does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created_at: Option<String>,
    /// Which of the requested ids it was read for, by position, where each was read by itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub position: Option<usize>,
    /// Recorded attributes as the provider's schema has them, where state wrote them otherwise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub upgraded: Option<Box<RawValue>>,
    /// What was read of it, with digests in place of sensitive values.
    pub attributes: Box<RawValue>,
}

/// The name of the file with the objects of a batch, by its position among all batches.
pub fn objects_file(position: usize) -> String {
    format!("objects-{position}.jsonl")
}

/// Whether a file's name is one that a recording uses.
pub fn is_file_of_recording(name: &str) -> bool {
    let digits = name.strip_prefix("objects-").and_then(|rest| rest.strip_suffix(".jsonl"));
    [MANIFEST, ACTIVITY].contains(&name)
        || digits.is_some_and(|digits| !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()))
}
