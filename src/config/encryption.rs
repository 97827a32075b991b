//! Evaluates OpenTofu's `terraform { encryption { … } }`, with what `TF_ENCRYPTION` merges over it.
//! Knows nothing of envelopes, keys or ciphers.

use super::expanded::Expansion;
use super::module::{merge, shown};
use super::references::of_expression;
use super::source::{Place, SourceFile};
use super::syntax::{self, Argument, Block, Body, Expression};
use super::{Configuration, body};
use crate::language::ast::{Node, Step};
use crate::language::{self, Reference, Scope, Value};
use provider_states::encryption::{Arguments, Encryption, KEY_PROVIDERS, METHODS};
use std::cell::Cell;
use std::collections::BTreeSet;

/// Where the text of the environment is said to stand.
const ENVIRONMENT: &str = "TF_ENCRYPTION";
/// Bytes of it that are read.
const LONGEST: usize = 1 << 20;
/// Methods of one `fallback` chain.
const FALLBACKS: usize = 16;
/// Steps that the arguments may take where there is no configuration.
const STEPS: usize = 100_000;
/// What may stand in an `encryption` block (internal/encryption/config/config.go, `EncryptionConfig`).
const KINDS: [&str; 5] = ["key_provider", "method", "state", "plan", "remote_state_data_sources"];

/// Why it is not known how states are encrypted. Holds no argument's value.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{text}")]
pub struct EncryptionProblem {
    /// What is wrong, and where.
    pub text: String,
    /// The way out.
    pub hint: String,
}

impl EncryptionProblem {
    fn new(text: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { text: text.into(), hint: hint.into() }
    }
}

/// How the states of a root module are encrypted; none where neither its configuration nor the environment says. `environment`
/// is the value of `TF_ENCRYPTION`. Key providers that no method of `state` uses are left out, and may say what cannot be
/// evaluated. Programs may be run if the environment alone names them.
///
/// # Errors
/// When an argument cannot be evaluated, or a block leads to what is not there or not known.
pub fn encryption(
    configuration: &Configuration,
    environment: Option<&str>,
) -> Result<Option<Encryption>, EncryptionProblem> {
    let module = configuration.expanded.nodes.first().and_then(|node| node.content.as_ref().ok());
    let own = module.and_then(|module| module.encryption.as_ref());
    let outer = match environment.filter(|text| !text.trim().is_empty()) {
        Some(text) => Some(parse(text)?),
        None => None,
    };
    if own.is_none() && outer.is_none() {
        return Ok(None);
    }
    if module.is_some_and(|module| module.overridden) {
        let text = "an override file cannot be read that may say otherwise what the `encryption` block says";
        return Err(EncryptionProblem::new(text, "correct the override file: the report says what is wrong with it"));
    }
    let mut merged = own.map(|block| block.body.clone()).unwrap_or_default();
    if let Some(outer) = &outer {
        overlay(&mut merged, outer.clone());
    }
    check(&merged)?;
    let own = own.map(|block| &block.body);
    if configuration.expanded.instances.is_empty() {
        return evaluated(&merged, own, &Nowhere::new()).map(Some);
    }
    evaluated(&merged, own, &configuration.expanded.scope(0, &Expansion::Single, None)).map(Some)
}

/// Reads the text of the environment: what stands within the block, in either syntax. No error shows any of it.
fn parse(text: &str) -> Result<Body, EncryptionProblem> {
    let hint = "TF_ENCRYPTION takes what stands within `encryption { … }`, in the language's own syntax or as JSON";
    if text.len() > LONGEST {
        return Err(EncryptionProblem::new("TF_ENCRYPTION is too long to be read", hint));
    }
    syntax::parse_encryption(&SourceFile::new(ENVIRONMENT, text.to_owned())).map_err(|problem| {
        let at = problem.range.map(|range| format!(" at line {} column {}", range.start_line, range.start_column));
        EncryptionProblem::new(format!("TF_ENCRYPTION cannot be read{}", at.unwrap_or_default()), hint)
    })
}

/// Merges one `encryption` block over another: of blocks with the same labels an argument takes the place of the argument,
/// nested blocks the place of all of their kind. What is enforced stays enforced (internal/encryption/config/config_merge.go).
pub(super) fn overlay(under: &mut Body, over: Body) {
    under.arguments.extend(over.arguments);
    for mut block in over.blocks {
        let same = |old: &&mut Block| old.kind == block.kind && old.labels == block.labels;
        match under.blocks.iter_mut().find(same) {
            Some(old) => {
                let enforced = |body: &Body| body.argument("enforced").and_then(|flag| flag.value.constant().boolean());
                if enforced(&old.body) == Some(true) && enforced(&block.body) == Some(false) {
                    block.body.arguments.retain(|argument| argument.name != "enforced");
                }
                merge(&mut old.body, block.body);
            }
            None => under.blocks.push(block),
        }
    }
}

