//! Makes a unit of its settings, evaluated twice: what depends on where the repository lies is not known.
//! Knows nothing of how settings are read.

use super::files::Files;
use super::paths::{self, ROOTS, below, joined, normal, relative};
use super::settings::{Entries, Inputs, Settings};
use super::{Found, Generated, Unit, UnitBackend};
use crate::config::source::SourceFile;
use crate::config::syntax::{self, Block};
use crate::config::{Declared, VariableSource, body, is_configuration, shown};
use crate::language::{Kind, Scope, Value, to_json};
use serde_json::Value as Json;
use std::collections::{BTreeMap, BTreeSet};

/// Arguments of `config` that only Terragrunt uses (internal/remotestate/backend/s3/config.go and gcs/config.go,
/// terragruntOnlyConfigs).
const S3_ONLY: [&str; 16] = [
    "s3_bucket_tags",
    "dynamodb_table_tags",
    "accesslogging_bucket_tags",
    "skip_bucket_versioning",
    "skip_bucket_ssencryption",
    "skip_bucket_accesslogging",
    "skip_bucket_root_access",
    "skip_bucket_enforced_tls",
    "skip_bucket_public_access_blocking",
    "disable_bucket_update",
    "enable_lock_table_ssencryption",
    "disable_aws_client_checksums",
    "accesslogging_bucket_name",
    "accesslogging_target_prefix",
    "bucket_sse_algorithm",
    "bucket_sse_kms_key_id",
];
const GCS_ONLY: [&str; 6] = [
    "project",
    "location",
    "gcs_bucket_labels",
    "skip_bucket_versioning",
    "skip_bucket_creation",
    "enable_bucket_policy_only",
];

/// Beginnings of sources that are fetched (go-getter's detectors).
const FETCHED: [&str; 4] = ["github.com/", "gitlab.com/", "bitbucket.org/", "git@"];

/// A value that came out of both evaluations.
#[derive(Debug, Clone, PartialEq)]
enum Both {
    /// It does not depend on where the repository lies.
    Same(Declared),
    /// A path in the repository.
    Path(String),
}

/// Puts a unit together.
pub(super) fn unit(directory: &str, [one, other]: [Settings; 2], files: &Files, notes: BTreeSet<String>) -> Found {
    let mut notes: Vec<String> = notes.into_iter().collect();
    notes.extend(one.missing.iter().cloned());
    let value = |pick: fn(&Settings) -> Option<&Value>| both(pick(&one), pick(&other));
    if value(|settings| settings.skip.as_ref()) == Both::Same(Declared::Known(true.into())) {
        return Found::NoUnit("its `terragrunt.hcl` says that it is skipped".into());
    }
    if excluded(&one, &other) {
        return Found::NoUnit("its `terragrunt.hcl` excludes it from every run".into());
    }
    let names = files.names(directory).unwrap_or_else(|_| Vec::new().into());
    let own = names.iter().any(|name| is_configuration(name));
    let written = one.source.is_some() || other.source.is_some();
    let source = match value(|settings| settings.source.as_ref()) {
        _ if !written && !one.missing.is_empty() => Err("its source may stand in a file that cannot be read".into()),
        Both::Same(Declared::Known(Json::String(text))) if !text.is_empty() => local(directory, &text),
        Both::Path(path) => normal(&path).ok_or_else(|| "its source lies outside of the repository".into()),
        Both::Same(Declared::NotKnown) if written => Err("its source is not known".into()),
        _ if own => Ok(directory.to_owned()),
        _ => {
            return Found::NoUnit("its `terragrunt.hcl` names no source, and no configuration lies beside it".into());
        }
    };
    let source = source.and_then(|path| match files.names(&path) {
        Ok(names) if names.iter().any(|name| is_configuration(name)) => Ok(path),
        _ => Err(format!("its source `{}` holds no configuration at the approved commit", shown(&path))),
    });
    if one.hooks || other.hooks {
        notes.push("its hooks are not run: what they change is not known".into());
    }
    if one.role || other.role {
        notes.push("the role that Terragrunt takes to deploy is not taken to read".into());
    }
    let mut unit = Unit { directory: directory.to_owned(), source, notes, ..Unit::default() };
    unit.inputs_complete = one.missing.is_empty();
    unit.give_inputs(one.inputs.as_ref(), other.inputs.as_ref());
    unit.add_arguments(&one, &other, files);
    unit.generate(&one, &other, files);
    if !one.missing.is_empty() {
        // What cannot be read may say otherwise.
        unit.backend = Some(UnitBackend { kind: None, attributes: BTreeMap::new() });
    } else if let (Some(one), Some(other)) = (&one.remote_state, &other.remote_state) {
        unit.backend = Some(unit.remote_state(one, other));
    }
    Found::Unit(Box::new(unit))
}

