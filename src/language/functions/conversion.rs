//! Conversions of types and of marks.
//! Know nothing of expressions.

use super::{ANY, Function, Outcome, any_type, bool_type, function, same_type, string_type};
use crate::language::convert::convert;
use crate::language::types::Type;
use crate::language::value::{Marks, Value};

pub(super) const FUNCTIONS: &[Function] = &[
    function("tostring", &[ANY.anyhow()], string_type, |_, arguments| to(&arguments[0], &Type::String)).nullable(),
    function("tonumber", &[ANY.anyhow()], |_| Type::Number, |_, arguments| to(&arguments[0], &Type::Number)).nullable(),
    function("tobool", &[ANY.anyhow()], bool_type, |_, arguments| to(&arguments[0], &Type::Bool)).nullable(),
    function("tolist", &[ANY.anyhow()], any_type, |_, arguments| to(&arguments[0], &Type::list(Type::Dynamic)))
        .nullable(),
    function("toset", &[ANY.anyhow()], any_type, |_, arguments| to(&arguments[0], &Type::set(Type::Dynamic)))
        .nullable(),
    function("tomap", &[ANY.anyhow()], any_type, |_, arguments| to(&arguments[0], &Type::map(Type::Dynamic)))
        .nullable(),
    function("sensitive", &[ANY.anyhow()], same_type, |_, arguments| Ok(arguments[0].clone().marked(Marks::SENSITIVE)))
        .nullable(),
    function("nonsensitive", &[ANY.anyhow()], same_type, |_, arguments| {
        let mut value = arguments[0].clone();
        value.marks.sensitive = false;
        Ok(value)
    })
    .nullable(),
    function("issensitive", &[ANY.anyhow()], bool_type, |_, arguments| {
        Ok(match arguments[0].marks.sensitive {
            true => true.into(),
            // What is not known yet may turn out to be sensitive.
            false if !arguments[0].is_known() => Value::unknown(Type::Bool),
            false => false.into(),
        })
    }),
    function("ephemeralasnull", &[ANY.anyhow()], same_type, |_, arguments| {
        Ok(match arguments[0].marks_within().ephemeral {
            true => Value::null(arguments[0].value_type()),
            false => arguments[0].clone(),
        })
    })
    .nullable(),
    // Long gone, and errors that say so.
    function("list", &[], any_type, |_, _| Err("was removed in Terraform 0.12; write [ … ]".into())).and(ANY.anyhow()),
    function("map", &[], any_type, |_, _| Err("was removed in Terraform 0.12; write { … }".into())).and(ANY.anyhow()),
];

fn to(value: &Value, wanted: &Type) -> Outcome {
    if value.is_dynamic() && !value.is_null() {
        return Ok(Value::unknown(wanted.clone()).marked(value.marks));
    }
    convert(value, wanted).map_err(|error| format!("cannot be converted: {error}"))
}
