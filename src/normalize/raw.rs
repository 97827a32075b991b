//! Whether two values are the same to Terraform itself: what its refresh would record as drift, and nothing else.
//! Knows nothing of rules; a schema tells it what is a set and what is a nested block.

use super::{MAX_DEPTH, number};
use crate::schema_node::Node;
use provider_api::Shape;
use serde_json::Value;

/// Sets have no order, numbers no spelling, and absent nested blocks are an empty collection (Terraform's
/// `NormalizeObjectFromLegacySDK`). Null is not empty otherwise.
pub(crate) fn equal(node: Node<'_>, one: &Value, other: &Value) -> bool {
    form(node, one, 0) == form(node, other, 0)
}

fn form(node: Node<'_>, value: &Value, depth: usize) -> Value {
    if depth > MAX_DEPTH {
        return value.clone();
    }
    match value {
        Value::Null => match (node, node.shape()) {
            (Node::Blocks(_), Shape::List | Shape::Set) => Value::Array(Vec::new()),
            (Node::Blocks(_), Shape::Map) => Value::Object(serde_json::Map::new()),
            _ => Value::Null,
        },
        Value::Array(elements) => {
            let mut elements: Vec<Value> =
                elements.iter().map(|element| form(node.element(), element, depth + 1)).collect();
            if node.shape() == Shape::Set {
                elements.sort_by_cached_key(Value::to_string);
            }
            Value::Array(elements)
        }
        Value::Object(entries) => {
            let by_key = node.shape() == Shape::Map;
            let inner = |name: &String| if by_key { node.element() } else { node.child(name) };
            let entry = |(name, value): (&String, &Value)| (name.clone(), form(inner(name), value, depth + 1));
            Value::Object(entries.iter().map(entry).collect())
        }
        Value::Number(number) => number::canonical(&number.to_string()).map_or_else(|| value.clone(), Value::from),
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use provider_api::TypeSchema;
    use serde_json::json;

    #[test]
    fn only_what_terraform_holds_for_the_same_is_the_same() {
        let text = r#"{"attributes": {
            "list": {"type": ["list", "string"], "flags": "o"}, "set": {"type": ["set", "number"], "flags": "o"},
            "map": {"type": ["map", "string"], "flags": "o"}, "text": {"type": "string", "flags": "o"}},
            "blocks": {"rule": {"nesting": "set", "attributes": {"port": {"type": "number", "flags": "o"}}}}}"#;
        let schema: TypeSchema = serde_json::from_str(text).expect("a schema");
        let root = Node::root(Some(&schema));
        for (name, one, other, same) in [
            ("set", json!([1, 2]), json!([2.0, 1]), true),
            ("set", json!([1, 2]), json!([1, 1]), false),
            ("set", json!(null), json!([]), false),
            ("list", json!(["a", "b"]), json!(["b", "a"]), false),
            ("list", json!(null), json!([]), false),
            ("map", json!(null), json!({}), false),
            ("text", json!(null), json!(""), false),
            ("text", json!("1"), json!(1), false),
            ("rule", json!(null), json!([]), true),
            ("rule", json!([{"port": 1}, {"port": 2}]), json!([{"port": 2}, {"port": 1}]), true),
            ("rule", json!([{"port": 1}]), json!([{"port": null}]), false),
        ] {
            assert_eq!(equal(root.child(name), &one, &other), same, "{name}: {one} {other}");
        }
    }
}
