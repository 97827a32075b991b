//! Opens the repository and reads trees at a commit, in-process; never the working tree, never a program, never a hook.
//! Knows nothing of Terraform.

mod tips;
mod tree;

pub use tips::EarlierTip;
pub(crate) use tree::Survey;
pub use tree::Tree;

use crate::redact::hex;
use gix::bstr::ByteSlice;
use gix::discover::upwards;
use gix::sec::trust;
use sha2::{Digest, Sha256};
use std::path::{Component, Path, PathBuf};

/// Why something could not be read from Git.
#[derive(Debug, thiserror::Error)]
pub enum GitError {
    /// No repository here or above.
    #[error("no git repository at or above {}", dir.display())]
    NoRepository {
        /// Where the search began.
        dir: PathBuf,
    },
    /// There is one, and it cannot be opened.
    #[error("git repository of {} cannot be opened: {cause}", dir.display())]
    Open {
        /// Where the search began.
        dir: PathBuf,
        /// Why.
        cause: String,
    },
    /// The repository belongs to somebody else than the folder that was named.
    #[error("git repository {} belongs to another user", git_dir.display())]
    Owner {
        /// The repository's folder.
        git_dir: PathBuf,
    },
    /// The path does not lie in the work tree.
    #[error("{} is outside the git work tree {}", dir.display(), work_dir.display())]
    Outside {
        /// The path.
        dir: PathBuf,
        /// The work tree.
        work_dir: PathBuf,
    },
    /// The path has no name in Git.
    #[error("{} cannot be looked up in git: {cause}", dir.display())]
    Path {
        /// The path.
        dir: PathBuf,
        /// Why.
        cause: String,
    },
    /// The branch has no commit.
    #[error("branch {branch} has no commit yet")]
    Unborn {
        /// The branch.
        branch: String,
    },
    /// The reference does not name a commit.
    #[error("`{reference}` does not name a commit of this repository: {cause}")]
    Reference {
        /// As given.
        reference: String,
        /// Why.
        cause: String,
    },
    /// An object cannot be read.
    #[error("git object {id} cannot be read: {cause}")]
    Object {
        /// Its hash.
        id: String,
        /// Why.
        cause: String,
    },
    /// Nothing of that name in the tree.
    #[error("no such path in the commit: {path}")]
    NotFound {
        /// The path.
        path: String,
    },
    /// Something is there, but not what was asked for: a submodule, a link that leads out of the repository, a directory.
    #[error("{path} is {what}")]
    NotReadable {
        /// The path.
        path: String,
        /// What it is.
        what: &'static str,
    },
    /// More than is reasonable for configuration.
    #[error("{path} has {size} bytes, more than the {limit} that are read")]
    TooLarge {
        /// The path.
        path: String,
        /// Its size in bytes.
        size: u64,
        /// The limit in bytes.
        limit: u64,
    },
    /// A tree with more entries than are looked at.
    #[error("more than {limit} files and directories below `{path}`")]
    TooMany {
        /// The directory.
        path: String,
        /// The limit.
        limit: usize,
    },
}

impl GitError {
    /// The way out, where there is one to tell.
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::NoRepository { .. } => Some(
                "approved configuration is read from Git: run inside a clone of the repository, or name a directory of one",
            ),
            Self::Owner { .. } => {
                Some("run as the owner of the repository, or `chown` the clone to the user that runs the scan")
            }
            Self::Outside { .. } => Some("name a directory inside the work tree"),
            Self::Unborn { .. } => Some("commit the configuration, or name another ref with --ref"),
            Self::Reference { .. } => Some(
                "name a branch, a tag or a commit that was fetched; a shallow or single-branch clone lacks the others",
            ),
            Self::Object { .. } => {
                Some("a partial clone lacks objects: clone without --filter; otherwise check with `git fsck`")
            }
            Self::NotFound { .. } => Some("only what is committed at the approved ref is read"),
            Self::Open { .. } | Self::Path { .. } | Self::NotReadable { .. } => None,
            Self::TooLarge { .. } | Self::TooMany { .. } => None,
        }
    }
}

/// A repository, opened for reading.
#[derive(Debug)]
pub struct Repository {
    inner: gix::Repository,
}

/// The commit whose configuration counts as approved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Approved {
    /// The ref, as given or as found: `origin/main`.
    pub reference: String,
    /// The commit it stands at.
    pub commit: gix::ObjectId,
}

/// A repository that several threads can read, each for itself.
#[derive(Debug)]
pub struct Shared(gix::ThreadSafeRepository);

impl Shared {
    /// The repository, for one thread.
    pub fn local(&self) -> Repository {
        Repository { inner: self.0.to_thread_local() }
    }
}

impl Repository {
    /// The same, to be read by several threads.
    pub fn shared(&self) -> Shared {
        Shared(self.inner.clone().into_sync())
    }

