//! Commits and tags that are really signed, by `ssh-keygen` and `gpg`.

use super::repository::{ANN, BOB, EVE, Repository, WEB, run};
use super::{approvals, id, vpc};
use crate::attribute::Approvals;
use crate::model::{Assurance, Attribution, Segregation, Standing};
use crate::signature::Keys;
use std::path::PathBuf;
use std::process::Command;

/// A repository, and SSH keys of people that are trusted.
struct Bench {
    repository: Repository,
    folder: tempfile::TempDir,
    signers: String,
}

impl Bench {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a directory");
        Self { repository: Repository::new(), folder, signers: String::new() }
    }

    /// A key, and whose it is said to be.
    fn key(&mut self, name: &str, principal: &str) -> String {
        let path = self.folder.path().join(name);
        let mut command = Command::new("ssh-keygen");
        command.args(["-q", "-t", "ed25519", "-N", "", "-C", name, "-f"]).arg(&path);
        run(&mut command, b"");
        let public = std::fs::read_to_string(path.with_extension("pub")).expect("a key");
        self.signers.push_str(&format!("{principal} namespaces=\"git\" {public}"));
        path.to_str().expect("UTF-8").to_owned()
    }

    /// Bob's key.
    fn bob(&mut self) -> String {
        self.key("bob", "bob@example.com")
    }

    fn signing(key: &str) -> [String; 4] {
        ["-c".into(), "gpg.format=ssh".into(), "-c".into(), format!("user.signingkey={key}")]
    }

    fn signed(&self, key: &str, author: &str, committer: &str, arguments: &[&str], input: &str) -> String {
        let signing = Self::signing(key);
        let all: Vec<&str> = signing.iter().map(String::as_str).chain(arguments.iter().copied()).collect();
        self.repository.git_as(author, committer, &all, input.as_bytes());
        self.repository.head()
    }

    fn commit(&self, key: &str, author: &str, committer: &str, message: &str) -> String {
        self.repository.write("main.tf", &vpc("a", "1")).git(&["add", "-A"]);
        self.signed(key, author, committer, &["commit", "-q", "-S", "-F", "-"], message)
    }

    fn tag(&self, key: &str, tagger: &str, name: &str, at: &str, message: &str) {
        self.signed(key, tagger, tagger, &["tag", "-s", "-m", message, name, at], "");
    }

    fn keys(&self) -> Keys {
        let mut keys = Keys::default();
        if !self.signers.is_empty() {
            keys.add_allowed_signers(self.signers.as_bytes()).expect("signers");
        }
        keys
    }

    fn judged(&self, settings: &str) -> Attribution {
        self.judged_with(settings, self.keys())
    }

    fn judged_with(&self, settings: &str, keys: Keys) -> Attribution {
        let approvals = Approvals { keys, ..approvals(settings) };
        self.repository.history().approvals(approvals).attribution(&id("resource.aws_vpc.a"))
    }

    /// A branch by Ann, merged with a signature by somebody.
    fn merge(&self, key: &str, merger: &str, message: &str) -> (String, String) {
        self.repository.commit_file("main.tf", &vpc("a", "0"), "zero");
        self.repository.branch("topic", "main");
        self.repository.commit_file("main.tf", &vpc("a", "1"), "one");
        let head = self.repository.commit_file("main.tf", &vpc("a", "2"), "two");
        self.repository.checkout("main");
        let merge = self.signed(key, merger, merger, &["merge", "-q", "--no-ff", "-S", "-m", message, "topic"], "");
        (head, merge)
    }
}

#[track_caller]
fn check(found: &Attribution, segregation: Segregation, approvers: &[(&str, Assurance, Standing)]) {
    let names: Vec<_> =
        found.approvers.iter().map(|one| (one.identity.as_str(), one.assurance, one.standing)).collect();
    assert_eq!((found.segregation, &names[..]), (segregation, approvers), "{:?}", found.reason);
}

const REVIEWED: &str = "one\n\nReviewed-by: Bob <bob@example.com>\n";
const PIPELINE: &str = "[segregation]\nmerger_may_approve = true\n";
const SIGNED: Assurance = Assurance::Signed;
const ASSERTED: Assurance = Assurance::Asserted;

