//! `aws_iam_group`: GetAccountAuthorizationDetails for all.

use provider_api::ResourceType;

pub(super) static TYPE: ResourceType = ResourceType {
    name: "aws_iam_group",
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
        for group in iam::GROUP.all(place).await?.iter() {
            let name = iam::GROUP.name(group);
            batch.add(name, Origin::Created, || {
                Object::new()
                    .value("id", name)
                    .text("arn", group.text("Arn"))
                    .value("name", name)
                    .text("path", group.text("Path"))
                    .text("unique_id", group.text("GroupId"))
            });
        }
        Ok(())
    }
}
