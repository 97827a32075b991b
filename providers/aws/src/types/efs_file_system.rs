//! `aws_efs_file_system`: DescribeFileSystems for all, DescribeLifecycleConfiguration for each managed one.

use provider_api::{ResourceType, Rule, RuleKind};

pub(super) static TYPE: ResourceType = ResourceType {
    name: "aws_efs_file_system",
    permissions: &["elasticfilesystem:DescribeFileSystems", "elasticfilesystem:DescribeLifecycleConfiguration"],
    identity: &[],
    rules: &[
        Rule {
            pattern: "number_of_mount_targets",
            kind: RuleKind::Volatile("counts mount targets, resources of their own"),
        },
        Rule { pattern: "size_in_bytes", kind: RuleKind::Volatile("grows with what is stored") },
    ],
    owners: &[],
};

#[cfg(feature = "sdk")]
pub(super) mod live {
    use crate::sdk::prelude::*;
    use crate::timestamp::of_seconds;
    use serde_json::Value;
    use service::EFS;
    use std::collections::HashMap;

    const FILE_SYSTEMS: Paging = Paging { items: "FileSystems", answered: "NextMarker", asked: "Marker" };

    pub(crate) async fn read(place: &Place, batch: &mut Batch<'_>) -> Result<(), Gap> {
        let ask = Ask::of("DescribeFileSystems").at("/2015-02-01/file-systems").with("MaxItems", 1000);
        let systems = place.list(&EFS, ask, FILE_SYSTEMS).await?;
        let ids = systems.iter().filter_map(|one| one.text("FileSystemId"));
        let requested: Vec<String> = ids.filter(|id| batch.requests(id)).map(str::to_owned).collect();
        let answers = concurrently(requested, |id| async move {
            let path = format!("/2015-02-01/file-systems/{}/lifecycle-configuration", encoded(&id));
            (id, place.call(&EFS, Ask::of("DescribeLifecycleConfiguration").at(path)).await)
        })
        .await;
        let mut lifecycles: HashMap<String, _> = answers.into_iter().collect();
        for system in systems.iter() {
            let Some(id) = system.text("FileSystemId") else { continue };
            let mut object = convert(place, id, system);
            if let Some(answer) = lifecycles.remove(id) {
                object = batch.detailed(id, object, answer, |object, answer| {
                    object.blocks("lifecycle_policy", answer.list("LifecyclePolicies").iter().map(policy))
                });
            }
            batch.add(id, Origin::Created, || object);
        }
        Ok(())
    }

    fn policy(policy: &Value) -> Object {
        Object::new()
            .text("transition_to_archive", policy.text("TransitionToArchive"))
            .text("transition_to_ia", policy.text("TransitionToIA"))
            .text("transition_to_primary_storage_class", policy.text("TransitionToPrimaryStorageClass"))
    }

    fn convert(place: &Place, id: &str, system: &Value) -> Object {
        let object = Object::new()
            .created(of_seconds(system.at("CreationTime")))
            .value("id", id)
            .text("arn", system.text("FileSystemArn"))
            .text("availability_zone_id", system.text("AvailabilityZoneId"))
            .text("availability_zone_name", system.text("AvailabilityZoneName"))
            .text("creation_token", system.text("CreationToken"))
            .value("dns_name", format!("{id}.efs.{}.{}", place.region, place.dns_suffix()))
            .flag("encrypted", system.flag("Encrypted"))
            .text("kms_key_id", system.text("KmsKeyId"))
            .text("name", system.text("Name"))
            .text("owner_id", system.text("OwnerId"))
            .text("performance_mode", system.text("PerformanceMode"))
            .text("throughput_mode", system.text("ThroughputMode"))
            .tag_list(system.list("Tags"), ("Key", "Value"));
        let throughput = system.at("ProvisionedThroughputInMibps").and_then(Value::as_f64).unwrap_or(0.0);
        let object = object.value("provisioned_throughput_in_mibps", throughput);
        match system.text("FileSystemProtection.ReplicationOverwriteProtection") {
            Some(protection) => object.blocks("protection", [Object::new().value("replication_overwrite", protection)]),
            None => object,
        }
    }
}
