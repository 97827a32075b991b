//! What accounts and units of an organization have in common: a parent and tags.
//! Knows nothing of any resource type.

use crate::sdk::prelude::*;
use serde_json::Value;
use service::ORGANIZATIONS;
use std::collections::HashMap;

type Answers = (Result<Value, Failure>, Result<Value, Failure>);

/// The parent and the tags of requested ones, by their ids (ListParents, ListTagsForResource).
pub(crate) async fn parent_and_tags<'i>(
    place: &Place,
    batch: &Batch<'_>,
    ids: impl Iterator<Item = &'i str>,
) -> HashMap<String, Answers> {
    let requested: Vec<String> = ids.filter(|id| batch.requests(id)).map(str::to_owned).collect();
    let answers = concurrently(requested, |id| async move {
        let parents = Ask::of("ListParents").with("ChildId", id.as_str());
        let tags = Ask::of("ListTagsForResource").with("ResourceId", id.as_str());
        let answers = tokio::join!(place.call(&ORGANIZATIONS, parents), place.call(&ORGANIZATIONS, tags));
        (id, answers)
    })
    .await;
    answers.into_iter().collect()
}

/// Fills `parent_id`.
pub(crate) fn with_parent(object: Object, answer: &Value) -> Object {
    object.text("parent_id", answer.list("Parents").first().and_then(|parent| parent.text("Id")))
}

/// Fills `tags_all`.
pub(crate) fn with_tags(object: Object, answer: &Value) -> Object {
    object.tag_list(answer.list("Tags"), ("Key", "Value"))
}
