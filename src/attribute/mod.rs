//! Names the commits that declared and approved what a block says, in one walk over the history.
//! Knows nothing of drift, state or what is live.

use crate::model::Attribution;

/// Identifies a block across history: the directory of its module, its kind and its labels.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BlockId {
    /// Directory from the repository's root; empty for the root itself.
    pub directory: String,
    /// `resource`, `module`, `locals`, `variable`, `provider`, …
    pub kind: String,
    /// Its labels: type and name of a resource.
    pub labels: Vec<String>,
}

/// What one walk found.
#[derive(Debug, Default)]
pub struct History {}

impl History {
    /// Who declared and approved a block as it stands at the tip; for a block that is gone, who removed it.
    pub fn attribution(&self, _block: &BlockId) -> Attribution {
        Attribution::unknown("the history was not read")
    }
}
