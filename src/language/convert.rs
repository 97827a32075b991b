//! Conversion of values to types, as cty's `convert` package does it.
//! Knows nothing of expressions.

use super::number::Number;
use super::types::{ObjectType, Type};
use super::unify::unify;
use super::value::{Kind, Marks, Range, Value};
use std::collections::BTreeMap;
use std::sync::Arc;

/// The value as that type.
///
/// # Errors
/// Says what is wanted where there is no such conversion, or not for this value.
pub(crate) fn convert(value: &Value, to: &Type) -> Result<Value, String> {
    if *to == Type::Dynamic {
        return Ok(value.clone());
    }
    let converted = match &value.kind {
        Kind::Unknown(from, range) => unknown(from, range.as_deref(), to)?,
        Kind::Null(from) => Value::null(untyped(from, to)?),
        Kind::Bool(_) | Kind::Number(_) | Kind::String(_) => primitive(&value.kind, to)?,
        _ => collection(value, to)?,
    };
    Ok(converted.marked(value.marks))
}

fn unknown(from: &Type, range: Option<&Range>, to: &Type) -> Result<Value, String> {
    let result = untyped(from, to)?;
    let Some(range) = range else { return Ok(Value::unknown(result)) };
    if *from == result {
        return Ok(Value::ranged(result, range.clone()));
    }
    let length = match (from, &result) {
        (Type::List(_), Type::List(_))
        | (Type::Map(_), Type::Map(_))
        | (Type::Set(_), Type::Set(_) | Type::List(_)) => range.length,
        // Elements of a list may turn out to be the same.
        (Type::List(_), Type::Set(_)) => (range.length.0.min(1), range.length.1),
        _ => (0, None),
    };
    Ok(Value::ranged(result, Range { not_null: range.not_null, length, ..Range::default() }))
}

/// The type that a value without content, null or unknown, has after the conversion.
fn untyped(from: &Type, to: &Type) -> Result<Type, String> {
    if *from != Type::Dynamic && !convertible(from, to, true) {
        return Err(mismatch(to));
    }
    Ok(replaced(from, &to.without_optional()))
}

/// What is asked for, with whatever type it leaves open as it is.
fn replaced(from: &Type, to: &Type) -> Type {
    if *to == Type::Dynamic {
        return from.clone();
    }
    if !to.has_dynamic() {
        return to.clone();
    }
    let element = |to: &Type| match from {
        Type::List(from) | Type::Set(from) | Type::Map(from) => replaced(from, to),
        Type::Tuple(types) => unify(types, true).map_or(Type::Dynamic, |from| replaced(&from, to)),
        Type::Object(object) => {
            let types: Vec<Type> = object.attributes.values().cloned().collect();
            unify(&types, true).map_or(Type::Dynamic, |from| replaced(&from, to))
        }
        _ => to.clone(),
    };
    match (to, from) {
        (Type::List(to), _) => Type::list(element(to)),
        (Type::Set(to), _) => Type::set(element(to)),
        (Type::Map(to), _) => Type::map(element(to)),
        (Type::Tuple(to), Type::Tuple(from)) if to.len() == from.len() => {
            Type::Tuple(from.iter().zip(to.iter()).map(|(from, to)| replaced(from, to)).collect())
        }
        (Type::Object(to), Type::Object(from)) => {
            let attribute = |(name, to): (&Arc<str>, &Type)| {
                (name.clone(), from.attributes.get(name).map_or_else(|| to.clone(), |from| replaced(from, to)))
            };
            Type::object(to.attributes.iter().map(attribute).collect())
        }
        _ => to.clone(),
    }
}

