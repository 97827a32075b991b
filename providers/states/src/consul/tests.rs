//! The consul backend against a server on loopback that answers as Consul's key/value store does.
//! Knows nothing of Terraform: what it writes itself is read by the suite in `tests/backends`.

use super::*;
use crate::remote::loopback::{Asked, Reply, Server, surroundings};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;

const STATE: &[u8] = br#"{"version":4,"serial":3,"lineage":"l","resources":[]}"#;

fn backend(arguments: Value) -> Backend {
    let Value::Object(arguments) = arguments else { panic!("arguments are an object") };
    Backend { kind: "consul".into(), arguments }
}

fn opened(server: &Server, path: &str) -> Box<dyn Store> {
    let arguments = json!({"path": path, "address": format!("127.0.0.1:{}", server.port)});
    open(&backend(arguments), &surroundings(&[], Path::new("."))).unwrap()
}

type Keys = BTreeMap<String, (Vec<u8>, Option<&'static str>)>;

/// Answers as Consul does for what it keeps: values by key, with the session that holds them.
fn answer(keys: &Keys, asked: &Asked) -> Reply {
    let address = reqwest::Url::parse(&format!("http://localhost{}", asked.target)).unwrap();
    let key = address.path().strip_prefix("/v1/kv/").unwrap_or_default().replace("%20", " ");
    if asked.query("keys").is_some() {
        let found: Vec<&String> = keys.keys().filter(|name| name.starts_with(&key)).collect();
        return if found.is_empty() { Reply::status(404) } else { Reply::ok(json!(found).to_string()) };
    }
    let Some((value, session)) = keys.get(&key) else { return Reply::status(404) };
    let mut pair = json!({"LockIndex": 0, "Key": key, "Flags": 0, "CreateIndex": 7, "ModifyIndex": 42});
    pair["Value"] = if value.is_empty() { Value::Null } else { json!(STANDARD.encode(value)) };
    if let Some(session) = session {
        pair["Session"] = json!(session);
    }
    Reply::ok(json!([pair]).to_string())
}

async fn keeping(keys: &[(&str, &[u8])]) -> Server {
    let keys: Keys = keys.iter().map(|(key, value)| ((*key).to_owned(), (value.to_vec(), None))).collect();
    Server::start(move |asked| answer(&keys, asked)).await
}

fn packed(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn md5_of(bytes: &[u8]) -> String {
    Md5::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A state in parts, as Terraform writes it.
fn parts<'a>(path: &str, hash: &str, values: &[&'a [u8]]) -> Vec<(String, &'a [u8])> {
    values.iter().enumerate().map(|(number, value)| (format!("{path}/tfstate.{hash}/{number}"), *value)).collect()
}

async fn kept_in_parts(names: &[String], hash: &str, keys: &[(String, &[u8])]) -> Result<Kept, StoreError> {
    let index = json!({"current-hash": hash, "chunks": names}).to_string();
    let mut all: Vec<(&str, &[u8])> = vec![("t/app", index.as_bytes())];
    all.extend(keys.iter().map(|(key, value)| (key.as_str(), *value)));
    let server = keeping(&all).await;
    opened(&server, "t/app").read("default").await
}

#[tokio::test]
async fn states_are_read_plain_and_packed() {
    let gzip = packed(STATE);
    let server = keeping(&[("t/my app", STATE), ("t/my app-env:dev", &gzip), ("t/my app-env:empty", b"")]).await;
    let store = opened(&server, "t/my app");
    for workspace in ["default", "dev"] {
        let kept = store.read(workspace).await.unwrap();
        assert_eq!(kept.bytes.as_deref(), Some(STATE), "{workspace}");
        assert_eq!((kept.stamp.as_deref(), kept.lock, kept.lock_unread), (Some("42"), None, None));
        assert_eq!(store.stamp(workspace).await.unwrap().as_deref(), Some("42"));
    }
    assert_eq!(store.read("empty").await.unwrap().bytes, None);
    assert_eq!(store.read("none").await.unwrap().stamp, None);
    assert_eq!(store.stamp("none").await.unwrap(), None);
    assert!(server.asked().iter().all(|asked| asked.method == "GET"));
}

#[tokio::test]
async fn workspaces_are_the_keys_beside_the_path() {
    let server = keeping(&[
        ("t/app", STATE),
        ("t/app-env:b", STATE),
        ("t/app-env:b/.lockinfo", STATE),
        ("t/app-env:a", STATE),
        ("t/app-env:", STATE),
        ("t/apple", STATE),
    ])
    .await;
    assert_eq!(opened(&server, "t/app").workspaces().await.unwrap(), ["a", "b", "default"]);
    let asked = server.asked().pop().unwrap();
    assert_eq!((asked.path(), asked.query("separator").as_deref()), ("/v1/kv/t/app-env:", Some("/")));
    let server = keeping(&[("t/app-env:a", STATE)]).await;
    assert_eq!(opened(&server, "t/app").workspaces().await.unwrap(), ["a"]);
    let server = keeping(&[]).await;
    assert!(opened(&server, "t/app").workspaces().await.unwrap().is_empty());
}

#[tokio::test]
async fn parts_are_joined_and_checked() {
    let hash = md5_of(STATE);
    for whole in [STATE.to_vec(), packed(STATE)] {
        let (first, second) = whole.split_at(20);
        let keys = parts("t/app", &hash, &[first, second]);
        let names: Vec<String> = keys.iter().map(|(name, _)| name.clone()).collect();
        let kept = kept_in_parts(&names, &hash, &keys).await.unwrap();
        assert_eq!(kept.bytes.as_deref(), Some(STATE));
        assert_eq!(kept.checked_by.as_deref(), Some("current-hash"));
        let swapped: Vec<String> = names.iter().rev().cloned().collect();
        for (names, keys) in [(&swapped, &keys[..]), (&names, &keys[..1]), (&names[..1].to_vec(), &keys[..])] {
            assert_eq!(kept_in_parts(names, &hash, keys).await.unwrap_err().class, Class::Damaged);
        }
    }
}

#[tokio::test]
async fn parts_elsewhere_are_not_asked_for() {
    let hash = md5_of(STATE);
    for name in ["t/other/tfstate.x/0".to_owned(), format!("t/app/tfstate.{hash}/../../secret"), "secret".into()] {
        let index = json!({"current-hash": hash, "chunks": [name]}).to_string();
        let server = keeping(&[("t/app", index.as_bytes()), ("secret", STATE)]).await;
        let error = opened(&server, "t/app").read("default").await.unwrap_err();
        assert_eq!(error.class, Class::Damaged, "{error}");
        assert_eq!(server.paths(), ["/v1/kv/t/app", "/v1/kv/t/app/.lock"]);
    }
    for index in [
        json!({"current-hash": "x", "chunks": []}),
        json!({"current-hash": hash}),
        json!({"current-hash": hash, "chunks": [7]}),
        json!({"current-hash": null, "chunks": ["a"]}),
    ] {
        let server = keeping(&[("t/app", index.to_string().as_bytes())]).await;
        assert_eq!(opened(&server, "t/app").read("default").await.unwrap_err().class, Class::Damaged, "{index}");
    }
    let many: Vec<String> = (0..=PARTS).map(|number| format!("t/app/tfstate.{hash}/{number}")).collect();
    assert_eq!(kept_in_parts(&many, &hash, &[]).await.unwrap_err().class, Class::TooLarge);
}

#[tokio::test]
async fn what_cannot_be_unpacked_is_damaged() {
    let mut cut = packed(STATE);
    cut.truncate(cut.len() - 4);
    for value in [cut, b"\x1f".to_vec(), b"\x1f\x8bnonsense".to_vec()] {
        let server = keeping(&[("t/app", &value)]).await;
        assert_eq!(opened(&server, "t/app").read("default").await.unwrap_err().class, Class::Damaged);
    }
}

#[test]
fn a_bomb_is_not_unpacked() {
    let bomb = packed(&vec![0; 2 << 20]);
    assert!(bomb.len() < 1 << 14);
    assert_eq!(unpack(bomb.clone(), 1 << 20).unwrap(), None);
    assert_eq!(unpack(bomb, 2 << 20).unwrap().map(|bytes| bytes.len()), Some(2 << 20));
}

#[tokio::test]
async fn a_lock_is_held_by_a_session() {
    let info = br#"{"ID":"id-1","Operation":"OperationTypeApply","Who":"ada@host","Created":"2026-01-02T03:04:05Z"}"#;
    for (session, held) in [(Some("11111111-2222"), true), (None, false)] {
        let mut keys = Keys::new();
        keys.insert("t/app".into(), (STATE.to_vec(), None));
        keys.insert("t/app/.lock".into(), (Vec::new(), session));
        keys.insert("t/app/.lockinfo".into(), (info.to_vec(), None));
        let server = Server::start(move |asked| answer(&keys, asked)).await;
        let kept = opened(&server, "t/app").read("default").await.unwrap();
        assert!(kept.bytes.is_some());
        assert_eq!(kept.lock.map(|lock| (lock.id, lock.who)), held.then(|| ("id-1".into(), "ada@host".into())));
    }
    // Who may not read the lock reads the state.
    let mut keys = Keys::new();
    keys.insert("t/app".into(), (STATE.to_vec(), None));
    let server = Server::start(move |asked| match asked.path() {
        "/v1/kv/t/app/.lock" => Reply::status(403),
        _ => answer(&keys, asked),
    })
    .await;
    let kept = opened(&server, "t/app").read("default").await.unwrap();
    assert!(kept.bytes.is_some() && kept.lock.is_none());
    assert!(kept.lock_unread.unwrap().contains("may not read"));
}

#[tokio::test]
async fn refusals_and_strange_answers_are_errors() {
    for (reply, class) in [(403, Class::Denied), (401, Class::Denied), (409, Class::Failed)] {
        let server = Server::start(move |_| Reply::status(reply)).await;
        assert_eq!(opened(&server, "t/app").read("default").await.unwrap_err().class, class);
        assert_eq!(opened(&server, "t/app").workspaces().await.unwrap_err().class, class);
    }
    let other = r#"[{"Key":"t/other","ModifyIndex":1,"Value":"e30="}]"#;
    let encoded = r#"[{"Key":"t/app","ModifyIndex":1,"Value":"%"}]"#;
    for body in ["", "{}", "[7]", r#"[{"Key":"t/app"}]"#, other, encoded] {
        let server = Server::start(move |_| Reply::ok(body)).await;
        assert_eq!(opened(&server, "t/app").read("default").await.unwrap_err().class, Class::Failed, "{body}");
    }
    let server = Server::start(|_| Reply { length: Some(1 << 30), ..Reply::ok("[") }).await;
    assert_eq!(opened(&server, "t/app").read("default").await.unwrap_err().class, Class::TooLarge);
    let server = Server::start(|_| Reply::ok("[]")).await;
    assert_eq!(opened(&server, "t/app").read("default").await.unwrap().bytes, None);
}

#[tokio::test]
async fn the_token_stays_on_its_host() {
    let other = keeping(&[("t/app", STATE)]).await;
    let target = other.url("/v1/kv/t/app");
    let server = Server::start(move |_| Reply::to(target.clone())).await;
    let arguments =
        json!({"path": "t/app", "address": format!("127.0.0.1:{}", server.port), "access_token": "not-a-secret"});
    let store = open(&backend(arguments), &surroundings(&[], Path::new("."))).unwrap();
    let error = store.read("default").await.unwrap_err();
    assert!(error.cause.contains("another host"), "{error}");
    assert!(other.asked().is_empty() && !format!("{error:?}").contains("not-a-secret"));
}

#[tokio::test]
async fn arguments_and_environment_say_how_it_is_asked() {
    let directory = tempfile::tempdir().unwrap();
    std::fs::write(directory.path().join("token"), "of-file\n").unwrap();
    let server = keeping(&[("t/app", STATE)]).await;
    let address = format!("127.0.0.1:{}", server.port);
    let http = format!("http://{address}/");
    let headers = async |arguments: Value, environment: &[(&str, &str)]| {
        let store = open(&backend(arguments), &surroundings(environment, directory.path())).unwrap();
        assert_eq!(store.read("default").await.unwrap().bytes.as_deref(), Some(STATE));
        let asked = server.asked().pop().unwrap();
        let header = |name: &str| asked.headers.get(name).cloned().unwrap_or_default();
        (header("x-consul-token"), header("authorization"), asked.query("dc"), asked.query("ns"))
    };
    let environment = [
        ("CONSUL_HTTP_ADDR", http.as_str()),
        ("CONSUL_HTTP_TOKEN", "of-variable"),
        ("CONSUL_HTTP_AUTH", "u:p:q"),
        ("CONSUL_NAMESPACE", "team"),
    ];
    let (token, basic, dc, ns) = headers(json!({"path": "t/app"}), &environment).await;
    assert_eq!((token.as_str(), basic), ("of-variable", format!("Basic {}", STANDARD.encode("u:p:q"))));
    assert_eq!((dc, ns.as_deref()), (None, Some("team")));
    let arguments =
        json!({"path": "t/app", "address": address, "access_token": "of-block", "datacenter": "dc1", "http_auth": "u"});
    let (token, basic, dc, _) = headers(arguments.clone(), &environment).await;
    assert_eq!(
        (token.as_str(), basic, dc.as_deref()),
        ("of-block", format!("Basic {}", STANDARD.encode("u:")), Some("dc1"))
    );
    let (token, ..) = headers(arguments, &[("CONSUL_HTTP_TOKEN_FILE", "token")]).await;
    assert_eq!(token, "of-file");
}

#[test]
fn addresses_are_read_as_consul_reads_them() {
    let address = |arguments: Value, environment: &[(&str, &str)]| {
        let mut arguments = arguments;
        arguments["path"] = json!("p");
        let settings = Settings::read(&backend(arguments), &surroundings(environment, Path::new(".")));
        settings.map(|settings| settings.address.to_string()).ok()
    };
    let ssl = [("CONSUL_HTTP_SSL", "true")];
    assert_eq!(address(json!({}), &[]).as_deref(), Some("http://127.0.0.1:8500/"));
    assert_eq!(address(json!({}), &ssl).as_deref(), Some("https://127.0.0.1:8500/"));
    assert_eq!(address(json!({"scheme": "http"}), &ssl).as_deref(), Some("http://127.0.0.1:8500/"));
    assert_eq!(address(json!({"address": "c:1", "scheme": "https"}), &[]).as_deref(), Some("https://c:1/"));
    assert_eq!(address(json!({"address": "http://c:1", "scheme": "https"}), &[]).as_deref(), Some("https://c:1/"));
    assert_eq!(address(json!({"address": "https://c/gate/way"}), &[]).as_deref(), Some("https://c/gate/way"));
    for odd in ["unix:///run/consul", "ftp://c", "http://u:p@c", "c?x=y", "http://"] {
        assert_eq!(address(json!({"address": odd}), &[]), None, "{odd}");
    }
    assert_eq!(address(json!({"cert_file": "x"}), &[]), None);
    assert_eq!(address(json!({"ca_file": "/nonexistent"}), &[]), None);
}

#[tokio::test]
async fn hostile_names_do_nothing() {
    let server = keeping(&[]).await;
    for name in ["../x", "a/../b", "a\nb", "./."] {
        let error = opened(&server, "t/").read(name).await;
        assert!(error.is_err() || server.paths().iter().all(|path| path.starts_with("/v1/kv/t/-env:")), "{name:?}");
    }
    assert!(!server.paths().iter().flat_map(|path| path.split('/')).any(|segment| matches!(segment, "." | "..")));
    opened(&server, "t").read("a?b#c%2f").await.unwrap();
    assert!(server.paths().contains(&"/v1/kv/t-env:a%3Fb%23c%252f".to_owned()), "{:?}", server.paths());
}
