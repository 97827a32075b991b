//! `aws_kms_grant`: ListGrants for each key that a managed grant belongs to. Grants are listed by key, so those of keys
//! without a managed grant are not sought.
//! Not read: `grant_token`, which is a credential; `grant_creation_tokens` and `retire_on_delete`, which only Terraform knows.

use provider_api::ResourceType;

pub(super) static TYPE: ResourceType =
    ResourceType { name: "aws_kms_grant", permissions: &["kms:ListGrants"], identity: &[], rules: &[], owners: &[] };

#[cfg(feature = "sdk")]
pub(super) mod live {
    use crate::sdk::prelude::*;
    use serde_json::Value;
    use service::KMS;
    use std::collections::BTreeMap;

    pub(crate) async fn read(place: &Place, batch: &mut Batch<'_>) -> Result<(), Gap> {
        let mut keys: BTreeMap<String, Vec<(String, String)>> = BTreeMap::new();
        for (id, [key, grant]) in batch.identified(["key_id", "grant_id"]) {
            keys.entry(key).or_default().push((id, grant));
        }
        let answers = concurrently(keys, |(key, wanted)| async move {
            let ask = Ask::of("ListGrants").with("KeyId", key.as_str()).with("Limit", 100);
            let paging = Paging { items: "Grants", answered: "NextMarker", asked: "Marker" };
            (key, wanted, place.pages(&KMS, ask, paging).await)
        })
        .await;
        for (key, wanted, grants) in answers {
            for (id, grant) in wanted {
                let Some(grants) = batch.existing(&id, grants.as_ref().map_err(Failure::clone), &["NotFoundException"])
                else {
                    continue;
                };
                if let Some(one) = grants.iter().find(|one| one.text("GrantId") == Some(&grant)) {
                    batch.found(&id, || convert(&id, &key, one));
                }
            }
        }
        Ok(())
    }

    /// `key_id` stays as it was written, by id or by ARN.
    fn convert(id: &str, key: &str, grant: &Value) -> Object {
        let constraints = grant.at("Constraints").filter(|one| one.as_object().is_some_and(|one| !one.is_empty()));
        let constraints = constraints.map(|one| {
            Object::new()
                .map("encryption_context_equals", one.at("EncryptionContextEquals"))
                .map("encryption_context_subset", one.at("EncryptionContextSubset"))
        });
        Object::new()
            .value("id", id)
            .blocks("constraints", constraints)
            .text("grant_id", grant.text("GrantId"))
            .text("grantee_principal", grant.text("GranteePrincipal"))
            .value("key_id", key)
            .text("name", grant.text("Name"))
            .texts("operations", grant.texts("Operations"))
            .text("retiring_principal", grant.text("RetiringPrincipal"))
    }
}
