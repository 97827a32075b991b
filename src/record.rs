//! Keeps what was read as a recording, to be replayed by the recorded provider.
//! Knows nothing of comparing.

mod redactor;
#[cfg(test)]
mod tests;

use redactor::Redacted;
pub use redactor::Redactor;

use crate::fetch::{Live, LiveBatch, LiveConnection};
use crate::logical::READER;
use crate::plan::{InstanceIndex, ReadPlan};
use provider_api::{Gap, GapClass, LiveObject};
use provider_recorded::format::{
    ACTIVITY, BatchRecord, ConnectionActivity, ConnectionRecord, MANIFEST, ObjectRecord, RecordedActivity, Recording,
    VERSION, is_file_of_recording, objects_file,
};
use std::collections::HashMap;
use std::fs::{self, File, OpenOptions};
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

/// Begins the name of the directory in which a recording is made before it takes its place.
const STAGING: &str = ".recording-";

/// A recording that could not be written.
#[derive(Debug, thiserror::Error)]
pub enum RecordError {
    /// Something else is there.
    #[error("the recording cannot be written to `{}`: it holds `{}`, which is no part of a recording", dir.display(), found.escape_debug())]
    Occupied {
        /// The directory.
        dir: PathBuf,
        /// A file in it.
        found: String,
    },
    /// A file is there.
    #[error("the recording cannot be written to `{}`: it is not a directory", dir.display())]
    NotADirectory {
        /// The file.
        dir: PathBuf,
    },
    /// The disk is full, or the user may not write there.
    #[error("the recording cannot be written to `{}`: {cause}", path.display())]
    Io {
        /// The file or directory.
        path: PathBuf,
        /// Why.
        cause: std::io::Error,
    },
    /// Sensitive values of an object cannot be found, so nothing of it may be kept.
    #[error("the recording cannot be written: the attributes of {resource_type} `{}` cannot be parsed", id.escape_debug())]
    Object {
        /// The type.
        resource_type: String,
        /// The id.
        id: String,
    },
}

impl RecordError {
    /// What to do about it.
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::Occupied { .. } | Self::NotADirectory { .. } => {
                Some("name a new or empty directory, or an earlier recording to replace")
            }
            Self::Io { .. } => Some("check the free space and who may write there"),
            Self::Object { .. } => None,
        }
    }
}

/// What was asked, and what was answered.
pub type Read<'a> = (&'a ReadPlan<'a>, &'a Live);

/// Writes what was read to a directory, which is created where it does not exist. An earlier recording there is
/// replaced, and stays whole until the new one is complete. Files are readable by their owner only: they describe the
/// whole network, though they hold no sensitive value.
///
/// # Errors
/// When the directory holds anything else, or cannot be written.
pub fn write(dir: &Path, reads: &[Read<'_>], redactor: &Redactor<'_>) -> Result<(), RecordError> {
    let created = prepare(dir)?;
    let written = stage(dir, reads, redactor);
    if written.is_err() && created {
        // Nothing of a failed attempt stays; that it cannot be removed either adds nothing.
        let _ = fs::remove_dir(dir);
    }
    written
}

/// Adds to a recording who changed objects.
///
/// # Errors
/// When the file cannot be written.
pub fn add_activity(dir: &Path, connections: Vec<ConnectionActivity>) -> Result<(), RecordError> {
    let path = dir.join(ACTIVITY);
    let staging = tempfile::Builder::new().prefix(STAGING).tempdir_in(dir).map_err(io(dir))?;
    let staged = staging.path().join(ACTIVITY);
    let mut text =
        serde_json::to_string_pretty(&RecordedActivity { connections }).map_err(|error| io(&path)(error.into()))?;
    text.push('\n');
    write_file(&staged, |file| file.write_all(text.as_bytes()))?;
    fs::rename(&staged, &path).map_err(io(&path))?;
    staging.close().map_err(io(dir))
}

/// Creates the directory, or checks that it holds nothing but a recording. Says whether it was created.
fn prepare(dir: &Path) -> Result<bool, RecordError> {
    match fs::metadata(dir) {
        Ok(metadata) if !metadata.is_dir() => return Err(RecordError::NotADirectory { dir: dir.to_owned() }),
        Ok(_) => {}
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            fs::create_dir_all(dir).map_err(io(dir))?;
            return Ok(true);
        }
        Err(error) => return Err(io(dir)(error)),
    }
    for entry in fs::read_dir(dir).map_err(io(dir))? {
        let entry = entry.map_err(io(dir))?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let kind = entry.file_type().map_err(io(dir))?;
        let ours = if kind.is_dir() { name.starts_with(STAGING) } else { is_file_of_recording(&name) };
        if !ours {
            return Err(RecordError::Occupied { dir: dir.to_owned(), found: name });
        }
    }
    Ok(false)
}

