//! Every row of the policy and every standing, on evidence made by hand.

use super::*;
use crate::attribute::people::{Account, Identity};
use crate::attribute::policy::PersonSettings;
use std::num::NonZeroU32;

const ANN: &str = "Ann <ann@x>";
const BOB: &str = "Bob <bob@x>";
const EVE: &str = "Eve <eve@x>";
const HOUR: i64 = 3600;
const LANDED: i64 = 1_700_000_000;

/// Evidence in the making, and who is named in it.
struct Scene {
    people: People,
    policy: Policy,
    evidence: Evidence,
    evil: bool,
    now: Option<i64>,
}

impl Scene {
    /// A commit by Ann, committed by her.
    fn direct() -> Self {
        Self::with_people(People::new(b""))
    }

    fn with_people(mut people: People) -> Self {
        let ann = people.named(ANN).expect("a name");
        let evidence = Evidence {
            requesters: vec![ann],
            complete: true,
            own_authors: Vec::new(),
            merger: Some(ann),
            hands: Vec::new(),
            is_merge: false,
            statements: Vec::new(),
            objectors: Vec::new(),
            pull_request: None,
            record: Record::NotAsked,
            landed_at: Some(LANDED),
            emergency: None,
            owners: None,
            checks: None,
            remarks: Vec::new(),
        };
        Self { people, policy: Policy::default(), evidence, evil: false, now: Some(LANDED + HOUR) }
    }

    /// A branch by Ann, merged by somebody.
    fn merged(by: &str) -> Self {
        let mut scene = Self::direct();
        scene.evidence.is_merge = true;
        scene.merger(Some(by))
    }

    /// What the forge knows of a pull request by Ann that Bob merged.
    fn recorded() -> Self {
        let mut scene = Self::merged(BOB).pull_request("#1");
        scene.evidence.record = Record::PullRequest;
        scene
    }

    fn person(&mut self, name: &str) -> PersonId {
        self.people.named(name).expect("a name")
    }

    fn merger(mut self, by: Option<&str>) -> Self {
        self.evidence.merger = by.map(|by| self.person(by));
        self
    }

    fn author(mut self, name: &str) -> Self {
        let person = self.person(name);
        self.evidence.requesters.push(person);
        self
    }

    fn only_author(mut self, name: &str) -> Self {
        self.evidence.requesters.clear();
        self.author(name)
    }

    fn pull_request(mut self, name: &str) -> Self {
        self.evidence.pull_request = Some(name.into());
        self
    }

    fn stated(self, name: &str) -> Self {
        self.says(name, Assurance::Asserted, Standing::Counts, None)
    }

    fn reviewed(self, name: &str) -> Self {
        self.says(name, Assurance::ForgeVerified, Standing::Counts, None)
    }

    fn says(mut self, name: &str, assurance: Assurance, standing: Standing, at: Option<i64>) -> Self {
        let person = self.person(name);
        self.evidence.statements.push(Statement { person, assurance, standing, at, evidence: "test".into() });
        self
    }

    fn policy(mut self, change: impl FnOnce(&mut Policy)) -> Self {
        change(&mut self.policy);
        self
    }

    fn evidence(mut self, change: impl FnOnce(&mut Evidence)) -> Self {
        change(&mut self.evidence);
        self
    }

    fn settings(mut self, entries: &[PersonSettings]) -> Self {
        let (bots, shared) = (self.policy.bots.clone(), self.policy.shared.clone());
        self.people.identify(&Identity { entries, bots: &bots, shared: &shared, web: &[] });
        self
    }

    fn verdict(&self) -> Verdict {
        judge(&self.evidence, self.evil, &self.policy, &self.people, self.now)
    }

    #[track_caller]
    fn check(&self, segregation: Segregation, approvers: &[(&str, Standing)], reason: &str) -> Verdict {
        let verdict = self.verdict();
        let found: Vec<_> =
            verdict.approvers.iter().map(|approver| (approver.identity.as_str(), approver.standing)).collect();
        assert_eq!((verdict.segregation, &found[..]), (segregation, approvers), "{:?}", verdict.reason);
        let text = verdict.reason.as_deref().unwrap_or_default();
        assert!(text.contains(reason), "{text:?} lacks {reason:?}");
        if segregation != Segregation::Pass {
            assert!(!text.is_empty());
        }
        verdict
    }

