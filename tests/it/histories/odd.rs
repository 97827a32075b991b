//! Odd revisions, and approvals that come too late.

use super::told::Asked;
use super::{ANN, BOB, EVE, Story, WEB, vpc};

#[test]
fn unborn_branch() {
    let story = Story::new();
    for command in ["blame", "audit"] {
        let run = story.driftline(&[command, "--report", "json"]);
        assert_eq!((run.code, run.stdout.as_str()), (1, ""), "{}", run.stderr);
        assert!(run.stderr.contains("no commit yet"), "{}", run.stderr);
    }
}

/// Without a remote HEAD is what is approved, wherever it stands.
#[test]
fn detached_head() {
    let story = Story::with("main.tf", &vpc("a", "1"));
    story.edit("two", "main.tf", &vpc("a", "2"));
    story.git(&["checkout", "-q", "--detach", "HEAD~1"]);
    story.blame(
        &[],
        "aws_vpc.a: one by Ann; fail
         added one: cidr_block",
    );
    story.audit(
        "exit 2: 1 landings, 1 commits
         one by Ann; fail
         added aws_vpc.a: cidr_block - > \"1\"
         ! landed_without_approval one",
    );
}

/// A pipeline stands on a merge that exists nowhere else: what counts is the remote's default branch, unless it is named.
#[test]
fn synthetic_merge_of_a_pull_request() {
    let origin = Story::with("main.tf", &vpc("a", "1"));
    origin.branch("topic");
    origin.write("main.tf", vpc("a", "2")).commit_as("two", BOB, BOB, "two");
    origin.git(&["checkout", "-q", "--detach", "main"]);
    let two = origin.hash("two");
    origin.merge("synthetic", &["topic"], ANN, WEB, &format!("Merge {two} into {}", origin.hash("one")));
    origin.git(&["update-ref", "refs/pull/5/merge", "HEAD"]);
    origin.checkout("main");
    let clone = origin.cloned(&[]);
    clone.git(&["fetch", "-q", "origin", "refs/pull/5/merge:refs/remotes/pull/5/merge"]);
    clone.git(&["checkout", "-q", "--detach", "refs/remotes/pull/5/merge"]);
    clone.blame(
        &[],
        "aws_vpc.a: one by Ann; fail
         added one: cidr_block",
    );
    let named = "refs/remotes/pull/5/merge";
    clone.blame_by(
        &[],
        &["--ref", named],
        "aws_vpc.a: two in synthetic by Bob; Ann implied involved; fail
         because merged by Ann, which shows no approval
         added one: cidr_block
         changed two in synthetic: cidr_block",
    );
    clone.audit_of(
        &Asked { reference: Some(named), ..Asked::default() },
        "exit 2: 2 landings, 3 commits
         one by Ann; fail
         added aws_vpc.a: cidr_block - > \"1\"
         synthetic by Bob; Ann implied involved; fail
         changed aws_vpc.a in two: cidr_block \"1\" > \"2\"
         ! landed_without_approval one
         ! landed_without_approval synthetic",
    );
}

/// A tag names a commit as well as a branch does.
#[test]
fn tag_as_the_approved_revision() {
    let story = Story::with("main.tf", &vpc("a", "1"));
    story.git(&["tag", "-a", "-m", "one", "v1"]);
    story.git(&["tag", "-a", "-m", "of a tag", "v1-again", "v1"]);
    story.edit("two", "main.tf", &vpc("a", "2"));
    story.audit_of(
        &Asked { reference: Some("v1-again"), ..Asked::default() },
        "exit 2: 1 landings, 1 commits
         one by Ann; fail
         added aws_vpc.a: cidr_block - > \"1\"
         ! landed_without_approval one",
    );
}

/// Anyone can make a tag: without a signature it approves nothing.
#[test]
fn unsigned_approval_tag() {
    let story = Story::with("main.tf", &vpc("a", "1"));
    let message = b"fine\n\nApproved-by: Bob <bob@example.com>\n";
    story.git_as(BOB, BOB, &["tag", "-a", "-F", "-", "approved/1"], message);
    story.audit(
        "exit 2: 1 landings, 1 commits
         one by Ann; Bob asserted not_accepted; fail
         because Bob stated an approval that the policy does not accept…
         added aws_vpc.a: cidr_block - > \"1\"
         ! landed_without_approval one",
    );
}

