//! Which of flags, environment, file and defaults is in force: one merge, used by the commands and by whoever asks.
//! Knows nothing of how settings are read, shown or used.

use super::{SettingsError, SettingsFile, paths};
use crate::activity;
use crate::cli::{Color, EvidenceArguments, LevelArgument, Reader, ReportTarget, ScanArguments};
use crate::error::Error;
use crate::evidence::{EvidenceSettings, Keep};
use crate::inventory::{Ignore, NamedScope};
use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

/// Seconds that a scan reads at most, unless it is told otherwise.
const DEADLINE: u64 = 900;

/// Where a value comes from, the strongest first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// The command line.
    Flag(String),
    /// An environment variable.
    Environment(String),
    /// A line of the settings file.
    File(usize),
    /// Nobody said anything.
    Default,
}

/// A value, and where it comes from.
#[derive(Debug, Clone, PartialEq)]
pub struct InForce<T> {
    /// The value.
    pub value: T,
    /// Where it comes from.
    pub origin: Origin,
}

/// All that [`ScanArguments`] and `[scan]` say, and where each comes from.
#[derive(Debug, Clone)]
#[expect(missing_docs, reason = "each is called as its flag is")]
pub struct ScanInForce {
    pub include: InForce<Vec<String>>,
    pub exclude: InForce<Vec<String>>,
    /// Of the command line or the environment, else of `[scan]`; empty for all.
    pub workspaces: InForce<Vec<String>>,
    pub unmanaged: InForce<bool>,
    pub scope: InForce<Vec<NamedScope>>,
    pub ignore: InForce<Vec<Ignore>>,
    pub reader: InForce<Reader>,
    pub level: InForce<LevelArgument>,
    pub confirm: InForce<bool>,
    pub deadline: InForce<u64>,
    pub max_rps: InForce<Option<u32>>,
    pub activity: InForce<Vec<activity::Source>>,
    pub record: InForce<Option<PathBuf>>,
    pub report: InForce<Vec<ReportTarget>>,
    pub color: InForce<Color>,
    pub show_folds: InForce<bool>,
    pub sarif_previous: InForce<Option<PathBuf>>,
}

/// All that [`EvidenceArguments`] and `[evidence]` say, and where each comes from.
#[derive(Debug, Clone)]
#[expect(missing_docs, reason = "each is called as its flag is")]
pub struct EvidenceInForce {
    pub offline: InForce<bool>,
    pub forge: InForce<Option<String>>,
    pub cache: InForce<Option<PathBuf>>,
    pub no_cache: InForce<bool>,
}

impl EvidenceInForce {
    /// As what gathers evidence wants it.
    pub fn settings(&self) -> EvidenceSettings {
        let keep = match &self.cache.value {
            _ if self.no_cache.value => Keep::Nothing,
            Some(dir) => Keep::In(dir.clone()),
            None => Keep::Beside,
        };
        EvidenceSettings { offline: self.offline.value, forge: self.forge.value.clone(), keep }
    }
}

/// What is merged, for one table.
struct Merge<'a> {
    table: &'static str,
    file: &'a SettingsFile,
    work_dir: Option<&'a Path>,
}

impl Merge<'_> {
    /// The flag's value, else the file's, else the default. `key` is the file's; the flag is called the same, with dashes.
    fn choose<T>(&self, key: &str, flag: Option<T>, file: Option<T>, default: T) -> InForce<T> {
        let (value, origin) = match (flag, file) {
            (Some(value), _) => (value, Origin::Flag(format!("--{}", key.replace('_', "-")))),
            (None, Some(value)) => (value, Origin::File(self.file.source.line(&format!("{}.{key}", self.table)))),
            (None, None) => (default, Origin::Default),
        };
        InForce { value, origin }
    }

    /// The same for what can be repeated: nothing given is not given, and what is given replaces all of the file's.
    fn list<T: Clone>(&self, key: &str, flag: &[T], file: &[T]) -> InForce<Vec<T>> {
        let given = |list: &[T]| (!list.is_empty()).then(|| list.to_vec());
        self.choose(key, given(flag), given(file), Vec::new())
    }

    /// The same for what is one thing or nothing.
    fn option<T: Clone>(&self, key: &str, flag: Option<&T>, file: Option<T>) -> InForce<Option<T>> {
        self.choose(key, flag.cloned().map(Some), file.map(Some), None)
    }

    /// A path of the file, which is relative to the repository's root.
    fn input(&self, path: &Path) -> PathBuf {
        self.work_dir.map_or_else(|| path.to_owned(), |dir| dir.join(path))
    }

    /// A path of the file to write to.
    fn output(&self, path: &Path) -> Result<PathBuf, Error> {
        if !self.file.source.committed {
            return Ok(self.input(path));
        }
        let work_dir = self.work_dir.ok_or_else(|| "a bare repository has no work tree".to_owned());
        let path = work_dir.and_then(|work_dir| paths::output(work_dir, path));
        path.map_err(|cause| SettingsError::Refused(cause).into())
    }
}

