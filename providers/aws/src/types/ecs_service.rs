//! `aws_ecs_service`: DescribeServices, ten of a cluster a call, for the managed ones; ListServices of each cluster for all
//! others. Not read: Service Connect and volumes; what only Terraform knows (`force_delete`, `force_new_deployment`,
//! `wait_for_steady_state`, `triggers`).

use provider_api::{ResourceType, Rule, RuleKind};

pub(super) static TYPE: ResourceType = ResourceType {
    name: "aws_ecs_service",
    permissions: &["ecs:DescribeServices", "ecs:ListClusters", "ecs:ListServices"],
    identity: &[],
    rules: &[Rule { pattern: "task_definition", kind: RuleKind::NameOrArn }],
    owners: &[],
};

#[cfg(feature = "sdk")]
pub(super) mod live {
    use crate::sdk::prelude::*;
    use serde_json::{Value, json};
    use service::ECS;
    use std::collections::BTreeMap;

    /// The most services that one call describes.
    const SERVICES_A_CALL: usize = 10;

    pub(crate) async fn read(place: &Place, batch: &mut Batch<'_>) -> Result<(), Gap> {
        let mut clusters: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for (id, [cluster]) in batch.identified(["cluster"]) {
            clusters.entry(cluster).or_default().push(id);
        }
        if batch.wants_unrequested() {
            unrequested(place, batch).await?;
        }
        let chunks = clusters.into_iter().flat_map(|(cluster, ids)| {
            let chunks: Vec<Vec<String>> = ids.chunks(SERVICES_A_CALL).map(<[_]>::to_vec).collect();
            chunks.into_iter().map(move |ids| (cluster.clone(), ids))
        });
        let answers = concurrently(chunks.collect::<Vec<_>>(), |(cluster, ids)| async move {
            let ask = Ask::of("DescribeServices").with("cluster", cluster).with("services", json!(ids));
            (ids, place.call(&ECS, ask.with("include", json!(["TAGS"]))).await)
        })
        .await;
        for (ids, answer) in answers {
            let answer = match answer {
                Ok(answer) => answer,
                // A cluster that is gone took its services along.
                Err(failure) if failure.is(&["ClusterNotFoundException"]) => continue,
                Err(failure) => {
                    ids.iter().for_each(|id| batch.gap(id, failure.clone().into()));
                    continue;
                }
            };
            for one in answer.list("services") {
                let Some(arn) = one.text("serviceArn").filter(|_| one.text("status") != Some("INACTIVE")) else {
                    continue;
                };
                batch.found(arn, || convert(arn, one));
            }
        }
        Ok(())
    }

    /// Services that nobody asked for, by their names alone.
    async fn unrequested(place: &Place, batch: &mut Batch<'_>) -> Result<(), Gap> {
        let clusters = place.list(&ECS, Ask::of("ListClusters"), Paging::by("clusterArns", "nextToken")).await?;
        let clusters: Vec<String> = clusters.iter().filter_map(Value::as_str).map(str::to_owned).collect();
        let lists = concurrently(clusters, |cluster| async move {
            let ask = Ask::of("ListServices").with("cluster", cluster.as_str()).with("maxResults", 100);
            (cluster, place.pages(&ECS, ask, Paging::by("serviceArns", "nextToken")).await)
        })
        .await;
        for (cluster, list) in lists {
            let list = list?;
            for arn in list.iter().filter_map(Value::as_str).filter(|arn| !batch.requests(arn)).collect::<Vec<_>>() {
                let name = arn.rsplit('/').next();
                batch.add(arn, Origin::Created, || {
                    Object::new().value("id", arn).value("cluster", cluster.as_str()).text("name", name)
                });
            }
        }
        Ok(())
    }

