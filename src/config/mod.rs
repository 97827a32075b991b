//! Reads what the approved configuration declares, as far as it can be evaluated.
//! Knows nothing of state or of what is live; what cannot be evaluated is not known, never guessed.

pub mod backend;
pub(crate) mod body;
mod contributing;
mod early;
pub mod encryption;
mod expand;
mod expanded;
mod expansion;
mod failures;
mod files;
mod inputs;
mod lifecycle;
mod module;
mod modules;
mod outline;
mod overlay;
mod providers;
mod read;
mod recorded;
mod refactoring;
mod references;
pub(crate) mod source;
mod sources;
pub(crate) mod syntax;

use crate::git::Tree;
use crate::language::{self, Kind};
use crate::model::{Address, InstanceKey, ProviderReference, SourceRange};
pub use contributing::Contribution;
use expanded::{Expanded, Expansion, Found};
pub use inputs::VariableSource;
pub use lifecycle::Lifecycle;
use lifecycle::TriggeredBy;
pub use overlay::Overlay;
use provider_api::AttributePath;
pub use read::{Options, read, unread};
pub(crate) use recorded::Recorded;
use refactoring::Refactorings;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

pub(crate) use module::{is_configuration, shown};
pub(crate) use outline::{Outline, outline, telling_files};

/// One root module's configuration with all modules it calls.
#[derive(Debug, Default)]
pub struct Configuration {
    /// Directory of the root module from the repository's root; empty for the root itself. Of a unit of Terragrunt's that
    /// of the unit, which tells it from others with the same source.
    pub directory: String,
    /// The workspace that it was evaluated for.
    pub workspace: String,
    /// Where the files of the root module are: the same, but for a unit of Terragrunt's.
    pub source_directory: String,
    /// Resource blocks by address without instance keys (`module.a.aws_vpc.main`).
    pub resources: BTreeMap<Address, DeclaredResource>,
    /// Provider configurations by reference.
    pub providers: BTreeMap<ProviderReference, DeclaredProvider>,
    /// The backend.
    pub backend: Option<Backend>,
    /// `moved`, `removed` and `import` blocks of all modules, in order.
    pub refactorings: Vec<Refactoring>,
    /// Module calls by path without keys, with the directory each stands for.
    pub modules: BTreeMap<Vec<String>, ModuleCall>,
    /// What could not be read or evaluated as a whole.
    pub problems: Vec<Problem>,
    /// What was laid over the files.
    overlay: Option<Overlay>,
    /// What variables are given.
    inputs: inputs::Inputs,
    /// Everything that expressions refer to, evaluated.
    expanded: Expanded,
    /// The moves and removals of `refactorings`, parsed.
    parsed: Refactorings,
}

/// A module call, or the root module under the empty path.
#[derive(Debug, Clone)]
pub struct ModuleCall {
    /// The directory its files are in, from the repository's root; none where the source is not local.
    pub directory: Option<String>,
    /// The `source` argument, empty for the root.
    pub source: String,
    /// The block.
    pub range: Option<SourceRange>,
}

/// A resource block.
#[derive(Debug, Clone)]
pub struct DeclaredResource {
    /// Address without instance keys.
    pub address: Address,
    /// Directory of the module that holds the block, from the repository's root.
    pub directory: String,
    /// The block, from its first character to its closing brace.
    pub range: SourceRange,
    /// The provider configuration it uses, as state would write it; none where that is not known.
    pub provider: Option<ProviderReference>,
    /// Its `lifecycle` block.
    pub lifecycle: Lifecycle,
    /// What stands between its braces.
    body: Arc<syntax::Body>,
    /// Where each argument of it stands.
    ranges: Arc<BTreeMap<String, SourceRange>>,
}

/// What tells a block from all others of the repository.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BlockPlace {
    /// The directory of its module, from the repository's root.
    pub directory: String,
    /// `resource`, `module`, `locals`, `variable` or `output`.
    pub kind: &'static str,
    /// Its labels; of a local its name.
    pub labels: Vec<String>,
}

/// `lifecycle.ignore_changes`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum IgnoreChanges {
    /// `all`.
    All,
    /// These paths and what lies below them; empty when there is none.
    Paths(Vec<AttributePath>),
}

/// A declared value, as far as it is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Declared {
    /// Known throughout.
    Known(Value),
    /// A list, or the blocks of one name, with elements that may not be known.
    List(Vec<Declared>),
    /// An object or map, or one nested block, with values that may not be known.
    Object(BTreeMap<String, Declared>),
    /// An expression that cannot be evaluated (yet).
    NotKnown,
}

