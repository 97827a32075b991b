//! What several types' rules share.
//! Knows nothing of any one type.

pub(crate) mod network_acl_entries;
pub(crate) mod security_group_permissions;

use provider_api::Attributes;
use serde_json::Value;

/// A recorded string that is set and not empty.
pub(crate) fn text(attributes: &Attributes, name: &str) -> Option<String> {
    attributes.get(name)?.as_str().filter(|text| !text.is_empty()).map(str::to_owned)
}

/// A value as one part: nothing for unset ones.
pub(crate) fn single(value: &Value) -> Vec<Value> {
    match value {
        Value::Null => Vec::new(),
        Value::String(text) if text.is_empty() => Vec::new(),
        value => vec![value.clone()],
    }
}

/// The elements of a list or set as parts.
pub(crate) fn elements(value: &Value) -> Vec<Value> {
    value.as_array().cloned().unwrap_or_default()
}

/// The recorded value of an attribute as one part.
pub(crate) fn single_of(attributes: &Attributes, name: &str) -> Vec<Value> {
    attributes.get(name).map(single).unwrap_or_default()
}
