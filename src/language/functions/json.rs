//! JSON as Terraform writes it: compact, with sorted keys, and safe inside of HTML, as Go does it.
//! Knows nothing of expressions.

use crate::language::value::{Kind, Value};
use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::Arc;

/// A value that is known throughout.
pub(super) fn encoded(value: &Value) -> String {
    let mut text = String::new();
    write_value(value, &mut text);
    text
}

fn write_value(value: &Value, out: &mut String) {
    match &value.kind {
        Kind::Unknown(..) | Kind::Null(_) => out.push_str("null"),
        Kind::Bool(value) => out.push_str(if *value { "true" } else { "false" }),
        Kind::Number(number) => out.push_str(&number.to_string()),
        Kind::String(text) => quoted(text, out),
        Kind::List(_, items) | Kind::Set(_, items) | Kind::Tuple(items) => {
            out.push('[');
            for (position, element) in items.values.iter().enumerate() {
                if position > 0 {
                    out.push(',');
                }
                write_value(element, out);
            }
            out.push(']');
        }
        Kind::Map(_, items) | Kind::Object(items) => entries(&items.values, out),
    }
}

fn entries(values: &BTreeMap<Arc<str>, Value>, out: &mut String) {
    out.push('{');
    for (position, (name, element)) in values.iter().enumerate() {
        if position > 0 {
            out.push(',');
        }
        quoted(name, out);
        out.push(':');
        write_value(element, out);
    }
    out.push('}');
}

fn quoted(text: &str, out: &mut String) {
    out.push('"');
    for character in text.chars() {
        match character {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            '<' | '>' | '&' | '\u{2028}' | '\u{2029}' | '\0'..='\u{1f}' => {
                let _ = write!(out, "\\u{:04x}", u32::from(character));
            }
            character => out.push(character),
        }
    }
    out.push('"');
}