    /// Opens the repository that `dir` lies in.
    ///
    /// Only the repository's own configuration is looked at: nothing of the user, the system or the environment, no
    /// includes. None of it makes anything run. Replacement refs are not followed: they are local, and would put
    /// something else in the place of what was approved.
    pub fn discover(dir: &Path) -> Result<Self, GitError> {
        let start = existing(dir);
        let options = || gix::open::Options::isolated().config_overrides(["core.useReplaceRefs=false"]);
        let map = trust::Mapping { full: options(), reduced: options() };
        let inner = gix::ThreadSafeRepository::discover_opts(&start, upwards::Options::default(), map)
            .map_err(|error| open_error(dir, &error))?
            .to_thread_local();
        owned(&inner, &start)?;
        Ok(Self { inner })
    }

    /// The root of the work tree; none for a bare repository.
    pub fn work_dir(&self) -> Option<&Path> {
        self.inner.workdir()
    }

    /// The repository itself, for walks over its history.
    pub fn inner(&self) -> &gix::Repository {
        &self.inner
    }

    /// Where driftline keeps what makes it faster, beside the repository's own data.
    pub fn data_dir(&self) -> PathBuf {
        self.inner.common_dir().join("driftline")
    }

    /// Tells repositories apart that keep something in one folder: by where their remote is, else by where they are.
    pub fn key(&self) -> String {
        let place = || self.inner.common_dir().canonicalize().unwrap_or_else(|_| self.inner.common_dir().to_owned());
        let name = self.remote_url().unwrap_or_else(|| place().to_string_lossy().into_owned());
        hex(&Sha256::digest(name)[..8])
    }

    /// The approved branch, without its remote's name; none where the approved ref is no branch.
    pub fn branch(&self, approved: &Approved) -> Option<String> {
        let name = self.branch_name(approved)?;
        match name.strip_prefix("refs/heads/") {
            Some(branch) => Some(branch.to_owned()),
            None => Some(name.strip_prefix("refs/remotes/")?.split_once('/')?.1.to_owned()),
        }
    }

    /// Where the remote is: that of `origin`, else of the only one.
    pub fn remote_url(&self) -> Option<String> {
        let names = self.inner.remote_names();
        let only = || names.iter().next().filter(|_| names.len() == 1).map(|name| name.to_str_lossy().into_owned());
        let name = if names.iter().any(|name| name.to_str_lossy() == "origin") { "origin".to_owned() } else { only()? };
        let url = self.inner.config_snapshot().string(format!("remote.{name}.url").as_str())?;
        Some(url.to_str_lossy().into_owned())
    }

    /// Whether history is cut off. What cannot be told counts as cut off.
    pub fn is_shallow(&self) -> bool {
        self.inner.is_shallow().unwrap_or(true)
    }

    /// The path of `dir` from the root of the work tree, with `/`; empty for the root, and for a bare repository itself.
    /// `dir` need not exist on disk: a sparse checkout lacks directories that the commit has.
    pub fn relative(&self, dir: &Path) -> Result<String, GitError> {
        let io = |cause: std::io::Error| GitError::Path { dir: dir.into(), cause: cause.to_string() };
        let root = match self.inner.workdir() {
            Some(work_dir) => work_dir,
            None => self.inner.git_dir(),
        };
        let root = root.canonicalize().map_err(io)?;
        let full = full_path(dir).map_err(io)?;
        let outside = || GitError::Outside { dir: dir.into(), work_dir: root.clone() };
        let inside = full.strip_prefix(&root).map_err(|_| outside())?;
        let mut parts = Vec::new();
        for component in inside.components() {
            let Component::Normal(name) = component else { return Err(outside()) };
            let name = name
                .to_str()
                .ok_or_else(|| GitError::Path { dir: dir.into(), cause: "its name is not UTF-8".into() })?;
            parts.push(name);
        }
        match self.inner.workdir() {
            None if !parts.is_empty() => Err(outside()),
            _ => Ok(parts.join("/")),
        }
    }

    /// The approved commit: that of the given ref, else of the remote's default branch, else of the branch that is
    /// checked out.
    pub fn approved(&self, reference: Option<&str>) -> Result<Approved, GitError> {
        match reference {
            Some(reference) => self.resolve(reference),
            None => match self.default_branch() {
                Some(name) => self.resolve(&name),
                None => self.head(),
            },
        }
    }

