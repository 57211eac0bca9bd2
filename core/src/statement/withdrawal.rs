//! Withdrawals: the record is no longer to be relied on, and why (FORMAT §3).

use serde::{Deserialize, Serialize};

use super::short::{about_record, short};
use crate::id::{ObjectId, PlanId};

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

about_record!(Withdrawal, |withdrawal| Some(withdrawal.version));
