//! `aws_alb_target_group_attachment`: the older name of `aws_lb_target_group_attachment`.

use provider_api::ResourceType;

pub(super) static TYPE: ResourceType = ResourceType {
    name: "aws_alb_target_group_attachment",
    permissions: super::lb_target_group_attachment::PERMISSIONS,
    identity: &[],
    rules: &[],
    owners: &[],
};

#[cfg(feature = "sdk")]
pub(super) mod live {
    use crate::sdk::prelude::*;

    pub(crate) async fn read(place: &Place, batch: &mut Batch<'_>) -> Result<(), Gap> {
        super::super::lb_target_group_attachment::live::read(place, batch).await
    }
}
