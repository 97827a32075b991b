//! The commands: from arguments to an exit code.
//! They know nothing of how a scan works inside.

mod audit;
mod blame;
mod config;
mod demo;
mod init;
mod permissions;
mod scan;
mod show;
mod states;

use crate::cli::{
    Cli, Color, Command, Format, OutputArguments, ReportTarget, Reporting, SCAN_FORMATS, SelectionArguments,
    WorkspaceArguments,
};
use crate::config::VariableSource;
use crate::discover::Filter;
use crate::error::Error;
use crate::interrupt::Interrupt;
use crate::model::Report;
use crate::report::{self, Earlier, SarifOptions, TextOptions, WriteError};
use crate::scan::VariableInput;
use crate::settings::{self, SettingsFile};
use std::io::IsTerminal;
use std::path::Path;
use std::time::Duration;

/// Runs a command and returns the exit code.
///
/// # Errors
/// What ends the command without a result.
pub fn run(cli: Cli, interrupt: &Interrupt) -> Result<u8, Error> {
    match cli.command {
        Command::Scan(arguments) => scan::run(arguments, interrupt),
        Command::Demo(arguments) => demo::run(arguments, interrupt),
        Command::Blame(arguments) => blame::run(&arguments, interrupt),
        Command::Audit(arguments) => audit::run(&arguments, interrupt),
        Command::Permissions(arguments) => permissions::run(arguments, interrupt),
        Command::Show(arguments) => show::run(arguments, interrupt),
        Command::States(arguments) => states::run(arguments, interrupt),
        Command::Config(arguments) => config::run(arguments),
        Command::Init(arguments) => init::run(&arguments),
        Command::Schema(arguments) => {
            let schema = match arguments.command {
                Reporting::Scan => report::json_schema(),
                Reporting::Blame => report::blame_schema(),
                Reporting::Audit => report::audit_schema(),
                Reporting::Show => report::show_schema(),
                Reporting::States => report::states_schema(),
                Reporting::Config => report::config_schema(),
                Reporting::Settings => settings::json_schema(),
            };
            write(None, &schema)?;
            Ok(crate::judge::IN_SYNC)
        }
    }
}

/// The targets as typed, or text on standard output.
fn targets(report: &[ReportTarget], formats: &[Format]) -> Result<Vec<ReportTarget>, Error> {
    crate::cli::check_targets(report, formats).map_err(Error::Usage)?;
    if report.is_empty() {
        return Ok(vec![ReportTarget { format: Format::Text, file: None }]);
    }
    Ok(report.to_vec())
}

/// Renders a report in every format that was asked for, then writes them all.
fn write_reports(
    report: &Report,
    output: &OutputArguments,
    directory: &str,
    earlier: Earlier<'_>,
) -> Result<(), Error> {
    let mut rendered = Vec::new();
    for target in targets(&output.report, &SCAN_FORMATS)? {
        let text = match target.format {
            Format::Json => report::json(report),
            Format::Sarif => report::sarif(report, SarifOptions { directory, earlier })?,
            _ => report::text(report, text_options(output, target.file.as_deref())),
        };
        rendered.push((target.file, text));
    }
    for (file, text) in rendered {
        write(file.as_deref(), &text)?;
    }
    Ok(())
}

/// The workspaces that are asked for; none for what the settings say.
fn workspaces(arguments: &WorkspaceArguments) -> Vec<String> {
    let environment = std::env::vars_os().collect();
    settings::asked_workspaces(&arguments.workspace, &environment).map(|asked| asked.value).unwrap_or_default()
}

/// Which root modules are looked at: as the command line says, else as the settings do.
fn filter(selection: &SelectionArguments, file: &SettingsFile) -> Result<Filter, Error> {
    let or = |typed: &[String], set: &[String]| if typed.is_empty() { set.to_vec() } else { typed.to_vec() };
    let (include, exclude) = (or(&selection.include, &file.scan.include), or(&selection.exclude, &file.scan.exclude));
    Ok(Filter::new(&include, &exclude)?)
}

/// What the environment (`TF_VAR_…`) and the command line give to variables, the stronger later.
fn variables(named: &[VariableInput]) -> Vec<VariableInput> {
    let variable = |(name, text): (std::ffi::OsString, std::ffi::OsString)| {
        let name = name.to_str()?.strip_prefix("TF_VAR_")?.to_owned();
        Some(VariableInput::Given(VariableSource::Environment { name, text: text.into_string().ok()? }))
    };
    std::env::vars_os().filter_map(variable).chain(named.iter().cloned()).collect()
}

/// How long reading states may take where no flag says so.
const DEADLINE: Duration = Duration::from_secs(900);

/// Runs what waits for networks to its end. Reads that hang do not hold up the end.
fn awaited<T>(work: impl Future<Output = Result<T, Error>>) -> Result<T, Error> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().map_err(Error::Runtime)?;
    let done = runtime.block_on(work);
    runtime.shutdown_background();
    done
}

/// Writes to a file, or to standard output.
fn write(file: Option<&Path>, text: &str) -> Result<(), Error> {
    write_by(file, &|out| out.write_all(text.as_bytes()))
}

fn write_by(file: Option<&Path>, render: &report::Render<'_>) -> Result<(), Error> {
    match report::write(file, render) {
        // Whoever read has read enough (`driftline scan | head`); the verdict stands.
        Ok(()) | Err(WriteError::ClosedPipe) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

fn text_options(output: &OutputArguments, file: Option<&Path>) -> TextOptions {
    text_options_of(output.color.unwrap_or(Color::Auto), output.show_folds.unwrap_or(false), file)
}

fn text_options_of(color: Color, verbose: bool, file: Option<&Path>) -> TextOptions {
    let terminal = file.is_none() && std::io::stdout().is_terminal();
    let color = match color {
        Color::Always => true,
        Color::Never => false,
        Color::Auto => terminal && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty()),
    };
    let width =
        if terminal { terminal_size::terminal_size().map_or(100, |(width, _)| usize::from(width.0)) } else { 0 };
    TextOptions { color, width, verbose }
}
