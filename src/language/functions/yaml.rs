//! YAML as Terraform reads and writes it: YAML 1.2 with the booleans of 1.1; written in blocks, with every string that
//! has one line in double quotes.
//! Knows nothing of expressions.

use crate::language::convert::to_text;
use crate::language::number::Number;
use crate::language::types::Type;
use crate::language::value::{Kind, Value};
use num_bigint::BigInt;
use saphyr_parser::{Event, Parser, ScalarStyle, Tag};
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::collections::HashMap;
use std::sync::Arc;

/// Levels of nesting that are read.
const DEPTH: usize = 64;

/// Columns after which a text is continued on the next line.
const WIDTH: usize = 80;

/// A value that is known throughout.
pub(super) fn encoded(value: &Value) -> String {
    let mut out = String::new();
    write_value(value, 0, 0, &mut out);
    if let Kind::Null(_) | Kind::Bool(_) | Kind::Number(_) = &value.kind {
        // Plain scalars end the document.
        out.push_str("\n...");
    }
    if !out.ends_with('\n') {
        out.push('\n');
    }
    out
}

/// Writes a value that begins at the current column. Further entries of a collection are indented by `indent`, further
/// lines of a text by two more than `outer`.
fn write_value(value: &Value, indent: usize, outer: usize, out: &mut String) {
    match &value.kind {
        Kind::Unknown(..) | Kind::Null(_) => out.push_str("null"),
        Kind::Bool(value) => out.push_str(if *value { "true" } else { "false" }),
        Kind::Number(number) => out.push_str(&number.to_string()),
        Kind::String(text) => write_text(text, outer + 2, out),
        Kind::List(_, items) | Kind::Set(_, items) | Kind::Tuple(items) => {
            if items.values.is_empty() {
                return out.push_str("[]");
            }
            for (position, element) in items.values.iter().enumerate() {
                begin_line(position, indent, out);
                out.push_str("- ");
                write_value(element, indent + 2, indent, out);
            }
        }
        Kind::Map(_, items) | Kind::Object(items) => write_mapping(&items.values, indent, out),
    }
}

fn write_mapping(entries: &BTreeMap<Arc<str>, Value>, indent: usize, out: &mut String) {
    if entries.is_empty() {
        return out.push_str("{}");
    }
    for (position, (key, element)) in entries.iter().enumerate() {
        begin_line(position, indent, out);
        double_quoted(key, None, out);
        out.push(':');
        match &element.kind {
            Kind::Map(_, items) | Kind::Object(items) if !items.values.is_empty() => {
                begin_line(1, indent + 2, out);
                write_value(element, indent + 2, indent, out);
            }
            // Lists in maps are not indented.
            Kind::List(_, items) | Kind::Set(_, items) | Kind::Tuple(items) if !items.values.is_empty() => {
                begin_line(1, indent, out);
                write_value(element, indent, indent, out);
            }
            _ => {
                out.push(' ');
                write_value(element, indent, indent, out);
            }
        }
    }
}

fn begin_line(position: usize, indent: usize, out: &mut String) {
    if position > 0 {
        if !out.ends_with('\n') {
            out.push('\n');
        }
        out.extend(std::iter::repeat_n(' ', indent));
    }
}

/// Several lines become a literal block where YAML can write them as one.
fn write_text(text: &str, indent: usize, out: &mut String) {
    let special = |character: char| character != '\n' && escaped(character).is_some() && !"\"\\".contains(character);
    let spaced = text.contains(" \n") || text.ends_with(' ');
    if !text.contains('\n') || text.chars().any(special) || spaced {
        return double_quoted(text, Some(indent), out);
    }
    out.push('|');
    if text.starts_with([' ', '\n']) {
        out.push('2');
    }
    match (text.ends_with("\n\n") || text == "\n", text.ends_with('\n')) {
        (true, _) => out.push('+'),
        (false, false) => out.push('-'),
        _ => {}
    }
    out.push('\n');
    for line in text.split_terminator('\n') {
        if !line.is_empty() {
            out.extend(std::iter::repeat_n(' ', indent));
            out.push_str(line);
        }
        out.push('\n');
    }
    if !text.ends_with('\n') {
        out.pop();
    }
}

