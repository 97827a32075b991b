//! The messages of Terraform's plugin protocols 5 and 6, trimmed to what reading needs.
//! Knows nothing of what they are used for.
//!
//! Field numbers are those of `tfplugin5.proto` (5.10) and `tfplugin6.proto` (6.10), which both protocols share but for
//! attributes of schemas; what is not named here is skipped when it arrives. Schemas of types stay bytes until one is asked
//! for: of thousands a scan needs a few.

use bytes::Bytes;
use prost::Message;
use std::collections::HashMap;
use std::fmt::Debug;

/// A value in Terraform's MessagePack.
#[derive(Clone, PartialEq, Message)]
pub struct DynamicValue {
    #[prost(bytes = "bytes", tag = "1")]
    pub msgpack: Bytes,
}

/// Something that a provider has to say.
#[derive(Clone, PartialEq, Message)]
pub struct Diagnostic {
    /// 1 is an error, 2 a warning.
    #[prost(int32, tag = "1")]
    pub severity: i32,
    #[prost(string, tag = "2")]
    pub summary: String,
    #[prost(string, tag = "3")]
    pub detail: String,
}

/// A request without content.
#[derive(Clone, Copy, PartialEq, Eq, Message)]
pub struct Empty {}

/// What a provider can do.
#[derive(Clone, Copy, PartialEq, Eq, Message)]
pub struct ServerCapabilities {
    /// It works without having been asked for its schema.
    #[prost(bool, tag = "2")]
    pub get_provider_schema_optional: bool,
}

/// All schemas of a provider.
#[derive(Clone, PartialEq, Message)]
pub struct ProviderSchema {
    #[prost(bytes = "bytes", optional, tag = "1")]
    pub provider: Option<Bytes>,
    #[prost(map = "string, bytes", tag = "2")]
    pub resources: HashMap<String, Bytes>,
    #[prost(message, repeated, tag = "4")]
    pub diagnostics: Vec<Diagnostic>,
    #[prost(bytes = "bytes", optional, tag = "5")]
    pub provider_meta: Option<Bytes>,
    #[prost(message, optional, tag = "6")]
    pub capabilities: Option<ServerCapabilities>,
    #[prost(map = "string, bytes", tag = "9")]
    pub list_resources: HashMap<String, Bytes>,
}

/// The schemas of identities by resource type.
#[derive(Clone, PartialEq, Message)]
pub struct IdentitySchemas {
    #[prost(map = "string, message", tag = "1")]
    pub schemas: HashMap<String, IdentitySchema>,
}

/// What identifies an object of one type.
#[derive(Clone, PartialEq, Message)]
pub struct IdentitySchema {
    #[prost(int64, tag = "1")]
    pub version: i64,
    #[prost(message, repeated, tag = "2")]
    pub attributes: Vec<IdentityAttribute>,
}

/// One attribute of an identity.
#[derive(Clone, PartialEq, Message)]
pub struct IdentityAttribute {
    #[prost(string, tag = "1")]
    pub name: String,
    /// As cty writes types in JSON.
    #[prost(bytes = "bytes", tag = "2")]
    pub cty_type: Bytes,
}

/// An identity.
#[derive(Clone, PartialEq, Message)]
pub struct Identity {
    #[prost(message, optional, tag = "1")]
    pub data: Option<DynamicValue>,
}

/// Asks to begin work.
#[derive(Clone, PartialEq, Message)]
pub struct ConfigureRequest {
    #[prost(string, tag = "1")]
    pub terraform_version: String,
    #[prost(message, optional, tag = "2")]
    pub config: Option<DynamicValue>,
}

/// An answer of nothing but diagnostics.
#[derive(Clone, PartialEq, Message)]
pub struct ConfigureResponse {
    #[prost(message, repeated, tag = "1")]
    pub diagnostics: Vec<Diagnostic>,
}

/// JSON as state holds it.
#[derive(Clone, PartialEq, Message)]
pub struct RawState {
    #[prost(bytes = "bytes", tag = "1")]
    pub json: Bytes,
}

/// Asks for recorded attributes, or a recorded identity, in the current schema.
#[derive(Clone, PartialEq, Message)]
pub struct UpgradeRequest {
    #[prost(string, tag = "1")]
    pub type_name: String,
    #[prost(int64, tag = "2")]
    pub version: i64,
    #[prost(message, optional, tag = "3")]
    pub raw: Option<RawState>,
}

/// Recorded attributes in the current schema.
#[derive(Clone, PartialEq, Message)]
pub struct UpgradeStateResponse {
    #[prost(message, optional, tag = "1")]
    pub state: Option<DynamicValue>,
    #[prost(message, repeated, tag = "2")]
    pub diagnostics: Vec<Diagnostic>,
}

/// A recorded identity in the current schema.
#[derive(Clone, PartialEq, Message)]
pub struct UpgradeIdentityResponse {
    #[prost(message, optional, tag = "1")]
    pub identity: Option<Identity>,
    #[prost(message, repeated, tag = "2")]
    pub diagnostics: Vec<Diagnostic>,
}

