//! Keys from programs: real ones, fine and otherwise.

use super::*;
use serde_json::json;
use std::time::Instant;

const HEADER: &str = r#"printf '%s\n' '{"magic":"OpenTofu-External-Key-Provider","version":1}'"#;

/// What becomes of an envelope with a program that `sh` runs.
fn with_script(name: &str, script: &str, around: &Surroundings) -> Result<Vec<u8>, DecryptError> {
    with_command(name, json!(["sh", "-c", script, "sh", "an argument; with $(odd) things"]), around)
}

fn with_command(name: &str, command: Value, around: &Surroundings) -> Result<Vec<u8>, DecryptError> {
    let mut encryption = with(case(name).0, "external.main", json!({ "command": command }));
    encryption.may_run_programs = true;
    decrypted(&envelope(name), &encryption, around)
}

fn key(name: &str) -> String {
    case(name).1["key"].as_str().unwrap().to_owned()
}

fn answer(name: &str, member: &str) -> String {
    format!(r#"printf '%s' '{{"keys":{{"{member}":"{}"}},"meta":{{"external_data":{{}}}}}}'"#, key(name))
}

#[test]
fn a_program_gives_the_key() {
    let fine = [
        // Reads before it prints the key, and checks what it reads.
        format!(
            r#"{HEADER}; line=$(cat); [ "$line" = '{{"external_data":{{"id":7}}}}' ] || exit 3; {}"#,
            answer("external", "decryption_key")
        ),
        // Reads nothing; an argument is not split; the environment is OpenTofu's.
        format!(
            r#"{HEADER}; [ "$1" = 'an argument; with $(odd) things' ] || exit 3; [ "$MARK" = mark ] || exit 4; [ -z "$CARGO_MANIFEST_DIR" ] || exit 5; {}"#,
            answer("external", "encryption_key")
        ),
        // Chatters on standard error.
        format!("{HEADER}; head -c 1000000 /dev/zero >&2; {}", answer("external", "decryption_key")),
    ];
    let path = std::env::var("PATH").unwrap_or_default();
    let around = in_environment(&[("MARK", "mark"), ("PATH", &path)]);
    for script in fine {
        let plain = with_script("external", &script, &around);
        assert_eq!(plain.unwrap_or_else(|error| panic!("{script}: {error}")), file("state.json"));
    }
    let null =
        format!(r#"{HEADER}; [ "$(cat)" = null ] || exit 3; {}"#, answer("external-nothing-noted", "encryption_key"));
    assert_eq!(with_script("external-nothing-noted", &null, &around).unwrap(), file("state.json"));
}

#[test]
fn a_program_by_a_path_from_the_root_module() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let program = folder.path().join("key.sh");
    std::fs::write(&program, format!("#!/bin/sh\n{HEADER}\n{}\n", answer("external", "decryption_key"))).unwrap();
    std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();
    let around = Surroundings { directory: folder.path().to_owned(), ..around() };
    assert_eq!(with_command("external", json!(["./key.sh"]), &around).unwrap(), file("state.json"));
}

#[test]
fn programs_that_do_otherwise() {
    let fine = answer("external", "decryption_key");
    let wrong_key = r#"printf '{"keys":{"decryption_key":"AAAAAAAAAAAAAAAAAAAAAA=="}}'"#;
    for (script, expected) in [
        ("exit 1".to_owned(), "ends with exit code 1"),
        (format!("{HEADER}; {fine}; echo not-a-secret >&2; exit 7"), "ends with exit code 7"),
        (format!("{HEADER}; {fine}; kill -9 $$"), "was killed"),
        (String::new(), "does not say that it is a key provider"),
        ("echo hello; cat".into(), "does not say that it is a key provider"),
        (format!("echo '{{\"magic\":\"x\",\"version\":1}}'; {fine}"), "does not say that it is a key provider"),
        (format!("{}; {fine}", HEADER.replace("version\":1", "version\":2")), "speaks another version"),
        (HEADER.into(), "prints no key"),
        (format!("{HEADER}; printf '{{}}'"), "prints no key"),
        (format!("{HEADER}; printf '{{\"keys\":{{}}}}'"), "prints no key"),
        (format!("{HEADER}; printf '{{\"keys\":{{\"decryption_key\":\"not-a-secret\"}}}}'"), "prints no key"),
        (format!("{HEADER}; {fine}; {fine}"), "prints no key"),
        (format!("{HEADER}; {wrong_key}"), "the key is not the one"),
        (format!("{HEADER}; while :; do echo aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa; done"), "prints more than 256 KiB"),
        ("while :; do printf aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa; done".into(), "prints more than 256 KiB"),
        ("while :; do echo a; done".into(), "does not say that it is a key provider"),
    ] {
        let started = Instant::now();
        let told = checked(&with_script("external", &script, &around()).unwrap_err());
        assert!(told.contains(expected), "{script}: {told}");
        assert!(started.elapsed() < Duration::from_secs(10), "{script}");
    }
    for command in [json!([]), json!("sh"), json!([1]), json!(null)] {
        let told = checked(&with_command("external", command, &around()).unwrap_err());
        assert!(told.contains("its `command` is no list of texts"), "{told}");
    }
    for command in
        [json!(["/nowhere/to/be/found"]), json!(["./nowhere"]), json!(["no-such-program-anywhere"]), json!(["a\0b"])]
    {
        let told = checked(&with_command("external", command, &around()).unwrap_err());
        assert!(told.contains("cannot be run"), "{told}");
    }
}

#[test]
fn a_program_that_hangs_is_stopped() {
    let around = Surroundings { patience: Duration::from_millis(300), ..around() };
    for script in
        ["exec sleep 60".to_owned(), format!("{HEADER}; exec sleep 60"), format!("{HEADER}; exec >&-; exec sleep 60")]
    {
        let started = Instant::now();
        let told = checked(&with_script("external", &script, &around).unwrap_err());
        assert!(told.contains("its program takes too long and was stopped"), "{told}");
        assert!(started.elapsed() < Duration::from_secs(10), "{script}");
    }
}

#[test]
fn no_program_is_run_that_the_repository_names() {
    let folder = tempfile::tempdir().unwrap();
    let mark = folder.path().join("ran");
    let command = json!(["touch", mark.to_str().unwrap()]);
    let encryption = with(case("external").0, "external.main", json!({ "command": command }));
    assert!(refused(&envelope("external"), &encryption, &around()).contains("its program is not run"));
    assert!(!mark.exists());
}
