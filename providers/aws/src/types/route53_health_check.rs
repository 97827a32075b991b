//! `aws_route53_health_check`: ListHealthChecks for all, ListTagsForResource for each managed one.
//! Not read: `reference_name` and `triggers`, which only Terraform knows.

use provider_api::ResourceType;

pub(super) static TYPE: ResourceType = ResourceType {
    name: "aws_route53_health_check",
    permissions: &["route53:ListHealthChecks", "route53:ListTagsForResource"],
    identity: &[],
    rules: &[],
    owners: &[],
};

#[cfg(feature = "sdk")]
pub(super) mod live {
    use crate::sdk::prelude::*;
    use serde_json::Value;
    use service::ROUTE53;
    use std::collections::HashMap;

    const CHECKS: Paging = Paging { items: "HealthChecks.HealthCheck", answered: "NextMarker", asked: "marker" };

    pub(crate) async fn read(place: &Place, batch: &mut Batch<'_>) -> Result<(), Gap> {
        let checks = place.list(&ROUTE53, Ask::of("ListHealthChecks").at("/2013-04-01/healthcheck"), CHECKS).await?;
        let ids = checks.iter().filter_map(|check| check.text("Id"));
        let requested: Vec<String> = ids.filter(|id| batch.requests(id)).map(str::to_owned).collect();
        let answers = concurrently(requested, |id| async move {
            let path = format!("/2013-04-01/tags/healthcheck/{}", encoded(&id));
            (id, place.call(&ROUTE53, Ask::of("ListTagsForResource").at(path)).await)
        })
        .await;
        let mut tags: HashMap<String, _> = answers.into_iter().collect();
        for check in checks.iter() {
            let Some(id) = check.text("Id") else { continue };
            let mut object = convert(place, id, check);
            if let Some(answer) = tags.remove(id) {
                object = batch.detailed(id, object, answer, |object, answer| {
                    object.tag_list(answer.list("ResourceTagSet.Tags.Tag"), ("Key", "Value"))
                });
            }
            let origin = match check.text("LinkedService.ServicePrincipal") {
                Some(service) => Origin::OwnedBy(service.to_owned()),
                None => Origin::Created,
            };
            batch.add(id, origin, || object);
        }
        Ok(())
    }

    fn convert(place: &Place, id: &str, check: &Value) -> Object {
        let text = |name: &str| check.text(&format!("HealthCheckConfig.{name}"));
        let number = |name: &str| check.number(&format!("HealthCheckConfig.{name}"));
        let flag = |name: &str| check.flag(&format!("HealthCheckConfig.{name}"));
        let texts = |name: &str| -> Vec<String> {
            let list = check.list(&format!("HealthCheckConfig.{name}")).iter();
            list.filter_map(Value::as_str).map(str::to_owned).collect()
        };
        Object::new()
            .value("id", id)
            .value("arn", place.global_arn("route53", &format!("healthcheck/{id}")))
            .number("child_health_threshold", number("HealthThreshold"))
            .texts("child_healthchecks", texts("ChildHealthChecks.ChildHealthCheck"))
            .text("cloudwatch_alarm_name", text("AlarmIdentifier.Name"))
            .text("cloudwatch_alarm_region", text("AlarmIdentifier.Region"))
            .flag("disabled", flag("Disabled"))
            .flag("enable_sni", flag("EnableSNI"))
            .number("failure_threshold", number("FailureThreshold"))
            .text("fqdn", text("FullyQualifiedDomainName"))
            .text("insufficient_data_health_status", text("InsufficientDataHealthStatus"))
            .flag("invert_healthcheck", flag("Inverted"))
            .text("ip_address", text("IPAddress"))
            .flag("measure_latency", flag("MeasureLatency"))
            .number("port", number("Port"))
            .texts("regions", texts("Regions.Region"))
            .number("request_interval", number("RequestInterval"))
            .text("resource_path", text("ResourcePath"))
            .text("routing_control_arn", text("RoutingControlArn"))
            .text("search_string", text("SearchString"))
            .text("type", text("Type"))
    }
}
