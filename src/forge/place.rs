//! Which forge and repository a remote means, and whose token goes where: never to a host that only the repository names.
//! Knows nothing of requests.

use super::error::ForgeError;
use super::record::ForgeKind;
use std::collections::BTreeMap;
use std::ffi::OsString;
use ureq::http::Uri;

/// A secret that goes to one host only.
#[derive(Clone, PartialEq, Eq)]
pub struct Token {
    secret: String,
    authority: String,
}

impl std::fmt::Debug for Token {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Token(for {})", self.authority)
    }
}

impl Token {
    /// A token for the host of an API that the user named: on the command line or in the environment, not in a file of
    /// the repository.
    ///
    /// # Errors
    /// If the address is no API's, or the token could not be sent.
    pub fn for_api(secret: &str, api: &str) -> Result<Self, ForgeError> {
        let authority = Api::parse(api)?.authority;
        if secret.is_empty() || !secret.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(ForgeError::Token);
        }
        Ok(Self { secret: secret.to_owned(), authority })
    }

    /// The host and port it is for.
    pub(super) fn authority(&self) -> &str {
        &self.authority
    }

    pub(super) fn secret(&self) -> &str {
        &self.secret
    }
}

/// An API's address: `https`, or `http` on the loopback interface.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Api {
    pub(super) scheme: String,
    /// Host and port, in lower case, without the port that the scheme implies.
    pub(super) authority: String,
    /// Without `/` at its end.
    pub(super) path: String,
    pub(super) is_loopback: bool,
}

impl Api {
    pub(super) fn parse(text: &str) -> Result<Self, ForgeError> {
        let error = || ForgeError::Api { api: without_user(text) };
        let uri: Uri = text.parse().map_err(|_| error())?;
        let (Some(scheme), Some(authority)) = (uri.scheme_str(), uri.authority()) else { return Err(error()) };
        let is_loopback = is_loopback(authority.host());
        let proper = scheme == "https" || (scheme == "http" && is_loopback);
        if !proper || authority.as_str().contains('@') || uri.query().is_some() || !plain_path(uri.path()) {
            return Err(error());
        }
        let path = uri.path().trim_end_matches('/').to_owned();
        Ok(Self { scheme: scheme.to_owned(), authority: canonical(scheme, authority), path, is_loopback })
    }

    /// The address of a path below it.
    pub(super) fn url(&self, path: &str) -> String {
        format!("{}://{}{}{path}", self.scheme, self.authority, self.path)
    }

    /// The path below it that a link of the forge leads to; none where it leads elsewhere.
    pub(super) fn below(&self, link: &str) -> Option<String> {
        let uri: Uri = link.parse().ok()?;
        if let Some(authority) = uri.authority() {
            let scheme = uri.scheme_str()?;
            if scheme != self.scheme || canonical(scheme, authority) != self.authority {
                return None;
            }
        }
        // `//host/path` names a host.
        let proper = |rest: &&str| rest.starts_with('/') && !uri.path().starts_with("//") && plain_path(rest);
        let rest = uri.path().strip_prefix(&self.path).filter(proper)?;
        Some(uri.query().map_or_else(|| rest.to_owned(), |query| format!("{rest}?{query}")))
    }
}

/// Whether a path means itself: nothing of it leads upwards, written out or encoded.
fn plain_path(path: &str) -> bool {
    let upwards = |segment: &str| matches!(segment.to_ascii_lowercase().replace("%2e", ".").as_str(), "." | "..");
    !path.contains('\\') && !path.split('/').any(upwards)
}

fn canonical(scheme: &str, authority: &ureq::http::uri::Authority) -> String {
    let host = authority.host().to_ascii_lowercase();
    match authority.port_u16() {
        Some(port) if !matches!((scheme, port), ("https", 443) | ("http", 80)) => format!("{host}:{port}"),
        _ => host,
    }
}

fn host_of(authority: &str) -> &str {
    match authority.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => host,
        _ => authority,
    }
}

fn is_loopback(host: &str) -> bool {
    let address: Option<std::net::IpAddr> = host.trim_start_matches('[').trim_end_matches(']').parse().ok();
    host.eq_ignore_ascii_case("localhost") || address.is_some_and(|address| address.is_loopback())
}

/// An address without the secret that may stand before its host.
fn without_user(text: &str) -> String {
    let shown = match text.split_once("://") {
        Some((scheme, rest)) => {
            let (authority, path) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
            let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
            format!("{scheme}://{host}{}", path.split(['?', '#']).next().unwrap_or_default())
        }
        None => text.rsplit_once('@').map_or(text, |(_, rest)| rest).to_owned(),
    };
    super::text::bounded(&shown)
}

/// A repository on a forge, and the token for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// Which interface it speaks.
    pub kind: ForgeKind,
    /// The API's address, without `/` at its end.
    pub api: String,
    /// `owner/name`, or `group/…/name`.
    pub repository: String,
    /// The token that the environment has for this API's host.
    pub token: Option<Token>,
}

/// What the environment says of forges.
type Environment = BTreeMap<OsString, OsString>;

