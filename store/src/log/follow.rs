//! Several nodes on one bucket: each follows what the others commit, and one of them sequences for all.
//!
//! The node named by the newest lease takes up what the others hand over. A lease is an optimisation and nothing more: it
//! keeps nodes from racing for every commit, and the creation of a commit alone decides. A node that nobody served for a
//! second takes the lease over, and two that both believe they hold it lose some time and no statement. Leases are
//! created when the sequencing node changes, not while it stays.

use core::time::Duration;
use std::sync::atomic::Ordering;

use planseal::log::checkpoint::VerifiedCheckpoint;
use planseal::log::note::Note;
use tokio::time::sleep;

use super::opening::{LogOpenError, expect_agreement, read_note};
use super::sequence::Submission;
use super::{Cursors, End, Log, LogError, handover};
use crate::group::{Turn, turn};
use crate::key::{Key, MutableKey};
use crate::layout::{Reader, Writer};
use crate::location::Sharing;
use crate::records::{Kept, RecordError, Records};
use crate::seal::RecordKind;
use crate::tile::TILE_WIDTH;

/// What a node knows of who sequences.
#[derive(Debug, Default)]
pub(super) struct Lead {
    /// The newest lease known; zero before the first.
    newest: u64,
    holder: Holder,
}

/// Who holds the newest lease.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Holder {
    /// Nobody: there is none yet, or its holder stopped in an orderly way.
    #[default]
    Nobody,
    This,
    Other,
}

/// How long a node that handed something over waits before it takes the lease: several rounds of a bucket in which one
/// request takes 100 ms.
const PATIENCE: Duration = Duration::from_secs(1);
/// How often a node that waits for its leaf looks for new commits.
const LOOK: Duration = Duration::from_millis(25);
/// Format of leases.
const LEASE_FORMAT: u8 = 1;
/// In place of a node's nonce: the lease is free.
const NOBODY: [u8; 16] = [0; 16];
/// How many leaves a node keeps in memory before it asks how many of them the store holds in full bundles.
const LONG_TAIL: u64 = 4 * TILE_WIDTH;

impl Log {
    /// When this returns, this node shows every leaf that was committed before the call. Those who ask while one look is
    /// under way share the next.
    pub(crate) async fn refresh(&self, records: &Records) -> Result<(), LogError> {
        if self.sharing == Sharing::Alone {
            return Ok(());
        }
        loop {
            let mut answer = self.looking.join(());
            let answered = match turn(&mut answer, self.end.lock()).await {
                Turn::Answered(answered) => answered,
                Turn::Serve(mut end) => {
                    let batch = self.looking.take();
                    let looked = self.look(records, &mut end).await;
                    drop(end);
                    batch
                        .into_iter()
                        .for_each(|waiting| waiting.answer(looked.clone()));
                    answer.await
                }
            };
            // Whoever looked for all has gone away in the middle of it: another looks.
            if let Ok(looked) = answered {
                return looked;
            }
        }
    }

    async fn look(&self, records: &Records, end: &mut End) -> Result<(), LogError> {
        self.refuse_if_forked()?;
        self.catch_up(records, end).await?;
        self.sign()
    }

    /// Hands a statement to the sequencing node and waits for its leaf; sequences itself when nobody does.
    pub(super) async fn submit_among_nodes(
        &self,
        records: &Records,
        submission: Submission,
    ) -> Result<u64, LogError> {
        if !self.leads() && self.may_lead(records).await? {
            self.take_lead(records).await?;
        }
        if !self.leads() {
            self.hand_over(records, submission.clone()).await?;
        }
        while !self.leads() {
            if let Some(index) = self.wait_for_leaf(records, &submission).await? {
                return Ok(index);
            }
            self.take_lead(records).await?;
        }
        self.submit_here(records, submission).await
    }

    fn leads(&self) -> bool {
        self.leads.load(Ordering::SeqCst)
    }

    /// Whether nobody sequences, as far as this node knows after a look at the newest lease.
    async fn may_lead(&self, records: &Records) -> Result<bool, RecordError> {
        let mut lead = self.lead.lock().await;
        self.find_newest(records, &mut lead).await?;
        Ok(lead.holder != Holder::Other)
    }

    /// The statement's leaf, or nothing when the patience ends first.
    async fn wait_for_leaf(
        &self,
        records: &Records,
        submission: &Submission,
    ) -> Result<Option<u64>, LogError> {
        let mut waited = Duration::ZERO;
        while waited < PATIENCE {
            sleep(LOOK).await;
            waited += LOOK;
            self.refresh(records).await?;
            // A leaf that comes while this waits is among the newest.
            let logged = self.in_memory(&submission.id);
            if let Some(logged) = logged.filter(|logged| logged.index < self.size()) {
                return Ok(Some(logged.index));
            }
        }
        let logged = self.logged(records, submission.id).await?;
        Ok(logged.map(|logged| logged.index))
    }

