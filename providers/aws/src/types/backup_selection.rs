//! `aws_backup_selection`: GetBackupSelection for each managed one. Selections are listed by plan, so those in no state are
//! not sought.

use provider_api::ResourceType;

pub(super) static TYPE: ResourceType = ResourceType {
    name: "aws_backup_selection",
    permissions: &["backup:GetBackupSelection"],
    identity: &[],
    rules: &[],
    owners: &[],
};

#[cfg(feature = "sdk")]
pub(super) mod live {
    use crate::sdk::prelude::*;
    use serde_json::Value;
    use service::BACKUP;

    pub(crate) async fn read(place: &Place, batch: &mut Batch<'_>) -> Result<(), Gap> {
        let wanted = batch.identified(["plan_id"]);
        let answers = concurrently(wanted, |(id, [plan])| async move {
            let path = format!("/backup/plans/{}/selections/{}", encoded(&plan), encoded(&id));
            (id, plan, place.call(&BACKUP, Ask::of("GetBackupSelection").at(path)).await)
        })
        .await;
        for (id, plan, answer) in answers {
            let answer = match answer {
                // A selection of a plan that exists is an invalid value where it does not, with no code of its own.
                Err(failure)
                    if failure.is(&["InvalidParameterValueException"]) && failure.says("Cannot find Backup plan") =>
                {
                    continue;
                }
                answer => answer,
            };
            let Some(answer) = batch.existing(&id, answer, &["ResourceNotFoundException"]) else { continue };
            if let Some(one) = answer.at("BackupSelection") {
                batch.found(&id, || convert(&id, &plan, one));
            }
        }
        Ok(())
    }

    fn convert(id: &str, plan: &str, one: &Value) -> Object {
        let conditions = one.at("Conditions").filter(|one| {
            one.as_object()
                .is_some_and(|all| all.values().any(|list| list.as_array().is_some_and(|list| !list.is_empty())))
        });
        let conditions = conditions.map(|one| {
            let pairs = |path: &str| {
                let pair = |pair: &Value| {
                    Object::new().text("key", pair.text("ConditionKey")).text("value", pair.text("ConditionValue"))
                };
                one.list(path).iter().map(pair).collect::<Vec<_>>()
            };
            Object::new()
                .blocks("string_equals", pairs("StringEquals"))
                .blocks("string_like", pairs("StringLike"))
                .blocks("string_not_equals", pairs("StringNotEquals"))
                .blocks("string_not_like", pairs("StringNotLike"))
        });
        let tags = one.list("ListOfTags").iter().map(|tag| {
            Object::new()
                .text("key", tag.text("ConditionKey"))
                .text("type", tag.text("ConditionType"))
                .text("value", tag.text("ConditionValue"))
        });
        Object::new()
            .value("id", id)
            .blocks("condition", conditions)
            .text("iam_role_arn", one.text("IamRoleArn"))
            .text("name", one.text("SelectionName"))
            .texts("not_resources", one.texts("NotResources"))
            .value("plan_id", plan)
            .texts("resources", one.texts("Resources"))
            .blocks("selection_tag", tags)
    }
}
