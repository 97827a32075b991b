//! `aws_rds_cluster_instance`: DescribeDBInstances for all, of which those with a cluster.
//! Not read: what only Terraform knows (`apply_immediately`, `force_destroy`), `writer`, which moves with a failover, and
//! what is the cluster's (`endpoint` apart).

use provider_api::{ResourceType, Rule, RuleKind};

pub(super) static TYPE: ResourceType = ResourceType {
    name: "aws_rds_cluster_instance",
    permissions: &["rds:DescribeDBInstances"],
    identity: &[],
    rules: &[
        Rule { pattern: "engine_version", kind: RuleKind::Version },
        Rule { pattern: "preferred_maintenance_window", kind: RuleKind::CaseInsensitive },
        Rule { pattern: "writer", kind: RuleKind::Volatile("moves with every failover") },
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
            let Some(id) = instance.text("DBInstanceIdentifier") else { continue };
            if instance.text("DBClusterIdentifier").is_some() {
                batch.add(id, Origin::Created, || convert(id, instance));
            }
        }
        Ok(())
    }

    fn convert(id: &str, one: &Value) -> Object {
        let text = |path: &str| one.text(path);
        let running = text("EngineVersion");
        let parameters = one.list("DBParameterGroups.DBParameterGroup").first();
        let object = Object::new()
            .value("id", id)
            .text("arn", text("DBInstanceArn"))
            .flag("auto_minor_version_upgrade", one.flag("AutoMinorVersionUpgrade"))
            .text("availability_zone", text("AvailabilityZone"))
            .text("ca_cert_identifier", text("CACertificateIdentifier"))
            .text("cluster_identifier", text("DBClusterIdentifier"))
            .flag("copy_tags_to_snapshot", one.flag("CopyTagsToSnapshot"))
            .text("db_parameter_group_name", parameters.and_then(|group| group.text("DBParameterGroupName")))
            .text("db_subnet_group_name", text("DBSubnetGroup.DBSubnetGroupName"))
            .text("dbi_resource_id", text("DbiResourceId"))
            .text("endpoint", text("Endpoint.Address"))
            .text("engine", text("Engine"))
            .text("engine_version", running)
            .text("engine_version_actual", running)
            .value("identifier", id)
            .text("instance_class", text("DBInstanceClass"))
            .text("kms_key_id", text("KmsKeyId"))
            .number("monitoring_interval", one.number("MonitoringInterval"))
            .text("monitoring_role_arn", text("MonitoringRoleArn"))
            .flag("performance_insights_enabled", one.flag("PerformanceInsightsEnabled"))
            .text("performance_insights_kms_key_id", text("PerformanceInsightsKMSKeyId"))
            .number("performance_insights_retention_period", one.number("PerformanceInsightsRetentionPeriod"))
            .number("port", one.number("Endpoint.Port"))
            .text("preferred_backup_window", text("PreferredBackupWindow"))
            .text("preferred_maintenance_window", text("PreferredMaintenanceWindow"))
            .number("promotion_tier", one.number("PromotionTier"))
            .flag("publicly_accessible", one.flag("PubliclyAccessible"))
            .flag("storage_encrypted", one.flag("StorageEncrypted"));
        tagged(object, one.list("TagList.Tag"))
    }
}
