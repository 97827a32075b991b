//! Reads AWS in bulk, and holds what is known of its resource types.
//! The only place that names the AWS SDK; knows nothing of addresses, configuration or Git.

mod identity;
mod rules;
#[cfg(feature = "sdk")]
mod sdk;
mod types;

pub use identity::recorded_scope;
#[cfg(feature = "sdk")]
pub use sdk::Aws;
pub use types::types;
