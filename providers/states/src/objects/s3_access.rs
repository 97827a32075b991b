//! How the s3 backend gets at AWS: its arguments as settings of the provider, endpoints, credentials.
//! Knows nothing of keys, workspaces or locks.

use super::endpoint;
use crate::{Aws, AwsRefusal, Backend, Class, StoreError, Surroundings};
use futures::future::BoxFuture;
use object_store::CredentialProvider;
use object_store::aws::AwsCredential;
use serde_json::{Map, Value, json};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

/// Credentials are asked for again so long before they expire.
const MARGIN: Duration = Duration::from_secs(120);

/// Arguments of the backend that the provider's block has too, by the same name.
const SAME: &[&str] = &[
    "access_key",
    "allowed_account_ids",
    "assume_role_with_web_identity",
    "forbidden_account_ids",
    "profile",
    "secret_key",
    "shared_config_files",
    "shared_credentials_files",
    "sts_region",
    "token",
    "use_dualstack_endpoint",
    "use_fips_endpoint",
];

/// Services with an endpoint of their own: the name in `endpoints`, the argument of old, the variables
/// (internal/backend/remote-state/s3/backend.go, `ConfigSchema`).
const ENDPOINTS: &[(&str, &str, [&str; 2])] = &[
    ("dynamodb", "dynamodb_endpoint", ["AWS_ENDPOINT_URL_DYNAMODB", "AWS_DYNAMODB_ENDPOINT"]),
    ("iam", "iam_endpoint", ["AWS_ENDPOINT_URL_IAM", "AWS_IAM_ENDPOINT"]),
    ("s3", "endpoint", ["AWS_ENDPOINT_URL_S3", "AWS_S3_ENDPOINT"]),
    ("sso", "", ["AWS_ENDPOINT_URL_SSO", ""]),
    ("sts", "sts_endpoint", ["AWS_ENDPOINT_URL_STS", "AWS_STS_ENDPOINT"]),
];

/// The backend's arguments as the provider's block would have them.
pub(super) fn settings(backend: &Backend, around: &Surroundings) -> Map<String, Value> {
    let mut settings = Map::new();
    for name in SAME {
        if let Some(value) = backend.arguments.get(*name).filter(|value| !value.is_null()) {
            settings.insert((*name).to_owned(), value.clone());
        }
    }
    // Blocks are lists of objects there.
    if let Some(body) = backend.blocks("assume_role_with_web_identity").first() {
        let mut body = (*body).clone();
        if let Some(path) = body.get_mut("web_identity_token_file") {
            *path = below(around, path);
        }
        settings.insert("assume_role_with_web_identity".into(), json!([body]));
    }
    if let Some(path) = backend.text("shared_credentials_file") {
        settings.entry("shared_credentials_files").or_insert_with(|| json!([path]));
    }
    for name in ["shared_config_files", "shared_credentials_files"] {
        for path in settings.get_mut(name).and_then(Value::as_array_mut).into_iter().flatten() {
            *path = below(around, path);
        }
    }
    if let Some(region) = region(backend, around) {
        settings.insert("region".into(), region.into());
    }
    let roles = roles(backend);
    if !roles.is_empty() {
        settings.insert("assume_role".into(), roles.into());
    }
    let endpoints: Map<String, Value> = ENDPOINTS
        .iter()
        .filter_map(|(name, ..)| Some(((*name).to_owned(), endpoint_of(backend, around, name)?.into())))
        .collect();
    if !endpoints.is_empty() {
        settings.insert("endpoints".into(), json!([endpoints]));
    }
    settings
}

/// A path below the root module's directory, unless it begins elsewhere.
fn below(around: &Surroundings, path: &Value) -> Value {
    match path.as_str() {
        Some(text) if !text.is_empty() && !text.starts_with('~') => {
            around.directory.join(text).to_string_lossy().into()
        }
        _ => path.clone(),
    }
}

/// The backend's own region; else that of the environment. None where the profile has to tell.
pub(super) fn region(backend: &Backend, around: &Surroundings) -> Option<String> {
    let own = backend.text("region").or_else(|| around.variable("AWS_REGION"));
    own.or_else(|| around.variable("AWS_DEFAULT_REGION")).map(str::to_owned)
}

