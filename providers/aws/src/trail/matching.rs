//! Which records concern which subjects, and what is told of them.
//! Knows nothing of where records come from.

use super::record::{Head, Record, whole_second};
use super::subject::Wanted;
use provider_api::{ActivityEvent, ActivityOutcome, ActivityRequest, Gap, GapClass, Scope};
use serde_json::Value;
use std::collections::HashSet;

/// Events of one subject that are told: more is a machine's work, and nobody reads it.
const MAX_EVENTS: usize = 200;

/// Events that are held before all but those are dropped.
const MAX_HELD: usize = 50_000;

/// Verbs of calls that make a new object: what else such a call names is what the object is made from, or put in.
const MAKING: &[&str] =
    &["Allocate", "Copy", "Create", "Import", "Launch", "Provision", "Register", "Request", "Run", "Start"];

/// What may follow an object's noun where a call changes that object: an entry of it, a version of it.
const OF_ITSELF: &[&str] = &["", "attribute", "egress", "entry", "ingress", "policy", "version"];

/// Takes records, and keeps what concerns a subject.
pub(crate) struct Matcher {
    scope: Scope,
    pub(crate) subjects: Vec<Wanted>,
    events: Vec<ActivityEvent>,
    seen: HashSet<(usize, String)>,
    /// Whether no record can be told by its text alone not to concern anything.
    all: bool,
    /// Records that could not be read.
    pub(crate) unreadable: u64,
    /// The time of the earliest record of the scope.
    pub(crate) earliest: Option<String>,
}

impl Matcher {
    pub(crate) fn new(request: &ActivityRequest<'_>, scope: &Scope) -> Self {
        let subjects: Vec<Wanted> = request.subjects.iter().map(Wanted::of).collect();
        let plain = |name: &String| name.bytes().all(|byte| byte.is_ascii_graphic() && !b"\"\\<>&'".contains(&byte));
        let all = !subjects.iter().flat_map(Wanted::names).all(plain);
        let (events, seen) = (Vec::new(), HashSet::new());
        Self { scope: scope.clone(), subjects, events, seen, all, unreadable: 0, earliest: None }
    }

    /// Takes a record's text.
    pub(crate) fn take(&mut self, text: &str) {
        let Ok(head) = serde_json::from_str::<Head<'_>>(text) else {
            self.unreadable += 1;
            return;
        };
        let Some(at) = whole_second(&head.event_time) else {
            self.unreadable += 1;
            return;
        };
        let other_account =
            matches!((&self.scope.account, &head.recipient_account_id), (Some(one), Some(other)) if one != other);
        let other_region = self.scope.region.as_deref().is_some_and(|region| region != head.aws_region);
        if other_account || (other_region && !self.subjects.iter().any(|subject| subject.global)) {
            return;
        }
        if self.earliest.as_deref().is_none_or(|earliest| at < earliest) {
            self.earliest = Some(at.to_owned());
        }
        if !self.all && !self.names_a_subject(text) {
            return;
        }
        match serde_json::from_str::<Value>(text).ok().as_ref().and_then(Record::parse) {
            Some(record) => self.add(&record),
            None => self.unreadable += 1,
        }
    }

    /// Whether a name stands anywhere in the text. JSON may write a slash with a backslash before it.
    fn names_a_subject(&self, text: &str) -> bool {
        let text =
            if text.contains("\\/") { text.replace("\\/", "/").into() } else { std::borrow::Cow::Borrowed(text) };
        self.subjects.iter().flat_map(Wanted::names).any(|name| text.contains(name.as_str()))
    }

    fn add(&mut self, record: &Record) {
        if record.read_only {
            return;
        }
        for (position, subject) in self.subjects.iter().enumerate() {
            let elsewhere =
                !subject.global && self.scope.region.as_ref().is_some_and(|region| *region != record.region);
            let foreign = matches!((&self.scope.account, &record.account), (Some(one), Some(other)) if one != other);
            let too_early = subject.since.as_ref().is_some_and(|since| record.at < *since);
            if elsewhere || foreign || too_early || !concerns(record, subject) {
                continue;
            }
            if self.seen.insert((position, record.id.clone())) {
                self.events.push(event(record, position, certain(record, subject)));
            }
        }
        if self.events.len() > MAX_HELD {
            self.trim();
        }
    }

    /// The time before which nothing of a subject is of interest: it did not exist, or the last apply was found.
    #[cfg(feature = "sdk")]
    pub(crate) fn settled_at(&self, position: usize) -> Option<&str> {
        let subject = &self.subjects[position];
        let applies =
            self.events.iter().filter(|event| subject.since_apply && event.subject == position && is_apply(event));
        applies.map(|event| event.at.as_str()).chain(subject.since.as_deref()).max()
    }

    /// Newest first, and of each subject no more than are told.
    fn trim(&mut self) {
        self.events.sort_by(|one, other| (one.subject, &other.at, &one.id).cmp(&(other.subject, &one.at, &other.id)));
        let (mut subject, mut told, mut settled) = (None, 0, false);
        let subjects = &self.subjects;
        self.events.retain(|event| {
            if subject != Some(event.subject) {
                (subject, told, settled) = (Some(event.subject), 0, false);
            }
            told += 1;
            let keep = told <= MAX_EVENTS && !settled;
            settled |= subjects[event.subject].since_apply && is_apply(event);
            keep
        });
    }

    /// What was found. `begins`: the earliest time that was looked at; none where the records themselves tell it.
    pub(crate) fn finish(mut self, begins: Option<String>, mut gaps: Vec<Gap>, api_calls: u64) -> ActivityOutcome {
        self.trim();
        self.events.sort_by(|one, other| (&other.at, one.subject, &one.id).cmp(&(&one.at, other.subject, &other.id)));
        if self.unreadable > 0 {
            let cause = format!("records that are not of the form that CloudTrail documents: {}", self.unreadable);
            gaps.push(Gap { ids: Vec::new(), class: GapClass::Failed, cause });
        }
        ActivityOutcome { events: self.events, gaps, api_calls, begins: begins.or(self.earliest) }
    }
}

