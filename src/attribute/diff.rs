//! What changed blocks said before and say since, as source text.
//! Knows nothing of why it is asked, nor of what may be shown to whom.

use super::block::{self, Attribute, Block, Name, nested_name};
use super::population::Landed;
use super::syntax::Syntax;
use super::tree::{self, FileChange, Scope};
use super::walk::differing;
use super::{BlockId, EventKind, History, edges, split};
use gix::ObjectId;
use gix::bstr::ByteSlice;
use hcl_edit::Span;
use hcl_edit::expr::{Expression, ObjectKey};
use hcl_edit::structure::{Block as HclBlock, Structure};
use provider_api::{AttributePath, Step};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::Arc;

/// A larger file is not taken apart.
const FILE_LIMIT: u64 = 32 << 20;

/// Bytes of a value that are shown.
const VALUE_LIMIT: usize = 16 << 10;

/// Bytes at the beginning of a file in which it says that a program wrote it.
const HEADER: usize = 2048;

/// One attribute before and after, as it is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// The attribute, or a key of one written out as an object.
    pub path: AttributePath,
    /// What it said; none where it was not there, or where the file could not be read.
    pub before: Option<String>,
    /// What it says; none where it is gone, or where the file cannot be read.
    pub after: Option<String>,
}

/// What is known of a change beyond that it happened.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Detail {
    /// What differs, sorted by path.
    pub differences: Vec<Difference>,
    /// Whether a file that the block stands in says that a program wrote it.
    pub generated: bool,
    /// Whether a version of a file could not be read, so that differences may be missing.
    pub partial: bool,
}

/// A block with the text of its parts.
#[derive(Clone)]
struct Source {
    block: Arc<Block>,
    /// By attribute, and by key within one written out as an object.
    texts: HashMap<(String, Option<String>), String>,
    generated: bool,
}

/// The blocks of one side, by where they stand. A file that cannot be read makes all blocks of its directory partial.
#[derive(Default)]
struct SideOf {
    sources: HashMap<BlockId, Vec<Source>>,
    unreadable: BTreeSet<String>,
}

/// The details of changes that all landed with the commit at one position, in their order.
pub fn details(repository: &gix::Repository, history: &History, position: u32, landed: &[Landed]) -> Vec<Detail> {
    let Some((before, after)) = history.trees_at(position) else { return landed.iter().map(|_| unknown()).collect() };
    let changed = |scope: &Scope| Some(sides(repository, &tree::changes(repository, before, Some(after), scope).ok()?));
    let told = told(landed.iter(), changed);
    if told.iter().all(|detail| !detail.partial) {
        return told;
    }
    // Of some block a part may stand in a file that did not change: all files of its directory tell.
    let files = |tree: Option<ObjectId>, scope: &Scope| {
        let mut side = SideOf::default();
        for file in tree::changes(repository, None, tree, scope).ok()? {
            side.add(&file, &read(repository, file.new, file.syntax), None);
        }
        Some(side)
    };
    let whole = |scope: &Scope| Some((files(before, scope)?, files(Some(after), scope)?));
    let partial = landed.iter().zip(&told).filter(|(_, detail)| detail.partial).map(|(one, _)| one);
    let mut again = self::told(partial, whole).into_iter();
    told.into_iter().map(|detail| if detail.partial { again.next().unwrap_or_else(unknown) } else { detail }).collect()
}

fn unknown() -> Detail {
    Detail { partial: true, ..Detail::default() }
}

/// The details of changes by what is read of the directories that they concern; nothing where that cannot be read.
fn told<'l>(
    landed: impl Iterator<Item = &'l Landed> + Clone,
    read: impl Fn(&Scope) -> Option<(SideOf, SideOf)>,
) -> Vec<Detail> {
    let places = landed.clone().flat_map(|one| [Some(&one.block), one.from.as_ref()]).flatten();
    let directories: BTreeSet<&str> = places.map(directory).collect();
    match read(&Scope::exactly(directories.iter().copied())) {
        Some((before, after)) => landed.map(|one| detail(one, &before, &after)).collect(),
        None => landed.map(|_| unknown()).collect(),
    }
}

