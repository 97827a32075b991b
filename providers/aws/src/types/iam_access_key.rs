//! `aws_iam_access_key`: ListAccessKeys for each user who has a managed key. Secrets are told once, to who creates the key.
//! Keys that are in no state are not sought: they are listed by user.

use provider_api::{ResourceType, Rule, RuleKind};

pub(super) static TYPE: ResourceType = ResourceType {
    name: "aws_iam_access_key",
    permissions: &["iam:ListAccessKeys"],
    identity: &[],
    rules: &[Rule { pattern: "secret", kind: RuleKind::Sensitive }],
    owners: &[],
};

#[cfg(feature = "sdk")]
pub(super) mod live {
    use crate::iam;
    use crate::sdk::prelude::*;
    use service::IAM;
    use std::collections::BTreeMap;

    const KEYS: Paging = Paging {
        items: "ListAccessKeysResult.AccessKeyMetadata.member",
        answered: "ListAccessKeysResult.Marker",
        asked: "Marker",
    };

    pub(crate) async fn read(place: &Place, batch: &mut Batch<'_>) -> Result<(), Gap> {
        let mut by_user: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for instance in batch.instances() {
            match batch.recorded(instance).text("user") {
                Some(user) => by_user.entry(user.to_owned()).or_default().push(instance.id.to_owned()),
                None => batch.unidentified(instance, "user"),
            }
        }
        let answers = concurrently(by_user, |(user, ids)| async move {
            let keys = place.pages(&IAM, Ask::of("ListAccessKeys").with("UserName", user.as_str()), KEYS).await;
            (user, ids, keys)
        })
        .await;
        for (user, ids, keys) in answers {
            for id in ids {
                let Some(keys) = batch.existing(&id, keys.as_ref().map_err(Failure::clone), &["NoSuchEntity"]) else {
                    continue;
                };
                if let Some(key) = keys.iter().find(|key| key.text("AccessKeyId") == Some(&id)) {
                    batch.found(&id, || {
                        Object::new()
                            .value("id", id.as_str())
                            .text("create_date", iam::time(key.text("CreateDate")).as_deref())
                            .text("status", key.text("Status"))
                            .value("user", user.as_str())
                    });
                }
            }
        }
        Ok(())
    }
}
