//! The key provider `aws_kms`: a key that AWS KMS decrypts.
//! Knows nothing of credentials: whoever embeds this crate has them.

use super::arguments::wipe;
use super::keys::{Key, bytes, key_of};
use super::{Arguments, DecryptError};
use crate::error::printable;
use crate::{Class, Surroundings};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use zeroize::Zeroizing;

/// Arguments that say which key and not how to reach AWS.
const OWN: [&str; 4] = ["kms_key_id", "key_spec", "encryption_context", "encrypted_metadata_alias"];

/// Bytes that KMS decrypts at once.
const LONGEST: usize = 6144;

/// internal/encryption/keyprovider/aws_kms/provider.go, `keyMeta`.
#[derive(Deserialize)]
struct Metadata {
    ciphertext_blob: String,
    #[serde(default)]
    encryption_context: Option<BTreeMap<String, String>>,
}

/// Asks KMS for the key. One call, `kms:Decrypt`.
pub(super) async fn key(arguments: &Arguments, metadata: &[u8], around: &Surroundings) -> Result<Key, DecryptError> {
    let metadata: Metadata = serde_json::from_slice(metadata)
        .ok()
        .filter(|metadata: &Metadata| bytes(&metadata.ciphertext_blob).is_some_and(|blob| blob.len() <= LONGEST))
        .ok_or_else(|| {
            DecryptError::new("its metadata is not that of `aws_kms`", "restore the state from an earlier version")
        })?;
    let id = arguments.required("kms_key_id")?;
    let Some(aws) = &around.aws else {
        let hint =
            "use a driftline with AWS support, or pipe the state in: `tofu state pull | driftline scan --state -`";
        return Err(DecryptError::new("this driftline was built without AWS", hint));
    };
    let mut body = json!({ "KeyId": id, "CiphertextBlob": metadata.ciphertext_blob });
    if let Some(context) = metadata.encryption_context.filter(|context| !context.is_empty()) {
        body["EncryptionContext"] = json!(context);
    }
    let settings = Settings(settings(arguments));
    let answer = tokio::time::timeout(around.patience, aws.ask(&settings.0, "kms", "Decrypt", body)).await;
    let mut answer = match answer {
        Ok(Ok(answer)) => answer,
        Ok(Err(refusal)) => {
            let hint = match refusal.class {
                Class::Denied => "give the credentials `kms:Decrypt` for this key; driftline needs nothing else of KMS",
                Class::NotFound => "check `kms_key_id` and `region` of the key provider",
                Class::TimedOut => "check that AWS KMS can be reached from here, then scan again",
                _ => "check `kms_key_id`, `region` and the credentials of the key provider",
            };
            let cause = format!("AWS KMS does not decrypt its key: {}", printable(&refusal.cause));
            return Err(DecryptError::new(cause, hint));
        }
        Err(_) => {
            let hint = "check that AWS KMS can be reached from here, then scan again";
            return Err(DecryptError::new("AWS KMS does not answer in time", hint));
        }
    };
    let plain = match answer.get_mut("Plaintext").map(Value::take) {
        Some(Value::String(plain)) => key_of(&Zeroizing::new(plain)),
        _ => None,
    };
    wipe(&mut answer);
    plain.ok_or_else(|| DecryptError::new("AWS KMS answers without a key", "check `endpoints` and proxies"))
}

/// Settings that may be credentials, wiped when they are dropped.
struct Settings(Map<String, Value>);

impl Drop for Settings {
    fn drop(&mut self) {
        self.0.values_mut().for_each(wipe);
    }
}

/// The arguments that say how to reach AWS, nested ones as lists, as the AWS provider has them.
fn settings(arguments: &Arguments) -> Map<String, Value> {
    let shaped = |(name, value): (&String, &Value)| {
        let value = match value {
            Value::Object(_) => Value::Array(vec![value.clone()]),
            other => other.clone(),
        };
        (name.clone(), value)
    };
    arguments.iter().filter(|(name, value)| !OWN.contains(&name.as_str()) && !value.is_null()).map(shaped).collect()
}
