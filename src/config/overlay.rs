//! What is laid over the files of a root module before they are used: a unit of Terragrunt's has files of its own, and
//! such as are generated.
//! Knows nothing of where that is written.

use super::Declared;
use std::collections::BTreeMap;

/// A directory whose files come on top of those of a root module, and files that exist nowhere.
#[derive(Debug, Clone, PartialEq)]
pub struct Overlay {
    /// The directory, from the repository's root. It stands for the root module.
    pub directory: String,
    /// Files by name with what they hold; none where that is not known. They take the place of any other of their name.
    pub files: BTreeMap<String, Option<String>>,
    /// The backend with its arguments, where it is not the files that say so; its kind is none where that is not known.
    pub backend: Option<(Option<String>, BTreeMap<String, Declared>)>,
    /// What is not known, and whether part of the configuration is not read because of it.
    pub problems: Vec<(String, bool)>,
}
