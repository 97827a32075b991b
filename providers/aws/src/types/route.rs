//! `aws_route`: DescribeRouteTables; a route is known by its table and destination. The table shows unrequested ones.

use crate::rules::SAME_CIDR;
use provider_api::{ResourceType, Rule};

pub(super) static TYPE: ResourceType = ResourceType {
    name: "aws_route",
    permissions: &["ec2:DescribeRouteTables"],
    identity: &[],
    rules: &[Rule { pattern: "destination_ipv6_cidr_block", kind: SAME_CIDR }],
    owners: &[],
};

#[cfg(feature = "sdk")]
pub(super) mod live {
    use crate::rules::canonical_cidr;
    use crate::sdk::prelude::*;
    use aws_sdk_ec2::types::{Route, RouteTable};
    use std::collections::HashMap;

    pub(crate) async fn read(place: &Place, batch: &mut Batch<'_>) -> Result<(), Gap> {
        let tables = place.route_tables().await?.iter();
        let tables: HashMap<&str, &RouteTable> =
            tables.filter_map(|table| Some((table.route_table_id()?, table))).collect();
        for instance in batch.instances() {
            let recorded = batch.recorded(instance);
            let Some(id) = recorded.text("route_table_id") else {
                batch.unidentified(instance, "route_table_id");
                continue;
            };
            let route = tables.get(id).and_then(|table| table.routes().iter().find(|route| is_same(route, &recorded)));
            if let Some(route) = route {
                batch.found(instance.id, || convert(instance.id, id, route));
            }
        }
        Ok(())
    }

    /// Whether the route has the recorded destination. A table has one route to each.
    fn is_same(route: &Route, recorded: &Recorded) -> bool {
        let same = |live: Option<&str>, name: &str| {
            recorded.text(name).is_some_and(|block| live.map(canonical_cidr) == Some(canonical_cidr(block)))
        };
        same(route.destination_cidr_block(), "destination_cidr_block")
            || same(route.destination_ipv6_cidr_block(), "destination_ipv6_cidr_block")
            || same(route.destination_prefix_list_id(), "destination_prefix_list_id")
    }

    fn convert(id: &str, table: &str, route: &Route) -> Object {
        let (endpoint, gateway) = match route.gateway_id() {
            Some(id) if id.starts_with("vpce-") => (Some(id), None),
            id => (None, id),
        };
        Object::new()
            .text("id", Some(id))
            .text("route_table_id", Some(table))
            .text("carrier_gateway_id", route.carrier_gateway_id())
            .text("core_network_arn", route.core_network_arn())
            .text("destination_cidr_block", route.destination_cidr_block())
            .text("destination_ipv6_cidr_block", route.destination_ipv6_cidr_block())
            .text("destination_prefix_list_id", route.destination_prefix_list_id())
            .text("egress_only_gateway_id", route.egress_only_internet_gateway_id())
            .text("gateway_id", gateway)
            .text("instance_id", route.instance_id())
            .text("instance_owner_id", route.instance_owner_id())
            .text("local_gateway_id", route.local_gateway_id())
            .text("nat_gateway_id", route.nat_gateway_id())
            .text("network_interface_id", route.network_interface_id())
            .text("origin", route.origin().map(|origin| origin.as_str()))
            .text("state", route.state().map(|state| state.as_str()))
            .text("transit_gateway_id", route.transit_gateway_id())
            .text("vpc_endpoint_id", endpoint)
            .text("vpc_peering_connection_id", route.vpc_peering_connection_id())
    }
}

#[cfg(all(test, feature = "sdk"))]
mod tests {
    use crate::sdk::tests::{answer, attributes, ids, place, read};
    use serde_json::json;

    #[test]
    fn a_route_is_known_by_table_and_destination() {
        let place = place(|action| {
            answer(
                action,
                "<routeTableSet><item><routeTableId>rtb-1</routeTableId><routeSet>\
                 <item><destinationCidrBlock>0.0.0.0/0</destinationCidrBlock><transitGatewayId>tgw-1</transitGatewayId></item>\
                 <item><destinationIpv6CidrBlock>::/0</destinationIpv6CidrBlock><gatewayId>vpce-1</gatewayId></item>\
                 </routeSet></item></routeTableSet>",
            )
        });
        let requested = [
            json!({"id": "r-1", "route_table_id": "rtb-1", "destination_cidr_block": "0.0.0.0/0", "nat_gateway_id": "nat-1"}),
            json!({"id": "r-2", "route_table_id": "rtb-1", "destination_ipv6_cidr_block": "0::0/0"}),
            json!({"id": "r-3", "route_table_id": "rtb-1", "destination_cidr_block": "10.0.0.0/8"}),
            json!({"id": "r-4", "route_table_id": "rtb-2", "destination_cidr_block": "0.0.0.0/0"}),
        ];
        let outcome = read(&place, "aws_route", &requested);
        assert_eq!(ids(&outcome.objects), ["r-1", "r-2"]);
        assert!(outcome.unrequested.is_empty(), "their tables show them");
        let route = attributes(&outcome.objects, "r-1");
        assert_eq!((&route["nat_gateway_id"], &route["transit_gateway_id"]), (&json!(""), &json!("tgw-1")));
        assert_eq!(attributes(&outcome.objects, "r-2")["vpc_endpoint_id"], "vpce-1");
    }
}
