//! `aws_security_group_rule`: the lists `DescribeSecurityGroups` and `DescribeSecurityGroupRules`.
//!
//! Its id is synthetic. A rule exists as long as one permission of its group (one protocol and port range) holds all the
//! peers that state recorded, which is the provider's own test; so protocol, ports and peers cannot differ, only be gone.
//! What can differ are `description` and, where there is one peer, `security_group_rule_id`.
//!
//! Not read: `timeouts`, which is the provider's own.

use crate::rules::security_group_permissions as permissions;
use provider_api::{ResourceType, Rule, RuleKind};

pub(super) static TYPE: ResourceType = ResourceType {
    name: "aws_security_group_rule",
    permissions: &["ec2:DescribeSecurityGroupRules", "ec2:DescribeSecurityGroups"],
    rules: &[
        Rule { pattern: "cidr_blocks", kind: RuleKind::Set },
        Rule { pattern: "ipv6_cidr_blocks", kind: RuleKind::Set },
        Rule { pattern: "prefix_list_ids", kind: RuleKind::Set },
        Rule { pattern: "protocol", kind: RuleKind::Canonical(permissions::canonical_protocol) },
        Rule { pattern: "self", kind: RuleKind::Default("false") },
    ],
    owners: &[],
};

#[cfg(feature = "sdk")]
pub(super) mod live {
    use super::super::security_group::live::permissions_of;
    use super::super::vpc_security_group_ingress_rule::live::permission;
    use super::permissions::{self, Permission};
    use crate::sdk::prelude::*;
    use aws_sdk_ec2::types::{SecurityGroup, SecurityGroupRule};
    use provider_api::Attributes;
    use std::collections::HashMap;

    /// What is equal by the very test of whether the rule exists.
    const MATCHED: [&str; 10] = [
        "cidr_blocks",
        "from_port",
        "ipv6_cidr_blocks",
        "prefix_list_ids",
        "protocol",
        "security_group_id",
        "self",
        "source_security_group_id",
        "to_port",
        "type",
    ];

    pub(crate) async fn read(place: &Place, batch: &mut Batch<'_>) -> Result<(), Gap> {
        if batch.instances().is_empty() {
            return Ok(());
        }
        let groups: HashMap<&str, &SecurityGroup> =
            place.security_groups().await?.iter().filter_map(|group| Some((group.group_id()?, group))).collect();
        let rules = match place.security_group_rules().await {
            // Some partitions lack the call; the provider makes do without it.
            Err(gap) if gap.class == GapClass::Unsupported => None,
            rules => batch.detail(rules).map(by_group),
        };
        for instance in batch.instances() {
            let recorded = batch.recorded(instance).0;
            let egress = text(&recorded, "type") == "egress";
            let Some(group) = groups.get(text(&recorded, "security_group_id")) else { continue };
            let wanted = permissions::of_rule(&recorded, if egress { "egress" } else { "ingress" });
            let Some(description) = permissions::live_description(&wanted, &live(group, egress)) else { continue };
            let rule_id = rules.as_ref().map(|rules| {
                let rules = group.group_id().and_then(|id| rules.get(id));
                rule_id(&wanted, egress, rules.map_or(&[], Vec::as_slice), text(&recorded, "security_group_rule_id"))
            });
            batch.found(instance.id, || convert(&recorded, instance.id, &description, rule_id));
        }
        Ok(())
    }

    fn by_group(rules: &[SecurityGroupRule]) -> HashMap<&str, Vec<&SecurityGroupRule>> {
        let mut by_group: HashMap<&str, Vec<&SecurityGroupRule>> = HashMap::new();
        for rule in rules {
            by_group.entry(rule.group_id().unwrap_or_default()).or_default().push(rule);
        }
        by_group
    }

    fn live(group: &SecurityGroup, egress: bool) -> Vec<Permission> {
        let permissions = if egress { group.ip_permissions_egress() } else { group.ip_permissions() };
        permissions_of(group.group_id().unwrap_or_default(), group.owner_id(), permissions)
    }

    /// The id of the rule that alone stands for the permissions, empty where there is no such rule. The provider does not
    /// look at the direction of rules when it looks for an egress rule, so a recorded id may be of either direction.
    fn rule_id<'a>(wanted: &[Permission], egress: bool, rules: &[&'a SecurityGroupRule], recorded: &'a str) -> &'a str {
        let [wanted] = wanted else { return "" };
        let ids = rules
            .iter()
            .filter(|rule| egress || !rule.is_egress().unwrap_or(false))
            .filter(|rule| permission(rule).is_some_and(|permission| permissions::same(wanted, &permission)))
            .filter_map(|rule| Some((rule.is_egress().unwrap_or(false) != egress, rule.security_group_rule_id()?)));
        match ids.clone().find(|(_, id)| *id == recorded) {
            Some(_) => recorded,
            None => ids.min().map_or("", |(_, id)| id),
        }
    }

    fn convert(recorded: &Attributes, id: &str, description: &str, rule_id: Option<&str>) -> Object {
        let mut object =
            Object::new().text("description", Some(description)).text_if_known("security_group_rule_id", rule_id);
        for name in MATCHED {
            if let Some(value) = recorded.get(name) {
                object = object.value(name, value.clone());
            }
        }
        object.value("id", id)
    }

    fn text<'a>(attributes: &'a Attributes, name: &str) -> &'a str {
        attributes.get(name).and_then(serde_json::Value::as_str).unwrap_or_default()
    }
}
