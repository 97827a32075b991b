//! `aws_vpc_endpoint`: DescribeVpcEndpoints. DescribePrefixLists tells the blocks of the service, DescribeNetworkInterfaces
//! the addresses in each subnet.
//! Not read: `auto_accept` and `timeouts`, which are the provider's own.

use crate::rules::{elements, single_of, text};
use provider_api::{Attributes, Owner, ResourceType, Rule, RuleKind};
use serde_json::Value;

pub(super) static TYPE: ResourceType = ResourceType {
    name: "aws_vpc_endpoint",
    permissions: &["ec2:DescribeNetworkInterfaces", "ec2:DescribePrefixLists", "ec2:DescribeVpcEndpoints"],
    rules: &[
        // The API answers these in no set order.
        Rule { pattern: "cidr_blocks", kind: RuleKind::Set },
        Rule { pattern: "dns_entry", kind: RuleKind::Set },
        Rule { pattern: "ip_address_type", kind: RuleKind::CaseInsensitive },
        Rule { pattern: "policy", kind: RuleKind::Policy },
    ],
    owners: &[
        Owner {
            attribute: "route_table_ids",
            resource_type: "aws_vpc_endpoint_route_table_association",
            parent,
            parts: |association| single_of(association, "route_table_id"),
            split: elements,
        },
        Owner {
            attribute: "security_group_ids",
            resource_type: "aws_vpc_endpoint_security_group_association",
            parent,
            parts: |association| single_of(association, "security_group_id"),
            split: elements,
        },
        Owner {
            attribute: "subnet_configuration",
            resource_type: "aws_vpc_endpoint_subnet_association",
            parent,
            parts: |association| single_of(association, "subnet_id"),
            split: configured_subnets,
        },
        Owner {
            attribute: "subnet_ids",
            resource_type: "aws_vpc_endpoint_subnet_association",
            parent,
            parts: |association| single_of(association, "subnet_id"),
            split: elements,
        },
    ],
};

fn parent(association: &Attributes) -> Option<String> {
    text(association, "vpc_endpoint_id")
}

/// The subnets of a `subnet_configuration`: which addresses an association gets there, nobody recorded.
fn configured_subnets(value: &Value) -> Vec<Value> {
    elements(value).iter().filter_map(|element| element.get("subnet_id").cloned()).collect()
}

#[cfg(feature = "sdk")]
pub(super) mod live {
    use crate::sdk::prelude::*;
    use aws_sdk_ec2::types::{NetworkInterface, PrefixList, State, VpcEndpoint};
    use std::collections::HashMap;

    pub(crate) async fn read(place: &Place, batch: &mut Batch<'_>) -> Result<(), Gap> {
        let wanted: Vec<&VpcEndpoint> =
            place.vpc_endpoints().await?.iter().filter(|endpoint| is_wanted(batch, endpoint)).collect();
        let details = read_details(place, batch, &wanted).await;
        for endpoint in wanted {
            // Some services make endpoints of their own in a VPC.
            let of_service = endpoint.requester_managed() == Some(true);
            let origin = if of_service { Origin::OwnedBy("an AWS service".to_owned()) } else { Origin::Created };
            let id = endpoint.vpc_endpoint_id().unwrap_or_default();
            batch.add(id, origin, || convert(place, endpoint, &details));
        }
        Ok(())
    }

    /// A deleted endpoint stays listed for a while; one that is being deleted is nothing that somebody left behind.
    fn is_wanted(batch: &Batch<'_>, endpoint: &VpcEndpoint) -> bool {
        let id = endpoint.vpc_endpoint_id().unwrap_or_default();
        match endpoint.state() {
            Some(State::Deleted) => false,
            Some(State::Deleting) => batch.requests(id),
            _ => batch.wants(id),
        }
    }

