//! Tags: what of an object's live tags belongs to `tags`, and what to `tags_all`.
//! Knows nothing of any resource type.

use provider_api::Attributes;
use serde_json::{Map, Value};

/// `ignore_tags` of a provider block.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct IgnoredTags {
    /// Whole keys.
    pub(crate) keys: Vec<String>,
    /// Beginnings of keys.
    pub(crate) key_prefixes: Vec<String>,
}

impl IgnoredTags {
    pub(crate) fn covers(&self, key: &str) -> bool {
        self.keys.iter().any(|ignored| ignored == key) || self.key_prefixes.iter().any(|prefix| key.starts_with(prefix))
    }
}

/// Splits the live tags, which a reader gives whole as `tags_all`, into `tags` and `tags_all` as the provider would.
///
/// The provider's default tags are taken from the record itself (what `tags_all` has beyond `tags`) rather than from
/// the provider block: a default tag that was approved but not applied yet is no drift of every object.
/// A live tag belongs to `tags` unless it is a default tag with its recorded value.
pub(crate) fn split_tags(recorded: &mut Attributes, live: &mut Attributes, ignored: &IgnoredTags) {
    for side in [&mut *recorded, &mut *live] {
        for attribute in ["tags", "tags_all"] {
            if let Some(Value::Object(tags)) = side.get_mut(attribute) {
                tags.retain(|key, _| !ignored.covers(key));
            }
        }
    }
    let Some(all) = live.get("tags_all").map(|all| all.as_object().cloned().unwrap_or_default()) else { return };
    let recorded_tags = entries(recorded, "tags");
    if !recorded.contains_key("tags_all") {
        // Types without default tags, and states older than them.
        live.remove("tags_all");
        if recorded.contains_key("tags") {
            live.insert("tags".into(), Value::Object(all));
        }
        return;
    }
    let recorded_all = entries(recorded, "tags_all");
    let is_default =
        |key: &str, value: &Value| !recorded_tags.contains_key(key) && recorded_all.get(key) == Some(value);
    let tags: Map<String, Value> = all
        .iter()
        .filter(|(key, value)| !is_default(key, value))
        .map(|(key, value)| (key.clone(), value.clone()))
        .collect();
    if recorded.contains_key("tags") {
        live.insert("tags".into(), Value::Object(tags));
    }
}

fn entries(attributes: &Attributes, name: &str) -> Map<String, Value> {
    attributes.get(name).and_then(Value::as_object).cloned().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[track_caller]
    fn check(recorded: Value, live_tags: Value, ignored: IgnoredTags, expected: Value) {
        let map = |value: Value| value.as_object().cloned().unwrap_or_default();
        let (mut recorded, mut live) = (map(recorded), map(json!({ "tags_all": live_tags })));
        split_tags(&mut recorded, &mut live, &ignored);
        assert_eq!(Value::Object(live), expected);
    }

    #[test]
    fn default_tags_stay_out_of_tags_until_they_change() {
        let recorded = json!({"tags": {"Name": "a"}, "tags_all": {"Name": "a", "Env": "prod"}});
        let same = json!({"Name": "a", "Env": "prod"});
        check(recorded.clone(), same.clone(), IgnoredTags::default(), json!({"tags": {"Name": "a"}, "tags_all": same}));
        let changed = json!({"Name": "a", "Env": "dev"});
        check(recorded.clone(), changed.clone(), IgnoredTags::default(), json!({"tags": changed, "tags_all": changed}));
        let gone = json!({"Name": "a"});
        check(recorded, gone.clone(), IgnoredTags::default(), json!({"tags": gone, "tags_all": gone}));
    }

    #[test]
    fn ignored_tags_are_nobody_s_business() {
        let ignored = IgnoredTags { keys: vec!["owner".into()], key_prefixes: vec!["k8s/".into()] };
        check(
            json!({"tags": {}, "tags_all": {}}),
            json!({"owner": "x", "k8s/a": "1", "b": "2"}),
            ignored,
            json!({"tags": {"b": "2"}, "tags_all": {"b": "2"}}),
        );
    }

    #[test]
    fn types_without_tags_all_take_all_tags_as_tags() {
        check(json!({"tags": null}), json!({"b": "2"}), IgnoredTags::default(), json!({"tags": {"b": "2"}}));
        check(json!({"id": "x"}), json!({"b": "2"}), IgnoredTags::default(), json!({}));
    }
}
