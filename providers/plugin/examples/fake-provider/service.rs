//! What the fake provider does when it is called. Its cloud is a folder with a file for each object.
//! Knows nothing of sockets.
//!
//! The names of objects make it misbehave: `slow…` takes its time, `stuck…` all of it, `panic…` ends the process, `denied…` and `throttled…` are
//! refused, `unknown…` answers what nobody can know, `odd…` what is not of its type, `chatty…` warns. `panic-once…` ends it
//! the first time only.

use crate::types::{UNKNOWN, decode, encode, identities, schemas, whole};
use crate::wire::*;
use serde_json::{Map, Value as Json};
use std::path::PathBuf;
use std::sync::OnceLock;
use std::time::Duration;

/// Severity of an error, and of a warning.
const ERROR: i32 = 1;
const WARNING: i32 = 2;

static CONFIGURED: OnceLock<Configured> = OnceLock::new();

struct Configured {
    cloud: PathBuf,
    token: String,
}

pub fn variable(name: &str) -> String {
    std::env::var(name).unwrap_or_default()
}

/// As a Go program does it.
pub fn panic(text: &str) -> ! {
    eprintln!("panic: {text}\n\ngoroutine 1 [running]:");
    std::process::exit(2);
}

pub fn schema(protocol: u32) -> Schemas {
    let filler = variable("FAKE_FILLER").parse().unwrap_or(0);
    count("schemas");
    schemas(protocol, filler, variable("FAKE_SCHEMA") != "required")
}

/// Counts calls, for tests of what is not asked twice.
fn count(what: &str) {
    let log = variable("FAKE_LOG");
    if !log.is_empty() {
        use std::io::Write;
        let file = std::fs::OpenOptions::new().create(true).append(true).open(log);
        let _ = file.and_then(|mut file| file.write_all(format!("{what} {}\n", std::process::id()).as_bytes()));
    }
}

pub fn identity_schemas() -> IdentitySchemas {
    identities()
}

pub fn configure(request: Named) -> Diagnostics1 {
    let arguments = request.value.and_then(|value| decode(&value.msgpack)).unwrap_or_default();
    let text = |name: &str| arguments.get(name).and_then(Json::as_str).unwrap_or_default().to_owned();
    if arguments.len() != 4 {
        return refused("an object with 4 attributes is required", &format!("{} given", arguments.len()));
    }
    if text("token") == "wrong-token" {
        return refused("configuring", "StatusCode: 403, the token wrong-token is not known");
    }
    count("configure");
    let cloud = if text("cloud").is_empty() { variable("FAKE_CLOUD") } else { text("cloud") };
    let _ = CONFIGURED.set(Configured { cloud: cloud.into(), token: text("token") });
    Diagnostics1::default()
}

fn refused(summary: &str, detail: &str) -> Diagnostics1 {
    Diagnostics1 { diagnostics: vec![diagnostic(ERROR, summary, detail)] }
}

fn diagnostic(severity: i32, summary: &str, detail: &str) -> Diagnostic {
    Diagnostic { severity, summary: summary.into(), detail: detail.into() }
}

fn configured() -> &'static Configured {
    // Real providers end here, too.
    CONFIGURED.get().unwrap_or_else(|| panic("runtime error: invalid memory address or nil pointer dereference"))
}

fn file(type_name: &str, name: &str) -> PathBuf {
    configured().cloud.join(type_name).join(format!("{name}.json"))
}

fn value(object: &Map<String, Json>) -> Option<Value> {
    Some(Value { msgpack: encode(object), json: Vec::new() })
}

const NIL: &[u8] = &[0xc0];

fn nil() -> Option<Value> {
    Some(Value { msgpack: NIL.to_vec(), json: Vec::new() })
}

pub fn upgrade(request: Upgrade) -> Upgraded {
    let json = request.raw.unwrap_or_default().json;
    let Ok(mut recorded) = serde_json::from_slice::<Map<String, Json>>(&json) else {
        return Upgraded { state: None, diagnostics: vec![diagnostic(ERROR, "upgrading", "no JSON")] };
    };
    if request.version == 0 && request.type_name == "fake_thing" {
        let title = recorded.remove("title").unwrap_or_default();
        recorded.insert("name".into(), title);
    }
    // State keeps a value of any type beside its type.
    if let Some(plain) = recorded.get("any").and_then(|any| any.get("value")).cloned() {
        recorded.insert("any".into(), plain);
    }
    Upgraded { state: value(&whole(&request.type_name, &recorded)), diagnostics: Vec::new() }
}

pub fn upgrade_identity(request: Upgrade) -> UpgradedIdentity {
    let json = request.raw.unwrap_or_default().json;
    let recorded: Map<String, Json> = serde_json::from_slice(&json).unwrap_or_default();
    let name = recorded.get("label").or(recorded.get("name")).cloned().unwrap_or_default();
    let identity = Identity { data: value(&Map::from_iter([("name".to_owned(), name)])) };
    UpgradedIdentity { identity: Some(identity), diagnostics: Vec::new() }
}

