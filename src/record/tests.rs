//! Tests of recordings, written from and replayed to the same fetch.

use super::*;
use crate::config::Configuration;
use crate::fetch::{FetchSettings, fetch};
use crate::interrupt::Interrupt;
use crate::inventory::Inventory;
use crate::plan::reads;
use crate::redact::RedactionKey;
use crate::state::{State, StateText, parse};
use futures::FutureExt;
use futures::future::BoxFuture;
use provider_api::{
    Attributes, Connection, Gap, GapClass, Origin, Provider, ProviderConfiguration, ReadOutcome, ReadRequest, Scope,
    TypeTable,
};
use provider_recorded::Recorded;
use provider_recorded::format::SubjectRecord;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Answers from memory: objects by type, as id and attributes. The alias `broken` cannot be opened.
struct Memory(BTreeMap<&'static str, Vec<(&'static str, Value)>>);

struct Open(BTreeMap<&'static str, Vec<(&'static str, Value)>>, Scope);

impl Provider for Memory {
    fn reader(&self) -> &'static str {
        "native"
    }

    fn serves(&self, source: &str) -> bool {
        source.ends_with("/aws")
    }

    fn resource_types(&self) -> Vec<String> {
        self.0.keys().map(|name| (*name).to_owned()).collect()
    }

    fn recorded_scope(&self, attributes: &Attributes) -> Scope {
        scope(attributes)
    }

    fn connect<'a>(
        &'a self,
        configuration: &'a ProviderConfiguration,
    ) -> BoxFuture<'a, Result<Box<dyn Connection>, Gap>> {
        async move {
            if configuration.name.ends_with(".broken") {
                return Err(Gap { ids: Vec::new(), class: GapClass::Denied, cause: "expired".into() });
            }
            let scope = Scope { account: Some("1".into()), region: Some("eu".into()) };
            Ok(Box::new(Open(self.0.clone(), scope)) as Box<dyn Connection>)
        }
        .boxed()
    }
}

fn scope(attributes: &Attributes) -> Scope {
    Scope { account: attributes.get("account").and_then(Value::as_str).map(str::to_owned), region: None }
}

impl Connection for Open {
    fn scope(&self) -> &Scope {
        &self.1
    }

    fn read<'a>(&'a self, request: &'a ReadRequest<'a>) -> BoxFuture<'a, ReadOutcome> {
        let Some(objects) = self.0.get(request.resource_type) else {
            return async { ReadOutcome::unread(GapClass::Unsupported, "not known") }.boxed();
        };
        let mut outcome = ReadOutcome { api_calls: 3, ..ReadOutcome::default() };
        for (id, attributes) in objects {
            let attributes = serde_json::value::to_raw_value(attributes).unwrap();
            let object = LiveObject::new(*id, attributes);
            if request.instances.iter().any(|instance| instance.id == *id) {
                outcome.objects.push(object);
            } else if request.unrequested {
                let origin = Origin::OwnedBy("aws_instance i-1".into());
                outcome.unrequested.push(LiveObject { origin, ..object });
            }
        }
        if request.instances.iter().any(|instance| instance.id == "vpc-hidden") {
            outcome.gaps.push(Gap { ids: vec!["vpc-hidden".into()], class: GapClass::Denied, cause: "hidden".into() });
        }
        async { outcome }.boxed()
    }
}

const AWS: &str = r#"provider["registry.terraform.io/hashicorp/aws"]"#;

/// A state of instances given as type, name, provider and attributes.
fn state(instances: &[(&str, &str, &str, Value)]) -> StateText {
    let resource = |(resource_type, name, provider, attributes): &(&str, &str, &str, Value)| {
        json!({"mode": "managed", "type": resource_type, "name": name, "provider": provider,
            "instances": [{"schema_version": 1, "attributes": attributes,
                "sensitive_attributes": [[{"type": "get_attr", "value": "marked"}]]}]})
    };
    let resources: Vec<Value> = instances.iter().map(resource).collect();
    let text = json!({"version": 4, "serial": 1, "lineage": "l", "resources": resources}).to_string();
    StateText::new("test", text)
}

fn memory() -> Box<dyn Provider> {
    let vpc = json!({"id": "vpc-1", "cidr": "10.0.0.0/8", "n": 1.10});
    let other = json!({"id": "vpc-9", "name": "\u{1b}[31m\n\"é"});
    Box::new(Memory(
        [("aws_subnet", vec![]), ("aws_vpc", vec![("vpc-9", other), ("vpc-1", vpc), ("vpc-8", json!({}))])].into(),
    ))
}

