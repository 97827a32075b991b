//! SSH signatures.

use super::super::{Keys, Letter, Scheme, Signed, of_commit, of_tag, verify};
use super::{
    Bench, armored, assert_as_git, assert_letter, committed_at, fed, no_change_is_good, no_cut_panics, tampered,
    verified,
};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// A key, and its two words in an `allowed_signers` file.
fn key(bench: &Bench, name: &str, arguments: &[&str]) -> String {
    let path = bench.path(name);
    let path = path.to_str().expect("UTF-8");
    bench.run("ssh-keygen", &[&["-q", "-N", "", "-C", "x", "-f", path], arguments].concat());
    let public = String::from_utf8(bench.read(&format!("{name}.pub"))).expect("UTF-8");
    public.trim_end_matches(" x\n").to_owned()
}

fn trusting(lines: &str) -> Keys {
    let mut keys = Keys::default();
    keys.add_allowed_signers(lines.as_bytes()).expect("signers");
    keys
}

/// A commit signed with the key `k`.
fn signed_commit(bench: &Bench) -> Vec<u8> {
    bench.commit(&["gpg.format=ssh", &format!("user.signingkey={}", bench.path("k").display())])
}

/// Git's letter where a file says who is allowed.
fn git_letter(bench: &Bench, lines: &str, commit: &[u8]) -> char {
    let file = bench.write("allowed", lines);
    bench.letter(&[&format!("gpg.ssh.allowedSignersFile={}", file.display())], commit)
}

#[test]
fn every_kind_of_key_is_verified_as_git_does() {
    for arguments in [
        &["-t", "ed25519"][..],
        &["-t", "rsa", "-b", "2048"],
        &["-t", "ecdsa", "-b", "256"],
        &["-t", "ecdsa", "-b", "384"],
        &["-t", "ecdsa", "-b", "521"],
    ] {
        let bench = Bench::new();
        let key = key(&bench, "k", arguments);
        let lines = format!("# all\n\nann@example.com,Ops {key} comment\n");
        let keys = trusting(&lines);
        let commit = signed_commit(&bench);
        assert_eq!(git_letter(&bench, &lines, &commit), 'G');
        let found = verified(&keys, &commit);
        assert_letter(&found, Letter::Good, "");
        assert_eq!(found.scheme, Some(Scheme::Ssh));
        assert_eq!(found.signer_names, ["Ops", "ann@example.com"]);
        assert_eq!(found.signer_emails, ["ann@example.com"]);
        let listed = bench.text("ssh-keygen", &["-l", "-f", "k.pub"]);
        assert_eq!(found.key.as_deref(), listed.split(' ').nth(1));

        let other = tampered(&commit);
        assert_eq!(git_letter(&bench, &lines, &other), 'B');
        assert_letter(&verified(&keys, &other), Letter::Bad, "not over this content");

        let tag = bench.tag(&["gpg.format=ssh", "user.signingkey=k"]);
        assert_letter(&verify(&keys, &of_tag(&tag).expect("a signature"), 0), Letter::Good, "");
    }
}

#[test]
fn sha256_repositories_are_verified_too() {
    let bench = Bench::with(&["--object-format=sha256"]);
    let key = key(&bench, "k", &["-t", "ed25519"]);
    let commit = signed_commit(&bench);
    let config = format!("gpg.ssh.allowedSignersFile={}", bench.write("allowed", format!("a@x {key}")).display());
    assert_as_git(&bench, &[&config], &trusting(&format!("a@x {key}")), &commit, Letter::Good);
}

