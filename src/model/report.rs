//! The judged outcome of a scan. Every output format is a projection of it.
//! Knows nothing of those formats; holds no sensitive value.

use super::{Activity, Address, Attribution, SourceRange};
use crate::inventory::Covered;
use provider_api::{AttributePath, GapClass, Program, Scope};
use provider_states::{Lock, Run};
use serde_json::Value;
use std::collections::BTreeMap;

/// What is the matter with an instance.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// Live differs from what state recorded.
    Changed,
    /// In state, gone from a scope that was read completely.
    Missing,
    /// Live in a scope that was read, in no state.
    Unmanaged,
    /// In state, and not readable.
    Unknown,
    /// Live equals the configuration; state lags behind. Not drift.
    StaleState,
    /// Declared, not recorded yet. Not drift.
    PendingCreate,
    /// Recorded, no longer declared. Not drift.
    PendingRemoval,
    /// Declared otherwise than recorded, and live equals the record. Not drift.
    Unapplied,
    /// Differs, but `lifecycle.ignore_changes` says not to care.
    Ignored,
    /// Recorded by another state too. Not drift, but each apply may undo the other's.
    ManagedTwice,
}

impl Kind {
    /// All kinds, in the order in which reports list them.
    pub const ALL: [Self; 10] = [
        Self::Changed,
        Self::Missing,
        Self::Unmanaged,
        Self::Unknown,
        Self::StaleState,
        Self::PendingCreate,
        Self::PendingRemoval,
        Self::Unapplied,
        Self::Ignored,
        Self::ManagedTwice,
    ];

    /// The name in reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::Changed => "changed",
            Self::Missing => "missing",
            Self::Unmanaged => "unmanaged",
            Self::Unknown => "unknown",
            Self::StaleState => "stale_state",
            Self::PendingCreate => "pending_create",
            Self::PendingRemoval => "pending_removal",
            Self::Unapplied => "unapplied",
            Self::Ignored => "ignored",
            Self::ManagedTwice => "managed_twice",
        }
    }

    /// Whether the kind is drift: something changed outside of an apply.
    /// `unmanaged` counts only where it was asked for, and what every account has by default never does.
    pub fn is_drift(self) -> bool {
        matches!(self, Self::Changed | Self::Missing | Self::Unmanaged)
    }
}

/// How much a finding matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// For the record.
    Info,
    /// Worth a look.
    Low,
    /// Should be looked at.
    Medium,
    /// Opens or breaks something.
    High,
}

impl Severity {
    /// The name in reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
        }
    }
}

/// A value fit for printing.
#[derive(Debug, Clone, PartialEq)]
pub enum ReportedValue {
    /// The value itself.
    Plain(Value),
    /// A keyed digest in place of a sensitive value: equal values have equal digests within one state.
    Redacted(String),
    /// Cannot be told (an expression that is not evaluated, an attribute that was not read).
    NotKnown,
    /// Not set, or not declared.
    Absent,
}

/// One attribute that differs.
#[derive(Debug, Clone, PartialEq)]
pub struct AttributeChange {
    /// Where in the instance.
    pub path: AttributePath,
    /// What configuration declares.
    pub declared: ReportedValue,
    /// What state recorded.
    pub recorded: ReportedValue,
    /// What the remote system answered.
    pub live: ReportedValue,
    /// Whether the values are sensitive.
    pub sensitive: bool,
    /// Whether a plan of the approved configuration would change it back.
    pub material: bool,
    /// Where the attribute is declared, if it is.
    pub source: Option<SourceRange>,
    /// Who declared and approved it, if it is declared.
    pub attribution: Option<Attribution>,
    /// What else determines what is declared, one leading to the next.
    pub contributing: Vec<Contributor>,
}

/// A local, a variable's value, an output: what takes part in determining what is declared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contributor {
    /// Its name as the language writes it, for example `local.size`.
    pub what: String,
    /// Where its value stands.
    pub source: Option<SourceRange>,
    /// The last commit that changed its meaning.
    pub declaring_commit: Option<String>,
    /// The commit that brought that onto the approved ref.
    pub approving_commit: Option<String>,
}

