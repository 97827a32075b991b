//! `aws_organizations_policy`: DescribePolicy and ListTagsForResource for each managed policy. Policies are listed by kind,
//! so those in no state are not sought. Not read: `skip_destroy`, which only Terraform knows.

use provider_api::{ResourceType, Rule, RuleKind};

pub(super) static TYPE: ResourceType = ResourceType {
    name: "aws_organizations_policy",
    permissions: &["organizations:DescribePolicy", "organizations:ListTagsForResource"],
    identity: &[],
    rules: &[Rule { pattern: "content", kind: RuleKind::Policy }],
    owners: &[],
};

#[cfg(feature = "sdk")]
pub(super) mod live {
    use crate::organizations::with_tags;
    use crate::sdk::prelude::*;
    use serde_json::Value;
    use service::ORGANIZATIONS;

    pub(crate) async fn read(place: &Place, batch: &mut Batch<'_>) -> Result<(), Gap> {
        let answers = concurrently(batch.ids(), |id| async move {
            let policy = Ask::of("DescribePolicy").with("PolicyId", id.as_str());
            let tags = Ask::of("ListTagsForResource").with("ResourceId", id.as_str());
            let answers = tokio::join!(place.call(&ORGANIZATIONS, policy), place.call(&ORGANIZATIONS, tags));
            (id, answers)
        })
        .await;
        for (id, (answer, tags)) in answers {
            let Some(answer) = batch.existing(&id, answer, &["PolicyNotFoundException"]) else { continue };
            let Some(policy) = answer.at("Policy") else { continue };
            let object = batch.detailed(&id, convert(&id, policy), tags, with_tags);
            batch.found(&id, || object);
        }
        Ok(())
    }

    fn convert(id: &str, policy: &Value) -> Object {
        Object::new()
            .value("id", id)
            .text("arn", policy.text("PolicySummary.Arn"))
            .text("content", policy.text("Content"))
            .text("description", policy.text("PolicySummary.Description"))
            .text("name", policy.text("PolicySummary.Name"))
            .text("type", policy.text("PolicySummary.Type"))
    }
}
