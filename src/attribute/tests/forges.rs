//! The conventions of five forges, without and with their own records.

use super::repository::{ANN, BOB, EVE, Repository, WEB};
use super::{approvals, id, vpc};
use crate::attribute::Approvals;
use crate::forge::{
    Account, CheckRun, ForgeKind, ForgeRecord, Missing, PullRequest, PullRequestCommit, Review, ReviewState, Signature,
};
use crate::model::{Assurance, Attribution, Segregation, Standing};
use std::collections::BTreeMap;

use ReviewState::{Approved, ChangesRequested, Commented, Dismissed, Revoked};

/// What the forge knows of a pull request that Ann opened and Bob merged: her one commit.
fn record(forge: ForgeKind, head: &str, merge: &str) -> ForgeRecord {
    let mark = if forge == ForgeKind::GitHub { "#" } else { "!" };
    ForgeRecord {
        forge,
        pull_request: Some(PullRequest {
            number: 12,
            reference: format!("{mark}12"),
            url: "https://github.com/org/infra/pull/12".into(),
            author: account("ann"),
            merged_by: Some(account("bob")),
            merged_at: Some("2023-11-14T23:00:00Z".into()),
            head: head.to_owned(),
            merge_commit: Some(merge.to_owned()),
            base: "main".into(),
            labels: Vec::new(),
            commits: vec![PullRequestCommit {
                sha: head.to_owned(),
                author: signature(ANN, Some("ann")),
                committer: signature(ANN, Some("ann")),
            }],
            commits_complete: true,
            reviews: Vec::new(),
        }),
        checks: Some(Vec::new()),
        protection: None,
        problems: Vec::new(),
        evidence: Vec::new(),
    }
}

fn account(login: &str) -> Account {
    Account { login: login.into(), name: None, email: None, is_bot: login.ends_with("[bot]") }
}

fn signature(person: &str, login: Option<&str>) -> Signature {
    let (name, email) = person.split_once(" <").expect("Name <email>");
    Signature { name: name.into(), email: email.trim_end_matches('>').into(), account: login.map(account) }
}

fn review(by: &str, state: ReviewState, on: &str) -> Review {
    Review { by: account(by), state, at: Some("2023-11-14T22:30:00Z".into()), on: Some(on.to_owned()), stale: None }
}

fn later(by: &str, on: &str, at: &str) -> Review {
    Review { at: Some(at.into()), ..review(by, Approved, on) }
}

/// A branch by Ann, and the merge of it on the forge's pages by Bob.
struct Merged {
    repository: Repository,
    first: String,
    head: String,
    merge: String,
}

impl Merged {
    fn new(author: &str, committer: &str, message: &str) -> Self {
        let repository = Repository::new();
        repository.commit_file("main.tf", &vpc("a", "1"), "one");
        repository.branch("topic", "main");
        let first = repository.commit_file("main.tf", &vpc("a", "2"), "two");
        let head = repository.commit_file("main.tf", &vpc("a", "3"), "three");
        repository.checkout("main");
        repository.git_as(author, committer, &["merge", "-q", "--no-ff", "-m", message, "topic"], b"");
        let merge = repository.head();
        Self { repository, first, head, merge }
    }

    fn github() -> Self {
        Self::new(BOB, WEB, "Merge pull request #12 from org/topic\n\nThree\n")
    }

    fn judged(&self, settings: &str, change: impl FnOnce(&mut PullRequest)) -> Attribution {
        let mut record = record(ForgeKind::GitHub, &self.head, &self.merge);
        change(record.pull_request.as_mut().expect("a pull request"));
        self.with(settings, Ok(record))
    }

    fn with(&self, settings: &str, record: Result<ForgeRecord, Missing>) -> Attribution {
        let records = BTreeMap::from([(self.merge.clone(), record)]);
        let now = "2023-11-20T00:00:00Z".parse().ok();
        let approvals = Approvals { records, now, ..approvals(settings) };
        self.repository.history().approvals(approvals).attribution(&id("resource.aws_vpc.a"))
    }
}

#[track_caller]
fn check(found: &Attribution, segregation: Segregation, approvers: &[(&str, Assurance, Standing)], reason: &str) {
    let names: Vec<_> =
        found.approvers.iter().map(|one| (one.identity.as_str(), one.assurance, one.standing)).collect();
    assert_eq!((found.segregation, &names[..]), (segregation, approvers), "{:?}", found.reason);
    assert!(found.reason.as_deref().unwrap_or_default().contains(reason), "{:?} lacks {reason:?}", found.reason);
}