impl Unit {
    fn give_inputs(&mut self, one: Option<&Inputs>, other: Option<&Inputs>) {
        let (Some(one), Some(other)) = (one, other) else { return };
        self.inputs_complete &= one.complete && other.complete;
        for (name, value) in &one.entries {
            let value = match both(Some(value), other.entries.get(name)) {
                Both::Same(declared) => declared,
                Both::Path(_) => Declared::NotKnown,
            };
            self.inputs.insert(name.to_string(), value);
        }
        // A path in an object is no more known than one that stands alone.
        if !self.inputs_complete {
            self.notes.push("not all of its inputs are known".into());
        }
    }

    /// Files and values that `extra_arguments` adds to the commands that take some.
    fn add_arguments(&mut self, one: &Settings, other: &Settings, files: &Files) {
        for (name, entries) in &one.arguments {
            let nothing = Entries::new();
            let others = other.arguments.get(name).unwrap_or(&nothing);
            let entry = |name: &str| both(entries.get(name), others.get(name));
            let texts = |name: &str| -> Option<Vec<String>> {
                match (entries.get(name), others.get(name)) {
                    (None, _) => Some(Vec::new()),
                    (Some(one), Some(other)) => texts(one, other),
                    _ => None,
                }
            };
            let commands = texts("commands");
            let concerns = |commands: &Vec<String>| commands.iter().any(|one| one == "plan" || one == "apply");
            if commands.as_ref().is_some_and(|commands| !concerns(commands)) {
                continue;
            }
            let lists = [texts("required_var_files"), texts("optional_var_files"), texts("arguments"), commands];
            let [Some(required), Some(optional), Some(arguments), Some(_)] = lists else {
                self.give_up(name);
                continue;
            };
            match entry("env_vars") {
                Both::Same(Declared::NotKnown) if !entries.contains_key("env_vars") => {}
                Both::Same(Declared::Known(Json::Object(variables))) => {
                    let given = variables.into_iter().filter_map(|(name, value)| {
                        let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
                        Some(VariableSource::Environment { name: name.strip_prefix("TF_VAR_")?.to_owned(), text })
                    });
                    self.variables.extend(given);
                }
                _ => self.give_up(name),
            }
            let of_arguments = arguments.iter().filter_map(|text| text.strip_prefix("-var-file="));
            let paths = of_arguments.chain(required.iter().map(String::as_str)).map(|path| (path, true));
            for (path, needed) in paths.chain(optional.iter().map(|path| (path.as_str(), false))) {
                self.add_values(path, needed, files);
            }
            for text in arguments.iter().filter_map(|text| text.strip_prefix("-var=")) {
                if let Some((name, text)) = text.split_once('=') {
                    self.variables.push(VariableSource::Text { name: name.to_owned(), text: text.to_owned() });
                }
            }
            if arguments.iter().any(|text| text == "-var" || text == "-var-file") {
                self.give_up(name);
            }
        }
    }

    fn give_up(&mut self, name: &str) {
        self.inputs_complete = false;
        self.notes.push(format!("what extra_arguments \"{}\" gives to variables is not known", shown(name)));
    }

    /// A file of values, by a path in the repository or beside the unit or its source.
    fn add_values(&mut self, path: &str, needed: bool, files: &Files) {
        let root = ROOTS[0];
        let beside = [Some(self.directory.clone()), self.source.clone().ok()];
        let found = beside.into_iter().flatten().filter_map(|directory| paths::inside(root, &directory, path));
        let found = found.filter_map(|path| Some((files.read(&path).ok()?, path))).next();
        match found.map(|(bytes, path)| (String::from_utf8(bytes.to_vec()), path)) {
            Some((Ok(text), path)) => self.variables.push(VariableSource::File { path, text }),
            None if !needed => {}
            _ => {
                self.inputs_complete = false;
                self.notes.push("a file of values that it needs is not in the repository".into());
            }
        }
    }

