//! `aws_route_table_association`: DescribeRouteTables. Nothing else shows an association, so unrequested ones are listed;
//! those of main tables are another type.

use provider_api::ResourceType;

pub(super) static TYPE: ResourceType = ResourceType {
    name: "aws_route_table_association",
    permissions: &["ec2:DescribeRouteTables"],
    identity: &[],
    rules: &[],
    owners: &[],
};

#[cfg(feature = "sdk")]
pub(super) mod live {
    use crate::sdk::prelude::*;
    use aws_sdk_ec2::types::{RouteTable, RouteTableAssociation, RouteTableAssociationStateCode};

    pub(crate) async fn read(place: &Place, batch: &mut Batch<'_>) -> Result<(), Gap> {
        for (_, association) in associations(place.route_tables().await?) {
            let id = association.route_table_association_id().unwrap_or_default();
            if batch.requests(id) || association.main() != Some(true) {
                batch.add(id, Origin::Created, || {
                    Object::new()
                        .text("id", Some(id))
                        .text("gateway_id", association.gateway_id())
                        .text("route_table_id", association.route_table_id())
                        .text("subnet_id", association.subnet_id())
                });
            }
        }
        Ok(())
    }

    /// The associations that hold, each with its table.
    pub(in crate::types) fn associations(
        tables: &[RouteTable],
    ) -> impl Iterator<Item = (&RouteTable, &RouteTableAssociation)> {
        let all = tables.iter().flat_map(|table| table.associations().iter().map(move |one| (table, one)));
        all.filter(|(_, association)| {
            association.association_state().and_then(|state| state.state())
                != Some(&RouteTableAssociationStateCode::Disassociated)
        })
    }
}