const FORGE: Assurance = Assurance::ForgeVerified;
const EVE_THERE: &str = "<github:eve>";
const BOB_THERE: &str = "<github:bob>";

#[test]
fn reviewed_on_github() {
    let merged = Merged::github();
    let found = merged.judged("", |pull| pull.reviews = vec![review("eve", Approved, &pull.head)]);
    check(
        &found,
        Segregation::Pass,
        &[(EVE_THERE, FORGE, Standing::Counts), (BOB_THERE, Assurance::Implied, Standing::Involved)],
        "",
    );
    assert_eq!(found.approvers[0].at.as_deref(), Some("2023-11-14T22:30:00Z"));
    assert_eq!(found.approvers[0].evidence, "review on #12");
    assert_eq!(found.pull_request_url.as_deref(), Some("https://github.com/org/infra/pull/12"));
    assert_eq!((found.authors.as_slice(), found.merged_by.as_deref()), (&[ANN.to_owned()][..], Some(BOB_THERE)));
    // Without the record nobody can tell.
    let alone = merged.repository.history().attribution(&id("resource.aws_vpc.a"));
    check(&alone, Segregation::Unknown, &[(BOB, Assurance::Implied, Standing::Involved)], "#12 is named");
}

#[test]
fn whoever_merged_does_not_approve() {
    let merged = Merged::github();
    let by_bob = |pull: &mut PullRequest| pull.reviews = vec![review("BOB", Approved, &pull.head)];
    check(&merged.judged("", by_bob), Segregation::Fail, &[(BOB_THERE, FORGE, Standing::Involved)], "every approver");
    let pipeline = "[segregation]\nmerger_may_approve = true\n";
    check(&merged.judged(pipeline, by_bob), Segregation::Pass, &[(BOB_THERE, FORGE, Standing::Counts)], "");
}

#[test]
fn what_became_of_reviews() {
    let merged = Merged::github();
    let implied = (BOB_THERE, Assurance::Implied, Standing::Involved);
    let reviewed = |reviews: &dyn Fn(&str) -> Vec<Review>| merged.judged("", |pull| pull.reviews = reviews(&pull.head));
    let taken_back = |state| reviewed(&|head| vec![review("eve", Approved, head), review("eve", state, head)]);
    for state in [Dismissed, Revoked] {
        check(&taken_back(state), Segregation::Fail, &[implied], "#12 was merged without an approval");
    }
    check(&taken_back(ChangesRequested), Segregation::Fail, &[implied], "<github:eve> asked for changes");
    check(&taken_back(Commented), Segregation::Pass, &[(EVE_THERE, FORGE, Standing::Counts), implied], "");
    let again = reviewed(&|head| vec![review("eve", ChangesRequested, head), review("eve", Approved, head)]);
    check(&again, Segregation::Pass, &[(EVE_THERE, FORGE, Standing::Counts), implied], "");
    let objected = reviewed(&|head| vec![review("eve", Approved, head), review("max", ChangesRequested, head)]);
    check(
        &objected,
        Segregation::Pass,
        &[(EVE_THERE, FORGE, Standing::Counts), implied],
        "<github:max> asked for changes",
    );
    check(&reviewed(&|_| Vec::new()), Segregation::Fail, &[implied], "#12 was merged without an approval");
    let robot = reviewed(&|head| vec![review("ci[bot]", Approved, head)]);
    check(&robot, Segregation::Fail, &[("<github:ci[bot]>", FORGE, Standing::NotAPerson), implied], "is no person");
    let own = reviewed(&|head| vec![review("ann", Approved, head)]);
    check(&own, Segregation::Fail, &[(ANN, FORGE, Standing::Involved), implied], "every approver");
    let nobody = reviewed(&|head| vec![review("ghost", Approved, head)]);
    check(
        &nobody,
        Segregation::Unknown,
        &[("deleted account", FORGE, Standing::Unresolved), implied],
        "who the approver",
    );
}

