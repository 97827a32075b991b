//! Brings values to one form, by the rules of their type; the same for every side.
//! Pure; knows nothing of which side it works on, of states or of configurations.

mod number;
mod policy;
pub(crate) mod raw;
mod tags;

use crate::schema_node::Node;
use provider_api::{AttributePath, Attributes, ResourceType, Rule, RuleKind, Shape, Step, TypeSchema};
use serde_json::{Map, Value};

pub(crate) use tags::{IgnoredTags, split_tags};

/// Deeper than any provider nests; beyond it values are compared as they stand.
const MAX_DEPTH: usize = 64;

/// Takes values of attributes that may be of any type out of the form in which state keeps them, beside their type.
pub(crate) fn undress(schema: Option<&TypeSchema>, attributes: &mut Attributes) {
    for (name, value) in attributes {
        let dynamic =
            schema.and_then(|schema| schema.attributes.get(name)).is_some_and(|one| one.cty_type == "dynamic");
        if let (true, Value::Object(dressed)) = (dynamic, &mut *value)
            && dressed.len() == 2
            && dressed.contains_key("type")
            && let Some(plain) = dressed.remove("value")
        {
            *value = plain;
        }
    }
}

/// Whether two values are the same, numbers by value and not by spelling.
pub(crate) fn equal(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::Number(one), Value::Number(other)) => {
            one == other || number::canonical(&one.to_string()) == number::canonical(&other.to_string())
        }
        (Value::Array(one), Value::Array(other)) => {
            one.len() == other.len() && one.iter().zip(other).all(|(one, other)| equal(one, other))
        }
        (Value::Object(one), Value::Object(other)) => {
            one.len() == other.len()
                && one.iter().all(|(key, value)| other.get(key).is_some_and(|other| equal(value, other)))
        }
        _ => one == other,
    }
}

/// Null, `""`, `[]` and `{}`: providers write one or another for what is not set, and change their mind at a refresh.
pub(crate) fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(elements) => elements.is_empty(),
        Value::Object(entries) => entries.is_empty(),
        _ => false,
    }
}

/// Empty throughout: an object whose values are all empty, a list of such.
fn is_hollow(value: &Value) -> bool {
    match value {
        Value::Array(elements) => elements.iter().all(is_hollow),
        Value::Object(entries) => entries.values().all(is_hollow),
        _ => is_empty(value),
    }
}

/// The rules of a type that hold at a path.
pub(crate) fn rules_at<'a>(
    resource_type: Option<&'a ResourceType>,
    path: &'a AttributePath,
) -> impl Iterator<Item = &'a Rule> {
    resource_type.into_iter().flat_map(|resource_type| resource_type.rules).filter(|rule| path.matches(rule.pattern))
}

/// Why two values that are not equal mean the same, as a rule name; none where they differ.
/// Each rule is equality-gated: it folds only what it expects exactly.
pub(crate) fn fold(
    resource_type: Option<&ResourceType>,
    path: &AttributePath,
    node: Node<'_>,
    one: &Value,
    other: &Value,
) -> Option<String> {
    if is_hollow(one) && is_hollow(other) {
        return Some("null_is_empty".into());
    }
    for rule in rules_at(resource_type, path) {
        if let Some(name) = fold_by(&rule.kind, one, other) {
            return Some(name);
        }
    }
    // Of a type without rules nobody knows which texts are documents; that both are the same one is plain all the same.
    let documents = |value: &Value| value.as_str().is_some_and(|text| text.trim_start().starts_with(['{', '[']));
    if resource_type.is_none() && documents(one) && documents(other) && same_document(one, other, |document| document) {
        return Some("json_by_value".into());
    }
    if number_as_text(one, other) || number_as_text(other, one) {
        return Some("number_as_text".into());
    }
    let canonical = |value| canonical(resource_type, path, node, value, 0);
    match (one, other) {
        (Value::Array(_), Value::Array(_)) | (Value::Object(_), Value::Object(_))
            if canonical(one) == canonical(other) =>
        {
            Some("order_or_spelling_of_elements".into())
        }
        _ => None,
    }
}

