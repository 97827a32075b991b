//! Histories that are cut, damaged, odd or hostile.

use super::repository::{ANN, BOB, Repository};
use super::{check, check_events, check_unknown, events, id, vpc};
use crate::attribute::{AttributeError, EventKind, history};
use crate::model::Segregation;
use EventKind::{Added, Changed};

#[test]
fn shallow_clones() {
    let repository = Repository::new();
    repository.commit_file("main.tf", &format!("{}{}", vpc("a", "1"), vpc("b", "1")), "one");
    repository.commit_file("main.tf", &format!("{}{}", vpc("a", "2"), vpc("b", "1")), "two");
    let three = repository.commit_file("main.tf", &format!("{}{}", vpc("a", "3"), vpc("b", "1")), "three");
    let shallow = repository.cloned(&["--depth", "2"]);
    let history = shallow.history();
    check(&history, "resource.aws_vpc.a", &three, &three);
    check_unknown(&history, "resource.aws_vpc.b", "git fetch --unshallow");
    check_unknown(&history, "resource.aws_vpc.never", "git fetch --unshallow");
    assert!(history.incomplete().is_some());
    let tip_only = repository.cloned(&["--depth", "1"]).history();
    check_unknown(&tip_only, "resource.aws_vpc.a", "git fetch --unshallow");
    assert!(tip_only.events(&id("resource.aws_vpc.a")).is_empty());
    assert!(tip_only.is_declared(&id("resource.aws_vpc.a")));
}

#[test]
fn shallow_clones_of_merges() {
    let repository = Repository::new();
    repository.write("a.tf", &vpc("a", "1"));
    repository.commit_file("b.tf", &vpc("b", "1"), "one");
    repository.branch("topic", "main");
    repository.commit_file("a.tf", &vpc("a", "2"), "two");
    repository.commit_file("x.txt", "1", "three");
    let late = repository.commit_file("b.tf", &vpc("b", "2"), "four");
    repository.commit_file("x.txt", "2", "five");
    repository.checkout("main");
    repository.commit_file("y.txt", "1", "trunk");
    let merge = repository.merge(&["topic"], BOB, "merge");
    let history = repository.cloned(&["--depth", "4"]).history();
    // Both landed here, but what declared one is out of sight, and so are some of the authors of both.
    check_unknown(&history, "resource.aws_vpc.a", "git fetch --unshallow");
    check(&history, "resource.aws_vpc.b", &late, &merge);
    let found = history.attribution(&id("resource.aws_vpc.b"));
    assert_eq!(found.segregation, Segregation::Unknown);
    assert!(found.approvers.is_empty());
}

#[test]
fn shallow_clones_whose_side_is_whole() {
    let repository = Repository::new();
    repository.commit_file("a.tf", &vpc("a", "1"), "zero");
    repository.commit_file("x.txt", "1", "one");
    repository.branch("topic", "main");
    let two = repository.commit_file("a.tf", &vpc("a", "2"), "two");
    repository.checkout("main");
    let merge = repository.merge(&["topic"], BOB, "merge");
    let history = repository.cloned(&["--depth", "3"]).history();
    check(&history, "resource.aws_vpc.a", &two, &merge);
    assert_eq!(history.attribution(&id("resource.aws_vpc.a")).segregation, Segregation::Fail);
}

#[test]
fn partial_clones_without_blobs() {
    let repository = Repository::new();
    repository.write("old.tf", &vpc("o", "1"));
    let one = repository.commit_file("a.tf", &format!("{}{}", vpc("a", "1"), vpc("b", "1")), "one");
    repository.commit_file("a.tf", &format!("{}{}", vpc("a", "2"), vpc("b", "1")), "two");
    let three = repository.commit_file("c.tf", &vpc("c", "1"), "three");
    let partial = repository.cloned(&["--filter=blob:none"]);
    let history = partial.history();
    check(&history, "resource.aws_vpc.o", &one, &one);
    check(&history, "resource.aws_vpc.c", &three, &three);
    check_unknown(&history, "resource.aws_vpc.a", "not in this clone");
    check_unknown(&history, "resource.aws_vpc.b", "not in this clone");
    let bare = repository.cloned(&["--filter=blob:none", "--bare"]).history();
    check_unknown(&bare, "resource.aws_vpc.c", "not in");
}

#[test]
fn partial_clones_without_trees() {
    let repository = Repository::new();
    repository.commit_file("d/a.tf", &vpc("a", "1"), "one");
    repository.commit_file("d/a.tf", &vpc("a", "2"), "two");
    let history = repository.cloned(&["--filter=tree:0"]).history();
    check_unknown(&history, "d:resource.aws_vpc.a", "not in this clone");
    let bare = repository.cloned(&["--filter=tree:0", "--bare"]);
    let tip = bare.head().parse().expect("a hash");
    assert!(matches!(history_of(&bare, tip), Err(AttributeError::Tree { .. })));
}

