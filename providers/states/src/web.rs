//! The HTTP client of the backends that speak HTTP: bounded answers, retries, redirects, credentials where they belong.
//! Knows nothing of any backend.

use crate::{Class, StoreError, Surroundings};
use reqwest::header::{HeaderMap, HeaderName, HeaderValue, LOCATION, RETRY_AFTER};
use reqwest::{Certificate, Identity, Method, NoProxy, Proxy, StatusCode, Url};
use std::time::{Duration, Instant};

/// Redirects that are followed.
const HOPS: u32 = 5;
/// Tries of a call that breaks or meets a server's fault.
const TRIES: u32 = 3;
/// The wait after the first broken try; it doubles with each.
const BACKOFF: Duration = Duration::from_millis(250);
const CONNECT: Duration = Duration::from_secs(15);

/// How a server is known, and how it knows us.
#[derive(Default)]
pub(crate) struct Trust {
    /// Certificate authorities to trust instead of the machine's, PEM: who names one means that one (Go's `tls.Config`, of
    /// which Terraform's backends set `RootCAs`, does the same).
    pub(crate) authorities: Option<Vec<u8>>,
    /// A client certificate with its key, PEM, one after the other.
    pub(crate) identity: Option<Vec<u8>>,
    /// Take any certificate: only where the configuration says so.
    pub(crate) any: bool,
}

/// Where a redirect may lead.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Elsewhere {
    /// To the same scheme, host and port only.
    Never,
    /// To other hosts too, by HTTPS (or to loopback), without any of the request's headers.
    Bare,
}

/// One request.
pub(crate) struct Ask {
    pub(crate) method: Method,
    pub(crate) url: Url,
    /// Sent to the URL's own host alone.
    pub(crate) headers: HeaderMap,
    pub(crate) body: Option<Vec<u8>>,
    /// The most bytes of an answer.
    pub(crate) limit: u64,
    pub(crate) elsewhere: Elsewhere,
}

impl Ask {
    /// A `GET` without headers, which stays on its host.
    pub(crate) fn get(url: Url, limit: u64) -> Self {
        let (headers, elsewhere) = (HeaderMap::new(), Elsewhere::Never);
        Self { method: Method::GET, url, headers, body: None, limit, elsewhere }
    }

    /// With a header; one that cannot be sent is left out.
    pub(crate) fn header(mut self, name: &str, value: &str) -> Self {
        if let (Ok(name), Ok(mut value)) = (name.parse::<HeaderName>(), value.parse::<HeaderValue>()) {
            value.set_sensitive(true);
            self.headers.insert(name, value);
        }
        self
    }
}

/// An answer of any status but a redirect.
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    /// A header of bounded length.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok().filter(|value| value.len() <= 4096)
    }
}

/// A client for one place.
pub(crate) struct Client {
    http: reqwest::Client,
    place: String,
    patience: Duration,
}

/// The client under it, which follows no redirect and uses the proxies of the surroundings.
pub(crate) fn connection(place: &str, around: &Surroundings, trust: &Trust) -> Result<reqwest::Client, StoreError> {
    let unset = |cause: String| StoreError::new(place, Class::Unset, cause);
    let mut builder = reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .no_proxy() // which it would take from this process's environment; ours come from the surroundings
        .connect_timeout(CONNECT.min(around.patience))
        // What is unpacked on the way fits neither its length nor its digest.
        .no_gzip()
        .no_brotli()
        .no_zstd()
        .no_deflate()
        .user_agent(concat!("driftline/", env!("CARGO_PKG_VERSION")))
        .danger_accept_invalid_certs(trust.any);
    if let Some(pem) = &trust.authorities {
        let roots = Certificate::from_pem_bundle(pem).ok().filter(|roots| !roots.is_empty());
        let roots =
            roots.ok_or_else(|| unset("the certificate authorities that it is told to trust are no PEM".into()))?;
        builder = builder.tls_certs_only(roots);
    }
    if let Some(pem) = &trust.identity {
        let identity = Identity::from_pem(pem);
        let identity = identity.map_err(|_| unset("the client certificate and its key are no PEM that fits".into()))?;
        builder = builder.identity(identity);
    }
    for proxy in proxies(around).map_err(unset)? {
        builder = builder.proxy(proxy);
    }
    builder.build().map_err(|error| unset(format!("no connection can be set up: {}", chain(&error))))
}

