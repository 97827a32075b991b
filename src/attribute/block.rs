//! Reduces blocks to digests of what they mean: comments, white space and the order of attributes do not count.
//! Knows nothing of files or of history.

use super::canonical;
use hcl_edit::expr::{Expression, ObjectKey};
use hcl_edit::structure::{Block as HclBlock, Body, Structure};
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use std::collections::BTreeMap;

/// Half a SHA-256: beyond accident and beyond forgery.
pub(super) type Digest = [u8; 16];

/// The kind of a variable's value in a file of values.
pub(super) const VALUE: &str = "tfvars";

/// The kind of what a dependency lock file says of a provider.
pub(super) const LOCK: &str = "lock";

/// The kind of a submodule.
pub(super) const SUBMODULE: &str = "submodule";

/// A block's kind and labels, without its directory.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
pub(super) struct Name {
    pub(super) kind: String,
    pub(super) labels: Vec<String>,
}

/// Number of a [`Name`] in its [`super::library::Library`].
pub(super) type NameId = u32;

/// What a block says, reduced.
#[derive(Debug)]
pub(super) struct Block {
    pub(super) name: Name,
    /// The number of the name; set by the library.
    pub(super) id: NameId,
    /// Of the body; the labels do not enter.
    pub(super) digest: Digest,
    /// By name.
    pub(super) attributes: Vec<Attribute>,
}

/// A top-level argument, or all nested blocks of one name.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
pub(super) struct Attribute {
    pub(super) name: Box<str>,
    pub(super) digest: Digest,
    /// Of an object written out: each key's value, by key.
    pub(super) keys: Vec<(Box<str>, Digest)>,
}

/// The digest of some bytes.
pub(super) fn digest(bytes: &[u8]) -> Digest {
    let mut half = Digest::default();
    half.copy_from_slice(&Sha256::digest(bytes)[..16]);
    half
}

/// Keys of an object beyond this are not told apart; a change then names the whole attribute.
const KEYS: usize = 256;

/// Longest key told apart, in bytes.
const KEY_LENGTH: usize = 256;

/// Reduces a top-level block. Of `locals` every value becomes a block of its own, since each is a name of its own.
pub(super) fn from_hcl(block: &HclBlock) -> Vec<Block> {
    let kind = block.ident.as_str();
    if kind == "locals" {
        return block.body.attributes().map(|local| single("locals", local.key.as_str(), &local.value)).collect();
    }
    let mut labels: Vec<String> = block.labels.iter().map(|label| label.as_str().to_owned()).collect();
    labels.extend(extra_labels(kind, |name| address(&block.body.get_attribute(name)?.value)));
    vec![reduced(Name { kind: kind.to_owned(), labels }, hcl_attributes(&block.body))]
}

fn single(kind: &str, name: &str, value: &Expression) -> Block {
    let name_of = Name { kind: kind.to_owned(), labels: vec![name.to_owned()] };
    let part = (canonical::expression(value), object_keys(value));
    reduced(name_of, BTreeMap::from([(name.to_owned(), vec![part])]))
}

/// Reduces a file of values: each is a name of its own.
pub(super) fn from_values(body: &Body) -> Vec<Block> {
    body.attributes().map(|value| single(VALUE, value.key.as_str(), &value.value)).collect()
}

/// Reduces a dependency lock file: what it says of a provider must not be taken for a provider's configuration.
pub(super) fn from_lock(body: &Body) -> Vec<Block> {
    let reduce = |block: &HclBlock| {
        let labels = block.labels.iter().map(|label| label.as_str().to_owned()).collect();
        reduced(Name { kind: LOCK.to_owned(), labels }, hcl_attributes(&block.body))
    };
    body.blocks().map(reduce).collect()
}

/// What a submodule says: which commit of the other repository stands there.
pub(super) fn submodule(commit: gix::ObjectId) -> Block {
    let name = Name { kind: SUBMODULE.to_owned(), labels: Vec::new() };
    reduced(name, BTreeMap::from([("commit".to_owned(), vec![(commit.as_bytes().to_vec(), Vec::new())])]))
}

/// What tells unlabelled blocks apart: the alias of a provider, the addresses of a refactoring.
fn extra_labels(kind: &str, argument: impl Fn(&str) -> Option<String>) -> Vec<String> {
    let arguments: &[&str] = match kind {
        "provider" => &["alias"],
        "moved" => &["from", "to"],
        "import" => &["to"],
        "removed" => &["from"],
        _ => &[],
    };
    arguments.iter().filter_map(|name| argument(name)).collect()
}

/// A reference or a literal string as plain text, without instance keys: `module.a.aws_vpc.main`.
fn address(expression: &Expression) -> Option<String> {
    use hcl_edit::expr::TraversalOperator::{GetAttr, Index, LegacyIndex};
    match expression {
        Expression::String(text) => Some(text.value().clone()),
        Expression::Variable(name) => Some(name.as_str().to_owned()),
        Expression::Traversal(traversal) => {
            let mut text = address(&traversal.expr)?;
            for operator in &traversal.operators {
                match operator.value() {
                    GetAttr(name) => {
                        text.push('.');
                        text.push_str(name.as_str());
                    }
                    Index(_) | LegacyIndex(_) => {}
                    _ => return None,
                }
            }
            Some(text)
        }
        _ => None,
    }
}

/// The canonical bytes of one part of an attribute, and the object keys in it.
type Part = (Vec<u8>, Vec<(Box<str>, Digest)>);

