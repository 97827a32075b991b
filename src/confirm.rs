//! Reads once more, through the provider plugin, what the native readers suspect of drift: so that precision is terraform's
//! own, at a fraction of its calls.
//! Knows nothing of comparing, nor of how the plugin reads.

use crate::compare::Comparison;
use crate::fetch::{Confirmed, Live};
use crate::model::{Kind, Notice};
use crate::plan::{InstanceIndex, PlannedBatch, PlannedConnection, ReadPlan};
use provider_api::{Gap, LiveObject, Provider, RequestedInstance};
use std::collections::{BTreeMap, HashMap, HashSet};

/// The reader that confirms.
pub(crate) const CONFIRMING: &str = "plugin";

/// Plans to read again what another reader than the confirming one found changed or missing.
pub fn reads<'a>(plan: &ReadPlan<'a>, comparison: &Comparison, providers: &[Box<dyn Provider>]) -> ReadPlan<'a> {
    let suspect = [Kind::Changed, Kind::Missing, Kind::StaleState, Kind::Ignored];
    let suspects =
        comparison.verdicts.iter().filter(|verdict| verdict.kind.is_some_and(|kind| suspect.contains(&kind)));
    let suspects: HashSet<InstanceIndex> = suspects.map(|verdict| verdict.index).collect();
    let connections = plan.connections.iter().filter_map(|connection| {
        let own = connection.provider?;
        let confirming = providers.iter().position(|one| one.reads_as_terraform() && one.serves(&connection.source));
        let provider = confirming.filter(|provider| *provider != own)?;
        let batches: Vec<PlannedBatch<'a>> =
            connection.batches.iter().filter_map(|batch| part(batch, &suspects)).collect();
        (!batches.is_empty()).then(|| PlannedConnection {
            provider: Some(provider),
            directory: connection.directory.clone(),
            reference: connection.reference.clone(),
            source: connection.source.clone(),
            configuration: connection.configuration.clone(),
            batches,
            inventory: false,
        })
    });
    let mut again = ReadPlan { connections: connections.collect() };
    for connection in &mut again.connections {
        connection.configuration.name.push_str(" confirmed");
    }
    again
}

/// The suspects of a batch; none where there are none.
fn part<'a>(batch: &PlannedBatch<'a>, suspects: &HashSet<InstanceIndex>) -> Option<PlannedBatch<'a>> {
    let members = batch.instances.iter().zip(&batch.requested).filter(|(index, _)| suspects.contains(index));
    let (instances, requested): (Vec<InstanceIndex>, Vec<RequestedInstance<'a>>) =
        members.map(|(index, requested)| (*index, *requested)).unzip();
    let resource_type = batch.resource_type.clone();
    (!instances.is_empty()).then_some(PlannedBatch { resource_type, instances, requested, unrequested: false })
}

/// Puts what the second reading answered beside the first. Returns what must be said of suspects that it did not answer for.
pub fn merge(live: &mut Live, again: Live) -> Vec<Notice> {
    let mut places: HashMap<InstanceIndex, (usize, usize, usize)> = HashMap::new();
    for (connection, read) in live.connections.iter().enumerate() {
        for (batch, read) in read.batches.iter().enumerate() {
            places.extend(
                read.instances.iter().enumerate().map(|(position, index)| (*index, (connection, batch, position))),
            );
        }
    }
    live.confirmed_by.extend(again.programs());
    let mut unanswered: BTreeMap<String, usize> = BTreeMap::new();
    for connection in again.connections {
        for mut batch in connection.batches {
            let objects: HashMap<usize, LiveObject> =
                batch.outcome.objects.drain(..).filter_map(|object| Some((object.position?, object))).collect();
            let mut answers = Answers { objects, gaps: connection.gap.iter().chain(&batch.outcome.gaps).collect() };
            let mut calls = batch.outcome.api_calls;
            for (position, (index, id)) in batch.instances.iter().zip(&batch.ids).enumerate() {
                let Some(&(connection, first, at)) = places.get(index) else { continue };
                match answers.take(position, id) {
                    Ok(object) => {
                        let confirmed = live.connections[connection].batches[first]
                            .confirmed
                            .get_or_insert_with(Confirmed::default);
                        confirmed.positions.insert(at);
                        confirmed.outcome.schema.clone_from(&batch.outcome.schema);
                        confirmed.outcome.api_calls += std::mem::take(&mut calls);
                        confirmed
                            .outcome
                            .objects
                            .extend(object.map(|object| LiveObject { position: Some(at), ..object }));
                    }
                    Err(cause) => *unanswered.entry(cause).or_default() += 1,
                }
            }
        }
    }
    unanswered.into_iter().map(|(cause, count)| unconfirmed(count, &cause)).collect()
}

/// What one batch of the second reading answered.
struct Answers<'g> {
    objects: HashMap<usize, LiveObject>,
    gaps: Vec<&'g Gap>,
}

impl Answers<'_> {
    /// The object read for an instance; none in the inner option where it is absent, the cause where nobody can tell.
    fn take(&mut self, position: usize, id: &str) -> Result<Option<LiveObject>, String> {
        let gap = self.gaps.iter().find(|gap| gap.ids.is_empty() || gap.ids.iter().any(|other| other == id));
        match (self.objects.remove(&position), gap) {
            (Some(object), None) => Ok(Some(object)),
            (_, Some(gap)) => Err(gap.cause.clone()),
            (None, None) => Ok(None),
        }
    }
}

