//! A light S3 server: `s3s-fs`, made linearizable, with faults.
//!
//! `s3s-fs` looks whether a name exists and writes then, so of many conditional writers several win. Here every request
//! that writes has the store for itself, and goes on to its end when its client hangs up: a write that was cut short
//! between the look and the rename would land beside its successor. Left to others: S3 itself (`s3s`), the files
//! (`s3s-fs`). Nothing is flushed to the disk; what this server proves is the protocol, never durability.

use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use http_body_util::{BodyExt, Limited};
use hyper::body::Incoming;
use hyper::header::IF_NONE_MATCH;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use object_store::ObjectStore;
use s3s::auth::SimpleAuth;
use s3s::service::{S3Service, S3ServiceBuilder};
use s3s::{Body, HttpResponse};
use tokio::runtime::Runtime;
use tokio::sync::RwLock;

use crate::bucket::{S3_KEY, S3_SECRET, S3Bucket};
use crate::fault::{Fault, Faults, Hooks};

/// A running server. It stops, and its own data are removed, when it is dropped.
pub struct LightS3 {
    address: SocketAddr,
    shared: Arc<Shared>,
    /// Its own, so that a test may end any other runtime. Taken when it is stopped.
    runtime: Option<Runtime>,
    /// Held for its drop.
    _folder: Option<tempfile::TempDir>,
}

const BUCKET: &str = "planseal";

impl LightS3 {
    /// Starts on a loopback port of the system's choice, with its data in a temporary folder.
    ///
    /// # Errors
    /// When the system gives no port, folder or thread.
    pub fn start(faults: Faults) -> io::Result<Self> {
        Self::in_temporary_folder(faults, Discipline::Linearizable)
    }

    /// `s3s-fs` without anything round it: several of many conditional writers win. It proves that the start-up probe
    /// refuses such a server.
    ///
    /// # Errors
    /// As [`start`](Self::start).
    pub fn as_shipped() -> io::Result<Self> {
        Self::in_temporary_folder(Faults::none(), Discipline::AsShipped)
    }

    /// Starts on this port (0: any) with its data in this folder, where an earlier run's data are found again.
    ///
    /// # Errors
    /// When the port is taken or the folder cannot be used.
    pub fn start_in(folder: &Path, port: u16, faults: Faults) -> io::Result<Self> {
        Self::serve(folder, port, faults, Discipline::Linearizable)
    }

