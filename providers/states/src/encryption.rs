//! OpenTofu's encryption of states: the envelope, the methods, the key providers. Only ever decrypts.
//! Knows nothing of where a state is kept or of what it says. Plaintext and keys are never written anywhere, and keys are
//! wiped.

use crate::Surroundings;
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use zeroize::Zeroizing;

/// An `encryption` block, evaluated, with what `TF_ENCRYPTION` merges over it.
#[derive(Clone, PartialEq, Default)]
pub struct Encryption {
    /// `key_provider` blocks by `<type>.<name>`: their arguments. A reference to another one is the text
    /// `key_provider.<type>.<name>`.
    pub key_providers: BTreeMap<String, Map<String, Value>>,
    /// `method` blocks by `<type>.<name>`: their arguments, `keys` being the text `key_provider.<type>.<name>`.
    pub methods: BTreeMap<String, Map<String, Value>>,
    /// The methods to try for a state, by `<type>.<name>`, in order: `state { method }`, then its `fallback` chain.
    pub state: Vec<String>,
    /// `state { enforced = true }`: a state in the clear is an error.
    pub enforced: bool,
    /// Whether programs of `external` key providers may be run: they are named by what the environment says, or whoever runs
    /// driftline allowed it.
    pub may_run_programs: bool,
}

impl std::fmt::Debug for Encryption {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let names: Vec<&String> = self.key_providers.keys().collect();
        f.debug_struct("Encryption").field("key_providers", &names).field("state", &self.state).finish_non_exhaustive()
    }
}

/// Why a state could not be decrypted. Its `Display` completes the sentence "the state …".
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{cause}")]
pub struct DecryptError {
    /// Why, fit for printing.
    pub cause: String,
    /// The way out.
    pub hint: String,
}

/// Whether the bytes are an encrypted state: a JSON object with `encryption_version` and without `version`.
pub fn is_encrypted(bytes: &[u8]) -> bool {
    let _ = bytes;
    false
}

/// Decrypts a state by the first method that fits.
///
/// # Errors
/// When none does, when no key can be had, or when the envelope's serial or lineage are not those within.
pub async fn decrypt(
    bytes: &[u8],
    encryption: &Encryption,
    around: &Surroundings,
) -> Result<Zeroizing<Vec<u8>>, DecryptError> {
    let _ = (bytes, encryption, around);
    Err(DecryptError { cause: "is encrypted by OpenTofu".into(), hint: String::new() })
}
