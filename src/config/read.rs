//! Puts a configuration together: files, modules, values, providers, backend.
//! Knows nothing of state.

use super::backend;
use super::expand::{Given, expand};
use super::expanded::{Expanded, Expansion};
use super::files::{self, Files};
use super::inputs::VariableSource;
use super::lifecycle;
use super::module::{Module, joined, shown};
use super::overlay::Overlay;
use super::recorded::Recorded;
use super::refactoring::Refactorings;
use super::sources::{Sources, is_fetched};
use super::syntax::Body;
use super::{
    Backend, Configuration, Declared, DeclaredProvider, DeclaredResource, ModuleCall, Problem, body, inputs, modules,
    providers, recorded,
};
use crate::git::Tree;
use crate::language::{Scope, Value};
use crate::model::{Address, ModuleStep, ProviderReference, SourceRange};
use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
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
    /// Values of the root module's variables from elsewhere than its own files, in order.
    pub variables: Vec<VariableSource>,
    /// The root of the work tree, where `terraform init` may have put modules; none to look at the commit alone.
    pub work_dir: Option<PathBuf>,
    /// What is laid over the files of the root module, and stands for it.
    pub overlay: Option<Overlay>,
}

impl Default for Options {
    fn default() -> Self {
        Self { workspace: "default".into(), variables: Vec::new(), work_dir: None, overlay: None }
    }
}

/// Reads the root module in a directory of a commit, with all modules that it calls. Never fails as a whole: what could
/// not be read is among the problems, and what it might declare is not known.
pub fn read(tree: &Tree<'_>, directory: &str, options: &Options) -> Configuration {
    let mut problems = Vec::new();
    let overlay = options.overlay.as_ref();
    let noted = overlay.into_iter().flat_map(|overlay| &overlay.problems);
    problems.extend(noted.map(|(text, incomplete)| Problem {
        range: None,
        text: text.clone(),
        incomplete: *incomplete,
    }));
    let sources = Sources::new(tree, options.work_dir.as_deref(), directory, overlay);
    let inputs = inputs::read(&sources, directory, &options.variables, &mut problems);
    let nodes = modules::read(&sources, directory, &inputs, &mut problems);
    let configuration = evaluated(&sources, directory, nodes, inputs, &options.workspace, problems, &recorded::Nothing);
    laid_over(configuration, directory, overlay.cloned())
}

/// A root module whose files cannot be read, for this reason: nothing is known of what it declares.
pub fn unread(overlay: &Overlay, workspace: &str, reason: &str) -> Configuration {
    let mut problems = vec![problem(reason)];
    let noted = overlay.problems.iter();
    problems.extend(noted.map(|(text, incomplete)| Problem {
        range: None,
        text: text.clone(),
        incomplete: *incomplete,
    }));
    // The files may have said where the state is.
    let backend = overlay.backend.clone().or(Some((None, BTreeMap::new())));
    let overlay = Overlay { backend, ..overlay.clone() };
    let directory = overlay.directory.clone();
    let workspace = workspace.to_owned();
    laid_over(Configuration { problems, workspace, ..Configuration::default() }, &directory, Some(overlay))
}

/// Says what the overlay says otherwise than the files.
fn laid_over(mut configuration: Configuration, directory: &str, overlay: Option<Overlay>) -> Configuration {
    configuration.source_directory = directory.to_owned();
    if let Some(overlay) = &overlay {
        configuration.directory.clone_from(&overlay.directory);
        if overlay.directory != directory && overlay.backend.is_none() {
            kept_in_a_copy(&mut configuration, overlay);
        }
        if let Some((kind, attributes)) = &overlay.backend {
            let range = configuration.backend.as_ref().map(|backend| backend.range.clone());
            // What is handed to `terraform init` completes the block of the same kind.
            let written = configuration.backend.take().filter(|backend| Some(&backend.kind) == kind.as_ref());
            let mut all = written.map(|backend| backend.attributes).unwrap_or_default();
            all.extend(attributes.clone());
            configuration.backend = Some(Backend {
                kind: kind.as_deref().map_or_else(|| backend::UNKNOWN.into(), shown),
                attributes: all,
                range: range.unwrap_or_else(|| whole_file(&joined(&overlay.directory, "terragrunt.hcl"))),
            });
        }
    }
    configuration.overlay = overlay;
    configuration
}

/// A local state of a unit whose source lies elsewhere is kept in the copy of the source that Terragrunt runs in.
fn kept_in_a_copy(configuration: &mut Configuration, overlay: &Overlay) {
    let backend = configuration.backend.get_or_insert_with(|| Backend {
        kind: "local".into(),
        attributes: BTreeMap::new(),
        range: whole_file(&joined(&overlay.directory, "terragrunt.hcl")),
    });
    if backend.kind == "local" {
        backend.attributes.insert("path".into(), Declared::NotKnown);
    }
}

/// The beginning of a file.
fn whole_file(file: &str) -> SourceRange {
    SourceRange { file: file.to_owned(), start_line: 1, start_column: 1, end_line: 1, end_column: 1 }
}

/// Evaluates a configuration once more, with what was recorded.
pub(super) fn again(
    tree: &Tree<'_>,
    work_dir: Option<&Path>,
    configuration: &Configuration,
    recorded: &dyn Recorded,
) -> Configuration {
    let Configuration { source_directory, overlay, inputs, expanded, problems, .. } = configuration;
    let sources = &Sources::new(tree, work_dir, source_directory, overlay.as_ref());
    let evaluated = evaluated(
        sources,
        source_directory,
        expanded.nodes.clone(),
        inputs.clone(),
        &expanded.workspace,
        problems.clone(),
        recorded,
    );
    laid_over(evaluated, source_directory, overlay.clone())
}

