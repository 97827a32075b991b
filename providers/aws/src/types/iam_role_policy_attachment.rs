//! `aws_iam_role_policy_attachment`: GetAccountAuthorizationDetails for all.

use provider_api::ResourceType;

pub(super) static TYPE: ResourceType = ResourceType {
    name: "aws_iam_role_policy_attachment",
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
        iam::ROLE.read_attachments(place, batch).await
    }
}
