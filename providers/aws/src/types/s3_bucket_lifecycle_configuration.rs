//! `aws_s3_bucket_lifecycle_configuration`: GetBucketLifecycleConfiguration for each managed one.
//! Not read: `transition_default_minimum_object_size`, which is told in a header.

use provider_api::{ResourceType, Rule, RuleKind};

pub(super) static TYPE: ResourceType = ResourceType {
    name: "aws_s3_bucket_lifecycle_configuration",
    permissions: &["s3:GetLifecycleConfiguration"],
    identity: &[],
    rules: &[
        Rule { pattern: "rule", kind: RuleKind::Set },
        // S3 answers an empty filter where none was given.
        Rule { pattern: "rule.*.filter", kind: RuleKind::Canonical(without_empty_filter) },
        Rule { pattern: "rule.*.expiration.*.days", kind: RuleKind::Default("0") },
        Rule { pattern: "rule.*.expiration.*.expired_object_delete_marker", kind: RuleKind::Default("false") },
    ],
    owners: &[],
};

/// A filter that filters nothing is none.
fn without_empty_filter(filters: &serde_json::Value) -> serde_json::Value {
    let says = |filter: &serde_json::Value| {
        filter.as_object().is_some_and(|members| {
            members.values().any(|value| match value {
                serde_json::Value::Null => false,
                serde_json::Value::String(text) => !text.is_empty(),
                serde_json::Value::Array(values) => !values.is_empty(),
                _ => true,
            })
        })
    };
    match filters.as_array() {
        Some(all) => all.iter().filter(|filter| says(filter)).cloned().collect(),
        None => filters.clone(),
    }
}

#[cfg(feature = "sdk")]
pub(super) mod live {
    use crate::buckets;
    use crate::sdk::prelude::*;
    use serde_json::{Map, Value};

    pub(crate) async fn read(place: &Place, batch: &mut Batch<'_>) -> Result<(), Gap> {
        buckets::read(place, batch, &buckets::LIFECYCLE, convert).await
    }

    fn convert(answer: &Value) -> Option<Object> {
        answer.at("Rule")?;
        Some(Object::new().blocks("rule", answer.list("Rule").iter().map(rule)))
    }

    fn rule(rule: &Value) -> Object {
        let abort = rule
            .number("AbortIncompleteMultipartUpload.DaysAfterInitiation")
            .map(|days| Object::new().value("days_after_initiation", days));
        let expiration = rule.at("Expiration").map(|expiration| {
            Object::new()
                .text_or_null("date", expiration.text("Date"))
                .number_or_null("days", expiration.number("Days"))
                .flag("expired_object_delete_marker", expiration.flag("ExpiredObjectDeleteMarker"))
        });
        let noncurrent = rule.at("NoncurrentVersionExpiration").map(|expiration| {
            Object::new()
                .number_or_null("newer_noncurrent_versions", expiration.number("NewerNoncurrentVersions"))
                .number_or_null("noncurrent_days", expiration.number("NoncurrentDays"))
        });
        let noncurrent_transitions = rule.list("NoncurrentVersionTransition").iter().map(|transition| {
            Object::new()
                .number_or_null("newer_noncurrent_versions", transition.number("NewerNoncurrentVersions"))
                .number_or_null("noncurrent_days", transition.number("NoncurrentDays"))
                .text("storage_class", transition.text("StorageClass"))
        });
        let transitions = rule.list("Transition").iter().map(|transition| {
            Object::new()
                .text_or_null("date", transition.text("Date"))
                .number_or_null("days", transition.number("Days"))
                .text("storage_class", transition.text("StorageClass"))
        });
        Object::new()
            .text("id", rule.text("ID"))
            .text("prefix", rule.text("Prefix"))
            .text("status", rule.text("Status"))
            .blocks("abort_incomplete_multipart_upload", abort)
            .blocks("expiration", expiration)
            .blocks("filter", rule.at("Filter").filter(|filter| filter.is_object()).map(filter))
            .blocks("noncurrent_version_expiration", noncurrent)
            .blocks("noncurrent_version_transition", noncurrent_transitions)
            .blocks("transition", transitions)
    }

    fn filter(filter: &Value) -> Object {
        let tag =
            filter.at("Tag").map(|tag| Object::new().text("key", tag.text("Key")).text("value", tag.text("Value")));
        let and = filter.at("And").map(|and| {
            let tags: Map<String, Value> = and
                .list("Tag")
                .iter()
                .filter_map(|tag| {
                    Some((tag.text("Key")?.to_owned(), Value::from(tag.text("Value").unwrap_or_default())))
                })
                .collect();
            sizes(and).value("tags", tags)
        });
        sizes(filter).blocks("and", and).blocks("tag", tag)
    }

    fn sizes(filter: &Value) -> Object {
        Object::new()
            .number_or_null("object_size_greater_than", filter.number("ObjectSizeGreaterThan"))
            .number_or_null("object_size_less_than", filter.number("ObjectSizeLessThan"))
            .text("prefix", filter.text("Prefix"))
    }
}
