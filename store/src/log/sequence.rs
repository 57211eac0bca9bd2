//! The sequencer: statements become leaves, in batches, one commit object for each batch.

use std::collections::HashMap;
use std::sync::Arc;

use bytes::Bytes;
use futures_util::future::try_join_all;
use planseal::id::ObjectId;
use planseal::log::checkpoint::Checkpoint;
use planseal::log::leaf::Leaf;
use planseal::log::tree::{self, TreeError};
use planseal::sign::SigningError;
use planseal::statement::Kind;
use planseal::time::Minute;

use super::commit::{Commit, Entry, Logged, Place};
use super::{End, Log, damaged, read_logged};
use crate::chain::Statement;
use crate::group::{Turn, turn};
use crate::key::{Key, MutableKey};
use crate::records::{Kept, RecordError, Records};
use crate::seal::RecordKind;
use crate::tile::TILE_WIDTH;

/// A statement in its chain that is to have a leaf.
#[derive(Debug, Clone)]
pub(crate) struct Submission {
    kind: Kind,
    id: ObjectId,
    signer: ObjectId,
    target: Option<ObjectId>,
    from: Option<u64>,
    place: Place,
}

impl Submission {
    pub(crate) const fn of(statement: &Statement, place: Place) -> Self {
        Self {
            kind: statement.kind,
            id: statement.id,
            signer: statement.signer,
            target: statement.target,
            from: statement.from,
            place,
        }
    }
}

impl Log {
    /// Gives a statement its leaf, durable and covered by a signed checkpoint when this returns. A statement that
    /// has a leaf already keeps it, so a repetition is harmless.
    pub(crate) async fn submit(&self, records: &Records, submission: Submission) -> Result<u64, LogError> {
        let mut answer = self.waiting.join(submission);
        let answered = match turn(&mut answer, self.end.lock()).await {
            Turn::Answered(answered) => answered,
            Turn::Serve(mut end) => {
                self.serve(records, &mut end).await;
                drop(end);
                answer.await
            }
        };
        answered.unwrap_or(Err(LogError::Interrupted))
    }

    async fn serve(&self, records: &Records, end: &mut End) {
        let batch = self.waiting.take();
        if batch.is_empty() {
            return;
        }
        let submissions: Vec<&Submission> = batch.iter().map(|waiting| &waiting.item).collect();
        match self.commit(records, end, &submissions).await {
            Ok(answers) => batch
                .into_iter()
                .zip(answers)
                .for_each(|(waiting, answer)| waiting.answer(answer)),
            Err(failure) => batch
                .into_iter()
                .for_each(|waiting| waiting.answer(Err(failure.clone()))),
        }
    }

    /// COMMIT POINT: one object decides for the whole batch.
    ///
    /// A crash before it leaves statements in their chains without a leaf; the next opening of the store, or the
    /// next writer of the chain, submits them again. A crash after it leaves a commit from which everything else
    /// is derived.
    async fn commit(
        &self,
        records: &Records,
        end: &mut End,
        submissions: &[&Submission],
    ) -> Result<Vec<Result<u64, LogError>>, LogError> {
        loop {
            // What an earlier, failed try left: the index must be complete before it is asked.
            self.derive(records, end).await?;
            let mut batch = Batch {
                first: self.size(),
                time: self.clock.now().minute().max(end.minute),
                entries: Vec::new(),
                indices: HashMap::new(),
            };
            let mut answers = Vec::with_capacity(submissions.len());
            for submission in submissions {
                answers.push(batch.add(records, submission).await?);
            }
            if batch.entries.is_empty() {
                return Ok(answers);
            }
            let commit = Commit {
                number: end.commits,
                first: batch.first,
                previous: end.digest,
                node: self.node,
                entries: batch.entries,
            };
            let (key, content) = (Key::commit(commit.number), commit.encode());
            let kept = records.create(RecordKind::Commit, &key, records.keys.of_store(), &content);
            match kept.await? {
                Kept::Kept => {
                    self.add(end, commit, &content)?;
                    self.derive(records, end).await?;
                    return Ok(answers);
                }
                // An earlier try that was reported as failed has landed after all, or another writer was first:
                // its leaves come before these.
                Kept::Other(_) => self.catch_up(records, end).await?,
            }
        }
    }

    /// Makes everything that follows from the commits: index, then tiles, then the checkpoint.
    ///
    /// Each object depends on the commits alone, so a crash anywhere in here is made good by doing it again. The
    /// checkpoint comes last: whatever it covers can be looked up, fetched and proved.
    pub(super) async fn derive(&self, records: &Records, end: &mut End) -> Result<(), LogError> {
        let (size, checkpoint) = {
            let shown = self.shown();
            let size = shown.tree.size();
            if size == shown.size {
                return Ok(());
            }
            let root = tree::root(&shown.tree, size)?;
            let origin = self.key.name().to_owned();
            (shown.size, Checkpoint { origin, size, root })
        };
        let entries = end.from(size);
        try_join_all(
            (size..)
                .zip(entries)
                .map(|(index, entry)| write_logged(records, index, entry)),
        )
        .await?;
        self.write_tiles(records, end, size, checkpoint.size).await?;
        let note = checkpoint.sign(&self.key, self.signer.as_ref())?.to_string();
        let bytes = Bytes::from(note.clone());
        let replaced = records.engine.replace(&MutableKey::checkpoint(), &bytes).await;
        replaced.map_err(RecordError::from)?;
        {
            let mut shown = self.shown_mut();
            shown.size = checkpoint.size;
            shown.note = note;
        }
        end.forget(checkpoint.size);
        Ok(())
    }
}

