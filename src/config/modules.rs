//! Follows module calls from the root module inwards.
//! Knows nothing of values, so a call stands for all its instances.

use super::Problem;
use super::module::{self, Module, joined, shown};
use super::source::Place;
use super::syntax::Block;
use crate::git::Tree;
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
pub(crate) fn read(tree: &Tree<'_>, directory: &str, problems: &mut Vec<Problem>) -> Vec<Node> {
    let mut reader = Reader { tree, modules: HashMap::new(), problems };
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
    tree: &'a Tree<'repo>,
    modules: HashMap<String, Content>,
    problems: &'a mut Vec<Problem>,
}

impl Reader<'_, '_> {
    fn call(&mut self, nodes: &[Node], parent: usize, name: &str, block: Block) -> Node {
        let mut path = nodes[parent].path.clone();
        path.push(name.to_owned());
        let literal = block.body.argument("source").and_then(|source| source.value.literal());
        let source = literal.unwrap_or_default().to_owned();
        let address = format!("module.{}", path.join(".module."));
        let content = if module::is_local(&source) {
            self.local(nodes, parent, &source, &block.place, &address)
        } else {
            let what = match source.is_empty() {
                true => format!("the source of {address} is not a plain string"),
                false => format!("{address} comes from {}, which is not in the repository", shown(&source)),
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
        let directory = match self.tree.resolved(&joined(&caller, source)) {
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
        let module = match module::read(self.tree, directory, self.problems) {
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
