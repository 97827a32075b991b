//! Reads the files of one directory into one module, override files merged in.
//! Knows nothing of values, nor of which module calls this one.

use super::source::{Place, SourceFile, printable};
use super::sources::Sources;
use super::syntax::{self, Argument, Block, Body, Expression};
use super::{Problem, encryption, references};
use crate::git::GitError;
use crate::language::Constraint;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Bytes of a file that are read. Parsed, a file takes some fifty times as much.
pub(crate) const FILE: u64 = 4 << 20;

/// The content of one directory.
#[derive(Debug, Default)]
pub(crate) struct Module {
    /// From the repository's root.
    pub(crate) directory: String,
    pub(crate) variables: BTreeMap<String, Variable>,
    pub(crate) locals: BTreeMap<String, Argument>,
    pub(crate) outputs: BTreeMap<String, Output>,
    /// `resource` blocks by type and name.
    pub(crate) resources: BTreeMap<(String, String), Block>,
    /// `data` blocks by type and name.
    pub(crate) data: BTreeMap<(String, String), Block>,
    pub(crate) calls: BTreeMap<String, Block>,
    pub(crate) providers: Vec<ProviderBlock>,
    /// Provider addresses by local name.
    pub(crate) required: BTreeMap<String, String>,
    /// The kind of backend (`cloud` too) and its block.
    pub(crate) backend: Option<(String, Block)>,
    /// OpenTofu's `encryption` block.
    pub(crate) encryption: Option<Block>,
    /// `moved`, `removed` and `import` blocks.
    pub(crate) refactorings: Vec<Block>,
    /// `resource` and `data` blocks of this module that expressions of it refer to.
    pub(crate) referenced: Vec<(bool, Arc<str>, Arc<str>)>,
    /// `resource` blocks with arguments that read files.
    pub(crate) reading: Vec<(String, String)>,
    /// Why part of it is missing: one text a file that could not be read.
    pub(crate) unread: Vec<String>,
    /// Whether the missing part may say otherwise what the rest says: an override file.
    pub(crate) overridden: bool,
}

/// A `variable` block.
#[derive(Debug)]
pub(crate) struct Variable {
    /// None where the constraint is not understood.
    pub(crate) constraint: Option<Constraint>,
    pub(crate) default: Option<Argument>,
    /// Whether it says what type it is of.
    pub(crate) typed: bool,
    pub(crate) nullable: bool,
    pub(crate) sensitive: bool,
}

/// An `output` block.
#[derive(Debug)]
pub(crate) struct Output {
    pub(crate) value: Expression,
    pub(crate) sensitive: bool,
    pub(crate) place: Place,
}

/// A `provider` block.
#[derive(Debug)]
pub(crate) struct ProviderBlock {
    /// The local name.
    pub(crate) name: String,
    pub(crate) alias: Option<String>,
    pub(crate) body: Body,
    pub(crate) place: Place,
}

/// Whether a file belongs to a module: neither hidden nor what an editor left behind.
pub(crate) fn is_configuration(name: &str) -> bool {
    let left_behind = name.starts_with('.') || name.ends_with('~') || name.starts_with('#') && name.ends_with('#');
    !left_behind && stem(name).is_some()
}

fn stem(name: &str) -> Option<&str> {
    [".tf", ".tf.json", ".tofu", ".tofu.json"].iter().find_map(|end| name.strip_suffix(end))
}

pub(super) fn is_override(name: &str) -> bool {
    stem(name).is_some_and(|stem| stem == "override" || stem.ends_with("_override"))
}

/// The files of a module that are read, by name; of one that cannot be read why.
pub(crate) type ModuleFiles = Vec<(String, Result<SourceFile, Box<Problem>>)>;

/// Reads the files of a directory.
pub(crate) fn files(
    sources: &Sources<'_, '_>,
    directory: &str,
    problems: &mut Vec<Problem>,
) -> Result<ModuleFiles, GitError> {
    let mut names: Vec<String> = sources.files(directory)?.into_iter().filter(|name| is_configuration(name)).collect();
    if names.is_empty() {
        return Err(GitError::NotFound { path: shown(&joined(directory, "*.tf")) });
    }
    replaced_by_tofu(directory, &mut names, problems);
    names.sort();
    let read = |name: String| {
        let path = joined(directory, &name);
        let file = read_file(|limit| sources.read(&path, limit), &sources.place(&path));
        (name, file)
    };
    Ok(names.into_iter().map(read).collect())
}

/// Makes a module of its files. What cannot be read is among the problems, and the module says that it lacks something.
pub(crate) fn parse(directory: &str, files: ModuleFiles, problems: &mut Vec<Problem>) -> Module {
    let mut module = Module { directory: directory.to_owned(), ..Module::default() };
    let mut blocks = Vec::new();
    let mut overrides = Vec::new();
    for (name, file) in files {
        let path = joined(directory, &name);
        match file.and_then(|file| syntax::parse(&file)) {
            Ok(body) if is_override(&name) => overrides.extend(body.blocks),
            Ok(body) => blocks.extend(body.blocks),
            Err(problem) => {
                module.unread.push(format!("{} could not be read", shown(&path)));
                module.overridden |= is_override(&name);
                problems.push(*problem);
            }
        }
    }
    for block in overrides {
        override_with(&mut blocks, block);
    }
    for block in blocks {
        module.add(block, problems);
    }
    (module.referenced, module.reading) = references::of(&module);
    module
}

