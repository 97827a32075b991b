//! Puts a configuration together: files, modules, values, providers, backend.
//! Knows nothing of state.

use super::evaluate::{Scope, Value};
use super::expand::{Expanded, Expansion};
use super::module::{Module, shown};
use super::refactoring::Refactorings;
use super::syntax::{Body, Expression};
use super::{
    Backend, Configuration, Declared, DeclaredProvider, DeclaredResource, IgnoreChanges, ModuleCall, Problem, body,
    inputs, modules, providers,
};
use crate::git::Tree;
use crate::model::{Address, ModuleStep, ProviderReference, SourceRange};
use hcl_edit::expr as hcl;
use provider_api::{AttributePath, Step};
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

/// Stack for following references, in bytes. Only what is used of it takes memory.
const STACK: usize = 256 << 20;

/// Places by the name of what stands there.
type Ranges = BTreeMap<String, SourceRange>;

/// A body with its places.
type Shared = (Arc<Body>, Arc<Ranges>);

/// What a configuration depends on beyond its files.
#[derive(Debug, Clone)]
pub struct Options {
    /// The workspace: the value of `terraform.workspace`.
    pub workspace: String,
}

impl Default for Options {
    fn default() -> Self {
        Self { workspace: "default".into() }
    }
}

/// Reads the root module in a directory of a commit, with all modules that it calls. Never fails as a whole: what could
/// not be read is among the problems, and what it might declare is not known.
pub fn read(tree: &Tree<'_>, directory: &str, options: &Options) -> Configuration {
    let mut problems = Vec::new();
    let nodes = modules::read(tree, directory, &mut problems);
    let inputs = inputs::read(tree, directory, &mut problems);
    let workspace = options.workspace.clone();
    let expanded = std::thread::scope(|scope| {
        let expand = move || Expanded::new(nodes, &inputs, workspace);
        let thread = std::thread::Builder::new().stack_size(STACK).spawn_scoped(scope, expand);
        thread.ok().and_then(|thread| thread.join().ok())
    });
    let Some(expanded) = expanded else {
        problems.push(problem("the configuration could not be evaluated: there is no memory for it"));
        return Configuration { directory: directory.to_owned(), problems, ..Configuration::default() };
    };
    if expanded.truncated {
        problems.push(problem("there are more module or resource instances than are looked at: the rest is not known"));
    }
    let mut configuration =
        Configuration { directory: directory.to_owned(), problems, expanded, ..Configuration::default() };
    configuration.modules = module_calls(&configuration.expanded);
    configuration.resources = resources(&configuration.expanded);
    configuration.providers = declared_providers(&configuration.expanded, &configuration.resources);
    configuration.backend = backend(&configuration.expanded);
    configuration.parsed = refactorings(&configuration.expanded);
    configuration.refactorings = configuration.parsed.texts.clone();
    configuration
}

fn problem(text: &str) -> Problem {
    Problem { range: None, text: text.to_owned(), incomplete: true }
}

fn module_calls(expanded: &Expanded) -> BTreeMap<Vec<String>, ModuleCall> {
    let call = |node: &modules::Node| ModuleCall {
        directory: node.content.as_ref().ok().map(|module| module.directory.clone()),
        source: node.source.clone(),
        range: node.call.as_ref().map(|block| block.place.range()),
    };
    expanded.nodes.iter().map(|node| (node.path.clone(), call(node))).collect()
}

fn steps(path: &[String]) -> Arc<[ModuleStep]> {
    path.iter().map(|name| ModuleStep { name: name.as_str().into(), key: None }).collect()
}

fn resources(expanded: &Expanded) -> BTreeMap<Address, DeclaredResource> {
    let mut resources = BTreeMap::new();
    // One directory may be called many times: what it says is kept once.
    let mut bodies: HashMap<(String, (String, String)), Shared> = HashMap::new();
    for (position, node) in expanded.nodes.iter().enumerate() {
        let Ok(module) = &node.content else { continue };
        let path = steps(&node.path);
        for (key, block) in &module.resources {
            let (body, ranges) = bodies
                .entry((module.directory.clone(), key.clone()))
                .or_insert_with(|| (Arc::new(block.body.clone()), Arc::new(body::ranges(&block.body))));
            let address = Address {
                module: path.clone(),
                resource_type: key.0.as_str().into(),
                name: key.1.as_str().into(),
                key: None,
            };
            let resource = DeclaredResource {
                address: address.clone(),
                directory: module.directory.clone(),
                range: block.place.range(),
                provider: providers::of_resource(&expanded.nodes, position, &key.0, block),
                ignore_changes: ignore_changes(&block.body),
                body: body.clone(),
                ranges: ranges.clone(),
            };
            resources.insert(address, resource);
        }
    }
    resources
}

