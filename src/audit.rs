//! Every change to infrastructure that landed in a period, and what is wrong with it: from Git, and from what is known of
//! approvals.
//! Knows nothing of state, of what is live, or of output formats.

mod deployed;
mod findings;
mod period;
mod sensitive;

pub use deployed::{ScanRecord, ScanRecordError, read as read_scan};
pub use period::PeriodError;

use crate::attribute::{self, BlockId, Detail, History, Landed};
use crate::git::{Approved, EarlierTip, Repository};
use crate::model::{
    AttributeDiff, Attribution, Audit, AuditedChange, AuditedLanding, Completeness, Hole, RepositoryInfo,
};
use rayon::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

/// What is asked.
#[derive(Debug, Default)]
pub struct Question<'a> {
    /// Only what is in this directory, from the repository's root, or below; everything where it is empty.
    pub directory: String,
    /// Where the period begins, exclusive: a revision or a date.
    pub since: Option<&'a str>,
    /// Where it ends, inclusive.
    pub until: Option<&'a str>,
    /// Scans that tell what was deployed when.
    pub scans: Vec<ScanRecord>,
    /// Tips that the approved ref had earlier.
    pub earlier: Vec<EarlierTip>,
}

/// What is known of approvals beside the history itself.
pub struct Evidence<'a> {
    /// The forge whose records were used, if any.
    pub forge: Option<String>,
    /// What the forge's record of a landing commit could not tell, by the commit's full hash; for those that it was asked of.
    pub missing: BTreeMap<String, Option<String>>,
    /// Landing commits that went around a protection of the branch, and which.
    pub bypassed: BTreeMap<String, String>,
    /// Keys that were given and cannot be used, with the cause.
    pub skipped_keys: Vec<String>,
    /// The name and the commit of the approved ref.
    pub approved: &'a Approved,
}

/// The landing commits of a period that changed something in the directory, by position.
///
/// # Errors
/// When the period means nothing.
pub fn landings(
    repository: &Repository,
    history: &History,
    approved: &Approved,
    question: &Question<'_>,
) -> Result<Vec<String>, PeriodError> {
    let period = period::period(repository, history, &approved.reference, question.since, question.until)?;
    let positions: BTreeSet<u32> =
        changed(history, question, period.positions).iter().map(|landed| landed.position).collect();
    Ok(positions.into_iter().filter_map(|position| history.commit_at(position)).map(|id| id.to_string()).collect())
}

/// Answers.
///
/// # Errors
/// When the period means nothing.
pub fn audit(
    repository: &Repository,
    history: &History,
    question: &Question<'_>,
    evidence: &Evidence<'_>,
    info: RepositoryInfo,
) -> Result<Audit, PeriodError> {
    let approved = evidence.approved;
    let period = period::period(repository, history, &approved.reference, question.since, question.until)?;
    let details = detailed(repository, history, question, period.positions.clone());
    let mut holes = holes(history, question, &period.positions, evidence);
    if period.unordered {
        holes.push(Hole {
            what: "the period".into(),
            commit: None,
            cause:
                "dates run backwards along the history, so it may hold more than the dates say; name revisions instead"
                    .into(),
        });
    }
    let deployments = deployed::Deployments::new(history, &question.scans);
    let mut landings = Vec::new();
    for (position, landed, details) in details {
        let (landed, details) = known(history, position, landed.into_iter().zip(details), &mut holes);
        if !landed.is_empty() {
            landings.push(landing(history, position, &landed, &details, &deployments));
        }
    }
    let complete = holes.is_empty();
    let completeness = Completeness {
        complete,
        landings: u64::from(period.positions.end - period.positions.start),
        landings_with_changes: landings.len() as u64,
        commits: history.commits_in(period.positions.clone()),
        rewriting_checked: sources(&question.earlier),
        identity_map: history.identity_map_digest().map(str::to_owned),
        forge: evidence.forge.clone(),
        forge_records: evidence.missing.values().filter(|missing| missing.is_none()).count() as u64,
        not_covered: not_covered(&evidence.skipped_keys),
        holes,
    };
    let findings = findings::findings(history, question, evidence, &landings, period.since.as_ref());
    let exit_code = findings::exit_code(&findings, complete);
    Ok(Audit {
        repository: info,
        directory: question.directory.clone(),
        made_at: jiff::Timestamp::now().to_string(),
        since: period.since,
        until: period.until,
        landings,
        findings,
        completeness,
        exit_code,
    })
}

