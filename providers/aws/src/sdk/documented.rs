//! Types that no emulator holds, against answers in the form that AWS documents: one file a type in `testdata/answers`, with
//! what state recorded, what each call answers, and the object that has to come of it.

use super::tests::{attributes, ids, place, read};
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::PathBuf;

/// One file.
#[derive(serde::Deserialize)]
struct Documented {
    /// Where the form of the answers is documented.
    source: String,
    /// Recorded attributes of the managed instance.
    recorded: Value,
    /// The id by which it is known, where that is not the recorded one.
    #[serde(default)]
    id: Option<String>,
    /// Bodies by operation, or by path and query; JSON, or text for what is XML.
    answers: BTreeMap<String, Value>,
    /// The live attributes.
    live: Value,
    /// The ids of objects that nobody asked for.
    #[serde(default)]
    unrequested: Vec<String>,
}

fn folder() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/testdata/answers"))
}

fn check(resource_type: &str, mut case: Documented) {
    assert!(!case.source.is_empty(), "{resource_type}: the source is missing");
    if let Some(id) = &case.id {
        case.recorded["id"] = Value::from(id.as_str());
    }
    let id = case.recorded["id"].as_str().unwrap_or_default().to_owned();
    let answers = std::mem::take(&mut case.answers);
    let known: Vec<String> = answers.keys().cloned().collect();
    let place = place(move |operation| match answers.get(operation) {
        Some(Value::String(text)) => Some((200, text.clone())),
        Some(body) => Some((200, body.to_string())),
        None => Some((400, format!("{{\"__type\": \"UnexpectedCall\", \"message\": \"{operation}\"}}"))),
    });
    let outcome = read(&place, resource_type, std::slice::from_ref(&case.recorded));
    assert!(outcome.gaps.is_empty(), "{resource_type}: {:?}; answers: {known:?}", outcome.gaps);
    let live = attributes(&outcome.objects, &id);
    if std::env::var_os("UPDATE_EXPECTED").is_some() {
        let path = folder().join(format!("{resource_type}.json"));
        let mut file: Value = serde_json::from_str(&std::fs::read_to_string(&path).expect("a file")).expect("JSON");
        file["live"] = live;
        std::fs::write(&path, serde_json::to_string_pretty(&file).expect("JSON") + "\n").expect("a written file");
        return;
    }
    assert_eq!(live, case.live, "{resource_type}");
    assert_eq!(ids(&outcome.unrequested), case.unrequested, "{resource_type}");
}

#[test]
fn documented_answers_become_objects() {
    let mut seen = 0;
    for entry in std::fs::read_dir(folder()).expect("the folder of answers") {
        let path = entry.expect("an entry").path();
        let resource_type = path.file_stem().expect("a name").to_string_lossy().into_owned();
        let text = std::fs::read_to_string(&path).expect("a file");
        let case = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{resource_type}: {error}"));
        check(&resource_type, case);
        seen += 1;
    }
    assert!(seen > 0, "no answers");
}
