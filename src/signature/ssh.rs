//! Verifies OpenSSH signatures (SSHSIG, the file PROTOCOL.sshsig of OpenSSH) in Git's namespace.
//! Knows nothing of where the trusted signers come from.

use super::allowed::AllowedSigners;
use super::crypto::{Curve, Hash, PublicKey, Value, is_valid};
use super::{Letter, Scheme, Signed, Verification, armor};
use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;

const CUT: &str = "it is cut off or malformed";
const MAGIC: &[u8] = b"SSHSIG";
/// What Git signs for.
pub(super) const NAMESPACE: &[u8] = b"git";

/// Takes what SSH calls strings off the front.
struct Input<'a>(&'a [u8]);

impl<'a> Input<'a> {
    fn take(&mut self, count: usize) -> Result<&'a [u8], &'static str> {
        let (taken, rest) = self.0.split_at_checked(count).ok_or(CUT)?;
        self.0 = rest;
        Ok(taken)
    }

    fn number(&mut self) -> Result<usize, &'static str> {
        Ok(self.take(4)?.iter().fold(0, |number, byte| number << 8 | usize::from(*byte)))
    }

    fn string(&mut self) -> Result<&'a [u8], &'static str> {
        let length = self.number()?;
        self.take(length)
    }

    /// A positive number, written as short as it can be.
    fn mpint(&mut self) -> Result<&'a [u8], &'static str> {
        match self.string()? {
            [0, rest @ ..] if rest.first().is_some_and(|first| *first >= 0x80) => Ok(rest),
            number @ [1..=0x7f, ..] => Ok(number),
            _ => Err(CUT),
        }
    }

    fn end(&self) -> Result<(), &'static str> {
        if self.0.is_empty() { Ok(()) } else { Err(CUT) }
    }
}

/// A public key, and the application that a key in a hardware token is for.
struct Key<'a> {
    public: PublicKey,
    kind: &'a [u8],
    application: Option<&'a [u8]>,
}

/// Verifies an armored signature.
pub(super) fn verify(signers: &AllowedSigners, signed: &Signed, at: i64) -> Verification {
    let unchecked =
        |cause: &str| Verification::unchecked(Scheme::Ssh, format!("the signature cannot be checked: {cause}"));
    let bytes = match armor::only(&signed.signature, "SSH SIGNATURE") {
        Ok(bytes) => bytes,
        Err(cause) => return unchecked(cause),
    };
    let (blob, value) = match parts(&bytes) {
        Ok(parts) => parts,
        Err(cause) => return unchecked(cause),
    };
    let name = fingerprint(blob);
    if value.namespace != NAMESPACE {
        return Verification::new(Scheme::Ssh, Letter::Bad)
            .by(name)
            .because("the signature was made for something else than Git");
    }
    let with = |letter| Verification::new(Scheme::Ssh, letter).by(name.clone());
    match check(blob, &value, &signed.payload) {
        Err(cause) => return unchecked(cause).by(name),
        Ok(false) => {
            return with(Letter::Bad).because("the signature is not over this content, or not by the key it names");
        }
        Ok(true) => {}
    }
    match signers.principals(blob, at) {
        Ok(principals) => with(Letter::Good).named(&principals),
        Err(cause) => with(Letter::UnknownValidity).because(format!("the key {name} {cause}")),
    }
}

/// `SHA256:…`, as `ssh-keygen -l` prints a key.
pub(super) fn fingerprint(blob: &[u8]) -> String {
    format!("SHA256:{}", STANDARD_NO_PAD.encode(Hash::Sha256.of(blob)))
}

/// What a signature says besides its key.
struct Parts<'a> {
    namespace: &'a [u8],
    reserved: &'a [u8],
    hash: &'a [u8],
    signature: &'a [u8],
}

