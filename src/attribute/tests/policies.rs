//! What `driftline.toml` makes of approvals that Git alone holds.

use super::repository::{ANN, BOB, EVE, Repository, WEB};
use super::{approvals, id, vpc};
use crate::model::{Assurance, Attribution, Segregation, Standing};

/// A commit by these with this message, judged by these settings.
fn judged(author: &str, committer: &str, message: &str, settings: &str) -> Attribution {
    let repository = Repository::new();
    repository.write("main.tf", &vpc("a", "1")).commit_as(author, committer, message);
    repository.history().approvals(approvals(settings)).attribution(&id("resource.aws_vpc.a"))
}

#[track_caller]
fn check(found: &Attribution, segregation: Segregation, approvers: &[(&str, Standing)]) {
    let names: Vec<_> = found.approvers.iter().map(|one| (one.identity.as_str(), one.standing)).collect();
    assert_eq!((found.segregation, &names[..]), (segregation, approvers), "{:?}", found.reason);
}

const REVIEWED: &str = "one\n\nReviewed-by: Bob <bob@example.com>\n";

#[test]
fn the_default_is_the_strict_rule() {
    let found = judged(ANN, ANN, REVIEWED, "");
    check(&found, Segregation::Pass, &[(BOB, Standing::Counts)]);
    assert_eq!(found.approvers[0].evidence, "Reviewed-by trailer");
    assert_eq!(found.merged_by.as_deref(), Some(ANN));
    assert_eq!((found.emergency, found.signature, found.reverts), (None, None, None));
}

#[test]
fn settings_join_what_the_mailmap_does_not() {
    let joined = "[[person]]\nname = \"Ann\"\nemails = [\"ann@example.com\", \"bob@example.com\"]\n";
    let found = judged(ANN, ANN, REVIEWED, joined);
    check(&found, Segregation::Fail, &[(ANN, Standing::Involved)]);
    let apart = "[[person]]\nname = \"Ann Lee\"\nemails = [\"ann@example.com\"]\n\
                 [[person]]\nname = \"Ann the other\"\nemails = [\"ann@other\"]\n";
    let namesake = "one\n\nReviewed-by: Ann <ann@other>\n";
    check(&judged(ANN, ANN, namesake, ""), Segregation::Unknown, &[("Ann <ann@other>", Standing::Unresolved)]);
    let found = judged(ANN, ANN, namesake, apart);
    check(&found, Segregation::Pass, &[("Ann the other <ann@other>", Standing::Counts)]);
    assert_eq!(found.authors, ["Ann Lee <ann@example.com>"]);
}

#[test]
fn the_digest_says_which_identity_map_was_used() {
    let digest = |mailmap: &str, settings: &str| {
        let repository = Repository::new();
        repository.write(".mailmap", mailmap).write("main.tf", &vpc("a", "1")).commit("one");
        let history = repository.history().approvals(approvals(settings));
        history.identity_map_digest().map(str::to_owned).expect("a digest")
    };
    let ann = "[[person]]\nname = \"Ann\"\nemails = [\"ann@x\"]\n";
    let all = [
        digest("", ""),
        digest("Ann <ann@x> <ann@y>\n", ""),
        digest("", ann),
        digest("", "[[person]]\nname = \"Ann\"\nemails = [\"ann@y\"]\n"),
        digest("", "[segregation]\nbots = [\"Ann\"]\n"),
    ];
    assert!(all.iter().all(|digest| digest.len() == 64));
    assert_eq!(all.iter().collect::<std::collections::BTreeSet<_>>().len(), all.len());
    assert_eq!(digest("", ann), all[2]);
}

#[test]
fn acknowledgements_count_where_the_policy_says_so() {
    let message = "one\n\nAcked-by: Bob <bob@example.com>\n";
    check(&judged(ANN, ANN, message, ""), Segregation::Fail, &[]);
    let found = judged(ANN, ANN, message, "[segregation]\nacked_by = true\n");
    check(&found, Segregation::Pass, &[(BOB, Standing::Counts)]);
}

#[test]
fn an_auditor_may_want_more_than_typed_words() {
    let strict = "[segregation]\nminimum_assurance = \"note\"\n";
    check(&judged(ANN, ANN, REVIEWED, strict), Segregation::Fail, &[(BOB, Standing::NotAccepted)]);
    let named = "one (#3)\n\nReviewed-by: Bob <bob@example.com>\n";
    check(&judged(ANN, ANN, named, strict), Segregation::Unknown, &[(BOB, Standing::NotAccepted)]);
    let two = "[segregation]\napprovals = 2\n";
    check(&judged(ANN, ANN, REVIEWED, two), Segregation::Fail, &[(BOB, Standing::Counts)]);
    let both = "one\n\nReviewed-by: Bob <bob@example.com>\nReviewed-by: Eve <eve@example.com>\n";
    check(&judged(ANN, ANN, both, two), Segregation::Pass, &[(BOB, Standing::Counts), (EVE, Standing::Counts)]);
}

