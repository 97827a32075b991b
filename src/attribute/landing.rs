//! Reads what a commit of the first-parent chain says about its own approval.
//! Knows nothing of blocks; judges nothing.

use super::graph::Graph;
use super::notes::Notes;
use super::people::{People, PersonId};
use super::trailers::Trailer;
use super::verdict::{ACKNOWLEDGING, APPROVING};
use super::{conventions, trailers};
use crate::model::Assurance;
use gix::ObjectId;
use gix::bstr::ByteSlice;

/// A commit of the chain, ready to be told of.
#[derive(Debug)]
pub(super) struct LandingCommit {
    pub(super) subject: String,
    pub(super) landing: Landing,
}

/// What a commit of the chain says of itself, and what it brought in.
#[derive(Debug)]
pub(super) struct Landing {
    pub(super) id: ObjectId,
    /// Authors and co-authors of all that it merged, or its own if it merged nothing.
    pub(super) requesters: Vec<PersonId>,
    /// Whether all that it merged could be seen.
    pub(super) complete: bool,
    /// Its own author and co-authors.
    pub(super) own_authors: Vec<PersonId>,
    pub(super) author: PersonId,
    pub(super) committer: PersonId,
    /// Who submitted it, as a note says.
    pub(super) submitter: Option<PersonId>,
    /// Who merged it, as a trailer says.
    pub(super) merged_by: Option<PersonId>,
    /// Its parents but for the first: what it merged.
    pub(super) heads: Box<[ObjectId]>,
    /// All commits that it brought in, sorted.
    pub(super) merged: Box<[ObjectId]>,
    /// Whether it carries a signature.
    pub(super) signed: bool,
    /// Whom its trailers and notes state as approvers.
    pub(super) stated: Vec<Stated>,
    /// The pull request that it names.
    pub(super) pull_request: Option<String>,
    /// The commit that it says to revert.
    pub(super) reverts: Option<String>,
    /// When it was committed, as its committer claims, in seconds since 1970 (UTC).
    pub(super) landed_at: i64,
    /// The same of the next commit of the chain.
    pub(super) followed_at: Option<i64>,
}

/// An approver whom a commit itself or its note states.
#[derive(Debug)]
pub(super) struct Stated {
    pub(super) person: PersonId,
    /// A note, or asserted in a trailer.
    pub(super) assurance: Assurance,
    /// The key, as this project writes it.
    pub(super) key: &'static str,
}

/// More of a message is not read.
const MESSAGE: usize = 1 << 20;

/// Longest subject line kept, in characters.
const SUBJECT: usize = 200;

/// More approvers than these of one commit are not looked at.
const STATED: usize = 1000;

/// Reads what a commit of the chain says about its approval.
pub(super) fn landing(
    repository: &gix::Repository,
    graph: &Graph,
    position: u32,
    notes: &Notes,
    people: &mut People,
) -> LandingCommit {
    let commit = graph.at(position);
    let object = repository.try_find_object(commit.id).ok().flatten();
    let decoded =
        object.as_ref().and_then(|object| gix::objs::CommitRef::from_bytes(&object.data, commit.id.kind()).ok());
    let text = decoded.as_ref().map_or_else(String::new, |commit| message(commit.message));
    let signed = decoded.as_ref().is_some_and(|commit| {
        commit.extra_headers().find("gpgsig").is_some() || commit.extra_headers().find("gpgsig-sha256").is_some()
    });
    let trailers = trailers::trailers(&text);
    let note = notes.lines(repository, commit.id);
    let merged_by = value(pairs(&trailers), "Merged-by").and_then(|value| people.named(value));
    let notes = note.iter().map(|(key, value)| (key.as_str(), value.as_str()));
    let submitter = value(notes, "Submitted-by").and_then(|value| people.named(value));
    let stated = stated(&trailers, &note, people);
    let own_authors: Vec<_> = commit.authors().collect();
    let region = &graph.regions[position as usize];
    let mut requesters: Vec<_> = region.iter().flat_map(|commit| graph.commits[*commit as usize].authors()).collect();
    if region.is_empty() {
        requesters.clone_from(&own_authors);
    }
    requesters.sort_unstable();
    requesters.dedup();
    let mut merged: Vec<_> = region.iter().map(|commit| graph.commits[*commit as usize].id).collect();
    merged.sort_unstable();
    let heads = commit.parents.iter().skip(1).map(|parent| graph.commits[*parent as usize].id).collect();
    let followed_at = (position as usize + 1 < graph.chain.len()).then(|| graph.at(position + 1).committed_at);
    LandingCommit {
        subject: subject(&text),
        landing: Landing {
            id: commit.id,
            requesters,
            complete: graph.complete(position),
            own_authors,
            author: commit.author,
            committer: commit.committer,
            submitter,
            merged_by,
            heads,
            merged: merged.into(),
            signed,
            stated,
            pull_request: conventions::pull_request(&text, &trailers),
            reverts: commit.reverts.as_deref().map(str::to_owned),
            landed_at: commit.committed_at,
            followed_at,
        },
    }
}

/// A message as text. Trailers stand at its end, so that is what a huge one keeps, behind its first line.
pub(super) fn message(message: &[u8]) -> String {
    let cut = message.len().saturating_sub(MESSAGE);
    if cut == 0 {
        return message.to_str_lossy().into_owned();
    }
    let first = message.lines().next().unwrap_or_default();
    format!("{}\n\n…\n{}", first[..first.len().min(MESSAGE)].to_str_lossy(), message[cut..].to_str_lossy())
}

fn pairs(trailers: &[Trailer]) -> impl Iterator<Item = (&str, &str)> {
    trailers.iter().map(|trailer| (trailer.key.as_str(), trailer.value.as_str()))
}

fn value<'a>(mut entries: impl Iterator<Item = (&'a str, &'a str)>, wanted: &str) -> Option<&'a str> {
    entries.find(|(key, _)| key.eq_ignore_ascii_case(wanted)).map(|(_, value)| value)
}

fn stated(trailers: &[Trailer], note: &[(String, String)], people: &mut People) -> Vec<Stated> {
    let said = pairs(trailers).map(|(key, value)| (key, value, Assurance::Asserted));
    let noted = note.iter().map(|(key, value)| (key.as_str(), value.as_str(), Assurance::Note));
    let known =
        |key: &str| APPROVING.into_iter().chain([ACKNOWLEDGING]).find(|approving| key.eq_ignore_ascii_case(approving));
    said.chain(noted)
        .filter_map(|(key, value, assurance)| {
            Some(Stated { key: known(key)?, person: people.named(value)?, assurance })
        })
        .take(STATED)
        .collect()
}

/// The first paragraph on one line, as Git shows it.
pub(super) fn subject(message: &str) -> String {
    let lines = message.lines().skip_while(|line| line.trim().is_empty()).take_while(|line| !line.trim().is_empty());
    lines.map(str::trim).take(SUBJECT).collect::<Vec<_>>().join(" ").chars().take(SUBJECT).collect()
}