/// What one instance declares: every top-level argument and nested block by name.
#[derive(Debug, Clone, Default)]
pub struct DeclaredInstance {
    /// Values; nested blocks are lists of objects. What a `dynamic` block generates that cannot be evaluated is here
    /// under the block's name as [`Declared::NotKnown`]. In the JSON syntax a single nested block may be an object: only
    /// a schema tells it from a map.
    pub attributes: BTreeMap<String, Declared>,
    /// Where each top-level argument or first nested block of that name stands.
    pub ranges: Arc<BTreeMap<String, SourceRange>>,
    /// Those of the values that must not be printed, for something that they are computed from is sensitive.
    pub sensitive: BTreeSet<String>,
}

/// Whether the configuration declares an instance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Declares {
    /// It does.
    Yes,
    /// It does not: the block is gone, or its expansion has no such key.
    No,
    /// It cannot be told, for this reason (an unknown `for_each`, a module that is not local).
    NotKnown(String),
}

/// A provider configuration.
#[derive(Debug, Clone)]
pub struct DeclaredProvider {
    /// The block; none for the implied empty configuration.
    pub range: Option<SourceRange>,
    /// Arguments and nested blocks.
    pub attributes: BTreeMap<String, Declared>,
    /// Whether this is all there is to it: false where a file could not be read that may hold the block, or change it.
    pub certain: bool,
}

/// A backend or `cloud` block.
#[derive(Debug, Clone)]
pub struct Backend {
    /// `local`, `s3`, …, or `cloud`.
    pub kind: String,
    /// Its arguments.
    pub attributes: BTreeMap<String, Declared>,
    /// The block.
    pub range: SourceRange,
}

/// A block that changes what an address means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refactoring {
    /// `moved`: `from` is now `to`. Texts are absolute addresses of resources, instances or modules.
    Moved {
        /// The old address.
        from: String,
        /// The new address.
        to: String,
    },
    /// `removed`: no longer managed.
    Removed {
        /// The address.
        from: String,
    },
    /// `import`: about to be managed.
    Import {
        /// The address.
        to: String,
        /// The object's id, where it is known.
        id: Option<String>,
    },
}

/// Something in the configuration that could not be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Where.
    pub range: Option<SourceRange>,
    /// What, why and what to do; a syntax problem carries the line and a caret below it.
    pub text: String,
    /// Whether part of the configuration was not read at all because of it.
    pub incomplete: bool,
}

impl Declared {
    /// The value as JSON, if all of it is known.
    pub fn known(&self) -> Option<Value> {
        match self {
            Self::Known(value) => Some(value.clone()),
            Self::List(elements) => elements.iter().map(Self::known).collect::<Option<Vec<_>>>().map(Value::Array),
            Self::Object(entries) => entries
                .iter()
                .map(|(name, value)| Some((name.clone(), value.known()?)))
                .collect::<Option<serde_json::Map<_, _>>>()
                .map(Value::Object),
            Self::NotKnown => None,
        }
    }
}

impl From<&Declared> for language::Value {
    fn from(declared: &Declared) -> Self {
        match declared {
            Declared::Known(value) => language::from_json(value),
            Declared::List(elements) => Self::tuple(elements.iter().map(Self::from).collect()),
            Declared::Object(entries) => {
                Self::object(entries.iter().map(|(name, value)| (name.as_str().into(), value.into())).collect())
            }
            Declared::NotKnown => Self::dynamic(),
        }
    }
}

impl From<language::Value> for Declared {
    fn from(value: language::Value) -> Self {
        if let Some(known) = language::to_json(&value) {
            return Self::Known(known);
        }
        match value.kind {
            Kind::List(_, items) | Kind::Set(_, items) | Kind::Tuple(items) => {
                Self::List(items.values.iter().cloned().map(Self::from).collect())
            }
            Kind::Map(_, items) | Kind::Object(items) => Self::Object(
                items.values.iter().map(|(name, value)| (name.to_string(), Self::from(value.clone()))).collect(),
            ),
            _ => Self::NotKnown,
        }
    }
}

impl IgnoreChanges {
    /// Whether changes at a path are to be ignored. `tags.Env` and `tags["Env"]` are the same.
    pub fn covers(&self, path: &AttributePath) -> bool {
        use provider_api::Step;
        let same = |(one, other): (&Step, &Step)| match (one, other) {
            (Step::Index(one), Step::Index(other)) => one == other,
            (Step::Name(one) | Step::Key(one), Step::Name(other) | Step::Key(other)) => one == other,
            _ => false,
        };
        match self {
            Self::All => true,
            Self::Paths(ignored) => {
                ignored.iter().any(|ignored| ignored.0.len() <= path.0.len() && ignored.0.iter().zip(&path.0).all(same))
            }
        }
    }
}

