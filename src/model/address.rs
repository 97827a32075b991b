//! Addresses of resources and their instances, immutable, printed in the language's own syntax.
//! They know nothing of configuration or state.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

/// Which instance of a `count` or `for_each` expansion.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum InstanceKey {
    /// `[0]`, by `count`.
    Index(u64),
    /// `["a"]`, by `for_each`.
    Key(Arc<str>),
}

impl fmt::Display for InstanceKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Index(index) => write!(f, "[{index}]"),
            Self::Key(key) => write!(f, "[{}]", quoted(key)),
        }
    }
}

/// A string as the language writes it: JSON escapes, and `${` and `%{` doubled so that they are no templates.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string().replace("${", "$${").replace("%{", "%%{")
}

/// One module call on the way to a resource.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ModuleStep {
    /// Name of the call.
    pub name: Arc<str>,
    /// Its instance key, if the call is expanded.
    pub key: Option<InstanceKey>,
}

/// The absolute address of a managed resource instance, or of a whole resource where no keys are given.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Address {
    /// Module calls from the root inwards.
    pub module: Arc<[ModuleStep]>,
    /// Resource type.
    pub resource_type: Arc<str>,
    /// Resource name.
    pub name: Arc<str>,
    /// Instance key, if the resource is expanded.
    pub key: Option<InstanceKey>,
}

impl Address {
    /// The address of the resource block: all instance keys dropped.
    pub fn resource(&self) -> Self {
        Self {
            module: self.module.iter().map(|step| ModuleStep { name: step.name.clone(), key: None }).collect(),
            resource_type: self.resource_type.clone(),
            name: self.name.clone(),
            key: None,
        }
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for step in self.module.iter() {
            write!(f, "module.{}", step.name)?;
            if let Some(key) = &step.key {
                write!(f, "{key}")?;
            }
            f.write_str(".")?;
        }
        write!(f, "{}.{}", self.resource_type, self.name)?;
        match &self.key {
            Some(key) => write!(f, "{key}"),
            None => Ok(()),
        }
    }
}

/// A text that is no address.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not a resource address such as module.net[\"a\"].aws_vpc.main[0]")]
pub struct AddressError {
    /// The text, shortened.
    pub text: String,
}

impl FromStr for Address {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, AddressError> {
        let error = || AddressError { text: text.chars().take(200).collect() };
        let mut parts = split(text).ok_or_else(error)?;
        let (Some((name, key)), Some((resource_type, None))) = (parts.pop(), parts.pop()) else { return Err(error()) };
        if matches!(resource_type, "module" | "data") {
            return Err(error());
        }
        let module = modules(parts).ok_or_else(error)?;
        Ok(Self { module, resource_type: resource_type.into(), name: name.into(), key })
    }
}

/// Parses a module path such as `module.net["a"].module.b`, as state writes it; the empty text is the root.
pub(crate) fn parse_module(text: &str) -> Result<Arc<[ModuleStep]>, AddressError> {
    let error = || AddressError { text: text.chars().take(200).collect() };
    if text.is_empty() {
        return Ok(Arc::new([]));
    }
    split(text).and_then(modules).ok_or_else(error)
}

fn modules(parts: Vec<(&str, Option<InstanceKey>)>) -> Option<Arc<[ModuleStep]>> {
    let mut steps = Vec::new();
    let mut parts = parts.into_iter();
    while let Some(word) = parts.next() {
        let ("module", None) = (word.0, word.1) else { return None };
        let (name, key) = parts.next()?;
        steps.push(ModuleStep { name: name.into(), key });
    }
    Some(steps.into())
}

/// Splits at the dots outside brackets, each part with its instance key.
fn split(text: &str) -> Option<Vec<(&str, Option<InstanceKey>)>> {
    let mut parts = Vec::new();
    let mut rest = text;
    loop {
        let end = rest.find(['.', '[']).unwrap_or(rest.len());
        let (name, tail) = rest.split_at(end);
        if name.is_empty() {
            return None;
        }
        let (key, tail) = match tail.strip_prefix('[') {
            Some(inner) => {
                let (key, tail) = instance_key(inner)?;
                (Some(key), tail)
            }
            None => (None, tail),
        };
        parts.push((name, key));
        match tail.strip_prefix('.') {
            Some(tail) => rest = tail,
            None if tail.is_empty() => return Some(parts),
            None => return None,
        }
    }
}

/// Reads an instance key up to and with its closing bracket.
fn instance_key(inner: &str) -> Option<(InstanceKey, &str)> {
    if !inner.starts_with('"') {
        let (digits, tail) = inner.split_once(']')?;
        return Some((InstanceKey::Index(digits.parse().ok()?), tail));
    }
    let mut escaped = false;
    let end = inner.char_indices().skip(1).find_map(|(position, character)| {
        let closes = character == '"' && !escaped;
        escaped = character == '\\' && !escaped;
        closes.then_some(position)
    })?;
    let text: String = serde_json::from_str(&inner[..=end]).ok()?;
    let key = text.replace("$${", "${").replace("%%{", "%{");
    Some((InstanceKey::Key(key.into()), inner[end + 1..].strip_prefix(']')?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prints_and_parses_the_same() {
        for text in [
            "aws_vpc.main",
            "aws_vpc.main[0]",
            r#"module.net["a"].aws_vpc.main[0]"#,
            r#"module.a.module.b["x.y]\"z"].aws_subnet.s["$${k}"]"#,
        ] {
            assert_eq!(text.parse::<Address>().map(|address| address.to_string()), Ok(text.to_owned()));
        }
    }

    #[test]
    fn refuses_what_is_no_address() {
        for text in
            ["", "aws_vpc", "aws_vpc.", "module.a", "aws_vpc.main[", "aws_vpc.main[x]", "aws_vpc[0].main", "a.b.c"]
        {
            assert!(text.parse::<Address>().is_err(), "{text}");
        }
    }
}
