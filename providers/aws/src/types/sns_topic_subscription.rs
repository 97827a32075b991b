//! `aws_sns_topic_subscription`: GetSubscriptionAttributes for each managed one, ListSubscriptions for all others.
//! Not read: what only Terraform knows (`confirmation_timeout_in_minutes`, `endpoint_auto_confirms`).

use provider_api::{ResourceType, Rule, RuleKind};

pub(super) static TYPE: ResourceType = ResourceType {
    name: "aws_sns_topic_subscription",
    permissions: &["sns:GetSubscriptionAttributes", "sns:ListSubscriptions"],
    identity: &[],
    rules: &[
        Rule { pattern: "delivery_policy", kind: RuleKind::Json },
        Rule { pattern: "filter_policy", kind: RuleKind::Json },
        Rule { pattern: "redrive_policy", kind: RuleKind::Json },
        Rule { pattern: "replay_policy", kind: RuleKind::Json },
    ],
    owners: &[],
};

#[cfg(feature = "sdk")]
pub(super) mod live {
    use crate::sdk::prelude::*;
    use serde_json::Value;
    use service::SNS;
    use std::collections::HashMap;

    const SUBSCRIPTIONS: Paging = Paging {
        items: "ListSubscriptionsResult.Subscriptions.member",
        answered: "ListSubscriptionsResult.NextToken",
        asked: "NextToken",
    };

    pub(crate) async fn read(place: &Place, batch: &mut Batch<'_>) -> Result<(), Gap> {
        if batch.wants_unrequested() {
            for one in place.list(&SNS, Ask::of("ListSubscriptions"), SUBSCRIPTIONS).await?.iter() {
                // One that nobody has confirmed yet has no ARN, and is nothing yet.
                let Some(arn) = one.text("SubscriptionArn").filter(|arn| arn.starts_with("arn:")) else { continue };
                if !batch.requests(arn) {
                    batch.add(arn, Origin::Created, || {
                        Object::new().value("id", arn).value("arn", arn).text("topic_arn", one.text("TopicArn"))
                    });
                }
            }
        }
        let answers = concurrently(batch.ids(), |arn| async move {
            let answer =
                place.call(&SNS, Ask::of("GetSubscriptionAttributes").with("SubscriptionArn", arn.as_str())).await;
            (arn, answer)
        })
        .await;
        for (arn, answer) in answers {
            let Some(answer) = batch.existing(&arn, answer, &["NotFound"]) else { continue };
            batch.found(&arn, || convert(&arn, &answer));
        }
        Ok(())
    }

    fn convert(arn: &str, answer: &Value) -> Object {
        let entries = answer.list("GetSubscriptionAttributesResult.Attributes.entry").iter();
        let attributes: HashMap<&str, &str> =
            entries.filter_map(|entry| Some((entry.text("key")?, entry.text("value")?))).collect();
        let text = |name: &str| attributes.get(name).copied();
        let on = |name: &str| text(name) == Some("true");
        Object::new()
            .value("id", arn)
            .value("arn", arn)
            .value("confirmation_was_authenticated", on("ConfirmationWasAuthenticated"))
            .text("delivery_policy", text("DeliveryPolicy"))
            .text("endpoint", text("Endpoint"))
            .text("filter_policy", text("FilterPolicy"))
            .text_if_known("filter_policy_scope", text("FilterPolicyScope"))
            .text("owner_id", text("Owner"))
            .value("pending_confirmation", on("PendingConfirmation"))
            .text("protocol", text("Protocol"))
            .value("raw_message_delivery", on("RawMessageDelivery"))
            .text("redrive_policy", text("RedrivePolicy"))
            .text("replay_policy", text("ReplayPolicy"))
            .text("subscription_role_arn", text("SubscriptionRoleArn"))
            .text("topic_arn", text("TopicArn"))
    }
}
