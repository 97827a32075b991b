//! What each forge writes into the commits that it makes, one repository for each convention.

use super::{ANN, BOB, DEP, EVE, Story, WEB, vpc};

/// A branch by Ann, merged by somebody with a message: what is told of the merge, and what the audit finds.
#[track_caller]
fn merged(author: &str, committer: &str, message: &str, told: &str, rule: &str) {
    let story = Story::with("main.tf", &vpc("a", "1"));
    story.branch("topic");
    story.edit("two", "main.tf", &vpc("a", "2"));
    story.checkout("main");
    story.merge("merge", &["topic"], author, committer, message);
    check(&story, "two in merge", "merge", 3, told, rule);
}

/// A commit of Ann's or another's as a squash or a rebase leaves it.
#[track_caller]
fn single(author: &str, committer: &str, message: &str, told: &str, rule: &str) {
    let story = Story::with("main.tf", &vpc("a", "1"));
    story.write("main.tf", vpc("a", "2"));
    story.commit_as("two", author, committer, message);
    check(&story, "two", "two", 2, told, rule);
}

#[track_caller]
fn check(story: &Story, place: &str, landing: &str, commits: u8, told: &str, rule: &str) {
    let (first, because) = told.split_once('\n').unwrap_or((told, ""));
    let by = if place == landing { "" } else { " in two" };
    story.blame(
        &[],
        &format!(
            "aws_vpc.a: {place} by {first}
             {because}
             added one: cidr_block
             changed {place}: cidr_block"
        ),
    );
    let rule = if rule.is_empty() { String::new() } else { format!("! {rule} {landing}") };
    story.audit(&format!(
        "exit 2: 2 landings, {commits} commits
         one by Ann; fail
         added aws_vpc.a: cidr_block - > \"1\"
         {landing} by {first}
         {because}
         changed aws_vpc.a{by}: cidr_block \"1\" > \"2\"
         ! landed_without_approval one
         {rule}"
    ));
}

const UNREAD: &str = "because #12 is named, but Git holds no record of its approval";

#[test]
fn github_merge() {
    let message = "Merge pull request #12 from ann/topic\n\nWiden the network";
    let told = format!("Ann; Bob implied involved; unknown; #12\n{UNREAD}");
    merged(BOB, WEB, message, &told, "approval_unknown");
}

/// Who merged their own pull request may have had it approved: only the forge knows.
#[test]
fn github_merge_of_ones_own() {
    let message = "Merge pull request #12 from ann/topic\n\nWiden the network";
    merged(ANN, WEB, message, &format!("Ann; unknown; #12\n{UNREAD}"), "approval_unknown");
}

#[test]
fn github_squash() {
    let message =
        "Widen the network (#12)\n\n* widen\n\n* and more\n\n---------\n\nCo-authored-by: Eve <eve@example.com>";
    single(ANN, WEB, message, &format!("Ann, Eve; unknown; #12\n{UNREAD}"), "approval_unknown");
}

/// Trailers of the commits that were squashed stand in the body, and are no trailers of the squash.
#[test]
fn github_squash_with_trailers_in_the_body() {
    let message =
        "Widen the network (#12)\n\n* widen\n\nReviewed-by: Bob <bob@example.com>\n\n* and more\n\nlast words";
    single(ANN, WEB, message, &format!("Ann; unknown; #12\n{UNREAD}"), "approval_unknown");
}

/// Of a squash it is not known who pressed the button, who may be the one that approved.
#[test]
fn github_squash_with_one_trailer() {
    let message = "Widen the network (#12)\n\nReviewed-by: Bob <bob@example.com>";
    let told = "Ann; Bob asserted; unknown; #12\nbecause the forge committed this for somebody it does not name, who may be the approver Bob";
    single(ANN, WEB, message, told, "approval_unknown");
}

#[test]
fn github_rebase() {
    let told = "Ann; unknown\nbecause the forge committed this and names no pull request: a rebase merge or an edit on its pages";
    single(ANN, WEB, "Widen the network", told, "approval_unknown");
}

