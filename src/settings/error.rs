//! Why settings cannot be used, with the way out.
//! Knows nothing of how they are read.

use super::FILE;
use std::path::PathBuf;

/// Why settings cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    /// The file that was named cannot be read.
    #[error("the settings `{}` cannot be read: {cause}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        cause: String,
    },
    /// It is no TOML, or says what is not known.
    #[error("the settings `{}` cannot be used: {cause}", path.display())]
    Malformed {
        /// The file.
        path: PathBuf,
        /// Where and why.
        cause: String,
    },
    /// A path to write to that is not in the work tree.
    #[error("{FILE} of the approved commit names a path to write to that cannot be used: {0}")]
    Refused(String),
    /// A file of keys that cannot be used.
    #[error("the keys `{path}` that {FILE} names cannot be used: {cause}")]
    Keys {
        /// The file in the approved commit.
        path: String,
        /// Why.
        cause: String,
    },
    /// An environment variable that is not set.
    #[error("the settings for {address} want the environment variable {name}, which is not set")]
    Variable {
        /// The provider configuration.
        address: String,
        /// The variable.
        name: String,
    },
}

impl SettingsError {
    /// What to do about it.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Refused(_) => {
                "name another place, or write the report where the command line says: --report FORMAT=FILE"
            }
            Self::Unreadable { .. } => "name a file that you may read",
            Self::Malformed { .. } => "`driftline schema settings` tells what can be set",
            Self::Keys { .. } => "name files of public keys that the approved commit holds",
            Self::Variable { .. } => "set the variable, or take the argument out of the settings",
        }
    }
}
