//! The HTTP under the object stores: no redirects, bounded answers, and what was refused remembered for the error.
//! Knows nothing of buckets, keys or states.

use crate::error::printable;
use futures::StreamExt;
use futures::future::BoxFuture;
use object_store::ClientOptions;
use object_store::client::{
    HttpClient, HttpConnector, HttpError, HttpErrorKind, HttpRequest, HttpResponse, HttpResponseBody, HttpService,
};
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use reqwest::{StatusCode, Url};
use serde::Deserialize;
use std::cell::RefCell;
use std::error::Error;
use std::future::Future;

/// The most bytes of a page of a list, or of an answer about credentials: a page has a thousand names of a kilobyte each.
const PAGE: usize = 16 << 20;
/// The most bytes that are read of what a server says when it refuses.
const REFUSAL: usize = 64 << 10;

tokio::task_local! {
    /// What the last call of this task was refused with. The library tells the address of a call and all that came back,
    /// which may hold what must not be shown.
    static REFUSED: RefCell<Option<Refused>>;
}

/// Runs a future, and returns what the last call in it was refused with.
pub(crate) async fn remembering<T>(future: impl Future<Output = T>) -> (T, Option<Refused>) {
    REFUSED
        .scope(RefCell::new(None), async {
            let value = future.await;
            (value, REFUSED.with(RefCell::take))
        })
        .await
}

fn remember(refused: Option<Refused>) {
    // Outside of `remembering` nobody asks.
    let _ = REFUSED.try_with(|slot| slot.replace(refused));
}

/// Why a call came to nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Refused {
    /// The server answered with no success.
    Answered {
        status: u16,
        /// As the service names it, for example `NoSuchBucket`; empty where it does not say.
        code: String,
        message: String,
        /// The region in which the bucket is (`x-amz-bucket-region`).
        region: Option<String>,
    },
    /// There was no answer from a host.
    Unanswered { host: String, cause: String, timed_out: bool },
}

/// A header's name and value.
pub(crate) type Header = (HeaderName, HeaderValue);

/// Marks requests for an object itself: the answer is passed on as it comes, whoever reads it counts the bytes. Holds headers
/// that the library has no setting for.
#[derive(Clone)]
pub(crate) struct OfObject(pub(crate) Vec<Header>);

/// The headers of an answer.
#[derive(Clone)]
pub(crate) struct Answered(pub(crate) HeaderMap);

/// Makes every client that the library asks for the same one.
#[derive(Debug, Clone)]
pub(crate) struct Transport(pub(crate) reqwest::Client);

impl HttpConnector for Transport {
    fn connect(&self, _: &ClientOptions) -> object_store::Result<HttpClient> {
        Ok(HttpClient::new(self.clone()))
    }
}

