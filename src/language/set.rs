//! The order of a set's elements, and which of them are the same.
//! Knows nothing of expressions.
//!
//! Strings, numbers and booleans have their natural order. Anything else is ordered by a text that cty makes of it
//! (`set_internals.go`); nobody chose that order, but configurations that turn such sets into lists show it.

use super::operators::equal;
use super::value::{Kind, Value};
use std::cmp::Ordering;

/// The elements in order, each once. Elements that are not known are all different.
pub(super) fn arranged(mut values: Vec<Value>) -> Vec<Value> {
    let plain = values.iter().all(|value| value.length().is_none());
    if plain {
        values.sort_by(compared);
        values.dedup_by(|one, other| one.is_known() && other.is_known() && equal(one, other) == Some(true));
        return values;
    }
    let mut keyed: Vec<(String, Value)> = values.into_iter().map(|value| (hashed(&value), value)).collect();
    // Null comes last, as in natural orders.
    keyed.sort_by(|(one, left), (other, right)| {
        (left.is_null(), one.as_bytes()).cmp(&(right.is_null(), other.as_bytes()))
    });
    keyed.dedup_by(|(one, left), (other, right)| one == other && equal(left, right) == Some(true));
    keyed.into_iter().map(|(_, value)| value).collect()
}

fn compared(one: &Value, other: &Value) -> Ordering {
    let rank = |value: &Value| match value.kind {
        Kind::Unknown(..) => 1,
        Kind::Null(_) => 2,
        _ => 0,
    };
    match (&one.kind, &other.kind) {
        (Kind::String(one), Kind::String(other)) => one.cmp(other),
        (Kind::Number(one), Kind::Number(other)) => one.cmp(other),
        (Kind::Bool(one), Kind::Bool(other)) => one.cmp(other),
        _ => rank(one).cmp(&rank(other)),
    }
}

fn hashed(value: &Value) -> String {
    let mut text = String::new();
    hash(value, &mut text);
    text
}

fn hash(value: &Value, out: &mut String) {
    match &value.kind {
        Kind::Unknown(..) => out.push('?'),
        Kind::Null(_) => out.push('~'),
        Kind::Bool(value) => out.push(if *value { 'T' } else { 'F' }),
        Kind::Number(number) => out.push_str(&number.general(Some(10))),
        Kind::String(text) => quoted(text, out),
        Kind::List(_, items) | Kind::Set(_, items) => {
            out.push('[');
            for value in &items.values {
                hash(value, out);
                out.push(';');
            }
            out.push(']');
        }
        Kind::Map(_, items) => {
            out.push('{');
            for (key, value) in &items.values {
                quoted(key, out);
                out.push(':');
                hash(value, out);
                out.push(';');
            }
            out.push('}');
        }
        Kind::Object(items) => {
            out.push('<');
            for value in items.values.values() {
                hash(value, out);
                out.push(';');
            }
            out.push('>');
        }
        Kind::Tuple(items) => {
            out.push('<');
            for value in &items.values {
                hash(value, out);
                out.push(';');
            }
            out.push('>');
        }
    }
}

/// A string as Go's `%q` writes it.
pub(super) fn quoted(text: &str, out: &mut String) {
    out.push('"');
    for character in text.chars() {
        match character {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\u{7}' => out.push_str("\\a"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\u{b}' => out.push_str("\\v"),
            character if (character as u32) < 0x20 || character as u32 == 0x7f => {
                out.push_str(&format!("\\x{:02x}", character as u32));
            }
            character if unprintable(character) => match character as u32 {
                code if code < 0x1_0000 => out.push_str(&format!("\\u{code:04x}")),
                code => out.push_str(&format!("\\U{code:08x}")),
            },
            character => out.push(character),
        }
    }
    out.push('"');
}

/// What Go's `strconv.IsPrint` refuses, as far as it matters: controls, spaces but U+0020, formatting, private use and
/// what is not assigned as character.
fn unprintable(character: char) -> bool {
    let code = character as u32;
    character.is_control()
        || character.is_whitespace() && character != ' '
        || matches!(code, 0xad | 0x200b..=0x200f | 0x202a..=0x202e | 0x2060..=0x206f | 0xfeff | 0xe000..=0xf8ff
            | 0xfff0..=0xfffb | 0xf_0000..=0x10_ffff)
}
