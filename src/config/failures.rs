//! Expressions that have no value: terraform would stop at them, so whoever wrote them wants to know.
//! Knows nothing of what depends on them.

use super::expansion::unknown_expansion;
use super::modules::Node;
use super::source::{Place, SourceFile, printable};
use super::syntax::{Argument, Block, Body, Expression};
use super::{Configuration, Problem};
use crate::git::Tree;
use crate::language::Scope;
use crate::model::InstanceKey;
use rayon::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

/// Failures that are told one by one.
const MOST: usize = 100;

/// Bytes of a file that is read again to show a line of it.
const FILE: u64 = 16 << 20;

/// An expression without a value.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Failed {
    file: String,
    /// Where the expression is known to begin, in bytes; else the argument's line and column.
    at: Result<u32, (u32, u32)>,
    message: String,
}

impl Configuration {
    /// What could not be evaluated though all that it refers to is there, each with the line it stands on. Of instances
    /// of one module or resource the first is looked at.
    pub fn failures(&self, tree: &Tree<'_>) -> Vec<Problem> {
        let nodes = self.expanded.nodes.par_iter().enumerate();
        let found = nodes.map(|(position, node)| self.failures_of(position, node));
        let failed: BTreeSet<Failed> = found.reduce(BTreeSet::new, |mut one, other| {
            one.extend(other);
            one
        });
        let mut files: BTreeMap<&str, Option<SourceFile>> = BTreeMap::new();
        let mut problems: Vec<Problem> = Vec::new();
        for one in failed.iter().take(MOST) {
            let file = files.entry(&one.file).or_insert_with(|| {
                let text = String::from_utf8(tree.read(&one.file, FILE).ok()?).ok()?;
                Some(SourceFile::new(&one.file, text))
            });
            problems.push(one.problem(file.as_ref()));
        }
        if failed.len() > MOST {
            let text = format!("{} more expressions cannot be evaluated.", failed.len() - MOST);
            problems.push(Problem { range: None, text, incomplete: false });
        }
        problems
    }

    fn failures_of(&self, position: usize, node: &Node) -> BTreeSet<Failed> {
        let mut failed = BTreeSet::new();
        let (Ok(module), Some(instance)) = (&node.content, self.expanded.first_of(position)) else { return failed };
        let nothing = self.expanded.scope(instance, &super::Expansion::Single, None);
        for local in module.locals.values() {
            look(local, &nothing, &mut failed);
        }
        for output in module.outputs.values() {
            look_at(&output.value, &output.place, &nothing, &mut failed);
        }
        for block in module.calls.values() {
            let expansion = unknown_expansion(block);
            look_within(&block.body, &self.expanded.scope(instance, &expansion, None), &mut failed);
        }
        for ((resource_type, name), block) in &module.resources {
            let name = (false, resource_type.as_str().into(), name.as_str().into());
            let expansion = self.expanded.instances[instance].blocks.get(&name);
            let unknown = unknown_expansion(block);
            let expansion = expansion.unwrap_or(&unknown);
            // What has no instances is not evaluated by terraform either.
            let Some(key) = first_key(expansion) else { continue };
            look_within(&block.body, &self.expanded.scope(instance, expansion, key), &mut failed);
        }
        failed
    }
}

/// The key of the first instance; none where there is no instance.
fn first_key(expansion: &super::Expansion) -> Option<Option<InstanceKey>> {
    match expansion {
        super::Expansion::UnknownCount | super::Expansion::UnknownKeys => Some(None),
        known => known.keys().next(),
    }
}

fn look(argument: &Argument, scope: &dyn Scope, failed: &mut BTreeSet<Failed>) {
    look_at(&argument.value, &argument.place, scope, failed);
}

fn look_at(expression: &Expression, place: &Place, scope: &dyn Scope, failed: &mut BTreeSet<Failed>) {
    let Err(failure) = expression.evaluated(scope, &[]) else { return };
    let range = place.range();
    let at = match expression {
        Expression::Native(_) => Ok(failure.span.start),
        Expression::Json(_) => Err((range.start_line, range.start_column)),
    };
    failed.insert(Failed { file: range.file, at, message: failure.message });
}

/// Arguments of a body and its nested blocks; what a `dynamic` block repeats depends on names of its own.
fn look_within(body: &Body, scope: &dyn Scope, failed: &mut BTreeSet<Failed>) {
    // Terraform's own arguments refer to blocks and not to values.
    let references = ["provider", "providers", "depends_on"];
    for argument in body.arguments.iter().filter(|argument| !references.contains(&argument.name.as_str())) {
        look(argument, scope, failed);
    }
    let skipped = |block: &&Block| matches!(block.kind.as_str(), "lifecycle" | "provisioner" | "connection");
    for block in body.blocks.iter().filter(|block| !skipped(block)) {
        match block.kind.as_str() {
            "dynamic" => block.body.argument("for_each").into_iter().for_each(|argument| look(argument, scope, failed)),
            _ => look_within(&block.body, scope, failed),
        }
    }
}

impl Failed {
    fn problem(&self, file: Option<&SourceFile>) -> Problem {
        let what = format!("this has no value: {}", self.message);
        let problem = match (self.at, file) {
            (Ok(at), Some(file)) => file.problem(at as usize, &what),
            (Err((line, column)), Some(file)) => file.problem(file.offset(line, column), &what),
            (_, None) => {
                let text = format!("{}: {what}", self.file).chars().map(printable).collect();
                Problem { range: None, text, incomplete: false }
            }
        };
        Problem { incomplete: false, ..problem }
    }
}
