//! OpenPGP signatures.

use super::super::{Keys, Letter, Scheme, Signed, of_commit, of_tag, verify};
use super::{
    Bench, GPG, assert_as_git, assert_letter, committed_at, no_change_is_good, no_cut_panics, now, tampered, verified,
};

const ANN: &str = "Ann <ann@example.com>";

/// Makes a key and gives its fingerprint.
fn key(bench: &Bench, name: &str, algorithm: &str, usage: &str) -> String {
    bench.run("gpg", &["--batch", "--quick-gen-key", name, algorithm, usage, "never"]);
    fingerprints(bench, name)[0].clone()
}

/// The fingerprints of a key and its subkeys.
fn fingerprints(bench: &Bench, name: &str) -> Vec<String> {
    let listed = bench.text("gpg", &["--list-keys", "--with-colons", "--with-subkey-fingerprint", name]);
    let lines = listed.lines().filter_map(|line| line.strip_prefix("fpr:"));
    lines.map(|line| line.trim_matches(':').to_owned()).collect()
}

fn exported(bench: &Bench, arguments: &[&str]) -> Vec<u8> {
    bench.run("gpg", &[&["--export"], arguments].concat())
}

fn trusting(bytes: &[u8]) -> Keys {
    let mut keys = Keys::default();
    keys.add_openpgp(bytes).expect("keys");
    keys
}

fn signed_commit(bench: &Bench, key: &str) -> Vec<u8> {
    bench.commit(&[&format!("user.signingkey={key}")])
}

#[test]
fn every_algorithm_is_verified_as_git_does() {
    let algorithms = [
        ("ed25519", "SHA512"),
        ("rsa2048", "SHA256"),
        ("nistp256", "SHA256"),
        ("nistp384", "SHA384"),
        ("nistp521", "SHA512"),
    ];
    for (algorithm, hash) in algorithms {
        let bench = Bench::new();
        let fingerprint = key(&bench, ANN, algorithm, "sign");
        bench.write("home/gpg.conf", format!("{GPG}digest-algo {hash}\n"));
        let commit = signed_commit(&bench, &fingerprint);
        for arguments in [&["--armor"][..], &[]] {
            let keys = trusting(&exported(&bench, arguments));
            assert_as_git(&bench, &[], &keys, &commit, Letter::Good);
            assert_as_git(&bench, &[], &keys, &tampered(&commit), Letter::Bad);
            let found = verified(&keys, &commit);
            assert_eq!(found.scheme, Some(Scheme::OpenPgp));
            assert_eq!(
                (found.signer_names, found.signer_emails),
                (vec![ANN.to_owned()], vec!["ann@example.com".to_owned()])
            );
            assert_eq!(found.key, Some(fingerprint.to_lowercase()));
            let tag = bench.tag(&[&format!("user.signingkey={fingerprint}")]);
            assert_letter(&verify(&keys, &of_tag(&tag).expect("a signature"), now()), Letter::Good, "");
        }
    }
}

#[test]
fn sha256_repositories_are_verified_too() {
    let bench = Bench::with(&["--object-format=sha256"]);
    let fingerprint = key(&bench, ANN, "ed25519", "sign");
    let commit = signed_commit(&bench, &fingerprint);
    assert_as_git(&bench, &[], &trusting(&exported(&bench, &[])), &commit, Letter::Good);
}

#[test]
fn keys_that_are_not_given_cannot_be_checked() {
    let (bench, other) = (Bench::new(), Bench::new());
    let fingerprint = key(&bench, ANN, "ed25519", "sign");
    key(&other, ANN, "ed25519", "sign");
    let commit = signed_commit(&bench, &fingerprint);
    let keys = trusting(&exported(&other, &[]));
    assert_as_git(&other, &[], &keys, &commit, Letter::CannotCheck);
    for keys in [keys, Keys::default()] {
        let found = verified(&keys, &commit);
        assert_letter(&found, Letter::CannotCheck, &format!("the key {} is not among", fingerprint.to_lowercase()));
        assert_eq!(found.key, Some(fingerprint.to_lowercase()));
        assert!(found.signer_names.is_empty());
        assert_letter(&verified(&keys, &tampered(&commit)), Letter::CannotCheck, "is not among");
    }
}

