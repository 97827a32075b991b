//! Clones that do not hold all of history, and branches whose history was rewritten.

use super::told::Asked;
use super::{BOB, Story, vpc};
use serde_json::Value;

fn four() -> Story {
    let story = Story::with("main.tf", &(vpc("a", "1") + &vpc("b", "1")));
    for (name, cidr) in [("two", "2"), ("three", "3"), ("four", "4")] {
        story.edit(name, "main.tf", &(vpc("a", "1") + &vpc("b", cidr)));
    }
    story
}

/// Where history was cut off nothing is guessed: git itself would name the last commit for every line.
#[test]
fn shallow_clone() {
    let clone = four().cloned(&["--depth", "1"]);
    assert_eq!(clone.git(&["rev-parse", "--is-shallow-repository"]), "true");
    let document = clone.driftline(&["blame", "--report", "json"]).json();
    for resource in document["resources"].as_array().expect("resources") {
        let found = &resource["attribution"];
        assert_eq!((&found["declaring_commit"], &found["approving_commit"]), (&Value::Null, &Value::Null));
        assert_eq!(found["segregation"], "unknown");
        assert!(found["reason"].as_str().is_some_and(|reason| reason.contains("git fetch --unshallow")), "{found}");
    }
    let audit = clone.audit(
        "exit 3: 1 landings, 1 commits, incomplete
         ? the beginning of history -: …git fetch --unshallow…
         ? what a commit landed four: …git fetch --unshallow…",
    );
    assert_eq!(audit["landings"], Value::Array(Vec::new()));
}

/// What changed since the cut is known; the rest is not.
#[test]
fn deeper_shallow_clone() {
    let story = four();
    let clone = story.cloned(&["--depth", "2"]);
    clone.blame(
        &[],
        "aws_vpc.a: - by nobody; unknown
         because …git fetch --unshallow…
         aws_vpc.b: four by Ann; fail
         changed four: cidr_block",
    );
    clone.audit(
        "exit 2: 2 landings, 2 commits, incomplete
         four by Ann; fail
         changed aws_vpc.b: cidr_block \"3\" > \"4\"
         ! landed_without_approval four
         ? the beginning of history -: …git fetch --unshallow…
         ? what a commit landed three: …git fetch --unshallow…",
    );
    // The command that it names is the way out.
    clone.git(&["fetch", "-q", "--unshallow"]);
    let (whole, other) =
        (clone.driftline(&["blame", "--report", "json"]), story.driftline(&["blame", "--report", "json"]));
    assert_eq!(whole.stdout, other.stdout);
}

/// All commits and trees, but file contents only on demand: nothing is fetched, and what is not here is unknown.
#[test]
fn partial_clone() {
    let story = four();
    let clone = story.cloned(&["--filter=blob:none"]);
    let missing = |clone: &Story| {
        let objects = clone.git(&["rev-list", "--objects", "--all", "--missing=print"]);
        objects.lines().filter(|line| line.starts_with('?')).count()
    };
    let before = missing(&clone);
    assert_eq!(before, 3);
    let document = clone.driftline(&["blame", "--report", "json"]).json();
    for resource in document["resources"].as_array().expect("resources") {
        assert_eq!(resource["attribution"]["segregation"], "unknown", "{resource}");
        assert_eq!(resource["attribution"]["approving_commit"], Value::Null, "{resource}");
    }
    let run = clone.driftline(&["audit", "--report", "json"]);
    let audit = run.json();
    assert_eq!((run.code, &audit["complete"]), (3, &false.into()), "{audit:#}");
    let holes = audit["completeness"]["holes"].as_array().expect("holes");
    let is_hole =
        |what: &str| holes.iter().any(|hole| hole["what"] == what && hole["commit"] == story.hash("four").as_str());
    assert!(is_hole("whether aws_vpc.a changed") && is_hole("whether aws_vpc.b changed"), "{holes:?}");
    assert_eq!(audit["landings"], Value::Array(Vec::new()), "nothing is guessed");
    assert_eq!(missing(&clone), before, "nothing was fetched");
}

/// Without the trees of older commits not even the population is known.
#[test]
fn treeless_clone() {
    let clone = four().cloned(&["--filter=tree:0"]);
    let run = clone.driftline(&["audit", "--report", "json"]);
    assert_eq!(run.code, 3, "{}", run.stderr);
    assert_eq!(run.json()["complete"], false);
}

