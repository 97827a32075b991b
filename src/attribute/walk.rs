//! Goes over the first-parent chain from the oldest commit to the tip and notes what happened to every block.
//! Knows nothing of people, messages or approvals.

use super::EventKind;
use super::block::{self, Attribute, Block, Digest, NameId, digest};
use super::edge::{self, Change, FileId, Key, Paths, Sides, Signature};
use super::graph::{CommitId, Cut, Graph};
use super::library::{Content, Library, Version};
use super::side::{self, Declared, Side, SideEdges};
use provider_api::{AttributePath, Step};
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::Arc;

/// Something that happened to a block.
#[derive(Debug, Clone)]
pub(super) struct RawEvent {
    pub(super) kind: EventKind,
    /// Where it landed on the chain.
    pub(super) position: u32,
    /// The commit that declared it, or why that is not known.
    pub(super) declared: Result<CommitId, Cut>,
    /// The top-level attributes that it touched, into the keys of an object.
    pub(super) attributes: Vec<AttributePath>,
    /// What the block says since, to tell whether it said so before.
    pub(super) after: Digest,
}

/// A block that a commit of the chain changed: the population of all changes, each once, whatever became of its block.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
pub(super) struct Logged {
    pub(super) kind: EventKind,
    pub(super) position: u32,
    pub(super) key: Key,
    /// Where it moved from.
    pub(super) from: Option<Key>,
    /// The commit that declared it; none where that is not known.
    pub(super) declared: Option<CommitId>,
}

/// What a block says, file by file.
pub(super) type Parts = Vec<(FileId, Arc<Block>)>;

/// A block, as far as the walk came.
#[derive(Debug, Default)]
pub(super) struct BlockState {
    /// What it says; empty where it is not declared.
    pub(super) parts: Parts,
    /// What it said last, if it is gone.
    pub(super) last: Parts,
    /// In the order of the chain.
    pub(super) events: Vec<RawEvent>,
    /// Events before this one do not tell who declared the block: something that could not be read came between.
    pub(super) counted_from: usize,
    /// Why, if so.
    pub(super) unknown: Option<Cut>,
}

impl BlockState {
    /// Whether it is declared.
    pub(super) fn is_declared(&self) -> bool {
        !self.parts.is_empty()
    }

    /// The names of its top-level attributes and nested blocks.
    pub(super) fn attributes(&self) -> BTreeSet<&str> {
        self.parts.iter().flat_map(|(_, block)| &block.attributes).map(|attribute| &*attribute.name).collect()
    }

    fn blind(&mut self, cut: Cut) {
        self.counted_from = self.events.len();
        self.unknown = Some(cut);
    }
}

/// A file, as far as the walk came.
#[derive(Debug, Default)]
pub(super) struct File {
    /// What it said when it could last be parsed.
    pub(super) blocks: Vec<Arc<Block>>,
    pub(super) version: Option<Version>,
    /// Whether it may say something else by now that is not in this clone.
    pub(super) blind: bool,
}

/// A version of a file that could not be parsed.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
pub(super) struct Unparseable {
    pub(super) file: FileId,
    pub(super) position: u32,
    pub(super) cause: String,
}

/// More unparseable versions than this are not noted.
const NOTES: usize = 1000;

/// What the walk knows at a commit of the chain.
#[derive(Debug, Default)]
pub(super) struct State {
    pub(super) files: HashMap<FileId, File>,
    pub(super) blocks: HashMap<Key, BlockState>,
    /// By directory and new name: the old names that `moved` blocks give.
    pub(super) moved: HashMap<(u32, NameId), BTreeSet<NameId>>,
    pub(super) unparseable: Vec<Unparseable>,
    /// All changes, in the order of the chain.
    pub(super) log: Vec<Logged>,
    /// Whether a version of a file is not in this clone.
    pub(super) missing: bool,
}