#[test]
fn a_trailer_signed_by_whom_it_names() {
    let mut bench = Bench::new();
    let bob = bench.bob();
    bench.commit(&bob, ANN, BOB, REVIEWED);
    let found = bench.judged("");
    // Bob committed it, so he may not approve it; but it was he who said so.
    check(&found, Segregation::Fail, &[(BOB, SIGNED, Standing::Involved)]);
    let signature = found.signature.expect("a signature");
    assert_eq!((signature.letter, signature.signer.as_deref()), ('G', Some("bob@example.com")));
    assert!(signature.key.is_some_and(|key| key.starts_with("SHA256:")));
    check(&bench.judged(PIPELINE), Segregation::Pass, &[(BOB, SIGNED, Standing::Counts)]);
    // Ann's signature says nothing for Bob.
    let mut other = Bench::new();
    let ann = other.key("ann", "ann@example.com");
    other.commit(&ann, ANN, ANN, REVIEWED);
    check(&other.judged(""), Segregation::Pass, &[(BOB, ASSERTED, Standing::Counts)]);
    let strict = "[segregation]\nminimum_assurance = \"signed\"\n";
    check(&other.judged(strict), Segregation::Fail, &[(BOB, ASSERTED, Standing::NotAccepted)]);
}

#[test]
fn signatures_by_unknown_keys_prove_nothing() {
    let mut bench = Bench::new();
    let bob = bench.bob();
    bench.commit(&bob, ANN, BOB, REVIEWED);
    let found = bench.judged_with(PIPELINE, Keys::default());
    check(&found, Segregation::Pass, &[(BOB, ASSERTED, Standing::Counts)]);
    assert!(found.reason.is_some_and(|reason| reason.contains("its signature was not verified (")));
    assert_ne!(found.signature.map(|signature| signature.letter), Some('G'));
}

#[test]
fn forged_signatures_take_all_trailers_along() {
    let mut bench = Bench::new();
    let bob = bench.bob();
    let commit = bench.commit(&bob, ANN, ANN, "one\n");
    // The signature of another message.
    let raw = bench.repository.git(&["cat-file", "commit", &commit]);
    let forged =
        format!("{}\n\nReviewed-by: Bob <bob@example.com>\nReviewed-by: Eve <eve@example.com>\n", raw.trim_end());
    let hash = bench.repository.git_as(ANN, ANN, &["hash-object", "-t", "commit", "-w", "--stdin"], forged.as_bytes());
    bench.repository.git(&["update-ref", "refs/heads/main", &hash]);
    let found = bench.judged("");
    let refused = Standing::NotAccepted;
    check(&found, Segregation::Fail, &[(BOB, ASSERTED, refused), (EVE, ASSERTED, refused)]);
    assert!(found.reason.as_deref().is_some_and(|reason| reason.contains("signature is bad")), "{:?}", found.reason);
    assert_eq!(found.signature.map(|signature| signature.letter), Some('B'));
}

#[test]
fn a_signed_merge_by_a_second_person() {
    let mut bench = Bench::new();
    let bob = bench.bob();
    bench.merge(&bob, BOB, "merge");
    let found = bench.judged("");
    check(&found, Segregation::Fail, &[(BOB, SIGNED, Standing::Involved)]);
    assert_eq!(found.approvers[0].evidence, "signed merge commit");
    check(&bench.judged(PIPELINE), Segregation::Pass, &[(BOB, SIGNED, Standing::Counts)]);
    // Nobody approves their own by merging it.
    let mut own = Bench::new();
    let ann = own.key("ann", "ann@example.com");
    own.merge(&ann, ANN, "merge");
    check(&own.judged(PIPELINE), Segregation::Fail, &[]);
    // Signed by a key that is somebody else's.
    let mut other = Bench::new();
    let eve = other.key("eve", "eve@example.com");
    other.merge(&eve, BOB, "merge");
    check(&other.judged(PIPELINE), Segregation::Fail, &[(BOB, Assurance::Implied, Standing::NotAccepted)]);
}

