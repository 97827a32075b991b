//! Blocks, arguments and expressions of one file, whichever of the two syntaxes it is written in.
//! Knows nothing of what any block means.

mod guard;
mod hcl;
mod json;

use super::Problem;
use super::source::{Place, SourceFile};
use crate::language::ast::{self, Key, Node, Step};
use crate::language::{self, Value};
pub(crate) use json::JsonValue;
use std::sync::Arc;

/// A block with its labels.
#[derive(Debug, Clone)]
pub(crate) struct Block {
    /// `resource`, `ingress`, …
    pub(crate) kind: String,
    pub(crate) labels: Vec<String>,
    pub(crate) body: Body,
    /// From the first character to the closing brace.
    pub(crate) place: Place,
}

/// What stands between braces, or in a whole file.
#[derive(Debug, Clone, Default)]
pub(crate) struct Body {
    pub(crate) arguments: Vec<Argument>,
    pub(crate) blocks: Vec<Block>,
}

/// `name = value`.
#[derive(Debug, Clone)]
pub(crate) struct Argument {
    pub(crate) name: String,
    pub(crate) value: Expression,
    /// Name and value.
    pub(crate) place: Place,
}

/// An expression as it was written.
#[derive(Debug, Clone)]
pub(crate) enum Expression {
    /// In the language itself.
    Native(Box<ast::Expression>),
    /// In the JSON syntax, where strings are templates.
    Json(JsonValue),
}

impl Body {
    pub(crate) fn argument(&self, name: &str) -> Option<&Argument> {
        self.arguments.iter().find(|argument| argument.name == name)
    }

    pub(crate) fn blocks<'a>(&'a self, kind: &'a str) -> impl Iterator<Item = &'a Block> {
        self.blocks.iter().filter(move |block| block.kind == kind)
    }
}

impl Expression {
    /// The text of a string without interpolation.
    pub(crate) fn literal(&self) -> Option<&str> {
        match self {
            Self::Native(expression) => expression.literal(),
            Self::Json(JsonValue::String(text)) => Some(text),
            Self::Json(_) => None,
        }
    }

    /// The expression itself; in JSON, where a reference is written in a string, what the string holds.
    pub(crate) fn reference(&self) -> Option<ast::Expression> {
        match self {
            Self::Native(expression) => match expression.literal() {
                // Quoted references are how old configurations wrote them.
                Some(text) => language::parse(text).ok(),
                None => Some((**expression).clone()),
            },
            Self::Json(JsonValue::String(text)) => {
                let text = text.strip_prefix("${").and_then(|text| text.strip_suffix('}')).unwrap_or(text);
                language::parse(text).ok()
            }
            Self::Json(_) => None,
        }
    }

    /// The type constraint that it is; none if it is not understood.
    pub(crate) fn constraint(&self) -> Option<language::Constraint> {
        match self {
            // Quoted constraints of old configurations are understood as they are.
            Self::Native(expression) => language::Constraint::read(expression),
            Self::Json(_) => language::Constraint::read(&self.reference()?),
        }
    }

    /// The elements of a list that is written out.
    pub(crate) fn elements(&self) -> Option<Vec<Self>> {
        match self {
            Self::Native(expression) => match &expression.node {
                Node::Tuple(elements) => Some(elements.iter().cloned().map(native).collect()),
                _ => None,
            },
            Self::Json(JsonValue::Array(elements)) => Some(elements.iter().cloned().map(Self::Json).collect()),
            Self::Json(_) => None,
        }
    }

    /// The entries of an object that is written out, with keys that are plain words, strings or references.
    pub(crate) fn entries(&self) -> Option<Vec<(String, Self)>> {
        match self {
            Self::Native(expression) => match &expression.node {
                Node::Object(entries) => {
                    entries.iter().map(|(key, value)| Some((object_key(key)?, native(value.clone())))).collect()
                }
                _ => None,
            },
            Self::Json(JsonValue::Object(entries)) => {
                Some(entries.iter().map(|entry| (entry.name.clone(), Self::Json(entry.value.clone()))).collect())
            }
            Self::Json(_) => None,
        }
    }

    /// The value; [`Value::dynamic`] where there is none.
    pub(crate) fn value(&self, scope: &dyn language::Scope, names: &[(Arc<str>, Value)]) -> Value {
        self.evaluated(scope, names).unwrap_or_else(|_| Value::dynamic())
    }

    /// The value, or why there is none.
    pub(crate) fn evaluated(
        &self,
        scope: &dyn language::Scope,
        names: &[(Arc<str>, Value)],
    ) -> Result<Value, Box<language::Failure>> {
        match self {
            Self::Native(expression) => language::evaluate(expression, scope, names),
            Self::Json(value) => value.value(&mut |text| {
                let template = language::parse_template(text).map_err(|(_, message)| message);
                template
                    .and_then(|template| language::evaluate(&template, scope, names).map_err(|failure| failure.message))
            }),
        }
    }

    /// The value of an expression in which nothing can be referred to: a default, a file of variable values.
    /// Strings of the JSON syntax are no templates there.
    pub(crate) fn constant(&self) -> Value {
        let value = match self {
            Self::Native(expression) => language::constant(expression),
            Self::Json(value) => value.value(&mut |text| Ok(Value::string(text))),
        };
        value.unwrap_or_else(|_| Value::dynamic())
    }
}

fn native(expression: ast::Expression) -> Expression {
    Expression::Native(Box::new(expression))
}

/// An object's key as it is written: `aws`, `"aws"` or `aws.west`.
fn object_key(key: &Key) -> Option<String> {
    let expression = match key {
        Key::Name(name) => return Some(name.to_string()),
        Key::Expression(expression) => expression,
    };
    match &expression.node {
        Node::Steps(root, steps) => {
            let mut text = root.name()?.to_owned();
            for step in steps {
                let Step::Attribute(name) = step else { return None };
                text = format!("{text}.{name}");
            }
            Some(text)
        }
        _ => expression.literal().map(str::to_owned),
    }
}

/// Stack for parsing, in bytes: 64 levels of nesting overflow what threads usually have.
const STACK: usize = 64 << 20;

/// Reads a configuration file.
pub(crate) fn parse(file: &SourceFile) -> Result<Body, Box<Problem>> {
    on_large_stack(file, if is_json(file.path()) { json::parse_configuration } else { hcl::parse })
}

/// Reads a file of variable values: arguments and nothing else.
pub(crate) fn parse_values(file: &SourceFile) -> Result<Body, Box<Problem>> {
    on_large_stack(file, if is_json(file.path()) { json::parse_values } else { hcl::parse })
}

/// Reads what stands within an `encryption` block, whichever of the two syntaxes it is in.
pub(crate) fn parse_encryption(file: &SourceFile) -> Result<Body, Box<Problem>> {
    on_large_stack(file, if file.text().trim_start().starts_with('{') { json::parse_encryption } else { hcl::parse })
}

type Parse = fn(&SourceFile) -> Result<Body, Box<Problem>>;

fn on_large_stack(file: &SourceFile, parse: Parse) -> Result<Body, Box<Problem>> {
    let parsed = std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().stack_size(STACK).spawn_scoped(scope, || parse(file));
        thread.ok().and_then(|thread| thread.join().ok())
    });
    parsed.unwrap_or_else(|| Err(Box::new(file.problem(0, "there is no memory to parse this file"))))
}

pub(crate) fn is_json(path: &str) -> bool {
    path.ends_with(".json")
}
