//! The least that a scan may do: an IAM policy with the calls that reading given resource types makes, and no other.
//! Knows nothing of states, and of what is read no more than the types' own lists of permissions.

use crate::providers;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

/// Who the credentials belong to. Every scan asks it first; AWS grants it to everyone and lets nobody deny it
/// (STS API Reference, GetCallerIdentity), and people expect to see it.
const IDENTITY: &str = "sts:GetCallerIdentity";

/// Who changed what drifted: `scan --activity cloudtrail` asks it, and nothing else does. It cannot be granted for single
/// objects (Service Authorization Reference, AWS CloudTrail), and has a statement of its own to be left out by.
const ACTIVITY: &str = "cloudtrail:LookupEvents";

/// What reading some resource types needs.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Permissions {
    /// Actions by service, for example `ec2` and `ec2:DescribeVpcs`; what tells who changed objects is by itself, under
    /// `activity`.
    pub actions: BTreeMap<String, BTreeSet<String>>,
    /// Types that no native reader knows: what their providers need is not known, so nothing is granted for them.
    pub not_read: BTreeSet<String>,
}

/// The permissions for reading resource types, each with the address of its provider
/// (`registry.terraform.io/hashicorp/aws`).
pub fn of_types<'a>(types: impl IntoIterator<Item = (&'a str, &'a str)>) -> Permissions {
    let mut permissions = Permissions::default();
    permissions.add(IDENTITY);
    permissions.actions.entry("activity".to_owned()).or_default().insert(ACTIVITY.to_owned());
    for (source, name) in types {
        match providers::types(source).and_then(|table| table.resource_type(name)) {
            Some(resource_type) => resource_type.permissions.iter().for_each(|action| permissions.add(action)),
            None => {
                permissions.not_read.insert(name.to_owned());
            }
        }
    }
    permissions
}

/// The permissions for reading every type that is read natively.
pub fn of_all() -> Permissions {
    let aws = "registry.terraform.io/hashicorp/aws";
    of_types(provider_aws::types().types.iter().map(|resource_type| (aws, resource_type.name)))
}

impl Permissions {
    fn add(&mut self, action: &str) {
        let service = action.split(':').next().unwrap_or_default();
        self.actions.entry(service.to_owned()).or_default().insert(action.to_owned());
    }

    /// An IAM policy document (IAM User Guide, "IAM JSON policy elements reference"), one statement a service, and one for who changed objects.
    pub fn json(&self) -> String {
        let statements: Vec<Value> = self
            .actions
            .iter()
            .map(|(service, actions)| json!({"Sid": sid(service), "Effect": "Allow", "Action": actions, "Resource": "*"}))
            .collect();
        let policy = json!({"Version": "2012-10-17", "Statement": statements});
        let mut text = serde_json::to_string_pretty(&policy).unwrap_or_default();
        text.push('\n');
        text
    }

    /// The same as a data source that Terraform and OpenTofu render.
    pub fn terraform(&self) -> String {
        let mut text = String::from("data \"aws_iam_policy_document\" \"driftline\" {\n");
        for (position, (service, actions)) in self.actions.iter().enumerate() {
            let gap = if position == 0 { "" } else { "\n" };
            let _ = write!(
                text,
                "{gap}  statement {{\n    sid       = \"{}\"\n    resources = [\"*\"]\n    actions = [\n",
                sid(service)
            );
            for action in actions {
                let _ = writeln!(text, "      \"{action}\",");
            }
            text.push_str("    ]\n  }\n");
        }
        text.push_str("}\n");
        text
    }
}

/// A statement's id: letters and digits only.
fn sid(service: &str) -> String {
    let mut sid = String::from("Driftline");
    for word in service.split('-') {
        let mut letters = word.chars();
        sid.extend(letters.next().map(|first| first.to_ascii_uppercase()));
        sid.push_str(letters.as_str());
    }
    sid
}

#[cfg(test)]
mod tests {
    use super::*;

    const AWS: &str = "registry.terraform.io/hashicorp/aws";

    #[test]
    fn a_policy_holds_the_types_calls_and_no_other() {
        let permissions =
            of_types([(AWS, "aws_subnet"), (AWS, "aws_sqs_queue"), (AWS, "aws_no_such_type"), ("x/y", "z")]);
        let policy: Value = serde_json::from_str(&permissions.json()).expect("JSON");
        assert_eq!(
            policy["Statement"],
            json!([
                {"Sid": "DriftlineActivity", "Effect": "Allow", "Action": ["cloudtrail:LookupEvents"], "Resource": "*"},
                {"Sid": "DriftlineEc2", "Effect": "Allow", "Action": ["ec2:DescribeSubnets"], "Resource": "*"},
                {"Sid": "DriftlineSqs", "Effect": "Allow", "Resource": "*",
                    "Action": ["sqs:GetQueueAttributes", "sqs:ListQueueTags", "sqs:ListQueues"]},
                {"Sid": "DriftlineSts", "Effect": "Allow", "Action": ["sts:GetCallerIdentity"], "Resource": "*"},
                {"Sid": "DriftlineTag", "Effect": "Allow", "Action": ["tag:GetResources"], "Resource": "*"},
            ])
        );
        assert_eq!(permissions.not_read.iter().collect::<Vec<_>>(), ["aws_no_such_type", "z"]);
    }

    #[test]
    fn terraform_reads_what_is_printed() {
        let body: hcl::Body = hcl::from_str(&of_all().terraform()).expect("HCL");
        let statements = body.blocks().flat_map(|block| block.body().blocks()).count();
        assert_eq!(statements, of_all().actions.len());
    }

    #[test]
    fn nothing_read_needs_the_identity_and_who_changed_it_only() {
        assert_eq!(of_types([]).actions.into_keys().collect::<Vec<_>>(), ["activity", "sts"]);
    }
}
