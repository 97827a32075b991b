//! Whole configurations, with what `terraform plan` makes of them (`testdata/language/make.py`).

use super::*;
use crate::config::VariableSource;
use crate::language::{Kind, to_json};
use crate::objects::Objects;
use crate::state::{self, StateText};
use std::collections::BTreeMap;

/// A configuration of the corpus: its arguments and its files, without those that were applied first.
struct Case {
    arguments: Vec<String>,
    files: BTreeMap<String, String>,
}

fn cases() -> BTreeMap<String, Case> {
    let mut cases = BTreeMap::new();
    let text = include_str!("../../../testdata/language/configurations.txt");
    for section in text.split("\n=== ").skip(1) {
        let (head, rest) = section.split_once('\n').unwrap();
        let mut words = head.split_whitespace().map(str::to_owned);
        let name = words.next().unwrap();
        let files = format!("\n{}", rest.trim_end_matches('\n'));
        let files = files.split("\n--- ").skip(1).map(|file| {
            let (path, text) = file.split_once('\n').unwrap();
            (path.trim().to_owned(), format!("{text}\n"))
        });
        let files = files.filter(|(path, _)| !path.starts_with("before/")).collect();
        cases.insert(name, Case { arguments: words.collect(), files });
    }
    cases
}

fn sources(case: &Case) -> Vec<VariableSource> {
    let mut sources = Vec::new();
    for argument in &case.arguments {
        let pair = |text: &str| {
            let (name, text) = text.split_once('=').unwrap();
            (name.to_owned(), text.to_owned())
        };
        if let Some(text) = argument.strip_prefix("env:TF_VAR_") {
            let (name, text) = pair(text);
            sources.push(VariableSource::Environment { name, text });
        } else if let Some(path) = argument.strip_prefix("-var-file=") {
            sources.push(VariableSource::File { path: path.into(), text: case.files[path].clone() });
        } else if let Some(text) = argument.strip_prefix("-var=") {
            let (name, text) = pair(text);
            sources.push(VariableSource::Text { name, text });
        }
    }
    sources
}

/// What is planned, with `?` for what is not known.
fn planned(after: Option<&Value>, unknown: Option<&Value>) -> Value {
    match (after, unknown) {
        (_, Some(Value::Bool(true))) => "?".into(),
        (Some(Value::Object(after)), Some(Value::Object(unknown))) => {
            let names = after.keys().chain(unknown.keys());
            names.map(|name| (name.clone(), planned(after.get(name), unknown.get(name)))).collect()
        }
        (Some(Value::Array(after)), Some(Value::Array(unknown))) => {
            (0..after.len().max(unknown.len())).map(|at| planned(after.get(at), unknown.get(at))).collect()
        }
        (after, _) => after.cloned().unwrap_or_default(),
    }
}

fn has_true(value: &Value) -> bool {
    match value {
        Value::Bool(value) => *value,
        Value::Array(values) => values.iter().any(has_true),
        Value::Object(values) => values.values().any(has_true),
        _ => false,
    }
}

fn shown(value: &crate::language::Value) -> Value {
    match (to_json(value), &value.kind) {
        (Some(known), _) => known,
        (None, Kind::List(_, items) | Kind::Set(_, items) | Kind::Tuple(items)) => {
            items.values.iter().map(shown).collect()
        }
        (None, Kind::Map(_, items) | Kind::Object(items)) => {
            items.values.iter().map(|(name, value)| (name.to_string(), shown(value))).collect()
        }
        _ => "?".into(),
    }
}

/// All that differs between a plan and what is evaluated.
fn differences(expected: &Value, case: &Case) -> Vec<String> {
    let files: Vec<(&str, &str)> = case.files.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
    let test = TestRepository::with(&files);
    let repository = Repository::discover(test.path()).unwrap();
    let tree = repository.tree(repository.approved(None).unwrap().commit).unwrap();
    let options = Options { variables: sources(case), ..Options::default() };
    let plain = read(&tree, "", &options);
    let mut wrong: Vec<String> = plain.problems.iter().map(|problem| problem.text.clone()).collect();
    let text = StateText::new("state", expected["state"].to_string());
    let state = expected.get("state").map(|_| state::parse(&text).unwrap());
    let evaluated = state
        .as_ref()
        .and_then(|state| plain.recorded(&tree, None, &Objects::new(state, &plain, &crate::providers::types)));
    let configuration = evaluated.as_ref().unwrap_or(&plain);

    let resources = expected["resources"].as_object().unwrap();
    let declared: Vec<String> = configuration.instances().iter().map(ToString::to_string).collect();
    let mut addresses: Vec<Address> = resources.keys().map(|address| self::address(address)).collect();
    addresses.sort();
    let addresses: Vec<String> = addresses.iter().map(ToString::to_string).collect();
    if declared != addresses {
        wrong.push(format!("planned {addresses:?}, declared {declared:?}"));
    }
    for (address, change) in resources {
        let address = self::address(address);
        let Some(instance) = configuration.instance(&address) else { continue };
        let ignored = &configuration.resources[&address.resource()].lifecycle.ignore_changes;
        for (name, value) in &instance.attributes {
            let expected = planned(change["after"].get(name), change["after_unknown"].get(name));
            let found = super::shown(value);
            if expected != found && !ignored.covers(&AttributePath::attribute(name.as_str())) {
                wrong.push(format!("{address}.{name}: planned {expected}, declared {found}"));
            }
            let secret = change["after_sensitive"].get(name).is_some_and(has_true);
            // Terraform 1.11 forgets that outputs of modules are sensitive; other releases do not, and hiding does no harm.
            if secret && !instance.sensitive.contains(name) {
                wrong.push(format!("{address}.{name}: sensitive {secret}"));
            }
        }
    }
    for (name, change) in expected["outputs"].as_object().unwrap() {
        let expected = planned(change.get("after"), change.get("after_unknown"));
        let Some(value) = configuration.output(name) else {
            wrong.push(format!("output {name} is missing"));
            continue;
        };
        let found = shown(value);
        if expected != found {
            wrong.push(format!("output {name}: planned {expected}, evaluated {found}"));
        }
        if has_true(&change["after_sensitive"]) && !value.marks_within().sensitive {
            wrong.push(format!("output {name}: sensitive {}", change["after_sensitive"]));
        }
    }
    wrong
}

#[test]
fn configurations_are_what_terraform_plans() {
    let cases = cases();
    let plans: Vec<Value> =
        serde_json::from_str(include_str!("../../../testdata/language/configurations.json")).unwrap();
    assert!(plans.len() >= 60 && plans.len() == cases.len());
    let mut wrong = Vec::new();
    for plan in &plans {
        let name = plan["name"].as_str().unwrap();
        let differences = differences(plan, &cases[name]);
        if !differences.is_empty() {
            wrong.push(format!("{name}\n  {}", differences.join("\n  ")));
        }
    }
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), plans.len(), wrong.join("\n"));
}