    /// Files that it generates into its source.
    fn generate(&mut self, one: &Settings, other: &Settings, files: &Files) {
        for (name, entries) in &one.generate {
            let nothing = Entries::new();
            let others = other.generate.get(name).unwrap_or(&nothing);
            let entry = |name: &str| both(entries.get(name), others.get(name));
            if entry("disable") == Both::Same(Declared::Known(true.into())) {
                continue;
            }
            let path = match entry("path") {
                Both::Same(Declared::Known(Json::String(path))) => path.trim_start_matches("./").to_owned(),
                _ => {
                    self.notes.push(format!("where generate \"{}\" writes to is not known", shown(name)));
                    format!("{name}.tf")
                }
            };
            if path.contains('/') || !is_configuration(&path) {
                continue;
            }
            let exists = |directory: &str| files.names(directory).is_ok_and(|names| names.contains(&path));
            let there = exists(&self.directory) || self.source.as_ref().is_ok_and(|source| exists(source));
            if there && entry("if_exists") == Both::Same(Declared::Known("skip".into())) {
                continue;
            }
            let contents = match entry("contents") {
                Both::Same(Declared::Known(Json::String(contents))) => Some(contents),
                _ => None,
            };
            match &contents {
                Some(contents) => {
                    let mut found = backend(&joined(&self.directory, &path), contents);
                    if let Some(found) = found.as_mut().filter(|found| found.kind.as_deref() == Some("local")) {
                        // Relative to a folder that Terragrunt makes and removes.
                        if self.is_copied() {
                            found.attributes.insert("path".into(), Declared::NotKnown);
                        }
                    }
                    self.backend = found.or(self.backend.take());
                }
                None => {
                    let text = format!("what generate \"{}\" writes to {} is not known", shown(name), shown(&path));
                    self.notes.push(text);
                    if format!("{name}{path}").contains("backend") {
                        self.backend = Some(UnitBackend { kind: None, attributes: BTreeMap::new() });
                    }
                }
            }
            self.generated.push(Generated { name: path, contents });
        }
    }

    fn remote_state(&self, one: &Entries, other: &Entries) -> UnitBackend {
        let kind = match both(one.get("backend"), other.get("backend")) {
            Both::Same(Declared::Known(Json::String(kind))) => Some(kind),
            _ => None,
        };
        let only: &[&str] = match kind.as_deref() {
            Some("s3") => &S3_ONLY,
            Some("gcs") => &GCS_ONLY,
            _ => &[],
        };
        let config = |entries: &Entries| entries.get("config").and_then(Value::entries).cloned();
        let mut attributes = BTreeMap::new();
        let (one, other) = match (config(one), config(other)) {
            (Some(one), Some(other)) => (one, other),
            // Without any arguments that is a known backend, which would be wrong.
            _ if one.contains_key("config") => return UnitBackend { kind: None, attributes },
            _ => Default::default(),
        };
        for (name, value) in one.iter().filter(|(name, _)| !only.contains(&&***name)) {
            let value = match both(Some(value), other.get(name)) {
                Both::Path(path) if kind.as_deref() == Some("local") => match normal(&path) {
                    Some(path) => Declared::Known(relative(&self.directory, &path).into()),
                    None => Declared::NotKnown,
                },
                Both::Path(_) => Declared::NotKnown,
                Both::Same(Declared::Known(Json::String(_)))
                    if kind.as_deref() == Some("local") && self.is_copied() =>
                {
                    // Relative to a folder that Terragrunt makes and removes.
                    Declared::NotKnown
                }
                Both::Same(declared) => declared,
            };
            attributes.insert(name.to_string(), value);
        }
        UnitBackend { kind, attributes }
    }

    /// Whether Terragrunt runs in a copy of the source.
    fn is_copied(&self) -> bool {
        self.source.as_ref() != Ok(&self.directory)
    }
}

/// Whether it takes part in no run at all.
fn excluded(one: &Settings, other: &Settings) -> bool {
    let (Some(one), Some(other)) = (&one.exclude, &other.exclude) else { return false };
    let holds = both(one.get("if"), other.get("if")) == Both::Same(Declared::Known(true.into()));
    let actions = one.get("actions").zip(other.get("actions")).and_then(|(one, other)| texts(one, other));
    holds && actions.is_some_and(|actions| actions.iter().any(|action| action == "all"))
}

