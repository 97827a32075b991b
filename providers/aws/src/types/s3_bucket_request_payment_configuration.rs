//! `aws_s3_bucket_request_payment_configuration`: GetBucketRequestPayment for each managed one.

use provider_api::ResourceType;

pub(super) static TYPE: ResourceType = ResourceType {
    name: "aws_s3_bucket_request_payment_configuration",
    permissions: &["s3:GetBucketRequestPayment"],
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
        buckets::read(place, batch, &buckets::REQUEST_PAYMENT, convert).await
    }

    fn convert(answer: &Value) -> Option<Object> {
        // Every bucket has a payer: an answer without one tells nothing.
        Some(Object::new().text_if_known("payer", answer.text("Payer")))
    }
}
