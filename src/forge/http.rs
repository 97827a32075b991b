//! Asks a forge's API: one answer for one path, with retries, limits, redirects and the token where it belongs.
//! Knows nothing of what is asked, nor of what is kept.

use super::cache::LONGEST_BODY;
use super::error::{ForgeError, Missing};
use super::limits;
use super::place::{Api, ProxySettings, Token};
use super::record::ForgeKind;
use crate::interrupt::Interrupt;
use jiff::Timestamp;
use std::io::Read;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use ureq::http::{HeaderMap, Response};
use ureq::tls::{Certificate, RootCerts, TlsConfig};

/// Tries of a call that breaks or meets a server's fault.
const TRIES: u32 = 4;
/// The wait after the first broken try; it doubles with each.
const BACKOFF: Duration = Duration::from_millis(200);
/// Redirects that are followed: a renamed owner and a renamed repository, and some room.
const HOPS: u32 = 5;
/// Waits for a limit that one call takes part in.
const PAUSES: u32 = 20;
/// The longest that one try may take.
const PATIENCE: Duration = Duration::from_secs(60);
const CONNECT: Duration = Duration::from_secs(15);

/// An answer: any status but one that was dealt with here.
#[derive(Debug)]
pub(super) struct Reply {
    pub(super) status: u16,
    pub(super) body: Vec<u8>,
    pub(super) etag: Option<String>,
    /// The path of the next page, below the API's address.
    pub(super) next: Option<String>,
}

/// How long there is.
#[derive(Debug)]
pub(super) struct Patience {
    pub(super) until: Instant,
    pub(super) interrupt: Interrupt,
}

impl Patience {
    fn check(&self, call: &str) -> Result<Duration, Missing> {
        if self.interrupt.is_set() {
            return Err(Missing::Interrupted);
        }
        let left = self.until.saturating_duration_since(Instant::now());
        if left.is_zero() { Err(Missing::Deadline { call: call.to_owned() }) } else { Ok(left) }
    }

    /// Waits, in steps short enough to notice the user.
    fn sleep(&self, until: Instant) {
        while !self.interrupt.is_set() {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return;
            }
            std::thread::sleep(left.min(Duration::from_millis(50)));
        }
    }
}

/// A forge's API.
pub(super) struct Client {
    agent: ureq::Agent,
    kind: ForgeKind,
    pub(super) api: Api,
    token: Option<Token>,
    calls: AtomicU64,
    /// Until when the forge asks not to be asked, by this process's clock and by the calendar.
    closed: Mutex<Option<(Instant, Timestamp)>>,
}

/// What one try came to.
enum Try {
    Done(Reply),
    Moved(String),
    Pause(Duration),
    /// Broken for now, with the cause and the wait that the forge asks for.
    Broken(String, Option<Duration>),
}

impl Client {
    /// `roots`: whom to know the forge's host by, looked up only where that is needed.
    pub(super) fn new(
        kind: ForgeKind,
        api: Api,
        token: Option<Token>,
        proxy: Option<&ProxySettings>,
        roots: impl FnOnce() -> Result<Vec<Certificate<'static>>, ForgeError>,
    ) -> Result<Self, ForgeError> {
        if let Some(token) = token.as_ref().filter(|token| token.authority() != api.authority) {
            return Err(ForgeError::OtherHost { bound: token.authority().into(), asked: api.authority });
        }
        // What never leaves the machine goes through no proxy.
        let proxy = proxy.filter(|_| !api.is_loopback).map(ProxySettings::proxy).transpose()?;
        let mut config = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .proxy(proxy)
            .timeout_connect(Some(CONNECT))
            .max_idle_connections_per_host(super::IN_FLIGHT)
            .user_agent(concat!("driftline/", env!("CARGO_PKG_VERSION")));
        if api.scheme == "https" {
            config = config.https_only(true).tls_config(tls(roots()?));
        }
        let agent = config.build().new_agent();
        Ok(Self { agent, kind, api, token, calls: AtomicU64::new(0), closed: Mutex::new(None) })
    }

    /// Requests sent so far, repeated ones and those without an answer among them.
    pub(super) fn calls(&self) -> u64 {
        self.calls.load(Ordering::Relaxed)
    }

