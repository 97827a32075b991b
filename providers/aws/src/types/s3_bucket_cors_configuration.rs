//! `aws_s3_bucket_cors_configuration`: GetBucketCors for each managed one.

use provider_api::ResourceType;

pub(super) static TYPE: ResourceType = ResourceType {
    name: "aws_s3_bucket_cors_configuration",
    permissions: &["s3:GetBucketCORS"],
    identity: &[],
    rules: &[],
    owners: &[],
};

#[cfg(feature = "sdk")]
pub(super) mod live {
    use crate::buckets;
    use crate::sdk::prelude::*;
    use serde_json::Value;

    pub(crate) async fn read(place: &Place, batch: &mut Batch<'_>) -> Result<(), Gap> {
        buckets::read(place, batch, &buckets::CORS, convert).await
    }

    fn convert(answer: &Value) -> Option<Object> {
        answer.at("CORSRule")?;
        let texts = |rule: &Value, name: &str| -> Vec<String> {
            rule.list(name).iter().filter_map(Value::as_str).map(str::to_owned).collect()
        };
        let rules = answer.list("CORSRule").iter().map(|rule| {
            Object::new()
                .texts("allowed_headers", texts(rule, "AllowedHeader"))
                .texts("allowed_methods", texts(rule, "AllowedMethod"))
                .texts("allowed_origins", texts(rule, "AllowedOrigin"))
                .texts("expose_headers", texts(rule, "ExposeHeader"))
                .text("id", rule.text("ID"))
                .number("max_age_seconds", rule.number("MaxAgeSeconds"))
        });
        Some(Object::new().blocks("cors_rule", rules))
    }
}
