//! `aws_cloudtrail`: DescribeTrails for all; GetTrailStatus, GetEventSelectors, GetInsightSelectors and ListTags for each
//! managed one. Trails of other regions, and of the organization, appear too: they are read where they live.

use provider_api::{ResourceType, Rule, RuleKind};

pub(super) static TYPE: ResourceType = ResourceType {
    name: "aws_cloudtrail",
    permissions: &[
        "cloudtrail:DescribeTrails",
        "cloudtrail:GetEventSelectors",
        "cloudtrail:GetInsightSelectors",
        "cloudtrail:GetTrailStatus",
        "cloudtrail:ListTags",
    ],
    identity: &[],
    rules: &[Rule { pattern: "cloud_watch_logs_group_arn", kind: RuleKind::Canonical(log_group) }],
    owners: &[],
};

/// A log group's ARN may end in `:*`, which means the same (CloudTrail API Reference, CreateTrail).
fn log_group(arn: &serde_json::Value) -> serde_json::Value {
    arn.as_str().map_or_else(|| arn.clone(), |text| text.trim_end_matches(":*").into())
}

#[cfg(feature = "sdk")]
pub(super) mod live {
    use crate::sdk::prelude::*;
    use serde_json::Value;
    use service::CLOUDTRAIL;

    pub(crate) async fn read(place: &Place, batch: &mut Batch<'_>) -> Result<(), Gap> {
        let answer = place.call(&CLOUDTRAIL, Ask::of("DescribeTrails")).await?;
        let requested: Vec<String> = answer
            .list("trailList")
            .iter()
            .filter_map(|trail| id(batch, trail))
            .filter(|id| batch.requests(id))
            .map(str::to_owned)
            .collect();
        let answers = concurrently(requested, |id| async move {
            let ask = |operation| place.call(&CLOUDTRAIL, Ask::of(operation).with("TrailName", id.as_str()));
            let status = place.call(&CLOUDTRAIL, Ask::of("GetTrailStatus").with("Name", id.as_str()));
            let list = vec![Value::from(id.as_str())];
            let tags = place.call(&CLOUDTRAIL, Ask::of("ListTags").with("ResourceIdList", list));
            let answers = tokio::join!(status, ask("GetEventSelectors"), ask("GetInsightSelectors"), tags);
            (id, answers)
        })
        .await;
        let mut details: std::collections::HashMap<String, _> = answers.into_iter().collect();
        for trail in answer.list("trailList") {
            let Some(id) = id(batch, trail) else { continue };
            let mut object = convert(id, trail);
            if let Some((status, events, insights, tags)) = details.remove(id) {
                object = batch.detailed(id, object, status, |object, answer| {
                    object.flag("enable_logging", answer.flag("IsLogging"))
                });
                object = batch.detailed(id, object, events, selectors);
                let insights = match insights {
                    // A trail without insights says so with an error.
                    Err(failure) if failure.is(&["InsightNotEnabledException"]) => Ok(Value::Null),
                    insights => insights,
                };
                object = batch.detailed(id, object, insights, |object, answer| {
                    let kinds = answer.list("InsightSelectors").iter();
                    let kind = |one: &Value| Object::new().text("insight_type", one.text("InsightType"));
                    object.blocks("insight_selector", kinds.map(kind))
                });
                object = batch.detailed(id, object, tags, |object, answer| {
                    let tags = answer.list("ResourceTagList").first();
                    object.tag_list(tags.map_or(&[], |one| one.list("TagsList")), ("Key", "Value"))
                });
            }
            let home = trail.text("HomeRegion").is_none_or(|home| home == place.region);
            if home || batch.requests(id) {
                batch.add(id, Origin::Created, || object);
            }
        }
        Ok(())
    }

    /// The recorded id is the ARN; older providers recorded the name.
    fn id<'t>(batch: &Batch<'_>, trail: &'t Value) -> Option<&'t str> {
        trail.text("Name").filter(|name| batch.requests(name)).or(trail.text("TrailARN"))
    }

    fn convert(id: &str, trail: &Value) -> Object {
        Object::new()
            .value("id", id)
            .text("arn", trail.text("TrailARN"))
            .text("cloud_watch_logs_group_arn", trail.text("CloudWatchLogsLogGroupArn"))
            .text("cloud_watch_logs_role_arn", trail.text("CloudWatchLogsRoleArn"))
            .flag("enable_log_file_validation", trail.flag("LogFileValidationEnabled"))
            .text("home_region", trail.text("HomeRegion"))
            .flag("include_global_service_events", trail.flag("IncludeGlobalServiceEvents"))
            .flag("is_multi_region_trail", trail.flag("IsMultiRegionTrail"))
            .flag("is_organization_trail", trail.flag("IsOrganizationTrail"))
            .text("kms_key_id", trail.text("KmsKeyId"))
            .text("name", trail.text("Name"))
            .text("s3_bucket_name", trail.text("S3BucketName"))
            .text("s3_key_prefix", trail.text("S3KeyPrefix"))
            .text("sns_topic_arn", trail.text("SnsTopicARN"))
            .text("sns_topic_name", trail.text("SnsTopicName"))
    }

    fn selectors(object: Object, answer: &Value) -> Object {
        let all = answer.list("EventSelectors");
        // What every trail begins with, management events of both kinds, is not recorded.
        let usual = |one: &Value| {
            one.flag("IncludeManagementEvents") == Some(true)
                && one.text("ReadWriteType") == Some("All")
                && one.list("DataResources").is_empty()
                && one.list("ExcludeManagementEventSources").is_empty()
        };
        let basic = if all.len() == 1 && all.iter().all(usual) { &[] } else { all };
        let basic = basic.iter().map(|one| {
            let data = one.list("DataResources").iter();
            let data =
                data.map(|one| Object::new().text("type", one.text("Type")).texts("values", one.texts("Values")));
            Object::new()
                .blocks("data_resource", data)
                .texts("exclude_management_event_sources", one.texts("ExcludeManagementEventSources"))
                .flag("include_management_events", one.flag("IncludeManagementEvents"))
                .text("read_write_type", one.text("ReadWriteType"))
        });
        let advanced = answer.list("AdvancedEventSelectors").iter().map(|one| {
            let fields = one.list("FieldSelectors").iter().map(|field| {
                Object::new()
                    .texts("ends_with", field.texts("EndsWith"))
                    .texts("equals", field.texts("Equals"))
                    .text("field", field.text("Field"))
                    .texts("not_ends_with", field.texts("NotEndsWith"))
                    .texts("not_equals", field.texts("NotEquals"))
                    .texts("not_starts_with", field.texts("NotStartsWith"))
                    .texts("starts_with", field.texts("StartsWith"))
            });
            Object::new().blocks("field_selector", fields).text("name", one.text("Name"))
        });
        object.blocks("advanced_event_selector", advanced).blocks("event_selector", basic)
    }
}
