//! `aws_s3_bucket_ownership_controls`: GetBucketOwnershipControls for each managed one.

use provider_api::ResourceType;

pub(super) static TYPE: ResourceType = ResourceType {
    name: "aws_s3_bucket_ownership_controls",
    permissions: &["s3:GetBucketOwnershipControls"],
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
        buckets::read(place, batch, &buckets::OWNERSHIP, convert).await
    }

    fn convert(answer: &Value) -> Option<Object> {
        answer.at("Rule")?;
        let rules = answer.list("Rule").iter();
        Some(
            Object::new()
                .blocks("rule", rules.map(|rule| Object::new().text("object_ownership", rule.text("ObjectOwnership")))),
        )
    }
}
