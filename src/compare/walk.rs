//! Walks two values side by side and lists where they differ.
//! Knows nothing of configuration, siblings or verdicts.

use crate::normalize::{equal, fold, is_empty, is_set, raw};
use crate::redact::RedactionKey;
use crate::schema_node::Node;
use provider_api::{AttributePath, Attributes, ResourceType, RuleKind, Shape, Step};
use serde_json::Value;

/// Deeper than any provider nests; below it values are compared whole.
const MAX_DEPTH: usize = 64;

/// One place where two sides differ. The values may be sensitive.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Difference {
    /// Where.
    pub(crate) path: AttributePath,
    /// What state recorded.
    pub(crate) recorded: Value,
    /// What is live.
    pub(crate) live: Value,
    /// The digest a recording keeps in place of a sensitive live value.
    pub(crate) live_digest: Option<String>,
    /// Whether the schema or a rule calls the value sensitive.
    pub(crate) sensitive: bool,
}

/// What a walk found.
#[derive(Debug, Default)]
pub(crate) struct Walked {
    /// Real differences, sorted by path.
    pub(crate) differences: Vec<Difference>,
    /// Differences that a rule folded: path and rule name.
    pub(crate) folds: Vec<(AttributePath, String)>,
}

/// What a walk needs to know of a type.
#[derive(Clone, Copy)]
pub(crate) struct Walker<'a> {
    /// Rules, if the type is known.
    pub(crate) resource_type: Option<&'static ResourceType>,
    /// Schema, if the type is known.
    pub(crate) schema: Node<'a>,
    /// Whether every difference counts that Terraform's own refresh would record.
    pub(crate) raw: bool,
    /// Set when the live side is a recording, whose sensitive values are digests.
    pub(crate) digests: Option<&'a RedactionKey>,
}

impl Walker<'_> {
    /// Compares every attribute that was read. What the live side lacks was not read; what the record lacks is null there.
    pub(crate) fn instance(&self, recorded: &Attributes, live: &Attributes) -> Walked {
        let mut walked = Walked::default();
        for (name, live) in live {
            let recorded = recorded.get(name).unwrap_or(&Value::Null);
            if recorded != live {
                let node = self.schema.child(name);
                self.value(AttributePath::attribute(name), node, recorded, live, false, &mut walked);
            }
        }
        walked.differences.sort_by(|one, other| one.path.cmp(&other.path));
        walked
    }

    fn value(
        &self,
        path: AttributePath,
        node: Node<'_>,
        recorded: &Value,
        live: &Value,
        sensitive: bool,
        walked: &mut Walked,
    ) {
        if equal(recorded, live) {
            return;
        }
        let attribute = node.attribute();
        if attribute.is_some_and(|attribute| attribute.write_only()) {
            return;
        }
        let sensitive =
            sensitive || attribute.is_some_and(|attribute| attribute.sensitive()) || self.marked_sensitive(&path);
        if let Some(mark) = self.digests.and_then(|key| key.read_mark(live).map(|digest| (key, digest))) {
            return self.digest(path, recorded, mark, walked);
        }
        if self.raw {
            if raw::equal(node, recorded, live) {
                return;
            }
        } else if let Some(rule) = fold(self.resource_type, &path, node, recorded, live) {
            // Of a recorded scan only the digest is left, from which a fold cannot be told: it is counted in neither.
            if !sensitive || is_empty(live) || is_empty(recorded) {
                walked.folds.push((path, rule));
            }
            return;
        }
        if path.0.len() < MAX_DEPTH && self.descend(&path, node, recorded, live, sensitive, walked) {
            return;
        }
        // A value that is shown whole is as sensitive as anything in it.
        let sensitive = sensitive || node.holds_sensitive() || self.sensitive_below(&path);
        walked.differences.push(Difference {
            path,
            recorded: recorded.clone(),
            live: live.clone(),
            live_digest: None,
            sensitive,
        });
    }

    /// Goes into lists of equal length, maps and objects; says whether it did.
    fn descend(
        &self,
        path: &AttributePath,
        node: Node<'_>,
        recorded: &Value,
        live: &Value,
        sensitive: bool,
        walked: &mut Walked,
    ) -> bool {
        match (recorded, live) {
            (Value::Array(one), Value::Array(other)) => {
                let plain = other.iter().any(|element| !element.is_object());
                if one.len() != other.len() || plain || is_set(self.rules(), path, node) {
                    return false;
                }
                for (index, (recorded, live)) in one.iter().zip(other).enumerate() {
                    self.value(path.join(Step::Index(index)), node.element(), recorded, live, sensitive, walked);
                }
            }
            (Value::Object(_) | Value::Null, Value::Object(other)) | (Value::Object(other), Value::Null) => {
                let by_key = matches!(node.shape(), Shape::Map | Shape::Dynamic);
                // To Terraform an empty map is another value than none.
                let in_parts = by_key && !self.raw;
                if !in_parts && (recorded.is_null() || live.is_null()) {
                    return false;
                }
                if self.raw && by_key && has_null_entry_of_its_own(recorded, live) {
                    return false;
                }
                let mut names: Vec<&String> = other.keys().collect();
                if let (true, Value::Object(one)) = (by_key, recorded) {
                    names.extend(one.keys().filter(|name| !other.contains_key(*name)));
                }
                for name in names {
                    let step = if by_key { Step::Key(name.clone()) } else { Step::Name(name.clone()) };
                    let inner = if by_key { node.element() } else { node.child(name) };
                    let side = |value: &Value| value.get(name).cloned().unwrap_or(Value::Null);
                    self.value(path.join(step), inner, &side(recorded), &side(live), sensitive, walked);
                }
            }
            _ => return false,
        }
        true
    }

    /// Compares with the digest that a recording holds in place of a sensitive value.
    fn digest(&self, path: AttributePath, recorded: &Value, mark: (&RedactionKey, Option<&str>), walked: &mut Walked) {
        match mark {
            (_, None) => walked.folds.push((path, "sensitive value recorded with another state's key".into())),
            (key, Some(digest)) if key.digest(recorded) == digest => {}
            (_, Some(digest)) => walked.differences.push(Difference {
                path,
                recorded: recorded.clone(),
                live: Value::Null,
                live_digest: Some(digest.to_owned()),
                sensitive: true,
            }),
        }
    }

    /// Rules for comparing, which do not hold where every difference counts.
    fn rules(&self) -> Option<&'static ResourceType> {
        self.resource_type.filter(|_| !self.raw)
    }

    fn marked_sensitive(&self, path: &AttributePath) -> bool {
        crate::normalize::rules_at(self.resource_type, path).any(|rule| matches!(rule.kind, RuleKind::Sensitive))
    }

    /// Whether a rule calls something below a path sensitive.
    fn sensitive_below(&self, path: &AttributePath) -> bool {
        let name = |step: &Step| match step {
            Step::Name(name) | Step::Key(name) => name.clone(),
            Step::Index(_) => "*".into(),
        };
        let prefix: Vec<String> = path.0.iter().map(name).collect();
        let below = |pattern: &str| {
            let parts: Vec<&str> = pattern.split('.').collect();
            parts.len() > prefix.len() && parts.iter().zip(&prefix).all(|(part, step)| *part == "*" || part == step)
        };
        self.resource_type.is_some_and(|resource_type| {
            resource_type.rules.iter().any(|rule| matches!(rule.kind, RuleKind::Sensitive) && below(rule.pattern))
        })
    }
}

