//! `aws_iam_policy`: GetAccountAuthorizationDetails for all of the account's own, ListPolicyTags for each managed one.
//! Not read: `name_prefix`, which follows from `name`.

use provider_api::{ResourceType, Rule, RuleKind};

pub(super) static TYPE: ResourceType = ResourceType {
    name: "aws_iam_policy",
    permissions: &["iam:GetAccountAuthorizationDetails", "iam:ListPolicyTags"],
    identity: &[],
    rules: &[
        Rule {
            pattern: "attachment_count",
            kind: RuleKind::Volatile("counts the policy's users, each its own resource"),
        },
        Rule { pattern: "policy", kind: RuleKind::Policy },
    ],
    owners: &[],
};

#[cfg(feature = "sdk")]
pub(super) mod live {
    use crate::iam;
    use crate::sdk::prelude::*;
    use serde_json::Value;
    use service::IAM;
    use std::collections::HashMap;

    const TAGS: Paging =
        Paging { items: "ListPolicyTagsResult.Tags.member", answered: "ListPolicyTagsResult.Marker", asked: "Marker" };

    pub(crate) async fn read(place: &Place, batch: &mut Batch<'_>) -> Result<(), Gap> {
        let policies = iam::policies(place).await?;
        let arns = policies.iter().filter_map(|policy| policy.text("Arn"));
        let requested: Vec<String> = arns.filter(|arn| batch.requests(arn)).map(str::to_owned).collect();
        let answers = concurrently(requested, |arn| async move {
            let tags = place.list(&IAM, Ask::of("ListPolicyTags").with("PolicyArn", arn.as_str()), TAGS).await;
            (arn, tags)
        })
        .await;
        let mut tags: HashMap<String, _> = answers.into_iter().collect();
        for policy in policies.iter() {
            let arn = policy.text("Arn").unwrap_or_default();
            let object = match tags.remove(arn) {
                Some(Ok(tags)) => convert(arn, policy).tag_list(&tags, ("Key", "Value")),
                Some(Err(gap)) => {
                    batch.gap(arn, gap);
                    convert(arn, policy)
                }
                None => convert(arn, policy),
            };
            batch.add(arn, Origin::Created, || object);
        }
        Ok(())
    }

    fn convert(arn: &str, policy: &Value) -> Object {
        let version = policy
            .list("PolicyVersionList.member")
            .iter()
            .find(|version| version.flag("IsDefaultVersion") == Some(true));
        let object = Object::new()
            .value("id", arn)
            .value("arn", arn)
            .text("description", policy.text("Description"))
            .text_if_known("name", policy.text("PolicyName"))
            .text("path", policy.text("Path"))
            .text_if_known("policy_id", policy.text("PolicyId"));
        match version.and_then(|version| version.text("Document")) {
            Some(document) => object.value("policy", iam::document(document)),
            None => object,
        }
    }
}
