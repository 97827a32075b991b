//! Why a call to AWS failed, as a gap.
//! Knows nothing of what the call was to read.

use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use provider_api::{Gap, GapClass};
use std::error::Error;

/// Longest cause, in characters.
const MAX_CAUSE: usize = 400;

/// Codes of refused calls: no permission, or credentials that are not accepted.
const DENIED: &[&str] = &[
    "AccessDenied",
    "AccessDeniedException",
    "AuthFailure",
    "Blocked",
    "ExpiredToken",
    "ExpiredTokenException",
    "IncompleteSignature",
    "InvalidClientTokenId",
    "MissingAuthenticationToken",
    "NotAuthorized",
    "OptInRequired",
    "PendingVerification",
    "RequestExpired",
    "SignatureDoesNotMatch",
    "UnauthorizedOperation",
    "UnrecognizedClientException",
];

/// Codes of calls that came too fast.
const THROTTLED: &[&str] = &[
    "BandwidthLimitExceeded",
    "EC2ThrottledException",
    "PriorRequestNotComplete",
    "RequestLimitExceeded",
    "RequestThrottled",
    "RequestThrottledException",
    "SlowDown",
    "Throttling",
    "ThrottlingException",
    "TooManyRequestsException",
];

/// Codes of calls that the service or the region does not know.
const UNSUPPORTED: &[&str] = &["InvalidAction", "NotImplemented", "UnknownOperationException", "UnsupportedOperation"];

/// The gap that a failed call leaves. `call` is the operation, `region` where it was made.
pub(crate) fn gap<E>(call: &str, region: &str, error: &SdkError<E, HttpResponse>) -> Gap
where
    E: ProvideErrorMetadata + Error + 'static,
{
    let (class, cause) = match error {
        SdkError::ServiceError(service) => {
            let status = service.raw().status().as_u16();
            let metadata = service.err().meta();
            match metadata.code() {
                Some(code) => {
                    let message = metadata.message().unwrap_or_default();
                    (class_of_code(code, status), format!("{code}: {}", without_authorization_blob(message)))
                }
                None => (class_of_status(status), unreadable(status)),
            }
        }
        SdkError::ResponseError(response) => {
            let status = response.raw().status().as_u16();
            (class_of_status(status), unreadable(status))
        }
        SdkError::TimeoutError(_) => (GapClass::TimedOut, "no answer in time".to_owned()),
        SdkError::DispatchFailure(failure) if failure.is_timeout() => {
            (GapClass::TimedOut, "no answer in time".to_owned())
        }
        // A credentials chain that yields none fails in the same place as a connection that breaks.
        SdkError::DispatchFailure(_) if speaks_of_credentials(error) => (GapClass::Denied, credentials_cause(error)),
        _ => (GapClass::Failed, root_cause(error)),
    };
    Gap { ids: Vec::new(), class, cause: printable(&format!("{call} in {region}: {cause}")) }
}

/// An HTML page of a proxy, a truncated document.
fn unreadable(status: u16) -> String {
    format!("HTTP {status} with an answer that is not the service's")
}

fn class_of_code(code: &str, status: u16) -> GapClass {
    // Codes come with suffixes in places: `AuthFailure.ServiceLinkedRoleCreationNotPermitted`.
    let stem = code.split('.').next().unwrap_or(code);
    match stem {
        _ if DENIED.contains(&stem) => GapClass::Denied,
        _ if THROTTLED.contains(&stem) => GapClass::Throttled,
        _ if UNSUPPORTED.contains(&stem) => GapClass::Unsupported,
        _ => class_of_status(status),
    }
}

fn class_of_status(status: u16) -> GapClass {
    match status {
        401 | 403 => GapClass::Denied,
        404 | 405 | 501 => GapClass::Unsupported,
        429 => GapClass::Throttled,
        408 | 504 => GapClass::TimedOut,
        _ => GapClass::Failed,
    }
}

/// EC2 appends an encoded blob to its refusals. It tells people nothing and names resources to those who can decode it.
fn without_authorization_blob(message: &str) -> &str {
    message.split("Encoded authorization failure message").next().unwrap_or_default().trim_end()
}

/// Why there are no credentials. The SDK lists all that it tried, one a line.
/// Whether anything in the chain of causes is about credentials; the SDK's own types for it are not public.
fn speaks_of_credentials(error: &dyn Error) -> bool {
    let mut next = Some(error);
    for _ in 0..16 {
        let Some(error) = next else { return false };
        let text = error.to_string().to_lowercase();
        if text.contains("credential") || text.contains("identity") {
            return true;
        }
        next = error.source();
    }
    false
}

pub(super) fn credentials_cause(error: &dyn Error) -> String {
    let cause = root_cause(error);
    match cause.contains("no credentials found in chain") {
        true => "no credentials found; sign in, or name a profile in the provider block or in AWS_PROFILE".to_owned(),
        false => format!("the credentials cannot be loaded: {}", cause.lines().next().unwrap_or_default()),
    }
}

/// The innermost cause and the one around it: the outer ones only say that something failed.
fn root_cause(error: &dyn Error) -> String {
    let mut texts = Vec::new();
    let mut next = Some(error);
    while let Some(error) = next.filter(|_| texts.len() < 16) {
        texts.push(error.to_string());
        next = error.source();
    }
    texts.dedup();
    let from = texts.len().saturating_sub(2);
    texts[from..].join(": ")
}

/// A text on one line, without control characters, of bounded length.
pub(crate) fn printable(text: &str) -> String {
    let mut line: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(MAX_CAUSE).collect();
    if text.chars().nth(MAX_CAUSE).is_some() {
        line.push('…');
    }
    line.trim_end().to_owned()
}
