//! The one type that values of several types can all be converted to, as cty's `convert.Unify` finds it.
//! Knows nothing of values.

use super::convert::convertible;
use super::types::Type;
use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::sync::Arc;

/// The type; none where there is no such type, and unknown where a type among them is.
/// `perhaps`: conversions that depend on the value are taken to succeed.
pub(crate) fn unify(types: &[Type], perhaps: bool) -> Option<Type> {
    let (first, rest) = types.split_first()?;
    if rest.iter().all(|other| other == first) {
        return Some(first.clone());
    }
    let count = |is: fn(&Type) -> bool| types.iter().filter(|one| is(one)).count();
    let dynamic = count(|one| *one == Type::Dynamic);
    let lists = count(|one| matches!(one, Type::List(_)));
    let sets = count(|one| matches!(one, Type::Set(_)));
    let maps = count(|one| matches!(one, Type::Map(_)));
    let tuples = count(|one| matches!(one, Type::Tuple(_)));
    let objects = count(|one| matches!(one, Type::Object(_)));
    let all = types.len() - dynamic;
    let compound = lists + sets + maps + tuples + objects > 0;
    if dynamic > 0 && compound && [lists + tuples, sets, maps + objects].contains(&all) {
        return Some(Type::Dynamic);
    }
    if maps == all {
        return Some(Type::map(unify(&inner(types), perhaps)?));
    }
    if lists == all {
        return Some(Type::list(unify(&inner(types), perhaps)?));
    }
    if sets == all {
        return Some(Type::set(unify(&inner(types), perhaps)?));
    }
    if maps > 0
        && maps + objects == all
        && let Some(found) = unify(&inner(types), perhaps).map(Type::map)
    {
        return Some(found);
    }
    if lists > 0
        && lists + tuples == all
        && let Some(found) = unify(&inner(types), perhaps).map(Type::list)
    {
        return Some(found);
    }
    if objects == all {
        return unify_objects(types, perhaps);
    }
    if tuples == all {
        return unify_tuples(types, perhaps);
    }
    if objects > 0 && tuples > 0 {
        return None;
    }
    preferred(types, perhaps)
}

/// The types of everything that is directly in values of these types.
fn inner(types: &[Type]) -> Vec<Type> {
    let mut found = Vec::new();
    for one in types {
        match one {
            Type::List(element) | Type::Set(element) | Type::Map(element) => found.push((**element).clone()),
            Type::Tuple(elements) => found.extend(elements.iter().cloned()),
            Type::Object(object) => found.extend(object.attributes.values().cloned()),
            _ => {}
        }
    }
    // The order and number of equal types makes no difference, and long tuples have many.
    let mut distinct: Vec<Type> = Vec::new();
    for one in found {
        if !distinct.contains(&one) {
            distinct.push(one);
        }
    }
    distinct
}

/// Objects with the same attributes are unified attribute by attribute, others as maps.
fn unify_objects(types: &[Type], perhaps: bool) -> Option<Type> {
    let objects: Vec<&BTreeMap<Arc<str>, Type>> = types
        .iter()
        .filter_map(|one| match one {
            Type::Object(object) => Some(&object.attributes),
            _ => None,
        })
        .collect();
    let first = objects.first()?;
    if !objects.iter().all(|other| other.keys().eq(first.keys())) {
        return to_collection(types, perhaps, Type::map);
    }
    let mut attributes = BTreeMap::new();
    for name in first.keys() {
        let across: Vec<Type> = objects.iter().map(|object| object[name].clone()).collect();
        attributes.insert(name.clone(), unify(&across, perhaps)?);
    }
    let found = Type::object(attributes);
    match types.iter().all(|one| convertible(one, &found, perhaps)) {
        true => Some(found),
        false => to_collection(types, perhaps, Type::map),
    }
}

fn unify_tuples(types: &[Type], perhaps: bool) -> Option<Type> {
    let tuples: Vec<&[Type]> = types
        .iter()
        .filter_map(|one| match one {
            Type::Tuple(elements) => Some(&**elements),
            _ => None,
        })
        .collect();
    let length = tuples.first()?.len();
    if tuples.iter().any(|other| other.len() != length) {
        return to_collection(types, perhaps, Type::list);
    }
    let across = |position: usize| -> Vec<Type> { tuples.iter().map(|elements| elements[position].clone()).collect() };
    let elements = (0..length).map(|position| unify(&across(position), perhaps)).collect::<Option<Vec<_>>>()?;
    let found = Type::Tuple(elements.into());
    match types.iter().all(|one| convertible(one, &found, perhaps)) {
        true => Some(found),
        false => to_collection(types, perhaps, Type::list),
    }
}

fn to_collection(types: &[Type], perhaps: bool, collect: fn(Type) -> Type) -> Option<Type> {
    let found = collect(unify(&inner(types), perhaps)?);
    types.iter().all(|one| convertible(one, &found, perhaps)).then_some(found)
}

/// The most general of the types themselves that all others convert to.
fn preferred(types: &[Type], perhaps: bool) -> Option<Type> {
    let suits = |wanted: &&Type| types.iter().all(|other| convertible(other, wanted, perhaps));
    let mut candidates: Vec<&Type> = types.iter().filter(suits).collect();
    // Stable, so of what cannot be compared the first one written wins.
    let general = |one: &&Type| candidates.iter().filter(|other| compared(other, one).is_lt()).count();
    let mut ranked: Vec<(usize, &Type)> = candidates.iter().map(|one| (general(one), *one)).collect();
    ranked.sort_by_key(|(above, _)| *above);
    candidates.clear();
    ranked.first().map(|(_, found)| (*found).clone())
}

/// Less where the first is the more general.
fn compared(one: &Type, other: &Type) -> Ordering {
    match (one, other) {
        (Type::Dynamic, Type::Dynamic) => Ordering::Equal,
        // What has no type yet takes that of the others.
        (Type::Dynamic, _) => Ordering::Greater,
        (_, Type::Dynamic) => Ordering::Less,
        (Type::String, Type::Number | Type::Bool) => Ordering::Less,
        (Type::Number | Type::Bool, Type::String) => Ordering::Greater,
        (Type::List(one), Type::List(other))
        | (Type::Set(one), Type::Set(other))
        | (Type::Map(one), Type::Map(other)) => compared(one, other),
        (Type::Tuple(_) | Type::List(_), Type::Set(_))
        | (Type::List(_), Type::Tuple(_))
        | (Type::Map(_), Type::Object(_)) => Ordering::Less,
        (Type::Set(_), Type::Tuple(_) | Type::List(_))
        | (Type::Tuple(_), Type::List(_))
        | (Type::Object(_), Type::Map(_)) => Ordering::Greater,
        _ => Ordering::Equal,
    }
}
