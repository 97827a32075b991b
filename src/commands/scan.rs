//! `driftline scan`.
//! Knows nothing of what a scan does.

use super::write_reports;
use crate::cli::{LevelArgument, Reader, ScanArguments};
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
use indicatif::{ProgressBar, ProgressStyle};
use std::io::Read;
use std::path::Path;
use std::time::Duration;

/// An earlier SARIF report is no larger than code scanning takes, by far.
const MAX_PREVIOUS_BYTES: u64 = 256 << 20;

/// Scans and reports.
pub(super) fn run(arguments: ScanArguments, interrupt: &Interrupt) -> Result<u8, Error> {
    let variables = arguments.variables.in_order();
    let (readers, level) = readers(&arguments)?;
    // Arguments that cannot work are told before an hour of reading.
    super::targets(&arguments.output.report, &super::SCAN_FORMATS)?;
    let previous = match arguments.sarif_previous.as_deref() {
        Some(path) if path != Path::new("none") => Some(read_previous(path)?),
        _ => None,
    };
    let earlier = match &previous {
        Some(text) => Earlier::Report(text),
        None if arguments.sarif_previous.is_some() => Earlier::FirstUpload,
        None => Earlier::NotGiven,
    };
    let directory = Repository::discover(&arguments.dir)?.relative(&arguments.dir)?;
    let settings = Settings {
        subject: Subject {
            dir: arguments.dir,
            reference: arguments.r#ref,
            states: arguments.state,
            workspaces: super::workspaces(),
            backend_config: Vec::new(),
            allow_key_programs: false,
            variables: super::variables(&variables),
        },
        live: arguments.live,
        record: arguments.record,
        activity: arguments.activity,
        inventory: Inventory { wanted: arguments.unmanaged, scopes: arguments.scope, ignored: arguments.ignore },
        deadline: Duration::from_secs(arguments.deadline),
        max_rps: arguments.max_rps,
        readers,
        confirm: arguments.confirm,
        level,
        config: arguments.config,
        evidence: super::evidence(&arguments.evidence),
        environment: std::env::vars_os().collect(),
    };
    let report = scan(&settings, interrupt)?;
    write_reports(&report, &arguments.output, &directory, earlier)?;
    Ok(report.scan.exit_code)
}

/// Which readers, and at what level their answers are compared.
fn readers(arguments: &ScanArguments) -> Result<(Readers, Level), Error> {
    let readers = match arguments.reader {
        Reader::Auto => Readers::Auto,
        Reader::Native => Readers::Native,
        Reader::Plugin => Readers::Plugin,
    };
    let level = match arguments.level {
        LevelArgument::Raw => Level::Raw,
        LevelArgument::Normalized => Level::Normalized,
        LevelArgument::Configured => Level::Configured,
    };
    let usage = |text: &str| Err(Error::Usage(text.into()));
    if level == Level::Raw && readers != Readers::Plugin {
        return usage("--level raw compares what the provider itself answers: it goes with --reader plugin");
    }
    if arguments.confirm && readers != Readers::Auto {
        return usage("--confirm reads once more what native readers suspect: it goes with --reader auto");
    }
    if !HAS_PLUGINS && arguments.live.is_none() && (arguments.confirm || readers == Readers::Plugin) {
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
