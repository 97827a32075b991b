//! `aws_route_table`: DescribeRouteTables, and DescribeNetworkInterfaces where a route leads to an interface.
//! Not read, as Terraform does not either: local routes unless recorded, propagated routes, routes of gateway endpoints,
//! of VPC Lattice, and to interfaces that AWS services attached.

use crate::rules::{SAME_CIDR, canonical_cidr, elements, ids, set_members, single_of, text};
use provider_api::{Attributes, Owner, ResourceType, Rule};
use serde_json::Value;

pub(super) static TYPE: ResourceType =
    ResourceType { name: "aws_route_table", permissions: PERMISSIONS, identity: &[], rules: RULES, owners: OWNERS };

pub(super) const PERMISSIONS: &[&str] = &["ec2:DescribeNetworkInterfaces", "ec2:DescribeRouteTables"];

pub(super) const RULES: &[Rule] = &[Rule { pattern: "route.*.ipv6_cidr_block", kind: SAME_CIDR }];

pub(super) const OWNERS: &[Owner] = &[
    Owner {
        attribute: "route",
        resource_type: "aws_route",
        parents: |route| ids(route, "route_table_id"),
        parts: |route| vec![route_part(route)],
        split: |routes| elements(routes).iter().map(inline_route_part).collect(),
    },
    Owner {
        attribute: "propagating_vgws",
        resource_type: "aws_vpn_gateway_route_propagation",
        parents: |propagation| ids(propagation, "route_table_id"),
        parts: |propagation| single_of(propagation, "vpn_gateway_id"),
        split: elements,
    },
];

/// Attributes that say where a route leads, the same in a separate and in an inline route.
const TARGETS: &[&str] = &[
    "carrier_gateway_id",
    "core_network_arn",
    "egress_only_gateway_id",
    "gateway_id",
    "local_gateway_id",
    "nat_gateway_id",
    "network_interface_id",
    "transit_gateway_id",
    "vpc_endpoint_id",
    "vpc_peering_connection_id",
];

/// A separate route as an inline one, set members only.
fn route_part(route: &Attributes) -> Value {
    let mut part = Attributes::new();
    for (inline, separate) in [
        ("cidr_block", "destination_cidr_block"),
        ("ipv6_cidr_block", "destination_ipv6_cidr_block"),
        ("destination_prefix_list_id", "destination_prefix_list_id"),
    ] {
        if let Some(destination) = text(route, separate) {
            part.insert(inline.to_owned(), Value::from(canonical_cidr(&destination)));
        }
    }
    for target in TARGETS {
        if let Some(id) = text(route, target) {
            part.insert((*target).to_owned(), Value::from(id));
        }
    }
    Value::Object(part)
}

/// An inline route, set members only.
fn inline_route_part(route: &Value) -> Value {
    let mut part = set_members(route);
    // Filled beside the interface and not told by separate routes.
    part.remove("instance_id");
    if let Some(block) = text(&part, "ipv6_cidr_block") {
        part.insert("ipv6_cidr_block".to_owned(), Value::from(canonical_cidr(&block)));
    }
    Value::Object(part)
}

#[cfg(feature = "sdk")]
pub(super) mod live {
    use crate::sdk::prelude::*;
    use aws_sdk_ec2::types::{Route, RouteOrigin, RouteTable};
    use std::collections::{HashMap, HashSet};

    pub(crate) async fn read(place: &Place, batch: &mut Batch<'_>) -> Result<(), Gap> {
        let tables = place.route_tables().await?;
        let original = original_tables(tables);
        for (table, routes) in with_routes(place, batch, tables).await {
            let id = table.route_table_id().unwrap_or_default();
            if !batch.requests(id) && !place.owns(table.owner_id()) {
                continue;
            }
            let origin = if original.contains(id) { Origin::Default } else { Origin::Created };
            batch.add(id, origin, || {
                let routes = routes.iter().map(|route| {
                    convert_route(route)
                        .text("carrier_gateway_id", route.carrier_gateway_id())
                        .text("local_gateway_id", route.local_gateway_id())
                });
                convert(place, table).blocks("route", routes)
            });
        }
        Ok(())
    }

