//! Declaring and landing commits where history has branches.

use super::repository::{ANN, BOB, EVE, Repository};
use super::{EventKind, check, check_events, id, vpc};
use EventKind::{Added, Changed, Removed};

/// Two files, so that branches do not conflict.
fn start() -> (Repository, String) {
    let repository = Repository::new();
    repository.write("a.tf", &vpc("a", "1"));
    let one = repository.commit_file("b.tf", &vpc("b", "1"), "one");
    (repository, one)
}

#[test]
fn a_merge_lands_what_its_branch_declared() {
    let (repository, one) = start();
    repository.branch("topic", "main");
    let size = repository.commit_file("a.tf", &vpc("a", "2"), "size");
    repository.commit_file("other.txt", "x", "nothing");
    repository.checkout("main");
    let trunk = repository.commit_file("b.tf", &vpc("b", "2"), "trunk");
    let merge = repository.merge(&["topic"], BOB, "Merge pull request #12 from x/topic");
    let history = repository.history();
    check(&history, "resource.aws_vpc.a", &size, &merge);
    check(&history, "resource.aws_vpc.b", &trunk, &trunk);
    check_events(
        &history,
        "resource.aws_vpc.a",
        &[(Added, &one, &one, "cidr_block"), (Changed, &size, &merge, "cidr_block")],
    );
    assert_eq!(history.attribution(&id("resource.aws_vpc.a")).pull_request.as_deref(), Some("#12"));
}

/// The trap of `rev-list --first-parent --ancestry-path`.
#[test]
fn the_landing_is_the_oldest_that_has_the_commit() {
    let (repository, _) = start();
    repository.branch("topic", "main");
    let size = repository.commit_file("a.tf", &vpc("a", "2"), "size 2");
    repository.checkout("main");
    let other = repository.commit_file("b.tf", &vpc("b", "7"), "other (#7)");
    let merge = repository.merge(&["topic"], BOB, "Merge pull request #12");
    repository.rename("a.tf", "moved.tf").commit("move file (#13)");
    let history = repository.history();
    check(&history, "resource.aws_vpc.a", &size, &merge);
    check(&history, "resource.aws_vpc.b", &other, &other);
}

#[test]
fn back_and_forth_in_a_branch_is_declared_by_the_last() {
    let (repository, _) = start();
    repository.branch("topic", "main");
    repository.commit_file("a.tf", &vpc("a", "2"), "two");
    repository.commit_file("a.tf", &vpc("a", "3"), "three");
    let last = repository.commit_file("a.tf", &vpc("a", "2"), "two again");
    repository.commit_file("a.tf", &format!("# comment\n{}", vpc("a", "2")), "comment");
    repository.checkout("main");
    let merge = repository.merge(&["topic"], ANN, "merge");
    check(&repository.history(), "resource.aws_vpc.a", &last, &merge);
}

#[test]
fn nothing_in_the_end_is_no_event() {
    let (repository, one) = start();
    repository.branch("topic", "main");
    repository.commit_file("a.tf", &vpc("a", "2"), "two");
    repository.git(&["revert", "--no-edit", "HEAD"]);
    repository.checkout("main");
    repository.merge(&["topic"], ANN, "merge");
    let history = repository.history();
    check(&history, "resource.aws_vpc.a", &one, &one);
    assert_eq!(history.events(&id("resource.aws_vpc.a")).len(), 1);
}

#[test]
fn evil_merges_declare() {
    let (repository, _) = start();
    repository.branch("topic", "main");
    let size = repository.commit_file("a.tf", &vpc("a", "2"), "size");
    repository.checkout("main");
    repository.merge(&["topic"], BOB, "merge");
    repository.write("b.tf", &vpc("b", "evil"));
    let merge = repository.amend_merge(BOB);
    let history = repository.history();
    check(&history, "resource.aws_vpc.b", &merge, &merge);
    check(&history, "resource.aws_vpc.a", &size, &merge);
    assert_eq!(history.attribution(&id("resource.aws_vpc.a")).authors, [ANN]);
    assert_eq!(history.attribution(&id("resource.aws_vpc.b")).authors, [ANN, BOB]);
}

