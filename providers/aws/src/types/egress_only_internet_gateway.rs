//! `aws_egress_only_internet_gateway`: DescribeEgressOnlyInternetGateways.

use provider_api::ResourceType;

pub(super) static TYPE: ResourceType = ResourceType {
    name: "aws_egress_only_internet_gateway",
    permissions: &["ec2:DescribeEgressOnlyInternetGateways"],
    identity: &[],
    rules: &[],
    owners: &[],
};

#[cfg(feature = "sdk")]
pub(super) mod live {
    use crate::sdk::prelude::*;
    use aws_sdk_ec2::types::{AttachmentStatus, EgressOnlyInternetGateway};

    pub(crate) async fn read(place: &Place, batch: &mut Batch<'_>) -> Result<(), Gap> {
        for gateway in place.egress_only_internet_gateways().await? {
            let id = gateway.egress_only_internet_gateway_id().unwrap_or_default();
            batch.add(id, Origin::Created, || convert(gateway));
        }
        Ok(())
    }

    fn convert(gateway: &EgressOnlyInternetGateway) -> Object {
        let attached = gateway.attachments().iter().find(|one| one.state() == Some(&AttachmentStatus::Attached));
        Object::new()
            .text("id", gateway.egress_only_internet_gateway_id())
            .text("vpc_id", attached.and_then(|attachment| attachment.vpc_id()))
            .tags(gateway.tags())
    }
}