    /// Asks for a path below the API's address. `etag`: what the cache has, so that `304` may be the answer.
    pub(super) fn get(&self, path: &str, etag: Option<&str>, patience: &Patience) -> Result<Reply, Missing> {
        let call = call(path);
        // A path may come from the cache: nothing in it leads to another host.
        if self.api.below(&self.api.url(path)).is_none() {
            return Err(Missing::malformed(&call, "continues on another host, which was not asked"));
        }
        let (mut target, mut tries, mut hops, mut pauses) = (path.to_owned(), 0, 0, 0);
        loop {
            self.wait_until_open(patience)?;
            let left = patience.check(&call)?;
            let failed = |cause: String| Missing::Call { call: call.clone(), status: None, cause };
            match self.attempt(&target, etag, left.min(PATIENCE), &call)? {
                Try::Done(reply) => return Ok(reply),
                Try::Moved(to) if hops < HOPS => {
                    hops += 1;
                    target = self.api.below(&to).ok_or_else(|| {
                        failed(
                            "leads to another host, which was not asked; name the API where the repository is now"
                                .into(),
                        )
                    })?;
                }
                Try::Moved(_) => return Err(failed("leads round in circles".into())),
                Try::Pause(wait) if pauses < PAUSES => {
                    pauses += 1;
                    self.close(wait);
                }
                Try::Pause(_) => return Err(failed("the forge asks to wait, again and again".into())),
                Try::Broken(cause, wait) => {
                    tries += 1;
                    let wait = wait.unwrap_or(BACKOFF * 2_u32.pow(tries - 1));
                    // A deadline that cuts a try short shows as a broken one.
                    patience.check(&call)?;
                    if tries >= TRIES || wait >= patience.until.saturating_duration_since(Instant::now()) {
                        return Err(failed(cause));
                    }
                    patience.sleep(Instant::now() + wait);
                }
            }
        }
    }

    fn attempt(&self, path: &str, etag: Option<&str>, most: Duration, call: &str) -> Result<Try, Missing> {
        let accept = match self.kind {
            ForgeKind::GitHub => "application/vnd.github+json",
            ForgeKind::GitLab => "application/json",
        };
        let mut request = self.agent.get(self.api.url(path)).header("Accept", accept);
        if self.kind == ForgeKind::GitHub {
            // Later versions leave out fields that are read here.
            request = request.header("X-GitHub-Api-Version", "2022-11-28");
        }
        if let Some(token) = &self.token {
            request = request.header("Authorization", format!("Bearer {}", token.secret()));
        }
        if let Some(etag) = etag {
            request = request.header("If-None-Match", etag);
        }
        self.calls.fetch_add(1, Ordering::Relaxed);
        let response = match request.config().timeout_global(Some(most)).build().call() {
            Ok(response) => response,
            Err(error) if is_about_identity(&error) => {
                return Err(Missing::Call { call: call.to_owned(), status: None, cause: UNIDENTIFIED.to_owned() });
            }
            Err(error) => return Ok(Try::Broken(cause(&error), None)),
        };
        let (parts, body) = response.into_parts();
        let mut bytes = Vec::new();
        if let Err(error) = body.into_reader().take(LONGEST_BODY + 1).read_to_end(&mut bytes) {
            return Ok(Try::Broken(format!("the answer broke off: {}", error.kind()), None));
        }
        if bytes.len() as u64 > LONGEST_BODY {
            let cause = format!("the answer is longer than {} MiB", LONGEST_BODY >> 20);
            return Err(Missing::Call { call: call.to_owned(), status: None, cause });
        }
        self.judge(&Response::from_parts(parts, bytes), path, etag.is_some(), call)
    }

    fn judge(&self, response: &Response<Vec<u8>>, path: &str, conditional: bool, call: &str) -> Result<Try, Missing> {
        let status = response.status().as_u16();
        let header = |name: &str| text(response.headers(), name);
        let error =
            |cause: &str| Missing::Call { call: call.to_owned(), status: Some(status), cause: cause.to_owned() };
        let now = Timestamp::now();
        if let Some(wait) = limits::wait(status, &header, response.body(), now) {
            return Ok(Try::Pause(wait));
        }
        match status {
            200 => {}
            304 if conditional => {}
            301 | 302 | 307 | 308 => {
                return header("location").map(Try::Moved).ok_or_else(|| error("leads nowhere"));
            }
            401 if self.token.is_some() => return Err(Missing::Unauthorized),
            401 => return Err(Missing::Anonymous),
            400..=499 => {}
            500..=599 => {
                let wait = limits::retry_after(&header, now);
                return Ok(Try::Broken(format!("the forge is at fault ({status})"), wait));
            }
            _ => return Err(error(&format!("an answer that is not expected ({status})"))),
        }
        let next = if status == 200 { self.next(response.headers(), path, call)? } else { None };
        Ok(Try::Done(Reply { status, body: response.body().clone(), etag: header("etag"), next }))
    }

