//! The only door to the objects: create once, read, list.
//!
//! There is no overwrite, delete, copy or multipart upload here; only names of the [`MutableKey`] type, which
//! can be made again from the others, are ever replaced. Every commit point of the store is
//! [`Engine::create`] (STORAGE "The one rule"). What lies below is any `object_store`: a durable folder, memory, a
//! bucket. A second place may keep a copy of everything that evidence consists of (`worm`).

use core::time::Duration;
use std::error::Error;
use std::io;
use std::sync::Arc;

use bytes::Bytes;
use futures_util::stream::BoxStream;
use futures_util::{StreamExt, TryStreamExt};
use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt, PutMode, PutOptions, PutPayload};
use sha2::{Digest, Sha256};

use crate::durable::{DurableLocal, Stopped, Unflushed};
use crate::key::{Key, MutableKey, Prefix};
use crate::location::Sharing;

/// Objects by name, created once and never changed.
#[derive(Debug, Clone)]
pub(crate) struct Engine {
    objects: Arc<dyn ObjectStore>,
    sharing: Sharing,
    worm: Option<Arc<dyn ObjectStore>>,
    /// The folder behind `objects`, where it is one.
    folder: Option<DurableLocal>,
}

/// What a creation found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Creation {
    /// The object is there now, and was not before.
    Created,
    /// An object of exactly these bytes is there: an earlier try of the same writer, or the same content.
    Same,
    /// Another object holds the name; these are its bytes.
    Different(Bytes),
}

impl Engine {
    pub(crate) fn over(objects: Arc<dyn ObjectStore>, sharing: Sharing) -> Self {
        Self {
            objects,
            sharing,
            worm: None,
            folder: None,
        }
    }

    /// In a folder, which is flushed now and then.
    pub(crate) fn in_folder(folder: DurableLocal) -> Self {
        Self {
            folder: Some(folder.clone()),
            ..Self::over(Arc::new(folder), Sharing::Alone)
        }
    }

    /// Keeps a copy of all evidence in a second place, which is written once and never read by the service.
    pub(crate) fn with_worm(self, worm: Option<&Self>) -> Self {
        let worm = worm.map(|worm| Arc::clone(&worm.objects));
        Self { worm, ..self }
    }

    pub(crate) fn objects(&self) -> &Arc<dyn ObjectStore> {
        &self.objects
    }

    /// Who else may write here.
    pub(crate) const fn sharing(&self) -> Sharing {
        self.sharing
    }

    /// Creates an object, durable when this returns.
    ///
    /// Its copy in the second place is written first: whoever creates an object has copied just these bytes, however the
    /// creation is heard of. A copy of what then lost a race is litter, and the worst of it.
    pub(crate) async fn create(&self, key: &Key, bytes: &Bytes) -> Result<Creation, EngineError> {
        if let Some(worm) = self.worm.as_ref().filter(|_| key.is_evidence()) {
            copy_to_worm(worm, key, bytes).await?;
        }
        self.create_once(key, bytes, PutOptions::from(PutMode::Create))
            .await
    }

    /// Creates an object that follows from others, or a copy: a folder need not have it on the disk before
    /// [`flush`](Self::flush).
    pub(crate) async fn create_later(&self, key: &Key, bytes: &Bytes) -> Result<Creation, EngineError> {
        let mut options = PutOptions::from(PutMode::Create);
        options.extensions.insert(Unflushed);
        self.create_once(key, bytes, options).await
    }

    /// Has everything on the disk that was created so far; a bucket has it there always.
    pub(crate) async fn flush(&self) -> Result<(), EngineError> {
        match &self.folder {
            None => Ok(()),
            Some(folder) => folder
                .flush()
                .await
                .map_err(|failure| EngineError::of("flush", "the folder".into(), failure)),
        }
    }

    /// Has everything on the disk, and says so for the next opening; nothing may be written after this.
    pub(crate) async fn close(&self) -> Result<(), EngineError> {
        match &self.folder {
            None => Ok(()),
            Some(folder) => folder
                .close()
                .await
                .map_err(|failure| EngineError::of("close", "the folder".into(), failure)),
        }
    }

