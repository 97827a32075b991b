//! The key provider `gcp_kms`: a key that Google Cloud KMS decrypts.
//! Knows nothing of how HTTP is spoken; tokens come from the library that reads Google Cloud Storage.

use super::keys::{Key, bytes, key_of};
use super::openbao::from_web;
use super::{Arguments, DecryptError};
use crate::Surroundings;
use crate::error::printable;
use crate::web::{Answer, Ask, Client, Trust};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use object_store::gcp::GoogleCloudStorageBuilder;
use reqwest::{Method, StatusCode, Url};
use serde::Deserialize;
use serde_json::{Value, json};
use std::io::Read;
use std::path::PathBuf;
use zeroize::{Zeroize, Zeroizing};

/// Bytes of an answer, and of a file of credentials.
const LIMIT: u64 = 1 << 20;

/// Where Google answers.
pub(super) struct Hosts {
    pub(super) kms: &'static str,
    pub(super) iam: &'static str,
}

const GOOGLE: Hosts = Hosts { kms: "https://cloudkms.googleapis.com", iam: "https://iamcredentials.googleapis.com" };

/// What a token of an impersonated account is for (internal/encryption/keyprovider/gcp_kms/config.go).
const SCOPE: &str = "https://www.googleapis.com/auth/cloudkms";

/// internal/encryption/keyprovider/gcp_kms/provider.go, `keyMeta`.
#[derive(Deserialize)]
struct Metadata {
    ciphertext: String,
}

/// Asks Google for the key. One call, `cloudkms.cryptoKeyVersions.useToDecrypt`, and what a token takes.
pub(super) async fn key(arguments: &Arguments, metadata: &[u8], around: &Surroundings) -> Result<Key, DecryptError> {
    let fetched = key_from(arguments, metadata, around, &GOOGLE);
    let hint = "check that Google Cloud can be reached from here, then scan again";
    let late = |_| DecryptError::new("Google Cloud does not answer in time", hint);
    tokio::time::timeout(around.patience, fetched).await.map_err(late)?
}

/// The same from other hosts.
pub(super) async fn key_from(
    arguments: &Arguments,
    metadata: &[u8],
    around: &Surroundings,
    hosts: &Hosts,
) -> Result<Key, DecryptError> {
    let metadata: Metadata = serde_json::from_slice(metadata)
        .ok()
        .filter(|metadata: &Metadata| bytes(&metadata.ciphertext).is_some())
        .ok_or_else(|| {
            DecryptError::new("its metadata is not that of `gcp_kms`", "restore the state from an earlier version")
        })?;
    let name = arguments.required("kms_encryption_key")?;
    if !is_key_name(name) {
        let hint = "set `kms_encryption_key` to projects/…/locations/…/keyRings/…/cryptoKeys/…";
        return Err(DecryptError::new("its `kms_encryption_key` is not the name of a key", hint));
    }
    let token = token(arguments, around, hosts).await?;
    let mut body = json!({ "ciphertext": metadata.ciphertext });
    if let Some(associated) = arguments.text("additional_authenticated_data") {
        body["additionalAuthenticatedData"] = STANDARD.encode(associated).into();
    }
    let answer = post(&format!("{}/v1/{name}:decrypt", hosts.kms), &token, &body, around).await?;
    #[derive(Deserialize)]
    struct Decrypted {
        plaintext: String,
    }
    let body = Zeroizing::new(answer.body);
    if answer.status != StatusCode::OK {
        let hint = match answer.status {
            StatusCode::FORBIDDEN | StatusCode::UNAUTHORIZED => {
                "give the credentials the role `roles/cloudkms.cryptoKeyDecrypter` on the key; driftline needs nothing else of KMS"
            }
            StatusCode::NOT_FOUND => "check `kms_encryption_key` of the key provider",
            _ => "check `kms_encryption_key` and `additional_authenticated_data` of the key provider",
        };
        return Err(refused("Google Cloud KMS does not decrypt its key", answer.status, &body, hint));
    }
    let nothing = || DecryptError::new("Google Cloud KMS answers without a key", "check proxies");
    let parsed: Decrypted = serde_json::from_slice(&body).map_err(|_| nothing())?;
    key_of(&Zeroizing::new(parsed.plaintext)).ok_or_else(nothing)
}

/// The name of a key, which becomes part of an address.
fn is_key_name(name: &str) -> bool {
    let plain = |part: &&str| {
        let known = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | ':');
        !part.is_empty() && !matches!(*part, "." | "..") && part.chars().all(known)
    };
    let parts: Vec<&str> = name.split('/').collect();
    let fixed = matches!(parts.as_slice(), ["projects", _, "locations", _, "keyRings", _, "cryptoKeys", _]);
    fixed && parts.iter().all(plain)
}

async fn post(
    address: &str,
    token: &Zeroizing<String>,
    body: &Value,
    around: &Surroundings,
) -> Result<Answer, DecryptError> {
    let wrong = |_| DecryptError::new("its key has no address", "check `kms_encryption_key` of the key provider");
    let mut ask = Ask::get(Url::parse(address).map_err(wrong)?, LIMIT)
        .header("Authorization", &Zeroizing::new(format!("Bearer {}", token.as_str())))
        .header("Content-Type", "application/json");
    ask.method = Method::POST;
    ask.body = Some(body.to_string().into_bytes());
    let client = Client::new("Google Cloud", around, &Trust::default()).map_err(from_web)?;
    client.ask(ask).await.map_err(from_web)
}

