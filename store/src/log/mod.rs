//! The log as this store keeps it: commits, the tree derived from them, and what is shown of it.
//!
//! A commit object decides that leaves are part of the log. Everything else is derived from commits and can be
//! made again: the index from object to leaf, the tiles and entry bundles exactly as C2SP tlog-tiles, and the
//! signed checkpoint, always written last (FORMAT §4: never signed before everything it covers is durable).
//! Readers are shown the tree up to the checkpoint's size and nothing beyond. Hashing and proofs are core's.

mod commit;
mod cosigned;
mod sequence;
mod tiles;

use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use planseal::id::ObjectId;
use planseal::log::checkpoint::{Checkpoint, CheckpointError, VerifiedCheckpoint};
use planseal::log::leaf::Leaf;
use planseal::log::note::{KeyType, Note, NoteError, VerifierKey};
use planseal::log::proof::LogProof;
use planseal::log::tree::{self, Hash, MemoryTree, TreeError};
use planseal::sign::SigningPort;
use planseal::time::Minute;
use tokio::sync::Mutex;

pub(crate) use commit::{Logged, Place};
pub use cosigned::CosignedError;
pub use sequence::LogError;
pub(crate) use sequence::Submission;

use crate::clock::Clock;
use crate::group::Group;
use crate::key::{Key, MutableKey};
use crate::records::{RecordError, Records};
use crate::seal::RecordKind;
use commit::{Commit, Entry};
use cosigned::Cosigned;

/// The log of one store.
pub(crate) struct Log {
    key: VerifierKey,
    signer: Box<dyn SigningPort + Send + Sync>,
    clock: Arc<dyn Clock>,
    node: [u8; 16],
    waiting: Group<Submission, Result<u64, LogError>>,
    end: Mutex<End>,
    /// Held while a cosigned checkpoint is written, so that an older one never replaces a newer.
    cosigning: Mutex<()>,
    shown: RwLock<Shown>,
}

/// Where the commits end; held by whoever commits.
struct End {
    /// How many commits there are.
    commits: u64,
    /// SHA-256 of the content of the last one.
    digest: [u8; 32],
    /// The minute of the last leaf; later leaves are never earlier.
    minute: Minute,
    /// The leaves from `tail_start` on, a multiple of the tile width, so that the last bundle can be written.
    tail: Vec<Entry>,
    tail_start: u64,
}

/// What readers see.
struct Shown {
    /// All committed leaves; may be ahead of `size` for a moment.
    tree: MemoryTree,
    /// The checkpoint's size.
    size: u64,
    /// The signed checkpoint; empty before the first leaf.
    note: String,
    /// The newest checkpoint that witnesses cosigned.
    cosigned: Option<Cosigned>,
}

impl Log {
    /// Derives the tree from the commits, compares it with every checkpoint that is known, and completes what a
    /// crash left underived.
    pub(crate) async fn open(
        records: &Records,
        signer: Box<dyn SigningPort + Send + Sync>,
        origin: &str,
        clock: Arc<dyn Clock>,
        node: [u8; 16],
        remembered: &[Checkpoint],
    ) -> Result<Self, LogOpenError> {
        let key = VerifierKey::new(origin, KeyType::Log, signer.public_key())?;
        let note = read_note(records, &MutableKey::checkpoint()).await?;
        let signed = match &note {
            None => None,
            Some(note) => Some(VerifiedCheckpoint::of_log(&Note::parse(note)?, &key)?),
        };
        let cosigned = Cosigned::read(records, &key).await?;
        let log = Self {
            key,
            signer,
            clock,
            node,
            waiting: Group::new(),
            end: Mutex::new(End {
                commits: 0,
                digest: [0; 32],
                minute: Minute::from_minutes(0)?,
                tail: Vec::new(),
                tail_start: 0,
            }),
            cosigning: Mutex::new(()),
            shown: RwLock::new(Shown {
                cosigned: None,
                tree: MemoryTree::default(),
                size: signed.as_ref().map_or(0, VerifiedCheckpoint::size),
                note: note.unwrap_or_default(),
            }),
        };
        let mut end = log.end.lock().await;
        log.catch_up(records, &mut end).await?;
        let signed = signed.as_ref().map(VerifiedCheckpoint::checkpoint);
        for checkpoint in signed.into_iter().chain(remembered) {
            log.agrees_with(checkpoint)?;
        }
        if let Some(cosigned) = cosigned {
            log.agrees_with(&cosigned.checkpoint)?;
            log.shown_mut().cosigned = Some(cosigned);
        }
        log.derive(records, &mut end).await?;
        drop(end);
        Ok(log)
    }

