//! The methods of encryption: AES in Galois/Counter Mode.
//! Knows nothing of where keys come from.

use super::envelope::Envelope;
use super::{Arguments, DecryptError, kind};
use crate::error::printable;
use aws_lc_rs::aead::{AES_128_GCM, AES_192_GCM, AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use serde_json::Value;
use zeroize::Zeroizing;

/// `aad`: the bytes that were authenticated with the data, a list of numbers; none where it is not set.
pub(super) fn aad(arguments: &Arguments) -> Result<Vec<u8>, DecryptError> {
    let byte = |value: &Value| value.as_u64().and_then(|number| u8::try_from(number).ok());
    let bytes = match arguments.get("aad") {
        None => Some(Vec::new()),
        Some(Value::Array(elements)) => elements.iter().map(byte).collect(),
        Some(_) => None,
    };
    bytes.ok_or_else(|| DecryptError::new("its `aad` is no list of bytes", "set `aad` to a list of numbers up to 255"))
}

/// A nonce of 12 bytes, the ciphertext, a tag of 16 bytes (internal/encryption/method/aesgcm/aesgcm.go).
pub(super) fn aes_gcm(
    envelope: &Envelope<'_>,
    key: &[u8],
    aad: &[u8],
    provider: &str,
) -> Result<Zeroizing<Vec<u8>>, DecryptError> {
    let algorithm = match key.len() {
        16 => &AES_128_GCM,
        24 => &AES_192_GCM,
        32 => &AES_256_GCM,
        length => {
            let cause = format!("the key of {} has {length} bytes, and AES wants 16, 24 or 32", printable(provider));
            return Err(DecryptError::new(cause, "check `key_length` (of aws_kms `key_spec`) of the key provider"));
        }
    };
    let unusable = || DecryptError::new("its key cannot be used", "check the key provider");
    let opening = LessSafeKey::new(UnboundKey::new(algorithm, key).map_err(|_| unusable())?);
    let mut data = envelope.data()?;
    let nonce = data.get(..NONCE_LEN).and_then(|nonce| Nonce::try_assume_unique_for_key(nonce).ok());
    let length = match nonce {
        Some(nonce) => opening.open_within(nonce, Aad::from(aad), &mut data, NONCE_LEN..).ok().map(|plain| plain.len()),
        None => None,
    };
    let Some(length) = length else { return Err(refused(provider)) };
    data.truncate(length);
    Ok(data)
}

/// The key does not fit, or the data was changed: nobody can tell which.
fn refused(provider: &str) -> DecryptError {
    let what = match kind(provider.trim_start_matches("key_provider.")) {
        "pbkdf2" => "the passphrase is not the one that it was encrypted with",
        _ => "the key is not the one that it was encrypted with",
    };
    let cause = format!("the key of {} does not open it: {what}, or the state was changed", printable(provider));
    let hint = "check the passphrase, or name the earlier method as `fallback`; otherwise restore the state from an earlier version";
    DecryptError::new(cause, hint)
}
