//! The audit stream: what this process was about to store, and who was shown what.
//!
//! Each process registers as a writer with its own number, the epoch, and writes segments `a/<epoch>/<seq>`,
//! each holding the digest of the one before. An event is durable when [`Audit::write`] returns; events that
//! arrive together share a segment. A writer that is no more is fenced: its next segment is created by another, so a
//! process that was thought dead can write no more under that number, and its stream has an end that cannot be cut
//! shorter unnoticed. A process alone on its store that finds itself fenced must stop; one of several nodes registers
//! again.
//!
//! A segment says up to where every intent before it is settled, and intents that stay open are written again now and
//! then, so whoever fences a writer reads the end of its stream and not the whole.

mod event;
mod writers;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex as Guarded, MutexGuard, PoisonError};

use planseal::time::Timestamp;
use sha2::{Digest, Sha256};
use tokio::sync::Mutex;

pub use event::Access;
pub(crate) use event::{Event, Intent};
pub(crate) use writers::{
    Fence, Predecessor, every_writer, examine, lengths, nodes, predecessors, read_stream,
};

use crate::group::{Group, Turn, turn};
use crate::key::Key;
use crate::location::Sharing;
use crate::records::{Kept, RecordError, Records};
use crate::seal::RecordKind;
use event::Segment;
use writers::{end_for_good, register};

/// This process's stream.
pub(crate) struct Audit {
    node: [u8; 16],
    waiting: Group<Event, Result<u64, Arc<AuditError>>>,
    end: Mutex<End>,
    open: Guarded<Open>,
}

/// Where a stream ends.
#[derive(Debug, Clone, Copy)]
struct End {
    epoch: u64,
    sequence: u64,
    digest: [u8; 32],
}

/// Intents that are not settled, by the segment they stand in.
type Open = BTreeMap<u64, Vec<Intent>>;

impl End {
    const fn before_the_first(epoch: u64) -> Self {
        Self {
            epoch,
            sequence: 0,
            digest: [0; 32],
        }
    }

    fn after(self, content: &[u8]) -> Self {
        Self {
            sequence: self.sequence + 1,
            digest: Sha256::digest(content).into(),
            ..self
        }
    }
}

impl Audit {
    /// Registers this process as a writer.
    pub(crate) async fn open(records: &Records, node: [u8; 16], at: Timestamp) -> Result<Self, RecordError> {
        let epoch = register(records, node, at).await?;
        Ok(Self {
            node,
            waiting: Group::new(),
            end: Mutex::new(End::before_the_first(epoch)),
            open: Guarded::default(),
        })
    }

    /// This process's number as a writer.
    pub(crate) async fn epoch(&self) -> u64 {
        self.end.lock().await.epoch
    }

    /// Records an event; durable when this returns.
    pub(crate) async fn write(
        &self,
        records: &Records,
        at: Timestamp,
        event: Event,
    ) -> Result<(), Arc<AuditError>> {
        self.join(records, at, event).await.map(drop)
    }

    /// Records that a statement is about to be stored; gives where that is noted, for [`settled`](Self::settled).
    pub(crate) async fn intend(
        &self,
        records: &Records,
        at: Timestamp,
        intent: Intent,
    ) -> Result<u64, Arc<AuditError>> {
        self.join(records, at, Event::Intent(intent)).await
    }

    /// The statement of an intent is logged, or will never be stored.
    pub(crate) fn settled(&self, noted: u64, settled: &Intent) {
        let mut open = self.unsettled();
        // An intent that was written again stands further on.
        let mut from = open.range_mut(noted..);
        let place = from.find_map(|(sequence, intents)| {
            let place = intents.iter().position(|intent| intent == settled)?;
            intents.remove(place);
            Some((*sequence, intents.is_empty()))
        });
        if let Some((sequence, true)) = place {
            open.remove(&sequence);
        }
    }

    /// Ends this process's stream in an orderly way.
    pub(crate) async fn close(&self, records: &Records, at: Timestamp) -> Result<(), Arc<AuditError>> {
        let epoch = self.epoch().await;
        match self.write(records, at, Event::Fenced { by: epoch }).await {
            // By an earlier try that went wrong further on.
            Err(failure) if matches!(*failure, AuditError::Closed) => {}
            written => written?,
        }
        if self.unsettled().is_empty() {
            end_for_good(records, epoch)
                .await
                .map_err(|failure| Arc::new(failure.into()))?;
        }
        Ok(())
    }

