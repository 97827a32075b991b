//! A provider block as settings of the AWS SDK: region, credentials, roles, endpoints.
//! Knows nothing of what is read with them.

use super::gap::{credentials_cause, gap, printable};
use aws_config::environment::EnvironmentVariableRegionProvider;
use aws_config::imds::region::ImdsRegionProvider;
use aws_config::meta::region::RegionProviderChain;
use aws_config::profile::{ProfileFileCredentialsProvider, ProfileFileRegionProvider};
use aws_config::provider_config::ProviderConfig;
use aws_config::sts::AssumeRoleProvider;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_runtime::env_config::file::{EnvConfigFileKind, EnvConfigFiles};
use aws_sdk_ec2::config::{Credentials, SharedCredentialsProvider};
use aws_smithy_types::retry::RetryConfig;
use aws_smithy_types::timeout::TimeoutConfig;
use provider_api::{Attributes, Gap, GapClass, ProviderConfiguration};
use serde_json::Value;
use std::path::PathBuf;
use std::time::Duration;

/// Attempts per call, the first included; between them the SDK backs off exponentially, with jitter.
const MAX_ATTEMPTS: u32 = 6;

/// Longest back-off between two attempts.
const MAX_BACKOFF: Duration = Duration::from_secs(10);

/// Time to open a connection.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// Time for one attempt to obtain credentials: SSO, web identity, instance metadata, a role.
const CREDENTIALS_TIMEOUT: Duration = Duration::from_secs(20);

/// Arguments that decide which credentials are used.
const CREDENTIAL_ARGUMENTS: &[&str] = &[
    "access_key",
    "assume_role",
    "assume_role_with_web_identity",
    "profile",
    "secret_key",
    "shared_config_files",
    "shared_credentials_files",
    "token",
];

/// A provider block, read for what matters here.
pub(super) struct Block<'a>(pub(super) &'a ProviderConfiguration);

impl<'a> Block<'a> {
    fn text(&self, name: &str) -> Option<&'a str> {
        text(&self.0.known, name)
    }

    pub(super) fn flag(&self, name: &str) -> bool {
        self.0.known.get(name).is_some_and(|value| value == true || value == "true")
    }

    fn texts(&self, name: &str) -> Vec<&'a str> {
        self.0.known.get(name).and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).collect()
    }

    /// The bodies of the nested blocks of a name.
    fn blocks(&self, name: &str) -> impl Iterator<Item = &'a Attributes> {
        self.0.known.get(name).and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_object)
    }

    fn open(&self, name: &str) -> bool {
        self.0.not_known.iter().any(|other| other == name)
    }

    /// Whether the block sets credentials that could not be evaluated, so that those of the environment stand in.
    pub(super) fn leaves_credentials_open(&self) -> bool {
        CREDENTIAL_ARGUMENTS.iter().any(|name| self.open(name))
            || self.blocks("assume_role").any(|role| text(role, "role_arn").is_none())
    }

    /// The endpoint that the block sets for a service.
    pub(super) fn endpoint(&self, service: &str) -> Result<Option<&'a str>, Gap> {
        if self.open("endpoints") {
            return Err(refusal(
                GapClass::Failed,
                "`endpoints` of the provider block cannot be evaluated; write them as literals",
            ));
        }
        Ok(self.blocks("endpoints").find_map(|endpoints| text(endpoints, service)))
    }

    /// All endpoints that the block sets, by service. [`Block::endpoint`] refuses what could not be evaluated.
    pub(super) fn endpoints(&self) -> Attributes {
        self.blocks("endpoints").next().cloned().unwrap_or_default()
    }

    /// Whether the block allows some accounts only.
    pub(super) fn limits_accounts(&self) -> bool {
        ["allowed_account_ids", "forbidden_account_ids"].iter().any(|name| !self.texts(name).is_empty())
    }

    /// Refuses an account that the block does not allow.
    pub(super) fn check_account(&self, account: &str) -> Result<(), Gap> {
        let allowed = self.texts("allowed_account_ids");
        if (!allowed.is_empty() && !allowed.contains(&account))
            || self.texts("forbidden_account_ids").contains(&account)
        {
            return Err(refusal(
                GapClass::Denied,
                &format!("the credentials belong to account {account}, which the provider block does not allow"),
            ));
        }
        Ok(())
    }
}

