//! Statements, keys and engines for the tests.

use core::fmt;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use async_trait::async_trait;
use ed25519_dalek::Signer;
use futures_util::TryStreamExt;
use futures_util::stream::BoxStream;
use object_store::memory::InMemory;
use object_store::path::Path;
use object_store::{
    CopyOptions, GetOptions, GetResult, ListResult, MultipartUpload, ObjectMeta, ObjectStore, ObjectStoreExt,
    PutMultipartOptions, PutOptions, PutPayload, PutResult, Result as EngineResult,
};
use planseal::id::{ObjectId, PlanId};
use planseal::log::checkpoint::Checkpoint;
use planseal::log::note::{KeyType, VerifierKey};
use planseal::plan::contacts::Digest;
use planseal::receipt::Receipt;
use planseal::sign::{PortError, Signature, SigningPort, ToBeSigned};
use planseal::statement::Kind;
use planseal::time::Timestamp;
use planseal::trust::PublicKey;

use crate::append::Request;
use crate::chain::Statement;
use crate::index::IndexName;
use crate::key::ChainId;
use crate::upkeep::{self, Depth, FsckReport, UpkeepError};
use crate::{
    AppendError, KeySource, LocalFileKeys, Location, OpenError, OperationId, SetClock, Sharing, Store,
    StoreConfig,
};

pub(super) const ORIGIN: &str = "test.example/log";

/// 2026-11-22T12:00:00Z.
pub(super) fn now() -> Timestamp {
    Timestamp::parse("2026-11-22T12:00:00Z").expect("an instant")
}

struct LogKey(ed25519_dalek::SigningKey);

impl SigningPort for LogKey {
    fn public_key(&self) -> PublicKey {
        PublicKey::parse(&self.0.verifying_key().to_bytes()).expect("an honest key")
    }

    fn sign(&self, to_be_signed: &ToBeSigned) -> Result<Signature, PortError> {
        Ok(Signature::from_bytes(
            self.0.sign(to_be_signed.bytes()).to_bytes(),
        ))
    }
}

pub(super) fn log_key(seed: u8) -> Box<dyn SigningPort + Send + Sync> {
    Box::new(LogKey(ed25519_dalek::SigningKey::from_bytes(&[seed; 32])))
}

pub(super) fn verifier() -> VerifierKey {
    VerifierKey::new(ORIGIN, KeyType::Log, log_key(1).public_key()).expect("a name")
}

/// A store in memory that can be opened again and again, as a machine can.
#[derive(Clone)]
pub(super) struct Machine {
    pub(super) disk: Arc<InMemory>,
    keys: Arc<LocalFileKeys>,
    pub(super) clock: Arc<SetClock>,
}

impl Machine {
    pub(super) fn new() -> Self {
        Self {
            disk: Arc::new(InMemory::new()),
            keys: Arc::new(LocalFileKeys::in_memory().expect("randomness")),
            clock: Arc::new(SetClock::new(now())),
        }
    }

    pub(super) fn config(&self) -> StoreConfig {
        StoreConfig {
            keys: KeySource::Port(self.keys.clone()),
            ..StoreConfig::memory()
        }
    }

    pub(super) fn config_over(&self, objects: Arc<dyn ObjectStore>) -> StoreConfig {
        self.config_shared(objects, Sharing::Alone)
    }

    /// Another node on the same disk.
    pub(super) async fn open_node(&self) -> Result<Store, OpenError> {
        self.open_node_over(self.disk.clone()).await
    }

    pub(super) async fn open_node_over(&self, objects: Arc<dyn ObjectStore>) -> Result<Store, OpenError> {
        let config = self.config_shared(objects, Sharing::Nodes);
        Store::open(config, log_key(1), ORIGIN, self.clock.clone()).await
    }

    fn config_shared(&self, objects: Arc<dyn ObjectStore>, sharing: Sharing) -> StoreConfig {
        StoreConfig {
            location: Location::Objects { objects, sharing },
            ..self.config()
        }
    }

    pub(super) async fn open(&self) -> Result<Store, OpenError> {
        self.open_over(self.disk.clone()).await
    }

    pub(super) async fn open_over(&self, objects: Arc<dyn ObjectStore>) -> Result<Store, OpenError> {
        let config = self.config_over(objects);
        Store::open(config, log_key(1), ORIGIN, self.clock.clone()).await
    }