    /// Every error after a creation is ambiguous, because the try may have landed: the name is read, the same bytes mean
    /// that this object is there, and an absent object is tried again with the same bytes. A try that lands after the
    /// last look is met by whoever uses the name next.
    async fn create_once(
        &self,
        key: &Key,
        bytes: &Bytes,
        options: PutOptions,
    ) -> Result<Creation, EngineError> {
        let mut tries = 0;
        loop {
            tries += 1;
            let payload = PutPayload::from(bytes.clone());
            let put = self.objects.put_opts(key.path(), payload, options.clone());
            let Err(failure) = put.await else {
                return Ok(Creation::Created);
            };
            let error = match self.read(key).await {
                Ok(Some(found)) if found == *bytes => return Ok(Creation::Same),
                Ok(Some(found)) => return Ok(Creation::Different(found)),
                Ok(None) => EngineError::of("create", key.to_string(), failure),
                Err(unread) => unread,
            };
            if tries == CREATE_TRIES || !error.is_passing() {
                return Err(error);
            }
            if self.sharing == Sharing::Nodes {
                tokio::time::sleep(PAUSE * tries).await;
            }
        }
    }

    /// The bytes under a name, or nothing.
    pub(crate) async fn read(&self, key: &Key) -> Result<Option<Bytes>, EngineError> {
        self.read_path(key.path()).await
    }

    /// The number of the last of objects that are numbered without gaps, from `first` on; found by doubling and halving.
    pub(crate) async fn last(
        &self,
        first: u64,
        name: impl Fn(u64) -> Key,
    ) -> Result<Option<u64>, EngineError> {
        if self.read(&name(first)).await?.is_none() {
            return Ok(None);
        }
        let (mut found, mut step) = (first, 1);
        while self.read(&name(found + step)).await?.is_some() {
            found += step;
            step *= 2;
        }
        let mut absent = found + step;
        while found + 1 < absent {
            let middle = found + (absent - found) / 2;
            match self.read(&name(middle)).await? {
                Some(_) => found = middle,
                None => absent = middle,
            }
        }
        Ok(Some(found))
    }

    /// The bytes under a mutable name, or nothing.
    pub(crate) async fn read_mutable(&self, key: &MutableKey) -> Result<Option<Bytes>, EngineError> {
        self.read_path(key.path()).await
    }

    /// Replaces an object that can be made again from the others.
    pub(crate) async fn replace(&self, key: &MutableKey, bytes: &Bytes) -> Result<(), EngineError> {
        self.objects
            .put(key.path(), PutPayload::from(bytes.clone()))
            .await
            .map(drop)
            .map_err(|failure| EngineError::of("replace", key.to_string(), failure))
    }

    /// All names below a prefix, in order. Names that are not UTF-8 keys of ours are left out by the engine.
    pub(crate) async fn list(&self, prefix: &Prefix) -> Result<Vec<String>, EngineError> {
        let mut names: Vec<String> = self
            .objects
            .list(Some(prefix.path()))
            .map_ok(|meta| meta.location.to_string())
            .try_collect()
            .await
            .map_err(|failure| EngineError::of("list", prefix.to_string(), failure))?;
        names.sort_unstable();
        Ok(names)
    }

    /// Every name below a prefix with its size, as the engine lists them.
    pub(crate) fn walk(&self, prefix: &Prefix) -> BoxStream<'static, Result<(String, u64), EngineError>> {
        let path = Some(prefix.path()).filter(|path| !path.as_ref().is_empty());
        let place = prefix.to_string();
        let names = self.objects.list(path).map(move |meta| match meta {
            Ok(meta) => Ok((meta.location.to_string(), meta.size)),
            Err(failure) => Err(EngineError::of("list", place.clone(), failure)),
        });
        names.boxed()
    }

    /// How large an object is, or nothing when there is none.
    pub(crate) async fn size(&self, key: &Key) -> Result<Option<u64>, EngineError> {
        match self.objects.head(key.path()).await {
            Ok(meta) => Ok(Some(meta.size)),
            Err(object_store::Error::NotFound { .. }) => Ok(None),
            Err(failure) => Err(EngineError::of("look for", key.to_string(), failure)),
        }
    }

    async fn read_path(&self, path: &Path) -> Result<Option<Bytes>, EngineError> {
        let found = match self.objects.get(path).await {
            Ok(found) => found,
            Err(object_store::Error::NotFound { .. }) => return Ok(None),
            Err(failure) => return Err(EngineError::of("read", path.to_string(), failure)),
        };
        if found.meta.size > MAX_OBJECT {
            return Err(EngineError::TooLarge {
                key: path.to_string(),
                size: found.meta.size,
                limit: MAX_OBJECT,
            });
        }
        let bytes = found.bytes().await;
        bytes
            .map(Some)
            .map_err(|failure| EngineError::of("read", path.to_string(), failure))
    }
}

