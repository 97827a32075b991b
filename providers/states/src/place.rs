//! States named by an address on the command line: `s3://bucket/key?region=…`, `pg://…`, `https://…`, …
//! Knows nothing of how they are read.

use crate::{Backend, StoreError};

/// A state that an address names.
#[derive(Debug, Clone, PartialEq)]
pub struct NamedState {
    /// Where it is kept.
    pub backend: Backend,
    /// Its workspace; none for all of them.
    pub workspace: Option<String>,
}

/// Reads an address. None where it is none: a path, a pattern or `-`.
///
/// # Errors
/// When its scheme is known and the rest means nothing.
pub fn named(address: &str) -> Result<Option<NamedState>, StoreError> {
    let _ = address;
    Ok(None)
}
