//! A folder whose acknowledged writes survive a power cut.
//!
//! `LocalFileSystem` with `with_fsync(true)` (object_store 0.14) writes a staging file `NAME#N`, fsyncs it, links
//! it to its name with `link(2)` and fsyncs the folder. This module adds what that leaves open:
//!
//! - **folders**: object_store takes a folder that another writer has just made for durable. Here each folder is
//!   made and its parent fsynced by whoever uses it first, before an object goes in;
//! - **the read gate**: a name is visible from `link(2)` on, before the folder's fsync. Readers of a name wait
//!   for its writer, so that nobody is shown what a power cut could still take back;
//! - **fail-stop**: after an fsync that failed, what the page cache shows may differ from the disk. Nothing is
//!   read or written any more until the store is opened again;
//! - **opening**: one process at a time (flock); unless the last one closed the folder, no symbolic link inside,
//!   left-over staging files swept, and `syncfs` before anything is believed, since a crash may leave visible what was
//!   never flushed.
//!
//! What is left to others: bytes are checked by whoever reads them (`seal`, `log`).

mod folder;

use core::fmt;
use std::collections::HashSet;
use std::fs::{self, File};
use std::hash::{BuildHasher, RandomState};
use std::io;
use std::path::{Path as FilePath, PathBuf};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use async_trait::async_trait;
use futures_util::stream::{self, BoxStream, StreamExt};
use object_store::local::LocalFileSystem;
use object_store::path::Path;
use object_store::{
    CopyOptions, GetOptions, GetResult, ListResult, MultipartUpload, ObjectMeta, ObjectStore, PutMode,
    PutMultipartOptions, PutOptions, PutPayload, PutResult, Result,
};
use tokio::sync::RwLock;

pub use folder::FolderError;
pub(crate) use folder::create_private_file;

use crate::engine::cause;
use folder::{CLOSED_MARK, flush, lock, make_root, private_folder, sweep, take_away_mark};

/// A folder of objects, held by this process alone.
#[derive(Clone)]
pub(crate) struct DurableLocal(Arc<Folder>);

struct Folder {
    root: PathBuf,
    files: LocalFileSystem,
    /// The same folder, for what follows from other objects and is flushed later.
    unflushed: LocalFileSystem,
    /// Holds the flock for as long as the store is open.
    _lock: File,
    gate: Gate,
    /// Folders whose own entry is known to be on the disk.
    made: Mutex<HashSet<PathBuf>>,
    stopped: OnceLock<Stopped>,
}

impl DurableLocal {
    /// Opens or makes the folder. Blocks while it sweeps and flushes, which takes longer the more objects there are.
    pub(crate) fn open(root: &FilePath) -> core::result::Result<Self, FolderError> {
        make_root(root)?;
        let lock = lock(root)?;
        if !take_away_mark(root)? {
            sweep(root)?;
            flush(root)?;
        }
        let root = fs::canonicalize(root).map_err(FolderError::doing("open", root))?;
        let unflushed = LocalFileSystem::new_with_prefix(&root)
            .map_err(|failure| FolderError::doing("open", &root)(io::Error::other(failure)))?;
        let files = unflushed.clone().with_fsync(true);
        Ok(Self(Arc::new(Folder {
            root,
            files,
            unflushed,
            _lock: lock,
            gate: Gate::new(),
            made: Mutex::new(HashSet::new()),
            stopped: OnceLock::new(),
        })))
    }

    /// Has everything on the disk that was written so far.
    pub(crate) async fn flush(&self) -> Result<()> {
        self.on_the_disk(flush).await
    }

    /// Ends the writing, and leaves a mark that everything is on the disk and nothing half-written lies about: the next
    /// opening need not look through the whole folder.
    pub(crate) async fn close(&self) -> Result<()> {
        self.0.refuse_if_stopped()?;
        let closed = || Stopped {
            reason: "it was closed".into(),
        };
        self.0.stopped.get_or_init(closed);
        // Whoever began before that holds a gate until the disk has confirmed.
        for gate in &self.0.gate.shards {
            drop(gate.write().await);
        }
        let folder = Arc::clone(&self.0);
        let marked = tokio::task::spawn_blocking(move || {
            flush(&folder.root)?;
            create_private_file(&folder.root.join(CLOSED_MARK), b"")
        });
        marked
            .await?
            .map_err(|failure| generic(io::Error::other(failure)))
    }

