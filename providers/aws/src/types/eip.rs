//! `aws_eip`: DescribeAddresses, and DescribeAddressesAttribute for the reverse names of all of them.
//! Not read: `address`, `associate_with_private_ip`, which only the configuration knows.

use crate::rules::{ids, single, single_of, text};
use provider_api::{Attributes, Owner, ResourceType};
use serde_json::Value;

pub(super) static TYPE: ResourceType = ResourceType {
    name: "aws_eip",
    permissions: &["ec2:DescribeAddresses", "ec2:DescribeAddressesAttribute"],
    identity: &[],
    rules: &[],
    owners: &[
        association("association_id", |association| single_of(association, "id"), single),
        association("instance", |association| single_of(association, "instance_id"), single),
        association("network_interface", |association| single_of(association, "network_interface_id"), single),
        association("private_ip", |association| single_of(association, "private_ip_address"), single),
        association("private_dns", |association| host(association, "private_ip_address"), host_of_name),
        nat_gateway("association_id", |gateway| single_of(gateway, "association_id"), single),
        nat_gateway("network_interface", |gateway| single_of(gateway, "network_interface_id"), single),
        nat_gateway("private_ip", |gateway| single_of(gateway, "private_ip"), single),
        nat_gateway("private_dns", |gateway| host(gateway, "private_ip"), host_of_name),
    ],
};

type Parts = fn(&Attributes) -> Vec<Value>;
type Split = fn(&Value) -> Vec<Value>;

/// A separate association fills the address in after it was recorded.
const fn association(attribute: &'static str, parts: Parts, split: Split) -> Owner {
    let parents = |association: &Attributes| ids(association, "allocation_id");
    Owner { attribute, resource_type: "aws_eip_association", parents, parts, split }
}

/// So does the NAT gateway that uses it.
const fn nat_gateway(attribute: &'static str, parts: Parts, split: Split) -> Owner {
    let parents = |gateway: &Attributes| ids(gateway, "allocation_id");
    Owner { attribute, resource_type: "aws_nat_gateway", parents, parts, split }
}

/// The host part of the private name that an address has.
fn host(attributes: &Attributes, name: &str) -> Vec<Value> {
    text(attributes, name).map(|address| Value::from(host_name("ip", &address))).into_iter().collect()
}

/// The host part of a private name; the rest is the region's.
fn host_of_name(value: &Value) -> Vec<Value> {
    let name = value.as_str().unwrap_or_default();
    name.split('.').next().filter(|host| !host.is_empty()).map(Value::from).into_iter().collect()
}

/// `ip-10-0-0-1`
fn host_name(prefix: &str, address: &str) -> String {
    format!("{prefix}-{}", address.replace('.', "-"))
}

#[cfg(feature = "sdk")]
pub(super) mod live {
    use super::host_name;
    use crate::sdk::prelude::*;
    use aws_sdk_ec2::types::{Address, AddressAttribute, DomainType};
    use std::collections::HashMap;

    pub(crate) async fn read(place: &Place, batch: &mut Batch<'_>) -> Result<(), Gap> {
        let (addresses, names) = tokio::join!(place.addresses(), place.address_names());
        let names: Option<HashMap<&str, &AddressAttribute>> = names_or_none(names, batch)
            .map(|names| names.iter().filter_map(|name| Some((name.allocation_id()?, name))).collect());
        for address in addresses? {
            let id = address.allocation_id().unwrap_or_default();
            let origin = match address.service_managed() {
                Some(service) => Origin::OwnedBy(service.as_str().to_owned()),
                None => Origin::Created,
            };
            batch.add(id, origin, || {
                let object = convert(place, address);
                match &names {
                    Some(names) => {
                        let name = names.get(id).and_then(|name| name.ptr_record()).unwrap_or_default();
                        object.text("ptr_record", Some(name.strip_suffix('.').unwrap_or(name)))
                    }
                    None => object,
                }
            });
        }
        Ok(())
    }

