//! Shell patterns of directories and of names.
//! Knows nothing of what is in a directory.

use super::ScanSettings;
use crate::error::Error;
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

/// Which root modules are looked at.
#[derive(Debug, Clone, Default)]
pub struct Directories {
    include: Vec<GlobMatcher>,
    exclude: Vec<GlobMatcher>,
}

impl Directories {
    /// Only what `include` names, where it names anything, and of that nothing that `exclude` names. A pattern also means
    /// what is below the directories that it names.
    ///
    /// # Errors
    /// When a pattern is none.
    pub fn new(include: &[String], exclude: &[String]) -> Result<Self, String> {
        let all = |patterns: &[String]| patterns.iter().map(|pattern| matcher(pattern)).collect::<Result<_, _>>();
        Ok(Self { include: all(include)?, exclude: all(exclude)? })
    }

    /// What the command line says, and `[scan]` where that says nothing.
    ///
    /// # Errors
    /// When a pattern is none.
    pub fn of(include: &[String], exclude: &[String], scan: &ScanSettings) -> Result<Self, Error> {
        let include = if include.is_empty() { &scan.include } else { include };
        let exclude = if exclude.is_empty() { &scan.exclude } else { exclude };
        Self::new(include, exclude).map_err(Error::Usage)
    }

    /// Whether a root module in this directory, from the repository's root, is looked at.
    pub fn keep(&self, directory: &str) -> bool {
        let named = |patterns: &[GlobMatcher]| patterns.iter().any(|pattern| at_or_above(pattern, directory));
        (self.include.is_empty() || named(&self.include)) && !named(&self.exclude)
    }
}

fn at_or_above(pattern: &GlobMatcher, directory: &str) -> bool {
    let mut at = if directory.is_empty() { "." } else { directory };
    loop {
        if pattern.is_match(at) {
            return true;
        }
        match at.rsplit_once('/') {
            Some((above, _)) => at = above,
            None => return false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn directories() {
        let keep = |include: &[&str], exclude: &[&str], directory: &str| {
            let texts = |patterns: &[&str]| patterns.iter().map(|text| directory_pattern(text)).collect();
            let (include, exclude): (Result<Vec<_>, _>, Result<Vec<_>, _>) = (texts(include), texts(exclude));
            Directories::new(&include.expect("patterns"), &exclude.expect("patterns"))
                .expect("a filter")
                .keep(directory)
        };
        for (include, exclude, directory, expected) in [
            (&[][..], &[][..], "live/a", true),
            (&["live/*"], &[], "live/a", true),
            (&["live"], &[], "live/a/b", true),
            (&["live/*"], &[], "test/a", false),
            (&["liv"], &[], "live/a", false),
            (&["*/a"], &[], "live/x/a", false),
            (&["**/a/"], &[], "live/x/a", true),
            (&["live"], &["live/old"], "live/old/a", false),
            (&[], &["."], "", false),
            (&[], &["."], "a", true),
            (&["./live"], &[], "live", true),
        ] {
            assert_eq!(keep(include, exclude, directory), expected, "{include:?} {exclude:?} {directory}");
        }
        for bad in ["", "/", "/live", "../live", "live/../..", "[", "a{b"] {
            assert!(directory_pattern(bad).is_err(), "{bad}");
        }
        assert!(fits("prod-*", "prod-eu") && !fits("prod-*", "dev") && name_pattern("").is_err());
    }
}
