//! The kubernetes backend: a secret for each workspace, or several where a state is large; packed with gzip.
//! Knows nothing of what a state says.

mod cluster;
mod login;

use crate::error::printable;
use crate::web::{Answer, Ask, Client};
use crate::{Backend, Class, Kept, Lock, MAX_BYTES, Store, StoreError, Surroundings};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use cluster::Cluster;
use futures::future::BoxFuture;
use serde_json::Value;
use std::collections::BTreeSet;
use std::io::{ErrorKind, Read};
use std::sync::Arc;
use tokio::sync::OnceCell;

/// The most bytes of one answer: a secret has at most 1 MiB, half as much again as base64 (Kubernetes, "Secrets").
const ANSWER: u64 = 16 << 20;
/// Secrets a page of the list, and the most pages.
const PAGE: u32 = 500;
const PAGES: u32 = 40;
/// The most secrets that one state is split into.
const PARTS: u32 = 1024;

/// Opens it. Sends nothing yet, and reads no kubeconfig. Names: internal/backend/remote-state/kubernetes/client.go.
pub(crate) fn open(backend: &Backend, around: &Surroundings) -> Result<Box<dyn Store>, StoreError> {
    let suffix = backend.required("secret_suffix")?.to_owned();
    let namespace = cluster::given(backend, around, "namespace", "KUBE_NAMESPACE").unwrap_or_else(|| "default".into());
    let place = format!("kubernetes://{namespace}");
    for name in [&suffix, &namespace] {
        if !is_name(name) {
            return Err(StoreError::new(
                place,
                Class::Unset,
                "its namespace or `secret_suffix` is no name that Kubernetes allows",
            ));
        }
    }
    Ok(Box::new(Secrets { backend: backend.clone(), around: around.clone(), namespace, suffix, api: OnceCell::new() }))
}

/// A name that needs no escaping in a path (RFC 1123, as Kubernetes has it for subdomains).
fn is_name(name: &str) -> bool {
    let inner = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || c == '.';
    let outer = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    name.len() <= 253 && name.chars().all(inner) && name.starts_with(outer) && name.ends_with(outer)
}

struct Secrets {
    backend: Backend,
    around: Surroundings,
    namespace: String,
    suffix: String,
    api: OnceCell<Api>,
}

/// The cluster, once it was logged in to.
struct Api {
    client: Client,
    cluster: Cluster,
}

/// How a kind of objects is asked for: everything, or its metadata alone (Kubernetes API concepts, "Receiving resources as
/// metadata").
const WHOLE: &str = "application/json";
const METADATA: &str = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1, application/json";
const METADATA_LIST: &str = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1, application/json";

impl Secrets {
    fn name(&self, workspace: &str) -> Result<String, StoreError> {
        let name = format!("tfstate-{workspace}-{}", self.suffix);
        if is_name(&name) {
            return Ok(name);
        }
        Err(self.error(Class::Unset, "the workspace's name is none that Kubernetes allows, so it has no state here"))
    }

    fn error(&self, class: Class, cause: impl AsRef<str>) -> StoreError {
        StoreError::new(format!("kubernetes://{}/{}", self.namespace, self.suffix), class, cause)
    }

    async fn api(&self) -> Result<&Api, StoreError> {
        let connect = async {
            let cluster = cluster::find(&self.backend, &self.around).await?;
            let mut around = self.around.clone();
            if let Some(proxy) = &cluster.proxy {
                let mut environment = (*around.environment).clone();
                environment.insert("HTTPS_PROXY".into(), proxy.into());
                environment.insert("HTTP_PROXY".into(), proxy.into());
                environment.remove(std::ffi::OsStr::new("NO_PROXY"));
                environment.remove(std::ffi::OsStr::new("no_proxy"));
                around.environment = Arc::new(environment);
            }
            let place = format!("kubernetes://{}/{}", self.namespace, self.suffix);
            Ok(Api { client: Client::new(&place, &around, &cluster.trust)?, cluster })
        };
        self.api.get_or_try_init(|| connect).await
    }

    /// Gets a path below the cluster's address. None where there is no such object.
    async fn get(&self, path: &str, accept: &str, query: &[(&str, &str)]) -> Result<Option<Value>, StoreError> {
        let api = self.api().await?;
        let mut url = api.cluster.url.clone();
        url.set_path(&format!("{}{path}", url.path().trim_end_matches('/')));
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        let mut ask = Ask::get(url, ANSWER).header("Accept", accept);
        for (name, value) in &api.cluster.headers {
            ask = ask.header(name, value);
        }
        self.object(path, &api.client.ask(ask).await?)
    }

