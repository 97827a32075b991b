//! `aws_sqs_queue`: GetQueueAttributes for each managed queue, for there is no bulk form, and ListQueues for all others.
//! Not read: `name_prefix`, which follows from `name`.

use crate::rules::{document, document_of, ids};
use provider_api::{Owner, ResourceType, Rule, RuleKind};

pub(super) static TYPE: ResourceType = ResourceType {
    name: "aws_sqs_queue",
    permissions: &["sqs:GetQueueAttributes", "sqs:ListQueueTags", "sqs:ListQueues"],
    identity: &[],
    rules: &[
        Rule { pattern: "policy", kind: RuleKind::Policy },
        Rule { pattern: "redrive_allow_policy", kind: RuleKind::Json },
        Rule { pattern: "redrive_policy", kind: RuleKind::Json },
    ],
    owners: &[
        Owner {
            attribute: "policy",
            resource_type: "aws_sqs_queue_policy",
            parents: |policy| ids(policy, "queue_url"),
            parts: |policy| document_of(policy, "policy"),
            split: document,
        },
        Owner {
            attribute: "redrive_policy",
            resource_type: "aws_sqs_queue_redrive_policy",
            parents: |policy| ids(policy, "queue_url"),
            parts: |policy| document_of(policy, "redrive_policy"),
            split: document,
        },
        Owner {
            attribute: "redrive_allow_policy",
            resource_type: "aws_sqs_queue_redrive_allow_policy",
            parents: |policy| ids(policy, "queue_url"),
            parts: |policy| document_of(policy, "redrive_allow_policy"),
            split: document,
        },
    ],
};

#[cfg(feature = "sdk")]
pub(super) mod live {
    use crate::sdk::prelude::*;
    use serde_json::{Value, json};
    use service::SQS;

    /// Codes by which the service says that a queue does not exist.
    pub(in crate::types) const ABSENT: &[&str] = &["AWS.SimpleQueueService.NonExistentQueue", "QueueDoesNotExist"];

    pub(crate) async fn read(place: &Place, batch: &mut Batch<'_>) -> Result<(), Gap> {
        if batch.wants_unrequested() {
            let ask = Ask::of("ListQueues").with("MaxResults", 1000);
            for url in
                place.list(&SQS, ask, Paging::by("QueueUrls", "NextToken")).await?.iter().filter_map(Value::as_str)
            {
                if !batch.requests(url) {
                    batch.add(url, Origin::Created, || Object::new().value("id", url).value("url", url));
                }
            }
        }
        let urls: Vec<String> = batch.instances().iter().map(|instance| instance.id.to_owned()).collect();
        let answers = concurrently(urls, |url| async move {
            let (attributes, tags) = tokio::join!(
                place.call(
                    &SQS,
                    Ask::of("GetQueueAttributes").with("QueueUrl", url.as_str()).with("AttributeNames", json!(["All"]))
                ),
                place.call(&SQS, Ask::of("ListQueueTags").with("QueueUrl", url.as_str())),
            );
            (url, attributes, tags)
        })
        .await;
        for (url, attributes, tags) in answers {
            let object = match attributes {
                Ok(answer) => convert(&url, answer.at("Attributes").unwrap_or(&Value::Null)),
                Err(failure) if failure.is(ABSENT) => continue,
                Err(failure) => {
                    batch.gap(&url, failure.into());
                    continue;
                }
            };
            let object = match tags {
                Ok(answer) => object.tag_map(answer.at("Tags")),
                Err(failure) => {
                    batch.gap(&url, failure.into());
                    object
                }
            };
            batch.found(&url, || object);
        }
        Ok(())
    }

    fn convert(url: &str, attributes: &Value) -> Object {
        let text = |name: &str| attributes.text(name);
        let number = |name: &str| attributes.number(name);
        let flag = |name: &str| Some(attributes.flag(name) == Some(true));
        Object::new()
            .value("id", url)
            .value("url", url)
            .text("arn", text("QueueArn"))
            .text("name", text("QueueArn").and_then(|arn| arn.rsplit(':').next()))
            .flag("content_based_deduplication", flag("ContentBasedDeduplication"))
            .text("deduplication_scope", text("DeduplicationScope"))
            .number("delay_seconds", number("DelaySeconds"))
            .flag("fifo_queue", flag("FifoQueue"))
            .text("fifo_throughput_limit", text("FifoThroughputLimit"))
            .number("kms_data_key_reuse_period_seconds", number("KmsDataKeyReusePeriodSeconds").or(Some(300)))
            .text("kms_master_key_id", text("KmsMasterKeyId"))
            .number("max_message_size", number("MaximumMessageSize"))
            .number("message_retention_seconds", number("MessageRetentionPeriod"))
            .text("policy", text("Policy"))
            .number("receive_wait_time_seconds", number("ReceiveMessageWaitTimeSeconds"))
            .text("redrive_allow_policy", text("RedriveAllowPolicy"))
            .text("redrive_policy", text("RedrivePolicy"))
            .flag("sqs_managed_sse_enabled", flag("SqsManagedSseEnabled"))
            .number("visibility_timeout_seconds", number("VisibilityTimeout"))
    }
}