impl State {
    /// Variables with `sensitive = true`, or with anything else in that place that is not `false`.
    pub(super) fn sensitive_variables(&self, library: &Library) -> BTreeSet<String> {
        let no = digest_of_false();
        let is_sensitive = |state: &BlockState| {
            let parts = state.parts.iter().chain(&state.last);
            let mut attributes = parts.flat_map(|(_, block)| &block.attributes);
            attributes.any(|attribute| &*attribute.name == "sensitive" && Some(attribute.digest) != no)
        };
        let named = self.blocks.iter().filter_map(|(key, state)| {
            let name = library.name(key.1);
            (name.kind == "variable" && is_sensitive(state)).then(|| name.labels.first().cloned()).flatten()
        });
        named.collect()
    }
}

/// What `sensitive = false` is reduced to.
fn digest_of_false() -> Option<Digest> {
    let body = hcl_edit::parser::parse_body("variable \"x\" {\n  sensitive = false\n}\n").ok()?;
    let blocks: Vec<Block> = body.blocks().flat_map(block::from_hcl).collect();
    blocks.first()?.attributes.first().map(|attribute| attribute.digest)
}

/// The walk over the chain.
pub(super) struct Walk<'a> {
    graph: &'a Graph,
    library: &'a Library,
    paths: &'a Paths,
    pub(super) state: State,
}

/// A block that one step of the walk changed.
struct Touched {
    key: Key,
    before: Parts,
    old: Signature,
    new: Signature,
}

impl<'a> Walk<'a> {
    /// Goes on from what is known already.
    pub(super) fn new(graph: &'a Graph, library: &'a Library, paths: &'a Paths, state: State) -> Self {
        Self { graph, library, paths, state }
    }

    /// Takes the oldest tree that can be seen for granted: nobody can tell who declared what it holds.
    pub(super) fn base(&mut self, position: u32, changes: &[Change], cut: Cut) {
        let (touched, _) = self.apply(position, changes);
        for touched in touched {
            self.state.blocks.entry(touched.key).or_default().blind(cut);
        }
    }

    /// Goes on to the next commit of the chain.
    pub(super) fn step(&mut self, position: u32, changes: &[Change], side_edges: Option<&SideEdges>) {
        let (touched, blind) = self.apply(position, changes);
        for key in &blind {
            self.state.blocks.entry(*key).or_default().blind(Cut::Missing);
        }
        let touched: Vec<_> = touched.into_iter().filter(|touched| !blind.contains(&touched.key)).collect();
        let origins = self.origins(&touched);
        let declared = self.declared(position, &touched, side_edges);
        let (added, others): (Vec<_>, Vec<_>) = touched.iter().partition(|touched| touched.old.is_empty());
        // What moved takes its events along before its going is noted at the old place.
        let mut left = HashSet::new();
        for touched in added {
            let declared = declared[&touched.key];
            let within = declared.moved.map(|(_, from)| from).filter(|from| self.is_gone(*from));
            let from = origins.get(&touched.key).copied().or(within);
            left.extend(from);
            self.added(position, touched, from, declared);
        }
        // Nothing is known of a block whose declaring commit is out of sight, but that it changed here.
        for key in BTreeSet::from_iter(blind) {
            self.log(EventKind::Changed, position, key, None, Err(Cut::Missing));
        }
        for touched in others {
            let gone = touched.new.is_empty();
            let kind = if gone { EventKind::Removed } else { EventKind::Changed };
            if !(gone && left.contains(&touched.key)) {
                self.log(kind, position, touched.key, None, declared[&touched.key].content);
            }
            let state = self.state.blocks.entry(touched.key).or_default();
            let attributes = if gone { Vec::new() } else { differing(&touched.before, &state.parts) };
            let (declared, after) = (declared[&touched.key].content, said(&touched.new));
            state.events.push(RawEvent { kind, position, declared, attributes, after });
        }
    }

    fn log(&mut self, kind: EventKind, position: u32, key: Key, from: Option<Key>, declared: Result<CommitId, Cut>) {
        self.state.log.push(Logged { kind, position, key, from, declared: declared.ok() });
    }