/// OpenTofu reads `x.tofu` in the place of `x.tf`; Terraform does not know of it. Who keeps such files uses OpenTofu.
pub(super) fn replaced_by_tofu(directory: &str, names: &mut Vec<String>, problems: &mut Vec<Problem>) {
    let tofu: BTreeSet<String> =
        names.iter().filter(|name| name.contains(".tofu")).map(|name| name.replace(".tofu", ".tf")).collect();
    names.retain(|name| {
        let replaced = tofu.contains(name);
        if replaced {
            problems.push(Problem {
                range: None,
                text: format!(
                    "{} is not read: the .tofu file beside it takes its place, as it does for OpenTofu",
                    shown(&joined(directory, name))
                ),
                incomplete: false,
            });
        }
        !replaced
    });
}

/// Reads a file as text, at most so many bytes of it.
pub(crate) fn read_file(
    read: impl FnOnce(u64) -> Result<Vec<u8>, GitError>,
    path: &str,
) -> Result<SourceFile, Box<Problem>> {
    let problem = |text: String| Box::new(Problem { range: None, text, incomplete: true });
    let bytes = read(FILE).map_err(|error| {
        let place = if matches!(error, GitError::Object { .. }) { format!("{}: ", shown(path)) } else { String::new() };
        let hint = error.hint().map(|hint| format!(" ({hint})")).unwrap_or_default();
        problem(format!("{place}{error}{hint}"))
    })?;
    match String::from_utf8(bytes) {
        Ok(text) => Ok(SourceFile::new(path, text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text))),
        Err(error) => {
            let before = String::from_utf8_lossy(&error.as_bytes()[..error.utf8_error().valid_up_to()]).into_owned();
            let at = before.len();
            let mut problem = SourceFile::new(path, before).problem(at, "not UTF-8; save the file as UTF-8");
            problem.incomplete = true;
            Err(Box::new(problem))
        }
    }
}

/// A path below a directory.
pub(crate) fn joined(directory: &str, name: &str) -> String {
    if directory.is_empty() { name.to_owned() } else { format!("{directory}/{name}") }
}

/// A name fit for a message.
pub(crate) fn shown(text: &str) -> String {
    text.chars().map(printable).take(300).collect()
}

/// Merges a block of an override file into the block it overrides: an argument takes the place of the argument, nested
/// blocks the place of all of their kind.
fn override_with(blocks: &mut Vec<Block>, over: Block) {
    match over.kind.as_str() {
        "locals" => {
            for argument in over.body.arguments {
                let old = blocks
                    .iter_mut()
                    .filter(|block| block.kind == "locals")
                    .flat_map(|block| &mut block.body.arguments)
                    .find(|old| old.name == argument.name);
                match old {
                    Some(old) => *old = argument,
                    None => blocks.push(Block {
                        kind: "locals".into(),
                        labels: Vec::new(),
                        place: over.place.clone(),
                        body: Body { arguments: vec![argument], blocks: Vec::new() },
                    }),
                }
            }
        }
        "terraform" => override_settings(blocks, over),
        _ => {
            let same = |block: &&mut Block| {
                block.kind == over.kind && block.labels == over.labels && alias(&block.body) == alias(&over.body)
            };
            match blocks.iter_mut().find(same) {
                Some(block) => merge(&mut block.body, over.body),
                None => blocks.push(over),
            }
        }
    }
}

/// A backend takes the place of the backend or `cloud` block, wherever that stands; providers are merged one by one, and so are
/// the blocks within an `encryption` block.
fn override_settings(blocks: &mut Vec<Block>, mut over: Block) {
    let is_backend = |block: &Block| block.kind == "backend" || block.kind == "cloud";
    if over.body.blocks.iter().any(is_backend) {
        for block in blocks.iter_mut().filter(|block| block.kind == "terraform") {
            block.body.blocks.retain(|block| !is_backend(block));
        }
    }
    let mut settings =
        blocks.iter_mut().filter(|block| block.kind == "terraform").flat_map(|block| &mut block.body.blocks);
    if let Some(old) = settings.find(|block| block.kind == "encryption") {
        for block in over.body.blocks.extract_if(.., |block| block.kind == "encryption") {
            encryption::overlay(&mut old.body, block.body);
        }
    }
    // Read last, its entries of `required_providers` win.
    blocks.push(over);
}

pub(super) fn merge(body: &mut Body, over: Body) {
    for argument in over.arguments {
        match body.arguments.iter_mut().find(|old| old.name == argument.name) {
            Some(old) => *old = argument,
            None => body.arguments.push(argument),
        }
    }
    let kinds: BTreeSet<String> = over.blocks.iter().map(contributes).filter(|kind| kind != "lifecycle").collect();
    body.blocks.retain(|block| !kinds.contains(&contributes(block)));
    for block in over.blocks {
        match body.blocks.iter_mut().find(|old| old.kind == "lifecycle" && block.kind == "lifecycle") {
            Some(old) => merge(&mut old.body, block.body),
            None => body.blocks.push(block),
        }
    }
}

