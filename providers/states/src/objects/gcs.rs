//! The gcs backend: objects of Google Cloud Storage.
//! Knows nothing of what a state says.

use super::transport::Header;
use super::{Objects, endpoint, file, joined, retries, transport};
use crate::error::printable;
use crate::{Backend, Class, DEFAULT_WORKSPACE, Kept, Store, StoreError, Surroundings, Version};
use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use futures::future::BoxFuture;
use object_store::StaticCredentialProvider;
use object_store::gcp::{GcpCredential, GoogleCloudStorageBuilder};
use reqwest::header::{HeaderName, HeaderValue};
use serde_json::Value;
use std::path::PathBuf;
use std::sync::Arc;

const SUFFIX: &str = ".tfstate";

/// Opens it. Sends nothing yet.
pub(crate) fn open(backend: &Backend, around: &Surroundings) -> Result<Box<dyn Store>, StoreError> {
    let bucket = backend.required("bucket")?;
    if !bucket.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_')) {
        return Err(unset("`bucket` is no name of a bucket"));
    }
    let place = format!("gs://{bucket}");
    let mut builder = GoogleCloudStorageBuilder::new()
        .with_bucket_name(bucket)
        .with_base_url(&base(backend, around)?)
        .with_retry(retries(around))
        .with_http_connector(transport(&place, around, None)?);
    builder = authorized(builder, backend, around)?;
    let bucket = builder.build().map_err(|error| {
        let cause = format!("the credentials cannot be used: {}", super::transport::deepest(&error));
        StoreError::new(&place, Class::Denied, cause)
    })?;
    Ok(Box::new(Gcs {
        prefix: joined(&[backend.text("prefix").unwrap_or_default()]),
        objects: Objects {
            bucket: Box::new(bucket),
            address: place,
            patience: around.patience,
            headers: customer_key(backend, around)?,
            permissions: "storage.objects.get on it, and storage.objects.list on its bucket to find workspaces",
        },
    }))
}

fn unset(cause: &str) -> StoreError {
    StoreError::new("gcs backend", Class::Unset, cause)
}

fn unsupported(cause: &str) -> StoreError {
    StoreError::new("gcs backend", Class::Unsupported, cause)
}

/// The first variable that is set.
fn first<'a>(around: &'a Surroundings, names: &[&str]) -> Option<&'a str> {
    names.iter().find_map(|name| around.variable(name))
}

/// Where the XML API answers. Terraform speaks the JSON API, which has the same host below another path.
fn base(backend: &Backend, around: &Surroundings) -> Result<String, StoreError> {
    let variables = ["GOOGLE_BACKEND_STORAGE_CUSTOM_ENDPOINT", "GOOGLE_STORAGE_CUSTOM_ENDPOINT"];
    let own = backend.text("storage_custom_endpoint").or_else(|| first(around, &variables));
    let url = match (own, around.variable("STORAGE_EMULATOR_HOST")) {
        (Some(own), _) => endpoint("gcs", "storage_custom_endpoint", own)?,
        // Clients of Google take a host without a scheme for one without TLS.
        (None, Some(host)) if !host.contains("://") => {
            endpoint("gcs", "STORAGE_EMULATOR_HOST", &format!("http://{host}"))?
        }
        (None, Some(address)) => endpoint("gcs", "STORAGE_EMULATOR_HOST", address)?,
        (None, None) => return Ok("https://storage.googleapis.com".into()),
    };
    let address = url.as_str().trim_end_matches('/');
    let address = address.strip_suffix("/b").unwrap_or(address);
    Ok(address.strip_suffix("/storage/v1").unwrap_or(address).to_owned())
}

/// Credentials in the order in which Terraform takes them (internal/backend/remote-state/gcs/backend.go, `configure`).
fn authorized(
    builder: GoogleCloudStorageBuilder,
    backend: &Backend,
    around: &Surroundings,
) -> Result<GoogleCloudStorageBuilder, StoreError> {
    let impersonated = ["GOOGLE_BACKEND_IMPERSONATE_SERVICE_ACCOUNT", "GOOGLE_IMPERSONATE_SERVICE_ACCOUNT"];
    if backend.text("impersonate_service_account").or_else(|| first(around, &impersonated)).is_some() {
        let error = unsupported("driftline does not impersonate service accounts");
        return Err(error.with_hint(
            "make a token for it: `GOOGLE_OAUTH_ACCESS_TOKEN=$(gcloud auth print-access-token \
             --impersonate-service-account=…)`, and leave `impersonate_service_account` to Terraform's own variable",
        ));
    }
    let token = backend.text("access_token").or_else(|| around.variable("GOOGLE_OAUTH_ACCESS_TOKEN"));
    if let Some(token) = token {
        let bearer = token.to_owned();
        return Ok(builder.with_credentials(Arc::new(StaticCredentialProvider::new(GcpCredential { bearer }))));
    }
    let own = backend.text("credentials");
    if let Some(given) = own.or_else(|| first(around, &["GOOGLE_BACKEND_CREDENTIALS", "GOOGLE_CREDENTIALS"])) {
        let path = (!given.trim_start().starts_with('{')).then(|| path(around, given));
        let text = contents(around, "credentials", given)?;
        return with_key(builder, &text, path);
    }
    if around.variable("STORAGE_EMULATOR_HOST").is_some() {
        return Ok(builder.with_skip_signature(true));
    }
    let default = around.variable("GOOGLE_APPLICATION_CREDENTIALS").map(|given| path(around, given));
    match default.or_else(|| well_known(around).filter(|path| path.is_file())) {
        Some(path) => {
            let text = contents(around, "GOOGLE_APPLICATION_CREDENTIALS", &path.to_string_lossy())?;
            with_key(builder, &text, Some(path))
        }
        // The library asks the machine's metadata server then.
        None => Ok(builder),
    }
}

