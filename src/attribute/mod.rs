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
mod cache;
mod canonical;
mod conventions;
mod diff;
mod edge;
mod edges;
mod evidence;
#[cfg(fuzzing)]
pub(crate) mod fuzzing;
mod graph;
mod landing;
mod library;
mod notes;
mod owned;
mod owners;
mod parties;
mod people;
mod policy;
mod population;
mod review;
mod side;
mod sources;
mod split;
mod syntax;
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
pub use diff::{Detail, Difference, details, prepared};
use edges::{Edges, OBJECT_CACHE};
use gix::ObjectId;
use graph::{CommitId, Cut, Graph};
use landing::{LandingCommit, landing};
use library::Library;
use notes::Notes;
use people::People;
pub use population::Landed;
use population::Population;
use provider_api::AttributePath;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::path::Path;
use std::sync::Arc;
use tree::Scope;
use walk::{RawEvent, State};

/// Identifies a block across history: the directory of its module, its kind and its labels.
///
/// Beyond what is written as a label, these count as such: the name of a local value (kind `locals`), the alias of a
/// provider, and the addresses, without instance keys, in `moved` (from, to), `import` (to) and `removed` (from) blocks.
/// What else determines a stack counts as a block too: a value in a file of values (kind `tfvars`, the variable as label,
/// the file in place of the directory), what the dependency lock file says of a provider (kind `lock`, its address as label),
/// and a submodule (kind `submodule`, no label, its path in place of the directory).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BlockId {
    /// Directory from the repository's root, empty for the root itself; or a file whose names are its own.
    pub directory: String,
    /// `resource`, `module`, `locals`, `variable`, `provider`, …
    pub kind: String,
    /// Its labels: type and name of a resource.
    pub labels: Vec<String>,
}

/// What happened to a block.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
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
    /// The commit that says so to revert by the words that `git revert` writes (as far as the hash is written).
    pub reverts: Option<Arc<str>>,
    /// Where the block came to say what it says again: the approving commit of that time (full hash).
    pub restores: Option<Arc<str>>,
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
    population: Population,
    landings: HashMap<u32, LandingCommit>,
    people: People,
    unparseable: Vec<Unparseable>,
    cut: Option<Cut>,
    judging: Judging,
}

/// Walks the history behind a tip, which may be a tag, in the given directories and below, and in those that their files
/// came from; in all where none is given. With a directory to keep it in, what was found goes there, and is where the
/// next walk begins.
/// Only Git objects are read, and none is fetched: what is not in the clone makes what depends on it unknown.
///
/// # Errors
/// When the tip cannot be read.
pub fn history(
    repository: &gix::Repository,
    tip: ObjectId,
    directories: &[String],
    keep: Option<&Path>,
) -> Result<History, AttributeError> {
    let mut repository = repository.clone();
    repository.object_cache_size(OBJECT_CACHE);
    let commit = peeled(&repository, tip)?;
    let tree = repository.find_commit(commit).and_then(|commit| Ok(commit.tree_id()?.detach()));
    let tree = tree.map_err(|cause| AttributeError::Tip { tip, cause: cause.to_string() })?;
    let mailmap = tree::root_file(&repository, tree, ".mailmap").unwrap_or_default();
    let mut people = People::new(&mailmap);
    let scope = Scope::below(directories);
    if let Some(earlier) = keep.and_then(|dir| cache::load(dir, &scope, &mut people)) {
        let known = earlier.graph.chain.len();
        if let Some(found) = resumed(&repository, earlier, commit, &mut people) {
            if let Some(dir) = keep.filter(|_| found.graph.chain.len() > known) {
                found.store(dir, &scope);
            }
            return Ok(assemble(&repository, found, people));
        }
        people = People::new(&mailmap);
    }
    let graph = graph::read(&repository, commit, &mut people)
        .ok_or_else(|| AttributeError::Tip { tip, cause: "its objects are not in this clone".into() })?;
    let shared = repository.clone().into_sync();
    let edges = Edges::read(&shared, &graph, scope.clone()).ok_or(AttributeError::Tree { tip })?;
    let library = Library::read(&shared, edges.versions(), Vec::new());
    let state = edges.walk(&graph, &library, None).state;
    let found = Found { graph, edges, library, state };
    if let Some(dir) = keep {
        found.store(dir, &scope);
    }
    Ok(assemble(&repository, found, people))
}

/// All that a walk read and found.
struct Found {
    graph: Graph,
    edges: Edges,
    library: Library,
    state: State,
}

