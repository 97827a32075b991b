//! Which of the attributes that differ a call set: those that it names, and those whose live value it carries.
//! Knows nothing of where calls are recorded. A match is a hint for people and decides nothing.

use crate::model::{AttributeChange, ReportedValue};
use crate::report::is_sensitive;
use provider_api::{AttributePath, Step};
use serde_json::Value;
use std::collections::{BTreeSet, HashSet};

/// An attribute with more new values than this is told by its name alone.
const MAX_LEAVES: usize = 256;

/// The attributes that a request set.
pub(super) fn sets(request: &Value, attributes: &[AttributeChange]) -> Vec<AttributePath> {
    let mut call = Call::default();
    call.read(request);
    attributes.iter().filter(|change| call.sets(change)).map(|change| change.path.clone()).collect()
}

/// What may be kept of a request: the names in it, and of its values those that the findings show anyway. The rest may be
/// anything, and is no part of what a replay has to tell.
pub(super) fn shown(request: &Value, attributes: &[&AttributeChange]) -> Value {
    let mut values = HashSet::new();
    for change in attributes {
        values.extend(change.path.0.iter().filter_map(|step| match step {
            Step::Key(key) => Some(key.clone()),
            _ => None,
        }));
        let plain = [&change.recorded, &change.live].into_iter().filter(|_| !is_sensitive(change)).filter_map(plain);
        plain.for_each(|value| values.extend(leaves(value)));
    }
    let documents: Vec<Value> = values.iter().filter_map(|text| document(text)).collect();
    let is_shown = |text: &str| values.contains(text) || document(text).is_some_and(|one| documents.contains(&one));
    only(request, &is_shown)
}

fn only(value: &Value, is_shown: &dyn Fn(&str) -> bool) -> Value {
    match value {
        Value::Object(members) => members.iter().map(|(name, value)| (name.clone(), only(value, is_shown))).collect(),
        Value::Array(elements) => elements.iter().map(|element| only(element, is_shown)).collect(),
        Value::String(text) if !is_shown(text) => Value::Null,
        Value::Number(number) if !is_shown(&number.to_string()) => Value::Null,
        other => other.clone(),
    }
}

/// What a request says, apart from how it is nested: services nest the same things otherwise than Terraform does.
#[derive(Default)]
struct Call {
    /// Names of members, by their letters.
    names: HashSet<String>,
    /// Whole values and names of members as they are.
    values: HashSet<String>,
    /// Texts that hold JSON.
    documents: Vec<Value>,
}

impl Call {
    fn read(&mut self, value: &Value) {
        match value {
            Value::Object(members) => {
                for (name, value) in members {
                    self.names.insert(letters(name));
                    self.values.insert(name.clone());
                    self.read(value);
                }
            }
            Value::Array(elements) => elements.iter().for_each(|element| self.read(element)),
            Value::String(text) => {
                self.documents.extend(document(text));
                self.values.insert(text.clone());
            }
            Value::Number(number) => {
                self.values.insert(number.to_string());
            }
            _ => {}
        }
    }

    fn sets(&self, change: &AttributeChange) -> bool {
        // One entry of a map is named by its key: that tags were set says nothing of this one.
        let key = change.path.0.iter().find_map(|step| match step {
            Step::Key(key) => Some(key),
            _ => None,
        });
        if let Some(key) = key {
            return self.values.contains(key) && (is_sensitive(change) || self.carries(change) != Some(false));
        }
        self.names_it(&change.path) || (!is_sensitive(change) && self.carries(change) == Some(true))
    }

    /// Whether a member is called as the attribute is, by its last name.
    fn names_it(&self, path: &AttributePath) -> bool {
        let last = path.0.iter().rev().find_map(|step| match step {
            Step::Name(name) => Some(letters(name)),
            _ => None,
        });
        last.is_some_and(|name| name.len() > 2 && self.names.contains(&name))
    }

    /// Whether the request holds all that is live and was not recorded or, where nothing is, something of what was recorded and
    /// is gone: a call names by a part of it what it takes away. None where there is nothing by which to tell.
    fn carries(&self, change: &AttributeChange) -> Option<bool> {
        let (recorded, live) = (plain(&change.recorded)?, plain(&change.live)?);
        if let Some(document) = live.as_str().and_then(document) {
            return Some(self.documents.contains(&document));
        }
        let (before, after) = (leaves(recorded), leaves(live));
        let fresh: Vec<&String> = after.difference(&before).collect();
        if fresh.len() > MAX_LEAVES {
            return None;
        }
        if !fresh.is_empty() {
            return Some(fresh.into_iter().all(|leaf| self.values.contains(leaf)));
        }
        let mut gone = before.difference(&after).peekable();
        gone.peek()?;
        Some(gone.any(|leaf| self.values.contains(leaf)))
    }
}

fn plain(value: &ReportedValue) -> Option<&Value> {
    match value {
        ReportedValue::Plain(value) => Some(value),
        ReportedValue::Absent => Some(&Value::Null),
        _ => None,
    }
}

/// The JSON object that a text holds.
fn document(text: &str) -> Option<Value> {
    text.trim_start().starts_with('{').then(|| serde_json::from_str(text).ok())?
}

/// Values that tell one thing from another: no booleans, nothing empty, none of the numbers that stand everywhere.
fn leaves(value: &Value) -> BTreeSet<String> {
    let mut leaves = BTreeSet::new();
    let mut open = vec![value];
    while let Some(value) = open.pop() {
        let leaf = match value {
            Value::Object(members) => {
                open.extend(members.values());
                continue;
            }
            Value::Array(elements) => {
                open.extend(elements);
                continue;
            }
            Value::String(text) => text.clone(),
            Value::Number(number) => number.to_string(),
            _ => continue,
        };
        if !["", "0", "1", "-1", "true", "false"].contains(&leaf.as_str()) {
            leaves.insert(leaf);
        }
    }
    leaves
}

/// `source_dest_check` is `sourceDestCheck`.
fn letters(name: &str) -> String {
    name.chars().filter(char::is_ascii_alphanumeric).map(|letter| letter.to_ascii_lowercase()).collect()
}
