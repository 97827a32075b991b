//! A batch while it is being answered.
//! Knows nothing of how objects are fetched.

use super::call::Failure;
use super::gap::printable;
use super::object::Object;
use provider_api::{Attributes, Gap, GapClass, LiveObject, Origin, ReadOutcome, ReadRequest, RequestedInstance};
use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicBool, Ordering};

/// What was asked, and what has been answered so far.
pub(crate) struct Batch<'a> {
    request: &'a ReadRequest<'a>,
    ids: HashSet<&'a str>,
    answered: HashSet<String>,
    listed: AtomicBool,
    outcome: ReadOutcome,
}

impl<'a> Batch<'a> {
    pub(crate) fn new(request: &'a ReadRequest<'a>) -> Self {
        let ids = request.instances.iter().map(|instance| instance.id).collect();
        Self { request, ids, answered: HashSet::new(), listed: AtomicBool::new(false), outcome: ReadOutcome::default() }
    }

    /// The managed instances to find.
    pub(crate) fn instances(&self) -> &'a [RequestedInstance<'a>] {
        &self.request.instances
    }

    /// Whether the object with this id was asked for.
    pub(crate) fn requests(&self, id: &str) -> bool {
        self.ids.contains(id)
    }

    /// Whether this object is wanted at all: it was asked for, or objects that nobody asked for are wanted too.
    pub(crate) fn wants(&self, id: &str) -> bool {
        self.request.unrequested || self.requests(id)
    }

    /// Whether objects that nobody asked for are wanted too, and with them where they come from.
    pub(crate) fn wants_unrequested(&self) -> bool {
        // Whoever asks goes on to look for them.
        self.listed.store(self.request.unrequested, Ordering::Relaxed);
        self.request.unrequested
    }

    /// Answers with an object, requested or not; `object` is built only where it is wanted.
    pub(crate) fn add(&mut self, id: &str, origin: Origin, object: impl FnOnce() -> Object) {
        self.listed.store(self.request.unrequested, Ordering::Relaxed);
        self.answer(id, origin, object);
    }

    fn answer(&mut self, id: &str, origin: Origin, object: impl FnOnce() -> Object) {
        if !self.wants(id) || !self.answered.insert(id.to_owned()) {
            return;
        }
        let Some((attributes, created_at)) = object().into_raw() else { return };
        let live = LiveObject { origin, created_at, ..LiveObject::new(id, attributes) };
        match self.requests(id) {
            true => self.outcome.objects.push(live),
            false => self.outcome.unrequested.push(live),
        }
    }

    /// Answers with an object if it was requested: for types whose objects another type lists, or that are parts.
    pub(crate) fn found(&mut self, id: &str, object: impl FnOnce() -> Object) {
        if self.requests(id) {
            self.answer(id, Origin::Created, object);
        }
    }

    /// Says that something of the instance with this id could not be read.
    pub(crate) fn gap(&mut self, id: &str, gap: Gap) {
        // One cause that hits many ids is one gap.
        let gaps = &mut self.outcome.gaps;
        match gaps
            .iter_mut()
            .find(|other| (other.class, &other.cause) == (gap.class, &gap.cause) && !other.ids.is_empty())
        {
            Some(other) => other.ids.push(id.to_owned()),
            None => gaps.push(Gap { ids: vec![id.to_owned()], ..gap }),
        }
    }

    /// Says that an instance cannot be found, because state did not record what identifies it.
    pub(crate) fn unidentified(&mut self, instance: &RequestedInstance<'_>, attributes: &str) {
        let cause = format!("state records no {attributes}, by which the object is known");
        self.gap(instance.id, Gap { ids: Vec::new(), class: GapClass::Failed, cause });
    }

    /// A list that fills in details: where it could not be read, its attributes are left out and every requested instance
    /// is a gap.
    pub(crate) fn detail<T>(&mut self, list: Result<T, Gap>) -> Option<T> {
        list.map_err(|gap| {
            let ids: Vec<&str> = self.request.instances.iter().map(|instance| instance.id).collect();
            ids.into_iter().for_each(|id| self.gap(id, gap.clone()));
        })
        .ok()
    }

    /// Drops the objects that nobody asked for: another type lists them.
    pub(crate) fn only_requested(&mut self) {
        self.outcome.unrequested.clear();
        self.listed = AtomicBool::new(false);
    }

    /// The ids that were asked for.
    pub(crate) fn ids(&self) -> Vec<String> {
        self.request.instances.iter().map(|instance| instance.id.to_owned()).collect()
    }

    /// An object with what a further call tells of it; where the call failed, its attributes are left out and the object
    /// is a gap.
    pub(crate) fn detailed<T>(
        &mut self,
        id: &str,
        object: Object,
        answer: Result<T, Failure>,
        fill: impl FnOnce(Object, &T) -> Object,
    ) -> Object {
        match answer {
            Ok(answer) => fill(object, &answer),
            Err(failure) => {
                self.gap(id, failure.into());
                object
            }
        }
    }

    /// Whether a requested object exists, by the call that tells of it: none where one of the `absent` codes says that it
    /// does not, or where the call failed, which is a gap.
    pub(crate) fn existing<T>(&mut self, id: &str, answer: Result<T, Failure>, absent: &[&str]) -> Option<T> {
        match answer {
            Ok(answer) => Some(answer),
            Err(failure) if failure.is(absent) => None,
            Err(failure) => {
                self.gap(id, failure.into());
                None
            }
        }
    }

    /// What state recorded of an instance. Where that is no object, the instance is a gap and the answer is empty.
    pub(crate) fn recorded(&mut self, instance: &RequestedInstance<'_>) -> Recorded {
        match serde_json::from_str(instance.attributes.get()) {
            Ok(attributes) => Recorded(attributes),
            Err(error) => {
                let cause = printable(&format!("recorded attributes cannot be read: {error}"));
                self.gap(instance.id, Gap { ids: Vec::new(), class: GapClass::Failed, cause });
                Recorded::default()
            }
        }
    }

    /// The managed instances with the recorded attributes that identify them; those that lack one are gaps.
    pub(crate) fn identified<const N: usize>(&mut self, names: [&str; N]) -> Vec<(String, [String; N])> {
        let mut identified = Vec::new();
        for instance in self.instances() {
            let recorded = self.recorded(instance);
            let texts = names.map(|name| recorded.text(name).unwrap_or_default().to_owned());
            match texts.iter().any(String::is_empty) {
                true => self.unidentified(instance, &names.join(" and ")),
                false => identified.push((instance.id.to_owned(), texts)),
            }
        }
        identified
    }

    /// What state recorded of every managed instance, by its id.
    pub(crate) fn all_recorded(&mut self) -> HashMap<&'a str, Recorded> {
        self.instances().iter().map(|instance| (instance.id, self.recorded(instance))).collect()
    }

    /// The answer. `result` is what the reader ended with: a gap there concerns the whole type.
    pub(crate) fn finish(mut self, result: Result<(), Gap>) -> ReadOutcome {
        self.outcome.gaps.extend(result.err());
        self.outcome.listed = self.listed.into_inner();
        self.outcome
    }
}

/// Recorded attributes of an instance.
#[derive(Debug, Default)]
pub(crate) struct Recorded(pub(crate) Attributes);

impl Recorded {
    /// A string that is set and not empty.
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.0.get(name)?.as_str().filter(|text| !text.is_empty())
    }

    /// A boolean that is set.
    pub(crate) fn flag(&self, name: &str) -> Option<bool> {
        self.0.get(name)?.as_bool()
    }

    /// A number that is set.
    pub(crate) fn number(&self, name: &str) -> Option<i64> {
        self.0.get(name)?.as_i64()
    }
}
