//! Verdicts with a forge's own record, through the program: `blame`, `audit` and `scan`, online and offline.

use crate::forge::{Forge, Reply};
use crate::harness::{Repository, Run, finish};
use serde_json::{Value, json};
use std::collections::BTreeMap;

const NETWORK: &str = "resource \"aws_vpc\" \"main\" {\n  cidr_block = \"10.0.0.0/16\"\n}\n";

/// Made at the time of the test, so that no text that looks like a secret stands anywhere.
fn token() -> String {
    format!("token{}{}", std::process::id(), "x".repeat(24))
}

/// A repository whose one change was squashed on the forge's pages as #12, and the commit.
fn squashed() -> (Repository, String) {
    let repository = Repository::new();
    repository.git(&["remote", "add", "origin", "https://github.com/octo/infra.git"]);
    repository.write("main.tf", NETWORK);
    repository.commit("Add the network (#12)");
    let commit = repository.git(&["rev-parse", "HEAD"]);
    (repository, commit)
}

fn user(login: &str) -> Value {
    json!({"login": login, "id": 1, "type": if login.ends_with("[bot]") { "Bot" } else { "User" }})
}

fn review(by: &str, state: &str, on: &str, minute: usize) -> Value {
    json!({"id": minute, "user": user(by), "state": state, "commit_id": on, "submitted_at": format!("2026-02-28T10:{minute:02}:00Z")})
}

const HEAD: &str = "1111111111111111111111111111111111111111";
const OLD: &str = "2222222222222222222222222222222222222222";

/// What GitHub has on record of pull request 12, merged by Eve.
fn github(commit: &str, reviews: Value) -> BTreeMap<String, Reply> {
    let repo = "/api/v3/repos/octo/infra";
    let pull = json!({"id": 9, "number": 12, "state": "closed", "html_url": "https://github.com/octo/infra/pull/12",
        "user": user("ada"), "merged_at": "2026-02-28T11:00:00Z", "merge_commit_sha": commit, "labels": [], "merged": true,
        "merged_by": user("eve"), "commits": 1, "head": {"ref": "topic", "sha": HEAD, "repo": {"id": 1}},
        "base": {"ref": "main", "sha": OLD, "repo": {"id": 1}}});
    let person = json!({"name": "Ada Lovelace", "email": "ada@example.com", "date": "2026-02-28T09:00:00Z"});
    let documents = [
        (repo.to_owned(), json!({"id": 1, "full_name": "octo/infra", "default_branch": "main"})),
        (format!("{repo}/commits/{commit}/pulls"), json!([pull])),
        (format!("{repo}/pulls/12"), pull),
        (format!("{repo}/pulls/12/reviews"), reviews),
        (
            format!("{repo}/pulls/12/commits"),
            json!([{"sha": HEAD, "commit": {"author": person, "committer": person, "message": "x"}, "author": user("ada"), "committer": user("ada")}]),
        ),
        (
            format!("{repo}/commits/{HEAD}/check-runs"),
            json!({"total_count": 1, "check_runs": [{"id": 1, "head_sha": HEAD, "name": "plan", "status": "completed",
                "conclusion": "success", "completed_at": "2026-02-28T10:30:00Z", "app": {"id": 1, "slug": "ci"}}]}),
        ),
        (format!("{repo}/commits/{HEAD}/status"), json!({"state": "success", "total_count": 0, "statuses": []})),
        (
            format!("{repo}/branches/main/protection"),
            json!({"required_pull_request_reviews": {"required_approving_review_count": 1, "dismiss_stale_reviews": true},
                "enforce_admins": {"enabled": true}, "allow_force_pushes": {"enabled": false}}),
        ),
        (format!("{repo}/rules/branches/main"), json!([])),
    ];
    documents.into_iter().map(|(path, document)| (path, Reply::json(document))).collect()
}

/// Runs with the token, against the forge.
fn ask(repository: &Repository, forge: &Forge, secret: &str, arguments: &[&str]) -> Run {
    let api = format!("{}/api/v3", forge.url);
    let mut all = arguments.to_vec();
    all.extend(["--forge", &api]);
    let mut command = repository.command(&all);
    command.env("GITHUB_TOKEN", secret);
    let run = finish(command);
    for text in [&run.stdout, &run.stderr] {
        assert!(!text.contains(secret), "{text}");
    }
    run
}