#[test]
fn subkeys_sign_for_their_primary_key() {
    let bench = Bench::new();
    let primary = key(&bench, ANN, "ed25519", "cert");
    bench.run("gpg", &["--batch", "--quick-add-key", &primary, "ed25519", "sign", "never"]);
    bench.run("gpg", &["--batch", "--quick-add-key", &primary, "cv25519", "encr", "never"]);
    let commit = signed_commit(&bench, &primary);
    let keys = trusting(&exported(&bench, &[]));
    assert_as_git(&bench, &[], &keys, &commit, Letter::Good);
    assert_eq!(verified(&keys, &commit).key, Some(primary.to_lowercase()));

    let revoke = "key 1\nrevkey\ny\n1\n\ny\nsave\n";
    bench.feed(
        "gpg",
        &["--no-tty", "--command-fd", "0", "--status-fd", "1", "--edit-key", &primary],
        revoke.as_bytes(),
    );
    let keys = trusting(&exported(&bench, &[]));
    assert_as_git(&bench, &[], &keys, &commit, Letter::RevokedKey);
}

/// The packets of a binary export: where each begins, and its tag.
fn packets(bytes: &[u8]) -> Vec<(u8, std::ops::Range<usize>)> {
    let mut packets = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        let width = [1, 2, 4][usize::from(bytes[at] & 3)];
        let length = bytes[at + 1..=at + width].iter().fold(0, |length, byte| length << 8 | usize::from(*byte));
        let end = at + 1 + width + length;
        packets.push((bytes[at] >> 2 & 15, at..end));
        at = end;
    }
    packets
}

#[test]
fn nobody_adopts_a_subkey() {
    let bench = Bench::new();
    let primary = key(&bench, ANN, "ed25519", "cert");
    bench.run("gpg", &["--batch", "--quick-add-key", &primary, "ed25519", "sign", "never"]);
    let commit = signed_commit(&bench, &primary);
    let bytes = exported(&bench, &[]);
    let subkey = packets(&bytes).into_iter().find(|(tag, _)| *tag == 14).expect("a subkey").1.start;

    // Behind another's key.
    let other = Bench::new();
    key(&other, "Eve <eve@example.com>", "ed25519", "sign");
    let adopted = [exported(&other, &[]), bytes[subkey..].to_vec()].concat();
    assert_letter(&verified(&trusting(&adopted), &commit), Letter::CannotCheck, "is not among the trusted ones");

    // Without its own word: that is not covered by the binding, so anybody may leave it out.
    let binding = packets(&bytes).pop().expect("a binding").1;
    let body = &bytes[binding.start + 2..binding.end];
    assert_eq!(bytes[binding.start] & 3, 0, "a length of one byte");
    let hashed = 6 + usize::from(u16::from_be_bytes([body[4], body[5]]));
    let unhashed = usize::from(u16::from_be_bytes([body[hashed], body[hashed + 1]]));
    let rest = [&body[..hashed], &[0, 0], &body[hashed + 2 + unhashed..]].concat();
    let mute = [&bytes[..=binding.start], &[u8::try_from(rest.len()).expect("small")], &rest].concat();
    assert_letter(&verified(&trusting(&mute), &commit), Letter::CannotCheck, "does not confirm its primary key");
}

