//! What a witness remembers, durably: for each log the last checkpoint it cosigned, as the log signed it.
//!
//! A file for each log, written whole under another name, made durable, then renamed, and the folder made durable:
//! a crash at any step leaves the checkpoint before or the one after, and the cosignature leaves only then. After an
//! error nothing is known of the disk any more, so nothing is cosigned for that log until the witness starts again.

use std::fs::{self, File};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use planseal::log::checkpoint::{CheckpointError, VerifiedCheckpoint};
use planseal::log::note::{Note, VerifierKey};
use planseal::log::tree::TreeHead;
use sha2::{Digest, Sha256};

use crate::whole_file;

/// The folder, held by one process.
#[derive(Debug)]
pub struct Lock {
    _file: File,
}

impl Lock {
    pub(super) fn of(folder: &Path) -> Result<Self, MemoryError> {
        let path = folder.join(IDENTITY);
        let file = match File::open(&path) {
            Ok(file) => file,
            Err(fault) if fault.kind() == ErrorKind::NotFound => {
                let folder = folder.to_owned();
                return Err(MemoryError::NotMade { folder });
            }
            Err(cause) => return Err(MemoryError::Disk { path, cause }),
        };
        match file.try_lock() {
            Ok(()) => Ok(Self { _file: file }),
            Err(_) => Err(MemoryError::InUse {
                folder: folder.to_owned(),
            }),
        }
    }
}

/// The witness's own verifier key: a folder without it is not a witness's, and its emptiness means nothing.
const IDENTITY: &str = "witness";

/// Makes a witness's folder.
pub(super) fn found(folder: &Path, key: &VerifierKey) -> Result<(), MemoryError> {
    fs::create_dir_all(folder).map_err(MemoryError::disk(folder))?;
    let path = folder.join(IDENTITY);
    if path.exists() {
        let folder = folder.to_owned();
        return Err(MemoryError::Made { folder });
    }
    write(&path, format!("{key}\n").as_bytes())
}

/// Whose folder it is.
pub(super) fn founded(folder: &Path) -> Result<VerifierKey, MemoryError> {
    let path = folder.join(IDENTITY);
    let text = fs::read_to_string(&path).map_err(MemoryError::disk(&path))?;
    VerifierKey::parse(text.trim_end()).map_err(|_| MemoryError::Damaged { path })
}

/// What is remembered of one log.
pub(super) struct Memory {
    file: PathBuf,
    held: Held,
}

enum Held {
    /// The last tree cosigned; the empty one before the first.
    Head(TreeHead),
    /// A writing failed.
    Lost,
}

impl Memory {
    /// Reads what was cosigned last, as the log signed it.
    pub(super) fn open(folder: &Path, log: &VerifierKey) -> Result<Self, MemoryError> {
        // Origins are of any length and hold any letters; their digest is a file name.
        let name = hex::encode(Sha256::digest(log.name()));
        let file = folder.join(format!("{name}.checkpoint"));
        let note = match fs::read_to_string(&file) {
            Ok(note) => note,
            Err(fault) if fault.kind() == ErrorKind::NotFound => {
                let held = Held::Head(TreeHead::empty());
                return Ok(Self { file, held });
            }
            Err(cause) => return Err(MemoryError::Disk { path: file, cause }),
        };
        let damaged = |_| MemoryError::Damaged { path: file.clone() };
        let note = Note::parse(&note).map_err(damaged)?;
        let checkpoint = VerifiedCheckpoint::of_log(&note, log).map_err(|cause| MemoryError::Foreign {
            path: file.clone(),
            cause,
        })?;
        let held = Held::Head(TreeHead::from(&checkpoint));
        Ok(Self { file, held })
    }

    /// The last tree cosigned.
    pub(super) fn held(&self) -> Result<TreeHead, MemoryError> {
        match self.held {
            Held::Head(head) => Ok(head),
            Held::Lost => Err(MemoryError::Lost {
                path: self.file.clone(),
            }),
        }
    }

    /// Remembers another tree, durably. The same tree again needs no writing.
    pub(super) fn replace(
        &mut self,
        checkpoint: &VerifiedCheckpoint,
        note: &Note,
    ) -> Result<(), MemoryError> {
        let head = TreeHead::from(checkpoint);
        if self.held()? == head {
            return Ok(());
        }
        self.held = Held::Lost;
        write(&self.file, note.to_string().as_bytes())?;
        self.held = Held::Head(head);
        Ok(())
    }
}

fn write(path: &Path, bytes: &[u8]) -> Result<(), MemoryError> {
    whole_file::write(path, bytes).map_err(MemoryError::disk(path))
}

/// What a witness remembers cannot be read, written, or believed.
#[derive(Debug, thiserror::Error)]
pub enum MemoryError {
    /// No witness was made here.
    #[error("{} is not the folder of a witness: make one with `planseal-server witness init`", folder.display())]
    NotMade {
        /// The folder.
        folder: PathBuf,
    },
    /// A witness was made here before.
    #[error("{} is the folder of a witness already, and nothing in it was touched", folder.display())]
    Made {
        /// The folder.
        folder: PathBuf,
    },
    /// Another process has it.
    #[error("{} is in use by another witness process: stop that one first", folder.display())]
    InUse {
        /// The folder.
        folder: PathBuf,
    },
    /// Not what a witness writes.
    #[error("{} is damaged: this witness must not go on; retire its key and make another", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
    },
    /// A checkpoint that the log's key did not sign.
    #[error("{} holds no checkpoint by the key given for its log: was the log's key exchanged?", path.display())]
    Foreign {
        /// The file.
        path: PathBuf,
        /// Why not.
        #[source]
        cause: CheckpointError,
    },
    /// Writing failed before.
    #[error("writing {} failed before, and nothing is cosigned for its log until the witness starts again", path.display())]
    Lost {
        /// The file.
        path: PathBuf,
    },
    /// The disk.
    #[error("{} cannot be read or written", path.display())]
    Disk {
        /// The file.
        path: PathBuf,
        /// What the system said.
        #[source]
        cause: io::Error,
    },
}

impl MemoryError {
    fn disk(path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |cause| Self::Disk { path, cause }
    }
}
