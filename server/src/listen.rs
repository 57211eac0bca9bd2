//! Accepting connections, each within its limits (SECURITY §4). HTTP/1.1 only, TLS 1.3 when asked for.

mod idle;

use core::pin::{Pin, pin};
use std::net::{Ipv4Addr, SocketAddr};
use std::panic;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use hyper::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio_rustls::TlsAcceptor;
use tower::ServiceExt as _;

use idle::Idle;

/// 5 seconds for a TLS handshake.
const HANDSHAKE_TIME: Duration = Duration::from_secs(5);
/// 5 seconds for a request's header.
const HEADER_TIME: Duration = Duration::from_secs(5);
/// 16 KiB of header; more is answered with 431.
const MAX_HEADER: usize = 16 << 10;
/// 15 seconds without a byte in either direction.
const IDLE_TIME: Duration = Duration::from_secs(15);
/// 10 seconds in which those who are being answered are answered, after the process was asked to stop.
pub const DRAIN_TIME: Duration = Duration::from_secs(10);
/// 256 connections at a time; the next one waits in the system's queue.
const MAX_CONNECTIONS: usize = 256;

/// A server's certificate chain and key, PEM.
pub struct TlsFiles {
    /// The chain.
    pub certificate: Vec<u8>,
    /// The key.
    pub key: Vec<u8>,
}

/// Takes a port of this machine, not reachable from others.
///
/// # Errors
/// [`ListenError::Port`] when it cannot be had.
pub async fn bind(port: u16) -> Result<TcpListener, ListenError> {
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    TcpListener::bind(address)
        .await
        .map_err(|cause| ListenError::Port { port, cause })
}

/// Takes an address of this machine, as the operator names it.
///
/// # Errors
/// [`ListenError::Address`] when it cannot be had.
pub async fn bind_to(address: SocketAddr) -> Result<TcpListener, ListenError> {
    TcpListener::bind(address)
        .await
        .map_err(|cause| ListenError::Address { address, cause })
}

/// Serves until the process is asked to stop, then ends what is under way.
///
/// # Errors
/// [`ListenError::Tls`] when certificate and key cannot be used.
pub async fn serve(listener: TcpListener, router: Router, tls: Option<TlsFiles>) -> Result<(), ListenError> {
    serve_until(listener, router, tls, asked_to_stop()).await
}

/// Serves until `stop` is over. From then on nobody new is let in, and whoever is being answered is answered, for at
/// most [`DRAIN_TIME`].
///
/// # Errors
/// [`ListenError::Tls`] when certificate and key cannot be used.
pub async fn serve_until(
    listener: TcpListener,
    router: Router,
    tls: Option<TlsFiles>,
    stop: impl Future<Output = ()>,
) -> Result<(), ListenError> {
    let acceptor = tls.as_ref().map(acceptor).transpose()?;
    let places = Arc::new(Semaphore::new(MAX_CONNECTIONS));
    let (serving, served) = watch::channel(());
    let mut stop = pin!(stop);
    loop {
        let free = Arc::clone(&places).acquire_owned();
        let Some(Ok(place)) = unless(stop.as_mut(), free).await else {
            break;
        };
        let Some(accepted) = unless(stop.as_mut(), listener.accept()).await else {
            break;
        };
        let Ok((stream, _)) = accepted else {
            // Out of file descriptors, or a client that was gone already: others may still be served.
            tokio::time::sleep(Duration::from_millis(50)).await;
            continue;
        };
        let (router, acceptor, served) = (router.clone(), acceptor.clone(), served.clone());
        tokio::spawn(async move {
            connection(stream, router, acceptor, served).await;
            drop(place);
        });
    }
    drop((listener, serving));
    let everybody = u32::try_from(MAX_CONNECTIONS).unwrap_or(u32::MAX);
    // Who is not answered by then is cut off: the answer can be asked for again.
    drop(tokio::time::timeout(DRAIN_TIME, places.acquire_many(everybody)).await);
    Ok(())
}