/// A forge that is known: by itself, or because the user's environment names it.
struct Known {
    kind: ForgeKind,
    /// The host of its pages and of its repositories.
    host: String,
    /// What its pages' paths begin with, where it is not at the root of its host.
    below: String,
    api: String,
}

/// Which forge and repository a Git remote's address means: `https`, `ssh` or `host:path`, on github.com, on gitlab.com,
/// or on a host that `GH_HOST`, `GITHUB_SERVER_URL` with `GITHUB_API_URL`, `GITLAB_HOST`, `CI_SERVER_URL` or
/// `CI_API_V4_URL` name. None for any other: nothing is sent to a host only because a repository names it.
pub fn of_remote(url: &str, environment: &BTreeMap<OsString, OsString>) -> Option<Place> {
    let (host, path) = split_remote(url)?;
    let known = known(environment).into_iter().find(|known| known.host == host)?;
    let path = path.strip_prefix(&known.below).unwrap_or(&path);
    let repository = repository(known.kind, path)?;
    let token = token(known.kind, &known.api, environment);
    Some(Place { kind: known.kind, api: known.api, repository, token })
}

/// A repository at an API that the user named on the command line: whatever token the environment has for such a forge is
/// meant for it.
///
/// # Errors
/// If the address is no API's, the name no repository's, or the token could not be sent.
pub fn at_api(
    kind: ForgeKind,
    api: &str,
    repository: &str,
    environment: &BTreeMap<OsString, OsString>,
) -> Result<Place, ForgeError> {
    let parsed = Api::parse(api)?;
    let proper = self::repository(kind, repository)
        .ok_or_else(|| ForgeError::Repository { repository: super::text::bounded(repository) })?;
    let names: &[&str] = match kind {
        ForgeKind::GitHub if parsed.authority == "api.github.com" => &["GH_TOKEN", "GITHUB_TOKEN"],
        ForgeKind::GitHub => &["GH_ENTERPRISE_TOKEN", "GITHUB_ENTERPRISE_TOKEN", "GH_TOKEN", "GITHUB_TOKEN"],
        ForgeKind::GitLab => &["GITLAB_TOKEN"],
    };
    let token = first(environment, names).map(|secret| Token::for_api(&secret, api)).transpose()?;
    Ok(Place { kind, api: parsed.url(""), repository: proper, token })
}

/// The repository's name in a remote's address, whatever its host.
pub fn repository_of(url: &str, kind: ForgeKind) -> Option<String> {
    let (_, path) = split_remote(url)?;
    repository(kind, &path)
}

/// Host in lower case, and path. Names and passwords before the host are left out.
fn split_remote(url: &str) -> Option<(String, String)> {
    if url.len() > 4096 {
        return None;
    }
    let parsed = gix::url::parse(url).ok()?;
    let scheme = parsed.scheme.as_str();
    if !matches!(scheme, "https" | "http" | "ssh") {
        return None;
    }
    let host = parsed.host()?.to_ascii_lowercase();
    // GitHub and GitLab take SSH at the port of HTTPS under a name of its own.
    let host = match host.as_str() {
        "ssh.github.com" => "github.com".to_owned(),
        "altssh.gitlab.com" => "gitlab.com".to_owned(),
        _ => host,
    };
    Some((host, std::str::from_utf8(&parsed.path).ok()?.to_owned()))
}

/// A repository's name out of a path, where it can be one.
pub(super) fn repository(kind: ForgeKind, path: &str) -> Option<String> {
    let path = path.trim_matches('/');
    let path = path.strip_suffix(".git").unwrap_or(path);
    let proper = |segment: &str| {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
        !segment.is_empty() && segment.len() <= 255 && !matches!(segment, "." | "..") && segment.bytes().all(plain)
    };
    let segments: Vec<&str> = path.split('/').collect();
    let count = match kind {
        ForgeKind::GitHub => segments.len() == 2,
        // Groups nest 20 deep at most.
        ForgeKind::GitLab => (2..=22).contains(&segments.len()),
    };
    (count && segments.into_iter().all(proper)).then(|| path.to_owned())
}

/// The forges that are known, the environment's before the two that everybody knows.
fn known(environment: &Environment) -> Vec<Known> {
    let of = |kind, address: &str, below: &str, api: String| {
        let host = host_of(&address.to_ascii_lowercase()).to_owned();
        Api::parse(&api).ok().map(|api| Known { kind, host, below: below.to_owned(), api: api.url("") })
    };
    let mut all = Vec::new();
    if let Some(api) = first(environment, &["GITHUB_API_URL"]) {
        let server = first(environment, &["GITHUB_SERVER_URL"]).unwrap_or_else(|| api.clone());
        all.extend(of(ForgeKind::GitHub, &split_address(&server).0, "", api));
    }
    if let Some(host) = first(environment, &["GH_HOST"]) {
        let (authority, _) = split_address(&host);
        all.extend(of(ForgeKind::GitHub, &authority, "", github_api(&authority)));
    }
    if let Some(api) = first(environment, &["CI_API_V4_URL"]) {
        let (authority, path) = split_address(&api);
        let below = path.strip_suffix("/api/v4").unwrap_or_default().to_owned();
        all.extend(of(ForgeKind::GitLab, &authority, &below, api));
    }
    for name in ["GITLAB_HOST", "CI_SERVER_URL"] {
        if let Some(server) = first(environment, &[name]) {
            let (authority, path) = split_address(&server);
            all.extend(of(ForgeKind::GitLab, &authority, &path, gitlab_api(&server)));
        }
    }
    all.extend(of(ForgeKind::GitHub, "github.com", "", github_api("github.com")));
    all.extend(of(ForgeKind::GitLab, "gitlab.com", "", gitlab_api("gitlab.com")));
    all
}

