//! `aws_alb_listener`: the older name of `aws_lb_listener`, and the same objects. Those in no state are listed under the newer name.

use provider_api::ResourceType;

pub(super) static TYPE: ResourceType = ResourceType {
    name: "aws_alb_listener",
    permissions: super::lb_listener::PERMISSIONS,
    identity: &[],
    rules: &[],
    owners: &[],
};

#[cfg(feature = "sdk")]
pub(super) mod live {
    use crate::sdk::prelude::*;

    pub(crate) async fn read(place: &Place, batch: &mut Batch<'_>) -> Result<(), Gap> {
        super::super::lb_listener::live::read(place, batch).await?;
        batch.only_requested();
        Ok(())
    }
}