#[test]
fn approved_before_the_last_push() {
    let merged = Merged::github();
    let early = |pull: &mut PullRequest| pull.reviews = vec![review("eve", Approved, &merged.first)];
    let stale = (EVE_THERE, FORGE, Standing::Stale);
    let implied = (BOB_THERE, Assurance::Implied, Standing::Involved);
    check(&merged.judged("", early), Segregation::Fail, &[stale, implied], "another revision");
    let lax = "[segregation]\nafter_last_push = false\n";
    check(&merged.judged(lax, early), Segregation::Pass, &[(EVE_THERE, FORGE, Standing::Counts), implied], "");
    // A later approval of the final head heals it.
    let both = |pull: &mut PullRequest| {
        pull.reviews = vec![review("eve", Approved, &merged.first), review("eve", Approved, &pull.head)];
    };
    check(&merged.judged("", both), Segregation::Pass, &[(EVE_THERE, FORGE, Standing::Counts), implied], "");
    // What was pushed holds more than the head that the forge knows and that was approved.
    let smuggled = |pull: &mut PullRequest| {
        pull.head.clone_from(&merged.first);
        pull.reviews = vec![review("eve", Approved, &merged.first)];
    };
    check(&merged.judged("", smuggled), Segregation::Fail, &[stale, implied], "another revision");
    // The forge does not tell of which revision it is.
    let silent = |pull: &mut PullRequest| pull.reviews = vec![Review { on: None, ..review("eve", Approved, "") }];
    let unclear = (EVE_THERE, FORGE, Standing::Unresolved);
    check(&merged.judged("", silent), Segregation::Unknown, &[unclear, implied], "");
    check(&merged.judged(lax, silent), Segregation::Pass, &[(EVE_THERE, FORGE, Standing::Counts), implied], "");
}

#[test]
fn approved_after_the_merge() {
    let merged = Merged::github();
    let implied = (BOB_THERE, Assurance::Implied, Standing::Involved);
    let after = (EVE_THERE, FORGE, Standing::Retrospective);
    let late = |at: &'static str| move |pull: &mut PullRequest| pull.reviews = vec![later("eve", &pull.head, at)];
    check(
        &merged.judged("", late("2023-11-15T10:00:00Z")),
        Segregation::Fail,
        &[after, implied],
        "only after it had landed",
    );
    // The same, declared an emergency.
    let marked = |at: &'static str| {
        merged.judged("", move |pull| {
            late(at)(pull);
            pull.labels = vec!["Emergency".into()];
        })
    };
    let healed = marked("2023-11-17T22:59:59Z");
    check(&healed, Segregation::Pass, &[after, implied], "approved after the fact by <github:eve>");
    let emergency = healed.emergency.expect("an emergency");
    assert_eq!(emergency.marker, "label emergency");
    assert_eq!(emergency.due.as_deref(), Some("2023-11-17T23:00:00Z"));
    assert_eq!(emergency.approved_at.as_deref(), Some("2023-11-17T22:59:59Z"));
    check(&marked("2023-11-17T23:00:01Z"), Segregation::Fail, &[after, implied], "only after 2023-11-17T23:00:00Z");
    let none = merged.judged("", |pull| pull.labels = vec!["emergency".into()]);
    check(&none, Segregation::Fail, &[implied], "nobody else approved by");
    // Approving once more afterwards takes nothing away.
    let twice = merged.judged("", |pull| {
        pull.reviews = vec![review("eve", Approved, &pull.head), later("eve", &pull.head, "2023-11-15T10:00:00Z")];
    });
    check(&twice, Segregation::Pass, &[(EVE_THERE, FORGE, Standing::Counts), implied], "");
}

#[test]
fn accounts_and_authors() {
    let merged = Merged::github();
    let implied = (BOB_THERE, Assurance::Implied, Standing::Involved);
    // The author's address belongs to no account: the approver may be the author.
    let unlinked = |pull: &mut PullRequest| {
        pull.commits[0].author.account = None;
        pull.commits[0].committer.account = None;
        pull.author = account("max");
        pull.reviews = vec![review("eve", Approved, &pull.head)];
    };
    let found = merged.judged("", unlinked);
    check(&found, Segregation::Unknown, &[(EVE_THERE, FORGE, Standing::Unresolved)], "[[person]] entry");
    assert_eq!(found.authors, ["<github:max>", ANN]);
    let entry = "[[person]]\nname = \"Eve\"\nemails = [\"eve@example.com\"]\nlogins = [\"github:Eve\"]\n";
    check(&merged.judged(entry, unlinked), Segregation::Pass, &[(EVE, FORGE, Standing::Counts)], "");
    let same = "[[person]]\nname = \"Ann\"\nemails = [\"ann@example.com\"]\nlogins = [\"github:eve\"]\n";
    let found = merged.judged(same, unlinked);
    check(&found, Segregation::Fail, &[(ANN, FORGE, Standing::Involved), implied], "every approver");
    // Whoever opened the pull request asked for it too.
    let opened = merged.judged("", |pull| {
        pull.author = account("eve");
        pull.reviews = vec![review("eve", Approved, &pull.head)];
    });
    check(&opened, Segregation::Fail, &[(EVE_THERE, FORGE, Standing::Involved), implied], "every approver");
    // The merge has all commits, whether or not the forge names them all.
    let partial = merged.judged("", |pull| {
        pull.commits_complete = false;
        pull.reviews = vec![review("eve", Approved, &pull.head)];
    });
    check(&partial, Segregation::Pass, &[(EVE_THERE, FORGE, Standing::Counts), implied], "");
}