fn unconfirmed(count: usize, cause: &str) -> Notice {
    let text = format!(
        "Not confirmed by the provider plugin, and reported as the native reader saw it: {count} of the suspects ({cause})."
    );
    Notice { code: "not-confirmed", incomplete: true, text, source: None }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compare::Verdict;
    use crate::fetch::{LiveBatch, LiveConnection};
    use futures::future::BoxFuture;
    use provider_api::{Attributes, Connection, GapClass, Provider, ProviderConfiguration, ReadOutcome, Scope};
    use serde_json::value::RawValue;

    /// A provider of every source; `0`: whether it can confirm.
    struct Fake(bool);

    impl Provider for Fake {
        fn reader(&self) -> &'static str {
            "fake"
        }

        fn serves(&self, _: &str) -> bool {
            true
        }

        fn resource_types(&self) -> Vec<String> {
            Vec::new()
        }

        fn reads_as_terraform(&self) -> bool {
            self.0
        }

        fn recorded_scope(&self, _: &Attributes) -> Scope {
            Scope::default()
        }

        fn connect<'a>(&'a self, _: &'a ProviderConfiguration) -> BoxFuture<'a, Result<Box<dyn Connection>, Gap>> {
            unreachable!("nothing is read here")
        }
    }

    fn index(instance: usize) -> InstanceIndex {
        InstanceIndex { state: 0, instance }
    }

    fn plan<'a>(attributes: &'a RawValue, ids: &[&'a str]) -> ReadPlan<'a> {
        let batch = PlannedBatch {
            resource_type: "t".into(),
            instances: (0..ids.len()).map(index).collect(),
            requested: ids.iter().map(|id| RequestedInstance::new(id, attributes)).collect(),
            unrequested: true,
        };
        ReadPlan {
            connections: vec![PlannedConnection {
                provider: Some(0),
                directory: String::new(),
                reference: String::new(),
                source: "example.com/x/fake".into(),
                configuration: ProviderConfiguration { name: "p".into(), ..ProviderConfiguration::default() },
                batches: vec![batch],
                inventory: true,
            }],
        }
    }

    fn comparison(kinds: &[(usize, Kind)]) -> Comparison {
        let verdict = |(instance, kind): &(usize, Kind)| Verdict {
            index: index(*instance),
            kind: Some(*kind),
            changes: Vec::new(),
            folds: Vec::new(),
            cause: None,
            scope: Scope::default(),
        };
        Comparison { verdicts: kinds.iter().map(verdict).collect(), ..Comparison::default() }
    }

    fn live(ids: &[(usize, &str)], outcome: ReadOutcome) -> Live {
        let batch = LiveBatch {
            resource_type: "t".into(),
            instances: ids.iter().map(|(instance, _)| index(*instance)).collect(),
            ids: ids.iter().map(|(_, id)| (*id).to_owned()).collect(),
            outcome,
            confirmed: None,
        };
        Live {
            connections: vec![LiveConnection {
                source: "example.com/x/fake".into(),
                configuration: "p".into(),
                reader: "fake".into(),
                scope: Scope::default(),
                recorded_scope: Scope::default(),
                gap: None,
                program: None,
                batches: vec![batch],
            }],
            ..Live::default()
        }
    }

    #[test]
    fn only_suspects_are_read_again_and_only_by_what_can_confirm() {
        let attributes = RawValue::from_string("{}".into()).expect("JSON");
        let plan = plan(&attributes, &["a", "b", "c", "d"]);
        let suspects = comparison(&[(0, Kind::Changed), (1, Kind::Unapplied), (2, Kind::Missing)]);
        let ids = |providers: &[Box<dyn Provider>]| -> Vec<String> {
            let again = reads(&plan, &suspects, providers);
            let batches = again.connections.iter().flat_map(|connection| &connection.batches);
            batches.flat_map(|batch| &batch.requested).map(|instance| instance.id.to_owned()).collect()
        };
        assert_eq!(ids(&[Box::new(Fake(false)), Box::new(Fake(true))]), ["a", "c"]);
        assert_eq!(ids(&[Box::new(Fake(false))]), Vec::<String>::new());
        // What it read itself needs no second look.
        assert_eq!(ids(&[Box::new(Fake(true))]), Vec::<String>::new());
    }

    #[test]
    fn a_second_answer_counts_and_no_answer_is_said() {
        let object = |position, id: &str| {
            let attributes = RawValue::from_string("{\"again\":true}".into()).expect("JSON");
            LiveObject { position: Some(position), ..LiveObject::new(id, attributes) }
        };
        let mut first = live(&[(0, "a"), (1, "b"), (2, "c"), (3, "d")], ReadOutcome::default());
        let gap = Gap { ids: vec!["d".into()], class: GapClass::Denied, cause: "not allowed".into() };
        let answer =
            ReadOutcome { objects: vec![object(0, "a")], gaps: vec![gap], api_calls: 3, ..ReadOutcome::default() };
        // `c` was asked for and is not there.
        let notices = merge(&mut first, live(&[(0, "a"), (2, "c"), (3, "d")], answer));
        let confirmed = first.connections[0].batches[0].confirmed.as_ref().expect("answers");
        assert_eq!(confirmed.positions.iter().copied().collect::<Vec<_>>(), [0, 2]);
        assert_eq!(confirmed.outcome.api_calls, 3);
        let batch = &first.connections[0].batches[0];
        assert!(batch.object(0).0.is_some_and(|object| object.attributes.get().contains("again")));
        assert!(batch.object(2).0.is_none());
        assert_eq!(notices.len(), 1);
        assert!(notices[0].incomplete && notices[0].text.contains("1 of the suspects (not allowed)"));
    }
}
