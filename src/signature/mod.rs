//! Verifies the signatures of Git commits and annotated tags: OpenPGP, SSH and X.509, in-process and offline.
//! Knows nothing of approvals or people, runs no program and reads no clock.
//!
//! A signature is *good* if it is of the signed bytes, by a key that was given as trusted, and that key could sign at
//! the time that the signature and the committer claim. Unlike `gpg`, which judges by today, a key that expired later
//! stays good for what it signed before; a revoked key never is, whenever it was revoked. Whoever wants today's
//! judgment passes today as the time.
//!
//! What cannot be told offline: whether a certificate was revoked. Who *may* sign for whom is not judged either: the
//! signer's names stand beside the answer, whatever the commit says of its committer.
//!
//! Refused, with a cause: MD5 and SHA-1 over commits and tags, RSA under 2048 bits, more than one signature at once,
//! and every byte that the format leaves without a meaning.

mod allowed;
mod armor;
mod crypto;
mod object;
mod openpgp;
mod ssh;
#[cfg(test)]
mod tests;
mod x509;

pub use object::{Signed, of_commit, of_tag};

/// The largest signature that is looked at, in bytes.
pub const MAX_SIGNATURE: usize = 64 << 10;

/// The largest file of keys that is taken, in bytes.
pub const MAX_KEYS: usize = 16 << 20;

/// The keys that are trusted: none until added.
#[derive(Debug, Default)]
pub struct Keys {
    openpgp: openpgp::Keyring,
    ssh: allowed::AllowedSigners,
    x509: x509::Roots,
    skipped: Vec<String>,
}

impl Keys {
    /// Whether no key is trusted at all.
    pub fn is_empty(&self) -> bool {
        self.openpgp.is_empty() && self.ssh.is_empty() && self.x509.is_empty()
    }

    /// Trusts OpenPGP public keys or keyrings, armored (any number of blocks) or binary. Gives how many were taken, or
    /// why none.
    pub fn add_openpgp(&mut self, bytes: &[u8]) -> Result<usize, String> {
        within_bounds(bytes)?;
        let skipped = &mut self.skipped;
        taken(self.openpgp.add(bytes, skipped)?, "no OpenPGP public key in it")
    }

    /// Trusts the signers in an OpenSSH `allowed_signers` file, for the namespace `git`. Gives how many lines were
    /// taken, or why none. A time without zone counts in every zone: nobody is valid at its edge where it depends on
    /// the zone.
    pub fn add_allowed_signers(&mut self, text: &[u8]) -> Result<usize, String> {
        within_bounds(text)?;
        let skipped = &mut self.skipped;
        taken(self.ssh.add(text, skipped), "no line of an allowed_signers file in it")
    }

    /// Trusts X.509 root certificates, as PEM (any number of blocks) or one as DER. Gives how many were taken, or why
    /// none.
    pub fn add_x509_roots(&mut self, bytes: &[u8]) -> Result<usize, String> {
        within_bounds(bytes)?;
        let skipped = &mut self.skipped;
        taken(self.x509.add(bytes, skipped)?, "no X.509 certificate in it")
    }

    /// What was given as trusted and cannot be used, each with its cause. Signatures by these keys cannot be checked.
    pub fn skipped(&self) -> &[String] {
        &self.skipped
    }
}

fn within_bounds(bytes: &[u8]) -> Result<(), String> {
    if bytes.len() > MAX_KEYS {
        return Err(format!("more than {} MiB of keys", MAX_KEYS >> 20));
    }
    Ok(())
}

fn taken(count: usize, none: &str) -> Result<usize, String> {
    if count == 0 { Err(none.to_owned()) } else { Ok(count) }
}

/// What became of a signature, in the letters of git's `%G?`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Letter {
    /// `G`: by a trusted key, over these very bytes.
    Good,
    /// `B`: not over these bytes, or not by that key.
    Bad,
    /// `U`: over these bytes by the key it carries, which is not trusted, not at that time, or not for Git (SSH). Where
    /// a trusted key is not for Git, git itself says `B`.
    UnknownValidity,
    /// `X`: good, but the signature had expired.
    Expired,
    /// `Y`: over these bytes by a trusted key that had expired.
    ExpiredKey,
    /// `R`: over these bytes by a key that is revoked.
    RevokedKey,
    /// `E`: cannot be checked, for example because the key is not among the trusted ones.
    CannotCheck,
}

impl Letter {
    /// Git's letter.
    pub fn as_char(self) -> char {
        match self {
            Self::Good => 'G',
            Self::Bad => 'B',
            Self::UnknownValidity => 'U',
            Self::Expired => 'X',
            Self::ExpiredKey => 'Y',
            Self::RevokedKey => 'R',
            Self::CannotCheck => 'E',
        }
    }
}

