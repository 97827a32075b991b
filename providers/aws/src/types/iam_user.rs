//! `aws_iam_user`: GetAccountAuthorizationDetails for all.
//! Not read: `force_destroy`, which only Terraform knows.

use provider_api::ResourceType;

pub(super) static TYPE: ResourceType = ResourceType {
    name: "aws_iam_user",
    permissions: &["iam:GetAccountAuthorizationDetails"],
    identity: &[],
    rules: &[],
    owners: &[],
};

#[cfg(feature = "sdk")]
pub(super) mod live {
    use crate::iam;
    use crate::sdk::prelude::*;

    pub(crate) async fn read(place: &Place, batch: &mut Batch<'_>) -> Result<(), Gap> {
        for user in iam::USER.all(place).await?.iter() {
            let name = iam::USER.name(user);
            batch.add(name, Origin::Created, || {
                Object::new()
                    .value("id", name)
                    .text("arn", user.text("Arn"))
                    .value("name", name)
                    .text("path", user.text("Path"))
                    .text("permissions_boundary", user.text("PermissionsBoundary.PermissionsBoundaryArn"))
                    .text("unique_id", user.text("UserId"))
                    .tag_list(user.list("Tags.member"), ("Key", "Value"))
            });
        }
        Ok(())
    }
}
