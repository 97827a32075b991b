//! Reads AWS in bulk, and holds what is known of its resource types.
//! The only place that names the AWS SDK; knows nothing of addresses, configuration or Git.

#[cfg(feature = "sdk")]
mod api_gateways;
mod attachment_parts;
#[cfg(feature = "sdk")]
mod block_devices;
#[cfg(feature = "sdk")]
mod buckets;
#[cfg(feature = "sdk")]
mod caches;
#[cfg(feature = "sdk")]
mod clusters;
#[cfg(feature = "sdk")]
mod databases;
#[cfg(feature = "sdk")]
mod distributions;
#[cfg(feature = "sdk")]
mod events;
#[cfg(feature = "sdk")]
mod iam;
mod identity;
#[cfg(feature = "sdk")]
mod instance_details;
#[cfg(feature = "sdk")]
mod instance_types;
#[cfg(feature = "sdk")]
mod launch_template_data;
#[cfg(feature = "sdk")]
mod load_balancers;
#[cfg(feature = "sdk")]
mod mirror;
#[cfg(feature = "sdk")]
mod organizations;
#[cfg(feature = "sdk")]
mod origin;
mod rules;
#[cfg(feature = "sdk")]
mod sdk;
#[cfg(feature = "sdk")]
mod tagging;
#[cfg(feature = "sdk")]
mod timestamp;
mod trail;
mod types;
mod user_data;

pub use identity::recorded_scope;
#[cfg(feature = "sdk")]
pub use sdk::{Access, Aws, Identity, Refused};
pub use trail::activity_of_folder;
pub use types::types;