/// Three: the first, one that a passing fault swallowed, and one more.
const CREATE_TRIES: u32 = 3;
/// 100 ms after the first try, 200 after the second; a client of a bucket has repeated by itself before (`location`).
const PAUSE: Duration = Duration::from_millis(100);

/// Copies lie under the digest of their bytes, so that nothing written later can take their place, whatever the bucket
/// makes of a name that exists.
async fn copy_to_worm(worm: &Arc<dyn ObjectStore>, key: &Key, bytes: &Bytes) -> Result<(), EngineError> {
    let name = Path::from(format!("{key}/{}", hex::encode(Sha256::digest(bytes))));
    let written = worm.put(&name, PutPayload::from(bytes.clone())).await;
    written
        .map(drop)
        .map_err(|failure| EngineError::of("copy", name.to_string(), failure))
}

/// 32 MiB: the largest attachment (20 MiB) and what surrounds it fit; a bound on memory before any check.
const MAX_OBJECT: u64 = 32 << 20;

/// The engine could not do what was asked. Messages are sentences for the operator and name what to do.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// No room is left, or a quota is used up.
    #[error(
        "the disk is full: {action} {key} was refused; nothing was lost: free some space and repeat the request"
    )]
    DiskFull {
        /// What was attempted.
        action: &'static str,
        /// The object's name.
        key: String,
    },
    /// The folder, or its file system, may not be written.
    #[error(
        "the store may not be written: {action} {key} was refused; nothing was lost: make the folder writable for \
         this user and repeat the request"
    )]
    ReadOnly {
        /// What was attempted.
        action: &'static str,
        /// The object's name.
        key: String,
    },
    /// The disk failed to confirm a write, so nothing more is read or written until the store is opened again.
    #[error(
        "the store has stopped: {reason}; check the disk, then start again: what was acknowledged is kept"
    )]
    Stopped {
        /// The failure that stopped it.
        reason: String,
    },
    /// An object is larger than anything this store writes.
    #[error("{key} is {size} bytes, more than the limit of {limit}: it was not written by this store")]
    TooLarge {
        /// The object's name.
        key: String,
        /// Its size in bytes.
        size: u64,
        /// The largest size accepted.
        limit: u64,
    },
    /// An object was listed and is not there.
    #[error("{key} was listed and is not there: does somebody else change this store?")]
    Gone {
        /// The object's name.
        key: String,
    },
    /// Any other failure of the engine.
    #[error("could not {action} {key}")]
    Failed {
        /// What was attempted.
        action: &'static str,
        /// The object's name.
        key: String,
        /// The engine's own words.
        source: object_store::Error,
    },
}

impl EngineError {
    fn of(action: &'static str, key: String, failure: object_store::Error) -> Self {
        if let Some(stopped) = cause::<Stopped>(&failure) {
            return Self::Stopped {
                reason: stopped.reason.clone(),
            };
        }
        match cause::<io::Error>(&failure).map(io::Error::kind) {
            Some(io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded) => Self::DiskFull { action, key },
            Some(io::ErrorKind::ReadOnlyFilesystem | io::ErrorKind::PermissionDenied) => {
                Self::ReadOnly { action, key }
            }
            _ => Self::Failed {
                action,
                key,
                source: failure,
            },
        }
    }

    /// Whether the same request may succeed a moment later with nothing done about it.
    fn is_passing(&self) -> bool {
        matches!(self, Self::Failed { .. })
    }
}

/// The first error of type `E` in a chain of causes.
pub(crate) fn cause<'e, E: Error + 'static>(error: &'e (dyn Error + 'static)) -> Option<&'e E> {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(found) = error.downcast_ref::<E>() {
            return Some(found);
        }
        next = error.source();
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failure(kind: io::ErrorKind) -> object_store::Error {
        object_store::Error::Generic {
            store: "test",
            source: Box::new(io::Error::from(kind)),
        }
    }

    #[test]
    fn failures_become_sentences_that_say_what_to_do() {
        let full = EngineError::of("create", "p/1".into(), failure(io::ErrorKind::StorageFull));
        assert!(matches!(full, EngineError::DiskFull { .. }));
        assert!(full.to_string().contains("free some space"));
        let fixed = EngineError::of("create", "p/1".into(), failure(io::ErrorKind::ReadOnlyFilesystem));
        assert!(matches!(fixed, EngineError::ReadOnly { .. }));
        assert!(!fixed.is_passing());
        let other = EngineError::of("create", "p/1".into(), failure(io::ErrorKind::TimedOut));
        assert!(other.is_passing());
    }
}
