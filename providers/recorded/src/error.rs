//! Why a recording cannot be used.
//! Knows nothing of how it is read.

use std::path::PathBuf;

/// A directory that cannot be replayed. Faults in the objects of one type are gaps of that type instead.
#[derive(Debug, thiserror::Error)]
pub enum RecordingError {
    /// No such directory, or none that was recorded to.
    #[error("`{}` is not a recording: it has no `recording.json`", dir.display())]
    NotARecording {
        /// The directory.
        dir: PathBuf,
    },
    /// It cannot be read.
    #[error("`{}` cannot be read: {cause}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        cause: String,
    },
    /// It is not what driftline writes.
    #[error("`{}` is damaged at line {line} column {column}: {reason}", path.display())]
    Malformed {
        /// The file.
        path: PathBuf,
        /// From 1; 0 where the fault has no place.
        line: usize,
        /// From 1, in bytes.
        column: usize,
        /// What is wrong, without values.
        reason: String,
    },
    /// A later format.
    #[error("`{}` has format version {version}, which is not known; {} is", path.display(), crate::format::VERSION)]
    Version {
        /// The file.
        path: PathBuf,
        /// The version, shortened.
        version: String,
    },
}

impl RecordingError {
    /// What to do about it.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::NotARecording { .. } => "name a directory that was written with `driftline scan --record DIR`",
            Self::Unreadable { .. } => "give the user read access to the recording's directory and files",
            Self::Malformed { .. } => "record again, or restore the directory as it was recorded",
            Self::Version { .. } => "use a newer driftline",
        }
    }
}