/// GitHub's own API is at a host of its own, as are those of its tenants; a server's is below its pages.
fn github_api(authority: &str) -> String {
    match authority {
        "github.com" => "https://api.github.com".to_owned(),
        tenant if tenant.ends_with(".ghe.com") => format!("https://api.{tenant}"),
        server => format!("https://{server}/api/v3"),
    }
}

fn gitlab_api(server: &str) -> String {
    let (authority, path) = split_address(server);
    let scheme = if server.starts_with("http://") { "http" } else { "https" };
    format!("{scheme}://{authority}{path}/api/v4")
}

/// Host with port, and path, of a host or an address.
fn split_address(text: &str) -> (String, String) {
    let rest = text.split_once("://").map_or(text, |(_, rest)| rest);
    let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    (authority.to_ascii_lowercase(), path.trim_end_matches('/').to_owned())
}

/// The token that the environment binds to an API's host.
fn token(kind: ForgeKind, api: &str, environment: &Environment) -> Option<Token> {
    let asked = Api::parse(api).ok()?;
    let bound = |names: &[&str], to: String| {
        let to = Api::parse(&to).ok()?;
        let secret = (to.authority == asked.authority).then(|| first(environment, names)).flatten()?;
        Token::for_api(&secret, api).ok()
    };
    match kind {
        ForgeKind::GitHub => {
            let server = first(environment, &["GH_HOST"]).map(|host| github_api(&split_address(&host).0));
            let general = first(environment, &["GITHUB_API_URL"]).unwrap_or_else(|| github_api("github.com"));
            bound(&["GH_TOKEN", "GITHUB_TOKEN"], general).or_else(|| {
                server.and_then(|server| bound(&["GH_ENTERPRISE_TOKEN", "GITHUB_ENTERPRISE_TOKEN"], server))
            })
        }
        ForgeKind::GitLab => {
            let named = first(environment, &["GITLAB_HOST"]).map(|host| gitlab_api(&host));
            let api = named.or_else(|| first(environment, &["CI_API_V4_URL"]));
            let api = api.or_else(|| first(environment, &["CI_SERVER_URL"]).map(|server| gitlab_api(&server)));
            bound(&["GITLAB_TOKEN"], api.unwrap_or_else(|| gitlab_api("gitlab.com")))
        }
    }
}

/// The first of some variables that is set to something.
fn first(environment: &Environment, names: &[&str]) -> Option<String> {
    let values = names.iter().filter_map(|name| environment.get(&OsString::from(name))?.to_str());
    values.map(str::trim).find(|value| !value.is_empty()).map(str::to_owned)
}

/// The proxy that the environment names for `https`, and the hosts that are reached without it. It may hold a password.
#[derive(Clone, PartialEq, Eq)]
pub struct ProxySettings {
    url: String,
    except: Vec<String>,
}

impl std::fmt::Debug for ProxySettings {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "ProxySettings({})", without_user(&self.url))
    }
}

impl ProxySettings {
    /// Out of `HTTPS_PROXY` or `ALL_PROXY`, and `NO_PROXY`, in capitals or not.
    pub fn of(environment: &BTreeMap<OsString, OsString>) -> Option<Self> {
        let url = first(environment, &["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"])?;
        let except = first(environment, &["NO_PROXY", "no_proxy"]).unwrap_or_default();
        let except = except.split(',').map(str::trim).filter(|host| !host.is_empty());
        // A name stands for all below it as well, as other tools have it.
        let with_lower = |host: &str| match host.starts_with(['.', '*']) {
            true => vec![host.to_owned()],
            false => vec![host.to_owned(), format!(".{host}")],
        };
        Some(Self { url, except: except.flat_map(with_lower).collect() })
    }

    pub(super) fn proxy(&self) -> Result<ureq::Proxy, ForgeError> {
        let plain = ureq::Proxy::new(&self.url).map_err(|_| ForgeError::Proxy)?;
        let mut builder = ureq::Proxy::builder(plain.protocol()).host(plain.host()).port(plain.port());
        if let Some(name) = plain.username() {
            builder = builder.username(name);
        }
        if let Some(password) = plain.password() {
            builder = builder.password(password);
        }
        let builder = self.except.iter().fold(builder, |builder, host| builder.no_proxy(host));
        builder.build().map_err(|_| ForgeError::Proxy)
    }
}
