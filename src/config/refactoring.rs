//! `moved`, `removed` and `import` blocks.
//! Knows nothing of state.

use super::Refactoring;
use super::syntax::{Block, Expression};
use crate::language::ast::{self, Node, Step};
use crate::language::{self, Kind, Scope, Value, to_text};
use crate::model::{Address, InstanceKey, ModuleStep};
use std::fmt::Write;
use std::sync::Arc;

/// An address as such a block writes it, relative to the module that holds the block.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Endpoint {
    module: Vec<ModuleStep>,
    /// Type, name and key; none where a whole module is meant.
    resource: Option<(Arc<str>, Arc<str>, Option<InstanceKey>)>,
}

/// A `moved` block.
#[derive(Debug, Clone)]
pub(crate) struct Move {
    /// Names of the calls that lead to the module with the block.
    path: Vec<String>,
    from: Endpoint,
    to: Endpoint,
}

/// A `removed` block.
#[derive(Debug, Clone)]
pub(crate) struct Removal {
    path: Vec<String>,
    from: Endpoint,
    /// `lifecycle.destroy`; without it the object is destroyed.
    destroy: bool,
}

/// What the blocks of one module say.
#[derive(Debug, Default)]
pub(crate) struct Refactorings {
    pub(crate) moves: Vec<Move>,
    pub(crate) removals: Vec<Removal>,
    /// In the order of the files.
    pub(crate) texts: Vec<Refactoring>,
}

impl Refactorings {
    /// Takes in a block of the module at `path`. What is not understood is left out.
    pub(crate) fn add(&mut self, path: &[String], block: &Block, scope: &dyn Scope) {
        let endpoint = |name: &str| endpoint(&block.body.argument(name)?.value.reference()?, scope);
        match block.kind.as_str() {
            "moved" => {
                let (Some(from), Some(to)) = (endpoint("from"), endpoint("to")) else { return };
                self.texts.push(Refactoring::Moved { from: from.text(path), to: to.text(path) });
                self.moves.push(Move { path: path.to_vec(), from, to });
            }
            "removed" => {
                let Some(from) = endpoint("from") else { return };
                self.texts.push(Refactoring::Removed { from: from.text(path) });
                let keeps = |lifecycle: &Block| {
                    let destroy = lifecycle.body.argument("destroy");
                    destroy.and_then(|argument| argument.value.constant().boolean()) == Some(false)
                };
                let destroy = !block.body.blocks("lifecycle").any(keeps);
                self.removals.push(Removal { path: path.to_vec(), from, destroy });
            }
            _ => {
                let Some(to) = endpoint("to") else { return };
                let id = |argument: &Expression| to_text(&argument.value(scope, &[]));
                let id = block.body.argument("id").and_then(|argument| id(&argument.value));
                self.texts.push(Refactoring::Import { to: to.text(path), id: id.map(|id| id.to_string()) });
            }
        }
    }
}

impl Endpoint {
    fn text(&self, path: &[String]) -> String {
        let mut text = String::new();
        for name in path {
            let _ = write!(text, "module.{name}.");
        }
        for step in &self.module {
            let _ = match &step.key {
                Some(key) => write!(text, "module.{}{key}.", step.name),
                None => write!(text, "module.{}.", step.name),
            };
        }
        if let Some((resource_type, name, key)) = &self.resource {
            let _ = match key {
                Some(key) => write!(text, "{resource_type}.{name}{key}"),
                None => write!(text, "{resource_type}.{name}"),
            };
        }
        text.trim_end_matches('.').to_owned()
    }
}

