//! Settings in force as rows of a table, for people and for programs: each value with where it comes from. Secrets are left out.
//! Knows nothing of how values are chosen.

use super::root_module::from_environment;
use super::schema::{self, toml};
use super::{EvidenceInForce, InForce, Origin, RootModuleSettings, ScanInForce, SettingsFile};
use crate::activity;
use crate::cli::ReportTarget;
use clap::ValueEnum;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Value, json};
use std::fmt::Write;
use std::path::Path;

/// What stands in the place of a value that is not shown.
const HIDDEN: &str = "(not shown)";

/// What `driftline config --report json` prints.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(title = "driftline config")]
pub struct ConfigDocument {
    /// Version of this format: keys may be added within 1.x, none is reused.
    pub format_version: &'static str,
    /// The approved ref.
    pub reference: String,
    /// The commit that it stands at.
    pub commit: String,
    /// The settings file; null where there is none.
    pub file: Option<String>,
    /// Whether that file is the approved commit's, rather than one that `--config` names.
    pub committed: bool,
    /// What holds for all root modules, by table in the order of the file's reference.
    pub settings: Vec<Row>,
    /// What holds for each root module beyond that.
    pub root_modules: Vec<ModuleRow>,
    /// Entries for root modules of which there is none.
    pub unused: Vec<String>,
}

/// A root module, and one of its workspaces where that makes a difference.
#[derive(Debug, Serialize, JsonSchema)]
pub struct ModuleRow {
    /// From the repository's root; empty for the root itself.
    pub directory: String,
    /// The workspace, or the pattern of workspaces; null for all that no other row names.
    pub workspace: Option<String>,
    /// What the file's `[[root_module]]` entries say.
    pub settings: Vec<Row>,
}

/// A setting in force.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Row {
    /// The table: `scan`.
    pub table: String,
    /// The key: `deadline`.
    pub key: String,
    /// The value; null where there is none. What may be secret is not shown.
    pub value: Value,
    /// `flag`, `environment`, `file` or `default`.
    #[schemars(extend("enum" = ["flag", "environment", "file", "default"]))]
    pub source: &'static str,
    /// The flag, or the environment variable.
    pub name: Option<String>,
    /// The line of the settings file.
    pub line: Option<usize>,
}

impl Row {
    /// A row.
    pub fn new(table: &str, key: &str, value: Value, origin: &Origin) -> Self {
        let (source, name, line) = match origin {
            Origin::Flag(name) => ("flag", Some(name.clone()), None),
            Origin::Environment(name) => ("environment", Some(name.clone()), None),
            Origin::File(line) => ("file", None, Some(*line)),
            Origin::Default => ("default", None, None),
        };
        Self { table: table.into(), key: key.into(), value: open(key, value), source, name, line }
    }

    /// A row whose value is nobody's business.
    pub fn hidden(table: &str, key: &str, origin: &Origin) -> Self {
        Self { value: HIDDEN.into(), ..Self::new(table, key, Value::Null, origin) }
    }
}

/// The value without what may be secret in it, by the name that it has.
fn open(name: &str, value: Value) -> Value {
    if from_environment(&value).is_some() {
        return value;
    }
    match value {
        Value::Object(entries) => entries.into_iter().map(|(name, value)| (name.clone(), open(&name, value))).collect(),
        Value::Array(elements) => elements.into_iter().map(|value| open(name, value)).collect(),
        Value::Null | Value::Bool(_) => value,
        _ if is_secret(name) => HIDDEN.into(),
        Value::String(text) => match text.split_once('=') {
            Some((key, _)) if is_secret(key) => format!("{key}={HIDDEN}").into(),
            _ => without_login(&text).into(),
        },
        value => value,
    }
}

/// Whether what is called so may be secret.
fn is_secret(name: &str) -> bool {
    const WORDS: [&str; 13] = [
        "password",
        "passwd",
        "passphrase",
        "secret",
        "token",
        "credential",
        "private",
        "access_key",
        "api_key",
        "customer_key",
        "sas",
        "conn_str",
        "encryption_key",
    ];
    let name = name.to_lowercase().replace('-', "_");
    WORDS.iter().any(|word| name.contains(word))
}

