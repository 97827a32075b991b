//! Who approved, and what that is worth.

use super::repository::{ANN, BOB, EVE, Repository, WEB, git_trailers};
use super::{id, vpc};
use crate::model::{Assurance, Attribution, Segregation};

/// What a block is attributed to whose last change is this plain commit.
fn plain(author: &str, committer: &str, message: &str) -> Attribution {
    let repository = Repository::new();
    repository.write("main.tf", &vpc("a", "1")).commit_as(author, committer, message);
    repository.history().attribution(&id("resource.aws_vpc.a"))
}

/// What a block is attributed to that a branch by Ann changed and this merge brought in.
fn merged(author: &str, committer: &str, message: &str) -> Attribution {
    let repository = Repository::new();
    repository.commit_file("main.tf", &vpc("a", "1"), "one");
    repository.branch("topic", "main");
    repository.commit_file("main.tf", &vpc("a", "2"), "two\n\nReviewed-by: Eve <eve@example.com>\n");
    repository.checkout("main");
    repository.git_as(author, committer, &["merge", "-q", "--no-ff", "-m", message, "topic"], b"");
    repository.history().attribution(&id("resource.aws_vpc.a"))
}

#[track_caller]
fn check(found: &Attribution, segregation: Segregation, approvers: &[(&str, Assurance)], pull_request: Option<&str>) {
    let names: Vec<_> = found.approvers.iter().map(|one| (one.identity.as_str(), one.assurance)).collect();
    assert_eq!(
        (found.segregation, &names[..], found.pull_request.as_deref()),
        (segregation, approvers, pull_request),
        "{:?}",
        found.reason
    );
}

#[test]
fn pushed_directly() {
    let found = plain(ANN, ANN, "one");
    check(&found, Segregation::Fail, &[], None);
    assert!(found.reason.is_some_and(|reason| reason.contains("directly")));
}

#[test]
fn reviewed_in_a_trailer() {
    let found = plain(ANN, ANN, "one (#3)\n\ntext\n\nReviewed-by: Bob <bob@example.com>\n");
    check(&found, Segregation::Pass, &[(BOB, Assurance::Asserted)], Some("#3"));
    assert_eq!(found.reason, None);
    let own = plain(ANN, ANN, "one\n\nApproved-by: Ann <ANN@example.com>\n");
    check(&own, Segregation::Fail, &[(ANN, Assurance::Asserted)], None);
}

#[test]
fn trailers_that_approve_nothing() {
    let message = "one\n\nSigned-off-by: Bob <bob@example.com>\nAcked-by: Eve <eve@example.com>\n";
    check(&plain(ANN, ANN, message), Segregation::Fail, &[], None);
    let co_author = "one\n\nCo-authored-by: Bob <bob@example.com>\nReviewed-by: Bob <bob@example.com>\n";
    let found = plain(ANN, ANN, co_author);
    check(&found, Segregation::Fail, &[(BOB, Assurance::Asserted)], None);
    assert_eq!(found.authors, [ANN, BOB]);
}

#[test]
fn trailers_out_of_a_squashed_body_do_not_count() {
    let body = "Title (#5)\n\n* first\n\nReviewed-by: Bob <bob@example.com>\n\n* second\n\nlast words\n";
    assert_eq!(git_trailers(body), Vec::<String>::new());
    check(&plain(ANN, BOB, body), Segregation::Unknown, &[], Some("#5"));
}

#[test]
fn merged_by_a_second_person() {
    check(&merged(BOB, BOB, "merge"), Segregation::Fail, &[(BOB, Assurance::Implied)], None);
    let message = "Merge pull request #8 from x/topic\n\nTitle\n";
    let found = merged(BOB, WEB, message);
    check(&found, Segregation::Unknown, &[(BOB, Assurance::Implied)], Some("#8"));
    assert_eq!(found.authors, [ANN]);
    check(&merged(ANN, WEB, message), Segregation::Unknown, &[], Some("#8"));
    let gitlab = "Merge branch 'topic' into 'main'\n\nTitle\n\nSee merge request group/project!4\n\nApproved-by: Eve <eve@example.com>\n";
    let approvers = [(EVE, Assurance::Asserted), (BOB, Assurance::Implied)];
    check(&merged(BOB, BOB, gitlab), Segregation::Pass, &approvers, Some("!4"));
    let own = [(EVE, Assurance::Asserted)];
    check(&merged(ANN, ANN, gitlab), Segregation::Pass, &own, Some("!4"));
}

#[test]
fn squashed_on_the_forges_pages() {
    let found = plain(ANN, WEB, "Title (#9)\n\nReviewed-by: Bob <bob@example.com>\n");
    check(&found, Segregation::Unknown, &[(BOB, Assurance::Asserted)], Some("#9"));
    let two = "Title (#9)\n\nReviewed-by: Bob <bob@example.com>\nReviewed-by: Eve <eve@example.com>\n";
    let approvers = [(BOB, Assurance::Asserted), (EVE, Assurance::Asserted)];
    check(&plain(ANN, WEB, two), Segregation::Pass, &approvers, Some("#9"));
    check(&plain(ANN, WEB, "Edit main.tf"), Segregation::Unknown, &[], None);
}