/// Whether one of two maps has an entry that is null, and the other no such entry: by entries they are the same.
fn has_null_entry_of_its_own(one: &Value, other: &Value) -> bool {
    let own = |one: &Value, other: &Value| {
        one.as_object()
            .is_some_and(|entries| entries.iter().any(|(name, value)| value.is_null() && other.get(name).is_none()))
    };
    own(one, other) || own(other, one)
}

#[cfg(test)]
mod tests {
    use super::*;
    use provider_api::TypeSchema;
    use serde_json::json;

    #[test]
    fn raw_finds_what_normalizing_folds() {
        let text = r#"{"attributes": {"tags": {"type": ["map", "string"], "flags": "o"},
            "names": {"type": ["set", "string"], "flags": "o"}, "note": {"type": "string", "flags": "o"}}}"#;
        let schema: TypeSchema = serde_json::from_str(text).expect("a schema");
        let found = |raw, one: Value, other: Value| -> Vec<String> {
            let walker = Walker { resource_type: None, schema: Node::root(Some(&schema)), raw, digests: None };
            let [one, other] = [one, other].map(|side| side.as_object().cloned().expect("attributes"));
            walker.instance(&one, &other).differences.iter().map(|change| change.path.to_string()).collect()
        };
        for (one, other, path) in [
            (json!({"tags": null}), json!({"tags": {}}), "tags"),
            (json!({"tags": {}}), json!({"tags": null}), "tags"),
            (json!({"tags": {"a": null}}), json!({"tags": {}}), "tags"),
            (json!({"note": null}), json!({"note": ""}), "note"),
            (json!({}), json!({"names": []}), "names"),
        ] {
            assert_eq!(found(true, one.clone(), other.clone()), [path], "{one} {other}");
            assert_eq!(found(false, one.clone(), other.clone()), Vec::<String>::new(), "{one} {other}");
        }
        let tags = [json!({"tags": {"a": "1", "b": "2"}}), json!({"tags": {"a": "1", "b": "3"}})];
        let [one, other] = tags;
        assert_eq!(found(true, one, other), ["tags[\"b\"]"]);
        assert_eq!(found(true, json!({"names": ["a", "b"]}), json!({"names": ["b", "a"]})), Vec::<String>::new());
    }

    #[test]
    fn a_block_shown_whole_is_as_sensitive_as_its_parts() {
        let text = r#"{"attributes": {}, "blocks": {
            "login": {"nesting": "list", "attributes": {"password": {"type": "string", "flags": "os"}}},
            "route": {"nesting": "list", "attributes": {"cidr": {"type": "string", "flags": "o"}}}}}"#;
        let schema: TypeSchema = serde_json::from_str(text).expect("a schema");
        let walker = Walker { resource_type: None, schema: Node::root(Some(&schema)), raw: false, digests: None };
        let sides =
            [json!({"login": [], "route": []}), json!({"login": [{"password": "x"}], "route": [{"cidr": "y"}]})];
        let [recorded, live] = sides.map(|side| side.as_object().cloned().expect("attributes"));
        let found = walker.instance(&recorded, &live).differences;
        let sensitive: Vec<(&str, bool)> = found.iter().map(|change| (change.path.top(), change.sensitive)).collect();
        assert_eq!(sensitive, [("login", true), ("route", false)]);
    }
}