    /// Writes what waits as one batch under this node's name.
    async fn hand_over(&self, records: &Records, submission: Submission) -> Result<(), LogError> {
        let mut answer = self.handing.join(submission);
        let answered = match turn(&mut answer, self.handed.lock()).await {
            Turn::Answered(answered) => answered,
            Turn::Serve(mut handed) => {
                let batch = self.handing.take();
                if !batch.is_empty() {
                    let all: Vec<Submission> = batch.iter().map(|waiting| waiting.item.clone()).collect();
                    let written = self.write_batch(records, &mut handed, &all).await;
                    let written = written.map_err(LogError::from);
                    batch
                        .into_iter()
                        .for_each(|waiting| waiting.answer(written.clone()));
                }
                drop(handed);
                answer.await
            }
        };
        answered.unwrap_or(Err(LogError::Interrupted))
    }

    async fn write_batch(
        &self,
        records: &Records,
        handed: &mut u64,
        all: &[Submission],
    ) -> Result<(), RecordError> {
        loop {
            let kept = handover::write(records, &self.node, *handed + 1, self.clock.now(), all).await?;
            *handed += 1;
            // Another batch under this number is an earlier try that was reported as failed and landed.
            if kept == Kept::Kept {
                return Ok(());
            }
        }
    }

    /// Takes the lease, unless another node took it since this one last looked.
    async fn take_lead(&self, records: &Records) -> Result<(), LogError> {
        let mut lead = self.lead.lock().await;
        if self.leads() {
            return Ok(());
        }
        let before = lead.newest;
        self.find_newest(records, &mut lead).await?;
        if lead.newest != before && lead.holder == Holder::Other {
            return Ok(());
        }
        let content = Writer::new(LEASE_FORMAT).fixed(&self.node).finish();
        let key = Key::lease(lead.newest + 1);
        let kept = records.create(RecordKind::Lease, &key, records.keys.of_store(), &content);
        if let Kept::Other(_) = kept.await? {
            return Ok(self.find_newest(records, &mut lead).await?);
        }
        lead.newest += 1;
        lead.holder = Holder::This;
        // What the predecessor left underived is in the commits. Who cannot read them sequences nothing.
        let mut end = self.end.lock().await;
        self.look(records, &mut end).await?;
        self.learn_derived(records, &mut end).await?;
        self.leads.store(true, Ordering::SeqCst);
        Ok(())
    }

    /// A fork is for people to look into: from the first sign of it on, nothing is read for fresh or added.
    pub(super) fn refuse_if_forked(&self) -> Result<(), LogError> {
        match self.forked.load(Ordering::SeqCst) {
            false => Ok(()),
            true => Err(LogError::Forked),
        }
    }

    fn fork_found(&self) -> LogError {
        self.forked.store(true, Ordering::SeqCst);
        self.leads.store(false, Ordering::SeqCst);
        LogError::Forked
    }

    /// Looks for leases newer than the one known.
    async fn find_newest(&self, records: &Records, lead: &mut Lead) -> Result<(), RecordError> {
        if lead.newest == 0 {
            let newest = records.engine.last(1, Key::lease).await?;
            lead.newest = newest.unwrap_or(1) - 1;
        }
        loop {
            let Some(holder) = self.read_lease(records, lead.newest + 1).await? else {
                return Ok(());
            };
            lead.newest += 1;
            lead.holder = holder;
            if lead.holder != Holder::This {
                self.leads.store(false, Ordering::SeqCst);
            }
        }
    }

    /// Who holds a lease; nothing when there is none of that number. A damaged one is nobody's.
    async fn read_lease(&self, records: &Records, n: u64) -> Result<Option<Holder>, RecordError> {
        let key = Key::lease(n);
        let content = records
            .read(RecordKind::Lease, &key, records.keys.of_store())
            .await;
        let content = match content {
            Ok(None) => return Ok(None),
            Ok(Some(content)) => content,
            Err(failure) if failure.is_damage() => return Ok(Some(Holder::Nobody)),
            Err(failure) => return Err(failure),
        };
        let node = Reader::new(&content, LEASE_FORMAT).and_then(|mut reader| reader.fixed("node"));
        Ok(Some(match node {
            Ok(node) if node == self.node => Holder::This,
            Ok(NOBODY) | Err(_) => Holder::Nobody,
            Ok(_) => Holder::Other,
        }))
    }

