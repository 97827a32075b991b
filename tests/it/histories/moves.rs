//! What moves without saying anything new takes no credit: files, directories, blocks, formatting.

use super::{Story, vpc};

#[test]
fn whole_file_renamed() {
    let story = Story::with("main.tf", &vpc("a", "1"));
    story.edit("two", "main.tf", &vpc("a", "2"));
    story.rename("main.tf", "network.tf").commit("rename");
    story.blame(
        &[],
        "aws_vpc.a: two by Ann; fail
         added one: cidr_block
         changed two: cidr_block",
    );
    story.audit(
        "exit 2: 3 landings, 3 commits
         one by Ann; fail
         added aws_vpc.a: cidr_block - > \"1\"
         two by Ann; fail
         changed aws_vpc.a: cidr_block \"1\" > \"2\"
         ! landed_without_approval one
         ! landed_without_approval two",
    );
    assert_eq!(story.git_blame("network.tf", "\"2\""), "two");
    assert_eq!(story.git_log("network.tf", "1,3"), ["two", "one"]);
}

#[test]
fn block_moved_between_files_of_a_module() {
    let story = Story::with("main.tf", &(vpc("a", "1") + &vpc("b", "1")));
    story.write("main.tf", vpc("b", "1")).edit("move", "network.tf", &vpc("a", "1"));
    story.edit("two", "network.tf", &vpc("a", "2"));
    story.blame(
        &[],
        "aws_vpc.a: two by Ann; fail
         added one: cidr_block
         changed two: cidr_block
         aws_vpc.b: one by Ann; fail
         added one: cidr_block",
    );
    story.audit(
        "exit 2: 3 landings, 3 commits
         one by Ann; fail
         added aws_vpc.a: cidr_block - > \"1\"
         added aws_vpc.b: cidr_block - > \"1\"
         two by Ann; fail
         changed aws_vpc.a: cidr_block \"1\" > \"2\"
         ! landed_without_approval one
         ! landed_without_approval two",
    );
}

/// The module's directory gets another name, and so does the call: what the module declares is older than that.
#[test]
fn module_directory_renamed() {
    let call = |source: &str| format!("module \"net\" {{\n  source = \"./{source}\"\n}}\n");
    let story = Story::new();
    story.write("main.tf", call("net")).edit("one", "net/main.tf", &vpc("a", "1"));
    story.edit("two", "net/main.tf", &vpc("a", "2"));
    story.rename("net", "network").edit("rename", "main.tf", &call("network"));
    story.blame(
        &[],
        "module.net.aws_vpc.a: two by Ann; fail
         added one: cidr_block
         changed two: cidr_block
         moved rename
         through module.net: rename",
    );
    story.audit(
        "exit 2: 3 landings, 3 commits
         one by Ann; fail
         added module.net: source - > \"./net\"
         added net/aws_vpc.a: cidr_block - > \"1\"
         two by Ann; fail
         changed net/aws_vpc.a: cidr_block \"1\" > \"2\"
         rename by Ann; fail
         changed module.net: source \"./net\" > \"./network\"
         moved network/aws_vpc.a (was in net)
         ! landed_without_approval one
         ! landed_without_approval two
         ! landed_without_approval rename",
    );
    assert_eq!(story.git_blame("network/main.tf", "\"2\""), "two");
}

#[test]
fn moved_block() {
    let moved = "moved {\n  from = aws_vpc.a\n  to   = aws_vpc.b\n}\n";
    let story = Story::with("main.tf", &vpc("a", "1"));
    story.edit("move", "main.tf", &(vpc("b", "1") + moved));
    story.edit("two", "main.tf", &(vpc("b", "2") + moved));
    story.blame(
        &[],
        "aws_vpc.b: two by Ann; fail
         added one: cidr_block
         moved move
         changed two: cidr_block",
    );
    story.audit(
        "exit 2: 3 landings, 3 commits
         one by Ann; fail
         added aws_vpc.a: cidr_block - > \"1\"
         move by Ann; fail
         moved aws_vpc.b (was aws_vpc.a)
         added moved aws_vpc.a to aws_vpc.b: from - > aws_vpc.a, to - > aws_vpc.b
         two by Ann; fail
         changed aws_vpc.b: cidr_block \"1\" > \"2\"
         ! landed_without_approval one
         ! landed_without_approval move
         ! landed_without_approval two",
    );
}

