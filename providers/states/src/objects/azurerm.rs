//! The azurerm backend: blobs of Azure Storage, whose leases are locks.
//! Knows nothing of what a state says.

use super::azure_token::{Asked, Source};
use super::{About, Objects, retries, transport};
use crate::error::printable;
use crate::{Backend, Class, DEFAULT_WORKSPACE, Kept, Lock, Store, StoreError, Surroundings, Version};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use futures::future::BoxFuture;
use object_store::azure::MicrosoftAzureBuilder;
use serde_json::Value;
use std::sync::Arc;

/// What the blobs of workspaces have between the key and the name (internal/backend/remote-state/azure/backend_state.go).
const OF_WORKSPACE: &str = "env:";

/// Opens it. Sends nothing yet.
pub(crate) fn open(backend: &Backend, around: &Surroundings) -> Result<Box<dyn Store>, StoreError> {
    let account = backend.required("storage_account_name")?;
    let container = backend.required("container_name")?;
    let key = backend.required("key")?.to_owned();
    let is_plain = |name: &str| name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'$');
    if !account.bytes().all(|byte| byte.is_ascii_alphanumeric()) || !is_plain(container) {
        return Err(unset("`storage_account_name` or `container_name` is no name of one"));
    }
    let cloud = Cloud::of(backend, around)?;
    let place = format!("https://{account}.blob.{}/{container}", cloud.storage);
    let mut builder = MicrosoftAzureBuilder::new()
        .with_account(account)
        .with_container_name(container)
        .with_endpoint(format!("https://{account}.blob.{}", cloud.storage))
        .with_authority_host(format!("https://{}", cloud.login))
        .with_retry(retries(around))
        .with_http_connector(transport(&place, around, None)?);
    builder = authorized(builder, backend, around, &cloud)?;
    let bucket = builder.build().map_err(|error| {
        let cause = format!("the credentials cannot be used: {}", super::transport::deepest(&error));
        StoreError::new(&place, Class::Denied, cause)
    })?;
    let objects = Objects {
        bucket: Box::new(bucket),
        address: place,
        patience: around.patience,
        headers: Vec::new(),
        permissions: "the role Storage Blob Data Reader on its container",
    };
    Ok(Box::new(Azure { objects, key }))
}

fn unset(cause: &str) -> StoreError {
    StoreError::new("azurerm backend", Class::Unset, cause)
}

fn unsupported(cause: &str) -> StoreError {
    StoreError::new("azurerm backend", Class::Unsupported, cause)
}

/// The hosts of one of Azure's clouds.
struct Cloud {
    storage: &'static str,
    login: &'static str,
}

impl Cloud {
    fn of(backend: &Backend, around: &Surroundings) -> Result<Self, StoreError> {
        let name = argument(backend, around, "environment", "ARM_ENVIRONMENT").unwrap_or("public");
        let (storage, login) = match name.to_lowercase().as_str() {
            "public" => ("core.windows.net", "login.microsoftonline.com"),
            "usgovernment" | "usgovernmentl4" | "usgovernmentl5" => {
                ("core.usgovcloudapi.net", "login.microsoftonline.us")
            }
            "china" => ("core.chinacloudapi.cn", "login.chinacloudapi.cn"),
            _ => {
                return Err(unsupported("`environment` is none of public, usgovernment and china, all that are read"));
            }
        };
        Ok(Self { storage, login })
    }
}

/// An argument, or the variable that stands in for it.
fn argument<'a>(backend: &'a Backend, around: &'a Surroundings, name: &str, variable: &str) -> Option<&'a str> {
    backend.text(name).or_else(|| around.variable(variable))
}

fn flag(backend: &Backend, around: &Surroundings, name: &str, variable: &str) -> bool {
    match backend.arguments.get(name) {
        None | Some(Value::Null) => around.variable(variable).is_some_and(|text| matches!(text, "true" | "1" | "TRUE")),
        Some(_) => backend.flag(name),
    }
}