/// How a character is written that cannot stand for itself in a double-quoted text.
fn escaped(character: char) -> Option<String> {
    Some(match character {
        '"' => "\\\"".into(),
        '\\' => "\\\\".into(),
        '\0' => "\\0".into(),
        '\u{7}' => "\\a".into(),
        '\u{8}' => "\\b".into(),
        '\t' => "\\t".into(),
        '\n' => "\\n".into(),
        '\u{b}' => "\\v".into(),
        '\u{c}' => "\\f".into(),
        '\r' => "\\r".into(),
        '\u{1b}' => "\\e".into(),
        '\u{85}' => "\\N".into(),
        '\u{2028}' => "\\L".into(),
        '\u{2029}' => "\\P".into(),
        '\u{feff}' => "\\uFEFF".into(),
        character if character.is_control() => format!("\\x{:02X}", character as u32),
        character if character as u32 > 0xffff => format!("\\U{:08X}", character as u32),
        _ => return None,
    })
}

/// A text between double quotes; with an indentation it is continued on the next line at a space after the last column.
fn double_quoted(text: &str, indent: Option<usize>, out: &mut String) {
    out.push('"');
    let mut column = out.rsplit('\n').next().map_or(0, |line| line.chars().count());
    let mut spaces = false;
    let mut characters = text.chars().enumerate().peekable();
    while let Some((position, character)) = characters.next() {
        let next = characters.peek().map(|(_, next)| *next);
        if character == ' ' {
            if let (Some(indent), false, Some(next)) = (indent, spaces || column <= WIDTH || position == 0, next) {
                out.push('\n');
                out.extend(std::iter::repeat_n(' ', indent));
                column = indent;
                if next == ' ' {
                    out.push('\\');
                    column += 1;
                }
            } else {
                out.push(' ');
                column += 1;
            }
            spaces = true;
            continue;
        }
        spaces = false;
        match escaped(character) {
            Some(escape) => {
                column += escape.len();
                out.push_str(&escape);
            }
            None => {
                column += 1;
                out.push(character);
            }
        }
    }
    out.push('"');
}

/// Reads one document.
///
/// # Errors
/// Says what is wrong with it.
pub(super) fn decoded(text: &str) -> Result<Value, String> {
    let mut reader = Reader { parser: Parser::new_from_str(text), anchors: HashMap::new() };
    let mut value = None;
    loop {
        match reader.next()? {
            Event::StreamEnd => break,
            Event::StreamStart | Event::DocumentEnd | Event::Nothing => {}
            Event::DocumentStart(_) if value.is_some() => return Err("there is more than one document".into()),
            Event::DocumentStart(_) => {
                let event = reader.next()?;
                value = Some(reader.value(event, 0)?);
            }
            _ => return Err("the document is not understood".into()),
        }
    }
    value.ok_or_else(|| "there is no document".to_owned())
}

struct Reader<'a> {
    parser: Parser<'a, saphyr_parser::StrInput<'a>>,
    anchors: HashMap<usize, Value>,
}

impl<'a> Reader<'a> {
    fn next(&mut self) -> Result<Event<'a>, String> {
        match self.parser.next() {
            Some(Ok((event, _))) => Ok(event),
            Some(Err(error)) => Err(format!("not valid YAML: {error}")),
            None => Ok(Event::StreamEnd),
        }
    }

    fn value(&mut self, event: Event<'a>, depth: usize) -> Result<Value, String> {
        if depth > DEPTH {
            return Err(format!("more than {DEPTH} levels within each other"));
        }
        let (anchor, value) = match event {
            Event::Alias(anchor) => {
                let known = self.anchors.get(&anchor).cloned();
                return known.ok_or_else(|| "an alias refers to what it stands in".to_owned());
            }
            Event::Scalar(text, style, anchor, tag) => (anchor, scalar(&text, style, tag.as_deref())?),
            Event::SequenceStart(anchor, tag) => {
                only(tag, "seq")?;
                let mut elements = Vec::new();
                loop {
                    match self.next()? {
                        Event::SequenceEnd => break,
                        event => elements.push(self.value(event, depth + 1)?),
                    }
                }
                (anchor, Value::tuple(elements))
            }
            Event::MappingStart(anchor, tag) => {
                only(tag, "map")?;
                (anchor, Value::object(self.mapping(depth)?))
            }
            _ => return Err("the document ends too early".into()),
        };
        if anchor > 0 {
            self.anchors.insert(anchor, value.clone());
        }
        Ok(value)
    }

    fn mapping(&mut self, depth: usize) -> Result<BTreeMap<Arc<str>, Value>, String> {
        let mut entries = BTreeMap::new();
        loop {
            let event = self.next()?;
            if event == Event::MappingEnd {
                return Ok(entries);
            }
            let merges = matches!(&event, Event::Scalar(text, ScalarStyle::Plain, _, _) if text == "<<");
            let key = self.value(event, depth + 1)?;
            let event = self.next()?;
            let value = self.value(event, depth + 1)?;
            if merges {
                let Some(inner) = value.entries() else { return Err("only a mapping can be merged".into()) };
                for (name, value) in inner {
                    entries.insert(name.clone(), value.clone());
                }
                continue;
            }
            let key = match key.is_null() {
                true => None,
                false => to_text(&key),
            };
            entries.insert(key.ok_or_else(|| "a key is neither text nor number nor boolean".to_owned())?, value);
        }
    }
}

