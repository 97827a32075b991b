//! Every change to infrastructure in a period, and what is known of each.
//! Knows nothing of how it was gathered or how it is shown.

use super::{Attribution, RepositoryInfo, Severity};

/// All that landed on the approved ref in a period.
#[derive(Debug, Clone, PartialEq)]
pub struct Audit {
    /// The repository and the approved ref, as it stands.
    pub repository: RepositoryInfo,
    /// The directory that was looked at, from the repository's root; empty for all of it.
    pub directory: String,
    /// When the audit was made (RFC 3339, UTC).
    pub made_at: String,
    /// Where the period begins, exclusive; none where it begins with history.
    pub since: Option<Boundary>,
    /// Where it ends, inclusive.
    pub until: Boundary,
    /// What landed and changed configuration, oldest first.
    pub landings: Vec<AuditedLanding>,
    /// What an auditor must look at, in the order of history.
    pub findings: Vec<AuditFinding>,
    /// What the population rests on, and what is missing from it.
    pub completeness: Completeness,
    /// The exit code that goes with it.
    pub exit_code: u8,
}

/// One end of the period.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Boundary {
    /// As the user gave it: a revision or a date; none for the default.
    pub given: Option<String>,
    /// The commit of the first-parent chain that it stands for (full hash).
    pub commit: Option<String>,
    /// When that landed, as its committer claims (RFC 3339, UTC).
    pub at: Option<String>,
}

/// One commit of the first-parent chain with all that it changed.
#[derive(Debug, Clone, PartialEq)]
pub struct AuditedLanding {
    /// Who asked, who approved, how surely; its declaring commit is none, for each change has its own.
    pub attribution: Attribution,
    /// Whether it has several parents.
    pub is_merge: bool,
    /// What it changed, sorted by directory and name.
    pub changes: Vec<AuditedChange>,
}

/// One block that changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditedChange {
    /// `added`, `changed`, `moved` or `removed`.
    pub kind: &'static str,
    /// Its directory from the repository's root; empty for the root itself.
    pub directory: String,
    /// Its name as the language writes it: `aws_vpc.main`, `data.aws_ami.a`, `module.net`, `local.size`, `var.size`,
    /// `provider.aws.west`; of a file of values `prod.tfvars: size`.
    pub what: String,
    /// The commit that made the change (full hash); none where it lies outside of this clone.
    pub declaring_commit: Option<String>,
    /// What differs, sorted by path.
    pub attributes: Vec<AttributeDiff>,
    /// Whether the file says that a program wrote it.
    pub generated: bool,
    /// When it was first seen deployed; none where no scan tells.
    pub deployed: Option<Deployed>,
}

/// One attribute before and after, as the source text has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AttributeDiff {
    /// The attribute path, for example `tags["Env"]`.
    pub path: String,
    /// What it said; none where it was not there. Of a sensitive one a keyed digest.
    pub before: Option<String>,
    /// What it says; none where it is gone. Of a sensitive one a keyed digest.
    pub after: Option<String>,
    /// Whether digests stand in place of values.
    pub sensitive: bool,
}

/// The first scan that found a change in place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deployed {
    /// When that scan ended (RFC 3339, UTC).
    pub at: String,
    /// Its id.
    pub scan: String,
}

/// What is wrong, or what cannot be told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AuditRule {
    /// It landed, and nobody approved it.
    LandedWithoutApproval,
    /// Every approver also wrote or merged it.
    SelfApproved,
    /// What was approved is not what landed.
    ApprovedBeforeLastPush,
    /// It landed although checks had failed, or without those that are required.
    ChecksFailed,
    /// An emergency change whose approval is overdue.
    EmergencyNotApproved,
    /// The branch is protected, and this went around it.
    ProtectedBranchBypassed,
    /// A tip that was seen earlier is no part of the history any more.
    HistoryRewritten,
    /// A merge swapped its parents, so that the approved branch came in as if it were the topic.
    FoxtrotMerge,
    /// Who approved cannot be told.
    ApprovalUnknown,
}

impl AuditRule {
    /// All rules, in the order in which reports explain them.
    pub const ALL: [Self; 9] = [
        Self::LandedWithoutApproval,
        Self::SelfApproved,
        Self::ApprovedBeforeLastPush,
        Self::ChecksFailed,
        Self::EmergencyNotApproved,
        Self::ProtectedBranchBypassed,
        Self::HistoryRewritten,
        Self::FoxtrotMerge,
        Self::ApprovalUnknown,
    ];

    /// The name in reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::LandedWithoutApproval => "landed_without_approval",
            Self::SelfApproved => "self_approved",
            Self::ApprovedBeforeLastPush => "approved_before_last_push",
            Self::ChecksFailed => "checks_failed",
            Self::EmergencyNotApproved => "emergency_not_approved",
            Self::ProtectedBranchBypassed => "protected_branch_bypassed",
            Self::HistoryRewritten => "history_rewritten",
            Self::FoxtrotMerge => "foxtrot_merge",
            Self::ApprovalUnknown => "approval_unknown",
        }
    }
}

/// Something that an auditor must look at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditFinding {
    /// What is the matter.
    pub rule: AuditRule,
    /// How much it matters.
    pub severity: Severity,
    /// The landing commit (full hash), or the tip that is gone.
    pub commit: Option<String>,
    /// Its pull request, as the forge writes it.
    pub pull_request: Option<String>,
    /// One sentence: what was found.
    pub text: String,
}

/// What the population rests on. An auditor reads it before the changes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Completeness {
    /// Whether nothing is missing from the population.
    pub complete: bool,
    /// Commits of the first-parent chain in the period.
    pub landings: u64,
    /// Those of them that changed configuration.
    pub landings_with_changes: u64,
    /// All commits that landed in the period, those of merged branches among them.
    pub commits: u64,
    /// What could not be looked at.
    pub holes: Vec<Hole>,
    /// Against what it was checked that history was not rewritten, for example `the reflog of origin/main`.
    pub rewriting_checked: Vec<String>,
    /// SHA-256 (hex) of all that says who is who: the mailmap, and persons, teams and programs of the settings.
    pub identity_map: Option<String>,
    /// The forge whose records were used, for example `github`; none where Git is all there is.
    pub forge: Option<String>,
    /// Landings with changes for which the forge's record was read or kept.
    pub forge_records: u64,
    /// What no tool can tell from a repository, one sentence each.
    pub not_covered: Vec<String>,
}

/// Something that could not be looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hole {
    /// What: a file with its directory, a range of history, the forge's record of a commit.
    pub what: String,
    /// The landing commit concerned (full hash), if it is one.
    pub commit: Option<String>,
    /// Why, and the way out.
    pub cause: String,
}
