//! The newest checkpoint that witnesses cosigned (C2SP tlog-witness), kept beside the checkpoint itself.
//!
//! Which witnesses count, and how many, is their asker's to say: what is kept here was judged by a policy before. A
//! crash before it is written leaves the one before, and the next round of witnesses makes another. What is read back
//! is one more tree head that the store must agree with when it opens: witnesses remember what the log's own folder may
//! have lost.

use bytes::Bytes;
use planseal::log::checkpoint::{Checkpoint, CheckpointError, VerifiedCheckpoint};
use planseal::log::note::{Note, VerifierKey};
use planseal::log::tree::{self, Hash, TreeError};

use super::Log;
use super::opening::{LogOpenError, read_note};
use crate::Store;
use crate::engine::EngineError;
use crate::key::MutableKey;
use crate::location::Sharing;
use crate::records::Records;

/// A checkpoint with its cosignatures.
pub(super) struct Cosigned {
    pub(super) checkpoint: Checkpoint,
    pub(super) note: String,
}

impl Cosigned {
    fn of(note: &Note, key: &VerifierKey) -> Result<Self, CheckpointError> {
        Ok(Self {
            checkpoint: VerifiedCheckpoint::of_log(note, key)?.checkpoint().clone(),
            note: note.to_string(),
        })
    }

    pub(super) async fn read(records: &Records, key: &VerifierKey) -> Result<Option<Self>, LogOpenError> {
        match read_note(records, &MutableKey::cosigned()).await? {
            None => Ok(None),
            Some(note) => Ok(Some(Self::of(&Note::parse(&note)?, key)?)),
        }
    }
}

impl Store {
    /// Keeps a checkpoint of this log with the cosignatures its witnesses gave. From then on receipts of all leaves that
    /// it covers are given under it. One that is older than the one kept changes nothing.
    ///
    /// # Errors
    /// [`CosignedError`]; the one kept before stays.
    pub async fn keep_cosigned(&self, note: &Note) -> Result<(), CosignedError> {
        self.0.log.keep_cosigned(&self.0.records, note).await
    }

    /// How many leaves the newest cosigned checkpoint covers.
    #[must_use]
    pub fn cosigned_size(&self) -> u64 {
        self.0.log.cosigned_size()
    }
}

impl Log {
    async fn keep_cosigned(&self, records: &Records, note: &Note) -> Result<(), CosignedError> {
        let cosigned = Cosigned::of(note, self.key())?;
        self.expect_own(&cosigned.checkpoint)?;
        let _one = self.cosigning.lock().await;
        let mut newest = self.cosigned_size();
        if self.sharing == Sharing::Nodes
            && let Ok(Some(stored)) = Self::read_cosigned(records, self.key()).await
        {
            // Another node may have kept a newer one; one that cannot be read is written anew.
            newest = newest.max(stored);
        }
        if cosigned.checkpoint.size < newest {
            return Ok(());
        }
        let bytes = Bytes::from(cosigned.note.clone());
        records.engine.replace(&MutableKey::cosigned(), &bytes).await?;
        self.shown_mut().cosigned = Some(cosigned);
        Ok(())
    }

    /// How many leaves the cosigned checkpoint covers that lies in the store.
    async fn read_cosigned(records: &Records, key: &VerifierKey) -> Result<Option<u64>, LogOpenError> {
        let stored = Cosigned::read(records, key).await?;
        Ok(stored.map(|cosigned| cosigned.checkpoint.size))
    }

    pub(crate) fn cosigned_size(&self) -> u64 {
        let shown = self.shown();
        shown
            .cosigned
            .as_ref()
            .map_or(0, |cosigned| cosigned.checkpoint.size)
    }

    /// A tree head is this log's only if its own tree has that root at that size.
    fn expect_own(&self, checkpoint: &Checkpoint) -> Result<(), CosignedError> {
        let shown = self.shown();
        let (size, given) = (checkpoint.size, checkpoint.root);
        if size > shown.size {
            let shown = shown.size;
            return Err(CosignedError::Beyond { size, shown });
        }
        let found = tree::root(&shown.tree, size)?;
        if found == given {
            Ok(())
        } else {
            Err(CosignedError::Differs { size, given, found })
        }
    }
}

/// A cosigned checkpoint was not kept.
#[derive(Debug, thiserror::Error)]
pub enum CosignedError {
    /// Not a checkpoint that this log signed.
    #[error("this is no checkpoint of this log")]
    Checkpoint(#[from] CheckpointError),
    /// It covers leaves that this log has not shown.
    #[error("it covers {size} leaves, and this log has shown {shown}")]
    Beyond {
        /// Leaves it covers.
        size: u64,
        /// Leaves the log's own checkpoint covers.
        shown: u64,
    },
    /// It is of another tree.
    #[error("its tree of {size} leaves has root {given}, and this log's has {found}")]
    Differs {
        /// Leaves it covers.
        size: u64,
        /// Its root.
        given: Hash,
        /// The root of this log's tree.
        found: Hash,
    },
    /// The tree lacks a hash.
    #[error(transparent)]
    Tree(#[from] TreeError),
    /// It could not be written.
    #[error(transparent)]
    Engine(#[from] EngineError),
}
