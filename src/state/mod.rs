//! Reads Terraform and OpenTofu state as data, never against a provider's schema.
//! Knows nothing of configuration or of what is live.

mod error;
mod parse;
mod read;
mod recognize;
#[cfg(test)]
mod tests;

use crate::model::{Address, ProviderReference, StateInfo};
use provider_api::AttributePath;
use serde_json::value::RawValue;
use std::borrow::Cow;

pub use error::{MAX_STATE_BYTES, StateError, StateProblem};
pub use parse::parse;
pub use read::read;

/// The text of one state and where it came from. Owns the bytes that [`State`] borrows.
#[derive(Debug)]
pub struct StateText {
    /// The source as named by the user or the backend block.
    pub source: String,
    /// The whole text, at most [`MAX_STATE_BYTES`] of it.
    pub text: String,
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
