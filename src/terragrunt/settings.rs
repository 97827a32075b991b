//! What the blocks of a file say together with those of the files that it includes.
//! Knows nothing of what is made of it, nor of how includes are found.

use super::file::{File, Merge};
use crate::config::body;
use crate::config::shown;
use crate::language::Value;
use std::collections::BTreeMap;
use std::sync::Arc;

/// What else than locals and inputs others may look for in a file: it is there, and not known.
pub(super) const OTHERS: [&str; 12] = [
    "terraform",
    "remote_state",
    "generate",
    "dependency",
    "dependencies",
    "feature",
    "exclude",
    "errors",
    "engine",
    "skip",
    "prevent_destroy",
    "iam_role",
];

/// Arguments and nested blocks by name.
pub(super) type Entries = BTreeMap<String, Value>;

/// What is given to variables.
#[derive(Debug, Clone)]
pub(super) struct Inputs {
    pub(super) entries: BTreeMap<Arc<str>, Value>,
    /// Whether these are all.
    pub(super) complete: bool,
}

/// A unit's configuration, merged.
#[derive(Debug, Default, Clone)]
pub(super) struct Settings {
    /// Why part of it is not known: one text an include that cannot be read.
    pub(super) missing: Vec<String>,
    pub(super) source: Option<Value>,
    /// `extra_arguments` blocks by name.
    pub(super) arguments: BTreeMap<String, Entries>,
    /// Whether something is run before or after.
    pub(super) hooks: bool,
    pub(super) remote_state: Option<Entries>,
    /// `generate` blocks by name.
    pub(super) generate: BTreeMap<String, Entries>,
    pub(super) inputs: Option<Inputs>,
    pub(super) skip: Option<Value>,
    pub(super) exclude: Option<Entries>,
    /// Whether another role is taken to deploy.
    pub(super) role: bool,
}

/// The settings of a file, merged with those of what it includes: the file's own are the strongest, and of includes the
/// later ones (config/include.go, handleInclude).
pub(super) fn of(file: &File<'_>) -> Settings {
    let mut settings = own(file);
    for include in file.includes.iter().rev().filter(|include| include.merge != Merge::No) {
        match &include.file {
            Ok(included) => settings = merged(own(included), settings, include.merge == Merge::Deep),
            Err(reason) => settings.missing.push(reason.clone()),
        }
    }
    for include in file.includes.iter().filter(|include| include.merge == Merge::No) {
        if let Err(reason) = &include.file {
            file.run.note(reason.clone());
        }
    }
    settings
}

/// The inputs of a file as one value.
pub(super) fn inputs(file: &File<'_>) -> Value {
    match file.run.deeper(|| of(file).inputs) {
        Some(None) => Value::object(BTreeMap::new()),
        Some(Some(inputs)) if inputs.complete => Value::object(inputs.entries),
        _ => Value::dynamic(),
    }
}

fn own(file: &File<'_>) -> Settings {
    let value = |name: &str| file.body.argument(name).map(|argument| argument.value.value(file, &[]));
    let block = |name: &str| file.body.blocks(name).next().map(|block| body::entries(&block.body, file));
    let entries = |value: Value| -> Option<Entries> {
        Some(value.entries()?.iter().map(|(name, value)| (name.to_string(), value.clone())).collect())
    };
    let mut settings = Settings {
        inputs: value("inputs").map(read_inputs),
        skip: value("skip"),
        exclude: block("exclude"),
        role: file.body.argument("iam_role").is_some(),
        remote_state: block("remote_state").or_else(|| {
            // As an argument it may come from anywhere; where that is not known, it is there all the same.
            value("remote_state").filter(|value| !value.is_null()).map(|value| entries(value).unwrap_or_default())
        }),
        ..Settings::default()
    };
    for terraform in file.body.blocks("terraform") {
        settings.source = terraform.body.argument("source").map(|argument| argument.value.value(file, &[]));
        for block in &terraform.body.blocks {
            match (block.kind.as_str(), block.labels.first()) {
                ("extra_arguments", Some(name)) => {
                    settings.arguments.insert(name.clone(), body::entries(&block.body, file));
                }
                ("before_hook" | "after_hook" | "error_hook", _) => settings.hooks = true,
                _ => {}
            }
        }
    }
    for block in file.body.blocks("generate") {
        if let Some(name) = block.labels.first() {
            settings.generate.insert(name.clone(), body::entries(&block.body, file));
        }
    }
    match value("generate").map(|value| (entries(value.clone()), value.is_null())) {
        Some((Some(all), _)) => {
            let all = all.into_iter().map(|(name, value)| (name, entries(value).unwrap_or_default()));
            settings.generate.extend(all);
        }
        Some((None, false)) => settings.missing.push(format!("what {} generates is not known", shown(&file.path))),
        _ => {}
    }
    settings
}

