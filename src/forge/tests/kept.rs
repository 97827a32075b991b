//! What is kept of a forge: the same record comes out of it, or none.

use super::server::{Documents, Reply};
use super::{Bench, files, github, gitlab, sha};
use crate::forge::{CommitQuery, Forge, ForgeError, ForgeRecord, Missing};
use serde_json::json;
use std::path::{Path, PathBuf};

fn many_reviews(documents: &mut Documents) {
    let each = |number| github::review(&format!("user{number}"), "APPROVED", "head", number % 60);
    documents.set(&format!("{}/pulls/12/reviews", github::REPO), super::many(150, each));
}

/// All files of one kind in a cache.
fn kept(bench: &Bench, kind: &str) -> Vec<PathBuf> {
    let mut paths = Vec::new();
    files(&bench.cache.path().join(kind), &mut |path: &Path, _| paths.push(path.to_owned()));
    paths
}

/// The file that says what was answered at a path.
fn entry(bench: &Bench, path: &str) -> PathBuf {
    let url = format!("{}{path}", bench.server.url);
    let of = |file: &PathBuf| {
        let entry: serde_json::Value = serde_json::from_slice(&std::fs::read(file).expect("a file")).expect("JSON");
        entry["url"].as_str() == Some(&url)
    };
    kept(bench, "answers").into_iter().find(of).expect("a kept answer")
}

#[test]
fn offline_the_same_record_comes_out() {
    let mut documents = github::documents();
    many_reviews(&mut documents);
    // What is not shown is kept as well.
    documents.by_path.remove(&format!("{}/branches/main/protection", github::REPO));
    documents.by_path.remove("/users/user7");
    for bench in [github::bench(documents), gitlab::bench(gitlab::documents())] {
        let online = bench.record("merge");
        assert!(online.pull_request.is_some());
        let requests = bench.server.requests().len();
        assert_eq!(bench.offline("merge").expect("a record"), online);
        assert_eq!(bench.server.requests().len(), requests);
        assert!(matches!(bench.offline("other"), Err(Missing::NotCached { .. })));
    }
}

#[test]
fn what_has_not_changed_is_not_sent_again() {
    let mut documents = github::documents();
    many_reviews(&mut documents);
    let bench = github::bench(documents);
    let same = |record: ForgeRecord| {
        let protection = record.protection.map(|protection| protection.required_checks);
        (record.pull_request, record.checks, record.evidence, protection)
    };
    let first = bench.record("merge");
    let requests = bench.server.requests().len();
    let second = bench.record("merge");
    let again = bench.server.requests().split_off(requests);
    assert_eq!(again.len(), requests);
    let conditional = |request: &&super::server::Request| request.header("if-none-match").is_some();
    // The accounts that are not there have nothing to compare.
    let missing = again.iter().filter(|request| request.target.starts_with("/users/user")).count();
    assert_eq!(again.iter().filter(conditional).count(), requests - missing);
    assert_eq!(same(first), same(second));

    let path = format!("{}/pulls/12/reviews", github::REPO);
    bench.server.change(|documents| documents.set(&path, json!([github::review("bob", "DISMISSED", "head", 5)])));
    let third = bench.record("merge");
    assert_eq!(third.pull_request.as_ref().map(|pull| pull.reviews.len()), Some(1));
    assert_eq!(bench.offline("merge").expect("a record"), third);
}

#[test]
fn a_body_that_was_touched_counts_as_absent() {
    let bench = github::bench(github::documents());
    let online = bench.record("merge");
    let path = format!("{}/pulls/12/reviews", github::REPO);
    let about = std::fs::read(entry(&bench, &format!("{path}?per_page=100"))).expect("a file");
    let about: serde_json::Value = serde_json::from_slice(&about).expect("JSON");
    let digest = about["sha256"].as_str().expect("a digest");
    let object = bench.cache.path().join("objects").join(&digest[..2]).join(&digest[2..]);
    let body = std::fs::read_to_string(&object).expect("a body");
    for bytes in [body.replace("bob", "eve"), body[..body.len() / 2].to_owned(), String::new(), "x".repeat(17 << 20)] {
        std::fs::write(&object, bytes).expect("a written file");
        assert_eq!(bench.offline("merge"), Err(Missing::NotCached { call: format!("GET {path}") }));
    }
    // Online it is asked for anew, without a condition, and heals.
    let before = bench.server.requests().len();
    assert_eq!(bench.record("merge").evidence, online.evidence);
    let asked = bench.server.requests().split_off(before);
    let request = asked.iter().find(|request| request.target.starts_with(&path)).expect("asked again");
    assert_eq!(request.header("if-none-match"), None);
    assert_eq!(bench.offline("merge").expect("healed").pull_request, online.pull_request);
}

