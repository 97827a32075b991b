//! Digests and identifiers. What is random is not known.
//! Know nothing of expressions.

use super::{Context, Function, NUMBER, Outcome, STRING, function, string_type, text};
use crate::language::types::Type;
use crate::language::value::Value;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha2::Digest;

pub(super) const FUNCTIONS: &[Function] = &[
    function("base64sha256", &[STRING], string_type, |_, arguments| base64(sha256(text(&arguments[0]).as_bytes()))),
    function("base64sha512", &[STRING], string_type, |_, arguments| base64(sha512(text(&arguments[0]).as_bytes()))),
    function("bcrypt", &[STRING], string_type, unknown).and(NUMBER),
    function("filebase64sha256", &[STRING], string_type, |context, arguments| {
        of_file(context, arguments, |bytes| base64(sha256(bytes)))
    }),
    function("filebase64sha512", &[STRING], string_type, |context, arguments| {
        of_file(context, arguments, |bytes| base64(sha512(bytes)))
    }),
    function("filemd5", &[STRING], string_type, |context, arguments| {
        of_file(context, arguments, |bytes| hex(md5(bytes)))
    }),
    function("filesha1", &[STRING], string_type, |context, arguments| {
        of_file(context, arguments, |bytes| hex(sha1(bytes)))
    }),
    function("filesha256", &[STRING], string_type, |context, arguments| {
        of_file(context, arguments, |bytes| hex(sha256(bytes)))
    }),
    function("filesha512", &[STRING], string_type, |context, arguments| {
        of_file(context, arguments, |bytes| hex(sha512(bytes)))
    }),
    function("md5", &[STRING], string_type, |_, arguments| hex(md5(text(&arguments[0]).as_bytes()))),
    // Nobody who reads a configuration holds the private key.
    function("rsadecrypt", &[STRING, STRING], string_type, unknown),
    function("sha1", &[STRING], string_type, |_, arguments| hex(sha1(text(&arguments[0]).as_bytes()))),
    function("sha256", &[STRING], string_type, |_, arguments| hex(sha256(text(&arguments[0]).as_bytes()))),
    function("sha512", &[STRING], string_type, |_, arguments| hex(sha512(text(&arguments[0]).as_bytes()))),
    function("uuid", &[], string_type, unknown),
    function("uuidv5", &[STRING, STRING], string_type, name_based),
];

fn unknown(_: &mut Context<'_, '_>, _: &[Value]) -> Outcome {
    Ok(Value::unknown(Type::String))
}

fn of_file(context: &mut Context<'_, '_>, arguments: &[Value], digest: fn(&[u8]) -> Outcome) -> Outcome {
    match super::files::read(context, text(&arguments[0]))? {
        Some(bytes) => digest(&bytes),
        None => Ok(Value::unknown(Type::String)),
    }
}

fn md5(bytes: &[u8]) -> Vec<u8> {
    md5::Md5::digest(bytes).to_vec()
}

fn sha1(bytes: &[u8]) -> Vec<u8> {
    use sha1::Digest;
    sha1::Sha1::digest(bytes).to_vec()
}

fn sha256(bytes: &[u8]) -> Vec<u8> {
    sha2::Sha256::digest(bytes).to_vec()
}

fn sha512(bytes: &[u8]) -> Vec<u8> {
    sha2::Sha512::digest(bytes).to_vec()
}

fn hex(bytes: Vec<u8>) -> Outcome {
    Ok(Value::string(bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>()))
}

fn base64(bytes: Vec<u8>) -> Outcome {
    Ok(Value::string(STANDARD.encode(bytes)))
}

/// RFC 9562, section 5.5.
fn name_based(_: &mut Context<'_, '_>, arguments: &[Value]) -> Outcome {
    let space = match text(&arguments[0]) {
        "dns" => "6ba7b8109dad11d180b400c04fd430c8".to_owned(),
        "url" => "6ba7b8119dad11d180b400c04fd430c8".to_owned(),
        "oid" => "6ba7b8129dad11d180b400c04fd430c8".to_owned(),
        "x500" => "6ba7b8149dad11d180b400c04fd430c8".to_owned(),
        other => other.replace('-', ""),
    };
    let wrong = || format!("{:?} is no namespace", text(&arguments[0]));
    if space.len() != 32 || !space.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Err(wrong());
    }
    let space = u128::from_str_radix(&space, 16).map_err(|_| wrong())?;
    let mut digest = sha1(&[&space.to_be_bytes()[..], text(&arguments[1]).as_bytes()].concat());
    digest.truncate(16);
    digest[6] = digest[6] & 0x0f | 0x50;
    digest[8] = digest[8] & 0x3f | 0x80;
    let hex: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
    let groups = [&hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]];
    Ok(Value::string(groups.join("-")))
}
