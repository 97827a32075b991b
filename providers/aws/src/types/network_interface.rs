//! `aws_network_interface`: DescribeNetworkInterfaces. DescribeNatGateways and DescribeVpcEndpoints tell whose interface
//! it is, where unmanaged ones are wanted.
//! Not read: `private_ip_list_enabled` and `ipv6_address_list_enabled`, which only Terraform knows.

use crate::attachment_parts::part;
use crate::rules::{elements, ids, single_of};
use provider_api::{Owner, ResourceType};

pub(super) static TYPE: ResourceType = ResourceType {
    name: "aws_network_interface",
    permissions: &["ec2:DescribeNatGateways", "ec2:DescribeNetworkInterfaces", "ec2:DescribeVpcEndpoints"],
    identity: &[],
    rules: &[],
    owners: OWNERS,
};

/// What other resources change of an interface after it was recorded.
const OWNERS: &[Owner] = &[
    Owner {
        attribute: "attachment",
        resource_type: "aws_instance",
        parents: |instance| ids(instance, "primary_network_interface_id"),
        parts: |instance| part(&[("instance", instance.get("id")), ("device_index", Some(&0.into()))]),
        split: |attachments| elements(attachments).iter().flat_map(place_of).collect(),
    },
    Owner {
        attribute: "attachment",
        resource_type: "aws_network_interface_attachment",
        parents: |attachment| ids(attachment, "network_interface_id"),
        parts: |attachment| {
            part(&[("instance", attachment.get("instance_id")), ("device_index", attachment.get("device_index"))])
        },
        split: |attachments| elements(attachments).iter().flat_map(place_of).collect(),
    },
    Owner {
        attribute: "security_groups",
        resource_type: "aws_network_interface_sg_attachment",
        parents: |attachment| ids(attachment, "network_interface_id"),
        parts: |attachment| single_of(attachment, "security_group_id"),
        split: elements,
    },
];

/// Where an `attachment` block attaches to.
fn place_of(attachment: &serde_json::Value) -> Vec<serde_json::Value> {
    part(&[("instance", attachment.get("instance")), ("device_index", attachment.get("device_index"))])
}

#[cfg(feature = "sdk")]
pub(super) mod live {
    use crate::origin;
    use crate::sdk::prelude::*;
    use aws_sdk_ec2::types::{
        NatGateway, NetworkInterface, NetworkInterfaceAttachment, NetworkInterfaceType, VpcEndpoint,
    };
    use std::collections::HashMap;

    /// Ids that services write into the descriptions of the interfaces they make.
    const DESCRIBED: &[(&str, &str)] = &[
        ("nat-", "aws_nat_gateway"),
        ("vpce-", "aws_vpc_endpoint"),
        ("tgw-attach-", "aws_ec2_transit_gateway_vpc_attachment"),
        ("fsmt-", "aws_efs_mount_target"),
    ];

    pub(crate) async fn read(place: &Place, batch: &mut Batch<'_>) -> Result<(), Gap> {
        let interfaces = place.network_interfaces().await?;
        // Whose an interface is matters only for unmanaged ones, and not knowing it hides nothing.
        let (gateways, endpoints) = match batch.wants_unrequested() {
            true => {
                let (gateways, endpoints) = tokio::join!(place.nat_gateways(), place.vpc_endpoints());
                (gateways.unwrap_or_default(), endpoints.unwrap_or_default())
            }
            false => Default::default(),
        };
        let owners = owners(gateways, endpoints);
        for interface in interfaces {
            let id = interface.network_interface_id().unwrap_or_default();
            let arn = place.arn(interface.owner_id(), &format!("network-interface/{id}"));
            // The owner of a shared subnet is also told of the interfaces that other accounts have there.
            if batch.requests(id) || place.owns(interface.owner_id()) {
                batch.add(id, interface_origin(interface, &owners), || convert(interface, arn.as_deref()));
            }
        }
        Ok(())
    }

