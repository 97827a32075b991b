//! The HTTP client under the SDK: every attempt is counted, keeps to the budget of its service and region,
//! and is bounded in time and size.
//! Knows nothing of operations or answers, beyond whether an answer asks to slow down.

use aws_smithy_runtime_api::client::connector_metadata::ConnectorMetadata;
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::byte_stream::ByteStream;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::Semaphore;

tokio::task_local! {
    /// Counts the HTTP attempts made for the batch at hand. SDK operations poll their connector in the task that awaits
    /// them, so the calls of a shared list count for the batch that fetched it.
    static CALLS: Arc<AtomicU64>;
    /// The actions that the type being read declares.
    static PERMITTED: &'static [&'static str];
}

/// Runs a future that may make no calls but those of these actions.
pub(crate) async fn permitting<T>(actions: &'static [&'static str], future: impl Future<Output = T>) -> T {
    PERMITTED.scope(actions, future).await
}

/// Refuses an action that the type being read does not declare: what `driftline permissions` prints is all that is ever
/// asked. Outside of reading a type (who the caller is) nothing is refused.
///
/// # Errors
/// The cause, fit for people.
pub(super) fn check_permitted(action: &str) -> Result<(), String> {
    match PERMITTED.try_with(|actions| actions.contains(&action)) {
        Ok(false) => Err(format!("{action} is not among the permissions that the resource type declares")),
        _ => Ok(()),
    }
}

/// Runs a future and returns the number of HTTP attempts that it made, retries included.
pub(crate) async fn counted<T>(future: impl Future<Output = T>) -> (T, u64) {
    let calls = Arc::new(AtomicU64::new(0));
    let value = CALLS.scope(Arc::clone(&calls), future).await;
    (value, calls.load(Ordering::Relaxed))
}

/// No page of a list comes near this many bytes; an endless answer ends here.
const MAX_ANSWER: usize = 128 << 20;

/// Requests per second to EC2, sustained. It refills its bucket for paginated describe calls by 20 a second, and an account's
/// other users drink from it too (EC2 API request throttling, "Request token bucket sizes and refill rates": 100 and 20).
pub(super) const FULL_RATE: f64 = 20.0;

/// However often the API asks to slow down, it is asked again once a second.
const LOWEST_RATE: f64 = 1.0;

/// Requests in flight.
const CONCURRENCY: usize = 12;

/// Attempts in a row without an answer after which an endpoint counts as mute and is asked no more.
const PATIENCE: usize = CONCURRENCY;

/// What one service of one account and region is asked at most.
#[derive(Debug)]
pub(crate) struct Budget {
    /// Time for one attempt, from the request to the last byte.
    attempt_timeout: Duration,
    in_flight: Semaphore,
    bucket: Mutex<Bucket>,
    unanswered: AtomicUsize,
}

impl Budget {
    /// `rate` is the number of requests a second, sustained; `burst` how many seconds' worth may go out at once before that.
    pub(crate) fn new(attempt_timeout: Duration, rate: f64, burst: f64) -> Self {
        Self {
            attempt_timeout,
            in_flight: Semaphore::new(CONCURRENCY),
            bucket: Mutex::new(Bucket::new(Instant::now(), rate, burst)),
            unanswered: AtomicUsize::new(0),
        }
    }

    /// Runs one attempt when its turn comes.
    async fn attempt(
        &self,
        exchange: impl Future<Output = Result<HttpResponse, ConnectorError>>,
    ) -> Result<HttpResponse, ConnectorError> {
        let _permit = self.in_flight.acquire().await;
        if self.unanswered.load(Ordering::Relaxed) >= PATIENCE {
            return Err(ConnectorError::timeout("the endpoint has stopped answering".into()));
        }
        let wait = self.bucket().take(Instant::now());
        tokio::time::sleep(wait).await;
        let _ = CALLS.try_with(|calls| calls.fetch_add(1, Ordering::Relaxed));
        let Ok(answer) = tokio::time::timeout(self.attempt_timeout, exchange).await else {
            self.unanswered.fetch_add(1, Ordering::Relaxed);
            let seconds = self.attempt_timeout.as_secs();
            return Err(ConnectorError::timeout(format!("no answer within {seconds} s").into()));
        };
        let response = answer?;
        self.unanswered.store(0, Ordering::Relaxed);
        match asks_to_slow_down(&response) {
            true => self.bucket().throttled(),
            false => self.bucket().answered(),
        }
        Ok(response)
    }

    fn bucket(&self) -> std::sync::MutexGuard<'_, Bucket> {
        self.bucket.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A token bucket whose rate halves when the API throttles and recovers while it answers.
#[derive(Debug)]
struct Bucket {
    tokens: f64,
    rate: f64,
    full_rate: f64,
    most: f64,
    filled_at: Instant,
}

impl Bucket {
    fn new(now: Instant, full_rate: f64, burst: f64) -> Self {
        let most = full_rate * burst;
        Self { tokens: most, rate: full_rate, full_rate, most, filled_at: now }
    }

    /// Takes a token and returns how long to wait for it. Tokens go below zero, so those who wait keep their order.
    fn take(&mut self, now: Instant) -> Duration {
        let passed = now.saturating_duration_since(self.filled_at).as_secs_f64();
        self.filled_at = now;
        self.tokens = (self.tokens + passed * self.rate).min(self.most) - 1.0;
        Duration::from_secs_f64((-self.tokens / self.rate).max(0.0))
    }

