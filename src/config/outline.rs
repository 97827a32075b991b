//! What tells a root module from one that is called, read without evaluating anything.
//! Knows nothing of what the blocks mean beyond that.

use super::module::{is_local, is_override, joined, read_file, replaced_by_tofu};
use super::source::SourceFile;
use super::syntax;
use crate::git::Tree;
use std::collections::BTreeMap;

/// What tells a root module from one that is called.
#[derive(Debug, Default)]
pub(crate) struct Outline {
    /// Whether it has a backend or `cloud` block.
    pub(crate) backend: bool,
    /// Whether it configures a provider.
    pub(crate) provider: bool,
    /// The modules that it calls by a path, by the name of the call: paths from the repository's root as they are
    /// written, `..` and links included.
    pub(crate) calls: BTreeMap<String, String>,
}

/// The files of a directory that may say something of that kind. What cannot be read is passed over: it is read again,
/// and reported, when its module is.
pub(crate) fn telling_files(tree: &Tree<'_>, directory: &str, names: &[String]) -> Vec<SourceFile> {
    let mut names = names.to_vec();
    replaced_by_tofu(directory, &mut names, &mut Vec::new());
    // An override file has the last word.
    names.sort_by_key(|name| (is_override(name), name.clone()));
    let read = |name: &String| {
        let path = joined(directory, name);
        read_file(|limit| tree.read(&path, limit), &path).ok().filter(|file| is_telling(file.text()))
    };
    names.iter().filter_map(read).collect()
}

/// Whether one of the blocks may stand in a text. Most files hold none, and need no parsing for that.
fn is_telling(text: &str) -> bool {
    ["terraform", "module", "provider"].iter().any(|kind| {
        text.match_indices(kind).any(|(at, _)| {
            let before = text[..at].chars().next_back();
            let begins = before.is_none_or(|before| before.is_whitespace() || matches!(before, '"' | '/' | '}'));
            let rest = &text[at + kind.len()..];
            let ends = !rest.starts_with(|after: char| after.is_alphanumeric() || matches!(after, '_' | '-' | '.'));
            let after = rest.trim_start().chars().next();
            // A label, a brace, a comment before either, or the quote that ends a key of the JSON syntax.
            let block = |after: char| matches!(after, '{' | '"' | '/' | '#' | '_') || after.is_alphabetic();
            begins && ends && after.is_some_and(block)
        })
    })
}

/// Reads what the files of a directory tell, in their order.
pub(crate) fn outline(directory: &str, files: &[SourceFile]) -> Outline {
    let mut outline = Outline::default();
    for file in files {
        let Ok(body) = syntax::parse(file) else { continue };
        for block in &body.blocks {
            match (block.kind.as_str(), block.labels.as_slice()) {
                ("terraform", []) => {
                    outline.backend |=
                        block.body.blocks.iter().any(|block| block.kind == "backend" || block.kind == "cloud");
                }
                ("provider", [_]) => outline.provider = true,
                ("module", [name]) => {
                    let Some(source) = block.body.argument("source") else { continue };
                    match source.value.literal().filter(|source| is_local(source)) {
                        Some(source) => drop(outline.calls.insert(name.clone(), joined(directory, source))),
                        None => drop(outline.calls.remove(name)),
                    }
                }
                _ => {}
            }
        }
    }
    outline
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_that_tell_nothing_are_not_parsed() {
        for (text, expected) in [
            ("terraform {\n}", true),
            ("terraform\t{", true),
            ("/* a */terraform /* b */ {", true),
            ("module \"a\" {", true),
            ("module a {", true),
            ("{\"module\": {}}", true),
            ("{\"a\":{},\"terraform\":{}}", true),
            ("provider \"aws\" {", true),
            ("resource \"a\" \"b\" {\n  x = module.a.b\n}", false),
            ("resource \"terraform_data\" \"b\" {}", false),
            ("x = terraform.workspace", false),
            ("  provider = aws.west", false),
        ] {
            assert_eq!(is_telling(text), expected, "{text}");
        }
    }
}
