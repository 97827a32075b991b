//! `aws_kms_alias`: ListAliases for all. AWS's own aliases (`alias/aws/…`) are there from the start.
//! Not read: `name_prefix`, which follows from `name`.

use provider_api::ResourceType;

pub(super) static TYPE: ResourceType =
    ResourceType { name: "aws_kms_alias", permissions: &["kms:ListAliases"], identity: &[], rules: &[], owners: &[] };

#[cfg(feature = "sdk")]
pub(super) mod live {
    use crate::sdk::prelude::*;
    use service::KMS;

    const ALIASES: Paging = Paging { items: "Aliases", answered: "NextMarker", asked: "Marker" };

    pub(crate) async fn read(place: &Place, batch: &mut Batch<'_>) -> Result<(), Gap> {
        for alias in place.list(&KMS, Ask::of("ListAliases").with("Limit", 100), ALIASES).await?.iter() {
            let Some(name) = alias.text("AliasName") else { continue };
            let origin = if name.starts_with("alias/aws/") { Origin::Default } else { Origin::Created };
            batch.add(name, origin, || {
                let arn = alias.text("AliasArn").unwrap_or_default();
                let key = alias.text("TargetKeyId").unwrap_or_default();
                Object::new()
                    .value("id", name)
                    .value("arn", arn)
                    .value("name", name)
                    .value("target_key_arn", arn.replace(name, &format!("key/{key}")))
                    .value("target_key_id", key)
            });
        }
        Ok(())
    }
}