/// Writes all files to a directory within, then moves them into place: the manifest leaves first and comes last, so that
/// the directory never looks like a recording that it is not.
fn stage(dir: &Path, reads: &[Read<'_>], redactor: &Redactor<'_>) -> Result<(), RecordError> {
    let staging = tempfile::Builder::new().prefix(STAGING).tempdir_in(dir).map_err(io(dir))?;
    let mut files = Vec::new();
    let recording = Recording {
        format_version: VERSION.into(),
        tool_version: env!("CARGO_PKG_VERSION").into(),
        unmanaged: reads
            .iter()
            .flat_map(|(plan, _)| &plan.connections)
            .flat_map(|connection| &connection.batches)
            .any(|batch| batch.unrequested),
        connections: connections(staging.path(), reads, redactor, &mut files)?,
    };
    let manifest = staging.path().join(MANIFEST);
    let mut text = serde_json::to_string_pretty(&recording).map_err(|error| io(&manifest)(error.into()))?;
    text.push('\n');
    write_file(&manifest, |file| file.write_all(text.as_bytes()))?;
    files.push(MANIFEST.to_owned());

    remove_earlier(dir, staging.path())?;
    for name in files {
        let path = dir.join(&name);
        fs::rename(staging.path().join(&name), &path).map_err(io(&path))?;
    }
    staging.close().map_err(io(dir))
}

/// Removes an earlier recording, and what interrupted attempts have left behind.
fn remove_earlier(dir: &Path, staging: &Path) -> Result<(), RecordError> {
    let manifest = dir.join(MANIFEST);
    match fs::remove_file(&manifest) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(io(&manifest)(error)),
        _ => {}
    }
    for entry in fs::read_dir(dir).map_err(io(dir))? {
        let path = entry.map_err(io(dir))?.path();
        // The one path may be absolute and the other not.
        if path.file_name() == staging.file_name() {
            continue;
        }
        let is_dir = fs::symlink_metadata(&path).is_ok_and(|metadata| metadata.is_dir());
        let removed = if is_dir { fs::remove_dir_all(&path) } else { fs::remove_file(&path) };
        removed.map_err(io(&path))?;
    }
    Ok(())
}

