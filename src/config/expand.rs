//! Expands modules and resources into their instances, and computes all that expressions may refer to.
//! Knows nothing of files, nor of what a resource's arguments mean.

use super::evaluate::{Reference, Scope, Value, constant, evaluate};
pub(crate) use super::expansion::Expansion;
use super::expansion::{Repetition, instance_key, unknown_expansion};
use super::inputs::Inputs;
use super::modules::Node;
use super::syntax::{Block, Expression};
use crate::model::{Address, InstanceKey, ModuleStep};
use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

/// Steps of evaluation that reading a configuration may take in all.
const STEPS: usize = 100_000_000;
/// Steps that the arguments of one instance may take.
const INSTANCE_STEPS: usize = 2_000_000;
/// References that lead to references; each takes a piece of the stack.
const REFERENCES: usize = 400;
/// Module instances.
const MODULES: usize = 50_000;
/// Instances of resources, over all.
const INSTANCES: usize = 2_000_000;

/// What is computed once for an instance of a module.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
enum Name {
    Variable(String),
    Local(String),
    Output(String),
}

/// One instance of a module, or what stands for all instances of one whose keys are not known.
#[derive(Debug)]
pub(crate) struct ModuleInstance {
    /// Position of its call.
    pub(crate) node: usize,
    parent: Option<usize>,
    repetition: Repetition,
    /// Where it stands; the last key is missing where it is not known.
    pub(crate) address: Arc<[ModuleStep]>,
    values: HashMap<Name, Value>,
    /// `resource` blocks by type and name.
    pub(crate) resources: HashMap<(Arc<str>, Arc<str>), Expansion>,
    data: HashMap<(Arc<str>, Arc<str>), Expansion>,
    /// Calls by name: their expansion, and their instances.
    pub(crate) children: BTreeMap<String, (Expansion, BTreeMap<Option<InstanceKey>, usize>)>,
}

/// All instances of all modules; the root is the first.
#[derive(Debug, Default)]
pub(crate) struct Expanded {
    pub(crate) nodes: Vec<Node>,
    pub(crate) instances: Vec<ModuleInstance>,
    workspace: String,
    /// Whether a limit was met.
    pub(crate) truncated: bool,
}

impl Expanded {
    /// Expands everything. Recursion follows references, so this wants a large stack.
    pub(crate) fn new(nodes: Vec<Node>, inputs: &Inputs, workspace: String) -> Self {
        let builder = Builder {
            nodes: &nodes,
            inputs,
            workspace: &workspace,
            instances: RefCell::default(),
            open: RefCell::default(),
            budget: Cell::new(STEPS),
            total: Cell::new(0),
            truncated: Cell::new(false),
        };
        builder.add(0, None, Repetition::default(), Arc::new([]));
        let mut next = 0;
        while next < builder.len() {
            builder.complete(next);
            next += 1;
        }
        let truncated = builder.truncated.get();
        let instances = builder.instances.into_inner();
        Self { nodes, instances, workspace, truncated }
    }

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
            for ((resource_type, name), expansion) in &instance.resources {
                addresses.extend(expansion.keys().map(|key| Address {
                    module: instance.address.clone(),
                    resource_type: resource_type.clone(),
                    name: name.clone(),
                    key,
                }));
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
        let value = |instance: &ModuleInstance, name| instance.values.get(&name).cloned().unwrap_or(Value::Unknown);
        let output =
            |child: &usize, output: &str| value(&self.expanded.instances[*child], Name::Output(output.to_owned()));
        match reference {
            Reference::Variable(name) => value(instance, Name::Variable(name.to_owned())),
            Reference::Local(name) => value(instance, Name::Local(name.to_owned())),
            Reference::Workspace => Value::string(self.expanded.workspace.as_str()),
            Reference::Resource { data, resource_type, name } => {
                let blocks = if data { &instance.data } else { &instance.resources };
                let expansion = blocks.get(&(resource_type.into(), name.into()));
                let value = |expansion: &Expansion| match self.spend(expansion.size()) {
                    true => expansion.value(|_| Value::Unknown),
                    false => Value::Unknown,
                };
                expansion.map_or(Value::Unknown, value)
            }
            Reference::Output { module, key, output: name } => {
                let child = instance.children.get(module);
                let child = child.and_then(|(expansion, children)| children.get(&instance_key(expansion, key)?));
                child.map_or(Value::Unknown, |child| output(child, name))
            }
            Reference::Module(name) => {
                let Some((expansion, children)) = instance.children.get(name) else { return Value::Unknown };
                let Ok(module) = &self.expanded.nodes[self.expanded.nodes[instance.node].children[name]].content else {
                    return Value::Unknown;
                };
                expansion.value(|key| match children.get(&key) {
                    Some(child) => {
                        let entry = |name: &String| (name.as_str().into(), output(child, name));
                        Value::map(module.outputs.keys().map(entry).collect())
                    }
                    None => Value::Unknown,
                })
            }
            reference => self.repetition.resolve(reference),
        }
    }

