//! The remote backend and the cloud block against a server on loopback that answers in the documented shape.
//! Knows nothing of Terraform: what it writes itself is read by the suite in `tests/backends`.

mod calls;
mod configuration;

use super::loopback::{Asked, Reply, Server, surroundings};
use crate::{Backend, Store, StoreError};
use serde_json::{Value, json};
use std::path::Path;

const TOKEN: &str = "not-a-secret";
const STATE: &str = r#"{"version":4,"serial":9,"lineage":"l","resources":[]}"#;

fn backend(kind: &str, arguments: Value) -> Backend {
    let Value::Object(arguments) = arguments else { panic!("arguments are an object") };
    Backend { kind: kind.into(), arguments }
}

/// A `host` block stands in place of discovery, which is HTTPS always.
fn configured(directory: &Path, host: &str, service: &str) -> String {
    let text = format!("credentials \"{host}\" {{\n  token = \"{TOKEN}\"\n}}\n");
    let services = format!("host \"{host}\" {{\n  services = {{ \"tfe.v2\" = \"{service}\" }}\n}}\n");
    let path = directory.join("cli.tfrc");
    std::fs::write(&path, text + &services).unwrap();
    path.to_str().unwrap().to_owned()
}

/// Opens a backend at a server, with the token in the configuration of the command line.
fn opened(server: &Server, kind: &str, workspaces: Value) -> Box<dyn Store> {
    let directory = tempfile::tempdir().unwrap();
    let host = format!("127.0.0.1:{}", server.port);
    let path = configured(directory.path(), &host, &server.url("/api/v2/"));
    let around = surroundings(&[("TF_CLI_CONFIG_FILE", &path)], directory.path());
    let arguments = json!({"hostname": host, "organization": "acme", "token": null, "workspaces": workspaces});
    super::open(&backend(kind, arguments), &around).unwrap()
}

fn workspace(id: &str, name: &str) -> Value {
    json!({
        "id": id,
        "type": "workspaces",
        "attributes": {
            "name": name, "locked": false, "execution-mode": "local", "created-at": "2021-06-03T17:50:20.307Z",
            "permissions": {"can-read-state-versions": true, "can-lock": false},
            "vcs-repo": null, "tag-names": []
        },
        "relationships": {
            "organization": {"data": {"id": "acme", "type": "organizations"}},
            "locked-by": {"data": null, "links": {"related": null}},
            "current-run": {"data": null},
            "current-state-version": {"data": {"id": "sv-1", "type": "state-versions"}},
            "project": {"data": {"id": "prj-1", "type": "projects"}}
        },
        "links": {"self": format!("/api/v2/organizations/acme/workspaces/{name}")}
    })
}

fn version(download: &str) -> Value {
    json!({
        "id": "sv-1",
        "type": "state-versions",
        "attributes": {
            "created-at": "2021-06-08T01:22:03.794Z", "size": STATE.len(), "serial": 9, "state-version": 4,
            "hosted-state-download-url": download, "resources-processed": true, "terraform-version": "1.11.4",
            "resources": [{"name": "random", "type": "null_resource", "count": 1, "module": "root"}],
            "vcs-commit-sha": "abcdef12345", "vcs-commit-url": null
        },
        "relationships": {
            "run": {"data": {"id": "run-1", "type": "runs"}},
            "created-by": {"data": {"id": "user-2", "type": "users"}, "links": {"self": "/api/v2/users/user-2"}},
            "workspace": {"data": {"id": "ws-1", "type": "workspaces"}},
            "outputs": {"data": [{"id": "wsout-1", "type": "state-version-outputs"}]}
        }
    })
}

fn included() -> Value {
    json!([
        {"id": "run-1", "type": "runs", "attributes": {"source": "tfe-configuration-version", "status": "applied"},
         "relationships": {"created-by": {"data": {"id": "user-1", "type": "users"}}}},
        {"id": "user-1", "type": "users", "attributes": {"username": "ada", "is-service-account": false}},
        {"id": "user-2", "type": "users", "attributes": {"username": "grace"}}
    ])
}

fn document(data: &Value, included: &Value) -> Reply {
    let mut document = json!({"data": data});
    if !included.is_null() {
        document["included"] = included.clone();
    }
    Reply::ok(document.to_string())
}

/// What a whole service answers: one workspace with one state.
fn service(asked: &Asked) -> Reply {
    match asked.path() {
        "/api/v2/organizations/acme/workspaces/app" => document(&workspace("ws-1", "app"), &Value::Null),
        "/api/v2/workspaces/ws-1/current-state-version" => document(&version("/state/sv-1"), &included()),
        "/state/sv-1" => Reply::ok(STATE),
        _ => Reply::status(404),
    }
}

async fn refusal(store: &dyn Store, workspace: &str) -> StoreError {
    store.read(workspace).await.unwrap_err()
}
