//! `driftline permissions`: what a stack's scan may do, from its state alone.

use crate::harness::Repository;
use serde_json::{Value, json};

fn repository(types: &[&str]) -> Repository {
    let repository =
        Repository::with(&[("main.tf", "resource \"aws_vpc\" \"main\" {}\n"), (".gitignore", "*.tfstate\n")]);
    let resources: Vec<Value> = types
        .iter()
        .map(|name| {
            json!({
                "mode": "managed", "type": name, "name": "main",
                "provider": "provider[\"registry.terraform.io/hashicorp/aws\"]",
                "instances": [{"schema_version": 0, "attributes": {"id": "x"}, "sensitive_attributes": []}]
            })
        })
        .collect();
    let state = json!({"version": 4, "terraform_version": "1.11.4", "serial": 3, "lineage": "5f1c", "outputs": {},
        "resources": resources, "check_results": null});
    repository.write("terraform.tfstate", state.to_string());
    repository
}

fn actions(policy: &Value) -> Vec<&str> {
    let statements = policy["Statement"].as_array().into_iter().flatten();
    statements
        .flat_map(|statement| statement["Action"].as_array().into_iter().flatten())
        .filter_map(Value::as_str)
        .collect()
}

#[test]
fn a_stack_s_policy_holds_what_its_types_need() {
    let run = repository(&["aws_subnet", "aws_sns_topic_policy", "aws_unheard_of"]).driftline(&["permissions"]);
    let policy = run.json();
    assert_eq!(
        actions(&policy),
        ["cloudtrail:LookupEvents", "ec2:DescribeSubnets", "sns:GetTopicAttributes", "sts:GetCallerIdentity"]
    );
    assert_eq!(run.code, 0);
    assert_eq!(run.stderr.matches("aws_unheard_of is not read").count(), 1, "{}", run.stderr);
}

#[test]
fn an_empty_state_needs_the_identity_only_and_all_needs_more() {
    let repository = repository(&[]);
    assert_eq!(
        actions(&repository.driftline(&["permissions"]).json()),
        ["cloudtrail:LookupEvents", "sts:GetCallerIdentity"]
    );
    let all = repository.driftline(&["permissions", "--all"]).json();
    assert!(actions(&all).contains(&"iam:GetAccountAuthorizationDetails"), "{all}");
}

#[test]
fn terraform_is_printed_where_it_is_asked_for() {
    let run = repository(&["aws_subnet"]).driftline(&["permissions", "--format", "terraform"]);
    assert!(run.stdout.starts_with("data \"aws_iam_policy_document\" \"driftline\" {\n"), "{}", run.stdout);
    assert!(run.stdout.contains("\"ec2:DescribeSubnets\""), "{}", run.stdout);
}

#[test]
fn no_state_is_an_error_that_names_it() {
    let repository = Repository::with(&[("main.tf", "resource \"aws_vpc\" \"main\" {}\n")]);
    let run = repository.driftline(&["permissions"]);
    assert_eq!((run.code, run.stdout.as_str()), (1, ""), "{}", run.stderr);
    assert!(run.stderr.starts_with("error: "), "{}", run.stderr);
}