/// How something is signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Scheme {
    /// OpenPGP, RFC 9580.
    OpenPgp,
    /// OpenSSH's SSHSIG.
    Ssh,
    /// A detached CMS signature (S/MIME), RFC 5652.
    X509,
}

/// What is known of a signature.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verification {
    /// The outcome.
    pub letter: Letter,
    /// How it is signed, where that can be told.
    pub scheme: Option<Scheme>,
    /// User ids, principals, or subject and mail addresses of the certificate: what the holder of the trusted key or
    /// the certificate's issuer states. Empty for a key that is not trusted.
    pub signer_names: Vec<String>,
    /// The mail addresses in those, in lower case.
    pub signer_emails: Vec<String>,
    /// The key: fingerprint of the OpenPGP primary key in hex (or what the signature names, if the key is unknown),
    /// `SHA256:…` of an SSH key, SHA-256 of a certificate in hex.
    pub key: Option<String>,
    /// Why it is not good.
    pub cause: Option<String>,
}

impl Verification {
    fn new(scheme: Scheme, letter: Letter) -> Self {
        let (signer_names, signer_emails) = (Vec::new(), Vec::new());
        Self { letter, scheme: Some(scheme), signer_names, signer_emails, key: None, cause: None }
    }

    fn unchecked(scheme: Scheme, cause: impl Into<String>) -> Self {
        Self::new(scheme, Letter::CannotCheck).because(cause)
    }

    fn because(mut self, cause: impl Into<String>) -> Self {
        self.cause = Some(cause.into());
        self
    }

    fn by(mut self, key: String) -> Self {
        self.key = Some(key);
        self
    }

    fn named(mut self, names: &[String]) -> Self {
        self.signer_names = names.to_vec();
        self.signer_emails = names.iter().filter_map(|name| email(name)).collect();
        self.signer_emails.sort_unstable();
        self.signer_emails.dedup();
        self
    }
}

/// Verifies a signature. `at` is when the commit or tag claims to have been made, in seconds since 1970 (UTC): keys are
/// judged by that time.
pub fn verify(keys: &Keys, signed: &Signed, at: i64) -> Verification {
    let unknown = |cause: String| Verification { scheme: None, ..Verification::unchecked(Scheme::OpenPgp, cause) };
    if signed.signature.len() > MAX_SIGNATURE {
        return unknown(format!("the signature is larger than {} KiB", MAX_SIGNATURE >> 10));
    }
    let first = signed.signature.split(|byte| *byte == b'\n').next().unwrap_or_default().trim_ascii_end();
    match first {
        b"-----BEGIN PGP SIGNATURE-----" => openpgp::verify(&keys.openpgp, signed, at),
        b"-----BEGIN SSH SIGNATURE-----" => ssh::verify(&keys.ssh, signed, at),
        b"-----BEGIN SIGNED MESSAGE-----" => x509::verify(&keys.x509, signed, at),
        _ => unknown("the signature is of no known kind".to_owned()),
    }
}

/// Text from a key or certificate, bounded and without control characters.
fn text(bytes: &[u8]) -> String {
    let plain = |character: char| if character.is_control() { char::REPLACEMENT_CHARACTER } else { character };
    String::from_utf8_lossy(bytes).chars().map(plain).take(300).collect()
}

/// The mail address of `Name <address>`, or of what is an address as a whole; patterns are none.
fn email(name: &str) -> Option<String> {
    let address = match name.rsplit_once('<') {
        Some((_, address)) => address.strip_suffix('>')?,
        None => name,
    };
    let (local, domain) = address.split_once('@')?;
    let odd = |character: char| character.is_whitespace() || "*?!,<>\"@".contains(character);
    let whole = !local.is_empty() && !domain.is_empty() && !local.contains(odd) && !domain.contains(odd);
    whole.then(|| address.to_lowercase())
}

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes.iter().fold(String::new(), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

/// A time for people: `2024-05-06T07:08:09Z`.
fn instant(seconds: i64) -> String {
    jiff::Timestamp::from_second(seconds).map_or_else(|_| format!("{seconds} s"), |time| time.to_string())
}

/// The fourteen digits of `YYYYMMDDHHMMSS`, a time in UTC, in seconds since 1970.
fn utc(digits: &str) -> Option<i64> {
    if digits.len() != 14 || !digits.bytes().all(|digit| digit.is_ascii_digit()) {
        return None;
    }
    let (date, time) = digits.split_at(8);
    let time = format!("{}-{}-{}T{}:{}:{}Z", &date[..4], &date[4..6], &date[6..], &time[..2], &time[2..4], &time[4..]);
    time.parse::<jiff::Timestamp>().ok().map(jiff::Timestamp::as_second)
}
