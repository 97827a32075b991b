//! Reads states through a backend and says what came, for trying one backend by hand:
//! `cargo run -p provider-states --example read -- s3 '{"bucket":"b","key":"k","region":"eu-west-1"}' [DIRECTORY]`
//! Knows nothing of AWS credentials: without a module for those, s3 takes static keys alone.

use provider_states::{Backend, Store, Surroundings, open};
use serde_json::{Value, json};
use std::fmt::Write;
use std::sync::Arc;
use std::time::Duration;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().collect();
    let kind = arguments.get(1).ok_or("the backend's kind is missing")?.clone();
    let given = arguments.get(2).map_or("{}", String::as_str);
    let around = Surroundings {
        environment: Arc::new(std::env::vars_os().collect()),
        directory: arguments.get(3).map_or(".".into(), Into::into),
        patience: Duration::from_secs(30),
        aws: None,
        may_run_programs: false,
    };
    let store = open(&Backend { kind, arguments: serde_json::from_str(given)? }, &around)?;
    let mut states = Vec::new();
    for workspace in store.workspaces().await? {
        states.push(read(store.as_ref(), &workspace).await);
    }
    println!("{}", json!({ "states": states }));
    Ok(())
}

/// One state, as `driftline states` tells of it.
async fn read(store: &dyn Store, workspace: &str) -> Value {
    let place = store.place(workspace);
    let kept = match store.read(workspace).await {
        Ok(kept) => kept,
        Err(error) => {
            return json!({ "workspace": workspace, "place": place, "error": format!("{error} ({})", error.hint) });
        }
    };
    let state: Value = kept.bytes.as_deref().and_then(|bytes| serde_json::from_slice(bytes).ok()).unwrap_or_default();
    let digest = kept.bytes.as_deref().map(|bytes| {
        let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, bytes);
        digest.as_ref().iter().fold(String::new(), |mut text, byte| {
            let _ = write!(text, "{byte:02x}");
            text
        })
    });
    json!({
        "workspace": workspace, "place": place, "serial": state["serial"], "lineage": state["lineage"], "sha256": digest,
        "modified_at": kept.modified_at, "lock": kept.lock, "lock_unread": kept.lock_unread, "version": kept.version,
        "stamp": kept.stamp, "checked_by": kept.checked_by, "run": kept.run, "error": null,
    })
}
