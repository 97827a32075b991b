//! What a user can type.
//! Knows nothing of how any of it is done.

mod selection;
mod variables;

pub use selection::{
    ConfigArguments, InitArguments, SelectionArguments, StateArguments, StatesArguments, WorkspaceArguments,
};
pub use variables::VariableArguments;

use crate::activity::Source;
use crate::inventory::{Ignore, NamedScope};
use crate::settings::DEADLINE_SECONDS;
use clap::{Args, Parser, Subcommand, ValueEnum};
use std::path::PathBuf;

/// Finds what drifted between approved Terraform configuration, state and the live cloud, and names who approved it.
#[derive(Debug, Parser)]
#[command(name = "driftline", version, propagate_version = true, max_term_width = 100, after_help = EXIT_CODES)]
pub struct Cli {
    /// What to do
    #[command(subcommand)]
    pub command: Command,
}

const EXIT_CODES: &str =
    "Exit codes: 0 in sync, 1 error, 2 drift, 3 no drift seen but the scan was incomplete, 130 interrupted";

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Compare configuration, state and live objects, and report every drift
    #[command(after_help = SCAN_EXAMPLES)]
    Scan(ScanArguments),
    /// Show the main job on an embedded example; needs no account and no network
    Demo(DemoArguments),
    /// Name the commits that declared and approved resources, and all that happened to them
    #[command(after_help = BLAME_EXAMPLES)]
    Blame(BlameArguments),
    /// List every change to infrastructure that landed in a period, with its approval, for auditors
    #[command(after_help = AUDIT_EXAMPLES)]
    Audit(AuditArguments),
    /// Show what is declared, recorded and live of a resource, attribute by attribute, and where each comes from
    #[command(after_help = SHOW_EXAMPLES)]
    Show(ShowArguments),
    /// List the states that a scan would look at: root module, workspace, backend, serial, age, resources
    #[command(after_help = STATES_EXAMPLES)]
    States(StatesArguments),
    /// Print the least-privilege IAM policy for scanning a stack
    #[command(after_help = PERMISSIONS_EXAMPLES)]
    Permissions(PermissionsArguments),
    /// Show every setting that a scan would use, and where it comes from; takes the flags of `scan`
    #[command(after_help = CONFIG_EXAMPLES)]
    Config(ConfigArguments),
    /// Write a commented driftline.toml for this repository
    Init(InitArguments),
    /// Print the JSON Schema of a JSON report, or of driftline.toml
    Schema(SchemaArguments),
}

const PERMISSIONS_EXAMPLES: &str = "\
Examples:
  driftline permissions                                              what this root module's state needs
  terraform state pull | driftline permissions --state - --format terraform
  driftline permissions --all                                        every resource type that is read";

const CONFIG_EXAMPLES: &str = "\
Examples:
  driftline config                                           what a scan here would use, root module by root module
  driftline config live --level configured --report json     with a flag of scan, for a program";

const BLAME_EXAMPLES: &str = "\
Examples:
  driftline blame aws_vpc.main                               all that happened to it, the newest first, and who approved it
  GITHUB_TOKEN=… driftline blame                             with the reviews that the forge has on record";

const AUDIT_EXAMPLES: &str = "\
Examples:
  driftline audit --since 2026-01-01 --until 2026-03-31      a quarter
  driftline audit --since v1.4 --report markdown=audit.md --report csv=audit.csv
  driftline audit --since 2026-01-01 --scan 'scans/*.json'   and when each change was first seen deployed
Exit codes: 0 nothing to look at, 1 error, 2 findings, 3 no findings, but not all can be told";

const SHOW_EXAMPLES: &str = "\
Examples:
  driftline show 'module.net.aws_vpc.main[0]'                all there is to know, the live object read for it alone
  driftline show aws_instance.web --offline                  what is declared and recorded
  driftline show                                             every resource that is declared or recorded";

const STATES_EXAMPLES: &str = "\
Examples:
  driftline states                                           every root module and workspace below this directory
  driftline states --versions 10 --report json               with earlier states that the backends still keep
Exit codes: 0 all can be read, 1 error, 3 some cannot be read";