    fn spend(&self, steps: usize) -> bool {
        spend(&self.budget, steps)
    }
}

fn spend(budget: &Cell<usize>, steps: usize) -> bool {
    let left = budget.get().saturating_sub(steps);
    budget.set(left);
    left > 0
}

/// Computes values on demand, each once.
struct Builder<'a> {
    nodes: &'a [Node],
    inputs: &'a Inputs,
    workspace: &'a str,
    instances: RefCell<Vec<ModuleInstance>>,
    /// What is being computed, to notice circles.
    open: RefCell<Vec<(usize, Open)>>,
    budget: Cell<usize>,
    total: Cell<usize>,
    truncated: Cell<bool>,
}

/// Something that is being computed.
#[derive(Debug, Clone, PartialEq)]
enum Open {
    Value(Name),
    Resource(bool, Arc<str>, Arc<str>),
    Call(String),
}

impl Builder<'_> {
    fn len(&self) -> usize {
        self.instances.borrow().len()
    }

    fn node(&self, instance: usize) -> &Node {
        &self.nodes[self.instances.borrow()[instance].node]
    }

    fn add(&self, node: usize, parent: Option<usize>, repetition: Repetition, address: Arc<[ModuleStep]>) -> usize {
        let mut instances = self.instances.borrow_mut();
        instances.push(ModuleInstance {
            node,
            parent,
            repetition,
            address,
            values: HashMap::new(),
            resources: HashMap::new(),
            data: HashMap::new(),
            children: BTreeMap::new(),
        });
        instances.len() - 1
    }

    /// Computes all there is of an instance, so that nothing is left to compute later.
    fn complete(&self, instance: usize) {
        let node = self.node(instance);
        let Ok(module) = &node.content else { return };
        for name in module.variables.keys() {
            self.value(instance, Name::Variable(name.clone()));
        }
        for name in module.locals.keys() {
            self.value(instance, Name::Local(name.clone()));
        }
        for (data, blocks) in [(false, &module.resources), (true, &module.data)] {
            for (resource_type, name) in blocks.keys() {
                self.resource(instance, data, resource_type, name);
            }
        }
        for name in node.children.keys() {
            self.call(instance, name);
        }
        for name in module.outputs.keys() {
            self.value(instance, Name::Output(name.clone()));
        }
    }

    /// Computes something, unless it is being computed already or too much led to it.
    fn guarded<T>(&self, instance: usize, open: Open, unknown: T, compute: impl FnOnce() -> T) -> T {
        let entry = (instance, open);
        if self.open.borrow().len() >= REFERENCES || self.open.borrow().contains(&entry) {
            return unknown;
        }
        self.open.borrow_mut().push(entry);
        let result = compute();
        self.open.borrow_mut().pop();
        result
    }

    fn value(&self, instance: usize, name: Name) -> Value {
        if let Some(value) = self.instances.borrow()[instance].values.get(&name) {
            return value.clone();
        }
        let value = self.guarded(instance, Open::Value(name.clone()), Value::Unknown, || self.compute(instance, &name));
        self.instances.borrow_mut()[instance].values.insert(name, value.clone());
        value
    }

    fn compute(&self, instance: usize, name: &Name) -> Value {
        let Ok(module) = &self.node(instance).content else { return Value::Unknown };
        if module.overridden {
            return Value::Unknown;
        }
        let expression = match name {
            Name::Variable(name) => return self.variable(instance, name),
            Name::Local(name) => module.locals.get(name),
            Name::Output(name) => module.outputs.get(name),
        };
        expression.map_or(Value::Unknown, |expression| {
            evaluate(expression, &Building { builder: self, instance, repetition: &Repetition::default() }, &[])
        })
    }

    fn variable(&self, instance: usize, name: &str) -> Value {
        let node = self.node(instance);
        let Some(variable) = node.content.as_ref().ok().and_then(|module| module.variables.get(name)) else {
            return Value::Unknown;
        };
        let Some(variable_type) = &variable.variable_type else { return Value::Unknown };
        let default = || variable.default.as_ref().map(constant);
        let given = match &node.call {
            None if !self.inputs.complete => return Value::Unknown,
            None => self.inputs.values.get(name).cloned(),
            Some(call) => call.body.argument(name).map(|argument| self.argument(instance, &argument.value)),
        };
        let value = match given {
            Some(Value::Null) if !variable.nullable => default(),
            None => default(),
            given => given,
        };
        value.map_or(Value::Unknown, |value| variable_type.convert(&value))
    }

    /// An argument of the call that made an instance, evaluated where the call stands.
    fn argument(&self, instance: usize, expression: &Expression) -> Value {
        let (parent, repetition) = {
            let instances = self.instances.borrow();
            (instances[instance].parent, instances[instance].repetition.clone())
        };
        let Some(parent) = parent else { return Value::Unknown };
        evaluate(expression, &Building { builder: self, instance: parent, repetition: &repetition }, &[])
    }

    fn resource(&self, instance: usize, data: bool, resource_type: &str, name: &str) -> Option<Expansion> {
        let key: (Arc<str>, Arc<str>) = (resource_type.into(), name.into());
        {
            let instances = self.instances.borrow();
            let known = if data { &instances[instance].data } else { &instances[instance].resources };
            if let Some(expansion) = known.get(&key) {
                return Some(expansion.clone());
            }
        }
        let module = self.node(instance).content.as_ref().ok()?;
        let blocks = if data { &module.data } else { &module.resources };
        let block = blocks.get(&(resource_type.to_owned(), name.to_owned()))?;
        let open = Open::Resource(data, key.0.clone(), key.1.clone());
        let mut expansion = self.guarded(instance, open, unknown_expansion(block), || self.expansion(instance, block));
        if !data {
            self.total.set(self.total.get().saturating_add(expansion.size()));
            if self.total.get() > INSTANCES {
                self.truncated.set(true);
                expansion = Expansion::TooMany;
            }
        }
        let mut instances = self.instances.borrow_mut();
        let known = if data { &mut instances[instance].data } else { &mut instances[instance].resources };
        known.insert(key, expansion.clone());
        Some(expansion)
    }

    fn expansion(&self, instance: usize, block: &Block) -> Expansion {
        if self.node(instance).content.as_ref().is_ok_and(|module| module.overridden) {
            return unknown_expansion(block);
        }
        let scope = Building { builder: self, instance, repetition: &Repetition::default() };
        if let Some(count) = block.body.argument("count") {
            let count = evaluate(&count.value, &scope, &[]).to_number().and_then(|count| count.integer());
            let count = count.and_then(|count| usize::try_from(count).ok());
            return count.filter(|count| *count <= INSTANCES).map_or(Expansion::UnknownCount, Expansion::Count);
        }
        let Some(argument) = block.body.argument("for_each") else { return Expansion::Single };
        match evaluate(&argument.value, &scope, &[]) {
            Value::Map(items) => Expansion::ForEach(items.values.clone().into()),
            Value::Set(items) => {
                let text = |value: &Value| match value {
                    Value::String(key) => Some((key.clone(), value.clone())),
                    _ => None,
                };
                let values = items.values.iter().map(text).collect::<Option<BTreeMap<_, _>>>();
                values.map_or(Expansion::UnknownKeys, |values| Expansion::ForEach(values.into()))
            }
            _ => Expansion::UnknownKeys,
        }
    }

    /// The instances of a call, made on the first demand. Where they are not known one stands for all.
    fn call(&self, instance: usize, name: &str) -> Option<(Expansion, BTreeMap<Option<InstanceKey>, usize>)> {
        if let Some(children) = self.instances.borrow()[instance].children.get(name) {
            return Some(children.clone());
        }
        let node = *self.node(instance).children.get(name)?;
        let block = self.nodes[node].call.as_ref()?;
        let open = Open::Call(name.to_owned());
        if self.open.borrow().contains(&(instance, open.clone())) {
            return None;
        }
        let mut expansion = self.guarded(instance, open, unknown_expansion(block), || self.expansion(instance, block));
        if self.len().saturating_add(expansion.size().max(1)) > MODULES {
            self.truncated.set(true);
            expansion = Expansion::TooMany;
        }
        let keys: Vec<Option<InstanceKey>> = match expansion {
            Expansion::UnknownCount | Expansion::UnknownKeys => vec![None],
            _ => expansion.keys().collect(),
        };
        let above = self.instances.borrow()[instance].address.clone();
        let mut children = BTreeMap::new();
        for key in keys {
            let step = ModuleStep { name: name.into(), key: key.clone() };
            let address: Arc<[ModuleStep]> = above.iter().cloned().chain([step]).collect();
            let repetition = Repetition::new(&expansion, key.clone());
            children.insert(key, self.add(node, Some(instance), repetition, address));
        }
        self.instances.borrow_mut()[instance].children.insert(name.to_owned(), (expansion.clone(), children.clone()));
        Some((expansion, children))
    }
}