#[test]
fn revoked_keys_are_not_good() {
    let bench = Bench::new();
    let fingerprint = key(&bench, ANN, "ed25519", "sign");
    let commit = signed_commit(&bench, &fingerprint);
    let before = exported(&bench, &[]);
    let revocation = String::from_utf8(bench.read(&format!("home/openpgp-revocs.d/{fingerprint}.rev"))).expect("UTF-8");
    bench.feed("gpg", &["--batch", "--import"], revocation.replace(":-----BEGIN", "-----BEGIN").as_bytes());
    let after = exported(&bench, &[]);
    assert_as_git(&bench, &[], &trusting(&after), &commit, Letter::RevokedKey);
    assert_letter(&verified(&trusting(&after), &commit), Letter::RevokedKey, "is revoked");
    // A copy of the key from before does not undo it, whichever comes first.
    for both in [[before.clone(), after.clone()], [after, before]] {
        assert_eq!(verified(&trusting(&both.concat()), &commit).letter, Letter::RevokedKey);
    }
}

#[test]
fn names_that_were_taken_back_do_not_count() {
    let bench = Bench::new();
    let fingerprint = key(&bench, ANN, "ed25519", "sign");
    bench.run("gpg", &["--batch", "--quick-add-uid", &fingerprint, "Ann <old@example.com>"]);
    bench.run("gpg", &["--batch", "--quick-add-uid", &fingerprint, "Ann <new@example.com>"]);
    bench.run("gpg", &["--batch", "--quick-revoke-uid", &fingerprint, "Ann <old@example.com>"]);
    let commit = signed_commit(&bench, &fingerprint);
    let mut found = verified(&trusting(&exported(&bench, &[])), &commit);
    assert_letter(&found, Letter::Good, "");
    found.signer_names.sort_unstable();
    assert_eq!(found.signer_names, [ANN, "Ann <new@example.com>"]);
    assert_eq!(found.signer_emails, ["ann@example.com", "new@example.com"]);
}

/// `gpg` at a time, for Git.
fn at_time(bench: &Bench, time: &str) -> String {
    format!("gpg.program={}", bench.script("then", &format!("exec gpg --faked-system-time {time}! \"$@\"")))
}

fn seconds(time: &str) -> i64 {
    time.parse::<jiff::Timestamp>().expect("a time").as_second()
}

#[test]
fn expired_keys_count_for_what_they_signed_before() {
    let bench = Bench::new();
    let arguments = [
        "--batch",
        "--faked-system-time",
        "20200101T000000!",
        "--quick-gen-key",
        ANN,
        "ed25519",
        "sign",
        "20200301T000000",
    ];
    bench.run("gpg", &arguments);
    let fingerprint = fingerprints(&bench, ANN)[0].clone();
    let program = at_time(&bench, "20200201T000000");
    let commit = bench.commit(&[&program, &format!("user.signingkey={fingerprint}")]);
    let keys = trusting(&exported(&bench, &[]));
    let signed = of_commit(&commit).expect("a signature");
    // Git judges by today, and so do we if asked to.
    assert_eq!(bench.letter(&[], &commit), 'Y');
    assert_letter(&verify(&keys, &signed, now()), Letter::ExpiredKey, "expired on 2020-03-01T00:00:00Z");
    assert_letter(&verify(&keys, &signed, seconds("2020-02-01T00:00:00Z")), Letter::Good, "");
    assert_letter(&verify(&keys, &signed, seconds("2020-03-01T00:00:00Z")), Letter::ExpiredKey, "expired");
    assert_letter(&verify(&keys, &signed, seconds("2019-12-31T23:59:59Z")), Letter::CannotCheck, "before its key was");
    let other = Signed { payload: b"other".to_vec(), ..signed.clone() };
    assert_eq!(verify(&keys, &other, now()).letter, Letter::Bad);

    // What is signed after the end is not good, whatever the committer claims.
    bench.run("gpg", &["--batch", "--quick-set-expire", &fingerprint, "20400101T000000"]);
    let late = bench.commit(&[&at_time(&bench, "20200401T000000"), &format!("user.signingkey={fingerprint}")]);
    let late = of_commit(&late).expect("a signature");
    assert_letter(&verify(&keys, &late, seconds("2020-02-01T00:00:00Z")), Letter::ExpiredKey, "expired");
    // With the longer life that its holder gave it, it is.
    assert_letter(&verify(&trusting(&exported(&bench, &[])), &late, now()), Letter::Good, "");
}

