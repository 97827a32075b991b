//! Operators.
//! Know nothing of expressions, only of values.

use super::ast::{BinaryOperator, UnaryOperator};
use super::convert::{convert, unmarked};
use super::number::Number;
use super::types::Type;
use super::value::{Kind, Marks, Range, Value};
use std::cmp::Ordering;

/// # Errors
/// Says what is wrong with the operand.
pub(super) fn unary(operator: UnaryOperator, operand: &Value) -> Result<Value, String> {
    let wanted = match operator {
        UnaryOperator::Negate => Type::Number,
        UnaryOperator::Not => Type::Bool,
    };
    let (operand, marks) = unmarked(&operand_as(operand, &wanted)?);
    let result = match (&operand.kind, operator) {
        (Kind::Number(number), _) => number.negated().into(),
        (Kind::Bool(value), _) => (!value).into(),
        (_, UnaryOperator::Negate) => Value::unknown(Type::Number).not_null(),
        (_, UnaryOperator::Not) => Value::unknown(Type::Bool).not_null(),
    };
    Ok(result.marked(marks))
}

/// # Errors
/// Says what is wrong with the operands.
pub(super) fn binary(left: &Value, operator: BinaryOperator, right: &Value) -> Result<Value, String> {
    use BinaryOperator as Operator;
    let wanted = match operator {
        Operator::Equal | Operator::NotEqual => {
            let (left, one) = deep_unmarked(left);
            let (right, other) = deep_unmarked(right);
            let result = match equal(&left, &right) {
                Some(equal) => Value::from(equal == (operator == Operator::Equal)),
                None => Value::unknown(Type::Bool).not_null(),
            };
            return Ok(result.marked(one.or(other)));
        }
        Operator::And | Operator::Or => Type::Bool,
        _ => Type::Number,
    };
    let (left, one) = unmarked(&operand_as(left, &wanted)?);
    let (right, other) = unmarked(&operand_as(right, &wanted)?);
    let result = match operator {
        Operator::And | Operator::Or => logical(&left, &right, operator == Operator::Or),
        Operator::Less => compared(&left, &right, Ordering::is_lt),
        Operator::LessOrEqual => compared(&left, &right, Ordering::is_le),
        Operator::Greater => compared(&left, &right, Ordering::is_gt),
        Operator::GreaterOrEqual => compared(&left, &right, Ordering::is_ge),
        _ => match (left.number(), right.number()) {
            (Some(left), Some(right)) => calculated(left, operator, right)?.into(),
            // Nothing times zero is anything else.
            (Some(zero), None) | (None, Some(zero)) if operator == Operator::Multiply && zero.is_zero() => {
                zero.clone().into()
            }
            _ => Value::unknown(Type::Number).not_null(),
        },
    };
    Ok(result.marked(one.or(other)))
}

fn operand_as(operand: &Value, wanted: &Type) -> Result<Value, String> {
    let converted = convert(operand, wanted).map_err(|error| format!("unsuitable operand: {error}"))?;
    match converted.is_null() {
        true => Err("an operand is null".into()),
        false => Ok(converted),
    }
}

fn deep_unmarked(value: &Value) -> (Value, Marks) {
    let mut marks = Marks::default();
    let value = value.clone().unmarked_deep(&mut marks);
    (value, marks)
}

fn calculated(left: &Number, operator: BinaryOperator, right: &Number) -> Result<Number, String> {
    let result = match operator {
        BinaryOperator::Add => Some(left.add(right)),
        BinaryOperator::Subtract => Some(left.subtract(right)),
        BinaryOperator::Multiply => Some(left.multiply(right)),
        BinaryOperator::Divide => left.divide(right),
        _ => left.remainder(right),
    };
    result.ok_or_else(|| "division by zero".to_owned())
}

/// `&&` and `||`: one side that decides alone is enough.
fn logical(left: &Value, right: &Value, decisive: bool) -> Value {
    match (left.boolean(), right.boolean()) {
        (Some(value), _) | (_, Some(value)) if value == decisive => decisive.into(),
        (Some(_), Some(_)) => (!decisive).into(),
        _ => Value::unknown(Type::Bool).not_null(),
    }
}

