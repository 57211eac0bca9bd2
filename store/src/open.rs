//! Opening a store: where it lies, with which keys, and what a crash left to be completed.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use planseal::log::checkpoint::Checkpoint;
use planseal::sign::SigningPort;

use crate::Store;
use crate::append::{AppendError, Shelf};
use crate::audit::{self, Audit, AuditError, Event, Fence, Intent, Predecessor};
use crate::chain::Chains;
use crate::clock::Clock;
use crate::conformance::{self, ProbeError};
use crate::engine::{Creation, Engine, EngineError};
use crate::keeping::keep;
use crate::key::{ChainId, Key};
use crate::keys::{KeyError, KeyFileError, KeyRing, KeySource};
use crate::location::{Location, LocationError, Sharing};
use crate::locks::Locks;
use crate::log::{Log, LogOpenError};
use crate::read::ReadError;
use crate::records::{RecordError, Records};
use crate::seal::{RandomError, fill_random};
use crate::upkeep::UpkeepError;

/// Where a store lies and how it is kept.
pub struct StoreConfig {
    /// Where the objects are.
    pub location: Location,
    /// A second place that keeps a copy of all evidence under the digest of its bytes: a bucket whose objects nobody can
    /// delete for as long as they are to be kept. What is acknowledged lies there too.
    pub worm: Option<Location>,
    /// Where the key is that wraps the store's data keys.
    pub keys: KeySource,
    /// How far the time an object names may lie from the time it is logged, in either direction (FORMAT §3).
    pub signed_within: Duration,
    /// Tree heads known from elsewhere, for example from witnesses: the store must agree with each. A store that
    /// was rolled back as a whole cannot be told otherwise.
    pub remembered: Vec<Checkpoint>,
}

/// 24 hours (FORMAT §3).
const SIGNED_WITHIN: Duration = Duration::from_secs(24 * 60 * 60);

impl StoreConfig {
    /// A store in a folder of this machine. The key file lies outside the folder, so that a copy of the folder
    /// alone is unreadable; it is made when the store is new and required ever after.
    #[must_use]
    pub fn folder(root: impl Into<PathBuf>, key_file: impl Into<PathBuf>) -> Self {
        Self::at(Location::Folder(root.into()), key_file)
    }

    /// A store at any place, with its key file on this machine.
    #[must_use]
    pub fn at(location: Location, key_file: impl Into<PathBuf>) -> Self {
        Self {
            location,
            worm: None,
            keys: KeySource::File(key_file.into()),
            signed_within: SIGNED_WITHIN,
            remembered: Vec::new(),
        }
    }

    /// A store that is gone with the process, keys and all; otherwise like any other.
    #[must_use]
    pub const fn memory() -> Self {
        Self {
            location: Location::Memory,
            worm: None,
            keys: KeySource::Memory,
            signed_within: SIGNED_WITHIN,
            remembered: Vec::new(),
        }
    }
}

