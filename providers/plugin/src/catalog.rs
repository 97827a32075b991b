//! All schemas of a provider, each understood when it is first asked for, and kept on disk between scans.
//! Knows nothing of processes.

use crate::cty::Type;
use crate::package::hex;
use crate::schema::{Protocol, Schema, identity_type};
use crate::wire::{IdentitySchemas, ProviderSchema};
use bytes::Bytes;
use prost::Message;
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use std::io::{Read, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

/// Changes when the meaning of a kept file does.
const FORMAT: &str = "driftline schemas 1";

/// The largest kept file that is read.
const MAX_BYTES: u64 = 256 << 20;

/// Bytes of the digest that a kept file begins with.
const DIGEST: usize = 32;

/// The schemas of one provider.
#[derive(Debug)]
pub(crate) struct Catalog {
    protocol: Protocol,
    schema: ProviderSchema,
    identities: IdentitySchemas,
    resources: Mutex<HashMap<String, Arc<Schema>>>,
}

/// What is kept of a catalog.
#[derive(Clone, PartialEq, Message)]
struct Kept {
    #[prost(uint32, tag = "1")]
    protocol: u32,
    #[prost(message, optional, tag = "2")]
    schema: Option<ProviderSchema>,
    #[prost(message, optional, tag = "3")]
    identities: Option<IdentitySchemas>,
}

impl Catalog {
    pub(crate) fn new(protocol: Protocol, mut schema: ProviderSchema, identities: IdentitySchemas) -> Self {
        schema.diagnostics.clear();
        Self { protocol, schema, identities, resources: Mutex::default() }
    }

    /// The schema of a resource type; none of a type that the provider does not have.
    ///
    /// # Errors
    /// When the provider's schema cannot be understood.
    pub(crate) fn resource(&self, resource_type: &str) -> Result<Option<Arc<Schema>>, String> {
        let mut resources = self.resources.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = resources.get(resource_type) {
            return Ok(Some(known.clone()));
        }
        let Some(bytes) = self.schema.resources.get(resource_type) else { return Ok(None) };
        let schema = Arc::new(Schema::decode(self.protocol, bytes)?);
        resources.insert(resource_type.to_owned(), schema.clone());
        Ok(Some(schema))
    }

    /// The schema of the provider's configuration; an empty one where it has none.
    pub(crate) fn configuration(&self) -> Result<Schema, String> {
        Schema::decode(self.protocol, self.schema.provider.as_ref().unwrap_or(&Bytes::new()))
    }

    /// The schema of what narrows a listing of a type; none of a type that cannot be listed.
    pub(crate) fn list(&self, resource_type: &str) -> Result<Option<Schema>, String> {
        let bytes = self.schema.list_resources.get(resource_type);
        bytes.map(|bytes| Schema::decode(self.protocol, bytes)).transpose()
    }

    /// Types whose objects can be listed and compared, sorted.
    pub(crate) fn listed(&self) -> Vec<String> {
        let names = self.schema.list_resources.keys().filter(|name| self.schema.resources.contains_key(*name));
        let mut names: Vec<String> = names.cloned().collect();
        names.sort();
        names
    }

    /// The version and the type of a resource type's identity.
    pub(crate) fn identity(&self, resource_type: &str) -> Option<(u64, Type)> {
        let schema = self.identities.schemas.get(resource_type)?;
        Some((u64::try_from(schema.version).ok()?, identity_type(schema)?))
    }

    /// Whether modules may hand the provider settings of their own: then it wants to be told that there are none.
    pub(crate) fn has_meta(&self) -> bool {
        self.schema.provider_meta.is_some()
    }

    /// Whether a process works that was not asked for its schema.
    fn may_be_kept(&self) -> bool {
        self.schema.capabilities.is_some_and(|capabilities| capabilities.get_provider_schema_optional)
    }
}

/// Where the catalog of one package is kept.
#[derive(Debug, Clone)]
pub(crate) struct Shelf {
    path: PathBuf,
}

impl Shelf {
    /// In a directory for what can be thrown away. The hash of the package is part of the name, so another package never
    /// gets this one's schemas.
    pub(crate) fn new(cache: &Path, source: &str, version: &str, h1: &str) -> Self {
        let name = hex(&Sha256::digest(format!("{FORMAT}\0{source}\0{version}\0{h1}")));
        Self { path: cache.join("schemas").join(name) }
    }

    /// What was kept; none where there is nothing, or nothing that is whole and ours.
    pub(crate) fn take(&self, protocol: Protocol) -> Option<Catalog> {
        let mut file = std::fs::File::open(&self.path).ok()?;
        let metadata = file.metadata().ok()?;
        let ours = metadata.uid() == rustix::process::geteuid().as_raw() && metadata.mode() & 0o022 == 0;
        if !ours || !metadata.is_file() || metadata.len() > MAX_BYTES {
            return None;
        }
        let mut bytes = Vec::with_capacity(usize::try_from(metadata.len()).ok()?);
        (&mut file).take(MAX_BYTES).read_to_end(&mut bytes).ok()?;
        let mut bytes = Bytes::from(bytes);
        let digest = (bytes.len() >= DIGEST).then(|| bytes.split_to(DIGEST))?;
        if digest[..] != Sha256::digest(&bytes)[..] {
            return None;
        }
        let kept = Kept::decode(bytes).ok()?;
        let catalog = Catalog::new(protocol, kept.schema?, kept.identities.unwrap_or_default());
        (kept.protocol == number(protocol) && catalog.may_be_kept()).then_some(catalog)
    }

    /// Keeps a catalog, where the provider allows it. That it cannot be kept costs time and nothing else.
    pub(crate) fn put(&self, catalog: &Catalog) {
        if catalog.may_be_kept() {
            let _ = self.write(catalog);
        }
    }

    fn write(&self, catalog: &Catalog) -> std::io::Result<()> {
        let directory = self.path.parent().unwrap_or(Path::new("."));
        std::fs::DirBuilder::new().recursive(true).mode(0o700).create(directory)?;
        let kept = Kept {
            protocol: number(catalog.protocol),
            schema: Some(catalog.schema.clone()),
            identities: Some(catalog.identities.clone()),
        };
        let bytes = kept.encode_to_vec();
        let mut file = tempfile::NamedTempFile::new_in(directory)?;
        file.write_all(&Sha256::digest(&bytes))?;
        file.write_all(&bytes)?;
        file.persist(&self.path).map(drop).map_err(|error| error.error)
    }
}

fn number(protocol: Protocol) -> u32 {
    match protocol {
        Protocol::V5 => 5,
        Protocol::V6 => 6,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::ServerCapabilities;

    fn catalog(optional: bool) -> Catalog {
        let schema = ProviderSchema {
            resources: HashMap::from([("thing".to_owned(), Bytes::new())]),
            capabilities: Some(ServerCapabilities { get_provider_schema_optional: optional }),
            ..ProviderSchema::default()
        };
        Catalog::new(Protocol::V5, schema, IdentitySchemas::default())
    }

    #[test]
    fn what_is_kept_comes_back_for_the_same_package_only() {
        let cache = tempfile::tempdir().expect("a folder");
        let shelf = |h1| Shelf::new(cache.path(), "example.com/corp/thing", "1.0.0", h1);
        assert!(shelf("h1:a").take(Protocol::V5).is_none());
        shelf("h1:a").put(&catalog(true));
        let kept = shelf("h1:a").take(Protocol::V5).expect("a catalog");
        assert!(kept.resource("thing").is_ok_and(|schema| schema.is_some()));
        assert!(kept.resource("other").is_ok_and(|schema| schema.is_none()));
        assert!(shelf("h1:b").take(Protocol::V5).is_none());
        assert!(shelf("h1:a").take(Protocol::V6).is_none());
    }

    #[test]
    fn a_damaged_file_is_no_catalog_and_some_providers_want_to_be_asked() {
        let cache = tempfile::tempdir().expect("a folder");
        let shelf = Shelf::new(cache.path(), "example.com/corp/thing", "1.0.0", "h1:a");
        shelf.put(&catalog(true));
        let mut bytes = std::fs::read(&shelf.path).expect("a file");
        *bytes.last_mut().expect("a byte") ^= 1;
        std::fs::write(&shelf.path, bytes).expect("a file");
        assert!(shelf.take(Protocol::V5).is_none());
        std::fs::write(&shelf.path, "short").expect("a file");
        assert!(shelf.take(Protocol::V5).is_none());
        std::fs::remove_file(&shelf.path).expect("removed");
        shelf.put(&catalog(false));
        assert!(!shelf.path.exists());
    }
}
