//! Verifies X.509 signatures (S/MIME, as `gpgsm` and `smimesign` make them) by trusted root certificates.
//! Knows nothing of revocation lists: whether a certificate was revoked cannot be told offline.

mod ber;
mod certificate;
mod cms;

use super::crypto::Hash;
use super::{Letter, Scheme, Signed, Verification, armor, hex, instant, text};
use cms::{Cms, Family};
use rustls_pki_types::{CertificateDer, SignatureVerificationAlgorithm, TrustAnchor, UnixTime};
use webpki::aws_lc_rs as algorithms;
use webpki::{EndEntityCert, Error, ExtendedKeyUsageValidator, KeyPurposeIdIter, anchor_from_trusted_cert};
use webpki::{KeyUsage, RequiredEkuNotFoundContext};

/// The trusted root certificates.
#[derive(Debug, Default)]
pub(super) struct Roots {
    certificates: Vec<CertificateDer<'static>>,
    anchors: Vec<TrustAnchor<'static>>,
}

impl Roots {
    pub(super) fn is_empty(&self) -> bool {
        self.certificates.is_empty()
    }

    /// Adds all certificates in a file and gives how many. What was skipped, and why, goes to `skipped`.
    pub(super) fn add(&mut self, bytes: &[u8], skipped: &mut Vec<String>) -> Result<usize, String> {
        let blocks = match bytes.first() {
            Some(&ber::SEQUENCE) => vec![bytes.to_vec()],
            _ => armor::all(bytes, "CERTIFICATE")?,
        };
        let before = self.certificates.len();
        for block in blocks {
            let certificate = CertificateDer::from(block);
            match anchor_from_trusted_cert(&certificate).map(|anchor| anchor.to_owned()) {
                Ok(anchor) if certificate::read(&certificate).is_some() => {
                    self.anchors.push(anchor);
                    self.certificates.push(certificate);
                }
                Ok(_) => skipped.push("an X.509 certificate is not taken: it is malformed".to_owned()),
                Err(error) => skipped.push(format!("an X.509 certificate is not taken: {}", cause(&error))),
            }
        }
        Ok(self.certificates.len() - before)
    }
}

/// Mail and code are what commits come nearest to; a certificate for neither is made for something else.
struct MailOrCode;

impl ExtendedKeyUsageValidator for MailOrCode {
    fn validate(&self, usages: KeyPurposeIdIter<'_, '_>) -> Result<(), Error> {
        const CODE: &[usize] = &[1, 3, 6, 1, 5, 5, 7, 3, 3];
        const MAIL: &[usize] = &[1, 3, 6, 1, 5, 5, 7, 3, 4];
        const ANY: &[usize] = &[2, 5, 29, 37, 0];
        let present = usages.map(|usage| Ok(usage?.to_decoded_oid())).collect::<Result<Vec<_>, Error>>()?;
        if present.is_empty() || present.iter().any(|usage| [CODE, MAIL, ANY].contains(&usage.as_slice())) {
            return Ok(());
        }
        // `emailProtection`, in place of the several that would do.
        let required = KeyUsage::required_if_present(&[0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x03, 0x04]);
        Err(Error::RequiredEkuNotFoundContext(RequiredEkuNotFoundContext { required, present }))
    }
}

/// Verifies an armored, detached signature.
pub(super) fn verify(roots: &Roots, signed: &Signed, at: i64) -> Verification {
    let unchecked =
        |cause: &str| Verification::unchecked(Scheme::X509, format!("the signature cannot be checked: {cause}"));
    let bytes = match armor::only(&signed.signature, "SIGNED MESSAGE") {
        Ok(bytes) => bytes,
        Err(cause) => return unchecked(cause),
    };
    let cms = match Cms::read(&bytes) {
        Ok(cms) => cms,
        Err(cause) => return unchecked(cause),
    };
    let Some(signer) = cms.signer(roots.certificates.iter().map(AsRef::as_ref)) else {
        return unchecked("it does not bring its signer's certificate along");
    };
    let name = hex(&Hash::Sha256.of(signer.whole));
    let unchecked = |cause: &str| unchecked(cause).by(name.clone());
    if signer.is_sigstore {
        return unchecked(
            "its certificate is one of sigstore's, valid for minutes, so that it needs the entry in a transparency log",
        );
    }
    let leaf = CertificateDer::from(signer.whole);
    let Ok(end) = EndEntityCert::try_from(&leaf) else { return unchecked("its certificate is malformed") };
    let outcome = |letter| Verification::new(Scheme::X509, letter).by(name.clone()).named(&signer.names);
    for time in [Some(at), cms.signed_at].into_iter().flatten() {
        match chain(roots, &cms, &end, time) {
            Ok(()) => {}
            Err(Error::CertExpired { not_after, .. }) => {
                let expired = not_after.as_secs().cast_signed();
                let cause = format!("the certificate expired on {}", instant(expired));
                // It must have been a trusted one while it was valid.
                let counted = chain(roots, &cms, &end, expired).is_ok() && signer.may_sign;
                return if counted && is_over(&cms, &end, &signed.payload) == Ok(true) {
                    outcome(Letter::ExpiredKey).because(cause)
                } else {
                    unchecked(&cause)
                };
            }
            Err(Error::UnknownIssuer) => {
                return unchecked(&format!("the certificate {name} is not issued by one of the trusted roots"));
            }
            Err(error) => return unchecked(&format!("its certificate does not count: {}", cause(&error))),
        }
    }
    if !signer.is_usable {
        return unchecked("its certificate's RSA key has fewer than 2048 bits, or more than 8192");
    }
    if !signer.may_sign {
        return unchecked("its certificate is not for signatures");
    }
    match is_over(&cms, &end, &signed.payload) {
        Ok(true) => outcome(Letter::Good),
        Ok(false) => {
            outcome(Letter::Bad).because("the signature is not over this content, or not by the certificate it names")
        }
        Err(cause) => unchecked(cause),
    }
}

