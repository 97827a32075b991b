//! Terraform's expression language: values with their types, expressions, functions.
//! Knows nothing of blocks, modules or files: what a reference stands for, the [`Scope`] tells.
//!
//! Everything here follows Terraform 1.11 (cty 1.16, HCL 2.23) and OpenTofu where it has more; the corpus in
//! `testdata/language` holds what `terraform console` makes of hundreds of expressions.

pub(crate) mod ast;
mod constraint;
mod convert;
mod evaluate;
mod functions;
mod lower;
mod number;
mod operators;
mod set;
#[cfg(test)]
mod text;
mod types;
mod unify;
mod value;
pub(crate) mod whitespace;

#[cfg(test)]
mod tests;

use ast::{Expression, Span};
use std::cell::Cell;
use std::sync::Arc;

pub(crate) use constraint::Constraint;
pub(crate) use convert::{convert, from_json, to_json, to_number, to_text, typed};
pub(crate) use lower::{expression, parse, parse_template};
pub(crate) use number::Number;
#[cfg(test)]
pub(crate) use text::to_hcl;
pub(crate) use types::Type;
pub(crate) use value::{Kind, Marks, Value};

/// What expressions may refer to.
pub(crate) trait Scope {
    /// The value of a reference; [`Value::dynamic`] for whatever cannot be told.
    fn resolve(&self, reference: Reference<'_>) -> Value;

    /// Takes so many steps off what evaluation may still cost; false when that is used up.
    fn spend(&self, steps: usize) -> bool;

    /// The content of a file, by a path from the root module.
    ///
    /// # Errors
    /// Where there is none, or where that cannot be told.
    fn file(&self, _path: &str) -> Result<Arc<[u8]>, FileError> {
        Err(FileError::NotKnown)
    }

    /// The value of a function that the language itself does not have; none where the scope has none either.
    fn call(&self, _name: &str, _arguments: &[Value]) -> Option<Result<Value, String>> {
        None
    }

    /// All files below a directory, as paths from there.
    ///
    /// # Errors
    /// Where there is no such directory, or where that cannot be told.
    fn files(&self, _directory: &str) -> Result<Vec<String>, FileError> {
        Err(FileError::NotKnown)
    }
}

/// Why a file has no content.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum FileError {
    /// There is none.
    Missing,
    /// It lies where nobody looks, or is too large.
    NotKnown,
}

/// A reference at the start of a lookup.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Reference<'a> {
    /// `var.name`
    Variable(&'a str),
    /// `local.name`
    Local(&'a str),
    /// `each.key`
    EachKey,
    /// `each.value`
    EachValue,
    /// `count.index`
    CountIndex,
    /// `terraform.workspace`
    Workspace,
    /// `path.module`, `path.root`, `path.cwd`
    Path(&'a str),
    /// `type.name` or `data.type.name`, all instances together.
    Resource { data: bool, resource_type: &'a str, name: &'a str },
    /// `module.name`, all instances together.
    Module(&'a str),
    /// `module.name.output`, or with the key of an instance.
    Output { module: &'a str, key: Option<&'a Value>, output: &'a str },
}

/// Why an expression has no value: a key that is not there, for example.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Failure {
    /// What is wrong, in a few words.
    pub(crate) message: String,
    /// Where.
    pub(crate) span: Span,
    /// Whether evaluation was given up rather than failed.
    pub(crate) exhausted: bool,
}

/// Evaluates an expression. `names` are what surrounds it beyond the scope: the iterators of `dynamic` blocks.
///
/// # Errors
/// Where the expression has no value.
pub(crate) fn evaluate(
    expression: &Expression,
    scope: &dyn Scope,
    names: &[(Arc<str>, Value)],
) -> Result<Value, Box<Failure>> {
    evaluate::Evaluator::new(scope, names).expression(expression)
}

/// The value of an expression in which nothing can be referred to: a default, a file of variable values.
///
/// # Errors
/// Where the expression has no value.
pub(crate) fn constant(expression: &Expression) -> Result<Value, Box<Failure>> {
    evaluate(expression, &Nothing::with(CONSTANT_STEPS), &[])
}

/// Steps that a constant may take.
const CONSTANT_STEPS: usize = 2_000_000;

/// A scope in which there is nothing, for so many steps.
struct Nothing(Cell<usize>);

impl Nothing {
    fn with(steps: usize) -> Self {
        Self(Cell::new(steps))
    }
}

impl Scope for Nothing {
    fn resolve(&self, _: Reference<'_>) -> Value {
        Value::dynamic()
    }

    fn spend(&self, steps: usize) -> bool {
        self.0.set(self.0.get().saturating_sub(steps));
        self.0.get() > 0
    }
}

/// Parses and evaluates whatever it is given.
#[cfg(fuzzing)]
pub(crate) fn fuzz(text: &str) {
    for parsed in [parse(text), parse_template(text)].into_iter().flatten() {
        let _ = evaluate(&parsed, &Nothing::with(100_000), &[]);
    }
}
