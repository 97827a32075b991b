//! How changes come onto the approved branch: direct pushes, merges of all shapes, rebases, squashes, reverts.

use super::{ANN, BOB, EVE, Story, WEB, vpc};

/// Main with `one`, and a branch `topic` with `two`; the work tree is on main.
fn with_topic() -> Story {
    let story = Story::with("main.tf", &vpc("a", "1"));
    story.branch("topic");
    story.edit("two", "main.tf", &vpc("a", "2"));
    story.checkout("main");
    story
}

#[test]
fn pushed_directly() {
    let story = Story::with("main.tf", &(vpc("a", "1") + &vpc("b", "1")));
    story.edit("two", "main.tf", &(vpc("a", "1") + &vpc("b", "2")));
    story.edit("notes", "notes.txt", "x");
    story.blame(
        &[],
        "aws_vpc.a: one by Ann; fail
         because landed directly…
         added one: cidr_block
         aws_vpc.b: two by Ann; fail
         added one: cidr_block
         changed two: cidr_block",
    );
    story.audit(
        "exit 2: 3 landings, 3 commits
         one by Ann; fail
         because landed directly…
         added aws_vpc.a: cidr_block - > \"1\"
         added aws_vpc.b: cidr_block - > \"1\"
         two by Ann; fail
         changed aws_vpc.b: cidr_block \"1\" > \"2\"
         ! landed_without_approval one
         ! landed_without_approval two",
    );
    assert_eq!(story.git_blame("main.tf", "\"2\""), "two");
    assert_eq!(story.git_log("main.tf", "1,3"), ["one"]);
    assert_eq!(story.git_log("main.tf", "4,6"), ["two", "one"]);
}

/// The commit is the branch's, the approval the merge's: not what `--first-parent --ancestry-path` would say.
#[test]
fn a_merge_lands_what_its_branch_declared() {
    let story = with_topic();
    story.edit("other", "other.tf", &vpc("b", "1"));
    let message = "Merge branch 'topic'\n\nReviewed-by: Eve <eve@example.com>\n";
    story.merge("merge", &["topic"], BOB, BOB, message);
    story.rename("main.tf", "network.tf").commit("rename");
    story.blame(
        &[],
        "aws_vpc.a: two in merge by Ann; Eve asserted; Bob implied involved; pass
         added one: cidr_block
         changed two in merge: cidr_block
         aws_vpc.b: other by Ann; fail
         added other: cidr_block",
    );
    story.audit(
        "exit 2: 4 landings, 5 commits
         one by Ann; fail
         added aws_vpc.a: cidr_block - > \"1\"
         other by Ann; fail
         added aws_vpc.b: cidr_block - > \"1\"
         merge by Ann; Eve asserted; Bob implied involved; pass
         changed aws_vpc.a in two: cidr_block \"1\" > \"2\"
         ! landed_without_approval one
         ! landed_without_approval other",
    );
    assert_eq!(story.git_blame("network.tf", "\"2\""), "two");
}

/// Re-created on top of the branch, each commit is its own landing.
#[test]
fn rebase_merge() {
    let story = with_topic();
    story.edit("other", "other.tf", &vpc("b", "1"));
    story.checkout("topic");
    story.git_as(BOB, BOB, &["rebase", "-q", "main"], b"");
    story.name_head("rebased");
    story.checkout("main");
    story.git(&["merge", "-q", "--ff-only", "topic"]);
    assert_ne!(story.hash("two"), story.hash("rebased"));
    story.blame(
        &["aws_vpc.a"],
        "aws_vpc.a: rebased by Ann; fail
         added one: cidr_block
         changed rebased: cidr_block",
    );
    let audit = story.audit(
        "exit 2: 3 landings, 3 commits
         one by Ann; fail
         added aws_vpc.a: cidr_block - > \"1\"
         other by Ann; fail
         added aws_vpc.b: cidr_block - > \"1\"
         rebased by Ann; fail
         changed aws_vpc.a: cidr_block \"1\" > \"2\"
         ! landed_without_approval one
         ! landed_without_approval other
         ! landed_without_approval rebased",
    );
    assert_eq!(audit["landings"][2]["attribution"]["merged_by"], BOB);
}

/// A squash has the authors that its trailers name; the branch's own commits are not on the branch.
#[test]
fn squash() {
    let story = with_topic();
    story.git(&["merge", "-q", "--squash", "topic"]);
    let message =
        "Widen the network (#7)\n\nCo-authored-by: Eve <eve@example.com>\nReviewed-by: Bob <bob@example.com>\n";
    story.commit_as("squash", ANN, BOB, message);
    story.blame(
        &[],
        "aws_vpc.a: squash by Ann, Eve; Bob asserted involved; fail; #7
         because every approver also authored or merged the change
         added one: cidr_block
         changed squash: cidr_block",
    );
    story.audit(
        "exit 2: 2 landings, 2 commits
         one by Ann; fail
         added aws_vpc.a: cidr_block - > \"1\"
         squash by Ann, Eve; Bob asserted involved; fail; #7
         changed aws_vpc.a: cidr_block \"1\" > \"2\"
         ! landed_without_approval one
         ! self_approved squash",
    );
}

