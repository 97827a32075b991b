//! Folds the part of an attribute that another resource of the same state owns.
//! Knows nothing of live objects but the values it is handed.

use super::walk::Difference;
use crate::normalize::canonical;
use crate::plan::InstanceIndex;
use crate::schema_node::Node;
use crate::state::State;
use provider_api::{Attributes, Owner, ResourceType, Shape, Step};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, Mutex, PoisonError};

/// What the instances of one owner type contribute, by parent id.
type Contributions = HashMap<String, BTreeSet<String>>;

/// Parent type, parent attribute, owner type.
type OwnerKey = (&'static str, &'static str, &'static str);

/// The owners in a set of states, looked up only for attributes that differ.
pub(crate) struct Owners<'a> {
    states: &'a [State<'a>],
    by_type: BTreeMap<&'a str, Vec<InstanceIndex>>,
    // By owner type and parent attribute; filled at the first difference that asks.
    contributions: Mutex<HashMap<OwnerKey, Arc<Contributions>>>,
}

impl<'a> Owners<'a> {
    /// Indexes the states by type.
    pub(crate) fn new(states: &'a [State<'a>]) -> Self {
        let mut by_type: BTreeMap<&str, Vec<InstanceIndex>> = BTreeMap::new();
        for (state, position) in states.iter().zip(0..) {
            for (instance, index) in state.instances.iter().zip(0..) {
                let index = InstanceIndex { state: position, instance: index };
                by_type.entry(&instance.address.resource_type).or_default().push(index);
            }
        }
        Self { states, by_type, contributions: Mutex::default() }
    }

    /// The owner type that accounts for a difference, if one does to the letter.
    ///
    /// What lists and sets have beyond the record must each be what an owner recorded, and nothing recorded may be gone;
    /// a single value must be what an owner recorded. The entries of a map are told one by one.
    pub(crate) fn explain(
        &self,
        (resource_type, shared): (&'static ResourceType, &'static [Owner]),
        node: Node<'_>,
        parent_id: &str,
        difference: &Difference,
        top: (&Value, &Value),
    ) -> Option<&'static str> {
        let attribute = difference.path.top();
        let mut owners =
            resource_type.owners.iter().chain(shared).filter(|owner| owner.attribute == attribute).peekable();
        let first = owners.peek()?;
        let parts = |value: &Value| -> BTreeSet<String> {
            let split = match (difference.path.0.get(1), value) {
                (Some(Step::Key(key)), Value::Object(entries)) => {
                    let entry = entries.get_key_value(key);
                    (first.split)(&entry.map(|(key, value)| (key.clone(), value.clone())).into_iter().collect())
                }
                _ => (first.split)(value),
            };
            split.iter().map(spelling).collect()
        };
        let (recorded, live) = (parts(top.0), parts(top.1));
        let scalar = matches!(node.shape(), Shape::Scalar);
        if live.is_empty() || (!scalar && !recorded.is_subset(&live)) {
            return None;
        }
        let mut unexplained: BTreeSet<String> = live.difference(&recorded).cloned().collect();
        let mut explanation = None;
        for owner in owners {
            if let Some(owned) = self.contributions(resource_type.name, owner).get(parent_id) {
                let before = unexplained.len();
                unexplained.retain(|part| !owned.contains(part));
                if unexplained.len() < before {
                    explanation = explanation.or(Some(owner.resource_type));
                }
            }
        }
        explanation.filter(|_| unexplained.is_empty())
    }

    fn contributions(&self, parent_type: &'static str, owner: &'static Owner) -> Arc<Contributions> {
        let key = (parent_type, owner.attribute, owner.resource_type);
        let mut cache = self.contributions.lock().unwrap_or_else(PoisonError::into_inner);
        cache.entry(key).or_insert_with(|| Arc::new(self.collect(owner))).clone()
    }

    fn collect(&self, owner: &Owner) -> Contributions {
        let mut found = Contributions::new();
        for index in self.by_type.get(owner.resource_type).into_iter().flatten() {
            let text = self.states[index.state].instances[index.instance].attributes.get();
            let Ok(attributes) = serde_json::from_str::<Attributes>(text) else { continue };
            for parent in (owner.parents)(&attributes) {
                found.entry(parent).or_default().extend((owner.parts)(&attributes).iter().map(spelling));
            }
        }
        found
    }
}

/// One spelling for parts that mean the same.
fn spelling(part: &Value) -> String {
    let path = provider_api::AttributePath::default();
    canonical(None, &path, Node::Untold, part, 0).to_string()
}
