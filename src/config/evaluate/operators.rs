//! Operators.
//! Know nothing of expressions, only of values.

use super::Value;
use hcl_edit::expr::{BinaryOperator, UnaryOperator};
use std::cmp::Ordering;

pub(super) fn unary(operator: UnaryOperator, operand: &Value) -> Value {
    match operator {
        UnaryOperator::Neg => operand.to_number().and_then(|number| number.negated()).map(Value::Number),
        UnaryOperator::Not => operand.to_bool().map(|value| Value::Bool(!value)),
    }
    .unwrap_or(Value::Unknown)
}

pub(super) fn binary(left: &Value, operator: BinaryOperator, right: &Value) -> Value {
    use BinaryOperator as Operator;
    match operator {
        Operator::And => logical(left, right, false),
        Operator::Or => logical(left, right, true),
        Operator::Eq => equal(left, right).map(Value::Bool),
        Operator::NotEq => equal(left, right).map(|equal| Value::Bool(!equal)),
        Operator::Less => compared(left, right, Ordering::is_lt),
        Operator::LessEq => compared(left, right, Ordering::is_le),
        Operator::Greater => compared(left, right, Ordering::is_gt),
        Operator::GreaterEq => compared(left, right, Ordering::is_ge),
        Operator::Plus | Operator::Minus | Operator::Mul | Operator::Div | Operator::Mod => {
            let (Some(left), Some(right)) = (left.to_number(), right.to_number()) else { return Value::Unknown };
            let result = match operator {
                Operator::Plus => left.add(&right),
                Operator::Minus => left.subtract(&right),
                Operator::Mul => left.multiply(&right),
                Operator::Div => left.divide(&right),
                _ => left.remainder(&right),
            };
            result.map(Value::Number)
        }
    }
    .unwrap_or(Value::Unknown)
}

/// `&&` and `||`: one side that decides alone is enough. An approved configuration has no error on the other.
fn logical(left: &Value, right: &Value, decisive: bool) -> Option<Value> {
    match (left.to_bool(), right.to_bool()) {
        (Some(value), _) | (_, Some(value)) if value == decisive => Some(Value::Bool(decisive)),
        (Some(_), Some(_)) => Some(Value::Bool(!decisive)),
        _ => None,
    }
}

fn compared(left: &Value, right: &Value, holds: fn(Ordering) -> bool) -> Option<Value> {
    left.to_number()?.compare(&right.to_number()?).map(|ordering| Value::Bool(holds(ordering)))
}

/// Values of different types are never equal, not even `1` and `"1"`. Whether two collections are depends on their
/// exact types, a list and a tuple for example, which values do not keep: that is told only where no type makes a
/// difference.
pub(super) fn equal(left: &Value, right: &Value) -> Option<bool> {
    let collection = |value: &Value| matches!(value, Value::List(_) | Value::Set(_) | Value::Map(_));
    match (left, right) {
        (Value::Unknown, _) | (_, Value::Unknown) => None,
        (Value::Number(one), Value::Number(other)) => match one.compare(other) {
            Some(ordering) => Some(ordering.is_eq()),
            None => Some(one == other),
        },
        (one, other) if collection(one) && collection(other) => None,
        (one, other) => Some(one == other),
    }
}
