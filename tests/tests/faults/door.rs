//! One node's way to the disk: counts every operation and lets faults happen to it.
//!
//! A door can also have a planted bug: then the suite must find something.

use core::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use futures_util::stream::{self, BoxStream, StreamExt, TryStreamExt};
use object_store::path::Path;
use object_store::{
    CopyOptions, GetOptions, GetResult, ListResult, MultipartUpload, ObjectMeta, ObjectStore, PutMode,
    PutMultipartOptions, PutOptions, PutPayload, PutResult, Result,
};
use tokio::sync::Notify;

use crate::twin::{Listing, Twin};

/// What happens to one operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Fault {
    /// Nothing.
    None,
    /// It fails and was not done.
    ErrorBefore,
    /// It was done and is reported as failed.
    ErrorAfter,
    /// The node dies before it.
    CrashBefore,
    /// The node dies after it, before it hears of it.
    CrashAfter,
    /// A list misses the newest names; any other operation fails and was not done.
    StaleList,
}

/// One operation of a node.
#[derive(Debug, Clone)]
pub(crate) struct Operation {
    pub(crate) node: usize,
    pub(crate) action: Action,
    pub(crate) name: Path,
}

/// What is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Action {
    Create,
    Replace,
    Read,
    List,
}

/// Decides what happens to each operation, and when it goes on.
#[async_trait]
pub(crate) trait Faults: Send + Sync + fmt::Debug {
    async fn meet(&self, operation: Operation) -> Fault;
}

/// A mistake in the store that an engine can imitate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Bug {
    None,
    /// The store overwrites where it should create.
    Overwrites,
    /// What follows from a commit, under names that begin so, is written before it. The commit is made as soon as the node
    /// does anything else.
    CommitsAfter(&'static [&'static str]),
}

/// The engine of one node.
#[derive(Debug)]
pub(crate) struct Door {
    node: usize,
    twin: Arc<Twin>,
    faults: Arc<dyn Faults>,
    bug: Bug,
    dead: AtomicBool,
    died: Notify,
    /// Commits that were acknowledged and are not on the disk: only with a planted bug.
    deferred: Mutex<Vec<(Path, PutPayload)>>,
}

impl Door {
    pub(crate) fn new(node: usize, twin: Arc<Twin>, faults: Arc<dyn Faults>, bug: Bug) -> Arc<Self> {
        Arc::new(Self {
            node,
            twin,
            faults,
            bug,
            dead: AtomicBool::new(false),
            died: Notify::new(),
            deferred: Mutex::new(Vec::new()),
        })
    }

    pub(crate) fn is_dead(&self) -> bool {
        self.dead.load(Ordering::SeqCst)
    }

    /// Returns when the node has died.
    pub(crate) async fn death(&self) {
        let died = self.died.notified();
        if !self.is_dead() {
            died.await;
        }
    }

    /// The node is no more: nothing it still does reaches the disk.
    pub(crate) fn kill(&self) {
        self.dead.store(true, Ordering::SeqCst);
        self.died.notify_waiters();
    }

    async fn meet(&self, action: Action, name: &Path) -> Result<Fault> {
        if self.is_dead() {
            return Err(failure("the node is dead"));
        }
        let node = self.node;
        let operation = Operation {
            node,
            action,
            name: name.clone(),
        };
        let fault = self.faults.meet(operation).await;
        // It may have died while this operation waited its turn.
        if self.is_dead() {
            return Err(failure("the node is dead"));
        }
        if !self.precedes_commits(name) {
            self.commit_deferred().await;
        }
        match fault {
            Fault::CrashBefore => {
                self.kill();
                Err(failure("the node died"))
            }
            Fault::ErrorBefore => Err(failure("refused")),
            Fault::StaleList if action != Action::List => Err(failure("refused")),
            fault => Ok(fault),
        }
    }

    /// The second half of a fault: what was done is not heard of.
    fn unheard<T>(&self, fault: Fault, done: T) -> Result<T> {
        match fault {
            Fault::ErrorAfter => Err(failure("done and not heard of")),
            Fault::CrashAfter => {
                self.kill();
                Err(failure("the node died"))
            }
            _ => Ok(done),
        }
    }

