//! `aws_iam_role_policy_attachment`: GetAccountAuthorizationDetails for all. An attachment is known by its role and policy:
//! the recorded id is Terraform's own.

use provider_api::ResourceType;

pub(super) static TYPE: ResourceType = ResourceType {
    name: "aws_iam_role_policy_attachment",
    permissions: &["iam:GetAccountAuthorizationDetails"],
    rules: &[],
    owners: &[],
};

#[cfg(feature = "sdk")]
pub(super) mod live {
    use crate::iam;
    use crate::sdk::prelude::*;
    use std::collections::HashMap;

    pub(crate) async fn read(place: &Place, batch: &mut Batch<'_>) -> Result<(), Gap> {
        let mut requested: HashMap<(String, String), Vec<String>> = HashMap::new();
        for instance in batch.instances() {
            let recorded = batch.recorded(instance);
            match (recorded.text("role"), recorded.text("policy_arn")) {
                (Some(role), Some(policy)) => {
                    requested.entry((role.to_owned(), policy.to_owned())).or_default().push(instance.id.to_owned());
                }
                _ => batch.unidentified(instance, "role and policy_arn"),
            }
        }
        for role in iam::roles(place).await?.iter() {
            // What a service attached to its own role is the service's.
            let own = !role.text("Path").unwrap_or_default().starts_with("/aws-service-role/");
            let name = role.text("RoleName").unwrap_or_default();
            for policy in
                role.list("AttachedManagedPolicies.member").iter().filter_map(|policy| policy.text("PolicyArn"))
            {
                let object = |id: &str| Object::new().value("id", id).value("policy_arn", policy).value("role", name);
                match requested.get(&(name.to_owned(), policy.to_owned())) {
                    Some(ids) => ids.iter().for_each(|id| batch.found(id, || object(id))),
                    None if own => {
                        // As `terraform import` names it.
                        let id = format!("{name}/{policy}");
                        batch.add(&id, Origin::Created, || object(&id));
                    }
                    None => {}
                }
            }
        }
        Ok(())
    }
}
