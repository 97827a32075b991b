//! The http backend against answers that terraform's own would not see every day.
//! Knows nothing of what a state says.

use super::open;
use crate::loopback::{Reply, Server, around};
use crate::{Backend, Class, Store, StoreError};
use serde_json::{Value, json};
use std::path::Path;

const STATE: &[u8] = b"{\"version\":4}";

fn opened(arguments: Value, variables: &[(&str, &str)]) -> Result<Box<dyn Store>, StoreError> {
    let Value::Object(arguments) = arguments else { panic!("no object") };
    open(&Backend { kind: "http".into(), arguments }, &around(variables, Path::new(".")))
}

fn at(server: &Server) -> Box<dyn Store> {
    opened(json!({ "address": server.url("/state") }), &[]).unwrap()
}

async fn answering(status: u16, headers: &'static [(&str, &str)], body: &'static [u8]) -> Server {
    Server::start(move |_, _| Reply::new(status, headers, body)).await
}

#[tokio::test]
async fn a_checksum_is_checked() {
    let digest = |name: &str| {
        use base64::Engine;
        use md5::Digest;
        let digest = md5::Md5::digest(STATE);
        match name {
            "base64" => base64::engine::general_purpose::STANDARD.encode(digest),
            _ => digest.iter().map(|byte| format!("{byte:02X}")).collect(),
        }
    };
    for form in ["base64", "hexadecimal"] {
        let sum = digest(form);
        let server = Server::start(move |_, _| Reply::new(200, &[("Content-MD5", &sum)], STATE)).await;
        let kept = at(&server).read("default").await.unwrap();
        assert_eq!((kept.bytes.as_deref(), kept.checked_by.as_deref()), (Some(STATE), Some("Content-MD5")), "{form}");
    }
    for sum in ["1B2M2Y8AsgTpgAmY7PhCfg==", "", "no checksum"] {
        let server = Server::start(move |_, _| Reply::new(200, &[("Content-MD5", sum)], STATE)).await;
        let error = at(&server).read("default").await.unwrap_err();
        assert_eq!(error.class, Class::Damaged, "{sum}: {error}");
    }
}

#[tokio::test]
async fn nothing_kept_is_no_error() {
    for (status, body) in [(204, ""), (404, "{\"message\":\"404 Not found\"}"), (404, "<html>"), (200, "")] {
        let server = answering(status, &[], body.as_bytes()).await;
        assert_eq!(at(&server).read("default").await.unwrap().bytes, None, "{status} {body}");
    }
}

#[tokio::test]
async fn a_project_that_gitlab_does_not_show_is_no_empty_state() {
    let server = answering(404, &[], b"{\"message\":\"404 Project Not Found\"}").await;
    let error = at(&server).read("default").await.unwrap_err();
    assert!(error.class == Class::Denied && error.hint.contains("read_api"), "{error}");
}

#[tokio::test]
async fn refusals_and_faults_are_told_apart() {
    for (status, class) in
        [(401, Class::Denied), (403, Class::Denied), (400, Class::Failed), (206, Class::Failed), (500, Class::Failed)]
    {
        let server = answering(status, &[], b"words of the server").await;
        let error = at(&server).read("default").await.unwrap_err();
        assert!(error.class == class && error.cause.contains(&status.to_string()), "{error}");
        assert!(!error.cause.contains("words of the server"), "{error}");
    }
    let server = answering(200, &[("Content-Encoding", "gzip")], b"\x1f\x8b").await;
    assert_eq!(at(&server).read("default").await.unwrap_err().class, Class::Damaged);
}

#[tokio::test]
async fn who_asks_is_sent_and_never_shown() {
    let basic = "authorization: basic dtpwyxnz"; // u:pass, in base64 and small letters
    let server = answering(200, &[], STATE).await;
    let in_address = server.url("/state?token=not-a-secret").replace("://", "://u:pa%73s@");
    for (arguments, variables) in [
        (json!({ "address": in_address }), vec![]),
        (
            json!({ "address": server.url("/state"), "username": "u", "password": "pass" }),
            vec![("TF_HTTP_PASSWORD", "other")],
        ),
        (
            json!({}),
            vec![
                ("TF_HTTP_ADDRESS", server.url("/state")),
                ("TF_HTTP_USERNAME", "u".into()),
                ("TF_HTTP_PASSWORD", "pass".into()),
            ]
            .into_iter()
            .map(|(name, value)| (name, &*value.leak()))
            .collect(),
        ),
    ] {
        let store = opened(arguments, &variables).unwrap();
        store.read("default").await.unwrap();
        assert!(server.asked().last().unwrap().to_lowercase().contains(basic), "{:?}", server.asked());
        assert_eq!(store.place("default"), server.url("/state"));
    }
    assert!(server.asked()[0].starts_with("GET /state?token=not-a-secret "));
}

