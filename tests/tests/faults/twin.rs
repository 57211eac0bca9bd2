//! The disk that all nodes of a story share: objects in memory, with a note of everything that was replaced and of
//! every checkpoint that was ever written for others to see.

use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use futures_util::TryStreamExt;
use object_store::memory::InMemory;
use object_store::path::Path;
use object_store::{
    GetOptions, GetResult, ObjectMeta, ObjectStore, ObjectStoreExt, PutMode, PutOptions, PutPayload,
    PutResult, Result,
};

/// A disk in memory.
#[derive(Debug)]
pub(crate) struct Twin {
    objects: InMemory,
    history: Mutex<History>,
}

/// What a disk remembers beside its objects.
#[derive(Debug, Default)]
struct History {
    /// Names in the order in which they were created.
    created: Vec<Path>,
    /// Names that held other bytes before, and may not have been replaced.
    replaced: Vec<Path>,
    /// Every checkpoint there ever was.
    checkpoints: Vec<Bytes>,
}

impl Twin {
    pub(crate) fn new() -> Arc<Self> {
        Arc::new(Self::over(InMemory::new()))
    }

    fn over(objects: InMemory) -> Self {
        Self {
            objects,
            history: Mutex::new(History::default()),
        }
    }

    /// Another disk with the same objects and no history.
    pub(crate) fn fork(&self) -> Arc<Self> {
        Arc::new(Self::over(self.objects.fork()))
    }

    pub(crate) async fn put(&self, at: &Path, payload: PutPayload, options: PutOptions) -> Result<PutResult> {
        let bytes = Bytes::from(payload.clone());
        let creates = options.mode == PutMode::Create;
        if !creates && !is_mutable(at) && self.bytes(at).await?.is_some_and(|found| found != bytes) {
            self.note(|history| history.replaced.push(at.clone()));
        }
        let put = self.objects.put_opts(at, payload, options).await?;
        self.note(|history| {
            if creates {
                history.created.push(at.clone());
            }
            if at.as_ref() == CHECKPOINT {
                history.checkpoints.push(bytes);
            }
        });
        Ok(put)
    }

    pub(crate) async fn get(&self, at: &Path, options: GetOptions) -> Result<GetResult> {
        self.objects.get_opts(at, options).await
    }

    pub(crate) async fn list(&self, prefix: Option<&Path>, listing: Listing) -> Result<Vec<ObjectMeta>> {
        let mut found: Vec<ObjectMeta> = self.objects.list(prefix).try_collect().await?;
        if listing == Listing::Stale {
            let newest = self.note(|history| {
                let skipped = history.created.len().saturating_sub(NEWEST);
                history.created[skipped..].to_vec()
            });
            found.retain(|meta| !newest.contains(&meta.location));
        }
        Ok(found)
    }

    /// The bytes under a name, or nothing.
    pub(crate) async fn bytes(&self, at: &Path) -> Result<Option<Bytes>> {
        match self.objects.get(at).await {
            Ok(found) => Ok(Some(found.bytes().await?)),
            Err(object_store::Error::NotFound { .. }) => Ok(None),
            Err(failure) => Err(failure),
        }
    }

    /// Names that were replaced and may not be.
    pub(crate) fn replaced(&self) -> Vec<Path> {
        self.note(|history| history.replaced.clone())
    }

    /// Every checkpoint that anybody with access to the disk could have seen.
    pub(crate) fn checkpoints(&self) -> Vec<Bytes> {
        self.note(|history| history.checkpoints.clone())
    }

    fn note<T>(&self, note: impl FnOnce(&mut History) -> T) -> T {
        note(&mut self.history.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// What a list shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Listing {
    Complete,
    /// The newest names are missing.
    Stale,
}

/// How many names a stale list misses.
const NEWEST: usize = 3;

/// The one object of the log that is replaced, and that tells others how far the log goes.
pub(crate) const CHECKPOINT: &str = "log/checkpoint";

/// Names that may be replaced (STORAGE "The one rule"): they follow from others, or only wrap a key anew.
fn is_mutable(name: &Path) -> bool {
    let name = name.as_ref();
    name == CHECKPOINT || name == "log/cosigned" || name.starts_with("k/")
}
