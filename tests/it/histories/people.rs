//! Who is who: mailmaps, namesakes, spellings.

use super::{ANN, BOB, Story, vpc};

/// One person under two addresses: the mailmap of the approved tree says so, and the approval is her own.
#[test]
fn mailmap_joins() {
    let story = Story::new();
    story.write(".mailmap", "Ann <ann@example.com> <ann@home.example>\n").write("main.tf", vpc("a", "1"));
    story.commit_as("one", "annie <ann@home.example>", BOB, "one\n\nReviewed-by: A. <ann@example.com>\n");
    // What lies in the work tree alone is not approved.
    story.write(".mailmap", "Somebody <other@example.com> <ann@home.example>\n");
    assert_eq!(story.git(&["show", "-s", "--format=%aN", "HEAD"]), "Somebody", "what git says of the work tree's");
    story.blame(
        &[],
        "aws_vpc.a: one by Ann; Ann asserted involved; fail
         added one: cidr_block",
    );
    story.audit(
        "exit 2: 1 landings, 1 commits
         one by Ann; Ann asserted involved; fail
         added aws_vpc.a: cidr_block - > \"1\"
         ! self_approved one",
    );
}

/// Two addresses under one name may be two persons or one.
#[test]
fn namesakes() {
    let story = Story::new();
    story.write("main.tf", vpc("a", "1"));
    story.commit_as("one", ANN, ANN, "one\n\nReviewed-by: Ann <ann@other.example>\n");
    story.blame(
        &[],
        "aws_vpc.a: one by Ann; Ann <ann@other.example> asserted unresolved; unknown
         because it cannot be told who the approver Ann <ann@other.example> is…
         added one: cidr_block",
    );
    story.audit(
        "exit 3: 1 landings, 1 commits
         one by Ann; Ann <ann@other.example> asserted unresolved; unknown
         added aws_vpc.a: cidr_block - > \"1\"
         ! approval_unknown one",
    );
    // The mailmap of the next commit settles it, for what landed before as well.
    story.edit("two", ".mailmap", "Ann <ann@example.com> <ann@other.example>\n");
    story.audit(
        "exit 2: 2 landings, 2 commits
         one by Ann; Ann asserted involved; fail
         added aws_vpc.a: cidr_block - > \"1\"
         ! self_approved one",
    );
}

/// The address that the forge gives to those who hide theirs is one person's, with its number or without.
#[test]
fn hidden_addresses() {
    let story = Story::new();
    story.write("main.tf", vpc("a", "1"));
    let ann = "Ann <1234+ann@users.noreply.github.com>";
    story.commit_as("one", ann, ann, "one\n\nReviewed-by: ann <ann@users.noreply.github.com>\n");
    story.audit(
        "exit 2: 1 landings, 1 commits
         one by Ann <1234+ann@users.noreply.github.com>; Ann <1234+ann@users.noreply.github.com> asserted involved; fail
         added aws_vpc.a: cidr_block - > \"1\"
         ! self_approved one",
    );
}

/// Trailers by git's own rules: any case, folded, only in the last paragraph, and the subject is none.
#[test]
fn trailers_by_the_rules_of_git() {
    for (message, told) in [
        ("one\n\nREVIEWED-BY: Bob\n  <bob@example.com>\n", "Ann; Bob asserted; pass"),
        ("Reviewed-by: Bob <bob@example.com>\n", "Ann; fail"),
        ("one\n\nReviewed-by: Bob <bob@example.com>\n\nmore text\n", "Ann; fail"),
        ("one\n\nsaid in passing:\nReviewed-by: Bob <bob@example.com>\nand so on\nand on\nand on\n", "Ann; fail"),
        ("one\n\n> Reviewed-by: Bob <bob@example.com>\n", "Ann; fail"),
        ("one\n\nReviewed-by:\n", "Ann; fail"),
    ] {
        let story = Story::new();
        story.write("main.tf", vpc("a", "1"));
        story.commit_as("one", ANN, ANN, message);
        let trailers = story.git(&["log", "-1", "--format=%(trailers:key=Reviewed-by,valueonly,unfold)"]);
        assert_eq!(trailers.contains("Bob"), told.contains("Bob"), "git on {message:?}");
        story.blame(&[], &format!("aws_vpc.a: one by {told}\nadded one: cidr_block"));
    }
}

/// Three persons of one name, one address given in two spellings.
#[test]
fn address_in_another_case_is_the_same_person() {
    let story = Story::new();
    story.write("main.tf", vpc("a", "1"));
    let co = "one\n\nCo-authored-by: bob <BOB@EXAMPLE.COM>\nReviewed-by: Bob <bob@example.com>\n";
    story.commit_as("one", ANN, ANN, co);
    let document = story.driftline(&["blame", "--report", "json"]).json();
    let found = &document["resources"][0]["attribution"];
    assert_eq!(found["authors"].as_array().map(Vec::len), Some(2));
    assert_eq!(found["segregation"], "fail");
    assert_eq!(found["approvers"][0]["standing"], "involved");
}
