//! The verdict table, on states that the real terraform wrote.

use super::*;
use crate::fetch::Confirmed;
use crate::plan::{PlannedBatch, PlannedConnection};
use crate::state::{StateText, parse};
use provider_api::ReadOutcome;
use serde_json::value::RawValue;

fn state(name: &str) -> StateText {
    let path = format!("{}/testdata/conformance/{name}.tfstate", env!("CARGO_MANIFEST_DIR"));
    StateText::new(name, std::fs::read_to_string(path).expect("a state"))
}

/// What a reader would answer if the cloud were exactly as a state says.
fn object(attributes: &RawValue, id: &str) -> LiveObject {
    let mut attributes: Attributes = serde_json::from_str(attributes.get()).expect("attributes");
    attributes.remove("id");
    let all = match (attributes.remove("tags"), attributes.get("tags_all")) {
        (_, Some(all)) => Some(all.clone()),
        (tags, None) => tags,
    };
    if let Some(all) = all {
        attributes.insert("tags_all".into(), all);
    }
    let attributes = serde_json::value::to_raw_value(&attributes).expect("JSON");
    LiveObject::new(id, attributes)
}

/// The verdicts where nothing is declared.
fn verdicts(recorded: &StateText, live: &StateText, answer: impl Fn(&str, &mut LiveBatch)) -> Vec<(String, Verdict)> {
    let comparison = compared(recorded, live, &Configuration::default(), answer);
    assert!(comparison.in_sync as usize + comparison.verdicts.len() > 100);
    let state = parse(recorded).expect("a state");
    let address = |verdict: &Verdict| state.instances[verdict.index.instance].address.to_string();
    comparison.verdicts.into_iter().map(|verdict| (address(&verdict), verdict)).collect()
}

/// Compares one state with a cloud that is exactly as another state says. `answer` may change what a reader answers.
fn compared(
    recorded: &StateText,
    live: &StateText,
    configuration: &Configuration,
    answer: impl Fn(&str, &mut LiveBatch),
) -> Comparison {
    let (recorded_state, live_state) = (parse(recorded).expect("a state"), parse(live).expect("a state"));
    let source = "registry.terraform.io/hashicorp/aws";
    let mut plan = ReadPlan::default();
    let mut answered = LiveConnection {
        source: source.into(),
        configuration: String::new(),
        reader: "native".into(),
        scope: Scope::default(),
        recorded_scope: Scope::default(),
        gap: None,
        program: None,
        batches: Vec::new(),
    };
    let types: BTreeSet<&str> =
        recorded_state.instances.iter().map(|instance| &*instance.address.resource_type).collect();
    for resource_type in types {
        let of_type = |state: &'_ State<'_>| -> Vec<usize> {
            let all = state.instances.iter().enumerate();
            all.filter(|(_, instance)| &*instance.address.resource_type == resource_type)
                .map(|(index, _)| index)
                .collect()
        };
        let instances: Vec<usize> = of_type(&recorded_state);
        let mut outcome = ReadOutcome::default();
        for index in &instances {
            let instance = &recorded_state.instances[*index];
            let other = live_state.instances.iter().find(|other| other.address == instance.address);
            outcome.objects.extend(other.map(|other| object(other.attributes, &instance.id)));
        }
        let mut batch = LiveBatch {
            confirmed: None,
            resource_type: resource_type.into(),
            ids: instances.iter().map(|index| recorded_state.instances[*index].id.to_string()).collect(),
            instances: instances.iter().map(|index| InstanceIndex { state: 0, instance: *index }).collect(),
            outcome,
        };
        answer(resource_type, &mut batch);
        answered.batches.push(batch);
    }
    plan.connections.push(PlannedConnection {
        provider: None,
        directory: String::new(),
        reference: String::new(),
        inventory: false,
        source: source.into(),
        configuration: provider_api::ProviderConfiguration::default(),
        batches: Vec::<PlannedBatch<'_>>::new(),
    });
    let states = [recorded_state];
    let sides = Sides {
        level: super::Level::Normalized,
        states: &states,
        configurations: &[configuration],
        keys: &[RedactionKey::of_state(&recorded.text)],
        plan: &plan,
        live: &Live { connections: vec![answered], ..Live::default() },
        types: &crate::providers::types,
        recorded_live: false,
    };
    compare(&sides)
}