    fn added(&mut self, position: u32, touched: &Touched, origin: Option<Key>, declared: Declared) {
        let kind = if origin.is_some() { EventKind::Moved } else { EventKind::Added };
        let by = declared.moved.map_or(declared.content, |(commit, _)| Ok(commit));
        self.log(kind, position, touched.key, origin, by);
        let after = said(&touched.new);
        let event = |kind, attributes| RawEvent { kind, position, declared: declared.content, attributes, after };
        let mut events = Vec::new();
        let mut inherited = None;
        if let Some(origin) = origin.and_then(|origin| self.state.blocks.get(&origin)) {
            events.clone_from(&origin.events);
            if events.last().is_some_and(|event| event.kind == EventKind::Removed) {
                events.pop();
            }
            inherited = Some((origin.counted_from.min(events.len()), origin.unknown, origin.last.clone()));
        }
        let state = self.state.blocks.entry(touched.key).or_default();
        match inherited {
            Some((counted_from, unknown, before)) => {
                let moved = event(EventKind::Moved, Vec::new());
                events.push(RawEvent {
                    declared: declared.moved.map_or(declared.content, |(commit, _)| Ok(commit)),
                    ..moved
                });
                if !same_meaning(&before, &state.parts) {
                    events.push(event(EventKind::Changed, differing(&before, &state.parts)));
                }
                (state.events, state.counted_from, state.unknown) = (events, counted_from, unknown);
            }
            None => {
                let attributes = state.attributes().into_iter().map(AttributePath::attribute).collect();
                state.events.push(event(EventKind::Added, attributes));
            }
        }
    }

    /// Applies what changed in the files. Gives the blocks whose meaning differs, sorted, and those that cannot be told.
    fn apply(&mut self, position: u32, changes: &[Change]) -> (Vec<Touched>, HashSet<Key>) {
        let mut before: HashMap<FileId, File> = changes
            .iter()
            .map(|change| (change.file, self.state.files.remove(&change.file).unwrap_or_default()))
            .collect();
        let mut blind = HashSet::new();
        let mut sides = Vec::new();
        for change in changes {
            let content = edge::content(self.library, change.new);
            let old = &before[&change.file];
            let (new, is_blind) = match &*content {
                Content::Blocks(blocks) => (blocks.clone(), false),
                Content::Unparseable(cause) => {
                    self.note(position, change, cause);
                    let kept = kept(change, changes, &before);
                    (kept.blocks.clone(), kept.blind)
                }
                Content::Missing => (old.blocks.clone(), true),
            };
            self.state.missing |= is_blind;
            if is_blind || old.blind {
                blind.extend(old.blocks.iter().chain(&new).map(|block| (change.directory, block.id)));
            }
            if change.new.is_some() {
                self.state
                    .files
                    .insert(change.file, File { blocks: new.clone(), version: change.new, blind: is_blind });
            }
            sides.push(Sides { file: change.file, directory: change.directory, old: Vec::new(), new });
        }
        for side in &mut sides {
            side.old = before.remove(&side.file).unwrap_or_default().blocks;
            side.reduce();
        }
        (self.replace(&sides), blind)
    }

