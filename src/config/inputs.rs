//! Values of the root module's variables, from the files that are read without being asked for.
//! Knows nothing of types or defaults.

use super::Problem;
use super::evaluate::{Value, constant};
use super::module::{joined, read_file};
use super::syntax;
use crate::git::Tree;
use std::collections::HashMap;

/// Values by variable.
#[derive(Debug, Default)]
pub(crate) struct Inputs {
    pub(crate) values: HashMap<String, Value>,
    /// False where a file could not be read: nobody knows what it sets.
    pub(crate) complete: bool,
}

/// Reads `terraform.tfvars`, `terraform.tfvars.json`, `*.auto.tfvars` and `*.auto.tfvars.json` of a directory. What is
/// read later wins.
pub(crate) fn read(tree: &Tree<'_>, directory: &str, problems: &mut Vec<Problem>) -> Inputs {
    let names = tree.files(directory).unwrap_or_default();
    let automatic = |name: &&String| name.ends_with(".auto.tfvars") || name.ends_with(".auto.tfvars.json");
    let fixed = ["terraform.tfvars", "terraform.tfvars.json"].map(str::to_owned);
    let found = fixed.iter().filter(|name| names.contains(name)).chain(names.iter().filter(automatic));
    let paths: Vec<String> = found.map(|name| joined(directory, name)).collect();
    let mut inputs = Inputs { values: HashMap::new(), complete: true };
    for path in paths {
        match read_file(tree, &path).and_then(|file| syntax::parse_values(&file)) {
            Ok(body) => {
                let values = body.arguments.iter().map(|argument| (argument.name.clone(), constant(&argument.value)));
                inputs.values.extend(values);
            }
            Err(problem) => {
                problems.push(*problem);
                inputs.complete = false;
            }
        }
    }
    inputs
}
