//! Terraform's values as they travel to and from a provider, and as state writes them.
//! Knows nothing of calls.
//!
//! The encoding is that of `cty` (<https://github.com/zclconf/go-cty/blob/main/cty/msgpack>): MessagePack, with numbers that
//! do not fit as decimal text, values of dynamic type as a pair of type and value, and extensions for what is not known.

use crate::cty::Type;
use rmpv::ValueRef;
use serde_json::{Map, Number, Value};

/// Deeper than any provider nests.
const MAX_DEPTH: usize = 200;

/// The longest decimal text of a number that is believed.
const MAX_DIGITS: usize = 4096;

/// `nil`: a null of any type.
pub(crate) const NULL: &[u8] = &[0xc0];

/// A value as JSON, in the form in which state keeps it.
///
/// # Errors
/// Says what is wrong, and holds nothing of the value: not MessagePack, not of the type, or not known.
pub(crate) fn decode(of: &Type, bytes: &[u8]) -> Result<Value, String> {
    let mut rest = bytes;
    let value = rmpv::decode::read_value_ref_with_max_depth(&mut rest, MAX_DEPTH)
        .map_err(|_| "an answer that is no MessagePack, ends early or nests too deeply".to_owned())?;
    if !rest.is_empty() {
        return Err("an answer with something behind its value".into());
    }
    json(of, &value)
}

fn json(of: &Type, value: &ValueRef<'_>) -> Result<Value, String> {
    let other = || Err(format!("a value that is no {}", name(of)));
    match (of, value) {
        (_, ValueRef::Nil) => Ok(Value::Null),
        (_, ValueRef::Ext(..)) => Err("a value that is not known".into()),
        (Type::Bool, ValueRef::Boolean(flag)) => Ok(Value::from(*flag)),
        (Type::Number, value) => number(value),
        (Type::String, ValueRef::String(text)) => text.as_str().map_or_else(other, |text| Ok(Value::from(text))),
        (Type::List(inner) | Type::Set(inner), ValueRef::Array(elements)) => {
            elements.iter().map(|element| json(inner, element)).collect::<Result<Vec<_>, _>>().map(Value::Array)
        }
        (Type::Tuple(types), ValueRef::Array(elements)) if types.len() == elements.len() => {
            let pairs = types.iter().zip(elements);
            pairs.map(|(inner, element)| json(inner, element)).collect::<Result<Vec<_>, _>>().map(Value::Array)
        }
        (Type::Map(inner), ValueRef::Map(entries)) => entries
            .iter()
            .map(|(key, value)| Ok((text(key)?, json(inner, value)?)))
            .collect::<Result<_, _>>()
            .map(Value::Object),
        (Type::Object(attributes), ValueRef::Map(entries)) => object(attributes, entries),
        (Type::Dynamic, ValueRef::Array(parts)) => dynamic(parts),
        _ => other(),
    }
}

fn object(
    attributes: &std::collections::BTreeMap<String, Type>,
    entries: &[(ValueRef<'_>, ValueRef<'_>)],
) -> Result<Value, String> {
    let mut object = Map::new();
    for (key, value) in entries {
        let key = text(key)?;
        let Some(inner) = attributes.get(&key) else {
            return Err("an object with an attribute that its schema does not have".into());
        };
        object.insert(key, json(inner, value)?);
    }
    match object.len() == attributes.len() && entries.len() == attributes.len() {
        true => Ok(Value::Object(object)),
        false => Err("an object without all attributes of its schema".into()),
    }
}

