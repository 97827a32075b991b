//! `aws_sqs_queue`: GetQueueAttributes for each managed queue, for there is no bulk form, and ListQueues for all others.
//! Not read: `name_prefix`, which follows from `name`.

use crate::rules::{document, document_of, ids};
use provider_api::{Owner, ResourceType, Rule, RuleKind};

pub(super) static TYPE: ResourceType = ResourceType {
    name: "aws_sqs_queue",
    permissions: &["sqs:GetQueueAttributes", "sqs:ListQueueTags", "sqs:ListQueues", "tag:GetResources"],
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
    use crate::tagging::told;
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
        let recorded = batch.all_recorded();
        let arn = |id: &str| Some((id.to_owned(), recorded.get(id)?.text("arn")?.to_owned()));
        let arns = batch.instances().iter().filter_map(|instance| arn(instance.id)).collect();
        let told = told(place, batch, "sqs", arns).await;
        let urls: Vec<(String, bool)> =
            batch.ids().into_iter().map(|url| (url.clone(), told.of(&url).is_some())).collect();
        let answers = concurrently(urls, |(url, told)| async move {
            let (attributes, tags) = tokio::join!(
                place.call(
                    &SQS,
                    Ask::of("GetQueueAttributes").with("QueueUrl", url.as_str()).with("AttributeNames", json!(["All"]))
                ),
                async {
                    match told {
                        true => None,
                        false => Some(place.call(&SQS, Ask::of("ListQueueTags").with("QueueUrl", url.as_str())).await),
                    }
                },
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
                None => object.tag_list(told.of(&url).unwrap_or_default(), ("Key", "Value")),
                Some(answer) => {
                    batch.detailed(&url, object, answer, |object, answer| object.tag_map(answer.at("Tags")))
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
