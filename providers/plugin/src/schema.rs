//! Schemas as a provider tells them: the type of a value, and what comparing needs to know of it.
//! Knows nothing of calls.

use crate::cty::Type;
use crate::wire::{Attribute5, Attribute6, Block, IdentitySchema, NestedAttributes, Schema as Message};
use bytes::Bytes;
use prost::Message as _;
use provider_api::{AttributeSchema, BlockSchema, Nesting, TypeSchema};
use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::Arc;

/// The two versions of the protocol.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Protocol {
    V5,
    V6,
}

/// The schema of a resource type or of a provider's configuration.
#[derive(Debug, Clone)]
pub(crate) struct Schema {
    /// The version that state records.
    pub(crate) version: u64,
    /// The type of a whole object.
    pub(crate) of: Type,
    /// The same for comparing.
    pub(crate) told: Arc<TypeSchema>,
}

impl Schema {
    /// Reads a schema message.
    ///
    /// # Errors
    /// Says what cannot be understood.
    pub(crate) fn decode(protocol: Protocol, bytes: &Bytes) -> Result<Self, String> {
        let unreadable = |_| "a schema that cannot be read".to_owned();
        let (version, body) = match protocol {
            Protocol::V5 => {
                let message = Message::<Attribute5>::decode(bytes.clone()).map_err(unreadable)?;
                (message.version, body(message.block.unwrap_or_default())?)
            }
            Protocol::V6 => {
                let message = Message::<Attribute6>::decode(bytes.clone()).map_err(unreadable)?;
                (message.version, body(message.block.unwrap_or_default())?)
            }
        };
        let version = u64::try_from(version).map_err(|_| "a schema with a version below zero".to_owned())?;
        let told = TypeSchema { version, attributes: body.attributes, blocks: body.blocks };
        Ok(Self { version, of: body.of, told: Arc::new(told) })
    }
}

/// The type of an identity.
pub(crate) fn identity_type(schema: &IdentitySchema) -> Option<Type> {
    let attributes = schema.attributes.iter();
    let typed =
        attributes.map(|one| Some((one.name.clone(), Type::parse(&serde_json::from_slice(&one.cty_type).ok()?)?)));
    typed.collect::<Option<BTreeMap<_, _>>>().map(Type::Object)
}

/// Attributes and nested blocks, with the type of an object of them.
struct Body {
    of: Type,
    attributes: BTreeMap<String, AttributeSchema>,
    blocks: BTreeMap<String, BlockSchema>,
}

/// An attribute of either protocol.
trait Attribute: prost::Message + Default + std::fmt::Debug {
    fn told(self) -> Result<(String, Type, AttributeSchema), String>;
}

impl Attribute for Attribute5 {
    fn told(self) -> Result<(String, Type, AttributeSchema), String> {
        let (of, cty_type) = parsed(&self.cty_type)?;
        let flags = flags([self.required, self.optional, self.computed, self.sensitive, self.write_only]);
        Ok((self.name, of, AttributeSchema { cty_type, flags, default: None, nested: BTreeMap::new() }))
    }
}

impl Attribute for Attribute6 {
    fn told(self) -> Result<(String, Type, AttributeSchema), String> {
        let flags = flags([self.required, self.optional, self.computed, self.sensitive, self.write_only]);
        let (of, cty_type, nested) = match self.nested {
            Some(nested) => nested_type(nested)?,
            None => {
                let (of, cty_type) = parsed(&self.cty_type)?;
                (of, cty_type, BTreeMap::new())
            }
        };
        Ok((self.name, of, AttributeSchema { cty_type, flags, default: None, nested }))
    }
}

fn parsed(bytes: &[u8]) -> Result<(Type, Value), String> {
    let json: Value = serde_json::from_slice(bytes).map_err(|_| "a schema with a type that is no JSON".to_owned())?;
    let of = Type::parse(&json).ok_or("a schema with a type that does not exist")?;
    Ok((of, json))
}

/// In the order required, optional, computed, sensitive, write-only; see [`AttributeSchema::flags`].
fn flags(told: [bool; 5]) -> String {
    "rocsw".chars().zip(told).filter(|(_, holds)| *holds).map(|(flag, _)| flag).collect()
}

