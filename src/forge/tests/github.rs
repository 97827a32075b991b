//! GitHub: documents in the shape of its REST reference.

use super::server::{Documents, Paging, Server};
use super::{Bench, many, sha};
use crate::forge::{CheckRun, ForgeKind, Missing, ReviewState};
use serde_json::{Value, json};

pub(super) const REPO: &str = "/repos/octo/infra";

pub(super) fn user(login: &str) -> Value {
    let kind = if login.ends_with("[bot]") { "Bot" } else { "User" };
    json!({"login": login, "id": login.len(), "node_id": "MDQ6VXNlcjE=", "type": kind, "site_admin": false,
        "url": format!("https://api.github.com/users/{login}")})
}

pub(super) fn review(by: &str, state: &str, on: &str, minute: usize) -> Value {
    json!({"id": 80 + minute, "user": user(by), "body": "", "state": state, "commit_id": sha(on),
        "submitted_at": format!("2024-05-01T10:{minute:02}:00Z"), "author_association": "MEMBER"})
}

pub(super) fn pull(number: u64, merged: bool, base: &str, head: &str, merge: &str) -> Value {
    json!({"id": 1000 + number, "number": number, "state": if merged { "closed" } else { "open" },
        "html_url": format!("https://github.com/octo/infra/pull/{number}"), "user": user("ann"),
        "merged_at": if merged { json!(format!("2024-05-01T11:{number:02}:00Z")) } else { Value::Null },
        "merge_commit_sha": sha(merge), "labels": [{"id": 1, "name": "network", "color": "f29513"}],
        "head": {"ref": "topic", "sha": sha(head), "repo": {"id": 1}}, "base": {"ref": base, "sha": sha("base"), "repo": {"id": 1}}})
}

pub(super) fn whole(listed: &Value, commits: usize) -> Value {
    let mut pull = listed.clone();
    pull["merged"] = json!(!listed["merged_at"].is_null());
    pull["merged_by"] = if listed["merged_at"].is_null() { Value::Null } else { user("eve") };
    pull["commits"] = json!(commits);
    pull
}

pub(super) fn commit(word: &str, account: Value) -> Value {
    let person =
        |name: &str| json!({"name": name, "email": format!("{name}@example.com"), "date": "2024-05-01T09:00:00Z"});
    json!({"sha": sha(word), "commit": {"author": person("Ann"), "committer": person("Ann"), "message": word},
        "author": account, "committer": {}})
}

/// A repository with pull request 12, whose head `head` was merged as `merge`.
pub(super) fn documents() -> Documents {
    let mut documents = Documents::default();
    documents.aliases.push(("/repositories/1".into(), REPO.into()));
    documents.set(REPO, json!({"id": 1, "name": "infra", "full_name": "octo/infra", "default_branch": "main"}));
    let listed = pull(12, true, "main", "head", "merge");
    for word in ["merge", "head"] {
        documents.set(&format!("{REPO}/commits/{}/pulls", sha(word)), json!([listed]));
    }
    documents.set(&format!("{REPO}/pulls/12"), whole(&listed, 2));
    documents.set(&format!("{REPO}/pulls/12/reviews"), json!([review("bob", "APPROVED", "head", 5)]));
    let commits = json!([commit("first", user("ann")), commit("head", Value::Null)]);
    documents.set(&format!("{REPO}/pulls/12/commits"), commits);
    let head = sha("head");
    let run = |name: &str, status: &str, conclusion: Value, end: Value| {
        json!({"id": 4, "head_sha": head, "name": name, "status": status, "conclusion": conclusion, "completed_at": end,
            "app": {"id": 1, "slug": "github-actions"}})
    };
    let runs = json!([
        run("plan", "completed", json!("success"), json!("2024-05-01T10:00:00Z")),
        run("lint", "in_progress", Value::Null, Value::Null)
    ]);
    documents.set(&format!("{REPO}/commits/{head}/check-runs"), json!({"total_count": 2, "check_runs": runs}));
    let statuses = json!([{"context": "ci/policy", "state": "failure", "updated_at": "2024-05-01T10:01:00Z"}]);
    documents.set(
        &format!("{REPO}/commits/{head}/status"),
        json!({"state": "failure", "sha": head, "total_count": 1, "statuses": statuses}),
    );
    documents.set(
        &format!("{REPO}/branches/main/protection"),
        json!({"required_status_checks": {"strict": true, "contexts": ["plan"], "checks": [{"context": "plan", "app_id": 1}]},
            "enforce_admins": {"enabled": true}, "allow_force_pushes": {"enabled": false},
            "required_pull_request_reviews": {"dismiss_stale_reviews": true, "require_code_owner_reviews": false,
                "required_approving_review_count": 1, "require_last_push_approval": false}}),
    );
    documents.set(&format!("{REPO}/rules/branches/main"), json!([]));
    for login in ["ann", "bob", "eve"] {
        let mut profile = user(login);
        profile["name"] = json!(login.to_uppercase());
        profile["email"] = if login == "bob" { json!("bob@example.com") } else { Value::Null };
        documents.set(&format!("/users/{login}"), profile);
    }
    documents
}

