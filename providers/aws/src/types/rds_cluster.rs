//! `aws_rds_cluster`: DescribeDBClusters for all. Passwords are never told.
//! Not read: what only Terraform knows (`apply_immediately`, `skip_final_snapshot`, …) or only a creation does, scaling,
//! global clusters, roles and members (resources of their own).

use provider_api::{ResourceType, Rule, RuleKind};

pub(super) static TYPE: ResourceType = ResourceType {
    name: "aws_rds_cluster",
    permissions: &["rds:DescribeDBClusters"],
    identity: &[],
    rules: &[
        Rule { pattern: "engine_version", kind: RuleKind::Version },
        Rule { pattern: "master_password", kind: RuleKind::Sensitive },
        Rule { pattern: "preferred_maintenance_window", kind: RuleKind::CaseInsensitive },
    ],
    owners: &[],
};

#[cfg(feature = "sdk")]
pub(super) mod live {
    use crate::databases::{clusters, tagged};
    use crate::sdk::prelude::*;
    use serde_json::Value;

    pub(crate) async fn read(place: &Place, batch: &mut Batch<'_>) -> Result<(), Gap> {
        for cluster in clusters(place).await?.iter() {
            let Some(id) = cluster.text("DBClusterIdentifier") else { continue };
            batch.add(id, Origin::Created, || convert(id, cluster));
        }
        Ok(())
    }

    fn convert(id: &str, one: &Value) -> Object {
        let text = |path: &str| one.text(path);
        let running = text("EngineVersion");
        let zones: Vec<&str> =
            one.list("AvailabilityZones.AvailabilityZone").iter().filter_map(Value::as_str).collect();
        let exports: Vec<&str> =
            one.list("EnabledCloudwatchLogsExports.member").iter().filter_map(Value::as_str).collect();
        let groups = one.list("VpcSecurityGroups.VpcSecurityGroupMembership").iter();
        let object = Object::new()
            .created(text("ClusterCreateTime").map(str::to_owned))
            .value("id", id)
            .number("allocated_storage", one.number("AllocatedStorage"))
            .text("arn", text("DBClusterArn"))
            .texts("availability_zones", zones)
            .number("backtrack_window", one.number("BacktrackWindow"))
            .number("backup_retention_period", one.number("BackupRetentionPeriod"))
            .value("cluster_identifier", id)
            .text("cluster_resource_id", text("DbClusterResourceId"))
            .flag("copy_tags_to_snapshot", one.flag("CopyTagsToSnapshot"))
            .text("database_name", text("DatabaseName"))
            .text("db_cluster_instance_class", text("DBClusterInstanceClass"))
            .text("db_cluster_parameter_group_name", text("DBClusterParameterGroup"))
            .text("db_subnet_group_name", text("DBSubnetGroup"))
            .flag("deletion_protection", one.flag("DeletionProtection"))
            .flag("enable_http_endpoint", one.flag("HttpEndpointEnabled"))
            .texts("enabled_cloudwatch_logs_exports", exports)
            .text("endpoint", text("Endpoint"))
            .text("engine", text("Engine"))
            .text("engine_mode", text("EngineMode"))
            .text("engine_version", running)
            .text("engine_version_actual", running)
            .text("hosted_zone_id", text("HostedZoneId"))
            .flag("iam_database_authentication_enabled", one.flag("IAMDatabaseAuthenticationEnabled"))
            .number("iops", one.number("Iops"))
            .text("kms_key_id", text("KmsKeyId"))
            .text("master_username", text("MasterUsername"))
            .text("network_type", text("NetworkType"))
            .number("port", one.number("Port"))
            .text("preferred_backup_window", text("PreferredBackupWindow"))
            .text("preferred_maintenance_window", text("PreferredMaintenanceWindow"))
            .text("reader_endpoint", text("ReaderEndpoint"))
            .flag("storage_encrypted", one.flag("StorageEncrypted"))
            .text_if_known("storage_type", text("StorageType"))
            .texts("vpc_security_group_ids", groups.filter_map(|group| group.text("VpcSecurityGroupId")));
        tagged(object, one.list("TagList.Tag"))
    }
}
