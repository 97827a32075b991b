//! The consul backend: keys of Consul's key/value store.
//! Knows nothing of what a state says.

mod settings;
#[cfg(test)]
mod tests;

use crate::error::printable;
use crate::web::{Ask, Client};
use crate::{Backend, Class, DEFAULT_WORKSPACE, Kept, Lock, MAX_BYTES, Store, StoreError, Surroundings};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use futures::future::BoxFuture;
use md5::{Digest, Md5};
use reqwest::{StatusCode, Url};
use serde::Deserialize;
use settings::Settings;
use std::io::Read;

/// The most bytes of an answer: Consul keeps 512 KiB a key unless it is told otherwise (`kv_max_value_size`), in base64.
const ANSWER: u64 = 64 << 20;
/// The most parts of a state: twice what the largest one has.
const PARTS: usize = 2048;
/// The most workspaces that are listed.
const MOST: usize = 10_000;
/// What stands between the path and a workspace's name (internal/backend/remote-state/consul, `keyEnvPrefix`).
const BETWEEN: &str = "-env:";

/// Opens it. Sends nothing yet.
pub(crate) fn open(backend: &Backend, around: &Surroundings) -> Result<Box<dyn Store>, StoreError> {
    let settings = Settings::read(backend, around)?;
    let client = Client::new(&settings.place, around, &settings.trust)?;
    Ok(Box::new(Consul { settings, client }))
}

struct Consul {
    settings: Settings,
    client: Client,
}

/// A key and its value, as Consul answers.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Pair {
    key: String,
    modify_index: u64,
    value: Option<String>,
    #[serde(default)]
    session: Option<String>,
}

/// What stands in place of a state that is too large for one key (internal/backend/remote-state/consul/client.go, `Put`).
#[derive(Deserialize)]
struct Index {
    #[serde(rename = "current-hash")]
    hash: String,
    chunks: Vec<String>,
}

impl Consul {
    /// The key of a workspace's state.
    fn key(&self, workspace: &str) -> String {
        match workspace {
            DEFAULT_WORKSPACE => self.settings.path.clone(),
            other => format!("{}{BETWEEN}{other}", self.settings.path),
        }
    }

    fn error(&self, class: Class, cause: impl AsRef<str>) -> StoreError {
        StoreError::new(&self.settings.place, class, cause)
    }

    /// Asks for a key; none where there is no such key.
    async fn ask(&self, key: &str, queries: &[(&str, &str)]) -> Result<Option<Vec<u8>>, StoreError> {
        let mut url = self.url(key)?;
        if !queries.is_empty() || !self.settings.queries.is_empty() {
            let mut query = url.query_pairs_mut();
            query.extend_pairs(queries);
            query.extend_pairs(&self.settings.queries);
        }
        let mut ask = Ask::get(url, ANSWER).header("accept", "application/json");
        for (name, value) in &self.settings.headers {
            ask = ask.header(name, value);
        }
        let answer = self.client.ask(ask).await?;
        let denied = |what: &str| {
            let hint =
                "give the token `key_prefix` read access to the backend's path (CONSUL_HTTP_TOKEN, `access_token`)";
            self.error(Class::Denied, format!("{what} (status {})", answer.status.as_u16())).with_hint(hint)
        };
        match answer.status {
            StatusCode::OK => Ok(Some(answer.body)),
            StatusCode::NOT_FOUND => Ok(None),
            StatusCode::UNAUTHORIZED => Err(denied("Consul does not accept the credentials")),
            StatusCode::FORBIDDEN => Err(denied(&format!("the token may not read `{key}`"))),
            other => Err(self.error(Class::Failed, format!("GET `{key}` is answered with status {}", other.as_u16()))),
        }
    }

