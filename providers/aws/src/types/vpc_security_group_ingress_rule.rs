//! `aws_vpc_security_group_ingress_rule`: one list, `DescribeSecurityGroupRules`. Every attribute is read.
//!
//! Rules that nobody asked for are listed only for groups that have a requested rule: such a group is managed rule by
//! rule. Elsewhere a rule belongs to its group and shows as a change of it.

use crate::rules::{SAME_CIDR, security_group_permissions as permissions};
use provider_api::{ResourceType, Rule, RuleKind};

pub(super) static TYPE: ResourceType = ResourceType {
    name: "aws_vpc_security_group_ingress_rule",
    permissions: &["ec2:DescribeSecurityGroupRules"],
    identity: &[],
    rules: RULES,
    owners: &[],
};

/// The API answers -1 for ports that are not set, and has one spelling for protocols and blocks.
pub(super) const RULES: &[Rule] = &[
    Rule { pattern: "cidr_ipv6", kind: SAME_CIDR },
    Rule { pattern: "from_port", kind: RuleKind::Default("-1") },
    Rule { pattern: "ip_protocol", kind: RuleKind::Canonical(permissions::canonical_protocol) },
    Rule { pattern: "to_port", kind: RuleKind::Default("-1") },
];

#[cfg(feature = "sdk")]
pub(super) mod live {
    use super::permissions::{self, Peer, Permission, Traffic};
    use crate::rules::canonical_cidr;
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
            .or_else(|| rule.cidr_ipv6().map(|cidr| Peer::Ipv6Cidr(canonical_cidr(cidr))))
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

#[cfg(all(test, feature = "sdk"))]
mod tests {
    use crate::sdk::tests::{answer, attributes, ids, place, read};
    use serde_json::json;

    const RULES: &str = "<securityGroupRuleSet>\
        <item><securityGroupRuleId>sgr-1</securityGroupRuleId><groupId>sg-1</groupId><groupOwnerId>123456789012</groupOwnerId>\
        <isEgress>false</isEgress><ipProtocol>-1</ipProtocol><fromPort>-1</fromPort><toPort>-1</toPort>\
        <referencedGroupInfo><groupId>sg-9</groupId><userId>210987654321</userId></referencedGroupInfo></item>\
        <item><securityGroupRuleId>sgr-2</securityGroupRuleId><groupId>sg-1</groupId><isEgress>true</isEgress>\
        <ipProtocol>tcp</ipProtocol><fromPort>443</fromPort><toPort>444</toPort><cidrIpv6>::/0</cidrIpv6><description>d</description></item>\
        <item><securityGroupRuleId>sgr-3</securityGroupRuleId><groupId>sg-1</groupId><isEgress>false</isEgress>\
        <ipProtocol>tcp</ipProtocol><referencedGroupInfo><groupId>sg-9</groupId><userId>123456789012</userId></referencedGroupInfo></item>\
        <item><securityGroupRuleId>sgr-4</securityGroupRuleId><groupId>sg-2</groupId><isEgress>false</isEgress></item>\
        </securityGroupRuleSet>";

    #[test]
    fn rules_are_read_in_terraforms_shape() {
        let place = place(|action| answer(action, RULES));
        let outcome = read(
            &place,
            "aws_vpc_security_group_ingress_rule",
            &[json!({"id": "sgr-1", "security_group_id": "sg-1"}), json!({"id": "sgr-2", "security_group_id": "sg-1"})],
        );
        let expected = json!({
            "arn": "arn:aws:ec2:eu-west-1:123456789012:security-group-rule/sgr-1", "cidr_ipv4": null, "cidr_ipv6": null,
            "description": null, "from_port": -1, "id": "sgr-1", "ip_protocol": "-1", "prefix_list_id": null,
            "referenced_security_group_id": "210987654321/sg-9", "security_group_id": "sg-1",
            "security_group_rule_id": "sgr-1", "tags_all": {}, "to_port": -1,
        });
        assert_eq!(attributes(&outcome.objects, "sgr-1"), expected);
        assert_eq!(ids(&outcome.objects), ["sgr-1"], "a rule of the other direction is absent");
        assert_eq!(ids(&outcome.unrequested), ["sgr-3"], "only in a group that is managed rule by rule");
        assert_eq!(attributes(&outcome.unrequested, "sgr-3")["referenced_security_group_id"], "sg-9");

        let outcome = read(&place, "aws_vpc_security_group_egress_rule", &[json!({"id": "sgr-2"})]);
        let egress = attributes(&outcome.objects, "sgr-2");
        assert_eq!(
            (&egress["cidr_ipv6"], &egress["to_port"], &egress["description"]),
            (&json!("::/0"), &json!(444), &json!("d"))
        );
    }
}