/// The kind of nested block that a block stands for: its own, or the one that a `dynamic` block generates.
pub(crate) fn contributes(block: &Block) -> String {
    match (block.kind.as_str(), block.labels.first()) {
        ("dynamic", Some(kind)) => kind.clone(),
        (kind, _) => kind.to_owned(),
    }
}

fn alias(body: &Body) -> Option<String> {
    body.argument("alias").and_then(|argument| argument.value.literal()).map(str::to_owned)
}

impl Module {
    fn add(&mut self, block: Block, problems: &mut Vec<Problem>) {
        match (block.kind.as_str(), block.labels.as_slice()) {
            ("resource" | "data", [resource_type, name]) => {
                let key = (resource_type.clone(), name.clone());
                let blocks = if block.kind == "data" { &mut self.data } else { &mut self.resources };
                match blocks.contains_key(&key) {
                    true => problems.push(twice(&block)),
                    false => drop(blocks.insert(key, block)),
                }
            }
            ("module", [name]) => match self.calls.contains_key(name) {
                true => problems.push(twice(&block)),
                false => drop(self.calls.insert(name.clone(), block)),
            },
            ("provider", [name]) => self.providers.push(ProviderBlock {
                name: name.clone(),
                alias: alias(&block.body),
                body: block.body,
                place: block.place,
            }),
            ("variable", [name]) => drop(self.variables.insert(name.clone(), variable(block.body))),
            ("output", [name]) => {
                let sensitive = holds(&block.body, "sensitive") == Some(true);
                if let Some(argument) = take(block.body, "value") {
                    let place = argument.place;
                    self.outputs.insert(name.clone(), Output { value: argument.value, sensitive, place });
                }
            }
            ("locals", []) => {
                self.locals.extend(block.body.arguments.into_iter().map(|argument| (argument.name.clone(), argument)));
            }
            ("terraform", []) => self.add_settings(block.body, problems),
            ("moved" | "removed" | "import", []) => self.refactorings.push(block),
            _ => {}
        }
    }

    fn add_settings(&mut self, body: Body, problems: &mut Vec<Problem>) {
        for mut block in body.blocks {
            match block.kind.as_str() {
                "backend" if block.labels.len() == 1 => self.backend = Some((block.labels.remove(0), block)),
                "cloud" => self.backend = Some(("cloud".into(), block)),
                "encryption" if self.encryption.is_some() => problems.push(twice(&block)),
                "encryption" => self.encryption = Some(block),
                "required_providers" => {
                    for argument in block.body.arguments {
                        let entries = argument.value.entries().unwrap_or_default();
                        let source = entries.iter().find(|(name, _)| name == "source");
                        if let Some(source) = source.and_then(|(_, value)| value.literal()) {
                            self.required.insert(argument.name, provider_address(source));
                        }
                    }
                }
                _ => {}
            }
        }
    }

    /// The address of the provider that a local name stands for.
    pub(crate) fn provider(&self, name: &str) -> String {
        self.required.get(name).cloned().unwrap_or_else(|| provider_address(name))
    }
}

fn twice(block: &Block) -> Problem {
    let range = block.place.range();
    let name = if block.labels.is_empty() { String::new() } else { format!(" {}", shown(&block.labels.join("."))) };
    let text = format!("{}:{}: {}{name} is declared a second time", shown(&range.file), range.start_line, block.kind);
    Problem { range: Some(range), text, incomplete: true }
}

fn take(body: Body, name: &str) -> Option<Argument> {
    body.arguments.into_iter().find(|argument| argument.name == name)
}

/// A boolean argument, if it is there.
fn holds(body: &Body, name: &str) -> Option<bool> {
    body.argument(name)?.value.constant().boolean()
}

fn variable(body: Body) -> Variable {
    Variable {
        constraint: match body.argument("type") {
            Some(argument) => argument.value.constraint(),
            None => Some(Constraint::any()),
        },
        typed: body.argument("type").is_some(),
        sensitive: holds(&body, "sensitive") == Some(true),
        nullable: holds(&body, "nullable") != Some(false),
        default: take(body, "default"),
    }
}

/// A provider source with the parts that may be left out: Terraform's own registry, HashiCorp's namespace.
fn provider_address(source: &str) -> String {
    let source = source.to_lowercase();
    match source.split('/').count() {
        1 if source == "terraform" => "terraform.io/builtin/terraform".into(),
        1 => format!("registry.terraform.io/hashicorp/{source}"),
        2 => format!("registry.terraform.io/{source}"),
        _ => source,
    }
}

/// Whether a module source is a path within the repository.
pub(crate) fn is_local(source: &str) -> bool {
    source == "." || source == ".." || source.starts_with("./") || source.starts_with("../")
}
