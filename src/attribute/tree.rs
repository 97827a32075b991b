//! Compares two trees and names the configuration files that differ.
//! Knows nothing of what the files say.

use super::graph::Cut;
use super::syntax::Syntax;
use gix::ObjectId;
use gix::bstr::{BStr, ByteSlice};
use gix::objs::TreeRefIter;
use gix::objs::tree::EntryRef;
use std::cmp::Ordering;
use std::collections::HashSet;

/// A configuration file that differs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct FileChange {
    /// From the repository's root; empty for the root itself.
    pub(super) directory: String,
    pub(super) name: String,
    pub(super) syntax: Syntax,
    /// The blob before, of a submodule its commit; none where the file is new.
    pub(super) old: Option<ObjectId>,
    /// The same after; none where the file is gone.
    pub(super) new: Option<ObjectId>,
}

/// Which directories to look at.
#[derive(Debug, Clone)]
pub(super) enum Scope {
    /// All.
    All,
    /// These and everything below them.
    Below(Vec<String>),
    /// These alone; and what has to be entered to reach them.
    Exactly { directories: HashSet<String>, above: HashSet<String> },
}

impl Scope {
    /// The scope of directories as a user names them; the empty one is the root and so all.
    pub(super) fn below(prefixes: &[String]) -> Self {
        let prefixes: Vec<_> = prefixes.iter().map(|prefix| prefix.trim_matches('/').to_owned()).collect();
        if prefixes.is_empty() || prefixes.iter().any(|prefix| prefix.is_empty() || prefix == ".") {
            Self::All
        } else {
            Self::Below(prefixes)
        }
    }

    /// The scope of some directories without what is below them.
    pub(super) fn exactly<'a>(directories: impl Iterator<Item = &'a str>) -> Self {
        let directories: HashSet<String> = directories.map(str::to_owned).collect();
        let mut above = HashSet::new();
        for directory in &directories {
            let mut rest = directory.as_str();
            while let Some((parent, _)) = rest.rsplit_once('/') {
                above.insert(parent.to_owned());
                rest = parent;
            }
        }
        Self::Exactly { directories, above }
    }

    /// Adds directories and what is below them.
    pub(super) fn widen(&mut self, directories: impl IntoIterator<Item = String>) {
        if let Self::Below(prefixes) = self {
            prefixes.extend(directories);
            if prefixes.iter().any(String::is_empty) {
                *self = Self::All;
            }
        }
    }

    /// Whether files of a directory are looked at.
    pub(super) fn holds(&self, directory: &str) -> bool {
        match self {
            Self::All => true,
            Self::Below(prefixes) => prefixes.iter().any(|prefix| is_below(directory, prefix)),
            Self::Exactly { directories, .. } => directories.contains(directory),
        }
    }

    fn enters(&self, directory: &str) -> bool {
        match self {
            Self::All => true,
            Self::Below(prefixes) => {
                prefixes.iter().any(|prefix| is_below(directory, prefix) || is_below(prefix, directory))
            }
            Self::Exactly { directories, above } => directories.contains(directory) || above.contains(directory),
        }
    }
}

