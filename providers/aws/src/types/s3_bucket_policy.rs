//! `aws_s3_bucket_policy`: GetBucketPolicy for each managed one.

use provider_api::{ResourceType, Rule, RuleKind};

pub(super) static TYPE: ResourceType = ResourceType {
    name: "aws_s3_bucket_policy",
    permissions: &["s3:GetBucketPolicy"],
    identity: &[],
    rules: &[Rule { pattern: "policy", kind: RuleKind::Policy }],
    owners: &[],
};

#[cfg(feature = "sdk")]
pub(super) mod live {
    use crate::buckets;
    use crate::sdk::prelude::*;
    use serde_json::Value;

    pub(crate) async fn read(place: &Place, batch: &mut Batch<'_>) -> Result<(), Gap> {
        buckets::read(place, batch, &buckets::POLICY, convert).await
    }

    fn convert(answer: &Value) -> Option<Object> {
        answer.as_str().map(|policy| Object::new().value("policy", policy))
    }
}
