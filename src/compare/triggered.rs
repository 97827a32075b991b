//! What `replace_triggered_by` makes of instances whose own arguments are as recorded.
//! Knows nothing of attributes' values.

use super::{Comparison, Sides, Verdict};
use crate::config::Configuration;
use crate::model::{Address, Kind};
use crate::plan::InstanceIndex;
use provider_api::Scope;
use std::collections::{BTreeSet, HashMap, HashSet};

/// An instance that an apply would change.
struct Unapplied {
    /// Top-level attributes.
    changes: Vec<String>,
    /// Whether nothing of its own changes: it is replaced, and all that the provider fills in changes with it.
    replaced: bool,
}

/// Instances in sync become unapplied where what they follow is.
///
/// Only an update or a replacement triggers, and of an attribute only its own change: see `replace_triggered_by` in
/// Terraform's documentation of the `lifecycle` meta-argument.
pub(super) fn apply(sides: &Sides<'_>, comparison: &mut Comparison) {
    let follows = |configuration: &&Configuration| {
        configuration.resources.values().any(|resource| !resource.lifecycle.triggers.is_empty())
    };
    for (position, configuration) in sides.configurations.iter().enumerate().filter(|(_, one)| follows(one)) {
        let found = triggered(sides, position, configuration, comparison);
        comparison.in_sync -= found.len() as u64;
        comparison.verdicts.extend(found);
    }
}

/// The verdicts on instances of one state.
fn triggered(
    sides: &Sides<'_>,
    position: usize,
    configuration: &Configuration,
    comparison: &Comparison,
) -> Vec<Verdict> {
    let address =
        |index: InstanceIndex| configuration.refactored(&sides.states[index.state].instances[index.instance].address);
    let verdicts = comparison.verdicts.iter().filter(|verdict| verdict.index.state == position);
    let mut judged: HashSet<InstanceIndex> = HashSet::new();
    let mut changing: HashMap<Address, Unapplied> = HashMap::new();
    for verdict in verdicts {
        judged.insert(verdict.index);
        if verdict.kind == Some(Kind::Unapplied) {
            let changes: BTreeSet<&str> = verdict.changes.iter().map(|change| change.path.top()).collect();
            let changes = changes.into_iter().map(str::to_owned).collect();
            changing.insert(address(verdict.index), Unapplied { changes, replaced: false });
        }
    }
    let mut open: Vec<(InstanceIndex, Address, &Scope)> = Vec::new();
    for connection in &sides.live.connections {
        let read = connection.batches.iter().flat_map(|batch| &batch.instances);
        for index in read.filter(|index| index.state == position && !judged.contains(index)) {
            let address = address(*index);
            let resource = configuration.resources.get(&address.resource());
            if resource.is_some_and(|resource| !resource.lifecycle.triggers.is_empty()) {
                open.push((*index, address, &connection.scope));
            }
        }
    }
    let mut found = Vec::new();
    // What is replaced may trigger in its turn.
    loop {
        let before = found.len();
        open.retain(|(index, address, scope)| {
            let Some(cause) = cause(configuration, address, &changing) else { return true };
            changing.insert(address.clone(), Unapplied { changes: Vec::new(), replaced: true });
            found.push(Verdict {
                index: *index,
                kind: Some(Kind::Unapplied),
                changes: Vec::new(),
                folds: Vec::new(),
                cause: Some(cause),
                scope: (*scope).clone(),
            });
            false
        });
        if found.len() == before {
            return found;
        }
    }
}

/// What triggers the replacement of an instance.
fn cause(configuration: &Configuration, address: &Address, changing: &HashMap<Address, Unapplied>) -> Option<String> {
    configuration.triggers(address).into_iter().find_map(|trigger| {
        let meant = changing.iter().filter(|(address, _)| match trigger.address.key {
            Some(_) => **address == trigger.address,
            None => address.resource() == trigger.address.resource() && address.module == trigger.address.module,
        });
        let mut hit = meant.filter(|(address, unapplied)| match &trigger.attribute {
            None => true,
            Some(name) => {
                let declares = configuration.instance(address).is_some_and(|one| one.attributes.contains_key(name));
                unapplied.changes.contains(name) || unapplied.replaced && !declares
            }
        });
        hit.next()?;
        Some(format!("replaced, for {trigger} changes (replace_triggered_by)"))
    })
}