#[test]
fn a_merge_that_takes_the_older_side_declares() {
    let (repository, _) = start();
    repository.branch("topic", "main");
    repository.commit_file("other.txt", "x", "topic");
    repository.checkout("main");
    repository.commit_file("a.tf", &vpc("a", "2"), "trunk");
    repository.merge(&["topic"], BOB, "merge");
    repository.write("a.tf", &vpc("a", "1"));
    let merge = repository.amend_merge(BOB);
    check(&repository.history(), "resource.aws_vpc.a", &merge, &merge);
}

#[test]
fn a_conflict_resolved_anew_is_declared_by_the_merge() {
    let (repository, _) = start();
    repository.branch("topic", "main");
    let both = format!("{}{}", vpc("a", "2"), vpc("c", "1"));
    let topic = repository.commit_file("a.tf", &both, "topic");
    repository.checkout("main");
    repository.commit_file("a.tf", &vpc("a", "3"), "trunk");
    repository.git(&["merge", "-q", "-s", "ours", "--no-ff", "-m", "merge", "topic"]);
    repository.write("a.tf", &format!("{}{}", vpc("a", "4"), vpc("c", "1")));
    let merge = repository.amend_merge(ANN);
    let history = repository.history();
    check(&history, "resource.aws_vpc.a", &merge, &merge);
    check(&history, "resource.aws_vpc.c", &topic, &merge);
}

#[test]
fn nested_and_back_merges() {
    let (repository, _) = start();
    repository.branch("inner", "main");
    let inner = repository.commit_file("a.tf", &vpc("a", "2"), "inner");
    repository.branch("outer", "main");
    let outer = repository.commit_file("c.tf", &vpc("c", "1"), "outer");
    repository.merge(&["inner"], ANN, "inner into outer");
    repository.checkout("main");
    let trunk = repository.commit_file("b.tf", &vpc("b", "2"), "trunk");
    repository.checkout("outer");
    repository.merge(&["main"], ANN, "main into outer");
    repository.commit_file("d.tf", &vpc("d", "1"), "more");
    repository.checkout("main");
    let merge = repository.merge(&["outer"], BOB, "Merge pull request #1");
    let history = repository.history();
    check(&history, "resource.aws_vpc.a", &inner, &merge);
    check(&history, "resource.aws_vpc.b", &trunk, &trunk);
    check(&history, "resource.aws_vpc.c", &outer, &merge);
    assert_eq!(history.events(&id("resource.aws_vpc.b")).len(), 2);
}

#[test]
fn octopus() {
    let (repository, _) = start();
    let mut commits = Vec::new();
    for (name, author) in [("c", ANN), ("d", BOB), ("e", EVE)] {
        repository.branch(name, "main");
        repository.write(&format!("{name}.tf"), &vpc(name, "1"));
        commits.push(repository.commit_as(author, author, name));
    }
    repository.checkout("main");
    let merge = repository.merge(&["c", "d", "e"], ANN, "octopus");
    let history = repository.history();
    for (name, commit) in ["c", "d", "e"].iter().zip(&commits) {
        check(&history, &format!("resource.aws_vpc.{name}"), commit, &merge);
    }
    assert_eq!(history.attribution(&id("resource.aws_vpc.d")).authors, [ANN, BOB, EVE]);
}

/// After `git pull` on the approved branch its former commits are the second side of the merge.
#[test]
fn foxtrot() {
    let (repository, one) = start();
    repository.branch("upstream", "main");
    let upstream = repository.commit_file("a.tf", &vpc("a", "2"), "upstream");
    repository.checkout("main");
    let local = repository.commit_file("b.tf", &vpc("b", "2"), "local");
    let merge = repository.merge(&["upstream"], ANN, "Merge branch 'main' of https://example.com/r");
    let history = repository.history();
    check(&history, "resource.aws_vpc.a", &upstream, &merge);
    check(&history, "resource.aws_vpc.b", &local, &local);
    check_events(
        &history,
        "resource.aws_vpc.a",
        &[(Added, &one, &one, "cidr_block"), (Changed, &upstream, &merge, "cidr_block")],
    );
}

