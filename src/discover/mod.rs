//! Finds the root modules at and below a directory of a commit, Terragrunt's units among them.
//! Knows nothing of what they declare, beyond which blocks make a module a root.

mod filter;
#[cfg(test)]
mod tests;

pub use filter::Filter;

use crate::config::{
    self, Configuration, Options, Outline, VariableSource, is_configuration, outline, shown, telling_files,
};
use crate::git::{GitError, Survey, Tree};
use crate::terragrunt::{self, Found, Unit};
use rayon::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;

/// Directories whose files are read before they are parsed, all at the same time: so many texts are in memory.
const AT_ONCE: usize = 256;

/// Directories that an error names of those that were left out.
const NAMED: usize = 5;

/// Steps of a path that say that what lies below is for others to call, or to try out.
const KEPT: [&str; 7] = ["modules", "examples", "example", "tests", "test", "fixtures", "testdata"];

/// Directories that are never entered: what tools put there is found where they took it from.
const NOT_ENTERED: [&str; 4] = [".terraform", ".terragrunt-cache", ".git", "node_modules"];

/// A root module.
#[derive(Debug, Clone, PartialEq)]
pub struct RootModule {
    /// Its directory, from the repository's root; empty for the root itself. Of a unit that of its `terragrunt.hcl`.
    pub directory: String,
    /// What Terragrunt makes of it; none where Terraform is run in it as it is.
    pub unit: Option<Unit>,
}

impl RootModule {
    /// Reads its configuration. That of a unit is its source's, with the unit's inputs, files and backend; where the
    /// source cannot be read, nothing is known but the backend.
    pub fn configuration(&self, tree: &Tree<'_>, options: &Options) -> Configuration {
        let Some(unit) = &self.unit else { return config::read(tree, &self.directory, options) };
        let overlay = unit.overlay();
        match &unit.source {
            Err(reason) => {
                let text = format!("nothing is known of what {} declares: {}", place(&self.directory), shown(reason));
                config::unread(&overlay, &options.workspace, &text)
            }
            Ok(source) => {
                // Of the environment Terragrunt's own part is the stronger one, of the rest the command line's.
                let own = options.variables.iter().cloned();
                let (outer, rest): (Vec<_>, Vec<_>) =
                    own.partition(|source| matches!(source, VariableSource::Environment { .. }));
                let given = unit.given().into_iter().chain(outer).chain(unit.variables.iter().cloned());
                let variables = given.chain(rest).collect();
                config::read(tree, source, &Options { variables, overlay: Some(overlay), ..options.clone() })
            }
        }
    }
}

/// A directory with configuration that is no root module, or that is not wanted, and what is not walked into.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeftOut {
    /// The directory.
    pub directory: String,
    /// Why, as the end of a sentence: `` `live/a` calls it ``.
    pub reason: String,
}

/// What is at and below a directory.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Discovered {
    /// The root modules, by directory.
    pub root_modules: Vec<RootModule>,
    /// What else holds configuration, by directory.
    pub left_out: Vec<LeftOut>,
    /// Patterns that match no directory with configuration in the whole repository.
    pub unmatched: Vec<String>,
}

/// How root modules are looked for.
#[derive(Debug, Clone, Default)]
pub struct Search {
    /// Whether the directory itself is the only root module: what `--state` belongs to.
    pub only_here: bool,
    /// Which root modules count.
    pub filter: Filter,
    /// The environment that Terragrunt would see.
    pub environment: BTreeMap<OsString, OsString>,
}