fn audited(run: &Run) -> Value {
    run.json()["landings"][0]["attribution"].clone()
}

#[track_caller]
fn check(reviews: Value, segregation: &str, approver: Option<(&str, &str)>, rule: Option<&str>) {
    let (repository, commit) = squashed();
    let secret = token();
    let forge = Forge::start(github(&commit, reviews), &secret);
    let run = ask(&repository, &forge, &secret, &["audit", "--report", "json"]);
    let attribution = audited(&run);
    assert_eq!(attribution["segregation"], segregation, "{attribution}");
    let first = &attribution["approvers"][0];
    assert_eq!(first["assurance"].as_str().zip(first["standing"].as_str()), approver, "{attribution}");
    assert_eq!(run.json()["findings"][0]["rule"].as_str(), rule, "{}", run.json()["findings"]);
    assert!(forge.calls() > 3);
}

#[test]
fn a_review_of_the_final_head_passes() {
    check(json!([review("bob", "APPROVED", HEAD, 5)]), "pass", Some(("forge_verified", "counts")), None);
}

#[test]
fn a_review_of_an_older_head_is_stale() {
    let rule = Some("approved_before_last_push");
    check(json!([review("bob", "APPROVED", OLD, 5)]), "fail", Some(("forge_verified", "stale")), rule);
}

#[test]
fn whoever_merged_does_not_approve() {
    check(
        json!([review("eve", "APPROVED", HEAD, 5)]),
        "fail",
        Some(("forge_verified", "involved")),
        Some("self_approved"),
    );
}

#[test]
fn dismissed_reviews_and_comments_approve_nothing() {
    let reviews = json!([review("bob", "DISMISSED", HEAD, 5), review("kim", "COMMENTED", HEAD, 6)]);
    check(reviews, "fail", None, Some("landed_without_approval"));
}

#[test]
fn programs_approve_nothing() {
    let approver = Some(("forge_verified", "not_a_person"));
    check(json!([review("helper[bot]", "APPROVED", HEAD, 5)]), "fail", approver, Some("landed_without_approval"));
}

#[test]
fn a_push_around_the_protection_is_found() {
    let repository = Repository::new();
    repository.git(&["remote", "add", "origin", "https://github.com/octo/infra.git"]);
    repository.write("main.tf", NETWORK);
    repository.commit("Add the network");
    let commit = repository.git(&["rev-parse", "HEAD"]);
    let secret = token();
    let mut replies = github(&commit, json!([]));
    replies.insert(format!("/api/v3/repos/octo/infra/commits/{commit}/pulls"), Reply::json(json!([])));
    let forge = Forge::start(replies, &secret);
    let report = ask(&repository, &forge, &secret, &["audit", "--report", "json"]).json();
    let rules: Vec<&str> =
        report["findings"].as_array().expect("findings").iter().filter_map(|one| one["rule"].as_str()).collect();
    assert_eq!(rules, ["landed_without_approval", "protected_branch_bypassed"], "{report}");
    assert_eq!(report["exit_code"], 2);
}

/// What was kept leads to the same verdict, with nobody to ask.
#[test]
fn offline_verdicts_are_derived_again() {
    let (repository, commit) = squashed();
    let secret = token();
    let forge = Forge::start(github(&commit, json!([review("bob", "APPROVED", HEAD, 5)])), &secret);
    let online = ask(&repository, &forge, &secret, &["audit", "--report", "json"]);
    let asked = forge.calls();
    let offline = ask(&repository, &forge, &secret, &["audit", "--report", "json", "--offline"]);
    assert_eq!(forge.calls(), asked);
    let told = |run: &Run| (run.json()["landings"].clone(), run.json()["findings"].clone());
    assert_eq!(told(&online), told(&offline));
    let blame = ask(&repository, &forge, &secret, &["blame", "--report", "json", "--offline"]).json();
    assert_eq!(blame["resources"][0]["attribution"]["approvers"][0]["assurance"], "forge_verified");
    assert_eq!(blame["resources"][0]["events"][0]["segregation"], "pass");
    // Nothing that is kept holds the token.
    let grep = crate::harness::isolated("grep", repository.path())
        .args(["-r", "-l", &secret, "."])
        .output()
        .expect("grep runs");
    assert_eq!(String::from_utf8_lossy(&grep.stdout), "");
    // Without what was kept, Git is all there is: named, but not on record.
    let bare = repository.driftline(&["audit", "--report", "json", "--offline", "--cache", "elsewhere"]).json();
    assert_eq!(bare["landings"][0]["attribution"]["segregation"], "unknown", "{bare}");
}