#[test]
fn the_merger_may_be_the_pipelines_hand() {
    let found = judged(ANN, BOB, REVIEWED, "");
    check(&found, Segregation::Fail, &[(BOB, Standing::Involved)]);
    let found = judged(ANN, BOB, REVIEWED, "[segregation]\nmerger_may_approve = true\n");
    check(&found, Segregation::Pass, &[(BOB, Standing::Counts)]);
}

#[test]
fn robots() {
    let bot = "renovate[bot] <29139614+renovate[bot]@users.noreply.github.com>";
    let shown = "renovate[bot] <29139614+renovate[bot]@users.noreply.github.com>";
    let found = judged(bot, bot, REVIEWED, "");
    check(&found, Segregation::Unknown, &[(BOB, Standing::Counts)]);
    assert_eq!(found.authors, [shown]);
    let trusted = "[segregation]\ntrusted_bots = [\"renovate[bot]\"]\n";
    check(&judged(bot, bot, REVIEWED, trusted), Segregation::Pass, &[(BOB, Standing::Counts)]);
    let owned = |owner: &str| {
        format!(
            "[[person]]\nname = \"Renovate\"\nemails = [\"29139614+renovate[bot]@users.noreply.github.com\"]\n\
             bot = true\nowner = \"{owner}\"\n"
        )
    };
    check(&judged(bot, bot, REVIEWED, &owned("bob@example.com")), Segregation::Fail, &[(BOB, Standing::Involved)]);
    check(&judged(bot, bot, REVIEWED, &owned("eve@example.com")), Segregation::Pass, &[(BOB, Standing::Counts)]);
    // A robot that reviews.
    let by_robot = format!("one\n\nReviewed-by: {bot}\n");
    check(&judged(ANN, ANN, &by_robot, ""), Segregation::Fail, &[(shown, Standing::NotAPerson)]);
    check(&judged(ANN, ANN, &by_robot, trusted), Segregation::Fail, &[(shown, Standing::NotAPerson)]);
    let ci = "[segregation]\nbots = [\"bob@*\"]\n";
    check(&judged(ANN, ANN, REVIEWED, ci), Segregation::Fail, &[(BOB, Standing::NotAPerson)]);
}

#[test]
fn accounts_that_several_use() {
    let shared =
        "[segregation]\nshared = [\"*@example.com\"]\n[[person]]\nname = \"Bob\"\nemails = [\"bob@example.com\"]\n";
    check(
        &judged(ANN, BOB, "one\n\nReviewed-by: Max <max@x>\n", shared),
        Segregation::Unknown,
        &[("Max <max@x>", Standing::Counts)],
    );
    let one = "[[person]]\nname = \"Operations\"\nemails = [\"bob@example.com\"]\nshared = true\n";
    let shown = "Operations <bob@example.com>";
    check(&judged(ANN, ANN, REVIEWED, one), Segregation::Fail, &[(shown, Standing::NotAPerson)]);
}

#[test]
fn emergencies_by_trailer() {
    let message = "fix\n\nEmergency: the site is down\n";
    let landed = 1_700_000_000;
    let judged = |settings: &str, hours: i64| {
        let repository = Repository::new();
        repository.write("main.tf", &vpc("a", "1")).commit(message);
        let now = jiff::Timestamp::from_second(landed + hours * 3600).ok();
        let approvals = crate::attribute::Approvals { now, ..approvals(settings) };
        repository.history().approvals(approvals).attribution(&id("resource.aws_vpc.a"))
    };
    let open = judged("", 71);
    check(&open, Segregation::Unknown, &[]);
    let emergency = open.emergency.expect("an emergency");
    assert_eq!((emergency.marker.as_str(), emergency.approved_by), ("Emergency trailer", None));
    assert!(emergency.due.is_some_and(|due| due.starts_with("2023-11-17T22:1")));
    check(&judged("", 74), Segregation::Fail, &[]);
    check(&judged("[segregation]\nemergency_hours = 96\n", 74), Segregation::Unknown, &[]);
    let other = judged("[segregation]\nemergency_trailer = \"Hotfix\"\n", 1);
    assert_eq!((other.segregation, other.emergency), (Segregation::Fail, None));
}

#[test]
fn what_merged_by_trailers_say() {
    // The forge committed it: the trailer names who merged.
    let message = "Title (#9)\n\nApproved-by: Bob <bob@example.com>\nMerged-by: Eve <eve@example.com>\n";
    let found = judged(ANN, WEB, message, "");
    check(&found, Segregation::Pass, &[(BOB, Standing::Counts)]);
    assert_eq!(found.merged_by.as_deref(), Some(EVE));
    let own = "Title (#9)\n\nApproved-by: Bob <bob@example.com>\nMerged-by: Bob <bob@example.com>\n";
    check(&judged(ANN, WEB, own, ""), Segregation::Fail, &[(BOB, Standing::Involved)]);
    // Somebody else is named as committer, and whom the trailer names merged all the same.
    check(&judged(ANN, EVE, own, ""), Segregation::Fail, &[(BOB, Standing::Involved)]);
}

