//! How often a block stands for an instance, and what an expression in one of them may ask of it.
//! Knows nothing of modules.

use super::syntax::Block;
use crate::language::{Kind, Number, Reference, Value, to_number, to_text};
use crate::model::InstanceKey;
use std::collections::BTreeMap;
use std::sync::Arc;

/// How many instances a block stands for, within one instance of its module.
#[derive(Debug, Clone)]
pub(crate) enum Expansion {
    /// One, without a key.
    Single,
    /// Not at all (OpenTofu's `enabled`).
    None,
    /// By `count`.
    Count(usize),
    /// By `for_each`: keys with their values.
    ForEach(Arc<BTreeMap<Arc<str>, Value>>),
    /// By `count`, of an unknown number.
    UnknownCount,
    /// By `for_each`, over unknown keys.
    UnknownKeys,
    /// More than is looked at.
    TooMany,
}

impl Expansion {
    /// What the value of a `for_each` argument makes.
    pub(crate) fn of_each(value: &Value) -> Self {
        match &value.kind {
            Kind::Map(_, items) | Kind::Object(items) => Self::ForEach(items.values.clone().into()),
            Kind::Set(_, items) => {
                let text = |value: &Value| Some((value.text()?.clone(), value.clone()));
                let values = items.values.iter().map(text).collect::<Option<BTreeMap<_, _>>>();
                values.map_or(Self::UnknownKeys, |values| Self::ForEach(values.into()))
            }
            _ => Self::UnknownKeys,
        }
    }

    /// How many instances are known.
    pub(crate) fn size(&self) -> usize {
        match self {
            Self::Single => 1,
            Self::Count(count) => *count,
            Self::ForEach(values) => values.len(),
            Self::None | Self::UnknownCount | Self::UnknownKeys | Self::TooMany => 0,
        }
    }

    /// The keys that are known, in order.
    pub(crate) fn keys(&self) -> Box<dyn Iterator<Item = Option<InstanceKey>> + '_> {
        match self {
            Self::Single => Box::new(std::iter::once(None)),
            Self::Count(count) => Box::new((0..*count).map(|index| Some(InstanceKey::Index(index as u64)))),
            Self::ForEach(values) => Box::new(values.keys().map(|key| Some(InstanceKey::Key(key.clone())))),
            Self::None | Self::UnknownCount | Self::UnknownKeys | Self::TooMany => Box::new(std::iter::empty()),
        }
    }

    /// Whether there is an instance of that key; none if that is not known.
    pub(crate) fn has(&self, key: Option<&InstanceKey>) -> Option<bool> {
        match (self, key) {
            (Self::Single, key) => Some(key.is_none()),
            (Self::Count(count), Some(InstanceKey::Index(index))) => Some((*index as u128) < *count as u128),
            (Self::ForEach(values), Some(InstanceKey::Key(key))) => Some(values.contains_key(key)),
            (Self::UnknownCount, Some(InstanceKey::Index(_))) => None,
            (Self::UnknownKeys, Some(InstanceKey::Key(_))) | (Self::TooMany, _) => None,
            _ => Some(false),
        }
    }

    /// What stands for the instances in expressions, if each of them is `value`.
    pub(crate) fn value(&self, value: impl Fn(Option<InstanceKey>) -> Value) -> Value {
        match self {
            Self::Single => value(None),
            Self::None => Value::null(crate::language::Type::Dynamic),
            Self::Count(_) => Value::tuple(self.keys().map(value).collect()),
            Self::ForEach(values) => {
                let entry = |key: &Arc<str>| (key.clone(), value(Some(InstanceKey::Key(key.clone()))));
                Value::object(values.keys().map(entry).collect())
            }
            Self::UnknownCount | Self::UnknownKeys | Self::TooMany => Value::dynamic(),
        }
    }
}

/// Which instance of a block an expression stands in.
#[derive(Debug, Clone, Default)]
pub(crate) struct Repetition {
    key: Option<InstanceKey>,
    /// `each.value`
    value: Option<Value>,
}

impl Repetition {
    pub(crate) fn new(expansion: &Expansion, key: Option<InstanceKey>) -> Self {
        let value = match (expansion, &key) {
            (Expansion::ForEach(values), Some(InstanceKey::Key(key))) => values.get(key).cloned(),
            _ => None,
        };
        Self { key, value }
    }

    pub(crate) fn resolve(&self, reference: Reference<'_>) -> Value {
        match (reference, &self.key) {
            (Reference::CountIndex, Some(InstanceKey::Index(index))) => {
                i64::try_from(*index).map_or_else(|_| Value::dynamic(), |index| Number::from(index).into())
            }
            (Reference::EachKey, Some(InstanceKey::Key(key))) => Kind::String(key.clone()).into(),
            (Reference::EachValue, _) => self.value.clone().unwrap_or_else(Value::dynamic),
            _ => Value::dynamic(),
        }
    }
}

/// What is known of the expansion of a block whose `count` or `for_each` is not.
pub(crate) fn unknown_expansion(block: &Block) -> Expansion {
    match (block.body.argument("count"), block.body.argument("for_each")) {
        (Some(_), _) => Expansion::UnknownCount,
        (None, Some(_)) => Expansion::UnknownKeys,
        (None, None) => Expansion::Single,
    }
}

/// The key that an index expression means, none if it is not known or cannot be one.
pub(crate) fn instance_key(expansion: &Expansion, key: Option<&Value>) -> Option<Option<InstanceKey>> {
    match (expansion, key) {
        (Expansion::Single, None) => Some(None),
        (Expansion::Count(_), Some(key)) => {
            let index = u64::try_from(to_number(key)?.to_i64()?).ok()?;
            Some(Some(InstanceKey::Index(index)))
        }
        (Expansion::ForEach(_), Some(key)) => Some(Some(InstanceKey::Key(to_text(key)?))),
        _ => None,
    }
}
