//! The forge's own record of how a commit was reviewed: GitHub's and GitLab's, through their REST APIs, read-only.
//! Knows nothing of Git objects, blocks or verdicts.
//!
//! Every raw answer can be kept by its digest, and each record names the digests that it was derived from: offline the
//! same record comes out of what was kept. A token goes to the one host that the user bound it to, and nowhere else; it is
//! in no error, no `Debug` and no file.

mod cache;
mod error;
mod github;
mod gitlab;
mod http;
mod limits;
mod people;
mod place;
mod reader;
mod record;
#[cfg(test)]
mod tests;
mod text;

pub use error::{ForgeError, Missing};
pub use place::{Place, ProxySettings, Token, at_api, of_remote, repository_of};
pub use record::{
    Account, CheckRun, ForgeKind, ForgeRecord, Protection, PullRequest, PullRequestCommit, Review, ReviewState,
    Signature,
};

use crate::interrupt::Interrupt;
use cache::Cache;
use http::{Client, Patience};
use people::People;
use place::Api;
use reader::{Reader, Source};
use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};

/// Requests on their way at a time. GitHub's secondary limits begin at 100.
const IN_FLIGHT: usize = 8;

/// No run takes longer.
const LONGEST_RUN: Duration = Duration::from_secs(7 * 24 * 3600);

/// What to read, and how.
#[derive(Debug, Clone)]
pub struct ForgeOptions {
    /// Which interface the forge speaks.
    pub kind: ForgeKind,
    /// The API's address: `https`, or `http` on the loopback interface.
    pub api: String,
    /// `owner/name`, or `group/…/name`.
    pub repository: String,
    /// The approved branch, without `refs/heads/`.
    pub branch: String,
    /// The token; without one, public repositories can be read, slowly.
    pub token: Option<Token>,
    /// The proxy; none is used on the loopback interface.
    pub proxy: Option<ProxySettings>,
    /// Whether only the cache is read, and nothing is sent.
    pub offline: bool,
    /// The folder where answers are kept.
    pub cache: Option<PathBuf>,
    /// How long [`Forge::records`] may take, waiting for limits included; a week at most.
    pub deadline: Duration,
    /// Ends it early.
    pub interrupt: Interrupt,
}

impl ForgeOptions {
    /// Reads a place online, without a cache, for ten minutes at most.
    pub fn new(place: Place, branch: &str) -> Self {
        let Place { kind, api, repository, token } = place;
        Self {
            kind,
            api,
            repository,
            branch: branch.to_owned(),
            token,
            proxy: None,
            offline: false,
            cache: None,
            deadline: Duration::from_secs(600),
            interrupt: Interrupt::default(),
        }
    }
}

/// A commit of the approved branch's first-parent chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommitQuery {
    /// Its full id.
    pub sha: String,
    /// The pull request that its message names: asked where the forge lists none, and believed only where the forge itself
    /// ties it to the commit.
    pub hint: Option<u64>,
}

/// A repository on a forge.
#[derive(Debug)]
pub struct Forge {
    source: Source,
    kind: ForgeKind,
    repository: String,
    branch: String,
    deadline: Duration,
    interrupt: Interrupt,
}

/// The repository as the forge knows it.
struct Project {
    /// The path of its part of the API.
    path: String,
    /// GitLab's number of it.
    id: Option<u64>,
    branch: String,
    /// Whether GitLab merges only after a pipeline that succeeded.
    gate: bool,
}

/// A pull request as it was read, whatever it has to do with a commit.
struct Loaded {
    /// The forge's own number of it, beyond the repository.
    id: u64,
    /// Whether it was merged to the branch.
    landed: bool,
    pull_request: PullRequest,
    checks: Option<Vec<CheckRun>>,
    /// How many approvals it needed, where the forge says so of each.
    required_approvals: Option<u32>,
}

/// A branch's protection.
struct Protected {
    protection: Protection,
    /// Whether checks that it does not name are not required.
    all_checks_known: bool,
}

/// A value, and what there is to show for it.
struct Shown<T> {
    value: T,
    evidence: Vec<String>,
    problems: Vec<String>,
}

type Slot = Arc<OnceLock<Result<Shown<Loaded>, Missing>>>;

