//! What every provider module implements.
//! Knows nothing of any particular remote system.

use crate::{Attributes, Gap, ReadOutcome, ReadRequest, Scope};
use futures::future::BoxFuture;

/// A `provider` block, evaluated as far as it can be.
#[derive(Debug, Clone, Default)]
pub struct ProviderConfiguration {
    /// Names the configuration within the scan, as state refers to it, for example
    /// `provider["registry.terraform.io/hashicorp/aws"].west`; with several root modules prefixed by the root module's directory.
    pub name: String,
    /// The arguments and nested blocks whose values are known. Nested blocks are arrays of objects.
    pub known: Attributes,
    /// Top-level arguments that are set to something that could not be evaluated.
    pub not_known: Vec<String>,
    /// The scope that the recorded attributes speak of, see [`Provider::recorded_scope`]. It stands in where the
    /// configuration leaves the region open.
    pub recorded_scope: Scope,
}

/// Reads live objects of one remote system.
///
/// A provider sees resource types, scopes, ids and recorded attributes. It never sees addresses, configuration or Git,
/// so it cannot decide what counts as drift.
pub trait Provider: Send + Sync {
    /// The reader's name in reports: `native`, `recorded` or `plugin`.
    fn reader(&self) -> &'static str;

    /// Whether the provider serves a Terraform provider address such as `registry.terraform.io/hashicorp/aws`.
    fn serves(&self, source: &str) -> bool;

    /// The resource types that can be read, sorted.
    fn resource_types(&self) -> Vec<String>;

    /// The resource types that can be read of one of the sources that the provider serves, sorted.
    fn resource_types_of(&self, source: &str) -> Vec<String> {
        let _ = source;
        self.resource_types()
    }

    /// Whether the objects of a type belong to the account as a whole, so that they are the same read from any region.
    fn is_global(&self, resource_type: &str) -> bool {
        let _ = resource_type;
        false
    }

    /// The reader's name in reports for what is read through one provider configuration. A recording keeps the name of
    /// the reader that was recorded.
    fn reader_of(&self, configuration: &ProviderConfiguration) -> String {
        let _ = configuration;
        self.reader().to_owned()
    }

    /// Whether answers come from a recording. Then every provider configuration is asked exactly what the recorded one
    /// was: requests of several configurations that mean the same scope are not joined.
    fn replays(&self) -> bool {
        false
    }

    /// The scope that recorded attributes speak of, read off their ARNs for example; empty where they do not tell.
    fn recorded_scope(&self, attributes: &Attributes) -> Scope;

    /// Opens the place that a provider configuration means.
    /// A gap (credentials, an unknown region) concerns all that would have been read there.
    fn connect<'a>(
        &'a self,
        configuration: &'a ProviderConfiguration,
    ) -> BoxFuture<'a, Result<Box<dyn Connection>, Gap>>;
}

/// One open scope.
pub trait Connection: Send + Sync {
    /// The account and region that answer.
    fn scope(&self) -> &Scope;

    /// Reads a batch. Never fails as a whole: what was not read is a gap.
    /// Safe to call concurrently for several types; lists needed by more than one type are fetched once.
    fn read<'a>(&'a self, request: &'a ReadRequest<'a>) -> BoxFuture<'a, ReadOutcome>;
}
