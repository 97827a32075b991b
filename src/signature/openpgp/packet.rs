//! Reads OpenPGP packets: public keys and signatures, RFC 9580 versions 4 and 6.
//! Knows nothing of which key belongs to whom or is still valid.

use crate::signature::crypto::{Curve, Hash, PublicKey, Value, is_valid, sha1};

/// Why something cannot be used.
pub(super) type Cause = &'static str;

const CUT: Cause = "it is cut off or malformed";

/// Takes bytes off the front of a packet.
pub(super) struct Input<'a>(pub(super) &'a [u8]);

impl<'a> Input<'a> {
    pub(super) fn take(&mut self, count: usize) -> Result<&'a [u8], Cause> {
        let (taken, rest) = self.0.split_at_checked(count).ok_or(CUT)?;
        self.0 = rest;
        Ok(taken)
    }

    pub(super) fn number(&mut self, bytes: usize) -> Result<usize, Cause> {
        Ok(self.take(bytes)?.iter().fold(0, |number, byte| number << 8 | usize::from(*byte)))
    }

    fn byte(&mut self) -> Result<u8, Cause> {
        Ok(self.take(1)?[0])
    }

    /// A multiprecision integer, whose length in bits must be exact.
    fn mpi(&mut self) -> Result<&'a [u8], Cause> {
        let bits = self.number(2)?;
        let number = self.take(bits.div_ceil(8))?;
        let exact =
            number.first().is_none_or(|first| bits % 8 == (8 - first.leading_zeros() as usize) % 8 && *first != 0);
        if exact { Ok(number) } else { Err(CUT) }
    }

    fn end(&self) -> Result<(), Cause> {
        if self.0.is_empty() { Ok(()) } else { Err(CUT) }
    }
}

/// The tag and body of each packet.
pub(super) fn packets(bytes: &[u8]) -> Result<Vec<(u8, &[u8])>, Cause> {
    let mut input = Input(bytes);
    let mut packets = Vec::new();
    while !input.0.is_empty() {
        let header = input.byte()?;
        let (tag, length) = match header {
            0xc0.. => (header & 0x3f, length(&mut input)?),
            0x80.. => (header >> 2 & 0x0f, input.number([1, 2, 4].get(usize::from(header & 3)).copied().ok_or(CUT)?)?),
            _ => return Err("it is not OpenPGP"),
        };
        packets.push((tag, input.take(length)?));
    }
    Ok(packets)
}

/// A length as new packets and subpackets have it. Partial ones are for data, of which there is none here.
fn length(input: &mut Input<'_>) -> Result<usize, Cause> {
    match usize::from(input.byte()?) {
        short @ 0..=191 => Ok(short),
        first @ 192..=223 => Ok(((first - 192) << 8) + usize::from(input.byte()?) + 192),
        255 => input.number(4),
        _ => Err(CUT),
    }
}

/// A public key or subkey.
#[derive(Debug, Clone)]
pub(super) struct Key {
    version: u8,
    body: Vec<u8>,
    /// In seconds since 1970.
    pub(super) created: i64,
    /// 20 bytes for version 4, 32 for version 6.
    pub(super) fingerprint: Vec<u8>,
    /// The key itself, or why nothing can be checked with it.
    public: Result<PublicKey, Cause>,
}

impl Key {
    /// Reads the body of a key packet.
    pub(super) fn read(body: &[u8]) -> Result<Self, Cause> {
        let mut input = Input(body);
        let version = input.byte()?;
        if !matches!(version, 4 | 6) || body.len() > 0xffff {
            return Err("its key is of no version that can be read (4 and 6 can)");
        }
        let created = input.number(4)? as i64;
        let algorithm = input.byte()?;
        if version == 6 && input.number(4)? != input.0.len() {
            return Err(CUT);
        }
        let mut key = Self { version, body: body.to_vec(), created, fingerprint: Vec::new(), public: Err(CUT) };
        let hashed = key.hashed();
        key.fingerprint = if version == 4 { sha1(&hashed).to_vec() } else { Hash::Sha256.of(&hashed) };
        key.public = public(algorithm, &mut input);
        Ok(key)
    }

    /// What signatures over a key hash of it.
    pub(super) fn hashed(&self) -> Vec<u8> {
        let length = u32::try_from(self.body.len()).unwrap_or(u32::MAX).to_be_bytes();
        let head: &[u8] =
            if self.version == 4 { &[0x99, length[2], length[3]] } else { &[&[0x9b], &length[..]].concat() };
        [head, &self.body].concat()
    }

