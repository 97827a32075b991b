//! What can go wrong between here and a forge: each is told, none looks like a record, and no token goes astray.

use super::github::{REPO, bench, documents, pull, review};
use super::server::{Documents, Paging, Reply, Server};
use super::{Bench, gitlab, sha};
use crate::forge::{CommitQuery, Forge, ForgeError, ForgeKind, ForgeOptions, ForgeRecord, Missing, ReviewState};
use serde_json::json;
use std::time::{Duration, Instant};

fn list() -> String {
    format!("{REPO}/commits/{}/pulls", sha("merge"))
}

fn reviews() -> String {
    format!("{REPO}/pulls/12/reviews")
}

fn now() -> i64 {
    jiff::Timestamp::now().as_second()
}

fn refusal(status: u16, headers: Vec<(&'static str, String)>, message: &str) -> Reply {
    Reply::Status(
        status,
        headers,
        json!({"message": message, "documentation_url": "https://docs.github.com"}).to_string(),
    )
}

/// A forge whose answers at a path begin with some replies.
fn with(path: &str, replies: impl IntoIterator<Item = Reply>) -> Bench {
    let mut documents = documents();
    documents.first(path, replies);
    bench(documents)
}

#[track_caller]
fn check_whole(record: &ForgeRecord) {
    assert_eq!(record.problems, Vec::<String>::new());
    assert_eq!(record.pull_request.as_ref().map(|pull| pull.reviews.len()), Some(1));
}

#[test]
fn a_limit_that_resets_in_time_is_waited_for() {
    let limit = |reset: i64| {
        refusal(
            403,
            vec![("X-RateLimit-Remaining", "0".into()), ("X-RateLimit-Reset", reset.to_string())],
            "API rate limit exceeded for user ID 1.",
        )
    };
    let bench = with(&list(), [limit(now() + 1)]);
    let start = Instant::now();
    check_whole(&bench.record("merge"));
    assert!(start.elapsed() >= Duration::from_secs(1));
    assert_eq!(bench.server.asked(&list()), 2);

    let bench = with(&reviews(), [refusal(429, vec![("Retry-After", "1".into())], "slow down")]);
    let start = Instant::now();
    check_whole(&bench.record("merge"));
    assert!(start.elapsed() >= Duration::from_secs(1));
}

#[test]
fn a_limit_that_resets_too_late_is_told_and_nobody_asks_again() {
    let reset = now() + 3600;
    let headers = vec![("X-RateLimit-Remaining", "0".into()), ("X-RateLimit-Reset", reset.to_string())];
    let limit = refusal(403, headers, "API rate limit exceeded");
    let mut documents = documents();
    documents.first(&format!("{REPO}/branches/main/protection"), vec![limit; 40]);
    let bench = bench(documents);
    let queries: Vec<_> = (0..30).map(|number| CommitQuery { sha: sha(&format!("c{number}")), hint: None }).collect();
    let (records, calls) = bench.ask(bench.options(false), &queries);
    assert_eq!((records.len(), calls), (30, 2));
    for record in records.into_values() {
        let Err(Missing::RateLimited { until }) = record else { panic!("a record while the limit was used up") };
        let until: jiff::Timestamp = until.parse().expect("a time");
        assert!((until.as_second() - reset).abs() <= 3, "{until}");
    }

    // A secondary limit names no time: a minute, which is longer than there is.
    let bench = with(&reviews(), [refusal(403, Vec::new(), "You have exceeded a secondary rate limit.")]);
    assert!(matches!(bench.result("merge", None), Err(Missing::RateLimited { .. })));

    // One in the middle of what could be done without is no gap of that alone.
    let head = format!("{REPO}/commits/{}/check-runs", sha("head"));
    let bench = with(&head, [refusal(429, vec![("Retry-After", "86400".into())], "slow down")]);
    assert!(matches!(bench.result("merge", None), Err(Missing::RateLimited { .. })));
}

#[test]
fn a_refused_token_is_one_error_for_all() {
    let bench = with(REPO, vec![refusal(401, Vec::new(), "Bad credentials"); 2]);
    let queries = ["merge", "head"].map(|word| CommitQuery { sha: sha(word), hint: None });
    let (records, calls) = bench.ask(bench.options(false), &queries);
    assert_eq!(calls, 1);
    assert!(records.into_values().all(|record| record == Err(Missing::Unauthorized)));

    let mut options = bench.options(false);
    options.token = None;
    let (records, _) = bench.ask(options, &queries);
    assert!(records.into_values().all(|record| record == Err(Missing::Anonymous)));
    assert_eq!(bench.server.requests().last().and_then(|last| last.header("authorization").map(str::to_owned)), None);
}

#[test]
fn a_repository_that_is_not_shown_may_be_one_that_the_token_cannot_see() {
    let bench = Bench::new(ForgeKind::GitHub, Server::start(Documents::default(), Paging::Links), "", "octo/infra");
    let missing = bench.result("merge", None).expect_err("no record");
    assert_eq!(missing, Missing::Repository { repository: "octo/infra".into() });
    assert!(missing.hint().is_some_and(|hint| hint.contains("token")));
}

#[test]
fn reviews_that_cannot_be_read_are_no_reviews() {
    for status in [403, 404, 410] {
        let missing = with(&reviews(), [refusal(status, Vec::new(), "no")]).result("merge", None);
        let Err(Missing::Call { status: Some(found), call, .. }) = missing else { panic!("{missing:?}") };
        assert_eq!((found, call), (status, format!("GET {}", reviews())));
    }
    // What can be done without is a problem.
    let head = sha("head");
    let record = with(&format!("{REPO}/commits/{head}/status"), [refusal(403, Vec::new(), "no")]).record("merge");
    assert_eq!((record.checks, record.problems.len()), (None, 1));
    let record = with("/users/bob", [refusal(404, Vec::new(), "Not Found")]).record("merge");
    let problem = "GET /users/bob: the forge shows no such thing (404); check whether the token may read it";
    assert_eq!(record.problems, [problem]);
    assert_eq!(record.pull_request.map(|pull| pull.reviews[0].by.login.clone()).as_deref(), Some("bob"));
}

#[test]
fn faults_pass() {
    let fault = |status| refusal(status, Vec::new(), "Server Error");
    for replies in [
        vec![Reply::Torn, Reply::Torn],
        vec![Reply::Silent, Reply::Silent],
        vec![fault(502), fault(500)],
        vec![refusal(503, vec![("Retry-After", "1".into())], "maintenance")],
    ] {
        check_whole(&with(&reviews(), replies).record("merge"));
    }
}

#[test]
fn faults_that_stay_are_told() {
    let fault = refusal(502, Vec::new(), "Server Error");
    for (reply, words) in [
        (Reply::Torn, "broke off"),
        (Reply::Silent, "connection failed"),
        (fault, "at fault (502)"),
        (Reply::Status(200, Vec::new(), "[{\"id\": 1".into()), "is not JSON"),
        (Reply::Status(200, Vec::new(), "[".repeat(100_000)), "is not JSON"),
        (Reply::Status(200, Vec::new(), "{\"message\": \"hello\"}".into()), "not as documented"),
        (Reply::Status(204, Vec::new(), String::new()), "not expected (204)"),
        (Reply::Status(304, Vec::new(), String::new()), "not expected (304)"),
        (Reply::Endless, "longer than 16 MiB"),
    ] {
        let bench = with(&reviews(), vec![reply; 4]);
        let missing = bench.result("merge", None).expect_err("no record");
        assert!(missing.to_string().contains(words), "{missing}");
        assert!(missing.to_string().starts_with(&format!("GET {}: ", reviews())), "{missing}");
        // What is no answer is not kept as one.
        assert!(matches!(bench.offline("merge"), Err(Missing::NotCached { .. } | Missing::Call { .. })));
    }
}

#[test]
fn a_renamed_repository_is_followed_with_the_token() {
    let mut documents = documents();
    let server = Server::start(Documents::default(), Paging::Links);
    let moved =
        |to: String| Reply::Status(301, vec![("Location", to)], json!({"message": "Moved Permanently"}).to_string());
    documents.first("/repos/old/infra", [moved(format!("{}/repositories/1", server.url))]);
    documents.first(&reviews(), [moved("/repositories/1/pulls/12/reviews".into())]);
    server.change(|own| *own = documents);
    let bench = Bench::new(ForgeKind::GitHub, server, "", "old/infra");
    check_whole(&bench.record("merge"));
    assert_eq!(bench.server.asked(&list()), 1, "under the name that it has now");
    let bearer = format!("Bearer {}", bench.token);
    assert!(bench.server.requests().iter().all(|request| request.header("authorization") == Some(&bearer)));
    check_whole(&bench.offline("merge").expect("kept under the name that was asked for"));
}

#[test]
fn no_other_host_is_asked_and_none_receives_the_token() {
    let other = Server::start(documents(), Paging::Links);
    let moved = |to: String| Reply::Status(302, vec![("Location", to)], String::new());
    let linked = |to: String| {
        let body = json!([review("bob", "APPROVED", "head", 1)]).to_string();
        Reply::Status(200, vec![("Link", format!("<{to}>; rel=\"next\""))], body)
    };
    let port = other.url.rsplit(':').next().expect("a port");
    for to in [
        format!("{}/repos/octo/infra/pulls/12/reviews", other.url),
        format!("//127.0.0.1:{port}/reviews"),
        format!("http://localhost:{port}/reviews"),
        "https://github.com.example/reviews".into(),
        "file:///etc/passwd".into(),
        "/repos/../../login".into(),
        "/%2e%2E/login".into(),
        "reviews".into(),
    ] {
        for reply in [moved(to.clone()), linked(to.clone())] {
            let missing = with(&reviews(), [reply]).result("merge", None).expect_err("no record");
            assert!(missing.to_string().contains("another host"), "{to}: {missing}");
        }
    }
    assert_eq!(other.requests().len(), 0, "another host was asked");

    // Below an API's path only.
    let server = Server::start(Documents::default(), Paging::Links);
    server.change(|documents| documents.first("/api/v3/repos/octo/infra", [moved("/login".into())]));
    let bench = Bench::new(ForgeKind::GitHub, server, "/api/v3", "octo/infra");
    assert!(matches!(bench.result("merge", None), Err(Missing::Call { .. })));
    assert_eq!(bench.server.requests().len(), 1);
}

#[test]
fn circles_end() {
    let circle = Reply::Status(301, vec![("Location", reviews())], String::new());
    let missing = with(&reviews(), vec![circle; 20]).result("merge", None).expect_err("no record");
    assert!(missing.to_string().contains("round in circles"), "{missing}");

    let page = Reply::Status(
        200,
        vec![("Link", format!("<{}?per_page=100&page=2>; rel=\"next\"", reviews()))],
        json!([review("bob", "APPROVED", "head", 1)]).to_string(),
    );
    let bench = with(&reviews(), vec![page; 20]);
    let missing = bench.result("merge", None).expect_err("no record");
    assert!(missing.to_string().contains("on and on"), "{missing}");
    assert_eq!(bench.server.asked(&reviews()), 2);
}

#[test]
fn time_and_the_user_end_it() {
    let mut bench = with(&reviews(), vec![refusal(503, vec![("Retry-After", "600".into())], "maintenance"); 4]);
    bench.deadline = Duration::from_secs(3);
    let start = Instant::now();
    assert!(bench.result("merge", None).is_err());
    assert!(start.elapsed() < Duration::from_secs(3), "not worth waiting for");

    bench.deadline = Duration::ZERO;
    assert!(matches!(bench.result("merge", None), Err(Missing::Deadline { .. })));

    bench.deadline = Duration::from_secs(20);
    let options = bench.options(false);
    options.interrupt.set();
    let query = CommitQuery { sha: sha("merge"), hint: None };
    let (records, calls) = bench.ask(options, &[query]);
    assert_eq!((records.into_values().next(), calls), (Some(Err(Missing::Interrupted)), 0));
}

#[test]
fn a_forge_that_says_nothing_is_not_waited_for_beyond_the_deadline() {
    // A listener that never accepts: connections stand in its queue.
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let mut bench = bench(documents());
    bench.api = format!("http://{}", listener.local_addr().expect("an address"));
    bench.deadline = Duration::from_millis(300);
    let start = Instant::now();
    assert!(matches!(bench.result("merge", None), Err(Missing::Deadline { .. })));
    assert!(start.elapsed() < Duration::from_secs(5));
}

#[test]
fn hostile_text_is_bounded() {
    let long = format!("\u{1b}[31m\u{202e}{}", "x".repeat(20_000));
    let mut documents = documents();
    let mut listed = pull(12, true, "main", "head", "merge");
    listed["labels"] = serde_json::Value::Array(vec![json!({"name": long}); 500]);
    let mut whole = super::github::whole(&listed, 2);
    whole["html_url"] = json!("javascript:alert(1)");
    whole["user"] = json!({"login": long, "type": "User"});
    whole["merged_by"] = json!({"login": "../../repos/octo/infra", "type": "User"});
    documents.set(&format!("{REPO}/pulls/12"), whole);
    let mut odd = review("bob", "APPROVED", "head", 1);
    odd["commit_id"] = json!("../../etc");
    odd["submitted_at"] = json!(long);
    odd["state"] = json!(long);
    documents.set(&reviews(), json!([odd]));
    let bench = bench(documents);
    let record = bench.record("merge");
    assert!(serde_json::to_string(&record).expect("JSON").len() < 200_000);
    let pull = record.pull_request.expect("a pull request");
    assert_eq!((pull.url.as_str(), pull.labels.len()), ("", 100));
    assert!(pull.author.login.chars().count() <= 257);
    let review = &pull.reviews[0];
    assert_eq!((&review.at, &review.on, review.stale), (&None, &None, None));
    assert!(
        bench
            .server
            .requests()
            .iter()
            .all(|request| !request.target.contains("..%2F..") || request.target.starts_with("/users/"))
    );
    assert!(bench.server.requests().iter().any(|request| request.target.starts_with("/users/..%2F..%2Frepos")));
}

/// Approvals of a record, by whom.
fn approvals(record: &ForgeRecord) -> Vec<&str> {
    let reviews = record.pull_request.iter().flat_map(|pull| pull.effective_reviews());
    reviews.filter(|review| review.state == ReviewState::Approved).map(|review| review.by.login.as_str()).collect()
}

#[test]
fn documents_of_another_shape_are_never_an_approval() {
    let shapes = [json!(null), json!([]), json!({}), json!([{}]), json!("text"), json!([null, [[]], -1, 1.5])];
    type Forge = (fn() -> Documents, fn(Documents) -> Bench, &'static str);
    let hub: Forge = (documents, bench, "/reviews");
    let lab: Forge = (gitlab::documents, gitlab::bench, "/approvals");
    for (documents, bench, approving) in [hub, lab] {
        let whole = bench(documents());
        let expected = whole.record("merge");
        assert_eq!(approvals(&expected), ["bob"]);
        let asked = |path: &&String| whole.server.asked(path) > 0;
        for path in documents().by_path.keys().filter(asked) {
            let original = documents().by_path[path].clone();
            for shape in shapes.iter().filter(|shape| **shape != original) {
                whole.server.change(|all| *all = documents());
                whole.server.change(|all| all.set(path, shape.clone()));
                let options = ForgeOptions { cache: None, ..whole.options(false) };
                let query = CommitQuery { sha: sha("merge"), hint: None };
                let Some(Ok(record)) = whole.ask(options, &[query]).0.remove(&sha("merge")) else { continue };
                assert_ne!(record.evidence, expected.evidence, "{path} {shape}");
                assert!(approvals(&record).iter().all(|by| *by == "bob"), "{path} {shape}");
                let of_pull = path.ends_with(approving) && !path.ends_with(&format!("42{approving}"));
                assert!(!of_pull || approvals(&record).is_empty(), "{path} {shape}");
            }
        }
    }
}

#[test]
fn a_token_is_for_one_host() {
    let bench = bench(documents());
    let mut options = bench.options(false);
    options.api = "https://api.github.com".into();
    assert!(matches!(Forge::open(options), Err(ForgeError::OtherHost { .. })));
    for api in ["http://example.com", "ftp://127.0.0.1", "https://user:word@example.com/api", "example.com", "https://"]
    {
        let mut options = bench.options(false);
        options.api = api.into();
        let error = Forge::open(options).expect_err("no address of an API");
        assert!(matches!(error, ForgeError::Api { .. }) && !error.to_string().contains("word"), "{error}");
    }
    let mut options = bench.options(false);
    options.repository = "octo/infra/../other".into();
    assert!(matches!(Forge::open(options), Err(ForgeError::Repository { .. })));
    let mut options = bench.options(false);
    options.branch = "refs/heads/main".into();
    assert!(matches!(Forge::open(options), Err(ForgeError::Branch { .. })));
}