pub(super) fn bench(documents: Documents) -> Bench {
    Bench::new(ForgeKind::GitHub, Server::start(documents, Paging::Links), "", "octo/infra")
}

#[test]
fn a_merged_pull_request_is_read_whole() {
    let bench = bench(documents());
    let record = bench.record("merge");
    assert_eq!(record.problems, Vec::<String>::new());
    let pull = record.pull_request.expect("a pull request");
    assert_eq!((pull.number, pull.reference.as_str(), pull.base.as_str()), (12, "#12", "main"));
    assert_eq!(pull.url, "https://github.com/octo/infra/pull/12");
    assert_eq!((&pull.head, pull.merge_commit.as_ref()), (&sha("head"), Some(&sha("merge"))));
    assert_eq!(pull.merged_at.as_deref(), Some("2024-05-01T11:12:00Z"));
    assert_eq!((pull.author.login.as_str(), pull.author.name.as_deref()), ("ann", Some("ANN")));
    assert_eq!(pull.merged_by.as_ref().map(|by| by.login.as_str()), Some("eve"));
    assert_eq!(pull.labels, ["network"]);
    assert!(pull.commits_complete);
    assert_eq!(pull.commits[0].author.account.as_ref().map(|by| by.login.as_str()), Some("ann"));
    assert_eq!((pull.commits[0].author.email.as_str(), &pull.commits[1].author.account), ("Ann@example.com", &None));
    assert_eq!(pull.reviews.len(), 1);
    let review = &pull.reviews[0];
    assert_eq!((review.by.login.as_str(), review.by.email.as_deref()), ("bob", Some("bob@example.com")));
    assert_eq!((review.state, review.stale), (ReviewState::Approved, Some(false)));
    assert_eq!(review.at.as_deref(), Some("2024-05-01T10:05:00Z"));

    let check = |name: &str, conclusion: &str, end: Option<&str>, required| CheckRun {
        name: name.into(),
        conclusion: conclusion.into(),
        completed_at: end.map(str::to_owned),
        required: Some(required),
    };
    let expected = [
        check("plan", "success", Some("2024-05-01T10:00:00Z"), true),
        check("lint", "in_progress", None, false),
        check("ci/policy", "failure", Some("2024-05-01T10:01:00Z"), false),
    ];
    assert_eq!(record.checks.as_deref(), Some(&expected[..]));
    let protection = record.protection.expect("protection");
    assert_eq!((protection.required_approvals, protection.dismisses_stale), (Some(1), Some(true)));
    assert_eq!((protection.requires_pull_request, protection.allows_force_push), (Some(true), Some(false)));
    assert_eq!((protection.enforced_for_admins, protection.author_may_approve), (Some(true), Some(false)));
    assert_eq!((protection.requires_code_owners, protection.required_checks), (Some(false), vec!["plan".to_owned()]));

    // Every request is authenticated, versioned and read-only; each answer is evidence and is kept.
    for request in bench.server.requests() {
        assert_eq!(request.header("authorization"), Some(format!("Bearer {}", bench.token).as_str()));
        assert_eq!(request.header("x-github-api-version"), Some("2022-11-28"));
        assert!(!request.target.contains(&bench.token));
    }
    // All but the repository itself: the list, the pull request, reviews, commits, checks, statuses, protection, rules
    // and three accounts.
    assert_eq!(record.evidence.len(), 11);
    for digest in &record.evidence {
        let path = bench.cache.path().join("objects").join(&digest[..2]).join(&digest[2..]);
        assert_eq!(&crate::forge::cache::digest(&std::fs::read(path).expect("a kept answer")), digest);
    }
}

