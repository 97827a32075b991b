//! `aws_elasticache_replication_group`: DescribeReplicationGroups and DescribeCacheClusters for all, for what is set on a
//! group is told of its clusters; ListTagsForResource for each managed one.
//! Not read: `auth_token`, which is a secret; what only Terraform knows (`apply_immediately`, `auth_token_update_strategy`,
//! `final_snapshot_identifier`, where a group was restored from and where its clusters should be).

use provider_api::{ResourceType, Rule, RuleKind};

pub(super) static TYPE: ResourceType = ResourceType {
    name: "aws_elasticache_replication_group",
    permissions: &[
        "elasticache:DescribeCacheClusters",
        "elasticache:DescribeReplicationGroups",
        "elasticache:ListTagsForResource",
    ],
    identity: &[],
    rules: &[
        Rule { pattern: "engine_version", kind: RuleKind::Version },
        Rule { pattern: "maintenance_window", kind: RuleKind::CaseInsensitive },
    ],
    owners: &[],
};

#[cfg(feature = "sdk")]
pub(super) mod live {
    use crate::caches::{clusters, log_deliveries, replication_groups, tagged, tags};
    use crate::sdk::prelude::*;
    use serde_json::Value;

    pub(crate) async fn read(place: &Place, batch: &mut Batch<'_>) -> Result<(), Gap> {
        let (groups, clusters) = tokio::join!(replication_groups(place), clusters(place));
        let groups = groups?;
        let clusters = batch.detail(clusters);
        let arns = groups
            .iter()
            .filter_map(|one| Some((one.text("ReplicationGroupId")?.to_owned(), one.text("ARN")?.to_owned())));
        let mut tags = tags(place, batch, arns).await;
        for group in groups.iter() {
            let Some(id) = group.text("ReplicationGroupId").filter(|_| group.text("Status") != Some("deleting")) else {
                continue;
            };
            let mut object = convert(id, group);
            let member = group.texts("MemberClusters.ClusterId").first().copied();
            let first = clusters.iter().flat_map(|all| all.iter()).find(|one| one.text("CacheClusterId") == member);
            if let Some(cluster) = first.filter(|_| member.is_some()) {
                object = with_cluster(object, cluster);
            }
            if let Some(answer) = tags.remove(id) {
                object = batch.detailed(id, object, answer, tagged);
            }
            batch.add(id, Origin::Created, || object);
        }
        Ok(())
    }

    fn convert(id: &str, one: &Value) -> Object {
        let members = one.texts("MemberClusters.ClusterId");
        let shards = one.list("NodeGroups.NodeGroup");
        let sharded = one.flag("ClusterEnabled") == Some(true);
        let first = shards.first();
        let replicas = first.map(|shard| shard.list("NodeGroupMembers.NodeGroupMember").len());
        let endpoint = |name: &str| {
            let single = first.filter(|_| !sharded);
            single.and_then(|shard| shard.text(&format!("{name}.Address")))
        };
        let port = match sharded {
            true => one.number("ConfigurationEndpoint.Port"),
            false => first.and_then(|shard| shard.number("PrimaryEndpoint.Port")),
        };
        let object = Object::new()
            .value("id", id)
            .text("arn", one.text("ARN"))
            .text("at_rest_encryption_enabled", one.text("AtRestEncryptionEnabled"))
            .text("auto_minor_version_upgrade", one.text("AutoMinorVersionUpgrade"))
            .value("automatic_failover_enabled", matches!(one.text("AutomaticFailover"), Some("enabled" | "enabling")))
            .value("cluster_enabled", sharded)
            .text("configuration_endpoint_address", one.text("ConfigurationEndpoint.Address"))
            .value("data_tiering_enabled", matches!(one.text("DataTiering"), Some("enabled")))
            .text("description", one.text("Description"))
            .text("global_replication_group_id", one.text("GlobalReplicationGroupInfo.GlobalReplicationGroupId"))
            .text("kms_key_id", one.text("KmsKeyId"))
            .blocks("log_delivery_configuration", log_deliveries(one))
            .texts("member_clusters", &members)
            .value("multi_az_enabled", matches!(one.text("MultiAZ"), Some("enabled")))
            .text("node_type", one.text("CacheNodeType"))
            .value("num_cache_clusters", members.len())
            .value("num_node_groups", shards.len())
            .number("port", port)
            .text("primary_endpoint_address", endpoint("PrimaryEndpoint"))
            .text("reader_endpoint_address", endpoint("ReaderEndpoint"))
            .value("replicas_per_node_group", replicas.unwrap_or(1).saturating_sub(1))
            .value("replication_group_id", id)
            .number("snapshot_retention_limit", one.number("SnapshotRetentionLimit"))
            .text("snapshot_window", one.text("SnapshotWindow"))
            .flag("transit_encryption_enabled", one.flag("TransitEncryptionEnabled"))
            .texts("user_group_ids", one.texts("UserGroupIds.member"));
        object
            .text_if_known("cluster_mode", one.text("ClusterMode"))
            .text_if_known("engine", one.text("Engine"))
            .text_if_known("ip_discovery", one.text("IpDiscovery"))
            .text_if_known("network_type", one.text("NetworkType"))
            .text_if_known("transit_encryption_mode", one.text("TransitEncryptionMode"))
    }

    /// What a group's clusters tell.
    fn with_cluster(object: Object, one: &Value) -> Object {
        let running = one.text("EngineVersion");
        let groups = one.list("SecurityGroups.member").iter().filter_map(|group| group.text("SecurityGroupId"));
        object
            .text("engine_version", running)
            .text("engine_version_actual", running)
            .text("maintenance_window", one.text("PreferredMaintenanceWindow"))
            .text("notification_topic_arn", one.text("NotificationConfiguration.TopicArn"))
            .text("parameter_group_name", one.text("CacheParameterGroup.CacheParameterGroupName"))
            .texts("security_group_ids", groups)
            .text("subnet_group_name", one.text("CacheSubnetGroupName"))
    }
}
