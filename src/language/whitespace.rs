//! White space of heredocs and other templates of several lines, as the language treats it: line by line, after `~`
//! took its share.
//! Knows nothing of values.

use hcl_edit::Span;
use hcl_edit::expr::Expression;
use hcl_edit::structure::Body;
use hcl_edit::template::{Directive, Element, Strip, Template};
use hcl_edit::visit_mut::{VisitMut, visit_body_mut, visit_expr_mut, visit_template_mut};

/// Settles the white space of every heredoc in a file. The parser's own way of taking the indentation off differs from
/// the language's in lines of white space alone and in what stands between directives, so it starts from the text.
pub(crate) fn settle(text: &str, body: &mut Body) {
    visit_body_mut(&mut Settler { text }, body);
}

/// Settles the white space of a template that stands alone, and of all templates in it.
pub(crate) fn settle_alone(text: &str, template: &mut Template) {
    visit_template_mut(&mut Settler { text }, template);
    settle_template(template, false);
}

struct Settler<'a> {
    text: &'a str,
}

impl VisitMut for Settler<'_> {
    fn visit_expr_mut(&mut self, expression: &mut Expression) {
        let span = expression.span();
        if let Expression::StringTemplate(template) = expression {
            visit_template_mut(self, template);
            return settle_template(template, false);
        }
        let Expression::HeredocTemplate(heredoc) = expression else { return visit_expr_mut(self, expression) };
        let source = span.and_then(|span| self.text.get(span)).unwrap_or_default();
        let indented = source.starts_with("<<-");
        let parsed = content(source).filter(|_| indented).map(|text| (text, hcl_edit::parser::parse_template(text)));
        match parsed {
            // The places in it now count from its own start.
            Some((text, Ok(template))) => {
                heredoc.template = template;
                visit_template_mut(&mut Settler { text }, &mut heredoc.template);
            }
            _ => visit_template_mut(self, &mut heredoc.template),
        }
        settle_template(&mut heredoc.template, indented);
    }
}

/// What stands between the line with the opening marker and the one with the closing marker.
fn content(source: &str) -> Option<&str> {
    let start = source.find('\n')? + 1;
    let end = source.rfind('\n')? + 1;
    source.get(start..end)
}

/// A piece of a template that the language looks at by itself.
enum Token {
    /// One line, or what of it stands between other things.
    Literal(String),
    /// An interpolation or directive, and whether it takes white space off the piece before and after it.
    Control { before: bool, after: bool },
}

/// Settles the white space of a template: what `~` takes away, and the indentation if it is to go.
pub(crate) fn settle_template(template: &mut Template, indented: bool) {
    let mut tokens = Vec::new();
    visit(template, &mut |item| match item {
        Item::Literal(text) => {
            tokens.extend(text.split_inclusive('\n').map(|line| Token::Literal(line.to_owned())));
        }
        Item::Control(strip) => tokens.push(Token::Control {
            before: matches!(strip, Strip::Start | Strip::Both),
            after: matches!(strip, Strip::End | Strip::Both),
        }),
    });
    strip(&mut tokens);
    if indented {
        take_indentation(&mut tokens);
    }
    let mut literals = tokens.into_iter().filter_map(|token| match token {
        Token::Literal(text) => Some(text),
        Token::Control { .. } => None,
    });
    visit(template, &mut |item| match item {
        Item::Literal(text) => {
            let lines = text.split_inclusive('\n').count();
            *text = literals.by_ref().take(lines).collect();
        }
        Item::Control(strip) => *strip = Strip::None,
    });
}

fn strip(tokens: &mut [Token]) {
    for position in 0..tokens.len() {
        let Token::Control { before, after } = tokens[position] else { continue };
        if let (true, Some(Token::Literal(text))) = (before, position.checked_sub(1).and_then(|at| tokens.get_mut(at)))
        {
            text.truncate(text.trim_end().len());
        }
        if let (true, Some(Token::Literal(text))) = (after, tokens.get_mut(position + 1)) {
            *text = text.trim_start().to_owned();
        }
    }
}

/// Takes off every line the white space that all lines begin with. Blank lines do not count, and keep theirs.
fn take_indentation(tokens: &mut [Token]) {
    let mut least = usize::MAX;
    let mut starts = Vec::new();
    let mut at_start = true;
    for (position, token) in tokens.iter().enumerate() {
        let literal = match token {
            Token::Literal(text) => Some(text.as_str()),
            Token::Control { .. } => None,
        };
        if at_start {
            let text = literal.unwrap_or_default();
            let blank = text.ends_with('\n') && text.trim_start().is_empty();
            if !blank {
                least = least.min(text.chars().take_while(|character| character.is_whitespace()).count());
                starts.push(position);
            }
        }
        at_start = literal.is_some_and(|text| text.ends_with('\n'));
    }
    for position in starts {
        if let Token::Literal(text) = &mut tokens[position] {
            *text = text.chars().skip(least).collect();
        }
    }
}

enum Item<'a> {
    Literal(&'a mut String),
    Control(&'a mut Strip),
}

/// Goes through a template in the order of its text. The parser bounds how deep directives nest.
fn visit(template: &mut Template, see: &mut dyn FnMut(Item<'_>)) {
    for element in template.iter_mut() {
        match element {
            Element::Literal(text) => see(Item::Literal(text.value_mut())),
            Element::Interpolation(interpolation) => see(Item::Control(&mut interpolation.strip)),
            Element::Directive(directive) => match &mut **directive {
                Directive::If(directive) => {
                    see(Item::Control(&mut directive.if_expr.strip));
                    visit(&mut directive.if_expr.template, see);
                    if let Some(other) = &mut directive.else_expr {
                        see(Item::Control(&mut other.strip));
                        visit(&mut other.template, see);
                    }
                    see(Item::Control(&mut directive.endif_expr.strip));
                }
                Directive::For(directive) => {
                    see(Item::Control(&mut directive.for_expr.strip));
                    visit(&mut directive.for_expr.template, see);
                    see(Item::Control(&mut directive.endfor_expr.strip));
                }
            },
        }
    }
}
