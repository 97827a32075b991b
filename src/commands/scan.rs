//! `driftline scan`.
//! Knows nothing of what a scan does.

use super::write_reports;
use crate::cli::{LevelArgument, OutputArguments, Reader, SCAN_FORMATS, ScanArguments};
use crate::compare::Level;
use crate::error::Error;
use crate::fetch::Progress;
use crate::git::Repository;
use crate::interrupt::Interrupt;
use crate::inventory::Inventory;
use crate::model::Report;
use crate::providers::{HAS_PLUGINS, Readers};
use crate::report::Earlier;
use crate::scan::{self, Settings, Subject};
use crate::settings::{self, ScanInForce};
use indicatif::{ProgressBar, ProgressStyle};
use std::io::Read;
use std::path::Path;
use std::time::Duration;

/// An earlier SARIF report is no larger than code scanning takes, by far.
const MAX_PREVIOUS_BYTES: u64 = 256 << 20;

/// Scans and reports.
pub(super) fn run(arguments: ScanArguments, interrupt: &Interrupt) -> Result<u8, Error> {
    let variables = arguments.variables.in_order();
    // Arguments that cannot work are told before an hour of reading.
    super::targets(&arguments.output.report, &SCAN_FORMATS)?;
    let repository = Repository::discover(&arguments.dir)?;
    let approved = repository.approved(arguments.r#ref.as_deref())?;
    let file = settings::read(&repository.tree(approved.commit)?, arguments.config.as_deref())?;
    let environment = std::env::vars_os().collect();
    let in_force = settings::scan_in_force(&arguments, &file, &environment, repository.work_dir())?;
    let evidence = settings::evidence_in_force(&arguments.evidence, &file, repository.work_dir())?;
    let (readers, level) = readers(&in_force, arguments.live.is_some())?;
    let previous = match in_force.sarif_previous.value.as_deref() {
        Some(path) if path != Path::new("none") => Some(read_previous(path)?),
        _ => None,
    };
    let earlier = match &previous {
        Some(text) => Earlier::Report(text),
        None if in_force.sarif_previous.value.is_some() => Earlier::FirstUpload,
        None => Earlier::NotGiven,
    };
    let directory = repository.relative(&arguments.dir)?;
    let output = OutputArguments {
        report: in_force.report.value,
        color: Some(in_force.color.value),
        show_folds: Some(in_force.show_folds.value),
    };
    let settings = Settings {
        subject: Subject {
            dir: arguments.dir,
            reference: arguments.r#ref,
            states: arguments.state,
            workspaces: super::workspaces(&arguments.states.workspaces),
            include: in_force.include.value,
            exclude: in_force.exclude.value,
            backend_config: arguments.states.backend_config,
            allow_programs: arguments.states.allow_programs,
            variables: super::variables(&variables),
            deadline: Duration::from_secs(in_force.deadline.value),
        },
        live: arguments.live,
        record: in_force.record.value,
        activity: in_force.activity.value,
        inventory: Inventory {
            wanted: in_force.unmanaged.value,
            scopes: in_force.scope.value,
            ignored: in_force.ignore.value,
        },
        deadline: Duration::from_secs(in_force.deadline.value),
        max_rps: in_force.max_rps.value,
        readers,
        confirm: in_force.confirm.value,
        level,
        config: arguments.config,
        evidence: evidence.settings(),
        environment,
    };
    let report = scan(&settings, interrupt)?;
    write_reports(&report, &output, &directory, earlier)?;
    Ok(report.scan.exit_code)
}

/// Which readers, and at what level their answers are compared.
fn readers(in_force: &ScanInForce, replays: bool) -> Result<(Readers, Level), Error> {
    let confirm = in_force.confirm.value;
    let readers = match in_force.reader.value {
        Reader::Auto => Readers::Auto,
        Reader::Native => Readers::Native,
        Reader::Plugin => Readers::Plugin,
    };
    let level = match in_force.level.value {
        LevelArgument::Raw => Level::Raw,
        LevelArgument::Normalized => Level::Normalized,
        LevelArgument::Configured => Level::Configured,
    };
    let usage = |text: &str| Err(Error::Usage(text.into()));
    if level == Level::Raw && readers != Readers::Plugin {
        return usage("--level raw compares what the provider itself answers: it goes with --reader plugin");
    }
    if confirm && readers != Readers::Auto {
        return usage("--confirm reads once more what native readers suspect: it goes with --reader auto");
    }
    if !HAS_PLUGINS && !replays && (confirm || readers == Readers::Plugin) {
        return usage("this driftline was built without the plugin reader: build it with `--features plugin`");
    }
    Ok((readers, level))
}

/// Scans with progress on standard error where that is a terminal.
pub(super) fn scan(settings: &Settings, interrupt: &Interrupt) -> Result<Report, Error> {
    // Draws nothing where standard error is no terminal.
    let bar = ProgressBar::new_spinner();
    if let Ok(style) = ProgressStyle::with_template("{spinner} {msg} [{elapsed}]") {
        bar.set_style(style);
    }
    bar.enable_steady_tick(Duration::from_millis(120));
    let progress = |progress: Progress| bar.set_message(progress.to_string());
    let report = super::awaited(scan::run(settings, interrupt, &progress));
    bar.finish_and_clear();
    report
}

fn read_previous(path: &Path) -> Result<String, Error> {
    let error = |cause| Error::Read { path: path.to_owned(), cause };
    let file = std::fs::File::open(path).map_err(error)?;
    let mut text = String::new();
    let read = file.take(MAX_PREVIOUS_BYTES + 1).read_to_string(&mut text).map_err(error)?;
    if read as u64 > MAX_PREVIOUS_BYTES {
        return Err(error(std::io::Error::other("larger than any SARIF report of ours")));
    }
    Ok(text)
}
