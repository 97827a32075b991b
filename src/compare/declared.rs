//! What the configuration declares at a path, and whether a value agrees with it.
//! Knows nothing of how expressions are evaluated.

use super::walk::Walker;
use crate::config::{Declared, DeclaredInstance};
use crate::normalize::{equal, fold, is_empty, is_extended, is_set};
use crate::schema_node::Node;
use provider_api::{AttributePath, Attributes, Step};
use serde_json::Value;

/// What is declared at a path.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum At {
    /// This value.
    Value(Value),
    /// Something that could not be evaluated.
    NotKnown,
    /// Nothing.
    Nothing,
}

/// Looks up a path.
pub(crate) fn at(instance: &DeclaredInstance, path: &AttributePath) -> At {
    let mut steps = path.0.iter();
    let Some(Step::Name(top)) = steps.next() else { return At::Nothing };
    let Some(mut current) = instance.attributes.get(top) else { return At::Nothing };
    for step in steps {
        let next = match (current, step) {
            (Declared::NotKnown, _) => return At::NotKnown,
            (Declared::Known(value), step) => return known_at(value, step, path),
            (Declared::List(elements), Step::Index(index)) => elements.get(*index),
            (Declared::Object(entries), Step::Name(name) | Step::Key(name)) => entries.get(name),
            _ => None,
        };
        match next {
            Some(next) => current = next,
            None => return At::Nothing,
        }
    }
    value(current)
}

/// The rest of the way through a value that is known throughout.
fn known_at(value: &Value, first: &Step, path: &AttributePath) -> At {
    let start = path.0.iter().position(|step| std::ptr::eq(step, first)).unwrap_or(0);
    let mut current = value;
    for step in &path.0[start..] {
        let next = match step {
            Step::Index(index) => current.get(index),
            Step::Name(name) | Step::Key(name) => current.get(name),
        };
        match next {
            Some(next) => current = next,
            None => return At::Nothing,
        }
    }
    if current.is_null() { At::Nothing } else { At::Value(current.clone()) }
}

/// A declared value as plain JSON, if it is known throughout.
fn value(declared: &Declared) -> At {
    match declared.known() {
        Some(Value::Null) => At::Nothing,
        Some(value) => At::Value(value),
        None => At::NotKnown,
    }
}

/// Top-level attributes whose declared value is known and is not what `attributes` holds, and those that are no longer
/// declared and would be planned away. What is not recorded (a newer provider's attribute) is left out.
pub(crate) fn disagreements(walker: &Walker<'_>, instance: &DeclaredInstance, attributes: &Attributes) -> Vec<String> {
    let root = AttributePath(Vec::new());
    let declares = |name: &str| instance.attributes.get(name).is_some_and(|declared| *declared != NULL);
    let given_up = given_up(walker, &root, walker.schema, declares, |name| attributes.get(name));
    let disagrees = |(name, declared): (&String, &Declared)| {
        let node = walker.schema.child(name);
        let write_only = node.attribute().is_some_and(|attribute| attribute.write_only());
        let recorded = attributes.get(name)?;
        let agrees = agrees(walker, &AttributePath::attribute(name), node, declared, recorded, 0);
        (!write_only && !agrees).then(|| name.clone())
    };
    let mut names: Vec<String> = instance.attributes.iter().filter_map(disagrees).collect();
    names.extend(given_up.into_iter().map(str::to_owned));
    names.sort();
    names.dedup();
    names
}

const NULL: Declared = Declared::Known(Value::Null);

/// Attributes and nested blocks of a body that are left unset, and hold what a plan would take away.
fn given_up<'n, 'v>(
    walker: &Walker<'_>,
    path: &AttributePath,
    body: Node<'n>,
    declares: impl Fn(&str) -> bool,
    value: impl Fn(&str) -> Option<&'v Value>,
) -> Vec<&'n str> {
    let undeclared = body.names().filter(|name| !declares(name));
    let given_up = undeclared.filter(|name| {
        let node = body.child(name);
        let (Some(planned), Some(value)) = (node.unset(), value(name)) else { return false };
        let nothing = planned.is_null() && is_zero(value);
        // An empty nested block is one block all the same.
        if node.attribute().is_none() {
            return !nothing;
        }
        let path = path.join(Step::Name((*name).to_owned()));
        !nothing && !equal(planned, value) && fold(walker.resource_type, &path, node, planned, value).is_none()
    });
    given_up.collect()
}

/// What the plugin framework's predecessor cannot tell from null.
fn is_zero(value: &Value) -> bool {
    match value {
        Value::Bool(flag) => !flag,
        Value::Number(number) => number.as_f64() == Some(0.0),
        other => is_empty(other),
    }
}

