//! What is known of one landing, from all sources, as the judge takes it.
//! Knows nothing of where it came from and judges nothing.

use super::people::PersonId;
use crate::model::{Assurance, Check, Standing};

/// All that the verdict on a landing rests on.
#[derive(Debug)]
pub(super) struct Evidence {
    /// Authors and co-authors of all that landed, and who opened the pull request.
    pub(super) requesters: Vec<PersonId>,
    /// Whether these are all.
    pub(super) complete: bool,
    /// The landing commit's own author and co-authors: requesters of what a merge says by itself.
    pub(super) own_authors: Vec<PersonId>,
    /// Who merged or committed it; none where the forge did so for somebody that nothing names.
    pub(super) merger: Option<PersonId>,
    /// Others whom a weaker source names as those who merged or committed.
    pub(super) hands: Vec<PersonId>,
    /// Whether it has several parents.
    pub(super) is_merge: bool,
    /// Everything that states an approval.
    pub(super) statements: Vec<Statement>,
    /// Who asked for changes and was not heard of again before it was merged.
    pub(super) objectors: Vec<PersonId>,
    /// The pull request as the forge writes it.
    pub(super) pull_request: Option<String>,
    /// What the forge has on record.
    pub(super) record: Record,
    /// When it landed, in seconds since 1970 (UTC).
    pub(super) landed_at: Option<i64>,
    /// What declares it an emergency.
    pub(super) emergency: Option<String>,
    /// Who owns what changed; none where nobody asked.
    pub(super) owners: Option<Result<Vec<OwnedPath>, String>>,
    /// The forge's checks of what was merged; none where they are not known.
    pub(super) checks: Option<Vec<Check>>,
    /// What belongs into the reason in any case.
    pub(super) remarks: Vec<String>,
}

/// Somebody's approval, as one source has it.
#[derive(Debug, Clone)]
pub(super) struct Statement {
    pub(super) person: PersonId,
    pub(super) assurance: Assurance,
    /// What the source itself says of it. Whether the person may approve is not its matter.
    pub(super) standing: Standing,
    /// In seconds since 1970 (UTC).
    pub(super) at: Option<i64>,
    /// For example `Reviewed-by trailer`, `review on #12`.
    pub(super) evidence: String,
}

/// What the forge has on record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Record {
    /// It was not asked.
    NotAsked,
    /// It could not be read, for this reason.
    Unreadable(String),
    /// No pull request brought this in.
    NoPullRequest,
    /// A pull request did, and all of its reviews are known.
    PullRequest,
}

/// A configuration file that changed and has owners.
#[derive(Debug, Clone)]
pub(super) struct OwnedPath {
    pub(super) path: String,
    /// How many of its owners have to approve.
    pub(super) approvals: usize,
    /// Those owners who stated an approval.
    pub(super) owners: Vec<PersonId>,
    /// An owner of whom it cannot be told whether they did.
    pub(super) unclear: Option<String>,
}
