//! Names the commits that declared and approved what a block says, in one walk over the history.
//! Knows nothing of drift, state or what is live.
//!
//! The *declaring commit* of a block is the last one that changed its meaning; the *landing* or *approving commit* is
//! the oldest one on the first-parent chain of the tip that has it as ancestor or is it. Blocks are compared as parsed:
//! comments, white space, the order of attributes, and the file of a directory in which a block stands do not count.
//!
//! Rules for the odd cases:
//! - Order is that of the chain, never of dates.
//! - A revert is a change like any other: the reverting commit is the last that was approved.
//! - A merge whose own content is what the block says (a conflict resolved anew, an edit in passing, one side's older
//!   form taken back) is itself the declaring commit.
//! - An octopus merge lands what all its further parents bring.
//! - After a foxtrot merge (`git pull` on the approved branch) the first parent is the puller's own commit, so all that
//!   the branch got meanwhile lands with that merge. Git alone cannot tell such a merge from another.
//! - A block of the same name and body that went from one directory to another in one commit moved; so did one that a
//!   `moved` block of its own module names. A move declares nothing.
//! - A version of a file that cannot be parsed changes nothing until it is repaired.
//! - A signature lifts what a commit says only where it was verified by a key that is trusted.

mod approvals;
mod block;
mod canonical;
mod edge;
mod edges;
mod evidence;
mod forge;
mod graph;
mod landing;
mod library;
mod notes;
mod owned;
mod owners;
mod parties;
mod people;
mod policy;
mod review;
mod side;
mod sources;
mod split;
mod tags;
#[cfg(test)]
pub(crate) mod tests;
mod trailers;
mod tree;
mod verdict;
mod walk;

pub use approvals::Approvals;
pub(crate) use policy::fits;
pub use policy::{Checks, ForgeSettings, PersonSettings, Persons, Policy, SignatureSettings, TeamSettings};

use crate::model::Attribution;
use approvals::Judging;
use edges::{Edges, OBJECT_CACHE};
use gix::ObjectId;
use graph::{CommitId, Cut, Graph};
use landing::{LandingCommit, landing};
use library::Library;
use notes::Notes;
use people::People;
use provider_api::AttributePath;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::Arc;
use tree::Scope;
use walk::{RawEvent, Walk};

/// Identifies a block across history: the directory of its module, its kind and its labels.
///
/// Beyond what is written as a label, these count as such: the name of a local value (kind `locals`), the alias of a
/// provider, and the addresses, without instance keys, in `moved` (from, to), `import` (to) and `removed` (from) blocks.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BlockId {
    /// Directory from the repository's root; empty for the root itself.
    pub directory: String,
    /// `resource`, `module`, `locals`, `variable`, `provider`, …
    pub kind: String,
    /// Its labels: type and name of a resource.
    pub labels: Vec<String>,
}

/// What happened to a block.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum EventKind {
    /// It was not declared before.
    Added,
    /// It says something else.
    Changed,
    /// It came from another directory or from another name; what it says is older.
    Moved,
    /// It is no longer declared.
    Removed,
}

impl EventKind {
    /// The name in reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::Added => "added",
            Self::Changed => "changed",
            Self::Moved => "moved",
            Self::Removed => "removed",
        }
    }
}

/// Something that happened to a block.
#[derive(Debug, Clone)]
pub struct Event {
    /// What happened.
    pub kind: EventKind,
    /// The declaring commit (full hash); none where it lies outside of this clone.
    pub commit: Option<Arc<str>>,
    /// The commit of the first-parent chain that landed it (full hash).
    pub approving_commit: Arc<str>,
    /// When that was, as its committer claims (RFC 3339, UTC); none where the claim is out of every calendar.
    pub landed_at: Option<Arc<str>>,
    /// The attributes touched: top-level ones, or the keys of one written out as an object. Nested blocks count as one
    /// attribute by their name. All there are for [`EventKind::Added`], none for a move or a removal.
    pub attributes: Vec<AttributePath>,
    position: u32,
    cut: Option<Cut>,
}

/// A version of a file that could not be parsed, and so was passed over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unparseable {
    /// From the repository's root.
    pub file: String,
    /// The commit of the first-parent chain that landed it (full hash).
    pub commit: Arc<str>,
    /// What is wrong with it.
    pub cause: String,
}

