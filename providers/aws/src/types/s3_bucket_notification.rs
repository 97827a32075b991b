//! `aws_s3_bucket_notification`: GetBucketNotificationConfiguration for each managed one.

use provider_api::ResourceType;

pub(super) static TYPE: ResourceType = ResourceType {
    name: "aws_s3_bucket_notification",
    permissions: &["s3:GetBucketNotification"],
    identity: &[],
    rules: &[],
    owners: &[],
};

#[cfg(feature = "sdk")]
pub(super) mod live {
    use crate::buckets;
    use crate::sdk::prelude::*;
    use serde_json::Value;

    pub(crate) async fn read(place: &Place, batch: &mut Batch<'_>) -> Result<(), Gap> {
        buckets::read(place, batch, &buckets::NOTIFICATION, convert).await
    }

    fn convert(answer: &Value) -> Option<Object> {
        let object = Object::new()
            .value("eventbridge", answer.at("EventBridgeConfiguration").is_some())
            .blocks(
                "lambda_function",
                targets(answer, "CloudFunctionConfiguration", "lambda_function_arn", "CloudFunction"),
            )
            .blocks("queue", targets(answer, "QueueConfiguration", "queue_arn", "Queue"))
            .blocks("topic", targets(answer, "TopicConfiguration", "topic_arn", "Topic"));
        let any = answer.as_object().is_some_and(|members| !members.is_empty());
        any.then_some(object)
    }

    fn targets(answer: &Value, list: &str, attribute: &str, member: &str) -> Vec<Object> {
        let target = |target: &Value| {
            let filter = |kind: &str| {
                let mut rules = target.list("Filter.S3Key.FilterRule").iter();
                rules.find(|rule| rule.text("Name").is_some_and(|name| name.eq_ignore_ascii_case(kind)))?.text("Value")
            };
            let events: Vec<&str> = target.list("Event").iter().filter_map(Value::as_str).collect();
            Object::new()
                .texts("events", events)
                .text("filter_prefix", filter("prefix"))
                .text("filter_suffix", filter("suffix"))
                .text("id", target.text("Id"))
                .text(attribute, target.text(member))
        };
        answer.list(list).iter().map(target).collect()
    }
}
