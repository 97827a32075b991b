//! What state in S3, and keys in KMS, need of AWS: credentials and three calls. Whoever embeds this crate provides them.
//! Knows nothing of how they are made.

use futures::future::BoxFuture;
use serde_json::{Map, Value};

/// Access to AWS. `settings` are arguments as the AWS provider's block has them (`region`, `profile`, `access_key`,
/// `secret_key`, `token`, `shared_config_files`, `shared_credentials_files`, `assume_role = [{role_arn, external_id, …}]`,
/// `assume_role_with_web_identity = […]`, `endpoints = [{s3, dynamodb, sts, kms, …}]`, …).
pub trait Aws: Send + Sync {
    /// Credentials and the region, refreshed where they have expired.
    fn identity<'a>(&'a self, settings: &'a Map<String, Value>) -> BoxFuture<'a, Result<AwsIdentity, AwsRefusal>>;

    /// Asks a service that speaks JSON: `service` is `dynamodb` or `kms`, `operation` for example `GetItem` or `Decrypt`.
    fn ask<'a>(
        &'a self,
        settings: &'a Map<String, Value>,
        service: &'a str,
        operation: &'a str,
        body: Value,
    ) -> BoxFuture<'a, Result<Value, AwsRefusal>>;

    /// Reads a path of S3 (`/BUCKET?versions&prefix=…`) and returns the XML answer.
    fn s3<'a>(&'a self, settings: &'a Map<String, Value>, path: &'a str) -> BoxFuture<'a, Result<Vec<u8>, AwsRefusal>>;
}

/// Who asks, and where.
#[derive(Clone)]
pub struct AwsIdentity {
    /// Access key id.
    pub key_id: String,
    /// Secret access key.
    pub secret: String,
    /// Session token.
    pub token: Option<String>,
    /// When they expire.
    pub expires: Option<std::time::SystemTime>,
    /// The region; none where neither the settings nor the environment name one.
    pub region: Option<String>,
}

impl std::fmt::Debug for AwsIdentity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AwsIdentity").field("region", &self.region).finish_non_exhaustive()
    }
}

/// Why AWS did not answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AwsRefusal {
    /// What kind of failure it was.
    pub class: crate::Class,
    /// Why, naming the call; fit for printing.
    pub cause: String,
}
