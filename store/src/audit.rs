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

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex as Guarded, MutexGuard, PoisonError};

use planseal::id::{ObjectId, PlanId};
use planseal::time::Timestamp;
use sha2::{Digest, Sha256};
use tokio::sync::Mutex;

use crate::chain::OperationId;
use crate::group::{Group, Turn, turn};
use crate::key::{ChainId, Key, Prefix};
use crate::layout::{LayoutError, Reader, Writer};
use crate::location::Sharing;
use crate::records::{Kept, RecordError, Records};
use crate::seal::RecordKind;

/// Something that is recorded before, or in place of, what it is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Event {
    /// A statement is about to be put into a chain.
    Intent(Intent),
    /// The statement of an earlier intent is not in its chain: nothing was stored.
    NotCommitted { operation: OperationId },
    /// The chain of an earlier intent is damaged: whether anything was stored is not known until it is repaired.
    Unsettled { operation: OperationId },
    /// Content is about to be shown.
    Access(Access),
    /// The last event of a writer, written by its successor.
    Fenced { by: u64 },
}

/// Who is about to be shown what; recorded before the first byte leaves (SECURITY T12).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Access {
    /// The reader: a certificate's id or an account's name, never a patient's.
    pub reader: String,
    /// What is done and why, as a code of the caller, for example `view-emergency`.
    pub purpose: String,
    /// The record, when one is shown.
    pub plan: Option<PlanId>,
    /// The object, when one is shown.
    pub object: Option<ObjectId>,
}

/// Events of one writing, with the time the store's clock showed.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Segment {
    epoch: u64,
    sequence: u64,
    /// SHA-256 of the content of the segment before; zeroes before the first.
    previous: [u8; 32],
    /// No segment up to this one holds an intent that is still open.
    settled: u64,
    at: Timestamp,
    events: Vec<Event>,
}

/// Format of segments.
const FORMAT: u8 = 1;

impl Segment {
    fn encode(&self) -> Vec<u8> {
        Writer::new(FORMAT)
            .number(self.epoch)
            .number(self.sequence)
            .fixed(&self.previous)
            .number(self.settled)
            .number(self.at.seconds())
            .each(&self.events, |writer, event| writer.bytes(&event.encode()))
            .finish()
    }

    fn decode(content: &[u8]) -> Result<Self, LayoutError> {
        let mut reader = Reader::new(content, FORMAT)?;
        let segment = Self {
            epoch: reader.number("epoch")?,
            sequence: reader.number("sequence")?,
            previous: reader.fixed("predecessor")?,
            settled: reader.number("settled")?,
            at: Timestamp::from_seconds(reader.number("time")?)
                .map_err(|_| LayoutError::Meaningless { field: "time" })?,
            events: reader.each("events", |reader| Event::decode(reader.bytes("event")?))?,
        };
        reader.end()?;
        Ok(segment)
    }
}

/// An event's format number is its kind: each kind has its own layout, and a new kind is a new number.
const INTENT: u8 = 1;
const NOT_COMMITTED: u8 = 2;
const ACCESS: u8 = 3;
const FENCED: u8 = 4;
const UNSETTLED: u8 = 5;

impl Event {
    fn encode(&self) -> Vec<u8> {
        match self {
            Self::Intent(Intent {
                operation,
                chain,
                object,
            }) => Writer::new(INTENT)
                .fixed(operation.as_bytes())
                .bytes(chain.to_string().as_bytes())
                .fixed(object.as_bytes()),
            Self::NotCommitted { operation } => Writer::new(NOT_COMMITTED).fixed(operation.as_bytes()),
            Self::Unsettled { operation } => Writer::new(UNSETTLED).fixed(operation.as_bytes()),
            Self::Access(access) => Writer::new(ACCESS)
                .bytes(access.reader.as_bytes())
                .bytes(access.purpose.as_bytes())
                .option(access.plan, |writer, plan| writer.fixed(plan.as_bytes()))
                .option(access.object, |writer, object| writer.fixed(object.as_bytes())),
            Self::Fenced { by } => Writer::new(FENCED).number(*by),
        }
        .finish()
    }

