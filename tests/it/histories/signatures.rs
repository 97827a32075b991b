//! Commits and tags signed by the real `ssh-keygen` and `gpg`: good, unknown and bad, by keys of the approved commit.

use super::story::fed;
use super::{ANN, BOB, EVE, Story, WEB, vpc};
use serde_json::Value;
use std::path::Path;

const SSH: &str = "[signatures]\nallowed_signers = \"keys/signers\"\n";
const OPENPGP: &str = "[signatures]\nopenpgp = [\"keys/*.asc\"]\n";

/// A new SSH key, whose private half stays out of the work tree: its path and its public half.
fn ssh_key(story: &Story, name: &str) -> (String, String) {
    let path = story.path().join(".git").join(name);
    let mut command = story.prepared(Path::new("ssh-keygen"));
    command.args(["-q", "-t", "ed25519", "-N", "", "-C", name, "-f"]).arg(&path);
    let (code, _, complaint) = fed(&mut command, b"");
    assert_eq!(code, 0, "{complaint}");
    let public = std::fs::read_to_string(path.with_extension("pub")).expect("a key");
    (path.to_string_lossy().into_owned(), public)
}

/// Signs from here on with this key.
fn sign_with(story: &Story, key: &str) {
    story.git(&["config", "gpg.format", "ssh"]);
    story.git(&["config", "user.signingkey", key]);
    story.git(&["config", "gpg.ssh.allowedSignersFile", "keys/signers"]);
}

/// A repository whose approved commit trusts Bob's key, and the keys of Bob and of a stranger.
fn with_keys(settings: &str) -> (Story, String, String) {
    let story = Story::new();
    let (bob, public) = ssh_key(&story, "bob");
    let (stranger, _) = ssh_key(&story, "stranger");
    story.write("keys/signers", format!("bob@example.com namespaces=\"git\" {public}"));
    story.write("driftline.toml", format!("{SSH}{settings}")).write("main.tf", vpc("a", "1"));
    story.commit("one");
    (story, bob, stranger)
}

/// The program's letters are those of `git log --format=%G?`.
#[track_caller]
fn check_letters(story: &Story, audit: &Value) {
    for landing in audit["landings"].as_array().expect("landings") {
        let found = &landing["attribution"];
        let commit = found["approving_commit"].as_str().expect("a commit");
        let letter = story.git(&["log", "-1", "--format=%G?", commit]);
        assert_eq!(found["signature"]["letter"].as_str().unwrap_or("N"), letter, "{}", story.named(commit));
    }
}

/// Puts another message below the signature of the last commit.
fn forge(story: &Story, name: &str, message: &str) {
    let raw = story.git(&["cat-file", "commit", "HEAD"]);
    let (head, _) = raw.split_once("\n\n").expect("a message");
    let forged = format!("{head}\n\n{message}");
    let hash = story.git_as(ANN, ANN, &["hash-object", "-t", "commit", "-w", "--stdin"], forged.as_bytes());
    story.git(&["update-ref", "--no-create-reflog", "refs/heads/main", &hash]);
    std::fs::remove_dir_all(story.path().join(".git/logs")).expect("logs");
    story.name(name, &hash);
}

const REVIEWED: &str = "two\n\nReviewed-by: Bob <bob@example.com>\n";

#[test]
fn ssh_good() {
    let (story, bob, _) = with_keys("[segregation]\nmerger_may_approve = true\n");
    sign_with(&story, &bob);
    story.write("main.tf", vpc("a", "2")).commit_by("two", ANN, BOB, REVIEWED, &["-S"]);
    let audit = story.audit(
        "exit 2: 2 landings, 2 commits
         one by Ann; fail
         added aws_vpc.a: cidr_block - > \"1\"
         two by Ann; Bob signed; pass; signature G
         changed aws_vpc.a: cidr_block \"1\" > \"2\"
         ! landed_without_approval one",
    );
    check_letters(&story, &audit);
    assert_eq!(audit["landings"][1]["attribution"]["signature"]["signer"], "bob@example.com");
}

/// A stranger's signature lifts nothing: the trailer stays what anyone can type.
#[test]
fn ssh_unknown() {
    let (story, _, stranger) = with_keys("");
    sign_with(&story, &stranger);
    story.write("main.tf", vpc("a", "2")).commit_by("two", ANN, ANN, REVIEWED, &["-S"]);
    let audit = story.audit(
        "exit 2: 2 landings, 2 commits
         one by Ann; fail
         added aws_vpc.a: cidr_block - > \"1\"
         two by Ann; Bob asserted; pass; signature U
         because the commit is signed, but its signature was not verified…
         changed aws_vpc.a: cidr_block \"1\" > \"2\"
         ! landed_without_approval one",
    );
    check_letters(&story, &audit);
}

