//! Values for arguments of provider configurations that cannot be evaluated.
//! Knows nothing of providers.

use super::{SettingsError, SettingsFile};
use crate::plan::ReadPlan;
use serde_json::Value;
use std::collections::BTreeMap;
use std::ffi::OsString;

/// Gives the arguments of provider configurations the values that the settings name. Returns the addresses that concern
/// none of the root modules that are looked at, though they might.
///
/// # Errors
/// When they name a variable that is not set.
pub fn apply(
    settings: &SettingsFile,
    environment: &BTreeMap<OsString, OsString>,
    plan: &mut ReadPlan<'_>,
) -> Result<Vec<String>, SettingsError> {
    let mut unused = Vec::new();
    for provider in &settings.providers {
        let mut used = false;
        let mut looked_at = provider.root_module.is_none();
        for connection in &mut plan.connections {
            let here = provider.root_module.as_ref().is_none_or(|directory| *directory == connection.directory);
            looked_at |= here;
            if !here || connection.reference != provider.address {
                continue;
            }
            used = true;
            for (name, value) in &provider.arguments {
                let value = resolved(value, environment)
                    .map_err(|name| SettingsError::Variable { address: provider.address.clone(), name })?;
                connection.configuration.not_known.retain(|other| other != name);
                connection.configuration.known.insert(name.clone(), value);
            }
        }
        if looked_at && !used {
            unused.push(provider.address.clone());
        }
    }
    Ok(unused)
}

/// A value, in which `{ env = "NAME" }` is replaced at any depth.
pub(super) fn resolved(value: &Value, environment: &BTreeMap<OsString, OsString>) -> Result<Value, String> {
    match value {
        Value::Object(entries) if entries.len() == 1 && entries.get("env").is_some_and(Value::is_string) => {
            let name = entries["env"].as_str().unwrap_or_default();
            let found = environment.get(std::ffi::OsStr::new(name)).and_then(|value| value.to_str());
            found.map(Value::from).ok_or_else(|| name.to_owned())
        }
        Value::Object(entries) => {
            let entries = entries.iter().map(|(name, value)| Ok((name.clone(), resolved(value, environment)?)));
            entries.collect::<Result<_, _>>().map(Value::Object)
        }
        Value::Array(elements) => {
            elements.iter().map(|value| resolved(value, environment)).collect::<Result<_, _>>().map(Value::Array)
        }
        other => Ok(other.clone()),
    }
}
