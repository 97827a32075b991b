//! Envelopes as OpenTofu writes them, and blocks that do not fit them.

use super::*;
use serde_json::json;

const PASSPHRASE: &str = "not-a-secret-not-a-secret";

/// internal/encryption/keyprovider/pbkdf2, the known answer of upstream's own tests.
#[test]
fn the_known_answer_of_upstream() {
    let salt = hex("10ec3d3fe02ad2bee6f1f5540f8e6bbe3b8b29445cf502d27d47ad554aa8971f");
    let metadata = json!({
        "salt": base64::Engine::encode(&base64::engine::general_purpose::STANDARD, salt),
        "iterations": 600_000, "hash_function": "sha512", "key_length": 32,
    });
    let key = block_on(pbkdf2::key(b"correct-horse-battery-staple", metadata.to_string().as_bytes())).unwrap();
    assert_eq!(*key, hex("225872367198760137e0a18580433447bbf578fbe2b87ff36aef3c175fe5709c"));
}

fn hex(text: &str) -> Vec<u8> {
    let pair = |at: usize| u8::from_str_radix(&text[at..at + 2], 16).unwrap();
    (0..text.len()).step_by(2).map(pair).collect()
}

#[test]
fn passphrases_of_every_kind() {
    let mut names = vec!["pbkdf2-defaults".to_owned(), "aad".into(), "alias".into(), "chain".into()];
    for digest in ["sha256", "sha512"] {
        names.extend(["128", "192", "256"].map(|size| format!("pbkdf2-{digest}-aes{size}")));
    }
    for name in names {
        assert!(is_encrypted(&envelope(&name)), "{name}");
        let plain = decrypted(&envelope(&name), &case(&name).0, &around());
        assert_eq!(plain.unwrap_or_else(|error| panic!("{name}: {error}")), file("state.json"), "{name}");
    }
}

#[test]
fn a_wrong_passphrase_is_told_from_metadata_that_is_not_there() {
    let bytes = envelope("pbkdf2-sha512-aes256");
    let (encryption, _) = case("pbkdf2-sha512-aes256");
    let other = json!({ "passphrase": "not-a-secret-but-another" });
    let wrong = with(encryption.clone(), "pbkdf2.main", other);
    assert_eq!(
        refused(&bytes, &wrong, &around()),
        "cannot be decrypted by method.aes_gcm.main: the key of key_provider.pbkdf2.main does not open it: the passphrase is \
         not the one that it was encrypted with, or the state was changed"
    );
    let renamed = with(encryption, "pbkdf2.main", json!({ "encrypted_metadata_alias": "other" }));
    assert_eq!(
        refused(&bytes, &renamed, &around()),
        "cannot be decrypted by method.aes_gcm.main: the state holds no metadata of `other`, but of \
         `key_provider.pbkdf2.main`"
    );
}

#[test]
fn fallbacks_are_tried_in_their_order() {
    let bytes = envelope("chain");
    let (mut encryption, _) = case("chain");
    encryption.methods.insert("aes_gcm.new".into(), arguments(json!({ "keys": "key_provider.pbkdf2.new" })));
    encryption.methods.insert("unencrypted.old".into(), Arguments::default());
    encryption = with(encryption, "pbkdf2.new", json!({ "passphrase": PASSPHRASE }));
    encryption.state = ["aes_gcm.new", "unencrypted.old", "aes_gcm.main"].map(String::from).into();
    assert_eq!(decrypted(&bytes, &encryption, &around()).unwrap(), file("state.json"));
    encryption = with(encryption, "pbkdf2.root", json!({ "passphrase": "not-a-secret-but-another" }));
    assert_eq!(
        refused(&bytes, &encryption, &around()),
        "cannot be decrypted by any of its methods: method.aes_gcm.new: the state holds no metadata of \
         `key_provider.pbkdf2.new`, but of `key_provider.pbkdf2.zweig`, `root`; method.aes_gcm.main: the key of \
         key_provider.pbkdf2.zweig does not open it: the passphrase is not the one that it was encrypted with, or the state \
         was changed"
    );
}

