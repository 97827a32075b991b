//! GitLab: documents in the shape of its REST reference.

use super::server::{Documents, Paging, Reply, Server};
use super::{Bench, many, sha};
use crate::forge::{ForgeKind, Missing, ReviewState};
use serde_json::{Value, json};

/// The path by which the project is asked for first: groups nest, and their separators are encoded.
pub(super) const NAMED: &str = "/api/v4/projects/group%2Fsub.group%2Finfra";
pub(super) const PROJECT: &str = "/api/v4/projects/42";

fn user(id: u64, login: &str) -> Value {
    json!({"id": id, "username": login, "name": login.to_uppercase(), "state": "active", "locked": false,
        "avatar_url": null, "web_url": format!("https://gitlab.example/{login}")})
}

fn request(iid: u64, state: &str, target: &str, head: &str) -> Value {
    let merged = state == "merged";
    json!({"id": 900 + iid, "iid": iid, "project_id": 42, "target_project_id": 42, "source_project_id": 42,
        "title": "a change", "state": state, "author": user(1, "ann"), "target_branch": target, "source_branch": "topic",
        "merge_user": if merged { user(3, "eve") } else { Value::Null }, "merged_by": null,
        "merged_at": if merged { json!(format!("2024-05-01T13:{iid:02}:00.500+02:00")) } else { Value::Null },
        "sha": sha(head), "merge_commit_sha": null, "squash_commit_sha": null, "labels": ["network", "prod"],
        "web_url": format!("https://gitlab.example/group/sub.group/infra/-/merge_requests/{iid}"),
        "diff_refs": {"base_sha": sha("base"), "head_sha": sha(head), "start_sha": sha("base")},
        "head_pipeline": null, "references": {"short": format!("!{iid}"), "full": format!("group/sub.group/infra!{iid}")}})
}

fn approvals(by: Value) -> Value {
    json!({"id": 907, "iid": 7, "project_id": 42, "approvals_required": 2, "approvals_left": 0, "approved": true,
        "approved_by": by})
}

fn job(id: u64, name: &str, status: &str, may_fail: bool, end: Value) -> Value {
    json!({"id": id, "name": name, "stage": "test", "status": status, "allow_failure": may_fail, "finished_at": end,
        "pipeline": {"id": 61, "project_id": 42}})
}

