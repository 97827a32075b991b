//! The JSON syntax of the language. Which keys are blocks depends on where they stand; below a resource nobody can tell
//! without the provider's schema, so what is not a meta-argument is an argument there.
//! Knows nothing of what any block means beyond that.

use super::{Argument, Block, Body, Expression};
use crate::config::Problem;
use crate::config::source::{Place, SourceFile};
use crate::language::ast::Span;
use crate::language::{Failure, Number, Type, Value, to_text};
use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;
use std::collections::BTreeMap;

/// Levels of nesting that are read, as many as in the other syntax.
const DEPTH: usize = 64;

/// A JSON value with the places of its entries and its numbers as they were written.
#[derive(Debug, Clone)]
pub(crate) enum JsonValue {
    Null,
    Bool(bool),
    Number(String),
    String(String),
    Array(Vec<JsonValue>),
    Object(Vec<JsonEntry>),
}

/// One entry of an object, in the order of the file, with repetitions.
#[derive(Debug, Clone)]
pub(crate) struct JsonEntry {
    pub(crate) name: String,
    pub(crate) value: JsonValue,
    /// Name and value.
    place: Place,
    /// The value.
    value_place: Place,
}

pub(super) fn parse_values(file: &SourceFile) -> Result<Body, Box<Problem>> {
    Ok(Body { arguments: arguments(entries(file, parse(file)?)?), blocks: Vec::new() })
}

pub(super) fn parse_configuration(file: &SourceFile) -> Result<Body, Box<Problem>> {
    let mut body = Body::default();
    for entry in entries(file, parse(file)?)? {
        let labels = match entry.name.as_str() {
            "resource" | "data" | "ephemeral" => 2,
            "variable" | "output" | "module" | "provider" | "check" => 1,
            _ => 0,
        };
        blocks(&entry.name.clone(), labels, entry, &mut body.blocks);
    }
    Ok(body)
}

/// What stands within an `encryption` block.
pub(super) fn parse_encryption(file: &SourceFile) -> Result<Body, Box<Problem>> {
    Ok(block_body("encryption", entries(file, parse(file)?)?))
}

/// An entry that stands for one or more blocks: objects keyed by label, lists wherever there are several.
fn blocks(kind: &str, labels: usize, entry: JsonEntry, found: &mut Vec<Block>) {
    let mut open = vec![(Vec::new(), entry.value, entry.value_place)];
    while let Some((path, value, place)) = open.pop() {
        match value {
            JsonValue::Array(elements) => {
                open.extend(elements.into_iter().rev().map(|element| (path.clone(), element, place.clone())));
            }
            JsonValue::Object(entries) if path.len() < labels => {
                for entry in entries.into_iter().rev().filter(|entry| entry.name != "//") {
                    let mut path = path.clone();
                    path.push(entry.name);
                    open.push((path, entry.value, entry.value_place));
                }
            }
            JsonValue::Object(entries) => {
                let body = block_body(kind, entries);
                found.push(Block { kind: kind.to_owned(), labels: path, body, place });
            }
            _ => {}
        }
    }
}

fn block_body(kind: &str, entries: Vec<JsonEntry>) -> Body {
    let mut body = Body::default();
    for entry in entries {
        let labels = match (kind, entry.name.as_str()) {
            (_, "//") => continue,
            ("terraform", "backend" | "provider_meta") => Some(1),
            ("terraform", "cloud" | "required_providers" | "encryption") => Some(0),
            ("encryption", "key_provider" | "method") => Some(2),
            ("encryption", "state" | "plan" | "remote_state_data_sources") => Some(0),
            ("state" | "fallback", "fallback") => Some(0),
            ("key_provider", "endpoints") => Some(0),
            ("cloud", "workspaces") => Some(0),
            ("resource" | "data" | "removed" | "ephemeral", "lifecycle" | "connection") => Some(0),
            ("resource" | "removed", "provisioner") => Some(1),
            ("resource" | "data" | "provider" | "content", "dynamic") => Some(1),
            ("dynamic", "content") => Some(0),
            ("variable", "validation") => Some(0),
            // Every object below a provider is a block: none of its arguments takes one.
            ("provider", _) if entry.value.is_block() => Some(0),
            _ => None,
        };
        match labels {
            Some(labels) => blocks(&entry.name.clone(), labels, entry, &mut body.blocks),
            None => body.arguments.extend(arguments(vec![entry])),
        }
    }
    body
}

fn arguments(entries: Vec<JsonEntry>) -> Vec<Argument> {
    let argument =
        |entry: JsonEntry| Argument { name: entry.name, value: Expression::Json(entry.value), place: entry.place };
    entries.into_iter().filter(|entry| entry.name != "//").map(argument).collect()
}

fn evaluated(source: &str, text: &mut dyn FnMut(&str) -> Result<Value, String>) -> Result<Value, Box<Failure>> {
    text(source).map_err(|message| Box::new(Failure { message, span: Span::default(), exhausted: false }))
}

