//! Whether an owner by CODEOWNERS approved what changed.

use super::repository::{ANN, BOB, EVE, Repository};
use super::{approvals, id, vpc};
use crate::model::{Attribution, Segregation, Standing};

const REQUIRED: &str = "[segregation]\ncode_owners = true\n";

/// A change of `main.tf` and `net/main.tf` that Bob reviewed, under a CODEOWNERS file.
fn judged(owners: &str, settings: &str) -> Attribution {
    let repository = Repository::new();
    repository.write(".github/CODEOWNERS", owners).commit("owners");
    repository.write("main.tf", &vpc("a", "1")).write("net/main.tf", &vpc("b", "1"));
    // What the change itself says of owners does not count.
    repository.write(".github/CODEOWNERS", "* bob@example.com\n");
    repository.commit("one\n\nReviewed-by: Bob <bob@example.com>\nReviewed-by: Eve <eve@example.com>\n");
    repository.history().approvals(approvals(settings)).attribution(&id("resource.aws_vpc.a"))
}

#[track_caller]
fn check(owners: &str, settings: &str, segregation: Segregation, reason: &str) -> Attribution {
    let found = judged(owners, &format!("{REQUIRED}{settings}"));
    assert_eq!(found.segregation, segregation, "{:?}", found.reason);
    assert!(found.reason.as_deref().unwrap_or_default().contains(reason), "{:?} lacks {reason:?}", found.reason);
    found
}

#[test]
fn owners_by_address() {
    check("* bob@example.com\n", "", Segregation::Pass, "");
    check("* eve@example.com\n/net/ bob@example.com\n", "", Segregation::Pass, "");
    check("/net/ BOB@example.com\n", "", Segregation::Pass, "");
    let found = check(
        "/net/ max@example.com\n/main.tf bob@example.com\n",
        "",
        Segregation::Fail,
        "no owner of net/main.tf approved",
    );
    let standings: Vec<_> = found.approvers.iter().map(|one| (one.identity.as_str(), one.standing)).collect();
    assert_eq!(standings, [(BOB, Standing::Counts), (EVE, Standing::NotOwner)]);
    // The author owns it, and may not approve it.
    check("* ann@example.com\n", "", Segregation::Fail, "no owner of");
    assert_eq!(judged("* max@example.com\n", "").segregation, Segregation::Pass, "{ANN}");
}

#[test]
fn owners_by_name_and_team() {
    let bob = "[[person]]\nname = \"Bob\"\nemails = [\"bob@example.com\"]\nlogins = [\"github:bob\"]\n";
    check("* @bob\n", "", Segregation::Unknown, "who @bob is");
    check("* @Bob\n", bob, Segregation::Pass, "");
    check("* @org/infra\n", bob, Segregation::Unknown, "who is in @org/infra");
    let team = |members: &str| format!("{bob}[[team]]\nname = \"@org/Infra\"\nmembers = [{members}]\n");
    check("* @org/infra\n", &team("\"Bob\""), Segregation::Pass, "");
    check("* @org/infra\n", &team("\"github:bob\", \"github:max\""), Segregation::Pass, "");
    check("* @org/infra\n", &team("\"bob@example.com\""), Segregation::Pass, "");
    check("* @org/infra\n", &team("\"Max <max@example.com>\""), Segregation::Fail, "no owner of");
    check("* @org/infra\n", &team(""), Segregation::Fail, "no owner of");
}

#[test]
fn no_rule_that_can_be_read() {
    check("*.md max@example.com\n", "", Segregation::Pass, "");
    check("*.tf [broken\n", "", Segregation::Unknown, "line 1 of CODEOWNERS");
    let repository = Repository::new();
    repository.write("main.tf", &vpc("a", "1"));
    repository.commit("one\n\nReviewed-by: Bob <bob@example.com>\n");
    let found = repository.history().approvals(approvals(REQUIRED)).attribution(&id("resource.aws_vpc.a"));
    assert_eq!(found.segregation, Segregation::Unknown);
    assert!(found.reason.is_some_and(|reason| reason.contains("no CODEOWNERS file")));
}

#[test]
fn sections_of_gitlab() {
    let forge = "[forge]\nkind = \"gitlab\"\n";
    let both = "[Infra]\n*.tf bob@example.com\n\n[Network][2]\n/net/ bob@example.com eve@example.com\n";
    check(both, forge, Segregation::Unknown, "CODEOWNERS");
    let judged = |owners: &str| {
        let repository = Repository::new();
        repository.write("CODEOWNERS", owners).commit("owners");
        repository.write("main.tf", &vpc("a", "1")).write("net/main.tf", &vpc("b", "1"));
        repository.commit("one\n\nReviewed-by: Bob <bob@example.com>\nReviewed-by: Eve <eve@example.com>\n");
        let approvals = approvals(&format!("{REQUIRED}{forge}"));
        repository.history().approvals(approvals).attribution(&id("resource.aws_vpc.a"))
    };
    assert_eq!(judged(both).segregation, Segregation::Pass);
    let short = judged("[Network][2]\n/net/ bob@example.com max@example.com\n");
    assert_eq!(short.segregation, Segregation::Fail);
    assert!(short.reason.is_some_and(|reason| reason.contains("1 of the owners of net/main.tf approved, of 2")));
    assert_eq!(judged("^[Network]\n/net/ max@example.com\n").segregation, Segregation::Pass);
}
