//! The s3 backend: objects of S3, or of what speaks its API, with locks and digests in DynamoDB.
//! Knows nothing of what a state says.

use super::s3_access::{address, credentials, is_region, refusal, region, settings, with_proxies};
use super::{Got, Objects, file, joined, retries, transport};
use crate::error::printable;
use crate::{Backend, Class, DEFAULT_WORKSPACE, Kept, Lock, Store, StoreError, Surroundings, Version};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use futures::future::BoxFuture;
use md5::{Digest, Md5};
use object_store::aws::AmazonS3Builder;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use std::fmt::Write;
use std::time::Duration;
use tokio::sync::OnceCell;

/// How often a state is read whose digest differs, and the wait in between: the digest is written after the state
/// (internal/backend/remote-state/s3/client.go, `Get`, which has the patience of ten seconds).
const READS: usize = 3;
const WAIT: Duration = Duration::from_secs(2);

/// Opens it. Sends nothing yet.
pub(crate) fn open(backend: &Backend, around: &Surroundings) -> Result<Box<dyn Store>, StoreError> {
    let bucket = backend.required("bucket")?.to_owned();
    if !bucket.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_')) {
        let cause = "`bucket` is no name of a bucket; access points are not read";
        return Err(StoreError::new("s3 backend", Class::Unsupported, cause));
    }
    let around = with_proxies(backend, around);
    let settings = settings(backend, &around);
    // What means nothing is said before anything is sent.
    credentials(backend, &around, &settings)?;
    customer_key(backend, &around)?;
    if let Some(region) = region(backend, &around) {
        address(backend, &around, &bucket, checked(&region)?)?;
    }
    let prefix = match backend.arguments.get("workspace_key_prefix").and_then(Value::as_str) {
        Some(prefix) => prefix.to_owned(),
        None => "env:".to_owned(),
    };
    Ok(Box::new(S3 {
        key: backend.required("key")?.to_owned(),
        table: backend.text("dynamodb_table").map(str::to_owned),
        use_lockfile: backend.flag("use_lockfile"),
        opened: OnceCell::new(),
        backend: backend.clone(),
        around,
        bucket,
        prefix,
        settings,
    }))
}

struct S3 {
    bucket: String,
    key: String,
    prefix: String,
    /// The table with locks and digests.
    table: Option<String>,
    /// Whether locks are objects beside the state.
    use_lockfile: bool,
    settings: Map<String, Value>,
    backend: Backend,
    around: Surroundings,
    /// The profile may have to tell the region, which takes a call.
    opened: OnceCell<Objects>,
}

fn checked(region: &str) -> Result<&str, StoreError> {
    match is_region(region) {
        true => Ok(region),
        false => Err(StoreError::new("s3 backend", Class::Unset, "`region` is no name of a region")),
    }
}

/// The key that the customer encrypts with; used only where `encrypt` is set (client.go, `getObject`).
fn customer_key(backend: &Backend, around: &Surroundings) -> Result<Option<String>, StoreError> {
    let key = backend.text("sse_customer_key").or_else(|| around.variable("AWS_SSE_CUSTOMER_KEY"));
    let Some(key) = key.filter(|_| backend.flag("encrypt")) else { return Ok(None) };
    match BASE64_STANDARD.decode(key) {
        Ok(bytes) if bytes.len() == 32 => Ok(Some(key.to_owned())),
        _ => {
            let cause = "`sse_customer_key` is not 32 bytes in base64";
            Err(StoreError::new("s3 backend", Class::Unset, cause))
        }
    }
}

impl S3 {
    fn path(&self, workspace: &str) -> String {
        match workspace {
            DEFAULT_WORKSPACE => self.key.clone(),
            other => joined(&[&self.prefix, other, &self.key]),
        }
    }

