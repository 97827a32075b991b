//! The JSON Schema of `driftline.toml`, out of the types that it is read into, and what else follows from it: which tables there
//! are, and the reference in the README.
//! Knows nothing of any one key.

use super::SettingsFile;
use schemars::generate::SchemaSettings;
use serde_json::Value;
use std::fmt::Write;
use std::sync::LazyLock;

static ROOT: LazyLock<Value> = LazyLock::new(|| {
    let settings = SchemaSettings::draft2020_12().with(|settings| settings.inline_subschemas = true);
    let mut root = settings.into_generator().into_root_schema_for::<SettingsFile>().to_value();
    without_null(&mut root);
    root
});

/// Takes away that a key may be null: TOML has no such value, and what is not set is left out.
fn without_null(schema: &mut Value) {
    match schema {
        Value::Object(entries) => {
            if entries.get("default").is_some_and(Value::is_null) {
                entries.remove("default");
            }
            if let Some(Value::Array(types)) = entries.get_mut("type") {
                types.retain(|name| name != "null");
                if let [only] = types.as_slice() {
                    let only = only.clone();
                    entries.insert("type".into(), only);
                }
            }
            entries.values_mut().for_each(without_null);
        }
        Value::Array(elements) => elements.iter_mut().for_each(without_null),
        _ => {}
    }
}

/// The schema, without references within it.
pub(super) fn root() -> &'static Value {
    &ROOT
}

/// The JSON Schema (draft 2020-12) of `driftline.toml`. Pretty, with a newline at the end.
pub fn json_schema() -> String {
    format!("{:#}\n", root())
}

/// A table of the file.
pub(super) struct Table<'a> {
    /// `scan`.
    pub(super) name: &'a str,
    /// `[scan]` or `[[person]]`.
    pub(super) heading: String,
    /// What it is for.
    pub(super) description: String,
    /// Its keys' schema, by name.
    pub(super) properties: &'a serde_json::Map<String, Value>,
    /// The keys' names.
    pub(super) keys: Vec<String>,
    /// Whether there can be several.
    pub(super) several: bool,
}

/// The order in which people look for them; the rest follows by name.
const ORDER: [&str; 9] =
    ["scan", "root_module", "evidence", "provider", "plugin", "segregation", "person", "team", "signatures"];

/// All tables.
pub(super) fn tables() -> Vec<Table<'static>> {
    let table = |(name, schema): (&'static String, &'static Value)| {
        let several = schema["items"]["properties"].is_object();
        let properties = if several { &schema["items"]["properties"] } else { &schema["properties"] };
        let properties = properties.as_object()?;
        Some(Table {
            name,
            heading: if several { format!("[[{name}]]") } else { format!("[{name}]") },
            description: description(schema),
            properties,
            keys: properties.keys().cloned().collect(),
            several,
        })
    };
    let mut tables: Vec<Table<'_>> = root()["properties"].as_object().into_iter().flatten().filter_map(table).collect();
    tables.sort_by_key(|table| ORDER.iter().position(|name| *name == table.name).unwrap_or(ORDER.len()));
    tables
}

/// What a schema says that something is, in one line.
pub(super) fn description(schema: &Value) -> String {
    schema["description"].as_str().unwrap_or_default().split_whitespace().collect::<Vec<_>>().join(" ")
}

/// What holds where a key is not set; none where nothing does.
pub(super) fn default(schema: &Value) -> Option<&Value> {
    schema.get("default")
}

/// A value to show what one looks like: what holds by default, unless that is empty, else an example.
pub(super) fn sample(schema: &Value) -> Option<&Value> {
    let telling = |value: &&Value| {
        !matches!(value, Value::Array(list) if list.is_empty())
            && !matches!(value, Value::Object(map) if map.is_empty())
    };
    default(schema).filter(telling).or_else(|| schema["examples"].get(0)).or_else(|| default(schema))
}

/// A value as TOML writes it.
pub(super) fn toml(value: &Value) -> String {
    match value {
        Value::Array(elements) => format!("[{}]", elements.iter().map(toml).collect::<Vec<_>>().join(", ")),
        Value::Object(entries) if entries.is_empty() => "{}".into(),
        Value::Object(entries) => {
            let entries: Vec<String> =
                entries.iter().map(|(key, value)| format!("{} = {}", bare(key), toml(value))).collect();
            format!("{{ {} }}", entries.join(", "))
        }
        Value::String(text) if text.contains('"') && !text.contains('\'') && !text.contains(char::is_control) => {
            format!("'{text}'")
        }
        Value::String(text) => quoted(text),
        other => other.to_string(),
    }
}

/// A text as TOML's basic string; what steers a terminal is escaped.
fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for character in text.chars() {
        match character {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            character
                if character.is_control() || !crate::report::inert(&character.to_string()).contains(character) =>
            {
                let _ = write!(out, "\\U{:08X}", u32::from(character));
            }
            character => out.push(character),
        }
    }
    out.push('"');
    out
}

fn bare(key: &str) -> String {
    let plain = !key.is_empty() && key.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-');
    if plain { key.to_owned() } else { quoted(key) }
}

/// The README's reference: a Markdown table for each table of the file.
pub fn reference() -> String {
    let mut text = String::new();
    for table in tables() {
        let _ = writeln!(text, "\n`{}`: {}\n", table.heading, table.description);
        text.push_str("| key | default | what it says |\n| --- | --- | --- |\n");
        for (key, schema) in table.properties {
            let default = default(schema).map(|value| format!("`{}`", toml(value))).unwrap_or_default();
            let names: Vec<String> = names(schema).iter().map(|name| format!("`{name}`")).collect();
            let names = if names.is_empty() { String::new() } else { format!(" One of {}.", names.join(", ")) };
            let cell = format!("{}{names}", description(schema)).replace('|', "\\|");
            let _ = writeln!(text, "| `{key}` | {default} | {cell} |");
        }
    }
    text
}

/// The words that a key can have.
pub(super) fn names(schema: &Value) -> Vec<&str> {
    schema["enum"].as_array().into_iter().flatten().filter_map(Value::as_str).collect()
}
