//! `aws_vpn_gateway`: DescribeVpnGateways. Deleted gateways stay listed for a while and count as absent.
//! Not read: `availability_zone` where the API leaves it out.

use crate::rules::{ids, single, single_of};
use provider_api::{Owner, ResourceType};

pub(super) static TYPE: ResourceType = ResourceType {
    name: "aws_vpn_gateway",
    permissions: &["ec2:DescribeVpnGateways"],
    identity: &[],
    rules: &[],
    owners: &[Owner {
        attribute: "vpc_id",
        resource_type: "aws_vpn_gateway_attachment",
        parents: |attachment| ids(attachment, "vpn_gateway_id"),
        parts: |attachment| single_of(attachment, "vpc_id"),
        split: single,
    }],
};

#[cfg(feature = "sdk")]
pub(super) mod live {
    use crate::sdk::prelude::*;
    use aws_sdk_ec2::types::{AttachmentStatus, VpnGateway, VpnState};

    pub(crate) async fn read(place: &Place, batch: &mut Batch<'_>) -> Result<(), Gap> {
        let gateways = place.vpn_gateways().await?.iter();
        for gateway in gateways.filter(|gateway| gateway.state() != Some(&VpnState::Deleted)) {
            batch.add(gateway.vpn_gateway_id().unwrap_or_default(), Origin::Created, || convert(place, gateway));
        }
        Ok(())
    }

    fn convert(place: &Place, gateway: &VpnGateway) -> Object {
        let id = gateway.vpn_gateway_id().unwrap_or_default();
        let attached = gateway.vpc_attachments().iter().rfind(|one| one.state() == Some(&AttachmentStatus::Attached));
        // Terraform records an unset number as zero.
        let asn = gateway.amazon_side_asn().unwrap_or_default().to_string();
        Object::new()
            .text("id", Some(id))
            .text("amazon_side_asn", Some(&asn))
            .text_if_known("arn", place.arn(place.account.as_deref(), &format!("vpn-gateway/{id}")).as_deref())
            .text_if_known("availability_zone", gateway.availability_zone().filter(|zone| !zone.is_empty()))
            .text("vpc_id", attached.and_then(|attachment| attachment.vpc_id()))
            .tags(gateway.tags())
    }
}
