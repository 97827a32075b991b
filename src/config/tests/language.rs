//! Expressions, with the values and types that `terraform console` gives them (`testdata/language/make.py`).

use super::conformance::copy;
use super::*;
use crate::language::{Type, to_hcl};

#[derive(serde::Deserialize)]
struct Answer {
    expression: String,
    value: Option<String>,
    #[serde(rename = "type")]
    value_type: Option<String>,
}

/// Where the answer is another on purpose.
const DIFFERENT: &[&str] = &[
    // Infinity cannot be written anywhere.
    "1 / 0",
    "log(0, 2)",
    // OpenTofu has a value for it, and so has nothing that was approved with Terraform.
    "element([1,2,3],-1)",
    // Decided whatever the rest is; later releases of Terraform say so too.
    "false && (local.later == \"a\")",
    "true || (local.later == \"a\")",
    // A console plans nothing: it does not know how many instances there will be, nor what is sensitive in an output.
    "length(terraform_data.counted)",
    "length(terraform_data.each)",
    "keys(terraform_data.each)",
    "values(terraform_data.each)[*].id",
    "[for key, one in terraform_data.each : key]",
    "[for key, one in terraform_data.each : one.id]",
    "{ for key, one in terraform_data.each : key => one.id }",
    "terraform_data.counted",
    "terraform_data.counted[*].id",
    "terraform_data.counted[5].id",
    "module.child",
    "module.children",
    "module.child.hidden",
    // Only a schema tells that there is no such attribute.
    "terraform_data.one.nope",
    // What a run of Terraform makes of these is not what the next run makes of them.
    "timestamp() == \"x\"",
    "uuid() == \"x\"",
    "bcrypt(\"x\") == \"y\"",
    "plantimestamp() == \"x\"",
    // May be a function of a later release.
    "nope(\"a\")",
    // The parser's: it reads `0.1` as two steps, and refuses a key that is there twice.
    "[[1, 2], [3]].0.1",
    "{ a = 1, a = 2 }",
];

/// A console knows nothing of objects that are not recorded.
struct Unplanned;

impl Recorded for Unplanned {
    fn object(&self, _: bool, _: &Address) -> Option<crate::language::Value> {
        Some(crate::language::Value::dynamic())
    }
}

#[test]
fn expressions_have_the_values_and_types_that_terraform_gives_them() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/language");
    let test = TestRepository::new();
    copy(&root.join("console"), test.path());
    test.commit("console");
    let repository = Repository::discover(test.path()).unwrap();
    let tree = repository.tree(repository.approved(None).unwrap().commit).unwrap();
    let answers: Vec<Answer> =
        serde_json::from_str(&std::fs::read_to_string(root.join("expressions.json")).unwrap()).unwrap();
    assert!(answers.len() >= 300);
    let sources: Vec<&str> = answers.iter().map(|answer| answer.expression.as_str()).collect();
    let found = crate::config::read::values(&tree, "", &sources, &Unplanned);
    let mut wrong = Vec::new();
    for (answer, found) in answers.iter().zip(&found) {
        let expression = &answer.expression;
        if DIFFERENT.contains(&expression.as_str()) {
            continue;
        }
        match (&answer.value, found) {
            (None, Err(_)) => {}
            (Some(expected), Ok(value)) => {
                let shown = to_hcl(value);
                if shown != *expected {
                    wrong.push(format!("{expression}\n  expected {expected}\n  found    {shown}"));
                    continue;
                }
                let of = value.value_type();
                let of = if of == Type::Dynamic { "dynamic".into() } else { of.to_string().replace("any", "dynamic") };
                if answer.value_type.as_ref().is_some_and(|expected| *expected != of.replace(' ', "")) {
                    let expected = answer.value_type.as_deref().unwrap_or_default();
                    wrong.push(format!("{expression}\n  expected type {expected}\n  found    type {of}"));
                }
            }
            (None, Ok(value)) => wrong.push(format!("{expression}\n  expected an error\n  found    {}", to_hcl(value))),
            (Some(expected), Err(error)) => {
                wrong.push(format!("{expression}\n  expected {expected}\n  found an error: {error}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), answers.len(), wrong.join("\n"));
}
