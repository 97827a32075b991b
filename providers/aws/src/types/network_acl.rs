//! `aws_network_acl`: one list, `DescribeNetworkAcls`. Every attribute is read.
//!
//! The entries that AWS itself puts at the end of every list are left out, as the provider leaves them out. The list that
//! every VPC has from the start is an `aws_default_network_acl`.

use crate::rules::network_acl_entries as entries;
use crate::rules::{elements, ids, single_of};
use provider_api::{Attributes, Owner, ResourceType, Rule, RuleKind};
use serde_json::Value;

pub(super) static TYPE: ResourceType = ResourceType {
    name: "aws_network_acl",
    permissions: &["ec2:DescribeNetworkAcls"],
    identity: &[],
    rules: RULES,
    owners: OWNERS,
};

/// The API answers protocols by number, and ports and ICMP types only where the protocol has them.
pub(super) const RULES: &[Rule] = &[
    Rule { pattern: "egress", kind: RuleKind::Canonical(entries::canonical) },
    Rule { pattern: "ingress", kind: RuleKind::Canonical(entries::canonical) },
];

/// Rule resources and association resources.
pub(super) const OWNERS: &[Owner] = &[
    Owner {
        attribute: "egress",
        resource_type: "aws_network_acl_rule",
        parents,
        parts: |rule| entries::of_rule(rule, true),
        split: entries::split,
    },
    Owner {
        attribute: "ingress",
        resource_type: "aws_network_acl_rule",
        parents,
        parts: |rule| entries::of_rule(rule, false),
        split: entries::split,
    },
    Owner {
        attribute: "subnet_ids",
        resource_type: "aws_network_acl_association",
        parents,
        parts: associated_subnet,
        split: elements,
    },
];

fn parents(owner: &Attributes) -> Vec<String> {
    ids(owner, "network_acl_id")
}

fn associated_subnet(association: &Attributes) -> Vec<Value> {
    single_of(association, "subnet_id")
}

#[cfg(feature = "sdk")]
pub(super) mod live {
    use super::entries::DEFAULT_ENTRIES;
    use crate::sdk::prelude::*;
    use aws_sdk_ec2::types::{IcmpTypeCode, NetworkAcl, NetworkAclEntry, PortRange};
    use serde_json::Value;
    use std::collections::HashMap;

    pub(crate) async fn read(place: &Place, batch: &mut Batch<'_>) -> Result<(), Gap> {
        let recorded = recorded_by_id(batch);
        for acl in place.network_acls().await? {
            let id = acl.network_acl_id().unwrap_or_default();
            let origin = if acl.is_default() == Some(true) { Origin::Default } else { Origin::Created };
            if batch.requests(id) || place.owns(acl.owner_id()) {
                batch.add(id, origin, || convert(place, acl, recorded.get(id)));
            }
        }
        Ok(())
    }