    /// Where it listens.
    #[must_use]
    pub fn endpoint(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The one bucket there is.
    #[must_use]
    pub fn bucket(&self) -> S3Bucket {
        S3Bucket {
            endpoint: self.endpoint(),
            name: BUCKET.to_owned(),
        }
    }

    /// A client with its own connections.
    #[must_use]
    pub fn object_store(&self) -> Arc<dyn ObjectStore> {
        self.bucket().object_store()
    }

    /// From the next request on.
    pub fn set_faults(&self, faults: Faults) {
        self.shared.hooks.set(faults);
    }

    /// Every connection and every request is dropped for this long.
    pub fn go_out_for(&self, time: Duration) {
        self.shared.hooks.go_out_for(time);
    }

    /// Requests so far, and how many of them met a fault.
    #[must_use]
    pub fn requests_and_faults(&self) -> (u64, u64) {
        self.shared.hooks.counts()
    }

    /// Stops at once; requests under way are cut off.
    pub fn stop(mut self) {
        self.halt();
    }

    fn in_temporary_folder(faults: Faults, discipline: Discipline) -> io::Result<Self> {
        let folder = tempfile::Builder::new().prefix("planseal-light-s3-").tempdir()?;
        let mut server = Self::serve(folder.path(), 0, faults, discipline)?;
        server._folder = Some(folder);
        Ok(server)
    }

    fn serve(folder: &Path, port: u16, faults: Faults, discipline: Discipline) -> io::Result<Self> {
        std::fs::create_dir_all(folder.join(BUCKET))?;
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port))?;
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        let shared = Arc::new(Shared {
            s3: service(folder)?,
            turn: RwLock::new(()),
            discipline,
            hooks: Hooks::new(faults),
        });
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .thread_name("light-s3")
            .enable_all()
            .build()?;
        runtime.spawn(accept(listener, Arc::clone(&shared)));
        Ok(Self {
            address,
            shared,
            runtime: Some(runtime),
            _folder: None,
        })
    }

    fn halt(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

impl Drop for LightS3 {
    fn drop(&mut self) {
        self.halt();
    }
}

/// What all connections share.
struct Shared {
    s3: S3Service,
    turn: RwLock<()>,
    discipline: Discipline,
    hooks: Hooks,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Discipline {
    Linearizable,
    AsShipped,
}

fn service(folder: &Path) -> io::Result<S3Service> {
    let files = s3s_fs::FileSystem::new(folder).map_err(|found| io::Error::other(format!("{found:?}")))?;
    let mut builder = S3ServiceBuilder::new(files);
    builder.set_auth(SimpleAuth::from_single(S3_KEY, S3_SECRET));
    Ok(builder.build())
}

async fn accept(listener: TcpListener, shared: Arc<Shared>) {
    let listener = tokio::net::TcpListener::from_std(listener).expect("the socket does not block");
    loop {
        let Ok((stream, _)) = listener.accept().await else {
            // Out of file descriptors: they come back as connections end.
            tokio::time::sleep(Duration::from_millis(10)).await;
            continue;
        };
        if shared.hooks.is_out() {
            continue;
        }
        // Without it an answer's body waits 40 ms for the client to acknowledge its head.
        drop(stream.set_nodelay(true));
        let shared = Arc::clone(&shared);
        tokio::spawn(async move {
            let answer = service_fn(|request| answer(Arc::clone(&shared), request));
            let stream = TokioIo::new(stream);
            // A connection that ends early is what half of the faults are for.
            drop(http1::Builder::new().serve_connection(stream, answer).await);
        });
    }
}

/// The connection is closed without an answer.
#[derive(Debug, thiserror::Error)]
#[error("the server hangs up")]
struct HangUp;

async fn answer(shared: Arc<Shared>, request: Request<Incoming>) -> Result<HttpResponse, HangUp> {
    let fate = shared.hooks.draw();
    let out_before = shared.hooks.is_out();
    let is_conditional = request.method() == Method::PUT && request.headers().contains_key(IF_NONE_MATCH);
    match fate.fault {
        _ if out_before => return Err(HangUp),
        Some(Fault::DroppedBefore) => return Err(HangUp),
        Some(Fault::RefusedBefore) => return Ok(refusal(StatusCode::SERVICE_UNAVAILABLE, "SlowDown")),
        Some(Fault::Conflict) if is_conditional => {
            return Ok(refusal(StatusCode::CONFLICT, "ConditionalRequestConflict"));
        }
        _ => {}
    }
    let response = match shared.discipline {
        Discipline::Linearizable => in_turn(Arc::clone(&shared), request).await?,
        Discipline::AsShipped => shared
            .s3
            .call(request.map(Body::from))
            .await
            .map_err(|_| HangUp)?,
    };
    tokio::time::sleep(fate.late_by).await;
    match fate.fault {
        _ if shared.hooks.is_out() => Err(HangUp),
        Some(Fault::DroppedAfter) => Err(HangUp),
        Some(Fault::RefusedAfter) => Ok(refusal(StatusCode::SERVICE_UNAVAILABLE, "SlowDown")),
        _ => Ok(response),
    }
}

/// The body is read before the turn is taken, so that a slow client holds up nobody; the task is the server's, so that a
/// client that hangs up stops nothing half-way.
async fn in_turn(shared: Arc<Shared>, request: Request<Incoming>) -> Result<HttpResponse, HangUp> {
    let (parts, body) = request.into_parts();
    let body = Limited::new(body, LARGEST).collect().await.map_err(|_| HangUp)?;
    let request = Request::from_parts(parts, Body::from(body.to_bytes()));
    let done = tokio::spawn(async move {
        if matches!(*request.method(), Method::GET | Method::HEAD) {
            let _turn = shared.turn.read().await;
            shared.s3.call(request).await
        } else {
            let _turn = shared.turn.write().await;
            shared.s3.call(request).await
        }
    });
    done.await.map_err(|_| HangUp)?.map_err(|_| HangUp)
}

/// 32 MiB: the largest attachment is 20 MiB.
const LARGEST: usize = 32 << 20;

fn refusal(status: StatusCode, code: &str) -> HttpResponse {
    let text = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?><Error><Code>{code}</Code><Message>a fault that was asked for</Message></Error>"
    );
    let mut response = Response::new(Body::from(text));
    *response.status_mut() = status;
    response
}