    #[track_caller]
    fn passes(&self, approvers: &[(&str, Standing)]) {
        let verdict = self.check(Segregation::Pass, approvers, "");
        assert_eq!(verdict.reason, None);
    }

    #[track_caller]
    fn fails(&self, approvers: &[(&str, Standing)], reason: &str) {
        self.check(Segregation::Fail, approvers, reason);
    }

    #[track_caller]
    fn unknown(&self, approvers: &[(&str, Standing)], reason: &str) {
        self.check(Segregation::Unknown, approvers, reason);
    }
}

use Standing::{Counts, Involved, NotAPerson, NotAccepted, NotOwner, Retrospective, Stale, Unresolved};

fn entry(name: &str, email: &str) -> PersonSettings {
    PersonSettings {
        name: name.into(),
        emails: vec![email.into()],
        logins: Vec::new(),
        shared: false,
        bot: false,
        owner: None,
    }
}

#[test]
fn direct_pushes_fail() {
    Scene::direct().fails(&[], "landed directly");
    Scene::direct().stated(ANN).fails(&[(ANN, Involved)], "every approver");
    Scene::direct().stated("renovate[bot]").fails(&[("renovate[bot]", NotAPerson)], "is no person");
}

#[test]
fn somebody_else_approved() {
    Scene::direct().stated(BOB).passes(&[(BOB, Counts)]);
    Scene::merged(ANN).pull_request("#1").stated(BOB).passes(&[(BOB, Counts)]);
    Scene::direct().author(BOB).stated(BOB).fails(&[(BOB, Involved)], "every approver");
}

#[test]
fn a_merger_is_no_approver() {
    Scene::merged(BOB).fails(&[(BOB, Involved)], "merged by Bob <bob@x>, which shows no approval");
    Scene::merged(BOB).pull_request("#1").unknown(&[(BOB, Involved)], "#1 is named");
    Scene::merged(BOB).stated(BOB).fails(&[(BOB, Involved)], "every approver");
    Scene::merged(BOB).stated(BOB).stated(EVE).passes(&[(BOB, Involved), (EVE, Counts)]);
    let pipeline = |policy: &mut Policy| policy.merger_may_approve = true;
    Scene::merged(BOB).stated(BOB).policy(pipeline).passes(&[(BOB, Counts)]);
    // That somebody merged is never an approval.
    Scene::merged(BOB).policy(pipeline).fails(&[(BOB, NotAccepted)], "shows no approval");
    let signed = Scene::merged(BOB).says(BOB, Assurance::Signed, Counts, None);
    signed.fails(&[(BOB, Involved)], "every approver");
    signed.policy(pipeline).passes(&[(BOB, Counts)]);
}

#[test]
fn an_unnamed_merger_may_be_the_approver() {
    let squash = || Scene::direct().merger(None).pull_request("#1");
    squash().stated(BOB).unknown(&[(BOB, Counts)], "somebody it does not name, who may be the approver Bob");
    squash().stated(BOB).stated(EVE).passes(&[(BOB, Counts), (EVE, Counts)]);
    squash().stated(BOB).policy(|policy| policy.merger_may_approve = true).passes(&[(BOB, Counts)]);
    Scene::direct().merger(None).unknown(&[], "names no pull request");
}

#[test]
fn a_weaker_source_of_who_merged() {
    let mut scene = Scene::recorded().reviewed(EVE);
    let eve = scene.person(EVE);
    scene.evidence(|evidence| evidence.hands.push(eve)).fails(&[(EVE, Involved), (BOB, Involved)], "every approver");
    let mut unclear = Scene::recorded().reviewed(EVE);
    let namesake = unclear.person("eve <eve@home>");
    unclear.evidence(|evidence| evidence.hands.push(namesake)).passes(&[(EVE, Counts), (BOB, Involved)]);
}

