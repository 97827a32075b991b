//! States named by an address on the command line: `s3://bucket/key?region=…`, `pg://…`, `https://…`, …
//! Knows nothing of how they are read. What an address holds is never in an error, for it may be a password.

use crate::{Backend, Class, StoreError};
use serde_json::{Map, Value, json};

/// A state that an address names.
#[derive(Debug, Clone, PartialEq)]
pub struct NamedState {
    /// Where it is kept.
    pub backend: Backend,
    /// Its workspace; none for all of them.
    pub workspace: Option<String>,
}

/// The schemes that are known, as errors name them.
const SCHEMES: &str =
    "s3, gs, azurerm, http, https, pg, postgres, postgresql, kubernetes, consul, consul+https, tfe and hcp";

/// Reads an address. None where it is none: a path, a pattern or `-`.
///
/// # Errors
/// When its scheme is unknown, or known and the rest means nothing.
pub fn named(address: &str) -> Result<Option<NamedState>, StoreError> {
    let Some((scheme, rest)) = address.split_once("://") else { return Ok(None) };
    // A single letter is a drive of Windows, and what has a slash is a path.
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.');
    if scheme.len() < 2 || !scheme.starts_with(|c: char| c.is_ascii_alphabetic()) || !scheme.chars().all(plain) {
        return Ok(None);
    }
    let scheme = scheme.to_ascii_lowercase();
    let named = match scheme.as_str() {
        "http" | "https" => http(&scheme, rest),
        "pg" | "postgres" | "postgresql" => pg(rest),
        "s3" => Address::read("s3", rest, S3).and_then(s3),
        "gs" | "gcs" => Address::read("gs", rest, GCS).and_then(gcs),
        "azurerm" => Address::read("azurerm", rest, AZURERM).and_then(azurerm),
        "kubernetes" => Address::read("kubernetes", rest, KUBERNETES).and_then(kubernetes),
        "consul" | "consul+http" => Address::read("consul", rest, CONSUL).and_then(|address| consul(address, "http")),
        "consul+https" => Address::read("consul+https", rest, CONSUL).and_then(|address| consul(address, "https")),
        "tfe" => Address::read("tfe", rest, CLOUD).and_then(tfe),
        "hcp" => Address::read("hcp", rest, CLOUD).and_then(hcp),
        "oci" | "cos" | "oss" => {
            let cause = "driftline does not read this kind of store itself";
            Err(StoreError::new(format!("{scheme}:// address"), Class::Unsupported, cause))
        }
        other => {
            let cause = format!("no store has this scheme; known are {SCHEMES}");
            let hint = "name one of these, a file, or `-` for a state that is piped in";
            Err(StoreError::new(format!("{other}:// address"), Class::Unset, cause).with_hint(hint))
        }
    };
    named.map(Some)
}

/// A query key, and the argument of the backend that it sets. `workspace` is known everywhere that has workspaces.
type Keys = &'static [(&'static str, &'static str)];

const S3: Keys = &[
    ("region", "region"),
    ("profile", "profile"),
    ("endpoint", ""),
    ("use_path_style", "use_path_style"),
    ("workspace_key_prefix", "workspace_key_prefix"),
    ("role_arn", ""),
    ("dynamodb_table", "dynamodb_table"),
    ("use_lockfile", "use_lockfile"),
    ("workspace", ""),
];
const GCS: Keys = &[
    ("impersonate_service_account", "impersonate_service_account"),
    ("endpoint", "storage_custom_endpoint"),
    ("workspace", ""),
];
const AZURERM: Keys = &[
    ("resource_group_name", "resource_group_name"),
    ("subscription_id", "subscription_id"),
    ("tenant_id", "tenant_id"),
    ("client_id", "client_id"),
    ("environment", "environment"),
    ("use_azuread_auth", "use_azuread_auth"),
    ("use_cli", "use_cli"),
    ("use_msi", "use_msi"),
    ("use_oidc", "use_oidc"),
    ("workspace", ""),
];
const KUBERNETES: Keys = &[
    ("config_path", "config_path"),
    ("context", "config_context"),
    ("in_cluster_config", "in_cluster_config"),
    ("workspace", ""),
];
const CONSUL: Keys = &[("datacenter", "datacenter"), ("ca_file", "ca_file"), ("workspace", "")];
const CLOUD: Keys = &[("tags", ""), ("project", "")];
/// Ours; what else is in the query is libpq's.
const PG: &[&str] = &["schema", "table", "workspace"];

/// An address in its parts, decoded.
struct Address {
    scheme: &'static str,
    host: String,
    /// After the host's slash.
    path: String,
    arguments: Map<String, Value>,
    /// Query keys that are no argument by themselves.
    extra: Map<String, Value>,
}

