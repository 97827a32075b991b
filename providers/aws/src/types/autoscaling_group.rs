//! `aws_autoscaling_group`: DescribeAutoScalingGroups for all.
//! Not read: `mixed_instances_policy`, `warm_pool`, instance maintenance and reservations; what only Terraform knows
//! (`force_delete`, `wait_for_…`, `min_elb_capacity`, `instance_refresh`, `initial_lifecycle_hook`).

use crate::rules::{elements, ids};
use provider_api::{Owner, ResourceType, Rule, RuleKind};

pub(super) static TYPE: ResourceType = ResourceType {
    name: "aws_autoscaling_group",
    permissions: &["autoscaling:DescribeAutoScalingGroups"],
    identity: &[],
    rules: &[
        Rule { pattern: "predicted_capacity", kind: RuleKind::Volatile("what the service expects to need") },
        Rule { pattern: "warm_pool_size", kind: RuleKind::Volatile("how many instances are warm just now") },
    ],
    owners: &[
        Owner {
            attribute: "target_group_arns",
            resource_type: "aws_autoscaling_attachment",
            parents: |one| ids(one, "autoscaling_group_name"),
            parts: |one| one.get("lb_target_group_arn").cloned().filter(|arn| arn.is_string()).into_iter().collect(),
            split: elements,
        },
        Owner {
            attribute: "load_balancers",
            resource_type: "aws_autoscaling_attachment",
            parents: |one| ids(one, "autoscaling_group_name"),
            parts: |one| one.get("elb").cloned().filter(|name| name.is_string()).into_iter().collect(),
            split: elements,
        },
    ],
};

#[cfg(feature = "sdk")]
pub(super) mod live {
    use crate::origin::owned_by;
    use crate::sdk::prelude::*;
    use serde_json::Value;
    use service::AUTO_SCALING;
    use std::sync::Arc;

    const GROUPS: Paging = Paging {
        items: "DescribeAutoScalingGroupsResult.AutoScalingGroups.member",
        answered: "DescribeAutoScalingGroupsResult.NextToken",
        asked: "NextToken",
    };

    /// Every group.
    pub(crate) async fn groups(place: &Place) -> Result<Arc<Vec<Value>>, Gap> {
        let ask = Ask::of("DescribeAutoScalingGroups").with("MaxRecords", 100);
        place.list(&AUTO_SCALING, ask, GROUPS).await
    }

    pub(crate) async fn read(place: &Place, batch: &mut Batch<'_>) -> Result<(), Gap> {
        for group in groups(place).await?.iter() {
            // A group that is on its way out is gone.
            let Some(name) = group.text("AutoScalingGroupName").filter(|_| group.text("Status").is_none()) else {
                continue;
            };
            batch.add(name, origin(group), || convert(name, group));
        }
        Ok(())
    }

    /// EKS makes the groups of its node groups, and marks them.
    fn origin(group: &Value) -> Origin {
        let tag = group.list("Tags.member").iter().find(|tag| tag.text("Key") == Some("eks:nodegroup-name"));
        tag.map_or(Origin::Created, |tag| owned_by("aws_eks_node_group", tag.text("Value").unwrap_or_default()))
    }

    fn convert(name: &str, group: &Value) -> Object {
        let texts = |path: &str| -> Vec<&str> { group.list(path).iter().filter_map(Value::as_str).collect() };
        let metrics = group.list("EnabledMetrics.member");
        let policies = texts("TerminationPolicies.member");
        // What a group does from the start, and Terraform does not record.
        let policies = if policies == ["Default"] { Vec::new() } else { policies };
        let object = Object::new()
            .created(group.text("CreatedTime").map(str::to_owned))
            .value("id", name)
            .text("arn", group.text("AutoScalingGroupARN"))
            .texts("availability_zones", texts("AvailabilityZones.member"))
            .flag("capacity_rebalance", group.flag("CapacityRebalance"))
            .text("context", group.text("Context"))
            .number("default_cooldown", group.number("DefaultCooldown"))
            .number("default_instance_warmup", group.number("DefaultInstanceWarmup"))
            .number("desired_capacity", group.number("DesiredCapacity"))
            .text("desired_capacity_type", group.text("DesiredCapacityType"))
            .texts("enabled_metrics", metrics.iter().filter_map(|metric| metric.text("Metric")))
            .number("health_check_grace_period", group.number("HealthCheckGracePeriod"))
            .text("health_check_type", group.text("HealthCheckType"))
            .text("launch_configuration", group.text("LaunchConfigurationName"))
            .blocks("launch_template", group.at("LaunchTemplate").map(template))
            .texts("load_balancers", texts("LoadBalancerNames.member"))
            .number("max_instance_lifetime", group.number("MaxInstanceLifetime"))
            .number("max_size", group.number("MaxSize"))
            .number("min_size", group.number("MinSize"))
            .value("name", name)
            .text("placement_group", group.text("PlacementGroup"))
            .flag("protect_from_scale_in", group.flag("NewInstancesProtectedFromScaleIn"))
            .text("service_linked_role_arn", group.text("ServiceLinkedRoleARN"))
            .texts(
                "suspended_processes",
                group.list("SuspendedProcesses.member").iter().filter_map(|one| one.text("ProcessName")),
            )
            .blocks("tag", group.list("Tags.member").iter().filter_map(tag))
            .texts("target_group_arns", texts("TargetGroupARNs.member"))
            .texts("termination_policies", policies)
            .texts("vpc_zone_identifier", subnets(group));
        // Only a group with metrics says how fine they are.
        match metrics.first().and_then(|metric| metric.text("Granularity")) {
            Some(granularity) => object.value("metrics_granularity", granularity),
            None => object,
        }
    }

    fn template(template: &Value) -> Object {
        Object::new()
            .text("id", template.text("LaunchTemplateId"))
            .text("name", template.text("LaunchTemplateName"))
            .text("version", template.text("Version"))
    }

    fn subnets(group: &Value) -> impl Iterator<Item = &str> {
        group.text("VPCZoneIdentifier").unwrap_or_default().split(',').filter(|subnet| !subnet.is_empty())
    }

    fn tag(tag: &Value) -> Option<Object> {
        let key = tag.text("Key").filter(|key| !key.starts_with("aws:"))?;
        Some(
            Object::new()
                .value("key", key)
                .flag("propagate_at_launch", tag.flag("PropagateAtLaunch"))
                .text("value", tag.text("Value")),
        )
    }
}