impl HttpService for Transport {
    fn call<'a, 'b>(&'a self, request: HttpRequest) -> BoxFuture<'b, Result<HttpResponse, HttpError>>
    where
        'a: 'b,
        Self: 'b,
    {
        Box::pin(self.exchange(request))
    }
}

impl Transport {
    async fn exchange(&self, mut request: HttpRequest) -> Result<HttpResponse, HttpError> {
        let host = request.uri().host().unwrap_or_default().to_owned();
        if Url::parse(&request.uri().to_string()).is_err() {
            return Err(unanswered(&host, HttpErrorKind::Unknown, "the endpoint is no address"));
        }
        let of_object = request.extensions_mut().remove::<OfObject>();
        for (name, value) in of_object.iter().flat_map(|own| &own.0) {
            request.headers_mut().insert(name, value.clone());
        }
        // The library's own adapter between its requests and those of the client.
        let response = HttpService::call(&self.0, request).await.inspect_err(|error| remember_error(&host, error))?;
        let (mut parts, body) = response.into_parts();
        parts.extensions.insert(Answered(parts.headers.clone()));
        if parts.status.is_success() && of_object.is_some() {
            remember(None);
            return Ok(HttpResponse::from_parts(parts, body));
        }
        let success = parts.status.is_success();
        let most = if success { PAGE } else { REFUSAL };
        let (bytes, whole) = bounded(body, most).await.inspect_err(|error| remember_error(&host, error))?;
        match success {
            true if whole => remember(None),
            true => {
                return Err(unanswered(&host, HttpErrorKind::Decode, "the answer is larger than any page of a list"));
            }
            false => remember(Some(refused(parts.status, &parts.headers, &bytes))),
        }
        Ok(HttpResponse::from_parts(parts, HttpResponseBody::from(bytes)))
    }
}

fn unanswered(host: &str, kind: HttpErrorKind, cause: &str) -> HttpError {
    let (host, why) = (printable(host), cause.to_owned());
    remember(Some(Refused::Unanswered { host, cause: why, timed_out: false }));
    HttpError::new(kind, std::io::Error::other(cause.to_owned()))
}

/// Keeps what lies deepest in an error: neither the address of the call, nor what it held.
fn remember_error(host: &str, error: &HttpError) {
    let (host, timed_out) = (printable(host), error.kind() == HttpErrorKind::Timeout);
    remember(Some(Refused::Unanswered { host, cause: deepest(error), timed_out }));
}

/// The text of the last error of a chain.
pub(crate) fn deepest(error: &(dyn Error + 'static)) -> String {
    let mut last = error;
    while let Some(source) = last.source() {
        last = source;
    }
    printable(&last.to_string())
}

/// The first bytes of a body, and whether those are all.
async fn bounded(body: HttpResponseBody, most: usize) -> Result<(Vec<u8>, bool), HttpError> {
    let mut bytes = Vec::new();
    let mut chunks = body.bytes_stream();
    while let Some(chunk) = chunks.next().await {
        let chunk = chunk?;
        let room = most - bytes.len();
        bytes.extend_from_slice(chunk.get(..room).unwrap_or(&chunk));
        if chunk.len() > room {
            return Ok((bytes, false));
        }
    }
    Ok((bytes, true))
}

/// A refusal of S3, of Google's XML API and of Azure.
#[derive(Deserialize, Default)]
#[serde(rename_all = "PascalCase", default)]
struct Xml {
    code: String,
    message: String,
}

/// A refusal of who gives out tokens (RFC 6749, section 5.2).
#[derive(Deserialize, Default)]
#[serde(default)]
struct Json {
    error: serde_json::Value,
    error_description: String,
}

fn refused(status: StatusCode, headers: &HeaderMap, body: &[u8]) -> Refused {
    let text = String::from_utf8_lossy(body);
    let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).map(printable);
    let (mut code, mut message) = match serde_json::from_str::<Json>(&text) {
        Ok(json) => (json.error.as_str().unwrap_or_default().to_owned(), json.error_description),
        Err(_) => {
            let xml: Xml = quick_xml::de::from_str(text.trim_start_matches('\u{feff}')).unwrap_or_default();
            (xml.code, xml.message)
        }
    };
    if code.is_empty() {
        // Azure's answers without a body.
        code = header("x-ms-error-code").unwrap_or_default();
    }
    // Azure writes the id of the request and the time below it.
    message.truncate(message.find('\n').unwrap_or(message.len()));
    Refused::Answered {
        status: status.as_u16(),
        code: printable(code.trim()),
        message: printable(message.trim()),
        region: header("x-amz-bucket-region"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refusals_are_read_in_every_form() {
        for (body, code, message) in [
            ("<Error><Code>NoSuchKey</Code><Message>m</Message><Key>k</Key></Error>", "NoSuchKey", "m"),
            (
                "\u{feff}<?xml version=\"1.0\"?><Error><Code>BlobNotFound</Code><Message>m\nRequestId:1</Message></Error>",
                "BlobNotFound",
                "m",
            ),
            (r#"{"error":"invalid_grant","error_description":"m"}"#, "invalid_grant", "m"),
            (r#"{"error":{"code":403}}"#, "", ""),
            ("<html><p>Welcome", "", ""),
            ("", "", ""),
        ] {
            let expected = Refused::Answered { status: 404, code: code.into(), message: message.into(), region: None };
            assert_eq!(refused(StatusCode::NOT_FOUND, &HeaderMap::new(), body.as_bytes()), expected, "{body}");
        }
    }
}