/// A project with merge request 7, whose head `head` was merged as `merge`.
pub(super) fn documents() -> Documents {
    let mut documents = Documents::default();
    let project = json!({"id": 42, "path_with_namespace": "group/sub.group/infra", "default_branch": "main",
        "only_allow_merge_if_pipeline_succeeds": true});
    documents.set(NAMED, project);
    let mut merged = request(7, "merged", "main", "head");
    merged["merge_commit_sha"] = json!(sha("merge"));
    documents.set(&format!("{PROJECT}/repository/commits/{}/merge_requests", sha("merge")), json!([merged]));
    let path = format!("{PROJECT}/merge_requests/7");
    documents.set(&path, merged);
    let by = json!([{"user": user(2, "bob"), "approved_at": "2024-05-01T10:30:00.000Z"}]);
    documents.set(&format!("{path}/approvals"), approvals(by));
    let rule = json!({"id": 1, "name": "network", "rule_type": "regular", "approvals_required": 2, "eligible_approvers": [],
        "users": [], "groups": [], "approved_by": [user(2, "bob")], "approved": true});
    let any = json!({"id": 2, "name": "All Members", "rule_type": "any_approver", "approvals_required": 1});
    documents
        .set(&format!("{path}/approval_state"), json!({"approval_rules_overwritten": false, "rules": [rule, any]}));
    documents.set(
        &format!("{path}/reviewers"),
        json!([{"user": user(2, "bob"), "state": "approved", "created_at": "2024-05-01T09:00:00.000Z"}]),
    );
    let version = |head: &str, at: &str| {
        json!({"id": 1, "head_commit_sha": sha(head), "base_commit_sha": sha("base"), "start_commit_sha": sha("base"),
            "created_at": at, "merge_request_id": 907, "state": "collected", "real_size": "1"})
    };
    let versions = json!([version("head", "2024-05-01T10:00:00.000Z"), version("first", "2024-05-01T09:00:00.000Z")]);
    documents.set(&format!("{path}/versions"), versions);
    let commit = |word: &str| {
        json!({"id": sha(word), "short_id": &sha(word)[..8], "title": word, "author_name": "Ann",
            "author_email": "ann@example.com", "committer_name": "Ann", "committer_email": "ann@example.com",
            "created_at": "2024-05-01T09:00:00.000Z"})
    };
    documents.set(&format!("{path}/commits"), json!([commit("head"), commit("first")]));
    let pipeline = |id: u64, head: &str, status: &str| {
        json!({"id": id, "iid": id, "project_id": 42, "sha": sha(head), "ref": "refs/merge-requests/7/head",
            "status": status, "source": "merge_request_event"})
    };
    let pipelines =
        json!([pipeline(60, "head", "failed"), pipeline(61, "head", "success"), pipeline(62, "first", "failed")]);
    documents.set(&format!("{path}/pipelines"), pipelines);
    let jobs = json!([
        job(1, "plan", "success", false, json!("2024-05-01T10:10:00.500Z")),
        job(2, "lint", "failed", true, json!("2024-05-01T10:10:00Z")),
    ]);
    documents.set(&format!("{PROJECT}/pipelines/61/jobs"), jobs);
    documents.set(
        &format!("{PROJECT}/protected_branches"),
        json!([
            {"id": 1, "name": "release/*", "push_access_levels": [], "allow_force_push": true,
             "code_owner_approval_required": false},
            {"id": 2, "name": "ma*", "allow_force_push": false, "code_owner_approval_required": true,
             "push_access_levels": [{"id": 1, "access_level": 0, "access_level_description": "No one", "user_id": null,
                "group_id": null}],
             "merge_access_levels": [{"id": 1, "access_level": 40}]},
        ]),
    );
    documents.set(
        &format!("{PROJECT}/approvals"),
        json!({"approvers": [], "approver_groups": [], "approvals_before_merge": 0, "reset_approvals_on_push": true,
            "selective_code_owner_removals": false, "merge_requests_author_approval": false,
            "merge_requests_disable_committers_approval": true, "require_password_to_approve": false}),
    );
    documents.set(
        &format!("{PROJECT}/approval_rules"),
        json!([{"id": 1, "name": "network", "rule_type": "regular", "approvals_required": 3,
            "applies_to_all_protected_branches": false, "protected_branches": []}]),
    );
    for (id, login) in [(1, "ann"), (2, "bob"), (3, "eve")] {
        let mut profile = user(id, login);
        profile["bot"] = json!(false);
        profile["public_email"] = json!(if id == 2 { "bob@example.com" } else { "" });
        documents.set(&format!("/api/v4/users/{id}"), profile);
    }
    documents
}

pub(super) fn bench(documents: Documents) -> Bench {
    Bench::new(ForgeKind::GitLab, Server::start(documents, Paging::Numbers), "/api/v4", "group/sub.group/infra")
}

