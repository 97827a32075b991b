//! One file of Terragrunt's in the context in which it is read: its locals, its includes, what references stand for.
//! Knows nothing of what blocks mean but `include` and `locals`, nor of how functions compute.

use super::files::Files;
use super::paths::{self, directory, joined};
use super::{functions, settings};
use crate::config::shown;
use crate::config::source::SourceFile;
use crate::config::syntax::{self, Block, Body};
use crate::language::{FileError, Reference, Scope, Value};
use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::rc::Rc;
use std::sync::Arc;

/// References and files that lead to one another.
const DEPTH: usize = 64;
/// Steps of evaluation for one unit, once.
const STEPS: usize = 2_000_000;

/// What all units share.
pub(super) struct Shared<'a> {
    pub(super) files: &'a Files,
    pub(super) environment: &'a BTreeMap<String, String>,
    /// Files that were parsed, or why they could not be.
    pub(super) parsed: RefCell<HashMap<String, Result<Rc<Body>, String>>>,
    /// Steps that evaluation may still take in all.
    pub(super) budget: Cell<usize>,
}

/// The evaluation of one unit with one root.
pub(super) struct Run<'a> {
    pub(super) shared: &'a Shared<'a>,
    /// What stands for the root of the repository.
    pub(super) root: &'static str,
    /// The directory of the unit.
    pub(super) unit: String,
    budget: Cell<usize>,
    depth: Cell<usize>,
    /// What was read by `read_terragrunt_config`: none while it is being read.
    pub(super) read: RefCell<HashMap<String, Option<Value>>>,
    pub(super) notes: RefCell<BTreeSet<String>>,
}

/// How what is included is merged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Merge {
    No,
    Shallow,
    Deep,
}

/// An `include` block.
pub(super) struct Include<'a> {
    /// Its label, empty without one.
    pub(super) name: String,
    pub(super) expose: bool,
    pub(super) merge: Merge,
    /// The file; why there is none.
    pub(super) file: Result<Rc<File<'a>>, String>,
}

/// A file in its context.
pub(super) struct File<'a> {
    pub(super) run: &'a Run<'a>,
    /// From the root of the repository.
    pub(super) path: String,
    pub(super) body: Rc<Body>,
    /// What `get_terragrunt_dir()` is: the directory of the file, or where it is included of the file that includes it.
    pub(super) here: String,
    /// Whether another file includes this one.
    pub(super) is_included: bool,
    pub(super) includes: Vec<Include<'a>>,
    locals: RefCell<HashMap<String, Option<Value>>>,
}

impl<'a> Run<'a> {
    pub(super) fn new(shared: &'a Shared<'a>, root: &'static str, unit: &str) -> Self {
        Self {
            shared,
            root,
            unit: unit.to_owned(),
            budget: Cell::new(STEPS),
            depth: Cell::new(0),
            read: RefCell::default(),
            notes: RefCell::default(),
        }
    }

    pub(super) fn note(&self, text: String) {
        self.notes.borrow_mut().insert(text);
    }

    /// Goes one step further in, unless that is too deep.
    pub(super) fn deeper<T>(&self, inner: impl FnOnce() -> T) -> Option<T> {
        if self.depth.get() >= DEPTH {
            self.note(format!("more than {DEPTH} references or files lead to one another: the rest is not known"));
            return None;
        }
        self.depth.set(self.depth.get() + 1);
        let result = inner();
        self.depth.set(self.depth.get() - 1);
        Some(result)
    }

