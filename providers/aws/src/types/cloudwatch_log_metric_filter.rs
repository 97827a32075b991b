//! `aws_cloudwatch_log_metric_filter`: DescribeMetricFilters for all. The recorded id is a filter's name within
//! its log group.

use provider_api::ResourceType;

pub(super) static TYPE: ResourceType = ResourceType {
    name: "aws_cloudwatch_log_metric_filter",
    permissions: &["logs:DescribeMetricFilters"],
    identity: &["log_group_name"],
    rules: &[],
    owners: &[],
};

#[cfg(feature = "sdk")]
pub(super) mod live {
    use crate::sdk::prelude::*;
    use serde_json::{Map, Value, json};
    use service::LOGS;

    pub(crate) async fn read(place: &Place, batch: &mut Batch<'_>) -> Result<(), Gap> {
        let ask = Ask::of("DescribeMetricFilters").with("limit", 50);
        for filter in place.list(&LOGS, ask, Paging::by("metricFilters", "nextToken")).await?.iter() {
            let (Some(group), Some(name)) = (filter.text("logGroupName"), filter.text("filterName")) else { continue };
            batch.add(&format!("{group}:{name}"), Origin::Created, || convert(group, name, filter));
        }
        Ok(())
    }

    fn convert(group: &str, name: &str, filter: &Value) -> Object {
        let transformations = filter.list("metricTransformations").iter().map(|one| {
            let default = one.at("defaultValue").and_then(Value::as_f64).map(|value| json!(value).to_string());
            let default = default.map(|text| text.strip_suffix(".0").map_or(text.clone(), str::to_owned));
            Object::new()
                .text("default_value", default.as_deref())
                .value("dimensions", one.at("dimensions").cloned().unwrap_or(Value::Object(Map::new())))
                .text("name", one.text("metricName"))
                .text("namespace", one.text("metricNamespace"))
                .text("unit", one.text("unit").or(Some("None")))
                .text("value", one.text("metricValue"))
        });
        Object::new()
            .value("id", name)
            .value("log_group_name", group)
            .blocks("metric_transformation", transformations)
            .value("name", name)
            .text("pattern", filter.text("filterPattern"))
    }
}
