//! A Terraform provider for tests: real terraform applies stacks with it, and it misbehaves on demand.
//! Knows nothing of driftline.
//!
//! `FAKE_PROTOCOL` (5 or 6) chooses the protocol, `FAKE_CLOUD` the folder of its objects, `FAKE_HANDSHAKE` how it begins:
//! `garbage`, `exit`, `silence`, `old` or `tls`, which asks for TLS from a client that showed no certificate.

#![expect(unreachable_pub, reason = "a program exports nothing")]
#![expect(clippy::exit, reason = "a plugin ends when it is told to, and when it breaks")]

mod service;
mod tls;
mod types;
mod wire;

use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use futures::stream::{self, BoxStream};
use futures::{FutureExt, StreamExt};
use prost::Message;
use service::variable;
use std::convert::Infallible;
use std::io::Write;
use std::pin::Pin;
use std::task::{Context, Poll};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{UnixListener, UnixStream};
use tonic::body::Body;
use tonic::codegen::http;
use tonic::server::Grpc;
use tonic::{Request, Response, Status};
use tonic_prost::ProstCodec;
use wire::{Diagnostics1, Empty};

/// go-plugin's cookie for providers.
const COOKIE: &str = "d602bf8f470bc67ca7faa0386276bbdd4330efaf76d1a219cb4d6991ca9872b2";

type HttpRequest = http::Request<Body>;
type HttpResponse = http::Response<Body>;

