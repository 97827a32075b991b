//! `lifecycle` of a resource: what it lets be, forbids, and follows.
//! Knows nothing of state, nor of what changes.

use super::IgnoreChanges;
use super::syntax::{Body, Expression};
use crate::language::ast::{self, Node, Step};
use crate::model::Address;
use provider_api::AttributePath;
use std::fmt;
use std::sync::Arc;

/// The `lifecycle` block of a resource.
#[derive(Debug, Clone)]
pub struct Lifecycle {
    /// `ignore_changes`.
    pub ignore_changes: IgnoreChanges,
    /// `prevent_destroy`: a plan that destroys an instance fails.
    pub prevent_destroy: bool,
    /// `create_before_destroy`; Terraform hands it on to whatever the resource depends on.
    pub create_before_destroy: bool,
    /// `replace_triggered_by`.
    pub(crate) triggers: Vec<Trigger>,
}

/// One entry of `replace_triggered_by`.
#[derive(Debug, Clone)]
pub(crate) struct Trigger {
    pub(super) resource_type: Arc<str>,
    pub(super) name: Arc<str>,
    /// The key of the one instance that is meant, which may depend on the instance that is replaced.
    pub(super) key: Option<ast::Expression>,
    /// The one attribute that is meant.
    pub(super) attribute: Option<String>,
}

/// Whose change replaces an instance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct TriggeredBy {
    /// An instance, or without a key all of a resource.
    pub(crate) address: Address,
    /// The one attribute that is meant.
    pub(crate) attribute: Option<String>,
}

impl fmt::Display for TriggeredBy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.address)?;
        self.attribute.iter().try_for_each(|name| write!(f, ".{name}"))
    }
}

/// Reads the `lifecycle` block of a resource's body.
pub(super) fn of(body: &Body) -> Lifecycle {
    let argument = |name: &'static str| {
        let arguments = body.blocks("lifecycle").filter_map(move |block| block.body.argument(name));
        arguments.map(|argument| &argument.value)
    };
    let flag = |name| argument(name).any(|expression| expression.constant().boolean() == Some(true));
    let triggers = argument("replace_triggered_by").filter_map(Expression::elements).flatten();
    Lifecycle {
        ignore_changes: ignored(argument("ignore_changes")),
        prevent_destroy: flag("prevent_destroy"),
        create_before_destroy: flag("create_before_destroy"),
        triggers: triggers.filter_map(|element| trigger(&element.reference()?)).collect(),
    }
}

fn ignored<'a>(arguments: impl Iterator<Item = &'a Expression>) -> IgnoreChanges {
    let mut paths = Vec::new();
    for argument in arguments {
        let all =
            |expression: &Expression| expression.reference().is_some_and(|reference| reference.name() == Some("all"));
        match argument.elements() {
            None if all(argument) => return IgnoreChanges::All,
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
fn attribute_path(expression: &ast::Expression) -> Option<AttributePath> {
    let (root, steps) = match &expression.node {
        Node::Name(name) => return Some(AttributePath::attribute(&**name)),
        Node::Steps(root, steps) => (root, steps),
        _ => return None,
    };
    let mut path = AttributePath::attribute(root.name()?);
    for step in steps {
        let step = match step {
            Step::Attribute(name) => provider_api::Step::Name(name.to_string()),
            Step::Index(key) => match &key.node {
                Node::Literal(value) => match (value.text(), value.number()) {
                    (Some(key), _) => provider_api::Step::Key(key.to_string()),
                    (_, Some(index)) => provider_api::Step::Index(index.to_usize()?),
                    _ => return None,
                },
                _ => return None,
            },
            _ => return None,
        };
        path = path.join(step);
    }
    Some(path)
}

/// `aws_vpc.main`, `aws_vpc.main[each.key]`, `aws_vpc.main.cidr_block`.
fn trigger(expression: &ast::Expression) -> Option<Trigger> {
    let Node::Steps(root, steps) = &expression.node else { return None };
    let mut steps = steps.iter().peekable();
    let Step::Attribute(name) = steps.next()? else { return None };
    let key = match steps.peek() {
        Some(Step::Index(key)) => Some(key.clone()),
        _ => None,
    };
    if key.is_some() {
        steps.next();
    }
    let attribute = match steps.next() {
        Some(Step::Attribute(attribute)) => Some(attribute.to_string()),
        None => None,
        Some(_) => return None,
    };
    Some(Trigger { resource_type: root.name()?.into(), name: name.clone(), key, attribute })
}
