//! Functions over lists, sets and maps.
//! Know nothing of references.

use super::Outcome;
use crate::config::evaluate::conditional::unified_elements;
use crate::config::evaluate::number::Number;
use crate::config::evaluate::operators::equal;
use crate::config::evaluate::value::Value;
use std::collections::BTreeMap;

/// Elements that `range` yields at most, as Terraform has it.
const RANGE: usize = 1024;
/// Elements that `setproduct` yields here at most.
const PRODUCT: usize = 100_000;

pub(super) fn call(name: &str, arguments: &[Value]) -> Outcome {
    match (name, arguments) {
        ("length", [value]) => length(value),
        ("toset" | "tolist" | "tomap", [Value::Null]) => Some(Value::Null),
        ("toset", [Value::Set(_)]) | ("tolist", [Value::List(_)]) if arguments[0].is_known() => {
            converted(name, &arguments[0])
        }
        ("toset" | "tolist", [value]) => converted(name, value),
        ("tomap", [Value::Map(items)]) => {
            let values: Vec<Value> = items.values.values().cloned().collect();
            Some(Value::map(items.values.keys().cloned().zip(unified_elements(&values)?).collect()))
        }
        ("keys", [Value::Map(items)]) => Some(Value::list(items.values.keys().cloned().map(Value::String).collect())),
        ("values", [Value::Map(items)]) => Some(Value::list(items.values.values().cloned().collect())),
        ("merge", _) => merge(arguments),
        ("concat", _) => concat(arguments),
        ("lookup", [Value::Map(items), key, default]) => {
            Some(items.values.get(&key.to_text()?).unwrap_or(default).clone())
        }
        ("element", [Value::List(items), index]) => {
            let index = usize::try_from(index.to_number()?.integer()?).ok()?;
            items.values.get(index.checked_rem(items.values.len())?).cloned()
        }
        ("contains", [list, value]) => contains(list, value),
        ("flatten", [list]) => {
            let mut flat = Vec::new();
            flatten(list, &mut flat)?;
            Some(Value::list(flat))
        }
        ("distinct", [list]) => distinct(list),
        ("compact", [list]) => compact(list),
        ("reverse", [Value::List(items)]) => Some(Value::list(items.values.iter().rev().cloned().collect())),
        ("sort", [list]) => {
            let mut texts = ordered(list)?.iter().map(Value::to_text).collect::<Option<Vec<_>>>()?;
            texts.sort();
            Some(Value::list(texts.into_iter().map(Value::String).collect()))
        }
        ("slice", [Value::List(items), start, end]) => {
            let position = |value: &Value| usize::try_from(value.to_number()?.integer()?).ok();
            Some(Value::list(items.values.get(position(start)?..position(end)?)?.to_vec()))
        }
        ("one", [list]) => match list.elements()? {
            [] => Some(Value::Null),
            [value] => Some(value.clone()),
            _ => None,
        },
        ("sum", [list]) => {
            let numbers = list.elements()?.iter().map(Value::to_number).collect::<Option<Vec<_>>>()?;
            let (first, rest) = numbers.split_first()?;
            rest.iter().try_fold(first.clone(), |sum, number| sum.add(number)).map(Value::Number)
        }
        ("range", _) => range(arguments),
        ("zipmap", [Value::List(keys), Value::List(values)]) if keys.values.len() == values.values.len() => {
            let keys = keys.values.iter().map(Value::to_text).collect::<Option<Vec<_>>>()?;
            Some(Value::map(keys.into_iter().zip(values.values.iter().cloned()).collect()))
        }
        ("coalesce", [_, ..]) => coalesce(arguments),
        ("setunion" | "setintersection" | "setsubtract", [_, ..]) => set_operation(name, arguments),
        ("setproduct", [_, _, ..]) => product(arguments),
        ("alltrue", [list]) => all(list, true),
        ("anytrue", [list]) => all(list, false),
        _ => None,
    }
}

fn length(value: &Value) -> Outcome {
    let length = match value {
        Value::List(items) => items.values.len(),
        // Unknown elements of a set may turn out to be one and the same.
        Value::Set(items) if items.values.len() <= 1 || value.is_known() => items.values.len(),
        Value::Map(items) => items.values.len(),
        // Strings are counted in what people take for characters; in ASCII that is bytes.
        Value::String(text) if text.is_ascii() && !text.contains('\r') => text.len(),
        _ => return None,
    };
    Some(Value::integer(length))
}

fn converted(name: &str, value: &Value) -> Outcome {
    match name {
        "toset" => Some(Value::set(unified_elements(value.elements()?)?)),
        _ => Some(Value::list(unified_elements(ordered(value)?)?)),
    }
}

/// The elements in the language's order; none where that is not known.
fn ordered(value: &Value) -> Option<&[Value]> {
    if value.is_ordered() { value.elements() } else { None }
}

fn merge(arguments: &[Value]) -> Outcome {
    let mut merged = BTreeMap::new();
    for argument in arguments {
        match argument {
            Value::Null => {}
            Value::Map(items) => merged.extend(items.values.iter().map(|(name, value)| (name.clone(), value.clone()))),
            _ => return None,
        }
    }
    Some(Value::map(merged))
}

/// Lists of different types become one type, tuples do not: told only where that makes no difference.
fn concat(arguments: &[Value]) -> Outcome {
    let mut values = Vec::new();
    for argument in arguments {
        values.extend_from_slice(ordered(argument)?);
    }
    let each_alike = arguments.iter().all(|argument| {
        let elements = argument.elements().unwrap_or_default();
        unified_elements(elements).is_some_and(|unified| unified == elements)
    });
    if each_alike && unified_elements(&values).is_none_or(|unified| unified != values) {
        return values.iter().any(|value| !value.is_known()).then(|| Value::list(values));
    }
    Some(Value::list(values))
}

