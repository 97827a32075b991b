//! Reads every commit behind a tip once and tells which commit of the first-parent chain brought it in.
//! Knows nothing of trees or configuration.

use super::people::{People, PersonId, name_and_email};
use super::trailers::trailers;
use super::verdict::AUTHORING;
use gix::ObjectId;
use gix::bstr::{BString, ByteSlice};
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
    /// Author, committer and co-authors as they are written, before any mapping.
    pub(super) claims: Box<[ClaimId]>,
    /// Seconds since 1970 in UTC, as the committer claims.
    pub(super) committed_at: i64,
    /// The commit that the message says to revert, as it is written there.
    pub(super) reverts: Option<Box<str>>,
}

/// Position in [`Graph::claims`].
pub(super) type ClaimId = u32;

/// Name and address as a commit has them.
pub(super) type Claim = (BString, BString);

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
    /// Every name and address met.
    pub(super) claims: Vec<Claim>,
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
    let (commits, claims, tip) = Reader::new(repository, people, Vec::new(), Vec::new()).read(tip)?;
    let mut chain = vec![tip];
    while let Some(first) = first_parent(&commits, chain[chain.len() - 1]) {
        chain.push(first);
    }
    chain.reverse();
    let mut landing = Vec::new();
    let regions = landings(&commits, &chain, &mut landing);
    let cut = |(commit, landing): (&Commit, &u32)| commit.cut.map(|_| *landing);
    let mut cuts: Vec<u32> = commits.iter().zip(&landing).filter_map(cut).collect();
    cuts.sort_unstable();
    let forks = if cuts.is_empty() { Vec::new() } else { forks(&commits, &chain) };
    Some(Graph { commits, claims, chain, landing, regions, cuts, forks })
}

/// Goes on from a history of which nothing was cut off to a later tip. None where that tip does not have the earlier one
/// on its first-parent chain, or where something is cut off.
pub(super) fn extended(
    repository: &gix::Repository,
    earlier: Graph,
    tip: ObjectId,
    people: &mut People,
) -> Option<Graph> {
    let Graph { commits, claims, mut chain, mut landing, mut regions, .. } = earlier;
    let (known, last) = (commits.len(), *chain.last()?);
    let (commits, claims, tip) = Reader::new(repository, people, commits, claims).read(tip)?;
    let mut later = Vec::new();
    let mut commit = tip;
    while commit != last {
        // What was known and is not the earlier tip leads past it.
        if (commit as usize) < known {
            return None;
        }
        later.push(commit);
        commit = first_parent(&commits, commit)?;
    }
    if commits[known..].iter().any(|commit| commit.cut.is_some()) {
        return None;
    }
    chain.extend(later.into_iter().rev());
    regions.extend(landings(&commits, &chain[regions.len()..], &mut landing));
    Some(Graph { commits, claims, chain, landing, regions, cuts: Vec::new(), forks: Vec::new() })
}

/// A history of which nothing is cut off, out of its commits, their landings and the chain.
pub(super) fn restored(commits: Vec<Commit>, claims: Vec<Claim>, chain: Vec<CommitId>, landing: Vec<u32>) -> Graph {
    let mut regions = vec![Vec::new(); chain.len()];
    for (commit, position) in landing.iter().enumerate() {
        if chain[*position as usize] as usize != commit {
            regions[*position as usize].push(commit as CommitId);
        }
    }
    Graph { commits, claims, chain, landing, regions, cuts: Vec::new(), forks: Vec::new() }
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
/// Takes up where the labels that are there end, and gives what landed with each commit of the rest of the chain.
fn landings(commits: &[Commit], rest: &[CommitId], landing: &mut Vec<u32>) -> Vec<Vec<CommitId>> {
    let taken = landing.iter().max().map_or(0, |last| last + 1);
    landing.resize(commits.len(), NOWHERE);
    let mut regions = Vec::with_capacity(rest.len());
    for (position, commit) in (taken..).zip(rest) {
        landing[*commit as usize] = position;
        let mut region = Vec::new();
        let mut open: Vec<CommitId> = commits[*commit as usize].parents.to_vec();
        while let Some(ancestor) = open.pop() {
            if landing[ancestor as usize] == NOWHERE {
                landing[ancestor as usize] = position;
                region.push(ancestor);
                open.extend(&commits[ancestor as usize].parents);
            }
        }
        regions.push(region);
    }
    regions
}

struct Reader<'a> {
    repository: &'a gix::Repository,
    shallow: Vec<ObjectId>,
    people: &'a mut People,
    ids: HashMap<ObjectId, Option<CommitId>>,
    commits: Vec<Commit>,
    claims: Vec<Claim>,
    by_claim: HashMap<Claim, ClaimId>,
}

