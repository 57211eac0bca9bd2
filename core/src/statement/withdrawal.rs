//! Withdrawals: the record is no longer to be relied on, and why (FORMAT §3).

use serde::{Deserialize, Serialize};

use super::short::short;
use super::{ContentError, Kind, LoggedStatement, Statement};
use crate::canonical::{CanonicalBytes, EncodeError};
use crate::id::{ObjectId, PlanId};
use crate::time::Timestamp;

short! {
    /// A statement by any entitled finaliser; the author is not needed for it.
    Withdrawal {
        /// The record.
        plan: PlanId;
        /// The version withdrawn.
        version = "target": ObjectId;
        /// Why.
        reason: WithdrawalReason;
    }
}

/// Why a record was withdrawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WithdrawalReason {
    /// A clinician withdrew it.
    WithdrawnByClinician,
    /// The patient no longer shares it: ask the patient.
    SharingStopped,
    /// The patient died.
    ClosedOnDeath,
    /// It was entered in error, for example for another patient.
    EnteredInError,
}

impl Statement for Withdrawal {
    const KIND: Kind = Kind::Withdrawal;

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

impl LoggedStatement for Withdrawal {
    fn record(&self) -> Option<PlanId> {
        Some(self.plan)
    }

    fn target(&self) -> Option<ObjectId> {
        Some(self.version)
    }
}
