//! Faults of object stores, made by small servers on loopback.
//! Knows nothing of what a state says.

use crate::{Backend, Class, MAX_BYTES, Store, StoreError, Surroundings, open};
use serde_json::{Value, json};
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Answers every request in the same way, each on a connection of its own. Ends with the test.
pub(super) fn server(answer: impl Fn(&mut TcpStream, &str) + Send + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = format!("http://{}", listener.local_addr().expect("an address"));
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let Ok(mut stream) = stream else { continue };
            let (mut head, mut byte) = (Vec::new(), [0]);
            while !head.ends_with(b"\r\n\r\n") && matches!(stream.read(&mut byte), Ok(1)) {
                head.push(byte[0]);
            }
            answer(&mut stream, &String::from_utf8_lossy(&head));
        }
    });
    address
}

pub(super) fn send(stream: &mut TcpStream, head: &str, body: &[u8]) {
    // Whoever has read enough hangs up.
    let _ = stream.write_all(format!("HTTP/1.1 {head}\r\nConnection: close\r\n\r\n").as_bytes());
    let _ = stream.write_all(body);
}

/// A server that says the same to everyone.
fn saying(head: &'static str, body: &'static str) -> String {
    server(move |stream, _| send(stream, &format!("{head}\r\nContent-Length: {}", body.len()), body.as_bytes()))
}

fn store(kind: &str, address: &str, patience: Duration) -> Box<dyn Store> {
    let arguments: Value = match kind {
        "s3" => {
            json!({"bucket": "b", "key": "k", "region": "eu-west-1", "access_key": "id", "secret_key": "not-a-secret",
                       "endpoint": address})
        }
        _ => json!({"bucket": "b", "access_token": "not-a-secret", "storage_custom_endpoint": address}),
    };
    let backend = Backend { kind: kind.into(), arguments: arguments.as_object().cloned().unwrap_or_default() };
    let around = Surroundings {
        environment: Arc::default(),
        directory: ".".into(),
        patience,
        aws: None,
        may_run_programs: false,
    };
    open(&backend, &around).expect("it opens")
}

async fn refused(kind: &str, address: &str) -> StoreError {
    let store = store(kind, address, Duration::from_secs(20));
    let error = store.read("default").await.expect_err("a refusal");
    let shown = format!("{error} {}", error.hint);
    assert!(!shown.contains("not-a-secret") && !shown.contains("Signature="), "{shown}");
    error
}

#[tokio::test]
async fn denial_names_what_is_needed() {
    for kind in ["s3", "gcs"] {
        let address = saying("403 Forbidden", "<Error><Code>AccessDenied</Code><Message>no</Message></Error>");
        let error = refused(kind, &address).await;
        assert_eq!(error.class, Class::Denied, "{error}");
        assert!(
            error.cause.contains("AccessDenied")
                && (error.hint.contains("GetObject") || error.hint.contains("objects.get")),
            "{error} {}",
            error.hint
        );
    }
}

#[tokio::test]
async fn what_is_missing_is_told_apart() {
    for kind in ["s3", "gcs"] {
        let bucket = saying("404 Not Found", "<Error><Code>NoSuchBucket</Code></Error>");
        assert_eq!(refused(kind, &bucket).await.class, Class::NotFound);
        let unknown = saying("404 Not Found", "<html>nothing here</html>");
        assert_eq!(refused(kind, &unknown).await.class, Class::NotFound, "who knows no objects knows no state");
        let object = saying("404 Not Found", "<Error><Code>NoSuchKey</Code></Error>");
        let store = store(kind, &object, Duration::from_secs(20));
        let kept = store.read("default").await.expect("no state yet");
        assert!(kept.bytes.is_none() && kept.lock.is_none() && kept.lock_unread.is_none(), "{kept:?}");
        assert_eq!(store.stamp("default").await, Ok(None));
    }
}

const OBJECT: &str =
    "200 OK\r\nETag: \"e\"\r\nLast-Modified: Thu, 01 Jan 2026 00:00:00 GMT\r\nx-amz-version-id: v\r\nContent-Length:";

#[tokio::test]
async fn what_breaks_off_is_no_state() {
    let address = server(|stream, _| send(stream, &format!("{OBJECT} 1000"), b"{\"version\":4}"));
    let error = refused("s3", &address).await;
    assert_eq!(error.class, Class::Damaged, "{error}");
}

