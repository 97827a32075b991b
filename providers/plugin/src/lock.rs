//! Dependency lock files: which version of a provider a root module uses, and what its package must hash to.
//! Knows nothing of where packages are.

use crate::source::{Source, is_version};
use hcl_edit::expr::Expression;
use hcl_edit::structure::{Block, Body};

/// The longest lock file that is read.
const MAX_BYTES: usize = 4 << 20;

/// How deep brackets may nest: deeper than any lock file or CLI configuration.
const MAX_NESTING: usize = 16;

/// What a lock file says of a provider.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Locked {
    pub(crate) version: String,
    /// `h1:` and `zh:` hashes, of packages for several platforms.
    pub(crate) hashes: Vec<String>,
}

/// What a lock file says of a provider; none where it does not name it.
///
/// # Errors
/// Says why the file cannot be understood.
pub(crate) fn locked(text: &str, source: &Source) -> Result<Option<Locked>, String> {
    let body = parse(text)?;
    let is_it = |block: &&Block| {
        block.ident.as_str() == "provider"
            && block.labels.first().is_some_and(|label| Source::parse(label.as_str()).as_ref() == Some(source))
    };
    let Some(block) = body.blocks().find(is_it) else { return Ok(None) };
    let version = block.body.get_attribute("version").and_then(|attribute| attribute.value.as_str());
    let version = version.filter(|version| is_version(version)).ok_or("it names no version")?.to_owned();
    let hashes = match block.body.get_attribute("hashes").map(|attribute| &attribute.value) {
        Some(Expression::Array(elements)) => {
            elements.iter().filter_map(|element| element.as_str().map(str::to_owned)).collect()
        }
        _ => Vec::new(),
    };
    Ok(Some(Locked { version, hashes }))
}

/// Parses HCL that nobody else writes deeper than a few levels.
///
/// # Errors
/// Says why it cannot be understood.
pub(crate) fn parse(text: &str) -> Result<Body, String> {
    if text.len() > MAX_BYTES {
        return Err("it is far too long".into());
    }
    let mut depth = 0_usize;
    for byte in text.bytes() {
        match byte {
            b'{' | b'[' | b'(' => depth += 1,
            b'}' | b']' | b')' => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth > MAX_NESTING {
            return Err("it nests too deeply".into());
        }
    }
    hcl_edit::parser::parse_body(text).map_err(|error| format!("line {} is not HCL", error.location().line()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOCK: &str = r#"
        # This file is maintained automatically by "terraform init".
        provider "registry.terraform.io/hashicorp/aws" {
          version     = "5.100.0"
          constraints = "5.100.0"
          hashes = [
            "h1:Ijt7pOlB7Tr7maGQIqtsLFbl7pSMIj06TVdkoSBcYOw=",
            "zh:054b8dd49f0549c9a7cc27d159e45327b7b65cf404da5e5a20da154b90b8a644",
          ]
        }
        provider "example.com/corp/thing" {
          version = "../../1.0"
        }"#;

    #[test]
    fn version_and_hashes_are_read() {
        let source = |text| Source::parse(text).expect("an address");
        let found = locked(LOCK, &source("hashicorp/aws")).expect("a lock file").expect("a provider");
        assert_eq!((found.version.as_str(), found.hashes.len()), ("5.100.0", 2));
        assert_eq!(locked(LOCK, &source("hashicorp/random")), Ok(None));
        assert_eq!(locked("", &source("hashicorp/aws")), Ok(None));
    }

    #[test]
    fn hostile_files_are_refused() {
        let source = |text| Source::parse(text).expect("an address");
        assert!(locked(LOCK, &source("example.com/corp/thing")).is_err());
        assert!(locked(&"[".repeat(100_000), &source("hashicorp/aws")).is_err());
        assert!(locked("provider \"", &source("hashicorp/aws")).is_err());
        assert!(locked(&" ".repeat(MAX_BYTES + 1), &source("hashicorp/aws")).is_err());
    }
}
