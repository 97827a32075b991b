//! The functions of Terraform 1.11 and of OpenTofu: what they take, and how they are called.
//! Knows nothing of references.

mod cidr;
mod collections;
mod conversion;
mod encoding;
mod files;
mod format;
mod hash;
mod json;
mod lists;
mod numbers;
mod regex;
mod sets;
mod strings;
mod time;
mod yaml;

use super::ast::{Call, Expression, Node, Span};
use super::convert::convert;
use super::evaluate::{Evaluated, Evaluator, failed};
use super::types::Type;
use super::value::{Marks, Value};
use std::collections::HashMap;
use std::sync::LazyLock;

/// One function.
pub(super) struct Function {
    name: &'static str,
    parameters: &'static [Parameter],
    /// What any number of further arguments are.
    further: Option<Parameter>,
    /// The type of the result, for when an argument is not known.
    result: fn(&[Value]) -> Type,
    /// Whether the result may be null.
    nullable: bool,
    call: fn(&mut Context<'_, '_>, &[Value]) -> Outcome,
}

/// The result of a function, or what is wrong with the call.
type Outcome = Result<Value, String>;

/// What an argument is converted to, and what the function deals with itself.
#[derive(Clone, Copy)]
struct Parameter {
    kind: Kind,
    null: bool,
    unknown: bool,
    /// Values whose type is not known.
    dynamic: bool,
    marked: bool,
}

#[derive(Clone, Copy)]
enum Kind {
    Any,
    String,
    Number,
    ListOfAny,
    ListOfStrings,
    ListOfBools,
    SetOfAny,
    MapOfLists,
}

const ANY: Parameter = Parameter { kind: Kind::Any, null: false, unknown: false, dynamic: false, marked: false };
const STRING: Parameter = Parameter { kind: Kind::String, ..ANY };
const NUMBER: Parameter = Parameter { kind: Kind::Number, ..ANY };
const LIST: Parameter = Parameter { kind: Kind::ListOfAny, ..ANY };
const STRINGS: Parameter = Parameter { kind: Kind::ListOfStrings, ..ANY };
const BOOLS: Parameter = Parameter { kind: Kind::ListOfBools, ..ANY };
const SET: Parameter = Parameter { kind: Kind::SetOfAny, ..ANY };
const MAP_OF_LISTS: Parameter = Parameter { kind: Kind::MapOfLists, ..ANY };

impl Parameter {
    const fn null(self) -> Self {
        Self { null: true, ..self }
    }

    const fn unknown(self) -> Self {
        Self { unknown: true, ..self }
    }

    const fn dynamic(self) -> Self {
        Self { dynamic: true, ..self }
    }

    const fn marked(self) -> Self {
        Self { marked: true, ..self }
    }

    /// Takes whatever there is.
    const fn anyhow(self) -> Self {
        Self { null: true, unknown: true, dynamic: true, marked: true, ..self }
    }

    fn value_type(self) -> Type {
        match self.kind {
            Kind::Any => Type::Dynamic,
            Kind::String => Type::String,
            Kind::Number => Type::Number,
            Kind::ListOfAny => Type::list(Type::Dynamic),
            Kind::ListOfStrings => Type::list(Type::String),
            Kind::ListOfBools => Type::list(Type::Bool),
            Kind::SetOfAny => Type::set(Type::Dynamic),
            Kind::MapOfLists => Type::map(Type::list(Type::String)),
        }
    }
}

/// What a function may use beside its arguments.
struct Context<'e, 'a> {
    evaluator: &'e mut Evaluator<'a>,
    span: Span,
}

impl Context<'_, '_> {
    /// Takes so many steps off what evaluation may still cost.
    fn spend(&self, steps: usize) -> Result<(), String> {
        self.evaluator.spend(steps, self.span).map_err(|failure| failure.message)
    }
}

const fn function(
    name: &'static str,
    parameters: &'static [Parameter],
    result: fn(&[Value]) -> Type,
    call: fn(&mut Context<'_, '_>, &[Value]) -> Outcome,
) -> Function {
    Function { name, parameters, further: None, result, nullable: false, call }
}

impl Function {
    const fn and(self, further: Parameter) -> Self {
        Self { further: Some(further), ..self }
    }

    const fn nullable(self) -> Self {
        Self { nullable: true, ..self }
    }
}

