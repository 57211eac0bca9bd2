//! Custody: where the original of an advance decision is, who handed it to whom, and when it was re-affirmed
//! (FORMAT §3).

use serde::{Deserialize, Serialize};

use super::short::{about_record, short};
use super::{ContentError, Words};
use crate::id::{ObjectId, PlanId};
use crate::plan::contacts::Digest;
use crate::time::Timestamp;

short! {
    /// One step on the way of an original document.
    Custody {
        /// The record.
        plan: PlanId;
        /// The version or intake that names the document.
        target: ObjectId;
        /// SHA-256 of the document's scan, where there is one.
        document: Option<Digest>, "Option::is_none";
        /// What happened.
        event: CustodyEvent;
        /// Who had it before.
        from: Option<Words>, "Option::is_none";
        /// Who has it since.
        to: Option<Words>, "Option::is_none";
        /// Where it lies.
        place: Option<Words>, "Option::is_none";
        /// When it happened; never after the statement itself.
        happened_at: Timestamp;
    }
}

/// What happened to an original.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CustodyEvent {
    /// Somebody received it; `to` says who.
    Received,
    /// It went from one to another; `from` and `to` say who.
    Transferred,
    /// It was laid down; `place` says where.
    Stored,
    /// It went back to the patient or whoever holds it for them; `to` says who.
    Returned,
    /// It is lost; nothing more is needed.
    Lost,
    /// The patient re-affirmed it; nothing more is needed.
    Reaffirmed,
}

impl Custody {
    fn check(self) -> Result<Self, ContentError> {
        let (from, to, place) = (self.from.is_some(), self.to.is_some(), self.place.is_some());
        let complete = match self.event {
            CustodyEvent::Received | CustodyEvent::Returned => to,
            CustodyEvent::Transferred => from && to,
            CustodyEvent::Stored => place,
            CustodyEvent::Lost | CustodyEvent::Reaffirmed => true,
        };
        if !complete {
            return Err(ContentError::value(
                "event",
                "from, to or place is missing for this event",
            ));
        }
        if self.happened_at > self.issued_at {
            return Err(ContentError::value(
                "happened_at",
                "lies after the statement's own time",
            ));
        }
        Ok(self)
    }
}

about_record!(Custody, |custody| Some(custody.target), check: Self::check);