/// Why there is no root module.
#[derive(Debug, thiserror::Error)]
pub enum DiscoverError {
    /// No configuration at all.
    #[error("no Terraform configuration in {} at the approved commit", place(directory))]
    Nothing {
        /// Where it was looked for.
        directory: String,
    },
    /// There is configuration, and none of it is a root module.
    #[error("no root module in {} at the approved commit: {}", place(directory), reasons(left_out))]
    AllLeftOut {
        /// Where it was looked for.
        directory: String,
        /// What was left out.
        left_out: Vec<LeftOut>,
    },
    /// A pattern that is none.
    #[error("`{}` is no pattern for directories: {cause}", shown(pattern))]
    Pattern {
        /// As it was given.
        pattern: String,
        /// Why.
        cause: String,
    },
    /// The tree cannot be read.
    #[error(transparent)]
    Git(#[from] GitError),
}

impl DiscoverError {
    /// The way out, where there is one to tell.
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::Nothing { .. } => {
                Some("name the directory of a root module, or a ref that has it: what is not committed is not approved")
            }
            Self::AllLeftOut { .. } => {
                Some("name the directory of a root module, or write it out under `include` in the settings")
            }
            Self::Pattern { .. } => {
                Some("write directories from the repository's root, such as live/prod, live/* or **/sandbox")
            }
            Self::Git(error) => error.hint(),
        }
    }
}

fn place(directory: &str) -> String {
    if directory.is_empty() { "the repository's root".into() } else { format!("`{}`", shown(directory)) }
}

fn reasons(left_out: &[LeftOut]) -> String {
    let shown = left_out.iter().take(NAMED).map(|one| format!("{}: {}", place(&one.directory), shown(&one.reason)));
    let mut reasons: Vec<String> = shown.collect();
    if left_out.len() > NAMED {
        reasons.push(format!("and {} more", left_out.len() - NAMED));
    }
    reasons.join("; ")
}

/// The root modules at and below a directory.
///
/// The directory itself is one if it holds configuration. A directory below it is one if it is a unit of Terragrunt, if it
/// has a backend or `cloud` block, or if all of this holds: no other module or unit of the repository calls it, none has
/// links to its files, no step of its path says that it is kept for others to call or is hidden, and it configures a
/// provider itself or lies below no other directory with configuration.
///
/// # Errors
/// When there is none, or the tree cannot be read.
pub fn root_modules(tree: &Tree<'_>, directory: &str, search: &Search) -> Result<Discovered, DiscoverError> {
    let directory = tree.resolved(directory)?;
    if search.only_here {
        return only_here(tree, directory, search);
    }
    // Who calls a module may lie anywhere.
    let entered = |name: &str| !NOT_ENTERED.contains(&name);
    let survey = tree.survey("", entered, |name| is_configuration(name) || terragrunt::is_file(name))?;
    let scene = Scene::new(tree, &survey, search);
    let mut looked_at: BTreeSet<&str> = survey.files.keys().map(String::as_str).collect();
    looked_at.retain(|path| below(&directory, path).is_some());
    // A walk does not come by everywhere, but what is named is looked at wherever it is.
    if tree.files(&directory)?.iter().any(|name| is_configuration(name)) {
        looked_at.insert(&directory);
    }
    let unmatched = search.filter.unmatched(survey.files.keys().map(String::as_str));
    let mut discovered = Discovered { unmatched, ..Discovered::default() };
    for path in looked_at {
        let owned = path.to_owned();
        match scene.verdict(path, &directory) {
            Ok(unit) => discovered.root_modules.push(RootModule { directory: owned, unit: unit.cloned() }),
            Err(reason) => discovered.left_out.push(LeftOut { directory: owned, reason }),
        }
    }
    let passed_by = scene.passed_by(tree, &survey);
    discovered.left_out.extend(passed_by.into_iter().filter(|one| below(&directory, &one.directory).is_some()));
    discovered.left_out.sort_by(|one, other| one.directory.cmp(&other.directory));
    match (discovered.root_modules.is_empty(), discovered.left_out.is_empty()) {
        (true, true) => Err(DiscoverError::Nothing { directory }),
        (true, false) => Err(DiscoverError::AllLeftOut { directory, left_out: discovered.left_out }),
        (false, _) => Ok(discovered),
    }
}

