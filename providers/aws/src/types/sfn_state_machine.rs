//! `aws_sfn_state_machine`: DescribeStateMachine and ListTagsForResource for each managed one, ListStateMachines for all
//! others. Not read: `publish`, `version_description` and `state_machine_version_arn`, which are about versions.

use provider_api::{ResourceType, Rule, RuleKind};

pub(super) static TYPE: ResourceType = ResourceType {
    name: "aws_sfn_state_machine",
    permissions: &["states:DescribeStateMachine", "states:ListStateMachines", "states:ListTagsForResource"],
    identity: &[],
    rules: &[
        Rule { pattern: "definition", kind: RuleKind::Json },
        Rule { pattern: "revision_id", kind: RuleKind::Volatile("changes with every change, and with nothing else") },
    ],
    owners: &[],
};

#[cfg(feature = "sdk")]
pub(super) mod live {
    use crate::sdk::prelude::*;
    use crate::timestamp::of_seconds;
    use serde_json::Value;
    use service::STEP_FUNCTIONS;

    pub(crate) async fn read(place: &Place, batch: &mut Batch<'_>) -> Result<(), Gap> {
        if batch.wants_unrequested() {
            let ask = Ask::of("ListStateMachines").with("maxResults", 1000);
            for one in place.list(&STEP_FUNCTIONS, ask, Paging::by("stateMachines", "nextToken")).await?.iter() {
                let Some(arn) = one.text("stateMachineArn").filter(|arn| !batch.requests(arn)) else { continue };
                batch.add(arn, Origin::Created, || Object::new().value("id", arn).text("name", one.text("name")));
            }
        }
        let answers = concurrently(batch.ids(), |arn| async move {
            let machine = Ask::of("DescribeStateMachine").with("stateMachineArn", arn.as_str());
            let tags = Ask::of("ListTagsForResource").with("resourceArn", arn.as_str());
            let answers = tokio::join!(place.call(&STEP_FUNCTIONS, machine), place.call(&STEP_FUNCTIONS, tags));
            (arn, answers)
        })
        .await;
        for (arn, (machine, tags)) in answers {
            let Some(machine) = batch.existing(&arn, machine, &["StateMachineDoesNotExist"]) else { continue };
            let object = batch.detailed(&arn, convert(&arn, &machine), tags, |object, answer| {
                object.tag_list(answer.list("tags"), ("key", "value"))
            });
            batch.found(&arn, || object);
        }
        Ok(())
    }

    fn convert(arn: &str, one: &Value) -> Object {
        let encryption = one.at("encryptionConfiguration").filter(|one| one.is_object()).map(|one| {
            Object::new()
                .number("kms_data_key_reuse_period_seconds", one.number("kmsDataKeyReusePeriodSeconds"))
                .text("kms_key_id", one.text("kmsKeyId"))
                .text("type", one.text("type"))
        });
        let logging = one.at("loggingConfiguration").filter(|one| one.is_object()).map(|one| {
            let destination = one.list("destinations").first();
            Object::new()
                .flag("include_execution_data", one.flag("includeExecutionData"))
                .text("level", one.text("level"))
                .text("log_destination", destination.and_then(|one| one.text("cloudWatchLogsLogGroup.logGroupArn")))
        });
        let tracing = one
            .at("tracingConfiguration")
            .filter(|one| one.is_object())
            .map(|one| Object::new().flag("enabled", one.flag("enabled")));
        let object = Object::new()
            .value("id", arn)
            .value("arn", arn)
            .text_if_known("creation_date", of_seconds(one.at("creationDate")).as_deref())
            .text("definition", one.text("definition"))
            .text("description", one.text("description"))
            .text("name", one.text("name"))
            .text("revision_id", one.text("revisionId"))
            .text("role_arn", one.text("roleArn"))
            .text("status", one.text("status"))
            .text("type", one.text("type"));
        let told = [
            ("encryption_configuration", encryption),
            ("logging_configuration", logging),
            ("tracing_configuration", tracing),
        ];
        told.into_iter().fold(object, |object, (name, block)| match block {
            Some(block) => object.blocks(name, [block]),
            None => object,
        })
    }
}
