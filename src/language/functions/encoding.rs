//! Functions that write values as text and read them.
//! Know nothing of expressions.

use super::{ANY, Context, Function, Outcome, STRING, any_type, function, json, string_type, text, yaml};
use crate::language::convert::from_json;
use crate::language::types::Type;
use crate::language::value::{Range, Value};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use std::collections::BTreeMap;
use std::sync::Arc;

pub(super) const FUNCTIONS: &[Function] = &[
    function("base64decode", &[STRING], string_type, |_, arguments| {
        let bytes = decoded(&arguments[0])?;
        String::from_utf8(bytes).map(Value::string).map_err(|_| "what is encoded is not UTF-8".into())
    }),
    function("base64encode", &[STRING], string_type, |_, arguments| {
        Ok(Value::string(STANDARD.encode(text(&arguments[0]))))
    }),
    // Which of the many texts that mean the same comes out depends on the compressor, to the byte.
    function("base64gzip", &[STRING], string_type, |_, _| Ok(Value::unknown(Type::String))),
    function("base64gunzip", &[STRING], string_type, |_, _| Ok(Value::unknown(Type::String))),
    function("csvdecode", &[STRING], any_type, csv_decode),
    function("jsondecode", &[STRING], any_type, |_, arguments| {
        let decoded = serde_json::from_str(text(&arguments[0])).map_err(|error| format!("not valid JSON: {error}"))?;
        Ok(from_json(&decoded))
    })
    .nullable(),
    function("jsonencode", &[ANY.null().unknown().dynamic()], string_type, json_encode),
    function("textdecodebase64", &[STRING, STRING], string_type, text_decode),
    function("textencodebase64", &[STRING, STRING], string_type, text_encode),
    function("urldecode", &[STRING], string_type, url_decode),
    function("urlencode", &[STRING], string_type, |_, arguments| Ok(Value::string(url_encoded(text(&arguments[0]))))),
    function("yamldecode", &[STRING], any_type, |_, arguments| yaml::decoded(text(&arguments[0]))).nullable(),
    function("yamlencode", &[ANY.null().unknown().dynamic()], string_type, |_, arguments| {
        Ok(match arguments[0].is_wholly_known() {
            true => Value::string(yaml::encoded(&arguments[0])),
            false => Value::unknown(Type::String),
        })
    }),
];

/// What is not known yet still tells how the text begins.
fn json_encode(_: &mut Context<'_, '_>, arguments: &[Value]) -> Outcome {
    let value = &arguments[0];
    if value.is_wholly_known() {
        return Ok(Value::string(json::encoded(value)));
    }
    let prefix = match (&value.value_type(), value.is_not_null()) {
        (Type::Object(_) | Type::Map(_), true) => "{",
        (Type::Tuple(_) | Type::List(_) | Type::Set(_), true) => "[",
        (Type::String, true) => "\"",
        _ => return Ok(Value::unknown(Type::String)),
    };
    Ok(Value::ranged(Type::String, Range { not_null: true, prefix: Some(prefix.into()), ..Range::default() }))
}

/// Go takes line breaks inside of what is encoded.
fn decoded(value: &Value) -> Result<Vec<u8>, String> {
    let source: String = text(value).chars().filter(|character| !matches!(character, '\r' | '\n')).collect();
    STANDARD.decode(source).map_err(|_| "not valid base64".into())
}

fn url_encoded(source: &str) -> String {
    let mut out = String::new();
    for byte in source.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => out.push(char::from(byte)),
            b' ' => out.push('+'),
            byte => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}

fn url_decode(_: &mut Context<'_, '_>, arguments: &[Value]) -> Outcome {
    let mut bytes = Vec::new();
    let mut source = text(&arguments[0]).bytes();
    while let Some(byte) = source.next() {
        match byte {
            b'+' => bytes.push(b' '),
            b'%' => {
                let mut digit = || source.next().and_then(|digit| char::from(digit).to_digit(16));
                let (Some(high), Some(low)) = (digit(), digit()) else {
                    return Err("an escape is not complete".into());
                };
                bytes.push(u8::try_from(high * 16 + low).unwrap_or(0));
            }
            byte => bytes.push(byte),
        }
    }
    String::from_utf8(bytes).map(Value::string).map_err(|_| "what is encoded is not UTF-8".into())
}

