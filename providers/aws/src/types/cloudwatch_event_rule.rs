//! `aws_cloudwatch_event_rule`: ListEventBuses and ListRules for all, ListTagsForResource for each managed one.
//! Not read: `name_prefix`, which follows from `name`, and `force_destroy`, which only Terraform knows.

use provider_api::{ResourceType, Rule, RuleKind};

pub(super) static TYPE: ResourceType = ResourceType {
    name: "aws_cloudwatch_event_rule",
    permissions: &["events:ListEventBuses", "events:ListRules", "events:ListTagsForResource"],
    identity: &[],
    rules: &[Rule { pattern: "event_pattern", kind: RuleKind::Json }],
    owners: &[],
};

#[cfg(feature = "sdk")]
pub(super) mod live {
    use crate::events;
    use crate::sdk::prelude::*;
    use serde_json::Value;
    use std::collections::HashMap;

    pub(crate) async fn read(place: &Place, batch: &mut Batch<'_>) -> Result<(), Gap> {
        let rules = events::rules(place).await?;
        let requested: Vec<(String, String)> = rules
            .iter()
            .filter_map(|rule| Some((id(rule)?, rule.text("Arn")?.to_owned())))
            .filter(|(id, _)| batch.requests(id))
            .collect();
        let answers = concurrently(requested, |(id, arn)| async move {
            let tags = events::tags(place, &arn).await;
            (id, tags)
        })
        .await;
        let mut tags: HashMap<String, _> = answers.into_iter().collect();
        for rule in &rules {
            let Some(id) = id(rule) else { continue };
            let mut object = convert(&id, rule);
            if let Some(tags) = tags.remove(&id) {
                object = batch.detailed(&id, object, tags, events::tagged);
            }
            let origin = match rule.text("ManagedBy") {
                Some(service) => Origin::OwnedBy(service.to_owned()),
                None => Origin::Created,
            };
            batch.add(&id, origin, || object);
        }
        Ok(())
    }

    /// As Terraform records it: the name alone on the default bus, else `bus/name`.
    fn id(rule: &Value) -> Option<String> {
        let name = rule.text("Name")?;
        Some(match rule.text("EventBusName") {
            Some(bus) if bus != events::DEFAULT_BUS => format!("{bus}/{name}"),
            _ => name.to_owned(),
        })
    }

    fn convert(id: &str, rule: &Value) -> Object {
        let state = rule.text("State");
        Object::new()
            .value("id", id)
            .text("arn", rule.text("Arn"))
            .text("description", rule.text("Description"))
            .text("event_bus_name", rule.text("EventBusName").or(Some(events::DEFAULT_BUS)))
            .text("event_pattern", rule.text("EventPattern"))
            .value("is_enabled", state.is_some_and(|state| state.starts_with("ENABLED")))
            .text("name", rule.text("Name"))
            .text("role_arn", rule.text("RoleArn"))
            .text("schedule_expression", rule.text("ScheduleExpression"))
            .text("state", state)
    }
}