#[test]
fn a_merged_merge_request_is_read_whole() {
    let bench = bench(documents());
    let record = bench.record("merge");
    assert_eq!(record.problems, Vec::<String>::new());
    let pull = record.pull_request.expect("a merge request");
    assert_eq!((pull.number, pull.reference.as_str(), pull.base.as_str()), (7, "!7", "main"));
    assert_eq!((&pull.head, pull.merge_commit.as_ref()), (&sha("head"), Some(&sha("merge"))));
    assert_eq!(pull.merged_at.as_deref(), Some("2024-05-01T11:07:00.5Z"));
    assert_eq!(pull.url, "https://gitlab.example/group/sub.group/infra/-/merge_requests/7");
    assert_eq!((pull.author.login.as_str(), pull.author.name.as_deref()), ("ann", Some("ANN")));
    assert_eq!(pull.merged_by.map(|by| by.login).as_deref(), Some("eve"));
    assert_eq!(pull.labels, ["network", "prod"]);
    assert!(pull.commits_complete);
    let shas: Vec<_> = pull.commits.iter().map(|commit| commit.sha.clone()).collect();
    assert_eq!(shas, [sha("head"), sha("first")]);
    assert_eq!(pull.reviews.len(), 1);
    let review = &pull.reviews[0];
    assert_eq!((review.by.login.as_str(), review.by.email.as_deref()), ("bob", Some("bob@example.com")));
    assert_eq!((review.state, review.at.as_deref()), (ReviewState::Approved, Some("2024-05-01T10:30:00Z")));
    assert_eq!((review.on.as_ref(), review.stale), (Some(&sha("head")), Some(false)));
    let checks =
        record.checks.iter().flatten().map(|check| {
            (check.name.as_str(), check.conclusion.as_str(), check.completed_at.as_deref(), check.required)
        });
    assert_eq!(
        checks.collect::<Vec<_>>(),
        [
            ("pipeline", "success", Some("2024-05-01T10:10:00.5Z"), Some(true)),
            ("plan", "success", Some("2024-05-01T10:10:00.5Z"), Some(true)),
            ("lint", "failed", Some("2024-05-01T10:10:00Z"), Some(false)),
        ]
    );
    let protection = record.protection.expect("protection");
    assert_eq!(protection.required_approvals, Some(2), "as it was for this one");
    assert_eq!((protection.dismisses_stale, protection.author_may_approve), (Some(true), Some(false)));
    assert_eq!((protection.requires_pull_request, protection.allows_force_push), (Some(true), Some(false)));
    assert_eq!((protection.requires_code_owners, protection.enforced_for_admins), (Some(true), None));
    assert_eq!(protection.required_checks, ["pipeline"]);
    for request in bench.server.requests() {
        assert_eq!(request.header("authorization"), Some(format!("Bearer {}", bench.token).as_str()));
        assert!(!request.target.contains(&bench.token));
    }
}

#[test]
fn an_approval_before_the_last_push_is_stale_and_one_without_a_time_is_not_known_to_be() {
    let path = format!("{PROJECT}/merge_requests/7");
    let mut documents = documents();
    let by = json!([
        {"user": user(2, "bob"), "approved_at": "2024-05-01T09:59:59.999Z"},
        {"user": user(3, "eve"), "approved_at": "2024-05-01T08:00:00Z"},
        {"user": user(1, "ann")},
    ]);
    documents.set(&format!("{path}/approvals"), approvals(by));
    let reviews = bench(documents).record("merge").pull_request.expect("a merge request").reviews;
    let told: Vec<_> = reviews.into_iter().map(|review| (review.on, review.stale)).collect();
    assert_eq!(told, [(Some(sha("first")), Some(true)), (None, None), (None, None)]);

    let mut documents = self::documents();
    documents.set(&format!("{path}/approvals"), approvals(json!([{"user": user(2, "bob")}])));
    let bench = bench(documents);
    let reviews = bench.record("merge").pull_request.expect("a merge request").reviews;
    assert_eq!((reviews[0].at.as_ref(), reviews[0].on.as_ref(), reviews[0].stale), (None, None, None));
    assert_eq!(bench.server.asked(&format!("{path}/versions")), 0, "nothing to tell by it");
}

#[test]
fn what_reviewers_withhold_goes_after_what_stands() {
    let mut documents = documents();
    let reviewer = |id, login: &str, state: &str| json!({"user": user(id, login), "state": state, "created_at": "2024-05-01T09:00:00Z"});
    documents.set(
        &format!("{PROJECT}/merge_requests/7/reviewers"),
        json!([
            reviewer(2, "bob", "requested_changes"),
            reviewer(3, "eve", "unapproved"),
            reviewer(1, "ann", "reviewed"),
            reviewer(4, "carl", "unreviewed"),
        ]),
    );
    let pull = bench(documents).record("merge").pull_request.expect("a merge request");
    assert_eq!(pull.reviews.len(), 4);
    let effective: Vec<_> =
        pull.effective_reviews().into_iter().map(|review| (review.by.login.as_str(), review.state)).collect();
    assert_eq!(effective, [("bob", ReviewState::ChangesRequested), ("eve", ReviewState::Revoked)]);
}

