//! Settings of S3 buckets: one call a bucket and setting, shared by the bucket and the resource that holds the setting.
//! Knows nothing of what a setting means.

use crate::sdk::prelude::*;
use serde_json::Value;
use service::S3;
use std::sync::Arc;

/// One setting: its operation, the word that stands for it in the query, and the code that says that it is not set.
pub(crate) struct Setting {
    pub(crate) operation: &'static str,
    pub(crate) query: &'static str,
    pub(crate) unset: &'static str,
}

/// A setting that every bucket has.
const fn always(operation: &'static str, query: &'static str) -> Setting {
    Setting { operation, query, unset: "" }
}

pub(crate) static ACCELERATE: Setting = always("GetBucketAccelerateConfiguration", "accelerate");
pub(crate) static ACL: Setting = always("GetBucketAcl", "acl");
pub(crate) static CORS: Setting =
    Setting { operation: "GetBucketCors", query: "cors", unset: "NoSuchCORSConfiguration" };
pub(crate) static ENCRYPTION: Setting = Setting {
    operation: "GetBucketEncryption",
    query: "encryption",
    unset: "ServerSideEncryptionConfigurationNotFoundError",
};
pub(crate) static LIFECYCLE: Setting =
    Setting { operation: "GetBucketLifecycleConfiguration", query: "lifecycle", unset: "NoSuchLifecycleConfiguration" };
pub(crate) static LOGGING: Setting = always("GetBucketLogging", "logging");
pub(crate) static NOTIFICATION: Setting = always("GetBucketNotificationConfiguration", "notification");
pub(crate) static OBJECT_LOCK: Setting = Setting {
    operation: "GetObjectLockConfiguration",
    query: "object-lock",
    unset: "ObjectLockConfigurationNotFoundError",
};
pub(crate) static OWNERSHIP: Setting = Setting {
    operation: "GetBucketOwnershipControls",
    query: "ownershipControls",
    unset: "OwnershipControlsNotFoundError",
};
pub(crate) static POLICY: Setting =
    Setting { operation: "GetBucketPolicy", query: "policy", unset: "NoSuchBucketPolicy" };
pub(crate) static PUBLIC_ACCESS: Setting = Setting {
    operation: "GetPublicAccessBlock",
    query: "publicAccessBlock",
    unset: "NoSuchPublicAccessBlockConfiguration",
};
pub(crate) static REPLICATION: Setting =
    Setting { operation: "GetBucketReplication", query: "replication", unset: "ReplicationConfigurationNotFoundError" };
pub(crate) static REQUEST_PAYMENT: Setting = always("GetBucketRequestPayment", "requestPayment");
pub(crate) static TAGS: Setting = Setting { operation: "GetBucketTagging", query: "tagging", unset: "NoSuchTagSet" };
pub(crate) static VERSIONING: Setting = always("GetBucketVersioning", "versioning");
pub(crate) static WEBSITE: Setting =
    Setting { operation: "GetBucketWebsite", query: "website", unset: "NoSuchWebsiteConfiguration" };

/// What a setting is; an empty object where it is not set, none where the bucket does not exist.
///
/// # Errors
/// When it could not be read.
pub(crate) async fn setting(place: &Place, bucket: &str, setting: &Setting) -> Result<Option<Arc<Value>>, Failure> {
    let ask = Ask::of(setting.operation).at(format!("/{}", encoded(bucket))).with(setting.query, "");
    match place.once(&S3, ask).await {
        Ok(answer) => Ok(Some(answer)),
        Err(failure) if failure.is(&[setting.unset]) => Ok(Some(Arc::new(Value::Object(serde_json::Map::new())))),
        Err(failure) if failure.is(&["NoSuchBucket"]) => Ok(None),
        Err(failure) => Err(failure),
    }
}

/// Answers for every managed instance of a type that stands for one setting. `convert` yields nothing where the setting
/// is not there any more. `bucket` and `id` are filled here; `expected_bucket_owner`, which only Terraform knows, is not.
pub(crate) async fn read(
    place: &Place,
    batch: &mut Batch<'_>,
    which: &'static Setting,
    convert: fn(&Value) -> Option<Object>,
) -> Result<(), Gap> {
    let mut wanted = Vec::new();
    for instance in batch.instances() {
        // `bucket`, or `bucket,owner`, or for an ACL `bucket,owner,acl`.
        match instance.id.split(',').next().filter(|bucket| !bucket.is_empty()) {
            Some(bucket) => wanted.push((instance.id.to_owned(), bucket.to_owned())),
            None => batch.unidentified(instance, "bucket"),
        }
    }
    let answers = concurrently(wanted, |(id, bucket)| async move {
        let answer = setting(place, &bucket, which).await;
        (id, bucket, answer)
    })
    .await;
    for (id, bucket, answer) in answers {
        match answer {
            Ok(Some(answer)) => {
                if let Some(object) = convert(&answer) {
                    batch.found(&id, || object.value("id", id.as_str()).value("bucket", bucket));
                }
            }
            Ok(None) => {}
            Err(failure) => batch.gap(&id, failure.into()),
        }
    }
    Ok(())
}
