//! What is asked for, what comes of the answers, and who gets the token.
//! Knows nothing of configuration.

use super::*;
use crate::Class;

const AUTHORIZATION: &str = "authorization";

#[tokio::test]
async fn a_state_is_read_with_its_run() {
    let server = Server::start(service).await;
    let store = opened(&server, "cloud", json!({"name": "app"}));
    let kept = store.read("app").await.unwrap();
    assert_eq!(kept.bytes.as_deref(), Some(STATE.as_bytes()));
    assert_eq!((kept.stamp.as_deref(), kept.version.as_deref()), (Some("sv-1"), Some("sv-1")));
    assert_eq!(kept.modified_at.as_deref(), Some("2021-06-08T01:22:03.794Z"));
    assert_eq!((kept.lock, kept.lock_unread, kept.checked_by), (None, None, None));
    let run = kept.run.unwrap();
    assert_eq!((run.id.as_str(), run.author.as_deref()), ("run-1", Some("ada")));
    assert_eq!(run.source.as_deref(), Some("tfe-configuration-version"));
    assert_eq!(run.commit.as_deref(), Some("abcdef12345"));
    let asked = server.asked();
    assert_eq!(asked.len(), 3, "{asked:?}");
    assert!(asked.iter().all(|asked| asked.method == "GET" && asked.headers[AUTHORIZATION] == "Bearer not-a-secret"));
    assert_eq!(asked[1].query("include").as_deref(), Some("created_by,run,run.created_by"));
    assert_eq!(store.stamp("app").await.unwrap().as_deref(), Some("sv-1"));
    assert_eq!(server.asked().len(), 4);
    assert_eq!(store.place("app"), format!("127.0.0.1:{}/acme/app", server.port));
}

#[tokio::test]
async fn an_upload_without_a_run_has_its_uploader() {
    let server = Server::start(|asked| match asked.path() {
        "/api/v2/workspaces/ws-1/current-state-version" => {
            let mut version = version("/state/sv-1");
            version["relationships"]["run"]["data"] = Value::Null;
            version["attributes"]["vcs-commit-sha"] = Value::Null;
            document(&version, &included())
        }
        _ => service(asked),
    })
    .await;
    let run = opened(&server, "cloud", json!({"name": "app"})).read("app").await.unwrap().run.unwrap();
    assert_eq!((run.id.as_str(), run.author.as_deref(), run.source, run.commit), ("", Some("grace"), None, None));
}

#[tokio::test]
async fn a_token_that_may_not_read_runs_reads_the_state() {
    for status in [400, 403, 404, 422] {
        let server = Server::start(move |asked| match asked.query("include") {
            Some(_) => Reply::status(status),
            None if asked.path().ends_with("current-state-version") => document(&version("/state/sv-1"), &Value::Null),
            None => service(asked),
        })
        .await;
        let kept = opened(&server, "cloud", json!({"name": "app"})).read("app").await.unwrap();
        assert_eq!(kept.bytes.as_deref(), Some(STATE.as_bytes()));
        let run = kept.run.unwrap();
        assert_eq!((run.id.as_str(), run.author), ("run-1", None));
    }
}

#[tokio::test]
async fn no_other_host_gets_the_token() {
    let archive = Server::start(|asked| match asked.path() {
        "/object" => Reply::ok(STATE),
        _ => Reply::status(404),
    })
    .await;
    // As the address of the download itself, and as where the API's own host leads to.
    for redirected in [false, true] {
        let object = archive.url("/object");
        let server = Server::start(move |asked| match asked.path() {
            "/api/v2/workspaces/ws-1/current-state-version" if !redirected => document(&version(&object), &included()),
            "/state/sv-1" => Reply::to(object.clone()),
            _ => service(asked),
        })
        .await;
        let kept = opened(&server, "remote", json!({"name": "app"})).read("default").await.unwrap();
        assert_eq!(kept.bytes.as_deref(), Some(STATE.as_bytes()));
        let last = archive.asked().pop().unwrap();
        assert_eq!(last.headers.get(AUTHORIZATION), None, "{last:?}");
    }
}

#[tokio::test]
async fn the_api_does_not_lead_elsewhere() {
    let other = Server::start(service).await;
    let target = other.url("/api/v2/organizations/acme/workspaces/app");
    let server = Server::start(move |_| Reply::to(target.clone())).await;
    let error = refusal(&*opened(&server, "cloud", json!({"name": "app"})), "app").await;
    assert!(error.cause.contains("leads to another host"), "{error}");
    assert!(other.asked().is_empty());
}