#[test]
fn the_mailmap_of_the_approved_tree_decides() {
    let repository = Repository::new();
    repository.write(".mailmap", "Ann <ann@example.com> <ann@home>\n");
    repository.write("main.tf", &vpc("a", "1"));
    repository.commit_as("annie <ann@home>", BOB, "one\n\nReviewed-by: A. <ann@example.com>\n");
    // What lies in the work tree is not approved.
    repository.write(".mailmap", "Ann <other@example.com> <ann@home>\n");
    let found = repository.history().attribution(&id("resource.aws_vpc.a"));
    assert_eq!(found.authors, [ANN]);
    check(&found, Segregation::Fail, &[(ANN, Assurance::Asserted)], None);
}

#[test]
fn all_authors_of_a_merge_are_requesters() {
    let repository = Repository::new();
    repository.commit_file("main.tf", &vpc("a", "1"), "one");
    repository.branch("topic", "main");
    repository.commit_file("main.tf", &vpc("a", "2"), "two");
    repository.write("other.txt", "x").commit_as(BOB, BOB, "unrelated\n\nCo-Authored-By: Eve <eve@example.com>\n");
    repository.checkout("main");
    let merge = "merge\n\nReviewed-by: Bob <bob@example.com>\n";
    repository.merge(&["topic"], ANN, merge);
    let found = repository.history().attribution(&id("resource.aws_vpc.a"));
    assert_eq!(found.authors, [ANN, BOB, EVE]);
    check(&found, Segregation::Fail, &[(BOB, Assurance::Asserted)], None);
}

#[test]
fn signed_commits_are_not_taken_for_verified() {
    let repository = Repository::new();
    repository.write("main.tf", &vpc("a", "1"));
    repository.git(&["add", "-A"]);
    let tree = repository.git(&["write-tree"]);
    let person = "Ann <ann@example.com> 1700000000 +0000";
    let commit = format!(
        "tree {tree}\nauthor {person}\ncommitter {person}\ngpgsig -----BEGIN SSH SIGNATURE-----\n x\n -----END SSH SIGNATURE-----\n\none\n\nReviewed-by: Bob <bob@example.com>\n"
    );
    let hash = repository.git_as(ANN, ANN, &["hash-object", "-t", "commit", "-w", "--stdin"], commit.as_bytes());
    let found = repository.history_at(&hash).attribution(&id("resource.aws_vpc.a"));
    check(&found, Segregation::Pass, &[(BOB, Assurance::Asserted)], None);
    assert!(found.reason.is_some_and(|reason| reason.contains("not verified")));
}

#[test]
fn review_notes_of_gerrit() {
    let repository = Repository::new();
    repository.write("main.tf", &vpc("a", "1"));
    let one = repository.commit(
        "one\n\nChange-Id: I0123\nReviewed-on: https://review.example/c/1\nReviewed-by: Bob <bob@example.com>\n",
    );
    let note = "Code-Review+2: Bob <bob@example.com>\nCode-Review+1: Eve <eve@example.com>\nSubmitted-by: Eve <eve@example.com>\n";
    repository.git_as(ANN, ANN, &["notes", "--ref=review", "add", "-F", "-", &one], note.as_bytes());
    let found = repository.history().attribution(&id("resource.aws_vpc.a"));
    check(&found, Segregation::Pass, &[(BOB, Assurance::Note)], Some("https://review.example/c/1"));
    // Clones leave notes behind.
    let cloned = repository.cloned(&[]).history().attribution(&id("resource.aws_vpc.a"));
    check(&cloned, Segregation::Pass, &[(BOB, Assurance::Asserted)], Some("https://review.example/c/1"));
}

#[test]
fn notes_by_the_thousand() {
    let repository = Repository::new();
    let one = repository.commit_file("main.tf", &vpc("a", "1"), "one");
    // Fanned out as Git does for many notes.
    let note =
        repository.git_as(ANN, ANN, &["hash-object", "-w", "--stdin"], b"Code-Review+2: Bob <bob@example.com>\n");
    let leaf = repository.git_as(ANN, ANN, &["mktree"], format!("100644 blob {note}\t{}\n", &one[2..]).as_bytes());
    let root = repository.git_as(ANN, ANN, &["mktree"], format!("040000 tree {leaf}\t{}\n", &one[..2]).as_bytes());
    let commit = repository.git(&["commit-tree", "-m", "notes", &root]);
    repository.git(&["update-ref", "refs/notes/review", &commit]);
    let found = repository.history().attribution(&id("resource.aws_vpc.a"));
    check(&found, Segregation::Pass, &[(BOB, Assurance::Note)], None);
}