    /// The workspace that a key belongs to, if it is one of this backend's.
    fn workspace<'a>(&self, prefix: &str, key: &'a str) -> Option<&'a str> {
        let name = key.strip_prefix(prefix)?.split('/').next()?;
        (!name.is_empty() && name != DEFAULT_WORKSPACE && self.path(name) == key).then_some(name)
    }

    async fn objects(&self) -> Result<&Objects, StoreError> {
        self.opened.get_or_try_init(|| async { self.connect(&self.region().await?) }).await
    }

    async fn region(&self) -> Result<String, StoreError> {
        if let Some(region) = region(&self.backend, &self.around) {
            return Ok(region);
        }
        let place = self.place(DEFAULT_WORKSPACE);
        if let Some(aws) = &self.around.aws {
            let asked = tokio::time::timeout(self.around.patience, aws.identity(&self.settings)).await;
            let identity = asked
                .map_err(|_| StoreError::new(&place, Class::TimedOut, "finding the credentials takes too long"))?
                .map_err(|why| refusal(&place, &why))?;
            if let Some(region) = identity.region {
                return Ok(checked(&region)?.to_owned());
            }
        }
        let cause = "neither the backend block, nor the environment, nor the profile names a region";
        Err(StoreError::new(place, Class::Unset, cause).with_hint("set `region` in the backend block, or AWS_REGION"))
    }

    fn connect(&self, region: &str) -> Result<Objects, StoreError> {
        let place = format!("s3://{}", self.bucket);
        let (endpoint, by_host) = address(&self.backend, &self.around, &self.bucket, region)?;
        let bundle = self.backend.text("custom_ca_bundle").or_else(|| self.around.variable("AWS_CA_BUNDLE"));
        let authorities = bundle.map(|path| file(&self.around, "s3", "custom_ca_bundle", path)).transpose()?;
        let mut builder = AmazonS3Builder::new()
            .with_bucket_name(&self.bucket)
            .with_region(region)
            .with_endpoint(endpoint)
            .with_virtual_hosted_style_request(by_host)
            .with_credentials(credentials(&self.backend, &self.around, &self.settings)?)
            .with_retry(retries(&self.around))
            .with_http_connector(transport(&place, &self.around, authorities)?);
        if let Some(key) = customer_key(&self.backend, &self.around)? {
            builder = builder.with_ssec_encryption(key);
        }
        let bucket = builder.build().map_err(|error| {
            StoreError::new(
                &place,
                Class::Unset,
                format!("its client cannot be made: {}", super::transport::deepest(&error)),
            )
        })?;
        Ok(Objects {
            bucket: Box::new(bucket),
            address: place,
            patience: self.around.patience,
            headers: Vec::new(),
            permissions: "s3:GetObject on it and s3:ListBucket on its bucket (without the second S3 denies even what does \
                          not exist)",
        })
    }

    /// An item of the table, by its key: a text attribute of it.
    async fn item(&self, table: &str, id: String, attribute: &str) -> Result<Option<String>, String> {
        let Some(aws) = &self.around.aws else {
            return Err(format!("driftline was built without the AWS SDK, which the table `{table}` needs"));
        };
        // The names of attributes may be reserved words: they are asked for by a placeholder.
        let body = json!({
            "TableName": table,
            "Key": {"LockID": {"S": id}},
            "ProjectionExpression": "#a",
            "ExpressionAttributeNames": {"#a": attribute},
            "ConsistentRead": true,
        });
        // A table that does not answer must leave time for the state.
        let asked =
            tokio::time::timeout(self.around.patience / 4, aws.ask(&self.settings, "dynamodb", "GetItem", body));
        let answer = match asked.await {
            Ok(Ok(answer)) => answer,
            Ok(Err(refusal)) => return Err(format!("table `{table}`: {}", refusal.cause)),
            Err(_) => return Err(format!("table `{table}`: GetItem has no answer in time")),
        };
        Ok(answer.pointer(&format!("/Item/{attribute}/S")).and_then(Value::as_str).map(str::to_owned))
    }

    /// The digest that the table has of a state, in hexadecimal.
    async fn digest(&self, path: &str) -> Result<Option<String>, String> {
        let Some(table) = &self.table else { return Ok(None) };
        let digest = self.item(table, format!("{}/{path}-md5", self.bucket), "Digest").await?;
        // Terraform too takes what is no digest for none.
        Ok(digest.filter(|text| text.len() == 32 && text.bytes().all(|byte| byte.is_ascii_hexdigit())))
    }

    /// Who holds the lock, and why that could not be told.
    async fn lock(&self, objects: &Objects, path: &str) -> (Option<Lock>, Option<String>) {
        let in_table = async {
            let Some(table) = &self.table else { return (None, None) };
            match self.item(table, format!("{}/{path}", self.bucket), "Info").await {
                Ok(info) => (info.map(|info| Lock::parse(info.as_bytes())), None),
                Err(cause) => (None, Some(cause)),
            }
        };
        let beside = async {
            match self.use_lockfile {
                true => objects.lock(&format!("{path}.tflock"), Vec::new()).await,
                false => (None, None),
            }
        };
        let ((table, no_table), (file, no_file)) = futures::join!(in_table, beside);
        (file.or(table), no_file.or(no_table).map(|cause| printable(&cause)))
    }

    async fn kept(&self, workspace: &str) -> Result<Kept, StoreError> {
        let objects = self.objects().await?;
        let path = self.path(workspace);
        let place = objects.place(&path);
        let state = objects.in_time(&place, "reading the state", self.consistent(objects, &path));
        let ((lock, lock_unread), state) = futures::join!(self.lock(objects, &path), state);
        let (state, checked, undigested) = state?;
        let mut kept = state.map(Got::kept).unwrap_or_default();
        kept.checked_by = checked.then(|| "DynamoDB digest".to_owned());
        kept.lock = lock;
        kept.lock_unread = lock_unread.or_else(|| undigested.map(|cause| printable(&cause)));
        Ok(kept)
    }

    /// The state that the table's digest is of, whether there is a digest, and why it could not be told. A state that is
    /// being written is read again.
    async fn consistent(
        &self,
        objects: &Objects,
        path: &str,
    ) -> Result<(Option<Got>, bool, Option<String>), StoreError> {
        for left in (0..READS).rev() {
            let state = objects.get(path).await?;
            let expected = match self.digest(path).await {
                Ok(Some(expected)) => expected,
                Ok(None) => return Ok((state, false, None)),
                Err(cause) => return Ok((state, false, Some(cause))),
            };
            let bytes = state.as_ref().map_or(&[][..], |got| &got.bytes);
            let found = hexadecimal(bytes);
            if !bytes.is_empty() && found.eq_ignore_ascii_case(&expected) {
                return Ok((state, true, None));
            }
            if left > 0 {
                tokio::time::sleep(WAIT).await;
                continue;
            }
            let table = self.table.as_deref().unwrap_or_default();
            let found =
                if bytes.is_empty() { "there is no state".into() } else { format!("that of the state is {found}") };
            let cause = format!("the digest in table `{table}` is {expected}, {found}");
            return Err(StoreError::new(objects.place(path), Class::Damaged, cause));
        }
        Ok((None, false, None))
    }

    async fn listed(&self) -> Result<Vec<String>, StoreError> {
        let objects = self.objects().await?;
        let mut prefix = joined(&[&self.prefix]);
        if !prefix.is_empty() {
            prefix.push('/');
        }
        let keys = objects.names(&prefix, false).await?;
        let mut names: Vec<String> =
            keys.iter().filter_map(|key| self.workspace(&prefix, key)).map(str::to_owned).collect();
        if objects.head(&self.key).await?.is_some() {
            names.push(DEFAULT_WORKSPACE.to_owned());
        }
        objects.workspaces(names)
    }

    /// Earlier versions, out of `ListObjectVersions`, which lists the newest of a key first.
    async fn earlier(&self, workspace: &str, most: usize) -> Result<Vec<Version>, StoreError> {
        let place = self.place(workspace);
        let Some(aws) = &self.around.aws else {
            let cause = "driftline was built without the AWS SDK, which listing versions needs";
            return Err(StoreError::new(place, Class::Unsupported, cause));
        };
        let objects = self.objects().await?;
        let key = self.path(workspace);
        let listing = async {
            let (mut found, mut after) = (Vec::new(), String::new());
            // The current version is no earlier one: one more than is wanted.
            while found.len() <= most {
                let query = format!("versions&max-keys=1000&prefix={}{after}", encoded(&key));
                let path = format!("/{}?{query}", self.bucket);
                let answer = aws.s3(&self.settings, &path).await.map_err(|why| refusal(&place, &why))?;
                let page = Page::parse(&answer).ok_or_else(|| {
                    StoreError::new(&place, Class::Failed, "the answer to ListObjectVersions is no list of versions")
                })?;
                let others = page.of_others(&key);
                after = page.next();
                found.extend(page.of(&key));
                if others || after.is_empty() {
                    break;
                }
            }
            Ok(found)
        };
        let mut found = objects.in_time(&place, "ListObjectVersions", listing).await?;
        found.sort_by(|one, other| other.version.modified_at.cmp(&one.version.modified_at));
        if found.iter().all(|entry| entry.version.id == "null") {
            return Ok(Vec::new());
        }
        let earlier = found.into_iter().filter(|entry| !entry.is_current).map(|entry| entry.version);
        Ok(earlier.take(most).collect())
    }
}

