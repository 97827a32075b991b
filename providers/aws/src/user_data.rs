//! The user data of instances in the form that Terraform's state keeps: the SHA-1 of it, in hexadecimal.
//! Knows nothing of instances.

use base64::Engine;
use base64::alphabet::STANDARD;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig};
use serde_json::Value;
use sha1::{Digest, Sha1};

/// Go's standard encoding, with which the provider decodes, does not mind trailing bits.
const BASE64: GeneralPurpose =
    GeneralPurpose::new(&STANDARD, GeneralPurposeConfig::new().with_decode_allow_trailing_bits(true));

/// The digest of no user data: EC2 answers with that or with nothing.
const NONE: &str = "da39a3ee5e6b4b0d3255bfef95601890afd80709";

/// The digest of user data. What is valid base64 is taken for that, as the provider does, else for the data itself.
pub(crate) fn digest(text: &str) -> String {
    let encoded: String = text.chars().filter(|c| !matches!(c, '\r' | '\n')).collect();
    let data = BASE64.decode(encoded).unwrap_or_else(|_| text.as_bytes().to_vec());
    Sha1::digest(data).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// One form for user data that is declared in clear, recorded as a digest (before version 6 of the provider), in clear or
/// in base64: its digest, null for none.
pub(crate) fn canonical(value: &Value) -> Value {
    match value.as_str() {
        Some("" | NONE) => Value::Null,
        Some(text) if is_digest(text) => value.clone(),
        Some(text) => match digest(text) {
            digest if digest == NONE => Value::Null,
            digest => Value::from(digest),
        },
        None => value.clone(),
    }
}

fn is_digest(text: &str) -> bool {
    text.len() == NONE.len() && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[track_caller]
    fn check(value: Value, expected: Value) {
        assert_eq!(canonical(&value), expected, "{value}");
    }

    #[test]
    fn all_spellings_of_user_data_have_one_form() {
        let digest = json!("e8dc9942e0d51645b241a917c42a9d400685ce88");
        check(json!("#!/bin/sh\ntrue\n"), digest.clone());
        check(json!("IyEvYmluL3NoCnRydWUK"), digest.clone());
        check(json!("IyEvYmlu\nL3NoCnRydWUK\n"), digest.clone());
        check(digest.clone(), digest);
        check(json!(""), json!(null));
        check(json!(null), json!(null));
        check(json!(NONE), json!(null));
        check(json!("\n"), json!(null));
    }

    #[test]
    fn different_user_data_stays_different() {
        assert_ne!(canonical(&json!("#!/bin/sh\nfalse\n")), canonical(&json!("#!/bin/sh\ntrue\n")));
        assert_ne!(canonical(&json!("é\u{0}")), canonical(&json!("é")));
    }
}
