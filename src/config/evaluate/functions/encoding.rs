//! Functions that encode values as text.
//! Know nothing of references.

use super::Outcome;
use crate::config::evaluate::number::Number;
use crate::config::evaluate::value::Value;
use std::fmt::Write;

pub(super) fn call(name: &str, arguments: &[Value]) -> Outcome {
    match (name, arguments) {
        ("jsonencode", [value]) => {
            let mut text = String::new();
            json(value, &mut text)?;
            Some(Value::string(text))
        }
        ("jsondecode", [Value::String(text)]) => Some(decoded(&serde_json::from_str(text).ok()?)),
        ("base64encode", [Value::String(text)]) => Some(Value::string(base64(text.as_bytes()))),
        _ => None,
    }
}

/// Compact JSON with sorted keys and with `<`, `>`, `&` and the two line separators escaped, as Go writes it.
fn json(value: &Value, text: &mut String) -> Option<()> {
    match value {
        Value::Unknown => return None,
        Value::Null => text.push_str("null"),
        Value::Bool(value) => text.push_str(if *value { "true" } else { "false" }),
        Value::Number(number) => text.push_str(&number.to_string()),
        Value::String(string) => quoted(string, text)?,
        Value::Set(_) if !value.is_ordered() => return None,
        Value::List(items) | Value::Set(items) => {
            text.push('[');
            for (position, element) in items.values.iter().enumerate() {
                if position > 0 {
                    text.push(',');
                }
                json(element, text)?;
            }
            text.push(']');
        }
        Value::Map(items) => {
            text.push('{');
            for (position, (name, element)) in items.values.iter().enumerate() {
                if position > 0 {
                    text.push(',');
                }
                quoted(name, text)?;
                text.push(':');
                json(element, text)?;
            }
            text.push('}');
        }
    }
    Some(())
}

fn quoted(string: &str, text: &mut String) -> Option<()> {
    text.push('"');
    for character in string.chars() {
        match character {
            '"' => text.push_str("\\\""),
            '\\' => text.push_str("\\\\"),
            '\n' => text.push_str("\\n"),
            '\r' => text.push_str("\\r"),
            '\t' => text.push_str("\\t"),
            // Releases differ in how they write these two.
            '\u{8}' | '\u{c}' => return None,
            '<' | '>' | '&' | '\u{2028}' | '\u{2029}' | '\0'..='\u{1f}' => {
                write!(text, "\\u{:04x}", u32::from(character)).ok()?;
            }
            character => text.push(character),
        }
    }
    text.push('"');
    Some(())
}

fn decoded(value: &serde_json::Value) -> Value {
    match value {
        serde_json::Value::Null => Value::Null,
        serde_json::Value::Bool(value) => Value::Bool(*value),
        serde_json::Value::Number(number) => Number::parse(&number.to_string()).map_or(Value::Unknown, Value::Number),
        serde_json::Value::String(text) => Value::string(text.as_str()),
        serde_json::Value::Array(elements) => Value::list(elements.iter().map(decoded).collect()),
        serde_json::Value::Object(entries) => {
            Value::map(entries.iter().map(|(name, value)| (name.as_str().into(), decoded(value))).collect())
        }
    }
}

fn base64(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let group = chunk.iter().fold(0_u32, |group, byte| group << 8 | u32::from(*byte)) << (8 * (3 - chunk.len()));
        for position in 0..4 {
            let sextet = (group >> (18 - 6 * position)) & 63;
            text.push(if position <= chunk.len() { char::from(ALPHABET[sextet as usize]) } else { '=' });
        }
    }
    text
}