    /// Regions without reverse names answer that they do not know the call: there no address has one.
    fn names_or_none<'p>(
        names: Result<&'p [AddressAttribute], Gap>,
        batch: &mut Batch<'_>,
    ) -> Option<&'p [AddressAttribute]> {
        match names {
            Err(gap) if gap.class == GapClass::Unsupported => Some(&[]),
            names => batch.detail(names),
        }
    }

    fn convert(place: &Place, address: &Address) -> Object {
        let id = address.allocation_id().unwrap_or_default();
        let pool = address.public_ipv4_pool().filter(|pool| pool.starts_with("ipam-pool-"));
        let private_dns = address.private_ip_address().filter(|ip| !ip.is_empty()).map(|ip| private_name(place, ip));
        let public_dns = address.public_ip().filter(|ip| !ip.is_empty()).map(|ip| public_name(place, ip));
        Object::new()
            .text("id", address.allocation_id())
            .text("allocation_id", address.allocation_id())
            .text_if_known("arn", place.arn(place.account.as_deref(), &format!("elastic-ip/{id}")).as_deref())
            .text("association_id", address.association_id())
            .text("carrier_ip", address.carrier_ip())
            .text("customer_owned_ip", address.customer_owned_ip())
            .text("customer_owned_ipv4_pool", address.customer_owned_ipv4_pool())
            .text("domain", address.domain().map(|domain| domain.as_str()))
            .text("instance", address.instance_id())
            .text_if_known("ipam_pool_id", pool)
            .text("network_border_group", address.network_border_group())
            .text("network_interface", address.network_interface_id())
            .text_if_known("private_dns", private_dns.as_deref())
            .text("private_ip", address.private_ip_address())
            .text_if_known("public_dns", public_dns.as_deref())
            .text("public_ip", address.public_ip())
            .text("public_ipv4_pool", address.public_ipv4_pool())
            .value("vpc", address.domain() == Some(&DomainType::Vpc))
            .tags(address.tags())
    }

    /// The names are made from the address, not answered by the API; Terraform makes them likewise.
    fn private_name(place: &Place, ip: &str) -> String {
        let host = host_name("ip", ip);
        match place.region.as_str() {
            "us-east-1" => format!("{host}.ec2.internal"),
            region => format!("{host}.{region}.compute.internal"),
        }
    }

    fn public_name(place: &Place, ip: &str) -> String {
        let host = host_name("ec2", ip);
        let suffix = place.dns_suffix();
        match place.region.as_str() {
            "us-east-1" => format!("{host}.compute-1.{suffix}"),
            region => format!("{host}.{region}.compute.{suffix}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_private_name_is_explained_by_its_address() {
        let association = json!({"private_ip_address": "10.0.0.7"});
        let parts = host(association.as_object().expect("an object"), "private_ip_address");
        for (name, expected) in [
            ("ip-10-0-0-7.ec2.internal", true),
            ("ip-10-0-0-7.eu-west-1.compute.internal", true),
            ("ip-10-0-0-70.ec2.internal", false),
            ("", false),
        ] {
            assert_eq!(host_of_name(&json!(name)) == parts, expected, "{name}");
        }
    }

    #[cfg(feature = "sdk")]
    #[test]
    fn names_are_made_as_terraform_makes_them() {
        use crate::sdk::tests::{answer, attributes, error, place, read};
        const ADDRESSES: &str = "<addressesSet><item><allocationId>eipalloc-1</allocationId><domain>vpc</domain>\
            <publicIp>198.51.100.7</publicIp><privateIpAddress>10.0.0.7</privateIpAddress></item></addressesSet>";
        let requested = [json!({"id": "eipalloc-1"})];
        let named = place(|action| match action {
            "DescribeAddressesAttribute" => answer(
                action,
                "<addressSet><item><allocationId>eipalloc-1</allocationId><ptrRecord>host.example.net.</ptrRecord></item></addressSet>",
            ),
            _ => answer(action, ADDRESSES),
        });
        let outcome = read(&named, "aws_eip", &requested);
        let address = attributes(&outcome.objects, "eipalloc-1");
        assert_eq!(address["private_dns"], "ip-10-0-0-7.eu-west-1.compute.internal");
        assert_eq!(address["public_dns"], "ec2-198-51-100-7.eu-west-1.compute.amazonaws.com");
        assert_eq!(address["ptr_record"], "host.example.net");
        let unnamed = place(|action| match action {
            "DescribeAddressesAttribute" => error(400, "InvalidAction", "not here"),
            _ => answer(action, ADDRESSES),
        });
        let outcome = read(&unnamed, "aws_eip", &requested);
        assert_eq!(attributes(&outcome.objects, "eipalloc-1")["ptr_record"], "");
        assert!(outcome.gaps.is_empty(), "a region without reverse names has none");
    }
}
