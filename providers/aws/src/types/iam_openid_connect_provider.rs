//! `aws_iam_openid_connect_provider`: ListOpenIDConnectProviders for all, GetOpenIDConnectProvider for each managed one.

use provider_api::{ResourceType, Rule, RuleKind};
use serde_json::Value;

pub(super) static TYPE: ResourceType = ResourceType {
    name: "aws_iam_openid_connect_provider",
    permissions: &["iam:GetOpenIDConnectProvider", "iam:ListOpenIDConnectProviders"],
    identity: &[],
    rules: &[Rule { pattern: "url", kind: RuleKind::Canonical(without_scheme) }],
    owners: &[],
};

/// IAM answers the address without the scheme that it is created with.
fn without_scheme(value: &Value) -> Value {
    match value.as_str().and_then(|url| url.strip_prefix("https://")) {
        Some(rest) => rest.into(),
        None => value.clone(),
    }
}

#[cfg(feature = "sdk")]
pub(super) mod live {
    use crate::sdk::prelude::*;
    use serde_json::Value;
    use service::IAM;

    pub(crate) async fn read(place: &Place, batch: &mut Batch<'_>) -> Result<(), Gap> {
        if batch.wants_unrequested() {
            let answer = place.call(&IAM, Ask::of("ListOpenIDConnectProviders")).await?;
            let listed = answer.list("ListOpenIDConnectProvidersResult.OpenIDConnectProviderList.member");
            for arn in
                listed.iter().filter_map(|one| one.text("Arn")).filter(|arn| !batch.requests(arn)).collect::<Vec<_>>()
            {
                batch.add(arn, Origin::Created, || Object::new().value("id", arn).value("arn", arn));
            }
        }
        let answers = concurrently(batch.ids(), |arn| async move {
            let ask = Ask::of("GetOpenIDConnectProvider").with("OpenIDConnectProviderArn", arn.as_str());
            (arn, place.call(&IAM, ask).await)
        })
        .await;
        for (arn, answer) in answers {
            let Some(answer) = batch.existing(&arn, answer, &["NoSuchEntity"]) else { continue };
            let texts = |name: &str| -> Vec<String> {
                let list = answer.list(&format!("GetOpenIDConnectProviderResult.{name}.member")).iter();
                list.filter_map(Value::as_str).map(str::to_owned).collect()
            };
            batch.found(&arn, || {
                Object::new()
                    .value("id", arn.as_str())
                    .value("arn", arn.as_str())
                    .texts("client_id_list", texts("ClientIDList"))
                    .texts("thumbprint_list", texts("ThumbprintList"))
                    .text(
                        "url",
                        answer.text("GetOpenIDConnectProviderResult.Url").map(|url| url.trim_start_matches("https://")),
                    )
                    .tag_list(answer.list("GetOpenIDConnectProviderResult.Tags.member"), ("Key", "Value"))
            });
        }
        Ok(())
    }
}
