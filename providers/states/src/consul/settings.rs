//! Where Consul is and how it is asked: the arguments of the backend, and the environment variables of Consul's clients.
//! Knows nothing of keys and values.

use crate::web::Trust;
use crate::{Backend, Class, StoreError, Surroundings};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use reqwest::Url;
use std::io::Read;

/// The longest certificate, key or token file that is read.
const LONGEST: u64 = 1 << 20;

/// What the arguments and the environment say (api/api.go of Consul, `defaultConfig` and `NewClient`).
pub(super) struct Settings {
    /// The key of the state of the default workspace.
    pub(super) path: String,
    /// With the prefix of a gateway, where there is one.
    pub(super) address: Url,
    /// Sent with every request: the token, the password.
    pub(super) headers: Vec<(&'static str, String)>,
    /// Added to every request: datacenter, namespace, partition.
    pub(super) queries: Vec<(&'static str, String)>,
    pub(super) trust: Trust,
    /// For printing.
    pub(super) place: String,
}

impl Settings {
    /// Arguments go before the environment, except for a token's file.
    pub(super) fn read(backend: &Backend, around: &Surroundings) -> Result<Self, StoreError> {
        let path = backend.required("path")?.to_owned();
        let either = |argument: &str, variable: &str| backend.text(argument).or_else(|| around.variable(variable));
        let address = address(backend, around)?;
        let place = format!("Consul at {}", address.host_str().unwrap_or_default());
        let place = address.port().map_or(place.clone(), |port| format!("{place}:{port}"));
        let file = |path: &str, what: &str| contents(around, path, what, &place);
        let mut headers = Vec::new();
        let token = match around.variable("CONSUL_HTTP_TOKEN_FILE") {
            Some(path) => {
                Some(String::from_utf8_lossy(&file(path, "the token in CONSUL_HTTP_TOKEN_FILE")?).trim().to_owned())
            }
            None => None,
        };
        let given = || either("access_token", "CONSUL_HTTP_TOKEN").map(str::to_owned);
        if let Some(token) = token.filter(|token| !token.is_empty()).or_else(given) {
            headers.push(("x-consul-token", token));
        }
        if let Some(pair) = either("http_auth", "CONSUL_HTTP_AUTH") {
            let pair = if pair.contains(':') { pair.to_owned() } else { format!("{pair}:") };
            headers.push(("authorization", format!("Basic {}", STANDARD.encode(pair))));
        }
        let named = |name, value: Option<&str>| value.map(|value| (name, value.to_owned()));
        let queries = [
            named("dc", backend.text("datacenter")),
            named("ns", around.variable("CONSUL_NAMESPACE")),
            named("partition", around.variable("CONSUL_PARTITION")),
        ];
        let authorities = match either("ca_file", "CONSUL_CACERT") {
            Some(path) => Some(file(path, "the certificate authority")?),
            None => None,
        };
        let identity = match (either("cert_file", "CONSUL_CLIENT_CERT"), either("key_file", "CONSUL_CLIENT_KEY")) {
            (Some(certificate), Some(key)) => {
                let mut pem = file(certificate, "the client certificate")?;
                pem.push(b'\n');
                pem.extend(file(key, "the client certificate's key")?);
                Some(pem)
            }
            (None, None) => None,
            _ => return Err(StoreError::new(&place, Class::Unset, "`cert_file` and `key_file` need each other")),
        };
        let any = around.variable("CONSUL_HTTP_SSL_VERIFY").and_then(truth) == Some(false);
        let queries = queries.into_iter().flatten().collect();
        Ok(Self { path, address, headers, queries, trust: Trust { authorities, identity, any }, place })
    }
}

/// `host:port`, or with a scheme, which may add TLS and never takes it away; a path after it is a gateway's prefix.
fn address(backend: &Backend, around: &Surroundings) -> Result<Url, StoreError> {
    let unset = |cause: &str| StoreError::new("consul backend", Class::Unset, cause);
    let given = backend.text("address").or_else(|| around.variable("CONSUL_HTTP_ADDR")).unwrap_or("127.0.0.1:8500");
    let secured = around.variable("CONSUL_HTTP_SSL").and_then(truth) == Some(true);
    let scheme = backend.text("scheme").unwrap_or(if secured { "https" } else { "http" });
    let (scheme, rest) = match given.split_once("://") {
        Some(("https", rest)) => ("https", rest),
        Some(("http", rest)) => (scheme, rest),
        Some(("unix", _)) => {
            let error =
                StoreError::new("consul backend", Class::Unsupported, "driftline does not ask Consul on a Unix socket");
            return Err(error.with_hint("name an address of the agent's HTTP interface in CONSUL_HTTP_ADDR"));
        }
        Some(_) => return Err(unset("its address has a scheme that is neither http nor https")),
        None => (scheme, given),
    };
    if !matches!(scheme, "http" | "https") {
        return Err(unset("its scheme is neither http nor https"));
    }
    let url = Url::parse(&format!("{scheme}://{rest}")).map_err(|_| unset("its address is none"))?;
    if !url.username().is_empty() || url.password().is_some() || url.query().is_some() || url.fragment().is_some() {
        return Err(unset(
            "its address has more than a host, a port and a path; a password belongs into CONSUL_HTTP_AUTH",
        ));
    }
    Ok(url)
}

/// As Go reads truth values (`strconv.ParseBool`).
fn truth(text: &str) -> Option<bool> {
    match text {
        "1" | "t" | "T" | "true" | "TRUE" | "True" => Some(true),
        "0" | "f" | "F" | "false" | "FALSE" | "False" => Some(false),
        _ => None,
    }
}

fn contents(around: &Surroundings, path: &str, what: &str, place: &str) -> Result<Vec<u8>, StoreError> {
    let cause = |error: std::io::Error| StoreError::new(place, Class::Unset, format!("{what} cannot be read: {error}"));
    let file = std::fs::File::open(around.directory.join(path)).map_err(cause)?;
    let mut bytes = Vec::new();
    file.take(LONGEST).read_to_end(&mut bytes).map_err(cause)?;
    Ok(bytes)
}
