//! Keeps a forge's raw answers by their digest, so that what was derived from them can be derived again without the forge.
//! Knows nothing of what the answers say, and never sees a token.
//!
//! `objects/ab/cdef…` holds a body by its SHA-256, `answers/ab/cdef…` what was answered at an address, by the address's
//! SHA-256: one file each, so that several runs can share a cache, and each written whole or not at all. A body whose
//! digest differs counts as absent. Nothing is ever removed: it is evidence.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

/// The longest body that is taken from a forge or from the cache.
pub(super) const LONGEST_BODY: u64 = 16 << 20;

/// An entry is an address, a digest and a few words.
const LONGEST_ENTRY: u64 = 64 << 10;

/// What was answered at an address.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Entry {
    pub(super) url: String,
    pub(super) status: u16,
    pub(super) sha256: String,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub(super) etag: Option<String>,
    /// The path of the next page, below the API's address.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub(super) next: Option<String>,
    /// When the forge last said so (RFC 3339, UTC).
    pub(super) fetched_at: String,
}

/// A folder of answers.
#[derive(Debug)]
pub(super) struct Cache {
    folder: PathBuf,
}

/// SHA-256 in lower-case hexadecimal.
pub(super) fn digest(bytes: &[u8]) -> String {
    crate::redact::hex(&Sha256::digest(bytes))
}

impl Cache {
    /// Opens the folder; makes it, for its owner only, unless all that is wanted is to read.
    pub(super) fn open(folder: &Path, read_only: bool) -> io::Result<Self> {
        if read_only {
            std::fs::read_dir(folder)?;
        } else {
            private_folder(folder)?;
        }
        Ok(Self { folder: folder.to_owned() })
    }

    /// What was answered at an address, with its body; none if any of it is not there whole.
    pub(super) fn get(&self, url: &str) -> Option<(Entry, Vec<u8>)> {
        let entry = bounded_read(&self.path("answers", &digest(url.as_bytes())), LONGEST_ENTRY)?;
        let entry: Entry = serde_json::from_slice(&entry).ok()?;
        let named = entry.sha256.len() == 64 && entry.sha256.bytes().all(|byte| byte.is_ascii_hexdigit());
        if entry.url != url || !named {
            return None;
        }
        let body = bounded_read(&self.path("objects", &entry.sha256), LONGEST_BODY)?;
        (digest(&body) == entry.sha256).then_some((entry, body))
    }

    /// Keeps an answer. The body goes first, so that an entry never names one that is not there.
    pub(super) fn put(&self, entry: &Entry, body: &[u8]) -> io::Result<()> {
        let object = self.path("objects", &entry.sha256);
        let kept = bounded_read(&object, LONGEST_BODY).is_some_and(|kept| kept == body);
        if !kept {
            write(&object, body)?;
        }
        write(&self.path("answers", &digest(entry.url.as_bytes())), &serde_json::to_vec(entry)?)
    }

    fn path(&self, kind: &str, digest: &str) -> PathBuf {
        let (head, tail) = digest.split_at(2);
        self.folder.join(kind).join(head).join(tail)
    }
}

fn bounded_read(path: &Path, most: u64) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    let file = std::fs::File::open(path).ok()?;
    file.take(most + 1).read_to_end(&mut bytes).ok()?;
    (bytes.len() as u64 <= most).then_some(bytes)
}

/// Temporary files are their owner's only, and stay so when they are renamed.
fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    private_folder(folder)?;
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    file.write_all(bytes)?;
    file.persist(path)?;
    Ok(())
}

fn private_folder(path: &Path) -> io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}
