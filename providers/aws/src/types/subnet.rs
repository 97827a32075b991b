//! `aws_subnet`: DescribeSubnets.
//! Not read: secondary IPv6 blocks, the free address count, block public access.

use crate::rules::SAME_CIDR;
use provider_api::{ResourceType, Rule};

pub(super) static TYPE: ResourceType = ResourceType {
    name: "aws_subnet",
    permissions: &["ec2:DescribeSubnets"],
    identity: &[],
    rules: RULES,
    owners: &[],
};

pub(super) const RULES: &[Rule] = &[Rule { pattern: "ipv6_cidr_block", kind: SAME_CIDR }];

#[cfg(feature = "sdk")]
pub(super) mod live {
    use crate::sdk::prelude::*;
    use aws_sdk_ec2::types::{Subnet, SubnetCidrBlockStateCode};

    pub(crate) async fn read(place: &Place, batch: &mut Batch<'_>) -> Result<(), Gap> {
        for subnet in place.subnets().await? {
            let origin = if subnet.default_for_az() == Some(true) { Origin::Default } else { Origin::Created };
            let id = subnet.subnet_id().unwrap_or_default();
            // Subnets that other accounts share are not this account's to manage.
            if batch.requests(id) || place.owns(subnet.owner_id()) {
                batch.add(id, origin, || convert(subnet));
            }
        }
        Ok(())
    }

    pub(in crate::types) fn convert(subnet: &Subnet) -> Object {
        let ipv6 = subnet.ipv6_cidr_block_association_set().iter().find(|association| {
            association.ipv6_cidr_block_state().and_then(|state| state.state())
                == Some(&SubnetCidrBlockStateCode::Associated)
        });
        let names = subnet.private_dns_name_options_on_launch();
        Object::new()
            .text("id", subnet.subnet_id())
            .text("arn", subnet.subnet_arn())
            .flag("assign_ipv6_address_on_creation", subnet.assign_ipv6_address_on_creation())
            .text("availability_zone", subnet.availability_zone())
            .text("availability_zone_id", subnet.availability_zone_id())
            .text("cidr_block", subnet.cidr_block())
            .text("customer_owned_ipv4_pool", subnet.customer_owned_ipv4_pool())
            .flag("enable_dns64", subnet.enable_dns64())
            .number("enable_lni_at_device_index", subnet.enable_lni_at_device_index())
            .flag(
                "enable_resource_name_dns_aaaa_record_on_launch",
                names.and_then(|names| names.enable_resource_name_dns_aaaa_record()),
            )
            .flag(
                "enable_resource_name_dns_a_record_on_launch",
                names.and_then(|names| names.enable_resource_name_dns_a_record()),
            )
            .text("ipv6_cidr_block", ipv6.and_then(|association| association.ipv6_cidr_block()))
            .text("ipv6_cidr_block_association_id", ipv6.and_then(|association| association.association_id()))
            .flag("ipv6_native", subnet.ipv6_native())
            .flag("map_customer_owned_ip_on_launch", subnet.map_customer_owned_ip_on_launch())
            .flag("map_public_ip_on_launch", subnet.map_public_ip_on_launch())
            .text("outpost_arn", subnet.outpost_arn())
            .text("owner_id", subnet.owner_id())
            .text(
                "private_dns_hostname_type_on_launch",
                names.and_then(|names| names.hostname_type()).map(|kind| kind.as_str()),
            )
            .text("vpc_id", subnet.vpc_id())
            .tags(subnet.tags())
    }
}