    /// The eight bytes by which old signatures name a key.
    fn id(&self) -> &[u8] {
        let split = if self.version == 4 { 12 } else { 0 };
        &self.fingerprint[split..split + 8]
    }

    /// Whether a signature names this key.
    pub(super) fn is_named_by(&self, signature: &Signature) -> bool {
        match &signature.issuer_fingerprint {
            Some(fingerprint) => *fingerprint == self.fingerprint,
            None => signature.issuer_id.as_deref() == Some(self.id()),
        }
    }

    /// Whether a signature is this key's over bytes. `Err` says why that cannot be told.
    pub(super) fn signed(&self, signature: &Signature, bytes: &[u8]) -> Result<bool, Cause> {
        let public = self.public.as_ref().map_err(|cause| *cause)?;
        if signature.version != self.version {
            return Err("its version is not its key's");
        }
        let message = [&signature.salt, bytes, &signature.trailer].concat();
        let digest = signature.hash.of(&message);
        if digest[..2] != signature.digest_begins {
            return Ok(false);
        }
        let message = if matches!(public, PublicKey::Ed25519(_)) { digest } else { message };
        is_valid(public, signature.hash, &message, &signature.value)
    }
}

fn public(algorithm: u8, input: &mut Input<'_>) -> Result<PublicKey, Cause> {
    let key = match algorithm {
        1 | 3 => {
            let n = input.mpi()?.to_vec();
            PublicKey::Rsa { n, e: input.mpi()?.to_vec() }
        }
        19 => {
            let length = input.number(1)?;
            let curve = match input.take(length)? {
                [0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07] => Curve::P256,
                [0x2b, 0x81, 0x04, 0x00, 0x22] => Curve::P384,
                [0x2b, 0x81, 0x04, 0x00, 0x23] => Curve::P521,
                _ => return Err("its key is on a curve that cannot be checked here"),
            };
            PublicKey::Ecdsa { curve, point: input.mpi()?.to_vec() }
        }
        22 => {
            let length = input.number(1)?;
            if input.take(length)? != [0x2b, 0x06, 0x01, 0x04, 0x01, 0xda, 0x47, 0x0f, 0x01] {
                return Err("its key is on a curve that cannot be checked here");
            }
            // The point is prefixed with 0x40 for "as the curve itself writes it".
            let point = input.mpi()?.strip_prefix(&[0x40]).ok_or(CUT)?;
            PublicKey::Ed25519(point.to_vec())
        }
        27 => PublicKey::Ed25519(input.take(32)?.to_vec()),
        17 => return Err("it is a DSA key, which is too weak"),
        2 | 16 | 18 | 25 | 26 => return Err("it is a key that cannot sign"),
        _ => return Err("its algorithm cannot be checked here"),
    };
    input.end()?;
    Ok(key)
}

/// A signature, over data or over a key.
#[derive(Debug, Clone)]
pub(super) struct Signature {
    version: u8,
    /// What it is over and states, RFC 9580 section 5.2.1.
    pub(super) kind: u8,
    hash: Hash,
    salt: Vec<u8>,
    trailer: Vec<u8>,
    digest_begins: [u8; 2],
    value: Value,
    /// In seconds since 1970.
    pub(super) created: i64,
    /// How long it is valid, in seconds.
    pub(super) lasts: Option<i64>,
    /// How long the key it is over is valid, in seconds since the key's creation.
    pub(super) key_lasts: Option<i64>,
    /// What the key it is over may do.
    pub(super) key_flags: Option<u8>,
    /// That a signing subkey belongs to its primary key, said by the subkey itself.
    pub(super) embedded: Option<Vec<u8>>,
    /// Whether the key lets another one revoke it.
    pub(super) names_revoker: bool,
    issuer_fingerprint: Option<Vec<u8>>,
    issuer_id: Option<Vec<u8>>,
}

impl Signature {
    /// Reads the body of a signature packet.
    pub(super) fn read(body: &[u8]) -> Result<Self, Cause> {
        let mut input = Input(body);
        let version = input.byte()?;
        if !matches!(version, 4 | 6) {
            return Err("its signature is of no version that can be read (4 and 6 can)");
        }
        let wide = if version == 4 { 2 } else { 4 };
        let (kind, algorithm, hash) = (input.byte()?, input.byte()?, hash(input.byte()?)?);
        let length = input.number(wide)?;
        let hashed = input.take(length)?;
        let head = &body[..body.len() - input.0.len()];
        let covered = u32::try_from(head.len()).map_err(|_| CUT)?.to_be_bytes();
        let trailer = [head, &[version, 0xff], &covered].concat();
        let length = input.number(wide)?;
        let unhashed = input.take(length)?;
        let begins = input.take(2)?;
        let salt = if version == 6 { salt(&mut input, hash)? } else { Vec::new() };
        let value = value(algorithm, &mut input)?;
        input.end()?;
        let mut signature = Self {
            version,
            kind,
            hash,
            salt,
            trailer,
            digest_begins: [begins[0], begins[1]],
            value,
            created: -1,
            lasts: None,
            key_lasts: None,
            key_flags: None,
            embedded: None,
            names_revoker: false,
            issuer_fingerprint: None,
            issuer_id: None,
        };
        signature.subpackets(hashed, true)?;
        signature.subpackets(unhashed, false)?;
        if signature.created < 0 {
            return Err("it does not say when it was made");
        }
        Ok(signature)
    }