#[test]
fn squashed_and_merged_on_gitlab() {
    // What is merged is the squash of the branch, whose own commits only the forge has.
    let message = "Merge branch 'topic' into 'main'\n\nThree\n\nSee merge request org/infra!12\n";
    let merged = Merged::new(BOB, BOB, message);
    let judged = |reviewer: &str, complete: bool| {
        let mut record = record(ForgeKind::GitLab, "0123456789012345678901234567890123456789", &merged.merge);
        let pull = record.pull_request.as_mut().expect("a merge request");
        pull.commits
            .push(PullRequestCommit { author: signature("Max <max@x>", Some("max")), ..pull.commits[0].clone() });
        pull.commits_complete = complete;
        pull.reviews = vec![review(reviewer, Approved, &pull.head)];
        merged.with("", Ok(record))
    };
    let implied = ("<gitlab:bob>", Assurance::Implied, Standing::Involved);
    let eve = ("<gitlab:eve>", FORGE, Standing::Counts);
    let found = judged("eve", true);
    check(&found, Segregation::Pass, &[eve, implied], "");
    assert_eq!(found.authors, [ANN, "Max <max@x>"]);
    let own = judged("max", true);
    check(&own, Segregation::Fail, &[("Max <max@x>", FORGE, Standing::Involved), implied], "every approver");
    check(&judged("eve", false), Segregation::Unknown, &[eve], "not all of the merged commits");
}

#[test]
fn the_forge_takes_back_what_a_trailer_says() {
    let message = "Merge pull request #12 from org/topic\n\nThree\n\nReviewed-by: Eve <eve@example.com>\n";
    let merged = Merged::new(BOB, WEB, message);
    let entry = "[[person]]\nname = \"Eve\"\nemails = [\"eve@example.com\"]\nlogins = [\"github:eve\"]\n";
    let implied = (BOB_THERE, Assurance::Implied, Standing::Involved);
    let dismissed = |pull: &mut PullRequest| pull.reviews = vec![review("eve", Dismissed, &pull.head)];
    let found = merged.judged(entry, dismissed);
    check(&found, Segregation::Fail, &[(EVE, Assurance::Asserted, Standing::NotAccepted), implied], "does not accept");
    assert!(found.approvers[0].evidence.contains("taken back"));
    let early = |pull: &mut PullRequest| pull.reviews = vec![review("eve", Approved, &merged.first)];
    check(
        &merged.judged(entry, early),
        Segregation::Fail,
        &[(EVE, FORGE, Standing::Stale), implied],
        "another revision",
    );
}

#[test]
fn squashed_on_github() {
    let repository = Repository::new();
    let message = "Title (#12)\n\n* first\n* second\n\nCo-authored-by: Max <max@x>\n";
    let merge = repository.write("main.tf", &vpc("a", "1")).commit_as(ANN, WEB, message);
    let judged = |reviewer: &str| {
        let mut record = record(ForgeKind::GitHub, "0123456789012345678901234567890123456789", &merge);
        let pull = record.pull_request.as_mut().expect("a pull request");
        pull.commits
            .push(PullRequestCommit { author: signature("Max <max@x>", Some("max")), ..pull.commits[0].clone() });
        pull.reviews = vec![review(reviewer, Approved, &pull.head)];
        let records = BTreeMap::from([(merge.clone(), Ok(record))]);
        let history = repository.history().approvals(Approvals { records, ..approvals("") });
        history.attribution(&id("resource.aws_vpc.a"))
    };
    check(&judged("eve"), Segregation::Pass, &[(EVE_THERE, FORGE, Standing::Counts)], "");
    check(&judged("bob"), Segregation::Fail, &[(BOB_THERE, FORGE, Standing::Involved)], "every approver");
    check(&judged("max"), Segregation::Fail, &[("Max <max@x>", FORGE, Standing::Involved)], "every approver");
}

