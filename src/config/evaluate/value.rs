//! Values of expressions, parts of which may not be known.
//! Knows nothing of how they are computed.

use super::number::Number;
use crate::config::Declared;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Values in a value. A few lines that double a list again and again would not fit any memory.
const WEIGHT: usize = 2_000_000;
/// Values within values.
const DEPTH: u16 = 100;
/// Bytes of a string.
const TEXT: usize = 4 << 20;

/// A value. Cheap to clone.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Value {
    /// Cannot be told. A collection with such elements is itself known.
    Unknown,
    Null,
    Bool(bool),
    Number(Number),
    String(Arc<str>),
    /// A list or tuple.
    List(Arc<Items<Vec<Value>>>),
    /// A set, sorted as the language iterates over it where its elements are strings or numbers.
    Set(Arc<Items<Vec<Value>>>),
    /// A map or object.
    Map(Arc<Items<BTreeMap<Arc<str>, Value>>>),
}

/// The elements of a collection.
#[derive(Debug, PartialEq)]
pub(crate) struct Items<T> {
    pub(crate) values: T,
    weight: usize,
    depth: u16,
}

/// Weight and depth of a collection with these elements; none if it is more than a value may be.
fn measure<'a>(elements: impl Iterator<Item = &'a Value>) -> Option<(usize, u16)> {
    let (mut weight, mut depth) = (1_usize, 0);
    for element in elements {
        let (inner_weight, inner_depth) = element.size();
        weight += inner_weight;
        depth = depth.max(inner_depth);
        if weight > WEIGHT {
            return None;
        }
    }
    (depth < DEPTH).then_some((weight, depth + 1))
}

impl Value {
    pub(crate) fn list(values: Vec<Self>) -> Self {
        match measure(values.iter()) {
            Some((weight, depth)) => Self::List(Arc::new(Items { values, weight, depth })),
            None => Self::Unknown,
        }
    }

    /// A set of these elements; they are sorted and repeated ones dropped, as far as that can be told.
    pub(crate) fn set(mut values: Vec<Self>) -> Self {
        use std::cmp::Ordering;
        values.sort_by(|one, other| match (one, other) {
            (Self::String(one), Self::String(other)) => one.cmp(other),
            (Self::Number(one), Self::Number(other)) => one.compare(other).unwrap_or(Ordering::Equal),
            (Self::Bool(one), Self::Bool(other)) => one.cmp(other),
            _ => Ordering::Equal,
        });
        if values.iter().all(Self::is_scalar) {
            values.dedup_by(|one, other| one == other && *one != Self::Unknown);
        } else if values.iter().all(Self::is_known) && values.len() <= 1000 {
            let mut distinct: Vec<Self> = Vec::new();
            for value in values {
                if !distinct.contains(&value) {
                    distinct.push(value);
                }
            }
            values = distinct;
        }
        match measure(values.iter()) {
            Some((weight, depth)) => Self::Set(Arc::new(Items { values, weight, depth })),
            None => Self::Unknown,
        }
    }

    pub(crate) fn map(values: BTreeMap<Arc<str>, Self>) -> Self {
        match measure(values.values()) {
            Some((weight, depth)) => Self::Map(Arc::new(Items { values, weight, depth })),
            None => Self::Unknown,
        }
    }

    pub(crate) fn string(text: impl Into<Arc<str>>) -> Self {
        let text = text.into();
        match text.len() > TEXT {
            true => Self::Unknown,
            false => Self::String(text),
        }
    }

    pub(crate) fn integer(value: usize) -> Self {
        Self::Number(Number::from(value))
    }

    /// How many values it holds, itself included, and how deep.
    fn size(&self) -> (usize, u16) {
        match self {
            Self::List(items) | Self::Set(items) => (items.weight, items.depth),
            Self::Map(items) => (items.weight, items.depth),
            // Long strings weigh too: a list of a million copies of one is not printed either.
            Self::String(text) => (1 + text.len() / 1024, 0),
            _ => (1, 0),
        }
    }

    fn is_scalar(&self) -> bool {
        !matches!(self, Self::List(_) | Self::Set(_) | Self::Map(_))
    }

    /// Whether nothing in it is unknown.
    pub(crate) fn is_known(&self) -> bool {
        match self {
            Self::Unknown => false,
            Self::List(items) | Self::Set(items) => items.values.iter().all(Self::is_known),
            Self::Map(items) => items.values.values().all(Self::is_known),
            _ => true,
        }
    }

    /// Whether iterating over it has a known order and number of elements.
    pub(crate) fn is_ordered(&self) -> bool {
        match self {
            Self::Set(items) => {
                let first = items.values.first().map(std::mem::discriminant);
                let alike = items.values.iter().all(|value| Some(std::mem::discriminant(value)) == first);
                items.values.len() <= 1 && items.values.iter().all(Self::is_known)
                    || alike && items.values.iter().all(|value| value.is_scalar() && value.is_known())
            }
            Self::List(_) | Self::Map(_) => true,
            _ => false,
        }
    }

    /// The elements of a list or set.
    pub(crate) fn elements(&self) -> Option<&[Self]> {
        match self {
            Self::List(items) | Self::Set(items) => Some(&items.values),
            _ => None,
        }
    }

    /// The text of a string, or of what the language turns into one.
    pub(crate) fn to_text(&self) -> Option<Arc<str>> {
        match self {
            Self::String(text) => Some(text.clone()),
            Self::Number(number) => Some(number.to_string().into()),
            Self::Bool(value) => Some(if *value { "true".into() } else { "false".into() }),
            _ => None,
        }
    }

    /// The number, or that which a string holds.
    pub(crate) fn to_number(&self) -> Option<Number> {
        match self {
            Self::Number(number) => Some(number.clone()),
            Self::String(text) => Number::parse(text),
            _ => None,
        }
    }

    pub(crate) fn to_bool(&self) -> Option<bool> {
        match self {
            Self::Bool(value) => Some(*value),
            Self::String(text) => match &**text {
                "true" | "1" => Some(true),
                "false" | "0" => Some(false),
                _ => None,
            },
            _ => None,
        }
    }

    /// The value as JSON, if all of it is known.
    pub(crate) fn to_json(&self) -> Option<serde_json::Value> {
        Some(match self {
            Self::Unknown => return None,
            Self::Null => serde_json::Value::Null,
            Self::Bool(value) => (*value).into(),
            Self::Number(number) => serde_json::Value::Number(number.to_string().parse().ok()?),
            Self::String(text) => text.to_string().into(),
            Self::List(items) | Self::Set(items) => {
                serde_json::Value::Array(items.values.iter().map(Self::to_json).collect::<Option<_>>()?)
            }
            Self::Map(items) => serde_json::Value::Object(
                items
                    .values
                    .iter()
                    .map(|(name, value)| Some((name.to_string(), value.to_json()?)))
                    .collect::<Option<_>>()?,
            ),
        })
    }
}

impl From<Value> for Declared {
    fn from(value: Value) -> Self {
        if let Some(known) = value.to_json() {
            return Self::Known(known);
        }
        match value {
            Value::List(items) | Value::Set(items) => {
                Self::List(items.values.iter().cloned().map(Self::from).collect())
            }
            Value::Map(items) => Self::Object(
                items.values.iter().map(|(name, value)| (name.to_string(), Self::from(value.clone()))).collect(),
            ),
            _ => Self::NotKnown,
        }
    }
}