    /// Whether its hash is fit for what others wrote. What a key's holder says of the own key needs less: nobody else
    /// can choose any of it.
    pub(super) fn is_weak(&self) -> bool {
        self.hash == Hash::Sha1
    }

    /// Whom it names as its key.
    pub(super) fn issuer(&self) -> Option<&[u8]> {
        self.issuer_fingerprint.as_deref().or(self.issuer_id.as_deref())
    }

    /// Nothing but who signed and the answer of a subkey, which proves itself, counts where it is not hashed.
    fn subpackets(&mut self, bytes: &[u8], hashed: bool) -> Result<(), Cause> {
        let mut input = Input(bytes);
        while !input.0.is_empty() {
            let length = length(&mut input)?;
            let mut body = Input(input.take(length)?);
            let kind = body.byte()?;
            let seconds = |body: &mut Input<'_>| Ok::<_, Cause>(Some(body.number(4)? as i64).filter(|time| *time > 0));
            match kind & 0x7f {
                16 if self.issuer_id.is_none() => self.issuer_id = Some(body.take(8)?.to_vec()),
                33 if self.issuer_fingerprint.is_none() => {
                    self.issuer_fingerprint = body.0.get(1..).map(<[u8]>::to_vec)
                }
                32 if self.embedded.is_none() => self.embedded = Some(body.0.to_vec()),
                _ if !hashed => {}
                2 => self.created = body.number(4)? as i64,
                3 => self.lasts = seconds(&mut body)?,
                9 => self.key_lasts = seconds(&mut body)?,
                12 => self.names_revoker = true,
                27 => self.key_flags = Some(body.0.first().copied().unwrap_or_default()),
                // What is known and does not matter here.
                4..=7 | 11 | 16 | 21..=34 | 39 => {}
                _ if kind & 0x80 != 0 => return Err("it has a critical part that is not known here"),
                _ => {}
            }
        }
        Ok(())
    }
}

fn hash(id: u8) -> Result<Hash, Cause> {
    match id {
        1 => Err("its hash is MD5, which is too weak"),
        2 => Ok(Hash::Sha1),
        3 => Err("its hash is RIPEMD-160, which is too weak"),
        8 => Ok(Hash::Sha256),
        9 => Ok(Hash::Sha384),
        10 => Ok(Hash::Sha512),
        _ => Err("its hash cannot be checked here (SHA-256, SHA-384 and SHA-512 can)"),
    }
}

/// The salt of a version 6 signature, whose length goes with the hash.
fn salt(input: &mut Input<'_>, hash: Hash) -> Result<Vec<u8>, Cause> {
    let needed = match hash {
        Hash::Sha1 => return Err("its hash is SHA-1, which is too weak"),
        Hash::Sha256 => 16,
        Hash::Sha384 => 24,
        Hash::Sha512 => 32,
    };
    if input.number(1)? != needed {
        return Err(CUT);
    }
    Ok(input.take(needed)?.to_vec())
}

fn value(algorithm: u8, input: &mut Input<'_>) -> Result<Value, Cause> {
    match algorithm {
        1 | 3 => Ok(Value::Rsa(input.mpi()?.to_vec())),
        19 => {
            let r = input.mpi()?.to_vec();
            Ok(Value::Ecdsa { r, s: input.mpi()?.to_vec() })
        }
        22 => {
            let mut both = [0; 64];
            for half in both.chunks_mut(32) {
                let number = input.mpi()?;
                let start = 32usize.checked_sub(number.len()).ok_or(CUT)?;
                half[start..].copy_from_slice(number);
            }
            Ok(Value::Ed25519(both.to_vec()))
        }
        27 => Ok(Value::Ed25519(input.take(64)?.to_vec())),
        17 => Err("it is a DSA signature, which is too weak"),
        _ => Err("its algorithm cannot be checked here"),
    }
}
