//! Why a command could not do what it was asked to, with the way out.
//! Knows nothing of how errors are printed.

use crate::attribute::AttributeError;
use crate::audit::{PeriodError, ScanRecordError};
use crate::config::encryption::EncryptionProblem;
use crate::discover::DiscoverError;
use crate::forge::ForgeError;
use crate::git::GitError;
use crate::interrupt::Interrupted;
use crate::model::AddressError;
use crate::record::RecordError;
use crate::report::{Refused, WriteError};
use crate::settings::SettingsError;
use crate::state::StateError;
use std::path::PathBuf;

/// What ends a command.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Git.
    #[error(transparent)]
    Git(#[from] GitError),
    /// A state.
    #[error(transparent)]
    State(#[from] StateError),
    /// The history.
    #[error(transparent)]
    History(#[from] AttributeError),
    /// Writing a recording.
    #[error(transparent)]
    Record(#[from] RecordError),
    /// Reading a recording.
    #[error(transparent)]
    Recording(#[from] provider_recorded::RecordingError),
    /// Writing a report.
    #[error(transparent)]
    Write(#[from] WriteError),
    /// A period that means nothing.
    #[error(transparent)]
    Period(#[from] PeriodError),
    /// A scan's report that is none.
    #[error(transparent)]
    ScanRecord(#[from] ScanRecordError),
    /// A forge.
    #[error(transparent)]
    Forge(#[from] ForgeError),
    /// Settings.
    #[error(transparent)]
    Settings(#[from] SettingsError),
    /// No root module.
    #[error(transparent)]
    Discover(#[from] DiscoverError),
    /// A backend, or what it keeps.
    #[error(transparent)]
    Store(#[from] provider_states::StoreError),
    /// How states are encrypted.
    #[error("how the states of root module `{root_module}` are encrypted is not known: {problem}")]
    Encryption {
        /// The directory of the root module.
        root_module: String,
        /// Why.
        problem: EncryptionProblem,
    },
    /// No state could be read.
    #[error("{}{cause}", if *count == 1 { String::new() } else { format!("none of {count} states can be read; of the first: ") })]
    NoState {
        /// How many.
        count: usize,
        /// Why the first could not.
        cause: String,
        /// The way out.
        hint: Option<String>,
    },
    /// An address that is none.
    #[error(transparent)]
    Address(#[from] AddressError),
    /// Arguments that do not go together.
    #[error("{0}")]
    Usage(String),
    /// SARIF that would close alerts on what was not looked at.
    #[error(transparent)]
    Sarif(#[from] Refused),
    /// A file that was named cannot be read.
    #[error("`{}` cannot be read: {cause}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        cause: std::io::Error,
    },
    /// A temporary folder could not be filled.
    #[error("the example cannot be unpacked to `{}`: {cause}", path.display())]
    Unpack {
        /// The folder.
        path: PathBuf,
        /// Why.
        cause: std::io::Error,
    },
    /// The asynchronous runtime could not start.
    #[error("reading cannot begin: {0}")]
    Runtime(std::io::Error),
    /// The user asked for an end.
    #[error(transparent)]
    Interrupted(#[from] Interrupted),
}

impl Error {
    /// The way out, where there is one to tell.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Git(error) => error.hint().map(Into::into),
            Self::State(error) => Some(error.hint().into()),
            Self::Write(error) => error.hint().map(Into::into),
            Self::Record(error) => error.hint().map(Into::into),
            Self::Recording(error) => Some(error.hint().into()),
            Self::Forge(error) => Some(error.hint().into()),
            Self::Period(PeriodError::Git(error)) => error.hint().map(Into::into),
            Self::Period(_) => Some("name revisions behind the approved ref, or dates such as 2026-03-01".into()),
            Self::ScanRecord(_) => Some("name what `driftline scan --report json=FILE` wrote".into()),
            Self::Settings(error) => Some(error.hint().into()),
            Self::Discover(error) => error.hint().map(Into::into),
            Self::History(error) => Some(error.hint().into()),
            Self::Encryption { problem, .. } => Some(problem.hint.clone()),
            Self::Store(error) => Some(error.hint.clone()),
            Self::NoState { hint, .. } => hint.clone(),
            Self::Sarif(refused) => Some(refused.hint().into()),
            _ => None,
        }
    }
}