impl Address {
    fn read(scheme: &'static str, rest: &str, keys: Keys) -> Result<Self, StoreError> {
        let (front, query) = rest.split_once('?').unwrap_or((rest, ""));
        let (host, path) = front.split_once('/').unwrap_or((front, ""));
        if host.contains('@') || query.contains('@') {
            let cause = "it has a `@`: credentials do not belong in it, and any other is written `%40`";
            return Err(meaningless(scheme, cause));
        }
        let part =
            |text: &str| decoded(text).ok_or_else(|| meaningless(scheme, "a `%` in it begins no UTF-8 character"));
        let (mut arguments, mut extra) = (Map::new(), Map::new());
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
            let known = keys.iter().find(|(known, _)| *known == key);
            let (key, argument) = known.ok_or_else(|| unknown(scheme, key, keys.iter().map(|(key, _)| *key)))?;
            let value = part(value)?;
            if value.is_empty() {
                return Err(meaningless(scheme, &format!("`{key}` has no value")));
            }
            let (map, name) = if argument.is_empty() { (&mut extra, key) } else { (&mut arguments, argument) };
            if map.insert((*name).to_owned(), Value::String(value)).is_some() {
                return Err(meaningless(scheme, &format!("`{key}` is there twice")));
            }
        }
        Ok(Self { scheme, host: part(host)?, path: part(path)?, arguments, extra })
    }

    /// Sets arguments out of the address itself; what is empty is missing.
    fn with(mut self, parts: &[(&str, String)], shape: &str) -> Result<Self, StoreError> {
        for (name, value) in parts {
            if value.is_empty() {
                return Err(meaningless(self.scheme, &format!("it is not of the shape `{}://{shape}`", self.scheme)));
            }
            self.arguments.insert((*name).to_owned(), Value::String(value.clone()));
        }
        Ok(self)
    }

    fn taken(&mut self, key: &str) -> Option<String> {
        match self.extra.remove(key) {
            Some(Value::String(text)) => Some(text),
            _ => None,
        }
    }

    fn state(mut self, kind: &str) -> NamedState {
        let workspace = self.taken("workspace");
        NamedState { backend: Backend { kind: kind.to_owned(), arguments: self.arguments }, workspace }
    }

    /// The path's first part, and the rest.
    fn halves(&self) -> (String, String) {
        let (first, rest) = self.path.split_once('/').unwrap_or((&self.path, ""));
        (first.to_owned(), rest.to_owned())
    }
}

fn s3(address: Address) -> Result<NamedState, StoreError> {
    let parts = [("bucket", address.host.clone()), ("key", address.path.clone())];
    let mut address = address.with(&parts, "BUCKET/KEY")?;
    if let Some(endpoint) = address.taken("endpoint") {
        address.arguments.insert("endpoints".into(), json!({ "s3": endpoint }));
    }
    if let Some(role) = address.taken("role_arn") {
        address.arguments.insert("assume_role".into(), json!({ "role_arn": role }));
    }
    Ok(address.state("s3"))
}

fn gcs(address: Address) -> Result<NamedState, StoreError> {
    let (bucket, prefix) = (address.host.clone(), address.path.trim_end_matches('/').to_owned());
    let mut address = address.with(&[("bucket", bucket)], "BUCKET/PREFIX")?;
    if !prefix.is_empty() {
        address.arguments.insert("prefix".into(), Value::String(prefix));
    }
    Ok(address.state("gcs"))
}

fn azurerm(address: Address) -> Result<NamedState, StoreError> {
    let (container, key) = address.halves();
    let parts = [("storage_account_name", address.host.clone()), ("container_name", container), ("key", key)];
    Ok(address.with(&parts, "ACCOUNT/CONTAINER/KEY")?.state("azurerm"))
}

fn kubernetes(address: Address) -> Result<NamedState, StoreError> {
    let parts = [("namespace", address.host.clone()), ("secret_suffix", address.path.clone())];
    Ok(address.with(&parts, "NAMESPACE/SECRET_SUFFIX")?.state("kubernetes"))
}

fn consul(address: Address, scheme: &str) -> Result<NamedState, StoreError> {
    let parts = [("address", address.host.clone()), ("path", address.path.clone()), ("scheme", scheme.to_owned())];
    Ok(address.with(&parts, "HOST:PORT/PATH")?.state("consul"))
}

fn tfe(address: Address) -> Result<NamedState, StoreError> {
    let (organization, workspace) = address.halves();
    let host = address.host.clone();
    cloud(address, host, organization, workspace, "HOST/ORGANIZATION/WORKSPACE")
}

