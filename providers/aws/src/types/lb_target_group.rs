//! `aws_lb_target_group`: DescribeTargetGroups for all; DescribeTargetGroupAttributes and DescribeTags for managed ones.
//! Not read: `name_prefix`, which follows from `name`, and the rules of network and gateway load balancers for targets that
//! fail (`target_failover`, `target_group_health`, `target_health_state`).

use crate::rules::elements;
use provider_api::{Owner, ResourceType};
use serde_json::Value;

pub(super) static TYPE: ResourceType =
    ResourceType { name: "aws_lb_target_group", permissions: PERMISSIONS, identity: &[], rules: &[], owners: OWNERS };

pub(super) const PERMISSIONS: &[&str] = &[
    "elasticloadbalancing:DescribeTags",
    "elasticloadbalancing:DescribeTargetGroupAttributes",
    "elasticloadbalancing:DescribeTargetGroups",
];

/// Which load balancers a group serves follows from listeners and their rules, made after the group.
pub(super) const OWNERS: &[Owner] = &[by("aws_lb_listener"), by("aws_alb_listener")];

const fn by(resource_type: &'static str) -> Owner {
    Owner {
        attribute: "load_balancer_arns",
        resource_type,
        parents: |listener| {
            let actions = listener.get("default_action").map(elements).unwrap_or_default();
            let target = |action: &Value| {
                action.get("target_group_arn")?.as_str().filter(|arn| !arn.is_empty()).map(str::to_owned)
            };
            actions.iter().find_map(target).into_iter().collect()
        },
        parts: |listener| listener.get("load_balancer_arn").cloned().into_iter().collect(),
        split: elements,
    }
}

#[cfg(feature = "sdk")]
pub(super) mod live {
    use crate::load_balancers::{attributes, suffix, tags, target_groups};
    use crate::sdk::prelude::*;
    use serde_json::Value;
    use service::ELB;
    use std::collections::HashMap;

    pub(crate) async fn read(place: &Place, batch: &mut Batch<'_>) -> Result<(), Gap> {
        let groups = target_groups(place).await?;
        let arns = groups.iter().filter_map(|one| one.text("TargetGroupArn"));
        let requested: Vec<String> = arns.filter(|arn| batch.requests(arn)).map(str::to_owned).collect();
        let mut tags = tags(place, batch, requested.clone()).await;
        let answers = concurrently(requested, |arn| async move {
            let ask = Ask::of("DescribeTargetGroupAttributes").with("TargetGroupArn", arn.as_str());
            let answer = place.call(&ELB, ask).await;
            (arn, answer)
        })
        .await;
        let mut details: HashMap<String, _> = answers.into_iter().collect();
        for group in groups.iter() {
            let arn = group.text("TargetGroupArn").unwrap_or_default();
            let mut object = convert(arn, group);
            if let Some(answer) = details.remove(arn) {
                object = batch.detailed(arn, object, answer, |object, answer| {
                    with_attributes(object, &attributes(answer, "DescribeTargetGroupAttributes"))
                });
            }
            if let Some(tags) = tags.remove(arn) {
                object = object.tag_list(&tags, ("Key", "Value"));
            }
            batch.add(arn, Origin::Created, || object);
        }
        Ok(())
    }

    fn convert(arn: &str, group: &Value) -> Object {
        let check = Object::new()
            .flag("enabled", group.flag("HealthCheckEnabled"))
            .number("healthy_threshold", group.number("HealthyThresholdCount"))
            .number("interval", group.number("HealthCheckIntervalSeconds"))
            .text("matcher", group.text("Matcher.HttpCode").or(group.text("Matcher.GrpcCode")))
            .text("path", group.text("HealthCheckPath"))
            .text("port", group.text("HealthCheckPort"))
            .text("protocol", group.text("HealthCheckProtocol"))
            .number("timeout", group.number("HealthCheckTimeoutSeconds"))
            .number("unhealthy_threshold", group.number("UnhealthyThresholdCount"));
        let balancers: Vec<&str> = group.list("LoadBalancerArns.member").iter().filter_map(Value::as_str).collect();
        Object::new()
            .value("id", arn)
            .value("arn", arn)
            .value("arn_suffix", suffix(arn))
            .blocks("health_check", [check])
            .text("ip_address_type", group.text("IpAddressType"))
            .texts("load_balancer_arns", balancers)
            .text("name", group.text("TargetGroupName"))
            .number("port", group.number("Port"))
            .text("protocol", group.text("Protocol"))
            .text("protocol_version", group.text("ProtocolVersion"))
            .text("target_type", group.text("TargetType"))
            .text("vpc_id", group.text("VpcId"))
    }

    fn with_attributes(object: Object, attributes: &HashMap<&str, &str>) -> Object {
        let text = |key: &str| attributes.get(key).copied().filter(|text| !text.is_empty());
        let number = |key: &str| text(key).and_then(|text| text.parse::<i64>().ok());
        let mut object = object;
        for (key, name) in [
            ("deregistration_delay.timeout_seconds", "deregistration_delay"),
            ("load_balancing.algorithm.type", "load_balancing_algorithm_type"),
            ("load_balancing.algorithm.anomaly_mitigation", "load_balancing_anomaly_mitigation"),
            ("load_balancing.cross_zone.enabled", "load_balancing_cross_zone_enabled"),
            ("preserve_client_ip.enabled", "preserve_client_ip"),
        ] {
            object = object.text_if_known(name, text(key));
        }
        for (key, name) in [
            ("deregistration_delay.connection_termination.enabled", "connection_termination"),
            ("lambda.multi_value_headers.enabled", "lambda_multi_value_headers_enabled"),
            ("proxy_protocol_v2.enabled", "proxy_protocol_v2"),
        ] {
            if let Some(value) = text(key) {
                object = object.value(name, value == "true");
            }
        }
        if let Some(seconds) = number("slow_start.duration_seconds") {
            object = object.value("slow_start", seconds);
        }
        let Some(enabled) = text("stickiness.enabled") else { return object };
        let kind = text("stickiness.type").unwrap_or("lb_cookie");
        let duration = match kind {
            "lb_cookie" => number("stickiness.lb_cookie.duration_seconds"),
            "app_cookie" => number("stickiness.app_cookie.duration_seconds"),
            _ => None,
        };
        let stickiness = Object::new()
            .number("cookie_duration", duration)
            .text("cookie_name", text("stickiness.app_cookie.cookie_name").filter(|_| kind == "app_cookie"))
            .value("enabled", enabled == "true")
            .value("type", kind);
        object.blocks("stickiness", [stickiness])
    }
}
