//! A commented `driftline.toml` for a repository: nothing in it is in force until somebody takes a `#` away.
//! Knows nothing of how the repository was looked at.

use super::FILE;
use super::schema::{self, Table, toml};
use crate::report::inert;
use serde_json::{Value, json};
use std::fmt::Write;

/// How wide comments are.
const WIDTH: usize = 110;

/// Root modules that the file names: more would hide the rest of it.
const MODULES: usize = 200;

/// What was found.
#[derive(Debug, Default)]
pub struct FoundRepository {
    /// The approved ref.
    pub reference: String,
    /// Its root modules.
    pub modules: Vec<FoundModule>,
    /// Provider configurations with arguments that cannot be evaluated.
    pub providers: Vec<ProviderStub>,
    /// Where CODEOWNERS is.
    pub code_owners: Option<String>,
    /// The forge and the repository there, by the remote.
    pub forge: Option<(String, String)>,
}

/// A root module.
#[derive(Debug)]
pub struct FoundModule {
    /// Its directory; empty for the repository's root.
    pub directory: String,
    /// The backend's kind.
    pub backend: String,
}

/// A provider configuration with arguments that cannot be evaluated.
#[derive(Debug)]
pub struct ProviderStub {
    /// As state refers to it.
    pub address: String,
    /// The directory of the root module.
    pub root_module: String,
    /// The arguments.
    pub arguments: Vec<String>,
}

/// The file. Lines that begin with `# ` explain; a line that begins with `#` alone is a setting once the `#` is gone.
pub fn written(found: &FoundRepository) -> String {
    let mut text = String::new();
    let beginning = [
        format!("{FILE}: what driftline knows of this repository beyond its Terraform configuration."),
        format!("It is read from the approved commit ({}), once it is committed.", found.reference),
        "Lines that begin with `# ` explain. Take the `#` off any other to set it; what is shown is the default, or an \
         example."
            .into(),
        "A flag is stronger than this file. `driftline config` shows what is in force, and from where; `driftline schema \
         settings` is the JSON Schema for editors."
            .into(),
    ];
    beginning.iter().for_each(|line| explain(&mut text, line));
    for table in schema::tables() {
        text.push('\n');
        explain(&mut text, &table.description);
        match table.name {
            "root_module" if !found.modules.is_empty() => modules(&mut text, &table, found),
            "provider" if !found.providers.is_empty() => providers(&mut text, found),
            _ => sample(&mut text, &table, found),
        }
    }
    text
}

/// Explanations, each line with a mark of its own. Nothing that steers a terminal, and no end of line, comes in from outside.
fn explain(text: &mut String, explanation: &str) {
    let mut line = String::from("#");
    let flat = inert(explanation).replace(['\n', '\r'], " ");
    for word in flat.split_whitespace() {
        if line.len() > 1 && line.chars().count() + 1 + word.chars().count() > WIDTH {
            let _ = writeln!(text, "{line}");
            line = String::from("#");
        }
        line = format!("{line} {word}");
    }
    if line.len() > 1 {
        let _ = writeln!(text, "{line}");
    }
}

fn setting(text: &mut String, key: &str, value: &Value) {
    let _ = writeln!(text, "#{key} = {}", toml(value));
}

/// Every key of a table, with what holds by default or an example. A table that there is once has its heading set, which
/// says nothing by itself.
fn sample(text: &mut String, table: &Table<'_>, found: &FoundRepository) {
    let _ = writeln!(text, "{}{}", if table.several { "#" } else { "" }, table.heading);
    for (key, schema) in table.properties {
        keyed(text, table.name, key, schema, found);
    }
}

fn keyed(text: &mut String, table: &str, key: &str, schema: &Value, found: &FoundRepository) {
    let names = schema::names(schema);
    let names = if names.is_empty() { String::new() } else { format!(" One of {}.", names.join(", ")) };
    let mut value = schema::sample(schema).cloned().unwrap_or_default();
    let mut beside = String::new();
    match (table, key, &found.forge) {
        ("segregation", "code_owners", _) => {
            beside = found.code_owners.as_ref().map(|path| format!(" There is {path}.")).unwrap_or_default();
        }
        ("forge", "kind", Some((kind, _))) => {
            value = json!(kind);
            beside = " The remote tells this.".into();
        }
        ("forge", "repository", Some((_, repository))) => {
            value = json!(repository);
            beside = " The remote tells this.".into();
        }
        _ => {}
    }
    explain(text, &format!("{}{names}{beside}", schema::description(schema)));
    setting(text, key, &value);
}

/// The root modules, the first with every key.
fn modules(text: &mut String, table: &Table<'_>, found: &FoundRepository) {
    for (position, module) in found.modules.iter().take(MODULES).enumerate() {
        let directory = if module.directory.is_empty() { "." } else { &module.directory };
        text.push('\n');
        explain(text, &format!("Backend: {}.", module.backend));
        let _ = writeln!(text, "#{}", table.heading);
        setting(text, "directory", &json!(globset::escape(directory)));
        if position > 0 {
            continue;
        }
        for (key, schema) in table.properties.iter().filter(|(key, _)| *key != "directory") {
            keyed(text, table.name, key, schema, found);
        }
    }
    if found.modules.len() > MODULES {
        explain(text, &format!("And {} more root modules.", found.modules.len() - MODULES));
    }
}

/// Provider configurations whose arguments stand in no file of the commit.
fn providers(text: &mut String, found: &FoundRepository) {
    for stub in &found.providers {
        text.push('\n');
        explain(text, &format!("Not known from the configuration: {}.", stub.arguments.join(", ")));
        text.push_str("#[[provider]]\n");
        setting(text, "address", &json!(stub.address));
        if !stub.root_module.is_empty() {
            setting(text, "root_module", &json!(stub.root_module));
        }
        let variable = |name: &str| {
            let plain = |letter: char| if letter.is_ascii_alphanumeric() { letter.to_ascii_uppercase() } else { '_' };
            json!({"env": name.chars().map(plain).collect::<String>()})
        };
        let arguments: serde_json::Map<String, Value> =
            stub.arguments.iter().map(|name| (name.clone(), variable(name))).collect();
        setting(text, "arguments", &Value::Object(arguments));
    }
}
