//! `aws_main_route_table_association`: DescribeRouteTables. Every VPC has one, so unrequested ones mean nothing.
//! Not read: `original_route_table_id`, which only Terraform knows.

use provider_api::ResourceType;

pub(super) static TYPE: ResourceType = ResourceType {
    name: "aws_main_route_table_association",
    permissions: &["ec2:DescribeRouteTables"],
    identity: &[],
    rules: &[],
    owners: &[],
};

#[cfg(feature = "sdk")]
pub(super) mod live {
    use super::super::route_table_association::live::associations;
    use crate::sdk::prelude::*;

    pub(crate) async fn read(place: &Place, batch: &mut Batch<'_>) -> Result<(), Gap> {
        let associations = associations(place.route_tables().await?);
        for (table, association) in associations.filter(|(_, association)| association.main() == Some(true)) {
            let id = association.route_table_association_id().unwrap_or_default();
            batch.found(id, || {
                Object::new()
                    .text("id", Some(id))
                    .text("route_table_id", association.route_table_id())
                    .text("vpc_id", table.vpc_id())
            });
        }
        Ok(())
    }
}
