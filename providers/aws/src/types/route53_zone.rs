//! `aws_route53_zone`: ListHostedZones for all; GetHostedZone and ListTagsForResource for each managed one.
//! Not read: `force_destroy` and `delegation_set_id`, which only Terraform knows.

use provider_api::{ResourceType, Rule, RuleKind};
use serde_json::Value;

pub(super) static TYPE: ResourceType = ResourceType {
    name: "aws_route53_zone",
    permissions: &["route53:GetHostedZone", "route53:ListHostedZones", "route53:ListTagsForResource"],
    identity: &[],
    rules: &[
        Rule { pattern: "name", kind: RuleKind::Canonical(domain) },
        Rule { pattern: "name_servers", kind: RuleKind::Set },
    ],
    owners: &[],
};

/// A domain name without the dot at its end, in lower case: names mean the same either way (RFC 4343, RFC 1034 section 3.1).
pub(super) fn domain(value: &Value) -> Value {
    match value.as_str() {
        Some(name) => Value::from(name.trim_end_matches('.').to_ascii_lowercase()),
        None => value.clone(),
    }
}

#[cfg(feature = "sdk")]
pub(super) mod live {
    use crate::sdk::prelude::*;
    use serde_json::Value;
    use service::ROUTE53;

    pub(in crate::types) const ZONES: Paging =
        Paging { items: "HostedZones.HostedZone", answered: "NextMarker", asked: "marker" };

    pub(crate) async fn read(place: &Place, batch: &mut Batch<'_>) -> Result<(), Gap> {
        if batch.wants_unrequested() {
            for zone in
                place.list(&ROUTE53, Ask::of("ListHostedZones").at("/2013-04-01/hostedzone"), ZONES).await?.iter()
            {
                let id = short(zone.text("Id").unwrap_or_default());
                let origin = match zone.text("LinkedService.ServicePrincipal") {
                    Some(service) => Origin::OwnedBy(service.to_owned()),
                    None => Origin::Created,
                };
                if !batch.requests(id) {
                    batch.add(id, origin, || Object::new().value("id", id).text("name", zone.text("Name")));
                }
            }
        }
        let ids: Vec<String> = batch.instances().iter().map(|instance| instance.id.to_owned()).collect();
        let answers = concurrently(ids, |id| async move {
            let zone =
                place.call(&ROUTE53, Ask::of("GetHostedZone").at(format!("/2013-04-01/hostedzone/{}", encoded(&id))));
            let tags = Ask::of("ListTagsForResource").at(format!("/2013-04-01/tags/hostedzone/{}", encoded(&id)));
            let (zone, tags) = tokio::join!(zone, place.call(&ROUTE53, tags));
            (id, zone, tags)
        })
        .await;
        for (id, zone, tags) in answers {
            let object = match zone {
                Ok(answer) => convert(place, &id, &answer),
                Err(failure) if failure.is(&["NoSuchHostedZone"]) => continue,
                Err(failure) => {
                    batch.gap(&id, failure.into());
                    continue;
                }
            };
            let object = match tags {
                Ok(answer) => object.tag_list(answer.list("ResourceTagSet.Tags.Tag"), ("Key", "Value")),
                Err(failure) => {
                    batch.gap(&id, failure.into());
                    object
                }
            };
            batch.found(&id, || object);
        }
        Ok(())
    }

    /// The id without the path that the API puts before it.
    pub(in crate::types) fn short(id: &str) -> &str {
        id.rsplit('/').next().unwrap_or(id)
    }

    fn convert(place: &Place, id: &str, answer: &Value) -> Object {
        let vpcs = answer
            .list("VPCs.VPC")
            .iter()
            .map(|vpc| Object::new().text("vpc_id", vpc.text("VPCId")).text("vpc_region", vpc.text("VPCRegion")));
        let servers: Vec<&str> =
            answer.list("DelegationSet.NameServers.NameServer").iter().filter_map(Value::as_str).collect();
        let object = Object::new()
            .value("id", id)
            .value("arn", place.global_arn("route53", &format!("hostedzone/{id}")))
            .text("comment", answer.text("HostedZone.Config.Comment"))
            .text("name", answer.text("HostedZone.Name").map(|name| name.trim_end_matches('.')))
            .value("zone_id", id);
        let private = answer.flag("HostedZone.Config.PrivateZone") == Some(true);
        // The servers of a private zone are those of the VPC; the API tells them of public zones only.
        match private {
            true => object.blocks("vpc", vpcs),
            false => object.blocks("vpc", vpcs).texts("name_servers", servers),
        }
    }
}