/// Nobody is asked without a token, nor for the sake of what only the repository names.
#[test]
fn nothing_is_sent_unasked() {
    let (repository, commit) = squashed();
    let secret = token();
    let forge = Forge::start(github(&commit, json!([])), &secret);
    repository.git(&["remote", "set-url", "origin", &format!("{}/octo/infra.git", forge.url)]);
    repository.write("driftline.toml", "[forge]\nkind = \"github\"\nrepository = \"octo/infra\"\n");
    repository.commit("settings");
    for command in ["audit", "blame"] {
        let mut command = repository.command(&[command, "--report", "json"]);
        command.env("GITHUB_TOKEN", &secret);
        assert_ne!(finish(command).code, 1);
    }
    assert_eq!(forge.calls(), 0);
}

#[test]
fn a_forge_that_refuses_leaves_a_hole() {
    let (repository, commit) = squashed();
    let secret = token();
    let mut replies = github(&commit, json!([review("bob", "APPROVED", HEAD, 5)]));
    for reply in replies.values_mut() {
        *reply = Reply { status: 401, headers: Vec::new(), document: json!({"message": "Bad credentials"}) };
    }
    let forge = Forge::start(replies, &secret);
    let run = ask(&repository, &forge, &secret, &["audit", "--report", "json"]);
    let report = run.json();
    assert_eq!((run.code, &report["complete"]), (3, &json!(false)), "{report}");
    assert!(report["completeness"]["holes"][0]["cause"].as_str().is_some_and(|cause| cause.contains("token")));
    assert_eq!(report["landings"][0]["attribution"]["segregation"], "unknown");
}

/// What a scan found in place is deployed since; what it says is still to come is not.
#[test]
fn scans_tell_what_was_deployed_when() {
    let repository = Repository::new();
    let run = repository.driftline(&["demo", "--keep", "example", "--report", "json=demo.json"]);
    assert_eq!(run.code, 2, "{}", run.stderr);
    let scan: Value =
        serde_json::from_slice(&std::fs::read(repository.path().join("demo.json")).expect("a report")).expect("JSON");
    let audit = |arguments: &[&str]| {
        let mut all = vec!["audit", "--in", "example", "--report", "json"];
        all.extend(arguments);
        repository.driftline(&all).json()
    };
    let deployed = |audit: &Value| {
        let landings = audit["landings"].as_array().expect("landings").iter();
        let changes = landings.flat_map(|landing| landing["changes"].as_array().expect("changes").clone());
        let resources = changes.filter(|change| change["what"].as_str().is_some_and(|what| what.starts_with("aws_")));
        resources
            .map(|change| (change["what"].as_str().expect("a name").to_owned(), change["deployed"].clone()))
            .collect::<Vec<_>>()
    };
    assert!(deployed(&audit(&[])).iter().all(|(_, deployed)| deployed.is_null()));
    let told = deployed(&audit(&["--scan", "demo*.json"]));
    let open: Vec<&str> = scan["findings"]
        .as_array()
        .expect("findings")
        .iter()
        .filter(|finding| {
            ["pending_create", "unapplied", "unknown", "pending_removal"]
                .contains(&finding["kind"].as_str().unwrap_or_default())
        })
        .filter_map(|finding| finding["address"].as_str())
        .collect();
    assert!(!open.is_empty());
    let (mut seen, mut waiting) = (0, 0);
    for (what, deployed) in &told {
        if open.iter().any(|address| address.split('[').next().is_some_and(|plain| plain.ends_with(what))) {
            waiting += 1;
            assert!(deployed.is_null(), "{what}: {deployed}");
        } else {
            seen += 1;
            assert_eq!(deployed["scan"], scan["scan"]["id"], "{what}");
        }
    }
    assert!(seen > 5 && waiting > 0, "{seen} {waiting}");
    let bad = repository.driftline(&["audit", "--in", "example", "--scan", "nothing-*.json"]);
    assert_eq!(bad.code, 1);
    assert!(bad.stderr.contains("names no file"), "{}", bad.stderr);
}

