//! `aws_secretsmanager_secret_version`: DescribeSecret for the secret of each managed version: which versions there are and
//! which labels they carry. What a version holds is never asked for.

use provider_api::ResourceType;

pub(super) static TYPE: ResourceType = ResourceType {
    name: "aws_secretsmanager_secret_version",
    permissions: &["secretsmanager:DescribeSecret"],
    identity: &[],
    rules: &[],
    owners: &[],
};

#[cfg(feature = "sdk")]
pub(super) mod live {
    use crate::sdk::prelude::*;
    use service::SECRETS_MANAGER;

    pub(crate) async fn read(place: &Place, batch: &mut Batch<'_>) -> Result<(), Gap> {
        let wanted = batch.identified(["secret_id", "version_id"]);
        let answers = concurrently(wanted, |(id, [secret, version])| async move {
            let ask = Ask::of("DescribeSecret").with("SecretId", secret.as_str());
            (id, secret, version, place.once(&SECRETS_MANAGER, ask).await)
        })
        .await;
        for (id, secret, version, answer) in answers {
            let Some(answer) = batch.existing(&id, answer, &["ResourceNotFoundException"]) else { continue };
            // A secret that waits to be deleted is gone, and a version without labels too.
            let stages: Vec<String> = answer
                .at("VersionIdsToStages")
                .and_then(|versions| versions.get(&version)?.as_array())
                .into_iter()
                .flatten()
                .filter_map(|stage| stage.as_str().map(str::to_owned))
                .collect();
            if answer.at("DeletedDate").is_some_and(|date| !date.is_null()) || stages.is_empty() {
                continue;
            }
            let arn = answer.text("ARN").unwrap_or_default();
            batch.found(&id, || {
                Object::new()
                    .value("id", id.as_str())
                    .value("arn", arn)
                    .value("secret_id", secret)
                    .value("version_id", version)
                    .texts("version_stages", stages)
            });
        }
        Ok(())
    }
}
