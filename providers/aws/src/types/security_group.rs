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
    Owner { attribute, resource_type, parent: permissions::parent_group, parts, split: permissions::split }
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
    use crate::sdk::prelude::*;
    use aws_sdk_ec2::types::{IpPermission, SecurityGroup, UserIdGroupPair};

    pub(crate) async fn read(place: &Place, batch: &mut Batch<'_>) -> Result<(), Gap> {
        for group in place.security_groups().await? {
            let origin = if is_default(group) { Origin::Default } else { Origin::Created };
            batch.add(group.group_id().unwrap_or_default(), origin, || convert(place, group));
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
                push(range.description(), range.cidr_ipv6().map(|cidr| Peer::Ipv6Cidr(permissions::ipv6_cidr(cidr))));
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