/// Writes the objects and describes all connections. Adds the names of the files to `files`.
fn connections(
    staging: &Path,
    reads: &[Read<'_>],
    redactor: &Redactor<'_>,
    files: &mut Vec<String>,
) -> Result<Vec<ConnectionRecord>, RecordError> {
    let mut position = 0;
    let mut records = Vec::new();
    // What was only taken from state is there again at the next scan; a recording would keep secrets of types whose
    // schema nobody has.
    let read = |(_, connection): &(&_, &LiveConnection)| connection.reader != READER;
    let all = reads.iter().flat_map(|(plan, live)| plan.connections.iter().zip(&live.connections));
    for (planned, connection) in all.filter(read) {
        let mut batches = Vec::with_capacity(connection.batches.len());
        for (planned, batch) in planned.batches.iter().zip(&connection.batches) {
            let outcome = &batch.outcome;
            let mut gaps = outcome.gaps.clone();
            if !outcome.objects.is_empty() || !outcome.unrequested.is_empty() {
                let name = objects_file(position);
                objects(&staging.join(&name), &connection.source, batch, redactor, &mut gaps)?;
                files.push(name);
            }
            position += 1;
            batches.push(BatchRecord {
                resource_type: batch.resource_type.clone(),
                requested: batch.ids.clone(),
                lists_unrequested: planned.unrequested,
                listed: outcome.listed,
                objects: outcome.objects.len() as u64,
                unrequested: outcome.unrequested.len() as u64,
                api_calls: outcome.api_calls,
                gaps,
                schema: outcome.schema.as_deref().cloned(),
            });
        }
        records.push(ConnectionRecord {
            name: connection.configuration.clone(),
            source: connection.source.clone(),
            reader: connection.reader.clone(),
            scope: connection.scope.clone(),
            recorded_scope: connection.recorded_scope.clone(),
            gap: connection.gap.clone(),
            program: connection.program.clone(),
            batches,
        });
    }
    Ok(records)
}

/// Writes the objects of one batch, a line each.
/// Adds what cannot be kept of them to `gaps`.
fn objects(
    path: &Path,
    source: &str,
    batch: &LiveBatch,
    redactor: &Redactor<'_>,
    gaps: &mut Vec<Gap>,
) -> Result<(), RecordError> {
    let mut askers: HashMap<&str, Vec<InstanceIndex>> = HashMap::new();
    for (id, instance) in batch.ids.iter().zip(&batch.instances) {
        askers.entry(id).or_default().push(*instance);
    }
    let redaction = redactor.of_type(source, &batch.resource_type, batch.outcome.schema.as_deref());
    let mut unparsable = None;
    write_file(path, |file| {
        let outcome = &batch.outcome;
        let requested = outcome.objects.iter().map(|object| (object, true));
        for (object, requested) in requested.chain(outcome.unrequested.iter().map(|object| (object, false))) {
            let instances = match object.position.and_then(|position| batch.instances.get(position)) {
                Some(instance) => std::slice::from_ref(instance),
                None => askers.get(object.id.as_str()).map_or(&[][..], Vec::as_slice),
            };
            let Ok(Redacted { attributes, upgraded, left_out }) = redaction.object(object, instances) else {
                unparsable = Some(object.id.clone());
                return Ok(());
            };
            let LiveObject { id, origin, created_at, position, .. } = object;
            if !left_out.is_empty() {
                let names = left_out.join(", ");
                let cause = format!("not in the recording: {names}, a secret that the provider has in another form");
                gaps.push(Gap { ids: vec![id.clone()], class: GapClass::Unsupported, cause });
            }
            let record = ObjectRecord {
                resource_type: batch.resource_type.clone(),
                id: id.clone(),
                requested,
                origin: origin.clone(),
                created_at: created_at.clone(),
                position: *position,
                upgraded,
                attributes,
            };
            serde_json::to_writer(&mut *file, &record)?;
            file.write_all(b"\n")?;
        }
        Ok(())
    })?;
    match unparsable {
        Some(id) => Err(RecordError::Object { resource_type: batch.resource_type.clone(), id }),
        None => Ok(()),
    }
}

/// Writes a new file that only its owner may read.
fn write_file(
    path: &Path,
    content: impl FnOnce(&mut BufWriter<File>) -> std::io::Result<()>,
) -> Result<(), RecordError> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let written = options.open(path).and_then(|file| {
        let mut writer = BufWriter::new(file);
        content(&mut writer)?;
        writer.flush()
    });
    written.map_err(io(path))
}

/// Names the file of a failure.
fn io(path: &Path) -> impl Fn(std::io::Error) -> RecordError {
    let path = path.to_owned();
    move |cause| RecordError::Io { path: path.clone(), cause }
}
