//! Functions of maps, and of collections of any kind.
//! Know nothing of expressions.

use super::{
    ANY, BOOLS, Context, Function, LIST, MAP_OF_LISTS, NUMBER, Outcome, STRING, STRINGS, any_type, bool_type, function,
    number_type, string_list, texts,
};
use crate::language::convert::convert;
use crate::language::number::Number;
use crate::language::operators::equal;
use crate::language::types::Type;
use crate::language::unify::unify;
use crate::language::value::{Kind, Marks, Range, Value};
use std::collections::BTreeMap;
use std::sync::Arc;
use unicode_segmentation::UnicodeSegmentation;

pub(super) const FUNCTIONS: &[Function] = &[
    function("alltrue", &[BOOLS], bool_type, all_true),
    function("anytrue", &[BOOLS], bool_type, any_true),
    function("coalesce", &[], any_type, coalesce).and(ANY.null().unknown().dynamic()),
    function("contains", &[ANY, ANY], bool_type, contains),
    function("index", &[ANY, ANY], number_type, index),
    function("keys", &[ANY.unknown().marked()], any_type, keys),
    function("length", &[ANY.unknown().dynamic().marked()], number_type, |_, arguments| length(&arguments[0])),
    function("lookup", &[ANY.unknown().marked(), STRING.unknown().marked()], any_type, lookup)
        .and(ANY.anyhow())
        .nullable(),
    function("matchkeys", &[LIST, LIST, LIST], super::same_type, match_keys),
    function("merge", &[], any_type, merge).and(ANY.null().unknown().dynamic().marked()).nullable(),
    function("one", &[ANY], any_type, one).nullable(),
    function("transpose", &[MAP_OF_LISTS], |_| Type::map(Type::list(Type::String)), transpose),
    function("values", &[ANY.marked()], any_type, values),
    function("zipmap", &[STRINGS.marked(), ANY.marked()], any_type, zipmap),
    function("element", &[ANY.unknown().marked(), NUMBER], any_type, element).nullable(),
];

fn all_true(_: &mut Context<'_, '_>, arguments: &[Value]) -> Outcome {
    for element in arguments[0].elements().unwrap_or_default() {
        match (element.boolean(), element.is_known()) {
            (Some(true), _) => {}
            (_, false) => return Ok(Value::unknown(Type::Bool)),
            _ => return Ok(false.into()),
        }
    }
    Ok(true.into())
}

fn any_true(_: &mut Context<'_, '_>, arguments: &[Value]) -> Outcome {
    let elements = arguments[0].elements().unwrap_or_default();
    if elements.iter().any(|element| element.boolean() == Some(true)) {
        return Ok(true.into());
    }
    Ok(if elements.iter().all(Value::is_known) { false.into() } else { Value::unknown(Type::Bool) })
}

fn coalesce(_: &mut Context<'_, '_>, arguments: &[Value]) -> Outcome {
    let types: Vec<Type> = arguments.iter().map(Value::value_type).collect();
    let result = unify(&types, true).ok_or_else(|| "the arguments have no type in common".to_owned())?;
    for argument in arguments {
        let value = convert(argument, &result)?;
        if !value.is_known() {
            return Ok(Value::unknown(result));
        }
        let empty = result == Type::String && value.text().is_some_and(|text| text.is_empty());
        if !value.is_null() && !empty {
            return Ok(value);
        }
    }
    Err("no argument is anything but null or an empty string".into())
}

fn sequence(value: &Value) -> Result<&[Value], String> {
    value.elements().ok_or_else(|| format!("a list, tuple or set is required, not {}", value.value_type().name()))
}

fn contains(_: &mut Context<'_, '_>, arguments: &[Value]) -> Outcome {
    let mut known = true;
    for element in sequence(&arguments[0])? {
        match equal(&arguments[1], element) {
            Some(true) => return Ok(true.into()),
            Some(false) => {}
            None => known = false,
        }
    }
    Ok(if known { false.into() } else { Value::unknown(Type::Bool) })
}