fn string_type(_: &[Value]) -> Type {
    Type::String
}

fn number_type(_: &[Value]) -> Type {
    Type::Number
}

fn bool_type(_: &[Value]) -> Type {
    Type::Bool
}

fn any_type(_: &[Value]) -> Type {
    Type::Dynamic
}

fn strings_type(_: &[Value]) -> Type {
    Type::list(Type::String)
}

/// The type of the first argument.
fn same_type(arguments: &[Value]) -> Type {
    arguments.first().map_or(Type::Dynamic, Value::value_type)
}

static FUNCTIONS: LazyLock<HashMap<&str, &Function>> = LazyLock::new(|| {
    let tables: [&[Function]; 13] = [
        cidr::FUNCTIONS,
        collections::FUNCTIONS,
        conversion::FUNCTIONS,
        encoding::FUNCTIONS,
        files::FUNCTIONS,
        format::FUNCTIONS,
        hash::FUNCTIONS,
        lists::FUNCTIONS,
        numbers::FUNCTIONS,
        regex::FUNCTIONS,
        sets::FUNCTIONS,
        strings::FUNCTIONS,
        time::FUNCTIONS,
    ];
    tables.into_iter().flatten().map(|function| (function.name, function)).collect()
});

/// The names of all functions, sorted.
#[cfg(test)]
pub(super) fn names() -> Vec<&'static str> {
    let mut names: Vec<&str> = FUNCTIONS.keys().copied().chain(["try", "can"]).collect();
    names.sort_unstable();
    names
}

impl Evaluator<'_> {
    pub(super) fn call(&mut self, call: &Call, span: Span) -> Evaluated {
        let name = call.name.strip_prefix("core::").unwrap_or(&call.name);
        match name {
            "try" => return self.attempt(call, span),
            "can" => return self.can(call, span),
            _ => {}
        }
        let Some(function) = FUNCTIONS.get(name) else {
            // Functions of providers, and whatever a later release brings.
            let Some(arguments) = self.arguments(call)? else { return Ok(Value::dynamic()) };
            return match self.scope.call(name, &arguments) {
                Some(result) => result.or_else(|error| failed(span, format!("{name}: {error}"))),
                None => Ok(Value::dynamic()),
            };
        };
        let Some(arguments) = self.arguments(call)? else { return Ok(Value::dynamic()) };
        function.invoke(self, arguments, span)
    }

    /// The arguments; none where it is not known how many there are.
    fn arguments(&mut self, call: &Call) -> Result<Option<Vec<Value>>, Box<super::Failure>> {
        let mut arguments = Vec::with_capacity(call.arguments.len());
        for (position, argument) in call.arguments.iter().enumerate() {
            let value = self.expression(argument)?;
            if !call.expand || position + 1 < call.arguments.len() {
                arguments.push(value);
                continue;
            }
            let mut marks = Marks::default();
            let value = value.unmarked(&mut marks);
            if value.is_null() {
                return failed(argument.span, "null stands for no arguments");
            }
            match (value.elements(), value.is_known()) {
                (Some(elements), _) => arguments.extend(elements.iter().map(|element| element.clone().marked(marks))),
                (None, false) => return Ok(None),
                (None, true) => return failed(argument.span, "only a list or set stands for several arguments"),
            }
        }
        Ok(Some(arguments))
    }

    /// `try`: the first argument that has a value. Where one holds something unknown, it may still fail.
    fn attempt(&mut self, call: &Call, span: Span) -> Evaluated {
        for argument in &call.arguments {
            match self.expression(argument) {
                Err(failure) if failure.exhausted => return Err(failure),
                Err(_) => {}
                Ok(value) if value.is_wholly_known() => return Ok(value),
                Ok(_) => return Ok(Value::dynamic()),
            }
        }
        failed(span, "no argument of try has a value")
    }

    fn can(&mut self, call: &Call, span: Span) -> Evaluated {
        let [argument] = call.arguments.as_slice() else { return failed(span, "can takes one argument") };
        match self.expression(argument) {
            Err(failure) if failure.exhausted => Err(failure),
            Err(_) => Ok(false.into()),
            Ok(value) if value.is_wholly_known() => Ok(true.into()),
            Ok(_) => Ok(Value::unknown(Type::Bool)),
        }
    }
}

