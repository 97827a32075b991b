//! What a backend keeps for one workspace.
//! Knows nothing of how it was read.

use serde::Serialize;

/// What a backend keeps for one workspace.
#[derive(Clone, Default)]
pub struct Kept {
    /// The bytes of the state, unpacked and joined, at most [`crate::MAX_BYTES`]; none where nothing is kept yet.
    pub bytes: Option<Vec<u8>>,
    /// Changes whenever the bytes do: an entity tag, a generation, a version id, a row's transaction. None where the backend
    /// has no such thing: then only reading again tells.
    pub stamp: Option<String>,
    /// The version's id, where the backend keeps versions.
    pub version: Option<String>,
    /// When it was written, as the backend tells it: RFC 3339.
    pub modified_at: Option<String>,
    /// By what the bytes were checked against a checksum that the backend keeps (`Content-MD5`, `DynamoDB digest`, …); none
    /// where it keeps none. A checksum that differs is an error.
    pub checked_by: Option<String>,
    /// Who holds the lock.
    pub lock: Option<Lock>,
    /// Why it could not be told whether someone holds the lock.
    pub lock_unread: Option<String>,
    /// Who wrote it, where the backend tells.
    pub run: Option<Run>,
}

/// A held lock, as Terraform writes it (`statemgr.LockInfo`: ID, Operation, Info, Who, Version, Created, Path). Texts of
/// unknown origin, made fit for printing.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Lock {
    /// The lock's id; empty where it is not told.
    pub id: String,
    /// For what it is held, for example `OperationTypeApply`.
    pub operation: String,
    /// Who holds it, mostly `user@host`.
    pub who: String,
    /// Since when, RFC 3339 where the backend has it so.
    pub since: String,
}

/// The run that wrote a state: evidence of who deployed. Texts of unknown origin, made fit for printing.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Run {
    /// The run's id; empty where a state was uploaded without one.
    pub id: String,
    /// The user who started it, or who uploaded the state.
    pub author: Option<String>,
    /// When the state was made, RFC 3339.
    pub at: Option<String>,
    /// What started it, for example `tfe-configuration-version` or `tfe-api`.
    pub source: Option<String>,
    /// The commit that it was made from, where the service tells it.
    pub commit: Option<String>,
}

/// An earlier state that a backend still keeps.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Version {
    /// Its id.
    pub id: String,
    /// When it was written, RFC 3339.
    pub modified_at: String,
    /// Its bytes; none for a deletion.
    pub bytes: Option<u64>,
}

/// A state may hold secrets: only its length is shown.
impl std::fmt::Debug for Kept {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Kept")
            .field("bytes", &self.bytes.as_ref().map(Vec::len))
            .field("stamp", &self.stamp)
            .field("version", &self.version)
            .field("lock", &self.lock)
            .field("run", &self.run)
            .finish_non_exhaustive()
    }
}

impl Lock {
    /// Reads a lock's JSON as Terraform writes it. What is no such JSON is a lock all the same, of an unknown holder.
    pub(crate) fn parse(text: &[u8]) -> Self {
        let parsed: serde_json::Value = serde_json::from_slice(text).unwrap_or_default();
        let field = |name: &str| crate::error::printable(parsed[name].as_str().unwrap_or_default());
        Self { id: field("ID"), operation: field("Operation"), who: field("Who"), since: field("Created") }
    }
}
