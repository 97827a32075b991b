//! Finds the texts of states: a file, the files that a pattern matches, or standard input.
//! Knows nothing of what they say beyond their first bytes.

use super::StateText;
use super::error::{MAX_STATE_BYTES, StateError, StateProblem, io_problem};
use super::recognize::{PREFIX_BYTES, first_bytes};
use globset::{GlobBuilder, GlobMatcher};
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

/// The most files that one pattern may name.
const MAX_MATCHES: usize = 10_000;

/// How deep `**` goes.
const MAX_DEPTH: usize = 64;

/// Reads the states that a source names: a file, a pattern (`*`, `?`, `[…]`, `{…}` within a directory, `**` across), or `-`
/// for standard input. Paths are relative to `base`. A pattern's states are sorted by path; it skips `.git` and `.terraform`.
pub fn read(source: &str, base: &Path) -> Result<Vec<StateText>, StateError> {
    read_from(source, base, &mut std::io::stdin().lock())
}

/// [`read`], with the standard input given.
pub(super) fn read_from(source: &str, base: &Path, input: &mut dyn Read) -> Result<Vec<StateText>, StateError> {
    let error = |problem| StateError { state: source.into(), problem };
    if source == "-" {
        let text = text(input, 0, MAX_STATE_BYTES).map_err(error)?;
        return Ok(vec![StateText::new(source, text)]);
    }
    let is_pattern = source.contains(['*', '?', '[', '{']) && base.join(source).symlink_metadata().is_err();
    let names = if is_pattern { matches(source, base).map_err(error)? } else { vec![source.to_owned()] };
    let mut left = MAX_STATE_BYTES;
    let mut texts = Vec::with_capacity(names.len());
    for name in names {
        let text = file_text(&base.join(&name), left).map_err(|problem| StateError { state: name.clone(), problem })?;
        left -= text.len() as u64;
        texts.push(StateText::new(name, text));
    }
    Ok(texts)
}

/// The text of a file of at most `limit` bytes.
fn file_text(path: &Path, limit: u64) -> Result<String, StateProblem> {
    let mut file = File::open(path).map_err(|error| io_problem(&error))?;
    let metadata = file.metadata().map_err(|error| io_problem(&error))?;
    if metadata.is_dir() {
        return Err(StateProblem::Directory);
    }
    text(&mut file, metadata.len(), limit)
}

/// Reads a text, and of what cannot be a state no more than its first bytes. `expected` is its length, if that is known.
pub(super) fn text(input: &mut dyn Read, expected: u64, limit: u64) -> Result<String, StateProblem> {
    let mut bytes = Vec::new();
    let failed = |error: std::io::Error| io_problem(&error);
    input.take(PREFIX_BYTES as u64).read_to_end(&mut bytes).map_err(failed)?;
    first_bytes(&bytes, bytes.len() < PREFIX_BYTES)?;
    if expected > limit {
        return Err(StateProblem::TooLarge);
    }
    let more = usize::try_from(expected).unwrap_or(usize::MAX).saturating_sub(bytes.len());
    bytes.try_reserve_exact(more.saturating_add(1)).map_err(|error| StateProblem::Unreadable(error.to_string()))?;
    let rest = limit.saturating_sub(bytes.len() as u64).saturating_add(1);
    input.take(rest).read_to_end(&mut bytes).map_err(failed)?;
    if bytes.len() as u64 > limit {
        return Err(StateProblem::TooLarge);
    }
    String::from_utf8(bytes).map_err(|error| StateProblem::NotUtf8(error.utf8_error().valid_up_to()))
}

/// The files that a pattern matches, named as the pattern names them, sorted.
fn matches(pattern: &str, base: &Path) -> Result<Vec<String>, StateProblem> {
    let matcher = GlobBuilder::new(pattern)
        .literal_separator(true)
        .backslash_escape(true)
        .build()
        .map_err(|error| StateProblem::BadPattern(error.kind().to_string()))?
        .compile_matcher();
    let literal: Vec<&str> = pattern.split('/').take_while(|part| !part.contains(['*', '?', '[', '{', '\\'])).collect();
    let start = literal.iter().map(|part| format!("{part}/")).collect::<String>();
    let depth = if pattern.contains("**") { MAX_DEPTH } else { pattern.split('/').count() - literal.len() };
    let walk = Walk { base, matcher, recursive: pattern.contains("**"), hidden: pattern.contains(".terraform") };
    let mut found = Vec::new();
    walk.directory(&start, depth, &mut found)?;
    if found.is_empty() { Err(StateProblem::NoMatch) } else { Ok(found) }
}

/// What stays the same while a pattern's directories are walked.
struct Walk<'a> {
    base: &'a Path,
    matcher: GlobMatcher,
    /// Whether the pattern goes into all directories; then links are not followed, so that the walk ends.
    recursive: bool,
    /// Whether the pattern asks for what Terraform keeps for itself.
    hidden: bool,
}

impl Walk<'_> {
    /// Collects the matching files below `prefix`, which is empty or ends in `/`.
    fn directory(&self, prefix: &str, depth: usize, found: &mut Vec<String>) -> Result<(), StateProblem> {
        let path: PathBuf = self.base.join(prefix);
        let unreadable = |error: std::io::Error| match error.kind() {
            std::io::ErrorKind::NotFound | std::io::ErrorKind::NotADirectory => StateProblem::NoMatch,
            _ => StateProblem::Unreadable(format!("directory {}: {error}", super::error::quoted(prefix))),
        };
        let mut entries =
            std::fs::read_dir(&path).and_then(|entries| entries.collect::<Result<Vec<_>, _>>()).map_err(unreadable)?;
        entries.sort_by_key(std::fs::DirEntry::file_name);
        for entry in entries {
            let file_name = entry.file_name();
            // A name that is no UTF-8 cannot be written in a pattern either.
            let Some(name) = file_name.to_str() else { continue };
            let linked = entry.file_type().is_ok_and(|kind| kind.is_symlink());
            let is_dir = entry.path().is_dir();
            let full = format!("{prefix}{name}");
            if is_dir && depth > 1 && !(linked && self.recursive) && (self.hidden || !is_hidden(name)) {
                match self.directory(&format!("{full}/"), depth - 1, found) {
                    // It was removed meanwhile.
                    Err(StateProblem::NoMatch) => {}
                    outcome => outcome?,
                }
            } else if !is_dir && self.matcher.is_match(&full) {
                if found.len() == MAX_MATCHES {
                    return Err(StateProblem::TooManyMatches(MAX_MATCHES));
                }
                found.push(full);
            }
        }
        Ok(())
    }
}

fn is_hidden(name: &str) -> bool {
    name == ".git" || name == ".terraform"
}
