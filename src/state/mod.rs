//! Reads Terraform and OpenTofu state as data, never against a provider's schema.
//! Knows nothing of configuration or of what is live.

mod error;
mod parse;
mod read;
mod recognize;
#[cfg(test)]
mod tests;

use crate::model::{Address, ProviderReference, StateInfo, StateOrigin};
use provider_api::AttributePath;
use serde_json::value::RawValue;
use std::borrow::Cow;
use zeroize::Zeroize;

pub use error::{MAX_STATE_BYTES, StateError, StateProblem};
pub use parse::parse;
pub use read::read;

/// The text of one state and where it came from. Owns the bytes that [`State`] borrows.
pub struct StateText {
    /// The source as named by the user, or where the backend keeps it, fit for printing.
    pub source: String,
    /// The whole text, at most [`MAX_STATE_BYTES`] of it.
    pub text: String,
    /// What was seen of it there.
    pub origin: StateOrigin,
    /// SHA-256 of its bytes as they are kept, hex, where those are not the text's own: it was encrypted.
    pub sha256: Option<String>,
}

impl StateText {
    /// A text of which nothing else is known.
    pub fn new(source: impl Into<String>, text: impl Into<String>) -> Self {
        Self { source: source.into(), text: text.into(), origin: StateOrigin::default(), sha256: None }
    }
}

/// What was decrypted is wiped.
impl Drop for StateText {
    fn drop(&mut self) {
        if self.origin.encrypted {
            self.text.zeroize();
        }
    }
}

/// A state may hold secrets: its text is not shown.
impl std::fmt::Debug for StateText {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("StateText").field("source", &self.source).field("origin", &self.origin).finish_non_exhaustive()
    }
}

/// One state.
#[derive(Debug)]
pub struct State<'a> {
    /// What identifies it.
    pub info: StateInfo,
    /// Managed instances with a current object, in the order of the state. Deposed objects are left out.
    pub instances: Vec<Instance<'a>>,
    /// What data sources answered, in the order of the state. Nothing of it is compared; expressions refer to it.
    pub data: Vec<Instance<'a>>,
    /// Deposed objects: replaced, and still to be destroyed by an apply.
    pub deposed: Vec<Address>,
}

/// What state recorded of one managed instance.
#[derive(Debug)]
pub struct Instance<'a> {
    /// Its address.
    pub address: Address,
    /// The provider configuration it was made with.
    pub provider: ProviderReference,
    /// The schema version of `attributes`.
    pub schema_version: u64,
    /// All attributes as JSON text, parsed only when compared.
    pub attributes: &'a RawValue,
    /// The `id` attribute; empty where there is none.
    pub id: String,
    /// What the state marks as sensitive.
    pub sensitive: Vec<AttributePath>,
    /// The provider's own bytes (base64).
    pub private: Option<Cow<'a, str>>,
    /// The object's identity as JSON text (Terraform 1.12).
    pub identity: Option<&'a RawValue>,
    /// The schema version of `identity`.
    pub identity_version: u64,
    /// Marked to be replaced by the next apply.
    pub tainted: bool,
    /// JSON list of the addresses that it depends on, without keys.
    pub dependencies: Option<&'a RawValue>,
}
