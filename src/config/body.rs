//! Evaluates the body of a block: arguments, nested blocks, `dynamic` blocks.
//! Knows nothing of what the block declares.

use super::evaluate::{Scope, Value, evaluate, pairs};
use super::module::contributes;
use super::source::Place;
use super::syntax::{Block, Body};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Arguments and blocks of a resource that are Terraform's own and not the provider's.
const META: [&str; 8] =
    ["count", "for_each", "provider", "depends_on", "lifecycle", "provisioner", "connection", "providers"];

/// Blocks that `dynamic` blocks may generate in one body.
const GENERATED: usize = 10_000;

/// The arguments and nested blocks of a resource, without its meta-arguments.
pub(crate) fn resource(body: &Body, scope: &dyn Scope) -> BTreeMap<String, Value> {
    let mut values = entries(body, scope, &[]);
    values.retain(|name, _| !META.contains(&name.as_str()));
    values
}

/// Every argument and nested block; blocks of one name as a list of objects.
pub(crate) fn entries(body: &Body, scope: &dyn Scope, names: &[(String, Value)]) -> BTreeMap<String, Value> {
    let mut values: BTreeMap<String, Value> = BTreeMap::new();
    for argument in &body.arguments {
        values.insert(argument.name.clone(), evaluate(&argument.value, scope, names));
    }
    let mut blocks: BTreeMap<String, Option<Vec<Value>>> = BTreeMap::new();
    for block in &body.blocks {
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
    values.extend(blocks.into_iter().map(|(kind, blocks)| (kind, blocks.map_or(Value::Unknown, Value::list))));
    values
}

fn object(body: &Body, scope: &dyn Scope, names: &[(String, Value)]) -> Value {
    Value::map(entries(body, scope, names).into_iter().map(|(name, value)| (Arc::from(name), value)).collect())
}

/// The blocks that a `dynamic` block generates; none where its `for_each` is not known.
fn generated(block: &Block, scope: &dyn Scope, names: &[(String, Value)]) -> Option<Vec<Value>> {
    let collection = evaluate(&block.body.argument("for_each")?.value, scope, names);
    let pairs = pairs(&collection)?;
    let content = block.body.blocks("content").next()?;
    let iterator = match block.body.argument("iterator") {
        Some(argument) => match argument.value.reference()? {
            hcl_edit::expr::Expression::Variable(name) => name.as_str().to_owned(),
            _ => return None,
        },
        None => block.labels.first()?.clone(),
    };
    let mut blocks = Vec::new();
    for (key, value) in pairs {
        if !scope.spend(1) {
            return None;
        }
        let each = Value::map([("key".into(), key), ("value".into(), value)].into());
        let mut names = names.to_vec();
        names.push((iterator.clone(), each));
        blocks.push(object(&content.body, scope, &names));
    }
    Some(blocks)
}

/// Where each argument, or the first nested block of each name, stands.
pub(crate) fn places(body: &Body) -> BTreeMap<String, &Place> {
    let mut places = BTreeMap::new();
    for block in body.blocks.iter().rev() {
        places.insert(contributes(block), &block.place);
    }
    for argument in &body.arguments {
        places.insert(argument.name.clone(), &argument.place);
    }
    places.retain(|name, _| !META.contains(&name.as_str()));
    places
}