#[test]
fn an_entry_that_was_touched_leads_nowhere_else() {
    let other = super::server::Server::start(github::documents(), super::server::Paging::Links);
    let bench = github::bench(github::documents());
    bench.record("merge");
    let path = format!("{}/pulls/12/reviews", github::REPO);
    let file = entry(&bench, &format!("{path}?per_page=100"));
    let original: serde_json::Value = serde_json::from_slice(&std::fs::read(&file).expect("a file")).expect("JSON");
    let host = other.url.trim_start_matches("http://");
    for next in [format!("@{host}/reviews"), format!("{}/reviews", other.url), "/../x".into(), format!(".{host}/")] {
        let mut touched = original.clone();
        touched["next"] = json!(next);
        std::fs::write(&file, touched.to_string()).expect("a written file");
        let missing = bench.result("merge", None).expect_err("no record");
        assert!(missing.to_string().contains("another host"), "{missing}");
        assert!(bench.offline("merge").is_err());
    }
    assert_eq!(other.requests().len(), 0);
    for (key, value) in
        [("sha256", json!("../../../etc/passwd")), ("url", json!("https://example.com")), ("status", json!("x"))]
    {
        let mut touched = original.clone();
        touched[key] = value;
        std::fs::write(&file, touched.to_string()).expect("a written file");
        assert!(matches!(bench.offline("merge"), Err(Missing::NotCached { .. })), "{key}");
    }
}

#[test]
fn what_is_not_kept_of_the_checks_is_a_problem() {
    let bench = github::bench(github::documents());
    bench.record("merge");
    let path = format!("{}/commits/{}/check-runs", github::REPO, sha("head"));
    std::fs::remove_file(entry(&bench, &format!("{path}?per_page=100"))).expect("a removed file");
    let record = bench.offline("merge").expect("a record");
    assert_eq!(record.checks, None);
    assert_eq!(record.problems, [format!("GET {path}: not in the cache; run once online with the same cache")]);
}

#[cfg(unix)]
#[test]
fn a_cache_is_its_owners_only() {
    use std::os::unix::fs::PermissionsExt;
    let mut bench = github::bench(github::documents());
    let outer = std::mem::replace(&mut bench.cache, tempfile::tempdir().expect("a directory"));
    let folder = outer.path().join("new/cache");
    let mut options = bench.options(false);
    options.cache = Some(folder.clone());
    bench.ask(options, &[CommitQuery { sha: sha("merge"), hint: None }]);
    let mode = |path: &Path| std::fs::metadata(path).expect("a file").permissions().mode() & 0o777;
    let mut seen = 0;
    files(&folder, &mut |path, _| {
        seen += 1;
        assert_eq!(mode(path), 0o600);
        assert_eq!(mode(path.parent().expect("a folder")), 0o700);
    });
    assert!(seen >= 20);
    assert_eq!(mode(&folder), 0o700);
}

#[test]
fn a_cache_that_cannot_be_written_is_a_problem_of_the_record() {
    let bench = github::bench(github::documents());
    std::fs::write(bench.cache.path().join("objects"), "in the way").expect("a file");
    let record = bench.record("merge");
    assert_eq!(record.pull_request.map(|pull| pull.number), Some(12));
    assert!(record.problems.iter().any(|problem| problem.contains("could not be kept")), "{:?}", record.problems);
}

#[test]
fn offline_needs_a_cache() {
    let bench = github::bench(github::documents());
    let mut options = bench.options(true);
    options.cache = None;
    assert!(matches!(Forge::open(options), Err(ForgeError::NoCache)));
    let mut options = bench.options(true);
    options.cache = Some(bench.cache.path().join("missing"));
    assert!(matches!(Forge::open(options), Err(ForgeError::Cache { .. })));
    assert!(!bench.cache.path().join("missing").exists());
}

#[test]
fn without_a_cache_nothing_is_written_and_the_record_is_the_same() {
    let bench = github::bench(github::documents());
    let mut options = bench.options(false);
    options.cache = None;
    let (records, _) = bench.ask(options, &[CommitQuery { sha: sha("merge"), hint: None }]);
    assert_eq!(std::fs::read_dir(bench.cache.path()).expect("a folder").count(), 0);
    let evidence = |record: &ForgeRecord| record.evidence.clone();
    let without = records.values().next().expect("a record").as_ref().map(evidence);
    assert_eq!(without, Ok(evidence(&bench.record("merge"))));
}

#[test]
fn a_limit_is_not_kept() {
    let path = format!("{}/pulls/12/reviews", github::REPO);
    let mut documents = github::documents();
    documents.first(&path, [Reply::Status(429, vec![("Retry-After", "86400".into())], "{}".into())]);
    let bench = github::bench(documents);
    assert!(bench.result("merge", None).is_err());
    assert!(matches!(bench.offline("merge"), Err(Missing::NotCached { .. })));
}
