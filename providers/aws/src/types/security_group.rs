//! `aws_security_group`: one list, `DescribeSecurityGroups`.
//!
//! Not read: `name_prefix`, which follows from `name`; `revoke_rules_on_delete` and `timeouts`, which are the provider's
//! own. The group that every VPC has from the start is an `aws_default_security_group`.

use crate::rules::security_group_permissions as permissions;
use provider_api::{Attributes, Owner, ResourceType, Rule, RuleKind};
use serde_json::Value;

pub(super) static TYPE: ResourceType = ResourceType {
    name: "aws_security_group",
    permissions: &["ec2:DescribeSecurityGroups"],
    identity: &[],
    rules: RULES,
    owners: OWNERS,
};

/// To the API, blocks of equal traffic are one, and protocols have one spelling.
pub(super) const RULES: &[Rule] = &[
    Rule { pattern: "ingress", kind: RuleKind::Canonical(permissions::canonical) },
    Rule { pattern: "egress", kind: RuleKind::Canonical(permissions::canonical) },
];

/// The three kinds of rule resources.
pub(super) const OWNERS: &[Owner] = &[
    owner("ingress", "aws_security_group_rule", ingress_of_rule),
    owner("egress", "aws_security_group_rule", egress_of_rule),
    owner("ingress", "aws_vpc_security_group_ingress_rule", of_single_rule),
    owner("egress", "aws_vpc_security_group_egress_rule", of_single_rule),
];

const fn owner(attribute: &'static str, resource_type: &'static str, parts: fn(&Attributes) -> Vec<Value>) -> Owner {
    Owner { attribute, resource_type, parents: permissions::parent_group, parts, split: permissions::split }
}

fn ingress_of_rule(rule: &Attributes) -> Vec<Value> {
    permissions::atoms(permissions::of_rule(rule, "ingress"))
}

fn egress_of_rule(rule: &Attributes) -> Vec<Value> {
    permissions::atoms(permissions::of_rule(rule, "egress"))
}

fn of_single_rule(rule: &Attributes) -> Vec<Value> {
    permissions::atoms(permissions::of_single_rule(rule))
}

#[cfg(feature = "sdk")]
pub(super) mod live {
    use super::permissions::{self, Peer, Permission, Traffic};
    use crate::rules::canonical_cidr;
    use crate::sdk::prelude::*;
    use aws_sdk_ec2::types::{IpPermission, SecurityGroup, UserIdGroupPair};

    pub(crate) async fn read(place: &Place, batch: &mut Batch<'_>) -> Result<(), Gap> {
        for group in place.security_groups().await? {
            let id = group.group_id().unwrap_or_default();
            let origin = if is_default(group) { Origin::Default } else { Origin::Created };
            // Groups in a VPC that another account shares are not this account's to manage.
            if batch.requests(id) || place.owns(group.owner_id()) {
                batch.add(id, origin, || convert(place, group));
            }
        }
        Ok(())
    }

    /// Whether a VPC had the group from the start; the API gives its name to no other.
    fn is_default(group: &SecurityGroup) -> bool {
        group.group_name() == Some("default")
    }

    pub(in crate::types) fn convert(place: &Place, group: &SecurityGroup) -> Object {
        let id = group.group_id().unwrap_or_default();
        let owner = group.owner_id();
        Object::new()
            .text_if_known("arn", place.arn(owner, &format!("security-group/{id}")).as_deref())
            .text("description", group.description())
            .value("egress", permissions::gathered(permissions_of(id, owner, group.ip_permissions_egress())))
            .value("id", id)
            .value("ingress", permissions::gathered(permissions_of(id, owner, group.ip_permissions())))
            .text("name", group.group_name())
            .text("owner_id", owner)
            .text("vpc_id", group.vpc_id())
            .tags(group.tags())
    }

    /// The permissions of the group with this id and owner, one for each peer.
    pub(in crate::types) fn permissions_of(
        id: &str,
        owner: Option<&str>,
        permissions: &[IpPermission],
    ) -> Vec<Permission> {
        let mut all = Vec::new();
        for permission in permissions {
            let traffic = |description: Option<&str>| {
                Traffic::new(
                    permission.ip_protocol().unwrap_or_default(),
                    permission.from_port().map(Into::into),
                    permission.to_port().map(Into::into),
                    description.unwrap_or_default(),
                )
            };
            let mut push = |description, peer: Option<Peer>| all.extend(peer.map(|peer| (traffic(description), peer)));
            for range in permission.ip_ranges() {
                push(range.description(), range.cidr_ip().map(|cidr| Peer::Cidr(cidr.to_owned())));
            }
            for range in permission.ipv6_ranges() {
                push(range.description(), range.cidr_ipv6().map(|cidr| Peer::Ipv6Cidr(canonical_cidr(cidr))));
            }
            for list in permission.prefix_list_ids() {
                push(list.description(), list.prefix_list_id().map(|list| Peer::PrefixList(list.to_owned())));
            }
            for pair in permission.user_id_group_pairs() {
                push(pair.description(), group_peer(id, owner, pair));
            }
        }
        all
    }