impl Configuration {
    /// Whether the configuration declares an instance. The address must have gone through [`Configuration::refactored`].
    pub fn declares(&self, address: &Address) -> Declares {
        let (position, certain) = match self.expanded.find(&address.module) {
            Found::No => return Declares::No,
            Found::NotKnown(reason) => return Declares::NotKnown(reason),
            Found::NoCall { instance } => return self.undeclared(instance),
            Found::Instance { position, certain } => (position, certain),
        };
        let Some(expansion) = self.expansion(position, address) else { return self.undeclared(position) };
        match (expansion.has(address.key.as_ref()), certain) {
            (Some(false), _) => Declares::No,
            (_, Err(reason)) => Declares::NotKnown(reason),
            (Some(true), Ok(())) => Declares::Yes,
            (None, Ok(())) => Declares::NotKnown(format!("the instances of {} are not known", address.resource())),
        }
    }

    /// What an instance declares; none where it is not declared. Where it cannot be told whether it is declared, this is
    /// what it declares if it is.
    pub fn instance(&self, address: &Address) -> Option<DeclaredInstance> {
        if self.declares(address) == Declares::No {
            return None;
        }
        let Found::Instance { position, .. } = self.expanded.find(&address.module) else { return None };
        let expansion = self.expansion(position, address)?;
        let resource = self.resources.get(&address.resource())?;
        let node = &self.expanded.nodes[self.expanded.instances[position].node];
        let overridden = node.content.as_ref().is_ok_and(|module| module.overridden);
        let scope = self.expanded.scope(position, expansion, address.key.clone());
        let declared = |value| if overridden { Declared::NotKnown } else { Declared::from(value) };
        let attributes = body::resource(&resource.body, &scope);
        let secret = attributes.iter().filter(|(_, value)| value.marks_within().sensitive);
        Some(DeclaredInstance {
            sensitive: secret.map(|(name, _)| name.clone()).collect(),
            attributes: attributes.into_iter().map(|(name, value)| (name, declared(value))).collect(),
            ranges: resource.ranges.clone(),
        })
    }

    /// The same with what was recorded for references to lead to; none where no expression refers to anything recorded.
    pub(crate) fn recorded(&self, tree: &Tree<'_>, work_dir: Option<&Path>, recorded: &dyn Recorded) -> Option<Self> {
        let refers = |node: &modules::Node| node.content.as_ref().is_ok_and(|module| !module.referenced.is_empty());
        let nodes = &self.expanded.nodes;
        nodes.iter().any(refers).then(|| read::again(tree, work_dir, self, recorded))
    }

    /// The value of an output of the root module.
    #[cfg(test)]
    fn output(&self, name: &str) -> Option<&language::Value> {
        self.expanded.instances.first()?.values.get(&expanded::Name::Output(name.to_owned()))
    }

    /// Every instance that is known to be declared, sorted.
    pub fn instances(&self) -> Vec<Address> {
        self.expanded.addresses()
    }

    /// The address that an instance in state has after `moved` blocks, and after `count` came or went: Terraform takes
    /// the instance without a key and the one with index 0 for the same.
    pub fn refactored(&self, address: &Address) -> Address {
        let mut address = refactoring::moved(&self.parsed.moves, address);
        let Found::Instance { position, .. } = self.expanded.find(&address.module) else { return address };
        match (self.expansion(position, &address), &address.key) {
            (Some(Expansion::Count(_) | Expansion::UnknownCount), None) => address.key = Some(InstanceKey::Index(0)),
            (Some(Expansion::Single), Some(InstanceKey::Index(0))) => address.key = None,
            _ => {}
        }
        address
    }

    /// What a `removed` block says of an instance that is no longer declared: whether its object is destroyed.
    pub fn removed(&self, address: &Address) -> Option<bool> {
        refactoring::removed(&self.parsed.removals, address)
    }

    /// The `import` block that brings in an instance: the id of its object, where that is known.
    pub fn import(&self, address: &Address) -> Option<Option<&str>> {
        let text = address.to_string();
        self.refactorings.iter().find_map(|refactoring| match refactoring {
            Refactoring::Import { to, id } if *to == text => Some(id.as_deref()),
            _ => None,
        })
    }