/// The history could not be read at all.
#[derive(Debug, thiserror::Error)]
pub enum AttributeError {
    /// The tip is no commit and leads to none, or is not there.
    #[error("{tip} is no commit that can be read: {cause}")]
    Tip {
        /// The tip as asked for.
        tip: ObjectId,
        /// What is wrong with it.
        cause: String,
    },
    /// The tip's own tree is not complete.
    #[error("the tree of commit {tip} cannot be read")]
    Tree {
        /// The commit.
        tip: ObjectId,
    },
}

impl AttributeError {
    /// The way out.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Tip { .. } => "name a branch, a tag or a commit of this repository with --ref",
            Self::Tree { .. } => "fetch the repository with all its objects: git fetch --refetch --no-filter",
        }
    }
}

/// What is known of one block.
#[derive(Debug)]
struct BlockHistory {
    declared: bool,
    attributes: BTreeSet<String>,
    events: Vec<Event>,
    counted_from: usize,
    unknown: Option<Cut>,
}

/// What one walk found.
#[derive(Debug, Default)]
pub struct History {
    blocks: BTreeMap<BlockId, BlockHistory>,
    landings: HashMap<u32, LandingCommit>,
    people: People,
    unparseable: Vec<Unparseable>,
    cut: Option<Cut>,
    judging: Judging,
}

/// Walks the history behind a tip, which may be a tag, in the given directories and below, and in those that their files
/// came from; in all where none is given.
/// Only Git objects are read, and none is fetched: what is not in the clone makes what depends on it unknown.
pub fn history(repository: &gix::Repository, tip: ObjectId, directories: &[String]) -> Result<History, AttributeError> {
    let mut repository = repository.clone();
    repository.object_cache_size(OBJECT_CACHE);
    let commit = peeled(&repository, tip)?;
    let tree = repository.find_commit(commit).and_then(|commit| Ok(commit.tree_id()?.detach()));
    let tree = tree.map_err(|cause| AttributeError::Tip { tip, cause: cause.to_string() })?;
    let mut people = People::new(&tree::root_file(&repository, tree, ".mailmap").unwrap_or_default());
    let graph = graph::read(&repository, commit, &mut people)
        .ok_or_else(|| AttributeError::Tip { tip, cause: "its objects are not in this clone".into() })?;
    let shared = repository.clone().into_sync();
    let edges = Edges::read(&shared, &graph, Scope::below(directories)).ok_or(AttributeError::Tree { tip })?;
    let library = Library::read(&shared, edges.versions());
    let walk = edges.walk(&graph, &library);
    Ok(assemble(&repository, &graph, &library, &edges, walk, people))
}

fn peeled(repository: &gix::Repository, tip: ObjectId) -> Result<ObjectId, AttributeError> {
    let error = |cause: String| AttributeError::Tip { tip, cause };
    let mut id = tip;
    // A chain of tags longer than this is no accident.
    for _ in 0..16 {
        let object = repository.find_object(id).map_err(|cause| error(cause.to_string()))?;
        match object.kind {
            gix::objs::Kind::Commit => return Ok(id),
            gix::objs::Kind::Tag => {
                let target = object.try_into_tag().and_then(|tag| Ok(tag.target_id()?.detach()));
                id = target.map_err(|cause| error(cause.to_string()))?;
            }
            kind => return Err(error(format!("it is a {kind}"))),
        }
    }
    Err(error("too many tags point to one another".into()))
}