    /// A tree that lacks leaves, or has others, than one that was signed must not be served (FORMAT §4).
    fn agrees_with(&self, checkpoint: &Checkpoint) -> Result<(), LogOpenError> {
        let shown = self.shown();
        let (signed, found) = (checkpoint.size, shown.tree.size());
        if found < signed {
            return Err(LogOpenError::Smaller { signed, found });
        }
        let root = tree::root(&shown.tree, signed)?;
        if root != checkpoint.root {
            return Err(LogOpenError::Differs {
                size: signed,
                signed: checkpoint.root,
                found: root,
            });
        }
        Ok(())
    }

    /// Number of leaves that the checkpoint covers.
    pub(crate) fn size(&self) -> u64 {
        self.shown().size
    }

    /// The signed checkpoint, with its cosignatures when there are any; empty before the first leaf.
    pub(crate) fn note(&self) -> String {
        let shown = self.shown();
        let cosigned = shown.cosigned.as_ref();
        let cosigned = cosigned.filter(|cosigned| cosigned.checkpoint.size == shown.size);
        cosigned.map_or(&shown.note, |cosigned| &cosigned.note).clone()
    }

    /// The key that checkpoints are verified with.
    pub(crate) const fn key(&self) -> &VerifierKey {
        &self.key
    }

    /// The leaf and the place of an object, when the checkpoint covers it.
    pub(crate) async fn logged(
        &self,
        records: &Records,
        id: ObjectId,
    ) -> Result<Option<Logged>, RecordError> {
        let logged = read_logged(records, id).await?;
        Ok(logged.filter(|logged| logged.index < self.size()))
    }

    /// The audit path of a leaf up to the newest checkpoint that witnesses cosigned and that covers it, or else up to
    /// the present one.
    pub(crate) fn prove(&self, index: u64) -> Result<LogProof, TreeError> {
        let shown = self.shown();
        let cosigned = shown.cosigned.as_ref();
        let cosigned = cosigned.filter(|cosigned| cosigned.checkpoint.size > index);
        let (size, note) = match cosigned {
            Some(cosigned) => (cosigned.checkpoint.size, &cosigned.note),
            None => (shown.size, &shown.note),
        };
        Ok(LogProof {
            index,
            path: tree::inclusion_proof(&shown.tree, index, size)?,
            checkpoint: note.clone(),
        })
    }

    /// The proof that the first `old` leaves are a prefix of the tree shown, with its size.
    pub(crate) fn prove_growth(&self, old: u64) -> Result<(u64, Vec<Hash>), TreeError> {
        let shown = self.shown();
        Ok((shown.size, tree::consistency_proof(&shown.tree, old, shown.size)?))
    }

    /// The proof that the first `old` leaves are a prefix of the first `new`, both covered by the checkpoint.
    pub(crate) fn prove_growth_between(&self, old: u64, new: u64) -> Result<Vec<Hash>, TreeError> {
        let shown = self.shown();
        if new > shown.size {
            let size = shown.size;
            return Err(TreeError::OutsideTree { index: new, size });
        }
        tree::consistency_proof(&shown.tree, old, new)
    }

