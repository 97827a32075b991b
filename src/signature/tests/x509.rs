//! X.509 signatures, made by `gpgsm` and by `openssl cms`.

use super::super::{Keys, Letter, Scheme, Signed, of_commit, of_tag, verify};
use super::{
    Bench, assert_as_git, assert_letter, committed_at, no_change_is_good, no_cut_panics, now, tampered, verified,
};

const EXTENSIONS: &str = "
[req]
distinguished_name = dn
[dn]
[ca]
basicConstraints = critical, CA:TRUE
keyUsage = critical, keyCertSign, cRLSign
subjectKeyIdentifier = hash
[leaf]
basicConstraints = critical, CA:FALSE
keyUsage = critical, digitalSignature
extendedKeyUsage = emailProtection
subjectAltName = email:Ann@example.com, email:ann@example.org
subjectKeyIdentifier = hash
[plain]
subjectKeyIdentifier = hash
[code]
extendedKeyUsage = codeSigning
[server]
extendedKeyUsage = serverAuth
[encryption]
keyUsage = critical, keyEncipherment
[fulcio]
extendedKeyUsage = codeSigning
1.3.6.1.4.1.57264.1.1 = ASN1:UTF8String:issuer
";

const YEAR: i64 = 365 * 86_400;

/// A bench with a root certificate `root`.
fn bench() -> Bench {
    let bench = Bench::new();
    bench.write("x.cnf", EXTENSIONS);
    own(&bench, "root", "ca");
    bench
}

/// A certificate that its own key signs.
fn own(bench: &Bench, name: &str, extensions: &str) {
    let (key, certificate, subject) = (format!("{name}.key"), format!("{name}.pem"), format!("/CN={name}"));
    let arguments = ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "365", "-config", "x.cnf"];
    let files = ["-keyout", &key, "-out", &certificate, "-subj", &subject, "-extensions", extensions];
    bench.run("openssl", &[&arguments[..], &files].concat());
}

/// A certificate that another one signs.
fn issued(bench: &Bench, name: &str, issuer: &str, algorithm: &str, extensions: &str) {
    let subject =
        if extensions == "ca" { format!("/CN={name}") } else { "/CN=Ann/emailAddress=ann@example.com".into() };
    let key: &[&str] = match algorithm.strip_prefix("rsa:") {
        Some(_) => &["-newkey", algorithm],
        None => &["-newkey", "ec", "-pkeyopt", &format!("ec_paramgen_curve:{algorithm}")],
    };
    let request = ["req", "-new", "-nodes", "-config", "x.cnf", "-keyout", &format!("{name}.key"), "-subj", &subject];
    let request = bench.run("openssl", &[&request[..], key].concat());
    let (issuer, key) = (format!("{issuer}.pem"), format!("{issuer}.key"));
    let sign = ["x509", "-req", "-CA", &issuer, "-CAkey", &key, "-CAcreateserial", "-days", "365"];
    let more = ["-extfile", "x.cnf", "-extensions", extensions, "-out", &format!("{name}.pem")];
    bench.feed("openssl", &[&sign[..], &more].concat(), &request);
}

/// A program that signs for Git with `openssl cms`.
fn cms(bench: &Bench, arguments: &str) -> String {
    let script = format!(
        "openssl cms -sign -binary -outform DER -out signature.der {arguments} || exit 1\n\
         echo '-----BEGIN SIGNED MESSAGE-----'\nbase64 signature.der\necho '-----END SIGNED MESSAGE-----'\n\
         echo '[GNUPG:] SIG_CREATED ' >&2"
    );
    format!("gpg.x509.program={}", bench.script("sign", &script))
}

fn signed_commit(bench: &Bench, arguments: &str) -> Vec<u8> {
    bench.commit(&["gpg.format=x509", "user.signingkey=k", &cms(bench, arguments)])
}

/// What comes of a signature with a key of this kind, by the root or by what it says of itself.
fn outcome(bench: &Bench, arguments: &str) -> super::Verification {
    verified(&trusting(bench, "root"), &signed_commit(bench, arguments))
}

fn trusting(bench: &Bench, name: &str) -> Keys {
    let mut keys = Keys::default();
    keys.add_x509_roots(&bench.read(&format!("{name}.pem"))).expect("a root");
    keys
}

fn der(bench: &Bench, name: &str) -> Vec<u8> {
    bench.run("openssl", &["x509", "-in", &format!("{name}.pem"), "-outform", "DER"])
}

/// A program that is `gpgsm` with the key and the root of the bench.
fn gpgsm(bench: &Bench) -> String {
    let root = bench.text("openssl", &["x509", "-in", "root.pem", "-noout", "-fingerprint", "-sha1"]);
    bench.write("home/trustlist.txt", format!("{} S relax\n", root.split('=').nth(1).expect("a fingerprint")));
    bench.write("home/gpgsm.conf", "disable-crl-checks\ndisable-dirmngr\n");
    let export = ["pkcs12", "-export", "-inkey", "k.key", "-in", "k.pem", "-passout", "pass:", "-out", "k.p12"];
    // What `gpgsm` of that time can read.
    let old = ["-certpbe", "PBE-SHA1-3DES", "-keypbe", "PBE-SHA1-3DES", "-macalg", "sha1"];
    bench.run("openssl", &[&export[..], &old].concat());
    bench.run("gpgsm", &["--batch", "--import", "root.pem"]);
    let program = bench.script("gpgsm", "exec gpgsm --batch --pinentry-mode loopback \"$@\"");
    bench.run(&program, &["--passphrase", "", "--import", "k.p12"]);
    format!("gpg.x509.program={program}")
}

