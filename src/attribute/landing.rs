//! Reads what a commit of the first-parent chain says about its own approval.
//! Knows nothing of blocks; judges nothing.

use super::graph::Graph;
use super::notes::Notes;
use super::people::People;
use super::verdict::{APPROVING, Landing};
use super::{forge, trailers};
use crate::model::Assurance;
use gix::bstr::ByteSlice;

/// A commit of the chain, ready to be told of.
#[derive(Debug)]
pub(super) struct LandingCommit {
    pub(super) subject: String,
    pub(super) landing: Landing,
}

/// More of a message is not read.
const MESSAGE: usize = 1 << 20;

/// Longest subject line kept, in characters.
const SUBJECT: usize = 200;

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
    let message = decoded.as_ref().map_or(&b""[..], |commit| commit.message);
    // Trailers stand at the end of a message, so that is what a huge one keeps, behind its first line.
    let cut = message.len().saturating_sub(MESSAGE);
    let text = if cut == 0 {
        message.to_str_lossy().into_owned()
    } else {
        let first = message.lines().next().unwrap_or_default();
        format!("{}\n\n…\n{}", first[..first.len().min(MESSAGE)].to_str_lossy(), message[cut..].to_str_lossy())
    };
    let signed = decoded.as_ref().is_some_and(|commit| {
        commit.extra_headers().find("gpgsig").is_some() || commit.extra_headers().find("gpgsig-sha256").is_some()
    });
    let trailers = trailers::trailers(&text);
    let note = notes.lines(repository, commit.id);
    let said = trailers.iter().map(|trailer| (trailer.key.as_str(), trailer.value.as_str(), Assurance::Asserted));
    let noted = note.iter().map(|(key, value)| (key.as_str(), value.as_str(), Assurance::Note));
    let approves = |key: &str| APPROVING.iter().any(|approving| key.eq_ignore_ascii_case(approving));
    let stated = said
        .chain(noted)
        .filter(|(key, ..)| approves(key))
        .filter_map(|(_, value, assurance)| Some((people.named(value)?, assurance)))
        .collect();
    let is_merge = commit.parents.len() > 1;
    let own_authors: Vec<_> = commit.authors().collect();
    let submitter = note.iter().find(|(key, _)| key.eq_ignore_ascii_case("Submitted-by"));
    let merger = match (people.is_web(commit.committer), is_merge) {
        _ if submitter.is_some() => submitter.and_then(|(_, value)| people.named(value)),
        (false, _) => Some(commit.committer),
        // Whoever pressed the button is the author of the merge, but not of a squash.
        (true, true) => Some(commit.author),
        (true, false) => None,
    };
    let region = &graph.regions[position as usize];
    let mut requesters: Vec<_> = region.iter().flat_map(|commit| graph.commits[*commit as usize].authors()).collect();
    if region.is_empty() {
        requesters.clone_from(&own_authors);
    }
    requesters.sort_unstable();
    requesters.dedup();
    LandingCommit {
        subject: subject(&text),
        landing: Landing {
            requesters,
            complete: graph.complete(position),
            own_authors,
            merger,
            is_merge,
            signed,
            stated,
            pull_request: forge::pull_request(&text, &trailers),
        },
    }
}

/// The first paragraph on one line, as Git shows it.
pub(super) fn subject(message: &str) -> String {
    let lines = message.lines().skip_while(|line| line.trim().is_empty()).take_while(|line| !line.trim().is_empty());
    lines.map(str::trim).take(SUBJECT).collect::<Vec<_>>().join(" ").chars().take(SUBJECT).collect()
}
