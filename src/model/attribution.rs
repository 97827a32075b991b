//! Who approved what a block declares.
//! Knows nothing of how Git was asked.

/// How far a statement of approval can be trusted, strongest first.
/// Classes A1 to A6 of the attribution rules in the README.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Assurance {
    /// The forge's own review record.
    ForgeVerified,
    /// In a signed object whose signature was verified.
    Signed,
    /// A trailer in a commit that the forge made and signed.
    SystemTrailer,
    /// A Git note.
    Note,
    /// A trailer in an unsigned commit: anyone can type it.
    Asserted,
    /// A second person merged; nothing says that they reviewed.
    Implied,
}

impl Assurance {
    /// All classes, strongest first.
    pub const ALL: [Self; 6] =
        [Self::ForgeVerified, Self::Signed, Self::SystemTrailer, Self::Note, Self::Asserted, Self::Implied];

    /// The name in reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::ForgeVerified => "forge_verified",
            Self::Signed => "signed",
            Self::SystemTrailer => "system_trailer",
            Self::Note => "note",
            Self::Asserted => "asserted",
            Self::Implied => "implied",
        }
    }
}

/// Somebody who approved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Approver {
    /// `Name <email>`, through the repository's mailmap.
    pub identity: String,
    /// How far the statement can be trusted.
    pub assurance: Assurance,
    /// Whether it counts.
    pub standing: Standing,
    /// When they approved, where that is known (RFC 3339, UTC).
    pub at: Option<String>,
    /// Where it says so, for example `Reviewed-by trailer`, `review on #12`, `tag approved/7`.
    pub evidence: String,
}

impl Approver {
    /// An approver who counts, with nothing known beyond the statement itself.
    pub fn new(identity: impl Into<String>, assurance: Assurance, evidence: impl Into<String>) -> Self {
        Self { identity: identity.into(), assurance, standing: Standing::Counts, at: None, evidence: evidence.into() }
    }
}

/// Whether an approval counts, and if not why.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Standing {
    /// It counts.
    Counts,
    /// They asked for the change, made it or merged it.
    Involved,
    /// It cannot be told who they are.
    Unresolved,
    /// They approved another revision than the one that landed.
    Stale,
    /// They approved after the change had landed.
    Retrospective,
    /// They are no owner of what changed.
    NotOwner,
    /// A program, or an account that several share.
    NotAPerson,
    /// Statements of this kind are no approval by the policy.
    NotAccepted,
}

impl Standing {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::Counts,
        Self::Involved,
        Self::Unresolved,
        Self::Stale,
        Self::Retrospective,
        Self::NotOwner,
        Self::NotAPerson,
        Self::NotAccepted,
    ];

    /// The name in reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::Counts => "counts",
            Self::Involved => "involved",
            Self::Unresolved => "unresolved",
            Self::Stale => "stale",
            Self::Retrospective => "retrospective",
            Self::NotOwner => "not_owner",
            Self::NotAPerson => "not_a_person",
            Self::NotAccepted => "not_accepted",
        }
    }
}

/// A check that ran on what was merged, as the forge has it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Check {
    /// Its name.
    pub name: String,
    /// `success`, `failure`, `pending`, …: the forge's own word.
    pub conclusion: String,
    /// When it ended (RFC 3339, UTC).
    pub completed_at: Option<String>,
    /// Whether the branch wants it, where that is known.
    pub required: Option<bool>,
}

/// A change that was declared an emergency.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Emergency {
    /// What declares it, for example `label emergency`, `Emergency trailer`.
    pub marker: String,
    /// Until when somebody else has to approve it (RFC 3339, UTC).
    pub due: Option<String>,
    /// Who did, after the fact.
    pub approved_by: Option<String>,
    /// When they did (RFC 3339, UTC).
    pub approved_at: Option<String>,
}

/// The signature of a commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommitSignature {
    /// Git's own letter (`git log --format=%G?`): `G` good, `B` bad, `U` good and of unknown validity, `X` good and
    /// expired, `Y` good by an expired key, `R` good by a revoked key, `E` cannot be checked.
    pub letter: char,
    /// Whose key it is, as the key or the list of allowed signers says.
    pub signer: Option<String>,
    /// The key's fingerprint.
    pub key: Option<String>,
}

/// Whether nobody approved their own change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Segregation {
    /// Somebody other than requesters and implementers approved.
    Pass,
    /// Every approver also requested or implemented, or nobody was asked.
    Fail,
    /// It cannot be told.
    Unknown,
}

impl Segregation {
    /// The name in reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Fail => "fail",
            Self::Unknown => "unknown",
        }
    }
}

/// The commits behind a block, or the reason why there are none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attribution {
    /// The last commit that changed the meaning of the block (full hash).
    pub declaring_commit: Option<String>,
    /// The commit on the first-parent chain of the approved ref that brought the declaring commit in.
    pub approving_commit: Option<String>,
    /// When the approving commit was made (RFC 3339, UTC).
    pub landed_at: Option<String>,
    /// Subject line of the approving commit.
    pub subject: Option<String>,
    /// Authors and co-authors of the change, `Name <email>`, sorted.
    pub authors: Vec<String>,
    /// Who approved, strongest assurance first.
    pub approvers: Vec<Approver>,
    /// Who merged it, or committed it, where that is known.
    pub merged_by: Option<String>,
    /// The pull or merge request as the forge writes it, for example `#12` or `!7`.
    pub pull_request: Option<String>,
    /// Where the forge shows it.
    pub pull_request_url: Option<String>,
    /// Checks that ran on what was merged, as the forge has them; empty where nobody asked.
    pub checks: Vec<Check>,
    /// What declares it an emergency, and who approved it afterwards.
    pub emergency: Option<Emergency>,
    /// The signature of the approving commit; none where it carries none.
    pub signature: Option<CommitSignature>,
    /// The commit that the approving or the declaring commit says to revert (full hash, as far as it is written).
    pub reverts: Option<String>,
    /// The verdict on segregation of duties.
    pub segregation: Segregation,
    /// Why something above is unknown or failed, in one sentence fragment.
    pub reason: Option<String>,
}

impl Attribution {
    /// No commit can be named, for the given reason.
    pub fn unknown(reason: impl Into<String>) -> Self {
        Self {
            declaring_commit: None,
            approving_commit: None,
            landed_at: None,
            subject: None,
            authors: Vec::new(),
            approvers: Vec::new(),
            merged_by: None,
            pull_request: None,
            pull_request_url: None,
            checks: Vec::new(),
            emergency: None,
            signature: None,
            reverts: None,
            segregation: Segregation::Unknown,
            reason: Some(reason.into()),
        }
    }
}
