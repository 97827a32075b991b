//! Tokens for Azure Storage that the library has no way to: out of a token of a pipeline, or from the command line's login.
//! Knows nothing of blobs.

use crate::error::printable;
use crate::web::{Ask, Client, Trust};
use crate::{Backend, Class, StoreError, Surroundings};
use futures::future::BoxFuture;
use object_store::CredentialProvider;
use object_store::azure::AzureCredential;
use reqwest::{Method, Url};
use serde_json::Value;
use std::process::Stdio;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

/// What a token is for.
const SCOPE: &str = "https://storage.azure.com/.default";
/// For whom a pipeline's token is made out (Microsoft identity platform, workload identity federation).
const AUDIENCE: &str = "api://AzureADTokenExchange";
/// The most bytes of an answer with a token.
const MOST: u64 = 1 << 20;
/// A token is asked for again so long before it expires.
const MARGIN: Duration = Duration::from_secs(120);

/// Where a token comes from.
pub(crate) enum Source {
    /// A pipeline's token is exchanged.
    Exchange { client: String, tenant: String, pipeline: Pipeline },
    /// `az account get-access-token`.
    Cli { tenant: Option<String> },
}

/// Where a pipeline's token comes from.
pub(crate) enum Pipeline {
    Given(String),
    /// The pipeline's own service makes one: its address, and the token that opens it.
    Asked {
        address: Url,
        token: String,
    },
}

impl Source {
    /// As the arguments and variables have it (internal/backend/remote-state/azure/backend.go).
    pub(crate) fn oidc(
        backend: &Backend,
        around: &Surroundings,
        client: &str,
        tenant: &str,
    ) -> Result<Self, StoreError> {
        let text = |name: &str, variables: &[&str]| {
            let variable = || variables.iter().find_map(|name| around.variable(name));
            backend.text(name).or_else(variable).map(str::to_owned)
        };
        let (client, tenant) = (client.to_owned(), tenant.to_owned());
        if let Some(token) = text("oidc_token", &["ARM_OIDC_TOKEN"]) {
            return Ok(Self::Exchange { client, tenant, pipeline: Pipeline::Given(token) });
        }
        let address = text("oidc_request_url", &["ARM_OIDC_REQUEST_URL", "ACTIONS_ID_TOKEN_REQUEST_URL"]);
        let token = text("oidc_request_token", &["ARM_OIDC_REQUEST_TOKEN", "ACTIONS_ID_TOKEN_REQUEST_TOKEN"]);
        let unset = |cause: &str| StoreError::new("azurerm backend", Class::Unset, cause);
        let Some((address, token)) = address.zip(token) else {
            return Err(unset("`use_oidc` needs a token, the path of one, or where to ask for one"));
        };
        let address = Url::parse(&address).map_err(|_| unset("`oidc_request_url` is no address"))?;
        Ok(Self::Exchange { client, tenant, pipeline: Pipeline::Asked { address, token } })
    }
}

/// A token that is asked for, and again before it expires.
pub(crate) struct Asked {
    source: Source,
    /// The address of who exchanges tokens.
    login: String,
    http: Client,
    around: Surroundings,
    cached: tokio::sync::Mutex<Option<(Arc<AzureCredential>, SystemTime)>>,
}

impl std::fmt::Debug for Asked {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Asked").field("login", &self.login).finish_non_exhaustive()
    }
}

fn denied(cause: impl AsRef<str>) -> StoreError {
    StoreError::new("azurerm backend", Class::Denied, cause)
}

impl Asked {
    pub(crate) fn new(source: Source, login: &str, around: &Surroundings) -> Result<Self, StoreError> {
        let http = Client::new("azurerm backend", around, &Trust::default())?;
        Ok(Self { source, login: login.to_owned(), http, around: around.clone(), cached: Default::default() })
    }

    async fn get(&self) -> Result<Arc<AzureCredential>, StoreError> {
        let mut cached = self.cached.lock().await;
        if let Some((credential, _)) = cached.as_ref().filter(|(_, expires)| *expires > SystemTime::now() + MARGIN) {
            return Ok(Arc::clone(credential));
        }
        let (token, lasts) = match &self.source {
            Source::Exchange { client, tenant, pipeline } => self.exchanged(client, tenant, pipeline).await?,
            Source::Cli { tenant } => self.of_command_line(tenant.as_deref()).await?,
        };
        let credential = Arc::new(AzureCredential::BearerToken(token));
        *cached = Some((Arc::clone(&credential), SystemTime::now() + lasts));
        Ok(credential)
    }