#[test]
fn signed_tags_approve() {
    let mut bench = Bench::new();
    let bob = bench.bob();
    let (head, merge) = bench.merge(&bob, ANN, "merge");
    check(&bench.judged(""), Segregation::Fail, &[]);
    bench.tag(&bob, BOB, "approved/7", &merge, "fine");
    let found = bench.judged("");
    check(&found, Segregation::Pass, &[(BOB, SIGNED, Standing::Counts)]);
    assert_eq!(found.approvers[0].evidence, "tag approved/7");
    assert!(found.approvers[0].at.is_some());
    let unnamed = "[segregation]\napproval_tags = []\n";
    check(&bench.judged(unnamed), Segregation::Fail, &[]);
    // A trailer in the tag says the same as its name.
    bench.tag(&bob, BOB, "v1", &merge, "one\n\nApproved-by: Bob <bob@example.com>");
    check(&bench.judged(unnamed), Segregation::Pass, &[(BOB, SIGNED, Standing::Counts)]);
    // The branch went on, so a tag made now comes too late.
    bench.repository.commit_file("other.tf", &vpc("b", "1"), "next");
    check(&bench.judged(unnamed), Segregation::Pass, &[(BOB, SIGNED, Standing::Counts)]);
    bench.repository.git(&["tag", "-d", "v1", "approved/7"]);
    bench.tag(&bob, BOB, "approved/8", &merge, "late");
    check(&bench.judged(""), Segregation::Fail, &[(BOB, SIGNED, Standing::Retrospective)]);
    bench.repository.git(&["tag", "-d", "approved/8"]);
    bench.tag(&bob, BOB, "approved/9", &head, "late too");
    check(&bench.judged(""), Segregation::Fail, &[(BOB, SIGNED, Standing::Retrospective)]);
}

#[test]
fn tags_on_what_was_merged() {
    for (at, standing, segregation) in
        [("topic", Standing::Counts, Segregation::Pass), ("topic~1", Standing::Stale, Segregation::Fail)]
    {
        let mut bench = Bench::new();
        let bob = bench.bob();
        bench.repository.commit_file("main.tf", &vpc("a", "0"), "zero");
        bench.repository.branch("topic", "main");
        bench.repository.commit_file("main.tf", &vpc("a", "1"), "one");
        bench.repository.commit_file("main.tf", &vpc("a", "2"), "two");
        bench.tag(&bob, BOB, "approved/1", at, "fine");
        bench.repository.checkout("main");
        bench.repository.merge(&["topic"], ANN, "merge");
        check(&bench.judged(""), segregation, &[(BOB, SIGNED, standing)]);
        let lax = "[segregation]\nafter_last_push = false\n";
        check(&bench.judged(lax), Segregation::Pass, &[(BOB, SIGNED, Standing::Counts)]);
    }
}

#[test]
fn tags_that_prove_nothing() {
    let mut bench = Bench::new();
    let (bob, eve) = (bench.bob(), bench.key("eve", "eve@example.com"));
    let (_, merge) = bench.merge(&bob, ANN, "merge");
    let refused = |bench: &Bench, who: &str, evidence: &str| {
        let found = bench.judged("");
        check(&found, Segregation::Fail, &[(who, ASSERTED, Standing::NotAccepted)]);
        assert!(found.approvers[0].evidence.contains(evidence), "{:?}", found.approvers);
    };
    bench.repository.git_as(BOB, BOB, &["tag", "-a", "-m", "fine", "approved/1", &merge], b"");
    refused(&bench, BOB, "tag approved/1, unsigned");
    bench.repository.git(&["tag", "-d", "approved/1"]);
    bench.tag(&eve, BOB, "approved/1", &merge, "fine");
    refused(&bench, BOB, "signed by somebody else");
    // A signed tag under another name says nothing at all.
    bench.repository.git(&["tag", "-d", "approved/1"]);
    bench.tag(&bob, BOB, "other", &merge, "fine");
    let tag = bench.repository.git(&["rev-parse", "refs/tags/other"]);
    bench.repository.git(&["update-ref", "refs/tags/approved/1", &tag]);
    check(&bench.judged(""), Segregation::Fail, &[]);
    bench.repository.git(&["update-ref", "-d", "refs/tags/approved/1"]);
    // The signature of another tag.
    let raw = bench.repository.git(&["cat-file", "tag", &tag]).replace("tag other", "tag approved/1");
    let forged = bench.repository.git_as(
        BOB,
        BOB,
        &["hash-object", "-t", "tag", "-w", "--stdin"],
        format!("{raw}\n").as_bytes(),
    );
    bench.repository.git(&["update-ref", "refs/tags/approved/1", &forged]);
    refused(&bench, BOB, "its signature is bad");
    // Whoever wrote the change may sign what they like.
    bench.repository.git(&["update-ref", "-d", "refs/tags/approved/1"]);
    let ann = bench.key("ann", "ann@example.com");
    bench.tag(&ann, ANN, "approved/2", &merge, "mine");
    check(&bench.judged(""), Segregation::Fail, &[(ANN, SIGNED, Standing::Involved)]);
}

