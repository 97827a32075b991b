//! The provider contract, fulfilled from a recording.
//! Knows nothing of the remote system that was recorded.

use crate::activity;
use crate::error::RecordingError;
use crate::format::{BatchRecord, ConnectionRecord, MANIFEST, Recording, VERSION, objects_file};
use crate::objects;
use futures::future::{BoxFuture, FutureExt};
use provider_api::{
    ActivityOutcome, ActivityRequest, Attributes, Connection, Gap, GapClass, LiveObject, Program, Provider,
    ProviderConfiguration, ReadOutcome, ReadRequest, RequestedInstance, Scope,
};
use std::collections::{BTreeSet, HashSet};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The largest `recording.json` that is read.
const MAX_MANIFEST_BYTES: u64 = 256 << 20;

/// More calls than any scan makes; a bound, so that sums of what a recording claims cannot overflow.
const MAX_CALLS: u64 = 1 << 40;

/// Replays what one reader recorded. It serves every source that the reader did; one that no reader served is served by the
/// reader `none`.
#[derive(Clone)]
pub struct Recorded {
    dir: Arc<Path>,
    recording: Arc<Recording>,
    /// Only connections of this reader are looked at; all where there is none.
    of_reader: Option<String>,
    recorded_scope: fn(&Attributes) -> Scope,
}

impl Recorded {
    /// Opens a recording. Objects are read when they are asked for.
    ///
    /// # Errors
    /// When the directory holds no recording, or one that is damaged or of a later format.
    pub fn open(dir: &Path) -> Result<Self, RecordingError> {
        let path = dir.join(MANIFEST);
        if std::fs::symlink_metadata(&path).is_err_and(|error| error.kind() == std::io::ErrorKind::NotFound) {
            return Err(RecordingError::NotARecording { dir: dir.to_owned() });
        }
        let unreadable = |cause: String| RecordingError::Unreadable { path: path.clone(), cause };
        let mut file = objects::open(&path, MAX_MANIFEST_BYTES).map_err(unreadable)?;
        let mut bytes = Vec::new();
        file.by_ref()
            .take(MAX_MANIFEST_BYTES)
            .read_to_end(&mut bytes)
            .map_err(|error| unreadable(error.to_string()))?;
        let recording = parse(&path, &bytes)?;
        validate(&path, &recording)?;
        let recorded_scope = |_: &Attributes| Scope::default();
        Ok(Self { dir: dir.into(), recording: Arc::new(recording), of_reader: None, recorded_scope })
    }

    /// The recording, taken apart by the readers that read it, in the order in which a scan asks them: what the plugin read
    /// comes last, for it may have confirmed what others had read.
    pub fn by_reader(self) -> Vec<Self> {
        let mut readers: Vec<&String> = Vec::new();
        for connection in &self.recording.connections {
            if !readers.contains(&&connection.reader) {
                readers.push(&connection.reader);
            }
        }
        readers.sort_by_key(|reader| *reader == "plugin");
        readers.into_iter().map(|reader| Self { of_reader: Some(reader.clone()), ..self.clone() }).collect()
    }

    /// The connections that are looked at, with their positions.
    fn connections(&self) -> impl Iterator<Item = (usize, &ConnectionRecord)> {
        let looked_at =
            |connection: &ConnectionRecord| self.of_reader.as_ref().is_none_or(|reader| connection.reader == *reader);
        self.recording.connections.iter().enumerate().filter(move |(_, connection)| looked_at(connection))
    }

    fn batches_of(&self, source: &str) -> impl Iterator<Item = &BatchRecord> {
        let connections = self.connections().filter(move |(_, connection)| connection.source == source);
        connections.flat_map(|(_, connection)| &connection.batches)
    }

    /// Reads the scope off recorded attributes as the provider that was recorded does it, so that a state of another
    /// account than the recording's is noticed.
    pub fn with_recorded_scope(self, recorded_scope: fn(&Attributes) -> Scope) -> Self {
        Self { recorded_scope, ..self }
    }

    /// The recording.
    pub fn recording(&self) -> &Recording {
        &self.recording
    }

    /// The position of the connection that was recorded for a configuration: the one of the same name, else the only
    /// one of its source.
    fn position(&self, configuration: &ProviderConfiguration) -> Option<usize> {
        let position = |(position, _)| position;
        let named = self.connections().find(|(_, connection)| connection.name == configuration.name);
        named.map(position).or_else(|| {
            let source = source_of(&configuration.name)?;
            let mut of_source = self.connections().filter(|(_, connection)| connection.source == source);
            of_source.next().filter(|_| of_source.next().is_none()).map(position)
        })
    }
}

