//! `aws_route_table_association`: DescribeRouteTables. Nothing else shows an association, so unrequested ones are listed;
//! those of main tables are another type.

use provider_api::ResourceType;

pub(super) static TYPE: ResourceType = ResourceType {
    name: "aws_route_table_association",
    permissions: &["ec2:DescribeRouteTables"],
    rules: &[],
    owners: &[],
};

#[cfg(feature = "sdk")]
pub(super) mod live {
    use crate::sdk::prelude::*;
    use aws_sdk_ec2::types::{RouteTable, RouteTableAssociation, RouteTableAssociationStateCode};
    use std::collections::HashSet;

    pub(crate) async fn read(place: &Place, batch: &mut Batch<'_>) -> Result<(), Gap> {
        // What stands in the place of a recorded association is told by that one's absence.
        let recorded: HashSet<String> = batch
            .instances()
            .iter()
            .filter_map(|instance| {
                let recorded = batch.recorded(instance);
                recorded.text("subnet_id").or(recorded.text("gateway_id")).map(str::to_owned)
            })
            .collect();
        for (_, association) in associations(place.route_tables().await?) {
            let id = association.route_table_association_id().unwrap_or_default();
            let what = association.subnet_id().filter(|id| !id.is_empty()).or(association.gateway_id());
            let stands_in = what.is_some_and(|what| recorded.contains(what));
            if batch.requests(id) || (association.main() != Some(true) && !stands_in) {
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
