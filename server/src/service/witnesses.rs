//! Asking witnesses to cosign the log's newest checkpoint (C2SP tlog-witness, the log's side).
//!
//! After something was logged all witnesses are asked at once, until as many have cosigned as readers' policy asks for;
//! then the store keeps the cosigned checkpoint, and receipts are given under it. Too few in time is no failure of the
//! publication: its receipt goes out under the log's signature alone, and the reader's policy says that it is not
//! witnessed. Who is asked comes from the deployment alone (SECURITY T21): no redirect is followed, no proxy of the
//! environment used, and an answer counts only by a key that the policy names.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex as Guarded, PoisonError};
use std::time::{Duration, Instant};

use planseal::log::checkpoint::VerifiedCheckpoint;
use planseal::log::cosign::{self, AddCheckpoint};
use planseal::log::note::{KeyType, Note, NoteSignature, VerifierKey};
use tokio::sync::Mutex;
use tokio::task::JoinSet;
use ureq::Agent;

use super::error::ServiceError;
use super::{Registered, Service};

/// A witness and where it listens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WitnessEndpoint {
    key: VerifierKey,
    prefix: String,
}

impl WitnessEndpoint {
    /// Names a witness by its verifier key and its submission prefix, for example `https://witness.example/w1`.
    ///
    /// # Errors
    /// [`EndpointError`] when the key is no witness's or the prefix no address.
    pub fn new(key: VerifierKey, prefix: &str) -> Result<Self, EndpointError> {
        if key.key_type() != KeyType::Witness {
            let name = key.name().to_owned();
            return Err(EndpointError::NotAWitness { name });
        }
        let rest = prefix
            .strip_prefix("https://")
            .or_else(|| prefix.strip_prefix("http://"));
        let plain = |rest: &str| !rest.contains(|c: char| c.is_whitespace() || matches!(c, '@' | '?' | '#'));
        if !rest.is_some_and(|rest| !rest.is_empty() && plain(rest)) {
            let prefix = prefix.to_owned();
            return Err(EndpointError::Address { prefix });
        }
        let prefix = prefix.trim_end_matches('/').to_owned();
        Ok(Self { key, prefix })
    }
}

/// A witness that cannot be asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EndpointError {
    /// The key signs something else.
    #[error("the key of {name} is not a witness's: give the verifier key that `witness init` printed")]
    NotAWitness {
        /// Its name.
        name: String,
    },
    /// Not an address.
    #[error(
        "{prefix:?} is no address of a witness: give http:// or https://, host and path, and nothing more"
    )]
    Address {
        /// As given.
        prefix: String,
    },
}

/// 3 seconds for one witness, connection and answer together; a publication waits no longer for all of them.
const WITNESS_TIME: Duration = Duration::from_secs(3);
/// 15 seconds after too few witnesses answered, before a publication waits for them again.
const REST: Duration = Duration::from_secs(15);
/// 64 KiB of answer; a signature line has about 150 bytes.
const MAX_ANSWER: u64 = 64 << 10;
/// The first request may tell the size that the witness holds; a third would mean that it moves under our feet.
const MAX_TRIES: usize = 3;

/// The witnesses of a running service.
pub(super) struct Witnesses {
    endpoints: Vec<Arc<WitnessEndpoint>>,
    agent: Agent,
    /// The size each cosigned last, as far as it told.
    held: Arc<Guarded<BTreeMap<String, u64>>>,
    /// One round at a time; those who wait are mostly served by it.
    round: Mutex<Option<Instant>>,
}

impl Witnesses {
    pub(super) fn of(endpoints: Vec<WitnessEndpoint>) -> Self {
        let agent = Agent::config_builder()
            .timeout_global(Some(WITNESS_TIME))
            .http_status_as_error(false)
            .max_redirects(0)
            .proxy(None)
            .user_agent("planseal-server")
            .build()
            .new_agent();
        Self {
            endpoints: endpoints.into_iter().map(Arc::new).collect(),
            agent,
            held: Arc::default(),
            round: Mutex::new(None),
        }
    }
}

