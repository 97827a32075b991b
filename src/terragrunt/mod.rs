//! Terragrunt's units, as far as they can be read without running it: where their configuration is, where their state
//! is kept, and what their variables are given.
//! Knows nothing of what the configuration declares, nor of how states are read.

mod file;
mod files;
mod functions;
mod paths;
mod settings;
#[cfg(test)]
mod tests;
mod unit;

use crate::config::{Declared, Overlay, VariableSource, shown};
use crate::git::Tree;
use file::{Run, Shared};
use paths::{ROOTS, joined};
use settings::Settings;
use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};
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
    /// Files of values and values that it hands to Terraform beside the inputs, in order.
    pub variables: Vec<VariableSource>,
    /// Files that it writes beside the configuration before that is used.
    pub generated: Vec<Generated>,
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

/// A file that Terragrunt writes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Generated {
    /// Its name.
    pub name: String,
    /// What it holds; none where that is not known.
    pub contents: Option<String>,
}

/// What a directory with a file of Terragrunt's is.
#[derive(Debug, Clone, PartialEq)]
pub enum Found {
    /// A unit.
    Unit(Box<Unit>),
    /// None, for this reason.
    NoUnit(String),
}

/// Stack for following references, in bytes. Only what is used of it takes memory.
const STACK: usize = 256 << 20;
/// Steps of evaluation for all units of a repository.
const ALL_STEPS: usize = 100_000_000;

/// The configuration of a unit.
const UNIT: &str = "terragrunt.hcl";
/// The same as JSON.
const UNIT_JSON: &str = "terragrunt.hcl.json";
/// What units are generated from.
const STACK_FILE: &str = "terragrunt.stack.hcl";

/// Whether a file makes its directory one that Terragrunt knows.
pub fn is_file(name: &str) -> bool {
    matches!(name, UNIT | UNIT_JSON | STACK_FILE)
}

/// What the directories are, each of which holds a file of Terragrunt's.
pub fn units(
    tree: &Tree<'_>,
    directories: &[String],
    environment: &BTreeMap<OsString, OsString>,
) -> BTreeMap<String, Found> {
    if directories.is_empty() {
        return BTreeMap::new();
    }
    let text = |text: &OsString| text.to_str().map(str::to_owned);
    let environment: BTreeMap<String, String> =
        environment.iter().filter_map(|(name, value)| Some((text(name)?, text(value)?))).collect();
    let (ask, requests) = files::asked();
    let found = std::thread::scope(|scope| {
        let evaluate = || {
            let files = files::Files::new(ask);
            let shared = Shared {
                files: &files,
                environment: &environment,
                parsed: RefCell::default(),
                budget: Cell::new(ALL_STEPS),
            };
            directories.iter().map(|directory| (directory.clone(), found(&shared, directory))).collect()
        };
        let thread = std::thread::Builder::new().stack_size(STACK).spawn_scoped(scope, evaluate);
        files::serve(tree, &requests);
        thread.ok().and_then(|thread| thread.join().ok())
    });
    let nothing = || Found::NoUnit("there is no memory to read its `terragrunt.hcl`".into());
    found.unwrap_or_else(|| directories.iter().map(|directory| (directory.clone(), nothing())).collect())
}

fn found(shared: &Shared<'_>, directory: &str) -> Found {
    let names = shared.files.names(directory).unwrap_or_else(|_| Vec::new().into());
    let name = match [UNIT, UNIT_JSON].into_iter().find(|name| names.iter().any(|one| one == name)) {
        Some(name) => name,
        None => {
            let text = "`terragrunt.stack.hcl` is not read: commit the units that Terragrunt generates from it, or scan them \
                        where they are generated";
            return Found::NoUnit(text.into());
        }
    };
    let path = joined(directory, name);
    let mut notes = BTreeSet::new();
    let mut evaluated = |root: &'static str| -> Result<Settings, String> {
        let run = Run::new(shared, root, directory);
        let settings = settings::of(&*run.file(&path)?);
        notes.append(&mut run.notes.borrow_mut());
        Ok(settings)
    };
    match (evaluated(ROOTS[0]), evaluated(ROOTS[1])) {
        (Ok(one), Ok(other)) => unit::unit(directory, [one, other], shared.files, notes),
        (Err(reason), _) | (_, Err(reason)) => Found::Unit(Box::new(Unit {
            directory: directory.to_owned(),
            source: Err(format!("its configuration cannot be read: {reason}")),
            backend: Some(UnitBackend { kind: None, attributes: BTreeMap::new() }),
            ..Unit::default()
        })),
    }
}

impl Default for Unit {
    fn default() -> Self {
        Self {
            directory: String::new(),
            source: Err("nothing is known of it".into()),
            backend: None,
            inputs: BTreeMap::new(),
            inputs_complete: false,
            variables: Vec::new(),
            generated: Vec::new(),
            notes: Vec::new(),
        }
    }
}

impl Unit {
    /// What its inputs give to variables.
    pub(crate) fn given(&self) -> Vec<VariableSource> {
        let inputs = self.inputs.iter();
        let inputs = inputs.map(|(name, value)| VariableSource::Unit { name: name.clone(), value: value.clone() });
        let rest = (!self.inputs_complete).then_some(VariableSource::NotKnown);
        inputs.chain(rest).collect()
    }

    /// What it lays over its source.
    pub(crate) fn overlay(&self) -> Overlay {
        let place = if self.directory.is_empty() { "terragrunt.hcl".into() } else { shown(&self.directory) };
        Overlay {
            directory: self.directory.clone(),
            files: self.generated.iter().map(|one| (one.name.clone(), one.contents.clone())).collect(),
            backend: self.backend.clone().map(|backend| (backend.kind, backend.attributes)),
            problems: self.notes.iter().map(|note| (format!("{place}: {note}"), false)).collect(),
        }
    }

    /// Whether it is known to have a backend.
    pub fn has_backend(&self) -> bool {
        self.backend.is_some()
    }
}
