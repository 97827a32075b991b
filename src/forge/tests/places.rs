//! Which forge a remote means, and whose token goes there.

use crate::forge::{ForgeError, ForgeKind, Place, ProxySettings, Token, at_api, of_remote, repository_of};
use std::collections::BTreeMap;
use std::ffi::OsString;

fn environment(pairs: &[(&str, &str)]) -> BTreeMap<OsString, OsString> {
    pairs.iter().map(|(name, value)| (name.into(), value.into())).collect()
}

/// What a remote means: the API, the repository and the secret for it.
fn meant(url: &str, pairs: &[(&str, &str)]) -> Option<(ForgeKind, String, String, Option<String>)> {
    let place = of_remote(url, &environment(pairs))?;
    let shown = format!("{place:?}");
    let secret = place.token.map(|token| token.secret().to_owned());
    assert!(secret.as_ref().is_none_or(|secret| !shown.contains(secret)), "{shown}");
    Some((place.kind, place.api, place.repository, secret))
}

const ALL: &[(&str, &str)] = &[
    ("GITHUB_TOKEN", "tok-hub"),
    ("GH_ENTERPRISE_TOKEN", "tok-server"),
    ("GITLAB_TOKEN", "tok-lab"),
    ("CI_JOB_TOKEN", "tok-job"),
];

fn with<'a>(pairs: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    ALL.iter().chain(pairs).copied().collect()
}

#[track_caller]
fn check(url: &str, pairs: &[(&str, &str)], api: &str, repository: &str, secret: Option<&str>) {
    let found = meant(url, pairs).unwrap_or_else(|| panic!("{url} means nothing"));
    assert_eq!((found.1.as_str(), found.2.as_str(), found.3.as_deref()), (api, repository, secret), "{url}");
}

#[test]
fn remotes_are_written_in_many_ways() {
    let hub = "https://api.github.com";
    for url in [
        "https://github.com/octo/infra",
        "https://github.com/octo/infra.git",
        "https://github.com/octo/infra/",
        "https://GitHub.com/octo/infra.git/",
        "https://x-access-token:abc@github.com/octo/infra.git",
        "https://github.com:443/octo/infra",
        "ssh://git@github.com/octo/infra.git",
        "ssh://git@ssh.github.com:443/octo/infra.git",
        "git@github.com:octo/infra.git",
        "github.com:octo/infra",
    ] {
        check(url, ALL, hub, "octo/infra", Some("tok-hub"));
    }
    let lab = "https://gitlab.com/api/v4";
    for url in [
        "https://gitlab.com/group/sub/deep.er/infra.git",
        "git@gitlab.com:group/sub/deep.er/infra.git",
        "ssh://git@altssh.gitlab.com:443/group/sub/deep.er/infra.git",
    ] {
        check(url, ALL, lab, "group/sub/deep.er/infra", Some("tok-lab"));
    }
}

#[test]
fn other_hosts_mean_nothing() {
    for url in [
        "https://example.com/octo/infra",
        "https://github.com.example.com/octo/infra",
        "https://github.com@example.com/octo/infra",
        "https://notgithub.com/octo/infra",
        "git@example.com:octo/infra.git",
        "/srv/git/infra.git",
        "file:///srv/git/github.com/octo/infra",
        "../infra",
        "ext::sh -c github.com/octo/infra",
        "git://github.com/octo/infra",
        "https://github.com/octo",
        "https://github.com/octo/infra/more",
        "https://github.com/octo/..",
        "https://github.com/../infra",
        "https://github.com/octo/in%2ffra",
        "https://github.com/octo/in fra",
        "https://github.com/octo/infra?x=y",
        "https://gitlab.com/infra",
        "https://gitlab.com/group/../infra",
        "",
        "\u{1b}",
    ] {
        assert_eq!(meant(url, ALL), None, "{url}");
    }
    assert_eq!(meant(&format!("https://github.com/octo/{}", "x".repeat(9000)), ALL), None);
}

