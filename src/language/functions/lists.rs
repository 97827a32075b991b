//! Functions of lists.
//! Know nothing of expressions.

use super::{
    ANY, Context, Function, LIST, NUMBER, Outcome, STRINGS, any_type, function, same_type, string_list, strings_type,
    texts, whole,
};
use crate::language::convert::convert;
use crate::language::number::Number;
use crate::language::operators::equal;
use crate::language::types::Type;
use crate::language::unify::unify;
use crate::language::value::{Kind, Marks, Range, Value};

/// Numbers that `range` lists, as many as Terraform allows.
const NUMBERS: usize = 1024;

pub(super) const FUNCTIONS: &[Function] = &[
    function("chunklist", &[LIST, NUMBER], |arguments| Type::list(same_type(arguments)), chunks),
    function("coalescelist", &[], any_type, coalesce).and(ANY.anyhow()).nullable(),
    function("compact", &[STRINGS], strings_type, |_, arguments| {
        if !arguments[0].is_wholly_known() {
            return Ok(Value::unknown(Type::list(Type::String)));
        }
        let kept = arguments[0].elements().unwrap_or_default().iter().filter_map(Value::text);
        Ok(string_list(kept.filter(|text| !text.is_empty())))
    }),
    function("concat", &[], any_type, concat).and(ANY.marked()),
    function("distinct", &[LIST], same_type, distinct),
    function("flatten", &[ANY.marked()], any_type, flatten),
    function("range", &[], |_| Type::list(Type::Number), range).and(NUMBER),
    function("reverse", &[ANY.marked()], any_type, reverse),
    function("slice", &[ANY.marked(), NUMBER, NUMBER], any_type, slice),
    function("sort", &[STRINGS], strings_type, sort),
];

fn elements(value: &Value) -> Result<&[Value], String> {
    value.elements().ok_or_else(|| format!("a list or tuple is required, not {}", value.value_type().name()))
}

fn element_type(value: &Value) -> Type {
    value.value_type().element().cloned().unwrap_or(Type::Dynamic)
}

fn chunks(_: &mut Context<'_, '_>, arguments: &[Value]) -> Outcome {
    let size = usize::try_from(whole(&arguments[1])?).map_err(|_| "the size is negative".to_owned())?;
    let (inner, all) = (element_type(&arguments[0]), elements(&arguments[0])?);
    let chunks: Vec<Value> = match (size, all) {
        (_, []) => Vec::new(),
        (0, _) => vec![arguments[0].clone()],
        _ => all.chunks(size).map(|chunk| Value::list(inner.clone(), chunk.to_vec())).collect(),
    };
    Ok(Value::list(Type::list(inner), chunks))
}

fn coalesce(_: &mut Context<'_, '_>, arguments: &[Value]) -> Outcome {
    for argument in arguments {
        if argument.is_null() {
            return Err("an argument is null".into());
        }
        if !argument.is_known() {
            return Ok(Value::dynamic());
        }
        if !elements(argument)?.is_empty() {
            return Ok(argument.clone());
        }
    }
    Err("no argument has elements".into())
}

fn concat(_: &mut Context<'_, '_>, arguments: &[Value]) -> Outcome {
    if arguments.is_empty() {
        return Err("at least one argument is required".into());
    }
    let mut marks = Marks::default();
    let mut lists = Vec::new();
    for argument in arguments {
        if !matches!(argument.kind, Kind::List(..) | Kind::Tuple(_)) {
            return Err(format!("only lists and tuples are joined, not {}", argument.value_type().name()));
        }
        marks = marks.or(argument.marks);
        lists.push(argument.clone().unmarked(&mut marks));
    }
    let types: Vec<Type> = lists.iter().map(Value::value_type).collect();
    let common = match types.iter().all(|list| matches!(list, Type::List(_))) {
        true => unify(&types, true),
        false => None,
    };
    if let Some(Type::List(element)) = common {
        let converted: Result<Vec<Value>, String> =
            lists.iter().map(|list| convert(list, &Type::List(element.clone()))).collect();
        let joined = converted?.iter().flat_map(|list| list.elements().unwrap_or_default().to_vec()).collect();
        return Ok(Value::list((*element).clone(), joined).marked(marks));
    }
    let joined = lists.iter().flat_map(|list| list.elements().unwrap_or_default().to_vec()).collect();
    Ok(Value::tuple(joined).marked(marks))
}