fn index(_: &mut Context<'_, '_>, arguments: &[Value]) -> Outcome {
    if matches!(arguments[0].kind, Kind::Set(..)) {
        return Err("elements of a set have no index".into());
    }
    for (position, element) in sequence(&arguments[0])?.iter().enumerate() {
        match equal(element, &arguments[1]) {
            Some(true) => return Ok(Value::integer(position)),
            Some(false) => {}
            None => return Ok(Value::unknown(Type::Number)),
        }
    }
    Err("the list has no such element".into())
}

fn keys(_: &mut Context<'_, '_>, arguments: &[Value]) -> Outcome {
    let value = &arguments[0];
    let texts =
        |keys: Vec<&Arc<str>>| -> Vec<Value> { keys.into_iter().map(|key| Kind::String(key.clone()).into()).collect() };
    let found = match &value.kind {
        Kind::Unknown(Type::Object(object), _) => Value::tuple(texts(object.attributes.keys().collect())),
        Kind::Unknown(Type::Map(_), range) => {
            let length = range.as_ref().map_or((0, None), |range| range.length);
            Value::ranged(Type::list(Type::String), Range { not_null: true, length, ..Range::default() })
        }
        Kind::Object(items) => Value::tuple(texts(items.values.keys().collect())),
        Kind::Map(_, items) => Value::list(Type::String, texts(items.values.keys().collect())),
        _ => return Err(format!("a map or object is required, not {}", value.value_type().name())),
    };
    Ok(found.marked(value.marks))
}

/// How many elements there are; in a string, as many as a reader sees.
fn length(value: &Value) -> Outcome {
    let marks = value.marks;
    let found = match &value.kind {
        Kind::String(text) => Value::integer(text.graphemes(true).count()),
        // Elements that are not known may turn out to be the same.
        Kind::Set(_, items) if items.values.len() > 1 && !value.is_wholly_known() => {
            between(1, Some(items.values.len()))
        }
        Kind::Unknown(Type::Tuple(elements), _) => Value::integer(elements.len()),
        Kind::Unknown(Type::Object(object), _) => Value::integer(object.attributes.len()),
        Kind::Unknown(Type::String, _) => between(0, None),
        Kind::Unknown(Type::List(_) | Type::Map(_) | Type::Set(_), range) => {
            let (least, most) = range.as_ref().map_or((0, None), |range| range.length);
            between(least, most)
        }
        Kind::Unknown(Type::Dynamic, _) => Value::unknown(Type::Number),
        _ => match value.length() {
            Some(length) => Value::integer(length),
            None => return Err(format!("{} has no length", value.value_type().name())),
        },
    };
    Ok(found.marked(marks))
}

fn between(least: usize, most: Option<usize>) -> Value {
    let bound = |length: usize| Some((Number::from(length), true));
    let range = Range { not_null: true, low: bound(least), high: most.and_then(bound), ..Range::default() };
    Value::ranged(Type::Number, range)
}

fn lookup(_: &mut Context<'_, '_>, arguments: &[Value]) -> Outcome {
    let (map, key, default) = match arguments {
        [map, key] => (map, key, None),
        [map, key, default] => (map, key, Some(default)),
        _ => return Err("two or three arguments are taken".into()),
    };
    let marks = map.marks.or(key.marks);
    let of_object = |attributes: bool| match (attributes, default) {
        (true, _) => Type::Dynamic,
        (false, Some(default)) => default.value_type(),
        (false, None) => Type::Dynamic,
    };
    let element = match &map.value_type() {
        Type::Map(element) => Some((**element).clone()),
        Type::Object(_) => None,
        other => return Err(format!("a map is required, not {}", other.name())),
    };
    let (Some(key), true) = (key.text(), map.is_known()) else {
        let result = match (&map.value_type(), key.text()) {
            (Type::Object(object), Some(key)) => {
                object.attributes.get(key).cloned().unwrap_or_else(|| of_object(false))
            }
            (Type::Object(_), None) => Type::Dynamic,
            _ => element.unwrap_or(Type::Dynamic),
        };
        return Ok(Value::unknown(result).marked(marks));
    };
    if let Some(found) = map.entries().and_then(|entries| entries.get(key)) {
        return Ok(found.clone().marked(marks));
    }
    match (default, element) {
        (Some(default), Some(element)) => Ok(convert(default, &element)?.marked(marks)),
        (Some(default), None) => Ok(default.clone().marked(marks)),
        (None, _) => Err("there is no such key".into()),
    }
}

