//! Access to AWS for whoever keeps states and keys there: credentials, items of DynamoDB, keys of KMS, lists of S3.
//! Knows nothing of states, nor of any resource type.

use super::call::{Ask, Failure};
use super::client::Shared;
use super::credentials::{Block, credentials_gap, sdk_config};
use super::service::{self, Service};
use super::services::Services;
use aws_sdk_sts::config::{Credentials, ProvideCredentials, SharedCredentialsProvider};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use provider_api::{Attributes, Gap, GapClass, ProviderConfiguration};
use serde_json::Value;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

/// Credentials are asked for again so long before they expire.
const MARGIN: Duration = Duration::from_secs(180);

/// What may be asked: the service, its operation, and how it is called. Nothing here writes.
const OPERATIONS: &[(&str, &str, &Service)] =
    &[("dynamodb", "GetItem", &service::DYNAMODB), ("kms", "Decrypt", &service::KMS)];

/// Codes of what does not exist.
const MISSING: &[&str] = &["NoSuchBucket", "NotFoundException", "ResourceNotFoundException"];

/// Access to AWS by settings that are like a provider block's. Credentials are found once for the same settings.
#[derive(Default)]
pub struct Access {
    shared: Shared,
    opened: Mutex<HashMap<String, Slot>>,
}

type Slot = Arc<tokio::sync::Mutex<Option<Arc<Opened>>>>;

/// Who asks, and where.
#[derive(Clone)]
pub struct Identity {
    /// Access key id.
    pub key_id: String,
    /// Secret access key.
    pub secret: String,
    /// Session token.
    pub token: Option<String>,
    /// When they expire.
    pub expires: Option<SystemTime>,
    /// The region.
    pub region: String,
}

impl std::fmt::Debug for Identity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Identity").field("region", &self.region).finish_non_exhaustive()
    }
}

/// Why AWS did not answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// The class of the cause.
    pub class: GapClass,
    /// Whether the bucket, table or key does not exist.
    pub is_missing: bool,
    /// The call and its cause, as a fragment fit for people; holds no secret.
    pub cause: String,
}

impl From<Gap> for Refused {
    fn from(gap: Gap) -> Self {
        Self { class: gap.class, is_missing: false, cause: gap.cause }
    }
}

impl From<Failure> for Refused {
    fn from(failure: Failure) -> Self {
        Self { is_missing: failure.is(MISSING), ..Self::from(Gap::from(failure)) }
    }
}

/// What was opened with some settings.
struct Opened {
    identity: Identity,
    services: Services,
}

impl Opened {
    fn lasts(&self) -> bool {
        self.identity.expires.is_none_or(|at| at > SystemTime::now() + MARGIN)
    }
}

impl Access {
    /// Access with nothing opened yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Credentials and the region.
    ///
    /// # Errors
    /// When there are none, a role cannot be assumed, or the account is not allowed.
    pub async fn identity(&self, settings: &Attributes) -> Result<Identity, Refused> {
        Ok(self.open(settings).await?.identity.clone())
    }

    /// Asks a service that speaks JSON: `GetItem` of `dynamodb` or `Decrypt` of `kms`.
    ///
    /// # Errors
    /// When it refuses, or is asked for anything else.
    pub async fn ask(
        &self,
        settings: &Attributes,
        service: &str,
        operation: &str,
        body: &Value,
    ) -> Result<Value, Refused> {
        let known = OPERATIONS.iter().find(|(name, one, _)| *name == service && *one == operation);
        let Some((_, operation, service)) = known else {
            let cause = format!("{operation} of {service} is not among what driftline asks");
            return Err(Refused { class: GapClass::Unsupported, is_missing: false, cause });
        };
        let members = body.as_object().into_iter().flatten();
        let ask = members.fold(Ask::of(operation), |ask, (name, value)| ask.with(name, value.clone()));
        Ok(self.open(settings).await?.services.call(service, ask).await?)
    }

    /// Reads a path of S3, its query with it. The bucket may be in another region than the settings say, which S3 tells.
    ///
    /// # Errors
    /// When S3 refuses.
    pub async fn s3(&self, settings: &Attributes, path: &str) -> Result<Vec<u8>, Refused> {
        let opened = self.open(settings).await?;
        let operation = if path.contains("?versions") { "ListObjectVersions" } else { "GetObject" };
        let ask = Ask::of(operation).at(path);
        let answer = match opened.services.call(&service::S3_OBJECTS, ask.clone()).await {
            Err(failure) if failure.bucket_region().is_some_and(|region| region != opened.services.region) => {
                let region = failure.bucket_region().unwrap_or_default();
                opened.services.elsewhere(region).call(&service::S3_OBJECTS, ask).await?
            }
            answer => answer?,
        };
        Ok(BASE64_STANDARD.decode(answer.as_str().unwrap_or_default()).unwrap_or_default())
    }

    /// What the settings open; opened again before its credentials expire. Whoever wants the same waits for it.
    async fn open(&self, settings: &Attributes) -> Result<Arc<Opened>, Gap> {
        let key = Value::Object(settings.clone()).to_string();
        let slot = {
            let mut opened = self.opened.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(opened.entry(key).or_default())
        };
        let mut slot = slot.lock().await;
        if let Some(opened) = slot.as_ref().filter(|opened| opened.lasts()) {
            return Ok(Arc::clone(opened));
        }
        let opened = Arc::new(self.connect(settings).await?);
        *slot = Some(Arc::clone(&opened));
        Ok(opened)
    }

    async fn connect(&self, settings: &Attributes) -> Result<Opened, Gap> {
        let configuration = ProviderConfiguration { known: settings.clone(), ..ProviderConfiguration::default() };
        let block = Block(&configuration);
        let config = sdk_config(&block).await?;
        let Some(provider) = config.credentials_provider() else {
            return Err(Gap { ids: Vec::new(), class: GapClass::Denied, cause: "there are no credentials".into() });
        };
        let found = provider.provide_credentials().await.map_err(|error| credentials_gap(&error))?;
        // The same ones for every call until they expire: a role is assumed once.
        let config = config.into_builder().credentials_provider(fixed(&found)).build();
        let services = self.shared.services_of(&block, config).await?;
        let identity = Identity {
            key_id: found.access_key_id().to_owned(),
            secret: found.secret_access_key().to_owned(),
            token: found.session_token().map(str::to_owned),
            expires: found.expiry(),
            region: services.region.clone(),
        };
        Ok(Opened { identity, services })
    }
}

fn fixed(found: &Credentials) -> SharedCredentialsProvider {
    SharedCredentialsProvider::new(found.clone())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn settings(value: Value) -> Attributes {
        value.as_object().cloned().unwrap_or_default()
    }

    #[tokio::test]
    async fn plain_keys_need_no_call() {
        let settings = settings(json!({"region": "eu-west-1", "access_key": "id", "secret_key": "not-a-secret"}));
        let identity = Access::new().identity(&settings).await.expect("an identity");
        assert_eq!((identity.key_id.as_str(), identity.region.as_str()), ("id", "eu-west-1"));
        assert!(identity.expires.is_none() && !format!("{identity:?}").contains("not-a-secret"));
    }

    #[tokio::test]
    async fn nothing_that_writes_is_asked() {
        for (service, operation) in [("dynamodb", "PutItem"), ("kms", "GenerateDataKey"), ("s3", "GetObject")] {
            let refused = Access::new().ask(&Attributes::new(), service, operation, &json!({})).await;
            assert_eq!(refused.expect_err(operation).class, GapClass::Unsupported);
        }
    }
}
