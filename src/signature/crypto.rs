//! Checks one signature value with one public key, by aws-lc.
//! Knows nothing of the formats that carry them.

use aws_lc_rs::signature::{
    self, EcdsaVerificationAlgorithm, RsaParameters, RsaPublicKeyComponents, UnparsedPublicKey,
};
use sha1::Digest as _;

/// A hash function over what was signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Hash {
    /// Only for what a key says of itself.
    Sha1,
    Sha256,
    Sha384,
    Sha512,
}

impl Hash {
    pub(super) fn of(self, bytes: &[u8]) -> Vec<u8> {
        use sha2::Digest as _;
        match self {
            Self::Sha1 => sha1(bytes).to_vec(),
            Self::Sha256 => sha2::Sha256::digest(bytes).to_vec(),
            Self::Sha384 => sha2::Sha384::digest(bytes).to_vec(),
            Self::Sha512 => sha2::Sha512::digest(bytes).to_vec(),
        }
    }
}

pub(super) fn sha1(bytes: &[u8]) -> [u8; 20] {
    sha1::Sha1::digest(bytes).into()
}

/// The curves of NIST that are in use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Curve {
    P256,
    P384,
    P521,
}

/// A public key that can be checked with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum PublicKey {
    /// Modulus and exponent, big-endian.
    Rsa { n: Vec<u8>, e: Vec<u8> },
    /// An uncompressed point.
    Ecdsa { curve: Curve, point: Vec<u8> },
    /// 32 bytes.
    Ed25519(Vec<u8>),
}

/// A signature value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Value {
    /// PKCS #1 v1.5, big-endian; leading zeros may be missing.
    Rsa(Vec<u8>),
    /// Two numbers, big-endian.
    Ecdsa { r: Vec<u8>, s: Vec<u8> },
    /// 64 bytes.
    Ed25519(Vec<u8>),
}

/// Whether a value is this key's over a message. `Err` says why that cannot be told. Ed25519 signs the message as it
/// is, whatever the hash.
pub(super) fn is_valid(key: &PublicKey, hash: Hash, message: &[u8], value: &Value) -> Result<bool, &'static str> {
    match (key, value) {
        (PublicKey::Rsa { n, e }, Value::Rsa(value)) => {
            let n = without_zeros(n);
            if bits(n) < 2048 {
                return Err("its RSA key has fewer than 2048 bits");
            }
            if bits(n) > 8192 {
                return Err("its RSA key has more than 8192 bits");
            }
            let value = without_zeros(value);
            let Some(missing) = n.len().checked_sub(value.len()) else { return Ok(false) };
            let value = [vec![0; missing], value.to_vec()].concat();
            let key = RsaPublicKeyComponents { n, e: without_zeros(e) };
            Ok(key.verify(rsa(hash), message, &value).is_ok())
        }
        (PublicKey::Ecdsa { curve, point }, Value::Ecdsa { r, s }) => {
            let algorithm = ecdsa(*curve, hash).ok_or("its hash is too weak for its key")?;
            let key = UnparsedPublicKey::new(algorithm, point);
            Ok(key.verify(message, &sequence(r, s)).is_ok())
        }
        (PublicKey::Ed25519(key), Value::Ed25519(value)) => {
            Ok(UnparsedPublicKey::new(&signature::ED25519, key).verify(message, value).is_ok())
        }
        _ => Ok(false),
    }
}

fn rsa(hash: Hash) -> &'static RsaParameters {
    match hash {
        Hash::Sha1 => &signature::RSA_PKCS1_2048_8192_SHA1_FOR_LEGACY_USE_ONLY,
        Hash::Sha256 => &signature::RSA_PKCS1_2048_8192_SHA256,
        Hash::Sha384 => &signature::RSA_PKCS1_2048_8192_SHA384,
        Hash::Sha512 => &signature::RSA_PKCS1_2048_8192_SHA512,
    }
}

fn ecdsa(curve: Curve, hash: Hash) -> Option<&'static EcdsaVerificationAlgorithm> {
    Some(match (curve, hash) {
        (_, Hash::Sha1) => return None,
        (Curve::P256, Hash::Sha256) => &signature::ECDSA_P256_SHA256_ASN1,
        (Curve::P256, Hash::Sha384) => &signature::ECDSA_P256_SHA384_ASN1,
        (Curve::P256, Hash::Sha512) => &signature::ECDSA_P256_SHA512_ASN1,
        (Curve::P384, Hash::Sha256) => &signature::ECDSA_P384_SHA256_ASN1,
        (Curve::P384, Hash::Sha384) => &signature::ECDSA_P384_SHA384_ASN1,
        (Curve::P384, Hash::Sha512) => &signature::ECDSA_P384_SHA512_ASN1,
        (Curve::P521, Hash::Sha256) => &signature::ECDSA_P521_SHA256_ASN1,
        (Curve::P521, Hash::Sha384) => &signature::ECDSA_P521_SHA384_ASN1,
        (Curve::P521, Hash::Sha512) => &signature::ECDSA_P521_SHA512_ASN1,
    })
}

fn without_zeros(number: &[u8]) -> &[u8] {
    let zeros = number.iter().take_while(|byte| **byte == 0).count();
    &number[zeros..]
}

/// How many bits a number without leading zeros has.
fn bits(number: &[u8]) -> usize {
    number.len() * 8 - number.first().map_or(0, |byte| byte.leading_zeros() as usize)
}

/// An ECDSA signature as ASN.1 has it: a sequence of two numbers.
fn sequence(r: &[u8], s: &[u8]) -> Vec<u8> {
    let body = [integer(r), integer(s)].concat();
    tagged(0x30, &body)
}

fn integer(number: &[u8]) -> Vec<u8> {
    let number = without_zeros(number);
    let sign = number.first().is_none_or(|byte| *byte >= 0x80);
    let body = [&[0][usize::from(!sign)..], number].concat();
    tagged(0x02, &body)
}

/// DER of up to 255 bytes; what is longer is no number of these curves and is cut to nothing.
fn tagged(tag: u8, body: &[u8]) -> Vec<u8> {
    match u8::try_from(body.len()) {
        Ok(length) if length < 0x80 => [&[tag, length], body].concat(),
        Ok(length) => [&[tag, 0x81, length], body].concat(),
        Err(_) => Vec::new(),
    }
}
