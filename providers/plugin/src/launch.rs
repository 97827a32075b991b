//! Starts a verified provider, takes its handshake, connects, and ends it.
//! Knows nothing of what is asked of it, nor of where it was found.
//!
//! The handshake is go-plugin's: a cookie in the environment, one line on standard output, gRPC on a Unix socket.
//! <https://github.com/hashicorp/go-plugin/blob/main/docs/internals.md>

use crate::client::Client;
use crate::schema::Protocol;
use crate::tls::{ClientCertificate, SERVER_NAME};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};
use hyper_util::rt::TokioIo;
use std::collections::{BTreeMap, VecDeque};
use std::ffi::OsString;
use std::path::PathBuf;
use std::process::Stdio;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, BufReader};
use tokio::net::UnixStream;
use tokio::process::{Child, Command};
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tonic::transport::{Channel, Endpoint};

/// Tells a provider that Terraform's protocol is meant.
const COOKIE: (&str, &str) =
    ("TF_PLUGIN_MAGIC_COOKIE", "d602bf8f470bc67ca7faa0386276bbdd4330efaf76d1a219cb4d6991ca9872b2");

/// How long a provider may take to say where it listens. Terraform waits a minute, too.
const START: Duration = Duration::from_secs(60);

/// The longest handshake that is read; a certificate takes most of it.
const MAX_HANDSHAKE: u64 = 64 << 10;

/// How much of what a provider says last is kept, to tell why it ended.
const MAX_SAID: usize = 16 << 10;

/// How long a provider that seems broken is watched for its end.
const PATIENCE: Duration = Duration::from_secs(3);

/// How often it is looked at meanwhile.
const LOOK_AGAIN: Duration = Duration::from_millis(20);

/// How often a program is started again that another process still seems to write.
const BUSY_TRIES: u32 = 20;

/// What is started.
#[derive(Debug, Clone)]
pub(crate) struct Program {
    /// What is executed.
    pub(crate) path: PathBuf,
    /// Where it runs: paths in its configuration are relative to it.
    pub(crate) directory: PathBuf,
    /// Its whole environment.
    pub(crate) environment: BTreeMap<OsString, OsString>,
    /// Whether to ask for TLS, though the socket lies in a directory that nobody else may enter.
    pub(crate) mutual_tls: bool,
}

/// A provider that runs. Ends with it.
#[derive(Debug)]
pub(crate) struct Running {
    pub(crate) client: Client,
    /// None of a provider that somebody else started.
    child: Option<Mutex<Child>>,
    said: Said,
    /// Holds the socket; removed with everything in it.
    _directory: Option<tempfile::TempDir>,
}

/// The end of what a provider wrote to standard error.
#[derive(Debug, Clone, Default)]
struct Said(Arc<Mutex<VecDeque<u8>>>, Arc<AtomicBool>);

impl Running {
    /// Whether the process has ended.
    pub(crate) fn has_ended(&self) -> bool {
        let Some(child) = &self.child else { return false };
        let mut child = child.lock().unwrap_or_else(PoisonError::into_inner);
        !matches!(child.try_wait(), Ok(None))
    }

    /// Whether the process ends within seconds: a broken connection is often seen before that is, and before its last words
    /// have come.
    pub(crate) async fn ends_soon(&self) -> bool {
        let until = Instant::now() + PATIENCE;
        while !self.has_ended() && Instant::now() < until {
            tokio::time::sleep(LOOK_AGAIN).await;
        }
        if self.has_ended() {
            self.said.complete().await;
        }
        self.has_ended()
    }

    /// What it said last that tells why it ended; empty where it said nothing.
    pub(crate) fn last_words(&self) -> String {
        self.said.telling()
    }
}

/// Starts a provider and connects to it.
///
/// # Errors
/// What went wrong, as a fragment fit for people.
pub(crate) async fn start(program: &Program) -> Result<Running, String> {
    let certificate = program.mutual_tls.then(ClientCertificate::new).transpose()?;
    match attempt(program, certificate.as_ref()).await? {
        Started::Running(running) => Ok(*running),
        // It wants TLS, and nobody gave it our certificate.
        Started::WantsTls => match attempt(program, Some(&ClientCertificate::new()?)).await? {
            Started::Running(running) => Ok(*running),
            Started::WantsTls => Err("the provider asks for TLS and does not use it".into()),
        },
    }
}

enum Started {
    Running(Box<Running>),
    WantsTls,
}

