//! Attribute paths, written as the language writes them.
//! They know nothing of what a value at a path means.

use std::fmt;

/// One step into a value.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
pub enum Step {
    /// A named attribute or nested block: `.name`.
    Name(String),
    /// An element of a list: `[0]`.
    Index(usize),
    /// An element of a map: `["key"]`.
    Key(String),
}

/// Where in a resource instance a value stands, for example `tags["Env"]` or `ingress[0].cidr_blocks`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default, serde::Serialize, serde::Deserialize)]
pub struct AttributePath(pub Vec<Step>);

impl AttributePath {
    /// The path of a top-level attribute.
    pub fn attribute(name: impl Into<String>) -> Self {
        Self(vec![Step::Name(name.into())])
    }

    /// This path, one step further in.
    pub fn join(&self, step: Step) -> Self {
        let mut steps = self.0.clone();
        steps.push(step);
        Self(steps)
    }

    /// The name of the top-level attribute, empty for the empty path.
    pub fn top(&self) -> &str {
        match self.0.first() {
            Some(Step::Name(name) | Step::Key(name)) => name,
            _ => "",
        }
    }

    /// Whether `prefix` is this path or leads to it.
    pub fn starts_with(&self, prefix: &Self) -> bool {
        self.0.starts_with(&prefix.0)
    }

    /// Whether a rule's pattern covers this path: names match by name, `*` stands for any one index or key,
    /// and a pattern covers everything below it. `root_block_device.*.tags` covers `root_block_device[0].tags["a"]`.
    pub fn matches(&self, pattern: &str) -> bool {
        let mut steps = self.0.iter();
        for part in pattern.split('.') {
            match (part, steps.next()) {
                (_, None) => return false,
                ("*", Some(_)) => {}
                (name, Some(Step::Name(step) | Step::Key(step))) if name == step => {}
                _ => return false,
            }
        }
        true
    }
}

impl fmt::Display for AttributePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, step) in self.0.iter().enumerate() {
            match step {
                Step::Name(name) if position == 0 => write!(f, "{name}")?,
                Step::Name(name) => write!(f, ".{name}")?,
                Step::Index(index) => write!(f, "[{index}]")?,
                Step::Key(key) => write!(f, "[{}]", serde_json::Value::from(key.as_str()))?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_written_as_the_language_writes_it() {
        let path = AttributePath::attribute("ingress")
            .join(Step::Index(0))
            .join(Step::Name("tags".into()))
            .join(Step::Key("a\"b\n".into()));
        assert_eq!(path.to_string(), r#"ingress[0].tags["a\"b\n"]"#);
        assert_eq!(path.top(), "ingress");
    }

    #[test]
    fn patterns_cover_what_lies_below() {
        let path = AttributePath::attribute("ingress").join(Step::Index(3)).join(Step::Name("self".into()));
        for (pattern, expected) in [
            ("ingress", true),
            ("ingress.*.self", true),
            ("ingress.*", true),
            ("egress", false),
            ("ingress.*.self.x", false),
        ] {
            assert_eq!(path.matches(pattern), expected, "{pattern}");
        }
    }
}
