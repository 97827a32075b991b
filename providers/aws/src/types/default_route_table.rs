//! `aws_default_route_table`: read as `aws_route_table` is, which also lists it where nobody asked for it.

use super::route_table::{OWNERS, PERMISSIONS, RULES};
use provider_api::ResourceType;

pub(super) static TYPE: ResourceType = ResourceType {
    name: "aws_default_route_table",
    permissions: PERMISSIONS,
    identity: &[],
    rules: RULES,
    owners: OWNERS,
};

#[cfg(feature = "sdk")]
pub(super) mod live {
    use super::super::route_table::live::{convert, convert_route, with_routes};
    use crate::sdk::prelude::*;

    pub(crate) async fn read(place: &Place, batch: &mut Batch<'_>) -> Result<(), Gap> {
        let tables = place.route_tables().await?;
        for (table, routes) in with_routes(place, batch, tables).await {
            let id = table.route_table_id().unwrap_or_default();
            batch.found(id, || {
                // The block's own instance target was dropped from the API's answers into the interface.
                let routes = routes.iter().map(|route| convert_route(route).text("instance_id", None));
                convert(place, table).text("default_route_table_id", Some(id)).blocks("route", routes)
            });
        }
        Ok(())
    }
}
