//! `aws_iam_saml_provider`: ListSAMLProviders for all, GetSAMLProvider for each managed one.

use provider_api::ResourceType;

pub(super) static TYPE: ResourceType = ResourceType {
    name: "aws_iam_saml_provider",
    permissions: &["iam:GetSAMLProvider", "iam:ListSAMLProviders"],
    identity: &[],
    rules: &[],
    owners: &[],
};

#[cfg(feature = "sdk")]
pub(super) mod live {
    use crate::iam;
    use crate::sdk::prelude::*;
    use service::IAM;

    pub(crate) async fn read(place: &Place, batch: &mut Batch<'_>) -> Result<(), Gap> {
        if batch.wants_unrequested() {
            let answer = place.call(&IAM, Ask::of("ListSAMLProviders")).await?;
            for one in answer.list("ListSAMLProvidersResult.SAMLProviderList.member") {
                let Some(arn) = one.text("Arn").filter(|arn| !batch.requests(arn)) else { continue };
                batch.add(arn, Origin::Created, || Object::new().value("id", arn).value("arn", arn));
            }
        }
        let answers = concurrently(batch.ids(), |arn| async move {
            let ask = Ask::of("GetSAMLProvider").with("SAMLProviderArn", arn.as_str());
            (arn, place.call(&IAM, ask).await)
        })
        .await;
        for (arn, answer) in answers {
            let Some(answer) = batch.existing(&arn, answer, &["NoSuchEntity"]) else { continue };
            let Some(one) = answer.at("GetSAMLProviderResult") else { continue };
            batch.found(&arn, || {
                Object::new()
                    .value("id", arn.as_str())
                    .value("arn", arn.as_str())
                    .text("name", arn.rsplit('/').next())
                    .text("saml_metadata_document", one.text("SAMLMetadataDocument"))
                    .tag_list(one.list("Tags.member"), ("Key", "Value"))
                    .text("valid_until", iam::time(one.text("ValidUntil")).as_deref())
            });
        }
        Ok(())
    }
}
