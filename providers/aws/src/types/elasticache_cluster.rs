//! `aws_elasticache_cluster`: DescribeCacheClusters for all, ListTagsForResource for each managed one. Clusters of a
//! replication group are the group's. Not read: what only Terraform knows (`apply_immediately`, `final_snapshot_identifier`,
//! where a cluster was restored from and where its nodes should be).

use provider_api::{ResourceType, Rule, RuleKind};

pub(super) static TYPE: ResourceType = ResourceType {
    name: "aws_elasticache_cluster",
    permissions: &["elasticache:DescribeCacheClusters", "elasticache:ListTagsForResource"],
    identity: &[],
    rules: &[
        Rule { pattern: "engine_version", kind: RuleKind::Version },
        Rule { pattern: "maintenance_window", kind: RuleKind::CaseInsensitive },
    ],
    owners: &[],
};

#[cfg(feature = "sdk")]
pub(super) mod live {
    use crate::caches::{clusters, log_deliveries, tagged, tags};
    use crate::origin;
    use crate::sdk::prelude::*;
    use serde_json::Value;

    pub(crate) async fn read(place: &Place, batch: &mut Batch<'_>) -> Result<(), Gap> {
        let clusters = clusters(place).await?;
        let arns = clusters
            .iter()
            .filter_map(|one| Some((one.text("CacheClusterId")?.to_owned(), one.text("ARN")?.to_owned())));
        let mut tags = tags(place, batch, arns).await;
        for cluster in clusters.iter() {
            let Some(id) = cluster.text("CacheClusterId") else { continue };
            let mut object = convert(id, cluster);
            if let Some(answer) = tags.remove(id) {
                object = batch.detailed(id, object, answer, tagged);
            }
            let origin = match cluster.text("ReplicationGroupId") {
                Some(group) => origin::owned_by("aws_elasticache_replication_group", group),
                None => Origin::Created,
            };
            batch.add(id, origin, || object);
        }
        Ok(())
    }

    fn convert(id: &str, one: &Value) -> Object {
        let running = one.text("EngineVersion");
        let nodes = one.list("CacheNodes.CacheNode");
        let zones = nodes.iter().filter_map(|node| node.text("CustomerAvailabilityZone"));
        let across = zones.collect::<std::collections::BTreeSet<_>>().len() > 1;
        let node = |node: &Value| {
            Object::new()
                .text("address", node.text("Endpoint.Address"))
                .text("availability_zone", node.text("CustomerAvailabilityZone"))
                .text("id", node.text("CacheNodeId"))
                .text("outpost_arn", node.text("CustomerOutpostArn"))
                .number("port", node.number("Endpoint.Port"))
        };
        let address = one.text("ConfigurationEndpoint.Address");
        let port = one.number("ConfigurationEndpoint.Port");
        let endpoint = address.zip(port).map(|(address, port)| format!("{address}:{port}"));
        let first = nodes.first().and_then(|node| node.number("Endpoint.Port"));
        let groups = one.list("SecurityGroups.member").iter().filter_map(|group| group.text("SecurityGroupId"));
        Object::new()
            .value("id", id)
            .text("arn", one.text("ARN"))
            .text("auto_minor_version_upgrade", one.text("AutoMinorVersionUpgrade"))
            .text("availability_zone", one.text("PreferredAvailabilityZone"))
            .value("az_mode", if across { "cross-az" } else { "single-az" })
            .blocks("cache_nodes", nodes.iter().map(node))
            .text("cluster_address", address)
            .value("cluster_id", id)
            .text("configuration_endpoint", endpoint.as_deref())
            .text("engine", one.text("Engine"))
            .text("engine_version", running)
            .text("engine_version_actual", running)
            .text("ip_discovery", one.text("IpDiscovery"))
            .blocks("log_delivery_configuration", log_deliveries(one))
            .text("maintenance_window", one.text("PreferredMaintenanceWindow"))
            .text("network_type", one.text("NetworkType"))
            .text("node_type", one.text("CacheNodeType"))
            .text("notification_topic_arn", one.text("NotificationConfiguration.TopicArn"))
            .number("num_cache_nodes", one.number("NumCacheNodes"))
            .text("parameter_group_name", one.text("CacheParameterGroup.CacheParameterGroupName"))
            .number("port", port.or(first))
            .text("preferred_outpost_arn", one.text("PreferredOutpostArn"))
            .text("replication_group_id", one.text("ReplicationGroupId"))
            .texts("security_group_ids", groups)
            .number("snapshot_retention_limit", one.number("SnapshotRetentionLimit"))
            .text("snapshot_window", one.text("SnapshotWindow"))
            .text("subnet_group_name", one.text("CacheSubnetGroupName"))
            .flag("transit_encryption_enabled", one.flag("TransitEncryptionEnabled"))
    }
}
