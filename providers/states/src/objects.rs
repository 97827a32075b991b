//! States kept in object stores: one library reads them all, each module knows one backend's names and locks.
//! Knows nothing of what a state says.

mod azure_token;
pub(crate) mod azurerm;
#[cfg(test)]
mod faults;
pub(crate) mod gcs;
pub(crate) mod s3;
mod s3_access;
mod transport;

use crate::error::printable;
use crate::web::{Trust, connection};
use crate::{Class, Kept, Lock, MAX_BYTES, StoreError, Surroundings};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use futures::StreamExt;
use md5::{Digest, Md5};
use object_store::list::{PaginatedListOptions, PaginatedListStore};
use object_store::path::Path;
use object_store::{BackoffConfig, Extensions, GetOptions, GetResult, ObjectMeta, ObjectStore, RetryConfig};
use reqwest::Url;
use std::future::Future;
use std::time::Duration;
use transport::{Answered, Header, OfObject, Refused, Transport, remembering};

/// The most workspaces that are listed.
const MOST_WORKSPACES: usize = 10_000;
/// The most pages of a list, of a thousand names each: other root modules may share the prefix.
const MOST_PAGES: usize = 300;
/// The most bytes of a lock.
const MOST_OF_LOCK: u64 = 64 << 10;

/// What a bucket must be able to do; all stores of the library can.
pub(crate) trait Bucket: ObjectStore + PaginatedListStore {}

impl<T: ObjectStore + PaginatedListStore> Bucket for T {}

/// A bucket, or a container.
pub(crate) struct Objects {
    pub(crate) bucket: Box<dyn Bucket>,
    /// Its address, for example `s3://bucket`.
    pub(crate) address: String,
    pub(crate) patience: Duration,
    /// Headers that requests for the object with the state have.
    pub(crate) headers: Vec<Header>,
    /// What reading it takes, for those who are denied.
    pub(crate) permissions: &'static str,
}

/// An object.
pub(crate) struct Got {
    pub(crate) bytes: Vec<u8>,
    pub(crate) about: About,
}

/// What is told of an object beside its bytes.
pub(crate) struct About {
    meta: ObjectMeta,
    headers: Option<Answered>,
}

impl About {
    /// The version's id, where versions are kept.
    pub(crate) fn version(&self) -> Option<String> {
        // S3 calls the version of an object that was written while versions were suspended `null`.
        self.meta.version.as_deref().filter(|version| *version != "null").map(printable)
    }

    /// Changes whenever the bytes do.
    pub(crate) fn stamp(&self) -> Option<String> {
        self.version().or_else(|| self.meta.e_tag.as_deref().map(printable))
    }

    fn modified_at(&self) -> Option<String> {
        let seconds = self.meta.last_modified.timestamp();
        jiff::Timestamp::from_second(seconds).ok().filter(|_| seconds > 0).map(|time| time.to_string())
    }

    /// A header of the answer.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.as_ref()?.0.get(name)?.to_str().ok()
    }

    /// A header that may be there several times.
    pub(crate) fn headers<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.headers.iter().flat_map(move |all| all.0.get_all(name)).filter_map(|value| value.to_str().ok())
    }
}

impl Got {
    /// Compares with the MD5 in base64 that the store keeps.
    pub(crate) fn check(&self, place: &str, name: &str, expected: &str) -> Result<(), StoreError> {
        let found = BASE64_STANDARD.encode(Md5::digest(&self.bytes));
        match found == expected.trim() {
            true => Ok(()),
            false => Err(StoreError::new(place, Class::Damaged, format!("its {name} does not fit what came"))),
        }
    }

    /// As what is kept. No bytes count as none: a lock may be taken on an object before it holds a state, and Terraform takes
    /// an empty one for none too (internal/backend/remote-state/s3/client.go, `get`).
    pub(crate) fn kept(self) -> Kept {
        Kept {
            stamp: self.about.stamp(),
            version: self.about.version(),
            modified_at: self.about.modified_at(),
            bytes: Some(self.bytes).filter(|bytes| !bytes.is_empty()),
            ..Kept::default()
        }
    }
}

impl Objects {
    /// Where an object is, fit for printing.
    pub(crate) fn place(&self, key: &str) -> String {
        printable(&format!("{}/{key}", self.address))
    }

