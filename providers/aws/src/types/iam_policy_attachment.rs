//! `aws_iam_policy_attachment`: GetAccountAuthorizationDetails, whose roles, users and groups name their policies. It stands
//! for every attachment of its policy in the account, so one that is in no state cannot be.

use crate::rules::{ids, text};
use provider_api::{Attributes, ResourceType};

pub(super) static TYPE: ResourceType = ResourceType {
    name: "aws_iam_policy_attachment",
    permissions: &["iam:GetAccountAuthorizationDetails"],
    identity: &["policy_arn"],
    rules: &[],
    owners: &[],
};

/// The single attachments that one stands for, as they are listed.
pub(super) fn attachments(recorded: &Attributes) -> Vec<(&'static str, String)> {
    let Some(policy) = text(recorded, "policy_arn") else { return Vec::new() };
    let of = |attribute: &str, resource_type: &'static str| {
        let attachment = |holder: String| (resource_type, format!("{holder}/{policy}"));
        ids(recorded, attribute).into_iter().map(attachment).collect::<Vec<_>>()
    };
    [
        of("groups", "aws_iam_group_policy_attachment"),
        of("roles", "aws_iam_role_policy_attachment"),
        of("users", "aws_iam_user_policy_attachment"),
    ]
    .concat()
}

#[cfg(feature = "sdk")]
pub(super) mod live {
    use crate::iam;
    use crate::sdk::prelude::*;
    use serde_json::Value;

    pub(crate) async fn read(place: &Place, batch: &mut Batch<'_>) -> Result<(), Gap> {
        let (roles, users, groups) = tokio::join!(iam::ROLE.all(place), iam::USER.all(place), iam::GROUP.all(place));
        let (roles, users, groups) = (roles?, users?, groups?);
        for instance in batch.instances() {
            let recorded = batch.recorded(instance);
            let (Some(name), Some(policy)) = (recorded.text("name"), recorded.text("policy_arn")) else {
                batch.unidentified(instance, "name and policy_arn");
                continue;
            };
            let holders = |principal: &iam::Principal, all: &[Value]| -> Vec<String> {
                let attached = |one: &&Value| {
                    one.list("AttachedManagedPolicies.member").iter().any(|one| one.text("PolicyArn") == Some(policy))
                };
                all.iter().filter(attached).map(|one| principal.name(one).to_owned()).collect()
            };
            let names = [holders(&iam::ROLE, &roles), holders(&iam::USER, &users), holders(&iam::GROUP, &groups)];
            // Attached to nothing, it is not there (as the provider has it).
            if names.iter().all(Vec::is_empty) {
                continue;
            }
            let [roles, users, groups] = names;
            batch.found(instance.id, || {
                Object::new()
                    .value("id", name)
                    .texts("groups", groups)
                    .value("name", name)
                    .value("policy_arn", policy)
                    .texts("roles", roles)
                    .texts("users", users)
            });
        }
        Ok(())
    }
}
