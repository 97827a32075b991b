//! What IAM tells in bulk: lists of an account's roles, users, groups and policies, with everything that belongs to them.
//! Knows nothing of any resource type.

use crate::sdk::prelude::*;
use serde_json::Value;
use service::IAM;
use std::collections::HashMap;
use std::sync::Arc;

/// Who policies belong to: what IAM calls its parts, and Terraform's attribute for it.
pub(crate) struct Principal {
    filter: &'static str,
    items: &'static str,
    name: &'static str,
    policies: &'static str,
    attribute: &'static str,
}

/// Roles with their inline and attached policies and tags.
pub(crate) static ROLE: Principal = Principal {
    filter: "Role",
    items: "GetAccountAuthorizationDetailsResult.RoleDetailList.member",
    name: "RoleName",
    policies: "RolePolicyList.member",
    attribute: "role",
};

/// Users with their inline and attached policies, groups and tags.
pub(crate) static USER: Principal = Principal {
    filter: "User",
    items: "GetAccountAuthorizationDetailsResult.UserDetailList.member",
    name: "UserName",
    policies: "UserPolicyList.member",
    attribute: "user",
};

/// Groups with their inline and attached policies.
pub(crate) static GROUP: Principal = Principal {
    filter: "Group",
    items: "GetAccountAuthorizationDetailsResult.GroupDetailList.member",
    name: "GroupName",
    policies: "GroupPolicyList.member",
    attribute: "group",
};

impl Principal {
    /// Every one of the account (GetAccountAuthorizationDetails).
    pub(crate) async fn all(&self, place: &Place) -> Result<Arc<Vec<Value>>, Gap> {
        details(place, self.filter, self.items).await
    }

    /// The name of one.
    pub(crate) fn name<'p>(&self, one: &'p Value) -> &'p str {
        one.text(self.name).unwrap_or_default()
    }

    /// Answers with every inline policy: `name`, `policy` and whose it is.
    pub(crate) async fn read_inline(&self, place: &Place, batch: &mut Batch<'_>) -> Result<(), Gap> {
        for one in self.all(place).await?.iter() {
            let principal = self.name(one);
            for policy in one.list(self.policies) {
                let Some(name) = policy.text("PolicyName") else { continue };
                let id = format!("{principal}:{name}");
                batch.add(&id, Origin::Created, || {
                    Object::new()
                        .value("id", id.as_str())
                        .value("name", name)
                        .value("policy", document(policy.text("PolicyDocument").unwrap_or_default()))
                        .value(self.attribute, principal)
                });
            }
        }
        Ok(())
    }

    /// Answers with every attachment of a managed policy. An attachment is known by its two ends: the recorded id is
    /// Terraform's own; others are named as `terraform import` names them.
    pub(crate) async fn read_attachments(&self, place: &Place, batch: &mut Batch<'_>) -> Result<(), Gap> {
        let mut requested: HashMap<(String, String), Vec<String>> = HashMap::new();
        for instance in batch.instances() {
            let recorded = batch.recorded(instance);
            match (recorded.text(self.attribute), recorded.text("policy_arn")) {
                (Some(principal), Some(policy)) => {
                    let key = (principal.to_owned(), policy.to_owned());
                    requested.entry(key).or_default().push(instance.id.to_owned());
                }
                _ => batch.unidentified(instance, &format!("{} and policy_arn", self.attribute)),
            }
        }
        for one in self.all(place).await?.iter() {
            let principal = self.name(one);
            for policy in
                one.list("AttachedManagedPolicies.member").iter().filter_map(|policy| policy.text("PolicyArn"))
            {
                let object = |id: &str| {
                    Object::new().value("id", id).value("policy_arn", policy).value(self.attribute, principal)
                };
                match requested.get(&(principal.to_owned(), policy.to_owned())) {
                    Some(ids) => ids.iter().for_each(|id| batch.found(id, || object(id))),
                    // What a service attached to its own role is the service's.
                    None if service_of(one).is_some() => {}
                    None => {
                        let id = format!("{principal}/{policy}");
                        batch.add(&id, Origin::Created, || object(&id));
                    }
                }
            }
        }
        Ok(())
    }
}

/// The service that a role belongs to, which its path names (IAM User Guide, "Service-linked roles").
pub(crate) fn service_of(role: &Value) -> Option<&str> {
    role.text("Path")?.strip_prefix("/aws-service-role/").map(|service| service.trim_end_matches('/'))
}

/// The account's own policies with all their versions (GetAccountAuthorizationDetails).
pub(crate) async fn policies(place: &Place) -> Result<Arc<Vec<Value>>, Gap> {
    details(place, "LocalManagedPolicy", "GetAccountAuthorizationDetailsResult.Policies.member").await
}

/// Roles with what the details leave out: description and longest session (ListRoles).
pub(crate) async fn role_settings(place: &Place) -> Result<Arc<Vec<Value>>, Gap> {
    const PAGES: Paging =
        Paging { items: "ListRolesResult.Roles.member", answered: "ListRolesResult.Marker", asked: "Marker" };
    place.list(&IAM, Ask::of("ListRoles").with("MaxItems", 1000), PAGES).await
}

async fn details(place: &Place, filter: &str, items: &'static str) -> Result<Arc<Vec<Value>>, Gap> {
    let ask = Ask::of("GetAccountAuthorizationDetails").with("Filter.member.1", filter).with("MaxItems", 1000);
    let paging = Paging { items, answered: "GetAccountAuthorizationDetailsResult.Marker", asked: "Marker" };
    place.list(&IAM, ask, paging).await
}

/// A policy document, which IAM writes percent-encoded.
pub(crate) fn document(text: &str) -> String {
    if text.trim_start().starts_with('{') {
        return text.to_owned();
    }
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&first, after)) = rest.split_first() {
        let escaped =
            (first == b'%').then(|| after.get(..2).and_then(|digits| std::str::from_utf8(digits).ok())).flatten();
        match escaped.and_then(|digits| u8::from_str_radix(digits, 16).ok()) {
            Some(byte) => {
                bytes.push(byte);
                rest = &after[2..];
            }
            None => {
                bytes.push(first);
                rest = after;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// A time as Terraform records it: RFC 3339 without fractions of a second.
pub(crate) fn time(text: Option<&str>) -> Option<String> {
    let text = text?;
    Some(match text.split_once('.') {
        Some((seconds, _)) => format!("{seconds}Z"),
        None => text.to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documents_are_decoded_once() {
        assert_eq!(document("%7B%22a%22%3A%20%22%25%22%7D"), r#"{"a": "%"}"#);
        assert_eq!(document(r#"{"a": "%41"}"#), r#"{"a": "%41"}"#);
        assert_eq!(document("%7B%zz%4"), "{%zz%4");
        assert_eq!(document("%7Bé"), "{é");
    }

    #[test]
    fn times_lose_their_fractions() {
        assert_eq!(time(Some("2026-11-24T01:02:03.456Z")).as_deref(), Some("2026-11-24T01:02:03Z"));
        assert_eq!(time(Some("2026-11-24T01:02:03Z")).as_deref(), Some("2026-11-24T01:02:03Z"));
    }
}
