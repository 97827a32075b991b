//! `aws_s3_bucket_website_configuration`: GetBucketWebsite for each managed one. Not read: what follows from the region.

use provider_api::{ResourceType, Rule, RuleKind};

pub(super) static TYPE: ResourceType = ResourceType {
    name: "aws_s3_bucket_website_configuration",
    permissions: &["s3:GetBucketWebsite"],
    identity: &[],
    rules: &[Rule { pattern: "routing_rules", kind: RuleKind::Json }],
    owners: &[],
};

#[cfg(feature = "sdk")]
pub(super) mod live {
    use crate::buckets;
    use crate::sdk::prelude::*;
    use serde_json::Value;

    pub(crate) async fn read(place: &Place, batch: &mut Batch<'_>) -> Result<(), Gap> {
        buckets::read(place, batch, &buckets::WEBSITE, convert).await
    }

    fn convert(answer: &Value) -> Option<Object> {
        answer.as_object().filter(|members| !members.is_empty())?;
        let error = answer.text("ErrorDocument.Key").map(|key| Object::new().value("key", key));
        let index = answer.text("IndexDocument.Suffix").map(|suffix| Object::new().value("suffix", suffix));
        let redirect = answer.at("RedirectAllRequestsTo").map(|redirect| {
            Object::new().text("host_name", redirect.text("HostName")).text("protocol", redirect.text("Protocol"))
        });
        let rules = answer.list("RoutingRules.RoutingRule").iter().map(|rule| {
            let condition = rule.at("Condition").map(|condition| {
                Object::new()
                    .text("http_error_code_returned_equals", condition.text("HttpErrorCodeReturnedEquals"))
                    .text("key_prefix_equals", condition.text("KeyPrefixEquals"))
            });
            let target = rule.at("Redirect").map(|target| {
                Object::new()
                    .text("host_name", target.text("HostName"))
                    .text("http_redirect_code", target.text("HttpRedirectCode"))
                    .text("protocol", target.text("Protocol"))
                    .text("replace_key_prefix_with", target.text("ReplaceKeyPrefixWith"))
                    .text("replace_key_with", target.text("ReplaceKeyWith"))
            });
            Object::new().blocks("condition", condition).blocks("redirect", target)
        });
        Some(
            Object::new()
                .blocks("error_document", error)
                .blocks("index_document", index)
                .blocks("redirect_all_requests_to", redirect)
                .blocks("routing_rule", rules),
        )
    }
}
