//! The key provider `openbao`: a key that the transit engine of OpenBao (or Vault) decrypts.
//! Knows nothing of how HTTP is spoken.

use super::keys::{Key, bytes, key_of};
use super::{Arguments, DecryptError};
use crate::error::printable;
use crate::web::{Ask, Client, Trust};
use crate::{Class, StoreError, Surroundings};
use reqwest::{Method, StatusCode, Url};
use serde::Deserialize;
use serde_json::json;
use std::io::Read;
use zeroize::Zeroizing;

/// Bytes of an answer, and of a file with certificates.
const LIMIT: u64 = 1 << 20;

/// internal/encryption/keyprovider/openbao/provider.go, `keyMeta`.
#[derive(Deserialize)]
struct Metadata {
    ciphertext: String,
    #[serde(default)]
    associated_data: Option<String>,
}

#[derive(Deserialize)]
struct Answer {
    data: Data,
}

#[derive(Deserialize)]
struct Data {
    plaintext: String,
}

/// Asks the transit engine for the key. One call, `update` on `<engine>/decrypt/<key>`
/// (internal/encryption/keyprovider/openbao/client.go, `decryptData`).
pub(super) async fn key(arguments: &Arguments, metadata: &[u8], around: &Surroundings) -> Result<Key, DecryptError> {
    let damaged =
        || DecryptError::new("its metadata is not that of `openbao`", "restore the state from an earlier version");
    let metadata: Metadata = serde_json::from_slice(metadata).map_err(|_| damaged())?;
    let ciphertext = bytes(&metadata.ciphertext).and_then(|text| String::from_utf8(text).ok()).ok_or_else(damaged)?;
    let url = address(arguments, around)?;
    let place = format!("OpenBao at {}", url.host_str().unwrap_or_default());
    let client = Client::new(&place, around, &trust(around)?).map_err(from_web)?;
    let mut body = json!({ "ciphertext": ciphertext });
    let configured = arguments.text("associated_data").map(str::to_owned);
    if let Some(associated) = metadata.associated_data.or(configured).filter(|associated| !associated.is_empty()) {
        body["associated_data"] = associated.into();
    }
    let mut ask = Ask::get(url, LIMIT).header("Content-Type", "application/json").header("X-Vault-Request", "true");
    ask.method = Method::POST;
    ask.body = Some(body.to_string().into_bytes());
    if let Some(token) = arguments.text("token").or_else(|| either(around, "TOKEN")) {
        ask = ask.header("X-Vault-Token", token);
    }
    if let Some(namespace) = either(around, "NAMESPACE") {
        ask = ask.header("X-Vault-Namespace", namespace);
    }
    let answer = client.ask(ask).await.map_err(from_web)?;
    let body = Zeroizing::new(answer.body);
    if answer.status != StatusCode::OK {
        return Err(refused(answer.status, &body));
    }
    let nothing = || DecryptError::new("OpenBao answers without a key", "check `address` and `transit_engine_path`");
    let parsed: Answer = serde_json::from_slice(&body).map_err(|_| nothing())?;
    key_of(&Zeroizing::new(parsed.data.plaintext)).ok_or_else(nothing)
}

/// OpenBao's variables, then Vault's, which its client reads too.
fn either<'a>(around: &'a Surroundings, name: &str) -> Option<&'a str> {
    around.variable(&format!("BAO_{name}")).or_else(|| around.variable(&format!("VAULT_{name}")))
}

/// Where the key is decrypted: `address`, `BAO_ADDR` or the client's default; `transit_engine_path`, which is `transit`.
fn address(arguments: &Arguments, around: &Surroundings) -> Result<Url, DecryptError> {
    let name = arguments.required("key_name")?;
    let engine = arguments.text("transit_engine_path").unwrap_or("transit");
    let base = arguments.text("address").or_else(|| either(around, "ADDR")).unwrap_or("https://127.0.0.1:8200");
    let wrong = || {
        let cause = "its `address`, `transit_engine_path` or `key_name` makes no address";
        DecryptError::new(cause, "set `address`, or BAO_ADDR, to one such as https://bao.example.com:8200")
    };
    let mut url = Url::parse(base).map_err(|_| wrong())?;
    let engine: Vec<&str> = engine.split('/').filter(|segment| !segment.is_empty()).collect();
    let odd = |segment: &&str| matches!(*segment, "." | "..");
    if !matches!(url.scheme(), "http" | "https") || url.host_str().is_none() || engine.iter().any(odd) || odd(&name) {
        return Err(wrong());
    }
    url.set_query(None);
    url.set_fragment(None);
    url.path_segments_mut().map_err(|()| wrong())?.pop_if_empty().push("v1").extend(engine).push("decrypt").push(name);
    Ok(url)
}

/// Whom to trust, as the client's variables say.
fn trust(around: &Surroundings) -> Result<Trust, DecryptError> {
    let read = |name: &str| -> Result<Option<Vec<u8>>, DecryptError> {
        let Some(path) = either(around, name) else { return Ok(None) };
        let mut bytes = Vec::new();
        let file = std::fs::File::open(around.directory.join(path));
        file.and_then(|file| file.take(LIMIT).read_to_end(&mut bytes)).map_err(|error| {
            let cause = format!("the file that BAO_{name} names cannot be read: {}", printable(&error.to_string()));
            DecryptError::new(cause, format!("check BAO_{name}"))
        })?;
        Ok(Some(bytes))
    };
    let identity = match (read("CLIENT_CERT")?, read("CLIENT_KEY")?) {
        (Some(certificate), Some(key)) => Some([certificate, b"\n".to_vec(), key].concat()),
        _ => None,
    };
    let any = matches!(either(around, "SKIP_VERIFY"), Some("1" | "t" | "T" | "true" | "TRUE" | "True"));
    Ok(Trust { authorities: read("CACERT")?, identity, any })
}

/// What the HTTP client says, as far as it concerns keys.
pub(super) fn from_web(error: StoreError) -> DecryptError {
    let cause = format!("its key cannot be fetched: {}", error.cause);
    let hint = match error.class {
        Class::TimedOut => "check that the key service can be reached from here, then scan again",
        _ if error.cause.contains("certificate") => {
            "trust its certificate authority on this machine (SSL_CERT_FILE), or for OpenBao name it in BAO_CACERT"
        }
        _ => "check the address of the key service, proxies, and that it runs; then scan again",
    };
    DecryptError::new(cause, hint)
}

fn refused(status: StatusCode, body: &[u8]) -> DecryptError {
    #[derive(Deserialize)]
    struct Refusal {
        #[serde(default)]
        errors: Vec<String>,
    }
    let told = serde_json::from_slice(body).ok().and_then(|refusal: Refusal| refusal.errors.into_iter().next());
    let told = told.map(|text| format!(" ({})", printable(text.trim()))).unwrap_or_default();
    let hint = match status {
        StatusCode::FORBIDDEN | StatusCode::UNAUTHORIZED => {
            "give the token (`token`, BAO_TOKEN) `update` on `<transit engine>/decrypt/<key>`; driftline needs nothing else"
        }
        StatusCode::NOT_FOUND => "check `transit_engine_path`, `key_name` and BAO_NAMESPACE",
        _ => "check `key_name` and `associated_data` of the key provider",
    };
    DecryptError::new(format!("OpenBao does not decrypt its key: status {}{told}", status.as_u16()), hint)
}