    /// An answer's object. What says that there is none must be the cluster itself, not what stands before it.
    fn object(&self, path: &str, answer: &Answer) -> Result<Option<Value>, StoreError> {
        let body: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
        let said = |name: &str| body[name].as_str().unwrap_or_default();
        let status = answer.status.as_u16();
        match status {
            200 if body.is_object() => Ok(Some(body)),
            404 if (said("kind"), said("reason")) == ("Status", "NotFound") => Ok(None),
            401 | 403 => {
                let cause = format!("GET {path} is answered with status {status}: {}", said("message"));
                let hint =
                    "grant `get` and `list` on secrets, and `get` on leases, in its namespace; no more is needed";
                Err(self.error(Class::Denied, cause).with_hint(hint))
            }
            200 | 404 => {
                Err(self.error(Class::Failed, format!("GET {path} is not answered by a cluster of Kubernetes")))
            }
            _ => {
                Err(self
                    .error(Class::Failed, format!("GET {path} is answered with status {status}: {}", said("message"))))
            }
        }
    }

    fn secrets(&self) -> String {
        format!("/api/v1/namespaces/{}/secrets", self.namespace)
    }

    /// The workspaces that the labels of secrets name (kubernetes/backend_state.go, `Workspaces`).
    async fn names(&self) -> Result<Vec<String>, StoreError> {
        let selector = format!("tfstate=true,tfstateSecretSuffix={}", self.suffix);
        let (limit, mut from, mut names) = (PAGE.to_string(), String::new(), BTreeSet::new());
        for _ in 0..PAGES {
            let mut query = vec![("labelSelector", selector.as_str()), ("limit", limit.as_str())];
            if !from.is_empty() {
                query.push(("continue", from.as_str()));
            }
            let list = self.get(&self.secrets(), METADATA_LIST, &query).await?.unwrap_or_default();
            for secret in list["items"].as_array().into_iter().flatten() {
                let labels = &secret["metadata"]["labels"];
                let workspace = labels["tfstateWorkspace"].as_str().unwrap_or_default();
                if labels["tfstateSecretSuffix"] == *self.suffix && is_name(workspace) {
                    names.insert(workspace.to_owned());
                }
            }
            match list["metadata"]["continue"].as_str() {
                Some(next) if !next.is_empty() => from = next.to_owned(),
                _ => return Ok(names.into_iter().collect()),
            }
        }
        Err(self.error(Class::TooLarge, format!("its list of secrets has more than {PAGES} pages")))
    }

    async fn kept(&self, workspace: &str) -> Result<Kept, StoreError> {
        let name = self.name(workspace)?;
        let (lock, lock_unread) = match self.lock(&name).await {
            Ok(lock) => (lock, None),
            Err(error) => (None, Some(error.cause)),
        };
        let nothing = Kept { lock: lock.clone(), lock_unread: lock_unread.clone(), ..Kept::default() };
        let Some(secret) = self.get(&format!("{}/{name}", self.secrets()), WHOLE, &[]).await? else {
            return Ok(nothing);
        };
        let Some(mut packed) = self.data(&secret)? else { return Ok(nothing) };
        let bytes = match unpacked(&packed, MAX_BYTES) {
            Err(Unpacked::BreaksOff) => {
                self.append_parts(&name, &mut packed).await?;
                unpacked(&packed, MAX_BYTES)
            }
            other => other,
        };
        let bytes = bytes.map_err(|why| match why {
            Unpacked::BreaksOff => self.error(Class::Damaged, "what its secrets hold breaks off"),
            Unpacked::Wrong => self.error(Class::Damaged, "what its secrets hold is not packed with gzip, or damaged"),
            Unpacked::TooLarge => {
                self.error(Class::TooLarge, format!("unpacked, it has more than {} MiB", MAX_BYTES >> 20))
            }
        })?;
        Ok(Kept {
            bytes: Some(bytes),
            stamp: version(&secret),
            modified_at: modified(&secret),
            checked_by: Some("gzip CRC-32".into()),
            lock,
            lock_unread,
            ..Kept::default()
        })
    }

    /// What a secret holds of a state; none where it holds nothing.
    fn data(&self, secret: &Value) -> Result<Option<Vec<u8>>, StoreError> {
        let Some(text) = secret["data"]["tfstate"].as_str().filter(|text| !text.is_empty()) else { return Ok(None) };
        STANDARD.decode(text).map(Some).map_err(|_| self.error(Class::Damaged, "its secret holds no base64"))
    }