    /// The group itself, a group of the same account, or one of another account as `account/group`.
    fn group_peer(id: &str, owner: Option<&str>, pair: &UserIdGroupPair) -> Option<Peer> {
        let group = pair.group_id().or(pair.group_name())?;
        let foreign = pair.user_id().filter(|user| !user.is_empty() && Some(*user) != owner);
        Some(match foreign {
            Some(user) => Peer::Group(format!("{user}/{group}")),
            None if group == id => Peer::Itself,
            None => Peer::Group(group.to_owned()),
        })
    }
}

#[cfg(all(test, feature = "sdk"))]
mod tests {
    use crate::sdk::tests::{answer, attributes, ids, place, read};
    use provider_api::Origin;
    use serde_json::{Value, json};

    const GROUPS: &str = "<securityGroupInfo>\
        <item><ownerId>123456789012</ownerId><groupId>sg-1</groupId><groupName>web</groupName>\
        <groupDescription>of the web</groupDescription><vpcId>vpc-1</vpcId><ipPermissions>\
        <item><ipProtocol>tcp</ipProtocol><fromPort>443</fromPort><toPort>443</toPort>\
        <ipRanges><item><cidrIp>192.168.0.0/16</cidrIp><description>x</description></item>\
        <item><cidrIp>10.0.0.0/8</cidrIp><description>x</description></item><item><cidrIp>10.1.0.0/16</cidrIp></item></ipRanges>\
        <ipv6Ranges><item><cidrIpv6>fd00::/8</cidrIpv6><description>x</description></item></ipv6Ranges></item>\
        <item><ipProtocol>-1</ipProtocol><groups><item><userId>123456789012</userId><groupId>sg-1</groupId></item>\
        <item><userId>123456789012</userId><groupId>sg-2</groupId></item>\
        <item><userId>210987654321</userId><groupId>sg-3</groupId></item></groups></item></ipPermissions>\
        <ipPermissionsEgress><item><ipProtocol>50</ipProtocol><prefixListIds><item><prefixListId>pl-1</prefixListId></item>\
        </prefixListIds></item></ipPermissionsEgress></item>\
        <item><ownerId>123456789012</ownerId><groupId>sg-2</groupId><groupName>default</groupName></item>\
        <item><ownerId>210987654321</ownerId><groupId>sg-3</groupId><groupName>shared</groupName></item></securityGroupInfo>";

    fn permission(protocol: &str, port: i64, description: &str, peers: Value) -> Value {
        let mut permission = json!({"cidr_blocks": [], "description": description, "from_port": port, "ipv6_cidr_blocks": [],
            "prefix_list_ids": [], "protocol": protocol, "security_groups": [], "self": false, "to_port": port});
        for (name, value) in peers.as_object().expect("an object") {
            permission[name] = value.clone();
        }
        permission
    }

    #[test]
    fn a_group_is_read_in_terraforms_shape() {
        let outcome = read(&place(|action| answer(action, GROUPS)), "aws_security_group", &[json!({"id": "sg-1"})]);
        let expected = json!({
            "arn": "arn:aws:ec2:eu-west-1:123456789012:security-group/sg-1",
            "description": "of the web",
            "egress": [permission("50", 0, "", json!({"prefix_list_ids": ["pl-1"]}))],
            "id": "sg-1",
            "ingress": [
                permission("-1", 0, "", json!({"security_groups": ["210987654321/sg-3", "sg-2"], "self": true})),
                permission("tcp", 443, "", json!({"cidr_blocks": ["10.1.0.0/16"]})),
                permission("tcp", 443, "x", json!({"cidr_blocks": ["10.0.0.0/8", "192.168.0.0/16"], "ipv6_cidr_blocks": ["fd00::/8"]})),
            ],
            "name": "web",
            "owner_id": "123456789012",
            "tags_all": {},
            "vpc_id": "vpc-1",
        });
        assert_eq!(attributes(&outcome.objects, "sg-1"), expected);
        assert_eq!(ids(&outcome.unrequested), ["sg-2"], "no group of another account");
        assert_eq!(outcome.unrequested[0].origin, Origin::Default);
    }

    #[test]
    fn a_default_group_is_read_where_it_is_managed() {
        let outcome =
            read(&place(|action| answer(action, GROUPS)), "aws_default_security_group", &[json!({"id": "sg-2"})]);
        assert_eq!(attributes(&outcome.objects, "sg-2")["ingress"], json!([]));
        assert_eq!(ids(&outcome.unrequested), Vec::<&str>::new(), "the plain type lists them");
    }
}