/// Below somebody else's text a signature takes all trailers along.
#[test]
fn ssh_bad() {
    let (story, bob, _) = with_keys("");
    sign_with(&story, &bob);
    story.write("main.tf", vpc("a", "2")).commit_by("before", ANN, ANN, "two\n", &["-S"]);
    forge(&story, "two", REVIEWED);
    let audit = story.audit(
        "exit 2: 2 landings, 2 commits
         one by Ann; fail
         added aws_vpc.a: cidr_block - > \"1\"
         two by Ann; Bob asserted not_accepted; fail; signature B
         because …the commit's signature is bad, so its trailers count for nothing
         changed aws_vpc.a: cidr_block \"1\" > \"2\"
         ! landed_without_approval one
         ! landed_without_approval two",
    );
    check_letters(&story, &audit);
}

/// A merge signed by a second person is their approval, where whoever merges may approve.
#[test]
fn signed_merge() {
    for (settings, standing, verdict, rule) in [
        ("", " involved", "fail", "! self_approved merge"),
        ("[segregation]\nmerger_may_approve = true\n", "", "pass", ""),
    ] {
        let (story, bob, _) = with_keys(settings);
        sign_with(&story, &bob);
        story.branch("topic");
        story.edit("two", "main.tf", &vpc("a", "2"));
        story.checkout("main");
        story.git_as(BOB, BOB, &["merge", "-q", "--no-ff", "-S", "-m", "merge", "topic"], b"");
        story.name_head("merge");
        let audit = story.audit(&format!(
            "exit 2: 2 landings, 3 commits
             one by Ann; fail
             added aws_vpc.a: cidr_block - > \"1\"
             merge by Ann; Bob signed{standing}; {verdict}; signature G
             changed aws_vpc.a in two: cidr_block \"1\" > \"2\"
             ! landed_without_approval one
             {rule}"
        ));
        check_letters(&story, &audit);
    }
}

/// Bob's signed tag on what a branch ended with, or on something earlier of it, or only after it had landed.
#[test]
fn approval_tags() {
    for (target, late, told, rule) in [
        ("topic", false, "Bob signed; pass", ""),
        ("topic~1", false, "Bob signed stale; fail", "! approved_before_last_push merge"),
        ("topic", true, "Bob signed retrospective; fail", "! landed_without_approval merge"),
    ] {
        let (story, bob, _) = with_keys("");
        sign_with(&story, &bob);
        story.branch("topic");
        story.edit("two", "main.tf", &vpc("a", "2"));
        story.edit("three", "main.tf", &vpc("a", "3"));
        let tag = || story.git_as(BOB, BOB, &["tag", "-s", "-m", "fine", "approved/1", target], b"");
        if !late {
            tag();
        }
        story.checkout("main");
        story.merge("merge", &["topic"], ANN, ANN, "merge");
        if late {
            tag();
        }
        story.git(&["verify-tag", "approved/1"]);
        let audit = story.audit(&format!(
            "exit 2: 2 landings, 4 commits
             one by Ann; fail
             added aws_vpc.a: cidr_block - > \"1\"
             merge by Ann; {told}
             changed aws_vpc.a in three: cidr_block \"1\" > \"3\"
             ! landed_without_approval one
             {rule}"
        ));
        let approver = &audit["landings"][1]["attribution"]["approvers"][0];
        let at =
            story.git(&["for-each-ref", "--format=%(taggerdate:format:%Y-%m-%dT%H:%M:%SZ)", "refs/tags/approved/1"]);
        assert_eq!((&approver["evidence"], &approver["at"]), (&"tag approved/1".into(), &at.into()));
    }
}

/// An emergency, approved after the fact by a signed tag within its time; and by one that came too late.
#[test]
fn emergency_approved_by_a_tag() {
    const HOUR: i64 = 3600;
    for (hours, told, exit, rule) in [(5, "pass", 2, ""), (100, "fail", 2, "! landed_without_approval fix")] {
        let (story, bob, _) = with_keys("");
        sign_with(&story, &bob);
        story.write("main.tf", vpc("a", "2"));
        story.commit_as("fix", ANN, ANN, "fix\n\nEmergency: INC-7\n");
        let landed = story.clock();
        story.edit("next", "other.txt", "x");
        story.set_clock(landed + hours * HOUR);
        story.git_as(BOB, BOB, &["tag", "-s", "-m", "seen", "approved/1", "main~1"], b"");
        let audit = story.audit(&format!(
            "exit {exit}: 3 landings, 3 commits
             one by Ann; fail
             added aws_vpc.a: cidr_block - > \"1\"
             fix by Ann; Bob signed retrospective; {told}
             because an emergency (Emergency trailer)…Bob…
             changed aws_vpc.a: cidr_block \"1\" > \"2\"
             ! landed_without_approval one
             {rule}"
        ));
        let emergency = &audit["landings"][1]["attribution"]["emergency"];
        assert_eq!(emergency["approved_by"], BOB);
        assert_eq!(audit["summary"]["emergencies"], 1);
    }
}

/// A home of gpg with a key, at a time before all commits here; the agent ends with it.
struct Gpg<'a> {
    story: &'a Story,
    folder: tempfile::TempDir,
    program: String,
}

