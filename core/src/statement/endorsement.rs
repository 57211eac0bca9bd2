//! Endorsements: a senior clinician stands behind a version that another signed (FORMAT §3, DOMAIN "Finalise").

use serde::{Deserialize, Serialize};

use super::{ContentError, Kind, LoggedStatement, Statement, check_type, decode_payload, sealed, type_name};
use crate::canonical::{CanonicalBytes, EncodeError, encode};
use crate::envelope::MAX_ENVELOPE;
use crate::id::{ObjectId, PlanId};
use crate::time::Timestamp;

/// A statement by an endorser who is not the author.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endorsement {
    /// The record.
    pub plan: PlanId,
    /// The version endorsed.
    pub version: ObjectId,
    /// What the endorser states.
    pub statement: EndorsementCode,
    /// When it was signed.
    pub issued_at: Timestamp,
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

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Wire {
    typ: String,
    v: u64,
    plan: PlanId,
    target: ObjectId,
    statement: EndorsementCode,
    iat: Timestamp,
}

impl sealed::Sealed for Endorsement {}

impl Statement for Endorsement {
    const KIND: Kind = Kind::Endorsement;

    fn payload(&self) -> Result<CanonicalBytes, EncodeError> {
        encode(&Wire {
            typ: type_name(Self::KIND),
            v: super::FORMAT_VERSION,
            plan: self.plan,
            target: self.version,
            statement: self.statement,
            iat: self.issued_at,
        })
    }

    fn from_payload(payload: &[u8]) -> Result<Self, ContentError> {
        let wire: Wire = decode_payload(Self::KIND, payload, MAX_ENVELOPE)?;
        check_type(Self::KIND, &wire.typ, wire.v)?;
        Ok(Self {
            plan: wire.plan,
            version: wire.target,
            statement: wire.statement,
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

impl LoggedStatement for Endorsement {
    fn record(&self) -> Option<PlanId> {
        Some(self.plan)
    }

    fn target(&self) -> Option<ObjectId> {
        Some(self.version)
    }
}