pub async fn read(request: Read) -> WasRead {
    let state = request.state.unwrap_or_default().msgpack;
    let Some(prior) = decode(&state) else { return WasRead { state: nil(), ..WasRead::default() } };
    let name = prior.get("name").and_then(Json::as_str).unwrap_or_default().to_owned();
    count("read");
    configured();
    if let Some(answer) = misbehave(&name, &prior).await {
        return answer;
    }
    let live = std::fs::read_to_string(file(&request.type_name, &name)).ok();
    let live: Option<Map<String, Json>> = live.and_then(|text| serde_json::from_str(&text).ok());
    let state = match live {
        Some(live) => value(&whole(&request.type_name, &live)),
        None => nil(),
    };
    let identity = (request.type_name == "fake_box").then(|| identity_of(&name));
    // Refreshing must not lose the provider's own bytes.
    let diagnostics = match name.starts_with("private") && request.private != b"fake private" {
        true => vec![diagnostic(ERROR, "reading", "the private bytes are not those of the last apply")],
        false => Vec::new(),
    };
    WasRead { state, diagnostics, private: request.private, identity }
}

fn identity_of(name: &str) -> Identity {
    Identity { data: value(&Map::from_iter([("name".to_owned(), Json::from(name))])) }
}

async fn misbehave(name: &str, prior: &Map<String, Json>) -> Option<WasRead> {
    let state = |object: &Map<String, Json>| WasRead { state: value(object), ..WasRead::default() };
    let failed = |detail: &str| {
        let diagnostics = vec![diagnostic(ERROR, "reading", detail)];
        WasRead { state: value(prior), diagnostics, ..WasRead::default() }
    };
    let kind = name.split('-').next().unwrap_or_default();
    match kind {
        "slow" => tokio::time::sleep(Duration::from_millis(1500)).await,
        "stuck" => tokio::time::sleep(Duration::from_secs(3600)).await,
        "panic" => {
            let marker = configured().cloud.join(format!("{name}.panicked"));
            if !name.starts_with("panic-once") || !marker.exists() {
                let _ = std::fs::write(marker, "");
                panic(&format!("assignment to entry in nil map, token {}", configured().token));
            }
        }
        "denied" => return Some(failed(&format!("AccessDenied for token {}", configured().token))),
        "throttled" => return Some(failed("ThrottlingException: Rate exceeded")),
        "unknown" => {
            let mut object = prior.clone();
            object.insert("flavor".into(), Json::from(UNKNOWN));
            return Some(state(&object));
        }
        "odd" => {
            let mut object = prior.clone();
            object.insert("stranger".into(), Json::from(true));
            return Some(state(&object));
        }
        "chatty" => {
            let diagnostics = vec![diagnostic(WARNING, "deprecated", "do not worry")];
            return Some(WasRead { diagnostics, ..state(prior) });
        }
        _ => {}
    }
    None
}

pub fn plan(request: Plan) -> Planned {
    let proposed = request.proposed.unwrap_or_default().msgpack;
    let Some(mut object) = decode(&proposed) else { return Planned { state: nil(), private: Vec::new() } };
    for (name, default) in [("id", UNKNOWN), ("flavor", "plain")] {
        if request.type_name == "fake_thing" && object.get(name).is_none_or(|one| one.is_null() || one == UNKNOWN) {
            object.insert(name.into(), Json::from(default));
        }
    }
    Planned { state: value(&object), private: Vec::new() }
}

pub fn apply(request: Apply) -> Applied {
    let planned = request.planned.unwrap_or_default().msgpack;
    let text = |object: &Map<String, Json>| object.get("name").and_then(Json::as_str).unwrap_or_default().to_owned();
    let Some(mut object) = decode(&planned) else {
        let prior = decode(&request.prior.unwrap_or_default().msgpack).unwrap_or_default();
        let _ = std::fs::remove_file(file(&request.type_name, &text(&prior)));
        return Applied { state: nil(), ..Applied::default() };
    };
    if object.get("id").is_some_and(|id| id == UNKNOWN) {
        object.insert("id".into(), Json::from(format!("thing/{}", text(&object))));
    }
    let path = file(&request.type_name, &text(&object));
    let written = std::fs::create_dir_all(path.parent().expect("a parent"))
        .and_then(|()| std::fs::write(&path, Json::Object(object.clone()).to_string()));
    match written {
        Ok(()) => Applied { state: value(&object), private: b"fake private".to_vec(), ..Applied::default() },
        Err(error) => {
            Applied { diagnostics: vec![diagnostic(ERROR, "applying", &error.to_string())], ..Applied::default() }
        }
    }
}

pub fn list(request: List) -> Vec<Listed> {
    let folder = configured().cloud.join(&request.type_name);
    let mut names: Vec<String> = std::fs::read_dir(folder)
        .map(|entries| {
            entries
                .flatten()
                .filter_map(|entry| Some(entry.file_name().to_str()?.strip_suffix(".json")?.to_owned()))
                .collect()
        })
        .unwrap_or_default();
    names.sort();
    let listed = |name: String| {
        let text = std::fs::read_to_string(file(&request.type_name, &name)).unwrap_or_default();
        let object: Map<String, Json> = serde_json::from_str(&text).unwrap_or_default();
        let object = request.include.then(|| value(&whole(&request.type_name, &object))).flatten();
        let identity = (request.type_name == "fake_box").then(|| identity_of(&name));
        Listed { identity, display_name: name, object, diagnostics: Vec::new() }
    };
    names.into_iter().map(listed).collect()
}
