//! The resource types of the fake provider, and its values as JSON.
//! Knows nothing of calls.

use crate::wire::{
    Attribute, Block, Capabilities, IdentityAttribute, IdentitySchema, IdentitySchemas, Nested, NestedBlock, Schema,
    Schemas,
};
use serde_json::{Map, Value, json};
use std::collections::HashMap;

/// Stands for a value that is not known, where JSON has none.
pub const UNKNOWN: &str = "\u{0}unknown";

/// Attributes of any type travel with their type.
const DYNAMIC: &str = "any";

fn attribute(name: &str, of: Value, flags: &str) -> Attribute {
    Attribute {
        name: name.into(),
        r#type: of.to_string().into_bytes(),
        required: flags.contains('r'),
        optional: flags.contains('o'),
        computed: flags.contains('c'),
        sensitive: flags.contains('s'),
        nested: None,
    }
}

fn block(name: &str, nesting: i32, attributes: Vec<Attribute>) -> NestedBlock {
    let block = Block { version: 0, attributes, blocks: Vec::new() };
    NestedBlock { type_name: name.into(), block: Some(block), nesting }
}

/// A thing: something of everything. Version 0 called its name `title`.
fn thing() -> Schema {
    let attributes = vec![
        attribute("id", json!("string"), "c"),
        attribute("name", json!("string"), "r"),
        attribute("size", json!("number"), "o"),
        attribute("flavor", json!("string"), "oc"),
        attribute("tags", json!(["map", "string"]), "o"),
        attribute("secret", json!("string"), "os"),
        attribute("ports", json!(["set", "number"]), "o"),
        attribute(DYNAMIC, json!("dynamic"), "o"),
    ];
    let blocks = vec![
        block("rule", 3, vec![attribute("port", json!("number"), "r"), attribute("note", json!("string"), "o")]),
        block("limits", 2, vec![attribute("most", json!("number"), "o")]),
    ];
    Schema { version: 1, block: Some(Block { version: 1, attributes, blocks }) }
}

/// A box has no id, and in protocol 6 attributes within attributes.
fn r#box(protocol: u32) -> Schema {
    let within = vec![attribute("user", json!("string"), "o"), attribute("password", json!("string"), "os")];
    let login = match protocol {
        6 => Attribute {
            r#type: Vec::new(),
            nested: Some(Nested { attributes: within, nesting: 1 }),
            ..attribute("login", json!(null), "o")
        },
        _ => attribute("login", json!(["object", {"user": "string", "password": "string"}]), "os"),
    };
    let attributes = vec![attribute("name", json!("string"), "r"), login];
    Schema { version: 0, block: Some(Block { version: 0, attributes, blocks: Vec::new() }) }
}

