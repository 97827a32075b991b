//! Brings evidence of approvals to a history: signatures, tags, records of a forge, and the policy that judges them.
//! Knows nothing of how the history was walked.

use super::graph::{Cut, utc};
use super::landing;
use super::people::{Identity, People};
use super::policy::{Persons, Policy};
use super::review::Reviewed;
use super::sources::Sources;
use super::verdict::{Verdict, judge};
use super::{BlockId, Event, EventKind, History, tags};
use crate::forge::{CommitQuery, ForgeKind, ForgeRecord, Missing};
use crate::model::Attribution;
use crate::redact::hex;
use crate::signature::Keys;
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::{Mutex, OnceLock, PoisonError};

/// What verdicts rest on beside the history itself. The default is the strict policy, and no evidence.
#[derive(Debug, Default)]
pub struct Approvals {
    /// What makes a change properly approved.
    pub policy: Policy,
    /// Who is who.
    pub persons: Persons,
    /// Whose signatures are trusted.
    pub keys: Keys,
    /// Mail addresses of those of the keys by which the forge signs what it commits.
    pub forge_signers: Vec<String>,
    /// Where the repository is hosted, if that is known: which CODEOWNERS rules hold.
    pub forge: Option<ForgeKind>,
    /// The forge's records by landing commit (full hash), or why one could not be read.
    pub records: BTreeMap<String, Result<ForgeRecord, Missing>>,
    /// The time for which verdicts are given: until then an emergency may be approved.
    pub now: Option<jiff::Timestamp>,
}

/// What a history keeps for verdicts.
#[derive(Debug, Default)]
pub(super) struct Judging {
    sources: Sources,
    repository: Option<gix::ThreadSafeRepository>,
    /// By position on the chain, and whether the landing commit's own content is asked for.
    judged: Mutex<HashMap<(u32, bool), Attribution>>,
    index: OnceLock<Index>,
    identity_map_digest: String,
}

/// What landed where.
#[derive(Debug)]
struct Index {
    positions: HashMap<gix::ObjectId, u32>,
    /// The positions of commits that changed a block by their own content.
    evil: HashSet<u32>,
}

impl Judging {
    /// Git alone, by the strict policy.
    pub(super) fn strict(repository: &gix::Repository) -> Self {
        Self { repository: Some(repository.clone().into_sync()), ..Self::default() }
    }
}

impl History {
    /// Judges by a policy and with more evidence than the commits themselves. Tags are read here; signatures only of what
    /// is asked for.
    pub fn approvals(mut self, approvals: Approvals) -> Self {
        let Approvals { policy, persons, keys, forge_signers, forge, records, now } = approvals;
        let forge = forge.or_else(|| records.values().find_map(|record| Some(record.as_ref().ok()?.forge)));
        self.people.identify(&Identity {
            entries: &persons.persons,
            bots: &policy.bots,
            shared: &policy.shared,
            web: &forge_signers,
        });
        let records = records.into_iter().map(|(sha, record)| {
            let record = record.map(|record| Reviewed::read(&record, &mut self.people));
            (sha, record.map_err(|missing| cause(&missing)))
        });
        let records = records.collect();
        let members = |people: &mut People, members: &[String]| {
            members.iter().filter_map(|member| people.referred(member)).collect()
        };
        let teams =
            persons.teams.iter().map(|team| (team.name.to_lowercase(), members(&mut self.people, &team.members)));
        let teams = teams.collect();
        let repository = self.judging.repository.as_ref().map(gix::ThreadSafeRepository::to_thread_local);
        let tags = repository.map(|repository| tags::read(&repository, &policy.approval_tags, &mut self.people));
        let identity_map_digest = digest(self.people.mailmap_digest, &persons, &policy);
        let now = now.map(jiff::Timestamp::as_second);
        let tags = tags.unwrap_or_default();
        let sources = Sources { policy, keys, forge_signers, tags, records, teams, forge, now };
        let repository = self.judging.repository.take();
        self.judging = Judging { sources, repository, identity_map_digest, ..Judging::default() };
        self
    }

