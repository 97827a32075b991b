//! A Terraform provider's schema, trimmed to what comparing needs.
//! Knows nothing of any type in particular; where a schema lacks something, callers fall back to the value's own shape.

use serde_json::Value;
use serde_json::value::RawValue;
use std::collections::BTreeMap;
use std::sync::OnceLock;

/// The trimmed schemas of a provider release.
///
/// Of a megabyte of schemas a scan needs a few: each is parsed when it is first asked for.
#[derive(Debug, Default, serde::Deserialize)]
pub struct SchemaSet {
    /// The provider release that the data was taken from.
    pub provider_version: String,
    types: BTreeMap<String, Unparsed>,
}

/// The schema of one type, and its text.
#[derive(Debug, serde::Deserialize)]
#[serde(transparent)]
struct Unparsed {
    text: Box<RawValue>,
    #[serde(skip)]
    parsed: OnceLock<Option<TypeSchema>>,
}

impl SchemaSet {
    /// The schema of a type; none where the set lacks it.
    pub fn get(&self, resource_type: &str) -> Option<&TypeSchema> {
        let schema = self.types.get(resource_type)?;
        schema.parsed.get_or_init(|| serde_json::from_str(schema.text.get()).ok()).as_ref()
    }

    /// The types that the set holds, sorted.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.types.keys().map(String::as_str)
    }
}

/// The schema of a resource type or a nested block.
#[derive(Debug, Clone, Default, PartialEq, serde::Deserialize, serde::Serialize)]
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
#[derive(Debug, Clone, PartialEq, serde::Deserialize, serde::Serialize)]
pub struct AttributeSchema {
    /// Its type as cty writes types in JSON, for example `["set","string"]`.
    #[serde(rename = "type")]
    pub cty_type: Value,
    /// `r` required, `o` optional, `c` computed, `s` sensitive, `w` write-only; `d` what is planned where it is left
    /// unset is known.
    #[serde(default)]
    pub flags: String,
    /// With flag `d`: what is planned where it is left unset, unless that is null.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default: Option<Value>,
    /// The attributes within, where each has flags of its own (`nested_type` of plugin protocol 6). The type tells their
    /// shapes all the same.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub nested: BTreeMap<String, AttributeSchema>,
}

/// One nested block.
#[derive(Debug, Clone, PartialEq, serde::Deserialize, serde::Serialize)]
pub struct BlockSchema {
    /// How many there may be, and whether their order means something.
    pub nesting: Nesting,
    /// `d`: where it is left unset, none is planned.
    #[serde(default)]
    pub flags: String,
    /// Attributes by name.
    #[serde(default)]
    pub attributes: BTreeMap<String, AttributeSchema>,
    /// Nested blocks by name.
    #[serde(default)]
    pub blocks: BTreeMap<String, BlockSchema>,
}

/// How a nested block repeats.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Deserialize, serde::Serialize)]
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

impl TypeSchema {
    /// This schema, with what another one of the same type knows beyond it: what is planned for what is left unset.
    pub fn with_unset_of(mut self, other: &Self) -> Self {
        learn(&mut self.attributes, &mut self.blocks, &other.attributes, &other.blocks);
        self
    }
}

fn learn(
    attributes: &mut BTreeMap<String, AttributeSchema>,
    blocks: &mut BTreeMap<String, BlockSchema>,
    known_attributes: &BTreeMap<String, AttributeSchema>,
    known_blocks: &BTreeMap<String, BlockSchema>,
) {
    for (name, attribute) in attributes {
        if let Some(known) = known_attributes.get(name).filter(|known| known.unset().is_some())
            && attribute.unset().is_none()
        {
            attribute.flags.push('d');
            attribute.default.clone_from(&known.default);
        }
    }
    for (name, block) in blocks {
        let Some(known) = known_blocks.get(name) else { continue };
        if known.unset().is_some() && block.unset().is_none() {
            block.flags.push('d');
        }
        learn(&mut block.attributes, &mut block.blocks, &known.attributes, &known.blocks);
    }
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

    /// What a plan says where a configuration leaves it unset; none where that is not known.
    pub fn unset(&self) -> Option<&Value> {
        self.flags.contains('d').then(|| self.default.as_ref().unwrap_or(&Value::Null))
    }

    /// The shape of the attribute's value.
    pub fn shape(&self) -> Shape {
        cty_shape(&self.cty_type)
    }
}

impl BlockSchema {
    /// What a plan says where a configuration has no such block; none where that is not known.
    pub fn unset(&self) -> Option<&Value> {
        self.flags.contains('d').then_some(&Value::Null)
    }
}

/// The shape of a cty type as it stands in [`AttributeSchema::cty_type`].
pub fn cty_shape(cty_type: &Value) -> Shape {
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

/// The cty type of what lies inside a list, set or map (`name` is not looked at) or of the named attribute of an object.
pub fn cty_element<'a>(cty_type: &'a Value, name: &str) -> Option<&'a Value> {
    let parts = cty_type.as_array()?;
    match parts.first()?.as_str()? {
        "object" => parts.get(1)?.get(name),
        "list" | "set" | "map" => parts.get(1),
        _ => None,
    }
}
