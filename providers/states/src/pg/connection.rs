//! A session with PostgreSQL: connecting, reading only, and what its failures mean.
//! Knows nothing of states.

use super::bounded::{Bounded, TOO_LARGE};
use super::settings::{Mode, Server, Settings};
use super::tls;
use crate::{Class, MAX_BYTES, StoreError};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::task::JoinHandle;
use tokio_postgres::config::SslMode;
use tokio_postgres::tls::MakeTlsConnect;
use tokio_postgres::{Client, Config, Error};
use tokio_postgres_rustls::MakeRustlsConnect;

/// What a session may bring beside a state: names of workspaces, the protocol, TLS.
const SLACK: u64 = 64 << 20;
/// How long the farewell may take.
const FAREWELL: Duration = Duration::from_secs(1);

/// An open session.
pub(super) struct Session {
    client: Client,
    task: Driver,
}

impl Session {
    /// Connects to the first server that answers, and begins to read.
    pub(super) async fn open(settings: &Settings, patience: Duration, place: &str) -> Result<Self, StoreError> {
        let session = Self::connect(settings, place).await?;
        Self::begin(&session.client, patience, place).await?;
        Ok(session)
    }

    async fn connect(settings: &Settings, place: &str) -> Result<Self, StoreError> {
        let mut last = StoreError::new(place, Class::Unset, "no server is named");
        for server in &settings.servers {
            let modes: &[Mode] = match settings.mode {
                Mode::Allow => &[Mode::Disable, Mode::Require],
                _ => std::slice::from_ref(&settings.mode),
            };
            for mode in modes {
                match Self::reach(settings, server, *mode, place).await {
                    Ok(session) => return Ok(session),
                    Err(error) => last = error,
                }
            }
        }
        Err(last)
    }

    async fn reach(settings: &Settings, server: &Server, mode: Mode, place: &str) -> Result<Self, StoreError> {
        #[cfg(unix)]
        if server.is_socket() {
            let path = format!("{}/.s.PGSQL.{}", server.host, server.port);
            let stream = match path.strip_prefix('@') {
                Some(_) => Err(std::io::Error::new(std::io::ErrorKind::Unsupported, "a socket without a file")),
                None => tokio::net::UnixStream::connect(&path).await,
            };
            let stream = stream.map_err(|error| unreachable(place, server, &error))?;
            return Self::greet(settings, server, mode, place, stream).await;
        }
        let address = server.address.as_deref().unwrap_or(&server.host);
        let stream = tokio::net::TcpStream::connect((address, server.port)).await;
        let stream = stream.map_err(|error| unreachable(place, server, &error))?;
        Self::greet(settings, server, mode, place, stream).await
    }

    async fn greet<S>(
        settings: &Settings,
        server: &Server,
        mode: Mode,
        place: &str,
        stream: S,
    ) -> Result<Self, StoreError>
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let unset = |cause: String| StoreError::new(place, Class::Unset, cause);
        let mut config = Config::new();
        config.user(&settings.user).dbname(&settings.database).application_name("driftline");
        if let Some(password) = &settings.password {
            config.password(password);
        }
        if let Some(options) = &settings.options {
            config.options(options);
        }
        config.ssl_mode(match mode {
            Mode::Disable => SslMode::Disable,
            Mode::Prefer => SslMode::Prefer,
            _ => SslMode::Require,
        });
        let mut tls = MakeRustlsConnect::new(tls::config(settings).map_err(unset)?);
        // A name that no certificate can have matters only where the name is checked.
        let name = if mode == Mode::VerifyFull || !server.is_socket() { server.host.as_str() } else { "localhost" };
        let tls = MakeTlsConnect::<Bounded<S>>::make_tls_connect(&mut tls, name)
            .map_err(|_| unset("its host is no name that a certificate can have".into()))?;
        let stream = Bounded { stream, left: MAX_BYTES + SLACK };
        let greeted = config.connect_raw(stream, tls).await;
        let (client, connection) = greeted.map_err(|error| meaning(place, "connecting", &error))?;
        let task = tokio::spawn(async move {
            // What breaks it is told to the query that waits.
            let _ = connection.await;
        });
        Ok(Self { client, task: Driver(task) })
    }

    /// Begins a transaction that cannot write and sees one moment; it ends with the session.
    async fn begin(client: &Client, patience: Duration, place: &str) -> Result<(), StoreError> {
        let milliseconds = patience.as_millis().clamp(1, 3_600_000);
        let begin = format!(
            "BEGIN TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY; SET LOCAL statement_timeout = {milliseconds}"
        );
        client.batch_execute(&begin).await.map_err(|error| meaning(place, "BEGIN", &error))
    }

    /// What queries are sent to.
    pub(super) fn client(&self) -> &Client {
        &self.client
    }

    /// Says goodbye, so that the server notes no broken connection.
    pub(super) async fn close(self) {
        let Self { client, mut task } = self;
        drop(client);
        let _ = tokio::time::timeout(FAREWELL, &mut task.0).await;
    }
}

/// What drives a connection; ends with whoever waits for it.
struct Driver(JoinHandle<()>);

impl Drop for Driver {
    fn drop(&mut self) {
        self.0.abort();
    }
}

fn unreachable(place: &str, server: &Server, error: &std::io::Error) -> StoreError {
    let name = if server.is_socket() { "the socket" } else { "the server" };
    StoreError::new(place, Class::Failed, format!("{name} cannot be reached: {error}"))
        .with_hint("check the connection string, and that the server can be reached from here")
}

/// What a failure of PostgreSQL means. SQLSTATE codes: PostgreSQL, appendix A.
pub(super) fn meaning(place: &str, call: &str, error: &Error) -> StoreError {
    if let Some(refusal) = error.as_db_error() {
        let class = match refusal.code().code() {
            "28P01" | "28000" | "42501" => Class::Denied,
            "3D000" => Class::NotFound,
            "57014" | "55P03" => Class::TimedOut,
            _ => Class::Failed,
        };
        let cause = format!("{call} is refused: {} (SQLSTATE {})", refusal.message(), refusal.code().code());
        let error = StoreError::new(place, class, cause);
        return match class {
            Class::Denied => error.with_hint("grant USAGE on its schema and SELECT on its table; no more is needed"),
            _ => error,
        };
    }
    let mut texts = vec![error.to_string()];
    let mut source = std::error::Error::source(error);
    while let Some(error) = source {
        texts.push(error.to_string());
        source = error.source();
    }
    let cause = texts.last().map_or("", String::as_str);
    if cause.contains(TOO_LARGE) {
        return StoreError::new(place, Class::TooLarge, format!("the answer has more than {} MiB", MAX_BYTES >> 20));
    }
    let failed = StoreError::new(place, Class::Failed, format!("{call} fails: {cause}"));
    if cause.contains("certificate") {
        return failed.with_hint("name its certificate authority by `sslrootcert` in the connection string");
    }
    if cause.contains("does not support TLS") {
        return failed.with_hint("set `sslmode` in the connection string; without one, Terraform wants TLS too");
    }
    failed
}

/// Whether a failure says that the table, or its schema, is not there.
pub(super) fn is_no_table(error: &Error) -> bool {
    error.code().is_some_and(|code| matches!(code.code(), "42P01" | "3F000"))
}