/// Credentials in the order in which Terraform takes them (internal/backend/remote-state/azure/api_client.go, `buildClient`).
fn authorized(
    builder: MicrosoftAzureBuilder,
    backend: &Backend,
    around: &Surroundings,
    cloud: &Cloud,
) -> Result<MicrosoftAzureBuilder, StoreError> {
    let text = |name: &str, variable: &str| argument(backend, around, name, variable);
    let flag = |name: &str, variable: &str| flag(backend, around, name, variable);
    if let Some(key) = text("access_key", "ARM_ACCESS_KEY") {
        return Ok(builder.with_access_key(key));
    }
    if let Some(sas) = text("sas_token", "ARM_SAS_TOKEN") {
        return Ok(builder.with_config(object_store::azure::AzureConfigKey::SasKey, sas));
    }
    if !flag("use_azuread_auth", "ARM_USE_AZUREAD") {
        let error =
            unsupported("Terraform would ask the resource manager for the account's key, which driftline does not");
        return Err(error.with_hint(
            "set ARM_USE_AZUREAD=true with credentials that have the role Storage Blob Data Reader, or ARM_SAS_TOKEN or \
             ARM_ACCESS_KEY",
        ));
    }
    if text("client_certificate_path", "ARM_CLIENT_CERTIFICATE_PATH").is_some()
        || text("client_certificate", "ARM_CLIENT_CERTIFICATE").is_some()
    {
        return Err(unsupported("driftline does not sign in with client certificates")
            .with_hint("use a client secret, OIDC, or ARM_SAS_TOKEN"));
    }
    let (client, tenant) = (text("client_id", "ARM_CLIENT_ID"), text("tenant_id", "ARM_TENANT_ID"));
    if !tenant.is_none_or(|tenant| tenant.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-.".contains(&byte))) {
        return Err(unset("`tenant_id` is no id of a tenant"));
    }
    let both = || client.zip(tenant).ok_or_else(|| unset("`client_id` and `tenant_id` are needed to sign in"));
    if let Some(secret) = text("client_secret", "ARM_CLIENT_SECRET") {
        let (client, tenant) = both()?;
        return Ok(builder.with_client_secret_authorization(client, secret, tenant));
    }
    let asked = |source: Source| Asked::new(source, &format!("https://{}", cloud.login), around).map(Arc::new);
    if flag("use_oidc", "ARM_USE_OIDC") {
        let (client, tenant) = both()?;
        if let Some(path) = text("oidc_token_file_path", "ARM_OIDC_TOKEN_FILE_PATH") {
            let path = around.directory.join(path);
            return Ok(builder
                .with_client_id(client)
                .with_tenant_id(tenant)
                .with_federated_token_file(path.to_string_lossy()));
        }
        let source = Source::oidc(backend, around, client, tenant)?;
        return Ok(builder.with_credentials(asked(source)?));
    }
    if flag("use_msi", "ARM_USE_MSI") {
        let builder = builder.with_config(object_store::azure::AzureConfigKey::CredentialType, "managed_identity");
        let builder = match client {
            Some(client) => builder.with_client_id(client),
            None => builder,
        };
        return Ok(match text("msi_endpoint", "ARM_MSI_ENDPOINT") {
            Some(endpoint) => builder.with_msi_endpoint(super::endpoint("azurerm", "msi_endpoint", endpoint)?),
            None => builder,
        });
    }
    let source = Source::Cli { tenant: tenant.map(str::to_owned) };
    Ok(builder.with_credentials(asked(source)?))
}

struct Azure {
    objects: Objects,
    key: String,
}

impl Azure {
    fn path(&self, workspace: &str) -> String {
        match workspace {
            DEFAULT_WORKSPACE => self.key.clone(),
            other => format!("{}{OF_WORKSPACE}{other}", self.key),
        }
    }

    async fn listed(&self) -> Result<Vec<String>, StoreError> {
        let prefix = format!("{}{OF_WORKSPACE}", self.key);
        let names = self.objects.names(&prefix, true).await?;
        let mut found: Vec<String> = names
            .iter()
            .filter_map(|name| name.strip_prefix(&prefix))
            .filter(|name| !name.is_empty() && !name.contains('/') && *name != DEFAULT_WORKSPACE)
            .map(str::to_owned)
            .collect();
        if self.objects.head(&self.key).await?.is_some() {
            found.push(DEFAULT_WORKSPACE.to_owned());
        }
        self.objects.workspaces(found)
    }

    async fn kept(&self, workspace: &str) -> Result<Kept, StoreError> {
        let path = self.path(workspace);
        let Some(got) = self.objects.get(&path).await? else { return Ok(Kept::default()) };
        let lock = lock(&got.about);
        let expected = got.about.header("content-md5").map(str::to_owned);
        if let Some(expected) = &expected {
            got.check(&self.objects.place(&path), "Content-MD5", expected)?;
        }
        let checked_by = expected.map(|_| "Content-MD5".to_owned());
        let mut kept = got.kept();
        kept.checked_by = checked_by.filter(|_| kept.bytes.is_some());
        kept.lock = lock;
        Ok(kept)
    }
}

/// A lease is the lock; who holds it stands in the metadata (internal/backend/remote-state/azure/client.go, `Lock`).
fn lock(about: &About) -> Option<Lock> {
    let is_leased = about.header("x-ms-lease-state").is_some_and(|state| state.eq_ignore_ascii_case("leased"))
        || about.header("x-ms-lease-status").is_some_and(|status| status.eq_ignore_ascii_case("locked"));
    let told = about.header("x-ms-meta-terraformlockid").filter(|text| text.len() < 64 << 10);
    is_leased.then(|| Lock::parse(&BASE64_STANDARD.decode(told.unwrap_or_default()).unwrap_or_default()))
}

