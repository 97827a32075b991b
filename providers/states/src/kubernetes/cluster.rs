//! Which cluster a kubernetes backend means, and how it is logged in to: kubeconfig files, arguments, variables, a pod's own
//! account.
//! Knows nothing of states, and sends nothing.

use super::login;
use crate::web::Trust;
use crate::{Backend, Class, StoreError, Surroundings};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use kube::config::{AuthInfo, Cluster as Named, ExecConfig, Kubeconfig};
use reqwest::Url;
use serde_json::{Value, json};
use std::io::{Error, ErrorKind, Read};
use std::path::{Path, PathBuf};

/// The largest kubeconfig, certificate or token that is read.
const MOST_BYTES: u64 = 4 << 20;
/// Where a pod finds its account (Kubernetes, "Accessing the API from a Pod").
const ACCOUNT: &str = "/var/run/secrets/kubernetes.io/serviceaccount";

/// A cluster, and who asks it.
pub(super) struct Cluster {
    pub(super) url: Url,
    pub(super) headers: Vec<(&'static str, String)>,
    pub(super) trust: Trust,
    pub(super) proxy: Option<String>,
}

fn unset(cause: impl AsRef<str>) -> StoreError {
    StoreError::new("kubernetes backend", Class::Unset, cause)
}

/// An argument, or the variable that stands in for it (internal/backend/remote-state/kubernetes/backend.go,
/// `SDKLikeDefaults`).
pub(super) fn given(backend: &Backend, around: &Surroundings, name: &str, variable: &str) -> Option<String> {
    backend.text(name).or_else(|| around.variable(variable)).map(str::to_owned)
}

fn flag(backend: &Backend, around: &Surroundings, name: &str, variable: &str) -> bool {
    match backend.arguments.get(name) {
        None | Some(Value::Null) => {
            matches!(around.variable(variable), Some("1" | "t" | "T" | "true" | "TRUE" | "True"))
        }
        Some(_) => backend.flag(name),
    }
}

/// Finds the cluster as `getInitialConfig` and `Configure` of kubernetes/backend.go do, and logs in.
pub(super) async fn find(backend: &Backend, around: &Surroundings) -> Result<Cluster, StoreError> {
    let (mut named, mut user, outside) = if flag(backend, around, "in_cluster_config", "KUBE_IN_CLUSTER_CONFIG") {
        own_account(around).ok_or_else(|| unset("`in_cluster_config` is set, and this is no pod of a cluster"))?
    } else {
        match from_files(backend, around)? {
            Some(found) => found,
            None => own_account(around).unwrap_or_default(),
        }
    };
    user = overridden(user, arguments(backend, around, &mut named))?;
    let mut may_run = outside;
    if let Some(exec) = backend.blocks("exec").first() {
        user.exec = Some(exec_of(exec)?);
        may_run = false; // the configuration names it, which anyone who proposes a change can write
    }
    if user.auth_provider.is_some() && user.exec.is_none() {
        let cause = "its kubeconfig logs in by `auth-provider`, which Kubernetes has removed: use `exec`";
        return Err(StoreError::new("kubernetes backend", Class::Unsupported, cause));
    }
    if let Some(exec) = user.exec.take() {
        let may_run = may_run || around.may_run_programs;
        user = overridden(user, login::run(&exec, &named, around, may_run).await?)?;
    }
    assembled(&named, &user)
}

/// Sets of the cluster what arguments and variables say, and returns what they say of the user.
fn arguments(backend: &Backend, around: &Surroundings, named: &mut Named) -> serde_json::Map<String, Value> {
    let argument = |name: &str, variable: &str| given(backend, around, name, variable);
    if let Some(host) = argument("host", "KUBE_HOST") {
        named.server = Some(host);
    }
    if let Some(pem) = argument("cluster_ca_certificate", "KUBE_CLUSTER_CA_CERT_DATA") {
        named.certificate_authority_data = Some(STANDARD.encode(pem));
    }
    if flag(backend, around, "insecure", "KUBE_INSECURE") {
        named.insecure_skip_tls_verify = Some(true);
    }
    if let Some(address) = argument("proxy_url", "KUBE_PROXY_URL") {
        named.proxy_url = Some(address);
    }
    let mut over = serde_json::Map::new();
    for (name, variable, key) in [
        ("username", "KUBE_USER", "username"),
        ("password", "KUBE_PASSWORD", "password"),
        ("token", "KUBE_TOKEN", "token"),
    ] {
        if let Some(value) = argument(name, variable) {
            over.insert(key.into(), value.into());
        }
    }
    for (name, variable, key) in [
        ("client_certificate", "KUBE_CLIENT_CERT_DATA", "client-certificate-data"),
        ("client_key", "KUBE_CLIENT_KEY_DATA", "client-key-data"),
    ] {
        if let Some(pem) = argument(name, variable) {
            over.insert(key.into(), STANDARD.encode(pem).into());
        }
    }
    over
}

/// A user with some fields set anew. (Built as JSON, for its secrets have a type of their own.)
fn overridden(user: AuthInfo, over: serde_json::Map<String, Value>) -> Result<AuthInfo, StoreError> {
    if over.is_empty() {
        return Ok(user);
    }
    let exec = user.exec.clone();
    let build = || -> Option<AuthInfo> {
        let mut fields = serde_json::to_value(&user).ok()?;
        fields.as_object_mut()?.extend(over);
        fields.as_object_mut()?.remove("exec");
        serde_json::from_value(fields).ok()
    };
    let mut user = build().ok_or_else(|| unset("how to log in to the cluster cannot be understood"))?;
    user.exec = exec;
    Ok(user)
}

/// What the files of `config_path`, `config_paths` or their variables say; none where there are none. The last says whether
/// all of them lie outside of the work tree.
fn from_files(backend: &Backend, around: &Surroundings) -> Result<Option<(Named, AuthInfo, bool)>, StoreError> {
    let paths: Vec<PathBuf> = match given(backend, around, "config_path", "KUBE_CONFIG_PATH") {
        Some(path) => vec![path.into()],
        None => match backend.arguments.get("config_paths").and_then(Value::as_array) {
            Some(paths) => paths.iter().filter_map(Value::as_str).map(PathBuf::from).collect(),
            None => around
                .variable("KUBE_CONFIG_PATHS")
                .map(|paths| std::env::split_paths(paths).collect())
                .unwrap_or_default(),
        },
    };
    let (mut merged, mut outside): (Option<Kubeconfig>, bool) = (None, true);
    for path in paths.iter().filter(|path| !path.as_os_str().is_empty()) {
        let path = around.directory.join(expanded(path, around));
        // One that is not there is passed over, as Terraform does.
        let Ok(metadata) = std::fs::metadata(&path) else { continue };
        let unread = |why: &str| unset(format!("the kubeconfig `{}` {why}", path.display()));
        if !metadata.is_file() || metadata.len() > MOST_BYTES {
            return Err(unread("is no file, or a very large one"));
        }
        outside &= !is_in_work_tree(&path, &around.directory);
        let read = Kubeconfig::read_from(&path).map_err(|_| unread("cannot be understood"))?;
        merged = Some(match merged {
            Some(before) => before.merge(read).map_err(|_| unread("cannot be merged with those before it"))?,
            None => read,
        });
    }
    let Some(config) = merged else { return Ok(None) };
    let argument = |name: &str, variable: &str| given(backend, around, name, variable);
    let context = argument("config_context", "KUBE_CTX").or_else(|| config.current_context.clone()).unwrap_or_default();
    let found = config.contexts.iter().find(|named| named.name == context).and_then(|named| named.context.clone());
    let cluster =
        argument("config_context_cluster", "KUBE_CTX_CLUSTER").or_else(|| Some(found.as_ref()?.cluster.clone()));
    let user = argument("config_context_auth_info", "KUBE_CTX_AUTH_INFO").or_else(|| found.as_ref()?.user.clone());
    let Some(cluster) = cluster else {
        return Err(
            unset(format!("its kubeconfig has no context `{context}`")).with_hint("set `config_context` or KUBE_CTX")
        );
    };
    let named = config.clusters.into_iter().find(|named| named.name == cluster).and_then(|named| named.cluster);
    let named = named.ok_or_else(|| unset(format!("its kubeconfig has no cluster `{cluster}`")))?;
    let user = match user.filter(|name| !name.is_empty()) {
        None => AuthInfo::default(),
        Some(name) => {
            let found = config.auth_infos.into_iter().find(|user| user.name == name).and_then(|user| user.auth_info);
            found.ok_or_else(|| unset(format!("its kubeconfig has no user `{name}`")))?
        }
    };
    Ok(Some((named, user, outside)))
}

/// `~` is the home directory.
fn expanded(path: &Path, around: &Surroundings) -> PathBuf {
    match (path.strip_prefix("~"), around.home()) {
        (Ok(rest), Some(home)) => home.join(rest),
        _ => path.to_owned(),
    }
}

/// Whether a file is of the repository that is scanned: whoever proposes a change could have written it.
fn is_in_work_tree(path: &Path, directory: &Path) -> bool {
    let (Ok(path), Ok(directory)) = (path.canonicalize(), directory.canonicalize()) else { return true };
    let top = directory.ancestors().find(|folder| folder.join(".git").exists()).unwrap_or(&directory);
    path.starts_with(top)
}

/// A pod's own account; none outside of a pod.
fn own_account(around: &Surroundings) -> Option<(Named, AuthInfo, bool)> {
    let host = around.variable("KUBERNETES_SERVICE_HOST")?;
    let port = around.variable("KUBERNETES_SERVICE_PORT")?;
    let host = if host.contains(':') { format!("[{host}]") } else { host.to_owned() };
    let named = Named {
        server: Some(format!("https://{host}:{port}")),
        certificate_authority: Some(format!("{ACCOUNT}/ca.crt")),
        ..Named::default()
    };
    let user = AuthInfo { token_file: Some(format!("{ACCOUNT}/token")), ..AuthInfo::default() };
    Some((named, user, true))
}

/// The `exec` block of the backend.
fn exec_of(block: &serde_json::Map<String, Value>) -> Result<ExecConfig, StoreError> {
    let env: Vec<Value> = block
        .get("env")
        .and_then(Value::as_object)
        .into_iter()
        .flatten()
        .map(|(name, value)| json!({ "name": name, "value": value.as_str().unwrap_or_default() }))
        .collect();
    let exec = json!({
        "apiVersion": block.get("api_version"), "command": block.get("command"), "args": block.get("args"), "env": env,
    });
    serde_json::from_value(exec).map_err(|_| unset("its `exec` block cannot be understood"))
}

/// Everything read from its files and put into the shape of a request.
fn assembled(named: &Named, user: &AuthInfo) -> Result<Cluster, StoreError> {
    let server = named.server.as_deref().filter(|server| !server.is_empty());
    let server = server.ok_or_else(|| {
        unset("no cluster is named: neither by a kubeconfig nor by `host`")
            .with_hint("set `config_path` or KUBE_CONFIG_PATH; KUBECONFIG alone is not read by this backend")
    })?;
    let server = if server.contains("://") { server.to_owned() } else { format!("https://{server}") };
    let url = Url::parse(&server).ok().filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
    let mut url = url.ok_or_else(|| unset("the address of the cluster cannot be understood"))?;
    if named.tls_server_name.as_ref().is_some_and(|name| Some(name.as_str()) != url.host_str()) {
        let cause = "its kubeconfig sets `tls-server-name`, which driftline does not do";
        return Err(StoreError::new("kubernetes backend", Class::Unsupported, cause));
    }
    let _ = (url.set_username(""), url.set_password(None));
    let pem = |data: Option<&str>, file: Option<&str>, what: &str| match (data, file) {
        (Some(data), _) if !data.is_empty() => STANDARD
            .decode(data.trim())
            .map(Some)
            .map_err(|_| unset(format!("the {what} in its kubeconfig is no base64"))),
        (_, Some(file)) if !file.is_empty() => {
            bounded(file).map(Some).map_err(|error| unset(format!("the {what} `{file}` cannot be read: {error}")))
        }
        _ => Ok(None),
    };
    let any = named.insecure_skip_tls_verify.unwrap_or(false);
    let authority = named.certificate_authority.as_deref();
    let authorities = pem(named.certificate_authority_data.as_deref(), authority, "certificate authority")?;
    let certificate =
        pem(user.client_certificate_data.as_deref(), user.client_certificate.as_deref(), "client certificate")?;
    let key = login::secret(user, "client-key-data");
    let key = pem(key.as_deref(), user.client_key.as_deref(), "client key")?;
    let identity = certificate.zip(key).map(|(certificate, key)| [certificate, b"\n".to_vec(), key].concat());
    let trust = Trust { authorities: authorities.filter(|_| !any), identity, any };
    Ok(Cluster {
        url,
        headers: headers(user)?,
        trust,
        proxy: named.proxy_url.clone().filter(|address| !address.is_empty()),
    })
}

fn headers(user: &AuthInfo) -> Result<Vec<(&'static str, String)>, StoreError> {
    let mut headers = Vec::new();
    let token = match (login::secret(user, "token"), &user.token_file) {
        (Some(token), _) => Some(token),
        (None, Some(file)) => {
            let bytes = bounded(file).map_err(|error| unset(format!("the token `{file}` cannot be read: {error}")))?;
            Some(String::from_utf8_lossy(&bytes).trim().to_owned())
        }
        _ => None,
    };
    if let Some(token) = token {
        headers.push(("Authorization", format!("Bearer {token}")));
    } else if let Some(name) = &user.username {
        let password = login::secret(user, "password").unwrap_or_default();
        headers.push(("Authorization", format!("Basic {}", STANDARD.encode(format!("{name}:{password}")))));
    }
    if let Some(name) = &user.impersonate {
        headers.push(("Impersonate-User", name.clone()));
    }
    if user.impersonate_groups.as_ref().is_some_and(|groups| !groups.is_empty())
        || user.impersonate_user_extra.is_some()
    {
        let cause = "its kubeconfig impersonates groups, which driftline does not do";
        return Err(StoreError::new("kubernetes backend", Class::Unsupported, cause));
    }
    Ok(headers)
}

fn bounded(path: impl AsRef<Path>) -> Result<Vec<u8>, Error> {
    let mut bytes = Vec::new();
    std::fs::File::open(path)?.take(MOST_BYTES + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > MOST_BYTES {
        return Err(Error::new(ErrorKind::InvalidData, "it is very large"));
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests;
