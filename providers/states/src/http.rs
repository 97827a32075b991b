//! The http backend: one address that answers with the state; GitLab's managed states are kept behind it too.
//! Knows nothing of what a state says.

use crate::web::{Answer, Ask, Client, Trust};
use crate::{Backend, Class, DEFAULT_WORKSPACE, Kept, MAX_BYTES, Store, StoreError, Surroundings};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use futures::future::BoxFuture;
use md5::{Digest, Md5};
use reqwest::Url;
use reqwest::header::{HeaderName, HeaderValue};
use std::sync::{Mutex, PoisonError};

/// Opens it. Sends nothing yet. The arguments, and the variables that stand in for them, are those of
/// internal/backend/remote-state/http/backend.go; `headers` is OpenTofu's. Addresses and methods to write and lock are not
/// used.
pub(crate) fn open(backend: &Backend, around: &Surroundings) -> Result<Box<dyn Store>, StoreError> {
    let given = |name: &str| {
        let variable = format!("TF_HTTP_{}", name.to_uppercase());
        backend.text(name).or_else(|| around.variable(&variable)).map(str::to_owned)
    };
    let Some(address) = given("address") else {
        return Err(unset("it has no `address`, and TF_HTTP_ADDRESS is not set"));
    };
    let mut url = Url::parse(&address).map_err(|_| unset("its `address` is no address"))?;
    if !matches!(url.scheme(), "http" | "https") || url.host_str().is_none() {
        return Err(unset("its `address` is none of http:// or https://"));
    }
    let user = given("username").map(|name| (name, given("password").unwrap_or_default()));
    let user = user.or_else(|| take_user(&mut url));
    url.set_fragment(None);
    let place = shown(&url);
    let headers = headers(backend, user)?;
    let client = Client::new(&place, around, &trust(backend, &given)?)?;
    Ok(Box::new(Http { client, url, headers, place, tag: Mutex::new(None) }))
}

fn unset(cause: &str) -> StoreError {
    StoreError::new("http backend", Class::Unset, cause)
}

/// An address without what may be secret in it: its user and its query.
fn shown(url: &Url) -> String {
    format!("{}{}", url.origin().ascii_serialization(), url.path())
}

/// The user that an address names, who is taken out of it (Go's net/http sends them as basic authentication too).
fn take_user(url: &mut Url) -> Option<(String, String)> {
    let (name, password) = (decoded(url.username()), decoded(url.password().unwrap_or_default()));
    let _ = (url.set_username(""), url.set_password(None));
    (!name.is_empty()).then_some((name, password))
}

/// A part of an address without percent signs.
fn decoded(part: &str) -> String {
    crate::place::decoded(part).unwrap_or_else(|| part.to_owned())
}

/// How the server is known, and how it knows us.
fn trust(backend: &Backend, given: &dyn Fn(&str) -> Option<String>) -> Result<Trust, StoreError> {
    let identity = match (given("client_certificate_pem"), given("client_private_key_pem")) {
        (Some(certificate), Some(key)) => Some(format!("{certificate}\n{key}\n").into_bytes()),
        (None, None) => None,
        (Some(_), None) => return Err(unset("`client_certificate_pem` is set, and `client_private_key_pem` is not")),
        (None, Some(_)) => return Err(unset("`client_private_key_pem` is set, and `client_certificate_pem` is not")),
    };
    Ok(Trust {
        authorities: given("client_ca_certificate_pem").map(String::into_bytes),
        identity,
        any: backend.flag("skip_cert_verification"),
    })
}

/// The headers of the block, and who asks (OpenTofu's http/backend.go, `configure`).
fn headers(backend: &Backend, user: Option<(String, String)>) -> Result<Vec<(String, String)>, StoreError> {
    let mut headers = Vec::new();
    for (name, value) in backend.blocks("headers").into_iter().flatten() {
        let value = value.as_str().unwrap_or_default();
        if name.parse::<HeaderName>().is_err() || value.is_empty() || value.parse::<HeaderValue>().is_err() {
            return Err(unset(&format!("`headers` has `{name}`, which cannot be sent")));
        }
        match name.to_lowercase().as_str() {
            "content-type" | "content-md5" => return Err(unset(&format!("`headers` has `{name}`, which is reserved"))),
            "authorization" if user.is_some() => {
                return Err(unset("`headers` has `Authorization`, and there is a user name too"));
            }
            _ => headers.push((name.clone(), value.to_owned())),
        }
    }
    if let Some((name, password)) = user {
        headers.push(("Authorization".into(), format!("Basic {}", STANDARD.encode(format!("{name}:{password}")))));
    }
    Ok(headers)
}

struct Http {
    client: Client,
    url: Url,
    headers: Vec<(String, String)>,
    place: String,
    /// The entity tag of what was read last, by which it is asked whether it has changed.
    tag: Mutex<Option<String>>,
}