    async fn join(&self, records: &Records, at: Timestamp, event: Event) -> Result<u64, Arc<AuditError>> {
        loop {
            let mut answer = self.waiting.join(event.clone());
            let answered = match turn(&mut answer, self.end.lock()).await {
                Turn::Answered(answered) => answered,
                Turn::Serve(mut end) => {
                    let batch = self.waiting.take();
                    let events: Vec<Event> = batch.iter().map(|waiting| waiting.item.clone()).collect();
                    if !events.is_empty() {
                        let written = self.append(records, &mut end, at, events).await.map_err(Arc::new);
                        batch
                            .into_iter()
                            .for_each(|waiting| waiting.answer(written.clone()));
                    }
                    drop(end);
                    answer.await
                }
            };
            // Whoever wrote for all has gone away in the middle of it: another writes. An event that stands there twice
            // is true twice.
            if let Ok(written) = answered {
                return written;
            }
        }
    }

    /// Writes one segment and gives its number.
    async fn append(
        &self,
        records: &Records,
        end: &mut End,
        at: Timestamp,
        events: Vec<Event>,
    ) -> Result<u64, AuditError> {
        loop {
            let (segment, carried) = self.segment(end, at, &events);
            let content = segment.encode();
            let key = Key::segment(segment.epoch, segment.sequence);
            let kept = records.create(RecordKind::Segment, &key, records.keys.of_store(), &content);
            let Kept::Other(found) = kept.await? else {
                *end = end.after(&content);
                self.note_open(&segment, carried);
                return Ok(segment.sequence);
            };
            // Either this process's own earlier try, which landed although it was reported as failed, or the
            // fence of a successor.
            let other = Segment::decode(&found).map_err(RecordError::content(&key))?;
            match (other.fence(), records.engine.sharing()) {
                (None, _) => *end = end.after(&found),
                (Some(by), _) if by == end.epoch => return Err(AuditError::Closed),
                (Some(by), Sharing::Alone) => return Err(AuditError::Fenced { by }),
                (Some(_), Sharing::Nodes) => {
                    // Thought dead by another node, which has settled or noted what was open here.
                    self.unsettled().clear();
                    *end = End::before_the_first(register(records, self.node, at).await?);
                }
            }
        }
    }

    /// The next segment, with the intents that it writes again.
    fn segment(&self, end: &End, at: Timestamp, events: &[Event]) -> (Segment, Vec<Intent>) {
        let open = self.unsettled();
        let sequence = end.sequence + 1;
        let far = sequence.saturating_sub(LONGEST_REACH);
        let carried: Vec<Intent> = open
            .range(..far)
            .flat_map(|(_, intents)| intents.iter().copied())
            .collect();
        let oldest = open.range(far..).next().map(|(sequence, _)| *sequence);
        let again = carried.iter().copied().map(Event::Intent);
        let segment = Segment {
            epoch: end.epoch,
            sequence,
            previous: end.digest,
            settled: oldest.unwrap_or(sequence) - 1,
            at,
            events: again.chain(events.iter().cloned()).collect(),
        };
        (segment, carried)
    }

    fn note_open(&self, segment: &Segment, carried: Vec<Intent>) {
        let mut open = self.unsettled();
        let far = segment.sequence.saturating_sub(LONGEST_REACH);
        let mut intents: Vec<Intent> = segment.events.iter().filter_map(Event::intent).collect();
        if !carried.is_empty() {
            let near = open.split_off(&far);
            let still: Vec<Intent> = core::mem::replace(&mut *open, near)
                .into_values()
                .flatten()
                .collect();
            // Settled while the segment was being written.
            intents.retain(|intent| !carried.contains(intent) || still.contains(intent));
        }
        if !intents.is_empty() {
            open.insert(segment.sequence, intents);
        }
    }

    fn unsettled(&self) -> MutexGuard<'_, Open> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// An intent that is still open after 1 024 segments is written again.
const LONGEST_REACH: u64 = 1024;

/// An event could not be recorded: what it is about must not happen.
#[derive(Debug, thiserror::Error)]
pub enum AuditError {
    /// The segment could not be written.
    #[error("the audit record could not be written, so nothing else was done")]
    Record(#[from] RecordError),
    /// Another process has opened this store since.
    #[error("another process (writer {by}) has taken this store over: this one must stop")]
    Fenced {
        /// The successor's number as a writer.
        by: u64,
    },
    /// This process has closed the store.
    #[error("the store was closed, so nothing else was done: open it again")]
    Closed,
    /// The process is shutting down.
    #[error("the audit record was interrupted, so nothing else was done")]
    Interrupted,
}
