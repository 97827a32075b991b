//! Connection strings, variables and password files, as lib/pq takes them.
//! Knows nothing of any server.

use super::{Mode, Server, Settings, fields, parameters, password_of};
use crate::loopback::around;
use crate::{Class, StoreError};
use proptest::prelude::*;
use std::collections::BTreeMap;
use std::path::Path;

fn read(connection: &str, variables: &[(&str, &str)]) -> Result<Settings, StoreError> {
    Settings::read(connection, &around(variables, Path::new("/nowhere")))
}

fn pairs(connection: &str) -> Vec<(String, String)> {
    parameters(connection).unwrap().into_iter().collect()
}

fn list(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect::<BTreeMap<_, _>>()
        .into_iter()
        .collect()
}

#[test]
fn addresses_and_keywords_say_the_same() {
    let expected = list(&[
        ("host", "h"),
        ("port", "1"),
        ("user", "u"),
        ("password", "p w'\\@"),
        ("dbname", "d"),
        ("sslmode", "disable"),
    ]);
    assert_eq!(pairs("postgres://u:p%20w%27%5C%40@h:1/d?sslmode=disable"), expected);
    assert_eq!(pairs(r" host=h port = 1 user='u' password='p w\'\\@' dbname=d sslmode=disable "), expected);
    assert_eq!(pairs("postgresql:///d?host=/run/postgresql"), list(&[("dbname", "d"), ("host", "/run/postgresql")]));
    assert_eq!(pairs("postgres://%2Frun%2Fpg/d"), list(&[("dbname", "d"), ("host", "/run/pg")]));
    assert_eq!(pairs("postgres://[::1]:5433,b/d"), list(&[("dbname", "d"), ("host", "[::1],b"), ("port", "5433,")]));
    assert_eq!(pairs(""), list(&[]));
}

#[test]
fn what_means_nothing_is_told_without_its_words() {
    for connection in [
        "postgres://u:not-a-secret%zz@h/d",
        "postgres://h/d?not-a-secret",
        "not-a-secret",
        "password='not-a-secret",
        "host=h x y=z",
        "password=not-a-secret\\",
    ] {
        let error = parameters(connection).unwrap_err();
        assert!(error.class == Class::Unset && !error.to_string().contains("not-a-secret"), "{connection}: {error}");
    }
    for connection in
        ["host=h user=u port=not-a-secret", "host=h user=u sslmode=not-a-secret", "host=h user=u service=not-a-secret"]
    {
        let error = read(connection, &[]).err().unwrap();
        assert!(error.class == Class::Unset && !error.to_string().contains("not-a-secret"), "{error}");
    }
}

#[test]
fn the_connection_string_is_completed_by_variables_and_defaults() {
    let settings =
        read("postgres://h/d", &[("PGUSER", "u"), ("PGPASSWORD", "p"), ("PGHOST", "other"), ("PGSSLMODE", "prefer")])
            .unwrap();
    assert_eq!(settings.servers, [Server { host: "h".into(), address: None, port: 5432 }]);
    assert_eq!(
        (settings.user.as_str(), settings.database.as_str(), settings.password.as_deref()),
        ("u", "d", Some("p"))
    );
    assert_eq!(settings.mode, Mode::Prefer);
    let settings = read("", &[("USER", "me")]).unwrap();
    assert_eq!(settings.servers, [Server { host: "localhost".into(), address: None, port: 5432 }]);
    assert_eq!((settings.user.as_str(), settings.database.as_str(), settings.mode), ("me", "me", Mode::Require));
    assert_eq!(read("host=h", &[]).err().map(|error| error.class), Some(Class::Unset));
}

#[test]
fn several_servers_are_tried_in_order() {
    let server = |host: &str, port| Server { host: host.into(), address: None, port };
    assert_eq!(
        read("postgres://u@a:1,b:2,c/d", &[]).unwrap().servers,
        [server("a", 1), server("b", 2), server("c", 5432)]
    );
    assert_eq!(read("host=a,b port=7 user=u", &[]).unwrap().servers, [server("a", 7), server("b", 7)]);
    let addressed = read("host=db.example hostaddr=192.0.2.1 user=u", &[]).unwrap().servers;
    assert_eq!(addressed, [Server { host: "db.example".into(), address: Some("192.0.2.1".into()), port: 5432 }]);
}

