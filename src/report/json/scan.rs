//! What the JSON report v1 says of the scan itself.
//! Knows nothing of findings.

use crate::model;
use provider_api::Voucher;
use schemars::JsonSchema;
use serde::Serialize;

/// The scan itself.
#[derive(Serialize, JsonSchema)]
pub(super) struct Scan<'a> {
    /// Unique id of this scan.
    id: &'a str,
    /// RFC 3339, UTC.
    started_at: &'a str,
    /// RFC 3339, UTC.
    finished_at: &'a str,
    /// The repository whose configuration counts as approved.
    repository: Repository<'a>,
    /// The states that were read.
    states: Vec<State<'a>>,
    /// Directories of the root modules that were scanned and of their modules, from the repository's root; the root itself is
    /// empty.
    directories: &'a [String],
    /// The provider plugins that read; native readers are no programs of their own.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    providers: Vec<Program<'a>>,
    /// Whether everything was read that was to be read. If not, what is absent from the findings may still be there.
    complete: bool,
    /// 0 in sync, 2 drift, 3 no drift seen but the scan was incomplete.
    exit_code: u8,
}

/// A provider plugin that read.
#[derive(Serialize, JsonSchema)]
struct Program<'a> {
    /// The provider's address.
    provider: &'a str,
    /// Its version, where one is known.
    version: Option<&'a str>,
    /// The hash of its package, as lock files write it.
    h1: Option<&'a str>,
    /// Who said that it may run: `lock_file`, `development_override` or `reattach`.
    vouched_by: &'static str,
}

/// The repository whose configuration counts as approved.
#[derive(Serialize, JsonSchema)]
pub(in crate::report) struct Repository<'a> {
    /// The name of its folder.
    root: &'a str,
    /// The approved ref.
    #[serde(rename = "ref")]
    reference: &'a str,
    /// The commit that the ref stood at.
    commit: &'a str,
}

/// A state that was read.
#[derive(Serialize, JsonSchema)]
struct State<'a> {
    /// Where it came from, without credentials.
    source: &'a str,
    /// Its lineage.
    lineage: &'a str,
    /// Its serial.
    serial: u64,
    /// SHA-256 of its bytes, hex.
    sha256: &'a str,
    /// The version of the program that wrote it.
    terraform_version: &'a str,
}

impl<'a> From<&'a model::ScanInfo> for Scan<'a> {
    fn from(scan: &'a model::ScanInfo) -> Self {
        let state = |state: &'a model::StateInfo| State {
            source: &state.source,
            lineage: &state.lineage,
            serial: state.serial,
            sha256: &state.sha256,
            terraform_version: &state.terraform_version,
        };
        Self {
            id: &scan.id,
            started_at: &scan.started_at,
            finished_at: &scan.finished_at,
            repository: (&scan.repository).into(),
            states: scan.states.iter().map(state).collect(),
            directories: &scan.directories,
            providers: scan.programs.iter().map(|(source, program)| Program::new(source, program)).collect(),
            complete: scan.complete,
            exit_code: scan.exit_code,
        }
    }
}

impl<'a> From<&'a model::RepositoryInfo> for Repository<'a> {
    fn from(model::RepositoryInfo { root, reference, commit }: &'a model::RepositoryInfo) -> Self {
        Self { root, reference, commit }
    }
}

impl<'a> Program<'a> {
    fn new(provider: &'a str, program: &'a provider_api::Program) -> Self {
        let vouched_by = match program.vouched_by {
            Voucher::LockFile => "lock_file",
            Voucher::DevelopmentOverride => "development_override",
            Voucher::Reattach => "reattach",
        };
        Self { provider, version: program.version.as_deref(), h1: program.h1.as_deref(), vouched_by }
    }
}