impl Found {
    fn store(&self, dir: &Path, asked: &Scope) {
        cache::store(dir, asked, &self.graph, &self.edges, &self.library, &self.state);
    }
}

/// Goes on from what an earlier walk found. None where the history has to be walked from its beginning.
fn resumed(repository: &gix::Repository, earlier: cache::Earlier, tip: ObjectId, people: &mut People) -> Option<Found> {
    let cache::Earlier { graph, scope, paths, names, state } = earlier;
    let base = graph.chain.len() as u32 - 1;
    let graph = graph::extended(repository, graph, tip, people)?;
    let shared = repository.clone().into_sync();
    let edges = Edges::resumed(&shared, &graph, scope, paths, base)?;
    let library = Library::read(&shared, edges.versions(), names);
    let state = edges.walk(&graph, &library, Some(state)).state;
    Some(Found { graph, edges, library, state })
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
fn assemble(repository: &gix::Repository, found: Found, mut people: People) -> History {
    let Found { graph, edges, library, state } = found;
    let paths = &edges.paths;
    let events = state.blocks.values().flat_map(|state| &state.events).map(|event| event.position);
    let positions: HashSet<u32> = events.chain(state.log.iter().map(|logged| logged.position)).collect();
    let mut positions: Vec<u32> = positions.into_iter().collect();
    positions.sort_unstable();
    let notes = Notes::read(repository);
    let mut read = |position| (position, landing(repository, &graph, position, &notes, &mut people));
    let landings = positions.into_iter().map(&mut read).collect();
    let mut hashes: HashMap<CommitId, Arc<str>> = HashMap::new();
    let mut hash = |commit: CommitId| {
        hashes.entry(commit).or_insert_with(|| graph.commits[commit as usize].id.to_string().into()).clone()
    };
    let unparseable = state.unparseable.iter().map(|note| Unparseable {
        file: paths.paths[note.file as usize].clone(),
        commit: hash(graph.chain[note.position as usize]),
        cause: note.cause.clone(),
    });
    let unparseable = unparseable.collect();
    let cut = edges.cut.or(state.missing.then_some(Cut::Missing));
    let mut times: HashMap<u32, Option<Arc<str>>> = HashMap::new();
    let mut event = |(raw, restores): (RawEvent, Option<u32>)| Event {
        kind: raw.kind,
        commit: raw.declared.ok().map(&mut hash),
        approving_commit: hash(graph.chain[raw.position as usize]),
        landed_at: times.entry(raw.position).or_insert_with(|| graph::utc(graph.at(raw.position).committed_at)).clone(),
        attributes: raw.attributes,
        reverts: [raw.declared.ok(), Some(graph.chain[raw.position as usize])]
            .into_iter()
            .flatten()
            .find_map(|commit| graph.commits[commit as usize].reverts.as_deref())
            .map(Into::into),
        restores: restores.map(|position| hash(graph.chain[position as usize])),
        position: raw.position,
        cut: raw.declared.err(),
    };
    let sensitive = state.sensitive_variables(&library);
    let blocks = state.blocks.into_iter().map(|((directory, name), block)| {
        let name = library.name(name);
        let directory = paths.directories[directory as usize].clone();
        let id = BlockId { directory, kind: name.kind.clone(), labels: name.labels.clone() };
        let history = BlockHistory {
            declared: block.is_declared(),
            attributes: block.attributes().into_iter().map(str::to_owned).collect(),
            counted_from: block.counted_from,
            unknown: block.unknown,
            events: with_restored(block.events).into_iter().map(&mut event).collect(),
        };
        (id, history)
    });
    let blocks = blocks.collect();
    let population = Population::new(graph, state.log, library, edges.paths.directories, sensitive);
    History { blocks, population, landings, people, unparseable, cut, judging: Judging::strict(repository) }
}

/// Events, each with the position of the latest earlier one after which the block said the same, where it said something
/// else in between.
fn with_restored(events: Vec<RawEvent>) -> Vec<(RawEvent, Option<u32>)> {
    let mut said: HashMap<_, u32> = HashMap::new();
    let restored = events.into_iter().map(|event| {
        let says = matches!(event.kind, EventKind::Added | EventKind::Changed);
        let earlier = if says { said.insert(event.after, event.position) } else { None };
        (event, earlier)
    });
    restored.collect()
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

    /// Who declared and approved what one event of a block did.
    pub fn event_attribution(&self, event: &Event) -> Attribution {
        self.attributed(event)
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