    /// Reads the commits that follow those known and adds their leaves.
    async fn catch_up(&self, records: &Records, end: &mut End) -> Result<(), RecordError> {
        loop {
            let key = Key::commit(end.commits);
            let Some(content) = records
                .read(RecordKind::Commit, &key, records.keys.of_store())
                .await?
            else {
                return Ok(());
            };
            let commit = Commit::decode(&content).map_err(RecordError::content(&key))?;
            let follows = commit.number == end.commits
                && commit.previous == end.digest
                && commit.first == self.shown().tree.size();
            if !follows {
                return Err(damaged(&key, "it does not follow the commit before it"));
            }
            self.add(end, commit, &content)?;
        }
    }

    /// Adds a commit's leaves to the tree; they are shown once their checkpoint is signed.
    fn add(&self, end: &mut End, commit: Commit, content: &[u8]) -> Result<(), RecordError> {
        let key = Key::commit(commit.number);
        let mut shown = self.shown_mut();
        for entry in commit.entries {
            let leaf = Leaf::decode(&entry.leaf).map_err(|reason| damaged(&key, reason))?;
            if leaf.id != entry.id || leaf.time < end.minute {
                return Err(damaged(&key, "its leaves contradict it"));
            }
            end.minute = leaf.time;
            shown.tree.push(tree::leaf_hash(&entry.leaf));
            end.tail.push(entry);
        }
        end.forget(shown.size);
        end.commits += 1;
        end.digest = commit::digest(content);
        Ok(())
    }

    fn shown(&self) -> RwLockReadGuard<'_, Shown> {
        self.shown.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn shown_mut(&self) -> RwLockWriteGuard<'_, Shown> {
        self.shown.write().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Where an object was logged, also when no checkpoint covers it yet.
async fn read_logged(records: &Records, id: ObjectId) -> Result<Option<Logged>, RecordError> {
    let key = Key::logged(id);
    let content = records
        .read(RecordKind::Logged, &key, records.keys.of_store())
        .await?;
    let decode = |content: Vec<u8>| Logged::decode(&content).map_err(RecordError::content(&key));
    content.map(decode).transpose()
}

async fn read_note(records: &Records, key: &MutableKey) -> Result<Option<String>, LogOpenError> {
    let Some(note) = records
        .engine
        .read_mutable(key)
        .await
        .map_err(RecordError::from)?
    else {
        return Ok(None);
    };
    let text = String::from_utf8(note.to_vec()).map_err(|_| NoteError::Shape)?;
    Ok(Some(text))
}

fn damaged(key: &Key, reason: impl ToString) -> RecordError {
    RecordError::Content {
        key: key.to_string(),
        reason: reason.to_string(),
    }
}

/// The log in the store is not one that may be continued.
#[derive(Debug, thiserror::Error)]
pub enum LogOpenError {
    /// Leaves that were signed for are gone: the store was rolled back or cut.
    #[error(
        "the log holds {found} leaves and a checkpoint was signed for {signed}: the store was rolled back or lost \
         objects; restore the newest backup and start again"
    )]
    Smaller {
        /// Leaves the checkpoint covers.
        signed: u64,
        /// Leaves in the store.
        found: u64,
    },
    /// The leaves are not those that were signed for.
    #[error(
        "the log's first {size} leaves have root {found} and a checkpoint was signed for {signed}: the store was \
         altered; restore the newest backup and start again"
    )]
    Differs {
        /// Leaves the checkpoint covers.
        size: u64,
        /// The root that was signed.
        signed: Hash,
        /// The root of the leaves in the store.
        found: Hash,
    },
    /// The checkpoint is not one of this log and key.
    #[error("the log's checkpoint cannot be verified with the log key given: is it the key of this store?")]
    Checkpoint(#[from] CheckpointError),
    /// The checkpoint is no signed note, or the origin is no name for one.
    #[error("the log's checkpoint or its origin cannot be read")]
    Note(#[from] NoteError),
    /// A commit, or something derived from it, could not be read or written.
    #[error(transparent)]
    Record(#[from] RecordError),
    /// What a crash left underived could not be completed.
    #[error(transparent)]
    Log(#[from] LogError),
    /// The tree lacks a hash.
    #[error(transparent)]
    Tree(#[from] TreeError),
    /// A time outside the calendar.
    #[error(transparent)]
    Time(#[from] planseal::time::TimeError),
}
