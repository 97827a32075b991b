//! The key provider `external`: a key that a program of the user prints.
//! Knows nothing of whether the program may be run.

use super::keys::{Key, key_of};
use super::{Arguments, DecryptError};
use crate::Surroundings;
use crate::error::printable;
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::{Map, Value, json};
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::process::{Child, Command};
use zeroize::Zeroizing;

/// What a program may take (internal/encryption/keyprovider/external/provider.go).
const PATIENCE: Duration = Duration::from_secs(60);
/// Bytes that it may print: a line and two keys.
const LIMIT: usize = 256 << 10;
/// What it calls itself (internal/encryption/keyprovider/external/protocol.go).
const MAGIC: &str = "OpenTofu-External-Key-Provider";

const HINT: &str =
    "run the program by hand to see what it says; it must speak OpenTofu's protocol for external key providers";

/// The first line.
#[derive(Deserialize)]
struct Header {
    magic: String,
    version: u64,
}

/// The rest. What the program notes for the next key is of no use here.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Output {
    keys: Printed,
    #[serde(default, rename = "meta")]
    _meta: IgnoredAny,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Printed {
    #[serde(default)]
    encryption_key: Option<String>,
    #[serde(default)]
    decryption_key: Option<String>,
}

/// Runs the program, without a shell, in the root module's directory and with the environment that OpenTofu would give it.
pub(super) async fn key(arguments: &Arguments, metadata: &[u8], around: &Surroundings) -> Result<Key, DecryptError> {
    let input = input(metadata)?;
    let mut child = start(arguments, around)?;
    let limit = PATIENCE.min(around.patience);
    // A child that is dropped is killed.
    let printed = tokio::time::timeout(limit, run(&mut child, &input)).await;
    let printed = printed.map_err(|_| DecryptError::new("its program takes too long and was stopped", HINT))??;
    parse(&printed)
}

/// What the program reads: the metadata, or `null` where it noted nothing
/// (internal/encryption/keyprovider/external/meta.go, `Encode`).
fn input(metadata: &[u8]) -> Result<Vec<u8>, DecryptError> {
    #[derive(Deserialize)]
    struct Metadata {
        external_data: Option<Map<String, Value>>,
    }
    let metadata: Metadata = serde_json::from_slice(metadata).map_err(|_| {
        DecryptError::new("its metadata is not that of `external`", "restore the state from an earlier version")
    })?;
    Ok(match metadata.external_data {
        Some(data) => json!({ "external_data": data }).to_string().into_bytes(),
        None => b"null".to_vec(),
    })
}

fn start(arguments: &Arguments, around: &Surroundings) -> Result<Child, DecryptError> {
    let words = match arguments.get("command") {
        Some(Value::Array(words)) => words.iter().map(Value::as_str).collect::<Option<Vec<&str>>>(),
        _ => None,
    };
    let Some((program, rest)) = words.as_deref().and_then(|words| words.split_first()) else {
        let hint = "set `command = [\"/path/to/program\", …]` in its `key_provider` block";
        return Err(DecryptError::new("its `command` is no list of texts", hint));
    };
    // A path is from the root module's directory; a name is looked up where the environment says.
    let path = if program.contains('/') { around.directory.join(program) } else { Path::new(program).to_owned() };
    Command::new(path)
        .args(rest)
        .current_dir(&around.directory)
        .env_clear()
        .envs(around.environment.iter())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        // It may be a secret as well as a reason.
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .map_err(|error| {
            let cause = format!("its program {} cannot be run: {}", printable(program), printable(&error.to_string()));
            DecryptError::new(cause, "check `command` of the key provider")
        })
}

/// What it prints, once it ended well.
async fn run(child: &mut Child, input: &[u8]) -> Result<Zeroizing<Vec<u8>>, DecryptError> {
    let broken = |what: String| DecryptError::new(format!("its program {what}"), HINT);
    let (Some(mut stdin), Some(mut stdout)) = (child.stdin.take(), child.stdout.take()) else {
        return Err(broken("cannot be spoken to".into()));
    };
    let give = async move {
        // A program that reads nothing is fine.
        drop(stdin.write_all(input).await);
        drop(stdin.shutdown().await);
    };
    let take = async move {
        // Of a fixed size: a buffer that grows leaves copies behind that nobody wipes.
        let mut buffer = Zeroizing::new(vec![0; LIMIT + 1]);
        let (mut length, mut greeted) = (0, false);
        loop {
            let read = stdout.read(&mut buffer[length..]).await.map_err(|_| broken("cannot be read".into()))?;
            length += read;
            if !greeted && let Some(end) = buffer[..length].iter().position(|byte| *byte == b'\n') {
                // Whatever is no key provider is not listened to any longer.
                header(&buffer[..end])?;
                greeted = true;
            }
            if length > LIMIT {
                return Err(broken(format!("prints more than {} KiB", LIMIT >> 10)));
            }
            if read == 0 {
                buffer.truncate(length);
                return Ok(buffer);
            }
        }
    };
    let (printed, ()) = tokio::try_join!(take, async {
        give.await;
        Ok(())
    })?;
    let status = child.wait().await.map_err(|_| broken("cannot be waited for".into()))?;
    if !status.success() {
        let ended = status.code().map_or_else(|| "was killed".into(), |code| format!("ends with exit code {code}"));
        return Err(broken(ended));
    }
    Ok(printed)
}

fn header(line: &[u8]) -> Result<(), DecryptError> {
    let header: Option<Header> = serde_json::from_slice(line).ok();
    match header {
        Some(header) if header.magic == MAGIC && header.version == 1 => Ok(()),
        Some(header) if header.magic == MAGIC => {
            let cause = "its program speaks another version of the protocol for key providers than 1";
            Err(DecryptError::new(cause, HINT))
        }
        _ => Err(DecryptError::new("its program does not say that it is a key provider for OpenTofu", HINT)),
    }
}

/// The key for decrypting; programs that note nothing have one key for both (internal/encryption/method/aesgcm/config.go).
fn parse(printed: &[u8]) -> Result<Key, DecryptError> {
    let end = printed.iter().position(|byte| *byte == b'\n').unwrap_or(printed.len());
    let (line, rest) = printed.split_at(end);
    header(line)?;
    let nothing = || DecryptError::new("its program prints no key", HINT);
    let output: Output = serde_json::from_slice(rest).map_err(|_| nothing())?;
    let [decryption, encryption] = [output.keys.decryption_key, output.keys.encryption_key]
        .map(|key| key.map(Zeroizing::new).filter(|key| !key.is_empty()));
    decryption.or(encryption).and_then(|key| key_of(&key)).ok_or_else(nothing)
}
