//! Reads states wherever they are kept, without locking, and decrypts them: one module a backend.
//! Knows nothing of configuration, of what a state says, or of Git. It never writes, and never prints.

mod aws;
mod backend;
mod consul;
pub mod encryption;
mod error;
mod http;
mod kept;
mod kubernetes;
mod local;
#[cfg(test)]
mod loopback;
mod objects;
mod open;
mod pg;
mod place;
mod remote;
mod web;

pub use aws::{Aws, AwsIdentity, AwsRefusal};
pub use backend::Backend;
pub use error::{Class, StoreError};
pub use kept::{Kept, Lock, Run, Version};
pub use open::{Surroundings, open};
pub use place::{NamedState, named};

use futures::future::BoxFuture;

/// The most bytes that a state may have, unpacked: 512 MiB. Terraform itself holds a state in memory several times over.
pub const MAX_BYTES: u64 = 512 << 20;

/// The name of the workspace that every backend has.
pub const DEFAULT_WORKSPACE: &str = "default";

/// A backend that was opened: where the states of the workspaces of one root module are kept.
pub trait Store: Send + Sync {
    /// Where the state of a workspace is kept, fit for printing: without credentials, of bounded length, on one line.
    fn place(&self, workspace: &str) -> String;

    /// The workspaces that have a state, sorted; the default one among them only if it has one. One call a page.
    ///
    /// # Errors
    /// When they cannot be listed. A backend without workspaces answers with the default one.
    fn workspaces(&self) -> BoxFuture<'_, Result<Vec<String>, StoreError>>;

    /// What is kept for a workspace. A lock that someone holds is told and stops nothing.
    ///
    /// # Errors
    /// When it cannot be read, or is not what the backend says it is (its checksum differs, it breaks off).
    fn read<'a>(&'a self, workspace: &'a str) -> BoxFuture<'a, Result<Kept, StoreError>>;

    /// What [`Kept::stamp`] would be now: cheaper than reading, where the backend can tell. None where it cannot, or where
    /// nothing is kept.
    ///
    /// # Errors
    /// As [`Store::read`].
    fn stamp<'a>(&'a self, workspace: &'a str) -> BoxFuture<'a, Result<Option<String>, StoreError>> {
        let _ = workspace;
        Box::pin(async { Ok(None) })
    }

    /// Earlier states that the backend still keeps, the newest first, at most `most`; empty where it keeps none.
    ///
    /// # Errors
    /// When they cannot be listed.
    fn versions<'a>(&'a self, workspace: &'a str, most: usize) -> BoxFuture<'a, Result<Vec<Version>, StoreError>> {
        let _ = (workspace, most);
        Box::pin(async { Ok(Vec::new()) })
    }
}
