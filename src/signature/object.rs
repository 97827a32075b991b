//! Splits raw commits and tags into what was signed and its signature, byte for byte as git does.
//! Knows nothing of keys.

/// What was signed, and its signature.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signed {
    /// The object without its signature.
    pub payload: Vec<u8>,
    /// The signature, in its armor.
    pub signature: Vec<u8>,
}

/// The lines that begin a signature at the end of a tag's message.
const BEGINNINGS: [&[u8]; 4] = [
    b"-----BEGIN PGP SIGNATURE-----",
    b"-----BEGIN PGP MESSAGE-----",
    b"-----BEGIN SSH SIGNATURE-----",
    b"-----BEGIN SIGNED MESSAGE-----",
];

/// Splits a raw commit, without its object header, into what was signed and its signature. None if it is unsigned.
///
/// The signature stands in `gpgsig`, and in `gpgsig-sha256` in repositories whose hashes are SHA-256, told by the
/// length of the tree's. Neither header is part of what was signed.
pub fn of_commit(raw: &[u8]) -> Option<Signed> {
    let tree = raw.strip_prefix(b"tree ")?;
    let digits = tree.iter().take_while(|byte| byte.is_ascii_hexdigit()).count();
    let header: &[u8] = if digits == 64 { b"gpgsig-sha256" } else { b"gpgsig" };
    let (payload, signature) = without_headers(raw, header);
    (!signature.is_empty()).then_some(Signed { payload, signature })
}

/// Splits a raw annotated tag, without its object header, into what was signed and its signature, which begins at the
/// last line that begins one. None if it is unsigned.
pub fn of_tag(raw: &[u8]) -> Option<Signed> {
    let mut at = 0;
    let mut found = None;
    for line in raw.split_inclusive(|byte| *byte == b'\n') {
        if BEGINNINGS.iter().any(|beginning| line.starts_with(beginning)) {
            found = Some(at);
        }
        at += line.len();
    }
    let (message, signature) = raw.split_at(found?);
    Some(Signed { payload: without_last_header(message), signature: signature.to_vec() })
}

/// The tag without its signature header: there is one where a repository goes over to another hash. Further ones, which
/// nobody writes, stay, so that the signature does not fit.
fn without_last_header(raw: &[u8]) -> Vec<u8> {
    let mut header = 0..0;
    let mut inside = false;
    let mut at = 0;
    for line in raw.split_inclusive(|byte| *byte == b'\n').take_while(|line| *line != b"\n") {
        let end = at + line.len();
        if line.starts_with(b"gpgsig ") || line.starts_with(b"gpgsig-sha256 ") {
            (header, inside) = (at..end, true);
        } else if inside && line.starts_with(b" ") {
            header.end = end;
        } else {
            inside = false;
        }
        at = end;
    }
    [&raw[..header.start], &raw[header.end..]].concat()
}

/// The object without its signature headers, and the text of those of one name.
fn without_headers(raw: &[u8], wanted: &[u8]) -> (Vec<u8>, Vec<u8>) {
    let mut payload = Vec::with_capacity(raw.len());
    let mut signature = Vec::new();
    let mut current: Option<bool> = None;
    let mut at = 0;
    for line in raw.split_inclusive(|byte| *byte == b'\n') {
        if line == b"\n" {
            break;
        }
        at += line.len();
        let (name, value) = match line.iter().position(|byte| *byte == b' ') {
            Some(space) => (&line[..space], &line[space + 1..]),
            None => (line, &b""[..]),
        };
        // A line that begins with a space goes on with the header before it.
        if !name.is_empty() {
            current = matches!(name, b"gpgsig" | b"gpgsig-sha256").then(|| name == wanted);
        }
        match current {
            Some(true) => signature.extend_from_slice(value),
            Some(false) => {}
            None => payload.extend_from_slice(line),
        }
    }
    payload.extend_from_slice(&raw[at..]);
    (payload, signature)
}
