//! Keeps what a walk found beside the repository's own data, so that the next one walks only what is new.
//! Knows nothing of approvals: who approved is read anew each time.
//!
//! What is kept is bound to the tip it was found at, and is used only where a later tip has that one on its first-parent
//! chain. Its digest tells damage and no more: whoever can write to the repository's data can write here too, so what must
//! not rest on that walks from the beginning, and nothing that stands here is trusted to be in range.

use super::block::{Attribute, Block, Digest, Name, NameId};
use super::edge::{FileId, Key, Paths};
use super::graph::{self, Commit, CommitId, Graph};
use super::library::{Library, Version};
use super::people::People;
use super::syntax::Syntax;
use super::tree::Scope;
use super::walk::{BlockState, File, Logged, Parts, RawEvent, State, Unparseable};
use super::{EventKind, edges::Edges};
use gix::ObjectId;
use gix::bstr::{BString, ByteSlice};
use provider_api::AttributePath;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use std::collections::{BTreeSet, HashMap, HashSet};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Changes with every change of what is kept or of how blocks are reduced.
const FORMAT: &str = concat!("driftline history 1 ", env!("CARGO_PKG_VERSION"), "\n");

/// A larger file is not read: a million commits fit.
const LIMIT: u64 = 1 << 30;

/// Bytes of a digest in front of the content.
const DIGEST: usize = 32;

/// What a walk found, in numbers and names.
#[derive(Serialize, Deserialize)]
struct Kept {
    /// Directories, `None` for all.
    scope: Option<Vec<String>>,
    claims: Vec<(Vec<u8>, Vec<u8>)>,
    commits: Vec<KeptCommit>,
    chain: Vec<CommitId>,
    landing: Vec<u32>,
    directories: Vec<String>,
    files: Vec<(u32, String, String)>,
    names: Vec<Name>,
    blocks: Vec<(NameId, Digest, Vec<Attribute>)>,
    contents: Vec<(FileId, Vec<u32>, KeptVersion)>,
    states: Vec<KeptState>,
    moved: Vec<(Key, Vec<NameId>)>,
    unparseable: Vec<Unparseable>,
    log: Vec<Logged>,
}

/// A blob and how it is read.
type KeptVersion = Option<(Vec<u8>, Syntax)>;

#[derive(Serialize, Deserialize)]
struct KeptCommit {
    id: Vec<u8>,
    tree: Vec<u8>,
    parents: Vec<CommitId>,
    claims: Vec<u32>,
    committed_at: i64,
    reverts: Option<String>,
}

#[derive(Serialize, Deserialize)]
struct KeptState {
    key: Key,
    parts: Vec<(FileId, u32)>,
    last: Vec<(FileId, u32)>,
    events: Vec<(EventKind, u32, CommitId, Vec<AttributePath>, Digest)>,
}

/// What was found earlier, ready to go on from.
pub(super) struct Earlier {
    pub(super) graph: Graph,
    pub(super) scope: Scope,
    pub(super) paths: Paths,
    pub(super) names: Vec<Name>,
    pub(super) state: State,
}

/// The file for a scope.
fn file(dir: &Path, scope: &Scope) -> PathBuf {
    let directories = match scope {
        Scope::Below(directories) => directories.join("\0"),
        _ => String::new(),
    };
    let digest = Sha256::digest(format!("{FORMAT}{directories}"));
    dir.join(format!("history-{}", crate::redact::hex(&digest[..8])))
}

/// What an earlier walk over a scope found; none where there was none, or where it cannot be used.
pub(super) fn load(dir: &Path, scope: &Scope, people: &mut People) -> Option<Earlier> {
    parsed(&content(dir, scope)?, people)
}

/// What was kept, if that is as it was written.
pub(super) fn content(dir: &Path, scope: &Scope) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    std::fs::File::open(file(dir, scope)).ok()?.take(LIMIT).read_to_end(&mut bytes).ok()?;
    let content = bytes.strip_prefix(FORMAT.as_bytes())?;
    let (digest, content) = content.split_at_checked(DIGEST)?;
    if Sha256::digest(content)[..] != *digest {
        return None;
    }
    bytes.drain(..FORMAT.len() + DIGEST);
    Some(bytes)
}

/// Reads it, whoever wrote it.
pub(super) fn parsed(content: &[u8], people: &mut People) -> Option<Earlier> {
    earlier(postcard::from_bytes(content).ok()?, people)
}

