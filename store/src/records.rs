//! Sealed records over the engine: what is written is encrypted first, what is read is checked first.

use planseal::id::PlanId;

use crate::engine::{Creation, Engine, EngineError};
use crate::key::{ChainId, Key, MutableKey};
use crate::keys::{KeyError, KeyRing};
use crate::layout::LayoutError;
use crate::seal::{self, DataKey, RandomError, RecordKind, SealError};

/// The engine and its keys.
pub(crate) struct Records {
    pub(crate) engine: Engine,
    pub(crate) keys: KeyRing,
}

/// What became of content that was to be kept under a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Kept {
    /// It is there now, or was there already.
    Kept,
    /// Other content holds the name.
    Other(Vec<u8>),
}

impl Records {
    /// Seals and creates. Content, not ciphertext, decides what "the same" is: a repeated try is sealed anew.
    pub(crate) async fn create(
        &self,
        kind: RecordKind,
        key: &Key,
        data_key: &DataKey,
        content: &[u8],
    ) -> Result<Kept, RecordError> {
        let sealed = seal::seal(data_key, kind, key, content)?;
        match self.engine.create(key, &sealed).await? {
            Creation::Created | Creation::Same => Ok(Kept::Kept),
            Creation::Different(found) => {
                let found = seal::open(data_key, kind, key, &found)?;
                Ok(if found == content {
                    Kept::Kept
                } else {
                    Kept::Other(found)
                })
            }
        }
    }

    /// Makes an object that follows from others; what a crash left in its place is replaced.
    pub(crate) async fn make_derived(
        &self,
        kind: RecordKind,
        key: &Key,
        data_key: &DataKey,
        content: &[u8],
    ) -> Result<(), RecordError> {
        let sealed = seal::seal(data_key, kind, key, content)?;
        if let Creation::Different(found) = self.engine.create_later(key, &sealed).await?
            && seal::open(data_key, kind, key, &found).ok().as_deref() != Some(content)
        {
            self.engine.replace(&MutableKey::derived(key), &sealed).await?;
        }
        Ok(())
    }

    /// Reads and opens, or nothing when the name is free.
    pub(crate) async fn read(
        &self,
        kind: RecordKind,
        key: &Key,
        data_key: &DataKey,
    ) -> Result<Option<Vec<u8>>, RecordError> {
        match self.engine.read(key).await? {
            None => Ok(None),
            Some(record) => Ok(Some(seal::open(data_key, kind, key, &record)?)),
        }
    }

    /// The data key of a chain that may be read.
    pub(crate) async fn chain_key(&self, chain: &ChainId) -> Result<Option<DataKey>, RecordError> {
        match chain {
            ChainId::Plan(plan) => Ok(self.keys.of_plan(*plan).await?),
            _ => Ok(Some(self.keys.of_store().clone())),
        }
    }

    /// The data key of a record, made when the record is new.
    pub(crate) async fn plan_key_or_new(&self, plan: PlanId) -> Result<DataKey, RecordError> {
        Ok(self.keys.of_plan_or_new(plan).await?)
    }
}

/// A record could not be written, or may not be believed.
#[derive(Debug, thiserror::Error)]
pub enum RecordError {
    /// The engine failed.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// The record was altered, moved, cut or made with another key.
    #[error(transparent)]
    Seal(#[from] SealError),
    /// Its data key could not be had.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// It opened, and its content is not what this release writes.
    #[error("{key} cannot be read: {reason}")]
    Content {
        /// The object's name.
        key: String,
        /// What is wrong with the bytes.
        reason: String,
    },
    /// A chain has a gap, a fork or a record out of place.
    #[error("the chain {chain} is broken at record {n}: {reason}; restore the missing records from a backup")]
    Chain {
        /// The folder of the chain.
        chain: String,
        /// The record's number.
        n: u32,
        /// What is wrong there.
        reason: &'static str,
    },
    /// No randomness.
    #[error(transparent)]
    Random(#[from] RandomError),
}

impl RecordError {
    /// The engine's failure, where that is the cause: a full disk, a read-only folder, a store that has stopped.
    #[must_use]
    pub const fn engine(&self) -> Option<&EngineError> {
        match self {
            Self::Engine(failure) | Self::Key(KeyError::Engine(failure)) => Some(failure),
            _ => None,
        }
    }

    /// Whether the stored bytes are wrong, as opposed to an engine or key service that fails now.
    pub(crate) const fn is_damage(&self) -> bool {
        matches!(self, Self::Seal(_) | Self::Content { .. } | Self::Chain { .. })
    }

    pub(crate) fn content(key: &Key) -> impl FnOnce(LayoutError) -> Self {
        let key = key.to_string();
        move |reason| Self::Content {
            key,
            reason: reason.to_string(),
        }
    }
}