#[test]
fn rebased_on_github() {
    // No number, and the committer is the forge: only its record tells.
    let repository = Repository::new();
    let commit = repository.write("main.tf", &vpc("a", "1")).commit_as(ANN, WEB, "two");
    let judged = |record| {
        let records = BTreeMap::from([(commit.clone(), record)]);
        let history = repository.history().approvals(Approvals { records, ..approvals("") });
        history.attribution(&id("resource.aws_vpc.a"))
    };
    let head = "0123456789012345678901234567890123456789";
    let mut approved = record(ForgeKind::GitHub, head, "9999999999012345678901234567890123456789");
    approved.pull_request.as_mut().expect("a pull request").reviews = vec![review("eve", Approved, head)];
    let found = judged(Ok(approved));
    check(&found, Segregation::Pass, &[(EVE_THERE, FORGE, Standing::Counts)], "");
    assert_eq!(found.pull_request.as_deref(), Some("#12"));
    let alone = repository.history().attribution(&id("resource.aws_vpc.a"));
    check(&alone, Segregation::Unknown, &[], "names no pull request");
    let unread = judged(Err(Missing::Anonymous));
    check(&unread, Segregation::Unknown, &[], "nobody without a token");
}

#[test]
fn pushed_past_the_forge() {
    let merged = Merged::new(BOB, BOB, "merge\n\nReviewed-by: Eve <eve@example.com>\n");
    let record = ForgeRecord { pull_request: None, checks: None, ..record(ForgeKind::GitHub, "", "") };
    let typed = (EVE, Assurance::Asserted, Standing::NotAccepted);
    let implied = (BOB, Assurance::Implied, Standing::Involved);
    check(&merged.with("", Ok(record)), Segregation::Fail, &[typed, implied], "knows of no pull request");
}

#[test]
fn checks_of_what_was_merged() {
    let merged = Merged::github();
    let run = |conclusion: &str| CheckRun {
        name: "plan".into(),
        conclusion: conclusion.into(),
        completed_at: Some("2023-11-14T22:20:00Z".into()),
        required: Some(true),
    };
    let judged = |settings: &str, checks| {
        let mut record = record(ForgeKind::GitHub, &merged.head, &merged.merge);
        let pull = record.pull_request.as_mut().expect("a pull request");
        pull.reviews = vec![review("eve", Approved, &pull.head)];
        record.checks = checks;
        merged.with(settings, Ok(record))
    };
    let reported = judged("", Some(vec![run("failure")]));
    assert_eq!((reported.segregation, reported.checks[0].conclusion.as_str()), (Segregation::Pass, "failure"));
    let required = "[segregation]\nchecks = \"required\"\n";
    assert_eq!(judged(required, Some(vec![run("success")])).segregation, Segregation::Pass);
    let failed = judged(required, Some(vec![run("failure")]));
    assert_eq!(failed.segregation, Segregation::Fail);
    assert!(failed.reason.is_some_and(|reason| reason.contains("the check plan is failure")));
    assert_eq!(judged(required, None).segregation, Segregation::Unknown);
}

#[test]
fn merged_on_gitlab() {
    let message = "Merge branch 'topic' into 'main'\n\nThree\n\nSee merge request org/infra!12\n";
    let merged = Merged::new(BOB, BOB, message);
    let eve = ("<gitlab:eve>", FORGE, Standing::Counts);
    let judged = |settings: &str| {
        let mut record = record(ForgeKind::GitLab, &merged.head, &merged.merge);
        let pull = record.pull_request.as_mut().expect("a merge request");
        pull.url = "https://git.corp/org/infra/-/merge_requests/12".into();
        // GitLab does not tell whose account an address is.
        pull.commits[0].author.account = None;
        pull.commits[0].committer.account = None;
        pull.reviews = vec![review("eve", Approved, &pull.head)];
        merged.with(settings, Ok(record))
    };
    let found = judged("");
    check(&found, Segregation::Unknown, &[("<gitlab:eve>", FORGE, Standing::Unresolved)], "[[person]] entry");
    assert_eq!(found.pull_request.as_deref(), Some("!12"));
    let entry = "[[person]]\nname = \"Ann\"\nemails = [\"ann@example.com\"]\nlogins = [\"gitlab:ann\"]\n";
    let implied = ("<gitlab:bob>", Assurance::Implied, Standing::Involved);
    check(&judged(entry), Segregation::Pass, &[eve, implied], "");
    let alone = merged.repository.history().attribution(&id("resource.aws_vpc.a"));
    check(&alone, Segregation::Unknown, &[(BOB, Assurance::Implied, Standing::Involved)], "!12 is named");
}

