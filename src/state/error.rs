//! What can be wrong with a state, and the way out.
//! Knows nothing of how the faults are found; holds nothing of what a state contains but addresses.

use std::fmt;

/// The largest state that is read, in bytes: 2 GiB. A state is held in memory as a whole.
pub const MAX_STATE_BYTES: u64 = 2 << 30;

/// A state that could not be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StateError {
    /// The source, as the user named it.
    pub state: String,
    /// What is wrong with it.
    pub problem: StateProblem,
}

/// What is wrong with a state. Its `Display` completes the sentence "the state …".
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StateProblem {
    /// No such file.
    #[error("does not exist")]
    NotFound,
    /// The file may not be read.
    #[error("may not be read by this user")]
    Denied,
    /// Reading failed otherwise.
    #[error("cannot be read: {0}")]
    Unreadable(String),
    /// A directory.
    #[error("is a directory")]
    Directory,
    /// A pattern that matches no file.
    #[error("matches no file")]
    NoMatch,
    /// A pattern that is none.
    #[error("is not a valid pattern: {0}")]
    BadPattern(String),
    /// A pattern that matches more files than are read.
    #[error("matches more than {0} files")]
    TooManyMatches(usize),
    /// More bytes than are read.
    #[error("is larger than {} GiB, alone or with the states before it", MAX_STATE_BYTES >> 30)]
    TooLarge,
    /// Nothing, or only white space.
    #[error("is empty")]
    Empty,
    /// Bytes that are no UTF-8.
    #[error("is not UTF-8 text (byte {0})")]
    NotUtf8(usize),
    /// UTF-16, as some shells write redirected output.
    #[error("is UTF-16 text, not UTF-8")]
    Utf16,
    /// A plan file of `terraform plan -out`.
    #[error("is a zip archive such as a saved plan, not a state")]
    PlanFile,
    /// Compressed.
    #[error("is gzip-compressed")]
    Compressed,
    /// Configuration in the native syntax.
    #[error("is configuration (HCL), not a state")]
    Configuration,
    /// HTML or XML, mostly a log-in or error page.
    #[error("is an HTML or XML document, not a state")]
    Markup,
    /// Not a JSON object.
    #[error("is not a state: it is not a JSON object")]
    NotObject,
    /// JSON that ends too early.
    #[error("ends in the middle, at line {line} column {column}")]
    Truncated {
        /// From 1.
        line: usize,
        /// From 1, in bytes.
        column: usize,
    },
    /// Malformed JSON.
    #[error("is not valid JSON at line {line} column {column}: {reason}")]
    Syntax {
        /// From 1.
        line: usize,
        /// From 1, in bytes.
        column: usize,
        /// The parser's reason.
        reason: String,
    },
    /// Valid JSON whose values are not those of a state.
    #[error("does not have the shape of a state at line {line} column {column}: {reason}")]
    Shape {
        /// From 1.
        line: usize,
        /// From 1, in bytes.
        column: usize,
        /// What is unexpected, without the value.
        reason: String,
    },
    /// Version 3 or older.
    #[error("is of state format version {0}, written by Terraform 0.11 or older")]
    OldVersion(u64),
    /// A version that nobody knew when this was written.
    #[error("is of state format version {0}, which is not known; version 4 is")]
    NewVersion(String),
    /// `.terraform/terraform.tfstate`.
    #[error("is the backend cache of an initialized directory, not a state")]
    BackendCache,
    /// OpenTofu's state encryption.
    #[error("is encrypted by OpenTofu")]
    Encrypted,
    /// Encrypted, and the key or the method that would open it cannot be had.
    #[error("{cause}")]
    NotDecrypted {
        /// Why, as the sentence goes on.
        cause: String,
        /// The way out.
        hint: String,
    },
    /// `terraform show -json`.
    #[error("is the output of `show -json`, not a state")]
    ShowJson,
    /// A JSON object without what makes a state.
    #[error("is a JSON object, but not a state: it has no state format version")]
    NotState,
    /// No `resources` at all.
    #[error("has no `resources`")]
    NoResources,
    /// A resource or instance that cannot be understood.
    #[error("records {address}, which cannot be read: {reason}")]
    Instance {
        /// As far as it is known.
        address: String,
        /// Why.
        reason: String,
    },
    /// The attribute format of Terraform 0.11 and older.
    #[error("records {0} in the attribute format of Terraform 0.11 (`attributes_flat`)")]
    FlatAttributes(String),
    /// Twice the same instance.
    #[error("records {0} twice")]
    Duplicate(String),
}

