//! `aws_volume_attachment`: DescribeVolumes. The API knows attachments only as parts of volumes, so they are found by the
//! recorded device, instance and volume, and never listed on their own.
//! Not read: `force_detach`, `skip_destroy`, `stop_instance_before_detaching`, which only Terraform knows.

use provider_api::ResourceType;

pub(super) static TYPE: ResourceType = ResourceType {
    name: "aws_volume_attachment",
    permissions: &["ec2:DescribeVolumes"],
    identity: &[],
    rules: &[],
    owners: &[],
};

#[cfg(feature = "sdk")]
pub(super) mod live {
    use crate::sdk::prelude::*;
    use aws_sdk_ec2::types::{Volume, VolumeAttachmentState, VolumeState};
    use std::collections::HashMap;

    pub(crate) async fn read(place: &Place, batch: &mut Batch<'_>) -> Result<(), Gap> {
        let volumes = place.volumes().await?;
        let volumes: HashMap<&str, &Volume> =
            volumes.iter().filter_map(|volume| Some((volume.volume_id()?, volume))).collect();
        for instance in batch.instances() {
            let recorded = batch.recorded(instance);
            let (Some(device), Some(host), Some(volume)) =
                (recorded.text("device_name"), recorded.text("instance_id"), recorded.text("volume_id"))
            else {
                batch.unidentified(instance, "device_name, instance_id and volume_id");
                continue;
            };
            if volumes.get(volume).is_some_and(|volume| is_attached(volume, host, device)) {
                batch.found(instance.id, || convert(device, host, volume));
            }
        }
        Ok(())
    }

    /// Whether Terraform takes the attachment for existing: from the first moment until it is detached.
    fn is_attached(volume: &Volume, instance: &str, device: &str) -> bool {
        !matches!(volume.state(), Some(VolumeState::Available | VolumeState::Deleted))
            && volume.attachments().iter().any(|attachment| {
                attachment.state() != Some(&VolumeAttachmentState::Detached)
                    && attachment.instance_id() == Some(instance)
                    && attachment.device() == Some(device)
            })
    }

    fn convert(device: &str, instance: &str, volume: &str) -> Object {
        Object::new()
            .text("device_name", Some(device))
            .text("instance_id", Some(instance))
            .text("volume_id", Some(volume))
    }

    #[cfg(test)]
    mod tests {
        use super::*;
        use aws_sdk_ec2::types::VolumeAttachment;

        #[track_caller]
        fn check(volume: VolumeState, state: VolumeAttachmentState, instance: &str, device: &str, expected: bool) {
            let attachment = VolumeAttachment::builder().state(state).instance_id("i-1").device("/dev/sdh").build();
            let volume = Volume::builder().volume_id("vol-1").state(volume).attachments(attachment).build();
            assert_eq!(is_attached(&volume, instance, device), expected);
        }

        #[test]
        fn attachments_exist_until_they_are_detached() {
            use VolumeAttachmentState::{Attached, Attaching, Busy, Detached, Detaching};
            for state in [Attached, Attaching, Busy, Detaching] {
                check(VolumeState::InUse, state, "i-1", "/dev/sdh", true);
            }
            check(VolumeState::InUse, Detached, "i-1", "/dev/sdh", false);
            check(VolumeState::Available, Attached, "i-1", "/dev/sdh", false);
            check(VolumeState::InUse, Attached, "i-2", "/dev/sdh", false);
            check(VolumeState::InUse, Attached, "i-1", "/dev/sdi", false);
        }
    }
}