impl Function {
    fn invoke(&self, evaluator: &mut Evaluator<'_>, mut arguments: Vec<Value>, span: Span) -> Evaluated {
        let (least, most) = (self.parameters.len(), self.further.map_or(self.parameters.len(), |_| usize::MAX));
        if arguments.len() < least || arguments.len() > most {
            return failed(span, format!("{} takes {least} arguments, not {}", self.name, arguments.len()));
        }
        let mut marks = Marks::default();
        let mut known = true;
        for (position, argument) in arguments.iter_mut().enumerate() {
            let Some(parameter) = self.parameters.get(position).or(self.further.as_ref()) else { continue };
            let wrong = |error: String| failed(span, format!("{}: argument {}: {error}", self.name, position + 1));
            let mut value = match convert(argument, &parameter.value_type()) {
                Ok(value) => value,
                Err(_) if argument.marks_within().sensitive => {
                    return wrong("not what it should be, and sensitive".into());
                }
                Err(error) => return wrong(error),
            };
            if value.is_null() && !parameter.null {
                return wrong("must not be null".into());
            }
            if !parameter.marked {
                value = value.unmarked_deep(&mut marks);
            }
            if !value.is_known() && value.is_dynamic() && !parameter.dynamic {
                return Ok(Value::dynamic().marked(marks.or(value.marks)));
            }
            known &= value.is_known() || parameter.unknown;
            *argument = value;
        }
        if !known {
            let unknown = Value::unknown((self.result)(&arguments));
            return Ok(if self.nullable { unknown } else { unknown.not_null() }.marked(marks));
        }
        let cost: usize = arguments.iter().map(|argument| argument.length().map_or(1, |length| length / 8 + 1)).sum();
        evaluator.spend(cost, span)?;
        let mut context = Context { evaluator, span };
        match (self.call)(&mut context, &arguments) {
            Ok(value) => Ok(if self.nullable { value } else { value.not_null() }.marked(marks)),
            // What is wrong may tell what is secret.
            Err(_) if arguments.iter().fold(marks, |marks, argument| marks.or(argument.marks_within())).sensitive => {
                failed(span, format!("{}: an argument is not what it should be, and sensitive", self.name))
            }
            Err(error) => failed(span, format!("{}: {error}", self.name)),
        }
    }
}

/// The texts of a list of strings; none where one is not known.
///
/// # Errors
/// Where one is null.
fn texts(value: &Value) -> Result<Option<Vec<&str>>, String> {
    let mut found = Vec::new();
    for element in value.elements().unwrap_or_default() {
        if element.is_null() {
            return Err("an element is null".into());
        }
        match element.text() {
            Some(text) => found.push(&**text),
            None => return Ok(None),
        }
    }
    Ok(Some(found))
}

/// A list of strings.
fn string_list(texts: impl IntoIterator<Item = impl AsRef<str>>) -> Value {
    Value::list(Type::String, texts.into_iter().map(Value::string).collect())
}

/// The text of an argument that was converted to a string.
fn text(value: &Value) -> &str {
    value.text().map_or("", |text| text)
}

/// The number of an argument as a whole number that fits.
fn whole(value: &Value) -> Result<i64, String> {
    let number = value.number().ok_or_else(|| "a number is required".to_owned())?;
    number.to_i64().ok_or_else(|| format!("{number} is no whole number, or too large"))
}

/// Parses and evaluates a template with these names and nothing else to refer to.
fn render(context: &mut Context<'_, '_>, source: &str, names: &Value) -> Outcome {
    let template: Expression =
        super::lower::parse_template(source).map_err(|(_, message)| format!("not a valid template: {message}"))?;
    let mut marks = names.marks;
    let Some(entries) = names.entries() else { return Err("the variables must be a map or an object".into()) };
    let names = entries.iter().map(|(name, value)| (name.clone(), value.clone())).collect();
    let value = context.evaluator.within_template(&template, names).map_err(|failure| failure.message)?;
    let value = value.unmarked(&mut marks);
    // A template of one interpolation is that value; anything else is a string already.
    let lone = !matches!(template.node, Node::Template(_) | Node::Literal(_));
    if lone && value.is_null() {
        return Err("the template's result is null".into());
    }
    Ok(value.marked(marks))
}