/// State keeps such a value beside its type.
fn dynamic(parts: &[ValueRef<'_>]) -> Result<Value, String> {
    let [ValueRef::Binary(of), value] = parts else { return Err("a value of any type without its type".into()) };
    let of: Value = serde_json::from_slice(of).map_err(|_| "a type that is no JSON".to_owned())?;
    let inner = Type::parse(&of).ok_or("a type that does not exist")?;
    let value = json(&inner, value)?;
    Ok(Value::Object(Map::from_iter([("value".to_owned(), value), ("type".to_owned(), of)])))
}

fn text(value: &ValueRef<'_>) -> Result<String, String> {
    match value {
        ValueRef::String(text) => text.as_str().map(str::to_owned).ok_or_else(|| "a name that is no text".into()),
        _ => Err("a name that is no text".into()),
    }
}

fn number(value: &ValueRef<'_>) -> Result<Value, String> {
    let wrong = || "a value that is no number".to_owned();
    match value {
        ValueRef::Integer(integer) => {
            let signed = integer.as_i64().map(Number::from);
            signed.or_else(|| integer.as_u64().map(Number::from)).map(Value::Number).ok_or_else(wrong)
        }
        ValueRef::F32(float) => Number::from_f64(f64::from(*float)).map(Value::Number).ok_or_else(wrong),
        ValueRef::F64(float) => Number::from_f64(*float).map(Value::Number).ok_or_else(wrong),
        ValueRef::String(text) => {
            let text = text.as_str().filter(|text| text.len() <= MAX_DIGITS).ok_or_else(wrong)?;
            text.parse::<Number>().map(Value::Number).map_err(|_| wrong())
        }
        _ => Err(wrong()),
    }
}

fn name(of: &Type) -> &'static str {
    match of {
        Type::Bool => "boolean",
        Type::Number => "number",
        Type::String => "string",
        Type::Dynamic => "value with its type",
        Type::List(_) | Type::Set(_) | Type::Tuple(_) => "list",
        Type::Map(_) | Type::Object(_) => "object",
    }
}

/// Encodes a JSON value as one of a type, converted as the language converts arguments: `true` for a string is `"true"`,
/// `"5"` for a number is 5. What is absent of an object is null.
///
/// # Errors
/// Names the place and the type that was expected; holds nothing of the value.
pub(crate) fn encode(of: &Type, value: &Value) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::new();
    write(of, value, "", &mut bytes)?;
    Ok(bytes)
}

fn write(of: &Type, value: &Value, at: &str, out: &mut Vec<u8>) -> Result<(), String> {
    let expected = || format!("`{at}` is no {}", name(of));
    let inside = |name: &str| if at.is_empty() { name.to_owned() } else { format!("{at}.{name}") };
    match (of, value) {
        (_, Value::Null) => put(rmp::encode::write_nil(out)),
        (Type::Bool, Value::Bool(flag)) => put(rmp::encode::write_bool(out, *flag)),
        (Type::Bool, Value::String(text)) => match text.as_str() {
            "true" | "1" => put(rmp::encode::write_bool(out, true)),
            "false" | "0" => put(rmp::encode::write_bool(out, false)),
            _ => Err(expected()),
        },
        (Type::Number, Value::Number(number)) => write_number(number, out),
        (Type::Number, Value::String(text)) => write_number(&text.trim().parse().map_err(|_| expected())?, out),
        (Type::String, Value::String(text)) => put(rmp::encode::write_str(out, text)),
        (Type::String, Value::Number(_) | Value::Bool(_)) => put(rmp::encode::write_str(out, &value.to_string())),
        (Type::List(inner) | Type::Set(inner), Value::Array(elements)) => {
            array(elements.len(), out)?;
            elements
                .iter()
                .enumerate()
                .try_for_each(|(at, element)| write(inner, element, &inside(&at.to_string()), out))
        }
        // One nested block of the JSON syntax may be written without a list around it.
        (Type::List(inner) | Type::Set(inner), Value::Object(_)) => {
            array(1, out)?;
            write(inner, value, at, out)
        }
        (Type::Tuple(types), Value::Array(elements)) if types.len() == elements.len() => {
            array(elements.len(), out)?;
            types.iter().zip(elements).try_for_each(|(inner, element)| write(inner, element, at, out))
        }
        (Type::Map(inner), Value::Object(entries)) => {
            map(entries.len(), out)?;
            entries.iter().try_for_each(|(key, value)| {
                put(rmp::encode::write_str(out, key))?;
                write(inner, value, &inside(key), out)
            })
        }
        // A nested block that occurs once at most.
        (Type::Object(_) | Type::Map(_), Value::Array(elements)) if elements.len() == 1 => {
            write(of, &elements[0], at, out)
        }
        (Type::Object(attributes), Value::Object(entries)) => {
            if let Some(stranger) = entries.keys().find(|name| !attributes.contains_key(*name)) {
                return Err(format!("the provider knows no argument `{}`", inside(stranger)));
            }
            map(attributes.len(), out)?;
            attributes.iter().try_for_each(|(name, inner)| {
                put(rmp::encode::write_str(out, name))?;
                write(inner, entries.get(name).unwrap_or(&Value::Null), &inside(name), out)
            })
        }
        (Type::Dynamic, value) => {
            let of = implied(value);
            array(2, out)?;
            put(rmp::encode::write_bin(out, of.to_string().as_bytes()))?;
            let inner = Type::parse(&of).ok_or_else(expected)?;
            write(&inner, value, at, out)
        }
        _ => Err(expected()),
    }
}

