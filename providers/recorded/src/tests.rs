//! Tests of replaying what may be damaged or hostile.

use crate::format::{BatchRecord, ConnectionRecord, MANIFEST, Recording, VERSION, is_file_of_recording};
use crate::{Recorded, RecordingError, objects};
use futures::FutureExt;
use provider_api::{GapClass, Provider, ProviderConfiguration, ReadOutcome, ReadRequest, RequestedInstance, Scope};
use serde_json::value::RawValue;
use std::fs;
use std::path::Path;

const NAME: &str = r#"provider["registry.terraform.io/hashicorp/aws"]"#;
const LINE: &str = r#"{"type":"aws_vpc","id":"vpc-1","requested":true,"origin":"created","attributes":{"a":1}}"#;

/// A replay never waits.
fn block_on<T>(future: impl Future<Output = T>) -> T {
    future.now_or_never().unwrap()
}

fn recording(objects: u64) -> Recording {
    let batch = BatchRecord {
        resource_type: "aws_vpc".into(),
        requested: vec!["vpc-1".into()],
        lists_unrequested: true,
        listed: true,
        objects,
        unrequested: 0,
        api_calls: 1,
        gaps: Vec::new(),
        schema: None,
    };
    let connection = ConnectionRecord {
        name: NAME.into(),
        source: "registry.terraform.io/hashicorp/aws".into(),
        reader: "native".into(),
        scope: Scope::default(),
        recorded_scope: Scope::default(),
        gap: None,
        program: None,
        batches: vec![batch],
    };
    Recording {
        format_version: VERSION.into(),
        tool_version: "0".into(),
        unmanaged: true,
        connections: vec![connection],
    }
}

fn save(dir: &Path, recording: &Recording, lines: &str) {
    fs::write(dir.join(MANIFEST), serde_json::to_string(recording).unwrap()).unwrap();
    fs::write(dir.join("objects-0.jsonl"), lines).unwrap();
}

fn read(dir: &Path, name: &str, ids: &[&str]) -> Result<ReadOutcome, String> {
    let provider = Recorded::open(dir).map_err(|error| error.to_string())?;
    let configuration = ProviderConfiguration { name: name.into(), ..ProviderConfiguration::default() };
    let connection = block_on(provider.connect(&configuration)).map_err(|gap| gap.cause)?;
    let empty = RawValue::from_string("{}".into()).unwrap();
    let instance = |id| RequestedInstance::new(id, &empty);
    let instances = ids.iter().copied().map(instance).collect();
    let request = ReadRequest { resource_type: "aws_vpc", instances, unrequested: true, until: None };
    Ok(block_on(connection.read(&request)))
}

#[track_caller]
fn fails(lines: &str, objects: u64, expected: &str) {
    let dir = tempfile::tempdir().unwrap();
    save(dir.path(), &recording(objects), lines);
    let outcome = read(dir.path(), NAME, &["vpc-1"]).unwrap();
    assert!(outcome.objects.is_empty() && outcome.unrequested.is_empty());
    let [gap] = outcome.gaps.as_slice() else { panic!("{:?}", outcome.gaps) };
    assert_eq!((gap.class, gap.ids.len()), (GapClass::Failed, 0));
    assert!(gap.cause.contains(expected), "{}", gap.cause);
    assert!(!gap.cause.contains("s3cret"), "{}", gap.cause);
}

#[test]
fn damaged_objects_are_a_gap_of_their_type() {
    let good = format!("{LINE}\n");
    fails(LINE, 1, "line 1 ends in the middle");
    fails(&format!("{good}{{\"type\":\"s3cret\n"), 1, "line 2 is no object record");
    fails(&format!("{good}\u{0}\n"), 1, "line 2 is no object record");
    fails(&good.replace("aws_vpc", "aws_s3cret"), 1, "line 1 is no object of this type");
    fails(&good.replace("{\"a\":1}", "[\"s3cret\"]"), 1, "line 1 is no object of this type");
    fails(&good, 2, "it holds 1 objects where 2 were recorded");
    fails("", u64::MAX, "it holds 0 objects where");
    fails(&format!("{good}{good}"), 1, "it holds 2 objects where 1 were recorded");
    fails(&"x".repeat(objects::MAX_LINE_BYTES + 2), 1, "line 1 is longer than 16 MiB");
}

