//! Undoes the armor of signatures, keys and certificates: base64 between a BEGIN and an END line.
//! Knows nothing of what is inside.
//!
//! Signatures are read strictly: a byte that could differ without changing what is inside is refused.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// The one block that a text consists of.
pub(super) fn only(text: &[u8], label: &str) -> Result<Vec<u8>, &'static str> {
    let text = match text.strip_suffix(b"\n") {
        Some(text) => text,
        None if text.ends_with(b"\r") => return Err("its armor is incomplete"),
        None => text,
    };
    let lines: Vec<_> =
        text.split(|byte| *byte == b'\n').map(|line| line.strip_suffix(b"\r").unwrap_or(line)).collect();
    let [first, body @ .., last] = lines.as_slice() else { return Err("its armor is incomplete") };
    if *first != begin(label).as_bytes() || *last != end(label).as_bytes() {
        return Err("its armor is incomplete");
    }
    decoded(body, label)
}

/// All blocks of a label, whatever stands around them.
pub(super) fn all(text: &[u8], label: &str) -> Result<Vec<Vec<u8>>, &'static str> {
    let (begin, end) = (begin(label), end(label));
    let mut blocks = Vec::new();
    let mut lines = text.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii_end);
    while lines.any(|line| line == begin.as_bytes()) {
        let mut body = Vec::new();
        loop {
            match lines.next() {
                None => return Err("an armored block does not end"),
                Some(line) if line == end.as_bytes() => break,
                Some(line) => body.push(line),
            }
        }
        blocks.push(decoded(&body, label)?);
    }
    Ok(blocks)
}

fn begin(label: &str) -> String {
    format!("-----BEGIN {label}-----")
}

fn end(label: &str) -> String {
    format!("-----END {label}-----")
}

fn decoded(lines: &[&[u8]], label: &str) -> Result<Vec<u8>, &'static str> {
    let mut lines = lines;
    let mut sum = None;
    if label.starts_with("PGP") {
        // Headers of OpenPGP's armor end with an empty line; nothing depends on what they say.
        let headers = lines.iter().position(|line| line.is_empty()).ok_or("its armor has no empty line")?;
        if !lines[..headers].iter().all(|line| line.windows(2).any(|two| two == b": ")) {
            return Err("its armor has a malformed header");
        }
        lines = &lines[headers + 1..];
        if let [body @ .., last] = lines
            && let Some(base64) = last.strip_prefix(b"=")
        {
            sum = Some(STANDARD.decode(base64).map_err(|_| "its checksum is malformed")?);
            lines = body;
        }
    }
    let bytes = STANDARD.decode(lines.concat()).map_err(|_| "its base64 is malformed")?;
    if sum.is_some_and(|sum| sum != crc24(&bytes)) {
        return Err("its checksum does not fit");
    }
    Ok(bytes)
}

/// The checksum of OpenPGP's armor, RFC 9580 section 6.1.
fn crc24(bytes: &[u8]) -> [u8; 3] {
    let mut crc: u32 = 0x00b7_04ce;
    for byte in bytes {
        crc ^= u32::from(*byte) << 16;
        for _ in 0..8 {
            crc <<= 1;
            if crc & 0x0100_0000 != 0 {
                crc ^= 0x0186_4cfb;
            }
        }
    }
    let [_, high, middle, low] = crc.to_be_bytes();
    [high, middle, low]
}