/// What the commits of one run have in common.
struct Run {
    project: Project,
    protected: Shown<Option<Protected>>,
    pulls: Mutex<HashMap<u64, Slot>>,
    people: People,
    patience: Patience,
}

impl Forge {
    /// Checks the options, and opens the cache. Nothing is sent yet.
    ///
    /// # Errors
    /// If an option is no such thing, the token is for another host, or the cache cannot be opened.
    pub fn open(options: ForgeOptions) -> Result<Self, ForgeError> {
        let ForgeOptions { kind, api, repository, branch, token, proxy, offline, cache, deadline, interrupt } = options;
        let api = Api::parse(&api)?;
        let repository = place::repository(kind, &repository)
            .ok_or_else(|| ForgeError::Repository { repository: text::bounded(&repository) })?;
        let named = !branch.is_empty() && branch.len() <= 1024 && !branch.starts_with("refs/");
        if !named || branch.chars().any(char::is_control) {
            return Err(ForgeError::Branch { branch: text::bounded(&branch) });
        }
        if offline && cache.is_none() {
            return Err(ForgeError::NoCache);
        }
        let open = |path: PathBuf| Cache::open(&path, offline).map_err(|cause| ForgeError::Cache { path, cause });
        let cache = cache.map(open).transpose()?;
        let roots = || if offline { Ok(Vec::new()) } else { http::machine_roots() };
        let client = Client::new(kind, api, token, proxy.as_ref(), roots)?;
        let source = Source { client, cache, offline };
        Ok(Self { source, kind, repository, branch, deadline: deadline.min(LONGEST_RUN), interrupt })
    }

    /// The record of each commit, by its id as it was asked for.
    pub fn records(&self, queries: &[CommitQuery]) -> BTreeMap<String, Result<ForgeRecord, Missing>> {
        if queries.is_empty() {
            return BTreeMap::new();
        }
        let patience = Patience { until: Instant::now() + self.deadline, interrupt: self.interrupt.clone() };
        let run = match self.begin(patience) {
            Ok(run) => run,
            Err(missing) => {
                return queries.iter().map(|query| (query.sha.clone(), Err(missing.clone()))).collect();
            }
        };
        let next = AtomicUsize::new(0);
        let records = Mutex::new(BTreeMap::new());
        let work = || {
            while let Some(query) = queries.get(next.fetch_add(1, Ordering::Relaxed)) {
                let record = self.record(&run, query);
                records.lock().unwrap_or_else(PoisonError::into_inner).insert(query.sha.clone(), record);
            }
        };
        std::thread::scope(|scope| {
            for _ in 0..IN_FLIGHT.min(queries.len()) {
                scope.spawn(work);
            }
        });
        records.into_inner().unwrap_or_else(PoisonError::into_inner)
    }

    /// Requests sent so far.
    pub fn calls(&self) -> u64 {
        self.source.client.calls()
    }

    /// Reads what all commits have in common; if that fails, everything does.
    fn begin(&self, patience: Patience) -> Result<Run, Missing> {
        let (repository, branch) = (&self.repository, &self.branch);
        let mut reader = Reader::new(&self.source, &patience);
        let project = match self.kind {
            ForgeKind::GitHub => github::project(&mut reader, repository, branch)?,
            ForgeKind::GitLab => gitlab::project(&mut reader, repository, branch)?,
        };
        let mut reader = reader.fresh();
        let value = match self.kind {
            ForgeKind::GitHub => github::protection(&mut reader, &project)?,
            ForgeKind::GitLab => gitlab::protection(&mut reader, &project)?,
        };
        let protected = Shown { value, evidence: reader.evidence, problems: reader.problems };
        Ok(Run { project, protected, pulls: Mutex::default(), people: People::default(), patience })
    }

    fn record(&self, run: &Run, query: &CommitQuery) -> Result<ForgeRecord, Missing> {
        let sha = text::sha(&query.sha).ok_or_else(|| Missing::Commit { sha: text::bounded(&query.sha) })?;
        let query = CommitQuery { sha, hint: query.hint };
        let mut reader = Reader::new(&self.source, &run.patience);
        let bringing = match self.kind {
            ForgeKind::GitHub => github::bringing(&mut reader, &run.project, &query)?,
            ForgeKind::GitLab => gitlab::bringing(&mut reader, &run.project, &query)?,
        };
        let slot = match bringing {
            Some((number, id)) => Some(self.listed(run, number, id)?),
            None => self.hinted(run, &query, &mut reader)?,
        };
        let loaded = slot.as_ref().and_then(|slot| slot.get()?.as_ref().ok());
        if let Some(loaded) = loaded {
            reader.absorb(&loaded.evidence, &loaded.problems);
        }
        reader.absorb(&run.protected.evidence, &run.protected.problems);
        Ok(assembled(self.kind, loaded.map(|loaded| &loaded.value), run.protected.value.as_ref(), reader))
    }