/// The directory in which the files of a block are.
fn directory(block: &BlockId) -> &str {
    match block.kind.as_str() {
        block::VALUE | block::SUBMODULE => block.directory.rsplit_once('/').map_or("", |(directory, _)| directory),
        _ => &block.directory,
    }
}

fn detail(landed: &Landed, before: &SideOf, after: &SideOf) -> Detail {
    let none = Vec::new();
    let origin = landed.from.as_ref().unwrap_or(&landed.block);
    let old = before.sources.get(origin).unwrap_or(&none);
    let new = after.sources.get(&landed.block).unwrap_or(&none);
    let parts = |sources: &[Source]| sources.iter().map(|source| (0, source.block.clone())).collect::<Vec<_>>();
    let text = |sources: &[Source], path: &AttributePath| {
        let key = match path.0.get(1) {
            Some(Step::Key(key)) => Some(key.clone()),
            _ => None,
        };
        let place = (path.top().to_owned(), key);
        let texts: Vec<&str> =
            sources.iter().filter_map(|source| source.texts.get(&place)).map(String::as_str).collect();
        (!texts.is_empty()).then(|| texts.join("\n"))
    };
    let difference = |path: AttributePath| Difference { before: text(old, &path), after: text(new, &path), path };
    let unreadable =
        before.unreadable.contains(directory(origin)) || after.unreadable.contains(directory(&landed.block));
    let absent = match landed.kind {
        EventKind::Added => new.is_empty(),
        EventKind::Removed => old.is_empty(),
        EventKind::Changed | EventKind::Moved => new.is_empty() || old.is_empty(),
    };
    Detail {
        differences: differing(&parts(old), &parts(new)).into_iter().map(difference).collect(),
        generated: old.iter().chain(new).any(|source| source.generated),
        partial: unreadable || absent,
    }
}

/// The blocks that may differ, on both sides.
fn sides(repository: &gix::Repository, changes: &[FileChange]) -> (SideOf, SideOf) {
    let (mut before, mut after) = (SideOf::default(), SideOf::default());
    for change in changes {
        let (old, new) = (read(repository, change.old, change.syntax), read(repository, change.new, change.syntax));
        let [old_pieces, new_pieces] = match (&old, &new) {
            (Read::Text(old), Read::Text(new)) if change.syntax == Syntax::Hcl => differing_pieces(old, new),
            _ => [None, None],
        };
        before.add(change, &old, old_pieces);
        after.add(change, &new, new_pieces);
    }
    (before, after)
}

impl SideOf {
    /// Adds the blocks of a file, or of what may differ of it.
    fn add(&mut self, change: &FileChange, read: &Read, pieces: Option<Vec<&str>>) {
        let place = match change.directory.as_str() {
            directory if !change.syntax.is_scope() => directory.to_owned(),
            "" => change.name.clone(),
            directory => format!("{directory}/{}", change.name),
        };
        let sources = match read {
            Read::Nothing => return,
            Read::Sources(sources) => Some(sources.clone()),
            Read::Text(text) => texts_to_sources(text, change.syntax, pieces),
            Read::Unreadable => None,
        };
        let Some(sources) = sources else {
            self.unreadable.insert(change.directory.clone());
            return;
        };
        for source in sources {
            let Name { kind, labels } = source.block.name.clone();
            self.sources.entry(BlockId { directory: place.clone(), kind, labels }).or_default().push(source);
        }
    }
}

/// A version of a file.
enum Read {
    /// There is none.
    Nothing,
    /// Nothing to parse.
    Sources(Vec<Source>),
    Text(String),
    Unreadable,
}

fn read(repository: &gix::Repository, id: Option<ObjectId>, syntax: Syntax) -> Read {
    let Some(id) = id else { return Read::Nothing };
    if syntax == Syntax::Submodule {
        let texts = HashMap::from([(("commit".to_owned(), None), id.to_string())]);
        return Read::Sources(vec![Source { block: Arc::new(block::submodule(id)), texts, generated: false }]);
    }
    let text = || {
        let header = repository.try_find_header(id).ok()??;
        let object = (header.size() <= FILE_LIMIT).then(|| repository.find_object(id).ok()).flatten()?;
        Some(object.data.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&object.data).to_str().ok()?.to_owned())
    };
    text().map_or(Read::Unreadable, Read::Text)
}