#[test]
fn what_gpgsm_signs_is_verified_as_git_does() {
    let bench = bench();
    issued(&bench, "k", "root", "rsa:2048", "leaf");
    let program = gpgsm(&bench);
    let config = ["gpg.format=x509", "user.signingkey=ann@example.com", &program];
    let commit = bench.commit(&config);
    let keys = trusting(&bench, "root");
    assert_as_git(&bench, &config, &keys, &commit, Letter::Good);
    assert_as_git(&bench, &config, &keys, &tampered(&commit), Letter::Bad);
    let found = verified(&keys, &commit);
    assert_eq!(found.scheme, Some(Scheme::X509));
    assert_eq!(found.signer_names, ["Ann", "ann@example.com", "Ann@example.com", "ann@example.org"]);
    assert_eq!(found.signer_emails, ["ann@example.com", "ann@example.org"]);
    let listed = bench.text("openssl", &["x509", "-in", "k.pem", "-noout", "-fingerprint", "-sha256"]);
    let listed = listed.split('=').nth(1).expect("a fingerprint").replace(':', "").to_lowercase();
    assert_eq!(found.key, Some(listed));
    let tag = of_tag(&bench.tag(&config)).expect("a signature");
    assert_letter(&verify(&keys, &tag, now()), Letter::Good, "");
    no_change_is_good(&keys, &of_commit(&commit).expect("a signature"), committed_at(&commit));
}

#[test]
fn every_algorithm_is_verified() {
    let kinds = [
        ("rsa:2048", "-md sha256"),
        ("rsa:3072", "-md sha384"),
        ("rsa:2048", "-md sha512 -noattr"),
        ("P-256", "-md sha256"),
        ("P-256", "-md sha384 -keyid"),
        ("P-384", "-md sha384"),
        ("P-384", "-md sha256 -noattr"),
        ("P-521", "-md sha512"),
    ];
    let bench = bench();
    own(&bench, "other", "ca");
    for (algorithm, arguments) in kinds {
        issued(&bench, "k", "root", algorithm, "leaf");
        let commit = signed_commit(&bench, &format!("-signer k.pem -inkey k.key {arguments}"));
        let keys = trusting(&bench, "root");
        assert_letter(&verified(&keys, &commit), Letter::Good, "");
        assert_letter(&verified(&keys, &tampered(&commit)), Letter::Bad, "not over this content");
        let other = verified(&trusting(&bench, "other"), &commit);
        assert_letter(&other, Letter::CannotCheck, "is not issued by one of the trusted roots");
        assert_eq!(verified(&trusting(&bench, "other"), &tampered(&commit)).letter, Letter::CannotCheck);
        assert_eq!(verified(&Keys::default(), &commit).letter, Letter::CannotCheck);
        if algorithm == "P-256" {
            let signed = of_commit(&commit).expect("a signature");
            no_change_is_good(&keys, &signed, committed_at(&commit));
        }
    }
}

#[test]
fn another_key_s_signature_is_bad() {
    let bench = bench();
    issued(&bench, "k", "root", "P-256", "leaf");
    issued(&bench, "other", "root", "P-256", "leaf");
    let commit = signed_commit(&bench, "-signer k.pem -inkey k.key");
    let signature = |commit: &[u8]| of_commit(commit).expect("a signature").signature;
    let at = committed_at(&commit);
    // The same signature under the certificate of another, which is as long: only key, serial number and signature
    // differ.
    let bytes = base64_body(&signature(&commit));
    let (from, to) = (der(&bench, "k"), der(&bench, "other"));
    assert!(bytes.windows(from.len()).any(|window| window == from));
    assert_eq!(from.len(), to.len());
    let serial = |name: &str| bench.text("openssl", &["x509", "-in", &format!("{name}.pem"), "-noout", "-serial"]);
    let number = |name: &str| {
        let serial = serial(name).replace("serial=", "");
        (0..serial.len())
            .step_by(2)
            .map(|at| u8::from_str_radix(&serial[at..at + 2], 16).expect("hex"))
            .collect::<Vec<_>>()
    };
    let swapped = replaced(&replaced(&bytes, &from, &to), &number("k"), &number("other"));
    let signed = Signed {
        payload: of_commit(&commit).expect("a signature").payload,
        signature: super::armored("SIGNED MESSAGE", &swapped),
    };
    assert_letter(&verify(&trusting(&bench, "root"), &signed, at), Letter::Bad, "not by the certificate it names");
}

fn base64_body(armored: &[u8]) -> Vec<u8> {
    use base64::Engine;
    let text = String::from_utf8(armored.to_vec()).expect("UTF-8");
    let body: String = text.lines().filter(|line| !line.starts_with('-')).collect();
    base64::engine::general_purpose::STANDARD.decode(body).expect("base64")
}