#[test]
fn hosts_and_their_tokens_come_from_the_environment_only() {
    let server = with(&[("GH_HOST", "git.example")]);
    check("git@git.example:octo/infra.git", &server, "https://git.example/api/v3", "octo/infra", Some("tok-server"));
    check("https://github.com/octo/infra", &server, "https://api.github.com", "octo/infra", Some("tok-hub"));
    let tenant = with(&[("GH_HOST", "octo.ghe.com")]);
    check("https://octo.ghe.com/octo/infra", &tenant, "https://api.octo.ghe.com", "octo/infra", Some("tok-server"));

    // As GitHub Actions sets them, on github.com and on a server: the token is for that one host.
    let actions = with(&[("GITHUB_SERVER_URL", "https://github.com"), ("GITHUB_API_URL", "https://api.github.com")]);
    check("https://github.com/octo/infra", &actions, "https://api.github.com", "octo/infra", Some("tok-hub"));
    let actions =
        with(&[("GITHUB_SERVER_URL", "https://git.example"), ("GITHUB_API_URL", "https://git.example/api/v3")]);
    check("https://git.example/octo/infra", &actions, "https://git.example/api/v3", "octo/infra", Some("tok-hub"));
    check("https://github.com/octo/infra", &actions, "https://api.github.com", "octo/infra", None);

    let lab = with(&[("GITLAB_HOST", "lab.example:8443")]);
    check(
        "https://lab.example:8443/group/infra",
        &lab,
        "https://lab.example:8443/api/v4",
        "group/infra",
        Some("tok-lab"),
    );
    check("git@lab.example:group/infra", &lab, "https://lab.example:8443/api/v4", "group/infra", Some("tok-lab"));
    check("https://gitlab.com/group/infra", &lab, "https://gitlab.com/api/v4", "group/infra", None);

    // As GitLab's CI sets them, with GitLab below a path.
    let ci =
        with(&[("CI_SERVER_URL", "https://host.example/lab"), ("CI_API_V4_URL", "https://host.example/lab/api/v4")]);
    let api = "https://host.example/lab/api/v4";
    check("https://gitlab-ci-token:x@host.example/lab/group/infra.git", &ci, api, "group/infra", Some("tok-lab"));
    check("git@host.example:group/infra.git", &ci, api, "group/infra", Some("tok-lab"));

    // Two GitLabs: the token is for the one that is named first.
    let both = with(&[("GITLAB_HOST", "one.example"), ("CI_API_V4_URL", "https://two.example/api/v4")]);
    check("https://one.example/g/i", &both, "https://one.example/api/v4", "g/i", Some("tok-lab"));
    check("https://two.example/g/i", &both, "https://two.example/api/v4", "g/i", None);

    // Nothing goes over a plain connection to another machine.
    assert_eq!(meant("https://lab.example/g/i", &with(&[("GITLAB_HOST", "http://lab.example")])), None);
}

#[test]
fn empty_and_odd_tokens_are_none() {
    let hub = "https://github.com/octo/infra";
    for (pairs, secret) in [
        (&[][..], None),
        (&[("GITHUB_TOKEN", "")], None),
        (&[("GITHUB_TOKEN", " hub-1 \n")], Some("hub-1")),
        (&[("GITHUB_TOKEN", "a\r\nHost: b")], None),
        (&[("GH_TOKEN", "first"), ("GITHUB_TOKEN", "second")], Some("first")),
        (&[("GH_ENTERPRISE_TOKEN", "server")], None),
        (&[("GITLAB_TOKEN", "lab")], None),
    ] {
        assert_eq!(meant(hub, pairs).and_then(|found| found.3).as_deref(), secret, "{pairs:?}");
    }
    assert_eq!(meant("https://gitlab.com/g/i", &[("CI_JOB_TOKEN", "job")]).and_then(|found| found.3), None);
}

#[test]
fn an_api_that_the_user_names_gets_the_token_of_its_kind() {
    let named = |kind, api: &str, repository: &str| at_api(kind, api, repository, &environment(ALL));
    let secret = |place: Place| place.token.map(|token| token.secret().to_owned());
    let server = named(ForgeKind::GitHub, "https://git.example/api/v3/", "octo/infra").expect("a place");
    assert_eq!(server.api, "https://git.example/api/v3");
    assert_eq!(secret(server).as_deref(), Some("tok-server"));
    let hub = named(ForgeKind::GitHub, "https://api.github.com", "octo/infra").expect("a place");
    assert_eq!(secret(hub).as_deref(), Some("tok-hub"));
    let lab = named(ForgeKind::GitLab, "http://127.0.0.1:8080/api/v4", "g/s/i.git").expect("a place");
    assert_eq!((lab.repository.as_str(), secret(lab.clone()).as_deref()), ("g/s/i", Some("tok-lab")));
    assert!(matches!(named(ForgeKind::GitLab, "http://lab.example/api/v4", "g/i"), Err(ForgeError::Api { .. })));
    assert!(matches!(named(ForgeKind::GitHub, "https://git.example", "g/s/i"), Err(ForgeError::Repository { .. })));
    assert!(matches!(Token::for_api("a b", "https://git.example"), Err(ForgeError::Token)));
    assert_eq!(repository_of("git@alias:g/s/i.git", ForgeKind::GitLab).as_deref(), Some("g/s/i"));
    assert_eq!(repository_of("git@alias:g/s/i.git", ForgeKind::GitHub), None);
}

#[test]
fn proxies_come_from_the_environment_and_keep_their_password() {
    let settings = ProxySettings::of(&environment(&[
        ("https_proxy", "http://user:pass%40word@proxy.example:3128"),
        ("NO_PROXY", "localhost, .internal,git.example"),
    ]))
    .expect("a proxy");
    let shown = format!("{settings:?}");
    assert!(shown.contains("proxy.example") && !shown.contains("word"), "{shown}");
    let proxy = settings.proxy().expect("a proxy");
    assert_eq!((proxy.host(), proxy.port(), proxy.password()), ("proxy.example", 3128, Some("pass@word")));
    let direct = |host: &str| proxy.is_no_proxy(&format!("https://{host}/").parse().expect("an address"));
    assert!(direct("git.example") && direct("api.git.example") && direct("lab.internal"));
    assert!(!direct("api.github.com") && !direct("notgit.example"));
    assert_eq!(ProxySettings::of(&environment(&[("HTTP_PROXY", "http://proxy.example")])), None);
    let odd = ProxySettings::of(&environment(&[("HTTPS_PROXY", "no proxy at all")])).expect("something");
    assert!(matches!(odd.proxy(), Err(ForgeError::Proxy)));
}
