//! The language's own syntax, with the exact place of every block and argument.
//! Knows nothing of what any block means.

use super::{Argument, Block, Body, guard, native};
use crate::config::Problem;
use crate::config::source::SourceFile;
use crate::language::{self, whitespace};
use hcl_edit::Span;
use hcl_edit::structure::Structure;

/// A block behind the end of every file. Without it a file that ends amid an expression may take the parser a time that
/// doubles with every level of nesting; with it there is always something that cannot follow.
const END: &str = "\n_ {}\n";

/// The parser itself refuses what is nested more than 64 levels deep or chains more than 128 operators, so whatever
/// walks its trees ends without a limit of its own.
pub(super) fn parse(file: &SourceFile) -> Result<Body, Box<Problem>> {
    if let Some(at) = guard::crowded(file.text()) {
        let what = format!("more than {} entries between one pair of braces", guard::ENTRIES);
        return Err(Box::new(file.problem(at, &what)));
    }
    let text = format!("{}{END}", file.text());
    let mut body = hcl_edit::parser::parse_body(&text).map_err(|error| {
        Box::new(file.problem(error.location().offset(), &format!("not valid HCL: {}", error.message())))
    })?;
    match body.pop() {
        Some(Structure::Block(block)) if block.ident.as_str() == "_" => {}
        _ => return Err(Box::new(file.problem(file.text().len(), "not valid HCL: something is not closed"))),
    }
    whitespace::settle(&text, &mut body);
    Ok(convert(file, &text, body, 0))
}

fn convert(file: &SourceFile, text: &str, body: hcl_edit::structure::Body, outer: usize) -> Body {
    let mut converted = Body::default();
    for structure in body {
        match structure {
            Structure::Attribute(attribute) => {
                let start = attribute.key.span().map_or(outer, |span| span.start);
                let end = attribute.value.span().map_or(start, |span| span.end);
                converted.arguments.push(Argument {
                    name: attribute.key.as_str().to_owned(),
                    value: native(language::expression(text, &attribute.value)),
                    place: file.place(start..end),
                });
            }
            Structure::Block(block) => {
                let span = block.span().unwrap_or(outer..outer);
                converted.blocks.push(Block {
                    kind: block.ident.as_str().to_owned(),
                    labels: block.labels.iter().map(|label| label.as_str().to_owned()).collect(),
                    body: convert(file, text, block.body, span.start),
                    place: file.place(span),
                });
            }
        }
    }
    converted
}
