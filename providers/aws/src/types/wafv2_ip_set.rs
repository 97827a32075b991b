//! `aws_wafv2_ip_set`: GetIPSet and ListTagsForResource for each managed one, ListIPSets for the region's others.
//! Those of CloudFront (scope `CLOUDFRONT`) live in one region only and are read where they are managed.

use provider_api::{ResourceType, Rule, RuleKind};

pub(super) static TYPE: ResourceType = ResourceType {
    name: "aws_wafv2_ip_set",
    permissions: &["wafv2:GetIPSet", "wafv2:ListIPSets", "wafv2:ListTagsForResource"],
    identity: &[],
    rules: &[Rule {
        pattern: "lock_token",
        kind: RuleKind::Volatile("changes with every change, and with nothing else"),
    }],
    owners: &[],
};

#[cfg(feature = "sdk")]
pub(super) mod live {
    use crate::sdk::prelude::*;
    use serde_json::Value;
    use service::WAF;

    pub(crate) async fn read(place: &Place, batch: &mut Batch<'_>) -> Result<(), Gap> {
        if batch.wants_unrequested() {
            let ask = Ask::of("ListIPSets").with("Scope", "REGIONAL").with("Limit", 100);
            for set in place.list(&WAF, ask, Paging::by("IPSets", "NextMarker")).await?.iter() {
                let Some(id) = set.text("Id").filter(|id| !batch.requests(id)) else { continue };
                batch.add(id, Origin::Created, || Object::new().value("id", id).text("name", set.text("Name")));
            }
        }
        let mut wanted = Vec::new();
        for instance in batch.instances() {
            let recorded = batch.recorded(instance);
            match (recorded.text("name"), recorded.text("scope"), recorded.text("arn")) {
                (Some(name), Some(scope), Some(arn)) => {
                    wanted.push((instance.id.to_owned(), name.to_owned(), scope.to_owned(), arn.to_owned()));
                }
                _ => batch.unidentified(instance, "name, scope and arn"),
            }
        }
        let answers = concurrently(wanted, |(id, name, scope, arn)| async move {
            let ask = Ask::of("GetIPSet").with("Id", id.as_str()).with("Name", name).with("Scope", scope.as_str());
            let tags = Ask::of("ListTagsForResource").with("ResourceARN", arn);
            let answers = tokio::join!(place.call(&WAF, ask), place.call(&WAF, tags));
            (id, scope, answers)
        })
        .await;
        for (id, scope, (set, tags)) in answers {
            let Some(answer) = batch.existing(&id, set, &["WAFNonexistentItemException"]) else { continue };
            let Some(set) = answer.at("IPSet") else { continue };
            let object = convert(&id, &scope, set).text("lock_token", answer.text("LockToken"));
            let object = batch.detailed(&id, object, tags, |object, answer| {
                object.tag_list(answer.list("TagInfoForResource.TagList"), ("Key", "Value"))
            });
            batch.found(&id, || object);
        }
        Ok(())
    }

    fn convert(id: &str, scope: &str, set: &Value) -> Object {
        let addresses: Vec<&str> = set.list("Addresses").iter().filter_map(Value::as_str).collect();
        Object::new()
            .value("id", id)
            .texts("addresses", addresses)
            .text("arn", set.text("ARN"))
            .text("description", set.text("Description"))
            .text("ip_address_version", set.text("IPAddressVersion"))
            .text("name", set.text("Name"))
            .value("scope", scope)
    }
}
