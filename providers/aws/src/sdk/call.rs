//! Calls services that have no crate here: requests are built from names and values, answers are JSON values.
//! Signing, credentials, connections and retries are the SDK's own. Knows nothing of any service or resource type.

use super::answer::{Fields, from_xml};
use super::gap::gap;
use super::meter::MeteredClient;
use super::service::{Protocol, Service};
use aws_config::SdkConfig;
use aws_runtime::auth::sigv4::{SCHEME_ID, SigV4AuthScheme};
use aws_runtime::auth::{SigV4OperationSigningConfig, SigningOptions};
use aws_runtime::retries::classifiers::AwsErrorCodeClassifier;
use aws_sdk_ec2::config::Region;
use aws_smithy_runtime::client::identity::IdentityCache;
use aws_smithy_runtime::client::orchestrator::operation::Operation;
use aws_smithy_runtime::client::retries::classifiers::{HttpStatusCodeClassifier, TransientErrorClassifier};
use aws_smithy_runtime_api::client::auth::static_resolver::StaticAuthSchemeOptionResolver;
use aws_smithy_runtime_api::client::auth::{
    AuthSchemeOptionResolverParams, SharedAuthScheme, SharedAuthSchemeOptionResolver,
};
use aws_smithy_runtime_api::client::identity::SharedIdentityResolver;
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse, OrchestratorError};
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponentsBuilder;
use aws_smithy_runtime_api::client::runtime_plugin::StaticRuntimePlugin;
use aws_smithy_runtime_api::client::stalled_stream_protection::StalledStreamProtectionConfig;
use aws_smithy_runtime_api::http::Request;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::config_bag::Layer;
use aws_smithy_types::error::ErrorMetadata;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use aws_smithy_types::retry::RetryConfig;
use aws_smithy_types::timeout::TimeoutConfig;
use aws_types::SigningName;
use aws_types::region::SigningRegion;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use provider_api::{Gap, GapClass};
use serde_json::Value;
use std::fmt;

/// A request, before a service's protocol gives it its form.
#[derive(Debug, Clone)]
pub(crate) struct Ask {
    /// The operation's name, for example `ListQueues`.
    pub(super) operation: &'static str,
    /// Query protocol: the form's fields. JSON protocol: the members. REST protocols: the query string's.
    parameters: Value,
    /// REST protocols: the path, its variable parts percent-encoded.
    path: String,
}

impl Ask {
    /// A call without parameters.
    pub(crate) fn of(operation: &'static str) -> Self {
        Self { operation, parameters: Value::Object(serde_json::Map::new()), path: "/".to_owned() }
    }

    /// The same call with one more parameter. Lists of the query protocol are named as it names them: `Names.member.1`.
    pub(crate) fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        if let Some(parameters) = self.parameters.as_object_mut() {
            parameters.insert(name.to_owned(), value.into());
        }
        self
    }

    /// The same call at another path; for the REST protocols.
    pub(crate) fn at(self, path: impl Into<String>) -> Self {
        Self { path: path.into(), ..self }
    }

    /// What tells this request from any other of the same service.
    pub(super) fn key(&self) -> String {
        format!("{} {} {}", self.operation, self.path, self.parameters)
    }
}

/// The header in which S3 says where a bucket is, when it is asked in another region.
const BUCKET_REGION: &str = "x-amz-bucket-region";

/// Why a call failed: what the service said, and the gap that it leaves.
#[derive(Debug, Clone)]
pub(crate) struct Failure {
    code: Option<String>,
    bucket_region: Option<String>,
    gap: Gap,
}

impl Failure {
    /// Whether the service answered with one of these codes, for example that the object does not exist.
    pub(crate) fn is(&self, codes: &[&str]) -> bool {
        self.code.as_deref().is_some_and(|code| codes.contains(&code))
    }

    /// The region in which the bucket is, where it was asked for in another.
    pub(super) fn bucket_region(&self) -> Option<&str> {
        self.bucket_region.as_deref()
    }

    /// Why.
    pub(super) fn gap(&self) -> &Gap {
        &self.gap
    }

    /// Whether the service's message holds these words, where its code alone says too little.
    pub(crate) fn says(&self, words: &str) -> bool {
        self.gap.cause.contains(words)
    }
}

impl Failure {
    /// A call that was not made.
    pub(super) fn refused(cause: &str) -> Self {
        Self {
            code: None,
            bucket_region: None,
            gap: Gap { ids: Vec::new(), class: GapClass::Failed, cause: cause.to_owned() },
        }
    }
}

impl From<Failure> for Gap {
    fn from(failure: Failure) -> Self {
        failure.gap
    }
}

/// What a service says when it refuses.
#[derive(Debug)]
pub(crate) struct Refusal(ErrorMetadata);

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl std::error::Error for Refusal {}

impl ProvideErrorMetadata for Refusal {
    fn meta(&self) -> &ErrorMetadata {
        &self.0
    }
}