#[test]
fn blocks_that_say_too_little_or_too_much() {
    let bytes = envelope("small");
    let (encryption, _) = case("small");
    let of_provider = |changes| refused(&bytes, &with(encryption.clone(), "pbkdf2.main", changes), &around());
    let of_method = |method: Value| {
        let mut encryption = encryption.clone();
        encryption.methods.insert("aes_gcm.main".into(), arguments(method));
        refused(&bytes, &encryption, &around())
    };
    let by = |state: &[&str]| {
        let mut encryption = encryption.clone();
        encryption.state = state.iter().map(|name| (*name).to_owned()).collect();
        refused(&bytes, &encryption, &around())
    };
    for (told, expected) in [
        (of_provider(json!({ "passphrase": null })), "it has neither `passphrase` nor `chain`"),
        (of_provider(json!({ "chain": "key_provider.pbkdf2.main" })), "it has both `passphrase` and `chain`"),
        (of_provider(json!({ "passphrase": "not-a-secret" })), "its passphrase has fewer than 16 bytes"),
        (of_provider(json!({ "passphrase": null, "chain": "key_provider.pbkdf2.main" })), "leads back to itself"),
        (
            of_provider(json!({ "passphrase": null, "chain": "key_provider.pbkdf2.x" })),
            "there is no key_provider.pbkdf2.x",
        ),
        (of_method(json!({})), "it has no `keys`"),
        (of_method(json!({ "keys": "key_provider.pbkdf2.x" })), "there is no key_provider.pbkdf2.x"),
        (of_method(json!({ "keys": "local.x" })), "there is no local.x"),
        (of_method(json!({ "keys": "key_provider.pbkdf2.main", "aad": "x" })), "its `aad` is no list of bytes"),
        (of_method(json!({ "keys": "key_provider.pbkdf2.main", "aad": [256] })), "its `aad` is no list of bytes"),
        (of_method(json!({ "keys": "key_provider.pbkdf2.main", "aad": [1] })), "does not open it"),
        (by(&[]), "is encrypted by OpenTofu, and the `encryption` block has no `state` block"),
        (by(&["unencrypted.x"]), "has no method for it but `unencrypted`"),
        (by(&["aes_gcm.x"]), "has no such method"),
    ] {
        assert!(told.contains(expected), "{told}");
    }
    for (provider, expected) in [
        ("azure_vault.main", "driftline does not fetch keys from Azure Key Vault"),
        ("xor.main", "no such type of key provider is known"),
        ("external.main", "its program is not run: the repository names it"),
        ("aws_kms.main", "its metadata is not that of `aws_kms`"),
        ("gcp_kms.main", "its metadata is not that of `gcp_kms`"),
        ("openbao.main", "its metadata is not that of `openbao`"),
    ] {
        let mut encryption =
            with(encryption.clone(), provider, json!({ "encrypted_metadata_alias": "key_provider.pbkdf2.main" }));
        let keys = json!({ "keys": format!("key_provider.{provider}") });
        encryption.methods.insert("aes_gcm.main".into(), arguments(keys));
        let told = refused(&bytes, &encryption, &around());
        assert!(told.contains(expected), "{told}");
    }
    for method in ["external.main", "rot13.main"] {
        let mut encryption = encryption.clone();
        encryption.methods.insert(method.into(), Arguments::default());
        encryption.state = vec![method.into()];
        refused(&bytes, &encryption, &around());
    }
}

#[test]
fn a_state_in_the_clear_is_read_where_opentofu_would_read_it() {
    let bytes = file("state.json");
    assert!(!is_encrypted(&bytes));
    let (mut encryption, _) = case("small");
    assert!(refused(&bytes, &encryption, &around()).contains("has no method `unencrypted`"));
    encryption.state.push("unencrypted.old".into());
    assert_eq!(decrypted(&bytes, &encryption, &around()).unwrap(), bytes);
    encryption.enforced = true;
    assert!(refused(&bytes, &encryption, &around()).contains("enforced = true"));
    // No `state` block: nothing is said of states.
    assert_eq!(decrypted(&bytes, &Encryption::default(), &around()).unwrap(), bytes);
}

