//! `aws_s3_bucket_server_side_encryption_configuration`: GetBucketEncryption for each managed one.

use provider_api::ResourceType;

pub(super) static TYPE: ResourceType = ResourceType {
    name: "aws_s3_bucket_server_side_encryption_configuration",
    permissions: &["s3:GetEncryptionConfiguration"],
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
        buckets::read(place, batch, &buckets::ENCRYPTION, convert).await
    }

    fn convert(answer: &Value) -> Option<Object> {
        answer.at("Rule")?;
        Some(Object::new().blocks("rule", rules(answer)))
    }

    /// The rules as both the bucket and this type record them.
    pub(in crate::types) fn rules(answer: &Value) -> Vec<Object> {
        let rule = |rule: &Value| {
            let by_default = rule.at("ApplyServerSideEncryptionByDefault").map(|default| {
                Object::new()
                    .text("kms_master_key_id", default.text("KMSMasterKeyID"))
                    .text("sse_algorithm", default.text("SSEAlgorithm"))
            });
            Object::new()
                .blocks("apply_server_side_encryption_by_default", by_default)
                .flag("bucket_key_enabled", rule.flag("BucketKeyEnabled"))
        };
        answer.list("Rule").iter().map(rule).collect()
    }
}