#[test]
fn an_emergency_approved_by_a_tag() {
    let mut bench = Bench::new();
    let bob = bench.bob();
    let commit = bench.commit(&bob, ANN, ANN, "fix\n\nEmergency: down\n");
    bench.repository.commit_file("other.tf", &vpc("b", "1"), "next");
    bench.tag(&bob, BOB, "approved/1", &commit, "seen");
    let found = bench.judged("");
    check(&found, Segregation::Pass, &[(BOB, SIGNED, Standing::Retrospective)]);
    assert_eq!(found.emergency.and_then(|emergency| emergency.approved_by).as_deref(), Some(BOB));
}

/// An OpenPGP key of the forge, made and used at a time before all commits here.
fn forge_key(folder: &std::path::Path) -> (PathBuf, Vec<u8>) {
    let home = folder.join("gpg");
    std::fs::create_dir(&home).expect("a directory");
    std::fs::set_permissions(&home, std::os::unix::fs::PermissionsExt::from_mode(0o700)).expect("permissions");
    let gpg = |arguments: &[&str]| {
        let mut command = Command::new("gpg");
        command.arg("--homedir").arg(&home).args(["--batch", "--passphrase", ""]).args(arguments);
        run(&mut command, b"")
    };
    let made = ["--faked-system-time", "20230101T000000!", "--quick-gen-key", WEB, "ed25519", "sign", "never"];
    gpg(&made);
    let key = gpg(&["--armor", "--export"]).into_bytes();
    let program = folder.join("program");
    let script = format!(
        "#!/bin/sh\nexec gpg --homedir '{}' --batch --faked-system-time 20231114T221400! \"$@\"\n",
        home.display()
    );
    std::fs::write(&program, script).expect("a script");
    std::fs::set_permissions(&program, std::os::unix::fs::PermissionsExt::from_mode(0o755)).expect("permissions");
    (program, key)
}

#[test]
fn trailers_that_the_forge_wrote() {
    let bench = Bench::new();
    let (program, key) = forge_key(bench.folder.path());
    let message = "Title (#3)\n\nReviewed-by: Bob <bob@example.com>\nReviewed-by: Eve <eve@example.com>\n";
    bench.repository.write("main.tf", &vpc("a", "1")).git(&["add", "-A"]);
    let program = format!("gpg.program={}", program.display());
    let arguments = ["-c", &program, "-c", "user.signingkey=noreply@github.com", "commit", "-q", "-S", "-F", "-"];
    bench.repository.git_as(ANN, WEB, &arguments, message.as_bytes());
    let keys = || {
        let mut keys = Keys::default();
        keys.add_openpgp(&key).expect("a key");
        keys
    };
    let found = bench.judged_with("", keys());
    let class = Assurance::SystemTrailer;
    check(&found, Segregation::Pass, &[(BOB, class, Standing::Counts), (EVE, class, Standing::Counts)]);
    assert_eq!(found.signature.map(|signature| signature.letter), Some('G'));
    // A key that is not the forge's by the settings lifts nothing.
    let others = bench.judged_with("[signatures]\nforge_signers = [\"noreply@git.corp\"]\n", keys());
    check(&others, Segregation::Pass, &[(BOB, ASSERTED, Standing::Counts), (EVE, ASSERTED, Standing::Counts)]);
}

#[test]
fn the_forge_of_the_settings_commits_for_others() {
    let repository = Repository::new();
    let forge = "GitLab <gitlab@git.corp>";
    repository.write("main.tf", &vpc("a", "1"));
    repository.commit_as(ANN, forge, "Title\n\nApproved-by: Bob <bob@example.com>\n");
    let judged =
        |settings: &str| repository.history().approvals(approvals(settings)).attribution(&id("resource.aws_vpc.a"));
    let known = judged("[signatures]\nforge_signers = [\"gitlab@git.corp\"]\n");
    check(&known, Segregation::Unknown, &[(BOB, ASSERTED, Standing::Counts)]);
    assert_eq!(known.merged_by, None);
    assert_eq!(judged("").merged_by.as_deref(), Some(forge));
}
