//! What a forge has on record of a commit: its pull request, the reviews, the checks, the branch's protection.
//! Knows nothing of how it is read, nor of what any of it is worth.

use serde::{Deserialize, Serialize};

/// A forge's interface.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ForgeKind {
    /// GitHub and GitHub Enterprise Server.
    GitHub,
    /// GitLab, hosted or self-managed.
    GitLab,
}

impl ForgeKind {
    /// The name in reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::GitHub => "github",
            Self::GitLab => "gitlab",
        }
    }
}

/// All that could be read of one commit. All text is the forge's: of bounded length, and otherwise as it came.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ForgeRecord {
    /// Which interface said so.
    pub forge: ForgeKind,
    /// The pull request that brought the commit onto the branch; none where the forge says that none did.
    pub pull_request: Option<PullRequest>,
    /// The checks of the pull request's final head; none where there is no pull request or they could not be read.
    pub checks: Option<Vec<CheckRun>>,
    /// How the branch is protected now, which need not be how it was; none where it could not be read.
    pub protection: Option<Protection>,
    /// What could not be read: the call, its status, the way out.
    pub problems: Vec<String>,
    /// SHA-256 of each raw answer that this was derived from, in lower-case hexadecimal.
    pub evidence: Vec<String>,
}

/// A merged pull request (GitLab: merge request).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PullRequest {
    /// Its number in the repository.
    pub number: u64,
    /// As the forge writes it: `#12`, `!7`.
    pub reference: String,
    /// Its page; empty where the forge gave no `https` address.
    pub url: String,
    /// Who opened it.
    pub author: Account,
    /// Who merged it.
    pub merged_by: Option<Account>,
    /// When it was merged (RFC 3339, UTC).
    pub merged_at: Option<String>,
    /// The last commit of its branch.
    pub head: String,
    /// The commit that merging made.
    pub merge_commit: Option<String>,
    /// The branch it went to.
    pub base: String,
    /// Its labels.
    pub labels: Vec<String>,
    /// The commits of its branch.
    pub commits: Vec<PullRequestCommit>,
    /// Whether `commits` has all of them.
    pub commits_complete: bool,
    /// All reviews, as the forge orders them. [`PullRequest::effective_reviews`] has what they come to.
    pub reviews: Vec<Review>,
}

impl PullRequest {
    /// The last decisive review of each account: a comment takes nothing back. Those of deleted accounts, which cannot be
    /// told apart, stand each for itself.
    pub fn effective_reviews(&self) -> Vec<&Review> {
        let decisive: Vec<&Review> =
            self.reviews.iter().filter(|review| review.state != ReviewState::Commented).collect();
        let last = |(position, review): &(usize, &&Review)| {
            let mut later = decisive[position + 1..].iter();
            review.by.is_ghost() || !later.any(|other| other.by.is(&review.by))
        };
        decisive.iter().enumerate().filter(last).map(|(_, review)| *review).collect()
    }

    /// Whether the forge itself ties a commit to this pull request: as what merging made, as its head, as one of its own.
    pub fn has(&self, sha: &str) -> bool {
        self.merge_commit.as_deref() == Some(sha)
            || self.head == sha
            || self.commits.iter().any(|commit| commit.sha == sha)
    }
}

/// A commit of a pull request's branch.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PullRequestCommit {
    /// Its id.
    pub sha: String,
    /// Who wrote it.
    pub author: Signature,
    /// Who committed it.
    pub committer: Signature,
}

/// Whom a commit names: anyone can type a name and an address.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Signature {
    /// The name.
    pub name: String,
    /// The address.
    pub email: String,
    /// The account that the forge says the address belongs to.
    pub account: Option<Account>,
}

/// An account of the forge.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    /// Its unique name.
    pub login: String,
    /// The name it displays, which its owner chooses.
    pub name: Option<String>,
    /// The address it displays, which the forge has verified.
    pub email: Option<String>,
    /// Whether no person acts through it.
    pub is_bot: bool,
}

impl Account {
    /// What stands for accounts that were deleted.
    pub const GHOST: &'static str = "ghost";

    /// Whether it stands for accounts that were deleted: nobody can tell who that was.
    pub fn is_ghost(&self) -> bool {
        self.login == Self::GHOST
    }

    /// Whether both are one account. Forges do not tell capitals apart.
    pub fn is(&self, other: &Self) -> bool {
        self.login.eq_ignore_ascii_case(&other.login)
    }
}

/// A review.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Review {
    /// Who reviewed.
    pub by: Account,
    /// With what outcome.
    pub state: ReviewState,
    /// When (RFC 3339, UTC), where the forge tells. A dismissal keeps the time of the review.
    pub at: Option<String>,
    /// The head that was reviewed.
    pub on: Option<String>,
    /// Whether that is another commit than the final head; none where the forge does not tell.
    pub stale: Option<bool>,
}

/// The outcome of a review.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReviewState {
    /// Approved.
    Approved,
    /// Asked for changes.
    ChangesRequested,
    /// Said something.
    Commented,
    /// Taken back by somebody else.
    Dismissed,
    /// Taken back by the reviewer.
    Revoked,
}

/// A check of a commit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CheckRun {
    /// Its name.
    pub name: String,
    /// The forge's own word: `success`, `failure`, `in_progress`, …
    pub conclusion: String,
    /// When it ended (RFC 3339, UTC).
    pub completed_at: Option<String>,
    /// Whether the branch's protection asks for it now; none where that could not be read.
    pub required: Option<bool>,
}

/// How a branch is protected. What could not be read, or is told of other tiers only, is none.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Protection {
    /// The branch.
    pub branch: String,
    /// How many have to approve. GitLab: of this merge request, as it was merged, where that is told.
    pub required_approvals: Option<u32>,
    /// Whether a push takes approvals back.
    pub dismisses_stale: Option<bool>,
    /// Whether owners have to approve what they own.
    pub requires_code_owners: Option<bool>,
    /// Whether administrators are bound as well.
    pub enforced_for_admins: Option<bool>,
    /// The checks that have to succeed.
    pub required_checks: Vec<String>,
    /// Whether nothing may be pushed directly.
    pub requires_pull_request: Option<bool>,
    /// Whether history may be rewritten.
    pub allows_force_push: Option<bool>,
    /// Whether authors may approve their own.
    pub author_may_approve: Option<bool>,
    /// When the forge said so (RFC 3339, UTC).
    pub read_at: String,
}
