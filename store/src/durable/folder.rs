//! What has to be so with a folder before a store is opened in it, and files of which nobody sees a half.

use core::time::Duration;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path as FilePath, PathBuf};

use walkdir::WalkDir;

/// Present while no process has the folder open and the last one closed it.
pub(super) const CLOSED_MARK: &str = ".closed";

/// Whether the mark was there. It is gone from the disk when this returns, before anything is written.
pub(super) fn take_away_mark(root: &FilePath) -> Result<bool, FolderError> {
    let mark = root.join(CLOSED_MARK);
    match fs::remove_file(&mark) {
        Ok(()) => {}
        Err(failure) if failure.kind() == io::ErrorKind::NotFound => return Ok(false),
        Err(failure) => return Err(FolderError::doing("remove", &mark)(failure)),
    }
    File::open(root)
        .and_then(|folder| folder.sync_all())
        .map_err(FolderError::doing("flush", root))?;
    Ok(true)
}

pub(super) fn private_folder() -> fs::DirBuilder {
    let mut builder = fs::DirBuilder::new();
    builder.mode(0o700);
    builder
}

pub(super) fn make_root(root: &FilePath) -> Result<(), FolderError> {
    private_folder()
        .recursive(true)
        .create(root)
        .map_err(FolderError::doing("make", root))?;
    let parent = parent_of(root);
    File::open(parent)
        .and_then(|folder| folder.sync_all())
        .map_err(FolderError::doing("flush", parent))
}

/// The folder that holds a path; a bare name lies in the working folder.
fn parent_of(path: &FilePath) -> &FilePath {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => FilePath::new("."),
    }
}

/// The lock is the kernel's: it goes with the process, however that ends.
pub(super) fn lock(root: &FilePath) -> Result<File, FolderError> {
    let path = root.join(LOCK_FILE);
    let file = OpenOptions::new()
        .create(true)
        .truncate(false)
        .write(true)
        .mode(0o600)
        .open(&path)
        .map_err(FolderError::doing("write", &path))?;
    for _ in 0..LOCK_TRIES {
        match file.try_lock() {
            Ok(()) => return Ok(file),
            Err(TryLockError::WouldBlock) => std::thread::sleep(LOCK_PAUSE),
            Err(TryLockError::Error(failure)) => return Err(FolderError::doing("lock", &path)(failure)),
        }
    }
    Err(FolderError::InUse {
        root: root.to_path_buf(),
    })
}

/// One second in all: a store that was dropped may still be writing what follows from its last commit.
const LOCK_TRIES: u32 = 20;
const LOCK_PAUSE: Duration = Duration::from_millis(50);

const LOCK_FILE: &str = ".lock";

/// Removes what a crash left half-written (`NAME#N`) and refuses links that lead elsewhere.
pub(super) fn sweep(root: &FilePath) -> Result<(), FolderError> {
    for entry in WalkDir::new(root).min_depth(1).follow_links(false) {
        let entry = entry.map_err(|failure| {
            let path = failure.path().unwrap_or(root).to_path_buf();
            FolderError::doing("look through", &path)(failure.into())
        })?;
        if entry.path_is_symlink() {
            return Err(FolderError::SymbolicLink {
                path: entry.into_path(),
            });
        }
        if entry.file_type().is_file() && is_staging(&entry.file_name().to_string_lossy()) {
            fs::remove_file(entry.path()).map_err(FolderError::doing("sweep", entry.path()))?;
        }
    }
    Ok(())
}

fn is_staging(name: &str) -> bool {
    name.rsplit_once('#')
        .is_some_and(|(_, suffix)| !suffix.is_empty() && suffix.bytes().all(|byte| byte.is_ascii_digit()))
}

#[cfg(any(target_os = "linux", target_os = "android"))]
pub(super) fn flush(root: &FilePath) -> Result<(), FolderError> {
    let folder = File::open(root).map_err(FolderError::doing("open", root))?;
    nix::unistd::syncfs(&folder).map_err(|errno| FolderError::doing("flush", root)(errno.into()))
}

/// Without `syncfs`, every file and folder is flushed by itself.
#[cfg(not(any(target_os = "linux", target_os = "android")))]
pub(super) fn flush(root: &FilePath) -> Result<(), FolderError> {
    for entry in WalkDir::new(root).follow_links(false) {
        let entry = entry.map_err(|failure| FolderError::doing("look through", root)(failure.into()))?;
        File::open(entry.path())
            .and_then(|file| file.sync_all())
            .map_err(FolderError::doing("flush", entry.path()))?;
    }
    Ok(())
}

/// Creates a small file that only its owner may read, whole and durable or not at all.
pub(crate) fn create_private_file(path: &FilePath, bytes: &[u8]) -> Result<(), FolderError> {
    use std::io::Write;

    let parent = parent_of(path);
    make_root(parent)?;
    let mut staged = path.as_os_str().to_owned();
    staged.push(format!("#{}", std::process::id()));
    let staged = PathBuf::from(staged);
    let mut file = OpenOptions::new()
        .create_new(true)
        .write(true)
        .mode(0o600)
        .open(&staged)
        .map_err(FolderError::doing("write", &staged))?;
    let written = file
        .write_all(bytes)
        .and_then(|()| file.sync_all())
        .and_then(|()| fs::hard_link(&staged, path))
        .and_then(|()| File::open(parent)?.sync_all());
    let swept = fs::remove_file(&staged);
    written.and(swept).map_err(FolderError::doing("write", path))
}

/// The folder cannot hold a store, or not now. Messages are sentences for the operator.
#[derive(Debug, thiserror::Error)]
pub enum FolderError {
    /// Another process has it open.
    #[error(
        "the store in {root} is open in another process: stop that one first, or give this one its own folder"
    )]
    InUse {
        /// The store's folder.
        root: PathBuf,
    },
    /// It, or its file system, may not be written.
    #[error("{path} may not be written by this user: make it writable, or choose another folder")]
    NotWritable {
        /// What could not be written.
        path: PathBuf,
    },
    /// No room is left.
    #[error("the disk that holds {path} is full: free some space and start again; nothing was lost")]
    DiskFull {
        /// What could not be written.
        path: PathBuf,
    },
    /// A symbolic link lies inside: objects could be kept, or read, elsewhere.
    #[error(
        "{path} is a symbolic link: a store keeps its objects in its own folder; replace it by what it leads to"
    )]
    SymbolicLink {
        /// The link.
        path: PathBuf,
    },
    /// Something other than a folder stands where one is needed.
    #[error("{path} is not a folder: choose another place for the store")]
    NotAFolder {
        /// What stands there.
        path: PathBuf,
    },
    /// Any other failure of the file system.
    #[error("could not {action} {path}")]
    Failed {
        /// What was attempted.
        action: &'static str,
        /// On what.
        path: PathBuf,
        /// The system's own words.
        source: io::Error,
    },
}

impl FolderError {
    pub(super) fn doing(action: &'static str, path: &FilePath) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_path_buf();
        move |source| match source.kind() {
            io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => Self::NotWritable { path },
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Self::DiskFull { path },
            io::ErrorKind::NotADirectory | io::ErrorKind::AlreadyExists if action == "make" => {
                Self::NotAFolder { path }
            }
            _ => Self::Failed { action, path, source },
        }
    }
}