fn hcl_attributes(body: &Body) -> BTreeMap<String, Vec<Part>> {
    let mut attributes: BTreeMap<String, Vec<Part>> = BTreeMap::new();
    for structure in body.iter() {
        let (name, part) = match structure {
            Structure::Attribute(attribute) => {
                (attribute.key.as_str(), (canonical::expression(&attribute.value), object_keys(&attribute.value)))
            }
            Structure::Block(block) => (nested_name(block), (canonical::block(block), Vec::new())),
        };
        attributes.entry(name.to_owned()).or_default().push(part);
    }
    attributes
}

/// A `dynamic` block makes blocks of its label's name.
pub(super) fn nested_name(block: &HclBlock) -> &str {
    match (block.ident.as_str(), block.labels.first()) {
        ("dynamic", Some(label)) => label.as_str(),
        (name, _) => name,
    }
}

fn object_keys(expression: &Expression) -> Vec<(Box<str>, Digest)> {
    let Expression::Object(object) = expression else { return Vec::new() };
    let mut keys = Vec::new();
    for (key, value) in object.iter() {
        let key = match key {
            ObjectKey::Ident(name) => name.as_str(),
            ObjectKey::Expression(Expression::String(text)) => text.value(),
            ObjectKey::Expression(_) => return Vec::new(),
        };
        keys.push((key.into(), digest(&canonical::expression(value.expr()))));
    }
    told_apart(keys)
}

fn told_apart(mut keys: Vec<(Box<str>, Digest)>) -> Vec<(Box<str>, Digest)> {
    if keys.len() > KEYS || keys.iter().any(|(key, _)| key.len() > KEY_LENGTH) {
        return Vec::new();
    }
    keys.sort_unstable();
    keys
}

fn reduced(name: Name, attributes: BTreeMap<String, Vec<Part>>) -> Block {
    let mut all = Vec::new();
    let attributes = attributes
        .into_iter()
        .map(|(name, parts)| {
            let mut bytes = Vec::new();
            for (part, _) in &parts {
                canonical::text(&mut bytes, part);
            }
            let digest = digest(&bytes);
            canonical::text(&mut all, name.as_bytes());
            all.extend(digest);
            let keys = if let [(_, keys)] = &parts[..] { keys.clone() } else { Vec::new() };
            Attribute { name: name.into(), digest, keys }
        })
        .collect();
    Block { name, id: 0, digest: digest(&all), attributes }
}

/// Reduces the blocks of a configuration file in JSON syntax. The syntax does not tell nested blocks from attributes,
/// so a change from one syntax to the other is a change. None where the text is no JSON object.
pub(super) fn from_json(text: &str) -> Option<Vec<Block>> {
    let Value::Object(root) = serde_json::from_str(text).ok()? else { return None };
    let mut blocks = Vec::new();
    for (kind, value) in &root {
        if kind == "//" {
            continue;
        }
        let depth = match kind.as_str() {
            "resource" | "data" | "ephemeral" => 2,
            "module" | "variable" | "output" | "provider" | "check" => 1,
            _ => 0,
        };
        json_blocks(kind, &mut Vec::new(), depth, value, &mut blocks);
    }
    Some(blocks)
}

/// Reduces a file of values in JSON syntax. None where the text is no JSON object.
pub(super) fn from_json_values(text: &str) -> Option<Vec<Block>> {
    let Value::Object(root) = serde_json::from_str(text).ok()? else { return None };
    Some(root.iter().map(|(name, value)| single_json(VALUE, name, value)).collect())
}

fn single_json(kind: &str, name: &str, value: &Value) -> Block {
    let name_of = Name { kind: kind.to_owned(), labels: vec![name.to_owned()] };
    reduced(name_of, BTreeMap::from([(name.to_owned(), vec![json_part(value)])]))
}

/// Descends through the labels. Arrays stand for several blocks wherever one may stand.
fn json_blocks(kind: &str, labels: &mut Vec<String>, depth: usize, value: &Value, blocks: &mut Vec<Block>) {
    match value {
        Value::Array(values) => {
            for value in values.iter().filter(|value| value.is_object()) {
                json_blocks(kind, labels, depth, value, blocks);
            }
        }
        Value::Object(object) if depth > 0 => {
            for (label, value) in object.iter().filter(|(label, _)| *label != "//") {
                labels.push(label.clone());
                json_blocks(kind, labels, depth - 1, value, blocks);
                labels.pop();
            }
        }
        Value::Object(object) if kind == "locals" => {
            let values = object.iter().filter(|(name, _)| *name != "//");
            blocks.extend(values.map(|(name, value)| single_json(kind, name, value)));
        }
        Value::Object(object) => {
            let mut labels = labels.clone();
            labels.extend(extra_labels(kind, |name| Some(json_address(object.get(name)?.as_str()?))));
            let attributes = object
                .iter()
                .filter(|(name, _)| *name != "//")
                .map(|(name, value)| (name.clone(), vec![json_part(value)]))
                .collect();
            blocks.push(reduced(Name { kind: kind.to_owned(), labels }, attributes));
        }
        _ => {}
    }
}

fn json_part(value: &Value) -> Part {
    let keys = match value {
        Value::Object(object) => told_apart(
            object.iter().map(|(key, value)| (key.as_str().into(), digest(&canonical::json(value)))).collect(),
        ),
        _ => Vec::new(),
    };
    (canonical::json(value), keys)
}

/// An address in a JSON string, without instance keys.
fn json_address(text: &str) -> String {
    let mut plain = String::new();
    let mut depth = 0_usize;
    for character in text.chars() {
        match character {
            '[' => depth += 1,
            ']' => depth = depth.saturating_sub(1),
            _ if depth == 0 => plain.push(character),
            _ => {}
        }
    }
    plain
}
