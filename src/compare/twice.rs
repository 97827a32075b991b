//! Finds objects that more than one state records: each state's next apply may undo what the other's did.
//! Knows nothing of whether anything drifted.

use super::{Sides, family};
use crate::plan::InstanceIndex;
use provider_api::Scope;
use serde_json::Value;
use std::collections::{BTreeMap, HashMap};

/// One instance whose object other states record too.
#[derive(Debug)]
pub struct ManagedTwice {
    /// The instance.
    pub index: InstanceIndex,
    /// The instances of other states that stand for the same object.
    pub others: Vec<InstanceIndex>,
    /// Where the object lives.
    pub scope: Scope,
}

/// What tells an object from all others that share its id, as far as that is known.
type Place<'a> = (InstanceIndex, &'a Scope);

/// Instances of different states that stand for the same object, sorted. Only of types whose ids are known to be unique in
/// their account and region; where neither an ARN nor the account tells that two objects are one, they are two.
pub(super) fn managed_twice(sides: &Sides<'_>) -> Vec<ManagedTwice> {
    // States that are the same one count once, under whatever names they were read.
    let mut first: HashMap<&str, usize> = HashMap::new();
    let states = sides.states.iter().enumerate();
    let canonical: Vec<usize> =
        states.map(|(position, state)| *first.entry(&state.info.sha256).or_insert(position)).collect();
    if canonical.iter().all(|state| *state == 0) {
        return Vec::new();
    }
    let mut groups: HashMap<(&str, &str, &str), Vec<Place<'_>>> = HashMap::new();
    for connection in &sides.live.connections {
        let Some(table) = (sides.types)(&connection.source) else { continue };
        for batch in &connection.batches {
            let resource_type = family(&batch.resource_type);
            if table.resource_type(&batch.resource_type).is_none() {
                continue;
            }
            for (index, id) in batch.instances.iter().zip(&batch.ids).filter(|(_, id)| !id.is_empty()) {
                if canonical[index.state] == index.state {
                    groups
                        .entry((&connection.source, resource_type, id))
                        .or_default()
                        .push((*index, &connection.scope));
                }
            }
        }
    }
    let mut found = BTreeMap::new();
    for places in groups.into_values().filter(|places| places.len() > 1) {
        for (index, scope) in &places {
            let others = places.iter().filter(|(other, _)| other.state != index.state);
            let others = others.filter(|other| is_same(sides, (*index, scope), **other)).map(|(other, _)| *other);
            let mut others: Vec<InstanceIndex> = others.collect();
            others.sort();
            if !others.is_empty() {
                found.insert(*index, ManagedTwice { index: *index, others, scope: (*scope).clone() });
            }
        }
    }
    found.into_values().collect()
}

/// Whether two instances of one type and id stand for one object.
fn is_same(sides: &Sides<'_>, (one, scope): Place<'_>, (other, other_scope): Place<'_>) -> bool {
    match (arn(sides, one), arn(sides, other)) {
        (Some(one), Some(other)) => one == other,
        _ => scope.account.is_some() && scope == other_scope,
    }
}

/// The instance's recorded ARN, which is unique in the whole of AWS.
fn arn(sides: &Sides<'_>, index: InstanceIndex) -> Option<String> {
    let attributes = sides.states[index.state].instances[index.instance].attributes;
    let attributes: serde_json::Map<String, Value> = serde_json::from_str(attributes.get()).ok()?;
    let arn = attributes.get("arn")?.as_str()?;
    arn.starts_with("arn:").then(|| arn.to_owned())
}
