//! What IAM tells in bulk: one list of an account's roles and one of its policies, with everything that belongs to them.
//! Knows nothing of any resource type.

use crate::sdk::prelude::*;
use serde_json::Value;
use service::IAM;
use std::sync::Arc;

/// Roles with their inline and attached policies and tags (GetAccountAuthorizationDetails).
pub(crate) async fn roles(place: &Place) -> Result<Arc<Vec<Value>>, Gap> {
    details(place, "Role", "GetAccountAuthorizationDetailsResult.RoleDetailList.member").await
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
