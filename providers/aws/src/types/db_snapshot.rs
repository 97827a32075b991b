//! `aws_db_snapshot`: DescribeDBSnapshots for all, DescribeDBSnapshotAttributes for each managed one. Snapshots that the
//! service takes by itself are its own.

use provider_api::ResourceType;

pub(super) static TYPE: ResourceType = ResourceType {
    name: "aws_db_snapshot",
    permissions: &["rds:DescribeDBSnapshotAttributes", "rds:DescribeDBSnapshots"],
    identity: &[],
    rules: &[],
    owners: &[],
};

#[cfg(feature = "sdk")]
pub(super) mod live {
    use crate::databases::{list, tagged};
    use crate::origin;
    use crate::sdk::prelude::*;
    use serde_json::Value;
    use service::RDS;
    use std::collections::HashMap;

    pub(crate) async fn read(place: &Place, batch: &mut Batch<'_>) -> Result<(), Gap> {
        let snapshots = list(
            place,
            "DescribeDBSnapshots",
            "DescribeDBSnapshotsResult.DBSnapshots.DBSnapshot",
            "DescribeDBSnapshotsResult.Marker",
        )
        .await?;
        let ids = snapshots.iter().filter_map(|one| one.text("DBSnapshotIdentifier"));
        let requested: Vec<String> = ids.filter(|id| batch.requests(id)).map(str::to_owned).collect();
        let answers = concurrently(requested, |id| async move {
            let ask = Ask::of("DescribeDBSnapshotAttributes").with("DBSnapshotIdentifier", id.as_str());
            (id, place.call(&RDS, ask).await)
        })
        .await;
        let mut shared: HashMap<String, _> = answers.into_iter().collect();
        for snapshot in snapshots.iter() {
            let Some(id) = snapshot.text("DBSnapshotIdentifier") else { continue };
            let mut object = convert(id, snapshot);
            if let Some(answer) = shared.remove(id) {
                object = batch
                    .detailed(id, object, answer, |object, answer| object.texts("shared_accounts", accounts(answer)));
            }
            let origin = match snapshot.text("SnapshotType") {
                Some("manual") | None => Origin::Created,
                _ => origin::owned_by("aws_db_instance", snapshot.text("DBInstanceIdentifier").unwrap_or_default()),
            };
            batch.add(id, origin, || object);
        }
        Ok(())
    }

    /// The accounts that may restore a snapshot.
    fn accounts(answer: &Value) -> Vec<&str> {
        const ATTRIBUTES: &str =
            "DescribeDBSnapshotAttributesResult.DBSnapshotAttributesResult.DBSnapshotAttributes.DBSnapshotAttribute";
        let restore = answer.list(ATTRIBUTES).iter().find(|one| one.text("AttributeName") == Some("restore"));
        restore.map(|one| one.texts("AttributeValues.AttributeValue")).unwrap_or_default()
    }

    fn convert(id: &str, one: &Value) -> Object {
        let object = Object::new()
            .value("id", id)
            .number("allocated_storage", one.number("AllocatedStorage"))
            .text("availability_zone", one.text("AvailabilityZone"))
            .text("db_instance_identifier", one.text("DBInstanceIdentifier"))
            .text("db_snapshot_arn", one.text("DBSnapshotArn"))
            .value("db_snapshot_identifier", id)
            .flag("encrypted", one.flag("Encrypted"))
            .text("engine", one.text("Engine"))
            .text("engine_version", one.text("EngineVersion"))
            .number("iops", one.number("Iops"))
            .text("kms_key_id", one.text("KmsKeyId"))
            .text("license_model", one.text("LicenseModel"))
            .text("option_group_name", one.text("OptionGroupName"))
            .number("port", one.number("Port"))
            .text("snapshot_type", one.text("SnapshotType"))
            .text("source_db_snapshot_identifier", one.text("SourceDBSnapshotIdentifier"))
            .text("source_region", one.text("SourceRegion"))
            .text("status", one.text("Status"))
            .text("storage_type", one.text("StorageType"))
            .text("vpc_id", one.text("VpcId"));
        tagged(object, one.list("TagList.Tag"))
    }
}