/// Applies one rule to a pair of values.
fn fold_by(kind: &RuleKind, one: &Value, other: &Value) -> Option<String> {
    let folded = match kind {
        RuleKind::Volatile(reason) => return Some(format!("volatile: {reason}")),
        RuleKind::Json => same_document(one, other, |document| document),
        RuleKind::Policy => same_document(one, other, |document| policy::canonical(&document)),
        RuleKind::CaseInsensitive => {
            text_pair(one, other).is_some_and(|(one, other)| one.to_lowercase() == other.to_lowercase())
        }
        RuleKind::Default(default) => serde_json::from_str::<Value>(default).is_ok_and(|default| {
            (is_empty(one) && equal(other, &default)) || (is_empty(other) && equal(one, &default))
        }),
        RuleKind::Alias(pairs) => {
            text_pair(one, other).is_some_and(|pair| pairs.iter().any(|(a, b)| pair == (*a, *b) || pair == (*b, *a)))
        }
        RuleKind::Canonical(form) => equal(&form(one), &form(other)),
        RuleKind::Version => text_pair(one, other).is_some_and(|(one, other)| {
            let short_for = |short: &str, long: &str| {
                !short.is_empty() && long.strip_prefix(short).is_some_and(|rest| rest.starts_with('.'))
            };
            short_for(one, other) || short_for(other, one)
        }),
        RuleKind::NameOrArn => text_pair(one, other).is_some_and(|(one, other)| {
            let names = |name: &str, arn: &str| {
                let rest = arn.strip_suffix(name).filter(|_| arn.starts_with("arn:") && !name.is_empty());
                rest.is_some_and(|rest| rest.ends_with(['/', ':']))
            };
            names(one, other) || names(other, one)
        }),
        RuleKind::Set | RuleKind::Sensitive | RuleKind::Extended => false,
    };
    folded.then(|| rule_name(kind).to_owned())
}

/// The name of a rule in reports.
fn rule_name(kind: &RuleKind) -> &'static str {
    match kind {
        RuleKind::Set => "set_order",
        RuleKind::Extended => "extended",
        RuleKind::Json => "json_by_value",
        RuleKind::Policy => "policy_by_meaning",
        RuleKind::CaseInsensitive => "case_insensitive",
        RuleKind::Default(_) => "default_value",
        RuleKind::Alias(_) => "alias",
        RuleKind::Volatile(_) => "volatile",
        RuleKind::Sensitive => "sensitive",
        RuleKind::Canonical(_) => "canonical_form",
        RuleKind::Version => "short_version",
        RuleKind::NameOrArn => "name_or_arn",
    }
}

fn text_pair<'a>(one: &'a Value, other: &'a Value) -> Option<(&'a str, &'a str)> {
    Some((one.as_str()?, other.as_str()?))
}

/// Whether both are strings holding JSON documents that are equal after `form`.
fn same_document(one: &Value, other: &Value, form: impl Fn(Value) -> Value) -> bool {
    let parse = |text: &str| serde_json::from_str::<Value>(text).ok().map(&form);
    text_pair(one, other)
        .and_then(|(one, other)| Some((parse(one)?, parse(other)?)))
        .is_some_and(|(one, other)| equal(&one, &other))
}

/// `"80"` and 80, `"true"` and true: states written by other provider versions spell scalars as text.
fn number_as_text(text: &Value, scalar: &Value) -> bool {
    match (text, scalar) {
        (Value::String(text), Value::Number(number)) => {
            number::canonical(text).is_some_and(|text| Some(text) == number::canonical(&number.to_string()))
        }
        (Value::String(text), Value::Bool(flag)) => text == if *flag { "true" } else { "false" },
        _ => false,
    }
}

