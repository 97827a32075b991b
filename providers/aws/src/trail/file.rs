//! One file of a trail: unpacked within bounds, and split into its records.
//! Knows nothing of where files lie, nor of what records say.

use flate2::bufread::MultiGzDecoder;
use serde_json::value::RawValue;
use std::io::Read;

/// The largest file that is read as it lies. CloudTrail starts a new one at some ten megabytes.
pub(crate) const MAX_PACKED: u64 = 64 << 20;

/// The most that a file may unpack to: JSON of such records packs to a tenth or a twentieth.
const MAX_UNPACKED: u64 = 256 << 20;

/// Whether a file's name is that of records: `.json` or `.json.gz`. Digests are kept in folders of their own.
pub(crate) fn is_record_file(name: &str) -> bool {
    name.ends_with(".json") || name.ends_with(".json.gz")
}

/// Hands on the text of each record of a file.
///
/// # Errors
/// Says what is wrong with the file, without its values.
pub(crate) fn unpack(bytes: &[u8], each: &mut dyn FnMut(&str)) -> Result<(), String> {
    #[derive(serde::Deserialize)]
    struct Records<'r> {
        #[serde(rename = "Records", borrow)]
        records: Vec<&'r RawValue>,
    }
    let unpacked;
    let bytes = if bytes.starts_with(&[0x1f, 0x8b]) {
        unpacked = inflated(bytes, MAX_UNPACKED)?;
        unpacked.as_slice()
    } else {
        bytes
    };
    let records: Records<'_> = serde_json::from_slice(bytes).map_err(|_| "it is no list of records".to_owned())?;
    records.records.iter().for_each(|record| each(record.get()));
    Ok(())
}

fn inflated(bytes: &[u8], limit: u64) -> Result<Vec<u8>, String> {
    let mut unpacked = Vec::new();
    let read = MultiGzDecoder::new(bytes).take(limit + 1).read_to_end(&mut unpacked);
    read.map_err(|error| format!("it cannot be unpacked: {error}"))?;
    if unpacked.len() as u64 > limit {
        return Err(format!("it unpacks to more than {} MiB", limit >> 20));
    }
    Ok(unpacked)
}

#[cfg(test)]
mod tests {
    use super::*;
    use flate2::Compression;
    use flate2::write::GzEncoder;
    use std::io::Write;

    fn packed(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(bytes).expect("memory takes every write");
        encoder.finish().expect("memory takes every write")
    }

    fn records(bytes: &[u8]) -> Result<Vec<String>, String> {
        let mut records = Vec::new();
        unpack(bytes, &mut |record| records.push(record.to_owned()))?;
        Ok(records)
    }

    #[test]
    fn files_are_unpacked_within_bounds() {
        let text = br#"{"Records":[{"a": 1},{"b":[2]}]}"#;
        let expected = Ok(vec![r#"{"a": 1}"#.to_owned(), r#"{"b":[2]}"#.to_owned()]);
        assert_eq!(records(text), expected);
        assert_eq!(records(&packed(text)), expected);
        let bomb = packed(&vec![b' '; 4 << 20]);
        assert!(bomb.len() < 8 << 10, "the bomb is small");
        assert_eq!(inflated(&bomb, 1 << 20).map(|bytes| bytes.len()), Err("it unpacks to more than 1 MiB".to_owned()));
        assert!(records(&packed(text)[..20]).is_err(), "an end in the middle");
        for other in [&b"[]"[..], b"{}", b"", b"{\"Records\":{}}", b"\xff"] {
            assert_eq!(records(other), Err("it is no list of records".to_owned()));
        }
        let deep = format!("{{\"Records\":[{}1{}]}}", "[".repeat(200_000), "]".repeat(200_000));
        assert_eq!(records(deep.as_bytes()).map(|records| records.len()), Ok(1), "depth is the record's own matter");
    }
}