fn text<'a>(attributes: &'a Attributes, name: &str) -> Option<&'a str> {
    attributes.get(name)?.as_str().filter(|text| !text.is_empty())
}

/// A gap that no call led to.
pub(super) fn refusal(class: GapClass, cause: &str) -> Gap {
    Gap { ids: Vec::new(), class, cause: printable(cause) }
}

/// The SDK's settings for a provider block: region and credentials, roles assumed when they are first needed.
pub(super) async fn sdk_config(block: &Block<'_>) -> Result<SdkConfig, Gap> {
    let files = profile_files(block);
    let region = region(block, files.clone()).await?;
    let mut loader = aws_config::defaults(BehaviorVersion::latest())
        .region(region.clone())
        .retry_config(RetryConfig::standard().with_max_attempts(MAX_ATTEMPTS).with_max_backoff(MAX_BACKOFF))
        .timeout_config(
            TimeoutConfig::builder()
                .connect_timeout(CONNECT_TIMEOUT)
                .read_timeout(CREDENTIALS_TIMEOUT)
                .operation_attempt_timeout(CREDENTIALS_TIMEOUT)
                .build(),
        );
    let mut profile_provider = ProfileFileCredentialsProvider::builder();
    if let Some(profile) = block.text("profile") {
        loader = loader.profile_name(profile);
        profile_provider = profile_provider.profile_name(profile);
    }
    if let Some(files) = files {
        loader = loader.profile_files(files.clone());
        profile_provider = profile_provider.profile_files(files);
    }
    if block.flag("use_fips_endpoint") {
        loader = loader.use_fips(true);
    }
    if block.flag("use_dualstack_endpoint") {
        loader = loader.use_dual_stack(true);
    }
    if let (Some(key), Some(secret)) = (block.text("access_key"), block.text("secret_key")) {
        let token = block.text("token").map(str::to_owned);
        loader = loader.credentials_provider(Credentials::new(key, secret, token, None, "provider block"));
    } else if block.text("profile").is_some() && std::env::var_os("AWS_ACCESS_KEY_ID").is_some() {
        // A profile that is named wins over keys in the environment (aws-sdk-go-base, "A Profile was specified along with
        // the environment variables"); by itself the SDK has it the other way round.
        let around = ProviderConfig::without_region().with_region(Some(region));
        loader = loader.credentials_provider(profile_provider.configure(&around).build());
    }
    let config = loader.load().await;
    let config = with_web_identity(block, config).await?;
    with_roles(block, config).await
}

/// The block's own region; else that of the environment, the profile, the recorded objects, the machine.
async fn region(block: &Block<'_>, files: Option<EnvConfigFiles>) -> Result<Region, Gap> {
    if let Some(region) = block.text("region") {
        return Ok(Region::new(region.to_owned()));
    }
    let recorded = block.0.recorded_scope.region.clone().map(Region::new);
    if block.open("region") {
        // The environment's region may be another one than the block means.
        return recorded.ok_or_else(|| {
            refusal(
                GapClass::Failed,
                "`region` of the provider block cannot be evaluated and no recorded object tells it; \
                 give its variable a value or write it as a literal",
            )
        });
    }
    let mut profile = ProfileFileRegionProvider::builder();
    if let Some(name) = block.text("profile") {
        profile = profile.profile_name(name);
    }
    if let Some(files) = files {
        profile = profile.profile_files(files);
    }
    let configured = RegionProviderChain::first_try(EnvironmentVariableRegionProvider::new())
        .or_else(profile.build())
        .region()
        .await;
    if let Some(region) = configured.or(recorded) {
        return Ok(region);
    }
    ImdsRegionProvider::builder().build().region().await.ok_or_else(|| {
        refusal(GapClass::Failed, "no region is configured; set `region` in the provider block, or AWS_REGION")
    })
}

