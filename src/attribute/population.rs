//! All that landed, commit by commit: which blocks each commit of the first-parent chain changed.
//! Knows nothing of approvals, nor of what the blocks say.

use super::block::Name;
use super::edge::Key;
use super::graph::{self, Graph};
use super::library::Library;
use super::walk::Logged;
use super::{BlockId, EventKind, History};
use gix::ObjectId;
use std::collections::{BTreeSet, HashMap};
use std::ops::Range;
use std::sync::{Arc, OnceLock};

/// The chain, and the changes along it.
#[derive(Debug, Default)]
pub(super) struct Population {
    graph: Option<Graph>,
    /// In the order of the chain.
    log: Vec<Logged>,
    names: Vec<Name>,
    directories: Vec<String>,
    sensitive_variables: BTreeSet<String>,
    /// The commits by their hashes, once somebody asks.
    numbers: OnceLock<HashMap<ObjectId, u32>>,
}

/// A block that a commit of the chain changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Landed {
    /// Position on the chain of the commit that landed it, from 0.
    pub position: u32,
    /// What happened.
    pub kind: EventKind,
    /// The block.
    pub block: BlockId,
    /// What it was before it moved.
    pub from: Option<BlockId>,
    /// The declaring commit; none where it lies outside of this clone.
    pub commit: Option<ObjectId>,
}

impl Population {
    pub(super) fn new(
        graph: Graph,
        log: Vec<Logged>,
        library: Library,
        directories: Vec<String>,
        sensitive_variables: BTreeSet<String>,
    ) -> Self {
        Self {
            graph: Some(graph),
            log,
            names: library.into_names(),
            directories,
            sensitive_variables,
            numbers: OnceLock::new(),
        }
    }

    fn block(&self, (directory, name): Key) -> BlockId {
        let name = &self.names[name as usize];
        let directory = self.directories[directory as usize].clone();
        BlockId { directory, kind: name.kind.clone(), labels: name.labels.clone() }
    }
}

impl History {
    fn graph(&self) -> Option<&Graph> {
        self.population.graph.as_ref()
    }

    /// Variables that some block calls sensitive, or called so when it was last there.
    pub fn sensitive_variables(&self) -> &BTreeSet<String> {
        &self.population.sensitive_variables
    }

    /// How many commits the first-parent chain has, as far as it can be seen.
    pub fn chain_length(&self) -> u32 {
        self.graph().map_or(0, |graph| graph.chain.len() as u32)
    }

    /// The commit at a position of the chain, which must be below its length.
    pub fn commit_at(&self, position: u32) -> Option<ObjectId> {
        let graph = self.graph()?;
        graph.chain.get(position as usize).map(|commit| graph.commits[*commit as usize].id)
    }

    /// Where on the chain a commit landed, and whether it is itself part of the chain. None for one that is not behind the
    /// tip.
    pub fn landed(&self, commit: ObjectId) -> Option<(u32, bool)> {
        let graph = self.graph()?;
        let all = || (0..).zip(&graph.commits).map(|(number, commit)| (commit.id, number)).collect();
        let number = *self.population.numbers.get_or_init(all).get(&commit)?;
        let position = graph.landing[number as usize];
        Some((position, graph.chain[position as usize] == number))
    }

    /// When the commit at a position was made, as its committer claims: seconds since 1970 in UTC.
    pub fn seconds_at(&self, position: u32) -> Option<i64> {
        let graph = self.graph()?;
        graph.chain.get(position as usize).map(|commit| graph.commits[*commit as usize].committed_at)
    }

    /// The same in RFC 3339; none where the claim is out of every calendar.
    pub fn time_at(&self, position: u32) -> Option<Arc<str>> {
        graph::utc(self.seconds_at(position)?)
    }

    /// How many commits landed at some positions, those of merged branches among them.
    pub fn commits_in(&self, positions: Range<u32>) -> u64 {
        let Some(graph) = self.graph() else { return 0 };
        let regions = graph.regions.get(positions.start as usize..positions.end as usize).unwrap_or_default();
        regions.iter().map(|region| region.len() as u64 + 1).sum()
    }

    /// Whether the commit at a position has several parents.
    pub fn is_merge(&self, position: u32) -> bool {
        self.graph().is_some_and(|graph| graph.at(position).parents.len() > 1)
    }

    /// Whether all that landed at a position can be seen.
    pub fn is_whole(&self, position: u32) -> bool {
        self.graph().is_some_and(|graph| graph.complete(position) && graph.at(position).cut.is_none())
    }

    /// The trees before and after the commit at a position; none before the first commit of all.
    pub fn trees_at(&self, position: u32) -> Option<(Option<ObjectId>, ObjectId)> {
        let graph = self.graph()?;
        let before = position.checked_sub(1).map(|before| graph.at(before).tree);
        Some((before, graph.at(position).tree))
    }

    /// What the commits at some positions changed, in the order of the chain; within a commit in no particular one.
    pub fn landed_in(&self, positions: Range<u32>) -> Vec<Landed> {
        let population = &self.population;
        let start = population.log.partition_point(|one| one.position < positions.start);
        let within = population.log[start..].iter().take_while(|one| one.position < positions.end);
        let landed = |one: &Logged| Landed {
            position: one.position,
            kind: one.kind,
            block: population.block(one.key),
            from: one.from.map(|from| population.block(from)),
            commit: one.declared.zip(self.graph()).map(|(commit, graph)| graph.commits[commit as usize].id),
        };
        within.map(landed).collect()
    }
}
