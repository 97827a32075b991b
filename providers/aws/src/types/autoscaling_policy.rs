//! `aws_autoscaling_policy`: DescribePolicies for all. The recorded id is a policy's name within its group. Not read: `predictive_scaling_configuration` and metrics of one's own (`customized_metric_specification`).

use provider_api::ResourceType;

pub(super) static TYPE: ResourceType = ResourceType {
    name: "aws_autoscaling_policy",
    permissions: &["autoscaling:DescribePolicies"],
    identity: &["autoscaling_group_name"],
    rules: &[],
    owners: &[],
};

#[cfg(feature = "sdk")]
pub(super) mod live {
    use crate::sdk::prelude::*;
    use serde_json::Value;
    use service::AUTO_SCALING;

    const POLICIES: Paging = Paging {
        items: "DescribePoliciesResult.ScalingPolicies.member",
        answered: "DescribePoliciesResult.NextToken",
        asked: "NextToken",
    };

    pub(crate) async fn read(place: &Place, batch: &mut Batch<'_>) -> Result<(), Gap> {
        let ask = Ask::of("DescribePolicies").with("MaxRecords", 100);
        for policy in place.list(&AUTO_SCALING, ask, POLICIES).await?.iter() {
            let (Some(name), Some(group)) = (policy.text("PolicyName"), policy.text("AutoScalingGroupName")) else {
                continue;
            };
            batch.add(&format!("{group}:{name}"), Origin::Created, || convert(name, policy));
        }
        Ok(())
    }

    fn convert(name: &str, policy: &Value) -> Object {
        let steps = policy.list("StepAdjustments.member").iter().map(|step| {
            Object::new()
                .text("metric_interval_lower_bound", step.text("MetricIntervalLowerBound"))
                .text("metric_interval_upper_bound", step.text("MetricIntervalUpperBound"))
                .number("scaling_adjustment", step.number("ScalingAdjustment"))
        });
        let object = Object::new()
            .value("id", name)
            .text("adjustment_type", policy.text("AdjustmentType"))
            .text("arn", policy.text("PolicyARN"))
            .text("autoscaling_group_name", policy.text("AutoScalingGroupName"))
            .number("cooldown", policy.number("Cooldown"))
            .flag("enabled", policy.flag("Enabled"))
            .number("estimated_instance_warmup", policy.number("EstimatedInstanceWarmup"))
            .text("metric_aggregation_type", policy.text("MetricAggregationType"))
            .number("min_adjustment_magnitude", policy.number("MinAdjustmentMagnitude"))
            .value("name", name)
            .text("policy_type", policy.text("PolicyType"))
            .number("scaling_adjustment", policy.number("ScalingAdjustment"))
            .blocks("step_adjustment", steps);
        match policy.at("TargetTrackingConfiguration") {
            // Metrics of one's own have a shape that is not read.
            Some(tracking) if tracking.at("CustomizedMetricSpecification").is_some_and(Value::is_object) => object,
            tracking => {
                object.blocks("target_tracking_configuration", tracking.filter(|one| one.is_object()).map(target))
            }
        }
    }

    fn target(tracking: &Value) -> Object {
        let metric = tracking.at("PredefinedMetricSpecification").map(|metric| {
            Object::new()
                .text("predefined_metric_type", metric.text("PredefinedMetricType"))
                .text("resource_label", metric.text("ResourceLabel"))
        });
        let object = Object::new()
            .blocks("customized_metric_specification", None)
            .flag("disable_scale_in", tracking.flag("DisableScaleIn"))
            .blocks("predefined_metric_specification", metric);
        match tracking.text("TargetValue").and_then(|value| value.parse::<f64>().ok()) {
            Some(value) => object.value("target_value", value),
            None => object,
        }
    }
}
