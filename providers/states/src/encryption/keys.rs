//! Keys by the provider that they come from, each fetched once for a state.
//! Knows nothing of what a key opens.

use super::envelope::Envelope;
use super::pbkdf2::Secret;
use super::{DecryptError, Encryption, KEY_PROVIDERS, aws_kms, external, gcp_kms, kind, openbao, pbkdf2};
use crate::Surroundings;
use crate::error::printable;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use futures::future::BoxFuture;
use std::collections::{BTreeMap, HashMap};
use zeroize::Zeroizing;

/// A key, wiped when it is dropped.
pub(super) type Key = Zeroizing<Vec<u8>>;

/// Providers that lead to providers.
const CHAINED: usize = 8;

/// The keys of one state.
pub(super) struct Keys<'a> {
    encryption: &'a Encryption,
    metadata: &'a BTreeMap<String, Vec<u8>>,
    around: &'a Surroundings,
    fetched: HashMap<String, Result<Key, DecryptError>>,
}

impl<'a> Keys<'a> {
    pub(super) fn new(encryption: &'a Encryption, envelope: &'a Envelope<'_>, around: &'a Surroundings) -> Self {
        Self { encryption, metadata: &envelope.metadata, around, fetched: HashMap::new() }
    }

    /// The key of `key_provider.<type>.<name>`. `depth`: how many others lead there.
    pub(super) fn key(&mut self, reference: String, depth: usize) -> BoxFuture<'_, Result<Key, DecryptError>> {
        Box::pin(async move {
            if let Some(known) = self.fetched.get(&reference) {
                return known.clone();
            }
            if depth == CHAINED {
                let cause = format!("{} leads back to itself by `chain`, or to too many others", printable(&reference));
                return Err(DecryptError::new(cause, "let `chain` lead to a key provider without `chain`"));
            }
            let fetched = self.fetch(&reference, depth + 1).await;
            self.fetched.insert(reference, fetched.clone());
            fetched
        })
    }

    async fn fetch(&mut self, reference: &str, depth: usize) -> Result<Key, DecryptError> {
        let Some(arguments) =
            reference.strip_prefix("key_provider.").and_then(|name| self.encryption.key_providers.get(name))
        else {
            let cause = format!("there is no {}", printable(reference));
            return Err(DecryptError::new(cause, "define it in the `encryption` block, or in TF_ENCRYPTION"));
        };
        let alias = arguments.text("encrypted_metadata_alias").unwrap_or(reference);
        let Some(metadata) = self.metadata.get(alias) else { return Err(self.unknown(alias)) };
        let around = self.around;
        let named = |error: DecryptError| DecryptError {
            cause: format!("{}: {}", printable(reference), error.cause),
            hint: error.hint,
        };
        let fetched = match kind(reference.trim_start_matches("key_provider.")) {
            "pbkdf2" => match pbkdf2::secret(arguments).map_err(named)? {
                Secret::Passphrase(passphrase) => pbkdf2::key(passphrase.as_bytes(), metadata).await,
                Secret::Chain(chain) => {
                    let secret = self.key(chain.to_owned(), depth).await?;
                    pbkdf2::key(&secret, metadata).await
                }
            },
            "aws_kms" => aws_kms::key(arguments, metadata, around).await,
            "gcp_kms" => gcp_kms::key(arguments, metadata, around).await,
            "openbao" => openbao::key(arguments, metadata, around).await,
            "external" if self.encryption.may_run_programs => external::key(arguments, metadata, around).await,
            "external" => {
                let hint = "define this key provider in TF_ENCRYPTION, and not in the repository, so that only who runs driftline says what it runs";
                let cause = "its program is not run: the repository names it, and whoever can commit could name any";
                Err(DecryptError::new(cause, hint))
            }
            "azure_vault" => {
                let hint = "pipe the state in: `tofu state pull | driftline scan --state -`";
                Err(DecryptError::new("driftline does not fetch keys from Azure Key Vault", hint))
            }
            _ => {
                let hint = format!("use one of {}", KEY_PROVIDERS.join(", "));
                Err(DecryptError::new("no such type of key provider is known", hint))
            }
        };
        fetched.map_err(named)
    }

    /// The state says nothing of a key provider: it was encrypted with another, or when that had another name.
    fn unknown(&self, sought: &str) -> DecryptError {
        let names: Vec<String> = self.metadata.keys().take(4).map(|name| format!("`{}`", printable(name))).collect();
        let told = if names.is_empty() { "no key provider".into() } else { names.join(", ") };
        let cause = format!("the state holds no metadata of `{}`, but of {told}", printable(sought));
        let hint = "name the key provider as it was named when the state was encrypted, or set `encrypted_metadata_alias` to the name in the state";
        DecryptError::new(cause, hint)
    }
}

/// Bytes as Go writes them in JSON.
pub(super) fn bytes(text: &str) -> Option<Vec<u8>> {
    STANDARD.decode(text).ok()
}

/// A key in base64, as services return it.
pub(super) fn key_of(text: &Zeroizing<String>) -> Option<Key> {
    STANDARD.decode(text.as_bytes()).ok().map(Zeroizing::new)
}
