//! CloudTrail's records as data: who did what with which tool, which objects a record concerns, and trails kept in files.
//! Knows nothing of how AWS is asked, nor of what counts as drift.
//!
//! The form of records: CloudTrail User Guide, "CloudTrail record contents for management, data, and network activity
//! events" and "CloudTrail userIdentity element".

mod actor;
mod file;
mod folder;
mod matching;
mod parts;
mod record;
mod request;
mod subject;
#[cfg(test)]
mod tests;
mod tool;

pub use folder::activity_of_folder;
#[cfg(feature = "sdk")]
pub(crate) use {
    file::{MAX_PACKED, is_record_file, unpack},
    folder::Days,
    matching::Matcher,
};
