//! Tags in bulk, for services that tell them one object a call: the Resource Groups Tagging API tells a hundred objects a
//! call. Its index lags behind by seconds, so what differs there from the record is asked of the service itself.
//! Knows nothing of any resource type.

use crate::sdk::prelude::*;
use serde_json::{Value, json};
use service::TAGGING;
use std::collections::{BTreeMap, HashMap};

/// Tags by their keys, without those that AWS reserves for itself.
type Tags = BTreeMap<String, String>;

/// What the index tells of requested objects.
#[derive(Default)]
pub(crate) struct Told {
    equal: HashMap<String, Vec<Value>>,
}

impl Told {
    /// The tags of an object, where the index tells just what was recorded: then nobody else has to be asked.
    pub(crate) fn of(&self, id: &str) -> Option<&[Value]> {
        self.equal.get(id).map(Vec::as_slice)
    }
}

/// Asks the index for objects of a kind, for example `ssm:parameter`: `wanted` are ids and ARNs. It is asked for at most half
/// as many pages as there are objects, and nothing is lost where it may not be asked: objects that it does not tell of are
/// left to the service.
pub(crate) async fn told(
    place: &Place,
    batch: &mut Batch<'_>,
    kind: &'static str,
    wanted: Vec<(String, String)>,
) -> Told {
    if wanted.len() < 2 {
        return Told::default();
    }
    let mut live: HashMap<String, Vec<Value>> = HashMap::new();
    let mut token = None;
    let mut whole = false;
    for _ in 0..(wanted.len() / 2) {
        let ask = Ask::of("GetResources").with("ResourceTypeFilters", json!([kind])).with("ResourcesPerPage", 100);
        let ask = match token.take() {
            Some(token) => ask.with("PaginationToken", Value::from(token)),
            None => ask,
        };
        let Ok(page) = place.call(&TAGGING, ask).await else { return Told::default() };
        for one in page.list("ResourceTagMappingList") {
            live.insert(one.text("ResourceARN").unwrap_or_default().to_owned(), one.list("Tags").to_vec());
        }
        token = page.text("PaginationToken").map(str::to_owned);
        if token.is_none() {
            whole = true;
            break;
        }
    }
    let recorded = batch.all_recorded();
    let equal = wanted.into_iter().filter_map(|(id, arn)| {
        let tags = match live.remove(&arn) {
            Some(tags) => tags,
            // What was never tagged is not in the index.
            None if whole => Vec::new(),
            None => return None,
        };
        (as_recorded(recorded.get(id.as_str())?) == of_list(&tags)).then_some((id, tags))
    });
    Told { equal: equal.collect() }
}

fn as_recorded(recorded: &Recorded) -> Tags {
    let tags = ["tags_all", "tags"].iter().find_map(|name| recorded.0.get(*name)?.as_object());
    let pairs = tags.into_iter().flatten().filter_map(|(key, value)| Some((key.clone(), value.as_str()?.to_owned())));
    pairs.collect()
}

fn of_list(tags: &[Value]) -> Tags {
    let pairs = tags.iter().filter_map(|tag| Some((tag.text("Key")?, tag.at("Value")?.as_str()?)));
    pairs.filter(|(key, _)| !key.starts_with("aws:")).map(|(key, value)| (key.to_owned(), value.to_owned())).collect()
}

#[cfg(test)]
mod tests {
    use crate::sdk::tests::{attributes, place, read};
    use serde_json::json;
    use std::sync::{Arc, Mutex};

    /// Reads three topics, of which the index tells `index`; the calls that were made, and the tags of the second topic.
    fn calls(index: fn(&str) -> Option<(u16, String)>) -> (Vec<String>, serde_json::Value) {
        let seen = Arc::new(Mutex::new(Vec::new()));
        let calls = Arc::clone(&seen);
        let place = place(move |call| {
            calls.lock().expect("calls").push(call.to_owned());
            match call {
                "GetResources" => index(call),
                "ListTagsForResource" => Some((
                    200,
                    "<R><ListTagsForResourceResult><Tags><member><Key>Team</Key><Value>asked</Value></member></Tags>\
                     </ListTagsForResourceResult></R>"
                        .to_owned(),
                )),
                _ => Some((200, format!("<{call}Response/>"))),
            }
        });
        let topic = |name: &str| json!({"id": format!("arn:{name}"), "tags_all": {"Team": "a"}});
        let outcome = read(&place, "aws_sns_topic", &[topic("1"), topic("2"), topic("3")]);
        let mut seen = seen.lock().expect("calls").clone();
        seen.retain(|call| matches!(call.as_str(), "GetResources" | "ListTagsForResource"));
        seen.sort();
        assert!(outcome.gaps.is_empty(), "{:?}", outcome.gaps);
        (seen, attributes(&outcome.objects, "arn:2")["tags_all"].clone())
    }

    fn page(topics: &[(&str, &str)], token: &str) -> Option<(u16, String)> {
        let list: Vec<_> = topics
            .iter()
            .map(|(name, team)| {
                let reserved = json!({"Key": "aws:cloudformation:stack-name", "Value": "x"});
                json!({"ResourceARN": format!("arn:{name}"), "Tags": [{"Key": "Team", "Value": team}, reserved]})
            })
            .collect();
        Some((200, json!({"ResourceTagMappingList": list, "PaginationToken": token}).to_string()))
    }

    #[test]
    fn only_what_differs_is_asked_of_the_service() {
        let equal = |_: &str| page(&[("1", "a"), ("2", "a"), ("3", "a")], "");
        assert_eq!(calls(equal), (vec!["GetResources".into()], json!({"Team": "a"})));
        let differs = |_: &str| page(&[("1", "a"), ("2", "b"), ("3", "a")], "");
        assert_eq!(
            calls(differs),
            (vec!["GetResources".into(), "ListTagsForResource".into()], json!({"Team": "asked"}))
        );
        let absent = |_: &str| page(&[("1", "a"), ("3", "a")], "");
        assert_eq!(calls(absent).1, json!({"Team": "asked"}), "recorded tags that the index lacks");
    }

    #[test]
    fn a_long_or_closed_index_is_left_alone() {
        let endless = |_: &str| page(&[("1", "a")], "more");
        let (seen, tags) = calls(endless);
        assert_eq!(seen.iter().filter(|call| *call == "GetResources").count(), 1);
        assert_eq!((seen.len(), tags), (3, json!({"Team": "asked"})));
        let denied = |_: &str| Some((400, r#"{"__type": "AccessDeniedException", "message": "no"}"#.to_owned()));
        assert_eq!(calls(denied).1, json!({"Team": "asked"}));
    }
}
