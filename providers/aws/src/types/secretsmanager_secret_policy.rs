//! `aws_secretsmanager_secret_policy`: GetResourcePolicy for each managed one.
//! Not read: `block_public_policy`, which only Terraform knows.

use provider_api::{ResourceType, Rule, RuleKind};

pub(super) static TYPE: ResourceType = ResourceType {
    name: "aws_secretsmanager_secret_policy",
    permissions: &["secretsmanager:GetResourcePolicy"],
    identity: &[],
    rules: &[Rule { pattern: "policy", kind: RuleKind::Policy }],
    owners: &[],
};

#[cfg(feature = "sdk")]
pub(super) mod live {
    use crate::sdk::prelude::*;
    use service::SECRETS_MANAGER;

    pub(crate) async fn read(place: &Place, batch: &mut Batch<'_>) -> Result<(), Gap> {
        let answers = concurrently(batch.ids(), |arn| async move {
            let policy =
                place.once(&SECRETS_MANAGER, Ask::of("GetResourcePolicy").with("SecretId", arn.as_str())).await;
            (arn, policy)
        })
        .await;
        for (arn, answer) in answers {
            let Some(answer) = batch.existing(&arn, answer, &["ResourceNotFoundException"]) else { continue };
            if let Some(policy) = answer.text("ResourcePolicy") {
                let object =
                    Object::new().value("id", arn.as_str()).value("policy", policy).value("secret_arn", arn.as_str());
                batch.found(&arn, || object);
            }
        }
        Ok(())
    }
}