/// The type that a JSON value has by itself.
fn implied(value: &Value) -> Value {
    match value {
        Value::Null => Value::from("dynamic"),
        Value::Bool(_) => Value::from("bool"),
        Value::Number(_) => Value::from("number"),
        Value::String(_) => Value::from("string"),
        Value::Array(elements) => {
            Value::from(vec![Value::from("tuple"), Value::Array(elements.iter().map(implied).collect())])
        }
        Value::Object(entries) => {
            let types = entries.iter().map(|(name, value)| (name.clone(), implied(value)));
            Value::from(vec![Value::from("object"), Value::Object(types.collect())])
        }
    }
}

fn write_number(number: &Number, out: &mut Vec<u8>) -> Result<(), String> {
    match number.as_i64() {
        Some(integer) => put(rmp::encode::write_sint(out, integer)),
        // Everything else exactly, as decimal text.
        None => put(rmp::encode::write_str(out, &number.to_string())),
    }
}

fn array(length: usize, out: &mut Vec<u8>) -> Result<(), String> {
    put(rmp::encode::write_array_len(out, u32::try_from(length).map_err(|error| error.to_string())?))
}

fn map(length: usize, out: &mut Vec<u8>) -> Result<(), String> {
    put(rmp::encode::write_map_len(out, u32::try_from(length).map_err(|error| error.to_string())?))
}

/// Writing to memory does not fail.
fn put<T, E: std::fmt::Display>(written: Result<T, E>) -> Result<(), String> {
    written.map(drop).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    fn of(json: Value) -> Type {
        Type::parse(&json).expect("a type")
    }

    #[track_caller]
    fn round(kind: Value, value: Value, expected: Value) {
        let of = of(kind);
        let bytes = encode(&of, &value).expect("encoded");
        assert_eq!(decode(&of, &bytes).expect("decoded").to_string(), expected.to_string(), "{value}");
    }

    #[test]
    fn values_travel_and_come_back_as_state_writes_them() {
        let big: Value = serde_json::from_str("123456789012345678901234567890.5").expect("a number");
        round(json!("number"), big.clone(), big);
        round(json!("number"), json!("0.1"), json!(0.1));
        round(json!("number"), json!(-7), json!(-7));
        round(json!("string"), json!(true), json!("true"));
        round(json!("bool"), json!("false"), json!(false));
        round(json!(["set", "string"]), json!(["b", "a"]), json!(["b", "a"]));
        round(json!(["map", "number"]), json!({"x": 1}), json!({"x": 1}));
        round(json!(["object", {"a": "string", "b": "number"}]), json!({"a": "x"}), json!({"a": "x", "b": null}));
        round(json!(["list", ["object", {"a": "string"}]]), json!({"a": "x"}), json!([{"a": "x"}]));
        round(json!("dynamic"), json!([1, "a"]), json!({"type": ["tuple", ["number", "string"]], "value": [1, "a"]}));
        round(json!("dynamic"), json!(null), json!(null));
    }

    #[test]
    fn what_is_not_of_the_type_is_refused_without_its_value() {
        let secret = encode(&of(json!("number")), &json!("s3cret")).expect_err("no number");
        assert!(!secret.contains("s3cret"));
        assert!(encode(&of(json!(["object", {}])), &json!({"x": 1})).is_err());
        // fixext 1 of type 0: not known.
        assert_eq!(decode(&Type::String, &[0xd4, 0, 0]), Err("a value that is not known".into()));
        // An array that claims four thousand million elements.
        assert!(decode(&of(json!(["list", "string"])), &[0xdd, 0xff, 0xff, 0xff, 0xff]).is_err());
        assert!(decode(&Type::String, b"").is_err());
        assert!(decode(&Type::Bool, &[0xc3, 0xc3]).is_err());
        assert!(decode(&of(json!(["object", {"a": "bool"}])), &[0x80]).is_err());
        let infinite = [0xcb, 0x7f, 0xf0, 0, 0, 0, 0, 0, 0];
        assert!(decode(&Type::Number, &infinite).is_err());
        let deep = [0x91_u8; 100_000];
        assert!(decode(&Type::Dynamic, &deep).is_err());
    }

    proptest! {
        #[test]
        fn any_bytes_are_a_value_or_an_error(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            for kind in [json!("dynamic"), json!(["list", "dynamic"]), json!(["object", {"a": ["map", "number"]}])] {
                let _ = decode(&of(kind), &bytes);
            }
        }
    }
}
