//! Opens backends: the one list to extend for a new one.
//! Knows nothing of how any of them is read.

use crate::{Aws, Backend, Class, Store, StoreError, consul, http, kubernetes, local, objects, pg, remote};
use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

/// What backends need to know of where they are read from.
#[derive(Clone)]
pub struct Surroundings {
    /// The environment.
    pub environment: Arc<BTreeMap<OsString, OsString>>,
    /// The root module's directory in the work tree: paths in arguments are relative to it.
    pub directory: PathBuf,
    /// How long one state, or one list of workspaces, may take in all.
    pub patience: Duration,
    /// Access to AWS; none where driftline was built without it.
    pub aws: Option<Arc<dyn Aws>>,
    /// Whether programs may be run that the repository names to log in; those that the user's own files name always may.
    pub may_run_programs: bool,
}

impl Surroundings {
    /// An environment variable; none where it is not set, empty or no UTF-8.
    pub(crate) fn variable(&self, name: &str) -> Option<&str> {
        self.environment.get(OsStr::new(name))?.to_str().filter(|value| !value.is_empty())
    }

    /// The user's home directory.
    pub(crate) fn home(&self) -> Option<PathBuf> {
        self.variable("HOME").or_else(|| self.variable("USERPROFILE")).map(PathBuf::from)
    }
}

impl std::fmt::Debug for Surroundings {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Surroundings").field("directory", &self.directory).finish_non_exhaustive()
    }
}

/// Opens a backend. Sends nothing yet.
///
/// # Errors
/// When its kind cannot be read, or its arguments mean nothing.
pub fn open(backend: &Backend, around: &Surroundings) -> Result<Box<dyn Store>, StoreError> {
    match backend.kind.as_str() {
        "local" => local::open(backend, around),
        "s3" => objects::s3::open(backend, around),
        "gcs" => objects::gcs::open(backend, around),
        "azurerm" => objects::azurerm::open(backend, around),
        "http" => http::open(backend, around),
        "pg" => pg::open(backend, around),
        "kubernetes" => kubernetes::open(backend, around),
        "consul" => consul::open(backend, around),
        "remote" | "cloud" => remote::open(backend, around),
        other => Err(StoreError::new(
            format!("{other} backend"),
            Class::Unsupported,
            "driftline does not read this backend itself",
        )),
    }
}