    /// Parses a file.
    fn parsed(&self, path: &str) -> Result<Rc<Body>, String> {
        if let Some(parsed) = self.shared.parsed.borrow().get(path) {
            return parsed.clone();
        }
        let parsed = match self.shared.files.read(path) {
            Ok(bytes) => match String::from_utf8(bytes.to_vec()) {
                Ok(text) => {
                    let text = text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text);
                    syntax::parse(&SourceFile::new(path, text)).map(Rc::new).map_err(|problem| problem.text)
                }
                Err(_) => Err(format!("{} is not UTF-8", shown(path))),
            },
            Err(FileError::Missing) => Err(format!("there is no {} in the repository", shown(path))),
            Err(FileError::NotKnown) => Err(format!("{} cannot be read", shown(path))),
        };
        self.shared.parsed.borrow_mut().insert(path.to_owned(), parsed.clone());
        parsed
    }

    /// A file by itself: that of a unit, or what `read_terragrunt_config` reads.
    pub(super) fn file(&'a self, path: &str) -> Result<Rc<File<'a>>, String> {
        if syntax::is_json(path) {
            return Err(format!("{} is written as JSON, which is not read", shown(path)));
        }
        let mut file = self.bare(path, directory(path).to_owned(), false)?;
        let blocks: Vec<Block> = file.body.blocks("include").cloned().collect();
        let includes = blocks.iter().map(|block| file.include(block)).collect();
        file.includes = includes;
        Ok(Rc::new(file))
    }

    fn bare(&'a self, path: &str, here: String, is_included: bool) -> Result<File<'a>, String> {
        let (body, locals) = (self.parsed(path)?, RefCell::default());
        Ok(File { run: self, path: path.to_owned(), body, here, is_included, includes: Vec::new(), locals })
    }
}

impl<'a> File<'a> {
    fn include(&self, block: &Block) -> Include<'a> {
        let value = |name: &str| block.body.argument(name).map(|argument| argument.value.value(self, &[]));
        let merge = match value("merge_strategy").as_ref().map(|value| value.text().map(|text| text.to_string())) {
            None => Ok(Merge::Shallow),
            Some(Some(text)) if text == "shallow" => Ok(Merge::Shallow),
            Some(Some(text)) if text == "no_merge" => Ok(Merge::No),
            Some(Some(text)) if text == "deep" => Ok(Merge::Deep),
            _ => Err("how it is merged is not known".to_owned()),
        };
        let name = block.labels.first().cloned().unwrap_or_default();
        let what = |reason: &str| format!("include \"{}\" of {}: {reason}", shown(&name), shown(&self.path));
        let path = value("path").and_then(|path| path.text().cloned());
        let file = match (path, &merge) {
            (_, Err(reason)) => Err(what(reason)),
            (None, _) => Err(what("its path is not known, or leads to no file of the repository")),
            (Some(path), _) => match paths::inside(self.run.root, &self.here, &path) {
                None => Err(what("its path leads out of the repository")),
                Some(path) => self.included(&path).map_err(|reason| what(&reason)),
            },
        };
        let expose = value("expose").is_some_and(|value| value.boolean() == Some(true));
        Include { name, expose, merge: merge.unwrap_or(Merge::Shallow), file }
    }

    /// A file that this one includes. Terragrunt lets what is included include nothing itself
    /// (config/config.go, TooManyLevelsOfInheritanceError).
    fn included(&self, path: &str) -> Result<Rc<Self>, String> {
        if syntax::is_json(path) {
            return Err("it is written as JSON, which is not read".into());
        }
        let file = self.run.bare(path, self.here.clone(), true)?;
        if file.body.blocks("include").next().is_some() {
            return Err(format!("{} includes another file itself, which Terragrunt refuses", shown(path)));
        }
        Ok(Rc::new(file))
    }

    /// The directory of the file that includes lead to: of this file if it is included itself, else of what it includes
    /// under a name, or at all if that is one (config/config_helpers.go, PathRelativeToInclude).
    pub(super) fn parent(&self, name: Option<&str>) -> Result<Option<&str>, String> {
        if self.is_included {
            return Ok(Some(directory(&self.path)));
        }
        let include = match (self.includes.as_slice(), name) {
            ([], _) => return Ok(None),
            ([include], None) => include,
            (includes, Some(name)) => {
                let named = includes.iter().find(|include| include.name == name);
                named.ok_or_else(|| format!("there is no include \"{name}\""))?
            }
            (_, None) => return Err("which of several includes is meant is not said".into()),
        };
        match &include.file {
            Ok(file) => Ok(Some(directory(&file.path))),
            Err(reason) => Err(reason.clone()),
        }
    }

    /// A local; none where there is none of that name.
    fn local(&self, name: &str) -> Option<Value> {
        match self.locals.borrow().get(name) {
            Some(Some(known)) => return Some(known.clone()),
            Some(None) => {
                self.run.note(format!("local.{} of {} leads back to itself", shown(name), shown(&self.path)));
                return Some(Value::dynamic());
            }
            None => {}
        }
        let body = self.body.clone();
        let argument = body.blocks("locals").find_map(|block| block.body.argument(name))?;
        self.locals.borrow_mut().insert(name.to_owned(), None);
        let value = self.run.deeper(|| argument.value.value(self, &[])).unwrap_or_else(Value::dynamic);
        self.locals.borrow_mut().insert(name.to_owned(), Some(value.clone()));
        Some(value)
    }

    /// All locals as an object.
    fn all_locals(&self) -> Value {
        let body = self.body.clone();
        let names = body.blocks("locals").flat_map(|block| &block.body.arguments);
        let values =
            names.filter_map(|argument| Some((Arc::from(argument.name.as_str()), self.local(&argument.name)?)));
        Value::object(values.collect())
    }

    /// The file as expressions of others see it.
    pub(super) fn exposed(&self) -> Value {
        let inputs = settings::inputs(self);
        let mut object: BTreeMap<Arc<str>, Value> =
            settings::OTHERS.iter().map(|name| (Arc::from(*name), Value::dynamic())).collect();
        object.insert("locals".into(), self.all_locals());
        object.insert("inputs".into(), inputs);
        Value::object(object)
    }

    fn included_value(&self, name: &str) -> Option<Value> {
        let exposed = |include: &Include<'a>| match &include.file {
            Ok(file) if include.expose => self.run.deeper(|| file.exposed()),
            _ => None,
        };
        if let Some(include) = self.includes.iter().find(|include| include.name == name) {
            return exposed(include);
        }
        // Without a label the include itself is what is looked into.
        let bare = self.includes.iter().find(|include| include.name.is_empty())?;
        exposed(bare)?.entries()?.get(name).cloned()
    }
}

