//! Verifies OpenPGP signatures by a ring of trusted keys.
//! Knows nothing of Git objects or other kinds of signatures.

mod certificate;
mod packet;

use super::{Letter, Scheme, Signed, Verification, armor, hex, instant};
use certificate::{Certificate, Revocation};
use packet::{Signature, packets};

const SIGNATURE: u8 = 2;
const SECRET_KEY: u8 = 5;
const PUBLIC_KEY: u8 = 6;
const SECRET_SUBKEY: u8 = 7;
const USER_ID: u8 = 13;
const PUBLIC_SUBKEY: u8 = 14;
const USER_ATTRIBUTE: u8 = 17;

/// Over bytes as they are.
const BINARY: u8 = 0x00;

/// The trusted OpenPGP keys.
#[derive(Debug, Default)]
pub(super) struct Keyring {
    certificates: Vec<Certificate>,
}

impl Keyring {
    pub(super) fn is_empty(&self) -> bool {
        self.certificates.is_empty()
    }

    /// Adds all keys in a file and gives how many. What was skipped, and why, goes to `skipped`.
    pub(super) fn add(&mut self, bytes: &[u8], skipped: &mut Vec<String>) -> Result<usize, String> {
        const PRIVATE: &str = "it holds a private key; give what `gpg --export` prints instead";
        if bytes.windows(27).any(|window| window == b"-----BEGIN PGP PRIVATE KEY ") {
            return Err(PRIVATE.to_owned());
        }
        let blocks = match bytes.first() {
            Some(0x80..) => vec![bytes.to_vec()],
            _ => armor::all(bytes, "PGP PUBLIC KEY BLOCK")?,
        };
        let mut all = Vec::new();
        for block in &blocks {
            all.extend(packets(block)?);
        }
        if all.iter().any(|(tag, _)| matches!(*tag, SECRET_KEY | SECRET_SUBKEY)) {
            return Err(PRIVATE.to_owned());
        }
        let starts = all.iter().enumerate().filter(|(_, (tag, _))| *tag == PUBLIC_KEY).map(|(at, _)| at);
        let starts: Vec<_> = starts.chain([all.len()]).collect();
        let before = self.certificates.len();
        for range in starts.windows(2) {
            match Certificate::read(&all[range[0]..range[1]]) {
                Ok(certificate) => self.certificates.push(certificate),
                Err(cause) => skipped.push(format!("an OpenPGP key is not taken: {cause}")),
            }
        }
        Ok(self.certificates.len() - before)
    }
}

/// Verifies an armored, detached signature.
pub(super) fn verify(keyring: &Keyring, signed: &Signed, at: i64) -> Verification {
    let unchecked = |cause: &str| Verification::unchecked(Scheme::OpenPgp, cause);
    let signature = match read(&signed.signature) {
        Ok(signature) => signature,
        Err(cause) => return unchecked(&format!("the signature cannot be read: {cause}")),
    };
    let Some(issuer) = signature.issuer().map(hex) else { return unchecked("the signature names no key") };
    let named: Vec<_> = keyring
        .certificates
        .iter()
        .flat_map(|certificate| certificate.keys.iter().map(move |key| (certificate, key)))
        .filter(|(_, key)| key.key.is_named_by(&signature))
        .collect();
    if named.is_empty() {
        return unchecked(&format!("the key {issuer} is not among the trusted ones")).by(issuer);
    }
    if signature.is_weak() {
        return unchecked("the signature's hash is SHA-1, which is too weak").by(issuer);
    }
    // Several keys may share the eight bytes that an old signature names, and one key may be given several times.
    let judged = named.into_iter().map(|(certificate, key)| match key.key.signed(&signature, &signed.payload) {
        Ok(true) => valid(certificate, key, &signature, at),
        Ok(false) => Verification::new(Scheme::OpenPgp, Letter::Bad)
            .by(hex(certificate.fingerprint()))
            .named(&certificate.user_ids)
            .because("the signature is not over this content, or not by the key it names"),
        Err(cause) => {
            unchecked(&format!("the signature cannot be checked: {cause}")).by(hex(certificate.fingerprint()))
        }
    });
    judged.max_by_key(|verification| weight(verification.letter)).unwrap_or_else(|| unchecked("no key"))
}

/// Which of several keys' answers counts: a revocation first, because another copy of the key may not know of it.
fn weight(letter: Letter) -> u8 {
    match letter {
        Letter::RevokedKey => 5,
        Letter::Good => 4,
        Letter::Expired => 3,
        Letter::ExpiredKey => 2,
        Letter::CannotCheck | Letter::UnknownValidity => 1,
        Letter::Bad => 0,
    }
}

fn read(armored: &[u8]) -> Result<Signature, &'static str> {
    let bytes = armor::only(armored, "PGP SIGNATURE")?;
    let packets = packets(&bytes)?;
    let [(SIGNATURE, body)] = packets.as_slice() else { return Err("it does not consist of one signature") };
    let signature = Signature::read(body)?;
    if signature.kind != BINARY {
        return Err("it is not a signature over bytes as they are");
    }
    Ok(signature)
}

/// Judges a signature that is over these bytes by this key.
fn valid(certificate: &Certificate, key: &certificate::SigningKey, signature: &Signature, at: i64) -> Verification {
    let fingerprint = hex(certificate.fingerprint());
    let outcome = |letter, cause: Option<String>| Verification {
        cause,
        ..Verification::new(Scheme::OpenPgp, letter).by(fingerprint.clone()).named(&certificate.user_ids)
    };
    let (first, last) = (signature.created.min(at), signature.created.max(at));
    match key.revocation.max(certificate.revocation) {
        Revocation::None => {}
        Revocation::Unclear => {
            let cause = "somebody else revoked the key, and whether they may cannot be checked";
            return outcome(Letter::CannotCheck, Some(cause.to_owned()));
        }
        Revocation::Revoked => return outcome(Letter::RevokedKey, Some(format!("the key {fingerprint} is revoked"))),
    }
    if let Some(cause) = key.unfit {
        return outcome(Letter::CannotCheck, Some(format!("the key that signed does not count: {cause}")));
    }
    if first < key.key.created {
        let cause = format!("made before its key was, on {}", instant(key.key.created));
        return outcome(Letter::CannotCheck, Some(cause));
    }
    if let Some(expires) = key.expires.filter(|expires| *expires <= last) {
        return outcome(Letter::ExpiredKey, Some(format!("the key {fingerprint} expired on {}", instant(expires))));
    }
    if let Some(expires) = signature.lasts.map(|lasts| signature.created + lasts).filter(|expires| *expires <= last) {
        return outcome(Letter::Expired, Some(format!("the signature expired on {}", instant(expires))));
    }
    outcome(Letter::Good, None)
}
