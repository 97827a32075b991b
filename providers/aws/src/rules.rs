//! What several types' rules share.
//! Knows nothing of any one type.

pub(crate) mod network_acl_entries;
pub(crate) mod security_group_permissions;

use provider_api::{Attributes, RuleKind};
use serde_json::Value;
use std::net::IpAddr;

/// An address block that may be written in several ways: `::/0`, `0::0/0`.
pub(crate) const SAME_CIDR: RuleKind = RuleKind::Canonical(canonical_cidr_value);

fn canonical_cidr_value(value: &Value) -> Value {
    match value.as_str() {
        Some(text) => Value::from(canonical_cidr(text)),
        None => value.clone(),
    }
}

/// An address block in its shortest spelling; what is none stays as it is.
pub(crate) fn canonical_cidr(text: &str) -> String {
    let canonical = text.split_once('/').and_then(|(address, length)| {
        let address: IpAddr = address.parse().ok()?;
        let length: u8 = length.parse().ok()?;
        Some(format!("{address}/{length}"))
    });
    canonical.unwrap_or_else(|| text.to_owned())
}

/// A recorded string that is set and not empty.
pub(crate) fn text(attributes: &Attributes, name: &str) -> Option<String> {
    attributes.get(name)?.as_str().filter(|text| !text.is_empty()).map(str::to_owned)
}

/// A recorded id that is set and not empty, or a list of them.
pub(crate) fn ids(attributes: &Attributes, name: &str) -> Vec<String> {
    match attributes.get(name) {
        Some(Value::Array(ids)) => ids.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
        _ => text(attributes, name).into_iter().collect(),
    }
}

/// A value as one part: nothing for unset ones.
pub(crate) fn single(value: &Value) -> Vec<Value> {
    match value {
        Value::Null => Vec::new(),
        Value::String(text) if text.is_empty() => Vec::new(),
        value => vec![value.clone()],
    }
}

/// A string that holds a JSON document as one part, compared by value: services write it anew.
pub(crate) fn document(value: &Value) -> Vec<Value> {
    let parsed = |value: Value| value.as_str().and_then(|text| serde_json::from_str(text).ok()).unwrap_or(value);
    single(value).into_iter().map(parsed).collect()
}

/// The recorded value of an attribute that holds a JSON document as one part.
pub(crate) fn document_of(attributes: &Attributes, name: &str) -> Vec<Value> {
    attributes.get(name).map(document).unwrap_or_default()
}

/// The elements of a list or set as parts.
pub(crate) fn elements(value: &Value) -> Vec<Value> {
    value.as_array().cloned().unwrap_or_default()
}

/// The recorded value of an attribute as one part.
pub(crate) fn single_of(attributes: &Attributes, name: &str) -> Vec<Value> {
    attributes.get(name).map(single).unwrap_or_default()
}

/// The members of an object that are set, without empty strings: the same for a block that lists all its attributes and
/// for one that lists only those that are set.
pub(crate) fn set_members(value: &Value) -> Attributes {
    let members = value.as_object().into_iter().flatten();
    let set = members.filter(|(_, value)| !value.is_null() && value.as_str() != Some(""));
    set.map(|(name, value)| (name.clone(), value.clone())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn address_blocks_have_one_spelling() {
        for (text, canonical) in [
            ("0::0/0", "::/0"),
            ("2001:DB8:0:0::/56", "2001:db8::/56"),
            ("10.0.0.0/8", "10.0.0.0/8"),
            ("10.0.0.0", "10.0.0.0"),
            ("", ""),
            ("x/y", "x/y"),
        ] {
            assert_eq!(canonical_cidr(text), canonical, "{text}");
        }
    }
}