/// Renamed and changed in one commit: both are told.
#[test]
fn moved_and_changed_at_once() {
    let moved = "moved {\n  from = aws_vpc.a\n  to   = aws_vpc.b\n}\n";
    let story = Story::with("main.tf", &vpc("a", "1"));
    story.edit("move", "main.tf", &(vpc("b", "2") + moved));
    story.blame(
        &[],
        "aws_vpc.b: move by Ann; fail
         added one: cidr_block
         moved move
         changed move: cidr_block",
    );
    let audit = story.audit(
        "exit 2: 2 landings, 2 commits
         one by Ann; fail
         added aws_vpc.a: cidr_block - > \"1\"
         move by Ann; fail
         … aws_vpc.b (was aws_vpc.a): cidr_block \"1\" > \"2\"
         added moved aws_vpc.a to aws_vpc.b: from - > aws_vpc.a, to - > aws_vpc.b
         ! landed_without_approval one
         ! landed_without_approval move",
    );
    assert_eq!(audit["summary"]["changes"], 3);
}

/// A block copied to another directory is new there; where it was taken from it stays.
#[test]
fn copied_is_not_moved() {
    let story = Story::with("net/main.tf", &vpc("a", "1"));
    story.edit("copy", "other/main.tf", &vpc("a", "1"));
    story.blame(
        &[],
        "net: aws_vpc.a: one by Ann; fail
         added one: cidr_block
         other: aws_vpc.a: copy by Ann; fail
         added copy: cidr_block",
    );
    story.audit(
        "exit 2: 2 landings, 2 commits
         one by Ann; fail
         added net/aws_vpc.a: cidr_block - > \"1\"
         copy by Ann; fail
         added other/aws_vpc.a: cidr_block - > \"1\"
         ! landed_without_approval one
         ! landed_without_approval copy",
    );
}

/// What `terraform fmt` does, comments, the order of arguments: no event, whatever `git blame` says.
#[test]
fn formatting_and_comments() {
    let story = Story::new();
    story.edit("one", "main.tf", "resource \"aws_vpc\" \"a\" {\ncidr_block=\"1\"\n  tags={Env=\"x\"}\n}\n");
    let formatted = "# The network.\nresource \"aws_vpc\" \"a\" {\n  tags = {\n    Env = \"x\" # as agreed\n  }\n\n  /* twice */\n  cidr_block = \"1\"\n}\n";
    story.edit("format", "main.tf", formatted);
    story.edit("windows", "main.tf", &formatted.replace('\n', "\r\n"));
    story.blame(
        &[],
        "aws_vpc.a: one by Ann; fail
         added one: cidr_block, tags",
    );
    story.audit(
        "exit 2: 3 landings, 3 commits
         one by Ann; fail
         added aws_vpc.a: cidr_block - > \"1\", tags - > {Env=\"x\"}
         ! landed_without_approval one",
    );
    assert_eq!(story.git_blame("main.tf", "cidr_block"), "windows", "what lines would say");
}

/// `.git-blame-ignore-revs` is a reader's convenience: anyone can list a change there, so it hides nothing here.
#[test]
fn ignored_revisions_hide_nothing() {
    let story = Story::with("main.tf", &vpc("a", "1"));
    let two = story.edit("two", "main.tf", &vpc("a", "2"));
    story.edit("ignore", ".git-blame-ignore-revs", &format!("{two}\n"));
    story.git(&["config", "blame.ignoreRevsFile", ".git-blame-ignore-revs"]);
    story.blame(
        &[],
        "aws_vpc.a: two by Ann; fail
         added one: cidr_block
         changed two: cidr_block",
    );
    assert_eq!(story.git_blame("main.tf", "\"2\""), "one", "what git is told to say");
}

