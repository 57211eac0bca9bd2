//! Opening the log: the tree is derived, compared with every checkpoint that is known, and completed.
//!
//! Leaves of full bundles are taken from their bundles, which the compared root then proves; commits are read from the
//! last full bundle on. A bundle that is missing or does not prove costs time and nothing else: all commits are read then.

use std::collections::BTreeMap;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex as Guarded, RwLock};

use futures_util::{StreamExt, TryStreamExt, stream};
use planseal::id::ObjectId;
use planseal::log::checkpoint::{Checkpoint, CheckpointError, VerifiedCheckpoint};
use planseal::log::leaf::Leaf;
use planseal::log::note::{KeyType, Note, NoteError, VerifierKey};
use planseal::log::tree::{self, Hash, MemoryTree, TreeError};
use planseal::sign::SigningPort;
use planseal::time::Minute;
use tokio::sync::Mutex;

use super::commit::{Commit, Logged};
use super::cosigned::Cosigned;
use super::follow::Lead;
use super::sequence::LogError;
use super::tail::{Fingerprints, Tail};
use super::tiles::{TILE_WIDTH_IN_MEMORY, split};
use super::{End, Log, Shown, damaged};
use crate::clock::Clock;
use crate::group::Group;
use crate::key::{Key, MutableKey};
use crate::location::Sharing;
use crate::records::{RecordError, Records};
use crate::seal::RecordKind;
use crate::tile::{Layer, TILE_WIDTH, TilePath};

impl Log {
    /// Derives the tree, compares it with every checkpoint that is known, and completes what a crash left underived.
    pub(crate) async fn open(
        records: &Records,
        signer: Box<dyn SigningPort + Send + Sync>,
        origin: &str,
        clock: Arc<dyn Clock>,
        node: [u8; 16],
        remembered: &[Checkpoint],
    ) -> Result<Self, LogOpenError> {
        let key = VerifierKey::new(origin, KeyType::Log, signer.public_key())?;
        let known = Known::read(records, &key, remembered).await?;
        let derived = known.derive_tree(records).await?;
        let log = Self::of(
            known,
            derived,
            (key, signer),
            (clock, node),
            records.engine.sharing(),
        );
        log.sign()?;
        if log.sharing == Sharing::Alone {
            let mut end = log.end.lock().await;
            log.derive(records, &mut end).await?;
        }
        Ok(log)
    }

    /// As [`open`](Self::open), with every commit read and nothing taken for derived yet.
    pub(crate) async fn underived(
        records: &Records,
        signer: Box<dyn SigningPort + Send + Sync>,
        origin: &str,
        clock: Arc<dyn Clock>,
        remembered: &[Checkpoint],
    ) -> Result<Self, LogOpenError> {
        let key = VerifierKey::new(origin, KeyType::Log, signer.public_key())?;
        let known = match Known::read(records, &key, remembered).await {
            // Neither of this log nor of any other: what cannot be read contradicts nothing.
            Err(LogOpenError::Note(_)) => Known::without_checkpoint(records, &key, remembered).await?,
            known => known?,
        };
        let derived = known.derive_from_commits(records).await?;
        let sharing = records.engine.sharing();
        let log = Self::of(known, derived, (key, signer), (clock, [0; 16]), sharing);
        log.sign()?;
        log.end.lock().await.stored = 0;
        Ok(log)
    }

    fn of(
        known: Known<'_>,
        derived: Derived,
        (key, signer): (VerifierKey, Box<dyn SigningPort + Send + Sync>),
        (clock, node): (Arc<dyn Clock>, [u8; 16]),
        sharing: Sharing,
    ) -> Self {
        Self {
            key,
            signer,
            clock,
            node,
            sharing,
            waiting: Group::new(),
            end: Mutex::new(derived.end),
            cosigning: Mutex::new(()),
            shown: RwLock::new(Shown {
                tree: derived.tree,
                size: known.signed.as_ref().map_or(0, VerifiedCheckpoint::size),
                note: known.note,
                cosigned: known.cosigned,
                tail: derived.tail,
                logged: derived.logged,
            }),
            looked_up: Guarded::default(),
            looking: Group::new(),
            handing: Group::new(),
            handed: Mutex::new(0),
            lead: Mutex::new(Lead::default()),
            leads: AtomicBool::new(false),
            forked: AtomicBool::new(false),
        }
    }
}

