//! `aws_s3_bucket_versioning`: GetBucketVersioning for each managed one. Not read: `mfa`, a code to change it.

use provider_api::ResourceType;

pub(super) static TYPE: ResourceType = ResourceType {
    name: "aws_s3_bucket_versioning",
    permissions: &["s3:GetBucketVersioning"],
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
        buckets::read(place, batch, &buckets::VERSIONING, convert).await
    }

    /// A bucket whose versioning was never set answers with nothing, and Terraform takes that for gone.
    fn convert(answer: &Value) -> Option<Object> {
        let status = answer.text("Status")?;
        let block = Object::new().value("status", status).text("mfa_delete", answer.text("MfaDelete"));
        Some(Object::new().blocks("versioning_configuration", [block]))
    }
}