/// The shared files that the block names, in place of the default ones.
fn profile_files(block: &Block<'_>) -> Option<EnvConfigFiles> {
    let configs = block.texts("shared_config_files");
    let credentials = block.texts("shared_credentials_files");
    if configs.is_empty() && credentials.is_empty() {
        return None;
    }
    let mut files = EnvConfigFiles::builder()
        .include_default_config_file(configs.is_empty())
        .include_default_credentials_file(credentials.is_empty());
    for path in configs {
        files = files.with_file(EnvConfigFileKind::Config, expand_home(path));
    }
    for path in credentials {
        files = files.with_file(EnvConfigFileKind::Credentials, expand_home(path));
    }
    Some(files.build())
}

fn expand_home(path: &str) -> PathBuf {
    match (path.strip_prefix("~/"), std::env::var_os("HOME")) {
        (Some(rest), Some(home)) => PathBuf::from(home).join(rest),
        _ => PathBuf::from(path),
    }
}

/// Settings for a call to STS: the block's endpoint and region for it.
pub(super) fn sts_config(block: &Block<'_>, config: &SdkConfig) -> Result<SdkConfig, Gap> {
    let mut builder = config.clone().into_builder();
    if let Some(endpoint) = block.endpoint("sts")? {
        builder = builder.endpoint_url(endpoint);
    }
    if let Some(region) = block.text("sts_region") {
        builder = builder.region(Region::new(region.to_owned()));
    }
    Ok(builder.build())
}

/// Assumes the roles of the block, one with the credentials of the one before.
async fn with_roles(block: &Block<'_>, mut config: SdkConfig) -> Result<SdkConfig, Gap> {
    for role in block.blocks("assume_role") {
        // What is not known of a role is left to the credentials of the environment; the account is checked then.
        let Some(arn) = text(role, "role_arn") else { continue };
        let mut provider =
            AssumeRoleProvider::builder(arn).session_name(text(role, "session_name").unwrap_or("driftline"));
        if let Some(external_id) = text(role, "external_id") {
            provider = provider.external_id(external_id);
        }
        if let Some(policy) = text(role, "policy") {
            provider = provider.policy(policy);
        }
        if let Some(arns) = role.get("policy_arns").and_then(Value::as_array) {
            provider = provider.policy_arns(arns.iter().filter_map(Value::as_str).map(str::to_owned).collect());
        }
        if let Some(length) = text(role, "duration").and_then(go_duration) {
            provider = provider.session_length(length);
        }
        let provider = provider.configure(&sts_config(block, &config)?).build().await;
        config = config.into_builder().credentials_provider(SharedCredentialsProvider::new(provider)).build();
    }
    Ok(config)
}

/// Exchanges the block's web identity token for credentials.
async fn with_web_identity(block: &Block<'_>, config: SdkConfig) -> Result<SdkConfig, Gap> {
    let Some(role) = block.blocks("assume_role_with_web_identity").next() else { return Ok(config) };
    let token = match (text(role, "web_identity_token"), text(role, "web_identity_token_file")) {
        (Some(token), _) => token.to_owned(),
        (None, Some(path)) => std::fs::read_to_string(expand_home(path))
            .map_err(|error| refusal(GapClass::Denied, &format!("web identity token file {path}: {error}")))?,
        (None, None) => return Ok(config),
    };
    let Some(arn) = text(role, "role_arn") else { return Ok(config) };
    let config_for_sts = sts_config(block, &config)?;
    let answer = aws_sdk_sts::Client::new(&config_for_sts)
        .assume_role_with_web_identity()
        .role_arn(arn)
        .role_session_name(text(role, "session_name").unwrap_or("driftline"))
        .web_identity_token(token.trim())
        .set_policy(text(role, "policy").map(str::to_owned))
        .set_duration_seconds(
            text(role, "duration").and_then(go_duration).and_then(|length| length.as_secs().try_into().ok()),
        )
        .send()
        .await
        .map_err(|error| gap("AssumeRoleWithWebIdentity", region_name(&config_for_sts), &error))?;
    let Some(found) = answer.credentials else {
        return Err(refusal(GapClass::Denied, "AssumeRoleWithWebIdentity: no credentials in the answer"));
    };
    let credentials = Credentials::new(
        found.access_key_id,
        found.secret_access_key,
        Some(found.session_token),
        found.expiration.try_into().ok(),
        "web identity",
    );
    Ok(config.into_builder().credentials_provider(SharedCredentialsProvider::new(credentials)).build())
}