/// Nothing may stand in the block that OpenTofu does not know, and nothing twice.
fn check(merged: &Body) -> Result<(), EncryptionProblem> {
    let mut seen = BTreeSet::new();
    let hint = format!("an `encryption` block holds {}", KINDS.join(", "));
    if let Some(argument) = merged.arguments.first() {
        let text = format!("{}: `{}` is no argument of `encryption`", at(&argument.place), shown(&argument.name));
        return Err(EncryptionProblem::new(text, hint));
    }
    for block in &merged.blocks {
        let labels = if matches!(block.kind.as_str(), "key_provider" | "method") { 2 } else { 0 };
        if !KINDS.contains(&block.kind.as_str()) || block.labels.len() != labels {
            let text = format!(
                "{}: `{}` is no block of `encryption`, or has other labels",
                at(&block.place),
                shown(&block.kind)
            );
            return Err(EncryptionProblem::new(text, hint));
        }
        if !seen.insert((&block.kind, &block.labels)) {
            let text = format!("{}: {} is there a second time", at(&block.place), named(block));
            return Err(EncryptionProblem::new(text, "keep one of the two"));
        }
    }
    Ok(())
}

fn evaluated(merged: &Body, own: Option<&Body>, scope: &dyn Scope) -> Result<Encryption, EncryptionProblem> {
    let mut encryption = Encryption::default();
    let Some(state) = merged.blocks("state").next() else { return Ok(encryption) };
    encryption.enforced = enforced(state)?;
    encryption.state = targets(state)?;
    let mut wanted = Vec::new();
    for name in encryption.state.clone() {
        let block = find(merged, "method", &name, state)?;
        let method = arguments(block, &["keys"], &METHODS, scope)?;
        if block.labels[0] == "unencrypted" && encryption.enforced {
            let text = format!("{}: {} cannot be used where `enforced = true`", at(&block.place), named(block));
            return Err(EncryptionProblem::new(text, "take away the one or the other, as OpenTofu wants it"));
        }
        wanted.extend(method.text("keys").map(|keys| (keys.to_owned(), block)));
        encryption.methods.insert(name, method);
    }
    let mut programs = Vec::new();
    while let Some((reference, from)) = wanted.pop() {
        let name = reference.trim_start_matches("key_provider.").to_owned();
        if encryption.key_providers.contains_key(&name) {
            continue;
        }
        let block = find(merged, "key_provider", &name, from)?;
        let provider = arguments(block, &["chain"], &KEY_PROVIDERS, scope)?;
        if block.labels[0] == "external" {
            programs.push(is_of_environment(block, own));
        }
        wanted.extend(provider.text("chain").map(|chain| (chain.to_owned(), block)));
        encryption.key_providers.insert(name, provider);
    }
    encryption.may_run_programs = !programs.is_empty() && programs.into_iter().all(|outer| outer);
    Ok(encryption)
}

/// `enforced`, which may not refer to anything.
fn enforced(state: &Block) -> Result<bool, EncryptionProblem> {
    let Some(argument) = state.body.argument("enforced") else { return Ok(false) };
    let value = argument.value.constant();
    match value.boolean() {
        Some(flag) => Ok(flag),
        None if value.is_null() => Ok(false),
        None => {
            let text = format!("{}: `enforced` is neither true nor false", at(&argument.place));
            Err(EncryptionProblem::new(text, "write `true` or `false`: nothing can be referred to here"))
        }
    }
}

/// The methods of `state` and its `fallback` chain, by `<type>.<name>`.
fn targets(state: &Block) -> Result<Vec<String>, EncryptionProblem> {
    let hint = "each of `state` and `fallback` has one `method = method.<type>.<name>` and at most one `fallback`";
    let wrong = |place: &Place, what: &str| EncryptionProblem::new(format!("{}: {what}", at(place)), hint);
    let mut methods = Vec::new();
    let mut next = Some(state);
    while let Some(block) = next {
        let Some(argument) = block.body.argument("method") else {
            return Err(wrong(&block.place, &format!("`{}` names no method", block.kind)));
        };
        let name = referred(&argument.value, "method");
        methods.push(name.ok_or_else(|| wrong(&argument.place, "`method` is no reference to a method"))?);
        if methods.len() > FALLBACKS || block.body.blocks("fallback").count() > 1 {
            return Err(wrong(&block.place, "there are too many `fallback` blocks"));
        }
        next = block.body.blocks("fallback").next();
    }
    Ok(methods)
}

/// `<type>.<name>` of the reference `<root>.<type>.<name>`.
fn referred(expression: &Expression, root: &str) -> Option<String> {
    let expression = expression.reference()?;
    match &expression.node {
        Node::Steps(from, steps) if from.name() == Some(root) => match steps.as_slice() {
            [Step::Attribute(kind), Step::Attribute(name)] => Some(format!("{kind}.{name}")),
            _ => None,
        },
        Node::Parenthesis(inner) => referred(&Expression::Native(inner.clone()), root),
        _ => None,
    }
}