fn only(tag: Option<Cow<'_, Tag>>, suffix: &str) -> Result<(), String> {
    match tag {
        Some(tag) if !(tag.is_yaml_core_schema() && tag.suffix == suffix) => {
            Err(format!("the tag {}{} means nothing here", tag.handle, tag.suffix))
        }
        _ => Ok(()),
    }
}

fn scalar(text: &str, style: ScalarStyle, tag: Option<&Tag>) -> Result<Value, String> {
    let Some(tag) = tag else {
        return Ok(if style == ScalarStyle::Plain { plain(text)? } else { Value::string(text) });
    };
    let wrong = || format!("{text:?} is no {}", tag.suffix);
    match (tag.is_yaml_core_schema(), tag.suffix.as_str()) {
        (true, "str" | "binary") => Ok(Value::string(text)),
        (true, "int" | "float") => Ok(number(text).ok_or_else(wrong)?.into()),
        (true, "bool") => Ok(boolean(text).ok_or_else(wrong)?.into()),
        (true, "null") => Ok(Value::null(Type::Dynamic)),
        (true, "timestamp") => Ok(Value::string(super::time::from_yaml(text).ok_or_else(wrong)?)),
        _ => Err(format!("the tag {}{} means nothing here", tag.handle, tag.suffix)),
    }
}

fn plain(text: &str) -> Result<Value, String> {
    if let "" | "~" | "null" | "Null" | "NULL" = text {
        return Ok(Value::null(Type::Dynamic));
    }
    if let Some(value) = boolean(text) {
        return Ok(value.into());
    }
    if let ".nan" | ".NaN" | ".NAN" = text {
        return Err("there is no such number as NaN".into());
    }
    if let ".inf" | ".Inf" | ".INF" | "+.inf" | "+.Inf" | "+.INF" | "-.inf" | "-.Inf" | "-.INF" = text {
        return Ok(Value::unknown(Type::Number));
    }
    if let Some(timestamp) = super::time::from_yaml(text) {
        return Ok(Value::string(timestamp));
    }
    Ok(number(text).map_or_else(|| Value::string(text), Value::from))
}

fn boolean(text: &str) -> Option<bool> {
    match text {
        "y" | "Y" | "yes" | "Yes" | "YES" | "true" | "True" | "TRUE" | "on" | "On" | "ON" => Some(true),
        "n" | "N" | "no" | "No" | "NO" | "false" | "False" | "FALSE" | "off" | "Off" | "OFF" => Some(false),
        _ => None,
    }
}

fn number(text: &str) -> Option<Number> {
    let based = |digits: &str, base| BigInt::parse_bytes(digits.as_bytes(), base).map(Number::from_integer);
    if let Some(digits) = text.strip_prefix("0x") {
        return based(digits, 16);
    }
    if let Some(digits) = text.strip_prefix("0o") {
        return based(digits, 8);
    }
    text.starts_with(|first: char| first.is_ascii_digit() || "+-.".contains(first)).then(|| Number::parse(text))?
}
