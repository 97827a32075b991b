//! Blocks that change their place and nothing else.

use super::repository::{ANN, Repository};
use super::{BlockId, EventKind, check, check_events, events, id, vpc};
use EventKind::{Added, Changed, Moved, Removed};

#[test]
fn renamed_files_and_blocks_moved_between_files_are_no_event() {
    let repository = Repository::new();
    let one = repository.commit_file("main.tf", &format!("{}{}", vpc("a", "1"), vpc("b", "1")), "one");
    repository.rename("main.tf", "network.tf").commit("rename");
    repository.write("network.tf", &vpc("a", "1")).commit_file("more.tf", &vpc("b", "1"), "split");
    repository.commit_file("more.tf", &format!("{}{}", vpc("a", "1"), vpc("b", "1")), "a copy");
    repository.remove("network.tf").commit("join");
    let history = repository.history();
    check(&history, "resource.aws_vpc.b", &one, &one);
    assert_eq!(events(&history, "resource.aws_vpc.b").len(), 1);
    // A block declared twice does say something else: Terraform refuses it.
    assert_eq!(events(&history, "resource.aws_vpc.a").len(), 3);
}

#[test]
fn a_directory_renamed_keeps_its_commits() {
    let repository = Repository::new();
    let one = repository.commit_file("old/main.tf", &format!("{}{}", vpc("a", "1"), vpc("b", "1")), "one");
    let two = repository.commit_file("old/main.tf", &format!("{}{}", vpc("a", "1"), vpc("b", "2")), "two");
    let three = repository.rename("old", "new").commit("three");
    let history = repository.history();
    check(&history, "new:resource.aws_vpc.a", &one, &one);
    check(&history, "new:resource.aws_vpc.b", &two, &two);
    check_events(
        &history,
        "new:resource.aws_vpc.b",
        &[(Added, &one, &one, "cidr_block"), (Changed, &two, &two, "cidr_block"), (Moved, &three, &three, "")],
    );
    check(&history, "old:resource.aws_vpc.a", &three, &three);
    assert_eq!(history.attribute_attribution(&id("new:resource.aws_vpc.b"), "cidr_block").approving_commit, Some(two));
}

#[test]
fn of_several_origins_the_directory_that_shares_most_wins() {
    let repository = Repository::new();
    let common = vpc("a", "1");
    let one = repository.commit_file("x/main.tf", &common, "one");
    let two = repository.commit_file("y/main.tf", &format!("{common}{}", vpc("b", "1")), "two");
    repository.remove("x").rename("y", "z").commit("three");
    let history = repository.history();
    check(&history, "z:resource.aws_vpc.a", &two, &two);
    check(&history, "z:resource.aws_vpc.b", &two, &two);
    assert_ne!(one, two);
}

#[test]
fn copies_and_edited_moves_are_new() {
    let repository = Repository::new();
    let one = repository.commit_file("x/main.tf", &vpc("a", "1"), "one");
    let two = repository.commit_file("y/main.tf", &vpc("a", "1"), "copy");
    let three = repository.rename("y/main.tf", "z/main.tf").write("z/main.tf", &vpc("a", "2")).commit("move and edit");
    let history = repository.history();
    check(&history, "x:resource.aws_vpc.a", &one, &one);
    check(&history, "z:resource.aws_vpc.a", &three, &three);
    check_events(&history, "z:resource.aws_vpc.a", &[(Added, &three, &three, "cidr_block")]);
    check_events(&history, "y:resource.aws_vpc.a", &[(Added, &two, &two, "cidr_block"), (Removed, &three, &three, "")]);
}

fn moved(from: &str, to: &str) -> String {
    format!("moved {{\n  from = {from}\n  to   = {to}\n}}\n")
}

#[test]
fn moved_blocks_are_followed() {
    let repository = Repository::new();
    let one = repository.commit_file("main.tf", &vpc("a", "1"), "one");
    let rename = format!("{}{}", vpc("b", "1"), moved("aws_vpc.a", "aws_vpc.b"));
    let two = repository.commit_file("main.tf", &rename, "two");
    let history = repository.history();
    check(&history, "resource.aws_vpc.b", &one, &one);
    check_events(&history, "resource.aws_vpc.b", &[(Added, &one, &one, "cidr_block"), (Moved, &two, &two, "")]);
    check(&history, "resource.aws_vpc.a", &two, &two);
    let block = BlockId {
        directory: String::new(),
        kind: "moved".into(),
        labels: vec!["aws_vpc.a".into(), "aws_vpc.b".into()],
    };
    assert_eq!(history.attribution(&block).approving_commit, Some(two));
}

