//! A witness (C2SP tlog-witness): remembers the largest tree of each log it was shown, and cosigns what grew from it.
//!
//! Small on purpose, so that a partner organisation can run one beside the service: its own key, its own folder, one
//! route. Judging requests is core's; this module makes the memory durable before a cosignature leaves, and speaks
//! HTTP. Two requests about one log are never judged by the same memory.

mod memory;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use planseal::log::checkpoint::VerifiedCheckpoint;
use planseal::log::cosign::{AddCheckpoint, WitnessRefusal, Witnessed, cosign, peek_origin};
use planseal::log::note::{KeyType, NoteError, VerifierKey};
use planseal::sign::{SigningError, SigningPort};
use planseal_store::Clock;

pub use memory::{Lock, MemoryError};

use memory::Memory;

/// 64 KiB: a checkpoint with five hundred cosignatures, and a proof of 63 hashes.
const MAX_REQUEST: usize = 64 << 10;
/// 5 seconds for reading a request and answering it; a log that waits asks others meanwhile.
const REQUEST_TIME: Duration = Duration::from_secs(5);

/// A running witness.
pub struct Witness {
    key: VerifierKey,
    port: Box<dyn SigningPort + Send + Sync>,
    clock: Arc<dyn Clock>,
    logs: BTreeMap<String, Watched>,
    /// Held as long as the witness runs: two processes on one folder would remember past each other.
    _lock: Lock,
}

/// A log with what is remembered of it.
struct Watched {
    key: VerifierKey,
    memory: Mutex<Memory>,
}

impl Witness {
    /// Makes the folder of a new witness and names it; the text form of its key is what logs and readers are given.
    ///
    /// # Errors
    /// [`OpenWitnessError`]; a folder that holds a witness is never touched.
    pub fn init(folder: &Path, name: &str, port: &dyn SigningPort) -> Result<VerifierKey, OpenWitnessError> {
        let key = VerifierKey::new(name, KeyType::Witness, port.public_key())?;
        memory::found(folder, &key)?;
        Ok(key)
    }

