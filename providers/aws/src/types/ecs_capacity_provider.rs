//! `aws_ecs_capacity_provider`: DescribeCapacityProviders, a hundred a call, for the managed ones, and without names for all
//! others. Those of Fargate are AWS's own.

use provider_api::ResourceType;

pub(super) static TYPE: ResourceType = ResourceType {
    name: "aws_ecs_capacity_provider",
    permissions: &["ecs:DescribeCapacityProviders"],
    identity: &[],
    rules: &[],
    owners: &[],
};

#[cfg(feature = "sdk")]
pub(super) mod live {
    use crate::sdk::prelude::*;
    use serde_json::{Value, json};
    use service::ECS;

    /// The most providers that one call describes by their names.
    const PROVIDERS_A_CALL: usize = 100;

    pub(crate) async fn read(place: &Place, batch: &mut Batch<'_>) -> Result<(), Gap> {
        let chunks: Vec<Vec<String>> = batch.ids().chunks(PROVIDERS_A_CALL).map(<[_]>::to_vec).collect();
        let answers = concurrently(chunks, |arns| async move {
            let ask = Ask::of("DescribeCapacityProviders").with("include", json!(["TAGS"]));
            place.call(&ECS, ask.with("capacityProviders", json!(arns))).await
        })
        .await;
        for answer in answers {
            add(batch, answer?.list("capacityProviders"));
        }
        if batch.wants_unrequested() {
            let ask = Ask::of("DescribeCapacityProviders").with("include", json!(["TAGS"]));
            let others = place.pages(&ECS, ask, Paging::by("capacityProviders", "nextToken")).await?;
            add(batch, &others);
        }
        Ok(())
    }

    fn add(batch: &mut Batch<'_>, providers: &[Value]) {
        for one in providers {
            let Some(arn) = one.text("capacityProviderArn").filter(|_| one.text("status") != Some("INACTIVE")) else {
                continue;
            };
            let origin = match one.text("name") {
                Some("FARGATE" | "FARGATE_SPOT") => Origin::Default,
                _ => Origin::Created,
            };
            batch.add(arn, origin, || convert(arn, one));
        }
    }

    fn convert(arn: &str, one: &Value) -> Object {
        let group = one.at("autoScalingGroupProvider").filter(|group| group.is_object()).map(|group| {
            let scaling = group.at("managedScaling").filter(|scaling| scaling.is_object()).map(|scaling| {
                Object::new()
                    .number("instance_warmup_period", scaling.number("instanceWarmupPeriod"))
                    .number("maximum_scaling_step_size", scaling.number("maximumScalingStepSize"))
                    .number("minimum_scaling_step_size", scaling.number("minimumScalingStepSize"))
                    .text("status", scaling.text("status"))
                    .number("target_capacity", scaling.number("targetCapacity"))
            });
            Object::new()
                .text("auto_scaling_group_arn", group.text("autoScalingGroupArn"))
                .text("managed_draining", group.text("managedDraining"))
                .blocks("managed_scaling", scaling)
                .text("managed_termination_protection", group.text("managedTerminationProtection"))
        });
        Object::new()
            .value("id", arn)
            .value("arn", arn)
            .blocks("auto_scaling_group_provider", group)
            .text("name", one.text("name"))
            .tag_list(one.list("tags"), ("key", "value"))
    }
}