/// What one try came to.
enum Try {
    Done(Answer),
    Moved(String),
    /// Broken for now: why, and the wait that the server asks for.
    Broken(StoreError, Option<Duration>),
}

impl Client {
    /// `place`: what errors name, fit for printing.
    pub(crate) fn new(place: &str, around: &Surroundings, trust: &Trust) -> Result<Self, StoreError> {
        Ok(Self { http: connection(place, around, trust)?, place: place.to_owned(), patience: around.patience })
    }

    fn error(&self, class: Class, cause: impl AsRef<str>) -> StoreError {
        StoreError::new(&self.place, class, cause)
    }

    /// Asks, with retries and redirects, within the patience of the surroundings.
    pub(crate) async fn ask(&self, ask: Ask) -> Result<Answer, StoreError> {
        let until = Instant::now() + self.patience;
        let (mut url, mut headers, mut tries, mut hops) = (ask.url.clone(), ask.headers.clone(), 0, 0);
        loop {
            let left = until.saturating_duration_since(Instant::now());
            let attempt = tokio::time::timeout(left, self.attempt(&ask, &url, &headers)).await;
            match attempt
                .map_err(|_| self.error(Class::TimedOut, format!("{} has no answer in time", call(&ask))))??
            {
                Try::Done(answer) => return Ok(answer),
                Try::Moved(to) if hops < HOPS => {
                    hops += 1;
                    let next =
                        url.join(&to).map_err(|_| self.error(Class::Failed, "it leads to what is no address"))?;
                    if !is_same_place(&url, &next) {
                        self.check_elsewhere(&ask, &next)?;
                        headers = HeaderMap::new();
                    }
                    url = next;
                }
                Try::Moved(_) => {
                    return Err(self.error(Class::Failed, format!("{} leads round in circles", call(&ask))));
                }
                Try::Broken(error, wait) => {
                    tries += 1;
                    let wait = wait.unwrap_or(BACKOFF * 2_u32.pow(tries - 1));
                    if tries >= TRIES || wait >= until.saturating_duration_since(Instant::now()) {
                        return Err(error);
                    }
                    tokio::time::sleep(wait).await;
                }
            }
        }
    }

    /// Several calls, together within the patience of the surroundings.
    pub(crate) async fn within<T>(&self, calls: impl Future<Output = Result<T, StoreError>>) -> Result<T, StoreError> {
        let late = |_| self.error(Class::TimedOut, format!("its calls take more than {} s", self.patience.as_secs()));
        tokio::time::timeout(self.patience, calls).await.map_err(late)?
    }

    /// Credentials went to the first host alone; a redirect to another must be expected, and safe.
    fn check_elsewhere(&self, ask: &Ask, next: &Url) -> Result<(), StoreError> {
        let safe = next.scheme() == "https" || (next.scheme() == "http" && is_loopback(next));
        match ask.elsewhere {
            Elsewhere::Bare if safe => Ok(()),
            _ => {
                let to = next.origin().ascii_serialization();
                let cause = format!("{} leads to another host or port, {to}, which was not asked", call(ask));
                Err(self.error(Class::Failed, cause).with_hint("name the address where the state is now"))
            }
        }
    }

