//! `aws_s3_bucket_logging`: GetBucketLogging for each managed one.

use provider_api::ResourceType;

pub(super) static TYPE: ResourceType = ResourceType {
    name: "aws_s3_bucket_logging",
    permissions: &["s3:GetBucketLogging"],
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
        buckets::read(place, batch, &buckets::LOGGING, convert).await
    }

    fn convert(answer: &Value) -> Option<Object> {
        let logging = answer.at("LoggingEnabled").filter(|logging| logging.is_object())?;
        let grants = logging.list("TargetGrants.Grant").iter().map(|grant| {
            let grantee = Object::new()
                .text("display_name", grant.text("Grantee.DisplayName"))
                .text("email_address", grant.text("Grantee.EmailAddress"))
                .text("id", grant.text("Grantee.ID"))
                .text("uri", grant.text("Grantee.URI"));
            let kind = if grant.at("Grantee.URI").is_some() {
                "Group"
            } else if grant.at("Grantee.EmailAddress").is_some() {
                "AmazonCustomerByEmail"
            } else {
                "CanonicalUser"
            };
            Object::new().blocks("grantee", [grantee.value("type", kind)]).text("permission", grant.text("Permission"))
        });
        Some(
            Object::new()
                .text("target_bucket", logging.text("TargetBucket"))
                .blocks("target_grant", grants)
                .text("target_prefix", logging.text("TargetPrefix")),
        )
    }
}
