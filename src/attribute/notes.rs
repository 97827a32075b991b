//! Reads the review notes that Gerrit keeps beside the commits, if they were fetched: Git does not clone them by itself.
//! Knows nothing of what they are worth.

use gix::ObjectId;
use gix::bstr::ByteSlice;
use std::collections::HashMap;

/// Where Gerrit's review notes are.
const REFERENCE: &str = "refs/notes/review";

/// More notes than this are not looked at.
const NOTES: usize = 1_000_000;

/// A longer note is not read.
const NOTE_LIMIT: u64 = 64 << 10;

/// The notes' blobs by the commit they speak of.
#[derive(Debug, Default)]
pub(super) struct Notes(HashMap<ObjectId, ObjectId>);

impl Notes {
    /// Lists all notes; none where there is no such ref or it cannot be read.
    pub(super) fn read(repository: &gix::Repository) -> Self {
        Self::list(repository).unwrap_or_default()
    }

    fn list(repository: &gix::Repository) -> Option<Self> {
        let reference = repository.try_find_reference(REFERENCE).ok()??;
        let commit = reference.into_fully_peeled_id().ok()?.object().ok()?.try_into_commit().ok()?;
        let mut notes = HashMap::new();
        // The names of trees and blobs on the way to a note spell the hash of its commit.
        let mut open = vec![(String::new(), commit.tree_id().ok()?.detach())];
        while let Some((start, tree)) = open.pop() {
            let Ok(tree) = repository.find_tree(tree) else { continue };
            for entry in tree.iter().filter_map(Result::ok) {
                let name = format!("{start}{}", entry.filename().to_str_lossy());
                if entry.mode().is_tree() && name.len() < 40 {
                    open.push((name, entry.object_id()));
                } else if let (true, Ok(commit)) = (entry.mode().is_blob(), ObjectId::from_hex(name.as_bytes())) {
                    notes.insert(commit, entry.object_id());
                }
                if notes.len() + open.len() > NOTES {
                    return None;
                }
            }
        }
        Some(Self(notes))
    }

    /// The lines of the note on a commit, as key and value.
    pub(super) fn lines(&self, repository: &gix::Repository, commit: ObjectId) -> Vec<(String, String)> {
        let Some(blob) = self.0.get(&commit) else { return Vec::new() };
        let readable = matches!(repository.try_find_header(*blob), Ok(Some(header)) if header.size() <= NOTE_LIMIT);
        let Some(object) = readable.then(|| repository.find_object(*blob).ok()).flatten() else { return Vec::new() };
        let text = object.data.to_str_lossy();
        let line = |line: &str| {
            let (key, value) = line.split_once(':')?;
            Some((key.trim().to_owned(), value.trim().to_owned()))
        };
        text.lines().filter_map(line).collect()
    }
}