/// The top-level blocks whose text is not on the other side; none where a file cannot be taken apart without parsing.
fn differing_pieces<'t>(old: &'t str, new: &'t str) -> [Option<Vec<&'t str>>; 2] {
    let (Some(before), Some(after)) = (split::blocks(old), split::blocks(new)) else { return [None, None] };
    let before: Vec<&str> = before.into_iter().map(|range| &old[range]).collect();
    let after: Vec<&str> = after.into_iter().map(|range| &new[range]).collect();
    let only = |these: &[&'t str], others: &[&str]| {
        let others: HashSet<&str> = others.iter().copied().collect();
        these.iter().copied().filter(|piece| !others.contains(piece)).collect::<Vec<_>>()
    };
    [Some(only(&before, &after)), Some(only(&after, &before))]
}

fn texts_to_sources(text: &str, syntax: Syntax, pieces: Option<Vec<&str>>) -> Option<Vec<Source>> {
    let generated = is_generated(text);
    let mut sources = match (syntax, pieces) {
        (Syntax::Json, _) => json_sources(block::from_json(text)?, text),
        (Syntax::JsonValues, _) => json_sources(block::from_json_values(text)?, text),
        (_, Some(pieces)) => {
            let parsed: Option<Vec<Vec<Source>>> = pieces.into_iter().map(|piece| hcl_sources(piece, syntax)).collect();
            parsed?.into_iter().flatten().collect()
        }
        (_, None) => hcl_sources(text, syntax)?,
    };
    sources.iter_mut().for_each(|source| source.generated = generated);
    Some(sources)
}

/// What programs write at the head of files that nobody is to edit: `Code generated … DO NOT EDIT` and its like, and the
/// metadata of the CDK for Terraform.
fn is_generated(text: &str) -> bool {
    let mut end = text.len().min(HEADER);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    let head = &text[..end];
    let comments = head
        .lines()
        .map(str::trim_start)
        .filter(|line| ["#", "//", "/*", "*", "\"//"].iter().any(|mark| line.starts_with(mark)));
    let says = |line: &str| {
        let line = line.to_ascii_lowercase();
        ["do not edit", "do not modify", "autogenerated", "auto-generated", "@generated", "generated by"]
            .iter()
            .any(|words| line.contains(words))
    };
    let is_cdk = head.trim_start().starts_with('{') && head.contains("\"cdktf\"");
    is_cdk || comments.into_iter().any(says)
}

fn hcl_sources(text: &str, syntax: Syntax) -> Option<Vec<Source>> {
    let body = hcl_edit::parser::parse_body(text).ok()?;
    let source = |block: Block, texts| Source { block: Arc::new(block), texts, generated: false };
    let single = |reduced: Vec<Block>, attributes: Vec<(&str, &Expression)>| {
        let pairs = reduced.into_iter().zip(attributes);
        pairs
            .map(|(block, (name, value))| {
                let mut texts = HashMap::new();
                value_texts(text, name, value, &mut texts);
                source(block, texts)
            })
            .collect::<Vec<_>>()
    };
    if syntax == Syntax::Values {
        let values = body.attributes().map(|value| (value.key.as_str(), &value.value)).collect();
        return Some(single(block::from_values(&body), values));
    }
    if syntax == Syntax::Lock {
        let texts = body.blocks().map(|block| block_texts(text, block));
        return Some(
            block::from_lock(&body).into_iter().zip(texts).map(|(block, texts)| source(block, texts)).collect(),
        );
    }
    let mut sources = Vec::new();
    for block in body.blocks() {
        let reduced = block::from_hcl(block);
        if block.ident.as_str() == "locals" {
            let values = block.body.attributes().map(|local| (local.key.as_str(), &local.value)).collect();
            sources.extend(single(reduced, values));
        } else {
            sources.extend(reduced.into_iter().map(|one| source(one, block_texts(text, block))));
        }
    }
    Some(sources)
}

type Texts = HashMap<(String, Option<String>), String>;