/// A difference that a rule folded away.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Fold {
    /// The attribute path.
    pub path: AttributePath,
    /// The rule's name, for example `null_is_empty` or `owned_by aws_security_group_rule.x`.
    pub rule: String,
}

/// One instance that is not in sync.
#[derive(Debug, Clone, PartialEq)]
pub struct Finding {
    /// A stable fingerprint: hex digest of kind, root module, address (or type and id for what has none).
    pub id: String,
    /// What is the matter.
    pub kind: Kind,
    /// The instance; none for an unmanaged object.
    pub address: Option<Address>,
    /// Directory of the root module, from the repository's root; empty for the root itself.
    pub root_module: String,
    /// The workspace; empty for an unmanaged object.
    pub workspace: String,
    /// Resource type.
    pub resource_type: String,
    /// Provider address.
    pub provider: String,
    /// Where the object lives.
    pub scope: Scope,
    /// The remote object's id, if known.
    pub object_id: Option<String>,
    /// How much it matters.
    pub severity: Severity,
    /// Whether a plan of the approved configuration would act.
    pub material: bool,
    /// Whether every account has such an object from the start, or another object owns it (unmanaged only).
    pub default_object: bool,
    /// When the object was made, where the API tells it (unmanaged only).
    pub created_at: Option<String>,
    /// The object's tags (unmanaged only).
    pub tags: BTreeMap<String, String>,
    /// What differs, sorted by path.
    pub attributes: Vec<AttributeChange>,
    /// Where the resource is declared: the block, or for what is no longer declared nothing.
    pub source: Option<SourceRange>,
    /// Who approved what is declared.
    pub attribution: Attribution,
    /// What else determines the resource as a whole: the module calls that enclose it, the provider's version.
    pub contributing: Vec<Contributor>,
    /// Who changed it live; none where that was not asked.
    pub activity: Option<Activity>,
    /// For `unknown`, why; for the others a remark, if any.
    pub cause: Option<String>,
}

/// How a type and scope were read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum CoverageStatus {
    /// Everything that was asked for.
    Complete,
    /// Something was not read, for this class of cause.
    Gap(GapClass),
}

impl CoverageStatus {
    /// The name in reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::Complete => "complete",
            Self::Gap(GapClass::Denied) => "denied",
            Self::Gap(GapClass::Throttled) => "throttled",
            Self::Gap(GapClass::Failed) => "failed",
            Self::Gap(GapClass::Unsupported) => "unsupported",
            Self::Gap(GapClass::TimedOut) => "timed_out",
        }
    }
}

/// What was looked at, per provider, scope and type.
#[derive(Debug, Clone, PartialEq)]
pub struct CoverageEntry {
    /// Provider address.
    pub provider: String,
    /// Account and region.
    pub scope: Scope,
    /// Resource type.
    pub resource_type: String,
    /// Which reader: `native`, `plugin` or `recorded`; `none` where no reader serves the type.
    pub reader: String,
    /// Complete, or why not.
    pub status: CoverageStatus,
    /// Live objects seen.
    pub objects: u64,
    /// How many of them a state holds; none where objects of no state were not looked for.
    pub covered: Option<Covered>,
    /// Attributes that were compared, sorted.
    pub attributes: Vec<String>,
    /// Calls made.
    pub api_calls: u64,
    /// The gap's cause.
    pub cause: Option<String>,
}

/// One state that was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StateInfo {
    /// Where it came from, without credentials.
    pub source: String,
    /// Lineage.
    pub lineage: String,
    /// Serial.
    pub serial: u64,
    /// SHA-256 of its bytes, hex.
    pub sha256: String,
    /// The program's version that wrote it.
    pub terraform_version: String,
    /// Where it is kept, and what was seen of it there.
    pub origin: StateOrigin,
}

