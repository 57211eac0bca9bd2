//! Accepting connections, each within its limits (SECURITY §4). HTTP/1.1 only, TLS 1.3 when asked for.

mod idle;

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
use tokio::sync::Semaphore;
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

/// Serves until interrupted.
///
/// # Errors
/// [`ListenError::Tls`] when certificate and key cannot be used.
pub async fn serve(listener: TcpListener, router: Router, tls: Option<TlsFiles>) -> Result<(), ListenError> {
    let acceptor = tls.as_ref().map(acceptor).transpose()?;
    let places = Arc::new(Semaphore::new(MAX_CONNECTIONS));
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            _ = tokio::signal::ctrl_c() => return Ok(()),
        };
        let Ok((stream, _)) = accepted else {
            // Out of file descriptors, or a client that was gone already: others may still be served.
            tokio::time::sleep(Duration::from_millis(50)).await;
            continue;
        };
        let Ok(place) = Arc::clone(&places).acquire_owned().await else {
            return Ok(());
        };
        let (router, acceptor) = (router.clone(), acceptor.clone());
        tokio::spawn(async move {
            connection(stream, router, acceptor).await;
            drop(place);
        });
    }
}

async fn connection(stream: TcpStream, router: Router, acceptor: Option<TlsAcceptor>) {
    let Some(acceptor) = acceptor else {
        return converse(stream, router).await;
    };
    if let Ok(Ok(stream)) = tokio::time::timeout(HANDSHAKE_TIME, acceptor.accept(stream)).await {
        converse(stream, router).await;
    }
}

/// A connection that breaks a limit is closed; there is nobody left to tell.
async fn converse(stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static, router: Router) {
    let stream = TokioIo::new(Idle::new(stream, IDLE_TIME));
    let service = router.map_request(|request: Request<Incoming>| request.map(Body::new));
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEADER_TIME)
        .max_buf_size(MAX_HEADER)
        .serve_connection(stream, TowerToHyperService::new(service));
    drop(connection.await);
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
