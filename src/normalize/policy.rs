//! IAM policy documents by meaning.
//! Knows nothing of which attribute holds one. The rules are those of the IAM user guide's policy grammar: elements that
//! take one value or a list, an account id standing for its root principal, and no order among statements, actions,
//! resources, principals or condition values.

use serde_json::{Map, Value};

/// One form for all spellings of a policy document.
pub(super) fn canonical(document: &Value) -> Value {
    let Value::Object(entries) = document else { return document.clone() };
    let mut formed = Map::new();
    for (key, value) in entries {
        let value = match key.as_str() {
            "Statement" => sorted(list(value).iter().map(statement).collect()),
            _ => value.clone(),
        };
        formed.insert(key.clone(), value);
    }
    Value::Object(formed)
}

fn statement(statement: &Value) -> Value {
    let Value::Object(entries) = statement else { return statement.clone() };
    let mut formed = Map::new();
    for (key, value) in entries {
        let value = match key.as_str() {
            // Action names have no case; resources and principals do.
            "Action" | "NotAction" => sorted(list(value).iter().map(lower).collect()),
            "Resource" | "NotResource" => sorted(list(value)),
            "Principal" | "NotPrincipal" => principal(value),
            "Condition" => condition(value),
            "Sid" if value == "" => continue,
            _ => value.clone(),
        };
        formed.insert(key.clone(), value);
    }
    Value::Object(formed)
}

fn principal(value: &Value) -> Value {
    let Value::Object(entries) = value else { return value.clone() };
    let formed = entries.iter().map(|(kind, value)| {
        let names =
            list(value).iter().map(|name| if kind == "AWS" { account_root(name) } else { name.clone() }).collect();
        (kind.clone(), sorted(names))
    });
    Value::Object(formed.collect())
}

/// `arn:aws:iam::123456789012:root` and `123456789012` name the same principal.
fn account_root(name: &Value) -> Value {
    let account = name.as_str().and_then(|name| {
        let mut parts = name.split(':');
        let is_root = parts.next() == Some("arn")
            && parts.next().is_some()
            && parts.next() == Some("iam")
            && parts.next() == Some("");
        let account = parts.next()?;
        (is_root && parts.next() == Some("root") && parts.next().is_none()).then_some(account)
    });
    account.map_or_else(|| name.clone(), Value::from)
}

/// Operators over keys over values; scalars count as lists of one, booleans and numbers as their text.
fn condition(value: &Value) -> Value {
    let Value::Object(operators) = value else { return value.clone() };
    let formed = operators.iter().map(|(operator, keys)| {
        let keys = match keys {
            Value::Object(keys) => Value::Object(
                keys.iter()
                    .map(|(key, values)| (key.to_lowercase(), sorted(list(values).iter().map(text).collect())))
                    .collect(),
            ),
            other => other.clone(),
        };
        (operator.clone(), keys)
    });
    Value::Object(formed.collect())
}

fn list(value: &Value) -> Vec<Value> {
    match value {
        Value::Array(elements) => elements.clone(),
        other => vec![other.clone()],
    }
}

fn sorted(mut elements: Vec<Value>) -> Value {
    elements.sort_by_cached_key(Value::to_string);
    elements.dedup();
    Value::Array(elements)
}

fn lower(value: &Value) -> Value {
    value.as_str().map_or_else(|| value.clone(), |text| Value::from(text.to_lowercase()))
}

fn text(value: &Value) -> Value {
    match value {
        Value::Bool(_) | Value::Number(_) => Value::from(value.to_string()),
        other => other.clone(),
    }
}