impl JsonValue {
    /// The value, with what `text` makes of its strings and keys.
    pub(super) fn value(&self, text: &mut dyn FnMut(&str) -> Result<Value, String>) -> Result<Value, Box<Failure>> {
        Ok(match self {
            Self::Null => Value::null(Type::Dynamic),
            Self::Bool(value) => (*value).into(),
            Self::Number(digits) => Number::parse(digits).map_or_else(|| Value::unknown(Type::Number), Value::from),
            Self::String(source) => evaluated(source, text)?,
            Self::Array(elements) => {
                Value::tuple(elements.iter().map(|element| element.value(text)).collect::<Result<_, _>>()?)
            }
            Self::Object(entries) => {
                let mut values = BTreeMap::new();
                for entry in entries {
                    let Some(name) = to_text(&evaluated(&entry.name, text)?) else { return Ok(Value::dynamic()) };
                    values.insert(name, entry.value.value(text)?);
                }
                Value::object(values)
            }
        })
    }

    fn is_block(&self) -> bool {
        match self {
            Self::Object(_) => true,
            Self::Array(elements) => {
                !elements.is_empty() && elements.iter().all(|element| matches!(element, Self::Object(_)))
            }
            _ => false,
        }
    }
}

fn entries(file: &SourceFile, value: JsonValue) -> Result<Vec<JsonEntry>, Box<Problem>> {
    match value {
        JsonValue::Object(entries) => Ok(entries),
        JsonValue::Array(elements) => {
            let parts = elements.into_iter().map(|element| entries(file, element));
            Ok(parts.collect::<Result<Vec<_>, _>>()?.into_iter().flatten().collect())
        }
        _ => Err(Box::new(file.problem(0, "an object is expected here"))),
    }
}

fn parse(file: &SourceFile) -> Result<JsonValue, Box<Problem>> {
    let raw: &RawValue = serde_json::from_str(file.text()).map_err(|error| {
        let lines = file.text().split_inclusive('\n').take(error.line().saturating_sub(1));
        let at = lines.map(str::len).sum::<usize>() + error.column().saturating_sub(1);
        let text = error.to_string();
        let cause = text.split(" at line ").next().unwrap_or_default();
        Box::new(file.problem(at, &format!("not valid JSON: {cause}")))
    })?;
    value(file, raw, 0)
}

fn value(file: &SourceFile, raw: &RawValue, depth: usize) -> Result<JsonValue, Box<Problem>> {
    let text = raw.get();
    let problem = |what: &str| Box::new(file.problem(offset(file, text), what));
    let invalid = |error: serde_json::Error| problem(&format!("not valid JSON: {error}"));
    if depth > DEPTH {
        return Err(problem(&format!("nested more than {DEPTH} levels deep")));
    }
    Ok(match text.as_bytes().first() {
        Some(b'{') => {
            let mut entries = Vec::new();
            for (name, raw) in serde_json::Deserializer::from_str(text).deserialize_map(Entries).map_err(invalid)? {
                let start = offset(file, raw.get());
                let value_place = file.place(start..start + raw.get().len());
                let name_start = name_start(file.text(), start);
                entries.push(JsonEntry {
                    name,
                    value: value(file, raw, depth + 1)?,
                    place: file.place(name_start..start).to(&value_place),
                    value_place,
                });
            }
            JsonValue::Object(entries)
        }
        Some(b'[') => {
            let elements: Vec<&RawValue> = serde_json::from_str(text).map_err(invalid)?;
            JsonValue::Array(elements.into_iter().map(|raw| value(file, raw, depth + 1)).collect::<Result<_, _>>()?)
        }
        Some(b'"') => JsonValue::String(serde_json::from_str(text).map_err(invalid)?),
        Some(b't') => JsonValue::Bool(true),
        Some(b'f') => JsonValue::Bool(false),
        Some(b'n') => JsonValue::Null,
        _ => JsonValue::Number(text.to_owned()),
    })
}

/// Where a part of the file's text begins.
fn offset(file: &SourceFile, part: &str) -> usize {
    (part.as_ptr() as usize).saturating_sub(file.text().as_ptr() as usize)
}

/// Where the name before a value begins, quote included.
fn name_start(text: &str, value: usize) -> usize {
    let before = text[..value].trim_end().trim_end_matches(':').trim_end();
    let Some(inner) = before.strip_suffix('"') else { return value };
    let escaped = |at: usize| inner[..at].bytes().rev().take_while(|byte| *byte == b'\\').count() % 2 == 1;
    inner.rmatch_indices('"').map(|(at, _)| at).find(|at| !escaped(*at)).unwrap_or(value)
}

/// The entries of an object in order, with repetitions.
struct Entries;

impl<'de> Visitor<'de> for Entries {
    type Value = Vec<(String, &'de RawValue)>;

    fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut entries = Vec::new();
        while let Some((name, raw)) = map.next_entry::<String, &RawValue>()? {
            entries.push((name, raw));
        }
        Ok(entries)
    }
}