/// Rebased, and merged all the same: the merge approves what the re-created commits declare.
#[test]
fn semi_linear() {
    let story = with_topic();
    story.edit("other", "other.tf", &vpc("b", "1"));
    story.checkout("topic");
    story.git(&["rebase", "-q", "main"]);
    story.name_head("rebased");
    story.checkout("main");
    let message = "Merge branch 'topic' into 'main'\n\nWiden\n\nSee merge request net/stack!5\n\nApproved-by: Eve <eve@example.com>\n";
    story.merge("merge", &["topic"], ANN, ANN, message);
    story.blame(
        &["aws_vpc.a"],
        "aws_vpc.a: rebased in merge by Ann; Eve asserted; pass; !5
         added one: cidr_block
         changed rebased in merge: cidr_block",
    );
    story.audit(
        "exit 2: 3 landings, 4 commits
         one by Ann; fail
         added aws_vpc.a: cidr_block - > \"1\"
         other by Ann; fail
         added aws_vpc.b: cidr_block - > \"1\"
         merge by Ann; Eve asserted; pass; !5
         changed aws_vpc.a in rebased: cidr_block \"1\" > \"2\"
         ! landed_without_approval one
         ! landed_without_approval other",
    );
}

#[test]
fn fast_forward() {
    let story = with_topic();
    story.checkout("topic");
    story.write("b.tf", vpc("b", "1"));
    story.commit_as("three", BOB, BOB, "three\n\nReviewed-by: Ann <ann@example.com>\n");
    story.checkout("main");
    story.git(&["merge", "-q", "--ff-only", "topic"]);
    story.audit(
        "exit 2: 3 landings, 3 commits
         one by Ann; fail
         added aws_vpc.a: cidr_block - > \"1\"
         two by Ann; fail
         changed aws_vpc.a: cidr_block \"1\" > \"2\"
         three by Bob; Ann asserted; pass
         added aws_vpc.b: cidr_block - > \"1\"
         ! landed_without_approval one
         ! landed_without_approval two",
    );
}

#[test]
fn octopus() {
    let story = Story::with("main.tf", &vpc("a", "1"));
    for (branch, author) in [("b", BOB), ("c", EVE)] {
        story.git(&["checkout", "-q", "-b", branch, "main"]);
        story.write(&format!("{branch}.tf"), vpc(branch, "1")).commit_as(branch, author, author, branch);
    }
    story.checkout("main");
    story.merge("octopus", &["b", "c"], ANN, ANN, "both\n\nReviewed-by: Bob <bob@example.com>\n");
    assert_eq!(story.git(&["rev-list", "--parents", "-1", "HEAD"]).split(' ').count(), 4);
    story.blame(
        &["aws_vpc.b", "aws_vpc.c"],
        "aws_vpc.b: b in octopus by Bob, Eve; Bob asserted involved; Ann implied involved; fail
         because every approver also authored or merged the change
         added b in octopus: cidr_block
         aws_vpc.c: c in octopus by Bob, Eve; Bob asserted involved; Ann implied involved; fail
         added c in octopus: cidr_block",
    );
    story.audit(
        "exit 2: 2 landings, 4 commits
         one by Ann; fail
         added aws_vpc.a: cidr_block - > \"1\"
         octopus by Bob, Eve; Bob asserted involved; Ann implied involved; fail
         added aws_vpc.b in b: cidr_block - > \"1\"
         added aws_vpc.c in c: cidr_block - > \"1\"
         ! landed_without_approval one
         ! self_approved octopus",
    );
}

/// `git pull` on the approved branch swaps the sides: what the branch got meanwhile lands with that merge, and the audit
/// says so.
#[test]
fn foxtrot() {
    let story = Story::with("main.tf", &vpc("a", "1"));
    story.branch("upstream");
    story.write("b.tf", vpc("b", "1"));
    story.commit_as("theirs", BOB, BOB, "theirs\n\nReviewed-by: Eve <eve@example.com>\n");
    story.checkout("main");
    story.edit("mine", "c.tf", &vpc("c", "1"));
    let message = "Merge branch 'main' of https://git.example.com/net/stack";
    story.merge("pull", &["upstream"], ANN, ANN, message);
    story.audit(
        "exit 2: 3 landings, 4 commits
         one by Ann; fail
         added aws_vpc.a: cidr_block - > \"1\"
         mine by Ann; fail
         added aws_vpc.c: cidr_block - > \"1\"
         pull by Bob; Ann implied involved; fail
         added aws_vpc.b in theirs: cidr_block - > \"1\"
         ! landed_without_approval one
         ! landed_without_approval mine
         ! landed_without_approval pull
         ! foxtrot_merge pull",
    );
}