    const fn intent(&self) -> Option<Intent> {
        match self {
            Self::Intent(intent) => Some(*intent),
            _ => None,
        }
    }

    fn decode(bytes: &[u8]) -> Result<Self, LayoutError> {
        let kind = *bytes.first().ok_or(LayoutError::Short { field: "event" })?;
        let mut reader = Reader::new(bytes, kind)?;
        let event = match kind {
            INTENT => Self::Intent(Intent {
                operation: OperationId::from_bytes(reader.fixed("operation")?),
                chain: ChainId::parse(reader.text("chain")?)
                    .ok_or(LayoutError::Meaningless { field: "chain" })?,
                object: ObjectId::from_bytes(reader.fixed("object")?),
            }),
            NOT_COMMITTED => Self::NotCommitted {
                operation: OperationId::from_bytes(reader.fixed("operation")?),
            },
            UNSETTLED => Self::Unsettled {
                operation: OperationId::from_bytes(reader.fixed("operation")?),
            },
            ACCESS => Self::Access(Access {
                reader: reader.text("reader")?.to_owned(),
                purpose: reader.text("purpose")?.to_owned(),
                plan: reader
                    .option("plan", |reader| reader.fixed("plan"))?
                    .map(PlanId::from_bytes),
                object: reader
                    .option("object", |reader| reader.fixed("object"))?
                    .map(ObjectId::from_bytes),
            }),
            FENCED => Self::Fenced {
                by: reader.number("successor")?,
            },
            found => {
                return Err(LayoutError::Format {
                    found,
                    known: UNSETTLED,
                });
            }
        };
        reader.end()?;
        Ok(event)
    }
}

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

async fn register(records: &Records, node: [u8; 16], at: Timestamp) -> Result<u64, RecordError> {
    let mut epoch = writers(records).await?.last().map_or(1, |last| last.epoch + 1);
    let content = Writer::new(NODE_FORMAT)
        .fixed(&node)
        .number(at.seconds())
        .finish();
    loop {
        let key = Key::node(epoch);
        let kept = records.create(RecordKind::Node, &key, records.keys.of_store(), &content);
        match kept.await? {
            Kept::Kept => return Ok(epoch),
            Kept::Other(_) => epoch += 1,
        }
    }
}

/// Says that nothing in a stream is left to be settled.
async fn end_for_good(records: &Records, epoch: u64) -> Result<(), RecordError> {
    let content = Writer::new(NODE_FORMAT).finish();
    let key = Key::ended(epoch);
    let kept = records.create(RecordKind::Ended, &key, records.keys.of_store(), &content);
    kept.await.map(drop)
}

/// Format of writer registrations.
const NODE_FORMAT: u8 = 1;

impl Segment {
    fn fence(&self) -> Option<u64> {
        self.events.iter().find_map(|event| match event {
            Event::Fenced { by } => Some(*by),
            _ => None,
        })
    }
}

/// A statement that is about to be put into a chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Intent {
    pub(crate) operation: OperationId,
    pub(crate) chain: ChainId,
    pub(crate) object: ObjectId,
}

/// A writer whose stream was not ended, with what it was about to do.
pub(crate) struct Predecessor {
    end: End,
    fenced: bool,
    pub(crate) intents: Vec<Intent>,
}

/// What became of a writer that was to be fenced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fence {
    /// It can write no more.
    Stands,
    /// It has written again: it is alive, or somebody else fenced it.
    Outrun,
}

impl Predecessor {
    /// Ends the writer's stream: the name of its next segment is taken, so it can write no more.
    pub(crate) async fn fence(
        &self,
        records: &Records,
        by: u64,
        at: Timestamp,
    ) -> Result<Fence, RecordError> {
        let epoch = self.end.epoch;
        if !self.fenced {
            let sequence = self.end.sequence + 1;
            let segment = Segment {
                epoch,
                sequence,
                previous: self.end.digest,
                settled: self.end.sequence,
                at,
                events: vec![Event::Fenced { by }],
            };
            let key = Key::segment(epoch, sequence);
            let content = segment.encode();
            let kept = records.create(RecordKind::Segment, &key, records.keys.of_store(), &content);
            if let Kept::Other(_) = kept.await? {
                return Ok(Fence::Outrun);
            }
        }
        end_for_good(records, epoch).await?;
        Ok(Fence::Stands)
    }
}