    /// The wanted tables, each with the routes that Terraform records.
    pub(in crate::types) async fn with_routes<'p>(
        place: &'p Place,
        batch: &mut Batch<'_>,
        tables: &'p [RouteTable],
    ) -> Vec<(&'p RouteTable, Vec<&'p Route>)> {
        let foreign = foreign_interfaces(place, tables).await;
        let with_local: HashSet<&str> = batch
            .instances()
            .iter()
            .filter(|instance| records_local_route(&batch.recorded(instance)))
            .map(|instance| instance.id)
            .collect();
        let wanted = tables.iter().filter(|table| batch.wants(table.route_table_id().unwrap_or_default()));
        wanted
            .map(|table| {
                let local = with_local.contains(table.route_table_id().unwrap_or_default());
                let routes = table.routes().iter().filter(|route| is_recorded(route, local, &foreign)).collect();
                (table, routes)
            })
            .collect()
    }

    /// Whether Terraform records the route inline.
    fn is_recorded(route: &Route, local: bool, foreign: &HashSet<&str>) -> bool {
        let gateway = route.gateway_id().unwrap_or_default();
        let of_gateway_endpoint = gateway.starts_with("vpce-") && route.destination_prefix_list_id().is_some();
        (local || gateway != "local")
            && gateway != "VpcLattice"
            && route.origin() != Some(&RouteOrigin::EnableVgwRoutePropagation)
            && !of_gateway_endpoint
            && !route.network_interface_id().is_some_and(|interface| foreign.contains(interface))
    }

    /// A local route is recorded only where it is configured; all of the table are then.
    fn records_local_route(recorded: &Recorded) -> bool {
        let routes = recorded.0.get("route").and_then(|routes| routes.as_array());
        routes.into_iter().flatten().any(|route| route.get("gateway_id").is_some_and(|gateway| gateway == "local"))
    }

    /// Interfaces that an AWS service attached to machines of its own account.
    /// Where interfaces cannot be listed there are none, as for Terraform.
    async fn foreign_interfaces<'p>(place: &'p Place, tables: &[RouteTable]) -> HashSet<&'p str> {
        let lead_to_interface = |route: &Route| route.network_interface_id().is_some_and(|id| !id.is_empty());
        if !tables.iter().flat_map(|table| table.routes()).any(lead_to_interface) {
            return HashSet::new();
        }
        let interfaces = place.network_interfaces().await.unwrap_or_default().iter();
        let foreign = interfaces.filter(|interface| {
            let owner = interface.owner_id().unwrap_or_default();
            let machine = interface.attachment().map(|attachment| attachment.instance_owner_id().unwrap_or_default());
            !owner.is_empty() && machine.is_some_and(|machine| machine != owner)
        });
        foreign.filter_map(|interface| interface.network_interface_id()).collect()
    }

    /// The tables that came with their VPC: the main one, or the only bare table of a VPC whose main table was replaced.
    fn original_tables(tables: &[RouteTable]) -> HashSet<&str> {
        let mut bare: HashMap<&str, Vec<&str>> = HashMap::new();
        let mut original = HashSet::new();
        let mut bare_main: HashSet<&str> = HashSet::new();
        for table in tables {
            let (Some(id), Some(vpc)) = (table.route_table_id(), table.vpc_id()) else { continue };
            let is_main = table.associations().iter().any(|association| association.main() == Some(true));
            if is_main {
                original.insert(id);
            }
            match is_bare(table) {
                true if is_main => drop(bare_main.insert(vpc)),
                true => bare.entry(vpc).or_default().push(id),
                false => {}
            }
        }
        let alone = bare.into_iter().filter(|(vpc, ids)| ids.len() == 1 && !bare_main.contains(vpc));
        original.extend(alone.flat_map(|(_, ids)| ids));
        original
    }

    /// Nobody has done anything with the table: no tag, no route but the local ones, no subnet.
    fn is_bare(table: &RouteTable) -> bool {
        table.tags().is_empty()
            && table.propagating_vgws().is_empty()
            && table.associations().iter().all(|association| association.main() == Some(true))
            && table.routes().iter().all(|route| route.gateway_id() == Some("local"))
    }

    pub(in crate::types) fn convert(place: &Place, table: &RouteTable) -> Object {
        let id = table.route_table_id().unwrap_or_default();
        // Terraform leaves out the tag that Amazon FSx puts on route tables.
        let tags: Vec<_> = table.tags().iter().filter(|tag| tag.key() != Some("AmazonFSx")).cloned().collect();
        Object::new()
            .text("id", table.route_table_id())
            .text_if_known("arn", place.arn(table.owner_id(), &format!("route-table/{id}")).as_deref())
            .text("owner_id", table.owner_id())
            .texts("propagating_vgws", table.propagating_vgws().iter().filter_map(|gateway| gateway.gateway_id()))
            .text("vpc_id", table.vpc_id())
            .tags(&tags)
    }

    /// A route, less the two targets that default route tables do not record.
    pub(in crate::types) fn convert_route(route: &Route) -> Object {
        let (endpoint, gateway) = match route.gateway_id() {
            Some(id) if id.starts_with("vpce-") => (Some(id), None),
            id => (None, id),
        };
        Object::new()
            .text("cidr_block", route.destination_cidr_block())
            .text("ipv6_cidr_block", route.destination_ipv6_cidr_block())
            .text("destination_prefix_list_id", route.destination_prefix_list_id())
            .text("core_network_arn", route.core_network_arn())
            .text("egress_only_gateway_id", route.egress_only_internet_gateway_id())
            .text("gateway_id", gateway)
            .text("nat_gateway_id", route.nat_gateway_id())
            .text("network_interface_id", route.network_interface_id())
            .text("transit_gateway_id", route.transit_gateway_id())
            .text("vpc_endpoint_id", endpoint)
            .text("vpc_peering_connection_id", route.vpc_peering_connection_id())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn check(inline: Value, separate: Value) {
        let separate = separate.as_object().cloned().unwrap_or_default();
        assert_eq!(inline_route_part(&inline), route_part(&separate), "{inline}");
    }

    #[cfg(feature = "sdk")]
    #[test]
    fn routes_are_those_that_terraform_records() {
        use crate::sdk::tests::{answer, attributes, place, read};
        let place = place(|action| match action {
            "DescribeRouteTables" => answer(
                action,
                "<routeTableSet><item><routeTableId>rtb-1</routeTableId><vpcId>vpc-1</vpcId><routeSet>\
                 <item><destinationCidrBlock>10.0.0.0/16</destinationCidrBlock><gatewayId>local</gatewayId></item>\
                 <item><destinationCidrBlock>0.0.0.0/0</destinationCidrBlock><natGatewayId>nat-1</natGatewayId></item>\
                 <item><destinationCidrBlock>10.9.0.0/16</destinationCidrBlock><gatewayId>vgw-1</gatewayId>\
                 <origin>EnableVgwRoutePropagation</origin></item>\
                 <item><destinationPrefixListId>pl-1</destinationPrefixListId><gatewayId>vpce-1</gatewayId></item>\
                 <item><destinationCidrBlock>10.8.0.0/16</destinationCidrBlock><gatewayId>vpce-2</gatewayId></item>\
                 <item><destinationCidrBlock>10.7.0.0/16</destinationCidrBlock><networkInterfaceId>eni-foreign</networkInterfaceId></item>\
                 <item><destinationCidrBlock>10.6.0.0/16</destinationCidrBlock><networkInterfaceId>eni-own</networkInterfaceId></item>\
                 </routeSet></item></routeTableSet>",
            ),
            "DescribeNetworkInterfaces" => answer(
                action,
                "<networkInterfaceSet><item><networkInterfaceId>eni-foreign</networkInterfaceId><ownerId>1</ownerId>\
                 <attachment><instanceOwnerId>2</instanceOwnerId></attachment></item>\
                 <item><networkInterfaceId>eni-own</networkInterfaceId><ownerId>1</ownerId></item></networkInterfaceSet>",
            ),
            _ => None,
        });
        for (recorded, expected) in [
            (json!([]), vec!["0.0.0.0/0", "10.8.0.0/16", "10.6.0.0/16"]),
            (
                json!([{"cidr_block": "10.0.0.0/16", "gateway_id": "local"}]),
                vec!["10.0.0.0/16", "0.0.0.0/0", "10.8.0.0/16", "10.6.0.0/16"],
            ),
        ] {
            let outcome = read(&place, "aws_route_table", &[json!({"id": "rtb-1", "route": recorded})]);
            let routes = attributes(&outcome.objects, "rtb-1")["route"].as_array().cloned().unwrap_or_default();
            let blocks: Vec<_> = routes.iter().map(|route| route["cidr_block"].as_str().unwrap_or_default()).collect();
            assert_eq!(blocks, expected, "{recorded}");
            assert!(routes.iter().any(|route| route["vpc_endpoint_id"] == "vpce-2" && route["gateway_id"] == ""));
        }
    }

    #[cfg(feature = "sdk")]
    #[test]
    fn the_table_that_a_vpc_came_with_is_marked() {
        use crate::sdk::tests::{answer, place, read};
        use provider_api::Origin;
        const LOCAL: &str = "<routeSet><item><gatewayId>local</gatewayId></item></routeSet>";
        let place = place(|action| {
            let table = |id: &str, vpc: &str, rest: &str| {
                format!("<item><routeTableId>{id}</routeTableId><vpcId>{vpc}</vpcId>{LOCAL}{rest}</item>")
            };
            let main = "<associationSet><item><main>true</main></item></associationSet>";
            let tagged = "<tagSet><item><key>Name</key><value>x</value></item></tagSet>";
            let tables = [
                table("main-of-1", "vpc-1", main),
                table("bare-of-1", "vpc-1", ""),
                table("main-of-2", "vpc-2", &format!("{main}{tagged}")),
                table("original-of-2", "vpc-2", ""),
                table("tagged-of-2", "vpc-2", tagged),
            ];
            answer(action, &format!("<routeTableSet>{}</routeTableSet>", tables.concat()))
        });
        let outcome = read(&place, "aws_route_table", &[]);
        let default = outcome.unrequested.iter().filter(|object| object.origin == Origin::Default);
        let mut default: Vec<&str> = default.map(|object| object.id.as_str()).collect();
        default.sort_unstable();
        assert_eq!(default, ["main-of-1", "main-of-2", "original-of-2"]);
    }

    #[test]
    fn a_separate_route_is_found_again_inline() {
        check(
            json!({"cidr_block": "0.0.0.0/0", "ipv6_cidr_block": "", "nat_gateway_id": "nat-1", "gateway_id": ""}),
            json!({"destination_cidr_block": "0.0.0.0/0", "nat_gateway_id": "nat-1", "state": "active", "origin": "CreateRoute"}),
        );
        check(
            json!({"ipv6_cidr_block": "::/0", "egress_only_gateway_id": "eigw-1", "carrier_gateway_id": null}),
            json!({"destination_ipv6_cidr_block": "0::/0", "egress_only_gateway_id": "eigw-1", "gateway_id": ""}),
        );
        check(
            json!({"cidr_block": "10.0.0.0/8", "network_interface_id": "eni-1", "instance_id": "i-1"}),
            json!({"destination_cidr_block": "10.0.0.0/8", "network_interface_id": "eni-1", "instance_id": "i-1"}),
        );
    }
}