    pub(super) async fn open_remembering(&self, checkpoint: Checkpoint) -> Result<Store, OpenError> {
        let mut config = self.config_over(self.disk.clone());
        config.remembered = vec![checkpoint];
        Store::open(config, log_key(1), ORIGIN, self.clock.clone()).await
    }

    pub(super) async fn fsck(&self, depth: Depth) -> Result<FsckReport, UpkeepError> {
        upkeep::fsck(self.config_over(self.disk.clone()), verifier(), depth, &|_| {}).await
    }

    /// Every name on the disk, in order.
    pub(super) async fn names(&self) -> Vec<Path> {
        let listed = self.disk.list(None).map_ok(|meta| meta.location).try_collect();
        let mut names: Vec<Path> = listed.await.expect("memory lists");
        names.sort_unstable();
        names
    }

    pub(super) async fn bytes(&self, name: &Path) -> Vec<u8> {
        let found = self.disk.get(name).await.expect("an object");
        found.bytes().await.expect("its bytes").to_vec()
    }

    pub(super) async fn overwrite(&self, name: &Path, bytes: Vec<u8>) {
        self.disk.put(name, bytes.into()).await.expect("memory takes it");
    }

    pub(super) async fn delete(&self, name: &str) {
        self.disk
            .delete(&Path::from(name))
            .await
            .expect("memory forgets it");
    }

    /// Another machine with the same keys and clock, and an empty disk.
    pub(super) fn elsewhere(&self) -> Self {
        Self {
            disk: Arc::new(InMemory::new()),
            ..self.clone()
        }
    }

    /// Another machine with the same bytes, keys and clock: a backup.
    pub(super) async fn copy(&self) -> Self {
        let copy = self.elsewhere();
        for name in self.names().await {
            copy.overwrite(&name, self.bytes(&name).await).await;
        }
        copy
    }
}

/// A statement whose envelope is any bytes: the store keeps bytes, core judges them.
pub(super) fn statement(kind: Kind, words: &str, target: Option<ObjectId>) -> Statement {
    let envelope = words.as_bytes().to_vec();
    Statement {
        kind,
        id: ObjectId::of(&envelope),
        signer: root().id,
        target,
        from: None,
        signed_at: now(),
        envelope,
        card: None,
        names: Vec::new(),
        files: Vec::new(),
    }
}

pub(super) fn root() -> Statement {
    let envelope = b"the root's certificate".to_vec();
    let id = ObjectId::of(&envelope);
    Statement {
        kind: Kind::Certificate,
        id,
        signer: id,
        target: None,
        from: None,
        signed_at: now(),
        envelope,
        card: None,
        names: Vec::new(),
        files: Vec::new(),
    }
}

pub(super) fn plan(byte: u8) -> PlanId {
    PlanId::from_bytes([byte; 16])
}

pub(super) const NUMBER: &str = "9990000018";
pub(super) const SCAN: &[u8] = b"%PDF-1.7 the scan of an advance decision";

pub(super) fn request(store: &Store, plan: PlanId, mut statement: Statement) -> Request {
    statement.names = vec![IndexName::of_number(&store.0.records, NUMBER)];
    Request {
        chain: ChainId::Plan(plan),
        statement,
        files: Vec::new(),
        operation: OperationId::from_bytes([7; 16]),
    }
}

pub(super) async fn put_root(store: &Store) -> Result<Receipt, AppendError> {
    let statement = root();
    let request = Request {
        chain: ChainId::Certificate(statement.id),
        statement,
        files: Vec::new(),
        operation: OperationId::from_bytes([1; 16]),
    };
    store.put(request).await
}

/// The story most tests tell: a certificate, two versions, an endorsement and a withdrawal, with a scan and a
/// card. Gives each object with the index it got, as far as the story came.
pub(super) async fn tell(store: &Store) -> (Vec<(ObjectId, u64)>, Result<(), AppendError>) {
    let mut told = Vec::new();
    let outcome = tell_on(store, &mut told).await;
    (told, outcome)
}