impl End {
    /// The entries from leaf `index` on.
    pub(super) fn from(&self, index: u64) -> &[Entry] {
        let skipped = usize::try_from(index - self.tail_start).expect("the tail is in memory");
        self.tail.get(skipped..).unwrap_or_default()
    }

    /// Drops the leaves of bundles that are full and lie wholly below `size`.
    pub(super) fn forget(&mut self, size: u64) {
        let full = (size / TILE_WIDTH * TILE_WIDTH).saturating_sub(self.tail_start);
        let full = usize::try_from(full).unwrap_or(usize::MAX).min(self.tail.len());
        let full = full - full % TILE_WIDTH_IN_MEMORY;
        self.tail.drain(..full);
        self.tail_start += u64::try_from(full).expect("a length in memory fits 64 bits");
    }
}

const TILE_WIDTH_IN_MEMORY: usize = 256;

/// The leaves of a commit in the making.
struct Batch {
    first: u64,
    time: Minute,
    entries: Vec<Entry>,
    indices: HashMap<ObjectId, u64>,
}

impl Batch {
    /// The leaf a submission has already, or the one it gets in this batch; or why it can have none.
    async fn add(
        &mut self,
        records: &Records,
        submission: &Submission,
    ) -> Result<Result<u64, LogError>, RecordError> {
        if let Some(index) = self.index_of(records, submission.id).await? {
            return Ok(Ok(index));
        }
        let count = u64::try_from(self.entries.len()).expect("a length in memory fits 64 bits");
        let index = self.first + count;
        let signer = if submission.signer == submission.id {
            Some(index)
        } else {
            self.index_of(records, submission.signer).await?
        };
        let Some(signer) = signer else {
            let signer = submission.signer;
            return Ok(Err(LogError::SignerNotLogged { signer }));
        };
        let target = match submission.target {
            None => None,
            Some(target) => match self.index_of(records, target).await? {
                Some(index) => Some(index),
                None => return Ok(Err(LogError::TargetNotLogged { target })),
            },
        };
        let leaf = Leaf {
            kind: submission.kind,
            id: submission.id,
            time: self.time,
            signer,
            target,
            from: submission.from,
        };
        self.indices.insert(submission.id, index);
        self.entries.push(Entry {
            leaf: leaf.encode(),
            id: submission.id,
            place: submission.place,
        });
        Ok(Ok(index))
    }

    async fn index_of(&self, records: &Records, id: ObjectId) -> Result<Option<u64>, RecordError> {
        match self.indices.get(&id) {
            Some(index) => Ok(Some(*index)),
            None => Ok(read_logged(records, id).await?.map(|logged| logged.index)),
        }
    }
}

async fn write_logged(records: &Records, index: u64, entry: &Entry) -> Result<(), RecordError> {
    let logged = Logged {
        index,
        place: entry.place,
    };
    let (key, content) = (Key::logged(entry.id), logged.encode());
    let kept = records.create(RecordKind::Logged, &key, records.keys.of_store(), &content);
    match kept.await? {
        Kept::Kept => Ok(()),
        Kept::Other(_) => Err(damaged(&key, "it names another leaf than the log's commits do")),
    }
}

/// A statement did not get its leaf.
#[derive(Debug, Clone, thiserror::Error)]
pub enum LogError {
    /// Its signer's certificate has none.
    #[error(
        "the signing certificate {signer} is not in the log: certificates are logged before their first use"
    )]
    SignerNotLogged {
        /// The certificate's id.
        signer: ObjectId,
    },
    /// What it acts on has none.
    #[error("{target}, which this acts on, is not in the log")]
    TargetNotLogged {
        /// The target's id.
        target: ObjectId,
    },
    /// The commit, or something derived from it, could not be written.
    #[error("it is stored and not yet logged: repeat the request, which then gets the original answer")]
    Record(#[source] Arc<RecordError>),
    /// The log key gave no signature.
    #[error(
        "it is stored and logged, and the log key gave no signature: repeat the request when the key is there"
    )]
    Signing(#[source] Arc<SigningError>),
    /// The tree lacks a hash.
    #[error(transparent)]
    Tree(#[from] TreeError),
    /// The process is shutting down.
    #[error("it is stored and not yet logged: repeat the request, which then gets the original answer")]
    Interrupted,
}

impl From<RecordError> for LogError {
    fn from(error: RecordError) -> Self {
        Self::Record(Arc::new(error))
    }
}

impl From<SigningError> for LogError {
    fn from(error: SigningError) -> Self {
        Self::Signing(Arc::new(error))
    }
}
