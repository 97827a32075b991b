//! Values in the language's own syntax, as `terraform console` prints them.
//! Knows nothing of expressions.

use super::types::Type;
use super::value::{Kind, Value};
use std::collections::BTreeMap;
use std::sync::Arc;

/// The value over as many lines as it takes. What is sensitive or not known is said to be.
pub(crate) fn to_hcl(value: &Value) -> String {
    let mut out = String::new();
    write(value, 0, &mut out);
    out
}

fn write(value: &Value, indent: usize, out: &mut String) {
    if !value.is_known() {
        return out.push_str("(known after apply)");
    }
    if value.marks.sensitive {
        return out.push_str("(sensitive value)");
    }
    if value.marks.ephemeral {
        return out.push_str("(ephemeral value)");
    }
    match &value.kind {
        Kind::Unknown(..) => out.push_str("(known after apply)"),
        Kind::Null(of) => match of {
            Type::String => out.push_str("tostring(null)"),
            Type::Number => out.push_str("tonumber(null)"),
            Type::Bool => out.push_str("tobool(null)"),
            Type::List(element) => out.push_str(&format!("tolist(null) /* of {} */", element.name())),
            Type::Set(element) => out.push_str(&format!("toset(null) /* of {} */", element.name())),
            Type::Map(element) => out.push_str(&format!("tomap(null) /* of {} */", element.name())),
            Type::Tuple(_) => out.push_str("null /* tuple */"),
            Type::Object(_) => out.push_str("null /* object */"),
            Type::Dynamic => out.push_str("null"),
        },
        Kind::Bool(value) => out.push_str(if *value { "true" } else { "false" }),
        Kind::Number(number) => out.push_str(&number.to_string()),
        Kind::String(text) => write_text(text, indent, out),
        Kind::List(_, items) => call("tolist", out, |out| sequence(&items.values, indent, out)),
        Kind::Set(_, items) => call("toset", out, |out| sequence(&items.values, indent, out)),
        Kind::Map(_, items) => call("tomap", out, |out| mapping(&items.values, indent, out)),
        Kind::Tuple(items) => sequence(&items.values, indent, out),
        Kind::Object(items) => mapping(&items.values, indent, out),
    }
}

fn call(name: &str, out: &mut String, inner: impl FnOnce(&mut String)) {
    out.push_str(name);
    out.push('(');
    inner(out);
    out.push(')');
}

fn new_line(indent: usize, out: &mut String) {
    out.push('\n');
    out.extend(std::iter::repeat_n(' ', indent));
}

fn sequence(values: &[Value], indent: usize, out: &mut String) {
    if values.is_empty() {
        return out.push_str("[]");
    }
    out.push('[');
    for value in values {
        new_line(indent + 2, out);
        write(value, indent + 2, out);
        out.push(',');
    }
    new_line(indent, out);
    out.push(']');
}

fn mapping(entries: &BTreeMap<Arc<str>, Value>, indent: usize, out: &mut String) {
    if entries.is_empty() {
        return out.push_str("{}");
    }
    out.push('{');
    for (key, value) in entries {
        new_line(indent + 2, out);
        super::set::quoted(key, out);
        out.push_str(" = ");
        write(value, indent + 2, out);
    }
    new_line(indent, out);
    out.push('}');
}

/// Text of several lines is a heredoc, with an end marker that is no line of it.
fn write_text(text: &str, indent: usize, out: &mut String) {
    if !text.contains('\n') {
        return super::set::quoted(text, out);
    }
    let lines: Vec<&str> = text.split('\n').collect();
    let mut marker = String::from("EOT");
    while lines.iter().any(|line| line.trim() == marker) {
        marker.push('_');
    }
    out.push_str(if indent > 0 { "<<-" } else { "<<" });
    out.push_str(&marker);
    for line in lines {
        new_line(indent, out);
        out.push_str(line);
    }
    new_line(indent, out);
    out.push_str(&marker);
}
