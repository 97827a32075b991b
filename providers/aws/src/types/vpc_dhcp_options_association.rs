//! `aws_vpc_dhcp_options_association`: DescribeVpcs; the association is part of the VPC, which shows it.

use provider_api::ResourceType;

pub(super) static TYPE: ResourceType = ResourceType {
    name: "aws_vpc_dhcp_options_association",
    permissions: &["ec2:DescribeVpcs"],
    identity: &[],
    rules: &[],
    owners: &[],
};

#[cfg(feature = "sdk")]
pub(super) mod live {
    use crate::sdk::prelude::*;
    use std::collections::HashSet;

    pub(crate) async fn read(place: &Place, batch: &mut Batch<'_>) -> Result<(), Gap> {
        let vpcs = place.vpcs().await?.iter();
        let associated: HashSet<_> = vpcs.map(|vpc| (vpc.vpc_id(), vpc.dhcp_options_id())).collect();
        for instance in batch.instances() {
            let recorded = batch.recorded(instance);
            let (vpc, options) = (recorded.text("vpc_id"), recorded.text("dhcp_options_id"));
            if vpc.is_none() || options.is_none() {
                batch.unidentified(instance, "vpc_id and dhcp_options_id");
            } else if associated.contains(&(vpc, options)) {
                batch.found(instance.id, || {
                    Object::new().text("id", Some(instance.id)).text("dhcp_options_id", options).text("vpc_id", vpc)
                });
            }
        }
        Ok(())
    }
}