/// An address without name and password, and without its query, which may be signed.
fn without_login(text: &str) -> String {
    let Some((scheme, rest)) = text.split_once("://") else { return text.to_owned() };
    let (rest, query) = rest.split_once('?').map_or((rest, ""), |(rest, _)| (rest, "?…"));
    let (authority, path) = rest.find('/').map_or((rest, ""), |at| rest.split_at(at));
    let host = authority.rsplit_once('@').map_or(authority.to_owned(), |(_, host)| format!("…@{host}"));
    format!("{scheme}://{host}{path}{query}")
}

/// All rows but those of root modules.
pub fn rows(scan: &ScanInForce, evidence: &EvidenceInForce, file: &SettingsFile) -> Vec<Row> {
    let mut rows = scan_rows(scan);
    rows.extend(evidence_rows(evidence));
    for table in schema::tables() {
        if ["scan", "evidence", "root_module"].contains(&table.name) {
            continue;
        }
        let given = file.source.raw(table.name);
        if table.several {
            for (position, entry) in given.and_then(Value::as_array).into_iter().flatten().enumerate() {
                for (key, value) in entry.as_object().into_iter().flatten() {
                    let line = file.source.line(&format!("{}.{position}.{key}", table.name));
                    rows.push(Row::new(
                        table.name,
                        &format!("{}.{key}", position + 1),
                        value.clone(),
                        &Origin::File(line),
                    ));
                }
            }
            continue;
        }
        for (key, schema) in table.properties {
            let (value, origin) = match given.and_then(|given| given.get(key)) {
                Some(value) => (value.clone(), Origin::File(file.source.line(&format!("{}.{key}", table.name)))),
                None => (schema::default(schema).cloned().unwrap_or_default(), Origin::Default),
            };
            rows.push(Row::new(table.name, key, value, &origin));
        }
    }
    rows
}

fn row<T>(table: &str, key: &str, setting: &InForce<T>, show: impl Fn(&T) -> Value) -> Row {
    Row::new(table, key, show(&setting.value), &setting.origin)
}

fn word<T: ValueEnum>(value: &T) -> Value {
    value.to_possible_value().map_or(Value::Null, |value| value.get_name().into())
}

fn texts<T: ToString>(list: &[T]) -> Value {
    list.iter().map(|item| Value::from(item.to_string())).collect()
}

fn path(path: &Path) -> Value {
    path.to_string_lossy().into()
}

fn report(target: &ReportTarget) -> Value {
    match &target.file {
        Some(file) => format!("{}={}", target.format.name(), file.display()).into(),
        None => target.format.name().into(),
    }
}

fn source(source: &activity::Source) -> Value {
    match source {
        activity::Source::EventHistory => "cloudtrail".into(),
        activity::Source::Folder(dir) => path(dir),
        activity::Source::Store(address) => address.as_str().into(),
    }
}

fn scan_rows(scan: &ScanInForce) -> Vec<Row> {
    let switch = |value: &bool| Value::from(*value);
    let optional = |value: &Option<std::path::PathBuf>| value.as_deref().map_or(Value::Null, path);
    vec![
        row("scan", "include", &scan.include, |list| texts(list)),
        row("scan", "exclude", &scan.exclude, |list| texts(list)),
        row("scan", "workspaces", &scan.workspaces, |list| texts(list)),
        row("scan", "unmanaged", &scan.unmanaged, switch),
        row("scan", "scope", &scan.scope, |list| texts(list)),
        row("scan", "ignore", &scan.ignore, |list| texts(list)),
        row("scan", "reader", &scan.reader, word),
        row("scan", "level", &scan.level, word),
        row("scan", "confirm", &scan.confirm, switch),
        row("scan", "deadline", &scan.deadline, |value| json!(value)),
        row("scan", "max_rps", &scan.max_rps, |value| json!(value)),
        row("scan", "activity", &scan.activity, |list| list.iter().map(source).collect()),
        row("scan", "record", &scan.record, optional),
        row("scan", "report", &scan.report, |list| list.iter().map(report).collect()),
        row("scan", "color", &scan.color, word),
        row("scan", "show_folds", &scan.show_folds, switch),
        row("scan", "sarif_previous", &scan.sarif_previous, optional),
    ]
}