#[test]
fn evil_merges_make_authors() {
    let mut scene = Scene::merged(ANN).stated(EVE);
    scene.evidence.own_authors = vec![scene.person(EVE)];
    scene.passes(&[(EVE, Counts)]);
    scene.evil = true;
    let verdict = scene.check(Segregation::Fail, &[(EVE, Involved)], "every approver");
    assert_eq!(verdict.authors, [ANN, EVE]);
}

#[test]
fn incomplete_history_is_unknown() {
    let scene = Scene::merged(BOB).stated(EVE).evidence(|evidence| evidence.complete = false);
    scene.unknown(&[(EVE, Counts)], "not all of the merged commits can be seen");
    let none = Scene::merged(BOB).evidence(|evidence| evidence.complete = false);
    none.unknown(&[], "not all of the merged commits can be seen");
}

#[test]
fn unresolved_identities_are_unknown() {
    Scene::direct().stated("Bob").unknown(&[("Bob", Unresolved)], "[[person]] entry");
    Scene::direct().stated("Ann <ann@home>").unknown(&[("Ann <ann@home>", Unresolved)], ".mailmap");
    Scene::direct().stated("ann").fails(&[(ANN, Involved)], "every approver");
    let two = [entry("Ann", "ann@x"), entry("Ann ", "ann@home")];
    let told_apart = Scene::direct().settings(&two).stated("Ann <ann@home>");
    told_apart.passes(&[("Ann <ann@home>", Counts)]);
}

#[test]
fn accounts_that_nothing_links() {
    let account = |people: &mut People, login: &str| {
        let name = Some(login);
        people.account(&Account { forge: "github", host: None, login, name, email: None, is_bot: false })
    };
    let scene = |link: bool| {
        let mut scene = Scene::direct().pull_request("#1");
        let bob = account(&mut scene.people, "bob");
        if link {
            let (ann, person) = (account(&mut scene.people, "ann"), scene.person(ANN));
            scene.people.join(ann, person);
        }
        scene.evidence.record = Record::PullRequest;
        let (assurance, evidence) = (Assurance::ForgeVerified, "review on #1".into());
        scene.evidence.statements = vec![Statement { person: bob, assurance, standing: Counts, at: None, evidence }];
        scene
    };
    scene(false).unknown(&[("bob <github:bob>", Unresolved)], "[[person]] entry");
    scene(true).passes(&[("bob <github:bob>", Counts)]);
}

#[test]
fn thresholds() {
    let two = |policy: &mut Policy| policy.approvals = NonZeroU32::new(2).expect("two");
    Scene::direct().policy(two).stated(BOB).fails(&[(BOB, Counts)], "Bob <bob@x> approved, of 2 that the policy wants");
    Scene::direct().policy(two).stated(BOB).pull_request("#1").unknown(&[(BOB, Counts)], "#1 is named");
    Scene::direct().policy(two).stated(BOB).stated(EVE).passes(&[(BOB, Counts), (EVE, Counts)]);
    Scene::direct().policy(two).stated(BOB).stated(BOB).fails(&[(BOB, Counts)], "of 2");
    // Two addresses under one name may be one person.
    let namesakes = Scene::direct().policy(two).stated(BOB).stated("bob <bob@home>");
    namesakes.unknown(&[(BOB, Counts), ("bob <bob@home>", Unresolved)], "who the approver");
    Scene::direct()
        .policy(two)
        .merger(None)
        .pull_request("#1")
        .stated(BOB)
        .stated(EVE)
        .unknown(&[(BOB, Counts), (EVE, Counts)], "may be the approver");
}

#[test]
fn authors_may_approve_where_the_policy_says_so() {
    let own = |policy: &mut Policy| policy.self_approval = true;
    Scene::direct().policy(own).stated(ANN).passes(&[(ANN, Counts)]);
    Scene::direct().policy(own).fails(&[], "landed directly");
    Scene::direct().policy(own).stated("renovate[bot]").fails(&[("renovate[bot]", NotAPerson)], "no person");
}

