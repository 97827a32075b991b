//! `aws_lambda_event_source_mapping`: ListEventSourceMappings for all, ListTags for each managed one.

use provider_api::{ResourceType, Rule, RuleKind};

pub(super) static TYPE: ResourceType = ResourceType {
    name: "aws_lambda_event_source_mapping",
    permissions: &["lambda:ListEventSourceMappings", "lambda:ListTags"],
    identity: &[],
    rules: &[
        Rule { pattern: "function_name", kind: RuleKind::NameOrArn },
        Rule { pattern: "filter_criteria.*.filter.*.pattern", kind: RuleKind::Json },
        Rule { pattern: "last_modified", kind: RuleKind::Volatile("moves with the mapping's own state") },
        Rule { pattern: "last_processing_result", kind: RuleKind::Volatile("what came of the last events") },
        Rule { pattern: "state_transition_reason", kind: RuleKind::Volatile("who or what set the state last") },
    ],
    owners: &[],
};

#[cfg(feature = "sdk")]
pub(super) mod live {
    use crate::sdk::prelude::*;
    use crate::timestamp::of_seconds;
    use serde_json::Value;
    use service::LAMBDA;
    use std::collections::HashMap;

    const MAPPINGS: Paging = Paging { items: "EventSourceMappings", answered: "NextMarker", asked: "Marker" };

    pub(crate) async fn read(place: &Place, batch: &mut Batch<'_>) -> Result<(), Gap> {
        let ask = Ask::of("ListEventSourceMappings").at("/2015-03-31/event-source-mappings/");
        let mappings = place.list(&LAMBDA, ask, MAPPINGS).await?;
        let requested: Vec<(String, String)> = mappings
            .iter()
            .filter_map(|one| Some((one.text("UUID")?.to_owned(), arn(place, one)?)))
            .filter(|(id, _)| batch.requests(id))
            .collect();
        let answers = concurrently(requested, |(id, arn)| async move {
            let ask = Ask::of("ListTags").at(format!("/2017-03-31/tags/{}", encoded(&arn)));
            (id, place.call(&LAMBDA, ask).await)
        })
        .await;
        let mut tags: HashMap<String, _> = answers.into_iter().collect();
        for mapping in mappings.iter() {
            // One that is being deleted is as good as gone.
            let Some(id) = mapping.text("UUID").filter(|_| mapping.text("State") != Some("Deleting")) else { continue };
            let mut object = convert(id, mapping).text_if_known("arn", arn(place, mapping).as_deref());
            if let Some(answer) = tags.remove(id) {
                object = batch.detailed(id, object, answer, |object, answer| object.tag_map(answer.at("Tags")));
            }
            batch.add(id, Origin::Created, || object);
        }
        Ok(())
    }

    fn arn(place: &Place, mapping: &Value) -> Option<String> {
        let own = mapping.text("EventSourceMappingArn").map(str::to_owned);
        own.or_else(|| place.arn_of("lambda", &format!("event-source-mapping:{}", mapping.text("UUID")?)))
    }

    fn convert(id: &str, one: &Value) -> Object {
        let function = one.text("FunctionArn");
        let failure = one
            .text("DestinationConfig.OnFailure.Destination")
            .map(|arn| Object::new().blocks("on_failure", [Object::new().value("destination_arn", arn)]));
        let filters = one.list("FilterCriteria.Filters").iter();
        let filters: Vec<Object> =
            filters.map(|filter| Object::new().text("pattern", filter.text("Pattern"))).collect();
        let criteria = (!filters.is_empty()).then(|| Object::new().blocks("filter", filters));
        let scaling =
            one.number("ScalingConfig.MaximumConcurrency").map(|most| Object::new().value("maximum_concurrency", most));
        let access = one
            .list("SourceAccessConfigurations")
            .iter()
            .map(|access| Object::new().text("type", access.text("Type")).text("uri", access.text("URI")));
        let document_db = one.at("DocumentDBEventSourceConfig").map(|config| {
            Object::new()
                .text("collection_name", config.text("CollectionName"))
                .text("database_name", config.text("DatabaseName"))
                .text("full_document", config.text("FullDocument"))
        });
        let kafka = |path: &str| one.text(path).map(|group| Object::new().value("consumer_group_id", group));
        let object = Object::new()
            .value("id", id)
            .blocks(
                "amazon_managed_kafka_event_source_config",
                kafka("AmazonManagedKafkaEventSourceConfig.ConsumerGroupId"),
            )
            .number("batch_size", one.number("BatchSize"))
            .flag("bisect_batch_on_function_error", one.flag("BisectBatchOnFunctionError"))
            .blocks("destination_config", failure)
            .blocks("document_db_event_source_config", document_db)
            .text("event_source_arn", one.text("EventSourceArn"))
            .blocks("filter_criteria", criteria)
            .text("function_arn", function)
            .text("function_name", function)
            .texts("function_response_types", one.texts("FunctionResponseTypes"))
            .text("kms_key_arn", one.text("KMSKeyArn"))
            .text_if_known("last_modified", of_seconds(one.at("LastModified")).as_deref())
            .text("last_processing_result", one.text("LastProcessingResult"))
            .number("maximum_batching_window_in_seconds", one.number("MaximumBatchingWindowInSeconds"))
            .number("maximum_record_age_in_seconds", one.number("MaximumRecordAgeInSeconds"))
            .number("maximum_retry_attempts", one.number("MaximumRetryAttempts"))
            .number("parallelization_factor", one.number("ParallelizationFactor"))
            .texts("queues", one.texts("Queues"))
            .blocks("scaling_config", scaling)
            .blocks(
                "self_managed_kafka_event_source_config",
                kafka("SelfManagedKafkaEventSourceConfig.ConsumerGroupId"),
            )
            .blocks("source_access_configuration", access)
            .text("starting_position", one.text("StartingPosition"))
            .text("state", one.text("State"))
            .text("state_transition_reason", one.text("StateTransitionReason"))
            .texts("topics", one.texts("Topics"))
            .number("tumbling_window_in_seconds", one.number("TumblingWindowInSeconds"))
            .value("uuid", id);
        match one.text("State") {
            Some("Enabled" | "Enabling") => object.value("enabled", true),
            Some("Disabled" | "Disabling") => object.value("enabled", false),
            _ => object,
        }
    }
}
