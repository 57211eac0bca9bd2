//! Endorsements: a senior clinician stands behind a version that another signed (FORMAT §3, DOMAIN "Finalise").

use serde::{Deserialize, Serialize};

use super::short::short;
use super::{ContentError, Kind, LoggedStatement, Statement};
use crate::canonical::{CanonicalBytes, EncodeError};
use crate::id::{ObjectId, PlanId};
use crate::time::Timestamp;

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

impl Statement for Endorsement {
    const KIND: Kind = Kind::Endorsement;

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

impl LoggedStatement for Endorsement {
    fn record(&self) -> Option<PlanId> {
        Some(self.plan)
    }

    fn target(&self) -> Option<ObjectId> {
        Some(self.version)
    }
}