impl Store for Azure {
    fn place(&self, workspace: &str) -> String {
        printable(&self.objects.place(&self.path(workspace)))
    }

    fn workspaces(&self) -> BoxFuture<'_, Result<Vec<String>, StoreError>> {
        Box::pin(self.listed())
    }

    fn read<'a>(&'a self, workspace: &'a str) -> BoxFuture<'a, Result<Kept, StoreError>> {
        Box::pin(self.kept(workspace))
    }

    fn stamp<'a>(&'a self, workspace: &'a str) -> BoxFuture<'a, Result<Option<String>, StoreError>> {
        Box::pin(async move {
            let about = self.objects.head(&self.path(workspace)).await?;
            Ok(about.and_then(|about| about.stamp()))
        })
    }

    fn versions<'a>(&'a self, _: &'a str, _: usize) -> BoxFuture<'a, Result<Vec<Version>, StoreError>> {
        Box::pin(async {
            let cause = "driftline does not list versions and snapshots of blobs";
            Err(StoreError::new(self.place(DEFAULT_WORKSPACE), Class::Unsupported, cause))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use std::time::Duration;

    fn opened(more: Value, environment: &[(&str, &str)]) -> Result<Box<dyn Store>, StoreError> {
        let mut arguments =
            json!({"storage_account_name": "account", "container_name": "states", "key": "net/a.tfstate"});
        for (name, value) in more.as_object().into_iter().flatten() {
            arguments[name] = value.clone();
        }
        let environment = environment.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect();
        let around = Surroundings {
            environment: Arc::new(environment),
            directory: ".".into(),
            patience: Duration::from_secs(5),
            aws: None,
            may_run_programs: false,
        };
        open(
            &Backend { kind: "azurerm".into(), arguments: arguments.as_object().cloned().unwrap_or_default() },
            &around,
        )
    }

    #[test]
    fn states_stand_beside_each_other() {
        let store = opened(json!({"access_key": "bm90LWEtc2VjcmV0"}), &[]).expect("it opens");
        assert_eq!(store.place("default"), "https://account.blob.core.windows.net/states/net/a.tfstate");
        assert_eq!(store.place("dev"), "https://account.blob.core.windows.net/states/net/a.tfstateenv:dev");
        let store =
            opened(json!({"sas_token": "?sv=1&sig=not-a-secret", "environment": "china"}), &[]).expect("it opens");
        assert!(store.place("default").starts_with("https://account.blob.core.chinacloudapi.cn/states/"));
    }

    #[test]
    fn credentials_come_from_arguments_or_variables() {
        let secret = [("ARM_CLIENT_ID", "c"), ("ARM_TENANT_ID", "t"), ("ARM_CLIENT_SECRET", "not-a-secret")];
        let oidc = [("ARM_CLIENT_ID", "c"), ("ARM_TENANT_ID", "t"), ("ARM_USE_OIDC", "true"), ("ARM_OIDC_TOKEN", "t")];
        let class =
            |more: Value, environment: &[(&str, &str)]| opened(more, environment).err().map(|error| error.class);
        let aad = || json!({"use_azuread_auth": true});
        assert_eq!(class(json!({}), &[("ARM_ACCESS_KEY", "bm90LWEtc2VjcmV0")]), None);
        assert_eq!(class(aad(), &secret), None);
        assert_eq!(class(aad(), &oidc), None);
        assert_eq!(class(aad(), &[("ARM_USE_MSI", "true")]), None);
        assert_eq!(class(aad(), &[]), None, "the command line's login");
        assert_eq!(class(json!({}), &secret), Some(Class::Unsupported));
        assert_eq!(class(aad(), &[("ARM_CLIENT_CERTIFICATE_PATH", "p")]), Some(Class::Unsupported));
        assert_eq!(class(aad(), &[("ARM_CLIENT_SECRET", "not-a-secret")]), Some(Class::Unset));
        assert_eq!(
            class(aad(), &[("ARM_USE_OIDC", "true"), ("ARM_CLIENT_ID", "c"), ("ARM_TENANT_ID", "t")]),
            Some(Class::Unset)
        );
        assert_eq!(class(json!({"environment": "stack"}), &[]), Some(Class::Unsupported));
        assert_eq!(class(json!({"access_key": "not base64"}), &[]), Some(Class::Denied));
        assert_eq!(class(json!({"storage_account_name": "a.evil"}), &[]), Some(Class::Unset));
        assert_eq!(class(json!({"use_azuread_auth": true, "tenant_id": "../x"}), &[]), Some(Class::Unset));
    }
}
