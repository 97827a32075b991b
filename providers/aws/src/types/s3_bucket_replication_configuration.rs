//! `aws_s3_bucket_replication_configuration`: GetBucketReplication for each managed one.
//! Not read: `token`, which only Terraform knows.

use provider_api::ResourceType;

pub(super) static TYPE: ResourceType = ResourceType {
    name: "aws_s3_bucket_replication_configuration",
    permissions: &["s3:GetReplicationConfiguration"],
    identity: &[],
    rules: &[],
    owners: &[],
};

#[cfg(feature = "sdk")]
pub(super) mod live {
    use crate::buckets;
    use crate::sdk::prelude::*;
    use serde_json::Value;

    pub(crate) async fn read(place: &Place, batch: &mut Batch<'_>) -> Result<(), Gap> {
        buckets::read(place, batch, &buckets::REPLICATION, convert).await
    }

    fn convert(answer: &Value) -> Option<Object> {
        answer.at("Rule")?;
        Some(Object::new().text("role", answer.text("Role")).blocks("rule", answer.list("Rule").iter().map(rule)))
    }

    fn status(rule: &Value, path: &str) -> Option<Object> {
        rule.text(path).map(|status| Object::new().value("status", status))
    }

    fn rule(rule: &Value) -> Object {
        let criteria = rule.at("SourceSelectionCriteria").map(|one| {
            Object::new()
                .blocks("replica_modifications", status(one, "ReplicaModifications.Status"))
                .blocks("sse_kms_encrypted_objects", status(one, "SseKmsEncryptedObjects.Status"))
        });
        Object::new()
            .blocks("delete_marker_replication", status(rule, "DeleteMarkerReplication.Status"))
            .blocks("destination", rule.at("Destination").map(destination))
            .blocks("existing_object_replication", status(rule, "ExistingObjectReplication.Status"))
            .blocks("filter", rule.at("Filter").map(filter))
            .text("id", rule.text("ID"))
            .text("prefix", rule.text("Prefix"))
            .number("priority", rule.number("Priority"))
            .blocks("source_selection_criteria", criteria)
            .text("status", rule.text("Status"))
    }

    fn destination(one: &Value) -> Object {
        let minutes = |path: &str| one.number(path).map(|minutes| Object::new().value("minutes", minutes));
        let owner = one.text("AccessControlTranslation.Owner").map(|owner| Object::new().value("owner", owner));
        let key = one
            .text("EncryptionConfiguration.ReplicaKmsKeyID")
            .map(|key| Object::new().value("replica_kms_key_id", key));
        let metrics = status(one, "Metrics.Status")
            .map(|object| object.blocks("event_threshold", minutes("Metrics.EventThreshold.Minutes")));
        let time = status(one, "ReplicationTime.Status")
            .map(|object| object.blocks("time", minutes("ReplicationTime.Time.Minutes")));
        Object::new()
            .blocks("access_control_translation", owner)
            .text("account", one.text("Account"))
            .text("bucket", one.text("Bucket"))
            .blocks("encryption_configuration", key)
            .blocks("metrics", metrics)
            .blocks("replication_time", time)
            .text("storage_class", one.text("StorageClass"))
    }

    fn filter(filter: &Value) -> Object {
        let tag = |tag: &Value| Object::new().text("key", tag.text("Key")).text("value", tag.text("Value"));
        let and = filter.at("And").map(|and| {
            let tags = and.list("Tag").iter();
            let tags = tags.filter_map(|tag| {
                Some((tag.text("Key")?.to_owned(), Value::from(tag.text("Value").unwrap_or_default())))
            });
            Object::new().text("prefix", and.text("Prefix")).value("tags", tags.collect::<serde_json::Map<_, _>>())
        });
        Object::new().blocks("and", and).text("prefix", filter.text("Prefix")).blocks("tag", filter.at("Tag").map(tag))
    }
}