/// A history of two roots: what the other one had lands with the merge.
#[test]
fn two_roots() {
    let story = Story::with("main.tf", &vpc("a", "1"));
    story.git(&["checkout", "-q", "--orphan", "other"]);
    story.git(&["rm", "-rfq", "."]);
    story.write("b.tf", vpc("b", "1")).commit_as("root", EVE, EVE, "root");
    story.checkout("main");
    let arguments = ["merge", "-q", "--allow-unrelated-histories", "-m", "take over", "other"];
    story.git_as(BOB, BOB, &arguments, b"");
    story.name_head("merge");
    story.audit(
        "exit 2: 2 landings, 3 commits
         one by Ann; fail
         added aws_vpc.a: cidr_block - > \"1\"
         merge by Eve; Bob implied involved; fail
         added aws_vpc.b in root: cidr_block - > \"1\"
         ! landed_without_approval one
         ! landed_without_approval merge",
    );
}

/// The same change made on both sides, and merged without a conflict: whoever landed it first keeps it.
#[test]
fn cherry_picked_before_it_was_merged() {
    let story = Story::with("main.tf", &vpc("a", "1"));
    story.branch("topic");
    story.edit("two", "main.tf", &vpc("a", "2"));
    story.checkout("main");
    story.git_as(BOB, BOB, &["cherry-pick", "-x", "topic"], b"");
    story.name_head("picked");
    story.merge("merge", &["topic"], EVE, EVE, "merge");
    story.audit(
        "exit 2: 3 landings, 4 commits
         one by Ann; fail
         added aws_vpc.a: cidr_block - > \"1\"
         picked by Ann; fail
         changed aws_vpc.a: cidr_block \"1\" > \"2\"
         ! landed_without_approval one
         ! landed_without_approval picked",
    );
}

/// A merge that keeps nothing of what it merged (`-s ours`) changed nothing.
#[test]
fn merge_that_keeps_nothing() {
    let story = Story::with("main.tf", &vpc("a", "1"));
    story.branch("topic");
    story.edit("two", "main.tf", &vpc("a", "2"));
    story.checkout("main");
    story.git_as(BOB, BOB, &["merge", "-q", "--no-ff", "-s", "ours", "-m", "close", "topic"], b"");
    story.audit(
        "exit 2: 2 landings, 3 commits
         one by Ann; fail
         added aws_vpc.a: cidr_block - > \"1\"
         ! landed_without_approval one",
    );
}

/// Thousands of commits in one go, by `git fast-import`: counted like any other.
#[test]
fn many_commits() {
    let story = Story::new();
    let mut stream = String::from("feature done\n");
    for number in 0..2000 {
        let text = vpc("a", &(number / 10).to_string());
        stream += &format!(
            "commit refs/heads/main\ncommitter {ANN} {} +0000\ndata 1\nx\nM 644 inline main.tf\ndata {}\n{text}\n",
            1_772_359_200 + number * 60,
            text.len(),
        );
    }
    stream += "done\n";
    story.git_as(ANN, ANN, &["fast-import", "--quiet"], stream.as_bytes());
    story.git(&["reset", "-q", "--hard"]);
    let audit = story.driftline(&["audit", "--report", "json"]).json();
    assert_eq!(audit["completeness"]["landings"].to_string(), story.git(&["rev-list", "--count", "HEAD"]));
    assert_eq!((&audit["summary"]["changes"], &audit["complete"]), (&200.into(), &true.into()));
    let last = &audit["landings"][199]["attribution"]["approving_commit"];
    let by_git = story.git(&["log", "-1", "--format=%H", "-G\"199\"", "--", "main.tf"]);
    assert_eq!(last, by_git.as_str());
}

