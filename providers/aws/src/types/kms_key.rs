//! `aws_kms_key`: DescribeKey, GetKeyPolicy, GetKeyRotationStatus and ListResourceTags for each managed key, for there is no
//! bulk form, and ListKeys for all others. A key that waits to be deleted is gone.
//! Not read: what only Terraform knows (`deletion_window_in_days`, `bypass_policy_lockout_safety_check`).

use provider_api::{ResourceType, Rule, RuleKind};

pub(super) static TYPE: ResourceType = ResourceType {
    name: "aws_kms_key",
    permissions: &[
        "kms:DescribeKey",
        "kms:GetKeyPolicy",
        "kms:GetKeyRotationStatus",
        "kms:ListKeys",
        "kms:ListResourceTags",
    ],
    identity: &[],
    rules: &[Rule { pattern: "policy", kind: RuleKind::Policy }],
    owners: &[],
};

#[cfg(feature = "sdk")]
pub(super) mod live {
    use crate::sdk::prelude::*;
    use crate::timestamp::of_seconds;
    use serde_json::Value;
    use service::KMS;

    const KEYS: Paging = Paging { items: "Keys", answered: "NextMarker", asked: "Marker" };

    pub(crate) async fn read(place: &Place, batch: &mut Batch<'_>) -> Result<(), Gap> {
        let answers = concurrently(batch.ids(), |id| async move {
            let ask = |operation| place.call(&KMS, Ask::of(operation).with("KeyId", id.as_str()));
            let policy =
                place.call(&KMS, Ask::of("GetKeyPolicy").with("KeyId", id.as_str()).with("PolicyName", "default"));
            let answers =
                tokio::join!(ask("DescribeKey"), policy, ask("GetKeyRotationStatus"), ask("ListResourceTags"));
            (id, answers)
        })
        .await;
        for (id, (key, policy, rotation, tags)) in answers {
            let Some(answer) = batch.existing(&id, key, &["NotFoundException"]) else { continue };
            let Some(key) = answer.at("KeyMetadata").filter(|key| lives(key)) else { continue };
            let object = convert(&id, key);
            let object =
                batch.detailed(&id, object, policy, |object, answer| object.text("policy", answer.text("Policy")));
            let object = batch.detailed(&id, object, tags, |object, answer| {
                object.tag_list(answer.list("Tags"), ("TagKey", "TagValue"))
            });
            // Keys that cannot rotate by themselves say so with an error.
            let object = match rotation {
                Err(failure) if failure.is(&["UnsupportedOperationException"]) => {
                    object.value("enable_key_rotation", false)
                }
                rotation => batch.detailed(&id, object, rotation, |object, answer| {
                    object
                        .flag("enable_key_rotation", answer.flag("KeyRotationEnabled"))
                        .number("rotation_period_in_days", answer.number("RotationPeriodInDays"))
                }),
            };
            batch.found(&id, || object);
        }
        if batch.wants_unrequested() {
            unrequested(place, batch).await?;
        }
        Ok(())
    }

    /// Keys that nobody asked for. Which are AWS's own, or wait to be deleted, only DescribeKey tells.
    async fn unrequested(place: &Place, batch: &mut Batch<'_>) -> Result<(), Gap> {
        let listed = place.list(&KMS, Ask::of("ListKeys").with("Limit", 1000), KEYS).await?;
        let others: Vec<String> = listed
            .iter()
            .filter_map(|key| key.text("KeyId"))
            .filter(|id| !batch.requests(id))
            .map(str::to_owned)
            .collect();
        let answers = concurrently(others, |id| async move {
            let answer = place.call(&KMS, Ask::of("DescribeKey").with("KeyId", id.as_str())).await;
            (id, answer)
        })
        .await;
        for (id, answer) in answers {
            let answer = match answer {
                Ok(answer) => answer,
                Err(failure) if failure.is(&["NotFoundException"]) => continue,
                Err(failure) => return Err(failure.into()),
            };
            let Some(key) = answer.at("KeyMetadata").filter(|key| lives(key)) else { continue };
            let origin = match key.text("KeyManager") {
                Some("AWS") => Origin::Default,
                _ => Origin::Created,
            };
            batch.add(&id, origin, || convert(&id, key));
        }
        Ok(())
    }

    fn lives(key: &Value) -> bool {
        !matches!(key.text("KeyState"), Some("PendingDeletion" | "PendingReplicaDeletion"))
    }

    fn convert(id: &str, key: &Value) -> Object {
        Object::new()
            .created(of_seconds(key.at("CreationDate")))
            .value("id", id)
            .text("arn", key.text("Arn"))
            .text("custom_key_store_id", key.text("CustomKeyStoreId"))
            .text("customer_master_key_spec", key.text("KeySpec").or(key.text("CustomerMasterKeySpec")))
            .text("description", key.text("Description"))
            .flag("is_enabled", key.flag("Enabled"))
            .text("key_id", key.text("KeyId"))
            .text("key_usage", key.text("KeyUsage"))
            .flag("multi_region", key.flag("MultiRegion"))
            .text("xks_key_id", key.text("XksKeyConfiguration.Id"))
    }
}