/// Bringing the approved branch into a topic is harmless: what it had keeps its own landing.
#[test]
fn back_merge() {
    let story = with_topic();
    story.edit("other", "other.tf", &vpc("b", "1"));
    story.checkout("topic");
    story.merge("back", &["main"], ANN, ANN, "Merge branch 'main' into topic");
    story.edit("three", "main.tf", &vpc("a", "3"));
    story.checkout("main");
    story.merge("merge", &["topic"], BOB, BOB, "Merge branch 'topic'\n\nReviewed-by: Eve <eve@example.com>\n");
    story.blame(
        &[],
        "aws_vpc.a: three in merge by Ann; Eve asserted; Bob implied involved; pass
         added one: cidr_block
         changed three in merge: cidr_block
         aws_vpc.b: other by Ann; fail
         added other: cidr_block",
    );
    story.audit(
        "exit 2: 3 landings, 6 commits
         one by Ann; fail
         added aws_vpc.a: cidr_block - > \"1\"
         other by Ann; fail
         added aws_vpc.b: cidr_block - > \"1\"
         merge by Ann; Eve asserted; Bob implied involved; pass
         changed aws_vpc.a in three: cidr_block \"1\" > \"3\"
         ! landed_without_approval one
         ! landed_without_approval other",
    );
}

/// Two branches that merged each other before both came in.
#[test]
fn criss_cross() {
    let story = Story::with("main.tf", &vpc("a", "1"));
    story.branch("left");
    story.edit("left", "l.tf", &vpc("l", "1"));
    story.git(&["checkout", "-q", "-b", "right", "main"]);
    story.write("r.tf", vpc("r", "1")).commit_as("right", BOB, BOB, "right");
    story.checkout("left");
    story.merge("left2", &["right"], ANN, ANN, "left takes right");
    story.checkout("right");
    story.merge("right2", &[&story.hash("left")], BOB, BOB, "right takes left");
    story.checkout("main");
    story.merge("first", &["left"], EVE, EVE, "first");
    story.merge("second", &["right"], EVE, EVE, "second");
    story.blame(
        &["aws_vpc.l", "aws_vpc.r"],
        "aws_vpc.l: left in first by Ann, Bob; Eve implied involved; fail
         because merged by Eve, which shows no approval
         added left in first: cidr_block
         aws_vpc.r: right in first by Ann, Bob; Eve implied involved; fail
         added right in first: cidr_block",
    );
    story.audit(
        "exit 2: 3 landings, 7 commits
         one by Ann; fail
         added aws_vpc.a: cidr_block - > \"1\"
         first by Ann, Bob; Eve implied involved; fail
         added aws_vpc.l in left: cidr_block - > \"1\"
         added aws_vpc.r in right: cidr_block - > \"1\"
         ! landed_without_approval one
         ! landed_without_approval first",
    );
}

/// A merge that adds something by itself declares it, and its own author is a requester.
#[test]
fn evil_merge() {
    let story = with_topic();
    story.git_as(BOB, BOB, &["merge", "-q", "--no-ff", "--no-commit", "topic"], b"");
    story.write("evil.tf", vpc("evil", "9"));
    story.commit_as("merge", BOB, BOB, "merge\n\nReviewed-by: Bob <bob@example.com>\n");
    story.blame(
        &["aws_vpc.evil"],
        "aws_vpc.evil: merge by Ann, Bob; Bob asserted involved; fail
         added merge: cidr_block",
    );
    story.audit(
        "exit 2: 2 landings, 3 commits
         one by Ann; fail
         added aws_vpc.a: cidr_block - > \"1\"
         merge by Ann, Bob; Bob asserted involved; fail
         changed aws_vpc.a in two: cidr_block \"1\" > \"2\"
         added aws_vpc.evil: cidr_block - > \"9\"
         ! landed_without_approval one
         ! self_approved merge",
    );
    assert_eq!(story.git_blame("evil.tf", "\"9\""), "merge");
}

