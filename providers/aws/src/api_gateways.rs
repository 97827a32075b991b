//! What is below an API of API Gateway, of the older and the newer kind: lists by API, for there is no list of all.
//! Knows nothing of any resource type.

use crate::sdk::prelude::*;
use serde_json::Value;
use service::{API_GATEWAY, API_GATEWAY_V2};
use std::collections::BTreeMap;
use std::sync::Arc;

/// The recorded attribute that names the API of the newer kind.
pub(crate) const API: &str = "api_id";

/// Every resource of an API.
pub(crate) async fn resources(place: &Place, api: &str) -> Result<Arc<Vec<Value>>, Gap> {
    let path = format!("/restapis/{}/resources", encoded(api));
    let ask = Ask::of("GetResources").at(path).with("limit", 500);
    place.list(&API_GATEWAY, ask, Paging::by("item", "position")).await
}

/// Everything of one kind below an API of the newer kind, for example its `routes`.
async fn below(place: &Place, operation: &'static str, api: &str, kind: &str) -> Result<Vec<Value>, Failure> {
    let path = format!("/v2/apis/{}/{kind}", encoded(api));
    let ask = Ask::of(operation).at(path).with("maxResults", "500");
    place.pages(&API_GATEWAY_V2, ask, Paging::by("items", "nextToken")).await
}

/// Answers for every managed instance of a type that is listed by API of the newer kind. `key` tells the id of one of
/// them. Those of APIs without a managed one are not sought.
pub(crate) async fn read_below(
    place: &Place,
    batch: &mut Batch<'_>,
    (operation, kind): (&'static str, &'static str),
    key: fn(&str, &Value) -> Option<String>,
    convert: fn(&Place, &str, &Value) -> Object,
) -> Result<(), Gap> {
    let mut apis: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (id, [api]) in batch.identified([API]) {
        apis.entry(api).or_default().push(id);
    }
    let answers = concurrently(apis, |(api, ids)| async move {
        let listed = below(place, operation, &api, kind).await;
        (api, ids, listed)
    })
    .await;
    for (api, ids, listed) in answers {
        let listed = match listed {
            Ok(listed) => listed,
            // An API that is gone takes everything below it along.
            Err(failure) if failure.is(&["NotFoundException"]) => continue,
            Err(failure) => {
                ids.iter().for_each(|id| batch.gap(id, failure.clone().into()));
                continue;
            }
        };
        for one in &listed {
            if let Some(id) = key(&api, one) {
                batch.add(&id, Origin::Created, || convert(place, &api, one).value(API, api.as_str()));
            }
        }
    }
    Ok(())
}

/// An ARN of API Gateway, which names no account (`/apis/x`).
pub(crate) fn arn(place: &Place, path: &str) -> String {
    let example = place.global_arn("apigateway", "");
    let partition = example.split(':').nth(1).unwrap_or("aws");
    format!("arn:{partition}:apigateway:{}::{path}", place.region)
}

/// The address under which a stage is called.
pub(crate) fn invoke_url(place: &Place, api: &str, stage: &str) -> String {
    format!("https://{api}.execute-api.{}.{}/{stage}", place.region, place.dns_suffix())
}

/// A method with its integration, by the API, the resource and the verb. Shared by the types that stand for the two.
pub(crate) async fn method(place: &Place, [api, resource, verb]: &[String; 3]) -> Result<Arc<Value>, Failure> {
    let path = format!("/restapis/{}/resources/{}/methods/{}", encoded(api), encoded(resource), encoded(verb));
    place.once(&API_GATEWAY, Ask::of("GetMethod").at(path)).await
}