fn hexadecimal(bytes: &[u8]) -> String {
    Md5::digest(bytes).iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// A page of `ListObjectVersions` (Amazon S3 API reference, response syntax).
#[derive(Deserialize, Default)]
#[serde(rename_all = "PascalCase", default)]
struct Page {
    version: Vec<Entry>,
    delete_marker: Vec<Entry>,
    is_truncated: bool,
    next_key_marker: String,
    next_version_id_marker: String,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "PascalCase", default)]
struct Entry {
    key: String,
    version_id: String,
    is_latest: bool,
    last_modified: String,
    size: Option<u64>,
}

/// A version, and whether it is the current one.
struct Found {
    version: Version,
    is_current: bool,
}

impl Page {
    fn parse(answer: &[u8]) -> Option<Self> {
        let text = std::str::from_utf8(answer).ok()?;
        quick_xml::de::from_str(text).ok()
    }

    fn of_others(&self, key: &str) -> bool {
        self.version.iter().chain(&self.delete_marker).any(|entry| entry.key != key)
    }

    /// What the next page is asked for with; empty where there is none.
    fn next(&self) -> String {
        match self.is_truncated && !self.next_key_marker.is_empty() {
            true => format!(
                "&key-marker={}&version-id-marker={}",
                encoded(&self.next_key_marker),
                encoded(&self.next_version_id_marker)
            ),
            false => String::new(),
        }
    }