/// A registered writer whose stream has not ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct WriterNumber {
    pub(crate) epoch: u64,
    ended: bool,
}

/// The writers below a number whose streams were not ended, oldest first, with their intents that may be open.
pub(crate) async fn predecessors(records: &Records, before: u64) -> Result<Vec<Predecessor>, RecordError> {
    let mut found = Vec::new();
    for writer in writers(records).await? {
        if writer.epoch < before && !writer.ended {
            found.push(read_stream(records, writer.epoch).await?);
        }
    }
    Ok(found)
}

/// How many segments each writer has written whose stream was not ended.
pub(crate) async fn lengths(records: &Records) -> Result<BTreeMap<u64, u64>, RecordError> {
    let mut lengths = BTreeMap::new();
    for writer in writers(records).await?.into_iter().filter(|writer| !writer.ended) {
        let segment = |sequence| Key::segment(writer.epoch, sequence);
        let last = records.engine.last(1, segment).await?;
        lengths.insert(writer.epoch, last.unwrap_or(0));
    }
    Ok(lengths)
}

/// The nonces of all nodes whose streams have not ended, in the order in which they registered.
pub(crate) async fn nodes(records: &Records) -> Result<Vec<[u8; 16]>, RecordError> {
    let mut nodes = Vec::new();
    for writer in writers(records).await? {
        if !writer.ended
            && let Some(node) = read_node(records, writer.epoch).await?
            && !nodes.contains(&node)
        {
            nodes.push(node);
        }
    }
    Ok(nodes)
}

async fn read_node(records: &Records, epoch: u64) -> Result<Option<[u8; 16]>, RecordError> {
    let key = Key::node(epoch);
    let content = records
        .read(RecordKind::Node, &key, records.keys.of_store())
        .await?;
    let decode = |content: Vec<u8>| {
        let mut reader = Reader::new(&content, NODE_FORMAT)?;
        let node = reader.fixed("node")?;
        reader.number("time")?;
        reader.end()?;
        Ok(node)
    };
    let node: Result<Option<[u8; 16]>, LayoutError> = content.map(decode).transpose();
    node.map_err(RecordError::content(&key))
}

/// Reads the end of a writer's stream, from the first intent on that may be open, and checks that it hangs together.
pub(crate) async fn read_stream(records: &Records, epoch: u64) -> Result<Predecessor, RecordError> {
    read_node(records, epoch).await?;
    let last = records
        .engine
        .last(1, |sequence| Key::segment(epoch, sequence))
        .await?;
    let mut found = Predecessor {
        end: End::before_the_first(epoch),
        fenced: false,
        intents: Vec::new(),
    };
    let Some(last) = last else {
        return Ok(found);
    };
    let (segment, _) = read_segment(records, epoch, last).await?;
    let mut sequence = (segment.settled + 1).min(last);
    found.end.sequence = sequence - 1;
    found.end.digest = read_segment(records, epoch, sequence).await?.0.previous;
    while sequence <= last {
        let (segment, content) = read_segment(records, epoch, sequence).await?;
        if segment.previous != found.end.digest {
            return Err(broken(
                epoch,
                sequence,
                "it does not follow the segment before it",
            ));
        }
        found.fenced = segment.fence().is_some();
        found
            .intents
            .extend(segment.events.iter().filter_map(Event::intent));
        found.end = found.end.after(&content);
        sequence += 1;
    }
    Ok(found)
}

/// The numbers of all writers there ever were: they are numbered without gaps.
pub(crate) async fn every_writer(records: &Records) -> Result<Vec<u64>, RecordError> {
    let writers = writers(records).await?;
    Ok((1..=writers.last().map_or(0, |last| last.epoch)).collect())
}

