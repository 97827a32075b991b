//! What a forge has on record of a landing, its accounts told apart as persons.
//! Knows nothing of Git objects; judges nothing.

use super::evidence::Statement;
use super::landing::Landing;
use super::people::{self, People, PersonId};
use crate::forge::{Account, ForgeRecord, PullRequest, ReviewState, Signature};
use crate::model::{Assurance, Check, Standing};
use std::collections::BTreeMap;

/// A forge's record.
#[derive(Debug)]
pub(super) struct Reviewed {
    /// The pull request; none where the forge says that none brought this in.
    pub(super) pull_request: Option<Pull>,
    pub(super) checks: Option<Vec<Check>>,
}

/// A merged pull request.
#[derive(Debug)]
pub(super) struct Pull {
    pub(super) reference: String,
    pub(super) url: Option<String>,
    pub(super) opened_by: PersonId,
    pub(super) merged_by: Option<PersonId>,
    /// In seconds since 1970 (UTC).
    pub(super) merged_at: Option<i64>,
    pub(super) labels: Vec<String>,
    /// Authors of all its commits.
    pub(super) authors: Vec<PersonId>,
    /// Whether these are all.
    complete: bool,
    /// Whether all reviews were looked at.
    all_reviews: bool,
    head: String,
    /// Whether the branch takes approvals back when something is pushed.
    resets: bool,
    reviews: Vec<Review>,
}

#[derive(Debug)]
struct Review {
    by: PersonId,
    state: ReviewState,
    at: Option<i64>,
    on: Option<String>,
    stale: Option<bool>,
}

/// More commits than these make the record incomplete.
const COMMITS: usize = 10_000;

/// So do more reviews than these.
const REVIEWS: usize = 1000;

impl Reviewed {
    /// Names the persons behind a record. What it shows of who has which account holds from here on.
    pub(super) fn read(record: &ForgeRecord, people: &mut People) -> Self {
        let resets = record.protection.as_ref().and_then(|protection| protection.dismisses_stale) == Some(true);
        let pull = |pull: &PullRequest| read_pull(record.forge.as_str(), pull, resets, people);
        let check = |check: &crate::forge::CheckRun| Check {
            name: check.name.clone(),
            conclusion: check.conclusion.clone(),
            completed_at: check.completed_at.clone(),
            required: check.required,
        };
        Self {
            pull_request: record.pull_request.as_ref().map(pull),
            checks: record.checks.as_ref().map(|checks| checks.iter().map(check).collect()),
        }
    }
}

fn read_pull(forge: &str, pull: &PullRequest, resets: bool, people: &mut People) -> Pull {
    let forge = Forge { kind: forge, host: host(&pull.url) };
    let mut authors = Vec::new();
    for commit in pull.commits.iter().take(COMMITS) {
        forge.signer(&commit.committer, people);
        authors.push(forge.signer(&commit.author, people));
    }
    let reviews = pull.reviews.iter().take(REVIEWS).map(|review| Review {
        by: forge.account(&review.by, people),
        state: review.state,
        at: seconds(review.at.as_deref()),
        on: review.on.clone(),
        stale: review.stale,
    });
    let reviews = reviews.collect();
    Pull {
        reference: pull.reference.clone(),
        url: Some(pull.url.clone()).filter(|url| !url.is_empty()),
        opened_by: forge.account(&pull.author, people),
        merged_by: pull.merged_by.as_ref().map(|account| forge.account(account, people)),
        merged_at: seconds(pull.merged_at.as_deref()),
        labels: pull.labels.clone(),
        authors,
        complete: pull.commits_complete && pull.commits.len() <= COMMITS,
        all_reviews: pull.reviews.len() <= REVIEWS,
        head: pull.head.clone(),
        resets,
        reviews,
    }
}

/// Whose accounts are meant.
struct Forge<'a> {
    kind: &'a str,
    host: Option<&'a str>,
}

impl Forge<'_> {
    fn account(&self, account: &Account, people: &mut People) -> PersonId {
        if account.is_ghost() {
            // Nobody can tell who that was.
            return people.person("deleted account".into(), "".into());
        }
        people.account(&people::Account {
            forge: self.kind,
            host: self.host,
            login: &account.login,
            name: account.name.as_deref(),
            email: account.email.as_deref(),
            is_bot: account.is_bot,
        })
    }

    /// Whom a commit names. The forge knows whose account an address is, so both are one.
    fn signer(&self, signature: &Signature, people: &mut People) -> PersonId {
        let person = people.person(signature.name.as_str().into(), signature.email.as_str().into());
        match signature.account.as_ref().filter(|account| !account.is_ghost()) {
            Some(account) if !people.is_web(person) => {
                let account = self.account(account, people);
                people.join(account, person)
            }
            _ => person,
        }
    }
}

