//! Expands modules and resources into their instances, and computes all that expressions may refer to.
//! Knows nothing of how files are read, nor of what a resource's arguments mean to its provider.

use super::body;
use super::expanded::{BlockName, Expanded, ModuleInstance, Name, marked, outputs, path, spend};
use super::expansion::{Expansion, Repetition, instance_key, unknown_expansion};
use super::files::Files;
use super::inputs::Inputs;
use super::lifecycle;
use super::modules::Node;
use super::recorded::{self, Recorded};
use super::syntax::{Block, Expression};
use crate::language::{FileError, Reference, Scope, Value, to_number};
use crate::model::{Address, InstanceKey, ModuleStep};
use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

/// Steps of evaluation that reading a configuration may take in all.
const STEPS: usize = 100_000_000;
/// References that lead to references; each takes a piece of the stack.
const REFERENCES: usize = 400;
/// Module instances.
const MODULES: usize = 50_000;
/// Instances of resources, over all.
const INSTANCES: usize = 2_000_000;

/// What a configuration is expanded with.
pub(super) struct Given<'a> {
    pub(super) inputs: &'a Inputs,
    pub(super) workspace: String,
    pub(super) files: Files,
    pub(super) recorded: &'a dyn Recorded,
}

/// Expands everything. Recursion follows references, so this wants a large stack.
pub(super) fn expand(nodes: Vec<Node>, given: Given<'_>) -> Expanded {
    let builder = Builder::new(&nodes, &given);
    let mut next = 0;
    while next < builder.len() {
        builder.complete(next);
        next += 1;
    }
    let truncated = builder.truncated.get();
    let circles = builder.circles.take();
    let instances = builder.instances.into_inner();
    let Given { workspace, mut files, .. } = given;
    files.close();
    Expanded { nodes, instances, workspace, files, truncated, circles }
}

/// The values of expressions that stand in the root module.
#[cfg(test)]
pub(super) fn values(nodes: &[Node], given: Given<'_>, sources: &[&str]) -> Vec<Result<Value, String>> {
    let builder = Builder::new(nodes, &given);
    let scope = Building { builder: &builder, instance: 0, repetition: &Repetition::default() };
    let value = |source: &&str| {
        let expression = crate::language::parse(source).map_err(|(at, message)| format!("{at}: {message}"))?;
        crate::language::evaluate(&expression, &scope, &[]).map_err(|failure| failure.message)
    };
    sources.iter().map(value).collect()
}

/// Computes values on demand, each once.
struct Builder<'a> {
    nodes: &'a [Node],
    given: &'a Given<'a>,
    instances: RefCell<Vec<ModuleInstance>>,
    /// What is being computed, to notice circles.
    open: RefCell<Vec<(usize, Open)>>,
    budget: Cell<usize>,
    total: Cell<usize>,
    truncated: Cell<bool>,
    /// Values that lead back to themselves, each circle once.
    circles: RefCell<BTreeSet<String>>,
}

/// Something that is being computed.
#[derive(Debug, Clone, PartialEq)]
enum Open {
    Value(Name),
    Block(BlockName),
    Object(BlockName),
    Call(String),
}

