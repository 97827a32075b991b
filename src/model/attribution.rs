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
    /// The pull or merge request as the forge writes it, for example `#12` or `!7`.
    pub pull_request: Option<String>,
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
            pull_request: None,
            segregation: Segregation::Unknown,
            reason: Some(reason.into()),
        }
    }
}