/// The host of an address.
fn host(url: &str) -> Option<&str> {
    let rest = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"))?;
    let authority = rest.split(['/', '?', '#']).next()?;
    Some(authority.split(':').next().unwrap_or_default()).filter(|host| !host.is_empty())
}

fn seconds(time: Option<&str>) -> Option<i64> {
    Some(time?.parse::<jiff::Timestamp>().ok()?.as_second())
}

/// What the reviews come to.
#[derive(Debug, Default)]
pub(super) struct Outcome {
    pub(super) statements: Vec<Statement>,
    /// Who asked for changes last, before it was merged.
    pub(super) objectors: Vec<PersonId>,
    /// Who approves no more: what weaker sources say of them does not count either.
    pub(super) withdrawn: Vec<PersonId>,
}

impl Pull {
    /// What each reviewer's last decisive review before the merge comes to, and who approved only afterwards.
    pub(super) fn outcome(&self, landing: &Landing, after_last_push: bool, people: &People) -> Outcome {
        let is_later = |review: &Review| matches!((review.at, self.merged_at), (Some(at), Some(merged)) if at > merged);
        let decisive = || self.reviews.iter().filter(|review| review.state != ReviewState::Commented);
        let last = |later: bool| -> BTreeMap<PersonId, &Review> {
            decisive()
                .filter(|review| is_later(review) == later)
                .map(|review| (people.canonical(review.by), review))
                .collect()
        };
        let mut outcome = Outcome::default();
        let before = last(false);
        for (person, review) in &before {
            match review.state {
                ReviewState::Approved => {
                    let standing = self.standing(review, landing, after_last_push);
                    outcome.statements.push(self.statement(*person, review, standing));
                }
                ReviewState::ChangesRequested => {
                    outcome.objectors.push(*person);
                    outcome.withdrawn.push(*person);
                }
                ReviewState::Dismissed | ReviewState::Revoked => outcome.withdrawn.push(*person),
                ReviewState::Commented => {}
            }
        }
        for (person, review) in last(true) {
            let earlier = outcome.statements.iter().position(|one| one.person == person);
            let counts = earlier.is_some_and(|at| outcome.statements[at].standing != Standing::Stale);
            if review.state != ReviewState::Approved || counts {
                continue;
            }
            earlier.map(|at| outcome.statements.remove(at));
            outcome.statements.push(self.statement(person, review, Standing::Retrospective));
        }
        outcome
    }

    /// Whether all who wrote what landed are known, and all who reviewed it: a merge shows all of its commits by itself, what
    /// was squashed only the forge has.
    pub(super) fn is_complete(&self, landing: &Landing) -> bool {
        let head = gix::ObjectId::from_hex(self.head.as_bytes()).ok();
        let merged = landing.complete && landing.heads.iter().any(|id| Some(*id) == head);
        self.all_reviews && (self.complete || merged)
    }

    fn statement(&self, person: PersonId, review: &Review, standing: Standing) -> Statement {
        let evidence = format!("review on {}", self.reference);
        Statement { person, assurance: Assurance::ForgeVerified, standing, at: review.at, evidence }
    }

    /// Whether an approval is of what landed, as far as can be told.
    fn standing(&self, review: &Review, landing: &Landing, after_last_push: bool) -> Standing {
        // Without its time nobody can tell whether it came before the merge.
        let in_time =
            if review.at.is_some() || self.merged_at.is_none() { Standing::Counts } else { Standing::Unresolved };
        if !after_last_push {
            return in_time;
        }
        // Somebody merged more than the head that the forge knows, and pushed that.
        let head = gix::ObjectId::from_hex(self.head.as_bytes()).ok();
        let is = |id: &gix::ObjectId| Some(*id) == head;
        let more = landing.merged.iter().any(is) && !landing.heads.iter().any(is);
        let other = review.on.as_ref().is_some_and(|on| *on != self.head);
        match review.stale {
            _ if more || other => Standing::Stale,
            Some(true) => Standing::Stale,
            Some(false) => in_time,
            None if review.on.is_some() || self.resets => in_time,
            None => Standing::Unresolved,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts() {
        for (url, expected) in [
            ("https://github.com/o/r/pull/1", Some("github.com")),
            ("https://git.corp:8443/o/r", Some("git.corp")),
            ("ftp://x/y", None),
            ("https:///x", None),
            ("", None),
        ] {
            assert_eq!(host(url), expected, "{url}");
        }
    }
}