#[test]
fn only_files_of_the_recording_are_read() {
    let dir = tempfile::tempdir().unwrap();
    save(dir.path(), &recording(1), "");
    let objects = dir.path().join("objects-0.jsonl");
    fs::remove_file(&objects).unwrap();
    let cause = |outcome: ReadOutcome| outcome.gaps[0].cause.clone();
    assert!(cause(read(dir.path(), NAME, &[]).unwrap()).contains("cannot be used"));
    fs::create_dir(&objects).unwrap();
    assert!(cause(read(dir.path(), NAME, &[]).unwrap()).contains("not a regular file"));
    #[cfg(unix)]
    {
        fs::remove_dir(&objects).unwrap();
        let outside = tempfile::NamedTempFile::new().unwrap();
        fs::write(outside.path(), format!("{LINE}\n")).unwrap();
        std::os::unix::fs::symlink(outside.path(), &objects).unwrap();
        assert!(cause(read(dir.path(), NAME, &[]).unwrap()).contains("not a regular file"));
    }
    for (name, expected) in [
        (MANIFEST, true),
        ("objects-12.jsonl", true),
        ("objects-.jsonl", false),
        ("objects-../x.jsonl", false),
        ("objects-1.json", false),
        ("notes.txt", false),
    ] {
        assert_eq!(is_file_of_recording(name), expected, "{name}");
    }
}

#[test]
fn connections_are_found_by_name_or_by_their_only_source() {
    let dir = tempfile::tempdir().unwrap();
    let mut one = recording(1);
    save(dir.path(), &one, &format!("{LINE}\n"));
    let found = |name: &str| read(dir.path(), name, &["vpc-1"]).map(|outcome| outcome.objects.len());
    assert_eq!(found(NAME), Ok(1));
    assert_eq!(found(&format!("other:{NAME}.west")), Ok(1));
    let other = r#"provider["registry.terraform.io/hashicorp/google"]"#;
    assert_eq!(found(other), Err(format!("the recording does not hold {other}")));
    let mut second = one.connections[0].clone();
    second.name = format!("{NAME}.west");
    one.connections.push(second);
    save(dir.path(), &one, &format!("{LINE}\n"));
    assert_eq!(found(NAME), Ok(1));
    assert!(found(&format!("other:{NAME}")).is_err());
}

#[test]
fn objects_change_sides_with_who_asks() {
    let dir = tempfile::tempdir().unwrap();
    let mut recording = recording(1);
    recording.connections[0].batches[0].unrequested = 1;
    let second = LINE.replace("vpc-1", "vpc-2").replace("true", "false");
    save(dir.path(), &recording, &format!("{LINE}\n{second}\n"));
    let outcome = read(dir.path(), NAME, &["vpc-2", "vpc-3"]).unwrap();
    assert_eq!((outcome.objects[0].id.as_str(), outcome.unrequested[0].id.as_str()), ("vpc-2", "vpc-1"));
    let [gap] = outcome.gaps.as_slice() else { panic!("{:?}", outcome.gaps) };
    assert_eq!((gap.class, gap.ids.as_slice()), (GapClass::Unsupported, &["vpc-3".to_owned()][..]));
}

#[test]
fn what_is_no_recording_is_named() {
    let dir = tempfile::tempdir().unwrap();
    let open = || Recorded::open(dir.path()).map(|_| ()).unwrap_err();
    assert!(matches!(open(), RecordingError::NotARecording { .. }));
    assert!(matches!(Recorded::open(&dir.path().join("none")).map(|_| ()), Err(RecordingError::NotARecording { .. })));
    let good = serde_json::to_string(&recording(1)).unwrap();
    for (text, expected) in [
        (String::new(), "ends in the middle"),
        (good[..good.len() / 2].to_owned(), "ends in the middle"),
        ("[]".into(), "not the shape of a recording"),
        ("{nonsense".into(), "not valid JSON"),
        (good.replace(r#""1.0""#, r#""2.0""#), "has format version 2.0, which is not known"),
        (good.replace("\"api_calls\":1", "\"api_calls\":18446744073709551615"), "a number of calls is out of range"),
        (good.replace("\"source\"", "\"sauce\""), "not the shape of a recording"),
        ("[".repeat(100_000), "recursion"),
    ] {
        fs::write(dir.path().join(MANIFEST), text).unwrap();
        let error = open();
        let (shown, depth) = (error.to_string(), expected == "recursion");
        assert!(shown.contains(if depth { "damaged" } else { expected }), "{shown}");
        assert!(!error.hint().is_empty());
    }
    let mut twice = recording(1);
    twice.connections.push(twice.connections[0].clone());
    save(dir.path(), &twice, "");
    assert!(open().to_string().contains("two connections of one reader have the same name"));
    // Keys of a later minor version are no obstacle.
    fs::write(dir.path().join(MANIFEST), good.replace(r#""1.0""#, r#""1.7","new":{}"#)).unwrap();
    assert!(Recorded::open(dir.path()).is_ok());
}
