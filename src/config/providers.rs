//! Finds the provider configuration that a resource uses, as state would write it.
//! Knows nothing of what a provider's arguments mean.

use super::module::Module;
use super::modules::Node;
use super::syntax::{Block, Expression};
use crate::language::ast::{self, Step};
use crate::model::{ModuleStep, ProviderReference};
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

/// Goes outwards from a module to the one that holds the configuration: its own block, what the call hands in, and for a
/// configuration without alias whatever the caller uses. Modules may give one provider different local names.
fn resolve(nodes: &[Node], node: usize, name: &str, alias: Option<&str>) -> Option<ProviderReference> {
    let mut alias = alias.map(str::to_owned);
    let mut source = nodes[node].content.as_ref().ok()?.provider(name);
    let mut at = node;
    loop {
        let here = &nodes[at];
        let module = here.content.as_ref().ok()?;
        let own = module.providers.iter().any(|block| block.alias == alias && module.provider(&block.name) == source);
        let (Some(parent), Some(call), false) = (here.parent, &here.call, own) else {
            return Some(reference(here, source, alias));
        };
        match handed_in(call, module, &source, alias.as_deref()) {
            HandedIn::As((outer, outer_alias)) => {
                source = nodes[parent].content.as_ref().ok()?.provider(&outer);
                alias = outer_alias;
            }
            HandedIn::Not if alias.is_none() => {}
            _ => return None,
        }
        at = parent;
    }
}

/// What a call's `providers` argument says of a configuration.
enum HandedIn {
    /// Nothing.
    Not,
    /// The caller's configuration of this name.
    As(Local),
    /// Something that is no plain reference.
    NotKnown,
}

fn handed_in(call: &Block, module: &Module, source: &str, alias: Option<&str>) -> HandedIn {
    let Some(argument) = call.body.argument("providers") else { return HandedIn::Not };
    let Some(entries) = argument.value.entries() else { return HandedIn::NotKnown };
    let wanted = |key: &str| {
        let (name, key_alias) = key.split_once('.').map_or((key, None), |(name, alias)| (name, Some(alias)));
        key_alias == alias && module.provider(name) == source
    };
    match entries.into_iter().find(|(key, _)| wanted(key)) {
        Some((_, value)) => local(&value).map_or(HandedIn::NotKnown, HandedIn::As),
        None => HandedIn::Not,
    }
}

/// `aws` or `aws.west`.
fn local(expression: &Expression) -> Option<Local> {
    let reference = expression.reference()?;
    match &reference.node {
        ast::Node::Name(name) => Some((name.to_string(), None)),
        ast::Node::Steps(root, steps) => match steps.as_slice() {
            [Step::Attribute(alias)] => Some((root.name()?.to_owned(), Some(alias.to_string()))),
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