/// The same on GitLab, for a project in nested groups.
#[test]
fn merge_requests_of_gitlab() {
    let repository = Repository::new();
    repository.git(&["remote", "add", "origin", "git@gitlab.com:group/sub/infra.git"]);
    repository.write("main.tf", NETWORK);
    repository.commit("Add the network\n\nSee merge request group/sub/infra!7\n");
    let commit = repository.git(&["rev-parse", "HEAD"]);
    let account =
        |id: u64, name: &str| json!({"id": id, "username": name, "name": name.to_uppercase(), "state": "active"});
    let merged = json!({"id": 907, "iid": 7, "project_id": 42, "target_project_id": 42, "source_project_id": 42,
        "state": "merged", "title": "x", "author": account(1, "ada"), "target_branch": "main", "source_branch": "topic",
        "merge_user": account(3, "eve"), "merged_at": "2026-02-28T11:00:00.000Z", "sha": HEAD, "merge_commit_sha": commit,
        "squash_commit_sha": null, "labels": [], "web_url": "https://gitlab.com/group/sub/infra/-/merge_requests/7",
        "diff_refs": {"base_sha": OLD, "head_sha": HEAD, "start_sha": OLD}});
    let (project, request) = ("/api/v4/projects/42", "/api/v4/projects/42/merge_requests/7");
    let approved = json!({"id": 907, "iid": 7, "approvals_required": 1, "approvals_left": 0, "approved": true,
        "approved_by": [{"user": account(2, "bob"), "approved_at": "2026-02-28T10:30:00.000Z"}]});
    let version = json!({"id": 1, "head_commit_sha": HEAD, "base_commit_sha": OLD, "start_commit_sha": OLD,
        "created_at": "2026-02-28T10:00:00.000Z", "merge_request_id": 907, "state": "collected"});
    let person = |id: u64, name: &str| {
        let mut account = account(id, name);
        account["public_email"] = json!(format!("{name}@example.com"));
        account["bot"] = json!(false);
        account
    };
    let documents = [
        (
            "/api/v4/projects/group%2Fsub%2Finfra".to_owned(),
            json!({"id": 42, "path_with_namespace": "group/sub/infra", "default_branch": "main"}),
        ),
        (format!("{project}/repository/commits/{commit}/merge_requests"), json!([merged])),
        (request.to_owned(), merged),
        (format!("{request}/approvals"), approved),
        (format!("{request}/approval_state"), json!({"approval_rules_overwritten": false, "rules": []})),
        (format!("{request}/reviewers"), json!([])),
        (format!("{request}/versions"), json!([version])),
        (format!("{request}/pipelines"), json!([])),
        (
            format!("{request}/commits"),
            json!([{"id": HEAD, "title": "x", "author_name": "Ada Lovelace", "author_email": "ada@example.com",
                "committer_name": "Ada Lovelace", "committer_email": "ada@example.com"}]),
        ),
        (format!("{project}/protected_branches"), json!([])),
        (
            format!("{project}/approvals"),
            json!({"reset_approvals_on_push": true, "merge_requests_author_approval": false}),
        ),
        (format!("{project}/approval_rules"), json!([])),
        ("/api/v4/users/1".to_owned(), person(1, "ada")),
        ("/api/v4/users/2".to_owned(), person(2, "bob")),
        ("/api/v4/users/3".to_owned(), person(3, "eve")),
    ];
    let secret = token();
    let forge =
        Forge::start(documents.into_iter().map(|(path, document)| (path, Reply::json(document))).collect(), &secret);
    let api = format!("{}/api/v4", forge.url);
    let mut command = repository.command(&["audit", "--report", "json", "--forge", &api]);
    command.env("GITLAB_TOKEN", &secret);
    let run = finish(command);
    let attribution = audited(&run);
    assert_eq!(attribution["segregation"], "pass", "{attribution}");
    assert_eq!(attribution["pull_request"], "!7");
    assert_eq!(attribution["approvers"][0]["assurance"], "forge_verified");
    assert!(attribution["merged_by"].as_str().is_some_and(|name| name.contains("EVE")), "{attribution}");
    assert!(forge.calls() > 3);
}
