//! Checks that a population of changes is complete: played from the first to the last, it gives what the tip says.
//! Knows nothing of who changed what.

use super::story::Story;
use hcl_edit::Span;
use hcl_edit::expr::{Expression, ObjectKey};
use serde_json::Value;
use std::collections::BTreeMap;

/// Attributes of a block with what they say.
type Block = BTreeMap<String, Said>;

/// By directory and name.
type Blocks = BTreeMap<(String, String), Block>;

/// What an attribute says.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Said {
    Text(String),
    /// An object written out.
    Keys(BTreeMap<String, String>),
}

/// Plays all changes, and compares with what an audit of the same tree without any history says was added.
#[track_caller]
pub fn check_replay(story: &Story, tip: &str, more: &[&str], document: &Value) {
    let bare = story.git(&["commit-tree", "-m", "all at once", &format!("{tip}^{{tree}}")]);
    let run = story.driftline(&[&["audit", "--report", "json", "--no-cache", "--ref", &bare], more].concat());
    let truth = replayed(&run.json());
    let played = replayed(document);
    assert_eq!(played, truth, "the changes do not add up to what the tip says");
}

fn replayed(document: &Value) -> Blocks {
    let mut blocks = Blocks::new();
    for change in document["landings"].as_array().expect("landings").iter().flat_map(changes) {
        let text = |key: &str| change[key].as_str().expect("text").to_owned();
        let directory = text("directory");
        let (what, block) = match text("what").split_once(" (was ") {
            None => (text("what"), blocks.remove(&(directory.clone(), text("what"))).unwrap_or_default()),
            Some((what, from)) => {
                let from = from.trim_end_matches(')');
                let origin = match from.strip_prefix("in ") {
                    Some("the root") => (String::new(), what.to_owned()),
                    Some(other) => (other.to_owned(), what.to_owned()),
                    None => (directory.clone(), from.to_owned()),
                };
                (
                    what.to_owned(),
                    blocks.remove(&origin).unwrap_or_else(|| panic!("{origin:?} was not there: {change}")),
                )
            }
        };
        let block = played(block, change);
        match change["kind"].as_str() {
            Some("removed") => assert_eq!(block, Block::new(), "something is left of {what}"),
            _ => drop(blocks.insert((directory, what), block)),
        }
    }
    blocks
}

fn changes(landing: &Value) -> &[Value] {
    landing["changes"].as_array().expect("changes")
}

fn played(mut block: Block, change: &Value) -> Block {
    for attribute in change["attributes"].as_array().expect("attributes") {
        let path = attribute["path"].as_str().expect("a path");
        let (before, after) = (attribute["before"].as_str(), attribute["after"].as_str());
        match path.split_once("[\"") {
            None => {
                let known = block.remove(path);
                assert_eq!(known, before.map(said), "{path} before {change}");
                block.extend(after.map(|after| (path.to_owned(), said(after))));
            }
            Some((name, key)) => {
                let key = key.trim_end_matches("\"]");
                let Some(Said::Keys(keys)) = block.get_mut(name) else { panic!("{name} was no object: {change}") };
                assert_eq!(keys.remove(key), before.map(squeezed), "{path} before {change}");
                keys.extend(after.map(|after| (key.to_owned(), squeezed(after))));
            }
        }
    }
    block
}

fn said(text: &str) -> Said {
    if let Ok(Value::Object(object)) = serde_json::from_str(text) {
        return Said::Keys(object.iter().map(|(key, value)| (key.clone(), squeezed(&value.to_string()))).collect());
    }
    match text.parse() {
        Ok(Expression::Object(object)) => {
            let part = |(key, value): (&ObjectKey, &hcl_edit::expr::ObjectValue)| {
                let key = match key {
                    ObjectKey::Ident(name) => name.as_str().to_owned(),
                    ObjectKey::Expression(Expression::String(text)) => text.value().clone(),
                    ObjectKey::Expression(other) => other.to_string().trim().to_owned(),
                };
                let value = value.expr().span().map_or_else(|| value.expr().to_string(), |span| text[span].to_owned());
                (key, squeezed(&value))
            };
            Said::Keys(object.iter().map(part).collect())
        }
        _ => Said::Text(squeezed(text)),
    }
}

/// Without comments, white space and commas: what formatting may change.
fn squeezed(text: &str) -> String {
    let code =
        |line: &str| line.split(" #").next().unwrap_or_default().split("//").next().unwrap_or_default().to_owned();
    let lines: Vec<String> = text.lines().filter(|line| !line.trim_start().starts_with('#')).map(code).collect();
    lines.concat().chars().filter(|character| !character.is_whitespace() && *character != ',').collect()
}