fn distinct(context: &mut Context<'_, '_>, arguments: &[Value]) -> Outcome {
    if !arguments[0].is_wholly_known() {
        return Ok(Value::unknown(arguments[0].value_type()));
    }
    let mut found: Vec<Value> = Vec::new();
    let mut seen = std::collections::HashSet::new();
    for element in elements(&arguments[0])? {
        let fresh = match element.text() {
            Some(text) => seen.insert(text.clone()),
            None => {
                context.spend(found.len())?;
                !found.iter().any(|one| equal(one, element) == Some(true))
            }
        };
        if fresh {
            found.push(element.clone());
        }
    }
    Ok(Value::list(element_type(&arguments[0]), found))
}

fn flatten(context: &mut Context<'_, '_>, arguments: &[Value]) -> Outcome {
    elements(&arguments[0])?;
    let mut marks = Marks::default();
    let mut found = Vec::new();
    Ok(match flattened(context, &arguments[0], &mut found, &mut marks)? {
        true => Value::tuple(found),
        false => Value::dynamic(),
    }
    .marked(marks))
}

/// Whether it is known what the elements are.
fn flattened(
    context: &mut Context<'_, '_>,
    value: &Value,
    found: &mut Vec<Value>,
    marks: &mut Marks,
) -> Result<bool, String> {
    *marks = marks.or(value.marks);
    let uncertain = matches!(value.kind, Kind::Set(..)) && value.length() > Some(1) && !value.is_wholly_known();
    if uncertain {
        return Ok(false);
    }
    let mut known = true;
    for element in value.elements().unwrap_or_default() {
        context.spend(1)?;
        let list = matches!(element.value_type(), Type::List(_) | Type::Set(_) | Type::Tuple(_));
        if element.is_dynamic() && !element.is_known() || list && !element.is_known() {
            *marks = marks.or(element.marks);
            known = false;
        } else if list && !element.is_null() {
            known &= flattened(context, element, found, marks)?;
        } else {
            found.push(element.clone());
        }
    }
    Ok(known)
}

fn range(context: &mut Context<'_, '_>, arguments: &[Value]) -> Outcome {
    let numbers: Vec<&Number> = arguments.iter().filter_map(Value::number).collect();
    let (zero, one, minus_one) = (Number::from(0_i64), Number::from(1_i64), Number::from(-1_i64));
    let (start, limit, step) = match numbers.as_slice() {
        [limit] => (&zero, *limit, if limit.is_negative() { &minus_one } else { &one }),
        [start, limit] => (*start, *limit, if limit < start { &minus_one } else { &one }),
        [start, limit, step] => (*start, *limit, *step),
        _ => return Err("one to three arguments are taken".into()),
    };
    let down = step.is_negative();
    if start == limit {
        return Ok(Value::list(Type::Number, Vec::new()));
    }
    if step.is_zero() || down != (limit < start) {
        return Err("the step leads away from the limit".into());
    }
    let mut found = Vec::new();
    let mut number = start.clone();
    while if down { number > *limit } else { number < *limit } {
        if found.len() >= NUMBERS {
            return Err(format!("more than {NUMBERS} numbers"));
        }
        context.spend(1)?;
        let next = number.add(step);
        found.push(number.into());
        number = next;
    }
    Ok(Value::list(Type::Number, found))
}

fn reverse(_: &mut Context<'_, '_>, arguments: &[Value]) -> Outcome {
    let value = &arguments[0];
    let turned: Vec<Value> = elements(value)?.iter().rev().cloned().collect();
    Ok(match &value.kind {
        Kind::Tuple(_) => Value::tuple(turned),
        _ => Value::list(element_type(value), turned),
    }
    .marked(value.marks))
}

fn slice(_: &mut Context<'_, '_>, arguments: &[Value]) -> Outcome {
    let value = &arguments[0];
    let position = |argument: &Value| usize::try_from(whole(argument)?).map_err(|_| "an index is negative".to_owned());
    let (start, end) = (position(&arguments[1])?, position(&arguments[2])?);
    if matches!(value.kind, Kind::Set(..)) {
        return Err("elements of a set have no index".into());
    }
    let found = elements(value)?.get(start..end).ok_or_else(|| "there are not as many elements".to_owned())?.to_vec();
    Ok(match &value.kind {
        Kind::Tuple(_) => Value::tuple(found),
        _ => Value::list(element_type(value), found),
    }
    .marked(value.marks))
}

fn sort(_: &mut Context<'_, '_>, arguments: &[Value]) -> Outcome {
    match texts(&arguments[0])? {
        Some(mut texts) => {
            texts.sort_unstable();
            Ok(string_list(texts))
        }
        None => {
            let length = arguments[0].length().unwrap_or(0);
            let range = Range { not_null: true, length: (length, Some(length)), ..Range::default() };
            Ok(Value::ranged(Type::list(Type::String), range))
        }
    }
}