/// A clone, and the same branch rewritten at its origin: `two` is gone, `other` stands in its place.
fn rewritten() -> (Story, Story) {
    let story = Story::with("main.tf", &vpc("a", "1"));
    story.edit("two", "main.tf", &vpc("a", "2"));
    let clone = story.cloned(&[]);
    (story, clone)
}

fn rewrite(story: &Story) {
    story.git(&["reset", "-q", "--hard", "HEAD~1"]);
    story.write("main.tf", vpc("a", "666")).commit_as("other", BOB, BOB, "two");
}

const REWRITTEN: &str = "exit 2: 2 landings, 2 commits
     one by Ann; fail
     added aws_vpc.a: cidr_block - > \"1\"
     other by Bob; fail
     changed aws_vpc.a: cidr_block \"1\" > \"666\"
     ! history_rewritten two
     ! landed_without_approval one
     ! landed_without_approval other";

#[test]
fn rewritten_by_the_reflog() {
    let (story, clone) = rewritten();
    rewrite(&story);
    clone.git(&["fetch", "-q", "--force"]);
    clone.name("other", &story.hash("other"));
    let asked = Asked { reference: Some("origin/main"), ..Asked::default() };
    let audit = clone.audit_of(&asked, REWRITTEN);
    let text = audit["findings"][0]["text"].as_str().expect("a text");
    assert!(text.contains("refs/remotes/origin/main"), "{text}");
    assert_eq!(
        audit["completeness"]["rewriting_checked"],
        serde_json::json!(["the reflog of refs/remotes/origin/main"])
    );
}

/// Where no reflog is kept, driftline's own notes of what it saw tell.
#[test]
fn rewritten_by_own_notes() {
    let (story, clone) = rewritten();
    clone.git(&["config", "core.logAllRefUpdates", "false"]);
    std::fs::remove_dir_all(clone.path().join(".git/logs")).expect("logs");
    let asked = Asked { reference: Some("origin/main"), ..Asked::default() };
    clone.audit_of(
        &asked,
        "exit 2: 2 landings, 2 commits
         one by Ann; fail
         added aws_vpc.a: cidr_block - > \"1\"
         two by Ann; fail
         changed aws_vpc.a: cidr_block \"1\" > \"2\"
         ! landed_without_approval one
         ! landed_without_approval two",
    );
    rewrite(&story);
    clone.git(&["fetch", "-q", "--force"]);
    clone.name("other", &story.hash("other"));
    let run = clone.driftline(&["audit", "--report", "json", "--ref", "origin/main"]);
    let audit = run.json();
    let finding = &audit["findings"][0];
    assert_eq!((run.code, &finding["rule"]), (2, &"history_rewritten".into()));
    assert_eq!(finding["commit"], clone.hash("two").as_str());
    assert!(finding["text"].as_str().is_some_and(|text| text.contains("own notes")), "{finding}");
    // Who keeps nothing can be told nothing.
    let run = clone.driftline(&["audit", "--report", "json", "--ref", "origin/main", "--no-cache"]);
    assert_eq!(run.json()["completeness"]["rewriting_checked"], Value::Array(Vec::new()));
    assert_ne!(run.json()["findings"][0]["rule"], "history_rewritten");
}

/// An earlier tip that is still behind the branch, but beside its chain: somebody swapped the sides.
#[test]
fn foxtrot_by_the_reflog() {
    let (story, clone) = rewritten();
    story.git(&["checkout", "-q", "-b", "mine", "HEAD~1"]);
    story.edit("mine", "b.tf", &vpc("b", "1"));
    story.merge("swap", &["main"], BOB, BOB, "Bring things together");
    story.git(&["branch", "-q", "-f", "main", "mine"]);
    clone.git(&["fetch", "-q", "--force"]);
    for name in ["mine", "swap"] {
        clone.name(name, &story.hash(name));
    }
    let asked = Asked { reference: Some("origin/main"), ..Asked::default() };
    clone.audit_of(
        &asked,
        "exit 2: 3 landings, 4 commits
         one by Ann; fail
         added aws_vpc.a: cidr_block - > \"1\"
         mine by Ann; fail
         added aws_vpc.b: cidr_block - > \"1\"
         swap by Ann; Bob implied involved; fail
         changed aws_vpc.a in two: cidr_block \"1\" > \"2\"
         ! foxtrot_merge two
         ! landed_without_approval one
         ! landed_without_approval mine
         ! landed_without_approval swap",
    );
}