#[test]
fn bots_and_deleted_accounts_are_told() {
    let mut documents = documents();
    let by = json!([
        {"user": user(8, "project_42_bot_0a1b2c"), "approved_at": "2024-05-01T10:30:00Z"},
        {"user": user(9, "robot"), "approved_at": "2024-05-01T10:30:00Z"},
        {"user": null, "approved_at": "2024-05-01T10:30:00Z"},
        {"user": user(10, "ghost"), "approved_at": "2024-05-01T10:30:00Z"},
    ]);
    documents.set(&format!("{PROJECT}/merge_requests/7/approvals"), approvals(by));
    let mut robot = user(9, "robot");
    robot["bot"] = json!(true);
    documents.set("/api/v4/users/9", robot);
    let record = bench(documents).record("merge");
    let by: Vec<_> = record.pull_request.iter().flat_map(|pull| &pull.reviews).map(|review| &review.by).collect();
    let told: Vec<_> = by.iter().map(|by| (by.login.as_str(), by.is_bot, by.is_ghost())).collect();
    assert_eq!(
        told,
        [
            ("project_42_bot_0a1b2c", true, false),
            ("robot", true, false),
            ("ghost", false, true),
            ("ghost", false, true)
        ]
    );
    assert!(record.problems.iter().any(|problem| problem.contains("/users/8")), "{:?}", record.problems);
}

#[test]
fn tiers_without_rules_of_approval_leave_them_unknown() {
    let mut documents = documents();
    let path = format!("{PROJECT}/merge_requests/7");
    for gone in [format!("{path}/approval_state"), format!("{PROJECT}/approvals"), format!("{PROJECT}/approval_rules")]
    {
        documents.by_path.remove(&gone);
    }
    documents.set(&format!("{path}/approvals"), json!({"approved": true, "approved_by": [{"user": user(2, "bob")}]}));
    documents.first(
        &format!("{PROJECT}/protected_branches"),
        [Reply::Status(403, Vec::new(), json!({"message": "403 Forbidden"}).to_string())],
    );
    let bench = bench(documents);
    let record = bench.record("merge");
    assert_eq!(record.protection, None);
    assert_eq!(record.problems.len(), 4, "{:?}", record.problems);
    assert!(record.problems.iter().all(|problem| problem.contains("GET /projects/42") && problem.contains("token")));
    let protection = bench.record("merge").protection.expect("readable the second time");
    assert_eq!((protection.required_approvals, protection.dismisses_stale), (None, None));
    assert_eq!((protection.requires_pull_request, protection.author_may_approve), (Some(true), None));
}

#[test]
fn the_merge_request_that_brought_it_in_is_chosen() {
    let mut documents = documents();
    let list = |word: &str| format!("{PROJECT}/repository/commits/{}/merge_requests", sha(word));
    let mut fork = request(7, "merged", "main", "head");
    fork["target_project_id"] = json!(43);
    documents
        .set(&list("elsewhere"), json!([fork, request(5, "closed", "main", "x"), request(6, "merged", "old", "x")]));
    documents.set(&list("head"), json!([request(2, "merged", "main", "x"), request(7, "merged", "main", "head")]));
    documents.set(&list("inner"), json!([request(9, "merged", "main", "x"), request(7, "merged", "main", "head")]));
    let mut squashed = request(7, "merged", "main", "head");
    squashed["squash_commit_sha"] = json!(sha("squash"));
    documents.set(&list("squash"), json!([request(2, "merged", "main", "x"), squashed.clone()]));
    documents.set(&format!("{PROJECT}/merge_requests/7"), squashed);
    let bench = bench(documents);
    assert_eq!(bench.record("elsewhere").pull_request, None);
    for word in ["head", "inner", "squash"] {
        let pull = bench.record(word).pull_request.expect("a merge request");
        assert_eq!((pull.number, pull.merge_commit), (7, Some(sha("squash"))), "{word}");
    }
    assert_eq!(bench.result("unknown", None), Err(Missing::Commit { sha: sha("unknown") }));
}

