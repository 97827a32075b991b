//! Finds, among the commits that a merge brought in, the one that declared what a block says after the merge.
//! Knows nothing of the first-parent chain beyond that merge.

use super::block::{Block, Name};
use super::edge::{self, Difference, Edge, FileId, Key, Paths, Sides};
use super::graph::{CommitId, Cut, Graph};
use super::library::{Content, Library};
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

/// The edges among the commits of a merge, by child and parent; no parent for a root.
pub(super) type SideEdges = HashMap<(CommitId, Option<CommitId>), Edge>;

/// All that a search needs.
pub(super) struct Side<'a> {
    pub(super) graph: &'a Graph,
    pub(super) library: &'a Library,
    pub(super) paths: &'a Paths,
    pub(super) edges: &'a SideEdges,
    /// Position of the merge on the chain.
    pub(super) position: u32,
}

/// Content taken for that of a file which cannot be parsed: what it said once repaired, and the commit that did so.
type Assumed = HashMap<FileId, (Vec<Arc<Block>>, CommitId)>;

/// Who declared what a block says.
#[derive(Debug, Clone, Copy)]
pub(super) struct Declared {
    pub(super) content: Result<CommitId, Cut>,
    /// The last commit of the branch that moved the block, if one did, and the key that the block had when declared.
    pub(super) moved: Option<(CommitId, Key)>,
}

impl Declared {
    /// All of it by one commit.
    pub(super) fn by(commit: CommitId) -> Self {
        Self { content: Ok(commit), moved: None }
    }
}

/// A block that is looked for at a commit which has it.
struct Wanted {
    /// The key at the merge.
    asked: Key,
    /// The key at this commit.
    key: Key,
    moved: Option<CommitId>,
}

/// What is looked for at a commit.
#[derive(Default)]
struct Pending {
    blocks: Vec<Wanted>,
    assumed: Assumed,
}

/// What an edge between a commit and one of its parents tells.
struct Step {
    parent: Option<CommitId>,
    difference: Difference,
    /// Directories with files that are not in this clone.
    unknown: HashSet<u32>,
    /// What is assumed at the parent.
    assumed: Assumed,
}

impl Step {
    /// Whether the block is surely the same on both ends.
    fn has_same(&self, key: Key) -> bool {
        !self.difference.contains_key(&key) && !self.unknown.contains(&key.0)
    }
}

/// For each block that differs between the merge and its first parent: the newest commit among those merged after which
/// the block has the form that the merge gives it. Where there is none, the merge itself declared it: its author
/// resolved a conflict, or edited in passing, or went back to an older form.
pub(super) fn declaring(side: &Side<'_>, keys: &[Key]) -> HashMap<Key, Declared> {
    let merge = side.graph.chain[side.position as usize];
    let mut found = HashMap::new();
    let mut pending: HashMap<CommitId, Pending> = HashMap::new();
    let blocks = keys.iter().map(|key| Wanted { asked: *key, key: *key, moved: None }).collect();
    pending.insert(merge, Pending { blocks, assumed: Assumed::new() });
    for commit in children_first(side, merge) {
        let Some(here) = pending.remove(&commit) else { continue };
        visit(side, commit, &here, &mut pending, &mut found);
        if pending.is_empty() {
            break;
        }
    }
    found
}

/// The commits of the region, the merge first, no commit before its children.
fn children_first(side: &Side<'_>, merge: CommitId) -> Vec<CommitId> {
    let region = &side.graph.regions[side.position as usize];
    let mut children: HashMap<CommitId, usize> = region.iter().map(|commit| (*commit, 0)).collect();
    let parents = |commit: CommitId| side.graph.commits[commit as usize].parents.iter().copied();
    for parent in region.iter().copied().chain([merge]).flat_map(parents) {
        if let Some(count) = children.get_mut(&parent) {
            *count += 1;
        }
    }
    let mut order = vec![merge];
    let mut next = 0;
    while next < order.len() {
        for parent in parents(order[next]) {
            if let Some(count) = children.get_mut(&parent) {
                *count -= 1;
                if *count == 0 {
                    order.push(parent);
                }
            }
        }
        next += 1;
    }
    order
}

fn visit(
    side: &Side<'_>,
    commit: CommitId,
    here: &Pending,
    pending: &mut HashMap<CommitId, Pending>,
    found: &mut HashMap<Key, Declared>,
) {
    let merge = side.graph.chain[side.position as usize];
    let cut = side.graph.commits[commit as usize].cut.filter(|_| commit != merge);
    let steps = if cut.is_some() { Vec::new() } else { steps(side, commit, commit == merge, here) };
    let is_inside = |parent: CommitId| side.graph.landing[parent as usize] == side.position && parent != merge;
    let (inside, outside): (Vec<_>, Vec<_>) =
        steps.iter().partition(|step| matches!(step, Ok(Step { parent: Some(parent), .. }) if is_inside(*parent)));
    for wanted in &here.blocks {
        if let Some((step, key)) = onward(side, &inside, wanted.key) {
            let there = pending.entry(step.parent.unwrap_or(merge)).or_default();
            let moved = wanted.moved.or((key != wanted.key).then_some(commit));
            there.blocks.push(Wanted { asked: wanted.asked, key, moved });
            for (file, assumed) in &step.assumed {
                there.assumed.entry(*file).or_insert_with(|| assumed.clone());
            }
            continue;
        }
        let blind = |steps: &[&Result<Step, Cut>]| steps.iter().find_map(|step| blind(step, wanted.key));
        let taken_back =
            |step: &&Result<Step, Cut>| matches!(step, Ok(step) if step.parent.is_some() && step.has_same(wanted.key));
        let content = if let Some(cut) = cut.or_else(|| blind(&inside)) {
            Err(cut)
        } else if outside.iter().any(taken_back) {
            Ok(wanted.moved.unwrap_or(merge))
        } else if let Some(cut) = blind(&outside) {
            Err(cut)
        } else {
            Ok(assumed_by(here, wanted.key).unwrap_or(commit))
        };
        found.insert(wanted.asked, Declared { content, moved: wanted.moved.map(|commit| (commit, wanted.key)) });
    }
}