#[test]
fn squash_rebase_and_fast_forward() {
    let (repository, _) = start();
    repository.branch("topic", "main");
    repository.commit_file("a.tf", &vpc("a", "2"), "first");
    repository.commit_file("a.tf", &vpc("a", "3"), "second");
    repository.checkout("main");
    repository.git(&["merge", "-q", "--squash", "topic"]);
    let squash = repository.commit("Sizes (#4)\n\n* first\n\n* second\n");
    check(&repository.history(), "resource.aws_vpc.a", &squash, &squash);

    repository.branch("second", "main");
    let ahead = repository.commit_file("b.tf", &vpc("b", "2"), "b");
    repository.checkout("main");
    repository.git(&["merge", "-q", "--ff-only", "second"]);
    check(&repository.history(), "resource.aws_vpc.b", &ahead, &ahead);

    repository.branch("third", "main~1");
    repository.commit_file("c.tf", &vpc("c", "2"), "c");
    repository.git(&["rebase", "-q", "main"]);
    let rebased = repository.head();
    repository.checkout("main");
    repository.git(&["merge", "-q", "--ff-only", "third"]);
    check(&repository.history(), "resource.aws_vpc.c", &rebased, &rebased);
}

#[test]
fn removals_land_with_merges_too() {
    let (repository, one) = start();
    repository.branch("topic", "main");
    repository.remove("a.tf");
    let gone = repository.commit("gone");
    repository.commit_file("x.txt", "x", "later");
    repository.checkout("main");
    let merge = repository.merge(&["topic"], ANN, "merge");
    let history = repository.history();
    check(&history, "resource.aws_vpc.a", &gone, &merge);
    check_events(&history, "resource.aws_vpc.a", &[(Added, &one, &one, "cidr_block"), (Removed, &gone, &merge, "")]);
}

#[test]
fn unrelated_histories() {
    let (repository, _) = start();
    repository.git(&["checkout", "-q", "--orphan", "other"]);
    repository.git(&["rm", "-q", "-rf", "."]);
    let other = repository.commit_file("sub/main.tf", &vpc("s", "1"), "other root");
    repository.checkout("main");
    repository.git(&["merge", "-q", "--allow-unrelated-histories", "-m", "join", "other"]);
    let merge = repository.head();
    check(&repository.history(), "sub:resource.aws_vpc.s", &other, &merge);
}

/// Dates are claims: a history whose dates run backwards is attributed the same.
#[test]
fn dates_do_not_order() {
    let (repository, _) = start();
    repository.branch("topic", "main");
    repository.write("a.tf", &vpc("a", "2"));
    repository.git(&["add", "-A"]);
    repository.git(&["-c", "user.name=x", "commit", "-q", "-m", "past", "--date=1970-01-02T00:00:00Z"]);
    let past = repository.head();
    repository.checkout("main");
    let merge = repository.merge(&["topic"], ANN, "merge");
    check(&repository.history(), "resource.aws_vpc.a", &past, &merge);
}

/// Lines answer the same question where each block is changed as a whole and by lines of its own.
#[test]
fn agrees_with_blame_by_lines() {
    let (repository, _) = start();
    for round in 0..6 {
        let topic = format!("topic{round}");
        repository.branch(&topic, "main");
        for file in ["a", "b"] {
            if (round + file.len()) % 2 == 1 || file == "a" {
                repository.commit_file(&format!("{file}.tf"), &vpc(file, &format!("{round}{file}")), "change");
            }
        }
        repository.checkout("main");
        repository.merge(&[&topic], BOB, "merge");
    }
    let history = repository.history();
    for file in ["a", "b"] {
        let blame = repository.git(&["blame", "--porcelain", "-L2,2", &format!("{file}.tf")]);
        let declaring = blame.split(' ').next().expect("a hash");
        let log = repository.git(&["log", "-1", "--format=%H", "--no-patch", "-L", &format!("2,2:{file}.tf")]);
        let on_chain = repository.git(&["rev-list", "--first-parent", "--reverse", "HEAD"]);
        let has = |commit: &&str| {
            let merged = repository.git(&["rev-list", commit]);
            merged.lines().any(|line| line == declaring)
        };
        let landing = on_chain.lines().find(has).expect("a landing");
        assert_eq!(log.lines().next(), Some(declaring));
        check(&history, &format!("resource.aws_vpc.{file}"), declaring, landing);
    }
}