#[tokio::test]
async fn what_breaks_off_once_is_read_on() {
    let address = server(|stream, head| match head.to_lowercase().contains("range: bytes=6-") {
        true => send(
            stream,
            "206 Partial Content\r\nETag: \"e\"\r\nContent-Range: bytes 6-11/12\r\nContent-Length: 6",
            b"world!",
        ),
        false => send(stream, &format!("{OBJECT} 12"), b"hello "),
    });
    let kept = store("s3", &address, Duration::from_secs(20)).read("default").await.expect("a state");
    assert_eq!(kept.bytes.as_deref(), Some(&b"hello world!"[..]));
    assert_eq!((kept.stamp.as_deref(), kept.modified_at.as_deref()), (Some("v"), Some("2026-01-01T00:00:00Z")));
}

#[tokio::test]
async fn what_is_too_large_is_refused_at_once() {
    let address = server(|stream, _| {
        send(stream, &format!("{OBJECT} {}", MAX_BYTES + 1), b"{");
        std::thread::sleep(Duration::from_secs(30));
    });
    let begun = Instant::now();
    assert_eq!(refused("s3", &address).await.class, Class::TooLarge);
    assert!(begun.elapsed() < Duration::from_secs(10));
}

#[tokio::test]
async fn what_is_slow_ends_with_the_patience() {
    let address = server(|stream, _| {
        send(stream, &format!("{OBJECT} 1000"), b"");
        for _ in 0..100 {
            if stream.write_all(b" ").is_err() {
                break;
            }
            std::thread::sleep(Duration::from_millis(100));
        }
    });
    let begun = Instant::now();
    let error = store("s3", &address, Duration::from_secs(1)).read("default").await.expect_err("no patience");
    assert_eq!(error.class, Class::TimedOut, "{error}");
    assert!(begun.elapsed() < Duration::from_secs(5));
}

#[tokio::test]
async fn nothing_follows_to_another_host() {
    let other = saying("200 OK", "{}");
    let address = server(move |stream, _| {
        send(stream, &format!("307 Temporary Redirect\r\nLocation: {other}\r\nContent-Length: 0"), b"");
    });
    assert_eq!(refused("s3", &address).await.class, Class::Failed);
    let elsewhere = server(|stream, _| {
        send(stream, "301 Moved Permanently\r\nx-amz-bucket-region: us-east-2\r\nContent-Length: 0", b"");
    });
    let error = refused("s3", &elsewhere).await;
    assert!(error.hint.contains("us-east-2"), "{error} {}", error.hint);
}

#[tokio::test]
async fn nobody_answers() {
    let error = refused("s3", "http://127.0.0.1:9").await;
    assert_eq!(error.class, Class::Failed, "{error}");
}

#[tokio::test]
async fn lists_that_never_end_or_are_denied_are_errors() {
    let endless =
        saying("200 OK", "<ListBucketResult><NextContinuationToken>t</NextContinuationToken></ListBucketResult>");
    let error = store("s3", &endless, Duration::from_secs(60)).workspaces().await.expect_err("no list");
    assert_eq!(error.class, Class::TooLarge, "{error}");
    let denied = server(|stream, head| match head.contains("list-type") {
        true => send(stream, "403 Forbidden\r\nContent-Length: 0", b""),
        false => send(stream, &format!("{OBJECT} 2"), b"{}"),
    });
    let store = store("s3", &denied, Duration::from_secs(20));
    assert_eq!(store.workspaces().await.expect_err("denied").class, Class::Denied);
    assert_eq!(store.read("dev").await.expect("one that is named is read").bytes.as_deref(), Some(&b"{}"[..]));
}

#[tokio::test]
async fn pages_that_are_too_large_are_refused() {
    let address = server(|stream, _| {
        send(stream, "200 OK\r\nContent-Length: 1000000000", b"");
        let some = vec![b' '; 1 << 20];
        while stream.write_all(&some).is_ok() {}
    });
    let error = store("s3", &address, Duration::from_secs(60)).workspaces().await.expect_err("no page");
    assert_eq!(error.class, Class::Failed, "{error}");
    assert!(error.cause.contains("larger than"), "{error}");
}

#[tokio::test]
async fn names_that_would_become_others_are_refused() {
    for key in ["/k", "k/", "a//b", "a/../b", "./k"] {
        let address = saying("200 OK", "{}");
        let arguments = json!({"bucket": "b", "key": key, "region": "r", "access_key": "id", "secret_key": "not-a-secret",
                               "endpoint": address});
        let backend = Backend { kind: "s3".into(), arguments: arguments.as_object().cloned().unwrap_or_default() };
        let patience = Duration::from_secs(5);
        let around = Surroundings {
            environment: Arc::default(),
            directory: ".".into(),
            patience,
            aws: None,
            may_run_programs: false,
        };
        let error = open(&backend, &around).expect("it opens").read("default").await.expect_err(key);
        assert_eq!(error.class, Class::Unsupported, "{error}");
    }
}