impl Service {
    /// What was registered, with a receipt under a cosigned checkpoint if the witnesses give one in time.
    pub(super) async fn witnessed(&self, registered: Registered) -> Result<Registered, ServiceError> {
        if self.witnesses.endpoints.is_empty() {
            return Ok(registered);
        }
        let index = registered.receipt.proof().index;
        self.cosign_up_to(index).await;
        let receipt = self.receipt(registered.id).await?;
        Ok(Registered {
            receipt,
            ..registered
        })
    }

    /// Runs beside whoever serves, without end: what was logged while too few witnesses answered is witnessed as soon as
    /// they answer again, also when nothing else is logged.
    pub async fn keep_witnessed(&self) {
        loop {
            tokio::time::sleep(REST).await;
            if let Some(last) = self.store.log_size().checked_sub(1) {
                self.cosign_up_to(last).await;
            }
        }
    }

    /// Asks for cosignatures until one checkpoint that covers this leaf has enough, or the time is up.
    pub(super) async fn cosign_up_to(&self, index: u64) {
        let mut resting_since = self.witnesses.round.lock().await;
        let resting = resting_since.is_some_and(|since| since.elapsed() < REST);
        if resting || self.witnesses.endpoints.is_empty() || self.store.cosigned_size() > index {
            return;
        }
        match self.round().await {
            Ok(()) => *resting_since = None,
            Err(fault) => {
                eprintln!("witnesses: {}", crate::problem::causes(&fault));
                *resting_since = Some(Instant::now());
            }
        }
    }

    /// One round over the newest checkpoint.
    async fn round(&self) -> Result<(), RoundError> {
        // A witness may hold what another node has logged meanwhile.
        self.store.refresh().await.map_err(ServiceError::from)?;
        let note = self.store.checkpoint().ok_or(RoundError::NoCheckpoint)?;
        let note = Note::parse(&note).map_err(ServiceError::from)?;
        let checkpoint =
            VerifiedCheckpoint::of_log(&note, self.store.log_key()).map_err(ServiceError::from)?;
        let mut asked = JoinSet::new();
        for endpoint in &self.witnesses.endpoints {
            let ask = Ask {
                store: self.store.clone(),
                agent: self.witnesses.agent.clone(),
                endpoint: Arc::clone(endpoint),
                held: Arc::clone(&self.witnesses.held),
                note: note.clone(),
                size: checkpoint.size(),
            };
            asked.spawn_blocking(move || ask.cosignature());
        }
        let mut cosigned = note;
        let mut refusals = Vec::new();
        let all = async {
            while let Some(answered) = asked.join_next().await {
                match answered {
                    Ok(Ok(line)) => cosigned.push(line),
                    Ok(Err(fault)) => refusals.push(fault),
                    Err(_) => refusals.push(AskError::Stopped),
                }
                if self.deployment.policy.witnesses().check(&cosigned).is_ok() {
                    return;
                }
            }
        };
        // Too late is as good as not at all; what has come by then is judged below.
        drop(tokio::time::timeout(WITNESS_TIME, all).await);
        if let Err(fault) = self.deployment.policy.witnesses().check(&cosigned) {
            let told: Vec<String> = refusals.iter().map(ToString::to_string).collect();
            let told = told.join("; ");
            return Err(RoundError::TooFew { fault, told });
        }
        Ok(self.store.keep_cosigned(&cosigned).await?)
    }
}

/// Everything that asking one witness needs, on a thread that may wait.
struct Ask {
    store: planseal_store::Store,
    agent: Agent,
    endpoint: Arc<WitnessEndpoint>,
    held: Arc<Guarded<BTreeMap<String, u64>>>,
    note: Note,
    size: u64,
}

