//! What the fuzz targets call: everything that a plugin may say, and files that name one.
//! Knows nothing of fuzzers.

use crate::launch::Handshake;
use crate::schema::{Protocol, Schema};
use crate::wire::{IdentitySchemas, ListEvent, ProviderSchema, ReadResponse, UpgradeStateResponse};
use crate::{cty, lock, msgpack, schema, source};
use bytes::Bytes;
use prost::Message;

/// Takes bytes for everything that a plugin may answer: a schema, and a value of the type that it tells.
pub fn answer(bytes: &[u8]) {
    let Some((length, bytes)) = bytes.split_first() else { return };
    let (head, value) = bytes.split_at(usize::from(*length).min(bytes.len()));
    for protocol in [Protocol::V5, Protocol::V6] {
        if let Ok(schema) = Schema::decode(protocol, &Bytes::copy_from_slice(head)) {
            let _ = msgpack::decode(&schema.of, value);
        }
    }
    let _ = msgpack::decode(&cty::Type::Dynamic, value);
    let _ = ProviderSchema::decode(bytes);
    let _ = UpgradeStateResponse::decode(bytes);
    let _ = ReadResponse::decode(bytes);
    let _ = ListEvent::decode(bytes);
    if let Ok(identities) = IdentitySchemas::decode(bytes) {
        identities.schemas.values().for_each(|schema| drop(schema::identity_type(schema)));
    }
    if let Ok(text) = std::str::from_utf8(bytes) {
        let _ = Handshake::parse(text);
        if let Some(source) = source::Source::parse("example.com/corp/fake") {
            let _ = lock::locked(text, &source);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::{Attribute6, Block, Schema as Told};
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn any_answer_is_understood_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
            answer(&bytes);
        }

        #[test]
        fn so_is_one_that_begins_with_a_schema(kind in "[a-z\\[\\]\",{}:]{0,40}", rest in prop::collection::vec(any::<u8>(), 0..80)) {
            let attribute = Attribute6 { name: "a".into(), cty_type: kind.into(), ..Attribute6::default() };
            let block = Block { attributes: vec![attribute], blocks: Vec::new() };
            let mut bytes = vec![0];
            Told { version: 1, block: Some(block) }.encode(&mut bytes).expect("encoded");
            bytes[0] = u8::try_from(bytes.len() - 1).unwrap_or(u8::MAX);
            bytes.extend(rest);
            answer(&bytes);
        }
    }
}
