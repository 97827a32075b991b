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
    /// The states that were to be read and could not be: nothing is known of what they record.
    #[serde(skip_serializing_if = "UnreadStates::is_empty")]
    unread_states: UnreadStates<'a>,
    /// Directories with configuration that were not looked at.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    left_out: Vec<LeftOut<'a>>,
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
pub(in crate::report) struct State<'a> {
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
    /// The directory of the root module from the repository's root; empty for the root itself.
    root_module: &'a str,
    /// The workspace.
    workspace: &'a str,
    /// The backend's kind; null where the state was named.
    backend: Option<&'a str>,
    /// Whether it is kept encrypted; the digest is that of the encrypted bytes.
    encrypted: bool,
    /// Whether the backend keeps nothing yet, so that an empty state stands in.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    nothing_kept: bool,
    /// The version's id, where the backend keeps versions.
    #[serde(skip_serializing_if = "Option::is_none")]
    version: Option<&'a str>,
    /// When it was written, as the backend tells it, RFC 3339.
    #[serde(skip_serializing_if = "Option::is_none")]
    modified_at: Option<&'a str>,
    /// By which checksum of the backend's it was checked.
    #[serde(skip_serializing_if = "Option::is_none")]
    checked_by: Option<&'a str>,
    /// Who held its lock when it was read.
    #[serde(skip_serializing_if = "Option::is_none")]
    lock: Option<Lock<'a>>,
    /// Why it could not be told whether someone held the lock.
    #[serde(skip_serializing_if = "Option::is_none")]
    lock_unread: Option<&'a str>,
    /// The run that wrote it: evidence of who deployed.
    #[serde(skip_serializing_if = "Option::is_none")]
    run: Option<Run<'a>>,
}

/// A held lock, as Terraform writes it.
#[derive(Serialize, JsonSchema)]
struct Lock<'a> {
    /// Its id; empty where it is not told.
    id: &'a str,
    /// For what it is held.
    operation: &'a str,
    /// Who holds it.
    who: &'a str,
    /// Since when.
    since: &'a str,
}

/// The run that wrote a state.
#[derive(Serialize, JsonSchema)]
struct Run<'a> {
    /// Its id; empty where the state was uploaded without one.
    id: &'a str,
    /// Who started it, or uploaded the state.
    author: Option<&'a str>,
    /// When the state was made, RFC 3339.
    at: Option<&'a str>,
    /// What started it.
    source: Option<&'a str>,
    /// The commit that it was made from.
    commit: Option<&'a str>,
}

/// A directory with configuration that was not looked at.
#[derive(Serialize, JsonSchema)]
pub(in crate::report) struct LeftOut<'a> {
    /// The directory, from the repository's root.
    pub(in crate::report) directory: &'a str,
    /// Why.
    pub(in crate::report) reason: &'a str,
}

/// The states that could not be read.
#[derive(Serialize, JsonSchema)]
pub(in crate::report) struct UnreadStates<'a>(Vec<Unread<'a>>);

impl<'a> UnreadStates<'a> {
    pub(in crate::report) fn new(states: &'a [model::UnreadState]) -> Self {
        Self(states.iter().map(Into::into).collect())
    }

    fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// A state that could not be read.
#[derive(Serialize, JsonSchema)]
struct Unread<'a> {
    /// The directory of the root module from the repository's root; empty for the root itself.
    root_module: &'a str,
    /// The workspace; null where the workspaces themselves could not be listed.
    workspace: Option<&'a str>,
    /// Why.
    cause: &'a str,
    /// The way out.
    hint: &'a str,
}

impl<'a> From<&'a model::ScanInfo> for Scan<'a> {
    fn from(scan: &'a model::ScanInfo) -> Self {
        Self {
            id: &scan.id,
            started_at: &scan.started_at,
            finished_at: &scan.finished_at,
            repository: (&scan.repository).into(),
            states: scan.states.iter().map(Into::into).collect(),
            unread_states: UnreadStates::new(&scan.unread),
            left_out: scan.left_out.iter().map(|(directory, reason)| LeftOut { directory, reason }).collect(),
            directories: &scan.directories,
            providers: scan.programs.iter().map(|(source, program)| Program::new(source, program)).collect(),
            complete: scan.complete,
            exit_code: scan.exit_code,
        }
    }
}

impl<'a> From<&'a model::StateInfo> for State<'a> {
    fn from(state: &'a model::StateInfo) -> Self {
        let origin = &state.origin;
        Self {
            source: &state.source,
            lineage: &state.lineage,
            serial: state.serial,
            sha256: &state.sha256,
            terraform_version: &state.terraform_version,
            root_module: &origin.root_module,
            workspace: &origin.workspace,
            backend: origin.backend.as_deref(),
            encrypted: origin.encrypted,
            nothing_kept: origin.nothing_kept,
            version: origin.version.as_deref(),
            modified_at: origin.modified_at.as_deref(),
            checked_by: origin.checked_by.as_deref(),
            lock: origin.lock.as_ref().map(|lock| Lock {
                id: &lock.id,
                operation: &lock.operation,
                who: &lock.who,
                since: &lock.since,
            }),
            lock_unread: origin.lock_unread.as_deref(),
            run: origin.run.as_ref().map(|run| Run {
                id: &run.id,
                author: run.author.as_deref(),
                at: run.at.as_deref(),
                source: run.source.as_deref(),
                commit: run.commit.as_deref(),
            }),
        }
    }
}

impl<'a> From<&'a model::UnreadState> for Unread<'a> {
    fn from(state: &'a model::UnreadState) -> Self {
        let workspace = state.workspace.as_deref();
        Self { root_module: &state.root_module, workspace, cause: &state.cause, hint: &state.hint }
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
