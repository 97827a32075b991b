//! The provider contract, fulfilled from a recording.
//! Knows nothing of the remote system that was recorded.

use crate::error::RecordingError;
use crate::format::{BatchRecord, ConnectionRecord, MANIFEST, Recording, VERSION, objects_file};
use crate::objects;
use futures::future::{BoxFuture, FutureExt};
use provider_api::{
    Attributes, Connection, Gap, GapClass, LiveObject, Provider, ProviderConfiguration, ReadOutcome, ReadRequest, Scope,
};
use std::collections::{BTreeSet, HashSet};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The largest `recording.json` that is read.
const MAX_MANIFEST_BYTES: u64 = 256 << 20;

/// More calls than any scan makes; a bound, so that sums of what a recording claims cannot overflow.
const MAX_CALLS: u64 = 1 << 40;

/// Replays a recording. It serves every source that was recorded, those that no reader served included.
pub struct Recorded {
    dir: Arc<Path>,
    recording: Arc<Recording>,
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
        Ok(Self { dir: dir.into(), recording: Arc::new(recording), recorded_scope: |_| Scope::default() })
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
        let connections = &self.recording.connections;
        let named = connections.iter().position(|connection| connection.name == configuration.name);
        named.or_else(|| {
            let source = source_of(&configuration.name)?;
            let mut of_source = (0..connections.len()).filter(|position| connections[*position].source == source);
            of_source.next().filter(|_| of_source.next().is_none())
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
        if !names.insert(&connection.name) {
            return Err(malformed("two connections have the same name"));
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

    fn replays(&self) -> bool {
        true
    }

    fn serves(&self, source: &str) -> bool {
        self.recording.connections.iter().any(|connection| connection.source == source)
    }

    fn resource_types(&self) -> Vec<String> {
        let batches = self.recording.connections.iter().flat_map(|connection| &connection.batches);
        let types: BTreeSet<&String> = batches.map(|batch| &batch.resource_type).collect();
        types.into_iter().cloned().collect()
    }

    /// The types whose objects in no state were recorded. Where none were, all: each answers that it was not recorded.
    fn resource_types_of(&self, source: &str) -> Vec<String> {
        let connections = self.recording.connections.iter().filter(|connection| connection.source == source);
        let batches = connections.flat_map(|connection| &connection.batches);
        let listed = batches.filter(|batch| batch.lists_unrequested || !self.recording.unmanaged);
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
            ..ReadOutcome::default()
        };
        let path: PathBuf = self.dir.join(&name);
        let read = objects::read(&path, &batches[index], |object| {
            let live = LiveObject {
                id: object.id,
                attributes: object.attributes,
                origin: object.origin,
                created_at: object.created_at,
            };
            if wanted.contains(live.id.as_str()) {
                outcome.objects.push(live);
            } else if request.unrequested {
                outcome.unrequested.push(live);
            }
        });
        if let Err(cause) = read {
            return ReadOutcome::unread(GapClass::Failed, format!("the recording's `{name}` cannot be used: {cause}"));
        }
        outcome.gaps = gaps(&batches[index], request, &wanted, &outcome.objects);
        outcome
    }
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
}
