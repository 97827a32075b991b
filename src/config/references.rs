//! What expressions refer to, and which of them read files.
//! Knows nothing of values.

use super::module::Module;
use super::syntax::{Body, Expression, JsonValue};
use crate::language::ast::{self, Node, Step};
use crate::language::{Reference, Scope, Value, parse_template};
use std::collections::BTreeSet;
use std::sync::Arc;

/// Something that an expression refers to.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Referred {
    Variable(Arc<str>),
    Local(Arc<str>),
    /// An output of a module that is called, or all of them.
    Output(Arc<str>, Option<Arc<str>>),
    /// A `resource` or (`true`) `data` block by type and name.
    Block(bool, Arc<str>, Arc<str>),
}

impl Referred {
    /// As the language writes it, with its value.
    pub(super) fn resolved(&self, scope: &dyn Scope) -> Option<(String, Value)> {
        Some(match self {
            Self::Variable(name) => (format!("var.{name}"), scope.resolve(Reference::Variable(name))),
            Self::Local(name) => (format!("local.{name}"), scope.resolve(Reference::Local(name))),
            Self::Output(module, Some(output)) => {
                let reference = Reference::Output { module, key: None, output };
                (format!("module.{module}.{output}"), scope.resolve(reference))
            }
            Self::Output(module, None) => (format!("module.{module}"), scope.resolve(Reference::Module(module))),
            Self::Block(data, resource_type, name) => {
                let prefix = if *data { "data." } else { "" };
                let reference = Reference::Resource { data: *data, resource_type, name };
                (format!("{prefix}{resource_type}.{name}"), scope.resolve(reference))
            }
        })
    }
}

/// A `resource` or (`true`) `data` block by type and name.
type BlockName = (bool, Arc<str>, Arc<str>);

/// What an expression refers to, sorted.
pub(super) fn of_expression(expression: &Expression) -> BTreeSet<Referred> {
    let mut found = Found::default();
    found.expression(expression);
    found.referred
}

/// What the arguments of a body refer to, those of its nested blocks among them.
pub(super) fn of_body(body: &Body) -> BTreeSet<Referred> {
    let mut found = Found::default();
    found.body(body);
    found.referred
}

/// The blocks of a module that its expressions refer to, and the resources with arguments that read files.
pub(super) fn of(module: &Module) -> (Vec<BlockName>, Vec<(String, String)>) {
    let mut found = Found::default();
    for local in module.locals.values() {
        found.expression(&local.value);
    }
    for output in module.outputs.values() {
        found.expression(&output.value);
    }
    let mut reading = Vec::new();
    for (key, block) in &module.resources {
        found.files = false;
        found.body(&block.body);
        if found.files {
            reading.push(key.clone());
        }
    }
    let others = module.data.values().chain(module.calls.values()).map(|block| &block.body);
    for body in others.chain(module.providers.iter().map(|block| &block.body)) {
        found.body(body);
    }
    for block in &module.refactorings {
        found.body(&block.body);
    }
    let blocks = found.referred.into_iter().filter_map(|referred| match referred {
        Referred::Block(data, resource_type, name) => {
            let blocks = if data { &module.data } else { &module.resources };
            let exists = blocks.contains_key(&(resource_type.to_string(), name.to_string()));
            exists.then_some((data, resource_type, name))
        }
        _ => None,
    });
    (blocks.collect(), reading)
}

#[derive(Default)]
struct Found {
    referred: BTreeSet<Referred>,
    files: bool,
}

impl Found {
    fn body(&mut self, body: &Body) {
        for argument in &body.arguments {
            self.expression(&argument.value);
        }
        for block in &body.blocks {
            self.body(&block.body);
        }
    }

    fn expression(&mut self, expression: &Expression) {
        match expression {
            Expression::Native(expression) => self.native(expression),
            Expression::Json(value) => self.json(value),
        }
    }

    fn json(&mut self, value: &JsonValue) {
        match value {
            JsonValue::String(text) => {
                if let Ok(template) = parse_template(text) {
                    self.native(&template);
                }
            }
            JsonValue::Array(elements) => elements.iter().for_each(|element| self.json(element)),
            JsonValue::Object(entries) => entries.iter().for_each(|entry| self.json(&entry.value)),
            _ => {}
        }
    }

    fn native(&mut self, expression: &ast::Expression) {
        match &expression.node {
            Node::Steps(root, steps) => self.reference(root, steps),
            Node::Call(call) => self.files |= reads(&call.name),
            _ => {}
        }
        for part in expression.parts() {
            self.native(part);
        }
    }

    fn reference(&mut self, root: &ast::Expression, steps: &[Step]) {
        let name = |position: usize| match steps.get(position) {
            Some(Step::Attribute(name)) => Some(name.clone()),
            _ => None,
        };
        let (Some(root), Some(first)) = (root.name(), name(0)) else { return };
        let referred = match root {
            "var" => Referred::Variable(first),
            "local" => Referred::Local(first),
            "module" => {
                let output = if matches!(steps.get(1), Some(Step::Index(_))) { name(2) } else { name(1) };
                Referred::Output(first, output)
            }
            "each" | "count" | "path" | "terraform" | "self" | "ephemeral" => return,
            "data" => match name(1) {
                Some(name) => Referred::Block(true, first, name),
                None => return,
            },
            resource_type => Referred::Block(false, resource_type.into(), first),
        };
        self.referred.insert(referred);
    }
}

/// Whether a function looks at files.
fn reads(function: &str) -> bool {
    let name = function.strip_prefix("core::").unwrap_or(function);
    name.starts_with("file") || name == "templatefile"
}
