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
    let text = crate::state::StateText::new("fuzz", text.to_owned());
    let _ = crate::state::parse(&text);
}

/// What a history may hold. The first byte says what the others are: `c` a commit behind its tree and parents, `m` a
/// mailmap and people, `k` changes to a walk that was kept, `o` a path and a CODEOWNERS file, `s` keys and what they signed.
pub fn history(bytes: &[u8]) {
    use crate::attribute::fuzzing;
    match bytes.split_first() {
        Some((b'c', rest)) => fuzzing::commit_text(rest),
        Some((b'm', rest)) => fuzzing::mailmap(rest),
        Some((b'k', rest)) => fuzzing::kept(rest),
        Some((b'o', rest)) => fuzzing::owners(rest),
        Some((b's', rest)) => signature(rest),
        _ => {}
    }
}

/// Keys of every kind, and a commit and a tag, all of the same bytes or of two parts of them.
fn signature(bytes: &[u8]) {
    use crate::signature::{Keys, Letter, of_commit, of_tag, verify};
    let half = bytes.windows(2).position(|pair| pair == b"\0\0").unwrap_or(0);
    let (keys_text, object) = bytes.split_at(half);
    let mut keys = Keys::default();
    let _ = keys.add_openpgp(keys_text);
    let _ = keys.add_allowed_signers(keys_text);
    let _ = keys.add_x509_roots(keys_text);
    let object = object.strip_prefix(b"\0\0").unwrap_or(object);
    for signed in [of_commit(object), of_tag(object)].into_iter().flatten() {
        let verified = verify(&keys, &signed, 1_700_000_000);
        // Nobody vouches without keys.
        assert!(!keys.is_empty() || verified.letter != Letter::Good);
        assert!(verified.letter == Letter::Good || verified.cause.is_some());
    }
}