/// What is kept of a walk grows with the branch, and is dropped where the branch was rewritten: after each step it gives
/// what a walk from the beginning gives.
#[test]
fn a_cache_that_grows() {
    let story = Story::new();
    let moved = "moved {\n  from = aws_vpc.a\n  to   = aws_vpc.b\n}\n";
    let check = || {
        let run = |more: &[&str]| {
            let mut document = story.driftline(&[&["audit", "--report", "json"], more].concat()).json();
            document["made_at"] = serde_json::Value::Null;
            document["completeness"]["rewriting_checked"] = serde_json::Value::Null;
            document
        };
        assert_eq!(run(&[]), run(&["--no-cache"]));
        let run = |more: &[&str]| story.driftline(&[&["blame", "--report", "json"], more].concat()).stdout;
        assert_eq!(run(&[]), run(&["--no-cache"]));
    };
    story.edit("one", "main.tf", &vpc("a", "1"));
    check();
    story.branch("topic");
    story.edit("two", "main.tf", &vpc("a", "2"));
    story.checkout("main");
    story.edit("other", "other.tf", &vpc("o", "1"));
    check();
    story.merge("merge", &["topic"], BOB, BOB, "merge");
    check();
    story.edit("broken", "other.tf", "resource {");
    check();
    story.edit("moved", "main.tf", &(vpc("b", "2") + moved));
    check();
    story.rename("main.tf", "net.tf").edit("repaired", "other.tf", &vpc("o", "2"));
    check();
    story.git(&["reset", "-q", "--hard", &story.hash("other")]);
    std::fs::remove_dir_all(story.path().join(".git/logs")).expect("logs");
    story.edit("instead", "other.tf", &vpc("o", "3"));
    let kept = story.driftline(&["audit", "--report", "json"]).json();
    assert_eq!(kept["findings"][0]["rule"], "history_rewritten");
    assert_eq!(kept["landings"].as_array().map(Vec::len), Some(3));
}

/// `git replace` puts other commits in place of those that were approved, in this clone alone: what was approved counts.
#[test]
fn replaced_commits_hide_nothing() {
    let story = Story::with("main.tf", &vpc("a", "1"));
    story.edit("two", "main.tf", &vpc("a", "2"));
    story.edit("three", "b.tf", &vpc("b", "1"));
    let nice = story.git(&["commit-tree", "-p", &story.hash("one"), "-m", "nice", "HEAD~2^{tree}"]);
    story.git(&["replace", &story.hash("two"), &nice]);
    assert_eq!(story.git(&["show", "-s", "--format=%s", "HEAD~1"]), "nice", "what git says");
    let run = story.driftline(&["audit", "--report", "json"]);
    let audit = run.json();
    let subjects: Vec<_> = audit["landings"]
        .as_array()
        .expect("landings")
        .iter()
        .map(|landing| landing["attribution"]["subject"].as_str().expect("a subject"))
        .collect();
    assert_eq!(subjects, ["one", "two", "three"]);
    assert_eq!(audit["landings"][1]["changes"][0]["attributes"][0]["after"], "\"2\"");
}

/// A second work tree, a bare clone, packed references and a commit graph show the same history.
#[test]
fn the_same_from_everywhere() {
    let story = Story::with("main.tf", &vpc("a", "1"));
    story.branch("topic");
    story.edit("two", "main.tf", &vpc("a", "2"));
    story.checkout("main");
    story.merge("merge", &["topic"], BOB, BOB, "merge");
    let told = |story: &Story, arguments: &[&str]| {
        let run = story.driftline(&[&["audit", "--report", "json", "--ref", "main"], arguments].concat());
        let document = run.json();
        [document["landings"].clone(), document["findings"].clone(), document["summary"].clone()]
    };
    let before = told(&story, &[]);
    story.git(&["worktree", "add", "-q", ".git/second", "--detach"]);
    assert_eq!(told(&story, &["--in", ".git/second"]), before);
    let bare = story.cloned(&["--bare"]);
    assert_eq!(told(&bare, &["--no-cache"]), before);
    story.git(&["pack-refs", "--all"]);
    story.git(&["gc", "-q"]);
    story.git(&["commit-graph", "write", "--reachable"]);
    assert_eq!(told(&story, &["--no-cache"]), before);
    assert_eq!(told(&story, &[]), before);
}

/// Hashes of another kind are not read, and that is said.
#[test]
fn hashes_of_another_kind() {
    let story = Story::new();
    std::fs::remove_dir_all(story.path().join(".git")).expect("a repository");
    story.git(&["init", "-q", "-b", "main", "--object-format=sha256"]);
    story.write("main.tf", vpc("a", "1")).git(&["add", "-A"]);
    story.git(&["commit", "-q", "-m", "one"]);
    let run = story.driftline(&["audit"]);
    assert_eq!((run.code, run.stdout.as_str()), (1, ""));
    assert!(run.stderr.contains("sha256"), "{}", run.stderr);
}
