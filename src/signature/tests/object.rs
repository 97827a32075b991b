//! What was signed, to the byte: what git hands to the signing program.

use super::super::{of_commit, of_tag};
use super::Bench;

/// A bench with a signing program that keeps what it was given and answers with a signature of its own.
fn recording(init: &[&str]) -> (Bench, String) {
    let bench = Bench::with(init);
    let script = "cat > given\nprintf '%s\\n' '-----BEGIN PGP SIGNATURE-----' '' 'x' '-----END PGP SIGNATURE-----'\n\
                  echo '[GNUPG:] SIG_CREATED ' >&2";
    let program = bench.script("sign", script);
    (bench, format!("gpg.program={program}"))
}

const SIGNATURE: &[u8] = b"-----BEGIN PGP SIGNATURE-----\n\nx\n-----END PGP SIGNATURE-----\n";

#[test]
fn commits_and_tags_are_split_as_git_does() {
    for init in [&[][..], &["--object-format=sha256"]] {
        let (bench, program) = recording(init);
        let config = [program.as_str(), "user.signingkey=k"];
        for _ in 0..2 {
            let signed = of_commit(&bench.commit(&config)).expect("a signature");
            assert_eq!(signed.payload, bench.read("given"));
            assert_eq!(signed.signature, SIGNATURE);
        }
        let signed = of_tag(&bench.tag(&config)).expect("a signature");
        assert_eq!(signed.payload, bench.read("given"));
        assert_eq!(signed.signature, SIGNATURE);
    }
}

#[test]
fn a_merged_tag_is_part_of_what_was_signed() {
    let (bench, program) = recording(&[]);
    let config = [program.as_str(), "user.signingkey=k"];
    bench.commit(&config);
    bench.git(&["branch", "other"]);
    bench.commit(&config);
    bench.tag(&config);
    bench.git(&["checkout", "-q", "other"]);
    bench.git(&["commit", "-q", "--allow-empty", "-m", "Aside"]);
    bench.git(&["-c", &program, "-c", "user.signingkey=k", "merge", "-q", "-S", "--no-ff", "--no-edit", "v1"]);
    let raw = bench.run("git", &["cat-file", "commit", "HEAD"]);
    assert!(String::from_utf8_lossy(&raw).contains("\nmergetag object "));
    let signed = of_commit(&raw).expect("a signature");
    assert_eq!(signed.payload, bench.read("given"));
    assert_eq!(signed.signature, SIGNATURE);
}

#[test]
fn unsigned_objects_have_no_signature() {
    let tree = "tree 4b825dc642cb6eb9a060e54bf8d69288fbee4904\n";
    for raw in ["", "tree ", tree, "tag v1\n\nRelease\n", "\n\n"] {
        assert_eq!(of_commit(raw.as_bytes()), None, "{raw}");
        assert_eq!(of_tag(raw.as_bytes()), None, "{raw}");
    }
    // Text that looks like a header is none.
    assert_eq!(of_commit(format!("{tree}\ngpgsig x\n").as_bytes()), None);
}

#[test]
fn the_header_of_the_repository_s_own_hash_counts() {
    let short = "tree 4b825dc642cb6eb9a060e54bf8d69288fbee4904\n";
    let long = "tree 6ef19b41225c5369f1c104d45d8d85efa9b057b53b14b4b9b939dd74decc5321\n";
    let headers = "gpgsig a\n b\ngpgsig-sha256 c\n d\nx y\n z\n\nm\n";
    let signed = of_commit(format!("{short}{headers}").as_bytes()).expect("a signature");
    assert_eq!((signed.payload, signed.signature), (format!("{short}x y\n z\n\nm\n").into(), b"a\nb\n".to_vec()));
    let signed = of_commit(format!("{long}{headers}").as_bytes()).expect("a signature");
    assert_eq!((signed.payload, signed.signature), (format!("{long}x y\n z\n\nm\n").into(), b"c\nd\n".to_vec()));
}

#[test]
fn a_tag_s_signature_begins_at_the_last_line_that_begins_one() {
    let raw = b"object x\n\n-----BEGIN PGP SIGNATURE-----\na\n-----BEGIN SSH SIGNATURE-----\nb\n";
    let signed = of_tag(raw).expect("a signature");
    assert!(signed.payload.ends_with(b"\na\n"));
    assert_eq!(signed.signature, b"-----BEGIN SSH SIGNATURE-----\nb\n");
}
