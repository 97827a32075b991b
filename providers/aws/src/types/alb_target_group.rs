//! `aws_alb_target_group`: the older name of `aws_lb_target_group`, and the same objects. Those in no state are listed under the newer name.

use provider_api::ResourceType;

pub(super) static TYPE: ResourceType = ResourceType {
    name: "aws_alb_target_group",
    permissions: super::lb_target_group::PERMISSIONS,
    identity: &[],
    rules: &[],
    owners: super::lb_target_group::OWNERS,
};

#[cfg(feature = "sdk")]
pub(super) mod live {
    use crate::sdk::prelude::*;

    pub(crate) async fn read(place: &Place, batch: &mut Batch<'_>) -> Result<(), Gap> {
        super::super::lb_target_group::live::read(place, batch).await?;
        batch.only_requested();
        Ok(())
    }
}
