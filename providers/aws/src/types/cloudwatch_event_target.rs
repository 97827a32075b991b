//! `aws_cloudwatch_event_target`: ListTargetsByRule for each rule that a managed target belongs to. Targets are listed by
//! rule, so those in no state are not sought. Not read: `force_destroy`, which only Terraform knows, and the settings of
//! the kinds of targets that a target is not.

use provider_api::{ResourceType, Rule, RuleKind};

pub(super) static TYPE: ResourceType = ResourceType {
    name: "aws_cloudwatch_event_target",
    permissions: &["events:ListTargetsByRule"],
    identity: &[],
    rules: &[Rule { pattern: "input", kind: RuleKind::Json }],
    owners: &[],
};

#[cfg(feature = "sdk")]
pub(super) mod live {
    use crate::events;
    use crate::sdk::prelude::*;
    use serde_json::{Map, Value};
    use service::EVENTS;
    use std::collections::BTreeMap;

    /// A managed target: its recorded id and its own.
    type Wanted = (String, String);

    pub(crate) async fn read(place: &Place, batch: &mut Batch<'_>) -> Result<(), Gap> {
        let mut by_rule: BTreeMap<(String, String), Vec<Wanted>> = BTreeMap::new();
        for instance in batch.instances() {
            let recorded = batch.recorded(instance);
            let bus = recorded.text("event_bus_name").unwrap_or(events::DEFAULT_BUS);
            match (recorded.text("rule"), recorded.text("target_id")) {
                (Some(rule), Some(target)) => by_rule
                    .entry((bus.to_owned(), rule.to_owned()))
                    .or_default()
                    .push((instance.id.to_owned(), target.to_owned())),
                _ => batch.unidentified(instance, "rule and target_id"),
            }
        }
        let answers = concurrently(by_rule, |((bus, rule), wanted)| async move {
            let ask = Ask::of("ListTargetsByRule").with("EventBusName", bus.as_str()).with("Rule", rule.as_str());
            let targets = place.pages(&EVENTS, ask, Paging::by("Targets", "NextToken")).await;
            (bus, rule, wanted, targets)
        })
        .await;
        for (bus, rule, wanted, targets) in answers {
            for (id, target_id) in wanted {
                let Some(targets) = batch.existing(&id, targets.as_ref().map_err(Failure::clone), events::ABSENT)
                else {
                    continue;
                };
                if let Some(target) = targets.iter().find(|target| target.text("Id") == Some(&target_id)) {
                    batch.found(&id, || convert(&id, &bus, &rule, target));
                }
            }
        }
        Ok(())
    }

    fn convert(id: &str, bus: &str, rule: &str, target: &Value) -> Object {
        let dead_letters = target.text("DeadLetterConfig.Arn").map(|arn| Object::new().value("arn", arn));
        let transformer = target.at("InputTransformer").map(|transformer| {
            let paths = transformer.at("InputPathsMap").cloned().unwrap_or(Value::Object(Map::new()));
            Object::new().value("input_paths", paths).text("input_template", transformer.text("InputTemplate"))
        });
        let retries = target.at("RetryPolicy").map(|policy| {
            Object::new()
                .number("maximum_event_age_in_seconds", policy.number("MaximumEventAgeInSeconds"))
                .number("maximum_retry_attempts", policy.number("MaximumRetryAttempts"))
        });
        let queue = target
            .at("SqsParameters")
            .map(|queue| Object::new().text("message_group_id", queue.text("MessageGroupId")));
        let stream = target
            .at("KinesisParameters")
            .map(|stream| Object::new().text("partition_key_path", stream.text("PartitionKeyPath")));
        Object::new()
            .value("id", id)
            .text("arn", target.text("Arn"))
            .blocks("dead_letter_config", dead_letters)
            .value("event_bus_name", bus)
            .text("input", target.text("Input"))
            .text("input_path", target.text("InputPath"))
            .blocks("input_transformer", transformer)
            .blocks("kinesis_target", stream)
            .blocks("retry_policy", retries)
            .text("role_arn", target.text("RoleArn"))
            .value("rule", rule)
            .blocks("sqs_target", queue)
            .text("target_id", target.text("Id"))
    }
}