#[test]
fn what_an_approved_import_names_is_pending_and_not_unmanaged() {
    let files = [(
        "main.tf",
        "resource \"aws_vpc\" \"taken_in\" {\n  cidr_block = \"10.0.0.0/16\"\n}\n\n\
         import {\n  to = aws_vpc.taken_in\n  id = \"vpc-taken-in\"\n}\n",
    )];
    let test = crate::git::testing::TestRepository::with(&files);
    let repository = crate::git::Repository::discover(test.path()).expect("a repository");
    let commit = repository.approved(None).expect("a commit").commit;
    let tree = repository.tree(commit).expect("a tree");
    let configuration = crate::config::read(&tree, "", &crate::config::Options::default());
    let settled = state("settled");
    let comparison = compared(&settled, &settled, &configuration, |resource_type, batch| {
        for id in ["vpc-taken-in", "vpc-stray"].into_iter().filter(|_| resource_type == "aws_vpc") {
            let attributes = RawValue::from_string("{}".into()).expect("JSON");
            batch.outcome.unrequested.push(LiveObject::new(id, attributes));
        }
    });
    let unmanaged: Vec<&str> = comparison.unmanaged.iter().map(|object| object.id.as_str()).collect();
    assert_eq!(unmanaged, ["vpc-stray"]);
    let pending: Vec<_> = comparison.pending_create.iter().map(|one| (one.address.to_string(), &one.import)).collect();
    assert_eq!(pending, [("aws_vpc.taken_in".to_owned(), &Some(Some("vpc-taken-in".to_owned())))]);
}

#[track_caller]
fn assert_quiet(verdicts: &[(String, Verdict)]) {
    let mut loud = String::new();
    for (address, verdict) in verdicts {
        if matches!(verdict.kind, Some(kind) if kind != Kind::PendingRemoval) {
            for change in &verdict.changes {
                loud += &format!("{address} {}: {} -> {}\n", change.path, change.recorded, change.live);
            }
        }
    }
    assert!(loud.is_empty(), "{loud}");
}

#[test]
fn a_state_equals_itself() {
    let settled = state("settled");
    assert_quiet(&verdicts(&settled, &settled, |_, _| {}));
}

#[test]
fn what_a_refresh_settles_is_no_drift() {
    let mut verdicts = verdicts(&state("unsettled"), &state("settled"), |_, _| {});
    // The emulator drops the tags of these two at creation; a second apply set them before the state settled.
    let tagged_later = ["aws_ec2_transit_gateway_vpc_attachment.", "aws_vpc_dhcp_options."];
    for (address, verdict) in &mut verdicts {
        if tagged_later.iter().any(|resource_type| address.starts_with(resource_type)) {
            verdict.changes.retain(|change| change.path.top() != "tags");
        }
    }
    assert_quiet(&verdicts);
}

#[test]
fn a_second_reader_refutes_what_the_first_one_saw() {
    let settled = state("settled");
    let wrong = |batch: &mut LiveBatch| {
        let object = batch.outcome.objects.first_mut().expect("a network");
        let mut attributes: Attributes = serde_json::from_str(object.attributes.get()).expect("attributes");
        attributes.insert("cidr_block".into(), "10.99.0.0/16".into());
        object.attributes = serde_json::value::to_raw_value(&attributes).expect("JSON");
    };
    let refuting = |batch: &LiveBatch| {
        let states = [parse(&settled).expect("a state")];
        let recorded = states[0].instances[batch.instances[0].instance].attributes;
        let again = LiveObject { position: Some(0), ..LiveObject::new("", recorded.to_owned()) };
        let outcome = ReadOutcome { objects: vec![again], ..ReadOutcome::default() };
        Confirmed { positions: [0].into(), outcome }
    };
    let changed = |confirmed: bool, gone: bool| -> Vec<(String, Option<Kind>)> {
        let found = verdicts(&settled, &settled, |resource_type, batch| {
            if resource_type == "aws_vpc" {
                wrong(batch);
                batch.confirmed = confirmed.then(|| refuting(batch));
                if let Some(confirmed) = batch.confirmed.as_mut().filter(|_| gone) {
                    confirmed.outcome.objects.clear();
                }
            }
        });
        let loud = found.into_iter().filter(|(_, verdict)| verdict.kind != Some(Kind::PendingRemoval));
        loud.map(|(address, verdict)| (address, verdict.kind)).collect()
    };
    let first = changed(false, false);
    assert_eq!(first.len(), 1);
    assert_eq!(first[0].1, Some(Kind::Changed));
    assert_eq!(changed(true, false), []);
    assert_eq!(changed(true, true), [(first[0].0.clone(), Some(Kind::Missing))]);
}