#[test]
fn signatures_expire() {
    let bench = Bench::new();
    bench.run(
        "gpg",
        &["--batch", "--faked-system-time", "20200101T000000!", "--quick-gen-key", ANN, "ed25519", "sign", "never"],
    );
    let script = "exec gpg --faked-system-time 20200201T000000! --default-sig-expire 10d \"$@\"";
    let program = format!("gpg.program={}", bench.script("short", script));
    let commit = bench.commit(&[&program, "user.signingkey=ann@example.com"]);
    let keys = trusting(&exported(&bench, &[]));
    assert_eq!(bench.letter(&[], &commit), 'X');
    let signed = of_commit(&commit).expect("a signature");
    assert_letter(&verify(&keys, &signed, now()), Letter::Expired, "the signature expired on 2020-02-11");
    assert_letter(&verify(&keys, &signed, seconds("2020-02-05T00:00:00Z")), Letter::Good, "");
}

#[test]
fn weak_hashes_are_refused() {
    for (hash, git) in [("SHA1", "SHA-1"), ("RIPEMD160", "RIPEMD-160")] {
        let bench = Bench::new();
        let fingerprint = key(&bench, ANN, "rsa2048", "sign");
        bench.write("home/gpg.conf", format!("{GPG}digest-algo {hash}\nallow-weak-digest-algos\n"));
        let commit = signed_commit(&bench, &fingerprint);
        assert_letter(&verified(&trusting(&exported(&bench, &[])), &commit), Letter::CannotCheck, git);
    }
}

#[test]
fn what_a_key_says_of_itself_may_have_an_old_hash() {
    let bench = Bench::new();
    bench.write("home/gpg.conf", format!("{GPG}cert-digest-algo SHA1\n"));
    let fingerprint = key(&bench, ANN, "rsa2048", "sign");
    let commit = signed_commit(&bench, &fingerprint);
    assert_as_git(&bench, &[], &trusting(&exported(&bench, &[])), &commit, Letter::Good);
}

#[test]
fn another_key_may_revoke() {
    let bench = Bench::new();
    key(&bench, "Bob <bob@example.com>", "ed25519", "sign");
    let arguments = ["--batch", "--quick-gen-key", ANN, "ed25519", "sign", "2040-01-01"];
    bench.run("gpg", &arguments);
    let fingerprint = fingerprints(&bench, ANN)[0].clone();
    let commit = signed_commit(&bench, &fingerprint);
    let signed = of_commit(&commit).expect("a signature");
    let edit = ["--no-tty", "--command-fd", "0", "--status-fd", "1"];
    bench.feed("gpg", &[&edit[..], &["--edit-key", &fingerprint]].concat(), b"addrevoker\nbob@example.com\ny\nsave\n");
    // The statement that names Bob is newer, and says nothing of the end of the key.
    let keys = trusting(&exported(&bench, &[ANN]));
    assert_as_git(&bench, &[], &keys, &commit, Letter::Good);
    assert_letter(
        &verify(&keys, &signed, seconds("2040-01-02T00:00:00Z")),
        Letter::ExpiredKey,
        "expired on 2040-01-01",
    );

    let revocation = bench.feed("gpg", &[&edit[..], &["--desig-revoke", &fingerprint]].concat(), b"y\n1\n\ny\n");
    let revocation = String::from_utf8_lossy(&revocation).into_owned();
    let begin = revocation.find("-----BEGIN").expect("a revocation");
    bench.feed("gpg", &["--batch", "--import"], &revocation.as_bytes()[begin..]);
    assert_eq!(bench.letter(&[], &commit), 'R');
    let keys = trusting(&exported(&bench, &[ANN]));
    assert_letter(&verified(&keys, &commit), Letter::CannotCheck, "somebody else revoked the key");
}