/// Everything. `filler` types make a schema of many megabytes.
pub fn schemas(protocol: u32, filler: usize, optional: bool) -> Schemas {
    let configuration = vec![
        attribute("cloud", json!("string"), "o"),
        attribute("token", json!("string"), "os"),
        attribute("retries", json!("string"), "o"),
    ];
    let provider = Block {
        version: 0,
        attributes: configuration,
        blocks: vec![block("region", 2, vec![attribute("name", json!("string"), "o")])],
    };
    let mut resources = HashMap::from([("fake_thing".to_owned(), thing()), ("fake_box".to_owned(), r#box(protocol))]);
    for number in 0..filler {
        resources.insert(format!("fake_filler_{number}"), wide());
    }
    let nothing = Schema { version: 0, block: Some(Block::default()) };
    let below = Block { attributes: vec![attribute("parent", json!("string"), "r")], ..Block::default() };
    Schemas {
        provider: Some(Schema { version: 0, block: Some(provider) }),
        resources,
        diagnostics: Vec::new(),
        capabilities: Some(Capabilities { schema_optional: optional }),
        lists: HashMap::from([
            ("fake_thing".to_owned(), nothing.clone()),
            ("fake_box".to_owned(), nothing),
            ("fake_filler_0".to_owned(), Schema { version: 0, block: Some(below) }),
        ]),
    }
}

fn wide() -> Schema {
    let attributes = (0..200).map(|number| attribute(&format!("attribute_{number}"), json!(["map", "string"]), "oc"));
    Schema { version: 0, block: Some(Block { version: 0, attributes: attributes.collect(), blocks: Vec::new() }) }
}

/// A box is identified by its name; version 0 of identities called it `label`.
pub fn identities() -> IdentitySchemas {
    let name = IdentityAttribute { name: "name".into(), r#type: b"\"string\"".to_vec(), required_for_import: true };
    let schema = IdentitySchema { version: 1, attributes: vec![name] };
    IdentitySchemas { schemas: HashMap::from([("fake_box".to_owned(), schema)]) }
}

/// All attributes of a type, null where they are not set.
pub fn whole(type_name: &str, attributes: &Map<String, Value>) -> Map<String, Value> {
    let names: &[(&str, Value)] = match type_name {
        "fake_thing" => &[
            ("id", json!(null)),
            ("name", json!(null)),
            ("size", json!(null)),
            ("flavor", json!(null)),
            ("tags", json!(null)),
            ("secret", json!(null)),
            ("ports", json!(null)),
            (DYNAMIC, json!(null)),
            ("rule", json!([])),
            ("limits", json!([])),
        ],
        _ => &[("name", json!(null)), ("login", json!(null))],
    };
    let value = |(name, absent): &(&str, Value)| {
        let found = attributes.get(*name).cloned().unwrap_or_else(|| absent.clone());
        ((*name).to_owned(), if found.is_null() { absent.clone() } else { found })
    };
    names.iter().map(value).collect()
}

/// MessagePack of an object.
pub fn encode(attributes: &Map<String, Value>) -> Vec<u8> {
    let entries = attributes.iter().map(|(name, value)| {
        let value = match name.as_str() {
            DYNAMIC if !value.is_null() => typed(value),
            _ => pack(value),
        };
        (rmpv::Value::from(name.as_str()), value)
    });
    let mut bytes = Vec::new();
    rmpv::encode::write_value(&mut bytes, &rmpv::Value::Map(entries.collect())).expect("written");
    bytes
}

fn typed(value: &Value) -> rmpv::Value {
    let of = match value {
        Value::Bool(_) => json!("bool"),
        Value::Number(_) => json!("number"),
        Value::Array(elements) => json!(["tuple", elements.iter().map(|_| json!("string")).collect::<Vec<_>>()]),
        _ => json!("string"),
    };
    rmpv::Value::Array(vec![rmpv::Value::Binary(of.to_string().into_bytes()), pack(value)])
}

fn pack(value: &Value) -> rmpv::Value {
    match value {
        Value::Null => rmpv::Value::Nil,
        Value::Bool(flag) => rmpv::Value::from(*flag),
        Value::Number(number) => match (number.as_i64(), number.as_f64()) {
            (Some(integer), _) => rmpv::Value::from(integer),
            // As cty writes what a float cannot hold.
            (None, Some(float)) if float.fract().abs() == 0.5 => rmpv::Value::from(float),
            _ => rmpv::Value::from(number.to_string()),
        },
        Value::String(text) if text == UNKNOWN => rmpv::Value::Ext(0, vec![0]),
        Value::String(text) => rmpv::Value::from(text.as_str()),
        Value::Array(elements) => rmpv::Value::Array(elements.iter().map(pack).collect()),
        Value::Object(entries) => {
            rmpv::Value::Map(entries.iter().map(|(name, value)| (name.as_str().into(), pack(value))).collect())
        }
    }
}

/// JSON of an object in MessagePack; none of nil.
pub fn decode(bytes: &[u8]) -> Option<Map<String, Value>> {
    let value = rmpv::decode::read_value(&mut &*bytes).ok()?;
    let Value::Object(mut object) = unpack(&value) else { return None };
    if let Some(Value::Array(parts)) = object.get(DYNAMIC) {
        let plain = parts.get(1).cloned().unwrap_or_default();
        object.insert(DYNAMIC.into(), plain);
    }
    Some(object)
}

fn unpack(value: &rmpv::Value) -> Value {
    match value {
        rmpv::Value::Boolean(flag) => Value::from(*flag),
        rmpv::Value::Integer(integer) => integer.as_i64().map_or(Value::Null, Value::from),
        rmpv::Value::F64(float) => Value::from(*float),
        rmpv::Value::String(text) => Value::from(text.as_str().unwrap_or_default()),
        rmpv::Value::Array(elements) => Value::Array(elements.iter().map(unpack).collect()),
        rmpv::Value::Map(entries) => {
            let entry = |(name, value): &(rmpv::Value, rmpv::Value)| {
                (name.as_str().unwrap_or_default().to_owned(), unpack(value))
            };
            Value::Object(entries.iter().map(entry).collect())
        }
        rmpv::Value::Ext(..) => Value::from(UNKNOWN),
        _ => Value::Null,
    }
}
