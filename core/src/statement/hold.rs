//! Holds: a record must not be destroyed, or is set apart, and since when (FORMAT §3).

use serde::{Deserialize, Serialize};

use super::short::short;
use super::{ContentError, Kind, LoggedStatement, Statement, Words};
use crate::canonical::{CanonicalBytes, EncodeError};
use crate::id::{ObjectId, PlanId};
use crate::time::Timestamp;

short! {
    /// A hold that begins or ends.
    Hold {
        /// The record.
        plan: PlanId;
        /// The version or intake a beginning is about; the beginning that an end ends.
        target: ObjectId;
        /// What for.
        hold: HoldKind;
        /// Whether it begins or ends.
        act: HoldAct;
        /// On whose authority, for example a court order's number.
        authority: Words;
    }
}

/// What a hold is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HoldKind {
    /// Nothing of the record may be destroyed.
    LegalHold,
    /// The record is set apart while a doubt is looked into.
    Quarantine,
}

/// Whether a hold begins or ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HoldAct {
    /// It begins.
    Begins,
    /// It ends.
    Ends,
}

impl Statement for Hold {
    const KIND: Kind = Kind::Hold;

    fn payload(&self) -> Result<CanonicalBytes, EncodeError> {
        self.to_wire()
    }

    fn from_payload(payload: &[u8]) -> Result<Self, ContentError> {
        Self::of_wire(payload)
    }

    fn issued_at(&self) -> Timestamp {
        self.issued_at
    }

    fn subject(&self) -> String {
        self.plan.urn()
    }
}

impl LoggedStatement for Hold {
    fn record(&self) -> Option<PlanId> {
        Some(self.plan)
    }

    fn target(&self) -> Option<ObjectId> {
        Some(self.target)
    }
}
