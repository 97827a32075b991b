//! The pg backend against servers that are none, and its own pieces.
//! Knows nothing of what a state says. A real PostgreSQL is read in tests/backends.

use super::bounded::{Bounded, TOO_LARGE};
use super::{open, quoted};
use crate::loopback::around;
use crate::{Backend, Class, Store, Surroundings};
use serde_json::{Value, json};
use std::path::Path;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

fn opened(arguments: Value, patience: Duration) -> Box<dyn Store> {
    let Value::Object(arguments) = arguments else { panic!("no object") };
    let around = Surroundings { patience, ..around(&[], Path::new(".")) };
    open(&Backend { kind: "pg".into(), arguments }, &around).unwrap()
}

/// A server that answers every beginning with these bytes, and then waits.
async fn answering(bytes: &'static [u8]) -> u16 {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut first = [0; 8];
            let _ = stream.read_exact(&mut first).await;
            let _ = stream.write_all(bytes).await;
            tokio::spawn(async move { stream.read_to_end(&mut Vec::new()).await });
        }
    });
    port
}

fn at(port: u16, mode: &str) -> Box<dyn Store> {
    let connection = format!("postgres://u:not-a-secret@127.0.0.1:{port}/d?sslmode={mode}");
    opened(json!({ "conn_str": connection }), Duration::from_millis(500))
}

#[test]
fn names_are_quoted() {
    assert_eq!(quoted("a\"; DROP TABLE b; --").unwrap(), "\"a\"\"; DROP TABLE b; --\"");
    assert!(quoted("a\0b").is_err());
}

#[test]
fn the_place_is_shown_without_who_asks() {
    let store =
        opened(json!({ "conn_str": "postgres://u:not-a-secret@db:1/d", "schema_name": "s" }), Duration::from_secs(1));
    assert_eq!(store.place("stage"), "pg://db:1/d/s/stage");
}

#[tokio::test]
async fn faults_are_told_apart_and_show_no_password() {
    let cases = [
        (at(answering(b"").await, "disable"), Class::TimedOut, "no answer within"),
        (at(answering(b"N").await, "require"), Class::Failed, "does not support TLS"),
        (at(answering(b"HTTP/1.1 400\r\n\r\n").await, "disable"), Class::TimedOut, "no answer within"),
        (at(answering(b"S").await, "require"), Class::TimedOut, "no answer within"),
        (at(answering(b"Sxxxxxxxx").await, "require"), Class::Failed, "connecting fails"),
        (
            at(answering(b"E\0\0\0\x26SFATAL\0C28P01\0Mpassword is wrong\0\0").await, "disable"),
            Class::Denied,
            "password is wrong (SQLSTATE 28P01)",
        ),
        (at(1, "disable"), Class::Failed, "the server cannot be reached"),
    ];
    for (store, class, cause) in cases {
        for error in [store.read("default").await.unwrap_err(), store.workspaces().await.unwrap_err()] {
            assert!(error.class == class && error.cause.contains(cause), "{cause}: {error}");
            assert!(!format!("{error} {} {error:?}", error.hint).contains("not-a-secret"), "{error}");
        }
    }
}

#[tokio::test]
async fn a_connection_breaks_at_its_limit() {
    let mut all = Vec::new();
    let mut bounded = Bounded { stream: &[7; 100][..], left: 100 };
    assert_eq!(bounded.read_to_end(&mut all).await.unwrap(), 100);
    let mut bounded = Bounded { stream: &[7; 101][..], left: 100 };
    assert!(bounded.read_to_end(&mut all).await.unwrap_err().to_string().contains(TOO_LARGE));
}
