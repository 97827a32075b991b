//! Recorded objects as expressions see them, and what a plan would make of them.
//! Knows nothing of how state is read, nor of modules.

use super::IgnoreChanges;
use crate::language::{Type, Value, convert, to_json};
use crate::model::Address;
use provider_api::AttributePath;
use std::collections::BTreeMap;
use std::sync::Arc;

/// What was recorded of resources and data sources.
pub(crate) trait Recorded: Sync {
    /// The object of an instance, or of an instance of a data source; none where nothing is recorded.
    fn object(&self, data: bool, address: &Address) -> Option<Value>;
}

/// Nothing is recorded.
pub(super) struct Nothing;

impl Recorded for Nothing {
    fn object(&self, _: bool, _: &Address) -> Option<Value> {
        None
    }
}

/// Whether it is known without any provider what a plan says of a new resource.
pub(super) fn is_builtin(resource_type: &str) -> bool {
    resource_type == "terraform_data"
}

/// The object after a plan, as far as the configuration decides it: what is declared takes the place of what was
/// recorded, everything else stays as it was.
pub(super) fn planned(
    resource_type: &str,
    recorded: Option<Value>,
    declared: BTreeMap<String, Value>,
    ignored: &IgnoreChanges,
) -> Value {
    let Some(recorded) = recorded else { return new_builtin(declared) };
    let Some(entries) = recorded.entries() else { return recorded };
    let mut planned = entries.clone();
    if is_builtin(resource_type) {
        follow(&mut planned, &declared, ignored);
    }
    for (name, value) in declared {
        let covered = ignored.covers(&AttributePath::attribute(name.as_str()));
        if let (Some(old), false) = (planned.get_mut(name.as_str()), covered) {
            let wanted = if is_builtin(resource_type) { Type::Dynamic } else { old.value_type() };
            // Null lets a computed attribute be; an optional one was recorded as null then.
            if !value.is_null() {
                *old = convert(&value, &wanted).unwrap_or_else(|_| Value::unknown(wanted));
            }
        }
    }
    Value::object(planned).marked(recorded.marks)
}

/// What is not known of a `terraform_data` whose arguments change: `output` follows `input`, and with another
/// `triggers_replace` it is another object.
fn follow(planned: &mut BTreeMap<Arc<str>, Value>, declared: &BTreeMap<String, Value>, ignored: &IgnoreChanges) {
    let changes = |name: &str| {
        let null = Value::null(Type::Dynamic);
        let declared = declared.get(name).unwrap_or(&null);
        let same = planned.get(name).is_some_and(|recorded| to_json(recorded) == to_json(declared));
        !same && !ignored.covers(&AttributePath::attribute(name))
    };
    let (input, replaced) = (changes("input"), changes("triggers_replace"));
    if input || replaced {
        let of = declared.get("input").map_or(Type::Dynamic, Value::value_type);
        planned.insert("output".into(), Value::unknown(of));
    }
    if replaced {
        planned.insert("id".into(), Value::unknown(Type::String).not_null());
    }
}

/// `terraform_data`, whose provider is part of Terraform.
fn new_builtin(mut declared: BTreeMap<String, Value>) -> Value {
    let input = declared.remove("input").unwrap_or_else(|| Value::null(Type::Dynamic));
    let output = if input.is_null() { input.clone() } else { Value::unknown(input.value_type()) };
    let replace = declared.remove("triggers_replace").unwrap_or_else(|| Value::null(Type::Dynamic));
    let attributes: [(&str, Value); 4] = [
        ("id", Value::unknown(Type::String).not_null()),
        ("input", input),
        ("output", output),
        ("triggers_replace", replace),
    ];
    Value::object(attributes.into_iter().map(|(name, value)| (Arc::from(name), value)).collect())
}