fn main() {
    if variable("TF_PLUGIN_MAGIC_COOKIE") != COOKIE {
        eprintln!("This is a plugin, and is not meant to be executed by people.");
        std::process::exit(1);
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    runtime.block_on(serve());
}

async fn serve() {
    let client = variable("PLUGIN_CLIENT_CERT");
    match variable("FAKE_HANDSHAKE").as_str() {
        "garbage" => return print("hello, I am no plugin"),
        "exit" => service::panic("cannot begin"),
        "silence" => return tokio::time::sleep(std::time::Duration::from_secs(3600)).await,
        "old" => return print("1|4|unix|/nowhere|grpc|"),
        "tls" if client.is_empty() => {
            print(&format!("1|5|unix|/nowhere|grpc|{}", STANDARD_NO_PAD.encode(b"certificate")));
            return tokio::time::sleep(std::time::Duration::from_secs(3600)).await;
        }
        _ => {}
    }
    let protocol = if variable("FAKE_PROTOCOL") == "6" { 6 } else { 5 };
    let folder = match variable("PLUGIN_UNIX_SOCKET_DIR").as_str() {
        "" => std::env::temp_dir(),
        folder => folder.into(),
    };
    let socket = folder.join(format!("fake-{}", std::process::id()));
    // One that was killed leaves its own behind, and numbers of processes come again.
    let _ = std::fs::remove_file(&socket);
    let listener = UnixListener::bind(&socket).expect("a socket");
    let tls = (!client.is_empty()).then(|| tls::acceptor(&client));
    let certificate = tls.as_ref().map(|(_, der)| STANDARD_NO_PAD.encode(der)).unwrap_or_default();
    print(&format!("1|{protocol}|unix|{}|grpc|{certificate}", socket.display()));
    // More than a pipe holds: who does not read on would make us wait here.
    eprintln!("{}", "chatter ".repeat(20_000));
    let acceptor = tls.map(|(acceptor, _)| acceptor);
    let incoming = stream::unfold((listener, acceptor), |(listener, acceptor)| async move {
        let (stream, _) = listener.accept().await.ok()?;
        let io: std::io::Result<Io> = match &acceptor {
            None => Ok(Io(Box::new(stream))),
            Some(acceptor) => acceptor.accept(stream).await.map(|stream| Io(Box::new(stream))),
        };
        Some((io, (listener, acceptor)))
    });
    let incoming = incoming.filter(|io| futures::future::ready(io.is_ok()));
    let service = tower::service_fn(move |request: HttpRequest| answer(protocol, request));
    tonic::transport::Server::builder().serve_with_incoming(service, incoming.boxed()).await.expect("a server");
}

fn print(line: &str) {
    let mut out = std::io::stdout();
    let _ = writeln!(out, "{line}");
    let _ = out.flush();
}

/// Calls the method that a path names.
async fn answer(protocol: u32, request: HttpRequest) -> Result<HttpResponse, Infallible> {
    let path = request.uri().path().to_owned();
    let method = path.strip_prefix(&format!("/tfplugin{protocol}.Provider/")).unwrap_or(&path);
    Ok(match method {
        "GetSchema" | "GetProviderSchema" => unary(request, move |_: Empty| service::schema(protocol)).await,
        "GetResourceIdentitySchemas" if variable("FAKE_IDENTITY") == "none" => unimplemented(request).await,
        "GetResourceIdentitySchemas" => unary(request, |_: Empty| service::identity_schemas()).await,
        "PrepareProviderConfig" => {
            unary(request, |config: wire::ProviderConfig| wire::ProviderConfig { config: config.config }).await
        }
        "ValidateProviderConfig" => unary(request, |_: Empty| Empty {}).await,
        "ValidateResourceTypeConfig" | "ValidateResourceConfig" => {
            unary(request, |_: Empty| Diagnostics1::default()).await
        }
        "Configure" | "ConfigureProvider" => unary(request, service::configure).await,
        "UpgradeResourceState" => unary(request, service::upgrade).await,
        "UpgradeResourceIdentity" => unary(request, service::upgrade_identity).await,
        "ReadResource" => {
            let read =
                |request: Request<wire::Read>| service::read(request.into_inner()).map(|one| Ok(Response::new(one)));
            let codec = ProstCodec::<wire::WasRead, wire::Read>::default();
            Grpc::new(codec).unary(tower::service_fn(read), request).await
        }
        "PlanResourceChange" => unary(request, service::plan).await,
        "ApplyResourceChange" => unary(request, service::apply).await,
        "ListResource" => listing(request).await,
        "Stop" | "StopProvider" => unary(request, |_: Empty| Empty {}).await,
        "/plugin.GRPCController/Shutdown" => std::process::exit(0),
        _ => unimplemented(request).await,
    })
}

async fn unary<Q, A>(request: HttpRequest, answer: impl Fn(Q) -> A + Clone + Send + 'static) -> HttpResponse
where
    Q: Message + Default + 'static,
    A: Message + Default + 'static,
{
    let call = move |request: Request<Q>| {
        let answer = answer(request.into_inner());
        async move { Ok::<_, Status>(Response::new(answer)) }
    };
    Grpc::new(ProstCodec::<A, Q>::default()).unary(tower::service_fn(call), request).await
}

async fn unimplemented(request: HttpRequest) -> HttpResponse {
    let refuse = |_: Request<Empty>| async { Err::<Response<Empty>, _>(Status::unimplemented("not known")) };
    Grpc::new(ProstCodec::<Empty, Empty>::default()).unary(tower::service_fn(refuse), request).await
}

async fn listing(request: HttpRequest) -> HttpResponse {
    let call = |request: Request<wire::List>| {
        let events = service::list(request.into_inner()).into_iter().map(Ok);
        let events: BoxStream<'static, Result<wire::Listed, Status>> = stream::iter(events).boxed();
        async move { Ok::<_, Status>(Response::new(events)) }
    };
    Grpc::new(ProstCodec::<wire::Listed, wire::List>::default())
        .server_streaming(tower::service_fn(call), request)
        .await
}

trait Duplex: AsyncRead + AsyncWrite + Send + Unpin {}

impl Duplex for UnixStream {}
impl Duplex for tokio_rustls::server::TlsStream<UnixStream> {}

/// A connection, in the clear or not.
struct Io(Box<dyn Duplex>);

impl tonic::transport::server::Connected for Io {
    type ConnectInfo = ();

    fn connect_info(&self) {}
}

impl AsyncRead for Io {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.0).poll_read(context, buffer)
    }
}

impl AsyncWrite for Io {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<std::io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(context)
    }
}
