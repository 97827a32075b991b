//! The block devices of an instance as Terraform records them: which volume is which, and what of it is recorded there.
//! Knows nothing of how instances and volumes are fetched.

use crate::sdk::prelude::{Object, Recorded, tag_map};
use aws_sdk_ec2::types::{EbsInstanceBlockDevice, Instance, InstanceBlockDeviceMapping, Volume};
use provider_api::Attributes;
use serde_json::Value;
use std::collections::HashMap;

/// Volumes by id and by the instance that they are attached to.
#[derive(Default)]
pub(crate) struct Volumes<'v> {
    by_id: HashMap<&'v str, &'v Volume>,
    by_instance: HashMap<&'v str, Vec<&'v Volume>>,
}

impl<'v> Volumes<'v> {
    pub(crate) fn new(volumes: &'v [Volume]) -> Self {
        let mut index = Self::default();
        for volume in volumes {
            let Some(id) = volume.volume_id() else { continue };
            index.by_id.insert(id, volume);
            for instance in volume.attachments().iter().filter_map(|attachment| attachment.instance_id()) {
                index.by_instance.entry(instance).or_default().push(volume);
            }
        }
        index
    }
}

/// Adds `root_block_device`, `ebs_block_device` and, where they are recorded, `volume_tags`.
pub(crate) fn with_block_devices(
    object: Object,
    instance: &Instance,
    volumes: &Volumes<'_>,
    recorded: &Recorded,
) -> Object {
    let mut root = None;
    let mut others = Vec::new();
    for mapping in instance.block_device_mappings() {
        let Some(ebs) = mapping.ebs() else { continue };
        let Some(volume) = ebs.volume_id().and_then(|id| volumes.by_id.get(id)) else { continue };
        let device = device(mapping, ebs, volume, recorded);
        match mapping.device_name().is_some() && mapping.device_name() == instance.root_device_name() {
            true => root = Some(device),
            false => others.push(device.text("snapshot_id", volume.snapshot_id())),
        }
    }
    // The provider repeats the root device here once the last other one that it recorded is gone.
    if let (true, true, Some(root)) = (others.is_empty(), is_set(recorded, "ebs_block_device"), &root) {
        others.push(root.clone().text("snapshot_id", None));
    }
    let object = object.blocks("ebs_block_device", others);
    let object = match root {
        Some(root) => object.blocks("root_block_device", [root]),
        // The provider keeps a recorded root device when the instance has none.
        None if is_set(recorded, "root_block_device") => object,
        None => object.blocks("root_block_device", []),
    };
    match is_set(recorded, "volume_tags") && !tags_devices(recorded) {
        true => object.value("volume_tags", volume_tags(instance, volumes, recorded)),
        false => object,
    }
}

/// What root and other devices have in common.
fn device(
    mapping: &InstanceBlockDeviceMapping,
    ebs: &EbsInstanceBlockDevice,
    volume: &Volume,
    recorded: &Recorded,
) -> Object {
    let device = Object::new()
        .flag("delete_on_termination", ebs.delete_on_termination())
        .text("device_name", mapping.device_name())
        .flag("encrypted", volume.encrypted())
        .number("iops", volume.iops())
        .text("kms_key_id", volume.kms_key_id())
        .number("throughput", volume.throughput())
        .text("volume_id", volume.volume_id())
        .number("volume_size", volume.size())
        .text("volume_type", volume.volume_type().map(|kind| kind.as_str()));
    // With `volume_tags` the provider records no tags of single devices.
    let all = if is_set(recorded, "volume_tags") { Attributes::new() } else { tag_map(volume.tags()) };
    let own = own_tags(&all, volume.volume_id().and_then(|id| recorded_device(recorded, id)));
    device.value("tags", own).value("tags_all", all)
}