/// The checkpoints that the log must agree with.
struct Known<'a> {
    note: String,
    signed: Option<VerifiedCheckpoint>,
    cosigned: Option<Cosigned>,
    remembered: &'a [Checkpoint],
}

/// The tree in the making.
struct Derived {
    tree: MemoryTree,
    tail: Tail,
    logged: Fingerprints,
    end: End,
}

impl<'a> Known<'a> {
    async fn read(
        records: &Records,
        key: &VerifierKey,
        remembered: &'a [Checkpoint],
    ) -> Result<Self, LogOpenError> {
        let note = read_note(records, &MutableKey::checkpoint()).await?;
        let signed = match &note {
            None => None,
            Some(note) => Some(VerifiedCheckpoint::of_log(&Note::parse(note)?, key)?),
        };
        Ok(Self {
            note: note.unwrap_or_default(),
            signed,
            cosigned: Cosigned::read(records, key).await?,
            remembered,
        })
    }

    async fn without_checkpoint(
        records: &Records,
        key: &VerifierKey,
        remembered: &'a [Checkpoint],
    ) -> Result<Self, LogOpenError> {
        Ok(Self {
            note: String::new(),
            signed: None,
            cosigned: Cosigned::read(records, key).await?,
            remembered,
        })
    }

    async fn derive_tree(&self, records: &Records) -> Result<Derived, LogOpenError> {
        let stored = self.signed.as_ref().map_or(0, VerifiedCheckpoint::size);
        let full = stored / TILE_WIDTH * TILE_WIDTH;
        if let Some(mut quick) = Derived::from_bundles(records, full).await? {
            quick.read_commits(records).await?;
            if self.expect_agreement(&quick.tree).is_ok() {
                quick.tail.forget(full);
                quick.end.stored = stored;
                return Ok(quick);
            }
        }
        self.derive_from_commits(records).await
    }

    async fn derive_from_commits(&self, records: &Records) -> Result<Derived, LogOpenError> {
        let mut all = Derived::nothing();
        all.read_commits(records).await?;
        self.expect_agreement(&all.tree)?;
        all.end.stored = self.signed.as_ref().map_or(0, VerifiedCheckpoint::size);
        Ok(all)
    }

    /// A tree that lacks leaves, or has others, than one that was signed must not be served (FORMAT §4).
    fn expect_agreement(&self, tree: &MemoryTree) -> Result<(), LogOpenError> {
        let signed = self.signed.as_ref().map(VerifiedCheckpoint::checkpoint);
        let cosigned = self.cosigned.as_ref().map(|cosigned| &cosigned.checkpoint);
        let mut known = signed.into_iter().chain(cosigned).chain(self.remembered);
        known.try_for_each(|checkpoint| expect_agreement(tree, checkpoint))
    }
}

pub(crate) fn expect_agreement(tree: &MemoryTree, checkpoint: &Checkpoint) -> Result<(), LogOpenError> {
    let (signed, found) = (checkpoint.size, tree.size());
    if found < signed {
        return Err(LogOpenError::Smaller { signed, found });
    }
    let root = tree::root(tree, signed)?;
    if root == checkpoint.root {
        return Ok(());
    }
    Err(LogOpenError::Differs {
        size: signed,
        signed: checkpoint.root,
        found: root,
    })
}

impl Derived {
    fn nothing() -> Self {
        Self {
            tree: MemoryTree::default(),
            tail: Tail::default(),
            logged: Fingerprints::default(),
            end: End {
                commits: 0,
                digest: [0; 32],
                minute: Minute::from_minutes(0).expect("1970 is inside the calendar"),
                cursors: BTreeMap::new(),
                derived: 0,
                stored: 0,
            },
        }
    }