#[test]
fn weak_evidence() {
    let scene = || Scene::direct().policy(|policy| policy.minimum_assurance = Assurance::Signed);
    scene().stated(BOB).fails(&[(BOB, NotAccepted)], "does not accept");
    scene().pull_request("#1").stated(BOB).unknown(&[(BOB, NotAccepted)], "#1 is named");
    scene().says(BOB, Assurance::Signed, Counts, None).passes(&[(BOB, Counts)]);
    scene().reviewed(BOB).passes(&[(BOB, Counts)]);
}

#[test]
fn the_strongest_evidence_wins() {
    let check = |scene: Scene, assurance, standing| {
        let verdict = scene.verdict();
        let found: Vec<_> = verdict.approvers.iter().map(|one| (one.assurance, one.standing)).collect();
        assert_eq!(found, [(assurance, standing)]);
    };
    check(Scene::direct().stated(BOB).reviewed(BOB), Assurance::ForgeVerified, Counts);
    let note = |scene: Scene| scene.says(BOB, Assurance::Note, Counts, None);
    check(note(Scene::direct().stated(BOB)), Assurance::Note, Counts);
    // What the forge knows to be of another revision nobody can type away.
    let stale = |scene: Scene| scene.says(BOB, Assurance::ForgeVerified, Stale, None);
    check(stale(Scene::direct().stated(BOB)), Assurance::ForgeVerified, Stale);
    // A signature on the very revision can.
    check(stale(Scene::direct()).says(BOB, Assurance::Signed, Counts, None), Assurance::Signed, Counts);
}

#[test]
fn reviews_that_do_not_count() {
    let scene = |standing| Scene::recorded().says(EVE, Assurance::ForgeVerified, standing, Some(LANDED));
    scene(Stale).fails(&[(EVE, Stale), (BOB, Involved)], "approved another revision");
    scene(Retrospective).fails(&[(EVE, Retrospective), (BOB, Involved)], "only after it had landed");
    scene(Unresolved).unknown(&[(EVE, Unresolved), (BOB, Involved)], "the forge does not tell whether Eve");
    Scene::recorded().fails(&[(BOB, Involved)], "#1 was merged without an approval");
    scene(Counts).passes(&[(EVE, Counts), (BOB, Involved)]);
}

#[test]
fn the_forge_knows_of_no_pull_request() {
    let scene = || Scene::direct().evidence(|evidence| evidence.record = Record::NoPullRequest);
    scene().fails(&[], "the forge knows of no pull request");
    scene().merger(None).fails(&[], "the forge knows of no pull request");
    scene().pull_request("#1").fails(&[], "the forge knows of no pull request");
    scene().says(BOB, Assurance::Signed, Counts, None).passes(&[(BOB, Counts)]);
}

#[test]
fn records_that_could_not_be_read() {
    let scene = || Scene::direct().evidence(|evidence| evidence.record = Record::Unreadable("no token".into()));
    scene().unknown(&[], "could not be read: no token");
    scene().pull_request("#1").unknown(&[], "#1 is named, but Git holds no record");
    scene().stated(BOB).passes(&[(BOB, Counts)]);
}

#[test]
fn who_asked_for_changes_is_named() {
    let mut scene = Scene::recorded().reviewed(EVE);
    scene.evidence.objectors = vec![scene.person("Max <max@x>")];
    scene.check(Segregation::Pass, &[(EVE, Counts), (BOB, Involved)], "Max <max@x> asked for changes");
}