impl<'a> Gpg<'a> {
    fn new(story: &'a Story, person: &str) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let program = folder.path().join("gpg");
        let script = format!(
            "#!/bin/sh\nexec gpg --homedir '{}' --batch --quiet --faked-system-time 20260301T100000! \"$@\"\n",
            folder.path().display()
        );
        std::fs::write(&program, script).expect("a script");
        for path in [folder.path(), &program] {
            std::fs::set_permissions(path, std::os::unix::fs::PermissionsExt::from_mode(0o700)).expect("permissions");
        }
        let gpg = Self { story, program: program.to_string_lossy().into_owned(), folder };
        let time = ["--faked-system-time", "20260101T000000!"];
        gpg.run(&[&time[..], &["--passphrase", "", "--quick-gen-key", person, "ed25519", "sign", "never"]].concat());
        gpg
    }

    fn run(&self, arguments: &[&str]) -> String {
        let mut command = self.story.prepared(Path::new(&self.program));
        let (code, out, complaint) = fed(command.args(arguments), b"");
        assert_eq!(code, 0, "gpg {arguments:?}: {complaint}");
        out
    }

    fn public(&self) -> String {
        self.run(&["--armor", "--export"]) + "\n"
    }

    /// Signs from here on with this key.
    fn sign_with(&self) {
        self.story.git(&["config", "gpg.format", "openpgp"]);
        self.story.git(&["config", "gpg.program", &self.program]);
        let key = self.run(&["--list-keys", "--with-colons"]);
        let fingerprint = key.lines().find_map(|line| line.strip_prefix("fpr:")).expect("a fingerprint");
        self.story.git(&["config", "user.signingkey", fingerprint.trim_matches(':')]);
    }
}

impl Drop for Gpg<'_> {
    fn drop(&mut self) {
        let mut command = self.story.prepared(Path::new("gpgconf"));
        command.arg("--homedir").arg(self.folder.path()).args(["--kill", "all"]);
        let _ = fed(&mut command, b"");
    }
}

#[test]
fn openpgp_good_and_bad() {
    let story = Story::new();
    let gpg = Gpg::new(&story, BOB);
    story.write("keys/bob.asc", gpg.public()).write("driftline.toml", OPENPGP);
    story.edit("one", "main.tf", &vpc("a", "1"));
    gpg.sign_with();
    story.write("main.tf", vpc("a", "2")).commit_by("two", ANN, EVE, REVIEWED, &["-S"]);
    let audit = story.audit(
        "exit 2: 2 landings, 2 commits
         one by Ann; fail
         added aws_vpc.a: cidr_block - > \"1\"
         two by Ann; Bob signed; pass; signature G
         changed aws_vpc.a: cidr_block \"1\" > \"2\"
         ! landed_without_approval one",
    );
    check_letters(&story, &audit);
    forge(&story, "forged", "two\n\nReviewed-by: Bob <bob@example.com>\nReviewed-by: Eve <eve@example.com>\n");
    let audit = story.driftline(&["audit", "--report", "json", "--no-cache"]).json();
    assert_eq!(audit["landings"][1]["attribution"]["segregation"], "fail");
    assert_eq!(audit["landings"][1]["attribution"]["signature"]["letter"], "B");
    check_letters(&story, &audit);
}

/// A key that nobody has can be checked by nobody.
#[test]
fn openpgp_unknown() {
    let story = Story::with("main.tf", &vpc("a", "1"));
    let gpg = Gpg::new(&story, BOB);
    gpg.sign_with();
    story.write("main.tf", vpc("a", "2")).commit_by("two", ANN, EVE, REVIEWED, &["-S"]);
    let empty = tempfile::tempdir().expect("a folder");
    std::fs::set_permissions(empty.path(), std::os::unix::fs::PermissionsExt::from_mode(0o700)).expect("permissions");
    story.git(&["config", "--unset", "gpg.program"]);
    let audit = story.audit(
        "exit 2: 2 landings, 2 commits
         one by Ann; fail
         added aws_vpc.a: cidr_block - > \"1\"
         two by Ann; Bob asserted; pass; signature E
         because the commit is signed, but its signature was not verified…
         changed aws_vpc.a: cidr_block \"1\" > \"2\"
         ! landed_without_approval one",
    );
    check_letters(&story, &audit);
}

/// What the forge signed it wrote itself: stronger than what anyone can type, weaker than a person's own signature.
#[test]
fn trailers_signed_by_the_forge() {
    let story = Story::new();
    let gpg = Gpg::new(&story, WEB);
    story.write("keys/forge.asc", gpg.public()).write("driftline.toml", OPENPGP);
    story.edit("one", "main.tf", &vpc("a", "1"));
    gpg.sign_with();
    let message = "Widen (#7)\n\nReviewed-by: Bob <bob@example.com>\nReviewed-by: Eve <eve@example.com>\n";
    story.write("main.tf", vpc("a", "2")).commit_by("two", ANN, WEB, message, &["-S"]);
    let audit = story.audit(
        "exit 2: 2 landings, 2 commits
         one by Ann; fail
         added aws_vpc.a: cidr_block - > \"1\"
         two by Ann; Bob system_trailer; Eve system_trailer; pass; #7; signature G
         changed aws_vpc.a: cidr_block \"1\" > \"2\"
         ! landed_without_approval one",
    );
    check_letters(&story, &audit);
}
