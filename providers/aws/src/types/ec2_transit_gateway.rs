//! `aws_ec2_transit_gateway`: DescribeTransitGateways. Deleted gateways stay listed for a while and count as absent.

use crate::rules::SAME_CIDR;
use provider_api::{ResourceType, Rule};

pub(super) static TYPE: ResourceType = ResourceType {
    name: "aws_ec2_transit_gateway",
    permissions: &["ec2:DescribeTransitGateways"],
    identity: &[],
    rules: &[Rule { pattern: "transit_gateway_cidr_blocks.*", kind: SAME_CIDR }],
    owners: &[],
};

#[cfg(feature = "sdk")]
pub(super) mod live {
    use crate::sdk::prelude::*;
    use crate::timestamp::timestamp;
    use aws_sdk_ec2::types::{TransitGateway, TransitGatewayState};

    pub(crate) async fn read(place: &Place, batch: &mut Batch<'_>) -> Result<(), Gap> {
        let gateways = place.transit_gateways().await?.iter();
        for gateway in gateways.filter(|gateway| gateway.state() != Some(&TransitGatewayState::Deleted)) {
            let id = gateway.transit_gateway_id().unwrap_or_default();
            if batch.requests(id) || place.owns(gateway.owner_id()) {
                batch.add(id, Origin::Created, || convert(gateway));
            }
        }
        Ok(())
    }

    fn convert(gateway: &TransitGateway) -> Object {
        let object = Object::new()
            .created(gateway.creation_time().and_then(timestamp))
            .text("id", gateway.transit_gateway_id())
            .text("arn", gateway.transit_gateway_arn())
            .text("description", gateway.description())
            .text("owner_id", gateway.owner_id())
            .tags(gateway.tags());
        let Some(options) = gateway.options() else { return object };
        object
            .number("amazon_side_asn", options.amazon_side_asn())
            .text("association_default_route_table_id", options.association_default_route_table_id())
            .text(
                "auto_accept_shared_attachments",
                options.auto_accept_shared_attachments().map(|support| support.as_str()),
            )
            .text(
                "default_route_table_association",
                options.default_route_table_association().map(|support| support.as_str()),
            )
            .text(
                "default_route_table_propagation",
                options.default_route_table_propagation().map(|support| support.as_str()),
            )
            .text("dns_support", options.dns_support().map(|support| support.as_str()))
            .text("multicast_support", options.multicast_support().map(|support| support.as_str()))
            .text("propagation_default_route_table_id", options.propagation_default_route_table_id())
            .text(
                "security_group_referencing_support",
                options.security_group_referencing_support().map(|support| support.as_str()),
            )
            .texts("transit_gateway_cidr_blocks", options.transit_gateway_cidr_blocks())
            .text("vpn_ecmp_support", options.vpn_ecmp_support().map(|support| support.as_str()))
    }
}
