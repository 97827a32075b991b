//! Values that the stages hand on: addresses, source ranges, findings, the report.
//! They know nothing of I/O, Git, providers or output formats.

mod activity;
mod address;
mod attribution;
mod audit;
mod provider_reference;
mod report;
mod source;

pub use activity::{Activity, LiveChange};
pub use address::{Address, AddressError, InstanceKey, ModuleStep};
pub use attribution::{Approver, Assurance, Attribution, Check, CommitSignature, Emergency, Segregation, Standing};
pub use audit::{
    AttributeDiff, Audit, AuditFinding, AuditRule, AuditedChange, AuditedLanding, Boundary, Completeness, Deployed,
    Hole,
};
pub use provider_reference::ProviderReference;
pub use report::{
    AttributeChange, Contributor, CoverageEntry, CoverageStatus, Finding, Fold, Kind, Notice, Report, ReportedValue,
    RepositoryInfo, ScanInfo, Severity, StateInfo, StateOrigin, Summary, UnreadState,
};
pub use source::SourceRange;

pub(crate) use address::parse_module;
