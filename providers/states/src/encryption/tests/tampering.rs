//! Whatever is changed in an envelope: an error, or the very same plaintext. Never another.

use super::*;
use proptest::prelude::*;

#[test]
fn every_bit_of_an_envelope_counts() {
    let (encryption, around) = (case("small").0, around());
    let whole = envelope("small");
    let plain = file("small.json");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    assert_eq!(*runtime.block_on(decrypt(&whole, &encryption, &around)).unwrap(), plain);
    for at in 0..whole.len() {
        for bit in 0..8 {
            let mut bytes = whole.clone();
            bytes[at] ^= 1 << bit;
            let Err(error) = runtime.block_on(decrypt(&bytes, &encryption, &around)) else {
                panic!("bit {bit} of byte {at} does not count: {}", String::from_utf8_lossy(&bytes));
            };
            checked(&error);
        }
    }
}

#[test]
fn an_envelope_that_says_other_than_it_holds_is_refused() {
    let told = |name: &str| refused(&envelope(name), &case("small").0, &around());
    assert_eq!(told("small-replayed"), "says serial 4 outside, but holds serial 3 within");
    assert_eq!(told("small-mixed-up"), "says another lineage outside than it holds within");
    assert_eq!(told("small-no-state"), "was decrypted, but what is within is no state");
}

#[test]
fn data_that_is_too_short_for_a_nonce_or_a_tag() {
    let whole = String::from_utf8(envelope("small")).unwrap();
    let (start, rest) = whole.split_once("\"encrypted_data\":\"").unwrap();
    let (data, end) = rest.split_once('"').unwrap();
    for length in [0, 4, 12, 16, 20, 36, 40, data.len() - 4] {
        let cut = format!("{start}\"encrypted_data\":\"{}\"{end}", &data[..length]);
        assert!(refused(cut.as_bytes(), &case("small").0, &around()).contains("does not open it"), "{length}");
    }
}

/// A change: where, what kind, and bytes for it.
type Change = (prop::sample::Index, u8, Vec<u8>);

fn change(bytes: &mut Vec<u8>, other: &[u8], (at, kind, new): &Change) {
    let at = at.index(bytes.len() + 1);
    let end = (at + new.len()).min(bytes.len());
    match kind {
        0 => drop(bytes.splice(at..end, new.iter().copied())),
        1 => drop(bytes.splice(at..at, new.iter().copied())),
        2 => drop(bytes.drain(at..end)),
        3 => bytes.truncate(at),
        4 => drop(bytes.splice(at..at, bytes[at..end].to_vec())),
        // The middle of another envelope.
        5 => drop(bytes.splice(at..end, other.iter().copied().skip(at).take(end - at))),
        _ => drop(bytes.splice(at..at, b" \n".iter().copied())),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 10_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_changed_envelope_is_an_error_or_the_same_plaintext(
        changes in prop::collection::vec(
            (any::<prop::sample::Index>(), 0_u8..7, prop::collection::vec(any::<u8>(), 1..6)), 1..4)
    ) {
        thread_local! {
            static SETTING: (Encryption, Surroundings, Vec<u8>, Vec<u8>, Vec<u8>, tokio::runtime::Runtime) = (
                case("small").0, around(), envelope("small"), envelope("small-replayed"), file("small.json"),
                tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap(),
            );
        }
        SETTING.with(|(encryption, around, whole, other, plain, runtime)| {
            let mut bytes = whole.clone();
            changes.iter().for_each(|one| change(&mut bytes, other, one));
            match runtime.block_on(decrypt(&bytes, encryption, around)) {
                Ok(decrypted) => assert_eq!(*decrypted, *plain),
                Err(error) => drop(checked(&error)),
            }
        });
    }
}