#[tokio::test]
async fn a_download_that_is_not_https_is_refused() {
    let server = Server::start(|asked| match asked.path() {
        "/api/v2/workspaces/ws-1/current-state-version" => document(&version("http://archive.invalid/x"), &Value::Null),
        _ => service(asked),
    })
    .await;
    let error = refusal(&*opened(&server, "cloud", json!({"name": "app"})), "app").await;
    assert!(error.cause.contains("is not HTTPS"), "{error}");
}

#[tokio::test]
async fn nothing_kept_and_not_allowed_are_told_apart() {
    for (allowed, denied) in [(json!(true), false), (json!(null), false), (json!(false), true)] {
        let server = Server::start(move |asked| match asked.path() {
            "/api/v2/organizations/acme/workspaces/app" => {
                let mut workspace = workspace("ws-1", "app");
                workspace["attributes"]["permissions"]["can-read-state-versions"] = allowed.clone();
                document(&workspace, &Value::Null)
            }
            _ => Reply::status(404),
        })
        .await;
        let read = opened(&server, "cloud", json!({"name": "app"})).read("app").await;
        match read {
            Ok(kept) => assert!(!denied && kept.bytes.is_none() && kept.run.is_none() && kept.stamp.is_none()),
            Err(error) => assert!(denied && error.class == Class::Denied, "{error}"),
        }
    }
}

#[tokio::test]
async fn refusals_say_what_they_may_mean() {
    for (status, class, says) in [
        (401, Class::Denied, "does not accept the token"),
        (403, Class::Denied, "the token may not read workspace `app` in `acme`"),
        (404, Class::NotFound, "or the token may not see it"),
        (409, Class::Failed, "status 409"),
    ] {
        let server = Server::start(move |_| Reply::status(status)).await;
        let error = refusal(&*opened(&server, "cloud", json!({"name": "app"})), "app").await;
        assert_eq!(error.class, class, "{error}");
        assert!(error.cause.contains(says), "{error}");
        assert!(!format!("{error:?}").contains(TOKEN));
    }
}

#[tokio::test]
async fn a_locked_workspace_says_who_holds_it() {
    let run = json!({"id": "run-7", "type": "runs", "attributes": {"status": "applying"}});
    let user = json!({"id": "user-1", "type": "users", "attributes": {"username": "ada"}});
    let team = json!({"id": "team-1", "type": "teams", "attributes": {"name": "operators"}});
    for (holder, who, operation) in [(user, "ada", ""), (team, "operators", ""), (run, "run run-7", "run")] {
        let id = holder["id"].as_str().unwrap().to_owned();
        let server = Server::start(move |asked| match asked.path() {
            "/api/v2/organizations/acme/workspaces/app" => {
                let mut workspace = workspace("ws-1", "app");
                workspace["attributes"]["locked"] = json!(true);
                workspace["relationships"]["locked-by"]["data"] = json!({"id": holder["id"], "type": holder["type"]});
                document(&workspace, &json!([holder]))
            }
            _ => service(asked),
        })
        .await;
        let kept = opened(&server, "cloud", json!({"name": "app"})).read("app").await.unwrap();
        assert!(kept.bytes.is_some());
        let lock = kept.lock.unwrap();
        assert_eq!((lock.id, lock.who.as_str(), lock.operation.as_str()), (id, who, operation));
    }
}

/// As a server pages: `names` in pages of two.
fn paged(asked: &Asked, names: &[&str]) -> Reply {
    let page: usize = asked.query("page[number]").unwrap().parse().unwrap();
    let pages = names.len().div_ceil(2);
    let found: Vec<Value> = names.iter().skip((page - 1) * 2).take(2).map(|name| workspace("ws-1", name)).collect();
    let next = if page < pages { json!(page + 1) } else { Value::Null };
    let pagination = json!({"current-page": page, "page-size": 2, "next-page": next, "total-pages": pages});
    Reply::ok(json!({"data": found, "meta": {"pagination": pagination}}).to_string())
}

