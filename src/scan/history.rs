//! The history behind what a scan found, with all evidence of approvals that it takes.
//! Knows nothing of verdicts beyond which addresses and attributes they concern.

use super::{Gathered, Settings, notices};
use crate::attribute::{self, History};
use crate::attributions::Attributions;
use crate::compare::Comparison;
use crate::config::Configuration;
use crate::error::Error;
use crate::evidence::{self, Sources};
use crate::interrupt::Interrupt;
use crate::model::Notice;
use std::collections::BTreeSet;

/// The history of every directory that has something to attribute, and what could not be read of the evidence; none is walked
/// where nothing is.
pub(super) fn history(
    settings: &Settings,
    gathered: &Gathered<'_>,
    comparison: &Comparison,
    interrupt: &Interrupt,
) -> Result<(Option<History>, Vec<Notice>), Error> {
    let nothing = comparison.verdicts.is_empty() && comparison.managed_twice.is_empty();
    if nothing && comparison.pending_create.is_empty() {
        return Ok((None, Vec::new()));
    }
    let Gathered { repository, approved, sides, file, .. } = gathered;
    let keep = settings.evidence.keep.dir(repository);
    let directories = directories(sides.configurations);
    let history = attribute::history(repository.inner(), approved.commit, &directories, keep.as_deref())?;
    interrupt.check()?;
    let queries = history.queries_of(&landings(&history, gathered, comparison));
    let sources =
        Sources { repository, approved, file, settings: &settings.evidence, environment: &settings.environment };
    let evidence = evidence::gather(&sources, &repository.tree(approved.commit)?, &queries, interrupt)?;
    if let Some(dir) = &keep {
        repository.note_tip(approved, dir, jiff::Timestamp::now());
    }
    let unread: Vec<&String> = evidence.missing.values().flatten().collect();
    let cause = unread.first().map(|cause| cause.as_str());
    let mut notices = notices::evidence_notices(&evidence.skipped_keys, unread.len(), cause);
    notices.extend(notices::history_notice(&history));
    Ok((Some(history.approvals(evidence.approvals)), notices))
}

/// The landing commits of all that will be attributed.
fn landings(history: &History, gathered: &Gathered<'_>, comparison: &Comparison) -> Vec<String> {
    let attributions = Attributions(Some(history));
    let Gathered { sides, .. } = gathered;
    let mut found = BTreeSet::new();
    for verdict in comparison.verdicts.iter().filter(|verdict| verdict.kind.is_some()) {
        let configuration = sides.configurations[verdict.index.state];
        let instance = &sides.states[verdict.index.state].instances[verdict.index.instance];
        let address = configuration.refactored(&instance.address);
        found.extend(attributions.of_resource(configuration, &address).approving_commit);
        let attributes: BTreeSet<&str> = verdict.changes.iter().map(|change| change.path.top()).collect();
        let own = attributes.iter().filter_map(|name| attributions.of_attribute(configuration, &address, name));
        found.extend(own.filter_map(|attribution| attribution.approving_commit));
    }
    for twice in &comparison.managed_twice {
        let configuration = sides.configurations[twice.index.state];
        let instance = &sides.states[twice.index.state].instances[twice.index.instance];
        let address = configuration.refactored(&instance.address);
        found.extend(attributions.of_resource(configuration, &address).approving_commit);
    }
    for pending in &comparison.pending_create {
        let configuration = sides.configurations[pending.configuration];
        found.extend(attributions.of_resource(configuration, &pending.address).approving_commit);
    }
    found.into_iter().collect()
}

/// The directories of root modules and of their modules, as far as these are in this repository.
pub(super) fn directories(configurations: &[&Configuration]) -> Vec<String> {
    let modules = configurations.iter().flat_map(|configuration| configuration.modules.values());
    let mut directories: BTreeSet<String> = modules.filter_map(|module| module.directory.clone()).collect();
    // Of a unit of Terragrunt's the lock file lies elsewhere than its modules.
    directories.extend(configurations.iter().map(|configuration| configuration.directory.clone()));
    directories.into_iter().collect()
}
