//! Commits and tags that the real git signs with real keys, made for the test, and git's own answer beside ours.

mod object;
mod openpgp;
mod ssh;
mod x509;

use super::{Keys, Letter, Signed, Verification, of_commit, of_tag, verify};
use proptest::prelude::*;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

/// A repository, and a home for keys that goes with it.
struct Bench {
    directory: tempfile::TempDir,
}

/// Keys without passphrase.
const GPG: &str = "pinentry-mode loopback\npassphrase \"\"\n";

impl Drop for Bench {
    fn drop(&mut self) {
        let _ = self.command("gpgconf").args(["--kill", "all"]).output();
    }
}

impl Bench {
    fn new() -> Self {
        Self::with(&[])
    }

    fn with(init: &[&str]) -> Self {
        let bench = Self { directory: tempfile::tempdir().expect("a directory") };
        bench.run("git", &[&["init", "-q", "-b", "main"], init].concat());
        bench.write("home/keep", "");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let private = std::fs::Permissions::from_mode(0o700);
            std::fs::set_permissions(bench.path("home"), private).expect("a private home");
        }
        bench.write("home/gpg.conf", GPG);
        bench.write("home/gpg-agent.conf", "allow-loopback-pinentry\n");
        bench
    }

    fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    fn write(&self, name: &str, text: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().expect("a parent")).expect("a directory");
        std::fs::write(&path, text).expect("a file");
        path
    }

    fn read(&self, name: &str) -> Vec<u8> {
        std::fs::read(self.path(name)).expect("a file")
    }

    /// A script that stands for a program.
    fn script(&self, name: &str, text: &str) -> String {
        let path = self.write(name, format!("#!/bin/sh\n{text}\n"));
        self.run("chmod", &["+x", name]);
        path.to_str().expect("UTF-8").to_owned()
    }

    /// A program with nothing of the machine's configuration.
    fn command(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        command
            .current_dir(self.directory.path())
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("HOME", self.directory.path())
            .env("GNUPGHOME", self.path("home"))
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .env("GIT_TERMINAL_PROMPT", "0")
            .env("LC_ALL", "C.UTF-8")
            .env("TZ", "UTC");
        for role in ["AUTHOR", "COMMITTER"] {
            command.env(format!("GIT_{role}_NAME"), "Ann").env(format!("GIT_{role}_EMAIL"), "ann@example.com");
        }
        command.stdin(Stdio::null());
        command
    }

    fn run(&self, program: &str, arguments: &[&str]) -> Vec<u8> {
        self.feed(program, arguments, b"")
    }

    /// Runs a program that must succeed, with some input.
    fn feed(&self, program: &str, arguments: &[&str], input: &[u8]) -> Vec<u8> {
        let output = fed(self.command(program).args(arguments), input);
        assert!(output.status.success(), "{program} {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        output.stdout
    }

    fn text(&self, program: &str, arguments: &[&str]) -> String {
        String::from_utf8(self.run(program, arguments)).expect("UTF-8").trim().to_owned()
    }

    fn git(&self, arguments: &[&str]) -> String {
        self.text("git", arguments)
    }

    /// A commit signed as a configuration says, raw.
    fn commit(&self, config: &[&str]) -> Vec<u8> {
        self.git(&[&configured(config)[..], &["commit", "-q", "-S", "--allow-empty", "-m", "Grow\n\nBody"]].concat());
        self.run("git", &["cat-file", "commit", "HEAD"])
    }

    /// A tag signed as a configuration says, raw.
    fn tag(&self, config: &[&str]) -> Vec<u8> {
        self.git(&[&configured(config)[..], &["tag", "-f", "-s", "-m", "Release", "v1"]].concat());
        self.run("git", &["cat-file", "tag", "v1"])
    }

    /// Git's own letter for a raw commit.
    fn letter(&self, config: &[&str], commit: &[u8]) -> char {
        let id = self.feed("git", &["hash-object", "-t", "commit", "-w", "--stdin"], commit);
        let id = String::from_utf8(id).expect("UTF-8");
        let arguments = [&configured(config)[..], &["log", "-1", "--format=%G?", id.trim()]].concat();
        self.git(&arguments).chars().next().expect("a letter")
    }
}

/// `-c` before each setting.
fn configured<'a>(config: &[&'a str]) -> Vec<&'a str> {
    config.iter().flat_map(|setting| ["-c", setting]).collect()
}

fn fed(command: &mut Command, input: &[u8]) -> Output {
    use std::io::Write;
    let mut child =
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it is installed");
    // A program that needs no input may end before it is read.
    let _ = child.stdin.take().expect("a pipe").write_all(input);
    child.wait_with_output().expect("it ends")
}

/// When a commit says it was made.
fn committed_at(commit: &[u8]) -> i64 {
    let text = String::from_utf8_lossy(commit);
    let line = text.lines().find(|line| line.starts_with("committer ")).expect("a committer");
    line.rsplit(' ').nth(1).expect("a time").parse().expect("a number")
}

fn now() -> i64 {
    std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).expect("after 1970").as_secs().cast_signed()
}

/// Our answer for a raw commit, by its own time.
fn verified(keys: &Keys, commit: &[u8]) -> Verification {
    verify(keys, &of_commit(commit).expect("a signature"), committed_at(commit))
}

/// The commit with another message.
fn tampered(commit: &[u8]) -> Vec<u8> {
    let text = String::from_utf8(commit.to_vec()).expect("UTF-8");
    text.replace("Grow", "Shrink").into_bytes()
}

