//! What every provider module implements.
//! Knows nothing of any particular remote system.

use crate::{ActivityOutcome, ActivityRequest, Attributes, Gap, GapClass, ReadOutcome, ReadRequest, Scope};
use futures::future::{BoxFuture, FutureExt};
use std::path::PathBuf;

/// A `provider` block, evaluated as far as it can be.
#[derive(Debug, Clone, Default)]
pub struct ProviderConfiguration {
    /// Names the configuration within the scan, as state refers to it, for example
    /// `provider["registry.terraform.io/hashicorp/aws"].west`; with several root modules prefixed by the root module's directory.
    pub name: String,
    /// The provider's address, for example `registry.terraform.io/hashicorp/aws`.
    pub source: String,
    /// The arguments and nested blocks whose values are known. Nested blocks are arrays of objects.
    pub known: Attributes,
    /// Top-level arguments that are set to something that could not be evaluated.
    pub not_known: Vec<String>,
    /// The scope that the recorded attributes speak of, see [`Provider::recorded_scope`]. It stands in where the
    /// configuration leaves the region open.
    pub recorded_scope: Scope,
    /// Where the root module that it belongs to keeps its providers.
    pub installation: Installation,
}

/// Where `terraform init` or `tofu init` put the providers of a root module, and which ones it chose.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Installation {
    /// The root module's directory in the work tree.
    pub directory: PathBuf,
    /// The same for people: from the repository's root, empty for that itself.
    pub name: String,
    /// The text of its dependency lock file (`.terraform.lock.hcl`), where there is one.
    pub lock: Option<String>,
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

    /// Whether it reads a resource type of a source that it serves. Of several providers that serve a source the first one
    /// that reads a type is asked for it.
    fn reads(&self, source: &str, resource_type: &str) -> bool {
        let _ = (source, resource_type);
        true
    }

    /// The resource types that can be read, sorted; of a provider that learns them only from a connection none, see
    /// [`Connection::listed_types`].
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

    /// Whether it answers what Terraform's own refresh would, so that it can confirm what others suspect.
    fn reads_as_terraform(&self) -> bool {
        false
    }

    /// Whether requests of several provider configurations that mean the same scope may be joined into one. They may not
    /// where answers come from a recording, which answers exactly what was asked then, nor where each instance is read by
    /// itself, from what its own state recorded.
    fn joins_requests(&self) -> bool {
        true
    }

    /// Whether its connections can tell who changed objects, see [`Connection::activity`].
    fn tells_activity(&self) -> bool {
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

/// Somebody else's program that reads, and why it was run.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
pub struct Program {
    /// Its version, where one is known.
    pub version: Option<String>,
    /// The hash of its package, as lock files write it; none where it was not hashed.
    pub h1: Option<String>,
    /// Who said that it may run.
    pub vouched_by: Voucher,
}

/// Who said that a program may run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Voucher {
    /// The dependency lock file names the hash of its package.
    LockFile,
    /// The user's own settings name the directory in which it is developed.
    DevelopmentOverride,
    /// The user started it.
    Reattach,
}

/// One open scope.
pub trait Connection: Send + Sync {
    /// The account and region that answer.
    fn scope(&self) -> &Scope;

    /// Reads a batch. Never fails as a whole: what was not read is a gap.
    /// Safe to call concurrently for several types; lists needed by more than one type are fetched once.
    fn read<'a>(&'a self, request: &'a ReadRequest<'a>) -> BoxFuture<'a, ReadOutcome>;

    /// The program that reads for it, where that is somebody else's.
    fn program(&self) -> Option<Program> {
        None
    }

    /// Resource types whose objects can be listed through this connection, beyond those that the provider names without
    /// one, sorted.
    fn listed_types(&self) -> BoxFuture<'_, Vec<String>> {
        async { Vec::new() }.boxed()
    }

    /// Tells who changed objects, and with what. Never fails as a whole: what was not looked at is a gap.
    fn activity<'a>(&'a self, request: &'a ActivityRequest<'a>) -> BoxFuture<'a, ActivityOutcome> {
        let _ = request;
        async { ActivityOutcome::unread(GapClass::Unsupported, "this reader does not know who changed objects") }
            .boxed()
    }
}