/// Where a state is kept, and what was seen of it there. Texts of unknown origin are fit for printing.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct StateOrigin {
    /// Directory of the root module, from the repository's root; empty for the root itself.
    pub root_module: String,
    /// The workspace.
    pub workspace: String,
    /// The backend's kind; none where the state was named.
    pub backend: Option<String>,
    /// Whether the backend keeps nothing yet, so that an empty state stands in.
    pub nothing_kept: bool,
    /// The version's id, where the backend keeps versions.
    pub version: Option<String>,
    /// When it was written, as the backend tells it, RFC 3339.
    pub modified_at: Option<String>,
    /// By which checksum of the backend's it was checked.
    pub checked_by: Option<String>,
    /// Who holds its lock.
    pub lock: Option<Lock>,
    /// Why it could not be told who holds the lock.
    pub lock_unread: Option<String>,
    /// The run that wrote it.
    pub run: Option<Run>,
    /// Whether it is kept encrypted.
    pub encrypted: bool,
}

/// A state that was to be read and could not be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnreadState {
    /// Directory of the root module, from the repository's root; empty for the root itself.
    pub root_module: String,
    /// The workspace; none where the workspaces themselves could not be listed.
    pub workspace: Option<String>,
    /// What ends the reading, in a sentence, naming the place.
    pub cause: String,
    /// The way out.
    pub hint: String,
}

/// The repository that was read.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RepositoryInfo {
    /// Its root: the name of the work tree's folder, never a machine's path.
    pub root: String,
    /// The approved ref as given or found.
    pub reference: String,
    /// The commit it stands at, full hash.
    pub commit: String,
}

/// The scan itself.
#[derive(Debug, Clone, PartialEq)]
pub struct ScanInfo {
    /// Unique id of this scan.
    pub id: String,
    /// RFC 3339, UTC.
    pub started_at: String,
    /// RFC 3339, UTC.
    pub finished_at: String,
    /// The repository.
    pub repository: RepositoryInfo,
    /// The states.
    pub states: Vec<StateInfo>,
    /// The states that could not be read.
    pub unread: Vec<UnreadState>,
    /// Directories with configuration that were not looked at, each with the reason.
    pub left_out: Vec<(String, String)>,
    /// Directories of the root modules that were scanned and of their modules, from the repository's root, sorted.
    pub directories: Vec<String>,
    /// Programs that read, with the address of the provider that each is.
    pub programs: Vec<(String, Program)>,
    /// Whether all that was to be looked at was.
    pub complete: bool,
    /// The exit code that goes with the report.
    pub exit_code: u8,
}

/// Counts of instances by outcome.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Summary {
    /// Managed instances in state.
    pub resources: u64,
    /// Instances by kind: see [`Kind`].
    pub in_sync: u64,
    /// Drift.
    pub changed: u64,
    /// Drift.
    pub missing: u64,
    /// Objects in no state that are neither account defaults nor owned by another object.
    pub unmanaged: u64,
    /// Not readable.
    pub unknown: u64,
    /// State lags.
    pub stale_state: u64,
    /// Declared only.
    pub pending_create: u64,
    /// Recorded only.
    pub pending_removal: u64,
    /// Declared otherwise.
    pub unapplied: u64,
    /// Ignored by `ignore_changes`.
    pub ignored: u64,
    /// Instances whose object another state records too.
    pub managed_twice: u64,
    /// Calls made in all.
    pub api_calls: u64,
    /// How much of the live estate is in a state; none where objects of no state were not looked for.
    pub covered: Option<Covered>,
}

/// Something the reader of the report must know beside the findings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// A stable kebab-case code, for example `other-account`.
    pub code: &'static str,
    /// Whether it makes the scan incomplete.
    pub incomplete: bool,
    /// One or two sentences: what, why, what to do.
    pub text: String,
    /// The place in the configuration, if there is one.
    pub source: Option<SourceRange>,
}

/// The whole report.
#[derive(Debug, Clone, PartialEq)]
pub struct Report {
    /// The scan.
    pub scan: ScanInfo,
    /// Counts.
    pub summary: Summary,
    /// What must be said first, in order.
    pub notices: Vec<Notice>,
    /// Every instance that is not in sync, sorted by address, then object id.
    pub findings: Vec<Finding>,
    /// What was looked at, sorted by provider, scope and type.
    pub coverage: Vec<CoverageEntry>,
    /// What rules folded, by rule name: how many attributes.
    pub folds: Vec<(String, u64)>,
    /// A place in the repository that stands for the whole root module, for findings that have none of their own:
    /// the backend block, else a provider block, else the first resource. By root module directory.
    pub anchors: Vec<(String, SourceRange)>,
}