#[track_caller]
fn assert_letter(found: &Verification, letter: Letter, cause: &str) {
    assert_eq!(found.letter, letter, "{found:?}");
    assert_eq!(found.cause.is_none(), letter == Letter::Good, "{found:?}");
    assert!(found.cause.as_deref().unwrap_or_default().contains(cause), "{found:?}");
}

/// No change of one byte, in what was signed or in the signature, and no cut, is good.
fn no_change_is_good(keys: &Keys, signed: &Signed, at: i64) {
    assert_eq!(verify(keys, signed, at).letter, Letter::Good);
    let changed = |signed: &Signed, what: &str, at_byte: usize| {
        let found = verify(keys, signed, at);
        assert_ne!(
            found.letter,
            Letter::Good,
            "{what} changed at {at_byte}: {}",
            String::from_utf8_lossy(&signed.signature)
        );
    };
    for byte in 0..signed.signature.len() {
        for flip in [0x01, 0x02, 0x04, 0x07, 0x20, 0x80] {
            let mut other = signed.clone();
            other.signature[byte] ^= flip;
            changed(&other, "signature", byte);
        }
        // Where its lines break says nothing.
        if signed.signature[byte] == b'\n' {
            continue;
        }
        let mut other = signed.clone();
        other.signature.remove(byte);
        changed(&other, "signature", byte);
        other.signature.truncate(byte);
        changed(&other, "signature", byte);
    }
    for byte in 0..signed.payload.len() {
        let mut other = signed.clone();
        other.payload[byte] ^= 0x01;
        changed(&other, "payload", byte);
    }
}

/// Files of keys that are cut anywhere, or have a byte changed, never panic.
fn no_cut_panics(bytes: &[u8], add: impl Fn(&[u8])) {
    for end in 0..bytes.len() {
        add(&bytes[..end]);
        let mut changed = bytes.to_vec();
        changed[end] ^= 0x15;
        if end % 7 == 0 {
            add(&changed);
        }
    }
}

fn armored(label: &str, bytes: &[u8]) -> Vec<u8> {
    use base64::Engine;
    let base64 = base64::engine::general_purpose::STANDARD.encode(bytes);
    let header = if label.starts_with("PGP") { "\n" } else { "" };
    format!("-----BEGIN {label}-----\n{header}{base64}\n-----END {label}-----\n").into_bytes()
}

proptest! {
    #[test]
    fn garbage_is_refused(bytes in proptest::collection::vec(any::<u8>(), 0..300), at: i64) {
        let mut keys = Keys::default();
        let _ = keys.add_openpgp(&bytes);
        let _ = keys.add_openpgp(&armored("PGP PUBLIC KEY BLOCK", &bytes));
        let _ = keys.add_x509_roots(&bytes);
        let _ = keys.add_x509_roots(&armored("CERTIFICATE", &bytes));
        let _ = keys.add_allowed_signers(&bytes);
        prop_assert!(keys.is_empty());
        for label in ["PGP SIGNATURE", "SSH SIGNATURE", "SIGNED MESSAGE", "OTHER"] {
            let mut signature = bytes.clone();
            if label == "SSH SIGNATURE" {
                signature.splice(0..0, *b"SSHSIG\0\0\0\x01");
            }
            let signed = Signed { payload: bytes.clone(), signature: armored(label, &signature) };
            prop_assert!(matches!(verify(&keys, &signed, at).letter, Letter::CannotCheck | Letter::Bad));
            let bare = Signed { payload: Vec::new(), signature };
            prop_assert_eq!(verify(&keys, &bare, at).letter, Letter::CannotCheck);
        }
        let _ = (of_commit(&bytes), of_tag(&bytes));
    }
}

#[test]
fn what_is_huge_is_refused() {
    let mut keys = Keys::default();
    let huge = vec![b'a'; super::MAX_KEYS + 1];
    for refused in [keys.add_openpgp(&huge), keys.add_allowed_signers(&huge), keys.add_x509_roots(&huge)] {
        assert_eq!(refused, Err("more than 16 MiB of keys".to_owned()));
    }
    let signature = armored("PGP SIGNATURE", &vec![0; super::MAX_SIGNATURE]);
    let found = verify(&keys, &Signed { payload: Vec::new(), signature }, 0);
    assert_letter(&found, Letter::CannotCheck, "larger than 64 KiB");
    assert_eq!(found.scheme, None);
}

#[test]
fn letters_are_those_of_git() {
    let all = [Letter::Good, Letter::Bad, Letter::UnknownValidity, Letter::Expired, Letter::ExpiredKey];
    let all = all.into_iter().chain([Letter::RevokedKey, Letter::CannotCheck]);
    assert_eq!(all.map(Letter::as_char).collect::<String>(), "GBUXYRE");
}

#[test]
fn addresses_are_found_in_names() {
    for (name, address) in [
        ("Ann <Ann@Example.com>", Some("ann@example.com")),
        ("ann@example.com", Some("ann@example.com")),
        ("Ann (x <y@z>) <ann@example.com>", Some("ann@example.com")),
        ("*@example.com", None),
        ("Ann", None),
        ("Ann <ann@example.com", None),
        ("Ann <a b@example.com>", None),
        ("@example.com", None),
    ] {
        assert_eq!(super::email(name).as_deref(), address, "{name}");
    }
}

/// Used by all schemes: what git says and what we say of the same commit.
#[track_caller]
fn assert_as_git(bench: &Bench, config: &[&str], keys: &Keys, commit: &[u8], letter: Letter) {
    assert_eq!(bench.letter(config, commit), letter.as_char(), "git");
    assert_eq!(verified(keys, commit).letter, letter, "{:?}", verified(keys, commit));
}
