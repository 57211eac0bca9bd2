//! Durable storage of verified objects, and the log's tiles.
//!
//! # The interface under construction
//!
//! Types of core that are not on `main` yet keep the methods below from compiling; they arrive with core's
//! log and `Verified` types under exactly these names.
//!
//! ```text
//! pub struct StoreConfig { pub location: Location, pub keys: KeySource, pub time_rule: TimeRule, pub remembered: Vec<Checkpoint> }
//! impl StoreConfig { pub fn folder(root: impl Into<PathBuf>, key_file: impl Into<PathBuf>) -> Self;  pub fn memory() -> Self; }
//! pub enum Location  { Folder(PathBuf), Memory }
//! pub enum KeySource { File(PathBuf) /* 0600, made on first open */, Port(Arc<dyn KeyPort>) }
//! pub enum TimeRule  { Within(hours) /* |iat − leaf time|, FORMAT §3; default 24 */ }
//! pub trait Clock: Send + Sync { fn now(&self) -> Timestamp; }
//! pub struct SystemClock;   pub struct SetClock (new(Timestamp), set(Timestamp)) // demo, tests
//!
//! impl Store {   // Clone (cheap), Send + Sync; every method is async on tokio and takes &self
//!   async fn open(config: StoreConfig, signer: Box<dyn SigningPort + Send + Sync>, origin: &str, clock: Arc<dyn Clock>) -> Result<Store, OpenError>;
//!   // writing
//!   async fn append(&self, object: &impl Loggable, operation: OperationId) -> Result<Receipt, AppendError>;     // certificates, key-status, withdrawals, endorsements, …
//!   async fn publish(&self, publication: Publication<'_>) -> Result<Receipt, AppendError>;                     // a version with its card and attachments
//!   //   Publication { version: &Verified<PlanVersion>, card: Option<&Verified<Card>>, attachments: &[Vec<u8>] (in any order, matched by digest), operation: OperationId }
//!   async fn record_access(&self, access: Access) -> Result<(), AuditError>;                                   // durable when it returns
//!   // reading: bytes and evidence; what they say is verified again by the caller
//!   async fn object(&self, id: ObjectId) -> Result<Option<StoredObject>, ReadError>;   // StoredObject { id, kind, envelope, side: card, index, plan }
//!   async fn chain(&self, plan: PlanId) -> Result<Vec<ChainRecord>, ReadError>;        // logged statements in order
//!   async fn card(&self, version: ObjectId) -> Result<Option<Vec<u8>>, ReadError>;     // the card's envelope
//!   async fn attachment(&self, plan: PlanId, sha256: [u8; 32]) -> Result<Option<Vec<u8>>, ReadError>;
//!   async fn receipt(&self, id: ObjectId) -> Result<Option<Receipt>, ReadError>;       // fresh proof against the current checkpoint
//!   async fn find_by_nhs(&self, number: &NhsNumber) -> Result<Option<PlanId>, ReadError>;
//!   async fn list_every_plan(&self) -> Result<Vec<PlanId>, ReadError>;                 // walks all of p/: demo and governance only
//!   // the log
//!   async fn size(&self) -> u64;
//!   async fn checkpoint(&self) -> String;                                              // the signed note
//!   async fn leaves(&self, range: Range<u64>) -> Result<Vec<Leaf>, ReadError>;
//!   async fn tile(&self, path: &str) -> Result<Option<Vec<u8>>, ReadError>;            // "tile/0/000", "tile/entries/x001/234.p/12", "checkpoint"
//!   async fn leaf_index(&self, id: ObjectId) -> Result<Option<u64>, ReadError>;
//! }
//! pub struct OperationId([u8;16])   // random(), from_bytes(): a client's retry with the same id gets the original answer
//! AppendError: LostRace{expected, found} · NumberTaken{record} · AttachmentMissing{sha256} · AttachmentNotNamed{sha256} · SignerNotLogged{signer}
//!            · TargetNotLogged{target} · TimeOutside{signed_at, log_time} · OperationReused{operation} · DiskFull · ReadOnly · Stopped · Engine · Altered{key}
//! ```

mod key;
mod engine;
mod durable;
mod layout;
mod seal;
mod keys;
mod records;
mod tile;
#[cfg(any(test, feature = "conformance"))]
pub mod conformance;
pub mod clock;

pub use clock::{Clock, SetClock, SystemClock};
