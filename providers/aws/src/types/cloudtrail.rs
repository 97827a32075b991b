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
        let recorded = batch.all_recorded();
        let requested: Vec<(String, bool, bool)> = answer
            .list("trailList")
            .iter()
            .filter_map(|trail| Some((id(batch, trail)?, trail)))
            .filter(|(id, _)| batch.requests(id))
            .map(|(id, trail)| {
                let holds = |name: &str| {
                    recorded.get(id).and_then(|one| one.0.get(name)?.as_array()).is_some_and(|list| !list.is_empty())
                };
                let has = |flag| trail.flag(flag) == Some(true);
                let events =
                    holds("event_selector") || holds("advanced_event_selector") || has("HasCustomEventSelectors");
                (id.to_owned(), events, holds("insight_selector") || has("HasInsightSelectors"))
            })
            .collect();
        let answers = concurrently(requested, |(id, events, insights)| async move {
            // Of a trail that has none of its own and recorded none there is nothing to ask.
            let selectors = async |wanted: bool, operation| match wanted {
                true => place.call(&CLOUDTRAIL, Ask::of(operation).with("TrailName", id.as_str())).await,
                false => Ok(Value::Null),
            };
            let status = place.call(&CLOUDTRAIL, Ask::of("GetTrailStatus").with("Name", id.as_str()));
            let list = vec![Value::from(id.as_str())];
            let tags = place.call(&CLOUDTRAIL, Ask::of("ListTags").with("ResourceIdList", list));
            let answers = tokio::join!(
                status,
                selectors(events, "GetEventSelectors"),
                selectors(insights, "GetInsightSelectors"),
                tags
            );
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
        let basic = answer.list("EventSelectors");
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