fn history_of(repository: &Repository, tip: gix::ObjectId) -> Result<crate::attribute::History, AttributeError> {
    history(&repository.open(), tip, &[], None)
}

#[test]
fn a_lost_blob_leaves_only_its_file_unknown() {
    let repository = Repository::new();
    repository.write("b.tf", &vpc("b", "1"));
    let one = repository.commit_file("a.tf", &vpc("a", "1"), "one");
    repository.commit_file("a.tf", &vpc("a", "2"), "two");
    let lost = repository.git(&["rev-parse", "HEAD:a.tf"]);
    repository.commit_file("a.tf", &vpc("a", "1"), "three");
    let four = repository.commit_file("c.tf", &vpc("c", "1"), "four");
    std::fs::remove_file(repository.path().join(".git/objects").join(&lost[..2]).join(&lost[2..]))
        .expect("a loose blob");
    let history = repository.history();
    check_unknown(&history, "resource.aws_vpc.a", "not in this clone");
    check(&history, "resource.aws_vpc.b", &one, &one);
    let five = repository.commit_file("a.tf", &vpc("a", "5"), "five");
    check(&repository.history(), "resource.aws_vpc.a", &five, &five);
    check(&history, "resource.aws_vpc.c", &four, &four);
}

#[test]
fn lost_commits_cut_history() {
    let repository = Repository::new();
    let one = repository.commit_file("a.tf", &vpc("a", "1"), "one");
    repository.commit_file("x.txt", "x", "two");
    let three = repository.commit_file("b.tf", &vpc("b", "1"), "three");
    std::fs::remove_file(repository.path().join(".git/objects").join(&one[..2]).join(&one[2..]))
        .expect("a loose commit");
    let history = repository.history();
    check_unknown(&history, "resource.aws_vpc.a", "not in this clone");
    check(&history, "resource.aws_vpc.b", &three, &three);
}

#[test]
fn unparseable_versions_are_passed_over() {
    let repository = Repository::new();
    let both = |a: &str, b: &str| format!("{}{}", vpc("a", a), vpc("b", b));
    let one = repository.commit_file("main.tf", &both("1", "1"), "one");
    let broken = repository.commit_file("main.tf", &format!("<<<<<<< HEAD\n{}", both("1", "1")), "broken");
    repository.rename("main.tf", "other.tf").commit("renamed while broken");
    let repaired = repository.commit_file("other.tf", &both("1", "2"), "repaired");
    let history = repository.history();
    check(&history, "resource.aws_vpc.a", &one, &one);
    check_events(&history, "resource.aws_vpc.a", &[(Added, &one, &one, "cidr_block")]);
    check_events(
        &history,
        "resource.aws_vpc.b",
        &[(Added, &one, &one, "cidr_block"), (Changed, &repaired, &repaired, "cidr_block")],
    );
    let note = &history.unparseable()[0];
    assert_eq!((note.file.as_str(), &*note.commit), ("main.tf", broken.as_str()));
    assert!(note.cause.contains("line 1"), "{}", note.cause);
}

#[test]
fn unparseable_versions_within_a_merged_branch() {
    let repository = Repository::new();
    let both = |a: &str, b: &str| format!("{}{}", vpc("a", a), vpc("b", b));
    repository.commit_file("main.tf", &both("1", "1"), "one");
    repository.branch("topic", "main");
    let first = repository.commit_file("main.tf", &both("2", "1"), "two");
    repository.commit_file("main.tf", "resource {{{", "broken");
    repository.commit_file("main.tf", "resource {{", "still broken");
    let repaired = repository.commit_file("main.tf", &both("2", "2"), "repaired");
    repository.commit_file("main.tf", &format!("{}# x\n", both("2", "2")), "comment");
    repository.checkout("main");
    let merge = repository.merge(&["topic"], ANN, "merge");
    let history = repository.history();
    check(&history, "resource.aws_vpc.a", &first, &merge);
    check(&history, "resource.aws_vpc.b", &repaired, &merge);
}

#[test]
fn a_tip_that_cannot_be_parsed_keeps_what_was() {
    let repository = Repository::new();
    let one = repository.commit_file("main.tf", &vpc("a", "1"), "one");
    repository.write("main.tf", "\u{0}\u{1b}[31m{").commit("broken");
    std::fs::write(repository.path().join("bytes.tf"), b"\xff\xfe").expect("a file");
    repository.commit("bytes");
    let history = repository.history();
    check(&history, "resource.aws_vpc.a", &one, &one);
    assert_eq!(history.unparseable().len(), 2);
}