    /// Asks for JSON, and returns it with success only.
    async fn json(&self, ask: Ask, what: &str) -> Result<Value, StoreError> {
        let answer = self.http.ask(ask).await?;
        let body: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
        if answer.status.is_success() {
            return Ok(body);
        }
        let why = ["error_description", "error", "message"].iter().find_map(|name| body[*name].as_str());
        let why = why.and_then(|why| why.lines().next()).unwrap_or("it does not say why");
        Err(denied(format!("{what} is answered with status {}: {why}", answer.status.as_u16())))
    }

    /// A pipeline's token for one of Azure (Microsoft identity platform, client credentials flow with a federated
    /// credential).
    async fn exchanged(
        &self,
        client: &str,
        tenant: &str,
        pipeline: &Pipeline,
    ) -> Result<(String, Duration), StoreError> {
        let assertion = match pipeline {
            Pipeline::Given(token) => token.clone(),
            Pipeline::Asked { address, token } => {
                let mut address = address.clone();
                address.query_pairs_mut().append_pair("audience", AUDIENCE);
                let ask = Ask::get(address, MOST).header("authorization", &format!("Bearer {token}"));
                let answer = self.json(ask, "asking the pipeline for a token").await?;
                answer["value"].as_str().ok_or_else(|| denied("the pipeline gives no token"))?.to_owned()
            }
        };
        let mut form = Url::parse("https://form.invalid/").map_err(|_| denied("no form can be made"))?;
        form.query_pairs_mut()
            .append_pair("grant_type", "client_credentials")
            .append_pair("client_id", client)
            .append_pair("scope", SCOPE)
            .append_pair("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer")
            .append_pair("client_assertion", &assertion);
        let address = Url::parse(&format!("{}/{tenant}/oauth2/v2.0/token", self.login));
        let mut ask = Ask::get(address.map_err(|_| denied("`tenant_id` is no id of a tenant"))?, MOST)
            .header("content-type", "application/x-www-form-urlencoded");
        ask.method = Method::POST;
        ask.body = Some(form.query().unwrap_or_default().as_bytes().to_vec());
        let answer = self.json(ask, "exchanging the pipeline's token").await?;
        let token = answer["access_token"].as_str().ok_or_else(|| denied("there is no token in the answer"))?;
        Ok((token.to_owned(), Duration::from_secs(answer["expires_in"].as_u64().unwrap_or(300).min(86_400))))
    }

    /// The login of the command line. The library waits for it without end.
    async fn of_command_line(&self, tenant: Option<&str>) -> Result<(String, Duration), StoreError> {
        let hint = "sign in with `az login`, or set ARM_SAS_TOKEN or ARM_ACCESS_KEY";
        let program = if cfg!(windows) { "az.cmd" } else { "az" };
        let mut command = tokio::process::Command::new(program);
        command.args(["account", "get-access-token", "--output", "json", "--scope", SCOPE]);
        if let Some(tenant) = tenant {
            command.args(["--tenant", tenant]);
        }
        command.env_clear().envs(self.around.environment.iter());
        command.stdin(Stdio::null()).kill_on_drop(true);
        let output = tokio::time::timeout(self.around.patience, command.output()).await;
        let output = output
            .map_err(|_| StoreError::new("azurerm backend", Class::TimedOut, "`az` does not end in time"))?
            .map_err(|error| {
                denied(format!("no credentials are set, and `az` cannot be run: {error}")).with_hint(hint)
            })?;
        if !output.status.success() {
            let said = String::from_utf8_lossy(&output.stderr);
            let line = said.lines().find(|line| !line.trim().is_empty()).unwrap_or_default();
            return Err(denied(format!("`az account get-access-token` fails: {}", printable(line))).with_hint(hint));
        }
        let answer: Value = serde_json::from_slice(&output.stdout).unwrap_or_default();
        let token = answer["accessToken"].as_str().ok_or_else(|| denied("`az` gives no token").with_hint(hint))?;
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_secs();
        let lasts = answer["expires_on"].as_u64().map_or(300, |at| at.saturating_sub(now));
        Ok((token.to_owned(), Duration::from_secs(lasts.min(86_400))))
    }
}

impl CredentialProvider for Asked {
    type Credential = AzureCredential;

