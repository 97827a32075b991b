//! All that talks to AWS: credentials, a metered HTTP client, shared lists, and the provider itself.
//! Knows nothing of any resource type in particular.

mod batch;
mod client;
mod credentials;
mod gap;
mod lists;
mod meter;
mod object;
mod place;
mod provider;
#[cfg(test)]
pub(crate) mod tests;

pub use provider::Aws;

/// What the type files use.
pub(crate) mod prelude {
    pub(crate) use super::batch::{Batch, Recorded};
    pub(crate) use super::object::{Object, tag_map};
    pub(crate) use super::place::{Place, concurrently};
    pub(crate) use provider_api::{Gap, GapClass, Origin};
}