fn parts(bytes: &[u8]) -> Result<(&[u8], Parts<'_>), &'static str> {
    let mut input = Input(bytes.strip_prefix(MAGIC).ok_or(CUT)?);
    if input.number()? != 1 {
        return Err("it is of no version that can be read (1 can)");
    }
    let blob = input.string()?;
    let (namespace, reserved) = (input.string()?, input.string()?);
    let (hash, signature) = (input.string()?, input.string()?);
    input.end()?;
    Ok((blob, Parts { namespace, reserved, hash, signature }))
}

/// Whether a signature is by the key it carries over a payload.
fn check(blob: &[u8], parts: &Parts<'_>, payload: &[u8]) -> Result<bool, &'static str> {
    let digest = match parts.hash {
        b"sha256" => Hash::Sha256.of(payload),
        b"sha512" => Hash::Sha512.of(payload),
        _ => return Err("its hash cannot be checked here (SHA-256 and SHA-512 can)"),
    };
    let mut message = MAGIC.to_vec();
    for part in [parts.namespace, parts.reserved, parts.hash, &digest] {
        message.extend_from_slice(&u32::try_from(part.len()).map_err(|_| CUT)?.to_be_bytes());
        message.extend_from_slice(part);
    }
    let key = key(blob)?;
    let mut input = Input(parts.signature);
    let algorithm = input.string()?;
    let value = input.string()?;
    let hash = match algorithm {
        b"rsa-sha2-256" | b"ecdsa-sha2-nistp256" => Hash::Sha256,
        b"ecdsa-sha2-nistp384" => Hash::Sha384,
        b"rsa-sha2-512" | b"ecdsa-sha2-nistp521" => Hash::Sha512,
        b"ssh-rsa" => return Err("its hash is SHA-1, which is too weak"),
        // Ed25519 does not depend on it.
        _ => Hash::Sha256,
    };
    if key.kind != b"ssh-rsa" && key.kind != algorithm {
        return Err("its algorithm is not its key's");
    }
    if let Some(application) = key.application {
        // A token signs what it was asked for, for whom, whether a finger was there, and how often it signed.
        let flags = input.take(1)?;
        let counter = input.take(4)?;
        message = [&Hash::Sha256.of(application), flags, counter, &Hash::Sha256.of(&message)].concat();
    }
    input.end()?;
    let value = match &key.public {
        PublicKey::Rsa { .. } => Value::Rsa(value.to_vec()),
        PublicKey::Ed25519(_) => Value::Ed25519(value.to_vec()),
        PublicKey::Ecdsa { .. } => {
            let mut input = Input(value);
            let (r, s) = (input.mpint()?.to_vec(), input.mpint()?.to_vec());
            input.end()?;
            Value::Ecdsa { r, s }
        }
    };
    let rsa = matches!(key.public, PublicKey::Rsa { .. });
    if rsa != matches!(algorithm, b"rsa-sha2-256" | b"rsa-sha2-512") {
        return Err("its algorithm is not its key's");
    }
    is_valid(&key.public, hash, &message, &value)
}

fn key(blob: &[u8]) -> Result<Key<'_>, &'static str> {
    let mut input = Input(blob);
    let kind = input.string()?;
    let curve = match kind {
        b"ecdsa-sha2-nistp384" => (Curve::P384, &b"nistp384"[..]),
        b"ecdsa-sha2-nistp521" => (Curve::P521, &b"nistp521"[..]),
        _ => (Curve::P256, &b"nistp256"[..]),
    };
    let public = match kind {
        b"ssh-rsa" => {
            let e = input.mpint()?.to_vec();
            PublicKey::Rsa { n: input.mpint()?.to_vec(), e }
        }
        b"ssh-ed25519" | b"sk-ssh-ed25519@openssh.com" => PublicKey::Ed25519(input.string()?.to_vec()),
        b"ecdsa-sha2-nistp256"
        | b"ecdsa-sha2-nistp384"
        | b"ecdsa-sha2-nistp521"
        | b"sk-ecdsa-sha2-nistp256@openssh.com" => {
            if input.string()? != curve.1 {
                return Err(CUT);
            }
            PublicKey::Ecdsa { curve: curve.0, point: input.string()?.to_vec() }
        }
        b"ssh-dss" => return Err("its key is a DSA key, which is too weak"),
        kind if kind.ends_with(b"-cert-v01@openssh.com") => {
            return Err("it was made with an SSH certificate, which cannot be checked here");
        }
        _ => return Err("its key is of a kind that cannot be checked here"),
    };
    let application = if kind.starts_with(b"sk-") { Some(input.string()?) } else { None };
    input.end()?;
    Ok(Key { public, kind, application })
}

/// Whether a key in an `allowed_signers` file can be checked with, and is of the kind written before it.
pub(super) fn is_usable(kind: &[u8], blob: &[u8]) -> Result<(), &'static str> {
    if key(blob)?.kind == kind { Ok(()) } else { Err("its key is of another kind than it says") }
}
