//! `driftline demo`: the embedded example, unpacked and scanned like any repository.
//! Knows nothing of what the example shows.

use super::write_reports;
use crate::activity::Source;
use crate::cli::DemoArguments;
use crate::compare::Level;
use crate::error::Error;
use crate::evidence::EvidenceSettings;
use crate::git::Repository;
use crate::interrupt::Interrupt;
use crate::inventory::Inventory;
use crate::providers::Readers;
use crate::report::Earlier;
use crate::scan::{Settings, Subject};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Where a file of the example goes, and what is in it. Made by `testdata/demo/make.py`.
const FILES: &[(&str, &[u8])] = &[
    (".git/HEAD", b"ref: refs/heads/main\n"),
    (".git/config", b"[core]\n\trepositoryformatversion = 0\n\tbare = false\n"),
    (".git/packed-refs", include_bytes!("../../testdata/demo/repository/packed-refs")),
    (".git/objects/pack/pack-demo.pack", include_bytes!("../../testdata/demo/repository/demo.pack")),
    (".git/objects/pack/pack-demo.idx", include_bytes!("../../testdata/demo/repository/demo.idx")),
    ("live/terraform.tfstate", include_bytes!("../../testdata/demo/terraform.tfstate")),
    (TRAIL_FILE, include_bytes!("../../testdata/demo/trail.json")),
];

/// Where a copy of the account's trail lies, and its one file, named as CloudTrail names it.
const TRAIL: &str = "trail";
const TRAIL_FILE: &str = "trail/AWSLogs/123456789012/CloudTrail/eu-west-1/2026/04/06/123456789012_CloudTrail_eu-west-1_20260406T1800Z_demo.json";

/// The files of the recording, in the same form.
const RECORDING: &[(&str, &[u8])] = include!("../../testdata/demo/recording.rs");

/// The folder's name shows in the report.
const NAME: &str = "payments-infrastructure";

/// Unpacks the example, scans it, reports.
pub(super) fn run(arguments: DemoArguments, interrupt: &Interrupt) -> Result<u8, Error> {
    super::targets(&arguments.output.report, &crate::cli::SCAN_FORMATS)?;
    let temporary;
    let dir = match &arguments.keep {
        Some(dir) => dir.clone(),
        None => {
            temporary = tempfile::tempdir().map_err(|cause| unpack_error(&std::env::temp_dir(), cause))?;
            temporary.path().join(NAME)
        }
    };
    unpack(&dir)?;
    let settings = Settings {
        subject: Subject {
            dir: dir.join("live"),
            reference: None,
            states: vec![dir.join("live/terraform.tfstate").to_string_lossy().into_owned()],
            variables: Vec::new(),
            deadline: super::DEADLINE,
            workspaces: Vec::new(),
            include: Vec::new(),
            exclude: Vec::new(),
            backend_config: Vec::new(),
            allow_programs: false,
        },
        live: Some(dir.join("recording")),
        record: None,
        activity: vec![Source::Folder(dir.join(TRAIL))],
        inventory: Inventory { wanted: true, ..Inventory::default() },
        deadline: Duration::from_secs(60),
        max_rps: None,
        readers: Readers::Auto,
        confirm: false,
        level: Level::Normalized,
        config: None,
        evidence: EvidenceSettings::default(),
        environment: std::collections::BTreeMap::new(),
    };
    let mut report = super::scan::scan(&settings, interrupt)?;
    // Where the example was unpacked is nobody's business and differs from run to run.
    for state in &mut report.scan.states {
        state.source = "live/terraform.tfstate".into();
    }
    write_reports(&report, &arguments.output, "live", Earlier::FirstUpload)?;
    Ok(report.scan.exit_code)
}

/// Writes the example's files, then the work tree of its last commit.
fn unpack(dir: &Path) -> Result<(), Error> {
    if dir.exists() && std::fs::read_dir(dir).is_ok_and(|mut entries| entries.next().is_some()) {
        return Err(unpack_error(dir, std::io::Error::other("it exists and is not empty")));
    }
    // Git takes a folder for a repository only with these.
    for folder in [".git/refs", ".git/objects"] {
        create(dir, &dir.join(folder))?;
    }
    for (path, bytes) in FILES.iter().chain(RECORDING) {
        write(dir, path, bytes)?;
    }
    let repository = Repository::discover(dir)?;
    let approved = repository.approved(None)?;
    let tree = repository.tree(approved.commit)?;
    for (folder, names) in tree.walk("", |_| true, |_| true)? {
        for name in names {
            let path = if folder.is_empty() { name } else { format!("{folder}/{name}") };
            write(dir, &path, &tree.read(&path, 1 << 20)?)?;
        }
    }
    Ok(())
}

fn write(dir: &Path, path: &str, bytes: &[u8]) -> Result<(), Error> {
    let target: PathBuf = dir.join(path);
    if let Some(parent) = target.parent() {
        create(dir, parent)?;
    }
    std::fs::write(&target, bytes).map_err(|cause| unpack_error(dir, cause))
}

fn create(dir: &Path, folder: &Path) -> Result<(), Error> {
    std::fs::create_dir_all(folder).map_err(|cause| unpack_error(dir, cause))
}

fn unpack_error(path: &Path, cause: std::io::Error) -> Error {
    Error::Unpack { path: path.to_owned(), cause }
}