#[test]
fn a_hint_finds_what_the_list_lacks() {
    let mut documents = documents();
    for word in ["first", "stray"] {
        documents.set(&format!("{PROJECT}/repository/commits/{}/merge_requests", sha(word)), json!([]));
    }
    let bench = bench(documents);
    let found = bench.result("first", Some(7)).expect("a record");
    assert_eq!(found.pull_request.map(|pull| pull.number), Some(7));
    let stray = bench.result("stray", Some(7)).expect("a record");
    assert_eq!(stray.pull_request, None);
    assert!(stray.problems.iter().any(|problem| problem.starts_with("!7 ")), "{:?}", stray.problems);
}

#[test]
fn pages_are_followed_by_number_at_the_address_that_was_asked() {
    let mut documents = documents();
    let job = |number: usize| job(number as u64, &format!("job {number}"), "success", false, Value::Null);
    documents.set(&format!("{PROJECT}/pipelines/61/jobs"), many(230, job));
    let bench = bench(documents);
    assert_eq!(bench.record("merge").checks.map(|checks| checks.len()), Some(231));
    assert_eq!(bench.server.asked(&format!("{PROJECT}/pipelines/61/jobs")), 3);
}

#[test]
fn the_pipeline_that_ran_on_the_head_counts() {
    let path = format!("{PROJECT}/merge_requests/7");
    let with = |sha_of: &str, project: u64, listed: Value| {
        let mut documents = documents();
        let mut request = documents.by_path[&path].clone();
        request["head_pipeline"] = json!({"id": 70, "project_id": project, "sha": sha(sha_of), "status": "success"});
        documents.set(&path, request);
        documents.set(&format!("{path}/pipelines"), listed);
        documents.set(&format!("{PROJECT}/pipelines/70/jobs"), json!([]));
        documents
    };
    let commit = |documents: &mut Documents, word: &str, parent: &str| {
        let commit = json!({"id": sha(word), "parent_ids": [sha("target"), sha(parent)]});
        documents.set(&format!("{PROJECT}/repository/commits/{}", sha(word)), commit);
    };
    let conclusions = |documents: Documents| {
        let record = bench(documents).record("merge");
        let checks = record.checks.map(|checks| checks.into_iter().map(|check| check.conclusion).collect::<Vec<_>>());
        (checks, record.problems)
    };
    let words = |words: &[&str]| Some(words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>());

    // On the result of merging, which has the head as a parent.
    let mut merged = with("result", 42, json!([]));
    commit(&mut merged, "result", "head");
    assert_eq!(conclusions(merged), (words(&["success"]), Vec::new()));

    // An earlier head's, to which the merge request still points: it says nothing of the final head.
    let mut earlier = with("first", 42, json!([]));
    commit(&mut earlier, "first", "base");
    assert_eq!(conclusions(earlier), (words(&[]), Vec::new()));
    let listed = json!([{"id": 61, "project_id": 42, "sha": sha("head"), "status": "failed"}]);
    let mut earlier = with("first", 42, listed);
    commit(&mut earlier, "first", "base");
    assert_eq!(conclusions(earlier).0, words(&["failed", "success", "failed"]));

    // One that cannot be told.
    let (checks, problems) = conclusions(with("gone", 42, json!([])));
    assert_eq!((checks, problems.len()), (None, 1));

    // A fork's.
    let (checks, problems) = conclusions(with("head", 43, json!([])));
    assert_eq!(checks, words(&[]));
    assert!(problems[0].contains("fork"), "{problems:?}");
}