#[test]
fn reviews_are_kept_in_order_and_the_last_decisive_one_counts() {
    let mut documents = documents();
    let mut gone = review("x", "APPROVED", "head", 40);
    gone["user"] = Value::Null;
    let reviews = json!([
        review("bob", "APPROVED", "first", 1),
        review("bob", "COMMENTED", "head", 2),
        review("carl", "APPROVED", "head", 3),
        review("Carl", "CHANGES_REQUESTED", "head", 4),
        review("dora", "CHANGES_REQUESTED", "head", 5),
        review("dora", "APPROVED", "head", 6),
        review("fred", "DISMISSED", "head", 7),
        review("renovate[bot]", "APPROVED", "head", 8),
        review("bob", "PENDING", "head", 9),
        gone.clone(),
        gone,
        review("gwen", "BLESSED", "head", 41),
    ]);
    documents.set(&format!("{REPO}/pulls/12/reviews"), reviews);
    let record = bench(documents).record("merge");
    let pull = record.pull_request.expect("a pull request");
    assert_eq!(pull.reviews.len(), 11, "all but what nobody has submitted");
    let effective: Vec<_> = pull
        .effective_reviews()
        .into_iter()
        .map(|review| (review.by.login.as_str(), review.state, review.stale, review.by.is_bot))
        .collect();
    use ReviewState::{Approved, ChangesRequested, Dismissed};
    assert_eq!(
        effective,
        [
            ("bob", Approved, Some(true), false),
            ("Carl", ChangesRequested, Some(false), false),
            ("dora", Approved, Some(false), false),
            ("fred", Dismissed, Some(false), false),
            ("renovate[bot]", Approved, Some(false), true),
            ("ghost", Approved, Some(false), false),
            ("ghost", Approved, Some(false), false),
        ]
    );
    assert!(record.problems.iter().any(|problem| problem.contains("`BLESSED`")), "{:?}", record.problems);
}

#[test]
fn lists_are_read_to_their_end() {
    let mut documents = documents();
    let reviews = many(250, |number| review(&format!("user{number}"), "APPROVED", "head", number % 60));
    documents.set(&format!("{REPO}/pulls/12/reviews"), reviews);
    let runs =
        many(150, |number| json!({"name": format!("job {number}"), "status": "completed", "conclusion": "success"}));
    documents
        .set(&format!("{REPO}/commits/{}/check-runs", sha("head")), json!({"total_count": 150, "check_runs": runs}));
    let bench = bench(documents);
    let record = bench.record("merge");
    assert_eq!(record.pull_request.expect("a pull request").reviews.len(), 250);
    assert_eq!(record.checks.map(|checks| checks.len()), Some(151));
    assert_eq!(bench.server.asked(&format!("{REPO}/pulls/12/reviews")), 1);
    assert_eq!(bench.server.asked("/repositories/1/pulls/12/reviews"), 2, "by the links that GitHub gives");
}

#[test]
fn what_is_listed_in_part_is_not_complete() {
    let mut documents = documents();
    let listed = pull(12, true, "main", "head", "merge");
    documents.set(&format!("{REPO}/pulls/12"), whole(&listed, 300));
    let commits = many(250, |number| commit(&format!("c{number}"), Value::Null));
    documents.set(&format!("{REPO}/pulls/12/commits"), commits);
    documents
        .set(&format!("{REPO}/commits/{}/check-runs", sha("head")), json!({"total_count": 1200, "check_runs": []}));
    let record = bench(documents).record("merge");
    let pull = record.pull_request.expect("a pull request");
    assert_eq!((pull.commits.len(), pull.commits_complete), (250, false));
    assert_eq!(record.checks, None);
    assert!(record.problems.iter().any(|problem| problem.contains("only some of the checks")), "{:?}", record.problems);
}

