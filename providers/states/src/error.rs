//! Why a state could not be read, with the way out.
//! Knows nothing of any backend in particular; holds nothing of what a state or a credential contains.

/// What kind of failure it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Class {
    /// The credentials do not allow it, or there are none.
    Denied,
    /// The bucket, table, host or workspace that the backend names does not exist. (A state that does not exist yet is no
    /// error.)
    NotFound,
    /// An argument is missing or means nothing.
    Unset,
    /// No answer in time.
    TimedOut,
    /// More bytes than are read.
    TooLarge,
    /// What came is not what was kept: it breaks off, its checksum differs, it cannot be unpacked or decrypted.
    Damaged,
    /// This backend, or this use of it, cannot be read by driftline.
    Unsupported,
    /// Anything else.
    Failed,
}

impl Class {
    /// The way out, where the failure itself does not say a better one.
    fn hint(self) -> &'static str {
        match self {
            Self::Denied => "give the credentials read access to it; driftline needs no permission to write or lock",
            Self::NotFound => {
                "check the backend block and what completes it, or initialize the directory: `terraform init`"
            }
            Self::Unset => {
                "initialize the directory with `terraform init -backend-config=…`, or set `backend_config` in driftline.toml"
            }
            Self::TimedOut => "check that the backend can be reached from here, then scan again",
            Self::TooLarge => "check that it is a state; split one that large",
            Self::Damaged => "an apply may be writing it just now: scan again, or restore it from an earlier version",
            Self::Unsupported => "pipe the state in: `terraform state pull | driftline scan --state -`",
            Self::Failed => "try `terraform state pull` in the initialized directory, and pipe it in with `--state -`",
        }
    }
}

/// A state, or the list of workspaces, that could not be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the state in {place} cannot be read: {cause}")]
pub struct StoreError {
    /// Where, fit for printing.
    pub place: String,
    /// What kind of failure it was.
    pub class: Class,
    /// Why, naming the call; fit for printing.
    pub cause: String,
    /// The way out.
    pub hint: String,
}

impl StoreError {
    /// With the way out that the class has. `place` and `cause` are made fit for printing.
    pub fn new(place: impl AsRef<str>, class: Class, cause: impl AsRef<str>) -> Self {
        Self { place: printable(place.as_ref()), class, cause: printable(cause.as_ref()), hint: class.hint().into() }
    }

    /// With a better way out.
    #[must_use]
    pub fn with_hint(self, hint: impl Into<String>) -> Self {
        Self { hint: hint.into(), ..self }
    }
}

/// The longest text of unknown origin that is shown.
const LONGEST: usize = 400;

/// Text of unknown origin on one line, without control characters, of bounded length.
pub(crate) fn printable(text: &str) -> String {
    let plain = |c: char| if c.is_control() || is_invisible(c) { '\u{fffd}' } else { c };
    let mut shown: String = text.chars().take(LONGEST).map(plain).collect();
    if text.chars().nth(LONGEST).is_some() {
        shown.push('…');
    }
    shown
}

/// Characters that change how their neighbours are shown (Unicode TR 36, bidirectional controls), or show as nothing.
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}