async fn attempt(program: &Program, certificate: Option<&ClientCertificate>) -> Result<Started, String> {
    // Only its owner may enter a temporary directory.
    let directory = tempfile::Builder::new().prefix("driftline-").tempdir().map_err(|error| error.to_string())?;
    let mut command = Command::new(&program.path);
    command
        .env_clear()
        .envs(&program.environment)
        .env(COOKIE.0, COOKIE.1)
        .env("PLUGIN_PROTOCOL_VERSIONS", "5,6")
        .env("PLUGIN_UNIX_SOCKET_DIR", directory.path())
        .env("TMPDIR", directory.path())
        .current_dir(&program.directory)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true);
    if let Some(certificate) = certificate {
        command.env("PLUGIN_CLIENT_CERT", &certificate.pem);
    }
    end_with_us(&mut command);
    let mut child = spawn(&mut command).await.map_err(|error| format!("the provider cannot be started: {error}"))?;
    let said = Said::default();
    if let Some(stderr) = child.stderr.take() {
        tokio::spawn(listen(stderr, said.clone()));
    }
    let Some(stdout) = child.stdout.take() else { return Err("the provider has no standard output".into()) };
    let line = match timeout(START, first_line(stdout)).await {
        Ok(Ok(line)) => line,
        Ok(Err(error)) => {
            said.complete().await;
            return Err(ended(&error, &said));
        }
        Err(_) => return Err(format!("the provider did not say where it listens within {START:?}")),
    };
    let handshake = Handshake::parse(&line)?;
    let tls = match (&handshake.certificate, certificate) {
        (None, _) => None,
        (Some(_), None) => return Ok(Started::WantsTls),
        (Some(server), Some(own)) => Some(own.connector(server.clone()).map_err(|error| error.to_string())?),
    };
    let channel = connect(handshake.socket, tls).await?;
    Ok(Started::Running(Box::new(Running {
        client: Client::new(channel, handshake.protocol),
        child: Some(Mutex::new(child)),
        said,
        _directory: Some(directory),
    })))
}

/// Connects to a provider that somebody else started, and leaves it running.
///
/// # Errors
/// When nobody listens there.
pub(crate) async fn reattach(socket: PathBuf, protocol: Protocol) -> Result<Running, String> {
    let client = Client::new(connect(socket, None).await?, protocol);
    Ok(Running { client, child: None, said: Said::default(), _directory: None })
}

