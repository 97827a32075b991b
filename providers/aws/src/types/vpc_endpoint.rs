//! `aws_vpc_endpoint`: DescribeVpcEndpoints. DescribePrefixLists tells the blocks of the service, DescribeNetworkInterfaces
//! the addresses in each subnet.
//! Not read: `auto_accept` and `timeouts`, which are the provider's own.

use crate::rules::{elements, ids, single_of};
use provider_api::{Attributes, Owner, ResourceType, Rule, RuleKind};
use serde_json::Value;

pub(super) static TYPE: ResourceType = ResourceType {
    name: "aws_vpc_endpoint",
    permissions: &["ec2:DescribeNetworkInterfaces", "ec2:DescribePrefixLists", "ec2:DescribeVpcEndpoints"],
    identity: &[],
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
            parents,
            parts: |association| single_of(association, "route_table_id"),
            split: elements,
        },
        Owner {
            attribute: "security_group_ids",
            resource_type: "aws_vpc_endpoint_security_group_association",
            parents,
            parts: |association| single_of(association, "security_group_id"),
            split: elements,
        },
        Owner {
            attribute: "subnet_configuration",
            resource_type: "aws_vpc_endpoint_subnet_association",
            parents,
            parts: |association| single_of(association, "subnet_id"),
            split: configured_subnets,
        },
        Owner {
            attribute: "subnet_ids",
            resource_type: "aws_vpc_endpoint_subnet_association",
            parents,
            parts: |association| single_of(association, "subnet_id"),
            split: elements,
        },
    ],
};

fn parents(association: &Attributes) -> Vec<String> {
    ids(association, "vpc_endpoint_id")
}

/// The subnets of a `subnet_configuration`: which addresses an association gets there, nobody recorded.
fn configured_subnets(value: &Value) -> Vec<Value> {
    elements(value).iter().filter_map(|element| element.get("subnet_id").cloned()).collect()
}

#[cfg(feature = "sdk")]
pub(super) mod live {
    use crate::sdk::prelude::*;
    use crate::timestamp::timestamp;
    use aws_sdk_ec2::types::{Filter, NetworkInterface, PrefixList, VpcEndpoint};
    use std::collections::{BTreeSet, HashMap};

    pub(crate) async fn read(place: &Place, batch: &mut Batch<'_>) -> Result<(), Gap> {
        let wanted: Vec<&VpcEndpoint> =
            place.vpc_endpoints().await?.iter().filter(|endpoint| is_wanted(place, batch, endpoint)).collect();
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
    /// The API has answered states in lower case and capitalized.
    fn is_wanted(place: &Place, batch: &Batch<'_>, endpoint: &VpcEndpoint) -> bool {
        let id = endpoint.vpc_endpoint_id().unwrap_or_default();
        match endpoint.state().map(|state| state.as_str().to_ascii_lowercase()).as_deref() {
            Some("deleted") => false,
            Some("deleting") => batch.requests(id),
            _ => batch.requests(id) || (batch.wants(id) && place.owns(endpoint.owner_id())),
        }
    }

    /// What other lists tell of endpoints; none where the list could not be read.
    #[derive(Default)]
    struct Details<'p> {
        prefix_lists: Option<HashMap<String, PrefixList>>,
        interfaces: Option<HashMap<&'p str, &'p NetworkInterface>>,
    }

    async fn read_details<'p>(place: &'p Place, batch: &mut Batch<'_>, endpoints: &[&VpcEndpoint]) -> Details<'p> {
        let mut details = Details::default();
        let services: BTreeSet<&str> = endpoints.iter().filter_map(|endpoint| endpoint.service_name()).collect();
        let lists = prefix_lists(place, services.into_iter().map(str::to_owned).collect()).await;
        details.prefix_lists = batch.detail(lists);
        if endpoints.iter().any(|endpoint| !endpoint.network_interface_ids().is_empty()) {
            let interfaces = batch.detail(place.network_interfaces().await);
            details.interfaces =
                interfaces.map(|all| all.iter().filter_map(|one| Some((one.network_interface_id()?, one))).collect());
        }
        details
    }

    /// The prefix lists of services, by the service's name. A service has one or none, and a filter takes 200 values.
    async fn prefix_lists(place: &Place, services: Vec<String>) -> Result<HashMap<String, PrefixList>, Gap> {
        let mut lists = HashMap::new();
        for services in services.chunks(200) {
            let filter = Filter::builder().name("prefix-list-name").set_values(Some(services.to_vec())).build();
            let mut found = place.ec2.describe_prefix_lists().filters(filter).into_paginator().items().send();
            while let Some(list) = found.next().await {
                let list = list.map_err(|error| place.gap("DescribePrefixLists", &error))?;
                lists.extend(list.prefix_list_name().map(|name| (name.to_owned(), list.clone())));
            }
        }
        Ok(lists)
    }

