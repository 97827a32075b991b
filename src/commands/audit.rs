//! `driftline audit`: every change to infrastructure in a period, from Git and from what is on record of its approval.
//! Knows nothing of state or of what is live.

use crate::attribute;
use crate::audit::{self, Evidence, Question, ScanRecord};
use crate::cli::{AuditArguments, Color, Format};
use crate::error::Error;
use crate::evidence::{self, Sources};
use crate::git::{Approved, EarlierTip, Repository};
use crate::interrupt::Interrupt;
use crate::report::{audit_csv, audit_json, audit_markdown, audit_text};
use crate::scan::repository_info;
use crate::settings;
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// Audits and reports.
pub(super) fn run(arguments: &AuditArguments, interrupt: &Interrupt) -> Result<u8, Error> {
    let targets = super::targets(&arguments.report, &[Format::Text, Format::Json, Format::Csv, Format::Markdown])?;
    let scans = scans(&arguments.scan)?;
    let repository = Repository::discover(&arguments.dir)?;
    let approved = repository.approved(arguments.r#ref.as_deref())?;
    let directory = repository.relative(&arguments.dir)?;
    let file = settings::read(&repository.tree(approved.commit)?, arguments.config.as_deref())?;
    let settings = settings::evidence_in_force(&arguments.evidence, &file, repository.work_dir())?.settings();
    let keep = settings.keep.dir(&repository);
    let directories = if directory.is_empty() { Vec::new() } else { vec![directory.clone()] };
    // A record for auditors does not rest on what an earlier run left where others can write.
    let history = attribute::history(repository.inner(), approved.commit, &directories, None)?;
    interrupt.check()?;
    let question = Question {
        directory,
        since: arguments.since.as_deref(),
        until: arguments.until.as_deref(),
        earlier: earlier_tips(&repository, &approved, keep.as_deref(), &scans),
        scans,
    };
    let tree = repository.tree(approved.commit)?;
    let environment: BTreeMap<OsString, OsString> = std::env::vars_os().collect();
    let sources = Sources {
        repository: &repository,
        approved: &approved,
        file: &file,
        settings: &settings,
        environment: &environment,
    };
    let queries = history.queries_of(&audit::landings(&repository, &history, &approved, &question)?);
    let gathered = evidence::gather(&sources, &tree, &queries, interrupt)?;
    interrupt.check()?;
    let history = history.approvals(gathered.approvals);
    let evidence = Evidence {
        forge: gathered.forge.map(|kind| kind.as_str().to_owned()),
        missing: gathered.missing,
        bypassed: gathered.bypassed,
        skipped_keys: gathered.skipped_keys,
        approved: &approved,
    };
    let audit = audit::audit(&repository, &history, &question, &evidence, repository_info(&repository, &approved))?;
    interrupt.check()?;
    if let Some(dir) = &keep {
        repository.note_tip(&approved, dir, jiff::Timestamp::now());
    }
    for target in targets {
        let text = match target.format {
            Format::Json => audit_json(&audit),
            Format::Csv => audit_csv(&audit),
            Format::Markdown => audit_markdown(&audit),
            _ => audit_text(&audit, super::text_options_of(Color::Auto, false, target.file.as_deref())),
        };
        super::write(target.file.as_deref(), &text)?;
    }
    Ok(audit.exit_code)
}

/// Tips that the clone, driftline's own notes and scans remember.
fn earlier_tips(
    repository: &Repository,
    approved: &Approved,
    keep: Option<&Path>,
    scans: &[ScanRecord],
) -> Vec<EarlierTip> {
    let mut tips = repository.earlier_tips(approved, keep);
    let same = scans.iter().filter(|scan| scan.reference == approved.reference);
    tips.extend(same.map(|scan| EarlierTip {
        commit: scan.commit,
        at: Some(scan.at()),
        source: "reports of scans".into(),
    }));
    tips
}

/// The reports of scans that are named, each a file or a glob.
fn scans(named: &[String]) -> Result<Vec<ScanRecord>, Error> {
    let mut records = Vec::new();
    for pattern in named {
        for path in files(pattern)? {
            records.push(audit::read_scan(&path)?);
        }
    }
    Ok(records)
}

fn files(pattern: &str) -> Result<Vec<PathBuf>, Error> {
    let path = Path::new(pattern);
    if path.exists() {
        return Ok(vec![path.to_owned()]);
    }
    let error = |cause: String| Error::Usage(format!("--scan {pattern} {cause}"));
    let name = path.file_name().and_then(|name| name.to_str()).ok_or_else(|| error("names no file".into()))?;
    let matcher = globset::Glob::new(name).map_err(|cause| error(format!("is no pattern: {cause}")))?.compile_matcher();
    let dir = path.parent().filter(|dir| !dir.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let entries = std::fs::read_dir(dir).map_err(|cause| error(format!("cannot be looked for: {cause}")))?;
    let mut found: Vec<PathBuf> = entries
        .filter_map(Result::ok)
        .filter(|entry| matcher.is_match(entry.file_name()))
        .map(|entry| entry.path())
        .collect();
    found.sort();
    if found.is_empty() {
        return Err(error("names no file".into()));
    }
    Ok(found)
}