#[test]
fn what_is_no_envelope_is_not_taken_for_one() {
    for text in
        ["", "[]", "null", "{", "{}", "\"encryption_version\"", r#"{"a":{"encryption_version":"v0"}}"#, "{\"a\":1"]
    {
        assert!(!is_encrypted(text.as_bytes()), "{text}");
    }
    // A key may be written with escapes, the text may break off behind it, and `version` makes no state of it.
    for text in [
        r#"{"encryption\u005fversion":"v0"}"#,
        r#"{"serial":1,"encrypted_data":"AA"#,
        r#"{"version":4,"resources":[],"encryption_version":"v0"}"#,
    ] {
        assert!(is_encrypted(text.as_bytes()), "{text}");
        assert!(refused(text.as_bytes(), &case("small").0, &around()).contains("damaged"), "{text}");
    }
}

#[test]
fn envelopes_are_read_strictly() {
    let (encryption, _) = case("small");
    let whole = String::from_utf8(envelope("small")).unwrap();
    let changed = |from: &str, to: &str| {
        assert!(whole.contains(from), "{from}");
        refused(whole.replacen(from, to, 1).as_bytes(), &encryption, &around())
    };
    for (from, to, expected) in [
        ("\"serial\":3,", "", "damaged"),
        ("\"serial\":3,", "\"serial\":3,\"serial\":3,", "damaged"),
        ("\"serial\":3,", "\"serial\":\"3\",", "damaged"),
        ("\"serial\":3,", "\"serial\":3.0,", "damaged"),
        ("\"serial\":3,", "\"serial\":-3,", "damaged"),
        ("\"serial\":3,", "\"serial\":3,\"extra\":1,", "damaged"),
        ("\"lineage\":\"0d3c\",", "", "damaged"),
        ("\"meta\":{", "\"meta\":{\"key_provider.pbkdf2.main\":\"e30=\",", "damaged"),
        ("\"meta\":{", "\"meta\":{\"x\":\"?\",", "its metadata is no base64"),
        ("\"meta\":{", "\"meta\":{\"x\":{},", "damaged"),
        ("\"v0\"", "\"v1\"", "a version that driftline does not know"),
        ("\"v0\"}", "\"v0\"", "it breaks off"),
        ("\"v0\"}", "\"v0\"}{", "it is no JSON"),
        ("\"encrypted_data\":\"", "\"encrypted_data\":\"?", "no base64"),
    ] {
        let told = changed(from, to);
        assert!(told.contains(expected), "{from}: {told}");
    }
    let many: String = (0..65).map(|number| format!("\"{number}\":\"\",")).collect();
    assert!(changed("\"meta\":{", &format!("\"meta\":{{{many}")).contains("damaged"));
    let long = "A".repeat(100_000);
    assert!(changed("\"meta\":{", &format!("\"meta\":{{\"x\":\"{long}\",")).contains("too long"));
}

#[test]
fn metadata_cannot_keep_driftline_busy() {
    let key = |metadata: Value| {
        let started = std::time::Instant::now();
        let key = block_on(pbkdf2::key(PASSPHRASE.as_bytes(), metadata.to_string().as_bytes()));
        assert!(started.elapsed() < Duration::from_secs(5));
        key.map_err(|error| checked(&error))
    };
    let with = |name: &str, value: Value| {
        let mut metadata = json!({ "salt": "AAAA", "iterations": 1, "hash_function": "sha256", "key_length": 32 });
        metadata[name] = value;
        key(metadata)
    };
    assert_eq!(with("iterations", json!(1)).unwrap().len(), 32);
    for (name, value) in [
        ("iterations", json!(0)),
        ("iterations", json!(10_000_001)),
        ("iterations", json!(u32::MAX)),
        ("iterations", json!(u64::MAX)),
        ("iterations", json!(-1)),
        ("key_length", json!(0)),
        ("key_length", json!(1025)),
        ("key_length", json!(u64::MAX)),
        ("salt", json!("")),
        ("salt", json!("?")),
        ("salt", json!("A".repeat(2000))),
        ("hash_function", json!("md5")),
        ("hash_function", json!(null)),
    ] {
        assert!(with(name, value.clone()).is_err(), "{name} {value}");
    }
    let most = json!({ "salt": "AAAA", "iterations": 10_000_000, "hash_function": "sha256", "key_length": 33 });
    assert!(key(most).unwrap_err().contains("more than 10000000"));
}

#[test]
fn nothing_secret_is_shown() {
    let (encryption, _) = case("small");
    let shown = format!("{encryption:?} {:?}", encryption.key_providers);
    assert!(shown.contains("pbkdf2.main") && !shown.contains("not-a-secret"), "{shown}");
}