    async fn names(self: Arc<Self>, prefix: Option<Path>) -> Result<Vec<ObjectMeta>> {
        let name = prefix.clone().unwrap_or_default();
        let fault = self.meet(Action::List, &name).await?;
        let listing = match fault {
            Fault::StaleList => Listing::Stale,
            _ => Listing::Complete,
        };
        let found = self.twin.list(prefix.as_ref(), listing).await?;
        self.unheard(fault, found)
    }

    async fn write(&self, at: &Path, payload: PutPayload, mut options: PutOptions) -> Result<PutResult> {
        if self.bug == Bug::Overwrites {
            options.mode = PutMode::Overwrite;
        }
        let may_wait = matches!(self.bug, Bug::CommitsAfter(_)) && at.as_ref().starts_with("log/c/");
        if may_wait && self.twin.bytes(at).await?.is_none() {
            self.deferred().push((at.clone(), payload));
            return Ok(PutResult {
                e_tag: None,
                version: None,
                extensions: Default::default(),
            });
        }
        self.twin.put(at, payload, options).await
    }

    /// Whether a planted bug has this done before the commit it follows from.
    fn precedes_commits(&self, at: &Path) -> bool {
        matches!(self.bug, Bug::CommitsAfter(names) if names.iter().any(|name| at.as_ref().starts_with(name)))
    }

    /// Makes the commits that a planted bug has kept back.
    async fn commit_deferred(&self) {
        let deferred = core::mem::take(&mut *self.deferred());
        for (name, payload) in deferred {
            // Another node may have taken the name by now: then this one's commit is lost.
            drop(self.twin.put(&name, payload, PutMode::Create.into()).await);
        }
    }

    fn deferred(&self) -> std::sync::MutexGuard<'_, Vec<(Path, PutPayload)>> {
        self.deferred.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn failure(words: &'static str) -> object_store::Error {
    object_store::Error::Generic {
        store: "Door",
        source: words.into(),
    }
}

fn not_offered(operation: &str) -> object_store::Error {
    object_store::Error::NotImplemented {
        operation: operation.to_owned(),
        implementer: "Door".to_owned(),
    }
}

impl fmt::Display for Door {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Door of node {}", self.node)
    }
}

/// What a store is given is one handle; whoever tells the story keeps another.
#[derive(Debug, Clone)]
pub(crate) struct Handle(pub(crate) Arc<Door>);

impl fmt::Display for Handle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[async_trait]
impl ObjectStore for Handle {
    async fn put_opts(&self, at: &Path, payload: PutPayload, options: PutOptions) -> Result<PutResult> {
        let action = match options.mode {
            PutMode::Create => Action::Create,
            _ => Action::Replace,
        };
        let fault = self.0.meet(action, at).await?;
        let put = self.0.write(at, payload, options).await;
        self.0.unheard(fault, put)?
    }

    async fn get_opts(&self, at: &Path, options: GetOptions) -> Result<GetResult> {
        let fault = self.0.meet(Action::Read, at).await?;
        let got = self.0.twin.get(at, options).await;
        self.0.unheard(fault, got)?
    }

    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, Result<ObjectMeta>> {
        let listed = Arc::clone(&self.0).names(prefix.cloned());
        stream::once(listed)
            .map_ok(|found| stream::iter(found.into_iter().map(Ok)))
            .try_flatten()
            .boxed()
    }

    async fn list_with_delimiter(&self, _: Option<&Path>) -> Result<ListResult> {
        Err(not_offered("listing with delimiter"))
    }

    async fn put_multipart_opts(&self, _: &Path, _: PutMultipartOptions) -> Result<Box<dyn MultipartUpload>> {
        Err(not_offered("multipart upload"))
    }

    fn delete_stream(&self, _: BoxStream<'static, Result<Path>>) -> BoxStream<'static, Result<Path>> {
        stream::once(async { Err(not_offered("deletion")) }).boxed()
    }

    async fn copy_opts(&self, _: &Path, _: &Path, _: CopyOptions) -> Result<()> {
        Err(not_offered("copying"))
    }
}