fn ignore_changes(body: &Body) -> IgnoreChanges {
    let arguments = body.blocks("lifecycle").filter_map(|block| block.body.argument("ignore_changes"));
    let mut paths = Vec::new();
    for argument in arguments {
        let all = |expression: &Expression| match expression.reference() {
            Some(hcl::Expression::Variable(name)) => name.as_str() == "all",
            _ => false,
        };
        match argument.value.elements() {
            None if all(&argument.value) => return IgnoreChanges::All,
            None => {}
            // How old configurations wrote it: `["*"]`.
            Some(elements) if elements.iter().any(|element| element.literal() == Some("*")) => {
                return IgnoreChanges::All;
            }
            Some(elements) => paths.extend(elements.iter().filter_map(|element| attribute_path(&element.reference()?))),
        }
    }
    IgnoreChanges::Paths(paths)
}

/// `tags["Env"]` as a path.
fn attribute_path(expression: &hcl::Expression) -> Option<AttributePath> {
    let traversal = match expression {
        hcl::Expression::Variable(name) => return Some(AttributePath::attribute(name.as_str())),
        hcl::Expression::Traversal(traversal) => traversal,
        _ => return None,
    };
    let mut path = AttributePath::attribute(traversal.expr.as_variable()?.as_str());
    for operator in &traversal.operators {
        let step = match operator.value() {
            hcl::TraversalOperator::GetAttr(name) => Step::Name(name.as_str().to_owned()),
            hcl::TraversalOperator::LegacyIndex(index) => Step::Index(usize::try_from(*index.value()).ok()?),
            hcl::TraversalOperator::Index(hcl::Expression::String(key)) => Step::Key(key.value().clone()),
            hcl::TraversalOperator::Index(hcl::Expression::Number(index)) => {
                Step::Index(usize::try_from(index.value().as_u64()?).ok()?)
            }
            _ => return None,
        };
        path = path.join(step);
    }
    Some(path)
}

fn declared_providers(
    expanded: &Expanded,
    resources: &BTreeMap<Address, DeclaredResource>,
) -> BTreeMap<ProviderReference, DeclaredProvider> {
    let mut found = BTreeMap::new();
    for (position, node) in expanded.nodes.iter().enumerate() {
        let Ok(module) = &node.content else { continue };
        let Some(instance) = expanded.first_of(position) else { continue };
        let scope = expanded.scope(instance, &Expansion::Single, None);
        for block in &module.providers {
            let reference = providers::reference(node, module.provider(&block.name), block.alias.clone());
            let provider = DeclaredProvider {
                range: Some(block.place.range()),
                attributes: declared(&block.body, &scope, &["alias", "version"], module),
                certain: !module.overridden,
            };
            found.entry(reference).or_insert(provider);
        }
    }
    for reference in resources.values().filter_map(|resource| resource.provider.clone()) {
        let implied = || DeclaredProvider {
            range: None,
            attributes: BTreeMap::new(),
            certain: expanded
                .nodes
                .iter()
                .filter(|node| node.path.len() == reference.module.len())
                .all(|node| node.content.as_ref().is_ok_and(|module| module.unread.is_empty())),
        };
        found.entry(reference.clone()).or_insert_with(implied);
    }
    found
}

/// The arguments and nested blocks of a block that is not a resource.
fn declared(block: &Body, scope: &dyn Scope, without: &[&str], module: &Module) -> BTreeMap<String, Declared> {
    let value = |value: Value| if module.overridden { Declared::NotKnown } else { Declared::from(value) };
    let entries = body::entries(block, scope).into_iter();
    entries.filter(|(name, _)| !without.contains(&name.as_str())).map(|(name, entry)| (name, value(entry))).collect()
}

fn backend(expanded: &Expanded) -> Option<Backend> {
    let module = expanded.nodes.first()?.content.as_ref().ok()?;
    let (kind, block) = module.backend.as_ref()?;
    let scope = expanded.scope(0, &Expansion::Single, None);
    Some(Backend {
        kind: shown(kind),
        attributes: declared(&block.body, &scope, &[], module),
        range: block.place.range(),
    })
}

fn refactorings(expanded: &Expanded) -> Refactorings {
    let mut refactorings = Refactorings::default();
    for (position, node) in expanded.nodes.iter().enumerate() {
        let Ok(module) = &node.content else { continue };
        let Some(instance) = expanded.first_of(position) else { continue };
        let scope = expanded.scope(instance, &Expansion::Single, None);
        for block in &module.refactorings {
            refactorings.add(&node.path, block, &scope);
        }
    }
    refactorings
}