/// Whoever resolves a conflict anew declares what comes out.
#[test]
fn conflict_resolution() {
    let story = with_topic();
    story.edit("three", "main.tf", &vpc("a", "3"));
    let (code, ..) = story.try_git(BOB, BOB, &["merge", "-q", "--no-ff", "topic"], b"");
    assert_ne!(code, 0, "a conflict");
    story.write("main.tf", vpc("a", "23"));
    story.commit_as("resolved", BOB, BOB, "Merge branch 'topic'\n");
    story.audit(
        "exit 2: 3 landings, 4 commits
         one by Ann; fail
         added aws_vpc.a: cidr_block - > \"1\"
         three by Ann; fail
         changed aws_vpc.a: cidr_block \"1\" > \"3\"
         resolved by Ann, Bob; fail
         changed aws_vpc.a: cidr_block \"3\" > \"23\"
         ! landed_without_approval one
         ! landed_without_approval three
         ! landed_without_approval resolved",
    );
    assert_eq!(story.git_blame("main.tf", "23"), "resolved");
}

/// A conflict resolved by taking the branch's side is the branch's doing.
#[test]
fn conflict_resolved_to_one_side() {
    let story = with_topic();
    story.edit("three", "main.tf", &vpc("a", "3"));
    let arguments = ["merge", "-q", "--no-ff", "-X", "theirs", "-m", "Merge branch 'topic'", "topic"];
    story.git_as(BOB, BOB, &arguments, b"");
    story.name_head("merge");
    story.audit(
        "exit 2: 3 landings, 4 commits
         one by Ann; fail
         added aws_vpc.a: cidr_block - > \"1\"
         three by Ann; fail
         changed aws_vpc.a: cidr_block \"1\" > \"3\"
         merge by Ann; Bob implied involved; fail
         changed aws_vpc.a in two: cidr_block \"3\" > \"2\"
         ! landed_without_approval one
         ! landed_without_approval three
         ! landed_without_approval merge",
    );
    assert_eq!(story.git_blame("main.tf", "\"2\""), "two");
}

#[test]
fn revert() {
    let story = Story::with("main.tf", &vpc("a", "1"));
    story.edit("two", "main.tf", &vpc("a", "2"));
    story.git_as(BOB, BOB, &["revert", "--no-edit", "HEAD"], b"");
    story.name_head("revert");
    story.blame(
        &[],
        "aws_vpc.a: revert by Bob; fail; reverts two
         added one: cidr_block
         changed two: cidr_block
         changed revert: cidr_block; reverts two; restores one",
    );
    story.audit(
        "exit 2: 3 landings, 3 commits
         one by Ann; fail
         added aws_vpc.a: cidr_block - > \"1\"
         two by Ann; fail
         changed aws_vpc.a: cidr_block \"1\" > \"2\"
         revert by Bob; fail; reverts two
         changed aws_vpc.a: cidr_block \"2\" > \"1\"
         ! landed_without_approval one
         ! landed_without_approval two
         ! landed_without_approval revert",
    );
    assert_eq!(story.git_blame("main.tf", "\"1\""), "revert");
}

#[test]
fn revert_of_a_merge() {
    let story = with_topic();
    story.merge("merge", &["topic"], BOB, BOB, "Merge branch 'topic'\n\nReviewed-by: Eve <eve@example.com>\n");
    story.git_as(BOB, BOB, &["revert", "--no-edit", "-m", "1", "HEAD"], b"");
    story.name_head("revert");
    story.blame(
        &[],
        "aws_vpc.a: revert by Bob; fail; reverts merge
         added one: cidr_block
         changed two in merge: cidr_block
         changed revert: cidr_block; reverts merge; restores one",
    );
    story.audit(
        "exit 2: 3 landings, 4 commits
         one by Ann; fail
         added aws_vpc.a: cidr_block - > \"1\"
         merge by Ann; Eve asserted; Bob implied involved; pass
         changed aws_vpc.a in two: cidr_block \"1\" > \"2\"
         revert by Bob; fail; reverts merge
         changed aws_vpc.a: cidr_block \"2\" > \"1\"
         ! landed_without_approval one
         ! landed_without_approval revert",
    );
}

/// A revert made on a branch: the landing is the merge, what is reverted is what the branch's commit says.
#[test]
fn revert_by_pull_request() {
    let story = Story::with("main.tf", &vpc("a", "1"));
    story.edit("two", "main.tf", &vpc("a", "2"));
    story.branch("revert");
    story.git_as(BOB, BOB, &["revert", "--no-edit", "HEAD"], b"");
    story.name_head("revert");
    story.checkout("main");
    let message = "Merge pull request #9 from net/revert\n\nRevert \"two\"\n";
    story.merge("merge", &["revert"], EVE, WEB, message);
    story.blame(
        &[],
        "aws_vpc.a: revert in merge by Bob; Eve implied involved; unknown; #9; reverts two
         because #9 is named, but Git holds no record of its approval
         added one: cidr_block
         changed two: cidr_block
         changed revert in merge: cidr_block; reverts two; restores one",
    );
}
