//! Evaluates the body of a block: arguments, nested blocks, `dynamic` blocks.
//! Knows nothing of what the block declares.

use super::module::contributes;
use super::references::of_expression;
use super::source::Place;
use super::syntax::{Block, Body, Expression};
use crate::language::{Scope, Value};
use crate::model::SourceRange;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Arguments and blocks of a resource that are Terraform's own and not the provider's.
const META: [&str; 8] =
    ["count", "for_each", "provider", "depends_on", "lifecycle", "provisioner", "connection", "providers"];

/// Blocks that `dynamic` blocks may generate in one body.
const GENERATED: usize = 10_000;

/// The arguments and nested blocks of a resource, without its meta-arguments.
pub(crate) fn resource(body: &Body, scope: &dyn Scope) -> BTreeMap<String, Value> {
    evaluated(body, scope, &[], &META)
}

/// The arguments of a resource alone, without nested blocks.
pub(crate) fn arguments(body: &Body, scope: &dyn Scope) -> BTreeMap<String, Value> {
    let arguments = body.arguments.iter().filter(|argument| !META.contains(&argument.name.as_str()));
    arguments.map(|argument| (argument.name.clone(), argument.value.value(scope, &[]))).collect()
}

/// Every argument and nested block; blocks of one name as a list of objects.
pub(crate) fn entries(body: &Body, scope: &dyn Scope) -> BTreeMap<String, Value> {
    evaluated(body, scope, &[], &[])
}

fn evaluated(body: &Body, scope: &dyn Scope, names: &[(Arc<str>, Value)], without: &[&str]) -> BTreeMap<String, Value> {
    let mut values: BTreeMap<String, Value> = BTreeMap::new();
    for argument in body.arguments.iter().filter(|argument| !without.contains(&argument.name.as_str())) {
        values.insert(argument.name.clone(), argument.value.value(scope, names));
    }
    let mut blocks: BTreeMap<String, Option<Vec<Value>>> = BTreeMap::new();
    for block in body.blocks.iter().filter(|block| !without.contains(&block.kind.as_str())) {
        let kind = contributes(block);
        let found = blocks.entry(kind).or_insert_with(|| Some(Vec::new()));
        let more = match block.kind.as_str() {
            "dynamic" => generated(block, scope, names),
            _ => Some(vec![object(&block.body, scope, names)]),
        };
        match (found.as_mut(), more) {
            (Some(found), Some(more)) if found.len() + more.len() <= GENERATED => found.extend(more),
            // How many blocks there are cannot be told, and so nothing can of their sequence.
            _ => *found = None,
        }
    }
    values.extend(blocks.into_iter().map(|(kind, blocks)| (kind, blocks.map_or_else(Value::dynamic, Value::tuple))));
    values
}

fn object(body: &Body, scope: &dyn Scope, names: &[(Arc<str>, Value)]) -> Value {
    Value::object(
        evaluated(body, scope, names, &[]).into_iter().map(|(name, value)| (Arc::from(name), value)).collect(),
    )
}

/// The blocks that a `dynamic` block generates; none where its `for_each` is not known.
fn generated(block: &Block, scope: &dyn Scope, names: &[(Arc<str>, Value)]) -> Option<Vec<Value>> {
    let collection = block.body.argument("for_each")?.value.value(scope, names);
    let pairs = collection.pairs().filter(|_| collection.is_ordered())?;
    let content = block.body.blocks("content").next()?;
    let iterator: Arc<str> = match block.body.argument("iterator") {
        Some(argument) => argument.value.reference()?.name()?.into(),
        None => block.labels.first()?.as_str().into(),
    };
    let mut blocks = Vec::new();
    for (key, value) in pairs {
        if !scope.spend(1) {
            return None;
        }
        let each = Value::object([("key".into(), key), ("value".into(), value)].into());
        let mut names = names.to_vec();
        names.push((iterator.clone(), each));
        blocks.push(object(&content.body, scope, &names));
    }
    Some(blocks)
}

/// Why an argument, or the nested blocks of that name, are not known.
pub(crate) fn unknown_because(body: &Body, name: &str, scope: &dyn Scope) -> Vec<String> {
    let mut reasons = BTreeSet::new();
    let mut look = |expression: &Expression| {
        if let Err(failure) = expression.evaluated(scope, &[]) {
            reasons.insert(failure.message);
        }
        for referred in of_expression(expression) {
            if let Some((text, value)) = referred.resolved(scope)
                && !value.is_wholly_known()
            {
                reasons.insert(format!("{text} is not known"));
            }
        }
    };
    if let Some(argument) = body.argument(name) {
        look(&argument.value);
    }
    for block in body.blocks.iter().filter(|block| contributes(block) == name) {
        each_argument(&block.body, &mut look);
    }
    if reasons.is_empty() {
        reasons.insert("it depends on when, where or with what provider terraform runs".into());
    }
    reasons.into_iter().collect()
}

fn each_argument(body: &Body, look: &mut dyn FnMut(&Expression)) {
    body.arguments.iter().for_each(|argument| look(&argument.value));
    for block in &body.blocks {
        each_argument(&block.body, look);
    }
}

/// Where each argument, or the first nested block of each name, stands.
pub(crate) fn ranges(body: &Body) -> BTreeMap<String, SourceRange> {
    let mut places = BTreeMap::new();
    for block in body.blocks.iter().rev() {
        places.insert(contributes(block), &block.place);
    }
    for argument in &body.arguments {
        places.insert(argument.name.clone(), &argument.place);
    }
    places.retain(|name, _| !META.contains(&name.as_str()));
    places.into_iter().map(|(name, place): (String, &Place)| (name, place.range())).collect()
}
