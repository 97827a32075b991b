//! Arguments that choose root modules and their states, and those of the commands about states and settings.
//! Knows nothing of how any of it is done.

use super::{ReportTarget, ScanArguments, VariableArguments};
use crate::settings::{directory_pattern, name_pattern};
use clap::Args;
use std::path::PathBuf;

/// Which root modules.
#[derive(Debug, Default, Clone, Args)]
pub struct SelectionArguments {
    /// Only the root modules in these directories and below them, from the repository's root; a shell pattern; can be
    /// repeated
    #[arg(long, value_name = "GLOB", value_parser = directory_pattern, help_heading = "Root modules")]
    pub include: Vec<String>,

    /// Not the root modules in these directories and below them; stronger than --include; can be repeated
    #[arg(long, value_name = "GLOB", value_parser = directory_pattern, help_heading = "Root modules")]
    pub exclude: Vec<String>,
}

/// Which workspaces.
#[derive(Debug, Default, Clone, Args)]
pub struct WorkspaceArguments {
    /// Only this workspace, or those that fit a shell pattern; can be repeated [default: that of TF_WORKSPACE, else all
    /// that have a state]
    #[arg(long, value_name = "NAME", value_parser = name_pattern, help_heading = "Root modules")]
    pub workspace: Vec<String>,
}

/// Which states, and how they are reached.
#[derive(Debug, Default, Clone, Args)]
pub struct StateArguments {
    /// Which workspaces
    #[command(flatten)]
    pub workspaces: WorkspaceArguments,

    /// What `terraform init -backend-config` was given, where the backend block leaves it out; can be repeated
    #[arg(long, value_name = "KEY=VALUE|FILE", help_heading = "Root modules")]
    pub backend_config: Vec<String>,

    /// Run the programs that the configuration in Git names, for keys of encrypted states (`external`) and to log in to
    /// Kubernetes (`exec`): they run as you
    #[arg(long, help_heading = "Root modules")]
    pub allow_programs: bool,
}

/// Arguments of `states`.
#[derive(Debug, Args)]
pub struct StatesArguments {
    /// Root module, or a directory of root modules, inside a Git work tree
    #[arg(default_value = ".")]
    pub dir: PathBuf,

    /// Approved revision, whose backends say where the states are [default: the remote's default branch, else HEAD]
    #[arg(long, value_name = "REV")]
    pub r#ref: Option<String>,

    /// State to read instead of the backend's: a file, a glob, an address such as s3://BUCKET/KEY, or - for standard
    /// input; can be repeated
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

    /// Settings to use instead of driftline.toml of the approved commit
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,

    /// Also list earlier states that the backends still keep, at most so many of each
    #[arg(long, value_name = "NUMBER")]
    pub versions: Option<usize>,

    /// Report to write: text or json, optionally =FILE; can be repeated [default: text]
    #[arg(long, value_name = "FORMAT[=FILE]")]
    pub report: Vec<ReportTarget>,
}

/// Arguments of `config`: those of `scan`, except that --report is its own.
#[derive(Debug, Args)]
#[command(mut_arg("report", |report| report.help("Report to write: text or json, optionally =FILE; can be repeated [default: text]")))]
pub struct ConfigArguments {
    /// What a scan would be told
    #[command(flatten)]
    pub scan: ScanArguments,
}

/// Arguments of `init`.
#[derive(Debug, Args)]
pub struct InitArguments {
    /// Somewhere inside the Git work tree; the file goes to its root
    #[arg(default_value = ".")]
    pub dir: PathBuf,

    /// Approved revision, whose root modules the file names [default: the remote's default branch, else HEAD]
    #[arg(long, value_name = "REV")]
    pub r#ref: Option<String>,

    /// Replace the file that is there
    #[arg(long, conflicts_with = "stdout")]
    pub force: bool,

    /// Print it instead
    #[arg(long)]
    pub stdout: bool,
}
