//! `aws_eks_cluster`: DescribeCluster for each managed one, ListClusters for all others.
//! Not read: `bootstrap_self_managed_addons` and `force_update_version`, which only Terraform knows.

use provider_api::{ResourceType, Rule, RuleKind};

pub(super) static TYPE: ResourceType = ResourceType {
    name: "aws_eks_cluster",
    permissions: &["eks:DescribeCluster", "eks:ListClusters"],
    identity: &[],
    rules: &[Rule { pattern: "platform_version", kind: RuleKind::Volatile("the service raises it by itself") }],
    owners: &[],
};

#[cfg(feature = "sdk")]
pub(super) mod live {
    use crate::clusters::clusters;
    use crate::sdk::prelude::*;
    use crate::timestamp::of_seconds;
    use serde_json::Value;
    use service::EKS;

    pub(crate) async fn read(place: &Place, batch: &mut Batch<'_>) -> Result<(), Gap> {
        if batch.wants_unrequested() {
            for name in clusters(place).await?.iter().filter(|name| !batch.requests(name)).collect::<Vec<_>>() {
                batch.add(name, Origin::Created, || {
                    Object::new().value("id", name.as_str()).value("name", name.as_str())
                });
            }
        }
        let answers = concurrently(batch.ids(), |name| async move {
            let ask = Ask::of("DescribeCluster").at(format!("/clusters/{}", encoded(&name)));
            (name, place.call(&EKS, ask).await)
        })
        .await;
        for (name, answer) in answers {
            let Some(answer) = batch.existing(&name, answer, &["ResourceNotFoundException"]) else { continue };
            if let Some(cluster) = answer.at("cluster").filter(|one| one.text("status") != Some("DELETING")) {
                batch.found(&name, || with_modes(convert(&name, cluster), cluster));
            }
        }
        Ok(())
    }

    fn convert(name: &str, one: &Value) -> Object {
        let enabled = one.list("logging.clusterLogging").iter().filter(|log| log.flag("enabled") == Some(true));
        let logs: Vec<&str> = enabled.flat_map(|log| log.texts("types")).collect();
        let authority = one.text("certificateAuthority.data").map(|data| Object::new().value("data", data));
        let encryption = one.list("encryptionConfig").iter().map(|config| {
            let provider = Object::new().text("key_arn", config.text("provider.keyArn"));
            Object::new().blocks("provider", [provider]).texts("resources", config.texts("resources"))
        });
        let issuer = one
            .text("identity.oidc.issuer")
            .map(|issuer| Object::new().blocks("oidc", [Object::new().value("issuer", issuer)]));
        let outposts = one.at("outpostConfig").filter(|one| one.is_object()).map(|config| {
            let placement =
                config.text("controlPlanePlacement.groupName").map(|group| Object::new().value("group_name", group));
            Object::new()
                .text("control_plane_instance_type", config.text("controlPlaneInstanceType"))
                .blocks("control_plane_placement", placement)
                .texts("outpost_arns", config.texts("outpostArns"))
        });
        Object::new()
            .value("id", name)
            .text("arn", one.text("arn"))
            .blocks("certificate_authority", authority)
            .text("cluster_id", one.text("id"))
            .text_if_known("created_at", of_seconds(one.at("createdAt")).as_deref())
            .texts("enabled_cluster_log_types", logs)
            .blocks("encryption_config", encryption)
            .text("endpoint", one.text("endpoint"))
            .blocks("identity", issuer)
            .blocks("kubernetes_network_config", one.at("kubernetesNetworkConfig").map(network))
            .value("name", name)
            .blocks("outpost_config", outposts)
            .text("platform_version", one.text("platformVersion"))
            .text("role_arn", one.text("roleArn"))
            .text("status", one.text("status"))
            .tag_map(one.at("tags"))
            .text("version", one.text("version"))
            .blocks("vpc_config", one.at("resourcesVpcConfig").map(place_of))
    }

    /// What newer clusters tell of themselves. An older one, or an emulator, tells nothing.
    fn with_modes(object: Object, one: &Value) -> Object {
        let access =
            one.text("accessConfig.authenticationMode").map(|mode| Object::new().value("authentication_mode", mode));
        let upgrade = one.text("upgradePolicy.supportType").map(|support| Object::new().value("support_type", support));
        let shift = one.flag("zonalShiftConfig.enabled").map(|enabled| Object::new().value("enabled", enabled));
        let compute = one.at("computeConfig").filter(|one| one.is_object()).map(|one| {
            Object::new()
                .flag("enabled", one.flag("enabled"))
                .texts("node_pools", one.texts("nodePools"))
                .text("node_role_arn", one.text("nodeRoleArn"))
        });
        let storage = one
            .flag("storageConfig.blockStorage.enabled")
            .map(|enabled| Object::new().blocks("block_storage", [Object::new().value("enabled", enabled)]));
        let remote = one.at("remoteNetworkConfig").filter(|one| one.is_object()).map(|one| {
            let networks = |path: &str| {
                one.list(path).iter().map(|one| Object::new().texts("cidrs", one.texts("cidrs"))).collect::<Vec<_>>()
            };
            Object::new()
                .blocks("remote_node_networks", networks("remoteNodeNetworks"))
                .blocks("remote_pod_networks", networks("remotePodNetworks"))
        });
        let told = [
            ("access_config", access),
            ("compute_config", compute),
            ("remote_network_config", remote),
            ("storage_config", storage),
            ("upgrade_policy", upgrade),
            ("zonal_shift_config", shift),
        ];
        told.into_iter().fold(object, |object, (name, block)| match block {
            Some(block) => object.blocks(name, [block]),
            None => object,
        })
    }

    fn network(one: &Value) -> Object {
        let object = Object::new()
            .text("ip_family", one.text("ipFamily"))
            .text("service_ipv4_cidr", one.text("serviceIpv4Cidr"))
            .text("service_ipv6_cidr", one.text("serviceIpv6Cidr"));
        match one.flag("elasticLoadBalancing.enabled") {
            Some(enabled) => object.blocks("elastic_load_balancing", [Object::new().value("enabled", enabled)]),
            None => object,
        }
    }

    fn place_of(one: &Value) -> Object {
        Object::new()
            .text("cluster_security_group_id", one.text("clusterSecurityGroupId"))
            .flag("endpoint_private_access", one.flag("endpointPrivateAccess"))
            .flag("endpoint_public_access", one.flag("endpointPublicAccess"))
            .texts("public_access_cidrs", one.texts("publicAccessCidrs"))
            .texts("security_group_ids", one.texts("securityGroupIds"))
            .texts("subnet_ids", one.texts("subnetIds"))
            .text("vpc_id", one.text("vpcId"))
    }
}
