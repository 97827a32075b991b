//! `aws_iam_role_policy`: GetAccountAuthorizationDetails for all.
//! Not read: `name_prefix`, which follows from `name`.

use provider_api::{ResourceType, Rule, RuleKind};

pub(super) static TYPE: ResourceType = ResourceType {
    name: "aws_iam_role_policy",
    permissions: &["iam:GetAccountAuthorizationDetails"],
    rules: &[Rule { pattern: "policy", kind: RuleKind::Policy }],
    owners: &[],
};

#[cfg(feature = "sdk")]
pub(super) mod live {
    use crate::iam;
    use crate::sdk::prelude::*;

    pub(crate) async fn read(place: &Place, batch: &mut Batch<'_>) -> Result<(), Gap> {
        for role in iam::roles(place).await?.iter() {
            let Some(name) = role.text("RoleName") else { continue };
            for policy in role.list("RolePolicyList.member") {
                let Some(policy_name) = policy.text("PolicyName") else { continue };
                let id = format!("{name}:{policy_name}");
                batch.add(&id, Origin::Created, || {
                    Object::new()
                        .value("id", id.as_str())
                        .value("name", policy_name)
                        .value("policy", iam::document(policy.text("PolicyDocument").unwrap_or_default()))
                        .value("role", name)
                });
            }
        }
        Ok(())
    }
}
