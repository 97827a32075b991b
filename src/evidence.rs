//! What verdicts on approvals rest on beside Git itself: settings, keys, and what a forge has on record.
//! Knows nothing of findings or of changes.

use crate::git::Repository;
use std::path::PathBuf;

/// Where evidence comes from, and where it is kept.
#[derive(Debug, Clone, Default)]
pub struct EvidenceSettings {
    /// Whether no forge is asked, so that only what was kept of its records counts.
    pub offline: bool,
    /// The forge's API, where the remote does not tell.
    pub forge: Option<String>,
    /// Where what was walked and what a forge answered is kept.
    pub keep: Keep,
}

/// Where something is kept for later runs.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Keep {
    /// Nowhere.
    #[default]
    Nothing,
    /// Beside the repository's own data.
    Beside,
    /// In a folder.
    In(PathBuf),
}

impl Keep {
    /// The folder.
    pub fn dir(&self, repository: &Repository) -> Option<PathBuf> {
        match self {
            Self::Nothing => None,
            Self::Beside => Some(repository.data_dir()),
            Self::In(dir) => Some(dir.clone()),
        }
    }
}