fn hcp(address: Address) -> Result<NamedState, StoreError> {
    let (organization, workspace) = (address.host.clone(), address.path.clone());
    cloud(address, "app.terraform.io".into(), organization, workspace, "ORGANIZATION/WORKSPACE")
}

/// A workspace by its name, or those that have all of the tags, or that are in the project.
fn cloud(
    address: Address,
    host: String,
    organization: String,
    workspace: String,
    shape: &str,
) -> Result<NamedState, StoreError> {
    let mut address = address.with(&[("hostname", host), ("organization", organization)], shape)?;
    let mut workspaces = Map::new();
    if let Some(tags) = address.taken("tags") {
        workspaces.insert("tags".into(), tags.split(',').collect());
    }
    if let Some(project) = address.taken("project") {
        workspaces.insert("project".into(), Value::String(project));
    }
    if workspace.contains('/') || (workspace.is_empty() && workspaces.is_empty()) {
        return Err(meaningless(address.scheme, &format!("it is not of the shape `{}://{shape}`", address.scheme)));
    }
    if !workspace.is_empty() {
        workspaces.insert("name".into(), Value::String(workspace));
    }
    address.arguments.insert("workspaces".into(), Value::Object(workspaces));
    Ok(address.state("cloud"))
}

/// The whole address is the backend's, its query too.
fn http(scheme: &str, rest: &str) -> Result<NamedState, StoreError> {
    let address = format!("{scheme}://{rest}");
    if !reqwest::Url::parse(&address).is_ok_and(|url| url.has_host()) {
        return Err(meaningless(scheme, "it cannot be understood"));
    }
    let arguments = Map::from_iter([("address".to_owned(), Value::String(address))]);
    Ok(NamedState { backend: Backend { kind: "http".into(), arguments }, workspace: None })
}

/// A connection string, less what is ours in its query.
fn pg(rest: &str) -> Result<NamedState, StoreError> {
    let (front, query) = rest.split_once('?').unwrap_or((rest, ""));
    if query.contains('@') {
        return Err(meaningless(
            "pg",
            "it has a `@` behind its `?`: in a password, write `?` as `%3F` and `@` as `%40`",
        ));
    }
    let (mut arguments, mut workspace, mut left) = (Map::new(), None, Vec::new());
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
        if !PG.contains(&key) {
            if !crate::pg::is_keyword(key) {
                return Err(unknown("pg", key, PG.iter().copied().chain(["the parameters of libpq"])));
            }
            left.push(pair);
            continue;
        }
        let value = decoded(value).filter(|value| !value.is_empty());
        let value = value.ok_or_else(|| meaningless("pg", &format!("`{key}` has no value")))?;
        match key {
            "workspace" => workspace = Some(value),
            key => drop(arguments.insert(format!("{key}_name"), Value::String(value))),
        }
    }
    let query = if left.is_empty() { String::new() } else { format!("?{}", left.join("&")) };
    arguments.insert("conn_str".into(), Value::String(format!("postgres://{front}{query}")));
    Ok(NamedState { backend: Backend { kind: "pg".into(), arguments }, workspace })
}

fn meaningless(scheme: &str, cause: &str) -> StoreError {
    let hint = "see `driftline scan --help` for the shapes of addresses";
    StoreError::new(format!("{scheme}:// address"), Class::Unset, cause).with_hint(hint)
}

/// A key that looks like none is not named: it may be part of a password with a `?`.
fn unknown(scheme: &str, key: &str, known: impl Iterator<Item = &'static str>) -> StoreError {
    let known = known.collect::<Vec<_>>().join(", ");
    let plain = key.len() <= 40 && key.chars().all(|c| c.is_ascii_lowercase() || c == '_');
    let named = if plain { format!("`{key}`") } else { "a key".to_owned() };
    let cause = format!("{named} in its query is not known; known are {known}");
    meaningless(scheme, &cause)
}

/// A part of an address without percent signs; none where that is no UTF-8.
pub(crate) fn decoded(part: &str) -> Option<String> {
    let (mut bytes, mut rest) = (Vec::with_capacity(part.len()), part.as_bytes());
    while let Some((first, behind)) = rest.split_first() {
        rest = behind;
        if *first != b'%' {
            bytes.push(*first);
            continue;
        }
        let (digits, behind) = rest.split_at_checked(2)?;
        let digits = std::str::from_utf8(digits).ok().filter(|digits| !digits.starts_with('+'))?;
        bytes.push(u8::from_str_radix(digits, 16).ok()?);
        rest = behind;
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests;