#[test]
fn files_hold_any_number_of_keys() {
    let (one, two) = (Bench::new(), Bench::new());
    let fingerprint = key(&two, "Bob <bob@example.com>", "ed25519", "sign");
    key(&one, ANN, "ed25519", "sign");
    let commit = signed_commit(&two, &fingerprint);
    let armored = [b"Ours:\n".to_vec(), exported(&one, &["--armor"]), exported(&two, &["--armor"])].concat();
    let binary = [exported(&one, &[]), exported(&two, &[])].concat();
    for bytes in [armored, binary] {
        let mut keys = Keys::default();
        assert!(keys.is_empty());
        assert_eq!(keys.add_openpgp(&bytes), Ok(2));
        assert!(!keys.is_empty());
        assert_eq!(verified(&keys, &commit).signer_names, ["Bob <bob@example.com>"]);
    }
    assert!(Keys::default().add_openpgp(b"").is_err_and(|cause| cause.contains("no OpenPGP public key")));
    for arguments in [&["--batch", "--armor", "--export-secret-keys"][..], &["--batch", "--export-secret-keys"]] {
        let secret = one.run("gpg", arguments);
        assert!(Keys::default().add_openpgp(&secret).is_err_and(|cause| cause.contains("private key")));
    }
}

/// The example of a version 6 key in RFC 9580, appendix A.3, which no `gpg` makes yet.
const VERSION_6: &[u8] = b"-----BEGIN PGP PUBLIC KEY BLOCK-----

xioGY4d/4xsAAAAg+U2nu0jWCmHlZ3BqZYfQMxmZu52JGggkLq2EVD34laPCsQYf
GwoAAABCBYJjh3/jAwsJBwUVCg4IDAIWAAKbAwIeCSIhBssYbE8GCaaX5NUt+mxy
KwwfHifBilZwj2Ul7Ce62azJBScJAgcCAAAAAK0oIBA+LX0ifsDm185Ecds2v8lw
gyU2kCcUmKfvBXbAf6rhRYWzuQOwEn7E/aLwIwRaLsdry0+VcallHhSu4RN6HWaE
QsiPlR4zxP/TP7mhfVEe7XWPxtnMUMtf15OyA51YBM4qBmOHf+MZAAAAIIaTJINn
+eUBXbki+PSAld2nhJh/LVmFsS+60WyvXkQ1wpsGGBsKAAAALAWCY4d/4wKbDCIh
BssYbE8GCaaX5NUt+mxyKwwfHifBilZwj2Ul7Ce62azJAAAAAAQBIKbpGG2dWTX8
j+VjFM21J0hqWlEg+bdiojWnKfA5AQpWUWtnNwDEM0g12vYxoWM8Y81W+bHBw805
I8kWVkXU6vFOi+HWvv/ira7ofJu16NnoUkhclkUrk0mXubZvyl4GBg==
-----END PGP PUBLIC KEY BLOCK-----
";

#[test]
fn keys_of_version_6_are_taken() {
    let mut keys = Keys::default();
    assert_eq!(keys.add_openpgp(VERSION_6), Ok(1), "{:?}", keys.skipped());
    // Its own signature counts: with another creation time it fits no more.
    let text = String::from_utf8(VERSION_6.to_vec()).expect("UTF-8").replacen("xioGY4d", "xioGY4c", 1);
    let mut keys = Keys::default();
    assert!(keys.add_openpgp(text.as_bytes()).is_err());
    assert!(keys.skipped()[0].contains("nothing that its holder says"), "{:?}", keys.skipped());
}

#[test]
fn no_change_passes() {
    for algorithm in ["ed25519", "nistp256"] {
        let bench = Bench::new();
        let fingerprint = key(&bench, ANN, algorithm, "sign");
        let signed = of_commit(&signed_commit(&bench, &fingerprint)).expect("a signature");
        let bytes = exported(&bench, &["--armor"]);
        no_change_is_good(&trusting(&bytes), &signed, committed_at(&signed.payload));
        no_cut_panics(&exported(&bench, &[]), |bytes| drop(Keys::default().add_openpgp(bytes)));
    }
}