/// Keeps what a walk found, if all of it is certain. What cannot be written is walked again next time.
pub(super) fn store(dir: &Path, asked: &Scope, graph: &Graph, edges: &Edges, library: &Library, state: &State) {
    let Some(kept) = kept(graph, edges, library, state) else { return };
    let Ok(content) = postcard::to_allocvec(&kept) else { return };
    let write = || -> std::io::Result<()> {
        std::fs::create_dir_all(dir)?;
        let mut out = tempfile::NamedTempFile::new_in(dir)?;
        for part in [FORMAT.as_bytes(), &Sha256::digest(&content)[..], &content] {
            out.write_all(part)?;
        }
        out.persist(file(dir, asked))?;
        Ok(())
    };
    // A repository that cannot be written to is read all the same.
    let _ = write();
}

fn kept(graph: &Graph, edges: &Edges, library: &Library, state: &State) -> Option<Kept> {
    let scope = match &edges.scope {
        Scope::All => None,
        Scope::Below(directories) => Some(directories.clone()),
        Scope::Exactly { .. } => return None,
    };
    let is_cut = edges.cut.is_some() || state.missing || graph.commits.iter().any(|commit| commit.cut.is_some());
    if is_cut || state.files.values().any(|file| file.blind) {
        return None;
    }
    let mut blocks = Numbered::default();
    let contents = state.files.iter().map(|(file, content)| {
        let version = content.version.map(|(id, syntax)| (id.as_bytes().to_vec(), syntax));
        (*file, content.blocks.iter().map(|block| blocks.number(block)).collect(), version)
    });
    let contents = contents.collect();
    let states = state.blocks.iter().map(|(key, state)| kept_state(*key, state, &mut blocks));
    let states = states.collect::<Option<_>>()?;
    let commit = |commit: &Commit| KeptCommit {
        id: commit.id.as_bytes().to_vec(),
        tree: commit.tree.as_bytes().to_vec(),
        parents: commit.parents.to_vec(),
        claims: commit.claims.to_vec(),
        committed_at: commit.committed_at,
        reverts: commit.reverts.as_deref().map(str::to_owned),
    };
    Some(Kept {
        scope,
        claims: graph.claims.iter().map(|(name, email)| (name.to_vec(), email.to_vec())).collect(),
        commits: graph.commits.iter().map(commit).collect(),
        chain: graph.chain.clone(),
        landing: graph.landing.clone(),
        directories: edges.paths.directories.clone(),
        files: edges.paths.saved(),
        names: library.names().to_vec(),
        blocks: blocks.blocks,
        contents,
        states,
        moved: state.moved.iter().map(|(key, names)| (*key, names.iter().copied().collect())).collect(),
        unparseable: state.unparseable.clone(),
        log: state.log.clone(),
    })
}

/// None where something about the block is not certain.
fn kept_state(key: Key, state: &BlockState, blocks: &mut Numbered) -> Option<KeptState> {
    if state.unknown.is_some() || state.counted_from > 0 {
        return None;
    }
    let mut numbered =
        |parts: &Parts| parts.iter().map(|(file, block)| (*file, blocks.number(block))).collect::<Vec<_>>();
    let (parts, last) = (numbered(&state.parts), numbered(&state.last));
    let event = |event: &RawEvent| {
        Some((event.kind, event.position, event.declared.ok()?, event.attributes.clone(), event.after))
    };
    Some(KeptState { key, parts, last, events: state.events.iter().map(event).collect::<Option<_>>()? })
}

/// Blocks, each once.
#[derive(Default)]
struct Numbered {
    numbers: HashMap<*const Block, u32>,
    blocks: Vec<(NameId, Digest, Vec<Attribute>)>,
}

impl Numbered {
    fn number(&mut self, block: &Arc<Block>) -> u32 {
        *self.numbers.entry(Arc::as_ptr(block)).or_insert_with(|| {
            self.blocks.push((block.id, block.digest, block.attributes.clone()));
            self.blocks.len() as u32 - 1
        })
    }
}

