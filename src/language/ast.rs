//! Expressions as they are written, with their places.
//! Knows nothing of values but literals, nor of who parses.

use super::value::Value;
use std::sync::Arc;

/// An expression and where it stands.
#[derive(Debug, Clone)]
pub(crate) struct Expression {
    pub(crate) node: Node,
    pub(crate) span: Span,
}

/// Bytes of a file, from the first to behind the last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Span {
    pub(crate) start: u32,
    pub(crate) end: u32,
}

#[derive(Debug, Clone)]
pub(crate) enum Node {
    Literal(Value),
    /// Parts that become one string.
    Template(Vec<Expression>),
    /// `%{ for }`: the elements of a tuple as one string.
    Join(Box<Expression>),
    Parenthesis(Box<Expression>),
    Tuple(Vec<Expression>),
    Object(Vec<(Key, Expression)>),
    /// A word that stands for something: the beginning of a reference, or a name that `for` brought in.
    Name(Arc<str>),
    /// What is looked up in a value, step by step.
    Steps(Box<Expression>, Vec<Step>),
    Call(Call),
    Conditional(Box<[Expression; 3]>),
    Unary(UnaryOperator, Box<Expression>),
    Binary(Box<[Expression; 2]>, BinaryOperator),
    For(Box<For>),
}

/// A key of an object.
#[derive(Debug, Clone)]
pub(crate) enum Key {
    /// A plain word.
    Name(Arc<str>),
    Expression(Expression),
}

#[derive(Debug, Clone)]
pub(crate) enum Step {
    /// `.name`
    Attribute(Arc<str>),
    /// `[key]` or `.0`
    Index(Expression),
    /// `[*]`: all that follows is done with each element.
    Splat,
    /// `.*`: the attributes that follow are looked up in each element.
    AttributeSplat,
}

#[derive(Debug, Clone)]
pub(crate) struct Call {
    /// With its namespaces: `core::upper`.
    pub(crate) name: Arc<str>,
    pub(crate) arguments: Vec<Expression>,
    /// Whether the last argument stands for several: `...`.
    pub(crate) expand: bool,
}

#[derive(Debug, Clone)]
pub(crate) struct For {
    pub(crate) key_name: Option<Arc<str>>,
    pub(crate) value_name: Arc<str>,
    pub(crate) collection: Expression,
    /// Present where the result is an object.
    pub(crate) key: Option<Expression>,
    pub(crate) value: Expression,
    pub(crate) condition: Option<Expression>,
    /// Whether values of one key are collected.
    pub(crate) grouping: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum UnaryOperator {
    Negate,
    Not,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum BinaryOperator {
    Or,
    And,
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    Add,
    Subtract,
    Multiply,
    Divide,
    Remainder,
}

impl Expression {
    /// The text of a string without interpolation.
    pub(crate) fn literal(&self) -> Option<&str> {
        match &self.node {
            Node::Literal(value) => value.text().map(|text| &**text),
            _ => None,
        }
    }

    /// The word, if it is nothing but a word.
    pub(crate) fn name(&self) -> Option<&str> {
        match &self.node {
            Node::Name(name) => Some(name),
            _ => None,
        }
    }

    /// The expressions directly within, and the names that are brought in for them.
    pub(crate) fn parts(&self) -> Vec<&Self> {
        match &self.node {
            Node::Literal(_) | Node::Name(_) => Vec::new(),
            Node::Template(parts) | Node::Tuple(parts) => parts.iter().collect(),
            Node::Join(inner) | Node::Parenthesis(inner) | Node::Unary(_, inner) => vec![inner],
            Node::Object(entries) => {
                let parts = entries.iter().flat_map(|(key, value)| {
                    let key = match key {
                        Key::Name(_) => None,
                        Key::Expression(key) => Some(key),
                    };
                    key.into_iter().chain([value])
                });
                parts.collect()
            }
            Node::Steps(source, steps) => {
                let keys = steps.iter().filter_map(|step| match step {
                    Step::Index(key) => Some(key),
                    _ => None,
                });
                [&**source].into_iter().chain(keys).collect()
            }
            Node::Call(call) => call.arguments.iter().collect(),
            Node::Conditional(parts) => parts.iter().collect(),
            Node::Binary(parts, _) => parts.iter().collect(),
            Node::For(inner) => {
                let optional = inner.key.iter().chain(&inner.condition);
                [&inner.collection, &inner.value].into_iter().chain(optional).collect()
            }
        }
    }
}
