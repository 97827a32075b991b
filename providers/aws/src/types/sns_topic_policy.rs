//! `aws_sns_topic_policy`: GetTopicAttributes for each managed policy. Every topic has one, so none is ever unmanaged.

use provider_api::{ResourceType, Rule, RuleKind};

pub(super) static TYPE: ResourceType = ResourceType {
    name: "aws_sns_topic_policy",
    permissions: &["sns:GetTopicAttributes"],
    identity: &[],
    rules: &[Rule { pattern: "policy", kind: RuleKind::Policy }],
    owners: &[],
};

#[cfg(feature = "sdk")]
pub(super) mod live {
    use super::super::sns_topic::live::{ABSENT, entries};
    use crate::sdk::prelude::*;
    use service::SNS;

    pub(crate) async fn read(place: &Place, batch: &mut Batch<'_>) -> Result<(), Gap> {
        let arns: Vec<String> = batch.instances().iter().map(|instance| instance.id.to_owned()).collect();
        let answers = concurrently(arns, |arn| async move {
            let answer = place.call(&SNS, Ask::of("GetTopicAttributes").with("TopicArn", arn.as_str())).await;
            (arn, answer)
        })
        .await;
        for (arn, answer) in answers {
            match answer {
                Ok(answer) => {
                    let attributes = entries(&answer);
                    let text = |name: &str| attributes.get(name).copied();
                    if let Some(policy) = text("Policy") {
                        batch.found(&arn, || {
                            Object::new()
                                .value("id", arn.as_str())
                                .value("arn", arn.as_str())
                                .text("owner", text("Owner"))
                                .value("policy", policy)
                        });
                    }
                }
                Err(failure) if failure.is(ABSENT) => {}
                Err(failure) => batch.gap(&arn, failure.into()),
            }
        }
        Ok(())
    }
}