fn instances() -> StateText {
    let broken = format!("{AWS}.broken");
    let random = r#"provider["registry.terraform.io/hashicorp/random"]"#;
    state(&[
        ("aws_vpc", "one", AWS, json!({"id": "vpc-1", "account": "1"})),
        ("aws_vpc", "gone", AWS, json!({"id": "vpc-2"})),
        ("aws_vpc", "hidden", AWS, json!({"id": "vpc-hidden"})),
        ("aws_odd", "odd", AWS, json!({"id": "odd-1"})),
        ("aws_vpc", "broken", &broken, json!({"id": "vpc-3", "account": "1"})),
        ("random_id", "r", random, json!({"id": "r"})),
        ("aws_vpc", "west", &format!("{AWS}.west"), json!({"id": "vpc-9"})),
    ])
}

fn read_live(plan: &mut ReadPlan<'_>, providers: &[Box<dyn Provider>]) -> Live {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    let (settings, interrupt) = (FetchSettings::default(), Interrupt::default());
    runtime.block_on(fetch(plan, providers, &settings, &interrupt, &|_| ())).unwrap()
}

fn no_types(_: &str) -> Option<&'static TypeTable> {
    None
}

/// Reads a state, and records what was read if told where. Returns what was read, as text.
fn run(text: &StateText, provider: Box<dyn Provider>, unmanaged: bool, record_to: Option<&Path>) -> String {
    let states = [parse(text).unwrap()];
    let mut configuration = Configuration::default();
    configuration.directory = "net".into();
    let providers = [provider];
    let mut plan =
        reads(&[&configuration], &states, &providers, &Inventory { wanted: unmanaged, ..Inventory::default() });
    let live = read_live(&mut plan, &providers);
    if let Some(dir) = record_to {
        let keys = [RedactionKey::of_state(&text.text)];
        write(dir, &[(&plan, &live)], &Redactor { states: &states, keys: &keys, types: &no_types }).unwrap();
    }
    format!("{live:#?}")
}

fn replay(dir: &Path) -> Box<dyn Provider> {
    Box::new(Recorded::open(dir).unwrap().with_recorded_scope(scope))
}

#[test]
fn a_replay_reads_what_was_recorded() {
    for unmanaged in [false, true] {
        let dir = tempfile::tempdir().unwrap();
        let dir = dir.path().join("a/recording");
        let live = run(&instances(), memory(), unmanaged, Some(&dir));
        for expected in
            ["expired", "hidden", "not known", "no provider module reads", "\"native\"", "\"none\"", "net:provider"]
        {
            assert!(live.contains(expected), "{expected}");
        }
        assert_eq!(live.contains("aws_instance i-1"), unmanaged);
        let replayed = run(&instances(), replay(&dir), unmanaged, None);
        for (line, (expected, found)) in live.lines().zip(replayed.lines()).enumerate() {
            assert_eq!(expected, found, "line {line}");
        }
        assert_eq!(live.len(), replayed.len());
        // A recording of a replay is the same recording.
        let second = dir.with_file_name("second");
        run(&instances(), replay(&dir), unmanaged, Some(&second));
        assert_eq!(files(&dir), files(&second));
    }
}

fn files(dir: &Path) -> Vec<(String, String)> {
    let mut files: Vec<_> = fs::read_dir(dir)
        .unwrap()
        .map(|entry| entry.unwrap())
        .map(|entry| (entry.file_name().into_string().unwrap(), fs::read_to_string(entry.path()).unwrap()))
        .collect();
    files.sort();
    files
}

/// What a recording's connection tells of who changed `vpc-1` and another object.
fn activity(dir: &Path, other: &str) -> provider_api::ActivityOutcome {
    let subject =
        |id| provider_api::ActivitySubject { resource_type: "aws_vpc", id, ..provider_api::ActivitySubject::default() };
    let subjects = vec![subject(other), subject("vpc-1")];
    let request = provider_api::ActivityRequest { subjects, ..provider_api::ActivityRequest::default() };
    let provider = replay(dir);
    assert!(provider.tells_activity());
    let configuration = ProviderConfiguration { name: format!("net:{AWS}"), ..ProviderConfiguration::default() };
    let connection = provider.connect(&configuration).now_or_never().unwrap().unwrap();
    connection.activity(&request).now_or_never().unwrap()
}

