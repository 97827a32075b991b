//! Envelopes that another implementation made (`testdata/encryption/make.py`), and every way in which they may be wrong.

mod envelopes;
#[cfg(unix)]
mod programs;
mod server;
mod services;
mod tampering;

use super::*;
use serde_json::{Map, Value};
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

/// Texts that no error may hold.
const SECRETS: [&str; 2] = ["not-a-secret", "web-0"];

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../testdata/encryption")
}

fn file(name: &str) -> Vec<u8> {
    std::fs::read(folder().join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

fn envelope(name: &str) -> Vec<u8> {
    file(&format!("{name}.tfstate"))
}

/// One of the cases: its `encryption` block, and the keys that services answer with.
fn case(name: &str) -> (Encryption, Map<String, Value>) {
    let cases: Value = serde_json::from_slice(&file("cases.json")).unwrap();
    let case = cases[name].as_object().unwrap_or_else(|| panic!("no case {name}")).clone();
    let blocks = |kind: &str| {
        let blocks = case[kind].as_object().unwrap().iter();
        blocks.map(|(name, block)| (name.clone(), block.as_object().unwrap().clone().into())).collect()
    };
    let state = case["state"].as_array().unwrap().iter().map(|name| name.as_str().unwrap().to_owned()).collect();
    let encryption = Encryption {
        key_providers: blocks("key_providers"),
        methods: blocks("methods"),
        state,
        ..Encryption::default()
    };
    (encryption, case["answers"].as_object().unwrap().clone())
}

fn arguments(json: Value) -> Arguments {
    json.as_object().unwrap().clone().into()
}

/// With other or more arguments for a key provider; null takes one away.
fn with(mut encryption: Encryption, provider: &str, changes: Value) -> Encryption {
    let old = encryption.key_providers.get(provider).cloned().unwrap_or_default();
    let mut new: Map<String, Value> = old.iter().map(|(name, value)| (name.clone(), value.clone())).collect();
    new.extend(changes.as_object().unwrap().clone());
    encryption.key_providers.insert(provider.to_owned(), new.into());
    encryption
}

fn around() -> Surroundings {
    let path = std::env::var_os("PATH").unwrap_or_default();
    Surroundings {
        environment: Arc::new([(OsString::from("PATH"), path)].into()),
        directory: std::env::temp_dir(),
        patience: Duration::from_secs(20),
        aws: None,
        may_run_programs: false,
    }
}

fn in_environment(variables: &[(&str, &str)]) -> Surroundings {
    let variables = variables.iter().map(|(name, value)| (name.into(), value.into()));
    Surroundings { environment: Arc::new(variables.collect()), ..around() }
}

fn block_on<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
}

fn decrypted(bytes: &[u8], encryption: &Encryption, around: &Surroundings) -> Result<Vec<u8>, DecryptError> {
    block_on(decrypt(bytes, encryption, around)).map(|plain| plain.to_vec())
}

/// The error, which must hold no secret and tell a way out.
fn refused(bytes: &[u8], encryption: &Encryption, around: &Surroundings) -> String {
    match decrypted(bytes, encryption, around) {
        Ok(_) => panic!("decrypted"),
        Err(error) => checked(&error),
    }
}

fn checked(error: &DecryptError) -> String {
    let shown = format!("{error} {} {error:?}", error.hint);
    for secret in SECRETS {
        assert!(!shown.contains(secret), "{shown}");
    }
    assert!(!error.hint.is_empty() && !shown.contains('\n'), "{shown}");
    error.cause.clone()
}
