//! What was signed, to the byte: what git hands to the signing program.

use super::super::{of_commit, of_tag};
use super::{Bench, fed};
use proptest::prelude::*;

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

/// Lines that matter to how git splits, and some that do not.
fn lines() -> impl Strategy<Value = String> {
    let line = prop::sample::select(vec![
        "gpgsig x\n",
        "gpgsig \n",
        "gpgsig-sha256 y\n",
        " more\n",
        " \n",
        "encoding z\n",
        "mergetag m\n",
        " gpgsig n\n",
        "-----BEGIN PGP SIGNATURE-----\n",
        "-----BEGIN SSH SIGNATURE----- \n",
        "\n",
        "text\n",
    ]);
    prop::collection::vec(line, 0..9).prop_map(|lines| lines.concat())
}

/// Headers before a signature.
fn headers() -> impl Strategy<Value = String> {
    let line = ["gpgsig-sha256 y\n", " more\n", " \n", "encoding z\n", "mergetag m\n", " gpgsig n\n"];
    prop::collection::vec(prop::sample::select(line.to_vec()), 0..5).prop_map(|lines| lines.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    /// Whatever stands where: what git hands over is what we take as signed.
    #[test]
    fn odd_objects_are_split_as_git_does(headers in headers(), lines in lines(), end in prop::sample::select(vec!["\nm", ""])) {
        let bench = Bench::new();
        let script = "cat > given; eval \"file=\\${$(($# - 1))}\"; cat \"$file\" > signature";
        let program = format!("gpg.program={}", bench.script("check", script));
        let person = "A <a@x> 1700000000 +0000\n";
        let tree = bench.text("git", &["mktree"]);
        let commit = format!("tree {tree}\nauthor {person}committer {person}");
        let id = bench.feed("git", &["hash-object", "-t", "commit", "-w", "--stdin"], format!("{commit}\nm\n").as_bytes());
        let id = String::from_utf8(id).expect("UTF-8");
        let tag = format!("object {}\ntype commit\ntag v1\ntagger {person}", id.trim());
        let begin = "-----BEGIN PGP SIGNATURE-----\n";
        let raws = [
            ("commit", format!("{commit}{headers}gpgsig {begin}{lines}{end}")),
            ("tag", format!("{tag}{headers}{lines}{begin}{end}")),
        ];
        for (kind, raw) in raws {
            // Of several headers of a tag git takes out some; we take out one.
            if kind == "tag" && raw.matches("gpgsig").count() > 1 {
                continue;
            }
            let id = bench.feed("git", &["hash-object", "--literally", "-t", kind, "-w", "--stdin"], raw.as_bytes());
            let id = String::from_utf8(id).expect("UTF-8");
            let _ = (std::fs::remove_file(bench.path("given")), std::fs::remove_file(bench.path("signature")));
            fed(bench.command("git").args(["-c", &program, &format!("verify-{kind}"), id.trim()]), b"");
            let ours = if kind == "commit" { of_commit(raw.as_bytes()) } else { of_tag(raw.as_bytes()) };
            let ours = ours.expect("a signature");
            prop_assert_eq!(String::from_utf8(ours.payload), String::from_utf8(bench.read("given")));
            prop_assert_eq!(String::from_utf8(ours.signature), String::from_utf8(bench.read("signature")));
        }
    }
}