/// The tags of a device that are not the provider's default tags, going by what `tags_all` was recorded to have beyond
/// `tags`.
fn own_tags(all: &Attributes, recorded: Option<&Value>) -> Attributes {
    let entry = |name: &str, key: &str| recorded.and_then(|device| device.get(name)?.get(key));
    let is_default = |key: &str, value: &Value| entry("tags", key).is_none() && entry("tags_all", key) == Some(value);
    let own = all.iter().filter(|(key, value)| !is_default(key, value));
    own.map(|(key, value)| (key.clone(), value.clone())).collect()
}

/// The tags of all volumes of the instance in one map, less the provider's default tags.
///
/// Where volumes disagree on a tag the provider takes whichever comes last; here the recorded value counts as long as one
/// of them has it.
fn volume_tags(instance: &Instance, volumes: &Volumes<'_>, recorded: &Recorded) -> Attributes {
    let recorded_tags = |name: &str, key: &str| recorded.0.get(name).and_then(|tags| tags.get(key));
    let attached = volumes.by_instance.get(instance.instance_id().unwrap_or_default());
    let mut tags = Attributes::new();
    for (key, value) in attached.into_iter().flatten().flat_map(|volume| tag_map(volume.tags())) {
        let is_default = recorded_tags("tags", &key).is_none() && recorded_tags("tags_all", &key) == Some(&value);
        let as_recorded = tags.get(&key).is_some_and(|value| recorded_tags("volume_tags", &key) == Some(value));
        if !is_default && !as_recorded {
            tags.insert(key, value);
        }
    }
    tags
}

/// The recorded blocks of all devices.
fn recorded_devices(recorded: &Recorded) -> impl Iterator<Item = &Value> {
    let blocks = ["root_block_device", "ebs_block_device"].map(|name| recorded.0.get(name).and_then(Value::as_array));
    blocks.into_iter().flatten().flatten()
}

fn recorded_device<'r>(recorded: &'r Recorded, volume: &str) -> Option<&'r Value> {
    recorded_devices(recorded).find(|device| device.get("volume_id").and_then(Value::as_str) == Some(volume))
}

/// Whether a recorded device has tags of its own; the provider reads no `volume_tags` then.
fn tags_devices(recorded: &Recorded) -> bool {
    recorded_devices(recorded).any(|device| device.get("tags").is_some_and(is_filled))
}

/// Whether an attribute is recorded with something in it.
pub(crate) fn is_set(recorded: &Recorded, name: &str) -> bool {
    recorded.0.get(name).is_some_and(is_filled)
}

