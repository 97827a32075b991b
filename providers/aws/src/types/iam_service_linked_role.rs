//! `aws_iam_service_linked_role`: GetAccountAuthorizationDetails and ListRoles for all.

use provider_api::ResourceType;

pub(super) static TYPE: ResourceType = ResourceType {
    name: "aws_iam_service_linked_role",
    permissions: &["iam:GetAccountAuthorizationDetails", "iam:ListRoles"],
    identity: &[],
    rules: &[],
    owners: &[],
};

#[cfg(feature = "sdk")]
pub(super) mod live {
    use crate::iam;
    use crate::sdk::prelude::*;
    use serde_json::Value;
    use std::collections::HashMap;

    pub(crate) async fn read(place: &Place, batch: &mut Batch<'_>) -> Result<(), Gap> {
        let (roles, settings) = tokio::join!(iam::ROLE.all(place), iam::role_settings(place));
        let settings = batch.detail(settings).unwrap_or_default();
        let descriptions: HashMap<&str, Option<&str>> =
            settings.iter().filter_map(|role| Some((role.text("Arn")?, role.text("Description")))).collect();
        for role in roles?.iter() {
            // `aws_iam_role` lists them among all other roles.
            if let (Some(service), Some(arn)) = (iam::service_of(role), role.text("Arn")) {
                batch.found(arn, || {
                    let object = convert(service, arn, role);
                    descriptions.get(arn).into_iter().fold(object, |object, text| object.text("description", *text))
                });
            }
        }
        Ok(())
    }

    fn convert(service: &str, arn: &str, role: &Value) -> Object {
        let name = role.text("RoleName").unwrap_or_default();
        Object::new()
            .value("id", arn)
            .value("arn", arn)
            .value("aws_service_name", service)
            .text("create_date", iam::time(role.text("CreateDate")).as_deref())
            .text("custom_suffix", name.split_once('_').map(|(_, suffix)| suffix))
            .value("name", name)
            .text("path", role.text("Path"))
            .tag_list(role.list("Tags.member"), ("Key", "Value"))
            .text("unique_id", role.text("RoleId"))
    }
}