#[test]
fn reverts_are_named() {
    let repository = Repository::new();
    repository.commit_file("main.tf", &vpc("a", "1"), "one");
    let two = repository.commit_file("main.tf", &vpc("a", "2"), "two");
    repository.git(&["revert", "--no-edit", "HEAD"]);
    let found = repository.history().attribution(&id("resource.aws_vpc.a"));
    assert_eq!(found.reverts.as_deref(), Some(two.as_str()));
    // The declaring commit says so, and the merge does not.
    repository.branch("topic", "main");
    repository.git(&["revert", "--no-edit", "HEAD"]);
    let reverted = repository.git(&["rev-parse", "main"]);
    repository.checkout("main");
    let merge = repository.merge(&["topic"], BOB, "merge");
    let history = repository.history();
    assert_eq!(history.attribution(&id("resource.aws_vpc.a")).reverts.as_deref(), Some(reverted.as_str()));
    assert_eq!(history.landing_attribution(&merge).expect("a landing").reverts, None);
}

#[test]
fn whole_landings() {
    let repository = Repository::new();
    let one = repository.write("main.tf", &vpc("a", "1")).commit_as(ANN, ANN, REVIEWED);
    let other = repository.commit_file("notes.txt", "x", "no configuration");
    repository.branch("topic", "main");
    repository.write("main.tf", &vpc("a", "2")).commit_as(EVE, EVE, "two");
    repository.checkout("main");
    let merge = repository.merge(&["topic"], BOB, "Merge pull request #4 from x/topic\n\nTwo\n");
    let history = repository.history();
    let found = history.landing_attribution(&one).expect("a landing");
    check(&found, Segregation::Pass, &[(BOB, Standing::Counts)]);
    assert_eq!((found.declaring_commit, found.approving_commit), (None, Some(one.clone())));
    assert_eq!(found.subject.as_deref(), Some("one"));
    let merged = history.landing_attribution(&merge).expect("a landing");
    assert_eq!((merged.authors, merged.merged_by.as_deref()), (vec![EVE.to_owned()], Some(BOB)));
    assert_eq!(history.landing_attribution(&other), None);
    assert_eq!(history.landing_attribution("main"), None);
    let queries = history.queries([&id("resource.aws_vpc.a")]);
    let queries: Vec<_> = queries.into_iter().map(|query| (query.sha, query.hint)).collect();
    assert_eq!(queries, [(one, None), (merge, Some(4))]);
}

#[test]
fn an_evil_merge_makes_its_author_a_requester_of_the_whole_landing() {
    let repository = Repository::new();
    repository.commit_file("main.tf", &vpc("a", "1"), "one");
    repository.branch("topic", "main");
    repository.write("other.tf", &vpc("b", "1")).commit_as(EVE, EVE, "two");
    repository.checkout("main");
    repository.merge(&["topic"], BOB, "merge\n\nReviewed-by: Max <max@x>\n");
    repository.write("main.tf", &vpc("a", "9"));
    let evil = repository.amend_merge(BOB);
    let found = repository.history().landing_attribution(&evil).expect("a landing");
    assert_eq!(found.authors, [BOB, EVE]);
}

#[test]
fn hostile_names() {
    let long = "x".repeat(1 << 18);
    for name in ["\u{1b}[2J\u{1b}]0;owned\u{7}", "\u{202e}nnA", "<script>", "=cmd()", &long] {
        let message = format!("one\n\nReviewed-by: {name} <eve@x>\nReviewed-by: {name}\nReviewed-by: <{name}>\n");
        let found = judged(ANN, ANN, &message, "");
        assert!(found.approvers.len() <= 3 && !found.approvers.is_empty(), "{found:?}");
        assert!(found.approvers.iter().all(|one| one.identity.chars().count() < 300));
        assert!(found.reason.unwrap_or_default().len() < 2000);
    }
    let found = judged(ANN, ANN, &format!("one\n\nReviewed-by: {} <eve@x>\n", "x".repeat(1 << 20)), "");
    check(&found, Segregation::Fail, &[]);
    // Trailers by the thousand.
    let many: String = (0..20_000).map(|n| format!("Reviewed-by: P{n} <p{n}@x>\n")).collect();
    let found = judged(ANN, ANN, &format!("one\n\n{many}"), "");
    assert_eq!((found.segregation, found.approvers.len()), (Segregation::Pass, 1000));
    assert!(found.approvers.iter().all(|one| one.assurance == Assurance::Asserted));
}
