//! The arguments of a `key_provider` or `method` block: they may hold passphrases, and are wiped.
//! Knows nothing of what any of them means.

use super::DecryptError;
use serde_json::{Map, Value};
use zeroize::Zeroize;

/// Arguments by name; null and absent are the same. What they say is wiped when they are dropped, and never shown.
#[derive(Clone, PartialEq, Default)]
pub struct Arguments(Map<String, Value>);

impl Arguments {
    /// An argument, if it is there.
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.0.get(name).filter(|value| !value.is_null())
    }

    /// A text argument; none where it is absent, empty or no text.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.get(name)?.as_str().filter(|text| !text.is_empty())
    }

    /// A text argument that must be there.
    pub(super) fn required(&self, name: &str) -> Result<&str, DecryptError> {
        self.text(name).ok_or_else(|| {
            let hint = format!("set `{name}` in its `key_provider` block, or in TF_ENCRYPTION");
            DecryptError::new(format!("it has no `{name}`"), hint)
        })
    }

    /// All of them.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&String, &Value)> {
        self.0.iter()
    }
}

impl From<Map<String, Value>> for Arguments {
    fn from(arguments: Map<String, Value>) -> Self {
        Self(arguments)
    }
}

impl std::fmt::Debug for Arguments {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

impl Drop for Arguments {
    fn drop(&mut self) {
        self.0.values_mut().for_each(wipe);
    }
}

/// Overwrites every text in a value.
pub(super) fn wipe(value: &mut Value) {
    match value {
        Value::String(text) => text.zeroize(),
        Value::Array(elements) => elements.iter_mut().for_each(wipe),
        Value::Object(entries) => entries.values_mut().for_each(wipe),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}
