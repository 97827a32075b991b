//! What the fuzz targets in `fuzz` call: the ways in for input that anybody may have written.
//! Knows nothing of fuzzers.

/// Parses an expression and evaluates it where nothing is known.
pub fn expression(text: &str) {
    crate::language::fuzz(text);
}

/// Parses a configuration file in both syntaxes.
pub fn configuration(text: &str) {
    crate::config::fuzz(text);
}

/// Parses a state.
pub fn state(text: &str) {
    let text = crate::state::StateText { source: "fuzz".into(), text: text.to_owned() };
    let _ = crate::state::parse(&text);
}

/// What a history may hold. The first byte says what the others are: `c` a commit behind its tree and parents, `m` a
/// mailmap and people, `k` changes to a walk that was kept.
pub fn history(bytes: &[u8]) {
    use crate::attribute::fuzzing;
    match bytes.split_first() {
        Some((b'c', rest)) => fuzzing::commit_text(rest),
        Some((b'm', rest)) => fuzzing::mailmap(rest),
        Some((b'k', rest)) => fuzzing::kept(rest),
        _ => {}
    }
}
