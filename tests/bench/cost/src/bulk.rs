//! A store filled quickly: the same objects under the same names, written without waiting for the disk.
//!
//! Versions go through the store's public interface, so every object is the one a durable folder would hold. The engine
//! below creates files directly, and lets what is batched (log commits, audit segments) wait a moment for company, as a
//! disk would. Nobody may rely on such a store before it was opened and closed as a folder, which flushes it.

use std::fmt;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path as FilePath, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use async_trait::async_trait;
use bytes::Bytes;
use futures_util::future::try_join_all;
use futures_util::stream::{self, BoxStream, StreamExt as _};
use object_store::local::LocalFileSystem;
use object_store::path::Path;
use object_store::{
    CopyOptions, Error, GetOptions, GetResult, GetResultPayload, ListResult, MultipartUpload, ObjectMeta,
    ObjectStore, PutMode, PutMultipartOptions, PutOptions, PutPayload, PutResult,
};
use planseal_store::{Location, Sharing, Store, StoreConfig};

use crate::scene::Scene;
use crate::versions::{MAX_RECORDS, RecordNumber};

/// Versions of each record: a plan is revised now and then for as long as it is needed.
pub(crate) const VERSIONS_OF_A_RECORD: u8 = 5;

/// Makes a store of `versions` versions in a folder; gives how many records that is.
pub(crate) async fn fill(
    scene: &Arc<Scene>,
    root: &FilePath,
    key_file: &FilePath,
    versions: u32,
) -> Result<u32> {
    let records = versions / u32::from(VERSIONS_OF_A_RECORD);
    ensure!(
        records < MAX_RECORDS,
        "{versions} versions need more people than there are test numbers"
    );
    fs::create_dir_all(root)?;
    let objects = Arc::new(QuickFolder::new(root)?);
    let location = Location::Objects {
        objects,
        sharing: Sharing::Alone,
    };
    let store = scene.open(StoreConfig::at(location, key_file)).await?;
    let next = Arc::new(AtomicU32::new(0));
    let writers = (0..WRITERS).map(|_| {
        let (scene, store, next) = (Arc::clone(scene), store.clone(), Arc::clone(&next));
        tokio::spawn(async move { write(&scene, &store, &next, records).await })
    });
    for written in try_join_all(writers).await? {
        written?;
    }
    store.close().await?;
    drop(store);
    // Opened as what it is, and closed: flushed, with nothing half-written about.
    let store = scene.open(StoreConfig::folder(root, key_file)).await?;
    store.close().await?;
    Ok(records)
}

/// Enough that a batch holds many.
const WRITERS: usize = 256;

async fn write(scene: &Scene, store: &Store, next: &AtomicU32, records: u32) -> Result<()> {
    loop {
        let number = next.fetch_add(1, Ordering::Relaxed);
        if number >= records {
            return Ok(());
        }
        for envelope in scene.forge.line(RecordNumber(number), VERSIONS_OF_A_RECORD) {
            scene.publish(store, &envelope).await?;
        }
        if number.is_multiple_of(PROGRESS) && number > 0 {
            eprintln!("  {number} of {records} records");
        }
    }
}

const PROGRESS: u32 = 10_000;

/// Files in a folder, created once and not flushed.
#[derive(Debug)]
struct QuickFolder {
    root: PathBuf,
    files: LocalFileSystem,
}

impl QuickFolder {
    fn new(root: &FilePath) -> Result<Self> {
        let root = root.canonicalize().context("the folder was just made")?;
        let files = LocalFileSystem::new_with_prefix(&root)?;
        Ok(Self { root, files })
    }

    fn file(&self, location: &Path) -> PathBuf {
        self.root.join(location.as_ref())
    }

    fn create(&self, location: &Path, payload: &PutPayload, mode: &PutMode) -> io::Result<()> {
        let path = self.file(location);
        let mut options = OpenOptions::new();
        options.write(true);
        match mode {
            PutMode::Create => options.create_new(true),
            _ => options.create(true).truncate(true),
        };
        let mut file: File = match options.open(&path) {
            Err(failure) if failure.kind() == io::ErrorKind::NotFound => {
                fs::create_dir_all(path.parent().unwrap_or(&self.root))?;
                options.open(&path)?
            }
            opened => opened?,
        };
        payload.iter().try_for_each(|part| file.write_all(part))
    }
}

/// What many writers' work goes into together: a batch gathers for this long, as while a disk is busy.
const GATHERING: Duration = Duration::from_millis(1);

fn failed(location: &Path) -> impl FnOnce(io::Error) -> Error {
    let path = location.to_string();
    move |failure| match failure.kind() {
        io::ErrorKind::NotFound => Error::NotFound {
            path,
            source: failure.into(),
        },
        io::ErrorKind::AlreadyExists => Error::AlreadyExists {
            path,
            source: failure.into(),
        },
        _ => Error::Generic {
            store: "QuickFolder",
            source: failure.into(),
        },
    }
}

#[async_trait]
impl ObjectStore for QuickFolder {
    async fn put_opts(
        &self,
        location: &Path,
        payload: PutPayload,
        options: PutOptions,
    ) -> object_store::Result<PutResult> {
        if ["a/", "log/c/"]
            .iter()
            .any(|batched| location.as_ref().starts_with(batched))
        {
            tokio::time::sleep(GATHERING).await;
        }
        self.create(location, &payload, &options.mode)
            .map_err(failed(location))?;
        Ok(PutResult {
            e_tag: None,
            version: None,
            extensions: options.extensions,
        })
    }

    async fn get_opts(&self, location: &Path, _: GetOptions) -> object_store::Result<GetResult> {
        let bytes = Bytes::from(fs::read(self.file(location)).map_err(failed(location))?);
        let size = u64::try_from(bytes.len()).expect("a length in memory fits 64 bits");
        Ok(GetResult {
            payload: GetResultPayload::Stream(stream::once(async { Ok(bytes) }).boxed()),
            meta: ObjectMeta {
                location: location.clone(),
                last_modified: Default::default(),
                size,
                e_tag: None,
                version: None,
            },
            range: 0..size,
            attributes: Default::default(),
            extensions: Default::default(),
        })
    }

    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, object_store::Result<ObjectMeta>> {
        self.files.list(prefix)
    }

    async fn list_with_delimiter(&self, prefix: Option<&Path>) -> object_store::Result<ListResult> {
        self.files.list_with_delimiter(prefix).await
    }

    async fn put_multipart_opts(
        &self,
        location: &Path,
        options: PutMultipartOptions,
    ) -> object_store::Result<Box<dyn MultipartUpload>> {
        self.files.put_multipart_opts(location, options).await
    }

    fn delete_stream(
        &self,
        locations: BoxStream<'static, object_store::Result<Path>>,
    ) -> BoxStream<'static, object_store::Result<Path>> {
        self.files.delete_stream(locations)
    }

    async fn copy_opts(&self, from: &Path, to: &Path, options: CopyOptions) -> object_store::Result<()> {
        self.files.copy_opts(from, to, options).await
    }
}

impl fmt::Display for QuickFolder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "QuickFolder({})", self.root.display())
    }
}
