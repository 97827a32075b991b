//! `aws_s3_bucket_object_lock_configuration`: GetObjectLockConfiguration for each managed one. Not read: `token`, a support code.

use provider_api::ResourceType;

pub(super) static TYPE: ResourceType = ResourceType {
    name: "aws_s3_bucket_object_lock_configuration",
    permissions: &["s3:GetBucketObjectLockConfiguration"],
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
        buckets::read(place, batch, &buckets::OBJECT_LOCK, convert).await
    }

    fn convert(answer: &Value) -> Option<Object> {
        let enabled = answer.text("ObjectLockEnabled")?;
        let rule = answer.at("Rule.DefaultRetention").map(|retention| {
            let retention = Object::new()
                .number("days", retention.number("Days"))
                .text("mode", retention.text("Mode"))
                .number("years", retention.number("Years"));
            Object::new().blocks("default_retention", [retention])
        });
        Some(Object::new().value("object_lock_enabled", enabled).blocks("rule", rule))
    }
}