/// Where `gcloud auth application-default login` leaves what it got.
fn well_known(around: &Surroundings) -> Option<PathBuf> {
    let folder = match around.variable("CLOUDSDK_CONFIG") {
        Some(folder) => PathBuf::from(folder),
        None => around.home()?.join(".config/gcloud"),
    };
    Some(folder.join("application_default_credentials.json"))
}

fn path(around: &Surroundings, given: &str) -> PathBuf {
    match (given.strip_prefix("~/"), around.home()) {
        (Some(rest), Some(home)) => home.join(rest),
        _ => around.directory.join(given),
    }
}

/// A path or the contents themselves, as Terraform takes both.
fn contents(around: &Surroundings, name: &str, given: &str) -> Result<String, StoreError> {
    if given.trim_start().starts_with('{') {
        return Ok(given.to_owned());
    }
    let bytes = file(around, "gcs", name, given)?;
    String::from_utf8(bytes).map_err(|_| unset(&format!("the file that `{name}` names is no text")))
}

fn with_key(
    builder: GoogleCloudStorageBuilder,
    text: &str,
    path: Option<PathBuf>,
) -> Result<GoogleCloudStorageBuilder, StoreError> {
    let parsed: Value = serde_json::from_str(text)
        .map_err(|_| unset("the credentials are neither JSON nor the path of a file with it"))?;
    match (parsed["type"].as_str().unwrap_or_default(), path) {
        ("service_account", _) => Ok(builder.with_service_account_key(text)),
        ("authorized_user", Some(path)) => Ok(builder.with_application_credentials(path.to_string_lossy())),
        (kind, _) => {
            let error = unsupported(&format!("credentials of the type `{kind}` are not used by driftline"));
            Err(error.with_hint("give a token: `GOOGLE_OAUTH_ACCESS_TOKEN=$(gcloud auth print-access-token)`"))
        }
    }
}

/// The key that the customer encrypts states with, as headers (Cloud Storage documentation, "Customer-supplied encryption
/// keys"). Locks are not encrypted with it.
fn customer_key(backend: &Backend, around: &Surroundings) -> Result<Vec<Header>, StoreError> {
    let Some(given) = backend.text("encryption_key").or_else(|| around.variable("GOOGLE_ENCRYPTION_KEY")) else {
        return Ok(Vec::new());
    };
    let decoded = |text: &str| BASE64_STANDARD.decode(text.trim()).ok().filter(|key| key.len() == 32);
    let key = match decoded(given) {
        Some(key) => key,
        None => decoded(&contents(around, "encryption_key", given).map_err(|_| no_key())?).ok_or_else(no_key)?,
    };
    let sensitive = |text: String| {
        let mut value = HeaderValue::try_from(text).map_err(|_| no_key())?;
        value.set_sensitive(true);
        Ok::<_, StoreError>(value)
    };
    Ok(vec![
        (HeaderName::from_static("x-goog-encryption-algorithm"), HeaderValue::from_static("AES256")),
        (HeaderName::from_static("x-goog-encryption-key"), sensitive(BASE64_STANDARD.encode(&key))?),
        (
            HeaderName::from_static("x-goog-encryption-key-sha256"),
            sensitive(BASE64_STANDARD.encode(digest(&SHA256, &key)))?,
        ),
    ])
}

fn no_key() -> StoreError {
    unset("`encryption_key` is neither 32 bytes in base64 nor the path of a file with them")
}

struct Gcs {
    objects: Objects,
    prefix: String,
}

impl Gcs {
    fn path(&self, workspace: &str, suffix: &str) -> String {
        joined(&[&self.prefix, &format!("{workspace}{suffix}")])
    }

    async fn listed(&self) -> Result<Vec<String>, StoreError> {
        let prefix = if self.prefix.is_empty() { String::new() } else { format!("{}/", self.prefix) };
        let names = self.objects.names(&prefix, true).await?;
        let found = names.iter().filter_map(|name| name.strip_prefix(&prefix)?.strip_suffix(SUFFIX));
        self.objects
            .workspaces(found.filter(|name| !name.is_empty() && !name.contains('/')).map(str::to_owned).collect())
    }

