//! What EventBridge tells: its buses, and the rules of a bus.
//! Knows nothing of any resource type.

use crate::sdk::prelude::*;
use serde_json::Value;
use service::EVENTS;
use std::sync::Arc;

/// The bus that every account has.
pub(crate) const DEFAULT_BUS: &str = "default";

/// Codes by which the service says that a bus or a rule does not exist.
pub(crate) const ABSENT: &[&str] = &["ResourceNotFoundException"];

/// Every bus (ListEventBuses).
pub(crate) async fn buses(place: &Place) -> Result<Arc<Vec<Value>>, Gap> {
    let ask = Ask::of("ListEventBuses").with("Limit", 100);
    place.list(&EVENTS, ask, Paging::by("EventBuses", "NextToken")).await
}

/// Every rule of every bus (ListRules).
pub(crate) async fn rules(place: &Place) -> Result<Vec<Value>, Gap> {
    let buses = buses(place).await?;
    let names: Vec<String> = buses.iter().filter_map(|bus| bus.text("Name")).map(str::to_owned).collect();
    let lists = concurrently(names, |bus| async move {
        let ask = Ask::of("ListRules").with("EventBusName", bus.as_str()).with("Limit", 100);
        place.list(&EVENTS, ask, Paging::by("Rules", "NextToken")).await
    })
    .await;
    let mut rules = Vec::new();
    for list in lists {
        rules.extend(list?.iter().cloned());
    }
    Ok(rules)
}

/// The tags of a bus or a rule.
pub(crate) async fn tags(place: &Place, arn: &str) -> Result<Value, Failure> {
    place.call(&EVENTS, Ask::of("ListTagsForResource").with("ResourceARN", arn)).await
}

/// Fills `tags_all`.
pub(crate) fn tagged(object: Object, answer: &Value) -> Object {
    object.tag_list(answer.list("Tags"), ("Key", "Value"))
}
