//! `aws_sqs_queue_policy`: GetQueueAttributes for each managed policy. A queue without one has no such object.

use provider_api::{ResourceType, Rule, RuleKind};

pub(super) static TYPE: ResourceType = ResourceType {
    name: "aws_sqs_queue_policy",
    permissions: &["sqs:GetQueueAttributes"],
    identity: &[],
    rules: &[Rule { pattern: "policy", kind: RuleKind::Policy }],
    owners: &[],
};

#[cfg(feature = "sdk")]
pub(super) mod live {
    use super::super::sqs_queue::live::ABSENT;
    use crate::sdk::prelude::*;
    use serde_json::json;
    use service::SQS;

    pub(crate) async fn read(place: &Place, batch: &mut Batch<'_>) -> Result<(), Gap> {
        let urls: Vec<String> = batch.instances().iter().map(|instance| instance.id.to_owned()).collect();
        let answers = concurrently(urls, |url| async move {
            let ask =
                Ask::of("GetQueueAttributes").with("QueueUrl", url.as_str()).with("AttributeNames", json!(["Policy"]));
            (url, place.call(&SQS, ask).await)
        })
        .await;
        for (url, answer) in answers {
            match answer {
                Ok(answer) => {
                    if let Some(policy) = answer.text("Attributes.Policy") {
                        batch.found(&url, || {
                            Object::new()
                                .value("id", url.as_str())
                                .value("queue_url", url.as_str())
                                .value("policy", policy)
                        });
                    }
                }
                Err(failure) if failure.is(ABSENT) => {}
                Err(failure) => batch.gap(&url, failure.into()),
            }
        }
        Ok(())
    }
}
