//! `aws_backup_plan`: GetBackupPlan and ListTags for each managed plan, ListBackupPlans for all others.

use provider_api::{ResourceType, Rule, RuleKind};

pub(super) static TYPE: ResourceType = ResourceType {
    name: "aws_backup_plan",
    permissions: &["backup:GetBackupPlan", "backup:ListBackupPlans", "backup:ListTags"],
    identity: &[],
    rules: &[Rule { pattern: "version", kind: RuleKind::Volatile("changes with every change, and with nothing else") }],
    owners: &[],
};

#[cfg(feature = "sdk")]
pub(super) mod live {
    use crate::sdk::prelude::*;
    use serde_json::Value;
    use service::BACKUP;

    const PLANS: Paging = Paging { items: "BackupPlansList", answered: "NextToken", asked: "nextToken" };

    pub(crate) async fn read(place: &Place, batch: &mut Batch<'_>) -> Result<(), Gap> {
        if batch.wants_unrequested() {
            for one in place.list(&BACKUP, Ask::of("ListBackupPlans").at("/backup/plans/"), PLANS).await?.iter() {
                let Some(id) = one.text("BackupPlanId").filter(|id| !batch.requests(id)) else { continue };
                // The plan that EFS backs up by.
                let own = one.text("CreatorRequestId").is_some_and(|by| by.starts_with("aws/"));
                let origin = if own { Origin::Default } else { Origin::Created };
                let name = one.text("BackupPlanName");
                batch.add(id, origin, || Object::new().value("id", id).text("name", name));
            }
        }
        let wanted = batch.identified(["arn"]);
        let answers = concurrently(wanted, |(id, [arn])| async move {
            let plan = Ask::of("GetBackupPlan").at(format!("/backup/plans/{}/", encoded(&id)));
            let tags = Ask::of("ListTags").at(format!("/tags/{}/", encoded(&arn)));
            let answers = tokio::join!(place.call(&BACKUP, plan), place.call(&BACKUP, tags));
            (id, answers)
        })
        .await;
        for (id, (plan, tags)) in answers {
            let Some(plan) = batch.existing(&id, plan, &["ResourceNotFoundException"]) else { continue };
            if plan.at("DeletionDate").is_some_and(|date| !date.is_null()) {
                continue;
            }
            let object =
                batch.detailed(&id, convert(&id, &plan), tags, |object, answer| object.tag_map(answer.at("Tags")));
            batch.found(&id, || object);
        }
        Ok(())
    }

    fn convert(id: &str, answer: &Value) -> Object {
        let settings = answer.list("BackupPlan.AdvancedBackupSettings").iter().map(|one| {
            Object::new().map("backup_options", one.at("BackupOptions")).text("resource_type", one.text("ResourceType"))
        });
        Object::new()
            .value("id", id)
            .blocks("advanced_backup_setting", settings)
            .text("arn", answer.text("BackupPlanArn"))
            .text("name", answer.text("BackupPlan.BackupPlanName"))
            .blocks("rule", answer.list("BackupPlan.Rules").iter().map(rule))
            .text("version", answer.text("VersionId"))
    }

    fn rule(rule: &Value) -> Object {
        let copies = rule.list("CopyActions").iter().map(|copy| {
            Object::new()
                .text("destination_vault_arn", copy.text("DestinationBackupVaultArn"))
                .blocks("lifecycle", lifecycle(copy))
        });
        Object::new()
            .number_if_known("completion_window", rule.number("CompletionWindowMinutes"))
            .blocks("copy_action", copies)
            .flag("enable_continuous_backup", rule.flag("EnableContinuousBackup"))
            .blocks("lifecycle", lifecycle(rule))
            .map("recovery_point_tags", rule.at("RecoveryPointTags"))
            .text("rule_name", rule.text("RuleName"))
            .text("schedule", rule.text("ScheduleExpression"))
            .text_if_known("schedule_expression_timezone", rule.text("ScheduleExpressionTimezone"))
            .number_if_known("start_window", rule.number("StartWindowMinutes"))
            .text("target_vault_name", rule.text("TargetBackupVaultName"))
    }

    fn lifecycle(one: &Value) -> Option<Object> {
        let lifecycle = one.at("Lifecycle").filter(|lifecycle| lifecycle.is_object())?;
        Some(
            Object::new()
                .number("cold_storage_after", lifecycle.number("MoveToColdStorageAfterDays"))
                .number("delete_after", lifecycle.number("DeleteAfterDays"))
                .flag(
                    "opt_in_to_archive_for_supported_resources",
                    lifecycle.flag("OptInToArchiveForSupportedResources"),
                ),
        )
    }
}