impl<'a> Reader<'a> {
    /// Starts with what is known already.
    fn new(repository: &'a gix::Repository, people: &'a mut People, commits: Vec<Commit>, claims: Vec<Claim>) -> Self {
        let mut shallow: Vec<ObjectId> = match repository.shallow_commits() {
            Ok(Some(commits)) => commits.iter().copied().collect(),
            _ => Vec::new(),
        };
        shallow.sort_unstable();
        let ids = (0..).zip(&commits).map(|(number, commit)| (commit.id, Some(number))).collect();
        let by_claim = (0..).zip(&claims).map(|(number, claim)| (claim.clone(), number)).collect();
        Self { repository, shallow, people, ids, commits, claims, by_claim }
    }

    /// All commits, and the number of the tip.
    fn read(mut self, tip: ObjectId) -> Option<(Vec<Commit>, Vec<Claim>, CommitId)> {
        if let Some(Some(known)) = self.ids.get(&tip).copied() {
            return Some((self.commits, self.claims, known));
        }
        let first = self.commit(tip)?;
        let number = first.0;
        let mut open = vec![first];
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
        Some((self.commits, self.claims, number))
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
        let message = commit.message.to_str_lossy();
        let mut claims = vec![self.claim(author.name, author.email), self.claim(committer.name, committer.email)];
        claims.extend(co_authors(&message).iter().map(|(name, email)| self.claim(name.as_bytes(), email.as_bytes())));
        let mut persons = claims.iter().map(|claim| {
            let (name, email) = &self.claims[*claim as usize];
            self.people.person(name.as_bstr(), email.as_bstr())
        });
        let read = Commit {
            id,
            tree: commit.tree(),
            parents: Box::default(),
            cut,
            author: persons.next()?,
            committer: persons.next()?,
            co_authors: persons.collect(),
            claims: claims.into(),
            committed_at: committer.seconds(),
            reverts: reverts(&message),
        };
        Some((read, parents))
    }

    fn claim(&mut self, name: &[u8], email: &[u8]) -> ClaimId {
        let next = self.claims.len() as ClaimId;
        let claim: Claim = (name.into(), email.into());
        *self.by_claim.entry(claim).or_insert_with_key(|claim| {
            self.claims.push(claim.clone());
            next
        })
    }
}

/// Names and addresses of those whom trailers make authors.
fn co_authors(message: &str) -> Vec<(String, String)> {
    let named = |message: &str| {
        message.as_bytes().windows(AUTHORING.len()).any(|window| window.eq_ignore_ascii_case(AUTHORING.as_bytes()))
    };
    if !named(message) {
        return Vec::new();
    }
    let trailers = trailers(message);
    let authoring = trailers.iter().filter(|trailer| trailer.key.eq_ignore_ascii_case(AUTHORING));
    let named = authoring.filter_map(|trailer| name_and_email(&trailer.value));
    named.map(|(name, email)| (name.to_owned(), email.to_owned())).collect()
}

/// The commit in the sentence that `git revert` writes (git-revert(1)).
pub(super) fn reverts(message: &str) -> Option<Box<str>> {
    const SENTENCE: &str = "This reverts commit ";
    let rest = &message[message.find(SENTENCE)? + SENTENCE.len()..];
    let end = rest.find(|character: char| !character.is_ascii_hexdigit()).unwrap_or(rest.len());
    (7..=64).contains(&end).then(|| rest[..end].to_lowercase().into())
}

/// A commit's time in RFC 3339 and UTC; none where the claim is out of every calendar.
pub(super) fn utc(seconds: i64) -> Option<Arc<str>> {
    Some(jiff::Timestamp::from_second(seconds).ok()?.to_string().into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_message_says_to_revert() {
        let hash = "0123456789abcdef0123456789abcdef01234567";
        for (message, expected) in [
            (format!("Revert \"a\"\n\nThis reverts commit {hash}.\n"), Some(hash)),
            (format!("Revert\n\nThis reverts commit {hash}, reversing\nchanges made to 123.\n"), Some(hash)),
            ("Revert\n\nThis reverts commit 0123456.\n".into(), Some("0123456")),
            ("Revert\n\nThis reverts commit abc.\n".into(), None),
            (format!("This reverts commit {hash}{hash}"), None),
            ("Revert \"a\"\n".into(), None),
        ] {
            assert_eq!(reverts(&message).as_deref(), expected, "{message}");
        }
    }
}
