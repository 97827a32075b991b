//! Reads a detached CMS signature (RFC 5652) by one signer.
//! Knows nothing of trust.

use super::ber::{Element, Elements, INTEGER, OCTET_STRING, OID, SEQUENCE, SET, context, time};
use super::certificate::{self, Certificate};
use crate::signature::crypto::Hash;

const SIGNED_DATA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x02];
const DATA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x01];
const CONTENT_TYPE: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x03];
const MESSAGE_DIGEST: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x04];
const SIGNING_TIME: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x05];

const RSA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01];
const RSA_SHA256: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x0b];
const RSA_SHA384: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x0c];
const RSA_SHA512: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x0d];
/// Known to be told apart from what is malformed.
const RSA_PSS: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x0a];
/// `id-ecPublicKey`, which some write in place of the algorithm.
const EC: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01];
const ECDSA_SHA256: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02];
const ECDSA_SHA384: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x03];
const ECDSA_SHA512: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x04];

const SHA1: &[u8] = &[0x2b, 0x0e, 0x03, 0x02, 0x1a];
const SHA256: &[u8] = &[0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01];
const SHA384: &[u8] = &[0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x02];
const SHA512: &[u8] = &[0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x03];

const MALFORMED: &str = "it is cut off or malformed";

/// The family of a signature's algorithm.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Family {
    /// PKCS #1 v1.5.
    Rsa,
    Ecdsa,
}

/// A signature by one signer.
#[derive(Debug)]
pub(super) struct Cms<'a> {
    /// All that came along, the signer's among them.
    pub(super) certificates: Vec<&'a [u8]>,
    signer: Element<'a>,
    pub(super) hash: Hash,
    pub(super) family: Family,
    pub(super) value: &'a [u8],
    attributes: Option<Element<'a>>,
    digest: Option<&'a [u8]>,
    /// In seconds since 1970, as the signer says.
    pub(super) signed_at: Option<i64>,
}

impl<'a> Cms<'a> {
    /// Reads a signature that is not around its content.
    pub(super) fn read(bytes: &'a [u8]) -> Result<Self, &'static str> {
        let outer = outer(bytes).ok_or(MALFORMED)??;
        let [signer] = outer.signers.as_slice() else { return Err("it is not by exactly one signer") };
        let (mut cms, hash) = signer_info(*signer).ok_or(MALFORMED)??;
        // The outer version is that of the one signer, and so is the hash.
        let version = if cms.signer.tag == SEQUENCE { 1 } else { 3 };
        if outer.hashes != [hash] || outer.version != [version] {
            return Err(MALFORMED);
        }
        cms.certificates = outer.certificates;
        Ok(cms)
    }

    /// Whether a certificate is the signer's.
    pub(super) fn is_by(&self, certificate: &Certificate<'_>) -> bool {
        match self.signer.tag {
            SEQUENCE => {
                let mut parts = self.signer.inside();
                let issuer = parts.next(SEQUENCE).map(|issuer| issuer.whole);
                let serial = parts.next(INTEGER).map(|serial| serial.content);
                issuer == Some(certificate.issuer) && serial == Some(certificate.serial) && parts.end().is_some()
            }
            _ => certificate.key_id == Some(self.signer.content),
        }
    }

    /// What the signature value is over, if it is one over this payload.
    pub(super) fn message(&self, payload: &[u8]) -> Option<Vec<u8>> {
        match (self.attributes, self.digest) {
            (None, _) => Some(payload.to_vec()),
            (Some(attributes), Some(digest)) if digest == self.hash.of(payload) => {
                // The attributes are signed with the tag of a set, whatever their own.
                Some([&[SET], &attributes.whole[1..]].concat())
            }
            _ => None,
        }
    }
}

/// What stands around the signer.
struct Outer<'a> {
    version: &'a [u8],
    hashes: Vec<&'a [u8]>,
    certificates: Vec<&'a [u8]>,
    signers: Vec<Element<'a>>,
}

/// None for what is malformed.
type Fallible<T> = Option<Result<T, &'static str>>;

