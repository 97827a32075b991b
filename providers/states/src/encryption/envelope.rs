//! The JSON object that an encrypted state is kept as.
//! Knows nothing of methods, keys, or what a state says beyond its serial and lineage.

use super::DecryptError;
use crate::MAX_BYTES;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::de::{IgnoredAny, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use std::borrow::Cow;
use std::collections::BTreeMap;
use zeroize::Zeroizing;

/// Key providers whose metadata one envelope may hold.
const PROVIDERS: usize = 64;
/// Bytes of the metadata of one.
const METADATA: usize = 64 << 10;
/// The only version there is (internal/encryption/base.go, `encryptionVersion`).
const VERSION: &str = "v0";

/// An encrypted state.
pub(super) struct Envelope<'a> {
    /// What each key provider noted to find its key again, by `key_provider.<type>.<name>` or alias: JSON.
    pub(super) metadata: BTreeMap<String, Vec<u8>>,
    serial: u64,
    lineage: Cow<'a, str>,
    /// Base64.
    data: Cow<'a, str>,
}

/// As it is written: internal/encryption/state.go (`statedata`) and internal/encryption/base.go (`basedata`). Go writes bytes
/// as base64. A key that is not known, or there twice, is an error: nothing but the data is authenticated, so nothing may be
/// there that means something to anybody else.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written<'a> {
    serial: u64,
    #[serde(borrow)]
    lineage: Cow<'a, str>,
    #[serde(borrow)]
    meta: Metadata<'a>,
    #[serde(borrow)]
    encrypted_data: Cow<'a, str>,
    #[serde(borrow)]
    encryption_version: Cow<'a, str>,
}

/// Metadata by name, each name once.
struct Metadata<'a>(BTreeMap<Cow<'a, str>, Cow<'a, str>>);

impl<'de: 'a, 'a> Deserialize<'de> for Metadata<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Entries;
        impl<'de> Visitor<'de> for Entries {
            type Value = BTreeMap<Cow<'de, str>, Cow<'de, str>>;

            fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                formatter.write_str("metadata of key providers")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut entries = BTreeMap::new();
                while let Some((name, Text(value))) = map.next_entry::<Text<'de>, Text<'de>>()? {
                    if entries.len() == PROVIDERS || entries.insert(name.0, value).is_some() {
                        return Err(serde::de::Error::custom("too many key providers, or one twice"));
                    }
                }
                Ok(entries)
            }
        }
        deserializer.deserialize_map(Entries).map(Metadata)
    }
}

#[derive(Deserialize)]
struct Text<'a>(#[serde(borrow)] Cow<'a, str>);

/// What is asked of a state within: the same two fields, each once.
#[derive(Deserialize)]
struct Within<'a> {
    serial: u64,
    #[serde(borrow)]
    lineage: Cow<'a, str>,
}

impl<'a> Envelope<'a> {
    /// Reads it.
    pub(super) fn parse(bytes: &'a [u8]) -> Result<Self, DecryptError> {
        let damaged = |what: &str| {
            let hint = "an apply may be writing it just now: scan again, or restore it from an earlier version";
            DecryptError::new(format!("is encrypted by OpenTofu, but damaged: {what}"), hint)
        };
        if bytes.len() as u64 > MAX_BYTES {
            let cause = format!("is encrypted by OpenTofu, and has more than {} MiB", MAX_BYTES >> 20);
            return Err(DecryptError::new(cause, "check that it is a state; split one that large"));
        }
        // The parser's own message may hold a piece of the text.
        let written: Written<'a> = serde_json::from_slice(bytes).map_err(|error| {
            let (line, column) = (error.line(), error.column());
            match error.classify() {
                serde_json::error::Category::Eof => damaged("it breaks off"),
                serde_json::error::Category::Data => {
                    damaged(&format!("at line {line} column {column} is not what stands there in an envelope"))
                }
                _ => damaged(&format!("it is no JSON at line {line} column {column}")),
            }
        })?;
        if written.encryption_version != VERSION {
            let cause = "is encrypted by OpenTofu in a version that driftline does not know; it knows v0";
            let hint = "pipe the state in: `tofu state pull | driftline scan --state -`";
            return Err(DecryptError::new(cause, hint));
        }
        let mut metadata = BTreeMap::new();
        for (name, text) in written.meta.0 {
            let decoded = STANDARD.decode(text.as_bytes()).map_err(|_| damaged("its metadata is no base64"))?;
            if decoded.len() > METADATA {
                return Err(damaged("its metadata is too long"));
            }
            metadata.insert(name.into_owned(), decoded);
        }
        Ok(Self { metadata, serial: written.serial, lineage: written.lineage, data: written.encrypted_data })
    }

    /// What is encrypted, as the method wrote it.
    pub(super) fn data(&self) -> Result<Zeroizing<Vec<u8>>, DecryptError> {
        STANDARD.decode(self.data.as_bytes()).map(Zeroizing::new).map_err(|_| {
            let hint = "restore the state from an earlier version";
            DecryptError::new("the encrypted data is no base64: it was damaged", hint)
        })
    }

    /// Whether what was decrypted is the state that the envelope says it holds: nothing else ties the clear fields to it, and
    /// an older envelope could be put in its place (internal/encryption/state.go, `DecryptState`).
    pub(super) fn check(&self, plain: &[u8]) -> Result<(), DecryptError> {
        let hint = "someone may have changed it by hand or put an older one in its place: compare with the backend's earlier versions";
        let within: Within<'_> = serde_json::from_slice(plain)
            .map_err(|_| DecryptError::new("was decrypted, but what is within is no state", hint))?;
        if within.serial != self.serial {
            let (within, outside) = (within.serial, self.serial);
            let cause = format!("says serial {outside} outside, but holds serial {within} within");
            return Err(DecryptError::new(cause, hint));
        }
        if within.lineage != self.lineage {
            return Err(DecryptError::new("says another lineage outside than it holds within", hint));
        }
        Ok(())
    }
}

/// Whether a text is an envelope, or was one before it was damaged.
pub(super) fn is_one(bytes: &[u8]) -> bool {
    struct Keys<'f>(&'f mut bool);
    impl<'de> Visitor<'de> for Keys<'_> {
        type Value = ();

        fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            formatter.write_str("an object")
        }

        fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
            while let Some(Text(name)) = map.next_key::<Text<'de>>()? {
                if matches!(&*name, "encryption_version" | "encrypted_data") {
                    *self.0 = true;
                    // Nothing more has to be known.
                    return Err(serde::de::Error::custom("found"));
                }
                map.next_value::<IgnoredAny>()?;
            }
            Ok(())
        }
    }
    let mut found = false;
    // Whether the rest is JSON does not matter: what broke off behind either key was an envelope.
    drop(serde_json::Deserializer::from_slice(bytes).deserialize_map(Keys(&mut found)));
    found
}
