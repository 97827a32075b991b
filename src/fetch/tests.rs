//! Tests of reading, through a provider that answers from memory.

use super::*;
use crate::plan::PlannedBatch;
use futures::future::BoxFuture;
use provider_api::{Attributes, LiveObject, ProviderConfiguration, ReadRequest, RequestedInstance};
use serde_json::value::RawValue;
use std::sync::{Arc, Mutex};

/// Behaves as the resource type says: `hang`, `panic`, `denied` and `absent`; otherwise finds all that is asked for and
/// one object more. A configuration may set `account`, `hang`, `panic` and `fail`.
#[derive(Default)]
struct Fake {
    replays: bool,
    /// What was asked, as `account type [ids] unrequested`.
    asked: Arc<Mutex<Vec<String>>>,
}

struct FakeConnection {
    scope: Scope,
    may: bool,
    asked: Arc<Mutex<Vec<String>>>,
}

fn gap(class: GapClass, cause: &str) -> Gap {
    Gap { ids: Vec::new(), class, cause: cause.into() }
}

impl Provider for Fake {
    fn reader(&self) -> &'static str {
        "native"
    }

    fn serves(&self, source: &str) -> bool {
        source.ends_with("/fake")
    }

    fn resource_types(&self) -> Vec<String> {
        Vec::new()
    }

    fn joins_requests(&self) -> bool {
        !self.replays
    }

    fn recorded_scope(&self, _: &Attributes) -> Scope {
        Scope::default()
    }

    fn connect<'a>(
        &'a self,
        configuration: &'a ProviderConfiguration,
    ) -> BoxFuture<'a, Result<Box<dyn Connection>, Gap>> {
        let set = |name: &str| configuration.known.contains_key(name);
        assert!(!set("panic"), "connect");
        async move {
            if set("hang") {
                futures::future::pending::<()>().await;
            }
            if set("fail") {
                return Err(gap(GapClass::Denied, "no credentials"));
            }
            let account = configuration.known.get("account").and_then(|value| value.as_str()).map(str::to_owned);
            let scope = Scope { account, region: None };
            Ok(Box::new(FakeConnection { scope, may: !set("denied"), asked: self.asked.clone() })
                as Box<dyn Connection>)
        }
        .boxed()
    }
}

impl Connection for FakeConnection {
    fn scope(&self) -> &Scope {
        &self.scope
    }

    fn read<'a>(&'a self, request: &'a ReadRequest<'a>) -> BoxFuture<'a, ReadOutcome> {
        let ids: Vec<&str> = request.instances.iter().map(|instance| instance.id).collect();
        let account = self.scope.account.as_deref().unwrap_or("-");
        let line = format!("{account} {} {ids:?} {}", request.resource_type, request.unrequested);
        self.asked.lock().unwrap().push(line);
        let object = |id: &str| LiveObject::new(id, RawValue::from_string("{}".into()).unwrap());
        let mut outcome = ReadOutcome { api_calls: 2, ..ReadOutcome::default() };
        if !self.may {
            return async { ReadOutcome::unread(GapClass::Denied, "not allowed") }.boxed();
        }
        match request.resource_type {
            "hang" => return futures::future::pending().boxed(),
            "panic" => panic!("on purpose"),
            "absent" => {}
            "partial" => outcome
                .gaps
                .push(Gap { ids: ids.iter().map(|id| (*id).into()).collect(), ..gap(GapClass::Failed, "x") }),
            _ => outcome.objects = ids.iter().map(|id| object(id)).collect(),
        }
        if request.unrequested {
            outcome.unrequested.push(object("other"));
        }
        // Answers in another order than it was asked.
        async move {
            for _ in 0..request.resource_type.len() {
                tokio::task::yield_now().await;
            }
            outcome
        }
        .boxed()
    }
}

/// A connection: its settings, whether unrequested objects are wanted, and types with ids.
type Side<'s> = (&'s str, bool, &'s [(&'s str, &'s [&'s str])]);

fn plan<'a>(source: &str, sides: &[Side<'a>], empty: &'a RawValue) -> ReadPlan<'a> {
    let batch = |unrequested: bool, (resource_type, ids): &(&str, &'a [&'a str])| PlannedBatch {
        resource_type: (*resource_type).to_owned(),
        instances: (0..ids.len()).map(|instance| InstanceIndex { state: 0, instance }).collect(),
        requested: ids.iter().map(|id| RequestedInstance::new(id, empty)).collect(),
        unrequested,
    };
    let connection = |(position, (settings, unrequested, batches)): (usize, &Side<'a>)| PlannedConnection {
        provider: Some(0),
        directory: String::new(),
        reference: String::new(),
        inventory: false,
        source: source.into(),
        configuration: ProviderConfiguration {
            name: format!("c{position}"),
            known: serde_json::from_str(settings).unwrap(),
            recorded_scope: Scope { account: Some("recorded".into()), region: None },
            ..ProviderConfiguration::default()
        },
        batches: batches.iter().map(|side| batch(*unrequested, side)).collect(),
    };
    ReadPlan { connections: sides.iter().enumerate().map(connection).collect() }
}

