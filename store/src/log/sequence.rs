//! The sequencer: statements become leaves, in batches, one commit object for each batch.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use futures_util::{StreamExt, stream};
use planseal::id::ObjectId;
use planseal::log::leaf::Leaf;
use planseal::log::tree::TreeError;
use planseal::sign::SigningError;
use planseal::statement::Kind;
use planseal::time::Minute;

use super::commit::{Commit, Entry, Place};
use super::{Cursors, End, Log};
use crate::chain::Statement;
use crate::group::{Turn, turn};
use crate::key::Key;
use crate::location::Sharing;
use crate::records::{Kept, RecordError, Records};
use crate::seal::RecordKind;

/// A statement in its chain that is to have a leaf.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Submission {
    pub(super) kind: Kind,
    pub(super) id: ObjectId,
    pub(super) signer: ObjectId,
    pub(super) target: Option<ObjectId>,
    pub(super) from: Option<u64>,
    pub(super) place: Place,
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
        match self.sharing {
            Sharing::Alone => self.submit_here(records, submission).await,
            Sharing::Nodes => self.submit_among_nodes(records, submission).await,
        }
    }

    pub(super) async fn submit_here(
        &self,
        records: &Records,
        submission: Submission,
    ) -> Result<u64, LogError> {
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
        match self.commit(records, end, &submissions, None).await {
            Ok(answers) => batch
                .into_iter()
                .zip(answers)
                .for_each(|(waiting, answer)| waiting.answer(answer)),
            Err(failure) => batch
                .into_iter()
                .for_each(|waiting| waiting.answer(Err(failure.clone()))),
        }
        self.derive_when_much(records, end).await;
    }

    /// COMMIT POINT: one object decides for the whole batch.
    ///
    /// A crash before it leaves statements in their chains without a leaf; the next opening of the store, or the next
    /// writer or reader of the chain, submits them again. A crash after it leaves a commit from which everything else
    /// is derived.
    pub(super) async fn commit(
        &self,
        records: &Records,
        end: &mut End,
        submissions: &[&Submission],
        taken_up: Option<&Cursors>,
    ) -> Result<Vec<Result<u64, LogError>>, LogError> {
        self.refuse_if_forked()?;
        loop {
            let indices = self.indices(records, submissions).await?;
            let mut batch = Batch {
                first: self.shown().tree.size(),
                time: self.clock.now().minute().max(end.minute),
                entries: Vec::new(),
                indices,
            };
            let answers: Vec<_> = submissions
                .iter()
                .map(|submission| batch.add(submission))
                .collect();
            let cursors = taken_up.unwrap_or(&end.cursors).clone();
            if batch.entries.is_empty() {
                end.cursors = cursors;
                // What an earlier try committed and could not sign.
                self.sign()?;
                return Ok(answers);
            }
            let commit = Commit {
                number: end.commits,
                first: batch.first,
                previous: end.digest,
                node: self.node,
                entries: batch.entries,
                cursors,
            };
            let (key, content) = (Key::commit(commit.number), commit.encode());
            let kept = records.create(RecordKind::Commit, &key, records.keys.of_store(), &content);
            match kept.await? {
                Kept::Kept => {
                    self.take_up(end, &content)?;
                    self.sign()?;
                    return Ok(answers);
                }
                // An earlier try that was reported as failed has landed after all, or another node was first: its
                // leaves come before these.
                Kept::Other(found) => self.take_up(end, &found)?,
            }
        }
    }
}

impl Log {
    /// The leaves that objects of a batch have, and those they name.
    async fn indices(
        &self,
        records: &Records,
        submissions: &[&Submission],
    ) -> Result<HashMap<ObjectId, u64>, RecordError> {
        let named = submissions.iter().flat_map(|submission| {
            let target = submission.target.into_iter();
            target.chain([submission.id, submission.signer])
        });
        let named: BTreeSet<ObjectId> = named.collect();
        let found = named.into_iter().map(|id| async move {
            let logged = self.committed(records, id).await?;
            Ok(logged.map(|logged| (id, logged.index)))
        });
        let found: Vec<Result<Option<(ObjectId, u64)>, RecordError>> =
            stream::iter(found).buffered(LOOKED_UP_AT_ONCE).collect().await;
        found.into_iter().filter_map(Result::transpose).collect()
    }
}

/// Hides the time that one request to a bucket takes.
const LOOKED_UP_AT_ONCE: usize = 16;

/// The leaves of a commit in the making.
struct Batch {
    first: u64,
    time: Minute,
    entries: Vec<Entry>,
    /// Of what was logged before, and of what this batch logs.
    indices: HashMap<ObjectId, u64>,
}

impl Batch {
    /// The leaf a submission has already, or the one it gets in this batch; or why it can have none.
    fn add(&mut self, submission: &Submission) -> Result<u64, LogError> {
        if let Some(index) = self.indices.get(&submission.id) {
            return Ok(*index);
        }
        let count = u64::try_from(self.entries.len()).expect("a length in memory fits 64 bits");
        let index = self.first + count;
        let signer = if submission.signer == submission.id {
            index
        } else {
            let signer = submission.signer;
            let found = self.indices.get(&signer).copied();
            found.ok_or(LogError::SignerNotLogged { signer })?
        };
        let target = match submission.target {
            None => None,
            Some(target) => {
                let found = self.indices.get(&target).copied();
                Some(found.ok_or(LogError::TargetNotLogged { target })?)
            }
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
        Ok(index)
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
    /// A commit, or something that follows from it, could not be read or written.
    #[error("the log could not be read or written: repeat the request, which is harmless")]
    Record(#[source] Arc<RecordError>),
    /// The log key gave no signature.
    #[error("the log key gave no signature: repeat the request when the key is there, which is harmless")]
    Signing(#[source] Arc<SigningError>),
    /// Another node signed a checkpoint that this node's commits contradict.
    #[error(
        "the log in the store was forked: its checkpoint contradicts the commits that this node has read; stop all \
         nodes, keep the store as it is, and find out which node wrote what before anything is served again"
    )]
    Forked,
    /// The tree lacks a hash.
    #[error(transparent)]
    Tree(#[from] TreeError),
    /// The process is shutting down, or whoever served several requests was cut off.
    #[error("the log was interrupted: repeat the request, which is harmless")]
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