/// One service of one account and region.
#[derive(Debug, Clone)]
pub(super) struct Client {
    region: String,
    operation: Operation<Ask, Value, Refusal>,
}

impl Client {
    /// `endpoint` and `region` are where requests go and what they are signed for.
    pub(super) fn new(
        service: &'static Service,
        config: &SdkConfig,
        (endpoint, region): (&str, &str),
        http: MeteredClient,
        timeouts: TimeoutConfig,
    ) -> Self {
        let protocol = service.protocol;
        let mut builder = Operation::builder()
            .service_name(service.name)
            .operation_name("read")
            .endpoint_url(endpoint)
            .http_client(http)
            .standard_retry(&config.retry_config().cloned().unwrap_or_else(RetryConfig::standard))
            .retry_classifier(AwsErrorCodeClassifier::<Refusal>::new())
            .retry_classifier(TransientErrorClassifier::<Refusal>::new())
            .retry_classifier(HttpStatusCodeClassifier::default())
            .timeout_config(timeouts)
            .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
            .runtime_plugin(signing(service, config, region));
        if let Some(sleep) = config.sleep_impl() {
            builder = builder.sleep_impl(sleep);
        }
        if let Some(time) = config.time_source() {
            builder = builder.time_source(time);
        }
        let operation = builder
            .serializer(move |ask: Ask| request(protocol, &ask))
            .deserializer(move |response: &HttpResponse| answer(protocol, response))
            .build();
        Self { region: region.to_owned(), operation }
    }

    /// Makes one call.
    pub(super) async fn call(&self, ask: Ask) -> Result<Value, Failure> {
        let operation = ask.operation;
        self.operation.invoke(ask).await.map_err(|error| failure(operation, &self.region, &error))
    }
}

fn failure(operation: &str, region: &str, error: &SdkError<Refusal, HttpResponse>) -> Failure {
    let code = error.as_service_error().and_then(|refusal| refusal.0.code()).map(str::to_owned);
    let bucket_region = error.as_service_error().and_then(|refusal| refusal.0.extra(BUCKET_REGION)).map(str::to_owned);
    Failure { code, bucket_region, gap: gap(operation, region, error) }
}

/// Signature version 4 with the configuration's credentials.
fn signing(service: &Service, config: &SdkConfig, region: &str) -> StaticRuntimePlugin {
    let mut layer = Layer::new("signing");
    let mut options = SigningOptions::default();
    if service.name == "s3" {
        // It signs its path as it is, and wants the digest of the body (Signature Version 4, "Create a canonical request").
        options.double_uri_encode = false;
        options.normalize_uri_path = false;
        options.content_sha256_header = true;
    }
    layer.store_put(SigV4OperationSigningConfig {
        region: Some(SigningRegion::from(Region::new(region.to_owned()))),
        name: Some(SigningName::from(service.signing_name)),
        signing_options: options,
        ..SigV4OperationSigningConfig::default()
    });
    layer.store_put(AuthSchemeOptionResolverParams::new(()));
    let mut components = RuntimeComponentsBuilder::new("signing");
    components.push_auth_scheme(SharedAuthScheme::new(SigV4AuthScheme::new()));
    components.set_auth_scheme_option_resolver(Some(SharedAuthSchemeOptionResolver::new(
        StaticAuthSchemeOptionResolver::new(vec![SCHEME_ID]),
    )));
    match config.identity_cache() {
        Some(cache) => components.set_identity_cache(Some(cache)),
        None => components.set_identity_cache(Some(IdentityCache::lazy().build())),
    };
    if let Some(credentials) = config.credentials_provider() {
        components.set_identity_resolver(SCHEME_ID, SharedIdentityResolver::new(credentials));
    }
    StaticRuntimePlugin::new().with_config(layer.freeze()).with_runtime_components(components)
}

type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// The request in the service's protocol.
fn request(protocol: Protocol, ask: &Ask) -> Result<HttpRequest, BoxError> {
    let form = |parameters: &Value| {
        let pairs = parameters.as_object().into_iter().flatten().map(|(name, value)| match value {
            Value::String(text) => format!("{}={}", encoded(name), encoded(text)),
            Value::Null => encoded(name),
            other => format!("{}={}", encoded(name), encoded(&other.to_string())),
        });
        pairs.collect::<Vec<_>>().join("&")
    };
    let (method, uri, content_type, body) = match protocol {
        Protocol::Query(version) => {
            let form = form(&ask.parameters);
            let rest = if form.is_empty() { form } else { format!("&{form}") };
            let body = format!("Action={}&Version={version}{rest}", ask.operation);
            ("POST", "/".to_owned(), Some("application/x-www-form-urlencoded".to_owned()), body)
        }
        Protocol::Json(version, _) => {
            ("POST", "/".to_owned(), Some(format!("application/x-amz-json-{version}")), ask.parameters.to_string())
        }
        Protocol::RestJson | Protocol::RestXml | Protocol::RestBytes => {
            let query = form(&ask.parameters);
            let uri = if query.is_empty() { ask.path.clone() } else { format!("{}?{query}", ask.path) };
            ("GET", uri, None, String::new())
        }
    };
    let length = body.len();
    let mut request = Request::new(SdkBody::from(body));
    request.set_method(method)?;
    request.set_uri(uri)?;
    if let Some(content_type) = content_type {
        request.headers_mut().try_insert("content-type", content_type)?;
        request.headers_mut().try_insert("content-length", length.to_string())?;
    }
    if let Protocol::Json(_, target) = protocol {
        request.headers_mut().try_insert("x-amz-target", format!("{target}.{}", ask.operation))?;
    }
    Ok(request)
}