    /// The tree of a commit.
    pub fn tree(&self, commit: gix::ObjectId) -> Result<Tree<'_>, GitError> {
        let error = |cause: String| GitError::Object { id: commit.to_string(), cause };
        let found = self.inner.find_commit(commit).map_err(|cause| error(text(&cause)))?;
        let root = found.tree_id().map_err(|cause| error(text(&cause)))?.detach();
        Ok(Tree::new(&self.inner, root))
    }

    /// `origin/main` or what else the remote's default branch is, as far as the clone knows.
    fn default_branch(&self) -> Option<String> {
        let exists = |name: &str| matches!(self.inner.try_find_reference(name), Ok(Some(_)));
        let head = self.inner.try_find_reference("refs/remotes/origin/HEAD").ok().flatten();
        let target = head.as_ref().map(|head| match head.target() {
            gix::refs::TargetRef::Symbolic(name) => name.as_bstr().to_str_lossy().into_owned(),
            gix::refs::TargetRef::Object(_) => "refs/remotes/origin/HEAD".into(),
        });
        let candidates = ["refs/remotes/origin/main".to_owned(), "refs/remotes/origin/master".to_owned()];
        let name = target.into_iter().chain(candidates).find(|name| exists(name))?;
        Some(name.strip_prefix("refs/remotes/").unwrap_or(&name).to_owned())
    }

    fn head(&self) -> Result<Approved, GitError> {
        let error = |cause: String| GitError::Reference { reference: "HEAD".into(), cause };
        let head = self.inner.head().map_err(|cause| error(text(&cause)))?;
        let name = head.referent_name().map(|name| name.shorten().to_str_lossy().into_owned());
        if head.is_unborn() {
            return Err(GitError::Unborn { branch: name.unwrap_or_else(|| "HEAD".into()) });
        }
        let commit = self.resolve("HEAD")?.commit;
        Ok(Approved { reference: name.unwrap_or_else(|| "HEAD".into()), commit })
    }

    /// The commit that a revision names; annotated tags stand for what they point to.
    fn resolve(&self, reference: &str) -> Result<Approved, GitError> {
        let error = |cause: String| GitError::Reference { reference: clean(reference), cause };
        let mut id =
            self.inner.rev_parse_single(reference.as_bytes().as_bstr()).map_err(|cause| error(text(&cause)))?.detach();
        // A chain of tags is as long as its author likes; nobody needs more than a few.
        for _ in 0..16 {
            let object = self.inner.find_object(id).map_err(|cause| error(text(&cause)))?;
            match object.kind {
                gix::object::Kind::Commit => return Ok(Approved { reference: reference.into(), commit: id }),
                gix::object::Kind::Tag => {
                    let tag = object.try_into_tag().map_err(|cause| error(cause.to_string()))?;
                    id = tag.target_id().map_err(|cause| error(text(&cause)))?.detach();
                }
                kind => return Err(error(format!("it is a {kind}"))),
            }
        }
        Err(error("too many tags point to one another".into()))
    }
}

/// `dir`, or the nearest directory above it that exists.
fn existing(dir: &Path) -> PathBuf {
    let dir = if dir.as_os_str().is_empty() { Path::new(".") } else { dir };
    let absolute = std::path::absolute(dir).unwrap_or_else(|_| dir.into());
    absolute.ancestors().find(|path| path.is_dir()).unwrap_or(&absolute).to_path_buf()
}

/// The absolute path without links, also where its last parts do not exist.
fn full_path(dir: &Path) -> std::io::Result<PathBuf> {
    let absolute = std::path::absolute(if dir.as_os_str().is_empty() { Path::new(".") } else { dir })?;
    let base = existing(&absolute);
    let rest = absolute.strip_prefix(&base).unwrap_or(Path::new("")).to_path_buf();
    Ok(base.canonicalize()?.join(rest))
}

/// Refuses a repository that somebody else put above the user's own directory. What git fears about foreign
/// repositories, programs named in their configuration, does not arise here; but configuration planted by somebody else
/// would be taken for the approved one. A whole clone of another user (a job in a container) is what was asked for.
#[cfg(unix)]
fn owned(repository: &gix::Repository, start: &Path) -> Result<(), GitError> {
    use std::os::unix::fs::MetadataExt;
    let git_dir = repository.git_dir();
    if gix::sec::identity::is_path_owned_by_current_user(git_dir).unwrap_or(false) {
        return Ok(());
    }
    let owner = |path: &Path| path.metadata().map(|metadata| metadata.uid()).ok();
    match (owner(git_dir), owner(start)) {
        (Some(0), _) => Ok(()),
        (Some(repository), Some(start)) if repository == start => Ok(()),
        _ => Err(GitError::Owner { git_dir: git_dir.into() }),
    }
}

#[cfg(not(unix))]
fn owned(_repository: &gix::Repository, _start: &Path) -> Result<(), GitError> {
    Ok(())
}

fn open_error(dir: &Path, error: &gix::Error) -> GitError {
    let none = error.iter_errors().any(|cause| {
        use upwards::Error::{NoGitRepository, NoGitRepositoryWithinCeiling, NoGitRepositoryWithinFs};
        matches!(
            cause.downcast_ref::<upwards::Error>(),
            Some(NoGitRepository { .. } | NoGitRepositoryWithinCeiling { .. } | NoGitRepositoryWithinFs { .. })
        )
    });
    match none {
        true => GitError::NoRepository { dir: dir.into() },
        false => GitError::Open { dir: dir.into(), cause: text(error) },
    }
}

/// The most telling cause of an error, on one line.
fn text(error: &gix::Error) -> String {
    clean(&error.probable_cause().to_string())
}

/// Text from a repository, without control characters.
fn clean(text: &str) -> String {
    text.chars().map(|character| if character.is_control() { ' ' } else { character }).take(300).collect()
}

#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;