    /// The path of the next page: GitLab's by its number, since a server behind a proxy may not know its own address.
    fn next(&self, headers: &HeaderMap, path: &str, call: &str) -> Result<Option<String>, Missing> {
        if self.kind == ForgeKind::GitLab && headers.contains_key("x-next-page") {
            let number = text(headers, "x-next-page").unwrap_or_default();
            if number.is_empty() {
                return Ok(None);
            }
            let number: u32 = number.parse().map_err(|_| Missing::malformed(call, "names no proper next page"))?;
            return Ok(Some(with_page(path, number)));
        }
        let links = headers.get_all("link").iter().filter_map(|value| value.to_str().ok());
        let Some(link) = links.flat_map(|value| value.split(',')).find_map(next_link) else { return Ok(None) };
        self.api
            .below(link)
            .map(Some)
            .ok_or_else(|| Missing::malformed(call, "continues on another host, which was not asked"))
    }

    /// Nobody asks again for that long.
    fn close(&self, wait: Duration) {
        let mut closed = self.closed.lock().unwrap_or_else(PoisonError::into_inner);
        let until = Instant::now() + wait;
        if closed.is_none_or(|(other, _)| other < until) {
            let calendar = Timestamp::now().checked_add(wait).unwrap_or(Timestamp::MAX);
            *closed = Some((until, calendar));
        }
    }

    /// Waits for the forge's limit to reset, if it does in time.
    fn wait_until_open(&self, patience: &Patience) -> Result<(), Missing> {
        while !patience.interrupt.is_set() {
            let closed = *self.closed.lock().unwrap_or_else(PoisonError::into_inner);
            let Some((until, calendar)) = closed.filter(|(until, _)| *until > Instant::now()) else { break };
            if until >= patience.until {
                let calendar = calendar.round(jiff::Unit::Second).unwrap_or(calendar);
                return Err(Missing::RateLimited { until: calendar.to_string() });
            }
            patience.sleep(until);
        }
        Ok(())
    }
}

/// A call as problems name it: without its query, which only pages.
pub(super) fn call(path: &str) -> String {
    format!("GET {}", super::text::bounded(path.split('?').next().unwrap_or_default()))
}

/// A path with another page of its list.
fn with_page(path: &str, number: u32) -> String {
    let (path, query) = path.split_once('?').unwrap_or((path, ""));
    let rest = query.split('&').filter(|pair| !pair.is_empty() && !pair.starts_with("page="));
    let pairs: Vec<String> = rest.map(str::to_owned).chain([format!("page={number}")]).collect();
    format!("{path}?{}", pairs.join("&"))
}

/// `<address>; rel="next"`.
fn next_link(link: &str) -> Option<&str> {
    let (address, parameters) = link.trim().strip_prefix('<')?.split_once('>')?;
    let next = |parameter: &str| matches!(parameter.trim(), "rel=\"next\"" | "rel=next");
    parameters.split(';').any(next).then_some(address)
}

/// A header of bounded length.
fn text(headers: &HeaderMap, name: &str) -> Option<String> {
    headers.get(name)?.to_str().ok().filter(|value| value.len() <= 4096).map(str::to_owned)
}

/// Asking again would not help.
const UNIDENTIFIED: &str = "its host cannot be identified by the certificate authorities that this machine trusts";

fn is_about_identity(error: &ureq::Error) -> bool {
    match error {
        ureq::Error::Rustls(rustls::Error::InvalidCertificate(_)) => true,
        ureq::Error::Io(error) => {
            let inner = error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>());
            matches!(inner, Some(rustls::Error::InvalidCertificate(_)))
        }
        _ => false,
    }
}

/// Why there is no answer, in words that hold nothing of the request.
fn cause(error: &ureq::Error) -> String {
    match error {
        ureq::Error::Io(error) => format!("the connection failed: {}", error.kind()),
        ureq::Error::Timeout(_) => "no answer in time".into(),
        ureq::Error::HostNotFound => "its host is not known".into(),
        ureq::Error::ConnectionFailed => "the connection failed".into(),
        ureq::Error::ConnectProxyFailed(_) => "the proxy does not let it through".into(),
        ureq::Error::LargeResponseHeader(..) | ureq::Error::Protocol(_) | ureq::Error::Http(_) => {
            "the answer is no proper HTTP".into()
        }
        _ => "no answer".into(),
    }
}

/// The machine's certificate authorities.
pub(super) fn machine_roots() -> Result<Vec<Certificate<'static>>, ForgeError> {
    let found = rustls_native_certs::load_native_certs().certs;
    if found.is_empty() {
        return Err(ForgeError::Roots);
    }
    Ok(found.iter().map(|root| Certificate::from_der(root).to_owned()).collect())
}

/// The one TLS stack of this program.
fn tls(roots: Vec<Certificate<'static>>) -> TlsConfig {
    TlsConfig::builder()
        .root_certs(RootCerts::Specific(Arc::new(roots)))
        .unversioned_rustls_crypto_provider(Arc::new(rustls::crypto::aws_lc_rs::default_provider()))
        .build()
}

impl std::fmt::Debug for Client {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Client").field("kind", &self.kind).field("api", &self.api).finish_non_exhaustive()
    }
}