#[test]
fn settings_of_the_session_are_passed_on() {
    let settings = read("host=h user=u role=reader work_mem='4 MB' search_path=x", &[("PGOPTIONS", "-c a=b")]).unwrap();
    assert_eq!(settings.options.as_deref(), Some("-c a=b -c role=reader -c work_mem=4\\ MB"));
    assert_eq!(read("host=h user=u application_name=x", &[]).unwrap().options, None);
}

#[test]
fn modes_of_tls_are_those_of_libpq() {
    let folder = tempfile::tempdir().unwrap();
    let authority = folder.path().join("ca.crt");
    std::fs::write(&authority, "PEM").unwrap();
    let mode = |rest: &str| {
        read(&format!("host=h user=u {rest}"), &[]).map(|settings| settings.mode).map_err(|error| error.class)
    };
    for (text, expected) in [
        ("disable", Mode::Disable),
        ("allow", Mode::Allow),
        ("prefer", Mode::Prefer),
        ("require", Mode::Require),
        ("verify-ca", Mode::VerifyCa),
        ("verify-full", Mode::VerifyFull),
    ] {
        assert_eq!(mode(&format!("sslmode={text}")), Ok(expected));
    }
    let named = format!("sslrootcert={}", authority.display());
    assert_eq!(mode(&named), Ok(Mode::VerifyCa));
    assert_eq!(mode(&format!("sslmode=verify-full {named}")), Ok(Mode::VerifyFull));
    assert_eq!(mode("sslrootcert=/nowhere/ca.crt"), Ok(Mode::Require));
    assert_eq!(mode("sslmode=verify-ca sslrootcert=/nowhere/ca.crt"), Err(Class::Unset));
    assert_eq!(mode("sslrootcert=system"), Ok(Mode::VerifyFull));
    assert_eq!(read("host=/run/postgresql user=u sslmode=verify-full", &[]).unwrap().mode, Mode::Disable);
}

#[test]
fn passwords_come_from_a_file_of_ones_own() {
    let file = "# comment\nother:5432:d:u:wrong\n*:5432:d:u:a\\:b\\\\c\n*:*:*:*:last\n";
    let server = |host: &str, port| Server { host: host.into(), address: None, port };
    assert_eq!(password_of(file, &server("h", 5432), "d", "u").as_deref(), Some("a:b\\c"));
    assert_eq!(password_of(file, &server("h", 1), "d", "u").as_deref(), Some("last"));
    assert_eq!(password_of("localhost:*:*:*:s\n", &server("/run/pg", 1), "d", "u").as_deref(), Some("s"));
    assert_eq!(password_of("h:1:d\n", &server("h", 1), "d", "u"), None);
    assert_eq!(fields("a:b:c:d:e:f"), ["a", "b", "c", "d", "e:f"]);
}

#[cfg(unix)]
#[test]
fn a_file_that_others_may_read_is_not_used() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join(".pgpass");
    std::fs::write(&file, "*:*:*:*:not-a-secret").unwrap();
    for (mode, expected) in [(0o600, Some("not-a-secret")), (0o644, None)] {
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(mode)).unwrap();
        let settings = read("host=h user=u", &[("HOME", &folder.path().to_string_lossy())]).unwrap();
        assert_eq!(settings.password.as_deref(), expected);
    }
}

proptest! {
    #[test]
    fn never_panics(text in any::<String>(), rest in "[a-z0-9%@/?&=:,'\\\\\\[\\] ]{0,40}") {
        let _ = read(&text, &[("USER", "u")]);
        let _ = read(&rest, &[("USER", "u")]);
        let _ = read(&format!("postgres://{rest}"), &[("USER", "u")]);
        let _ = password_of(&text, &Server { host: rest.clone(), address: None, port: 1 }, &rest, &rest);
    }
}
