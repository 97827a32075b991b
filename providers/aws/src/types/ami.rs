//! `aws_ami`: DescribeImages of the account's own.
//! Not read: `uefi_data` and `manage_ebs_snapshots`, which the list does not tell.

use provider_api::{ResourceType, Rule, RuleKind};

pub(super) static TYPE: ResourceType = ResourceType {
    name: "aws_ami",
    permissions: &["ec2:DescribeImages"],
    identity: &[],
    rules: &[Rule { pattern: "last_launched_time", kind: RuleKind::Volatile("every launch sets it") }],
    owners: &[],
};

#[cfg(feature = "sdk")]
pub(super) mod live {
    use crate::sdk::prelude::*;
    use aws_sdk_ec2::types::{BlockDeviceMapping, EbsBlockDevice, Image, ImageState};

    pub(crate) async fn read(place: &Place, batch: &mut Batch<'_>) -> Result<(), Gap> {
        for image in place.images().await?.iter().filter(|image| image.state() != Some(&ImageState::Deregistered)) {
            let id = image.image_id().unwrap_or_default();
            let arn = place.arn(Some(""), &format!("image/{id}"));
            batch.add(id, Origin::Created, || convert(image, arn.as_deref()));
        }
        Ok(())
    }

    fn convert(image: &Image, arn: Option<&str>) -> Object {
        let ebs = image.block_device_mappings().iter().filter_map(|mapping| Some((mapping, mapping.ebs()?)));
        let others = image.block_device_mappings().iter().filter(|mapping| mapping.ebs().is_none());
        let root = image.root_device_name().and_then(|root| {
            let of_root = |mapping: &&BlockDeviceMapping| mapping.device_name() == Some(root);
            image.block_device_mappings().iter().filter(of_root).find_map(|mapping| mapping.ebs()?.snapshot_id())
        });
        Object::new()
            .created(image.creation_date().map(str::to_owned))
            .text("id", image.image_id())
            .text_if_known("arn", arn)
            .text("architecture", image.architecture().map(|it| it.as_str()))
            .text("boot_mode", image.boot_mode().map(|it| it.as_str()))
            .text("deprecation_time", image.deprecation_time())
            .text("description", image.description())
            .blocks("ebs_block_device", ebs.map(|(mapping, ebs)| ebs_device(mapping, ebs)))
            .flag("ena_support", image.ena_support())
            .blocks("ephemeral_block_device", others.map(ephemeral_device))
            .text("hypervisor", image.hypervisor().map(|it| it.as_str()))
            .text("image_location", image.image_location())
            .text("image_owner_alias", image.image_owner_alias())
            .text("image_type", image.image_type().map(|it| it.as_str()))
            .text("imds_support", image.imds_support().map(|it| it.as_str()))
            .text("kernel_id", image.kernel_id())
            .text("last_launched_time", image.last_launched_time())
            .text("name", image.name())
            .text("owner_id", image.owner_id())
            .text("platform", image.platform().map(|it| it.as_str()))
            .text("platform_details", image.platform_details())
            .flag("public", image.public())
            .text("ramdisk_id", image.ramdisk_id())
            .text("root_device_name", image.root_device_name())
            .text("root_snapshot_id", root)
            .text("sriov_net_support", image.sriov_net_support())
            .text("tpm_support", image.tpm_support().map(|it| it.as_str()))
            .text("usage_operation", image.usage_operation())
            .text("virtualization_type", image.virtualization_type().map(|it| it.as_str()))
            .tags(image.tags())
    }

    fn ebs_device(mapping: &BlockDeviceMapping, ebs: &EbsBlockDevice) -> Object {
        Object::new()
            .flag("delete_on_termination", ebs.delete_on_termination())
            .text("device_name", mapping.device_name())
            .flag("encrypted", ebs.encrypted())
            .number("iops", ebs.iops())
            .text("outpost_arn", ebs.outpost_arn())
            .text("snapshot_id", ebs.snapshot_id())
            .number("throughput", ebs.throughput())
            .number("volume_size", ebs.volume_size())
            .text("volume_type", ebs.volume_type().map(|it| it.as_str()))
    }

    fn ephemeral_device(mapping: &BlockDeviceMapping) -> Object {
        Object::new().text("device_name", mapping.device_name()).text("virtual_name", mapping.virtual_name())
    }

    #[cfg(test)]
    mod tests {
        use super::*;
        use aws_sdk_ec2::types::{ArchitectureValues, BootModeValues, ImageTypeValues, Tag, VolumeType};
        use serde_json::{Value, json};

        #[test]
        fn images_convert_to_what_terraform_records() {
            let ebs = EbsBlockDevice::builder().snapshot_id("snap-1").volume_size(15).volume_type(VolumeType::Gp3);
            let root = BlockDeviceMapping::builder().device_name("/dev/sda1").ebs(ebs.build()).build();
            let instance_store =
                BlockDeviceMapping::builder().device_name("/dev/sdb").virtual_name("ephemeral0").build();
            let image = Image::builder()
                .image_id("ami-1")
                .architecture(ArchitectureValues::Arm64)
                .block_device_mappings(root)
                .block_device_mappings(instance_store)
                .boot_mode(BootModeValues::Uefi)
                .image_type(ImageTypeValues::Machine)
                .name("golden")
                .owner_id("123456789012")
                .public(false)
                .root_device_name("/dev/sda1")
                .tags(Tag::builder().key("Name").value("golden").build())
                .build();
            let expected = json!({
                "id": "ami-1", "arn": "arn:aws:ec2:us-east-1::image/ami-1", "architecture": "arm64", "boot_mode": "uefi",
                "deprecation_time": "", "description": "", "ena_support": false, "hypervisor": "", "image_location": "",
                "image_owner_alias": "", "image_type": "machine", "imds_support": "", "kernel_id": "",
                "last_launched_time": "", "name": "golden", "owner_id": "123456789012", "platform": "",
                "platform_details": "", "public": false, "ramdisk_id": "", "root_device_name": "/dev/sda1",
                "root_snapshot_id": "snap-1", "sriov_net_support": "", "tpm_support": "", "usage_operation": "",
                "virtualization_type": "", "tags_all": {"Name": "golden"},
                "ebs_block_device": [{
                    "delete_on_termination": false, "device_name": "/dev/sda1", "encrypted": false, "iops": 0,
                    "outpost_arn": "", "snapshot_id": "snap-1", "throughput": 0, "volume_size": 15, "volume_type": "gp3",
                }],
                "ephemeral_block_device": [{"device_name": "/dev/sdb", "virtual_name": "ephemeral0"}],
            });
            assert_eq!(Value::from(convert(&image, Some("arn:aws:ec2:us-east-1::image/ami-1"))), expected);
        }
    }
}