#[tokio::test]
async fn workspaces_of_a_prefix_lose_it() {
    let server = Server::start(|asked| match asked.path() {
        "/api/v2/organizations/acme/workspaces" => paged(asked, &["app-prod", "my-app-prod", "app-dev", "app-", "x"]),
        "/api/v2/organizations/acme/workspaces/app-dev" => document(&workspace("ws-1", "app-dev"), &Value::Null),
        _ => service(asked),
    })
    .await;
    let store = opened(&server, "remote", json!([{"name": null, "prefix": "app-"}]));
    assert_eq!(store.workspaces().await.unwrap(), ["dev", "prod"]);
    let asked = server.asked();
    assert_eq!(asked.len(), 3);
    assert!(asked.iter().all(|asked| asked.query("search[name]").as_deref() == Some("app-")));
    assert!(asked.iter().all(|asked| asked.query("page[size]").as_deref() == Some("100")));
    assert!(store.read("dev").await.unwrap().bytes.is_some());
    assert_eq!(refusal(&*store, "default").await.class, Class::Unset);
}

#[tokio::test]
async fn workspaces_of_tags_have_their_full_names() {
    let server = Server::start(|asked| match asked.path() {
        "/api/v2/organizations/acme/projects" => {
            let project = |id: &str, name: &str| json!({"id": id, "type": "projects", "attributes": {"name": name}});
            Reply::ok(json!({"data": [project("prj-0", "core-old"), project("prj-1", "core")]}).to_string())
        }
        "/api/v2/organizations/acme/workspaces" => {
            let mut empty = workspace("ws-2", "empty");
            empty["relationships"]["current-state-version"]["data"] = Value::Null;
            let mut hidden = workspace("ws-3", "hidden");
            hidden["relationships"]["current-state-version"]["data"] = Value::Null;
            hidden["attributes"]["permissions"]["can-read-state-versions"] = json!(false);
            let mut foreign = workspace("ws-4", "foreign");
            foreign["relationships"]["project"]["data"]["id"] = json!("prj-9");
            Reply::ok(json!({"data": [workspace("ws-1", "app"), empty, hidden, foreign]}).to_string())
        }
        _ => service(asked),
    })
    .await;
    let store = opened(&server, "cloud", json!({"tags": ["a", "b"], "project": "core"}));
    assert_eq!(store.workspaces().await.unwrap(), ["app", "hidden"]);
    let asked = server.asked();
    assert_eq!(asked[0].query("filter[names]").as_deref(), Some("core"));
    assert_eq!(asked[1].query("search[tags]").as_deref(), Some("a,b"));
    assert_eq!(asked[1].query("filter[project][id]").as_deref(), Some("prj-1"));

    let store = opened(&server, "cloud", json!({"tags": {"env": "prod", "team": "core"}}));
    store.workspaces().await.unwrap();
    let last = server.asked().pop().unwrap();
    assert_eq!(last.query("filter[tagged][0][key]").as_deref(), Some("env"));
    assert_eq!(last.query("filter[tagged][1][value]").as_deref(), Some("core"));
    assert_eq!(last.query("search[tags]").as_deref(), Some("env,team"));

    let store = opened(&server, "cloud", json!({"tags": ["a"], "project": "other"}));
    assert_eq!(store.workspaces().await.unwrap_err().class, Class::NotFound);
}

#[tokio::test]
async fn pages_without_an_end_end() {
    let server = Server::start(|_| {
        let pagination = json!({"current-page": 1, "next-page": 2, "total-pages": 3});
        Reply::ok(json!({"data": [workspace("ws-1", "app")], "meta": {"pagination": pagination}}).to_string())
    })
    .await;
    let error = opened(&server, "cloud", json!({"tags": ["a"]})).workspaces().await.unwrap_err();
    assert_eq!(error.class, Class::TooLarge, "{error}");
}

#[tokio::test]
async fn earlier_versions_are_listed() {
    let server = Server::start(|asked| match asked.path() {
        "/api/v2/state-versions" => {
            let pagination = json!({"current-page": 1, "next-page": 2, "total-pages": 2});
            let found: Vec<Value> = (0..3).map(|_| version("/x")).collect();
            Reply::ok(json!({"data": found, "meta": {"pagination": pagination}}).to_string())
        }
        _ => service(asked),
    })
    .await;
    let versions = opened(&server, "cloud", json!({"name": "app"})).versions("app", 2).await.unwrap();
    assert_eq!(versions.len(), 2);
    assert_eq!((versions[0].id.as_str(), versions[0].bytes), ("sv-1", Some(STATE.len() as u64)));
    let asked = server.asked();
    assert_eq!(asked.len(), 1);
    assert_eq!(asked[0].query("filter[workspace][name]").as_deref(), Some("app"));
    assert_eq!(asked[0].query("filter[organization][name]").as_deref(), Some("acme"));
}