    /// Puts new parts of blocks in the place of old ones.
    fn replace(&mut self, sides: &[Sides]) -> Vec<Touched> {
        let keys: BTreeSet<Key> = sides
            .iter()
            .flat_map(|side| side.old.iter().chain(&side.new).map(|block| (side.directory, block.id)))
            .collect();
        let before: Vec<(Key, Parts)> = keys
            .iter()
            .map(|key| (*key, self.state.blocks.get(key).map_or_else(Vec::new, |state| state.parts.clone())))
            .collect();
        for side in sides {
            for block in &side.old {
                let parts = &mut self.state.blocks.entry((side.directory, block.id)).or_default().parts;
                if let Some(at) = parts.iter().position(|(file, part)| *file == side.file && Arc::ptr_eq(part, block)) {
                    parts.remove(at);
                }
            }
            for block in &side.new {
                self.state.blocks.entry((side.directory, block.id)).or_default().parts.push((side.file, block.clone()));
            }
        }
        let mut touched = Vec::new();
        for (key, before) in before {
            let sign = |parts: &Parts| edge::signature(self.paths, parts.iter().map(|(file, block)| (*file, block)));
            let (old, new) = (sign(&before), sign(&self.state.blocks[&key].parts));
            if old.is_empty() != new.is_empty() {
                self.note_moved(key, !new.is_empty());
            }
            if new.is_empty() && !old.is_empty() {
                self.state.blocks.entry(key).or_default().last.clone_from(&before);
            }
            if old != new {
                touched.push(Touched { key, before, old, new });
            }
        }
        touched
    }

    /// Keeps the old names that `moved` blocks give.
    fn note_moved(&mut self, key: Key, is_declared: bool) {
        let Some((from, to)) = side::moved_names(self.library.name(key.1)) else { return };
        if let (Some(from), Some(to)) = (self.library.id(&from), self.library.id(&to)) {
            let from_names = self.state.moved.entry((key.0, to)).or_default();
            if is_declared {
                from_names.insert(from);
            } else {
                from_names.remove(&from);
            }
        }
    }

    fn note(&mut self, position: u32, change: &Change, cause: &str) {
        if self.state.unparseable.len() < NOTES {
            let cause = cause.to_owned();
            self.state.unparseable.push(Unparseable { file: change.file, position, cause });
        }
    }

    /// Where blocks that are new came from: a `moved` block says so, or one of the same name and body went from another
    /// directory in the same commit. Of several such directories the one that shares most blocks wins.
    fn origins(&self, touched: &[Touched]) -> HashMap<Key, Key> {
        let mut gone: HashMap<(NameId, &Signature), Vec<Key>> = HashMap::new();
        for touched in touched.iter().filter(|touched| touched.new.is_empty()) {
            gone.entry((touched.key.1, &touched.old)).or_default().push(touched.key);
        }
        let none = Vec::new();
        let candidates = |added: &Touched| gone.get(&(added.key.1, &added.new)).unwrap_or(&none).clone();
        let added: Vec<_> = touched.iter().filter(|touched| touched.old.is_empty()).collect();
        let mut shared: HashMap<(u32, u32), usize> = HashMap::new();
        for added in &added {
            for from in candidates(added) {
                *shared.entry((from.0, added.key.0)).or_default() += 1;
            }
        }
        let mut taken = HashSet::new();
        let mut origins = HashMap::new();
        for added in added {
            let directory = |id: u32| &self.paths.directories[id as usize];
            let best = candidates(added).into_iter().filter(|from| !taken.contains(from)).max_by(|one, other| {
                let rank = |from: &Key| {
                    (shared[&(from.0, added.key.0)], common_end(directory(from.0), directory(added.key.0)))
                };
                rank(one).cmp(&rank(other)).then_with(|| directory(other.0).cmp(directory(one.0)))
            });
            if let Some(from) = self.renamed(added.key).or(best) {
                taken.insert(from);
                origins.insert(added.key, from);
            }
        }
        origins
    }

    /// The block that a `moved` block of the same directory says this one was, if that one is gone.
    fn renamed(&self, key: Key) -> Option<Key> {
        self.state.moved.get(&key)?.iter().map(|from| (key.0, *from)).find(|from| self.is_gone(*from))
    }

    fn is_gone(&self, key: Key) -> bool {
        self.state.blocks.get(&key).is_some_and(|state| !state.is_declared())
    }

