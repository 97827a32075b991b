//! Replaces sensitive values by keyed digests that show *that* they differ and nothing else.
//! Knows nothing of which values are sensitive.

use hmac::{Hmac, KeyInit, Mac};
use serde_json::Value;
use sha2::{Digest, Sha256};

/// Begins the text that stands for a sensitive value in a recording.
const MARK: &str = "driftline:redacted:";

/// The key of one state's digests.
///
/// It is derived from the whole text of the state, so that the same inputs give the same digests, and only somebody who
/// already holds the state (and with it the values) could try values against a digest.
#[derive(Clone)]
pub struct RedactionKey {
    key: [u8; 32],
}

impl std::fmt::Debug for RedactionKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("RedactionKey")
    }
}

impl RedactionKey {
    /// The key that belongs to a state's text.
    pub fn of_state(text: &str) -> Self {
        let mut hasher = Sha256::new_with_prefix(b"driftline redaction key v1\0");
        hasher.update(text.as_bytes());
        Self { key: hasher.finalize().into() }
    }

    /// The digest of a value: 128 bits, hex. Equal values have equal digests under one key.
    pub fn digest(&self, value: &Value) -> String {
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(&self.key) else { return String::new() };
        mac.update(value.to_string().as_bytes());
        hex(&mac.finalize().into_bytes()[..16])
    }

    /// What a recording keeps in place of a sensitive value.
    pub fn mark(&self, value: &Value) -> Value {
        Value::from(format!("{MARK}{}:{}", self.id(), self.digest(value)))
    }

    /// Reads a mark in a replayed recording: the digest, or none in the inner option where it was made with another key.
    pub fn read_mark<'a>(&self, value: &'a Value) -> Option<Option<&'a str>> {
        let (id, digest) = value.as_str()?.strip_prefix(MARK)?.split_once(':')?;
        Some((id == self.id()).then_some(digest))
    }

    /// Tells keys apart without giving them away.
    fn id(&self) -> String {
        hex(&Sha256::new_with_prefix(b"driftline redaction key id\0").chain_update(self.key).finalize()[..4])
    }
}

/// Lower-case hexadecimal digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digests_tell_equal_from_different_and_nothing_else() {
        let (one, other) = (RedactionKey::of_state("{a}"), RedactionKey::of_state("{b}"));
        let secret = Value::from("s3cret");
        assert_eq!(one.digest(&secret), one.digest(&secret));
        assert_ne!(one.digest(&secret), one.digest(&Value::from("s3creT")));
        assert_ne!(one.digest(&secret), other.digest(&secret));
        let mark = one.mark(&secret);
        assert!(!mark.to_string().contains("s3cret"));
        assert_eq!(one.read_mark(&mark), Some(Some(one.digest(&secret).as_str())));
        assert_eq!(other.read_mark(&mark), Some(None));
        assert_eq!(one.read_mark(&secret), None);
    }
}
