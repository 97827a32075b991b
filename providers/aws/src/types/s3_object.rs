//! `aws_s3_object`: ListObjectsV2 by its whole key and GetObjectTagging for each managed one. HeadObject would tell more,
//! but the right to it is the right to read what every object holds. So content type, metadata, locks and keys are not
//! read; the digest tells whether the content changed. Objects in no state are not sought: they are data.

use provider_api::ResourceType;

pub(super) static TYPE: ResourceType = ResourceType {
    name: "aws_s3_object",
    permissions: &["s3:GetObjectTagging", "s3:ListBucket"],
    identity: &["bucket"],
    rules: &[],
    owners: &[],
};

#[cfg(feature = "sdk")]
pub(super) mod live {
    use crate::sdk::prelude::*;
    use serde_json::Value;
    use service::S3;

    pub(crate) async fn read(place: &Place, batch: &mut Batch<'_>) -> Result<(), Gap> {
        let wanted = batch.identified(["bucket", "key"]);
        let answers = concurrently(wanted, |(id, [bucket, key])| async move {
            // As the provider cleans them: without slashes in front, and with one for several (`aws_s3_object`, key).
            let clean = key.split('/').filter(|part| !part.is_empty()).collect::<Vec<_>>().join("/");
            let clean = if key.ends_with('/') { clean + "/" } else { clean };
            // Keys come in the order of their bytes: of those that begin with the key, the key itself is the first.
            let list = Ask::of("ListObjectsV2")
                .at(format!("/{}", encoded(&bucket)))
                .with("list-type", "2")
                .with("prefix", clean.as_str())
                .with("max-keys", "1");
            let path = clean.split('/').map(encoded).collect::<Vec<_>>().join("/");
            let tags = Ask::of("GetObjectTagging").at(format!("/{}/{path}", encoded(&bucket))).with("tagging", "");
            let (listed, tags) = tokio::join!(place.call(&S3, list), place.call(&S3, tags));
            (id, bucket, (key, clean), listed, tags)
        })
        .await;
        for (id, bucket, (key, clean), listed, tags) in answers {
            let Some(listed) = batch.existing(&id, listed, &["NoSuchBucket"]) else { continue };
            let Some(one) = listed.list("Contents").iter().find(|one| one.text("Key") == Some(&clean)) else {
                continue;
            };
            let object = convert(place, &bucket, &key, one);
            let object = batch.detailed(&id, object, tags, |object, answer| {
                object.tag_list(answer.list("TagSet.Tag"), ("Key", "Value"))
            });
            batch.found(&id, || object);
        }
        Ok(())
    }

    /// `key` stays as it was written.
    fn convert(place: &Place, bucket: &str, written: &str, one: &Value) -> Object {
        let key = one.text("Key").unwrap_or_default();
        Object::new()
            .value("arn", place.global_arn("s3", &format!("{bucket}/{key}")))
            .value("bucket", bucket)
            .value("id", written)
            .value("key", written)
            .text("etag", one.text("ETag").map(|etag| etag.trim_matches('"')))
            .text("storage_class", one.text("StorageClass").or(Some("STANDARD")))
    }
}