fn primitive(kind: &Kind, to: &Type) -> Result<Value, String> {
    let same: Value = kind.clone().into();
    match (kind, to) {
        (Kind::Bool(_), Type::Bool) | (Kind::Number(_), Type::Number) | (Kind::String(_), Type::String) => Ok(same),
        (Kind::Bool(value), Type::String) => Ok(Value::string(if *value { "true" } else { "false" })),
        (Kind::Number(number), Type::String) => Ok(Value::string(number.to_string())),
        (Kind::String(text), Type::Number) => Number::parse(text).map(Value::from).ok_or_else(|| mismatch(to)),
        (Kind::String(text), Type::Bool) => match &**text {
            "true" | "1" => Ok(true.into()),
            "false" | "0" => Ok(false.into()),
            _ => Err(mismatch(to)),
        },
        _ => Err(mismatch(to)),
    }
}

fn collection(value: &Value, to: &Type) -> Result<Value, String> {
    match (&value.kind, to) {
        (Kind::List(element, items) | Kind::Set(element, items), Type::List(wanted)) => {
            Ok(to_list(elements(element, &items.values, wanted)?))
        }
        (Kind::List(element, items) | Kind::Set(element, items), Type::Set(wanted)) => {
            Ok(to_set(elements(element, &items.values, wanted)?))
        }
        (Kind::Tuple(items), Type::List(wanted)) => Ok(to_list(unified(&items.values, wanted)?)),
        (Kind::Tuple(items), Type::Set(wanted)) => Ok(to_set(unified(&items.values, wanted)?)),
        (Kind::Tuple(items), Type::Tuple(wanted)) if items.values.len() == wanted.len() => {
            let elements = items.values.iter().zip(wanted.iter()).enumerate();
            let converted =
                elements.map(|(index, (value, wanted))| at(format_args!("[{index}]"), convert(value, wanted)));
            Ok(Value::tuple(converted.collect::<Result<_, _>>()?))
        }
        (Kind::Map(element, items), Type::Map(wanted)) => {
            let values: Vec<Value> = items.values.values().cloned().collect();
            Ok(to_map(items.values.keys(), elements(element, &values, wanted)?))
        }
        (Kind::Object(items), Type::Map(wanted)) => {
            let values: Vec<Value> = items.values.values().cloned().collect();
            Ok(to_map(items.values.keys(), unified(&values, wanted)?))
        }
        (Kind::Object(items) | Kind::Map(_, items), Type::Object(wanted)) => to_object(&items.values, wanted),
        _ => Err(mismatch(to)),
    }
}

type Elements = (Type, Vec<Value>);

fn to_list((element, values): Elements) -> Value {
    Value::list(element, values)
}

fn to_set((element, values): Elements) -> Value {
    Value::set(element, values)
}

fn to_map<'a>(keys: impl Iterator<Item = &'a Arc<str>>, (element, values): Elements) -> Value {
    Value::map(element, keys.cloned().zip(values).collect())
}

/// Elements that are of one type already.
fn elements(from: &Type, values: &[Value], wanted: &Type) -> Result<Elements, String> {
    if from == wanted || *wanted == Type::Dynamic {
        return Ok((from.clone(), values.to_vec()));
    }
    if !convertible(from, wanted, true) {
        return Err(mismatch(wanted));
    }
    unified(values, wanted)
}

/// Elements as the wanted type; of one type in the end, where that leaves it open.
fn unified(values: &[Value], wanted: &Type) -> Result<Elements, String> {
    if !wanted.has_dynamic() {
        return Ok((wanted.without_optional(), each(values, wanted)?));
    }
    if values.is_empty() {
        return Ok((wanted.without_optional(), Vec::new()));
    }
    let types: Vec<Type> = values.iter().map(Value::value_type).collect();
    let first = match wanted {
        Type::Dynamic => unify(&types, true).ok_or_else(|| "all elements must have the same type".to_owned())?,
        wanted => wanted.clone(),
    };
    let converted = each(values, &first)?;
    let types: Vec<Type> = converted.iter().map(Value::value_type).collect();
    let mut last = unify(&types, true).ok_or_else(|| "all elements must have the same type".to_owned())?;
    if let (Type::Dynamic, Some(of)) = (&last, types.iter().find(|of| **of != Type::Dynamic)) {
        // What has no type yet, null above all, takes that of the others; those must have the same.
        last = of.clone();
    }
    Ok((last.clone(), each(&converted, &last)?))
}