    fn get_credential<'a, 'b>(&'a self) -> BoxFuture<'b, object_store::Result<Arc<AzureCredential>>>
    where
        'a: 'b,
        Self: 'b,
    {
        Box::pin(async {
            self.get().await.map_err(|error| object_store::Error::Generic { store: "Azure", source: Box::new(error) })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::faults::{send, server};
    use super::*;
    use serde_json::json;

    fn around(environment: &[(&str, &str)]) -> Surroundings {
        let environment = environment.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect();
        Surroundings {
            environment: Arc::new(environment),
            directory: ".".into(),
            patience: Duration::from_secs(20),
            aws: None,
            may_run_programs: false,
        }
    }

    fn answer(stream: &mut std::net::TcpStream, status: &str, body: &Value) {
        let body = body.to_string();
        send(stream, &format!("{status}\r\nContent-Length: {}", body.len()), body.as_bytes());
    }

    fn token(credential: &AzureCredential) -> &str {
        match credential {
            AzureCredential::BearerToken(token) => token,
            _ => "",
        }
    }

    fn exchange(pipeline: &str) -> Source {
        let address = Url::parse(&format!("{pipeline}/token?api-version=2")).expect("an address");
        let pipeline = Pipeline::Asked { address, token: "opens".into() };
        Source::Exchange { client: "client".into(), tenant: "tenant".into(), pipeline }
    }

    fn pipeline() -> String {
        server(|stream, head| {
            let asked = head.starts_with("GET /token?api-version=2&audience=api%3A%2F%2FAzureADTokenExchange ")
                && head.to_lowercase().contains("authorization: bearer opens");
            match asked {
                true => answer(stream, "200 OK", &json!({"value": "of-pipeline"})),
                false => answer(stream, "403 Forbidden", &json!({})),
            }
        })
    }

    #[tokio::test]
    async fn tokens_of_pipelines_are_exchanged_once() {
        let asked = Arc::new(std::sync::atomic::AtomicUsize::new(0));
        let count = Arc::clone(&asked);
        let login = server(move |stream, head| {
            let mut body = vec![0; 4096];
            let read = std::io::Read::read(stream, &mut body).unwrap_or_default();
            let body = String::from_utf8_lossy(&body[..read]).into_owned();
            let fits = head.starts_with("POST /tenant/oauth2/v2.0/token ")
                && body.contains("client_id=client&")
                && body.contains("client_assertion=of-pipeline")
                && !head.contains("opens");
            count.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
            match fits {
                true => answer(stream, "200 OK", &json!({"access_token": "of-azure", "expires_in": 3600})),
                false => answer(stream, "400 Bad Request", &json!({"error": "invalid_request"})),
            }
        });
        let source = Asked::new(exchange(&pipeline()), &login, &around(&[])).expect("a source");
        for _ in 0..2 {
            assert_eq!(token(&source.get().await.expect("a token")), "of-azure");
        }
        assert_eq!(asked.load(std::sync::atomic::Ordering::SeqCst), 1);
    }

    #[tokio::test]
    async fn refused_tokens_say_why_and_show_nothing() {
        let body =
            json!({"error": "invalid_client", "error_description": "AADSTS700016: no such application\nTrace: 1"});
        let login = server(move |stream, _| answer(stream, "401 Unauthorized", &body));
        let error = Asked::new(exchange(&pipeline()), &login, &around(&[])).expect("a source").get().await;
        let error = error.expect_err("a refusal");
        assert_eq!(error.class, Class::Denied);
        assert!(error.cause.contains("AADSTS700016") && !error.cause.contains("Trace"), "{error}");
        assert!(!error.to_string().contains("of-pipeline"), "{error}");
    }

    #[cfg(unix)]
    #[tokio::test]
    async fn the_command_line_is_asked_and_need_not_be_there() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().to_string_lossy().into_owned();
        let source = || Asked::new(Source::Cli { tenant: Some("t".into()) }, "", &around(&[("PATH", &path)]));
        let error = source().expect("a source").get().await.expect_err("nobody to ask");
        assert_eq!(error.class, Class::Denied);
        assert!(error.hint.contains("az login"), "{error}");
        let program = folder.path().join("az");
        let text = "#!/bin/sh\n[ \"$*\" = \"account get-access-token --output json --scope \
                    https://storage.azure.com/.default --tenant t\" ] || exit 1\n\
                    echo '{\"accessToken\": \"of-az\", \"expires_on\": 4000000000}'\n";
        std::fs::write(&program, text).expect("a program");
        std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).expect("one that runs");
        assert_eq!(token(&source().expect("a source").get().await.expect("a token")), "of-az");
        std::fs::write(&program, "#!/bin/sh\necho 'Please run az login' >&2\nexit 1\n").expect("a program");
        let error = source().expect("a source").get().await.expect_err("not signed in");
        assert!(error.cause.contains("Please run az login"), "{error}");
    }
}