    async fn kept(&self, workspace: &str) -> Result<Kept, StoreError> {
        let (path, lock) = (self.path(workspace, SUFFIX), self.path(workspace, ".tflock"));
        let (state, (lock, lock_unread)) =
            futures::join!(self.objects.get(&path), self.objects.lock(&lock, Vec::new()));
        let mut kept = Kept::default();
        if let Some(got) = state? {
            // What is unpacked on the way is not what the digest is of.
            let expected = got.about.headers("x-goog-hash").flat_map(|value| value.split(','));
            let expected = expected.filter_map(|one| one.trim().strip_prefix("md5=")).next().map(str::to_owned);
            let expected = expected.filter(|_| got.about.header("content-encoding").is_none());
            if let Some(expected) = &expected {
                got.check(&self.objects.place(&path), "x-goog-hash", expected)?;
            }
            kept = Kept { checked_by: expected.map(|_| "x-goog-hash".to_owned()), ..got.kept() };
        }
        Ok(Kept { lock, lock_unread: lock_unread.map(|cause| printable(&cause)), ..kept })
    }
}

impl Store for Gcs {
    fn place(&self, workspace: &str) -> String {
        self.objects.place(&self.path(workspace, SUFFIX))
    }

    fn workspaces(&self) -> BoxFuture<'_, Result<Vec<String>, StoreError>> {
        Box::pin(self.listed())
    }

    fn read<'a>(&'a self, workspace: &'a str) -> BoxFuture<'a, Result<Kept, StoreError>> {
        Box::pin(self.kept(workspace))
    }

    fn stamp<'a>(&'a self, workspace: &'a str) -> BoxFuture<'a, Result<Option<String>, StoreError>> {
        Box::pin(async move {
            let about = self.objects.head(&self.path(workspace, SUFFIX)).await?;
            Ok(about.and_then(|about| about.stamp()))
        })
    }

    fn versions<'a>(&'a self, _: &'a str, _: usize) -> BoxFuture<'a, Result<Vec<Version>, StoreError>> {
        Box::pin(async {
            Err(StoreError::new(
                self.place(DEFAULT_WORKSPACE),
                Class::Unsupported,
                "driftline does not list earlier generations of objects",
            ))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use std::time::Duration;

    fn opened(arguments: Value, environment: &[(&str, &str)]) -> Result<Box<dyn Store>, StoreError> {
        let environment = environment.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect();
        let around = Surroundings {
            environment: Arc::new(environment),
            directory: ".".into(),
            patience: Duration::from_secs(5),
            aws: None,
            may_run_programs: false,
        };
        open(&Backend { kind: "gcs".into(), arguments: arguments.as_object().cloned().unwrap_or_default() }, &around)
    }

    #[test]
    fn states_stand_below_the_prefix() {
        for (prefix, expected) in [
            (json!(null), "gs://b/dev.tfstate"),
            (json!("net"), "gs://b/net/dev.tfstate"),
            (json!("/net//eu/"), "gs://b/net/eu/dev.tfstate"),
        ] {
            let store = opened(json!({"bucket": "b", "prefix": prefix, "access_token": "not-a-secret"}), &[]);
            assert_eq!(store.expect("it opens").place("dev"), expected);
        }
    }

    #[test]
    fn what_means_nothing_is_said_without_what_was_given() {
        for (arguments, class) in [
            (json!({}), Class::Unset),
            (json!({"bucket": "b/../c"}), Class::Unset),
            (json!({"bucket": "b", "credentials": "{not-a-secret"}), Class::Unset),
            (json!({"bucket": "b", "credentials": "no-such-file"}), Class::Unset),
            (json!({"bucket": "b", "credentials": "{\"type\":\"external_account\"}"}), Class::Unsupported),
            (
                json!({"bucket": "b", "credentials": "{\"type\":\"service_account\",\"private_key\":\"not-a-secret\"}"}),
                Class::Denied,
            ),
            (json!({"bucket": "b", "impersonate_service_account": "a"}), Class::Unsupported),
            (json!({"bucket": "b", "access_token": "t", "encryption_key": "not-a-secret"}), Class::Unset),
            (
                json!({"bucket": "b", "access_token": "t", "storage_custom_endpoint": "http://not-a-secret@h"}),
                Class::Unset,
            ),
        ] {
            let Err(error) = opened(arguments.clone(), &[]) else { panic!("{arguments} opens") };
            assert_eq!(error.class, class, "{error}");
            assert!(!format!("{error} {}", error.hint).contains("not-a-secret"), "{error}");
        }
    }

    #[test]
    fn endpoints_of_the_json_api_lead_to_the_other() {
        for (given, expected) in [
            ("http://127.0.0.1:9023/storage/v1/", "http://127.0.0.1:9023"),
            ("https://storage-x.p.googleapis.com/storage/v1/b", "https://storage-x.p.googleapis.com"),
            ("https://h/own", "https://h/own"),
        ] {
            let arguments = json!({"storage_custom_endpoint": given});
            let backend = Backend { kind: "gcs".into(), arguments: arguments.as_object().cloned().unwrap_or_default() };
            let around = Surroundings {
                environment: Arc::default(),
                directory: ".".into(),
                patience: Duration::from_secs(5),
                aws: None,
                may_run_programs: false,
            };
            assert_eq!(base(&backend, &around).expect("an address"), expected);
        }
    }
}
