//! Reads what a certificate says of itself: whose it is and what it is for.
//! Knows nothing of trust.

use super::ber::{BIT_STRING, BOOLEAN, Element, Elements, INTEGER, OCTET_STRING, OID, SEQUENCE, SET, context};
use crate::signature::text;

const SUBJECT_KEY_ID: &[u8] = &[0x55, 0x1d, 0x0e];
const KEY_USAGE: &[u8] = &[0x55, 0x1d, 0x0f];
const ALTERNATIVE_NAMES: &[u8] = &[0x55, 0x1d, 0x11];
const COMMON_NAME: &[u8] = &[0x55, 0x04, 0x03];
const ORGANIZATION: &[u8] = &[0x55, 0x04, 0x0a];
/// `emailAddress` of PKCS #9.
const EMAIL: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x01];
const RSA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01];
/// 1.3.6.1.4.1.57264.1, under which Fulcio's extensions stand.
const FULCIO: &[u8] = &[0x2b, 0x06, 0x01, 0x04, 0x01, 0x83, 0xbf, 0x30, 0x01];

/// A certificate.
#[derive(Debug)]
pub(super) struct Certificate<'a> {
    pub(super) whole: &'a [u8],
    pub(super) serial: &'a [u8],
    /// The issuer's name, with tag and length.
    pub(super) issuer: &'a [u8],
    pub(super) key_id: Option<&'a [u8]>,
    /// Subject and mail addresses.
    pub(super) names: Vec<String>,
    /// Whether its key may sign data, or it does not say what it may.
    pub(super) may_sign: bool,
    /// Whether its key, if it is an RSA one, has 2048 to 8192 bits.
    pub(super) is_usable: bool,
    /// Whether it is one of sigstore's, valid for minutes.
    pub(super) is_sigstore: bool,
}

/// Reads a certificate. None if it is malformed.
pub(super) fn read(whole: &[u8]) -> Option<Certificate<'_>> {
    let mut outer = Elements(whole);
    let mut body = outer.inside(SEQUENCE)?.inside(SEQUENCE)?;
    outer.end()?;
    body.next(context(0));
    let serial = body.next(INTEGER)?.content;
    body.next(SEQUENCE)?;
    let issuer = body.next(SEQUENCE)?;
    body.next(SEQUENCE)?;
    let subject = body.next(SEQUENCE)?;
    let is_usable = is_usable(body.inside(SEQUENCE)?)?;
    let mut certificate = Certificate {
        whole,
        serial,
        issuer: issuer.whole,
        key_id: None,
        names: names(subject, &[COMMON_NAME, EMAIL])?,
        may_sign: true,
        is_usable,
        is_sigstore: names(issuer, &[ORGANIZATION])?.iter().any(|name| name == "sigstore.dev"),
    };
    let optional = body.all()?;
    if let Some(extensions) = optional.iter().find(|element| element.tag == context(3)) {
        for extension in extensions.inside().inside(SEQUENCE)?.all()? {
            certificate.extend(extension)?;
        }
    }
    certificate.names.dedup();
    Some(certificate)
}

impl<'a> Certificate<'a> {
    fn extend(&mut self, extension: Element<'a>) -> Option<()> {
        let mut parts = extension.inside();
        let id = parts.next(OID)?.content;
        parts.next(BOOLEAN);
        let mut value = parts.inside(OCTET_STRING)?;
        match id {
            SUBJECT_KEY_ID => self.key_id = Some(value.next(OCTET_STRING)?.content),
            KEY_USAGE => {
                // The first bit is for signatures, the second for signatures that bind their maker.
                let bits = value.next(BIT_STRING)?.content;
                self.may_sign = bits.get(1).is_some_and(|bits| bits & 0xc0 != 0);
            }
            ALTERNATIVE_NAMES => {
                const MAIL: u8 = 0x81;
                let mails = value.inside(SEQUENCE)?.all()?;
                self.names.extend(mails.iter().filter(|name| name.tag == MAIL).map(|name| text(name.content)));
            }
            id if id.starts_with(FULCIO) => self.is_sigstore = true,
            _ => {}
        }
        Some(())
    }
}

/// Whether a public key is none of RSA with too few or too many bits.
fn is_usable(mut public: Elements<'_>) -> Option<bool> {
    if public.inside(SEQUENCE)?.next(OID)?.content != RSA {
        return Some(true);
    }
    // The bits begin with the number of those that are left over, which is none.
    let key = public.next(BIT_STRING)?.content.strip_prefix(&[0])?;
    let modulus = Elements(key).inside(SEQUENCE)?.next(INTEGER)?.content;
    let zeros = modulus.iter().take_while(|byte| **byte == 0).count();
    let bits = modulus.get(zeros..)?.len() * 8 - modulus.get(zeros)?.leading_zeros() as usize;
    Some((2048..=8192).contains(&bits))
}

/// Some attributes of a distinguished name.
fn names(name: Element<'_>, wanted: &[&[u8]]) -> Option<Vec<String>> {
    let mut names = Vec::new();
    for set in name.inside().all()? {
        for attribute in Elements(set.whole).inside(SET)?.all()? {
            let mut parts = attribute.inside();
            let id = parts.next(OID)?.content;
            let value = parts.any()?;
            if wanted.contains(&id) {
                names.push(text(value.content));
            }
        }
    }
    Some(names)
}
