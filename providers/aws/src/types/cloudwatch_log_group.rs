//! `aws_cloudwatch_log_group`: DescribeLogGroups for all, ListTagsForResource for each managed one.
//! Not read: `name_prefix`, which follows from `name`, and `skip_destroy`, which only Terraform knows.

use provider_api::ResourceType;

pub(super) static TYPE: ResourceType = ResourceType {
    name: "aws_cloudwatch_log_group",
    permissions: &["logs:DescribeLogGroups", "logs:ListTagsForResource", "tag:GetResources"],
    identity: &[],
    rules: &[],
    owners: &[],
};

#[cfg(feature = "sdk")]
pub(super) mod live {
    use crate::origin::owned_by;
    use crate::sdk::prelude::*;
    use crate::tagging::told;
    use crate::timestamp::of_milliseconds;
    use serde_json::Value;
    use service::LOGS;
    use std::collections::HashMap;

    pub(crate) async fn read(place: &Place, batch: &mut Batch<'_>) -> Result<(), Gap> {
        let ask = Ask::of("DescribeLogGroups").with("limit", 50);
        let groups = place.list(&LOGS, ask, Paging::by("logGroups", "nextToken")).await?;
        let requested = groups.iter().filter(|group| batch.requests(group.text("logGroupName").unwrap_or_default()));
        let arns: Vec<(String, String)> =
            requested.filter_map(|group| Some((group.text("logGroupName")?.to_owned(), arn(group)?))).collect();
        let told = told(place, batch, "logs", arns.clone()).await;
        let arns: Vec<String> =
            arns.into_iter().filter(|(name, _)| told.of(name).is_none()).map(|(_, arn)| arn).collect();
        let answers = concurrently(arns, |arn| async move {
            let answer = place.call(&LOGS, Ask::of("ListTagsForResource").with("resourceArn", arn.as_str())).await;
            (arn, answer)
        })
        .await;
        let mut tags: HashMap<String, _> = answers.into_iter().collect();
        for group in groups.iter() {
            let name = group.text("logGroupName").unwrap_or_default();
            let arn = arn(group).unwrap_or_default();
            let object = convert(name, &arn, group);
            let object = match tags.remove(&arn) {
                Some(Ok(answer)) => object.tag_map(answer.at("tags")),
                Some(Err(failure)) => {
                    batch.gap(name, failure.into());
                    object
                }
                None => match told.of(name) {
                    Some(tags) => object.tag_list(tags, ("Key", "Value")),
                    None => object,
                },
            };
            batch.add(name, origin(name), || object);
        }
        Ok(())
    }

    /// Services make groups for what they run, under names of their own (CloudWatch Logs User Guide, "AWS services that
    /// publish logs").
    fn origin(name: &str) -> Origin {
        let mut words = name.split('/');
        match (words.next(), words.next(), words.next(), words.next()) {
            (Some(""), Some("aws"), Some("lambda"), Some(function)) => owned_by("aws_lambda_function", function),
            (Some(""), Some("aws"), Some("codebuild"), Some(project)) => owned_by("aws_codebuild_project", project),
            (Some(""), Some("aws"), Some(service), Some(_)) => Origin::OwnedBy(service.to_owned()),
            _ => Origin::Created,
        }
    }

    /// The group's ARN as Terraform records it: without the suffix that stands for its streams.
    fn arn(group: &Value) -> Option<String> {
        group.text("arn").map(|arn| arn.trim_end_matches(":*").to_owned())
    }

    fn convert(name: &str, arn: &str, group: &Value) -> Object {
        Object::new()
            .created(of_milliseconds(group.number("creationTime")))
            .value("id", name)
            .value("arn", arn)
            .text("kms_key_id", group.text("kmsKeyId"))
            .text("log_group_class", group.text("logGroupClass"))
            .value("name", name)
            .number("retention_in_days", group.number("retentionInDays"))
    }
}
