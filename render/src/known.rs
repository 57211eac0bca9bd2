//! What was known beside the plan when a page was made: its standing, endorsements and reports.
//!
//! Paper cannot know what happens after it is printed, so every statement made from these values names its time.

use planseal::currency::Answer;
use planseal::time::Timestamp;

/// What was known, and when.
#[derive(Clone, Debug)]
pub struct Known {
    /// The time to which all of this refers; printed beside it.
    pub at: Timestamp,
    /// Whether the version was the latest.
    pub standing: Standing,
    /// Endorsements found, first to last.
    pub endorsements: Vec<Endorsed>,
    /// Unresolved reports about the record, first to last.
    pub reports: Vec<Reported>,
}

/// What the log said of the version.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Standing {
    /// Checked: the latest version of its record.
    Latest,
    /// Checked: a newer version had been signed, at this time where it is known.
    Superseded {
        /// When the newer version was signed.
        by_version_signed: Option<Timestamp>,
    },
    /// Checked: withdrawn, at this time where it is known.
    Withdrawn {
        /// When the withdrawal was signed.
        signed: Option<Timestamp>,
    },
    /// Checked: the signer's key was revoked for the time of signing.
    Suspended,
    /// Signed, and not yet in the log: an interim print.
    NotYetRegistered,
    /// Nothing fresh was at hand.
    NotChecked,
}

/// Somebody endorsed the version; the caller has verified it.
#[derive(Clone, Debug)]
pub struct Endorsed {
    /// Name, post and registration, as certified.
    pub by: String,
    /// When.
    pub at: Timestamp,
}

/// A report about the record; the caller has verified that the service recorded it.
#[derive(Clone, Debug)]
pub struct Reported {
    /// What it touches.
    pub matter: Matter,
    /// What was reported, in the fixed words for its kind, such as "withdrawal of the ADRT reported".
    pub what: String,
    /// By whom, in words.
    pub by: String,
    /// When.
    pub at: Timestamp,
}

/// What a report touches: a report about an advance decision changes the words beside it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Matter {
    /// Withdrawal, authenticity, a later power of attorney, conduct against it.
    AdvanceDecision,
    /// Anything else about the record.
    Plan,
}

/// What core judged, as the printed page states it.
impl From<&Answer> for Standing {
    fn from(answer: &Answer) -> Self {
        match answer {
            Answer::Latest { .. } => Self::Latest,
            Answer::Superseded { newer_signed_at, .. } => Self::Superseded {
                by_version_signed: *newer_signed_at,
            },
            Answer::Withdrawn { .. } => Self::Withdrawn { signed: None },
            Answer::Suspended { .. } => Self::Suspended,
            Answer::Unknown(_) => Self::NotChecked,
        }
    }
}
