//! Where the files of modules come from: the approved commit, and for modules that `terraform init` fetched the folder
//! `.terraform` beside the root module in the work tree. Never the network.
//! Knows nothing of what files hold.

use super::module::joined;
use super::overlay::Overlay;
use crate::git::{GitError, Tree};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// The folder that `terraform init` makes.
const FETCHED: &str = ".terraform";
/// Bytes of the list of fetched modules.
const MANIFEST: u64 = 16 << 20;
/// Files of a fetched module's directory.
const ENTRIES: usize = 10_000;

/// The files of a configuration.
pub(crate) struct Sources<'a, 'repo> {
    pub(crate) tree: &'a Tree<'repo>,
    /// The root of the work tree; none where there is none, or where only the commit counts.
    work_dir: Option<PathBuf>,
    /// The directory of the root module, and what is laid over it.
    overlay: Option<(&'a str, &'a Overlay)>,
    /// Fetched modules by their path of calls: `outer.inner`.
    fetched: BTreeMap<String, Fetched>,
}

/// A module as the list of fetched modules names it.
#[derive(Debug, serde::Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Fetched {
    key: String,
    source: String,
    #[serde(default)]
    version: Option<String>,
    dir: String,
}

#[derive(serde::Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Manifest {
    modules: Vec<Fetched>,
}

/// Whether a directory is one that `terraform init` made.
pub(crate) fn is_fetched(directory: &str) -> bool {
    directory.split('/').any(|part| part == FETCHED)
}

impl<'a, 'repo> Sources<'a, 'repo> {
    /// The files of a root module in a directory.
    pub(crate) fn new(
        tree: &'a Tree<'repo>,
        work_dir: Option<&Path>,
        directory: &'a str,
        overlay: Option<&'a Overlay>,
    ) -> Self {
        let work_dir = work_dir.and_then(|dir| dir.canonicalize().ok());
        let overlay = overlay.map(|overlay| (directory, overlay));
        let mut sources = Self { tree, work_dir, overlay, fetched: BTreeMap::new() };
        let manifest = joined(directory, ".terraform/modules/modules.json");
        let manifest: Option<Manifest> =
            sources.read(&manifest, MANIFEST).ok().and_then(|bytes| serde_json::from_slice(&bytes).ok());
        let modules = manifest.into_iter().flat_map(|manifest| manifest.modules);
        sources.fetched = modules.map(|module| (module.key.clone(), module)).collect();
        sources
    }

    /// Where a file of the root module really is, if something is laid over that.
    fn laid_over(&self, path: &str) -> Option<String> {
        let (root, overlay) = self.overlay?;
        let below = match root.is_empty() {
            true => path,
            false => path.strip_prefix(root)?.strip_prefix('/')?,
        };
        let there = joined(&overlay.directory, below);
        let committed = || there != path && self.tree.resolved(&there).is_ok() && !self.tree.is_directory(&there);
        (overlay.files.contains_key(below) || committed()).then_some(there)
    }

    /// The path that people know a file by.
    pub(crate) fn place(&self, path: &str) -> String {
        self.laid_over(path).unwrap_or_else(|| path.to_owned())
    }

    /// Whether files may come on top of those of a directory.
    pub(crate) fn is_laid_over(&self, directory: &str) -> bool {
        self.overlay.filter(|(root, overlay)| overlay.directory != *root).is_some_and(|(root, _)| {
            root.is_empty() || directory.strip_prefix(root).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        })
    }

    /// What a generated file holds, if that is one; none where that is not known.
    fn generated(&self, path: &str) -> Option<&Option<String>> {
        let (root, overlay) = self.overlay?;
        let (directory, name) = path.rsplit_once('/').unwrap_or(("", path));
        if directory == root { overlay.files.get(name) } else { None }
    }

    /// Names of the files directly in a directory, sorted.
    pub(crate) fn files(&self, directory: &str) -> Result<Vec<String>, GitError> {
        match self.overlay {
            Some((root, overlay)) if root == directory => {
                let mut names = self.own_files(directory)?;
                names.extend(self.own_files(&overlay.directory).unwrap_or_default());
                names.extend(overlay.files.keys().cloned());
                names.sort();
                names.dedup();
                Ok(names)
            }
            _ => self.own_files(directory),
        }
    }