/// The directory of a source that is a path.
fn local(directory: &str, source: &str) -> Result<String, String> {
    let fetched = source.contains("::") || source.contains("://") || FETCHED.iter().any(|one| source.starts_with(one));
    if fetched || source.contains(".amazonaws.com/") || source.contains("googleapis.com/") {
        return Err("its source is not in the repository".into());
    }
    if source.starts_with(['/', '~']) {
        return Err("its source lies outside of the repository".into());
    }
    let path = source.split_once('?').map_or(source, |(path, _)| path);
    normal(&format!("{directory}/{path}")).ok_or_else(|| "its source lies outside of the repository".into())
}

/// The backend that a generated file configures.
fn backend(path: &str, contents: &str) -> Option<UnitBackend> {
    let body = syntax::parse(&SourceFile::new(path, contents.to_owned())).ok()?;
    let blocks = body.blocks("terraform").flat_map(|block| &block.body.blocks);
    let is_backend = |block: &&Block| block.kind == "cloud" || block.kind == "backend" && block.labels.len() == 1;
    let block = blocks.filter(is_backend).last()?;
    let kind = block.labels.first().unwrap_or(&block.kind).clone();
    let attributes = body::entries(&block.body, &Nothing).into_iter();
    let attributes = attributes.map(|(name, value)| (name, Declared::from(value))).collect();
    Some(UnitBackend { kind: Some(kind), attributes })
}

/// A backend block can refer to nothing, or to what is not known here.
struct Nothing;

impl Scope for Nothing {
    fn resolve(&self, _: crate::language::Reference<'_>) -> Value {
        Value::dynamic()
    }

    fn spend(&self, _: usize) -> bool {
        true
    }
}

/// What is known of a value that was evaluated with either root.
fn both(one: Option<&Value>, other: Option<&Value>) -> Both {
    let (Some(one), Some(other)) = (one, other) else { return Both::Same(Declared::NotKnown) };
    if let (Some(text), Some(other)) = (one.text(), other.text()) {
        return match (below(ROOTS[0], text), below(ROOTS[1], other)) {
            (Some(path), Some(same)) if path == same => Both::Path(path.to_owned()),
            _ if text == other => Both::Same(Declared::Known(text.to_string().into())),
            _ => Both::Same(Declared::NotKnown),
        };
    }
    Both::Same(same(one, other))
}

fn same(one: &Value, other: &Value) -> Declared {
    let inner = |one: &Value, other: &Value| match both(Some(one), Some(other)) {
        Both::Same(declared) => declared,
        Both::Path(_) => Declared::NotKnown,
    };
    match (&one.kind, &other.kind) {
        (Kind::Unknown(..), _) | (_, Kind::Unknown(..)) => Declared::NotKnown,
        _ => match (to_json(one), to_json(other)) {
            (Some(one), Some(other)) if one == other => Declared::Known(one),
            _ => match (one.entries(), other.entries(), one.elements(), other.elements()) {
                (Some(one), Some(other), ..) if one.keys().eq(other.keys()) => {
                    let entries = one.iter().zip(other.values());
                    Declared::Object(
                        entries.map(|((name, one), other)| (name.to_string(), inner(one, other))).collect(),
                    )
                }
                (_, _, Some(one), Some(other)) if one.len() == other.len() => {
                    Declared::List(one.iter().zip(other).map(|(one, other)| inner(one, other)).collect())
                }
                _ => Declared::NotKnown,
            },
        },
    }
}

/// The texts of a list, where paths in the repository begin with the first of the roots; none where one is not known.
fn texts(one: &Value, other: &Value) -> Option<Vec<String>> {
    let (one, other) = (one.elements()?, other.elements()?);
    if one.len() != other.len() {
        return None;
    }
    let text = |(one, other): (&Value, &Value)| match both(Some(one), Some(other)) {
        Both::Path(path) => Some(format!("{}{path}", ROOTS[0])),
        Both::Same(Declared::Known(Json::String(text))) => Some(text),
        _ => match (one.text(), other.text()) {
            // `-var-file=` and a path.
            (Some(one), Some(other)) if one.replace(ROOTS[0], ROOTS[1]) == **other => Some(one.to_string()),
            _ => None,
        },
    };
    one.iter().zip(other).map(text).collect()
}
