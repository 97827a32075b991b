//! Type constraints of variables, and the conversion of values to them.
//! Knows nothing of where a variable gets its value from.

use super::conditional::unified_elements;
use super::{Value, constant};
use crate::config::syntax::Expression;
use hcl_edit::expr as hcl;
use std::collections::BTreeMap;
use std::sync::Arc;

/// A type constraint.
#[derive(Debug, Clone)]
pub(crate) enum Type {
    Any,
    String,
    Number,
    Bool,
    List(Box<Type>),
    Set(Box<Type>),
    Map(Box<Type>),
    Tuple(Vec<Type>),
    Object(BTreeMap<Arc<str>, Attribute>),
}

/// An attribute of an object type.
#[derive(Debug, Clone)]
pub(crate) struct Attribute {
    attribute_type: Type,
    /// `optional(type)`, with its default or null.
    default: Option<Value>,
}

impl Type {
    /// Reads a constraint such as `map(object({ name = string }))`; none if it is not understood.
    pub(crate) fn read(expression: &Expression) -> Option<Self> {
        read(&expression.reference()?)
    }

    /// The value as this type; unknown where the conversion is not known to be exact.
    pub(crate) fn convert(&self, value: &Value) -> Value {
        match (self, value) {
            (_, Value::Unknown) => Value::Unknown,
            (_, Value::Null) => Value::Null,
            (Self::Any, value) => value.clone(),
            (Self::String, value) => value.to_text().map_or(Value::Unknown, Value::String),
            (Self::Number, value) => value.to_number().map_or(Value::Unknown, Value::Number),
            (Self::Bool, value) => value.to_bool().map_or(Value::Unknown, Value::Bool),
            (Self::List(element), Value::List(_) | Value::Set(_)) if value.is_ordered() => {
                element.elements(value).map_or(Value::Unknown, Value::list)
            }
            (Self::Set(element), Value::List(_) | Value::Set(_)) => {
                element.elements(value).map_or(Value::Unknown, Value::set)
            }
            (Self::Map(element), Value::Map(items)) => {
                let values: Vec<Value> = items.values.values().cloned().collect();
                match element.elements(&Value::list(values)) {
                    Some(values) => Value::map(items.values.keys().cloned().zip(values).collect()),
                    None => Value::Unknown,
                }
            }
            (Self::Tuple(types), Value::List(items)) if types.len() == items.values.len() => {
                Value::list(types.iter().zip(&items.values).map(|(element, value)| element.convert(value)).collect())
            }
            (Self::Object(attributes), Value::Map(items)) => object(attributes, &items.values),
            _ => Value::Unknown,
        }
    }

    /// The elements as this type. Elements of any type are still of one type.
    fn elements(&self, collection: &Value) -> Option<Vec<Value>> {
        let elements = collection.elements()?;
        match self {
            Self::Any => unified_elements(elements),
            element => Some(elements.iter().map(|value| element.convert(value)).collect()),
        }
    }
}

fn object(attributes: &BTreeMap<Arc<str>, Attribute>, values: &BTreeMap<Arc<str>, Value>) -> Value {
    let mut converted = BTreeMap::new();
    for (name, attribute) in attributes {
        let value = match (values.get(name), &attribute.default) {
            // A default also stands in for null.
            (None | Some(Value::Null), Some(default)) => attribute.attribute_type.convert(default),
            (Some(value), _) => attribute.attribute_type.convert(value),
            (None, None) => return Value::Unknown,
        };
        converted.insert(name.clone(), value);
    }
    Value::map(converted)
}

fn read(expression: &hcl::Expression) -> Option<Type> {
    match expression {
        hcl::Expression::Variable(name) => match name.as_str() {
            "any" => Some(Type::Any),
            "string" => Some(Type::String),
            "number" => Some(Type::Number),
            "bool" => Some(Type::Bool),
            // How old configurations wrote collections of anything.
            "list" => Some(Type::List(Box::new(Type::Any))),
            "map" => Some(Type::Map(Box::new(Type::Any))),
            _ => None,
        },
        hcl::Expression::Parenthesis(parenthesis) => read(parenthesis.inner()),
        hcl::Expression::FuncCall(call) if call.args.len() == 1 => {
            let argument = call.args.get(0)?;
            match call.name.name.as_str() {
                "list" => Some(Type::List(Box::new(read(argument)?))),
                "set" => Some(Type::Set(Box::new(read(argument)?))),
                "map" => Some(Type::Map(Box::new(read(argument)?))),
                "tuple" => Some(Type::Tuple(argument.as_array()?.iter().map(read).collect::<Option<_>>()?)),
                "object" => object_type(argument.as_object()?),
                _ => None,
            }
        }
        _ => None,
    }
}

fn object_type(object: &hcl::Object) -> Option<Type> {
    let mut attributes = BTreeMap::new();
    for (key, value) in object.iter() {
        let name = match key {
            hcl::ObjectKey::Ident(name) => name.as_str(),
            hcl::ObjectKey::Expression(hcl::Expression::Variable(name)) => name.as_str(),
            hcl::ObjectKey::Expression(expression) => expression.as_str()?,
        };
        attributes.insert(Arc::from(name), attribute(value.expr())?);
    }
    Some(Type::Object(attributes))
}

fn attribute(expression: &hcl::Expression) -> Option<Attribute> {
    let call = match expression {
        hcl::Expression::FuncCall(call) if call.name.name.as_str() == "optional" => call,
        _ => return Some(Attribute { attribute_type: read(expression)?, default: None }),
    };
    let default = match call.args.get(1) {
        Some(default) => constant(&Expression::Native(Box::new(default.clone()))),
        None => Value::Null,
    };
    Some(Attribute { attribute_type: read(call.args.get(0)?)?, default: Some(default) })
}
