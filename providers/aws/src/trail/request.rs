//! What a call was made with, as far as it may be kept: of bounded size and without what looks like a secret.
//! Knows nothing of any operation but the one whose plain `value` may be one.

use serde_json::Value;

/// A longer text is left out. A managed policy, the longest document that says something, has 6,144 characters.
const MAX_TEXT: usize = 24 << 10;

/// A request that is larger than this after all is left out.
const MAX_REQUEST: usize = 48 << 10;

/// Deeper than any request.
const MAX_DEPTH: usize = 40;

/// Words in a member's name that make its value a secret. CloudTrail hides most such values itself.
const SECRET: &[&str] = &[
    "accesskey",
    "apikey",
    "authorization",
    "certificatebody",
    "cookie",
    "credential",
    "environment",
    "keymaterial",
    "passphrase",
    "passwd",
    "password",
    "plaintext",
    "privatekey",
    "presignedurl",
    "secret",
    "sessiontoken",
    "authtoken",
    "accesstoken",
    "refreshtoken",
    "userdata",
];

/// The parameters of a request, fit to be kept.
pub(super) fn kept(source: &str, parameters: &Value) -> Option<Value> {
    let kept = without_secrets(source, parameters, 0)?;
    (kept.is_object() && kept.to_string().len() <= MAX_REQUEST).then_some(kept)
}

fn without_secrets(source: &str, value: &Value, depth: usize) -> Option<Value> {
    if depth > MAX_DEPTH {
        return None;
    }
    Some(match value {
        Value::Object(members) => {
            let members = members.iter().filter(|(name, _)| !is_secret(source, name, depth));
            members
                .filter_map(|(name, value)| Some((name.clone(), without_secrets(source, value, depth + 1)?)))
                .collect()
        }
        Value::Array(elements) => {
            elements.iter().filter_map(|element| without_secrets(source, element, depth + 1)).collect()
        }
        Value::String(text) if text.len() > MAX_TEXT || holds_secret(text) => return None,
        other => other.clone(),
    })
}

fn is_secret(source: &str, name: &str, depth: usize) -> bool {
    let letters: String = name.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect();
    // The value of a parameter store's parameter.
    let parameter = source == "ssm.amazonaws.com" && depth == 0 && letters == "value";
    parameter || letters == "token" || SECRET.iter().any(|word| letters.contains(word))
}

fn holds_secret(text: &str) -> bool {
    text.contains("PRIVATE KEY-----") || text.contains("X-Amz-Signature=")
}