/// None where anything refers to what is not there.
fn earlier(kept: Kept, people: &mut People) -> Option<Earlier> {
    let graph = kept_graph(kept.claims, kept.commits, kept.chain, kept.landing, people)?;
    let directory = |number: u32| (number as usize) < kept.directories.len();
    let file = |number: FileId| (number as usize) < kept.files.len();
    let name = |number: NameId| (number as usize) < kept.names.len();
    let key = |(place, id): Key| directory(place) && name(id);
    let position = |number: u32| (number as usize) < graph.chain.len();
    // What bears two numbers would lose one of them.
    if !are_distinct(&kept.names) || !are_distinct(&kept.directories) || !are_distinct(&kept.files) {
        return None;
    }
    if !kept.files.iter().all(|(number, ..)| directory(*number))
        || !kept.unparseable.iter().all(|note| file(note.file) && position(note.position))
        || !kept.log.iter().all(|one| {
            let commit = one.declared.is_none_or(|commit| (commit as usize) < graph.commits.len());
            commit && position(one.position) && key(one.key) && one.from.is_none_or(key)
        })
        || !kept.moved.iter().all(|(at, names)| key(*at) && names.iter().all(|id| name(*id)))
    {
        return None;
    }
    let block = |(id, digest, attributes): (NameId, Digest, Vec<Attribute>)| {
        Some(Arc::new(Block { name: kept.names.get(id as usize)?.clone(), id, digest, attributes }))
    };
    let blocks: Vec<Arc<Block>> = kept.blocks.into_iter().map(block).collect::<Option<_>>()?;
    let block = |number: u32| blocks.get(number as usize).cloned();
    let parts = |numbers: Vec<(FileId, u32)>| {
        let part = |(at, number): (FileId, u32)| Some((at, block(number).filter(|_| file(at))?));
        numbers.into_iter().map(part).collect::<Option<Parts>>()
    };
    let mut state = State { unparseable: kept.unparseable, log: kept.log, ..State::default() };
    for (at, numbers, version) in kept.contents {
        let blocks = numbers.into_iter().map(block).collect::<Option<Vec<_>>>()?;
        let version: Option<Version> = match version {
            Some((id, syntax)) => Some((ObjectId::try_from(&id[..]).ok()?, syntax)),
            None => None,
        };
        state.files.insert(at, File { blocks, version, blind: !file(at) });
    }
    for one in kept.states {
        let event = |(kind, at, commit, attributes, after)| {
            let known = position(at) && (commit as usize) < graph.commits.len();
            known.then_some(RawEvent { kind, position: at, declared: Ok(commit), attributes, after })
        };
        let events = one.events.into_iter().map(event).collect::<Option<_>>()?;
        let (parts, last) = (parts(one.parts)?, parts(one.last)?);
        let known = BlockState { parts, last, events, counted_from: 0, unknown: None };
        state.blocks.insert(Some(one.key).filter(|at| key(*at))?, known);
    }
    let scope = kept.scope.map_or(Scope::All, Scope::Below);
    state.moved = kept.moved.into_iter().map(|(at, names)| (at, names.into_iter().collect::<BTreeSet<_>>())).collect();
    let paths = Paths::restored(kept.directories, kept.files);
    Some(Earlier { graph, scope, paths, names: kept.names, state })
}

fn are_distinct<T: Eq + std::hash::Hash>(all: &[T]) -> bool {
    let mut seen = HashSet::with_capacity(all.len());
    all.iter().all(|one| seen.insert(one))
}

/// None where a number is out of range.
fn kept_graph(
    claims: Vec<(Vec<u8>, Vec<u8>)>,
    commits: Vec<KeptCommit>,
    chain: Vec<CommitId>,
    landing: Vec<u32>,
    people: &mut People,
) -> Option<Graph> {
    let count = commits.len();
    let known = |commit: &CommitId| (*commit as usize) < count;
    if landing.len() != count
        || chain.is_empty()
        || !chain.iter().all(known)
        || !landing.iter().all(|position| (*position as usize) < chain.len())
    {
        return None;
    }
    let claims: Vec<(BString, BString)> = claims.into_iter().map(|(name, email)| (name.into(), email.into())).collect();
    let persons: Vec<_> = claims.iter().map(|(name, email)| people.person(name.as_bstr(), email.as_bstr())).collect();
    let commit = |commit: KeptCommit| {
        let mut named = commit.claims.iter().map(|claim| persons.get(*claim as usize).copied());
        Some(Commit {
            id: ObjectId::try_from(&commit.id[..]).ok()?,
            tree: ObjectId::try_from(&commit.tree[..]).ok()?,
            cut: commit.parents.iter().any(|parent| !known(parent)).then_some(graph::Cut::Missing),
            author: named.next()??,
            committer: named.next()??,
            co_authors: named.collect::<Option<_>>()?,
            parents: commit.parents.into(),
            claims: commit.claims.into(),
            committed_at: commit.committed_at,
            reverts: commit.reverts.map(Into::into),
        })
    };
    let commits: Vec<Commit> = commits.into_iter().map(commit).collect::<Option<_>>()?;
    if commits.iter().any(|commit| commit.cut.is_some()) {
        return None;
    }
    Some(graph::restored(commits, claims, chain, landing))
}