/// The parent among the merged commits that already has the block as it is, and the key it has there.
fn onward<'s>(side: &Side<'_>, inside: &[&'s Result<Step, Cut>], key: Key) -> Option<(&'s Step, Key)> {
    let readable = || inside.iter().filter_map(|step| step.as_ref().ok());
    readable()
        .find(|step| step.has_same(key))
        .map(|step| (step, key))
        .or_else(|| readable().find_map(|step| Some((step, twin(side, step, key)?))))
}

fn blind(step: &Result<Step, Cut>, key: Key) -> Option<Cut> {
    match step {
        Err(cut) => Some(*cut),
        Ok(step) => step.unknown.contains(&key.0).then_some(Cut::Missing),
    }
}

/// The commit that repaired the file in which a block stands, if the file is broken here.
fn assumed_by(here: &Pending, key: Key) -> Option<CommitId> {
    let holds = |blocks: &[Arc<Block>]| blocks.iter().any(|block| block.id == key.1);
    here.assumed.values().find(|(blocks, _)| holds(blocks)).map(|(_, commit)| *commit)
}

/// The edges from a commit to its parents; the first parent of the merge itself is not asked.
fn steps(side: &Side<'_>, commit: CommitId, is_merge: bool, here: &Pending) -> Vec<Result<Step, Cut>> {
    let parents = &side.graph.commits[commit as usize].parents;
    if parents.is_empty() {
        return vec![step(side, commit, None, here)];
    }
    parents.iter().skip(usize::from(is_merge)).map(|parent| step(side, commit, Some(*parent), here)).collect()
}

fn step(side: &Side<'_>, commit: CommitId, parent: Option<CommitId>, here: &Pending) -> Result<Step, Cut> {
    let changes = match side.edges.get(&(commit, parent)) {
        Some(Ok(changes)) => changes,
        Some(Err(cut)) => return Err(*cut),
        None => return Err(Cut::Missing),
    };
    let mut assumed = here.assumed.clone();
    let mut unknown = HashSet::new();
    let mut sides = Vec::new();
    for change in changes {
        let given = assumed.remove(&change.file);
        let repaired = given.as_ref().map_or(commit, |(_, commit)| *commit);
        let new = match (given, &*edge::content(side.library, change.new)) {
            (Some((blocks, _)), _) => blocks,
            (None, Content::Blocks(blocks)) => blocks.clone(),
            (None, Content::Unparseable(_)) => continue,
            (None, Content::Missing) => {
                unknown.insert(change.directory);
                continue;
            }
        };
        match &*edge::content(side.library, change.old) {
            Content::Blocks(old) => {
                let mut both = Sides { file: change.file, directory: change.directory, old: old.clone(), new };
                both.reduce();
                sides.push(both);
            }
            Content::Unparseable(_) => {
                assumed.insert(change.file, (new, repaired));
            }
            Content::Missing => {
                unknown.insert(change.directory);
            }
        }
    }
    Ok(Step { parent, difference: edge::difference(side.paths, &sides), unknown, assumed })
}

/// The block that an edge moved here: one of the same name and body that it took from another directory, or one that a
/// `moved` block of this directory names.
fn twin(side: &Side<'_>, step: &Step, key: Key) -> Option<Key> {
    let (old, new) = step.difference.get(&key)?;
    if !old.is_empty() {
        return None;
    }
    let gone =
        |other: &Key| step.difference.get(other).is_some_and(|(before, after)| before == new && after.is_empty());
    let mut elsewhere: Vec<_> =
        step.difference.keys().filter(|other| other.1 == key.1 && other.0 != key.0 && gone(other)).copied().collect();
    elsewhere.sort_unstable_by_key(|other| &side.paths.directories[other.0 as usize]);
    elsewhere.first().copied().or_else(|| {
        let name = side.library.name(key.1);
        let renamed = step.difference.iter().filter(|(other, (_, after))| other.0 == key.0 && !after.is_empty());
        renamed.filter_map(|(other, _)| moved_from(side.library.name(other.1), name)).find_map(|from| {
            let from = (key.0, side.library.id(&from)?);
            gone(&from).then_some(from)
        })
    })
}

/// The name that a `moved` block says `to` had before, if it speaks of that.
pub(super) fn moved_from(moved: &Name, to: &Name) -> Option<Name> {
    let (from, target) = moved_names(moved)?;
    (target == *to).then_some(from)
}

/// The names of the blocks that a `moved` block speaks of, where both are in its own module.
pub(super) fn moved_names(moved: &Name) -> Option<(Name, Name)> {
    match (moved.kind.as_str(), &moved.labels[..]) {
        ("moved", [from, to]) => Some((named(from)?, named(to)?)),
        _ => None,
    }
}

/// The block of a relative address without keys: `aws_vpc.a` or `module.a`.
fn named(address: &str) -> Option<Name> {
    let (first, second) = address.split_once('.')?;
    if second.contains('.') {
        return None;
    }
    Some(match first {
        "module" => Name { kind: "module".into(), labels: vec![second.to_owned()] },
        _ => Name { kind: "resource".into(), labels: vec![first.to_owned(), second.to_owned()] },
    })
}
