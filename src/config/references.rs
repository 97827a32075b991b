//! What the expressions of a module refer to, and which of them read files.
//! Knows nothing of values.

use super::module::Module;
use super::syntax::{Body, Expression, JsonValue};
use crate::language::ast::{self, Node, Step};
use crate::language::parse_template;
use std::collections::BTreeSet;
use std::sync::Arc;

/// A `resource` or (`true`) `data` block by type and name.
type BlockName = (bool, Arc<str>, Arc<str>);

/// The blocks of a module that its expressions refer to, and the resources with arguments that read files.
pub(super) fn of(module: &Module) -> (Vec<BlockName>, Vec<(String, String)>) {
    let mut found = Found::default();
    for local in module.locals.values() {
        found.expression(local);
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
    let exists = |(data, resource_type, name): &BlockName| {
        let blocks = if *data { &module.data } else { &module.resources };
        blocks.contains_key(&(resource_type.to_string(), name.to_string()))
    };
    (found.blocks.into_iter().filter(exists).collect(), reading)
}

#[derive(Default)]
struct Found {
    blocks: BTreeSet<BlockName>,
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
        let Some(root) = root.name() else { return };
        let block = match (root, name(0), name(1)) {
            ("var" | "local" | "each" | "count" | "path" | "module" | "terraform" | "self", ..) => None,
            ("data", Some(resource_type), Some(name)) => Some((true, resource_type, name)),
            (resource_type, Some(name), _) => Some((false, resource_type.into(), name)),
            _ => None,
        };
        self.blocks.extend(block);
    }
}

/// Whether a function looks at files.
fn reads(function: &str) -> bool {
    let name = function.strip_prefix("core::").unwrap_or(function);
    name.starts_with("file") || name == "templatefile"
}
