//! `aws_efs_mount_target`: DescribeMountTargets and DescribeMountTargetSecurityGroups for each managed one. Mount targets
//! are listed by file system, so those in no state are not sought.

use provider_api::ResourceType;

pub(super) static TYPE: ResourceType = ResourceType {
    name: "aws_efs_mount_target",
    permissions: &["elasticfilesystem:DescribeMountTargetSecurityGroups", "elasticfilesystem:DescribeMountTargets"],
    identity: &[],
    rules: &[],
    owners: &[],
};

#[cfg(feature = "sdk")]
pub(super) mod live {
    use crate::sdk::prelude::*;
    use serde_json::Value;
    use service::EFS;

    const ABSENT: &[&str] = &["MountTargetNotFound", "FileSystemNotFound"];

    pub(crate) async fn read(place: &Place, batch: &mut Batch<'_>) -> Result<(), Gap> {
        let answers = concurrently(batch.ids(), |id| async move {
            let targets =
                Ask::of("DescribeMountTargets").at("/2015-02-01/mount-targets").with("MountTargetId", id.as_str());
            let path = format!("/2015-02-01/mount-targets/{}/security-groups", encoded(&id));
            let groups = Ask::of("DescribeMountTargetSecurityGroups").at(path);
            let answers = tokio::join!(place.call(&EFS, targets), place.call(&EFS, groups));
            (id, answers)
        })
        .await;
        for (id, (targets, groups)) in answers {
            let Some(answer) = batch.existing(&id, targets, ABSENT) else { continue };
            let Some(target) = answer.list("MountTargets").first() else { continue };
            let object = convert(place, &id, target);
            let object = batch.detailed(&id, object, groups, |object, answer| {
                let groups: Vec<&str> = answer.list("SecurityGroups").iter().filter_map(Value::as_str).collect();
                object.texts("security_groups", groups)
            });
            batch.found(&id, || object);
        }
        Ok(())
    }

    fn convert(place: &Place, id: &str, target: &Value) -> Object {
        let system = target.text("FileSystemId").unwrap_or_default();
        let zone = target.text("AvailabilityZoneName").unwrap_or_default();
        let (region, suffix) = (&place.region, place.dns_suffix());
        let owner = target.text("OwnerId").or(place.account.as_deref()).unwrap_or_default();
        let partition = place.global_arn("", "");
        let partition = partition.split(':').nth(1).unwrap_or("aws");
        Object::new()
            .value("id", id)
            .text("availability_zone_id", target.text("AvailabilityZoneId"))
            .value("availability_zone_name", zone)
            .value("dns_name", format!("{system}.efs.{region}.{suffix}"))
            .value(
                "file_system_arn",
                format!("arn:{partition}:elasticfilesystem:{region}:{owner}:file-system/{system}"),
            )
            .value("file_system_id", system)
            .text("ip_address", target.text("IpAddress"))
            .value("mount_target_dns_name", format!("{zone}.{system}.efs.{region}.{suffix}"))
            .text("network_interface_id", target.text("NetworkInterfaceId"))
            .text("owner_id", target.text("OwnerId"))
            .text("subnet_id", target.text("SubnetId"))
    }
}
