//! `aws_eip_association`: DescribeAddresses; the association is part of the address, which shows it.
//! Not read: `allow_reassociation`, which only the configuration knows.

use provider_api::ResourceType;

pub(super) static TYPE: ResourceType = ResourceType {
    name: "aws_eip_association",
    permissions: &["ec2:DescribeAddresses"],
    identity: &[],
    rules: &[],
    owners: &[],
};

#[cfg(feature = "sdk")]
pub(super) mod live {
    use crate::sdk::prelude::*;

    pub(crate) async fn read(place: &Place, batch: &mut Batch<'_>) -> Result<(), Gap> {
        for address in place.addresses().await? {
            let Some(id) = address.association_id() else { continue };
            batch.found(id, || {
                Object::new()
                    .text("id", Some(id))
                    .text("allocation_id", address.allocation_id())
                    .text("instance_id", address.instance_id())
                    .text("network_interface_id", address.network_interface_id())
                    .text("private_ip_address", address.private_ip_address())
                    .text("public_ip", address.public_ip())
            });
        }
        Ok(())
    }
}
