//! `aws_vpc`: DescribeVpcs for all, and DescribeVpcAttribute three times for each managed one, which has no bulk form.
//! The lists of route tables, network ACLs and security groups tell which of them are the VPC's own.
//! Not read: IPAM pools of IPv4 blocks, secondary blocks (separate resources), block public access.

use crate::rules::{SAME_CIDR, ids, single, single_of};
use provider_api::{Owner, ResourceType, Rule};

pub(super) static TYPE: ResourceType =
    ResourceType { name: "aws_vpc", permissions: PERMISSIONS, identity: &[], rules: &[], owners: OWNERS };

pub(super) const PERMISSIONS: &[&str] = &[
    "ec2:DescribeNetworkAcls",
    "ec2:DescribeRouteTables",
    "ec2:DescribeSecurityGroups",
    "ec2:DescribeVpcAttribute",
    "ec2:DescribeVpcs",
];

pub(super) const RULES: &[Rule] = &[Rule { pattern: "ipv6_cidr_block", kind: SAME_CIDR }];

/// What other resources change of a VPC after it was recorded.
pub(super) const OWNERS: &[Owner] = &[
    Owner {
        attribute: "main_route_table_id",
        resource_type: "aws_main_route_table_association",
        parents: |association| ids(association, "vpc_id"),
        parts: |association| single_of(association, "route_table_id"),
        split: single,
    },
    // Terraform records the main route table under both names.
    Owner {
        attribute: "default_route_table_id",
        resource_type: "aws_main_route_table_association",
        parents: |association| ids(association, "vpc_id"),
        parts: |association| single_of(association, "route_table_id"),
        split: single,
    },
    Owner {
        attribute: "dhcp_options_id",
        resource_type: "aws_vpc_dhcp_options_association",
        parents: |association| ids(association, "vpc_id"),
        parts: |association| single_of(association, "dhcp_options_id"),
        split: single,
    },
];

#[cfg(feature = "sdk")]
pub(super) mod live {
    use crate::sdk::prelude::*;
    use aws_sdk_ec2::types::{Vpc, VpcAttributeName, VpcCidrBlockStateCode};
    use std::collections::HashMap;

    pub(crate) async fn read(place: &Place, batch: &mut Batch<'_>) -> Result<(), Gap> {
        let vpcs = place.vpcs().await?.iter().collect();
        read_vpcs(place, batch, vpcs).await
    }

    /// Reads these VPCs, default ones or not.
    pub(in crate::types) async fn read_vpcs(place: &Place, batch: &mut Batch<'_>, vpcs: Vec<&Vpc>) -> Result<(), Gap> {
        let switches = read_switches(place, batch, &vpcs).await;
        let owned = read_owned(place, batch).await;
        let recorded = batch.all_recorded();
        for vpc in vpcs {
            let id = vpc.vpc_id().unwrap_or_default();
            if !batch.requests(id) && !place.owns(vpc.owner_id()) {
                continue;
            }
            let origin = if vpc.is_default() == Some(true) { Origin::Default } else { Origin::Created };
            batch.add(id, origin, || {
                let object = convert(place, vpc, recorded.get(id));
                let object =
                    owned.iter().fold(object, |object, (name, by_vpc)| object.text(name, by_vpc.get(id).copied()));
                switches.get(id).into_iter().flatten().fold(object, |object, (name, on)| object.value(name, *on))
            });
        }
        Ok(())
    }

    /// The attributes that are told one VPC and one attribute at a time, for the requested VPCs.
    async fn read_switches(place: &Place, batch: &mut Batch<'_>, vpcs: &[&Vpc]) -> HashMap<String, Vec<Switch>> {
        let mut calls = Vec::new();
        for id in vpcs.iter().filter_map(|vpc| vpc.vpc_id()).filter(|id| batch.requests(id)) {
            calls.extend((0..SWITCHES.len()).map(|switch| (id.to_owned(), switch)));
        }
        let answers = concurrently(calls, |(id, switch)| async move {
            let call = place.ec2.describe_vpc_attribute().vpc_id(&id).attribute(SWITCHES[switch].1.clone());
            (id, switch, call.send().await)
        })
        .await;
        let mut switches: HashMap<String, Vec<_>> = HashMap::new();
        for (id, switch, answer) in answers {
            match answer {
                Ok(answer) => {
                    let value = answer
                        .enable_dns_hostnames
                        .or(answer.enable_dns_support)
                        .or(answer.enable_network_address_usage_metrics);
                    let on = value.and_then(|value| value.value).unwrap_or_default();
                    switches.entry(id).or_default().push((SWITCHES[switch].0, on));
                }
                Err(error) => batch.gap(&id, place.gap("DescribeVpcAttribute", &error)),
            }
        }
        switches
    }

    /// An attribute and whether it is on.
    type Switch = (&'static str, bool);

    static SWITCHES: [(&str, VpcAttributeName); 3] = [
        ("enable_dns_hostnames", VpcAttributeName::EnableDnsHostnames),
        ("enable_dns_support", VpcAttributeName::EnableDnsSupport),
        ("enable_network_address_usage_metrics", VpcAttributeName::EnableNetworkAddressUsageMetrics),
    ];

    /// Which security group, network ACL and route table each VPC has from the start, by attribute and VPC.
    async fn read_owned<'p>(place: &'p Place, batch: &mut Batch<'_>) -> Vec<(&'static str, HashMap<&'p str, &'p str>)> {
        let (groups, acls, tables) = tokio::join!(place.security_groups(), place.network_acls(), place.route_tables());
        let mut owned = Vec::new();
        if let Some(groups) = batch.detail(groups) {
            let default = groups.iter().filter(|group| group.group_name() == Some("default"));
            let by_vpc = default.filter_map(|group| Some((group.vpc_id()?, group.group_id()?))).collect();
            owned.push(("default_security_group_id", by_vpc));
        }
        if let Some(acls) = batch.detail(acls) {
            let default = acls.iter().filter(|acl| acl.is_default() == Some(true));
            let by_vpc = default.filter_map(|acl| Some((acl.vpc_id()?, acl.network_acl_id()?))).collect();
            owned.push(("default_network_acl_id", by_vpc));
        }
        if let Some(tables) = batch.detail(tables) {
            let main = tables.iter().filter(|table| table.associations().iter().any(|one| one.main() == Some(true)));
            let by_vpc: HashMap<&str, &str> =
                main.filter_map(|table| Some((table.vpc_id()?, table.route_table_id()?))).collect();
            owned.push(("default_route_table_id", by_vpc.clone()));
            owned.push(("main_route_table_id", by_vpc));
        }
        owned
    }

