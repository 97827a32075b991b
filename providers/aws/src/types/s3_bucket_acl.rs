//! `aws_s3_bucket_acl`: GetBucketAcl for each managed one. Not read: `acl`, a short form that Terraform keeps to itself.

use provider_api::ResourceType;

pub(super) static TYPE: ResourceType = ResourceType {
    name: "aws_s3_bucket_acl",
    permissions: &["s3:GetBucketAcl"],
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
        buckets::read(place, batch, &buckets::ACL, convert).await
    }

    fn convert(answer: &Value) -> Option<Object> {
        let grants = answer.list("AccessControlList.Grant").iter().map(|grant| {
            let kind = if grant.at("Grantee.URI").is_some() { "Group" } else { "CanonicalUser" };
            let grantee = Object::new()
                .text("display_name", grant.text("Grantee.DisplayName"))
                .text("email_address", grant.text("Grantee.EmailAddress"))
                .text("id", grant.text("Grantee.ID"))
                .value("type", kind)
                .text("uri", grant.text("Grantee.URI"));
            Object::new().blocks("grantee", [grantee]).text("permission", grant.text("Permission"))
        });
        let owner =
            Object::new().text("display_name", answer.text("Owner.DisplayName")).text("id", answer.text("Owner.ID"));
        let policy = Object::new().blocks("grant", grants).blocks("owner", [owner]);
        Some(Object::new().blocks("access_control_policy", [policy]))
    }
}