    fn own_files(&self, directory: &str) -> Result<Vec<String>, GitError> {
        // Who commits what was fetched means it.
        let committed = self.tree.files(directory);
        if committed.is_ok() || !is_fetched(directory) {
            return committed;
        }
        let missing = || GitError::NotFound { path: directory.to_owned() };
        let path = self.fetched_path(directory).ok_or_else(missing)?;
        let mut names = Vec::new();
        for entry in std::fs::read_dir(path).map_err(|_| missing())?.take(ENTRIES).flatten() {
            if entry.path().is_file()
                && let Some(name) = entry.file_name().to_str()
            {
                names.push(name.to_owned());
            }
        }
        names.sort();
        Ok(names)
    }

    /// The bytes of a file, if it has no more than `limit` of them.
    pub(crate) fn read(&self, path: &str, limit: u64) -> Result<Vec<u8>, GitError> {
        match self.generated(path) {
            Some(Some(text)) => return Ok(text.clone().into_bytes()),
            Some(None) => {
                let what = "written by Terragrunt, and what it holds is not known";
                return Err(GitError::NotReadable { path: self.place(path), what });
            }
            None => {}
        }
        let place = self.laid_over(path);
        match self.tree.read(place.as_deref().unwrap_or(path), limit) {
            Err(GitError::NotFound { .. }) if is_fetched(path) => self.fetched_file(path, limit),
            read => read,
        }
    }

    /// The path with `..` and links resolved.
    pub(crate) fn resolved(&self, path: &str) -> Result<String, GitError> {
        let committed = self.tree.resolved(path);
        if committed.is_ok() || !is_fetched(path) {
            return committed;
        }
        let mut parts: Vec<&str> = Vec::new();
        for part in path.split('/') {
            match part {
                "" | "." => {}
                ".." => drop(parts.pop()),
                part => parts.push(part),
            }
        }
        let path = parts.join("/");
        match is_fetched(&path) && self.fetched_path(&path).is_some_and(|path| path.is_dir()) {
            true => Ok(path),
            false => Err(GitError::NotFound { path }),
        }
    }

    /// The directory of a fetched module from the root of the repository.
    ///
    /// # Errors
    /// Says why what is there does not count.
    pub(crate) fn fetched(
        &self,
        root: &str,
        key: &str,
        source: &str,
        version: Option<&str>,
    ) -> Result<String, &'static str> {
        if self.work_dir.is_none() && self.fetched.is_empty() {
            return Err("which is not in the repository");
        }
        let found =
            self.fetched.get(key).ok_or("which is not in the repository, and `terraform init` did not fetch it")?;
        if !same_source(source, &found.source) {
            return Err("which is not in the repository, and another source was fetched");
        }
        if let (Some(wanted), Some(version)) = (version, &found.version)
            && !satisfies(version, wanted)
        {
            return Err("which is not in the repository, and another version was fetched");
        }
        let directory = found.dir.replace('\\', "/");
        if !directory.starts_with(".terraform/") || directory.split('/').any(|part| part == "..") {
            return Err("which is not in the repository, and was fetched to an unusual place");
        }
        Ok(joined(root, &directory))
    }

    /// A path in `.terraform`, if it stays in the work tree.
    fn fetched_path(&self, path: &str) -> Option<PathBuf> {
        let work_dir = self.work_dir.as_ref()?;
        let full = work_dir.join(path).canonicalize().ok()?;
        full.starts_with(work_dir).then_some(full)
    }

    fn fetched_file(&self, path: &str, limit: u64) -> Result<Vec<u8>, GitError> {
        use std::io::Read;
        let missing = || GitError::NotFound { path: path.to_owned() };
        let full = self.fetched_path(path).filter(|full| full.is_file()).ok_or_else(missing)?;
        let mut bytes = Vec::new();
        let file = std::fs::File::open(full).map_err(|_| missing())?;
        file.take(limit + 1).read_to_end(&mut bytes).map_err(|_| missing())?;
        let size = bytes.len() as u64;
        if size > limit {
            return Err(GitError::TooLarge { path: path.to_owned(), size, limit });
        }
        Ok(bytes)
    }
}

