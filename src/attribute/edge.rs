//! Turns the files that differ between two commits into the blocks that differ.
//! Knows nothing of which commits these are.

use super::block::{Block, Digest, NameId};
use super::graph::Cut;
use super::library::{Content, Library, Version};
use super::tree::FileChange;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

/// Number of a file in [`Paths`].
pub(super) type FileId = u32;

/// A block at a place: the number of its directory, and of its name. A file whose names are its own stands for a directory.
pub(super) type Key = (u32, NameId);

/// A file that differs, its paths numbered.
#[derive(Debug, Clone, Copy)]
pub(super) struct Change {
    pub(super) file: FileId,
    pub(super) directory: u32,
    pub(super) old: Option<Version>,
    pub(super) new: Option<Version>,
}

/// The files that differ between two commits, or why that cannot be told.
pub(super) type Edge = Result<Vec<Change>, Cut>;

/// Every directory and file met.
#[derive(Debug, Default)]
pub(super) struct Paths {
    pub(super) directories: Vec<String>,
    by_directory: HashMap<String, u32>,
    /// By number: the name of the file without its directory.
    pub(super) files: Vec<String>,
    /// By number: the whole path from the repository's root.
    pub(super) paths: Vec<String>,
    by_file: HashMap<(u32, String), FileId>,
}

impl Paths {
    /// The paths of files by number: the number of the directory, the name, the whole path.
    pub(super) fn restored(directories: Vec<String>, files: Vec<(u32, String, String)>) -> Self {
        let by_directory = (0..).zip(&directories).map(|(number, directory)| (directory.clone(), number)).collect();
        let mut restored = Self { directories, by_directory, ..Self::default() };
        for (number, (directory, name, path)) in (0..).zip(files) {
            restored.by_file.insert((directory, name.clone()), number);
            restored.files.push(name);
            restored.paths.push(path);
        }
        restored
    }

    /// The same, to be restored later.
    pub(super) fn saved(&self) -> Vec<(u32, String, String)> {
        let mut files: Vec<_> = self.by_file.iter().collect();
        files.sort_unstable_by_key(|(_, number)| **number);
        let file = |((directory, name), number): (&(u32, String), &FileId)| {
            (*directory, name.clone(), self.paths[*number as usize].clone())
        };
        files.into_iter().map(file).collect()
    }

    /// Numbers the paths of an edge.
    pub(super) fn numbered(&mut self, edge: Result<Vec<FileChange>, Cut>) -> Edge {
        edge.map(|changes| changes.into_iter().map(|change| self.change(change)).collect())
    }

    fn change(&mut self, change: FileChange) -> Change {
        let path = match change.directory.as_str() {
            "" => change.name.clone(),
            directory => format!("{directory}/{}", change.name),
        };
        let directory = self.directory(if change.syntax.is_scope() { path.clone() } else { change.directory });
        let next = self.files.len() as FileId;
        let file = *self.by_file.entry((directory, change.name)).or_insert_with_key(|(_, name)| {
            self.files.push(name.clone());
            self.paths.push(path);
            next
        });
        let version = |id: Option<gix::ObjectId>| id.map(|id| (id, change.syntax));
        Change { file, directory, old: version(change.old), new: version(change.new) }
    }

    fn directory(&mut self, directory: String) -> u32 {
        let next = self.directories.len() as u32;
        *self.by_directory.entry(directory).or_insert_with_key(|directory| {
            self.directories.push(directory.clone());
            next
        })
    }

    /// Whether the blocks of a file are laid over those of the others, in the order of such files' names.
    fn is_override(&self, file: FileId) -> bool {
        let name = &self.files[file as usize];
        let stem = name.split('.').next().unwrap_or_default();
        stem == "override" || stem.ends_with("_override")
    }
}

/// What a block says within a file, comparable.
/// Blocks of one name are a set, wherever they stand in a directory; override files alone have an order.
pub(super) type Signature = Vec<(String, Digest)>;

/// The comparable form of a block's parts.
pub(super) fn signature<'a>(paths: &Paths, parts: impl Iterator<Item = (FileId, &'a Arc<Block>)>) -> Signature {
    let rank = |file| if paths.is_override(file) { paths.files[file as usize].clone() } else { String::new() };
    let mut signature: Signature = parts.map(|(file, block)| (rank(file), block.digest)).collect();
    signature.sort_unstable();
    signature
}

/// What a file says on each side of an edge, as far as it counts.
pub(super) struct Sides {
    pub(super) file: FileId,
    pub(super) directory: u32,
    pub(super) old: Vec<Arc<Block>>,
    pub(super) new: Vec<Arc<Block>>,
}

impl Sides {
    /// Drops the blocks that both sides share word for word.
    pub(super) fn reduce(&mut self) {
        let pointers = |blocks: &[Arc<Block>]| blocks.iter().map(Arc::as_ptr).collect::<Vec<_>>();
        let (mut old, mut new) = (pointers(&self.old), pointers(&self.new));
        old.sort_unstable();
        new.sort_unstable();
        if old == new {
            self.old.clear();
            self.new.clear();
            return;
        }
        old.dedup();
        new.dedup();
        // A block that one side has several times stays, to be counted.
        let unique = old.len() == self.old.len() && new.len() == self.new.len();
        if unique {
            let shared: HashSet<_> = old.iter().filter(|pointer| new.binary_search(pointer).is_ok()).copied().collect();
            self.old.retain(|block| !shared.contains(&Arc::as_ptr(block)));
            self.new.retain(|block| !shared.contains(&Arc::as_ptr(block)));
        }
    }
}

/// The blocks of a version; none stands for an absent file.
pub(super) fn content(library: &Library, version: Option<Version>) -> Arc<Content> {
    version.map_or_else(|| Arc::new(Content::Blocks(Vec::new())), |version| library.get(version))
}

/// The blocks on both sides of some files, by key.
pub(super) type Difference = HashMap<Key, (Signature, Signature)>;

/// The blocks that differ.
pub(super) fn difference(paths: &Paths, sides: &[Sides]) -> Difference {
    type Parts<'a> = Vec<(FileId, &'a Arc<Block>)>;
    let mut parts: HashMap<Key, (Parts<'_>, Parts<'_>)> = HashMap::new();
    for side in sides {
        for block in &side.old {
            parts.entry((side.directory, block.id)).or_default().0.push((side.file, block));
        }
        for block in &side.new {
            parts.entry((side.directory, block.id)).or_default().1.push((side.file, block));
        }
    }
    parts
        .into_iter()
        .map(|(key, (old, new))| (key, (signature(paths, old.into_iter()), signature(paths, new.into_iter()))))
        .filter(|(_, (old, new))| old != new)
        .collect()
}
