//! `aws_network_acl_rule`: the list of `aws_network_acl`, `DescribeNetworkAcls`. Every attribute is read; ports and ICMP
//! types only where the entry has them.
//!
//! Its id is synthetic: an entry is found by its ACL, direction and number. Entries that nobody asked for show as a change
//! of their ACL.

use crate::rules::{SAME_CIDR, network_acl_entries as entries};
use provider_api::{ResourceType, Rule, RuleKind};

pub(super) static TYPE: ResourceType = ResourceType {
    name: "aws_network_acl_rule",
    permissions: &["ec2:DescribeNetworkAcls"],
    identity: &[],
    rules: &[
        Rule { pattern: "egress", kind: RuleKind::Default("false") },
        Rule { pattern: "from_port", kind: RuleKind::Default("0") },
        Rule { pattern: "icmp_code", kind: RuleKind::Default("0") },
        Rule { pattern: "icmp_type", kind: RuleKind::Default("0") },
        Rule { pattern: "ipv6_cidr_block", kind: SAME_CIDR },
        Rule { pattern: "protocol", kind: RuleKind::Canonical(entries::canonical_protocol) },
        Rule { pattern: "rule_action", kind: RuleKind::CaseInsensitive },
        Rule { pattern: "to_port", kind: RuleKind::Default("0") },
    ],
    owners: &[],
};

#[cfg(feature = "sdk")]
pub(super) mod live {
    use crate::sdk::prelude::*;
    use aws_sdk_ec2::types::NetworkAclEntry;
    use std::collections::HashMap;

    pub(crate) async fn read(place: &Place, batch: &mut Batch<'_>) -> Result<(), Gap> {
        if batch.instances().is_empty() {
            return Ok(());
        }
        let mut entries: HashMap<(&str, bool, i64), &NetworkAclEntry> = HashMap::new();
        for acl in place.network_acls().await? {
            for entry in acl.entries() {
                let (egress, number) = (entry.egress().unwrap_or(false), entry.rule_number().unwrap_or(0));
                entries.insert((acl.network_acl_id().unwrap_or_default(), egress, number.into()), entry);
            }
        }
        for instance in batch.instances() {
            let recorded = batch.recorded(instance);
            let egress = recorded.flag("egress").unwrap_or(false);
            let (Some(acl), Some(number)) = (recorded.text("network_acl_id"), recorded.number("rule_number")) else {
                batch.unidentified(instance, "network_acl_id and rule_number");
                continue;
            };
            if let Some(entry) = entries.get(&(acl, egress, number)) {
                batch.found(instance.id, || convert(instance.id, acl, entry));
            }
        }
        Ok(())
    }

    fn convert(id: &str, acl: &str, entry: &NetworkAclEntry) -> Object {
        let mut object = Object::new()
            .text("cidr_block", entry.cidr_block())
            .flag("egress", entry.egress())
            .value("id", id)
            .text("ipv6_cidr_block", entry.ipv6_cidr_block())
            .value("network_acl_id", acl)
            .text("protocol", entry.protocol())
            .text("rule_action", entry.rule_action().map(|action| action.as_str()))
            .number("rule_number", entry.rule_number());
        if let Some(icmp) = entry.icmp_type_code() {
            object = object.number("icmp_code", icmp.code()).number("icmp_type", icmp.r#type());
        }
        if let Some(ports) = entry.port_range() {
            object = object.number("from_port", ports.from()).number("to_port", ports.to());
        }
        object
    }
}
