//! Places in configuration files.
//! Knows nothing of what stands there.

/// A range in a file of the repository.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SourceRange {
    /// Path from the repository's root, with `/`.
    pub file: String,
    /// First line, from 1.
    pub start_line: u32,
    /// First column, from 1, in UTF-16 code units as SARIF counts by default.
    pub start_column: u32,
    /// Last line, from 1.
    pub end_line: u32,
    /// The column behind the last character, from 1, in UTF-16 code units.
    pub end_column: u32,
}