/// A comparison; what is known of unknown numbers may be enough.
fn compared(left: &Value, right: &Value, holds: fn(Ordering) -> bool) -> Value {
    if let (Some(left), Some(right)) = (left.number(), right.number()) {
        return holds(left.cmp(right)).into();
    }
    let (left, right) = (bounds(left), bounds(right));
    let below = |one: &Range, other: &Range| match (&one.high, &other.low) {
        (Some((high, closed)), Some((low, also))) => high < low || high == low && !(*closed && *also),
        _ => false,
    };
    let touching = |one: &Range, other: &Range| match (&one.high, &other.low) {
        (Some((high, _)), Some((low, _))) => high <= low,
        _ => false,
    };
    let orders: &[Ordering] = if below(&left, &right) {
        &[Ordering::Less]
    } else if below(&right, &left) {
        &[Ordering::Greater]
    } else if touching(&left, &right) {
        &[Ordering::Less, Ordering::Equal]
    } else if touching(&right, &left) {
        &[Ordering::Greater, Ordering::Equal]
    } else {
        &[Ordering::Less, Ordering::Equal, Ordering::Greater]
    };
    match (orders.iter().all(|order| holds(*order)), orders.iter().any(|order| holds(*order))) {
        (true, _) => true.into(),
        (_, false) => false.into(),
        _ => Value::unknown(Type::Bool).not_null(),
    }
}

/// The range of a number, known or not.
fn bounds(value: &Value) -> Range {
    match value.number() {
        Some(number) => {
            let bound = Some((number.clone(), true));
            Range { low: bound.clone(), high: bound, ..Range::default() }
        }
        None => value.range(),
    }
}

/// Whether two values without marks are equal; none where it cannot be told. Values of different types never are, not
/// even `1` and `"1"`.
pub(super) fn equal(left: &Value, right: &Value) -> Option<bool> {
    // Null is known to differ from what is certainly not null.
    match (left.is_null(), right.is_null()) {
        (true, true) => return Some(true),
        (true, false) if right.is_not_null() => return Some(false),
        (false, true) if left.is_not_null() => return Some(false),
        _ => {}
    }
    if left.is_dynamic() || right.is_dynamic() {
        return None;
    }
    if !left.is_known() || !right.is_known() || left.is_null() || right.is_null() {
        return certainly_different(left, right).then_some(false);
    }
    match (&left.kind, &right.kind) {
        (Kind::Bool(one), Kind::Bool(other)) => Some(one == other),
        (Kind::Number(one), Kind::Number(other)) => Some(one == other),
        (Kind::String(one), Kind::String(other)) => Some(one == other),
        (Kind::Set(one, items), Kind::Set(other, others)) => {
            if one != other && !one.has_dynamic() && !other.has_dynamic() {
                return Some(false);
            }
            if !left.is_wholly_known() || !right.is_wholly_known() {
                return None;
            }
            let same = items.values.len() == others.values.len();
            Some(same && items.values.iter().zip(&others.values).all(|(one, other)| equal(one, other) == Some(true)))
        }
        (Kind::List(_, items), Kind::List(_, others)) | (Kind::Tuple(items), Kind::Tuple(others)) => {
            if types_differ(left, right) || items.values.len() != others.values.len() {
                return Some(false);
            }
            all_equal(items.values.iter().zip(&others.values))
        }
        (Kind::Map(_, items), Kind::Map(_, others)) | (Kind::Object(items), Kind::Object(others)) => {
            if types_differ(left, right) || !items.values.keys().eq(others.values.keys()) {
                return Some(false);
            }
            all_equal(items.values.values().zip(others.values.values()))
        }
        _ => Some(false),
    }
}

fn types_differ(left: &Value, right: &Value) -> bool {
    let (left, right) = (left.value_type(), right.value_type());
    left != right && !left.has_dynamic() && !right.has_dynamic()
}

/// All pairs equal; one that differs decides, else one that is not known does.
fn all_equal<'a>(pairs: impl Iterator<Item = (&'a Value, &'a Value)>) -> Option<bool> {
    let mut result = Some(true);
    for (one, other) in pairs {
        match equal(one, other) {
            Some(true) => {}
            Some(false) => return Some(false),
            None => result = None,
        }
    }
    result
}

/// Whether types or what is known of an unknown value rule out that both are equal.
fn certainly_different(left: &Value, right: &Value) -> bool {
    if types_differ(left, right) {
        return true;
    }
    let outside = |unknown: &Value, known: &Value| match (&unknown.range(), &known.kind) {
        (Range { prefix: Some(prefix), .. }, Kind::String(text)) => !text.starts_with(&**prefix),
        (range, Kind::Number(number)) => {
            let below = range.low.as_ref().is_some_and(|(low, closed)| number < low || number == low && !closed);
            let above = range.high.as_ref().is_some_and(|(high, closed)| number > high || number == high && !closed);
            below || above
        }
        (range, _) => known.length().is_some_and(|length| {
            !known.is_dynamic()
                && known.value_type().is_collection()
                && (length < range.length.0 || range.length.1.is_some_and(|most| length > most))
        }),
    };
    match (left.is_known(), right.is_known()) {
        (false, true) => outside(left, right),
        (true, false) => outside(right, left),
        _ => false,
    }
}
