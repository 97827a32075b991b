//! Type constraints of variables: what a value is converted to, and the defaults of optional attributes.
//! Knows nothing of where a variable gets its value from.

use super::ast::{Expression, Key, Node};
use super::constant;
use super::convert::convert;
use super::types::{ObjectType, Type};
use super::value::{Kind, Value};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// A type constraint.
#[derive(Debug, Clone)]
pub(crate) struct Constraint {
    pub(crate) value_type: Type,
    defaults: Defaults,
}

/// Where in a value defaults of optional attributes are filled in.
#[derive(Debug, Clone, Default)]
struct Defaults {
    /// Of the attributes of an object.
    values: BTreeMap<Arc<str>, Value>,
    /// Within the attributes of an object, or the elements of a tuple by position.
    inner: BTreeMap<Arc<str>, Defaults>,
    /// Within every element of a list, set or map.
    element: Option<Box<Defaults>>,
}

impl Constraint {
    /// No constraint at all.
    pub(crate) fn any() -> Self {
        Self { value_type: Type::Dynamic, defaults: Defaults::default() }
    }

    /// Reads a constraint such as `map(object({ name = optional(string, "x") }))`; none if it is not understood.
    pub(crate) fn read(expression: &Expression) -> Option<Self> {
        let (value_type, defaults) = read(expression)?;
        Some(Self { value_type, defaults })
    }

    /// The value with defaults filled in, as this type.
    ///
    /// # Errors
    /// Says what is wanted where the value is something else.
    pub(crate) fn apply(&self, value: &Value) -> Result<Value, String> {
        // Lists and sets of one type are made before defaults are filled in only where the value is one already.
        convert(&self.defaults.fill(value), &self.value_type)
    }
}

impl Defaults {
    fn is_empty(&self) -> bool {
        self.values.is_empty() && self.inner.is_empty() && self.element.is_none()
    }

    fn fill(&self, value: &Value) -> Value {
        if self.is_empty() || value.is_null() || !value.is_known() {
            return value.clone();
        }
        let within = |name: &str, value: &Value| match (self.inner.get(name), &self.element) {
            (Some(inner), _) => inner.fill(value),
            (None, Some(element)) => element.fill(value),
            (None, None) => value.clone(),
        };
        let elements = |values: &[Value]| -> Vec<Value> {
            values.iter().enumerate().map(|(position, value)| within(&position.to_string(), value)).collect()
        };
        let filled = match &value.kind {
            // Elements may differ in type once some are filled in and others not.
            Kind::List(_, items) | Kind::Tuple(items) | Kind::Set(_, items) => Value::tuple(elements(&items.values)),
            Kind::Map(_, items) | Kind::Object(items) => {
                let mut entries: BTreeMap<Arc<str>, Value> =
                    items.values.iter().map(|(name, value)| (name.clone(), within(name, value))).collect();
                for (name, default) in &self.values {
                    if entries.get(name).is_none_or(Value::is_null) {
                        entries.insert(name.clone(), within(name, default));
                    }
                }
                Value::object(entries)
            }
            _ => return value.clone(),
        };
        filled.marked(value.marks)
    }
}

type Read = (Type, Defaults);

fn read(expression: &Expression) -> Option<Read> {
    let plain = |value_type: Type| Some((value_type, Defaults::default()));
    match &expression.node {
        Node::Name(name) => match &**name {
            "any" => plain(Type::Dynamic),
            "string" => plain(Type::String),
            "number" => plain(Type::Number),
            "bool" => plain(Type::Bool),
            // How old configurations wrote collections of anything.
            "list" => plain(Type::list(Type::Dynamic)),
            "map" => plain(Type::map(Type::Dynamic)),
            _ => None,
        },
        Node::Parenthesis(inner) => read(inner),
        // Quoted, as configurations once wrote types.
        Node::Literal(value) => match &**value.text()? {
            "string" => plain(Type::String),
            "list" => plain(Type::list(Type::String)),
            "map" => plain(Type::map(Type::String)),
            _ => None,
        },
        Node::Call(call) => {
            let [argument] = call.arguments.as_slice() else { return None };
            match &*call.name {
                "list" => collection(argument, Type::list),
                "set" => collection(argument, Type::set),
                "map" => collection(argument, Type::map),
                "tuple" => tuple(argument),
                "object" => object(argument),
                _ => None,
            }
        }
        _ => None,
    }
}

fn collection(argument: &Expression, collect: fn(Type) -> Type) -> Option<Read> {
    let (element, defaults) = read(argument)?;
    let element_defaults = (!defaults.is_empty()).then(|| Box::new(defaults));
    Some((collect(element), Defaults { element: element_defaults, ..Defaults::default() }))
}

fn tuple(argument: &Expression) -> Option<Read> {
    let Node::Tuple(elements) = &argument.node else { return None };
    let mut types = Vec::new();
    let mut defaults = Defaults::default();
    for (position, element) in elements.iter().enumerate() {
        let (element, inner) = read(element)?;
        types.push(element);
        if !inner.is_empty() {
            defaults.inner.insert(position.to_string().into(), inner);
        }
    }
    Some((Type::Tuple(types.into()), defaults))
}

fn object(argument: &Expression) -> Option<Read> {
    let Node::Object(entries) = &argument.node else { return None };
    let mut attributes = BTreeMap::new();
    let mut optional = BTreeSet::new();
    let mut defaults = Defaults::default();
    for (key, value) in entries {
        let name: Arc<str> = match key {
            Key::Name(name) => name.clone(),
            Key::Expression(key) => key.literal()?.into(),
        };
        let (wanted, default) = match &value.node {
            Node::Call(call) if &*call.name == "optional" => {
                optional.insert(name.clone());
                (call.arguments.first()?, call.arguments.get(1))
            }
            _ => (value, None),
        };
        let (attribute, inner) = read(wanted)?;
        if let Some(default) = default {
            let default = constant(default).ok()?;
            defaults.values.insert(name.clone(), convert(&inner.fill(&default), &attribute).ok()?);
        }
        if !inner.is_empty() {
            defaults.inner.insert(name.clone(), inner);
        }
        attributes.insert(name, attribute);
    }
    Some((Type::Object(Arc::new(ObjectType { attributes, optional })), defaults))
}
