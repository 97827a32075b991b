//! `aws_customer_gateway`: DescribeCustomerGateways. Deleted gateways stay listed for a while and count as absent.

use provider_api::ResourceType;

pub(super) static TYPE: ResourceType = ResourceType {
    name: "aws_customer_gateway",
    permissions: &["ec2:DescribeCustomerGateways"],
    identity: &[],
    rules: &[],
    owners: &[],
};

#[cfg(feature = "sdk")]
pub(super) mod live {
    use crate::sdk::prelude::*;
    use aws_sdk_ec2::types::CustomerGateway;

    pub(crate) async fn read(place: &Place, batch: &mut Batch<'_>) -> Result<(), Gap> {
        let gateways = place.customer_gateways().await?.iter();
        for gateway in gateways.filter(|gateway| gateway.state() != Some("deleted")) {
            batch.add(gateway.customer_gateway_id().unwrap_or_default(), Origin::Created, || convert(place, gateway));
        }
        Ok(())
    }

    fn convert(place: &Place, gateway: &CustomerGateway) -> Object {
        let id = gateway.customer_gateway_id().unwrap_or_default();
        Object::new()
            .text("id", Some(id))
            .text_if_known("arn", place.arn(place.account.as_deref(), &format!("customer-gateway/{id}")).as_deref())
            .text("bgp_asn", gateway.bgp_asn())
            .text("bgp_asn_extended", gateway.bgp_asn_extended())
            .text("certificate_arn", gateway.certificate_arn())
            .text("device_name", gateway.device_name())
            .text("ip_address", gateway.ip_address())
            .text("type", gateway.r#type())
            .tags(gateway.tags())
    }
}
