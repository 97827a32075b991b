//! `aws_ebs_volume`: DescribeVolumes. DescribeInstances tells which volumes belong to an instance, where unmanaged ones
//! are wanted.
//! Not read: `final_snapshot`, which only Terraform knows.

use provider_api::ResourceType;

pub(super) static TYPE: ResourceType = ResourceType {
    name: "aws_ebs_volume",
    permissions: &["ec2:DescribeInstances", "ec2:DescribeVolumes"],
    identity: &[],
    rules: &[],
    owners: &[],
};

#[cfg(feature = "sdk")]
pub(super) mod live {
    use crate::origin;
    use crate::sdk::prelude::*;
    use crate::timestamp::timestamp;
    use aws_sdk_ec2::types::{Instance, Volume, VolumeState};
    use std::collections::HashMap;

    pub(crate) async fn read(place: &Place, batch: &mut Batch<'_>) -> Result<(), Gap> {
        let volumes = place.volumes().await?;
        // Which volumes are an instance's own is asked only for unmanaged ones, and not knowing it hides nothing.
        let reservations = match batch.wants_unrequested() {
            true => place.reservations().await.unwrap_or_default(),
            false => &[],
        };
        let owners = owners(reservations.iter().flat_map(|reservation| reservation.instances()));
        for volume in volumes.iter().filter(|volume| volume.state() != Some(&VolumeState::Deleted)) {
            let id = volume.volume_id().unwrap_or_default();
            let arn = place.arn(place.account.as_deref(), &format!("volume/{id}"));
            batch.add(id, volume_origin(volume, &owners), || convert(volume, arn.as_deref()));
        }
        Ok(())
    }

    /// The instances by the volumes that came with them: root volumes, and those that go with them.
    fn owners<'i>(instances: impl Iterator<Item = &'i Instance>) -> HashMap<&'i str, &'i str> {
        let mut owners = HashMap::new();
        for instance in instances {
            for mapping in instance.block_device_mappings() {
                let Some(ebs) = mapping.ebs() else { continue };
                let root = mapping.device_name().is_some() && mapping.device_name() == instance.root_device_name();
                if let (true, Some(volume), Some(instance)) =
                    (root || ebs.delete_on_termination() == Some(true), ebs.volume_id(), instance.instance_id())
                {
                    owners.insert(volume, instance);
                }
            }
        }
        owners
    }

    fn volume_origin(volume: &Volume, owners: &HashMap<&str, &str>) -> Origin {
        let attached = volume.attachments().iter().find(|attachment| attachment.delete_on_termination() == Some(true));
        owners
            .get(volume.volume_id().unwrap_or_default())
            .copied()
            .or(attached.and_then(|attachment| attachment.instance_id()))
            .map(|instance| origin::owned_by("aws_instance", instance))
            .or_else(|| origin::operator(volume.operator()))
            .unwrap_or_default()
    }

    fn convert(volume: &Volume, arn: Option<&str>) -> Object {
        Object::new()
            .text("id", volume.volume_id())
            .text_if_known("arn", arn)
            .text("availability_zone", volume.availability_zone())
            .text("create_time", volume.create_time().and_then(timestamp).as_deref())
            .flag("encrypted", volume.encrypted())
            .number("iops", volume.iops())
            .text("kms_key_id", volume.kms_key_id())
            .flag("multi_attach_enabled", volume.multi_attach_enabled())
            .text("outpost_arn", volume.outpost_arn())
            .number("size", volume.size())
            .text("snapshot_id", volume.snapshot_id())
            .number("throughput", volume.throughput())
            .text("type", volume.volume_type().map(|kind| kind.as_str()))
            .tags(volume.tags())
    }

    #[cfg(test)]
    mod tests {
        use super::*;
        use aws_sdk_ec2::types::{EbsInstanceBlockDevice, InstanceBlockDeviceMapping, Tag, VolumeType};
        use aws_smithy_types::DateTime;
        use serde_json::{Value, json};

        #[test]
        fn volumes_convert_to_what_terraform_records() {
            let volume = Volume::builder()
                .volume_id("vol-1")
                .availability_zone("us-east-1a")
                .create_time(DateTime::from_secs_and_nanos(1_795_475_383, 120_000_000))
                .encrypted(true)
                .iops(3000)
                .kms_key_id("arn:aws:kms:us-east-1:123456789012:key/1")
                .size(8)
                .volume_type(VolumeType::Gp3)
                .tags(Tag::builder().key("Name").value("plain").build())
                .tags(Tag::builder().key("aws:cloudformation:stack-name").value("x").build())
                .build();
            let expected = json!({
                "id": "vol-1", "arn": "arn:aws:ec2:us-east-1:123456789012:volume/vol-1", "availability_zone": "us-east-1a",
                "create_time": "2026-11-23T23:09:43Z", "encrypted": true, "iops": 3000,
                "kms_key_id": "arn:aws:kms:us-east-1:123456789012:key/1", "multi_attach_enabled": false, "outpost_arn": "",
                "size": 8, "snapshot_id": "", "throughput": 0, "type": "gp3", "tags_all": {"Name": "plain"},
            });
            let arn = Some("arn:aws:ec2:us-east-1:123456789012:volume/vol-1");
            assert_eq!(Value::from(convert(&volume, arn)), expected);
        }

        #[test]
        fn volumes_that_came_with_an_instance_are_its_own() {
            let mapping = |device: &str, volume: &str, goes: bool| {
                let ebs = EbsInstanceBlockDevice::builder().volume_id(volume).delete_on_termination(goes).build();
                InstanceBlockDeviceMapping::builder().device_name(device).ebs(ebs).build()
            };
            let instance = Instance::builder()
                .instance_id("i-1")
                .root_device_name("/dev/xvda")
                .block_device_mappings(mapping("/dev/xvda", "vol-root", false))
                .block_device_mappings(mapping("/dev/sdb", "vol-data", true))
                .block_device_mappings(mapping("/dev/sdc", "vol-guest", false))
                .build();
            let owners = owners(std::iter::once(&instance));
            let check = |volume: &str, expected: Origin| {
                let volume = Volume::builder().volume_id(volume).build();
                assert_eq!(volume_origin(&volume, &owners), expected);
            };
            check("vol-root", Origin::OwnedBy("aws_instance i-1".into()));
            check("vol-data", Origin::OwnedBy("aws_instance i-1".into()));
            check("vol-guest", Origin::Created);
            check("vol-free", Origin::Created);
        }
    }
}
