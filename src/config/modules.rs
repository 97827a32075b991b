//! Follows module calls from the root module inwards.
//! Knows nothing of values, so a call stands for all its instances.

use super::inputs::Inputs;
use super::module::{self, Module, joined, shown};
use super::source::Place;
use super::sources::Sources;
use super::syntax::Block;
use super::{Problem, early};
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

/// Calls within calls.
const DEPTH: usize = 32;
/// Calls in all: modules that call each other twice at every level are more than anybody can read.
const CALLS: usize = 20_000;

/// What a module holds, or why that cannot be told.
type Content = Result<Arc<Module>, String>;

/// A module call, or the root module.
#[derive(Debug, Clone)]
pub(crate) struct Node {
    /// Names of the calls that lead here.
    pub(crate) path: Vec<String>,
    /// The call's block; none for the root.
    pub(crate) call: Option<Block>,
    /// The `source` argument, empty for the root.
    pub(crate) source: String,
    /// What it holds, or why that cannot be told.
    pub(crate) content: Content,
    /// The caller.
    pub(crate) parent: Option<usize>,
    /// Calls made here, by name.
    pub(crate) children: BTreeMap<String, usize>,
}

impl Node {
    /// `path.module`: where the module lies, seen from the root module.
    pub(crate) fn path_from_root(&self, root: &Self) -> Option<String> {
        let (here, root) = (self.content.as_ref().ok()?, root.content.as_ref().ok()?);
        let parts = |path: &str| path.split('/').filter(|part| !part.is_empty()).map(str::to_owned).collect::<Vec<_>>();
        let (here, root) = (parts(&here.directory), parts(&root.directory));
        let common = here.iter().zip(&root).take_while(|(one, other)| one == other).count();
        let up = std::iter::repeat_n("..".to_owned(), root.len() - common);
        let steps: Vec<String> = up.chain(here[common..].iter().cloned()).collect();
        Some(if steps.is_empty() { ".".into() } else { steps.join("/") })
    }
}

/// Reads the root module and all that it calls. The root is the first.
pub(crate) fn read(
    sources: &Sources<'_, '_>,
    directory: &str,
    inputs: &Inputs,
    problems: &mut Vec<Problem>,
) -> Vec<Node> {
    let mut reader = Reader { sources, root: directory, inputs, modules: HashMap::new(), problems };
    let content = reader.module(directory, None);
    let mut nodes = vec![Node {
        path: Vec::new(),
        call: None,
        source: String::new(),
        content,
        parent: None,
        children: BTreeMap::new(),
    }];
    let mut next = 0;
    while next < nodes.len() {
        let calls: Vec<(String, Block)> = match &nodes[next].content {
            Ok(module) => module.calls.iter().map(|(name, block)| (name.clone(), block.clone())).collect(),
            Err(_) => Vec::new(),
        };
        for (name, block) in calls {
            let node = reader.call(&nodes, next, &name, block);
            let position = nodes.len();
            nodes[next].children.insert(name, position);
            nodes.push(node);
        }
        next += 1;
    }
    nodes
}

struct Reader<'a, 'repo> {
    sources: &'a Sources<'a, 'repo>,
    /// The root module's directory.
    root: &'a str,
    inputs: &'a Inputs,
    modules: HashMap<String, Content>,
    problems: &'a mut Vec<Problem>,
}

impl Reader<'_, '_> {
    fn call(&mut self, nodes: &[Node], parent: usize, name: &str, block: Block) -> Node {
        let mut path = nodes[parent].path.clone();
        path.push(name.to_owned());
        let written = block.body.argument("source").map(|source| &source.value);
        let source = match written.map(|source| (source, source.literal())) {
            Some((_, Some(literal))) => literal.to_owned(),
            Some((source, None)) => early::text(source, nodes, parent, self.inputs).unwrap_or_default(),
            None => String::new(),
        };
        let address = format!("module.{}", path.join(".module."));
        let content = if module::is_local(&source) {
            self.local(nodes, parent, &source, &block.place, &address)
        } else {
            let version = block.body.argument("version").map(|version| version.value.literal().unwrap_or("?"));
            let fetched = self.sources.fetched(self.root, &path.join("."), &source, version);
            let what = match fetched {
                _ if source.is_empty() => format!("the source of {address} is not known from variables and locals"),
                Err(reason) => format!("{address} comes from {}, {reason}", shown(&source)),
                Ok(directory) => match self.module(&directory, Some(&block.place)) {
                    Ok(module) => {
                        let content = Ok(module);
                        let parent = Some(parent);
                        return Node { path, call: Some(block), source, content, parent, children: BTreeMap::new() };
                    }
                    Err(reason) => format!("{address} was fetched and cannot be read: {reason}"),
                },
            };
            let text = format!("{what}: what it declares is not known");
            self.problems.push(Problem { range: Some(block.place.range()), text, incomplete: false });
            Err(what)
        };
        Node { path, call: Some(block), source, content, parent: Some(parent), children: BTreeMap::new() }
    }

    fn local(&mut self, nodes: &[Node], parent: usize, source: &str, place: &Place, address: &str) -> Content {
        let caller = nodes[parent].content.as_ref().map(|module| module.directory.clone()).unwrap_or_default();
        let refuse = |reader: &mut Self, text: String| {
            reader.problems.push(Problem { range: Some(place.range()), text: text.clone(), incomplete: true });
            Err(text)
        };
        let directory = match self.sources.resolved(&joined(&caller, source)) {
            Ok(directory) => directory,
            Err(error) => return refuse(self, format!("{address}: {error}")),
        };
        let mut above = Some(parent);
        let mut depth = 0;
        while let Some(node) = above {
            if nodes[node].content.as_ref().is_ok_and(|module| module.directory == directory) {
                return refuse(
                    self,
                    format!("{address} calls itself: its directory is that of a module it is called from"),
                );
            }
            above = nodes[node].parent;
            depth += 1;
        }
        if depth > DEPTH || nodes.len() > CALLS {
            return refuse(self, format!("{address}: more than {DEPTH} modules within each other, or {CALLS} in all"));
        }
        self.module(&directory, Some(place))
    }

    fn module(&mut self, directory: &str, place: Option<&Place>) -> Content {
        if let Some(module) = self.modules.get(directory) {
            return module.clone();
        }
        let module = match module::read(self.sources, directory, self.problems) {
            Ok(module) => Ok(Arc::new(module)),
            Err(error) => {
                let text = error.to_string();
                let range = place.map(Place::range);
                self.problems.push(Problem { range, text: text.clone(), incomplete: true });
                Err(text)
            }
        };
        self.modules.insert(directory.to_owned(), module.clone());
        module
    }
}
