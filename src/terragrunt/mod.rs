//! Terragrunt's units, as far as they can be read without running it: where their configuration is, where their state
//! is kept, and what their variables are given.
//! Knows nothing of what the configuration declares, nor of how states are read.

use crate::config::Declared;
use crate::git::Tree;
use std::collections::BTreeMap;
use std::ffi::OsString;

/// A unit: a directory in which `terragrunt` is run.
#[derive(Debug, Clone, PartialEq)]
pub struct Unit {
    /// Its directory, from the repository's root.
    pub directory: String,
    /// The directory with the configuration that it deploys, from the repository's root, or why that cannot be read.
    pub source: Result<String, String>,
    /// Where its state is kept, where it is Terragrunt that says so.
    pub backend: Option<UnitBackend>,
    /// What it gives to variables, as far as it is known.
    pub inputs: BTreeMap<String, Declared>,
    /// Whether these are all inputs.
    pub inputs_complete: bool,
    /// What is not known of it, and what else whoever relies on it should know.
    pub notes: Vec<String>,
}

/// A backend that Terragrunt configures.
#[derive(Debug, Clone, PartialEq)]
pub struct UnitBackend {
    /// `s3`, `gcs`, …; none where that is not known.
    pub kind: Option<String>,
    /// Its arguments.
    pub attributes: BTreeMap<String, Declared>,
}

/// What a directory with a file of Terragrunt's is.
#[derive(Debug, Clone, PartialEq)]
pub enum Found {
    /// A unit.
    Unit(Box<Unit>),
    /// None, for this reason.
    NoUnit(String),
}

/// The configuration of a unit.
const UNIT: &str = "terragrunt.hcl";
/// The same as JSON.
const UNIT_JSON: &str = "terragrunt.hcl.json";
/// What units are generated from.
const STACK: &str = "terragrunt.stack.hcl";

/// Whether a file makes its directory one that Terragrunt knows.
pub fn is_file(name: &str) -> bool {
    matches!(name, UNIT | UNIT_JSON | STACK)
}

/// What the directories are, each of which holds a file of Terragrunt's.
pub fn units(
    _tree: &Tree<'_>,
    directories: &[String],
    _environment: &BTreeMap<OsString, OsString>,
) -> BTreeMap<String, Found> {
    directories.iter().map(|directory| (directory.clone(), Found::NoUnit("nothing".into()))).collect()
}

impl Unit {
    /// Whether it is known to have a backend.
    pub fn has_backend(&self) -> bool {
        self.backend.is_some()
    }
}
