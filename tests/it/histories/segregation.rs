//! What `driftline.toml` of the approved commit makes of approvals.

use super::{ANN, BOB, DEP, EVE, Story, WEB, vpc};

/// A change under some settings.
struct Case {
    settings: &'static str,
    author: &'static str,
    committer: &'static str,
    message: &'static str,
    /// What is told of it, and why.
    told: &'static str,
    /// What the audit finds.
    rule: &'static str,
}

const PLAIN: Case = Case { settings: "", author: ANN, committer: ANN, message: "two", told: "", rule: "" };
const REVIEWED: &str = "two\n\nReviewed-by: Bob <bob@example.com>\n";

impl Case {
    fn story(&self) -> Story {
        let story = Story::new();
        story.write("driftline.toml", self.settings).write("main.tf", vpc("a", "1"));
        story.write("CODEOWNERS", "*.tf eve@example.com\n*.md bob@example.com\n");
        story.commit("one");
        story.write("main.tf", vpc("a", "2"));
        story.commit_as("two", self.author, self.committer, self.message);
        story
    }

    #[track_caller]
    fn check(&self) -> Story {
        let story = self.story();
        let told = self.told;
        let (first, because) = told.split_once('\n').unwrap_or((told, ""));
        story.blame(&[], &format!("aws_vpc.a: two by {told}\nadded one: cidr_block\nchanged two: cidr_block"));
        let audit = story.consistent(&super::told::Asked { since: Some("HEAD~1"), ..Default::default() });
        let verdict = audit["landings"][0]["attribution"]["segregation"].as_str().expect("a verdict");
        assert!(first.split("; ").any(|part| part == verdict), "{verdict}, not {first} {because}");
        let rules: Vec<&str> = audit["findings"]
            .as_array()
            .expect("findings")
            .iter()
            .map(|finding| finding["rule"].as_str().expect("a rule"))
            .collect();
        let expected: Vec<&str> = self.rule.split_whitespace().collect();
        assert_eq!(rules, expected, "{}", self.settings);
        story
    }
}

#[test]
fn more_than_one_approval() {
    let settings = "[segregation]\napprovals = 2\n";
    let told = "Ann; Bob asserted; fail\nbecause Bob approved, of 2 that the policy wants";
    Case { settings, message: REVIEWED, told, rule: "landed_without_approval", ..PLAIN }.check();
    let message = "two\n\nReviewed-by: Bob <bob@example.com>\nApproved-by: Eve <eve@example.com>\n";
    Case { settings, message, told: "Ann; Bob asserted; Eve asserted; pass", ..PLAIN }.check();
}

#[test]
fn the_merger_may_approve_where_the_policy_says_so() {
    let told = "Ann; Bob asserted involved; fail\nbecause every approver also authored or merged the change";
    Case { committer: BOB, message: REVIEWED, told, rule: "self_approved", ..PLAIN }.check();
    let settings = "[segregation]\nmerger_may_approve = true\n";
    Case { settings, committer: BOB, message: REVIEWED, told: "Ann; Bob asserted; pass", ..PLAIN }.check();
}

#[test]
fn self_approval() {
    let message = "two\n\nApproved-by: Ann <ann@example.com>\n";
    let settings = "[segregation]\nself_approval = true\n";
    Case { settings, message, told: "Ann; Ann asserted; pass", ..PLAIN }.check();
}

#[test]
fn acknowledgements() {
    let message = "two\n\nAcked-by: Bob <bob@example.com>\n";
    Case { message, told: "Ann; fail", rule: "landed_without_approval", ..PLAIN }.check();
    let settings = "[segregation]\nacked_by = true\n";
    Case { settings, message, told: "Ann; Bob asserted; pass", ..PLAIN }.check();
}

#[test]
fn what_anyone_can_type_may_not_be_enough() {
    let settings = "[segregation]\nminimum_assurance = \"signed\"\n";
    let told = "Ann; Bob asserted not_accepted; fail\nbecause Bob stated an approval that the policy does not accept";
    Case { settings, message: REVIEWED, told, rule: "landed_without_approval", ..PLAIN }.check();
}

#[test]
fn one_person_by_the_settings() {
    let settings = "[[person]]\nname = \"Ann\"\nemails = [\"ann@example.com\", \"bob@example.com\"]\n";
    let told = "Ann; Ann asserted involved; fail";
    Case { settings, message: REVIEWED, told, rule: "self_approved", ..PLAIN }.check();
}

#[test]
fn namesakes_told_apart_by_the_settings() {
    let message = "two\n\nReviewed-by: Ann <ann@other.example>\n";
    let told = "Ann; Ann <ann@other.example> asserted unresolved; unknown\nbecause it cannot be told who…";
    Case { message, told, rule: "approval_unknown", ..PLAIN }.check();
    let settings = "[[person]]\nname = \"Ann Lee\"\nemails = [\"ann@example.com\"]\n[[person]]\nname = \"Ann Day\"\nemails = [\"ann@other.example\"]\n";
    let told = "Ann Lee <ann@example.com>; Ann Day <ann@other.example> asserted; pass";
    Case { settings, message, told, ..PLAIN }.check();
}

