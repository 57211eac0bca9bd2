//! The log as this store keeps it: commits, the tree derived from them, and what is shown of it.
//!
//! A commit object decides that leaves are part of the log. Everything else follows from commits and can be made again:
//! the index from object to leaf and the tiles and entry bundles (C2SP tlog-tiles), written when a bundle is full, and
//! the signed checkpoint. A checkpoint is signed after the commits it covers are durable, never before (FORMAT §4).
//! Readers are shown the tree up to the checkpoint's size and nothing beyond. Hashing and proofs are core's.
//!
//! `opening` derives the tree, `sequence` adds to it, `derive` writes what follows, `tiles` reads it back, and `follow`
//! is what several nodes on one bucket need: each sees the others' commits, and one of them sequences for all.

mod commit;
mod tail;
mod opening;
mod sequence;
mod derive;
mod tiles;
mod cosigned;
mod handover;
mod follow;

use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex as Guarded, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use planseal::id::ObjectId;
use planseal::log::checkpoint::Checkpoint;
use planseal::log::leaf::Leaf;
use planseal::log::note::VerifierKey;
use planseal::log::proof::LogProof;
use planseal::log::tree::{self, Hash, MemoryTree, TreeError};
use planseal::sign::SigningPort;
use planseal::time::Minute;
use tokio::sync::Mutex;

pub(crate) use commit::{Commit, Logged, Place, digest as commit_digest};
pub use cosigned::CosignedError;
pub(crate) use derive::{bundle, full_tiles};
pub(crate) use follow::Service;
pub use opening::LogOpenError;
pub(crate) use opening::{expect_agreement, read_commit};
pub use sequence::LogError;
pub(crate) use sequence::Submission;

use crate::clock::Clock;
use crate::group::Group;
use crate::key::Key;
use crate::location::Sharing;
use crate::records::{RecordError, Records};
use crate::seal::RecordKind;
use crate::tile::TILE_WIDTH;
use cosigned::Cosigned;
use follow::Lead;
use tail::{Fingerprints, Tail};

/// The log of one store.
pub(crate) struct Log {
    key: VerifierKey,
    signer: Box<dyn SigningPort + Send + Sync>,
    clock: Arc<dyn Clock>,
    node: [u8; 16],
    sharing: Sharing,
    waiting: Group<Submission, Result<u64, LogError>>,
    end: Mutex<End>,
    /// Held while a cosigned checkpoint is written, so that an older one never replaces a newer.
    cosigning: Mutex<()>,
    shown: RwLock<Shown>,
    /// Places lately looked up; a leaf never moves.
    looked_up: Guarded<HashMap<ObjectId, Logged>>,
    /// Those who wait for the next look at what other nodes committed.
    looking: Group<(), Result<(), LogError>>,
    /// Statements that wait to be handed to the sequencing node, and how often this node has handed some over.
    handing: Group<Submission, Result<(), LogError>>,
    handed: Mutex<u64>,
    lead: Mutex<Lead>,
    /// Whether this node sequences, as far as it knows.
    leads: AtomicBool,
    /// Set when a checkpoint in the store contradicted the commits; nothing is added to such a log any more.
    forked: AtomicBool,
}

/// Where the commits end; held by whoever commits.
struct End {
    /// How many commits there are.
    commits: u64,
    /// SHA-256 of the content of the last one.
    digest: [u8; 32],
    /// The minute of the last leaf; later leaves are never earlier.
    minute: Minute,
    /// How much of each node's handed-over statements the commits have taken up.
    cursors: Cursors,
    /// Leaves whose index entries and tiles lie in the store; a multiple of the tile width.
    derived: u64,
    /// The size of the checkpoint that lies in the store.
    stored: u64,
}

impl End {
    /// Adds a commit's leaves, when it follows the one before it.
    fn add(
        &mut self,
        (tree, tail, logged): (&mut MemoryTree, &mut Tail, &mut Fingerprints),
        commit: Commit,
        content: &[u8],
    ) -> Result<(), RecordError> {
        let key = Key::commit(self.commits);
        let follows =
            commit.number == self.commits && commit.previous == self.digest && commit.first == tree.size();
        if !follows {
            return Err(damaged(&key, "it does not follow the commit before it"));
        }
        let mut minute = self.minute;
        for entry in &commit.entries {
            let leaf = Leaf::decode(&entry.leaf).map_err(|reason| damaged(&key, reason))?;
            if leaf.id != entry.id || leaf.time < minute {
                return Err(damaged(&key, "its leaves contradict it"));
            }
            minute = leaf.time;
        }
        self.minute = minute;
        for entry in commit.entries {
            tree.push(tree::leaf_hash(&entry.leaf));
            logged.insert(&entry.id);
            tail.push(entry);
        }
        self.cursors = commit.cursors;
        self.commits += 1;
        self.digest = commit::digest(content);
        Ok(())
    }
}