    /// Newer Terraform splits what is larger than a secret: `…-part-1`, `…-part-2`, … (kubernetes/client.go, `Put`). That
    /// there are more is seen of the first, which breaks off; so `get` suffices, and nothing left over is taken for a part.
    async fn append_parts(&self, name: &str, packed: &mut Vec<u8>) -> Result<(), StoreError> {
        for part in 1..=PARTS {
            let path = format!("{}/{name}-part-{part}", self.secrets());
            let Some(secret) = self.get(&path, WHOLE, &[]).await? else { return Ok(()) };
            let Some(data) = self.data(&secret)? else { return Ok(()) };
            packed.extend(data);
            if packed.len() as u64 > MAX_BYTES {
                return Err(self.error(Class::TooLarge, format!("packed, it has more than {} MiB", MAX_BYTES >> 20)));
            }
        }
        Err(self.error(Class::TooLarge, format!("it is split into more than {PARTS} secrets")))
    }

    /// Who holds the lease (kubernetes/client.go, `Lock`).
    async fn lock(&self, name: &str) -> Result<Option<Lock>, StoreError> {
        let path = format!("/apis/coordination.k8s.io/v1/namespaces/{}/leases/lock-{name}", self.namespace);
        let Some(lease) = self.get(&path, WHOLE, &[]).await? else { return Ok(None) };
        let Some(holder) = lease["spec"]["holderIdentity"].as_str().filter(|holder| !holder.is_empty()) else {
            return Ok(None);
        };
        let info = lease["metadata"]["annotations"]["app.terraform.io/lock-info"].as_str().unwrap_or_default();
        let lock = Lock::parse(info.as_bytes());
        Ok(Some(if lock.id.is_empty() { Lock { id: printable(holder), ..lock } } else { lock }))
    }

    /// Logging in and all calls together, within the patience of the surroundings.
    async fn within<T>(&self, calls: impl Future<Output = Result<T, StoreError>>) -> Result<T, StoreError> {
        let patience = self.around.patience;
        let late = |_| self.error(Class::TimedOut, format!("its calls take more than {} s", patience.as_secs()));
        tokio::time::timeout(patience, calls).await.map_err(late)?
    }
}

/// Every change of an object changes its version; a change of a state changes the first of its secrets, whose beginning holds
/// the serial.
fn version(secret: &Value) -> Option<String> {
    secret["metadata"]["resourceVersion"].as_str().filter(|version| version.len() <= 256).map(printable)
}

/// When the data was written last, as the server keeps it for whoever manages the field.
fn modified(secret: &Value) -> Option<String> {
    let managers = secret["metadata"]["managedFields"].as_array()?;
    let of_data = managers.iter().filter(|manager| manager["fieldsV1"]["f:data"].is_object());
    of_data
        .filter_map(|manager| manager["time"].as_str()?.parse::<jiff::Timestamp>().ok())
        .max()
        .map(|time| time.to_string())
}

/// Why something could not be unpacked.
#[derive(Debug, PartialEq, Eq)]
enum Unpacked {
    BreaksOff,
    Wrong,
    TooLarge,
}

/// Unpacks one gzip stream, whose checksum and length are at its end; what follows it is not looked at.
fn unpacked(packed: &[u8], limit: u64) -> Result<Vec<u8>, Unpacked> {
    if packed.len() >= 2 && !packed.starts_with(&[0x1f, 0x8b]) {
        return Err(Unpacked::Wrong);
    }
    let mut bytes = Vec::new();
    let read = flate2::bufread::GzDecoder::new(packed).take(limit + 1).read_to_end(&mut bytes);
    match read {
        Ok(_) if bytes.len() as u64 > limit => Err(Unpacked::TooLarge),
        Ok(_) => Ok(bytes),
        Err(error) if error.kind() == ErrorKind::UnexpectedEof => Err(Unpacked::BreaksOff),
        Err(_) => Err(Unpacked::Wrong),
    }
}

impl Store for Secrets {
    fn place(&self, workspace: &str) -> String {
        printable(&format!("kubernetes://{}/tfstate-{workspace}-{}", self.namespace, self.suffix))
    }

    fn workspaces(&self) -> BoxFuture<'_, Result<Vec<String>, StoreError>> {
        Box::pin(self.within(self.names()))
    }

    fn read<'a>(&'a self, workspace: &'a str) -> BoxFuture<'a, Result<Kept, StoreError>> {
        Box::pin(self.within(self.kept(workspace)))
    }

    fn stamp<'a>(&'a self, workspace: &'a str) -> BoxFuture<'a, Result<Option<String>, StoreError>> {
        Box::pin(self.within(async move {
            let path = format!("{}/{}", self.secrets(), self.name(workspace)?);
            Ok(self.get(&path, METADATA, &[]).await?.as_ref().and_then(version))
        }))
    }
}

#[cfg(test)]
mod tests;