const SCAN_EXAMPLES: &str = "\
Examples:
  driftline scan                                             the root module in this directory
  terraform state pull | driftline scan --state -            any backend
  driftline scan live --report text --report sarif=out.sarif
  driftline scan --record evidence; driftline scan --live evidence";

/// Arguments of `scan`.
#[derive(Debug, Args)]
pub struct ScanArguments {
    /// Root module, or a directory of root modules, inside a Git work tree
    #[arg(default_value = ".")]
    pub dir: PathBuf,

    /// Approved revision: what was reviewed and may be deployed [default: the remote's default branch, else HEAD]
    #[arg(long, value_name = "REV", help_heading = "Input")]
    pub r#ref: Option<String>,

    /// State to read instead of the backend's: a file, a glob, or - for standard input; can be repeated
    #[arg(long, value_name = "SOURCE", help_heading = "Input")]
    pub state: Vec<String>,

    /// Which root modules
    #[command(flatten)]
    pub selection: SelectionArguments,

    /// Which of their states, and how they are reached
    #[command(flatten)]
    pub states: StateArguments,

    /// What variables of the root modules are given
    #[command(flatten)]
    pub variables: VariableArguments,

    /// Read live objects from a recording instead of the cloud
    #[arg(long, value_name = "DIR", help_heading = "Input", conflicts_with = "record")]
    pub live: Option<PathBuf>,

    /// How to read live objects [default: auto]
    #[arg(long, value_enum, help_heading = "Input")]
    pub reader: Option<Reader>,

    /// Read what native readers suspect once more through the provider plugin, so that it is drift to terraform too
    #[arg(long, num_args = 0..=1, require_equals = true, default_missing_value = "true", hide_possible_values = true, value_name = "BOOL", help_heading = "Input")]
    pub confirm: Option<bool>,

    /// What counts as a difference [default: normalized]
    #[arg(long, value_enum, help_heading = "Input")]
    pub level: Option<LevelArgument>,

    /// Settings to use instead of driftline.toml of the approved commit
    #[arg(long, value_name = "FILE", help_heading = "Input")]
    pub config: Option<PathBuf>,

    /// Where evidence of approvals comes from
    #[command(flatten)]
    pub evidence: EvidenceArguments,

    /// Also say who changed live what drifted, out of cloudtrail (its event history), a folder of a trail's files, or
    /// s3://BUCKET/PREFIX; can be repeated
    #[arg(long, value_name = "SOURCE", help_heading = "Input")]
    pub activity: Vec<Source>,

    /// Also report live objects that are in no state
    #[arg(long, num_args = 0..=1, require_equals = true, default_missing_value = "true", hide_possible_values = true, value_name = "BOOL", help_heading = "Input")]
    pub unmanaged: Option<bool>,

    /// Look for them here instead of where the states live; goes with --unmanaged; can be repeated
    #[arg(long, value_name = "[ACCOUNT/]REGION", help_heading = "Input")]
    pub scope: Vec<NamedScope>,

    /// Leave out such of them: TYPE, TYPE:ID or tag:KEY=VALUE, each part a shell pattern; goes with
    /// --unmanaged; can be repeated
    #[arg(long, value_name = "PATTERN", help_heading = "Input")]
    pub ignore: Vec<Ignore>,

    /// Give up reading after this many seconds; what is not read by then is unknown [default: 900]
    #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(DEADLINE_SECONDS), help_heading = "Input")]
    pub deadline: Option<u64>,

    /// Ask no service of an account and region more often than this many times a second [default: well below each
    /// service's own limit]
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u32).range(1..=1000), help_heading = "Input")]
    pub max_rps: Option<u32>,

    /// Keep what was read in this directory, for --live
    #[arg(long, value_name = "DIR", help_heading = "Output")]
    pub record: Option<PathBuf>,

    /// Arguments shared with `demo`
    #[command(flatten)]
    pub output: OutputArguments,

    /// Earlier SARIF report whose findings an incomplete scan carries forward where it did not look; `none` for the
    /// first upload of all
    #[arg(long, value_name = "FILE", help_heading = "Output")]
    pub sarif_previous: Option<PathBuf>,
}