/// Whether the event is an apply that changed the subject.
fn is_apply(event: &ActivityEvent) -> bool {
    event.tool.applies() && event.certain && event.failed.is_none()
}

fn event(record: &Record, subject: usize, certain: bool) -> ActivityEvent {
    ActivityEvent {
        subject,
        id: record.id.clone(),
        at: record.at.clone(),
        action: record.action(),
        actor: record.actor.clone(),
        tool: record.tool,
        from: record.from.clone(),
        failed: record.failed.clone(),
        certain,
        request: record.request.clone(),
    }
}

/// Whether a record names the subject. A name that other services may use as well counts only in calls of its own one.
fn concerns(record: &Record, subject: &Wanted) -> bool {
    let of_service = subject.service.as_ref() == Some(&record.source);
    let named = |name: &String| record.values.contains(name) && (of_service || is_unmistakable(name));
    if subject.own.iter().any(named) {
        return true;
    }
    let has = |mark: &String| record.values.contains(mark) || record.values.contains(&format!("{mark}."));
    subject.within.iter().any(named) && subject.marks.iter().all(has)
}

/// ARNs, addresses, and ids that a service made: `sg-0a1b2c3d`.
fn is_unmistakable(name: &str) -> bool {
    let made = |(prefix, rest): (&str, &str)| {
        prefix.bytes().all(|byte| byte.is_ascii_lowercase())
            && rest.len() >= 8
            && rest.bytes().all(|byte| byte.is_ascii_hexdigit())
    };
    name.starts_with("arn:") || name.starts_with("https://") || name.split_once('-').is_some_and(made)
}

/// Whether a call certainly acts on the subject: its name speaks of such an object, or names nothing else.
fn certain(record: &Record, subject: &Wanted) -> bool {
    let making = MAKING.iter().find_map(|verb| record.name.strip_prefix(verb));
    let name: String = making
        .unwrap_or(&record.name)
        .chars()
        .filter(char::is_ascii_alphabetic)
        .map(|c| c.to_ascii_lowercase())
        .collect();
    if ["tags", "tagresource", "untagresource", "tagging"].iter().any(|word| name.contains(word)) {
        return true;
    }
    // A part is told by its marks already.
    if making.is_none() && !subject.within.is_empty() {
        return true;
    }
    let noun = match (name.strip_suffix("ies"), name.strip_suffix('s')) {
        (Some(stem), _) => format!("{stem}y"),
        (None, Some(stem)) if !stem.ends_with('s') => stem.to_owned(),
        _ => name.clone(),
    };
    match making {
        Some(_) => subject.nouns.iter().any(|one| {
            let rest = noun.strip_prefix(one.as_str()).or_else(|| name.strip_prefix(one.as_str()));
            // The route of a route table, the entry of a list: the table itself is changed.
            rest.is_some_and(|rest| OF_ITSELF.contains(&rest)) || one.starts_with(&noun)
        }),
        None => {
            let verb = record.name.char_indices().skip(1).find(|(_, letter)| letter.is_ascii_uppercase());
            let object = verb.map_or("", |(position, _)| &record.name[position..]).to_ascii_lowercase();
            subject.nouns.iter().any(|one| one.len() > 2 && name.contains(one.as_str()))
                // The route of a route table.
                || subject.nouns.iter().any(|one| object.len() > 3 && one.starts_with(&object))
                || matches!(record.top.as_slice(), [only] if subject.own.contains(only))
        }
    }
}
