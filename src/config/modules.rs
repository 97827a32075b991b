//! Follows module calls from the root module inwards.
//! Knows nothing of values, so a call stands for all its instances.

use super::inputs::Inputs;
use super::module::{self, Module, ModuleFiles, joined, shown};
use super::source::Place;
use super::sources::Sources;
use super::syntax::Block;
use super::{Problem, early};
use rayon::prelude::*;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

/// Calls within calls.
const DEPTH: usize = 32;
/// Calls in all: modules that call each other twice at every level are more than anybody can read.
const CALLS: usize = 20_000;
/// Modules that are parsed at the same time: so many texts are in memory.
const AT_ONCE: usize = 64;

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
    let mut reader =
        Reader { sources, root: directory, inputs, modules: HashMap::new(), parsed: HashMap::new(), problems };
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
        for calls in calls.chunks(AT_ONCE) {
            reader.parse_all(&nodes, next, calls);
            for (name, block) in calls {
                let node = reader.call(&nodes, next, name, block.clone());
                let position = nodes.len();
                nodes[next].children.insert(name.clone(), position);
                nodes.push(node);
            }
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
    /// Modules that were parsed before they are needed, with what is wrong with them.
    parsed: HashMap<String, (Module, Vec<Problem>)>,
    problems: &'a mut Vec<Problem>,
}

impl Reader<'_, '_> {
    /// Parses the local modules of all calls of a module at the same time: reading is quick, parsing is not. What is
    /// wrong with a call itself is found out when the call is read.
    fn parse_all(&mut self, nodes: &[Node], caller: usize, calls: &[(String, Block)]) {
        let above = nodes[caller].content.as_ref().map(|module| module.directory.clone()).unwrap_or_default();
        let mut unread: BTreeMap<String, (ModuleFiles, Vec<Problem>)> = BTreeMap::new();
        for (_, block) in calls {
            let source = block.body.argument("source").and_then(|source| source.value.literal());
            let Some(source) = source.filter(|source| module::is_local(source)) else { continue };
            let Ok(directory) = self.sources.resolved(&joined(&above, source)) else { continue };
            if self.modules.contains_key(&directory) || unread.contains_key(&directory) {
                continue;
            }
            let mut problems = Vec::new();
            if let Ok(files) = module::files(self.sources, &directory, &mut problems) {
                unread.insert(directory, (files, problems));
            }
        }
        self.parsed.par_extend(unread.into_par_iter().map(|(directory, (files, mut problems))| {
            let module = module::parse(&directory, files, &mut problems);
            (directory, (module, problems))
        }));
    }

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
        let parsed = match self.parsed.remove(directory) {
            Some((module, problems)) => {
                self.problems.extend(problems);
                Ok(module)
            }
            None => module::files(self.sources, directory, self.problems)
                .map(|files| module::parse(directory, files, self.problems)),
        };
        let module = match parsed {
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