fn csv_decode(context: &mut Context<'_, '_>, arguments: &[Value]) -> Outcome {
    let source = text(&arguments[0]);
    context.spend(source.len() / 64)?;
    let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(false).from_reader(source.as_bytes());
    let mut records = reader.records();
    let wrong = |error: csv::Error| format!("not valid CSV: {error}");
    let Some(headers) = records.next() else { return Err("there is no line with the names of columns".into()) };
    let headers = headers.map_err(wrong)?;
    let mut attributes = BTreeMap::new();
    for name in &headers {
        if attributes.insert(Arc::<str>::from(name), Type::String).is_some() {
            return Err(format!("two columns are called {name:?}"));
        }
    }
    let mut rows = Vec::new();
    for record in records {
        let record = record.map_err(wrong)?;
        let row = headers.iter().map(Arc::from).zip(record.iter().map(Value::string)).collect();
        rows.push(Value::object(row));
        context.spend(1)?;
    }
    Ok(Value::list(Type::object(attributes), rows))
}

/// Character sets by the names that IANA gives them.
enum Charset {
    Utf16 { little: bool, mark: bool },
    Latin1,
    Other(&'static encoding_rs::Encoding),
}

fn charset(value: &Value) -> Result<Charset, String> {
    let name = text(value).to_ascii_uppercase();
    Ok(match name.as_str() {
        "UTF-16LE" => Charset::Utf16 { little: true, mark: false },
        "UTF-16BE" => Charset::Utf16 { little: false, mark: false },
        "UTF-16" => Charset::Utf16 { little: false, mark: true },
        "ISO-8859-1" | "ISO_8859-1" | "LATIN1" | "L1" | "CP819" | "IBM819" => Charset::Latin1,
        name => {
            let found = encoding_rs::Encoding::for_label_no_replacement(name.as_bytes());
            Charset::Other(found.ok_or_else(|| format!("{:?} is no character set that is known here", text(value)))?)
        }
    })
}

fn text_encode(_: &mut Context<'_, '_>, arguments: &[Value]) -> Outcome {
    let source = text(&arguments[0]);
    let lost = || "a character is not in that character set".to_owned();
    let bytes = match charset(&arguments[1])? {
        Charset::Utf16 { little, mark } => {
            let units = mark.then_some(0xfeff).into_iter().chain(source.encode_utf16());
            units.flat_map(|unit: u16| if little { unit.to_le_bytes() } else { unit.to_be_bytes() }).collect()
        }
        Charset::Latin1 => source
            .chars()
            .map(|character| u8::try_from(u32::from(character)).map_err(|_| lost()))
            .collect::<Result<_, _>>()?,
        Charset::Other(encoding) => match encoding.encode(source) {
            (bytes, _, false) => bytes.into_owned(),
            _ => return Err(lost()),
        },
    };
    Ok(Value::string(STANDARD.encode(bytes)))
}

fn text_decode(_: &mut Context<'_, '_>, arguments: &[Value]) -> Outcome {
    let bytes = decoded(&arguments[0])?;
    let wrong = || "what is encoded is not text of that character set".to_owned();
    let decoded = match charset(&arguments[1])? {
        Charset::Utf16 { little, mark } => {
            let mut units: Vec<u16> = bytes
                .chunks_exact(2)
                .map(|pair| {
                    if little { u16::from_le_bytes([pair[0], pair[1]]) } else { u16::from_be_bytes([pair[0], pair[1]]) }
                })
                .collect();
            match (mark, units.first()) {
                (true, Some(0xfeff)) => drop(units.remove(0)),
                (true, Some(0xfffe)) => units = units[1..].iter().map(|unit| unit.swap_bytes()).collect(),
                _ => {}
            }
            String::from_utf16(&units).map_err(|_| wrong())?
        }
        Charset::Latin1 => bytes.iter().map(|byte| char::from(*byte)).collect(),
        Charset::Other(encoding) => match encoding.decode_without_bom_handling(&bytes) {
            (text, false) => text.into_owned(),
            _ => return Err(wrong()),
        },
    };
    Ok(Value::string(decoded))
}