    /// Runs to its end even when the caller stops waiting; a failure stops the store.
    async fn on_the_disk(
        &self,
        work: impl FnOnce(&FilePath) -> core::result::Result<(), FolderError> + Send + 'static,
    ) -> Result<()> {
        self.0.refuse_if_stopped()?;
        let folder = Arc::clone(&self.0);
        let done = tokio::task::spawn_blocking(move || work(&folder.root)).await?;
        done.map_err(|failure| {
            let reason = format!("the disk did not confirm what was written ({failure})");
            self.0.stopped.get_or_init(|| Stopped { reason }).error()
        })
    }
}

/// Asks for an object to be written without waiting for the disk; [`DurableLocal::flush`] makes it durable.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Unflushed;

impl Folder {
    fn refuse_if_stopped(&self) -> Result<()> {
        self.stopped.get().map_or(Ok(()), |stopped| Err(stopped.error()))
    }

    /// Writes one object with its name's gate held, and stops the store when the disk leaves doubt.
    async fn put(
        self: Arc<Self>,
        location: Path,
        payload: PutPayload,
        options: PutOptions,
    ) -> Result<PutResult> {
        let _gate = self.gate.of(&location).write().await;
        self.refuse_if_stopped()?;
        let file = self.files.path_to_filesystem(&location)?;
        let creates = options.mode == PutMode::Create;
        if creates && file.exists() {
            let source = "it was there before".into();
            let path = location.to_string();
            return Err(object_store::Error::AlreadyExists { path, source });
        }
        let folder = Arc::clone(&self);
        let parent = file.parent().unwrap_or(&self.root).to_path_buf();
        let made = match self.is_made(&parent) {
            true => Ok(()),
            false => tokio::task::spawn_blocking(move || folder.make_durable(&parent)).await?,
        };
        let files = match options.extensions.get::<Unflushed>() {
            None => &self.files,
            Some(Unflushed) => &self.unflushed,
        };
        let put = match made {
            Ok(()) => files.put_opts(&location, payload, options.clone()).await,
            Err(failure) => Err(generic(failure)),
        };
        // A name that became visible although its creation failed is one whose folder could not be flushed. What
        // may be replaced can be made again, so there a plain failure is only that.
        put.map_err(|failure| match failure {
            object_store::Error::AlreadyExists { .. } => failure,
            failure if is_plain(&failure) && !(creates && file.exists()) => failure,
            failure => self.stop(&location, &failure),
        })
    }

    fn stop(&self, location: &Path, failure: &object_store::Error) -> object_store::Error {
        self.stopped
            .get_or_init(|| Stopped {
                reason: format!("the disk did not confirm the write of {location} ({failure})"),
            })
            .error()
    }

    /// Makes every missing folder down to `folder` and flushes each one's parent, top down: a folder is on the disk
    /// before an object is put into it. Of several callers each flushes for itself, since another's flush may not have
    /// come to its end.
    fn make_durable(&self, folder: &FilePath) -> io::Result<()> {
        let below = folder.strip_prefix(&self.root).map_err(io::Error::other)?;
        let mut at = self.root.clone();
        for part in below {
            let parent = at.clone();
            at.push(part);
            if self.is_made(&at) {
                continue;
            }
            match private_folder().create(&at) {
                Err(failure) if failure.kind() != io::ErrorKind::AlreadyExists => return Err(failure),
                _ => {}
            }
            if !fs::symlink_metadata(&at)?.is_dir() {
                return Err(io::Error::other(FolderError::NotAFolder { path: at }));
            }
            File::open(&parent)?.sync_all()?;
            let mut made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
            if made.len() > MAX_FOLDERS_REMEMBERED {
                made.clear();
            }
            made.insert(at.clone());
        }
        Ok(())
    }

    fn is_made(&self, folder: &FilePath) -> bool {
        let made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
        made.contains(folder)
    }
}

