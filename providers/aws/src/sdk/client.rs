//! Opens a place: finds out which account the credentials belong to and builds its metered clients.
//! Knows nothing of resource types.

use super::credentials::{Block, refusal, region_name, sdk_config, sts_config};
use super::gap::gap;
use super::meter::{Budget, FULL_RATE, MeteredClient};
use super::place::{Place, dns_suffix, partition};
use super::service::BURST;
use super::services::{Global, Services};
use aws_config::SdkConfig;
use aws_sdk_ec2::config::{SharedHttpClient, StalledStreamProtectionConfig};
use aws_smithy_http_client::proxy::ProxyConfig;
use aws_smithy_http_client::tls::{Provider as TlsProvider, rustls_provider::CryptoMode};
use aws_smithy_http_client::{Builder, ConnectorBuilder};
use aws_smithy_types::retry::RetryConfig;
use aws_smithy_types::timeout::TimeoutConfig;
use provider_api::{Gap, GapClass, ProviderConfiguration};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// Time for one EC2 attempt. The largest pages take some ten seconds.
const EC2_TIMEOUT: Duration = Duration::from_secs(30);

/// Time for one STS attempt, and attempts: all that is asked there is who the caller is.
const STS_TIMEOUT: Duration = Duration::from_secs(10);
const STS_ATTEMPTS: u32 = 3;

/// What all connections of a provider share.
#[derive(Default)]
pub(super) struct Shared {
    http: Mutex<Option<SharedHttpClient>>,
    budgets: Arc<Budgets>,
    places: Mutex<BTreeMap<PlaceKey, Arc<Place>>>,
    /// What global services told, by the caller's ARN, the partition and the endpoint.
    globals: Mutex<BTreeMap<GlobalKey, Global>>,
}

