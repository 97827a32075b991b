//! What only calls of their own tell of instances: four attributes one call each, credits and spot requests in bulk.
//! Knows nothing of what the list of instances tells.

use crate::instance_types::is_burstable;
use crate::sdk::prelude::*;
use crate::timestamp::timestamp;
use crate::user_data;
use aws_sdk_ec2::error::ProvideErrorMetadata;
use aws_sdk_ec2::types::{AttributeBooleanValue, Filter, Instance, InstanceAttributeName, SpotInstanceRequest};
use serde_json::Value;
use std::collections::HashMap;

/// Instances that DescribeInstanceCreditSpecifications takes at once.
const CREDITS_AT_ONCE: usize = 1000;

/// Values that a filter takes.
const FILTER_VALUES: usize = 200;

/// Attributes that only calls of their own tell, for requested instances.
#[derive(Default)]
pub(crate) struct Details(HashMap<String, Vec<(&'static str, Value)>>);

impl Details {
    /// Asks for them. What is not told is a gap for that instance alone.
    pub(crate) async fn read(
        place: &Place,
        batch: &mut Batch<'_>,
        instances: &[&Instance],
        recorded: &HashMap<&str, Recorded>,
    ) -> Self {
        let requested: Vec<&Instance> = instances
            .iter()
            .filter(|instance| instance.instance_id().is_some_and(|id| batch.requests(id)))
            .copied()
            .collect();
        let (attributes, credits, spots) = tokio::join!(
            read_attributes(place, &requested),
            read_credits(place, &requested),
            read_spot_requests(place, &requested),
        );
        let mut details = Self::default();
        for (id, answer) in attributes.into_iter().chain(credits).chain(spots) {
            match answer {
                Ok(Detail::Known(name, value)) => details.0.entry(id).or_default().push((name, value)),
                Ok(Detail::UserData(data)) => {
                    let known = recorded.get(id.as_str()).map(|recorded| user_data(&data, recorded));
                    details.0.entry(id).or_default().extend(known);
                }
                Err(gap) => batch.gap(&id, gap),
            }
        }
        details
    }

    /// Adds what was told of the instance with this id.
    pub(crate) fn add(&self, object: Object, id: &str) -> Object {
        let known = self.0.get(id).into_iter().flatten();
        known.fold(object, |object, (name, value)| object.value(name, value.clone()))
    }
}

/// Something told of one instance.
enum Detail {
    /// An attribute.
    Known(&'static str, Value),
    /// User data in base64, yet to be brought to the form that state has.
    UserData(String),
}

/// An instance's id and what was told of it.
type Answer = (String, Result<Detail, Gap>);

static ATTRIBUTES: [InstanceAttributeName; 4] = [
    InstanceAttributeName::DisableApiStop,
    InstanceAttributeName::DisableApiTermination,
    InstanceAttributeName::InstanceInitiatedShutdownBehavior,
    InstanceAttributeName::UserData,
];

async fn read_attributes(place: &Place, instances: &[&Instance]) -> Vec<Answer> {
    let ids = instances.iter().filter_map(|instance| instance.instance_id());
    let calls: Vec<(String, usize)> =
        ids.flat_map(|id| (0..ATTRIBUTES.len()).map(|attribute| (id.to_owned(), attribute))).collect();
    let answers = concurrently(calls, |(id, attribute)| async move {
        let call = place.ec2.describe_instance_attribute().instance_id(&id).attribute(ATTRIBUTES[attribute].clone());
        let answer = match call.send().await {
            Ok(answer) => answer,
            // Some partitions have no stop protection; the provider passes over it there.
            Err(error) if attribute == 0 && error.code() == Some("UnsupportedOperation") => return None,
            Err(error) => return Some((id, Err(place.gap("DescribeInstanceAttribute", &error)))),
        };
        let flag =
            |value: Option<AttributeBooleanValue>| Value::from(value.and_then(|value| value.value).unwrap_or_default());
        let detail = match attribute {
            0 => Detail::Known("disable_api_stop", flag(answer.disable_api_stop)),
            1 => Detail::Known("disable_api_termination", flag(answer.disable_api_termination)),
            2 => {
                let behavior = answer.instance_initiated_shutdown_behavior.and_then(|value| value.value);
                Detail::Known("instance_initiated_shutdown_behavior", Value::from(behavior.unwrap_or_default()))
            }
            // Where there is none the provider keeps what it recorded.
            _ => Detail::UserData(answer.user_data.and_then(|value| value.value)?),
        };
        Some((id, Ok(detail)))
    })
    .await;
    answers.into_iter().flatten().collect()
}

/// User data under the attribute that it is recorded in: the record itself where that means the same, else its digest.
fn user_data(live: &str, recorded: &Recorded) -> (&'static str, Value) {
    let name = if recorded.text("user_data_base64").is_some() { "user_data_base64" } else { "user_data" };
    let live = Value::from(user_data::digest(live));
    match recorded.0.get(name) {
        Some(value) if user_data::canonical(value) == user_data::canonical(&live) => (name, value.clone()),
        _ => (name, live),
    }
}

async fn read_credits(place: &Place, instances: &[&Instance]) -> Vec<Answer> {
    // A single instance that earns no credits spoils the call for all.
    let burstable =
        instances.iter().filter(|instance| instance.instance_type().is_some_and(|kind| is_burstable(kind.as_str())));
    let ids: Vec<String> = burstable.filter_map(|instance| instance.instance_id()).map(str::to_owned).collect();
    let chunks: Vec<Vec<String>> = ids.chunks(CREDITS_AT_ONCE).map(<[_]>::to_vec).collect();
    let answers = concurrently(chunks, |ids| async move {
        let call = place.ec2.describe_instance_credit_specifications().set_instance_ids(Some(ids.clone()));
        let told = match call.send().await {
            Ok(answer) => answer.instance_credit_specifications.unwrap_or_default(),
            // Some partitions lack it; the provider passes over it there.
            Err(error) if error.code() == Some("UnsupportedOperation") => Vec::new(),
            Err(error) => {
                let gap = place.gap("DescribeInstanceCreditSpecifications", &error);
                return ids.into_iter().map(|id| (id, Err(gap.clone()))).collect();
            }
        };
        let told: HashMap<&str, Option<&str>> =
            told.iter().filter_map(|credits| Some((credits.instance_id()?, credits.cpu_credits()))).collect();
        let detail = |id: &String| {
            let block = told.get(id.as_str()).map(|credits| Value::from(Object::new().text("cpu_credits", *credits)));
            Detail::Known("credit_specification", block.into_iter().collect())
        };
        ids.iter().map(|id| (id.clone(), Ok(detail(id)))).collect::<Vec<Answer>>()
    })
    .await;
    answers.into_iter().flatten().collect()
}

/// The spot request of an instance, if it is a spot instance.
pub(crate) fn spot_request(instance: &Instance) -> Option<&str> {
    let request = instance.spot_instance_request_id().filter(|id| !id.is_empty())?;
    instance.instance_lifecycle().map(|_| request)
}

async fn read_spot_requests(place: &Place, instances: &[&Instance]) -> Vec<Answer> {
    let spots: Vec<(String, String)> = instances
        .iter()
        .filter_map(|instance| Some((instance.instance_id()?.to_owned(), spot_request(instance)?.to_owned())))
        .collect();
    let chunks: Vec<Vec<(String, String)>> = spots.chunks(FILTER_VALUES).map(<[_]>::to_vec).collect();
    let answers = concurrently(chunks, |spots| async move {
        // By filter: a request that is gone would spoil a call by ids for all.
        let requests = spots.iter().map(|(_, request)| request.clone()).collect();
        let filter = Filter::builder().name("spot-instance-request-id").set_values(Some(requests)).build();
        let told = match place.ec2.describe_spot_instance_requests().filters(filter).send().await {
            Ok(answer) => answer.spot_instance_requests.unwrap_or_default(),
            Err(error) => {
                let gap = place.gap("DescribeSpotInstanceRequests", &error);
                return spots.into_iter().map(|(id, _)| (id, Err(gap.clone()))).collect();
            }
        };
        let detail = |(id, request): (String, String)| {
            let request = told.iter().find(|one| one.spot_instance_request_id() == Some(&request))?;
            let block = Value::from(market_options(request));
            Some((id, Ok(Detail::Known("instance_market_options", Value::from(vec![block])))))
        };
        spots.into_iter().filter_map(detail).collect::<Vec<Answer>>()
    })
    .await;
    answers.into_iter().flatten().collect()
}

fn market_options(request: &SpotInstanceRequest) -> Object {
    let behavior = request.instance_interruption_behavior().map(|behavior| behavior.as_str());
    let spot = Object::new()
        .text("instance_interruption_behavior", behavior)
        .text("max_price", request.spot_price())
        .text("spot_instance_type", request.r#type().map(|kind| kind.as_str()))
        .text("valid_until", request.valid_until().and_then(timestamp).as_deref());
    Object::new().text("market_type", Some("spot")).blocks("spot_options", [spot])
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_sdk_ec2::types::{InstanceInterruptionBehavior, InstanceLifecycleType, SpotInstanceType};
    use aws_smithy_types::DateTime;
    use serde_json::json;

    #[track_caller]
    fn check_user_data(recorded: Value, expected: (&str, Value)) {
        let recorded = Recorded(recorded.as_object().cloned().unwrap_or_default());
        assert_eq!(user_data("IyEvYmluL3NoCnRydWUK", &recorded), (expected.0, expected.1));
    }

    #[test]
    fn user_data_takes_the_form_that_state_has_and_never_stands_in_clear() {
        let digest = json!("e8dc9942e0d51645b241a917c42a9d400685ce88");
        check_user_data(json!({"user_data": digest, "user_data_base64": ""}), ("user_data", digest.clone()));
        check_user_data(json!({"user_data": "135e1e69"}), ("user_data", digest.clone()));
        check_user_data(json!({"user_data": null}), ("user_data", digest.clone()));
        let clear = json!("#!/bin/sh\ntrue\n");
        check_user_data(json!({"user_data": clear}), ("user_data", clear));
        let base64 = json!("IyEvYmluL3NoCnRydWUK");
        check_user_data(json!({"user_data_base64": base64}), ("user_data_base64", base64));
        check_user_data(json!({"user_data_base64": "Zm9v"}), ("user_data_base64", digest));
    }

    #[test]
    fn spot_instances_are_those_with_a_request_and_a_lifecycle() {
        let spot =
            Instance::builder().spot_instance_request_id("sir-1").instance_lifecycle(InstanceLifecycleType::Spot);
        assert_eq!(spot_request(&spot.build()), Some("sir-1"));
        assert_eq!(spot_request(&Instance::builder().spot_instance_request_id("sir-1").build()), None);
        assert_eq!(
            spot_request(&Instance::builder().instance_lifecycle(InstanceLifecycleType::Scheduled).build()),
            None
        );
    }

    #[test]
    fn market_options_come_from_the_spot_request() {
        let request = SpotInstanceRequest::builder()
            .instance_interruption_behavior(InstanceInterruptionBehavior::Terminate)
            .spot_price("0.01")
            .r#type(SpotInstanceType::OneTime)
            .valid_until(DateTime::from_secs(1_795_475_383))
            .build();
        let expected = json!({"market_type": "spot", "spot_options": [{
            "instance_interruption_behavior": "terminate", "max_price": "0.01", "spot_instance_type": "one-time",
            "valid_until": "2026-11-23T23:09:43Z",
        }]});
        assert_eq!(Value::from(market_options(&request)), expected);
    }
}