fn each(values: &[Value], wanted: &Type) -> Result<Vec<Value>, String> {
    let converted =
        values.iter().enumerate().map(|(index, value)| at(format_args!("[{index}]"), convert(value, wanted)));
    converted.collect()
}

fn to_object(values: &BTreeMap<Arc<str>, Value>, wanted: &ObjectType) -> Result<Value, String> {
    let mut converted = BTreeMap::new();
    for (name, inner) in &wanted.attributes {
        let value = match values.get(name) {
            Some(value) => at(format_args!(".{name}"), convert(value, inner))?,
            None if wanted.optional.contains(name) => Value::null(inner.without_optional()),
            None => return Err(format!("attribute \"{name}\" is required")),
        };
        converted.insert(name.clone(), value);
    }
    Ok(Value::object(converted))
}

/// An error with the place inside of the value in front.
fn at<T>(step: std::fmt::Arguments<'_>, result: Result<T, String>) -> Result<T, String> {
    result.map_err(|error| match error.starts_with(['.', '[']) {
        true => format!("{step}{error}"),
        false => format!("{step}: {error}"),
    })
}

fn mismatch(to: &Type) -> String {
    match to {
        Type::Object(_) => "an object is required".into(),
        to => format!("{} is required", to.name()),
    }
}

/// Whether values of one type may be converted to another: certainly, or (`perhaps`) depending on the value.
pub(super) fn convertible(from: &Type, to: &Type, perhaps: bool) -> bool {
    if from == to || *to == Type::Dynamic {
        return true;
    }
    match (from, to) {
        (Type::Dynamic, _) => perhaps,
        (Type::Number | Type::Bool, Type::String) => true,
        (Type::String, Type::Number | Type::Bool) => perhaps,
        (Type::Object(from), Type::Object(to)) => {
            to.attributes.iter().all(|(name, to_inner)| match from.attributes.get(name) {
                Some(inner) => convertible(inner, to_inner, perhaps),
                None => to.optional.contains(name),
            })
        }
        (Type::Tuple(from), Type::Tuple(to)) => {
            from.len() == to.len() && from.iter().zip(to.iter()).all(|(from, to)| convertible(from, to, perhaps))
        }
        (Type::List(from) | Type::Set(from), Type::List(to)) | (Type::Set(from), Type::Set(to)) => {
            convertible(from, to, perhaps)
        }
        // Loses the order and what is there twice.
        (Type::List(from), Type::Set(to)) => perhaps && convertible(from, to, perhaps),
        (Type::Map(from), Type::Map(to)) => convertible(from, to, perhaps),
        (Type::Tuple(types), Type::List(to) | Type::Set(to)) => all_convertible(types, to, perhaps),
        (Type::Object(object), Type::Map(to)) => {
            let types: Vec<Type> = object.attributes.values().cloned().collect();
            all_convertible(&types, to, perhaps)
        }
        (Type::Map(from), Type::Object(to)) => {
            perhaps && to.attributes.values().all(|to| convertible(from, to, perhaps))
        }
        _ => false,
    }
}

fn all_convertible(types: &[Type], to: &Type, perhaps: bool) -> bool {
    match to {
        Type::Dynamic => types.is_empty() || unify(types, perhaps).is_some(),
        to => types.iter().all(|from| convertible(from, to, perhaps)),
    }
}

/// The text of a value that the language turns into a string; none for what is unknown, null or no such value.
pub(crate) fn to_text(value: &Value) -> Option<Arc<str>> {
    match convert(value, &Type::String).ok()?.kind {
        Kind::String(text) => Some(text),
        _ => None,
    }
}

