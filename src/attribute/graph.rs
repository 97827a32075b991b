//! Reads every commit behind a tip once and tells which commit of the first-parent chain brought it in.
//! Knows nothing of trees or configuration.

use super::people::{People, PersonId};
use super::trailers::trailers;
use super::verdict::AUTHORING;
use gix::ObjectId;
use gix::bstr::ByteSlice;
use std::collections::HashMap;
use std::sync::Arc;

/// Position of a commit in [`Graph::commits`].
pub(super) type CommitId = u32;

/// No position on the chain yet.
const NOWHERE: u32 = u32::MAX;

/// Why history cannot be followed any further.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Cut {
    /// A commit at the edge of a shallow clone.
    Shallow,
    /// An object that is not there, or not readable: a partial clone, or damage.
    Missing,
}

impl Cut {
    /// What it is and what to do, as the reason in a report.
    pub(super) fn reason(self) -> &'static str {
        match self {
            Self::Shallow => "the clone is shallow and its history ends too early: run `git fetch --unshallow`",
            Self::Missing => {
                "objects that the history needs are not in this clone: run `git fetch --refetch --no-filter`"
            }
        }
    }
}

/// A commit, as far as the walk needs it.
#[derive(Debug)]
pub(super) struct Commit {
    pub(super) id: ObjectId,
    pub(super) tree: ObjectId,
    /// Only those that can be read.
    pub(super) parents: Box<[CommitId]>,
    /// Whether parents are missing, and why.
    pub(super) cut: Option<Cut>,
    pub(super) author: PersonId,
    pub(super) committer: PersonId,
    pub(super) co_authors: Box<[PersonId]>,
    /// Seconds since 1970 in UTC, as the committer claims.
    pub(super) committed_at: i64,
}

impl Commit {
    /// Author and co-authors.
    pub(super) fn authors(&self) -> impl Iterator<Item = PersonId> + '_ {
        self.co_authors.iter().copied().chain([self.author])
    }
}

/// The history behind a tip.
#[derive(Debug)]
pub(super) struct Graph {
    pub(super) commits: Vec<Commit>,
    /// First parents from the oldest to the tip.
    pub(super) chain: Vec<CommitId>,
    /// By commit: the position on the chain of the oldest commit there that has it as ancestor or is it.
    /// Positions, never dates, order history: dates are claims.
    pub(super) landing: Vec<u32>,
    /// By position: what landed there besides the commit itself.
    pub(super) regions: Vec<Vec<CommitId>>,
    /// The positions where something landed whose parents are missing, sorted.
    cuts: Vec<u32>,
    /// By commit: the position of the newest commit of the chain that it descends from or is. Empty where nothing is cut.
    forks: Vec<u32>,
}

impl Graph {
    /// Whether all of what landed at a position can be seen, and nothing besides.
    pub(super) fn complete(&self, position: u32) -> bool {
        let is_sure = |commit: &CommitId| self.commits[*commit as usize].cut.is_none() && self.is_certain(*commit);
        self.regions[position as usize].iter().all(is_sure)
    }

    /// Whether it is certain that the chain did not have a commit before it landed where it is seen to: it descends from
    /// all that landed earlier and whose own ancestors cannot be seen, so it is none of these ancestors.
    pub(super) fn is_certain(&self, commit: CommitId) -> bool {
        let earlier = self.cuts.partition_point(|cut| *cut < self.landing[commit as usize]);
        let Some(newest) = self.cuts[..earlier].last() else { return true };
        self.forks.get(commit as usize).is_some_and(|fork| *fork != NOWHERE && fork >= newest)
    }

    /// The commit at a position of the chain.
    pub(super) fn at(&self, position: u32) -> &Commit {
        &self.commits[self.chain[position as usize] as usize]
    }
}

/// Reads all commits behind `tip`, which must be one. None where it cannot be read.
pub(super) fn read(repository: &gix::Repository, tip: ObjectId, people: &mut People) -> Option<Graph> {
    let shallow: Vec<ObjectId> = match repository.shallow_commits() {
        Ok(Some(commits)) => commits.iter().copied().collect(),
        _ => Vec::new(),
    };
    let commits = Reader { repository, shallow, people, ids: HashMap::new(), commits: Vec::new() }.read(tip)?;
    let mut chain = vec![0];
    while let Some(first) = first_parent(&commits, chain[chain.len() - 1]) {
        chain.push(first);
    }
    chain.reverse();
    let (landing, regions) = landings(&commits, &chain);
    let cut = |(commit, landing): (&Commit, &u32)| commit.cut.map(|_| *landing);
    let mut cuts: Vec<u32> = commits.iter().zip(&landing).filter_map(cut).collect();
    cuts.sort_unstable();
    let forks = if cuts.is_empty() { Vec::new() } else { forks(&commits, &chain) };
    Some(Graph { commits, chain, landing, regions, cuts, forks })
}