/// A queue lands several pull requests at once, each with a merge of its own on top of the one before.
#[test]
fn github_merge_queue() {
    const QUEUE: &str = "github-merge-queue[bot] <118344674+github-merge-queue[bot]@users.noreply.github.com>";
    let story = Story::with("main.tf", &vpc("a", "1"));
    for (branch, author) in [("b", ANN), ("c", EVE)] {
        story.git(&["checkout", "-q", "-b", branch, "main"]);
        story.write(&format!("{branch}.tf"), vpc(branch, "1")).commit_as(branch, author, author, branch);
    }
    story.git(&["checkout", "-q", "-b", "gh-readonly-queue/main/pr-8", "main"]);
    for (branch, number) in [("b", "7"), ("c", "8")] {
        let message =
            format!("Merge pull request #{number} from net/{branch}\n\n{branch}\n\nApproved-by: Bob <bob@example.com>");
        story.merge(&format!("queue{number}"), &[branch], QUEUE, WEB, &message);
    }
    story.checkout("main");
    story.git(&["merge", "-q", "--ff-only", "gh-readonly-queue/main/pr-8"]);
    story.blame(
        &["aws_vpc.b", "aws_vpc.c"],
        "aws_vpc.b: b in queue7 by Ann; Bob asserted; pass; #7
         added b in queue7: cidr_block
         aws_vpc.c: c in queue8 by Eve; Bob asserted; pass; #8
         added c in queue8: cidr_block",
    );
    story.audit(
        "exit 2: 3 landings, 5 commits
         one by Ann; fail
         added aws_vpc.a: cidr_block - > \"1\"
         queue7 by Ann; Bob asserted; pass; #7
         added aws_vpc.b in b: cidr_block - > \"1\"
         queue8 by Eve; Bob asserted; pass; #8
         added aws_vpc.c in c: cidr_block - > \"1\"
         ! landed_without_approval one",
    );
}

#[test]
fn gitlab_merge() {
    let message = "Merge branch 'topic' into 'main'\n\nWiden the network\n\nCloses #3\n\nSee merge request net/stack!7";
    let told = "Ann; Bob implied involved; unknown; !7\nbecause !7 is named, but Git holds no record of its approval";
    merged(BOB, BOB, message, told, "approval_unknown");
}

/// With `%{approved_by}` in the project's template.
#[test]
fn gitlab_merge_with_approvers() {
    let message = "Merge branch 'topic' into 'main'\n\nWiden the network\n\nSee merge request net/stack!7\n\nApproved-by: Eve <eve@example.com>\nApproved-by: Bob <bob@example.com>";
    merged(BOB, BOB, message, "Ann; Bob asserted involved; Eve asserted; pass; !7", "");
}

/// A squash whose template has `%{reference}`, `%{approved_by}` and `%{merged_by}`.
#[test]
fn gitlab_squash() {
    let message = "Widen the network\n\nSee merge request net/stack!8\n\nApproved-by: Eve <eve@example.com>\nMerged-by: Bob <bob@example.com>";
    single(ANN, BOB, message, "Ann; Eve asserted; pass; !8", "");
}

/// Whoever merged is told by the template alone, and approved as well.
#[test]
fn gitlab_squash_approved_by_who_merged() {
    let message = "Widen the network\n\nSee merge request net/stack!9\n\nApproved-by: Eve <eve@example.com>\nMerged-by: Eve <eve@example.com>";
    let told = "Ann; Eve asserted involved; fail; !9\nbecause every approver also authored or merged the change";
    single(ANN, "GitLab <noreply@gitlab.com>", message, told, "self_approved");
}

/// Bitbucket's approvers are names, which tell nobody from a namesake.
#[test]
fn bitbucket_merge() {
    let message = "Merged in topic (pull request #33)\n\nWiden the network\n\nApproved-by: Eve";
    let told = "Ann; Eve asserted unresolved; Bob implied involved; unknown; #33\nbecause it cannot be told who the approver Eve is…";
    merged(BOB, BOB, message, told, "approval_unknown");
}

/// A name is known by the one who bears it in the same history.
#[test]
fn bitbucket_merge_with_a_known_approver() {
    let story = Story::new();
    story.write("main.tf", vpc("a", "1")).commit_as("one", EVE, EVE, "one");
    story.branch("topic");
    story.edit("two", "main.tf", &vpc("a", "2"));
    story.checkout("main");
    let message = "Merged in topic (pull request #33)\n\nWiden the network\n\nApproved-by: Eve";
    story.merge("merge", &["topic"], BOB, BOB, message);
    story.blame(
        &[],
        "aws_vpc.a: two in merge by Ann; Eve asserted; Bob implied involved; pass; #33
         added one: cidr_block
         changed two in merge: cidr_block",
    );
}

#[test]
fn bitbucket_data_center_merge() {
    let message = "Pull request #4: Widen the network\n\nMerge in NET/stack from topic to main\n\n* commit 'x':\n  two";
    let told = "Ann; Bob implied involved; unknown; #4";
    merged(BOB, BOB, message, told, "approval_unknown");
}