/// The directory itself as the one root module.
fn only_here(tree: &Tree<'_>, directory: String, search: &Search) -> Result<Discovered, DiscoverError> {
    let names = tree.files(&directory)?;
    let unit = match terragrunt::units(tree, &with_file(&directory, &names), &search.environment).remove(&directory) {
        Some(Found::Unit(unit)) => Some(*unit),
        _ if names.iter().any(|name| is_configuration(name)) => None,
        Some(Found::NoUnit(reason)) => {
            let left_out = vec![LeftOut { directory: directory.clone(), reason }];
            return Err(DiscoverError::AllLeftOut { directory, left_out });
        }
        None => return Err(DiscoverError::Nothing { directory }),
    };
    Ok(Discovered { root_modules: vec![RootModule { directory, unit }], ..Discovered::default() })
}

/// Everything in the repository that a verdict may rest on.
struct Scene<'a> {
    /// Directories with Terraform's configuration, and what its blocks tell.
    outlines: BTreeMap<&'a str, Outline>,
    /// What Terragrunt makes of the directories with its files.
    units: BTreeMap<String, Found>,
    /// Directories that are called, each with the first that calls it.
    called: BTreeMap<String, String>,
    /// Directories that units deploy, each with one that does.
    sources: BTreeMap<String, String>,
    /// Directories whose files are linked, each with the first directory that has a link.
    linked: BTreeMap<String, &'a str>,
    filter: &'a Filter,
}

impl<'a> Scene<'a> {
    fn new(tree: &Tree<'_>, survey: &'a Survey, search: &'a Search) -> Self {
        let outlines = outlines(tree, survey);
        let with_file: Vec<String> = survey.files.iter().flat_map(|(path, names)| with_file(path, names)).collect();
        let units = terragrunt::units(tree, &with_file, &search.environment);
        let calls = outlines.iter().flat_map(|(caller, outline)| {
            outline.calls.values().filter_map(|path| Some((*caller, tree.resolved(path).ok()?)))
        });
        let mut called = BTreeMap::new();
        for (caller, target) in calls.filter(|(caller, target)| caller != target) {
            called.entry(target).or_insert_with(|| caller.to_owned());
        }
        let mut sources = BTreeMap::new();
        for (path, found) in &units {
            match found {
                Found::Unit(unit) if unit.source.as_ref().is_ok_and(|source| source != path) => {
                    sources.extend(unit.source.clone().map(|source| (source, path.clone())));
                }
                _ => {}
            }
        }
        let mut linked = BTreeMap::new();
        for link in survey.links.iter().filter(|link| is_configuration(split(link).1)) {
            let Ok(target) = tree.resolved(link) else { continue };
            if split(&target).0 != split(link).0 {
                linked.entry(split(&target).0.to_owned()).or_insert(split(link).0);
            }
        }
        Self { outlines, units, called, sources, linked, filter: &search.filter }
    }

    /// Whether a directory is a root module, with what Terragrunt makes of it, or why it is none.
    fn verdict(&self, path: &str, named: &str) -> Result<Option<&Unit>, String> {
        let found = self.units.get(path);
        let unit = match found {
            Some(Found::Unit(unit)) => Some(&**unit),
            _ => None,
        };
        // Who names a directory means it, but whoever stands at the root names nothing in particular.
        let meant = path == named && !named.is_empty();
        match self.filter.excluded(path) {
            Some(pattern) if !meant => return Err(format!("`{pattern}` excludes it")),
            _ => {}
        }
        let written_out = meant || self.filter.names(path);
        match found {
            Some(Found::NoUnit(reason)) if !written_out || !self.outlines.contains_key(path) => {
                return Err(reason.clone());
            }
            _ => {}
        }
        if written_out {
            return Ok(unit);
        }
        if !self.filter.included(path) {
            return Err("it is not among what is included".into());
        }
        // Terragrunt completes its backend block, if it has one: it says nothing.
        if unit.is_none()
            && path != named
            && let Some(by) = self.sources.get(path)
        {
            return Err(format!("{} deploys it", place(by)));
        }
        let backend = self.outlines.get(path).is_some_and(|outline| outline.backend);
        if path == named || backend || unit.is_some_and(Unit::has_backend) {
            return Ok(unit);
        }
        match self.passive(path, named, unit.is_some()) {
            Some(reason) => Err(reason),
            None => Ok(unit),
        }
    }

