//! `aws_iam_role`: GetAccountAuthorizationDetails and ListRoles for all.
//! Not read: `name_prefix`, which follows from `name`, and `force_detach_policies`, which only Terraform knows.

use crate::rules::{document, elements, ids, single_of, text};
use provider_api::{Attributes, Owner, ResourceType, Rule, RuleKind};
use serde_json::{Value, json};

pub(super) static TYPE: ResourceType = ResourceType {
    name: "aws_iam_role",
    permissions: &["iam:GetAccountAuthorizationDetails", "iam:ListRoles"],
    identity: &[],
    rules: &[
        Rule { pattern: "assume_role_policy", kind: RuleKind::Policy },
        Rule { pattern: "inline_policy.*.policy", kind: RuleKind::Policy },
    ],
    owners: &[
        Owner {
            attribute: "inline_policy",
            resource_type: "aws_iam_role_policy",
            parents: |policy| ids(policy, "role"),
            parts: |policy| vec![inline(policy.get("name"), policy.get("policy"))],
            split: |policies| {
                elements(policies).iter().map(|policy| inline(policy.get("name"), policy.get("policy"))).collect()
            },
        },
        Owner {
            attribute: "managed_policy_arns",
            resource_type: "aws_iam_role_policy_attachment",
            parents: |attachment| ids(attachment, "role"),
            parts: |attachment| single_of(attachment, "policy_arn"),
            split: elements,
        },
        Owner {
            attribute: "managed_policy_arns",
            resource_type: "aws_iam_policy_attachment",
            parents: |attachment| ids(attachment, "roles"),
            parts: |attachment| single_of(attachment, "policy_arn"),
            split: elements,
        },
    ],
};

/// The policies that a role's block writes, as they are listed.
pub(super) fn inline_policies(recorded: &Attributes) -> Vec<(&'static str, String)> {
    let Some(role) = text(recorded, "name") else { return Vec::new() };
    let policies = recorded.get("inline_policy").map(elements).unwrap_or_default();
    let names = policies.iter().filter_map(|policy| policy.get("name")?.as_str().map(str::to_owned));
    names.map(|name| ("aws_iam_role_policy", format!("{role}:{name}"))).collect()
}

/// The attachments that a role's argument lists, as they are listed.
pub(super) fn attachments(recorded: &Attributes) -> Vec<(&'static str, String)> {
    let Some(role) = text(recorded, "name") else { return Vec::new() };
    let policies = ids(recorded, "managed_policy_arns").into_iter();
    policies.map(|policy| ("aws_iam_role_policy_attachment", format!("{role}/{policy}"))).collect()
}

/// An inline policy as one part.
fn inline(name: Option<&Value>, policy: Option<&Value>) -> Value {
    json!([name, policy.map(document)])
}

#[cfg(feature = "sdk")]
pub(super) mod live {
    use crate::iam;
    use crate::sdk::prelude::*;
    use serde_json::Value;
    use std::collections::HashMap;

    pub(crate) async fn read(place: &Place, batch: &mut Batch<'_>) -> Result<(), Gap> {
        let (roles, settings) = tokio::join!(iam::ROLE.all(place), iam::role_settings(place));
        let settings = batch.detail(settings).unwrap_or_default();
        let settings: HashMap<&str, &Value> =
            settings.iter().filter_map(|role| Some((role.text("RoleName")?, role))).collect();
        for role in roles?.iter() {
            let name = role.text("RoleName").unwrap_or_default();
            batch.add(name, origin(role), || convert(name, role, settings.get(name).copied()));
        }
        Ok(())
    }

    fn origin(role: &Value) -> Origin {
        iam::service_of(role).map_or(Origin::Created, |service| Origin::OwnedBy(service.to_owned()))
    }

    fn convert(name: &str, role: &Value, settings: Option<&Value>) -> Object {
        let inline = role.list("RolePolicyList.member").iter().map(|policy| {
            Object::new()
                .text("name", policy.text("PolicyName"))
                .value("policy", iam::document(policy.text("PolicyDocument").unwrap_or_default()))
        });
        let attached = role.list("AttachedManagedPolicies.member").iter().filter_map(|policy| policy.text("PolicyArn"));
        let object = Object::new()
            .value("id", name)
            .text("arn", role.text("Arn"))
            .value("assume_role_policy", iam::document(role.text("AssumeRolePolicyDocument").unwrap_or_default()))
            .text("create_date", iam::time(role.text("CreateDate")).as_deref())
            .blocks("inline_policy", inline)
            .texts("managed_policy_arns", attached)
            .value("name", name)
            .text("path", role.text("Path"))
            .text("permissions_boundary", role.text("PermissionsBoundary.PermissionsBoundaryArn"))
            .text("unique_id", role.text("RoleId"))
            .tag_list(role.list("Tags.member"), ("Key", "Value"));
        match settings {
            Some(settings) => object
                .text("description", settings.text("Description"))
                .number("max_session_duration", settings.number("MaxSessionDuration").or(Some(3600))),
            None => object,
        }
    }
}
