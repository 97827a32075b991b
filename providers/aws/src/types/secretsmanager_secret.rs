//! `aws_secretsmanager_secret`: ListSecrets for all, GetResourcePolicy for each managed one. Values are never read.
//! Not read: what only Terraform knows (`recovery_window_in_days`, `force_overwrite_replica_secret`), `replica`.

use crate::rules::{document, document_of, ids};
use provider_api::{Owner, ResourceType, Rule, RuleKind};

pub(super) static TYPE: ResourceType = ResourceType {
    name: "aws_secretsmanager_secret",
    permissions: &["secretsmanager:GetResourcePolicy", "secretsmanager:ListSecrets"],
    identity: &[],
    rules: &[Rule { pattern: "policy", kind: RuleKind::Policy }],
    owners: &[Owner {
        attribute: "policy",
        resource_type: "aws_secretsmanager_secret_policy",
        parents: |policy| ids(policy, "secret_arn"),
        parts: |policy| document_of(policy, "policy"),
        split: document,
    }],
};

#[cfg(feature = "sdk")]
pub(super) mod live {
    use crate::sdk::prelude::*;
    use crate::timestamp::of_seconds;
    use serde_json::Value;
    use service::SECRETS_MANAGER;
    use std::collections::HashMap;

    pub(crate) async fn read(place: &Place, batch: &mut Batch<'_>) -> Result<(), Gap> {
        let ask = Ask::of("ListSecrets").with("MaxResults", 100);
        let secrets = place.list(&SECRETS_MANAGER, ask, Paging::by("SecretList", "NextToken")).await?;
        let arns = secrets.iter().filter_map(|secret| secret.text("ARN"));
        let requested: Vec<String> = arns.filter(|arn| batch.requests(arn)).map(str::to_owned).collect();
        let answers = concurrently(requested, |arn| async move {
            let policy =
                place.once(&SECRETS_MANAGER, Ask::of("GetResourcePolicy").with("SecretId", arn.as_str())).await;
            (arn, policy)
        })
        .await;
        let mut policies: HashMap<String, _> = answers.into_iter().collect();
        for secret in secrets.iter() {
            let arn = secret.text("ARN").unwrap_or_default();
            let mut object = convert(arn, secret);
            if let Some(policy) = policies.remove(arn) {
                object = batch.detailed(arn, object, policy, |object, answer| {
                    object.text("policy", answer.text("ResourcePolicy"))
                });
            }
            let origin = match secret.text("OwningService") {
                Some(service) => Origin::OwnedBy(service.to_owned()),
                None => Origin::Created,
            };
            batch.add(arn, origin, || object);
        }
        Ok(())
    }

    fn convert(arn: &str, secret: &Value) -> Object {
        Object::new()
            .created(of_seconds(secret.at("CreatedDate")))
            .value("id", arn)
            .value("arn", arn)
            .text("description", secret.text("Description"))
            .text("kms_key_id", secret.text("KmsKeyId"))
            .text("name", secret.text("Name"))
            .tag_list(secret.list("Tags"), ("Key", "Value"))
    }
}
