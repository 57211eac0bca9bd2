//! Holds: a record must not be destroyed, or is set apart, and since when (FORMAT §3).

use serde::{Deserialize, Serialize};

use super::Words;
use super::short::{about_record, short};
use crate::id::{ObjectId, PlanId};

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

about_record!(Hold, |hold| Some(hold.target));
