//! What else determines what a resource declares: locals, variables and where those get their values, outputs of modules.
//! Knows nothing of values, nor of history.

use super::inputs::{Inputs, Place};
use super::modules::Node;
use super::references::{Referred, of_body, of_expression};
use super::sources::is_fetched;
use super::syntax::Expression;
use super::{BlockPlace, module::Module};
use crate::model::SourceRange;
use std::collections::HashSet;

/// Contributions that are followed.
const FOLLOWED: usize = 1_000;

/// The kind of a value that the environment or the command line gives: no history has it.
const OUTSIDE: &str = "outside";

/// Something that takes part in what a resource declares.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contribution {
    /// Its name as the language writes it, for example `local.size` or `module.net.var.cidr`.
    pub what: String,
    /// Where its value stands: the local, the default, the line of a file of values, the argument of a module call.
    pub range: Option<SourceRange>,
    /// The block that it belongs to.
    pub block: BlockPlace,
}

/// What contributes to a resource, or to one of its arguments or nested blocks, in the order in which one leads to the
/// next.
pub(super) fn to_resource(
    nodes: &[Node],
    node: usize,
    block: &super::syntax::Body,
    argument: Option<&str>,
    inputs: &Inputs,
) -> Vec<Contribution> {
    let mut follower = Follower { nodes, inputs, found: Vec::new(), seen: HashSet::new() };
    let referred = match argument {
        None => of_body(block),
        Some(name) => {
            let nested = block.blocks.iter().filter(|block| super::module::contributes(block) == name);
            let argument = block.argument(name).into_iter().flat_map(|argument| of_expression(&argument.value));
            argument.chain(nested.flat_map(|block| of_body(&block.body))).collect()
        }
    };
    for referred in referred {
        follower.follow(node, referred);
    }
    follower.found
}

struct Follower<'a> {
    nodes: &'a [Node],
    inputs: &'a Inputs,
    found: Vec<Contribution>,
    seen: HashSet<(usize, Referred)>,
}

impl<'a> Follower<'a> {
    fn module(&self, node: usize) -> Option<&'a Module> {
        self.nodes[node].content.as_deref().ok()
    }

    /// What is written in a fetched module is in nobody's history.
    fn add(&mut self, node: usize, name: String, range: Option<SourceRange>, kind: &'static str, labels: Vec<String>) {
        let Some(module) = self.module(node) else { return };
        if is_fetched(&module.directory) {
            return;
        }
        let path: String = self.nodes[node].path.iter().map(|name| format!("module.{name}.")).collect();
        let block = BlockPlace { directory: module.directory.clone(), kind, labels };
        self.found.push(Contribution { what: format!("{path}{name}"), range, block });
    }

    fn expression(&mut self, node: usize, expression: &Expression) {
        for referred in of_expression(expression) {
            self.follow(node, referred);
        }
    }

    fn follow(&mut self, node: usize, referred: Referred) {
        if self.found.len() >= FOLLOWED || !self.seen.insert((node, referred.clone())) {
            return;
        }
        let Some(module) = self.module(node) else { return };
        match referred {
            Referred::Local(name) => {
                let Some(local) = module.locals.get(&*name) else { return };
                self.add(node, format!("local.{name}"), Some(local.place.range()), "locals", vec![name.to_string()]);
                self.expression(node, &local.value);
            }
            Referred::Variable(name) => self.variable(node, module, &name),
            Referred::Output(call, output) => {
                let Some(child) = self.nodes[node].children.get(&*call).copied() else { return };
                let Some(called) = self.module(child) else { return };
                let wanted = called.outputs.iter().filter(|(name, _)| output.as_deref().is_none_or(|one| one == *name));
                for (name, output) in wanted {
                    let range = Some(output.place.range());
                    self.add(child, format!("output.{name}"), range, "output", vec![name.clone()]);
                    self.expression(child, &output.value);
                }
            }
            // What an object is was decided when it was made; its block is a resource of its own.
            Referred::Block(..) => {}
        }
    }

    fn variable(&mut self, node: usize, module: &'a Module, name: &str) {
        let Some(variable) = module.variables.get(name) else { return };
        let here = &self.nodes[node];
        if let (Some(call), Some(parent)) = (&here.call, here.parent)
            && let Some(argument) = call.body.argument(name)
        {
            let path: String = here.path.iter().map(|name| format!("module.{name}.")).collect();
            let what = format!("{path}var.{name}");
            if let Some(caller) = self.module(parent).filter(|caller| !is_fetched(&caller.directory)) {
                let block = BlockPlace {
                    directory: caller.directory.clone(),
                    kind: "module",
                    labels: here.path.last().cloned().into_iter().collect(),
                };
                self.found.push(Contribution { what, range: Some(argument.place.range()), block });
            }
            return self.expression(parent, &argument.value);
        }
        let given = if here.parent.is_none() { self.inputs.place(name) } else { None };
        let what = format!("var.{name}");
        let labels = vec![name.to_owned()];
        match given {
            Some(Place::File(range)) => {
                let block = BlockPlace { directory: range.file.clone(), kind: "tfvars", labels };
                self.found.push(Contribution { what, range: Some(range), block });
            }
            Some(Place::Outside) => self.add(node, what, None, OUTSIDE, labels),
            None => {
                let range = variable.default.as_ref().map(|default| default.place.range());
                self.add(node, what, range, "variable", labels);
            }
        }
    }
}
