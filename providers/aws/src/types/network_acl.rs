//! `aws_network_acl`: one list, `DescribeNetworkAcls`. Every attribute is read.
//!
//! The entries that AWS itself puts at the end of every list are left out, as the provider leaves them out. The list that
//! every VPC has from the start is an `aws_default_network_acl`.

use crate::rules::network_acl_entries as entries;
use crate::rules::{elements, single_of, text};
use provider_api::{Attributes, Owner, ResourceType, Rule, RuleKind};
use serde_json::Value;

pub(super) static TYPE: ResourceType =
    ResourceType { name: "aws_network_acl", permissions: &["ec2:DescribeNetworkAcls"], rules: RULES, owners: OWNERS };

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
        parent,
        parts: |rule| entries::of_rule(rule, true),
        split: entries::split,
    },
    Owner {
        attribute: "ingress",
        resource_type: "aws_network_acl_rule",
        parent,
        parts: |rule| entries::of_rule(rule, false),
        split: entries::split,
    },
    Owner {
        attribute: "subnet_ids",
        resource_type: "aws_network_acl_association",
        parent,
        parts: associated_subnet,
        split: elements,
    },
];

fn parent(owner: &Attributes) -> Option<String> {
    text(owner, "network_acl_id")
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
            batch.add(id, origin, || convert(place, acl, recorded.get(id)));
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