    /// The object with a state; none where there is no such object. A bucket that does not exist is an error.
    pub(crate) async fn get(&self, key: &str) -> Result<Option<Got>, StoreError> {
        self.object(key, false, MAX_BYTES, self.headers.clone()).await
    }

    /// What is told of the object with a state.
    pub(crate) async fn head(&self, key: &str) -> Result<Option<About>, StoreError> {
        Ok(self.object(key, true, MAX_BYTES, self.headers.clone()).await?.map(|got| got.about))
    }

    /// The lock that an object holds: who holds it, or why that cannot be told.
    pub(crate) async fn lock(&self, key: &str, headers: Vec<Header>) -> (Option<Lock>, Option<String>) {
        match self.object(key, false, MOST_OF_LOCK, headers).await {
            Ok(None) => (None, None),
            Ok(Some(got)) => (Some(Lock::parse(&got.bytes)), None),
            Err(error) => (None, Some(format!("{}: {}", error.place, error.cause))),
        }
    }

    async fn object(&self, key: &str, head: bool, most: u64, headers: Vec<Header>) -> Result<Option<Got>, StoreError> {
        let place = self.place(key);
        let path = self.path(key)?;
        let mut extensions = Extensions::new();
        extensions.insert(OfObject(headers));
        let options = GetOptions::new().with_head(head).with_extensions(extensions);
        let operation = if head { "asking for the object" } else { "reading the object" };
        let reading = async {
            let (answer, refused) = remembering(self.bucket.get_opts(&path, options)).await;
            let result = match answer {
                Ok(result) => result,
                Err(object_store::Error::NotFound { .. }) if is_of_object(refused.as_ref(), head) => return Ok(None),
                Err(error) => return Err(self.refusal(&place, operation, refused, &error)),
            };
            let about = About { meta: result.meta.clone(), headers: result.extensions.get::<Answered>().cloned() };
            let bytes = if head { Vec::new() } else { self.body(&place, result, most).await? };
            Ok(Some(Got { bytes, about }))
        };
        self.in_time(&place, operation, reading).await
    }

    /// The library turns an address into parts, and would ask for another object where a part is empty or leads upwards.
    fn path(&self, key: &str) -> Result<Path, StoreError> {
        Path::parse(key).ok().filter(|path| path.as_ref() == key && !key.is_empty()).ok_or_else(|| {
            let cause =
                "objects whose names begin or end with `/`, or have parts that are empty, `.` or `..`, are not read";
            StoreError::new(self.place(key), Class::Unsupported, cause)
        })
    }

    async fn body(&self, place: &str, result: GetResult, most: u64) -> Result<Vec<u8>, StoreError> {
        let size = result.meta.size;
        let too_large = || {
            let cause = format!("the object has more than {} KiB, all that is read", most >> 10);
            StoreError::new(place, Class::TooLarge, cause)
        };
        if size > most {
            return Err(too_large());
        }
        let mut bytes = Vec::new();
        let mut chunks = result.into_stream();
        loop {
            let (chunk, refused) = remembering(chunks.next()).await;
            match chunk {
                Some(Ok(chunk)) if (bytes.len() + chunk.len()) as u64 > most => return Err(too_large()),
                Some(Ok(chunk)) => bytes.extend_from_slice(&chunk),
                None if bytes.len() as u64 == size => return Ok(bytes),
                None => {
                    let cause = format!("the object breaks off after {} of {size} bytes", bytes.len());
                    return Err(StoreError::new(place, Class::Damaged, cause));
                }
                Some(Err(error)) => {
                    let why = match refused {
                        Some(refused) => said(&refused),
                        None => transport::deepest(&error),
                    };
                    let cause = format!("the object breaks off after {} of {size} bytes: {why}", bytes.len());
                    return Err(StoreError::new(place, Class::Damaged, cause));
                }
            }
        }
    }