impl Ask {
    /// Proves growth from the size that the witness holds, which its refusal tells when it is another than ours.
    fn cosignature(&self) -> Result<NoteSignature, AskError> {
        let name = || self.endpoint.key.name().to_owned();
        let mut old = self.held().get(self.endpoint.key.name()).copied().unwrap_or(0);
        for _ in 0..MAX_TRIES {
            if old > self.size {
                // Another node of this log is ahead; or the store was rolled back, and the witness remembers it.
                let (held, size) = (old, self.size);
                return Err(AskError::Ahead {
                    name: name(),
                    held,
                    size,
                });
            }
            match self.post(old)? {
                Told::Cosigned(line) => {
                    self.held().insert(name(), self.size);
                    return Ok(line);
                }
                Told::Holds(size) if size != old => old = size,
                Told::Holds(_) => return Err(AskError::OtherTree { name: name() }),
            }
            self.held().insert(name(), old);
        }
        Err(AskError::Unsteady { name: name() })
    }

    fn post(&self, old: u64) -> Result<Told, AskError> {
        let key = &self.endpoint.key;
        let proof = match old {
            0 => Vec::new(),
            old => self.store.prove_growth_between(old, self.size)?,
        };
        let request = AddCheckpoint {
            old,
            proof,
            note: self.note.clone(),
        };
        let address = format!("{}/add-checkpoint", self.endpoint.prefix);
        let unreachable = |cause| AskError::Unreachable {
            name: key.name().to_owned(),
            cause: Box::new(cause),
        };
        let sent = self
            .agent
            .post(&address)
            .content_type("text/plain; charset=utf-8")
            .send(request.to_string());
        let mut answer = sent.map_err(unreachable)?;
        let status = answer.status().as_u16();
        let body = answer.body_mut().with_config().limit(MAX_ANSWER);
        let body = body.read_to_string().map_err(unreachable)?;
        match status {
            200 => self.line(&body).map(Told::Cosigned),
            409 => {
                let size = body.strip_suffix('\n').and_then(|size| size.parse().ok());
                size.map(Told::Holds).ok_or_else(|| self.nonsense(status))
            }
            _ => Err(self.nonsense(status)),
        }
    }

    /// The line by this witness's key; others are ignored, as the protocol says.
    fn line(&self, body: &str) -> Result<NoteSignature, AskError> {
        let lines = cosign::answer(body).map_err(|_| self.nonsense(200))?;
        let key = &self.endpoint.key;
        let mut lines = lines.into_iter();
        lines
            .find(|line| cosign::cosigned_at(key, &self.note, line).is_some())
            .ok_or_else(|| self.nonsense(200))
    }

    fn nonsense(&self, status: u16) -> AskError {
        AskError::Refused {
            name: self.endpoint.key.name().to_owned(),
            status,
        }
    }

    fn held(&self) -> std::sync::MutexGuard<'_, BTreeMap<String, u64>> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What a witness said.
enum Told {
    Cosigned(NoteSignature),
    Holds(u64),
}

/// A round of witnesses came to nothing.
#[derive(Debug, thiserror::Error)]
enum RoundError {
    #[error("there is no checkpoint to cosign yet")]
    NoCheckpoint,
    #[error("the checkpoint cannot be shown to witnesses")]
    Service(#[from] ServiceError),
    #[error("not witnessed: {fault} ({told})")]
    TooFew {
        fault: planseal::log::witness::WitnessError,
        told: String,
    },
    #[error("the cosigned checkpoint could not be kept")]
    Keep(#[from] planseal_store::CosignedError),
}

/// One witness did not cosign.
#[derive(Debug, thiserror::Error)]
enum AskError {
    #[error("{name} cannot be reached")]
    Unreachable {
        name: String,
        #[source]
        cause: Box<ureq::Error>,
    },
    #[error("{name} answered {status} and no cosignature of its own")]
    Refused { name: String, status: u16 },
    #[error(
        "{name} cosigned {held} leaves and this log has {size}: if no other node is ahead, leaves were lost"
    )]
    Ahead { name: String, held: u64, size: u64 },
    #[error("{name} cosigned another tree of the same size: the log has forked")]
    OtherTree { name: String },
    #[error("{name} names another size each time")]
    Unsteady { name: String },
    #[error("a witness was not asked to the end")]
    Stopped,
    #[error("growth cannot be proved")]
    Growth(#[from] planseal::log::tree::TreeError),
}