/// Turns numbers into names.
fn assemble(
    repository: &gix::Repository,
    graph: &Graph,
    library: &Library,
    edges: &Edges,
    walk: Walk<'_>,
    mut people: People,
) -> History {
    let paths = &edges.paths;
    let positions: HashSet<u32> =
        walk.blocks.values().flat_map(|state| &state.events).map(|event| event.position).collect();
    let mut positions: Vec<u32> = positions.into_iter().collect();
    positions.sort_unstable();
    let notes = Notes::read(repository);
    let mut read = |position| (position, landing(repository, graph, position, &notes, &mut people));
    let landings = positions.into_iter().map(&mut read).collect();
    let mut hashes: HashMap<CommitId, Arc<str>> = HashMap::new();
    let mut hash = |commit: CommitId| {
        hashes.entry(commit).or_insert_with(|| graph.commits[commit as usize].id.to_string().into()).clone()
    };
    let unparseable = walk.unparseable.iter().map(|note| Unparseable {
        file: match paths.directories[note.directory as usize].as_str() {
            "" => paths.files[note.file as usize].clone(),
            directory => format!("{directory}/{}", paths.files[note.file as usize]),
        },
        commit: hash(graph.chain[note.position as usize]),
        cause: note.cause.clone(),
    });
    let unparseable = unparseable.collect();
    let cut = edges.cut.or(walk.missing.then_some(Cut::Missing));
    let mut times: HashMap<u32, Option<Arc<str>>> = HashMap::new();
    let mut event = |raw: RawEvent| Event {
        kind: raw.kind,
        commit: raw.declared.ok().map(&mut hash),
        approving_commit: hash(graph.chain[raw.position as usize]),
        landed_at: times.entry(raw.position).or_insert_with(|| graph::utc(graph.at(raw.position).committed_at)).clone(),
        attributes: raw.attributes,
        position: raw.position,
        cut: raw.declared.err(),
    };
    let blocks = walk.blocks.into_iter().map(|((directory, name), state)| {
        let name = library.name(name);
        let directory = paths.directories[directory as usize].clone();
        let id = BlockId { directory, kind: name.kind.clone(), labels: name.labels.clone() };
        let history = BlockHistory {
            declared: state.is_declared(),
            attributes: state.attributes().into_iter().map(str::to_owned).collect(),
            counted_from: state.counted_from,
            unknown: state.unknown,
            events: state.events.into_iter().map(&mut event).collect(),
        };
        (id, history)
    });
    let blocks = blocks.collect();
    History { blocks, landings, people, unparseable, cut, judging: Judging::strict(repository) }
}

impl History {
    /// Who declared and approved a block as it stands at the tip; for a block that is gone, who removed it.
    pub fn attribution(&self, block: &BlockId) -> Attribution {
        let Some(history) = self.blocks.get(block) else { return self.never_seen() };
        let last = history.counted().iter().rev().find(|event| event.kind != EventKind::Moved);
        match last {
            Some(event) => self.attributed(event),
            None => history.not_known(),
        }
    }

    /// Who declared and approved one top-level attribute or nested block of a block: the last event that touched it. Of
    /// an attribute that nothing ever touched, as it was never declared, the block's own attribution is given.
    pub fn attribute_attribution(&self, block: &BlockId, attribute: &str) -> Attribution {
        let Some(history) = self.blocks.get(block) else { return self.never_seen() };
        let touches = |event: &&Event| event.attributes.iter().any(|path| path.top() == attribute);
        match history.counted().iter().rev().find(touches) {
            Some(event) if history.declared => self.attributed(event),
            None if history.declared && history.unknown.is_some() && history.attributes.contains(attribute) => {
                history.not_known()
            }
            _ => self.attribution(block),
        }
    }

    /// All that is known to have happened to a block, in the order of the chain.
    pub fn events(&self, block: &BlockId) -> &[Event] {
        self.blocks.get(block).map_or(&[], |history| &history.events)
    }

    /// Every block that was ever declared, sorted.
    pub fn blocks(&self) -> impl Iterator<Item = &BlockId> {
        self.blocks.keys()
    }

    /// Whether a block is, or ever was, declared.
    pub fn knows(&self, block: &BlockId) -> bool {
        self.blocks.contains_key(block)
    }

    /// Whether a block is declared at the tip.
    pub fn is_declared(&self, block: &BlockId) -> bool {
        self.blocks.get(block).is_some_and(|history| history.declared)
    }

    /// Versions of files that were passed over, in the order of the chain; a thousand at most.
    pub fn unparseable(&self) -> &[Unparseable] {
        &self.unparseable
    }

    /// Why not the whole history could be seen, if so, and what to do about it.
    pub fn incomplete(&self) -> Option<&'static str> {
        self.cut.map(Cut::reason)
    }

    fn never_seen(&self) -> Attribution {
        Attribution::unknown(match self.cut {
            Some(cut) => format!("not in the part of Git's history that is here; {}", cut.reason()),
            None => "not in Git".to_owned(),
        })
    }
}

impl BlockHistory {
    fn counted(&self) -> &[Event] {
        &self.events[self.counted_from.min(self.events.len())..]
    }

    fn not_known(&self) -> Attribution {
        Attribution::unknown(self.unknown.unwrap_or(Cut::Missing).reason())
    }
}
