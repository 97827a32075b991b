//! Takes text from a forge: of bounded length, and of the form that it claims to have.
//! Knows nothing of what the text is for.

use jiff::Timestamp;

/// The longest text that is kept: names, labels, logins. The longest name that either forge takes is 255 characters.
const LONGEST: usize = 256;

/// The longest address that is kept.
const LONGEST_URL: usize = 2048;

/// Text of bounded length; what was cut off shows.
pub(super) fn bounded(text: &str) -> String {
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

/// The same, where there is any.
pub(super) fn bounded_some(text: Option<&String>) -> Option<String> {
    text.map(|text| bounded(text)).filter(|text| !text.is_empty())
}

/// An address to show; empty if it is none.
pub(super) fn url(text: Option<&String>) -> String {
    let shown = |text: &&String| {
        text.starts_with("https://") && text.len() <= LONGEST_URL && text.bytes().all(|byte| byte.is_ascii_graphic())
    };
    text.filter(shown).cloned().unwrap_or_default()
}

/// A time in RFC 3339 and UTC; none if it is none.
pub(super) fn time(text: Option<&String>) -> Option<String> {
    instant(text).map(|time| time.to_string())
}

/// A point in time.
pub(super) fn instant(text: Option<&String>) -> Option<Timestamp> {
    text.filter(|text| text.len() <= 64)?.parse().ok()
}

/// The id of a commit in lower case: 40 or 64 hexadecimal digits.
pub(super) fn sha(text: &str) -> Option<String> {
    let proper = matches!(text.len(), 40 | 64) && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    proper.then(|| text.to_ascii_lowercase())
}

/// The same, where there is any.
pub(super) fn sha_some(text: Option<&String>) -> Option<String> {
    text.and_then(|text| sha(text))
}

/// One segment of a URL's path, or a value in its query.
pub(super) fn encoded(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => out.push(char::from(byte)),
            _ => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}
