//! Tells what a text is that is no state, by its first bytes or by its top-level keys.
//! Knows nothing of files, nor of resources.

use super::error::StateProblem;
use serde::de::IgnoredAny;
use serde_json::error::Category;
use serde_json::value::RawValue;

/// How many bytes are judged before the rest is read.
pub(super) const PREFIX_BYTES: usize = 64 << 10;

/// Top-level keys of states and of what is commonly taken for one, as they stand in the text.
const KNOWN_KEYS: [&str; 15] = [
    "\"version\"",
    "\"terraform_version\"",
    "\"serial\"",
    "\"lineage\"",
    "\"outputs\"",
    "\"resources\"",
    "\"check_results\"",
    "\"modules\"",
    "\"backend\"",
    "\"meta\"",
    "\"encrypted_data\"",
    "\"encryption_version\"",
    "\"format_version\"",
    "\"values\"",
    "\"resource_changes\"",
];

/// Judges the first bytes of a text, so that a large file of something else is not read as a whole.
/// `whole` says that there are no others.
pub(super) fn first_bytes(bytes: &[u8], whole: bool) -> Result<(), StateProblem> {
    if bytes.starts_with(b"PK\x03\x04") || bytes.starts_with(b"PK\x05\x06") {
        return Err(StateProblem::PlanFile);
    }
    if bytes.starts_with(&[0x1f, 0x8b]) {
        return Err(StateProblem::Compressed);
    }
    if bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) {
        return Err(StateProblem::Utf16);
    }
    let text = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes).trim_ascii_start();
    match text.first() {
        None => return Err(StateProblem::Empty),
        Some(b'{') => {}
        Some(b'<') => return Err(StateProblem::Markup),
        Some(_) if is_configuration(text) => return Err(StateProblem::Configuration),
        Some(_) => return Err(StateProblem::NotObject),
    }
    if whole {
        return Ok(());
    }
    match serde_json::from_slice::<IgnoredAny>(text) {
        Err(error) if error.classify() == Category::Eof => {}
        // A whole object, and more to come: whatever follows, the parser will say where. White space is allowed.
        Ok(_) => {}
        Err(error) => return Err(syntax(&error)),
    }
    let found = |key: &str| text.windows(key.len()).any(|window| window == key.as_bytes());
    if KNOWN_KEYS.iter().any(|key| found(key)) { Ok(()) } else { Err(StateProblem::NotState) }
}

/// Whether the text begins like a file in the native syntax: a comment, a block or an argument.
fn is_configuration(text: &[u8]) -> bool {
    if text.starts_with(b"#") || text.starts_with(b"//") || text.starts_with(b"/*") {
        return true;
    }
    let end = text.iter().position(|byte| !(byte.is_ascii_alphanumeric() || *byte == b'_')).unwrap_or(text.len());
    let (word, rest) = text.split_at(end);
    let blocks: [&[u8]; 12] = [
        b"terraform",
        b"provider",
        b"resource",
        b"data",
        b"module",
        b"variable",
        b"output",
        b"locals",
        b"moved",
        b"import",
        b"removed",
        b"check",
    ];
    let rest = rest.trim_ascii_start();
    match rest.first() {
        Some(b'"' | b'{') => blocks.contains(&word),
        Some(b'=') => !word.is_empty(),
        _ => false,
    }
}

/// What a text is that could not be parsed as a state, by its top-level keys.
pub(super) fn top_level_keys(text: &str, error: Option<&serde_json::Error>) -> StateProblem {
    #[derive(serde::Deserialize)]
    struct Keys<'a> {
        #[serde(borrow)]
        version: Option<&'a RawValue>,
        encryption_version: Option<IgnoredAny>,
        encrypted_data: Option<IgnoredAny>,
        format_version: Option<IgnoredAny>,
        backend: Option<IgnoredAny>,
        modules: Option<IgnoredAny>,
    }
    let keys: Keys<'_> = match serde_json::from_str(text) {
        Ok(keys) => keys,
        Err(error) => return json_problem(&error),
    };
    if keys.version.is_none() && (keys.encryption_version.is_some() || keys.encrypted_data.is_some()) {
        return StateProblem::Encrypted;
    }
    if keys.format_version.is_some() {
        return StateProblem::ShowJson;
    }
    let Some(version) = keys.version.map(RawValue::get) else { return StateProblem::NotState };
    match (version.parse::<u64>(), error) {
        (Ok(..=3), _) if keys.backend.is_some() && keys.modules.is_none() => StateProblem::BackendCache,
        (Ok(version @ ..=3), _) => StateProblem::OldVersion(version),
        (Ok(4), Some(error)) => json_problem(error),
        (Ok(4), None) => StateProblem::NoResources,
        (Ok(version), _) => StateProblem::NewVersion(version.to_string()),
        (Err(_), _) => StateProblem::NotState,
    }
}

/// What the parser says, without a value of the text: it may be a secret.
pub(super) fn json_problem(error: &serde_json::Error) -> StateProblem {
    let (line, column) = (error.line(), error.column());
    match error.classify() {
        Category::Eof => StateProblem::Truncated { line, column },
        Category::Syntax | Category::Io => syntax(error),
        Category::Data => {
            let text = reason(error);
            let known = ["missing field", "duplicate field"].iter().any(|start| text.starts_with(start));
            let reason = if known { text } else { "a value of another type was expected".into() };
            StateProblem::Shape { line, column, reason }
        }
    }
}

fn syntax(error: &serde_json::Error) -> StateProblem {
    StateProblem::Syntax { line: error.line(), column: error.column(), reason: reason(error) }
}

/// The parser's message without the position that it ends in.
fn reason(error: &serde_json::Error) -> String {
    let text = error.to_string();
    let end = text.rfind(" at line ").unwrap_or(text.len());
    text[..end].to_owned()
}
