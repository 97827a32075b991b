//! `driftline blame`: who declared and approved resources, from Git alone.
//! Knows nothing of state or of what is live.

use crate::attribute;
use crate::blame::{self, Resource};
use crate::cli::{BlameArguments, Format};
use crate::config;
use crate::discover::{self, RootModule, Search};
use crate::error::Error;
use crate::evidence::{self, Sources};
use crate::git::Repository;
use crate::interrupt::Interrupt;
use crate::judge::IN_SYNC;
use crate::model::Address;
use crate::report::{blame_json, blame_text};
use crate::settings;
use rayon::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;

/// Attributes all declared resources, or those that are named.
pub(super) fn run(arguments: &BlameArguments, interrupt: &Interrupt) -> Result<u8, Error> {
    let targets = super::targets(&arguments.report, &[Format::Text, Format::Json])?;
    let addresses = arguments.addresses.iter().map(|text| text.parse().map_err(Error::Address));
    let addresses: Vec<Address> = addresses.collect::<Result<_, _>>()?;
    let repository = Repository::discover(&arguments.dir)?;
    let approved = repository.approved(arguments.r#ref.as_deref())?;
    let tree = repository.tree(approved.commit)?;
    let options = config::Options { work_dir: repository.work_dir().map(Into::into), ..config::Options::default() };

    let file = settings::read(&tree, arguments.config.as_deref())?;
    let environment: BTreeMap<OsString, OsString> = std::env::vars_os().collect();
    let filter = super::filter(&arguments.selection, &file)?;
    let search = Search { environment: environment.clone(), filter, ..Search::default() };
    let modules = discover::root_modules(&tree, &repository.relative(&arguments.dir)?, &search)?.root_modules;
    let shared = repository.shared();
    let read = |local: &mut Repository, module: &RootModule| {
        let configuration = module.configuration(&local.tree(approved.commit)?, &options);
        let called = configuration.modules.values().filter_map(|module| module.directory.clone());
        let called = called.chain([configuration.directory.clone()]);
        Ok((called.collect::<Vec<_>>(), blame::resources(&configuration, &addresses)))
    };
    let read: Vec<(Vec<String>, Vec<Resource>)> =
        modules.par_iter().map_init(|| shared.local(), read).collect::<Result<_, Error>>()?;
    let directories: BTreeSet<&String> = read.iter().flat_map(|(directories, _)| directories).collect();
    let directories: Vec<String> = directories.into_iter().cloned().collect();
    let resources: Vec<Resource> = read.into_iter().flat_map(|(_, resources)| resources).collect();
    let settings = settings::evidence_in_force(&arguments.evidence, &file, repository.work_dir())?.settings();
    let keep = settings.keep.dir(&repository);
    let history = attribute::history(repository.inner(), approved.commit, &directories, keep.as_deref())?;
    let resources = blame::found(&history, resources);
    let sources = Sources {
        repository: &repository,
        approved: &approved,
        file: &file,
        settings: &settings,
        environment: &environment,
    };
    let queries = history.queries(resources.iter().filter_map(|resource| resource.block.as_ref()));
    let history = history.approvals(evidence::gather(&sources, &tree, &queries, interrupt)?.approvals);
    let blamed = blame::report(&history, &resources);
    for target in targets {
        let text = match target.format {
            Format::Json => blame_json(&blamed),
            _ => blame_text(&blamed),
        };
        super::write(target.file.as_deref(), &text)?;
    }
    Ok(IN_SYNC)
}