impl Store {
    /// Opens a store, or makes a new one.
    ///
    /// The log's tree is derived from its commits and compared with its checkpoint and with every tree head
    /// remembered; statements that a crash left without a leaf get it; earlier writers are fenced. `signer` is
    /// the log's key and `origin` its name in checkpoints.
    ///
    /// # Errors
    /// [`OpenError`], in a sentence for the operator. Nothing is served from a store that gives one.
    pub async fn open(
        config: StoreConfig,
        signer: Box<dyn SigningPort + Send + Sync>,
        origin: &str,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, OpenError> {
        let engine = config.location.open().await?;
        if matches!(config.location, Location::Bucket(_)) {
            conformance::probe_engine(&engine).await?;
        }
        let worm = match &config.worm {
            None => None,
            Some(worm) => Some(worm.open().await?),
        };
        let engine = engine.with_worm(worm.as_ref());
        Self::open_over(engine, config, signer, origin, clock).await
    }

    async fn open_over(
        engine: Engine,
        config: StoreConfig,
        signer: Box<dyn SigningPort + Send + Sync>,
        origin: &str,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, OpenError> {
        let records = open_records(engine, &config.keys).await?;
        let mut node = [0; 16];
        fill_random(&mut node)?;
        let remembered = &config.remembered;
        let log = Log::open(&records, signer, origin, Arc::clone(&clock), node, remembered).await?;
        let audit = Audit::open(&records, node, clock.now()).await?;
        let mut shelf = Shelf {
            records,
            chains: Chains::new(),
            log,
            audit,
            clock,
            node,
            signed_within: config.signed_within,
            chain_locks: Locks::new(),
            number_locks: Locks::new(),
            damage: Vec::new(),
            closing: tokio::sync::Mutex::default(),
            closed: AtomicBool::new(false),
            trouble: Mutex::default(),
        };
        if shelf.records.engine.sharing() == Sharing::Alone {
            shelf.damage = recover(&shelf).await?;
            return Ok(Self(Arc::new(shelf)));
        }
        let shelf = Arc::new(shelf);
        tokio::spawn(keep(Arc::downgrade(&shelf)));
        Ok(Self(shelf))
    }

    /// Ends this process's part in the store in an orderly way: what follows from the commits is written, the node stops
    /// sequencing, its audit stream ends, and a folder is marked as whole, so that it opens quickly. Whatever is asked of
    /// the store afterwards may be refused. A store that is only dropped, or whose process is killed, loses nothing
    /// either; the next opening has more to do.
    ///
    /// # Errors
    /// [`AppendError`] when the engine fails.
    pub async fn close(&self) -> Result<(), AppendError> {
        let shelf = &self.0;
        let _one = shelf.closing.lock().await;
        if shelf.closed.load(Ordering::SeqCst) {
            return Ok(());
        }
        shelf.log.close(&shelf.records).await?;
        shelf.audit.close(&shelf.records, shelf.clock.now()).await?;
        shelf.records.engine.close().await.map_err(RecordError::from)?;
        shelf.closed.store(true, Ordering::SeqCst);
        Ok(())
    }

    /// Whether nothing was ever logged here.
    #[must_use]
    pub fn is_new(&self) -> bool {
        self.0.log.size() == 0
    }

    /// Sees every leaf that any node committed before the call. Whoever says what is the latest has to ask this first;
    /// alone on a store there is nothing to do.
    ///
    /// # Errors
    /// [`ReadError`] when the engine fails or the log was forked.
    pub async fn refresh(&self) -> Result<(), ReadError> {
        Ok(self.0.log.refresh(&self.0.records).await?)
    }

    /// What the node's own rounds last failed at, in words for the operator: other nodes are then not served.
    #[must_use]
    pub fn trouble(&self) -> Option<String> {
        self.0
            .trouble
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// Damaged records that opening came upon. One person's damaged record does not keep everybody else's from
    /// being read in an emergency: it is refused by itself, and the operator is shown this.
    #[must_use]
    pub fn damage_found_on_opening(&self) -> &[RecordError] {
        &self.0.damage
    }
}

/// Completes what earlier writers had begun, then ends their streams, oldest first. A crash in here leaves a writer
/// unfenced, and the next opening does it again.
async fn recover(shelf: &Shelf) -> Result<Vec<RecordError>, OpenError> {
    let mut damage = Vec::new();
    for writer in audit::predecessors(&shelf.records, shelf.audit.epoch().await).await? {
        damage.extend(settle_predecessor(shelf, &writer).await?);
    }
    Ok(damage)
}

/// An intent whose record is in its chain and not in the log is submitted; an intent without a record is noted as not
/// committed. Gives the damaged records that were come upon.
pub(crate) async fn settle_predecessor(
    shelf: &Shelf,
    writer: &Predecessor,
) -> Result<Vec<RecordError>, OpenError> {
    let mut damage = Vec::new();
    let mut by_chain: BTreeMap<ChainId, Vec<Intent>> = BTreeMap::new();
    for intent in &writer.intents {
        by_chain.entry(intent.chain).or_default().push(*intent);
    }
    for (chain, intents) in by_chain {
        let settled = match shelf.settle(&chain).await {
            Ok(settled) => Some(settled),
            Err(AppendError::Record(found)) if found.is_damage() => {
                damage.push(found);
                None
            }
            Err(failure) => return Err(failure.into()),
        };
        for Intent {
            operation, object, ..
        } in intents
        {
            let event = match &settled {
                Some(settled) if settled.contains(&object) => continue,
                Some(_) => Event::NotCommitted { operation },
                None => Event::Unsettled { operation },
            };
            let now = shelf.clock.now();
            shelf.audit.write(&shelf.records, now, event).await?;
        }
    }
    let by = shelf.audit.epoch().await;
    let fence = writer.fence(&shelf.records, by, shelf.clock.now()).await?;
    match (fence, shelf.records.engine.sharing()) {
        (Fence::Outrun, Sharing::Alone) => Err(OpenError::StillWritten),
        _ => Ok(damage),
    }
}

/// The records of a store that exists, for upkeep; a place that holds none is left as it is.
pub(crate) async fn open_existing(config: &StoreConfig) -> Result<Records, UpkeepError> {
    let engine = config.location.open().await?;
    let there = engine.read(&Key::format()).await.map_err(OpenError::from)?;
    if there.is_none() {
        let place = config.location.to_string();
        return Err(UpkeepError::NoStore { place });
    }
    Ok(open_records(engine, &config.keys).await?)
}

/// What `meta/format` says: this store is one, and in which format.
const FORMAT: &[u8] = b"planseal-store-1\n";

/// The store's key is made before the format is written, so a store with a format has a key: its absence is a
/// loss, never a beginning.
async fn open_records(engine: Engine, source: &KeySource) -> Result<Records, OpenError> {
    let format = engine.read(&Key::format()).await?;
    let is_new = match &format {
        None => engine.read(&Key::wrapped_store_key()).await?.is_none(),
        Some(found) if found.as_ref() == FORMAT => match engine.read(&Key::wrapped_store_key()).await? {
            Some(_) => false,
            None => return Err(OpenError::StoreKeyMissing),
        },
        Some(found) => {
            let found = String::from_utf8_lossy(&found[..found.len().min(32)]).into_owned();
            return Err(OpenError::Format { found });
        }
    };
    let port = if is_new {
        source.port_or_new()?
    } else {
        source.port()?
    };
    let keys = KeyRing::open(engine.clone(), port).await?;
    if format.is_some() {
        return Ok(Records { engine, keys });
    }
    match engine.create(&Key::format(), &Bytes::from_static(FORMAT)).await? {
        Creation::Created | Creation::Same => Ok(Records { engine, keys }),
        Creation::Different(found) => Err(OpenError::Format {
            found: String::from_utf8_lossy(&found).into_owned(),
        }),
    }
}

/// The store cannot be opened. Messages are sentences for the operator.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The place cannot be opened.
    #[error(transparent)]
    Location(#[from] LocationError),
    /// The engine behind it does not do what the store's safety rests on.
    #[error(transparent)]
    Probe(#[from] ProbeError),
    /// Written by another release.
    #[error(
        "the store's format is {found:?} and this release reads planseal-store-1: use the release it belongs to"
    )]
    Format {
        /// The first bytes of `meta/format`.
        found: String,
    },
    /// `k/store` is gone and the store is not new.
    #[error(
        "the store's wrapped key k/store is missing, and nothing can be read without it: restore it from a backup"
    )]
    StoreKeyMissing,
    /// The key file cannot be used.
    #[error(transparent)]
    KeyFile(#[from] KeyFileError),
    /// The store's key does not unwrap.
    #[error("the store's key cannot be unwrapped: is this the key file of this store?")]
    Key(#[from] KeyError),
    /// Somebody writes to a store that this process was told to hold alone.
    #[error("another process is writing to this store: stop that one first")]
    StillWritten,
    /// The log may not be continued.
    #[error(transparent)]
    Log(#[from] LogOpenError),
    /// A record could not be read or written.
    #[error(transparent)]
    Record(#[from] RecordError),
    /// What a crash left begun could not be completed.
    #[error("what an earlier process had begun could not be completed")]
    Recovery(#[from] AppendError),
    /// The audit stream could not be written.
    #[error(transparent)]
    Audit(#[from] Arc<AuditError>),
    /// No randomness for the process's nonce.
    #[error(transparent)]
    Random(#[from] RandomError),
    /// The engine failed.
    #[error(transparent)]
    Engine(#[from] EngineError),
}