#[tokio::test]
async fn what_differs_from_what_is_told_is_damaged() {
    let digest: String = {
        use md5::{Digest, Md5};
        Md5::digest(STATE).iter().map(|byte| format!("{byte:02x}")).collect()
    };
    for (name, value, good) in [
        ("size", json!(STATE.len() + 1), false),
        ("size", json!("many"), true),
        ("md5", json!("d41d8cd98f00b204e9800998ecf8427e"), false),
        ("md5", json!(digest), true),
        ("status", json!("pending"), false),
        ("status", json!("finalized"), true),
    ] {
        let (told, shown) = (value.clone(), format!("{name} {value}"));
        let server = Server::start(move |asked| match asked.path() {
            "/api/v2/workspaces/ws-1/current-state-version" => {
                let mut version = version("/state/sv-1");
                version["attributes"][name] = told.clone();
                document(&version, &Value::Null)
            }
            _ => service(asked),
        })
        .await;
        let read = opened(&server, "cloud", json!({"name": "app"})).read("app").await;
        match read {
            Ok(kept) => assert!(good && kept.checked_by.is_some() == (name == "md5"), "{shown}"),
            Err(error) => assert!(!good && error.class == Class::Damaged, "{shown}: {error}"),
        }
    }
}

#[tokio::test]
async fn strange_answers_are_errors() {
    let deep = format!("{{\"data\":{}{}}}", "[".repeat(100_000), "]".repeat(100_000));
    for body in
        ["", "<html>", "[]", "{}", "{\"data\":7}", "{\"data\":{\"type\":\"workspaces\"}}", "{\"data\":[]}", &deep]
    {
        let told = body.to_owned();
        let server = Server::start(move |_| Reply::ok(told.clone())).await;
        let error = refusal(&*opened(&server, "cloud", json!({"name": "app"})), "app").await;
        assert_eq!(error.class, Class::Failed, "{body:.40}: {error}");
    }
}

#[tokio::test]
async fn an_answer_that_is_too_large_is_not_taken() {
    for path in ["/api/v2/organizations/acme/workspaces/app", "/state/sv-1"] {
        let server = Server::start(move |asked| {
            let length = if asked.path() == path { Some(2 << 30) } else { None };
            Reply { length, ..service(asked) }
        })
        .await;
        let error = refusal(&*opened(&server, "cloud", json!({"name": "app"})), "app").await;
        assert_eq!(error.class, Class::TooLarge, "{error}");
    }
}

#[tokio::test]
async fn an_answer_that_breaks_off_is_damaged() {
    let server = Server::start(|asked| {
        let length = if asked.path() == "/state/sv-1" { Some(STATE.len() as u64 + 10) } else { None };
        Reply { length, ..service(asked) }
    })
    .await;
    let error = refusal(&*opened(&server, "cloud", json!({"name": "app"})), "app").await;
    assert_eq!(error.class, Class::Damaged, "{error}");
}

#[tokio::test]
async fn too_many_requests_are_waited_for() {
    let calls = std::sync::atomic::AtomicU32::new(0);
    let server = Server::start(move |asked| match calls.fetch_add(1, std::sync::atomic::Ordering::SeqCst) {
        0 => Reply { headers: vec![("retry-after", "1".into())], ..Reply::status(429) },
        _ => service(asked),
    })
    .await;
    let started = std::time::Instant::now();
    assert!(opened(&server, "cloud", json!({"name": "app"})).read("app").await.unwrap().bytes.is_some());
    assert!(started.elapsed() >= std::time::Duration::from_secs(1));
}

#[tokio::test]
async fn hostile_names_do_nothing() {
    for name in ["..", ".", "a/b", "a b", "a\nb", "a\\b"] {
        let server = Server::start(service).await;
        let error = refusal(&*opened(&server, "cloud", json!({"name": name})), name).await;
        assert_eq!(error.class, Class::Unset, "{name}: {error}");
        assert!(server.asked().is_empty(), "{name}");
    }
    let server = Server::start(service).await;
    let name = "a%2fb?include=x#y&z";
    refusal(&*opened(&server, "cloud", json!({"name": name})), name).await;
    assert_eq!(server.paths()[0], "/api/v2/organizations/acme/workspaces/a%252fb%3Finclude=x%23y&z");
    // Ids that the service names are asked for as they are, too.
    let server = Server::start(|asked| match asked.path() {
        "/api/v2/organizations/acme/workspaces/app" => document(&workspace("../../evil", "app"), &Value::Null),
        _ => service(asked),
    })
    .await;
    assert_eq!(refusal(&*opened(&server, "cloud", json!({"name": "app"})), "app").await.class, Class::Unset);
    assert_eq!(server.paths().len(), 1);
}
