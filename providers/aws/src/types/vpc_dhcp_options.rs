//! `aws_vpc_dhcp_options`: DescribeDhcpOptions.
//! Not read: options that the API does not list; a set cannot be changed after it was made.

use provider_api::ResourceType;

pub(super) static TYPE: ResourceType = ResourceType {
    name: "aws_vpc_dhcp_options",
    permissions: &["ec2:DescribeDhcpOptions", "ec2:DescribeVpcs"],
    identity: &[],
    rules: &[],
    owners: &[],
};

#[cfg(feature = "sdk")]
pub(super) mod live {
    use crate::sdk::prelude::*;
    use aws_sdk_ec2::types::DhcpOptions;

    pub(crate) async fn read(place: &Place, batch: &mut Batch<'_>) -> Result<(), Gap> {
        let default = default_options(place).await;
        for options in place.dhcp_options().await? {
            let id = options.dhcp_options_id().unwrap_or_default();
            if !batch.requests(id) && !place.owns(options.owner_id()) {
                continue;
            }
            let is_default = options.tags().is_empty() && default == Some(id);
            let origin = if is_default { Origin::Default } else { Origin::Created };
            batch.add(id, origin, || {
                options.dhcp_configurations().iter().fold(convert(place, options), |object, configuration| {
                    let mut values = configuration.values().iter().filter_map(|value| value.value());
                    match attribute(configuration.key()) {
                        Some((name, true)) => object.texts(name, values),
                        Some((name, false)) => object.text(name, values.next()),
                        None => object,
                    }
                })
            });
        }
        Ok(())
    }

    /// The set that the default VPC uses came with the region, unless someone replaced it.
    /// Where VPCs cannot be listed the mark is missing, nothing else.
    async fn default_options(place: &Place) -> Option<&str> {
        place.vpcs().await.ok()?.iter().find(|vpc| vpc.is_default() == Some(true))?.dhcp_options_id()
    }

    /// The attribute of an option, and whether it is a list.
    pub(in crate::types) fn attribute(option: Option<&str>) -> Option<(&'static str, bool)> {
        Some(match option? {
            "domain-name" => ("domain_name", false),
            "domain-name-servers" => ("domain_name_servers", true),
            "ipv6-address-preferred-lease-time" => ("ipv6_address_preferred_lease_time", false),
            "netbios-name-servers" => ("netbios_name_servers", true),
            "netbios-node-type" => ("netbios_node_type", false),
            "ntp-servers" => ("ntp_servers", true),
            _ => return None,
        })
    }

    /// All but the options themselves.
    pub(in crate::types) fn convert(place: &Place, options: &DhcpOptions) -> Object {
        let id = options.dhcp_options_id().unwrap_or_default();
        let owner = Some(options.owner_id().unwrap_or_default());
        Object::new()
            .text("id", Some(id))
            .text_if_known("arn", place.arn(owner, &format!("dhcp-options/{id}")).as_deref())
            .text("owner_id", owner)
            .tags(options.tags())
    }
}