/// Reads a writer's whole stream and checks that it hangs together; gives how many segments it has. A stream that was
/// said to have ended has its fence.
pub(crate) async fn examine(records: &Records, epoch: u64) -> Result<u64, RecordError> {
    if read_node(records, epoch).await?.is_none() {
        return Err(broken(epoch, 0, "the registration of its writer is missing"));
    }
    let listed = records.engine.list(&Prefix::stream(epoch)).await?.len();
    let mut end = End::before_the_first(epoch);
    let mut last = None;
    loop {
        let sequence = end.sequence + 1;
        let key = Key::segment(epoch, sequence);
        if records.engine.size(&key).await?.is_none() {
            break;
        }
        let (segment, content) = read_segment(records, epoch, sequence).await?;
        if segment.previous != end.digest || segment.epoch != epoch || segment.sequence != sequence {
            return Err(broken(
                epoch,
                sequence,
                "it does not follow the segment before it",
            ));
        }
        last = segment.fence();
        end = end.after(&content);
    }
    let key = Key::ended(epoch);
    let ended = records
        .read(RecordKind::Ended, &key, records.keys.of_store())
        .await?;
    if u64::try_from(listed).unwrap_or(u64::MAX) > end.sequence {
        return Err(broken(
            epoch,
            end.sequence + 1,
            "it is missing, and later ones are there",
        ));
    }
    match (ended, last) {
        (Some(_), None) => Err(broken(epoch, end.sequence + 1, "its end is missing")),
        _ => Ok(end.sequence),
    }
}

async fn read_segment(
    records: &Records,
    epoch: u64,
    sequence: u64,
) -> Result<(Segment, Vec<u8>), RecordError> {
    let key = Key::segment(epoch, sequence);
    let content = records
        .read(RecordKind::Segment, &key, records.keys.of_store())
        .await?;
    let content = content.ok_or_else(|| broken(epoch, sequence, "it is missing"))?;
    let segment = Segment::decode(&content).map_err(RecordError::content(&key))?;
    Ok((segment, content))
}

fn broken(epoch: u64, sequence: u64, reason: &'static str) -> RecordError {
    RecordError::Chain {
        chain: format!("a/{epoch:012}"),
        n: u32::try_from(sequence).unwrap_or(u32::MAX),
        reason,
    }
}

/// Twelve digits, as the store writes them.
fn epoch_of(number: &str) -> Option<u64> {
    let plain = number.len() == 12 && number.bytes().all(|byte| byte.is_ascii_digit());
    number.parse().ok().filter(|_| plain)
}

/// All writers by number, ascending: one for each time the store was opened.
async fn writers(records: &Records) -> Result<Vec<WriterNumber>, RecordError> {
    let names = records.engine.list(&Prefix::nodes()).await?;
    let mut writers: BTreeMap<u64, bool> = BTreeMap::new();
    for name in names.iter().filter_map(|name| name.strip_prefix("n/")) {
        let (number, ended) = match name.strip_suffix(".ended") {
            Some(number) => (number, true),
            None => (name, false),
        };
        if let Some(epoch) = epoch_of(number) {
            *writers.entry(epoch).or_default() |= ended;
        }
    }
    let writer = |(epoch, ended)| WriterNumber { epoch, ended };
    Ok(writers.into_iter().map(writer).collect())
}

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_event_is_read_back_and_every_truncation_is_refused() {
        let events = vec![
            Event::Intent(Intent {
                operation: OperationId::from_bytes([1; 16]),
                chain: ChainId::Plan(PlanId::from_bytes([2; 16])),
                object: ObjectId::from_bytes([3; 32]),
            }),
            Event::NotCommitted {
                operation: OperationId::from_bytes([1; 16]),
            },
            Event::Unsettled {
                operation: OperationId::from_bytes([4; 16]),
            },
            Event::Access(Access {
                reader: "certificate 4".into(),
                purpose: "view-emergency".into(),
                plan: Some(PlanId::from_bytes([2; 16])),
                object: None,
            }),
            Event::Fenced { by: 9 },
        ];
        let segment = Segment {
            epoch: 3,
            sequence: 1,
            previous: [0; 32],
            settled: 1,
            at: Timestamp::from_seconds(1_700_000_000).expect("an instant"),
            events,
        };
        let content = segment.encode();
        assert_eq!(Segment::decode(&content), Ok(segment));
        for end in 0..content.len() {
            assert!(Segment::decode(&content[..end]).is_err(), "{end}");
        }
    }
}
