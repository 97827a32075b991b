//! The conditional expression, whose two results the language brings to one type.
//! Knows nothing of references.

use super::{Evaluated, Evaluator, Value};
use hcl_edit::expr::Conditional;

impl Evaluator<'_> {
    pub(super) fn conditional(&mut self, conditional: &Conditional) -> Evaluated {
        let condition = self.expression(&conditional.cond_expr)?;
        let Some(condition) = condition.to_bool() else { return Ok(Value::Unknown) };
        let (chosen, other) = match condition {
            true => (&conditional.true_expr, &conditional.false_expr),
            false => (&conditional.false_expr, &conditional.true_expr),
        };
        let chosen = self.expression(chosen)?;
        // The other result only lends its type: that it has no value is nothing to fail for.
        let other = self.expression(other).unwrap_or(Value::Unknown);
        Ok(unified(&chosen, &other))
    }
}

/// `value`, converted as the language does where it needs one type for this and another value: numbers and booleans
/// become strings next to strings. Unknown where it depends on types that the values do not tell.
pub(super) fn unified(value: &Value, other: &Value) -> Value {
    if *value == Value::Null || *other == Value::Null || only_strings(value) && certain_order(value, other) {
        return value.clone();
    }
    match (value, other) {
        (Value::Unknown, _) | (_, Value::Unknown) => Value::Unknown,
        (Value::List(items), Value::List(others)) => {
            if alike([value, other]) {
                value.clone()
            } else if items.values.len() != others.values.len() && flat([value, other]) {
                as_strings(value)
            } else {
                Value::Unknown
            }
        }
        (Value::Map(items), Value::Map(others)) => {
            if alike([value, other]) {
                return value.clone();
            }
            if !items.values.keys().eq(others.values.keys()) {
                return if flat([value, other]) { as_strings(value) } else { Value::Unknown };
            }
            let pairs = items.values.iter().zip(others.values.values());
            let each = Value::map(pairs.map(|((name, value), other)| (name.clone(), unified(value, other))).collect());
            // As objects they are unified attribute by attribute, as maps all together.
            let may_be_map = alike([value]) || alike([other]);
            if may_be_map && (!flat([value, other]) || each != as_strings(value)) { Value::Unknown } else { each }
        }
        (Value::List(_) | Value::Set(_) | Value::Map(_), _) | (_, Value::List(_) | Value::Set(_) | Value::Map(_)) => {
            if alike([value, other]) {
                value.clone()
            } else {
                Value::Unknown
            }
        }
        (Value::String(_), _) => value.clone(),
        (_, Value::String(_)) => value.to_text().map_or(Value::Unknown, Value::String),
        (one, other) if std::mem::discriminant(one) == std::mem::discriminant(other) => value.clone(),
        _ => Value::Unknown,
    }
}

/// The elements of a list that the language brings to one type, as `tolist` and its like do.
pub(super) fn unified_elements(values: &[Value]) -> Option<Vec<Value>> {
    let list = Value::list(values.to_vec());
    if alike([&list]) || only_strings(&list) {
        return Some(values.to_vec());
    }
    if !flat([&list]) {
        return None;
    }
    values
        .iter()
        .map(|value| if *value == Value::Null { Some(Value::Null) } else { value.to_text().map(Value::String) })
        .collect()
}

/// A list next to something unknown may become a set, and change its order.
fn certain_order(value: &Value, other: &Value) -> bool {
    match value {
        Value::List(items) => items.values.len() <= 1 || matches!(other, Value::List(_)),
        _ => true,
    }
}

/// Whether all scalars in it are strings: no unification changes those.
fn only_strings(value: &Value) -> bool {
    match value {
        Value::String(_) | Value::Null => true,
        Value::Unknown | Value::Bool(_) | Value::Number(_) => false,
        Value::List(items) | Value::Set(items) => {
            items.values.iter().all(|value| *value == Value::Unknown || only_strings(value))
        }
        Value::Map(items) => items.values.values().all(|value| *value == Value::Unknown || only_strings(value)),
    }
}

/// Whether all scalars in the values are of one kind, and all are known.
fn alike<const N: usize>(values: [&Value; N]) -> bool {
    fn walk(value: &Value, kind: &mut Option<std::mem::Discriminant<Value>>) -> bool {
        match value {
            Value::Unknown => false,
            Value::Null => true,
            Value::List(items) | Value::Set(items) => items.values.iter().all(|value| walk(value, kind)),
            Value::Map(items) => items.values.values().all(|value| walk(value, kind)),
            scalar => *kind.get_or_insert(std::mem::discriminant(scalar)) == std::mem::discriminant(scalar),
        }
    }
    let mut kind = None;
    values.iter().all(|value| walk(value, &mut kind))
}

/// Whether they hold known scalars only, one of them a string, so that all become strings.
fn flat<const N: usize>(values: [&Value; N]) -> bool {
    let scalars = |value: &Value| match value {
        Value::List(items) | Value::Set(items) => items.values.clone(),
        Value::Map(items) => items.values.values().cloned().collect(),
        _ => vec![Value::Unknown],
    };
    let scalars: Vec<Value> = values.iter().flat_map(|value| scalars(value)).collect();
    scalars.iter().all(|value| *value == Value::Null || value.to_text().is_some())
        && scalars.iter().any(|value| matches!(value, Value::String(_)))
}

fn as_strings(value: &Value) -> Value {
    let text = |value: &Value| match value {
        Value::Null => Value::Null,
        value => value.to_text().map_or(Value::Unknown, Value::String),
    };
    match value {
        Value::List(items) => Value::list(items.values.iter().map(text).collect()),
        Value::Map(items) => Value::map(items.values.iter().map(|(name, value)| (name.clone(), text(value))).collect()),
        _ => Value::Unknown,
    }
}
