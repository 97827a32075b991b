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
    identity: &[],
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
            let wanted = permissions::of_rule(&recorded, if egress { "egress" } else { "ingress" });
            let group = text(&recorded, "security_group_id");
            if wanted.is_empty() || group.is_empty() {
                batch.unidentified(instance, "security_group_id, type and source");
                continue;
            }
            let Some(group) = groups.get(group) else { continue };
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

#[cfg(all(test, feature = "sdk"))]
mod tests {
    use crate::sdk::tests::{answer, attributes, error, place, read};
    use provider_api::ReadOutcome;
    use serde_json::{Value, json};

    const GROUPS: &str = "<securityGroupInfo><item><ownerId>123456789012</ownerId><groupId>sg-1</groupId><ipPermissions>\
        <item><ipProtocol>tcp</ipProtocol><fromPort>80</fromPort><toPort>80</toPort><ipRanges>\
        <item><cidrIp>10.0.0.0/8</cidrIp></item><item><cidrIp>10.9.0.0/16</cidrIp><description>live</description></item></ipRanges></item>\
        <item><ipProtocol>-1</ipProtocol><groups><item><userId>123456789012</userId><groupId>sg-1</groupId></item>\
        <item><userId>210987654321</userId><groupId>sg-9</groupId></item></groups></item>\
        </ipPermissions></item></securityGroupInfo>";
    const RULES: &str = "<securityGroupRuleSet>\
        <item><securityGroupRuleId>sgr-1</securityGroupRuleId><groupId>sg-1</groupId><isEgress>false</isEgress>\
        <ipProtocol>tcp</ipProtocol><fromPort>80</fromPort><toPort>80</toPort><cidrIpv4>10.0.0.0/8</cidrIpv4></item>\
        <item><securityGroupRuleId>sgr-2</securityGroupRuleId><groupId>sg-1</groupId><isEgress>false</isEgress>\
        <ipProtocol>-1</ipProtocol><fromPort>-1</fromPort><toPort>-1</toPort><referencedGroupInfo><groupId>sg-9</groupId>\
        <userId>210987654321</userId></referencedGroupInfo></item></securityGroupRuleSet>";

    fn read_rule(changes: Value) -> ReadOutcome {
        let mut recorded = json!({"id": "sgrule-1", "type": "ingress", "security_group_id": "sg-1", "protocol": "tcp", "from_port": 80,
            "to_port": 80, "cidr_blocks": ["10.9.0.0/16", "10.0.0.0/8"], "self": false, "security_group_rule_id": ""});
        for (name, value) in changes.as_object().expect("an object") {
            recorded[name] = value.clone();
        }
        let place = place(|action| answer(action, if action.ends_with("Rules") { RULES } else { GROUPS }));
        read(&place, "aws_security_group_rule", &[recorded])
    }

    /// Reads the rule with these changes and checks description and rule id; none where the rule is gone.
    fn check(changes: Value, expected: Option<(&str, &str)>) {
        let outcome = read_rule(changes.clone());
        assert_eq!(outcome.gaps, Vec::new(), "{changes}");
        let live = attributes(&outcome.objects, "sgrule-1");
        let text = |name: &str| live[name].as_str();
        assert_eq!(text("description").zip(text("security_group_rule_id")), expected, "{changes}: {live}");
    }

    #[test]
    fn a_rule_lives_as_long_as_all_its_sources() {
        check(json!({}), Some(("live", "")));
        check(json!({"cidr_blocks": ["10.0.0.0/8"]}), Some(("", "sgr-1")));
        check(json!({"cidr_blocks": ["10.0.0.0/8"], "protocol": "6", "description": "was"}), Some(("", "sgr-1")));
        let all = json!({"protocol": "all", "from_port": 0, "to_port": 65535, "cidr_blocks": null});
        let with = |name: &str, value: Value| {
            let mut with = all.clone();
            with[name] = value;
            with
        };
        check(with("self", json!(true)), Some(("", "")));
        check(with("source_security_group_id", json!("210987654321/sg-9")), Some(("", "sgr-2")));
        check(with("source_security_group_id", json!("sg-9")), Some(("", "sgr-2")));

        check(json!({"cidr_blocks": ["10.0.0.0/8", "10.1.0.0/16"]}), None);
        check(json!({"to_port": 81}), None);
        check(json!({"type": "egress"}), None);
        check(json!({"security_group_id": "sg-gone"}), None);
        check(with("source_security_group_id", json!("sg-8")), None);
    }

    #[test]
    fn what_is_matched_is_echoed() {
        let live = attributes(&read_rule(json!({})).objects, "sgrule-1");
        assert_eq!(live["cidr_blocks"], json!(["10.9.0.0/16", "10.0.0.0/8"]));
        assert_eq!((&live["from_port"], &live["protocol"], &live["self"]), (&json!(80), &json!("tcp"), &json!(false)));
    }

    #[test]
    fn a_rule_that_state_does_not_describe_is_a_gap() {
        for nothing in [json!({"cidr_blocks": []}), json!({"type": null}), json!({"security_group_id": ""})] {
            let outcome = read_rule(nothing.clone());
            assert_eq!((outcome.gaps.len(), outcome.objects.len()), (1, 0), "{nothing}");
        }
    }

    #[test]
    fn rule_ids_are_a_detail() {
        let recorded =
            [json!({"id": "r", "type": "ingress", "security_group_id": "sg-1", "protocol": "tcp", "from_port": 80,
            "to_port": 80, "cidr_blocks": ["10.0.0.0/8"], "security_group_rule_id": "sgr-1"})];
        let lacking = place(|action| match action {
            "DescribeSecurityGroupRules" => error(400, "UnsupportedOperation", "Not here"),
            _ => answer(action, GROUPS),
        });
        let outcome = read(&lacking, "aws_security_group_rule", &recorded);
        assert_eq!(attributes(&outcome.objects, "r").get("security_group_rule_id"), None);
        assert_eq!(outcome.gaps, Vec::new(), "some partitions lack the call");
        let denied = place(|action| match action {
            "DescribeSecurityGroupRules" => error(403, "UnauthorizedOperation", "No"),
            _ => answer(action, GROUPS),
        });
        let outcome = read(&denied, "aws_security_group_rule", &recorded);
        assert_eq!((outcome.objects.len(), outcome.gaps.len()), (1, 1));
        assert_eq!(outcome.gaps[0].ids, ["r"]);
    }
}