#[test]
fn the_pull_request_that_brought_it_in_is_chosen() {
    let mut documents = documents();
    let listed = json!([
        pull(3, false, "main", "x", "merge"),
        pull(4, true, "release", "x", "merge"),
        pull(20, true, "main", "x", "y"),
        pull(12, true, "main", "head", "merge"),
        pull(2, true, "main", "x", "y"),
    ]);
    documents.set(&format!("{REPO}/commits/{}/pulls", sha("merge")), listed);
    // Rebased: none of them made it or has it as its head, and the first that was merged brought it in.
    let rebased = json!([pull(30, true, "main", "x", "y"), pull(12, true, "main", "head", "merge")]);
    documents.set(&format!("{REPO}/commits/{}/pulls", sha("rebased")), rebased);
    documents.set(&format!("{REPO}/commits/{}/pulls", sha("open")), json!([pull(3, false, "main", "open", "x")]));
    documents.set(&format!("{REPO}/commits/{}/pulls", sha("picked")), json!([]));
    let bench = bench(documents);
    for word in ["merge", "rebased"] {
        assert_eq!(bench.record(word).pull_request.map(|pull| pull.number), Some(12), "{word}");
    }
    for word in ["open", "picked"] {
        let record = bench.record(word);
        assert_eq!((record.pull_request, record.checks), (None, None), "{word}");
        assert!(record.protection.is_some());
    }
}

#[test]
fn a_hint_counts_only_where_the_forge_ties_it_to_the_commit() {
    let mut documents = documents();
    for word in ["first", "merge", "stray"] {
        documents.set(&format!("{REPO}/commits/{}/pulls", sha(word)), json!([]));
    }
    documents.set(&format!("{REPO}/pulls/3"), whole(&pull(3, false, "main", "stray", "stray"), 0));
    documents.set(&format!("{REPO}/pulls/3/reviews"), json!([]));
    documents.set(&format!("{REPO}/pulls/3/commits"), json!([]));
    let bench = bench(documents);
    for word in ["merge", "first"] {
        let record = bench.result(word, Some(12)).expect("a record");
        assert_eq!(record.pull_request.map(|pull| pull.number), Some(12), "{word}");
    }
    for (hint, problem) in [(12, "did not bring it in"), (3, "did not bring it in"), (99, "has no such thing")] {
        let record = bench.result("stray", Some(hint)).expect("a record");
        assert_eq!(record.pull_request, None, "{hint}");
        assert!(record.problems.iter().any(|text| text.contains(problem)), "{hint}: {:?}", record.problems);
    }
    assert_eq!(bench.result("stray", None).expect("a record").pull_request, None);
}

#[test]
fn a_list_that_the_pull_request_contradicts_decides_nothing() {
    let mut documents = documents();
    let mut other = whole(&pull(12, true, "main", "head", "merge"), 2);
    other["id"] = json!(7);
    documents.set(&format!("{REPO}/pulls/12"), other);
    let missing = bench(documents).result("merge", None).expect_err("no record");
    assert!(missing.to_string().contains("contradicts"), "{missing}");
}

#[test]
fn a_commit_that_was_not_pushed_is_unknown_to_the_forge() {
    let mut documents = documents();
    let body = json!({"message": format!("No commit found for SHA: {}", sha("local")), "status": "422"}).to_string();
    let path = format!("{REPO}/commits/{}/pulls", sha("local"));
    documents.first(&path, [super::server::Reply::Status(422, Vec::new(), body)]);
    assert_eq!(bench(documents).result("local", None), Err(Missing::Commit { sha: sha("local") }));
}

