//! All instances of modules and resources, with the values that expressions refer to.
//! Knows nothing of how those are computed, nor of what a resource's arguments mean.

pub(crate) use super::expansion::Expansion;
use super::expansion::{Repetition, instance_key};
use super::files::Files;
use super::modules::Node;
use crate::language::{FileError, Marks, Reference, Scope, Value};
use crate::model::{Address, InstanceKey, ModuleStep};
use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

/// Steps that the arguments of one instance may take.
const INSTANCE_STEPS: usize = 2_000_000;

/// What is computed once for an instance of a module.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Name {
    Variable(String),
    Local(String),
    Output(String),
}

/// A `resource` or (`true`) `data` block by type and name.
pub(super) type BlockName = (bool, Arc<str>, Arc<str>);

/// One instance of a module, or what stands for all instances of one whose keys are not known.
#[derive(Debug)]
pub(crate) struct ModuleInstance {
    /// Position of its call.
    pub(crate) node: usize,
    pub(super) parent: Option<usize>,
    pub(super) repetition: Repetition,
    /// Where it stands; the last key is missing where it is not known.
    pub(crate) address: Arc<[ModuleStep]>,
    pub(super) values: HashMap<Name, Value>,
    pub(super) blocks: HashMap<BlockName, Expansion>,
    /// Objects that are referred to: all instances of a block together.
    pub(super) objects: HashMap<BlockName, Value>,
    /// Calls by name: their expansion, and their instances.
    pub(crate) children: BTreeMap<String, (Expansion, BTreeMap<Option<InstanceKey>, usize>)>,
}

/// All instances of all modules; the root is the first.
#[derive(Debug, Default)]
pub(crate) struct Expanded {
    pub(crate) nodes: Vec<Node>,
    pub(crate) instances: Vec<ModuleInstance>,
    pub(super) workspace: String,
    pub(super) files: Files,
    /// Whether a limit was met.
    pub(crate) truncated: bool,
    /// Values that lead back to themselves, step by step.
    pub(crate) circles: BTreeSet<String>,
}

impl Expanded {
    /// The instance of a module, or what stands for it: its position and whether it is known to exist.
    pub(crate) fn find(&self, module: &[ModuleStep]) -> Found {
        if self.instances.is_empty() {
            return Found::NotKnown("the configuration could not be evaluated".into());
        }
        let mut at = 0;
        let mut certain = Ok(());
        for step in module {
            let instance = &self.instances[at];
            let Some((expansion, children)) = instance.children.get(&*step.name) else {
                return Found::NoCall { instance: at };
            };
            match expansion.has(step.key.as_ref()) {
                Some(false) => return Found::No,
                Some(true) => {}
                None => certain = Err(format!("the instances of module.{} are not known", step.name)),
            }
            let child = children.get(&step.key).or_else(|| children.get(&None));
            match (child, certain.clone()) {
                (Some(child), _) => at = *child,
                (None, Err(reason)) => return Found::NotKnown(reason),
                (None, Ok(())) => return Found::No,
            }
        }
        Found::Instance { position: at, certain }
    }

    /// The expansion of a managed resource in an instance of a module.
    pub(crate) fn expansion(&self, instance: usize, address: &Address) -> Option<&Expansion> {
        let name = (false, address.resource_type.clone(), address.name.clone());
        self.instances[instance].blocks.get(&name)
    }

    /// The scope for the arguments of one instance of a block in an instance of a module.
    pub(crate) fn scope<'a>(
        &'a self,
        instance: usize,
        expansion: &Expansion,
        key: Option<InstanceKey>,
    ) -> impl Scope + 'a {
        Frozen {
            expanded: self,
            instance,
            repetition: Repetition::new(expansion, key),
            budget: Cell::new(INSTANCE_STEPS),
        }
    }

    /// Every address of a managed resource that is known to be declared.
    pub(crate) fn addresses(&self) -> Vec<Address> {
        if self.instances.is_empty() {
            return Vec::new();
        }
        let mut addresses = Vec::new();
        let mut open = vec![0];
        while let Some(position) = open.pop() {
            let instance = &self.instances[position];
            for ((data, resource_type, name), expansion) in &instance.blocks {
                if !data {
                    addresses.extend(expansion.keys().map(|key| Address {
                        module: instance.address.clone(),
                        resource_type: resource_type.clone(),
                        name: name.clone(),
                        key,
                    }));
                }
            }
            let known = instance.children.values().filter(|(expansion, _)| expansion.size() > 0);
            open.extend(known.flat_map(|(_, children)| children.values()));
        }
        addresses.sort();
        addresses
    }

    /// The first instance of a call.
    pub(crate) fn first_of(&self, node: usize) -> Option<usize> {
        self.instances.iter().position(|instance| instance.node == node)
    }
}

