//! What verdicts on approvals rest on beside Git itself: settings, keys, and what a forge has on record.
//! Knows nothing of findings or of changes.

use crate::attribute::Approvals;
use crate::error::Error;
use crate::forge::{CommitQuery, Forge, ForgeKind, ForgeOptions, ForgeRecord, Missing, Place, ProxySettings};
use crate::forge::{at_api, of_remote, repository_of};
use crate::git::{Approved, Repository, Tree};
use crate::interrupt::Interrupt;
use crate::settings::{self, SettingsFile};
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

/// How long a forge may take in all, waiting for its limits included.
const FORGE_DEADLINE: Duration = Duration::from_secs(900);

/// Where evidence comes from, and where it is kept.
#[derive(Debug, Clone, Default)]
pub struct EvidenceSettings {
    /// Whether no forge is asked, so that only what was kept of its records counts.
    pub offline: bool,
    /// The forge's API, where the remote does not tell.
    pub forge: Option<String>,
    /// Where what was walked and what a forge answered is kept.
    pub keep: Keep,
}

/// Where something is kept for later runs.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Keep {
    /// Nowhere.
    #[default]
    Nothing,
    /// Beside the repository's own data.
    Beside,
    /// In a folder, which several repositories may share.
    In(PathBuf),
}

impl Keep {
    /// The folder.
    pub fn dir(&self, repository: &Repository) -> Option<PathBuf> {
        match self {
            Self::Nothing => None,
            Self::Beside => Some(repository.data_dir()),
            Self::In(dir) => Some(dir.join(repository.key())),
        }
    }
}

/// All that evidence is gathered from.
pub struct Sources<'a> {
    /// The repository.
    pub repository: &'a Repository,
    /// The approved ref.
    pub approved: &'a Approved,
    /// `driftline.toml`.
    pub file: &'a SettingsFile,
    /// Where evidence comes from.
    pub settings: &'a EvidenceSettings,
    /// Environment variables: tokens, and the hosts they are for.
    pub environment: &'a BTreeMap<OsString, OsString>,
}

/// What was gathered.
#[derive(Debug, Default)]
pub struct Gathered {
    /// For the history.
    pub approvals: Approvals,
    /// The forge whose records were used, if any.
    pub forge: Option<ForgeKind>,
    /// By landing commit that the forge was asked about (full hash): what its record could not tell.
    pub missing: BTreeMap<String, Option<String>>,
    /// By landing commit that went around a protection of the branch: which.
    pub bypassed: BTreeMap<String, String>,
    /// Keys that were given and cannot be used, with the cause.
    pub skipped_keys: Vec<String>,
}

/// Gathers evidence on some landing commits.
///
/// # Errors
/// When settings, keys or the forge's address cannot be used.
pub fn gather(
    sources: &Sources<'_>,
    tree: &Tree<'_>,
    queries: &[CommitQuery],
    interrupt: &Interrupt,
) -> Result<Gathered, Error> {
    let keys = settings::keys(tree, &sources.file.signatures)?;
    let skipped_keys = keys.skipped().to_vec();
    let approvals = Approvals { now: Some(jiff::Timestamp::now()), ..sources.file.approvals(keys) };
    let mut gathered = Gathered { approvals, skipped_keys, ..Gathered::default() };
    let Some(options) = options(sources, interrupt)?.filter(|_| !queries.is_empty()) else { return Ok(gathered) };
    let kind = options.kind;
    let branch = options.branch.clone();
    let records = Forge::open(options)?.records(queries);
    // Where nobody was asked and nothing was kept, Git is all there is.
    let nothing = |record: &Result<ForgeRecord, Missing>| matches!(record, Err(Missing::NotCached { .. }));
    if sources.settings.offline && records.values().all(nothing) {
        return Ok(gathered);
    }
    gathered.forge = Some(kind);
    for (commit, record) in &records {
        gathered.missing.insert(commit.clone(), missing(record));
        if let Some(bypassed) = record.as_ref().ok().and_then(|record| bypassed(record, &branch)) {
            gathered.bypassed.insert(commit.clone(), bypassed);
        }
    }
    gathered.approvals.forge = Some(kind);
    gathered.approvals.records = records;
    Ok(gathered)
}

/// How the forge is read; none where it is not: without a token for it, unless it was named or is read offline. Nothing is
/// sent to a host that only the repository names.
fn options(sources: &Sources<'_>, interrupt: &Interrupt) -> Result<Option<ForgeOptions>, Error> {
    let Sources { repository, approved, file, settings, environment } = sources;
    let Some(branch) = repository.branch(approved) else { return Ok(None) };
    let remote = repository.remote_url();
    let place = match &settings.forge {
        Some(api) => Some(named(api, remote.as_deref(), file, environment)?),
        None => remote.and_then(|url| of_remote(&url, environment)),
    };
    let place = place.map(|place| match &file.forge.repository {
        Some(repository) if settings.forge.is_none() => Place { repository: repository.clone(), ..place },
        _ => place,
    });
    let wanted = |place: &Place| settings.offline || settings.forge.is_some() || place.token.is_some();
    let Some(place) = place.filter(wanted) else { return Ok(None) };
    let cache = settings.keep.dir(repository).map(|dir| dir.join("forge"));
    if settings.offline && !cache.as_ref().is_some_and(|dir| dir.exists()) {
        return Ok(None);
    }
    Ok(Some(ForgeOptions {
        proxy: ProxySettings::of(environment),
        offline: settings.offline,
        cache,
        deadline: FORGE_DEADLINE,
        interrupt: interrupt.clone(),
        ..ForgeOptions::new(place, &branch)
    }))
}

/// The place at an API that the user named.
fn named(
    api: &str,
    remote: Option<&str>,
    file: &SettingsFile,
    environment: &BTreeMap<OsString, OsString>,
) -> Result<Place, Error> {
    let gitlab = api.trim_end_matches('/').ends_with("/api/v4");
    let kind = file.forge.kind.unwrap_or(if gitlab { ForgeKind::GitLab } else { ForgeKind::GitHub });
    let repository = file.forge.repository.clone().or_else(|| repository_of(remote?, kind));
    let repository = repository.ok_or_else(|| {
        Error::Usage(
            "--forge needs a repository: name it in driftline.toml, under [forge], as repository = \"owner/name\""
                .into(),
        )
    })?;
    Ok(at_api(kind, api, &repository, environment)?)
}

/// What a record could not tell.
fn missing(record: &Result<ForgeRecord, Missing>) -> Option<String> {
    match record {
        Ok(record) if record.problems.is_empty() || record.pull_request.is_some() => None,
        Ok(record) => Some(record.problems.join("; ")),
        Err(missing) => Some(match missing.hint() {
            Some(hint) => format!("{missing}: {hint}"),
            None => missing.to_string(),
        }),
    }
}

/// Which protection of the branch a commit went around, as it is protected now.
fn bypassed(record: &ForgeRecord, branch: &str) -> Option<String> {
    let protection = record.protection.as_ref()?;
    match &record.pull_request {
        None if protection.requires_pull_request == Some(true) => Some(format!(
            "{branch} takes changes through pull requests only, as it is protected now, and this one came without"
        )),
        _ => None,
    }
}
