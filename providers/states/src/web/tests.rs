//! The HTTP client against servers that misbehave.
//! Knows nothing of any backend.

use super::{Ask, Client, Elsewhere, Trust};
use crate::loopback::{Authority, Reply, Server, around};
use crate::{Class, StoreError, Surroundings};
use reqwest::Url;
use std::path::Path;
use std::time::{Duration, Instant};

const MIB: u64 = 1 << 20;

fn client(around: &Surroundings, trust: &Trust) -> Client {
    Client::new("the place", around, trust).unwrap()
}

fn plain() -> Client {
    client(&around(&[], Path::new(".")), &Trust::default())
}

fn impatient(milliseconds: u64) -> Client {
    let around = Surroundings { patience: Duration::from_millis(milliseconds), ..around(&[], Path::new(".")) };
    client(&around, &Trust::default())
}

fn get(address: &str) -> Ask {
    Ask::get(Url::parse(address).unwrap(), MIB).header("Authorization", "Bearer not-a-secret")
}

/// Status and body of an answer, or its error.
async fn asked(client: &Client, ask: Ask) -> Result<(u16, Vec<u8>), StoreError> {
    client.ask(ask).await.map(|answer| (answer.status.as_u16(), answer.body))
}

#[tokio::test]
async fn silence_ends_with_the_patience() {
    let server = Server::start(|_, _| Reply::Silent).await;
    let began = Instant::now();
    let error = asked(&impatient(300), get(&server.url("/a"))).await.unwrap_err();
    assert_eq!((error.class, error.cause.as_str()), (Class::TimedOut, "GET /a has no answer in time"));
    assert!(began.elapsed() < Duration::from_secs(5));
}

#[tokio::test]
async fn a_body_that_breaks_off_is_tried_again_and_then_damaged() {
    let server =
        Server::start(|_, _| Reply::Raw(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"version\"".to_vec())).await;
    let error = asked(&plain(), get(&server.url("/a"))).await.unwrap_err();
    assert_eq!(error.class, Class::Damaged, "{error}");
    assert_eq!(server.asked().len(), 3);
}

#[tokio::test]
async fn a_fault_is_tried_again() {
    let server = Server::start(|_, nth| if nth < 2 { Reply::new(503, &[], "") } else { Reply::ok("here") }).await;
    assert_eq!(asked(&plain(), get(&server.url("/a"))).await, Ok((200, b"here".to_vec())));
    let server = Server::start(|_, _| Reply::new(500, &[], "secret words")).await;
    let error = asked(&plain(), get(&server.url("/a?token=not-a-secret"))).await.unwrap_err();
    assert_eq!((error.class, error.cause.as_str()), (Class::Failed, "GET /a is answered with status 500"));
    assert_eq!(server.asked().len(), 3);
}

#[tokio::test]
async fn the_server_says_how_long_to_wait_and_patience_how_long_at_most() {
    let server = Server::start(|_, nth| match nth {
        0 => Reply::new(429, &[("Retry-After", "1")], ""),
        _ => Reply::ok("here"),
    })
    .await;
    let began = Instant::now();
    assert_eq!(asked(&plain(), get(&server.url("/a"))).await, Ok((200, b"here".to_vec())));
    assert!(began.elapsed() >= Duration::from_secs(1));
    for wait in ["3600", "18446744073709551615"] {
        let server = Server::start(move |_, _| Reply::new(429, &[("Retry-After", wait)], "")).await;
        let began = Instant::now();
        let error = asked(&plain(), get(&server.url("/a"))).await.unwrap_err();
        assert_eq!(error.cause, "GET /a is answered with status 429");
        assert!(began.elapsed() < Duration::from_secs(5) && server.asked().len() == 1);
    }
}

#[tokio::test]
async fn a_refusal_is_an_answer_and_not_tried_again() {
    let server = Server::start(|_, _| Reply::new(403, &[], "no")).await;
    assert_eq!(asked(&plain(), get(&server.url("/a"))).await, Ok((403, b"no".to_vec())));
    assert_eq!(server.asked().len(), 1);
}

