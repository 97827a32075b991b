//! `driftline states`: what a scan would look at.
//! Knows nothing of how states are read.

use crate::cli::{Format, StatesArguments};
use crate::error::Error;
use crate::interrupt::Interrupt;
use crate::judge::{IN_SYNC, INCOMPLETE};
use crate::report::{states_json, states_text};
use crate::scan::{self, Subject};

/// Lists the states.
pub(super) fn run(arguments: StatesArguments, interrupt: &Interrupt) -> Result<u8, Error> {
    let targets = super::targets(&arguments.report, &[Format::Text, Format::Json])?;
    let subject = Subject {
        dir: arguments.dir,
        reference: arguments.r#ref,
        states: arguments.state,
        workspaces: super::workspaces(&arguments.states.workspaces),
        include: arguments.selection.include,
        exclude: arguments.selection.exclude,
        backend_config: arguments.states.backend_config,
        allow_programs: arguments.states.allow_programs,
        variables: super::variables(&arguments.variables.in_order()),
        deadline: super::DEADLINE,
    };
    let environment = std::env::vars_os().collect();
    let listing = super::awaited(scan::listing(
        &subject,
        environment,
        arguments.config.as_deref(),
        arguments.versions,
        interrupt,
    ))?;
    for target in targets {
        let text = match target.format {
            Format::Json => states_json(&listing),
            _ => states_text(&listing, jiff::Timestamp::now()),
        };
        super::write(target.file.as_deref(), &text)?;
    }
    Ok(if listing.unread.is_empty() { IN_SYNC } else { INCOMPLETE })
}
