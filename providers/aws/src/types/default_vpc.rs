//! `aws_default_vpc`: read as `aws_vpc` is, which also lists it where nobody asked for it.
//! Not read: `existing_default_vpc` and `force_destroy`, which only Terraform knows.

use super::vpc::{OWNERS, PERMISSIONS, RULES};
use provider_api::ResourceType;

pub(super) static TYPE: ResourceType =
    ResourceType { name: "aws_default_vpc", permissions: PERMISSIONS, identity: &[], rules: RULES, owners: OWNERS };

#[cfg(feature = "sdk")]
pub(super) mod live {
    use crate::sdk::prelude::*;

    pub(crate) async fn read(place: &Place, batch: &mut Batch<'_>) -> Result<(), Gap> {
        let vpcs = place.vpcs().await?.iter().filter(|vpc| vpc.vpc_id().is_some_and(|id| batch.requests(id))).collect();
        super::super::vpc::live::read_vpcs(place, batch, vpcs).await
    }
}
