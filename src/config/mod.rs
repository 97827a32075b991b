//! Reads what the approved configuration declares, as far as it can be evaluated.
//! Knows nothing of state or of what is live; what cannot be evaluated is not known, never guessed.

use crate::model::{Address, InstanceKey, ModuleStep, ProviderReference, SourceRange};
use serde_json::Value;
use std::collections::BTreeMap;

/// One root module's configuration with all modules it calls.
#[derive(Debug, Default)]
pub struct Configuration {
    /// Directory of the root module from the repository's root; empty for the root itself.
    pub directory: String,
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
    /// The instances it expands to.
    pub expansion: Expansion,
}

/// How many instances a block stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Expansion {
    /// One, without a key.
    Single,
    /// These.
    Keys(Vec<InstanceKey>),
    /// By `count`, of an unknown number.
    UnknownCount,
    /// By `for_each`, over unknown keys.
    UnknownKeys,
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
    /// The instances it expands to, within one instance of its module.
    pub expansion: Expansion,
    /// The provider configuration it uses, as state would write it; none where that is not known.
    pub provider: Option<ProviderReference>,
    /// `lifecycle.ignore_changes`.
    pub ignore_changes: IgnoreChanges,
    /// Top-level arguments and nested blocks in the order of the file. What an unevaluable `dynamic` block might
    /// contribute is here under the block's name as [`Declared::NotKnown`].
    pub(crate) body: body::Body,
}

/// `lifecycle.ignore_changes`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum IgnoreChanges {
    /// `all`.
    All,
    /// These paths, as rule patterns (`tags.Env`, `ingress`); empty when there is none.
    Paths(Vec<String>),
}

/// A declared value, as far as it is known.
#[derive(Debug, Clone, PartialEq)]
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
    /// Values; nested blocks are lists of objects.
    pub attributes: BTreeMap<String, Declared>,
    /// Where each top-level argument or first nested block of that name stands.
    pub ranges: BTreeMap<String, SourceRange>,
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

pub(crate) mod body {
    /// Placeholder until expressions are read.
    #[derive(Debug, Clone, Default)]
    pub(crate) struct Body;
}

impl Configuration {
    /// Whether the configuration declares an instance. The address must have gone through [`Configuration::refactored`].
    pub fn declares(&self, _address: &Address) -> Declares {
        Declares::NotKnown("not read".into())
    }

    /// What an instance declares; none where it is not declared.
    pub fn instance(&self, _address: &Address) -> Option<DeclaredInstance> {
        None
    }

    /// Every instance that is known to be declared, sorted.
    pub fn instances(&self) -> Vec<Address> {
        Vec::new()
    }

    /// The address that an instance in state has after `moved` blocks.
    pub fn refactored(&self, address: &Address) -> Address {
        address.clone()
    }

    /// The directory of the module that an address stands in, from the repository's root.
    pub fn module_directory(&self, _module: &[ModuleStep]) -> Option<&str> {
        None
    }
}