#[test]
fn hostile_messages_and_names() {
    let repository = Repository::new();
    repository.write("main.tf", &vpc("a", "1"));
    let long = "x".repeat(5_000_000);
    let message =
        format!("\u{1b}]0;evil\u{7}\u{202e} {long}\n\n{long}\n\nReviewed-by: \u{1b}[2J{} <b@x>\n", "y".repeat(100_000));
    repository.commit_as(&format!("A\u{1b}[31m{} <ann@x>", "n".repeat(5_000)), ANN, &message);
    let found = repository.history().attribution(&id("resource.aws_vpc.a"));
    assert_eq!(found.subject.map(|subject| subject.chars().count()), Some(200));
    assert!(
        found
            .authors
            .iter()
            .chain(found.approvers.iter().map(|one| &one.identity))
            .all(|text| text.chars().count() < 300)
    );
    assert_eq!(found.approvers.len(), 1);
}

/// Commits as no `git commit` would write them.
#[test]
fn malformed_commits() {
    let repository = Repository::new();
    repository.write("main.tf", &vpc("a", "1"));
    repository.git(&["add", "-A"]);
    let tree = repository.git(&["write-tree"]);
    let raw = |author: &str, time: &str, message: &str| {
        let commit = format!("tree {tree}\nauthor {author} {time} +0000\ncommitter {author} {time} +0000\n\n{message}");
        repository.git_as(ANN, ANN, &["hash-object", "-t", "commit", "-w", "--stdin", "--literally"], commit.as_bytes())
    };
    for (author, time, message) in [
        (" <>", "0", ""),
        ("A <a@x>", "99999999999999", "one\u{0}two\n\nReviewed-by: B\u{0} <b@x>\n"),
        ("A <a@x>", "-1", "\n\n\n"),
        ("A <<>> <a@x>", "1", "x"),
        ("A <a@x>", "99999999999999999999999", "x"),
    ] {
        let hash = raw(author, time, message);
        let repository = repository.open();
        match history(&repository, hash.parse().expect("a hash"), &[], None) {
            Ok(history) => {
                let found = history.attribution(&id("resource.aws_vpc.a"));
                assert_eq!(found.approving_commit, Some(hash), "{author} {time}");
            }
            Err(error) => assert!(matches!(error, AttributeError::Tip { .. }), "{author} {time}"),
        }
    }
}

#[test]
fn submodules_symbolic_links_and_odd_entries() {
    let repository = Repository::new();
    let one = repository.commit_file("main.tf", &vpc("a", "1"), "one");
    let other = Repository::new();
    other.commit_file("main.tf", &vpc("s", "1"), "inner");
    let url = format!("file://{}", other.path().display());
    repository.git(&["submodule", "--quiet", "add", &url, "sub.tf"]);
    std::os::unix::fs::symlink("main.tf", repository.path().join("link.tf")).expect("a link");
    repository.write("dir.tf/inner.tf", &vpc("d", "1"));
    let two = repository.commit("two");
    let history = repository.history();
    check(&history, "resource.aws_vpc.a", &one, &one);
    check(&history, "dir.tf:resource.aws_vpc.d", &two, &two);
    check(&history, "sub.tf:submodule", &two, &two);
    assert_eq!(history.blocks().count(), 3);
}

#[test]
fn files_that_become_directories() {
    let repository = Repository::new();
    repository.commit_file("x.tf", &vpc("a", "1"), "one");
    repository.remove("x.tf").write("x.tf/y.tf", &vpc("a", "2"));
    let two = repository.commit("two");
    let history = repository.history();
    check(&history, "x.tf:resource.aws_vpc.a", &two, &two);
    check(&history, "resource.aws_vpc.a", &two, &two);
}

#[test]
fn tips() {
    let repository = Repository::new();
    let null = gix::ObjectId::null(gix::hash::Kind::Sha1);
    assert!(matches!(history_of(&repository, null), Err(AttributeError::Tip { .. })));
    let one = repository.commit_file("main.tf", &vpc("a", "1"), "one");
    repository.git(&["tag", "-a", "-m", "tag", "v1"]);
    repository.git(&["tag", "-a", "-m", "tag of a tag", "v2", "v1"]);
    repository.commit_file("main.tf", &vpc("a", "2"), "two");
    check(&repository.history_at("v2"), "resource.aws_vpc.a", &one, &one);
    let blob = repository.git(&["rev-parse", "HEAD:main.tf"]).parse().expect("a hash");
    let error = history_of(&repository, blob).expect_err("a blob is no commit");
    assert!(error.to_string().contains("it is a blob"), "{error}");
    let empty = Repository::new();
    empty.commit("nothing");
    assert_eq!(empty.history().blocks().count(), 0);
}

#[test]
fn many_events_of_one_block() {
    let repository = Repository::new();
    for round in 0..20 {
        repository.commit_file("main.tf", &vpc("a", &round.to_string()), "x");
    }
    assert_eq!(events(&repository.history(), "resource.aws_vpc.a").len(), 20);
}
