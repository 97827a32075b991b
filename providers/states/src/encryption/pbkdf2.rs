//! The key provider `pbkdf2`: a key derived from a passphrase, or from the key of another provider.
//! Knows nothing of envelopes or methods.

use super::keys::{Key, bytes};
use super::{Arguments, DecryptError};
use aws_lc_rs::pbkdf2::{Algorithm, PBKDF2_HMAC_SHA256, PBKDF2_HMAC_SHA512, derive};
use serde::Deserialize;
use std::num::NonZeroU32;
use zeroize::Zeroizing;

/// Iterations that are made, counted for each block of the digest: whoever can write the state could ask for any number. A
/// million takes half a second to a second. OpenTofu makes 600,000 unless told otherwise.
const MOST: u32 = 10_000_000;
/// Bytes of a salt, and of a key.
const LONGEST: usize = 1024;
/// internal/encryption/keyprovider/pbkdf2/config_constants.go, `MinimumPassphraseLength`.
const SHORTEST_PASSPHRASE: usize = 16;

/// internal/encryption/keyprovider/pbkdf2/metadata.go. What counts is what is written here, not what the block says: that is
/// for the next key. Its minimum of 200,000 iterations is for new keys too.
#[derive(Deserialize)]
struct Metadata {
    salt: String,
    iterations: u32,
    hash_function: String,
    key_length: usize,
}

/// What the key is derived from: `passphrase`, or the key of the provider that `chain` names.
pub(super) enum Secret<'a> {
    Passphrase(&'a str),
    Chain(&'a str),
}

/// Which of the two it is; exactly one of them may be set.
pub(super) fn secret(arguments: &Arguments) -> Result<Secret<'_>, DecryptError> {
    let hint = "set either `passphrase` or `chain = key_provider.<type>.<name>` in its `key_provider` block";
    match (arguments.text("passphrase"), arguments.text("chain")) {
        (Some(passphrase), None) => Ok(Secret::Passphrase(passphrase)),
        (None, Some(chain)) => Ok(Secret::Chain(chain)),
        (None, None) => Err(DecryptError::new("it has neither `passphrase` nor `chain`", hint)),
        (Some(_), Some(_)) => Err(DecryptError::new("it has both `passphrase` and `chain`", hint)),
    }
}

/// The key that is derived from a secret, as the metadata says.
pub(super) async fn key(secret: &[u8], metadata: &[u8]) -> Result<Key, DecryptError> {
    let hint = "restore the state from an earlier version";
    let damaged = |what: &str| DecryptError::new(format!("its metadata {what}"), hint);
    if secret.len() < SHORTEST_PASSPHRASE {
        let cause =
            format!("its passphrase has fewer than {SHORTEST_PASSPHRASE} bytes, which OpenTofu does not accept");
        return Err(DecryptError::new(cause, "check the passphrase, and where it comes from"));
    }
    let metadata: Metadata = serde_json::from_slice(metadata).map_err(|_| damaged("is not that of `pbkdf2`"))?;
    let salt = bytes(&metadata.salt).ok_or_else(|| damaged("has a salt that is no base64"))?;
    let (algorithm, digest): (Algorithm, usize) = match metadata.hash_function.as_str() {
        "sha256" => (PBKDF2_HMAC_SHA256, 32),
        "sha512" => (PBKDF2_HMAC_SHA512, 64),
        _ => return Err(damaged("names a hash function that is neither sha256 nor sha512")),
    };
    let length = metadata.key_length;
    if salt.is_empty() || salt.len() > LONGEST || length == 0 || length > LONGEST {
        return Err(damaged(&format!("has a salt or a key length that is not between 1 and {LONGEST}")));
    }
    let blocks = u64::try_from(length.div_ceil(digest)).unwrap_or(u64::MAX);
    let within = u64::from(metadata.iterations).saturating_mul(blocks) <= u64::from(MOST);
    let Some(iterations) = NonZeroU32::new(metadata.iterations).filter(|_| within) else {
        return Err(damaged(&format!("asks for no iterations, or for more than {MOST}")));
    };
    let secret = Zeroizing::new(secret.to_vec());
    let derived = tokio::task::spawn_blocking(move || {
        let mut key = Zeroizing::new(vec![0; length]);
        derive(algorithm, iterations, &salt, &secret, &mut key);
        key
    });
    derived.await.map_err(|_| damaged("could not be used"))
}
