//! Reads OpenSSH's `allowed_signers` files: who may sign with which key, when and for what.
//! Knows nothing of signatures.

use super::ssh::{NAMESPACE, is_usable};
use super::{instant, text, utc};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// The trusted SSH keys.
#[derive(Debug, Default)]
pub(super) struct AllowedSigners {
    signers: Vec<Signer>,
}

/// A line of the file.
#[derive(Debug)]
struct Signer {
    /// As written: names, patterns, and what is excluded.
    principals: Vec<String>,
    blob: Vec<u8>,
    for_git: bool,
    after: Option<i64>,
    before: Option<i64>,
}

impl AllowedSigners {
    pub(super) fn is_empty(&self) -> bool {
        self.signers.is_empty()
    }

    /// Adds all lines of a file and gives how many. Those that cannot be used, and why, go to `skipped`.
    pub(super) fn add(&mut self, bytes: &[u8], skipped: &mut Vec<String>) -> usize {
        let before = self.signers.len();
        for (at, line) in bytes.split(|byte| *byte == b'\n').enumerate() {
            let line = line.trim_ascii();
            if line.is_empty() || line.starts_with(b"#") {
                continue;
            }
            match signer(line) {
                Ok(signer) => self.signers.push(signer),
                Err(cause) => skipped.push(format!("line {} of allowed signers is not taken: {cause}", at + 1)),
            }
        }
        self.signers.len() - before
    }

    /// Who may sign for Git with a key at a time, or what is wrong with the key.
    pub(super) fn principals(&self, blob: &[u8], at: i64) -> Result<Vec<String>, String> {
        let mut cause = "is not among the trusted ones".to_owned();
        let mut principals: Vec<String> = Vec::new();
        for signer in self.signers.iter().filter(|signer| signer.blob == blob) {
            match signer.fault(at) {
                Some(fault) => cause = fault,
                None => principals.extend(signer.principals.iter().cloned()),
            }
        }
        principals.sort_unstable();
        principals.dedup();
        if principals.is_empty() { Err(cause) } else { Ok(principals) }
    }
}

impl Signer {
    fn fault(&self, at: i64) -> Option<String> {
        if !self.for_git {
            return Some("is trusted, but not for Git".to_owned());
        }
        if let Some(after) = self.after.filter(|after| at < *after) {
            return Some(format!("is trusted only from {} on", instant(after)));
        }
        let before = self.before.filter(|before| at > *before)?;
        Some(format!("is trusted only until {}", instant(before)))
    }
}

fn signer(line: &[u8]) -> Result<Signer, &'static str> {
    let line = std::str::from_utf8(line).map_err(|_| "it is not UTF-8")?;
    let (principals, rest) = word(line)?;
    let unquoted = principals.strip_prefix('"').and_then(|quoted| quoted.strip_suffix('"')).unwrap_or(principals);
    let principals: Vec<String> = unquoted
        .split(',')
        .filter(|principal| !principal.is_empty() && !principal.starts_with('!'))
        .map(|principal| text(principal.as_bytes()))
        .collect();
    if principals.is_empty() {
        return Err("it names nobody");
    }
    let (mut kind, mut rest) = word(rest)?;
    let mut signer = Signer { principals, blob: Vec::new(), for_git: true, after: None, before: None };
    if !is_kind(kind) {
        options(kind, &mut signer)?;
        (kind, rest) = word(rest)?;
    }
    let (base64, _comment) = word(rest)?;
    signer.blob = STANDARD.decode(base64).map_err(|_| "its key is not base64")?;
    is_usable(kind.as_bytes(), &signer.blob)?;
    Ok(signer)
}

fn is_kind(word: &str) -> bool {
    ["ssh-", "ecdsa-", "sk-ssh-", "sk-ecdsa-"].iter().any(|start| word.starts_with(start))
}

/// A word up to white space outside quotes, and what follows.
fn word(line: &str) -> Result<(&str, &str), &'static str> {
    let mut quoted = false;
    let end = line.find(|character: char| {
        quoted ^= character == '"';
        !quoted && matches!(character, ' ' | '\t')
    });
    if quoted && end.is_none() {
        return Err("a quote in it does not end");
    }
    let (word, rest) = line.split_at(end.unwrap_or(line.len()));
    if word.is_empty() { Err("it is incomplete") } else { Ok((word, rest.trim_start_matches([' ', '\t']))) }
}

fn options(mut all: &str, signer: &mut Signer) -> Result<(), &'static str> {
    const UNKNOWN: &str = "it has an option that is not known here";
    while !all.is_empty() {
        let (name, value, rest) = match all.find(['=', ',']) {
            Some(at) if all[at..].starts_with('=') => {
                let quoted = all[at + 1..].strip_prefix('"').ok_or("the value of an option in it is not quoted")?;
                let (value, rest) = quoted.split_once('"').ok_or("a quote in it does not end")?;
                (&all[..at], Some(value), rest)
            }
            Some(at) => (&all[..at], None, &all[at..]),
            None => (all, None, ""),
        };
        match (name.to_ascii_lowercase().as_str(), value) {
            ("cert-authority", None) => {
                return Err("it names an authority for SSH certificates, which are not supported");
            }
            ("namespaces", Some(patterns)) => signer.for_git = matches_any(patterns, NAMESPACE),
            ("valid-after", Some(time)) => signer.after = Some(seconds(time, LATEST_ZONE)?),
            ("valid-before", Some(time)) => signer.before = Some(seconds(time, EARLIEST_ZONE)?),
            _ => return Err(UNKNOWN),
        }
        all = match rest.strip_prefix(',') {
            Some(next) if !next.is_empty() => next,
            None if rest.is_empty() => rest,
            _ => return Err(UNKNOWN),
        };
    }
    Ok(())
}

// OpenSSH takes a time without zone as local, wherever it runs. Here it must hold in every zone, so that the same
// repository is judged alike everywhere.
const LATEST_ZONE: i64 = 12 * 3600;
const EARLIEST_ZONE: i64 = -14 * 3600;

/// `YYYYMMDD[HHMM[SS]][Z]` in seconds since 1970.
fn seconds(time: &str, zone: i64) -> Result<i64, &'static str> {
    const MALFORMED: &str = "a time in it is malformed";
    let (digits, zone) = match time.strip_suffix('Z') {
        Some(digits) => (digits, 0),
        None => (time, zone),
    };
    if !matches!(digits.len(), 8 | 12 | 14) {
        return Err(MALFORMED);
    }
    Ok(utc(&format!("{digits:0<14}")).ok_or(MALFORMED)? + zone)
}

/// Whether a name fits a comma-separated list of patterns with `*` and `?`, and none of those in it that begin with
/// `!`.
fn matches_any(patterns: &str, name: &[u8]) -> bool {
    let mut found = false;
    for pattern in patterns.split(',') {
        match pattern.strip_prefix('!') {
            Some(pattern) if matches(pattern.as_bytes(), name) => return false,
            Some(_) => {}
            None => found |= matches(pattern.as_bytes(), name),
        }
    }
    found
}

/// Tries each character of the name once for each of the pattern: no input makes it slow.
fn matches(pattern: &[u8], name: &[u8]) -> bool {
    let mut states = vec![false; name.len() + 1];
    states[0] = true;
    for wanted in pattern {
        if *wanted == b'*' {
            let first = states.iter().position(|state| *state).unwrap_or(states.len());
            states[first..].fill(true);
        } else {
            for at in (0..name.len()).rev() {
                states[at + 1] = states[at] && (*wanted == b'?' || *wanted == name[at]);
            }
            states[0] = false;
        }
    }
    states[name.len()]
}
