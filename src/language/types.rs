//! Types of values, as the language's type system (cty) has them.
//! Knows nothing of values.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;

/// A type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Type {
    /// Not known yet; as what is asked for, any type.
    Dynamic,
    String,
    Number,
    Bool,
    List(Arc<Type>),
    Set(Arc<Type>),
    Map(Arc<Type>),
    Tuple(Arc<[Type]>),
    Object(Arc<ObjectType>),
}

/// The type of an object.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct ObjectType {
    pub(crate) attributes: BTreeMap<Arc<str>, Type>,
    /// Attributes that may be missing from what is converted to the type. Types of values have none.
    pub(crate) optional: BTreeSet<Arc<str>>,
}

impl Type {
    pub(crate) fn list(element: Self) -> Self {
        Self::List(Arc::new(element))
    }

    pub(crate) fn set(element: Self) -> Self {
        Self::Set(Arc::new(element))
    }

    pub(crate) fn map(element: Self) -> Self {
        Self::Map(Arc::new(element))
    }

    pub(crate) fn object(attributes: BTreeMap<Arc<str>, Self>) -> Self {
        Self::Object(Arc::new(ObjectType { attributes, optional: BTreeSet::new() }))
    }

    pub(crate) fn is_primitive(&self) -> bool {
        matches!(self, Self::String | Self::Number | Self::Bool)
    }

    /// Whether it is a list, set or map.
    pub(crate) fn is_collection(&self) -> bool {
        matches!(self, Self::List(_) | Self::Set(_) | Self::Map(_))
    }

    /// The type of the elements of a list, set or map.
    pub(crate) fn element(&self) -> Option<&Self> {
        match self {
            Self::List(element) | Self::Set(element) | Self::Map(element) => Some(element),
            _ => None,
        }
    }

    /// Whether some part of it is not known.
    pub(crate) fn has_dynamic(&self) -> bool {
        match self {
            Self::Dynamic => true,
            Self::String | Self::Number | Self::Bool => false,
            Self::List(element) | Self::Set(element) | Self::Map(element) => element.has_dynamic(),
            Self::Tuple(elements) => elements.iter().any(Self::has_dynamic),
            Self::Object(object) => object.attributes.values().any(Self::has_dynamic),
        }
    }

    /// The type of what is converted to this one, where attributes are no longer optional.
    pub(crate) fn without_optional(&self) -> Self {
        match self {
            Self::Dynamic | Self::String | Self::Number | Self::Bool => self.clone(),
            Self::List(element) => Self::list(element.without_optional()),
            Self::Set(element) => Self::set(element.without_optional()),
            Self::Map(element) => Self::map(element.without_optional()),
            Self::Tuple(elements) => Self::Tuple(elements.iter().map(Self::without_optional).collect()),
            Self::Object(object) => {
                let attribute = |(name, inner): (&Arc<str>, &Self)| (name.clone(), inner.without_optional());
                Self::object(object.attributes.iter().map(attribute).collect())
            }
        }
    }

    /// The type out of its form in JSON, for example `["map","string"]`; none for what is none.
    pub(crate) fn from_json(json: &serde_json::Value) -> Option<Self> {
        if let Some(name) = json.as_str() {
            return match name {
                "string" => Some(Self::String),
                "number" => Some(Self::Number),
                "bool" => Some(Self::Bool),
                "dynamic" => Some(Self::Dynamic),
                _ => None,
            };
        }
        let parts = json.as_array()?;
        let inner = parts.get(1)?;
        match parts.first()?.as_str()? {
            "list" => Some(Self::list(Self::from_json(inner)?)),
            "set" => Some(Self::set(Self::from_json(inner)?)),
            "map" => Some(Self::map(Self::from_json(inner)?)),
            "tuple" => Some(Self::Tuple(inner.as_array()?.iter().map(Self::from_json).collect::<Option<_>>()?)),
            "object" => {
                let attribute = |(name, inner): (&String, &serde_json::Value)| {
                    Some((name.as_str().into(), Self::from_json(inner)?))
                };
                Some(Self::object(inner.as_object()?.iter().map(attribute).collect::<Option<_>>()?))
            }
            _ => None,
        }
    }

    /// What a message calls it, for example `list of string`.
    pub(crate) fn name(&self) -> String {
        match self {
            Self::Dynamic => "dynamic".into(),
            Self::String => "string".into(),
            Self::Number => "number".into(),
            Self::Bool => "bool".into(),
            Self::List(element) => format!("list of {}", element.name()),
            Self::Set(element) => format!("set of {}", element.name()),
            Self::Map(element) => format!("map of {}", element.name()),
            Self::Tuple(_) => "tuple".into(),
            Self::Object(_) => "object".into(),
        }
    }
}

/// The type as a constraint is written, in one line.
impl fmt::Display for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Dynamic => f.write_str("any"),
            Self::String | Self::Number | Self::Bool => f.write_str(&self.name()),
            Self::List(element) => write!(f, "list({element})"),
            Self::Set(element) => write!(f, "set({element})"),
            Self::Map(element) => write!(f, "map({element})"),
            Self::Tuple(elements) => {
                let elements: Vec<String> = elements.iter().map(ToString::to_string).collect();
                write!(f, "tuple([{}])", elements.join(","))
            }
            Self::Object(object) => {
                let attribute = |(name, inner): (&Arc<str>, &Self)| match object.optional.contains(name) {
                    true => format!("{name}=optional({inner})"),
                    false => format!("{name}={inner}"),
                };
                let attributes: Vec<String> = object.attributes.iter().map(attribute).collect();
                write!(f, "object({{{}}})", attributes.join(","))
            }
        }
    }
}
