//! Reads the settings file, from the approved commit or from where it is named.
//! Knows nothing of what settings are used for.

use super::check::{self, Lines};
use super::{FILE, SettingsError, SettingsFile, paths};
use crate::git::Tree;
use std::io::Read;
use std::path::{Path, PathBuf};

/// The longest file that is read.
const MAX_BYTES: u64 = 1 << 20;

/// Where settings stand.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Source {
    /// The file; none where there is none.
    pub path: Option<PathBuf>,
    /// Whether it is the approved commit's.
    pub committed: bool,
    /// By a key's path, such as `scan.deadline` or `root_module.0.state`: its line.
    lines: Lines,
    /// The file as it stands.
    raw: serde_json::Value,
}

impl Source {
    /// What the file says of a table; none where it says nothing.
    pub(super) fn raw(&self, table: &str) -> Option<&serde_json::Value> {
        self.raw.get(table)
    }

    /// The line of a key, by its path such as `root_module.0.state`; 0 where the file does not have it.
    pub fn line(&self, path: &str) -> usize {
        self.lines.get(path).copied().unwrap_or_default()
    }
}

/// Reads the file that is named, else the one of the approved commit; no settings where there is neither.
///
/// # Errors
/// When it cannot be read or understood, or says what a commit must not.
pub fn read(tree: &Tree<'_>, named: Option<&Path>) -> Result<SettingsFile, SettingsError> {
    let (path, bytes) = match named {
        Some(path) => (path.to_owned(), file(path)?),
        None => match tree.read(FILE, MAX_BYTES) {
            Ok(bytes) => (PathBuf::from(FILE), bytes),
            Err(_) if !tree.files("").is_ok_and(|files| files.iter().any(|name| name == FILE)) => {
                return Ok(SettingsFile::default());
            }
            Err(error) => return Err(SettingsError::Unreadable { path: FILE.into(), cause: error.to_string() }),
        },
    };
    let malformed = |cause: String| SettingsError::Malformed { path: path.clone(), cause };
    let text = String::from_utf8(bytes).map_err(|_| malformed("it is not UTF-8".into()))?;
    parse(&text, &path, named.is_none()).map_err(malformed)
}

fn file(path: &Path) -> Result<Vec<u8>, SettingsError> {
    let unreadable = |cause: String| SettingsError::Unreadable { path: path.to_owned(), cause };
    let metadata = std::fs::metadata(path).map_err(|error| unreadable(error.to_string()))?;
    // A command may read settings more than once, which a pipe does not allow: the second time they would be empty.
    if !metadata.is_file() && path != Path::new("/dev/null") {
        return Err(unreadable("it is no regular file".into()));
    }
    let mut bytes = Vec::new();
    let file = std::fs::File::open(path).map_err(|error| unreadable(error.to_string()))?;
    file.take(MAX_BYTES + 1).read_to_end(&mut bytes).map_err(|error| unreadable(error.to_string()))?;
    match bytes.len() as u64 > MAX_BYTES {
        true => Err(unreadable("it is far too long".into())),
        false => Ok(bytes),
    }
}

/// Settings out of a file's text.
///
/// # Errors
/// The line, and what is wrong there.
pub(super) fn parse(text: &str, path: &Path, committed: bool) -> Result<SettingsFile, String> {
    let at = |place: usize, cause: &str| format!("line {}: {cause}", check::line(text, place));
    // Editors of some systems begin a file with a mark that TOML does not have.
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let lines = check::check(text).map_err(|problem| at(problem.at, &problem.cause))?;
    let mut settings: SettingsFile =
        toml::from_str(text).map_err(|error| at(error.span().map_or(0, |span| span.start), error.message()))?;
    settings.who().check()?;
    let raw = toml::from_str(text).unwrap_or_default();
    settings.source = Source { path: Some(path.to_owned()), committed, lines, raw };
    let on_line = |(key, cause): (String, String)| format!("line {}: {cause}", settings.source.line(&key));
    whole(&settings).map_err(on_line)?;
    if committed {
        paths::check_committed(&settings).map_err(on_line)?;
    }
    Ok(settings)
}

/// What no key can tell for itself.
fn whole(settings: &SettingsFile) -> Result<(), (String, String)> {
    let refuse = |key: String, cause: &str| Err((key, cause.to_owned()));
    if let Err(cause) = crate::cli::check_targets(&settings.scan.report, &crate::cli::SCAN_FORMATS) {
        return Err(("scan.report".into(), cause));
    }
    let evidence = &settings.evidence;
    if evidence.no_cache == Some(true) && evidence.cache.is_some() {
        return refuse(
            "evidence.no_cache".into(),
            "`no_cache` keeps nothing, and `cache` says where: take one of them out",
        );
    }
    if evidence.no_cache == Some(true) && evidence.offline == Some(true) {
        return refuse("evidence.offline".into(), "`offline` uses what was kept, and `no_cache` keeps nothing");
    }
    for (position, entry) in settings.root_modules.iter().enumerate() {
        let key = |key: &str| format!("root_module.{position}.{key}");
        if entry.reason.is_some() && entry.skip != Some(true) {
            return refuse(key("reason"), "a `reason` says why a root module is skipped: it goes with `skip = true`");
        }
        if entry.state.iter().any(|source| source == "-") {
            return refuse(key("state"), "standard input has one run's state, not every one's: use --state -");
        }
        let empty = |texts: &[String]| texts.iter().any(String::is_empty);
        for (name, texts) in [
            ("state", &entry.state),
            ("variable_files", &entry.variable_files),
            ("backend_config", &entry.backend_config),
        ] {
            if empty(texts) {
                return Err((key(name), format!("`{name}` has an empty text: take it out")));
            }
        }
    }
    Ok(())
}
