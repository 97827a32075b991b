//! Writes HCL and JSON values as bytes that are equal exactly where the meaning is.
//! Knows nothing of blocks' names or of history.
//!
//! Depth is bounded by the parsers: 64 levels of nesting and 128 operators in HCL, 128 levels in JSON.

use hcl_edit::expr::{Expression, ObjectKey, TraversalOperator};
use hcl_edit::structure::{Block, Body, Structure};
use hcl_edit::template::{Directive, Element, Strip, Template};
use hcl_edit::{Formatted, Number};
use serde_json::Value;
use std::collections::BTreeMap;

/// The bytes of an expression.
pub(super) fn expression(value: &Expression) -> Vec<u8> {
    let mut out = Vec::new();
    write(&mut out, value);
    out
}

/// The bytes of a nested block: its labels and its body. Blocks of one name keep their order, attributes do not.
pub(super) fn block(block: &Block) -> Vec<u8> {
    let mut out = Vec::new();
    write_block(&mut out, block);
    out
}

/// The bytes of a JSON value.
pub(super) fn json(value: &Value) -> Vec<u8> {
    let mut out = Vec::new();
    write_json(&mut out, value);
    out
}

/// A text with its length in front, so that neighbours cannot run into one another.
pub(super) fn text(out: &mut Vec<u8>, bytes: &[u8]) {
    out.extend((bytes.len() as u64).to_le_bytes());
    out.extend(bytes);
}

fn tagged(out: &mut Vec<u8>, tag: u8, value: &str) {
    out.push(tag);
    text(out, value.as_bytes());
}

fn write_block(out: &mut Vec<u8>, block: &Block) {
    tagged(out, b'B', block.ident.as_str());
    out.extend((block.labels.len() as u64).to_le_bytes());
    for label in &block.labels {
        text(out, label.as_str().as_bytes());
    }
    write_body(out, &block.body);
}

fn write_body(out: &mut Vec<u8>, body: &Body) {
    let mut parts: BTreeMap<&str, Vec<u8>> = BTreeMap::new();
    for structure in body.iter() {
        match structure {
            Structure::Attribute(attribute) => {
                let part = parts.entry(attribute.key.as_str()).or_default();
                part.push(b'A');
                write(part, &attribute.value);
            }
            Structure::Block(block) => write_block(parts.entry(block.ident.as_str()).or_default(), block),
        }
    }
    for (name, part) in parts {
        text(out, name.as_bytes());
        text(out, &part);
    }
    out.push(b'E');
}

fn write(out: &mut Vec<u8>, value: &Expression) {
    match value {
        Expression::Null(_) => out.push(b'n'),
        Expression::Bool(value) => out.push(if *value.value() { b't' } else { b'f' }),
        Expression::Number(number) => tagged(out, b'#', &hcl_number(number)),
        Expression::String(value) => tagged(out, b's', value.value()),
        Expression::Variable(name) => tagged(out, b'v', name.as_str()),
        Expression::Parenthesis(inner) => write(out, inner.inner()),
        Expression::Array(array) => {
            out.push(b'[');
            array.iter().for_each(|value| write(out, value));
            out.push(b']');
        }
        Expression::Object(object) => {
            let entries = object.iter().map(|(key, value)| (object_key(key), expression(value.expr())));
            write_entries(out, entries.collect());
        }
        // A template of nothing but one interpolation is that expression; Terraform unwraps it too.
        Expression::StringTemplate(template) => match elements(template.iter()).as_slice() {
            [Element::Interpolation(inner)] if inner.strip == Strip::None => write(out, &inner.expr),
            _ => write_elements(out, template.iter()),
        },
        Expression::HeredocTemplate(heredoc) => write_template(out, &heredoc.template),
        Expression::Conditional(conditional) => {
            out.push(b'?');
            write(out, &conditional.cond_expr);
            write(out, &conditional.true_expr);
            write(out, &conditional.false_expr);
        }
        Expression::UnaryOp(operation) => {
            tagged(out, b'u', operation.operator.value().as_str());
            write(out, &operation.expr);
        }
        Expression::BinaryOp(operation) => {
            tagged(out, b'o', operation.operator.value().as_str());
            write(out, &operation.lhs_expr);
            write(out, &operation.rhs_expr);
        }
        Expression::FuncCall(_) | Expression::Traversal(_) | Expression::ForExpr(_) => write_compound(out, value),
    }
}