fn is_below(directory: &str, prefix: &str) -> bool {
    directory.strip_prefix(prefix).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// Directories deeper than this are not entered.
const DEPTH: usize = 256;

/// A comparison that needs more trees than this is given up: no configuration has as many directories.
const TREES: usize = 250_000;

/// Compares two trees; none stands for the empty one. Equal subtrees are never entered; symbolic links are no files.
pub(super) fn changes(
    repository: &gix::Repository,
    old: Option<ObjectId>,
    new: Option<ObjectId>,
    scope: &Scope,
) -> Result<Vec<FileChange>, Cut> {
    changes_within(repository, old, new, scope, TREES)
}

fn changes_within(
    repository: &gix::Repository,
    old: Option<ObjectId>,
    new: Option<ObjectId>,
    scope: &Scope,
    limit: usize,
) -> Result<Vec<FileChange>, Cut> {
    let mut found = Vec::new();
    if old == new {
        return Ok(found);
    }
    let mut open = vec![(String::new(), 0_usize, old, new)];
    let mut trees = 0_usize;
    while let Some((directory, depth, old, new)) = open.pop() {
        trees += 1;
        if trees > limit {
            return Err(Cut::Missing);
        }
        let old = old.map(|id| tree(repository, id)).transpose()?;
        let new = new.map(|id| tree(repository, id)).transpose()?;
        let holds = scope.holds(&directory);
        let mut subtrees = Vec::new();
        each_difference(old.as_deref(), new.as_deref(), |name, old, new| {
            if old.or(new).is_some_and(|entry| entry.mode.is_tree()) {
                let path = joined(&directory, name);
                if depth < DEPTH && scope.enters(&path) {
                    subtrees.push((path, depth + 1, id(old), id(new)));
                }
            } else if holds || is_entered_submodule(scope, &directory, name, old.or(new)) {
                let (before, after) = (old.and_then(syntax), new.and_then(syntax));
                let change = |syntax, old, new| FileChange {
                    directory: directory.clone(),
                    name: name.to_str_lossy().into_owned(),
                    syntax,
                    old: id(old),
                    new: id(new),
                };
                match (before, after) {
                    (Some(before), Some(after)) if before == after => found.push(change(after, old, new)),
                    // A file in the place of a submodule, or the other way round.
                    _ => {
                        found.extend(before.map(|before| change(before, old, None)));
                        found.extend(after.map(|after| change(after, None, new)));
                    }
                }
            }
        })?;
        open.extend(subtrees);
    }
    Ok(found)
}

/// Reads one file at the root of a tree.
pub(super) fn root_file(repository: &gix::Repository, tree_id: ObjectId, name: &str) -> Option<Vec<u8>> {
    let data = tree(repository, tree_id).ok()?;
    let entry = entries(&data).filter_map(Result::ok).find(|entry| entry.filename == name && entry.mode.is_blob())?;
    let mut object = repository.try_find_object(entry.oid).ok()??;
    Some(std::mem::take(&mut object.data))
}

/// Whether an entry is a submodule in which something is looked for.
fn is_entered_submodule(scope: &Scope, directory: &str, name: &BStr, entry: Option<EntryRef<'_>>) -> bool {
    entry.is_some_and(|entry| entry.mode.is_commit()) && scope.enters(&joined(directory, name))
}

/// In which language an entry is written, if it is configuration.
fn syntax(entry: EntryRef<'_>) -> Option<Syntax> {
    if entry.mode.is_commit() { Some(Syntax::Submodule) } else { Syntax::of(entry.filename) }
}

/// A file is not read beyond this.
const FILE: u64 = 16 << 20;

/// Reads one file of a tree, by its path.
pub(super) fn file(repository: &gix::Repository, tree_id: ObjectId, path: &str) -> Option<Vec<u8>> {
    let mut at = tree_id;
    let mut names = path.split('/').peekable();
    while let Some(name) = names.next() {
        let data = tree(repository, at).ok()?;
        let wanted = |entry: &EntryRef<'_>| entry.filename == name && entry.mode.is_tree() == names.peek().is_some();
        at = entries(&data).filter_map(Result::ok).find(wanted)?.oid.to_owned();
    }
    let header = repository.try_find_header(at).ok()??;
    let readable = header.kind() == gix::objs::Kind::Blob && header.size() <= FILE;
    let mut object = readable.then(|| repository.try_find_object(at).ok().flatten()).flatten()?;
    Some(std::mem::take(&mut object.data))
}

fn id(entry: Option<EntryRef<'_>>) -> Option<ObjectId> {
    entry.map(|entry| entry.oid.to_owned())
}

fn joined(directory: &str, name: &BStr) -> String {
    match directory {
        "" => name.to_str_lossy().into_owned(),
        directory => format!("{directory}/{}", name.to_str_lossy()),
    }
}

fn tree(repository: &gix::Repository, id: ObjectId) -> Result<Vec<u8>, Cut> {
    if id.is_empty_tree() {
        return Ok(Vec::new());
    }
    let mut object = repository.try_find_object(id).ok().flatten().ok_or(Cut::Missing)?;
    if object.kind != gix::objs::Kind::Tree {
        return Err(Cut::Missing);
    }
    Ok(std::mem::take(&mut object.data))
}

fn entries(data: &[u8]) -> impl Iterator<Item = Result<EntryRef<'_>, Cut>> {
    TreeRefIter::from_bytes(data, gix::hash::Kind::Sha1)
        .map(|entry| entry.map_err(|_| Cut::Missing))
        .filter(|entry| entry.as_ref().map_or(true, |entry| !entry.mode.is_link()))
}

/// Walks two trees in Git's order side by side. A directory and a file of one name are two different entries.
fn each_difference<'a>(
    old: Option<&'a [u8]>,
    new: Option<&'a [u8]>,
    mut visit: impl FnMut(&BStr, Option<EntryRef<'a>>, Option<EntryRef<'a>>),
) -> Result<(), Cut> {
    let mut old = entries(old.unwrap_or_default());
    let mut new = entries(new.unwrap_or_default());
    let (mut left, mut right) = (old.next().transpose()?, new.next().transpose()?);
    loop {
        let order = match (&left, &right) {
            (None, None) => return Ok(()),
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (Some(left), Some(right)) => left.cmp(right),
        };
        let before = left.filter(|_| order != Ordering::Greater);
        let after = right.filter(|_| order != Ordering::Less);
        if id(before) != id(after)
            && let Some(entry) = before.or(after)
        {
            visit(entry.filename, before, after);
        }
        if before.is_some() {
            left = old.next().transpose()?;
        }
        if after.is_some() {
            right = new.next().transpose()?;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Ten to the twelfth files in a few objects.
    #[test]
    fn tree_bombs_end() {
        let (_directory, repository, tree) = crate::attribute::tests::tree_bomb();
        for limit in [1, 1000] {
            assert_eq!(changes_within(&repository, None, Some(tree), &Scope::All, limit), Err(Cut::Missing));
        }
        assert_eq!(changes(&repository, Some(tree), Some(tree), &Scope::All), Ok(Vec::new()));
    }

    #[test]
    fn scopes() {
        let below = Scope::below(&["envs/prod/".to_owned()]);
        for (directory, holds, enters) in [
            ("envs", false, true),
            ("envs/prod", true, true),
            ("envs/prod/net", true, true),
            ("envs/production", false, false),
            ("modules", false, false),
        ] {
            assert_eq!((below.holds(directory), below.enters(directory)), (holds, enters), "{directory}");
        }
        let exactly = Scope::exactly(["a/b"].into_iter());
        for (directory, holds, enters) in [("a", false, true), ("a/b", true, true), ("a/b/c", false, false)] {
            assert_eq!((exactly.holds(directory), exactly.enters(directory)), (holds, enters), "{directory}");
        }
        assert!(matches!(Scope::below(&["".to_owned()]), Scope::All));
    }
}