/// A file that was written a moment ago may be open for writing in a process that another thread just forked.
async fn spawn(command: &mut Command) -> std::io::Result<Child> {
    for _ in 0..BUSY_TRIES {
        match command.spawn() {
            Err(error) if error.kind() == std::io::ErrorKind::ExecutableFileBusy => {
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
            spawned => return spawned,
        }
    }
    command.spawn()
}

/// However the scanner ends, even by SIGKILL, the provider ends with it.
#[cfg(target_os = "linux")]
#[expect(unsafe_code, reason = "what runs between fork and exec must be sound there: two system calls, no allocation")]
fn end_with_us(command: &mut Command) {
    use rustix::process::{Signal, getppid, set_parent_process_death_signal};
    let scanner = rustix::process::getpid();
    let before_exec = move || {
        set_parent_process_death_signal(Some(Signal::KILL))?;
        // The scanner may have ended in between; then nobody would send the signal.
        match getppid() == Some(scanner) {
            true => Ok(()),
            false => Err(std::io::ErrorKind::BrokenPipe.into()),
        }
    };
    // SAFETY: the closure only makes two system calls and compares numbers.
    unsafe {
        command.pre_exec(before_exec);
    }
}

#[cfg(not(target_os = "linux"))]
fn end_with_us(_: &mut Command) {}

/// Reads the line that a provider begins with, and then takes whatever comes, so that the provider never waits for us.
async fn first_line(stdout: impl AsyncRead + Unpin + Send + 'static) -> Result<String, String> {
    let mut reader = BufReader::new(stdout);
    let mut line = Vec::new();
    let read = (&mut reader).take(MAX_HANDSHAKE).read_until(b'\n', &mut line).await;
    read.map_err(|error| error.to_string())?;
    if line.pop() != Some(b'\n') {
        return Err("the provider ended, or began with something that is no handshake".into());
    }
    tokio::spawn(async move { tokio::io::copy(&mut reader, &mut tokio::io::sink()).await });
    String::from_utf8(line).map_err(|_| "the provider's handshake is no text".into())
}

/// Keeps the end of what a provider writes to standard error.
async fn listen(mut stderr: impl AsyncRead + Unpin, said: Said) {
    let mut chunk = [0; 4096];
    while let Ok(read) = stderr.read(&mut chunk).await
        && read > 0
    {
        let mut kept = said.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.extend(&chunk[..read]);
        let excess = kept.len().saturating_sub(MAX_SAID);
        kept.drain(..excess);
    }
    said.1.store(true, Ordering::Release);
}

fn ended(error: &str, said: &Said) -> String {
    let words = said.telling();
    if words.is_empty() { error.to_owned() } else { format!("{error}; it said: {words}") }
}

impl Said {
    /// Waits until all that a process said that has ended is here.
    async fn complete(&self) {
        let until = Instant::now() + PATIENCE;
        while !self.1.load(Ordering::Acquire) && Instant::now() < until {
            tokio::time::sleep(LOOK_AGAIN).await;
        }
    }

    /// The line that tells most: of a Go program that panicked the panic, else the last one.
    fn telling(&self) -> String {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let text = String::from_utf8_lossy(kept.make_contiguous()).into_owned();
        let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
        let panic = lines.clone().find(|line| line.starts_with("panic: "));
        panic.or_else(|| lines.next_back()).unwrap_or_default().chars().take(300).collect()
    }
}

/// Where a provider listens, and how.
pub(crate) struct Handshake {
    protocol: Protocol,
    socket: PathBuf,
    certificate: Option<CertificateDer<'static>>,
}

impl Handshake {
    /// Reads `1|PROTOCOL|unix|PATH|grpc|CERTIFICATE`.
    pub(crate) fn parse(line: &str) -> Result<Self, String> {
        let parts: Vec<&str> = line.trim_end().split('|').collect();
        let [core, protocol, network, address, kind, rest @ ..] = parts.as_slice() else {
            return Err("the provider began with something that is no handshake".into());
        };
        if *core != "1" || *kind != "grpc" {
            return Err("the provider speaks another version of the plugin protocol".into());
        }
        let protocol = match *protocol {
            "5" => Protocol::V5,
            "6" => Protocol::V6,
            _ => return Err("the provider speaks neither protocol 5 nor 6".into()),
        };
        if *network != "unix" || !address.starts_with('/') {
            return Err("the provider does not listen on a Unix socket".into());
        }
        let certificate = match rest.first().filter(|text| !text.is_empty()) {
            Some(text) => {
                let bytes = STANDARD_NO_PAD.decode(text).or_else(|_| STANDARD.decode(text));
                Some(CertificateDer::from(bytes.map_err(|_| "the provider's certificate cannot be read")?))
            }
            None => None,
        };
        Ok(Self { protocol, socket: PathBuf::from(address), certificate })
    }
}

async fn connect(socket: PathBuf, tls: Option<TlsConnector>) -> Result<Channel, String> {
    let connector = tower::service_fn(move |_: tonic::codegen::http::Uri| {
        let (socket, tls) = (socket.clone(), tls.clone());
        async move {
            let stream = UnixStream::connect(socket).await?;
            let stream: Box<dyn Duplex> = match tls {
                Some(tls) => {
                    let name = ServerName::try_from(SERVER_NAME).map_err(std::io::Error::other)?;
                    Box::new(tls.connect(name, stream).await?)
                }
                None => Box::new(stream),
            };
            Ok::<_, std::io::Error>(TokioIo::new(stream))
        }
    });
    // The address is not looked at: the connector knows the socket.
    let endpoint = Endpoint::from_static("http://localhost").connect_timeout(START);
    endpoint.connect_with_connector(connector).await.map_err(|error| {
        let cause = std::error::Error::source(&error).map(|cause| format!(": {cause}")).unwrap_or_default();
        format!("the provider does not take a connection{cause}")
    })
}

/// What carries bytes both ways.
trait Duplex: AsyncRead + tokio::io::AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + tokio::io::AsyncWrite + Send + Unpin> Duplex for T {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn handshakes_are_read_and_nonsense_is_not() {
        let handshake = Handshake::parse("1|6|unix|/run/plugin1|grpc|\r").expect("a handshake");
        assert_eq!((handshake.protocol, handshake.socket), (Protocol::V6, PathBuf::from("/run/plugin1")));
        assert!(handshake.certificate.is_none());
        assert!(Handshake::parse("1|5|unix|/s|grpc|AQID").expect("a handshake").certificate.is_some());
        for nonsense in [
            "",
            "hello",
            "1|5|unix|/s",
            "2|5|unix|/s|grpc|",
            "1|4|unix|/s|grpc|",
            "1|5|tcp|127.0.0.1:1|grpc|",
            "1|5|unix|relative|grpc|",
            "1|5|unix|/s|netrpc|",
            "1|5|unix|/s|grpc|!!",
        ] {
            assert!(Handshake::parse(nonsense).is_err(), "{nonsense}");
        }
    }

    #[test]
    fn the_line_that_tells_most_is_kept() {
        let said = Said::default();
        said.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .extend(b"{\"@level\":\"info\"}\npanic: nil map\n\ngoroutine 1\n");
        assert_eq!(said.telling(), "panic: nil map");
        let said = Said::default();
        said.0.lock().unwrap_or_else(PoisonError::into_inner).extend(b"one\ntwo\n\n");
        assert_eq!(said.telling(), "two");
    }
}