    /// What other lists tell of endpoints; none where the list could not be read.
    #[derive(Default)]
    struct Details<'p> {
        prefix_lists: Option<HashMap<&'p str, &'p PrefixList>>,
        interfaces: Option<HashMap<&'p str, &'p NetworkInterface>>,
    }

    async fn read_details<'p>(place: &'p Place, batch: &mut Batch<'_>, endpoints: &[&VpcEndpoint]) -> Details<'p> {
        let mut details = Details::default();
        if endpoints.iter().any(|endpoint| endpoint.service_name().is_some()) {
            let lists = batch.detail(place.prefix_lists().await);
            details.prefix_lists =
                lists.map(|lists| lists.iter().filter_map(|list| Some((list.prefix_list_name()?, list))).collect());
        }
        if endpoints.iter().any(|endpoint| !endpoint.network_interface_ids().is_empty()) {
            let interfaces = batch.detail(place.network_interfaces().await);
            details.interfaces =
                interfaces.map(|all| all.iter().filter_map(|one| Some((one.network_interface_id()?, one))).collect());
        }
        details
    }

    fn convert(place: &Place, endpoint: &VpcEndpoint, details: &Details<'_>) -> Object {
        let id = endpoint.vpc_endpoint_id().unwrap_or_default();
        let owner = endpoint.owner_id();
        // Some partitions have gateway endpoints only and do not tell the type.
        let kind = endpoint.vpc_endpoint_type().map_or("Gateway", |kind| kind.as_str());
        let object = Object::new()
            .text_if_known("arn", place.arn(owner, &format!("vpc-endpoint/{id}")).as_deref())
            .value("id", id)
            .text("ip_address_type", endpoint.ip_address_type().map(|kind| kind.as_str()))
            .texts("network_interface_ids", endpoint.network_interface_ids())
            .text("owner_id", owner)
            .text("policy", endpoint.policy_document())
            .flag("private_dns_enabled", endpoint.private_dns_enabled())
            .flag("requester_managed", endpoint.requester_managed())
            .text("resource_configuration_arn", endpoint.resource_configuration_arn())
            .texts("route_table_ids", endpoint.route_table_ids())
            .texts("security_group_ids", endpoint.groups().iter().filter_map(|group| group.group_id()))
            .text("service_name", endpoint.service_name())
            .text("service_network_arn", endpoint.service_network_arn())
            .text("service_region", endpoint.service_region())
            .text("state", endpoint.state().map(|state| state.as_str()))
            .texts("subnet_ids", endpoint.subnet_ids())
            .text("vpc_endpoint_type", Some(kind))
            .text("vpc_id", endpoint.vpc_id())
            .tags(endpoint.tags());
        with_addresses(with_blocks(with_dns(object, endpoint), endpoint, details), endpoint, details)
    }

    fn with_dns(object: Object, endpoint: &VpcEndpoint) -> Object {
        let entries = endpoint.dns_entries().iter().map(|entry| {
            Object::new().text("dns_name", entry.dns_name()).text("hosted_zone_id", entry.hosted_zone_id())
        });
        let options = endpoint.dns_options().map(|options| {
            let only_inbound = options.private_dns_only_for_inbound_resolver_endpoint();
            Object::new()
                .text("dns_record_ip_type", options.dns_record_ip_type().map(|kind| kind.as_str()))
                .flag("private_dns_only_for_inbound_resolver_endpoint", only_inbound)
        });
        object.blocks("dns_entry", entries).blocks("dns_options", options)
    }

    /// The blocks of the service, where it has a prefix list.
    fn with_blocks(object: Object, endpoint: &VpcEndpoint, details: &Details<'_>) -> Object {
        let Some(service) = endpoint.service_name() else {
            return object.texts("cidr_blocks", [""; 0]);
        };
        let Some(lists) = &details.prefix_lists else { return object };
        let list = lists.get(service);
        object
            .texts("cidr_blocks", list.map_or(&[][..], |list| list.cidrs()))
            .text_if_known("prefix_list_id", list.and_then(|list| list.prefix_list_id()))
    }

    /// The addresses that the endpoint has in its subnets. Where an interface is not to be seen, they are not known.
    fn with_addresses(object: Object, endpoint: &VpcEndpoint, details: &Details<'_>) -> Object {
        let ids = endpoint.network_interface_ids();
        let interfaces = details.interfaces.as_ref();
        let found: Option<Vec<&NetworkInterface>> =
            ids.iter().map(|id| interfaces?.get(id.as_str()).copied()).collect();
        let Some(found) = found else { return object };
        let blocks = found.into_iter().map(|interface| {
            Object::new()
                .text("ipv4", interface.private_ip_address())
                .text("ipv6", interface.ipv6_address())
                .text("subnet_id", interface.subnet_id())
        });
        object.blocks("subnet_configuration", blocks)
    }
}
