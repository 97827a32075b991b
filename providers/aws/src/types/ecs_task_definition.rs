//! `aws_ecs_task_definition`: DescribeTaskDefinition for each managed one. A revision never changes but for its tags: it is
//! active, or it is gone. Every deployment leaves a revision behind, so those in no state are not sought.
//! Not read: volumes, proxies and accelerators; what only Terraform knows (`skip_destroy`, `track_latest`).

use provider_api::{ResourceType, Rule, RuleKind};
use serde_json::{Map, Value};

pub(super) static TYPE: ResourceType = ResourceType {
    name: "aws_ecs_task_definition",
    permissions: &["ecs:DescribeTaskDefinition"],
    identity: &["arn"],
    // Environments of containers hold passwords more often than not.
    rules: &[
        Rule { pattern: "container_definitions", kind: RuleKind::Canonical(containers) },
        Rule { pattern: "container_definitions", kind: RuleKind::Sensitive },
    ],
    owners: &[],
};

/// The containers without what says nothing: unset and empty members, and what the service takes for granted
/// (ECS API Reference, ContainerDefinition); in the order of their names, their environments in that of theirs.
fn containers(definitions: &Value) -> Value {
    let parsed = definitions.as_str().and_then(|text| serde_json::from_str::<Vec<Map<String, Value>>>(text).ok());
    let Some(mut containers) = parsed else { return definitions.clone() };
    for container in &mut containers {
        for (list, key) in [("environment", "name"), ("secrets", "name")] {
            if let Some(items) = container.get_mut(list).and_then(Value::as_array_mut) {
                items.sort_by_key(|item| item.get(key).and_then(Value::as_str).map(str::to_owned));
            }
        }
        for mapping in container.get_mut("portMappings").and_then(Value::as_array_mut).into_iter().flatten() {
            if let Some(mapping) = mapping.as_object_mut() {
                let same = mapping.get("hostPort") == mapping.get("containerPort");
                mapping.retain(|name, value| match &**name {
                    "protocol" => value != "tcp",
                    "hostPort" => !same && value != 0,
                    _ => true,
                });
            }
        }
        container.retain(|name, value| match (&**name, &*value) {
            ("cpu", value) => value != 0,
            ("essential", value) => value != true,
            (_, Value::Null) => false,
            (_, Value::Array(items)) => !items.is_empty(),
            (_, Value::Object(members)) => !members.is_empty(),
            _ => true,
        });
    }
    containers.sort_by_key(|container| container.get("name").and_then(Value::as_str).map(str::to_owned));
    Value::from(containers.into_iter().map(Value::Object).collect::<Vec<_>>())
}

#[cfg(feature = "sdk")]
pub(super) mod live {
    use crate::sdk::prelude::*;
    use serde_json::{Value, json};
    use service::ECS;

    pub(crate) async fn read(place: &Place, batch: &mut Batch<'_>) -> Result<(), Gap> {
        // The recorded id is the family; of one family there may be several.
        let wanted = batch.identified(["arn"]);
        let answers = concurrently(wanted, |(id, [arn])| async move {
            let ask = Ask::of("DescribeTaskDefinition").with("taskDefinition", arn).with("include", json!(["TAGS"]));
            (id, place.call(&ECS, ask).await)
        })
        .await;
        for (id, answer) in answers {
            let answer = match answer {
                // What does not exist is an invalid parameter, with no code of its own.
                Err(failure)
                    if failure.is(&["ClientException"]) && failure.says("Unable to describe task definition") =>
                {
                    continue;
                }
                answer => answer,
            };
            let Some(answer) = batch.existing(&id, answer, &[]) else { continue };
            let Some(one) = answer.at("taskDefinition") else { continue };
            // One that is deregistered, or waits to be deleted, is gone.
            if one.text("status").is_some_and(|status| status != "ACTIVE") {
                continue;
            }
            batch.found(&id, || convert(one).tag_list(answer.list("tags"), ("key", "value")));
        }
        Ok(())
    }

    fn convert(one: &Value) -> Object {
        let arn = one.text("taskDefinitionArn").unwrap_or_default();
        let unnumbered = arn.rsplit_once(':').map(|(unnumbered, _)| unnumbered);
        let containers = one.at("containerDefinitions").map(Value::to_string);
        let constraints = one
            .list("placementConstraints")
            .iter()
            .map(|item| Object::new().text("expression", item.text("expression")).text("type", item.text("type")));
        let storage = one.number("ephemeralStorage.sizeInGiB").map(|size| Object::new().value("size_in_gib", size));
        let platform = one.at("runtimePlatform").filter(|one| one.is_object()).map(|one| {
            Object::new()
                .text("cpu_architecture", one.text("cpuArchitecture"))
                .text("operating_system_family", one.text("operatingSystemFamily"))
        });
        Object::new()
            .text("id", one.text("family"))
            .value("arn", arn)
            .text("arn_without_revision", unnumbered)
            .text("container_definitions", containers.as_deref())
            .text("cpu", one.text("cpu"))
            .flag("enable_fault_injection", one.flag("enableFaultInjection"))
            .blocks("ephemeral_storage", storage)
            .text("execution_role_arn", one.text("executionRoleArn"))
            .text("family", one.text("family"))
            .text("ipc_mode", one.text("ipcMode"))
            .text("memory", one.text("memory"))
            .text("network_mode", one.text("networkMode"))
            .text("pid_mode", one.text("pidMode"))
            .blocks("placement_constraints", constraints)
            .texts("requires_compatibilities", one.texts("requiresCompatibilities"))
            .number("revision", one.number("revision"))
            .blocks("runtime_platform", platform)
            .text("task_role_arn", one.text("taskRoleArn"))
    }
}

#[cfg(test)]
mod tests {
    use super::containers;
    use serde_json::json;

    #[test]
    fn what_the_service_fills_in_says_nothing() {
        let written = json!([
            {"name": "b", "image": "x", "portMappings": [{"containerPort": 80}],
             "environment": [{"name": "B", "value": "2"}, {"name": "A", "value": "1"}]},
            {"name": "a", "image": "y", "essential": false}
        ]);
        let answered = json!([
            {"name": "a", "image": "y", "essential": false, "cpu": 0, "mountPoints": [], "volumesFrom": []},
            {"name": "b", "image": "x", "cpu": 0, "essential": true, "mountPoints": [], "links": null,
             "portMappings": [{"containerPort": 80, "hostPort": 80, "protocol": "tcp"}],
             "environment": [{"name": "A", "value": "1"}, {"name": "B", "value": "2"}]}
        ]);
        assert_eq!(containers(&json!(written.to_string())), containers(&json!(answered.to_string())));
        let other = json!([{"name": "a", "image": "z"}]);
        assert_ne!(containers(&json!(written.to_string())), containers(&json!(other.to_string())));
        assert_eq!(containers(&json!("no JSON")), json!("no JSON"));
    }
}
