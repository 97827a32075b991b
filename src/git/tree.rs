//! The files of one commit.
//! Knows nothing of what they hold.

use super::{GitError, clean, text};
use gix::ObjectId;
use gix::bstr::ByteSlice;
use gix::object::tree::EntryKind;
use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap};
use std::rc::Rc;

/// Links in a row that are followed, as many as Linux follows.
const LINKS: usize = 40;
/// Bytes of a link's target that are read.
const LINK_BYTES: u64 = 4096;
/// Entries that a walk looks at: trees that repeat each other can stand for more files than fit on a disk.
const ENTRIES: usize = 5_000_000;

/// The tree of a commit. Paths are relative to its root, with `/`; empty means the root.
pub struct Tree<'repo> {
    repository: &'repo gix::Repository,
    root: ObjectId,
    directories: RefCell<HashMap<ObjectId, Rc<Directory>>>,
}

/// What a walk finds.
#[derive(Debug, Default)]
pub(crate) struct Survey {
    /// Directories with the names of their wanted files, links among them.
    pub(crate) files: BTreeMap<String, Vec<String>>,
    /// The paths of all links, whatever they lead to.
    pub(crate) links: Vec<String>,
    /// The paths of all submodules.
    pub(crate) submodules: Vec<String>,
}

type Directory = BTreeMap<String, (EntryKind, ObjectId)>;

impl<'repo> Tree<'repo> {
    pub(super) fn new(repository: &'repo gix::Repository, root: ObjectId) -> Self {
        Self { repository, root, directories: RefCell::default() }
    }

    /// Names of the files directly in a directory, sorted; links that lead to files of this tree count as files, and so
    /// do links that lead nowhere, so that whoever reads them is told. Submodules and directories are left out.
    pub fn files(&self, directory: &str) -> Result<Vec<String>, GitError> {
        let (path, id) = self.directory_at(directory)?;
        let entries = self.directory(&path, id)?;
        let mut files = Vec::new();
        for (name, (kind, _)) in entries.iter() {
            let file = match kind {
                EntryKind::Blob | EntryKind::BlobExecutable => true,
                EntryKind::Link => !matches!(self.find(&joined(&path, name)), Ok((_, EntryKind::Tree, _))),
                EntryKind::Tree | EntryKind::Commit => false,
            };
            if file {
                files.push(name.clone());
            }
        }
        Ok(files)
    }

    /// Whether there is a directory at the path.
    pub fn is_directory(&self, path: &str) -> bool {
        self.directory_at(path).is_ok()
    }

    /// The path with its links followed: two paths of one directory become the same.
    pub fn resolved(&self, path: &str) -> Result<String, GitError> {
        Ok(self.find(path)?.0)
    }

    /// Every directory at and below `directory` with the names of those files in it that are `wanted`, where there are
    /// any. Directories whose name is not to be entered are left out with all below; links are not followed.
    pub fn walk(
        &self,
        directory: &str,
        enter: impl Fn(&str) -> bool,
        wanted: impl Fn(&str) -> bool,
    ) -> Result<BTreeMap<String, Vec<String>>, GitError> {
        Ok(self.survey(directory, enter, wanted)?.files)
    }

    /// The same, with what a walk passes by: links and submodules.
    pub(crate) fn survey(
        &self,
        directory: &str,
        enter: impl Fn(&str) -> bool,
        wanted: impl Fn(&str) -> bool,
    ) -> Result<Survey, GitError> {
        let mut survey = Survey::default();
        let mut open = vec![self.directory_at(directory)?];
        let mut seen = 0;
        while let Some((path, id)) = open.pop() {
            let entries = self.directory(&path, id)?;
            seen += entries.len();
            if seen > ENTRIES {
                return Err(GitError::TooMany { path: clean(directory), limit: ENTRIES });
            }
            let mut names = Vec::new();
            for (name, (kind, id)) in entries.iter() {
                match kind {
                    EntryKind::Tree if enter(name) => open.push((joined(&path, name), *id)),
                    EntryKind::Tree => continue,
                    EntryKind::Commit => survey.submodules.push(joined(&path, name)),
                    EntryKind::Link => survey.links.push(joined(&path, name)),
                    EntryKind::Blob | EntryKind::BlobExecutable => {}
                }
                if !matches!(kind, EntryKind::Tree | EntryKind::Commit) && wanted(name) {
                    names.push(name.clone());
                }
            }
            if !names.is_empty() {
                survey.files.insert(path, names);
            }
        }
        Ok(survey)
    }