/// How reports are written.
#[derive(Debug, Clone, Args)]
pub struct OutputArguments {
    /// Report to write: text, json or sarif, optionally =FILE; can be repeated [default: text]
    #[arg(long, value_name = "FORMAT[=FILE]", help_heading = "Output")]
    pub report: Vec<ReportTarget>,

    /// When to use color [default: auto]
    #[arg(long, value_enum, help_heading = "Output")]
    pub color: Option<Color>,

    /// Shorten nothing in the text report, and list what comparison rules folded and by which rule
    #[arg(long, num_args = 0..=1, require_equals = true, default_missing_value = "true", hide_possible_values = true, value_name = "BOOL", help_heading = "Output")]
    pub show_folds: Option<bool>,
}

/// Arguments of `permissions`.
#[derive(Debug, Args)]
pub struct PermissionsArguments {
    /// Root module, or a directory of root modules, inside a Git work tree
    #[arg(default_value = ".", conflicts_with = "all")]
    pub dir: PathBuf,

    /// Approved revision, whose backend says where the state is [default: the remote's default branch, else HEAD]
    #[arg(long, value_name = "REV", conflicts_with = "all")]
    pub r#ref: Option<String>,

    /// State to read instead of the backend's: a file, a glob, or - for standard input; can be repeated
    #[arg(long, value_name = "SOURCE", conflicts_with = "all")]
    pub state: Vec<String>,

    /// Which root modules
    #[command(flatten)]
    pub selection: SelectionArguments,

    /// Which of their states, and how they are reached
    #[command(flatten)]
    pub states: StateArguments,

    /// Every resource type that is read, whatever a state holds; `scan --unmanaged` needs it
    #[arg(long)]
    pub all: bool,

    /// How to write the policy
    #[arg(long, value_enum, default_value_t = PolicyFormat::Json)]
    pub format: PolicyFormat,
}

/// Arguments of `schema`.
#[derive(Debug, Args)]
pub struct SchemaArguments {
    /// The command whose JSON report is described; `settings` for driftline.toml
    #[arg(value_name = "COMMAND", default_value = "scan")]
    pub command: Reporting,
}

/// A command that writes a JSON report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Reporting {
    /// What `driftline scan` writes
    Scan,
    /// What `driftline blame` writes
    Blame,
    /// What `driftline audit` writes
    Audit,
    /// What `driftline show` writes
    Show,
    /// What `driftline states` writes
    States,
    /// What `driftline config` writes
    Config,
    /// What driftline.toml can say
    Settings,
}

/// How a policy is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum PolicyFormat {
    /// An IAM policy document
    Json,
    /// A data source for Terraform and OpenTofu
    Terraform,
}

/// Arguments of `demo`.
#[derive(Debug, Args)]
pub struct DemoArguments {
    /// Keep the example in this new directory, to try other commands on it
    #[arg(long, value_name = "DIR")]
    pub keep: Option<PathBuf>,

    /// Arguments shared with `scan`
    #[command(flatten)]
    pub output: OutputArguments,
}

/// Where evidence of approvals comes from.
#[derive(Debug, Clone, Args)]
pub struct EvidenceArguments {
    /// Ask no forge: of its records use only what an earlier run kept
    #[arg(long, num_args = 0..=1, require_equals = true, default_missing_value = "true", hide_possible_values = true, value_name = "BOOL", help_heading = "Evidence")]
    pub offline: Option<bool>,

    /// The forge's API, where the remote does not tell: its address ends in /api/v3 (GitHub Enterprise) or /api/v4 (GitLab); the
    /// forge's token goes there
    #[arg(long, value_name = "URL", help_heading = "Evidence")]
    pub forge: Option<String>,

    /// Keep what was walked and what a forge answered here, instead of beside the repository's own data
    #[arg(long, value_name = "DIR", help_heading = "Evidence")]
    pub cache: Option<PathBuf>,

    /// Keep nothing of it
    #[arg(long, num_args = 0..=1, require_equals = true, default_missing_value = "true", hide_possible_values = true, value_name = "BOOL", conflicts_with_all = ["cache", "offline"], help_heading = "Evidence")]
    pub no_cache: Option<bool>,
}

