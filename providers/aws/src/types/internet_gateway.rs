//! `aws_internet_gateway`: DescribeInternetGateways.

use crate::rules::{ids, single, single_of};
use provider_api::{Owner, ResourceType};

pub(super) static TYPE: ResourceType = ResourceType {
    name: "aws_internet_gateway",
    permissions: &["ec2:DescribeInternetGateways", "ec2:DescribeVpcs"],
    identity: &[],
    rules: &[],
    owners: &[Owner {
        attribute: "vpc_id",
        resource_type: "aws_internet_gateway_attachment",
        parents: |attachment| ids(attachment, "internet_gateway_id"),
        parts: |attachment| single_of(attachment, "vpc_id"),
        split: single,
    }],
};

#[cfg(feature = "sdk")]
pub(super) mod live {
    use crate::sdk::prelude::*;
    use aws_sdk_ec2::types::InternetGateway;

    pub(crate) async fn read(place: &Place, batch: &mut Batch<'_>) -> Result<(), Gap> {
        let default_vpc = default_vpc(place).await;
        for gateway in place.internet_gateways().await? {
            let of_default_vpc = gateway.tags().is_empty() && default_vpc.is_some() && vpc_id(gateway) == default_vpc;
            let origin = if of_default_vpc { Origin::Default } else { Origin::Created };
            batch.add(gateway.internet_gateway_id().unwrap_or_default(), origin, || convert(place, gateway));
        }
        Ok(())
    }

    /// The default VPC comes with an internet gateway. Where VPCs cannot be listed the mark is missing, nothing else.
    async fn default_vpc(place: &Place) -> Option<&str> {
        place.vpcs().await.ok()?.iter().find(|vpc| vpc.is_default() == Some(true))?.vpc_id()
    }

    fn vpc_id(gateway: &InternetGateway) -> Option<&str> {
        gateway.attachments().first()?.vpc_id()
    }

    fn convert(place: &Place, gateway: &InternetGateway) -> Object {
        let id = gateway.internet_gateway_id().unwrap_or_default();
        Object::new()
            .text("id", gateway.internet_gateway_id())
            .text_if_known("arn", place.arn(gateway.owner_id(), &format!("internet-gateway/{id}")).as_deref())
            .text("owner_id", gateway.owner_id())
            .text("vpc_id", vpc_id(gateway))
            .tags(gateway.tags())
    }
}
