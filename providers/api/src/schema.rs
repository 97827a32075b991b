//! A Terraform provider's schema, trimmed to what comparing needs.
//! Knows nothing of any type in particular; where a schema lacks something, callers fall back to the value's own shape.

use serde_json::Value;
use std::collections::BTreeMap;

/// The trimmed schemas of a provider release.
#[derive(Debug, Clone, Default, serde::Deserialize)]
pub struct SchemaSet {
    /// The provider release that the data was taken from.
    pub provider_version: String,
    /// By resource type.
    pub types: BTreeMap<String, TypeSchema>,
}

/// The schema of a resource type or a nested block.
#[derive(Debug, Clone, Default, serde::Deserialize)]
pub struct TypeSchema {
    /// Schema version, as state records it.
    #[serde(default)]
    pub version: u64,
    /// Attributes by name.
    #[serde(default)]
    pub attributes: BTreeMap<String, AttributeSchema>,
    /// Nested blocks by name.
    #[serde(default)]
    pub blocks: BTreeMap<String, BlockSchema>,
}

/// One attribute.
#[derive(Debug, Clone, serde::Deserialize)]
pub struct AttributeSchema {
    /// Its type as cty writes types in JSON, for example `["set","string"]`.
    #[serde(rename = "type")]
    pub cty_type: Value,
    /// `r` required, `o` optional, `c` computed, `s` sensitive, `w` write-only.
    #[serde(default)]
    pub flags: String,
}

/// One nested block.
#[derive(Debug, Clone, serde::Deserialize)]
pub struct BlockSchema {
    /// How many there may be, and whether their order means something.
    pub nesting: Nesting,
    /// Attributes by name.
    #[serde(default)]
    pub attributes: BTreeMap<String, AttributeSchema>,
    /// Nested blocks by name.
    #[serde(default)]
    pub blocks: BTreeMap<String, BlockSchema>,
}

/// How a nested block repeats.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Nesting {
    /// At most one, recorded as an object.
    Single,
    /// In order.
    List,
    /// In no order.
    Set,
    /// By key.
    Map,
    /// At most one, never null.
    Group,
}

/// What collects the elements of a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// A string, number or boolean.
    Scalar,
    /// In order.
    List,
    /// In no order.
    Set,
    /// By key chosen by the user.
    Map,
    /// By attribute name.
    Object,
    /// Not told by the schema.
    Dynamic,
}

impl AttributeSchema {
    /// Set in configuration, or left to the default of none: not filled by the provider.
    pub fn optional_only(&self) -> bool {
        (self.flags.contains('o') || self.flags.contains('r')) && !self.computed()
    }

    /// The provider fills it where it is not configured.
    pub fn computed(&self) -> bool {
        self.flags.contains('c')
    }

    /// It can be configured at all.
    pub fn configurable(&self) -> bool {
        self.flags.contains('o') || self.flags.contains('r')
    }

    /// Never printed.
    pub fn sensitive(&self) -> bool {
        self.flags.contains('s')
    }

    /// Never recorded, so never compared.
    pub fn write_only(&self) -> bool {
        self.flags.contains('w')
    }
}

/// The shape of a cty type.
pub(crate) fn shape(cty_type: &Value) -> Shape {
    match cty_type {
        Value::String(name) if name == "dynamic" => Shape::Dynamic,
        Value::String(_) => Shape::Scalar,
        Value::Array(parts) => match parts.first().and_then(Value::as_str) {
            Some("list" | "tuple") => Shape::List,
            Some("set") => Shape::Set,
            Some("map") => Shape::Map,
            Some("object") => Shape::Object,
            _ => Shape::Dynamic,
        },
        _ => Shape::Dynamic,
    }
}

impl AttributeSchema {
    /// The shape of the attribute's value.
    pub fn shape(&self) -> Shape {
        shape(&self.cty_type)
    }

    /// The cty type of an element (list, set, map) or of the named attribute (object).
    pub fn element(&self, name: Option<&str>) -> Option<AttributeSchema> {
        let parts = self.cty_type.as_array()?;
        let element = match (parts.first()?.as_str()?, name) {
            ("object", Some(name)) => parts.get(1)?.get(name)?,
            ("tuple", _) | ("object", None) => return None,
            _ => parts.get(1)?,
        };
        Some(Self { cty_type: element.clone(), flags: self.flags.clone() })
    }
}