fn block_texts(text: &str, block: &HclBlock) -> Texts {
    let mut texts = Texts::new();
    for structure in block.body.iter() {
        match structure {
            Structure::Attribute(attribute) => {
                value_texts(text, attribute.key.as_str(), &attribute.value, &mut texts);
            }
            Structure::Block(nested) => add(&mut texts, nested_name(nested), None, slice(text, nested.span())),
        }
    }
    texts
}

fn value_texts(text: &str, name: &str, value: &Expression, texts: &mut Texts) {
    add(texts, name, None, slice(text, value.span()));
    let Expression::Object(object) = value else { return };
    for (key, value) in object.iter() {
        let key = match key {
            ObjectKey::Ident(name) => name.as_str(),
            ObjectKey::Expression(Expression::String(text)) => text.value(),
            ObjectKey::Expression(_) => continue,
        };
        add(texts, name, Some(key), slice(text, value.expr().span()));
    }
}

fn slice(text: &str, span: Option<std::ops::Range<usize>>) -> &str {
    span.and_then(|span| text.get(span)).unwrap_or_default().trim()
}

/// Several blocks of one name stand one below the other.
fn add(texts: &mut Texts, name: &str, key: Option<&str>, text: &str) {
    let entry = texts.entry((name.to_owned(), key.map(str::to_owned))).or_default();
    if !entry.is_empty() {
        entry.push('\n');
    }
    entry.push_str(&cut(text));
}

fn cut(text: &str) -> String {
    if text.len() <= VALUE_LIMIT {
        return text.to_owned();
    }
    let mut end = VALUE_LIMIT;
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    format!("{}…", &text[..end])
}

/// Blocks in JSON syntax with the texts of their values, found again by kind and labels.
fn json_sources(blocks: Vec<Block>, text: &str) -> Vec<Source> {
    let root: Value = serde_json::from_str(text).unwrap_or_default();
    let mut cursor = JsonTexts { seen: BTreeMap::new() };
    let sources = blocks.into_iter().map(|block| {
        let value = cursor.value(&root, &block);
        let texts = value.map(|value| json_texts(value, &block.attributes)).unwrap_or_default();
        Source { block: Arc::new(block), texts, generated: false }
    });
    sources.collect()
}

/// Tells apart blocks of one name, which stand in the same order in both forms.
struct JsonTexts {
    seen: BTreeMap<Name, usize>,
}

impl JsonTexts {
    fn value<'v>(&mut self, root: &'v Value, block: &Block) -> Option<&'v Value> {
        let seen = self.seen.entry(block.name.clone()).or_default();
        let labels = match block.name.kind.as_str() {
            // A value of its own: the object that holds it stands for the block.
            block::VALUE => return Some(root),
            "locals" => &[][..],
            "provider" => &block.name.labels[..1.min(block.name.labels.len())],
            "moved" | "import" | "removed" => &[][..],
            _ => &block.name.labels[..],
        };
        let mut found = vec![root.get(&block.name.kind)?];
        for label in labels {
            found = found.into_iter().flat_map(flattened).filter_map(|value| value.get(label)).collect();
        }
        let names = |value: &&Value| block.attributes.iter().all(|attribute| value.get(&*attribute.name).is_some());
        let value = found.into_iter().flat_map(flattened).filter(names).nth(*seen);
        *seen += 1;
        value
    }
}

fn flattened(value: &Value) -> Vec<&Value> {
    match value {
        Value::Array(values) => values.iter().flat_map(flattened).collect(),
        other => vec![other],
    }
}

fn json_texts(value: &Value, attributes: &[Attribute]) -> Texts {
    let mut texts = Texts::new();
    for attribute in attributes {
        let Some(value) = value.get(&*attribute.name) else { continue };
        add(&mut texts, &attribute.name, None, &value.to_string());
        if let Value::Object(object) = value {
            for (key, value) in object {
                add(&mut texts, &attribute.name, Some(key), &value.to_string());
            }
        }
    }
    texts
}

/// A repository with room for what comparing trees reads again and again.
pub fn prepared(repository: &gix::ThreadSafeRepository) -> gix::Repository {
    edges::cached(repository)
}
