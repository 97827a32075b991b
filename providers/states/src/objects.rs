//! States kept in object stores: one library reads them all, each module knows one backend's names and locks.
//! Knows nothing of what a state says.

pub(crate) mod azurerm;
pub(crate) mod gcs;
pub(crate) mod s3;