    /// Owners (type and id) by the interfaces that they list as theirs.
    fn owners<'o>(
        gateways: &'o [NatGateway],
        endpoints: &'o [VpcEndpoint],
    ) -> HashMap<&'o str, (&'static str, &'o str)> {
        let mut owners = HashMap::new();
        for gateway in gateways {
            let interfaces =
                gateway.nat_gateway_addresses().iter().filter_map(|address| address.network_interface_id());
            let id = gateway.nat_gateway_id().unwrap_or_default();
            owners.extend(interfaces.map(|interface| (interface, ("aws_nat_gateway", id))));
        }
        for endpoint in endpoints {
            let id = endpoint.vpc_endpoint_id().unwrap_or_default();
            let interfaces = endpoint.network_interface_ids().iter();
            owners.extend(interfaces.map(|interface| (interface.as_str(), ("aws_vpc_endpoint", id))));
        }
        owners
    }

    fn interface_origin(interface: &NetworkInterface, owners: &HashMap<&str, (&str, &str)>) -> Origin {
        let owner = owners.get(interface.network_interface_id().unwrap_or_default());
        owner
            .map(|(resource_type, id)| origin::owned_by(resource_type, id))
            .or_else(|| own_of_instance(interface.attachment()?))
            .or_else(|| origin::operator(interface.operator()))
            .or_else(|| service(interface))
            .unwrap_or_default()
    }

    /// An instance has its primary interface from the start, and what goes with it came with it.
    fn own_of_instance(attachment: &NetworkInterfaceAttachment) -> Option<Origin> {
        let own = attachment.device_index() == Some(0) || attachment.delete_on_termination() == Some(true);
        own.then_some(attachment.instance_id()).flatten().map(|instance| origin::owned_by("aws_instance", instance))
    }

    /// The service that made the interface for something of its own.
    fn service(interface: &NetworkInterface) -> Option<Origin> {
        use NetworkInterfaceType::{Branch, Efa, EfaOnly, Interface, Trunk};
        let description = interface.description().unwrap_or_default();
        // EKS makes these in the account's name.
        if let Some(cluster) = description.strip_prefix("Amazon EKS ") {
            return Some(origin::owned_by("aws_eks_cluster", cluster));
        }
        let special = interface
            .interface_type()
            .filter(|kind| !matches!(kind, Branch | Efa | EfaOnly | Interface | Trunk))
            .map(|kind| kind.as_str());
        if interface.requester_managed() != Some(true) && special.is_none() {
            return None;
        }
        let name = description.strip_prefix("ELB ").map(|name| origin::owned_by("aws_lb", name));
        name.or_else(|| origin::by_text(description, DESCRIBED)).or_else(|| {
            let service = special.or(interface.requester_id()).unwrap_or("a service of AWS");
            Some(Origin::OwnedBy(service.to_owned()))
        })
    }

    fn convert(interface: &NetworkInterface, arn: Option<&str>) -> Object {
        let attachment = interface.attachment().map(attachment);
        let private: Vec<&str> = interface
            .private_ip_addresses()
            .iter()
            .map(|address| address.private_ip_address().unwrap_or_default())
            .collect();
        let ipv6: Vec<&str> =
            interface.ipv6_addresses().iter().map(|address| address.ipv6_address().unwrap_or_default()).collect();
        let ipv4_prefixes = interface.ipv4_prefixes().iter().map(|prefix| prefix.ipv4_prefix().unwrap_or_default());
        let ipv6_prefixes = interface.ipv6_prefixes().iter().map(|prefix| prefix.ipv6_prefix().unwrap_or_default());
        let object = Object::new()
            .text("id", interface.network_interface_id())
            .text_if_known("arn", arn)
            .blocks("attachment", attachment)
            .text("description", interface.description())
            .text("interface_type", interface.interface_type().map(|kind| kind.as_str()))
            .value("ipv4_prefix_count", interface.ipv4_prefixes().len())
            .texts("ipv4_prefixes", ipv4_prefixes)
            .value("ipv6_address_count", ipv6.len())
            .texts("ipv6_address_list", &ipv6)
            .texts("ipv6_addresses", &ipv6)
            .value("ipv6_prefix_count", interface.ipv6_prefixes().len())
            .texts("ipv6_prefixes", ipv6_prefixes)
            .text("mac_address", interface.mac_address())
            .text("outpost_arn", interface.outpost_arn())
            .text("owner_id", interface.owner_id())
            .text("private_dns_name", interface.private_dns_name())
            .text("private_ip", interface.private_ip_address())
            .texts("private_ip_list", &private)
            .texts("private_ips", &private)
            // The primary address is not counted.
            .value("private_ips_count", i64::try_from(private.len()).unwrap_or(i64::MAX) - 1)
            .texts("security_groups", interface.groups().iter().map(|group| group.group_id().unwrap_or_default()))
            .flag("source_dest_check", interface.source_dest_check())
            .text("subnet_id", interface.subnet_id())
            .tags(interface.tag_set());
        // Without IPv6 addresses Terraform keeps what it recorded.
        match interface.ipv6_addresses().first() {
            Some(first) => object.flag("enable_primary_ipv6", first.is_primary_ipv6()),
            None => object,
        }
    }

    fn attachment(attachment: &NetworkInterfaceAttachment) -> Object {
        Object::new()
            .text("attachment_id", attachment.attachment_id())
            .number("device_index", attachment.device_index())
            .text("instance", attachment.instance_id())
    }

    #[cfg(test)]
    mod tests {
        use super::*;
        use aws_sdk_ec2::types::{
            GroupIdentifier, NatGatewayAddress, NetworkInterfaceIpv6Address, NetworkInterfacePrivateIpAddress, Tag,
        };
        use serde_json::{Value, json};

        fn interface() -> aws_sdk_ec2::types::builders::NetworkInterfaceBuilder {
            NetworkInterface::builder().network_interface_id("eni-1").interface_type(NetworkInterfaceType::Interface)
        }

        #[test]
        fn interfaces_convert_to_what_terraform_records() {
            let address = |ip: &str| NetworkInterfacePrivateIpAddress::builder().private_ip_address(ip).build();
            let attached = NetworkInterfaceAttachment::builder()
                .attachment_id("eni-attach-1")
                .device_index(1)
                .instance_id("i-1")
                .build();
            let ipv6 = NetworkInterfaceIpv6Address::builder().ipv6_address("2001:db8::1").is_primary_ipv6(true).build();
            let interface = interface()
                .attachment(attached)
                .description("second")
                .groups(GroupIdentifier::builder().group_id("sg-1").group_name("web").build())
                .ipv6_addresses(ipv6)
                .mac_address("02:00:00:9c:73:c9")
                .owner_id("123456789012")
                .private_ip_address("10.0.0.1")
                .private_ip_addresses(address("10.0.0.1"))
                .private_ip_addresses(address("10.0.0.2"))
                .source_dest_check(true)
                .subnet_id("subnet-1")
                .tag_set(Tag::builder().key("Name").value("a").build())
                .build();
            let expected = json!({
                "id": "eni-1", "arn": "arn:aws:ec2:us-east-1:123456789012:network-interface/eni-1",
                "attachment": [{"attachment_id": "eni-attach-1", "device_index": 1, "instance": "i-1"}],
                "description": "second", "enable_primary_ipv6": true, "interface_type": "interface",
                "ipv4_prefix_count": 0, "ipv4_prefixes": [], "ipv6_address_count": 1, "ipv6_address_list": ["2001:db8::1"],
                "ipv6_addresses": ["2001:db8::1"], "ipv6_prefix_count": 0, "ipv6_prefixes": [],
                "mac_address": "02:00:00:9c:73:c9", "outpost_arn": "", "owner_id": "123456789012", "private_dns_name": "",
                "private_ip": "10.0.0.1", "private_ip_list": ["10.0.0.1", "10.0.0.2"],
                "private_ips": ["10.0.0.1", "10.0.0.2"], "private_ips_count": 1, "security_groups": ["sg-1"],
                "source_dest_check": true, "subnet_id": "subnet-1", "tags_all": {"Name": "a"},
            });
            let arn = Some("arn:aws:ec2:us-east-1:123456789012:network-interface/eni-1");
            assert_eq!(Value::from(convert(&interface, arn)), expected);
        }

        #[track_caller]
        fn check_origin(interface: NetworkInterface, expected: Option<&str>) {
            let address = NatGatewayAddress::builder().network_interface_id("eni-nat").build();
            let gateways = [NatGateway::builder().nat_gateway_id("nat-1").nat_gateway_addresses(address).build()];
            let endpoint = VpcEndpoint::builder().vpc_endpoint_id("vpce-1").network_interface_ids("eni-vpce");
            let endpoints = [endpoint.build()];
            let expected = expected.map_or(Origin::Created, |owner| Origin::OwnedBy(owner.to_owned()));
            assert_eq!(interface_origin(&interface, &owners(&gateways, &endpoints)), expected);
        }

        #[test]
        fn interfaces_of_instances_and_services_are_theirs() {
            let attached = |index: i32, goes: bool| {
                NetworkInterfaceAttachment::builder()
                    .instance_id("i-1")
                    .device_index(index)
                    .delete_on_termination(goes)
                    .build()
            };
            check_origin(interface().build(), None);
            check_origin(interface().attachment(attached(0, false)).build(), Some("aws_instance i-1"));
            check_origin(interface().attachment(attached(1, true)).build(), Some("aws_instance i-1"));
            check_origin(interface().attachment(attached(1, false)).build(), None);
            check_origin(interface().network_interface_id("eni-nat").build(), Some("aws_nat_gateway nat-1"));
            check_origin(interface().network_interface_id("eni-vpce").build(), Some("aws_vpc_endpoint vpce-1"));
            let managed = || interface().requester_managed(true).requester_id("amazon-rds");
            check_origin(managed().build(), Some("amazon-rds"));
            check_origin(managed().description("ELB app/web/1").build(), Some("aws_lb app/web/1"));
            let efs = "EFS mount target for fs-1 (fsmt-1)";
            check_origin(managed().description(efs).build(), Some("aws_efs_mount_target fsmt-1"));
            check_origin(interface().description(efs).build(), None);
            check_origin(interface().interface_type(NetworkInterfaceType::Lambda).build(), Some("lambda"));
            check_origin(interface().description("Amazon EKS main").build(), Some("aws_eks_cluster main"));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn owners_part_an_attachment_alike() {
        let split = OWNERS[0].split;
        let live = split(&json!([{"attachment_id": "eni-attach-1", "device_index": 0, "instance": "i-1"}]));
        let instance = json!({"id": "i-1", "primary_network_interface_id": "eni-1"});
        let instance = instance.as_object().expect("an object");
        assert_eq!((OWNERS[0].parents)(instance), ["eni-1"]);
        assert_eq!((OWNERS[0].parts)(instance), live);
        let attachment = json!({"instance_id": "i-1", "device_index": 0, "network_interface_id": "eni-1"});
        let attachment = attachment.as_object().expect("an object");
        assert_eq!((OWNERS[1].parents)(attachment), ["eni-1"]);
        assert_eq!((OWNERS[1].parts)(attachment), live);
        assert!(split(&json!([])).is_empty() && split(&json!(null)).is_empty());
    }
}
