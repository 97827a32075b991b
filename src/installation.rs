//! Finds which providers a root module uses, and where they were installed.
//! Knows nothing of what is there.

use crate::git::Tree;
use provider_api::Installation;
use std::io::Read;
use std::path::Path;

/// The name of the dependency lock file.
const LOCK: &str = ".terraform.lock.hcl";

/// The longest lock file that is read.
const MAX_BYTES: u64 = 4 << 20;

/// The installation of the root module in a directory of the repository. The lock file of the approved commit says which
/// providers may run; where none is committed, the one that `terraform init` left in the work tree.
pub(crate) fn of(tree: &Tree<'_>, work_dir: &Path, directory: &str) -> Installation {
    let path = if directory.is_empty() { LOCK.to_owned() } else { format!("{directory}/{LOCK}") };
    let place = work_dir.join(directory);
    let committed = tree.read(&path, MAX_BYTES).ok();
    let lock = committed.or_else(|| work_tree(&place.join(LOCK))).and_then(|bytes| String::from_utf8(bytes).ok());
    Installation { directory: place, name: directory.to_owned(), lock }
}

/// A file that is one: a link may lead anywhere.
fn work_tree(path: &Path) -> Option<Vec<u8>> {
    let metadata = std::fs::symlink_metadata(path).ok().filter(|metadata| metadata.is_file())?;
    let mut bytes = Vec::with_capacity(usize::try_from(metadata.len().min(MAX_BYTES)).ok()?);
    std::fs::File::open(path).ok()?.take(MAX_BYTES).read_to_end(&mut bytes).ok()?;
    Some(bytes)
}