/// Causes after which the disk is as it was.
fn is_plain(failure: &object_store::Error) -> bool {
    matches!(
        cause::<io::Error>(failure).map(io::Error::kind),
        Some(
            io::ErrorKind::StorageFull
                | io::ErrorKind::QuotaExceeded
                | io::ErrorKind::ReadOnlyFilesystem
                | io::ErrorKind::PermissionDenied
        )
    )
}

/// 65 536 folder names are about 10 MB; forgetting them costs one fsync each when next used.
const MAX_FOLDERS_REMEMBERED: usize = 1 << 16;

#[async_trait]
impl ObjectStore for DurableLocal {
    /// Runs to its end even when the caller stops waiting: a write that is dropped half-way would let its gate
    /// open before the disk has confirmed.
    async fn put_opts(&self, location: &Path, payload: PutPayload, options: PutOptions) -> Result<PutResult> {
        let folder = Arc::clone(&self.0);
        tokio::spawn(folder.put(location.clone(), payload, options)).await?
    }

    async fn get_opts(&self, location: &Path, options: GetOptions) -> Result<GetResult> {
        let _gate = self.0.gate.of(location).read().await;
        self.0.refuse_if_stopped()?;
        self.0.files.get_opts(location, options).await
    }

    /// Shows names only; what they hold is read through the gate.
    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, Result<ObjectMeta>> {
        match self.0.refuse_if_stopped() {
            Ok(()) => self.0.files.list(prefix),
            Err(stopped) => stream::once(async { Err(stopped) }).boxed(),
        }
    }

    async fn list_with_delimiter(&self, prefix: Option<&Path>) -> Result<ListResult> {
        self.0.refuse_if_stopped()?;
        self.0.files.list_with_delimiter(prefix).await
    }

    async fn put_multipart_opts(&self, _: &Path, _: PutMultipartOptions) -> Result<Box<dyn MultipartUpload>> {
        Err(not_offered("multipart upload, which overwrites"))
    }

    fn delete_stream(&self, _: BoxStream<'static, Result<Path>>) -> BoxStream<'static, Result<Path>> {
        stream::once(async { Err(not_offered("deletion")) }).boxed()
    }

    async fn copy_opts(&self, _: &Path, _: &Path, _: CopyOptions) -> Result<()> {
        Err(not_offered("copying"))
    }
}

fn not_offered(operation: &str) -> object_store::Error {
    object_store::Error::NotImplemented {
        operation: operation.to_owned(),
        implementer: "DurableLocal".to_owned(),
    }
}

fn generic(failure: io::Error) -> object_store::Error {
    object_store::Error::Generic {
        store: "DurableLocal",
        source: Box::new(failure),
    }
}

impl fmt::Display for DurableLocal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DurableLocal({})", self.0.root.display())
    }
}

impl fmt::Debug for DurableLocal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Why the store no longer serves.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{reason}")]
pub(crate) struct Stopped {
    pub(crate) reason: String,
}

impl Stopped {
    fn error(&self) -> object_store::Error {
        object_store::Error::Generic {
            store: "DurableLocal",
            source: Box::new(self.clone()),
        }
    }
}

/// A writer holds its name's shard until the disk has confirmed; readers of the shard wait for it.
struct Gate {
    shards: Vec<RwLock<()>>,
    hasher: RandomState,
}

impl Gate {
    fn new() -> Self {
        Self {
            shards: (0..GATE_SHARDS).map(|_| RwLock::new(())).collect(),
            hasher: RandomState::new(),
        }
    }

    fn of(&self, location: &Path) -> &RwLock<()> {
        let hash = self.hasher.hash_one(location.as_ref());
        let shard =
            usize::try_from(hash % u64::from(GATE_SHARDS)).expect("a remainder below 1024 fits usize");
        &self.shards[shard]
    }
}

/// Enough that a reader seldom waits for a writer of another name.
const GATE_SHARDS: u32 = 1024;

#[cfg(test)]
mod tests {
    use std::fs::OpenOptions;

    use object_store::ObjectStoreExt;

    use super::*;

    fn folder() -> tempfile::TempDir {
        tempfile::tempdir().expect("a temporary folder")
    }

