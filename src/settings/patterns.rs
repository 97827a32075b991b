//! Shell patterns of directories and of names.
//! Knows nothing of what is in a directory.

use globset::{Glob, GlobBuilder, GlobMatcher};

/// Patterns of one setting: nobody writes more.
const MAX_PATTERN: usize = 4096;

/// A pattern of directories from the repository's root, as the command line and `driftline.toml` take it: without a slash
/// at the end, and `.` for the root.
///
/// # Errors
/// When it is no pattern, or leads out of the repository.
pub fn directory_pattern(text: &str) -> Result<String, String> {
    let clean = text.strip_prefix("./").unwrap_or(text).trim_end_matches('/');
    if clean.is_empty() {
        return Err("expected a directory, or a shell pattern of directories, from the repository's root".into());
    }
    if text.starts_with('/') || clean.split('/').any(|part| part == "..") {
        return Err("directories are named from the repository's root, without `..`".into());
    }
    matcher(clean).map(|_| clean.to_owned())
}

/// A pattern of names, such as those of workspaces.
///
/// # Errors
/// When it is no pattern.
pub fn name_pattern(text: &str) -> Result<String, String> {
    match text {
        "" => Err("expected a name, or a shell pattern of names".into()),
        text => matcher(text).map(|_| text.to_owned()),
    }
}

fn matcher(pattern: &str) -> Result<GlobMatcher, String> {
    if pattern.len() > MAX_PATTERN {
        return Err("the pattern is far too long".into());
    }
    let glob: Result<Glob, _> = GlobBuilder::new(pattern).literal_separator(true).backslash_escape(true).build();
    glob.map(|glob| glob.compile_matcher()).map_err(|error| format!("not a pattern: {}", error.kind()))
}

/// Whether a name fits a pattern of [`name_pattern`].
pub(super) fn fits(pattern: &str, name: &str) -> bool {
    pattern == name || matcher(pattern).is_ok_and(|matcher| matcher.is_match(name))
}

/// Whether a directory is the one that a pattern of [`directory_pattern`] names. The repository's root is `.`.
pub(super) fn names(pattern: &str, directory: &str) -> bool {
    fits(pattern, if directory.is_empty() { "." } else { directory })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn directories() {
        for bad in ["", "/", "/live", "../live", "live/../..", "[", "a{b"] {
            assert!(directory_pattern(bad).is_err(), "{bad}");
        }
        assert!(fits("prod-*", "prod-eu") && !fits("prod-*", "dev") && name_pattern("").is_err());
    }
}