    /// The bytes of a file, if it has no more than `limit` of them.
    pub fn read(&self, path: &str, limit: u64) -> Result<Vec<u8>, GitError> {
        let (path, kind, id) = self.find(path)?;
        match kind {
            EntryKind::Blob | EntryKind::BlobExecutable => self.blob(&path, id, limit),
            EntryKind::Tree => Err(not_readable(&path, "a directory, not a file")),
            EntryKind::Commit => Err(not_readable(&path, "a submodule, whose content is in another repository")),
            EntryKind::Link => Err(not_readable(&path, "a link in a circle")),
        }
    }

    fn blob(&self, path: &str, id: ObjectId, limit: u64) -> Result<Vec<u8>, GitError> {
        let error = |cause: &gix::Error| GitError::Object { id: id.to_string(), cause: text(cause) };
        let size = self.repository.find_header(id).map_err(|cause| error(&cause))?.size();
        if size > limit {
            return Err(GitError::TooLarge { path: clean(path), size, limit });
        }
        Ok(self.repository.find_object(id).map_err(|cause| error(&cause))?.detach().data)
    }

    fn directory_at(&self, path: &str) -> Result<(String, ObjectId), GitError> {
        match self.find(path)? {
            (path, EntryKind::Tree, id) => Ok((path, id)),
            (path, EntryKind::Commit, _) => {
                Err(not_readable(&path, "a submodule, whose content is in another repository"))
            }
            (path, ..) => Err(not_readable(&path, "a file, not a directory")),
        }
    }

    /// What stands at a path, and its path once all links are followed. Never leaves the tree.
    fn find(&self, path: &str) -> Result<(String, EntryKind, ObjectId), GitError> {
        let mut pending: Vec<String> = path.split('/').rev().map(str::to_owned).collect();
        // From the root down to where the walk stands.
        let mut stack: Vec<(String, EntryKind, ObjectId)> = Vec::new();
        let mut links = 0;
        while let Some(part) = pending.pop() {
            match part.as_str() {
                "" | "." => continue,
                ".." => {
                    stack.pop().ok_or_else(|| not_readable(path, "outside the repository"))?;
                    continue;
                }
                _ => {}
            }
            let here = names(&stack);
            let id = match stack.last() {
                None => self.root,
                Some((_, EntryKind::Tree, id)) => *id,
                Some((_, EntryKind::Commit, _)) => {
                    return Err(not_readable(&here, "a submodule, whose content is in another repository"));
                }
                Some(_) => return Err(GitError::NotFound { path: clean(path) }),
            };
            let directory = self.directory(&here, id)?;
            let Some((kind, id)) = directory.get(&part).copied() else {
                return Err(GitError::NotFound { path: clean(path) });
            };
            if kind != EntryKind::Link {
                stack.push((part, kind, id));
                continue;
            }
            links += 1;
            let target = self.link(&joined(&here, &part), id)?;
            if links > LINKS {
                return Err(not_readable(path, "a link in a circle"));
            }
            pending.extend(target.split('/').rev().map(str::to_owned));
        }
        let path = names(&stack);
        match stack.pop() {
            None => Ok((path, EntryKind::Tree, self.root)),
            Some((_, kind, id)) => Ok((path, kind, id)),
        }
    }

    fn link(&self, path: &str, id: ObjectId) -> Result<String, GitError> {
        let target = String::from_utf8(self.blob(path, id, LINK_BYTES)?)
            .map_err(|_| not_readable(path, "a link whose target is not UTF-8"))?;
        match target.starts_with('/') {
            true => Err(not_readable(path, "a link that leads out of the repository")),
            false => Ok(target),
        }
    }

    fn directory(&self, path: &str, id: ObjectId) -> Result<Rc<Directory>, GitError> {
        if let Some(directory) = self.directories.borrow().get(&id) {
            return Ok(directory.clone());
        }
        let error =
            |cause: String| GitError::Object { id: id.to_string(), cause: format!("{cause} ({})", clean(path)) };
        let tree = self.repository.find_tree(id).map_err(|cause| error(text(&cause)))?;
        let mut directory = Directory::new();
        for entry in tree.iter() {
            let entry = entry.map_err(|cause| error(text(&cause)))?;
            let name = entry.filename().to_str_lossy().into_owned();
            directory.insert(name, (entry.kind(), entry.object_id()));
        }
        let directory = Rc::new(directory);
        self.directories.borrow_mut().insert(id, directory.clone());
        Ok(directory)
    }
}

impl std::fmt::Debug for Tree<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Tree").field("root", &self.root).finish_non_exhaustive()
    }
}

fn not_readable(path: &str, what: &'static str) -> GitError {
    GitError::NotReadable { path: clean(path), what }
}

fn names(stack: &[(String, EntryKind, ObjectId)]) -> String {
    stack.iter().map(|(name, ..)| name.as_str()).collect::<Vec<_>>().join("/")
}

/// A path one step further down.
fn joined(directory: &str, name: &str) -> String {
    match directory.is_empty() {
        true => name.to_owned(),
        false => format!("{directory}/{name}"),
    }
}