    /// Consul takes keys as they are in the path. A segment of dots would be taken away on the way.
    fn url(&self, key: &str) -> Result<Url, StoreError> {
        let none = || self.error(Class::Unset, format!("`{key}` is no key that Consul can be asked for"));
        if key.split('/').any(|segment| matches!(segment, "." | "..")) || key.contains(|c: char| c.is_control()) {
            return Err(none());
        }
        let mut url = self.settings.address.clone();
        url.path_segments_mut()
            .map_err(|()| none())?
            .pop_if_empty()
            .extend(["v1", "kv"])
            .extend(key.trim_start_matches('/').split('/'));
        Ok(url)
    }

    /// A key's value; none where there is no such key.
    async fn pair(&self, key: &str) -> Result<Option<(Pair, Vec<u8>)>, StoreError> {
        let Some(body) = self.ask(key, &[]).await? else { return Ok(None) };
        let strange = || self.error(Class::Failed, format!("GET `{key}` is answered with what is no key and value"));
        let pairs: Vec<Pair> = serde_json::from_slice(&body).map_err(|_| strange())?;
        let Some(pair) = pairs.into_iter().next() else { return Ok(None) };
        if pair.key.trim_start_matches('/') != key.trim_start_matches('/') {
            return Err(strange());
        }
        let value = STANDARD.decode(pair.value.as_deref().unwrap_or_default()).map_err(|_| strange())?;
        Ok(Some((pair, value)))
    }

    async fn kept(&self, workspace: &str) -> Result<Kept, StoreError> {
        let key = self.key(workspace);
        let found = self.pair(&key).await?;
        let (lock, lock_unread) = match self.lock(&key).await {
            Ok(lock) => (lock, None),
            Err(error) => (None, Some(error.cause)),
        };
        let Some((pair, value)) = found else { return Ok(Kept { lock, lock_unread, ..Kept::default() }) };
        let (bytes, checked_by) = match index(&value) {
            Some(Some(index)) => (self.joined(&key, &index).await?, Some("current-hash".to_owned())),
            Some(None) => return Err(self.error(Class::Damaged, "its list of parts is none")),
            None => (self.unpacked(value)?, None),
        };
        let stamp = Some(pair.modify_index.to_string());
        // A key without a value is as good as none: Terraform takes it so as well.
        let bytes = Some(bytes).filter(|bytes| !bytes.is_empty());
        Ok(Kept { bytes, stamp, checked_by, lock, lock_unread, ..Kept::default() })
    }

    /// A state that is kept in parts. They are asked for below the state's own key alone, whatever the index names.
    async fn joined(&self, key: &str, index: &Index) -> Result<Vec<u8>, StoreError> {
        if index.chunks.len() > PARTS {
            return Err(self.error(Class::TooLarge, format!("it has more than {PARTS} parts")));
        }
        let hexadecimal = index.hash.len() == 32 && index.hash.bytes().all(|byte| byte.is_ascii_hexdigit());
        if !hexadecimal {
            return Err(self.error(Class::Damaged, "`current-hash` is no MD5"));
        }
        let below = format!("{}/tfstate.{}/", key.trim_end_matches('/'), index.hash);
        let mut joined = Vec::new();
        for part in &index.chunks {
            let own = part.strip_prefix(&below).is_some_and(|number| number.parse::<u32>().is_ok());
            if !own {
                return Err(self.error(
                    Class::Damaged,
                    format!("it names `{part}` as a part of it, which is no key below its own"),
                ));
            }
            let Some((_, value)) = self.pair(part).await? else {
                return Err(self.error(Class::Damaged, format!("its part `{part}` is not there")));
            };
            if (joined.len() + value.len()) as u64 > MAX_BYTES {
                return Err(self.too_large());
            }
            joined.extend(value);
        }
        let bytes = self.unpacked(joined)?;
        let digest: String = Md5::digest(&bytes).iter().map(|byte| format!("{byte:02x}")).collect();
        if !digest.eq_ignore_ascii_case(&index.hash) {
            return Err(self.error(Class::Damaged, "its parts, joined, do not have the MD5 in `current-hash`"));
        }
        Ok(bytes)
    }