fn write_compound(out: &mut Vec<u8>, value: &Expression) {
    match value {
        Expression::FuncCall(call) => {
            out.push(b'c');
            for name in call.name.namespace.iter().chain([&call.name.name]) {
                tagged(out, b':', name.as_str());
            }
            out.push(if call.args.expand_final() { b'*' } else { b'(' });
            call.args.iter().for_each(|value| write(out, value));
            out.push(b')');
        }
        Expression::Traversal(traversal) => {
            out.push(b'.');
            write(out, &traversal.expr);
            for operator in &traversal.operators {
                match operator.value() {
                    TraversalOperator::AttrSplat(_) => out.push(b'a'),
                    TraversalOperator::FullSplat(_) => out.push(b'*'),
                    TraversalOperator::GetAttr(name) => tagged(out, b'g', name.as_str()),
                    TraversalOperator::Index(index) => {
                        out.push(b'i');
                        write(out, index);
                    }
                    TraversalOperator::LegacyIndex(index) => {
                        out.push(b'i');
                        tagged(out, b'#', &index.value().to_string());
                    }
                }
            }
            out.push(b';');
        }
        Expression::ForExpr(inner) => {
            out.push(if inner.grouping { b'G' } else { b'F' });
            let key = inner.intro.key_var.as_ref().map(|name| name.as_str());
            tagged(out, b'k', key.unwrap_or_default());
            tagged(out, b'v', inner.intro.value_var.as_str());
            write(out, &inner.intro.collection_expr);
            out.push(if inner.key_expr.is_some() { b'K' } else { b'-' });
            inner.key_expr.iter().for_each(|key| write(out, key));
            write(out, &inner.value_expr);
            out.push(if inner.cond.is_some() { b'C' } else { b'-' });
            inner.cond.iter().for_each(|condition| write(out, &condition.expr));
        }
        _ => {}
    }
}

fn object_key(key: &ObjectKey) -> Vec<u8> {
    match key {
        ObjectKey::Ident(name) => {
            let mut out = Vec::new();
            tagged(&mut out, b's', name.as_str());
            out
        }
        ObjectKey::Expression(key) => expression(key),
    }
}

fn write_entries(out: &mut Vec<u8>, mut entries: Vec<(Vec<u8>, Vec<u8>)>) {
    entries.sort();
    out.push(b'{');
    for (key, value) in entries {
        text(out, &key);
        text(out, &value);
    }
    out.push(b'}');
}

fn elements<'a>(elements: impl Iterator<Item = &'a Element>) -> Vec<&'a Element> {
    elements.take(2).collect()
}

fn write_template(out: &mut Vec<u8>, template: &Template) {
    write_elements(out, template.iter());
}

/// A template without interpolations is a string.
fn write_elements<'a>(out: &mut Vec<u8>, elements: impl Iterator<Item = &'a Element>) {
    let elements: Vec<_> = elements.collect();
    if elements.is_empty() {
        return tagged(out, b's', "");
    }
    if let [Element::Literal(literal)] = elements[..] {
        return tagged(out, b's', literal);
    }
    out.push(b'T');
    for element in elements {
        match element {
            Element::Literal(literal) => tagged(out, b'l', literal),
            Element::Interpolation(inner) => {
                out.push(b'$');
                strip(out, inner.strip);
                write(out, &inner.expr);
            }
            Element::Directive(directive) => write_directive(out, directive),
        }
    }
    out.push(b'E');
}

fn write_directive(out: &mut Vec<u8>, directive: &Directive) {
    match directive {
        Directive::If(inner) => {
            out.push(b'I');
            strip(out, inner.if_expr.strip);
            write(out, &inner.if_expr.cond_expr);
            write_template(out, &inner.if_expr.template);
            if let Some(other) = &inner.else_expr {
                out.push(b'L');
                strip(out, other.strip);
                write_template(out, &other.template);
            }
            out.push(b'E');
            strip(out, inner.endif_expr.strip);
        }
        Directive::For(inner) => {
            out.push(b'R');
            strip(out, inner.for_expr.strip);
            let key = inner.for_expr.key_var.as_ref().map(|name| name.as_str());
            tagged(out, b'k', key.unwrap_or_default());
            tagged(out, b'v', inner.for_expr.value_var.as_str());
            write(out, &inner.for_expr.collection_expr);
            write_template(out, &inner.for_expr.template);
            strip(out, inner.endfor_expr.strip);
        }
    }
}

fn strip(out: &mut Vec<u8>, strip: Strip) {
    out.push(b'0' + u8::from(strip.strip_start()) + 2 * u8::from(strip.strip_end()));
}