#[test]
fn who_is_allowed_is_read_as_openssh_does() {
    let bench = Bench::new();
    let key = key(&bench, "k", &["-t", "ed25519"]);
    let commit = signed_commit(&bench);
    let day = |days: i64| {
        let at = jiff::Timestamp::from_second(committed_at(&commit) + days * 86_400).expect("a time").to_string();
        at.chars().filter(char::is_ascii_digit).take(14).collect::<String>() + "Z"
    };
    let (past, future) = (day(-1), day(1));
    let lines = [
        (format!("a@x {key}"), 'G', Letter::Good),
        (format!("*@x {key}"), 'G', Letter::Good),
        (format!("\"a@x,b@x\" {key}"), 'G', Letter::Good),
        (format!("\ta@x \t{key}\r"), 'G', Letter::Good),
        (format!("a@x namespaces=\"file,git\" {key}"), 'G', Letter::Good),
        (format!("a@x NAMESPACES=\"g?t*\" {key}"), 'G', Letter::Good),
        (format!("a@x valid-after=\"{past}\",valid-before=\"{future}\" {key}"), 'G', Letter::Good),
        (format!("a@x valid-after=\"{}\" {key}", &past[..8]), 'G', Letter::Good),
        (format!("a@x valid-before=\"{past}\" {key}"), 'U', Letter::UnknownValidity),
        (format!("a@x valid-after=\"{future}\" {key}"), 'U', Letter::UnknownValidity),
        (format!("a@x valid-before=\"{past}\" {key}\nb@x {key}"), 'G', Letter::Good),
        // Git calls these bad, though the signature is not.
        (format!("a@x namespaces=\"file\" {key}"), 'B', Letter::UnknownValidity),
        (format!("a@x namespaces=\"*,!git\" {key}"), 'B', Letter::UnknownValidity),
    ];
    for (line, git, ours) in lines {
        assert_eq!(git_letter(&bench, &line, &commit), git, "{line}");
        assert_letter(&verified(&trusting(&line), &commit), ours, if ours == Letter::Good { "" } else { "is trusted" });
    }
}

#[test]
fn a_time_without_zone_holds_in_every_zone() {
    let bench = Bench::new();
    let key = key(&bench, "k", &["-t", "ed25519"]);
    let signed = of_commit(&signed_commit(&bench)).expect("a signature");
    let keys = trusting(&format!("a@x valid-after=\"20240105\",valid-before=\"202402051200\" {key}"));
    let at = |time: &str| verify(&keys, &signed, time.parse::<jiff::Timestamp>().expect("a time").as_second()).letter;
    assert_eq!(at("2024-01-05T11:59:59Z"), Letter::UnknownValidity);
    assert_eq!(at("2024-01-05T12:00:00Z"), Letter::Good);
    assert_eq!(at("2024-02-04T22:00:00Z"), Letter::Good);
    assert_eq!(at("2024-02-04T22:00:01Z"), Letter::UnknownValidity);
}

#[test]
fn keys_that_are_not_listed_are_of_unknown_validity() {
    let bench = Bench::new();
    key(&bench, "k", &["-t", "ed25519"]);
    let other = key(&bench, "other", &["-t", "ed25519"]);
    let commit = signed_commit(&bench);
    let lines = format!("ann@example.com {other}");
    assert_eq!(git_letter(&bench, &lines, &commit), 'U');
    for keys in [trusting(&lines), Keys::default()] {
        let found = verified(&keys, &commit);
        assert_letter(&found, Letter::UnknownValidity, "is not among the trusted ones");
        assert!(found.signer_names.is_empty() && found.key.is_some());
        assert_letter(&verified(&keys, &tampered(&commit)), Letter::Bad, "not over this content");
    }
}

/// A commit whose signature is another one.
fn with_signature(commit: &[u8], signature: &[u8]) -> Vec<u8> {
    let text = String::from_utf8(of_commit(commit).expect("a signature").payload).expect("UTF-8");
    let signature = String::from_utf8(signature.to_vec()).expect("UTF-8");
    let header = format!("\ngpgsig {}\n\n", signature.trim_end().replace('\n', "\n "));
    text.replacen("\n\n", &header, 1).into_bytes()
}

#[test]
fn signatures_for_something_else_are_bad() {
    let bench = Bench::new();
    let key = key(&bench, "k", &["-t", "ed25519"]);
    let commit = signed_commit(&bench);
    let payload = of_commit(&commit).expect("a signature").payload;
    let lines = format!("a@x {key}");
    for (namespace, letter) in [("git", Letter::Good), ("file", Letter::Bad), ("git2", Letter::Bad)] {
        let signature = bench.feed("ssh-keygen", &["-q", "-Y", "sign", "-n", namespace, "-f", "k"], &payload);
        let commit = with_signature(&commit, &signature);
        assert_eq!(git_letter(&bench, &lines, &commit), letter.as_char());
        let cause = if letter == Letter::Good { "" } else { "for something else than Git" };
        assert_letter(&verified(&trusting(&lines), &commit), letter, cause);
    }
}