/// The provider address in a configuration's name, such as `dir:provider["registry.terraform.io/hashicorp/aws"].west`.
fn source_of(name: &str) -> Option<&str> {
    let (_, rest) = name.rsplit_once("provider[\"")?;
    Some(rest.split_once('"')?.0)
}

fn parse(path: &Path, bytes: &[u8]) -> Result<Recording, RecordingError> {
    #[derive(serde::Deserialize)]
    struct Version {
        format_version: String,
    }
    let malformed = |error: serde_json::Error| {
        let reason = match error.classify() {
            serde_json::error::Category::Data => "not the shape of a recording",
            serde_json::error::Category::Eof => "it ends in the middle",
            _ => "not valid JSON",
        };
        RecordingError::Malformed {
            path: path.to_owned(),
            line: error.line(),
            column: error.column(),
            reason: reason.into(),
        }
    };
    let Version { format_version } = serde_json::from_slice(bytes).map_err(malformed)?;
    let major = |version: &str| version.split('.').next().map(str::to_owned);
    if major(&format_version) != major(VERSION) {
        let version = format_version.chars().take(20).filter(|character| !character.is_control()).collect();
        return Err(RecordingError::Version { path: path.to_owned(), version });
    }
    serde_json::from_slice(bytes).map_err(malformed)
}

fn validate(path: &Path, recording: &Recording) -> Result<(), RecordingError> {
    let malformed =
        |reason: &str| RecordingError::Malformed { path: path.to_owned(), line: 0, column: 0, reason: reason.into() };
    let mut names = HashSet::new();
    for connection in &recording.connections {
        if !names.insert((&connection.name, &connection.reader)) {
            return Err(malformed("two connections of one reader have the same name"));
        }
        let mut types = HashSet::new();
        for batch in &connection.batches {
            if !types.insert(&batch.resource_type) {
                return Err(malformed("a connection holds one type twice"));
            }
            if batch.api_calls > MAX_CALLS {
                return Err(malformed("a number of calls is out of range"));
            }
        }
    }
    Ok(())
}

impl Provider for Recorded {
    fn reader(&self) -> &'static str {
        "recorded"
    }

    fn reader_of(&self, configuration: &ProviderConfiguration) -> String {
        match self.position(configuration) {
            Some(position) => self.recording.connections[position].reader.clone(),
            None => self.reader().into(),
        }
    }

    fn reads_as_terraform(&self) -> bool {
        self.of_reader.as_deref() == Some("plugin")
    }

    fn joins_requests(&self) -> bool {
        false
    }

    fn tells_activity(&self) -> bool {
        true
    }

    fn serves(&self, source: &str) -> bool {
        self.connections().any(|(_, connection)| connection.source == source)
    }

    fn reads(&self, source: &str, resource_type: &str) -> bool {
        self.batches_of(source).any(|batch| batch.resource_type == resource_type)
    }

    fn resource_types(&self) -> Vec<String> {
        let batches = self.connections().flat_map(|(_, connection)| &connection.batches);
        let types: BTreeSet<&String> = batches.map(|batch| &batch.resource_type).collect();
        types.into_iter().cloned().collect()
    }

    /// The types whose objects in no state were recorded. Where none were, all: each answers that it was not recorded.
    fn resource_types_of(&self, source: &str) -> Vec<String> {
        let listed = self.batches_of(source).filter(|batch| batch.lists_unrequested || !self.recording.unmanaged);
        let types: BTreeSet<&String> = listed.map(|batch| &batch.resource_type).collect();
        types.into_iter().cloned().collect()
    }

    fn recorded_scope(&self, attributes: &Attributes) -> Scope {
        (self.recorded_scope)(attributes)
    }

    fn connect<'a>(
        &'a self,
        configuration: &'a ProviderConfiguration,
    ) -> BoxFuture<'a, Result<Box<dyn Connection>, Gap>> {
        let opened = match self.position(configuration) {
            Some(position) => match &self.recording.connections[position].gap {
                Some(gap) => Err(gap.clone()),
                None => Ok(self.replay(position)),
            },
            None => {
                let cause = format!("the recording does not hold {}", configuration.name);
                Err(Gap { ids: Vec::new(), class: GapClass::Unsupported, cause })
            }
        };
        async { opened }.boxed()
    }
}

impl Recorded {
    fn replay(&self, position: usize) -> Box<dyn Connection> {
        let connections = &self.recording.connections;
        let first_batch = connections[..position].iter().map(|connection| connection.batches.len()).sum();
        Box::new(Replay { dir: self.dir.clone(), recording: self.recording.clone(), position, first_batch })
    }
}

/// One recorded connection.
struct Replay {
    dir: Arc<Path>,
    recording: Arc<Recording>,
    /// Of the connection.
    position: usize,
    /// The position of its first batch among all batches.
    first_batch: usize,
}