fn write_json(out: &mut Vec<u8>, value: &Value) {
    match value {
        Value::Null => out.push(b'n'),
        Value::Bool(value) => out.push(if *value { b't' } else { b'f' }),
        Value::Number(value) => tagged(out, b'#', &number(&value.to_string())),
        Value::String(value) => tagged(out, b's', value),
        Value::Array(values) => {
            out.push(b'[');
            values.iter().for_each(|value| write_json(out, value));
            out.push(b']');
        }
        Value::Object(object) => {
            let entry = |(key, value): (&String, &Value)| {
                let mut out = Vec::new();
                tagged(&mut out, b's', key);
                (out, json(value))
            };
            write_entries(out, object.iter().map(entry).collect());
        }
    }
}

/// A number by its text, since the parser keeps only 64 bits of it.
fn hcl_number(value: &Formatted<Number>) -> String {
    match value.as_repr() {
        Some(text) => number(text),
        None => number(&value.value().to_string()),
    }
}

/// A decimal number as digits and exponent, equal for equal values.
fn number(text: &str) -> String {
    let text: String = text.chars().filter(|character| !character.is_whitespace()).collect();
    let (sign, text) = match text.strip_prefix('-') {
        Some(rest) => ("-", rest),
        None => ("", text.strip_prefix('+').unwrap_or(&text)),
    };
    let (mantissa, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let Ok(exponent) = exponent.parse::<i64>() else { return format!("{sign}{text}") };
    let digits = format!("{whole}{fraction}");
    let significant = digits.trim_end_matches('0');
    let exponent =
        exponent.saturating_sub(fraction.len() as i64).saturating_add((digits.len() - significant.len()) as i64);
    match significant.trim_start_matches('0') {
        "" => "0".to_owned(),
        significant => format!("{sign}{significant}e{exponent}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes(text: &str) -> Vec<u8> {
        let body = hcl_edit::parser::parse_body(&format!("x = {text}\n")).expect("an expression");
        expression(&body.get_attribute("x").expect("x").value)
    }

    #[test]
    fn equal_meaning() {
        for (one, other) in [
            ("1", "1.0"),
            ("1e3", "1000"),
            ("-0.50", "-5e-1"),
            ("0", "-0.00"),
            ("[1,2]", "[\n 1, # one\n 2,\n]"),
            ("{ a = 1, b = 2 }", "{\n  b : 2\n  \"a\" = 1 # x\n}"),
            ("\"${var.x}\"", "var.x"),
            ("(a + b)", "a+b"),
            ("(a * b) + c", "a * b + c"),
            ("\"a\\nb\\n\"", "<<EOT\na\nb\nEOT\n"),
            ("<<-EOT\n    a\n      b\n  EOT\n", "<<OTHER\na\n  b\nOTHER\n"),
            ("a.0.b", "a[0].b"),
            ("\"$${x}\"", "<<X\n$${x}\nX\n# \n"),
        ] {
            let one_bytes = bytes(one);
            if one.starts_with("\"$$") {
                // The heredoc ends in a line feed, the quoted string does not: never equal.
                assert_ne!(one_bytes, bytes(other), "{one} {other}");
                continue;
            }
            assert_eq!(one_bytes, bytes(other), "{one} {other}");
        }
    }

    #[test]
    fn different_meaning() {
        for (one, other) in [
            ("1", "\"1\""),
            ("18446744073709551616", "18446744073709551617"),
            ("0.1000000000000000055", "0.1"),
            ("[1, 2]", "[2, 1]"),
            ("[[1], 2]", "[[1, 2]]"),
            ("{ a = 1 }", "{ (a) = 1 }"),
            ("\"${var.x}y\"", "\"${var.x} y\""),
            ("\"${var.x}\"", "\"${~var.x}\""),
            ("a - b - c", "a - (b - c)"),
            ("(a + b) * c", "a + b * c"),
            ("a[*].b[0]", "(a[*].b)[0]"),
            ("a[*].b", "a.*.b"),
            ("f(a...)", "f(a)"),
            ("f(a, b)", "f(a)"),
            ("{ for k, v in x : k => v... }", "{ for k, v in x : k => v }"),
            ("[for v in x : v if v]", "[for v in x : v]"),
            ("true ? a : b", "true ? b : a"),
            ("\"$${x}\"", "\"${x}\""),
            ("\"%{ if a }b%{ else }c%{ endif }\"", "\"%{ if a }b%{ endif }c\""),
            ("null", "\"null\""),
            ("!a", "-a"),
        ] {
            assert_ne!(bytes(one), bytes(other), "{one} {other}");
        }
    }
}
