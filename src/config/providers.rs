//! Finds the provider configuration that a resource uses, as state would write it.
//! Knows nothing of what a provider's arguments mean.

use super::modules::Node;
use super::syntax::{Block, Expression};
use crate::model::{ModuleStep, ProviderReference};
use hcl_edit::expr as hcl;
use std::sync::Arc;

/// A local name with an alias: `aws.west`.
type Local = (String, Option<String>);

/// The configuration that a resource in a module uses; none where that is not known.
pub(crate) fn of_resource(
    nodes: &[Node],
    node: usize,
    resource_type: &str,
    block: &Block,
) -> Option<ProviderReference> {
    let (name, alias) = match block.body.argument("provider") {
        Some(argument) => local(&argument.value)?,
        None => (resource_type.split('_').next().unwrap_or(resource_type).to_owned(), None),
    };
    resolve(nodes, node, &name, alias.as_deref())
}

/// Goes outwards from a module to the one that holds the configuration of that name: its own block, what the call
/// hands in, and for a configuration without alias whatever the caller uses.
fn resolve(nodes: &[Node], node: usize, name: &str, alias: Option<&str>) -> Option<ProviderReference> {
    let (mut at, mut name, mut alias) = (node, name.to_owned(), alias.map(str::to_owned));
    let mut source = nodes[at].content.as_ref().ok()?.provider(&name);
    loop {
        let here = &nodes[at];
        let module = here.content.as_ref().ok()?;
        let declared =
            module.providers.iter().any(|block| block.alias == alias && module.provider(&block.name) == source);
        let (Some(parent), Some(call)) = (here.parent, &here.call) else { return Some(reference(here, source, alias)) };
        if declared {
            return Some(reference(here, source, alias));
        }
        match handed_in(call, &name, alias.as_deref()) {
            Some(Some((outer, outer_alias))) => {
                source = nodes[parent].content.as_ref().ok()?.provider(&outer);
                (name, alias) = (outer, outer_alias);
            }
            Some(None) => return None,
            None if alias.is_some() => return None,
            None => {}
        }
        at = parent;
    }
}

/// What a call's `providers` argument says of a name: nothing, or a reference (none where it is no plain one).
fn handed_in(call: &Block, name: &str, alias: Option<&str>) -> Option<Option<Local>> {
    let entries = match call.body.argument("providers")?.value.entries() {
        Some(entries) => entries,
        None => return Some(None),
    };
    let wanted = match alias {
        Some(alias) => format!("{name}.{alias}"),
        None => name.to_owned(),
    };
    let (_, value) = entries.into_iter().find(|(key, _)| *key == wanted)?;
    Some(local(&value))
}

/// `aws` or `aws.west`.
fn local(expression: &Expression) -> Option<Local> {
    match expression.reference()? {
        hcl::Expression::Variable(name) => Some((name.as_str().to_owned(), None)),
        hcl::Expression::Traversal(traversal) => match traversal.operators.as_slice() {
            [alias] => match alias.value() {
                hcl::TraversalOperator::GetAttr(alias) => {
                    Some((traversal.expr.as_variable()?.as_str().to_owned(), Some(alias.as_str().to_owned())))
                }
                _ => None,
            },
            _ => None,
        },
        _ => None,
    }
}

/// The reference of a configuration in a module. Modules with configurations of their own have no instance keys.
pub(crate) fn reference(node: &Node, source: String, alias: Option<String>) -> ProviderReference {
    ProviderReference {
        module: node.path.iter().map(|name| ModuleStep { name: name.as_str().into(), key: None }).collect(),
        source: source.into(),
        alias: alias.map(Arc::from),
    }
}
