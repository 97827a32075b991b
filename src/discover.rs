//! Finds the root modules below a directory of a commit.
//! Knows nothing of what they declare, beyond which blocks make a module a root.

use crate::config::{is_configuration, outline};
use crate::git::{GitError, Tree};
use std::collections::{BTreeMap, BTreeSet};

/// A root module.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct RootModule {
    /// Its directory, from the repository's root; empty for the root itself.
    pub directory: String,
}

/// Why there is no root module.
#[derive(Debug, thiserror::Error)]
pub enum DiscoverError {
    /// No configuration at all.
    #[error("no Terraform configuration in {} at the approved commit", place(directory))]
    Nothing {
        /// Where it was looked for.
        directory: String,
    },
    /// The tree cannot be read.
    #[error(transparent)]
    Git(#[from] GitError),
}

impl DiscoverError {
    /// The way out, where there is one to tell.
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::Nothing { .. } => {
                Some("name the directory of a root module, or a ref that has it: what is not committed is not approved")
            }
            Self::Git(error) => error.hint(),
        }
    }
}

fn place(directory: &str) -> String {
    if directory.is_empty() { "the repository's root".into() } else { format!("`{directory}`") }
}

/// The root modules of a directory: itself if it holds configuration, else those below it. There a directory counts if
/// it has a backend, or if no other module calls it. Hidden directories, and with them what `terraform init` put into
/// `.terraform`, are left out.
///
/// # Errors
/// When there is none, or the tree cannot be read.
pub fn root_modules(tree: &Tree<'_>, directory: &str) -> Result<Vec<RootModule>, DiscoverError> {
    let directory = tree.resolved(directory)?;
    if tree.files(&directory)?.iter().any(|name| is_configuration(name)) {
        return Ok(vec![RootModule { directory }]);
    }
    let entered = |name: &str| !name.starts_with('.') && name != "node_modules";
    let found = tree.walk(&directory, entered, is_configuration)?;
    let mut called = BTreeSet::new();
    let mut backends = BTreeMap::new();
    for (candidate, names) in &found {
        let outline = outline(tree, candidate, names);
        called.extend(outline.calls);
        backends.insert(candidate.clone(), outline.backend);
    }
    let is_root = |(candidate, backend): &(String, bool)| *backend || !called.contains(candidate);
    let roots = backends.into_iter().filter(is_root).map(|(directory, _)| RootModule { directory });
    let roots: Vec<RootModule> = roots.collect();
    match roots.is_empty() {
        true => Err(DiscoverError::Nothing { directory }),
        false => Ok(roots),
    }
}