/// One form for all spellings of a value: sets sorted, empty values dropped from objects, documents parsed, numbers exact.
/// Good for comparing elements of sets, not for showing.
pub(crate) fn canonical(
    resource_type: Option<&ResourceType>,
    path: &AttributePath,
    node: Node<'_>,
    value: &Value,
    depth: usize,
) -> Value {
    if depth > MAX_DEPTH {
        return value.clone();
    }
    let value = match apply_forms(resource_type, path, value) {
        Some(formed) => formed,
        None => value.clone(),
    };
    match value {
        Value::Array(elements) => {
            let inner = path.join(Step::Index(0));
            let mut elements: Vec<Value> = elements
                .iter()
                .map(|element| canonical(resource_type, &inner, node.element(), element, depth + 1))
                .collect();
            if is_set(resource_type, path, node) {
                elements.sort_by_cached_key(Value::to_string);
                elements.dedup();
            }
            Value::Array(elements)
        }
        Value::Object(entries) => {
            let by_key = node.shape() == Shape::Map;
            let entries: Map<String, Value> = entries
                .iter()
                .map(|(key, value)| {
                    let step = if by_key { Step::Key(key.clone()) } else { Step::Name(key.clone()) };
                    let inner = if by_key { node.element() } else { node.child(key) };
                    (key.clone(), canonical(resource_type, &path.join(step), inner, value, depth + 1))
                })
                .filter(|(_, value)| by_key || !is_hollow(value))
                .collect();
            Value::Object(entries)
        }
        Value::Number(number) => number::canonical(&number.to_string()).map_or(Value::Number(number), Value::from),
        Value::Bool(flag) if matches!(node, Node::Cty(cty) if cty == "string") => Value::from(flag.to_string()),
        other => other,
    }
}

/// Applies the rules that have a single form for a single value.
fn apply_forms(resource_type: Option<&ResourceType>, path: &AttributePath, value: &Value) -> Option<Value> {
    let mut formed: Option<Value> = None;
    for rule in rules_at(resource_type, path) {
        let current = formed.as_ref().unwrap_or(value);
        let next = match (&rule.kind, current) {
            (RuleKind::Json, Value::String(text)) => serde_json::from_str(text).ok(),
            (RuleKind::Policy, Value::String(text)) => {
                serde_json::from_str(text).ok().map(|document| policy::canonical(&document))
            }
            (RuleKind::CaseInsensitive, Value::String(text)) => Some(Value::from(text.to_lowercase())),
            (RuleKind::Alias(pairs), Value::String(text)) => {
                pairs.iter().find(|(alias, _)| alias == text).map(|(_, name)| Value::from(*name))
            }
            (RuleKind::Default(default), current)
                if serde_json::from_str::<Value>(default).is_ok_and(|d| equal(&d, current)) =>
            {
                Some(Value::Null)
            }
            (RuleKind::Volatile(_), _) => Some(Value::Null),
            (RuleKind::Canonical(form), current) => Some(form(current)),
            _ => None,
        };
        formed = next.or(formed);
    }
    formed
}

/// Whether the provider adds elements of its own to what is declared at a path.
pub(crate) fn is_extended(resource_type: Option<&ResourceType>, path: &AttributePath) -> bool {
    rules_at(resource_type, path).any(|rule| matches!(rule.kind, RuleKind::Extended))
}