/// The roles to assume: `assume_role`, or the arguments that it took the place of.
fn roles(backend: &Backend) -> Vec<Value> {
    let roles: Vec<Value> = backend
        .blocks("assume_role")
        .into_iter()
        .filter(|role| role.get("role_arn").is_some_and(Value::is_string))
        .map(|role| json!(role))
        .collect();
    let (true, Some(arn)) = (roles.is_empty(), backend.text("role_arn")) else { return roles };
    let mut role = Map::from_iter([("role_arn".to_owned(), arn.into())]);
    for (old, new) in
        [("session_name", "session_name"), ("external_id", "external_id"), ("assume_role_policy", "policy")]
    {
        if let Some(value) = backend.text(old) {
            role.insert(new.into(), value.into());
        }
    }
    if let Some(arns) = backend.arguments.get("assume_role_policy_arns").filter(|value| value.is_array()) {
        role.insert("policy_arns".into(), arns.clone());
    }
    if let Some(seconds) = backend.arguments.get("assume_role_duration_seconds").and_then(Value::as_u64) {
        role.insert("duration".into(), format!("{seconds}s").into());
    }
    vec![role.into()]
}

/// The endpoint that is set for a service.
fn endpoint_of<'a>(backend: &'a Backend, around: &'a Surroundings, service: &str) -> Option<&'a str> {
    let (name, old, variables) = ENDPOINTS.iter().find(|(name, ..)| *name == service)?;
    let block = backend.blocks("endpoints").into_iter().find_map(|endpoints| endpoints.get(*name)?.as_str());
    block
        .filter(|text| !text.is_empty())
        .or_else(|| backend.text(old))
        .or_else(|| variables.iter().find_map(|variable| around.variable(variable)))
        .or_else(|| around.variable("AWS_ENDPOINT_URL"))
}

/// Where a bucket answers: its address, and whether that names the bucket as host. Otherwise the path begins with it.
pub(super) fn address(
    backend: &Backend,
    around: &Surroundings,
    bucket: &str,
    region: &str,
) -> Result<(String, bool), StoreError> {
    let path_style = backend.flag("use_path_style") || backend.flag("force_path_style");
    // A host with dots more than the certificate's wildcard stands for, or with what is no host name, is none.
    let is_host = bucket.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-'));
    let url = match endpoint_of(backend, around, "s3") {
        Some(text) => endpoint("s3", "endpoints.s3", text)?,
        None => endpoint("s3", "region", &aws_host(backend, region))?,
    };
    let by_host = !path_style && is_host && url.domain().is_some();
    if !by_host {
        return Ok((url.as_str().trim_end_matches('/').to_owned(), false));
    }
    let mut with_bucket = url.clone();
    let host = format!("{bucket}.{}", url.host_str().unwrap_or_default());
    with_bucket.set_host(Some(&host)).map_err(|_| {
        StoreError::new("s3 backend", Class::Unset, "the bucket's name and the endpoint make no host name")
    })?;
    Ok((with_bucket.as_str().trim_end_matches('/').to_owned(), true))
}

/// The host of S3 in a region (AWS General Reference, "Amazon S3 endpoints").
fn aws_host(backend: &Backend, region: &str) -> String {
    let suffix = match region {
        _ if region.starts_with("cn-") => "amazonaws.com.cn",
        _ if region.starts_with("us-iso-") => "c2s.ic.gov",
        _ if region.starts_with("us-isob-") => "sc2s.sgov.gov",
        _ if region.starts_with("eu-isoe-") => "cloud.adc-e.uk",
        _ if region.starts_with("us-isof-") => "csp.hci.ic.gov",
        _ if region.starts_with("eusc-") => "amazonaws.eu",
        _ => "amazonaws.com",
    };
    let fips = if backend.flag("use_fips_endpoint") { "-fips" } else { "" };
    let dual = if backend.flag("use_dualstack_endpoint") { "dualstack." } else { "" };
    format!("s3{fips}.{dual}{region}.{suffix}")
}

/// Whether a name may stand in an address.
pub(super) fn is_region(name: &str) -> bool {
    !name.is_empty() && name.len() < 64 && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}