async fn tell_on(store: &Store, told: &mut Vec<(ObjectId, u64)>) -> Result<(), AppendError> {
    let receipt = put_root(store).await?;
    told.push((root().id, receipt.proof().index));
    for statement in story() {
        let id = statement.id;
        let mut request = request(store, plan(9), statement);
        if request.statement.kind == Kind::Version {
            request.statement.files = vec![*Digest::of(SCAN).as_bytes()];
            request.files = vec![(Digest::of(SCAN), SCAN.to_vec())];
        }
        let receipt = store.put(request).await?;
        told.push((id, receipt.proof().index));
    }
    Ok(())
}

pub(super) fn story() -> Vec<Statement> {
    let mut first = statement(Kind::Version, "version 1 of a plan", None);
    first.card = Some(b"the card of version 1".to_vec());
    let second = statement(Kind::Version, "version 2 of a plan", Some(first.id));
    let endorsement = statement(Kind::Endorsement, "endorsed", Some(second.id));
    let withdrawal = statement(Kind::Withdrawal, "withdrawn", Some(second.id));
    vec![first, second, endorsement, withdrawal]
}

/// How an engine fails at its k-th write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fault {
    /// Power is lost before the write: nothing works afterwards.
    CutBefore,
    /// Power is lost after the write and before its answer.
    CutAfter,
    /// The write is refused once.
    RefusedOnce,
    /// The write lands and is reported as failed, once.
    LandsUnheard,
    /// The disk is full from this write on, until somebody frees space.
    Full,
}

/// An engine that fails at its k-th write.
#[derive(Debug)]
pub(super) struct FaultyEngine {
    disk: Arc<InMemory>,
    writes: AtomicU64,
    fails_at: u64,
    fault: Fault,
}

impl FaultyEngine {
    pub(super) fn new(disk: Arc<InMemory>, fails_at: u64, fault: Fault) -> Self {
        Self {
            disk,
            writes: AtomicU64::new(0),
            fails_at,
            fault,
        }
    }

    /// There is space again, and the fault lies behind.
    pub(super) fn free_space(&self) {
        self.writes.store(self.fails_at + 1, Ordering::SeqCst);
    }

    pub(super) fn writes(&self) -> u64 {
        self.writes.load(Ordering::SeqCst)
    }

    fn is_cut(&self) -> bool {
        matches!(self.fault, Fault::CutBefore | Fault::CutAfter) && self.writes() >= self.fails_at
    }
}

fn failure() -> object_store::Error {
    object_store::Error::Generic {
        store: "FaultyEngine",
        source: "the power is out".into(),
    }
}

impl fmt::Display for FaultyEngine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("FaultyEngine")
    }
}

#[async_trait]
impl ObjectStore for FaultyEngine {
    async fn put_opts(&self, at: &Path, payload: PutPayload, options: PutOptions) -> EngineResult<PutResult> {
        if self.is_cut() {
            return Err(failure());
        }
        if self.fault == Fault::Full && self.writes() == self.fails_at {
            return Err(object_store::Error::Generic {
                store: "FaultyEngine",
                source: Box::new(io::Error::from(io::ErrorKind::StorageFull)),
            });
        }
        let write = self.writes.fetch_add(1, Ordering::SeqCst) + 1;
        if write != self.fails_at || self.fault == Fault::Full {
            return self.disk.put_opts(at, payload, options).await;
        }
        if matches!(self.fault, Fault::CutAfter | Fault::LandsUnheard) {
            self.disk.put_opts(at, payload, options).await?;
        }
        Err(failure())
    }

    async fn get_opts(&self, at: &Path, options: GetOptions) -> EngineResult<GetResult> {
        if self.is_cut() {
            return Err(failure());
        }
        self.disk.get_opts(at, options).await
    }

    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, EngineResult<ObjectMeta>> {
        self.disk.list(prefix)
    }

    async fn list_with_delimiter(&self, prefix: Option<&Path>) -> EngineResult<ListResult> {
        self.disk.list_with_delimiter(prefix).await
    }

    async fn put_multipart_opts(
        &self,
        at: &Path,
        options: PutMultipartOptions,
    ) -> EngineResult<Box<dyn MultipartUpload>> {
        self.disk.put_multipart_opts(at, options).await
    }

    fn delete_stream(
        &self,
        names: BoxStream<'static, EngineResult<Path>>,
    ) -> BoxStream<'static, EngineResult<Path>> {
        self.disk.delete_stream(names)
    }

    async fn copy_opts(&self, from: &Path, to: &Path, options: CopyOptions) -> EngineResult<()> {
        self.disk.copy_opts(from, to, options).await
    }
}
