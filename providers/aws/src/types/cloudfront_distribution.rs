//! `aws_cloudfront_distribution`: GetDistribution and ListTagsForResource for each managed one, ListDistributions for all
//! others. Not read: `continuous_deployment_policy_id`; what only Terraform knows (`retain_on_delete`,
//! `wait_for_deployment`); `trusted_signers` and `trusted_key_groups`, which list who is trusted and follow from the
//! behaviors. Values of custom headers are often secrets between a distribution and its origin.

use provider_api::{ResourceType, Rule, RuleKind};

pub(super) static TYPE: ResourceType = ResourceType {
    name: "aws_cloudfront_distribution",
    permissions: &["cloudfront:GetDistribution", "cloudfront:ListDistributions", "cloudfront:ListTagsForResource"],
    identity: &[],
    rules: &[
        Rule { pattern: "etag", kind: RuleKind::Volatile("changes with every change, and with nothing else") },
        Rule {
            pattern: "in_progress_validation_batches",
            kind: RuleKind::Volatile("how many invalidations run just now"),
        },
        Rule {
            pattern: "last_modified_time",
            kind: RuleKind::Volatile("moves with every change, the service's own included"),
        },
        Rule { pattern: "origin.*.custom_header.*.value", kind: RuleKind::Sensitive },
        Rule { pattern: "status", kind: RuleKind::Volatile("whether a change has reached every edge by now") },
    ],
    owners: &[],
};

#[cfg(feature = "sdk")]
pub(super) mod live {
    use crate::distributions::convert;
    use crate::sdk::prelude::*;
    use service::CLOUDFRONT;

    const DISTRIBUTIONS: Paging =
        Paging { items: "Items.DistributionSummary", answered: "NextMarker", asked: "Marker" };

    pub(crate) async fn read(place: &Place, batch: &mut Batch<'_>) -> Result<(), Gap> {
        if batch.wants_unrequested() {
            let ask = Ask::of("ListDistributions").at("/2020-05-31/distribution").with("MaxItems", "100");
            for one in place.list(&CLOUDFRONT, ask, DISTRIBUTIONS).await?.iter() {
                let Some(id) = one.text("Id").filter(|id| !batch.requests(id)) else { continue };
                batch.add(id, Origin::Created, || Object::new().value("id", id).text("arn", one.text("ARN")));
            }
        }
        let answers = concurrently(batch.ids(), |id| async move {
            let ask = Ask::of("GetDistribution").at(format!("/2020-05-31/distribution/{}", encoded(&id)));
            let answer = place.call(&CLOUDFRONT, ask).await;
            let arn = answer.as_ref().ok().and_then(|answer| answer.text("ARN")).unwrap_or_default();
            let tags = match arn {
                "" => None,
                arn => {
                    let ask = Ask::of("ListTagsForResource").at("/2020-05-31/tagging").with("Resource", arn);
                    Some(place.call(&CLOUDFRONT, ask).await)
                }
            };
            (id, answer, tags)
        })
        .await;
        for (id, answer, tags) in answers {
            let Some(answer) = batch.existing(&id, answer, &["NoSuchDistribution"]) else { continue };
            let mut object = convert(&id, &answer);
            if let Some(tags) = tags {
                object = batch.detailed(&id, object, tags, |object, answer| {
                    object.tag_list(answer.list("Items.Tag"), ("Key", "Value"))
                });
            }
            batch.found(&id, || object);
        }
        Ok(())
    }
}
