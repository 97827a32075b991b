//! `driftline show`.
//! Knows nothing of how anything is read.

use crate::cli::{Format, ShowArguments};
use crate::compare::Level;
use crate::error::Error;
use crate::evidence::EvidenceSettings;
use crate::interrupt::Interrupt;
use crate::inventory::Inventory;
use crate::judge::IN_SYNC;
use crate::model::Address;
use crate::providers::Readers;
use crate::report::{show_json, show_list, show_text};
use crate::scan::{self, Settings, Subject};
use std::time::Duration;

/// Shows what is known of the named resources, or the list of all.
pub(super) fn run(arguments: ShowArguments, interrupt: &Interrupt) -> Result<u8, Error> {
    let targets = super::targets(&arguments.report, &[Format::Text, Format::Json])?;
    let addresses = arguments.addresses.iter().map(|text| text.parse().map_err(Error::Address));
    let addresses: Vec<Address> = addresses.collect::<Result<_, _>>()?;
    let variables = arguments.variables.in_order();
    let settings = Settings {
        subject: Subject {
            dir: arguments.dir,
            reference: arguments.r#ref,
            states: arguments.state,
            workspaces: super::workspaces(&arguments.states.workspaces),
            include: arguments.selection.include,
            exclude: arguments.selection.exclude,
            backend_config: arguments.states.backend_config,
            allow_programs: arguments.states.allow_programs,
            variables: super::variables(&variables),
            deadline: Duration::from_secs(arguments.deadline),
        },
        live: arguments.live,
        record: None,
        activity: Vec::new(),
        inventory: Inventory::default(),
        deadline: Duration::from_secs(arguments.deadline),
        max_rps: None,
        readers: Readers::Auto,
        confirm: false,
        level: Level::Normalized,
        config: None,
        evidence: EvidenceSettings::default(),
        environment: std::env::vars_os().collect(),
    };
    let shown = super::awaited(scan::show(&settings, &addresses, arguments.offline, interrupt, &|_| {}))?;
    let means = |wanted: &Address, address: &Address| wanted == address || *wanted == address.resource();
    let found = |wanted: &Address| {
        shown.iter().any(|one| one.was.iter().chain([&one.address]).any(|address| means(wanted, address)))
    };
    if let Some(missing) = addresses.iter().find(|address| !found(address)) {
        return Err(Error::Usage(format!(
            "{missing} is neither declared nor recorded here; `driftline show` without an address lists what is"
        )));
    }
    for target in targets {
        let file = target.file.as_deref();
        match target.format {
            Format::Json => super::write_by(file, &|out| show_json(&shown, out))?,
            _ if addresses.is_empty() => super::write(file, &show_list(&shown))?,
            _ => super::write(file, &show_text(&shown))?,
        }
    }
    Ok(IN_SYNC)
}
