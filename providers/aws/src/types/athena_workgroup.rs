//! `aws_athena_workgroup`: GetWorkGroup and ListTagsForResource for each managed one, ListWorkGroups for all others.
//! Not read: `force_destroy`, which only Terraform knows.

use provider_api::ResourceType;

pub(super) static TYPE: ResourceType = ResourceType {
    name: "aws_athena_workgroup",
    permissions: &["athena:GetWorkGroup", "athena:ListTagsForResource", "athena:ListWorkGroups"],
    identity: &[],
    rules: &[],
    owners: &[],
};

#[cfg(feature = "sdk")]
pub(super) mod live {
    use crate::sdk::prelude::*;
    use serde_json::Value;
    use service::ATHENA;

    pub(crate) async fn read(place: &Place, batch: &mut Batch<'_>) -> Result<(), Gap> {
        if batch.wants_unrequested() {
            let ask = Ask::of("ListWorkGroups").with("MaxResults", 50);
            for group in place.list(&ATHENA, ask, Paging::by("WorkGroups", "NextToken")).await?.iter() {
                let Some(name) = group.text("Name").filter(|name| !batch.requests(name)) else { continue };
                let origin = if name == "primary" { Origin::Default } else { Origin::Created };
                batch.add(name, origin, || Object::new().value("id", name).value("name", name));
            }
        }
        let answers = concurrently(batch.ids(), |name| async move {
            let group = place.call(&ATHENA, Ask::of("GetWorkGroup").with("WorkGroup", name.as_str()));
            let arn = place.arn_of("athena", &format!("workgroup/{name}")).unwrap_or_default();
            let tags = place.call(&ATHENA, Ask::of("ListTagsForResource").with("ResourceARN", arn));
            let answers = tokio::join!(group, tags);
            (name, answers)
        })
        .await;
        for (name, (group, tags)) in answers {
            let group = match group {
                // A workgroup that does not exist is an invalid request, with no code of its own.
                Err(failure) if failure.is(&["InvalidRequestException"]) && failure.says("not found") => continue,
                group => group,
            };
            let Some(answer) = batch.existing(&name, group, &[]) else { continue };
            let Some(group) = answer.at("WorkGroup").filter(|group| group.is_object()) else { continue };
            let object = convert(place, &name, group);
            let object = batch
                .detailed(&name, object, tags, |object, answer| object.tag_list(answer.list("Tags"), ("Key", "Value")));
            batch.found(&name, || object);
        }
        Ok(())
    }

    fn convert(place: &Place, name: &str, group: &Value) -> Object {
        let configuration = group.at("Configuration").map(|one| {
            let engine = Object::new()
                .text("effective_engine_version", one.text("EngineVersion.EffectiveEngineVersion"))
                .text("selected_engine_version", one.text("EngineVersion.SelectedEngineVersion"));
            Object::new()
                .number("bytes_scanned_cutoff_per_query", one.number("BytesScannedCutoffPerQuery"))
                .flag("enforce_workgroup_configuration", one.flag("EnforceWorkGroupConfiguration"))
                .blocks("engine_version", one.at("EngineVersion").map(|_| engine))
                .text("execution_role", one.text("ExecutionRole"))
                .flag("publish_cloudwatch_metrics_enabled", one.flag("PublishCloudWatchMetricsEnabled"))
                .flag("requester_pays_enabled", one.flag("RequesterPaysEnabled"))
                .blocks("result_configuration", result(one))
        });
        Object::new()
            .value("id", name)
            .text_if_known("arn", place.arn_of("athena", &format!("workgroup/{name}")).as_deref())
            .blocks("configuration", configuration)
            .text("description", group.text("Description"))
            .value("name", name)
            .text("state", group.text("State"))
    }

    fn result(configuration: &Value) -> Option<Object> {
        let result = configuration.at("ResultConfiguration")?;
        result.as_object().filter(|members| !members.is_empty())?;
        let encryption = result.at("EncryptionConfiguration").map(|one| {
            Object::new()
                .text("encryption_option", one.text("EncryptionOption"))
                .text("kms_key_arn", one.text("KmsKey"))
        });
        let acl =
            result.text("AclConfiguration.S3AclOption").map(|option| Object::new().value("s3_acl_option", option));
        Some(
            Object::new()
                .blocks("acl_configuration", acl)
                .blocks("encryption_configuration", encryption)
                .text("expected_bucket_owner", result.text("ExpectedBucketOwner"))
                .text("output_location", result.text("OutputLocation")),
        )
    }
}