    /// Takes up what other nodes handed over, if this one sequences. Gives whether there was anything.
    pub(crate) async fn serve_others(
        &self,
        records: &Records,
        others: &[[u8; 16]],
    ) -> Result<Service, LogError> {
        if !self.leads() {
            return Ok(Service::NotAsked);
        }
        self.find_newest(records, &mut *self.lead.lock().await).await?;
        if !self.leads() {
            return Ok(Service::NotAsked);
        }
        let mut cursors = self.end.lock().await.cursors.clone();
        // A node that was thought dead may come back under its old name.
        if cursors.len() > MAX_CURSORS {
            cursors.retain(|node, _| others.contains(node));
        }
        let mut submissions = Vec::new();
        for node in others.iter().filter(|node| **node != self.node) {
            let cursor = cursors.entry(*node).or_default();
            while let Some(batch) = handover::read(records, node, *cursor + 1, self.clock.now()).await? {
                *cursor += 1;
                submissions.extend(batch);
                if submissions.len() >= MAX_TAKEN_UP {
                    break;
                }
            }
        }
        if submissions.is_empty() {
            return Ok(Service::Idle);
        }
        self.commit_for_others(records, &submissions, cursors).await?;
        Ok(Service::Served)
    }

    async fn commit_for_others(
        &self,
        records: &Records,
        submissions: &[Submission],
        cursors: Cursors,
    ) -> Result<(), LogError> {
        let mut end = self.end.lock().await;
        let submissions: Vec<&Submission> = submissions.iter().collect();
        // A refusal is told by the node that asked: it submits itself when its patience ends.
        self.commit(records, &mut end, &submissions, Some(&cursors))
            .await?;
        Ok(self.derive(records, &mut end).await?)
    }

    /// Drops from memory what the sequencing node has written in full bundles, when there is much of it.
    pub(crate) async fn shorten_tail(&self, records: &Records) -> Result<(), LogError> {
        let long = {
            let shown = self.shown();
            shown.tail.end() - shown.tail.start() > LONG_TAIL
        };
        if long {
            self.learn_derived(records, &mut *self.end.lock().await).await?;
        }
        Ok(())
    }

    /// Learns from the stored checkpoint how much of the log lies in full bundles. A checkpoint of another tree shows
    /// that the log was forked: nothing more is added to it here.
    async fn learn_derived(&self, records: &Records, end: &mut End) -> Result<(), LogError> {
        let note = match read_note(records, &MutableKey::checkpoint()).await {
            Ok(None) => return Ok(()),
            Ok(Some(note)) => note,
            Err(LogOpenError::Record(failure)) => return Err(failure.into()),
            Err(_) => return Err(self.fork_found()),
        };
        let note = Note::parse(&note).map_err(|_| self.fork_found())?;
        let stored = VerifiedCheckpoint::of_log(&note, &self.key).map_err(|_| self.fork_found())?;
        self.catch_up(records, end).await?;
        let agreement = expect_agreement(&self.shown().tree, stored.checkpoint());
        agreement.map_err(|_| self.fork_found())?;
        let derived = stored.size() / TILE_WIDTH * TILE_WIDTH;
        if derived > end.derived {
            end.derived = derived;
            self.shown_mut().tail.forget(derived);
        }
        end.stored = end.stored.max(stored.size());
        Ok(())
    }

    /// Leaves the lease to whoever wants it next, and what follows from the commits in the store.
    pub(crate) async fn close(&self, records: &Records) -> Result<(), LogError> {
        let mut end = self.end.lock().await;
        if self.sharing == Sharing::Alone || self.leads() {
            self.derive(records, &mut end).await?;
        }
        drop(end);
        let mut lead = self.lead.lock().await;
        if self.leads() {
            let content = Writer::new(LEASE_FORMAT).fixed(&NOBODY).finish();
            let key = Key::lease(lead.newest + 1);
            let kept = records.create(RecordKind::Lease, &key, records.keys.of_store(), &content);
            drop(kept.await?);
            lead.holder = Holder::Nobody;
            self.leads.store(false, Ordering::SeqCst);
        }
        Ok(())
    }
}

/// What came of a round of serving others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Service {
    /// Another node sequences.
    NotAsked,
    /// Nobody had handed anything over.
    Idle,
    Served,
}

/// 256 nodes' cursors are 6 KB in each commit.
const MAX_CURSORS: usize = 256;
/// 1 024 statements in one commit: about 200 KB.
const MAX_TAKEN_UP: usize = 1024;
