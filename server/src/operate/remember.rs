//! What this node has shown: its newest checkpoint, kept outside the store (FORMAT §4).
//!
//! A store that is rolled back as a whole, log and checkpoint together, looks whole. Only somebody who remembers a
//! larger tree can tell: witnesses, readers, and this file.

use std::io::ErrorKind;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use planseal::log::checkpoint::{Checkpoint, CheckpointError, VerifiedCheckpoint};
use planseal::log::note::{Note, NoteError, VerifierKey};
use planseal::trust::TrustPolicy;

use crate::config::StorePlace;
use crate::whole_file;

/// A file with the newest checkpoint shown.
#[derive(Debug)]
pub struct Remember {
    file: PathBuf,
    log: VerifierKey,
    /// The size that the file holds; the lock is held while it is written.
    size: Mutex<u64>,
}

impl Remember {
    /// The memory of a log in this file, which need not exist yet.
    #[must_use]
    pub const fn at(file: PathBuf, log: VerifierKey) -> Self {
        let size = Mutex::new(0);
        Self { file, log, size }
    }

    pub(super) fn of(place: &StorePlace, policy: &TrustPolicy) -> Option<Self> {
        let file = place.remember.clone()?;
        Some(Self::at(file, policy.log().clone()))
    }

    /// What was shown before; nothing when this node never ran.
    ///
    /// # Errors
    /// [`RememberError`] when the file cannot be read, or holds no checkpoint of this log.
    pub fn read(&self) -> Result<Option<Checkpoint>, RememberError> {
        let file = self.file.clone();
        let text = match std::fs::read_to_string(&file) {
            Ok(text) => text,
            Err(fault) if fault.kind() == ErrorKind::NotFound => return Ok(None),
            Err(cause) => return Err(RememberError::Disk { file, cause }),
        };
        let checkpoint = self.verified(&text)?;
        *self.size.lock().unwrap_or_else(PoisonError::into_inner) = checkpoint.size();
        Ok(Some(checkpoint.checkpoint().clone()))
    }

    /// Remembers a checkpoint of this log, durably, unless a larger one is remembered.
    ///
    /// # Errors
    /// [`RememberError`] when it is none, or the file cannot be written.
    pub fn write(&self, note: &str) -> Result<(), RememberError> {
        let shown = self.verified(note)?.size();
        let mut size = self.size.lock().unwrap_or_else(PoisonError::into_inner);
        if shown <= *size {
            return Ok(());
        }
        let file = self.file.clone();
        whole_file::write(&file, note.as_bytes()).map_err(|cause| RememberError::Disk { file, cause })?;
        *size = shown;
        Ok(())
    }

    fn verified(&self, note: &str) -> Result<VerifiedCheckpoint, RememberError> {
        let file = || self.file.clone();
        let note = Note::parse(note).map_err(|cause| RememberError::Damaged { file: file(), cause })?;
        VerifiedCheckpoint::of_log(&note, &self.log)
            .map_err(|cause| RememberError::Foreign { file: file(), cause })
    }
}

/// What was shown is not known.
#[derive(Debug, thiserror::Error)]
pub enum RememberError {
    /// The file system.
    #[error(
        "the remembered checkpoint in {} cannot be read or written: check [store] remember, and that its folder is there",
        file.display()
    )]
    Disk {
        /// The file.
        file: PathBuf,
        /// What the system said.
        #[source]
        cause: std::io::Error,
    },
    /// No note.
    #[error(
        "{} holds no checkpoint: if it was damaged, ask a witness or a reader for the newest one and put it there",
        file.display()
    )]
    Damaged {
        /// The file.
        file: PathBuf,
        /// What is wrong.
        #[source]
        cause: NoteError,
    },
    /// Of another log.
    #[error("{} holds a checkpoint that this log's key did not sign: it is the memory of another log", file.display())]
    Foreign {
        /// The file.
        file: PathBuf,
        /// Why not.
        #[source]
        cause: CheckpointError,
    },
}
