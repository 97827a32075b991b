//! Which commits a period means, by revisions and by dates.

use super::told::Asked;
use super::{ANN, BOB, Story, vpc};

/// 2026-03-01T00:00:00Z.
const MARCH: i64 = 1_772_323_200;
const DAY: i64 = 86_400;

/// A commit on the first of March, on the second, and so on; with tags v1, v2, ….
fn daily() -> Story {
    let story = Story::new();
    for day in 1..=4 {
        story.set_clock(MARCH + (day - 1) * DAY + 12 * 3600);
        story.edit(&format!("day{day}"), "main.tf", &vpc("a", &day.to_string()));
        story.git(&["tag", &format!("v{day}")]);
    }
    story
}

const MIDDLE: &str = "exit 2: 2 landings, 2 commits
     day2 by Ann; fail
     changed aws_vpc.a: cidr_block \"1\" > \"2\"
     day3 by Ann; fail
     changed aws_vpc.a: cidr_block \"2\" > \"3\"
     ! landed_without_approval day2
     ! landed_without_approval day3";

#[test]
fn by_revisions() {
    daily().audit_of(&Asked { since: Some("v1"), until: Some("v3"), ..Asked::default() }, MIDDLE);
}

#[test]
fn by_dates() {
    let story = daily();
    story.audit_of(&Asked { since: Some("2026-03-02"), until: Some("2026-03-03"), ..Asked::default() }, MIDDLE);
    let times =
        Asked { since: Some("2026-03-02T11:00:00Z"), until: Some("2026-03-03T15:00:00+01:00"), ..Asked::default() };
    story.audit_of(&times, MIDDLE);
    let nothing = Asked { since: Some("2026-04-01"), ..Asked::default() };
    story.audit_of(&nothing, "exit 0: 0 landings, 0 commits");
}

/// The commits of a branch are in the period in which they landed, however old they are.
#[test]
fn a_branch_counts_when_it_lands() {
    let story = Story::with("main.tf", &vpc("a", "1"));
    story.branch("topic");
    story.edit("old", "main.tf", &vpc("a", "2"));
    story.checkout("main");
    story.set_clock(MARCH + 40 * DAY);
    story.merge("late", &["topic"], BOB, BOB, "Merge branch 'topic'\n\nReviewed-by: Eve <eve@example.com>\n");
    story.audit_of(
        &Asked { since: Some("2026-04-01"), ..Asked::default() },
        "exit 0: 1 landings, 2 commits
         late by Ann; Eve asserted; Bob implied involved; pass
         changed aws_vpc.a in old: cidr_block \"1\" > \"2\"",
    );
}

/// Clocks lie: the order is that of the chain, and a period by dates says that they run backwards.
#[test]
fn dates_that_run_backwards() {
    let story = Story::new();
    for (name, day) in [("one", 10), ("two", 2), ("three", 5)] {
        story.set_clock(MARCH + day * DAY);
        story.write("main.tf", vpc("a", name));
        story.commit_as(name, ANN, ANN, &format!("{name}\n\nReviewed-by: Bob <bob@example.com>\n"));
    }
    story.blame(
        &[],
        "aws_vpc.a: three by Ann; Bob asserted; pass
         added one: cidr_block
         changed two: cidr_block
         changed three: cidr_block",
    );
    let all = "one by Ann; Bob asserted; pass
         added aws_vpc.a: cidr_block - > \"one\"
         two by Ann; Bob asserted; pass
         changed aws_vpc.a: cidr_block \"one\" > \"two\"
         three by Ann; Bob asserted; pass
         changed aws_vpc.a: cidr_block \"two\" > \"three\"";
    story.audit(&format!("exit 0: 3 landings, 3 commits\n{all}"));
    story.audit_of(
        &Asked { since: Some("2026-03-06"), ..Asked::default() },
        &format!("exit 3: 3 landings, 3 commits, incomplete\n{all}\n? the period -: dates run backwards…"),
    );
    story.audit_of(
        &Asked { since: Some(&story.hash("two")), ..Asked::default() },
        "exit 0: 1 landings, 1 commits
         three by Ann; Bob asserted; pass
         changed aws_vpc.a: cidr_block \"two\" > \"three\"",
    );
}

#[test]
fn periods_that_mean_nothing() {
    let story = daily();
    story.git(&["checkout", "-q", "-b", "aside", "v1"]);
    story.edit("aside", "b.tf", &vpc("b", "1"));
    story.checkout("main");
    for (since, until) in [("v3", "v1"), ("aside", "v3"), ("v1", "nothing"), ("2026-13-01", "v3")] {
        let run = story.driftline(&["audit", "--since", since, "--until", until]);
        assert_eq!((run.code, run.stdout.as_str()), (1, ""), "{since} {until}: {}", run.stderr);
    }
}
