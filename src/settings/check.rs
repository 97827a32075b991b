//! Compares a settings file with its schema, key by key, so that what is wrong is told with its line and in words.
//! Knows nothing of what any key means, and never says what stands behind one.

use super::schema;
use serde_json::Value;
use std::collections::BTreeMap;
use std::ops::Range;
use toml::de::{DeTable, DeValue};

/// The longest part of a key that is said again.
const SHOWN_KEY: usize = 60;

/// What flags say and a file cannot: by the name that somebody may look for.
const REFUSED: &[(&str, &str)] = &[
    ("ref", "the file itself is read from the approved commit, so that it cannot choose it: use --ref"),
    ("config", "a settings file cannot name another one: use --config"),
    ("dir", "what is scanned is said when it is scanned; `include` and `exclude` narrow it"),
    ("live", "a recording stands for what is live in one run only, not in every one: use --live"),
    ("allow_programs", "no file may allow itself to run programs: use --allow-programs"),
    ("var", "values of variables stand in a [[root_module]], as `variables`"),
    ("var_file", "files of values stand in a [[root_module]], as `variable_files`"),
];

/// What is wrong with a file, and where.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Problem {
    /// Where in the text.
    pub(super) at: usize,
    /// What, without any value.
    pub(super) cause: String,
}

/// Where each key stands, by its path: `scan.deadline`, `root_module.0.state`.
pub(super) type Lines = BTreeMap<String, usize>;

/// The line of a place in a text, from 1.
pub(super) fn line(text: &str, at: usize) -> usize {
    text.bytes().take(at).filter(|byte| *byte == b'\n').count() + 1
}

/// Checks a file. Returns where its keys stand.
///
/// # Errors
/// The first thing that is wrong.
pub(super) fn check(text: &str) -> Result<Lines, Problem> {
    let table = DeTable::parse(text).map_err(|error| Problem {
        at: error.span().map_or(0, |span| span.start),
        cause: error.message().to_owned(),
    })?;
    let mut checker = Checker { text, lines: Lines::new(), problems: Vec::new() };
    checker.table(table.get_ref(), schema::root(), &Place::default());
    match checker.problems.into_iter().min_by_key(|problem| problem.at) {
        Some(problem) => Err(problem),
        None => Ok(checker.lines),
    }
}

/// Where the checker stands.
#[derive(Default)]
struct Place {
    /// Keys and positions, with dots; empty at the root.
    path: String,
    /// As people write it: `[scan]`; empty at the root.
    table: String,
}

struct Checker<'a> {
    text: &'a str,
    lines: Lines,
    problems: Vec<Problem>,
}

impl Checker<'_> {
    fn problem(&mut self, span: &Range<usize>, cause: String) {
        self.problems.push(Problem { at: span.start, cause });
    }

    fn table(&mut self, table: &DeTable<'_>, schema: &Value, place: &Place) {
        let known = schema["properties"].as_object();
        for (key, value) in table {
            let path = dotted(&place.path, key.get_ref());
            self.lines.insert(path.clone(), line(self.text, key.span().start));
            match known.map(|known| known.get(key.get_ref().as_ref())) {
                Some(Some(inner)) => {
                    self.value(key.get_ref(), value, inner, Place { path, table: place.table.clone() })
                }
                Some(None) => self.problem(&key.span(), unknown(key.get_ref(), &place.table, schema)),
                None => self.free(value, &path),
            }
        }
        for name in schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str) {
            if !table.keys().any(|key| key.get_ref() == name) {
                // The entry's own line, which its parent noted.
                let at = self.lines.get(&place.path).copied().unwrap_or(1);
                let start = self.text.split_inclusive('\n').take(at.saturating_sub(1)).map(str::len).sum();
                self.problem(&(start..start), format!("{} lacks the key `{name}`", place.table));
            }
        }
    }

    fn value(&mut self, key: &str, value: &toml::Spanned<DeValue<'_>>, schema: &Value, place: Place) {
        let span = value.span();
        let expected = types(schema);
        let found = kind(value.get_ref());
        if !expected.is_empty() && !expected.contains(&found) {
            return self.problem(&span, wrong_type(key, &place.table, schema, found));
        }
        match value.get_ref() {
            DeValue::Table(table) if schema["properties"].is_object() => {
                self.table(table, schema, &Place { table: format!("[{key}]"), ..place });
            }
            DeValue::Array(elements) => {
                let tables = schema["items"]["properties"].is_object();
                for (position, element) in elements.iter().enumerate() {
                    let path = format!("{}.{position}", place.path);
                    self.lines.insert(path.clone(), line(self.text, element.span().start));
                    match element.get_ref() {
                        DeValue::Table(table) if tables => {
                            self.table(table, &schema["items"], &Place { path, table: format!("[[{key}]]") });
                        }
                        _ => self.value(key, element, &schema["items"], Place { path, table: place.table.clone() }),
                    }
                }
            }
            DeValue::String(text) => {
                let names: Vec<&str> =
                    schema["enum"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
                if !names.is_empty() && !names.contains(&text.as_ref()) {
                    let cause =
                        format!("{} is one of {}{}", named(key, &place.table), names.join(", "), meant(text, &names));
                    self.problem(&span, cause);
                }
            }
            DeValue::Integer(number) => {
                let number = i128::from_str_radix(&number.as_str().replace('_', ""), number.radix()).ok();
                let limit = |name: &str| schema[name].as_i64().map(i128::from);
                let (least, most) = (limit("minimum"), limit("maximum"));
                let fits = number.is_some_and(|number| {
                    least.is_none_or(|least| least <= number) && most.is_none_or(|most| number <= most)
                });
                if !fits {
                    self.problem(&span, format!("{} is {}", named(key, &place.table), range(least, most)));
                }
            }
            _ => self.free(value, &place.path),
        }
    }

    /// Values that may have any shape: only dates have no meaning there.
    fn free(&mut self, value: &toml::Spanned<DeValue<'_>>, path: &str) {
        match value.get_ref() {
            DeValue::Datetime(_) => self.problem(&value.span(), "a date stands in quotes here".into()),
            DeValue::Array(elements) => elements.iter().for_each(|element| self.free(element, path)),
            DeValue::Table(table) => {
                for (key, value) in table {
                    let path = dotted(path, key.get_ref());
                    self.lines.insert(path.clone(), line(self.text, key.span().start));
                    self.free(value, &path);
                }
            }
            _ => {}
        }
    }
}

