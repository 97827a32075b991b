//! OpenTofu's encryption of states: which methods are tried, in what order, and what must fit afterwards. Only ever decrypts.
//! Knows nothing of where a state is kept or of what it says. Plaintext and keys are never written anywhere, and keys are
//! wiped.

mod arguments;
mod aws_kms;
mod envelope;
mod external;
mod gcp_kms;
mod keys;
mod methods;
mod openbao;
mod pbkdf2;
#[cfg(test)]
mod tests;

use crate::Surroundings;
use crate::error::printable;
pub use arguments::Arguments;
use envelope::Envelope;
use keys::Keys;
use std::collections::BTreeMap;
use zeroize::Zeroizing;

/// The types of key providers that OpenTofu 1.7 to 1.13 have (internal/encryption/default_registry.go). `azure_vault` is
/// known, but its keys cannot be had.
pub const KEY_PROVIDERS: [&str; 6] = ["pbkdf2", "aws_kms", "gcp_kms", "azure_vault", "openbao", "external"];

/// The types of methods. `external` is known, but what it encrypted cannot be decrypted.
pub const METHODS: [&str; 3] = ["aes_gcm", "unencrypted", "external"];

/// Methods that are tried for one state.
const TRIED: usize = 16;

/// An `encryption` block, evaluated, with what `TF_ENCRYPTION` merges over it.
#[derive(Clone, PartialEq, Default)]
pub struct Encryption {
    /// `key_provider` blocks by `<type>.<name>`: their arguments. A reference to another one (`chain`) is the text
    /// `key_provider.<type>.<name>`.
    pub key_providers: BTreeMap<String, Arguments>,
    /// `method` blocks by `<type>.<name>`: their arguments, `keys` being the text `key_provider.<type>.<name>`.
    pub methods: BTreeMap<String, Arguments>,
    /// The methods to try for a state, by `<type>.<name>`, in order: `state { method }`, then its `fallback` chain. Empty where
    /// there is no `state` block.
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

impl DecryptError {
    /// `cause` must be fit for printing: whatever comes from elsewhere goes through [`printable`] before.
    fn new(cause: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { cause: cause.into(), hint: hint.into() }
    }
}

/// Whether the bytes are an encrypted state, be it a damaged one: a JSON object that has `encryption_version` or
/// `encrypted_data` (internal/encryption/base.go, `IsEncryptionPayload`). No state in the clear has either.
pub fn is_encrypted(bytes: &[u8]) -> bool {
    envelope::is_one(bytes)
}

/// The state in the clear: decrypted by the first method that fits, or as it is where it is not encrypted and the
/// configuration allows that.
///
/// # Errors
/// When no method fits, when no key can be had, when the envelope's serial or lineage are not those within, or when a state
/// is not encrypted that has to be.
pub async fn decrypt(
    bytes: &[u8],
    encryption: &Encryption,
    around: &Surroundings,
) -> Result<Zeroizing<Vec<u8>>, DecryptError> {
    if !is_encrypted(bytes) {
        encryption.admits_plain()?;
        return Ok(Zeroizing::new(bytes.to_vec()));
    }
    let envelope = Envelope::parse(bytes)?;
    let plain = encryption.open(&envelope, around).await?;
    envelope.check(&plain)?;
    Ok(plain)
}

impl Encryption {
    /// Whether a state in the clear may be read. As OpenTofu has it, it may not once a `state` block names methods and none of
    /// them is `unencrypted`; and with `enforced` none may be (internal/encryption/base.go, `decrypt`;
    /// internal/encryption/targets.go, `methodConfigsFromTarget`).
    ///
    /// # Errors
    /// When it may not.
    pub fn admits_plain(&self) -> Result<(), DecryptError> {
        let unencrypted = |method: &String| kind(method) == "unencrypted";
        if self.enforced {
            let hint = "find out who wrote it in the clear; to migrate, set `enforced = false` and fall back to the method `unencrypted`";
            return Err(DecryptError::new("is not encrypted, though `state { enforced = true }` wants it to be", hint));
        }
        if self.state.is_empty() || self.state.iter().any(unencrypted) {
            return Ok(());
        }
        let hint = "find out who wrote it in the clear; to migrate, add a `fallback` with the method `unencrypted`, as OpenTofu wants it";
        Err(DecryptError::new("is not encrypted, though the `encryption` block has no method `unencrypted`", hint))
    }

    /// Each method in turn, until one fits.
    async fn open(&self, envelope: &Envelope<'_>, around: &Surroundings) -> Result<Zeroizing<Vec<u8>>, DecryptError> {
        let mut keys = Keys::new(self, envelope, around);
        let mut failed: Vec<(&String, DecryptError)> = Vec::new();
        // What is encrypted was not written by `unencrypted`.
        let methods = self.state.iter().filter(|method| kind(method) != "unencrypted");
        for method in methods.take(TRIED) {
            match self.open_by(method, envelope, &mut keys).await {
                Ok(plain) => return Ok(plain),
                Err(error) => failed.push((method, error)),
            }
        }
        let hint = match failed.as_slice() {
            [] if self.state.is_empty() => "add `state { method = … }` to the `encryption` block, or to TF_ENCRYPTION",
            [] => "name the method that it was encrypted with in `state { method = … }` or in a `fallback`",
            [(_, first), ..] => &first.hint,
        };
        let hint = hint.to_owned();
        let cause = match failed.as_slice() {
            [] if self.state.is_empty() => {
                "is encrypted by OpenTofu, and the `encryption` block has no `state` block".into()
            }
            [] => "is encrypted by OpenTofu, and the `encryption` block has no method for it but `unencrypted`".into(),
            [(method, error)] => format!("cannot be decrypted by method.{}: {}", printable(method), error.cause),
            several => {
                let each =
                    several.iter().map(|(method, error)| format!("method.{}: {}", printable(method), error.cause));
                format!("cannot be decrypted by any of its methods: {}", each.collect::<Vec<_>>().join("; "))
            }
        };
        Err(DecryptError { cause, hint })
    }

    async fn open_by(
        &self,
        method: &str,
        envelope: &Envelope<'_>,
        keys: &mut Keys<'_>,
    ) -> Result<Zeroizing<Vec<u8>>, DecryptError> {
        let Some(arguments) = self.methods.get(method) else {
            let hint = "define it in the `encryption` block, or in TF_ENCRYPTION";
            return Err(DecryptError::new("the `encryption` block has no such method", hint));
        };
        match kind(method) {
            "aes_gcm" => {
                let aad = methods::aad(arguments)?;
                let Some(provider) = arguments.text("keys") else {
                    return Err(DecryptError::new("it has no `keys`", "set `keys = key_provider.<type>.<name>`"));
                };
                let key = keys.key(provider.to_owned(), 0).await?;
                methods::aes_gcm(envelope, &key, &aad, provider)
            }
            "external" => {
                let hint = "pipe the state in: `tofu state pull | driftline scan --state -`";
                Err(DecryptError::new("driftline does not run programs that decrypt states (method `external`)", hint))
            }
            _ => {
                let hint = format!("use one of {}", METHODS.join(", "));
                Err(DecryptError::new("no such type of method is known", hint))
            }
        }
    }
}

/// The type in `<type>.<name>`.
fn kind(name: &str) -> &str {
    name.split('.').next().unwrap_or_default()
}