#[test]
fn what_cannot_be_checked_says_why() {
    let bench = Bench::new();
    let weak = key(&bench, "k", &["-t", "rsa", "-b", "1024"]);
    let commit = signed_commit(&bench);
    assert_letter(&verified(&trusting(&format!("a@x {weak}")), &commit), Letter::CannotCheck, "fewer than 2048 bits");

    let bench = Bench::new();
    let authority = key(&bench, "authority", &["-t", "ed25519"]);
    let key = key(&bench, "k", &["-t", "ed25519"]);
    bench.run("ssh-keygen", &["-q", "-s", "authority", "-I", "id", "-n", "a@x", "k.pub"]);
    let commit = bench.commit(&["gpg.format=ssh", "user.signingkey=k-cert.pub"]);
    let mut keys = Keys::default();
    let lines =
        format!("a@x cert-authority {authority}\nb@x {key}\nc@x what {key}\nd@x ssh-ed25519 AAAA\ne@x\n!f@x {key}");
    assert_eq!(keys.add_allowed_signers(lines.as_bytes()), Ok(1));
    assert_eq!(keys.skipped().len(), 5, "{:?}", keys.skipped());
    assert!(keys.skipped()[0].contains("line 1") && keys.skipped()[0].contains("not supported"));
    assert_letter(&verified(&keys, &commit), Letter::CannotCheck, "SSH certificate");
    assert!(Keys::default().add_allowed_signers(b"# nobody\n").is_err());
}

fn string(bytes: &[u8]) -> Vec<u8> {
    [&u32::try_from(bytes.len()).expect("small").to_be_bytes(), bytes].concat()
}

/// A token is not at hand, so its signature is made by hand, and `ssh-keygen` confirms that it is one.
#[test]
fn keys_in_tokens_are_verified() {
    use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
    let bench = Bench::new();
    key(&bench, "k", &["-t", "ed25519"]);
    let payload = of_commit(&signed_commit(&bench)).expect("a signature").payload;
    let pair = Ed25519KeyPair::generate().expect("a key");
    let kind = b"sk-ssh-ed25519@openssh.com";
    let blob = [string(kind), string(pair.public_key().as_ref()), string(b"ssh:")].concat();
    let sha256 = |bytes: &[u8]| super::super::crypto::Hash::Sha256.of(bytes);
    let head = [string(b"git"), string(b""), string(b"sha256")].concat();
    let message = [b"SSHSIG".to_vec(), head.clone(), string(&sha256(&payload))].concat();
    let counted = [0x01, 0, 0, 0, 7];
    let value = pair.sign(&[sha256(b"ssh:"), counted.to_vec(), sha256(&message)].concat());
    let value = [string(kind), string(value.as_ref()), counted.to_vec()].concat();
    let signature = [b"SSHSIG\0\0\0\x01".to_vec(), string(&blob), head, string(&value)].concat();
    let signed = Signed { payload, signature: armored("SSH SIGNATURE", &signature) };

    let line = format!("a@x sk-ssh-ed25519@openssh.com {}", STANDARD.encode(&blob));
    bench.write("allowed", &line);
    bench.write("signature", &signed.signature);
    let arguments = ["-Y", "verify", "-n", "git", "-f", "allowed", "-I", "a@x", "-s", "signature"];
    assert!(fed(bench.command("ssh-keygen").args(arguments), &signed.payload).status.success());
    no_change_is_good(&trusting(&line), &signed, 0);
}

#[test]
fn no_change_passes() {
    for arguments in [&["-t", "ed25519"][..], &["-t", "ecdsa"]] {
        let bench = Bench::new();
        let key = key(&bench, "k", arguments);
        let signed = of_commit(&signed_commit(&bench)).expect("a signature");
        let line = format!("a@x namespaces=\"git\",valid-after=\"20200101Z\" {key} comment");
        no_change_is_good(&trusting(&line), &signed, committed_at(&signed.payload));
        no_cut_panics(line.as_bytes(), |bytes| drop(Keys::default().add_allowed_signers(bytes)));
    }
}
