//! TLS: a forge that cannot be identified receives nothing.

use super::token;
use crate::forge::error::Missing;
use crate::forge::http::{Client, Patience};
use crate::forge::place::{Api, ProxySettings, Token};
use crate::forge::record::ForgeKind;
use crate::interrupt::Interrupt;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use ureq::tls::Certificate;

/// A TLS server that keeps what it could read of requests, and its certificate.
fn server(name: &str) -> (u16, Vec<u8>, Arc<Mutex<String>>) {
    let made = rcgen::generate_simple_self_signed([name.to_owned()]).expect("a certificate");
    let certificate = made.cert.der().to_vec();
    let key = rustls::pki_types::PrivateKeyDer::Pkcs8(made.signing_key.serialize_der().into());
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_no_client_auth()
        .with_single_cert(vec![made.cert.der().clone()], key)
        .expect("a configuration");
    let (config, heard) = (Arc::new(config), Arc::new(Mutex::new(String::new())));
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("an address").port();
    let ears = heard.clone();
    std::thread::spawn(move || {
        for mut stream in listener.incoming().map_while(Result::ok) {
            let mut connection = rustls::ServerConnection::new(config.clone()).expect("a connection");
            let mut tls = rustls::Stream::new(&mut connection, &mut stream);
            let mut bytes = [0; 4096];
            let Ok(count) = tls.read(&mut bytes) else { continue };
            ears.lock().expect("ears").push_str(&String::from_utf8_lossy(&bytes[..count]));
            let _ = tls.write_all(b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\n[]");
        }
    });
    (port, certificate, heard)
}

#[test]
fn a_proxy_is_asked_for_the_way_and_told_no_more() {
    let secret = token();
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let proxy = format!("http://{}", listener.local_addr().expect("an address"));
    let heard = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().expect("a connection");
        let mut bytes = [0; 4096];
        let mut count = 0;
        while !bytes[..count].ends_with(b"\r\n\r\n") {
            count += stream.read(&mut bytes[count..]).expect("a request");
        }
        let _ = stream.write_all(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n");
        // What a client would send into a way that is not there.
        stream.set_read_timeout(Some(Duration::from_millis(500))).expect("a timeout");
        let more = stream.read(&mut [0; 64]).unwrap_or(0);
        (String::from_utf8_lossy(&bytes[..count]).into_owned(), more)
    });
    let settings = ProxySettings::of(&[("HTTPS_PROXY".into(), proxy.into())].into()).expect("a proxy");
    let api = Api::parse("https://git.example/api/v3").expect("an API");
    let own = Token::for_api(&secret, "https://git.example/api/v3").expect("a token");
    let roots = || Ok(Vec::new());
    let client = Client::new(ForgeKind::GitHub, api, Some(own), Some(&settings), roots).expect("a client");
    let patience = Patience { until: Instant::now() + Duration::from_secs(10), interrupt: Interrupt::default() };
    let missing = client.get("/repos/octo/infra", None, &patience).expect_err("no answer");
    assert!(!missing.to_string().contains(&secret), "{missing}");
    let (heard, more) = heard.join().expect("a proxy");
    assert!(heard.starts_with("CONNECT git.example:443 "), "{heard}");
    assert!(!heard.contains(&secret) && more == 0, "{heard}");
}

fn get(port: u16, host: &str, trusted: &[u8], secret: &str) -> Result<Vec<u8>, Missing> {
    let address = format!("https://{host}:{port}");
    let api = Api::parse(&address).expect("an API");
    let token = Token::for_api(secret, &address).expect("a token");
    let roots = || Ok(vec![Certificate::from_der(trusted).to_owned()]);
    let client = Client::new(ForgeKind::GitHub, api, Some(token), None, roots).expect("a client");
    let patience = Patience { until: Instant::now() + Duration::from_secs(20), interrupt: Interrupt::default() };
    client.get("/repos/octo/infra", None, &patience).map(|reply| reply.body)
}

#[test]
fn a_forge_is_known_by_its_certificate() {
    let secret = token();
    let (port, certificate, heard) = server("localhost");
    assert_eq!(get(port, "localhost", &certificate, &secret), Ok(b"[]".to_vec()));
    assert!(heard.lock().expect("ears").contains(&secret));
}

#[test]
fn one_that_is_not_known_receives_nothing() {
    let secret = token();
    let (_, other, _) = server("localhost");
    let (port, _, heard) = server("localhost");
    let missing = get(port, "localhost", &other, &secret).expect_err("no answer");
    assert!(missing.to_string().contains("cannot be identified"), "{missing}");
    // A certificate for another name.
    let (elsewhere, certificate, heard_elsewhere) = server("git.example");
    let missing = get(elsewhere, "localhost", &certificate, &secret).expect_err("no answer");
    assert!(missing.to_string().contains("cannot be identified"), "{missing}");
    for heard in [heard, heard_elsewhere] {
        assert_eq!(*heard.lock().expect("ears"), "");
    }
}