/// Merges what a scan is told: the command line is stronger than the environment, that than the file, that than defaults.
///
/// # Errors
/// When the file names a path to write to that is not in the work tree, or when flags do not go together with what is in
/// force.
pub fn scan_in_force(
    arguments: &ScanArguments,
    file: &SettingsFile,
    environment: &BTreeMap<OsString, OsString>,
    work_dir: Option<&Path>,
) -> Result<ScanInForce, Error> {
    let merge = Merge { table: "scan", file, work_dir };
    let scan = &file.scan;
    let placed = |target: &ReportTarget| {
        let path = target.file.as_deref().map(|path| merge.output(path)).transpose()?;
        Ok(ReportTarget { format: target.format, file: path })
    };
    let used = arguments.output.report.is_empty();
    let reports: Vec<ReportTarget> =
        if used { scan.report.iter().map(placed).collect::<Result<_, Error>>()? } else { Vec::new() };
    // A recording that is replayed is not recorded again.
    let record = scan.record.as_deref().filter(|_| arguments.live.is_none() && arguments.record.is_none());
    let folder = |source: &activity::Source| match source {
        activity::Source::Folder(dir) => activity::Source::Folder(merge.input(dir)),
        other => other.clone(),
    };
    let folders: Vec<activity::Source> = scan.activity.iter().map(folder).collect();
    let previous = scan.sarif_previous.as_deref();
    let previous = previous.map(|path| if path == Path::new("none") { path.to_owned() } else { merge.input(path) });
    let output = &arguments.output;
    let in_force = ScanInForce {
        include: merge.list("include", &arguments.selection.include, &scan.include),
        exclude: merge.list("exclude", &arguments.selection.exclude, &scan.exclude),
        workspaces: asked_workspaces(&arguments.states.workspaces.workspace, environment)
            .unwrap_or_else(|| merge.list("workspaces", &[], &scan.workspaces)),
        unmanaged: merge.choose("unmanaged", arguments.unmanaged, scan.unmanaged, false),
        scope: merge.list("scope", &arguments.scope, &scan.scope),
        ignore: merge.list("ignore", &arguments.ignore, &scan.ignore),
        reader: merge.choose("reader", arguments.reader, scan.reader, Reader::Auto),
        level: merge.choose("level", arguments.level, scan.level, LevelArgument::Normalized),
        confirm: merge.choose("confirm", arguments.confirm, scan.confirm, false),
        deadline: merge.choose("deadline", arguments.deadline, scan.deadline, DEADLINE),
        max_rps: merge.option("max_rps", arguments.max_rps.as_ref(), scan.max_rps),
        activity: merge.list("activity", &arguments.activity, &folders),
        record: merge.option("record", arguments.record.as_ref(), record.map(|dir| merge.output(dir)).transpose()?),
        report: merge.list("report", &output.report, &reports),
        color: merge.choose("color", output.color, scan.color, Color::Auto),
        show_folds: merge.choose("show_folds", output.show_folds, scan.show_folds, false),
        sarif_previous: merge.option("sarif_previous", arguments.sarif_previous.as_ref(), previous),
    };
    let without = [("--scope", arguments.scope.is_empty()), ("--ignore", arguments.ignore.is_empty())];
    match without.iter().find(|(_, absent)| !absent && !in_force.unmanaged.value) {
        Some((flag, _)) => Err(Error::Usage(format!("{flag} concerns what is in no state: it goes with --unmanaged"))),
        None => Ok(in_force),
    }
}

/// The workspaces that the command line asks for, else the one that Terraform would use; none where neither says any.
/// Stronger than what the file says of a root module.
pub fn asked_workspaces(flag: &[String], environment: &BTreeMap<OsString, OsString>) -> Option<InForce<Vec<String>>> {
    const VARIABLE: &str = "TF_WORKSPACE";
    if !flag.is_empty() {
        return Some(InForce { value: flag.to_vec(), origin: Origin::Flag("--workspace".into()) });
    }
    let name = environment.get(OsStr::new(VARIABLE)).and_then(|name| name.to_str()).filter(|name| !name.is_empty())?;
    // A name, and no pattern.
    Some(InForce { value: vec![globset::escape(name)], origin: Origin::Environment(VARIABLE.into()) })
}

/// Merges where evidence comes from, as [`scan_in_force`] does.
///
/// # Errors
/// As that.
pub fn evidence_in_force(
    arguments: &EvidenceArguments,
    file: &SettingsFile,
    work_dir: Option<&Path>,
) -> Result<EvidenceInForce, Error> {
    let merge = Merge { table: "evidence", file, work_dir };
    let evidence = &file.evidence;
    let keeping = arguments.no_cache != Some(true) && arguments.cache.is_none();
    let cache = evidence.cache.as_deref().filter(|_| keeping).map(|dir| merge.output(dir)).transpose()?;
    // A place that is named is a place that is used.
    let no_cache = evidence.no_cache.filter(|_| arguments.cache.is_none());
    let in_force = EvidenceInForce {
        offline: merge.choose("offline", arguments.offline, evidence.offline, false),
        forge: merge.option("forge", arguments.forge.as_ref(), evidence.forge.clone()),
        cache: merge.option("cache", arguments.cache.as_ref(), cache),
        no_cache: merge.choose("no_cache", arguments.no_cache, no_cache, false),
    };
    if in_force.offline.value && in_force.no_cache.value {
        let text = "--offline uses what an earlier run kept, and --no-cache keeps nothing; a setting is switched off by \
                    --offline=false or --no-cache=false";
        return Err(Error::Usage(text.into()));
    }
    Ok(in_force)
}