fn evaluated(
    sources: &Sources<'_, '_>,
    directory: &str,
    nodes: Vec<modules::Node>,
    inputs: inputs::Inputs,
    workspace: &str,
    mut problems: Vec<Problem>,
    recorded: &dyn Recorded,
) -> Configuration {
    let (files, requests) = Files::asked();
    let expanded = std::thread::scope(|scope| {
        let given = Given { inputs: &inputs, workspace: workspace.to_owned(), files, recorded };
        let thread = std::thread::Builder::new().stack_size(STACK).spawn_scoped(scope, move || expand(nodes, given));
        files::serve(sources, directory, &requests);
        thread.ok().and_then(|thread| thread.join().ok())
    });
    let Some(expanded) = expanded else {
        problems.push(problem("the configuration could not be evaluated: there is no memory for it"));
        let (directory, workspace) = (directory.to_owned(), workspace.to_owned());
        return Configuration { directory, workspace, problems, ..Configuration::default() };
    };
    let limit = problem("there are more module or resource instances than are looked at: the rest is not known");
    if expanded.truncated && !problems.contains(&limit) {
        problems.push(limit);
    }
    for circle in &expanded.circles {
        let circle = problem(&format!("values lead back to themselves and are not known: {}", shown(circle)));
        if !problems.contains(&circle) {
            problems.push(circle);
        }
    }
    let mut configuration = Configuration {
        directory: directory.to_owned(),
        workspace: workspace.to_owned(),
        problems,
        inputs,
        expanded,
        ..Configuration::default()
    };
    configuration.modules = module_calls(&configuration.expanded);
    configuration.resources = resources(&configuration.expanded);
    configuration.providers = declared_providers(&configuration.expanded, &configuration.resources);
    configuration.backend = backend(&configuration.expanded);
    configuration.parsed = refactorings(&configuration.expanded);
    configuration.refactorings = configuration.parsed.texts.clone();
    configuration
}

/// The values of expressions that stand in the root module, or why they have none.
#[cfg(test)]
pub(super) fn values(
    tree: &Tree<'_>,
    directory: &str,
    expressions: &[&str],
    recorded: &dyn recorded::Recorded,
) -> Vec<Result<crate::language::Value, String>> {
    let mut problems = Vec::new();
    let sources = &Sources::new(tree, None, directory, None);
    let inputs = inputs::read(sources, directory, &[], &mut problems);
    let nodes = modules::read(sources, directory, &inputs, &mut problems);
    let (files, requests) = Files::asked();
    std::thread::scope(|scope| {
        let given = Given { inputs: &inputs, workspace: "default".into(), files, recorded };
        let nodes = &nodes;
        let evaluate = move || super::expand::values(nodes, given, expressions);
        let thread = std::thread::Builder::new().stack_size(STACK).spawn_scoped(scope, evaluate).unwrap();
        files::serve(sources, directory, &requests);
        thread.join().unwrap()
    })
}

fn problem(text: &str) -> Problem {
    Problem { range: None, text: text.to_owned(), incomplete: true }
}

fn module_calls(expanded: &Expanded) -> BTreeMap<Vec<String>, ModuleCall> {
    let call = |node: &modules::Node| ModuleCall {
        // What was fetched is in nobody's history.
        directory: module_directory(node).filter(|directory| !is_fetched(directory)).map(str::to_owned),
        source: node.source.clone(),
        range: node.call.as_ref().map(|block| block.place.range()),
    };
    expanded.nodes.iter().map(|node| (node.path.clone(), call(node))).collect()
}

fn module_directory(node: &modules::Node) -> Option<&str> {
    node.content.as_ref().ok().map(|module| module.directory.as_str())
}

/// The call in the repository that brings in a fetched module, be it by other fetched modules.
fn bringing_in(nodes: &[modules::Node], mut node: usize) -> Option<SourceRange> {
    while let Some(parent) = nodes[node].parent {
        if module_directory(&nodes[parent]).is_some_and(|directory| !is_fetched(directory)) {
            return nodes[node].call.as_ref().map(|call| call.place.range());
        }
        node = parent;
    }
    None
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
        let call = if is_fetched(&module.directory) { bringing_in(&expanded.nodes, position) } else { None };
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
                range: call.clone().unwrap_or_else(|| block.place.range()),
                provider: providers::of_resource(&expanded.nodes, position, &key.0, block),
                lifecycle: lifecycle::of(&block.body),
                body: body.clone(),
                ranges: ranges.clone(),
            };
            resources.insert(address, resource);
        }
    }
    resources
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
            let provider = |scope: &dyn Scope| DeclaredProvider {
                range: Some(block.place.range()),
                attributes: declared(&block.body, scope, &["alias", "version", "for_each"], module),
                certain: !module.overridden,
            };
            let reference = |alias| providers::reference(node, module.provider(&block.name), alias);
            match (&block.alias, block.body.argument("for_each")) {
                // OpenTofu: one configuration for each key, which state writes behind the alias.
                (Some(alias), Some(argument)) => {
                    let expansion = Expansion::of_each(&argument.value.value(&scope, &[]));
                    for key in expansion.keys().flatten() {
                        let scope = expanded.scope(instance, &expansion, Some(key.clone()));
                        found.entry(reference(Some(format!("{alias}{key}")))).or_insert_with(|| provider(&scope));
                    }
                }
                (alias, _) => drop(found.entry(reference(alias.clone())).or_insert_with(|| provider(&scope))),
            }
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
