//! `aws_vpc_security_group_ingress_rule`: one list, `DescribeSecurityGroupRules`. Every attribute is read.
//!
//! Rules that nobody asked for are listed only for groups that have a requested rule: such a group is managed rule by
//! rule. Elsewhere a rule belongs to its group and shows as a change of it.

use crate::rules::security_group_permissions as permissions;
use provider_api::{ResourceType, Rule, RuleKind};

pub(super) static TYPE: ResourceType = ResourceType {
    name: "aws_vpc_security_group_ingress_rule",
    permissions: &["ec2:DescribeSecurityGroupRules"],
    rules: RULES,
    owners: &[],
};

/// The API answers -1 for ports that are not set, and has one spelling for protocols and blocks.
pub(super) const RULES: &[Rule] = &[
    Rule { pattern: "cidr_ipv6", kind: RuleKind::Canonical(permissions::canonical_ipv6_cidr) },
    Rule { pattern: "from_port", kind: RuleKind::Default("-1") },
    Rule { pattern: "ip_protocol", kind: RuleKind::Canonical(permissions::canonical_protocol) },
    Rule { pattern: "to_port", kind: RuleKind::Default("-1") },
];

#[cfg(feature = "sdk")]
pub(super) mod live {
    use super::permissions::{self, Peer, Permission, Traffic};
    use crate::sdk::prelude::*;
    use aws_sdk_ec2::types::{ReferencedSecurityGroup, SecurityGroupRule};
    use std::collections::HashSet;

    pub(crate) async fn read(place: &Place, batch: &mut Batch<'_>) -> Result<(), Gap> {
        read_direction(place, batch, false).await
    }

    /// Reads the rules of one direction. A rule of the other direction is absent, as it is to the provider.
    pub(in crate::types) async fn read_direction(
        place: &Place,
        batch: &mut Batch<'_>,
        egress: bool,
    ) -> Result<(), Gap> {
        let rules = place.security_group_rules().await?;
        let mut managed_groups = HashSet::new();
        for instance in batch.instances() {
            managed_groups.extend(batch.recorded(instance).text("security_group_id").map(str::to_owned));
        }
        for rule in rules.iter().filter(|rule| rule.is_egress().unwrap_or(false) == egress) {
            let id = rule.security_group_rule_id().unwrap_or_default();
            if batch.requests(id) || rule.group_id().is_some_and(|group| managed_groups.contains(group)) {
                batch.add(id, Origin::Created, || convert(place, rule));
            }
        }
        Ok(())
    }

    fn convert(place: &Place, rule: &SecurityGroupRule) -> Object {
        let id = rule.security_group_rule_id().unwrap_or_default();
        let arn = place.arn(place.account.as_deref(), &format!("security-group-rule/{id}"));
        Object::new()
            .text_if_known("arn", arn.as_deref())
            .text_or_null("cidr_ipv4", rule.cidr_ipv4())
            .text_or_null("cidr_ipv6", rule.cidr_ipv6())
            .text_or_null("description", rule.description())
            .number_or_null("from_port", rule.from_port())
            .value("id", id)
            .text_or_null("ip_protocol", rule.ip_protocol())
            .text_or_null("prefix_list_id", rule.prefix_list_id())
            .text_or_null("referenced_security_group_id", referenced_group(place, rule).as_deref())
            .text_or_null("security_group_id", rule.group_id())
            .value("security_group_rule_id", id)
            .number_or_null("to_port", rule.to_port())
            .tags(rule.tags())
    }

    /// What a rule permits.
    pub(in crate::types) fn permission(rule: &SecurityGroupRule) -> Option<Permission> {
        let traffic = Traffic::new(
            rule.ip_protocol().unwrap_or_default(),
            rule.from_port().map(Into::into),
            rule.to_port().map(Into::into),
            rule.description().unwrap_or_default(),
        );
        let referenced = || rule.referenced_group_info().and_then(ReferencedSecurityGroup::group_id);
        let peer = rule
            .cidr_ipv4()
            .map(|cidr| Peer::Cidr(cidr.to_owned()))
            .or_else(|| rule.cidr_ipv6().map(|cidr| Peer::Ipv6Cidr(permissions::ipv6_cidr(cidr))))
            .or_else(|| rule.prefix_list_id().map(|list| Peer::PrefixList(list.to_owned())))
            .or_else(|| {
                referenced().map(|group| permissions::group_peer(group, rule.group_id().unwrap_or_default()))
            })?;
        Some((traffic, peer))
    }

    /// `sg-…` within the account, `account/sg-…` across accounts.
    fn referenced_group(place: &Place, rule: &SecurityGroupRule) -> Option<String> {
        let referenced = rule.referenced_group_info()?;
        let group = referenced.group_id()?;
        let own = place.account.as_deref().or(rule.group_owner_id());
        let foreign = referenced.user_id().filter(|user| !user.is_empty() && Some(*user) != own);
        Some(foreign.map_or_else(|| group.to_owned(), |user| format!("{user}/{group}")))
    }
}
