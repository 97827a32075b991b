//! Expressions out of the syntax trees of hcl-edit, which parses the language.
//! Knows nothing of blocks or values.

use super::ast::{BinaryOperator, Call, Expression, For, Key, Node, Span, Step, UnaryOperator};
use super::number::Number;
use super::types::Type;
use super::value::Value;
use super::whitespace;
use hcl_edit::Span as _;
use hcl_edit::expr as hcl;
use hcl_edit::template::{Directive, Element, ForDirective, IfDirective, Template};
use std::sync::Arc;

/// Lowers an expression of a file whose heredocs are settled. `text` is the whole file.
pub(crate) fn expression(text: &str, expression: &hcl::Expression) -> Expression {
    Lower { text, base: 0, span: Span::default() }.expression(expression)
}

/// Parses an expression that stands alone.
///
/// # Errors
/// Says where, in bytes, and why.
pub(crate) fn parse(text: &str) -> Result<Expression, (usize, String)> {
    let failed = |error: hcl_edit::parser::Error| (error.location().offset(), error.message().to_owned());
    // A body rather than a bare expression: heredocs are settled in bodies.
    let source = format!("_ = {text}\n");
    let mut body = hcl_edit::parser::parse_body(&source).map_err(failed)?;
    whitespace::settle(&source, &mut body);
    let mut structures = body.into_iter();
    match (structures.next().and_then(|structure| structure.into_attribute().ok()), structures.next()) {
        (Some(attribute), None) => Ok(expression(&source, &attribute.value)),
        _ => Err((0, "not an expression".into())),
    }
}

/// Parses a template that stands alone: a file, or a string of the JSON syntax.
///
/// # Errors
/// Says where, in bytes, and why.
pub(crate) fn parse_template(text: &str) -> Result<Expression, (usize, String)> {
    let span = Span { start: 0, end: clamped(text.len()) };
    if !text.contains("${") && !text.contains("%{") {
        return Ok(Expression { node: Node::Literal(Value::string(text)), span });
    }
    let mut template = hcl_edit::parser::parse_template(text)
        .map_err(|error| (error.location().offset(), error.message().to_owned()))?;
    whitespace::settle_alone(text, &mut template);
    let lower = Lower { text, base: 0, span };
    Ok(lower.wrapped(&template.iter().collect::<Vec<_>>()))
}

fn clamped(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}

#[derive(Clone, Copy)]
struct Lower<'a> {
    text: &'a str,
    /// Where places are counted from: the text of an indented heredoc is parsed by itself.
    base: usize,
    /// What the expression stands in, for what has no place of its own.
    span: Span,
}