fn replaced(bytes: &[u8], from: &[u8], to: &[u8]) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    for at in 0..bytes.len().saturating_sub(from.len()) {
        if bytes[at..].starts_with(from) {
            bytes[at..at + from.len()].copy_from_slice(to);
        }
    }
    bytes
}

#[test]
fn chains_lead_to_the_root() {
    let bench = bench();
    issued(&bench, "between", "root", "P-384", "ca");
    issued(&bench, "k", "between", "P-256", "leaf");
    let found = outcome(&bench, "-signer k.pem -inkey k.key -certfile between.pem");
    assert_letter(&found, Letter::Good, "");
    assert_letter(&outcome(&bench, "-signer k.pem -inkey k.key"), Letter::CannotCheck, "is not issued by");
    // A certificate that is no authority's issues nothing that counts.
    issued(&bench, "leaf", "root", "P-256", "leaf");
    issued(&bench, "k", "leaf", "P-256", "leaf");
    let found = outcome(&bench, "-signer k.pem -inkey k.key -certfile leaf.pem");
    assert_letter(&found, Letter::CannotCheck, "may not issue");
}

#[test]
fn certificates_count_for_what_they_are_for() {
    let bench = bench();
    for (extensions, letter, cause) in [
        ("leaf", Letter::Good, ""),
        ("plain", Letter::Good, ""),
        ("code", Letter::Good, ""),
        ("server", Letter::CannotCheck, "neither mail nor code"),
        ("encryption", Letter::CannotCheck, "not for signatures"),
        ("ca", Letter::CannotCheck, "an authority's"),
        ("fulcio", Letter::CannotCheck, "transparency log"),
    ] {
        issued(&bench, "k", "root", "P-256", extensions);
        assert_letter(&outcome(&bench, "-signer k.pem -inkey k.key -nosmimecap"), letter, cause);
    }
}

#[test]
fn what_cannot_be_checked_says_why() {
    let bench = bench();
    issued(&bench, "k", "root", "rsa:2048", "leaf");
    issued(&bench, "other", "root", "P-256", "leaf");
    for (arguments, cause) in [
        ("-md sha1", "SHA-1, which is too weak"),
        ("-nodetach", "brings its own content along"),
        ("-nocerts", "does not bring its signer's certificate"),
        ("-signer other.pem -inkey other.key", "not by exactly one signer"),
        ("-keyopt rsa_padding_mode:pss", "algorithm cannot be checked"),
        ("-econtent_type 1.2.3", "something else than data"),
    ] {
        let found = outcome(&bench, &format!("-signer k.pem -inkey k.key {arguments}"));
        assert_letter(&found, Letter::CannotCheck, cause);
    }
    issued(&bench, "k", "root", "rsa:1024", "leaf");
    assert_letter(&outcome(&bench, "-signer k.pem -inkey k.key"), Letter::CannotCheck, "fewer than 2048 bits");
}

#[test]
fn certificates_count_while_they_are_valid() {
    let bench = bench();
    issued(&bench, "k", "root", "P-256", "leaf");
    let signed = of_commit(&signed_commit(&bench, "-signer k.pem -inkey k.key")).expect("a signature");
    let keys = trusting(&bench, "root");
    assert_letter(&verify(&keys, &signed, now() + YEAR - 3600), Letter::Good, "");
    let late = verify(&keys, &signed, now() + YEAR + 3600);
    assert_letter(&late, Letter::ExpiredKey, "the certificate expired on");
    assert_eq!(late.signer_emails, ["ann@example.com", "ann@example.org"]);
    assert_letter(&verify(&keys, &signed, now() - 86_400), Letter::CannotCheck, "valid only from");
    assert_letter(&verify(&keys, &signed, i64::MIN), Letter::CannotCheck, "valid only from");
    assert_eq!(verify(&keys, &signed, i64::MAX).letter, Letter::ExpiredKey);
    // An expired certificate that nobody trusted is not even that.
    own(&bench, "other", "ca");
    assert_eq!(verify(&trusting(&bench, "other"), &signed, now() + 2 * YEAR).letter, Letter::CannotCheck);
    let other = Signed { payload: b"other".to_vec(), ..signed };
    assert_eq!(verify(&keys, &other, now() + 2 * YEAR).letter, Letter::CannotCheck);
}

#[test]
fn roots_are_taken_as_pem_and_as_der() {
    let bench = bench();
    own(&bench, "other", "ca");
    let both = [b"# ours\n".to_vec(), bench.read("root.pem"), bench.read("other.pem")].concat();
    assert_eq!(Keys::default().add_x509_roots(&both), Ok(2));
    let der = der(&bench, "root");
    assert_eq!(Keys::default().add_x509_roots(&der), Ok(1));
    assert!(Keys::default().add_x509_roots(&bench.read("root.key")).is_err_and(|cause| cause.contains("no X.509")));
    no_cut_panics(&der, |bytes| drop(Keys::default().add_x509_roots(bytes)));
}