/// The scope in which values are computed as they are needed.
struct Building<'a> {
    builder: &'a Builder<'a>,
    instance: usize,
    repetition: &'a Repetition,
}

impl Scope for Building<'_> {
    fn resolve(&self, reference: Reference<'_>) -> Value {
        let builder = self.builder;
        match reference {
            Reference::Variable(name) => builder.value(self.instance, Name::Variable(name.to_owned())),
            Reference::Local(name) => builder.value(self.instance, Name::Local(name.to_owned())),
            Reference::Workspace => Value::string(builder.workspace),
            Reference::Resource { data, resource_type, name } => {
                match builder.resource(self.instance, data, resource_type, name) {
                    Some(expansion) if self.spend(expansion.size()) => expansion.value(|_| Value::Unknown),
                    _ => Value::Unknown,
                }
            }
            Reference::Output { module, key, output } => {
                let Some((expansion, children)) = builder.call(self.instance, module) else { return Value::Unknown };
                let child = instance_key(&expansion, key).and_then(|key| children.get(&key).copied());
                child.map_or(Value::Unknown, |child| builder.value(child, Name::Output(output.to_owned())))
            }
            Reference::Module(name) => {
                let Some((expansion, children)) = builder.call(self.instance, name) else { return Value::Unknown };
                expansion.value(|key| match children.get(&key) {
                    Some(child) => {
                        let Ok(module) = &builder.node(*child).content else { return Value::Unknown };
                        let output =
                            |name: &String| (name.as_str().into(), builder.value(*child, Name::Output(name.clone())));
                        Value::map(module.outputs.keys().map(output).collect())
                    }
                    None => Value::Unknown,
                })
            }
            reference => self.repetition.resolve(reference),
        }
    }

    fn spend(&self, steps: usize) -> bool {
        spend(&self.builder.budget, steps)
    }
}