    fn convert(place: &Place, vpc: &Vpc, recorded: Option<&Recorded>) -> Object {
        let id = vpc.vpc_id().unwrap_or_default();
        let object = Object::new()
            .text("id", vpc.vpc_id())
            .text_if_known("arn", place.arn(vpc.owner_id(), &format!("vpc/{id}")).as_deref())
            .text("cidr_block", vpc.cidr_block())
            .text("dhcp_options_id", vpc.dhcp_options_id())
            .text("instance_tenancy", vpc.instance_tenancy().map(|tenancy| tenancy.as_str()))
            .text("owner_id", vpc.owner_id())
            .tags(vpc.tags());
        with_ipv6(object, vpc, recorded)
    }

    /// The IPv6 block: the recorded association while it lives, else the last one associated.
    fn with_ipv6(object: Object, vpc: &Vpc, recorded: Option<&Recorded>) -> Object {
        let recorded_id = recorded.and_then(|recorded| recorded.text("ipv6_association_id"));
        let associated = || {
            vpc.ipv6_cidr_block_association_set().iter().filter(|association| {
                association.ipv6_cidr_block_state().and_then(|state| state.state())
                    == Some(&VpcCidrBlockStateCode::Associated)
            })
        };
        let Some(association) = associated()
            .find(|association| recorded_id.is_some() && association.association_id() == recorded_id)
            .or_else(|| associated().next_back())
        else {
            return object
                .flag("assign_generated_ipv6_cidr_block", None)
                .text("ipv6_association_id", None)
                .text("ipv6_cidr_block", None)
                .text("ipv6_cidr_block_network_border_group", None)
                .text("ipv6_ipam_pool_id", None)
                .number("ipv6_netmask_length", None::<i64>);
        };
        let pool = association.ipv6_pool().filter(|pool| !pool.is_empty());
        let generated = pool == Some("Amazon");
        let own_pool = pool.filter(|_| !generated);
        let block = association.ipv6_cidr_block();
        let length = own_pool.and(block).and_then(|block| block.split_once('/')?.1.parse::<i64>().ok());
        let object = object
            .flag("assign_generated_ipv6_cidr_block", Some(generated))
            .text("ipv6_association_id", association.association_id())
            .text("ipv6_cidr_block", block)
            .text("ipv6_cidr_block_network_border_group", association.network_border_group())
            .number("ipv6_netmask_length", length);
        // The API hides which pool of IPAM it is; Terraform keeps what it recorded.
        match own_pool {
            Some("IPAM Managed") => object,
            pool => object.text("ipv6_ipam_pool_id", pool),
        }
    }
}

#[cfg(all(test, feature = "sdk"))]
mod tests {
    use crate::sdk::tests::{answer, attributes, place, read};
    use serde_json::json;

    #[test]
    fn the_recorded_ipv6_block_is_read_while_it_lives() {
        let place = place(|action| match action {
            "DescribeVpcs" => {
                let block = |id: &str, block: &str, state: &str, pool: &str| {
                    format!(
                        "<item><associationId>{id}</associationId><ipv6CidrBlock>{block}</ipv6CidrBlock>\
                         <ipv6CidrBlockState><state>{state}</state></ipv6CidrBlockState><ipv6Pool>{pool}</ipv6Pool></item>"
                    )
                };
                let blocks = [
                    block("assoc-1", "2001:db8:1::/56", "associated", "Amazon"),
                    block("assoc-2", "2001:db8:2::/56", "disassociated", "Amazon"),
                    block("assoc-3", "2001:db8:3::/60", "associated", "ipv6pool-1"),
                ];
                let set = blocks.concat();
                answer(
                    action,
                    &format!(
                        "<vpcSet><item><vpcId>vpc-1</vpcId><ipv6CidrBlockAssociationSet>{set}</ipv6CidrBlockAssociationSet>\
                         </item></vpcSet>"
                    ),
                )
            }
            _ => answer(action, ""),
        });
        for (recorded, association, generated, pool, length) in [
            ("assoc-1", "assoc-1", true, "", 0),
            ("assoc-2", "assoc-3", false, "ipv6pool-1", 60),
            ("", "assoc-3", false, "ipv6pool-1", 60),
        ] {
            let outcome = read(&place, "aws_vpc", &[json!({"id": "vpc-1", "ipv6_association_id": recorded})]);
            let vpc = attributes(&outcome.objects, "vpc-1");
            assert_eq!(vpc["ipv6_association_id"], association, "{recorded}");
            assert_eq!(vpc["assign_generated_ipv6_cidr_block"], generated, "{recorded}");
            assert_eq!((&vpc["ipv6_ipam_pool_id"], &vpc["ipv6_netmask_length"]), (&json!(pool), &json!(length)));
        }
    }
}