    fn unpacked(&self, value: Vec<u8>) -> Result<Vec<u8>, StoreError> {
        let unpacked = unpack(value, MAX_BYTES);
        let unpacked =
            unpacked.map_err(|_| self.error(Class::Damaged, "it is packed with gzip and cannot be unpacked"))?;
        unpacked.ok_or_else(|| self.too_large())
    }

    fn too_large(&self) -> StoreError {
        self.error(Class::TooLarge, format!("it has more than {} MiB", MAX_BYTES >> 20))
    }

    /// A lock is held while its key belongs to a session; who holds it stands beside it.
    async fn lock(&self, key: &str) -> Result<Option<Lock>, StoreError> {
        let base = key.trim_end_matches('/');
        match self.pair(&format!("{base}/.lock")).await? {
            Some((Pair { session: Some(session), .. }, _)) if !session.is_empty() => {
                let (lock, id) = (self.pair(&format!("{base}/.lockinfo")).await?, printable(&session));
                let lock = lock.map(|(_, info)| Lock::parse(&info)).unwrap_or_default();
                Ok(Some(if lock.id.is_empty() { Lock { id, ..lock } } else { lock }))
            }
            _ => Ok(None),
        }
    }

    async fn listed(&self) -> Result<Vec<String>, StoreError> {
        let mut names = Vec::new();
        if self.ask(&self.settings.path, &[]).await?.is_some() {
            names.push(DEFAULT_WORKSPACE.to_owned());
        }
        let prefix = format!("{}{BETWEEN}", self.settings.path);
        if let Some(body) = self.ask(&prefix, &[("keys", ""), ("separator", "/")]).await? {
            let strange =
                || self.error(Class::Failed, "the list of workspaces is answered with what is no list of keys");
            let keys: Vec<String> = serde_json::from_slice(&body).map_err(|_| strange())?;
            // Beside the key of a state stand the ones of its lock and its parts, below it.
            let own = |key: &String| Some(key.strip_prefix(&prefix)?.to_owned());
            names.extend(keys.iter().filter_map(own).filter(|name| !name.is_empty() && !name.contains('/')));
        }
        names.sort();
        names.dedup();
        if names.len() > MOST {
            return Err(self.error(Class::TooLarge, format!("it has more than {MOST} workspaces")));
        }
        Ok(names)
    }
}

/// Terraform tells a packed state by its first byte. None where it has more bytes than the limit.
fn unpack(value: Vec<u8>, limit: u64) -> std::io::Result<Option<Vec<u8>>> {
    if value.first() != Some(&0x1f) {
        return Ok(Some(value));
    }
    let mut bytes = Vec::new();
    flate2::read::MultiGzDecoder::new(value.as_slice()).take(limit + 1).read_to_end(&mut bytes)?;
    Ok(Some(bytes).filter(|bytes| bytes.len() as u64 <= limit))
}

/// The index of a state in parts, or none within where it is not a proper one; a state itself has no `current-hash`.
fn index(value: &[u8]) -> Option<Option<Index>> {
    #[derive(Deserialize)]
    struct Marked {
        #[serde(rename = "current-hash")]
        _hash: serde::de::IgnoredAny,
    }
    serde_json::from_slice::<Marked>(value).ok().map(|_| serde_json::from_slice(value).ok())
}

impl Store for Consul {
    fn place(&self, workspace: &str) -> String {
        printable(&format!("{} `{}`", self.settings.place, self.key(workspace)))
    }

    fn workspaces(&self) -> BoxFuture<'_, Result<Vec<String>, StoreError>> {
        Box::pin(self.client.within(self.listed()))
    }

    fn read<'a>(&'a self, workspace: &'a str) -> BoxFuture<'a, Result<Kept, StoreError>> {
        Box::pin(self.client.within(self.kept(workspace)))
    }

    fn stamp<'a>(&'a self, workspace: &'a str) -> BoxFuture<'a, Result<Option<String>, StoreError>> {
        Box::pin(async {
            let pair = self.pair(&self.key(workspace)).await?;
            Ok(pair.map(|(pair, _)| pair.modify_index.to_string()))
        })
    }
}