/// The gap that credentials leave which cannot be found.
pub(super) fn credentials_gap(error: &(dyn std::error::Error + 'static)) -> Gap {
    refusal(GapClass::Denied, &credentials_cause(error))
}

/// The name of the region, for texts.
pub(super) fn region_name(config: &SdkConfig) -> &str {
    config.region().map_or("", Region::as_ref)
}

/// A duration as Go writes it, as far as roles need it: `1h`, `15m`, `1h30m`, `3600s`.
fn go_duration(text: &str) -> Option<Duration> {
    let mut seconds = 0_u64;
    let mut number = String::new();
    for c in text.chars() {
        let unit = match c {
            '0'..='9' => {
                number.push(c);
                continue;
            }
            'h' => 3600,
            'm' => 60,
            's' => 1,
            _ => return None,
        };
        seconds = seconds.checked_add(std::mem::take(&mut number).parse::<u64>().ok()?.checked_mul(unit)?)?;
    }
    (number.is_empty() && seconds > 0).then(|| Duration::from_secs(seconds))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn durations_are_read_as_go_writes_them() {
        for (text, seconds) in [
            ("1h", Some(3600)),
            ("1h30m", Some(5400)),
            ("900s", Some(900)),
            ("", None),
            ("0s", None),
            ("15", None),
            ("1.5h", None),
            ("99999999999999999999h", None),
            ("99999999999999999h", None),
        ] {
            assert_eq!(go_duration(text).map(|duration| duration.as_secs()), seconds, "{text}");
        }
    }

    fn block(known: Value, not_known: &[&str]) -> ProviderConfiguration {
        ProviderConfiguration {
            known: known.as_object().cloned().unwrap_or_default(),
            not_known: not_known.iter().map(|name| (*name).to_owned()).collect(),
            ..ProviderConfiguration::default()
        }
    }

    #[test]
    fn accounts_that_the_block_does_not_allow_are_refused() {
        for (known, allowed) in [
            (json!({}), true),
            (json!({"allowed_account_ids": ["123456789012"]}), true),
            (json!({"allowed_account_ids": ["210987654321"]}), false),
            (json!({"forbidden_account_ids": ["123456789012"]}), false),
        ] {
            let configuration = block(known.clone(), &[]);
            assert_eq!(Block(&configuration).check_account("123456789012").is_ok(), allowed, "{known}");
        }
    }

    #[test]
    fn what_cannot_be_evaluated_is_noticed() {
        assert!(Block(&block(json!({}), &["assume_role"])).leaves_credentials_open());
        assert!(Block(&block(json!({"assume_role": [{"external_id": "x"}]}), &[])).leaves_credentials_open());
        assert!(!Block(&block(json!({"assume_role": [{"role_arn": "arn:x"}]}), &["region"])).leaves_credentials_open());
        assert!(Block(&block(json!({}), &["endpoints"])).endpoint("ec2").is_err());
        let endpoints = block(json!({"endpoints": [{"sts": "http://a"}, {"ec2": "http://b"}]}), &[]);
        assert_eq!(Block(&endpoints).endpoint("ec2").ok().flatten(), Some("http://b"));
    }
}