/// The caller's ARN, the partition, the endpoint.
type GlobalKey = (String, &'static str, Option<String>);

/// One budget for each service of an account and region.
#[derive(Default)]
pub(super) struct Budgets {
    max_rate: Option<f64>,
    by_key: Mutex<BTreeMap<BudgetKey, Arc<Budget>>>,
}

/// Service, endpoint, account and region.
type BudgetKey = (&'static str, Option<String>, Option<String>, String);

impl Budgets {
    /// The budget of a service; `rate` is in requests a second, unless the user wants fewer, `burst` in seconds.
    pub(super) fn get(&self, key: BudgetKey, attempt_timeout: Duration, (rate, burst): (f64, f64)) -> Arc<Budget> {
        let rate = self.max_rate.map_or(rate, |max| max.min(rate));
        Arc::clone(lock(&self.by_key).entry(key).or_insert_with(|| Arc::new(Budget::new(attempt_timeout, rate, burst))))
    }
}

/// Who asks where: the caller's ARN, the endpoint, the region. The same caller gets the same answers.
type PlaceKey = (String, Option<String>, String);

impl Shared {
    pub(super) fn new(max_rps: Option<u32>) -> Self {
        let budgets = Budgets { max_rate: max_rps.map(f64::from), ..Budgets::default() };
        Self { budgets: Arc::new(budgets), ..Self::default() }
    }

    /// Opens the place that a provider block means.
    pub(super) async fn open(&self, configuration: &ProviderConfiguration) -> Result<Arc<Place>, Gap> {
        let block = Block(configuration);
        let config = sdk_config(&block).await?;
        let region = region_name(&config).to_owned();
        let endpoint = block.endpoint("ec2")?.map(str::to_owned);
        let caller = self.caller(&block, &config).await?;
        let recorded = configuration.recorded_scope.account.clone();
        if let Some(caller) = &caller {
            block.check_account(&caller.account)?;
        }
        if block.leaves_credentials_open() {
            check_stand_in(caller.as_ref(), recorded.as_deref())?;
        }
        let key = caller.as_ref().map(|caller| (caller.arn.clone(), endpoint.clone(), region.clone()));
        if let Some(place) = key.as_ref().and_then(|key| lock(&self.places).get(key).cloned()) {
            return Ok(place);
        }
        let account = caller.map(|caller| caller.account).or(recorded);
        let budget = self.budgets.get(
            ("ec2", endpoint.clone(), account.clone(), region.clone()),
            EC2_TIMEOUT,
            (FULL_RATE, BURST),
        );
        let ec2 = self.ec2(&config, endpoint, budget);
        let services = self.services(&block, config, &region, account.clone(), key.as_ref());
        let place = Arc::new(Place::new(account, region, ec2, services));
        Ok(match key {
            Some(key) => Arc::clone(lock(&self.places).entry(key).or_insert(place)),
            None => place,
        })
    }

    /// The services that a block's credentials open, without a place. Who the caller is, is asked only where the block has
    /// a say in it.
    pub(super) async fn services_of(&self, block: &Block<'_>, config: SdkConfig) -> Result<Services, Gap> {
        let region = region_name(&config).to_owned();
        let mut account = None;
        if block.limits_accounts() {
            let Some(caller) = self.caller(block, &config).await? else {
                let cause = "the account of the credentials is not known, and only some are allowed";
                return Err(refusal(GapClass::Denied, cause));
            };
            block.check_account(&caller.account)?;
            account = Some(caller.account);
        }
        Ok(self.services(block, config, &region, account, None))
    }

    fn services(
        &self,
        block: &Block<'_>,
        config: SdkConfig,
        region: &str,
        account: Option<String>,
        key: Option<&PlaceKey>,
    ) -> Services {
        let partition = partition(region);
        let endpoints = block.endpoints();
        let global = key.map(|(caller, endpoint, _)| {
            let key = (caller.clone(), partition, endpoint.clone());
            lock(&self.globals).entry(key).or_default().clone()
        });
        let mut services = Services::new(config, self.http(), Arc::clone(&self.budgets));
        services.endpoints = endpoints;
        services.account = account;
        services.region = region.to_owned();
        services.partition = partition;
        services.dns_suffix = dns_suffix(partition);
        services.global = global.unwrap_or_default();
        services
    }

    fn ec2(&self, config: &SdkConfig, endpoint: Option<String>, budget: Arc<Budget>) -> aws_sdk_ec2::Client {
        let client = MeteredClient { checked: Some("ec2"), inner: self.http(), budget };
        let mut builder = aws_sdk_ec2::config::Builder::from(config)
            .http_client(client)
            .timeout_config(attempt_timeouts(config))
            .stalled_stream_protection(StalledStreamProtectionConfig::disabled());
        if let Some(endpoint) = endpoint {
            builder = builder.endpoint_url(endpoint);
        }
        aws_sdk_ec2::Client::from_conf(builder.build())
    }

    /// Who the credentials belong to. None where STS cannot tell, though the credentials may be right.
    async fn caller(&self, block: &Block<'_>, config: &SdkConfig) -> Result<Option<Caller>, Gap> {
        if block.flag("skip_requesting_account_id") {
            return Ok(None);
        }
        let config = sts_config(block, config)?;
        let region = region_name(&config).to_owned();
        let key = ("sts", config.endpoint_url().map(str::to_owned), None, region.clone());
        let budget = self.budgets.get(key, STS_TIMEOUT, (FULL_RATE, BURST));
        let sts = aws_sdk_sts::config::Builder::from(&config)
            .http_client(MeteredClient { checked: None, inner: self.http(), budget })
            .timeout_config(attempt_timeouts(&config))
            .retry_config(RetryConfig::standard().with_max_attempts(STS_ATTEMPTS))
            .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
            .build();
        match aws_sdk_sts::Client::from_conf(sts).get_caller_identity().send().await {
            Ok(answer) => Ok(answer.account.zip(answer.arn).map(|(account, arn)| Caller { account, arn })),
            Err(error) => {
                let gap = gap("GetCallerIdentity", &region, &error);
                // Everyone may ask who they are: a refusal means that the credentials are not accepted anywhere.
                if gap.class == GapClass::Denied { Err(gap) } else { Ok(None) }
            }
        }
    }

    /// One HTTP client, and so one pool of connections, for all places. The environment's proxy settings hold.
    fn http(&self) -> SharedHttpClient {
        lock(&self.http)
            .get_or_insert_with(|| {
                Builder::new().build_with_connector_fn(|settings, components| {
                    let mut connector =
                        ConnectorBuilder::default().tls_provider(TlsProvider::Rustls(CryptoMode::AwsLc));
                    connector.set_connector_settings(settings.cloned());
                    connector.set_sleep_impl(components.and_then(|components| components.sleep_impl()));
                    connector.set_proxy_config(Some(ProxyConfig::from_env()));
                    connector.build()
                })
            })
            .clone()
    }
}

/// An attempt waits for its turn in the budget before it is sent, so the meter bounds its time and the SDK must not.
pub(super) fn attempt_timeouts(config: &SdkConfig) -> TimeoutConfig {
    let connect = config.timeout_config().and_then(TimeoutConfig::connect_timeout);
    let mut timeouts = TimeoutConfig::builder();
    timeouts.set_connect_timeout(connect);
    timeouts.disable_read_timeout().disable_operation_attempt_timeout().disable_operation_timeout().build()
}

/// Who the credentials belong to.
struct Caller {
    account: String,
    arn: String,
}

/// Credentials of the environment stand in for those that could not be evaluated only where they are known to belong to
/// the account that the state speaks of.
fn check_stand_in(caller: Option<&Caller>, recorded: Option<&str>) -> Result<(), Gap> {
    let account = caller.map(|caller| caller.account.as_str());
    if account.is_some() && account == recorded {
        return Ok(());
    }
    Err(refusal(
        GapClass::Denied,
        &format!(
            "the credentials of the provider block cannot be evaluated, and those of the environment belong to {}, \
             not to the account of the recorded objects ({}); give the block's variables values, or set credentials of that account",
            account.map_or("an account that is not known".to_owned(), |account| format!("account {account}")),
            recorded.unwrap_or("not known"),
        ),
    ))
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