impl Replay {
    fn record(&self) -> &ConnectionRecord {
        &self.recording.connections[self.position]
    }

    fn answer(&self, request: &ReadRequest<'_>) -> ReadOutcome {
        let batches = &self.record().batches;
        let Some(index) = batches.iter().position(|batch| batch.resource_type == request.resource_type) else {
            let cause = format!("the recording does not hold {} of this provider configuration", request.resource_type);
            return ReadOutcome::unread(GapClass::Unsupported, cause);
        };
        let name = objects_file(self.first_batch + index);
        let wanted: HashSet<&str> = request.instances.iter().map(|instance| instance.id).collect();
        let mut outcome = ReadOutcome {
            api_calls: batches[index].api_calls,
            listed: batches[index].listed,
            schema: batches[index].schema.clone().map(Arc::new),
            ..ReadOutcome::default()
        };
        let path: PathBuf = self.dir.join(&name);
        let mut ambiguous: Vec<String> = Vec::new();
        let read = objects::read(&path, &batches[index], |object| {
            let live = LiveObject {
                id: object.id,
                attributes: object.attributes,
                origin: object.origin,
                created_at: object.created_at,
                position: object.position.filter(|_| object.requested),
                upgraded: object.upgraded,
            };
            if let Some(then) = live.position {
                match now(then, &batches[index].requested, &request.instances) {
                    Some(position) => outcome.objects.push(LiveObject { position: Some(position), ..live }),
                    None if wanted.contains(live.id.as_str()) => ambiguous.push(live.id),
                    None => {}
                }
            } else if wanted.contains(live.id.as_str()) {
                outcome.objects.push(live);
            } else if request.unrequested {
                outcome.unrequested.push(live);
            }
        });
        if let Err(cause) = read {
            return ReadOutcome::unread(GapClass::Failed, format!("the recording's `{name}` cannot be used: {cause}"));
        }
        outcome.gaps = gaps(&batches[index], request, &wanted, &outcome.objects);
        if !ambiguous.is_empty() {
            let cause = "several instances have this id, and the recording is of another state".into();
            outcome.gaps.push(Gap { ids: ambiguous, class: GapClass::Unsupported, cause });
        }
        outcome
    }
}

/// Where the instance that had a position among those that were asked for then stands among those that are asked for now.
/// What was read for one instance, from what its state recorded, says nothing of another.
fn now(then: usize, requested: &[String], instances: &[RequestedInstance<'_>]) -> Option<usize> {
    let id = requested.get(then)?;
    if instances.iter().map(|instance| instance.id).eq(requested.iter().map(String::as_str)) {
        return Some(then);
    }
    let mut same = instances.iter().enumerate().filter(|(_, instance)| instance.id == id).map(|(position, _)| position);
    let alone = requested.iter().filter(|other| *other == id).count() == 1;
    same.next().filter(|_| alone && same.next().is_none())
}

/// What was not read then, of what is asked now, and what was not asked then.
fn gaps(batch: &BatchRecord, request: &ReadRequest<'_>, wanted: &HashSet<&str>, found: &[LiveObject]) -> Vec<Gap> {
    let mut gaps = Vec::new();
    for gap in &batch.gaps {
        let ids: Vec<String> = gap.ids.iter().filter(|id| wanted.contains(id.as_str())).cloned().collect();
        if gap.ids.is_empty() || !ids.is_empty() {
            gaps.push(Gap { ids, class: gap.class, cause: gap.cause.clone() });
        }
    }
    let known: HashSet<&str> =
        batch.requested.iter().map(String::as_str).chain(found.iter().map(|object| object.id.as_str())).collect();
    let missing: BTreeSet<&str> = wanted.iter().filter(|id| !known.contains(*id)).copied().collect();
    let unsupported = |ids, cause: &str| Gap { ids, class: GapClass::Unsupported, cause: cause.into() };
    if !missing.is_empty() {
        let ids = missing.into_iter().map(str::to_owned).collect();
        gaps.push(unsupported(ids, "not in the recording: nobody asked for it then"));
    }
    if request.unrequested && !batch.lists_unrequested {
        gaps.push(unsupported(Vec::new(), "objects in no state are not in the recording: record with --unmanaged"));
    }
    gaps
}

impl Connection for Replay {
    fn scope(&self) -> &Scope {
        &self.record().scope
    }

    fn read<'a>(&'a self, request: &'a ReadRequest<'a>) -> BoxFuture<'a, ReadOutcome> {
        async move { self.answer(request) }.boxed()
    }

    fn activity<'a>(&'a self, request: &'a ActivityRequest<'a>) -> BoxFuture<'a, ActivityOutcome> {
        async move { activity::answer(&self.dir, &self.record().name, request) }.boxed()
    }

    fn program(&self) -> Option<Program> {
        self.record().program.clone()
    }
}