impl<'a> Builder<'a> {
    /// With the root module, and nothing computed yet.
    fn new(nodes: &'a [Node], given: &'a Given<'a>) -> Self {
        let builder = Self {
            nodes,
            given,
            instances: RefCell::default(),
            open: RefCell::default(),
            budget: Cell::new(STEPS),
            total: Cell::new(0),
            truncated: Cell::new(false),
            circles: RefCell::default(),
        };
        builder.add(0, None, Repetition::default(), Arc::new([]));
        builder
    }
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
            blocks: HashMap::new(),
            objects: HashMap::new(),
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
                self.block(instance, &(data, resource_type.as_str().into(), name.as_str().into()));
            }
        }
        for name in node.children.keys() {
            self.call(instance, name);
        }
        for name in module.outputs.keys() {
            self.value(instance, Name::Output(name.clone()));
        }
        for name in &module.referenced {
            self.objects(instance, name);
        }
        for key in &module.reading {
            self.read_files(instance, key, &module.resources[key]);
        }
    }

    /// Evaluates the arguments of a resource that read files, so that what they read is known later too.
    fn read_files(&self, instance: usize, (resource_type, name): &(String, String), block: &Block) {
        let name = (false, resource_type.as_str().into(), name.as_str().into());
        let Some(expansion) = self.block(instance, &name) else { return };
        for key in expansion.keys() {
            let repetition = Repetition::new(&expansion, key);
            body::resource(&block.body, &Building { builder: self, instance, repetition: &repetition });
        }
    }

    /// Computes something, unless it is being computed already or too much led to it.
    fn guarded<T>(&self, instance: usize, open: Open, unknown: T, compute: impl FnOnce() -> T) -> T {
        let entry = (instance, open);
        if self.open.borrow().contains(&entry) {
            self.note_circle(&entry);
            return unknown;
        }
        if self.open.borrow().len() >= REFERENCES {
            return unknown;
        }
        self.open.borrow_mut().push(entry);
        let result = compute();
        self.open.borrow_mut().pop();
        result
    }

    /// Remembers how a value leads back to itself. Terraform would refuse to plan such a configuration.
    fn note_circle(&self, entry: &(usize, Open)) {
        let open = self.open.borrow();
        let steps = open.iter().skip_while(|other| *other != entry).chain([entry]);
        let shown = steps.filter_map(|(instance, open)| {
            let name = match open {
                Open::Value(Name::Variable(name)) => format!("var.{name}"),
                Open::Value(Name::Local(name)) => format!("local.{name}"),
                Open::Value(Name::Output(name)) => format!("output.{name}"),
                Open::Block((data, resource_type, name)) | Open::Object((data, resource_type, name)) => {
                    format!("{}{resource_type}.{name}", if *data { "data." } else { "" })
                }
                Open::Call(_) => return None,
            };
            let module = self.instances.borrow()[*instance].address.clone();
            let within: String = module.iter().map(|step| format!("module.{}.", step.name)).collect();
            Some(format!("{within}{name}"))
        });
        let mut steps: Vec<String> = shown.collect();
        steps.dedup();
        // The same circle is found from each of its members: told from the first by name.
        if let (true, Some(first)) = (steps.len() > 1, steps[1..].iter().enumerate().min_by_key(|(_, step)| *step)) {
            let start = first.0;
            let mut circle = steps[1..].to_vec();
            circle.rotate_left(start);
            circle.push(circle[0].clone());
            self.circles.borrow_mut().insert(circle.join(", "));
        }
    }

    fn value(&self, instance: usize, name: Name) -> Value {
        if let Some(value) = self.instances.borrow()[instance].values.get(&name) {
            return value.clone();
        }
        let compute = || self.compute(instance, &name);
        let value = self.guarded(instance, Open::Value(name.clone()), Value::dynamic(), compute);
        self.instances.borrow_mut()[instance].values.insert(name, value.clone());
        value
    }

    fn compute(&self, instance: usize, name: &Name) -> Value {
        let Ok(module) = &self.node(instance).content else { return Value::dynamic() };
        if module.overridden {
            return Value::dynamic();
        }
        let scope = Building { builder: self, instance, repetition: &Repetition::default() };
        match name {
            Name::Variable(name) => self.variable(instance, name),
            Name::Local(name) => {
                module.locals.get(name).map_or_else(Value::dynamic, |local| local.value.value(&scope, &[]))
            }
            Name::Output(name) => module
                .outputs
                .get(name)
                .map_or_else(Value::dynamic, |output| marked(output.value.value(&scope, &[]), output.sensitive)),
        }
    }

    fn variable(&self, instance: usize, name: &str) -> Value {
        let node = self.node(instance);
        let Some(variable) = node.content.as_ref().ok().and_then(|module| module.variables.get(name)) else {
            return Value::dynamic();
        };
        let Some(constraint) = &variable.constraint else { return Value::dynamic() };
        let default = || variable.default.as_ref().map(|default| default.value.constant());
        let inputs = self.given.inputs;
        let given = match &node.call {
            None if !inputs.complete => return Value::dynamic(),
            None => inputs.value(name, variable),
            Some(call) => call.body.argument(name).map(|argument| self.argument(instance, &argument.value)),
        };
        let value = match given {
            Some(value) if value.is_null() && !variable.nullable => default(),
            None => default(),
            given => given,
        };
        let value = value.and_then(|value| constraint.apply(&value).ok()).unwrap_or_else(Value::dynamic);
        marked(value, variable.sensitive)
    }

    /// An argument of the call that made an instance, evaluated where the call stands.
    fn argument(&self, instance: usize, expression: &Expression) -> Value {
        let (parent, repetition) = {
            let instances = self.instances.borrow();
            (instances[instance].parent, instances[instance].repetition.clone())
        };
        let Some(parent) = parent else { return Value::dynamic() };
        expression.value(&Building { builder: self, instance: parent, repetition: &repetition }, &[])
    }

    /// The block itself, if the module has it.
    fn written(&self, instance: usize, (data, resource_type, name): &BlockName) -> Option<&Block> {
        let module = self.node(instance).content.as_ref().ok()?;
        let blocks = if *data { &module.data } else { &module.resources };
        blocks.get(&(resource_type.to_string(), name.to_string()))
    }

    fn block(&self, instance: usize, name: &BlockName) -> Option<Expansion> {
        if let Some(expansion) = self.instances.borrow()[instance].blocks.get(name) {
            return Some(expansion.clone());
        }
        let block = self.written(instance, name)?;
        let open = Open::Block(name.clone());
        let mut expansion = self.guarded(instance, open, unknown_expansion(block), || self.expansion(instance, block));
        if !name.0 {
            self.total.set(self.total.get().saturating_add(expansion.size()));
            if self.total.get() > INSTANCES {
                self.truncated.set(true);
                expansion = Expansion::TooMany;
            }
        }
        self.instances.borrow_mut()[instance].blocks.insert(name.clone(), expansion.clone());
        Some(expansion)
    }

    fn expansion(&self, instance: usize, block: &Block) -> Expansion {
        if self.node(instance).content.as_ref().is_ok_and(|module| module.overridden) {
            return unknown_expansion(block);
        }
        let scope = Building { builder: self, instance, repetition: &Repetition::default() };
        if let Some(count) = block.body.argument("count") {
            let count = to_number(&count.value.value(&scope, &[])).and_then(|count| count.to_usize());
            return count.filter(|count| *count <= INSTANCES).map_or(Expansion::UnknownCount, Expansion::Count);
        }
        if let Some(enabled) = block.body.blocks("lifecycle").find_map(|block| block.body.argument("enabled")) {
            // OpenTofu's: one instance without a key, or none.
            return match enabled.value.value(&scope, &[]).boolean() {
                Some(true) => Expansion::Single,
                Some(false) => Expansion::None,
                None => Expansion::UnknownCount,
            };
        }
        let Some(argument) = block.body.argument("for_each") else { return Expansion::Single };
        Expansion::of_each(&argument.value.value(&scope, &[]))
    }

    /// The objects of a block, all instances together, as far as they were recorded.
    fn objects(&self, instance: usize, name: &BlockName) -> Value {
        if let Some(value) = self.instances.borrow()[instance].objects.get(name) {
            return value.clone();
        }
        let value = match (self.block(instance, name), self.written(instance, name)) {
            (Some(expansion), Some(block)) if spend(&self.budget, expansion.size()) => {
                let open = Open::Object(name.clone());
                self.guarded(instance, open, Value::dynamic(), || {
                    expansion.value(|key| self.object(instance, name, block, &expansion, key))
                })
            }
            _ => Value::dynamic(),
        };
        self.instances.borrow_mut()[instance].objects.insert(name.clone(), value.clone());
        value
    }

    fn object(
        &self,
        instance: usize,
        name: &BlockName,
        block: &Block,
        expansion: &Expansion,
        key: Option<InstanceKey>,
    ) -> Value {
        let address = Address {
            module: self.instances.borrow()[instance].address.clone(),
            resource_type: name.1.clone(),
            name: name.2.clone(),
            key: key.clone(),
        };
        let recorded = self.given.recorded.object(name.0, &address);
        if name.0 || self.node(instance).content.as_ref().is_ok_and(|module| module.overridden) {
            return recorded.unwrap_or_else(Value::dynamic);
        }
        if recorded.is_none() && !recorded::is_builtin(&name.1) {
            return Value::dynamic();
        }
        let repetition = Repetition::new(expansion, key);
        let scope = Building { builder: self, instance, repetition: &repetition };
        let declared = body::arguments(&block.body, &scope);
        recorded::planned(&name.1, recorded, declared, &lifecycle::of(&block.body).ignore_changes)
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
            Reference::Workspace => Value::string(builder.given.workspace.as_str()),
            Reference::Path(name) => path(builder.nodes, builder.instances.borrow()[self.instance].node, name),
            Reference::Resource { data, resource_type, name } => {
                builder.objects(self.instance, &(data, resource_type.into(), name.into()))
            }
            Reference::Output { module, key, output } => {
                let Some((expansion, children)) = builder.call(self.instance, module) else { return Value::dynamic() };
                let child = instance_key(&expansion, key).and_then(|key| children.get(&key).copied());
                child.map_or_else(Value::dynamic, |child| builder.value(child, Name::Output(output.to_owned())))
            }
            Reference::Module(name) => {
                let Some((expansion, children)) = builder.call(self.instance, name) else { return Value::dynamic() };
                let node = builder.instances.borrow()[self.instance].node;
                let Some(names) = outputs(builder.nodes, node, name) else { return Value::dynamic() };
                expansion.value(|key| match children.get(&key) {
                    Some(child) => {
                        let output = |name: &&String| {
                            (name.as_str().into(), builder.value(*child, Name::Output((*name).clone())))
                        };
                        Value::object(names.iter().map(output).collect())
                    }
                    None => Value::dynamic(),
                })
            }
            reference => self.repetition.resolve(reference),
        }
    }

    fn spend(&self, steps: usize) -> bool {
        spend(&self.builder.budget, steps)
    }

    fn file(&self, path: &str) -> Result<Arc<[u8]>, FileError> {
        self.builder.given.files.read(path)
    }

    fn files(&self, directory: &str) -> Result<Vec<String>, FileError> {
        self.builder.given.files.list(directory)
    }
}
