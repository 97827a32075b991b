//! `aws_backup_vault`: ListBackupVaults for all, ListTags for each managed one.
//! Not read: `force_destroy`, which only Terraform knows.

use provider_api::{ResourceType, Rule, RuleKind};

pub(super) static TYPE: ResourceType = ResourceType {
    name: "aws_backup_vault",
    permissions: &["backup:ListBackupVaults", "backup:ListTags"],
    identity: &[],
    rules: &[Rule { pattern: "recovery_points", kind: RuleKind::Volatile("counts backups as they are made and go") }],
    owners: &[],
};

#[cfg(feature = "sdk")]
pub(super) mod live {
    use crate::sdk::prelude::*;
    use serde_json::Value;
    use service::BACKUP;
    use std::collections::HashMap;

    const VAULTS: Paging = Paging { items: "BackupVaultList", answered: "NextToken", asked: "nextToken" };

    pub(crate) async fn read(place: &Place, batch: &mut Batch<'_>) -> Result<(), Gap> {
        let vaults = place.list(&BACKUP, Ask::of("ListBackupVaults").at("/backup-vaults/"), VAULTS).await?;
        let named = vaults.iter().filter_map(|one| Some((one.text("BackupVaultName")?, one.text("BackupVaultArn")?)));
        let requested: Vec<(String, String)> = named
            .filter(|(name, _)| batch.requests(name))
            .map(|(name, arn)| (name.to_owned(), arn.to_owned()))
            .collect();
        let answers = concurrently(requested, |(name, arn)| async move {
            (name, place.call(&BACKUP, Ask::of("ListTags").at(format!("/tags/{}/", encoded(&arn)))).await)
        })
        .await;
        let mut tags: HashMap<String, _> = answers.into_iter().collect();
        for vault in vaults.iter() {
            let Some(name) = vault.text("BackupVaultName") else { continue };
            let mut object = convert(name, vault);
            if let Some(answer) = tags.remove(name) {
                object = batch.detailed(name, object, answer, |object, answer| object.tag_map(answer.at("Tags")));
            }
            // The service makes this one for itself.
            let origin =
                if name.starts_with("aws/efs/") || name == "Default" { Origin::Default } else { Origin::Created };
            batch.add(name, origin, || object);
        }
        Ok(())
    }

    fn convert(name: &str, vault: &Value) -> Object {
        Object::new()
            .value("id", name)
            .text("arn", vault.text("BackupVaultArn"))
            .text("kms_key_arn", vault.text("EncryptionKeyArn"))
            .value("name", name)
    }
}