fn outer(bytes: &[u8]) -> Fallible<Outer<'_>> {
    let mut top = Elements(bytes);
    let mut info = top.inside(SEQUENCE)?;
    top.end()?;
    if info.next(OID)?.content != SIGNED_DATA {
        return Some(Err("it is not a signature"));
    }
    let mut explicit = info.inside(context(0))?;
    info.end()?;
    let mut data = explicit.inside(SEQUENCE)?;
    explicit.end()?;
    let version = data.next(INTEGER)?.content;
    let mut hashes = Vec::new();
    for algorithm in data.inside(SET)?.all()? {
        hashes.push(algorithm_id(algorithm)?);
    }
    let mut content = data.inside(SEQUENCE)?;
    if content.next(OID)?.content != DATA {
        return Some(Err("it is over something else than data"));
    }
    if content.end().is_none() {
        return Some(Err("it brings its own content along"));
    }
    let certificates = match data.inside(context(0)) {
        Some(certificates) => certificates.all()?.iter().map(|certificate| certificate.whole).collect(),
        None => Vec::new(),
    };
    data.next(context(1));
    let signers = data.inside(SET)?.all()?;
    data.end()?;
    Some(Ok(Outer { version, hashes, certificates, signers }))
}

/// The signer and the name of its hash.
fn signer_info(info: Element<'_>) -> Fallible<(Cms<'_>, &[u8])> {
    let mut parts = Elements(info.whole).inside(SEQUENCE)?;
    let version = parts.next(INTEGER)?.content;
    let signer = parts.any()?;
    let is_key_id = signer.tag == 0x80;
    if !is_key_id && signer.tag != SEQUENCE || version != [if is_key_id { 3 } else { 1 }] {
        return None;
    }
    let hash_id = algorithm_id(parts.next(SEQUENCE)?)?;
    let attributes = parts.next(context(0));
    let algorithm = algorithm_id(parts.next(SEQUENCE)?)?;
    let value = parts.next(OCTET_STRING)?.content;
    parts.next(context(1));
    parts.end()?;
    let hash = match hash(hash_id) {
        Ok(hash) => hash,
        Err(cause) => return Some(Err(cause)),
    };
    let family = match (algorithm, hash) {
        (RSA, _) | (RSA_SHA256, Hash::Sha256) | (RSA_SHA384, Hash::Sha384) | (RSA_SHA512, Hash::Sha512) => Family::Rsa,
        (EC, _) | (ECDSA_SHA256, Hash::Sha256) | (ECDSA_SHA384, Hash::Sha384) | (ECDSA_SHA512, Hash::Sha512) => {
            Family::Ecdsa
        }
        _ => return Some(Err("its algorithm cannot be checked here (RSA PKCS #1 v1.5 and ECDSA can)")),
    };
    let certificates = Vec::new();
    let mut cms = Cms { certificates, signer, hash, family, value, attributes, digest: None, signed_at: None };
    if let Some(attributes) = attributes {
        cms.attributes(attributes)?;
    }
    Some(Ok((cms, hash_id)))
}

impl<'a> Cms<'a> {
    /// Reads the signed attributes, each of which may stand once.
    fn attributes(&mut self, attributes: Element<'a>) -> Option<()> {
        let mut seen = Vec::new();
        for attribute in attributes.inside().all()? {
            let mut parts = attribute.inside();
            let id = parts.next(OID)?.content;
            let mut values = parts.inside(SET)?;
            parts.end()?;
            if seen.contains(&id) {
                return None;
            }
            seen.push(id);
            match id {
                CONTENT_TYPE if values.next(OID)?.content != DATA => return None,
                MESSAGE_DIGEST => self.digest = Some(values.next(OCTET_STRING)?.content),
                SIGNING_TIME => self.signed_at = Some(time(values.any()?)?),
                _ => {}
            }
        }
        (seen.contains(&CONTENT_TYPE) && self.digest.is_some()).then_some(())
    }

    /// The signer's certificate, among those that came along and others.
    pub(super) fn signer<'b>(&self, others: impl Iterator<Item = &'b [u8]>) -> Option<Certificate<'b>>
    where
        'a: 'b,
    {
        let all = self.certificates.iter().copied().chain(others);
        all.filter_map(certificate::read).find(|certificate| self.is_by(certificate))
    }
}

/// The name of an algorithm, whose parameters are absent or null.
fn algorithm_id(algorithm: Element<'_>) -> Option<&[u8]> {
    let mut parts = Elements(algorithm.whole).inside(SEQUENCE)?;
    let id = parts.next(OID)?.content;
    match parts.0 {
        [] | [0x05, 0x00] => Some(id),
        _ if id == RSA_PSS => Some(id),
        _ => None,
    }
}

fn hash(id: &[u8]) -> Result<Hash, &'static str> {
    match id {
        SHA256 => Ok(Hash::Sha256),
        SHA384 => Ok(Hash::Sha384),
        SHA512 => Ok(Hash::Sha512),
        SHA1 => Err("its hash is SHA-1, which is too weak"),
        _ => Err("its hash cannot be checked here (SHA-256, SHA-384 and SHA-512 can)"),
    }
}
