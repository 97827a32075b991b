//! Programs that log in to a cluster (`exec` of a kubeconfig), and what they answer.
//! Knows nothing of states. No secret is ever in an error.

use crate::{Class, StoreError, Surroundings};
use kube::config::{AuthInfo, Cluster, ExecConfig};
use serde_json::{Map, Value, json};
use std::process::Stdio;
use tokio::io::AsyncReadExt;

/// The largest answer that is read.
const MOST_BYTES: u64 = 1 << 20;

/// A field of a user, which may be a secret with a type of its own.
pub(super) fn secret(user: &AuthInfo, name: &str) -> Option<String> {
    let fields = serde_json::to_value(user).ok()?;
    fields.get(name)?.as_str().filter(|text| !text.is_empty()).map(str::to_owned)
}

/// Runs the program and returns the fields of the user that it sets (client.authentication.k8s.io/v1, `ExecCredential`).
/// It ends with whoever waits for it.
pub(super) async fn run(
    exec: &ExecConfig,
    cluster: &Cluster,
    around: &Surroundings,
    may_run: bool,
) -> Result<Map<String, Value>, StoreError> {
    let command = exec.command.as_deref().filter(|command| !command.is_empty());
    let command = command.ok_or_else(|| failed(Class::Unset, "its `exec` names no `command`"))?;
    if !may_run {
        let cause = format!("it logs in by a program that the repository names, `{command}`, which is not run");
        let hint = "log in by a kubeconfig outside of the repository (KUBE_CONFIG_PATH), or say --allow-programs where \
                    whatever the repository names may be run";
        return Err(failed(Class::Unsupported, cause).with_hint(hint));
    }
    let version = exec.api_version.as_deref().unwrap_or("client.authentication.k8s.io/v1");
    let mut spec = json!({ "interactive": false });
    if exec.provide_cluster_info {
        spec["cluster"] = json!({
            "server": cluster.server, "certificate-authority-data": cluster.certificate_authority_data,
            "insecure-skip-tls-verify": cluster.insecure_skip_tls_verify, "tls-server-name": cluster.tls_server_name,
        });
    }
    let asked = json!({ "apiVersion": version, "kind": "ExecCredential", "spec": spec });
    let mut program = tokio::process::Command::new(command);
    program.args(exec.args.iter().flatten()).env_clear().envs(around.environment.iter());
    for pair in exec.env.iter().flatten() {
        if let (Some(name), Some(value)) = (pair.get("name"), pair.get("value")) {
            program.env(name, value);
        }
    }
    for name in exec.drop_env.iter().flatten() {
        program.env_remove(name);
    }
    program.env("KUBERNETES_EXEC_INFO", asked.to_string()).current_dir(&around.directory);
    program.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null()).kill_on_drop(true);
    let unable =
        |error: std::io::Error| failed(Class::Failed, format!("`{command}`, which logs in, cannot be run: {error}"));
    let mut child = program.spawn().map_err(unable)?;
    let mut answer = Vec::new();
    if let Some(out) = child.stdout.take() {
        out.take(MOST_BYTES).read_to_end(&mut answer).await.map_err(unable)?;
    }
    let status = child.wait().await.map_err(unable)?;
    if !status.success() {
        let cause = format!("`{command}`, which logs in, ends with {status}");
        return Err(failed(Class::Denied, cause).with_hint("log in, then scan again"));
    }
    fields(&answer).ok_or_else(|| {
        failed(Class::Failed, format!("`{command}`, which logs in, answers no ExecCredential with a status"))
    })
}

fn failed(class: Class, cause: impl AsRef<str>) -> StoreError {
    StoreError::new("kubernetes backend", class, cause)
}

/// The status of an answer, in the words of a kubeconfig.
fn fields(answer: &[u8]) -> Option<Map<String, Value>> {
    use base64::Engine;
    let answer: Value = serde_json::from_slice(answer).ok()?;
    let status = answer.get("status")?.as_object()?;
    let text = |name: &str| status.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
    let mut fields = Map::new();
    if let Some(token) = text("token") {
        fields.insert("token".into(), token.into());
    }
    for (name, field) in [("clientCertificateData", "client-certificate-data"), ("clientKeyData", "client-key-data")] {
        if let Some(pem) = text(name) {
            fields.insert(field.into(), base64::engine::general_purpose::STANDARD.encode(pem).into());
        }
    }
    (!fields.is_empty()).then_some(fields)
}