/// Arguments of `audit`.
#[derive(Debug, Args)]
pub struct AuditArguments {
    /// After this: a revision, or a date in UTC [default: the beginning of history]
    #[arg(long, value_name = "REV|DATE")]
    pub since: Option<String>,

    /// Up to this, inclusive [default: the approved revision]
    #[arg(long, value_name = "REV|DATE")]
    pub until: Option<String>,

    /// Only what is in this directory or below, inside a Git work tree
    #[arg(long = "in", value_name = "DIR", default_value = ".")]
    pub dir: PathBuf,

    /// Approved revision [default: the remote's default branch, else HEAD]
    #[arg(long, value_name = "REV")]
    pub r#ref: Option<String>,

    /// JSON report of a scan, or a glob of such: they tell when a change was first seen deployed; can be repeated
    #[arg(long, value_name = "REPORT")]
    pub scan: Vec<String>,

    /// Settings to use instead of driftline.toml of the approved commit
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,

    /// Where evidence of approvals comes from
    #[command(flatten)]
    pub evidence: EvidenceArguments,

    /// Report to write: text, json, csv or markdown, optionally =FILE; can be repeated [default: text]
    #[arg(long, value_name = "FORMAT[=FILE]")]
    pub report: Vec<ReportTarget>,
}

/// Arguments of `blame`.
#[derive(Debug, Args)]
pub struct BlameArguments {
    /// Resources, such as `module.net.aws_vpc.main` [default: all that are declared]
    #[arg(value_name = "ADDRESS")]
    pub addresses: Vec<String>,

    /// Root module, or a directory of root modules, inside a Git work tree
    #[arg(long = "in", value_name = "DIR", default_value = ".")]
    pub dir: PathBuf,

    /// Approved revision [default: the remote's default branch, else HEAD]
    #[arg(long, value_name = "REV")]
    pub r#ref: Option<String>,

    /// Which root modules
    #[command(flatten)]
    pub selection: SelectionArguments,

    /// Settings to use instead of driftline.toml of the approved commit
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,

    /// Where evidence of approvals comes from
    #[command(flatten)]
    pub evidence: EvidenceArguments,

    /// Report to write: text or json, optionally =FILE; can be repeated [default: text]
    #[arg(long, value_name = "FORMAT[=FILE]")]
    pub report: Vec<ReportTarget>,
}

/// Arguments of `show`.
#[derive(Debug, Args)]
pub struct ShowArguments {
    /// Instances, such as `module.net.aws_vpc.main[0]`; without a key all instances [default: all, without live objects]
    #[arg(value_name = "ADDRESS")]
    pub addresses: Vec<String>,

    /// Root module, or a directory of root modules, inside a Git work tree
    #[arg(long = "in", value_name = "DIR", default_value = ".")]
    pub dir: PathBuf,

    /// Approved revision [default: the remote's default branch, else HEAD]
    #[arg(long, value_name = "REV")]
    pub r#ref: Option<String>,

    /// State to read instead of the backend's: a file, a glob, or - for standard input; can be repeated
    #[arg(long, value_name = "SOURCE")]
    pub state: Vec<String>,

    /// Which root modules
    #[command(flatten)]
    pub selection: SelectionArguments,

    /// Which of their states, and how they are reached
    #[command(flatten)]
    pub states: StateArguments,

    /// What variables of the root modules are given
    #[command(flatten)]
    pub variables: VariableArguments,

    /// Read live objects from a recording instead of the cloud
    #[arg(long, value_name = "DIR", conflicts_with = "offline")]
    pub live: Option<PathBuf>,

    /// Read nothing live
    #[arg(long)]
    pub offline: bool,

    /// Give up reading after this many seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 60, value_parser = clap::value_parser!(u64).range(DEADLINE_SECONDS))]
    pub deadline: u64,

    /// Report to write: text or json, optionally =FILE; can be repeated [default: text]
    #[arg(long, value_name = "FORMAT[=FILE]")]
    pub report: Vec<ReportTarget>,
}