    /// The names of the objects below a prefix; with `shallow`, only up to the next `/`. One call a thousand names.
    pub(crate) async fn names(&self, prefix: &str, shallow: bool) -> Result<Vec<String>, StoreError> {
        let place = self.place(prefix);
        let operation = "listing the objects";
        let listing = async {
            let (mut names, mut token) = (Vec::new(), None);
            for _ in 0..MOST_PAGES {
                let options = PaginatedListOptions {
                    delimiter: shallow.then_some("/".into()),
                    page_token: token,
                    ..PaginatedListOptions::default()
                };
                let prefix = Some(prefix).filter(|prefix| !prefix.is_empty());
                let (answer, refused) = remembering(self.bucket.list_paginated(prefix, options)).await;
                let page = answer.map_err(|error| self.refusal(&place, operation, refused, &error))?;
                names.extend(page.result.objects.into_iter().map(|meta| meta.location.to_string()));
                token = page.page_token;
                if token.is_none() {
                    return Ok(names);
                }
            }
            let cause = format!("{operation} does not end within {MOST_PAGES} pages");
            Err(StoreError::new(&place, Class::TooLarge, cause).with_hint("name the workspaces that are to be read"))
        };
        self.in_time(&place, operation, listing).await
    }

    /// Sorts the names of workspaces, and refuses more than are ever meant.
    pub(crate) fn workspaces(&self, mut names: Vec<String>) -> Result<Vec<String>, StoreError> {
        names.sort();
        names.dedup();
        if names.len() > MOST_WORKSPACES {
            let cause = format!("there are {} workspaces; {MOST_WORKSPACES} are read at most", names.len());
            let error = StoreError::new(&self.address, Class::TooLarge, cause);
            return Err(error.with_hint("name the workspaces that are to be read"));
        }
        Ok(names)
    }

    /// Ends what takes longer than the surroundings have patience for.
    pub(crate) async fn in_time<T>(
        &self,
        place: &str,
        operation: &str,
        future: impl Future<Output = Result<T, StoreError>>,
    ) -> Result<T, StoreError> {
        tokio::time::timeout(self.patience, future).await.unwrap_or_else(|_| {
            let cause = format!("{operation} takes longer than {} s", self.patience.as_secs());
            Err(StoreError::new(place, Class::TimedOut, cause))
        })
    }

    fn refusal(
        &self,
        place: &str,
        operation: &str,
        refused: Option<Refused>,
        error: &object_store::Error,
    ) -> StoreError {
        let Some(refused) = refused else {
            // Credentials that come from elsewhere say why in their own words.
            if let Some(own) = own_error(error) {
                return StoreError { place: place.to_owned(), ..own };
            }
            let cause = format!("{operation} fails: {}", transport::deepest(error));
            return StoreError::new(place, Class::Failed, cause);
        };
        let class = class(&refused);
        let error = StoreError::new(place, class, format!("{operation} fails: {}", said(&refused)));
        match (&refused, class) {
            (_, Class::Denied) => error.with_hint(format!(
                "give the credentials {}; driftline needs no permission to write or lock",
                self.permissions
            )),
            (Refused::Unanswered { cause, .. }, _) if cause.contains("certificate") => error.with_hint(
                "trust its certificate authority on this machine (SSL_CERT_FILE), or name it in the backend block",
            ),
            (Refused::Answered { region: Some(region), status: 300..=400, .. }, _) => {
                error.with_hint(format!("the bucket is in {region}: set `region` so"))
            }
            _ => error,
        }
    }
}

