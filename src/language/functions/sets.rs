//! Functions of sets.
//! Know nothing of expressions.

use super::{ANY, Context, Function, Outcome, SET, any_type, function};
use crate::language::convert::convert;
use crate::language::operators::equal;
use crate::language::types::Type;
use crate::language::unify::unify;
use crate::language::value::Value;

pub(super) const FUNCTIONS: &[Function] = &[
    function("setintersection", &[SET], any_type, |_, arguments| {
        combined(arguments, false, |one, other| kept(one, |element| holds(other, element)))
    })
    .and(SET),
    function("setsubtract", &[SET, SET], any_type, |_, arguments| {
        combined(arguments, false, |one, other| kept(one, |element| !holds(other, element)))
    }),
    function("setunion", &[SET], any_type, |_, arguments| {
        combined(arguments, true, |one, other| one.into_iter().chain(other.iter().cloned()).collect())
    })
    .and(SET),
    function("setproduct", &[], any_type, product).and(ANY),
];

fn kept(elements: Vec<Value>, keep: impl Fn(&Value) -> bool) -> Vec<Value> {
    elements.into_iter().filter(|element| keep(element)).collect()
}

fn holds(elements: &[Value], wanted: &Value) -> bool {
    elements.iter().any(|element| equal(element, wanted) == Some(true))
}

/// Combines sets one after the other, as sets of one type. `partly`: elements that are not known do no harm.
fn combined(arguments: &[Value], partly: bool, combine: fn(Vec<Value>, &[Value]) -> Vec<Value>) -> Outcome {
    // Empty sets of no type take the type of the others.
    let typed = arguments.iter().filter(|set| !(set.length() == Some(0) && set.value_type().has_dynamic()));
    let types: Vec<Type> = typed.map(Value::value_type).collect();
    let common = match types.is_empty() {
        true => Type::set(Type::Dynamic),
        false => unify(&types, true).ok_or_else(|| "the sets have no type in common".to_owned())?,
    };
    let Type::Set(element) = &common else { return Ok(Value::dynamic()) };
    let mut sets = Vec::new();
    for argument in arguments {
        sets.push(convert(argument, &common)?);
    }
    if !partly && sets.iter().any(|set| !set.is_wholly_known()) {
        return Ok(Value::unknown(common.clone()));
    }
    let mut sets = sets.iter().map(|set| set.elements().unwrap_or_default());
    let first = sets.next().unwrap_or_default().to_vec();
    Ok(Value::set((**element).clone(), sets.fold(first, combine)))
}

fn product(context: &mut Context<'_, '_>, arguments: &[Value]) -> Outcome {
    if arguments.len() < 2 {
        return Err("at least two arguments are required".into());
    }
    let mut lists = true;
    let mut types = Vec::new();
    let mut columns: Vec<Vec<Value>> = Vec::new();
    let mut total = 1_usize;
    for argument in arguments {
        let element = match &argument.value_type() {
            Type::Set(element) => {
                lists = false;
                (**element).clone()
            }
            Type::List(element) => (**element).clone(),
            Type::Tuple(elements) if elements.is_empty() => Type::Dynamic,
            Type::Tuple(elements) => {
                unify(elements, true).ok_or_else(|| "the elements have no type in common".to_owned())?
            }
            other => return Err(format!("a set or list is required, not {}", other.name())),
        };
        let elements = argument.elements().unwrap_or_default();
        let column = elements.iter().map(|value| convert(value, &element)).collect::<Result<Vec<_>, _>>()?;
        total = total.saturating_mul(column.len());
        columns.push(column);
        types.push(element);
    }
    context.spend(total.saturating_mul(arguments.len()))?;
    let uncertain = |argument: &Value| {
        matches!(argument.value_type(), Type::Set(_)) && argument.length() > Some(1) && !argument.is_wholly_known()
    };
    let row = Type::Tuple(types.into());
    let result = if lists { Type::list(row.clone()) } else { Type::set(row.clone()) };
    if arguments.iter().any(uncertain) {
        return Ok(Value::unknown(result));
    }
    let mut rows: Vec<Vec<Value>> = vec![Vec::new()];
    for column in &columns {
        let extended = rows.iter().flat_map(|row| {
            column.iter().map(move |value| row.iter().cloned().chain([value.clone()]).collect::<Vec<_>>())
        });
        rows = extended.collect();
    }
    let rows = rows.into_iter().map(Value::tuple).collect();
    Ok(if lists { Value::list(row, rows) } else { Value::set(row, rows) })
}