    /// The pull request that the forge lists for a commit. It has to be the one that it lists.
    fn listed(&self, run: &Run, number: u64, id: u64) -> Result<Slot, Missing> {
        let slot = self.load(run, number);
        let loaded = slot.get().map(|loaded| loaded.as_ref().map_err(Clone::clone)).transpose()?;
        if loaded.is_none_or(|loaded| loaded.value.id != id || !loaded.value.landed) {
            let call = format!("GET {}/…/{number}", run.project.path);
            return Err(Missing::malformed(&call, "contradicts the list of the commit's pull requests"));
        }
        Ok(slot)
    }

    /// The pull request that the message names, where the forge ties it to the commit.
    fn hinted(&self, run: &Run, query: &CommitQuery, reader: &mut Reader) -> Result<Option<Slot>, Missing> {
        let Some(number) = query.hint else { return Ok(None) };
        let slot = self.load(run, number);
        let mark = if self.kind == ForgeKind::GitHub { '#' } else { '!' };
        match slot.get() {
            Some(Ok(loaded)) if loaded.value.landed && loaded.value.pull_request.has(&query.sha) => Ok(Some(slot)),
            Some(Ok(loaded)) => {
                reader.absorb(&loaded.evidence, &[]);
                let problem = "is named by the commit, and did not bring it in by what the forge says";
                reader.problems.push(format!("{mark}{number} {problem}"));
                Ok(None)
            }
            Some(Err(Missing::Call { call, status: Some(404), .. })) if call.ends_with(&format!("/{number}")) => {
                reader.problems.push(format!("{mark}{number} is named by the commit, and the forge has no such thing"));
                Ok(None)
            }
            Some(Err(missing)) => Err(missing.clone()),
            None => Ok(None),
        }
    }

    /// Reads a pull request once a run, however many of its commits are asked for.
    fn load(&self, run: &Run, number: u64) -> Slot {
        let slot = run.pulls.lock().unwrap_or_else(PoisonError::into_inner).entry(number).or_default().clone();
        slot.get_or_init(|| {
            let mut reader = Reader::new(&self.source, &run.patience);
            let value = match self.kind {
                ForgeKind::GitHub => github::load(&mut reader, &run.people, &run.project, number)?,
                ForgeKind::GitLab => gitlab::load(&mut reader, &run.people, &run.project, number)?,
            };
            Ok(Shown { value, evidence: reader.evidence, problems: reader.problems })
        });
        slot
    }
}

/// Puts a record together.
fn assembled(kind: ForgeKind, loaded: Option<&Loaded>, protected: Option<&Protected>, reader: Reader) -> ForgeRecord {
    let mut checks = loaded.and_then(|loaded| loaded.checks.clone());
    for check in checks.iter_mut().flatten().filter(|check| check.required.is_none()) {
        let named = |protected: &Protected| protected.protection.required_checks.contains(&check.name);
        check.required =
            protected.and_then(
                |protected| {
                    if named(protected) { Some(true) } else { protected.all_checks_known.then_some(false) }
                },
            );
    }
    let mut protection = protected.map(|protected| protected.protection.clone());
    if let (Some(protection), Some(count)) = (&mut protection, loaded.and_then(|loaded| loaded.required_approvals)) {
        protection.required_approvals = Some(count);
    }
    ForgeRecord {
        forge: kind,
        pull_request: loaded.map(|loaded| loaded.pull_request.clone()),
        checks,
        protection,
        problems: once_each(reader.problems),
        evidence: once_each(reader.evidence),
    }
}

fn once_each(texts: Vec<String>) -> Vec<String> {
    let mut seen = HashSet::new();
    texts.into_iter().filter(|text| seen.insert(text.clone())).collect()
}