fn is_filled(value: &Value) -> bool {
    match value {
        Value::Array(elements) => !elements.is_empty(),
        Value::Object(entries) => !entries.is_empty(),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_sdk_ec2::types::{Tag, VolumeAttachment, VolumeType};
    use serde_json::json;

    fn volume(id: &str, tags: &[(&str, &str)]) -> Volume {
        let tags = tags.iter().map(|(key, value)| Tag::builder().key(*key).value(*value).build()).collect();
        let attachment = VolumeAttachment::builder().instance_id("i-1").volume_id(id).build();
        Volume::builder()
            .volume_id(id)
            .size(8)
            .volume_type(VolumeType::Gp3)
            .iops(3000)
            .snapshot_id("snap-1")
            .attachments(attachment)
            .set_tags(Some(tags))
            .build()
    }

    fn mapping(device: &str, volume: &str) -> InstanceBlockDeviceMapping {
        let ebs = EbsInstanceBlockDevice::builder().volume_id(volume).delete_on_termination(true).build();
        InstanceBlockDeviceMapping::builder().device_name(device).ebs(ebs).build()
    }

    #[track_caller]
    fn check(mappings: &[(&str, &str)], volumes: &[Volume], recorded: Value, expected: Value) {
        let instance = Instance::builder()
            .instance_id("i-1")
            .root_device_name("/dev/xvda")
            .set_block_device_mappings(Some(mappings.iter().map(|(name, id)| mapping(name, id)).collect()))
            .build();
        let recorded = Recorded(recorded.as_object().cloned().unwrap_or_default());
        let object = with_block_devices(Object::new(), &instance, &Volumes::new(volumes), &recorded);
        assert_eq!(Value::from(object), expected);
    }

    fn block(device: &str, volume: &str, tags: Value) -> Value {
        json!({
            "delete_on_termination": true, "device_name": device, "encrypted": false, "iops": 3000, "kms_key_id": "",
            "tags": tags, "tags_all": tags, "throughput": 0, "volume_id": volume, "volume_size": 8, "volume_type": "gp3",
        })
    }

    fn with(mut block: Value, name: &str, value: Value) -> Value {
        block[name] = value;
        block
    }

    #[test]
    fn root_and_other_devices_are_told_apart() {
        let volumes = [volume("vol-1", &[]), volume("vol-2", &[])];
        let other = with(block("/dev/sdh", "vol-2", json!({})), "snapshot_id", json!("snap-1"));
        check(
            &[("/dev/xvda", "vol-1"), ("/dev/sdh", "vol-2")],
            &volumes,
            json!({}),
            json!({"root_block_device": [block("/dev/xvda", "vol-1", json!({}))], "ebs_block_device": [other]}),
        );
        check(&[], &volumes, json!({}), json!({"root_block_device": [], "ebs_block_device": []}));
        check(&[], &volumes, json!({"root_block_device": [{}]}), json!({"ebs_block_device": []}));
        check(
            &[("/dev/xvda", "vol-gone")],
            &volumes,
            json!({}),
            json!({"root_block_device": [], "ebs_block_device": []}),
        );
    }

    #[test]
    fn the_root_device_stands_in_for_the_last_other_one_that_was_recorded() {
        let root = block("/dev/xvda", "vol-1", json!({}));
        let copy = with(root.clone(), "snapshot_id", json!(""));
        let recorded = json!({"ebs_block_device": [{"device_name": "/dev/sdh", "volume_id": "vol-2"}]});
        let expected = json!({"root_block_device": [root], "ebs_block_device": [copy]});
        check(&[("/dev/xvda", "vol-1")], &[volume("vol-1", &[])], recorded, expected);
    }

    #[test]
    fn default_tags_stay_out_of_the_tags_of_a_device() {
        let volumes = [volume("vol-1", &[("Env", "prod"), ("Name", "changed"), ("aws:x", "y")])];
        let recorded = json!({"root_block_device": [
            {"volume_id": "vol-1", "tags": {"Name": "a"}, "tags_all": {"Name": "a", "Env": "prod"}},
        ]});
        let all = json!({"Env": "prod", "Name": "changed"});
        let root = with(block("/dev/xvda", "vol-1", all), "tags", json!({"Name": "changed"}));
        let expected = json!({"root_block_device": [root], "ebs_block_device": []});
        check(&[("/dev/xvda", "vol-1")], &volumes, recorded, expected);
    }

    #[test]
    fn volume_tags_merge_the_tags_of_all_volumes() {
        let recorded = json!({
            "volume_tags": {"Name": "root"}, "tags": {}, "tags_all": {"Env": "prod"}, "root_block_device": [{"tags": {}}],
        });
        let root = block("/dev/xvda", "vol-1", json!({}));
        let expected = |tags: Value| json!({"root_block_device": [root], "ebs_block_device": [], "volume_tags": tags});
        let check = |root: &str, data: &str, name: Value| {
            let volumes = [volume("vol-1", &[("Name", root), ("Env", "prod")]), volume("vol-2", &[("Name", data)])];
            check(&[("/dev/xvda", "vol-1")], &volumes, recorded.clone(), expected(json!({"Name": name})));
        };
        check("root", "data", json!("root"));
        check("data", "root", json!("root"));
        check("other", "data", json!("data"));
    }

    #[test]
    fn volume_tags_are_not_read_beside_tags_of_devices() {
        let recorded = json!({"volume_tags": {"Name": "root"}, "ebs_block_device": [{"tags": {"a": "b"}}]});
        check(&[], &[], recorded, json!({"root_block_device": [], "ebs_block_device": []}));
    }
}