/// Over when the process is asked to stop: by SIGTERM, or from the keyboard.
pub async fn asked_to_stop() {
    let keyboard = tokio::signal::ctrl_c();
    #[cfg(unix)]
    if let Ok(mut asked) = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
        tokio::select! {
            _ = asked.recv() => {}
            _ = keyboard => {}
        }
        return;
    }
    drop(keyboard.await);
}

/// What the work came to, unless the end came first.
async fn unless<T>(end: Pin<&mut impl Future<Output = ()>>, work: impl Future<Output = T>) -> Option<T> {
    tokio::select! {
        biased;
        () = end => None,
        done = work => Some(done),
    }
}

async fn connection(
    stream: TcpStream,
    router: Router,
    acceptor: Option<TlsAcceptor>,
    served: watch::Receiver<()>,
) {
    let Some(acceptor) = acceptor else {
        return converse(stream, router, served).await;
    };
    if let Ok(Ok(stream)) = tokio::time::timeout(HANDSHAKE_TIME, acceptor.accept(stream)).await {
        converse(stream, router, served).await;
    }
}

/// A connection that breaks a limit is closed; there is nobody left to tell. When serving ends, it is closed after the
/// request that is under way.
async fn converse(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    router: Router,
    mut served: watch::Receiver<()>,
) {
    let stream = TokioIo::new(Idle::new(stream, IDLE_TIME));
    let service = router.map_request(|request: Request<Incoming>| request.map(Body::new));
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEADER_TIME)
        .max_buf_size(MAX_HEADER)
        .serve_connection(stream, TowerToHyperService::new(service));
    let mut connection = pin!(connection);
    tokio::select! {
        _ = connection.as_mut() => return,
        // Nothing is ever sent: the sender is gone when serving ends.
        _ = served.changed() => {}
    }
    connection.as_mut().graceful_shutdown();
    drop(connection.await);
}

/// Whether certificate and key can be used.
///
/// # Errors
/// [`ListenError::Tls`] when they cannot.
pub fn check_tls(files: &TlsFiles) -> Result<(), ListenError> {
    acceptor(files).map(drop)
}

/// TLS 1.3 with ring, no early data, no renegotiation.
fn acceptor(files: &TlsFiles) -> Result<TlsAcceptor, ListenError> {
    let refused = |reason: &dyn core::fmt::Display| ListenError::Tls {
        reason: reason.to_string(),
    };
    let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&files.certificate).collect();
    let chain = chain.map_err(|fault| refused(&fault))?;
    let key = PrivateKeyDer::from_pem_slice(&files.key).map_err(|fault| refused(&fault))?;
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&rustls::version::TLS13])
        .map_err(|fault| refused(&fault))?
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .map_err(|fault| refused(&fault))?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(TlsAcceptor::from(Arc::new(config)))
}

/// From now on a panic prints where it happened and nothing of what it was about.
pub fn quiet_panics() {
    panic::set_hook(Box::new(|panicked| match panicked.location() {
        Some(place) => eprintln!("panic at {}:{} (payload withheld)", place.file(), place.line()),
        None => eprintln!("panic at an unknown place (payload withheld)"),
    }));
}

/// The server cannot serve.
#[derive(Debug, thiserror::Error)]
pub enum ListenError {
    /// The port cannot be had.
    #[error("port {port} of this machine cannot be used: stop what uses it, or choose another with --port")]
    Port {
        /// The port.
        port: u16,
        /// What the system said.
        #[source]
        cause: std::io::Error,
    },
    /// The address cannot be had.
    #[error("{address} cannot be listened on: stop what uses it, or choose another with --listen")]
    Address {
        /// The address.
        address: SocketAddr,
        /// What the system said.
        #[source]
        cause: std::io::Error,
    },
    /// Certificate or key cannot be used.
    #[error("the TLS certificate and key cannot be used: {reason}")]
    Tls {
        /// Why.
        reason: String,
    },
}
