//! `[[root_module]]`: what holds for some root modules, and what holds for one when all entries are taken together.
//! Knows nothing of states, nor of how a backend is configured.

use super::patterns::{directory_pattern, fits, name_pattern, names};
use super::providers::resolved;
use super::scan::name_patterns;
use super::{SettingsError, SettingsFile};
use crate::config::VariableSource;
use crate::scan::VariableInput;
use schemars::JsonSchema;
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::path::Path;

/// One entry, as it stands in the file.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RootModuleEntry {
    /// The directory from the repository's root, `.` for the root itself, or a shell pattern of directories.
    #[serde(deserialize_with = "directory")]
    #[schemars(example = &"live/network")]
    pub directory: String,
    /// Only in this workspace, or in those that fit this shell pattern.
    #[serde(default, deserialize_with = "workspace")]
    #[schemars(example = &"prod-*")]
    pub workspace: Option<String>,
    /// Where the states are, instead of what the backend says: files and patterns from the repository's root, or addresses.
    #[serde(default)]
    #[schemars(example = ["s3://states/network/terraform.tfstate"])]
    pub state: Vec<String>,
    /// Only these workspaces; shell patterns.
    #[serde(default, deserialize_with = "name_patterns")]
    #[schemars(example = ["default", "prod-*"])]
    pub workspaces: Vec<String>,
    /// Values of variables. `{ env = "NAME" }` is the value of an environment variable.
    #[serde(default)]
    #[schemars(example = serde_json::json!({"region": "eu-west-1", "password": {"env": "DB_PASSWORD"}}))]
    pub variables: Map<String, Value>,
    /// Files of values of variables, from the root module; weaker than `variables`.
    #[serde(default)]
    #[schemars(example = ["prod.tfvars"])]
    pub variable_files: Vec<String>,
    /// What `terraform init -backend-config` was given: `KEY=VALUE`, or a file from the root module.
    #[serde(default)]
    #[schemars(example = ["bucket=states", "prod.s3.tfbackend"])]
    pub backend_config: Vec<String>,
    /// Whether it is not scanned.
    #[serde(default)]
    #[schemars(extend("default" = false))]
    pub skip: Option<bool>,
    /// Why it is skipped.
    #[serde(default)]
    #[schemars(example = &"decommissioned in March")]
    pub reason: Option<String>,
}

fn directory<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    directory_pattern(&String::deserialize(deserializer)?).map_err(serde::de::Error::custom)
}

fn workspace<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    name_pattern(&String::deserialize(deserializer)?).map(Some).map_err(serde::de::Error::custom)
}

impl RootModuleEntry {
    fn holds_for(&self, directory: &str, workspace: Option<&str>) -> bool {
        let here = match &self.workspace {
            None => true,
            Some(pattern) => workspace.is_some_and(|name| fits(pattern, name)),
        };
        here && names(&self.directory, directory)
    }
}

/// What holds for one root module, and one of its workspaces where that is known.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct RootModuleSettings {
    /// Where the states are, instead of what the backend says. Paths and patterns are relative to the repository's root.
    pub states: Vec<String>,
    /// Patterns of the workspaces that are looked at; empty for all. Those of `[scan]` where no entry has any.
    pub workspaces: Vec<String>,
    /// Files of values of variables, from the repository's root, the stronger later; weaker than `variables`.
    pub variable_files: Vec<String>,
    /// Values of variables, in which `{ env = "NAME" }` still stands: see [`RootModuleSettings::variable_inputs`].
    pub variables: Map<String, Value>,
    /// `KEY=VALUE`, or the path of a file from the repository's root, the stronger later.
    pub backend_config: Vec<String>,
    /// Why it is not scanned; none where it is.
    pub skip: Option<String>,
    /// By key, and for variables by `variables.NAME`: the line of the file that says so.
    pub lines: BTreeMap<String, usize>,
}

impl RootModuleSettings {
    /// What it gives the root module's variables, the stronger later: stronger than the environment's `TF_VAR_…` and than
    /// the files that Terraform reads by itself, weaker than the command line.
    ///
    /// # Errors
    /// When an environment variable that a value names is not set.
    pub fn variable_inputs(
        &self,
        environment: &BTreeMap<OsString, OsString>,
        work_dir: &Path,
    ) -> Result<Vec<VariableInput>, SettingsError> {
        let files = self.variable_files.iter().map(|path| VariableInput::File(work_dir.join(path)));
        let mut inputs: Vec<VariableInput> = files.collect();
        for (name, value) in &self.variables {
            let unset = |variable: &str| SettingsError::Variable {
                address: format!("the variable `{name}`"),
                name: variable.to_owned(),
            };
            let name = name.clone();
            inputs.push(VariableInput::Given(match from_environment(value) {
                // As `TF_VAR_…`, whose text means what the variable's type makes of it.
                Some(variable) => {
                    let text = environment.get(OsStr::new(variable)).and_then(|text| text.to_str());
                    let text = text.ok_or_else(|| unset(variable))?.to_owned();
                    VariableSource::Secret { name, text }
                }
                None => {
                    let resolved = resolved(value, environment).map_err(|variable| unset(&variable))?;
                    VariableSource::Value { name, sensitive: resolved != *value, value: resolved }
                }
            }));
        }
        Ok(inputs)
    }
}

