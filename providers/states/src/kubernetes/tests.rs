//! The kubernetes backend against a server that answers in the documented shape, or not.
//! Knows nothing of what a state says. What terraform itself writes is read in tests/backends.

use super::{Unpacked, open, unpacked};
use crate::loopback::{Reply, Server, around};
use crate::{Backend, Class, Store};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use std::io::Write;
use std::path::Path;

const STATE: &[u8] = b"{\"version\":4,\"serial\":7}";

fn packed(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn opened(host: &str) -> Box<dyn Store> {
    let arguments = json!({ "secret_suffix": "app", "namespace": "infra", "host": host, "token": "not-a-secret" });
    let Value::Object(arguments) = arguments else { panic!("no object") };
    open(&Backend { kind: "kubernetes".into(), arguments }, &around(&[], Path::new("."))).unwrap()
}

fn at(server: &Server) -> Box<dyn Store> {
    opened(&server.url("/proxied/"))
}

fn found(object: &Value) -> Reply {
    Reply::ok(object.to_string())
}

fn absent() -> Reply {
    Reply::new(404, &[], json!({ "kind": "Status", "reason": "NotFound", "message": "not found" }).to_string())
}

fn secret(data: &[u8]) -> Reply {
    found(&json!({
        "kind": "Secret",
        "metadata": { "resourceVersion": "12", "managedFields": [
            { "manager": "HashiCorp", "time": "2026-01-02T03:04:05Z", "fieldsV1": { "f:data": {} } },
            { "manager": "labeller", "time": "2026-02-02T03:04:05Z", "fieldsV1": { "f:metadata": {} } },
        ] },
        "data": { "tfstate": STANDARD.encode(data) },
    }))
}

/// What follows the last slash of a request's path.
fn last(head: &str) -> &str {
    let path = head.split(' ').nth(1).unwrap_or_default();
    path.split('?').next().unwrap_or_default().rsplit('/').next().unwrap_or_default()
}

#[tokio::test]
async fn a_secret_is_unpacked() {
    let server = Server::start(|head, _| match last(head) {
        "tfstate-stage-app" => secret(&packed(STATE)),
        _ => absent(),
    })
    .await;
    let store = at(&server);
    let kept = store.read("stage").await.unwrap();
    assert_eq!((kept.bytes.as_deref(), kept.stamp.as_deref()), (Some(STATE), Some("12")));
    assert_eq!(
        (kept.modified_at.as_deref(), kept.checked_by.as_deref()),
        (Some("2026-01-02T03:04:05Z"), Some("gzip CRC-32"))
    );
    assert_eq!((kept.lock, kept.lock_unread), (None, None));
    assert_eq!(store.stamp("stage").await.unwrap().as_deref(), Some("12"));
    assert_eq!(store.read("default").await.unwrap().bytes, None);
    let asked = server.asked();
    assert!(
        asked
            .iter()
            .all(|head| head.starts_with("GET /proxied/api") && head.to_lowercase().contains("bearer not-a-secret")),
        "{asked:?}"
    );
    assert!(asked[2].contains("as=PartialObjectMetadata;"), "{}", asked[2]);
}

#[tokio::test]
async fn several_secrets_are_joined_and_no_more_than_needed() {
    let all = packed(&(0..9000_u32).flat_map(u32::to_le_bytes).collect::<Vec<_>>());
    let (one, two, three) = (all[..4000].to_vec(), all[4000..8000].to_vec(), all[8000..].to_vec());
    let answer = move |head: &str, _| match last(head) {
        "tfstate-default-app" => secret(&one),
        "tfstate-default-app-part-1" => secret(&two),
        "tfstate-default-app-part-2" => secret(&three),
        "tfstate-stage-app" => secret(&packed(STATE)),
        "tfstate-stage-app-part-1" => secret(b"left over"),
        _ => absent(),
    };
    let server = Server::start(answer).await;
    assert_eq!(at(&server).read("default").await.unwrap().bytes.map(|bytes| bytes.len()), Some(36_000));
    let before = server.asked().len();
    assert_eq!(at(&server).read("stage").await.unwrap().bytes.as_deref(), Some(STATE));
    assert_eq!(server.asked().len() - before, 2, "the lease and the secret");
}

#[tokio::test]
async fn what_is_damaged_is_told() {
    let mut flipped = packed(STATE);
    let at_end = flipped.len() - 6;
    flipped[at_end] ^= 1; // in the checksum
    for (data, cause) in
        [(flipped, "damaged"), (b"{}".to_vec(), "not packed"), (packed(STATE)[..20].to_vec(), "breaks off")]
    {
        let server =
            Server::start(move |head, _| if last(head) == "tfstate-default-app" { secret(&data) } else { absent() })
                .await;
        let error = at(&server).read("default").await.unwrap_err();
        assert!(error.class == Class::Damaged && error.cause.contains(cause), "{cause}: {error}");
    }
    let server = Server::start(|_, _| found(&json!({ "data": { "tfstate": "%" }, "metadata": {} }))).await;
    assert_eq!(at(&server).read("default").await.unwrap_err().class, Class::Damaged);
}

#[test]
fn a_bomb_is_stopped_at_the_limit() {
    let bomb = packed(&vec![0; 10 << 20]);
    assert!(bomb.len() < 20_000);
    assert_eq!(unpacked(&bomb, 1 << 20), Err(Unpacked::TooLarge));
    assert_eq!(unpacked(&bomb, 10 << 20).map(|bytes| bytes.len()), Ok(10 << 20));
    assert_eq!(unpacked(&bomb[..bomb.len() - 1], 10 << 20), Err(Unpacked::BreaksOff));
    assert_eq!(unpacked(&[], 1), Err(Unpacked::BreaksOff));
}

#[tokio::test]
async fn only_a_cluster_can_say_that_there_is_nothing() {
    for (reply, class) in
        [(404, Class::Failed), (200, Class::Failed), (401, Class::Denied), (403, Class::Denied), (418, Class::Failed)]
    {
        let server = Server::start(move |_, _| Reply::new(reply, &[], "<html>")).await;
        assert_eq!(at(&server).read("default").await.unwrap_err().class, class, "{reply}");
    }
}

#[tokio::test]
async fn workspaces_are_listed_by_pages() {
    let server = Server::start(|head, nth| {
        let secret = |workspace: &str, suffix: &str| json!({ "metadata": { "labels": { "tfstateWorkspace": workspace, "tfstateSecretSuffix": suffix } } });
        assert!(head.contains("labelSelector=tfstate%3Dtrue%2CtfstateSecretSuffix%3Dapp&limit=500"), "{head}");
        match nth {
            0 => found(&json!({ "metadata": { "continue": "more+&=" }, "items": [secret("b", "app"), secret("b", "app"), secret("x", "other")] })),
            _ => {
                assert!(head.contains("continue=more%2B%26%3D"), "{head}");
                found(&json!({ "metadata": {}, "items": [secret("a", "app"), secret("../x", "app"), secret("default", "app"), json!(7)] }))
            }
        }
    })
    .await;
    assert_eq!(at(&server).workspaces().await.unwrap(), ["a", "b", "default"]);
    let endless = Server::start(|_, _| found(&json!({ "metadata": { "continue": "again" } }))).await;
    assert_eq!(at(&endless).workspaces().await.unwrap_err().class, Class::TooLarge);
}

#[tokio::test]
async fn a_held_lease_is_a_lock_and_one_that_is_hidden_is_said() {
    let info =
        json!({ "ID": "it", "Who": "a@b\u{1b}", "Operation": "OperationTypeApply", "Created": "2026-01-02T03:04:05Z" });
    for (lease, id, who) in [
        (
            json!({ "spec": { "holderIdentity": "it" }, "metadata": { "annotations": { "app.terraform.io/lock-info": info.to_string() } } }),
            "it",
            "a@b\u{fffd}",
        ),
        (json!({ "spec": { "holderIdentity": "someone" }, "metadata": {} }), "someone", ""),
    ] {
        let server =
            Server::start(
                move |head, _| {
                    if head.contains("/leases/lock-tfstate-default-app ") { found(&lease) } else { absent() }
                },
            )
            .await;
        let lock = at(&server).read("default").await.unwrap().lock.unwrap();
        assert_eq!((lock.id.as_str(), lock.who.as_str()), (id, who));
    }
    let server = Server::start(|head, _| match head.contains("/leases/") {
        true => Reply::new(403, &[], json!({ "kind": "Status", "message": "leases is forbidden" }).to_string()),
        false => secret(&packed(STATE)),
    })
    .await;
    let kept = at(&server).read("default").await.unwrap();
    assert!(kept.bytes.is_some() && kept.lock_unread.unwrap().contains("leases is forbidden"));
}

#[tokio::test]
async fn names_that_kubernetes_does_not_allow_are_not_asked_for() {
    let server = Server::start(|_, _| absent()).await;
    for workspace in ["../../x", "A", "a b", "", "-"] {
        let read = at(&server).read(workspace).await;
        assert!(read.is_err() || workspace.is_empty() || workspace == "-", "{workspace}");
    }
    assert!(server.asked().iter().all(|head| !head.contains("..")));
    for arguments in
        [json!({}), json!({ "secret_suffix": "../x" }), json!({ "secret_suffix": "a", "namespace": "b/c" })]
    {
        let Value::Object(arguments) = arguments else { panic!("no object") };
        let opened = open(&Backend { kind: "kubernetes".into(), arguments }, &around(&[], Path::new(".")));
        assert_eq!(opened.err().map(|error| error.class), Some(Class::Unset));
    }
}