/// Taken out and declared again: who removed it, and that it says again what it said.
#[test]
fn deleted_and_added_again() {
    let story = Story::with("main.tf", &(vpc("a", "1") + &vpc("b", "1")));
    story.edit("gone", "main.tf", &vpc("b", "1"));
    story.blame(
        &["aws_vpc.a"],
        "aws_vpc.a: gone by Ann; fail
         because removed in gone; landed directly…
         added one: cidr_block
         removed gone",
    );
    story.edit("again", "main.tf", &(vpc("a", "1") + &vpc("b", "1")));
    story.blame(
        &["aws_vpc.a"],
        "aws_vpc.a: again by Ann; fail
         added one: cidr_block
         removed gone
         added again: cidr_block; restores one",
    );
    story.audit(
        "exit 2: 3 landings, 3 commits
         one by Ann; fail
         added aws_vpc.a: cidr_block - > \"1\"
         added aws_vpc.b: cidr_block - > \"1\"
         gone by Ann; fail
         removed aws_vpc.a: cidr_block \"1\" > -
         again by Ann; fail
         added aws_vpc.a: cidr_block - > \"1\"
         ! landed_without_approval one
         ! landed_without_approval gone
         ! landed_without_approval again",
    );
}

/// What never was in Git has no approval.
#[test]
fn never_in_git() {
    let story = Story::with("main.tf", &vpc("a", "1"));
    story.write("draft.tf", vpc("draft", "1"));
    let run = story.driftline(&["blame", "--report", "json", "aws_vpc.never", "aws_vpc.draft"]);
    let resources = run.json();
    for number in 0..2 {
        let found = &resources["resources"][number]["attribution"];
        assert_eq!((found["segregation"].as_str(), found["reason"].as_str()), (Some("unknown"), Some("not in Git")));
        assert_eq!(found["approving_commit"], serde_json::Value::Null);
    }
}

/// A call gets another name: what the module declares is where it was, and so older.
#[test]
fn module_call_renamed() {
    let call = |name: &str| format!("module \"{name}\" {{\n  source = \"./net\"\n}}\n");
    let story = Story::new();
    story.write("main.tf", call("x")).edit("one", "net/main.tf", &vpc("a", "1"));
    story.edit("rename", "main.tf", &(call("y") + "moved {\n  from = module.x\n  to   = module.y\n}\n"));
    story.blame(
        &[],
        "module.y.aws_vpc.a: one by Ann; fail
         added one: cidr_block
         through module.y: one",
    );
    story.audit(
        "exit 2: 2 landings, 2 commits
         one by Ann; fail
         added module.x: source - > \"./net\"
         added net/aws_vpc.a: cidr_block - > \"1\"
         rename by Ann; fail
         moved module.y (was module.x)
         added moved module.x to module.y: from - > module.x, to - > module.y
         ! landed_without_approval one
         ! landed_without_approval rename",
    );
}

/// Taken to another directory and changed on the way: nothing says that it is the same block.
#[test]
fn changed_on_the_way_to_another_directory() {
    let story = Story::with("a/main.tf", &vpc("x", "1"));
    story.rename("a/main.tf", "b.tf").edit("move", "b.tf", &vpc("x", "2"));
    story.audit(
        "exit 2: 2 landings, 2 commits
         one by Ann; fail
         added a/aws_vpc.x: cidr_block - > \"1\"
         move by Ann; fail
         added aws_vpc.x: cidr_block - > \"2\"
         removed a/aws_vpc.x: cidr_block \"1\" > -
         ! landed_without_approval one
         ! landed_without_approval move",
    );
}

/// The same in the other syntax says the same.
#[test]
fn from_one_syntax_to_the_other() {
    let story = Story::with("main.tf", &vpc("a", "1"));
    story.remove("main.tf");
    story.edit("json", "main.tf.json", "{\"resource\": {\"aws_vpc\": {\"a\": {\"cidr_block\": \"1\"}}}}\n");
    story.edit("two", "main.tf.json", "{\"resource\": {\"aws_vpc\": {\"a\": [{\"cidr_block\": \"2\"}]}}}\n");
    story.audit(
        "exit 2: 3 landings, 3 commits
         one by Ann; fail
         added aws_vpc.a: cidr_block - > \"1\"
         two by Ann; fail
         changed aws_vpc.a: cidr_block \"1\" > \"2\"
         ! landed_without_approval one
         ! landed_without_approval two",
    );
}
