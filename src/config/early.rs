//! Values that are known before anything is expanded: OpenTofu lets variables and locals stand in a module's source.
//! Knows nothing of resources, outputs or instances; what depends on those is not known early.

use super::inputs::Inputs;
use super::modules::Node;
use super::syntax::Expression;
use crate::language::{Reference, Scope, Value};
use std::cell::Cell;

/// References that lead to references.
const DEPTH: usize = 32;
/// Steps of evaluation for one expression.
const STEPS: usize = 100_000;

/// The text of an expression in a module that is read already; none where it is not known early.
pub(super) fn text(expression: &Expression, nodes: &[Node], node: usize, inputs: &Inputs) -> Option<String> {
    let (depth, budget) = (Cell::new(0), Cell::new(STEPS));
    let scope = Early { nodes, node, inputs, depth: &depth, budget: &budget };
    expression.value(&scope, &[]).text().map(ToString::to_string)
}

struct Early<'a> {
    nodes: &'a [Node],
    node: usize,
    inputs: &'a Inputs,
    depth: &'a Cell<usize>,
    budget: &'a Cell<usize>,
}

impl Early<'_> {
    fn variable(&self, name: &str) -> Option<Value> {
        let node = &self.nodes[self.node];
        let variable = node.content.as_ref().ok()?.variables.get(name)?;
        let given = match (&node.call, node.parent) {
            (Some(call), Some(parent)) => {
                let caller = Early { node: parent, ..*self };
                call.body.argument(name).map(|argument| argument.value.value(&caller, &[]))
            }
            _ if !self.inputs.complete => return None,
            _ => self.inputs.value(name, variable),
        };
        let value = match given {
            Some(value) if !value.is_null() || variable.nullable => value,
            _ => variable.default.as_ref()?.value.constant(),
        };
        variable.constraint.as_ref()?.apply(&value).ok()
    }

    fn local(&self, name: &str) -> Option<Value> {
        let module = self.nodes[self.node].content.as_ref().ok()?;
        Some(module.locals.get(name)?.value.value(self, &[]))
    }
}

impl Scope for Early<'_> {
    fn resolve(&self, reference: Reference<'_>) -> Value {
        if self.depth.get() >= DEPTH {
            return Value::dynamic();
        }
        self.depth.set(self.depth.get() + 1);
        let value = match reference {
            Reference::Variable(name) => self.variable(name),
            Reference::Local(name) => self.local(name),
            Reference::Path(name) => Some(super::expanded::path(self.nodes, self.node, name)),
            _ => None,
        };
        self.depth.set(self.depth.get() - 1);
        value.unwrap_or_else(Value::dynamic)
    }

    fn spend(&self, steps: usize) -> bool {
        super::expanded::spend(self.budget, steps)
    }
}