/// The block of that type and name.
fn find<'a>(merged: &'a Body, kind: &'a str, name: &str, from: &Block) -> Result<&'a Block, EncryptionProblem> {
    merged.blocks(kind).find(|block| block.labels.join(".") == name).ok_or_else(|| {
        let text = format!("{}: there is no {kind}.{}", at(&from.place), shown(name));
        EncryptionProblem::new(text, "define it in the `encryption` block or in TF_ENCRYPTION, or correct the name")
    })
}

/// The arguments of a block, and its nested blocks as lists; those in `references` lead to key providers.
fn arguments(
    block: &Block,
    references: &[&str],
    kinds: &[&str],
    scope: &dyn Scope,
) -> Result<Arguments, EncryptionProblem> {
    if !kinds.contains(&block.labels[0].as_str()) {
        let text =
            format!("{}: no {} of the type `{}` is known", at(&block.place), block.kind, shown(&block.labels[0]));
        return Err(EncryptionProblem::new(text, format!("use one of {}", kinds.join(", "))));
    }
    let mut known = serde_json::Map::new();
    for argument in &block.body.arguments {
        let value = match references.contains(&argument.name.as_str()) {
            true => reference(block, argument)?.into(),
            false => {
                let value = argument.value.value(scope, &[]);
                language::to_json(&value).ok_or_else(|| unknown(block, argument, scope))?
            }
        };
        known.insert(argument.name.clone(), value);
    }
    let nested = Body { arguments: Vec::new(), blocks: block.body.blocks.clone() };
    for (name, value) in body::entries(&nested, scope) {
        let value = language::to_json(&value).ok_or_else(|| {
            let text = format!("{}: `{}` of {} is not known", at(&block.place), shown(&name), named(block));
            EncryptionProblem::new(text, "let it refer to what is given without a plan, or set it in TF_ENCRYPTION")
        })?;
        known.insert(name, value);
    }
    Ok(known.into())
}

fn reference(block: &Block, argument: &Argument) -> Result<String, EncryptionProblem> {
    let name = referred(&argument.value, "key_provider").ok_or_else(|| {
        let what = "is no reference to a key provider";
        let text = format!("{}: `{}` of {} {what}", at(&argument.place), shown(&argument.name), named(block));
        EncryptionProblem::new(text, format!("write `{} = key_provider.<type>.<name>`", argument.name))
    })?;
    Ok(format!("key_provider.{name}"))
}

/// Names what an argument refers to that is not known. What evaluating it says is not told: it may hold a value.
fn unknown(block: &Block, argument: &Argument, scope: &dyn Scope) -> EncryptionProblem {
    let referred = of_expression(&argument.value);
    let unknown = referred.iter().filter_map(|referred| referred.resolved(scope));
    let names: Vec<String> =
        unknown.filter(|(_, value)| !value.is_wholly_known()).map(|(text, _)| shown(&text)).collect();
    let variable = names.iter().find_map(|name| name.strip_prefix("var."));
    let hint = match variable {
        Some(name) => format!("give the variable, for example as TF_VAR_{name}, or set the argument in TF_ENCRYPTION"),
        None => "let it refer to what is given without a plan, or set it in TF_ENCRYPTION".into(),
    };
    let why = match names.is_empty() {
        true => "its expression has no value".to_owned(),
        false => format!("{} is not known", names.join(", ")),
    };
    let text = format!("{}: `{}` of {} is not known: {why}", at(&argument.place), shown(&argument.name), named(block));
    EncryptionProblem::new(text, hint)
}

/// Whether the environment alone says what a key provider is: no block of the configuration has a part in it, and none of its
/// arguments refers to one or reads a file.
fn is_of_environment(block: &Block, own: Option<&Body>) -> bool {
    let of_configuration = own.into_iter().flat_map(|own| own.blocks("key_provider"));
    let nowhere = Nowhere::new();
    let constant = |argument: &Argument| argument.value.value(&nowhere, &[]).is_wholly_known();
    of_configuration.filter(|other| other.labels == block.labels).count() == 0
        && block.body.blocks.is_empty()
        && block.body.arguments.iter().all(constant)
}

/// A block as it is written: `key_provider "pbkdf2" "main"`.
fn named(block: &Block) -> String {
    let labels: String = block.labels.iter().map(|label| format!(" \"{}\"", shown(label))).collect();
    format!("{}{labels}", block.kind)
}

fn at(place: &Place) -> String {
    let range = place.range();
    format!("{}:{}", shown(&range.file), range.start_line)
}

/// A scope in which nothing can be referred to.
struct Nowhere(Cell<usize>);

impl Nowhere {
    fn new() -> Self {
        Self(Cell::new(STEPS))
    }
}

impl Scope for Nowhere {
    fn resolve(&self, _: Reference<'_>) -> Value {
        Value::dynamic()
    }

    fn spend(&self, steps: usize) -> bool {
        super::expanded::spend(&self.0, steps)
    }
}
