//! `aws_s3_bucket_public_access_block`: GetPublicAccessBlock for each managed one.

use provider_api::ResourceType;

pub(super) static TYPE: ResourceType = ResourceType {
    name: "aws_s3_bucket_public_access_block",
    permissions: &["s3:GetBucketPublicAccessBlock"],
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
        buckets::read(place, batch, &buckets::PUBLIC_ACCESS, convert).await
    }

    fn convert(answer: &Value) -> Option<Object> {
        answer.at("BlockPublicAcls")?;
        Some(
            Object::new()
                .flag("block_public_acls", answer.flag("BlockPublicAcls"))
                .flag("block_public_policy", answer.flag("BlockPublicPolicy"))
                .flag("ignore_public_acls", answer.flag("IgnorePublicAcls"))
                .flag("restrict_public_buckets", answer.flag("RestrictPublicBuckets")),
        )
    }
}