fn match_keys(_: &mut Context<'_, '_>, arguments: &[Value]) -> Outcome {
    let [values, keys, wanted] = arguments else { return Err("three arguments are taken".into()) };
    let common = unify(&[keys.value_type(), wanted.value_type()], true);
    let common = common.ok_or_else(|| "keys and what is searched for have no type in common".to_owned())?;
    let (keys, wanted) = (convert(keys, &common)?, convert(wanted, &common)?);
    let (elements, keys, wanted) = (sequence(values)?, sequence(&keys)?.to_vec(), sequence(&wanted)?.to_vec());
    if elements.len() != keys.len() {
        return Err("there are not as many keys as values".into());
    }
    let result = |found| Value::list(values.value_type().element().cloned().unwrap_or(Type::Dynamic), found);
    if wanted.is_empty() {
        return Ok(result(Vec::new()));
    }
    let all = elements.iter().chain(&keys).all(Value::is_wholly_known);
    if !all {
        return Ok(Value::unknown(values.value_type()));
    }
    let mut found = Vec::new();
    for (element, key) in elements.iter().zip(&keys) {
        for one in &wanted {
            match equal(key, one) {
                Some(true) => {
                    found.push(element.clone());
                    break;
                }
                Some(false) => {}
                None => return Ok(result(Vec::new())),
            }
        }
    }
    Ok(result(found))
}

fn merge(_: &mut Context<'_, '_>, arguments: &[Value]) -> Outcome {
    let marks = arguments.iter().fold(Marks::default(), |marks, argument| marks.or(argument.marks));
    let types: Vec<Type> = arguments.iter().map(Value::value_type).collect();
    let given: Vec<&Value> = arguments.iter().filter(|argument| !argument.is_null()).collect();
    for value_type in &types {
        if !matches!(value_type, Type::Dynamic | Type::Map(_) | Type::Object(_)) {
            return Err(format!("only maps and objects are merged, not {}", value_type.name()));
        }
    }
    let open = arguments.iter().any(|argument| argument.is_dynamic() && !argument.is_known());
    if open {
        return Ok(Value::dynamic().marked(marks));
    }
    let same = types.windows(2).all(|pair| pair[0] == pair[1]);
    let as_map = match types.first() {
        Some(Type::Map(element)) if same => Some((**element).clone()),
        _ => None,
    };
    if !arguments.is_empty() && given.is_empty() {
        return Ok(Value::null(if same { types[0].clone() } else { Type::object(BTreeMap::new()) }).marked(marks));
    }
    if given.iter().any(|argument| !argument.is_known()) {
        return Ok(Value::unknown(merged_type(&given, &types, same)).marked(marks));
    }
    let mut merged = BTreeMap::new();
    for argument in given {
        merged.extend(argument.entries().into_iter().flatten().map(|(key, value)| (key.clone(), value.clone())));
    }
    let value = match as_map {
        Some(element) => Value::map(element, merged),
        None => Value::object(merged),
    };
    Ok(value.marked(marks))
}

/// The type of a merge with something unknown in it.
fn merged_type(given: &[&Value], types: &[Type], same: bool) -> Type {
    if same {
        return types[0].clone();
    }
    let mut attributes = BTreeMap::new();
    for argument in given {
        match (argument.value_type(), argument.entries()) {
            (Type::Object(object), _) => {
                attributes.extend(object.attributes.iter().map(|(name, inner)| (name.clone(), inner.clone())));
            }
            (Type::Map(element), Some(entries)) => {
                attributes.extend(entries.keys().map(|name| (name.clone(), (*element).clone())));
            }
            _ => return Type::Dynamic,
        }
    }
    Type::object(attributes)
}

