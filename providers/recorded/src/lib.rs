//! Replays a recording of what another provider read.
//! Knows nothing of the remote system that was recorded.

mod activity;
mod error;
pub mod format;
mod objects;
mod provider;
#[cfg(test)]
mod tests;

pub use error::RecordingError;
pub use provider::Recorded;