    fn declared(&self, position: u32, touched: &[Touched], side_edges: Option<&SideEdges>) -> HashMap<Key, Declared> {
        let landing = self.graph.chain[position as usize];
        let keys: Vec<_> = touched.iter().map(|touched| touched.key).collect();
        let Some(edges) = side_edges else { return keys.into_iter().map(|key| (key, Declared::by(landing))).collect() };
        let side = Side { graph: self.graph, library: self.library, paths: self.paths, edges, position };
        let mut declared = side::declaring(&side, &keys);
        for key in keys {
            let found = declared.entry(key).or_insert(Declared::by(landing));
            if found.content.is_ok_and(|commit| !self.graph.is_certain(commit)) {
                found.content = Err(Cut::Shallow);
            }
        }
        declared
    }
}

/// What a signature says, in short.
fn said(signature: &Signature) -> Digest {
    let bytes: Vec<u8> =
        signature.iter().flat_map(|(rank, digest)| rank.bytes().chain([0]).chain(digest.iter().copied())).collect();
    digest(&bytes)
}

/// What an unparseable file is taken to say: what it said before, under another name if it was renamed while broken.
fn kept<'f>(change: &Change, changes: &[Change], before: &'f HashMap<FileId, File>) -> &'f File {
    let renamed = |other: &&Change| {
        other.directory == change.directory && other.new.is_none() && before[&other.file].version == change.new
    };
    match (change.old, changes.iter().find(renamed)) {
        (None, Some(other)) => &before[&other.file],
        _ => &before[&change.file],
    }
}

fn same_meaning(one: &Parts, other: &Parts) -> bool {
    let digests = |parts: &Parts| {
        let mut digests: Vec<_> = parts.iter().map(|(_, block)| block.digest).collect();
        digests.sort_unstable();
        digests
    };
    digests(one) == digests(other)
}

/// The number of last path components that two directories share.
fn common_end(one: &str, other: &str) -> usize {
    one.rsplit('/').zip(other.rsplit('/')).take_while(|(one, other)| one == other).count()
}

/// The attributes that differ, sorted; within objects written out on both sides, their keys.
pub(super) fn differing(old: &Parts, new: &Parts) -> Vec<AttributePath> {
    type Named<'a> = BTreeMap<&'a str, Vec<&'a Attribute>>;
    fn named(parts: &Parts) -> Named<'_> {
        let mut named = Named::new();
        for attribute in parts.iter().flat_map(|(_, block)| &block.attributes) {
            named.entry(&attribute.name).or_default().push(attribute);
        }
        for attributes in named.values_mut() {
            attributes.sort_unstable_by_key(|attribute| attribute.digest);
        }
        named
    }
    let (old, new) = (named(old), named(new));
    let none = Vec::new();
    let names: BTreeSet<_> = old.keys().chain(new.keys()).copied().collect();
    let mut paths = Vec::new();
    for name in names {
        let (before, after) = (old.get(name).unwrap_or(&none), new.get(name).unwrap_or(&none));
        if before.iter().map(|attribute| attribute.digest).ne(after.iter().map(|attribute| attribute.digest)) {
            let path = AttributePath::attribute(name);
            let keys = match (&before[..], &after[..]) {
                ([before], [after]) => differing_keys(before, after),
                _ => BTreeSet::new(),
            };
            if keys.is_empty() {
                paths.push(path);
            } else {
                paths.extend(keys.into_iter().map(|key| path.join(Step::Key(key.to_owned()))));
            }
        }
    }
    paths
}

/// More keys than this are summed up as the whole attribute.
const KEYS: usize = 64;

fn differing_keys<'a>(before: &'a Attribute, after: &'a Attribute) -> BTreeSet<&'a str> {
    if before.keys.is_empty() || after.keys.is_empty() {
        return BTreeSet::new();
    }
    let (one, other): (BTreeSet<_>, BTreeSet<_>) = (before.keys.iter().collect(), after.keys.iter().collect());
    let keys: BTreeSet<&str> = one.symmetric_difference(&other).map(|(key, _)| &**key).collect();
    if keys.len() > KEYS { BTreeSet::new() } else { keys }
}