fn contains(list: &Value, value: &Value) -> Outcome {
    let results: Vec<Option<bool>> = list.elements()?.iter().map(|element| equal(element, value)).collect();
    match (results.contains(&Some(true)), results.contains(&None)) {
        (true, _) => Some(Value::Bool(true)),
        (false, true) => None,
        (false, false) => Some(Value::Bool(false)),
    }
}

/// The place of the first element that equals a value.
pub(super) fn position(values: &[Value], value: &Value) -> Option<usize> {
    values.iter().position(|element| equal(element, value) == Some(true))
}

/// Values are at most a hundred levels deep.
fn flatten(value: &Value, flat: &mut Vec<Value>) -> Option<()> {
    for element in ordered(value)? {
        match element {
            // It may be a list.
            Value::Unknown => return None,
            Value::List(_) | Value::Set(_) => flatten(element, flat)?,
            element => flat.push(element.clone()),
        }
    }
    Some(())
}

fn distinct(list: &Value) -> Outcome {
    let elements = unified_elements(ordered(list)?)?;
    if !elements.iter().all(Value::is_known) || elements.len() > 10_000 {
        return None;
    }
    let mut distinct: Vec<Value> = Vec::new();
    for element in elements {
        if !distinct.contains(&element) {
            distinct.push(element);
        }
    }
    Some(Value::list(distinct))
}

fn compact(list: &Value) -> Outcome {
    let mut kept = Vec::new();
    for element in ordered(list)? {
        match element {
            Value::Null => {}
            element => kept.push(element.to_text()?),
        }
    }
    Some(Value::list(kept.into_iter().filter(|text| !text.is_empty()).map(Value::String).collect()))
}

fn range(arguments: &[Value]) -> Outcome {
    let numbers = arguments.iter().map(Value::to_number).collect::<Option<Vec<_>>>()?;
    let (zero, one) = (Number::from(0), Number::from(1));
    let (start, limit, step) = match numbers.as_slice() {
        [limit] => (zero.clone(), limit.clone(), None),
        [start, limit] => (start.clone(), limit.clone(), None),
        [start, limit, step] => (start.clone(), limit.clone(), Some(step.clone())),
        _ => return None,
    };
    let down = limit.compare(&start)?.is_lt();
    let step = match step {
        Some(step) => step,
        None if down => one.negated()?,
        None => one,
    };
    if step.compare(&zero)?.is_lt() != down || step.compare(&zero)?.is_eq() {
        return limit.compare(&start)?.is_eq().then(|| Value::list(Vec::new()));
    }
    let mut values = Vec::new();
    let mut current = start;
    while if down { current.compare(&limit)?.is_gt() } else { current.compare(&limit)?.is_lt() } {
        if values.len() >= RANGE {
            return None;
        }
        values.push(Value::Number(current.clone()));
        current = current.add(&step)?;
    }
    Some(Value::list(values))
}

/// The first that is neither null nor empty. All have one type, which is certain only where all are of one kind.
fn coalesce(arguments: &[Value]) -> Outcome {
    let set = |value: &&Value| **value != Value::Null && !matches!(value, Value::String(text) if text.is_empty());
    let first = arguments.iter().find(set)?;
    let same = |value: &Value| *value == Value::Null || std::mem::discriminant(value) == std::mem::discriminant(first);
    let certain = matches!(first, Value::String(_)) || arguments.iter().all(same);
    (certain && *first != Value::Unknown).then(|| first.clone())
}

fn set_operation(name: &str, arguments: &[Value]) -> Outcome {
    let mut sets = Vec::new();
    for argument in arguments {
        let elements = unified_elements(argument.elements()?)?;
        if elements.len() > 10_000 || !elements.iter().all(Value::is_known) {
            return None;
        }
        sets.push(elements);
    }
    let all = sets.concat();
    if unified_elements(&all)? != all {
        return None;
    }
    let (first, rest) = sets.split_first()?;
    let kept = match name {
        "setunion" => all.clone(),
        "setintersection" => first.iter().filter(|value| rest.iter().all(|set| set.contains(value))).cloned().collect(),
        _ => first.iter().filter(|value| !rest.iter().any(|set| set.contains(value))).cloned().collect(),
    };
    Some(Value::set(kept))
}

/// Every combination. Of sets alone it is a set again, in no order that is known.
fn product(arguments: &[Value]) -> Outcome {
    let mut rows: Vec<Vec<Value>> = vec![Vec::new()];
    for argument in arguments {
        let elements = unified_elements(ordered(argument)?)?;
        if rows.len().checked_mul(elements.len())? > PRODUCT {
            return None;
        }
        let extended = |row: &Vec<Value>| {
            let row = row.clone();
            let extend = move |element: &Value| row.iter().cloned().chain([element.clone()]).collect();
            elements.iter().map(extend).collect::<Vec<Vec<Value>>>()
        };
        rows = rows.iter().flat_map(extended).collect();
    }
    let rows = rows.into_iter().map(Value::list).collect();
    match arguments.iter().all(|argument| matches!(argument, Value::Set(_))) {
        true => Some(Value::set(rows)),
        false => Some(Value::list(rows)),
    }
}

fn all(list: &Value, wanted: bool) -> Outcome {
    let values = list.elements()?.iter().map(Value::to_bool).collect::<Option<Vec<_>>>()?;
    Some(Value::Bool(match wanted {
        true => values.iter().all(|value| *value),
        false => values.iter().any(|value| *value),
    }))
}
