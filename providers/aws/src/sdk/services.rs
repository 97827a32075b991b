//! The services of a place: one client each, made when it is first needed, and every list that was fetched through it.
//! Knows nothing of any service in particular.

use super::answer::Fields;
use super::call::{Ask, Client, Failure};
use super::client::{Budgets, attempt_timeouts};
use super::meter::{MeteredClient, check_permitted};
use super::service::{Protocol, Service};
use aws_config::SdkConfig;
use aws_sdk_ec2::config::SharedHttpClient;
use aws_types::service_config::ServiceConfigKey;
use provider_api::{Attributes, Gap};
use serde_json::Value;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::OnceCell;

/// An endpoint that never ends its list ends here.
const MAX_PAGES: usize = 20_000;

/// Time for one attempt.
const TIMEOUT: Duration = Duration::from_secs(20);

/// Where a list's items stand, and how the next page is asked for: the names of the token in the answer and in the request.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Paging {
    pub(crate) items: &'static str,
    pub(crate) answered: &'static str,
    pub(crate) asked: &'static str,
}

impl Paging {
    /// A token of the same name in the answer and the request.
    pub(crate) const fn by(items: &'static str, token: &'static str) -> Self {
        Self { items, answered: token, asked: token }
    }
}

type Single = Arc<OnceCell<Result<Arc<Value>, Failure>>>;
type List = Arc<OnceCell<Result<Arc<Vec<Value>>, Gap>>>;

/// The clients and lists of one account, of one region or of all.
#[derive(Default)]
struct Fetched {
    clients: Mutex<HashMap<(&'static str, Protocol), Client>>,
    lists: Mutex<HashMap<String, List>>,
    singles: Mutex<HashMap<String, Single>>,
}

/// What global services told an account; shared by its regions.
#[derive(Clone, Default)]
pub(super) struct Global(Arc<Fetched>);

/// The services of a place.
pub(super) struct Services {
    pub(super) config: SdkConfig,
    /// The `endpoints` block of the provider configuration.
    pub(super) endpoints: Attributes,
    pub(super) account: Option<String>,
    pub(super) region: String,
    pub(super) partition: &'static str,
    pub(super) dns_suffix: &'static str,
    pub(super) http: SharedHttpClient,
    pub(super) budgets: Arc<Budgets>,
    pub(super) global: Global,
    own: Fetched,
}

impl Services {
    pub(super) fn new(config: SdkConfig, http: SharedHttpClient, budgets: Arc<Budgets>) -> Self {
        Self {
            config,
            endpoints: Attributes::new(),
            account: None,
            region: String::new(),
            partition: "aws",
            dns_suffix: "amazonaws.com",
            http,
            budgets,
            global: Global::default(),
            own: Fetched::default(),
        }
    }

    /// The same services in another region of the same account.
    pub(super) fn elsewhere(&self, region: &str) -> Self {
        let mut services = Self::new(self.config.clone(), self.http.clone(), Arc::clone(&self.budgets));
        services.endpoints = self.endpoints.clone();
        services.account = self.account.clone();
        services.region = region.to_owned();
        services.partition = self.partition;
        services.dns_suffix = self.dns_suffix;
        services.global = self.global.clone();
        services
    }

    fn fetched(&self, service: &Service) -> &Fetched {
        if service.global { &self.global.0 } else { &self.own }
    }

    /// Makes one call.
    pub(super) async fn call(&self, service: &'static Service, ask: Ask) -> Result<Value, Failure> {
        check_permitted(&service.action(ask.operation)).map_err(|cause| Failure::refused(&cause))?;
        self.client(service).call(ask).await
    }

    /// The answer to a call that several types make of the same object; made once.
    pub(super) async fn once(&self, service: &'static Service, ask: Ask) -> Result<Arc<Value>, Failure> {
        let key = format!("{} {}", service.name, ask.key());
        let single = Arc::clone(lock(&self.fetched(service).singles).entry(key).or_default());
        single.get_or_init(|| async { self.call(service, ask).await.map(Arc::new) }).await.clone()
    }

    /// All items of a list, fetched once and shared by all types that need them.
    pub(super) async fn list(
        &self,
        service: &'static Service,
        ask: Ask,
        paging: Paging,
    ) -> Result<Arc<Vec<Value>>, Gap> {
        let key = format!("{} {}", service.name, ask.key());
        let list = Arc::clone(lock(&self.fetched(service).lists).entry(key).or_default());
        list.get_or_init(|| async { self.pages(service, ask, paging).await.map(Arc::new).map_err(Gap::from) })
            .await
            .clone()
    }

    /// All items of a list that no other type needs.
    pub(super) async fn pages(
        &self,
        service: &'static Service,
        ask: Ask,
        paging: Paging,
    ) -> Result<Vec<Value>, Failure> {
        let mut items = Vec::new();
        let mut next = ask.clone();
        for _ in 0..MAX_PAGES {
            let page = self.call(service, next).await?;
            let token = page.text(paging.answered).map(str::to_owned);
            items.extend(page.list(paging.items).iter().cloned());
            match token {
                Some(token) => next = ask.clone().with(paging.asked, token),
                None => return Ok(items),
            }
        }
        let cause = format!("{} in {}: more than {MAX_PAGES} pages", ask.operation, self.region);
        Err(Failure::refused(&cause))
    }

    fn client(&self, service: &'static Service) -> Client {
        let mut clients = lock(&self.fetched(service).clients);
        clients.entry((service.pace, service.protocol)).or_insert_with(|| self.connect(service)).clone()
    }

    fn connect(&self, service: &'static Service) -> Client {
        let (default, region) = service.endpoint(&self.region, self.partition, self.dns_suffix);
        let own = self.endpoint(service);
        let account = self.account.clone();
        let budget = self.budgets.get(
            (service.pace, own.clone(), account, region.clone()),
            TIMEOUT,
            (service.rate, service.burst),
        );
        let http = MeteredClient { checked: None, inner: self.http.clone(), budget };
        let endpoint = own.unwrap_or(default);
        Client::new(service, &self.config, (&endpoint, &region), http, attempt_timeouts(&self.config))
    }

    /// The endpoint that is set for a service: in the provider block, or as every AWS tool takes it
    /// (AWS SDKs and Tools Reference, "Service-specific endpoints").
    fn endpoint(&self, service: &Service) -> Option<String> {
        if let Some(endpoint) = self.endpoints.get(service.endpoint_name).and_then(Value::as_str) {
            return Some(endpoint.to_owned()).filter(|endpoint| !endpoint.is_empty());
        }
        let key = ServiceConfigKey::builder()
            .service_id(service.endpoint_name)
            .profile("endpoint_url")
            .env("AWS_ENDPOINT_URL");
        let own = key.build().ok().and_then(|key| self.config.service_config()?.load_config(key));
        own.or_else(|| self.config.endpoint_url().map(str::to_owned))
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
