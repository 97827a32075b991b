//! Compares all the trees that the walk needs, on all cores: along the chain, and within what merges brought in.
//! Knows nothing of blocks.

use super::edge::{Change, Edge, Paths};
use super::graph::{CommitId, Cut, Graph};
use super::library::{self, Library};
use super::side::SideEdges;
use super::tree::{self, FileChange, Scope};
use super::walk::{State, Walk};
use rayon::prelude::*;
use std::collections::{BTreeSet, HashMap, HashSet};

/// Bytes of recently read objects kept per thread: consecutive trees share most of their subtrees.
pub(super) const OBJECT_CACHE: usize = 8 << 20;

/// Bytes of objects kept per thread from which others are told by their difference.
const PACK_CACHE: usize = 16 << 20;

/// The differences of files that the walk needs.
pub(super) struct Edges {
    pub(super) paths: Paths,
    /// The directories that were looked at in the end.
    pub(super) scope: Scope,
    /// Position on the chain from which on all trees can be read.
    base: u32,
    /// What the base holds.
    base_files: Edge,
    /// Why nothing before the base is known; none where the base is the beginning of history.
    pub(super) cut: Option<Cut>,
    /// By position, from the one after the base on.
    chain: Vec<Edge>,
    /// By position of a merge that changed configuration.
    sides: HashMap<u32, SideEdges>,
}

impl Edges {
    /// Compares trees along the chain, and among the commits of those merges that changed configuration. None where
    /// the tip's tree cannot be read.
    pub(super) fn read(repository: &gix::ThreadSafeRepository, graph: &Graph, mut scope: Scope) -> Option<Self> {
        let tree = |position: u32| Some(graph.at(position).tree);
        let last = graph.chain.len() as u32 - 1;
        let mut chain = chain(repository, graph, 0, &scope);
        for _ in 0..WIDENINGS {
            let origins = origins(repository, graph, 0, &chain, &scope);
            if origins.is_empty() {
                break;
            }
            scope.widen(origins);
            chain = self::chain(repository, graph, 0, &scope);
        }
        let local = repository.to_thread_local();
        let unreadable = chain.iter().rposition(Result::is_err).map(|index| index as u32 + 1);
        // An edge is unreadable for its older tree or for its newer one; that of the tip must be readable.
        let mut base = unreadable.unwrap_or(0);
        let mut base_files = tree::changes(&local, None, tree(base), &scope);
        if base_files.is_err() && base < last {
            base += 1;
            base_files = tree::changes(&local, None, tree(base), &scope);
        }
        let cut = if unreadable.is_some() { Some(Cut::Missing) } else { graph.at(0).cut };
        chain.drain(..base as usize);
        let sides = sides(repository, graph, base, &chain);
        let mut paths = Paths::default();
        let base_files = paths.numbered(base_files);
        base_files.is_ok().then(|| Self::numbered(paths, scope, (base, base_files, cut), chain, sides))
    }

    /// Goes on from a position that is known already, with the paths met so far. None where something cannot be read, or
    /// where files came from directories that were not looked at.
    pub(super) fn resumed(
        repository: &gix::ThreadSafeRepository,
        graph: &Graph,
        scope: Scope,
        paths: Paths,
        base: u32,
    ) -> Option<Self> {
        let chain = chain(repository, graph, base, &scope);
        if chain.iter().any(Result::is_err) || !origins(repository, graph, base, &chain, &scope).is_empty() {
            return None;
        }
        let sides = sides(repository, graph, base, &chain);
        Some(Self::numbered(paths, scope, (base, Ok(Vec::new()), None), chain, sides))
    }

    fn numbered(
        mut paths: Paths,
        scope: Scope,
        (base, base_files, cut): (u32, Edge, Option<Cut>),
        chain: Vec<Result<Vec<FileChange>, Cut>>,
        sides: Vec<(u32, RawEdges)>,
    ) -> Self {
        let chain = chain.into_iter().map(|edge| paths.numbered(edge)).collect();
        let mut side = |edges: RawEdges| edges.into_iter().map(|(ends, edge)| (ends, paths.numbered(edge))).collect();
        let sides = sides.into_iter().map(|(position, edges)| (position, side(edges))).collect();
        Self { paths, scope, base, base_files, cut, chain, sides }
    }

    fn all(&self) -> impl Iterator<Item = &Edge> {
        [&self.base_files].into_iter().chain(&self.chain).chain(self.sides.values().flat_map(HashMap::values))
    }

    /// Every version met, those of one file side by side: Git stores them as differences from one another.
    pub(super) fn versions(&self) -> Vec<library::Version> {
        let of_file = |change: &Change| [(change.file, change.old), (change.file, change.new)];
        let mut versions: Vec<_> = self.all().flatten().flatten().flat_map(of_file).collect();
        versions.sort_by_key(|(file, _)| *file);
        let mut seen = HashSet::new();
        versions.into_iter().filter_map(|(_, version)| version).filter(|version| seen.insert(*version)).collect()
    }

