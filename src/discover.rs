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
/// it has a backend, or if no other module calls it and it is not kept among the modules for others to call. Hidden
/// directories, and with them what `terraform init` put into `.terraform`, are left out.
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
    let shared = |candidate: &str| candidate.split('/').any(|part| part == "modules");
    let is_root = |(candidate, backend): &(String, bool)| *backend || !called.contains(candidate) && !shared(candidate);
    let roots = backends.into_iter().filter(is_root).map(|(directory, _)| RootModule { directory });
    let roots: Vec<RootModule> = roots.collect();
    match roots.is_empty() {
        true => Err(DiscoverError::Nothing { directory }),
        false => Ok(roots),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::git::Repository;
    use crate::git::testing::TestRepository;

    fn check(files: &[(&str, &str)], directory: &str, expected: &[&str]) {
        let test = TestRepository::with(files);
        let repository = Repository::discover(test.path()).unwrap();
        let tree = repository.tree(repository.approved(None).unwrap().commit).unwrap();
        let found = root_modules(&tree, directory).map_err(|error| error.to_string());
        let found = found.unwrap().into_iter().map(|module| module.directory).collect::<Vec<_>>();
        assert_eq!(found, expected);
    }

    const BACKEND: &str = "terraform {\n  backend \"local\" {}\n}\n";
    const CALL: &str = "module \"m\" {\n  source = \"../../modules/m\"\n}\n";

    #[test]
    fn a_directory_with_configuration_is_the_root_module() {
        check(&[("main.tf", ""), ("sub/main.tf", BACKEND)], "", &[""]);
        check(&[("main.tf", ""), ("sub/main.tf.json", "{}")], "sub", &["sub"]);
        check(&[("live/a/main.tf", BACKEND)], "live/../live/./a/", &["live/a"]);
    }

    #[test]
    fn below_a_directory_modules_that_are_called_are_none() {
        let files = [
            ("live/a/main.tf", CALL),
            ("live/b/main.tf", BACKEND),
            ("live/c/broken.tf", "resource {{{"),
            ("modules/m/main.tf", "module \"n\" {\n  source = \"../n\"\n}\n"),
            ("modules/n/main.tf", ""),
            ("modules/unused/main.tf", ""),
            ("modules/deployed/main.tf", BACKEND),
            ("live/a/.terraform/modules/x/main.tf", BACKEND),
            ("docs/readme.md", ""),
        ];
        check(&files, "", &["live/a", "live/b", "live/c", "modules/deployed"]);
        check(&files, "live", &["live/a", "live/b", "live/c"]);
        check(&files, "modules/m", &["modules/m"]);
    }

    #[test]
    fn nothing_found_is_an_error_with_a_way_out() {
        let test = TestRepository::with(&[("docs/readme.md", ""), (".hidden/main.tf", BACKEND)]);
        let repository = Repository::discover(test.path()).unwrap();
        let tree = repository.tree(repository.approved(None).unwrap().commit).unwrap();
        let error = root_modules(&tree, "").unwrap_err();
        assert_eq!(error.to_string(), "no Terraform configuration in the repository's root at the approved commit");
        assert!(error.hint().is_some());
        let error = root_modules(&tree, "gone").unwrap_err();
        assert_eq!(error.to_string(), "no such path in the commit: gone");
    }
}
