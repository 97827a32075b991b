//! `aws_sns_topic`: GetTopicAttributes for each managed topic, for there is no bulk form, and ListTopics for all others.
//! Not read: `name_prefix`, which follows from `name`.

use crate::rules::{document, document_of, ids};
use provider_api::{Owner, ResourceType, Rule, RuleKind};

pub(super) static TYPE: ResourceType = ResourceType {
    name: "aws_sns_topic",
    permissions: &["sns:GetTopicAttributes", "sns:ListTagsForResource", "sns:ListTopics", "tag:GetResources"],
    identity: &[],
    rules: &[
        Rule { pattern: "archive_policy", kind: RuleKind::Json },
        Rule { pattern: "delivery_policy", kind: RuleKind::Json },
        Rule { pattern: "policy", kind: RuleKind::Policy },
    ],
    owners: &[Owner {
        attribute: "policy",
        resource_type: "aws_sns_topic_policy",
        parents: |policy| ids(policy, "arn"),
        parts: |policy| document_of(policy, "policy"),
        split: document,
    }],
};

#[cfg(feature = "sdk")]
pub(super) mod live {
    use crate::sdk::prelude::*;
    use crate::tagging::told;
    use serde_json::Value;
    use service::SNS;
    use std::collections::HashMap;

    /// The code by which the service says that a topic does not exist.
    pub(in crate::types) const ABSENT: &[&str] = &["NotFound"];

    const TOPICS: Paging =
        Paging { items: "ListTopicsResult.Topics.member", answered: "ListTopicsResult.NextToken", asked: "NextToken" };

    pub(crate) async fn read(place: &Place, batch: &mut Batch<'_>) -> Result<(), Gap> {
        if batch.wants_unrequested() {
            let topics = place.list(&SNS, Ask::of("ListTopics"), TOPICS);
            for arn in topics.await?.iter().filter_map(|topic| topic.text("TopicArn")) {
                if !batch.requests(arn) {
                    batch.add(arn, Origin::Created, || Object::new().value("id", arn).value("arn", arn));
                }
            }
        }
        let arns = batch.ids().into_iter().map(|arn| (arn.clone(), arn)).collect();
        let told = told(place, batch, "sns", arns).await;
        let arns: Vec<(String, bool)> =
            batch.ids().into_iter().map(|arn| (arn.clone(), told.of(&arn).is_some())).collect();
        let answers = concurrently(arns, |(arn, told)| async move {
            let (attributes, tags) =
                tokio::join!(place.call(&SNS, Ask::of("GetTopicAttributes").with("TopicArn", arn.as_str())), async {
                    let ask = Ask::of("ListTagsForResource").with("ResourceArn", arn.as_str());
                    match told {
                        true => None,
                        false => Some(place.call(&SNS, ask).await),
                    }
                },);
            (arn, attributes, tags)
        })
        .await;
        for (arn, attributes, tags) in answers {
            let object = match attributes {
                Ok(answer) => convert(&arn, &entries(&answer)),
                Err(failure) if failure.is(ABSENT) => continue,
                Err(failure) => {
                    batch.gap(&arn, failure.into());
                    continue;
                }
            };
            let object = match tags {
                None => object.tag_list(told.of(&arn).unwrap_or_default(), ("Key", "Value")),
                Some(answer) => batch.detailed(&arn, object, answer, |object, answer| {
                    object.tag_list(answer.list("ListTagsForResourceResult.Tags.member"), ("Key", "Value"))
                }),
            };
            batch.found(&arn, || object);
        }
        Ok(())
    }

    /// The attributes of a topic by name.
    pub(in crate::types) fn entries(answer: &Value) -> HashMap<&str, &str> {
        let entries = answer.list("GetTopicAttributesResult.Attributes.entry").iter();
        entries.filter_map(|entry| Some((entry.text("key")?, entry.text("value")?))).collect()
    }

    /// How often a delivery's success is sampled and which roles log it, by protocol.
    const FEEDBACK: [(&str, &str); 5] = [
        ("application", "Application"),
        ("firehose", "Firehose"),
        ("http", "HTTP"),
        ("lambda", "Lambda"),
        ("sqs", "SQS"),
    ];

    fn convert(arn: &str, attributes: &HashMap<&str, &str>) -> Object {
        let text = |name: &str| attributes.get(name).copied();
        let flag = |name: &str| Some(text(name) == Some("true"));
        let number = |name: &str| text(name).and_then(|text| text.parse::<i64>().ok());
        let object = Object::new()
            .value("id", arn)
            .value("arn", arn)
            .text("archive_policy", text("ArchivePolicy"))
            .text("beginning_archive_time", text("BeginningArchiveTime"))
            .flag("content_based_deduplication", flag("ContentBasedDeduplication"))
            .text("delivery_policy", text("DeliveryPolicy"))
            .text("display_name", text("DisplayName"))
            .flag("fifo_topic", flag("FifoTopic"))
            .text_if_known("fifo_throughput_scope", text("FifoThroughputScope"))
            .text("kms_master_key_id", text("KmsMasterKeyId"))
            .text("name", arn.rsplit(':').next())
            .text("owner", text("Owner"))
            .text("policy", text("Policy"))
            .number("signature_version", number("SignatureVersion"))
            .text("tracing_config", text("TracingConfig"));
        FEEDBACK.iter().fold(object, |object, (name, api)| {
            object
                .text(&format!("{name}_failure_feedback_role_arn"), text(&format!("{api}FailureFeedbackRoleArn")))
                .text(&format!("{name}_success_feedback_role_arn"), text(&format!("{api}SuccessFeedbackRoleArn")))
                .number(
                    &format!("{name}_success_feedback_sample_rate"),
                    number(&format!("{api}SuccessFeedbackSampleRate")),
                )
        })
    }
}