    fn convert(place: &Place, endpoint: &VpcEndpoint, details: &Details<'_>) -> Object {
        let id = endpoint.vpc_endpoint_id().unwrap_or_default();
        let owner = endpoint.owner_id();
        // Some partitions have gateway endpoints only and do not tell the type.
        let kind = endpoint.vpc_endpoint_type().map_or("Gateway", |kind| kind.as_str());
        let object = Object::new()
            .created(endpoint.creation_timestamp().and_then(timestamp))
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

#[cfg(all(test, feature = "sdk"))]
mod tests {
    use crate::sdk::tests::{answer, attributes, error, ids, place, read};
    use provider_api::Origin;
    use serde_json::json;

    const ENDPOINTS: &str = "<vpcEndpointSet>\
        <item><vpcEndpointId>vpce-1</vpcEndpointId><vpcEndpointType>Interface</vpcEndpointType><vpcId>vpc-1</vpcId>\
        <serviceName>com.amazonaws.eu-west-1.ssm</serviceName><state>available</state><ownerId>123456789012</ownerId>\
        <policyDocument>{}</policyDocument><subnetIdSet><item>subnet-1</item></subnetIdSet>\
        <groupSet><item><groupId>sg-1</groupId></item></groupSet><ipAddressType>ipv4</ipAddressType>\
        <dnsOptions><dnsRecordIpType>ipv4</dnsRecordIpType></dnsOptions><privateDnsEnabled>true</privateDnsEnabled>\
        <networkInterfaceIdSet><item>eni-1</item></networkInterfaceIdSet>\
        <dnsEntrySet><item><dnsName>a.example</dnsName><hostedZoneId>Z1</hostedZoneId></item></dnsEntrySet></item>\
        <item><vpcEndpointId>vpce-2</vpcEndpointId><serviceName>com.amazonaws.eu-west-1.s3</serviceName><state>Available</state>\
        <routeTableIdSet><item>rtb-1</item></routeTableIdSet></item>\
        <item><vpcEndpointId>vpce-3</vpcEndpointId><state>deleted</state></item>\
        <item><vpcEndpointId>vpce-4</vpcEndpointId><state>Deleted</state></item>\
        <item><vpcEndpointId>vpce-5</vpcEndpointId><state>available</state><requesterManaged>true</requesterManaged></item>\
        <item><vpcEndpointId>vpce-6</vpcEndpointId><state>deleting</state></item></vpcEndpointSet>";
    const LISTS: &str = "<prefixListSet><item><prefixListId>pl-1</prefixListId><prefixListName>com.amazonaws.eu-west-1.s3</prefixListName>\
        <cidrSet><item>192.0.2.0/24</item></cidrSet></item></prefixListSet>";
    const INTERFACES: &str = "<networkInterfaceSet><item><networkInterfaceId>eni-1</networkInterfaceId><subnetId>subnet-1</subnetId>\
        <privateIpAddress>10.0.0.9</privateIpAddress></item></networkInterfaceSet>";

    fn answers(action: &str) -> Option<(u16, String)> {
        match action {
            "DescribeVpcEndpoints" => answer(action, ENDPOINTS),
            "DescribePrefixLists" => answer(action, LISTS),
            _ => answer(action, INTERFACES),
        }
    }

    #[test]
    fn endpoints_are_read_in_terraforms_shape() {
        let requested = ["vpce-1", "vpce-2", "vpce-3"].map(|id| json!({"id": id}));
        let outcome = read(&place(answers), "aws_vpc_endpoint", &requested);
        assert_eq!(outcome.gaps, Vec::new());
        let expected = json!({
            "arn": "arn:aws:ec2:eu-west-1:123456789012:vpc-endpoint/vpce-1", "cidr_blocks": [],
            "dns_entry": [{"dns_name": "a.example", "hosted_zone_id": "Z1"}],
            "dns_options": [{"dns_record_ip_type": "ipv4", "private_dns_only_for_inbound_resolver_endpoint": false}],
            "id": "vpce-1", "ip_address_type": "ipv4", "network_interface_ids": ["eni-1"], "owner_id": "123456789012",
            "policy": "{}", "private_dns_enabled": true, "requester_managed": false, "resource_configuration_arn": "",
            "route_table_ids": [], "security_group_ids": ["sg-1"], "service_name": "com.amazonaws.eu-west-1.ssm",
            "service_network_arn": "", "service_region": "", "state": "available",
            "subnet_configuration": [{"ipv4": "10.0.0.9", "ipv6": "", "subnet_id": "subnet-1"}], "subnet_ids": ["subnet-1"],
            "tags_all": {}, "vpc_endpoint_type": "Interface", "vpc_id": "vpc-1",
        });
        assert_eq!(attributes(&outcome.objects, "vpce-1"), expected);
        let gateway = attributes(&outcome.objects, "vpce-2");
        assert_eq!((&gateway["cidr_blocks"], &gateway["prefix_list_id"]), (&json!(["192.0.2.0/24"]), &json!("pl-1")));
        assert_eq!((&gateway["vpc_endpoint_type"], &gateway["dns_options"]), (&json!("Gateway"), &json!([])));
        assert_eq!(ids(&outcome.objects), ["vpce-1", "vpce-2"], "deleted ones are absent");
        assert_eq!(ids(&outcome.unrequested), ["vpce-5"]);
        assert_eq!(outcome.unrequested[0].origin, Origin::OwnedBy("an AWS service".to_owned()));
    }

    #[test]
    fn details_that_cannot_be_read_are_left_out() {
        let place = place(|action| match action {
            "DescribeVpcEndpoints" => answers(action),
            "DescribePrefixLists" => error(403, "UnauthorizedOperation", "No"),
            _ => answer(action, ""),
        });
        let outcome = read(&place, "aws_vpc_endpoint", &[json!({"id": "vpce-1"})]);
        let live = attributes(&outcome.objects, "vpce-1");
        assert_eq!((live.get("cidr_blocks"), live.get("subnet_configuration")), (None, None));
        assert_eq!(live["service_name"], "com.amazonaws.eu-west-1.ssm");
        assert_eq!(outcome.gaps.iter().flat_map(|gap| &gap.ids).collect::<Vec<_>>(), ["vpce-1"]);
    }
}
