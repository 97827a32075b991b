//! Addresses of providers, and what the platform is called in them.
//! Knows nothing of files.

use std::fmt;

/// Terraform's registry, whose name may be left out of an address.
const TERRAFORM: &str = "registry.terraform.io";

/// OpenTofu's registry, likewise.
const OPENTOFU: &str = "registry.opentofu.org";

/// `registry.terraform.io/hashicorp/aws`, in parts that are each safe in a path.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Source {
    pub(crate) host: String,
    pub(crate) namespace: String,
    pub(crate) name: String,
}

impl Source {
    /// Reads an address of three parts, or of two, which means the registry of Terraform.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let parts: Vec<&str> = text.split('/').collect();
        let (host, namespace, name) = match parts.as_slice() {
            [host, namespace, name] => (*host, *namespace, *name),
            [namespace, name] => (TERRAFORM, *namespace, *name),
            _ => return None,
        };
        let safe = |part: &&str| {
            let allowed = |character: char| character.is_alphanumeric() || matches!(character, '-' | '_' | '.' | ':');
            part.starts_with(char::is_alphanumeric) && part.len() <= 255 && part.chars().all(allowed)
        };
        let all_safe = [host, namespace, name].iter().all(safe);
        all_safe.then(|| Self { host: host.into(), namespace: namespace.into(), name: name.into() })
    }

    /// The same provider in the other default registry, if this one is in one of them.
    pub(crate) fn in_other_registry(&self) -> Option<Self> {
        let host = match self.host.as_str() {
            TERRAFORM => OPENTOFU,
            OPENTOFU => TERRAFORM,
            _ => return None,
        };
        Some(Self { host: host.into(), ..self.clone() })
    }

    /// Whether a pattern of a CLI configuration covers the address: `example.com/*/*`, `hashicorp/*`.
    pub(crate) fn matches(&self, pattern: &str) -> bool {
        let parts: Vec<&str> = pattern.split('/').collect();
        let (host, namespace, name) = match parts.as_slice() {
            [host, namespace, name] => (*host, *namespace, *name),
            [namespace, name] => (TERRAFORM, *namespace, *name),
            _ => return false,
        };
        let covers = |pattern: &str, part: &str| pattern == "*" || pattern == part;
        covers(host, &self.host) && covers(namespace, &self.namespace) && covers(name, &self.name)
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}/{}", self.host, self.namespace, self.name)
    }
}

/// Whether a version can stand in a path.
pub(crate) fn is_version(text: &str) -> bool {
    let allowed = |character: char| character.is_ascii_alphanumeric() || matches!(character, '.' | '-' | '+');
    text.starts_with(|first: char| first.is_ascii_digit()) && text.len() <= 100 && text.chars().all(allowed)
}

/// The platform as Go names it: `linux_amd64`.
pub(crate) fn platform() -> String {
    let system = match std::env::consts::OS {
        "macos" => "darwin",
        other => other,
    };
    let machine = match std::env::consts::ARCH {
        "x86_64" => "amd64",
        "aarch64" => "arm64",
        "x86" => "386",
        other => other,
    };
    format!("{system}_{machine}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_never_leave_their_folder() {
        let source = Source::parse("hashicorp/aws").expect("an address");
        assert_eq!(source.to_string(), "registry.terraform.io/hashicorp/aws");
        let other = source.in_other_registry().map(|other| other.to_string());
        assert_eq!(other.as_deref(), Some("registry.opentofu.org/hashicorp/aws"));
        assert!(Source::parse("example.com:8443/corp/thing").is_some());
        for hostile in ["../../etc", "a/../b", "a//b", "aws", "a/b/c/d", "/a/b", "a/b/.hidden", "a/b\n/c"] {
            assert_eq!(Source::parse(hostile), None, "{hostile}");
        }
        assert!(is_version("5.100.0") && is_version("1.0.0-beta1+x") && !is_version("../1") && !is_version(""));
    }

    #[test]
    fn patterns_cover_what_they_name() {
        let source = Source::parse("example.com/corp/thing").expect("an address");
        assert!(source.matches("example.com/*/*") && source.matches("*/*/*") && source.matches("*/corp/thing"));
        assert!(!source.matches("corp/thing") && !source.matches("*") && !source.matches("example.com/other/*"));
        assert!(Source::parse("hashicorp/aws").is_some_and(|aws| aws.matches("hashicorp/*")));
    }
}