#[tokio::test]
async fn headers_of_opentofu_are_sent() {
    let server = answering(200, &[], STATE).await;
    let headers = json!({ "X-Team": "a", "Authorization": "Bearer not-a-secret" });
    let store = opened(json!({ "address": server.url("/state"), "headers": headers }), &[]).unwrap();
    store.read("default").await.unwrap();
    let head = server.asked()[0].to_lowercase();
    assert!(head.contains("x-team: a\r\n") && head.contains("authorization: bearer not-a-secret\r\n"), "{head}");
}

#[test]
fn what_cannot_be_sent_is_told_at_once() {
    let cases = [
        (json!({}), "TF_HTTP_ADDRESS is not set"),
        (json!({ "address": "ftp://h/a" }), "none of http:// or https://"),
        (json!({ "address": "u:not-a-secret@h" }), "none of http:// or https://"),
        (json!({ "address": "http://[" }), "no address"),
        (json!({ "address": "http://h", "headers": { "Content-MD5": "x" } }), "is reserved"),
        (json!({ "address": "http://h", "headers": { "a b": "x" } }), "cannot be sent"),
        (json!({ "address": "http://h", "headers": { "a": "x\ny" } }), "cannot be sent"),
        (json!({ "address": "http://h", "username": "u", "headers": { "authorization": "x" } }), "a user name too"),
        (json!({ "address": "http://h", "client_certificate_pem": "x" }), "`client_private_key_pem` is not"),
        (
            json!({ "address": "https://h", "client_certificate_pem": "x", "client_private_key_pem": "y" }),
            "no PEM that fits",
        ),
    ];
    for (arguments, cause) in cases {
        let error = opened(arguments.clone(), &[]).err().unwrap_or_else(|| panic!("{arguments} opens"));
        assert!(error.class == Class::Unset && error.cause.contains(cause), "{arguments}: {error}");
        assert!(!error.to_string().contains("not-a-secret"));
    }
}

#[tokio::test]
async fn the_stamp_is_the_entity_tag_and_is_asked_for_on_condition() {
    let server = Server::start(|head, nth| match (nth, head.to_lowercase().contains("if-none-match: \"one\"")) {
        (0, false) => {
            Reply::new(200, &[("ETag", "\"one\""), ("Last-Modified", "Sun, 06 Nov 1994 08:49:37 GMT")], STATE)
        }
        (1, true) => Reply::new(304, &[("ETag", "\"one\"")], ""),
        (2, true) => Reply::new(200, &[("ETag", "\"two\"")], STATE),
        _ => Reply::new(400, &[], ""),
    })
    .await;
    let store = at(&server);
    let kept = store.read("default").await.unwrap();
    assert_eq!(kept.stamp.as_deref(), Some("\"one\""));
    assert_eq!(kept.modified_at.as_deref(), Some("1994-11-06T08:49:37Z"));
    assert_eq!(store.stamp("default").await.unwrap().as_deref(), Some("\"one\""));
    assert_eq!(store.stamp("default").await.unwrap().as_deref(), Some("\"two\""));
}

#[tokio::test]
async fn a_weak_tag_is_no_stamp() {
    let server = answering(200, &[("ETag", "W/\"one\"")], STATE).await;
    let store = at(&server);
    assert_eq!(store.read("default").await.unwrap().stamp, None);
    assert_eq!(store.stamp("default").await.unwrap(), None);
    assert_eq!(server.asked().len(), 1);
}

#[tokio::test]
async fn there_are_no_workspaces() {
    let server = answering(200, &[], STATE).await;
    assert_eq!(at(&server).workspaces().await.unwrap(), ["default"]);
    assert_eq!(at(&server).read("stage").await.unwrap_err().class, Class::Unset);
    assert_eq!(server.asked().len(), 0);
}