    pub(in crate::types) fn recorded_by_id<'a>(batch: &mut Batch<'a>) -> HashMap<&'a str, Recorded> {
        batch.instances().iter().map(|instance| (instance.id, batch.recorded(instance))).collect()
    }

    pub(in crate::types) fn convert(place: &Place, acl: &NetworkAcl, recorded: Option<&Recorded>) -> Object {
        let id = acl.network_acl_id().unwrap_or_default();
        let entries = |egress: bool, name: &str| {
            let recorded = recorded.and_then(|recorded| recorded.0.get(name));
            let configurable = acl.entries().iter().filter(|entry| !is_default(entry));
            let of_direction = configurable.filter(|entry| entry.egress().unwrap_or(false) == egress);
            of_direction.map(|live| entry(live, recorded)).collect::<Vec<_>>()
        };
        Object::new()
            .text_if_known("arn", place.arn(acl.owner_id(), &format!("network-acl/{id}")).as_deref())
            .blocks("egress", entries(true, "egress"))
            .value("id", id)
            .blocks("ingress", entries(false, "ingress"))
            .text("owner_id", acl.owner_id())
            .texts("subnet_ids", acl.associations().iter().filter_map(|association| association.subnet_id()))
            .text("vpc_id", acl.vpc_id())
            .tags(acl.tags())
    }

    fn is_default(entry: &NetworkAclEntry) -> bool {
        entry.rule_number().is_some_and(|number| DEFAULT_ENTRIES.contains(&number))
    }

    /// One element of `ingress` or `egress`. Where the API does not answer the ICMP type of an entry, it is not known
    /// whether it differs, and the recorded one stands.
    fn entry(entry: &NetworkAclEntry, recorded: Option<&Value>) -> Object {
        let icmp = entry.icmp_type_code();
        let recorded = recorded_entry(recorded, entry.rule_number()).filter(|_| icmp.is_none());
        let icmp = |name: &str, live: Option<i32>| live.map(i64::from).or_else(|| recorded?.get(name)?.as_i64());
        let ports = entry.port_range();
        Object::new()
            .text("action", entry.rule_action().map(|action| action.as_str()))
            .text("cidr_block", entry.cidr_block())
            .number("from_port", ports.and_then(PortRange::from))
            .number("icmp_code", icmp("icmp_code", entry.icmp_type_code().and_then(IcmpTypeCode::code)))
            .number("icmp_type", icmp("icmp_type", entry.icmp_type_code().and_then(IcmpTypeCode::r#type)))
            .text("ipv6_cidr_block", entry.ipv6_cidr_block())
            .text("protocol", entry.protocol())
            .number("rule_no", entry.rule_number())
            .number("to_port", ports.and_then(PortRange::to))
    }

    fn recorded_entry(recorded: Option<&Value>, number: Option<i32>) -> Option<&Value> {
        let number = number.map(i64::from);
        recorded?.as_array()?.iter().find(|entry| entry.get("rule_no").and_then(Value::as_i64) == number)
    }
}

#[cfg(all(test, feature = "sdk"))]
mod tests {
    use crate::sdk::tests::{answer, attributes, ids, place, read};
    use provider_api::Origin;
    use serde_json::{Value, json};

    const ACLS: &str = "<networkAclSet><item><networkAclId>acl-1</networkAclId><vpcId>vpc-1</vpcId><ownerId>123456789012</ownerId>\
        <entrySet><item><ruleNumber>100</ruleNumber><protocol>6</protocol><ruleAction>allow</ruleAction><egress>false</egress>\
        <cidrBlock>10.0.0.0/8</cidrBlock><portRange><from>22</from><to>23</to></portRange></item>\
        <item><ruleNumber>200</ruleNumber><protocol>1</protocol><ruleAction>deny</ruleAction><egress>false</egress>\
        <ipv6CidrBlock>::/0</ipv6CidrBlock><icmpTypeCode><code>-1</code><type>8</type></icmpTypeCode></item>\
        <item><ruleNumber>300</ruleNumber><protocol>1</protocol><ruleAction>deny</ruleAction><egress>true</egress>\
        <cidrBlock>0.0.0.0/0</cidrBlock></item>\
        <item><ruleNumber>32767</ruleNumber><protocol>-1</protocol><ruleAction>deny</ruleAction><egress>false</egress></item>\
        <item><ruleNumber>32768</ruleNumber><protocol>-1</protocol><ruleAction>deny</ruleAction><egress>true</egress></item></entrySet>\
        <associationSet><item><subnetId>subnet-1</subnetId></item></associationSet></item>\
        <item><networkAclId>acl-2</networkAclId><default>true</default><ownerId>123456789012</ownerId></item></networkAclSet>";

    fn entry(number: i64, protocol: &str, action: &str, others: Value) -> Value {
        let mut entry = json!({"action": action, "cidr_block": "", "from_port": 0, "icmp_code": 0, "icmp_type": 0,
            "ipv6_cidr_block": "", "protocol": protocol, "rule_no": number, "to_port": 0});
        for (name, value) in others.as_object().expect("an object") {
            entry[name] = value.clone();
        }
        entry
    }

    #[test]
    fn an_acl_is_read_in_terraforms_shape() {
        let recorded =
            json!({"id": "acl-1", "egress": [{"rule_no": 300, "protocol": "icmp", "icmp_code": -1, "icmp_type": -1}]});
        let outcome = read(&place(|action| answer(action, ACLS)), "aws_network_acl", &[recorded]);
        let expected = json!({
            "arn": "arn:aws:ec2:eu-west-1:123456789012:network-acl/acl-1",
            // The API did not tell this entry's ICMP type: the recorded one stands.
            "egress": [entry(300, "1", "deny", json!({"cidr_block": "0.0.0.0/0", "icmp_code": -1, "icmp_type": -1}))],
            "id": "acl-1",
            "ingress": [
                entry(100, "6", "allow", json!({"cidr_block": "10.0.0.0/8", "from_port": 22, "to_port": 23})),
                entry(200, "1", "deny", json!({"ipv6_cidr_block": "::/0", "icmp_code": -1, "icmp_type": 8})),
            ],
            "owner_id": "123456789012",
            "subnet_ids": ["subnet-1"],
            "tags_all": {},
            "vpc_id": "vpc-1",
        });
        assert_eq!(attributes(&outcome.objects, "acl-1"), expected);
        assert_eq!(ids(&outcome.unrequested), ["acl-2"]);
        assert_eq!(outcome.unrequested[0].origin, Origin::Default);
        let default = read(&place(|action| answer(action, ACLS)), "aws_default_network_acl", &[json!({"id": "acl-2"})]);
        assert_eq!(attributes(&default.objects, "acl-2")["default_network_acl_id"], "acl-2");
    }

    #[test]
    fn a_rule_is_found_by_acl_direction_and_number() {
        let recorded = |id: &str, number: i64, egress: bool| json!({"id": id, "network_acl_id": "acl-1", "rule_number": number, "egress": egress});
        let recorded = [
            recorded("tcp", 100, false),
            recorded("other direction", 100, true),
            recorded("icmp", 200, false),
            json!({"id": "nothing"}),
        ];
        let outcome = read(&place(|action| answer(action, ACLS)), "aws_network_acl_rule", &recorded);
        let expected = json!({"cidr_block": "10.0.0.0/8", "egress": false, "from_port": 22, "id": "tcp", "ipv6_cidr_block": "",
            "network_acl_id": "acl-1", "protocol": "6", "rule_action": "allow", "rule_number": 100, "to_port": 23});
        assert_eq!(attributes(&outcome.objects, "tcp"), expected);
        assert_eq!(attributes(&outcome.objects, "icmp")["icmp_type"], 8);
        assert_eq!(ids(&outcome.objects), ["tcp", "icmp"]);
        assert_eq!(outcome.gaps.iter().flat_map(|gap| &gap.ids).collect::<Vec<_>>(), ["nothing"]);
        assert!(outcome.unrequested.is_empty());
    }
}