/// An access token: the one that is given, or one for the credentials that the block, the environment or the machine has.
async fn token(arguments: &Arguments, around: &Surroundings, hosts: &Hosts) -> Result<Zeroizing<String>, DecryptError> {
    let given = arguments.text("access_token").or_else(|| around.variable("GOOGLE_OAUTH_ACCESS_TOKEN"));
    let own = match given {
        Some(token) => Zeroizing::new(token.to_owned()),
        None => bearer(arguments, around).await?,
    };
    let variable = |name| around.variable(name);
    let account = arguments
        .text("impersonate_service_account")
        .or_else(|| variable("GOOGLE_BACKEND_IMPERSONATE_SERVICE_ACCOUNT"))
        .or_else(|| variable("GOOGLE_IMPERSONATE_SERVICE_ACCOUNT"));
    match account {
        Some(account) => impersonated(account, arguments, &own, around, hosts).await,
        None => Ok(own),
    }
}

/// A token for credentials.
async fn bearer(arguments: &Arguments, around: &Surroundings) -> Result<Zeroizing<String>, DecryptError> {
    let hint = "set `credentials` or `access_token` of the key provider, GOOGLE_CREDENTIALS, or log in: `gcloud auth application-default login`";
    // What the library says may hold a piece of the credentials.
    let none =
        || DecryptError::new("no access token for Google Cloud can be had with the credentials that are there", hint);
    let mut builder = GoogleCloudStorageBuilder::new().with_bucket_name("none").with_retry(object_store::RetryConfig {
        max_retries: 2,
        retry_timeout: around.patience,
        ..Default::default()
    });
    let given = arguments.text("credentials").or_else(|| around.variable("GOOGLE_CREDENTIALS"));
    match given {
        Some(text) if text.trim_start().starts_with('{') => builder = builder.with_service_account_key(text),
        Some(path) => {
            let path = file(path, around);
            builder = match content(&path) {
                Some(text) if is_service_account(&text) => builder.with_service_account_key(text.as_str()),
                Some(_) => builder.with_application_credentials(path.to_string_lossy()),
                None => {
                    let cause = "its `credentials` are neither JSON nor a file that can be read";
                    return Err(DecryptError::new(cause, hint));
                }
            };
        }
        None => {
            if let Some(path) = default_credentials(around) {
                builder = builder.with_application_credentials(path.to_string_lossy());
            }
        }
    }
    let store = builder.build().map_err(|_| none())?;
    let credential = store.credentials().get_credential().await.map_err(|_| none())?;
    Ok(Zeroizing::new(credential.bearer.clone()))
}

fn file(path: &str, around: &Surroundings) -> PathBuf {
    match (path.strip_prefix("~/"), around.home()) {
        (Some(rest), Some(home)) => home.join(rest),
        _ => around.directory.join(path),
    }
}

fn content(path: &std::path::Path) -> Option<Zeroizing<String>> {
    let mut text = Zeroizing::new(String::new());
    std::fs::File::open(path).ok()?.take(LIMIT).read_to_string(&mut text).ok()?;
    Some(text)
}

fn is_service_account(text: &str) -> bool {
    #[derive(Deserialize)]
    struct Typed<'a> {
        #[serde(borrow, default, rename = "type")]
        kind: std::borrow::Cow<'a, str>,
    }
    serde_json::from_str(text).is_ok_and(|typed: Typed<'_>| typed.kind == "service_account")
}

/// Where the application default credentials are; none for those of the machine.
fn default_credentials(around: &Surroundings) -> Option<PathBuf> {
    if let Some(path) = around.variable("GOOGLE_APPLICATION_CREDENTIALS") {
        return Some(file(path, around));
    }
    let path = around.home()?.join(".config/gcloud/application_default_credentials.json");
    path.is_file().then_some(path)
}

/// A token of an account that ours may act for. One call more, `iam.serviceAccounts.getAccessToken`.
async fn impersonated(
    account: &str,
    arguments: &Arguments,
    own: &Zeroizing<String>,
    around: &Surroundings,
    hosts: &Hosts,
) -> Result<Zeroizing<String>, DecryptError> {
    #[derive(Deserialize)]
    struct Token {
        #[serde(rename = "accessToken")]
        token: String,
    }
    let hint =
        "give the credentials `roles/iam.serviceAccountTokenCreator` on the account in `impersonate_service_account`";
    let named =
        |account: &str| account.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '@'));
    if !named(account) || account.starts_with('.') {
        return Err(DecryptError::new("its `impersonate_service_account` is no account", hint));
    }
    let delegates = match arguments.get("impersonate_service_account_delegates") {
        Some(Value::Array(accounts)) => accounts.iter().filter_map(Value::as_str).map(resource).collect(),
        _ => Vec::new(),
    };
    let body = json!({ "delegates": delegates, "scope": [SCOPE], "lifetime": "300s" });
    let address = format!("{}/v1/{}:generateAccessToken", hosts.iam, resource(account));
    let mut answer = post(&address, own, &body, around).await?;
    let token = serde_json::from_slice(&answer.body).ok().map(|token: Token| Zeroizing::new(token.token));
    match token {
        Some(token) if answer.status == StatusCode::OK => {
            answer.body.zeroize();
            Ok(token)
        }
        _ => Err(refused("Google Cloud gives no token for another account", answer.status, &answer.body, hint)),
    }
}

fn resource(account: &str) -> String {
    format!("projects/-/serviceAccounts/{account}")
}

/// With the status word of Google's answer (`PERMISSION_DENIED`), which is all that is taken of it.
fn refused(what: &str, status: StatusCode, body: &[u8], hint: &str) -> DecryptError {
    let answer: Value = serde_json::from_slice(body).unwrap_or_default();
    let word = answer["error"]["status"].as_str().map(|word| format!(" {}", printable(word))).unwrap_or_default();
    DecryptError::new(format!("{what}: status {}{word}", status.as_u16()), hint)
}