/// Which reader reads live objects.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Reader {
    /// driftline's own bulk readers, and the installed Terraform provider for types that they do not read
    Auto,
    /// driftline's own bulk readers only
    Native,
    /// The installed Terraform provider for everything
    Plugin,
}

/// What counts as a difference.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum LevelArgument {
    /// Everything that `terraform plan -refresh-only` shows; with --reader plugin
    Raw,
    /// What has a meaning; the rest is folded by rules that the report can name
    Normalized,
    /// Of that only what a plan of the approved configuration would change back
    Configured,
}

/// When to use color.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Color {
    /// On a terminal, unless NO_COLOR is set
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

/// A report format.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// For people.
    Text,
    /// JSON report v1.
    Json,
    /// SARIF 2.1.0.
    Sarif,
    /// Comma-separated values (RFC 4180).
    Csv,
    /// Markdown.
    Markdown,
}

impl Format {
    /// As it is typed.
    pub fn name(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Json => "json",
            Self::Sarif => "sarif",
            Self::Csv => "csv",
            Self::Markdown => "markdown",
        }
    }
}

/// A report and where it goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReportTarget {
    /// The format.
    pub format: Format,
    /// The file; none for standard output.
    pub file: Option<PathBuf>,
}

impl std::str::FromStr for ReportTarget {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (name, file) = match text.split_once('=') {
            Some((_, "")) => return Err("the file's name is missing after `=`".into()),
            Some((name, "-")) => (name, None),
            Some((name, file)) => (name, Some(PathBuf::from(file))),
            None => (text, None),
        };
        let format = match name {
            "text" => Format::Text,
            "json" => Format::Json,
            "sarif" => Format::Sarif,
            "csv" => Format::Csv,
            "markdown" | "md" => Format::Markdown,
            _ => return Err("not a report format: see --help for those of this command".into()),
        };
        Ok(Self { format, file })
    }
}

/// What a scan reports as.
pub(crate) const SCAN_FORMATS: [Format; 3] = [Format::Text, Format::Json, Format::Sarif];

/// A report is one of those that a command can write, and no two of them share a place.
///
/// # Errors
/// Names the format that the command does not have, or the place that two reports were told to use.
pub fn check_targets(targets: &[ReportTarget], formats: &[Format]) -> Result<(), String> {
    for (position, target) in targets.iter().enumerate() {
        if !formats.contains(&target.format) {
            let names: Vec<&str> = formats.iter().map(|format| format.name()).collect();
            let (last, others) = names.split_last().unwrap_or((&"none", &[]));
            let choices = format!("{} or {last}", others.join(", "));
            return Err(format!("this command does not report as {}: choose {choices}", target.format.name()));
        }
        if targets[..position].iter().any(|earlier| earlier.file == target.file) {
            let place = target.file.as_ref().map_or("standard output".into(), |file| format!("`{}`", file.display()));
            return Err(format!(
                "two reports go to {place}; give one of them a file of its own with --report FORMAT=FILE"
            ));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn report_targets_parse() {
        let target = |format, file: Option<&str>| Ok(ReportTarget { format, file: file.map(PathBuf::from) });
        assert_eq!("text".parse(), target(Format::Text, None));
        assert_eq!("json=a=b.json".parse(), target(Format::Json, Some("a=b.json")));
        assert_eq!("sarif=-".parse(), target(Format::Sarif, None));
        assert!("xml".parse::<ReportTarget>().is_err());
        assert!("json=".parse::<ReportTarget>().is_err());
    }

    #[test]
    fn two_reports_do_not_share_a_place() {
        let targets = |texts: &[&str]| texts.iter().map(|text| text.parse()).collect::<Result<Vec<ReportTarget>, _>>();
        let check = |texts: &[&str]| {
            check_targets(&targets(texts).unwrap_or_default(), &[Format::Text, Format::Json, Format::Sarif])
        };
        assert!(check(&["text", "json=a"]).is_ok());
        assert!(check(&["text", "json"]).is_err());
        assert!(check(&["sarif=a", "json=a"]).is_err());
        assert!(check(&["csv"]).is_err_and(|error| error.contains("choose text, json or sarif")));
    }
}