/// Whether a declared value, as far as it is known, is what a recorded or live value says. An object declares only the
/// attributes it names. In doubt they agree: an approved change that was not applied is never guessed.
fn agrees(
    walker: &Walker<'_>,
    path: &AttributePath,
    node: Node<'_>,
    declared: &Declared,
    value: &Value,
    depth: usize,
) -> bool {
    if depth > 64 {
        return true;
    }
    match (declared, value) {
        (Declared::NotKnown | Declared::Known(Value::Null), _) => true,
        (Declared::Known(known), _) => known_agrees(walker, path, node, known, value, depth),
        (Declared::List(elements), Value::Array(values)) => {
            list_agrees(walker, path, node, elements.iter().collect(), values, depth)
        }
        // A single nested block is written as a block and recorded as an object.
        (Declared::List(elements), Value::Object(_)) if elements.len() == 1 => {
            agrees(walker, path, node, &elements[0], value, depth + 1)
        }
        (Declared::Object(entries), Value::Object(values)) => {
            let named = entries.iter().all(|(name, declared)| {
                let value = values.get(name).unwrap_or(&Value::Null);
                agrees(walker, &path.join(step_for(node, name)), inner(node, name), declared, value, depth + 1)
            });
            let declares = |name: &str| entries.get(name).is_some_and(|declared| *declared != NULL);
            named && given_up(walker, path, node, declares, |name| values.get(name)).is_empty()
        }
        (Declared::List(elements), Value::Null) => elements.is_empty() || elements.contains(&Declared::NotKnown),
        (Declared::Object(entries), Value::Null) => entries.values().all(|value| *value == Declared::NotKnown),
        _ => true,
    }
}

fn known_agrees(
    walker: &Walker<'_>,
    path: &AttributePath,
    node: Node<'_>,
    known: &Value,
    value: &Value,
    depth: usize,
) -> bool {
    if equal(known, value) || fold(walker.resource_type, path, node, known, value).is_some() || same_text(known, value)
    {
        return true;
    }
    match (known, value) {
        (Value::Array(elements), Value::Array(values)) => {
            let elements: Vec<Declared> = elements.iter().cloned().map(Declared::Known).collect();
            list_agrees(walker, path, node, elements.iter().collect(), values, depth)
        }
        (Value::Object(entries), Value::Object(values)) => {
            let by_key = node.shape() == provider_api::Shape::Map;
            let named = entries.iter().all(|(name, known)| {
                known.is_null() || {
                    let value = values.get(name).unwrap_or(&Value::Null);
                    known_agrees(walker, &path.join(step_for(node, name)), inner(node, name), known, value, depth + 1)
                }
            });
            let declares = |name: &str| entries.get(name).is_some_and(|known| !known.is_null());
            let none_given_up = || given_up(walker, path, node, declares, |name| values.get(name)).is_empty();
            named && none_given_up() && (!by_key || values.keys().all(|name| entries.contains_key(name)))
        }
        (Value::Array(elements), Value::Object(_)) if elements.len() == 1 => {
            known_agrees(walker, path, node, &elements[0], value, depth + 1)
        }
        _ => is_empty(known) && is_empty(value),
    }
}

fn list_agrees(
    walker: &Walker<'_>,
    path: &AttributePath,
    node: Node<'_>,
    elements: Vec<&Declared>,
    values: &[Value],
    depth: usize,
) -> bool {
    if elements.contains(&&Declared::NotKnown) {
        return true;
    }
    let inner = path.join(Step::Index(0));
    let matches =
        |declared: &Declared, value: &Value| agrees(walker, &inner, node.element(), declared, value, depth + 1);
    if is_set(walker.resource_type, path, node) {
        // Declared elements may fold into one; every one must be there, and nothing that no declaration accounts for.
        let extended = is_extended(walker.resource_type, path);
        return elements.iter().all(|declared| values.iter().any(|value| matches(declared, value)))
            && (extended || values.iter().all(|value| elements.iter().any(|declared| matches(declared, value))));
    }
    elements.len() == values.len() && elements.iter().zip(values).all(|(declared, value)| matches(declared, value))
}

/// Configuration and record may differ in white space around a text (heredocs, key files) and in the spelling of JSON.
fn same_text(one: &Value, other: &Value) -> bool {
    match (one.as_str(), other.as_str()) {
        (Some(one), Some(other)) => {
            one.trim() == other.trim()
                || (one.trim_start().starts_with(['{', '[']) && {
                    let parse = |text: &str| serde_json::from_str::<Value>(text).ok();
                    parse(one).zip(parse(other)).is_some_and(|(one, other)| equal(&one, &other))
                })
        }
        _ => false,
    }
}

fn step_for(node: Node<'_>, name: &str) -> Step {
    match node.shape() {
        provider_api::Shape::Map => Step::Key(name.to_owned()),
        _ => Step::Name(name.to_owned()),
    }
}

fn inner<'a>(node: Node<'a>, name: &str) -> Node<'a> {
    if node.shape() == provider_api::Shape::Map { node.element() } else { node.child(name) }
}