    fn create() -> PutOptions {
        PutOptions::from(PutMode::Create)
    }

    #[tokio::test]
    async fn staging_files_of_a_crash_are_swept_and_objects_are_kept() {
        let folder = folder();
        fs::create_dir_all(folder.path().join("p/ab")).expect("folders");
        for name in ["p/ab/0000000001", "p/ab/0000000002#1", "p/ab/0000000003#17"] {
            OpenOptions::new()
                .create_new(true)
                .write(true)
                .open(folder.path().join(name))
                .expect("a file");
        }
        DurableLocal::open(folder.path()).expect("a store's folder");
        let left: Vec<_> = fs::read_dir(folder.path().join("p/ab"))
            .expect("the folder")
            .map(|entry| entry.expect("an entry").file_name())
            .collect();
        assert_eq!(left, ["0000000001"]);
    }

    #[tokio::test]
    async fn a_second_opening_is_refused_in_words() {
        let folder = folder();
        let first = DurableLocal::open(folder.path()).expect("a store's folder");
        let second = DurableLocal::open(folder.path()).expect_err("it is open already");
        assert!(matches!(second, FolderError::InUse { .. }));
        assert!(second.to_string().contains("open in another process"), "{second}");
        drop(first);
        DurableLocal::open(folder.path()).expect("free again");
    }

    #[tokio::test]
    async fn links_that_lead_elsewhere_are_refused() {
        let (root, elsewhere) = (folder(), folder());
        std::os::unix::fs::symlink(elsewhere.path(), root.path().join("p")).expect("a link");
        let refused = DurableLocal::open(root.path()).expect_err("a link inside");
        assert!(matches!(refused, FolderError::SymbolicLink { .. }), "{refused}");
        fs::remove_file(root.path().join("p")).expect("removal");
        let durable = DurableLocal::open(root.path()).expect("a store's folder");
        std::os::unix::fs::symlink(elsewhere.path(), root.path().join("q")).expect("a later link");
        let refused = durable.put_opts(&Path::from("q/1"), "x".into(), create()).await;
        assert!(refused.is_err());
        assert_eq!(fs::read_dir(elsewhere.path()).expect("the folder").count(), 0);
    }

    #[tokio::test]
    async fn a_file_in_the_place_of_the_folder_is_named() {
        let folder = folder();
        let path = folder.path().join("file");
        create_private_file(&path, b"x").expect("a file");
        let refused = DurableLocal::open(&path).expect_err("a file");
        assert!(matches!(refused, FolderError::NotAFolder { .. }), "{refused}");
    }

    /// A file stands where a folder was: a failure that is neither a full disk nor a missing permission.
    #[tokio::test]
    async fn a_failure_that_leaves_doubt_stops_everything() {
        let folder = folder();
        let durable = DurableLocal::open(folder.path()).expect("a store's folder");
        let good = Path::from("p/1");
        durable
            .put_opts(&good, "x".into(), create())
            .await
            .expect("a first object");
        fs::remove_dir_all(folder.path().join("p")).expect("removal behind the store's back");
        create_private_file(&folder.path().join("p"), b"x").expect("a file in place of the folder");
        let failure = durable.put_opts(&Path::from("p/2"), "x".into(), create()).await;
        assert!(cause::<Stopped>(&failure.expect_err("no folder")).is_some());
        let read = durable.get(&good).await.expect_err("stopped");
        assert!(cause::<Stopped>(&read).is_some(), "{read}");
        let listed = durable.list_with_delimiter(None).await.expect_err("stopped");
        assert!(cause::<Stopped>(&listed).is_some(), "{listed}");
    }

    #[tokio::test]
    async fn nothing_is_deleted_copied_or_overwritten_in_parts() {
        let folder = folder();
        let durable = DurableLocal::open(folder.path()).expect("a store's folder");
        let name = Path::from("p/1");
        durable
            .put_opts(&name, "x".into(), create())
            .await
            .expect("an object");
        assert!(durable.delete(&name).await.is_err());
        assert!(durable.copy(&name, &Path::from("p/2")).await.is_err());
        assert!(durable.put_multipart(&name).await.is_err());
        assert!(durable.get(&name).await.is_ok());
    }
}
