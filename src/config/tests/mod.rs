//! Configurations read out of real repositories.

mod conformance;
mod encryption;
mod files;
mod language;
mod modules;
mod plans;
mod providers;
mod values;

use super::*;
use crate::git::Repository;
use crate::git::testing::TestRepository;
use serde_json::json;

fn read_at(files: &[(&str, &str)], directory: &str) -> Configuration {
    let test = TestRepository::with(files);
    let repository = Repository::discover(test.path()).unwrap();
    let tree = repository.tree(repository.approved(None).unwrap().commit).unwrap();
    read(&tree, directory, &Options::default())
}

fn configuration(files: &[(&str, &str)]) -> Configuration {
    let configuration = read_at(files, "");
    assert_eq!(configuration.problems, []);
    configuration
}

fn address(text: &str) -> Address {
    text.parse().unwrap_or_else(|error| panic!("{error}"))
}

/// A declared value with `?` for what is not known.
fn shown(declared: &Declared) -> Value {
    match declared {
        Declared::Known(value) => value.clone(),
        Declared::List(elements) => elements.iter().map(shown).collect(),
        Declared::Object(entries) => entries.iter().map(|(name, value)| (name.clone(), shown(value))).collect(),
        Declared::NotKnown => "?".into(),
    }
}

fn attributes(configuration: &Configuration, instance: &str) -> Value {
    let instance = configuration.instance(&address(instance)).unwrap_or_else(|| panic!("{instance} is not declared"));
    instance.attributes.iter().map(|(name, value)| (name.clone(), shown(value))).collect()
}

fn instances(configuration: &Configuration) -> Vec<String> {
    configuration.instances().iter().map(ToString::to_string).collect()
}