/// Asks for an object as it is now.
#[derive(Clone, PartialEq, Message)]
pub struct ReadRequest {
    #[prost(string, tag = "1")]
    pub type_name: String,
    #[prost(message, optional, tag = "2")]
    pub current_state: Option<DynamicValue>,
    #[prost(bytes = "bytes", tag = "3")]
    pub private: Bytes,
    #[prost(message, optional, tag = "4")]
    pub provider_meta: Option<DynamicValue>,
    #[prost(message, optional, tag = "6")]
    pub current_identity: Option<Identity>,
}

/// An object as it is now.
#[derive(Clone, PartialEq, Message)]
pub struct ReadResponse {
    #[prost(message, optional, tag = "1")]
    pub new_state: Option<DynamicValue>,
    #[prost(message, repeated, tag = "2")]
    pub diagnostics: Vec<Diagnostic>,
    /// The provider would rather be asked later.
    #[prost(message, optional, tag = "4")]
    pub deferred: Option<Empty>,
    #[prost(message, optional, tag = "5")]
    pub new_identity: Option<Identity>,
}

/// Asks for all objects of a type.
#[derive(Clone, PartialEq, Message)]
pub struct ListRequest {
    #[prost(string, tag = "1")]
    pub type_name: String,
    #[prost(message, optional, tag = "2")]
    pub config: Option<DynamicValue>,
    #[prost(bool, tag = "3")]
    pub include_resource_object: bool,
    #[prost(int64, tag = "4")]
    pub limit: i64,
}

/// One object, or something to say about it.
#[derive(Clone, PartialEq, Message)]
pub struct ListEvent {
    #[prost(message, optional, tag = "1")]
    pub identity: Option<Identity>,
    #[prost(string, tag = "2")]
    pub display_name: String,
    #[prost(message, optional, tag = "3")]
    pub resource_object: Option<DynamicValue>,
    #[prost(message, repeated, tag = "4")]
    pub diagnostics: Vec<Diagnostic>,
}

/// The schema of a resource type, or of a provider's configuration. The attributes are of one of the protocols.
#[derive(Clone, PartialEq, Message)]
pub struct Schema<A: Message + Default + Debug> {
    #[prost(int64, tag = "1")]
    pub version: i64,
    #[prost(message, optional, tag = "2")]
    pub block: Option<Block<A>>,
}

/// Attributes and nested blocks.
#[derive(Clone, PartialEq, Message)]
pub struct Block<A: Message + Default + Debug> {
    #[prost(message, repeated, tag = "2")]
    pub attributes: Vec<A>,
    #[prost(message, repeated, tag = "3")]
    pub blocks: Vec<NestedBlock<A>>,
}

/// Nested blocks of one name.
#[derive(Clone, PartialEq, Message)]
pub struct NestedBlock<A: Message + Default + Debug> {
    #[prost(string, tag = "1")]
    pub type_name: String,
    #[prost(message, optional, tag = "2")]
    pub block: Option<Block<A>>,
    /// 1 single, 2 list, 3 set, 4 map, 5 group.
    #[prost(int32, tag = "3")]
    pub nesting: i32,
}

/// An attribute of protocol 5.
#[derive(Clone, PartialEq, Message)]
pub struct Attribute5 {
    #[prost(string, tag = "1")]
    pub name: String,
    #[prost(bytes = "bytes", tag = "2")]
    pub cty_type: Bytes,
    #[prost(bool, tag = "4")]
    pub required: bool,
    #[prost(bool, tag = "5")]
    pub optional: bool,
    #[prost(bool, tag = "6")]
    pub computed: bool,
    #[prost(bool, tag = "7")]
    pub sensitive: bool,
    #[prost(bool, tag = "10")]
    pub write_only: bool,
}

/// An attribute of protocol 6, which may have attributes within.
#[derive(Clone, PartialEq, Message)]
pub struct Attribute6 {
    #[prost(string, tag = "1")]
    pub name: String,
    #[prost(bytes = "bytes", tag = "2")]
    pub cty_type: Bytes,
    #[prost(bool, tag = "4")]
    pub required: bool,
    #[prost(bool, tag = "5")]
    pub optional: bool,
    #[prost(bool, tag = "6")]
    pub computed: bool,
    #[prost(bool, tag = "7")]
    pub sensitive: bool,
    #[prost(message, optional, tag = "10")]
    pub nested: Option<NestedAttributes>,
    #[prost(bool, tag = "11")]
    pub write_only: bool,
}

/// Attributes within an attribute.
#[derive(Clone, PartialEq, Message)]
pub struct NestedAttributes {
    #[prost(message, repeated, tag = "1")]
    pub attributes: Vec<Attribute6>,
    /// 1 single, 2 list, 3 set, 4 map.
    #[prost(int32, tag = "3")]
    pub nesting: i32,
}