fn dotted(path: &str, key: &str) -> String {
    if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") }
}

fn shown(key: &str) -> String {
    let short: String = key.chars().take(SHOWN_KEY).collect();
    if short.len() < key.len() { format!("{short}…") } else { short }
}

/// A key with its table, as people name it.
fn named(key: &str, table: &str) -> String {
    match table {
        "" => format!("`{key}`"),
        table => format!("`{key}` in {table}"),
    }
}

/// The types that a schema allows; empty where it allows any.
fn types(schema: &Value) -> Vec<&str> {
    match &schema["type"] {
        Value::String(name) => vec![name],
        Value::Array(names) => names.iter().filter_map(Value::as_str).filter(|name| *name != "null").collect(),
        _ => Vec::new(),
    }
}

/// The type of a value, as JSON Schema calls it.
fn kind(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "string",
        DeValue::Integer(_) => "integer",
        DeValue::Float(_) => "number",
        DeValue::Boolean(_) => "boolean",
        DeValue::Datetime(_) => "date",
        DeValue::Array(_) => "array",
        DeValue::Table(_) => "object",
    }
}

/// A type in words.
fn words(name: &str) -> &'static str {
    match name {
        "string" => "a text in quotes",
        "integer" => "a whole number",
        "number" => "a number",
        "boolean" => "true or false",
        "array" => "a list, in brackets",
        "object" => "a table",
        _ => "a date",
    }
}

fn wrong_type(key: &str, table: &str, schema: &Value, found: &str) -> String {
    let tables = schema["items"]["properties"].is_object();
    match (types(schema).as_slice(), found) {
        (["array"], "object") if tables => format!("there can be several `{key}`: write [[{key}]]"),
        (["object"], "array") => format!("there is one `{key}` only: write [{key}]"),
        (["array"], found) if tables => format!("`{key}` is a table, and not {}: write [[{key}]]", words(found)),
        (expected, found) => {
            let expected: Vec<&str> = expected.iter().map(|name| words(name)).collect();
            format!("{} is {}, and not {}", named(key, table), expected.join(" or "), words(found))
        }
    }
}

fn range(least: Option<i128>, most: Option<i128>) -> String {
    match (least, most) {
        (Some(least), Some(most)) => format!("a whole number from {least} to {most}"),
        (Some(least), None) => format!("a whole number, {least} or more"),
        (None, Some(most)) => format!("a whole number, {most} or less"),
        (None, None) => "a whole number".into(),
    }
}

/// What to say of a key that is not known where it stands.
fn unknown(key: &str, table: &str, schema: &Value) -> String {
    let names: Vec<&str> =
        schema["properties"].as_object().into_iter().flatten().map(|(name, _)| name.as_str()).collect();
    let plain = key.replace('-', "_").to_lowercase();
    let what = match table {
        "" => format!("there is no table `{}`", shown(key)),
        table => format!("{table} has no key `{}`", shown(key)),
    };
    if names.contains(&plain.as_str()) {
        return format!("{what}; did you mean `{plain}`?");
    }
    if let Some((_, why)) = REFUSED.iter().find(|(name, _)| *name == plain).filter(|_| matches!(table, "" | "[scan]")) {
        return format!("`{plain}` cannot be set in a file: {why}");
    }
    let homes: Vec<String> =
        schema::tables().into_iter().filter(|home| home.keys.contains(&plain)).map(|home| home.heading).collect();
    // A name that is in many tables says nothing.
    if !homes.is_empty() && homes.len() <= 3 {
        return format!("{what}; `{plain}` belongs in {}", homes.join(" or "));
    }
    match meant(&plain, &names) {
        nearest if !nearest.is_empty() => format!("{what}{nearest}"),
        _ if table.is_empty() => format!("{what}; there are {}", names.join(", ")),
        _ => format!("{what}; it has {}", names.join(", ")),
    }
}

/// `; did you mean …?`, where a name is near.
fn meant(text: &str, names: &[&str]) -> String {
    // Longer texts are near to nothing, and cost their length squared.
    if text.len() > SHOWN_KEY {
        return String::new();
    }
    let distance = |name: &&&str| strsim::damerau_levenshtein(text, name);
    let nearest = names.iter().min_by_key(distance).filter(|name| distance(name) <= 1 + name.len() / 3);
    nearest.map(|name| format!("; did you mean `{name}`?")).unwrap_or_default()
}