impl Http {
    fn error(&self, class: Class, cause: &str) -> StoreError {
        StoreError::new(&self.place, class, cause)
    }

    async fn get(&self, unless: Option<&str>) -> Result<Answer, StoreError> {
        let mut ask = Ask::get(self.url.clone(), MAX_BYTES);
        for (name, value) in &self.headers {
            ask = ask.header(name, value);
        }
        if let Some(tag) = unless {
            ask = ask.header("If-None-Match", tag);
        }
        self.client.ask(ask).await
    }

    /// What an answer says is kept (internal/backend/remote-state/http/client.go, `Get`).
    fn kept(&self, answer: Answer) -> Result<Kept, StoreError> {
        match answer.status.as_u16() {
            200 if answer.body.is_empty() => return Ok(Kept::default()),
            200 => {}
            404 if is_no_project(&answer.body) => {
                let cause = "GitLab knows no such project, or does not show it to this user";
                let hint =
                    "check the project in `address`, and give the token the scope `read_api` and its user a role there";
                return Err(self.error(Class::Denied, cause).with_hint(hint));
            }
            204 | 404 => return Ok(Kept::default()),
            401 => return Err(self.error(Class::Denied, "GET is answered with status 401: it wants to know who asks")),
            403 => {
                return Err(self.error(Class::Denied, "GET is answered with status 403: whoever asks may not read it"));
            }
            other => return Err(self.error(Class::Failed, &format!("GET is answered with status {other}"))),
        }
        if let Some(coding) = answer.header("Content-Encoding").filter(|coding| *coding != "identity") {
            return Err(
                self.error(Class::Damaged, &format!("the answer is packed by {coding}, which was not asked for"))
            );
        }
        let checked_by = match answer.headers.get("Content-MD5") {
            Some(sum) => Some(self.checked(sum.to_str().unwrap_or_default(), &answer.body)?),
            None => None,
        };
        let modified_at = answer.header("Last-Modified").and_then(|time| jiff::fmt::rfc2822::parse(time).ok());
        Ok(Kept {
            stamp: strong_tag(&answer),
            modified_at: modified_at.map(|time| time.timestamp().to_string()),
            checked_by,
            bytes: Some(answer.body),
            ..Kept::default()
        })
    }

    /// Checks the checksum that the server sent: 16 bytes as base64 (RFC 1864), or in hexadecimal, as some servers have it.
    fn checked(&self, sum: &str, body: &[u8]) -> Result<String, StoreError> {
        let digest = Md5::digest(body);
        let hexadecimal = digest.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
        if sum.trim() == STANDARD.encode(digest) || sum.trim().eq_ignore_ascii_case(&hexadecimal) {
            return Ok("Content-MD5".into());
        }
        Err(self.error(Class::Damaged, "its bytes are not those whose checksum the header Content-MD5 has"))
    }
}

/// GitLab answers 404 both where a project has no state yet and where there is no project for this user; the message tells.
fn is_no_project(body: &[u8]) -> bool {
    let body: serde_json::Value = serde_json::from_slice(body).unwrap_or_default();
    body["message"].as_str().is_some_and(|message| message == "404 Project Not Found")
}

/// An entity tag that changes with every byte; a weak one (RFC 9110, 8.8.1) does not.
fn strong_tag(answer: &Answer) -> Option<String> {
    answer.header("ETag").filter(|tag| tag.starts_with('"')).map(str::to_owned)
}

impl Store for Http {
    fn place(&self, _: &str) -> String {
        crate::error::printable(&self.place)
    }

    /// This backend has no workspaces (`ErrWorkspacesNotSupported`).
    fn workspaces(&self) -> BoxFuture<'_, Result<Vec<String>, StoreError>> {
        Box::pin(async { Ok(vec![DEFAULT_WORKSPACE.to_owned()]) })
    }

    fn read<'a>(&'a self, workspace: &'a str) -> BoxFuture<'a, Result<Kept, StoreError>> {
        Box::pin(async move {
            if workspace != DEFAULT_WORKSPACE {
                return Err(self.error(Class::Unset, "the http backend has no workspaces"));
            }
            let mut kept = self.kept(self.get(None).await?)?;
            // Nobody can be asked for the lock: this protocol only takes it.
            kept.lock_unread = Some("the http backend does not tell".into());
            *self.tag.lock().unwrap_or_else(PoisonError::into_inner) = kept.stamp.clone();
            Ok(kept)
        })
    }

    fn stamp<'a>(&'a self, _: &'a str) -> BoxFuture<'a, Result<Option<String>, StoreError>> {
        Box::pin(async {
            let last = self.tag.lock().unwrap_or_else(PoisonError::into_inner).clone();
            let Some(last) = last else { return Ok(None) };
            let answer = self.get(Some(&last)).await?;
            if answer.status.as_u16() == 304 {
                return Ok(Some(last));
            }
            Ok(self.kept(answer)?.stamp)
        })
    }
}

#[cfg(test)]
mod tests;
