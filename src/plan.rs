//! Decides what to read: every managed instance, by provider configuration and type.
//! Knows nothing of how it is read.

use provider_api::{ProviderConfiguration, ReadRequest};

/// Which instance of which state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct InstanceIndex {
    /// Position among the states.
    pub state: usize,
    /// Position among that state's instances.
    pub instance: usize,
}

/// All that is to be read.
#[derive(Debug, Default)]
pub struct ReadPlan<'a> {
    /// One per provider configuration in use.
    pub connections: Vec<PlannedConnection<'a>>,
}

/// What is to be read through one provider configuration.
#[derive(Debug)]
pub struct PlannedConnection<'a> {
    /// The provider's address, for example `registry.terraform.io/hashicorp/aws`.
    pub source: String,
    /// The configuration, as far as it is known.
    pub configuration: ProviderConfiguration,
    /// One per resource type, sorted by type.
    pub batches: Vec<PlannedBatch<'a>>,
}

/// One resource type.
#[derive(Debug)]
pub struct PlannedBatch<'a> {
    /// The instances, in the order of the request's.
    pub instances: Vec<InstanceIndex>,
    /// What the provider is asked.
    pub request: ReadRequest<'a>,
}