#[test]
fn programs_and_their_owners() {
    const BOT: &str = "renovate[bot] <1+renovate[bot]@users.noreply.github.com>";
    let robot = || Scene::merged(EVE).only_author(BOT);
    robot().stated(BOB).unknown(&[(BOB, Counts), (EVE, Involved)], "give it an owner");
    robot().stated(BOB).policy(|policy| policy.trusted_bots = vec!["renovate[bot]".into()]).check(
        Segregation::Pass,
        &[(BOB, Counts), (EVE, Involved)],
        "",
    );
    let owned = |owner: &str| {
        let owner = Some(owner.into());
        let mut bot = entry("Renovate", "renovate[bot]@users.noreply.github.com");
        (bot.bot, bot.owner) = (true, owner);
        Scene::merged(EVE).settings(&[bot, entry("Bob", "bob@x")]).only_author(BOT)
    };
    owned("Bob").stated(BOB).fails(&[(BOB, Involved), (EVE, Involved)], "every approver");
    owned("max@x").stated(BOB).passes(&[(BOB, Counts), (EVE, Involved)]);
    // A person among the authors asked for it.
    Scene::merged(EVE).author(BOT).stated(BOB).passes(&[(BOB, Counts), (EVE, Involved)]);
    // A program that merges is nobody's hand.
    Scene::merged(BOT).stated(BOB).passes(&[(BOB, Counts)]);
    let scene = Scene::direct().policy(|policy| policy.bots = vec!["Bob".into()]).settings(&[]).stated(BOB);
    scene.fails(&[(BOB, NotAPerson)], "no person");
}

#[test]
fn shared_accounts() {
    const OPS: &str = "Operations <ops@x>";
    let shared = |scene: Scene| scene.policy(|policy| policy.shared = vec!["ops@*".into()]).settings(&[]);
    shared(Scene::direct().stated(OPS)).fails(&[(OPS, NotAPerson)], "no person");
    shared(Scene::direct().only_author(OPS).stated(BOB)).unknown(&[(BOB, Counts)], "who wrote the change");
    shared(Scene::merged(OPS).stated(BOB)).unknown(&[(BOB, Counts)], "may be the approver Bob");
    shared(Scene::merged(OPS).stated(BOB).stated(EVE)).passes(&[(BOB, Counts), (EVE, Counts)]);
}

#[test]
fn emergencies() {
    let scene = || Scene::recorded().evidence(|evidence| evidence.emergency = Some("label emergency".into()));
    let later = |scene: Scene, who, hours| {
        scene.says(who, Assurance::ForgeVerified, Retrospective, Some(LANDED + hours * HOUR))
    };
    let in_time =
        later(scene(), EVE, 71).check(Segregation::Pass, &[(EVE, Retrospective), (BOB, Involved)], "after the fact");
    let emergency = in_time.emergency.expect("an emergency");
    assert_eq!((emergency.approved_by.as_deref(), emergency.marker.as_str()), (Some(EVE), "label emergency"));
    assert_eq!(emergency.due.as_deref(), Some("2023-11-17T22:13:20Z"));
    assert_eq!(emergency.approved_at.as_deref(), Some("2023-11-17T21:13:20Z"));
    later(scene(), EVE, 73).fails(&[(EVE, Retrospective), (BOB, Involved)], "only after 2023-11-17T22:13:20Z");
    let by_author = later(scene(), ANN, 1);
    by_author.unknown(&[(ANN, Involved), (BOB, Involved)], "is due by 2023-11-17T22:13:20Z");
    scene().unknown(&[(BOB, Involved)], "is due by");
    let mut overdue = scene();
    overdue.now = Some(LANDED + 73 * HOUR);
    overdue.fails(&[(BOB, Involved)], "nobody else approved by");
    overdue.evidence.record = Record::NotAsked;
    overdue.unknown(&[(BOB, Involved)], "was due by");
    overdue.now = None;
    overdue.unknown(&[(BOB, Involved)], "is due by");
    scene().reviewed(EVE).check(Segregation::Pass, &[(EVE, Counts), (BOB, Involved)], "");
    let two = |scene: Scene| scene.policy(|policy| policy.approvals = NonZeroU32::new(2).expect("two"));
    two(later(scene(), EVE, 1)).unknown(&[(EVE, Retrospective), (BOB, Involved)], "is due by");
    let both = two(later(later(scene(), EVE, 1), "Max <max@x>", 2));
    let both =
        both.check(Segregation::Pass, &[(EVE, Retrospective), ("Max <max@x>", Retrospective), (BOB, Involved)], "");
    assert_eq!(both.emergency.and_then(|emergency| emergency.approved_by).as_deref(), Some("Eve <eve@x>, Max <max@x>"));
    let unnamed = later(scene().merger(None), EVE, 1);
    unnamed.unknown(&[(EVE, Retrospective)], "may be Eve");
    let namesake = later(scene(), "Ann <ann@home>", 1);
    namesake.unknown(&[("Ann <ann@home>", Retrospective), (BOB, Involved)], "is due by");
    let endless = scene().policy(|policy| policy.emergency_hours = u32::MAX);
    endless.evidence(|evidence| evidence.landed_at = Some(i64::MAX)).unknown(&[(BOB, Involved)], "not known when");
}

