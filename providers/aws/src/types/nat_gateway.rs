//! `aws_nat_gateway`: DescribeNatGateways. Deleted gateways stay listed for an hour and count as absent.
//! Not read: what belongs to regional gateways only.

use provider_api::ResourceType;

pub(super) static TYPE: ResourceType = ResourceType {
    name: "aws_nat_gateway",
    permissions: &["ec2:DescribeNatGateways"],
    identity: &[],
    rules: &[],
    owners: &[],
};

#[cfg(feature = "sdk")]
pub(super) mod live {
    use crate::sdk::prelude::*;
    use crate::timestamp::timestamp;
    use aws_sdk_ec2::types::{NatGateway, NatGatewayAddress, NatGatewayState};

    pub(crate) async fn read(place: &Place, batch: &mut Batch<'_>) -> Result<(), Gap> {
        let gateways = place.nat_gateways().await?.iter();
        for gateway in gateways.filter(|gateway| gateway.state() != Some(&NatGatewayState::Deleted)) {
            batch.add(gateway.nat_gateway_id().unwrap_or_default(), Origin::Created, || convert(gateway));
        }
        Ok(())
    }

    fn convert(gateway: &NatGateway) -> Object {
        let addresses = gateway.nat_gateway_addresses();
        // Older gateways do not say which of their addresses is the primary one, and have a single one.
        let is_primary = |address: &NatGatewayAddress| address.is_primary() == Some(true) || addresses.len() == 1;
        let secondary = || addresses.iter().filter(|address| !is_primary(address));
        let set = |text: &&str| !text.is_empty();
        let private_ips: Vec<&str> = secondary().filter_map(|address| address.private_ip()).filter(set).collect();
        let object = Object::new()
            .created(gateway.create_time().and_then(timestamp))
            .text("id", gateway.nat_gateway_id())
            .text("connectivity_type", gateway.connectivity_type().map(|kind| kind.as_str()))
            .texts("secondary_allocation_ids", secondary().filter_map(|address| address.allocation_id()).filter(set))
            .number("secondary_private_ip_address_count", i64::try_from(private_ips.len()).ok())
            .texts("secondary_private_ip_addresses", private_ips)
            .text("subnet_id", gateway.subnet_id())
            .tags(gateway.tags());
        match addresses.iter().find(|address| is_primary(address)) {
            Some(address) => object
                .text("allocation_id", address.allocation_id())
                .text("association_id", address.association_id())
                .text("network_interface_id", address.network_interface_id())
                .text("private_ip", address.private_ip())
                .text("public_ip", address.public_ip()),
            None => object,
        }
    }
}

#[cfg(all(test, feature = "sdk"))]
mod tests {
    use crate::sdk::tests::{answer, attributes, ids, place, read};
    use serde_json::json;

    #[test]
    fn primary_and_secondary_addresses_are_told_apart() {
        let place = place(|action| {
            answer(
                action,
                "<natGatewaySet>\
                 <item><natGatewayId>nat-1</natGatewayId><state>available</state><natGatewayAddressSet>\
                 <item><allocationId>eipalloc-2</allocationId><privateIp>10.0.0.2</privateIp><isPrimary>false</isPrimary></item>\
                 <item><allocationId>eipalloc-1</allocationId><privateIp>10.0.0.1</privateIp><isPrimary>true</isPrimary></item>\
                 </natGatewayAddressSet></item>\
                 <item><natGatewayId>nat-2</natGatewayId><state>available</state><natGatewayAddressSet>\
                 <item><allocationId>eipalloc-3</allocationId></item></natGatewayAddressSet></item>\
                 <item><natGatewayId>nat-3</natGatewayId><state>deleted</state></item></natGatewaySet>",
            )
        });
        let requested = ["nat-1", "nat-2", "nat-3"].map(|id| json!({"id": id}));
        let outcome = read(&place, "aws_nat_gateway", &requested);
        assert_eq!(ids(&outcome.objects), ["nat-1", "nat-2"], "a deleted gateway is absent");
        let gateway = attributes(&outcome.objects, "nat-1");
        assert_eq!((&gateway["allocation_id"], &gateway["private_ip"]), (&json!("eipalloc-1"), &json!("10.0.0.1")));
        assert_eq!(gateway["secondary_allocation_ids"], json!(["eipalloc-2"]));
        assert_eq!(gateway["secondary_private_ip_addresses"], json!(["10.0.0.2"]));
        assert_eq!(gateway["secondary_private_ip_address_count"], 1);
        assert_eq!(attributes(&outcome.objects, "nat-2")["allocation_id"], "eipalloc-3");
    }
}
