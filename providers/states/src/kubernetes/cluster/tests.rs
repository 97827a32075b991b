//! Which cluster is found, who asks it, and which programs are not run.
//! Knows nothing of states.

use super::{Cluster, find};
use crate::loopback::around;
use crate::{Backend, Class, StoreError, Surroundings};
use serde_json::{Value, json};
use std::path::Path;

async fn cluster(arguments: Value, variables: &[(&str, &str)], directory: &Path) -> Result<Cluster, StoreError> {
    cluster_in(arguments, &around(variables, directory)).await
}

async fn cluster_in(arguments: Value, around: &Surroundings) -> Result<Cluster, StoreError> {
    let Value::Object(arguments) = arguments else { panic!("no object") };
    find(&Backend { kind: "kubernetes".into(), arguments }, around).await
}

/// The cause of an error.
fn cause(found: Result<Cluster, StoreError>) -> (Class, String) {
    let error = found.err().expect("an error");
    (error.class, format!("{} ({})", error.cause, error.hint))
}

fn kubeconfig(user: &Value) -> String {
    json!({
        "apiVersion": "v1", "kind": "Config", "current-context": "one",
        "clusters": [
            { "name": "a", "cluster": { "server": "https://a.example:6443/k8s", "certificate-authority": "ca.crt" } },
            { "name": "b", "cluster": { "server": "https://b.example", "insecure-skip-tls-verify": true, "proxy-url": "http://p.example:1" } },
        ],
        "users": [{ "name": "u", "user": user }, { "name": "v", "user": { "username": "v", "password": "not-a-secret" } }],
        "contexts": [
            { "name": "one", "context": { "cluster": "a", "user": "u" } },
            { "name": "two", "context": { "cluster": "b", "user": "v" } },
        ],
    })
    .to_string()
}

/// A repository, and beside it a folder with a kubeconfig and an authority.
fn folders(user: &Value) -> (tempfile::TempDir, String) {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir_all(folder.path().join("repository/.git")).unwrap();
    std::fs::create_dir_all(folder.path().join("repository/root")).unwrap();
    std::fs::write(folder.path().join("config"), kubeconfig(user)).unwrap();
    std::fs::write(folder.path().join("ca.crt"), "the authority").unwrap();
    let config = folder.path().join("config").to_string_lossy().into_owned();
    (folder, config)
}

#[tokio::test]
async fn contexts_of_a_kubeconfig_are_followed() {
    let (folder, config) = folders(&json!({ "token": "not-a-secret" }));
    let found = cluster(json!({ "config_path": config }), &[], folder.path()).await.unwrap();
    assert_eq!(found.url.as_str(), "https://a.example:6443/k8s");
    assert_eq!(found.headers, [("Authorization", "Bearer not-a-secret".to_owned())]);
    assert_eq!((found.trust.authorities.as_deref(), found.trust.any), (Some(b"the authority".as_slice()), false));
    let found =
        cluster(json!({}), &[("KUBE_CONFIG_PATHS", &config), ("KUBE_CTX", "two")], folder.path()).await.unwrap();
    assert_eq!(
        (found.url.as_str(), found.trust.any, found.proxy.as_deref()),
        ("https://b.example/", true, Some("http://p.example:1"))
    );
    assert_eq!(found.headers, [("Authorization", "Basic djpub3QtYS1zZWNyZXQ=".to_owned())]);
    let mixed = json!({ "config_path": config, "config_context_cluster": "b", "config_context_auth_info": "u" });
    let found = cluster(mixed, &[], folder.path()).await.unwrap();
    assert_eq!((found.url.as_str(), found.headers[0].1.as_str()), ("https://b.example/", "Bearer not-a-secret"));
}

#[tokio::test]
async fn arguments_go_before_the_kubeconfig() {
    let (folder, config) = folders(&json!({ "token": "other" }));
    let arguments = json!({ "config_path": config, "host": "c.example", "token": "not-a-secret", "cluster_ca_certificate": "PEM", "client_certificate": "C", "client_key": "K" });
    let found = cluster(arguments, &[], folder.path()).await.unwrap();
    assert_eq!((found.url.as_str(), found.headers[0].1.as_str()), ("https://c.example/", "Bearer not-a-secret"));
    assert_eq!((found.trust.authorities, found.trust.identity), (Some(b"PEM".to_vec()), Some(b"C\nK".to_vec())));
}

