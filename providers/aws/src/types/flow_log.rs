//! `aws_flow_log`: DescribeFlowLogs. Of the attributes that name what is watched, the one that applies is read.

use provider_api::{ResourceType, Rule, RuleKind};
use serde_json::Value;

pub(super) static TYPE: ResourceType = ResourceType {
    name: "aws_flow_log",
    permissions: &["ec2:DescribeFlowLogs"],
    rules: &[Rule { pattern: "log_destination", kind: RuleKind::Canonical(without_streams) }],
    owners: &[],
};

/// A log group's ARN may be configured with `:*` at its end, which the API does not keep.
fn without_streams(value: &Value) -> Value {
    match value.as_str().and_then(|arn| arn.strip_suffix(":*")) {
        Some(arn) => Value::from(arn),
        None => value.clone(),
    }
}

#[cfg(feature = "sdk")]
pub(super) mod live {
    use crate::sdk::prelude::*;
    use aws_sdk_ec2::types::FlowLog;

    pub(crate) async fn read(place: &Place, batch: &mut Batch<'_>) -> Result<(), Gap> {
        for log in place.flow_logs().await? {
            batch.add(log.flow_log_id().unwrap_or_default(), Origin::Created, || convert(place, log));
        }
        Ok(())
    }

    fn convert(place: &Place, log: &FlowLog) -> Object {
        let id = log.flow_log_id().unwrap_or_default();
        let options = log.destination_options().map(|options| {
            Object::new()
                .text("file_format", options.file_format().map(|format| format.as_str()))
                .flag("hive_compatible_partitions", options.hive_compatible_partitions())
                .flag("per_hour_partition", options.per_hour_partition())
        });
        let object = Object::new()
            .text_if_known("arn", place.arn(place.account.as_deref(), &format!("vpc-flow-log/{id}")).as_deref())
            .text("deliver_cross_account_role", log.deliver_cross_account_role())
            .blocks("destination_options", options)
            .text("iam_role_arn", log.deliver_logs_permission_arn())
            .value("id", id)
            .text("log_destination", log.log_destination())
            .text("log_destination_type", log.log_destination_type().map(|kind| kind.as_str()))
            .text("log_format", log.log_format())
            .text("log_group_name", log.log_group_name())
            .number("max_aggregation_interval", log.max_aggregation_interval())
            .tags(log.tags());
        let watched = log.resource_id().unwrap_or_default();
        let Some(attribute) = attribute_of(watched) else { return object };
        let object = object.value(attribute, watched);
        // Transit gateways do not choose by traffic.
        if watched.starts_with("tgw-") {
            return object;
        }
        object.text("traffic_type", log.traffic_type().map(|kind| kind.as_str()))
    }

    /// The attribute that names a watched object, by the prefix of its id.
    fn attribute_of(watched: &str) -> Option<&'static str> {
        let by_prefix = [
            ("vpc-", "vpc_id"),
            ("subnet-", "subnet_id"),
            ("eni-", "eni_id"),
            ("tgw-attach-", "transit_gateway_attachment_id"),
            ("tgw-", "transit_gateway_id"),
        ];
        by_prefix.iter().find(|(prefix, _)| watched.starts_with(prefix)).map(|(_, attribute)| *attribute)
    }
}
