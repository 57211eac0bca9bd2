//! New files: written under a temporary name, made durable, then named, so that a crash leaves either nothing or
//! the whole file.
//!
//! Nothing is overwritten unless the caller says so, and the check is the naming itself, so two programs cannot
//! both believe that they were first.

use std::fs::{File, Permissions};
use std::io::{self, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

/// Who may read the new file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Mode 0600: private keys and what identifies patients.
    Owner,
    /// Mode 0644: what is meant to be given away.
    Everyone,
}

/// What happens to a file that is already there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Existing {
    /// It stays and nothing is written.
    Keep,
    /// It is replaced at once by the whole new file.
    Replace,
}

/// Writes a file.
///
/// A crash before the last step leaves a temporary file with a name beginning in `.planseal-`, which may be deleted.
///
/// # Errors
/// [`OutputError`], with what to do.
pub fn write(path: &Path, bytes: &[u8], access: Access, existing: Existing) -> Result<(), OutputError> {
    let folder = folder_of(path);
    let failed = |cause: io::Error| OutputError::because(path, &folder, cause);
    let mut file = tempfile::Builder::new()
        .prefix(".planseal-")
        .permissions(Permissions::from_mode(access.mode()))
        .tempfile_in(&folder)
        .map_err(failed)?;
    file.write_all(bytes).map_err(failed)?;
    file.as_file().sync_all().map_err(failed)?;
    let named = match existing {
        Existing::Keep => file.persist_noclobber(path),
        Existing::Replace => file.persist(path),
    };
    named.map_err(|fault| failed(fault.error))?;
    File::open(&folder)
        .and_then(|folder| folder.sync_all())
        .map_err(failed)
}

fn folder_of(path: &Path) -> PathBuf {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder.to_owned(),
        _ => PathBuf::from("."),
    }
}

impl Access {
    const fn mode(self) -> u32 {
        match self {
            Self::Owner => 0o600,
            Self::Everyone => 0o644,
        }
    }
}

/// Why a file was not written. Nothing was left under its name.
#[derive(Debug, thiserror::Error)]
pub enum OutputError {
    /// Something is there already.
    #[error("{} is already there and was not touched: choose another name", path.display())]
    Exists {
        /// The name asked for.
        path: PathBuf,
    },
    /// The folder is missing.
    #[error("the folder {} does not exist: create it first", folder.display())]
    NoFolder {
        /// The folder of the name asked for.
        folder: PathBuf,
    },
    /// The folder cannot be written to.
    #[error("{} could not be written: the folder {} is read-only for you; choose another or ask for access", path.display(), folder.display())]
    ReadOnly {
        /// The name asked for.
        path: PathBuf,
        /// Its folder.
        folder: PathBuf,
        /// What the system said.
        #[source]
        cause: io::Error,
    },
    /// The disk is full.
    #[error("{} could not be written: the disk is full; free some space and repeat", path.display())]
    Full {
        /// The name asked for.
        path: PathBuf,
    },
    /// Anything else the system said.
    #[error("{} could not be written", path.display())]
    Failed {
        /// The name asked for.
        path: PathBuf,
        /// What the system said.
        #[source]
        cause: io::Error,
    },
}

impl OutputError {
    fn because(path: &Path, folder: &Path, cause: io::Error) -> Self {
        let (path, folder) = (path.to_owned(), folder.to_owned());
        match cause.kind() {
            io::ErrorKind::AlreadyExists => Self::Exists { path },
            io::ErrorKind::NotFound => Self::NoFolder { folder },
            io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
                Self::ReadOnly { path, folder, cause }
            }
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Self::Full { path },
            _ => Self::Failed { path, cause },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_never_overwritten_by_accident() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("key.pem");
        write(&path, b"first", Access::Owner, Existing::Keep).expect("written");
        let again = write(&path, b"second", Access::Owner, Existing::Keep);
        assert!(matches!(again, Err(OutputError::Exists { .. })));
        assert_eq!(std::fs::read(&path).expect("readable"), b"first");
        write(&path, b"third", Access::Owner, Existing::Replace).expect("replaced");
        assert_eq!(std::fs::read(&path).expect("readable"), b"third");
        let left: Vec<_> = std::fs::read_dir(folder.path()).expect("readable").collect();
        assert_eq!(left.len(), 1, "no temporary file stays");
    }

    #[test]
    fn a_private_file_is_the_owners_alone() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("key.pem");
        write(&path, b"secret", Access::Owner, Existing::Keep).expect("written");
        let mode = std::fs::metadata(&path).expect("there").permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }

    #[test]
    fn a_missing_folder_is_named() {
        let fault = write(Path::new("/nowhere/at/all"), b"", Access::Owner, Existing::Keep);
        let message = fault.expect_err("no folder").to_string();
        assert!(message.contains("/nowhere/at"), "{message}");
    }

    #[test]
    fn every_reason_of_the_system_becomes_advice() {
        let said = |kind: io::ErrorKind| {
            OutputError::because(Path::new("a/plan.cose"), Path::new("a"), kind.into()).to_string()
        };
        assert!(said(io::ErrorKind::StorageFull).contains("free some space"));
        assert!(said(io::ErrorKind::QuotaExceeded).contains("free some space"));
        assert!(said(io::ErrorKind::PermissionDenied).contains("the folder a is read-only for you"));
        assert!(said(io::ErrorKind::ReadOnlyFilesystem).contains("the folder a is read-only for you"));
        assert!(said(io::ErrorKind::NotFound).contains("create it first"));
        assert!(said(io::ErrorKind::AlreadyExists).contains("choose another name"));
    }
}