/// What landed, by position, each change with what it said before and says since.
fn detailed(
    repository: &Repository,
    history: &History,
    question: &Question<'_>,
    positions: Range<u32>,
) -> Vec<(u32, Vec<Landed>, Vec<Detail>)> {
    let mut by_position: BTreeMap<u32, Vec<Landed>> = BTreeMap::new();
    for landed in changed(history, question, positions) {
        by_position.entry(landed.position).or_default().push(landed);
    }
    for landed in by_position.values_mut() {
        landed.sort_by(|one, other| {
            (directory(&one.block), what(&one.block)).cmp(&(directory(&other.block), what(&other.block)))
        });
    }
    let shared = repository.inner().clone().into_sync();
    by_position
        .into_par_iter()
        .map_init(
            || attribute::prepared(&shared),
            |repository, (position, landed)| {
                let details = attribute::details(repository, history, position, &landed);
                (position, landed, details)
            },
        )
        .collect()
}

/// The changes that are known to have happened. What is not known of the others, or of them, is a hole.
fn known(
    history: &History,
    position: u32,
    changes: impl Iterator<Item = (Landed, Detail)>,
    holes: &mut Vec<Hole>,
) -> (Vec<Landed>, Vec<Detail>) {
    let commit = history.commit_at(position).map(|id| id.to_string());
    let mut known = Vec::new();
    for (landed, detail) in changes {
        // Of a file that is not in this clone it is not even known whether this block of it changed.
        let is_blind = detail.partial && landed.commit.is_none();
        if detail.partial {
            holes.push(hole_of(&landed, commit.clone(), is_blind));
        }
        if !is_blind {
            known.push((landed, detail));
        }
    }
    known.into_iter().unzip()
}

/// What no tool can tell from a repository. An auditor has to ask for it elsewhere.
const NOT_COVERED: [&str; 4] = [
    "Business purpose, risk assessment, test plans and the minutes of change boards are not in a repository.",
    "Values given outside of it (TF_VAR_… and --var, variables of a remote workspace) are not in this population.",
    "Changes that never went through this repository are what `driftline scan --unmanaged` looks for.",
    "Who could have approved (permissions of people on the forge) is not looked at.",
];

fn not_covered(skipped_keys: &[String]) -> Vec<String> {
    let keys = skipped_keys.iter().map(|cause| format!("What a key of the settings signed is not verified: {cause}."));
    NOT_COVERED.iter().map(|text| (*text).to_owned()).chain(keys).collect()
}