/// The credentials for S3: those that the surroundings have ways to, else plain keys.
pub(super) fn credentials(
    backend: &Backend,
    around: &Surroundings,
    settings: &Map<String, Value>,
) -> Result<Arc<dyn CredentialProvider<Credential = AwsCredential>>, StoreError> {
    if let Some(aws) = &around.aws {
        return Ok(Arc::new(Asked { aws: Arc::clone(aws), settings: settings.clone(), cached: Default::default() }));
    }
    let unsupported = |cause: &str| Err(StoreError::new("s3 backend", Class::Unsupported, cause));
    for name in
        ["assume_role", "assume_role_with_web_identity", "profile", "allowed_account_ids", "forbidden_account_ids"]
    {
        if settings.contains_key(name) {
            return unsupported(&format!("driftline was built without the AWS SDK, which `{name}` needs"));
        }
    }
    let own = (backend.text("access_key"), backend.text("secret_key"), backend.text("token"));
    let variable = |name: &str| around.variable(name);
    let environment = (variable("AWS_ACCESS_KEY_ID"), variable("AWS_SECRET_ACCESS_KEY"), variable("AWS_SESSION_TOKEN"));
    for (key_id, secret, token) in [own, environment] {
        if let (Some(key_id), Some(secret_key)) = (key_id, secret) {
            let (key_id, secret_key) = (key_id.to_owned(), secret_key.to_owned());
            let credential = AwsCredential { key_id, secret_key, token: token.map(str::to_owned) };
            return Ok(Arc::new(object_store::StaticCredentialProvider::new(credential)));
        }
    }
    let error = StoreError::new("s3 backend", Class::Denied, "neither the backend block nor the environment has keys");
    Err(error.with_hint("set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or use a driftline with the AWS SDK"))
}

/// Why AWS did not answer, as an error of a place.
pub(super) fn refusal(place: &str, refusal: &AwsRefusal) -> StoreError {
    StoreError::new(place, refusal.class, &refusal.cause)
}

/// Credentials that are asked for, and again before they expire.
struct Asked {
    aws: Arc<dyn Aws>,
    settings: Map<String, Value>,
    cached: tokio::sync::Mutex<Option<(Arc<AwsCredential>, Option<SystemTime>)>>,
}

impl std::fmt::Debug for Asked {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Asked").finish_non_exhaustive()
    }
}

impl Asked {
    async fn get(&self) -> object_store::Result<Arc<AwsCredential>> {
        let mut cached = self.cached.lock().await;
        let lasts = |expires: &Option<SystemTime>| expires.is_none_or(|at| at > SystemTime::now() + MARGIN);
        if let Some((credential, _)) = cached.as_ref().filter(|(_, expires)| lasts(expires)) {
            return Ok(Arc::clone(credential));
        }
        let identity = self.aws.identity(&self.settings).await.map_err(|why| object_store::Error::Generic {
            store: "S3",
            source: Box::new(refusal("s3 backend", &why)),
        })?;
        let credential =
            Arc::new(AwsCredential { key_id: identity.key_id, secret_key: identity.secret, token: identity.token });
        *cached = Some((Arc::clone(&credential), identity.expires));
        Ok(credential)
    }
}

impl CredentialProvider for Asked {
    type Credential = AwsCredential;

