//! The language's own syntax, with the exact place of every block and argument.
//! Knows nothing of what any block means.

use super::{Argument, Block, Body, heredoc, native};
use crate::config::Problem;
use crate::config::source::SourceFile;
use hcl_edit::Span;
use hcl_edit::structure::Structure;

/// The parser itself refuses what is nested more than 64 levels deep or chains more than 128 operators, so whatever
/// walks its trees ends without a limit of its own.
pub(super) fn parse(file: &SourceFile) -> Result<Body, Box<Problem>> {
    match hcl_edit::parser::parse_body(file.text()) {
        Ok(mut body) => {
            heredoc::settle(file.text(), &mut body);
            Ok(convert(file, body, 0))
        }
        Err(error) => {
            Err(Box::new(file.problem(error.location().offset(), &format!("not valid HCL: {}", error.message()))))
        }
    }
}

fn convert(file: &SourceFile, body: hcl_edit::structure::Body, outer: usize) -> Body {
    let mut converted = Body::default();
    for structure in body {
        match structure {
            Structure::Attribute(attribute) => {
                let start = attribute.key.span().map_or(outer, |span| span.start);
                let end = attribute.value.span().map_or(start, |span| span.end);
                converted.arguments.push(Argument {
                    name: attribute.key.as_str().to_owned(),
                    value: native(attribute.value),
                    place: file.place(start..end),
                });
            }
            Structure::Block(block) => {
                let span = block.span().unwrap_or(outer..outer);
                converted.blocks.push(Block {
                    kind: block.ident.as_str().to_owned(),
                    labels: block.labels.iter().map(|label| label.as_str().to_owned()).collect(),
                    body: convert(file, block.body, span.start),
                    place: file.place(span),
                });
            }
        }
    }
    converted
}
