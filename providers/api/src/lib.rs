//! The contract between the scanner and its provider modules: resource types as data, read requests and their outcomes.
//! It knows nothing of networks, files, Git, configuration or state, and performs no I/O.

mod activity;
mod path;
mod provider;
mod read;
mod resource_type;
mod schema;

pub use activity::{ActivityEvent, ActivityOutcome, ActivityRequest, ActivitySubject, Actor, ActorKind, Tool};
pub use path::{AttributePath, Step};
pub use provider::{Connection, Installation, Program, Provider, ProviderConfiguration, Voucher};
pub use read::{Gap, GapClass, LiveObject, Origin, ReadOutcome, ReadRequest, RequestedInstance, Scope};
pub use resource_type::{Owner, ResourceType, Rule, RuleKind, StandIn, TypeTable};
pub use schema::{AttributeSchema, BlockSchema, Nesting, SchemaSet, Shape, TypeSchema, cty_element, cty_shape};

/// Attributes of one object by top-level name, in Terraform's shape.
///
/// On the live side an absent key means "not read" and is not compared; `null` means "read, and unset".
pub type Attributes = serde_json::Map<String, serde_json::Value>;
