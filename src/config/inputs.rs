//! Values of the root module's variables, from wherever Terraform takes them.
//! Knows nothing of defaults, nor of what a variable's type makes of a value.

use super::expanded::marked;
use super::module::{Variable, joined, read_file};
use super::source::SourceFile;
use super::sources::Sources;
use super::syntax;
use super::{Declared, Problem};
use crate::language::{self, Type, Value};
use crate::model::SourceRange;
use std::collections::HashMap;

/// A source of values that was named on the command line, or that the environment holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum VariableSource {
    /// `TF_VAR_name`: weaker than any file.
    Environment {
        /// The variable.
        name: String,
        /// The value as text.
        text: String,
    },
    /// What Terragrunt gives: weaker than the environment.
    Unit {
        /// The variable.
        name: String,
        /// The value, as far as it is known.
        value: Declared,
    },
    /// Something that may set any variable, and that nobody knows.
    NotKnown,
    /// `--var name=text`.
    Text {
        /// The variable.
        name: String,
        /// The value as text.
        text: String,
    },
    /// A value of `driftline.toml`, of whatever type it has there.
    Value {
        /// The variable.
        name: String,
        /// The value.
        value: serde_json::Value,
        /// Whether something in it is the value of an environment variable, and must not be printed.
        sensitive: bool,
    },
    /// The value of an environment variable that `driftline.toml` names. It may be a secret, and is never printed.
    Secret {
        /// The variable of the root module.
        name: String,
        /// The value as text.
        text: String,
    },
    /// `--var-file`: what the file holds.
    File {
        /// The path, for messages; its ending tells the syntax.
        path: String,
        /// The whole file.
        text: String,
    },
}

/// A value as it was given.
#[derive(Debug, Clone)]
enum Given {
    Value(Value, Option<SourceRange>),
    /// Whether it is a string or an expression depends on the type that is declared.
    Text(String),
    /// The same of what must not be printed.
    Secret(String),
}

/// Where a value comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Place {
    /// A line of a file of values.
    File(SourceRange),
    /// The environment or the command line.
    Outside,
}

/// Values by variable.
#[derive(Debug, Default, Clone)]
pub(crate) struct Inputs {
    values: HashMap<String, Given>,
    /// False where a file could not be read: nobody knows what it sets.
    pub(crate) complete: bool,
}

impl Inputs {
    /// The value of a variable, if it is given one.
    pub(crate) fn value(&self, name: &str, variable: &Variable) -> Option<Value> {
        Some(match self.values.get(name)? {
            Given::Value(value, _) => value.clone(),
            Given::Text(text) => of_text(text, variable),
            Given::Secret(text) => marked(of_text(text, variable), true),
        })
    }

    /// Where a variable's value comes from, if it is given one.
    pub(crate) fn place(&self, name: &str) -> Option<Place> {
        Some(match self.values.get(name)? {
            Given::Value(_, Some(range)) => Place::File(range.clone()),
            Given::Value(_, None) | Given::Text(_) | Given::Secret(_) => Place::Outside,
        })
    }

    fn file(&mut self, file: &SourceFile, problems: &mut Vec<Problem>) {
        match syntax::parse_values(file) {
            Ok(body) => {
                let values = body.arguments.iter();
                self.values.extend(values.map(|argument| {
                    (argument.name.clone(), Given::Value(argument.value.constant(), Some(argument.place.range())))
                }));
            }
            Err(problem) => {
                problems.push(*problem);
                self.complete = false;
            }
        }
    }
}

/// What text stands for that is given to a variable.
fn of_text(text: &str, variable: &Variable) -> Value {
    if is_plain(variable) {
        return Value::string(text);
    }
    let value = language::parse(text).ok().and_then(|expression| language::constant(&expression).ok());
    value.unwrap_or_else(Value::dynamic)
}

/// Whether text that is given to a variable is the value itself rather than an expression, as where its type is a string,
/// a number or a boolean, or where it has none.
fn is_plain(variable: &Variable) -> bool {
    match variable.constraint.as_ref().map(|constraint| &constraint.value_type) {
        Some(Type::String | Type::Number | Type::Bool) => true,
        Some(Type::Dynamic) => !variable.typed,
        _ => false,
    }
}

/// What Terragrunt hands over as text: it puts values into the environment (pkg/options, TF_VAR_…).
fn given(value: &Declared) -> Given {
    match value {
        Declared::Known(serde_json::Value::String(text)) => Given::Text(text.clone()),
        value => Given::Value(value.into(), None),
    }
}

/// Reads, each stronger than the one before: what Terragrunt gives, the environment, `terraform.tfvars`, `terraform.tfvars.json`,
/// `*.auto.tfvars` and `*.auto.tfvars.json` of a directory by name, and what the command line names in its order.
pub(crate) fn read(
    files: &Sources<'_, '_>,
    directory: &str,
    sources: &[VariableSource],
    problems: &mut Vec<Problem>,
) -> Inputs {
    let names = files.files(directory).unwrap_or_default();
    let automatic = |name: &&String| name.ends_with(".auto.tfvars") || name.ends_with(".auto.tfvars.json");
    let fixed = ["terraform.tfvars", "terraform.tfvars.json"].map(str::to_owned);
    let found = fixed.iter().filter(|name| names.contains(name)).chain(names.iter().filter(automatic));
    let paths: Vec<String> = found.map(|name| joined(directory, name)).collect();
    let mut inputs = Inputs { values: HashMap::new(), complete: true };
    for source in sources {
        match source {
            VariableSource::Unit { name, value } => drop(inputs.values.insert(name.clone(), given(value))),
            VariableSource::NotKnown => inputs.complete = false,
            _ => {}
        }
    }
    for source in sources {
        if let VariableSource::Environment { name, text } = source {
            inputs.values.insert(name.clone(), Given::Text(text.clone()));
        }
    }
    for path in paths {
        match read_file(|limit| files.read(&path, limit), &files.place(&path)) {
            Ok(file) => inputs.file(&file, problems),
            Err(problem) => {
                problems.push(*problem);
                inputs.complete = false;
            }
        }
    }
    for source in sources {
        match source {
            VariableSource::Environment { .. } | VariableSource::Unit { .. } | VariableSource::NotKnown => {}
            VariableSource::Text { name, text } => {
                inputs.values.insert(name.clone(), Given::Text(text.clone()));
            }
            VariableSource::Value { name, value, sensitive } => {
                inputs.values.insert(name.clone(), Given::Value(marked(language::from_json(value), *sensitive), None));
            }
            VariableSource::Secret { name, text } => {
                inputs.values.insert(name.clone(), Given::Secret(text.clone()));
            }
            VariableSource::File { path, text } => inputs.file(&SourceFile::new(path, text.clone()), problems),
        }
    }
    inputs
}