#[tokio::test]
async fn what_is_missing_is_named() {
    let (folder, config) = folders(&json!({}));
    for (arguments, class, text) in [
        (json!({}), Class::Unset, "no cluster is named"),
        (json!({ "config_path": "absent" }), Class::Unset, "no cluster is named"),
        (json!({ "config_path": config, "config_context": "three" }), Class::Unset, "no context `three`"),
        (json!({ "config_path": config, "config_context_cluster": "c" }), Class::Unset, "no cluster `c`"),
        (json!({ "config_path": config, "config_context_auth_info": "w" }), Class::Unset, "no user `w`"),
        (json!({ "config_path": folder.path() }), Class::Unset, "is no file"),
        (json!({ "config_path": folder.path().join("ca.crt") }), Class::Unset, "cannot be understood"),
        (json!({ "in_cluster_config": true }), Class::Unset, "this is no pod"),
        (json!({ "host": "ftp://h" }), Class::Unset, "address of the cluster"),
    ] {
        let found = cause(cluster(arguments.clone(), &[("KUBECONFIG", &config)], folder.path()).await);
        assert!(found.0 == class && found.1.contains(text), "{arguments}: {found:?}");
    }
    let (folder, config) = folders(&json!({ "auth-provider": { "name": "gcp", "config": {} } }));
    let found = cause(cluster(json!({ "config_path": config }), &[], folder.path()).await);
    assert!(found.0 == Class::Unsupported && found.1.contains("auth-provider"), "{found:?}");
}

#[cfg(unix)]
#[tokio::test]
async fn programs_of_the_repository_are_not_run() {
    let program = json!({ "exec": { "apiVersion": "client.authentication.k8s.io/v1", "command": "/bin/sh", "args": ["-c", "echo $ANSWER"] } });
    let answer = r#"{"kind":"ExecCredential","status":{"token":"not-a-secret"}}"#;
    let (folder, config) = folders(&program);
    let repository = folder.path().join("repository");
    let root = repository.join("root");
    // One's own kubeconfig may name a program.
    let found = cluster(json!({ "config_path": config }), &[("ANSWER", answer)], &root).await.unwrap();
    assert_eq!(found.headers, [("Authorization", "Bearer not-a-secret".to_owned())]);
    // The repository's may not, nor may the backend block; unless whoever runs driftline says so.
    std::fs::copy(&config, repository.join("config")).unwrap();
    std::fs::copy(folder.path().join("ca.crt"), repository.join("ca.crt")).unwrap();
    let block = json!({ "host": "h", "exec": { "api_version": "client.authentication.k8s.io/v1", "command": "/bin/sh", "args": ["-c", "echo $ANSWER"], "env": { "ANSWER": answer } } });
    for arguments in [json!({ "config_path": "../config" }), block] {
        let (class, text) = cause(cluster(arguments.clone(), &[("ANSWER", answer)], &root).await);
        assert!(class == Class::Unsupported && text.contains("--allow-programs"), "{text}");
        let allowed = Surroundings { may_run_programs: true, ..around(&[("ANSWER", answer)], &root) };
        let found = cluster_in(arguments, &allowed).await.unwrap();
        assert_eq!(found.headers[0].1, "Bearer not-a-secret");
    }
}

#[cfg(unix)]
#[tokio::test]
async fn what_a_program_says_is_never_in_an_error() {
    for (script, class) in [
        ("echo not-a-secret; echo not-a-secret >&2; exit 1", Class::Denied),
        ("echo not-a-secret", Class::Failed),
        ("echo '{\"status\":{}}'", Class::Failed),
    ] {
        let (folder, config) = folders(&json!({ "exec": { "command": "/bin/sh", "args": ["-c", script] } }));
        let found = cause(cluster(json!({ "config_path": config }), &[], &folder.path().join("repository")).await);
        assert!(found.0 == class && !found.1.contains("not-a-secret"), "{found:?}");
    }
}