#[test]
fn who_changed_objects_is_kept_and_replayed() {
    let dir = tempfile::tempdir().unwrap();
    run(&instances(), memory(), false, Some(dir.path()));
    assert!(activity(dir.path(), "vpc-2").gaps[0].cause.contains("record with --activity"));
    let event = json!({"subject": 0, "id": "e", "at": "2026-03-01T10:00:00Z", "action": "ec2:DeleteVpc", "certain": true, "tool": "console",
        "actor": {"kind": "person", "identity": "ann\u{1b}[31m"}, "from": "203.0.113.7", "request": {"n": 1.10}});
    let outcome: provider_api::ActivityOutcome = serde_json::from_value(json!({"events": [event], "api_calls": 3,
        "begins": "2026-01-01T00:00:00Z", "gaps": [{"ids": ["vpc-1"], "class": "timed_out", "cause": "late"},
            {"ids": ["vpc-8"], "class": "failed", "cause": "another's"}]}))
    .unwrap();
    let subjects = ["vpc-1", "vpc-2"].map(|id| SubjectRecord { resource_type: "aws_vpc".into(), id: id.into() });
    let answered =
        ConnectionActivity { name: format!("net:{AWS}"), subjects: subjects.into(), outcome: outcome.clone() };
    add_activity(dir.path(), vec![answered.clone()]).unwrap();
    let mut expected = outcome;
    expected.events[0].subject = 1;
    expected.gaps.truncate(1);
    assert_eq!(activity(dir.path(), "vpc-2"), expected);
    let not_asked = activity(dir.path(), "vpc-9");
    assert_eq!((not_asked.events.len(), not_asked.gaps[1].ids.as_slice()), (1, &["vpc-9".to_owned()][..]));
    // The same answers are the same bytes, and a new recording in the same place has none of them.
    let first = files(dir.path());
    add_activity(dir.path(), vec![answered]).unwrap();
    assert_eq!(files(dir.path()), first);
    run(&instances(), memory(), false, Some(dir.path()));
    assert!(!dir.path().join(ACTIVITY).exists());
    fs::write(dir.path().join(ACTIVITY), "{\"connections\": 7}").unwrap();
    assert!(activity(dir.path(), "vpc-2").gaps[0].cause.contains("cannot be used"));
}

#[test]
fn what_was_not_recorded_is_a_gap() {
    let dir = tempfile::tempdir().unwrap();
    run(&state(&[("aws_vpc", "one", AWS, json!({"id": "vpc-1"}))]), memory(), false, Some(dir.path()));
    let later = state(&[
        ("aws_vpc", "one", AWS, json!({"id": "vpc-1"})),
        ("aws_vpc", "new", AWS, json!({"id": "vpc-new"})),
        ("aws_subnet", "new", AWS, json!({"id": "subnet-1"})),
    ]);
    let replayed = run(&later, replay(dir.path()), false, None);
    assert!(replayed.contains("the recording does not hold aws_subnet of this provider configuration"));
    assert!(replayed.contains("not in the recording: nobody asked for it then"));
    assert!(replayed.contains("10.0.0.0/8"));
    // Unmanaged objects were not recorded: a replay must not look as if there were none.
    let replayed = run(&later, replay(dir.path()), true, None);
    assert!(replayed.contains("record with --unmanaged"));
}

