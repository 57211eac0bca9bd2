//! What an audit stream holds: events, in segments.

use planseal::id::{ObjectId, PlanId};
use planseal::time::Timestamp;

use crate::chain::OperationId;
use crate::key::ChainId;
use crate::layout::{LayoutError, Reader, Writer};

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
pub(super) struct Segment {
    pub(super) epoch: u64,
    pub(super) sequence: u64,
    /// SHA-256 of the content of the segment before; zeroes before the first.
    pub(super) previous: [u8; 32],
    /// No segment up to this one holds an intent that is still open.
    pub(super) settled: u64,
    pub(super) at: Timestamp,
    pub(super) events: Vec<Event>,
}

/// Format of segments.
const FORMAT: u8 = 1;

impl Segment {
    pub(super) fn encode(&self) -> Vec<u8> {
        Writer::new(FORMAT)
            .number(self.epoch)
            .number(self.sequence)
            .fixed(&self.previous)
            .number(self.settled)
            .number(self.at.seconds())
            .each(&self.events, |writer, event| writer.bytes(&event.encode()))
            .finish()
    }

    pub(super) fn decode(content: &[u8]) -> Result<Self, LayoutError> {
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

    pub(super) const fn intent(&self) -> Option<Intent> {
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

impl Segment {
    pub(super) fn fence(&self) -> Option<u64> {
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
