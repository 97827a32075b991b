//! `aws_codebuild_project`: BatchGetProjects, a hundred a call, for the managed ones; ListProjects for all others.
//! Not read: `badge_url`, which holds a token.

use provider_api::{ResourceType, Rule, RuleKind};

pub(super) static TYPE: ResourceType = ResourceType {
    name: "aws_codebuild_project",
    permissions: &["codebuild:BatchGetProjects", "codebuild:ListProjects"],
    identity: &[],
    // Plain text variables hold passwords more often than not.
    rules: &[Rule { pattern: "environment.*.environment_variable.*.value", kind: RuleKind::Sensitive }],
    owners: &[],
};

#[cfg(feature = "sdk")]
pub(super) mod live {
    use crate::mirror::Mirror;
    use crate::sdk::prelude::*;
    use serde_json::{Value, json};
    use service::CODEBUILD;
    use std::collections::HashMap;

    /// The most projects that one call tells of.
    const PROJECTS_A_CALL: usize = 100;

    pub(crate) async fn read(place: &Place, batch: &mut Batch<'_>) -> Result<(), Gap> {
        if batch.wants_unrequested() {
            let list = place.list(&CODEBUILD, Ask::of("ListProjects"), Paging::by("projects", "nextToken")).await?;
            for name in list.iter().filter_map(Value::as_str) {
                // Without an account number the ARN, by which projects are known, cannot be told.
                let Some(arn) = place.arn_of("codebuild", &format!("project/{name}")) else { break };
                if !batch.requests(&arn) {
                    batch.add(&arn, Origin::Created, || Object::new().value("id", arn.as_str()).value("name", name));
                }
            }
        }
        // Older providers recorded the name as the id.
        let ids: HashMap<String, String> =
            batch.ids().into_iter().map(|id| (id.rsplit('/').next().unwrap_or_default().to_owned(), id)).collect();
        let names: Vec<String> = ids.keys().cloned().collect();
        let chunks: Vec<Vec<String>> = names.chunks(PROJECTS_A_CALL).map(<[_]>::to_vec).collect();
        let answers = concurrently(chunks, |names| async move {
            let answer = place.call(&CODEBUILD, Ask::of("BatchGetProjects").with("names", json!(names))).await;
            (names, answer)
        })
        .await;
        for (names, answer) in answers {
            match answer {
                Ok(answer) => {
                    for project in answer.list("projects") {
                        if let Some(id) = ids.get(project.text("name").unwrap_or_default()) {
                            batch.found(id, || with_blocks(convert(id, project), project));
                        }
                    }
                }
                Err(failure) => names.iter().for_each(|name| batch.gap(&ids[name], failure.clone().into())),
            }
        }
        Ok(())
    }

    fn convert(id: &str, one: &Value) -> Object {
        let object = Object::new()
            .value("id", id)
            .text("arn", one.text("arn"))
            .flag("badge_enabled", one.flag("badge.badgeEnabled"))
            .number("build_timeout", one.number("timeoutInMinutes"))
            .number("concurrent_build_limit", one.number("concurrentBuildLimit"))
            .text("description", one.text("description"))
            .text("encryption_key", one.text("encryptionKey"))
            .text("name", one.text("name"))
            .text("public_project_alias", one.text("publicProjectAlias"))
            .number("queued_timeout", one.number("queuedTimeoutInMinutes"))
            .text("resource_access_role", one.text("resourceAccessRole"))
            .text("service_role", one.text("serviceRole"))
            .text("source_version", one.text("sourceVersion"))
            .tag_list(one.list("tags"), ("key", "value"));
        object.text("project_visibility", one.text("projectVisibility").or(Some("PRIVATE")))
    }

    /// The blocks that the schema copied from the API.
    fn with_blocks(object: Object, project: &Value) -> Object {
        let blocks = [
            ("artifacts", "artifacts"),
            ("build_batch_config", "buildBatchConfig"),
            ("cache", "cache"),
            ("file_system_locations", "fileSystemLocations"),
            ("logs_config", "logsConfig"),
            ("secondary_artifacts", "secondaryArtifacts"),
            ("secondary_source_version", "secondarySourceVersions"),
            ("secondary_sources", "secondarySources"),
            ("source", "source"),
            ("vpc_config", "vpcConfig"),
        ];
        let object =
            blocks.into_iter().fold(object, |object, (name, member)| match Mirror::of("aws_codebuild_project", name) {
                Some(mirror) => object.blocks(name, mirror.each(project.list(member))),
                None => object,
            });
        let environment = project.at("environment").and_then(|one| {
            let mut block = Mirror::of("aws_codebuild_project", "environment")?.convert(one);
            let variables = one.list("environmentVariables").iter().map(|variable| {
                Object::new()
                    .text("name", variable.text("name"))
                    .text("type", variable.text("type").or(Some("PLAINTEXT")))
                    .text("value", variable.text("value"))
            });
            block = block.blocks("environment_variable", variables);
            Some(block)
        });
        object.blocks("environment", environment)
    }
}
