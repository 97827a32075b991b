//! Which scan first found a change in place, out of the JSON reports that scans wrote.
//! Knows nothing of states or of live objects.

use crate::attribute::{BlockId, History};
use crate::model::{Address, Deployed};
use gix::ObjectId;
use jiff::Timestamp;
use serde::Deserialize;
use std::collections::BTreeSet;
use std::io::Read;
use std::path::{Path, PathBuf};

/// A larger report is not read.
const LIMIT: u64 = 1 << 30;

/// What a scan's report tells of deployment.
#[derive(Debug, Clone)]
pub struct ScanRecord {
    id: String,
    at: Timestamp,
    shown_at: String,
    /// The approved commit that it compared with.
    pub commit: ObjectId,
    /// The approved ref by name.
    pub reference: String,
    /// Directories of the root modules that it scanned and of their modules.
    directories: BTreeSet<String>,
    /// Resources that were not, or not surely, as they are declared: type, name, and the directory of the block where known.
    open: Vec<(String, String, Option<String>)>,
}

/// Why a report tells nothing.
#[derive(Debug, thiserror::Error)]
#[error("`{}` is no JSON report of a scan: {cause}", path.display())]
pub struct ScanRecordError {
    /// The file.
    pub path: PathBuf,
    /// Why.
    pub cause: String,
}

#[derive(Deserialize)]
struct Document {
    format_version: String,
    scan: ScanPart,
    findings: Vec<FindingPart>,
}

#[derive(Deserialize)]
struct ScanPart {
    id: String,
    finished_at: String,
    repository: RepositoryPart,
    #[serde(default)]
    directories: BTreeSet<String>,
}

#[derive(Deserialize)]
struct RepositoryPart {
    r#ref: String,
    commit: String,
}

#[derive(Deserialize)]
struct FindingPart {
    kind: String,
    address: Option<String>,
    source: Option<SourcePart>,
}

#[derive(Deserialize)]
struct SourcePart {
    file: String,
}

/// Reads a report that `driftline scan --report json` wrote.
///
/// # Errors
/// When it cannot be read or is none.
pub fn read(path: &Path) -> Result<ScanRecord, ScanRecordError> {
    let error = |cause: String| ScanRecordError { path: path.to_owned(), cause };
    let mut text = String::new();
    let file = std::fs::File::open(path).map_err(|cause| error(cause.to_string()))?;
    file.take(LIMIT).read_to_string(&mut text).map_err(|cause| error(cause.to_string()))?;
    let document: Document =
        serde_json::from_str(&text).map_err(|cause| error(format!("line {}: not its shape", cause.line())))?;
    if document.format_version.split('.').next() != Some("1") {
        return Err(error("a later format".into()));
    }
    let at = document.scan.finished_at.parse().map_err(|_| error("its time is none".into()))?;
    let commit = document.scan.repository.commit.parse().map_err(|_| error("its commit is none".into()))?;
    let open = document.findings.into_iter().filter(|finding| {
        matches!(finding.kind.as_str(), "pending_create" | "pending_removal" | "unapplied" | "unknown")
    });
    let resource = |finding: FindingPart| {
        let address: Address = finding.address?.parse().ok()?;
        let directory = finding.source.map(|source| directory_of(&source.file).to_owned());
        Some((address.resource_type.to_string(), address.name.to_string(), directory))
    };
    Ok(ScanRecord {
        id: document.scan.id,
        at,
        shown_at: at.to_string(),
        commit,
        reference: document.scan.repository.r#ref,
        directories: document.scan.directories,
        open: open.filter_map(resource).collect(),
    })
}

impl ScanRecord {
    /// When the scan ended.
    pub fn at(&self) -> Timestamp {
        self.at
    }
}

fn directory_of(file: &str) -> &str {
    file.rsplit_once('/').map_or("", |(directory, _)| directory)
}

/// Scans by the position on the chain of the commit that each compared with.
pub(super) struct Deployments<'a> {
    /// In the order of time.
    scans: Vec<(u32, &'a ScanRecord)>,
}

impl<'a> Deployments<'a> {
    pub(super) fn new(history: &History, scans: &'a [ScanRecord]) -> Self {
        let position = |scan: &'a ScanRecord| {
            let (position, on_chain) = history.landed(scan.commit)?;
            on_chain.then_some((position, scan))
        };
        let mut scans: Vec<_> = scans.iter().filter_map(position).collect();
        scans.sort_by_key(|(_, scan)| scan.at);
        Self { scans }
    }

    /// The first scan of a commit that holds the change, of the block's directory, by which it was in place.
    pub(super) fn first(&self, position: u32, block: &BlockId) -> Option<Deployed> {
        let directory = super::directory(block);
        let in_place = |scan: &ScanRecord| match (block.kind.as_str(), &block.labels[..]) {
            ("resource", [resource_type, name]) => !scan.open.iter().any(|(open_type, open_name, place)| {
                (open_type, open_name) == (resource_type, name)
                    && place.as_deref().is_none_or(|place| place == directory)
            }),
            // What it reaches is not followed: all that was scanned has to be in place.
            _ => scan.open.is_empty(),
        };
        let fits = |(at, scan): &&(u32, &ScanRecord)| {
            *at >= position && scan.directories.contains(directory) && in_place(scan)
        };
        let (_, scan) = self.scans.iter().find(fits)?;
        Some(Deployed { at: scan.shown_at.clone(), scan: scan.id.clone() })
    }
}