    fn get_credential<'a, 'b>(&'a self) -> BoxFuture<'b, object_store::Result<Arc<AwsCredential>>>
    where
        'a: 'b,
        Self: 'b,
    {
        Box::pin(self.get())
    }
}

/// The environment with the proxies that the backend block sets.
pub(super) fn with_proxies(backend: &Backend, around: &Surroundings) -> Surroundings {
    let mut environment = (*around.environment).clone();
    for name in ["http_proxy", "https_proxy", "no_proxy"] {
        if let Some(address) = backend.text(name) {
            environment.insert(name.to_uppercase().into(), address.into());
        }
    }
    Surroundings { environment: Arc::new(environment), ..around.clone() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn around(environment: &[(&str, &str)]) -> Surroundings {
        let environment = environment.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect();
        Surroundings {
            environment: Arc::new(environment),
            directory: ".".into(),
            patience: Duration::from_secs(5),
            aws: None,
            may_run_programs: false,
        }
    }

    fn backend(arguments: Value) -> Backend {
        Backend { kind: "s3".into(), arguments: arguments.as_object().cloned().unwrap_or_default() }
    }

    #[test]
    fn buckets_answer_at_the_host_that_the_arguments_mean() {
        for (arguments, bucket, expected) in [
            (json!({}), "b", ("https://b.s3.eu-west-1.amazonaws.com", true)),
            (json!({"use_path_style": true}), "b", ("https://s3.eu-west-1.amazonaws.com", false)),
            (json!({"force_path_style": "true"}), "b", ("https://s3.eu-west-1.amazonaws.com", false)),
            (json!({}), "b.c", ("https://s3.eu-west-1.amazonaws.com", false)),
            (
                json!({"use_fips_endpoint": true, "use_dualstack_endpoint": true}),
                "b",
                ("https://b.s3-fips.dualstack.eu-west-1.amazonaws.com", true),
            ),
            (json!({"endpoint": "minio.test:9000"}), "b", ("https://b.minio.test:9000", true)),
            (json!({"endpoints": {"s3": "http://127.0.0.1:5000/"}}), "b", ("http://127.0.0.1:5000", false)),
            (json!({"endpoints": [{"s3": null}], "endpoint": "http://h"}), "b", ("http://b.h", true)),
        ] {
            let (address, by_host) =
                address(&backend(arguments.clone()), &around(&[]), bucket, "eu-west-1").expect("an address");
            assert_eq!((address.as_str(), by_host), expected, "{arguments}");
        }
        let (address, _) =
            address(&backend(json!({})), &around(&[("AWS_ENDPOINT_URL_S3", "http://[::1]:1")]), "b", "r").expect("one");
        assert_eq!(address, "http://[::1]:1");
    }

    #[test]
    fn endpoints_hold_no_credentials() {
        for text in ["http://user:not-a-secret@h", "ftp://h", "http://", "http://h/?token=not-a-secret"] {
            let error = address(&backend(json!({"endpoint": text})), &around(&[]), "b", "r").expect_err(text);
            assert!(!error.to_string().contains("not-a-secret"), "{error}");
        }
    }

    #[test]
    fn roles_are_read_in_both_forms() {
        let old = json!({"role_arn": "arn:r", "external_id": "e", "assume_role_duration_seconds": 900});
        assert_eq!(
            settings(&backend(old), &around(&[]))["assume_role"],
            json!([{"role_arn": "arn:r", "external_id": "e", "duration": "900s"}])
        );
        let new = json!({"assume_role": {"role_arn": "arn:r", "policy": null}, "role_arn": "arn:other"});
        assert_eq!(
            settings(&backend(new), &around(&[]))["assume_role"],
            json!([{"role_arn": "arn:r", "policy": null}])
        );
        let none = json!({"assume_role": {"role_arn": null}, "region": "eu-west-1"});
        assert_eq!(Value::from(settings(&backend(none), &around(&[]))), json!({"region": "eu-west-1"}));
    }

    #[test]
    fn files_are_below_the_directory() {
        let given = json!({"shared_config_files": ["a", "/b", "~/c"], "shared_credentials_file": "d"});
        let around = Surroundings { directory: "/root-module".into(), ..around(&[]) };
        let settings = settings(&backend(given), &around);
        assert_eq!(settings["shared_config_files"], json!(["/root-module/a", "/b", "~/c"]));
        assert_eq!(settings["shared_credentials_files"], json!(["/root-module/d"]));
    }

    #[test]
    fn without_the_sdk_only_plain_keys_are_taken() {
        let taken = |arguments: Value, environment: &[(&str, &str)]| {
            let (backend, around) = (backend(arguments), around(environment));
            let settings = settings(&backend, &around);
            credentials(&backend, &around, &settings).map(|_| ()).map_err(|error| error.class)
        };
        let keys = [("AWS_ACCESS_KEY_ID", "id"), ("AWS_SECRET_ACCESS_KEY", "not-a-secret")];
        assert_eq!(taken(json!({"access_key": "id", "secret_key": "not-a-secret"}), &[]), Ok(()));
        assert_eq!(taken(json!({}), &keys), Ok(()));
        assert_eq!(taken(json!({}), &[]), Err(Class::Denied));
        assert_eq!(taken(json!({"profile": "p"}), &keys), Err(Class::Unsupported));
        assert_eq!(taken(json!({"role_arn": "arn:r"}), &keys), Err(Class::Unsupported));
    }
}
