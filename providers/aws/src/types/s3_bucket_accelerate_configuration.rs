//! `aws_s3_bucket_accelerate_configuration`: GetBucketAccelerateConfiguration for each managed one.

use provider_api::ResourceType;

pub(super) static TYPE: ResourceType = ResourceType {
    name: "aws_s3_bucket_accelerate_configuration",
    permissions: &["s3:GetAccelerateConfiguration"],
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
        buckets::read(place, batch, &buckets::ACCELERATE, convert).await
    }

    fn convert(answer: &Value) -> Option<Object> {
        answer.text("Status").map(|status| Object::new().value("status", status))
    }
}