#[test]
fn sensitive_values_are_not_kept() {
    let secrets = json!({"id": "vpc-1", "marked": {"a": "s3cret-1"}, "plain": "kept", "password": "s3cret-2",
        "list": [{"password": "s3cret-3", "x": 1}], "empty": {"password": null},
        "tags_all": {"marked": "tag"}});
    let schema = json!({"provider_version": "1", "types": {"aws_vpc": {"attributes": {
            "password": {"type": "string", "flags": "os"}, "plain": {"type": "string", "flags": "o"},
            "tags_all": {"type": ["map", "string"], "flags": "c"}},
        "blocks": {"list": {"nesting": "list", "attributes": {"password": {"type": "string", "flags": "rs"}}},
            "empty": {"nesting": "single", "attributes": {"password": {"type": "string", "flags": "rs"}}}}}}});
    let table: &'static TypeTable = Box::leak(Box::new(TypeTable {
        types: &[],
        owners: &[],
        stand_ins: &[],
        schemas: serde_json::from_value(schema).unwrap(),
    }));
    let text = state(&[(
        "aws_vpc",
        "one",
        AWS,
        json!({"id": "vpc-1", "password": "s3cret-2", "list": [{"password": "s3cret-old"}]}),
    )]);
    let states: Vec<State<'_>> = vec![parse(&text).unwrap()];
    let keys = [RedactionKey::of_state(&text.text)];
    let providers: Vec<Box<dyn Provider>> = vec![Box::new(Memory([("aws_vpc", vec![("vpc-1", secrets)])].into()))];
    let configuration = Configuration::default();
    let mut plan = reads(&[&configuration], &states, &providers, &Inventory::default());
    let live = read_live(&mut plan, &providers);
    let dir = tempfile::tempdir().unwrap();
    let types = |_: &str| Some(table);
    write(dir.path(), &[(&plan, &live)], &Redactor { states: &states, keys: &keys, types: &types }).unwrap();
    for (name, text) in files(dir.path()) {
        assert!(!text.contains("s3cret"), "{name}: {text}");
    }
    let replayed = read_live(&mut plan, &[replay(dir.path())]);
    let attributes: Value =
        serde_json::from_str(replayed.connections[0].batches[0].outcome.objects[0].attributes.get()).unwrap();
    let key = &keys[0];
    let digest = |value: &Value| key.digest(value);
    assert_eq!(attributes["plain"], "kept");
    assert_eq!(attributes["tags_all"]["marked"], "tag");
    assert_eq!(attributes["empty"], json!({"password": null}));
    assert_eq!(attributes["list"][0]["x"], 1);
    for (kept, secret) in [
        (&attributes["password"], json!("s3cret-2")),
        (&attributes["marked"], json!({"a": "s3cret-1"})),
        (&attributes["list"][0]["password"], json!("s3cret-3")),
    ] {
        assert_eq!(key.read_mark(kept), Some(Some(digest(&secret).as_str())), "{kept}");
    }
}

#[test]
fn nothing_but_a_recording_is_replaced() {
    let dir = tempfile::tempdir().unwrap();
    let record = |dir: &Path| {
        let text = instances();
        let states = [parse(&text).unwrap()];
        let keys = [RedactionKey::of_state(&text.text)];
        let providers = [memory()];
        let mut plan = reads(&[&Configuration::default()], &states, &providers, &Inventory::default());
        let live = read_live(&mut plan, &providers);
        write(dir, &[(&plan, &live)], &Redactor { states: &states, keys: &keys, types: &no_types })
    };
    let file = dir.path().join("file");
    fs::write(&file, "x").unwrap();
    assert!(matches!(record(&file), Err(RecordError::NotADirectory { .. })));
    assert!(matches!(record(dir.path()), Err(RecordError::Occupied { found, .. }) if found == "file"));
    assert!(matches!(record(&file.join("below")), Err(RecordError::Io { .. })));
    fs::remove_file(&file).unwrap();

    record(dir.path()).unwrap();
    let first = files(dir.path());
    assert!(first.iter().any(|(name, _)| name == MANIFEST));
    // What an earlier or interrupted recording has left is gone afterwards.
    fs::write(dir.path().join("objects-99.jsonl"), "x").unwrap();
    fs::create_dir(dir.path().join(".recording-left")).unwrap();
    record(dir.path()).unwrap();
    assert_eq!(files(dir.path()), first);
    #[cfg(unix)]
    for (name, _) in &first {
        use std::os::unix::fs::PermissionsExt;
        assert_eq!(fs::metadata(dir.path().join(name)).unwrap().permissions().mode() & 0o777, 0o600);
    }
}

#[test]
fn a_failed_recording_leaves_the_earlier_one() {
    let dir = tempfile::tempdir().unwrap();
    let text = instances();
    let states = [parse(&text).unwrap()];
    let providers = [memory()];
    let mut plan = reads(&[&Configuration::default()], &states, &providers, &Inventory::default());
    let mut live = read_live(&mut plan, &providers);
    let keys = [RedactionKey::of_state(&text.text)];
    let redactor = Redactor { states: &states, keys: &keys, types: &no_types };
    write(dir.path(), &[(&plan, &live)], &redactor).unwrap();
    let first = files(dir.path());
    let object = live.connections[0].batches.iter_mut().find_map(|batch| batch.outcome.objects.first_mut()).unwrap();
    let deep = format!("{{\"a\":{}{}}}", "[".repeat(1000), "]".repeat(1000));
    object.attributes = serde_json::value::RawValue::from_string(deep).unwrap();
    let failed = write(dir.path(), &[(&plan, &live)], &redactor);
    assert!(matches!(failed, Err(RecordError::Object { id, .. }) if id == "vpc-1"));
    assert_eq!(files(dir.path()), first);
    let fresh = dir.path().join("fresh");
    assert!(write(&fresh, &[(&plan, &live)], &redactor).is_err());
    assert!(!fresh.exists());
}
