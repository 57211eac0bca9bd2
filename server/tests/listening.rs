//! Limits of a connection, over a real socket (SECURITY §4).

#![expect(clippy::unwrap_used, reason = "a test fails where it stands")]

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use axum::Router;
use axum::routing::get;
use planseal::time::Timestamp;
use planseal_server::listen::{self, TlsFiles};
use planseal_signer::tls::TlsAuthority;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

async fn server(tls: Option<TlsFiles>) -> SocketAddr {
    let listener = listen::bind(0).await.unwrap();
    let address = listener.local_addr().unwrap();
    let router = Router::new().route("/", get(async || "here"));
    tokio::spawn(listen::serve(listener, router, tls));
    address
}

/// Sends, then reads until the server closes; gives what came and how long it took.
async fn converse(address: SocketAddr, sent: &[u8]) -> (String, Duration) {
    let began = Instant::now();
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(sent).await.unwrap();
    let mut answer = Vec::new();
    // A reset after the answer is a close, too.
    drop(stream.read_to_end(&mut answer).await);
    (String::from_utf8_lossy(&answer).into_owned(), began.elapsed())
}

fn within(elapsed: Duration, seconds: u64) {
    let limit = Duration::from_secs(seconds);
    assert!(elapsed >= limit - Duration::from_millis(200), "{elapsed:?}");
    assert!(elapsed < limit + Duration::from_secs(4), "{elapsed:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_is_answered_and_a_header_beyond_16_kib_is_not() {
    let address = server(None).await;
    let (answer, _) = converse(address, b"GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").await;
    assert!(answer.ends_with("here"), "{answer}");
    let long = format!(
        "GET / HTTP/1.1\r\nhost: x\r\nlong: {}\r\n\r\n",
        "a".repeat(17 << 10)
    );
    let (answer, _) = converse(address, long.as_bytes()).await;
    assert!(answer.starts_with("HTTP/1.1 431"), "{answer}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_header_that_does_not_end_is_not_waited_for() {
    let address = server(None).await;
    let (_, elapsed) = converse(address, b"GET / HTTP/1.1\r\nhost: x\r\n").await;
    within(elapsed, 5);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_silent_connection_is_closed() {
    let address = server(None).await;
    let (_, elapsed) = converse(address, b"").await;
    assert!(elapsed < Duration::from_secs(19), "{elapsed:?}");
    let (answer, elapsed) = converse(address, b"GET / HTTP/1.1\r\nhost: x\r\n\r\n").await;
    assert!(answer.ends_with("here"));
    assert!(elapsed < Duration::from_secs(19), "{elapsed:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_handshake_that_does_not_begin_is_not_waited_for() {
    let at = Timestamp::parse("2026-11-22T12:00:00Z").unwrap();
    let identity = TlsAuthority::generate("Test", at)
        .unwrap()
        .server(&["localhost"], at)
        .unwrap();
    let files = TlsFiles {
        certificate: identity.certificate.into_bytes(),
        key: identity.key.as_bytes().to_vec(),
    };
    let address = server(Some(files)).await;
    let (_, elapsed) = converse(address, b"").await;
    within(elapsed, 5);
}

#[tokio::test]
async fn a_taken_port_and_a_broken_certificate_are_told() {
    let taken = listen::bind(0).await.unwrap();
    let port = taken.local_addr().unwrap().port();
    let refused = listen::bind(port).await.unwrap_err().to_string();
    assert!(refused.contains("--port"), "{refused}");
    let files = TlsFiles {
        certificate: b"none".to_vec(),
        key: b"none".to_vec(),
    };
    let served = listen::serve(taken, Router::new(), Some(files)).await;
    assert!(served.unwrap_err().to_string().contains("TLS"));
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_being_answered_when_it_ends_is_answered_and_nobody_else_is_let_in() {
    let listener = listen::bind(0).await.unwrap();
    let address = listener.local_addr().unwrap();
    let slow = get(async || {
        tokio::time::sleep(Duration::from_secs(1)).await;
        "answered"
    });
    let router = Router::new().route("/", slow);
    let stop = tokio::time::sleep(Duration::from_millis(300));
    let serving = tokio::spawn(listen::serve_until(listener, router, None, stop));
    let request = b"GET / HTTP/1.1\r\nhost: x\r\n\r\n";
    let (answer, elapsed) = converse(address, request).await;
    assert!(answer.ends_with("answered"), "{answer}");
    assert!(
        elapsed < Duration::from_secs(4),
        "kept alive no longer: {elapsed:?}"
    );
    assert!(serving.await.unwrap().is_ok());
    assert!(TcpStream::connect(address).await.is_err());
}