#[test]
fn azure_devops_merge() {
    let message = "Merged PR 5: Widen the network\n\nAs discussed.\n\nRelated work items: #9";
    merged(BOB, BOB, message, "Ann; Bob implied involved; unknown; PR 5", "approval_unknown");
}

#[test]
fn azure_devops_squash() {
    single(
        ANN,
        ANN,
        "Merged PR 6: Widen the network\n\nRelated work items: #9",
        "Ann; unknown; PR 6",
        "approval_unknown",
    );
}

/// Submitted by cherry-pick, with all footers.
#[test]
fn gerrit_footers() {
    let message = "Widen the network\n\nChange-Id: I0123456789\nReviewed-on: https://review.example/c/net/+/7\nReviewed-by: Eve <eve@example.com>\nTested-by: Zuul <zuul@example.com>";
    single(ANN, BOB, message, "Ann; Eve asserted; pass; https://review.example/c/net/+/7", "");
}

/// Notes tell more than footers: the vote, and who submitted. They are not cloned by themselves.
#[test]
fn gerrit_notes() {
    let story = Story::with("main.tf", &vpc("a", "1"));
    story.write("main.tf", vpc("a", "2"));
    story.commit_as("two", ANN, ANN, "Widen the network\n\nChange-Id: I0123456789\n");
    let note = "Code-Review+2: Bob <bob@example.com>\nCode-Review+1: Eve <eve@example.com>\nVerified+1: Zuul <zuul@example.com>\nSubmitted-by: Eve <eve@example.com>\nReviewed-on: https://review.example/c/net/+/7\n";
    story.git_as(BOB, BOB, &["notes", "--ref=review", "add", "-F", "-"], note.as_bytes());
    check(&story, "two", "two", 2, "Ann; Bob note; pass; I0123456789", "");
    let clone = story.cloned(&[]);
    let told = "Ann; unknown; I0123456789\nbecause I0123456789 is named, but Git holds no record of its approval";
    check(&clone, "two", "two", 2, told, "approval_unknown");
    clone.git(&["fetch", "-q", "origin", "refs/notes/*:refs/notes/*"]);
    check(&clone, "two", "two", 2, "Ann; Bob note; pass; I0123456789", "");
}

#[test]
fn linux_style() {
    let message = "net: widen\n\nSigned-off-by: Ann <ann@example.com>\nAcked-by: Bob <bob@example.com>\nTested-by: Bob <bob@example.com>\nReviewed-by: Eve <eve@example.com>\nSigned-off-by: Bob <bob@example.com>";
    single(ANN, BOB, message, "Ann; Eve asserted; pass", "");
}

#[test]
fn signed_off_only() {
    let message = "net: widen\n\nSigned-off-by: Ann <ann@example.com>\nSigned-off-by: Bob <bob@example.com>";
    single(ANN, ANN, message, "Ann; fail", "landed_without_approval");
}

#[test]
fn acknowledged_only() {
    single(ANN, ANN, "net: widen\n\nAcked-by: Bob <bob@example.com>", "Ann; fail", "landed_without_approval");
}

#[test]
fn approved_by_the_author() {
    single(
        ANN,
        ANN,
        "Widen\n\nApproved-by: Ann <ANN@Example.com>",
        "Ann; Ann asserted involved; fail",
        "self_approved",
    );
}

/// Dependabot's squash: who had it do so is not known, whoever approved.
#[test]
fn dependabot() {
    let message =
        "Bump aws from 5.0 to 5.1 (#40)\n\nReviewed-by: Bob <bob@example.com>\nReviewed-by: Eve <eve@example.com>";
    let told = "dependabot[bot]; Bob asserted; Eve asserted; unknown; #40\nbecause it cannot be told who had dependabot[bot] make the change…";
    single(DEP, WEB, message, told, "approval_unknown");
}

/// Renovate merging by itself, approved by another program: nobody approved.
#[test]
fn renovate_approved_by_a_program() {
    const RENOVATE: &str = "renovate[bot] <29139614+renovate[bot]@users.noreply.github.com>";
    let message = format!("Widen the network\n\nReviewed-by: {DEP}");
    let told =
        "renovate[bot] <29139614+renovate[bot]@users.noreply.github.com>; dependabot[bot] asserted not_a_person; fail";
    single(RENOVATE, RENOVATE, &message, told, "landed_without_approval");
}
