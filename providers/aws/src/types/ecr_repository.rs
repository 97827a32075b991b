//! `aws_ecr_repository`: DescribeRepositories for all, ListTagsForResource for each managed one.
//! Not read: `force_delete`, which only Terraform knows.

use provider_api::ResourceType;

pub(super) static TYPE: ResourceType = ResourceType {
    name: "aws_ecr_repository",
    permissions: &["ecr:DescribeRepositories", "ecr:ListTagsForResource"],
    identity: &[],
    rules: &[],
    owners: &[],
};

#[cfg(feature = "sdk")]
pub(super) mod live {
    use crate::sdk::prelude::*;
    use crate::timestamp::of_seconds;
    use serde_json::Value;
    use service::ECR;
    use std::collections::HashMap;

    pub(crate) async fn read(place: &Place, batch: &mut Batch<'_>) -> Result<(), Gap> {
        let ask = Ask::of("DescribeRepositories").with("maxResults", 1000);
        let repositories = place.list(&ECR, ask, Paging::by("repositories", "nextToken")).await?;
        let named =
            repositories.iter().filter_map(|one| Some((one.text("repositoryName")?, one.text("repositoryArn")?)));
        let requested: Vec<(String, String)> = named
            .filter(|(name, _)| batch.requests(name))
            .map(|(name, arn)| (name.to_owned(), arn.to_owned()))
            .collect();
        let answers = concurrently(requested, |(name, arn)| async move {
            (name, place.call(&ECR, Ask::of("ListTagsForResource").with("resourceArn", arn)).await)
        })
        .await;
        let mut tags: HashMap<String, _> = answers.into_iter().collect();
        for repository in repositories.iter() {
            let name = repository.text("repositoryName").unwrap_or_default();
            let mut object = convert(name, repository);
            if let Some(tags) = tags.remove(name) {
                object = batch.detailed(name, object, tags, |object, answer| {
                    object.tag_list(answer.list("tags"), ("Key", "Value"))
                });
            }
            batch.add(name, Origin::Created, || object);
        }
        Ok(())
    }

    fn convert(name: &str, repository: &Value) -> Object {
        let encryption = repository.at("encryptionConfiguration").map(|encryption| {
            Object::new()
                .text("encryption_type", encryption.text("encryptionType"))
                .text("kms_key", encryption.text("kmsKey"))
        });
        let scanning = repository
            .at("imageScanningConfiguration")
            .map(|scanning| Object::new().flag("scan_on_push", scanning.flag("scanOnPush")));
        Object::new()
            .created(of_seconds(repository.at("createdAt")))
            .value("id", name)
            .text("arn", repository.text("repositoryArn"))
            .blocks("encryption_configuration", encryption)
            .blocks("image_scanning_configuration", scanning)
            .text("image_tag_mutability", repository.text("imageTagMutability"))
            .value("name", name)
            .text("registry_id", repository.text("registryId"))
            .text("repository_url", repository.text("repositoryUri"))
    }
}