/// What stands at a module path.
pub(crate) enum Found {
    /// An instance; or, with the reason why it is not certain to exist, what stands for it.
    Instance { position: usize, certain: Result<(), String> },
    /// No such instance.
    No,
    /// It cannot be told, for this reason.
    NotKnown(String),
    /// A module that makes no call of the next name.
    NoCall { instance: usize },
}

/// The scope of finished values.
struct Frozen<'a> {
    expanded: &'a Expanded,
    instance: usize,
    repetition: Repetition,
    budget: Cell<usize>,
}

impl Scope for Frozen<'_> {
    fn resolve(&self, reference: Reference<'_>) -> Value {
        let instance = &self.expanded.instances[self.instance];
        let value =
            |instance: &ModuleInstance, name| instance.values.get(&name).cloned().unwrap_or_else(Value::dynamic);
        let output =
            |child: &usize, output: &str| value(&self.expanded.instances[*child], Name::Output(output.to_owned()));
        match reference {
            Reference::Variable(name) => value(instance, Name::Variable(name.to_owned())),
            Reference::Local(name) => value(instance, Name::Local(name.to_owned())),
            Reference::Workspace => Value::string(self.expanded.workspace.as_str()),
            Reference::Path(name) => path(&self.expanded.nodes, instance.node, name),
            Reference::Resource { data, resource_type, name } => {
                let name = (data, resource_type.into(), name.into());
                instance.objects.get(&name).cloned().unwrap_or_else(Value::dynamic)
            }
            Reference::Output { module, key, output: name } => {
                let child = instance.children.get(module);
                let child = child.and_then(|(expansion, children)| children.get(&instance_key(expansion, key)?));
                child.map_or_else(Value::dynamic, |child| output(child, name))
            }
            Reference::Module(name) => {
                let Some((expansion, children)) = instance.children.get(name) else { return Value::dynamic() };
                let Some(names) = outputs(&self.expanded.nodes, instance.node, name) else { return Value::dynamic() };
                expansion.value(|key| match children.get(&key) {
                    Some(child) => {
                        Value::object(names.iter().map(|name| (name.as_str().into(), output(child, name))).collect())
                    }
                    None => Value::dynamic(),
                })
            }
            reference => self.repetition.resolve(reference),
        }
    }

    fn spend(&self, steps: usize) -> bool {
        spend(&self.budget, steps)
    }

    fn file(&self, path: &str) -> Result<Arc<[u8]>, FileError> {
        self.expanded.files.read(path)
    }

    fn files(&self, directory: &str) -> Result<Vec<String>, FileError> {
        self.expanded.files.list(directory)
    }
}

pub(super) fn spend(budget: &Cell<usize>, steps: usize) -> bool {
    let left = budget.get().saturating_sub(steps);
    budget.set(left);
    left > 0
}

/// `path.root`, `path.module` or, which depends on the machine, `path.cwd`.
pub(super) fn path(nodes: &[Node], node: usize, name: &str) -> Value {
    match name {
        "root" => Value::string("."),
        "module" => nodes[node].path_from_root(&nodes[0]).map_or_else(Value::dynamic, Value::string),
        _ => Value::unknown(crate::language::Type::String),
    }
}

/// The names of the outputs of a module that is called; none where it could not be read.
pub(super) fn outputs<'a>(nodes: &'a [Node], caller: usize, call: &str) -> Option<Vec<&'a String>> {
    let child = nodes[caller].children.get(call)?;
    let module = nodes[*child].content.as_ref().ok()?;
    module.unread.is_empty().then(|| module.outputs.keys().collect())
}

/// The mark of what is declared to be sensitive.
pub(super) fn marked(value: Value, sensitive: bool) -> Value {
    if sensitive { value.marked(Marks::SENSITIVE) } else { value }
}
