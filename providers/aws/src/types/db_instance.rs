//! `aws_db_instance`: DescribeDBInstances for all. Passwords are never told.
//! Not read: what only Terraform knows (`apply_immediately`, `skip_final_snapshot`, …) or only a creation does
//! (`snapshot_identifier`, `restore_…`), replicas, and `blue_green_update`.

use provider_api::{ResourceType, Rule, RuleKind};

pub(super) static TYPE: ResourceType = ResourceType {
    name: "aws_db_instance",
    permissions: &["rds:DescribeDBInstances"],
    identity: &[],
    rules: &[
        Rule { pattern: "engine_version", kind: RuleKind::Version },
        Rule { pattern: "latest_restorable_time", kind: RuleKind::Volatile("moves on every few minutes") },
        Rule { pattern: "password", kind: RuleKind::Sensitive },
        Rule { pattern: "maintenance_window", kind: RuleKind::CaseInsensitive },
    ],
    owners: &[],
};

#[cfg(feature = "sdk")]
pub(super) mod live {
    use crate::databases::{instances, tagged};
    use crate::sdk::prelude::*;
    use serde_json::Value;

    pub(crate) async fn read(place: &Place, batch: &mut Batch<'_>) -> Result<(), Gap> {
        for instance in instances(place).await?.iter() {
            // Older providers recorded the identifier as the id.
            let ids =
                [instance.text("DbiResourceId"), instance.text("DBInstanceIdentifier")].map(Option::unwrap_or_default);
            let id = if batch.requests(ids[1]) { ids[1] } else { ids[0] };
            // Those of clusters are `aws_rds_cluster_instance`.
            if batch.requests(id) || instance.text("DBClusterIdentifier").is_none() {
                batch.add(id, Origin::Created, || convert(id, instance));
            }
        }
        Ok(())
    }

    fn convert(id: &str, one: &Value) -> Object {
        let text = |path: &str| one.text(path);
        let running = text("EngineVersion");
        let endpoint = text("Endpoint.Address").zip(text("Endpoint.Port")).map(|(host, port)| format!("{host}:{port}"));
        let exports: Vec<&str> =
            one.list("EnabledCloudwatchLogsExports.member").iter().filter_map(Value::as_str).collect();
        let groups = one.list("VpcSecurityGroups.VpcSecurityGroupMembership").iter();
        let object = Object::new()
            .created(text("InstanceCreateTime").map(str::to_owned))
            .value("id", id)
            .text("address", text("Endpoint.Address"))
            .number("allocated_storage", one.number("AllocatedStorage"))
            .text("arn", text("DBInstanceArn"))
            .flag("auto_minor_version_upgrade", one.flag("AutoMinorVersionUpgrade"))
            .text("availability_zone", text("AvailabilityZone"))
            .number("backup_retention_period", one.number("BackupRetentionPeriod"))
            .text("backup_target", text("BackupTarget"))
            .text("backup_window", text("PreferredBackupWindow"))
            .text("ca_cert_identifier", text("CACertificateIdentifier"))
            .text("character_set_name", text("CharacterSetName"))
            .flag("copy_tags_to_snapshot", one.flag("CopyTagsToSnapshot"))
            .text("db_name", text("DBName"))
            .text("db_subnet_group_name", text("DBSubnetGroup.DBSubnetGroupName"))
            .flag("dedicated_log_volume", one.flag("DedicatedLogVolume"))
            .flag("deletion_protection", one.flag("DeletionProtection"))
            .texts("enabled_cloudwatch_logs_exports", exports)
            .text("endpoint", endpoint.as_deref())
            .text("engine", text("Engine"))
            .text("engine_version", running)
            .text("engine_version_actual", running)
            .text("hosted_zone_id", text("Endpoint.HostedZoneId"))
            .flag("iam_database_authentication_enabled", one.flag("IAMDatabaseAuthenticationEnabled"))
            .text("identifier", text("DBInstanceIdentifier"))
            .text("instance_class", text("DBInstanceClass"))
            .number("iops", one.number("Iops"))
            .text("kms_key_id", text("KmsKeyId"))
            .text("license_model", text("LicenseModel"))
            .text("maintenance_window", text("PreferredMaintenanceWindow"))
            .number("max_allocated_storage", one.number("MaxAllocatedStorage"))
            .number("monitoring_interval", one.number("MonitoringInterval"))
            .text("monitoring_role_arn", text("MonitoringRoleArn"))
            .flag("multi_az", one.flag("MultiAZ"))
            .text("network_type", text("NetworkType"))
            .text(
                "option_group_name",
                text_of_first(one, "OptionGroupMemberships.OptionGroupMembership", "OptionGroupName"),
            )
            .text(
                "parameter_group_name",
                text_of_first(one, "DBParameterGroups.DBParameterGroup", "DBParameterGroupName"),
            )
            .flag("performance_insights_enabled", one.flag("PerformanceInsightsEnabled"))
            .text("performance_insights_kms_key_id", text("PerformanceInsightsKMSKeyId"))
            .number("performance_insights_retention_period", one.number("PerformanceInsightsRetentionPeriod"))
            .number("port", one.number("Endpoint.Port"))
            .flag("publicly_accessible", one.flag("PubliclyAccessible"))
            .text("resource_id", text("DbiResourceId"))
            .text("status", text("DBInstanceStatus"))
            .flag("storage_encrypted", one.flag("StorageEncrypted"))
            .number("storage_throughput", one.number("StorageThroughput"))
            .text("storage_type", text("StorageType"))
            .text("username", text("MasterUsername"))
            .texts("vpc_security_group_ids", groups.filter_map(|group| group.text("VpcSecurityGroupId")));
        tagged(object, one.list("TagList.Tag"))
    }

    fn text_of_first<'v>(one: &'v Value, list: &str, name: &str) -> Option<&'v str> {
        one.list(list).first().and_then(|first| first.text(name))
    }
}