    async fn attempt(&self, ask: &Ask, url: &Url, headers: &HeaderMap) -> Result<Try, StoreError> {
        let mut request = self.http.request(ask.method.clone(), url.clone()).headers(headers.clone());
        if let Some(body) = &ask.body {
            request = request.body(body.clone());
        }
        let mut response = match request.send().await {
            Ok(response) => response,
            Err(error) => return self.broken(ask, &error),
        };
        let (status, answered) = (response.status(), response.headers().clone());
        if matches!(status.as_u16(), 301 | 302 | 303 | 307 | 308)
            && let Some(to) = answered.get(LOCATION).and_then(|to| to.to_str().ok())
        {
            return Ok(Try::Moved(to.to_owned()));
        }
        let too_large = || {
            self.error(Class::TooLarge, format!("the answer to {} has more than {} MiB", call(ask), ask.limit >> 20))
        };
        if response.content_length().is_some_and(|length| length > ask.limit) {
            return Err(too_large());
        }
        let mut body = Vec::new();
        loop {
            match response.chunk().await {
                Ok(Some(chunk)) if (body.len() + chunk.len()) as u64 > ask.limit => return Err(too_large()),
                Ok(Some(chunk)) => body.extend_from_slice(&chunk),
                Ok(None) => break,
                Err(error) => {
                    let cause = format!("the answer to {} breaks off: {}", call(ask), chain(&error));
                    return Ok(Try::Broken(self.error(Class::Damaged, cause), None));
                }
            }
        }
        if status == StatusCode::TOO_MANY_REQUESTS || status.is_server_error() {
            let wait = answered.get(RETRY_AFTER).and_then(|wait| wait.to_str().ok()?.parse().ok());
            let cause = format!("{} is answered with status {}", call(ask), status.as_u16());
            return Ok(Try::Broken(self.error(Class::Failed, cause), wait.map(Duration::from_secs)));
        }
        Ok(Try::Done(Answer { status, headers: answered, body }))
    }

    /// A certificate that is not trusted will not be trusted the next time either.
    fn broken(&self, ask: &Ask, error: &reqwest::Error) -> Result<Try, StoreError> {
        let cause = chain(error);
        let class = if error.is_timeout() { Class::TimedOut } else { Class::Failed };
        let failed = self.error(class, format!("{} fails: {cause}", call(ask)));
        if cause.contains("certificate") {
            let hint =
                "trust its certificate authority on this machine (SSL_CERT_FILE), or name it in the backend block";
            return Err(failed.with_hint(hint));
        }
        Ok(Try::Broken(failed, None))
    }
}

/// A call as errors name it: without its query, which may hold a token.
fn call(ask: &Ask) -> String {
    format!("{} {}", ask.method, ask.url.path())
}

/// Whether a redirect stays where it was asked: on the same scheme, host and port, or on the same host, from plain HTTP to
/// HTTPS by their usual ports.
fn is_same_place(from: &Url, to: &Url) -> bool {
    let upgraded = (from.scheme(), to.scheme()) == ("http", "https")
        && from.host_str() == to.host_str()
        && (from.port_or_known_default(), to.port_or_known_default()) == (Some(80), Some(443));
    from.origin() == to.origin() || upgraded
}

/// Whether an address is of this machine.
pub(crate) fn is_loopback(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    host == "localhost" || host.trim_matches(['[', ']']).parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

/// What lies behind an error, without the address, whose query and user may be secret.
pub(crate) fn chain(error: &reqwest::Error) -> String {
    let mut texts = Vec::new();
    let mut source = std::error::Error::source(error);
    while let Some(error) = source {
        texts.push(error.to_string());
        source = error.source();
    }
    match texts.last() {
        Some(last) => last.clone(),
        None if error.is_timeout() => "no answer in time".into(),
        None => "no proper answer".into(),
    }
}

/// The proxies that the environment names (`HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY`, `NO_PROXY`); none for this machine.
fn proxies(around: &Surroundings) -> Result<Vec<Proxy>, String> {
    let either = |name: &str| around.variable(name).or_else(|| around.variable(&name.to_lowercase()));
    let excepted = format!("localhost,127.0.0.0/8,::1,{}", either("NO_PROXY").unwrap_or_default());
    let mut found = Vec::new();
    for (name, make) in
        [("HTTPS_PROXY", Proxy::https as fn(String) -> _), ("HTTP_PROXY", Proxy::http), ("ALL_PROXY", Proxy::all)]
    {
        if let Some(address) = either(name) {
            let proxy = make(address.to_owned()).map_err(|_| format!("the proxy in {name} is no address"))?;
            found.push(proxy.no_proxy(NoProxy::from_string(&excepted)));
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests;