/// By a node's nonce, the number of its last handed-over batch that was taken up.
pub(crate) type Cursors = BTreeMap<[u8; 16], u64>;

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
    tail: Tail,
    /// Every object that has a leaf. The index in the store follows from the commits and may have been lost or damaged:
    /// that an object is logged is never taken from it, nor that it is not.
    logged: Fingerprints,
}

impl Log {
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
        let logged = self.committed(records, id).await?;
        Ok(logged.filter(|logged| logged.index < self.size()))
    }

    /// Where an object was logged, also when no checkpoint covers it yet.
    async fn committed(&self, records: &Records, id: ObjectId) -> Result<Option<Logged>, RecordError> {
        if let Some(logged) = self.in_memory(&id) {
            return Ok(Some(logged));
        }
        if !self.shown().logged.may_hold(&id) {
            return Ok(None);
        }
        let logged = match read_logged(records, id).await {
            Ok(Some(logged)) => Some(logged),
            Err(failure) if failure.engine().is_some() => return Err(failure),
            // Lost or damaged: the bundles and commits say it, at the price of reading many of them.
            Ok(None) | Err(_) => self.search(records, id).await?,
        };
        if let Some(logged) = logged {
            let mut looked_up = self.looked_up.lock().unwrap_or_else(PoisonError::into_inner);
            if looked_up.len() >= MAX_LOOKED_UP {
                looked_up.clear();
            }
            looked_up.insert(id, logged);
        }
        Ok(logged)
    }

    /// Finds an object's leaf without the index.
    async fn search(&self, records: &Records, id: ObjectId) -> Result<Option<Logged>, RecordError> {
        let mut from = 0;
        while from < self.size() {
            let leaves = self.leaves(records, from..from + TILE_WIDTH).await?;
            if let Some((index, _)) = (from..).zip(&leaves).find(|(_, leaf)| leaf.id == id) {
                return opening::place_of(records, index, id).await;
            }
            from += TILE_WIDTH;
        }
        Ok(None)
    }

    /// The same, of the newest leaves and those lately looked up.
    fn in_memory(&self, id: &ObjectId) -> Option<Logged> {
        let recent = self.shown().tail.logged(id);
        let looked_up = || {
            let looked_up = self.looked_up.lock().unwrap_or_else(PoisonError::into_inner);
            looked_up.get(id).copied()
        };
        recent.or_else(looked_up)
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
            let content = records
                .read(RecordKind::Commit, &key, records.keys.of_store())
                .await?;
            match content {
                Some(content) => self.take_up(end, &content)?,
                None => return Ok(()),
            }
        }
    }

    /// Adds the commit that follows those known; its leaves are shown once their checkpoint is signed.
    fn take_up(&self, end: &mut End, content: &[u8]) -> Result<(), RecordError> {
        let commit = Commit::decode(content).map_err(RecordError::content(&Key::commit(end.commits)))?;
        let shown = &mut *self.shown_mut();
        let parts = (&mut shown.tree, &mut shown.tail, &mut shown.logged);
        end.add(parts, commit, content)
    }

    /// Signs for all committed leaves; from then on they are shown.
    fn sign(&self) -> Result<(), LogError> {
        let checkpoint = {
            let shown = self.shown();
            let size = shown.tree.size();
            if size == shown.size {
                return Ok(());
            }
            let root = tree::root(&shown.tree, size)?;
            let origin = self.key.name().to_owned();
            Checkpoint { origin, size, root }
        };
        let note = checkpoint.sign(&self.key, self.signer.as_ref())?.to_string();
        let mut shown = self.shown_mut();
        shown.size = checkpoint.size;
        shown.note = note;
        Ok(())
    }

    fn shown(&self) -> RwLockReadGuard<'_, Shown> {
        self.shown.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn shown_mut(&self) -> RwLockWriteGuard<'_, Shown> {
        self.shown.write().unwrap_or_else(PoisonError::into_inner)
    }
}

/// 65 536 places are about 8 MB: the certificates and versions in daily use.
const MAX_LOOKED_UP: usize = 1 << 16;

/// Where an object was logged, as the index in the store says.
pub(crate) async fn read_logged(records: &Records, id: ObjectId) -> Result<Option<Logged>, RecordError> {
    let key = Key::logged(id);
    let content = records
        .read(RecordKind::Logged, &key, records.keys.of_store())
        .await?;
    let decode = |content: Vec<u8>| Logged::decode(&content).map_err(RecordError::content(&key));
    content.map(decode).transpose()
}

fn damaged(key: &Key, reason: impl ToString) -> RecordError {
    RecordError::Content {
        key: key.to_string(),
        reason: reason.to_string(),
    }
}