/// Whether the order of the elements at a path means nothing.
pub(crate) fn is_set(resource_type: Option<&ResourceType>, path: &AttributePath, node: Node<'_>) -> bool {
    node.shape() == Shape::Set
        || rules_at(resource_type, path)
            .any(|rule| matches!(rule.kind, RuleKind::Set) && rule.pattern.split('.').count() == path.0.len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    static TYPE: ResourceType = ResourceType {
        name: "t",
        permissions: &[],
        identity: &[],
        rules: &[
            Rule { pattern: "document", kind: RuleKind::Json },
            Rule { pattern: "policy", kind: RuleKind::Policy },
            Rule { pattern: "dns", kind: RuleKind::CaseInsensitive },
            Rule { pattern: "size", kind: RuleKind::Default("8") },
            Rule { pattern: "rule.*.protocol", kind: RuleKind::Alias(&[("6", "tcp")]) },
            Rule { pattern: "zones", kind: RuleKind::Set },
            Rule { pattern: "clock", kind: RuleKind::Volatile("ticks") },
            Rule { pattern: "engine", kind: RuleKind::Version },
            Rule { pattern: "function", kind: RuleKind::NameOrArn },
        ],
        owners: &[],
    };

    #[track_caller]
    fn check(attribute: &str, one: Value, other: Value, expected: Option<&str>) {
        let path = AttributePath::attribute(attribute);
        let both = [(&one, &other), (&other, &one)];
        for (one, other) in both {
            let folded = if equal(one, other) {
                Some("equal".to_owned())
            } else {
                fold(Some(&TYPE), &path, Node::Untold, one, other)
            };
            assert_eq!(folded.as_deref(), expected, "{attribute}: {one} {other}");
        }
    }

    #[test]
    fn documents_of_types_without_rules_are_compared_by_value() {
        let path = AttributePath::attribute("policy");
        let folded = |one: &str, other: &str| fold(None, &path, Node::Untold, &json!(one), &json!(other));
        assert_eq!(folded("{\"a\": [1]}", " {\"a\":[1.0]}").as_deref(), Some("json_by_value"));
        assert_eq!(folded("{\"a\": 1}", "{\"a\": 2}"), None);
        assert_eq!(folded("1", "1.0"), None);
    }

    #[test]
    fn each_rule_folds_what_it_expects_and_nothing_else() {
        check("x", json!(null), json!([]), Some("null_is_empty"));
        check("x", json!([{"a": null}]), json!([]), Some("null_is_empty"));
        check("x", json!(null), json!(false), None);
        check("x", json!(null), json!(0), None);
        check("x", json!("80"), json!(80), Some("number_as_text"));
        check("x", json!("080"), json!(81), None);
        check("x", json!(1.0), json!(1), Some("equal"));
        check("x", json!("true"), json!(true), Some("number_as_text"));
        check("x", json!("true"), json!(false), None);
        check("document", json!("{\"a\": 1}"), json!("{ \"a\":1.0 }"), Some("json_by_value"));
        check("document", json!("{\"a\": 1}"), json!("{\"a\": 2}"), None);
        check("x", json!("{\"a\": 1}"), json!("{ \"a\":1}"), None);
        check("dns", json!("A.b"), json!("a.B"), Some("case_insensitive"));
        check("dns", json!("A.b"), json!("a.c"), None);
        check("size", json!(null), json!(8), Some("default_value"));
        check("size", json!(null), json!(9), None);
        check("size", json!(7), json!(8), None);
        check("zones", json!(["a", "b"]), json!(["b", "a"]), Some("order_or_spelling_of_elements"));
        check("other", json!(["a", "b"]), json!(["b", "a"]), None);
        check("clock", json!("1"), json!("2"), Some("volatile: ticks"));
        check("engine", json!("8.0"), json!("8.0.45"), Some("short_version"));
        check("engine", json!("8.0"), json!("8.04"), None);
        check("engine", json!("8.0.44"), json!("8.0.45"), None);
        check("engine", json!(""), json!(".1"), None);
        let arn = "arn:aws:lambda:eu-west-1:123456789012:function:worker";
        check("function", json!("worker"), json!(arn), Some("name_or_arn"));
        check("function", json!("orker"), json!(arn), None);
        check("function", json!("worker"), json!("other:worker"), None);
        check("function", json!("web:1"), json!("arn:aws:ecs:eu-west-1:1:task-definition/web:1"), Some("name_or_arn"));
        check("function", json!("web:1"), json!("arn:aws:ecs:eu-west-1:1:task-definition/web:2"), None);
        check(
            "rule",
            json!([{"protocol": "6", "d": ""}]),
            json!([{"protocol": "tcp"}]),
            Some("order_or_spelling_of_elements"),
        );
        check("rule", json!([{"protocol": "6"}]), json!([{"protocol": "udp"}]), None);
    }

    #[test]
    fn policies_compare_by_meaning() {
        let one = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["a:B","a:A"],"Principal":{"AWS":"123456789012"},"Resource":"*"}]}"#;
        let other = r#"{"Statement":{"Resource":["*"],"Principal":{"AWS":["arn:aws:iam::123456789012:root"]},"Action":["a:A","a:B"],"Effect":"Allow"},"Version":"2012-10-17"}"#;
        check("policy", json!(one), json!(other), Some("policy_by_meaning"));
        check("policy", json!(one), json!(other.replace("Allow", "Deny")), None);
    }
}