impl Lower<'_> {
    fn span(&self, range: Option<std::ops::Range<usize>>) -> Span {
        match range {
            Some(range) => Span { start: clamped(self.base + range.start), end: clamped(self.base + range.end) },
            None => self.span,
        }
    }

    fn boxed(&self, expression: &hcl::Expression) -> Box<Expression> {
        Box::new(self.expression(expression))
    }

    fn expression(&self, expression: &hcl::Expression) -> Expression {
        let span = self.span(expression.span());
        let lower = Self { span, ..*self };
        Expression { node: lower.node(expression), span }
    }

    fn node(&self, expression: &hcl::Expression) -> Node {
        match expression {
            hcl::Expression::Null(_) => Node::Literal(Value::null(Type::Dynamic)),
            hcl::Expression::Bool(value) => Node::Literal((*value.value()).into()),
            hcl::Expression::Number(number) => {
                let text = number.as_repr().map_or_else(|| number.value().to_string(), |text| text.to_string());
                let number = Number::parse(&text);
                Node::Literal(number.map_or_else(|| Value::unknown(Type::Number), Value::from))
            }
            hcl::Expression::String(text) => Node::Literal(Value::string(text.value())),
            hcl::Expression::Array(array) => {
                Node::Tuple(array.iter().map(|element| self.expression(element)).collect())
            }
            hcl::Expression::Object(object) => {
                Node::Object(object.iter().map(|(key, value)| (self.key(key), self.expression(value.expr()))).collect())
            }
            hcl::Expression::StringTemplate(template) => self.wrapped(&template.iter().collect::<Vec<_>>()).node,
            hcl::Expression::HeredocTemplate(heredoc) => {
                self.heredoc(expression.span()).template(&heredoc.template).node
            }
            hcl::Expression::Parenthesis(inner) => Node::Parenthesis(self.boxed(inner.inner())),
            hcl::Expression::Variable(name) => Node::Name(name.as_str().into()),
            hcl::Expression::Conditional(conditional) => Node::Conditional(Box::new([
                self.expression(&conditional.cond_expr),
                self.expression(&conditional.true_expr),
                self.expression(&conditional.false_expr),
            ])),
            hcl::Expression::FuncCall(call) => Node::Call(self.call(call)),
            hcl::Expression::Traversal(traversal) => {
                let steps = traversal.operators.iter().map(|operator| self.step(operator.value())).collect();
                Node::Steps(self.boxed(&traversal.expr), steps)
            }
            hcl::Expression::UnaryOp(operation) => {
                let operator = match operation.operator.value() {
                    hcl::UnaryOperator::Neg => UnaryOperator::Negate,
                    hcl::UnaryOperator::Not => UnaryOperator::Not,
                };
                Node::Unary(operator, self.boxed(&operation.expr))
            }
            hcl::Expression::BinaryOp(operation) => {
                let operands = [self.expression(&operation.lhs_expr), self.expression(&operation.rhs_expr)];
                Node::Binary(Box::new(operands), binary(*operation.operator.value()))
            }
            hcl::Expression::ForExpr(inner) => Node::For(Box::new(For {
                key_name: inner.intro.key_var.as_ref().map(|name| name.as_str().into()),
                value_name: inner.intro.value_var.as_str().into(),
                collection: self.expression(&inner.intro.collection_expr),
                key: inner.key_expr.as_ref().map(|key| self.expression(key)),
                value: self.expression(&inner.value_expr),
                condition: inner.cond.as_ref().map(|condition| self.expression(&condition.expr)),
                grouping: inner.grouping,
            })),
        }
    }

    fn key(&self, key: &hcl::ObjectKey) -> Key {
        match key {
            hcl::ObjectKey::Ident(name) => Key::Name(name.as_str().into()),
            // A lone word is a key, not a reference.
            hcl::ObjectKey::Expression(hcl::Expression::Variable(name)) => Key::Name(name.as_str().into()),
            hcl::ObjectKey::Expression(hcl::Expression::Null(_)) => Key::Name("null".into()),
            hcl::ObjectKey::Expression(hcl::Expression::Bool(value)) => Key::Name(value.value().to_string().into()),
            hcl::ObjectKey::Expression(expression) => Key::Expression(self.expression(expression)),
        }
    }

    fn call(&self, call: &hcl::FuncCall) -> Call {
        let mut name = String::new();
        for part in &call.name.namespace {
            name.push_str(part.as_str());
            name.push_str("::");
        }
        name.push_str(call.name.name.as_str());
        Call {
            name: name.into(),
            arguments: call.args.iter().map(|argument| self.expression(argument)).collect(),
            expand: call.args.expand_final(),
        }
    }

    fn step(&self, operator: &hcl::TraversalOperator) -> Step {
        match operator {
            hcl::TraversalOperator::AttrSplat(_) => Step::AttributeSplat,
            hcl::TraversalOperator::FullSplat(_) => Step::Splat,
            hcl::TraversalOperator::GetAttr(name) => Step::Attribute(name.as_str().into()),
            hcl::TraversalOperator::Index(key) => Step::Index(self.expression(key)),
            hcl::TraversalOperator::LegacyIndex(index) => {
                let number = Number::parse(&index.value().to_string());
                let value = number.map_or_else(|| Value::unknown(Type::Number), Value::from);
                Step::Index(Expression { node: Node::Literal(value), span: self.span })
            }
        }
    }

    /// The places in an indented heredoc count from the first line below its opening.
    fn heredoc(&self, range: Option<std::ops::Range<usize>>) -> Self {
        let source = range.clone().and_then(|range| {
            let start = self.base.checked_add(range.start)?;
            Some((start, self.text.get(start..self.base.checked_add(range.end)?)?))
        });
        match source {
            Some((start, text)) if text.starts_with("<<-") => {
                let line = text.find('\n').map_or(0, |end| end + 1);
                Self { base: start + line, ..*self }
            }
            _ => *self,
        }
    }

    /// A lone interpolation is no string but what stands in it.
    fn wrapped(&self, elements: &[&Element]) -> Expression {
        match elements {
            [Element::Interpolation(interpolation)] => self.expression(&interpolation.expr),
            elements => self.elements(elements),
        }
    }

    fn template(&self, template: &Template) -> Expression {
        self.elements(&template.iter().collect::<Vec<_>>())
    }

    fn elements(&self, elements: &[&Element]) -> Expression {
        let parts: Vec<Expression> = elements.iter().map(|element| self.element(element)).collect();
        let node = match parts.as_slice() {
            [] => Node::Literal(Value::string("")),
            [Expression { node: Node::Literal(value), .. }] if value.text().is_some() => Node::Literal(value.clone()),
            _ => Node::Template(parts),
        };
        Expression { node, span: self.span }
    }

    fn element(&self, element: &Element) -> Expression {
        let span = self.span(element.span());
        let lower = Self { span, ..*self };
        match element {
            Element::Literal(literal) => Expression { node: Node::Literal(Value::string(literal.value())), span },
            Element::Interpolation(interpolation) => lower.expression(&interpolation.expr),
            Element::Directive(directive) => match &**directive {
                Directive::If(directive) => lower.if_directive(directive),
                Directive::For(directive) => lower.for_directive(directive),
            },
        }
    }

    fn if_directive(&self, directive: &IfDirective) -> Expression {
        let otherwise = match &directive.else_expr {
            Some(otherwise) => self.template(&otherwise.template),
            None => Expression { node: Node::Literal(Value::string("")), span: self.span },
        };
        let condition = self.expression(&directive.if_expr.cond_expr);
        let node = Node::Conditional(Box::new([condition, self.template(&directive.if_expr.template), otherwise]));
        Expression { node, span: self.span }
    }

    fn for_directive(&self, directive: &ForDirective) -> Expression {
        let inner = &directive.for_expr;
        let tuple = Node::For(Box::new(For {
            key_name: inner.key_var.as_ref().map(|name| Arc::from(name.as_str())),
            value_name: inner.value_var.as_str().into(),
            collection: self.expression(&inner.collection_expr),
            key: None,
            value: self.template(&inner.template),
            condition: None,
            grouping: false,
        }));
        let tuple = Expression { node: tuple, span: self.span };
        Expression { node: Node::Join(Box::new(tuple)), span: self.span }
    }
}

fn binary(operator: hcl::BinaryOperator) -> BinaryOperator {
    use hcl::BinaryOperator as From;
    match operator {
        From::Eq => BinaryOperator::Equal,
        From::NotEq => BinaryOperator::NotEqual,
        From::LessEq => BinaryOperator::LessOrEqual,
        From::GreaterEq => BinaryOperator::GreaterOrEqual,
        From::Less => BinaryOperator::Less,
        From::Greater => BinaryOperator::Greater,
        From::Plus => BinaryOperator::Add,
        From::Minus => BinaryOperator::Subtract,
        From::Mul => BinaryOperator::Multiply,
        From::Div => BinaryOperator::Divide,
        From::Mod => BinaryOperator::Remainder,
        From::And => BinaryOperator::And,
        From::Or => BinaryOperator::Or,
    }
}