/// Changes in the directory that was asked about.
fn changed(history: &History, question: &Question<'_>, positions: Range<u32>) -> Vec<Landed> {
    let below = |block: &BlockId| {
        let rest = directory(block).strip_prefix(question.directory.as_str());
        question.directory.is_empty() || rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    let mut changed = history.landed_in(positions);
    changed.retain(|landed| below(&landed.block) || landed.from.as_ref().is_some_and(below));
    changed
}

fn landing(
    history: &History,
    position: u32,
    landed: &[Landed],
    details: &[Detail],
    deployments: &deployed::Deployments<'_>,
) -> AuditedLanding {
    let commit = history.commit_at(position).map(|id| id.to_string()).unwrap_or_default();
    let attribution = history
        .landing_attribution(&commit)
        .unwrap_or_else(|| Attribution::unknown("not in the part of Git's history that is here"));
    let change = |(landed, detail): (&Landed, &Detail)| AuditedChange {
        kind: landed.kind.name(),
        directory: directory(&landed.block).to_owned(),
        what: match &landed.from {
            Some(from) if what(from) != what(&landed.block) => format!("{} (was {})", what(&landed.block), what(from)),
            Some(from) => format!("{} (was in {})", what(&landed.block), shown_directory(from)),
            None => what(&landed.block),
        },
        declaring_commit: landed.commit.map(|id| id.to_string()),
        attributes: detail.differences.iter().map(|one| difference(history, &landed.block, one)).collect(),
        generated: detail.generated,
        deployed: deployments.first(position, &landed.block),
    };
    AuditedLanding {
        attribution,
        is_merge: history.is_merge(position),
        changes: landed.iter().zip(details).map(change).collect(),
    }
}

fn shown_directory(block: &BlockId) -> &str {
    match directory(block) {
        "" => "the root",
        directory => directory,
    }
}

fn difference(history: &History, block: &BlockId, one: &attribute::Difference) -> AttributeDiff {
    let secret = |text: &String| sensitive::is_sensitive(block, &one.path, text, history.sensitive_variables());
    let sensitive = one.before.iter().chain(&one.after).any(secret);
    let shown = |text: &Option<String>| {
        text.as_ref().map(|text| if sensitive { sensitive::HIDDEN.to_owned() } else { text.clone() })
    };
    AttributeDiff { path: one.path.to_string(), before: shown(&one.before), after: shown(&one.after), sensitive }
}

/// The directory that a block's file is in.
fn directory(block: &BlockId) -> &str {
    match block.kind.as_str() {
        "tfvars" | "submodule" => block.directory.rsplit_once('/').map_or("", |(directory, _)| directory),
        _ => &block.directory,
    }
}

/// A block's name as the language writes it.
fn what(block: &BlockId) -> String {
    let name = block.labels.join(".");
    let file = || block.directory.rsplit('/').next().unwrap_or_default();
    match block.kind.as_str() {
        "resource" => name,
        "locals" => format!("local.{name}"),
        "variable" => format!("var.{name}"),
        "tfvars" => format!("{}: {name}", file()),
        "lock" => format!(".terraform.lock.hcl: {name}"),
        "submodule" => format!("submodule {}", file()),
        "moved" => format!("moved {}", block.labels.join(" to ")),
        kind @ ("import" | "removed") => format!("{kind} {name}"),
        kind if name.is_empty() => kind.to_owned(),
        kind => format!("{kind}.{name}"),
    }
}

fn sources(earlier: &[EarlierTip]) -> Vec<String> {
    let sources: BTreeSet<&str> = earlier.iter().map(|tip| tip.source.as_str()).collect();
    sources.into_iter().map(str::to_owned).collect()
}

/// What is not known of a change, because a version of its file could not be read.
fn hole_of(landed: &Landed, commit: Option<String>, is_blind: bool) -> Hole {
    let what = what(&landed.block);
    let (what, cause) = match is_blind {
        true => (
            format!("whether {what} changed"),
            "a version of its file is not in this clone: run `git fetch --refetch --no-filter`",
        ),
        false => (
            format!("what {what} said before or says since"),
            "a version of its file cannot be read: see `git show` for the text",
        ),
    };
    Hole { what, commit, cause: cause.into() }
}

/// What could not be looked at.
fn holes(history: &History, question: &Question<'_>, positions: &Range<u32>, evidence: &Evidence<'_>) -> Vec<Hole> {
    let mut holes = Vec::new();
    if let Some(reason) = history.incomplete() {
        holes.push(Hole { what: "the beginning of history".into(), commit: None, cause: reason.into() });
    }
    let commit = |position: u32| history.commit_at(position).map(|id| id.to_string());
    for position in positions.clone().filter(|position| !history.is_whole(*position)) {
        let cause = "not all of the commits that it merged are in this clone: run `git fetch --unshallow`".into();
        holes.push(Hole { what: "what a commit landed".into(), commit: commit(position), cause });
    }
    let in_period = |hash: &str| {
        let landed = hash.parse().ok().and_then(|id| history.landed(id));
        landed.is_some_and(|(position, _)| positions.contains(&position))
    };
    let below = |file: &str| {
        let rest = file.strip_prefix(question.directory.as_str());
        question.directory.is_empty() || rest.is_some_and(|rest| rest.starts_with('/'))
    };
    let broken = history.unparseable().iter().filter(|file| in_period(&file.commit) && below(&file.file));
    holes.extend(broken.map(|file| Hole {
        what: file.file.clone(),
        commit: Some(file.commit.to_string()),
        cause: format!(
            "this version cannot be parsed ({}), so what it changed shows where it was repaired",
            file.cause
        ),
    }));
    for (commit, cause) in &evidence.missing {
        if let Some(cause) = cause {
            let what = "the forge's record".into();
            holes.push(Hole { what, commit: Some(commit.clone()), cause: cause.clone() });
        }
    }
    holes
}
