//! All that talks to AWS: credentials, a metered HTTP client, shared lists, and the provider itself.
//! Knows nothing of any resource type in particular.

mod access;
mod activity;
mod answer;
mod batch;
mod call;
mod client;
mod credentials;
#[cfg(test)]
mod documented;
mod gap;
mod lists;
mod meter;
mod object;
mod place;
mod provider;
pub(crate) mod service;
mod services;
#[cfg(test)]
pub(crate) mod tests;
mod trail_in_s3;

pub use access::{Access, Identity, Refused};
pub use provider::Aws;

/// What the type files use.
pub(crate) mod prelude {
    pub(crate) use super::answer::Fields;
    pub(crate) use super::batch::{Batch, Recorded};
    pub(crate) use super::call::{Ask, Failure, encoded};
    pub(crate) use super::object::{Object, tag_map};
    pub(crate) use super::place::{Place, concurrently};
    pub(crate) use super::service;
    pub(crate) use super::services::Paging;
    pub(crate) use provider_api::{Gap, GapClass, Origin};
}