#[test]
fn committed_by_gitlab_itself() {
    let gitlab = "GitLab <noreply@gitlab.com>";
    let message = "Merge branch 'topic' into 'main'\n\nThree\n\nSee merge request org/infra!12\n\nApproved-by: Eve <eve@example.com>\n";
    let merged = Merged::new(BOB, gitlab, message);
    let found = merged.repository.history().attribution(&id("resource.aws_vpc.a"));
    let eve = (EVE, Assurance::Asserted, Standing::Counts);
    check(&found, Segregation::Pass, &[eve, (BOB, Assurance::Implied, Standing::Involved)], "");
    assert_eq!(found.merged_by.as_deref(), Some(BOB));
}

#[test]
fn merged_on_bitbucket() {
    let message = "Merged in topic (pull request #33)\n\nThree\n\nApproved-by: Eve <eve@example.com>\n";
    let found = Merged::new(BOB, BOB, message).repository.history().attribution(&id("resource.aws_vpc.a"));
    let implied = (BOB, Assurance::Implied, Standing::Involved);
    check(&found, Segregation::Pass, &[(EVE, Assurance::Asserted, Standing::Counts), implied], "");
    assert_eq!(found.pull_request.as_deref(), Some("#33"));
    let silent = "Merged in topic (pull request #33)\n\nThree\n";
    let found = Merged::new(BOB, BOB, silent).repository.history().attribution(&id("resource.aws_vpc.a"));
    check(&found, Segregation::Unknown, &[implied], "#33 is named");
    let center = "Pull request #4: Three\n\nMerge in ORG/infra from topic to main\n";
    let found = Merged::new(BOB, BOB, center).repository.history().attribution(&id("resource.aws_vpc.a"));
    check(&found, Segregation::Unknown, &[implied], "#4 is named");
}

#[test]
fn merged_on_azure_devops() {
    let message = "Merged PR 5: Three\n\nRelated work items: #9\n";
    let found = Merged::new(BOB, BOB, message).repository.history().attribution(&id("resource.aws_vpc.a"));
    check(&found, Segregation::Unknown, &[(BOB, Assurance::Implied, Standing::Involved)], "PR 5 is named");
    let repository = Repository::new();
    repository.write("main.tf", &vpc("a", "1")).commit_as(ANN, BOB, message);
    let squash = repository.history().attribution(&id("resource.aws_vpc.a"));
    check(&squash, Segregation::Unknown, &[], "PR 5 is named");
    assert_eq!(squash.merged_by.as_deref(), Some(BOB));
}

#[test]
fn submitted_on_gerrit() {
    let repository = Repository::new();
    repository.write("main.tf", &vpc("a", "1"));
    let one = repository.commit("one\n\nChange-Id: I0123\nReviewed-on: https://review.example/c/1\n");
    let noted = |note: &str| {
        repository.git_as(ANN, ANN, &["notes", "--ref=review", "add", "-f", "-F", "-", &one], note.as_bytes());
        repository.history().attribution(&id("resource.aws_vpc.a"))
    };
    let submitted_by = |who: &str| format!("Code-Review+2: Eve <eve@example.com>\nSubmitted-by: {who}\n");
    let found = noted(&submitted_by(BOB));
    check(&found, Segregation::Pass, &[(EVE, Assurance::Note, Standing::Counts)], "");
    assert_eq!((found.approvers[0].evidence.as_str(), found.merged_by.as_deref()), ("Code-Review+2 note", Some(BOB)));
    let own = noted(&submitted_by(EVE));
    check(&own, Segregation::Fail, &[(EVE, Assurance::Note, Standing::Involved)], "every approver");
}

#[test]
fn hostile_records() {
    let merged = Merged::github();
    let hostile = "\u{1b}[31m\u{202e}<b>\n".repeat(1 << 17);
    let found = merged.judged("", |pull| {
        pull.reviews = vec![Review {
            by: Account { name: Some(hostile.clone()), ..account(&hostile) },
            ..review("x", Approved, &pull.head)
        }];
        pull.merged_at = Some("soon".into());
    });
    assert!(found.approvers.iter().all(|one| one.identity.chars().count() < 400), "{:?}", found.approvers);
    let many = merged.judged("", |pull| {
        pull.reviews = (0..20_000).map(|n| review(&format!("p{n}"), Approved, &pull.head)).collect();
    });
    assert_ne!(many.segregation, Segregation::Pass);
}
