//! `aws_default_vpc_dhcp_options`: DescribeDhcpOptions. `aws_vpc_dhcp_options` lists it where nobody asked for it.

use provider_api::ResourceType;

pub(super) static TYPE: ResourceType = ResourceType {
    name: "aws_default_vpc_dhcp_options",
    permissions: &["ec2:DescribeDhcpOptions"],
    identity: &[],
    rules: &[],
    owners: &[],
};

#[cfg(feature = "sdk")]
pub(super) mod live {
    use super::super::vpc_dhcp_options::live::{attribute, convert};
    use crate::sdk::prelude::*;

    pub(crate) async fn read(place: &Place, batch: &mut Batch<'_>) -> Result<(), Gap> {
        for options in place.dhcp_options().await? {
            batch.found(options.dhcp_options_id().unwrap_or_default(), || {
                // All options are plain strings in this type, of which Terraform records the first value.
                options.dhcp_configurations().iter().fold(convert(place, options), |object, configuration| {
                    let value = configuration.values().first().and_then(|value| value.value());
                    match attribute(configuration.key()) {
                        Some((name, _)) => object.text(name, value),
                        None => object,
                    }
                })
            });
        }
        Ok(())
    }
}