fn read_inputs(value: Value) -> Inputs {
    match value.entries() {
        Some(entries) => Inputs { entries: entries.clone(), complete: true },
        None => Inputs { entries: BTreeMap::new(), complete: value.is_null() },
    }
}

/// What an included file says, overridden by what is stronger.
fn merged(weak: Settings, strong: Settings, deep: bool) -> Settings {
    let mut merged = Settings {
        missing: weak.missing.into_iter().chain(strong.missing).collect(),
        source: strong.source.or(weak.source),
        arguments: weak.arguments,
        hooks: weak.hooks || strong.hooks,
        remote_state: strong.remote_state.or(weak.remote_state),
        generate: weak.generate,
        inputs: match (weak.inputs, strong.inputs) {
            (Some(weak), Some(strong)) => Some(merged_inputs(weak, strong, deep)),
            (weak, strong) => strong.or(weak),
        },
        skip: strong.skip.or(weak.skip),
        exclude: strong.exclude.or(weak.exclude),
        role: weak.role || strong.role,
    };
    merged.arguments.extend(strong.arguments);
    merged.generate.extend(strong.generate);
    merged
}

fn merged_inputs(weak: Inputs, strong: Inputs, deep: bool) -> Inputs {
    let mut entries = weak.entries;
    if !strong.complete {
        // Any of them may be overridden.
        entries.values_mut().for_each(|value| *value = Value::dynamic());
    }
    for (name, value) in strong.entries {
        let value = match entries.get(&name) {
            Some(weak) if deep => merged_values(weak, &value),
            _ => value,
        };
        entries.insert(name, value);
    }
    if deep && !weak.complete {
        // Any of them may be merged with what is not known.
        entries.values_mut().for_each(|value| *value = Value::dynamic());
    }
    Inputs { entries, complete: weak.complete && strong.complete }
}

/// Two values of one name in a deep merge: maps are merged, lists follow one another, and anything else takes the place
/// of what is weaker. What is empty does not, and there Terragrunt's own ways differ from release to release.
fn merged_values(weak: &Value, strong: &Value) -> Value {
    if let (Some(weak), Some(strong)) = (weak.entries(), strong.entries()) {
        let mut entries = weak.clone();
        for (name, value) in strong {
            let value = match entries.get(name) {
                Some(weak) => merged_values(weak, value),
                None => value.clone(),
            };
            entries.insert(name.clone(), value);
        }
        return Value::object(entries);
    }
    if let (Some(weak), Some(strong)) = (weak.elements(), strong.elements()) {
        return Value::tuple(weak.iter().chain(strong).cloned().collect());
    }
    let plain = |value: &Value| value.is_known() && value.length().is_none() && !value.is_null();
    let empty = strong.text().is_some_and(|text| text.is_empty())
        || strong.boolean() == Some(false)
        || strong.number().is_some_and(|number| number.to_i64() == Some(0));
    if plain(weak) && plain(strong) && !empty { strong.clone() } else { Value::dynamic() }
}