#[test]
fn moved_blocks_with_keys_edits_and_chains() {
    let repository = Repository::new();
    let one = repository.commit_file("main.tf", &vpc("a", "1"), "one");
    let rename = format!("{}{}", vpc("b", "2"), moved("aws_vpc.a[0]", "aws_vpc.b[\"x\"]"));
    let two = repository.commit_file("main.tf", &rename, "rename and edit");
    let again = format!("{}{}{}", vpc("c", "2"), moved("aws_vpc.a", "aws_vpc.b"), moved("aws_vpc.b", "aws_vpc.c"));
    let three = repository.commit_file("main.tf", &again, "rename");
    let history = repository.history();
    check(&history, "resource.aws_vpc.c", &two, &two);
    check_events(
        &history,
        "resource.aws_vpc.c",
        &[
            (Added, &one, &one, "cidr_block"),
            (Moved, &two, &two, ""),
            (Changed, &two, &two, "cidr_block"),
            (Moved, &three, &three, ""),
        ],
    );
}

#[test]
fn renames_in_two_steps_and_without_a_moved_block() {
    let repository = Repository::new();
    let one = repository.commit_file("main.tf", &vpc("a", "1"), "one");
    repository.commit_file("main.tf", "", "gone");
    let text = format!("{}{}", vpc("b", "1"), moved("aws_vpc.a", "aws_vpc.b"));
    repository.commit_file("main.tf", &text, "back");
    check(&repository.history(), "resource.aws_vpc.b", &one, &one);
    let plain = repository.commit_file("main.tf", &vpc("c", "1"), "no moved block");
    check(&repository.history(), "resource.aws_vpc.c", &plain, &plain);
}

#[test]
fn module_calls_are_renamed_too() {
    let repository = Repository::new();
    let call = |name: &str| format!("module \"{name}\" {{\n  source = \"./m\"\n}}\n");
    let one = repository.commit_file("main.tf", &call("a"), "one");
    repository.commit_file("main.tf", &format!("{}{}", call("b"), moved("module.a", "module.b")), "two");
    check(&repository.history(), "module.b", &one, &one);
}

/// A branch that edits and then moves: the edit declares, the merge lands both.
#[test]
fn moves_within_a_merged_branch() {
    let repository = Repository::new();
    repository.write("old/main.tf", &vpc("a", "1"));
    repository.commit_file("root.tf", &vpc("r", "1"), "one");
    repository.branch("topic", "main");
    let edit = repository.commit_file("old/main.tf", &vpc("a", "2"), "edit");
    let directory = repository.rename("old", "new").commit("move");
    let root = format!("{}{}", vpc("s", "1"), moved("aws_vpc.r", "aws_vpc.s"));
    let renamed = repository.commit_file("root.tf", &root, "rename");
    repository.checkout("main");
    let merge = repository.merge(&["topic"], ANN, "merge");
    let history = repository.history();
    check(&history, "new:resource.aws_vpc.a", &edit, &merge);
    let first = repository.git(&["rev-parse", "main~1"]);
    check_events(
        &history,
        "new:resource.aws_vpc.a",
        &[
            (Added, &first, &first, "cidr_block"),
            (Moved, &directory, &merge, ""),
            (Changed, &edit, &merge, "cidr_block"),
        ],
    );
    check(&history, "resource.aws_vpc.s", &first, &first);
    check_events(
        &history,
        "resource.aws_vpc.s",
        &[(Added, &first, &first, "cidr_block"), (Moved, &renamed, &merge, "")],
    );
}

/// Asked about one directory, the walk goes where its files came from.
#[test]
fn moves_from_outside_of_what_is_asked_for() {
    let repository = Repository::new();
    repository.write("other/main.tf", &vpc("o", "1"));
    let one = repository.commit_file("main.tf", &vpc("a", "1"), "one");
    let two = repository.commit_file("main.tf", &vpc("a", "2"), "two");
    std::fs::create_dir(repository.path().join("first")).expect("a directory");
    repository.rename("main.tf", "first/main.tf").commit("to the first");
    repository.rename("first", "second").commit("to the second");
    let tip = repository.head().parse().expect("a hash");
    let history = crate::attribute::history(&repository.open(), tip, &["second".to_owned()], None).expect("a history");
    check(&history, "second:resource.aws_vpc.a", &two, &two);
    assert_eq!(events(&history, "second:resource.aws_vpc.a").len(), 4);
    assert_ne!(one, two);
}