/// The whole number that a value holds or stands for in text.
pub(crate) fn to_number(value: &Value) -> Option<Number> {
    match convert(value, &Type::Number).ok()?.kind {
        Kind::Number(number) => Some(number),
        _ => None,
    }
}

/// A value out of JSON, its type as the JSON implies it: objects and tuples.
pub(crate) fn from_json(json: &serde_json::Value) -> Value {
    match json {
        serde_json::Value::Null => Value::null(Type::Dynamic),
        serde_json::Value::Bool(value) => (*value).into(),
        serde_json::Value::Number(number) => {
            Number::parse(&number.to_string()).map_or_else(|| Value::unknown(Type::Number), Value::from)
        }
        serde_json::Value::String(text) => Value::string(text),
        serde_json::Value::Array(elements) => Value::tuple(elements.iter().map(from_json).collect()),
        serde_json::Value::Object(entries) => {
            Value::object(entries.iter().map(|(name, value)| (name.as_str().into(), from_json(value))).collect())
        }
    }
}

/// A value out of JSON as state keeps it, of a type that a schema tells. What does not fit the type is not known.
pub(crate) fn typed(json: &serde_json::Value, of: &Type) -> Value {
    use serde_json::Value as Json;
    let inner = |elements: &[Json], of: &Type| elements.iter().map(|element| typed(element, of)).collect();
    match (json, of) {
        (Json::Null, of) => Value::null(of.clone()),
        // A value of any type is kept with its type.
        (Json::Object(entries), Type::Dynamic) => {
            let of = entries.get("type").and_then(Type::from_json);
            match (of, entries.get("value"), entries.len()) {
                (Some(of), Some(value), 2) => typed(value, &of),
                _ => from_json(json),
            }
        }
        (_, Type::Dynamic) => from_json(json),
        (Json::Array(elements), Type::List(element)) => Value::list((**element).clone(), inner(elements, element)),
        (Json::Array(elements), Type::Set(element)) => Value::set((**element).clone(), inner(elements, element)),
        (Json::Array(elements), Type::Tuple(types)) if elements.len() == types.len() => {
            Value::tuple(elements.iter().zip(types.iter()).map(|(element, of)| typed(element, of)).collect())
        }
        (Json::Object(entries), Type::Map(element)) => Value::map(
            (**element).clone(),
            entries.iter().map(|(name, value)| (name.as_str().into(), typed(value, element))).collect(),
        ),
        (Json::Object(entries), Type::Object(object)) => {
            let attribute =
                |(name, of): (&Arc<str>, &Type)| (name.clone(), typed(entries.get(&**name).unwrap_or(&Json::Null), of));
            Value::object(object.attributes.iter().map(attribute).collect())
        }
        (_, of) => convert(&from_json(json), of).unwrap_or_else(|_| Value::unknown(of.clone())),
    }
}

/// The value as JSON without regard to marks; none where anything in it is unknown.
pub(crate) fn to_json(value: &Value) -> Option<serde_json::Value> {
    Some(match &value.kind {
        Kind::Unknown(..) => return None,
        Kind::Null(_) => serde_json::Value::Null,
        Kind::Bool(value) => (*value).into(),
        Kind::Number(number) => serde_json::Value::Number(number.to_string().parse().ok()?),
        Kind::String(text) => text.to_string().into(),
        Kind::List(_, items) | Kind::Set(_, items) | Kind::Tuple(items) => {
            serde_json::Value::Array(items.values.iter().map(to_json).collect::<Option<_>>()?)
        }
        Kind::Map(_, items) | Kind::Object(items) => serde_json::Value::Object(
            items
                .values
                .iter()
                .map(|(name, value)| Some((name.to_string(), to_json(value)?)))
                .collect::<Option<_>>()?,
        ),
    })
}

/// Marks of a value are taken off, its content is converted, and the marks put back on.
pub(super) fn unmarked(value: &Value) -> (Value, Marks) {
    let mut marks = Marks::default();
    let value = value.clone().unmarked(&mut marks);
    (value, marks)
}