#[test]
fn protection_is_the_stricter_of_both_kinds() {
    let mut documents = documents();
    documents.set(
        &format!("{REPO}/rules/branches/main"),
        json!([
            {"type": "pull_request", "ruleset_id": 1, "ruleset_source_type": "Repository", "ruleset_source": "octo/infra",
             "parameters": {"dismiss_stale_reviews_on_push": false, "require_code_owner_review": true,
                "require_last_push_approval": false, "required_approving_review_count": 2,
                "required_review_thread_resolution": false}},
            {"type": "non_fast_forward", "ruleset_id": 1},
            {"type": "required_status_checks", "ruleset_id": 2, "parameters":
                {"required_status_checks": [{"context": "ci/policy", "integration_id": 3}],
                 "strict_required_status_checks_policy": true}}
        ]),
    );
    let record = bench(documents).record("merge");
    let protection = record.protection.expect("protection");
    assert_eq!((protection.required_approvals, protection.requires_code_owners), (Some(2), Some(true)));
    assert_eq!((protection.dismisses_stale, protection.allows_force_push), (Some(true), Some(false)));
    assert_eq!(protection.enforced_for_admins, None, "who may pass by a ruleset is not told");
    assert_eq!(protection.required_checks, ["ci/policy", "plan"]);
    let required: Vec<_> = record.checks.into_iter().flatten().map(|check| check.required).collect();
    assert_eq!(required, [Some(true), Some(false), Some(true)]);
}

#[test]
fn protection_that_is_not_shown_is_a_problem_and_one_that_is_not_there_is_none() {
    let mut documents = documents();
    let path = format!("{REPO}/branches/main/protection");
    documents.by_path.remove(&path);
    let hidden = bench(documents).record("merge");
    let protection = hidden.protection.expect("what rulesets say");
    assert_eq!((protection.required_approvals, protection.requires_pull_request), (None, None));
    assert_eq!((protection.allows_force_push, protection.enforced_for_admins), (None, None));
    assert!(
        hidden.problems.iter().any(|problem| problem.contains("branches/main/protection") && problem.contains("404"))
    );
    let required: Vec<_> = hidden.checks.into_iter().flatten().map(|check| check.required).collect();
    assert_eq!(required, [None, None, None]);

    let mut documents = self::documents();
    documents.by_path.remove(&path);
    let body = json!({"message": "Branch not protected", "status": "404"}).to_string();
    documents.first(&path, [super::server::Reply::Status(404, Vec::new(), body)]);
    let open = bench(documents).record("merge");
    assert_eq!(open.problems, Vec::<String>::new());
    let protection = open.protection.expect("known to have none");
    assert_eq!((protection.required_approvals, protection.requires_pull_request), (Some(0), Some(false)));
    assert_eq!((protection.allows_force_push, protection.enforced_for_admins), (Some(true), Some(false)));
}

#[test]
fn an_enterprise_server_lives_below_a_path() {
    let mut documents = Documents::default();
    let plain = self::documents();
    for (path, document) in plain.by_path {
        documents.set(&format!("/api/v3{path}"), document);
    }
    documents.aliases.push(("/api/v3/repositories/1".into(), format!("/api/v3{REPO}")));
    let reviews = many(130, |number| review(&format!("user{number}"), "APPROVED", "head", number % 60));
    documents.set(&format!("/api/v3{REPO}/pulls/12/reviews"), reviews);
    let bench = Bench::new(ForgeKind::GitHub, Server::start(documents, Paging::Links), "/api/v3/", "octo/infra");
    assert_eq!(bench.record("merge").pull_request.map(|pull| pull.reviews.len()), Some(130));
}

#[test]
fn many_commits_share_what_they_have_in_common() {
    let mut documents = documents();
    for number in 0..40 {
        let path = format!("{REPO}/commits/{}/pulls", sha(&format!("rebased{number}")));
        documents.set(&path, json!([pull(12, true, "main", "head", "merge")]));
    }
    let bench = bench(documents);
    let query = |number| crate::forge::CommitQuery { sha: sha(&format!("rebased{number}")), hint: None };
    let queries: Vec<_> = (0..40).map(query).collect();
    let (records, calls) = bench.ask(bench.options(false), &queries);
    assert_eq!(records.len(), 40);
    for record in records.values() {
        let pull = record.as_ref().expect("a record").pull_request.as_ref();
        assert_eq!(pull.map(|pull| pull.number), Some(12));
    }
    // The repository, two of protection, the pull request and four lists of it, three accounts; and each commit's list.
    assert_eq!((calls, bench.server.requests().len()), (51, 51));
}