/// Whoever owns a program asked for what it changes.
#[test]
fn a_program_with_an_owner() {
    const BUMP: &str = "Bump aws (#40)\n\nReviewed-by: Bob <bob@example.com>\nMerged-by: Eve <eve@example.com>\n";
    let told = "dependabot[bot]; Bob asserted; unknown; #40\nbecause it cannot be told who had…";
    let case = Case { author: DEP, committer: WEB, message: BUMP, rule: "approval_unknown", told, ..PLAIN };
    case.check();
    let owned = "[[person]]\nname = \"Dependabot\"\nbot = true\nemails = [\"49699333+dependabot[bot]@users.noreply.github.com\"]\nowner = \"ann@example.com\"\n";
    let told = "Dependabot <49699333+dependabot[bot]@users.noreply.github.com>; Bob asserted; pass; #40";
    Case { settings: owned, rule: "", told, ..case }.check();
    let by_owner = "Bump aws (#40)\n\nReviewed-by: Ann <ann@example.com>\nMerged-by: Eve <eve@example.com>\n";
    let told = "Dependabot <49699333+dependabot[bot]@users.noreply.github.com>; Ann asserted involved; fail; #40";
    Case { settings: owned, author: DEP, committer: WEB, message: by_owner, told, rule: "self_approved" }.check();
    let trusted = "[segregation]\ntrusted_bots = [\"dependabot[bot]\"]\n";
    let told = "dependabot[bot]; Bob asserted; pass; #40";
    Case { settings: trusted, author: DEP, committer: WEB, message: BUMP, told, rule: "" }.check();
}

#[test]
fn programs_by_pattern_and_shared_accounts() {
    let settings = "[segregation]\nbots = [\"bob@*\"]\n";
    let told = "Ann; Bob asserted not_a_person; fail";
    Case { settings, message: REVIEWED, told, rule: "landed_without_approval", ..PLAIN }.check();
    let settings = "[segregation]\nshared = [\"ann@example.com\"]\n";
    let told = "Ann; Bob asserted; unknown\nbecause several persons use Ann, so it cannot be told who wrote the change";
    Case { settings, committer: EVE, message: REVIEWED, told, rule: "approval_unknown", ..PLAIN }.check();
}

#[test]
fn code_owners() {
    let settings = "[segregation]\ncode_owners = true\n";
    let told = "Ann; Bob asserted not_owner; fail\nbecause no owner of main.tf approved";
    Case { settings, message: REVIEWED, told, rule: "landed_without_approval", ..PLAIN }.check();
    let message = "two\n\nReviewed-by: Eve <eve@example.com>\n";
    Case { settings, message, told: "Ann; Eve asserted; pass", ..PLAIN }.check();
}

/// An emergency that nobody approved afterwards, years after it was due; and one whose time has not run out.
#[test]
fn emergencies() {
    let now = jiff::Timestamp::now().as_second();
    for (landed, told, exit, rule) in [
        (
            1_577_836_800,
            "fail\nbecause an emergency (Emergency trailer) that nobody else approved by 2020-01-04T…",
            2,
            "emergency_not_approved",
        ),
        (
            now - 3600,
            "unknown\nbecause an emergency (Emergency trailer) whose approval is due by …",
            3,
            "approval_unknown",
        ),
    ] {
        let story = Story::new();
        story.set_clock(landed);
        story.write("main.tf", vpc("a", "1"));
        story.set_clock(landed);
        story.commit_as("one", ANN, ANN, "one\n\nEmergency: INC-7, the network is down\n");
        story.audit(&format!(
            "exit {exit}: 1 landings, 1 commits
             one by Ann; {told}
             added aws_vpc.a: cidr_block - > \"1\"
             ! {rule} one"
        ));
    }
}

/// What lies in the work tree is not approved, and so decides nothing; `--config` does.
#[test]
fn settings_of_the_approved_commit() {
    let story = Case { message: REVIEWED, ..PLAIN }.story();
    let strict = "[segregation]\napprovals = 2\n";
    story.write("driftline.toml", strict);
    let passes = "added one: cidr_block\nchanged two: cidr_block";
    story.blame(&[], &format!("aws_vpc.a: two by Ann; Bob asserted; pass\n{passes}"));
    story.blame_by(
        &[],
        &["--config", "driftline.toml"],
        &format!("aws_vpc.a: two by Ann; Bob asserted; fail\n{passes}"),
    );
    // Committed by a third person, it holds for all of history.
    story.commit_as("strict", EVE, EVE, "strict");
    story.blame(&[], &format!("aws_vpc.a: two by Ann; Bob asserted; fail\n{passes}"));
    story.write("driftline.toml", "[segregation]\napproval = 2\n").commit("misspelled");
    for command in ["blame", "audit"] {
        let run = story.driftline(&[command]);
        assert_eq!((run.code, run.stdout.as_str()), (1, ""), "{}", run.stderr);
        assert!(run.stderr.contains("driftline.toml"), "{}", run.stderr);
    }
}
