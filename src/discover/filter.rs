//! Which directories somebody wants looked at: patterns for directories, as settings and flags have them.
//! Knows nothing of what directories hold.

use super::DiscoverError;
use globset::{GlobBuilder, GlobMatcher};

/// Which root modules count. Patterns are relative to the repository's root; one that matches a directory matches all
/// below it too. `*` stays within one step of a path, `**` does not.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    include: Vec<Pattern>,
    exclude: Vec<Pattern>,
}

#[derive(Debug, Clone)]
struct Pattern {
    text: String,
    /// Without what surrounds a path: `./`, a slash at the end.
    path: String,
    matcher: GlobMatcher,
}

impl Filter {
    /// Where something is included, nothing else counts; what is excluded never does. An included directory that is
    /// written out counts whatever the rules say of it.
    ///
    /// # Errors
    /// For a pattern that is none, or that leads out of the repository.
    pub fn new(include: &[String], exclude: &[String]) -> Result<Self, DiscoverError> {
        let patterns = |texts: &[String]| texts.iter().map(|text| Pattern::new(text)).collect::<Result<Vec<_>, _>>();
        Ok(Self { include: patterns(include)?, exclude: patterns(exclude)? })
    }

    /// The pattern that excludes a directory.
    pub(super) fn excluded(&self, directory: &str) -> Option<&str> {
        self.exclude.iter().find(|pattern| pattern.matches(directory)).map(|pattern| pattern.text.as_str())
    }

    /// Whether a directory is among those that are included, or nothing narrows them.
    pub(super) fn included(&self, directory: &str) -> bool {
        self.include.is_empty() || self.include.iter().any(|pattern| pattern.matches(directory))
    }

    /// Whether an included directory is written out.
    pub(super) fn names(&self, directory: &str) -> bool {
        self.include.iter().any(|pattern| pattern.path == directory)
    }

    /// The patterns that match none of these directories.
    pub(super) fn unmatched<'a>(&self, directories: impl Iterator<Item = &'a str> + Clone) -> Vec<String> {
        let patterns = self.include.iter().chain(&self.exclude);
        let idle = patterns.filter(|pattern| !directories.clone().any(|directory| pattern.matches(directory)));
        idle.map(|pattern| pattern.text.clone()).collect()
    }
}

impl Pattern {
    fn new(text: &str) -> Result<Self, DiscoverError> {
        let wrong = |cause: String| DiscoverError::Pattern { pattern: text.to_owned(), cause };
        let path = text.trim().trim_end_matches('/');
        let path = path.strip_prefix("./").unwrap_or(path);
        let path = if path == "." { "" } else { path };
        if text.trim().is_empty() {
            return Err(wrong("it is empty".into()));
        }
        if path.starts_with('/') || text.trim().starts_with('/') || path.split('/').any(|part| part == "..") {
            return Err(wrong("it leads out of the repository".into()));
        }
        let glob = GlobBuilder::new(path).literal_separator(true).backslash_escape(true).build();
        let matcher = glob.map_err(|error| wrong(error.kind().to_string()))?.compile_matcher();
        Ok(Self { text: text.to_owned(), path: path.to_owned(), matcher })
    }

    fn matches(&self, directory: &str) -> bool {
        // The root is above everything, so that it would take everything along.
        if directory.is_empty() || self.path.is_empty() {
            return self.path == directory || self.path == "**";
        }
        let mut path = directory;
        loop {
            if self.matcher.is_match(path) {
                return true;
            }
            match path.rsplit_once('/') {
                Some((above, _)) => path = above,
                None => return false,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(pattern: &str) -> Filter {
        Filter::new(&[pattern.to_owned()], &[]).unwrap()
    }

    #[test]
    fn patterns_match_directories_and_all_below() {
        for (pattern, directory, expected) in [
            ("live", "live", true),
            ("live", "live/a/b", true),
            ("./live/", "live/a", true),
            ("live", "old/live", false),
            ("live/*", "live/a", true),
            ("live/*", "live/a/b", true),
            ("live/*", "live", false),
            ("live/*/net", "live/a/net", true),
            ("live/*/net", "live/a/b/net", false),
            ("live/**", "live/a/b", true),
            ("**/sandbox", "sandbox", true),
            ("**/sandbox", "a/sandbox/b", true),
            ("**/sandbox", "a/sandbox2", false),
            ("{dev,prod}/*", "dev/a", true),
            (".", "", true),
            (".", "live", false),
            ("**", "", true),
            ("*", "", false),
            ("*", "live", true),
        ] {
            assert_eq!(one(pattern).included(directory), expected, "{pattern} {directory}");
        }
    }

    #[test]
    fn patterns_that_mean_nothing_are_errors() {
        for pattern in ["", " ", "[", "/live", "../live", "a/../../b"] {
            let error = Filter::new(&[], &[pattern.to_owned()]).unwrap_err();
            assert!(error.to_string().contains("no pattern for directories"), "{pattern}: {error}");
            assert!(error.hint().is_some());
        }
    }

    #[test]
    fn patterns_that_match_nothing_are_known() {
        let filter = Filter::new(&["live/**".into(), "old".into()], &["**/x".into()]).unwrap();
        assert_eq!(filter.unmatched(["live/a", "b"].into_iter()), ["old", "**/x"]);
        assert!(filter.names("old") && !filter.names("live/a"));
    }
}
