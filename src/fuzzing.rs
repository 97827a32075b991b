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
