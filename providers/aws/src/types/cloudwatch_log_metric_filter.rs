//! `aws_cloudwatch_log_metric_filter`: DescribeMetricFilters for all. A filter is known by its name within a log group: the
//! recorded id is the name alone.

use provider_api::ResourceType;

pub(super) static TYPE: ResourceType = ResourceType {
    name: "aws_cloudwatch_log_metric_filter",
    permissions: &["logs:DescribeMetricFilters"],
    rules: &[],
    owners: &[],
};

#[cfg(feature = "sdk")]
pub(super) mod live {
    use crate::sdk::prelude::*;
    use serde_json::{Map, Value, json};
    use service::LOGS;
    use std::collections::HashMap;

    pub(crate) async fn read(place: &Place, batch: &mut Batch<'_>) -> Result<(), Gap> {
        let mut requested: HashMap<(String, String), &str> = HashMap::new();
        for instance in batch.instances() {
            let recorded = batch.recorded(instance);
            match (recorded.text("log_group_name"), recorded.text("name")) {
                (Some(group), Some(name)) => {
                    // Two groups may have a filter of one name, and so one id. Which is which cannot be answered by id.
                    let ambiguous = requested.iter().any(|((other, _), id)| other != group && *id == instance.id);
                    if ambiguous {
                        batch.unidentified(instance, "id of its own: another log group has a filter of that name");
                    }
                    requested.insert((group.to_owned(), name.to_owned()), instance.id);
                }
                _ => batch.unidentified(instance, "log_group_name and name"),
            }
        }
        let ask = Ask::of("DescribeMetricFilters").with("limit", 50);
        for filter in place.list(&LOGS, ask, Paging::by("metricFilters", "nextToken")).await?.iter() {
            let (Some(group), Some(name)) = (filter.text("logGroupName"), filter.text("filterName")) else { continue };
            match requested.get(&(group.to_owned(), name.to_owned())) {
                Some(id) => batch.found(id, || convert(id, group, name, filter)),
                None => {
                    // As `terraform import` names it.
                    let id = format!("{group}:{name}");
                    batch.add(&id, Origin::Created, || convert(&id, group, name, filter));
                }
            }
        }
        Ok(())
    }

    fn convert(id: &str, group: &str, name: &str, filter: &Value) -> Object {
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
            .value("id", id)
            .value("log_group_name", group)
            .blocks("metric_transformation", transformations)
            .value("name", name)
            .text("pattern", filter.text("filterPattern"))
    }
}