    fn of(self, key: &str) -> Vec<Found> {
        let found = |entry: Entry, bytes: Option<u64>| Found {
            // A deletion that is the newest is what happened to the state: it is told.
            is_current: entry.is_latest && bytes.is_some(),
            version: Version { id: printable(&entry.version_id), modified_at: printable(&entry.last_modified), bytes },
        };
        let versions = self.version.into_iter().filter(|entry| entry.key == key).map(|entry| {
            let bytes = Some(entry.size.unwrap_or_default());
            found(entry, bytes)
        });
        let deletions = self.delete_marker.into_iter().filter(|entry| entry.key == key).map(|entry| found(entry, None));
        versions.chain(deletions).collect()
    }
}

/// Percent-encodes all but what RFC 3986 calls unreserved.
fn encoded(text: &str) -> String {
    text.bytes().fold(String::new(), |mut plain, byte| {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => plain.push(char::from(byte)),
            other => {
                let _ = write!(plain, "%{other:02X}");
            }
        }
        plain
    })
}

impl Store for S3 {
    fn place(&self, workspace: &str) -> String {
        printable(&format!("s3://{}/{}", self.bucket, self.path(workspace)))
    }

    fn workspaces(&self) -> BoxFuture<'_, Result<Vec<String>, StoreError>> {
        Box::pin(self.listed())
    }

    fn read<'a>(&'a self, workspace: &'a str) -> BoxFuture<'a, Result<Kept, StoreError>> {
        Box::pin(self.kept(workspace))
    }

    fn stamp<'a>(&'a self, workspace: &'a str) -> BoxFuture<'a, Result<Option<String>, StoreError>> {
        Box::pin(async move {
            let about = self.objects().await?.head(&self.path(workspace)).await?;
            Ok(about.and_then(|about| about.stamp()))
        })
    }

    fn versions<'a>(&'a self, workspace: &'a str, most: usize) -> BoxFuture<'a, Result<Vec<Version>, StoreError>> {
        Box::pin(self.earlier(workspace, most))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_joined_as_terraform_does() {
        for (parts, expected) in [
            (["env:", "dev", "net/a.tfstate"], "env:/dev/net/a.tfstate"),
            (["", "dev", "a"], "dev/a"),
            (["a//b/", "dev", "./c/../d"], "a/b/dev/d"),
        ] {
            assert_eq!(joined(&parts), expected);
        }
    }

    #[test]
    fn versions_and_deletions_of_the_key_alone_are_told() {
        let page = Page::parse(
            br#"<?xml version="1.0"?><ListVersionsResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Name>b</Name>
            <IsTruncated>true</IsTruncated><NextKeyMarker>k &amp;</NextKeyMarker><NextVersionIdMarker>v1</NextVersionIdMarker>
            <Version><Key>k</Key><VersionId>v3</VersionId><IsLatest>true</IsLatest>
                <LastModified>2026-01-03T00:00:00.000Z</LastModified><ETag>&quot;e&quot;</ETag><Size>3</Size></Version>
            <DeleteMarker><Key>k</Key><VersionId>v2</VersionId><IsLatest>false</IsLatest>
                <LastModified>2026-01-02T00:00:00.000Z</LastModified></DeleteMarker>
            <Version><Key>k</Key><VersionId>v1</VersionId><IsLatest>false</IsLatest>
                <LastModified>2026-01-01T00:00:00.000Z</LastModified><Size>1</Size></Version>
            <Version><Key>k.tflock</Key><VersionId>v0</VersionId><IsLatest>true</IsLatest><Size>1</Size></Version>
            </ListVersionsResult>"#,
        )
        .expect("a page");
        assert!(page.of_others("k"));
        assert_eq!(page.next(), "&key-marker=k%20%26&version-id-marker=v1");
        let found: Vec<_> =
            page.of("k").into_iter().map(|one| (one.version.id, one.version.bytes, one.is_current)).collect();
        let expected = [("v3", Some(3), true), ("v1", Some(1), false), ("v2", None, false)];
        assert_eq!(found, expected.map(|(id, bytes, is_current)| (id.to_owned(), bytes, is_current)));
        for broken in [&b""[..], b"<", b"{}", b"\xff"] {
            assert!(Page::parse(broken).is_none_or(|page| page.of("k").is_empty()));
        }
    }
}
