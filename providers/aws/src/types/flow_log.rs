//! `aws_flow_log`: DescribeFlowLogs. Of the attributes that name what is watched, the one that applies is read.

use provider_api::{ResourceType, Rule, RuleKind};
use serde_json::Value;

pub(super) static TYPE: ResourceType = ResourceType {
    name: "aws_flow_log",
    permissions: &["ec2:DescribeFlowLogs"],
    identity: &[],
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
    use crate::timestamp::timestamp;
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
            .created(log.creation_time().and_then(timestamp))
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

#[cfg(all(test, feature = "sdk"))]
mod tests {
    use super::without_streams;
    use crate::sdk::tests::{answer, attributes, place, read};
    use serde_json::json;

    const LOGS: &str = "<flowLogSet><item><flowLogId>fl-1</flowLogId><resourceId>subnet-1</resourceId><trafficType>ALL</trafficType>\
        <logDestinationType>s3</logDestinationType><logDestination>arn:aws:s3:::logs</logDestination><logFormat>${srcaddr}</logFormat>\
        <maxAggregationInterval>60</maxAggregationInterval><destinationOptions><fileFormat>parquet</fileFormat>\
        <perHourPartition>true</perHourPartition></destinationOptions></item>\
        <item><flowLogId>fl-2</flowLogId><resourceId>tgw-attach-1</resourceId><trafficType>ALL</trafficType></item>\
        <item><flowLogId>fl-3</flowLogId><resourceId>nat-1</resourceId></item></flowLogSet>";

    #[test]
    fn flow_logs_are_read_in_terraforms_shape() {
        let requested = ["fl-1", "fl-2", "fl-3", "fl-gone"].map(|id| json!({"id": id}));
        let outcome = read(&place(|action| answer(action, LOGS)), "aws_flow_log", &requested);
        let expected = json!({
            "arn": "arn:aws:ec2:eu-west-1:123456789012:vpc-flow-log/fl-1", "deliver_cross_account_role": "",
            "destination_options": [{"file_format": "parquet", "hive_compatible_partitions": false, "per_hour_partition": true}],
            "iam_role_arn": "", "id": "fl-1", "log_destination": "arn:aws:s3:::logs", "log_destination_type": "s3",
            "log_format": "${srcaddr}", "log_group_name": "", "max_aggregation_interval": 60, "subnet_id": "subnet-1",
            "tags_all": {}, "traffic_type": "ALL",
        });
        assert_eq!(attributes(&outcome.objects, "fl-1"), expected);
        let gateway = attributes(&outcome.objects, "fl-2");
        assert_eq!(gateway["transit_gateway_attachment_id"], "tgw-attach-1");
        assert_eq!((gateway.get("traffic_type"), gateway.get("transit_gateway_id")), (None, None));
        assert_eq!(attributes(&outcome.objects, "fl-3").get("traffic_type"), None, "watched by what nobody knows here");
        assert_eq!(outcome.objects.len(), 3);
    }

    #[test]
    fn a_log_group_may_be_named_with_its_streams() {
        for (given, expected) in
            [("arn:a:log-group:x:*", "arn:a:log-group:x"), ("arn:a:log-group:x", "arn:a:log-group:x")]
        {
            assert_eq!(without_streams(&json!(given)), json!(expected));
        }
    }
}