/// The environment variable whose value a value is.
pub(super) fn from_environment(value: &Value) -> Option<&str> {
    let entries = value.as_object().filter(|entries| entries.len() == 1)?;
    entries.get("env")?.as_str()
}

impl SettingsFile {
    /// What all entries together say of a root module, by its directory from the repository's root, later entries
    /// stronger. Entries for some workspaces count only where the workspace is named.
    pub fn root_module(&self, directory: &str, workspace: Option<&str>) -> RootModuleSettings {
        let mut settings = RootModuleSettings::default();
        for (position, entry) in self.root_modules.iter().enumerate() {
            if entry.holds_for(directory, workspace) {
                self.add(&mut settings, position, entry, directory);
            }
        }
        if settings.workspaces.is_empty() && !self.scan.workspaces.is_empty() {
            settings.workspaces.clone_from(&self.scan.workspaces);
            settings.lines.insert("workspaces".into(), self.source.line("scan.workspaces"));
        }
        settings
    }

    fn add(&self, settings: &mut RootModuleSettings, position: usize, entry: &RootModuleEntry, directory: &str) {
        let line = |key: &str| self.source.line(&format!("root_module.{position}.{key}"));
        let mut noted = |key: &str, at: &str| settings.lines.insert(key.to_owned(), line(at));
        let below = |path: &String| joined(directory, path);
        if !entry.state.is_empty() {
            settings.states.clone_from(&entry.state);
            noted("state", "state");
        }
        if !entry.workspaces.is_empty() {
            settings.workspaces.clone_from(&entry.workspaces);
            noted("workspaces", "workspaces");
        }
        if !entry.variable_files.is_empty() {
            settings.variable_files = entry.variable_files.iter().map(below).collect();
            noted("variable_files", "variable_files");
        }
        if !entry.backend_config.is_empty() {
            let place = |text: &String| if text.contains('=') { text.clone() } else { below(text) };
            settings.backend_config = entry.backend_config.iter().map(place).collect();
            noted("backend_config", "backend_config");
        }
        for (name, value) in &entry.variables {
            let key = format!("variables.{name}");
            noted(&key, &key);
            settings.variables.insert(name.clone(), value.clone());
        }
        if let Some(skip) = entry.skip {
            let reason = || entry.reason.clone().unwrap_or_else(|| "no reason is given".into());
            settings.skip = skip.then(reason);
            noted("skip", "skip");
        }
    }

    /// Entries that concern none of the root modules that were found in a directory and below it, though they might: how
    /// each reads, with its line. `found` has each root module's directory and the workspaces that it has; where these
    /// are not known, there are none, and an entry is not blamed for its workspace.
    pub fn unused_root_modules(&self, scanned: &str, found: &[(String, Vec<String>)]) -> Vec<String> {
        let mut unused = Vec::new();
        for (position, entry) in self.root_modules.iter().enumerate() {
            let used = found.iter().any(|(directory, workspaces)| {
                let any = workspaces.is_empty() && names(&entry.directory, directory);
                any || workspaces.iter().any(|workspace| entry.holds_for(directory, Some(workspace)))
            });
            if used || !looked_at(&entry.directory, scanned) {
                continue;
            }
            let workspace = entry.workspace.as_ref().map(|name| format!(" in workspace {name}")).unwrap_or_default();
            let line = self.source.line(&format!("root_module.{position}"));
            unused.push(format!("[[root_module]] {}{workspace} (line {line})", entry.directory));
        }
        unused
    }
}

/// Whether all that a pattern can mean lies in a directory.
fn looked_at(pattern: &str, scanned: &str) -> bool {
    let literal: Vec<&str> = pattern.split('/').take_while(|part| !part.contains(['*', '?', '[', '{', '\\'])).collect();
    let literal = literal.join("/");
    scanned.is_empty() || literal == scanned || literal.strip_prefix(scanned).is_some_and(|rest| rest.starts_with('/'))
}

/// A path from the repository's root, without `.` and `..`; [`super::paths`] has seen to it that it stays inside.
fn joined(directory: &str, path: &str) -> String {
    if path.starts_with('/') {
        return path.to_owned();
    }
    let mut parts: Vec<&str> = directory.split('/').filter(|part| !part.is_empty()).collect();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." if parts.last().is_some_and(|last| *last != "..") => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    parts.join("/")
}
