//! `aws_cloudwatch_metric_alarm`: DescribeAlarms for all, ListTagsForResource for each managed one.
//! Not read: `threshold` where no number is set.

use provider_api::ResourceType;

pub(super) static TYPE: ResourceType = ResourceType {
    name: "aws_cloudwatch_metric_alarm",
    permissions: &["cloudwatch:DescribeAlarms", "cloudwatch:ListTagsForResource"],
    identity: &[],
    rules: &[],
    owners: &[],
};

#[cfg(feature = "sdk")]
pub(super) mod live {
    use crate::sdk::prelude::*;
    use serde_json::{Map, Value};
    use service::CLOUDWATCH;
    use std::collections::HashMap;

    const ALARMS: Paging = Paging {
        items: "DescribeAlarmsResult.MetricAlarms.member",
        answered: "DescribeAlarmsResult.NextToken",
        asked: "NextToken",
    };

    pub(crate) async fn read(place: &Place, batch: &mut Batch<'_>) -> Result<(), Gap> {
        let ask = Ask::of("DescribeAlarms").with("AlarmTypes.member.1", "MetricAlarm").with("MaxRecords", 100);
        let alarms = place.list(&CLOUDWATCH, ask, ALARMS).await?;
        let named = alarms.iter().filter_map(|alarm| Some((alarm.text("AlarmName")?, alarm.text("AlarmArn")?)));
        let requested: Vec<(String, String)> = named
            .filter(|(name, _)| batch.requests(name))
            .map(|(name, arn)| (name.to_owned(), arn.to_owned()))
            .collect();
        let answers = concurrently(requested, |(name, arn)| async move {
            (name, place.call(&CLOUDWATCH, Ask::of("ListTagsForResource").with("ResourceARN", arn)).await)
        })
        .await;
        let mut tags: HashMap<String, _> = answers.into_iter().collect();
        for alarm in alarms.iter() {
            let name = alarm.text("AlarmName").unwrap_or_default();
            let mut object = convert(name, alarm);
            if let Some(tags) = tags.remove(name) {
                object = batch.detailed(name, object, tags, |object, answer| {
                    object.tag_list(answer.list("ListTagsForResourceResult.Tags.member"), ("Key", "Value"))
                });
            }
            batch.add(name, Origin::Created, || object);
        }
        Ok(())
    }

    fn convert(name: &str, alarm: &Value) -> Object {
        let text = |path: &str| alarm.text(path);
        let actions = |path: &str| -> Vec<&str> { alarm.list(path).iter().filter_map(Value::as_str).collect() };
        let object = Object::new()
            .value("id", name)
            .text("arn", text("AlarmArn"))
            .flag("actions_enabled", alarm.flag("ActionsEnabled"))
            .texts("alarm_actions", actions("AlarmActions.member"))
            .text("alarm_description", text("AlarmDescription"))
            .value("alarm_name", name)
            .text("comparison_operator", text("ComparisonOperator"))
            .number("datapoints_to_alarm", alarm.number("DatapointsToAlarm"))
            .value("dimensions", dimensions(alarm))
            .text("evaluate_low_sample_count_percentiles", text("EvaluateLowSampleCountPercentile"))
            .number("evaluation_periods", alarm.number("EvaluationPeriods"))
            .text("extended_statistic", text("ExtendedStatistic"))
            .texts("insufficient_data_actions", actions("InsufficientDataActions.member"))
            .text("metric_name", text("MetricName"))
            .blocks("metric_query", alarm.list("Metrics.member").iter().map(query))
            .text("namespace", text("Namespace"))
            .texts("ok_actions", actions("OKActions.member"))
            .number("period", alarm.number("Period"))
            .text("statistic", text("Statistic"))
            .text("threshold_metric_id", text("ThresholdMetricId"))
            .text("treat_missing_data", text("TreatMissingData").or(Some("missing")))
            .text("unit", text("Unit"));
        match text("Threshold").and_then(|threshold| threshold.parse::<f64>().ok()) {
            Some(threshold) => object.value("threshold", threshold),
            None => object,
        }
    }

    fn dimensions(metric: &Value) -> Map<String, Value> {
        let dimensions = metric.list("Dimensions.member").iter();
        dimensions.filter_map(|one| Some((one.text("Name")?.to_owned(), Value::from(one.text("Value")?)))).collect()
    }

    fn query(query: &Value) -> Object {
        let metric = query.at("MetricStat").map(|stat| {
            Object::new()
                .value("dimensions", stat.at("Metric").map(dimensions).unwrap_or_default())
                .text("metric_name", stat.text("Metric.MetricName"))
                .text("namespace", stat.text("Metric.Namespace"))
                .number("period", stat.number("Period"))
                .text("stat", stat.text("Stat"))
                .text("unit", stat.text("Unit"))
        });
        Object::new()
            .text("account_id", query.text("AccountId"))
            .text("expression", query.text("Expression"))
            .text("id", query.text("Id"))
            .text("label", query.text("Label"))
            .blocks("metric", metric)
            .number("period", query.number("Period"))
            .flag("return_data", query.flag("ReturnData"))
    }
}
