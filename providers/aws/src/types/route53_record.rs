//! `aws_route53_record`: ListResourceRecordSets for each zone that a managed record belongs to, or for all zones where
//! unmanaged ones are wanted. A zone's own SOA and NS records are there from the start.
//! Not read: `allow_overwrite`, which only Terraform knows.

use provider_api::{ResourceType, Rule, RuleKind};

pub(super) static TYPE: ResourceType = ResourceType {
    name: "aws_route53_record",
    permissions: &["route53:ListHostedZones", "route53:ListResourceRecordSets"],
    identity: &[],
    rules: &[
        Rule { pattern: "alias.*.name", kind: RuleKind::Canonical(super::route53_zone::domain) },
        Rule { pattern: "fqdn", kind: RuleKind::Canonical(super::route53_zone::domain) },
        Rule { pattern: "name", kind: RuleKind::Canonical(super::route53_zone::domain) },
    ],
    owners: &[],
};

#[cfg(feature = "sdk")]
pub(super) mod live {
    use super::super::route53_zone::live::{ZONES, short};
    use crate::sdk::prelude::*;
    use serde_json::Value;
    use service::ROUTE53;
    use std::collections::{BTreeSet, HashMap};

    /// What tells one record set from any other: zone, full name, type, set identifier.
    type Key = (String, String, String, String);

    pub(crate) async fn read(place: &Place, batch: &mut Batch<'_>) -> Result<(), Gap> {
        let mut requested: HashMap<Key, (&str, String)> = HashMap::new();
        let mut wanted: BTreeSet<String> = BTreeSet::new();
        for instance in batch.instances() {
            let recorded = batch.recorded(instance);
            let text = |name: &str| recorded.text(name).unwrap_or_default().to_owned();
            match (recorded.text("zone_id"), recorded.text("fqdn"), recorded.text("type")) {
                (Some(zone), Some(name), Some(kind)) => {
                    wanted.insert(zone.to_owned());
                    let key = (zone.to_owned(), plain(name), kind.to_owned(), text("set_identifier"));
                    requested.insert(key, (instance.id, text("name")));
                }
                _ => batch.unidentified(instance, "zone_id, fqdn and type"),
            }
        }
        let mut apexes: HashMap<String, String> = HashMap::new();
        if batch.wants_unrequested() {
            for zone in
                place.list(&ROUTE53, Ask::of("ListHostedZones").at("/2013-04-01/hostedzone"), ZONES).await?.iter()
            {
                let id = short(zone.text("Id").unwrap_or_default()).to_owned();
                apexes.insert(id.clone(), plain(zone.text("Name").unwrap_or_default()));
                wanted.insert(id);
            }
        }
        let lists = concurrently(wanted, |zone| async move {
            let list = records(place, &zone).await;
            (zone, list)
        })
        .await;
        for (zone, list) in lists {
            let list = match list {
                Ok(list) => list,
                Err(failure) if failure.is(&["NoSuchHostedZone"]) => continue,
                Err(failure) => {
                    let gap = Gap::from(failure);
                    requested
                        .iter()
                        .filter(|(key, _)| key.0 == zone)
                        .for_each(|(_, (id, _))| batch.gap(id, gap.clone()));
                    continue;
                }
            };
            for record in &list {
                let (name, kind) =
                    (plain(record.text("Name").unwrap_or_default()), record.text("Type").unwrap_or_default());
                let set = record.text("SetIdentifier").unwrap_or_default();
                let key = (zone.clone(), name.clone(), kind.to_owned(), set.to_owned());
                if let Some((id, written)) = requested.get(&key) {
                    batch.found(id, || convert(id, &zone, written, &name, record));
                } else {
                    let own = matches!(kind, "SOA" | "NS") && apexes.get(&zone) == Some(&name);
                    let origin = if own { Origin::Default } else { Origin::Created };
                    let end = if set.is_empty() { String::new() } else { format!("_{set}") };
                    let id = format!("{zone}_{name}_{kind}{end}");
                    batch.add(&id, origin, || convert(&id, &zone, &name, &name, record));
                }
            }
        }
        Ok(())
    }

    /// All record sets of a zone. The list goes on at a name, a type and a set identifier.
    async fn records(place: &Place, zone: &str) -> Result<Vec<Value>, Failure> {
        let ask = Ask::of("ListResourceRecordSets").at(format!("/2013-04-01/hostedzone/{}/rrset", encoded(zone)));
        let ask = ask.with("maxitems", 300);
        let mut next = ask.clone();
        let mut records = Vec::new();
        loop {
            let page = place.call(&ROUTE53, next).await?;
            records.extend(page.list("ResourceRecordSets.ResourceRecordSet").iter().cloned());
            let (Some(true), Some(name)) = (page.flag("IsTruncated"), page.text("NextRecordName")) else {
                return Ok(records);
            };
            next = ask.clone().with("name", name);
            for (asked, answered) in [("type", "NextRecordType"), ("identifier", "NextRecordIdentifier")] {
                if let Some(text) = page.text(answered) {
                    next = next.with(asked, text);
                }
            }
        }
    }

    /// A name as people write it: no dot at its end, lower case, the star not escaped.
    fn plain(name: &str) -> String {
        name.trim_end_matches('.').to_ascii_lowercase().replace("\\052", "*")
    }

    fn convert(id: &str, zone: &str, written: &str, name: &str, record: &Value) -> Object {
        let kind = record.text("Type").unwrap_or_default();
        let values: Vec<String> = record
            .list("ResourceRecords.ResourceRecord")
            .iter()
            .filter_map(|one| one.text("Value"))
            .map(|value| if matches!(kind, "TXT" | "SPF") { unquoted(value) } else { value.to_owned() })
            .collect();
        let alias = record.at("AliasTarget").map(|alias| {
            Object::new()
                .flag("evaluate_target_health", alias.flag("EvaluateTargetHealth"))
                .text("name", alias.text("DNSName").map(|name| name.trim_end_matches('.')))
                .text("zone_id", alias.text("HostedZoneId"))
        });
        let weighted = record.number("Weight").map(|weight| Object::new().value("weight", weight));
        let latency = record.text("Region").map(|region| Object::new().value("region", region));
        let failover = record.text("Failover").map(|kind| Object::new().value("type", kind));
        let location = record.at("GeoLocation").map(|place| {
            Object::new()
                .text("continent", place.text("ContinentCode"))
                .text("country", place.text("CountryCode"))
                .text("subdivision", place.text("SubdivisionCode"))
        });
        // Terraform records the name as it was written, with or without the zone's own.
        let object = Object::new()
            .value("id", id)
            .blocks("alias", alias)
            .blocks("failover_routing_policy", failover)
            .value("fqdn", name)
            .blocks("geolocation_routing_policy", location)
            .text("health_check_id", record.text("HealthCheckId"))
            .blocks("latency_routing_policy", latency)
            .flag("multivalue_answer_routing_policy", record.flag("MultiValueAnswer"))
            .value("name", written)
            .texts("records", values)
            .text("set_identifier", record.text("SetIdentifier"))
            .number("ttl", record.number("TTL"))
            .value("type", kind)
            .blocks("weighted_routing_policy", weighted);
        object.value("zone_id", zone)
    }

    /// The text of a TXT record: it travels in quotes, a long one in several.
    fn unquoted(value: &str) -> String {
        value.strip_prefix('"').and_then(|value| value.strip_suffix('"')).unwrap_or(value).to_owned()
    }
}