#[tokio::test]
async fn a_redirect_on_the_same_host_is_followed_with_credentials() {
    let server = Server::start(|head, _| match head.starts_with("GET /b ") {
        false => Reply::new(307, &[("Location", "/b")], ""),
        true => Reply::ok("here"),
    })
    .await;
    assert_eq!(asked(&plain(), get(&server.url("/a"))).await, Ok((200, b"here".to_vec())));
    assert!(server.asked()[1].to_lowercase().contains("authorization: bearer not-a-secret"));
}

#[tokio::test]
async fn a_redirect_to_another_host_is_refused_and_nothing_is_sent_there() {
    let other = Server::start(|_, _| Reply::ok("there")).await;
    let to = other.url("/b?token=not-a-secret");
    let server = Server::start(move |_, _| Reply::new(302, &[("Location", &to)], "")).await;
    let error = asked(&plain(), get(&server.url("/a"))).await.unwrap_err();
    assert_eq!(error.class, Class::Failed);
    assert!(error.cause.contains(&format!("another host or port, http://127.0.0.1:{}, which", other.port)), "{error}");
    assert!(!format!("{error} {}", error.hint).contains("not-a-secret"), "{error}");
    assert_eq!(other.asked().len(), 0);
}

#[tokio::test]
async fn where_another_host_is_expected_it_gets_no_credentials() {
    let other = Server::start(|_, _| Reply::ok("there")).await;
    let to = other.url("/b");
    let server = Server::start(move |_, _| Reply::new(302, &[("Location", &to)], "")).await;
    let ask = Ask { elsewhere: Elsewhere::Bare, ..get(&server.url("/a")) };
    assert_eq!(asked(&plain(), ask).await, Ok((200, b"there".to_vec())));
    assert!(!other.asked()[0].to_lowercase().contains("authorization"), "{:?}", other.asked());
    let back = Server::start(|_, _| Reply::new(302, &[("Location", "http://192.0.2.1/b")], "")).await;
    let ask = Ask { elsewhere: Elsewhere::Bare, ..get(&back.url("/a")) };
    assert!(asked(&plain(), ask).await.unwrap_err().cause.contains("http://192.0.2.1, which was not asked"));
}

#[test]
fn an_upgrade_to_https_stays_in_its_place() {
    let same = |from: &str, to: &str| super::is_same_place(&Url::parse(from).unwrap(), &Url::parse(to).unwrap());
    assert!(same("http://h/a", "https://h/b") && same("https://h/a", "https://h:443/b"));
    assert!(
        !same("https://h/a", "http://h/a")
            && !same("http://h:81/a", "https://h/a")
            && !same("http://h/a", "https://i/a")
    );
}

#[tokio::test]
async fn circles_end() {
    let server = Server::start(|_, _| Reply::new(302, &[("Location", "/a")], "")).await;
    let error = asked(&plain(), get(&server.url("/a"))).await.unwrap_err();
    assert_eq!(error.cause, "GET /a leads round in circles");
    assert_eq!(server.asked().len(), 6);
}

#[tokio::test]
async fn two_gibibytes_are_refused_by_their_length() {
    let server =
        Server::start(|_, _| Reply::Raw(b"HTTP/1.1 200 OK\r\nContent-Length: 2147483648\r\n\r\nx".to_vec())).await;
    let error = asked(&plain(), get(&server.url("/a"))).await.unwrap_err();
    assert_eq!((error.class, error.cause.as_str()), (Class::TooLarge, "the answer to GET /a has more than 1 MiB"));
    assert_eq!(server.asked().len(), 1);
}