    fn convert(arn: &str, one: &Value) -> Object {
        let strategy = one.list("capacityProviderStrategy").iter().map(|item| {
            Object::new()
                .number("base", item.number("base"))
                .text("capacity_provider", item.text("capacityProvider"))
                .number("weight", item.number("weight"))
        });
        let controller = one.text("deploymentController.type").unwrap_or("ECS");
        let balancers = one.list("loadBalancers").iter().map(|balancer| {
            Object::new()
                .text("container_name", balancer.text("containerName"))
                .number("container_port", balancer.number("containerPort"))
                .text("elb_name", balancer.text("loadBalancerName"))
                .text("target_group_arn", balancer.text("targetGroupArn"))
        });
        let ordered = one
            .list("placementStrategy")
            .iter()
            .map(|item| Object::new().text("field", item.text("field")).text("type", item.text("type")));
        let constraints = one
            .list("placementConstraints")
            .iter()
            .map(|item| Object::new().text("expression", item.text("expression")).text("type", item.text("type")));
        let registries = one.list("serviceRegistries").iter().map(|registry| {
            Object::new()
                .text("container_name", registry.text("containerName"))
                .number("container_port", registry.number("containerPort"))
                .number("port", registry.number("port"))
                .text("registry_arn", registry.text("registryArn"))
        });
        let object = Object::new()
            .value("id", arn)
            .text_if_known("availability_zone_rebalancing", one.text("availabilityZoneRebalancing"))
            .blocks("capacity_provider_strategy", strategy)
            .text("cluster", one.text("clusterArn"))
            .blocks("deployment_controller", [Object::new().value("type", controller)])
            .number_if_known("desired_count", one.number("desiredCount"))
            .flag("enable_ecs_managed_tags", one.flag("enableECSManagedTags"))
            .flag("enable_execute_command", one.flag("enableExecuteCommand"))
            .number("health_check_grace_period_seconds", one.number("healthCheckGracePeriodSeconds"))
            .text("launch_type", one.text("launchType"))
            .blocks("load_balancer", balancers)
            .text("name", one.text("serviceName"))
            .blocks("network_configuration", one.at("networkConfiguration.awsvpcConfiguration").map(network))
            .blocks("ordered_placement_strategy", ordered)
            .blocks("placement_constraints", constraints)
            .text("platform_version", one.text("platformVersion"))
            .text_if_known("propagate_tags", one.text("propagateTags"))
            .text("scheduling_strategy", one.text("schedulingStrategy"))
            .blocks("service_registries", registries)
            .tag_list(one.list("tags"), ("key", "value"))
            .text("task_definition", one.text("taskDefinition"));
        deployment(object, one)
    }

    /// How a service is rolled out.
    fn deployment(object: Object, one: &Value) -> Object {
        let Some(deployment) = one.at("deploymentConfiguration").filter(|one| one.is_object()) else { return object };
        let alarms = deployment.at("alarms").filter(|one| !one.list("alarmNames").is_empty()).map(|one| {
            Object::new()
                .texts("alarm_names", one.texts("alarmNames"))
                .flag("enable", one.flag("enable"))
                .flag("rollback", one.flag("rollback"))
        });
        let breaker = deployment.at("deploymentCircuitBreaker").filter(|one| one.is_object());
        let breaker = breaker.filter(|one| one.flag("enable") == Some(true) || one.flag("rollback") == Some(true));
        let breaker =
            breaker.map(|one| Object::new().flag("enable", one.flag("enable")).flag("rollback", one.flag("rollback")));
        object
            .blocks("alarms", alarms)
            .blocks("deployment_circuit_breaker", breaker)
            .number_if_known("deployment_maximum_percent", deployment.number("maximumPercent"))
            .number_if_known("deployment_minimum_healthy_percent", deployment.number("minimumHealthyPercent"))
    }

    fn network(one: &Value) -> Object {
        Object::new()
            .value("assign_public_ip", one.text("assignPublicIp") == Some("ENABLED"))
            .texts("security_groups", one.texts("securityGroups"))
            .texts("subnets", one.texts("subnets"))
    }
}
