//! The audit stream: what this process was about to store, and who was shown what.
//!
//! Each process registers as a writer with its own number, the epoch, and writes segments `a/<epoch>/<seq>`,
//! each holding the digest of the one before. An event is durable when [`Audit::write`] returns; events that
//! arrive together share a segment. When a store is opened, every earlier writer is fenced: its next segment is
//! created here, so a process that was thought dead can write no more, and its stream has an end that cannot
//! be cut shorter unnoticed.

use std::sync::Arc;

use planseal::id::{ObjectId, PlanId};
use planseal::time::Timestamp;
use sha2::{Digest, Sha256};
use tokio::sync::Mutex;

use crate::chain::OperationId;
use crate::group::{Group, Turn, turn};
use crate::key::{ChainId, Key, Prefix};
use crate::layout::{LayoutError, Reader, Writer};
use crate::records::{Kept, RecordError, Records};
use crate::seal::RecordKind;

/// Something that is recorded before, or in place of, what it is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Event {
    /// A statement is about to be put into a chain.
    Intent {
        operation: OperationId,
        chain: ChainId,
        object: ObjectId,
    },
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
            Self::Intent {
                operation,
                chain,
                object,
            } => Writer::new(INTENT)
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

    fn decode(bytes: &[u8]) -> Result<Self, LayoutError> {
        let kind = *bytes.first().ok_or(LayoutError::Short { field: "event" })?;
        let mut reader = Reader::new(bytes, kind)?;
        let event = match kind {
            INTENT => Self::Intent {
                operation: OperationId::from_bytes(reader.fixed("operation")?),
                chain: ChainId::parse(reader.text("chain")?)
                    .ok_or(LayoutError::Meaningless { field: "chain" })?,
                object: ObjectId::from_bytes(reader.fixed("object")?),
            },
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
    epoch: u64,
    waiting: Group<Event, Result<(), Arc<AuditError>>>,
    end: Mutex<End>,
}

/// Where a stream ends.
#[derive(Debug, Clone, Copy, Default)]
struct End {
    sequence: u64,
    digest: [u8; 32],
}

impl End {
    fn after(self, content: &[u8]) -> Self {
        Self {
            sequence: self.sequence + 1,
            digest: Sha256::digest(content).into(),
        }
    }
}

impl Audit {
    /// Registers this process as a writer.
    pub(crate) async fn open(records: &Records, node: [u8; 16], at: Timestamp) -> Result<Self, RecordError> {
        let mut epoch = epochs(records).await?.last().map_or(1, |last| last + 1);
        let content = Writer::new(NODE_FORMAT)
            .fixed(&node)
            .number(at.seconds())
            .finish();
        loop {
            let key = Key::node(epoch);
            let kept = records.create(RecordKind::Node, &key, records.keys.of_store(), &content);
            match kept.await? {
                Kept::Kept => break,
                Kept::Other(_) => epoch += 1,
            }
        }
        Ok(Self {
            epoch,
            waiting: Group::new(),
            end: Mutex::new(End::default()),
        })
    }

    /// This process's number as a writer.
    pub(crate) const fn epoch(&self) -> u64 {
        self.epoch
    }

    /// Records an event; durable when this returns.
    pub(crate) async fn write(
        &self,
        records: &Records,
        at: Timestamp,
        event: Event,
    ) -> Result<(), Arc<AuditError>> {
        let mut answer = self.waiting.join(event);
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
        answered.unwrap_or_else(|_| Err(Arc::new(AuditError::Interrupted)))
    }

    async fn append(
        &self,
        records: &Records,
        end: &mut End,
        at: Timestamp,
        events: Vec<Event>,
    ) -> Result<(), AuditError> {
        loop {
            let segment = Segment {
                epoch: self.epoch,
                sequence: end.sequence + 1,
                previous: end.digest,
                at,
                events: events.clone(),
            };
            let content = segment.encode();
            let key = Key::segment(segment.epoch, segment.sequence);
            let kept = records.create(RecordKind::Segment, &key, records.keys.of_store(), &content);
            let Kept::Other(found) = kept.await? else {
                *end = end.after(&content);
                return Ok(());
            };
            // Either this process's own earlier try, which landed although it was reported as failed, or the
            // fence of a successor.
            let other = Segment::decode(&found).map_err(RecordError::content(&key))?;
            if let Some(by) = other.fence() {
                return Err(AuditError::Fenced { by });
            }
            *end = end.after(&found);
        }
    }
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

/// An intent found in the stream of a writer that is no more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Intent {
    pub(crate) operation: OperationId,
    pub(crate) chain: ChainId,
    pub(crate) object: ObjectId,
}

/// A writer of the past that was not fenced yet, with what it was about to do.
pub(crate) struct Predecessor {
    epoch: u64,
    end: End,
    pub(crate) intents: Vec<Intent>,
}

impl Predecessor {
    /// Ends the writer's stream: the name of its next segment is taken, so it can write no more.
    pub(crate) async fn fence(&self, records: &Records, by: u64, at: Timestamp) -> Result<(), RecordError> {
        let segment = Segment {
            epoch: self.epoch,
            sequence: self.end.sequence + 1,
            previous: self.end.digest,
            at,
            events: vec![Event::Fenced { by }],
        };
        let key = Key::segment(segment.epoch, segment.sequence);
        let content = segment.encode();
        let kept = records.create(RecordKind::Segment, &key, records.keys.of_store(), &content);
        match kept.await? {
            Kept::Kept => Ok(()),
            Kept::Other(_) => Err(RecordError::Chain {
                chain: format!("a/{:012}", self.epoch),
                n: u32::try_from(segment.sequence).unwrap_or(u32::MAX),
                reason: "its writer is still writing",
            }),
        }
    }
}

/// The writers that were not fenced, oldest first. Writers are fenced oldest first too, so the search ends at the
/// newest one that is.
pub(crate) async fn predecessors(records: &Records, before: u64) -> Result<Vec<Predecessor>, RecordError> {
    let mut found = Vec::new();
    for epoch in epochs(records)
        .await?
        .into_iter()
        .rev()
        .filter(|epoch| *epoch < before)
    {
        match read_stream(records, epoch).await? {
            Some(predecessor) => found.push(predecessor),
            None => break,
        }
    }
    found.reverse();
    Ok(found)
}

/// Reads a writer's stream to its end and checks that it hangs together; nothing when it was fenced.
async fn read_stream(records: &Records, epoch: u64) -> Result<Option<Predecessor>, RecordError> {
    let registration = Key::node(epoch);
    records
        .read(RecordKind::Node, &registration, records.keys.of_store())
        .await?;
    let mut end = End::default();
    let mut intents = Vec::new();
    loop {
        let key = Key::segment(epoch, end.sequence + 1);
        let Some(content) = records
            .read(RecordKind::Segment, &key, records.keys.of_store())
            .await?
        else {
            return Ok(Some(Predecessor { epoch, end, intents }));
        };
        let segment = Segment::decode(&content).map_err(RecordError::content(&key))?;
        if segment.previous != end.digest {
            return Err(RecordError::Chain {
                chain: format!("a/{epoch:012}"),
                n: u32::try_from(segment.sequence).unwrap_or(u32::MAX),
                reason: "it does not follow the segment before it",
            });
        }
        if segment.fence().is_some() {
            return Ok(None);
        }
        intents.extend(segment.events.into_iter().filter_map(|event| match event {
            Event::Intent {
                operation,
                chain,
                object,
            } => Some(Intent {
                operation,
                chain,
                object,
            }),
            _ => None,
        }));
        end = end.after(&content);
    }
}

/// The numbers of all writers, ascending: one for each time the store was opened.
async fn epochs(records: &Records) -> Result<Vec<u64>, RecordError> {
    let names = records.engine.list(&Prefix::nodes()).await?;
    let epoch = |name: &String| name.strip_prefix("n/")?.parse().ok();
    Ok(names.iter().filter_map(epoch).collect())
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
            Event::Intent {
                operation: OperationId::from_bytes([1; 16]),
                chain: ChainId::Plan(PlanId::from_bytes([2; 16])),
                object: ObjectId::from_bytes([3; 32]),
            },
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