fn run<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(future)
}

const SETTINGS: FetchSettings =
    FetchSettings { batch_deadline: Duration::from_millis(200), deadline: Duration::from_secs(60) };

/// What is read, a line per batch, and what was asked.
fn read(fake: Fake, settings: &FetchSettings, sides: &[Side<'_>]) -> (Vec<String>, Vec<String>) {
    let asked = fake.asked.clone();
    let empty = RawValue::from_string("{}".into()).unwrap();
    let mut plan = plan("example.com/x/fake", sides, &empty);
    let providers: Vec<Box<dyn Provider>> = vec![Box::new(fake)];
    let steps = Mutex::new(Vec::new());
    let progress = |progress: Progress| steps.lock().unwrap().push(progress);
    let live = run(fetch(&mut plan, &providers, settings, &Interrupt::default(), &progress)).unwrap();
    let last = *steps.lock().unwrap().last().unwrap();
    assert_eq!(last.done, last.total);
    let mut lines = Vec::new();
    for (connection, planned) in live.connections.iter().zip(&plan.connections) {
        assert_eq!(connection.configuration, planned.configuration.name);
        assert_eq!(connection.reader, "native");
        for (batch, planned) in connection.batches.iter().zip(&planned.batches) {
            assert_eq!(batch.resource_type, planned.resource_type);
            assert_eq!(batch.ids.len(), batch.instances.len());
            let ids = |objects: &[LiveObject]| objects.iter().map(|object| object.id.clone()).collect::<Vec<_>>();
            let outcome = &batch.outcome;
            let gaps: Vec<String> =
                outcome.gaps.iter().map(|gap| format!(" {:?} {:?} {}", gap.class, gap.ids, gap.cause)).collect();
            lines.push(format!(
                "{} {} {:?}+{:?} {}{}",
                connection.configuration,
                batch.resource_type,
                ids(&outcome.objects),
                ids(&outcome.unrequested),
                outcome.api_calls,
                gaps.concat()
            ));
        }
    }
    let asked = asked.lock().unwrap().clone();
    (lines, asked)
}

fn check(sides: &[Side<'_>], expected: &[&str]) -> Vec<String> {
    let (lines, asked) = read(Fake::default(), &SETTINGS, sides);
    assert_eq!(lines, expected);
    asked
}

#[test]
fn everything_is_read_in_the_order_of_the_plan() {
    check(
        &[
            (r#"{"account":"1"}"#, true, &[("longer", &["a", "b"]), ("t", &[])]),
            (r#"{"account":"2"}"#, false, &[("t", &["c"])]),
        ],
        &[r#"c0 longer ["a", "b"]+["other"] 2"#, r#"c0 t []+["other"] 2"#, r#"c1 t ["c"]+[] 2"#],
    );
}

#[test]
fn a_reader_that_hangs_or_panics_leaves_a_gap() {
    let batches: &[(&str, &[&str])] = &[("hang", &["a"]), ("panic", &["b"]), ("t", &["c"])];
    check(
        &[
            (r#"{"account":"1"}"#, false, batches),
            (r#"{"hang":1}"#, false, &[("t", &["d"])]),
            (r#"{"panic":1}"#, false, &[("t", &["e"])]),
            (r#"{"fail":1}"#, false, &[("t", &["f"]), ("u", &["g"])]),
        ],
        &[
            "c0 hang []+[] 0 TimedOut [] hang: no answer within 200ms, the deadline of a read",
            "c0 panic []+[] 0 Failed [] panic: the reader failed by a fault of its own",
            r#"c0 t ["c"]+[] 2"#,
            "c1 t []+[] 0 TimedOut [] opening the connection: no answer within 200ms, the deadline of a read",
            "c2 t []+[] 0 Failed [] opening the connection: the reader failed by a fault of its own",
            "c3 t []+[] 0 Denied [] no credentials",
            "c3 u []+[] 0 Denied [] no credentials",
        ],
    );
}

#[test]
fn the_deadline_of_the_scan_holds_for_every_read() {
    let settings = FetchSettings { batch_deadline: Duration::from_secs(60), deadline: Duration::from_millis(100) };
    let (lines, _) = read(Fake::default(), &settings, &[("{}", false, &[("hang", &["a"]), ("t", &["b"])])]);
    let late = "c0 hang []+[] 0 TimedOut [] hang: no answer within 100ms, the deadline of the scan";
    assert_eq!(lines, [late, r#"c0 t ["b"]+[] 2"#]);
}

#[test]
fn configurations_of_one_scope_are_read_together() {
    let same = r#"{"account":"1","default_tags":[{}]}"#;
    let asked = check(
        &[
            (r#"{"account":"1"}"#, true, &[("partial", &["p"]), ("t", &["a", "b"])]),
            (same, true, &[("partial", &["q"]), ("t", &["b", "c"]), ("u", &["d"])]),
            (r#"{"account":"1","endpoints":[{"x":"y"}]}"#, true, &[("t", &["e"])]),
        ],
        &[
            r#"c0 partial []+["other"] 2 Failed ["p"] x"#,
            r#"c0 t ["a", "b"]+["other"] 2"#,
            r#"c1 partial []+[] 0 Failed ["q"] x"#,
            r#"c1 t ["b", "c"]+[] 0"#,
            r#"c1 u ["d"]+["other"] 2"#,
            r#"c2 t ["e"]+["other"] 2"#,
        ],
    );
    assert_eq!(asked.len(), 4);
    assert!(asked.contains(&r#"1 t ["a", "b", "c"] true"#.to_owned()), "{asked:?}");
}

#[test]
fn a_scope_without_an_account_is_shared_by_the_same_settings_only() {
    let asked = check(
        &[("{}", false, &[("t", &["a"])]), (r#"{"x":1}"#, false, &[("t", &["b"])]), ("{}", false, &[("t", &["c"])])],
        &[r#"c0 t ["a"]+[] 2"#, r#"c1 t ["b"]+[] 2"#, r#"c2 t ["c"]+[] 0"#],
    );
    assert_eq!(asked.len(), 2);
}

#[test]
fn what_the_first_may_not_read_the_others_try() {
    check(
        &[(r#"{"account":"1","denied":1}"#, true, &[("t", &["a"])]), (r#"{"account":"1"}"#, true, &[("t", &["b"])])],
        &[r#"c0 t []+[] 0 Denied [] not allowed"#, r#"c1 t ["b"]+[] 2"#],
    );
}

#[test]
fn a_recording_is_asked_as_it_was_made() {
    let sides: &[Side<'_>] =
        &[(r#"{"account":"1"}"#, true, &[("t", &["a"])]), (r#"{"account":"1"}"#, true, &[("t", &["a"])])];
    let (lines, asked) = read(Fake { replays: true, ..Fake::default() }, &SETTINGS, sides);
    assert_eq!(lines, [r#"c0 t ["a"]+["other"] 2"#, r#"c1 t ["a"]+["other"] 2"#]);
    assert_eq!(asked.len(), 2);
}

#[test]
fn a_source_without_a_provider_is_a_gap() {
    let empty = RawValue::from_string("{}".into()).unwrap();
    let mut plan = plan("registry.terraform.io/x/y", &[("{}", false, &[("y_z", &["a"])])], &empty);
    let live = run(fetch(&mut plan, &[], &SETTINGS, &Interrupt::default(), &|_| ())).unwrap();
    let connection = &live.connections[0];
    assert_eq!((connection.reader.as_str(), &connection.gap), ("none", &None));
    assert_eq!(connection.scope, connection.recorded_scope);
    let expected = gap(GapClass::Unsupported, "no provider module reads registry.terraform.io/x/y");
    assert_eq!(connection.batches[0].outcome.gaps, [expected]);
}

#[test]
fn an_interruption_ends_a_read_that_hangs() {
    let empty = RawValue::from_string("{}".into()).unwrap();
    let mut plan = plan("example.com/x/fake", &[("{}", false, &[("hang", &["a"])])], &empty);
    let providers: Vec<Box<dyn Provider>> = vec![Box::new(Fake::default())];
    let interrupt = Interrupt::default();
    let settings = FetchSettings::default();
    let ended = run(async {
        let set = async {
            tokio::time::sleep(Duration::from_millis(20)).await;
            interrupt.set();
        };
        futures::join!(fetch(&mut plan, &providers, &settings, &interrupt, &|_| ()), set).0
    });
    assert_eq!(ended.unwrap_err(), crate::interrupt::Interrupted);
}