/// Whether a call means what was fetched. The list has sources in full: `registry.terraform.io/a/b/c`,
/// `git::https://github.com/a/b.git`.
fn same_source(written: &str, fetched: &str) -> bool {
    let written = written.trim();
    written == fetched
        || fetched.split_once('/').is_some_and(|(host, rest)| host.contains("registry.") && rest == written)
        || written.strip_prefix("github.com/").is_some_and(|path| {
            let (path, query) = path.split_once('?').map_or((path, ""), |(path, query)| (path, query));
            let (repository, inner) = path.split_once("//").map_or((path, ""), |(one, other)| (one, other));
            let inner = if inner.is_empty() { String::new() } else { format!("//{inner}") };
            let query = if query.is_empty() { String::new() } else { format!("?{query}") };
            let repository = repository.trim_end_matches(".git");
            fetched == format!("git::https://github.com/{repository}.git{inner}{query}")
        })
}

/// Whether a version is one that a constraint such as `~> 5.1, != 5.1.3` allows. What is not understood allows nothing.
fn satisfies(version: &str, constraints: &str) -> bool {
    let Some(version) = numbers(version) else { return false };
    constraints.split(',').all(|constraint| {
        let constraint = constraint.trim();
        let digits = constraint.find(|character: char| character.is_ascii_digit()).unwrap_or(constraint.len());
        let (operator, wanted) = constraint.split_at(digits);
        let parts = wanted.split('.').count();
        let Some(wanted) = numbers(wanted) else { return false };
        match operator.trim() {
            "" | "=" | "v" => version == wanted,
            "!=" => version != wanted,
            ">" => version > wanted,
            ">=" => version >= wanted,
            "<" => version < wanted,
            "<=" => version <= wanted,
            // Only the last part that is written may grow.
            "~>" => version >= wanted && version[..parts.clamp(2, 3) - 1] == wanted[..parts.clamp(2, 3) - 1],
            _ => false,
        }
    })
}

/// A release's three numbers; none for a pre-release, which only an exact constraint means.
fn numbers(version: &str) -> Option<[u64; 3]> {
    let mut numbers = [0; 3];
    for (position, part) in version.trim().trim_start_matches('v').split('.').enumerate() {
        *numbers.get_mut(position)? = part.parse().ok()?;
    }
    Some(numbers)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn constraints_allow_what_terraform_lets_them() {
        for (version, constraint, expected) in [
            ("5.1.2", "5.1.2", true),
            ("5.1.2", "= 5.1.3", false),
            ("5.1.2", "~> 5.1", true),
            ("5.9.0", "~> 5.1", true),
            ("6.0.0", "~> 5.1", false),
            ("5.1.9", "~> 5.1.2", true),
            ("5.2.0", "~> 5.1.2", false),
            ("5.1.2", ">= 5.0, < 6.0", true),
            ("5.1.2", ">= 5.0, != 5.1.2", false),
            ("5.1.2-beta", ">= 5.0", false),
            ("5.1.2", "latest", false),
        ] {
            assert_eq!(satisfies(version, constraint), expected, "{version} {constraint}");
        }
    }

    #[test]
    fn sources_are_the_same_however_they_are_written() {
        assert!(same_source("a/b/c", "registry.terraform.io/a/b/c"));
        assert!(same_source("a/b/c", "registry.opentofu.org/a/b/c"));
        assert!(same_source("github.com/a/b", "git::https://github.com/a/b.git"));
        assert!(same_source("github.com/a/b//m?ref=v1", "git::https://github.com/a/b.git//m?ref=v1"));
        assert!(same_source("git::https://x.example/a.git?ref=v1", "git::https://x.example/a.git?ref=v1"));
        assert!(!same_source("a/b/c", "registry.terraform.io/a/b/d"));
        assert!(!same_source("git::https://x.example/a.git?ref=v2", "git::https://x.example/a.git?ref=v1"));
    }
}
