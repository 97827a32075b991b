//! `aws_default_subnet`: DescribeSubnets. `aws_subnet` lists it where nobody asked for it.
//! Not read: `existing_default_subnet` and `force_destroy`, which only Terraform knows.

use super::subnet::RULES;
use provider_api::ResourceType;

pub(super) static TYPE: ResourceType = ResourceType {
    name: "aws_default_subnet",
    permissions: &["ec2:DescribeSubnets"],
    identity: &[],
    rules: RULES,
    owners: &[],
};

#[cfg(feature = "sdk")]
pub(super) mod live {
    use super::super::subnet::live::convert;
    use crate::sdk::prelude::*;

    pub(crate) async fn read(place: &Place, batch: &mut Batch<'_>) -> Result<(), Gap> {
        for subnet in place.subnets().await? {
            batch.found(subnet.subnet_id().unwrap_or_default(), || convert(subnet));
        }
        Ok(())
    }
}