    /// Why a directory without a backend is no root module.
    fn passive(&self, path: &str, named: &str, unit: bool) -> Option<String> {
        if !unit && let Some(caller) = self.called.get(path) {
            return Some(format!("{} calls it, and it has no backend", place(caller)));
        }
        if !unit && let Some(by) = self.linked.get(path) {
            return Some(format!("{} has links to its files, and it has no backend", place(by)));
        }
        let mut steps = below(named, path).unwrap_or(path).split('/');
        if let Some(step) = steps.find(|step| KEPT.contains(step) || step.starts_with('.')) {
            let kept = if step.starts_with('.') { "is hidden" } else { "is kept for others to call, or to try out" };
            return Some(format!("what lies in `{step}` {kept}, and it has no backend"));
        }
        if unit || self.outlines.get(path).is_some_and(|outline| outline.provider) {
            return None;
        }
        let mut above = path;
        while !above.is_empty() {
            above = split(above).0;
            if self.outlines.contains_key(above) {
                let above = place(above);
                return Some(format!("it lies below {above}, and has neither a backend nor a provider block"));
            }
        }
        None
    }

    /// What may hold root modules and is not walked into.
    fn passed_by(&self, tree: &Tree<'_>, survey: &Survey) -> Vec<LeftOut> {
        let holds = |path: &String| self.outlines.contains_key(path.as_str()) || self.units.contains_key(path.as_str());
        let links = survey.links.iter().filter_map(|link| {
            let target = tree.resolved(link).ok().filter(holds)?;
            Some((link, format!("it is a link to {}, which counts there", place(&target))))
        });
        let submodules = survey.submodules.iter();
        let submodules =
            submodules.map(|path| (path, "it is a submodule, whose content is in another repository".into()));
        let all = links.chain(submodules).filter(|(path, _)| self.filter.excluded(path).is_none());
        all.map(|(path, reason)| LeftOut { directory: path.clone(), reason }).collect()
    }
}

/// The directory, if Terragrunt has a file in it.
fn with_file(directory: &str, names: &[String]) -> Vec<String> {
    let found = names.iter().any(|name| terragrunt::is_file(name));
    found.then(|| directory.to_owned()).into_iter().collect()
}

/// Reads what the blocks of all directories tell. Reading is quick, parsing is not.
fn outlines<'a>(tree: &Tree<'_>, survey: &'a Survey) -> BTreeMap<&'a str, Outline> {
    let holding = survey.files.iter().filter_map(|(path, names)| {
        let names: Vec<String> = names.iter().filter(|name| is_configuration(name)).cloned().collect();
        (!names.is_empty()).then_some((path.as_str(), names))
    });
    let holding: Vec<(&str, Vec<String>)> = holding.collect();
    let mut found = BTreeMap::new();
    for some in holding.chunks(AT_ONCE) {
        let files: Vec<_> = some.iter().map(|(path, names)| (*path, telling_files(tree, path, names))).collect();
        found.par_extend(files.into_par_iter().map(|(path, files)| (path, outline(path, &files))));
    }
    found
}

/// What is left of a path below a directory; none where it is not there.
fn below<'a>(directory: &str, path: &'a str) -> Option<&'a str> {
    match directory.is_empty() {
        true => Some(path),
        false => path.strip_prefix(directory).filter(|rest| rest.is_empty() || rest.starts_with('/')),
    }
}

/// The directory of a path, and its last step.
fn split(path: &str) -> (&str, &str) {
    path.rsplit_once('/').unwrap_or(("", path))
}