impl Scope for File<'_> {
    fn resolve(&self, reference: Reference<'_>) -> Value {
        let value = match reference {
            Reference::Local(name) => self.local(name),
            Reference::Resource { data: false, resource_type: "include", name } => self.included_value(name),
            Reference::Resource { data: false, resource_type: "dependency", name } => {
                self.run.note(format!("what dependency.{} puts out is not known", shown(name)));
                None
            }
            Reference::Resource { data: false, resource_type: kind @ ("feature" | "values"), name } => {
                self.run.note(format!("{kind}.{} is not known: whoever runs Terragrunt decides it", shown(name)));
                None
            }
            _ => None,
        };
        value.unwrap_or_else(Value::dynamic)
    }

    fn spend(&self, steps: usize) -> bool {
        for budget in [&self.run.budget, &self.run.shared.budget] {
            budget.set(budget.get().saturating_sub(steps));
            if budget.get() == 0 {
                self.run.note("it takes too much to be evaluated: the rest is not known".into());
                return false;
            }
        }
        true
    }

    fn file(&self, path: &str) -> Result<Arc<[u8]>, FileError> {
        let path = paths::inside(self.run.root, directory(&self.path), path).ok_or(FileError::NotKnown)?;
        self.run.shared.files.read(&path)
    }

    fn files(&self, path: &str) -> Result<Vec<String>, FileError> {
        let path = paths::inside(self.run.root, directory(&self.path), path).ok_or(FileError::NotKnown)?;
        self.run.shared.files.list(&path).map(|list| list.to_vec())
    }

    fn call(&self, name: &str, arguments: &[Value]) -> Option<Result<Value, String>> {
        functions::call(self, name, arguments)
    }
}

/// Whether there is something at a path: Terragrunt does not ask whether it is a file.
pub(super) fn exists(files: &Files, path: &str) -> bool {
    files.names(directory(path)).is_ok_and(|names| names.iter().any(|name| joined(directory(path), name) == path))
        || files.names(path).is_ok()
}