#[test]
fn code_owners() {
    let scene = |owners: &[(&str, &[&str], Option<&str>)]| {
        let mut scene = Scene::direct().policy(|policy| policy.code_owners = true).stated(BOB).stated(EVE);
        let path = |scene: &mut Scene, (path, names, unclear): &(&str, &[&str], Option<&str>)| OwnedPath {
            path: (*path).into(),
            approvals: 1,
            owners: names.iter().map(|name| scene.person(name)).collect(),
            unclear: unclear.map(str::to_owned),
        };
        let paths = owners.iter().map(|owned| path(&mut scene, owned)).collect();
        scene.evidence.owners = Some(Ok(paths));
        scene
    };
    let both = [(BOB, Counts), (EVE, Counts)];
    scene(&[]).passes(&both);
    scene(&[("a.tf", &[BOB], None)]).passes(&both);
    scene(&[("a.tf", &[BOB], None), ("b.tf", &[EVE], None)]).passes(&both);
    scene(&[("a.tf", &[BOB], None), ("b.tf", &["Max <max@x>"], None)])
        .fails(&[(BOB, Counts), (EVE, NotOwner)], "no owner of b.tf approved");
    scene(&[("a.tf", &[], Some("nobody knows who is in @org/infra"))]).unknown(&both, "who is in @org/infra");
    scene(&[("a.tf", &[], Some("x")), ("b.tf", &[], None)]).fails(&both, "no owner of b.tf approved");
    scene(&[]).evidence(|evidence| evidence.owners = Some(Err("no CODEOWNERS".into()))).unknown(&both, "no CODEOWNERS");
    scene(&[]).evidence(|evidence| evidence.owners = None).unknown(&both, "owners");
    let mut two = scene(&[("a.tf", &[BOB, "Max <max@x>"], None)]);
    two.evidence.owners.as_mut().expect("owners").as_mut().expect("paths")[0].approvals = 2;
    two.fails(&[(BOB, Counts), (EVE, NotOwner)], "1 of the owners of a.tf approved, of 2 that it wants");
    let alone = Scene::direct().policy(|policy| policy.code_owners = true);
    alone.fails(&[], "landed directly");
}

#[test]
fn checks() {
    let check = |conclusion: &str, required| Check {
        name: "plan".into(),
        conclusion: conclusion.into(),
        completed_at: None,
        required,
    };
    let scene = |checks| {
        let required = |policy: &mut Policy| policy.checks = Checks::Required;
        Scene::direct().stated(BOB).policy(required).evidence(|evidence| evidence.checks = checks)
    };
    scene(Some(vec![check("success", Some(true)), check("failure", Some(false))])).passes(&[(BOB, Counts)]);
    scene(Some(vec![check("failure", Some(true))])).fails(&[(BOB, Counts)], "the check plan is failure");
    scene(Some(vec![check("in_progress", None)])).fails(&[(BOB, Counts)], "the check plan is in_progress");
    scene(Some(vec![check("skipped", None)])).passes(&[(BOB, Counts)]);
    scene(Some(Vec::new())).fails(&[(BOB, Counts)], "none ran");
    scene(None).unknown(&[(BOB, Counts)], "no record of them");
    Scene::direct()
        .stated(BOB)
        .evidence(|evidence| evidence.checks = Some(vec![check("failure", None)]))
        .passes(&[(BOB, Counts)]);
}

#[test]
fn remarks_follow_the_reason() {
    let scene = Scene::direct().evidence(|evidence| evidence.remarks = vec!["a remark".into()]);
    assert!(scene.verdict().reason.is_some_and(|reason| reason.ends_with("; a remark")));
}