/// Labels commits with the newest commit of the chain that they descend from or are.
fn forks(commits: &[Commit], chain: &[CommitId]) -> Vec<u32> {
    let mut children: Vec<Vec<CommitId>> = vec![Vec::new(); commits.len()];
    for (child, commit) in commits.iter().enumerate() {
        for parent in &commit.parents {
            children[*parent as usize].push(child as CommitId);
        }
    }
    let mut forks = vec![NOWHERE; commits.len()];
    for (position, commit) in chain.iter().enumerate().rev() {
        let mut open = vec![*commit];
        while let Some(commit) = open.pop() {
            if forks[commit as usize] == NOWHERE {
                forks[commit as usize] = position as u32;
                open.extend(&children[commit as usize]);
            }
        }
    }
    forks
}

/// The first parent, unless it is one that cannot be read.
fn first_parent(commits: &[Commit], commit: CommitId) -> Option<CommitId> {
    let commit = &commits[commit as usize];
    if commit.cut.is_some() { None } else { commit.parents.first().copied() }
}

/// Labels commits with their landing: from the oldest of the chain on, each takes the ancestors that nobody took yet.
fn landings(commits: &[Commit], chain: &[CommitId]) -> (Vec<u32>, Vec<Vec<CommitId>>) {
    let mut landing = vec![NOWHERE; commits.len()];
    let mut regions = Vec::with_capacity(chain.len());
    for (position, commit) in chain.iter().enumerate() {
        landing[*commit as usize] = position as u32;
        let mut region = Vec::new();
        let mut open: Vec<CommitId> = commits[*commit as usize].parents.to_vec();
        while let Some(ancestor) = open.pop() {
            if landing[ancestor as usize] == NOWHERE {
                landing[ancestor as usize] = position as u32;
                region.push(ancestor);
                open.extend(&commits[ancestor as usize].parents);
            }
        }
        regions.push(region);
    }
    (landing, regions)
}

struct Reader<'a> {
    repository: &'a gix::Repository,
    shallow: Vec<ObjectId>,
    people: &'a mut People,
    ids: HashMap<ObjectId, Option<CommitId>>,
    commits: Vec<Commit>,
}

impl Reader<'_> {
    /// The tip becomes the first of the commits.
    fn read(mut self, tip: ObjectId) -> Option<Vec<Commit>> {
        self.shallow.sort_unstable();
        let mut open = vec![self.commit(tip)?];
        while let Some((id, parents)) = open.pop() {
            let mut known = Vec::with_capacity(parents.len());
            for parent in parents {
                match self.ids.get(&parent) {
                    Some(seen) => known.extend(*seen),
                    None => {
                        if let Some(next) = self.commit(parent) {
                            known.push(next.0);
                            open.push(next);
                        }
                    }
                }
                if self.ids.get(&parent) == Some(&None) {
                    self.commits[id as usize].cut = Some(Cut::Missing);
                }
            }
            self.commits[id as usize].parents = known.into();
        }
        Some(self.commits)
    }

    /// Reads one commit and names its parents; none where it is not there or no commit.
    fn commit(&mut self, id: ObjectId) -> Option<(CommitId, Vec<ObjectId>)> {
        let read = self.decode(id);
        let next = self.commits.len() as CommitId;
        let (commit, parents) = match read {
            Some(read) => read,
            None => {
                self.ids.insert(id, None);
                return None;
            }
        };
        self.commits.push(commit);
        self.ids.insert(id, Some(next));
        Some((next, parents))
    }

    fn decode(&mut self, id: ObjectId) -> Option<(Commit, Vec<ObjectId>)> {
        let object = self.repository.try_find_object(id).ok()??;
        let commit = gix::objs::CommitRef::from_bytes(&object.data, id.kind()).ok()?;
        let (author, committer) = (commit.author().ok()?, commit.committer().ok()?);
        let cut = self.shallow.binary_search(&id).is_ok().then_some(Cut::Shallow);
        let parents = if cut.is_some() { Vec::new() } else { commit.parents().collect() };
        let co_authors = co_authors(&commit.message.to_str_lossy(), self.people);
        let read = Commit {
            id,
            tree: commit.tree(),
            parents: Box::default(),
            cut,
            author: self.people.person(author.name, author.email),
            committer: self.people.person(committer.name, committer.email),
            co_authors,
            committed_at: committer.seconds(),
        };
        Some((read, parents))
    }
}

fn co_authors(message: &str, people: &mut People) -> Box<[PersonId]> {
    let named = |message: &str| {
        message.as_bytes().windows(AUTHORING.len()).any(|window| window.eq_ignore_ascii_case(AUTHORING.as_bytes()))
    };
    if !named(message) {
        return Box::default();
    }
    trailers(message)
        .iter()
        .filter(|trailer| trailer.key.eq_ignore_ascii_case(AUTHORING))
        .filter_map(|trailer| people.named(&trailer.value))
        .collect()
}

/// A commit's time in RFC 3339 and UTC; none where the claim is out of every calendar.
pub(super) fn utc(seconds: i64) -> Option<Arc<str>> {
    Some(jiff::Timestamp::from_second(seconds).ok()?.to_string().into())
}
