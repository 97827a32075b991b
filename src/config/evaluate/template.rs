//! Templates: strings with interpolations and directives.
//! Know nothing of where their text comes from.

use super::{Evaluated, Evaluator, Value, pairs};
use hcl_edit::template::{
    Directive, Element, ForDirective, HeredocTemplate, IfDirective, StringTemplate, Strip, Template,
};

impl Evaluator<'_> {
    pub(super) fn string_template(&mut self, template: &StringTemplate) -> Evaluated {
        let elements: Vec<&Element> = template.iter().collect();
        self.wrapped(&elements)
    }

    pub(super) fn wrapped_template(&mut self, template: &Template) -> Evaluated {
        let elements: Vec<&Element> = template.iter().collect();
        self.wrapped(&elements)
    }

    pub(super) fn heredoc(&mut self, heredoc: &HeredocTemplate) -> Evaluated {
        self.text_of(&heredoc.template)
    }

    /// A lone interpolation is no string but what stands in it.
    fn wrapped(&mut self, elements: &[&Element]) -> Evaluated {
        match elements {
            [Element::Interpolation(interpolation)] => self.expression(&interpolation.expr),
            elements => self.text(elements),
        }
    }

    fn text_of(&mut self, template: &Template) -> Evaluated {
        let elements: Vec<&Element> = template.iter().collect();
        self.text(&elements)
    }

    /// The elements one after the other. `~` takes the white space off the neighbouring literal.
    fn text(&mut self, elements: &[&Element]) -> Evaluated {
        let mut text = String::new();
        let mut known = true;
        for (position, element) in elements.iter().enumerate() {
            let before = position.checked_sub(1).and_then(|before| elements.get(before));
            let after = elements.get(position + 1);
            let part = match element {
                Element::Literal(literal) => {
                    let mut part = literal.value().as_str();
                    if before.is_some_and(|element| strips(element).1) {
                        part = part.trim_start();
                    }
                    if after.is_some_and(|element| strips(element).0) {
                        part = part.trim_end();
                    }
                    Some(part.into())
                }
                Element::Interpolation(interpolation) => self.expression(&interpolation.expr)?.to_text(),
                Element::Directive(directive) => match &**directive {
                    Directive::If(directive) => self.if_directive(directive)?,
                    Directive::For(directive) => self.for_directive(directive)?,
                }
                .to_text(),
            };
            match part {
                Some(part) => text.push_str(&part),
                None => known = false,
            }
            if !self.scope.spend(1 + text.len() / 64) {
                return Ok(Value::Unknown);
            }
        }
        Ok(if known { Value::string(text) } else { Value::Unknown })
    }

    fn if_directive(&mut self, directive: &IfDirective) -> Evaluated {
        let condition = self.expression(&directive.if_expr.cond_expr)?.to_bool();
        let start = end(directive.if_expr.strip);
        match (condition, &directive.else_expr) {
            (None, _) => Ok(Value::Unknown),
            (Some(true), other) => {
                let next = other.as_ref().map_or(directive.endif_expr.strip, |other| other.strip);
                self.inner(&directive.if_expr.template, start, begin(next))
            }
            (Some(false), Some(other)) => {
                self.inner(&other.template, end(other.strip), begin(directive.endif_expr.strip))
            }
            (Some(false), None) => Ok(Value::string("")),
        }
    }

    fn for_directive(&mut self, directive: &ForDirective) -> Evaluated {
        let collection = self.expression(&directive.for_expr.collection_expr)?;
        let Some(pairs) = pairs(&collection) else { return Ok(Value::Unknown) };
        let mut text = String::new();
        for (key, value) in pairs {
            let depth = self.names.len();
            if let Some(name) = &directive.for_expr.key_var {
                self.names.push((name.as_str().to_owned(), key));
            }
            self.names.push((directive.for_expr.value_var.as_str().to_owned(), value));
            let part = self.inner(
                &directive.for_expr.template,
                end(directive.for_expr.strip),
                begin(directive.endfor_expr.strip),
            );
            self.names.truncate(depth);
            match part?.to_text() {
                Some(part) if self.scope.spend(1) => text.push_str(&part),
                _ => return Ok(Value::Unknown),
            }
        }
        Ok(Value::string(text))
    }

    /// A template between directives that may strip its first and last literal.
    fn inner(&mut self, template: &Template, start: bool, end: bool) -> Evaluated {
        let mut elements: Vec<Element> = template.iter().cloned().collect();
        if let (true, Some(Element::Literal(literal))) = (start, elements.first_mut()) {
            *literal.value_mut() = literal.value().trim_start().to_owned();
        }
        if let (true, Some(Element::Literal(literal))) = (end, elements.last_mut()) {
            *literal.value_mut() = literal.value().trim_end().to_owned();
        }
        self.text(&elements.iter().collect::<Vec<_>>())
    }
}

/// Whether an element strips the literal before it, and the one after it.
fn strips(element: &Element) -> (bool, bool) {
    match element {
        Element::Literal(_) => (false, false),
        Element::Interpolation(interpolation) => (begin(interpolation.strip), end(interpolation.strip)),
        Element::Directive(directive) => match &**directive {
            Directive::If(directive) => (begin(directive.if_expr.strip), end(directive.endif_expr.strip)),
            Directive::For(directive) => (begin(directive.for_expr.strip), end(directive.endfor_expr.strip)),
        },
    }
}

fn begin(strip: Strip) -> bool {
    matches!(strip, Strip::Start | Strip::Both)
}

fn end(strip: Strip) -> bool {
    matches!(strip, Strip::End | Strip::Both)
}