    /// Takes up the memory in a folder that [`init`](Self::init) made, and watches these logs.
    ///
    /// # Errors
    /// [`OpenWitnessError`]: nothing may be cosigned by this key from here.
    pub fn open(
        folder: &Path,
        port: Box<dyn SigningPort + Send + Sync>,
        logs: Vec<VerifierKey>,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, OpenWitnessError> {
        let lock = Lock::of(folder)?;
        let key = memory::founded(folder)?;
        if key.key() != port.public_key() {
            let folder = folder.to_owned();
            return Err(OpenWitnessError::OtherKey { folder });
        }
        let mut watched = BTreeMap::new();
        for log in logs {
            if log.key_type() != KeyType::Log {
                let name = log.name().to_owned();
                return Err(OpenWitnessError::NotALog { name });
            }
            let memory = Mutex::new(Memory::open(folder, &log)?);
            let name = log.name().to_owned();
            if watched
                .insert(name.clone(), Watched { key: log, memory })
                .is_some()
            {
                return Err(OpenWitnessError::TwoKeys { name });
            }
        }
        Ok(Self {
            key,
            port,
            clock,
            logs: watched,
            _lock: lock,
        })
    }

    /// The key its cosignatures are verified with.
    #[must_use]
    pub const fn key(&self) -> &VerifierKey {
        &self.key
    }

    /// Judges a request, remembers the tree, then cosigns it: the signature line of the answer.
    ///
    /// # Errors
    /// [`AddError`]; nothing was cosigned then.
    pub fn add_checkpoint(&self, body: &str) -> Result<String, AddError> {
        let request = AddCheckpoint::parse(body)?;
        let origin = peek_origin(&request).map_err(WitnessRefusal::from)?;
        let watched = self.logs.get(&origin);
        let watched = watched.ok_or(WitnessRefusal::UnknownLog { origin })?;
        let checkpoint = self.remember(watched, &request)?;
        let line = cosign(&checkpoint, self.clock.now(), &self.key, self.port.as_ref())?;
        Ok(format!("{line}\n"))
    }

    /// The whole judgement and the writing of its outcome, under the log's one lock.
    fn remember(&self, watched: &Watched, request: &AddCheckpoint) -> Result<VerifiedCheckpoint, AddError> {
        // A thread that panicked under the lock has left the memory as it was, or marked as lost.
        let mut memory = watched.memory.lock().unwrap_or_else(PoisonError::into_inner);
        let checkpoint = Witnessed::of(memory.held()?).judge(request, &watched.key)?;
        memory.replace(&checkpoint, &request.note)?;
        Ok(checkpoint)
    }
}

/// The witness's one route.
pub fn router(witness: Arc<Witness>) -> Router {
    Router::new()
        .route("/add-checkpoint", post(add_checkpoint))
        .with_state(witness)
}

/// `POST /add-checkpoint`: 200 with the signature line; 400, 403, 404, 409 with the size held, 422 as the protocol
/// says; 408 when the body does not arrive in time, 413 when it is too large, 500 when the memory cannot be kept.
async fn add_checkpoint(State(witness): State<Arc<Witness>>, request: Request) -> Response {
    let read = tokio::time::timeout(REQUEST_TIME, to_bytes(request.into_body(), MAX_REQUEST));
    let body = match read.await {
        Ok(Ok(body)) => body,
        Ok(Err(_)) => return StatusCode::PAYLOAD_TOO_LARGE.into_response(),
        Err(_) => return StatusCode::REQUEST_TIMEOUT.into_response(),
    };
    // Writing to the disk must not hold up other connections.
    let judged = tokio::task::spawn_blocking(move || {
        let body = core::str::from_utf8(&body).map_err(|_| WitnessRefusal::Malformed)?;
        witness.add_checkpoint(body)
    });
    match judged.await {
        Ok(Ok(line)) => (StatusCode::OK, line).into_response(),
        Ok(Err(fault)) => refusal(&fault),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

fn refusal(fault: &AddError) -> Response {
    match fault {
        AddError::Refused(WitnessRefusal::Conflict { held }) => {
            let mut response = Response::new(Body::from(format!("{held}\n")));
            *response.status_mut() = StatusCode::CONFLICT;
            let size = HeaderValue::from_static("text/x.tlog.size");
            response.headers_mut().insert(header::CONTENT_TYPE, size);
            response
        }
        AddError::Refused(refused) => {
            let status = StatusCode::from_u16(refused.status()).unwrap_or(StatusCode::BAD_REQUEST);
            (status, format!("{refused}\n")).into_response()
        }
        AddError::Memory(_) | AddError::Signing(_) => {
            eprintln!("witness: nothing was cosigned: {}", crate::problem::causes(fault));
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

/// A tree was not cosigned.
#[derive(Debug, thiserror::Error)]
pub enum AddError {
    /// By the rules of the protocol.
    #[error(transparent)]
    Refused(#[from] WitnessRefusal),
    /// It could not be remembered.
    #[error(transparent)]
    Memory(#[from] MemoryError),
    /// The key gave no signature; the tree is remembered, and the same request may be sent again.
    #[error("the witness key gave no signature")]
    Signing(#[from] SigningError),
}

/// A witness cannot run. Messages are sentences for its operator.
#[derive(Debug, thiserror::Error)]
pub enum OpenWitnessError {
    /// The folder.
    #[error(transparent)]
    Memory(#[from] MemoryError),
    /// Its name cannot stand in a signed note.
    #[error("the witness's name cannot stand in a signed note")]
    Name(#[from] NoteError),
    /// The key is not the folder's.
    #[error("{} belongs to a witness with another key: give the key it was made with", folder.display())]
    OtherKey {
        /// The folder.
        folder: PathBuf,
    },
    /// A key that is no log's.
    #[error("the key of {name} is not a log's: give the log's verifier key, which begins with its origin")]
    NotALog {
        /// Its name.
        name: String,
    },
    /// One log with two keys.
    #[error("two keys were given for {name}: a log has one")]
    TwoKeys {
        /// Its origin.
        name: String,
    },
}
