//! Resolutions: somebody entitled dealt with a report or an intake, or recorded a court's declaration (FORMAT §3).
//!
//! A resolution closes a warning, so it must not close one too early: "confirmed" names the version or withdrawal
//! that carried the matter out, and each matter belongs to one role.

use serde::{Deserialize, Serialize};

use super::short::{about_record, short};
use super::{ContentError, Report, ReportCode, Words};
use crate::id::{ObjectId, PlanId};
use crate::trust::{Directory, Role};

short! {
    /// The end of a doubt, and how it ended.
    Resolution {
        /// The record.
        plan: PlanId;
        /// The report, intake or version it is about.
        target: ObjectId;
        /// Whose matter it is.
        matter: Matter;
        /// How it ended.
        outcome: Outcome;
        /// Why, in words.
        words: Words;
        /// The version or withdrawal that carried it out; needed for [`Outcome::Confirmed`].
        by: Option<ObjectId>, "Option::is_none";
        /// The court's citation; needed for [`Outcome::CourtDeclaration`], and only there.
        citation: Option<Words>, "Option::is_none";
    }
}

/// Whose matter a doubt is: each belongs to one role.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Matter {
    /// What is to be done for the patient: a finaliser.
    Clinical,
    /// Whether a document is what it seems, and what a court said of it: governance.
    Document,
    /// Whether somebody saw what was not theirs to see: a privacy officer.
    Access,
}

/// How a doubt ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// It is so, and a version or withdrawal has carried it out.
    Confirmed,
    /// It is not so.
    Unfounded,
    /// A court has declared what is so.
    CourtDeclaration,
}

impl Outcome {
    /// How it ended, in the words of a line that goes on with by whom and when.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::Confirmed => "confirmed and carried out",
            Self::Unfounded => "found to be unfounded",
            Self::CourtDeclaration => "declared by a court, recorded",
        }
    }
}

impl Matter {
    /// The matter of a report.
    #[must_use]
    pub const fn of(code: ReportCode) -> Self {
        match code {
            ReportCode::WithdrawalReported
            | ReportCode::LaterLpaSeen
            | ReportCode::InconsistentConduct
            | ReportCode::PatientDied
            | ReportCode::Other => Self::Clinical,
            ReportCode::AuthenticityDisputed => Self::Document,
            ReportCode::WrongPatient => Self::Access,
        }
    }

    const fn role(self) -> Role {
        match self {
            Self::Clinical => Role::Finaliser,
            Self::Document => Role::Governance,
            Self::Access => Role::PrivacyOfficer,
        }
    }
}

impl Resolution {
    /// Whether this may close the report: one of the same record, in the report's own matter, or a court's word.
    #[must_use]
    pub fn settles(&self, report: &Report) -> bool {
        let entitled = self.matter == Matter::of(report.code) || self.outcome == Outcome::CourtDeclaration;
        self.plan == report.plan && entitled
    }

    /// Whether this may close an intake: a clinical matter, or a court's word.
    #[must_use]
    pub fn settles_intake(&self) -> bool {
        self.matter == Matter::Clinical || self.outcome == Outcome::CourtDeclaration
    }

    fn is_by_whose_matter_it_is(&self, signer: &ObjectId, directory: &Directory) -> bool {
        let certificate = directory.certificate(signer);
        certificate.is_some_and(|held| held.content().fields().roles.contains(&self.matter.role()))
    }

    fn check(self) -> Result<Self, ContentError> {
        if self.outcome == Outcome::Confirmed && self.by.is_none() {
            return Err(ContentError::value(
                "by",
                "what is confirmed names the version or withdrawal that carried it out",
            ));
        }
        let declared = self.outcome == Outcome::CourtDeclaration;
        if declared != self.citation.is_some() || (declared && self.matter != Matter::Document) {
            return Err(ContentError::value(
                "citation",
                "a court's declaration is cited, is a matter of the document, and nothing else is cited",
            ));
        }
        Ok(self)
    }
}

about_record!(Resolution, |resolution| Some(resolution.target), check: Self::check, entitled: Self::is_by_whose_matter_it_is);