fn evidence_rows(evidence: &EvidenceInForce) -> Vec<Row> {
    let switch = |value: &bool| Value::from(*value);
    vec![
        row("evidence", "offline", &evidence.offline, switch),
        row("evidence", "forge", &evidence.forge, |value| json!(value)),
        row("evidence", "cache", &evidence.cache, |value| value.as_deref().map_or(Value::Null, path)),
        row("evidence", "no_cache", &evidence.no_cache, switch),
    ]
}

impl RootModuleSettings {
    /// The rows of a root module: only what is said of it.
    pub fn rows(&self) -> Vec<Row> {
        let mut rows = Vec::new();
        for (key, line) in &self.lines {
            let value = match (key.as_str(), key.strip_prefix("variables.")) {
                (_, Some(name)) => self.variables.get(name).cloned().unwrap_or_default(),
                ("state", _) => texts(&self.states),
                ("workspaces", _) => texts(&self.workspaces),
                ("variable_files", _) => texts(&self.variable_files),
                ("backend_config", _) => texts(&self.backend_config),
                ("skip", _) => self.skip.as_ref().map_or(Value::Bool(false), |reason| json!(reason)),
                _ => continue,
            };
            rows.push(Row::new("root_module", key, value, &Origin::File(*line)));
        }
        rows
    }
}

/// As text for people. All of it may come from outside; whoever prints it makes it inert.
pub fn config_text(document: &ConfigDocument) -> String {
    let mut text = format!("Settings at {} (commit {})\n", document.reference, document.commit);
    let place = match (&document.file, document.committed) {
        (Some(file), true) => format!("{file} of that commit"),
        (Some(file), false) => format!("{file}, which --config names"),
        (None, _) => format!("no {} in that commit: `driftline init` writes one", super::FILE),
    };
    let _ = writeln!(text, "File: {place}");
    let mut table = "";
    for row in &document.settings {
        if row.table != table {
            table = &row.table;
            let _ = writeln!(text, "\n[{table}]");
        }
        line(&mut text, row, document.file.as_deref());
    }
    for module in &document.root_modules {
        let name = if module.directory.is_empty() { "." } else { &module.directory };
        let workspace = module.workspace.as_ref().map(|name| format!(", workspace {name}")).unwrap_or_default();
        let _ = writeln!(text, "\nroot module {name}{workspace}");
        if module.settings.is_empty() {
            text.push_str("  nothing of its own\n");
        }
        module.settings.iter().for_each(|row| line(&mut text, row, document.file.as_deref()));
    }
    for entry in &document.unused {
        let _ = writeln!(text, "\nnote: {entry} matches no root module");
    }
    text
}

fn line(text: &mut String, row: &Row, file: Option<&str>) {
    let place = match (row.source, &row.name, row.line) {
        ("file", _, Some(line)) => format!("{} line {line}", file.unwrap_or(super::FILE)),
        ("environment", Some(name), _) => format!("environment variable {name}"),
        (_, Some(name), _) => name.clone(),
        (source, ..) => source.to_owned(),
    };
    let value = if row.value.is_null() { "not set".to_owned() } else { toml(&row.value) };
    let _ = writeln!(text, "  {:<22} {value:<28} {place}", row.key);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_may_be_secret_is_not_shown() {
        for (name, value, expected) in [
            ("password", json!("hunter"), json!(HIDDEN)),
            ("password", json!({"env": "NAME"}), json!({"env": "NAME"})),
            (
                "backend_config",
                json!(["bucket=b", "access_key=x", "p.hcl"]),
                json!(["bucket=b", format!("access_key={HIDDEN}"), "p.hcl"]),
            ),
            ("state", json!(["https://u:p@h:1/x?sig=1"]), json!(["https://…@h:1/x?…"])),
            ("arguments", json!({"region": "r", "API-Token": "x"}), json!({"region": "r", "API-Token": HIDDEN})),
            ("secrets", json!(["x", 1]), json!([HIDDEN, HIDDEN])),
        ] {
            assert_eq!(open(name, value), expected, "{name}");
        }
    }
}
