//! Withdrawals: the record is no longer to be relied on, and why (FORMAT §3).

use serde::{Deserialize, Serialize};

use super::{ContentError, Kind, LoggedStatement, Statement, check_type, decode_payload, sealed, type_name};
use crate::canonical::{CanonicalBytes, EncodeError, encode};
use crate::envelope::MAX_ENVELOPE;
use crate::id::{ObjectId, PlanId};
use crate::time::Timestamp;

/// A statement by any entitled finaliser; the author is not needed for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Withdrawal {
    /// The record.
    pub plan: PlanId,
    /// The version withdrawn.
    pub version: ObjectId,
    /// Why.
    pub reason: WithdrawalReason,
    /// When it was signed.
    pub issued_at: Timestamp,
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

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Wire {
    typ: String,
    v: u64,
    plan: PlanId,
    target: ObjectId,
    reason: WithdrawalReason,
    iat: Timestamp,
}

impl sealed::Sealed for Withdrawal {}

impl Statement for Withdrawal {
    const KIND: Kind = Kind::Withdrawal;

    fn payload(&self) -> Result<CanonicalBytes, EncodeError> {
        encode(&Wire {
            typ: type_name(Self::KIND),
            v: super::FORMAT_VERSION,
            plan: self.plan,
            target: self.version,
            reason: self.reason,
            iat: self.issued_at,
        })
    }

    fn from_payload(payload: &[u8]) -> Result<Self, ContentError> {
        let wire: Wire = decode_payload(Self::KIND, payload, MAX_ENVELOPE)?;
        check_type(Self::KIND, &wire.typ, wire.v)?;
        Ok(Self {
            plan: wire.plan,
            version: wire.target,
            reason: wire.reason,
            issued_at: wire.iat,
        })
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