/// Percent-encodes all but what RFC 3986 calls unreserved.
pub(crate) fn encoded(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => plain.push(char::from(byte)),
            other => plain.push_str(&format!("%{other:02X}")),
        }
    }
    plain
}

/// The answer, or what the service says instead.
fn answer(protocol: Protocol, response: &HttpResponse) -> Result<Value, OrchestratorError<Refusal>> {
    if protocol == Protocol::RestBytes && response.status().is_success() {
        return Ok(Value::from(BASE64_STANDARD.encode(response.body().bytes().unwrap_or_default())));
    }
    let body = std::str::from_utf8(response.body().bytes().unwrap_or_default()).unwrap_or_default();
    let parsed = match protocol {
        _ if body.trim().is_empty() => Ok(Value::Object(serde_json::Map::new())),
        Protocol::Json(..) | Protocol::RestJson => serde_json::from_str(body).map_err(|error| error.to_string()),
        // S3 answers with a bare policy, which is JSON.
        Protocol::RestXml if body.trim_start().starts_with('{') => Ok(Value::from(body)),
        Protocol::Query(_) | Protocol::RestXml | Protocol::RestBytes => from_xml(body),
    };
    if response.status().is_success() {
        return parsed.map_err(|cause| OrchestratorError::response(cause.into()));
    }
    let header = response.headers().get("x-amzn-errortype").or_else(|| response.headers().get("x-amzn-query-error"));
    let region = response.headers().get(BUCKET_REGION);
    Err(OrchestratorError::operation(refusal(header, region, &parsed.unwrap_or_default())))
}

/// The code and message of a refusal: `Error.Code` in XML, `__type` or `code` in JSON, or a header. JSON prefixes codes with
/// a name space and `#`, the header suffixes them with `:` and an address (Smithy, "AWS JSON 1.1 protocol", error codes).
fn refusal(header: Option<&str>, bucket_region: Option<&str>, body: &Value) -> Refusal {
    let code = ["Error.Code", "Errors.Error.Code", "Code", "__type", "code"]
        .iter()
        .find_map(|path| body.text(path))
        .or(header);
    let message =
        ["Error.Message", "Errors.Error.Message", "Message", "message"].iter().find_map(|path| body.text(path));
    let mut metadata = ErrorMetadata::builder();
    if let Some(code) = code {
        let code = code.rsplit('#').next().unwrap_or(code);
        metadata = metadata.code(code.split([':', ';']).next().unwrap_or(code));
    }
    if let Some(message) = message {
        metadata = metadata.message(message);
    }
    if let Some(region) = bucket_region {
        metadata = metadata.custom(BUCKET_REGION, region);
    }
    Refusal(metadata.build())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn sent(protocol: Protocol, ask: &Ask) -> (String, String, String) {
        let request = request(protocol, ask).expect("a request");
        let body = String::from_utf8_lossy(request.body().bytes().unwrap_or_default()).into_owned();
        (request.method().to_owned(), request.uri().to_owned(), body)
    }

    #[test]
    fn requests_take_the_form_of_their_protocol() {
        let ask = Ask::of("ListThings").with("Name", "a b&c/é").with("Max", 5);
        let form = "Max=5&Name=a%20b%26c%2F%C3%A9";
        assert_eq!(
            sent(Protocol::Query("2010-05-08"), &ask),
            ("POST".into(), "/".into(), format!("Action=ListThings&Version=2010-05-08&{form}"))
        );
        assert_eq!(
            sent(Protocol::Json("1.1", "T"), &ask),
            ("POST".into(), "/".into(), r#"{"Max":5,"Name":"a b&c/é"}"#.into())
        );
    }

    #[test]
    fn refusals_are_read_in_every_form() {
        for (header, body, code) in [
            (None, json!({"Error": {"Code": "NoSuchEntity", "Message": "m"}}), Some("NoSuchEntity")),
            (None, json!({"__type": "com.amazonaws.sqs#QueueDoesNotExist", "message": "m"}), Some("QueueDoesNotExist")),
            (Some("ResourceNotFoundException:http://x/"), json!({"Message": "m"}), Some("ResourceNotFoundException")),
            (None, Value::Null, None),
        ] {
            assert_eq!(refusal(header, None, &body).0.code(), code, "{body}");
        }
    }
}