    /// Whose change replaces an instance, by `replace_triggered_by`.
    pub(crate) fn triggers(&self, address: &Address) -> Vec<TriggeredBy> {
        let Found::Instance { position, .. } = self.expanded.find(&address.module) else { return Vec::new() };
        let (Some(expansion), Some(resource)) =
            (self.expansion(position, address), self.resources.get(&address.resource()))
        else {
            return Vec::new();
        };
        let scope = self.expanded.scope(position, expansion, address.key.clone());
        let triggered_by = |trigger: &lifecycle::Trigger| {
            let key = match &trigger.key {
                Some(key) => Some(refactoring::instance_key(&language::evaluate(key, &scope, &[]).ok()?)?),
                None => None,
            };
            let (resource_type, name) = (trigger.resource_type.clone(), trigger.name.clone());
            let address = Address { module: address.module.clone(), resource_type, name, key };
            Some(TriggeredBy { address, attribute: trigger.attribute.clone() })
        };
        resource.lifecycle.triggers.iter().filter_map(triggered_by).collect()
    }

    /// What else determines what a resource declares, or what one of its arguments or nested blocks does: locals,
    /// variables with what they are given, outputs of modules, one leading to the next.
    pub fn contributing(&self, address: &Address, argument: Option<&str>) -> Vec<Contribution> {
        let mut node = 0;
        for step in address.module.iter() {
            let children = self.expanded.nodes.get(node).map(|node| &node.children);
            match children.and_then(|children| children.get(&*step.name)) {
                Some(child) => node = *child,
                None => return Vec::new(),
            }
        }
        let Some(resource) = self.resources.get(&address.resource()) else { return Vec::new() };
        contributing::to_resource(&self.expanded.nodes, node, &resource.body, argument, &self.inputs)
    }

    /// The arguments and nested blocks that the block of a resource holds, by name.
    pub fn arguments(&self, resource: &Address) -> impl Iterator<Item = &str> {
        let resource = self.resources.get(resource);
        resource.into_iter().flat_map(|resource| resource.ranges.keys().map(String::as_str))
    }

    /// Why an argument of an instance is not known: what it refers to that is not known itself, or what is wrong with it.
    pub fn unknown_because(&self, address: &Address, argument: &str) -> Vec<String> {
        let Found::Instance { position, .. } = self.expanded.find(&address.module) else { return Vec::new() };
        let (Some(expansion), Some(resource)) =
            (self.expansion(position, address), self.resources.get(&address.resource()))
        else {
            return Vec::new();
        };
        let scope = self.expanded.scope(position, expansion, address.key.clone());
        body::unknown_because(&resource.body, argument, &scope)
    }

    /// The block in the repository that stands for a resource: its own, or the call of the module that brings it in where
    /// that is not in the repository. None where the repository has neither.
    pub fn block(&self, address: &Address) -> Option<BlockPlace> {
        let mut node = self.expanded.nodes.first()?;
        for step in address.module.iter() {
            let caller = &node.content.as_ref().ok()?.directory;
            node = &self.expanded.nodes[*node.children.get(&*step.name)?];
            let fetched = |module: &Arc<module::Module>| sources::is_fetched(&module.directory);
            if node.content.as_ref().is_ok_and(fetched) {
                let labels = vec![step.name.to_string()];
                return Some(BlockPlace { directory: caller.clone(), kind: "module", labels });
            }
        }
        let directory = node.content.as_ref().ok()?.directory.clone();
        let labels = vec![address.resource_type.to_string(), address.name.to_string()];
        Some(BlockPlace { directory, kind: "resource", labels })
    }

    fn expansion(&self, instance: usize, address: &Address) -> Option<&Expansion> {
        self.expanded.expansion(instance, address)
    }

    /// What a missing block or call means: nothing where its module was not read as a whole.
    fn undeclared(&self, instance: usize) -> Declares {
        match &self.expanded.nodes[self.expanded.instances[instance].node].content {
            Ok(module) => match module.unread.first() {
                Some(reason) => Declares::NotKnown(reason.clone()),
                None => Declares::No,
            },
            Err(reason) => Declares::NotKnown(reason.clone()),
        }
    }
}

/// Parses whatever it is given, in both syntaxes.
#[cfg(fuzzing)]
pub(crate) fn fuzz(text: &str) {
    for path in ["fuzz.tf", "fuzz.tf.json"] {
        let _ = syntax::parse(&source::SourceFile::new(path, text.to_owned()));
    }
}

#[cfg(test)]
mod tests;