/// Whether a trusted root stands behind the signer at a time.
fn chain(roots: &Roots, cms: &Cms<'_>, end: &EndEntityCert<'_>, at: i64) -> Result<(), Error> {
    let others: Vec<_> = cms.certificates.iter().map(|certificate| CertificateDer::from(*certificate)).collect();
    let time = UnixTime::since_unix_epoch(std::time::Duration::from_secs(at.max(0).cast_unsigned()));
    end.verify_for_usage(webpki::ALL_VERIFICATION_ALGS, &roots.anchors, &others, time, MailOrCode, None, None).map(drop)
}

/// Whether the signature is over a payload by the signer's key. `Err` says why that cannot be told.
fn is_over(cms: &Cms<'_>, end: &EndEntityCert<'_>, payload: &[u8]) -> Result<bool, &'static str> {
    let Some(message) = cms.message(payload) else { return Ok(false) };
    for algorithm in candidates(cms.family, cms.hash) {
        match end.verify_signature(algorithm, &message, cms.value) {
            Ok(()) => return Ok(true),
            Err(Error::InvalidSignatureForPublicKey) => return Ok(false),
            // Not for this key: ECDSA's curve stands in the certificate alone.
            Err(_) => {}
        }
    }
    Err("its key is of a kind that cannot be checked here (RSA and the curves P-256, P-384 and P-521 can)")
}

fn candidates(family: Family, hash: Hash) -> Vec<&'static dyn SignatureVerificationAlgorithm> {
    match (family, hash) {
        (_, Hash::Sha1) => vec![],
        (Family::Rsa, Hash::Sha256) => vec![algorithms::RSA_PKCS1_2048_8192_SHA256],
        (Family::Rsa, Hash::Sha384) => vec![algorithms::RSA_PKCS1_2048_8192_SHA384],
        (Family::Rsa, Hash::Sha512) => vec![algorithms::RSA_PKCS1_2048_8192_SHA512],
        (Family::Ecdsa, Hash::Sha256) => {
            vec![algorithms::ECDSA_P256_SHA256, algorithms::ECDSA_P384_SHA256, algorithms::ECDSA_P521_SHA256]
        }
        (Family::Ecdsa, Hash::Sha384) => {
            vec![algorithms::ECDSA_P256_SHA384, algorithms::ECDSA_P384_SHA384, algorithms::ECDSA_P521_SHA384]
        }
        (Family::Ecdsa, Hash::Sha512) => {
            vec![algorithms::ECDSA_P256_SHA512, algorithms::ECDSA_P384_SHA512, algorithms::ECDSA_P521_SHA512]
        }
    }
}

/// What is wrong with a certificate, for people.
fn cause(error: &Error) -> String {
    match error {
        Error::CertNotValidYet { not_before, .. } => {
            format!("it is valid only from {} on", instant(not_before.as_secs().cast_signed()))
        }
        Error::CaUsedAsEndEntity => "it is an authority's, which signs certificates and not data".to_owned(),
        Error::EndEntityUsedAsCa => "it was issued by one that may not issue".to_owned(),
        Error::RequiredEkuNotFoundContext(_) => "it is for neither mail nor code".to_owned(),
        Error::UnsupportedCertVersion => "it is not of version 3".to_owned(),
        error => text(format!("{error:?}").as_bytes()),
    }
}
