//! Reads the objects of one batch, a line at a time: only what is handed on is kept in memory.
//! Knows nothing of what is asked.

use crate::format::{BatchRecord, ObjectRecord};
use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;

/// The longest line that is read. No remote object comes near it.
pub(crate) const MAX_LINE_BYTES: usize = 16 << 20;

/// The largest file that is read.
const MAX_FILE_BYTES: u64 = 4 << 30;

/// Opens a file of a recording; it must be a regular file of its own, so that nothing outside is read.
pub(crate) fn open(path: &Path, limit: u64) -> Result<File, String> {
    let metadata = std::fs::symlink_metadata(path).map_err(|error| error.to_string())?;
    if !metadata.is_file() {
        return Err("it is not a regular file".into());
    }
    if metadata.len() > limit {
        return Err(format!("it is larger than {} MiB", limit >> 20));
    }
    File::open(path).map_err(|error| error.to_string())
}

/// Hands on every object of a batch in the order of the file.
///
/// # Errors
/// Says what is wrong with the file, without its values. Then nothing of it can be relied on.
pub(crate) fn read(path: &Path, batch: &BatchRecord, mut each: impl FnMut(ObjectRecord)) -> Result<(), String> {
    if batch.objects == 0 && batch.unrequested == 0 {
        return Ok(());
    }
    let mut reader = BufReader::new(open(path, MAX_FILE_BYTES)?);
    let (mut n_objects, mut n_unrequested) = (0, 0);
    let mut line = Vec::new();
    for number in 1_u64.. {
        line.clear();
        let taken = reader.by_ref().take(MAX_LINE_BYTES as u64 + 1).read_until(b'\n', &mut line);
        if taken.map_err(|error| error.to_string())? == 0 {
            break;
        }
        if line.len() > MAX_LINE_BYTES {
            return Err(format!("line {number} is longer than {} MiB", MAX_LINE_BYTES >> 20));
        }
        if line.last() != Some(&b'\n') {
            return Err(format!("line {number} ends in the middle"));
        }
        let object: ObjectRecord =
            serde_json::from_slice(&line).map_err(|_| format!("line {number} is no object record"))?;
        if object.resource_type != batch.resource_type || !object.attributes.get().starts_with('{') {
            return Err(format!("line {number} is no object of this type"));
        }
        *(if object.requested { &mut n_objects } else { &mut n_unrequested }) += 1;
        each(object);
    }
    if (n_objects, n_unrequested) != (batch.objects, batch.unrequested) {
        let (expected, found) = (batch.objects.saturating_add(batch.unrequested), n_objects + n_unrequested);
        return Err(format!("it holds {found} objects where {expected} were recorded"));
    }
    Ok(())
}