/// Reads `module.a["x"].aws_vpc.main[0]`. A key that is not known is left out, so that the whole resource is meant.
fn endpoint(expression: &ast::Expression, scope: &dyn Scope) -> Option<Endpoint> {
    let Node::Steps(root, steps) = &expression.node else { return None };
    let mut names = vec![(root.name()?.to_owned(), None)];
    for step in steps {
        match step {
            Step::Attribute(name) => names.push((name.to_string(), None)),
            Step::Index(key) => {
                let value = language::evaluate(key, scope, &[]).ok()?;
                names.last_mut()?.1 = instance_key(&value);
            }
            _ => return None,
        }
    }
    let mut module = Vec::new();
    let mut names = names.into_iter().peekable();
    while names.next_if(|(name, _)| name == "module").is_some() {
        let (name, key) = names.next()?;
        module.push(ModuleStep { name: name.into(), key });
    }
    let resource = match (names.next(), names.next(), names.next()) {
        (None, ..) => None,
        (Some((resource_type, None)), Some((name, key)), None) => Some((resource_type.into(), name.into(), key)),
        _ => return None,
    };
    (resource.is_some() || !module.is_empty()).then_some(Endpoint { module, resource })
}

pub(super) fn instance_key(value: &Value) -> Option<InstanceKey> {
    match &value.kind {
        Kind::Number(number) => Some(InstanceKey::Index(u64::try_from(number.to_i64()?).ok()?)),
        Kind::String(key) => Some(InstanceKey::Key(key.clone())),
        _ => None,
    }
}

/// The steps behind those that lead to the module at `path`, in whichever of its instances.
fn inside<'a>(path: &[String], module: &'a [ModuleStep]) -> Option<&'a [ModuleStep]> {
    let leads = module.len() >= path.len() && path.iter().zip(module).all(|(name, step)| **name == *step.name);
    leads.then(|| &module[path.len()..])
}

/// Where an object at `address` goes by the moves, one after the other. Each is followed once, as a chain has no end
/// otherwise.
pub(crate) fn moved(moves: &[Move], address: &Address) -> Address {
    let mut address = address.clone();
    let mut used = vec![false; moves.len()];
    while let Some((position, next)) = moves
        .iter()
        .enumerate()
        .filter(|(position, _)| !used[*position])
        .find_map(|(position, step)| Some((position, apply(step, &address)?)))
    {
        used[position] = true;
        address = next;
    }
    address
}

fn apply(step: &Move, address: &Address) -> Option<Address> {
    let rest = inside(&step.path, &address.module)?;
    let (within, behind) = rest.split_at_checked(step.from.module.len())?;
    let mut moved = address.clone();
    let mut module: Vec<ModuleStep> = address.module[..step.path.len()].to_vec();
    module.extend(step.to.module.iter().cloned());
    match (&step.from.resource, &step.to.resource) {
        (None, None) => {
            let (last, outer) = step.from.module.split_last()?;
            let (at, above) = within.split_last()?;
            let to = step.to.module.last()?;
            // Without keys on either side the whole call moves, and its instances keep theirs.
            let whole = last.key.is_none() && to.key.is_none();
            if above != outer || at.name != last.name || !whole && at.key != last.key {
                return None;
            }
            if whole {
                module.last_mut()?.key = at.key.clone();
            }
            module.extend(behind.iter().cloned());
        }
        (Some((resource_type, name, key)), Some((to_type, to_name, to_key))) => {
            let whole = key.is_none() && to_key.is_none();
            let same = *resource_type == address.resource_type && *name == address.name;
            if within != step.from.module || !behind.is_empty() || !same || !whole && address.key != *key {
                return None;
            }
            moved.resource_type = to_type.clone();
            moved.name = to_name.clone();
            if !whole {
                moved.key = to_key.clone();
            }
        }
        _ => return None,
    }
    moved.module = module.into();
    Some(moved)
}

/// Whether the object at an address is destroyed, where a `removed` block speaks of it.
pub(crate) fn removed(removals: &[Removal], address: &Address) -> Option<bool> {
    let speaks = |removal: &&Removal| {
        let Some(rest) = inside(&removal.path, &address.module) else { return false };
        let named = rest.len() >= removal.from.module.len()
            && rest.iter().zip(&removal.from.module).all(|(step, from)| step.name == from.name);
        named
            && match &removal.from.resource {
                None => true,
                Some((resource_type, name, _)) => {
                    rest.len() == removal.from.module.len()
                        && *resource_type == address.resource_type
                        && *name == address.name
                }
            }
    };
    removals.iter().find(speaks).map(|removal| removal.destroy)
}
