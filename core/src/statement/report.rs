//! Reports: what a reader says about a record, shown at once as a warning (FORMAT §3, DOMAIN §0).
//!
//! A withdrawal of an advance decision need not be in writing (Mental Capacity Act 2005 s.24(4)), so anybody
//! signed in can report one. The service's recorder key signs, and the payload names the reader.

use serde::{Deserialize, Serialize};

use super::Words;
use super::short::{about_record, short};
use crate::id::{ObjectId, PlanId};

short! {
    /// Something a reader reported about a version.
    Report {
        /// The record.
        plan: PlanId;
        /// The version, withdrawal or intake the reader had before them.
        version = "target": ObjectId;
        /// What was reported.
        code: ReportCode;
        /// The words used, as the reader heard or wrote them.
        words: Words;
        /// Who reported, for example `Paramedic A. Example, London Test Ambulance`.
        reporter: Words;
    }
}

/// What was reported.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReportCode {
    /// The patient said that the advance decision is withdrawn.
    WithdrawalReported,
    /// Somebody doubts that the document is genuine.
    AuthenticityDisputed,
    /// A lasting power of attorney later than the advance decision was seen.
    LaterLpaSeen,
    /// The patient acted against the advance decision.
    InconsistentConduct,
    /// The patient died.
    PatientDied,
    /// The plan is about another person.
    WrongPatient,
    /// Anything else; the words say it.
    Other,
}

impl ReportCode {
    /// The warning shown for this report, without the reader's own words.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::WithdrawalReported => "withdrawal of the advance decision was reported",
            Self::AuthenticityDisputed => "somebody disputes that this document is genuine",
            Self::LaterLpaSeen => "later lasting power of attorney recorded: check who decides",
            Self::InconsistentConduct => "conduct inconsistent with the advance decision was reported",
            Self::PatientDied => "the patient was reported to have died",
            Self::WrongPatient => "this plan was reported to be about another person",
            Self::Other => "something has been reported about this plan: ask",
        }
    }
}

about_record!(Report, |report| Some(report.version));
