//! Addresses of states: what they become, and that none of them makes an error speak.
//! Knows nothing of any network.

use super::named;
use crate::Class;
use proptest::prelude::*;
use serde_json::{Value, json};

/// Kind, arguments and workspace of an address that is one.
fn read(address: &str) -> (String, Value, Option<String>) {
    let state = named(address).unwrap().unwrap();
    (state.backend.kind, Value::Object(state.backend.arguments), state.workspace)
}

#[test]
fn paths_patterns_and_standard_input_are_no_addresses() {
    for path in [
        "-",
        "terraform.tfstate",
        "./states/*.tfstate",
        "/a/b",
        r"C:\states\a",
        "c:/states/a",
        "c://a",
        "a/s3://b",
        "",
        "://",
    ] {
        assert_eq!(named(path), Ok(None), "{path}");
    }
}

#[test]
fn each_kind_becomes_its_backend() {
    let some = |text: &str| Some(text.to_owned());
    let expected = [
        (
            "s3://bucket/path/to/a%20key?region=eu-west-1&endpoint=http://127.0.0.1:9000&workspace=prod",
            (
                "s3",
                json!({"bucket": "bucket", "key": "path/to/a key", "region": "eu-west-1", "endpoints": {"s3": "http://127.0.0.1:9000"}}),
                some("prod"),
            ),
        ),
        ("S3://b/k?role_arn=r", ("s3", json!({"bucket": "b", "key": "k", "assume_role": {"role_arn": "r"}}), None)),
        ("gs://bucket", ("gcs", json!({"bucket": "bucket"}), None)),
        ("gs://bucket/a/b/", ("gcs", json!({"bucket": "bucket", "prefix": "a/b"}), None)),
        (
            "azurerm://account/container/a/key?use_azuread_auth=true",
            (
                "azurerm",
                json!({"storage_account_name": "account", "container_name": "container", "key": "a/key", "use_azuread_auth": "true"}),
                None,
            ),
        ),
        ("https://u:p@h/a?b=c&d", ("http", json!({"address": "https://u:p@h/a?b=c&d"}), None)),
        (
            "pg://u:p@h:1/db?sslmode=disable&schema=s&workspace=w",
            ("pg", json!({"conn_str": "postgres://u:p@h:1/db?sslmode=disable", "schema_name": "s"}), some("w")),
        ),
        ("postgresql://h/db", ("pg", json!({"conn_str": "postgres://h/db"}), None)),
        (
            "kubernetes://infra/app?context=c&workspace=w",
            ("kubernetes", json!({"namespace": "infra", "secret_suffix": "app", "config_context": "c"}), some("w")),
        ),
        ("consul://h:8500/a/b", ("consul", json!({"address": "h:8500", "path": "a/b", "scheme": "http"}), None)),
        ("consul+https://h/a", ("consul", json!({"address": "h", "path": "a", "scheme": "https"}), None)),
        (
            "tfe://h:8443/o/w",
            ("cloud", json!({"hostname": "h:8443", "organization": "o", "workspaces": {"name": "w"}}), None),
        ),
        (
            "hcp://o/w",
            ("cloud", json!({"hostname": "app.terraform.io", "organization": "o", "workspaces": {"name": "w"}}), None),
        ),
        (
            "hcp://o?tags=a,b",
            (
                "cloud",
                json!({"hostname": "app.terraform.io", "organization": "o", "workspaces": {"tags": ["a", "b"]}}),
                None,
            ),
        ),
    ];
    for (address, (kind, arguments, workspace)) in expected {
        assert_eq!(read(address), (kind.to_owned(), arguments, workspace), "{address}");
    }
}

#[test]
fn what_means_nothing_says_why() {
    let cases = [
        ("s3://bucket", "it is not of the shape `s3://BUCKET/KEY`"),
        ("s3://bucket/key?regoin=x", "`regoin` in its query is not known; known are region, profile"),
        ("s3://bucket/key?region=", "`region` has no value"),
        ("s3://bucket/key?region=a&region=b", "`region` is there twice"),
        ("s3://bucket/%zz", "a `%` in it begins no UTF-8 character"),
        ("s3://id:not-a-secret@bucket/key", "it has a `@`"),
        ("azurerm://account/container", "it is not of the shape `azurerm://ACCOUNT/CONTAINER/KEY`"),
        (
            "pg://h/db?sslmod=x",
            "`sslmod` in its query is not known; known are schema, table, workspace, the parameters of libpq",
        ),
        ("tfe://h/o", "it is not of the shape `tfe://HOST/ORGANIZATION/WORKSPACE`"),
        ("https://", "it cannot be understood"),
        ("ftp://h/a", "no store has this scheme"),
    ];
    for (address, cause) in cases {
        let error = named(address).unwrap_err();
        assert!(error.cause.contains(cause), "{address}: {error}");
        assert_eq!(error.class, Class::Unset, "{address}");
    }
}

#[test]
fn stores_that_are_not_read_say_how_to_pipe_the_state_in() {
    for address in ["oci://bucket/key", "cos://bucket/key", "oss://bucket/key"] {
        let error = named(address).unwrap_err();
        assert_eq!(error.class, Class::Unsupported);
        assert!(error.hint.contains("terraform state pull | driftline scan --state -"), "{}", error.hint);
    }
}

const KNOWN: &str = "(s3|gs|azurerm|https?|pg|postgres|kubernetes|consul|consul\\+https|tfe|hcp|oci|zz)";

proptest! {
    #[test]
    fn never_panics(address in any::<String>()) {
        let _ = named(&address);
    }

    #[test]
    fn never_panics_behind_a_scheme(scheme in KNOWN, rest in "[a-z0-9%@/?&=:#\\[\\]\u{e9}]{0,40}") {
        let _ = named(&format!("{scheme}://{rest}"));
    }

    /// Wherever the password ends by mistake, it is in no error and in no `Debug`.
    #[test]
    fn credentials_are_in_no_error(
        scheme in KNOWN,
        password in "[/?&=%]?NOTASECRET[/?&=%a-z]{0,4}NOTASECRET",
        rest in "[a-z]{0,5}[/?&=a-z%]{0,20}",
    ) {
        let shown = match named(&format!("{scheme}://user:{password}@{rest}")) {
            Ok(state) => format!("{state:?}"),
            Err(error) => format!("{error} {error:?} {}", error.hint),
        };
        prop_assert!(!shown.contains("NOTASECRET"), "{}", shown);
    }
}