fn nested_type(nested: NestedAttributes) -> Result<(Type, Value, BTreeMap<String, AttributeSchema>), String> {
    let mut types = BTreeMap::new();
    let mut attributes = BTreeMap::new();
    for attribute in nested.attributes {
        let (name, of, schema) = attribute.told()?;
        types.insert(name.clone(), of);
        attributes.insert(name, schema);
    }
    let entries = attributes.iter().map(|(name, schema)| (name.clone(), schema.cty_type.clone()));
    let object = Value::from(vec![Value::from("object"), Value::Object(entries.collect())]);
    let nesting = nesting(nested.nesting)?;
    let cty_type = match nesting {
        Nesting::Single | Nesting::Group => object,
        Nesting::List => Value::from(vec![Value::from("list"), object]),
        Nesting::Set => Value::from(vec![Value::from("set"), object]),
        Nesting::Map => Value::from(vec![Value::from("map"), object]),
    };
    Ok((Type::Object(types).nested(nesting), cty_type, attributes))
}

fn body<A: Attribute>(block: Block<A>) -> Result<Body, String> {
    let mut types = BTreeMap::new();
    let mut attributes = BTreeMap::new();
    let mut blocks = BTreeMap::new();
    for attribute in block.attributes {
        let (name, of, schema) = attribute.told()?;
        types.insert(name.clone(), of);
        attributes.insert(name, schema);
    }
    for nested in block.blocks {
        let nesting = nesting(nested.nesting)?;
        let inner = body(nested.block.unwrap_or_default())?;
        types.insert(nested.type_name.clone(), inner.of.nested(nesting));
        let schema = BlockSchema { nesting, flags: String::new(), attributes: inner.attributes, blocks: inner.blocks };
        blocks.insert(nested.type_name, schema);
    }
    Ok(Body { of: Type::Object(types), attributes, blocks })
}

fn nesting(number: i32) -> Result<Nesting, String> {
    match number {
        1 => Ok(Nesting::Single),
        2 => Ok(Nesting::List),
        3 => Ok(Nesting::Set),
        4 => Ok(Nesting::Map),
        5 => Ok(Nesting::Group),
        _ => Err("a schema with a nesting that does not exist".into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::NestedBlock;
    use serde_json::json;

    fn attribute(name: &str, cty_type: &'static str) -> Attribute6 {
        Attribute6 { name: name.into(), cty_type: cty_type.into(), optional: true, ..Attribute6::default() }
    }

    #[test]
    fn nested_attributes_keep_their_own_flags() {
        let nested = NestedAttributes {
            attributes: vec![
                attribute("user", "\"string\""),
                Attribute6 { sensitive: true, ..attribute("password", "\"string\"") },
            ],
            nesting: 3,
        };
        let login = Attribute6 { nested: Some(nested), computed: true, ..attribute("login", "") };
        let rule = NestedBlock {
            type_name: "rule".into(),
            block: Some(Block { attributes: vec![attribute("port", "\"number\"")], blocks: Vec::new() }),
            nesting: 2,
        };
        let block = Block { attributes: vec![login], blocks: vec![rule] };
        let bytes = Message { version: 3, block: Some(block) }.encode_to_vec().into();
        let schema = Schema::decode(Protocol::V6, &bytes).expect("a schema");
        assert_eq!(schema.version, 3);
        let expected = json!(["object", {
            "login": ["set", ["object", {"user": "string", "password": "string"}]],
            "rule": ["list", ["object", {"port": "number"}]]}]);
        assert_eq!(Some(schema.of), Type::parse(&expected));
        let login = &schema.told.attributes["login"];
        assert_eq!((login.flags.as_str(), login.nested["password"].flags.as_str()), ("oc", "os"));
        assert_eq!(login.shape(), provider_api::Shape::Set);
    }

    #[test]
    fn a_protocol_5_flag_is_not_taken_for_a_nested_type() {
        let attribute =
            Attribute5 { name: "key".into(), cty_type: "\"string\"".into(), write_only: true, ..Attribute5::default() };
        let block = Block { attributes: vec![attribute], blocks: Vec::new() };
        let bytes = Message { version: 0, block: Some(block) }.encode_to_vec().into();
        let schema = Schema::decode(Protocol::V5, &bytes).expect("a schema");
        assert!(schema.told.attributes["key"].write_only());
        assert!(Schema::decode(Protocol::V5, &Bytes::from_static(b"\xff")).is_err());
    }
}