#[tokio::test]
async fn an_endless_body_is_stopped_at_the_limit() {
    let server = Server::start(|_, _| Reply::Endless).await;
    let error = asked(&plain(), get(&server.url("/a"))).await.unwrap_err();
    assert_eq!(error.class, Class::TooLarge, "{error}");
    // What is beyond it lies in buffers of the kernel.
    assert!(server.sent() < 32 * MIB, "{} bytes", server.sent());
    assert_eq!(server.asked().len(), 1);
}

#[tokio::test]
async fn proxies_come_from_the_surroundings_and_are_not_for_this_machine() {
    let proxy = Server::start(|_, _| Reply::ok("by proxy")).await;
    for name in ["HTTP_PROXY", "http_proxy", "ALL_PROXY"] {
        let around = around(&[(name, &proxy.url(""))], Path::new("."));
        let client = client(&around, &Trust::default());
        assert_eq!(asked(&client, get("http://states.example/a")).await, Ok((200, b"by proxy".to_vec())), "{name}");
    }
    assert!(proxy.asked()[0].starts_with("GET http://states.example/a "));
    let server = Server::start(|_, _| Reply::ok("itself")).await;
    let around = around(&[("HTTP_PROXY", &proxy.url("")), ("ALL_PROXY", &proxy.url(""))], Path::new("."));
    assert_eq!(asked(&client(&around, &Trust::default()), get(&server.url("/a"))).await, Ok((200, b"itself".to_vec())));
    assert_eq!(proxy.asked().len(), 3);
}

#[tokio::test]
async fn https_by_proxy_asks_it_for_a_tunnel() {
    let proxy = Server::start(|_, _| Reply::new(403, &[], "")).await;
    let around = around(&[("HTTPS_PROXY", &proxy.url(""))], Path::new("."));
    asked(&client(&around, &Trust::default()), get("https://states.example/a")).await.unwrap_err();
    assert!(proxy.asked()[0].starts_with("CONNECT states.example:443 "), "{:?}", proxy.asked());
    assert!(!proxy.asked()[0].contains("not-a-secret"));
}

#[tokio::test]
async fn a_server_is_trusted_by_its_authority_alone() {
    let (authority, stranger) = (Authority::new(), Authority::new());
    let server = Server::with_tls(authority.server(false), |_, _| Reply::ok("here")).await;
    let address = format!("https://127.0.0.1:{}/a", server.port);
    let around = around(&[], Path::new("."));
    let trusting = |authorities: Option<String>, any| Trust {
        authorities: authorities.map(String::into_bytes),
        any,
        identity: None,
    };
    let good = client(&around, &trusting(Some(authority.pem()), false));
    assert_eq!(asked(&good, get(&address)).await, Ok((200, b"here".to_vec())));
    assert!(asked(&client(&around, &trusting(None, true)), get(&address)).await.is_ok());
    for authorities in [None, Some(stranger.pem())] {
        let error = asked(&client(&around, &trusting(authorities, false)), get(&address)).await.unwrap_err();
        assert!(
            error.cause.contains("certificate") && error.hint.contains("trust its certificate authority"),
            "{error}"
        );
    }
    assert_eq!(server.asked().len(), 2);
    assert_eq!(
        Client::new("p", &around, &trusting(Some("no PEM".into()), false)).err().map(|error| error.class),
        Some(Class::Unset)
    );
}

#[tokio::test]
async fn a_client_shows_its_certificate_where_it_has_one() {
    let authority = Authority::new();
    let server = Server::with_tls(authority.server(true), |_, _| Reply::ok("here")).await;
    let address = format!("https://127.0.0.1:{}/a", server.port);
    let around = around(&[], Path::new("."));
    let (certificate, key) = authority.sign();
    let trust = |identity| Trust { authorities: Some(authority.pem().into_bytes()), any: false, identity };
    let good = client(&around, &trust(Some(format!("{certificate}\n{key}").into_bytes())));
    assert_eq!(asked(&good, get(&address)).await, Ok((200, b"here".to_vec())));
    assert!(asked(&client(&around, &trust(None)), get(&address)).await.is_err());
    assert_eq!(server.asked().len(), 1);
}
