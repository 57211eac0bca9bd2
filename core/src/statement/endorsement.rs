//! Endorsements: a senior clinician stands behind a version that another signed (FORMAT §3, DOMAIN "Finalise").

use serde::{Deserialize, Serialize};

use super::short::{about_record, short};
use crate::id::{ObjectId, PlanId};

short! {
    /// A statement by an endorser who is not the author.
    Endorsement {
        /// The record.
        plan: PlanId;
        /// The version endorsed.
        version = "target": ObjectId;
        /// What the endorser states.
        statement: EndorsementCode;
    }
}

/// What an endorser states.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EndorsementCode {
    /// As the senior responsible clinician: read, and agreed with.
    ResponsibleClinician,
    /// As a colleague whose second opinion was asked.
    SecondOpinion,
}

about_record!(Endorsement, |endorsement| Some(endorsement.version));