impl fmt::Display for StateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.state.as_str() {
            "-" => write!(f, "the state on standard input {}", self.problem),
            name => write!(f, "the state {} {}", quoted(name), self.problem),
        }
    }
}

impl std::error::Error for StateError {}

impl StateError {
    /// What to do about it.
    pub fn hint(&self) -> &str {
        use StateProblem as P;
        match &self.problem {
            P::NotFound => {
                "check the path; a state in a backend can be piped in: `terraform state pull | driftline scan --state -`"
            }
            P::Denied => "give the user read access to the file",
            P::Unreadable(_) => "check the file and its disk, then scan again",
            P::Directory => "name the state file in it, or a pattern such as `dir/*.tfstate`",
            P::NoMatch => "check the pattern: `*` stays within one directory, `**` goes into all",
            P::BadPattern(_) => "escape `[`, `{`, `*` and `?` with a backslash where they stand for themselves",
            P::TooManyMatches(_) => "narrow the pattern, or scan in parts",
            P::TooLarge => {
                "check that it is a state; split a state that large, its operations are slow in Terraform too"
            }
            P::Empty => {
                "nothing was applied yet, or `state pull` found no state; run it in the initialized directory and workspace"
            }
            P::NotUtf8(_) | P::NotObject | P::NotState | P::Shape { .. } => {
                "give a state file, or the output of `terraform state pull`"
            }
            P::Utf16 => {
                "write the file as UTF-8; in Windows PowerShell: `terraform state pull | Out-File -Encoding utf8 FILE`"
            }
            P::PlanFile => {
                "give the state that the plan was made from, for example the output of `terraform state pull`"
            }
            P::Compressed => "decompress it first: `gzip -dc FILE | driftline scan --state -`",
            P::Configuration => "give the state; configuration is read from Git",
            P::Markup => "the address may need a log-in; fetch the state with `terraform state pull`",
            P::Truncated { .. } | P::Syntax { .. } => {
                "an apply may be writing it just now: try again, or restore it from its backup or backend version"
            }
            P::OldVersion(_) => {
                "upgrade it: run `terraform apply -refresh-only` with Terraform 0.12 or newer, then scan again"
            }
            P::NewVersion(_) => "use a newer driftline",
            P::BackendCache => {
                "the state is where the backend block says: give that, or pipe in the output of `terraform state pull`"
            }
            P::Encrypted => {
                "say how: `terraform { encryption { … } }` in the root module, or TF_ENCRYPTION; or pipe it in: `tofu state pull | driftline scan --state -`"
            }
            P::NotDecrypted { hint, .. } => hint,
            P::ShowJson => "give the raw state instead: the output of `terraform state pull`",
            P::NoResources => "give a complete state; one without resources still has an empty list of them",
            P::Instance { .. } | P::Duplicate(_) => {
                "the state was edited or damaged: restore it from its backup or backend version"
            }
            P::FlatAttributes(_) => {
                "rewrite it: run `terraform apply -refresh-only` with a current Terraform and provider"
            }
        }
    }
}

/// Text of unknown origin, safe to print: quoted, escaped and of bounded length.
pub(super) fn quoted(text: &str) -> String {
    let mut shown: String = text.chars().take(200).flat_map(char::escape_debug).collect();
    shown = shown.replace("\\\"", "\"").replace("\\'", "'");
    if text.chars().nth(200).is_some() {
        shown.push('…');
    }
    format!("`{shown}`")
}

/// Describes a failure to open or read a file.
pub(super) fn io_problem(error: &std::io::Error) -> StateProblem {
    use std::io::ErrorKind;
    match error.kind() {
        ErrorKind::NotFound => StateProblem::NotFound,
        ErrorKind::PermissionDenied => StateProblem::Denied,
        ErrorKind::IsADirectory => StateProblem::Directory,
        _ => StateProblem::Unreadable(error.to_string()),
    }
}