/// The error that a source of credentials of ours gave.
fn own_error(error: &object_store::Error) -> Option<StoreError> {
    let mut next: Option<&(dyn std::error::Error + 'static)> = std::error::Error::source(error);
    while let Some(error) = next {
        if let Some(own) = error.downcast_ref::<StoreError>() {
            return Some(own.clone());
        }
        next = error.source();
    }
    None
}

/// Codes of a bucket, container or account that does not exist (Amazon S3 and Google Cloud Storage API references, error
/// codes; Blob service error codes).
const NO_BUCKET: &[&str] = &["NoSuchBucket", "ContainerNotFound", "ContainerBeingDeleted", "ResourceNotFound"];

/// Codes of an object that does not exist.
const NO_OBJECT: &[&str] = &["NoSuchKey", "BlobNotFound", "NoSuchVersion"];

/// Codes that refuse credentials with status 400 (Amazon S3 API reference, error codes; RFC 6749, section 5.2).
const DENIED: &[&str] =
    &["ExpiredToken", "InvalidToken", "TokenRefreshRequired", "invalid_client", "invalid_grant", "unauthorized_client"];

/// Whether the object is missing, and not what it would be in. Answers to `HEAD` may not say; any other must, for what
/// knows of no object at all answers with the same status.
fn is_of_object(refused: Option<&Refused>, head: bool) -> bool {
    let Some(Refused::Answered { code, .. }) = refused else { return false };
    NO_OBJECT.contains(&code.as_str()) || (head && code.is_empty())
}

/// Where the machines of Google and Azure tell credentials: asked where nothing else gives any.
const OF_MACHINE: &[&str] = &["metadata.google.internal", "169.254.169.254", "metadata"];

fn class(refused: &Refused) -> Class {
    match refused {
        Refused::Unanswered { host, .. } if OF_MACHINE.contains(&host.as_str()) => Class::Denied,
        Refused::Unanswered { timed_out: true, .. } => Class::TimedOut,
        Refused::Unanswered { .. } => Class::Failed,
        Refused::Answered { code, .. } if NO_BUCKET.contains(&code.as_str()) => Class::NotFound,
        Refused::Answered { status: 401 | 403, .. } => Class::Denied,
        Refused::Answered { code, .. } if DENIED.contains(&code.as_str()) => Class::Denied,
        Refused::Answered { status: 404, .. } => Class::NotFound,
        Refused::Answered { status: 408, .. } => Class::TimedOut,
        Refused::Answered { .. } => Class::Failed,
    }
}

fn said(refused: &Refused) -> String {
    match refused {
        Refused::Unanswered { host, cause, .. } if OF_MACHINE.contains(&host.as_str()) => {
            format!("no credentials are set, and the machine has none of its own: {host}: {cause}")
        }
        Refused::Unanswered { host, cause, .. } => format!("no answer from {host}: {cause}"),
        Refused::Answered { status, code, message, .. } => {
            let code = if code.is_empty() { String::new() } else { format!(" {code}") };
            let message = if message.is_empty() { String::new() } else { format!(": {message}") };
            format!("it is answered with status {status}{code}{message}")
        }
    }
}

/// The HTTP client of a bucket.
pub(crate) fn transport(
    address: &str,
    around: &Surroundings,
    authorities: Option<Vec<u8>>,
) -> Result<Transport, StoreError> {
    Ok(Transport(connection(address, around, &Trust { authorities, ..Trust::default() })?))
}

/// Three tries, within the patience of the surroundings.
pub(crate) fn retries(around: &Surroundings) -> RetryConfig {
    let backoff =
        BackoffConfig { init_backoff: Duration::from_millis(250), max_backoff: Duration::from_secs(2), base: 2.0 };
    RetryConfig { backoff, max_retries: 2, retry_timeout: around.patience }
}

/// An endpoint as an address. Whoever sets it may have written credentials into it, which do not belong there.
pub(crate) fn endpoint(kind: &str, name: &str, text: &str) -> Result<Url, StoreError> {
    let unset = |cause: String| StoreError::new(format!("{kind} backend"), Class::Unset, cause);
    let address = if text.contains("://") { text.to_owned() } else { format!("https://{text}") };
    let url = Url::parse(&address).map_err(|_| unset(format!("`{name}` is no address")))?;
    if !matches!(url.scheme(), "https" | "http") || url.host_str().is_none() {
        return Err(unset(format!("`{name}` is no address of HTTP")));
    }
    if !url.username().is_empty() || url.password().is_some() || url.query().is_some() {
        return Err(unset(format!("`{name}` holds more than an address")));
    }
    Ok(url)
}

/// Joins parts of a key as Go's `path.Join` does, by which Terraform makes the keys of workspaces.
pub(crate) fn joined(parts: &[&str]) -> String {
    let mut kept: Vec<&str> = Vec::new();
    for part in parts.iter().flat_map(|part| part.split('/')) {
        match part {
            "" | "." => {}
            ".." => {
                kept.pop();
            }
            part => kept.push(part),
        }
    }
    kept.join("/")
}

/// A file that an argument names, below the root module's directory.
pub(crate) fn file(around: &Surroundings, kind: &str, name: &str, path: &str) -> Result<Vec<u8>, StoreError> {
    const MOST: u64 = 4 << 20;
    let whole = match (path.strip_prefix("~/"), around.home()) {
        (Some(rest), Some(home)) => home.join(rest),
        _ => around.directory.join(path),
    };
    let read = || {
        use std::io::Read;
        let mut bytes = Vec::new();
        std::fs::File::open(&whole)?.take(MOST).read_to_end(&mut bytes)?;
        Ok::<_, std::io::Error>(bytes)
    };
    read().map_err(|error| {
        StoreError::new(format!("{kind} backend"), Class::Unset, format!("the file that `{name}` names: {error}"))
    })
}
