//! Functions of numbers.
//! Know nothing of expressions.

use super::{ANY, Context, Function, NUMBER, Outcome, function, number_type};
use crate::language::convert::{convert, to_number};
use crate::language::number::Number;
use crate::language::types::Type;
use crate::language::value::Value;
use num_bigint::BigInt;

pub(super) const FUNCTIONS: &[Function] = &[
    function("abs", &[NUMBER], number_type, |_, arguments| Ok(given(arguments, 0)?.absolute().into())),
    function("ceil", &[NUMBER], number_type, |_, arguments| Ok(given(arguments, 0)?.ceiling().into())),
    function("floor", &[NUMBER], number_type, |_, arguments| Ok(given(arguments, 0)?.floor().into())),
    function("log", &[NUMBER, NUMBER], number_type, |_, arguments| {
        double(given(arguments, 0)?.to_f64().ln() / given(arguments, 1)?.to_f64().ln())
    }),
    function("pow", &[NUMBER, NUMBER], number_type, |_, arguments| {
        double(given(arguments, 0)?.to_f64().powf(given(arguments, 1)?.to_f64()))
    }),
    function("signum", &[NUMBER], number_type, |_, arguments| {
        let number = given(arguments, 0)?;
        Ok(Number::from(if number.is_zero() {
            0_i64
        } else if number.is_negative() {
            -1
        } else {
            1
        })
        .into())
    }),
    function("max", &[], number_type, |_, arguments| best(arguments, |one, other| one > other)).and(NUMBER.unknown()),
    function("min", &[], number_type, |_, arguments| best(arguments, |one, other| one < other)).and(NUMBER.unknown()),
    function("parseint", &[ANY, NUMBER], number_type, parse_integer),
    function("sum", &[ANY], number_type, sum),
];

fn given(arguments: &[Value], position: usize) -> Result<&Number, String> {
    arguments.get(position).and_then(Value::number).ok_or_else(|| "a number is required".to_owned())
}

/// A result that is computed with double precision.
fn double(value: f64) -> Outcome {
    Ok(Number::from_f64(value).map_or_else(|| Value::unknown(Type::Number), Value::from))
}

fn best(arguments: &[Value], better: fn(&Number, &Number) -> bool) -> Outcome {
    if arguments.is_empty() {
        return Err("at least one number is required".into());
    }
    let mut found: Option<&Number> = None;
    for argument in arguments {
        let Some(number) = argument.number() else { return Ok(Value::unknown(Type::Number)) };
        if found.is_none_or(|found| better(number, found)) {
            found = Some(number);
        }
    }
    Ok(found.map_or_else(|| Value::unknown(Type::Number), |number| number.clone().into()))
}

fn parse_integer(_: &mut Context<'_, '_>, arguments: &[Value]) -> Outcome {
    let Some(source) = arguments[0].text() else { return Err("a string is required".into()) };
    let base = given(arguments, 1)?.to_usize().filter(|base| (2..=62).contains(base));
    let base = base.ok_or_else(|| "the base must be a whole number between 2 and 62".to_owned())?;
    let (negative, digits) = match source.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, source.strip_prefix('+').unwrap_or(source)),
    };
    if digits.is_empty() || digits.len() > 4096 {
        return Err(format!("{source:?} is no number of base {base}"));
    }
    let mut number = BigInt::from(0);
    for digit in digits.bytes() {
        let value = match digit {
            b'0'..=b'9' => digit - b'0',
            b'a'..=b'z' => digit - b'a' + 10,
            // Up to base 36 capitals mean the same as small letters.
            b'A'..=b'Z' if base <= 36 => digit - b'A' + 10,
            b'A'..=b'Z' => digit - b'A' + 36,
            _ => u8::MAX,
        };
        if usize::from(value) >= base {
            return Err(format!("{source:?} is no number of base {base}"));
        }
        number = number * base + value;
    }
    Ok(Number::from_integer(if negative { -number } else { number }).into())
}

fn sum(_: &mut Context<'_, '_>, arguments: &[Value]) -> Outcome {
    let Some(elements) = arguments[0].elements() else { return Err("a list, set or tuple is required".into()) };
    if elements.is_empty() {
        return Err("there must be something to add up".into());
    }
    if !arguments[0].is_wholly_known() {
        return Ok(Value::unknown(Type::Number));
    }
    let mut total: Option<Number> = None;
    for element in elements {
        let number = match element.is_null() {
            true => None,
            false => to_number(&convert(element, &Type::Number)?),
        };
        let number = number.ok_or_else(|| "an element is null".to_owned())?;
        total = Some(total.map_or_else(|| number.clone(), |total| total.add(&number)));
    }
    Ok(total.map_or_else(|| Value::unknown(Type::Number), Value::from))
}