    /// The tree up to the commit that holds leaf `full`, from entry bundles; nothing when they are not all there.
    async fn from_bundles(records: &Records, full: u64) -> Result<Option<Self>, LogOpenError> {
        if full == 0 {
            return Ok(None);
        }
        let Some(first) = last_commit_up_to(records, full).await? else {
            return Ok(None);
        };
        let mut bundles = stream::iter(TilePath::covering(Layer::Entries, 0, full))
            .map(|path| async move { records.engine.read(&Key::tile(&path)).await })
            .buffered(BUNDLES_AT_ONCE);
        let mut derived = Self::nothing();
        while let Some(bundle) = bundles.try_next().await.map_err(RecordError::from)? {
            let bundle = bundle.unwrap_or_default();
            let leaves = split(&bundle).filter(|leaves| leaves.len() == TILE_WIDTH_IN_MEMORY);
            let Some(leaves) = leaves else {
                return Ok(None);
            };
            for bytes in leaves {
                let Ok(leaf) = Leaf::decode(bytes) else {
                    return Ok(None);
                };
                if derived.tree.size() < first.first {
                    derived.tree.push(tree::leaf_hash(bytes));
                    derived.logged.insert(&leaf.id);
                }
            }
        }
        derived.end.commits = first.number;
        derived.end.digest = first.previous;
        derived.end.derived = full;
        derived.tail = Tail::from(first.first);
        Ok(Some(derived))
    }

    async fn read_commits(&mut self, records: &Records) -> Result<(), RecordError> {
        loop {
            let number = self.end.commits;
            let Some((commit, content)) = read_commit(records, number).await? else {
                return Ok(());
            };
            let parts = (&mut self.tree, &mut self.tail, &mut self.logged);
            self.end.add(parts, commit, &content)?;
        }
    }
}

/// Enough to hide the time that one request to a bucket takes.
const BUNDLES_AT_ONCE: usize = 32;

/// The place of a leaf, from its commit; nothing when that leaf is of another object.
pub(super) async fn place_of(
    records: &Records,
    index: u64,
    id: ObjectId,
) -> Result<Option<Logged>, RecordError> {
    let Some(commit) = last_commit_up_to(records, index).await? else {
        return Ok(None);
    };
    let skipped = usize::try_from(index - commit.first).unwrap_or(usize::MAX);
    let entry = commit.entries.get(skipped).filter(|entry| entry.id == id);
    Ok(entry.map(|entry| Logged {
        index,
        place: entry.place,
    }))
}

/// The last commit whose first leaf is not beyond `full`: commits are numbered without gaps, so it is found by halving.
async fn last_commit_up_to(records: &Records, full: u64) -> Result<Option<Commit>, RecordError> {
    let Some((mut found, _)) = read_commit(records, 0).await? else {
        return Ok(None);
    };
    // Every commit holds at least one leaf, so none beyond this number begins that early.
    let mut beyond = full + 1;
    while found.number + 1 < beyond {
        let middle = found.number + (beyond - found.number) / 2;
        match read_commit(records, middle).await? {
            Some((commit, _)) if commit.first <= full => found = commit,
            _ => beyond = middle,
        }
    }
    Ok(Some(found))
}

pub(crate) async fn read_commit(
    records: &Records,
    number: u64,
) -> Result<Option<(Commit, Vec<u8>)>, RecordError> {
    let key = Key::commit(number);
    let content = records
        .read(RecordKind::Commit, &key, records.keys.of_store())
        .await?;
    let Some(content) = content else {
        return Ok(None);
    };
    let commit = Commit::decode(&content).map_err(RecordError::content(&key))?;
    if commit.number == number {
        Ok(Some((commit, content)))
    } else {
        Err(damaged(&key, "it holds another commit"))
    }
}

pub(super) async fn read_note(records: &Records, key: &MutableKey) -> Result<Option<String>, LogOpenError> {
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
}