    /// What to ask a forge for: the landings of all events of some blocks.
    pub fn queries<'a>(&self, blocks: impl IntoIterator<Item = &'a BlockId>) -> Vec<CommitQuery> {
        let events = blocks.into_iter().flat_map(|block| self.events(block));
        let positions: BTreeSet<u32> = events.filter(|event| event.cut.is_none()).map(|event| event.position).collect();
        let landings = positions.into_iter().filter_map(|position| self.landings.get(&position));
        let query = |landing: &landing::Landing| CommitQuery {
            sha: landing.id.to_string(),
            hint: landing.pull_request.as_deref().and_then(number),
        };
        landings.map(|commit| query(&commit.landing)).collect()
    }

    /// The same for landing commits themselves (full hashes).
    pub fn queries_of(&self, landings: &[String]) -> Vec<CommitQuery> {
        let query = |sha: &String| {
            let (position, _) = self.landed(sha.parse().ok()?)?;
            let landing = &self.landings.get(&position)?.landing;
            Some(CommitQuery { sha: sha.clone(), hint: landing.pull_request.as_deref().and_then(number) })
        };
        landings.iter().filter_map(query).collect()
    }

    /// Who asked for and who approved all that one commit of the first-parent chain (full hash) brought in; none where it
    /// changed no block. Its own content counts where it changed a block by itself.
    pub fn landing_attribution(&self, sha: &str) -> Option<Attribution> {
        let id: gix::ObjectId = sha.parse().ok()?;
        let index = self.judging.index.get_or_init(|| self.index());
        let position = *index.positions.get(&id)?;
        let commit = self.landings.get(&position)?;
        Some(self.of_landing(position, commit, index.evil.contains(&position)))
    }

    /// SHA-256, in lower-case hexadecimal, of all that says who is who: the mailmap and the settings. None where no
    /// settings were given.
    pub fn identity_map_digest(&self) -> Option<&str> {
        Some(self.judging.identity_map_digest.as_str()).filter(|digest| !digest.is_empty())
    }

    pub(super) fn attributed(&self, event: &Event) -> Attribution {
        let (None, Some(commit)) = (event.cut, self.landings.get(&event.position)) else {
            return Attribution::unknown(event.cut.unwrap_or(Cut::Missing).reason());
        };
        let evil = event.commit.as_ref() == Some(&event.approving_commit);
        let removed = (event.kind == EventKind::Removed).then(|| {
            format!("removed in {}", event.commit.as_deref().unwrap_or_default().get(..12).unwrap_or_default())
        });
        let attribution = self.of_landing(event.position, commit, evil);
        Attribution {
            declaring_commit: event.commit.as_deref().map(str::to_owned),
            landed_at: event.landed_at.as_deref().map(str::to_owned),
            reverts: event.reverts.as_deref().map(str::to_owned),
            reason: [removed, attribution.reason].into_iter().flatten().reduce(|one, other| format!("{one}; {other}")),
            ..attribution
        }
    }

    /// What is known of all that a commit brought in; with `evil`, its own content is asked for.
    fn of_landing(&self, position: u32, commit: &landing::LandingCommit, evil: bool) -> Attribution {
        let mut judged = self.judging.judged.lock().unwrap_or_else(PoisonError::into_inner);
        judged.entry((position, evil)).or_insert_with(|| self.judge(commit, evil)).clone()
    }

    fn judge(&self, commit: &landing::LandingCommit, evil: bool) -> Attribution {
        let sources = &self.judging.sources;
        let repository = self.judging.repository.as_ref().map(gix::ThreadSafeRepository::to_thread_local);
        let gathered = sources.gather(repository.as_ref(), &commit.landing, &self.people);
        let verdict: Verdict = judge(&gathered.evidence, evil, &sources.policy, &self.people, sources.now);
        Attribution {
            declaring_commit: None,
            approving_commit: Some(commit.landing.id.to_string()),
            landed_at: utc(commit.landing.landed_at).as_deref().map(str::to_owned),
            subject: Some(commit.subject.clone()),
            authors: verdict.authors,
            approvers: verdict.approvers,
            merged_by: verdict.merged_by,
            pull_request: gathered.evidence.pull_request,
            pull_request_url: gathered.pull_request_url,
            checks: gathered.checks,
            emergency: verdict.emergency,
            signature: gathered.signature,
            reverts: commit.landing.reverts.clone(),
            segregation: verdict.segregation,
            reason: verdict.reason,
        }
    }

    fn index(&self) -> Index {
        let events = self.blocks.values().flat_map(|block| &block.events);
        let own = events.filter(|event| event.commit.as_ref() == Some(&event.approving_commit));
        Index {
            positions: self.landings.iter().map(|(position, commit)| (commit.landing.id, *position)).collect(),
            evil: own.map(|event| event.position).collect(),
        }
    }
}

/// The number in `#12`, `!7` or `PR 3`; none in what Gerrit writes.
fn number(pull_request: &str) -> Option<u64> {
    pull_request.strip_prefix(['#', '!']).or_else(|| pull_request.strip_prefix("PR "))?.parse().ok()
}

fn cause(missing: &Missing) -> String {
    match missing.hint() {
        Some(hint) => format!("{missing}: {hint}"),
        None => missing.to_string(),
    }
}

/// Of the mailmap's digest and the settings, each part with its length before it.
fn digest(mailmap: [u8; 32], persons: &Persons, policy: &Policy) -> String {
    let mut hash = Sha256::new();
    hash.update(mailmap);
    let mut add = |text: &str| {
        hash.update((text.len() as u64).to_be_bytes());
        hash.update(text.as_bytes());
    };
    let mut list = |texts: &[String]| {
        add(&texts.len().to_string());
        texts.iter().for_each(|text| add(text));
    };
    for person in &persons.persons {
        list(std::slice::from_ref(&person.name));
        list(&person.emails);
        list(&person.logins);
        list(&[person.shared.to_string(), person.bot.to_string(), person.owner.clone().unwrap_or_default()]);
    }
    for team in &persons.teams {
        list(std::slice::from_ref(&team.name));
        list(&team.members);
    }
    list(&policy.bots);
    list(&policy.shared);
    hex(&hash.finalize())
}
