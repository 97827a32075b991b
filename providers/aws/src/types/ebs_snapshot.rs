//! `aws_ebs_snapshot`: DescribeSnapshots of the account's own. DescribeImages tells which snapshots belong to an image,
//! where unmanaged ones are wanted.
//! Not read: `permanent_restore` and `temporary_restore_days`, which only Terraform knows.

use provider_api::ResourceType;

pub(super) static TYPE: ResourceType = ResourceType {
    name: "aws_ebs_snapshot",
    permissions: &["ec2:DescribeImages", "ec2:DescribeSnapshots"],
    identity: &[],
    rules: &[],
    owners: &[],
};

#[cfg(feature = "sdk")]
pub(super) mod live {
    use crate::origin;
    use crate::sdk::prelude::*;
    use crate::timestamp::timestamp;
    use aws_sdk_ec2::types::{Image, Snapshot};
    use std::collections::HashMap;

    /// Tags of services that take snapshots by themselves.
    const OWNERS: &[(&str, &str)] =
        &[("aws:backup:source-resource", "AWS Backup of"), ("aws:dlm:lifecycle-policy-id", "aws_dlm_lifecycle_policy")];

    pub(crate) async fn read(place: &Place, batch: &mut Batch<'_>) -> Result<(), Gap> {
        let snapshots = place.snapshots().await?;
        // Which snapshots are an image's own is asked only for unmanaged ones, and not knowing it hides nothing.
        let images = match batch.wants_unrequested() {
            true => place.images().await.unwrap_or_default(),
            false => &[],
        };
        let owners = owners(images);
        for snapshot in snapshots {
            let id = snapshot.snapshot_id().unwrap_or_default();
            // Not every API that speaks EC2's language honors the owner in the request.
            if batch.requests(id) || place.owns(snapshot.owner_id()) {
                let arn = place.arn(Some(""), &format!("snapshot/{id}"));
                batch.add(id, snapshot_origin(snapshot, &owners), || convert(snapshot, arn.as_deref()));
            }
        }
        Ok(())
    }

    /// The images by the snapshots they are made of.
    fn owners(images: &[Image]) -> HashMap<&str, &str> {
        let mut owners = HashMap::new();
        for image in images {
            let snapshots = image.block_device_mappings().iter().filter_map(|mapping| mapping.ebs()?.snapshot_id());
            owners.extend(snapshots.filter_map(|snapshot| Some((snapshot, image.image_id()?))));
        }
        owners
    }

    fn snapshot_origin(snapshot: &Snapshot, owners: &HashMap<&str, &str>) -> Origin {
        let image = owners.get(snapshot.snapshot_id().unwrap_or_default());
        // CreateImage describes the snapshots it takes so, also those of images that are gone.
        let description = snapshot.description().filter(|text| text.starts_with("Created by CreateImage("));
        image
            .map(|image| origin::owned_by("aws_ami", image))
            .or_else(|| origin::by_tag(snapshot.tags(), OWNERS))
            .or_else(|| origin::by_text(description?, &[("ami-", "aws_ami")]))
            .unwrap_or_default()
    }

    fn convert(snapshot: &Snapshot, arn: Option<&str>) -> Object {
        Object::new()
            .created(snapshot.start_time().and_then(timestamp))
            .text("id", snapshot.snapshot_id())
            .text_if_known("arn", arn)
            .text("data_encryption_key_id", snapshot.data_encryption_key_id())
            .text("description", snapshot.description())
            .flag("encrypted", snapshot.encrypted())
            .text("kms_key_id", snapshot.kms_key_id())
            .text("outpost_arn", snapshot.outpost_arn())
            .text("owner_alias", snapshot.owner_alias())
            .text("owner_id", snapshot.owner_id())
            .text("storage_tier", snapshot.storage_tier().map(|tier| tier.as_str()))
            .text("volume_id", snapshot.volume_id())
            .number("volume_size", snapshot.volume_size())
            .tags(snapshot.tags())
    }

    #[cfg(test)]
    mod tests {
        use super::*;
        use aws_sdk_ec2::types::{BlockDeviceMapping, EbsBlockDevice, StorageTier, Tag};
        use serde_json::{Value, json};

        #[test]
        fn snapshots_convert_to_what_terraform_records() {
            let snapshot = Snapshot::builder()
                .snapshot_id("snap-1")
                .description("before the change")
                .encrypted(true)
                .owner_id("123456789012")
                .storage_tier(StorageTier::Standard)
                .volume_id("vol-1")
                .volume_size(13)
                .tags(Tag::builder().key("Name").value("a").build())
                .build();
            let expected = json!({
                "id": "snap-1", "arn": "arn:aws:ec2:us-east-1::snapshot/snap-1", "data_encryption_key_id": "",
                "description": "before the change", "encrypted": true, "kms_key_id": "", "outpost_arn": "",
                "owner_alias": "", "owner_id": "123456789012", "storage_tier": "standard", "volume_id": "vol-1",
                "volume_size": 13, "tags_all": {"Name": "a"},
            });
            let arn = Some("arn:aws:ec2:us-east-1::snapshot/snap-1");
            assert_eq!(Value::from(convert(&snapshot, arn)), expected);
        }

        #[test]
        fn snapshots_of_images_and_services_are_theirs() {
            let ebs = EbsBlockDevice::builder().snapshot_id("snap-image").build();
            let mapping = BlockDeviceMapping::builder().ebs(ebs).build();
            let images = [Image::builder().image_id("ami-1").block_device_mappings(mapping).build()];
            let check = |snapshot: Snapshot, expected: Option<&str>| {
                let expected = expected.map_or(Origin::Created, |owner| Origin::OwnedBy(owner.to_owned()));
                assert_eq!(snapshot_origin(&snapshot, &owners(&images)), expected);
            };
            check(Snapshot::builder().snapshot_id("snap-image").build(), Some("aws_ami ami-1"));
            let policy = Tag::builder().key("aws:dlm:lifecycle-policy-id").value("policy-1").build();
            check(Snapshot::builder().tags(policy).build(), Some("aws_dlm_lifecycle_policy policy-1"));
            let text = "Created by CreateImage(i-1) for ami-2 from vol-1";
            check(Snapshot::builder().description(text).build(), Some("aws_ami ami-2"));
            check(Snapshot::builder().description("for ami-2").build(), None);
        }
    }
}