fn one(_: &mut Context<'_, '_>, arguments: &[Value]) -> Outcome {
    let value = &arguments[0];
    if let (Kind::Set(element, items), false) = (&value.kind, value.is_wholly_known())
        && items.values.len() > 1
    {
        return Ok(Value::unknown(element.clone()));
    }
    match (sequence(value)?, value.value_type()) {
        ([], Type::List(element) | Type::Set(element)) => Ok(Value::null((*element).clone())),
        ([], _) => Ok(Value::null(Type::Dynamic)),
        ([element], _) => Ok(element.clone()),
        _ => Err("there is more than one element".into()),
    }
}

fn transpose(_: &mut Context<'_, '_>, arguments: &[Value]) -> Outcome {
    if !arguments[0].is_wholly_known() {
        return Ok(Value::unknown(Type::map(Type::list(Type::String))));
    }
    let mut transposed: BTreeMap<Arc<str>, Vec<&str>> = BTreeMap::new();
    for (key, list) in arguments[0].entries().into_iter().flatten() {
        for text in texts(list)?.unwrap_or_default() {
            transposed.entry(text.into()).or_default().push(key);
        }
    }
    let entries = transposed.into_iter().map(|(key, mut texts)| {
        texts.sort_unstable();
        (key, string_list(texts))
    });
    Ok(Value::map(Type::list(Type::String), entries.collect()))
}

fn values(_: &mut Context<'_, '_>, arguments: &[Value]) -> Outcome {
    let value = &arguments[0];
    let found = |entries: &BTreeMap<Arc<str>, Value>| entries.values().cloned().collect();
    let result = match &value.kind {
        Kind::Map(element, items) => Value::list(element.clone(), found(&items.values)),
        Kind::Object(items) => Value::tuple(found(&items.values)),
        _ => return Err(format!("a map or object is required, not {}", value.value_type().name())),
    };
    Ok(result.marked(value.marks))
}

fn zipmap(_: &mut Context<'_, '_>, arguments: &[Value]) -> Outcome {
    let [keys, values] = arguments else { return Err("two arguments are taken".into()) };
    let (mut marks, elements) = (keys.marks.or(values.marks), sequence(values)?);
    let keys = keys.clone().unmarked_deep(&mut marks);
    let element = match &values.kind {
        Kind::List(element, _) => Some(element.clone()),
        Kind::Tuple(_) => None,
        _ => return Err(format!("a list or tuple of values is required, not {}", values.value_type().name())),
    };
    let Some(keys) = texts(&keys)? else {
        return Ok(Value::unknown(element.map_or(Type::Dynamic, Type::map)).marked(marks));
    };
    if keys.len() != elements.len() {
        return Err(format!("there are {} keys for {} values", keys.len(), elements.len()));
    }
    let entries = keys.into_iter().map(Arc::from).zip(elements.iter().cloned()).collect();
    Ok(match element {
        Some(element) => Value::map(element, entries),
        None => Value::object(entries),
    }
    .marked(marks))
}

/// Counts on from the start when the list is over. OpenTofu counts negative positions from the end; Terraform refuses
/// them, so nothing that was approved there has any.
fn element(_: &mut Context<'_, '_>, arguments: &[Value]) -> Outcome {
    let [list, position] = arguments else { return Err("two arguments are taken".into()) };
    let position = super::whole(position)?;
    let at = |length: usize| match i64::try_from(length) {
        Ok(length) if length > 0 => usize::try_from(position.rem_euclid(length)).map_err(|error| error.to_string()),
        _ => Err("the list is empty".to_owned()),
    };
    let found = match &list.kind {
        Kind::Unknown(Type::Tuple(elements), _) => Value::unknown(elements[at(elements.len())?].clone()),
        Kind::Unknown(Type::List(element), _) => Value::unknown((**element).clone()),
        Kind::List(_, items) | Kind::Tuple(items) => items.values[at(items.values.len())?].clone(),
        _ => return Err(format!("{} has no elements to choose from", list.value_type().name())),
    };
    Ok(found.marked(list.marks))
}