    fn answered(&mut self) {
        self.rate = (self.rate + 0.5).min(self.full_rate);
    }

    fn throttled(&mut self) {
        self.rate = (self.rate / 2.0).max(LOWEST_RATE);
        self.tokens = self.tokens.min(0.0);
    }
}

/// The HTTP client that an SDK client of one service, account and region uses.
#[derive(Debug)]
pub(crate) struct MeteredClient {
    /// The service, where requests name their operation as EC2's do (`Action=…`); they are checked here.
    pub(crate) checked: Option<&'static str>,
    pub(crate) inner: SharedHttpClient,
    pub(crate) budget: Arc<Budget>,
}

impl HttpClient for MeteredClient {
    fn http_connector(&self, settings: &HttpConnectorSettings, components: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(MeteredConnector {
            inner: self.inner.http_connector(settings, components),
            budget: Arc::clone(&self.budget),
            checked: self.checked,
        })
    }

    fn connector_metadata(&self) -> Option<ConnectorMetadata> {
        self.inner.connector_metadata()
    }
}

#[derive(Debug)]
struct MeteredConnector {
    checked: Option<&'static str>,
    inner: SharedHttpConnector,
    budget: Arc<Budget>,
}

impl HttpConnector for MeteredConnector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        if let Some(Err(cause)) =
            self.checked.map(|service| check_permitted(&format!("{service}:{}", operation(&request))))
        {
            return HttpConnectorFuture::ready(Err(ConnectorError::user(cause.into())));
        }
        let (inner, budget) = (self.inner.clone(), Arc::clone(&self.budget));
        HttpConnectorFuture::new(async move { budget.attempt(exchange(inner, request)).await })
    }
}

/// The operation that a form names.
fn operation(request: &HttpRequest) -> &str {
    let form = std::str::from_utf8(request.body().bytes().unwrap_or_default()).unwrap_or_default();
    form.split('&').find_map(|pair| pair.strip_prefix("Action=")).unwrap_or_default()
}

/// Sends the request and reads the whole answer, so that time and size are bounded here. No EC2 or STS answer streams.
async fn exchange(connector: SharedHttpConnector, request: HttpRequest) -> Result<HttpResponse, ConnectorError> {
    let mut response = connector.call(request).await?;
    let mut stream = ByteStream::new(std::mem::replace(response.body_mut(), SdkBody::empty()));
    let mut body = Vec::new();
    while let Some(chunk) = stream.next().await {
        let chunk = chunk.map_err(|error| ConnectorError::io(error.into()))?;
        if body.len() + chunk.len() > MAX_ANSWER {
            return Err(ConnectorError::user(format!("the answer is larger than {} MiB", MAX_ANSWER >> 20).into()));
        }
        body.extend_from_slice(&chunk);
    }
    *response.body_mut() = SdkBody::from(body);
    Ok(response)
}

/// EC2 throttles with 503 `RequestLimitExceeded`, other services with 400 or 429 and a code that begins with `Throttl`.
fn asks_to_slow_down(response: &HttpResponse) -> bool {
    let status = response.status().as_u16();
    if status < 400 {
        return false;
    }
    let body = response.body().bytes().unwrap_or_default();
    let says = |word: &[u8]| body.windows(word.len()).take(4096).any(|window| window == word);
    status == 429 || says(b"RequestLimitExceeded") || says(b"Throttl") || says(b"SlowDown")
}

#[cfg(test)]
mod tests {
    use super::super::service::BURST;
    use super::*;

    #[test]
    fn bucket_bursts_then_keeps_its_rate() {
        let start = Instant::now();
        let mut bucket = Bucket::new(start, FULL_RATE, BURST);
        assert!((0..40).all(|_| bucket.take(start).is_zero()), "the burst goes out at once");
        assert_eq!(bucket.take(start), Duration::from_millis(50), "then twenty a second");
        assert_eq!(bucket.take(start), Duration::from_millis(100), "in order");
        assert!(bucket.take(start + Duration::from_secs(10)).is_zero(), "and it fills again");
    }

    #[test]
    fn events_are_looked_up_twice_a_second_from_the_first_on() {
        let start = Instant::now();
        let service = &super::super::service::EVENT_HISTORY;
        let mut bucket = Bucket::new(start, service.rate, service.burst);
        let waits: Vec<u128> = (0..5).map(|_| bucket.take(start).as_millis()).collect();
        assert_eq!(waits, [0, 500, 1000, 1500, 2000]);
        let later = start + Duration::from_secs(60);
        assert_eq!(
            [bucket.take(later).as_millis(), bucket.take(later).as_millis()],
            [0, 500],
            "a rest saves nothing up"
        );
    }

    #[test]
    fn bucket_slows_down_when_throttled_and_recovers() {
        let start = Instant::now();
        let mut bucket = Bucket::new(start, FULL_RATE, BURST);
        for _ in 0..20 {
            bucket.throttled();
        }
        assert_eq!(bucket.take(start), Duration::from_secs(1), "never slower than once a second");
        for _ in 0..100 {
            bucket.answered();
        }
        assert!(bucket.rate >= FULL_RATE);
    }
}