    /// Walks from the base to the tip; from what is known at the base, where it is.
    pub(super) fn walk<'a>(&'a self, graph: &'a Graph, library: &'a Library, known: Option<State>) -> Walk<'a> {
        let is_new = known.is_none();
        let mut walk = Walk::new(graph, library, &self.paths, known.unwrap_or_default());
        let none = Vec::new();
        let files = self.base_files.as_ref().unwrap_or(&none);
        match self.cut {
            Some(cut) => walk.base(self.base, files, cut),
            None if is_new => walk.step(self.base, files, None),
            None => {}
        }
        for (position, edge) in (self.base + 1..).zip(&self.chain) {
            let changes = edge.as_ref().unwrap_or(&none);
            if !changes.is_empty() {
                walk.step(position, changes, self.sides.get(&position));
            }
        }
        walk
    }
}

/// A history in which files went from directory to directory more often than this is not followed to its beginning.
const WIDENINGS: usize = 16;

/// The edges along the chain; the first is that to the commit after the base.
fn chain(
    repository: &gix::ThreadSafeRepository,
    graph: &Graph,
    base: u32,
    scope: &Scope,
) -> Vec<Result<Vec<FileChange>, Cut>> {
    let tree = |position: u32| Some(graph.at(position).tree);
    let compare = |repository: &mut gix::Repository, position: u32| {
        tree::changes(repository, tree(position - 1), tree(position), scope)
    };
    (base + 1..graph.chain.len() as u32).into_par_iter().map_init(|| cached(repository), compare).collect()
}

/// Directories outside of the scope that lost files in a commit that added some within: these may have moved.
fn origins(
    repository: &gix::ThreadSafeRepository,
    graph: &Graph,
    base: u32,
    chain: &[Result<Vec<FileChange>, Cut>],
    scope: &Scope,
) -> BTreeSet<String> {
    if matches!(scope, Scope::All) {
        return BTreeSet::new();
    }
    let adds = |edge: &Result<Vec<FileChange>, Cut>| {
        edge.as_ref().is_ok_and(|changes| changes.iter().any(|change| change.old.is_none()))
    };
    let positions: Vec<u32> =
        (base + 1..).zip(chain).filter(|(_, edge)| adds(edge)).map(|(position, _)| position).collect();
    let lost = |repository: &mut gix::Repository, position: u32| {
        let tree = |position: u32| Some(graph.at(position).tree);
        let changes = tree::changes(repository, tree(position - 1), tree(position), &Scope::All).unwrap_or_default();
        let outside = changes.into_iter().filter(|change| change.new.is_none() && !scope.holds(&change.directory));
        outside.map(|change| change.directory).collect::<Vec<_>>()
    };
    positions.into_par_iter().map_init(|| cached(repository), lost).flatten().collect()
}

/// The repository for one thread, with room for what is read again and again.
pub(super) fn cached(repository: &gix::ThreadSafeRepository) -> gix::Repository {
    use gix::odb::pack::cache::lru::MemoryCappedHashmap;
    let mut repository = repository.to_thread_local();
    repository.object_cache_size(OBJECT_CACHE);
    repository.objects.set_pack_cache(|| Box::new(MemoryCappedHashmap::new(PACK_CACHE)));
    repository
}

type RawEdges = Vec<((CommitId, Option<CommitId>), Result<Vec<FileChange>, Cut>)>;

/// For every merge whose edge along the chain changed configuration: the edges among what it merged, but only in the
/// directories that changed.
fn sides(
    repository: &gix::ThreadSafeRepository,
    graph: &Graph,
    base: u32,
    chain: &[Result<Vec<FileChange>, Cut>],
) -> Vec<(u32, RawEdges)> {
    let merges: Vec<(u32, &Vec<FileChange>)> = (base + 1..)
        .zip(chain)
        .filter_map(|(position, edge)| Some((position, edge.as_ref().ok()?)))
        .filter(|(position, changes)| !changes.is_empty() && graph.at(*position).parents.len() > 1)
        .collect();
    let read = |repository: &mut gix::Repository, (position, changes): (u32, &Vec<FileChange>)| {
        let scope = Scope::exactly(changes.iter().map(|change| change.directory.as_str()));
        let mut edges = Vec::new();
        let merge = graph.chain[position as usize];
        for commit in graph.regions[position as usize].iter().copied().chain([merge]) {
            let parents = &graph.commits[commit as usize].parents;
            let tree = |commit: CommitId| Some(graph.commits[commit as usize].tree);
            let compare = |old| tree::changes(repository, old, tree(commit), &scope);
            if parents.is_empty() {
                edges.push(((commit, None), compare(None)));
            }
            for parent in parents.iter().skip(usize::from(commit == merge)) {
                edges.push(((commit, Some(*parent)), compare(tree(*parent))));
            }
        }
        (position, edges)
    };
    merges.into_par_iter().map_init(|| cached(repository), read).collect()
}
